//! DIR/log/checkpoint, the published one; DIR/log/checkpoints, every one ever published, found by size or by time;
//! DIR/log/cosigned, those that witnesses cosigned, in the same form with an index of its own.
//!
//! ```text
//! checkpoints        record = u32 length | u64 published at (ms) | u64 tree size | note | u32 crc32c of all before
//! checkpoints.index  record = u64 tree size | u64 published at | u64 offset of its record | u32 crc32c      (28 B)
//! ```
//! `length` is the note's. The same size may come again, with more cosignatures. The index is derived: what it lacks is
//! added when the archive is opened.
//!
//! *fsync:* [`CheckpointArchive::publish`] makes the archive's record durable, then the index's, then puts `checkpoint` in
//! place (temporary file, fsync, rename, directory fsync). So a published checkpoint is always in the archive; one that is only in the
//! archive was signed and not yet seen.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use super::durable::{self, Access, DataFile, exists, sync_dir};
use super::fields::Fields;
use super::{DataDir, VaultError};
use crate::event::UnixMs;

/// A checkpoint with 64 signatures is far below.
const NOTE_BYTES_MAX: usize = 64 * 1024;
const HEADER_BYTES: usize = 20;
const PUBLISHED: &str = "checkpoints";
const COSIGNED: &str = "cosigned";
const INDEX_BYTES: usize = 28;
const INDEX: u64 = INDEX_BYTES as u64;

/// A checkpoint as it was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptCheckpoint {
    /// Tree size.
    pub size: u64,
    /// When.
    pub published_at: UnixMs,
    /// The signed note.
    pub note: String,
}

/// Every checkpoint, and the current one.
#[derive(Debug)]
pub struct CheckpointArchive {
    /// Where the newest is put in place; `None` for the cosigned ones, which are served from memory.
    current: Option<PathBuf>,
    file: &'static str,
    records: DataFile,
    index: DataFile,
    access: Access,
    ends: Mutex<Ends>,
}

/// What is wrong with an archive, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArchiveProblem {
    /// A record is not what was written, or torn.
    Record {
        /// Its first byte.
        at: u64,
    },
    /// A size or a time that fell.
    Order {
        /// The record's first byte.
        at: u64,
    },
    /// The index has another size, time or place than the record, or more records than there are.
    Index {
        /// The index's record.
        number: u64,
    },
    /// The index ends before it: what a crash leaves.
    NotIndexed {
        /// The record's first byte.
        at: u64,
    },
}

#[derive(Debug, Clone, Copy)]
struct Ends {
    records: u64,
    count: u64,
    last: Option<Indexed>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Indexed {
    size: u64,
    published_at: UnixMs,
    offset: u64,
}

impl CheckpointArchive {
    /// Opens the archive, made if absent. A torn last record, which was never published, is cut off.
    pub fn open(paths: &DataDir) -> Result<Self, VaultError> {
        Self::open_named(paths, PUBLISHED)
    }

    /// Opens the archive of the cosigned ones, made if absent.
    pub fn open_cosigned(paths: &DataDir) -> Result<Self, VaultError> {
        Self::open_named(paths, COSIGNED)
    }

    fn open_named(paths: &DataDir, file: &'static str) -> Result<Self, VaultError> {
        let archive = Self::with_access(paths, file, Access::Create)?;
        sync_dir(&paths.log())?;
        archive.catch_up()?;
        Ok(archive)
    }

    /// Opens for reading only. What a crash left out of the index is not found.
    pub fn open_read_only(paths: &DataDir) -> Result<Self, VaultError> {
        Self::with_access(paths, PUBLISHED, Access::Read)
    }

    /// The cosigned ones, for reading only; `None` if no witness was ever asked.
    pub fn open_cosigned_read_only(paths: &DataDir) -> Result<Option<Self>, VaultError> {
        if !exists(&paths.log().join(COSIGNED))? {
            return Ok(None);
        }
        Self::with_access(paths, COSIGNED, Access::Read).map(Some)
    }

