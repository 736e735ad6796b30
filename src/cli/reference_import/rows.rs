//! What the tables of `reference import` hold: their columns, and the rules of their rows. Everything wrong is told at once.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::cli::import::{CellError, Sheet, SheetRow};
use crate::event::vocab::{check_esco, check_field, check_occupation};
use crate::event::{Event, Kind};
use crate::recognition::classifications::skill_levels;

/// The most wrong cells listed.
const ERRORS_MAX: usize = 1000;
/// The longest title.
const TITLE_CHARACTERS: usize = 300;

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum ImportKind {
    /// ISCO-08: occupations
    Isco,
    /// ISCED-F 2013: fields of education
    IscedF,
    /// ESCO: occupations, each within an ISCO-08 unit group
    Esco,
    /// Regulated professions of one authority
    Professions,
}

impl ImportKind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Isco => "isco",
            Self::IscedF => "isced-f",
            Self::Esco => "esco",
            Self::Professions => "professions",
        }
    }

    /// The columns it reads, each under the names in which files have it.
    fn columns(self) -> &'static [Column] {
        match self {
            Self::Isco => &[CODE, LABEL, SKILL_LEVEL],
            Self::IscedF => &[CODE, LABEL],
            Self::Esco => &[URI, ISCO, LABEL],
            Self::Professions => PROFESSION,
        }
    }
}

/// A column: its names, the first ours, and whether it must be there.
#[derive(Debug)]
struct Column {
    names: &'static [&'static str],
    required: bool,
}

impl Column {
    fn name(&self) -> &'static str {
        self.names.first().copied().unwrap_or_default()
    }
}

const fn column(names: &'static [&'static str], required: bool) -> Column {
    Column { names, required }
}

const CODE: Column = column(&["code"], true);
const LABEL: Column = column(&["label", "title", "preferredLabel"], true);
const SKILL_LEVEL: Column = column(&["isco_skill_level", "skill_level"], false);
const URI: Column = column(&["uri", "conceptUri"], true);
const ISCO: Column = column(&["isco08", "iscoGroup"], true);
const PROFESSION: &[Column] = &[
    column(&["country"], true),
    column(&["isco08"], true),
    column(&["title"], true),
    column(&["regulated"], true),
    column(&["valid_from"], true),
    column(&["valid_until"], false),
    column(&["legal_basis"], true),
    column(&["authority"], false),
    column(&["source_title"], true),
    column(&["source_url"], false),
    column(&["source_date"], true),
];

/// One checked row: the spreadsheet's number, and its cells by column.
#[derive(Debug)]
pub(super) struct Row {
    number: u64,
    cells: BTreeMap<&'static str, String>,
}

impl Row {
    fn cell(&self, name: &str) -> &str {
        self.cells.get(name).map(String::as_str).unwrap_or_default()
    }

    fn wrong(&self, column: &str, reason: &str, message: impl Into<String>) -> CellError {
        CellError {
            row: self.number,
            column: column.to_owned(),
            reason: reason.to_owned(),
            message: message.into(),
        }
    }
}

impl ImportKind {
    /// As `reference list` prints it.
    pub(super) fn listed(self, row: &Row) -> Value {
        match self {
            Self::Isco => {
                json!({"code": row.cell("code"), "title": row.cell("label"), "skill_levels": skill_levels(row.cell("code"))})
            }
            Self::Esco => {
                json!({"code": row.cell("isco08"), "title": row.cell("label"), "uri": row.cell("uri"),
                "skill_levels": skill_levels(row.cell("isco08"))})
            }
            _ => json!({"code": row.cell("code"), "title": row.cell("label")}),
        }
    }
}

/// How many rows the table with this number has, of [`ImportKind`]'s, or everything that is wrong with them.
pub(in crate::cli) fn check_rows(sheet: &Sheet, table: u8) -> Result<usize, Vec<CellError>> {
    let kinds = <ImportKind as clap::ValueEnum>::value_variants();
    let kind = usize::from(table).checked_rem(kinds.len()).and_then(|at| kinds.get(at).copied());
    let kind = kind.unwrap_or(ImportKind::Isco);
    rows(sheet, kind).map(|rows| rows.len())
}

