//! Frames one after the other, each checked; and how the last one ended.

use std::sync::Arc;

use super::{DataFile, FRAME_BYTES_MAX, JournalReader, Position, Record, Tail, VaultError};
use crate::store::JournalOffset;
use crate::vault::fields::Fields;

pub(super) const MAGIC: [u8; 4] = [0xf5, b'S', b'K', 1];
pub(super) const HEADER_BYTES: usize = 4 + 4 + 8 + 4;
pub(super) const FRAME_OVERHEAD_BYTES: usize = HEADER_BYTES + 4;
/// How much is read at once.
const WINDOW_BYTES: usize = 1024 * 1024;

/// A whole frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Where it begins, and its first leaf.
    pub start: Position,
    /// Where the next one begins, and its first leaf.
    pub end: Position,
    /// The records, each with its place.
    pub records: Vec<(JournalOffset, Record)>,
}

/// A whole frame whose records are not taken apart yet: for who has other threads to do that.
#[derive(Debug)]
pub struct WholeFrame {
    start: Position,
    end: Position,
    count: u32,
    bytes: Vec<u8>,
}

impl WholeFrame {
    /// With its records.
    pub fn decode(&self) -> Result<Frame, VaultError> {
        let Self { start, end, count, ref bytes } = *self;
        Ok(Frame { start, end, records: decode_records(start.at, count, bytes)? })
    }
}

/// Iterates over frames. After the last, [`Self::tail`] says how the journal ended.
#[derive(Debug)]
pub struct Frames {
    reader: JournalReader,
    window: Window,
    next: Position,
    tail: Tail,
    done: bool,
}

/// Part of a segment in memory.
#[derive(Debug)]
struct Window {
    file: Arc<DataFile>,
    len: u64,
    start: u64,
    bytes: Vec<u8>,
}

/// What a frame's header says.
struct Header {
    /// Of the whole frame.
    frame_len: usize,
    first_leaf: u64,
    count: u32,
}

impl Window {
    fn new(file: Arc<DataFile>) -> Result<Self, VaultError> {
        let len = file.len()?;
        Ok(Self { file, len, start: 0, bytes: Vec::new() })
    }

    /// `count` bytes from `at`; `None` if the segment ends before.
    #[expect(clippy::arithmetic_side_effects, reason = "`at` is not behind the segment's end")]
    fn get(&mut self, at: u64, count: usize) -> Result<Option<&[u8]>, VaultError> {
        if at.saturating_add(count as u64) > self.len {
            return Ok(None);
        }
        let held = |window: &Self| {
            let from = usize::try_from(at.checked_sub(window.start)?).ok()?;
            let range = from..from.checked_add(count)?;
            (range.end <= window.bytes.len()).then_some(range)
        };
        if held(self).is_none() {
            let left = usize::try_from(self.len - at).unwrap_or(usize::MAX);
            self.bytes.resize(count.max(WINDOW_BYTES).min(left), 0);
            self.start = at;
            let read = self.file.read_into(&mut self.bytes, at);
            // What could not be read is not held.
            self.bytes.truncate(read.as_ref().map_or(0, |read| *read));
            read?;
        }
        Ok(held(self).and_then(|range| self.bytes.get(range)))
    }

    /// The header at `at` if magic and length can be right.
    #[expect(clippy::arithmetic_side_effects, reason = "a frame that is possible has at most 64 MiB")]
    fn header(&mut self, at: u64) -> Result<Option<Header>, VaultError> {
        let Some(bytes) = self.get(at, HEADER_BYTES)? else { return Ok(None) };
        let mut fields = Fields(bytes);
        let parsed = (fields.take::<4>(), fields.u32(), fields.u64(), fields.u32());
        let (Some(MAGIC), Some(records_len), Some(first_leaf), Some(count)) = parsed else { return Ok(None) };
        let records_len = records_len as usize;
        let possible = records_len <= FRAME_BYTES_MAX && count > 0;
        Ok(possible.then(|| Header { frame_len: records_len + FRAME_OVERHEAD_BYTES, first_leaf, count }))
    }

    /// The header and the records' bytes of a frame whose checksum is right.
    fn frame(&mut self, at: u64) -> Result<Option<(Header, &[u8])>, VaultError> {
        let Some(header) = self.header(at)? else { return Ok(None) };
        let Some((body, crc)) = self.get(at, header.frame_len)?.and_then(<[u8]>::split_last_chunk) else {
            return Ok(None);
        };
        if *crc != crc32c::crc32c(body).to_be_bytes() {
            return Ok(None);
        }
        Ok(Some((header, body.get(HEADER_BYTES..).unwrap_or_default())))
    }

