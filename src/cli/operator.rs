//! `skillpass operator`: operators of a ledger beside the root operator, each with the least it needs.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::client::{Client, LedgerArgs, ReaderArgs};
use super::error::{CliError, Exit};
use super::keyfile::read_public;
use super::{Context, out};
use crate::pb;

/// Name, list, remove operators of a ledger
#[derive(Debug, clap::Subcommand)]
pub(crate) enum OperatorCommand {
    /// Name an operator: a key and what it may do
    #[command(
        after_help = "Examples:\n  skillpass operator add desk-1 --jwk desk.pub.jwk --role reader \\\n    --ledger http://127.0.0.1:7640 --as DIR.operator.key\n  skillpass operator add privacy --jwk privacy.pub.jwk --role eraser \\\n    --role auditor --ledger http://127.0.0.1:7640 --as DIR.operator.key\n\nRoles: reader (reads persons), eraser (erases by order), admin (the ledger's own statements and status), auditor (status only). Only the key in DIR.operator.key names operators."
    )]
    Add(AddArgs),
    /// List the operators
    #[command(
        after_help = "Example:\n  skillpass operator list --ledger http://127.0.0.1:7640 \\\n    --as DIR.operator.key"
    )]
    List(ListArgs),
    /// Remove an operator; its key counts no more from then on
    #[command(
        after_help = "Example:\n  skillpass operator remove desk-1 --ledger http://127.0.0.1:7640 \\\n    --as DIR.operator.key"
    )]
    Remove(RemoveArgs),
}

/// `operator add`.
#[derive(Debug, clap::Args)]
pub(crate) struct AddArgs {
    /// What it is called: a desk or an office, never a person
    #[arg(value_name = "NAME")]
    name: String,
    /// Its public key
    #[arg(long, value_name = "FILE")]
    jwk: PathBuf,
    /// What it may do. Repeat for several
    #[arg(long, value_name = "ROLE", required = true, value_parser = ["reader", "eraser", "admin", "auditor"])]
    role: Vec<String>,
    #[command(flatten)]
    ledger: LedgerArgs,
    #[command(flatten)]
    reader: ReaderArgs,
}

/// `operator list`.
#[derive(Debug, clap::Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    ledger: LedgerArgs,
    #[command(flatten)]
    reader: ReaderArgs,
}

/// `operator remove`.
#[derive(Debug, clap::Args)]
pub(crate) struct RemoveArgs {
    /// As it was named
    #[arg(value_name = "NAME")]
    name: String,
    #[command(flatten)]
    ledger: LedgerArgs,
    #[command(flatten)]
    reader: ReaderArgs,
}

impl OperatorCommand {
    /// Runs it.
    pub(crate) fn run(self, context: Context) -> Result<Exit, CliError> {
        match self {
            Self::Add(args) => context.block_on(add(context, args)),
            Self::List(args) => context.block_on(list(context, args)),
            Self::Remove(args) => context.block_on(remove(context, args)),
        }
    }
}

async fn add(context: Context, args: AddArgs) -> Result<Exit, CliError> {
    let AddArgs { name, jwk, role, ledger, reader } = args;
    let key = read_public(&jwk)?;
    let client = Client::connect(&ledger.ledger).await?;
    let operator = pb::Operator { name: name.clone(), jwk: key.to_jwk().to_string(), roles: role.clone() };
    let request = client
        .credential(reader.read()?)
        .await?
        .request(pb::AddOperatorRequest { operator: Some(operator) })?;
    client.admin().add_operator(request).await.map_err(|status| client.error(&status))?;
    if context.json {
        out::json(&json!({"name": name, "kid": key.thumbprint(), "roles": role}))?;
    } else {
        out::line(format_args!("{name}: {} (key {})", role.join(", "), key.thumbprint()))?;
    }
    Ok(Exit::Done)
}

async fn list(context: Context, args: ListArgs) -> Result<Exit, CliError> {
    let client = Client::connect(&args.ledger.ledger).await?;
    let request = client.credential(args.reader.read()?).await?.request(pb::ListOperatorsRequest {})?;
    let answer = client.admin().list_operators(request).await.map_err(|status| client.error(&status))?;
    let operators = answer.into_inner().operators;
    if context.json {
        let operator = |operator: &pb::Operator| {
            let jwk: Value = serde_json::from_str(&operator.jwk).unwrap_or_default();
            json!({"name": operator.name, "jwk": jwk, "roles": operator.roles})
        };
        out::json(&json!({"operators": operators.iter().map(operator).collect::<Vec<_>>()}))?;
    } else {
        for operator in &operators {
            out::line(format_args!("{}: {}", operator.name, operator.roles.join(", ")))?;
        }
    }
    Ok(Exit::Done)
}

async fn remove(context: Context, args: RemoveArgs) -> Result<Exit, CliError> {
    let RemoveArgs { name, ledger, reader } = args;
    let client = Client::connect(&ledger.ledger).await?;
    let message = pb::RemoveOperatorRequest { name: name.clone() };
    let request = client.credential(reader.read()?).await?.request(message)?;
    client.admin().remove_operator(request).await.map_err(|status| client.error(&status))?;
    if context.json {
        out::json(&json!({"name": name, "removed": true}))?;
    } else {
        out::line(format_args!("{name} is no operator any more"))?;
    }
    Ok(Exit::Done)
}
