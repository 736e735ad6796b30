//! `AppendStream`: pipelined. One task reads and submits, the answers come in the order of the requests, at most
//! `limits.in_flight_per_stream` are unanswered; beyond that the stream simply is not read, and HTTP/2 holds the sender.

use std::future::Future as _;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, Sleep};
use tokio_stream::Stream;
use tonic::{Status, Streaming};

use super::access::refusal_time;
use super::convert::{self, RequestError};
use super::shared::Shared;
use super::status::{self, CallError, TransportError};
use crate::ledger::{Acknowledgement, AppendError, AppendErrorKind};
use crate::pb;
use crate::telemetry::Metrics;

type Answer = Result<Acknowledgement, AppendError>;

/// One request on its way.
enum Waiting {
    /// Submitted; the ledger will answer.
    Submitted { request_id: u64, answer: oneshot::Receiver<Answer>, started: Instant },
    /// Refused before it was queued.
    Refused { request_id: u64, error: AppendError },
    /// Nothing more is read; the stream ends with this status after what was accepted is answered.
    End(CallError),
}

/// The answers, in the order of their requests.
pub(super) struct Answers {
    shared: Arc<Shared>,
    waiting: mpsc::Receiver<Waiting>,
    front: Option<Front>,
}

/// The request whose answer is next.
struct Front {
    request_id: u64,
    answer: oneshot::Receiver<Answer>,
    started: Instant,
    /// An answer that is given at its one time, so that its time tells nothing about a worker.
    held: Option<(Answer, Pin<Box<Sleep>>)>,
}

impl Front {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Answer> {
        if self.held.is_none() {
            // A dropped sender is a writer that stopped for good: whether it was recorded is not known.
            let answer = ready!(Pin::new(&mut self.answer).poll(context)).unwrap_or_else(|_| Err(lost()));
            if !is_unknown_worker(&answer) {
                return Poll::Ready(answer);
            }
            self.held = Some((answer, Box::pin(refusal_time(self.started))));
        }
        let Some((_, until)) = &mut self.held else { return Poll::Pending };
        ready!(until.as_mut().poll(context));
        match self.held.take() {
            Some((answer, _)) => Poll::Ready(answer),
            None => Poll::Pending,
        }
    }
}

/// The one answer about a worker who is unknown, or is unknown to this body.
pub(super) fn is_unknown_worker(answer: &Answer) -> bool {
    answer.as_ref().is_err_and(|error| error.reason == "UNKNOWN_WORKER")
}

/// Starts reading `requests`.
pub(super) fn start(shared: Arc<Shared>, requests: Streaming<pb::AppendStreamRequest>) -> Answers {
    let (sender, waiting) = mpsc::channel(shared.limits.in_flight_per_stream);
    tokio::spawn(read(Arc::clone(&shared), requests, sender));
    Answers { shared, waiting, front: None }
}

async fn read(
    shared: Arc<Shared>,
    mut requests: Streaming<pb::AppendStreamRequest>,
    answers: mpsc::Sender<Waiting>,
) {
    let stopped = shared.stopped();
    tokio::pin!(stopped);
    loop {
        // The place in the window comes before the message: what is read will be answered.
        let Ok(place) = answers.reserve().await else { return };
        let message = tokio::select! {
            // The stop first: a sender that never pauses must not outrun it.
            biased;
            () = &mut stopped => {
                place.send(Waiting::End(CallError::Stopping));
                return;
            }
            message = requests.message() => message,
            // Neither does it hold a place for nothing.
            () = idle(&answers, shared.limits.idle) => {
                place.send(Waiting::End(CallError::TookTooLong));
                return;
            }
        };
        match message {
            Ok(Some(request)) => place.send(submit(&shared, request).await),
            Ok(None) => return,
            Err(status) => {
                // A reset by the caller needs no answer, and none would arrive.
                if let Some(error) = TransportError::of(&status) {
                    place.send(Waiting::End(CallError::Transport(error)));
                }
                return;
            }
        }
    }
}

/// Resolves once every request was answered so long ago; the place for the next one counts as none.
async fn idle(answers: &mpsc::Sender<Waiting>, after: Duration) {
    loop {
        tokio::time::sleep(after).await;
        if answers.capacity().saturating_add(1) >= answers.max_capacity() {
            return;
        }
    }
}

async fn submit(shared: &Shared, request: pb::AppendStreamRequest) -> Waiting {
    let pb::AppendStreamRequest { request_id, statement, expected_revision, document } = request;
    let document = match document.map(convert::opening_document).transpose() {
        Ok(document) => document,
        Err(error) => return Waiting::Refused { request_id, error: malformed(error) },
    };
    let started = Instant::now();
    // While the queue is full the stream rests: backpressure, not refusal.
    let place = shared.ledger.reserve(statement.len()).await;
    match place.and_then(|place| place.submit(statement, expected_revision, document)) {
        Ok(answer) => Waiting::Submitted { request_id, answer, started },
        Err(error) => Waiting::Refused { request_id, error },
    }
}

impl Stream for Answers {
    type Item = Result<pb::AppendStreamResponse, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            if let Some(front) = &mut this.front {
                let answer = ready!(front.poll(context));
                let request_id = front.request_id;
                this.front = None;
                return Poll::Ready(Some(Ok(this.shared.answered(request_id, &answer))));
            }
            match ready!(this.waiting.poll_recv(context)) {
                Some(Waiting::Submitted { request_id, answer, started }) => {
                    this.front = Some(Front { request_id, answer, started, held: None });
                }
                Some(Waiting::Refused { request_id, error }) => {
                    return Poll::Ready(Some(Ok(this.shared.answered(request_id, &Err(error)))));
                }
                Some(Waiting::End(error)) => return Poll::Ready(Some(Err(error.into()))),
                None => return Poll::Ready(None),
            }
        }
    }
}

impl Shared {
    fn answered(&self, request_id: u64, answer: &Answer) -> pb::AppendStreamResponse {
        count(&self.metrics, answer);
        let outcome = match answer {
            Ok(acknowledged) => {
                pb::append_stream_response::Outcome::Acknowledgement(convert::acknowledgement(acknowledged))
            }
            Err(error) => pb::append_stream_response::Outcome::Refusal(status::refusal(error)),
        };
        pb::AppendStreamResponse { request_id, outcome: Some(outcome) }
    }
}

/// Counts one answer by its outcome.
pub(super) fn count(metrics: &Metrics, answer: &Answer) {
    match answer {
        Ok(acknowledged) if acknowledged.repeated => metrics.answered("REPEATED"),
        Ok(_) => metrics.recorded(),
        Err(error) => metrics.answered(error.reason),
    }
}

/// One bad request never ends the stream.
fn malformed(error: RequestError) -> AppendError {
    AppendError {
        reason: error.reason(),
        message: error.to_string(),
        help: error.help(),
        kind: AppendErrorKind::Invalid,
    }
}

fn lost() -> AppendError {
    AppendError {
        reason: "NOT_SERVING",
        message: "the ledger stopped before it answered; whether this statement was recorded is not known"
            .to_owned(),
        help: "send the very same statement again later: it is recorded at most once",
        kind: AppendErrorKind::Unavailable,
    }
}
