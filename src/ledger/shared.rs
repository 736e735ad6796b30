//! What the writer, the publisher and every reader share of an open ledger.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::clock::Clock;
use super::cosigned::Gathering;
use super::error::AppendError;
use super::group::Node;
use super::observe::{DiskWork, Observer};
use super::operators::Operators;
use super::queue::Queue;
use super::shares::Share;
use super::status::StatusLists;
use super::{Options, Published};
use crate::crypto::{Hash, PublicKey};
use crate::event::{UnixMs, WorkerId};
use crate::store::Store;
use crate::tlog::Frontier;
use crate::trust::TrustState;
use crate::vault::{
    AccessFiles, CheckpointArchive, DataDir, Hashes, Head, Heads, JournalReader, KeySlot, Keyring,
    LedgerKeys, Position, ProcessLock, ShareFiles, VaultError,
};

/// The most tree hashes that wait for the publisher: 48 MiB, some 500,000 entries.
const NODES_MAX: usize = 1 << 20;
/// How often the writer looks whether the publisher has taken them.
const PUBLISHER_LOOK: Duration = Duration::from_millis(20);

/// Where a public stream ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct StreamHead {
    pub(super) revision: u32,
    /// RFC 6962 leaf hash of its last entry: the next one's `prev`.
    pub(super) leaf_hash: Hash,
    /// The greatest `prepare::id_order` of its ids.
    pub(super) newest_id: u64,
}

/// What is committed and not yet in a checkpoint.
#[derive(Debug)]
pub(super) struct Progress {
    pub(super) frontier: Frontier,
    /// Where the journal ends with it.
    pub(super) end: Position,
    /// Hashes that the hash files do not have yet, in order.
    pub(super) nodes: Vec<Node>,
    /// Set once the writer has ended.
    pub(super) finished: bool,
}

/// An open ledger's parts that outlive a single thread.
pub(super) struct Shared {
    pub(super) origin: String,
    pub(super) options: Options,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) paths: DataDir,
    /// What DIR.key holds; which of it signs, the log says (`keys`).
    pub(super) keys: RwLock<LedgerKeys>,
    pub(super) operator: PublicKey,
    /// SHA-256 of entry 0: every chain starts from it.
    pub(super) genesis_hash: Hash,
    pub(super) store: Arc<dyn Store>,
    pub(super) journal: JournalReader,
    pub(super) hashes: Hashes,
    pub(super) archive: CheckpointArchive,
    pub(super) keyring: Keyring,
    pub(super) status: StatusLists,
    pub(super) access: AccessFiles,
    pub(super) shares: ShareFiles,
    /// Workers whose access settings were changed as far as a failure let them be, with the shares they had before.
    pub(super) unfinished: Mutex<HashMap<KeySlot, Vec<Share>>>,
    pub(super) operators: Operators,
    heads: Heads,
    trust: RwLock<(u64, Arc<TrustState>)>,
    progress: Mutex<Progress>,
    /// Told of each commit, and of the end.
    grown: Condvar,
    /// Told of the writer's end alone: who waits for that is not woken a thousand times a second.
    ended: Condvar,
    /// Never behind `recorded_at` of the newest entry.
    recorded_until: AtomicU64,
    pub(super) size: watch::Sender<u64>,
    pub(super) published: watch::Sender<Arc<Published>>,
    /// The newest that meets the witness policy.
    pub(super) cosigned: watch::Sender<Option<Arc<Published>>>,
    pub(super) gathering: Mutex<Gathering>,
    serving: AtomicBool,
    /// Why nothing may be written any more.
    pub(super) failed: watch::Sender<Option<String>>,
    /// Statements accepted and not yet answered.
    pub(super) queue: Arc<Queue>,
    pub(super) erasures_waiting: AtomicUsize,
    pub(super) observer: OnceLock<Arc<dyn Observer>>,
    _process_lock: ProcessLock,
}

/// What [`Shared::new`] is made of, beside what starts empty.
pub(super) struct Parts {
    pub(super) origin: String,
    pub(super) options: Options,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) paths: DataDir,
    pub(super) keys: LedgerKeys,
    pub(super) genesis_hash: Hash,
    pub(super) store: Arc<dyn Store>,
    pub(super) journal: JournalReader,
    pub(super) hashes: Hashes,
    pub(super) archive: CheckpointArchive,
    pub(super) keyring: Keyring,
    pub(super) status: StatusLists,
    pub(super) access: AccessFiles,
    pub(super) shares: ShareFiles,
    pub(super) operators: Operators,
    pub(super) heads: Heads,
    pub(super) trust: Arc<TrustState>,
    pub(super) frontier: Frontier,
    pub(super) end: Position,
    pub(super) last_recorded_at: UnixMs,
    pub(super) published: Published,
    pub(super) gathering: Gathering,
    pub(super) process_lock: ProcessLock,
}

