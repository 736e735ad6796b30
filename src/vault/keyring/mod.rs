//! The keyring: one slot a worker, each holding the key that seals the worker's records, wrapped by the generation key
//! in DIR.key/. The only thing ever destroyed.
//!
//! ```text
//! keyring/slots  header: "SKPKEYS1" | u32 generation | zero[68] | u32 crc32c              (84 B)
//!                slot:   u8 state 1 LIVE, 2 TOMBSTONE | zero[3] | u32 generation | nonce[24] | wrapped key[48] | u32 crc32c
//!                slot n stands at 84 (n + 1); its crc32c is over u32 n | the 80 bytes before
//! wrapped key    XChaCha20-Poly1305 under the generation key, associated data = "skillpass/v1 key slot\n" | u32 n
//! ```
//! *Allocate:* new slots are appended, one write and one fdatasync a batch, before any record is sealed under them. A
//! crash leaves slots that nothing refers to, some perhaps torn: their numbers stay used.
//! *Erase:* the slot is overwritten by a tombstone and synced. Nothing else is ever overwritten, so a torn write can
//! only hit a key that is being destroyed; the erasure is on record before and is completed at the next start.
//! *Rotate:* the next generation key is made and copied into escrow first; a whole new file under it takes the old one's
//! place by rename; only when that is durable is the old generation key destroyed, and with it every old copy of the keyring, on whatever disk. At each step in
//! between, the header of `slots` says which generation key opens it, and that key still exists.

mod beside;
mod erasure;
mod hashes;
mod rotation;
mod slots;

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::durable::{self, Access, DataFile, sync_dir};
use super::{DataDir, VaultError};
use crate::crypto::{Entropy, Hash, SealKey, hex_decode, hex_encode, hmac_sha256};

pub use beside::MissedErasure;
pub use hashes::Erasure;
pub use rotation::NextGeneration;
pub(super) use slots::SlotsCopy;

use hashes::{SlotHashes, Which};
use slots::{CELL_BYTES, Cell, Slot, cell_at};

/// Unwrapped keys kept in memory: two generations of this many.
const CACHE_KEYS: usize = 64 * 1024;
/// Slot numbers are u32 and the file stays below 2^40 bytes.
const SLOTS_MAX: u32 = u32::MAX - 1;

/// The number of a worker's key; it names nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeySlot(pub u32);

/// What [`Keyring::check`] found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeyringReport {
    /// Slots whose key opens.
    pub live: u32,
    /// Slots whose key is destroyed.
    pub tombstones: u32,
    /// Slots that fail their checksum or their wrapping. Harmless only where no record and no head names them: a crash
    /// while they were allocated.
    pub damaged: Vec<KeySlot>,
    /// Erasures on record whose key still exists.
    pub unfinished_erasures: Vec<KeySlot>,
    /// Tombstones without an erasure on record.
    pub unrecorded_tombstones: Vec<KeySlot>,
}

/// The open keyring. All methods take `&self`, so that readers and the writer share it.
#[derive(Debug)]
pub struct Keyring {
    paths: DataDir,
    access: Access,
    pepper: SealKey,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    slots: DataFile,
    generation: u32,
    wrapping: SealKey,
    count: u32,
    erased: SlotHashes,
    /// The same in DIR.lock; `None` for a reader where there is none yet.
    beside: Option<SlotHashes>,
    documents: SlotHashes,
    reviewed: SlotHashes,
    /// Recently used keys. When the young map is full it becomes the old one, and the old one's keys are dropped.
    young: HashMap<KeySlot, SealKey>,
    old: HashMap<KeySlot, SealKey>,
    /// Set while something is written, and left set where that failed.
    poisoned: bool,
}

impl Keyring {
    /// Makes the keyring of a new data directory: pepper, first generation key, no slots.
    pub fn create(paths: &DataDir, entropy: &mut impl Entropy) -> Result<Self, VaultError> {
        write_secret(&paths.pepper(), &SealKey::from_bytes(entropy.bytes()))?;
        write_secret(&paths.generation_key(1), &SealKey::from_bytes(entropy.bytes()))?;
        let path = paths.keyring().join("slots");
        durable::create(&path, &slots::header(1))?;
        Self::open(paths)
    }

