//! What every handler shares: the ledger, the limits, the permits, and the word to stop.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit, watch};
use tonic::Request;
use tonic::metadata::MetadataMap;

use super::access::{AccessError, Caller};
use super::line::Line;
use super::rates::{Peer, Rates};
use super::reports::Reports;
use super::status::CallError;
use crate::config::Limits;
use crate::ledger::Ledger;
use crate::telemetry::{Counted, Metrics};

/// Requests larger than a statement, in memory at once.
const LARGE_AT_ONCE: usize = 16;
/// Calls that wait for each place for heavy work; more are told to come back, or everybody waits longer than a call may take.
const WAITING_PER_PLACE: usize = 64;

/// Shared by every handler.
pub(super) struct Shared {
    pub(super) ledger: Ledger,
    pub(super) limits: Limits,
    pub(super) metrics: Metrics,
    /// True once a stop was asked for.
    pub(super) stopping: watch::Receiver<bool>,
    pub(super) rates: Rates,
    pub(super) reports: Reports,
    heavy: Arc<Semaphore>,
    /// Calls that may wait for heavy work.
    waiting: Semaphore,
    large: Semaphore,
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
        let waiting = Semaphore::new(limits.heavy_calls.saturating_mul(WAITING_PER_PLACE));
        let large = Semaphore::new(LARGE_AT_ONCE);
        let subscribers = Arc::new(Semaphore::new(limits.subscribers));
        let rates = Rates::new(limits.reads_per_peer, limits.reads_per_credential);
        let reports = Reports::default();
        Arc::new(Self {
            ledger,
            limits,
            metrics,
            stopping,
            rates,
            reports,
            heavy,
            waiting,
            large,
            subscribers,
        })
    }

    /// Who asks for a person: the peer's rate first, then what the credential says on its face, then its own rate. No
    /// worker is looked for before all three.
    pub(super) fn caller<T>(&self, request: &Request<T>, method: &str) -> Result<Caller, CallError> {
        self.caller_by(request, |metadata| Caller::of(metadata, method, &self.ledger))
    }

    /// The same for a change, whose credential names the method.
    pub(super) fn changer<T>(&self, request: &Request<T>, method: &str) -> Result<Caller, CallError> {
        self.caller_by(request, |metadata| Caller::of_change(metadata, method, &self.ledger))
    }

    fn caller_by<T>(
        &self,
        request: &Request<T>,
        of: impl FnOnce(&MetadataMap) -> Result<Caller, AccessError>,
    ) -> Result<Caller, CallError> {
        let peer = self.admit_peer(request)?;
        let caller = of(request.metadata())?;
        self.rates.credential(peer, &caller)?;
        Ok(caller)
    }

    /// For calls whose credential is in the request itself.
    pub(super) fn admit_peer<T>(&self, request: &Request<T>) -> Result<Option<Peer>, CallError> {
        let peer = request.extensions().get::<Line>().map(Line::peer);
        self.rates.peer(peer)?;
        Ok(peer)
    }

    /// Runs work that reads disk or burns CPU off the threads that answer, never more than `limits.heavy_calls` at once.
    /// The call's own time limit bounds the wait for a place, and no more wait than are served in that time.
    pub(super) async fn heavy<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Ledger) -> T + Send + 'static,
    ) -> Result<T, CallError> {
        let _waiting = self.waiting.try_acquire().map_err(|_| CallError::TooManyCalls)?;
        self.heavy_in_turn(work).await
    }

    /// The same for what has a place already, as subscribers have: it waits its turn.
    pub(super) async fn heavy_in_turn<T: Send + 'static>(
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

    /// A place for one more large request.
    pub(super) fn large(&self) -> Result<SemaphorePermit<'_>, CallError> {
        self.large.try_acquire().map_err(|_| CallError::TooManyCalls)
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
    use std::time::Duration;

    use super::*;
    use crate::ledger::{Founding, ManualClock, Options};

    fn shared(dir: &std::path::Path, limits: Limits) -> Arc<Shared> {
        let clock = Arc::new(ManualClock::new(1_800_000_000_000));
        let key = crate::crypto::PrivateKey::generate_ed25519(&mut crate::crypto::SeededEntropy::new("root"));
        let roots = vec![("PH".to_owned(), "https://root.example.invalid".to_owned(), key.public())];
        let founding = Founding { origin: "ledger.example.invalid".to_owned(), roots };
        Ledger::init(dir, &founding, &*clock).unwrap();
        let ledger = Ledger::open(dir, Options::default(), clock).unwrap();
        Shared::new(ledger, limits, Metrics::new(), watch::channel(false).1)
    }

    #[tokio::test]
    async fn so_much_heavy_work_goes_on_at_once_and_so_much_waits_for_it() {
        let dir = tempfile::tempdir().unwrap();
        let limits = Limits { heavy_calls: 2, ..Limits::default() };
        let shared = shared(&dir.path().join("ledger"), limits);
        let at_work: &AtomicUsize = Box::leak(Box::default());
        let may_end: &AtomicBool = Box::leak(Box::default());
        let work = |_: &Ledger| {
            let beside = at_work.fetch_add(1, SeqCst);
            while !may_end.load(SeqCst) {
                std::thread::sleep(Duration::from_millis(1));
            }
            at_work.fetch_sub(1, SeqCst);
            beside
        };
        let calls = (0..2 * WAITING_PER_PLACE).map(|_| {
            let shared = Arc::clone(&shared);
            tokio::spawn(async move { shared.heavy(work).await })
        });
        let calls: Vec<_> = calls.collect();
        while at_work.load(SeqCst) < 2 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        // Each call that was spawned comes to its turn before this one does again.
        tokio::task::yield_now().await;
        let one_more = tokio::time::timeout(Duration::from_secs(1), shared.heavy(work)).await;
        may_end.store(true, SeqCst);
        assert!(matches!(one_more, Ok(Err(CallError::TooManyCalls))));
        for call in calls {
            assert!(call.await.unwrap().unwrap() < 2, "no more at once");
        }
        assert_eq!(shared.heavy(work).await.unwrap(), 0);
    }
}
