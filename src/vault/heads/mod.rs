//! DIR/heads: where each worker's stream ends, one fixed slot a worker, overwritten in place. Derived from the journal,
//! so a torn slot or a lost file costs time and nothing else; erasure clears the slot.
//!
//! ```text
//! header  two copies, at 0 and 2048, written in turn; the valid one with the greater sequence counts:
//!         "SKPHEAD1" | u64 sequence | u64 leaf | u32 segment | u32 offset | u32 crc32c            (36 B)
//! slot n  at 4096 + 80 n, n = the worker's key slot; all zero: none
//!         worker_id[16] | u32 n | u32 revision | u64 last leaf | L[32] | u64 newest id | zero[4] | u32 crc32c (80 B)
//! ```
//! *fsync:* [`Heads::put`] keeps the head in memory; a worker who comes again and again is written once.
//! [`Heads::sync_slots`], then [`Heads::sync_header`]: the header never names a place whose slots are not durable. After a
//! crash every slot put since holds the old bytes, the new ones or, torn, neither; replaying the journal from the header's
//! place writes each of them again.

mod index;
mod layout;
mod load;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::VaultError;
use super::durable::{Access, DataFile, exists, sync_dir};
use super::journal::Position;
use super::keyring::KeySlot;
use crate::crypto::Hash;
use crate::event::WorkerId;

use index::Index;
use layout::{
    HEADER_BYTES, HEADER_COPIES, SLOT_BYTES, SLOTS_AT, decode_header, decode_slot, encode_header,
    encode_slot, read_slot, slot_at,
};
use load::{BLOCK_SLOTS, Loaded, load, read_slots};

/// Heads kept in memory before they are written without being asked.
const PENDING_MAX: usize = 64 * 1024;
/// Slots written while readers wait.
const WRITTEN_AT_ONCE: usize = 256;

/// Where a worker's stream ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Whose.
    pub worker: WorkerId,
    /// The worker's key slot.
    pub slot: KeySlot,
    /// The last revision.
    pub revision: u32,
    /// Its leaf.
    pub leaf: u64,
    /// Its L.
    pub link: Hash,
    /// The first 64 bits of the stream's newest statement id, time first: greater ids are certainly new.
    pub newest_id: u64,
}

/// Up to where every slot is durable.
pub type HeadsPosition = Position;

/// The open heads file. Any thread reads, and makes durable, beside the one that puts; no lock is held over an fsync.
#[derive(Debug)]
pub struct Heads {
    file: DataFile,
    access: Access,
    /// Held for writing while slots are written: a reader of the same file must not see half of one.
    known: RwLock<Known>,
    torn: Mutex<Vec<KeySlot>>,
    leaves: u64,
    header: Mutex<Option<(u64, HeadsPosition)>>,
}

/// What is known beside the file.
#[derive(Debug)]
struct Known {
    index: Index,
    /// Put and not yet written, by slot.
    pending: BTreeMap<u32, Head>,
}

impl Heads {
    /// Opens the file, making an empty one if it is absent.
    pub fn open(path: &Path) -> Result<Self, VaultError> {
        let new = !exists(path)?;
        let file = DataFile::open(path, Access::Create)?;
        if new {
            path.parent().map_or(Ok(()), sync_dir)?;
        }
        Self::load(file, Access::Create)
    }

    /// Opens for reading only; the file must exist.
    pub fn open_read_only(path: &Path) -> Result<Self, VaultError> {
        Self::load(DataFile::open(path, Access::Read)?, Access::Read)
    }

    fn load(file: DataFile, access: Access) -> Result<Self, VaultError> {
        let len = file.len()?;
        let header = HEADER_COPIES
            .into_iter()
            .filter_map(|at| file.read_at(at, HEADER_BYTES).ok().as_deref().and_then(decode_header))
            .max_by_key(|(sequence, _)| *sequence);
        if header.is_none() && file.read_at(0, 4096)?.iter().any(|&byte| byte != 0) {
            return Err(VaultError::HeadsDamaged { problem: "neither copy of its header is whole" });
        }
        let slots = len.saturating_sub(SLOTS_AT).div_ceil(SLOT_BYTES as u64);
        let Loaded { index, torn, leaves } = load(&file, slots)?;
        let known = RwLock::new(Known { index, pending: BTreeMap::new() });
        Ok(Self { file, access, known, torn: Mutex::new(torn), leaves, header: Mutex::new(header) })
    }