    /// Opens for use; completes a rotation that was interrupted.
    pub fn open(paths: &DataDir) -> Result<Self, VaultError> {
        let keyring = Self::with_access(paths, Access::Create)?;
        // The rename of an interrupted rotation must be durable before the old generation key goes.
        sync_dir(&paths.keyring())?;
        let unfinished = paths.keyring().join("slots.new");
        if durable::exists(&unfinished)? {
            durable::destroy(&unfinished)?;
        }
        let generation = keyring.generation();
        keyring.destroy_generations_before(generation)?;
        Ok(keyring)
    }

    /// Opens for reading: creates, completes and cuts nothing.
    pub fn open_read_only(paths: &DataDir) -> Result<Self, VaultError> {
        Self::with_access(paths, Access::Read)
    }

    fn with_access(paths: &DataDir, access: Access) -> Result<Self, VaultError> {
        let path = paths.keyring().join("slots");
        if !durable::exists(&path)? {
            return Err(VaultError::Missing { path });
        }
        let slots = DataFile::open(&path, if access == Access::Read { Access::Read } else { Access::Write })?;
        let generation = slots::read_header(&slots)?;
        let wrapping = read_secret(&paths.generation_key(generation))?
            .ok_or(VaultError::GenerationKeyMissing { generation })?;
        let pepper =
            read_secret(&paths.pepper())?.ok_or_else(|| VaultError::Missing { path: paths.pepper() })?;
        let count = slots::slots_in(slots.len()?);
        let erased = SlotHashes::open(&paths.keyring(), Which::Erased, access)?;
        let beside = beside::open(paths, access, &pepper, &erased)?;
        let documents = SlotHashes::open(&paths.keyring(), Which::Blind, access)?;
        let reviewed = SlotHashes::open(&paths.keyring(), Which::Reviewed, access)?;
        let (young, old) = (HashMap::new(), HashMap::new());
        let state = State {
            slots,
            generation,
            wrapping,
            count,
            erased,
            beside,
            documents,
            reviewed,
            young,
            old,
            poisoned: false,
        };
        Ok(Self { paths: paths.clone(), access, pepper, state: Mutex::new(state) })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere leaves each field whole: files are written before memory is changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs a change. If it fails, what the disk holds is unknown: nothing more is written until the next start.
    fn change<T>(&self, change: impl FnOnce(&mut State) -> Result<T, VaultError>) -> Result<T, VaultError> {
        if self.access == Access::Read {
            return Err(VaultError::ReadOnly);
        }
        let mut state = self.state();
        if state.poisoned {
            return Err(VaultError::KeyringPoisoned);
        }
        let result = change(&mut state);
        state.poisoned = matches!(result, Err(VaultError::File(_)));
        result
    }

    /// The generation that wraps the slots.
    pub fn generation(&self) -> u32 {
        self.state().generation
    }

    /// How many slots were ever allocated.
    pub fn slots(&self) -> u32 {
        self.state().count
    }

    /// `n` new slots with fresh keys, durable when this returns: one write, one fdatasync.
    pub fn allocate(
        &self,
        n: usize,
        entropy: &mut impl Entropy,
    ) -> Result<Vec<(KeySlot, SealKey)>, VaultError> {
        self.change(|state| {
            let first = state.count;
            let end =
                u32::try_from(n).ok().and_then(|n| first.checked_add(n)).filter(|&end| end <= SLOTS_MAX);
            let end = end.ok_or(VaultError::KeyringFull { max: SLOTS_MAX })?;
            let mut bytes = Vec::with_capacity(n.saturating_mul(CELL_BYTES));
            let mut keys = Vec::with_capacity(n);
            for slot in (first..end).map(KeySlot) {
                let key = SealKey::from_bytes(entropy.bytes());
                let cell = Cell::wrap(slot, state.generation, &state.wrapping, &key, entropy.bytes());
                bytes.extend_from_slice(&cell.encode(slot));
                keys.push((slot, key));
            }
            state.slots.write_all_at(&bytes, cell_at(KeySlot(first)))?;
            state.slots.sync()?;
            state.count = end;
            for (slot, key) in &keys {
                state.remember(*slot, key.clone());
            }
            Ok(keys)
        })
    }

    /// The key of a slot; `None` if it was destroyed.
    pub fn key(&self, slot: KeySlot) -> Result<Option<SealKey>, VaultError> {
        let mut state = self.state();
        if let Some(key) = state.recall(slot) {
            return Ok(Some(key));
        }
        match state.read(slot)? {
            Slot::Tombstone => Ok(None),
            Slot::Live(key) => {
                state.remember(slot, key.clone());
                Ok(Some(key))
            }
        }
    }

    /// Destroys a key: overwritten, synced, forgotten. Step (b) of erasing; [`Self::record_erasure`] comes before.
    pub fn tombstone(&self, slot: KeySlot) -> Result<(), VaultError> {
        self.change(|state| {
            if slot.0 >= state.count {
                return Err(VaultError::SlotUnknown { slot: slot.0 });
            }
            state.young.remove(&slot);
            state.old.remove(&slot);
            let cell = Cell::tombstone(state.generation).encode(slot);
            state.slots.write_all_at(&cell, cell_at(slot))?;
            state.slots.sync()
        })
    }

    /// Reads everything again: every checksum, every wrapping, erasures against tombstones.
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "no more of either than slots, whose numbers have 32 bits"
    )]
    pub fn check(&self) -> Result<KeyringReport, VaultError> {
        let state = self.state();
        state.erased.check()?;
        state.beside.as_ref().map_or(Ok(()), SlotHashes::check)?;
        state.documents.check()?;
        state.reviewed.check()?;
        slots::read_header(&state.slots)?;
        let mut report = KeyringReport::default();
        let recorded: std::collections::HashSet<_> = state.erased.order().iter().copied().collect();
        for slot in (0..state.count).map(KeySlot) {
            match state.read(slot) {
                Ok(Slot::Live(_)) => report.live += 1,
                Ok(Slot::Tombstone) => {
                    report.tombstones += 1;
                    if !recorded.contains(&slot) {
                        report.unrecorded_tombstones.push(slot);
                    }
                    continue;
                }
                Err(VaultError::SlotDamaged { .. }) => report.damaged.push(slot),
                Err(error) => return Err(error),
            }
            if recorded.contains(&slot) {
                report.unfinished_erasures.push(slot);
            }
        }
        Ok(report)
    }
}

