//! `skillpass log`: checkpoints, proofs, and the log as plain files.

use std::path::PathBuf;

use serde_json::json;

use super::client::{Client, LedgerArgs};
use super::error::{CliError, Exit};
use super::log_key::LogKeyCommand;
use super::maintain::open_error;
use super::place::keep_to_ourselves;
use super::{Context, files, out};
use crate::crypto::{Hash, base64_encode, hex_encode};
use crate::statement::json;
use crate::{pb, tlog};

/// Checkpoints, proofs, export
#[derive(Debug, clap::Subcommand)]
pub(crate) enum LogCommand {
    /// Print the newest published checkpoint (a C2SP signed note)
    #[command(after_help = "Example:\n  skillpass log checkpoint --ledger http://127.0.0.1:7640")]
    Checkpoint(CheckpointArgs),
    /// Prove that an entry is in the tree, and check the proof
    #[command(after_help = "Example:\n  skillpass log inclusion 7 --ledger http://127.0.0.1:7640 --json")]
    Inclusion(InclusionArgs),
    /// Prove that a newer tree extends an older one, and check the proof
    #[command(after_help = "Example:\n  skillpass log consistency 7 12 --ledger http://127.0.0.1:7640")]
    Consistency(ConsistencyArgs),
    /// Write checkpoint and tiles (C2SP tlog-tiles) as plain files for static hosting
    #[command(after_help = "Example:\n  skillpass log export --data ./ledger --out ./public")]
    Export(ExportArgs),
    /// After LOCK_MISSING: lock the log at the newest checkpoint that anyone knows
    #[command(
        after_help = "Example:\n  skillpass log relock --data ./ledger --checkpoint newest.txt\n\nThe ledger must be stopped. Ask witnesses, monitors and holders of passport files first: with an older checkpoint than someone else holds, this ledger could sign a second history. deploy/README.md, LOCK_MISSING."
    )]
    Relock(RelockArgs),
    /// Add the entries that a restored journal lacks, from another copy of it
    #[command(
        after_help = "Examples:\n  skillpass log recover --data ./ledger --from ./broken\n  skillpass log recover --data ./ledger --from ./public \\\n    --checkpoint newest.txt\n\nThe ledger must be stopped. FROM is another data directory of this ledger, or the files of `skillpass log export`, which hold no person's record. Nothing is added unless it makes the tree that was signed: the one in DIR.lock, or that of the checkpoint given."
    )]
    Recover(RecoverArgs),
    /// The ledger's own keys: which sign, adding one, ending one
    #[command(subcommand)]
    Key(LogKeyCommand),
}

/// `log checkpoint`.
#[derive(Debug, clap::Args)]
pub(crate) struct CheckpointArgs {
    #[command(flatten)]
    ledger: LedgerArgs,
    /// The newest one of at most this many entries
    #[arg(long, value_name = "SIZE")]
    size: Option<u64>,
}

/// `log inclusion`.
#[derive(Debug, clap::Args)]
pub(crate) struct InclusionArgs {
    /// The entry's leaf index
    leaf: u64,
    #[command(flatten)]
    ledger: LedgerArgs,
    /// Size of the tree [default: of the newest published checkpoint]
    #[arg(long, value_name = "SIZE")]
    size: Option<u64>,
}

/// `log consistency`.
#[derive(Debug, clap::Args)]
pub(crate) struct ConsistencyArgs {
    /// Size of the older tree
    old: u64,
    /// Size of the newer tree [default: of the newest published checkpoint]
    new: Option<u64>,
    #[command(flatten)]
    ledger: LedgerArgs,
}

