//! Reading back: entries, streams, workers, proofs, tiles, checkpoints.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::sync::watch;

use super::error::ReadError;
use super::history::History;
use super::{Ledger, Published, WorkerRecord};
use crate::crypto::{Hash, OsEntropy, PublicKey};
use crate::event::{StreamId, UnixMs, WorkerId};
use crate::statement::jws;
use crate::tlog::{self, Checkpoint, SignedCheckpoint, TilePath, VerifierKey};
use crate::trust::TrustState;
use crate::vault::{KeptCheckpoint, VaultError};

/// The most entries one call answers with.
pub const ENTRIES_MAX: usize = 1000;

impl Ledger {
    /// The log's name.
    pub fn origin(&self) -> &str {
        &self.0.shared.origin
    }

    /// The verifier keys of its checkpoints.
    pub fn vkeys(&self) -> Vec<VerifierKey> {
        let keys = self.trust().log_keys();
        keys.iter().filter_map(|key| VerifierKey::log(self.origin(), key).ok()).collect()
    }

    /// The key that signs standing tokens and status lists now.
    pub fn status_key(&self) -> PublicKey {
        self.0.shared.status_signer().public()
    }

    /// Whoever signs with its private half is the root operator.
    pub fn operator_key(&self) -> PublicKey {
        self.0.shared.operator.clone()
    }

    /// The ledger's time.
    pub fn now_ms(&self) -> UnixMs {
        self.0.shared.clock.now_ms()
    }

    /// What `known_at` means by now: the ledger's clock, or the time of the newest entry if the clock shows less, so that a
    /// clock that is set back hides nothing.
    pub fn known_now(&self) -> UnixMs {
        self.0.shared.known_now()
    }

    /// The newest trust state (a snapshot).
    pub fn trust(&self) -> Arc<TrustState> {
        self.0.shared.trust_snapshot().1
    }

    /// Number of acknowledged entries; the receiver sees every growth.
    pub fn size(&self) -> watch::Receiver<u64> {
        self.0.shared.size.subscribe()
    }

    /// Statements accepted and not yet answered.
    pub fn in_flight(&self) -> usize {
        self.0.shared.queue.taken()
    }

    /// The newest published checkpoint; the receiver sees every new one.
    pub fn published(&self) -> watch::Receiver<Arc<Published>> {
        self.0.shared.published.subscribe()
    }

    /// The newest published checkpoint of at most `size`.
    pub fn published_at_most(&self, size: u64) -> Result<Option<Published>, ReadError> {
        self.0.shared.archive.at_most(size)?.map(|kept| self.reread(kept)).transpose()
    }

    /// The newest checkpoint published before `at`, of at least `size_min`.
    pub fn published_before(&self, at: UnixMs, size_min: u64) -> Result<Option<Published>, ReadError> {
        let kept = self.0.shared.archive.before(at)?.filter(|kept| kept.size >= size_min);
        kept.map(|kept| self.reread(kept)).transpose()
    }

    /// The first published checkpoint that includes `leaf`.
    pub fn published_covering(&self, leaf: u64) -> Result<Option<Published>, ReadError> {
        self.0.shared.archive.covering(leaf)?.map(|kept| self.reread(kept)).transpose()
    }

    fn reread(&self, kept: KeptCheckpoint) -> Result<Published, ReadError> {
        // Keys that the ledger has ended signed earlier checkpoints all the same.
        let ever = self.trust().log_keys_ever();
        let keys: Vec<VerifierKey> =
            ever.iter().filter_map(|key| VerifierKey::log(self.origin(), key).ok()).collect();
        let signed = SignedCheckpoint::verify(&kept.note, &keys)?;
        Ok(Published { checkpoint: signed.checkpoint, note: kept.note, published_at: kept.published_at })
    }

    /// Entry bytes; `None` beyond what is acknowledged.
    pub fn entry(&self, leaf: u64) -> Result<Option<Vec<u8>>, ReadError> {
        self.0.shared.entry(leaf)
    }

    /// Up to `max` entries (at most [`ENTRIES_MAX`]) from a leaf on, and not more than `bytes_max` bytes of them, but one at least.
    pub fn entries(&self, from: u64, max: usize, bytes_max: usize) -> Result<Vec<(u64, Vec<u8>)>, ReadError> {
        let size = *self.0.shared.size.borrow();
        let left = usize::try_from(size.saturating_sub(from)).unwrap_or(usize::MAX);
        let stored = self.0.shared.store.entries(from, max.min(ENTRIES_MAX).min(left))?;
        let (mut entries, mut bytes) = (Vec::new(), 0_usize);
        // Callers may ask from the last number on: a range with an end does not count beyond it.
        for (leaf, stored) in (from..=u64::MAX).zip(stored) {
            let entry = match stored.person {
                Some(entry) => entry.to_vec(),
                None => self.0.shared.journal.read(stored.at)?.entry,
            };
            bytes = bytes.saturating_add(entry.len());
            if bytes > bytes_max && !entries.is_empty() {
                break;
            }
            entries.push((leaf, entry));
        }
        Ok(entries)
    }

    /// A public stream, revision 0 first: (leaf, entry bytes).
    pub fn stream(&self, stream: StreamId) -> Result<Vec<(u64, Vec<u8>)>, ReadError> {
        self.0.shared.public_stream(stream)
    }

    /// A worker's records, revision 0 first; `None` if unknown or erased.
    pub fn worker(&self, worker: WorkerId) -> Result<Option<Vec<WorkerRecord>>, ReadError> {
        self.0.shared.worker_records(worker)
    }