impl Shared {
    pub(super) fn new(parts: Parts) -> Self {
        let size = parts.frontier.size();
        let queue = Queue::new(parts.options.queue);
        let serving = AtomicBool::new(!parts.options.read_only);
        let cosigned = parts.gathering.met(parts.options.witness_policy.as_ref());
        // A restored ledger may be behind what witnesses saw; that is not its checkpoint.
        let cosigned =
            cosigned.filter(|cosigned| cosigned.checkpoint.size <= parts.published.checkpoint.size);
        Self {
            origin: parts.origin,
            options: parts.options,
            clock: parts.clock,
            paths: parts.paths,
            operator: parts.keys.operator.clone(),
            keys: RwLock::new(parts.keys),
            genesis_hash: parts.genesis_hash,
            store: parts.store,
            journal: parts.journal,
            hashes: parts.hashes,
            archive: parts.archive,
            keyring: parts.keyring,
            status: parts.status,
            access: parts.access,
            shares: parts.shares,
            unfinished: Mutex::default(),
            operators: parts.operators,
            heads: parts.heads,
            trust: RwLock::new((0, parts.trust)),
            progress: Mutex::new(Progress {
                frontier: parts.frontier,
                end: parts.end,
                nodes: Vec::new(),
                finished: false,
            }),
            grown: Condvar::new(),
            ended: Condvar::new(),
            recorded_until: AtomicU64::new(parts.last_recorded_at),
            size: watch::Sender::new(size),
            published: watch::Sender::new(Arc::new(parts.published)),
            cosigned: watch::Sender::new(cosigned.map(Arc::new)),
            gathering: Mutex::new(parts.gathering),
            serving,
            failed: watch::Sender::new(None),
            queue,
            erasures_waiting: AtomicUsize::new(0),
            observer: OnceLock::new(),
            _process_lock: parts.process_lock,
        }
    }

    /// Does `act` and tells the observer, if there is one, how long it took.
    pub(super) fn timed<T, E>(&self, work: DiskWork, act: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let started = Instant::now();
        let done = work.span().in_scope(act)?;
        if let Some(observer) = self.observer.get() {
            observer.took(work, started.elapsed());
        }
        Ok(done)
    }

    // A lock is poisoned only by a panic, which ends the writer; readers go on with what is there.

    pub(super) fn heads(&self) -> &Heads {
        &self.heads
    }

    pub(super) fn head(&self, worker: WorkerId) -> Result<Option<Head>, VaultError> {
        self.heads.get(worker)
    }

    pub(super) fn put_heads<'a>(&self, mut heads: impl Iterator<Item = &'a Head>) -> Result<(), VaultError> {
        heads.try_for_each(|head| self.heads.put(head))
    }

    pub(super) fn trust_snapshot(&self) -> (u64, Arc<TrustState>) {
        let trust = self.trust.read().unwrap_or_else(PoisonError::into_inner);
        (trust.0, Arc::clone(&trust.1))
    }

    pub(super) fn publish_trust(&self, generation: u64, trust: &Arc<TrustState>) {
        *self.trust.write().unwrap_or_else(PoisonError::into_inner) = (generation, Arc::clone(trust));
    }

    /// The clock, or the newest entry's time where the clock was set back: everything recorded is known by then.
    pub(super) fn known_now(&self) -> UnixMs {
        self.clock.now_ms().max(self.recorded_until.load(Ordering::SeqCst))
    }

    /// Everything up to `frontier` is durable and applied; it was recorded by `now`. Waits while the publisher is far behind: what
    /// it has not written yet is in memory.
    pub(super) fn grow(&self, frontier: &Frontier, end: Position, nodes: Vec<Node>, now: UnixMs) {
        self.recorded_until.fetch_max(now, Ordering::SeqCst);
        {
            let mut progress = self.lock_progress();
            while progress.nodes.len() >= NODES_MAX && !self.has_failed() {
                let waited = self.grown.wait_timeout(progress, PUBLISHER_LOOK);
                progress = waited.unwrap_or_else(PoisonError::into_inner).0;
            }
            progress.frontier.clone_from(frontier);
            progress.end = end;
            progress.nodes.extend(nodes);
        }
        self.grown.notify_all();
        self.size.send_replace(frontier.size());
    }

    pub(super) fn lock_progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until something is committed beyond `size`, the writer has ended, or `timeout` is over.
    pub(super) fn wait_for_growth(
        &self,
        size: u64,
        timeout: std::time::Duration,
    ) -> MutexGuard<'_, Progress> {
        let idle = |progress: &mut Progress| progress.frontier.size() <= size && !progress.finished;
        let waited = self.grown.wait_timeout_while(self.lock_progress(), timeout, idle);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Waits for the end of the writer, at most so long.
    pub(super) fn wait_for_end(&self, timeout: std::time::Duration) {
        let going = |progress: &mut Progress| !progress.finished;
        drop(self.ended.wait_timeout_while(self.lock_progress(), timeout, going));
    }

    pub(super) fn is_finished(&self) -> bool {
        self.lock_progress().finished
    }

    /// The writer will commit nothing more.
    pub(super) fn finish(&self) {
        self.lock_progress().finished = true;
        self.grown.notify_all();
        self.ended.notify_all();
    }

    pub(super) fn is_serving(&self) -> bool {
        self.serving.load(Ordering::SeqCst)
    }

    /// Refuses what would change the ledger where nothing may.
    pub(super) fn check_serving(&self) -> Result<(), AppendError> {
        if self.is_serving() {
            Ok(())
        } else if self.options.read_only {
            Err(AppendError::read_only())
        } else {
            Err(AppendError::not_serving())
        }
    }

    /// The door is closed.
    pub(super) fn stop_serving(&self) {
        self.serving.store(false, Ordering::SeqCst);
    }

    /// For good: after a failed write or fsync nobody knows what the disk holds, until the next start reads it back.
    pub(super) fn fail(&self, why: &str) {
        self.stop_serving();
        let is_first = self.failed.send_if_modified(|failed| {
            let is_first = failed.is_none();
            failed.get_or_insert_with(|| why.to_owned());
            is_first
        });
        if is_first {
            tracing::error!(why, "the ledger stops recording; restart it to read back what is durable");
        }
    }

    /// Whether nothing may be written any more.
    pub(super) fn has_failed(&self) -> bool {
        self.failed.borrow().is_some()
    }
}
