//! `restore`: a data directory anew from a backup, up to its end or to an earlier time.
//!
//! It signs nothing by itself: DIR.lock is in no backup, so without one the copy is for reading until the newest known
//! checkpoint is given (`restore_lock`), and with a newer one it is until what is missing was recovered (`recover`).
//! Workers who were erased stay so: the keyring must know at least as many erasures as the log that the backup holds, counting
//! those that stand in DIR.lock, which are done again.

use std::path::Path;

use super::backup::no_backup;
use super::error::OpenError;
use super::rebuild::make_anew;
use super::replay::file_error;
use crate::event::entry::Entry;
use crate::event::{StreamId, UnixMs};
use crate::vault::{
    BackupDir, CheckpointArchive, CheckpointLock, DataDir, JournalReader, KEYRING_TAR, Keyring, LookingBack,
    Position, Unfinished, VaultError, copy_keyring, cut_journal, is_dir, unpack_keyring,
};

/// How far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// All that the backup holds.
    End,
    /// The newest checkpoint of at most so many entries.
    Size(u64),
    /// The newest checkpoint published by then.
    Time(UnixMs),
}

/// What was restored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoreReport {
    /// Entries in the restored journal.
    pub size: u64,
    /// Entries of the newest checkpoint that the backup knows.
    pub known: u64,
    /// Entries that DIR.lock says were signed for; `None` without a lock.
    pub locked: Option<u64>,
    /// Erasures that the keyring or DIR.lock knows.
    pub erasures: usize,
    /// Of these, the ones that the start has to do again.
    pub erased_again: usize,
}

/// Makes `data` from the backup in `from`. DIR.key must stand beside it already. The keyring, with status lists and access files, is
/// that of the backup, or that of another data directory. What fails leaves no `data`;
/// what is cut short leaves one that is no ledger, which the next attempt begins anew.
pub fn restore(
    from: &Path,
    data: &Path,
    until: Until,
    keyring: Option<&Path>,
) -> Result<RestoreReport, OpenError> {
    let paths = DataDir::new(data)?;
    if !is_dir(&paths.key_dir())? {
        return Err(VaultError::Missing { path: paths.key_dir() }.into());
    }
    let unfinished = Unfinished::begin(&paths).map_err(|error| match error {
        VaultError::Exists { path } => OpenError::AlreadyExists { path },
        error => error.into(),
    })?;
    let restored =
        fill(&paths, from, until, keyring).and_then(|restored| Ok(unfinished.finish().map(|()| restored)?));
    if restored.is_err() {
        unfinished.discard()?;
    }
    restored
}

fn fill(
    paths: &DataDir,
    from: &Path,
    until: Until,
    keyring: Option<&Path>,
) -> Result<RestoreReport, OpenError> {
    let backup = BackupDir::read(from)?;
    let known = backup.newest().ok_or_else(no_backup)?.size;
    for file in backup.files() {
        backup.file(file).write_to(&paths.root().join(file))?;
    }
    match keyring {
        None => unpack_keyring(backup.file(KEYRING_TAR), paths)?,
        Some(other) => copy_keyring(&super::open::data_dir(other)?, paths)?,
    }
    // All that was ever published stays known, also where the journal is cut: no older checkpoint can then be locked.
    let archive = CheckpointArchive::open(paths)?;
    CheckpointArchive::open_cosigned(paths)?;
    let kept = match until {
        Until::End => archive.at_most(known)?,
        Until::Size(size) => archive.at_most(size)?,
        Until::Time(time) => archive.before(time.saturating_add(1))?,
    };
    let size = kept.map(|kept| kept.size).filter(|size| *size > 0).ok_or(OpenError::NothingPublished)?;
    let logged = cut_to(paths, size)?;
    let (erasures, erased_again) = check_erasures(paths, logged)?;
    if size < known {
        // What the lists answer is of later; this copy is for looking back and answers none.
        remove(&paths.status())?;
        LookingBack { held: size, known }.write(paths)?;
    }
    make_anew(paths)?;
    let locked = CheckpointLock::at(&paths.checkpoint_lock()).read()?.map(|tree| tree.size);
    // Only this copy is the ledger itself; another one publishes nothing before it was given the newest checkpoint.
    if locked == Some(size) {
        archive.restore_current(size)?;
    }
    Ok(RestoreReport { size, known, locked, erasures, erased_again })
}

/// Cuts the journal off behind `size` entries; answers how many erasures the whole of it had recorded.
fn cut_to(paths: &DataDir, size: u64) -> Result<usize, OpenError> {
    let (mut end, mut logged) = (Position::START, 0_usize);
    for frame in JournalReader::open(&paths.journal())?.frames_from(Position::START)? {
        let frame = frame?;
        let is_erasure = |entry: &[u8]| matches!(Entry::decode(entry), Ok(Entry::Public { stream, .. }) if stream == StreamId::erasures());
        let erasures = frame.records.iter().filter(|(_, record)| is_erasure(&record.entry)).count();
        logged = logged.saturating_add(erasures);
        if frame.end.leaf <= size {
            end = frame.end;
        }
    }
    if end.leaf != size {
        return Err(OpenError::LockAhead { locked: size, held: end.leaf });
    }
    cut_journal(&paths.journal(), end)?;
    Ok(logged)
}

/// The keyring, with what stands beside it, knows every erasure of the log.
fn check_erasures(paths: &DataDir, logged: usize) -> Result<(usize, usize), OpenError> {
    let keyring = Keyring::open(paths)?;
    let missed = keyring.missed_erasures()?.len();
    let known = keyring.erasures()?.len().saturating_add(missed);
    if known < logged { Err(OpenError::KeyringBehind { logged, known }) } else { Ok((known, missed)) }
}

fn remove(dir: &Path) -> Result<(), OpenError> {
    match std::fs::remove_dir_all(dir) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(file_error("remove", dir, source))
        }
        _ => Ok(()),
    }
}
