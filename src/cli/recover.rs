//! `skillpass worker recover` and `worker change-key`: what becomes of the holder's key after the first.

use std::path::PathBuf;

use serde_json::{Map, Value};

use super::client::{Client, LedgerArgs};
use super::draft::Draft;
use super::error::{CliError, Exit};
use super::issue::hash_of;
use super::keyfile::{SigningKeyArgs, read_public};
use super::passport::export_from;
use super::send::{acknowledgement_json, append_in_order};
use super::standing::hash_or_file;
use super::worker::parse_worker;
use super::{Context, out};
use crate::crypto::{PrivateKey, PublicKey, base64url_encode};
use crate::event::{Kind, WorkerId};
use crate::statement::{Unverified, json};
use crate::trust::{RECOVERY_CONFIRM_DAYS, RECOVERY_DELAY_DAYS};

/// Get a lost holder key replaced: an authority asks, a second body confirms, seven days pass
#[derive(Debug, clap::Subcommand)]
pub(crate) enum RecoverCommand {
    /// An authority that has checked who the worker is asks for a new key
    #[command(
        after_help = "Example:\n  skillpass worker recover request wkr_… --key ministry.jwk --country PH \\\n    --new-key phone.pub.jwk --reason LOST --ledger http://127.0.0.1:7640\n\nPrints the request's hash; the worker takes it to the second body. Until that one has confirmed and seven days have passed, the old key works and can cancel."
    )]
    Request(RequestArgs),
    /// A second body, of another kind, confirms
    #[command(
        after_help = "Example:\n  skillpass worker recover confirm wkr_… --key union.jwk --country PH \\\n    --request HASH --ledger http://127.0.0.1:7640"
    )]
    Confirm(ConfirmArgs),
    /// The old key objects: nothing is replaced
    #[command(
        after_help = "Example:\n  skillpass worker recover cancel wkr_… --key worker.jwk --request HASH \\\n    --ledger http://127.0.0.1:7640\n\nWithout --request the recovery that is open is cancelled."
    )]
    Cancel(HolderArgs),
    /// After the seven days the new key takes the old one's place
    #[command(
        after_help = "Example:\n  skillpass worker recover complete wkr_… --key phone.jwk --request HASH \\\n    --ledger http://127.0.0.1:7640"
    )]
    Complete(CompleteArgs),
}

/// What a body needs to say something of a worker's key.
#[derive(Debug, clap::Args)]
pub(crate) struct BodyArgs {
    /// The worker
    #[arg(value_name = "WORKER")]
    worker: String,
    #[command(flatten)]
    key: SigningKeyArgs,
    /// Issuer identifier of the body that signs [default: the body that the ledger knows by the key]
    #[arg(long, value_name = "URI")]
    iss: Option<String>,
    /// Country in which it is said (ISO 3166-1 alpha-2)
    #[arg(long, value_name = "CC")]
    country: String,
    /// How it was made sure that the passport's worker asks for it
    #[arg(long, default_value = "IN_PERSON")]
    method: String,
    #[command(flatten)]
    ledger: LedgerArgs,
}

/// `worker recover request`.
#[derive(Debug, clap::Args)]
pub(crate) struct RequestArgs {
    #[command(flatten)]
    body: BodyArgs,
    /// The new key: its public JWK file, Ed25519 or P-256
    #[arg(long, value_name = "FILE")]
    new_key: PathBuf,
    /// What became of the old key: LOST, STOLEN, DESTROYED, WITHDRAWN
    #[arg(long, default_value = "LOST")]
    reason: String,
}

/// `worker recover confirm`.
#[derive(Debug, clap::Args)]
pub(crate) struct ConfirmArgs {
    #[command(flatten)]
    body: BodyArgs,
    /// The request: its hash, or the file that holds it
    #[arg(long, allow_hyphen_values = true, value_name = "HASH|FILE")]
    request: String,
}

/// What the worker needs.
#[derive(Debug, clap::Args)]
pub(crate) struct HolderArgs {
    /// The worker
    #[arg(value_name = "WORKER")]
    worker: String,
    #[command(flatten)]
    key: SigningKeyArgs,
    /// The request: its hash, or the file that holds it [default: the newest in the passport]
    #[arg(long, allow_hyphen_values = true, value_name = "HASH|FILE")]
    request: Option<String>,
    #[command(flatten)]
    ledger: LedgerArgs,
}

/// `worker recover complete`.
#[derive(Debug, clap::Args)]
pub(crate) struct CompleteArgs {
    /// The worker
    #[arg(value_name = "WORKER")]
    worker: String,
    /// The new private key
    #[command(flatten)]
    key: SigningKeyArgs,
    /// The request: its hash, or the file that holds it
    #[arg(long, allow_hyphen_values = true, value_name = "HASH|FILE")]
    request: String,
    #[command(flatten)]
    ledger: LedgerArgs,
}

/// `worker change-key`.
#[derive(Debug, clap::Args)]
pub(crate) struct ChangeKeyArgs {
    /// The worker
    #[arg(value_name = "WORKER")]
    worker: String,
    #[command(flatten)]
    key: SigningKeyArgs,
    /// The new key: its public JWK file, Ed25519 or P-256
    #[arg(long, value_name = "FILE")]
    new_key: PathBuf,
    /// Why: NEW_DEVICE, ROUTINE, SUSPECTED_COMPROMISE
    #[arg(long, default_value = "NEW_DEVICE")]
    reason: String,
    #[command(flatten)]
    ledger: LedgerArgs,
}

impl RecoverCommand {
    /// Runs it.
    pub(crate) async fn run(self, context: Context) -> Result<Exit, CliError> {
        match self {
            Self::Request(args) => args.run(context).await,
            Self::Confirm(args) => args.run(context).await,
            Self::Cancel(args) => args.run(context).await,
            Self::Complete(args) => args.run(context).await,
        }
    }
}

