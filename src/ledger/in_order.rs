//! A ledger's verifier and writer on the caller's own thread, one after the other: for counting what an append costs, which
//! threads beside one another do alike only by chance.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;

use super::clock::Clock;
use super::error::{AppendError, OpenError};
use super::intake::LOT_MAX;
use super::pipeline::{Job, Outcome, Reply, Verifier};
use super::publisher::Publisher;
use super::queue::Asking;
use super::shared::Shared;
use super::writer::Writer;
use super::{Options, open, replay};

/// The same as [`super::Ledger`], without its threads; it publishes nothing.
pub struct InOrder {
    shared: Arc<Shared>,
    verifier: Verifier,
    writer: Writer,
    /// Holds what it would publish with.
    _publisher: Publisher,
}

impl InOrder {
    /// Opens for writing.
    pub fn open(dir: &Path, options: Options, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let (shared, writer, publisher) = open::ready(dir, options, clock, replay::open_store)?;
        Ok(Self { shared, verifier: Verifier::default(), writer, _publisher: publisher })
    }

    /// Appends all, in lots as large as a busy ledger's; what each sender is answered.
    pub fn append(&mut self, statements: Vec<String>) -> Vec<Outcome> {
        let mut answers = Vec::with_capacity(statements.len());
        let mut statements = statements.into_iter();
        loop {
            let (jobs, receivers): (Vec<Job>, Vec<_>) =
                statements.by_ref().take(LOT_MAX).filter_map(|text| self.job(text)).unzip();
            if jobs.is_empty() {
                break;
            }
            let mut ready = VecDeque::from(self.verifier.verify(&self.shared, jobs));
            self.writer.tick();
            let recorded = self.writer.record(&mut ready);
            answers.extend(receivers.into_iter().map(|mut receiver| {
                match (&recorded, receiver.try_recv()) {
                    (Ok(()), Ok(outcome)) => outcome,
                    _ => Err(AppendError::not_serving()),
                }
            }));
        }
        answers
    }

    /// Nobody else has a place in the queue: one that is shorter than a lot leaves statements without an answer.
    fn job(&self, text: String) -> Option<(Job, tokio::sync::oneshot::Receiver<Outcome>)> {
        let (reply, receiver) = Reply::new(self.shared.queue.take(text.len(), Asking::Call)?);
        Some((Job { text, expected_revision: None, document: None, reply }, receiver))
    }
}
