//! Worker id to slot, in memory.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};

use super::KeySlot;
use crate::event::WorkerId;

/// Worker id to slot in at most 40 bytes a worker: a keyed 64-bit fingerprint (ids are chosen by others, who must not be
/// able to make them collide), confirmed by the id in the slot. Fingerprints that do meet stand in `same`.
#[derive(Debug, Default)]
pub(super) struct Index {
    pub(super) keyed: RandomState,
    pub(super) slots: HashMap<u64, u32>,
    pub(super) same: Vec<(u64, u32)>,
}

impl Index {
    pub(super) fn candidates(&self, worker: WorkerId) -> impl Iterator<Item = KeySlot> {
        let fingerprint = self.keyed.hash_one(worker.0);
        let same = self.same.iter().filter(move |(print, _)| *print == fingerprint).map(|(_, slot)| *slot);
        self.slots.get(&fingerprint).copied().into_iter().chain(same).map(KeySlot)
    }

    pub(super) fn add(&mut self, worker: WorkerId, slot: KeySlot) {
        let fingerprint = self.keyed.hash_one(worker.0);
        let first = *self.slots.entry(fingerprint).or_insert(slot.0);
        if first != slot.0 && !self.same.contains(&(fingerprint, slot.0)) {
            self.same.push((fingerprint, slot.0));
        }
    }

    pub(super) fn remove(&mut self, worker: WorkerId, slot: KeySlot) {
        let fingerprint = self.keyed.hash_one(worker.0);
        self.same.retain(|pair| *pair != (fingerprint, slot.0));
        if self.slots.get(&fingerprint) == Some(&slot.0) {
            self.slots.remove(&fingerprint);
            if let Some(at) = self.same.iter().position(|(print, _)| *print == fingerprint) {
                let (_, next) = self.same.swap_remove(at);
                self.slots.insert(fingerprint, next);
            }
        }
    }
}
