//! From the door to the writer: verification threads, and the order in which statements came.
//!
//! Verifiers take statements in small lots; each lot has a ticket, and the writer goes by tickets. So two statements that
//! one caller sends without waiting (open a passport, record a training) are recorded in that order.

use std::sync::mpsc::Sender;

use serde_json::{Map, Value};
use tokio::sync::oneshot;

use super::error::AppendError;
use super::intake::Intake;
use super::prepare::{Parsed, Prepared, admit, parse};
use super::queue::Seat;
use super::shared::Shared;
use super::{Acknowledgement, ErasureBasis, OpeningDocument};
use crate::crypto::{BusyKeys, PooledEntropy};
use crate::event::{Kind, WorkerId};
use crate::statement::{Statement, Unverified};

/// What a caller waits for.
pub(super) type Outcome = Result<Acknowledgement, AppendError>;

/// The caller's place in the queue. Whatever becomes of it, it is answered once: dropped unanswered (the writer stopped,
/// a thread panicked) it says `NOT_SERVING`.
pub(super) struct Reply {
    sender: Option<oneshot::Sender<Outcome>>,
    _seat: Seat,
}

impl Reply {
    /// Of whoever has this place.
    pub(super) fn new(seat: Seat) -> (Self, oneshot::Receiver<Outcome>) {
        let (sender, receiver) = oneshot::channel();
        (Self { sender: Some(sender), _seat: seat }, receiver)
    }

    pub(super) fn answer(mut self, outcome: Outcome) {
        if let Some(sender) = self.sender.take() {
            // The caller may have gone away; the record stands all the same.
            let _ = sender.send(outcome);
        }
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        if let Some(sender) = self.sender.take() {
            let _ = sender.send(Err(AppendError::not_serving()));
        }
    }
}

/// One statement as it came in.
pub(super) struct Job {
    pub(super) text: String,
    pub(super) expected_revision: Option<u32>,
    pub(super) document: Option<OpeningDocument>,
    pub(super) reply: Reply,
}

/// One statement, checked as far as that goes without its stream.
pub(super) struct Verified {
    pub(super) job: Job,
    pub(super) outcome: Result<Prepared, AppendError>,
    /// Of the trust snapshot it was judged by.
    pub(super) generation: u64,
}

/// What the writer is asked to do.
pub(super) enum Work {
    /// Statements of callers.
    Lot {
        /// Its place in the order.
        ticket: u64,
        /// In the order they came.
        lot: Vec<Verified>,
    },
    /// A statement by the ledger itself.
    Own { kind: Kind, claims: Map<String, Value>, reply: Reply },
    /// Erasure of a worker.
    Erase { worker: WorkerId, basis: ErasureBasis, reply: Reply },
    /// Nothing more: a verifier took a ticket with it, and what came later can never have its turn.
    Stop { why: &'static str },
}

/// One verifier: until the door closes and the queue is empty. Should it panic, the ledger stops.
pub(super) fn verifier(shared: &Shared, intake: &Intake, writer: &Sender<Work>) {
    let work = std::panic::AssertUnwindSafe(|| verify_until_closed(shared, intake, writer));
    if std::panic::catch_unwind(work).is_err() {
        // A writer that is gone has stopped already.
        let _ = writer.send(Work::Stop { why: "a verifier panicked" });
        intake.abandon();
    }
}

fn verify_until_closed(shared: &Shared, intake: &Intake, writer: &Sender<Work>) {
    let mut verifier = Verifier::default();
    while let Some((ticket, jobs)) = intake.next_lot() {
        let lot = verifier.verify(shared, jobs);
        if writer.send(Work::Lot { ticket, lot }).is_err() {
            intake.abandon(); // The writer has stopped for good; every reply has been dropped with the lot.
            return;
        }
    }
}

/// What a verifier keeps from lot to lot.
#[derive(Default)]
pub(super) struct Verifier {
    entropy: PooledEntropy,
    busy: BusyKeys,
}

impl Verifier {
    /// Checks a lot against the present snapshot of the trust state.
    pub(super) fn verify(&mut self, shared: &Shared, jobs: Vec<Job>) -> Vec<Verified> {
        let (generation, trust) = shared.trust_snapshot();
        let now = shared.clock.now_ms();
        let parsed = jobs.iter().map(|job| guarded(|| parse(&job.text, &trust, now))).collect();
        let outcomes = verify_all(parsed, &mut self.busy).into_iter().zip(&jobs).map(|(verified, job)| {
            let (kind, statement) = verified?;
            guarded(|| admit(statement, kind, job.document.as_ref(), &trust, now, &mut self.entropy))
        });
        let outcomes: Vec<_> = outcomes.collect();
        let verified = jobs.into_iter().zip(outcomes);
        verified.map(|(job, outcome)| Verified { job, outcome, generation }).collect()
    }
}

/// A panic would be a bug of ours set off by someone's bytes: it costs that statement its record and no one else anything.
fn guarded<T>(act: impl FnOnce() -> Result<T, AppendError>) -> Result<T, AppendError> {
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(act));
    outcome.unwrap_or_else(|_| Err(AppendError::internal()))
}

/// Checks the signatures of what could be parsed.
fn verify_all(
    parsed: Vec<Result<Parsed, AppendError>>,
    busy: &mut BusyKeys,
) -> Vec<Result<(Kind, Statement), AppendError>> {
    let (mut kinds, mut signed) = (Vec::with_capacity(parsed.len()), Vec::with_capacity(parsed.len()));
    for one in parsed {
        kinds.push(one.map(|Parsed { kind, unverified, key }| {
            signed.push((unverified, key));
            kind
        }));
    }
    let mut verified = Unverified::verify_all(signed, busy).into_iter();
    let verdict = |kind: Result<Kind, AppendError>| {
        let kind = kind?;
        let statement = verified.next().ok_or_else(AppendError::internal)??;
        Ok((kind, statement))
    };
    kinds.into_iter().map(verdict).collect()
}
