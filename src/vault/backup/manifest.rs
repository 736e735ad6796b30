//! What a part of a backup holds, as JSON.

use serde::{Deserialize, Serialize};

use super::OBJECT_BYTES_MAX;
use crate::event::UnixMs;
use crate::store::JournalOffset;
use crate::vault::Position;

const FORMAT: &str = "skillpass-backup/v1";

/// One part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    format: String,
    /// From 1 on.
    pub number: u32,
    /// Whose.
    pub origin: String,
    /// When it was made, in Unix milliseconds.
    pub made_at: UnixMs,
    /// SHA-256 of the manifest before it, in hexadecimal; null in the first.
    pub previous: Option<String>,
    /// The published checkpoint up to which the journal is held: a signed note.
    pub checkpoint: String,
    /// Its tree size.
    pub size: u64,
    /// Where the journal of that size ends.
    segment: u32,
    offset: u32,
    /// The right edge of that tree, in base64: the next part goes on from it.
    pub frontier: String,
    /// The generation that wraps the keyring.
    pub generation: u32,
    /// What came since the part before, and the keyring.
    pub objects: Vec<Object>,
}

/// A piece of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Object {
    /// Below the data directory, or `keyring.tar`.
    pub file: String,
    /// Its first byte's place in that file.
    pub from: u64,
    /// Its length.
    pub bytes: u64,
    /// In hexadecimal.
    pub sha256: String,
}

/// What is told of a part beside its objects.
#[derive(Debug, Clone)]
pub struct About {
    /// Whose.
    pub origin: String,
    /// When it was made.
    pub made_at: UnixMs,
    /// The signed note.
    pub checkpoint: String,
    /// Where the journal ends with it.
    pub end: Position,
    /// The right edge of its tree, in base64.
    pub frontier: String,
    /// The generation that wraps the keyring.
    pub generation: u32,
}

impl Manifest {
    pub(super) fn new(number: u32, previous: Option<String>, about: About, objects: Vec<Object>) -> Self {
        let About { origin, made_at, checkpoint, end, frontier, generation } = about;
        let Position { at: JournalOffset { segment, offset }, leaf: size } = end;
        let format = FORMAT.to_owned();
        Self {
            format,
            number,
            origin,
            made_at,
            previous,
            checkpoint,
            size,
            segment,
            offset,
            frontier,
            generation,
            objects,
        }
    }

    /// Where the journal ends.
    pub fn end(&self) -> Position {
        Position { at: JournalOffset { segment: self.segment, offset: self.offset }, leaf: self.size }
    }

    /// `None` for another format, and for names that would lead out of the directory.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let manifest: Self = serde_json::from_slice(bytes).ok()?;
        (manifest.format == FORMAT && manifest.objects.iter().all(Object::is_sound)).then_some(manifest)
    }
}

impl Object {
    /// The file name in its part.
    pub fn name(&self) -> String {
        name(&self.file, self.from)
    }

    fn is_sound(&self) -> bool {
        let is_segment = || {
            let number = self.file.strip_prefix("journal/")?.strip_suffix(".skj")?;
            (number.len() == 8 && number.bytes().all(|digit| digit.is_ascii_digit())).then_some(())
        };
        let known = matches!(self.file.as_str(), "log/checkpoints" | "log/cosigned" | super::KEYRING_TAR);
        (known || is_segment().is_some()) && self.bytes <= OBJECT_BYTES_MAX as u64
    }
}

pub(super) fn name(file: &str, from: u64) -> String {
    format!("{}-{from:012}", file.replace('/', "-"))
}
