//! `backup`: what a data directory holds that nothing else can make anew, copied beside a running ledger into parts that
//! never change (`vault::BackupDir`).
//!
//! The journal only grows, so it is copied as files, up to the newest published checkpoint: everything below that is durable.
//! Each part goes on from the right edge of the tree of the part before, so a part is made only if its bytes give the root
//! that was published, and never of another history than the parts before it. The keyring is copied after the checkpoint was
//! chosen, so that it is no older than the journal.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use super::Ledger;
use super::clock::Clock;
use super::error::OpenError;
use super::open::data_dir;
use crate::crypto::{Hash, base64_decode, base64_encode};
use crate::tlog::{Checkpoint, Frontier, leaf_hash, note_text};
use crate::vault::{
    About, BackupDir, CheckpointArchive, DataDir, JournalReader, KEYRING_TAR, KeptCheckpoint, Manifest,
    PartWriter, Position, VaultError, pack_keyring, read_backup_note, write_backup_note,
};

/// A keyring that is rotated while it is copied is copied again, so often.
const KEYRING_TRIES: usize = 3;

/// What a backup did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupReport {
    /// The part's number.
    pub number: u32,
    /// Entries that all parts hold together.
    pub size: u64,
    /// Entries that this part added.
    pub added: u64,
    /// Bytes that it wrote.
    pub bytes: u64,
    /// SHA-256 of its manifest, which pins all parts.
    pub digest: Hash,
}

/// What a check of a backup found to be whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupCheck {
    /// Parts.
    pub parts: usize,
    /// Entries.
    pub size: u64,
    /// Bytes read.
    pub bytes: u64,
    /// SHA-256 of the newest manifest.
    pub digest: Hash,
}

/// Adds a part to the backup in `to`, or makes its first.
pub fn backup(dir: &Path, to: &Path, clock: &dyn Clock) -> Result<BackupReport, OpenError> {
    let paths = data_dir(dir)?;
    check_outside(&paths, to)?;
    let newest = newest_published(&paths)?;
    let backup = BackupDir::open(to)?;
    let from = backup.newest().map_or(Position::START, Manifest::end);
    let (origin, frontier, end) = grown(&paths, backup.newest(), &newest)?;

    let mut part = backup.begin()?;
    copy_journal(&paths, &mut part, from, end)?;
    copy_archives(&paths, &mut part, &backup, newest.size)?;
    let mut generation = None;
    for _ in 0..KEYRING_TRIES {
        part.forget(KEYRING_TAR);
        generation = pack_keyring(&paths, part.file(KEYRING_TAR))?;
        if generation.is_some() {
            break;
        }
    }
    let generation = generation.ok_or(OpenError::BackupMismatch {
        problem: "the keyring was rotated again and again while it was copied".to_owned(),
    })?;
    let made_at = clock.now_ms();
    let bytes = part.bytes();
    let frontier = base64_encode(frontier.encode());
    let about = About { origin, made_at, checkpoint: newest.note, end, frontier, generation };
    let number = part.finish(about)?.number;
    drop(backup);
    finished(&paths, to, number, bytes, end.leaf.saturating_sub(from.leaf))
}

/// The part exists: older keyrings go, and the ledger learns when it was backed up.
fn finished(
    paths: &DataDir,
    to: &Path,
    number: u32,
    bytes: u64,
    added: u64,
) -> Result<BackupReport, OpenError> {
    let backup = BackupDir::read(to)?;
    backup.destroy_old_keyrings()?;
    let (Some(newest), Some(digest)) = (backup.newest(), backup.digest()) else {
        return Err(no_backup());
    };
    let note = json!({"number": newest.number, "size": newest.size, "made_at": newest.made_at});
    write_backup_note(paths, note.to_string().as_bytes())?;
    Ok(BackupReport { number, size: newest.size, added, bytes, digest })
}

pub(super) fn no_backup() -> OpenError {
    OpenError::BackupMismatch { problem: "there is no finished backup in this directory".to_owned() }
}

fn mismatch(problem: impl Into<String>) -> OpenError {
    OpenError::BackupMismatch { problem: problem.into() }
}

fn check_outside(paths: &DataDir, to: &Path) -> Result<(), OpenError> {
    let to = std::path::absolute(to).map_err(|_| VaultError::NoDirectoryName)?;
    if [paths.root().to_owned(), paths.key_dir(), paths.lock_dir()]
        .iter()
        .any(|inside| to.starts_with(inside))
    {
        return Err(mismatch("a backup inside the ledger's own directories is lost with them"));
    }
    Ok(())
}

