//! `skillpass relate`: what is published about a level and a framework. No ledger and no network: the data is built in.

use jiff::civil::Date;
use serde_json::{Value, json};

use super::error::{CliError, Exit};
use super::{Context, clock, out};
use crate::recognition::{Answer, RecognitionError, Relation, Source, relate_level};

/// `relate`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  skillpass relate ie/nfq:10 eqf   # a published edge, with its source and date
  skillpass relate ph/nqf:6 eqf    # NoPublishedRelation: nothing is inferred
  skillpass relate in/nsqf@2013:7 eqf --as-of 2019-05-01

The answer is Edge, NoPublishedRelation, FrameworkNotReferenced, LevelBelowRange, Historic
or NeedsCheck. Only Edge relates two levels, and only it ends with exit code 0; the others end with 3. Every stored relation:
  skillpass reference list relations")]
pub(crate) struct RelateArgs {
    /// A level: framework:level or framework@edition:level
    level: String,
    /// The framework to relate it to, e.g. eqf or aqrf
    target: String,
    /// The day asked about, e.g. the award date [default: today, UTC]
    #[arg(long, value_name = "DATE", value_parser = clock::parse_date)]
    as_of: Option<Date>,
}

impl RelateArgs {
    /// Runs it.
    pub(crate) fn run(&self, context: Context) -> Result<Exit, CliError> {
        let as_of = self.as_of.unwrap_or_else(clock::today);
        let relation = relate_level(&self.level, &self.target, as_of).map_err(|error| refused(&error))?;
        if context.json {
            out::json(&to_json(&relation, as_of))?;
        } else {
            tell(&relation)?;
        }
        // "Cannot be decided": whoever scripts this must not take a refusal for a level.
        Ok(if matches!(relation.answer, Answer::Edge { .. }) { Exit::Done } else { Exit::Undecided })
    }
}

fn refused(error: &RecognitionError) -> CliError {
    let help = "`skillpass reference list frameworks` prints every framework with its levels";
    CliError::usage(error.reason(), error.to_string(), help)
}

/// Every member is always there; what does not arise is null.
fn to_json(relation: &Relation, as_of: Date) -> Value {
    let (kind, note) = match &relation.answer {
        Answer::Edge { kind, note, .. } => (Some(kind.name()), (*note).to_owned()),
        Answer::NoPublishedRelation { detail } => (None, detail.clone()),
        Answer::Historic { note, .. } => (None, (*note).to_owned()),
        Answer::NeedsCheck { note, .. } => (None, note.clone()),
        Answer::FrameworkNotReferenced { .. } | Answer::LevelBelowRange { .. } => (None, String::new()),
    };
    json!({
        "from": relation.from,
        "target": relation.target,
        "as_of": as_of.to_string(),
        "answer": relation.answer.name(),
        "level": relation.answer.level(),
        "kind": kind,
        "source": relation.answer.source().map(source_json),
        "note": (!note.is_empty()).then_some(note),
    })
}

/// A source as the lists and answers print it.
pub(crate) fn source_json(source: &Source) -> Value {
    json!({"title": source.title, "url": source.url, "as_of": source.as_of})
}

fn tell(relation: &Relation) -> Result<(), CliError> {
    let Relation { from, target, answer } = relation;
    out::line(match answer {
        Answer::Edge { level, kind, .. } => format!("{from} is {} to {target} level {level}.", kind.name()),
        Answer::NoPublishedRelation { detail } => {
            format!("NoPublishedRelation: {detail}. Nothing is inferred.")
        }
        Answer::FrameworkNotReferenced { .. } => {
            format!("FrameworkNotReferenced: the framework of {from} has no level in {target}.")
        }
        Answer::LevelBelowRange { .. } => {
            format!("LevelBelowRange: {from} lies below the first level of {target}.")
        }
        Answer::Historic { level, note, .. } => {
            let level =
                level.map_or_else(|| "below the first level".to_owned(), |level| format!("level {level}"));
            format!("Historic: {from} was {target} {level} once; {note}.")
        }
        Answer::NeedsCheck { level, note, .. } => {
            let level = level
                .map_or_else(|| "no level is given".to_owned(), |level| format!("probably level {level}"));
            format!("NeedsCheck: {from} and {target}, {level}; {note}.")
        }
    })?;
    if let Answer::Edge { note, .. } = answer
        && !note.is_empty()
    {
        out::line(format_args!("  note: {note}"))?;
    }
    match answer.source() {
        Some(source) => out::line(format_args!("  source: {} ({})", source.title, source.as_of)),
        None => Ok(()),
    }
}
