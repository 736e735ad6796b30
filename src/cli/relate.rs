//! `skillpass relate`: what is published about a level and a framework. The data is built in; with a ledger, what its bodies
//! published by the day asked about goes before it.

use jiff::civil::Date;
use serde_json::{Value, json};

use super::client::Client;
use super::error::{CliError, Exit};
use super::{Context, clock, out};
use crate::pb;
use crate::recognition::listing::{cited_json, side_by_side_json};
use crate::recognition::{RecognitionError, Relation, relate_level};
use crate::statement::json;

/// `relate`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  skillpass relate ie/nfq:10 eqf   # a published edge, with its source and date
  skillpass relate ph/nqf:6 eqf    # NoPublishedRelation: nothing is inferred
  skillpass relate in/nsqf@2013:7 eqf --as-of 2019-05-01
  skillpass relate ph/nqf:6 aqrf --ledger http://127.0.0.1:7640

The answer is Edge, NoPublishedRelation, FrameworkNotReferenced, LevelBelowRange, Historic
or NeedsCheck. Only Edge relates two levels, and only it ends with exit code 0; the others end with 3.
Where nothing is published, what the levels say is printed side by side, which is no comparison. Every stored relation:
  skillpass reference list relations")]
pub(crate) struct RelateArgs {
    /// A level: framework:level or framework@edition:level
    level: String,
    /// The framework to relate it to, e.g. eqf or aqrf
    target: String,
    /// The day asked about, e.g. the award date [default: today, UTC]
    #[arg(long, value_name = "DATE", value_parser = clock::parse_date)]
    as_of: Option<Date>,
    /// A ledger: what its bodies had published by that day counts first
    #[arg(long, value_name = "URL")]
    ledger: Option<String>,
}

/// What both ways of asking come to.
struct Told {
    answer: String,
    level: Option<String>,
    kind: Option<String>,
    from: String,
    target: String,
    note: Option<String>,
    source: Option<Value>,
    side_by_side: Option<Value>,
}

impl RelateArgs {
    /// Runs it.
    pub(crate) fn run(&self, context: Context) -> Result<Exit, CliError> {
        let as_of = self.as_of.unwrap_or_else(clock::today);
        match &self.ledger {
            None => {
                let relation =
                    relate_level(&self.level, &self.target, as_of).map_err(|error| refused(&error))?;
                tell(context, &Told::of(&relation), as_of)
            }
            Some(url) => context.block_on(async {
                let client = Client::connect(url).await?;
                let request = pb::RelateLevelRequest {
                    level: self.level.clone(),
                    target: self.target.clone(),
                    as_of: Some(as_of.to_string()),
                };
                let answer = client.recognition().relate_level(request).await;
                let answer = answer.map_err(|status| client.error(&status).into_usage())?;
                tell(context, &Told::by_ledger(answer.into_inner()), as_of)
            }),
        }
    }
}

fn refused(error: &RecognitionError) -> CliError {
    let help = "`skillpass reference list frameworks` prints every framework with its levels";
    CliError::usage(error.reason(), error.to_string(), help)
}

impl Told {
    fn of(relation: &Relation) -> Self {
        let answer = &relation.answer;
        Self {
            answer: answer.name().to_owned(),
            level: answer.level().map(str::to_owned),
            kind: answer.edge().map(|(_, kind)| kind.to_owned()),
            from: relation.from.clone(),
            target: relation.target.clone(),
            note: Some(answer.note().to_owned()).filter(|note| !note.is_empty()),
            source: answer.source().map(cited_json),
            side_by_side: relation.side_by_side.as_ref().map(side_by_side_json),
        }
    }

    fn by_ledger(answer: pb::RelateLevelResponse) -> Self {
        let source = answer.source_title.map(|title| {
            let mut source = json!({"title": title, "url": answer.source_url, "as_of": answer.as_of});
            if let (Some(issuer), Some(leaf)) = (answer.published_by, answer.leaf_index) {
                json::set(&mut source, "published_by", issuer);
                json::set(&mut source, "leaf_index", leaf);
            }
            source
        });
        Self {
            answer: answer.answer,
            level: answer.level,
            kind: answer.kind,
            from: answer.from,
            target: answer.target,
            note: answer.note,
            source,
            side_by_side: answer.side_by_side_json.and_then(|json| serde_json::from_str(&json).ok()),
        }
    }

    /// Every member is always there; what does not arise is null.
    fn to_json(&self, as_of: Date) -> Value {
        json!({
            "from": self.from,
            "target": self.target,
            "as_of": as_of.to_string(),
            "answer": self.answer,
            "level": self.level,
            "kind": self.kind,
            "source": self.source,
            "note": self.note,
            "side_by_side": self.side_by_side,
        })
    }

    /// The answer in one sentence.
    fn sentence(&self) -> String {
        let Self { from, target, answer, .. } = self;
        let note = self.note.as_deref().unwrap_or_default();
        let level = self.level.as_deref();
        match (answer.as_str(), level) {
            ("Edge", Some(level)) => {
                format!("{from} is {} to {target} level {level}.", self.kind.as_deref().unwrap_or_default())
            }
            ("NoPublishedRelation", _) => format!("{answer}: {note}. Nothing is inferred."),
            ("FrameworkNotReferenced", _) => {
                format!("{answer}: the framework of {from} has no level in {target}.")
            }
            ("LevelBelowRange", _) => format!("{answer}: {from} lies below the first level of {target}."),
            ("Historic", Some(level)) => format!("{answer}: {from} was {target} level {level} once; {note}."),
            ("Historic", None) => format!("{answer}: {from} was below the first level of {target}; {note}."),
            (_, Some(level)) => format!("{answer}: {from} and {target}, probably level {level}; {note}."),
            (_, None) => format!("{answer}: {from} and {target}, no level is given; {note}."),
        }
    }
}

fn tell(context: Context, told: &Told, as_of: Date) -> Result<Exit, CliError> {
    // "Cannot be decided": whoever scripts this must not take a refusal for a level.
    let exit = if told.answer == "Edge" { Exit::Done } else { Exit::Undecided };
    if context.json {
        out::json(&told.to_json(as_of))?;
        return Ok(exit);
    }
    out::line(told.sentence())?;
    if let (Exit::Done, Some(note)) = (exit, &told.note) {
        out::line(format_args!("  note: {note}"))?;
    }
    if let Some(source) = &told.source {
        let text = |name: &str| source[name].as_str().unwrap_or_default();
        out::line(format_args!("  source: {} ({})", text("title"), text("as_of")))?;
        if !text("published_by").is_empty() {
            out::line(format_args!(
                "  published by {}, entry {}",
                text("published_by"),
                source["leaf_index"]
            ))?;
        }
    }
    if let Some(beside) = &told.side_by_side {
        out::line("Side by side, which is no comparison:")?;
        for row in beside["from"]
            .as_object()
            .into_iter()
            .chain(beside["target"].as_array().into_iter().flatten().filter_map(Value::as_object))
        {
            let text = |name: &str| row[name].as_str().unwrap_or_default();
            out::line(format_args!("  {}:{}  {}", text("framework"), text("level"), text("text")))?;
        }
    }
    Ok(exit)
}
