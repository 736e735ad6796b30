//! One statement after the other: which stream, which revision, what stands before it, and the entry's bytes.
//!
//! Nothing here is durable yet. Whoever needs to look back into a stream that the present group has grown first has the
//! group committed ([`Writer::commit`]), so that looking back is always reading what is recorded.

use std::sync::Arc;

use super::Acknowledgement;
use super::error::{AppendError, AppendErrorKind};
use super::group::Node;
use super::history::{Past, needs_history};
use super::pipeline::Verified;
use super::prepare::{Blinding, Prepared, Subject, acts_on_another, authorise, id_order, prepare};
use super::shared::StreamHead;
use super::writer::{Fault, Writer};
use crate::crypto::OsEntropy;
use crate::event::entry::{Entry, chain_start, link};
use crate::event::{Class, Kind, StreamId, WorkerId};
use crate::tlog::leaf_hash;
use crate::trust::{Question, TrustState};
use crate::vault::{Head, OpenedRecord, Record};

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
        let outcome = if generation == self.generation {
            outcome
        } else {
            // The trust state has moved on since this was judged: judge again by the present one.
            match outcome {
                Ok(prepared) => authorise(&prepared, &self.trust, self.now).map(|()| prepared),
                Err(_) => prepare(&job.text, &self.trust, self.now, &mut OsEntropy),
            }
        };
        let placed = match outcome {
            Ok(prepared) => self.place(&prepared, job.expected_revision),
            Err(error) => Err(error.into()),
        };
        match placed {
            Ok(Placed::New(acknowledgement)) => self.group.answers.push((job.reply, acknowledgement)),
            Ok(Placed::Repeated(acknowledgement)) => job.reply.answer(Ok(acknowledgement)),
            Err(Fault::Refused(error)) => job.reply.answer(Err(error)),
            Err(fault) => return Err(fault),
        }
        Ok(())
    }

    pub(super) fn place(&mut self, prepared: &Prepared, expected: Option<u32>) -> Result<Placed, Fault> {
        match (prepared.subject, &prepared.blinding) {
            (Subject::Worker(worker), Some(blinding)) => {
                self.place_person(worker, prepared, blinding, expected)
            }
            (Subject::Public(class, stream), _) => self.place_public(class, stream, prepared, expected),
            (Subject::Worker(_), None) => Err(AppendError::internal().into()),
        }
    }

    fn head(&self, worker: WorkerId) -> Result<Option<Head>, Fault> {
        match self.group.heads.get(&worker) {
            Some(head) => Ok(Some(*head)),
            None => Ok(self.shared.head(worker)?),
        }
    }

    fn place_person(
        &mut self,
        worker: WorkerId,
        prepared: &Prepared,
        blinding: &Blinding,
        expected: Option<u32>,
    ) -> Result<Placed, Fault> {
        let kind = prepared.event.kind();
        let Some(head) = self.head(worker)? else {
            self.check_unknown(worker, prepared)?;
            check_revision(0, expected)?;
            return self.open_stream(worker, prepared, blinding);
        };
        // Idempotent for ever: an id that sorts after all of the stream's is new, any other is looked for.
        let maybe_known = id_order(prepared.statement.clear().id) <= head.newest_id;
        if maybe_known || needs_history(kind) {
            if self.group.heads.contains_key(&worker) {
                self.commit()?;
            }
            if let Some(repeated) = self.look_back(worker, prepared, expected)? {
                return Ok(Placed::Repeated(repeated));
            }
        }
        if kind == Kind::PassportOpened {
            return Err(worker_exists().into());
        }
        let revision = head.revision.checked_add(1).ok_or_else(stream_full)?;
        check_revision(revision, expected)?;
        let place = Head { revision, ..head };
        self.add_person(place, Some(head.leaf), prepared, blinding).map(Placed::New)
    }

    /// What to say of a worker id without a stream, unless a passport is being opened.
    fn check_unknown(&self, worker: WorkerId, prepared: &Prepared) -> Result<(), Fault> {
        let kind = prepared.event.kind();
        if self.shared.keyring.is_erased(worker) && self.holds_authority(prepared) {
            return Err(AppendError::new(
                AppendErrorKind::Conflict,
                "ERASED",
                "this passport was erased at the worker's request or by order, and stays so",
                "if the worker wants a passport again, open a new one with a new worker id",
            )
            .into());
        }
        if kind == Kind::PassportOpened { Ok(()) } else { Err(AppendError::unknown_worker().into()) }
    }

    /// Only a body authorised for this kind may learn that an id was erased; to all others it is as unknown as any.
    fn holds_authority(&self, prepared: &Prepared) -> bool {
        let kind = prepared.event.kind();
        let issuer = &prepared.statement.clear().issuer;
        !kind.is_by_holder()
            && (!acts_on_another(kind)
                || self
                    .trust
                    .authorise(&Question::about(issuer, &prepared.event, u64::MAX, self.now))
                    .is_ok())
    }

    /// Walks the worker's stream: the same statement again, another with the same id, or what the history forbids.
    fn look_back(
        &mut self,
        worker: WorkerId,
        prepared: &Prepared,
        expected: Option<u32>,
    ) -> Result<Option<Acknowledgement>, Fault> {
        let Some(history) = self.shared.history(worker, &self.trust)? else {
            return Err(AppendError::internal().into());
        };
        let (statement, event) = (&prepared.statement, &prepared.event);
        let known = history.by_id(statement.clear().id);
        if let Some(past) = known.filter(|past| past.hash == statement.hash()) {
            return Ok(Some(Acknowledgement {
                jti: past.id,
                revision: past.revision,
                leaf: past.leaf,
                recorded_at: past.recorded_at,
                repeated: true,
            }));
        }
        if event.kind().is_by_holder() {
            history.check_holder(&statement.clear().issuer)?;
        }
        if known.is_some() {
            return Err(duplicate_id().into());
        }
        if event.kind() == Kind::PassportOpened {
            return Err(worker_exists().into());
        }
        let next = history.0.len();
        check_revision(u32::try_from(next).unwrap_or(u32::MAX), expected)?;
        let question = Question::about(&statement.clear().issuer, event, u64::MAX, self.now);
        history.check(statement, event, &|issuer, past| may_change(&self.trust, &question, issuer, past))?;
        Ok(None)
    }

    fn open_stream(
        &mut self,
        worker: WorkerId,
        prepared: &Prepared,
        blinding: &Blinding,
    ) -> Result<Placed, Fault> {
        let slot = self.take_key_slot()?;
        let link = chain_start(&self.shared.genesis_hash, worker);
        let place = Head { worker, slot, revision: 0, leaf: 0, link, newest_id: 0 };
        self.add_person(place, None, prepared, blinding).map(Placed::New)
    }

    /// Seals the record and chains it. `place` has the new revision and the previous L.
    fn add_person(
        &mut self,
        place: Head,
        previous: Option<u64>,
        prepared: &Prepared,
        blinding: &Blinding,
    ) -> Result<Acknowledgement, Fault> {
        let (leaf, recorded_at) = (self.next_leaf(), self.now);
        let l = link(&blinding.n_l, place.worker, place.revision, &place.link, recorded_at, &blinding.s);
        let entry = Entry::Person { recorded_at, s: blinding.s, l }.encode();
        let key = self.key(place.slot)?;
        let opened = OpenedRecord {
            n_s: blinding.n_s,
            n_l: blinding.n_l,
            worker: place.worker,
            revision: place.revision,
            previous,
            l_prev: place.link,
            statement: prepared.statement.text().to_owned(),
        };
        let sealed = opened.seal(place.slot, &key, blinding.nonce, &entry)?;
        let id = prepared.statement.clear().id;
        let newest_id = place.newest_id.max(id_order(id));
        self.group.heads.insert(place.worker, Head { leaf, link: l, newest_id, ..place });
        let person = entry.as_slice().try_into().ok();
        self.push(person, Record { entry, sealed: Some(sealed) });
        Ok(Acknowledgement { jti: id, revision: place.revision, leaf, recorded_at, repeated: false })
    }

    fn place_public(
        &mut self,
        class: Class,
        stream: StreamId,
        prepared: &Prepared,
        expected: Option<u32>,
    ) -> Result<Placed, Fault> {
        let (statement, event) = (&prepared.statement, &prepared.event);
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
        let text = statement.text().to_owned();
        let entry = Entry::Public { class, recorded_at, stream, revision, prev, statement: text }.encode();
        let newest_id = head.map_or(0, |head| head.newest_id).max(id_order(id));
        self.streams.insert(stream, StreamHead { revision, leaf_hash: leaf_hash(&entry), newest_id });
        self.group.streams.push((stream, revision, leaf));
        Arc::make_mut(&mut self.trust).apply(statement, event, leaf, recorded_at);
        self.group.trust_changed = true;
        self.generation += 1;
        self.push(None, Record { entry, sealed: None });
        Ok(Placed::New(Acknowledgement { jti: id, revision, leaf, recorded_at, repeated: false }))
    }

    fn next_leaf(&self) -> u64 {
        self.frontier.size()
    }

    /// Takes the record into the group and its leaf into the tree.
    fn push(&mut self, person: Option<[u8; crate::event::entry::PERSON_ENTRY_BYTES]>, record: Record) {
        let nodes: &mut Vec<Node> = &mut self.group.nodes;
        self.frontier.push(leaf_hash(&record.entry), |level, index, hash| nodes.push((level, index, *hash)));
        self.group.bytes +=
            record.entry.len() + record.sealed.as_ref().map_or(0, |sealed| sealed.bytes.len());
        self.group.persons.push(person);
        self.group.records.push(record);
    }
}