impl State {
    fn read(&self, slot: KeySlot) -> Result<Slot, VaultError> {
        if slot.0 >= self.count {
            return Err(VaultError::SlotUnknown { slot: slot.0 });
        }
        let cell = self.slots.read_at(cell_at(slot), CELL_BYTES)?;
        Cell::decode(slot, &cell)
            .and_then(|cell| cell.unwrap(slot, self.generation, &self.wrapping))
            .ok_or(VaultError::SlotDamaged { slot: slot.0 })
    }

    fn recall(&mut self, slot: KeySlot) -> Option<SealKey> {
        if let Some(key) = self.young.get(&slot) {
            return Some(key.clone());
        }
        let key = self.old.remove(&slot)?;
        self.remember(slot, key.clone());
        Some(key)
    }

    fn remember(&mut self, slot: KeySlot, key: SealKey) {
        if self.young.len() >= CACHE_KEYS {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(slot, key);
    }
}

/// A secret key file: 64 hexadecimal digits and a newline, so that it can be printed and typed for escrow.
fn write_secret(path: &Path, key: &SealKey) -> Result<(), VaultError> {
    durable::create(path, &secret_text(key))
}

fn secret_text(key: &SealKey) -> zeroize::Zeroizing<Vec<u8>> {
    let digits = zeroize::Zeroizing::new(hex_encode(key.as_bytes()));
    zeroize::Zeroizing::new(format!("{}\n", *digits).into_bytes())
}

fn read_secret(path: &Path) -> Result<Option<SealKey>, VaultError> {
    let Some(bytes) = durable::read_small(path, 65)?.map(zeroize::Zeroizing::new) else { return Ok(None) };
    let digits = std::str::from_utf8(&bytes).ok().and_then(|text| text.strip_suffix('\n'));
    let key = digits.and_then(|digits| hex_decode(digits).ok()).map(zeroize::Zeroizing::new);
    let key = key.and_then(|key| <[u8; 32]>::try_from(key.as_slice()).ok());
    key.map(|key| Some(SealKey::from_bytes(key))).ok_or_else(|| VaultError::KeyFile { path: path.to_owned() })
}

#[cfg(test)]
mod tests;