/// `log export`.
#[derive(Debug, clap::Args)]
pub(crate) struct ExportArgs {
    /// Data directory of the ledger
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Where the files go
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// `log relock`.
#[derive(Debug, clap::Args)]
pub(crate) struct RelockArgs {
    /// Data directory of the ledger
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The newest known checkpoint, a signed note
    #[arg(long, value_name = "FILE")]
    checkpoint: PathBuf,
}

/// `log recover`.
#[derive(Debug, clap::Args)]
pub(crate) struct RecoverArgs {
    /// Data directory of the ledger
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Another data directory of it, or the files of `log export`
    #[arg(long, value_name = "FROM")]
    from: PathBuf,
    /// The newest known checkpoint, a signed note [default: what DIR.lock says]
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
}

impl LogCommand {
    /// Runs it.
    pub(crate) fn run(self, context: Context) -> Result<Exit, CliError> {
        match self {
            Self::Checkpoint(args) => context.block_on(checkpoint(context, args)),
            Self::Inclusion(args) => context.block_on(inclusion(context, args)),
            Self::Consistency(args) => context.block_on(consistency(context, args)),
            Self::Export(args) => {
                let size =
                    crate::ledger::export_log(&args.data, &args.out).map_err(|error| open_error(&error))?;
                if context.json {
                    out::json(&json!({"size": size, "out": args.out.display().to_string()}))?;
                } else {
                    out::line(format_args!(
                        "{size} entries under one checkpoint, as files in {}",
                        args.out.display()
                    ))?;
                }
                Ok(Exit::Done)
            }
            Self::Relock(args) => relock(context, &args),
            Self::Recover(args) => recover(context, &args),
            Self::Key(command) => command.run(context),
        }
    }
}

fn relock(context: Context, args: &RelockArgs) -> Result<Exit, CliError> {
    let note = files::read_text(&args.checkpoint)?;
    let checkpoint = crate::ledger::restore_lock(&args.data, &note).map_err(|error| open_error(&error))?;
    if context.json {
        let root = hex_encode(checkpoint.root);
        out::json(&json!({"origin": checkpoint.origin, "size": checkpoint.size, "root": root}))?;
    } else {
        out::line(format_args!(
            "locked at {} entries; the journal gives the root that was signed",
            checkpoint.size
        ))?;
    }
    Ok(Exit::Done)
}

fn recover(context: Context, args: &RecoverArgs) -> Result<Exit, CliError> {
    let note = args.checkpoint.as_deref().map(files::read_text).transpose()?;
    keep_to_ourselves();
    let recovered = crate::ledger::recover(&args.data, &args.from, note.as_deref())
        .map_err(|error| open_error(&error))?;
    if context.json {
        out::json(&json!({"added": recovered.added, "size": recovered.size}))?;
    } else {
        out::line(format_args!("{} entries added; there are {} now", recovered.added, recovered.size))?;
    }
    Ok(Exit::Done)
}

async fn checkpoint(context: Context, args: CheckpointArgs) -> Result<Exit, CliError> {
    let client = Client::connect(&args.ledger.ledger).await?;
    let request = pb::GetCheckpointRequest { size_max: args.size };
    let answer =
        client.ledger().get_checkpoint(request).await.map_err(|status| client.error(&status))?.into_inner();
    if context.json {
        let origin = answer.checkpoint.lines().next().unwrap_or_default();
        out::json(
            &json!({"origin": origin, "size": answer.size, "root": hex_encode(&answer.root), "checkpoint": answer.checkpoint}),
        )?;
    } else {
        out::text(&answer.checkpoint)?;
    }
    Ok(Exit::Done)
}

async fn inclusion(context: Context, args: InclusionArgs) -> Result<Exit, CliError> {
    let client = Client::connect(&args.ledger.ledger).await?;
    let request = pb::GetInclusionProofRequest { leaf_index: args.leaf, tree_size: args.size.unwrap_or(0) };
    let answer = client
        .ledger()
        .get_inclusion_proof(request)
        .await
        .map_err(|status| client.error(&status))?
        .into_inner();
    let root = root_at(&client, answer.tree_size).await?;
    let (leaf_hash, proof) = (hash(&answer.leaf_hash)?, hashes(&answer.hashes)?);
    let verified = root.map(|root| {
        tlog::verify_inclusion(answer.leaf_index, answer.tree_size, &leaf_hash, &proof, &root).is_ok()
    });
    let what = json!({"leaf_index": answer.leaf_index, "tree_size": answer.tree_size, "leaf_hash": hex_encode(leaf_hash)});
    show_proof(context, what, &proof, verified)
}

async fn consistency(context: Context, args: ConsistencyArgs) -> Result<Exit, CliError> {
    let client = Client::connect(&args.ledger.ledger).await?;
    let request = pb::GetConsistencyProofRequest { old_size: args.old, new_size: args.new.unwrap_or(0) };
    let answer = client
        .ledger()
        .get_consistency_proof(request)
        .await
        .map_err(|status| client.error(&status))?
        .into_inner();
    let (old_root, new_root) =
        (root_at(&client, answer.old_size).await?, root_at(&client, answer.new_size).await?);
    let proof = hashes(&answer.hashes)?;
    let verified = old_root.zip(new_root).map(|(old_root, new_root)| {
        tlog::verify_consistency(answer.old_size, answer.new_size, &old_root, &new_root, &proof).is_ok()
    });
    show_proof(context, json!({"old_size": answer.old_size, "new_size": answer.new_size}), &proof, verified)
}

/// The root the ledger signed at exactly `size`, if it published a checkpoint there.
async fn root_at(client: &Client, size: u64) -> Result<Option<Hash>, CliError> {
    if size == 0 {
        // Everybody knows it, and nobody signs it.
        return Ok(Some(tlog::empty_root()));
    }
    let request = pb::GetCheckpointRequest { size_max: Some(size) };
    let answer =
        client.ledger().get_checkpoint(request).await.map_err(|status| client.error(&status))?.into_inner();
    if answer.size == size { hash(&answer.root).map(Some) } else { Ok(None) }
}

fn show_proof(
    context: Context,
    mut what: serde_json::Value,
    proof: &[Hash],
    verified: Option<bool>,
) -> Result<Exit, CliError> {
    if context.json {
        json::set(&mut what, "hashes", proof.iter().map(hex_encode).collect::<Vec<_>>());
        json::set(&mut what, "verified", verified);
        out::json(&what)?;
    } else {
        out::line(&what)?;
        for hash in proof {
            out::line(base64_encode(hash))?;
        }
        out::line(match verified {
            Some(true) => "verified: the proof fits the published checkpoint",
            Some(false) => "FALSE: the proof does not fit the published checkpoint",
            None => "not verified: no checkpoint was published at exactly this size",
        })?;
    }
    Ok(match verified {
        Some(true) => Exit::Done,
        Some(false) => Exit::Refused,
        None => Exit::Undecided,
    })
}

fn hashes(all: &[Vec<u8>]) -> Result<Vec<Hash>, CliError> {
    all.iter().map(|bytes| hash(bytes)).collect()
}

fn hash(bytes: &[u8]) -> Result<Hash, CliError> {
    bytes.try_into().map_err(|_| {
        CliError::failed(
            "LEDGER_ANSWERED",
            "the ledger sent a hash that is not 32 bytes long",
            "is it a skillpass ledger?",
        )
    })
}
