//! SD-JWT VC (RFC 9901; draft-ietf-oauth-sd-jwt-vc): parse, issue, disclose, bind, verify strictly. Knows no event.
//!
//! Our own profile is [`issue`], [`issue_in_clear`] and [`Unverified::parse`]: one flat disclosure per claim, or every
//! claim in clear. [`sdjwt`] is RFC 9901 in general, for what other software made. Both verify the bytes received.
//!
//! **Never:** I/O, a clock, the meaning of a claim, any room but `crypto`. SPEC.md, "Statement".
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

#[cfg(feature = "server")]
mod brief;
mod clear;
mod disclosure;
mod error;
mod issue;
pub mod json;
pub mod jws;
mod profile;
pub mod sdjwt;
pub mod status_list;

#[cfg(feature = "server")]
pub(crate) use brief::Brief;
pub use clear::{Clear, StatusReference, is_issuer_uri};
pub use error::{BindingFault, Part, StatementError};
pub use issue::{Draft, issue, issue_in_clear};
pub use profile::{Statement, Unverified};

/// The SD-JWT VC draft that `typ`, `vct` and key discovery follow.
pub const SD_JWT_VC_DRAFT: u8 = 26;
/// `typ` of every statement (draft-ietf-oauth-sd-jwt-vc section 2.2.1).
pub const STATEMENT_TYP: &str = "dc+sd-jwt";
/// The longest statement, disclosures included.
pub const STATEMENT_BYTES_MAX: usize = 32 * 1024;
/// The longest SD-JWT of other software, key binding included.
pub const PRESENTED_BYTES_MAX: usize = 64 * 1024;
/// The longest `iss`.
pub const ISSUER_BYTES_MAX: usize = 256;
/// The longest `vct`.
pub const VCT_BYTES_MAX: usize = 256;
/// The longest status list URI.
pub const STATUS_URI_BYTES_MAX: usize = 512;
/// The most disclosures, and the most digests in one `_sd`.
pub const DISCLOSURES_MAX: usize = 64;
/// The longest disclosure, in its base64url form.
pub const DISCLOSURE_BYTES_MAX: usize = 8 * 1024;
/// The shortest salt: 22 base64url characters hold 128 bits (RFC 9901 section 9.3).
pub const SALT_CHARS_MIN: usize = 22;
/// How far ahead of ours another's clock may be.
pub const CLOCK_SKEW_MAX_SECONDS: i64 = 300;
/// The oldest key binding that answers a request: a day, so that a file sent in the evening is still read next morning.
pub const KEY_BINDING_AGE_MAX_SECONDS: i64 = 24 * 60 * 60;

#[cfg(test)]
mod spec_examples;
