//! The journal: write-ahead log and value store. Append-only, never rewritten; everything else can be made from it
//! and the keyring.
//!
//! DIR/journal/NNNNNNNN.skj, segments of at most 256 MiB, numbered from 0 without a gap. All numbers big-endian:
//! ```text
//! frame  = magic F5 53 4B 01 | u32 length of records | u64 first leaf | u32 count | records | u32 crc32c
//!          crc32c (RFC 3720) over everything before it, the magic included
//! record = u16 length | entry | for a person entry (class 2): u32 key slot | u32 length | sealed
//! ```
//! `F5` occurs in no UTF-8 text, so no statement can look like a frame.
//!
//! *fsync:* one fdatasync a frame, before anything that follows from it. A new segment is synced, and its directory,
//! before its first frame. So a crash leaves at most one bad frame, the last of the last segment: it was never
//! acknowledged, is reported as [`Tail::Torn`], and goes when the caller says so. A bad frame anywhere else is damage.

mod frames;
mod reader;
mod record;
mod segment;

use std::path::Path;

use super::VaultError;
use super::durable::{DataFile, sync_dir};
use crate::store::JournalOffset;

pub use frames::{Frame, Frames, WholeFrame};
pub use reader::JournalReader;
pub use record::Record;
pub use segment::cut_journal;

use frames::{FRAME_OVERHEAD_BYTES, HEADER_BYTES, MAGIC};

/// A segment is not begun anew before the next frame would make it longer than this.
pub const SEGMENT_BYTES_MAX: u32 = 256 * 1024 * 1024;
/// The most bytes of records in one frame.
pub const FRAME_BYTES_MAX: usize = 64 * 1024 * 1024;

/// A place between two frames: where the next one stands and the leaf it begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Where.
    pub at: JournalOffset,
    /// The leaf.
    pub leaf: u64,
}

impl Position {
    /// The beginning.
    pub const START: Self = Self { at: JournalOffset::START, leaf: 0 };
}

/// How the journal ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tail {
    /// With a whole frame.
    Clean,
    /// With a frame that is not whole, and no whole one behind it.
    Torn {
        /// Where it begins.
        at: JournalOffset,
    },
}

/// The journal, open for its one writer.
#[derive(Debug)]
pub struct Journal {
    reader: JournalReader,
    /// The segment that is written to.
    file: std::sync::Arc<DataFile>,
    end: Position,
    tail: Tail,
    poisoned: bool,
    segment_bytes_max: u32,
    buffer: Vec<u8>,
}

impl Journal {
    /// Makes the first segment of a new journal, durable.
    pub fn create(dir: &Path) -> Result<Self, VaultError> {
        segment::create(dir, 0)?;
        Self::open(dir, Position::START)
    }

    /// Opens for appending. Every frame from `from` on is checked, none before it: give [`Position::START`], or a
    /// place up to which the frames were applied. A journal that ends before `from` is damaged.
    ///
    /// The last frame is written again: the process that wrote it may have ended at its fsync, and then it is there to be
    /// read, but perhaps on no disk. Every earlier one was durable before the next was begun.
    pub fn open(dir: &Path, from: Position) -> Result<Self, VaultError> {
        let reader = JournalReader::open_for_writing(dir)?;
        let mut frames = reader.frames_from(from)?;
        let mut last = None;
        while let Some(start) = frames.skip_frame()? {
            last = Some((start.at, frames.position().at.offset));
        }
        if let Some((start, end)) = last {
            reader.segment(start.segment)?.rewrite(start.offset.into(), end.into())?;
        }
        let end = frames.position();
        let file = reader.segment(end.at.segment)?;
        Ok(Self {
            file,
            end,
            tail: frames.tail(),
            poisoned: false,
            segment_bytes_max: SEGMENT_BYTES_MAX,
            buffer: Vec::new(),
            reader,
        })
    }

    /// How it ended when opened.
    pub fn tail(&self) -> Tail {
        self.tail
    }

    /// Where the next frame goes, and its first leaf.
    pub fn end(&self) -> Position {
        self.end
    }

    /// For threads that read beside the writer.
    pub fn reader(&self) -> JournalReader {
        self.reader.clone()
    }

    /// Cuts the torn frame off. Only the caller knows whether anything was built on it; if so it is damage instead.
    pub fn truncate_torn(&mut self) -> Result<(), VaultError> {
        if let Tail::Torn { at } = self.tail {
            self.file.set_len(u64::from(at.offset))?;
            self.file.sync()?;
            self.tail = Tail::Clean;
        }
        Ok(())
    }

