//! The boxes of share links: each a file beside its worker's settings, sealed under the worker's key, so that it dies with it.
//!
//! ```text
//! access/HHHHH/SSSSSSSS-NAME.share   nonce[24] | ciphertext | tag[16]; put in place by rename, durable before it counts
//! ```
//! NAME is the box's name in hexadecimal. What may open it stands in the settings; a box that these do not name opens to nobody.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{PoisonError, RwLock};

use super::access::listed;
use super::durable;
use super::{DataDir, KeySlot, VaultError};
use crate::crypto::{SEAL_OVERHEAD_BYTES, SealKey, hex_decode, hex_encode, open, seal};

/// The longest box: a presentation of 1 MiB, and its tag.
pub const SHARE_BOX_BYTES_MAX: usize = 1024 * 1024 + 16;

const EXTENSION: &str = "share";

/// What a box is found by.
pub type ShareName = [u8; 16];

/// The files, shared by all readers.
#[derive(Debug)]
pub struct ShareFiles {
    dir: PathBuf,
    /// Which worker's each is. Names are hashes of random values.
    slots: RwLock<HashMap<ShareName, KeySlot>>,
}

impl ShareFiles {
    /// Names the files; touches nothing, and knows of no box whose it is.
    pub fn at(paths: &DataDir) -> Self {
        Self { dir: paths.access(), slots: RwLock::default() }
    }

    /// Lists what is there; `is_live` says whether a slot still has its key. What a destroyed key sealed is removed.
    pub fn open(paths: &DataDir, is_live: impl Fn(KeySlot) -> bool) -> Result<Self, VaultError> {
        let files = Self::at(paths);
        let mut slots = HashMap::new();
        for (path, slot, name) in files.found()? {
            if is_live(slot) {
                slots.insert(name, slot);
            } else {
                durable::remove(&path)?;
            }
        }
        *files.slots.write().unwrap_or_else(PoisonError::into_inner) = slots;
        Ok(files)
    }

    /// Every box that is there, whosesoever it is. Reads only, also beside a live ledger.
    pub fn list(&self) -> Result<Vec<(KeySlot, ShareName)>, VaultError> {
        Ok(self.found()?.into_iter().map(|(_, slot, name)| (slot, name)).collect())
    }

    fn found(&self) -> Result<Vec<(PathBuf, KeySlot, ShareName)>, VaultError> {
        let mut boxes = Vec::new();
        for group in listed(&self.dir)? {
            for path in listed(&group)? {
                let is_share = path.extension().is_some_and(|extension| extension == EXTENSION);
                let stem = path.file_stem().and_then(|stem| stem.to_str());
                if let Some((slot, name)) = stem.filter(|_| is_share).and_then(named) {
                    boxes.push((path, slot, name));
                }
            }
        }
        Ok(boxes)
    }

    /// Whose the box is.
    pub fn slot(&self, name: &ShareName) -> Option<KeySlot> {
        self.slots.read().unwrap_or_else(PoisonError::into_inner).get(name).copied()
    }

    /// Puts a box in place, durable when this returns.
    pub fn put(
        &self,
        slot: KeySlot,
        key: &SealKey,
        nonce: [u8; 24],
        name: &ShareName,
        plain: &[u8],
    ) -> Result<(), VaultError> {
        if plain.len() > SHARE_BOX_BYTES_MAX {
            return Err(VaultError::OverLimit {
                what: "share box",
                found: plain.len(),
                max: SHARE_BOX_BYTES_MAX,
            });
        }
        durable::create_dir(&self.group(slot))?;
        durable::replace(&self.path(slot, name), &seal(key, nonce, &aad(slot, name), &[plain]))?;
        self.slots.write().unwrap_or_else(PoisonError::into_inner).insert(*name, slot);
        Ok(())
    }

    /// The box; `None` if there is none.
    pub fn read(
        &self,
        slot: KeySlot,
        key: &SealKey,
        name: &ShareName,
    ) -> Result<Option<Vec<u8>>, VaultError> {
        let most = (SHARE_BOX_BYTES_MAX + SEAL_OVERHEAD_BYTES) as u64;
        let sealed = durable::read_small(&self.path(slot, name), most)?;
        sealed
            .map(|sealed| open(key, &aad(slot, name), &sealed).map_err(|_| VaultError::Unsealable))
            .transpose()
    }

