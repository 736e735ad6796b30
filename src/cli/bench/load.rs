//! Ways to send statements to a ledger: all at once over one stream, by unary calls, or at a steady rate whatever comes back.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;
use tokio_stream::{Stream, StreamExt as _};

use super::super::client::{self, Client};
use super::super::error::CliError;
use super::super::out;
use super::figures::{Times, failed};
use crate::pb;
use crate::pb::append_stream_response::Outcome as Answer;

/// What came back.
pub(super) struct Outcome {
    /// Statements acknowledged.
    pub(super) recorded: u64,
    /// How long each took; from when it was due, so that a ledger that stalls does not hide behind a sender that waits.
    pub(super) latencies: Times,
}

/// As fast as the ledger takes them; a refusal ends the measurement.
pub(super) async fn stream(
    client: &Client,
    requests: Vec<pb::AppendStreamRequest>,
) -> Result<Outcome, CliError> {
    let all = requests.len();
    drain(client, all, tokio_stream::iter(requests), |_| None).await
}

/// The shortest that a sender sleeps. To wake for each of 20,000 a second would take a good part of a core from what is measured; what
/// is sent late for it was late.
const TICK: Duration = Duration::from_millis(1);

/// `rate` a second. Latency counts from when a request was due, sent or not.
pub(super) async fn paced(
    client: &Client,
    requests: Vec<pb::AppendStreamRequest>,
    rate: u32,
) -> Result<Outcome, CliError> {
    let all = requests.len();
    let (due_to, due) = mpsc::unbounded_channel();
    let started = Instant::now() + Duration::from_millis(100);
    let due_at = move |number: u64| {
        started + Duration::from_secs(1) * u32::try_from(number).unwrap_or(u32::MAX) / rate
    };
    // A thread of its own: its sleeps are shorter than the runtime's.
    let sender = tokio::task::spawn_blocking(move || {
        let mut together = Vec::new();
        for request in requests {
            let early = due_at(request.request_id).saturating_duration_since(Instant::now());
            if !early.is_zero() {
                if due_to.send(std::mem::take(&mut together)).is_err() {
                    return; // A refusal has ended the measurement.
                }
                std::thread::sleep(early.max(TICK));
            }
            together.push(request);
        }
        // Where a refusal has ended it, nobody waits for them.
        let _ = due_to.send(together);
    });
    let outcome =
        drain(client, all, Due { coming: due, due: Vec::new().into_iter() }, |number| Some(due_at(number)))
            .await;
    sender.await.map_err(|_| failed("the sender panicked"))?;
    outcome
}

/// Requests as they fall due; those of one moment come together, so that the runtime is woken once for them.
struct Due {
    coming: mpsc::UnboundedReceiver<Vec<pb::AppendStreamRequest>>,
    due: std::vec::IntoIter<pb::AppendStreamRequest>,
}

impl Stream for Due {
    type Item = pb::AppendStreamRequest;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(request) = self.due.next() {
                return Poll::Ready(Some(request));
            }
            match ready!(self.coming.poll_recv(context)) {
                Some(due) => self.due = due.into_iter(),
                None => return Poll::Ready(None),
            }
        }
    }
}

async fn drain(
    client: &Client,
    all: usize,
    requests: impl Stream<Item = pb::AppendStreamRequest> + Send + 'static,
    due_at: impl Fn(u64) -> Option<Instant>,
) -> Result<Outcome, CliError> {
    let mut progress = out::Progress::new("appended", all);
    let opened = client.ledger().append_stream(requests).await;
    let mut answers = opened.map_err(|status| client.error(&status))?.into_inner();
    let mut outcome = Outcome { recorded: 0, latencies: Times::new()? };
    while let Some(answer) = answers.next().await {
        let answer = answer.map_err(|status| client.error(&status))?;
        match answer.outcome {
            Some(Answer::Acknowledgement(_)) => outcome.recorded += 1,
            Some(Answer::Refusal(refusal)) => return Err(client::from_refusal(&refusal)),
            None => return Err(failed("the ledger sent an empty answer")),
        }
        if let Some(due) = due_at(answer.request_id) {
            outcome.latencies.note(due.elapsed());
        }
        progress.one_more()?;
    }
    Ok(outcome)
}

/// Unary calls, `in_flight` at a time.
pub(super) async fn unary(
    client: &Client,
    requests: Vec<pb::AppendStreamRequest>,
    in_flight: usize,
) -> Result<Outcome, CliError> {
    let requests = Arc::new(Mutex::new(requests.into_iter()));
    let mut callers = JoinSet::new();
    for _ in 0..in_flight {
        let (requests, client) = (Arc::clone(&requests), client.clone());
        callers.spawn(async move {
            let mut outcome = Outcome { recorded: 0, latencies: Times::new()? };
            loop {
                let Some(request) = requests.lock().await.next() else { return Ok(outcome) };
                let pb::AppendStreamRequest { statement, expected_revision, document, .. } = request;
                let started = Instant::now();
                let wait_for_checkpoint = false;
                let request =
                    pb::AppendRequest { statement, expected_revision, wait_for_checkpoint, document };
                client.ledger().append(request).await.map_err(|status| client.error(&status))?;
                outcome.latencies.note(started.elapsed());
                outcome.recorded += 1;
            }
        });
    }
    let mut all = Outcome { recorded: 0, latencies: Times::new()? };
    while let Some(called) = callers.join_next().await {
        let called: Result<Outcome, CliError> = called.map_err(|_| failed("a caller panicked"))?;
        let called = called?;
        all.recorded += called.recorded;
        all.latencies.add(&called.latencies);
    }
    Ok(all)
}
