//! `skillpass status`: indexes of Token Status Lists, for statements that verifiers who know no ledger are to follow.

use serde_json::json;

use super::client::{Client, LedgerArgs};
use super::error::{CliError, Exit};
use super::keyfile::SigningKeyArgs;
use super::{Context, out};
use crate::crypto::PrivateKey;
use crate::ledger::STATUS_ALLOCATE_MAX;
use crate::pb;
use crate::statement::StatusReference;

/// Status lists for verifiers who know no ledger
#[derive(Debug, clap::Subcommand)]
pub(crate) enum StatusCommand {
    /// Have indexes of status lists allocated, each for one statement that is signed later
    #[command(
        after_help = "Example:\n  skillpass status allocate --count 1 --key school.jwk \\\n    --ledger http://127.0.0.1:7640\n  skillpass issue --key school.jwk --claims claims.json --out statement.sdjwt \\\n    --status-uri https://ledger.example.invalid/status/BwcHBwcHBwcHBwcHBwcHBw \\\n    --status-index 77123\n\nPrints a line for each: the list's URI and the index. `skillpass import` and `skillpass worker open` do it in the same run with --with-status. An index is random, for one body, and never given again; a statement without one has a standing all the same, in passport files."
    )]
    Allocate(AllocateArgs),
}

/// `status allocate`.
#[derive(Debug, clap::Args)]
pub(crate) struct AllocateArgs {
    /// How many
    #[arg(long, value_name = "N", default_value_t = 1)]
    count: usize,
    #[command(flatten)]
    key: SigningKeyArgs,
    /// Issuer identifier of the body that will sign [default: the body that the ledger knows by the key]
    #[arg(long, value_name = "URI")]
    iss: Option<String>,
    #[command(flatten)]
    ledger: LedgerArgs,
}

impl StatusCommand {
    /// Runs it.
    pub(crate) fn run(self, context: Context) -> Result<Exit, CliError> {
        match self {
            Self::Allocate(args) => context.block_on(args.run(context)),
        }
    }
}

impl AllocateArgs {
    async fn run(&self, context: Context) -> Result<Exit, CliError> {
        let key = self.key.read()?;
        let client = Client::connect(&self.ledger.ledger).await?;
        let issuer = client.issuer(self.iss.as_deref(), &key).await?;
        for StatusReference { uri, index } in allocate(&client, &issuer, &key, self.count).await? {
            if context.json {
                out::line(json!({"uri": uri, "idx": index}))?;
            } else {
                out::line(format_args!("{uri} {index}"))?;
            }
        }
        Ok(Exit::Done)
    }
}

/// So many indexes for statements that `issuer` will sign; as many calls as that takes.
pub(crate) async fn allocate(
    client: &Client,
    issuer: &str,
    key: &PrivateKey,
    count: usize,
) -> Result<Vec<StatusReference>, CliError> {
    let mut given = Vec::with_capacity(count);
    if count == 0 {
        return Ok(given);
    }
    let credential = client.credential(key.clone()).await?.of_body(issuer);
    while given.len() < count {
        let left = u32::try_from(count.saturating_sub(given.len())).unwrap_or(u32::MAX);
        let request =
            credential.request(pb::AllocateStatusRequest { count: left.min(STATUS_ALLOCATE_MAX) })?;
        let answer =
            client.ledger().allocate_status(request).await.map_err(|status| client.error(&status))?;
        let before = given.len();
        for pb::StatusIndexes { uri, indexes } in answer.into_inner().lists {
            let at = |index| StatusReference { uri: uri.clone(), index: u64::from(index) };
            given.extend(indexes.into_iter().map(at));
        }
        if given.len() == before {
            let message = "the ledger allocated no index";
            return Err(CliError::failed("LEDGER_ANSWERED", message, "is it a skillpass ledger?"));
        }
    }
    given.truncate(count);
    Ok(given)
}
