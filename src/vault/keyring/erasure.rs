//! Erased workers, documents and their reviews: steps (a) and (b) of erasing, and what they leave to be known.

use std::collections::HashSet;

use super::{Erasure, Hash, KeySlot, Keyring, Slot, VaultError, hmac_sha256};
use crate::event::WorkerId;

impl Keyring {
    /// Whether a worker was erased.
    pub fn is_erased(&self, worker: WorkerId) -> bool {
        !self.state().erased.slots(&self.erased_hash(worker)).is_empty()
    }

    /// Step (a) of erasing: the peppered hash of the worker id added and the documents' blind indexes removed, durable.
    /// Recording it twice is the same as once.
    pub fn record_erasure(&self, worker: WorkerId, slot: KeySlot) -> Result<(), VaultError> {
        self.record_hash(self.erased_hash(worker), slot)
    }

    /// Beside the keyring first: once it is in the keyring no older copy of that can undo it.
    pub(super) fn record_hash(&self, hash: Hash, slot: KeySlot) -> Result<(), VaultError> {
        self.change(|state| {
            if let Some(beside) = state.beside.as_mut().filter(|beside| !beside.has(&hash, slot)) {
                beside.add(&[(hash, slot)])?;
            }
            if !state.erased.has(&hash, slot) {
                state.erased.add(&[(hash, slot)])?;
            }
            state.documents.remove(&HashSet::from([slot]))?;
            state.reviewed.remove(&HashSet::from([slot]))
        })
    }

    /// At a start: what a crash left undone of (a) and (b). The last erasure's tombstone is written again, for the process
    /// that wrote it may have ended at its fsync; those before were durable when it began.
    pub fn complete_erasures(&self) -> Result<(), VaultError> {
        let erasures = self.erasures()?;
        let unfinished = erasures.iter().filter(|erasure| !erasure.tombstoned);
        for erasure in unfinished.chain(erasures.last()) {
            self.tombstone(erasure.slot)?;
        }
        let erased = erasures.iter().map(|erasure| erasure.slot).collect();
        self.change(|state| {
            state.documents.remove(&erased)?;
            state.reviewed.remove(&erased)
        })
    }

    /// How many erasures are on record.
    pub fn erasure_count(&self) -> u32 {
        u32::try_from(self.state().erased.order().len()).unwrap_or(u32::MAX)
    }

    /// Every erasure, in the order in which it was recorded.
    pub fn erasures(&self) -> Result<Vec<Erasure>, VaultError> {
        let state = self.state();
        let tombstoned = |slot: &KeySlot| match state.read(*slot) {
            Ok(slot) => Ok(matches!(slot, Slot::Tombstone)),
            // A crash while the tombstone was written: what is left opens nothing, but is not the tombstone yet.
            Err(VaultError::SlotDamaged { .. }) => Ok(false),
            Err(error) => Err(error),
        };
        let erasure = |slot: &KeySlot| Ok(Erasure { slot: *slot, tombstoned: tombstoned(slot)? });
        state.erased.order().iter().map(erasure).collect()
    }

    /// Records documents' blind indexes for duplicate review, durable. `document` names type, country and number.
    pub fn note_documents(&self, documents: &[(KeySlot, &[u8])]) -> Result<(), VaultError> {
        let hashes: Vec<_> =
            documents.iter().map(|(slot, document)| (self.document_hash(document), *slot)).collect();
        self.change(|state| state.documents.add(&hashes))
    }

    /// The slots whose workers showed the same document. A slot without a head belongs to nobody: a crash left it.
    pub fn same_document(&self, document: &[u8]) -> Vec<KeySlot> {
        self.state().documents.slots(&self.document_hash(document))
    }

    /// The slots of each document that more than one worker showed. A slot without a head belongs to nobody.
    pub fn shared_documents(&self) -> Vec<Vec<KeySlot>> {
        self.state().documents.shared()
    }

    /// Notes how the review of a slot's document ended, durable. The last note counts.
    pub fn note_review(&self, slot: KeySlot, resolution: &str) -> Result<(), VaultError> {
        let hash = self.review_hash(resolution);
        self.change(|state| {
            state.reviewed.remove(&HashSet::from([slot]))?;
            state.reviewed.add(&[(hash, slot)])
        })
    }

    /// Whether the review of a slot's document ended so.
    pub fn is_reviewed(&self, slot: KeySlot, resolution: &str) -> bool {
        self.state().reviewed.slots(&self.review_hash(resolution)).contains(&slot)
    }

    fn review_hash(&self, resolution: &str) -> Hash {
        hmac_sha256(self.pepper.as_bytes(), &[b"skillpass/v1 reviewed\n", resolution.as_bytes()])
    }

    fn erased_hash(&self, worker: WorkerId) -> Hash {
        hmac_sha256(self.pepper.as_bytes(), &[b"skillpass/v1 erased worker\n", &worker.0])
    }

    fn document_hash(&self, document: &[u8]) -> Hash {
        hmac_sha256(self.pepper.as_bytes(), &[b"skillpass/v1 document\n", document])
    }
}