    /// Every worker with a stream, as the heads stand now: for the operator's batch jobs.
    pub fn workers(&self) -> Result<Vec<WorkerId>, ReadError> {
        let heads = self.0.shared.heads().all();
        Ok(heads.map(|head| head.map(|head| head.worker)).collect::<Result<_, _>>()?)
    }

    /// The worker's current holder key: the last one bound or changed to, unless that statement was revoked or is
    /// suspended. `None` too for an unknown or erased worker.
    pub fn holder_key(&self, worker: WorkerId) -> Result<Option<PublicKey>, ReadError> {
        Ok(self.worker(worker)?.and_then(|records| self.holder_key_in(&records)))
    }

    /// The same of a stream that was read already.
    pub fn holder_key_in(&self, records: &[WorkerRecord]) -> Option<PublicKey> {
        History::of_keys(records, &self.trust()).holder_key()
    }

    /// The passports of this ledger that are joined with a worker's, whose `records` were read, by what was recorded until
    /// then: each says so of the other. With the records of each.
    pub fn joined(
        &self,
        worker: WorkerId,
        records: &[WorkerRecord],
        until: Option<UnixMs>,
    ) -> Result<Vec<(WorkerId, Vec<WorkerRecord>)>, ReadError> {
        let trust = self.trust();
        let named = |records: &[WorkerRecord]| History::of_keys(records, &trust).until(until).joined();
        let mut joined = Vec::new();
        for other in named(records) {
            if let Some(back) = self.worker(other)?.filter(|back| named(back).contains(&worker)) {
                joined.push((other, back));
            }
        }
        Ok(joined)
    }

    /// The worker's newest revision; `None` if unknown or erased. Cheap: followers ask at every growth.
    pub fn worker_revision(&self, worker: WorkerId) -> Result<Option<u32>, ReadError> {
        Ok(self.0.shared.head(worker)?.map(|head| head.revision))
    }

    /// The leaf of the worker's newest record; `None` if unknown or erased.
    pub fn last_leaf(&self, worker: WorkerId) -> Result<Option<u64>, ReadError> {
        Ok(self.0.shared.head(worker)?.map(|head| head.leaf))
    }

    /// The number of a worker's records, without reading them: what an erasure would erase.
    pub fn erasable(&self, worker: WorkerId) -> Result<Option<u32>, ReadError> {
        Ok(self.0.shared.head(worker)?.map(|head| head.revision.saturating_add(1)))
    }

    /// RFC 6962 inclusion proof of `leaf` in the tree of `size` leaves, which a checkpoint has covered.
    pub fn inclusion_proof(&self, leaf: u64, size: u64) -> Result<Vec<Hash>, ReadError> {
        self.check_provable(size)?;
        if leaf >= size {
            return Err(ReadError::OutOfRange { asked: leaf, size });
        }
        Ok(tlog::inclusion_proof(&self.0.shared.hashes, size, leaf)?)
    }

    /// RFC 6962 consistency proof between two sizes that a checkpoint has covered.
    pub fn consistency_proof(&self, old: u64, new: u64) -> Result<Vec<Hash>, ReadError> {
        self.check_provable(new)?;
        if old > new {
            return Err(ReadError::OutOfRange { asked: old, size: new });
        }
        Ok(tlog::consistency_proof(&self.0.shared.hashes, old, new)?)
    }

    fn check_provable(&self, asked: u64) -> Result<(), ReadError> {
        let size = self.0.shared.published.borrow().checkpoint.size;
        if asked <= size { Ok(()) } else { Err(ReadError::OutOfRange { asked, size }) }
    }

    /// Bytes of a C2SP tile or entry bundle, if the published tree has it.
    pub fn tile(&self, path: TilePath) -> Result<Option<Vec<u8>>, ReadError> {
        if !path.exists_at(self.0.shared.published.borrow().checkpoint.size) {
            return Ok(None);
        }
        match path {
            TilePath::Hashes { level, index, width } => {
                Ok(Some(self.0.shared.hashes.tile(level, index, width)?))
            }
            TilePath::Entries { index, width } => {
                let entries = self.entries(index.saturating_mul(256), usize::from(width), usize::MAX)?;
                Ok(Some(bundle(entries.into_iter().map(|(_, entry)| entry))))
            }
        }
    }

    /// Wraps all workers' keys under the next generation key and destroys the old one, so that old copies of the keyring open
    /// nothing. `escrowed` is the SHA-256 of the next key's file as it lies in escrow. Answers with the new generation. Appends
    /// wait meanwhile.
    pub fn rotate_keyring(&self, escrowed: &Hash) -> Result<u32, ReadError> {
        self.0.shared.keyring.rotate(escrowed, &mut OsEntropy).map_err(|error| match error {
            error @ VaultError::NotEscrowed { .. } => ReadError::NotEscrowed(error),
            error => error.into(),
        })
    }

    /// How long ago the generation key in use was made; `None` where its file does not tell.
    pub fn generation_age(&self) -> Option<Duration> {
        let made = self.0.shared.keyring.generation_made_at()?;
        Some(Duration::from_millis(self.now_ms().saturating_sub(made)))
    }

    /// Signs a token with the status key in use.
    pub fn sign_status(&self, typ: &str, payload: &Map<String, Value>) -> String {
        jws::sign(typ, payload, &self.0.shared.status_signer())
    }

    /// The checkpoint over what is published now.
    pub fn checkpoint(&self) -> Checkpoint {
        self.0.shared.published.borrow().checkpoint.clone()
    }
}

/// C2SP tlog-tiles entry bundle: each entry behind its length in 16 bits.
pub(super) fn bundle(entries: impl Iterator<Item = Vec<u8>>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in entries {
        bytes.extend_from_slice(&u16::try_from(entry.len()).unwrap_or(u16::MAX).to_be_bytes());
        bytes.extend_from_slice(&entry);
    }
    bytes
}
