//! From what was recorded to what the lists answer, in the log's order and beside the writer.
//!
//! The writer leaves a note of each statement that bears an index or may change how others stand, before it answers. The
//! publisher works the notes off when it settles; whoever asks for a list works them off first. A crash in between costs
//! nothing: the next start finds the same in the journal.

use std::collections::HashMap;
use std::sync::atomic::Ordering;

use super::{Place, StatusLists, Tables, lock, place_of};
use crate::event::standing::{Recorded, StatusStep, may_change_standing, status_steps};
use crate::event::{Kind, StreamRecord, UnixMs, WorkerId};
use crate::ledger::error::ReadError;
use crate::ledger::shared::Shared;
use crate::ledger::{Position, WorkerRecord};
use crate::statement::StatusReference;
use crate::vault::{StatusFile, StatusRecord};

/// A place in the journal is noted at least every so many entries, so that a start after a crash need not read far.
const SETTLE_EVERY: u64 = 4096;

/// What was recorded and does not stand in the lists yet.
#[derive(Debug, Default)]
pub(in crate::ledger) struct Pending {
    /// Indexes that recorded statements bear.
    pub(in crate::ledger) uses: Vec<Place>,
    /// Workers whose statements may stand otherwise, and since which recording.
    pub(in crate::ledger) touched: Vec<(WorkerId, UnixMs)>,
}

impl Pending {
    pub(in crate::ledger) fn is_empty(&self) -> bool {
        self.uses.is_empty() && self.touched.is_empty()
    }

    fn extend(&mut self, other: Self) {
        self.uses.extend(other.uses);
        self.touched.extend(other.touched);
    }
}

/// What the journal shows to whoever reads it again.
#[derive(Debug, Default)]
pub(in crate::ledger) struct Seen {
    /// The statements that bear an index.
    pub(in crate::ledger) bearers: Vec<Bearer>,
    /// Workers with a statement that may change how another stands, and the first such recording.
    pub(in crate::ledger) touched: HashMap<WorkerId, UnixMs>,
}

/// A recorded statement that bears an index.
#[derive(Debug, Clone)]
pub(in crate::ledger) struct Bearer {
    pub(in crate::ledger) leaf: u64,
    pub(in crate::ledger) worker: WorkerId,
    pub(in crate::ledger) recorded_at: UnixMs,
    pub(in crate::ledger) issuer: String,
    pub(in crate::ledger) reference: StatusReference,
}

/// What of a statement concerns the lists.
#[derive(Debug)]
pub(in crate::ledger) struct Concern {
    changes_standing: bool,
    /// Issuer and index.
    bears: Option<(String, StatusReference)>,
}

impl Concern {
    pub(in crate::ledger) fn of(vct: &str, bears: Option<(String, StatusReference)>) -> Self {
        Self { changes_standing: Kind::from_vct(vct).is_some_and(may_change_standing), bears }
    }
}

impl Seen {
    pub(in crate::ledger) fn see(
        &mut self,
        leaf: u64,
        recorded_at: UnixMs,
        worker: WorkerId,
        concern: &Concern,
    ) {
        if let Some((issuer, reference)) = concern.bears.clone() {
            self.bearers.push(Bearer { leaf, worker, recorded_at, issuer, reference });
        }
        if concern.changes_standing {
            self.touched.entry(worker).or_insert(recorded_at);
        }
    }
}

impl StatusLists {
    /// Whether any statement bears an index.
    pub(in crate::ledger) fn in_use(&self) -> bool {
        self.in_use.load(Ordering::Relaxed)
    }

    /// Takes the writer's notes. Before the statements are acknowledged.
    pub(in crate::ledger) fn note(&self, noted: Pending) {
        if !noted.is_empty() {
            lock(&self.pending).extend(noted);
        }
    }

    /// What a start found in the journal behind the place that the file had come to.
    pub(super) fn resume(&self, seen: Seen) {
        let mut tables = lock(&self.tables);
        let mut pending = Pending::default();
        for bearer in seen.bearers {
            // A list that is unknown here is another ledger's, or was lost: `fsck` says which.
            let Some(place) = place_of(&tables, &self.base, &bearer.reference) else { continue };
            if tables.take(place) {
                pending.uses.push(place);
            }
            self.in_use.store(true, Ordering::Relaxed);
        }
        if self.in_use() {
            pending.touched.extend(seen.touched);
        }
        drop(tables);
        self.note(pending);
    }

