//! The event store: entries with their journal offsets, institution streams, small state.
//!
//! **Never:** a worker id, a claim, a key. Rebuildable from the journal.

use crate::event::StreamId;

/// Failure of the store below.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// stub
    #[error("stub")]
    Stub,
}

/// Where an entry's record is in the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JournalOffset {
    /// Segment number.
    pub segment: u32,
    /// Byte offset of the record inside it.
    pub offset: u32,
}

/// One stored entry. Person entries are kept whole (74 bytes); public ones are read from the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEntry {
    /// The 74 bytes of a person entry; `None` for class 0 and 1.
    pub person: Option<[u8; crate::event::entry::PERSON_ENTRY_BYTES]>,
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

/// The store's contract; `contract::check` is the suite every implementation must pass.
pub trait Store: Send + Sync {
    /// Applies one batch atomically (all or nothing after a crash); not yet durable.
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
    /// The last (revision, leaf) of a public stream.
    fn stream_head(&self, stream: StreamId) -> Result<Option<(u32, u64)>, StoreError>;
}
