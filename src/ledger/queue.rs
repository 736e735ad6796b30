//! The places for statements that were accepted and are not yet answered: so many, with so many bytes.
//!
//! A single call that finds none is refused at once (`OVERLOADED`). A stream waits its turn, in the order in which the streams
//! came, and leaves a part to single calls, so that a few importers that keep the queue full turn nobody away.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

/// What statements may have on average while every place is taken; a request has at most 64 KiB.
const BYTES_PER_PLACE: usize = 8 * 1024;
/// What streams leave: one place of so many.
const LEFT_BY_STREAMS: usize = 16;

/// Who asks for a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asking {
    /// A single call.
    Call,
    /// One of a stream's statements.
    Stream,
}

/// The places.
#[derive(Debug)]
pub(super) struct Queue {
    places: usize,
    taken: AtomicUsize,
    bytes: AtomicUsize,
    /// Somebody left.
    left: Notify,
}

/// One of them, free again when it is dropped.
#[derive(Debug)]
pub(super) struct Seat {
    queue: Arc<Queue>,
    bytes: usize,
}

impl Queue {
    pub(super) fn new(places: usize) -> Arc<Self> {
        let (taken, bytes) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Arc::new(Self { places, taken, bytes, left: Notify::new() })
    }

    /// Statements accepted and not yet answered.
    pub(super) fn taken(&self) -> usize {
        self.taken.load(Ordering::Relaxed)
    }

    /// A place for a statement of so many bytes, if there is one now.
    pub(super) fn take(self: &Arc<Self>, bytes: usize, asking: Asking) -> Option<Seat> {
        let taken = self.taken.fetch_add(1, Ordering::Relaxed);
        let before = self.bytes.fetch_add(bytes, Ordering::Relaxed);
        // Dropped, it gives back what was just counted.
        let seat = Seat { queue: Arc::clone(self), bytes };
        let left = if asking == Asking::Stream { self.places / LEFT_BY_STREAMS } else { 0 };
        let has_room = before == 0 || before.saturating_add(bytes) <= self.places.saturating_mul(BYTES_PER_PLACE);
        (taken < self.places - left && has_room).then_some(seat)
    }

    /// Waits until `take` gives something, asking again whenever somebody leaves, those first who waited first.
    pub(super) async fn wait<T>(&self, mut take: impl FnMut() -> Option<T>) -> T {
        loop {
            let left = self.left.notified();
            if let Some(taken) = take() {
                // There may be room for the next, too; if not, it waits again.
                self.left.notify_one();
                return taken;
            }
            left.await;
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.queue.taken.fetch_sub(1, Ordering::Relaxed);
        self.queue.bytes.fetch_sub(self.bytes, Ordering::Relaxed);
        self.queue.left.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_and_bytes_are_bounded_and_streams_leave_some_to_calls() {
        let queue = Queue::new(32);
        let take = |asking| queue.take(100, asking);
        let streams: Vec<Seat> = std::iter::from_fn(|| take(Asking::Stream)).collect();
        assert_eq!(streams.len(), 30);
        let calls: Vec<Seat> = std::iter::from_fn(|| take(Asking::Call)).collect();
        assert_eq!((calls.len(), queue.taken()), (2, 32), "what was refused is not counted");
        drop((streams, calls));
        assert_eq!((queue.taken(), queue.bytes.load(Ordering::Relaxed)), (0, 0));

        let large = BYTES_PER_PLACE * 32 - 10;
        let first = queue.take(large, Asking::Call).unwrap();
        assert!(queue.take(11, Asking::Call).is_none());
        assert!(queue.take(10, Asking::Call).is_some());
        drop(first);
        assert!(queue.take(2 * large, Asking::Call).is_some(), "alone, any statement has room");
    }

    #[tokio::test]
    async fn whoever_waits_gets_a_place_when_one_is_left() {
        let queue = Queue::new(2);
        let (first, second) = (queue.take(1, Asking::Call).unwrap(), queue.take(1, Asking::Call).unwrap());
        let waiters: Vec<_> = (0..3)
            .map(|_| {
                let queue = Arc::clone(&queue);
                tokio::spawn(async move { queue.wait(|| queue.take(1, Asking::Stream)).await })
            })
            .collect();
        drop((first, second));
        for waiter in waiters {
            drop(waiter.await.unwrap());
        }
        assert_eq!(queue.taken(), 0);
    }
}
