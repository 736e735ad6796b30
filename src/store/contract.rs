//! The suite every store must pass. It is plain code, not `#[cfg(test)]`, so that a store outside this room can call it.

use super::{Batch, JournalOffset, Mark, Store, StoreError, StoredEntry};
use crate::event::StreamId;
use crate::event::entry::PERSON_ENTRY_BYTES;

/// Holds an empty `store` to the contract.
///
/// # Panics
/// At the first rule it breaks.
pub fn check<S: Store>(store: &S) {
    starts_empty(store);
    let expected = grows_by_batches_of_every_length(store);
    refuses_what_does_not_continue(store, expected.len() as u64);
    reads_back(store, &expected);
    keeps_streams_apart(store);
}

/// An entry that is like no other: every third one public.
pub(super) fn sample(leaf: u64) -> StoredEntry {
    let number = u32::try_from(leaf).unwrap_or(u32::MAX);
    let mut bytes = [0; PERSON_ENTRY_BYTES];
    bytes[..8].copy_from_slice(&leaf.to_be_bytes());
    let person = if leaf % 3 == 2 { None } else { Some(bytes) };
    StoredEntry { person, at: JournalOffset { segment: number / 50, offset: number * 90 } }
}

/// A batch of `count` samples from `first` on.
pub(super) fn sample_batch(first: u64, count: u64) -> Batch {
    let size = first + count;
    let journal_end = JournalOffset { segment: 7, offset: u32::try_from(size).unwrap_or(u32::MAX) };
    Batch {
        first_leaf: first,
        entries: (first..size).map(sample).collect(),
        streams: Vec::new(),
        mark: Mark { size, journal_end, frontier: size.to_be_bytes().repeat(3) },
    }
}

fn starts_empty<S: Store>(store: &S) {
    assert!(matches!(store.mark(), Ok(None)), "a new store has no mark");
    assert!(matches!(store.entry(0), Ok(None)), "a new store has no entry");
    assert!(matches!(store.stream_head(StreamId::ledger()), Ok(None)), "a new store has no stream");
}

fn grows_by_batches_of_every_length<S: Store>(store: &S) -> Vec<StoredEntry> {
    let mut size = 0;
    for count in [1, 30, 1, 1, 31, 32, 33, 64, 100, 7] {
        let batch = sample_batch(size, count);
        assert!(store.apply(&batch).is_ok(), "a batch of {count} at {size} is applied");
        assert!(store.sync().is_ok(), "sync after {size}");
        size += count;
        assert_eq!(store.mark().ok().flatten(), Some(batch.mark), "the mark is the last batch's");
        assert_eq!(store.entry(size - 1).ok().flatten(), Some(sample(size - 1)), "its last entry is there");
        assert!(matches!(store.entry(size), Ok(None)), "nothing beyond the size");
    }
    (0..size).map(sample).collect()
}

fn refuses_what_does_not_continue<S: Store>(store: &S, size: u64) {
    let before = store.mark().ok();
    for first in [0, size - 1, size + 1] {
        let refused = store.apply(&sample_batch(first, 3));
        assert!(
            matches!(refused, Err(StoreError::OutOfOrder { .. })),
            "a batch at {first} of {size} is refused"
        );
    }
    let mut miscounted = sample_batch(size, 3);
    miscounted.mark.size += 1;
    assert!(
        matches!(store.apply(&miscounted), Err(StoreError::MarkMismatch { .. })),
        "the mark counts the entries"
    );
    let mut foreign = sample_batch(size, 3);
    foreign.streams = vec![(StreamId([1; 16]), 0, size + 3)];
    assert!(
        matches!(store.apply(&foreign), Err(StoreError::LeafOutsideBatch { .. })),
        "a stream's leaf is in its batch"
    );
    let mut gap = sample_batch(size, 3);
    gap.streams = vec![(StreamId([1; 16]), 0, size), (StreamId([1; 16]), 2, size + 1)];
    assert!(
        matches!(store.apply(&gap), Err(StoreError::StreamGap { expected: 1, found: 2 })),
        "a stream has no gap"
    );
    assert_eq!(store.mark().ok(), before, "what was refused changed nothing");
    assert!(matches!(store.entry(size), Ok(None)), "what was refused added nothing");
}

fn reads_back<S: Store>(store: &S, expected: &[StoredEntry]) {
    for (from, max) in
        [(0, expected.len() + 10), (0, 1), (31, 2), (32, 32), (33, 95), (expected.len() - 1, 5), (5, 0)]
    {
        let want: Vec<_> = expected.iter().skip(from).take(max).cloned().collect();
        assert_eq!(store.entries(from as u64, max).ok(), Some(want), "{max} entries from {from}");
    }
    assert_eq!(store.entries(u64::MAX, 3).ok(), Some(Vec::new()), "none from beyond the end");
}

fn keeps_streams_apart<S: Store>(store: &S) {
    // Neighbouring ids, and one that is a prefix of nothing: a scan must not run over into the next stream.
    let (low, high) = (StreamId([1; 16]), StreamId([0xff; 16]));
    let size = store.mark().ok().flatten().map_or(0, |mark| mark.size);
    let mut batch = sample_batch(size, 300);
    batch.streams =
        (0..300_u32).map(|i| (if i % 2 == 0 { low } else { high }, i / 2, size + u64::from(i))).collect();
    assert!(store.apply(&batch).is_ok(), "two streams grow in one batch");
    for (stream, odd) in [(low, 0), (high, 1)] {
        let want: Vec<u64> = (0..150).map(|revision| size + 2 * revision + odd).collect();
        assert_eq!(
            store.stream_head(stream).ok().flatten(),
            want.last().map(|&leaf| (149, leaf)),
            "its head"
        );
        assert_eq!(store.stream(stream).ok(), Some(want), "its leaves, revision 0 first");
    }
    assert_eq!(store.stream(StreamId([2; 16])).ok(), Some(Vec::new()), "an unknown stream is empty");
    let mut all = store.public_entries().unwrap_or_default();
    all.sort_unstable_by_key(|&(_, _, leaf)| leaf);
    assert_eq!(all, batch.streams, "all streams together");
}
