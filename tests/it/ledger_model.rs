//! A naive ledger in memory beside the real one, under random operations; `fsck` after each run.

use std::collections::{BTreeMap, HashMap};

use proptest::prelude::*;
use skillpass::crypto::Hash;
use skillpass::event::Kind;
use skillpass::ledger::ErasureBasis;
use skillpass::tlog::{leaf_hash, node_hash};

use crate::support::{TestLedger, Worker, hash_of};

/// What a run does, on one of a few workers.
#[derive(Debug, Clone, Copy)]
enum Act {
    Open(usize),
    Train(usize),
    /// The n-th statement ever accepted, again.
    Repeat(usize),
    Suspend(usize, usize),
    Revoke(usize, usize),
    /// Many at once, without waiting.
    Burst(usize, usize),
    Expect(usize, u32),
    Erase(usize),
    Restart,
    /// Continues on a copy of the files as they are: what a kill leaves.
    Crash,
}

const WORKERS: usize = 4;

fn act() -> impl Strategy<Value = Act> {
    let worker = 0..WORKERS;
    prop_oneof![
        3 => worker.clone().prop_map(Act::Open),
        6 => worker.clone().prop_map(Act::Train),
        3 => (0..40_usize).prop_map(Act::Repeat),
        2 => (worker.clone(), 0..6_usize).prop_map(|(worker, nth)| Act::Suspend(worker, nth)),
        2 => (worker.clone(), 0..6_usize).prop_map(|(worker, nth)| Act::Revoke(worker, nth)),
        2 => (worker.clone(), 1..12_usize).prop_map(|(worker, count)| Act::Burst(worker, count)),
        2 => (worker.clone(), 0..4_u32).prop_map(|(worker, revision)| Act::Expect(worker, revision)),
        1 => worker.prop_map(Act::Erase),
        1 => Just(Act::Restart),
        1 => Just(Act::Crash),
    ]
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Standing {
    InForce,
    Suspended,
    Revoked,
    /// Itself a change.
    Change,
}

/// The model: what a ledger means, in the plainest code.
#[derive(Default)]
struct Model {
    streams: HashMap<usize, Vec<(String, Standing)>>,
    erased: Vec<usize>,
    /// statement to (worker, revision, leaf)
    accepted: Vec<(String, usize, u32, u64)>,
    /// Entry bytes as first seen.
    entries: BTreeMap<u64, Vec<u8>>,
}

impl Model {
    /// The reason for refusing the next statement of a worker, opening or not.
    fn refusal(&self, worker: usize, opening: bool) -> Option<&'static str> {
        match (self.erased.contains(&worker), self.streams.contains_key(&worker), opening) {
            (true, ..) => Some("ERASED"),
            (_, false, false) => Some("UNKNOWN_WORKER"),
            (_, true, true) => Some("WORKER_EXISTS"),
            _ => None,
        }
    }

    fn revision(&self, worker: usize) -> u32 {
        u32::try_from(self.streams.get(&worker).map_or(0, Vec::len)).unwrap()
    }
}

/// RFC 6962 section 2.1, as written there.
fn naive_root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => skillpass::crypto::sha256(&[]),
        [one] => *one,
        many => {
            let (left, right) = many.split_at(many.len().next_power_of_two() / 2);
            node_hash(&naive_root(left), &naive_root(right))
        }
    }
}

struct Run {
    test: Option<TestLedger>,
    workers: Vec<Worker>,
    model: Model,
    crashes: u32,
}

impl Run {
    fn test(&self) -> &TestLedger {
        self.test.as_ref().unwrap()
    }

    /// Sends a statement of `worker`; compares the answer with the model's and notes it.
    fn say(
        &mut self,
        worker: usize,
        text: String,
        expected: Option<u32>,
        refusal: Option<&'static str>,
        standing: Standing,
    ) {
        let answer = self.test().append_at(text.clone(), expected);
        match refusal {
            Some(reason) => assert_eq!(answer.map(|_| ()).map_err(|error| error.reason), Err(reason)),
            None => self.note(worker, text, &answer.unwrap(), standing),
        }
    }

    fn note(
        &mut self,
        worker: usize,
        text: String,
        answer: &skillpass::ledger::Acknowledgement,
        standing: Standing,
    ) {
        assert_eq!(answer.revision, self.model.revision(worker));
        assert!(!answer.repeated);
        let entry = self.test().ledger.entry(answer.leaf).unwrap().unwrap();
        assert!(self.model.entries.insert(answer.leaf, entry).is_none(), "a leaf is given once");
        self.model.streams.entry(worker).or_default().push((text.clone(), standing));
        self.model.accepted.push((text, worker, answer.revision, answer.leaf));
    }

    fn act(&mut self, act: Act) {
        match act {
            Act::Open(worker) => {
                let text = self.test().opening(&self.workers[worker]);
                self.say(worker, text, None, self.model.refusal(worker, true), Standing::InForce);
            }
            Act::Train(worker) => {
                let text = self.test().training(&self.workers[worker]);
                self.say(worker, text, None, self.model.refusal(worker, false), Standing::InForce);
            }
            Act::Repeat(nth) => self.repeat(nth),
            Act::Suspend(worker, nth) => self.change(worker, nth, Kind::Suspended),
            Act::Revoke(worker, nth) => self.change(worker, nth, Kind::Revoked),
            Act::Burst(worker, count) => self.burst(worker, count),
            Act::Expect(worker, revision) => {
                let text = self.test().training(&self.workers[worker]);
                let conflict = (revision != self.model.revision(worker)).then_some("REVISION_CONFLICT");
                let refusal = self.model.refusal(worker, false).or(conflict);
                self.say(worker, text, Some(revision), refusal, Standing::InForce);
            }
            Act::Erase(worker) => self.erase(worker),
            Act::Restart => self.test = self.test.take().map(TestLedger::reopen),
            Act::Crash => self.crash(),
        }
    }

