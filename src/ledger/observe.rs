//! Whom the ledger tells how long its disks took, and what it reads off itself when an operator's machinery asks.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::{Ledger, ReadError};
use crate::vault::Space;

/// The target of the spans that are for traces: they hold names and times alone.
pub const TRACE_TARGET: &str = "skillpass::traces";

/// What is timed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiskWork {
    /// Writing and fsyncing one journal frame.
    Journal,
    /// Making one group of statements durable and answering it; the journal's share included.
    Commit,
    /// Making heads, store and status lists durable, beside the answers.
    Settle,
    /// Syncing hashes, locking, signing and publishing a checkpoint.
    Publish,
}

impl DiskWork {
    fn name(self) -> &'static str {
        match self {
            Self::Journal => "journal sync",
            Self::Commit => "commit",
            Self::Settle => "settle",
            Self::Publish => "publish",
        }
    }

    /// A span for traces, which only a subscriber of [`TRACE_TARGET`] takes up.
    pub(super) fn span(self) -> tracing::Span {
        tracing::info_span!(target: TRACE_TARGET, "disk", otel.name = self.name())
    }
}

/// Told on the threads that do the work: it must be quick, and it cannot fail.
pub trait Observer: Send + Sync {
    /// `work` succeeded after so long.
    fn took(&self, work: DiskWork, took: Duration);
}

/// Counts an erasure from the request to its answer.
pub(super) struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    pub(super) fn on(counter: &'a AtomicUsize) -> Self {
        counter.fetch_add(1, Ordering::Relaxed);
        Self(counter)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Ledger {
    /// From now on `observer` is told; the first one stays.
    pub fn observe(&self, observer: Arc<dyn Observer>) {
        // A second server over the same ledger counts its own calls, not the disks again.
        let _ = self.0.shared.observer.set(observer);
    }

    /// The most statements that may be accepted and not yet answered.
    pub fn queue(&self) -> usize {
        self.0.shared.options.queue
    }

    /// Erasures asked for and not yet durable.
    pub fn erasures_waiting(&self) -> usize {
        self.0.shared.erasures_waiting.load(Ordering::Relaxed)
    }

    /// The disk under the data directory.
    pub fn space(&self) -> Result<Space, ReadError> {
        Ok(self.0.shared.paths.space()?)
    }
}
