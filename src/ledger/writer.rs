//! The one writer: takes verified statements in order, places them, makes them durable together, answers.
//!
//! The order of DESIGN section 4: (0) new key slots, fsynced when allocated; (1) the journal frame, fsynced; (2) store and
//! heads applied; (3) the answers. An error in (0) to (2), or a panic, ends it for good: what was answered is durable, and
//! the next start finds what was not.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use super::error::{AppendError, ReadError};
use super::group::{GROUP_MAX, Group};
use super::ids::RecentIds;
use super::observe::DiskWork;
use super::pipeline::{Outcome, Reply, Verified, Work};
use super::prepare::Prepared;
use super::shared::{Shared, StreamHead};
use crate::crypto::{OsEntropy, SealKey};
use crate::event::{Kind, StreamId, UnixMs};
use crate::store::{Batch, Mark, StoreError, StoredEntry};
use crate::tlog::Frontier;
use crate::trust::TrustState;
use crate::vault::{Journal, KeySlot, VaultError};

/// How long the writer waits for more when many statements are on their way. A lone caller never waits.
const LINGER: Duration = Duration::from_millis(3);
/// From how many statements still at the verifiers on it waits at all.
const LINGER_FROM: usize = 64;

/// Why placing a statement did not work out.
pub(super) enum Fault {
    /// The statement's fault: the caller is told, all goes on.
    Refused(AppendError),
    /// The machine's fault: the writer stops.
    Stop(String),
}

impl From<AppendError> for Fault {
    fn from(error: AppendError) -> Self {
        Self::Refused(error)
    }
}
impl From<VaultError> for Fault {
    fn from(error: VaultError) -> Self {
        Self::Stop(error.to_string())
    }
}
impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Stop(error.to_string())
    }
}
impl From<ReadError> for Fault {
    fn from(error: ReadError) -> Self {
        Self::Stop(error.to_string())
    }
}

/// The writer's own state; nobody else touches it.
pub(super) struct Writer {
    pub(super) shared: Arc<Shared>,
    pub(super) journal: Journal,
    /// With every placed entry, durable or not.
    pub(super) frontier: Frontier,
    /// As of the last placed entry.
    pub(super) trust: Arc<TrustState>,
    pub(super) generation: u64,
    pub(super) streams: HashMap<StreamId, StreamHead>,
    pub(super) group: Group,
    /// Empty between two turns; its room is used again.
    pub(super) ready: VecDeque<Verified>,
    pub(super) recent_ids: RecentIds,
    /// `recorded_at` of what is placed now: never before that of the last entry.
    pub(super) now: UnixMs,
    /// Key slots that are durable and not yet used.
    pub(super) spare_slots: VecDeque<KeySlot>,
}

