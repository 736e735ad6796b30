//! The one writer: verify, admit, chain, commit, checkpoint; reading back; erase, fsck, rebuild, export, backup, restore.
//!
//! A statement's way: [`Ledger::submit`] → queue → verifier threads (`prepare`) → the writer (`sequence`, `history`,
//! `writer`: one journal frame, one fsync for many) → answer → the publisher (`publisher`: heads, store, hashes, lock,
//! checkpoint). `open` is the way back after a stop, a kill or a power loss. ARCHITECTURE.md walks through all of it.
//!
//! **Never:** bytes of its own (those are `event`'s, `tlog`'s, `vault`'s), a second writer, an answer before durability.
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

mod access;
mod backup;
mod clock;
mod cosigned;
mod erase;
mod error;
mod export;
mod follows;
mod founding;
mod fsck;
mod generation;
mod group;
mod history;
mod ids;
mod in_order;
mod intake;
mod keys;
mod observe;
mod open;
mod operators;
mod person;
mod pipeline;
mod prepare;
mod publisher;
mod queue;
mod read;
mod readahead;
#[allow(clippy::arithmetic_side_effects, reason = "leaves of one journal, counted one by one")]
mod rebuild;
mod recover;
#[allow(clippy::arithmetic_side_effects, reason = "entries of one journal, counted one by one")]
mod replay;
mod restore;
mod review;
mod sequence;
mod shared;
mod shares;
#[cfg(test)]
mod simulation;
mod status;
mod stream;
mod tree;
mod writer;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::sync::oneshot;

use crate::crypto::{Hash, PublicKey};
use crate::event::{Kind, StreamRecord, UnixMs, WorkerId};
use crate::tlog::{Checkpoint, Policy, VerifierKey};
use crate::vault::{Position, SEGMENT_BYTES_MAX};
use intake::Intake;
use pipeline::{Job, Outcome, Reply, Work};
use queue::{Asking, Seat};
use shared::Shared;

pub use crate::vault::Space;
pub use crate::vault::{NOTE_BYTES_MAX as ACCESS_NOTE_BYTES_MAX, NOTES_MAX as ACCESS_NOTES_MAX, ShareName};
pub use access::{AccessSettings, Audience, BLOCKS_MAX, Block, Deposit, GRANTS_MAX, PERMITS_MAX};
pub use backup::{BackupCheck, BackupReport, backup, verify_backup};
pub use clock::{Clock, ManualClock, SystemClock};
pub use cosigned::Kept;
pub use error::{AppendError, AppendErrorKind, OpenError, ReadError};
pub use export::export_log;
pub use fsck::{Finding, FsckReport, fsck};
pub use generation::{
    EscrowedKey, destroy_older_in_escrow, escrow_next_generation, newest_in_escrow, rotate_stopped,
};
pub use history::JOINED_MAX;
pub use in_order::InOrder;
pub use keys::{LedgerKeyEnd, LedgerKeyUse};
pub use observe::{DiskWork, Observer, TRACE_TARGET};
pub use open::restore_lock;
pub use operators::{OPERATOR_NAME_BYTES_MAX, OPERATORS_MAX, Operator, OperatorError, Role};
pub use prepare::{DOCUMENT_NUMBER_BYTES_MAX, IAT_AHEAD_MAX_SECONDS, ID_AHEAD_MAX_MS};
pub use read::ENTRIES_MAX;
pub use rebuild::{RebuildReport, rebuild};
pub use recover::{Recovered, recover};
pub use restore::{RestoreReport, Until, restore};
pub use review::{REVIEW_EARLIER_MAX, REVIEWS_MAX, Resolution, Review, ReviewError, ReviewedPassport};
pub use shares::{SHARES_MAX, Share};
pub use status::{
    STATUS_ALLOCATE_MAX, STATUS_LIST_SIZE, STATUS_SPARE_MAX, StatusFigures, StatusIndexes, StatusValues,
};

/// What `init` founds a ledger with.
#[derive(Debug)]
pub struct Founding {
    /// The log's name and host, e.g. `ledger.ph.example.invalid`.
    pub origin: String,
    /// Root authorities: (country, iss, public key).
    pub roots: Vec<(String, String, PublicKey)>,
}

/// What `init` answers with. Genesis and roots are durable; DIR.key/ and DIR.operator.key are written.
#[derive(Debug)]
pub struct Founded {
    /// What verifiers put into their trust files.
    pub vkey: VerifierKey,
    /// Likewise, for standing tokens.
    pub status_key: PublicKey,
    /// The operator's private key: move it to where the operator works.
    pub operator_key_file: PathBuf,
}

