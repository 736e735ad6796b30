//! A worker's passport: the projection of one stream, the portable file, and its verification without a network.
//!
//! **Invariants:** a file is parsed only from the one spelling [`PassportFile::encode`] gives it; what is shown of a
//! record is the same in a projection and in a report; a presentation opens nothing that links to a hidden record.
//! **Never:** I/O, a clock, randomness. SPEC.md, "Passport file", "Verification".
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

mod assemble;
mod assess;
mod bare;
mod confirmation;
mod contradict;
mod derived;
pub mod documents;
pub mod file;
mod held;
mod grant;
mod present;
mod project;
mod record;
mod returnee;
mod scope;
mod share;
mod standings;
pub mod statistics;
mod text;
pub mod token;
mod trust_fold;
mod verify;

pub use crate::event::standing::{Recorded, StandingChange, fold_standing};
pub use assemble::{AssembleError, OpenedRecord, Source, assemble};
pub use assess::{Destination, Read, assess, authorities_of};
pub use bare::told_claims;
pub use confirmation::Confirmation;
pub use contradict::{AuditedFile, ClaimedTree, Contradiction, contradictions};
pub use derived::{
    Accumulation, Experience, NotCounted, Progress, Standard, Stretch, UnitState, accumulate, counted_once,
};
pub use file::{
    FileError, Kind as FileKind, LedgerPart, PassportFile, ProvenEntry, PublicStream, StatementPart,
};
pub use grant::{
    ASSISTANCE_SECONDS_MAX, ASSISTANCE_TYP, GRANT_BYTES_MAX, GRANT_SECONDS_MAX, GRANT_TYP, Grant, GrantError,
    GrantRole, PURPOSE_BYTES_MAX, UnverifiedGrant, Witness, is_purpose,
};
pub use held::Held;
pub use present::{PresentError, PresentRequest, Show, hash_claims};
pub use project::{Passport, Projected, RecordError, SECTIONS, View, read_record};
pub use record::{Basis, Record, Standing, always_shown};
pub use scope::{SCOPE_RECORDS_MAX, Scope};
pub use share::{
    SHARE_AUDIENCE_BYTES_MAX, SHARE_BYTES_MAX, SHARE_ID_BYTES, SHARE_SECONDS_MAX, SHARE_WRONG_MAX,
    ShareSecret, gate_hash, share_name,
};
pub use text::render_passport;
pub use verify::{
    Answer, Bare, Check, CheckRow, Options, PersonFile, Purpose, Report, Status, StatusListGiven, Verdict,
    read, verify,
};
