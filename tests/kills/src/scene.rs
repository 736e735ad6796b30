//! What all clients share: the ledger's place, who is in it by now, and what went wrong.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::{Mutex, MutexGuard, PoisonError};

use skillpass::crypto::PrivateKey;

use crate::chance::Chance;
use crate::recorder::Recorder;

/// A directory in memory that goes with the run, unless something was found in it.
pub struct Scene {
    pub binary: PathBuf,
    pub root: PathBuf,
    pub operator: PrivateKey,
    pub recorder: Recorder,
    known: Mutex<Known>,
    /// Backups and other commands that run now; some kills take them along.
    pub beside: Mutex<Vec<Child>>,
}

/// What was acknowledged, for others to ask about.
#[derive(Default)]
struct Known {
    /// Worker to the statement that opened its passport.
    opened: BTreeMap<u64, u64>,
    /// Those that may still be asked to be erased.
    alive: Vec<u64>,
    /// (worker, statement)
    acknowledged: Vec<(u64, u64)>,
    /// The ledger's own keys: thumbprint to in force or not; what a kill left open is not here.
    keys: BTreeMap<String, bool>,
    troubles: Vec<String>,
}

impl Scene {
    pub fn new(binary: &Path, root: PathBuf, operator: PrivateKey) -> Self {
        Self {
            binary: binary.to_owned(),
            root,
            operator,
            recorder: Recorder::new(),
            known: Mutex::default(),
            beside: Mutex::default(),
        }
    }

    pub fn data(&self) -> PathBuf {
        self.root.join("ledger")
    }

    pub fn backup(&self) -> PathBuf {
        self.root.join("backup")
    }

    pub fn escrow(&self) -> PathBuf {
        self.root.join("escrow")
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something that must not happen. The run fails with the first.
    pub fn trouble(&self, what: impl Into<String>) {
        self.known().troubles.push(what.into());
    }

    pub fn first_trouble(&self) -> Option<String> {
        self.known().troubles.first().cloned()
    }

    /// Acknowledged: everybody may ask for it.
    pub fn acknowledged(&self, worker: u64, statement: u64, opens: bool) {
        let mut known = self.known();
        if opens && known.opened.insert(worker, statement).is_none() {
            known.alive.push(worker);
        }
        known.acknowledged.push((worker, statement));
    }

    /// The statement that opened a passport.
    pub fn opening(&self, worker: u64) -> Option<u64> {
        self.known().opened.get(&worker).copied()
    }

    /// Every worker whose passport was opened.
    pub fn workers(&self) -> Vec<u64> {
        self.known().opened.keys().copied().collect()
    }

    /// One of those opened lately; now and then an old one.
    pub fn some_worker(&self, chance: &mut Chance) -> Option<u64> {
        let known = self.known();
        let lately = if chance.one_in(4) { usize::MAX } else { 40 };
        pick(&known.alive, lately, chance)
    }

    pub fn some_acknowledged(&self, chance: &mut Chance) -> Option<(u64, u64)> {
        let known = self.known();
        let lately = if chance.one_in(3) { usize::MAX } else { 200 };
        pick(&known.acknowledged, lately, chance)
    }

    /// Takes one out to be erased, as long as there are some.
    pub fn take_worker(&self, chance: &mut Chance) -> Option<u64> {
        let mut known = self.known();
        if known.alive.len() < 10 {
            return None;
        }
        let index = chance.below(known.alive.len());
        Some(known.alive.remove(index))
    }

    pub fn ledger_key(&self, kid: &str, in_force: Option<bool>) {
        let mut known = self.known();
        match in_force {
            Some(in_force) => drop(known.keys.insert(kid.to_owned(), in_force)),
            None => drop(known.keys.remove(kid)),
        }
    }

    pub fn ledger_keys(&self) -> BTreeMap<String, bool> {
        self.known().keys.clone()
    }
}

fn pick<T: Copy>(all: &[T], lately: usize, chance: &mut Chance) -> Option<T> {
    let from = all.len().saturating_sub(lately);
    all.get(from + chance.below(all.len() - from)).copied()
}
