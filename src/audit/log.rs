//! The log as the audit has walked it: the tree's right edge, and the public streams admitted again, entry by entry.

use std::collections::HashMap;

use crate::crypto::Hash;
use crate::event::entry::Entry;
use crate::event::{StreamId, UnixMs};
use crate::tlog::{Frontier, leaf_hash};
use crate::trust::{TrustState, stream_of};

/// What the walk has come to.
#[derive(Debug, Clone, Default)]
pub struct AuditedLog {
    /// Who may say what.
    pub trust: TrustState,
    pub(super) frontier: Frontier,
    pub(super) recorded_at: UnixMs,
    /// The public entries, by leaf: what is needed to go on from here.
    pub(super) public: Vec<(u64, Vec<u8>)>,
    /// Leaves of each public stream, revision 0 first.
    pub(super) streams: HashMap<StreamId, Vec<u64>>,
    last: HashMap<StreamId, Hash>,
}

impl AuditedLog {
    /// Hashes one more entry and, if it is public, admits it. An entry that breaks a rule is hashed all the same.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<(), String> {
        let leaf = self.frontier.size();
        self.frontier.push(leaf_hash(bytes), |_, _, _| {});
        self.admit(leaf, bytes)
    }

    /// The rules an entry must keep, whoever signed it (SPEC.md, "Entry", "Streams").
    pub(super) fn admit(&mut self, leaf: u64, bytes: &[u8]) -> Result<(), String> {
        let entry = Entry::decode(bytes).map_err(|error| error.to_string())?;
        if entry.recorded_at() < self.recorded_at {
            return Err("it was recorded before the one before it".to_owned());
        }
        self.recorded_at = entry.recorded_at();
        let Entry::Public { recorded_at, stream, revision, prev, statement, .. } = entry else {
            return Ok(());
        };
        let revisions = self.streams.get(&stream).map_or(0, Vec::len);
        let expected = self.last.get(&stream).copied().unwrap_or([0; 32]);
        if usize::try_from(revision) != Ok(revisions) || prev != expected {
            return Err("it does not continue its stream".to_owned());
        }
        let verified = self.trust.verify_public(&statement, leaf, recorded_at);
        let (statement, event) = verified.map_err(|refusal| refusal.to_string())?;
        if stream_of(event.kind(), statement.subject().unwrap_or_default()) != Some(stream) {
            return Err("it stands in another stream than its subject's".to_owned());
        }
        self.trust.apply(&statement, &event, leaf, recorded_at);
        self.streams.entry(stream).or_default().push(leaf);
        self.last.insert(stream, leaf_hash(bytes));
        self.public.push((leaf, bytes.to_vec()));
        Ok(())
    }

    /// Leaves walked.
    pub fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// Where a public stream ended when the tree had `size` leaves: revision and leaf.
    pub fn end_of(&self, stream: StreamId, size: u64) -> Option<(u32, u64)> {
        let leaves = self.streams.get(&stream)?;
        let count = leaves.partition_point(|leaf| *leaf < size);
        let last = count.checked_sub(1)?;
        Some((u32::try_from(last).ok()?, *leaves.get(last)?))
    }
}
