//! One record of a worker's stream, read back: what was signed, and what it says.

use super::standing::Recorded;
use super::{Event, UnixMs};
use crate::statement::Statement;

/// One record of a stream, verified and understood.
#[derive(Debug, Clone)]
pub struct StreamRecord {
    /// Its leaf.
    pub leaf: u64,
    /// When it was recorded.
    pub recorded_at: UnixMs,
    /// What was signed.
    pub statement: Statement,
    /// What it says.
    pub event: Event,
}

impl StreamRecord {
    /// As the fold of standings sees it.
    pub fn recorded(&self) -> Recorded<'_> {
        Recorded { hash: self.statement.hash(), recorded_at: self.recorded_at, event: &self.event }
    }
}
