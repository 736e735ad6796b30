//! Where statements wait for a verifier, and the order in which they came.
//!
//! Who is awake takes what has come meanwhile; another verifier is called only when more waits than those have at hand. To wake a
//! thread costs about as much as to check a signature, and the signatures of one lot share what they can.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::pipeline::Job;

/// The most statements a verifier takes at once.
pub(super) const LOT_MAX: usize = 32;
/// How many statements may wait for each verifier that is awake before another one is called.
const AT_HAND: usize = 16;

pub(super) struct Intake {
    verifiers: usize,
    waiting: Mutex<Waiting>,
    called: Condvar,
}

#[derive(Default)]
struct Waiting {
    jobs: VecDeque<Job>,
    /// Of the next lot.
    ticket: u64,
    /// Verifiers that sleep and were not called.
    asleep: usize,
    /// Calls that nobody has followed yet.
    calls: usize,
    /// Nothing more comes in.
    closed: bool,
}

impl Intake {
    pub(super) fn new(verifiers: usize) -> Self {
        Self { verifiers, waiting: Mutex::default(), called: Condvar::new() }
    }

    /// Puts a statement behind the others; gives it back once the door is closed.
    pub(super) fn put(&self, job: Job) -> Result<(), Job> {
        let mut waiting = self.lock();
        if waiting.closed {
            return Err(job);
        }
        waiting.jobs.push_back(job);
        let calls = waiting.call(self.verifiers);
        drop(waiting);
        if calls {
            self.called.notify_one();
        }
        Ok(())
    }

    /// For a verifier: waits for statements and takes its share, with its place in the order. `None` once the door is closed and
    /// nothing is left.
    pub(super) fn next_lot(&self) -> Option<(u64, Vec<Job>)> {
        let mut waiting = self.lock();
        while waiting.jobs.is_empty() {
            if waiting.closed {
                return None;
            }
            waiting.asleep = waiting.asleep.saturating_add(1);
            let uncalled = |waiting: &mut Waiting| waiting.calls == 0 && !waiting.closed;
            waiting = self.called.wait_while(waiting, uncalled).unwrap_or_else(PoisonError::into_inner);
            waiting.calls = waiting.calls.saturating_sub(1);
        }
        let awake = self.verifiers.saturating_sub(waiting.asleep);
        Some(waiting.lot(awake))
    }

    /// As the next lot where so many verifiers are awake; for whoever is all of them in turn.
    #[cfg(test)]
    pub(super) fn lot_beside(&self, awake: usize) -> (u64, Vec<Job>) {
        self.lock().lot(awake)
    }