    fn with_access(paths: &DataDir, file: &'static str, access: Access) -> Result<Self, VaultError> {
        let records = DataFile::open(&paths.log().join(file), access)?;
        let index = DataFile::open(&paths.log().join(format!("{file}.index")), access)?;
        let count = index.len()? / INDEX;
        let ends = Mutex::new(Ends { records: records.len()?, count, last: None });
        let current = (file == PUBLISHED).then(|| paths.checkpoint());
        let archive = Self { current, file, records, index, access, ends };
        let last = count.checked_sub(1).map(|last| archive.indexed(last)).transpose();
        // A damaged or torn last index record: the index is made anew.
        let (count, last) = last.map_or((0, None), |last| (count, last));
        archive.ends().last = last;
        archive.ends().count = count;
        Ok(archive)
    }

    fn ends(&self) -> std::sync::MutexGuard<'_, Ends> {
        self.ends.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds to the index what the archive has behind its last record, and cuts a torn last record off. The last whole ones
    /// are written again: whoever wrote them may not have lived to sync them.
    #[expect(clippy::arithmetic_side_effects, reason = "records of a file, counted one by one")]
    fn catch_up(&self) -> Result<(), VaultError> {
        let mut ends = *self.ends();
        let mut at = match ends.last {
            Some(last) => self.record_end(last.offset)?,
            None => 0,
        };
        let first_unsure = ends.last.map_or(0, |last| last.offset);
        while at < ends.records {
            let Some((kept, end)) = self.record(at)? else {
                if self.has_record_behind(at, ends.records)? {
                    return Err(VaultError::ArchiveDamaged { file: self.file, at });
                }
                self.records.set_len(at)?;
                self.records.sync()?;
                ends.records = at;
                break;
            };
            let indexed = Indexed { size: kept.size, published_at: kept.published_at, offset: at };
            self.index.write_all_at(&encode_index(&indexed), ends.count * INDEX)?;
            ends.count += 1;
            ends.last = Some(indexed);
            at = end;
        }
        self.records.rewrite(first_unsure, ends.records)?;
        let indexed = ends.count * INDEX;
        self.index.set_len(indexed)?;
        self.index.rewrite(indexed.saturating_sub(INDEX), indexed)?;
        *self.ends() = ends;
        Ok(())
    }

    fn record_end(&self, at: u64) -> Result<u64, VaultError> {
        self.record(at)?.map(|(_, end)| end).ok_or(VaultError::ArchiveDamaged { file: self.file, at })
    }

