//! Who may say what, when: folded from the ledger stream and the institution streams, in leaf order.
//!
//! **Never:** I/O, a clock, persons' records. May import `crypto`, `statement`, `event`, `tlog`. SPEC.md, "Authorisation".

mod file;

pub use file::{TrustFile, TrustFileError, TrustedLedger, TrustedRoot};

use crate::crypto::PublicKey;
use crate::event::{Event, Kind, UnixMs};
use crate::statement::Statement;

/// Why a statement was not admitted. `reason()` is stable; Display names the limit that was exceeded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// stub
    #[error("stub")]
    Stub,
}
impl Refusal {
    /// Stable, SCREAMING_SNAKE.
    pub fn reason(&self) -> &'static str { todo!() }
}

/// One question to [`TrustState::authorise`].
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// `iss`.
    pub issuer: &'a str,
    /// The kind stated.
    pub kind: Kind,
    /// The jurisdiction stated in (`issuing_country`), alpha-2.
    pub country: Option<&'a str>,
    /// The award date, if the kind has one and it is disclosed.
    pub award_date: Option<jiff::civil::Date>,
    /// Leaf of the statement; `u64::MAX` for one that is being appended.
    pub leaf: u64,
    /// When it was (or would be) recorded.
    pub recorded_at: UnixMs,
}

/// Why a body may state something.
#[derive(Debug, Clone, PartialEq)]
pub struct Authorisation {
    /// Where it stands.
    pub leaf: u64,
    /// Who gave it.
    pub authoriser: String,
    /// Basis: STATUTE, ACCREDITATION, DESIGNATION, REGISTRATION, MEMBERSHIP; ROOT for a root authority itself.
    pub basis: String,
    /// Name of the body by kind of body, as published.
    pub issuer_name: String,
    /// Issuer kind, e.g. `COMPETENT_AUTHORITY`.
    pub issuer_kind: String,
}

/// A key at a leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyVerdict {
    /// Valid there.
    Valid,
    /// Not (yet) added, or ended at an earlier leaf.
    Invalid,
    /// Compromised since a time at or before the statement's recording: fails.
    Compromised,
    /// Compromised later than the recording: valid if a checkpoint cosigned before T (Unix ms) contains it.
    NeedsAnchor(UnixMs),
}

/// Everything institutions and the ledger have said, by leaf.
#[derive(Debug, Clone, Default)]
pub struct TrustState { _private: () }

impl TrustState {
    /// Nothing known; the first entry applied must be LedgerFounded.
    pub fn new() -> Self { Self::default() }
    /// The origin, once founded.
    pub fn origin(&self) -> Option<&str> { todo!() }
    /// The key `kid` of `issuer`, whatever its state, to check a signature with.
    pub fn key(&self, _issuer: &str, _kid: &str) -> Option<&PublicKey> { todo!() }
    /// The state of that key for a statement at `leaf` recorded at `recorded_at`.
    pub fn key_verdict(&self, _issuer: &str, _kid: &str, _leaf: u64, _recorded_at: UnixMs) -> KeyVerdict { todo!() }
    /// May this verified class 0 or class 1 statement be recorded now, as leaf `leaf`?
    pub fn admit_public(&self, _statement: &Statement, _event: &Event, _leaf: u64, _recorded_at: UnixMs) -> Result<(), Refusal> { todo!() }
    /// Folds a recorded class 0 or class 1 entry. Total: call only with what `admit_public` accepted.
    pub fn apply(&mut self, _statement: &Statement, _event: &Event, _leaf: u64, _recorded_at: UnixMs) { todo!() }
    /// The authorisation under which `question` may be said, or the limit that was exceeded.
    pub fn authorise(&self, _question: &Question<'_>) -> Result<Authorisation, Refusal> { todo!() }
    /// The bodies whose institution streams are needed to judge `issuer`: itself and every authoriser up to its roots.
    pub fn chain_of(&self, _issuer: &str) -> Vec<String> { todo!() }
    /// The root authorities (iss, jurisdiction) on which authorisations of `issuer` end.
    pub fn roots_of(&self, _issuer: &str) -> Vec<(String, String)> { todo!() }
    /// Status-key thumbprints and keys the ledger named, checkpoint keys likewise.
    pub fn status_keys(&self) -> Vec<(String, PublicKey)> { todo!() }
    /// Checkpoint (log) keys named by the ledger.
    pub fn log_keys(&self) -> Vec<PublicKey> { todo!() }
    /// Every body known: (iss, name, kind).
    pub fn bodies(&self) -> Vec<(String, String, String)> { todo!() }
}
