//! What can be said: the kinds of event, their closed claim sets and schemas, ids, and the bytes of an entry.
//!
//! Each kind is one table in `kinds`; validation ([`Event`]), JSON Schema and examples, spreadsheets and the text of
//! SPEC.md are all read from it.
//!
//! **Never:** I/O, a clock, signatures, who may say it (`trust`). May import `crypto` and `statement`. SPEC.md, "Events", "Entry".
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

mod claim;
mod claim_error;
mod dates;
pub mod entry;
mod kind;
mod kinds;
mod money;
mod record;
mod schema;
#[cfg(test)]
mod spec_examples;
mod spreadsheet;
pub mod standing;
mod suggest;
mod template;
mod validate;
mod value;
pub mod vocab;
mod worker_id;

pub use claim::{ClaimSpec, Members, Shape};
pub use claim_error::{ClaimError, REASONS};
pub use dates::years_after;
pub use kind::{Class, Kind, KindSpec, LegalEffect, Section, Signer, UnknownKind};
pub use kinds::identity::{document_number_commitment, document_text};
pub use money::Amount;
pub use record::StreamRecord;
pub use spreadsheet::split_opening_columns;
pub use template::{Column, DOCUMENT_NUMBER, opening_columns};
pub use validate::{Event, Stream};
pub use worker_id::{WorkerId, WorkerIdError};

/// Unix milliseconds: the unit of `recorded_at`.
pub type UnixMs = u64;

/// Somewhere on earth it is already this many hours later than UTC; a certificate dated today there is not post-dated.
const EARLIEST_DAY_HOURS: i64 = 14;

/// The civil date at `at` where the day begins first (UTC+14): no award recorded then may be dated later.
pub fn latest_day(at: UnixMs) -> jiff::civil::Date {
    let seconds = i64::try_from(at / 1000).unwrap_or(i64::MAX).saturating_add(EARLIEST_DAY_HOURS * 3600);
    jiff::Timestamp::from_second(seconds)
        .map_or(jiff::civil::Date::MAX, |at| jiff::tz::Offset::UTC.to_datetime(at).date())
}

/// A stream of institution or ledger entries: 16 bytes (SPEC.md, "Streams").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamId(pub [u8; 16]);

impl StreamId {
    fn labelled(label: &str, subject: &str) -> Self {
        let hash = crate::crypto::sha256(&[label.as_bytes(), b"\n", subject.as_bytes()]);
        let mut id = [0; 16];
        id.copy_from_slice(&hash[..16]);
        Self(id)
    }
    /// The stream of the body with this issuer identifier.
    pub fn institution(subject: &str) -> Self {
        Self::labelled("skillpass/v1 institution", subject)
    }
    /// The stream of one publication.
    pub fn publication(subject: &str) -> Self {
        Self::labelled("skillpass/v1 publication", subject)
    }
    /// Genesis, roots, keys, witnesses.
    pub fn ledger() -> Self {
        Self::labelled("skillpass/v1 ledger", "")
    }
    /// Erased entries.
    pub fn erasures() -> Self {
        Self::labelled("skillpass/v1 erasures", "")
    }
}

#[cfg(test)]
mod tests;
