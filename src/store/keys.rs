//! Keys and values of the event store, byte for byte (big-endian):
//!
//! ```text
//! 'e' | u64 chunk            -> up to 32 entries, leaf 32 * chunk first:
//!                               person: u8 2 | 74 B entry | u32 segment | u32 offset      (83 B)
//!                               public: u8 1 | u32 segment | u32 offset                   ( 9 B)
//! 's' | stream[16] | u32 rev -> u64 leaf
//! 'm'                        -> u64 size | u32 segment | u32 offset | Merkle frontier
//! 'n'                        -> nothing: there for a moment of a long flush
//! ```
//!
//! Every key but `m` ascends with the log and no event has a random key of its own: each such key would cost a third
//! of the throughput. A full chunk is 2,656 bytes: the database misbehaves with values beyond a few kilobytes.

use super::{JournalOffset, Mark, StoreError, StoredEntry};
use crate::event::StreamId;
use crate::event::entry::PERSON_ENTRY_BYTES;

/// Entries a chunk holds.
pub(super) const CHUNK_ENTRIES: u64 = 32;
/// The key of the mark.
pub(super) const MARK: &[u8] = b"m";
/// There while a flush takes long; read by nobody.
pub(super) const NUDGE: &[u8] = b"n";

const BAD_CHUNK: StoreError = StoreError::Damaged { what: "chunk of entries" };

const PUBLIC: u8 = 1;
const PERSON: u8 = 2;

/// The key of the chunk that holds `leaf`.
pub(super) fn chunk_key(chunk: u64) -> [u8; 9] {
    let mut key = [b'e'; 9];
    key[1..].copy_from_slice(&chunk.to_be_bytes());
    key
}

/// The prefix of a public stream.
pub(super) fn stream_prefix(stream: StreamId) -> [u8; 17] {
    let mut key = [b's'; 17];
    key[1..].copy_from_slice(&stream.0);
    key
}

/// The key of one revision of a public stream.
pub(super) fn stream_key(stream: StreamId, revision: u32) -> [u8; 21] {
    let mut key = [0; 21];
    key[..17].copy_from_slice(&stream_prefix(stream));
    key[17..].copy_from_slice(&revision.to_be_bytes());
    key
}

/// What every stream key begins with.
pub(super) const STREAMS: &[u8] = b"s";

/// The stream in a stream key.
pub(super) fn stream_of_key(key: &[u8]) -> Result<StreamId, StoreError> {
    let id = key.get(1..17).and_then(|id| id.try_into().ok());
    id.map(StreamId).ok_or(StoreError::Damaged { what: "stream key" })
}

/// The revision at the end of a stream key.
pub(super) fn stream_revision(key: &[u8]) -> Result<u32, StoreError> {
    match (key.len(), key.last_chunk()) {
        (21, Some(revision)) => Ok(u32::from_be_bytes(*revision)),
        _ => Err(StoreError::Damaged { what: "stream key" }),
    }
}

/// The leaf a stream key points at.
pub(super) fn stream_leaf(value: &[u8]) -> Result<u64, StoreError> {
    value.try_into().map(u64::from_be_bytes).map_err(|_| StoreError::Damaged { what: "stream value" })
}

/// Appends one entry to a chunk's value.
pub(super) fn push_entry(chunk: &mut Vec<u8>, entry: &StoredEntry) {
    match &entry.person {
        Some(person) => {
            chunk.push(PERSON);
            chunk.extend_from_slice(person);
        }
        None => chunk.push(PUBLIC),
    }
    chunk.extend_from_slice(&entry.at.segment.to_be_bytes());
    chunk.extend_from_slice(&entry.at.offset.to_be_bytes());
}

/// The entries of a chunk's value; all of it must be entries.
pub(super) fn chunk_entries(mut value: &[u8]) -> Result<Vec<StoredEntry>, StoreError> {
    let mut entries = Vec::with_capacity(usize::try_from(CHUNK_ENTRIES).unwrap_or_default());
    while !value.is_empty() {
        entries.push(take_entry(&mut value)?);
    }
    if entries.len() as u64 > CHUNK_ENTRIES { Err(BAD_CHUNK) } else { Ok(entries) }
}

/// The entry at `place` of a chunk's value alone; all before it must be entries.
pub(super) fn chunk_entry(mut value: &[u8], place: u64) -> Result<Option<StoredEntry>, StoreError> {
    for _ in 0..place.min(CHUNK_ENTRIES) {
        if value.is_empty() {
            return Ok(None);
        }
        take_entry(&mut value)?;
    }
    if value.is_empty() { Ok(None) } else { take_entry(&mut value).map(Some) }
}

