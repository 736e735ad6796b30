//! Live streams to callers: a slow one is held back, then cut; it never holds more than a few messages in memory and
//! never holds the writer.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::sync::{mpsc, oneshot};
use tokio_stream::Stream;
use tonic::Status;

use super::shared::Shared;
use super::status::CallError;

/// Messages that wait for the caller.
const WAITING: usize = 64;

/// What the caller receives: messages, then why the stream ended.
pub(super) struct Followed<T> {
    messages: mpsc::Receiver<T>,
    end: Option<oneshot::Receiver<CallError>>,
}

/// The sending side.
pub(super) struct Follower<T> {
    pub(super) shared: Arc<Shared>,
    messages: mpsc::Sender<T>,
}

/// Runs `work` until it ends, the caller leaves, or the server stops. Takes one of the places for subscribers.
pub(super) fn follow<T, W, F>(shared: &Arc<Shared>, work: W) -> Result<Followed<T>, CallError>
where
    T: Send + 'static,
    W: FnOnce(Follower<T>) -> F,
    F: Future<Output = Result<(), CallError>> + Send + 'static,
{
    let place = shared.subscriber()?;
    let (sender, messages) = mpsc::channel(WAITING);
    let (end, ended) = oneshot::channel();
    let left = sender.clone();
    let running = work(Follower { shared: Arc::clone(shared), messages: sender });
    let shared = Arc::clone(shared);
    tokio::spawn(async move {
        let _place = place;
        let outcome = tokio::select! {
            outcome = running => outcome,
            () = shared.stopped() => Err(CallError::Stopping),
            () = left.closed() => Ok(()),
        };
        if let Err(error) = outcome {
            // A caller that left needs no reason.
            let _ = end.send(error);
        }
    });
    Ok(Followed { messages, end: Some(ended) })
}

impl<T> Follower<T> {
    /// Sends one message; a caller that does not take it in time is cut.
    pub(super) async fn send(&self, message: T) -> Result<(), CallError> {
        let sent = self.messages.send_timeout(message, self.shared.limits.slow_subscriber).await;
        sent.map_err(|_| CallError::TooSlow)
    }
}

impl<T> Stream for Followed<T> {
    type Item = Result<T, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(message) = ready!(self.messages.poll_recv(context)) {
            return Poll::Ready(Some(Ok(message)));
        }
        // The messages end first, so that a cut stream still gives what was sent before the cut, and then the reason:
        // a silent end would read as "there is no more".
        let Some(end) = &mut self.end else { return Poll::Ready(None) };
        let end = ready!(Pin::new(end).poll(context));
        self.end = None;
        Poll::Ready(end.ok().map(|error| Err(error.into())))
    }
}
