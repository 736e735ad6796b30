//! `skillpass dispute`: the worker contests a record; its issuer, or who authorised it, answers.

use serde_json::{Map, Value, json};

use super::client::{Client, GrantArgs, HolderArgs, LedgerArgs};
use super::draft::Draft;
use super::error::{CliError, Exit};
use super::keyfile::SigningKeyArgs;
use super::send::{acknowledgement_json, append_in_order};
use super::standing::hash_or_file;
use super::worker::parse_worker;
use super::{Context, clock, out};
use crate::crypto::PrivateKey;
use crate::event::Kind;
use crate::pb;
use crate::statement::json;

/// Contest a record; list and resolve what is contested
#[derive(Debug, clap::Subcommand)]
pub(crate) enum DisputeCommand {
    /// The worker contests a record, with the worker's own key
    #[command(
        after_help = "Example:\n  skillpass dispute raise wkr_… --target statement.sdjwt \\\n    --grounds DATES_WRONG --statement \"I worked there until November.\" \\\n    --key worker.jwk --ledger http://127.0.0.1:7640\n\nGrounds: NOT_ME, FACTS_WRONG, DATES_WRONG, PROCEDURE, DISCRIMINATION, OTHER. The record stands until it is resolved."
    )]
    Raise(RaiseArgs),
    /// List what is contested and how it was resolved
    #[command(
        after_help = "Example:\n  skillpass dispute list wkr_… --ledger http://127.0.0.1:7640 \\\n    --as worker.jwk"
    )]
    List(ListArgs),
    /// The body whose record is contested, or one above it, answers
    #[command(
        after_help = "Example:\n  skillpass dispute resolve wkr_… --dispute HASH --target HASH \\\n    --resolution UPHELD --country PH --key school.jwk \\\n    --ledger http://127.0.0.1:7640\n\nResolutions: UPHELD (the worker was right), PARTLY_UPHELD, REJECTED, SETTLED. Then correct or revoke the record itself: `skillpass correct --help`."
    )]
    Resolve(ResolveArgs),
}

/// `dispute raise`.
#[derive(Debug, clap::Args)]
pub(crate) struct RaiseArgs {
    /// The worker
    #[arg(value_name = "WORKER")]
    worker: String,
    /// The contested statement: its hash, or the file that holds it
    #[arg(long, allow_hyphen_values = true, value_name = "HASH|FILE")]
    target: String,
    /// What is contested
    #[arg(long, value_parser = ["NOT_ME", "FACTS_WRONG", "DATES_WRONG", "PROCEDURE", "DISCRIMINATION", "OTHER"])]
    grounds: String,
    /// The worker's own words
    #[arg(long)]
    statement: Option<String>,
    #[command(flatten)]
    key: SigningKeyArgs,
    #[command(flatten)]
    ledger: LedgerArgs,
}

/// `dispute list`.
#[derive(Debug, clap::Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    holder: HolderArgs,
    #[command(flatten)]
    grant: GrantArgs,
}

/// `dispute resolve`.
#[derive(Debug, clap::Args)]
pub(crate) struct ResolveArgs {
    /// The worker
    #[arg(value_name = "WORKER")]
    worker: String,
    /// The dispute: its hash, or the file that holds it
    #[arg(long, allow_hyphen_values = true, value_name = "HASH|FILE")]
    dispute: String,
    /// The contested statement: its hash, or the file that holds it
    #[arg(long, allow_hyphen_values = true, value_name = "HASH|FILE")]
    target: String,
    /// How it ends
    #[arg(long, value_parser = ["UPHELD", "PARTLY_UPHELD", "REJECTED", "SETTLED"])]
    resolution: String,
    /// Country in which it is said (alpha-2)
    #[arg(long, value_name = "CC")]
    country: String,
    /// When it was decided [default: today]
    #[arg(long, value_name = "DATE", value_parser = clock::parse_date)]
    on: Option<jiff::civil::Date>,
    /// The body that decided, if not the issuer
    #[arg(long)]
    committee: Option<String>,
    /// Why, one sentence. Repeat for several
    #[arg(long)]
    because: Vec<String>,
    /// Issuer identifier of the body that signs [default: the body that the ledger knows by the key]
    #[arg(long, value_name = "URI")]
    iss: Option<String>,
    #[command(flatten)]
    key: SigningKeyArgs,
    #[command(flatten)]
    ledger: LedgerArgs,
}

