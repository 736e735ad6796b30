//! Reading beside the writer: one handle a segment, shared, positioned reads.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use super::record::Unread;
use super::{DataFile, Frames, Position, Record, VaultError, segment};
use crate::store::JournalOffset;
use crate::vault::durable::{self, Access};

/// The first read of a record; most are shorter.
const READ_BYTES: usize = 2048;

/// Reads the journal; cheap to clone.
#[derive(Debug, Clone)]
pub struct JournalReader(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    dir: PathBuf,
    access: Access,
    segments: RwLock<HashMap<u32, Arc<DataFile>>>,
}

impl JournalReader {
    /// Opens for reading only: beside a live writer, or on a directory that cannot be written.
    pub fn open(dir: &Path) -> Result<Self, VaultError> {
        Self::with_access(dir, Access::Read)
    }

    pub(super) fn open_for_writing(dir: &Path) -> Result<Self, VaultError> {
        Self::with_access(dir, Access::Write)
    }

    fn with_access(dir: &Path, access: Access) -> Result<Self, VaultError> {
        let reader = Self(Arc::new(Inner { dir: dir.to_owned(), access, segments: RwLock::default() }));
        // Segment 0 always exists; opening it now gives "missing" and "not writable" at the first moment.
        if segment::list(dir)?.first() != Some(&0) {
            return Err(VaultError::Missing { path: segment::path(dir, 0) });
        }
        reader.segment(0)?;
        Ok(reader)
    }

    pub(super) fn dir(&self) -> &Path {
        &self.0.dir
    }

    pub(super) fn segment(&self, number: u32) -> Result<Arc<DataFile>, VaultError> {
        let segments = self.0.segments.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = segments.get(&number) {
            return Ok(Arc::clone(file));
        }
        drop(segments);
        let file = Arc::new(DataFile::open(&segment::path(&self.0.dir, number), self.0.access)?);
        let mut segments = self.0.segments.write().unwrap_or_else(PoisonError::into_inner);
        Ok(Arc::clone(segments.entry(number).or_insert(file)))
    }

    /// A segment's length.
    pub fn segment_bytes(&self, number: u32) -> Result<u64, VaultError> {
        self.segment(number)?.len()
    }

    /// Whether a segment of this number exists.
    pub(super) fn has_segment(&self, number: u32) -> Result<bool, VaultError> {
        durable::exists(&segment::path(&self.0.dir, number))
    }

    /// Whether a segment of a greater number exists.
    pub(super) fn has_segment_after(&self, number: u32) -> Result<bool, VaultError> {
        Ok(segment::list(&self.0.dir)?.last().is_some_and(|&last| last > number))
    }

    /// One record. It is not checked against its frame's checksum: a sealed part proves itself when it opens, a public
    /// entry by its leaf hash.
    pub fn read(&self, at: JournalOffset) -> Result<Record, VaultError> {
        let file = self.segment(at.segment)?;
        let mut want = READ_BYTES;
        loop {
            let bytes = file.read_at(u64::from(at.offset), want)?;
            let problem = match Record::decode(&bytes) {
                Ok((record, _)) => return Ok(record),
                // Grows at most twice: the entry's length, then the sealed part's.
                Err(Unread::Short(need)) if bytes.len() == want => {
                    want = need.max(want.saturating_add(1));
                    continue;
                }
                Err(Unread::Short(_)) => "a record runs beyond the end of its segment",
                Err(Unread::Malformed) => "there is no record here",
            };
            return Err(VaultError::JournalDamaged { at, problem });
        }
    }

    /// The frames from a place between two of them, each checked.
    pub fn frames_from(&self, from: Position) -> Result<Frames, VaultError> {
        Frames::new(self.clone(), from)
    }
}
