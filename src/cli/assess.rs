//! `skillpass assess`: what a worker's records come to in a destination. From a file, offline; or from a ledger, for who may
//! read the worker there.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::client::{Client, GrantArgs};
use super::error::{CliError, Exit};
use super::keyfile::{PassphraseArgs, read_private};
use super::verify::{FILE_BYTES_MAX, PurposeArg, check_question};
use super::worker::parse_worker;
use super::{Context, clock, files, out, trust};
use crate::passport::{Destination, Options, Purpose, Read, Verdict, assess, read};
use crate::pb;
use crate::recognition::NOTHING_PUBLISHED;
use crate::recognition::assess::{Assessment, render};
use crate::recognition::checks::Outcome;

/// `assess`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  skillpass assess passport.skillpass --trust trust.toml \\
    --destination DE --occupation 2221 --purpose practise
  skillpass assess passport.skillpass --destination DE --occupation 2221 \\
    --purpose practise --at 2024-10-01
  skillpass assess wkr_… --ledger http://127.0.0.1:7640 --as worker.jwk \\
    --destination DE --occupation 2221 --purpose practise

Says which checks pass, which instruments apply and which not and why, what is missing, who decides there, and the way ahead.
It gives no score, it does not say that anybody may enter or stay, and it guesses nothing: what is not stored is unknown.
Exit codes: 0 every check passes, 1 one fails, 3 cannot be decided.")]
pub(crate) struct AssessArgs {
    /// A passport file or presentation, or a worker's id (then --ledger and --as)
    #[arg(value_name = "FILE|WORKER")]
    subject: String,
    /// Destination country (ISO 3166-1 alpha-2)
    #[arg(long, visible_alias = "country", value_name = "CC")]
    destination: String,
    /// Occupation (ISCO-08)
    #[arg(long, value_name = "ISCO")]
    occupation: String,
    /// What for
    #[arg(long, value_enum)]
    purpose: PurposeArg,
    /// The day asked about [default: today]
    #[arg(long, visible_alias = "valid-at", value_name = "DATE", value_parser = clock::parse_date)]
    at: Option<jiff::civil::Date>,
    #[command(flatten)]
    source: SubjectArgs,
}

/// Where the records of FILE or WORKER come from.
#[derive(Debug, clap::Args)]
pub(crate) struct SubjectArgs {
    /// For a file: the trust file [default: ./trust.toml, else the one in your configuration]
    #[arg(long, value_name = "FILE", env = "SKILLPASS_TRUST", hide_env_values = true)]
    pub(crate) trust: Option<PathBuf>,
    /// For a worker: gRPC address of the ledger
    #[arg(long, value_name = "URL", env = "SKILLPASS_LEDGER", hide_env_values = true)]
    pub(crate) ledger: Option<String>,
    /// For a worker: key file of the reader
    #[arg(long = "as", value_name = "FILE")]
    pub(crate) as_key: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) passphrase: PassphraseArgs,
    #[command(flatten)]
    pub(crate) grant: GrantArgs,
}

/// What FILE|WORKER means.
pub(crate) enum Subject<'a> {
    /// A file to read offline.
    File(&'a Path),
    /// A worker, to ask a ledger about.
    Worker(&'a str),
}

impl<'a> Subject<'a> {
    /// A worker's id is never the name of a file that somebody meant.
    pub(crate) fn of(text: &'a str) -> Self {
        #[expect(
            clippy::disallowed_methods,
            reason = "where the file cannot be looked at, the ledger answers or does not"
        )]
        let is_worker = (text.starts_with("wkr_") || parse_worker(text).is_ok()) && !Path::new(text).exists();
        if is_worker { Self::Worker(text) } else { Self::File(Path::new(text)) }
    }
}

/// Reads and verifies a file; of what is not authentic nothing follows.
pub(crate) fn read_authentic(
    path: &Path,
    trust: Option<&Path>,
    day: Option<jiff::civil::Date>,
) -> Result<Read, CliError> {
    authentic(&files::read(path, FILE_BYTES_MAX)?, &path.display().to_string(), trust, day)
}

/// Verifies what was read; of what is not authentic nothing follows.
pub(crate) fn authentic(
    bytes: &[u8],
    from: &str,
    trust: Option<&Path>,
    day: Option<jiff::civil::Date>,
) -> Result<Read, CliError> {
    let (_, trust) = trust::find(trust).map_err(CliError::into_usage)?.ok_or_else(trust::none_found)?;
    let options = Options { valid_at: day, ..Options::at(clock::now_s()) };
    let found = read(bytes, &trust, &options);
    if found.report.verdict == Verdict::Invalid {
        let message = format!("{from} is not authentic as shown, so nothing follows from it");
        return Err(CliError::refused(
            "NOT_AUTHENTIC",
            message,
            "`skillpass verify FILE` says which check fails",
        ));
    }
    Ok(found)
}

