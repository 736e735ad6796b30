//! One connection's calls, and each piece of an answer that has not left yet: what tells a peer that is served from one
//! that only holds memory.
//!
//! A piece counts until its last byte is with the operating system, whoever buffers it in between (the window of an HTTP/2
//! stream, a socket that nobody reads), and the call it belongs to is over no sooner.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};
use tokio::time::Instant;

use super::flight::Place;
use super::rates::Peer;
use crate::config::Limits;

/// Answers leave in pieces of at most this, so that a slow peer that reads is told from one that does not.
const PIECE_BYTES: usize = 64 * 1024;

/// How long a connection may hold its place without using it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// For the TLS handshake, the first bytes, and each HTTP/1.1 header.
    pub(super) begin: Duration,
    /// For one piece of an answer to be taken.
    pub(super) take: Duration,
    /// Without any call.
    pub(super) idle: Duration,
}

impl Patience {
    /// A subscriber that is too slow is first told so; whoever does not take that either is cut.
    pub(super) fn of(limits: &Limits) -> Self {
        Self {
            begin: limits.begin,
            take: limits.take.max(limits.slow_subscriber.saturating_mul(2)),
            idle: limits.idle,
        }
    }

    /// How often a connection that waits is looked at.
    pub(super) fn look_every(&self) -> Duration {
        let shortest = self.begin.min(self.take).min(self.idle);
        shortest.checked_div(4).unwrap_or_default().clamp(Duration::from_millis(5), Duration::from_secs(5))
    }
}

/// A connection, as its calls know it.
#[derive(Clone)]
pub(super) struct Line(Arc<State>);

struct State {
    peer: Peer,
    held: Mutex<Held>,
}

struct Held {
    calls: usize,
    /// Since when there is no call.
    quiet_since: Instant,
    next_piece: u64,
    /// When each was given to the connection; the oldest first.
    pieces: BTreeMap<u64, Instant>,
}

impl Line {
    pub(super) fn new(peer: Peer) -> Self {
        let held = Held { calls: 0, quiet_since: Instant::now(), next_piece: 0, pieces: BTreeMap::new() };
        Self(Arc::new(State { peer, held: Mutex::new(held) }))
    }

    pub(super) fn peer(&self) -> Peer {
        self.0.peer
    }

    /// A call begins; it is over once what this returns is dropped, and every piece of its answer has left.
    pub(super) fn call(&self, place: Option<Place>) -> Call {
        let mut held = self.held();
        held.calls = held.calls.saturating_add(1);
        drop(held);
        Call(Arc::new(Open { line: self.clone(), _place: place }))
    }

    /// Whether the peer left a piece of an answer lying for so long.
    pub(super) fn leaves_lying(&self, patience: Duration) -> bool {
        self.held().pieces.first_key_value().is_some_and(|(_, since)| since.elapsed() >= patience)
    }

    /// Whether there was no call for so long.
    pub(super) fn is_idle(&self, patience: Duration) -> bool {
        let held = self.held();
        held.calls == 0 && held.quiet_since.elapsed() >= patience
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One call of a connection.
#[derive(Clone)]
pub(super) struct Call(Arc<Open>);

struct Open {
    line: Line,
    /// Among all calls at once.
    _place: Option<Place>,
}

impl Call {
    /// The answer's body, as it leaves.
    pub(super) fn answer(self, body: Body) -> Body {
        Body::new(Answer { body, rest: Bytes::new(), call: self })
    }

    fn piece(&self, bytes: Bytes) -> Bytes {
        let mut held = self.0.line.held();
        let number = held.next_piece;
        held.next_piece = held.next_piece.wrapping_add(1);
        held.pieces.insert(number, Instant::now());
        drop(held);
        Bytes::from_owner(Piece { bytes, number, call: self.clone() })
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let mut held = self.line.held();
        held.calls = held.calls.saturating_sub(1);
        held.quiet_since = Instant::now();
    }
}

/// Bytes on their way; dropped when the connection has written them, or is gone.
struct Piece {
    bytes: Bytes,
    number: u64,
    call: Call,
}

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        self.call.0.line.held().pieces.remove(&self.number);
    }
}

/// A body in pieces.
struct Answer {
    body: Body,
    /// Of the frame before, what has not been given yet.
    rest: Bytes,
    call: Call,
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.rest.is_empty() {
            let frame = match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                Some(Ok(frame)) => frame,
                end => return Poll::Ready(end),
            };
            match frame.into_data() {
                Ok(data) => self.rest = data,
                Err(other) => return Poll::Ready(Some(Ok(other))),
            }
        }
        let bytes = self.rest.len().min(PIECE_BYTES);
        let piece = self.rest.split_to(bytes);
        Poll::Ready(Some(Ok(Frame::data(self.call.piece(piece)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (mut hint, rest) = (self.body.size_hint(), self.rest.len() as u64);
        if let Some(upper) = hint.upper() {
            hint.set_upper(upper.saturating_add(rest));
        }
        hint.set_lower(hint.lower().saturating_add(rest));
        hint
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> Line {
        Line::new(Peer::of("192.0.2.1".parse().unwrap()))
    }

    async fn next(body: &mut Body) -> Option<Bytes> {
        let frame = std::future::poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await;
        frame.map(|frame| frame.unwrap().into_data().unwrap())
    }

    #[tokio::test]
    async fn an_answer_leaves_whole_in_bounded_pieces_and_its_call_ends_with_the_last() {
        let line = line();
        let whole: Vec<u8> = (0..=255).cycle().take(2 * PIECE_BYTES + 7).collect();
        let mut body = line.call(None).answer(Body::from(whole.clone()));
        assert_eq!(body.size_hint().exact(), Some(whole.len() as u64));
        let mut pieces = Vec::new();
        while let Some(piece) = next(&mut body).await {
            assert!(piece.len() <= PIECE_BYTES);
            pieces.push(piece);
        }
        assert_eq!(pieces.concat(), whole);
        drop(body);
        assert!(line.leaves_lying(Duration::ZERO) && !line.is_idle(Duration::ZERO), "nothing has left yet");
        pieces.truncate(1);
        assert!(line.leaves_lying(Duration::ZERO) && !line.is_idle(Duration::ZERO), "one has not");
        pieces.clear();
        assert!(!line.leaves_lying(Duration::ZERO) && line.is_idle(Duration::ZERO));
    }

    #[tokio::test]
    async fn patience_counts_from_the_oldest_piece_and_from_the_last_call() {
        let (line, hour) = (line(), Duration::from_secs(3600));
        assert!(line.is_idle(Duration::ZERO) && !line.is_idle(hour));
        let call = line.call(None);
        let (old, new) = (call.piece(Bytes::from_static(b"old")), call.piece(Bytes::from_static(b"new")));
        assert!(line.leaves_lying(Duration::ZERO) && !line.leaves_lying(hour));
        let oldest = || line.held().pieces.keys().next().copied();
        assert_eq!(oldest(), Some(0));
        drop(old);
        assert_eq!(oldest(), Some(1));
        drop((new, call));
        assert!(!line.leaves_lying(Duration::ZERO) && line.is_idle(Duration::ZERO));
    }
}