    fn repeat(&mut self, nth: usize) {
        let Some((text, worker, revision, leaf)) = self.model.accepted.get(nth).cloned() else { return };
        let answer = self.test().append(text);
        if self.model.erased.contains(&worker) {
            assert_eq!(answer.unwrap_err().reason, "ERASED");
        } else {
            let answer = answer.unwrap();
            assert_eq!((answer.revision, answer.leaf, answer.repeated), (revision, leaf, true));
        }
    }

    fn change(&mut self, worker: usize, nth: usize, kind: Kind) {
        let Some((target, standing)) =
            self.model.streams.get(&worker).and_then(|stream| stream.get(nth)).cloned()
        else {
            return;
        };
        if self.model.erased.contains(&worker) {
            return;
        }
        let target = hash_of(&target);
        let text = self.test().about(&self.test().provider, &self.workers[worker], kind, |claims| {
            claims.insert("target".into(), target.into());
        });
        let refusal = match (standing, kind) {
            (Standing::Change, _) => Some("TARGET_NOT_CHANGEABLE"),
            (Standing::Revoked, _) => Some("ALREADY_REVOKED"),
            (Standing::Suspended, Kind::Suspended) => Some("ALREADY_SUSPENDED"),
            _ => None,
        };
        self.say(worker, text, None, refusal, Standing::Change);
        if refusal.is_none() {
            let new = if kind == Kind::Revoked { Standing::Revoked } else { Standing::Suspended };
            self.model.streams.get_mut(&worker).unwrap()[nth].1 = new;
        }
    }

    fn burst(&mut self, worker: usize, count: usize) {
        let texts: Vec<_> = (0..count).map(|_| self.test().training(&self.workers[worker])).collect();
        let refusal = self.model.refusal(worker, false);
        let waiting: Vec<_> =
            texts.iter().map(|text| self.test().ledger.submit(text.clone(), None).unwrap()).collect();
        for (text, answer) in texts.into_iter().zip(waiting) {
            match (answer.blocking_recv().unwrap(), refusal) {
                (Ok(answer), None) => self.note(worker, text, &answer, Standing::InForce),
                (Err(error), Some(reason)) => assert_eq!(error.reason, reason),
                (answer, _) => panic!("{answer:?}, and the model says {refusal:?}"),
            }
        }
    }

    fn erase(&mut self, worker: usize) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let answer = runtime.block_on(self.test().ledger.erase(self.workers[worker].id, ErasureBasis::Order));
        if self.model.streams.contains_key(&worker) && !self.model.erased.contains(&worker) {
            let answer = answer.unwrap();
            let entry = self.test().ledger.entry(answer.leaf).unwrap().unwrap();
            self.model.entries.insert(answer.leaf, entry);
            self.model.erased.push(worker);
        } else {
            assert_eq!(answer.unwrap_err().reason, "UNKNOWN_WORKER");
        }
    }

    fn crash(&mut self) {
        self.crashes += 1;
        let test = self.test.take().unwrap();
        let copy = test.temp.path().join(format!("crash{}", self.crashes));
        crate::support::copy_ledger(&test.dir(), &copy);
        self.test = Some(test.stop().moved_to(copy).open().unwrap());
    }

    /// Everything readable is what the model says.
    fn compare(&self) {
        let ledger = &self.test().ledger;
        for (worker, real) in self.workers.iter().enumerate() {
            let records = ledger.worker(real.id).unwrap();
            let expected = self.model.streams.get(&worker).filter(|_| !self.model.erased.contains(&worker));
            assert_eq!(records.is_some(), expected.is_some());
            let said: Vec<_> =
                records.iter().flatten().map(|record| record.record.statement.text()).collect();
            assert_eq!(
                said,
                expected.into_iter().flatten().map(|(text, _)| text.as_str()).collect::<Vec<_>>()
            );
        }
        let size = *ledger.size().borrow();
        let entries = ledger.entries(0, 1000, usize::MAX).unwrap();
        assert_eq!(entries.len() as u64, size);
        for (leaf, entry) in &self.model.entries {
            assert_eq!(entries[usize::try_from(*leaf).unwrap()].1, *entry, "what was recorded stays");
        }
        let leaves: Vec<_> = entries.iter().map(|(_, entry)| leaf_hash(entry)).collect();
        assert_eq!(self.test().published().checkpoint.root, naive_root(&leaves));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 20, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_ledger_does_what_the_model_does(acts in prop::collection::vec(act(), 1..60)) {
        let test = TestLedger::new();
        let workers = (0..WORKERS).map(|_| test.stranger()).collect();
        let mut run = Run { test: Some(test), workers, model: Model::default(), crashes: 0 };
        for act in acts {
            run.act(act);
        }
        run.compare();
        run.test.take().unwrap().check();
    }
}
