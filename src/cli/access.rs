//! `skillpass access`: who looked.

use serde_json::{Value, json};

use super::client::HolderArgs;
use super::error::{CliError, Exit};
use super::worker::parse_worker;
use super::{Context, clock, out};
use crate::pb;

/// See who looked at a passport
#[derive(Debug, clap::Subcommand)]
pub(crate) enum AccessCommand {
    /// List who read the passport at this ledger, oldest first
    #[command(
        after_help = "Example:\n  skillpass access list wkr_… --ledger http://127.0.0.1:7640 \\\n    --as worker.jwk\n\nThe ledger keeps the newest 256 notes, sealed under the worker's own key. Whoever checks a passport file offline asks no ledger and cannot be seen here; nor can whoever reads the operator's disk."
    )]
    List(ListArgs),
}

/// `access list`.
#[derive(Debug, clap::Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    holder: HolderArgs,
}

impl AccessCommand {
    /// Runs it.
    pub(crate) fn run(self, context: Context) -> Result<Exit, CliError> {
        let Self::List(args) = self;
        context.block_on(list(context, args))
    }
}

async fn list(context: Context, args: ListArgs) -> Result<Exit, CliError> {
    let worker = parse_worker(&args.holder.worker)?;
    let (client, credential) = args.holder.connect().await?;
    let request = credential.request(pb::ListAccessRequest { worker: worker.to_string() })?;
    let answer = client.passports().list_access(request).await.map_err(|status| client.error(&status))?;
    let notes = answer.into_inner().notes;
    if context.json {
        return out::json(&json!({"notes": notes.iter().map(told).collect::<Vec<_>>()})).map(|()| Exit::Done);
    }
    for note in &notes {
        let purpose = if note.purpose.is_empty() { String::new() } else { format!(" for {}", note.purpose) };
        let times = if note.times > 1 { format!(", {} times", note.times) } else { String::new() };
        out::line(format_args!(
            "{} {} {} (key {}){purpose}: {}{times}",
            clock::rfc3339(note.last),
            note.by,
            note.who,
            note.kid,
            note.call
        ))?;
    }
    out::note("Offline checks of a passport file ask no ledger and are not seen here.");
    Ok(Exit::Done)
}

fn told(note: &pb::AccessNote) -> Value {
    let pb::AccessNote { by, who, kid, purpose, call, first, last, times } = note;
    json!({"by": by, "who": who, "kid": kid, "purpose": purpose, "call": call, "first": first, "last": last, "times": times})
}