    /// Nothing more comes in; what is there is still taken.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.called.notify_all();
    }

    /// Closes where nobody takes anything any more: whoever waits is answered `NOT_SERVING`.
    pub(super) fn abandon(&self) {
        self.close();
        let left = std::mem::take(&mut self.lock().jobs);
        drop(left);
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    /// Whether another verifier is to be woken; it counts as awake from now on.
    fn call(&mut self, verifiers: usize) -> bool {
        let awake = verifiers.saturating_sub(self.asleep);
        let calls = self.asleep > 0 && self.jobs.len() > awake.saturating_mul(AT_HAND);
        if calls {
            self.asleep = self.asleep.saturating_sub(1);
            self.calls = self.calls.saturating_add(1);
        }
        calls
    }

    /// The share of one of those who are awake.
    fn lot(&mut self, awake: usize) -> (u64, Vec<Job>) {
        let share = self.jobs.len().div_ceil(awake.max(1)).min(LOT_MAX);
        let ticket = self.ticket;
        self.ticket = ticket.wrapping_add(1);
        (ticket, self.jobs.drain(..share).collect())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::sync::oneshot;

    use super::*;
    use crate::ledger::pipeline::{Outcome, Reply};
    use crate::ledger::queue::{Asking, Queue};

    fn job(queue: &Arc<Queue>, text: String) -> (Job, oneshot::Receiver<Outcome>) {
        let (reply, receiver) = Reply::new(queue.take(text.len(), Asking::Call).unwrap());
        (Job { text, expected_revision: None, document: None, reply }, receiver)
    }

    #[test]
    fn another_verifier_is_called_only_for_more_than_those_awake_have_at_hand() {
        let queue = Queue::new(1000);
        let mut waiting = Waiting { asleep: 3, ..Waiting::default() };
        let mut called_at = Vec::new();
        for number in 1..=100 {
            waiting.jobs.push_back(job(&queue, number.to_string()).0);
            if waiting.call(3) {
                called_at.push(number);
            }
        }
        assert_eq!(called_at, [1, AT_HAND + 1, 2 * AT_HAND + 1]);
    }

    #[test]
    fn those_awake_share_what_waits_in_the_order_it_came() {
        let queue = Queue::new(1000);
        let mut waiting = Waiting::default();
        waiting.jobs.extend((0..101).map(|number| job(&queue, number.to_string()).0));
        let lots = [4, 3, 0, 1].map(|awake| {
            let (ticket, lot) = waiting.lot(awake);
            (ticket, lot.first().unwrap().text.parse().unwrap(), lot.len())
        });
        assert_eq!(lots, [(0, 0, 26), (1, 26, 25), (2, 51, LOT_MAX), (3, 83, 18)]);
    }

    /// Every statement is taken once, by tickets in the order its sender put it, however threads run.
    #[test]
    fn what_many_put_is_taken_once_and_in_order_and_the_verifiers_end_with_the_door() {
        const SENDERS: usize = 4;
        const EACH: usize = 500;
        let queue = Queue::new(SENDERS * EACH);
        let intake = Intake::new(3);
        let mut lots: Vec<(u64, Vec<String>)> = std::thread::scope(|threads| {
            let take = || {
                let lots = std::iter::from_fn(|| intake.next_lot());
                lots.map(|(ticket, lot)| (ticket, lot.into_iter().map(|job| job.text).collect())).collect()
            };
            let verifiers: Vec<_> = (0..3).map(|_| threads.spawn(take)).collect();
            let senders: Vec<_> = (0..SENDERS)
                .map(|sender| {
                    let (queue, intake) = (&queue, &intake);
                    threads.spawn(move || {
                        for number in 0..EACH {
                            assert!(intake.put(job(queue, format!("{sender} {number}")).0).is_ok());
                            if number % 50 == 0 {
                                std::thread::yield_now();
                            }
                        }
                    })
                })
                .collect();
            for sender in senders {
                sender.join().unwrap();
            }
            intake.close();
            let taken: Vec<Vec<(u64, Vec<String>)>> =
                verifiers.into_iter().map(|verifier| verifier.join().unwrap()).collect();
            taken.into_iter().flatten().collect()
        });
        lots.sort();
        assert!(lots.iter().enumerate().all(|(at, (ticket, _))| *ticket == at as u64));
        let mut next = [0; SENDERS];
        for text in lots.iter().flat_map(|(_, lot)| lot) {
            let (sender, number) = text.split_once(' ').unwrap();
            let next = &mut next[sender.parse::<usize>().unwrap()];
            assert_eq!(number, next.to_string(), "of sender {sender}");
            *next += 1;
        }
        assert_eq!(next, [EACH; SENDERS]);
        assert_eq!(queue.taken(), 0);
    }

    #[test]
    fn where_nobody_takes_anything_any_more_whoever_waits_is_answered_and_nothing_comes_in() {
        let queue = Queue::new(2);
        let intake = Intake::new(1);
        let (first, answer) = job(&queue, "first".to_owned());
        assert!(intake.put(first).is_ok());
        intake.abandon();
        assert_eq!(answer.blocking_recv().unwrap().unwrap_err().reason, "NOT_SERVING");
        assert!(intake.put(job(&queue, "second".to_owned()).0).is_err());
        assert!(intake.next_lot().is_none());
    }
}
