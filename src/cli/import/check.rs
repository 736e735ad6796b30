//! Checking every row before one is signed.

use std::collections::HashMap;
use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::cores::on_all_cores;
use super::results::CellError;
use super::sheet::{Sheet, SheetRow};
use super::{header, traps};
use crate::cli::document;
use crate::cli::error::CliError;
use crate::crypto::{hex_encode, sha256};
use crate::event::{ClaimError, DOCUMENT_NUMBER, Kind, UnixMs, latest_day, split_opening_columns};

/// The column of the worker's id.
pub(super) const WORKER: &str = "worker";
/// The country in which a row is stated.
pub(super) const COUNTRY: &str = "issuing_country";
/// What columns of the passport to open start with.
pub(super) const OPEN: &str = "open.";
/// The most wrong cells listed: beyond it a column, not a cell, is wrong.
const ERRORS_MAX: usize = 10_000;
/// Rows checked between two looks at how many cells are wrong.
const LOT_ROWS: usize = 4096;

/// What rows are checked against.
#[derive(Debug)]
pub(super) struct Rules<'a> {
    /// The kind each row states.
    pub(super) kind: Kind,
    /// Columns with the same value in every row.
    pub(super) constants: &'a [(String, String)],
    /// Whether a row without a worker opens a passport.
    pub(super) open_missing: bool,
    /// When: no award lies in the future of the whole earth.
    pub(super) now: UnixMs,
}

/// A row that may be signed.
#[derive(Debug)]
pub(super) struct CheckedRow {
    /// The spreadsheet's own row number.
    pub(super) number: u64,
    /// Digest of its content, by which a later run knows it.
    pub(super) digest: String,
    /// The claims, without `sub` if `open` is there; whoever signs them takes them.
    pub(super) claims: Map<String, Value>,
    /// The passport to open first.
    pub(super) open: Option<Opening>,
}

/// A passport to open.
#[derive(Debug)]
pub(super) struct Opening {
    /// Claims of `PassportOpened` without `sub`; whoever signs them takes them.
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
    let mut errors = header::check(sheet, rules);
    if !errors.is_empty() {
        // With wrong columns every row would be wrong in the same way.
        return Err(errors);
    }
    let mut checked = Vec::with_capacity(sheet.rows.len());
    for lot in sheet.rows.chunks(LOT_ROWS) {
        for row in on_all_cores(lot.iter().collect(), |row| one(&sheet.columns, row, rules)) {
            match row {
                Ok(row) => checked.push(row),
                Err(found) => errors.extend(found),
            }
        }
        if errors.len() > ERRORS_MAX {
            break;
        }
    }
    errors.extend(duplicates(&checked));
    errors.extend(header::examples(sheet, rules));
    errors.sort_by_key(|error| error.row);
    if errors.is_empty() { Ok(checked) } else { Err(errors) }
}

fn one(columns: &[String], row: &SheetRow, rules: &Rules<'_>) -> Result<CheckedRow, Vec<CellError>> {
    let wrong = |column: &str, reason: &str, message: String| CellError {
        row: row.number,
        column: column.to_owned(),
        reason: reason.into(),
        message,
    };
    let mut pairs: Vec<(&str, &str)> =
        Vec::with_capacity(row.cells.len().saturating_add(rules.constants.len()));
    for (at, cell) in row.cells.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
        match columns.get(at) {
            Some(column) if !column.is_empty() => pairs.push((column, cell)),
            _ => {
                let message = format!(
                    "has more cells than row 1 has columns, `{}` in cell {} first: is there a comma or semicolon inside a cell that is not in quotes?",
                    traps::shown(cell),
                    at.saturating_add(1)
                );
                return Err(vec![wrong("", "CELL_WITHOUT_COLUMN", message)]);
            }
        }
    }
    for (name, value) in rules.constants {
        if !pairs.iter().any(|(column, _)| column == name) {
            pairs.push((name, value));
        }
    }
    let digest = digest(rules, &pairs);
    let (own, opening) = split_opening_columns(&pairs);
    let opens = rules.open_missing && !own.iter().any(|(column, _)| *column == WORKER);
    let mut errors = Vec::new();
    let claims = rules.kind.claims_from_row(&own).unwrap_or_else(|found| {
        errors.extend(found.into_iter().map(|error| wrong(&error.claim, error.reason, error.message)));
        Map::new()
    });
    if !opens && !own.iter().any(|(column, _)| *column == WORKER) {
        let message = "is empty; give the worker's id, or open passports with --open-missing";
        errors.push(wrong(WORKER, "MISSING_CLAIM", message.to_owned()));
    }
    errors.extend(
        not_yet(rules.kind, &claims, rules.now).map(|error| wrong(&error.claim, error.reason, error.message)),
    );
    let mut open = None;
    if opens {
        match opening_of(&opening, &own, rules.now) {
            Ok(opening) => open = Some(opening),
            Err(found) => errors.extend(
                found
                    .into_iter()
                    .map(|error| wrong(&format!("{OPEN}{}", error.claim), error.reason, error.message)),
            ),
        }
    }
    // What a spreadsheet program made of a cell explains it better than what the kind says of the result.
    let traps: Vec<CellError> = pairs
        .iter()
        .filter_map(|(column, cell)| traps::find(column, cell))
        .map(|(column, reason, message)| wrong(column, reason, message))
        .collect();
    errors.retain(|error| !traps.iter().any(|trap| trap.column == error.column));
    errors.extend(traps);
    errors.sort_by_key(|error| columns.iter().position(|column| *column == error.column));
    if errors.is_empty() { Ok(CheckedRow { number: row.number, digest, claims, open }) } else { Err(errors) }
}

