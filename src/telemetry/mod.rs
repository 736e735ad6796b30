//! What the operator sees: JSON logs on standard error and Prometheus metrics.
//!
//! **Never:** a statement, a worker id, the `sub` or `jti` of a person's statement, a credential.

mod figures;
mod logs;
mod metrics;

pub use figures::LedgerFigures;
pub use logs::{TelemetryError, start_logs};
pub use metrics::{Counted, Metrics};
