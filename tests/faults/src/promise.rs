//! What the ledger promised to whoever called it: marks in the trace, put there after the answer had arrived.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use skillpass::statement::StatusReference;

use crate::copies;
use crate::trace::{Act, Op};

/// One mark.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mark {
    /// The step is tried from here on: what it does may or may not be there.
    Trying(usize),
    /// The call answered that the ledger does not serve, or refused to open; the process gives up for this time.
    Stopped(String),
    /// Something that must never happen.
    Broken(String),
    Founded,
    Acknowledged(Acknowledged),
    Published {
        size: u64,
        root: [u8; 32],
    },
    Allocated(Vec<(String, u64)>),
    Blocked {
        worker: u64,
        body: String,
    },
    Operator {
        name: String,
        named: bool,
    },
    Erased {
        worker: u64,
    },
    Rotated(u32),
    Reviewed(u32),
    /// Somebody looked; the note is synced within seconds.
    Noted,
    /// A share's box is there, or was taken back.
    Shared {
        worker: u64,
        name: u8,
        open: bool,
    },
    Cosigned {
        size: u64,
        root: [u8; 32],
    },
    /// So many parts, the digest of the newest.
    BackedUp {
        parts: usize,
        size: u64,
        digest: [u8; 32],
    },
    Restored {
        size: u64,
    },
    Recovered {
        size: u64,
    },
    /// The copy is the ledger.
    Moved,
    Succeeded,
    /// A key of the ledger's own: its thumbprint, and whether it is in force.
    OwnKey {
        kid: String,
        in_force: bool,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledged {
    /// The saying's number; none for what the ledger says itself.
    pub number: Option<u64>,
    pub worker: Option<u64>,
    pub leaf: u64,
    pub revision: u32,
    pub recorded_at: u64,
    /// Of the entry.
    pub leaf_hash: [u8; 32],
}

/// Everything promised up to some moment.
#[derive(Debug, Clone, Default)]
pub struct Promises {
    pub founded: bool,
    /// The step that was tried last.
    pub trying: usize,
    pub acknowledged: BTreeMap<u64, Acknowledged>,
    pub published: BTreeMap<u64, [u8; 32]>,
    pub indexes: Vec<StatusReference>,
    pub blocked: BTreeSet<(u64, String)>,
    pub operators: BTreeMap<String, bool>,
    pub erased: BTreeSet<u64>,
    pub generation: u32,
    pub reviewed: BTreeSet<u32>,
    pub own_keys: BTreeMap<String, bool>,
    /// Whose each box is, and whether it is open.
    pub shares: BTreeMap<u8, (u64, bool)>,
    /// There are notes of who looked, which a power cut may have torn.
    pub noted: bool,
    pub cosigned: Option<(u64, [u8; 32])>,
    pub backed_up: Option<(usize, u64, [u8; 32])>,
    /// The entries that the copy has.
    pub copied: Option<u64>,
    pub moved: bool,
    pub succeeded: bool,
    pub broken: Vec<String>,
    pub stopped: Option<String>,
}

impl Promises {
    /// Those of a trace.
    pub fn of(ops: &[Op]) -> Self {
        let mut promises = Self::default();
        ops.iter().filter_map(mark).for_each(|mark| promises.take(mark));
        promises
    }

    /// The step that was tried at each record of a trace.
    pub fn steps(ops: &[Op]) -> Vec<usize> {
        let step = |trying: &mut usize, op: &Op| {
            if let Some(Mark::Trying(step)) = mark(op) {
                *trying = step;
            }
            Some(*trying)
        };
        ops.iter().scan(0, step).collect()
    }

    /// One more.
    pub fn take(&mut self, mark: Mark) {
        match mark {
            Mark::Trying(step) => {
                self.trying = step;
                self.stopped = None;
            }
            Mark::Stopped(why) => self.stopped = Some(why),
            Mark::Broken(what) => self.broken.push(what),
            Mark::Founded => self.founded = true,
            Mark::Acknowledged(one) => {
                let leaf = one.leaf;
                if let Some(other) = self.acknowledged.insert(leaf, one.clone()).filter(|other| *other != one)
                {
                    self.broken.push(format!("leaf {leaf} was acknowledged twice: {other:?} and {one:?}"));
                }
            }
            Mark::Published { size, root } => {
                if self.published.insert(size, root).is_some_and(|other| other != root) {
                    self.broken.push(format!("two trees of size {size} were published"));
                }
            }
            Mark::Allocated(indexes) => {
                for (uri, index) in indexes {
                    let reference = StatusReference { uri, index };
                    if self.indexes.contains(&reference) {
                        self.broken.push(format!("index {index} was handed out twice"));
                    }
                    self.indexes.push(reference);
                }
            }
            Mark::Blocked { worker, body } => drop(self.blocked.insert((worker, body))),
            Mark::Operator { name, named } => drop(self.operators.insert(name, named)),
            Mark::Erased { worker } => drop(self.erased.insert(worker)),
            Mark::Rotated(generation) => self.generation = self.generation.max(generation),
            Mark::Reviewed(case) => drop(self.reviewed.insert(case)),
            Mark::Noted => self.noted = true,
            Mark::Shared { worker, name, open } => drop(self.shares.insert(name, (worker, open))),
            Mark::Cosigned { size, root } => self.cosigned = Some((size, root)),
            Mark::BackedUp { parts, size, digest } => self.backed_up = Some((parts, size, digest)),
            Mark::Restored { size } | Mark::Recovered { size } => self.copied = Some(size),
            Mark::Moved => self.moved = true,
            Mark::Succeeded => self.succeeded = true,
            Mark::OwnKey { kid, in_force } => drop(self.own_keys.insert(kid, in_force)),
        }
    }

    /// Where the ledger is.
    pub fn home(&self, root: &Path) -> PathBuf {
        if self.moved { copies::copy(root) } else { copies::original(root) }
    }

    /// The greatest revision acknowledged in a worker's stream.
    pub fn revision(&self, worker: u64) -> Option<u32> {
        let of = self.acknowledged.values().filter(|one| one.worker == Some(worker));
        of.map(|one| one.revision).max()
    }
}

/// The mark in an op.
pub fn mark(op: &Op) -> Option<Mark> {
    let Act::Mark(text) = &op.act else { return None };
    Some(serde_json::from_str(text).expect("marks are the driver's own"))
}