impl DisputeCommand {
    /// Runs it.
    pub(crate) fn run(self, context: Context) -> Result<Exit, CliError> {
        match self {
            Self::Raise(args) => context.block_on(raise(context, args)),
            Self::List(args) => context.block_on(list(context, args)),
            Self::Resolve(args) => context.block_on(resolve(context, args)),
        }
    }
}

async fn raise(context: Context, args: RaiseArgs) -> Result<Exit, CliError> {
    let key = args.key.read()?;
    let mut claims = Map::new();
    claims.insert("sub".into(), parse_worker(&args.worker)?.to_string().into());
    claims.insert("target".into(), hash_or_file(&args.target)?.into());
    claims.insert("grounds".into(), args.grounds.into());
    if let Some(words) = args.statement {
        claims.insert("statement".into(), words.into());
    }
    let client = Client::connect(&args.ledger.ledger).await?;
    say(context, &client, Kind::DisputeRaised, &key.public().did_jwk(), claims, &key).await
}

async fn resolve(context: Context, args: ResolveArgs) -> Result<Exit, CliError> {
    let key = args.key.read()?;
    let mut claims = Map::new();
    claims.insert("sub".into(), parse_worker(&args.worker)?.to_string().into());
    claims.insert("issuing_country".into(), args.country.into());
    claims.insert("target".into(), hash_or_file(&args.target)?.into());
    claims.insert("dispute".into(), hash_or_file(&args.dispute)?.into());
    claims.insert("resolution".into(), args.resolution.into());
    claims.insert("resolved_on".into(), args.on.unwrap_or_else(clock::today).to_string().into());
    if let Some(committee) = args.committee {
        claims.insert("committee".into(), committee.into());
    }
    if !args.because.is_empty() {
        claims.insert("reasons".into(), args.because.into());
    }
    let client = Client::connect(&args.ledger.ledger).await?;
    let issuer = client.issuer(args.iss.as_deref(), &key).await?;
    say(context, &client, Kind::DisputeResolved, &issuer, claims, &key).await
}

async fn say(
    context: Context,
    client: &Client,
    kind: Kind,
    issuer: &str,
    claims: Map<String, Value>,
    key: &PrivateKey,
) -> Result<Exit, CliError> {
    let statement = Draft::new(kind, issuer, claims)?.sign(key)?;
    let hash = super::issue::hash_of(&statement);
    for acknowledgement in append_in_order(client, vec![statement]).await? {
        if context.json {
            let mut line = acknowledgement_json(&acknowledgement);
            json::set(&mut line, "hash", hash.clone());
            out::line(line)?;
        } else {
            out::line(format_args!("{} recorded ({}), hash {hash}", kind.name(), acknowledgement.jti))?;
        }
    }
    Ok(Exit::Done)
}

async fn list(context: Context, args: ListArgs) -> Result<Exit, CliError> {
    let worker = parse_worker(&args.holder.worker)?;
    let (client, credential) = args.holder.connect().await?;
    let credential = credential.with_grant(args.grant.read()?);
    let request = credential.request(pb::ListDisputesRequest { worker: worker.to_string() })?;
    let answer = client.passports().list_disputes(request).await.map_err(|status| client.error(&status))?;
    let disputes = answer.into_inner().disputes;
    if context.json {
        out::json(&json!({"disputes": disputes.iter().map(told).collect::<Vec<_>>()}))?;
        return Ok(Exit::Done);
    }
    for dispute in &disputes {
        let end = match (&dispute.resolution, &dispute.resolved_on, &dispute.resolved_by) {
            (Some(resolution), Some(on), Some(by)) => format!("{resolution} on {on} by {by}"),
            _ => "open".to_owned(),
        };
        out::line(format_args!(
            "{} about {}: {}, {end}",
            dispute.dispute, dispute.target_jti, dispute.grounds
        ))?;
    }
    if disputes.is_empty() {
        out::line("nothing is contested")?;
    }
    Ok(Exit::Done)
}

fn told(dispute: &pb::Dispute) -> Value {
    json!({
        "dispute": dispute.dispute, "target": dispute.target, "target_jti": dispute.target_jti, "grounds": dispute.grounds,
        "statement": dispute.statement, "recorded_at": dispute.recorded_at, "resolution": dispute.resolution,
        "resolved_on": dispute.resolved_on, "resolved_by": dispute.resolved_by,
    })
}
