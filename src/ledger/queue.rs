//! The places for statements that were accepted and are not yet answered: so many, with so many bytes.
//!
//! A single call that finds none is refused at once (`OVERLOADED`). A stream waits its turn, in the order in which the streams
//! came, and leaves a part to single calls, so that a few importers that keep the queue full turn nobody away.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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
    held: Mutex<Held>,
    /// Somebody left.
    left: Notify,
}

#[derive(Debug, Default)]
struct Held {
    taken: usize,
    bytes: usize,
}

/// One of them, free again when it is dropped.
#[derive(Debug)]
pub(super) struct Seat {
    queue: Arc<Queue>,
    bytes: usize,
}

impl Queue {
    pub(super) fn new(places: usize) -> Arc<Self> {
        Arc::new(Self { places, held: Mutex::default(), left: Notify::new() })
    }

    /// Statements accepted and not yet answered.
    pub(super) fn taken(&self) -> usize {
        self.held().taken
    }

    /// A place for a statement of so many bytes, if there is one now.
    pub(super) fn take(self: &Arc<Self>, bytes: usize, asking: Asking) -> Option<Seat> {
        let left = if asking == Asking::Stream { self.places / LEFT_BY_STREAMS } else { 0 };
        let mut held = self.held();
        let with_it = held.bytes.saturating_add(bytes);
        // Alone, any statement has room.
        let has_room = held.bytes == 0 || with_it <= self.places.saturating_mul(BYTES_PER_PLACE);
        if held.taken >= self.places.saturating_sub(left) || !has_room {
            return None;
        }
        held.taken = held.taken.saturating_add(1);
        held.bytes = with_it;
        Some(Seat { queue: Arc::clone(self), bytes })
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

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        {
            let mut held = self.queue.held();
            held.taken = held.taken.saturating_sub(1);
            held.bytes = held.bytes.saturating_sub(self.bytes);
        }
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
        assert_eq!((queue.taken(), queue.held().bytes), (0, 0));

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

    #[tokio::test]
    async fn whoever_waits_asks_again_only_when_somebody_left() {
        let queue = Queue::new(1);
        let first = queue.take(1, Asking::Call).unwrap();
        let asked = std::cell::Cell::new(0);
        let mut waits = std::pin::pin!(queue.wait(|| {
            asked.set(asked.get() + 1);
            queue.take(1, Asking::Stream)
        }));
        for _ in 0..3 {
            assert!(
                std::future::poll_fn(|context| std::task::Poll::Ready(waits.as_mut().poll(context)))
                    .await
                    .is_pending()
            );
            assert!(queue.take(1, Asking::Call).is_none(), "a refusal wakes nobody");
        }
        drop(first);
        drop(waits.await);
        assert_eq!(asked.get(), 2);
    }
}