fn take_entry(value: &mut &[u8]) -> Result<StoredEntry, StoreError> {
    let (&tag, rest) = value.split_first().ok_or(BAD_CHUNK)?;
    let (person, rest) = match tag {
        PERSON => {
            let (person, rest) = rest.split_first_chunk::<PERSON_ENTRY_BYTES>().ok_or(BAD_CHUNK)?;
            (Some(*person), rest)
        }
        PUBLIC => (None, rest),
        _ => return Err(BAD_CHUNK),
    };
    let (at, rest) = offset(rest).ok_or(BAD_CHUNK)?;
    *value = rest;
    Ok(StoredEntry { person, at })
}

/// The mark's value.
pub(super) fn encode_mark(mark: &Mark) -> Vec<u8> {
    let mut out = Vec::with_capacity(mark.frontier.len().saturating_add(16));
    out.extend_from_slice(&mark.size.to_be_bytes());
    out.extend_from_slice(&mark.journal_end.segment.to_be_bytes());
    out.extend_from_slice(&mark.journal_end.offset.to_be_bytes());
    out.extend_from_slice(&mark.frontier);
    out
}

/// The inverse of [`encode_mark`].
pub(super) fn decode_mark(value: &[u8]) -> Result<Mark, StoreError> {
    const DAMAGED: StoreError = StoreError::Damaged { what: "mark" };
    let (size, rest) = value.split_first_chunk::<8>().ok_or(DAMAGED)?;
    let (journal_end, frontier) = offset(rest).ok_or(DAMAGED)?;
    Ok(Mark { size: u64::from_be_bytes(*size), journal_end, frontier: frontier.to_vec() })
}

fn offset(bytes: &[u8]) -> Option<(JournalOffset, &[u8])> {
    let (segment, rest) = bytes.split_first_chunk::<4>()?;
    let (offset, rest) = rest.split_first_chunk::<4>()?;
    let at = JournalOffset { segment: u32::from_be_bytes(*segment), offset: u32::from_be_bytes(*offset) };
    Some((at, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_chunk_of_person_entries_stays_small() {
        let entry = StoredEntry {
            person: Some([7; PERSON_ENTRY_BYTES]),
            at: JournalOffset { segment: 1, offset: 2 },
        };
        let mut chunk = Vec::new();
        for _ in 0..CHUNK_ENTRIES {
            push_entry(&mut chunk, &entry);
        }
        assert_eq!(chunk.len(), 2656);
        assert_eq!(chunk_entries(&chunk).unwrap(), vec![entry; 32]);
    }

    #[test]
    fn an_entry_alone_is_the_one_at_its_place() {
        let entry = |number: u32| StoredEntry {
            person: number.is_multiple_of(3).then_some([7; PERSON_ENTRY_BYTES]),
            at: JournalOffset { segment: 1, offset: number },
        };
        let mut chunk = Vec::new();
        (0..20).for_each(|number| push_entry(&mut chunk, &entry(number)));
        let all = chunk_entries(&chunk).unwrap();
        for (place, expected) in (0..).zip(all.iter().map(Some).chain([None; 20])) {
            assert_eq!(chunk_entry(&chunk, place).unwrap().as_ref(), expected, "{place}");
        }
        let end = chunk.len();
        assert!(chunk_entry(&chunk[..end - 1], 19).is_err(), "it is cut off");
    }

    #[test]
    fn a_cut_lengthened_or_unknown_value_is_damage() {
        let mut chunk = Vec::new();
        push_entry(&mut chunk, &StoredEntry { person: None, at: JournalOffset::START });
        for cut in 1..chunk.len() {
            assert_eq!(chunk_entries(&chunk[..cut]).unwrap_err().reason(), "STORE_DAMAGED", "{cut} bytes");
        }
        assert!(chunk_entries(&chunk.repeat(33)).is_err());
        chunk[0] = 3;
        assert!(chunk_entries(&chunk).is_err());
        assert!(decode_mark(&[0; 15]).is_err());
        assert!(stream_leaf(&[0; 7]).is_err());
        assert!(stream_revision(&[0; 20]).is_err());
    }

    #[test]
    fn revisions_of_one_stream_sort_by_number() {
        let stream = StreamId([9; 16]);
        assert!(stream_key(stream, 255) < stream_key(stream, 256));
        assert_eq!(stream_revision(&stream_key(stream, 256)).unwrap(), 256);
    }
}
