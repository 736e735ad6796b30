//! `skillpass gaps`, `compare` and `classify`: a worker against published standards, and education against a job.

use std::path::Path;

use serde_json::Value;

use super::assess::{Subject, SubjectArgs};
use super::client::Client;
use super::error::{CliError, Exit};
use super::worker::parse_worker;
use super::{Context, clock, out};
use crate::crypto::PublicKey;
use crate::event::{Event, Kind};
use crate::passport::{Held, Verdict};
use crate::pb;
use crate::recognition::assess::Shown;
use crate::recognition::gaps::gaps;
use crate::recognition::mismatch::MismatchRule;
use crate::recognition::profiles::compare;
use crate::recognition::standard::Standard;
use crate::statement::Unverified;

/// `gaps`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  skillpass gaps passport.skillpass --trust trust.toml \\
    --standard https://standards.example/masonry --ledger http://127.0.0.1:7640
  skillpass gaps wkr_… --ledger http://127.0.0.1:7640 --as worker.jwk \\
    --standard https://standards.example/masonry --edition 2022

The standard is read from the ledger that publishes it; a passport file stays on this machine. Counted is what an assessment
against this very edition says, nothing that only sounds alike. Exit codes: 0 all that it asks for is shown, 1 something is
missing, 3 the file's authenticity cannot be decided.")]
pub(crate) struct GapsArgs {
    /// A passport file or presentation, or a worker's id (then --as)
    #[arg(value_name = "FILE|WORKER")]
    subject: String,
    /// The standard's identifier
    #[arg(long, value_name = "ID")]
    standard: String,
    /// Its edition [default: the newest published by the day]
    #[arg(long, value_name = "VERSION")]
    edition: Option<String>,
    /// The day asked about [default: today]
    #[arg(long, value_name = "DATE", value_parser = clock::parse_date)]
    at: Option<jiff::civil::Date>,
    #[command(flatten)]
    source: SubjectArgs,
}

/// `compare`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  skillpass compare --standard https://standards.example/masonry \\
    --standard https://norms.example/bricklaying --ledger http://127.0.0.1:7640
  skillpass compare passport.skillpass --trust trust.toml \\
    --standard https://standards.example/masonry \\
    --standard https://norms.example/bricklaying --ledger http://127.0.0.1:7640

Both standards are read from the ledger that publishes them. There is no score: sentences that differ are not compared.")]
pub(crate) struct CompareArgs {
    /// A passport file or presentation, or a worker's id (then --as) [default: the standards alone]
    #[arg(value_name = "FILE|WORKER")]
    subject: Option<String>,
    /// The two standards' identifiers; `ID@EDITION` for another than the newest
    #[arg(long, value_name = "ID", required = true, num_args = 1)]
    standard: Vec<String>,
    /// The day asked about [default: today]
    #[arg(long, value_name = "DATE", value_parser = clock::parse_date)]
    at: Option<jiff::civil::Date>,
    #[command(flatten)]
    source: SubjectArgs,
}

/// `classify`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  skillpass classify --rule kilm-15b@2015 --isced 6 --isco 5321 \\
    --ledger http://127.0.0.1:7640 --as employment-service.jwk
  skillpass classify --rule isco-08-skill-level@2012 --worker wkr_… \\
    --ledger http://127.0.0.1:7640 --as ledger.operator.key

For employment services and statistics: the ledger answers its operator and bodies authorised as PUBLIC_EMPLOYMENT_SERVICE,
and no employer. The two rules differ; an answer names the one that gave it.")]
pub(crate) struct ClassifyArgs {
    /// The rule, with its version: kilm-15b@2015 or isco-08-skill-level@2012
    #[arg(long, value_name = "RULE")]
    rule: String,
    /// Education held: ISCED 2011 level, 0 to 8
    #[arg(long, value_name = "LEVEL", required_unless_present = "worker")]
    isced: Option<String>,
    /// The job: ISCO-08 code
    #[arg(long, value_name = "ISCO", required_unless_present = "worker")]
    isco: Option<String>,
    /// Instead of the two: a worker whom the key may read
    #[arg(long, value_name = "WORKER", conflicts_with_all = ["isced", "isco"])]
    worker: Option<String>,
    /// The day asked about, of a worker [default: today]
    #[arg(long, value_name = "DATE", value_parser = clock::parse_date)]
    at: Option<jiff::civil::Date>,
    #[command(flatten)]
    source: SubjectArgs,
}

impl GapsArgs {
    /// Runs it.
    pub(crate) fn run(self, context: Context) -> Result<Exit, CliError> {
        context.block_on(async move {
            let (answer, verdict) = match Subject::of(&self.subject) {
                Subject::File(path) => self.offline(path).await?,
                Subject::Worker(worker) => (self.online(worker).await?, Verdict::Valid),
            };
            if context.json {
                out::json(&answer)?;
            } else {
                out::text(&tell(&answer))?;
            }
            let is_complete = answer.get("state").and_then(Value::as_str) == Some("ELIGIBLE");
            Ok(match (is_complete, verdict) {
                (false, _) => Exit::Refused,
                (true, Verdict::Valid) => Exit::Done,
                (true, _) => Exit::Undecided,
            })
        })
    }

