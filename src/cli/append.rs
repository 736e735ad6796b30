//! `skillpass append`: sends signed statements to a ledger and prints what became of each.

use std::path::{Path, PathBuf};

use serde_json::json;
use uuid::Uuid;

use super::client::{Client, LedgerArgs};
use super::error::{CliError, Exit};
use super::issue::payload_of;
use super::send::{Outgoing, acknowledgement_json, deliver};
use super::{Context, files, out};
use crate::statement::STATEMENT_BYTES_MAX;

/// The largest file of statements, one a line.
const STATEMENTS_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// `append`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  skillpass append statement.sdjwt --ledger http://127.0.0.1:7640 --wait\n  cat *.sdjwt | skillpass append - --ledger http://127.0.0.1:7640\n\nPrints a JSON line for each statement that is recorded; each that is refused is named by file, line and id on standard error. Exit code 1 if any was refused, 4 if a file cannot be read or the ledger does not record. Sending a statement again is safe: it is recorded once and acknowledged the same way."
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

/// A statement and where it was read, by which its refusal is told.
struct Source {
    file: String,
    /// From 1.
    line: usize,
    statement: String,
}

impl Source {
    /// Every statement of one file; a line that is no text is refused alone.
    fn read(file: &Path, bytes: &[u8], refused: &mut impl FnMut(&Self, CliError)) -> Vec<Self> {
        let mut sources = Vec::new();
        for (at, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
            let text = std::str::from_utf8(line);
            let statement = text.unwrap_or_default().trim().to_owned();
            let source = Self { file: file.display().to_string(), line: at.saturating_add(1), statement };
            if text.is_err() {
                let help = "a statement is one line of ASCII, as `skillpass issue` writes it";
                refused(&source, CliError::refused("NOT_UTF8", "this is not text", help));
            } else if source.statement.len() > STATEMENT_BYTES_MAX {
                // A message over the ledger's limit would end the stream for its neighbours.
                let message = format!("this statement is longer than {STATEMENT_BYTES_MAX} bytes");
                refused(
                    &source,
                    CliError::refused("TOO_LARGE", message, "keep evidence outside and cite its hash"),
                );
            } else if !source.statement.is_empty() {
                sources.push(source);
            }
        }
        sources
    }

    /// The statement's id where it can be read.
    fn jti(&self) -> Option<String> {
        let payload = payload_of(&self.statement)?;
        let id = Uuid::try_parse(payload.get("jti")?.as_str()?.strip_prefix("urn:uuid:")?).ok()?;
        Some(id.urn().to_string())
    }

    /// Tells what is wrong with it, and with which it is.
    fn report(&self, context: Context, error: &CliError) {
        let (file, line, jti) = (&self.file, self.line, self.jti());
        let id = jti.as_ref().map(|jti| format!(" ({jti})")).unwrap_or_default();
        let message = format!("{file}, line {line}{id}: {}", error.message);
        let error = CliError { message, ..error.clone() };
        error.report_of(context.json, json!({"file": file, "line": line, "jti": jti}));
    }
}

impl AppendArgs {
    /// Runs it. A file or a line that cannot be read is refused by itself: the others are sent.
    pub(crate) fn run(self, context: Context) -> Result<Exit, CliError> {
        let (mut sources, mut exit) = (Vec::new(), Exit::Done);
        for file in &self.files {
            let mut refused = |source: &Source, error: CliError| {
                exit = worse(exit, error.exit);
                source.report(context, &error);
            };
            match files::read(file, STATEMENTS_BYTES_MAX) {
                Ok(bytes) => sources.extend(Source::read(file, &bytes, &mut refused)),
                Err(error) => {
                    exit = worse(exit, error.exit);
                    error.report_of(context.json, json!({"file": file.display().to_string()}));
                }
            }
        }
        if sources.is_empty() {
            if exit != Exit::Done {
                return Ok(exit);
            }
            let help = "`skillpass issue` makes one";
            return Err(CliError::refused("NOTHING_TO_APPEND", "the files hold no statement", help));
        }
        if self.expect_revision.is_some() && sources.len() > 1 {
            let message = "--expect-revision fits one statement only";
            return Err(CliError::usage("ONE_STATEMENT_ONLY", message, "append the statements one by one"));
        }
        context.block_on(self.send(context, &sources, exit))
    }

    async fn send(&self, context: Context, sources: &[Source], mut exit: Exit) -> Result<Exit, CliError> {
        let client = Client::connect(&self.ledger.ledger).await?;
        let mut last_leaf = None;
        let outgoing: Vec<Outgoing> = sources
            .iter()
            .map(|one| Outgoing {
                expected_revision: self.expect_revision,
                ..Outgoing::of(one.statement.clone())
            })
            .collect();
        let delivery = deliver(&client, outgoing.into(), |index, answer| match answer {
            Ok(acknowledgement) => {
                last_leaf = last_leaf.max(Some(acknowledgement.leaf_index));
                out::line(acknowledgement_json(acknowledgement))
            }
            Err(error) => {
                exit = worse(exit, error.exit);
                if let Some(source) = sources.get(index) {
                    source.report(context, error);
                }
                Ok(())
            }
        });
        let delivery = delivery.await;
        if let Some(error) = delivery.broken {
            let open = delivery.answers.iter().filter(|answer| answer.is_none()).count();
            let message =
                format!("{} ({open} of {} statements are not answered)", error.message, sources.len());
            // Whoever read our output and left is not told anything.
            return Err(if error.reason.is_empty() { error } else { CliError { message, ..error } });
        }
        if let (true, Some(leaf)) = (self.wait, last_leaf) {
            wait_for(&client, leaf).await?;
        }
        Ok(exit)
    }
}

/// What failed outweighs what was refused.
fn worse(one: Exit, other: Exit) -> Exit {
    if one == Exit::Failed || other == Exit::Done { one } else { other }
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
