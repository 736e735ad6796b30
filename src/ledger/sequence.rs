//! One statement after the other: which stream, which revision, what stands before it, and the entry's bytes.
//!
//! Nothing here is durable yet. Whoever needs to look back into a stream that the present group has grown first has the
//! group committed ([`Writer::commit`]), so that looking back is always reading what is recorded.

use std::sync::Arc;

use super::Acknowledgement;
use super::error::{AppendError, AppendErrorKind};
use super::group::Node;
use super::pipeline::{Job, Verified};
use super::prepare::{Prepared, Public, Said, id_order, prepare};
use super::shared::StreamHead;
use super::writer::{Fault, Writer};
use crate::crypto::OsEntropy;
use crate::event::entry::Entry;
use crate::tlog::leaf_hash;
use crate::vault::Record;

/// Where a statement stands now.
pub(super) enum Placed {
    /// In the present group: answered when that is durable.
    New(Acknowledgement),
    /// Recorded before: the same acknowledgement.
    Repeated(Acknowledgement),
}

impl Writer {
    /// Places one verified statement, or answers why not.
    pub(super) fn sequence(&mut self, verified: Verified) -> Result<(), Fault> {
        let Verified { job, outcome, generation } = verified;
        let Job { text, expected_revision, document, reply } = job;
        let outcome = if generation == self.generation {
            outcome
        } else {
            // The trust state has moved on since this was judged: judge again by the present one.
            prepare(&text, document.as_ref(), &self.trust, self.now, &mut OsEntropy)
        };
        let placed = match outcome {
            Ok(prepared) => self.place(prepared, text, expected_revision),
            Err(error) => Err(error.into()),
        };
        let outcome = match placed {
            Ok(Placed::New(acknowledgement) | Placed::Repeated(acknowledgement)) => Ok(acknowledgement),
            Err(Fault::Refused(error)) => Err(error),
            Err(fault) => return Err(fault),
        };
        self.answer(reply, outcome);
        Ok(())
    }

    /// `text` is what was prepared.
    pub(super) fn place(
        &mut self,
        prepared: Prepared,
        text: String,
        expected: Option<u32>,
    ) -> Result<Placed, Fault> {
        match prepared {
            Prepared::Person(person) => self.place_person(&person, text, expected),
            Prepared::Public(public) => self.place_public(&public, text, expected),
        }
    }

    fn place_public(
        &mut self,
        public: &Public,
        text: String,
        expected: Option<u32>,
    ) -> Result<Placed, Fault> {
        let &Public { class, stream, ref said } = public;
        let Said { statement, event } = &**said;
        let id = statement.clear().id;
        let head = self.streams.get(&stream).copied();
        if head.is_some_and(|head| id_order(id) <= head.newest_id) {
            if self.group.streams.iter().any(|(grown, ..)| *grown == stream) {
                self.commit()?;
            }
            if let Some((past, acknowledgement)) = self.shared.public_by_id(stream, id)? {
                let same = past == statement.hash();
                return if same { Ok(Placed::Repeated(acknowledgement)) } else { Err(duplicate_id().into()) };
            }
        }
        let revision = match head {
            Some(head) => head.revision.checked_add(1).ok_or_else(stream_full)?,
            None => 0,
        };
        check_revision(revision, expected)?;
        let (leaf, recorded_at) = (self.next_leaf(), self.now);
        self.trust.admit_public(statement, event, leaf, recorded_at).map_err(AppendError::from)?;
        let prev = head.map_or([0; 32], |head| head.leaf_hash);
        let entry = Entry::Public { class, recorded_at, stream, revision, prev, statement: text }.encode();
        let newest_id = head.map_or(0, |head| head.newest_id).max(id_order(id));
        self.streams.insert(stream, StreamHead { revision, leaf_hash: leaf_hash(&entry), newest_id });
        self.group.streams.push((stream, revision, leaf));
        Arc::make_mut(&mut self.trust).apply(statement, event, leaf, recorded_at);
        self.group.trust_changed = true;
        self.generation = self.generation.wrapping_add(1);
        self.push(None, Record { entry, sealed: None });
        Ok(Placed::New(Acknowledgement { jti: id, revision, leaf, recorded_at, repeated: false }))
    }

    pub(super) fn next_leaf(&self) -> u64 {
        self.frontier.size()
    }

    /// The leaf of the first entry that is taken and not yet written.
    pub(super) fn first_of_group(&self) -> u64 {
        self.frontier.size().saturating_sub(self.group.len())
    }

    /// Takes the record into the group and its leaf into the tree.
    pub(super) fn push(
        &mut self,
        person: Option<[u8; crate::event::entry::PERSON_ENTRY_BYTES]>,
        record: Record,
    ) {
        let nodes: &mut Vec<Node> = &mut self.group.nodes;
        self.frontier.push(leaf_hash(&record.entry), |level, index, hash| nodes.push((level, index, *hash)));
        let sealed = record.sealed.as_ref().map_or(0, |sealed| sealed.bytes.len());
        self.group.bytes = self.group.bytes.saturating_add(record.entry.len()).saturating_add(sealed);
        self.group.persons.push(person);
        self.group.records.push(record);
    }
}

/// The current revision is named to nobody here: who may read the worker can look it up.
pub(super) fn check_revision(revision: u32, expected: Option<u32>) -> Result<(), AppendError> {
    if expected.is_none_or(|expected| expected == revision) {
        return Ok(());
    }
    Err(AppendError::new(
        AppendErrorKind::Conflict,
        "REVISION_CONFLICT",
        "the stream is not at the expected revision: something was recorded in between",
        "read the stream again and decide whether the statement still holds",
    ))
}

pub(super) fn duplicate_id() -> AppendError {
    AppendError::new(
        AppendErrorKind::Duplicate,
        "DUPLICATE_ID_DIFFERENT_BODY",
        "another statement with this `jti` is recorded in the stream",
        "give each statement its own version 7 UUID; to send one again, send the very same bytes",
    )
}

pub(super) fn stream_full() -> AppendError {
    AppendError::new(
        AppendErrorKind::Conflict,
        "STREAM_FULL",
        "the stream holds 2^32 entries, its limit",
        "tell the operator",
    )
}
