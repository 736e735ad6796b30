//! The bytes of `keyring/slots`.

use super::{DataFile, KeySlot, VaultError};
use crate::crypto::{self, SealKey};
use crate::vault::DataDir;
use crate::vault::durable::Access;
use crate::vault::fields::Fields;

/// Of a slot, and of the header in front of them.
pub(super) const CELL_BYTES: usize = 84;
const CELL: u64 = CELL_BYTES as u64;
const CHECKED_BYTES: usize = CELL_BYTES - 4;
const MAGIC: &[u8; 8] = b"SKPKEYS1";
const LIVE: u8 = 1;
const TOMBSTONE: u8 = 2;
const NONCE_AND_WRAPPED: usize = 24 + 32 + 16;
/// What no slot looks like: stands for one that was found damaged.
pub(super) const DAMAGED: [u8; CELL_BYTES] = [0xff; CELL_BYTES];

/// What a slot holds.
pub(super) enum Slot {
    Live(SealKey),
    Tombstone,
}

/// A slot's bytes, checked.
pub(super) struct Cell {
    state: u8,
    generation: u32,
    wrapped: [u8; NONCE_AND_WRAPPED],
}

#[expect(clippy::arithmetic_side_effects, reason = "the number of a slot has 32 bits")]
pub(super) fn cell_at(slot: KeySlot) -> u64 {
    (u64::from(slot.0) + 1) * CELL
}

/// How many slots a file of `len` bytes has behind its header. A torn last cell counts as one: its number may have been handed
/// out.
pub(super) fn slots_in(len: u64) -> u32 {
    u32::try_from(len.div_ceil(CELL).saturating_sub(1)).unwrap_or(u32::MAX)
}

fn associated(slot: KeySlot) -> Vec<u8> {
    [&b"skillpass/v1 key slot\n"[..], &slot.0.to_be_bytes()].concat()
}

impl Cell {
    pub(super) fn wrap(
        slot: KeySlot,
        generation: u32,
        wrapping: &SealKey,
        key: &SealKey,
        nonce: [u8; 24],
    ) -> Self {
        let sealed = crypto::seal(wrapping, nonce, &associated(slot), &[key.as_bytes()]);
        let mut wrapped = [0; NONCE_AND_WRAPPED];
        wrapped.copy_from_slice(&sealed);
        Self { state: LIVE, generation, wrapped }
    }

    pub(super) fn tombstone(generation: u32) -> Self {
        Self { state: TOMBSTONE, generation, wrapped: [0; NONCE_AND_WRAPPED] }
    }

    pub(super) fn encode(&self, slot: KeySlot) -> [u8; CELL_BYTES] {
        let mut bytes = [0; CELL_BYTES];
        bytes[0] = self.state;
        bytes[4..8].copy_from_slice(&self.generation.to_be_bytes());
        bytes[8..CHECKED_BYTES].copy_from_slice(&self.wrapped);
        let crc = checksum(slot, &bytes[..CHECKED_BYTES]);
        bytes[CHECKED_BYTES..].copy_from_slice(&crc.to_be_bytes());
        bytes
    }

    pub(super) fn decode(slot: KeySlot, bytes: &[u8]) -> Option<Self> {
        let (checked, crc) = bytes.split_at_checked(CHECKED_BYTES)?;
        if crc != checksum(slot, checked).to_be_bytes() {
            return None;
        }
        let mut fields = Fields(checked);
        let [state, 0, 0, 0] = fields.take::<4>()? else { return None };
        Some(Self { state, generation: fields.u32()?, wrapped: fields.take()? })
    }

    pub(super) fn unwrap(&self, slot: KeySlot, generation: u32, wrapping: &SealKey) -> Option<Slot> {
        match self.state {
            TOMBSTONE => Some(Slot::Tombstone),
            LIVE if self.generation == generation => {
                let opened = crypto::open(wrapping, &associated(slot), &self.wrapped).ok()?;
                let opened = zeroize::Zeroizing::new(opened);
                Some(Slot::Live(SealKey::from_bytes(opened.as_slice().try_into().ok()?)))
            }
            _ => None,
        }
    }
}