    /// Before an erasure begins: what the worker's statements answer is durable, for nobody can work it out afterwards.
    pub(in crate::ledger) fn before_erasure(&self, shared: &Shared, erasures: u32) -> Result<(), ReadError> {
        let mut file = lock(&self.file);
        self.work_off(shared, &mut file)?;
        file.append(&[StatusRecord::Erasures(erasures)])?;
        Ok(file.sync()?)
    }

    /// Everything that the journal holds before `end` is made durable here, if that is worth an fsync.
    pub(in crate::ledger) fn settle(
        &self,
        shared: &Shared,
        end: Position,
        at_once: bool,
    ) -> Result<(), ReadError> {
        let mut file = lock(&self.file);
        self.work_off(shared, &mut file)?;
        let settled = lock(&self.tables).settled.map_or(0, |position| position.leaf);
        let behind = end.leaf.saturating_sub(settled);
        if file.is_dirty() || behind >= SETTLE_EVERY || (at_once && behind > 0) {
            file.settle(end)?;
            lock(&self.tables).settled = Some(end);
        }
        Ok(())
    }

    fn work_off(&self, shared: &Shared, file: &mut StatusFile) -> Result<(), ReadError> {
        let noted = std::mem::take(&mut *lock(&self.pending));
        if noted.is_empty() {
            return Ok(());
        }
        let worked = self.work(shared, file, &noted);
        if worked.is_err() {
            // Nothing may be taken for done that is not.
            lock(&self.pending).extend(noted);
        }
        worked
    }

    fn work(&self, shared: &Shared, file: &mut StatusFile, noted: &Pending) -> Result<(), ReadError> {
        let used = |place: &Place| StatusRecord::Used { list: place.list, index: place.index };
        file.append(&noted.uses.iter().map(used).collect::<Vec<_>>())?;
        let mut touched = HashMap::new();
        for &(worker, since) in &noted.touched {
            let first = touched.entry(worker).or_insert(since);
            *first = since.min(*first);
        }
        for (worker, since) in touched {
            // An erased worker's changes were worked off before the erasure.
            let Some(records) = shared.worker_records(worker)? else { continue };
            let steps = steps_of(&records, since);
            let mut tables = lock(&self.tables);
            for (reference, steps) in steps {
                let Some(place) = place_of(&tables, &self.base, &reference) else { continue };
                let new = new_steps(&tables, place, since, &steps)?;
                file.append(&new.iter().map(|step| record_of(place, step)).collect::<Vec<_>>())?;
                for step in new {
                    tables.add_step(place, *step);
                }
            }
        }
        Ok(())
    }
}

/// Those of `steps` that the table lacks: it has a beginning of them, or it contradicts the journal.
fn new_steps<'a>(
    tables: &Tables,
    place: Place,
    since: UnixMs,
    steps: &'a [StatusStep],
) -> Result<&'a [StatusStep], ReadError> {
    let mut known = tables.steps(place).iter().filter(|step| step.recorded_at >= since);
    let count = tables.steps(place).iter().filter(|step| step.recorded_at >= since).count();
    let same = steps.len() >= count && steps.iter().zip(&mut known).all(|(new, known)| new == known);
    same.then(|| steps.get(count..).unwrap_or_default()).ok_or(ReadError::StatusContradicts)
}

pub(super) fn record_of(place: Place, step: &StatusStep) -> StatusRecord {
    let &StatusStep { recorded_at, from, code } = step;
    StatusRecord::Step { list: place.list, index: place.index, code: code.number(), recorded_at, from }
}

/// What changes recorded from `since` on give each statement of the stream that bears an index.
pub(super) fn steps_of(records: &[WorkerRecord], since: UnixMs) -> Vec<(StatusReference, Vec<StatusStep>)> {
    let said = || records.iter().map(|one| &one.record);
    if said().all(|one| one.statement.clear().status.is_none()) {
        return Vec::new();
    }
    let recorded: Vec<Recorded<'_>> = said().map(StreamRecord::recorded).collect();
    let all = status_steps(&recorded, since);
    let bears = said().filter_map(|one| Some((one.statement.hash(), one.statement.clear().status.clone()?)));
    let steps = bears.map(|(hash, reference)| {
        let own = all.iter().filter(|(of, _)| *of == hash).map(|(_, step)| *step).collect();
        (reference, own)
    });
    steps.collect()
}

impl Shared {
    /// The lists answer everything that is acknowledged by now.
    pub(in crate::ledger) fn status_follow(&self) -> Result<(), ReadError> {
        let mut file = lock(&self.status.file);
        self.status.work_off(self, &mut file)
    }
}