/// How an open ledger works.
#[derive(Debug, Clone)]
pub struct Options {
    /// Verification threads; 0 = as many as there are cores.
    pub verifiers: usize,
    /// The most statements accepted and not yet answered; beyond it, OVERLOADED.
    pub queue: usize,
    /// The longest time to the next checkpoint.
    pub checkpoint_interval: Duration,
    /// Whose cosignatures are gathered, and which of them suffice; `None` gathers none.
    pub witness_policy: Option<Policy>,
    /// How long a checkpoint waits for its cosignatures before it is handed out without.
    pub witness_patience: Duration,
    /// Neither records nor signs: for a restored copy that may be behind what was signed. Needs no lock.
    pub read_only: bool,
    /// How long a journal segment grows before the next is begun; at most [`SEGMENT_BYTES_MAX`].
    pub segment_bytes: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            verifiers: 0,
            queue: 8192,
            checkpoint_interval: Duration::from_millis(500),
            witness_policy: None,
            witness_patience: Duration::from_secs(5),
            read_only: false,
            segment_bytes: SEGMENT_BYTES_MAX,
        }
    }
}

/// The document behind a `PassportOpened`, told beside the statement and never in it: for the review of duplicates.
#[derive(Clone)]
pub struct OpeningDocument {
    /// Its number.
    pub number: zeroize::Zeroizing<String>,
    /// The salt of `document_number_commitment`.
    pub salt: [u8; 16],
}

impl std::fmt::Debug for OpeningDocument {
    /// Shows nothing of it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OpeningDocument")
    }
}

/// That a statement is durable and ordered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledgement {
    /// Of the statement.
    pub jti: uuid::Uuid,
    /// 0-based place in its stream.
    pub revision: u32,
    /// 0-based place in the log.
    pub leaf: u64,
    /// When.
    pub recorded_at: UnixMs,
    /// True if this very statement had been recorded before.
    pub repeated: bool,
}

/// One of a worker's records, opened.
#[derive(Clone)]
pub struct WorkerRecord {
    /// What was recorded, and where in the log.
    pub record: StreamRecord,
    /// 0-based place in the stream.
    pub revision: u32,
    /// The bytes the log hashes.
    pub entry: Vec<u8>,
    /// Opens S.
    pub n_s: [u8; 32],
    /// Opens L, with the worker id.
    pub n_l: [u8; 32],
    /// L of the previous record, or the chain's start.
    pub l_prev: Hash,
}

impl std::fmt::Debug for WorkerRecord {
    /// Shows nothing about the person: records must not reach logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "WorkerRecord(revision {})", self.revision)
    }
}

/// A checkpoint as published.
#[derive(Debug, Clone)]
pub struct Published {
    /// What was signed.
    pub checkpoint: Checkpoint,
    /// The signed note.
    pub note: String,
    /// By the ledger's clock.
    pub published_at: UnixMs,
}

/// On what ground a worker's records are erased. Recorded; it names nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErasureBasis {
    /// The worker asked, with a signed request.
    HolderRequest,
    /// An order whose reference the operator keeps.
    Order,
}

/// An open ledger: cheap to clone, shared by every edge. [`Self::close`], or dropping the last clone, stops it cleanly.
#[derive(Clone)]
pub struct Ledger(Arc<Handle>);

struct Handle {
    shared: Arc<Shared>,
    /// `None` once closed.
    doors: RwLock<Option<Doors>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// The ways in.
struct Doors {
    intake: Arc<Intake>,
    writer: mpsc::Sender<Work>,
}

impl Drop for Doors {
    fn drop(&mut self) {
        self.intake.close();
    }
}

impl std::fmt::Debug for Ledger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Ledger({})", self.0.shared.origin)
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.close();
    }
}

impl Handle {
    /// The threads end one after the other as the channels between them empty and close.
    fn close(&self) {
        self.shared.stop_serving();
        if self.shared.options.read_only {
            self.shared.finish();
        }
        self.doors.write().unwrap_or_else(PoisonError::into_inner).take();
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            // A panicked thread has already been reported, and nothing is left to do for it.
            let _ = thread.join();
        }
    }

    fn seat(&self, bytes: usize, asking: Asking) -> Result<Seat, AppendError> {
        self.shared.check_serving()?;
        let seat = self.shared.queue.take(bytes, asking);
        seat.ok_or_else(|| AppendError::overloaded(self.shared.options.queue))
    }

    /// Hands `work` to the writer directly; it has few such callers.
    fn ask_writer(
        &self,
        work: impl FnOnce(Reply) -> Work,
    ) -> Result<oneshot::Receiver<Outcome>, AppendError> {
        let (reply, receiver) = Reply::new(self.seat(0, Asking::Call)?);
        let doors = self.doors.read().unwrap_or_else(PoisonError::into_inner);
        let doors = doors.as_ref().ok_or_else(AppendError::not_serving)?;
        doors.writer.send(work(reply)).map_err(|_| AppendError::not_serving())?;
        Ok(receiver)
    }
}

