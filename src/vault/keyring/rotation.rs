//! A new generation key for every slot, and the end of the old one.

use super::slots::{self, CELL_BYTES, Cell, Slot, cell_at};
use super::{Keyring, State, read_secret, write_secret};
use crate::crypto::{Entropy, SealKey};
use crate::vault::durable::{self, Access, DataFile};
use crate::vault::{DataDir, FileError, KeySlot, VaultError};

/// Slots written at once.
const REWRAP_SLOTS: usize = 16 * 1024;

impl Keyring {
    /// Wraps every key anew under a new generation key and destroys the old one; returns the new generation. Appends
    /// wait for as long as it takes: some microseconds a slot.
    pub fn rotate(&self, entropy: &mut impl Entropy) -> Result<u32, VaultError> {
        let generation = self.change(|state| {
            let generation = state.generation + 1;
            // One that an interrupted rotation left is as good as a fresh one, and may be in escrow already.
            let path = self.paths.generation_key(generation);
            let wrapping = if let Some(key) = read_secret(&path)? {
                key
            } else {
                let key = SealKey::from_bytes(entropy.bytes());
                write_secret(&path, &key)?;
                key
            };
            let new = self.paths.keyring().join("slots.new");
            let file = DataFile::open(&new, Access::Create)?;
            state.write_rewrapped(&file, generation, &wrapping, entropy)?;
            durable::rename(&new, &self.paths.keyring().join("slots"))?;
            (state.slots, state.generation, state.wrapping) = (file, generation, wrapping);
            Ok(generation)
        })?;
        self.destroy_generations_before(generation)?;
        Ok(generation)
    }

    pub(super) fn destroy_generations_before(&self, generation: u32) -> Result<(), VaultError> {
        let dir = self.paths.key_dir();
        let failed = |error| FileError::on("list", &dir)(error);
        for item in std::fs::read_dir(&dir).map_err(failed)? {
            let name = item.map_err(failed)?.file_name();
            let found = name.to_str().and_then(DataDir::generation_of);
            if found.is_some_and(|found| found < generation) {
                durable::destroy(&dir.join(name))?;
            }
        }
        Ok(())
    }
}

impl State {
    /// The whole file under another generation key, durable. A damaged slot is carried over as damaged, never guessed
    /// at.
    fn write_rewrapped(
        &self,
        file: &DataFile,
        generation: u32,
        wrapping: &SealKey,
        entropy: &mut impl Entropy,
    ) -> Result<(), VaultError> {
        file.set_len(0)?;
        file.write_all_at(&slots::header(generation), 0)?;
        let mut block = Vec::with_capacity(REWRAP_SLOTS * CELL_BYTES);
        for slot in (0..self.count).map(KeySlot) {
            let cell = match self.read(slot) {
                Ok(Slot::Live(key)) => {
                    Cell::wrap(slot, generation, wrapping, &key, entropy.bytes()).encode(slot)
                }
                Ok(Slot::Tombstone) => Cell::tombstone(generation).encode(slot),
                Err(VaultError::SlotDamaged { .. }) => slots::DAMAGED,
                Err(error) => return Err(error),
            };
            block.extend_from_slice(&cell);
            if block.len() == REWRAP_SLOTS * CELL_BYTES || slot.0 + 1 == self.count {
                let end = cell_at(slot) + CELL_BYTES as u64;
                file.write_all_at(&block, end - block.len() as u64)?;
                block.clear();
            }
        }
        file.sync()
    }
}
