//! `log recover`: the entries that a restored journal lacks, from another copy of it or from the log's public files, if they
//! lead to a tree that this ledger signed.
//!
//! A person's record is in journals alone: the public files have its two commitments and nothing that opens them. Where such
//! a record is missing and no journal has it, the history cannot go on here; a successor begins a new one (SPEC.md,
//! "Successor").

use std::fs;
use std::path::Path;

use super::error::OpenError;
use super::open::data_dir;
use super::replay::{PublicState, file_error};
use super::tree;
use crate::tlog::{Checkpoint, Frontier, TILE_WIDTH, TilePath, leaf_hash, note_text};
use crate::vault::{
    CheckpointLock, DataDir, Journal, JournalReader, LookingBack, Position, ProcessLock, Record, Tail,
    VaultError, is_dir,
};

/// The most bytes of an entry bundle: 256 entries of 64 KiB.
const BUNDLE_BYTES_MAX: u64 = 256 * 64 * 1024 + 512;

/// What was recovered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recovered {
    /// Entries that were added.
    pub added: u64,
    /// Entries there are now.
    pub size: u64,
}

/// Where what is missing comes from.
enum Source {
    /// Another data directory's journal.
    Journal(JournalReader),
    /// The files of `log export`.
    Tiles(std::path::PathBuf),
}

/// Adds the entries behind the journal's end, up to the tree in DIR.lock or in `note`, and what else a whole frame of another
/// journal holds behind it: that was acknowledged too. Adds nothing unless the root is that which was signed. No ledger may run
/// on the directory.
pub fn recover(dir: &Path, from: &Path, note: Option<&str>) -> Result<Recovered, OpenError> {
    let paths = data_dir(dir)?;
    let _process_lock = ProcessLock::acquire(&paths.process_lock())?;
    paths.sync()?;
    let source = if is_dir(&from.join("journal"))? {
        Source::Journal(JournalReader::open(&from.join("journal"))?)
    } else {
        Source::Tiles(from.to_owned())
    };
    let mut known = Known::read(&paths)?;
    let (begin, before) = (known.end, known.frontier.size());
    let target = target(&paths, note)?;
    if let Source::Tiles(_) = source
        && target.size <= before
    {
        Journal::open(&paths.journal(), known.last)?;
        return Ok(Recovered { added: 0, size: before });
    }
    // First everything is read and judged, then it is written.
    source.frames(begin, target.size, |records| known.add(records, &target))?;
    known.check(&target, note)?;
    // From the last frame on, which is written again: an earlier run may have added it and failed at its fsync.
    let mut journal = Journal::open(&paths.journal(), known.last)?;
    if let Tail::Torn { .. } = journal.tail() {
        journal.truncate_torn()?;
    }
    source.frames(begin, target.size, |records| {
        let leaf = journal.end().leaf;
        Ok(journal.append(leaf, records).map(|_| ())?)
    })?;
    let size = known.frontier.size();
    LookingBack::remove(&paths)?;
    Ok(Recovered { added: size.saturating_sub(before), size })
}

/// The tree that has to come out.
fn target(paths: &DataDir, note: Option<&str>) -> Result<Checkpoint, OpenError> {
    let Some(note) = note else {
        let locked = CheckpointLock::at(&paths.checkpoint_lock()).read()?.ok_or(OpenError::LockMissing)?;
        return Ok(Checkpoint { origin: locked.origin, size: locked.size, root: locked.root });
    };
    let text = note_text(note).map_err(|_| OpenError::CheckpointRefused)?;
    tree::unsigned(text).ok_or(OpenError::CheckpointRefused)
}

/// What the journal holds, and with it what is to be added.
struct Known {
    public: PublicState,
    frontier: Frontier,
    /// Where its last frame begins.
    last: Position,
    end: Position,
    /// The tree at the size asked for, once it was reached.
    at_target: Option<Checkpoint>,
}

impl Known {
    fn read(paths: &DataDir) -> Result<Self, OpenError> {
        let mut known = Self {
            public: PublicState::default(),
            frontier: Frontier::default(),
            last: Position::START,
            end: Position::START,
            at_target: None,
        };
        let mut frames = JournalReader::open(&paths.journal())?.frames_from(Position::START)?;
        while let Some(frame) = frames.next().transpose()? {
            let records: Vec<Record> = frame.records.into_iter().map(|(_, record)| record).collect();
            known.add_all(&records)?;
            (known.last, known.end) = (known.end, frames.position());
        }
        known.end = frames.position();
        Ok(known)
    }