    fn known(&self) -> RwLockReadGuard<'_, Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn known_mut(&self) -> RwLockWriteGuard<'_, Known> {
        self.known.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Up to where every slot was durable when the header was last written; the beginning for a new file. Replay the
    /// journal from here.
    pub fn position(&self) -> HeadsPosition {
        self.header().map_or(Position::START, |(_, position)| position)
    }

    fn header(&self) -> MutexGuard<'_, Option<(u64, HeadsPosition)>> {
        self.header.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the bytes in front of the slots are what is written there: each copy of the header whole or not yet written, and
    /// nothing between them.
    pub fn is_header_sound(&self) -> Result<bool, VaultError> {
        let mut bytes = self.file.read_at(0, usize::try_from(SLOTS_AT).unwrap_or(0))?;
        for at in HEADER_COPIES {
            let from = usize::try_from(at).unwrap_or(0);
            let Some(copy) = bytes.get_mut(from..).and_then(|rest| rest.get_mut(..HEADER_BYTES)) else {
                continue;
            };
            if decode_header(copy).is_some() {
                copy.fill(0);
            }
        }
        Ok(bytes.iter().all(|byte| *byte == 0))
    }

    /// One more than the greatest leaf that any slot named when the file was opened: a journal that ends before it has
    /// lost what was acknowledged.
    pub fn leaves(&self) -> u64 {
        self.leaves
    }

    /// Slots that were torn when the file was opened. The replay writes them again; what is still here after it was
    /// damaged otherwise, and its stream has to be walked.
    pub fn torn(&self) -> Vec<KeySlot> {
        self.torn.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Where a worker's stream ends; `None` for an unknown or erased worker.
    pub fn get(&self, worker: WorkerId) -> Result<Option<Head>, VaultError> {
        let known = self.known();
        for slot in known.index.candidates(worker) {
            if let Some(head) = self.look_up(&known, slot)?.filter(|head| head.worker == worker) {
                return Ok(Some(head));
            }
        }
        Ok(None)
    }

    /// The head in a slot; `None` if it is empty or cleared.
    pub fn read(&self, slot: KeySlot) -> Result<Option<Head>, VaultError> {
        self.look_up(&self.known(), slot)
    }

    fn look_up(&self, known: &Known, slot: KeySlot) -> Result<Option<Head>, VaultError> {
        match known.pending.get(&slot.0) {
            Some(head) => Ok(Some(*head)),
            None => read_slot(&self.file, slot),
        }
    }

    /// How many workers it knows.
    pub fn workers(&self) -> usize {
        self.known().index.workers()
    }

    /// Every head, by slot; an error for each torn one. For checks and duplicate review, not for the append path.
    pub fn all(&self) -> impl Iterator<Item = Result<Head, VaultError>> + '_ {
        let (count, unknown) = self.slots().map_or_else(|error| (0, Some(Err(error))), |count| (count, None));
        unknown.into_iter().chain(self.first_slots(count).filter_map(Result::transpose))
    }

    /// What stands in each of the first so many slots.
    pub fn first_slots(&self, count: u32) -> impl Iterator<Item = Result<Option<Head>, VaultError>> + '_ {
        let blocks = (0..count).step_by(BLOCK_SLOTS as usize);
        blocks.flat_map(move |first| self.block(first, BLOCK_SLOTS.min(count.saturating_sub(first))))
    }

    fn block(&self, first: u32, count: u32) -> Vec<Result<Option<Head>, VaultError>> {
        let known = self.known();
        let slots = (first..).map(KeySlot).take(count as usize);
        // Where they cannot be read together, each says for itself what is wrong: every slot has its answer.
        let Ok(bytes) = read_slots(&self.file, first, count as usize) else {
            return slots.map(|slot| self.look_up(&known, slot)).collect();
        };
        let head = |(slot, bytes): (KeySlot, &[u8; SLOT_BYTES])| match known.pending.get(&slot.0) {
            Some(head) => Ok(Some(*head)),
            None => decode_slot(slot, bytes).or_else(|()| read_slot(&self.file, slot)),
        };
        slots.zip(bytes.as_chunks::<SLOT_BYTES>().0).map(head).collect()
    }

