//! A statement about a worker: into which place of which stream, and the sealed record.

use super::Acknowledgement;
use super::error::{AppendError, AppendErrorKind};
use super::history::{History, Past};
use super::ids::StreamIds;
use super::prepare::{Person, Said, id_order};
use super::sequence::{Placed, check_revision, duplicate_id, stream_full};
use super::status::Place;
use super::stream::authoriser_kind;
use super::writer::{Fault, Writer};
use crate::event::entry::{Entry, chain_start, link};
use crate::event::standing::may_change_standing;
use crate::event::{Kind, WorkerId};
use crate::trust::{Question, Refusal, Target, TrustState};
use crate::vault::{Head, OpenedRecord, Record};

impl Writer {
    fn head(&self, worker: WorkerId) -> Result<Option<Head>, Fault> {
        match self.group.heads.get(&worker) {
            Some(head) => Ok(Some(*head)),
            None => Ok(self.shared.head(worker)?),
        }
    }

    pub(super) fn place_person(
        &mut self,
        person: &Person,
        text: String,
        expected: Option<u32>,
    ) -> Result<Placed, Fault> {
        let &Person { worker, kind, id, .. } = person;
        let Some(head) = self.head(worker)? else {
            refuse(person)?;
            self.check_unknown(person)?;
            check_revision(0, expected)?;
            return self.open_stream(person, text);
        };
        if self.is_kept_out(&head, person, &text) {
            refuse(person)?;
            // Whoever opens an id that is taken is told so, kept out or not: for a fresh id it would be recorded.
            let opens = person.kind == Kind::PassportOpened;
            return Err(if opens { worker_exists() } else { AppendError::unknown_worker() }.into());
        }
        // Idempotent for ever: an id that sorts after all of the stream's is new, any other is looked for.
        let known = if id_order(id) > head.newest_id { None } else { self.find_id(worker, id)? };
        if let Some(leaf) = known
            && let Some(repeated) = self.same_again(person, leaf, &text)?
        {
            return Ok(Placed::Repeated(repeated));
        }
        refuse(person)?;
        let history = match &person.said {
            Some(said) => Some((self.settled_history(worker)?, said)),
            None => None,
        };
        if let Some((history, said)) = history.as_ref().filter(|_| kind.is_by_holder()) {
            // Before anything else is answered: whoever lacks the key learns nothing about the stream.
            history.check_holder(&self.as_new(said))?;
        }
        if known.is_some() {
            return Err(duplicate_id().into());
        }
        if kind == Kind::PassportOpened {
            return Err(worker_exists().into());
        }
        let revision = head.revision.checked_add(1).ok_or_else(stream_full)?;
        check_revision(revision, expected)?;
        if let Some((history, said)) = history {
            self.check_history(&history, said)?;
        }
        let taken = self.take_status(person)?;
        let place = Head { revision, ..head };
        self.add_person(place, Some(head.leaf), person, taken, text).map(Placed::New)
    }

    /// The worker's stream with everything placed so far; what is in the present group is committed first.
    fn settled_history(&mut self, worker: WorkerId) -> Result<History, Fault> {
        if self.group.heads.contains_key(&worker) {
            self.commit()?;
        }
        Ok(self.shared.history(worker, &self.trust)?.ok_or_else(AppendError::internal)?)
    }

    /// What is said, as it would stand in the stream.
    fn as_new(&self, said: &Said) -> Past {
        let Said { statement, event } = said;
        let kind = authoriser_kind(&self.trust, statement, event, u64::MAX, self.now);
        Past::of(statement, event.clone(), u64::MAX, self.now, kind)
    }

    fn check_history(&self, history: &History, said: &Said) -> Result<(), AppendError> {
        let clear = said.statement.clear();
        let question = Question::about(&clear.issuer, &said.event, u64::MAX, self.now);
        history.check(&self.as_new(said), &|past| may_change(&self.trust, &question, past), &|past| {
            may_confirm(&self.trust, &question, &clear.kid, past)
        })
    }

    /// The leaf of this id in the worker's stream.
    fn find_id(&mut self, worker: WorkerId, id: uuid::Uuid) -> Result<Option<u64>, Fault> {
        if let Some(ids) = self.recent_ids.of(worker) {
            return Ok(ids.get(&id).copied());
        }
        if self.group.heads.contains_key(&worker) {
            self.commit()?;
        }
        let ids = self.shared.stream_ids(worker)?.ok_or_else(AppendError::internal)?;
        let found = ids.get(&id).copied();
        self.recent_ids.remember(worker, ids);
        Ok(found)
    }

