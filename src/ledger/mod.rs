//! The one writer: verify, admit, chain, commit, checkpoint; reading back; fsck, rebuild. (Skeleton signatures.)
#![allow(missing_docs, unused_variables, dead_code, clippy::todo, reason = "skeleton")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::crypto::{Hash, PrivateKey, PublicKey};
use crate::event::{StreamId, UnixMs, WorkerId};
use crate::tlog::{Checkpoint, TilePath, VerifierKey};
use crate::trust::TrustState;

/// Where `recorded_at` comes from. `serve` uses the system's; the demo and tests replay past years.
pub trait Clock: Send + Sync + 'static {
    /// Unix milliseconds.
    fn now_ms(&self) -> UnixMs;
}
/// The system clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;
impl Clock for SystemClock { fn now_ms(&self) -> UnixMs { todo!() } }
/// A clock that is set by hand (never runs backwards): `ManualClock::new(ms)`, `set(ms)`.
#[derive(Debug, Default)]
pub struct ManualClock(std::sync::atomic::AtomicU64);
impl ManualClock { pub fn new(ms: UnixMs) -> Self { Self(ms.into()) } pub fn set(&self, ms: UnixMs) { todo!() } }
impl Clock for ManualClock { fn now_ms(&self) -> UnixMs { todo!() } }

/// What `init` founds a ledger with.
#[derive(Debug)]
pub struct Founding {
    /// e.g. `ledger.ph.example.invalid`
    pub origin: String,
    /// Root authorities: (country, iss, public key).
    pub roots: Vec<(String, String, PublicKey)>,
}
/// What `init` answers with; DIR.key/*, DIR.operator.key are written, genesis and AuthorityEstablished entries are durable.
#[derive(Debug)]
pub struct Founded { pub vkey: VerifierKey, pub status_key: PublicKey, pub operator_key_file: PathBuf }

#[derive(Debug, Clone)]
pub struct Options {
    /// Verification threads; 0 = cores.
    pub verifiers: usize,
    /// Bounded queue length; full = RESOURCE_EXHAUSTED.
    pub queue: usize,
    /// Longest time to the next checkpoint.
    pub checkpoint_interval: std::time::Duration,
}
impl Default for Options { fn default() -> Self { todo!() } }

