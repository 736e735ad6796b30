//! Who waits for which answer.

use tokio::sync::oneshot;

use crate::event::UnixMs;
use crate::ledger::pipeline::Outcome;

#[derive(Debug, Clone, Copy)]
pub(super) enum Asked {
    Append { statement: usize, expected: Option<u32> },
    Erase { person: usize },
}

struct Call {
    number: usize,
    asked: Asked,
    /// What the clock showed when the statement was verified.
    verified_at: Option<UnixMs>,
    receiver: oneshot::Receiver<Outcome>,
}

pub(super) struct Answered {
    pub(super) number: usize,
    pub(super) asked: Asked,
    pub(super) verified_at: Option<UnixMs>,
    pub(super) outcome: Outcome,
    /// An fsync had failed before it came.
    pub(super) after_failure: bool,
}

#[derive(Default)]
pub(super) struct Calls {
    made: usize,
    waiting: Vec<Call>,
    answered: Vec<Answered>,
}

impl Calls {
    pub(super) fn add(&mut self, asked: Asked, receiver: oneshot::Receiver<Outcome>) {
        self.waiting.push(Call { number: self.made, asked, verified_at: None, receiver });
        self.made += 1;
    }

    /// The oldest statements that were not yet verified are, so many.
    pub(super) fn verified(&mut self, count: usize, now: UnixMs) {
        let unverified =
            |call: &&mut Call| call.verified_at.is_none() && matches!(call.asked, Asked::Append { .. });
        self.waiting.iter_mut().filter(unverified).take(count).for_each(|call| call.verified_at = Some(now));
    }

    /// Takes down what has been answered by now.
    pub(super) fn collect(&mut self, after_failure: bool) {
        for mut call in std::mem::take(&mut self.waiting) {
            match call.receiver.try_recv() {
                Ok(outcome) => {
                    let Call { number, asked, verified_at, .. } = call;
                    self.answered.push(Answered { number, asked, verified_at, outcome, after_failure });
                }
                Err(_) => self.waiting.push(call),
            }
        }
    }

    /// What was answered, but for `NOT_SERVING`, which says nothing.
    pub(super) fn take_answers(&mut self) -> Vec<Answered> {
        let says_nothing =
            |answer: &Answered| matches!(&answer.outcome, Err(error) if error.reason == "NOT_SERVING");
        let mut answers = std::mem::take(&mut self.answered);
        answers.retain(|answer| !says_nothing(answer));
        answers
    }

    /// The process is gone, and nobody is answered any more.
    pub(super) fn forget(&mut self) {
        self.waiting.clear();
        self.answered.clear();
    }

    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }
}
