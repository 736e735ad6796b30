//! The tree's hashes against the entries: found again up to the locked size, added from there on.

use super::error::OpenError;
use super::replay::PublicState;
use crate::crypto::{Hash, base64_decode};
use crate::store::{Store, StoreError};
use crate::tlog::{Checkpoint, Frontier, HashReader, SignedCheckpoint, TlogError, VerifierKey, leaf_hash};
use crate::trust::TrustState;
use crate::vault::{DataDir, HashFiles, JournalReader, LockedTree, Position, VaultError};

/// Entries read at once.
const CHUNK: usize = 4096;

/// Where entries are read from before there is a ledger.
pub(super) struct Tree<'a> {
    pub(super) store: &'a dyn Store,
    pub(super) journal: &'a JournalReader,
}

impl Tree<'_> {
    /// The bytes of an entry.
    pub(super) fn entry(&self, leaf: u64) -> Result<Vec<u8>, OpenError> {
        let stored = self.store.entry(leaf)?.ok_or(StoreError::Damaged { what: "entry (it is missing)" })?;
        match stored.person {
            Some(entry) => Ok(entry.to_vec()),
            None => Ok(self.journal.read(stored.at)?.entry),
        }
    }

    /// Makes `hashes` those of the tree that `frontier` ends, after the locked root has been found in them.
    pub(super) fn bring_up_to_date(
        &self,
        hashes: &mut HashFiles,
        locked: Option<&LockedTree>,
        frontier: &Frontier,
    ) -> Result<(), OpenError> {
        let base = locked.map_or(0, |tree| tree.size);
        // Beyond the locked size nothing was synced: whatever stands there is written again.
        hashes.truncate_to(base)?;
        let intact = locked.is_none_or(|tree| {
            hashes.size() >= base
                && crate::tlog::root(&hashes.reader(), base).is_ok_and(|root| root == tree.root)
        });
        let from = if intact { base } else { 0 };
        hashes.truncate_to(from)?;
        let mut grown = frontier_at(&hashes.reader(), from)?;
        let differs = |size| OpenError::RootDiffers { size };
        if let Some(tree) = locked.filter(|_| !intact) {
            self.push_leaves(hashes, &mut grown, base)?;
            if grown.root() != tree.root {
                return Err(differs(base));
            }
        }
        self.push_leaves(hashes, &mut grown, frontier.size())?;
        hashes.sync()?;
        if grown == *frontier { Ok(()) } else { Err(differs(frontier.size())) }
    }

    fn push_leaves(&self, hashes: &mut HashFiles, grown: &mut Frontier, until: u64) -> Result<(), OpenError> {
        while grown.size() < until {
            let left = usize::try_from(until.saturating_sub(grown.size())).unwrap_or(CHUNK);
            let entries = self.store.entries(grown.size(), left.min(CHUNK))?;
            if entries.is_empty() {
                return Err(StoreError::Damaged { what: "entry (it is missing)" }.into());
            }
            for stored in entries {
                let leaf = match stored.person {
                    Some(entry) => leaf_hash(&entry),
                    None => leaf_hash(&self.journal.read(stored.at)?.entry),
                };
                push(hashes, grown, leaf)?;
            }
        }
        Ok(())
    }
}

/// One leaf into the frontier and the hash files.
pub(super) fn push(hashes: &mut HashFiles, frontier: &mut Frontier, leaf: Hash) -> Result<(), VaultError> {
    let mut added = Ok(());
    frontier.push(leaf, |level, index, hash| {
        if added.is_ok() {
            added = hashes.add(level, index, hash);
        }
    });
    added
}

/// The right edge of the tree of `size` leaves, from stored hashes: one complete subtree for each bit of the size.
pub(super) fn frontier_at<R: HashReader<Error = VaultError>>(
    reader: &R,
    size: u64,
) -> Result<Frontier, VaultError> {
    let mut bytes = size.to_be_bytes().to_vec();
    for level in (0..64_u8).rev().filter(|level| size >> level & 1 == 1) {
        // The subtree stands behind those of the greater bits.
        let index = (size >> level).saturating_sub(1);
        bytes.extend_from_slice(&reader.hash(level, index)?);
    }
    Frontier::decode(&bytes).map_err(|error: TlogError| error.into())
}

/// What a note says, if this ledger signed it: by any key it ever named, for the newest checkpoint that somebody has may be
/// older than the last change of keys.
pub(super) fn signed_by_ledger(trust: &TrustState, note: &str) -> Option<Checkpoint> {
    let origin = trust.origin()?;
    let keys = trust.log_keys_ever();
    let keys: Vec<VerifierKey> = keys.iter().filter_map(|key| VerifierKey::log(origin, key).ok()).collect();
    let signed = SignedCheckpoint::verify(note, &keys).ok()?.checkpoint;
    (signed.origin == origin).then_some(signed)
}

/// What three lines say, whoever signed them.
pub(super) fn unsigned(text: &str) -> Option<Checkpoint> {
    let mut lines = text.split('\n');
    let (origin, size, root) = (lines.next()?.to_owned(), lines.next()?.parse().ok()?, lines.next()?);
    let checkpoint = Checkpoint { origin, size, root: base64_decode(root).ok()?.try_into().ok()? };
    (checkpoint.text() == text).then_some(checkpoint)
}

/// What the public entries say, from the journal alone.
pub(super) fn trust_from_journal(dir: &DataDir) -> Result<TrustState, OpenError> {
    let (mut public, mut leaf) = (PublicState::default(), 0);
    for frame in JournalReader::open(&dir.journal())?.frames_from(Position::START)? {
        for (_, record) in frame?.records {
            if record.sealed.is_none() {
                public.fold(leaf, &record.entry).map_err(|problem| OpenError::JournalDamaged {
                    place: format!("leaf {leaf}"),
                    problem,
                })?;
            }
            leaf = leaf.saturating_add(1);
        }
    }
    Ok(public.trust)
}

/// The root over the first `size` entries, from the journal alone.
pub(super) fn root_from_journal(dir: &DataDir, size: u64) -> Result<Hash, OpenError> {
    let mut frontier = Frontier::default();
    for frame in JournalReader::open(&dir.journal())?.frames_from(Position::START)? {
        for (_, record) in frame?.records {
            if frontier.size() < size {
                frontier.push(leaf_hash(&record.entry), |_, _, _| {});
            }
        }
    }
    if frontier.size() < size {
        return Err(OpenError::LockAhead { locked: size, held: frontier.size() });
    }
    Ok(frontier.root())
}
