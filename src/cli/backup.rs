//! `skillpass backup` and `skillpass restore`: what a ledger holds, copied beside it while it runs, and put back.

use std::path::PathBuf;

use serde_json::json;

use super::error::{CliError, Exit};
use super::maintain::open_error;
use super::place::{self, PlaceArgs};
use super::{Context, clock, out};
use crate::crypto::hex_encode;
use crate::ledger::{self, RestoreReport, SystemClock, Until};

/// `backup`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  skillpass backup --data ./ledger --to /mnt/backup\n  skillpass backup --verify --to /mnt/backup\n\nRuns beside a live ledger. Each run adds a numbered part with what came since; no part ever changes, but for older keyrings, which are destroyed. Parts belong together: delete them all or none. Holds neither DIR.key nor DIR.lock. deploy/README.md, Back up."
)]
pub(crate) struct BackupArgs {
    /// Data directory of the ledger
    #[arg(long, value_name = "DIR", required_unless_present = "verify", conflicts_with = "verify")]
    data: Option<PathBuf>,
    /// Directory of the backup, on another disk
    #[arg(long, value_name = "DEST")]
    to: PathBuf,
    /// Add nothing: read every byte of the backup again
    #[arg(long)]
    verify: bool,
}

/// `restore`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  skillpass restore --from /mnt/backup --data ./ledger\n  skillpass restore --from /mnt/backup --data ./then \\\n    --until 2026-05-31T12:00:00Z\n  skillpass restore --from /mnt/backup --data ./ledger \\\n    --keyring ./broken\n\nDIR.key must stand beside DIR, from escrow. Until the newest checkpoint that anyone knows is given (`skillpass log relock`), the copy is for reading: `skillpass serve --read-only`. Whoever was erased stays erased. deploy/README.md, Restore."
)]
pub(crate) struct RestoreArgs {
    /// Directory of the backup
    #[arg(long, value_name = "DEST")]
    from: PathBuf,
    /// Data directory to make
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Only what was published by this time, or in a checkpoint of at most so many entries; such a copy is for looking back
    #[arg(long, value_name = "TIME|SIZE", value_parser = parse_until)]
    until: Option<Until>,
    /// Data directory whose keyring is newer than the backup's: the broken one's, if it can be read
    #[arg(long, value_name = "DIR")]
    keyring: Option<PathBuf>,
    #[command(flatten)]
    place: PlaceArgs,
}

fn parse_until(text: &str) -> Result<Until, String> {
    match text.parse() {
        Ok(size) => Ok(Until::Size(size)),
        Err(_) => clock::parse_instant(text).map(Until::Time),
    }
}

impl BackupArgs {
    /// Runs it.
    pub(crate) fn run(&self, context: Context) -> Result<Exit, CliError> {
        match &self.data {
            Some(data) => self.add(context, data),
            None => self.check(context),
        }
    }

    fn add(&self, context: Context, data: &std::path::Path) -> Result<Exit, CliError> {
        let made = ledger::backup(data, &self.to, &SystemClock).map_err(|error| open_error(&error))?;
        if context.json {
            out::json(&json!({
                "number": made.number, "size": made.size, "added": made.added, "bytes": made.bytes,
                "sha256": hex_encode(made.digest),
            }))?;
        } else {
            out::line(format_args!(
                "part {}: {} entries, {} of them new, {} bytes written and read back\nmanifest sha256 {}",
                made.number,
                made.size,
                made.added,
                made.bytes,
                hex_encode(made.digest)
            ))?;
        }
        Ok(Exit::Done)
    }

    fn check(&self, context: Context) -> Result<Exit, CliError> {
        let found = ledger::verify_backup(&self.to).map_err(|error| open_error(&error))?;
        if context.json {
            out::json(&json!({
                "parts": found.parts, "size": found.size, "bytes": found.bytes,
                "sha256": hex_encode(found.digest),
            }))?;
        } else {
            out::line(format_args!(
                "whole: {} parts, {} entries, {} bytes read\nmanifest sha256 {}",
                found.parts,
                found.size,
                found.bytes,
                hex_encode(found.digest)
            ))?;
        }
        Ok(Exit::Done)
    }
}

impl RestoreArgs {
    /// Runs it.
    pub(crate) fn run(&self, context: Context) -> Result<Exit, CliError> {
        place::keep_to_ourselves();
        self.place.check_ledger(&self.data, place::note)?;
        let until = self.until.unwrap_or(Until::End);
        let restored = ledger::restore(&self.from, &self.data, until, self.keyring.as_deref())
            .map_err(|error| open_error(&error))?;
        let RestoreReport { size, known, locked, erasures, erased_again } = restored;
        let next = next_step(&restored);
        if context.json {
            out::json(&json!({
                "size": size, "known": known, "locked": locked, "erasures": erasures,
                "erased_again": erased_again, "next": next,
            }))?;
        } else {
            out::line(format_args!("{size} entries restored; {erasures} workers are erased"))?;
            if erased_again > 0 {
                out::line(format_args!(
                    "{erased_again} of them were erased after this keyring was copied: the start erases them again"
                ))?;
            }
            out::line(next)?;
        }
        Ok(Exit::Done)
    }
}

/// What the copy is good for now.
fn next_step(restored: &RestoreReport) -> String {
    let RestoreReport { size, known, locked, .. } = *restored;
    match locked {
        Some(locked) if locked == size => "DIR.lock says the same: start it".to_owned(),
        Some(locked) if locked > size => format!(
            "DIR.lock says that {locked} entries were signed for: `skillpass log recover` what is missing; until then `skillpass serve --read-only`"
        ),
        Some(_) => "DIR.lock is older than this copy: move it aside, then `skillpass log relock`".to_owned(),
        None if size < known => {
            format!("{known} entries were published: this copy is for looking back, `skillpass serve --read-only`")
        }
        None => "for reading: `skillpass serve --read-only`. To record again give the newest checkpoint that anyone knows: `skillpass log relock`".to_owned(),
    }
}
