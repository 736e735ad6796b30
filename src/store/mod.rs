//! The event store: entries with their journal offsets, institution streams, small state.
//!
//! **Never:** a worker id, a claim, a key. Everything in it can be made anew from the journal, so it may be
//! behind the journal after a crash and is never asked to be ahead of it. SPEC.md, "Journal frame".
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

#[expect(clippy::arithmetic_side_effects, reason = "the suite's own numbers, a few hundred at most")]
mod contract;
mod error;
mod keys;
mod memory;
mod sled;

use crate::event::StreamId;
use crate::event::entry::PERSON_ENTRY_BYTES;

pub use contract::check;
pub use error::StoreError;
pub use memory::MemoryStore;
pub use sled::{CACHE_BYTES, SledStore};

/// Where an entry's record is in the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JournalOffset {
    /// Segment number.
    pub segment: u32,
    /// Byte offset of the record inside it.
    pub offset: u32,
}

impl JournalOffset {
    /// The first byte of the journal.
    pub const START: Self = Self { segment: 0, offset: 0 };
}

impl std::fmt::Display for JournalOffset {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "segment {} byte {}", self.segment, self.offset)
    }
}

/// One stored entry. Person entries are kept whole (74 bytes); public ones are read from the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEntry {
    /// The 74 bytes of a person entry; `None` for class 0 and 1.
    pub person: Option<[u8; PERSON_ENTRY_BYTES]>,
    /// Where its record is.
    pub at: JournalOffset,
}

/// What the store knows to be applied: written last in each batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Entries applied.
    pub size: u64,
    /// End of the journal frame that held the last of them.
    pub journal_end: JournalOffset,
    /// `tlog::Frontier::encode` at `size`.
    pub frontier: Vec<u8>,
}

/// One atomic change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Leaf of the first entry; equals the mark's size before.
    pub first_leaf: u64,
    /// The entries, ascending.
    pub entries: Vec<StoredEntry>,
    /// New public entries: (stream, revision, leaf).
    pub streams: Vec<(StreamId, u32, u64)>,
    /// The new mark.
    pub mark: Mark,
}

impl Batch {
    /// The rules every store holds a batch to before it touches anything: it continues where the mark ends, and
    /// its own mark counts exactly its entries.
    fn check_place(&self, size: u64) -> Result<(), StoreError> {
        if self.first_leaf != size {
            return Err(StoreError::OutOfOrder { expected: size, found: self.first_leaf });
        }
        let end = self.first_leaf.saturating_add(self.entries.len() as u64);
        if self.mark.size != end {
            return Err(StoreError::MarkMismatch { mark: self.mark.size, end });
        }
        match self.streams.iter().find(|(_, _, leaf)| !(self.first_leaf..end).contains(leaf)) {
            Some(&(_, _, leaf)) => Err(StoreError::LeafOutsideBatch { leaf }),
            None => Ok(()),
        }
    }

    /// Each public stream grows without a gap. `head` answers from what was applied before this batch.
    fn check_streams(
        &self,
        head: impl Fn(StreamId) -> Result<Option<(u32, u64)>, StoreError>,
    ) -> Result<(), StoreError> {
        let mut grown = std::collections::HashMap::new();
        for &(stream, revision, _) in &self.streams {
            let next = match grown.get(&stream) {
                Some(&next) => next,
                None => head(stream)?.map_or(0, |(last, _)| last.saturating_add(1)),
            };
            if revision != next {
                return Err(StoreError::StreamGap { expected: next, found: revision });
            }
            grown.insert(stream, next.saturating_add(1));
        }
        Ok(())
    }
}

/// The store's contract; [`check`] is the suite every implementation must pass.
///
/// One thread applies; any number read. What a reader sees up to the mark is whole; beyond it there may be what is being applied.
pub trait Store: Send + Sync {
    /// Applies one batch: after a crash all of it is there or nothing. Not yet durable.
    fn apply(&self, batch: &Batch) -> Result<(), StoreError>;
    /// Makes everything applied survive power loss.
    fn sync(&self) -> Result<(), StoreError>;
    /// The mark, if any batch was applied.
    fn mark(&self) -> Result<Option<Mark>, StoreError>;
    /// The entry at `leaf`.
    fn entry(&self, leaf: u64) -> Result<Option<StoredEntry>, StoreError>;
    /// Up to `max` entries from `leaf` on, ascending.
    fn entries(&self, leaf: u64, max: usize) -> Result<Vec<StoredEntry>, StoreError>;
    /// The leaves of a public stream, revision 0 first.
    fn stream(&self, stream: StreamId) -> Result<Vec<u64>, StoreError>;
    /// Every entry of every public stream: (stream, revision, leaf), in no promised order. For opening and checks.
    fn public_entries(&self) -> Result<Vec<(StreamId, u32, u64)>, StoreError>;
    /// The last (revision, leaf) of a public stream.
    fn stream_head(&self, stream: StreamId) -> Result<Option<(u32, u64)>, StoreError>;
}