    /// Writes one frame and makes it durable; answers where each record is. After any failure but a refusal of the
    /// arguments it is unknown what the disk holds: the journal takes nothing more until it is opened again.
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "a segment has at most 256 MiB, or one frame of at most 64 MiB"
    )]
    pub fn append(&mut self, first_leaf: u64, records: &[Record]) -> Result<Vec<JournalOffset>, VaultError> {
        let next_leaf = self.check_appendable(first_leaf, records)?;
        let mut buffer = std::mem::take(&mut self.buffer);
        let encoded = encode_frame(&mut buffer, first_leaf, records);
        let written = encoded.and_then(|starts| {
            let result = self.write_frame(&buffer);
            self.poisoned = result.is_err();
            result.map(|at| (at, starts))
        });
        let frame_bytes = u32::try_from(buffer.len()).unwrap_or(u32::MAX);
        self.buffer = buffer;
        let (at, starts) = written?;
        self.end.at.offset += frame_bytes;
        self.end.leaf = next_leaf;
        Ok(starts
            .into_iter()
            .map(|start| JournalOffset { segment: at.segment, offset: at.offset + start })
            .collect())
    }

    /// Answers with the leaf after the records.
    fn check_appendable(&self, first_leaf: u64, records: &[Record]) -> Result<u64, VaultError> {
        if self.poisoned {
            return Err(VaultError::JournalPoisoned);
        }
        if let Tail::Torn { at } = self.tail {
            return Err(VaultError::JournalTorn { at });
        }
        if first_leaf != self.end.leaf {
            return Err(VaultError::LeafGap { expected: self.end.leaf, found: first_leaf });
        }
        if records.is_empty() {
            return Err(VaultError::EmptyFrame);
        }
        first_leaf.checked_add(records.len() as u64).ok_or_else(|| self.full("no leaf is left to number"))
    }

    /// No journal that was written counts so far.
    fn full(&self, problem: &'static str) -> VaultError {
        VaultError::JournalDamaged { at: self.end.at, problem }
    }

    fn write_frame(&mut self, frame: &[u8]) -> Result<JournalOffset, VaultError> {
        let offset = self.end.at.offset;
        let end = u64::from(offset).saturating_add(frame.len() as u64);
        if offset > 0 && end > u64::from(self.segment_bytes_max) {
            let next = self.end.at.segment.checked_add(1);
            let next = next.ok_or_else(|| self.full("no segment is left to number"))?;
            segment::create(self.reader.dir(), next)?;
            self.file = self.reader.segment(next)?;
            self.end.at = JournalOffset { segment: next, offset: 0 };
        }
        self.file.write_all_at(frame, u64::from(self.end.at.offset))?;
        // The promise: whatever follows from this frame happens after it would survive power loss.
        self.file.sync()?;
        Ok(self.end.at)
    }

    /// Begins a segment anew before a frame would make it longer than this, instead of [`SEGMENT_BYTES_MAX`].
    #[must_use]
    pub fn with_segments_of(mut self, bytes: u32) -> Self {
        self.segment_bytes_max = bytes.min(SEGMENT_BYTES_MAX);
        self
    }

    /// One record.
    pub fn read(&self, at: JournalOffset) -> Result<Record, VaultError> {
        self.reader.read(at)
    }

    /// The frames from a place between two of them.
    pub fn frames_from(&self, from: Position) -> Result<Frames, VaultError> {
        self.reader.frames_from(from)
    }
}

/// The frame's bytes, and where in them each record starts.
#[expect(clippy::arithmetic_side_effects, reason = "`out` begins with a header")]
fn encode_frame(out: &mut Vec<u8>, first_leaf: u64, records: &[Record]) -> Result<Vec<u32>, VaultError> {
    out.clear();
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&first_leaf.to_be_bytes());
    out.extend_from_slice(&u32::try_from(records.len()).unwrap_or(u32::MAX).to_be_bytes());
    let mut starts = Vec::with_capacity(records.len());
    for record in records {
        starts.push(u32::try_from(out.len()).unwrap_or(u32::MAX));
        record.encode(out)?;
        if out.len() - HEADER_BYTES > FRAME_BYTES_MAX {
            return Err(VaultError::OverLimit {
                what: "frame",
                found: out.len() - HEADER_BYTES,
                max: FRAME_BYTES_MAX,
            });
        }
    }
    let length = u32::try_from(out.len() - HEADER_BYTES).unwrap_or(u32::MAX);
    let place = out.get_mut(MAGIC.len()..MAGIC.len() + size_of::<u32>()).unwrap_or_default();
    place.copy_from_slice(&length.to_be_bytes());
    let crc = crc32c::crc32c(out);
    out.extend_from_slice(&crc.to_be_bytes());
    debug_assert_eq!(out.len() - FRAME_OVERHEAD_BYTES, length as usize);
    Ok(starts)
}

#[cfg(test)]
mod tests;
