//! What every handler shares: the ledger, the limits, the permits, and the word to stop.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::status::CallError;
use crate::config::Limits;
use crate::ledger::Ledger;
use crate::telemetry::{Counted, Metrics};

/// Shared by every handler.
pub(super) struct Shared {
    pub(super) ledger: Ledger,
    pub(super) limits: Limits,
    pub(super) metrics: Metrics,
    /// True once a stop was asked for.
    pub(super) stopping: watch::Receiver<bool>,
    heavy: Arc<Semaphore>,
    subscribers: Arc<Semaphore>,
}

/// A subscriber's place; held as long as it is served.
pub(super) struct SubscriberPlace {
    _permit: OwnedSemaphorePermit,
    _counted: Counted,
}

impl Shared {
    pub(super) fn new(
        ledger: Ledger,
        limits: Limits,
        metrics: Metrics,
        stopping: watch::Receiver<bool>,
    ) -> Arc<Self> {
        let heavy = Arc::new(Semaphore::new(limits.heavy_calls));
        let subscribers = Arc::new(Semaphore::new(limits.subscribers));
        Arc::new(Self { ledger, limits, metrics, stopping, heavy, subscribers })
    }

    /// Runs work that reads disk or burns CPU off the threads that answer, never more than `limits.heavy_calls` at once.
    /// The call's own time limit bounds the wait for a place.
    pub(super) async fn heavy<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Ledger) -> T + Send + 'static,
    ) -> Result<T, CallError> {
        let permit = Arc::clone(&self.heavy).acquire_owned().await.map_err(|_| CallError::Stopping)?;
        let ledger = self.ledger.clone();
        let run = move || {
            let _permit = permit;
            work(&ledger)
        };
        tokio::task::spawn_blocking(run).await.map_err(|_| CallError::Failed)
    }

    /// A place for one more live subscriber.
    pub(super) fn subscriber(&self) -> Result<SubscriberPlace, CallError> {
        let permit =
            Arc::clone(&self.subscribers).try_acquire_owned().map_err(|_| CallError::TooManySubscribers)?;
        Ok(SubscriberPlace { _permit: permit, _counted: self.metrics.subscriber() })
    }

    /// Resolves once a stop was asked for.
    pub(super) async fn stopped(&self) {
        let mut stopping = self.stopping.clone();
        // An error means that the server is gone: that is a stop, too.
        let _ = stopping.wait_for(|stop| *stop).await;
    }
}