    /// Removes one box.
    pub fn remove(&self, slot: KeySlot, name: &ShareName) -> Result<(), VaultError> {
        let mut slots = self.slots.write().unwrap_or_else(PoisonError::into_inner);
        durable::remove(&self.path(slot, name))?;
        slots.remove(name);
        Ok(())
    }

    /// Removes every box of a worker whose key was destroyed.
    pub fn remove_all(&self, slot: KeySlot) -> Result<(), VaultError> {
        let slots = self.slots.read().unwrap_or_else(PoisonError::into_inner);
        let of_slot: Vec<ShareName> =
            slots.iter().filter_map(|(name, of)| (*of == slot).then_some(*name)).collect();
        drop(slots);
        of_slot.iter().try_for_each(|name| self.remove(slot, name))
    }

    fn group(&self, slot: KeySlot) -> PathBuf {
        self.dir.join(format!("{:05x}", slot.0 >> 12))
    }

    fn path(&self, slot: KeySlot, name: &ShareName) -> PathBuf {
        self.group(slot).join(format!("{:08x}-{}.{EXTENSION}", slot.0, hex_encode(name)))
    }
}

fn named(stem: &str) -> Option<(KeySlot, ShareName)> {
    let (slot, name) = stem.split_once('-')?;
    let slot = u32::from_str_radix(slot, 16).ok().filter(|number| format!("{number:08x}") == slot)?;
    Some((KeySlot(slot), hex_decode(name).ok()?.try_into().ok()?))
}

fn aad(slot: KeySlot, name: &ShareName) -> Vec<u8> {
    [b"skillpass/v1 share\n".as_slice(), &slot.0.to_be_bytes(), name].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> SealKey {
        SealKey::from_bytes([byte; 32])
    }

    #[test]
    fn boxes_are_found_by_name_and_open_under_their_workers_key_only() {
        let outside = tempfile::tempdir().unwrap();
        let paths = DataDir::new(&outside.path().join("ledger")).unwrap();
        paths.create().unwrap();
        durable::create_dir(&paths.access()).unwrap();
        let files = ShareFiles::open(&paths, |_| true).unwrap();
        let (slot, other) = (KeySlot(0x0012_3456), KeySlot(7));
        for name in [[1; 16], [2; 16]] {
            files.put(slot, &key(1), [9; 24], &name, b"box").unwrap();
        }
        files.put(other, &key(2), [9; 24], &[3; 16], b"other").unwrap();
        assert_eq!(files.read(slot, &key(1), &[1; 16]).unwrap().as_deref(), Some(&b"box"[..]));
        assert_eq!(files.read(slot, &key(2), &[1; 16]).unwrap_err().reason(), "UNSEALABLE");
        assert_eq!(files.read(slot, &key(1), &[4; 16]).unwrap(), None);
        std::fs::copy(files.path(slot, &[1; 16]), files.path(slot, &[5; 16])).unwrap();
        assert_eq!(
            files.read(slot, &key(1), &[5; 16]).unwrap_err().reason(),
            "UNSEALABLE",
            "under another name"
        );
        let long = files.put(slot, &key(1), [9; 24], &[6; 16], &vec![0; SHARE_BOX_BYTES_MAX + 1]);
        assert_eq!(long.unwrap_err().reason(), "OVER_LIMIT");

        files.remove(slot, &[1; 16]).unwrap();
        assert_eq!(
            (files.slot(&[1; 16]), files.slot(&[2; 16]), files.slot(&[3; 16])),
            (None, Some(slot), Some(other))
        );
        let again = ShareFiles::open(&paths, |slot| slot != other).unwrap();
        assert_eq!((again.slot(&[2; 16]), again.slot(&[3; 16])), (Some(slot), None));
        assert!(!again.path(other, &[3; 16]).exists() && !again.path(slot, &[1; 16]).exists());
        again.remove_all(slot).unwrap();
        assert!(again.slot(&[2; 16]).is_none() && !again.path(slot, &[2; 16]).exists());
    }
}
