//! Why bytes are no passport file. Each refusal is also a row of the report, under the check that turns red.

use super::{
    ANCHORS_MAX, FILE_BYTES_MAX, LEDGERS_MAX, PROOF_HASHES_MAX, STATEMENTS_MAX, STREAM_ENTRIES_MAX,
    STREAMS_MAX,
};
use crate::statement::json::JsonError;

/// What is wrong with the file itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// Longer than the limit.
    #[error("the file is longer than {FILE_BYTES_MAX} bytes")]
    TooLarge,
    /// The end of the file is not `,"digest":"` + 64 hex digits + `"}` + LF.
    #[error("the file does not end in its digest: it was cut off or added to")]
    DigestMissing,
    /// Some byte was altered.
    #[error("the file was altered: its bytes do not match its digest")]
    DigestDiffers,
    /// No strict JSON.
    #[error("the file is not strict JSON: {0}")]
    Json(#[from] JsonError),
    /// A member the schema does not have.
    #[error("{place} has an unknown member `{member}`")]
    UnknownMember {
        /// Where.
        place: &'static str,
        /// Which.
        member: String,
    },
    /// A member the schema demands.
    #[error("{place} lacks `{member}`, or it has the wrong shape")]
    WrongMember {
        /// Where.
        place: &'static str,
        /// Which.
        member: &'static str,
    },
    /// `format` names another format.
    #[error("the file is of another version than {}: use a newer program", super::FORMAT)]
    UnknownFormat,
    /// More of something than the limit.
    #[error(
        "the file holds too many {0} (at most {LEDGERS_MAX} ledgers, {STATEMENTS_MAX} statements, {STREAMS_MAX} streams of {STREAM_ENTRIES_MAX} entries, {ANCHORS_MAX} anchors and {PROOF_HASHES_MAX} hashes a proof)"
    )]
    TooMany(&'static str),
    /// Another spelling of the same content.
    #[error("the file is not in its one spelling: members in SPEC's order, nothing between them")]
    NotCanonical,
    /// Ledgers, streams or statements out of order or doubled.
    #[error("{0} are not in ascending order, or one is there twice")]
    NotAscending(&'static str),
    /// An index that leads nowhere.
    #[error("{0} refers to something that the file does not hold")]
    DanglingReference(&'static str),
    /// Something that nothing refers to.
    #[error("the file holds {0} that nothing in it refers to")]
    Unreferenced(&'static str),
    /// A complete file without, or a presentation with, what opens the chain; or the other way round with a binding.
    #[error("a {kind} {rule}")]
    KindRule {
        /// `passport` or `presentation`.
        kind: &'static str,
        /// What it must or must not have.
        rule: &'static str,
    },
    /// Files of different workers, or of one ledger twice, do not merge.
    #[error("these files do not merge: {0}")]
    Unmergeable(&'static str),
}

impl FileError {
    /// Stable, for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::TooLarge => "FILE_TOO_LARGE",
            Self::DigestMissing => "DIGEST_MISSING",
            Self::DigestDiffers => "DIGEST_DIFFERS",
            Self::Json(_) => "FILE_NOT_JSON",
            Self::UnknownMember { .. } => "UNKNOWN_MEMBER",
            Self::WrongMember { .. } => "WRONG_MEMBER",
            Self::UnknownFormat => "UNKNOWN_FORMAT",
            Self::TooMany(_) => "TOO_MANY",
            Self::NotCanonical => "NOT_CANONICAL",
            Self::NotAscending(_) => "NOT_ASCENDING",
            Self::DanglingReference(_) => "DANGLING_REFERENCE",
            Self::Unreferenced(_) => "UNREFERENCED",
            Self::KindRule { .. } => "KIND_RULE",
            Self::Unmergeable(_) => "UNMERGEABLE",
        }
    }
}