impl Writer {
    /// Works until the door is closed and everything accepted is answered, or until the machine fails.
    pub(super) fn run(mut self, work: &Receiver<Work>) {
        let shared = Arc::clone(&self.shared);
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.serve(work)));
        match outcome {
            Ok(Ok(())) => {}
            Ok(Err(fault)) => shared.fail(&fault),
            Err(_) => shared.fail("the writer panicked"),
        }
        shared.finish();
        // Whatever is still in the queue is dropped with it, and every reply says NOT_SERVING.
    }

    pub(super) fn serve(&mut self, work: &Receiver<Work>) -> Result<(), String> {
        let mut tickets = Tickets::default();
        while let Ok(first) = work.recv() {
            self.turn(first, work, &mut tickets)?;
        }
        Ok(())
    }

    /// One turn: takes what is there, places it, makes it durable, answers.
    pub(super) fn turn(
        &mut self,
        first: Work,
        work: &Receiver<Work>,
        tickets: &mut Tickets,
    ) -> Result<(), String> {
        self.check_going()?;
        let mut ready = std::mem::take(&mut self.ready);
        self.tick();
        self.take(first, tickets, &mut ready)?;
        self.gather(work, tickets, &mut ready)?;
        self.record(&mut ready)?;
        self.ready = ready;
        Ok(())
    }

    /// Places all that is ready and makes it durable, in as few frames as it fits.
    pub(super) fn record(&mut self, ready: &mut VecDeque<Verified>) -> Result<(), String> {
        self.reserve_keys(ready)?;
        while let Some(verified) = ready.pop_front() {
            self.guard(|writer| writer.sequence(verified))?;
            if self.group.is_full() {
                self.guard(Self::commit)?;
            }
        }
        self.guard(Self::commit)
    }

    /// Takes what else is there, and waits a little for what is on its way if that is much.
    fn gather(
        &mut self,
        work: &Receiver<Work>,
        tickets: &mut Tickets,
        ready: &mut VecDeque<Verified>,
    ) -> Result<(), String> {
        let began = Instant::now();
        loop {
            match work.try_recv() {
                Ok(next) => {
                    self.take(next, tickets, ready)?;
                    continue;
                }
                Err(_) if ready.len() >= GROUP_MAX => return Ok(()),
                Err(_) => {}
            }
            let on_their_way = self.shared.queue.taken().saturating_sub(ready.len());
            let left = LINGER.saturating_sub(began.elapsed());
            if on_their_way < LINGER_FROM || left.is_zero() {
                return Ok(());
            }
            match work.recv_timeout(left) {
                Ok(next) => self.take(next, tickets, ready)?,
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return Ok(()),
            }
        }
    }

    fn take(
        &mut self,
        work: Work,
        tickets: &mut Tickets,
        ready: &mut VecDeque<Verified>,
    ) -> Result<(), String> {
        match work {
            Work::Lot { ticket, lot } => tickets.put(ticket, lot, ready),
            Work::Own { kind, claims, reply } => {
                let outcome = self.guard_value(|writer| writer.own(kind, &claims))?;
                self.answer(reply, outcome);
            }
            Work::Erase { worker, basis, reply } => {
                let outcome = self.guard_value(|writer| writer.erase(worker, basis))?;
                reply.answer(outcome);
            }
            Work::Stop { why } => return Err(why.to_owned()),
        }
        Ok(())
    }

    /// Answers once all that is placed is durable: a refusal, too, may rest on it (a passport that is open already), and after a
    /// crash it would rest on nothing.
    pub(super) fn answer(&mut self, reply: Reply, outcome: Outcome) {
        if self.group.records.is_empty() {
            reply.answer(outcome);
        } else {
            self.group.answers.push((reply, outcome));
        }
    }

    /// After any thread's failure nobody is acknowledged any more, not even what is durable: the next start reads back what is.
    fn check_going(&self) -> Result<(), String> {
        if self.shared.has_failed() { Err("the ledger has stopped".to_owned()) } else { Ok(()) }
    }

    /// A refusal is the caller's to know; anything else stops the writer.
    fn guard(&mut self, act: impl FnOnce(&mut Self) -> Result<(), Fault>) -> Result<(), String> {
        self.guard_value(act).map(|_| ())
    }

    fn guard_value<T>(
        &mut self,
        act: impl FnOnce(&mut Self) -> Result<T, Fault>,
    ) -> Result<Result<T, AppendError>, String> {
        match act(self) {
            Ok(value) => Ok(Ok(value)),
            Err(Fault::Refused(error)) => Ok(Err(error)),
            Err(Fault::Stop(what)) => Err(what),
        }
    }

    /// `recorded_at` never decreases, whatever the clock does.
    pub(super) fn tick(&mut self) {
        self.now = self.now.max(self.shared.clock.now_ms());
    }

    /// (0) One write and one fsync for all the passports this group may open.
    fn reserve_keys(&mut self, ready: &VecDeque<Verified>) -> Result<(), String> {
        let opens = |verified: &&Verified| {
            verified.outcome.as_ref().is_ok_and(|prepared| {
                matches!(prepared, Prepared::Person(person) if person.kind == Kind::PassportOpened)
            })
        };
        let wanted = ready.iter().filter(opens).count();
        let missing = wanted.saturating_sub(self.spare_slots.len());
        self.guard(|writer| writer.allocate(missing))
    }

    fn allocate(&mut self, count: usize) -> Result<(), Fault> {
        if count > 0 {
            let keys = self.shared.keyring.allocate(count, &mut OsEntropy)?;
            self.spare_slots.extend(keys.into_iter().map(|(slot, _)| slot));
        }
        Ok(())
    }

    /// A durable key slot for a new passport; the lowest, so that slots follow the order of opening.
    pub(super) fn take_key_slot(&mut self) -> Result<KeySlot, Fault> {
        if self.spare_slots.is_empty() {
            self.allocate(1)?;
        }
        self.spare_slots.pop_front().ok_or_else(|| Fault::Stop("no key slot was allocated".to_owned()))
    }

    /// The key of a slot that a head names.
    pub(super) fn key(&self, slot: KeySlot) -> Result<SealKey, Fault> {
        self.shared
            .keyring
            .key(slot)?
            .ok_or_else(|| Fault::Stop(format!("key slot {} of a known worker holds no key", slot.0)))
    }

    /// Before the frame: what a crash leaves of it names slots without a head, which nobody counts.
    fn note_documents(&self, documents: &[(KeySlot, zeroize::Zeroizing<String>)]) -> Result<(), Fault> {
        if documents.is_empty() {
            return Ok(());
        }
        let noted: Vec<(KeySlot, &[u8])> =
            documents.iter().map(|(slot, document)| (*slot, document.as_bytes())).collect();
        Ok(self.shared.keyring.note_documents(&noted)?)
    }

    /// (1) to (3). Leaves an empty group.
    pub(super) fn commit(&mut self) -> Result<(), Fault> {
        let group = std::mem::take(&mut self.group);
        if group.records.is_empty() {
            return Ok(());
        }
        let started = Instant::now();
        let size = self.frontier.size();
        let first_leaf = size.saturating_sub(group.len());
        self.note_documents(&group.documents)?;
        let (shared, journal) = (&self.shared, &mut self.journal);
        let places = shared.timed(DiskWork::Journal, || journal.append(first_leaf, &group.records))?;
        let entries = group.persons.iter().zip(&places);
        let entries = entries.map(|(&person, &at)| StoredEntry { person, at }).collect();
        let mark = Mark { size, journal_end: self.journal.end().at, frontier: self.frontier.encode() };
        self.shared.store.apply(&Batch { first_leaf, entries, streams: group.streams, mark })?;
        self.shared.put_heads(group.heads.values())?;
        if group.trust_changed {
            self.shared.publish_trust(self.generation, &self.trust);
        }
        // Behind the trust state that verifies what is followed, before anyone is answered.
        self.shared.status.note(group.status);
        self.shared.grow(&self.frontier, self.journal.end(), group.nodes, self.now);
        self.check_going().map_err(Fault::Stop)?;
        // From the last one on: whoever waits for several in their order is woken once, when all are there.
        for (reply, outcome) in group.answers.into_iter().rev() {
            reply.answer(outcome);
        }
        if let Some(observer) = self.shared.observer.get() {
            observer.took(DiskWork::Commit, started.elapsed());
        }
        Ok(())
    }
}

/// Lots that came before an earlier one did.
#[derive(Default)]
pub(super) struct Tickets {
    next: u64,
    early: BTreeMap<u64, Vec<Verified>>,
}

impl Tickets {
    fn put(&mut self, ticket: u64, lot: Vec<Verified>, ready: &mut VecDeque<Verified>) {
        self.early.insert(ticket, lot);
        while let Some(lot) = self.early.remove(&self.next) {
            ready.extend(lot);
            self.next = self.next.wrapping_add(1);
        }
    }
}
