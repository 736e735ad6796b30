//! `trust.toml`: whom a verifier believes.

use crate::crypto::PublicKey;
use crate::tlog::{Policy, VerifierKey};

/// One trusted ledger.
#[derive(Debug, Clone)]
pub struct TrustedLedger {
    /// Its origin.
    pub origin: String,
    /// Its checkpoint keys.
    pub log_keys: Vec<VerifierKey>,
    /// Its status keys.
    pub status_keys: Vec<PublicKey>,
}
/// One trusted root authority.
#[derive(Debug, Clone)]
pub struct TrustedRoot {
    /// Issuer identifier.
    pub issuer: String,
    /// Alpha-2 jurisdictions.
    pub jurisdictions: Vec<String>,
    /// Display name.
    pub name: Option<String>,
    /// Whom to ask.
    pub contact: Option<String>,
}
/// The parsed trust file.
#[derive(Debug, Clone)]
pub struct TrustFile {
    /// Ledgers.
    pub ledgers: Vec<TrustedLedger>,
    /// Roots.
    pub roots: Vec<TrustedRoot>,
    /// Witness policy; `None` when the file has none.
    pub policy: Option<Policy>,
    /// How old a standing token may be, seconds.
    pub status_max_age: u64,
}
/// What is wrong with a trust file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TrustFileError(pub String);
impl TrustFile {
    /// Parses TOML.
    pub fn parse(_text: &str) -> Result<Self, TrustFileError> { todo!() }
    /// Writes TOML that [`Self::parse`] reads.
    pub fn to_toml(&self) -> String { todo!() }
    /// By origin.
    pub fn ledger(&self, origin: &str) -> Option<&TrustedLedger> { self.ledgers.iter().find(|l| l.origin == origin) }
}