    /// The acknowledgement of the record at `leaf`, if it holds this very statement.
    fn same_again(
        &mut self,
        person: &Person,
        leaf: u64,
        text: &str,
    ) -> Result<Option<Acknowledgement>, Fault> {
        if leaf >= self.first_of_group() {
            self.commit()?;
        }
        let (recorded_at, record) =
            self.shared.worker_record(person.worker, leaf)?.ok_or_else(AppendError::internal)?;
        // Up to and with the first `~`: disclosures may have come in another order.
        let jwt = text.get(..=person.jwt_bytes).unwrap_or(text);
        Ok(record.statement.starts_with(jwt).then_some(Acknowledgement {
            jti: person.id,
            revision: record.revision,
            leaf,
            recorded_at,
            repeated: true,
        }))
    }

    /// What to say of a worker id without a stream, unless a passport is being opened.
    fn check_unknown(&self, person: &Person) -> Result<(), Fault> {
        if self.shared.keyring.is_erased(person.worker) && self.holds_authority(person) {
            return Err(AppendError::new(
                AppendErrorKind::Conflict,
                "ERASED",
                "this passport was erased at the worker's request or by order, and stays so",
                "if the worker wants a passport again, open a new one with a new worker id",
            )
            .into());
        }
        if person.kind == Kind::PassportOpened { Ok(()) } else { Err(AppendError::unknown_worker().into()) }
    }

    /// Only a body authorised for this kind may learn that an id was erased; to all others it is as unknown as any.
    /// For most kinds that was checked when preparing.
    fn holds_authority(&self, person: &Person) -> bool {
        if person.kind.is_by_holder() || !person.kind.acts_on_another() {
            return !person.kind.is_by_holder();
        }
        person.said.as_ref().is_some_and(|said| {
            let issuer = &said.statement.clear().issuer;
            self.trust.allows(&Question::about(issuer, &said.event, u64::MAX, self.now)).is_ok()
        })
    }

    fn open_stream(&mut self, person: &Person, text: String) -> Result<Placed, Fault> {
        let worker = person.worker;
        let taken = self.take_status(person)?;
        let slot = self.take_key_slot()?;
        // Not looked up here: whether it was shown before must change nothing of the answer.
        self.group.documents.extend(person.document.clone().map(|document| (slot, document)));
        let link = chain_start(&self.shared.genesis_hash, worker);
        let place = Head { worker, slot, revision: 0, leaf: 0, link, newest_id: 0 };
        self.recent_ids.remember(worker, StreamIds::new());
        self.add_person(place, None, person, taken, text).map(Placed::New)
    }

    /// The index that the statement bears is its from here on. Last of all checks: nothing that was refused keeps one.
    fn take_status(&self, person: &Person) -> Result<Option<Place>, AppendError> {
        let borne = person.status.as_deref();
        borne.map(|borne| self.shared.status.take(&borne.reference, &borne.issuer)).transpose()
    }

    /// Seals the record and chains it. `place` has the new revision and the previous L.
    fn add_person(
        &mut self,
        place: Head,
        previous: Option<u64>,
        person: &Person,
        taken: Option<Place>,
        text: String,
    ) -> Result<Acknowledgement, Fault> {
        let &Person { id, kind, ref blinding, .. } = person;
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
            statement: text,
        };
        let sealed = opened.seal(place.slot, &key, blinding.nonce, &entry)?;
        let newest_id = place.newest_id.max(id_order(id));
        self.recent_ids.add(place.worker, id, leaf);
        self.group.heads.insert(place.worker, Head { leaf, link: l, newest_id, ..place });
        self.group.status.uses.extend(taken);
        if may_change_standing(kind) && self.shared.status.in_use() {
            self.group.status.touched.push((place.worker, recorded_at));
        }
        let bytes = entry.as_slice().try_into().ok();
        self.push(bytes, Record { entry, sealed: Some(sealed) });
        Ok(Acknowledgement { jti: id, revision: place.revision, leaf, recorded_at, repeated: false })
    }
}

/// Whoever has no authority for this learns nothing else of the stream.
fn refuse(person: &Person) -> Result<(), AppendError> {
    person.refusal.clone().map_or(Ok(()), Err)
}

/// May the body of `question` act on what `past` records?
pub(super) fn may_change(trust: &TrustState, question: &Question<'_>, past: &Past) -> bool {
    let (kind, leaf, recorded_at) = (past.event.kind(), past.leaf, past.recorded_at);
    trust.authorise_change(question, &Target { issuer: &past.issuer, kind, leaf, recorded_at }).is_ok()
}

/// May the body of `question`, with its key `kid`, confirm what `past` records?
pub(super) fn may_confirm(
    trust: &TrustState,
    question: &Question<'_>,
    kid: &str,
    past: &Past,
) -> Result<(), Refusal> {
    let (kind, leaf, recorded_at) = (past.event.kind(), past.leaf, past.recorded_at);
    let target = Target { issuer: &past.issuer, kind, leaf, recorded_at };
    trust.authorise_confirmation(question, kid, &target).map(|_| ())
}

fn worker_exists() -> AppendError {
    AppendError::new(
        AppendErrorKind::Conflict,
        "WORKER_EXISTS",
        "a passport with this worker id is open already",
        "record further statements in it, or draw a fresh random worker id",
    )
}
