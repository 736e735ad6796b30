//! Who may say what, when: folded from the ledger stream and the institution streams, in leaf order.
//!
//! One fold serves both sides: the ledger asks it before recording, the offline verifier rebuilds it from the streams
//! that travel in a passport file. Every fact keeps its leaf, so a question about a past statement is answered by what
//! stood before that statement (SPEC.md, "Authorisation").
//!
//! **Never:** I/O, a clock, persons' records but for whose key speaks (`holder`), a signature check of its own beyond [`TrustState::verify_public`].
//! May import `crypto`, `statement`, `event`, `tlog`.
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

mod admit;
mod authorise;
mod deciders;
mod custodian;
mod endorse;
mod error;
mod file;
mod fold;
mod holder;
mod issuer_kind;
mod join;
mod key_life;
mod list;
mod publications;
mod state;

pub use admit::stream_of;
pub use authorise::{Authorisation, Question, Target};
pub use deciders::Decider;
pub use endorse::Endorser;
pub use error::{Refusal, RefusalKind};
pub use file::{
    STATUS_MAX_AGE_DEFAULT_S, TRUST_FILE_BYTES_MAX, TrustFile, TrustFileError, TrustedLedger, TrustedRoot,
};
pub use holder::{
    HolderKeys, KeyRefusal, KeyStatement, RECOVERY_CONFIRM_DAYS, RECOVERY_DELAY_DAYS, RECOVERY_USE_DAYS,
    Recovery, RecoveryState,
};
pub use issuer_kind::IssuerKind;
pub use join::{JOIN_SECONDS_MAX, JOIN_TYP, JoinConsent};
pub use key_life::KeyVerdict;
pub use list::{LIST_BYTES_MAX, LIST_DAYS_MAX, TrustList, TrustListError};
pub use publications::{Publication, Side};
pub use state::{KeyOfLedger, TrustState};

#[cfg(test)]
mod tests;