/// All rows, or everything that is wrong with them.
pub(super) fn rows(sheet: &Sheet, kind: ImportKind) -> Result<Vec<Row>, Vec<CellError>> {
    let place =
        |column: &Column| sheet.columns.iter().position(|found| column.names.contains(&found.as_str()));
    let places: Vec<(&'static str, Option<usize>)> =
        kind.columns().iter().map(|column| (column.name(), place(column))).collect();
    let missing: Vec<CellError> = kind
        .columns()
        .iter()
        .filter(|column| column.required && place(column).is_none())
        .map(|column| CellError {
            row: 1,
            column: column.name().to_owned(),
            reason: "MISSING_COLUMN".to_owned(),
            message: format!("the header row has no column {}", column.names.join(" or ")),
        })
        .collect();
    if !missing.is_empty() {
        return Err(missing);
    }
    let row = |found: &SheetRow| {
        let cell = |at: &Option<usize>| at.and_then(|at| found.cells.get(at)).cloned().unwrap_or_default();
        Row { number: found.number, cells: places.iter().map(|(name, at)| (*name, cell(at))).collect() }
    };
    let rows: Vec<Row> = sheet.rows.iter().map(row).collect();
    let mut errors: Vec<CellError> = match kind {
        ImportKind::Isco => codes(&rows, check_occupation, 1),
        ImportKind::IscedF => codes(&rows, check_field, 2),
        ImportKind::Esco => esco(&rows),
        ImportKind::Professions => professions(&rows),
    };
    if errors.is_empty() {
        return Ok(rows);
    }
    errors.sort_by_key(|error| error.row);
    errors.truncate(ERRORS_MAX);
    Err(errors)
}

/// Codes of a hierarchy: each well-formed, once, below a code that is there too, with a title; a skill level that is given is
/// the one that follows from the code.
fn codes(rows: &[Row], check: fn(&str) -> Result<(), String>, top: usize) -> Vec<CellError> {
    let all: BTreeSet<&str> = rows.iter().map(|row| row.cell("code")).collect();
    let mut seen = BTreeSet::new();
    let mut errors = Vec::new();
    for row in rows {
        let code = row.cell("code");
        if let Err(message) = check(code) {
            errors.push(row.wrong("code", "MALFORMED_CODE", message));
        } else if !seen.insert(code) {
            errors.push(row.wrong("code", "DUPLICATE_VALUE", format!("{code} stands in the file twice")));
        } else if code.len() > top
            && !code.get(..code.len().saturating_sub(1)).is_some_and(|above| all.contains(above))
        {
            errors.push(row.wrong(
                "code",
                "MISSING_PARENT",
                format!("the group above {code} is not in the file"),
            ));
        }
        title(row, &mut errors);
        let given = row.cell("isco_skill_level");
        let levels: Vec<String> = skill_levels(code).iter().map(ToString::to_string).collect();
        if !given.is_empty() && given != levels.join("|") {
            let message = format!("{given} is given, and {} follows from the code", levels.join("|"));
            errors.push(row.wrong("isco_skill_level", "SKILL_LEVEL_DIFFERS", message));
        }
    }
    errors
}

fn title(row: &Row, errors: &mut Vec<CellError>) {
    let characters = row.cell("label").chars().count();
    if characters == 0 {
        errors.push(row.wrong("label", "EMPTY", "a code without a title"));
    } else if characters > TITLE_CHARACTERS {
        let message = format!("{characters} characters; at most {TITLE_CHARACTERS} are allowed");
        errors.push(row.wrong("label", "TOO_LONG", message));
    }
}

fn esco(rows: &[Row]) -> Vec<CellError> {
    let mut seen = BTreeSet::new();
    let mut errors = Vec::new();
    for row in rows {
        let (uri, code) = (row.cell("uri"), row.cell("isco08"));
        if let Err(message) = check_esco(uri) {
            errors.push(row.wrong("uri", "MALFORMED_URI", message));
        } else if !seen.insert(uri) {
            errors.push(row.wrong("uri", "DUPLICATE_VALUE", "stands in the file twice"));
        }
        if let Err(message) = check_occupation(code) {
            errors.push(row.wrong("isco08", "MALFORMED_CODE", message));
        } else if code.len() != 4 {
            errors.push(row.wrong(
                "isco08",
                "MALFORMED_CODE",
                "an occupation stands in a unit group, of four digits",
            ));
        }
        title(row, &mut errors);
    }
    errors
}

/// Each row as it would be published; and each (country, occupation) once.
fn professions(rows: &[Row]) -> Vec<CellError> {
    let mut seen = BTreeSet::new();
    let mut errors = Vec::new();
    for row in rows {
        if !matches!(row.cell("regulated"), "true" | "false") {
            errors.push(row.wrong("regulated", "WRONG_TYPE", "write true or false"));
            continue;
        }
        if let Err(error) =
            Event::check(Kind::ProfessionRegulated, &profession(row, "https://authority.example"))
        {
            errors.push(row.wrong(column_of(&error.claim), error.reason, error.message.clone()));
        }
        if !seen.insert((row.cell("country"), row.cell("isco08"))) {
            errors.push(row.wrong(
                "isco08",
                "DUPLICATE_VALUE",
                "this country and occupation stand in the file twice",
            ));
        }
    }
    errors
}

/// The column whose cell became a claim.
fn column_of(claim: &str) -> &str {
    match claim {
        "issuing_country" => "country",
        "title" | "title.en" => "title",
        "published_in.title" => "source_title",
        "published_in.url" => "source_url",
        "published_in.date" => "source_date",
        other => other,
    }
}

pub(super) fn profession(row: &Row, issuer: &str) -> Map<String, Value> {
    let cell = |name: &str| row.cell(name);
    let mut source = Map::new();
    source.insert("title".into(), cell("source_title").into());
    if !cell("source_url").is_empty() {
        source.insert("url".into(), cell("source_url").into());
    }
    source.insert("date".into(), cell("source_date").into());
    let mut claims = Map::new();
    let publication = format!("{issuer}/professions/{}-{}", cell("country").to_lowercase(), cell("isco08"));
    claims.insert("sub".into(), publication.into());
    claims.insert("owner".into(), issuer.into());
    claims.insert("issuing_country".into(), cell("country").into());
    claims.insert("isco08".into(), cell("isco08").into());
    claims.insert("title".into(), json!({"en": cell("title")}));
    claims.insert("regulated".into(), (cell("regulated") == "true").into());
    for name in ["valid_from", "valid_until", "legal_basis", "authority"] {
        if !cell(name).is_empty() || matches!(name, "valid_from" | "legal_basis") {
            claims.insert(name.into(), cell(name).into());
        }
    }
    claims.insert("published_in".into(), source.into());
    claims
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(kind: ImportKind, text: &str) -> Result<usize, Vec<(u64, String, String)>> {
        let sheet = Sheet::parse(text.as_bytes()).unwrap();
        let told = |errors: Vec<CellError>| {
            errors.into_iter().map(|error| (error.row, error.column, error.reason)).collect()
        };
        rows(&sheet, kind).map(|rows| rows.len()).map_err(told)
    }

    fn cells(list: &[(u64, &str, &str)]) -> Vec<(u64, String, String)> {
        list.iter().map(|&(row, column, reason)| (row, column.to_owned(), reason.to_owned())).collect()
    }

    #[test]
    fn every_wrong_row_of_a_classification_is_told_at_once() {
        let good = "code,label,isco_skill_level\n7,Craft,2\n71,Building,2\n711,Frame,2\n7112,Bricklayers,2\n";
        assert_eq!(read(ImportKind::Isco, good), Ok(4));
        let bad = "code,label,isco_skill_level\n7,Craft,2\n76,Nothing,2\n7112,,2\n7,Craft,2\n71,Building,3\n";
        let expected = cells(&[
            (3, "code", "MALFORMED_CODE"),
            (3, "isco_skill_level", "SKILL_LEVEL_DIFFERS"),
            (4, "code", "MISSING_PARENT"),
            (4, "label", "EMPTY"),
            (5, "code", "DUPLICATE_VALUE"),
            (6, "isco_skill_level", "SKILL_LEVEL_DIFFERS"),
        ]);
        assert_eq!(read(ImportKind::Isco, bad), Err(expected));
        assert_eq!(read(ImportKind::IscedF, "code,title\n07,Engineering\n073,Construction\n"), Ok(2));
        let lost_zero = read(ImportKind::IscedF, "code,title\n7,Engineering\n");
        assert_eq!(lost_zero, Err(cells(&[(2, "code", "MALFORMED_CODE")])));
        let no_code = read(ImportKind::Isco, "label\nx\n");
        assert_eq!(no_code, Err(cells(&[(1, "code", "MISSING_COLUMN")])));
    }

    #[test]
    fn an_esco_occupation_stands_in_a_unit_group() {
        let uri = "http://data.europa.eu/esco/occupation/05f321f8-055b-407d-bf19-e0ddabda56b7";
        assert_eq!(
            read(ImportKind::Esco, &format!("conceptUri,iscoGroup,preferredLabel\n{uri},7112,bricklayer\n")),
            Ok(1)
        );
        let bad = format!("uri,isco08,label\n{uri},711,bricklayer\n{uri},7112,bricklayer\nesco:1,7112,x\n");
        let expected = cells(&[
            (2, "isco08", "MALFORMED_CODE"),
            (3, "uri", "DUPLICATE_VALUE"),
            (4, "uri", "MALFORMED_URI"),
        ]);
        assert_eq!(read(ImportKind::Esco, &bad), Err(expected));
    }

    #[test]
    fn a_table_of_professions_is_checked_as_it_would_be_published() {
        let header = "country,isco08,title,regulated,valid_from,valid_until,legal_basis,source_title,source_url,source_date\n";
        let good = format!(
            "{header}PH,2221,registered nurse,true,2002-11-15,,Nursing Act,Gazette,https://gazette.example,2002-10-21\n"
        );
        assert_eq!(read(ImportKind::Professions, &good), Ok(1));
        let bad = format!(
            "{header}UK,2221,nurse,true,2002-11-15,,Act,Gazette,,2002-10-21\nPH,2221,nurse,yes,2002-11-15,,Act,Gazette,,2002-10-21\n\
             PH,2221,nurse,true,2002-11-15,2001-01-01,Act,Gazette,,2002-10-21\nPH,2221,nurse,false,2002-11-15,,Act,,,2002-10-21\n"
        );
        let expected = cells(&[
            (2, "country", "UNKNOWN_COUNTRY"),
            (3, "regulated", "WRONG_TYPE"),
            (4, "valid_until", "DATES_REVERSED"),
            (5, "source_title", "EMPTY"),
            (5, "isco08", "DUPLICATE_VALUE"),
        ]);
        assert_eq!(read(ImportKind::Professions, &bad), Err(expected));
    }

    /// The whole files, where they are at hand.
    #[test]
    fn the_whole_classifications_are_read() {
        for (kind, name, count) in [
            (ImportKind::Isco, "isco08.csv", 619),
            (ImportKind::IscedF, "isced_f_2013.csv", 220),
            (ImportKind::Esco, "esco_occupations_min.csv", 3007),
        ] {
            let Ok(text) = std::fs::read_to_string(format!("../shared/data/{name}")) else { return };
            assert_eq!(read(kind, &text), Ok(count), "{name}");
        }
    }
}
