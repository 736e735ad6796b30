//! Where `recorded_at` comes from: the only file of the room that reads the system's clock.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::event::UnixMs;

/// A source of time. `serve` uses the system's; the demo and the tests replay past years.
pub trait Clock: Send + Sync + 'static {
    /// Unix milliseconds.
    fn now_ms(&self) -> UnixMs;
}

/// The system clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place where time enters the ledger")]
    fn now_ms(&self) -> UnixMs {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }
}

/// A clock that is set by hand and never runs backwards.
#[derive(Debug, Default)]
pub struct ManualClock(AtomicU64);

impl ManualClock {
    /// Shows `ms` until set.
    pub fn new(ms: UnixMs) -> Self {
        Self(ms.into())
    }

    /// Moves on to `ms`; an earlier time is ignored.
    pub fn set(&self, ms: UnixMs) {
        self.0.fetch_max(ms, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now_ms(&self) -> UnixMs {
        self.0.load(Ordering::SeqCst)
    }
}

impl<C: Clock> Clock for std::sync::Arc<C> {
    fn now_ms(&self) -> UnixMs {
        (**self).now_ms()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_never_runs_backwards() {
        let clock = ManualClock::new(10);
        clock.set(20);
        clock.set(15);
        assert_eq!(clock.now_ms(), 20);
    }
}