    /// The record at an offset and where it ends; `None` if it is not whole.
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "a note has at most NOTE_BYTES_MAX; `end` is where bytes of a file end"
    )]
    fn record(&self, at: u64) -> Result<Option<(KeptCheckpoint, u64)>, VaultError> {
        let header = self.records.read_at(at, HEADER_BYTES)?;
        let mut fields = Fields(&header);
        let (Some(len), Some(published_at), Some(size)) = (fields.u32(), fields.u64(), fields.u64()) else {
            return Ok(None);
        };
        let len = len as usize;
        if len > NOTE_BYTES_MAX {
            return Ok(None);
        }
        let bytes = self.records.read_at(at, HEADER_BYTES + len + 4)?;
        let Some((checked, crc)) = bytes.split_at_checked(HEADER_BYTES + len) else { return Ok(None) };
        if crc != crc32c::crc32c(checked).to_be_bytes() {
            return Ok(None);
        }
        let note = checked.get(HEADER_BYTES..).and_then(|note| std::str::from_utf8(note).ok());
        let end = at + bytes.len() as u64;
        Ok(note.map(|note| (KeptCheckpoint { size, published_at, note: note.to_owned() }, end)))
    }

    /// A torn record is the last; with one behind it, it is damage. Each record is at most a few hundred bytes, so every
    /// place is tried.
    fn has_record_behind(&self, at: u64, end: u64) -> Result<bool, VaultError> {
        for candidate in (at..end.saturating_sub((HEADER_BYTES + 4) as u64)).skip(1) {
            if self
                .record(candidate)?
                .is_some_and(|(kept, _)| kept.note.starts_with(|c: char| !c.is_control()))
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    #[expect(clippy::arithmetic_side_effects, reason = "`number` is below how many the index has")]
    fn indexed(&self, number: u64) -> Result<Indexed, VaultError> {
        let at = number * INDEX;
        let bytes = self.index.read_at(at, INDEX_BYTES)?;
        let mut fields = Fields(&bytes);
        let mut parse =
            || Some(Indexed { size: fields.u64()?, published_at: fields.u64()?, offset: fields.u64()? });
        parse()
            .filter(|indexed| encode_index(indexed) == *bytes)
            .ok_or(VaultError::ArchiveDamaged { file: "checkpoints.index", at })
    }

    /// Keeps a checkpoint for ever, then makes it the current one. Sizes and times never fall.
    #[expect(clippy::arithmetic_side_effects, reason = "records of a file, counted one by one")]
    pub fn publish(&self, kept: &KeptCheckpoint) -> Result<(), VaultError> {
        if self.access == Access::Read {
            return Err(VaultError::ReadOnly);
        }
        if kept.note.len() > NOTE_BYTES_MAX {
            return Err(VaultError::OverLimit {
                what: "checkpoint",
                found: kept.note.len(),
                max: NOTE_BYTES_MAX,
            });
        }
        let mut ends = *self.ends();
        if let Some(last) =
            ends.last.filter(|last| last.size > kept.size || last.published_at > kept.published_at)
        {
            return Err(VaultError::ArchiveOrder { last: last.size, found: kept.size });
        }
        let mut bytes = u32::try_from(kept.note.len()).unwrap_or(u32::MAX).to_be_bytes().to_vec();
        bytes.extend_from_slice(&kept.published_at.to_be_bytes());
        bytes.extend_from_slice(&kept.size.to_be_bytes());
        bytes.extend_from_slice(kept.note.as_bytes());
        bytes.extend_from_slice(&crc32c::crc32c(&bytes).to_be_bytes());
        self.records.write_all_at(&bytes, ends.records)?;
        self.records.sync()?;
        let indexed = Indexed { size: kept.size, published_at: kept.published_at, offset: ends.records };
        self.index.write_all_at(&encode_index(&indexed), ends.count * INDEX)?;
        // Else a crash could leave a later record whole and an earlier one not, which no start would notice.
        self.index.sync()?;
        ends =
            Ends { records: ends.records + bytes.len() as u64, count: ends.count + 1, last: Some(indexed) };
        *self.ends() = ends;
        self.current.as_deref().map_or(Ok(()), |current| durable::replace(current, kept.note.as_bytes()))
    }

    /// Makes the newest that is kept the current one, if it is of the locked `size`: a backup holds what is kept for ever, and no file
    /// that is replaced.
    pub fn restore_current(&self, size: u64) -> Result<(), VaultError> {
        let newest = self.at_most(u64::MAX)?.filter(|newest| newest.size == size);
        match (self.current.as_deref(), newest) {
            (Some(current), Some(newest)) => durable::replace(current, newest.note.as_bytes()),
            _ => Ok(()),
        }
    }

    /// The published note, `None` before the first.
    pub fn current(&self) -> Result<Option<String>, VaultError> {
        let Some(current) = &self.current else { return Ok(None) };
        let bytes = durable::read_small(current, NOTE_BYTES_MAX as u64)?;
        let text = bytes.map(String::from_utf8).transpose();
        text.map_err(|_| VaultError::ArchiveDamaged { file: "checkpoint", at: 0 })
    }

    /// Every kept checkpoint read again, whatever the index says, and what is wrong with either. A bad record is passed over as
    /// far as the index says where the next one begins.
    #[expect(clippy::arithmetic_side_effects, reason = "records of a file, counted one by one")]
    pub fn check(&self) -> Result<(Vec<KeptCheckpoint>, Vec<ArchiveProblem>), VaultError> {
        // A running ledger writes the record first.
        let indexes = self.index.len()? / INDEX;
        let len = self.records.len()?;
        let (mut kept, mut problems) = (Vec::<KeptCheckpoint>::new(), Vec::new());
        let (mut at, mut number) = (0, 0);
        while at < len {
            let indexed = (number < indexes).then(|| self.indexed(number).ok());
            let Some((record, end)) = self.record(at)? else {
                problems.push(ArchiveProblem::Record { at });
                number += 1;
                let next = if number < indexes { self.indexed(number).ok() } else { None };
                at = next.map(|next| next.offset).filter(|next| *next > at).unwrap_or(len);
                continue;
            };
            match indexed {
                Some(Some(indexed))
                    if indexed
                        == Indexed { size: record.size, published_at: record.published_at, offset: at } => {}
                Some(_) => problems.push(ArchiveProblem::Index { number }),
                None => problems.push(ArchiveProblem::NotIndexed { at }),
            }
            if kept
                .last()
                .is_some_and(|last| last.size > record.size || last.published_at > record.published_at)
            {
                problems.push(ArchiveProblem::Order { at });
            }
            kept.push(record);
            (at, number) = (end, number + 1);
        }
        if number < indexes {
            problems.push(ArchiveProblem::Index { number });
        }
        Ok((kept, problems))
    }

    /// How many are kept.
    pub fn count(&self) -> u64 {
        self.ends().count
    }

    /// The n-th, 0 being the first ever.
    pub fn nth(&self, number: u64) -> Result<Option<KeptCheckpoint>, VaultError> {
        if number >= self.count() {
            return Ok(None);
        }
        let at = self.indexed(number)?.offset;
        self.record(at)?.map(|(kept, _)| Some(kept)).ok_or(VaultError::ArchiveDamaged { file: self.file, at })
    }

    /// The newest of at most this tree size.
    pub fn at_most(&self, size: u64) -> Result<Option<KeptCheckpoint>, VaultError> {
        self.last_where(|indexed| indexed.size <= size)
    }

    /// The bytes of the archive up to and with the newest of at most this tree size.
    pub fn bytes_at_most(&self, size: u64) -> Result<u64, VaultError> {
        match self.partition(|indexed| indexed.size <= size)?.checked_sub(1) {
            Some(number) => self.record_end(self.indexed(number)?.offset),
            None => Ok(0),
        }
    }

    /// The newest published before `time`.
    pub fn before(&self, time: UnixMs) -> Result<Option<KeptCheckpoint>, VaultError> {
        self.last_where(|indexed| indexed.published_at < time)
    }

    /// How many were kept before `time`: the number of the first that was not.
    pub fn count_before(&self, time: UnixMs) -> Result<u64, VaultError> {
        self.partition(|indexed| indexed.published_at < time)
    }

    /// The first whose tree has more leaves than `leaf`, so that it includes it.
    pub fn covering(&self, leaf: u64) -> Result<Option<KeptCheckpoint>, VaultError> {
        self.nth(self.partition(|indexed| indexed.size <= leaf)?)
    }

    fn last_where(&self, holds: impl Fn(&Indexed) -> bool) -> Result<Option<KeptCheckpoint>, VaultError> {
        self.partition(holds)?.checked_sub(1).map_or(Ok(None), |number| self.nth(number))
    }

    /// How many from the first on satisfy a condition that holds up to some place: sizes and times never fall.
    fn partition(&self, holds: impl Fn(&Indexed) -> bool) -> Result<u64, VaultError> {
        let (mut low, mut high) = (0, self.count());
        while low < high {
            let middle = low.midpoint(high);
            if holds(&self.indexed(middle)?) {
                low = middle.saturating_add(1);
            } else {
                high = middle;
            }
        }
        Ok(low)
    }
}

fn encode_index(indexed: &Indexed) -> [u8; INDEX_BYTES] {
    let mut bytes = [0; INDEX_BYTES];
    bytes[..8].copy_from_slice(&indexed.size.to_be_bytes());
    bytes[8..16].copy_from_slice(&indexed.published_at.to_be_bytes());
    bytes[16..24].copy_from_slice(&indexed.offset.to_be_bytes());
    let crc = crc32c::crc32c(&bytes[..24]);
    bytes[24..].copy_from_slice(&crc.to_be_bytes());
    bytes
}

#[cfg(test)]
mod tests;
