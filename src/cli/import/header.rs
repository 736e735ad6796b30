//! The header row, checked before any row: with wrong columns every row would be wrong in the same way.

use std::collections::HashSet;

use super::check::{COUNTRY, OPEN, Rules, WORKER};
use super::results::CellError;
use super::sheet::Sheet;
use crate::cli::document;
use crate::event::{Column, DOCUMENT_NUMBER, Kind, opening_columns};

/// Everything wrong with the columns: names unknown or given twice, cells under no name, needed columns that are not there.
pub(super) fn check(sheet: &Sheet, rules: &Rules<'_>) -> Vec<CellError> {
    let mut errors = names(&sheet.columns, rules);
    let named = sheet.columns.iter().filter(|column| !column.is_empty()).count();
    if named > 0 && errors.iter().filter(|error| error.reason == "UNKNOWN_COLUMN").count() == named {
        let message = format!(
            "no name in row 1 is a column of {}: the names of the columns must stand in the first row; remove what stands above them",
            rules.kind.name()
        );
        return vec![wrong("", "NO_HEADER", message)];
    }
    errors.extend(nameless(sheet));
    errors.extend(absent(sheet, rules));
    errors
}

/// Known names, each once. An empty cell says whether the kind knows the column.
fn names(columns: &[String], rules: &Rules<'_>) -> Vec<CellError> {
    let mut errors = Vec::new();
    for (at, column) in columns.iter().enumerate().filter(|(_, column)| !column.is_empty()) {
        if columns.iter().take(at).any(|earlier| earlier == column) {
            errors.push(wrong(column, "DUPLICATE_COLUMN", "stands in the header twice".into()));
            continue;
        }
        let (kind, name) = match column.strip_prefix(OPEN) {
            Some(_) if !rules.open_missing => {
                let message = "columns that open passports need --open-missing";
                errors.push(wrong(column, "UNKNOWN_COLUMN", message.into()));
                continue;
            }
            Some(DOCUMENT_NUMBER) => continue,
            Some(name) => (Kind::PassportOpened, name),
            None => (rules.kind, column.as_str()),
        };
        let found = kind.claims_from_cells(&[(name.to_owned(), String::new())]).err().unwrap_or_default();
        errors.extend(found.into_iter().map(|error| wrong(column, error.reason, error.message)));
    }
    errors
}

/// Filled cells under an empty name, as merged cells of a header leave them.
fn nameless(sheet: &Sheet) -> Vec<CellError> {
    let mut errors = Vec::new();
    for (at, _) in sheet.columns.iter().enumerate().filter(|(_, column)| column.is_empty()) {
        let under = sheet.rows.iter().filter(|row| row.cells.get(at).is_some_and(|cell| !cell.is_empty()));
        let mut under = under.peekable();
        let Some(first) = under.peek().map(|row| row.number) else { continue };
        let message = format!(
            "column {} has no name in row 1, but {} rows have something in it, row {first} first: name the column or empty it (are cells merged?)",
            letters(at),
            under.count()
        );
        errors.push(wrong("", "CELL_WITHOUT_COLUMN", message));
    }
    errors
}

/// Columns that every row needs and the sheet does not have.
fn absent(sheet: &Sheet, rules: &Rules<'_>) -> Vec<CellError> {
    let claim = |column: &str| column.split('.').next().unwrap_or_default().to_owned();
    let constant = rules.constants.iter().map(|(name, _)| name);
    let there: HashSet<String> = sheet.columns.iter().chain(constant).map(|column| claim(column)).collect();
    let needed = |columns: Vec<Column>| columns.into_iter().filter(|column| column.required);
    let mut errors: Vec<CellError> = needed(rules.kind.csv_columns().unwrap_or_default())
        .filter(|column| column.name != WORKER && !there.contains(&claim(&column.name)))
        .map(|column| missing(&column.name, &format!("{} Add the column, or give it with --set", column.doc)))
        .collect();
    let worker = sheet.columns.iter().position(|column| column == WORKER);
    if worker.is_none() && !rules.open_missing {
        errors
            .push(missing(WORKER, "The worker's id. Add the column, or open passports with --open-missing"));
    }
    let without_id = |cells: &[String]| worker.and_then(|at| cells.get(at)).is_none_or(String::is_empty);
    if rules.open_missing && sheet.rows.iter().any(|row| without_id(&row.cells)) {
        let has = |name: &String| sheet.columns.contains(name);
        let commitment = format!("{OPEN}{}", document::COMMITMENT);
        let open = needed(opening_columns())
            .filter(|column| !has(&column.name) && column.name != format!("{OPEN}{COUNTRY}"))
            .filter(|column| column.name != format!("{OPEN}{DOCUMENT_NUMBER}") || !has(&commitment));
        errors.extend(open.map(|column| {
            missing(&column.name, &format!("{} It opens a passport for rows without a worker id", column.doc))
        }));
    }
    errors
}

/// Rows that are the template's own example, left in.
pub(super) fn examples(sheet: &Sheet, rules: &Rules<'_>) -> Vec<CellError> {
    let columns = rules.kind.csv_columns().unwrap_or_default().into_iter().chain(opening_columns());
    let samples: HashSet<(String, String)> = columns.map(|column| (column.name, column.sample)).collect();
    let is_example = |cells: &[String]| {
        let filled = || cells.iter().zip(&sheet.columns).filter(|(cell, _)| !cell.is_empty());
        let sampled = |(cell, column): (&String, &String)| samples.contains(&(column.clone(), cell.clone()));
        // A few columns may agree with the example by chance.
        filled().count() >= 5 && filled().all(sampled)
    };
    let found = sheet.rows.iter().filter(|row| is_example(&row.cells));
    let message = "is the template's example: remove the row";
    found.map(|row| CellError { row: row.number, ..wrong("", "EXAMPLE_ROW", message.into()) }).collect()
}

fn missing(column: &str, what: &str) -> CellError {
    wrong(column, "MISSING_COLUMN", format!("is no column of the sheet. {what}"))
}

fn wrong(column: &str, reason: &str, message: String) -> CellError {
    CellError { row: 1, column: column.to_owned(), reason: reason.to_owned(), message }
}

/// `A`, `B`, … `AA`: as a spreadsheet program names its columns.
fn letters(at: usize) -> String {
    let letter = |place: usize| ('A'..='Z').nth(place % 26).unwrap_or_default();
    match (at / 26).checked_sub(1) {
        None => letter(at).to_string(),
        Some(before) => format!("{}{}", letter(before), letter(at)),
    }
}
