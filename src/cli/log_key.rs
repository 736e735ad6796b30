//! `skillpass log key list | add | end`: the ledger's own keys, changed under one origin while it runs.

use std::path::PathBuf;

use serde_json::json;

use super::client::{Client, LedgerArgs};
use super::error::{CliError, Exit};
use super::keyfile::{PassphraseArgs, read_private};
use super::{Context, clock, out};
use crate::pb;

/// The ledger's own keys: which sign, adding one, ending one
#[derive(Debug, clap::Subcommand)]
pub(crate) enum LogKeyCommand {
    /// List the keys, ended ones too
    #[command(
        after_help = "Example:\n  skillpass log key list --ledger http://127.0.0.1:7640 \\\n    --as ledger.operator.key"
    )]
    List(OperatorArgs),
    /// Make another key in DIR.key and record it
    #[command(
        after_help = "Example:\n  skillpass log key add --use log --ledger http://127.0.0.1:7640 \\\n    --as ledger.operator.key\n\nA log key signs every checkpoint from then on, beside the older ones. A status key signs tokens once the older ones have ended: publish it first, so that trust files name it. Escrow DIR.key again. deploy/README.md, Change the ledger's keys."
    )]
    Add(AddArgs),
    /// End a key and destroy its private half in DIR.key
    #[command(
        after_help = "Examples:\n  skillpass log key end --kid THUMBPRINT \\\n    --ledger http://127.0.0.1:7640 --as ledger.operator.key\n  skillpass log key end --kid THUMBPRINT --compromised-since 2026-05-31 \\\n    --ledger http://127.0.0.1:7640 --as ledger.operator.key\n\nThe last key of a use stays. What a retired key signed stays good; a compromised one must go from every trust file."
    )]
    End(EndArgs),
}

/// Who asks, where.
#[derive(Debug, clap::Args)]
pub(crate) struct OperatorArgs {
    #[command(flatten)]
    ledger: LedgerArgs,
    /// The operator's key file
    #[arg(long = "as", value_name = "FILE")]
    as_key: PathBuf,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

/// `log key add`.
#[derive(Debug, clap::Args)]
pub(crate) struct AddArgs {
    #[command(flatten)]
    operator: OperatorArgs,
    /// `log` signs checkpoints and the ledger's statements, `status` signs tokens and status lists
    #[arg(long = "use", value_name = "log|status", value_parser = ["log", "status"])]
    use_: String,
}

/// `log key end`.
#[derive(Debug, clap::Args)]
pub(crate) struct EndArgs {
    #[command(flatten)]
    operator: OperatorArgs,
    /// Thumbprint of the key
    #[arg(long, allow_hyphen_values = true, value_name = "KID")]
    kid: String,
    /// It is lost, not only replaced
    #[arg(long, conflicts_with = "compromised_since")]
    lost: bool,
    /// It is in wrong hands since then, e.g. 2026-05-31T00:00:00Z
    #[arg(long, value_name = "TIME", value_parser = clock::parse_instant)]
    compromised_since: Option<u64>,
}

impl LogKeyCommand {
    /// Runs it.
    pub(crate) fn run(self, context: Context) -> Result<Exit, CliError> {
        match self {
            Self::List(args) => context.block_on(list(context, args)),
            Self::Add(args) => context.block_on(add(context, args)),
            Self::End(args) => context.block_on(end(context, args)),
        }
    }
}

impl OperatorArgs {
    /// `message` to this ledger with the operator's credential.
    async fn ask<T>(&self, message: T) -> Result<(Client, tonic::Request<T>), CliError> {
        let key = read_private(&self.as_key, &self.passphrase)?;
        let client = Client::connect(&self.ledger.ledger).await?;
        let request = client.credential(key).await?.request(message)?;
        Ok((client, request))
    }
}

async fn list(context: Context, args: OperatorArgs) -> Result<Exit, CliError> {
    let (client, request) = args.ask(pb::ListLedgerKeysRequest {}).await?;
    let answer = client.admin().list_ledger_keys(request).await.map_err(|status| client.error(&status))?;
    let keys = answer.into_inner().keys;
    if context.json {
        out::json(&json!({"keys": keys.iter().map(key_json).collect::<Vec<_>>()}))?;
    } else {
        for key in &keys {
            out::line(describe(key))?;
        }
    }
    Ok(Exit::Done)
}

async fn add(context: Context, args: AddArgs) -> Result<Exit, CliError> {
    let (client, request) = args.operator.ask(pb::AddLedgerKeyRequest { r#use: args.use_ }).await?;
    let answer = client.admin().add_ledger_key(request).await.map_err(|status| client.error(&status))?;
    let key = answer.into_inner().key.unwrap_or_default();
    if context.json {
        out::json(&key_json(&key))?;
    } else {
        out::line(describe(&key))?;
        out::line("publish it, let trust files name it, escrow DIR.key again; then end the older key")?;
    }
    Ok(Exit::Done)
}

async fn end(context: Context, args: EndArgs) -> Result<Exit, CliError> {
    let reason = match (args.lost, args.compromised_since) {
        (_, Some(_)) => "COMPROMISED",
        (true, None) => "LOST",
        (false, None) => "RETIRED",
    };
    let message = pb::EndLedgerKeyRequest {
        kid: args.kid.clone(),
        reason: reason.to_owned(),
        compromised_since: args.compromised_since,
    };
    let (client, request) = args.operator.ask(message).await?;
    let answer = client.admin().end_ledger_key(request).await.map_err(|status| client.error(&status))?;
    let leaf = answer.into_inner().acknowledgement.map_or(0, |acknowledged| acknowledged.leaf_index);
    if context.json {
        out::json(&json!({"kid": args.kid, "reason": reason, "ended": leaf}))?;
    } else {
        out::line(format_args!(
            "{} ended ({reason}) with entry {leaf}; its private half is destroyed",
            args.kid
        ))?;
    }
    Ok(Exit::Done)
}

fn key_json(key: &pb::LedgerKey) -> serde_json::Value {
    let jwk: serde_json::Value = serde_json::from_str(&key.jwk).unwrap_or_default();
    json!({
        "use": key.r#use, "kid": key.kid, "jwk": jwk, "vkey": key.vkey, "added": key.added, "ended": key.ended,
    })
}

fn describe(key: &pb::LedgerKey) -> String {
    let shown = key.vkey.as_deref().unwrap_or(&key.jwk);
    let ended = key.ended.map(|leaf| format!(", ended by entry {leaf}")).unwrap_or_default();
    format!("{:<6} {} named by entry {}{ended}\n       {shown}", key.r#use, key.kid, key.added)
}
