//! Checking every row before one is signed.

use std::collections::HashMap;
use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::results::CellError;
use super::sheet::{Sheet, SheetRow};
use crate::cli::document;
use crate::cli::error::CliError;
use crate::crypto::{hex_encode, sha256};
use crate::event::{ClaimError, Kind, split_opening_columns};

/// The column of the worker's id.
const WORKER: &str = "worker";
/// The country in which a row is stated.
const COUNTRY: &str = "issuing_country";
/// What columns of the passport to open start with.
const OPEN: &str = "open.";
/// The most wrong cells listed: beyond it a column, not a cell, is wrong.
const ERRORS_MAX: usize = 10_000;

/// What rows are checked against.
#[derive(Debug)]
pub(super) struct Rules<'a> {
    /// The kind each row states.
    pub(super) kind: Kind,
    /// Columns with the same value in every row.
    pub(super) constants: &'a [(String, String)],
    /// Whether a row without a worker opens a passport.
    pub(super) open_missing: bool,
}

/// A row that may be signed.
#[derive(Debug)]
pub(super) struct CheckedRow {
    /// The spreadsheet's own row number.
    pub(super) number: u64,
    /// Digest of its content, by which a later run knows it.
    pub(super) digest: String,
    /// The claims; without `sub` if `open` is there.
    pub(super) claims: Map<String, Value>,
    /// The passport to open first.
    pub(super) open: Option<Opening>,
}

/// A passport to open.
#[derive(Debug)]
pub(super) struct Opening {
    /// Claims of `PassportOpened` without `sub`.
    pub(super) claims: Map<String, Value>,
    /// The document that is committed to, if its number is there.
    pub(super) document: Option<document::Committed>,
    /// Digest of who the row says the worker is: rows about one person open one passport, whatever else is corrected.
    pub(super) person: String,
}

/// Reads `--set CLAIM=VALUE`.
pub(super) fn constants(set: &[String]) -> Result<Vec<(String, String)>, CliError> {
    set.iter()
        .map(|pair| match pair.split_once('=') {
            Some((name, value)) => Ok((name.trim().to_owned(), value.trim().to_owned())),
            None => Err(CliError::usage(
                "SET_WITHOUT_VALUE",
                format!("--set {pair} has no `=`"),
                "write --set claim=value",
            )),
        })
        .collect()
}

/// All rows, or everything that is wrong with them.
pub(super) fn rows(sheet: &Sheet, rules: &Rules<'_>) -> Result<Vec<CheckedRow>, Vec<CellError>> {
    let mut errors = columns(&sheet.columns, rules);
    if !errors.is_empty() {
        // With wrong columns every row would be wrong in the same way.
        return Err(errors);
    }
    let mut checked = Vec::new();
    for row in &sheet.rows {
        match one(&sheet.columns, row, rules) {
            Ok(row) => checked.push(row),
            Err(found) => errors.extend(found),
        }
        if errors.len() > ERRORS_MAX {
            break;
        }
    }
    errors.extend(duplicates(&checked));
    if errors.is_empty() { Ok(checked) } else { Err(errors) }
}

/// The header row: known names, each once. An empty cell says whether the kind knows the column.
fn columns(columns: &[String], rules: &Rules<'_>) -> Vec<CellError> {
    let mut errors = Vec::new();
    let mut wrong = |column: &str, reason: &str, message: &str| {
        errors.push(CellError {
            row: 1,
            column: column.to_owned(),
            reason: reason.into(),
            message: message.to_owned(),
        });
    };
    for (at, column) in columns.iter().enumerate().filter(|(_, column)| !column.is_empty()) {
        if columns.iter().take(at).any(|earlier| earlier == column) {
            wrong(column, "DUPLICATE_COLUMN", "stands in the header twice");
            continue;
        }
        let (kind, name) = match column.strip_prefix(OPEN) {
            Some(_) if !rules.open_missing => {
                wrong(column, "UNKNOWN_COLUMN", "columns that open passports need --open-missing");
                continue;
            }
            Some(document::NUMBER) => continue,
            Some(name) => (Kind::PassportOpened, name),
            None => (rules.kind, column.as_str()),
        };
        let found = kind.claims_from_row(&[(name.to_owned(), String::new())]).err().unwrap_or_default();
        for error in found.iter().filter(|error| error.reason == "UNKNOWN_COLUMN") {
            wrong(column, error.reason, &error.message);
        }
    }
    errors
}