    fn add_all(&mut self, records: &[Record]) -> Result<(), OpenError> {
        for record in records {
            let leaf = self.frontier.size();
            if record.sealed.is_none() {
                let damaged = |problem| OpenError::JournalDamaged { place: format!("leaf {leaf}"), problem };
                self.public.fold(leaf, &record.entry).map_err(damaged)?;
            }
            self.frontier.push(leaf_hash(&record.entry), |_, _, _| {});
        }
        Ok(())
    }

    fn add(&mut self, records: &[Record], target: &Checkpoint) -> Result<(), OpenError> {
        for record in records {
            self.add_all(std::slice::from_ref(record))?;
            if self.frontier.size() == target.size {
                let origin = self.public.trust.origin().unwrap_or_default().to_owned();
                let (size, root) = (self.frontier.size(), self.frontier.root());
                self.at_target = Some(Checkpoint { origin, size, root });
            }
        }
        Ok(())
    }

    /// The tree that was signed came out, and its note is this ledger's.
    fn check(&self, target: &Checkpoint, note: Option<&str>) -> Result<(), OpenError> {
        let (locked, held) = (target.size, self.frontier.size());
        match &self.at_target {
            None if held < locked => Err(OpenError::LockAhead { locked, held }),
            Some(made) if made != target => Err(OpenError::RootDiffers { size: locked }),
            _ => match note {
                Some(note) if tree::signed_by_ledger(&self.public.trust, note).as_ref() != Some(target) => {
                    Err(OpenError::CheckpointRefused)
                }
                _ => Ok(()),
            },
        }
    }
}

impl Source {
    /// Hands over what stands behind `begin`, frame by frame.
    fn frames(
        &self,
        begin: Position,
        size: u64,
        mut each: impl FnMut(&[Record]) -> Result<(), OpenError>,
    ) -> Result<(), OpenError> {
        match self {
            Self::Journal(journal) => {
                for frame in journal.frames_from(begin)? {
                    let frame = match frame {
                        // As far as it is whole; whether that is far enough is judged by the tree.
                        Err(VaultError::JournalDamaged { .. }) => break,
                        frame => frame?,
                    };
                    let records: Vec<Record> = frame.records.into_iter().map(|(_, record)| record).collect();
                    each(&records)?;
                }
                Ok(())
            }
            Self::Tiles(dir) => {
                let mut leaf = begin.leaf;
                while leaf < size {
                    let records = bundle(dir, leaf, size)?;
                    leaf = leaf.saturating_add(records.len() as u64);
                    each(&records)?;
                }
                Ok(())
            }
        }
    }
}