    /// How many slots there are, empty ones among them.
    pub fn slots(&self) -> Result<u32, VaultError> {
        // Held over both looks: what is written between them would be in neither.
        let known = self.known();
        let written = self.slots_written()?;
        let pending = known.pending.last_key_value().map_or(0, |(slot, _)| u64::from(*slot) + 1);
        Ok(u32::try_from(written.max(pending)).unwrap_or(u32::MAX))
    }

    fn slots_written(&self) -> Result<u64, VaultError> {
        Ok(self.file.len()?.saturating_sub(SLOTS_AT).div_ceil(SLOT_BYTES as u64))
    }

    /// A worker's new head. Written, and durable, with the next [`Self::sync_slots`].
    pub fn put(&self, head: &Head) -> Result<(), VaultError> {
        self.check_writable()?;
        let mut known = self.known_mut();
        known.index.add(head.worker, head.slot);
        known.pending.insert(head.slot.0, *head);
        let full = known.pending.len() >= PENDING_MAX;
        drop(known);
        self.mend(head.slot);
        if full { self.write_pending() } else { Ok(()) }
    }

    /// Zeroes a slot. Durable after [`Self::sync_slots`].
    pub fn clear(&self, slot: KeySlot) -> Result<(), VaultError> {
        self.check_writable()?;
        let mut known = self.known_mut();
        let head = self.look_up(&known, slot).ok().flatten();
        known.pending.remove(&slot.0);
        if u64::from(slot.0) < self.slots_written()? {
            self.file.write_all_at(&[0; SLOT_BYTES], slot_at(slot))?;
        }
        if let Some(head) = head {
            known.index.remove(head.worker, slot);
        }
        drop(known);
        self.mend(slot);
        Ok(())
    }

    /// Writes every head put so far, neighbours together, a few at a time.
    fn write_pending(&self) -> Result<(), VaultError> {
        let mut from = 0;
        loop {
            let mut known = self.known_mut();
            let some: Vec<Head> =
                known.pending.range(from..).take(WRITTEN_AT_ONCE).map(|(_, head)| *head).collect();
            let Some(last) = some.last() else { return Ok(()) };
            for run in some.chunk_by(|one, next| one.slot.0.checked_add(1) == Some(next.slot.0)) {
                let bytes: Vec<u8> = run.iter().flat_map(encode_slot).collect();
                let first = run.first().map_or(0, |head| slot_at(head.slot));
                self.file.write_all_at(&bytes, first)?;
            }
            for head in &some {
                known.pending.remove(&head.slot.0);
            }
            from = last.slot.0.saturating_add(1);
        }
    }

    fn mend(&self, slot: KeySlot) {
        self.torn.lock().unwrap_or_else(PoisonError::into_inner).retain(|torn| *torn != slot);
    }

    /// Makes every slot put so far durable.
    pub fn sync_slots(&self) -> Result<(), VaultError> {
        self.write_pending()?;
        self.file.sync()
    }

    /// Says, durably, that the slots are durable up to `position`. Only after [`Self::sync_slots`].
    #[expect(clippy::arithmetic_side_effects, reason = "a sequence that was read is at most SEQUENCE_MAX")]
    pub fn sync_header(&self, position: HeadsPosition) -> Result<(), VaultError> {
        self.check_writable()?;
        let mut header = self.header();
        let sequence = header.map_or(1, |(sequence, _)| sequence + 1);
        let copy = if sequence.is_multiple_of(2) { HEADER_COPIES[0] } else { HEADER_COPIES[1] };
        self.file.write_all_at(&encode_header(sequence, position), copy)?;
        self.file.sync()?;
        *header = Some((sequence, position));
        Ok(())
    }

    fn check_writable(&self) -> Result<(), VaultError> {
        if self.access == Access::Read { Err(VaultError::ReadOnly) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests;
