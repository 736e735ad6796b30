//! C2SP tlog-witness, both ends: asking witnesses to cosign this ledger's checkpoints, and being a witness of others' logs.
//!
//! A witness cosigns a log's checkpoint only if its tree extends the one it cosigned last, and remembers that before its
//! cosignature leaves; so two histories of one log cannot both have its word. SPEC.md, "Witnesses".
//!
//! **Never:** what a log's entries mean; a second word about a smaller tree.
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

mod ask;
mod collect;
mod judge;
mod logs;
mod serve;

pub use ask::{AskError, Asked, Line, ask};
pub use collect::{Collector, WitnessSettings};
pub use judge::{Judged, RefusedSubmission, Witness, WitnessError};
pub use logs::{LOGS_MAX, WitnessFile, WitnessFileError};
pub use serve::router;
