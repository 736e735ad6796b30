//! What `/metrics` reads off the ledger when it is asked.

use std::sync::Arc;
use std::time::Duration;

use crate::ledger::{Ledger, Space, StatusFigures};

/// One reading.
#[derive(Debug, Clone, Copy)]
pub struct LedgerFigures {
    /// Whether statements are recorded.
    pub serving: bool,
    /// Acknowledged entries.
    pub size: u64,
    /// Entries in the newest published checkpoint.
    pub published_size: u64,
    /// Statements accepted and not yet answered, and the most there may be.
    pub in_flight: u64,
    /// The most there may be.
    pub queue: u64,
    /// Erasures asked for and not yet durable.
    pub erasures_waiting: u64,
    /// Age of the newest published checkpoint.
    pub checkpoint_age: Duration,
    /// Entries in the newest checkpoint that meets the witness policy, and its age; `None` without one.
    pub cosigned: Option<(u64, Duration)>,
    /// Age of the key that wraps the workers' keys, where its file tells.
    pub generation_age: Option<Duration>,
    /// Entries in the newest backup, and its age; `None` before the first.
    pub backup: Option<(u64, Duration)>,
    /// The disk of the data directory; `None` if it does not say.
    pub space: Option<Space>,
    /// The status lists.
    pub status: StatusFigures,
}

impl LedgerFigures {
    /// As they are now.
    pub fn read(ledger: &Ledger) -> Self {
        let age = |at| Duration::from_millis(ledger.now_ms().saturating_sub(at));
        let published = Arc::clone(&ledger.published().borrow());
        let cosigned = ledger.cosigned().borrow().clone();
        let space = ledger.space().inspect_err(|error| tracing::warn!(%error, "no figure of the disk"));
        Self {
            serving: ledger.is_serving(),
            size: *ledger.size().borrow(),
            published_size: published.checkpoint.size,
            in_flight: count(ledger.in_flight()),
            queue: count(ledger.queue()),
            erasures_waiting: count(ledger.erasures_waiting()),
            checkpoint_age: age(published.published_at),
            cosigned: cosigned.map(|cosigned| (cosigned.checkpoint.size, age(cosigned.published_at))),
            generation_age: ledger.generation_age(),
            backup: ledger.newest_backup(),
            space: space.ok(),
            status: ledger.status_figures(),
        }
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