    /// Whether a whole frame stands anywhere behind `at`.
    #[expect(clippy::arithmetic_side_effects, reason = "places in a segment, or just behind its end")]
    fn has_frame_behind(&mut self, at: u64) -> Result<bool, VaultError> {
        let mut from = at + 1;
        while from + FRAME_OVERHEAD_BYTES as u64 <= self.len {
            let left = usize::try_from(self.len - from).unwrap_or(usize::MAX);
            let block = self.get(from, left.min(WINDOW_BYTES))?.unwrap_or_default();
            let found: Vec<u64> = block
                .windows(MAGIC.len())
                .enumerate()
                .filter(|(_, bytes)| **bytes == MAGIC)
                .map(|(i, _)| from + i as u64)
                .collect();
            // The next block overlaps, so that a magic across the border is seen.
            from += (block.len().saturating_sub(MAGIC.len() - 1)).max(1) as u64;
            for candidate in found {
                if self.frame(candidate)?.is_some() {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }
}

impl Frames {
    pub(super) fn new(reader: JournalReader, from: Position) -> Result<Self, VaultError> {
        let problem = "it ends before a place that the rest of the data directory knows";
        let ends_before = VaultError::JournalDamaged { at: from.at, problem };
        if !reader.has_segment(from.at.segment)? {
            return Err(ends_before);
        }
        let window = Window::new(reader.segment(from.at.segment)?)?;
        if u64::from(from.at.offset) > window.len {
            return Err(ends_before);
        }
        Ok(Self { reader, window, next: from, tail: Tail::Clean, done: false })
    }

    /// Where the next frame begins or would begin.
    pub fn position(&self) -> Position {
        self.next
    }

    /// How the journal ended, once no frame is left.
    pub fn tail(&self) -> Tail {
        self.tail
    }

    /// Checks the next frame without taking its records apart: where it begins; `None` at the end.
    pub(super) fn skip_frame(&mut self) -> Result<Option<Position>, VaultError> {
        Ok(self.advance(|_, _, _| Ok(()))?.map(|(start, ())| start))
    }

    /// The rest of the frames, each whole.
    pub fn whole(mut self) -> impl Iterator<Item = Result<WholeFrame, VaultError>> {
        std::iter::from_fn(move || {
            let result = self.advance(|_, count, bytes| Ok((count, bytes.to_vec())));
            self.done |= result.is_err();
            let frame = |(start, (count, bytes))| WholeFrame { start, end: self.next, count, bytes };
            result.map(|read| read.map(frame)).transpose()
        })
    }

    /// Moves over the next whole frame, handing its place, its header's count and its records to `read`.
    fn advance<T>(
        &mut self,
        read: impl FnOnce(JournalOffset, u32, &[u8]) -> Result<T, VaultError>,
    ) -> Result<Option<(Position, T)>, VaultError> {
        if self.done || self.at_end()? {
            self.done = true;
            return Ok(None);
        }
        let start = self.next;
        let damaged = |problem| VaultError::JournalDamaged { at: start.at, problem };
        let Some((header, records)) = self.window.frame(u64::from(start.at.offset))? else {
            self.done = true;
            return self.end_in_a_bad_frame().map(|()| None);
        };
        if header.first_leaf != start.leaf {
            self.done = true;
            return Err(damaged("a frame does not begin with the leaf after the last one"));
        }
        let answer = read(start.at, header.count, records)?;
        // At most 64 MiB, so the sum stays below 2^32 where a segment ends at 256 MiB.
        let frame_bytes = u32::try_from(header.frame_len).unwrap_or(u32::MAX);
        let Some(offset) = start.at.offset.checked_add(frame_bytes) else {
            return Err(damaged("its segment is too long"));
        };
        let Some(leaf) = start.leaf.checked_add(header.count.into()) else {
            return Err(damaged("a frame has more leaves than are left to number"));
        };
        self.next = Position { at: JournalOffset { offset, ..start.at }, leaf };
        Ok(Some((start, answer)))
    }

    /// Whether nothing is left, stepping into the next segment where there is one.
    fn at_end(&mut self) -> Result<bool, VaultError> {
        while u64::from(self.next.at.offset) == self.window.len {
            // Behind the last number there is, none comes.
            let Some(number) = self.next.at.segment.checked_add(1) else { return Ok(true) };
            if !self.reader.has_segment(number)? {
                if self.reader.has_segment_after(number)? {
                    let at = JournalOffset { segment: number, offset: 0 };
                    return Err(VaultError::JournalDamaged { at, problem: "the segment is missing" });
                }
                return Ok(true);
            }
            self.window = Window::new(self.reader.segment(number)?)?;
            self.next.at = JournalOffset { segment: number, offset: 0 };
        }
        Ok(false)
    }

    /// A bad frame is torn if it is the last thing written, damage otherwise. A segment is begun only after the last
    /// frame of the one before is durable, so a following segment, even an empty one, means damage.
    fn end_in_a_bad_frame(&mut self) -> Result<(), VaultError> {
        let at = self.next.at;
        if self.reader.has_segment_after(at.segment)? || self.window.has_frame_behind(u64::from(at.offset))? {
            return Err(VaultError::JournalDamaged { at, problem: "a bad frame stands before good ones" });
        }
        self.tail = Tail::Torn { at };
        Ok(())
    }
}

impl Iterator for Frames {
    type Item = Result<Frame, VaultError>;

    fn next(&mut self) -> Option<Self::Item> {
        let result = self.advance(decode_records);
        self.done |= result.is_err();
        let frame = |(start, records)| Frame { start, end: self.next, records };
        result.map(|read| read.map(frame)).transpose()
    }
}

fn decode_records(
    at: JournalOffset,
    count: u32,
    mut bytes: &[u8],
) -> Result<Vec<(JournalOffset, Record)>, VaultError> {
    let malformed = VaultError::JournalDamaged { at, problem: "a frame's records are malformed" };
    let mut records = Vec::new();
    // Below 2^32: the frame was read from a segment file, and `advance` checks where it ends.
    let mut offset = at.offset.saturating_add(u32::try_from(HEADER_BYTES).unwrap_or(0));
    while !bytes.is_empty() {
        let Ok((record, len)) = Record::decode(bytes) else { return Err(malformed) };
        records.push((JournalOffset { offset, ..at }, record));
        bytes = bytes.get(len..).unwrap_or_default();
        offset = offset.saturating_add(u32::try_from(len).unwrap_or(u32::MAX));
    }
    if records.len() == count as usize { Ok(records) } else { Err(malformed) }
}