/// A place in the queue: [`Ledger::reserve`].
pub struct Place<'a> {
    handle: &'a Handle,
    seat: Seat,
}

impl std::fmt::Debug for Place<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Place(..)")
    }
}

impl Place<'_> {
    /// As [`Ledger::submit_with`].
    pub fn submit(
        self,
        statement: String,
        expected_revision: Option<u32>,
        document: Option<OpeningDocument>,
    ) -> Result<oneshot::Receiver<Outcome>, AppendError> {
        let doors = self.handle.doors.read().unwrap_or_else(PoisonError::into_inner);
        let doors = doors.as_ref().ok_or_else(AppendError::not_serving)?;
        let (reply, receiver) = Reply::new(self.seat);
        let job = Job { text: statement, expected_revision, document, reply };
        doors.intake.put(job).map_err(|_| AppendError::not_serving())?;
        Ok(receiver)
    }
}

async fn answered(receiver: oneshot::Receiver<Outcome>) -> Outcome {
    receiver.await.unwrap_or_else(|_| Err(AppendError::not_serving()))
}

impl Ledger {
    /// Verifies, admits, records; resolves after durability. Cheap to call many times concurrently.
    pub async fn append(
        &self,
        statement: String,
        expected_revision: Option<u32>,
    ) -> Result<Acknowledgement, AppendError> {
        answered(self.submit(statement, expected_revision)?).await
    }

    /// [`Self::append`] of an opening with its document.
    pub async fn append_with(
        &self,
        statement: String,
        expected_revision: Option<u32>,
        document: Option<OpeningDocument>,
    ) -> Result<Acknowledgement, AppendError> {
        answered(self.submit_with(statement, expected_revision, document)?).await
    }

    /// Hands a statement to the pipeline without waiting; the receiver resolves after durability. Statements submitted
    /// one after the other are recorded in that order. `Err` = queue full
    /// (`OVERLOADED`) or `NOT_SERVING`.
    pub fn submit(
        &self,
        statement: String,
        expected_revision: Option<u32>,
    ) -> Result<oneshot::Receiver<Outcome>, AppendError> {
        self.submit_with(statement, expected_revision, None)
    }

    /// [`Self::submit`] of an opening with its document, which is compared with the statement's commitment and kept as a
    /// keyed hash. Whether it was seen before changes nothing of the answer.
    pub fn submit_with(
        &self,
        statement: String,
        expected_revision: Option<u32>,
        document: Option<OpeningDocument>,
    ) -> Result<oneshot::Receiver<Outcome>, AppendError> {
        let seat = self.0.seat(statement.len(), Asking::Call)?;
        Place { handle: &self.0, seat }.submit(statement, expected_revision, document)
    }

    /// A place in the queue for a statement of so many bytes, for a caller who would rather wait than have it refused. `Err` =
    /// `NOT_SERVING`.
    pub async fn reserve(&self, bytes: usize) -> Result<Place<'_>, AppendError> {
        let seat = self.0.shared.queue.wait(|| match self.0.seat(bytes, Asking::Stream) {
            Err(error) if error.kind == AppendErrorKind::Overloaded => None,
            decided => Some(decided),
        });
        Ok(Place { handle: &self.0, seat: seat.await? })
    }

    /// Signs claims with the ledger key and appends them (`AuthorityEstablished`, `LedgerKeyAdded`, ...).
    pub async fn append_own(
        &self,
        kind: Kind,
        claims: Map<String, Value>,
    ) -> Result<Acknowledgement, AppendError> {
        answered(self.0.ask_writer(|reply| Work::Own { kind, claims, reply })?).await
    }

    /// DESIGN 4 "Erase" (a) to (d); resolves after the Erased entry is durable. The caller checked who may.
    pub async fn erase(&self, worker: WorkerId, basis: ErasureBasis) -> Result<Acknowledgement, AppendError> {
        let _waiting = observe::Waiting::on(&self.0.shared.erasures_waiting);
        answered(self.0.ask_writer(|reply| Work::Erase { worker, basis, reply })?).await
    }

    /// Stops accepting, finishes what was accepted, publishes, syncs, joins the threads. The directory is free for another
    /// process once the last clone is dropped.
    pub fn close(&self) {
        self.0.close();
    }

    /// Resolves when the ledger has stopped itself, with why: a write or an fsync failed, or one of its threads panicked. What
    /// was acknowledged is durable; opened again, it reads back what is.
    pub async fn failed(&self) -> String {
        let mut failed = self.0.shared.failed.subscribe();
        let why = failed.wait_for(Option::is_some).await.ok().and_then(|why| why.clone());
        // Its sender is `shared`, which lives as long as this borrow.
        why.unwrap_or_default()
    }

    /// False after a failed write or fsync, after a panic of one of its threads, and once closed.
    pub fn is_serving(&self) -> bool {
        self.0.shared.is_serving()
    }
}
