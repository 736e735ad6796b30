//! Following a ledger as anybody can: signature, consistency with what was kept, every new entry hashed and the public ones
//! admitted again, witnesses asked for their view, and the ledger's words in passport files held against the log.
//!
//! A contradiction is kept as evidence: signed bytes of the ledger that no honest ledger could both have signed. SPEC.md, "Audit".
//!
//! **Never:** a verdict without the bytes it rests on; a person's claims.
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

mod files;
mod finding;
mod follow;
mod log;
mod source;
mod state;
mod tiles;
mod witnesses;

pub use files::hold_files;
pub use finding::{Evidence, Finding, Outcome};
pub use follow::{Known, Walk, follow};
pub use log::AuditedLog;
pub use source::{Source, SourceError};
pub use state::{Kept, STATE_BYTES_MAX, StateError};
pub use tiles::Tiles;
pub use witnesses::ask_witnesses;