fn newest_published(paths: &DataDir) -> Result<KeptCheckpoint, OpenError> {
    let archive = match CheckpointArchive::open_read_only(paths) {
        Err(VaultError::Missing { .. }) => return Err(OpenError::NothingPublished),
        archive => archive?,
    };
    archive.at_most(u64::MAX)?.ok_or(OpenError::NothingPublished)
}

/// Reads what came since the last part: it makes the tree that was published. Answers with the origin, that tree's right edge,
/// and where the journal ends with it.
fn grown(
    paths: &DataDir,
    last: Option<&Manifest>,
    newest: &KeptCheckpoint,
) -> Result<(String, Frontier, Position), OpenError> {
    let origin = newest.note.lines().next().unwrap_or_default().to_owned();
    let mut frontier = Frontier::default();
    if let Some(last) = last {
        if last.origin != origin {
            return Err(mismatch(format!("it is a backup of {}, not of {origin}", last.origin)));
        }
        if last.size > newest.size {
            return Err(mismatch(format!(
                "it holds {} entries, and this ledger has published {}: this is an older copy of the ledger",
                last.size, newest.size
            )));
        }
        let edge = base64_decode(&last.frontier).ok().and_then(|bytes| Frontier::decode(&bytes).ok());
        frontier = edge.ok_or_else(|| mismatch("its newest manifest has no right edge of the tree"))?;
    }
    let from = last.map_or(Position::START, Manifest::end);
    let mut frames = JournalReader::open(&paths.journal())?.frames_from(from)?;
    while frontier.size() < newest.size {
        let Some(frame) = frames.next().transpose()? else {
            return Err(OpenError::LockAhead { locked: newest.size, held: frontier.size() });
        };
        for (_, record) in frame.records {
            frontier.push(leaf_hash(&record.entry), |_, _, _| {});
        }
    }
    let made = Checkpoint { origin: origin.clone(), size: frontier.size(), root: frontier.root() };
    if note_text(&newest.note).ok() != Some(made.text().as_str()) {
        return Err(OpenError::RootDiffers { size: newest.size });
    }
    Ok((origin, frontier, frames.position()))
}

fn copy_journal(
    paths: &DataDir,
    part: &mut PartWriter,
    from: Position,
    end: Position,
) -> Result<(), OpenError> {
    for segment in from.at.segment..=end.at.segment {
        let name = DataDir::segment_name(segment);
        let begin = if segment == from.at.segment { from.at.offset } else { 0 };
        // A segment that another follows is as long as it ever will be.
        let until = if segment == end.at.segment {
            u64::from(end.at.offset)
        } else {
            JournalReader::open(&paths.journal())?.segment_bytes(segment)?
        };
        part.copy(paths.root(), &format!("journal/{name}"), u64::from(begin), until)?;
    }
    Ok(())
}

/// The kept checkpoints up to this size, and those that witnesses cosigned.
fn copy_archives(
    paths: &DataDir,
    part: &mut PartWriter,
    backup: &BackupDir,
    size: u64,
) -> Result<(), OpenError> {
    let published = CheckpointArchive::open_read_only(paths)?;
    let cosigned = CheckpointArchive::open_cosigned_read_only(paths)?;
    let archives = [("log/checkpoints", Some(published)), ("log/cosigned", cosigned)];
    for (file, archive) in archives {
        let Some(archive) = archive else { continue };
        let (held, until) = (backup.length_of(file), archive.bytes_at_most(size)?);
        if held > until {
            return Err(mismatch(format!("it holds more of {file} than this ledger")));
        }
        part.copy(paths.root(), file, held, until)?;
    }
    Ok(())
}

/// Reads every byte of a backup again: each object and manifest is what was written, and none is missing.
pub fn verify_backup(at: &Path) -> Result<BackupCheck, OpenError> {
    let backup = BackupDir::read(at)?;
    let (Some(newest), Some(digest)) = (backup.newest(), backup.digest()) else {
        return Err(no_backup());
    };
    let mut bytes = 0_u64;
    for file in backup.files().into_iter().chain([KEYRING_TAR]) {
        let mut objects = backup.file(file);
        while let Some(object) = objects.next_object()? {
            bytes = bytes.saturating_add(object.len() as u64);
        }
    }
    Ok(BackupCheck { parts: backup.manifests().len(), size: newest.size, bytes, digest })
}

impl Ledger {
    /// Entries in the newest backup, and how long ago it was made; `None` before the first.
    pub fn newest_backup(&self) -> Option<(u64, Duration)> {
        let note: Value = serde_json::from_slice(&read_backup_note(&self.0.shared.paths).ok()??).ok()?;
        let age = self.now_ms().saturating_sub(note.get("made_at")?.as_u64()?);
        Some((note.get("size")?.as_u64()?, Duration::from_millis(age)))
    }
}