impl BodyArgs {
    /// Signs and records; answers the statement's hash.
    async fn say(
        &self,
        context: Context,
        kind: Kind,
        more: Map<String, Value>,
        new_key: Option<PublicKey>,
    ) -> Result<String, CliError> {
        let worker = parse_worker(&self.worker)?;
        let key = self.key.read()?;
        let client = Client::connect(&self.ledger.ledger).await?;
        let issuer = client.issuer(self.iss.as_deref(), &key).await?;
        let mut claims = about(worker);
        claims.insert("issuing_country".into(), self.country.as_str().into());
        claims.insert("method".into(), self.method.as_str().into());
        claims.extend(more);
        say(context, &client, (&issuer, &key), kind, claims, new_key).await
    }
}

impl RequestArgs {
    async fn run(self, context: Context) -> Result<Exit, CliError> {
        let more = named("reason", &self.reason);
        let new = read_public(&self.new_key)?;
        let kind = Kind::HolderKeyRecoveryRequested;
        let request = self.body.say(context, kind, more, Some(new)).await?;
        if !context.json {
            out::line(format_args!(
                "request {request}: a second body, of another kind, confirms it within {RECOVERY_CONFIRM_DAYS} days"
            ))?;
        }
        Ok(Exit::Done)
    }
}

impl ConfirmArgs {
    async fn run(self, context: Context) -> Result<Exit, CliError> {
        let target = hash_or_file(&self.request)?;
        self.body.say(context, Kind::HolderKeyRecoveryConfirmed, named("request", &target), None).await?;
        if !context.json {
            out::line(format_args!(
                "in {RECOVERY_DELAY_DAYS} days the new key can take over (`skillpass worker recover complete`), unless the old key cancels"
            ))?;
        }
        Ok(Exit::Done)
    }
}

impl HolderArgs {
    async fn run(self, context: Context) -> Result<Exit, CliError> {
        let worker = parse_worker(&self.worker)?;
        let key = self.key.read()?;
        let client = Client::connect(&self.ledger.ledger).await?;
        let target = match &self.request {
            Some(given) => hash_or_file(given)?,
            None => newest_request(&self.ledger.ledger, &key, worker).await?,
        };
        let mut claims = about(worker);
        claims.extend(named("request", &target));
        let did = key.public().did_jwk();
        say(context, &client, (&did, &key), Kind::HolderKeyRecoveryCancelled, claims, None).await?;
        Ok(Exit::Done)
    }
}

impl CompleteArgs {
    async fn run(self, context: Context) -> Result<Exit, CliError> {
        let worker = parse_worker(&self.worker)?;
        let key = self.key.read()?;
        let client = Client::connect(&self.ledger.ledger).await?;
        let mut claims = about(worker);
        claims.extend(named("request", &hash_or_file(&self.request)?));
        let (did, public) = (key.public().did_jwk(), key.public());
        say(context, &client, (&did, &key), Kind::HolderKeyRecovered, claims, Some(public)).await?;
        Ok(Exit::Done)
    }
}

impl ChangeKeyArgs {
    /// Runs it.
    pub(crate) async fn run(self, context: Context) -> Result<Exit, CliError> {
        let worker = parse_worker(&self.worker)?;
        let key = self.key.read()?;
        let client = Client::connect(&self.ledger.ledger).await?;
        let mut claims = about(worker);
        claims.extend(named("reason", &self.reason));
        let (did, new) = (key.public().did_jwk(), read_public(&self.new_key)?);
        say(context, &client, (&did, &key), Kind::HolderKeyChanged, claims, Some(new)).await?;
        Ok(Exit::Done)
    }
}

fn about(worker: WorkerId) -> Map<String, Value> {
    named("sub", &worker.to_string())
}

fn named(claim: &str, value: &str) -> Map<String, Value> {
    let mut claims = Map::new();
    claims.insert(claim.to_owned(), value.into());
    claims
}

/// Signs one statement about the holder's key and records it; answers its hash.
async fn say(
    context: Context,
    client: &Client,
    (issuer, key): (&str, &PrivateKey),
    kind: Kind,
    claims: Map<String, Value>,
    holder_key: Option<PublicKey>,
) -> Result<String, CliError> {
    let mut draft = Draft::new(kind, issuer, claims)?;
    draft.holder_key = holder_key;
    let statement = draft.sign(key)?;
    let hash = hash_of(&statement);
    for acknowledgement in append_in_order(client, vec![statement]).await? {
        if context.json {
            let mut line = acknowledgement_json(&acknowledgement);
            json::set(&mut line, "hash", hash.as_str());
            out::line(line)?;
        } else {
            let revision = acknowledgement.revision;
            out::line(format_args!(
                "{} recorded as revision {revision} ({})",
                kind.name(),
                acknowledgement.jti
            ))?;
        }
    }
    Ok(hash)
}

/// The newest request for recovery in the worker's passport, read with the worker's own key.
async fn newest_request(url: &str, key: &PrivateKey, worker: WorkerId) -> Result<String, CliError> {
    let file = export_from(&[url.to_owned()], vec![key.clone()], worker, None, None).await?;
    let vct = Kind::HolderKeyRecoveryRequested.vct();
    let is_request = |text: &str| Unverified::parse(text).is_ok_and(|read| read.clear().vct == vct);
    let found = file.statements.iter().rfind(|part| is_request(&part.sdjwt));
    found.map(|part| base64url_encode(part.hash())).ok_or_else(|| {
        let message = "no recovery was ever asked for in this passport";
        CliError::refused("NO_RECOVERY", message, "nothing is to be cancelled")
    })
}