/// The entries from `leaf` on that stand in its bundle, which must all be public.
fn bundle(dir: &Path, leaf: u64, size: u64) -> Result<Vec<Record>, OpenError> {
    const WIDE: u64 = TILE_WIDTH as u64;
    let (index, within) = (leaf / WIDE, leaf % WIDE);
    let first = leaf.saturating_sub(within);
    let width = u16::try_from(size.saturating_sub(first).min(WIDE)).unwrap_or(TILE_WIDTH);
    let path = dir.join(TilePath::Entries { index, width }.path());
    let failed = |source| file_error("read", &path, source);
    if fs::metadata(&path).map_err(failed)?.len() > BUNDLE_BYTES_MAX {
        return Err(VaultError::TooLarge { path, max: BUNDLE_BYTES_MAX }.into());
    }
    let bytes = fs::read(&path).map_err(failed)?;
    let mut rest = bytes.as_slice();
    let mut records = Vec::new();
    // No more of them than it should hold: of empty ones millions would fit.
    while records.len() < usize::from(width)
        && let Some((length, behind)) = rest.split_first_chunk::<2>()
    {
        let Some((entry, behind)) = behind.split_at_checked(usize::from(u16::from_be_bytes(*length))) else {
            break;
        };
        records.push(Record { entry: entry.to_vec(), sealed: None });
        rest = behind;
    }
    if records.len() != usize::from(width) || !rest.is_empty() {
        let problem = format!("{} does not hold the entries that its name says", path.display());
        return Err(OpenError::BackupMismatch { problem });
    }
    let records = records.split_off(usize::try_from(within).unwrap_or(0));
    match records.iter().position(|record| record.entry.get(1) == Some(&2)) {
        Some(at) => Err(OpenError::PersonEntryMissing { leaf: leaf.saturating_add(at as u64) }),
        None => Ok(records),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::path::PathBuf;
    use std::rc::Rc;
    use std::sync::Arc;

    use super::*;
    use crate::crypto::{PrivateKey, SeededEntropy};
    use crate::ledger::{Founding, Ledger, ManualClock, Options, export_log};
    use crate::vault::change::{Change, listen};

    fn copy_dir(from: &Path, to: &Path) {
        fs::create_dir_all(to).unwrap();
        for item in fs::read_dir(from).unwrap() {
            let path = item.unwrap().path();
            let copy = to.join(path.file_name().unwrap());
            if path.is_dir() {
                copy_dir(&path, &copy);
            } else {
                fs::copy(&path, &copy).unwrap();
            }
        }
    }

    /// After a failed fsync the frame is there to be read, and perhaps on no disk.
    #[test]
    fn what_an_earlier_run_added_and_could_not_sync_is_written_again() {
        let outside = tempfile::tempdir().unwrap();
        let [whole, files] = ["whole", "files"].map(|name| outside.path().join(name));
        let clock = Arc::new(ManualClock::new(1_800_000_000_000));
        let key = PrivateKey::generate_ed25519(&mut SeededEntropy::new("root")).public();
        let roots = vec![("PH".to_owned(), "https://root.example.invalid".to_owned(), key)];
        Ledger::init(&whole, &Founding { origin: "ledger.example.invalid".to_owned(), roots }, &*clock)
            .unwrap();
        let ledger = Ledger::open(&whole, Options::default(), clock).unwrap();
        let note = ledger.published().borrow().note.clone();
        ledger.close();
        drop(ledger);
        export_log(&whole, &files).unwrap();
        for (name, source) in [("one", &whole), ("two", &files)] {
            let dir = outside.path().join(name);
            for suffix in ["", ".key", ".lock"] {
                let beside = |dir: &Path| PathBuf::from(format!("{}{suffix}", dir.display()));
                copy_dir(&beside(&whole), &beside(&dir));
            }
            let segment = dir.join("journal/00000000.skj");
            fs::write(&segment, "").unwrap();
            let of_segment = segment.clone();
            listen(Some(Box::new(move |change| match change {
                Change::Sync { path } if path == of_segment => Err(std::io::Error::other("an fsync fails")),
                _ => Ok(()),
            })));
            assert!(recover(&dir, source, Some(&note)).is_err());
            let made: Rc<RefCell<Vec<&str>>> = Rc::default();
            let seen = Rc::clone(&made);
            listen(Some(Box::new(move |change| {
                match change {
                    Change::Write { path, .. } if path == segment => seen.borrow_mut().push("written"),
                    Change::Sync { path } if path == segment => seen.borrow_mut().push("synced"),
                    _ => {}
                }
                Ok(())
            })));
            assert_eq!(recover(&dir, source, Some(&note)).unwrap().added, 0);
            listen(None);
            assert_eq!(*made.borrow(), ["written", "synced"], "{name}");
        }
    }

    #[test]
    fn a_bundle_of_the_public_files_is_read_up_to_its_limit() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(TilePath::Entries { index: 0, width: TILE_WIDTH }.path());
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let of = |bytes: u64| {
            fs::File::create(&path).unwrap().set_len(bytes).unwrap();
            bundle(dir.path(), 0, u64::from(TILE_WIDTH)).map(|records| records.len())
        };
        assert_eq!(of(BUNDLE_BYTES_MAX + 1).unwrap_err().reason(), "FILE_TOO_LARGE");
        // Millions of empty entries, where 256 should be.
        assert_eq!(of(BUNDLE_BYTES_MAX).unwrap_err().reason(), "BACKUP_MISMATCH");
        assert_eq!(of(2 * u64::from(TILE_WIDTH)).unwrap(), 256);
    }
}