fn one(columns: &[String], row: &SheetRow, rules: &Rules<'_>) -> Result<CheckedRow, Vec<CellError>> {
    let wrong = |column: &str, reason: &str, message: String| CellError {
        row: row.number,
        column: column.to_owned(),
        reason: reason.into(),
        message,
    };
    let mut pairs = Vec::new();
    for (at, cell) in row.cells.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
        match columns.get(at) {
            Some(column) if !column.is_empty() => pairs.push((column.clone(), cell.clone())),
            _ => {
                return Err(vec![wrong(
                    "",
                    "CELL_WITHOUT_COLUMN",
                    format!("cell {} has no column name in row 1", at + 1),
                )]);
            }
        }
    }
    for (name, value) in rules.constants {
        if !pairs.iter().any(|(column, _)| column == name) {
            pairs.push((name.clone(), value.clone()));
        }
    }
    let digest = digest(rules, &pairs);
    let (own, opening) = split_opening_columns(&pairs);
    let opens = rules.open_missing && !own.iter().any(|(column, _)| column == WORKER);
    let mut errors = Vec::new();
    let claims = rules.kind.claims_from_row(&own).unwrap_or_else(|found| {
        errors.extend(found.into_iter().map(|error| wrong(&error.claim, error.reason, error.message)));
        Map::new()
    });
    if errors.is_empty() && !opens && !claims.contains_key("sub") {
        let message = "is empty; give the worker's id, or open passports with --open-missing";
        errors.push(wrong(WORKER, "MISSING_CLAIM", message.to_owned()));
    }
    let mut open = None;
    if opens {
        match opening_of(opening, &own) {
            Ok(opening) => open = Some(opening),
            Err(found) => errors.extend(
                found
                    .into_iter()
                    .map(|error| wrong(&format!("{OPEN}{}", error.claim), error.reason, error.message)),
            ),
        }
    }
    if errors.is_empty() { Ok(CheckedRow { number: row.number, digest, claims, open }) } else { Err(errors) }
}

/// The passport a row opens: its `open.` columns, with the row's own country where they name none.
fn opening_of(
    mut opening: Vec<(String, String)>,
    own: &[(String, String)],
) -> Result<Opening, Vec<ClaimError>> {
    if !opening.iter().any(|(column, _)| column == COUNTRY) {
        opening.extend(own.iter().find(|(column, _)| column == COUNTRY).cloned());
    }
    let person = person(&opening);
    let document = document::commit_row(&mut opening);
    let claims = Kind::PassportOpened.claims_from_row(&opening)?;
    Ok(Opening { claims, document, person })
}

/// Who a row is about: the document, or without its number the names and the birth date.
fn person(opening: &[(String, String)]) -> String {
    let cell =
        |name: &str| opening.iter().find(|(column, _)| column == name).map_or("", |(_, cell)| cell.trim());
    let document = ["document_country", "document_type", document::NUMBER].map(cell);
    let named = ["family_name_latin", "given_name_latin", "birth_date"].map(cell);
    let parts = if cell(document::NUMBER).is_empty() { named } else { document };
    let mut text = String::from("skillpass import person v1\n");
    for part in parts {
        text.extend([part.len().to_string().as_str(), ":", part]);
    }
    hex_encode(sha256(&[text.as_bytes()]))
}

/// What makes two rows the same: the kind, and every filled cell with its column, in whatever order.
fn digest(rules: &Rules<'_>, pairs: &[(String, String)]) -> String {
    let mut sorted: Vec<&(String, String)> = pairs.iter().collect();
    sorted.sort();
    let mut text = format!("skillpass import v1\n{}\n", rules.kind.name());
    for (column, cell) in sorted {
        let _ = write!(text, "{}:{column}{}:{cell}", column.len(), cell.len());
    }
    hex_encode(sha256(&[text.as_bytes()]))
}

/// Two rows with the same content are one fact entered twice.
fn duplicates(rows: &[CheckedRow]) -> Vec<CellError> {
    let mut first: HashMap<&str, u64> = HashMap::new();
    let mut errors = Vec::new();
    for row in rows {
        if let Some(earlier) = first.get(row.digest.as_str()) {
            let message = format!("the same as row {earlier}: remove one of them");
            errors.push(CellError {
                row: row.number,
                column: String::new(),
                reason: "DUPLICATE_ROW".into(),
                message,
            });
        } else {
            first.insert(&row.digest, row.number);
        }
    }
    errors
}
