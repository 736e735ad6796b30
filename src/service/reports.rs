//! Reports over every passport: an operator's jobs, which outlive the call that asked. The same question asked again waits for
//! the same job and takes its answer; one job of a sort runs at a time, so that nobody reads everybody twice over.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use prost::Message;
use tokio::sync::watch;

use super::shared::Shared;
use super::status::CallError;
use crate::ledger::{Ledger, ReadError};

/// How long an answer that nobody took waits for whoever asks again; later it is made anew.
const KEPT: Duration = Duration::from_secs(600);

/// What a job came to, as its message's bytes; `None` if it failed, which is in the log, or the server stops.
type Outcome = Option<Vec<u8>>;

/// The jobs, by the name of their report.
#[derive(Default)]
pub(super) struct Reports(Mutex<HashMap<&'static str, Job>>);

struct Job {
    question: String,
    begun: Instant,
    outcome: watch::Receiver<Option<Outcome>>,
}

impl Job {
    fn is_made(&self) -> bool {
        self.outcome.borrow().is_some()
    }

    /// It ended without a word: its thread panicked.
    fn is_lost(&self) -> bool {
        !self.is_made() && self.outcome.has_changed().is_err()
    }
}

impl Reports {
    /// The answer to `question` of the job there is, or of one that `begin` begins, which ends by sending what it came to.
    async fn answer<T: Message + Default>(
        &self,
        name: &'static str,
        question: String,
        patience: Duration,
        begin: impl FnOnce(watch::Sender<Option<Outcome>>),
    ) -> Result<T, CallError> {
        let mut outcome = self.job(name, &question, begin)?;
        let made = tokio::time::timeout(patience, outcome.wait_for(Option::is_some)).await;
        let made = made.map_err(|_| CallError::ReportRunning)?.map_err(|_| CallError::Failed)?.clone();
        let mut jobs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if jobs.get(name).is_some_and(|job| job.question == question && job.is_made()) {
            jobs.remove(name);
        }
        let bytes = made.flatten().ok_or(CallError::Unreadable)?;
        T::decode(bytes.as_slice()).map_err(|_| CallError::Failed)
    }

    fn job(
        &self,
        name: &'static str,
        question: &str,
        begin: impl FnOnce(watch::Sender<Option<Outcome>>),
    ) -> Result<watch::Receiver<Option<Outcome>>, CallError> {
        let mut jobs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(job) = jobs.get(name).filter(|job| !job.is_lost()) {
            let is_old = job.is_made() && job.begun.elapsed() > KEPT;
            if job.question == question && !is_old {
                return Ok(job.outcome.clone());
            }
            if !job.is_made() {
                return Err(CallError::ReportRunning);
            }
        }
        let (sender, outcome) = watch::channel(None);
        begin(sender);
        let job = Job { question: question.to_owned(), begun: Instant::now(), outcome: outcome.clone() };
        jobs.insert(name, job);
        Ok(outcome)
    }
}

impl Shared {
    /// The report `name` that answers `question`, made by `work` off the answering threads. `work` asks between two passports
    /// whether it should go on, and gives nothing if not. Half the time that a call may take is spent waiting; then the caller is told to ask again.
    pub(super) async fn report<T: Message + Default>(
        &self,
        name: &'static str,
        question: String,
        work: impl FnOnce(&Ledger, &dyn Fn() -> bool) -> Result<Option<T>, ReadError> + Send + 'static,
    ) -> Result<T, CallError> {
        let (ledger, metrics, stopping) = (self.ledger.clone(), self.metrics.clone(), self.stopping.clone());
        let begin = move |sender: watch::Sender<Option<Outcome>>| {
            let run = move || {
                let begun = Instant::now();
                let made = work(&ledger, &|| !*stopping.borrow());
                metrics.reported(name, begun.elapsed());
                let made =
                    made.inspect_err(|error| tracing::error!(report = name, %error, "a report failed"));
                // Nobody may be waiting any more; the answer stays for whoever asks again.
                let _ = sender.send(Some(made.ok().flatten().map(|message| message.encode_to_vec())));
            };
            drop(tokio::task::spawn_blocking(run));
        };
        self.reports.answer(name, question, self.limits.call.checked_div(2).unwrap_or_default(), begin).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pb::ReportFlowsResponse;

    #[expect(clippy::unnecessary_wraps, reason = "what the channel carries")]
    fn said(text: &str) -> Option<Outcome> {
        Some(Some(ReportFlowsResponse { report_json: text.to_owned() }.encode_to_vec()))
    }

    #[tokio::test]
    async fn a_report_outlives_the_call_that_asked_and_waits_for_the_next() {
        let reports = Reports::default();
        let (no, long) = (Duration::ZERO, Duration::from_secs(60));
        let begun = std::cell::RefCell::new(Vec::new());
        let ask = async |question: &str, patience| {
            let begin = |sender| begun.borrow_mut().push(sender);
            let answer: Result<ReportFlowsResponse, _> =
                reports.answer("flows", question.to_owned(), patience, begin).await;
            (answer.map(|made| made.report_json), begun.borrow().len())
        };
        assert!(matches!(ask("DE", no).await, (Err(CallError::ReportRunning), 1)));
        assert!(matches!(ask("DE", no).await, (Err(CallError::ReportRunning), 1)), "the same job");
        assert!(matches!(ask("IT", long).await, (Err(CallError::ReportRunning), 1)), "one at a time");
        begun.borrow()[0].send(said("made")).unwrap();
        assert!(matches!(ask("DE", long).await, (Ok(made), 1) if made == "made"));
        assert!(
            matches!(ask("DE", no).await, (Err(CallError::ReportRunning), 2)),
            "taken once, then made anew"
        );
        // A job whose thread is gone keeps nobody from asking.
        begun.borrow_mut().clear();
        let begin = |sender: watch::Sender<Option<Outcome>>| drop(sender.send(said("anew")));
        let anew: ReportFlowsResponse = reports.answer("flows", "DE".to_owned(), long, begin).await.unwrap();
        assert_eq!(anew.report_json, "anew");
    }
}