/// The passport a row opens: its `open.` columns, with the row's own country where they name none.
fn opening_of(
    opening: &[(&str, &str)],
    own: &[(&str, &str)],
    now: UnixMs,
) -> Result<Opening, Vec<ClaimError>> {
    let has_country = opening.iter().any(|(column, _)| *column == COUNTRY);
    let country = own.iter().find(|(column, _)| *column == COUNTRY && !has_country);
    let cells = opening.iter().chain(country);
    let mut opening: Vec<(String, String)> =
        cells.map(|&(column, cell)| (column.to_owned(), cell.to_owned())).collect();
    let person = person(&opening);
    let document = document::commit_row(&mut opening);
    let has_number = opening.iter().any(|(column, _)| column == DOCUMENT_NUMBER);
    // A number without its country or type could not be committed to: those are what is wrong, not the number.
    opening.retain(|(column, _)| column != DOCUMENT_NUMBER);
    let claims = Kind::PassportOpened.claims_from_row(&opening).map_err(|errors| {
        let told = errors.into_iter().filter(|error| !(has_number && error.claim == document::COMMITMENT));
        told.map(|error| if error.claim == document::COMMITMENT { number_missing() } else { error })
            .collect::<Vec<_>>()
    })?;
    match not_yet(Kind::PassportOpened, &claims, now) {
        Some(error) => Err(vec![error]),
        None => Ok(Opening { claims, document, person }),
    }
}

/// An award date in the future: the ledger would refuse it, and only after the row's passport was opened.
fn not_yet(kind: Kind, claims: &Map<String, Value>, now: UnixMs) -> Option<ClaimError> {
    let claim = kind.award_date_claim()?;
    let date: jiff::civil::Date = claims.get(claim)?.as_str()?.parse().ok()?;
    let message = "lies in the future: record it when it has happened".to_owned();
    (date > latest_day(now)).then(|| ClaimError {
        claim: claim.to_owned(),
        reason: "AWARD_DATE_IN_FUTURE",
        message,
    })
}

/// People fill in the number; nobody can fill in the commitment.
fn number_missing() -> ClaimError {
    let message =
        "is empty. The number of the document that was checked; only a salted commitment to it is recorded.";
    ClaimError { claim: DOCUMENT_NUMBER.to_owned(), reason: "MISSING_CLAIM", message: message.to_owned() }
}

/// Who a row is about: the document, or without its number the names and the birth date.
fn person(opening: &[(String, String)]) -> String {
    let cell =
        |name: &str| opening.iter().find(|(column, _)| column == name).map_or("", |(_, cell)| cell.trim());
    let document = ["document_country", "document_type", DOCUMENT_NUMBER].map(cell);
    let named = ["family_name_latin", "given_name_latin", "birth_date"].map(cell);
    let parts = if cell(DOCUMENT_NUMBER).is_empty() { named } else { document };
    let mut text = String::from("skillpass import person v1\n");
    for part in parts {
        text.extend([part.len().to_string().as_str(), ":", part]);
    }
    hex_encode(sha256(&[text.as_bytes()]))
}

/// What makes two rows the same: the kind, and every filled cell with its column, in whatever order.
fn digest(rules: &Rules<'_>, pairs: &[(&str, &str)]) -> String {
    let mut sorted = pairs.to_vec();
    sorted.sort_unstable();
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
