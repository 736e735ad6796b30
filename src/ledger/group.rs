//! The statements that one journal frame will hold: placed in order, not yet durable.

use std::collections::HashMap;

use super::pipeline::{Outcome, Reply};
use super::status::Pending;
use crate::crypto::Hash;
use crate::event::entry::PERSON_ENTRY_BYTES;
use crate::event::{StreamId, WorkerId};
use crate::vault::{Head, KeySlot, Record};

/// The most statements in one frame: more gain nothing (`fdatasync` is shared by then) and cost the first one latency.
pub(super) const GROUP_MAX: usize = 400;
/// The most bytes of entries and sealed statements in one frame.
pub(super) const GROUP_BYTES_MAX: usize = 4 * 1024 * 1024;

/// One complete subtree's hash: (tree level, index, hash).
pub(super) type Node = (u8, u64, Hash);

/// What one frame will hold and what follows from it.
#[derive(Default)]
pub(super) struct Group {
    pub(super) records: Vec<Record>,
    /// Beside each record: the person entry, for the store.
    pub(super) persons: Vec<Option<[u8; PERSON_ENTRY_BYTES]>>,
    /// New public entries: (stream, revision, leaf).
    pub(super) streams: Vec<(StreamId, u32, u64)>,
    /// Workers' new heads; the last one of each counts.
    pub(super) heads: HashMap<WorkerId, Head>,
    /// Documents of new passports, for the keyed index.
    pub(super) documents: Vec<(KeySlot, zeroize::Zeroizing<String>)>,
    /// What the status lists are to follow.
    pub(super) status: Pending,
    /// Subtrees completed by these entries.
    pub(super) nodes: Vec<Node>,
    /// Whom to answer what once the frame is durable.
    pub(super) answers: Vec<(Reply, Outcome)>,
    pub(super) bytes: usize,
    /// Whether an entry changed the trust state.
    pub(super) trust_changed: bool,
}

impl Group {
    pub(super) fn is_full(&self) -> bool {
        self.records.len() >= GROUP_MAX || self.bytes >= GROUP_BYTES_MAX
    }

    pub(super) fn len(&self) -> u64 {
        self.records.len() as u64
    }
}
