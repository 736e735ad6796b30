//! `skillpass reference import`: a whole classification, checked and kept as one file beside the built-in groups; or an
//! authority's table of regulated professions, checked and published, one publication a row. Everything wrong is told at once.

mod rows;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

pub(super) use rows::check_rows;
use rows::{ImportKind, Row, profession, rows};

use super::client::Client;
use super::draft::Draft;
use super::error::{CliError, Exit};
use super::import::{CellError, Sheet};
use super::keyfile::{PassphraseArgs, read_private};
use super::send::{acknowledgement_json, append_in_order};
use super::{Context, clock, files, out};
use crate::event::Kind;
use crate::recognition::listing::Table;
use crate::statement::json as strict_json;

/// The largest reference file.
const REFERENCE_BYTES_MAX: u64 = 16 * 1024 * 1024;

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
    #[arg(long, value_name = "FILE", value_parser = files::written(), conflicts_with = "key", requires = "source", requires = "source_date")]
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
