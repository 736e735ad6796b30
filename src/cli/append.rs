//! `skillpass append`: sends signed statements to a ledger and prints what became of each.

use std::path::PathBuf;

use super::client::{Client, LedgerArgs};
use super::error::{CliError, Exit};
use super::send::{Outgoing, acknowledgement_json, deliver};
use super::{Context, files, out};

/// The largest file of statements, one a line.
const STATEMENTS_BYTES_MAX: u64 = 256 * 1024 * 1024;

use crate::statement::STATEMENT_BYTES_MAX;

/// `append`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  skillpass append statement.sdjwt --ledger http://127.0.0.1:7640 --wait\n  cat *.sdjwt | skillpass append - --ledger http://127.0.0.1:7640\n\nPrints a JSON line for each statement; exit code 1 if any was refused, 4 if the ledger cannot be reached. Sending a statement again is safe: it is recorded once and acknowledged the same way."
)]
pub(crate) struct AppendArgs {
    /// Files of signed statements, one a line; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    ledger: LedgerArgs,
    /// Wait until a published checkpoint includes every statement that was recorded
    #[arg(long)]
    wait: bool,
    /// The revision the statement must get in its stream (one statement only)
    #[arg(long, value_name = "N")]
    expect_revision: Option<u32>,
}

impl AppendArgs {
    /// Runs it.
    pub(crate) fn run(self, context: Context) -> Result<Exit, CliError> {
        let mut outgoing = Vec::new();
        for file in &self.files {
            let bytes = files::read(file, STATEMENTS_BYTES_MAX)?;
            let text = String::from_utf8(bytes).map_err(|_| {
                let message = format!("{} is not text", file.display());
                CliError::refused(
                    "NOT_UTF8",
                    message,
                    "a statement is one line of ASCII, as `skillpass issue` writes it",
                )
            })?;
            let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
            outgoing.extend(lines.map(|line| Outgoing {
                expected_revision: self.expect_revision,
                ..Outgoing::of(line.to_owned())
            }));
        }
        if outgoing.is_empty() {
            return Err(CliError::refused(
                "NOTHING_TO_APPEND",
                "the files hold no statement",
                "`skillpass issue` makes one",
            ));
        }
        if self.expect_revision.is_some() && outgoing.len() > 1 {
            let message = "--expect-revision fits one statement only";
            return Err(CliError::usage("ONE_STATEMENT_ONLY", message, "append the statements one by one"));
        }
        context.block_on(self.send(context, outgoing))
    }

    async fn send(&self, context: Context, mut outgoing: Vec<Outgoing>) -> Result<Exit, CliError> {
        let client = Client::connect(&self.ledger.ledger).await?;
        let (mut exit, mut last_leaf) = (Exit::Done, None);
        // A message over the ledger's limit would end the stream for its neighbours: it is refused here.
        outgoing.retain(|one| {
            let fits = one.statement.len() <= STATEMENT_BYTES_MAX;
            if !fits {
                exit = Exit::Refused;
                let start: String = one.statement.chars().take(40).collect();
                let message =
                    format!("the statement that begins `{start}` is longer than {STATEMENT_BYTES_MAX} bytes");
                CliError::refused("TOO_LARGE", message, "keep evidence outside and cite its hash")
                    .report(context.json);
            }
            fits
        });
        let delivery = deliver(&client, outgoing.into(), |_, answer| match answer {
            Ok(acknowledgement) => {
                last_leaf = last_leaf.max(Some(acknowledgement.leaf_index));
                out::line(acknowledgement_json(acknowledgement))
            }
            Err(error) => {
                exit = Exit::Refused;
                error.report(context.json);
                Ok(())
            }
        });
        let delivery = delivery.await;
        if let Some(error) = delivery.broken {
            return Err(error);
        }
        if let (true, Some(leaf)) = (self.wait, last_leaf) {
            wait_for(&client, leaf).await?;
        }
        Ok(exit)
    }
}

/// Waits for a published checkpoint that includes `leaf`; a serving ledger publishes within a second.
pub(crate) async fn wait_for(client: &Client, leaf: u64) -> Result<(), CliError> {
    for _ in 0..300 {
        if client.checkpoint().await?.size > leaf {
            return Ok(());
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let message =
        "the statements are recorded, but no checkpoint that includes them was published within 30 seconds";
    Err(CliError::failed(
        "CHECKPOINT_LATE",
        message,
        "ask the operator; `skillpass log checkpoint` shows the newest",
    ))
}
