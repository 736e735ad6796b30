//! A new generation key for every slot, and the end of the old one.

use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use super::slots::{self, CELL_BYTES, Cell, Slot, cell_at};
use super::{Hash, Keyring, State, read_secret, secret_text, write_secret};
use crate::crypto::{Entropy, SealKey, sha256};
use crate::event::UnixMs;
use crate::vault::durable::{self, Access, DataFile};
use crate::vault::{DataDir, FileError, KeySlot, VaultError};

/// Slots written at once.
const REWRAP_SLOTS: usize = 16 * 1024;

impl Keyring {
    /// Wraps every key anew under the next generation key and destroys the old one; returns the new generation. `escrowed`
    /// is the SHA-256 of the next key's file as it lies in escrow: whoever names it has seen that copy. Appends wait for as
    /// long as it takes: some microseconds a slot.
    pub fn rotate(&self, escrowed: &Hash, entropy: &mut impl Entropy) -> Result<u32, VaultError> {
        let generation = self.change(|state| {
            let generation = slots::generation_after(state.generation)?;
            let wrapping = read_secret(&self.paths.generation_key(generation))?
                .filter(|key| digest(key) == *escrowed)
                .ok_or(VaultError::NotEscrowed { generation })?;
            // Whoever made it may have failed to: its name is durable before the keyring rests on it.
            durable::sync_dir(&self.paths.key_dir())?;
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

    /// When the generation key in use was made, in Unix milliseconds: its file is written once.
    pub fn generation_made_at(&self) -> Option<UnixMs> {
        let made = std::fs::metadata(self.paths.generation_key(self.generation())).ok()?.modified().ok()?;
        u64::try_from(made.duration_since(UNIX_EPOCH).ok()?.as_millis()).ok()
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

/// A generation key that is not in use yet.
#[derive(Clone)]
pub struct NextGeneration {
    /// Its number.
    pub generation: u32,
    /// The bytes of its file: 64 hexadecimal digits, LF.
    pub file: zeroize::Zeroizing<Vec<u8>>,
    /// Their SHA-256, as any tool computes it.
    pub digest: Hash,
}

impl std::fmt::Debug for NextGeneration {
    /// Shows its number alone.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NextGeneration({})", self.generation)
    }
}

impl NextGeneration {
    /// The key that the next rotation takes; made where there is none. Needs no lock: nothing is in use under it, and a
    /// rotation takes it only from whoever names its digest.
    pub fn prepare(paths: &DataDir, entropy: &mut impl Entropy) -> Result<Self, VaultError> {
        let slots = DataFile::open(&paths.keyring().join("slots"), Access::Read)?;
        let generation = slots::generation_after(slots::read_header(&slots)?)?;
        let path = paths.generation_key(generation);
        let key = if let Some(key) = read_secret(&path)? {
            key
        } else {
            let key = SealKey::from_bytes(entropy.bytes());
            write_secret(&path, &key)?;
            key
        };
        Ok(Self { generation, digest: digest(&key), file: secret_text(&key) })
    }

    /// Its file name, in DIR.key and in escrow.
    pub fn file_name(generation: u32) -> String {
        format!("generation-{generation:04}.key")
    }

    /// Writes the copy for escrow: durable, and read back. The same copy may be there already.
    pub fn write_to(&self, dir: &Path) -> Result<PathBuf, VaultError> {
        let path = dir.join(Self::file_name(self.generation));
        match durable::read_small(&path, 65)? {
            // Who wrote it may have failed to make its name durable.
            Some(bytes) if bytes == **self.file => return durable::sync_dir(dir).map(|()| path),
            Some(_) => return Err(VaultError::Exists { path }),
            None => durable::create(&path, &self.file)?,
        }
        match durable::read_small(&path, 65)? {
            Some(bytes) if bytes == **self.file => Ok(path),
            _ => Err(VaultError::KeyFile { path }),
        }
    }

    /// The newest generation key in escrow: its generation, its file and the file's digest.
    pub fn newest_in(dir: &Path) -> Result<(u32, PathBuf, Hash), VaultError> {
        let generations = durable::names_in(dir)?;
        let newest = generations.iter().filter_map(|name| DataDir::generation_of(name)).max();
        let path = dir.join(newest.map_or_else(|| "generation-NNNN.key".to_owned(), Self::file_name));
        let bytes = durable::read_small(&path, 65)?.map(zeroize::Zeroizing::new);
        match (newest, bytes) {
            (Some(generation), Some(bytes)) => Ok((generation, path, sha256(&[&bytes]))),
            _ => Err(VaultError::Missing { path }),
        }
    }

    /// Destroys the older generations' keys in escrow: with an old keyring they would undo erasures.
    pub fn destroy_older_in(dir: &Path, generation: u32) -> Result<(), VaultError> {
        for name in durable::names_in(dir)? {
            if DataDir::generation_of(&name).is_some_and(|found| found < generation) {
                durable::destroy(&dir.join(name))?;
            }
        }
        Ok(())
    }
}

fn digest(key: &SealKey) -> Hash {
    sha256(&[&secret_text(key)])
}

impl State {
    /// The whole file under another generation key, durable. A damaged slot is carried over as damaged, never guessed
    /// at.
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "a slot is below `count`; the block is what stands before `end`"
    )]
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
