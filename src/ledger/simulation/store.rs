//! The event store on the simulated disk: batches survive a crash whole and in their order, as far as the last sync and
//! perhaps further. And the moments at which another actor's step can come in between.

use std::cell::RefCell;
use std::path::Path;
use std::sync::{Arc, Mutex};

use super::chance::Chance;
use crate::event::StreamId;
use crate::store::{Batch, Mark, MemoryStore, Store, StoreError, StoredEntry};
use crate::vault::change::{Change, tell};

/// What was applied, and how much of it is durable.
#[derive(Default)]
pub(super) struct Applied {
    batches: Vec<Batch>,
    synced: usize,
}

/// Outlives the process.
pub(super) type Database = Arc<Mutex<Applied>>;

/// Whoever held its memory is gone: some of what was not synced is, too.
pub(super) fn crash(database: &Database, chance: &mut Chance) {
    let mut applied = database.lock().unwrap();
    let left = applied.synced + chance.below(applied.batches.len() - applied.synced + 1);
    applied.batches.truncate(left);
    applied.synced = left;
}

thread_local! {
    static BETWEEN: RefCell<Option<Box<dyn FnOnce()>>> = const { RefCell::new(None) };
}

/// Does `act` the next time but `skip` that the store is about to change, has just changed, or is about to be synced, as if
/// another thread had come in there.
pub(super) fn between(skip: usize, act: impl FnOnce() + 'static) {
    BETWEEN.set(Some(match skip {
        0 => Box::new(act),
        _ => Box::new(move || between(skip - 1, act)),
    }));
}

/// Nobody comes in any more.
pub(super) fn between_nothing() {
    BETWEEN.set(None);
}

fn moment() {
    if let Some(act) = BETWEEN.take() {
        act();
    }
}

pub(super) struct SimulatedStore {
    memory: MemoryStore,
    database: Database,
}

impl SimulatedStore {
    pub(super) fn open(database: &Database) -> Result<Self, StoreError> {
        let memory = MemoryStore::default();
        database.lock().unwrap().batches.iter().try_for_each(|batch| memory.apply(batch))?;
        Ok(Self { memory, database: Arc::clone(database) })
    }
}

impl Store for SimulatedStore {
    fn apply(&self, batch: &Batch) -> Result<(), StoreError> {
        moment();
        self.memory.apply(batch)?;
        self.database.lock().unwrap().batches.push(batch.clone());
        moment();
        Ok(())
    }

    fn sync(&self) -> Result<(), StoreError> {
        moment();
        let covered = self.database.lock().unwrap().batches.len();
        tell(Change::Sync { path: Path::new("sled") })
            .map_err(|cause| StoreError::File { action: "sync its file", cause })?;
        self.database.lock().unwrap().synced = covered;
        Ok(())
    }

    fn mark(&self) -> Result<Option<Mark>, StoreError> {
        self.memory.mark()
    }

    fn entry(&self, leaf: u64) -> Result<Option<StoredEntry>, StoreError> {
        self.memory.entry(leaf)
    }

    fn entries(&self, leaf: u64, max: usize) -> Result<Vec<StoredEntry>, StoreError> {
        self.memory.entries(leaf, max)
    }

    fn stream(&self, stream: StreamId) -> Result<Vec<u64>, StoreError> {
        self.memory.stream(stream)
    }

    fn public_entries(&self) -> Result<Vec<(StreamId, u32, u64)>, StoreError> {
        self.memory.public_entries()
    }

    fn stream_head(&self, stream: StreamId) -> Result<Option<(u32, u64)>, StoreError> {
        self.memory.stream_head(stream)
    }
}
