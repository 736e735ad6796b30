//! The complete passport file of one worker on this ledger.

use std::sync::Arc;
use std::time::Duration;

use crate::crypto::Hash;
use crate::event::{StreamId, StreamRecord, UnixMs, WorkerId};
use crate::ledger::{AccessSettings, Ledger, Published, ReadError, WorkerRecord};
use crate::passport::{AssembleError, OpenedRecord, PassportFile, Source, assemble};
use crate::trust::TrustState;

/// How long an export waits for a checkpoint that covers the newest record. Checkpoints come within a second, witnesses are
/// given some more; a ledger that has none after this long has stopped.
const CHECKPOINT_WAIT: Duration = Duration::from_secs(10);

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// Unknown and erased look alike.
    #[error("the ledger has no passport with this id")]
    UnknownWorker,
    /// Nothing recorded and published until then.
    #[error("no checkpoint of the ledger covers the passport at that time")]
    NotPublished,
    /// A copy that may be behind: it does not say what stands now.
    #[error("this copy of the ledger was opened for reading only and signs no tokens")]
    ReadOnly,
    /// Reading failed.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The file cannot be put together.
    #[error(transparent)]
    Assemble(AssembleError<ReadError>),
}

impl ExportError {
    /// Stable, for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::UnknownWorker => "NOT_AVAILABLE",
            Self::NotPublished => "NOT_PUBLISHED",
            Self::ReadOnly => "LEDGER_READ_ONLY",
            Self::Read(_) => "READ_FAILED",
            Self::Assemble(error) => error.reason(),
        }
    }
}

/// Exports at the newest published checkpoint, with the passports that are `joined` with this one; waits for one that covers
/// them. With `known_at`, as it was then: only what was recorded until then, under the checkpoint of then, its tokens dated then.
pub async fn export(
    ledger: &Ledger,
    worker: WorkerId,
    joined: &[WorkerId],
    known_at: Option<UnixMs>,
) -> Result<PassportFile, ExportError> {
    if ledger.is_read_only() {
        return Err(ExportError::ReadOnly);
    }
    let workers: Vec<WorkerId> = std::iter::once(worker).chain(joined.iter().copied()).collect();
    let (published, passports, now) = match known_at {
        None => {
            let last: Vec<_> = workers.iter().map(|one| ledger.last_leaf(*one)).collect::<Result<_, _>>()?;
            let published = newest(ledger, size_with(last.into_iter().flatten().max())).await?;
            // Read after it: what was recorded while it was waited for, and is covered by it, must be in the file.
            let passports = covered(ledger, &workers, published.checkpoint.size, UnixMs::MAX)?;
            (published, passports, ledger.now_ms())
        }
        Some(at) => {
            // A checkpoint of exactly that millisecond still counts.
            let published =
                ledger.published_before(at.saturating_add(1), 0)?.ok_or(ExportError::NotPublished)?;
            let passports = covered(ledger, &workers, published.checkpoint.size, at)?;
            let last =
                passports.iter().filter_map(|records| records.last()).map(|last| last.record.leaf).max();
            (ledger.with_cosignatures(published, size_with(last))?, passports, at.min(ledger.now_ms()))
        }
    };
    let opened: Vec<Vec<OpenedRecord>> =
        passports.into_iter().map(|records| records.into_iter().map(opened).collect()).collect();
    let Published { checkpoint, note, .. } = published;
    let seconds = i64::try_from(now / 1_000).unwrap_or(i64::MAX);
    let settings = ledger.access(worker)?.ok_or(ExportError::UnknownWorker)?;
    let source = Recorded { ledger, settings, trust: ledger.trust() };
    assemble(&source, &checkpoint, note, &opened, seconds).map_err(|error| match error {
        AssembleError::Empty => ExportError::NotPublished,
        error => ExportError::Assemble(error),
    })
}

/// The records of each, as far as a checkpoint of this size covers them and by what was recorded until then. One that was
/// erased meanwhile is simply gone.
fn covered(
    ledger: &Ledger,
    workers: &[WorkerId],
    size: u64,
    until: UnixMs,
) -> Result<Vec<Vec<WorkerRecord>>, ExportError> {
    let mut passports = Vec::new();
    for worker in workers {
        let Some(mut records) = ledger.worker(*worker)? else { continue };
        records.retain(|one| one.record.leaf < size && one.record.recorded_at <= until);
        passports.push(records);
    }
    Ok(passports)
}

/// The size of the smallest tree with this leaf.
fn size_with(last: Option<u64>) -> u64 {
    last.map_or(0, |last| last.saturating_add(1))
}

async fn newest(ledger: &Ledger, size: u64) -> Result<Published, ExportError> {
    let found = tokio::time::timeout(CHECKPOINT_WAIT, ledger.best_covering(size)).await;
    let published = found.ok().flatten().ok_or(ExportError::NotPublished)?;
    Ok(Published::clone(&published))
}

fn opened(record: WorkerRecord) -> OpenedRecord {
    let WorkerRecord { record, entry, n_s, n_l, .. } = record;
    OpenedRecord { record, entry, n_s, n_l }
}

/// What a file is assembled from.
struct Recorded<'a> {
    ledger: &'a Ledger,
    settings: AccessSettings,
    trust: Arc<TrustState>,
}

impl Source for Recorded<'_> {
    type Error = ReadError;

    fn stream(&self, stream: StreamId) -> Result<Vec<(u64, Vec<u8>)>, ReadError> {
        self.ledger.stream(stream)
    }

    fn proof(&self, leaf: u64, size: u64) -> Result<Vec<Hash>, ReadError> {
        self.ledger.inclusion_proof(leaf, size)
    }

    fn published_before(&self, at: UnixMs, size_min: u64) -> Result<Option<(u64, String)>, ReadError> {
        let found = self.ledger.witnessed_before(at, size_min)?;
        Ok(found.map(|published| (published.checkpoint.size, published.note)))
    }

    fn sign_status(&self, typ: &str, payload: &serde_json::Map<String, serde_json::Value>) -> String {
        self.ledger.sign_status(typ, payload)
    }

    fn is_void(&self, record: &StreamRecord) -> bool {
        self.trust.fails_by_key(record)
    }

    fn silent_since(&self, issuer: &str) -> Option<i64> {
        let since = self.settings.silent_since(issuer, &self.trust)?;
        Some(i64::try_from(since / 1_000).unwrap_or(i64::MAX))
    }
}
