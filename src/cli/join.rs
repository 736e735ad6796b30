//! `skillpass worker join`: two passports of one person, joined with the holder's consent.

use std::path::PathBuf;

use serde_json::{Map, Value, json};

use super::client::{Client, LedgerArgs};
use super::draft::Draft;
use super::error::{CliError, Exit};
use super::issue::hash_of;
use super::keyfile::SigningKeyArgs;
use super::send::append_opening;
use super::worker::parse_worker;
use super::{Context, clock, files, out};
use crate::event::{Kind, WorkerId};
use crate::statement::jws;
use crate::trust::{JOIN_SECONDS_MAX, JOIN_TYP, JoinConsent};

/// Join two passports of one person
#[derive(Debug, clap::Subcommand)]
pub(crate) enum JoinCommand {
    /// The holder of one of the two consents
    #[command(
        after_help = "Example, once for each of the two:\n  skillpass worker join consent wkr_ONE wkr_TWO --key worker.jwk \\\n    --body https://office.example.invalid --out one.consent\n  skillpass worker join consent wkr_TWO wkr_ONE --key other.jwk \\\n    --body https://office.example.invalid --out two.consent\n\nEach is signed with the holder key of the passport that is named first, and good for 30 days."
    )]
    Consent(ConsentArgs),
    /// A body that has checked that both are one person's records it in both passports
    #[command(
        after_help = "Example:\n  skillpass worker join record wkr_ONE wkr_TWO --key office.jwk --country PH \\\n    --consent one.consent --other-consent two.consent \\\n    --ledger http://127.0.0.1:7640\n\nWas it wrong? `skillpass revoke --target HASH` takes back either of the two statements, and the passports are apart again. To present both together, move both to one key first (`skillpass worker change-key`)."
    )]
    Record(Box<RecordArgs>),
}

/// `worker join consent`.
#[derive(Debug, clap::Args)]
pub(crate) struct ConsentArgs {
    /// The worker whose key signs
    #[arg(value_name = "WORKER")]
    worker: String,
    /// The other worker id of the same person
    #[arg(value_name = "OTHER")]
    other: String,
    #[command(flatten)]
    key: SigningKeyArgs,
    /// Issuer identifier of the body that will record it
    #[arg(long, value_name = "URI")]
    body: String,
    /// Where the consent goes
    #[arg(long, value_name = "FILE", value_parser = files::written())]
    out: PathBuf,
}

/// `worker join record`.
#[derive(Debug, clap::Args)]
pub(crate) struct RecordArgs {
    /// One worker id
    #[arg(value_name = "WORKER")]
    worker: String,
    /// The other
    #[arg(value_name = "OTHER")]
    other: String,
    #[command(flatten)]
    key: SigningKeyArgs,
    /// Issuer identifier of the body that signs [default: the body that the ledger knows by the key]
    #[arg(long, value_name = "URI")]
    iss: Option<String>,
    /// Country in which it is said (ISO 3166-1 alpha-2)
    #[arg(long, value_name = "CC")]
    country: String,
    /// How it was made sure that both are one person's
    #[arg(long, default_value = "IN_PERSON")]
    method: String,
    /// Consent of the holder of WORKER
    #[arg(long, value_name = "FILE")]
    consent: PathBuf,
    /// Consent of the holder of OTHER
    #[arg(long, value_name = "FILE")]
    other_consent: PathBuf,
    #[command(flatten)]
    ledger: LedgerArgs,
    /// gRPC address of the ledger of OTHER [default: the same]
    #[arg(long, value_name = "URL")]
    other_ledger: Option<String>,
}

impl JoinCommand {
    /// Runs it.
    pub(crate) fn run(self, context: Context) -> Result<Exit, CliError> {
        match self {
            Self::Consent(args) => args.run(context),
            Self::Record(args) => context.block_on(args.run(context)),
        }
    }
}

impl ConsentArgs {
    fn run(&self, context: Context) -> Result<Exit, CliError> {
        let [worker, other] = [&self.worker, &self.other].map(|id| parse_worker(id));
        let (worker, other) = (worker?.to_string(), other?.to_string());
        let consent = JoinConsent { body: &self.body, worker: &worker, other: &other };
        let now = clock::now_s();
        let until = now.saturating_add(JOIN_SECONDS_MAX);
        let token = jws::sign(JOIN_TYP, &consent.payload(now, until), &self.key.read()?);
        files::create_secret(&self.out, format!("{token}\n").as_bytes())?;
        if context.json {
            out::json(&json!({"file": self.out.display().to_string()}))?;
        } else {
            out::line(format_args!("{}: give it to {} within 30 days", self.out.display(), self.body))?;
        }
        Ok(Exit::Done)
    }
}

impl RecordArgs {
    async fn run(&self, context: Context) -> Result<Exit, CliError> {
        let (one, two) = (parse_worker(&self.worker)?, parse_worker(&self.other)?);
        let here = self.ledger.ledger.as_str();
        let there = self.other_ledger.as_deref().unwrap_or(here);
        let key = self.key.read()?;
        let mut halves = Vec::new();
        // Both are signed before either is sent: a half alone joins nothing, but it should not be left behind.
        for (url, worker, other, consent) in
            [(here, one, two, &self.consent), (there, two, one, &self.other_consent)]
        {
            let client = Client::connect(url).await?;
            let issuer = client.issuer(self.iss.as_deref(), &key).await?;
            let claims = self.claims(worker, other, files::read_text(consent)?.trim());
            let statement = Draft::new(Kind::PassportsJoined, &issuer, claims)?.sign(&key)?;
            halves.push((client, worker, statement));
        }
        for (client, worker, statement) in halves {
            let hash = hash_of(&statement);
            let acknowledged = append_opening(&client, statement, None).await?;
            if context.json {
                out::line(json!({"worker": worker.to_string(), "jti": acknowledged.jti, "hash": hash,
                    "revision": acknowledged.revision, "leaf_index": acknowledged.leaf_index}))?;
            } else {
                out::line(format_args!(
                    "{worker}: joined, revision {} (hash {hash})",
                    acknowledged.revision
                ))?;
            }
        }
        Ok(Exit::Done)
    }

    fn claims(&self, worker: WorkerId, other: WorkerId, consent: &str) -> Map<String, Value> {
        let mut claims = Map::new();
        for (name, value) in [
            ("sub", worker.to_string()),
            ("issuing_country", self.country.clone()),
            ("other", other.to_string()),
            ("method", self.method.clone()),
            ("consent", consent.to_owned()),
        ] {
            claims.insert(name.to_owned(), value.into());
        }
        claims
    }
}
