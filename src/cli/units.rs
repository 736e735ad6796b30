//! `skillpass units`: how far a worker is towards a qualification that is made of units.

use std::path::PathBuf;

use serde_json::Value;

use super::assess::{Subject, SubjectArgs};
use super::error::{CliError, Exit};
use super::worker::parse_worker;
use super::{Context, clock, files, out};
use crate::event::{Event, Kind};
use crate::passport::{Progress, Record, Standard, accumulate};
use crate::pb;

/// `units`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  skillpass units wkr_… --standard https://standards.example/masonry \\
    --ledger http://127.0.0.1:7640 --as worker.jwk
  skillpass units passport.skillpass --trust trust.toml \\
    --standard-file masonry.json

All mandatory units and enough electives of one edition count, each once; units of another edition or standard only by a
mapping that the standard publishes; an exemption reduces what is asked for and is no award. ELIGIBLE is no award either:
that is for an awarding body. Exit codes: 0 eligible or awarded, 3 in progress.")]
pub(crate) struct UnitsArgs {
    /// A passport file or presentation, or a worker's id (then --ledger and --as)
    #[arg(value_name = "FILE|WORKER")]
    subject: String,
    /// The standard, by the id under which it is published on the ledger
    #[arg(long, value_name = "ID", required_unless_present = "standard_file")]
    standard: Option<String>,
    /// Its edition [default: the one published last]
    #[arg(long, value_name = "V", requires = "standard")]
    edition: Option<String>,
    /// For a file: the claims of the StandardPublished statement, as JSON
    #[arg(long, value_name = "FILE", conflicts_with = "standard")]
    standard_file: Option<PathBuf>,
    /// What was in force on this day [default: today]
    #[arg(long, value_name = "DATE", value_parser = clock::parse_date)]
    valid_at: Option<jiff::civil::Date>,
    #[command(flatten)]
    source: SubjectArgs,
}

impl UnitsArgs {
    /// Runs it.
    pub(crate) fn run(self, context: Context) -> Result<Exit, CliError> {
        match (Subject::of(&self.subject), &self.standard_file, &self.standard) {
            (Subject::File(path), Some(standard), _) => {
                let standard = read_standard(standard)?;
                let found = self.source.read_file(path, self.valid_at)?;
                let records: Vec<&Record> = found.report.records.iter().collect();
                let counted = accumulate(&standard, &records);
                tell(context, &counted.to_json())?;
                Ok(exit(counted.progress.name()))
            }
            (Subject::Worker(worker), _, Some(standard)) => {
                context.block_on(self.online(context, worker, standard))
            }
            (Subject::File(_), None, _) => Err(CliError::usage(
                "STANDARD_MISSING",
                "a file is counted against a standard that is at hand",
                "give --standard-file FILE, or a worker's id with --ledger and --as",
            )),
            (Subject::Worker(_), _, None) => Err(CliError::usage(
                "STANDARD_MISSING",
                "a worker is counted against a standard that the ledger holds",
                "give --standard ID",
            )),
        }
    }

    async fn online(&self, context: Context, worker: &str, standard: &str) -> Result<Exit, CliError> {
        let message = pb::CountUnitsRequest {
            worker: parse_worker(worker)?.to_string(),
            standard: standard.to_owned(),
            version: self.edition.clone(),
            valid_at: self.valid_at.map(|day| day.to_string()),
            view: pb::View::Holder.into(),
        };
        let (client, request) = self.source.connect(message).await?;
        let answer =
            client.recognition().count_units(request).await.map_err(|status| client.error(&status))?;
        let answer = answer.into_inner();
        let units: Value = serde_json::from_str(&answer.units_json).map_err(|_| {
            CliError::failed(
                "LEDGER_ANSWERED",
                "the ledger's answer is no JSON",
                "is it a skillpass ledger of this version?",
            )
        })?;
        tell(context, &units)?;
        Ok(exit(&answer.progress))
    }
}

fn read_standard(path: &std::path::Path) -> Result<Standard, CliError> {
    let mut claims = files::read_object(path)?;
    for clear in ["vct", "iss"] {
        claims.shift_remove(clear);
    }
    let event = Event::validate(Kind::StandardPublished, &claims.into()).map_err(|error| {
        let message = format!("{}: {error}", path.display());
        CliError::usage(error.reason(), message, "`skillpass kinds StandardPublished --example` prints one")
    })?;
    Standard::read(&event).filter(Standard::has_units).ok_or_else(|| {
        let message = format!("{}: the standard has no units", path.display());
        CliError::usage("NO_UNITS", message, "fill `units`")
    })
}

fn exit(progress: &str) -> Exit {
    if progress == Progress::InProgress.name() { Exit::Undecided } else { Exit::Done }
}

fn tell(context: Context, units: &Value) -> Result<(), CliError> {
    if context.json {
        return out::json(units);
    }
    let text = |value: &Value, pointer: &str| match value.pointer(pointer) {
        Some(Value::String(text)) => text.chars().filter(|letter| !letter.is_control()).collect(),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    };
    out::line(format_args!(
        "{} ({}): {}",
        text(units, "/standard/id"),
        text(units, "/standard/version"),
        text(units, "/progress")
    ))?;
    out::line(format_args!(
        "  mandatory {} of {}, electives {} of {}",
        text(units, "/mandatory/shown"),
        text(units, "/mandatory/required"),
        text(units, "/electives/shown"),
        text(units, "/electives/required")
    ))?;
    let list = |name: &str| units.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    for unit in list("units") {
        let by = text(&unit, "/issuer");
        let by = if by.is_empty() { by } else { format!(", {by}, {}", text(&unit, "/country")) };
        out::line(format_args!(
            "  {:<9} {} ({}){by}",
            text(&unit, "/state"),
            text(&unit, "/code"),
            text(&unit, "/requirement").to_lowercase()
        ))?;
    }
    for other in list("not_counted") {
        out::line(format_args!(
            "  not counted: {} ({})",
            text(&other, "/unit_code"),
            text(&other, "/reason")
        ))?;
    }
    Ok(())
}