    async fn offline(&self, path: &Path) -> Result<(Value, Verdict), CliError> {
        let found = self.source.read_file(path, self.at)?;
        let standard =
            published(self.source.ledger.as_deref(), &self.standard, self.edition.as_deref(), self.at)
                .await?;
        let shown: Vec<Shown<'_>> = found.held.iter().map(Held::shown).collect();
        let answer = gaps(&shown, &standard, self.at.unwrap_or_else(clock::today)).to_json();
        Ok((answer, found.report.verdict))
    }

    async fn online(&self, worker: &str) -> Result<Value, CliError> {
        let message = pb::FindGapsRequest {
            worker: parse_worker(worker)?.to_string(),
            standard: self.standard.clone(),
            version: self.edition.clone(),
            at: self.at.map(|day| day.to_string()),
            view: pb::View::Holder.into(),
        };
        let (client, request) = self.source.connect(message).await?;
        let answer = client.recognition().find_gaps(request).await.map_err(|status| client.error(&status))?;
        parsed(&answer.into_inner().gaps_json)
    }
}

impl CompareArgs {
    /// Runs it.
    pub(crate) fn run(self, context: Context) -> Result<Exit, CliError> {
        let [one, other] = self.standard.as_slice() else {
            return Err(CliError::usage(
                "TWO_STANDARDS",
                "compare takes two standards",
                "give --standard twice",
            ));
        };
        let split = |text: &str| match text.rsplit_once('@') {
            Some((id, version)) => (id.to_owned(), Some(version.to_owned())),
            None => (text.to_owned(), None),
        };
        let (one, other) = (split(one), split(other));
        context.block_on(async move {
            let answer = match self.subject.as_deref().map(Subject::of) {
                Some(Subject::Worker(worker)) => self.online(Some(worker), one, other).await?,
                subject => {
                    let held = match subject {
                        Some(Subject::File(path)) => self.source.read_file(path, self.at)?.held,
                        _ => Vec::new(),
                    };
                    let ledger = self.source.ledger.as_deref();
                    let one = published(ledger, &one.0, one.1.as_deref(), self.at).await?;
                    let other = published(ledger, &other.0, other.1.as_deref(), self.at).await?;
                    let shown: Vec<Shown<'_>> = held.iter().map(Held::shown).collect();
                    compare(&shown, &one, &other, self.at.unwrap_or_else(clock::today)).to_json()
                }
            };
            if context.json {
                out::json(&answer)?;
            } else {
                for side in answer.get("standards").and_then(Value::as_array).into_iter().flatten() {
                    out::text(&tell(side))?;
                }
                out::line("Side by side; sentences that differ are not compared.")?;
            }
            Ok(Exit::Done)
        })
    }

    async fn online(
        &self,
        worker: Option<&str>,
        one: (String, Option<String>),
        other: (String, Option<String>),
    ) -> Result<Value, CliError> {
        let message = pb::CompareProfilesRequest {
            standard: one.0,
            version: one.1,
            other: other.0,
            other_version: other.1,
            worker: worker.map(parse_worker).transpose()?.map(|worker| worker.to_string()),
            at: self.at.map(|day| day.to_string()),
            view: pb::View::Holder.into(),
        };
        let (client, request) = self.source.connect(message).await?;
        let answer =
            client.recognition().compare_profiles(request).await.map_err(|status| client.error(&status))?;
        parsed(&answer.into_inner().comparison_json)
    }
}

