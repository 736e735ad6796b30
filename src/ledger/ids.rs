//! The ids of the streams written to lately, so that a client whose ids do not ascend does not cost a walk through the
//! stream for every statement. A memory aid: what is not here is walked for.

use std::collections::HashMap;

use crate::event::WorkerId;

/// Ids kept in the young generation before it becomes the old one: some 10 MB for both.
const YOUNG_MAX: usize = 100_000;

/// Id to leaf, for whole streams only.
pub(super) type StreamIds = HashMap<uuid::Uuid, u64>;

/// Two generations: what is used moves to the young one; when that is full, the old one is forgotten.
#[derive(Default)]
pub(super) struct RecentIds {
    young: HashMap<WorkerId, StreamIds>,
    old: HashMap<WorkerId, StreamIds>,
    count: usize,
}

impl RecentIds {
    /// The ids of a stream, if it is remembered.
    pub(super) fn of(&mut self, worker: WorkerId) -> Option<&mut StreamIds> {
        if let Some(ids) = self.old.remove(&worker) {
            self.remember(worker, ids);
        }
        self.young.get_mut(&worker)
    }

    /// Remembers a whole stream.
    pub(super) fn remember(&mut self, worker: WorkerId, ids: StreamIds) {
        self.count = self.count.saturating_add(ids.len());
        if self.count > YOUNG_MAX {
            self.old = std::mem::take(&mut self.young);
            self.count = ids.len();
        }
        self.young.insert(worker, ids);
    }

    /// One more entry of a stream, if that is remembered.
    pub(super) fn add(&mut self, worker: WorkerId, id: uuid::Uuid, leaf: u64) {
        if let Some(ids) = self.of(worker) {
            ids.insert(id, leaf);
            self.count = self.count.saturating_add(1);
        }
    }

    /// Erased.
    pub(super) fn forget(&mut self, worker: WorkerId) {
        self.young.remove(&worker);
        self.old.remove(&worker);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_in_use_stay_and_the_whole_stays_bounded() {
        let mut recent = RecentIds::default();
        let worker = |n: usize| WorkerId(u128::try_from(n).unwrap().to_be_bytes());
        let stream =
            |n: usize| (0..1000_u64).map(|leaf| (uuid::Uuid::from_u64_pair(n as u64, leaf), leaf)).collect();
        for n in 0..1000 {
            recent.remember(worker(n), stream(n));
            assert!(recent.of(worker(0)).is_some_and(|ids| ids.len() == 1000), "the one asked for each time");
            let held: usize = recent.young.values().chain(recent.old.values()).map(HashMap::len).sum();
            assert!(held <= 2 * YOUNG_MAX + 1000);
        }
        assert!(recent.of(worker(1)).is_none());
        recent.add(worker(0), uuid::Uuid::nil(), 7);
        assert_eq!(recent.of(worker(0)).unwrap()[&uuid::Uuid::nil()], 7);
        recent.forget(worker(0));
        assert!(recent.of(worker(0)).is_none());
    }
}