/// May `issuer` act on what `past` records? On its own record, if it may state such a change or such a record; on
/// another's, if it stands above that body.
pub(super) fn may_change(trust: &TrustState, question: &Question<'_>, issuer: &str, past: &Past) -> bool {
    if issuer == past.issuer {
        trust.authorise(question).is_ok() || trust.authorise(&question.as_kind(past.event.kind())).is_ok()
    } else {
        trust.may_change(issuer, &past.issuer)
    }
}

/// The current revision is named to nobody here: who may read the worker can look it up.
fn check_revision(revision: u32, expected: Option<u32>) -> Result<(), AppendError> {
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

fn duplicate_id() -> AppendError {
    AppendError::new(
        AppendErrorKind::Duplicate,
        "DUPLICATE_ID_DIFFERENT_BODY",
        "another statement with this `jti` is recorded in the stream",
        "give each statement its own version 7 UUID; to send one again, send the very same bytes",
    )
}

fn worker_exists() -> AppendError {
    AppendError::new(
        AppendErrorKind::Conflict,
        "WORKER_EXISTS",
        "a passport with this worker id is open already",
        "record further statements in it, or draw a fresh random worker id",
    )
}

fn stream_full() -> AppendError {
    AppendError::new(
        AppendErrorKind::Conflict,
        "STREAM_FULL",
        "the stream holds 2^32 entries, its limit",
        "tell the operator",
    )
}
