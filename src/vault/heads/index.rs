//! Worker id to slot, in memory.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, BuildHasherDefault, Hasher, RandomState};

use super::KeySlot;
use crate::event::WorkerId;

/// Parts of the index: one grows while the others stay, and what is added part by part finds its part in the processor's cache.
const PARTS: usize = 64;
/// Bits of a fingerprint below those that tell its part. A map looks at the lowest and the highest ones.
const BELOW_PART: u32 = 40;

/// Worker id to slot in at most 40 bytes a worker: a keyed 64-bit fingerprint (ids are chosen by others, who must not be
/// able to make them collide), confirmed by the id in the slot. Fingerprints that do meet stand in `same`.
#[derive(Debug)]
pub(super) struct Index {
    pub(super) keyed: Fingerprints,
    pub(super) parts: [Part; PARTS],
    pub(super) same: Vec<(u64, u32)>,
}

type Part = HashMap<u64, u32, BuildHasherDefault<AsItIs>>;

/// What makes fingerprints.
#[derive(Debug, Default, Clone)]
pub(super) struct Fingerprints(RandomState);

impl Fingerprints {
    pub(super) fn of(&self, worker: WorkerId) -> u64 {
        self.0.hash_one(worker.0)
    }
}

/// The part that a fingerprint belongs to.
pub(super) fn part(fingerprint: u64) -> usize {
    usize::try_from(fingerprint >> BELOW_PART).unwrap_or(usize::MAX) % PARTS
}

/// A fingerprint is a hash already.
#[derive(Debug, Default)]
pub(super) struct AsItIs(u64);

impl Hasher for AsItIs {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }

    fn write_u64(&mut self, fingerprint: u64) {
        self.0 = fingerprint;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

impl Index {
    /// With room for so many workers.
    pub(super) fn with_room(workers: usize) -> Self {
        let part = |_| HashMap::with_capacity_and_hasher(workers / PARTS, BuildHasherDefault::default());
        Self { keyed: Fingerprints::default(), parts: std::array::from_fn(part), same: Vec::new() }
    }

    pub(super) fn workers(&self) -> usize {
        self.parts.iter().map(HashMap::len).chain([self.same.len()]).sum()
    }

    pub(super) fn candidates(&self, worker: WorkerId) -> impl Iterator<Item = KeySlot> {
        let fingerprint = self.keyed.of(worker);
        let same = self.same.iter().filter(move |(print, _)| *print == fingerprint).map(|(_, slot)| *slot);
        let first = self.parts.get(part(fingerprint)).and_then(|part| part.get(&fingerprint));
        first.copied().into_iter().chain(same).map(KeySlot)
    }

    pub(super) fn add(&mut self, worker: WorkerId, slot: KeySlot) {
        self.add_fingerprint(self.keyed.of(worker), slot);
    }

    pub(super) fn add_fingerprint(&mut self, fingerprint: u64, slot: KeySlot) {
        let Some(part) = self.parts.get_mut(part(fingerprint)) else { return };
        let first = *part.entry(fingerprint).or_insert(slot.0);
        if first != slot.0 && !self.same.contains(&(fingerprint, slot.0)) {
            self.same.push((fingerprint, slot.0));
        }
    }

    pub(super) fn remove(&mut self, worker: WorkerId, slot: KeySlot) {
        let fingerprint = self.keyed.of(worker);
        self.same.retain(|pair| *pair != (fingerprint, slot.0));
        let Some(part) = self.parts.get_mut(part(fingerprint)) else { return };
        if part.get(&fingerprint) == Some(&slot.0) {
            part.remove(&fingerprint);
            if let Some(at) = self.same.iter().position(|(print, _)| *print == fingerprint) {
                let (_, next) = self.same.swap_remove(at);
                part.insert(fingerprint, next);
            }
        }
    }
}