impl SubjectArgs {
    /// Reads and verifies a file; what is not authentic is assessed by nobody.
    pub(crate) fn read_file(&self, path: &Path, day: Option<jiff::civil::Date>) -> Result<Read, CliError> {
        read_authentic(path, self.trust.as_deref(), day)
    }

    /// A connection to the ledger, and a request with the reader's credential.
    pub(crate) async fn connect<T>(&self, message: T) -> Result<(Client, tonic::Request<T>), CliError> {
        let (Some(ledger), Some(key)) = (&self.ledger, &self.as_key) else {
            return Err(CliError::usage(
                "READER_MISSING",
                "a worker is read from a ledger, by somebody who may",
                "give --ledger URL and --as KEYFILE, or a passport file instead of the worker",
            ));
        };
        let client = Client::connect(ledger).await?;
        let credential = client.credential(read_private(key, &self.passphrase)?).await?;
        let credential = credential.with_grant(self.grant.read()?);
        let request = credential.request(message)?;
        Ok((client, request))
    }
}

impl AssessArgs {
    /// Runs it.
    pub(crate) fn run(self, context: Context) -> Result<Exit, CliError> {
        check_question(Some(&self.destination), Some(&self.occupation))?;
        match Subject::of(&self.subject) {
            Subject::File(path) => self.offline(context, path),
            Subject::Worker(worker) => context.block_on(self.online(context, worker)),
        }
    }

    fn offline(&self, context: Context, path: &Path) -> Result<Exit, CliError> {
        let found = self.source.read_file(path, self.at)?;
        let asked = Destination {
            country: self.destination.clone(),
            occupation: Some(self.occupation.clone()),
            purpose: Purpose::from(self.purpose),
            day: self.at.unwrap_or_else(clock::today),
        };
        let assessment = assess(&found.held, &asked, &found.authorities, &NOTHING_PUBLISHED);
        let verdict = found.report.verdict;
        let mut answer = json!({"verdict": verdict.as_str()});
        merge(&mut answer, assessment.to_json());
        if context.json {
            out::json(&answer)?;
        } else {
            if verdict == Verdict::Unknown {
                out::line("Whether the file is authentic cannot be decided; `skillpass verify` says why.\n")?;
            }
            out::text(&render(&answer))?;
        }
        Ok(exit(&assessment, verdict))
    }

    async fn online(&self, context: Context, worker: &str) -> Result<Exit, CliError> {
        let message = pb::AssessRecognitionRequest {
            worker: parse_worker(worker)?.to_string(),
            country: self.destination.clone(),
            occupation: self.occupation.clone(),
            purpose: Purpose::from(self.purpose).as_str().to_owned(),
            at: self.at.map(|day| day.to_string()),
            view: pb::View::Holder.into(),
        };
        let (client, request) = self.source.connect(message).await?;
        let answer = client
            .recognition()
            .assess_recognition(request)
            .await
            .map_err(|status| client.error(&status))?
            .into_inner();
        let assessment: Value = serde_json::from_str(&answer.assessment_json).map_err(|_| {
            CliError::failed(
                "LEDGER_ANSWERED",
                "the ledger's answer is no JSON",
                "is it a skillpass ledger of this version?",
            )
        })?;
        if context.json {
            out::json(&assessment)?;
        } else {
            out::text(&render(&assessment))?;
        }
        Ok(match answer.status.as_str() {
            "PASS" => Exit::Done,
            "FAIL" => Exit::Refused,
            _ => Exit::Undecided,
        })
    }
}

/// The members of `more` behind those of `answer`.
fn merge(answer: &mut Value, more: Value) {
    if let (Some(answer), Value::Object(more)) = (answer.as_object_mut(), more) {
        answer.extend(more);
    }
}

fn exit(assessment: &Assessment, verdict: Verdict) -> Exit {
    match (assessment.outcome(), verdict) {
        (Outcome::Fail, _) => Exit::Refused,
        (Outcome::Unknown, _) | (_, Verdict::Unknown | Verdict::Invalid) => Exit::Undecided,
        (Outcome::Pass | Outcome::NotApplicable, Verdict::Valid) => Exit::Done,
    }
}
