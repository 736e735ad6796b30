//! `skillpass reference import`: a whole classification, checked and kept as one file beside the built-in groups; or an
//! authority's table of regulated professions, checked and published, one publication a row. Everything wrong is told at once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::client::Client;
use super::draft::Draft;
use super::error::{CliError, Exit};
use super::import::{CellError, Sheet};
use super::keyfile::{PassphraseArgs, read_private};
use super::send::{acknowledgement_json, append_in_order};
use super::{Context, clock, files, out};
use crate::event::vocab::{check_esco, check_field, check_occupation};
use crate::event::{Event, Kind};
use crate::recognition::classifications::skill_levels;
use crate::recognition::listing::Table;
use crate::statement::json as strict_json;

/// The largest reference file.
const REFERENCE_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// The most wrong cells listed.
const ERRORS_MAX: usize = 1000;
/// The longest title.
const TITLE_CHARACTERS: usize = 300;

/// `reference import`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  skillpass reference import isco08.csv --kind isco --source \"ILO, ISCO-08\" \\
    --source-date 2012-05-01 --out isco.json
  skillpass reference list occupations --reference isco.json
  skillpass reference import law.csv --kind professions --key authority.jwk \\
    --ledger http://127.0.0.1:7640

Columns: isco code, label; isced-f code, label; esco uri, isco08, label; professions country, isco08, title,
regulated, valid_from, valid_until, legal_basis, authority, source_title, source_url, source_date. Others are not read: what
ESCO says of regulation is about automatic recognition in the EU alone. Every wrong cell is told at once, and
nothing is written or published then. Without --out or --key the file is only checked.")]
pub(crate) struct ImportArgs {
    /// The spreadsheet, saved as CSV
    #[arg(value_name = "FILE.csv")]
    sheet: PathBuf,
    /// What it holds
    #[arg(long, value_enum)]
    kind: ImportKind,
    /// Where the checked classification goes
    #[arg(long, value_name = "FILE", conflicts_with = "key", requires = "source", requires = "source_date")]
    out: Option<PathBuf>,
    /// Author and title of the classification
    #[arg(long, value_name = "TEXT")]
    source: Option<String>,
    /// Its date
    #[arg(long, value_name = "DATE", value_parser = clock::parse_date)]
    source_date: Option<jiff::civil::Date>,
    /// Its address
    #[arg(long, value_name = "URL")]
    source_url: Option<String>,
    /// Of professions: the authority's private key file
    #[arg(long, value_name = "FILE", requires = "ledger")]
    key: Option<PathBuf>,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    /// Of professions: the ledger to publish them on
    #[arg(long, value_name = "URL", requires = "key")]
    ledger: Option<String>,
    /// Of professions: who signs, where one key serves several bodies
    #[arg(long, value_name = "URI")]
    iss: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum ImportKind {
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
    fn name(self) -> &'static str {
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

impl ImportArgs {
    /// Runs it.
    pub(crate) fn run(&self, context: Context) -> Result<Exit, CliError> {
        let is_table = self.kind == ImportKind::Professions;
        if is_table && self.out.is_some() || !is_table && self.key.is_some() {
            let message = "a classification is kept in a file, a table of professions is published";
            return Err(CliError::usage(
                "KIND_AND_TARGET",
                message,
                "give --out for one, --key and --ledger for the other",
            ));
        }
        let sheet = Sheet::read(&self.sheet)?;
        let rows = rows(&sheet, self.kind).map_err(|errors| wrong(context, &errors))?;
        match (&self.out, &self.key, &self.ledger) {
            (Some(out), _, _) => self.keep(context, out, &rows),
            (None, Some(key), Some(url)) => self.publish(context, key, url, &rows),
            _ => {
                let told = json!({"kind": self.kind.name(), "rows": rows.len()});
                if context.json {
                    out::json(&told)?;
                } else {
                    out::line(format_args!(
                        "{} rows of {} are well-formed; nothing is written",
                        rows.len(),
                        self.kind.name()
                    ))?;
                }
                Ok(Exit::Done)
            }
        }
    }

    fn keep(&self, context: Context, target: &Path, rows: &[Row]) -> Result<Exit, CliError> {
        let source = json!({
            "title": self.source,
            "url": self.source_url,
            "as_of": self.source_date.map(|date| date.to_string()),
        });
        let listed: Vec<Value> = rows.iter().map(|row| self.kind.listed(row)).collect();
        let file =
            json!({"skillpass_reference": 1, "kind": self.kind.name(), "source": source, "rows": listed});
        files::replace(target, format!("{file}\n").as_bytes())?;
        if context.json {
            out::json(
                &json!({"kind": self.kind.name(), "rows": rows.len(), "file": target.display().to_string()}),
            )?;
        } else {
            out::line(format_args!("{} rows of {} in {}", rows.len(), self.kind.name(), target.display()))?;
        }
        Ok(Exit::Done)
    }

    fn publish(&self, context: Context, key: &Path, url: &str, rows: &[Row]) -> Result<Exit, CliError> {
        let key = read_private(key, &self.passphrase)?;
        context.block_on(async {
            let client = Client::connect(url).await?;
            let issuer = client.issuer(self.iss.as_deref(), &key).await?;
            let mut signed = Vec::new();
            for row in rows {
                signed.push(
                    Draft::new(Kind::ProfessionRegulated, &issuer, profession(row, &issuer))?.sign(&key)?,
                );
            }
            for acknowledgement in append_in_order(&client, signed).await? {
                if context.json {
                    out::line(acknowledgement_json(&acknowledgement))?;
                } else {
                    out::line(format_args!(
                        "recorded as entry {} ({})",
                        acknowledgement.leaf_index, acknowledgement.jti
                    ))?;
                }
            }
            Ok(Exit::Done)
        })
    }
}

/// One checked row: the spreadsheet's number, and its cells by column.
#[derive(Debug)]
struct Row {
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
    fn listed(self, row: &Row) -> Value {
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
pub(super) fn check_rows(sheet: &Sheet, table: u8) -> Result<usize, Vec<CellError>> {
    let kinds = <ImportKind as clap::ValueEnum>::value_variants();
    let kind = kinds.get(usize::from(table) % kinds.len()).copied().unwrap_or(ImportKind::Isco);
    rows(sheet, kind).map(|rows| rows.len())
}

/// All rows, or everything that is wrong with them.
fn rows(sheet: &Sheet, kind: ImportKind) -> Result<Vec<Row>, Vec<CellError>> {
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
    let row = |found: &super::import::SheetRow| {
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
        } else if code.len() > top && !code.get(..code.len() - 1).is_some_and(|above| all.contains(above)) {
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

fn profession(row: &Row, issuer: &str) -> Map<String, Value> {
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

/// Everything that is wrong, on standard output as data; the error says how much.
fn wrong(context: Context, errors: &[CellError]) -> CliError {
    let failed = |error: &CellError| {
        if context.json {
            let row = json!({"row": error.row, "column": error.column, "reason": error.reason, "message": error.message});
            out::line(row)
        } else {
            out::line(format_args!(
                "row {}, {}: {} ({})",
                error.row, error.column, error.message, error.reason
            ))
        }
    };
    if let Some(Err(error)) = errors.iter().map(failed).find(Result::is_err) {
        return error;
    }
    let message = format!("{} cells are wrong; nothing was written or published", errors.len());
    CliError::refused(
        "SHEET_REFUSED",
        message,
        "correct them in the spreadsheet and run the same command again",
    )
}

/// The rows of a kept classification, each with its source.
pub(crate) fn rows_of(file: &Path, table: Table) -> Result<Vec<Value>, CliError> {
    let not_ours = |message: &str| {
        let help = "`skillpass reference import --out FILE` writes one";
        CliError::usage("REFERENCE_INVALID", format!("{}: {message}", file.display()), help)
    };
    let bytes = files::read(file, REFERENCE_BYTES_MAX)?;
    let read = strict_json::parse(&bytes).map_err(|error| not_ours(&error.to_string()))?;
    let kinds: &[&str] = if table == Table::Fields { &["isced-f"] } else { &["isco", "esco"] };
    let member = |name: &str| read.get(name).unwrap_or(&Value::Null);
    let kind = member("kind").as_str().unwrap_or_default();
    let rows = member("rows").as_array().filter(|_| *member("skillpass_reference") == 1);
    let rows = rows.ok_or_else(|| not_ours("is no reference file"))?;
    if !kinds.contains(&kind) {
        return Err(not_ours(&format!("holds {kind}, which is another table")));
    }
    let with_source = |row: &Value| {
        let mut row = row.clone();
        strict_json::set(&mut row, "certainty", "imported");
        strict_json::set(&mut row, "source", member("source").clone());
        row
    };
    if !rows.iter().all(Value::is_object) {
        return Err(not_ours("has a row that is no object"));
    }
    Ok(rows.iter().map(with_source).collect())
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
