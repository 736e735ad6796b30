//! What the operator sees: JSON logs on standard error, Prometheus metrics, and traces if a collector is named.
//!
//! **Never:** a statement, a worker id, the `sub` or `jti` of a person's statement, a credential.
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

mod connections;
mod figures;
mod logs;
mod metrics;
mod panics;
mod traces;

pub use connections::Cut;
pub use figures::LedgerFigures;
pub use logs::{TelemetryError, start, start_logs};
pub use metrics::{Counted, Metrics};
pub use traces::{Traces, call_ended, call_span};