/// Why a ledger does not open. `reason()`: IN_USE, NOT_A_LEDGER, JOURNAL_DAMAGED, LOCK_MISSING, ROOT_DIFFERS, READ_ONLY_DIRECTORY, ...
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError { #[error("stub")] Stub }
impl OpenError { pub fn reason(&self) -> &'static str { todo!() } }

/// Why a statement was not appended: wraps StatementError, ClaimError, trust::Refusal and the ledger's own rules
/// (UNKNOWN_WORKER, WORKER_EXISTS, REVISION_CONFLICT, DUPLICATE_ID_DIFFERENT_BODY, INCOMPLETE_DISCLOSURES, ERASED, OVERLOADED, NOT_SERVING, ...).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct AppendError {
    /// Stable.
    pub reason: &'static str,
    /// For people.
    pub message: String,
    /// What to do.
    pub help: &'static str,
    /// Kind of failure, for gRPC codes.
    pub kind: AppendErrorKind,
}
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppendErrorKind { Invalid, Unauthorised, Conflict, Duplicate, NotFound, Overloaded, Unavailable }

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledgement { pub jti: uuid::Uuid, pub revision: u32, pub leaf: u64, pub recorded_at: UnixMs, pub repeated: bool }

/// One of a worker's records, opened.
#[derive(Debug, Clone)]
pub struct WorkerRecord {
    pub leaf: u64,
    pub recorded_at: UnixMs,
    pub revision: u32,
    pub entry: Vec<u8>,
    pub n_s: [u8; 32],
    pub n_l: [u8; 32],
    pub l_prev: Hash,
    /// The statement's text as received.
    pub statement: String,
}

/// A checkpoint as published.
#[derive(Debug, Clone)]
pub struct Published { pub checkpoint: Checkpoint, pub note: String, pub published_at: UnixMs }

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError { #[error("stub")] Stub }

/// An open ledger: cheap to clone, shared by every edge. Dropping the last one (or `close`) stops the writer cleanly.
#[derive(Clone)]
pub struct Ledger(Arc<()>);

impl Ledger {
    /// Creates a data directory: keys, genesis, roots. Refuses an existing one.
    pub fn init(dir: &Path, founding: &Founding, clock: &dyn Clock) -> Result<Founded, OpenError> { todo!() }
    /// Opens for writing; replays, checks, starts the writer, verifier and checkpoint threads.
    pub fn open(dir: &Path, options: Options, clock: Arc<dyn Clock>) -> Result<Self, OpenError> { todo!() }
    /// Stops accepting, finishes what was accepted, publishes, syncs, joins the threads.
    pub fn close(&self) { todo!() }
    /// Verifies, admits, records; resolves after durability. Cheap to call many times concurrently.
    pub async fn append(&self, statement: String, expected_revision: Option<u32>) -> Result<Acknowledgement, AppendError> { todo!() }
    /// Hands a statement to the pipeline without waiting; the receiver resolves after durability. Err = queue full (OVERLOADED).
    pub fn submit(&self, statement: String, expected_revision: Option<u32>) -> Result<tokio::sync::oneshot::Receiver<Result<Acknowledgement, AppendError>>, AppendError> { todo!() }
    /// Signs claims with the ledger key and appends them (AuthorityEstablished, LedgerKeyAdded, ...).
    pub async fn append_own(&self, kind: crate::event::Kind, claims: serde_json::Map<String, serde_json::Value>) -> Result<Acknowledgement, AppendError> { todo!() }
    pub fn origin(&self) -> &str { todo!() }
    pub fn vkeys(&self) -> Vec<VerifierKey> { todo!() }
    pub fn status_key(&self) -> PublicKey { todo!() }
    pub fn operator_key(&self) -> PublicKey { todo!() }
    /// False after an fsync error or while closing.
    pub fn is_serving(&self) -> bool { todo!() }
    pub fn now_ms(&self) -> UnixMs { todo!() }
    /// The newest trust state (a snapshot).
    pub fn trust(&self) -> Arc<TrustState> { todo!() }
    /// Number of acknowledged entries; the receiver sees every growth.
    pub fn size(&self) -> tokio::sync::watch::Receiver<u64> { todo!() }
    /// The newest published checkpoint; the receiver sees every new one.
    pub fn published(&self) -> tokio::sync::watch::Receiver<Arc<Published>> { todo!() }
    /// The newest published checkpoint of at most `size`.
    pub fn published_at_most(&self, size: u64) -> Result<Option<Published>, ReadError> { todo!() }
    /// The newest checkpoint published before `at`, of at least `size_min`.
    pub fn published_before(&self, at: UnixMs, size_min: u64) -> Result<Option<Published>, ReadError> { todo!() }
    /// Entry bytes.
    pub fn entry(&self, leaf: u64) -> Result<Option<Vec<u8>>, ReadError> { todo!() }
    pub fn entries(&self, from: u64, max: usize) -> Result<Vec<(u64, Vec<u8>)>, ReadError> { todo!() }
    /// A public stream, revision 0 first: (leaf, entry bytes).
    pub fn stream(&self, stream: StreamId) -> Result<Vec<(u64, Vec<u8>)>, ReadError> { todo!() }
    /// A worker's records, revision 0 first; `None` if unknown or erased.
    pub fn worker(&self, worker: WorkerId) -> Result<Option<Vec<WorkerRecord>>, ReadError> { todo!() }
    /// The worker's current holder key by the rules of `history` (none bound, revoked or suspended: `None`; unknown or
    /// erased worker: `None`). The edge checks access tokens and erasure requests with it.
    pub fn holder_key(&self, worker: WorkerId) -> Result<Option<PublicKey>, ReadError> { todo!() }
    /// The worker's newest revision, from memory; `None` if unknown or erased. Cheap: followers ask at every growth.
    pub fn worker_revision(&self, worker: WorkerId) -> Option<u32> { todo!() }
    pub fn inclusion_proof(&self, leaf: u64, size: u64) -> Result<Vec<Hash>, ReadError> { todo!() }
    pub fn consistency_proof(&self, old: u64, new: u64) -> Result<Vec<Hash>, ReadError> { todo!() }
    /// Bytes of a tile or entry bundle, if a published checkpoint covers it.
    pub fn tile(&self, path: TilePath) -> Result<Option<Vec<u8>>, ReadError> { todo!() }
    /// Signs a token with the status key.
    pub fn sign_status(&self, typ: &str, payload: &serde_json::Map<String, serde_json::Value>) -> String { todo!() }
    /// Number of the worker's records (dry run of erase).
    pub fn erasable(&self, worker: WorkerId) -> Result<Option<u32>, ReadError> { todo!() }
    /// DESIGN 4 "Erase" (a) to (d); resolves after the Erased entry is durable. The caller checked who may.
    pub async fn erase(&self, worker: WorkerId, basis: ErasureBasis) -> Result<Acknowledgement, AppendError> { todo!() }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ErasureBasis { HolderRequest, Order }

/// `fsck`: recomputes everything; read-only; runs beside a live ledger.
pub fn fsck(dir: &Path) -> Result<FsckReport, OpenError> { todo!() }
/// `rebuild`: sled, heads and hashes anew from the journal, compared with what was there.
pub fn rebuild(dir: &Path) -> Result<RebuildReport, OpenError> { todo!() }
/// `log export`: C2SP tlog-tiles as plain files.
pub fn export_log(dir: &Path, out: &Path) -> Result<u64, OpenError> { todo!() }

#[derive(Debug, Default)]
pub struct FsckReport { pub entries: u64, pub workers: u64, pub findings: Vec<Finding> }
/// One thing wrong: where, what, what to do.
#[derive(Debug)]
pub struct Finding { pub place: String, pub problem: String, pub remedy: String }
#[derive(Debug)]
pub struct RebuildReport { pub entries: u64, pub identical: bool, pub differences: Vec<String> }
