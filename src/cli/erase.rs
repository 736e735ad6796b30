//! `skillpass erase`: destroys a worker's key. A dry run unless `--yes`.

use std::path::{Path, PathBuf};

use serde_json::{Map, json};

use super::client::{Client, LedgerArgs};
use super::error::{CliError, Exit};
use super::keyfile::{PassphraseArgs, read_private};
use super::worker::parse_worker;
use super::{Context, clock, files, out};
use crate::event::WorkerId;
use crate::pb;
use crate::statement::jws;

/// The JWS type of a holder's request (SPEC.md, "Access").
const ERASURE_TYP: &str = "skillpass-erasure+jwt";
/// How long a holder's request may take to reach the operator.
const REQUEST_SECONDS: i64 = 7 * 86_400;

/// `erase`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  skillpass erase wkr_… --request request.jwt --ledger URL \\\n    --as DIR.operator.key   # what would be erased\n  skillpass erase wkr_… --request request.jwt --ledger URL \\\n    --as DIR.operator.key --yes --last-export last.skillpass\n  skillpass erase wkr_… --order \"court order 12/2026\" --ledger URL \\\n    --as DIR.operator.key --yes\n  skillpass erase wkr_… --make-request request.jwt --as holder.jwk \\\n    --ledger URL   # the worker asks\n\nWhat is erased cannot be brought back. Every proof of other records still holds."
)]
pub(crate) struct EraseArgs {
    /// The worker
    #[arg(value_name = "WORKER")]
    worker: String,
    #[command(flatten)]
    ledger: LedgerArgs,
    /// Key file: the operator's, or the holder's to make a request
    #[arg(long = "as", value_name = "FILE")]
    as_key: Option<PathBuf>,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    /// The worker's signed request
    #[arg(long, value_name = "FILE", group = "basis")]
    request: Option<PathBuf>,
    /// Reference of the order on which the operator acts
    #[arg(long, value_name = "REF", group = "basis")]
    order: Option<String>,
    /// Write the worker's signed request to this file and erase nothing
    #[arg(long, value_name = "FILE", value_parser = files::written(), group = "basis", conflicts_with = "yes", requires = "as_key")]
    make_request: Option<PathBuf>,
    /// Really erase
    #[arg(long)]
    yes: bool,
    /// Keep a last complete passport file for the worker
    #[arg(long, value_name = "FILE", value_parser = files::written())]
    last_export: Option<PathBuf>,
}

impl EraseArgs {
    /// Runs it.
    pub(crate) fn run(self, context: Context) -> Result<Exit, CliError> {
        let worker = parse_worker(&self.worker)?;
        if self.request.is_none() && self.order.is_none() && self.make_request.is_none() {
            let message = "an erasure needs the worker's signed request or an order";
            return Err(CliError::usage(
                "NO_BASIS",
                message,
                "give --request FILE or --order REF; the worker makes a request with --make-request",
            ));
        }
        context.block_on(async move {
            let client = Client::connect(&self.ledger.ledger).await?;
            match &self.make_request {
                Some(file) => self.ask(&client, worker, file).await,
                None => self.erase(context, &client, worker).await,
            }
        })
    }

    async fn ask(&self, client: &Client, worker: WorkerId, file: &Path) -> Result<Exit, CliError> {
        let path = self.as_key.as_deref().unwrap_or(Path::new("-"));
        let key = read_private(path, &self.passphrase)?;
        let now = clock::now_s();
        let mut payload = Map::new();
        payload.insert("aud".into(), client.origin().await?.into());
        payload.insert("sub".into(), worker.to_string().into());
        payload.insert("iat".into(), now.into());
        payload.insert("exp".into(), now.saturating_add(REQUEST_SECONDS).into());
        files::create_secret(file, format!("{}\n", jws::sign(ERASURE_TYP, &payload, &key)).as_bytes())?;
        out::line(format_args!(
            "{}: give it to the operator within 7 days; nothing is erased yet",
            file.display()
        ))?;
        Ok(Exit::Done)
    }

    async fn erase(&self, context: Context, client: &Client, worker: WorkerId) -> Result<Exit, CliError> {
        let basis = match (&self.request, &self.order) {
            (Some(file), _) => {
                pb::erase_passport_request::Basis::HolderRequest(files::read_text(file)?.trim().to_owned())
            }
            (None, order) => {
                pb::erase_passport_request::Basis::OrderReference(order.clone().unwrap_or_default())
            }
        };
        let message = pb::ErasePassportRequest {
            worker: worker.to_string(),
            basis: Some(basis),
            confirm: self.yes,
            last_export: self.last_export.is_some(),
        };
        let request = match &self.as_key {
            Some(path) => client.credential(read_private(path, &self.passphrase)?).await?.request(message)?,
            None => tonic::Request::new(message),
        };
        // Afterwards nobody can make this file again: a name that cannot be written is told before anything is erased.
        if let Some(path) = &self.last_export {
            files::create_secret(path, &[])?;
        }
        let answered = client.passports().erase_passport(request).await;
        if let Some(path) = &self.last_export {
            match answered.as_ref().ok().and_then(|answer| answer.get_ref().file.as_ref()) {
                Some(file) => files::replace_secret(path, file)?,
                None => files::remove(path)?,
            }
        }
        let answer = answered.map_err(|status| client.error(&status))?.into_inner();
        if context.json {
            out::json(
                &json!({"records": answer.records, "erased": answer.leaf_index.is_some(), "leaf_index": answer.leaf_index}),
            )?;
        } else if let Some(leaf) = answer.leaf_index {
            out::line(format_args!(
                "erased: {} records can no longer be read by anyone (entry {leaf}, which names nobody)",
                answer.records
            ))?;
        } else {
            out::line(format_args!(
                "dry run: {} records would become unreadable for ever; add --yes to erase them",
                answer.records
            ))?;
        }
        Ok(Exit::Done)
    }
}
