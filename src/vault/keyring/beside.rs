//! The erasures once more, in DIR.lock: a backup of DIR never takes them back in time.
//!
//! *fsync:* a record is durable here before it is in the keyring. So whatever keyring is put back, what is missing in it
//! can be erased again: the slot is named, and the peppered hash keeps the worker id refused.

use super::hashes::{SlotHashes, Which};
use super::{Access, Hash, KeySlot, Keyring, SealKey, VaultError, hmac_sha256};
use crate::vault::DataDir;
use crate::vault::durable::{create_dir, sync_dir};

/// No key has it: the record of this slot names the pepper.
const PEPPER: KeySlot = KeySlot(u32::MAX);

/// An erasure that is known beside the keyring and not in it: the keyring is older.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MissedErasure {
    /// The worker's key slot.
    pub slot: KeySlot,
    pub(super) hash: Hash,
}

/// Opens the file and checks that it speaks of this pepper. Made where it is absent, with what the keyring knows; absent for
/// a reader, `None`.
pub(super) fn open(
    paths: &DataDir,
    access: Access,
    pepper: &SealKey,
    erased: &SlotHashes,
) -> Result<Option<SlotHashes>, VaultError> {
    if access != Access::Read {
        // Lost with the lock: the ledger says so where it looks for that.
        create_dir(&paths.lock_dir())?;
    }
    let mut beside = match SlotHashes::open(&paths.lock_dir(), Which::Beside, access) {
        Err(VaultError::Missing { .. }) => return Ok(None),
        beside => beside?,
    };
    let named = (hmac_sha256(pepper.as_bytes(), &[b"skillpass/v1 pepper\n"]), PEPPER);
    let records = beside.records()?;
    match records.first() {
        Some(first) if *first != named => return Err(VaultError::OtherPepper { path: paths.pepper() }),
        None if access == Access::Read => return Ok(None),
        _ if access == Access::Read => return Ok(Some(beside)),
        _ => {}
    }
    let first = records.is_empty().then_some(named);
    let known = erased.records()?.into_iter().filter(|record| !records.contains(record));
    let missing: Vec<_> = first.into_iter().chain(known).collect();
    if !missing.is_empty() {
        beside.add(&missing)?;
    }
    sync_dir(&paths.lock_dir())?;
    Ok(Some(beside))
}

impl Keyring {
    /// Erasures that are on record beside the keyring alone, in their order: each has to be done again, before anybody reads.
    pub fn missed_erasures(&self) -> Result<Vec<MissedErasure>, VaultError> {
        let state = self.state();
        let records = state.beside.as_ref().map_or(Ok(Vec::new()), SlotHashes::records)?;
        let missed =
            records.into_iter().filter(|(hash, slot)| *slot != PEPPER && !state.erased.has(hash, *slot));
        Ok(missed.map(|(hash, slot)| MissedErasure { slot, hash }).collect())
    }

    /// How many erasures the keyring has that are not on record beside it: that record is damaged or old.
    pub fn erasures_not_beside(&self) -> Result<usize, VaultError> {
        let state = self.state();
        let records = state.beside.as_ref().map_or(Ok(Vec::new()), SlotHashes::records)?;
        Ok(state.erased.records()?.iter().filter(|record| !records.contains(record)).count())
    }

    /// Takes a missed erasure into the keyring, step (a). A keyring too old to have the slot gets all up to it, so that its
    /// number is never given to anybody.
    pub fn record_missed(
        &self,
        missed: &MissedErasure,
        entropy: &mut impl crate::crypto::Entropy,
    ) -> Result<(), VaultError> {
        let absent = (missed.slot.0.saturating_add(1)).saturating_sub(self.slots());
        if absent > 0 {
            self.allocate(usize::try_from(absent).unwrap_or(usize::MAX), entropy)?;
        }
        self.record_hash(missed.hash, missed.slot)
    }
}