/// Over the slot's number too, so that a cell that was moved is a damaged one.
fn checksum(slot: KeySlot, checked: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&slot.0.to_be_bytes()), checked)
}

pub(super) fn header(generation: u32) -> [u8; CELL_BYTES] {
    let mut bytes = [0; CELL_BYTES];
    bytes[..8].copy_from_slice(MAGIC);
    bytes[8..12].copy_from_slice(&generation.to_be_bytes());
    let crc = crc32c::crc32c(&bytes[..CHECKED_BYTES]);
    bytes[CHECKED_BYTES..].copy_from_slice(&crc.to_be_bytes());
    bytes
}

/// The generation that wraps the file's slots.
pub(super) fn read_header(file: &DataFile) -> Result<u32, VaultError> {
    let bytes = file.read_at(0, CELL_BYTES)?;
    let generation = || {
        let generation = u32::from_be_bytes(*bytes.get(8..)?.first_chunk()?);
        (header(generation) == *bytes).then_some(generation)
    };
    generation().ok_or(VaultError::KeyringDamaged { file: "slots", at: 0 })
}

/// The one after a generation. No keyring was rotated up to the last number there is: a header that says so was not written.
pub(super) fn generation_after(generation: u32) -> Result<u32, VaultError> {
    generation.checked_add(1).ok_or(VaultError::KeyringDamaged { file: "slots", at: MAGIC.len() as u64 })
}

/// The slots as they stand, for a copy beside a running ledger: a cell that is being written at this moment is read once more.
#[derive(Debug)]
pub(in crate::vault) struct SlotsCopy {
    file: DataFile,
    generation: u32,
    slots: u32,
    /// The next slot to read; the header comes before slot 0.
    next: Option<u32>,
    held: std::io::Cursor<Vec<u8>>,
}

/// Slots read at once.
const COPY_SLOTS: u32 = 4096;

impl SlotsCopy {
    /// Opens the file as it is now: what is appended afterwards is not in the copy.
    pub(in crate::vault) fn open(paths: &DataDir) -> Result<Self, VaultError> {
        let file = DataFile::open(&paths.keyring().join("slots"), Access::Read)?;
        let generation = read_header(&file)?;
        let cells = (file.len()? / CELL).saturating_sub(1);
        let slots = u32::try_from(cells).unwrap_or(u32::MAX);
        Ok(Self { file, generation, slots, next: None, held: std::io::Cursor::default() })
    }

    /// The generation that wraps them.
    pub(in crate::vault) fn generation(&self) -> u32 {
        self.generation
    }

    /// Bytes of the copy.
    pub(in crate::vault) fn size(&self) -> u64 {
        cell_at(KeySlot(self.slots))
    }

    #[expect(clippy::arithmetic_side_effects, reason = "at most COPY_SLOTS at once")]
    fn read_block(&mut self) -> Result<Vec<u8>, VaultError> {
        let Some(first) = self.next else {
            self.next = Some(0);
            return Ok(header(self.generation).to_vec());
        };
        let count = COPY_SLOTS.min(self.slots.saturating_sub(first));
        self.next = Some(first.saturating_add(count));
        let mut block = self.file.read_at(cell_at(KeySlot(first)), count as usize * CELL_BYTES)?;
        for (slot, cell) in (first..).map(KeySlot).zip(block.chunks_exact_mut(CELL_BYTES)) {
            if Cell::decode(slot, cell).is_none() {
                // Of one that a crash has torn nothing better comes; it is copied as damaged as it is.
                cell.copy_from_slice(&self.file.read_at(cell_at(slot), CELL_BYTES)?);
            }
        }
        Ok(block)
    }
}

impl std::io::Read for SlotsCopy {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = std::io::Read::read(&mut self.held, buffer)?;
        if read > 0 || buffer.is_empty() {
            return Ok(read);
        }
        self.held = std::io::Cursor::new(self.read_block().map_err(std::io::Error::other)?);
        std::io::Read::read(&mut self.held, buffer)
    }
}