impl ClassifyArgs {
    /// Runs it.
    pub(crate) fn run(self, context: Context) -> Result<Exit, CliError> {
        if MismatchRule::from_name(&self.rule).is_none() {
            let known: Vec<&str> = MismatchRule::ALL.iter().map(|rule| rule.name()).collect();
            let message = format!("`{}` is no rule with its version", self.rule);
            return Err(CliError::usage("UNKNOWN_RULE", message, format!("one of {}", known.join(", "))));
        }
        context.block_on(async move {
            let message = pb::ClassifyMatchRequest {
                rule: self.rule.clone(),
                isced_level: self.isced.clone().unwrap_or_default(),
                isco08: self.isco.clone().unwrap_or_default(),
                worker: self.worker.as_deref().map(parse_worker).transpose()?.map(|worker| worker.to_string()),
                at: self.at.map(|day| day.to_string()),
            };
            let (client, request) = self.source.connect(message).await?;
            let answer = client.recognition().classify_match(request).await.map_err(|status| client.error(&status))?;
            let pb::ClassifyMatchResponse { r#match: found, rule, source, isced_level, isco08 } = answer.into_inner();
            if context.json {
                out::json(&serde_json::json!({
                    "match": found, "rule": rule, "source": source, "isced_level": isced_level, "isco08": isco08,
                }))?;
            } else {
                out::line(format_args!("{found}: ISCED {isced_level} in a job of ISCO-08 {isco08}, by {rule} ({source})"))?;
            }
            Ok(Exit::Done)
        })
    }
}

/// A standard as a ledger publishes it: its statement, under the key that the ledger names for its owner.
async fn published(
    ledger: Option<&str>,
    id: &str,
    version: Option<&str>,
    day: Option<jiff::civil::Date>,
) -> Result<Standard, CliError> {
    let ledger = ledger.ok_or_else(|| {
        CliError::usage(
            "LEDGER_MISSING",
            "the standard is read from the ledger that publishes it",
            "give --ledger URL",
        )
    })?;
    let client = Client::connect(ledger).await?;
    let stream = pb::list_statements_request::Stream::Publication(id.to_owned());
    let request = pb::ListStatementsRequest { stream: Some(stream) };
    let listed = client.registry().list_statements(request).await.map_err(|status| client.error(&status))?;
    let day = day.unwrap_or_else(clock::today);
    let mut found = None;
    for record in listed.into_inner().statements {
        if clock::day_of_ms(record.recorded_at) > day {
            continue;
        }
        let Some(standard) = read_standard(&client, &record.statement).await? else { continue };
        if version.is_none_or(|version| standard.version == version) {
            found = Some(standard);
        }
    }
    found.ok_or_else(|| {
        let message = format!("{ledger} had published no such standard by {day}");
        CliError::refused("NOT_FOUND", message, "check the identifier and the edition")
    })
}

async fn read_standard(client: &Client, text: &str) -> Result<Option<Standard>, CliError> {
    let Ok(unverified) = Unverified::parse(text) else { return Ok(None) };
    if Kind::from_vct(&unverified.clear().vct) != Some(Kind::StandardPublished) {
        return Ok(None);
    }
    let request = pb::GetBodyRequest { issuer: unverified.clear().issuer.clone() };
    let body =
        client.registry().get_body(request).await.map_err(|status| client.error(&status))?.into_inner();
    let detail = parsed(&body.detail_json)?;
    let kid = unverified.clear().kid.clone();
    let keys = detail.get("keys").and_then(Value::as_array).into_iter().flatten();
    let key = keys
        .filter(|key| key.get("kid").and_then(Value::as_str) == Some(kid.as_str()))
        .find_map(|key| PublicKey::from_jwk(key.get("jwk")?).ok());
    let statement = key.and_then(|key| unverified.verify(&key).ok());
    let event =
        statement.and_then(|statement| Event::validate(Kind::StandardPublished, statement.claims()).ok());
    Ok(event.as_ref().and_then(Standard::of))
}

fn parsed(json: &str) -> Result<Value, CliError> {
    serde_json::from_str(json).map_err(|_| {
        CliError::failed(
            "LEDGER_ANSWERED",
            "the ledger's answer is no JSON",
            "is it a skillpass ledger of this version?",
        )
    })
}

/// One standard and what is shown of it, for a person at a terminal.
fn tell(answer: &Value) -> String {
    use std::fmt::Write as _;
    let mut out = String::new();
    let standard = answer.get("standard").unwrap_or(&Value::Null);
    let text = |value: &Value, member: &str| -> String {
        let text = value.get(member).and_then(Value::as_str).unwrap_or_default();
        text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
    };
    let list = |member: &str| answer.get(member).and_then(Value::as_array).cloned().unwrap_or_default();
    let mark = |line: &Value| match line.get("shown_by").and_then(Value::as_array) {
        Some(shown) if !shown.is_empty() => "shown  ",
        _ => "missing",
    };
    let _ = writeln!(
        out,
        "{}, edition {}: {} on {}",
        text(standard, "title"),
        text(standard, "version"),
        text(answer, "state").replace('_', " ").to_lowercase(),
        text(answer, "at")
    );
    for unit in list("units") {
        let requirement = text(&unit, "requirement").to_lowercase();
        let _ = writeln!(
            out,
            "  {} unit {} {} ({requirement})",
            mark(&unit),
            text(&unit, "code"),
            text(&unit, "title")
        );
    }
    for outcome in list("outcomes") {
        let _ = writeln!(out, "  {} {}", mark(&outcome), text(&outcome, "outcome"));
    }
    for one in list("training") {
        let _ = writeln!(out, "  training: {} ({})", text(&one, "title"), text(&one, "provider"));
    }
    for one in list("not_counted") {
        let _ = writeln!(out, "  not counted: {}, {}", text(&one, "jti"), text(&one, "why"));
    }
    out
}
