//! DIR/log/levels/NN: the tree's hashes, one flat file a level, hash i of a level at byte 32 i. From them proofs are made
//! and C2SP hash tiles cut. Derived from the entries.
//!
//! *fsync:* [`HashFiles::sync`] writes what was added and fdatasyncs each file it touched, before the tree they belong to
//! is locked, signed and published. After a crash, hashes beyond the locked size may be anything: the caller cuts them off
//! ([`HashFiles::truncate_to`]) and adds them again.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use super::VaultError;
use super::durable::{Access, DataFile, exists, sync_dir};
use crate::crypto::Hash;
use crate::tlog::{self, HashReader};

const HASH_BYTES: u64 = 32;
/// Trees have at most 2^63 leaves.
const LEVELS_MAX: u8 = 63;
/// Hashes checked at once.
const CHECK_HASHES: u64 = 32 * 1024;

/// Reads the hashes; cheap to clone, any thread.
#[derive(Debug, Clone)]
pub struct Hashes {
    dir: PathBuf,
    access: Access,
    files: Arc<RwLock<Vec<Arc<DataFile>>>>,
}

/// The hashes, open for their one writer.
#[derive(Debug)]
pub struct HashFiles {
    reader: Hashes,
    /// By level: the index that comes next, and the hashes not yet written.
    pending: Vec<(u64, Vec<u8>)>,
}

impl Hashes {
    /// Opens for reading only.
    pub fn open(dir: &Path) -> Result<Self, VaultError> {
        Self::with_access(dir, Access::Read)
    }

    fn with_access(dir: &Path, access: Access) -> Result<Self, VaultError> {
        let hashes = Self { dir: dir.to_owned(), access, files: Arc::default() };
        hashes.find_levels()?;
        Ok(hashes)
    }

    /// Opens the files of levels that were not there yet.
    fn find_levels(&self) -> Result<(), VaultError> {
        let mut files = self.files.write().unwrap_or_else(PoisonError::into_inner);
        while let Some(level) = u8::try_from(files.len()).ok().filter(|&level| level <= LEVELS_MAX)
            && exists(&self.path(level))?
        {
            files.push(Arc::new(DataFile::open(&self.path(level), self.access)?));
        }
        Ok(())
    }

    fn path(&self, level: u8) -> PathBuf {
        self.dir.join(format!("{level:02}"))
    }

    fn file(&self, level: u8) -> Result<Option<Arc<DataFile>>, VaultError> {
        let find = || {
            let files = self.files.read().unwrap_or_else(PoisonError::into_inner);
            files.get(usize::from(level)).cloned()
        };
        // Beside a live writer a level may have come into being since this was opened.
        if find().is_none() && self.access == Access::Read {
            self.find_levels()?;
        }
        Ok(find())
    }

    /// Hashes in a level's file.
    fn written(&self, level: u8) -> Result<u64, VaultError> {
        self.file(level)?.map_or(Ok(0), |file| Ok(file.len()? / HASH_BYTES))
    }

    /// The largest tree whose hashes are all in the files.
    #[expect(clippy::arithmetic_side_effects, reason = "`have` is less than `size >> level`")]
    pub fn size(&self) -> Result<u64, VaultError> {
        let mut size = self.written(0)?;
        for level in 1..=LEVELS_MAX {
            if size >> level == 0 {
                break;
            }
            let have = self.written(level)?;
            if have < size >> level {
                size = ((have + 1) << level) - 1;
            }
        }
        Ok(size)
    }

    /// `count` hashes of a level, one after the other.
    pub fn run(&self, level: u8, index: u64, count: u64) -> Result<Vec<u8>, VaultError> {
        let absent = VaultError::HashAbsent { level, index };
        let bytes = count.checked_mul(HASH_BYTES).and_then(|bytes| usize::try_from(bytes).ok());
        let (Some(file), Some(at), Some(bytes)) = (self.file(level)?, index.checked_mul(HASH_BYTES), bytes)
        else {
            return Err(absent);
        };
        let run = file.read_at(at, bytes)?;
        if run.len() == bytes { Ok(run) } else { Err(absent) }
    }

    /// The bytes of a C2SP hash tile: `width` hashes of tree level 8 × `level` from 256 × `index` on. Whether the
    /// published tree has that tile is for `TilePath::exists_at` to say.
    pub fn tile(&self, level: u8, index: u64, width: u16) -> Result<Vec<u8>, VaultError> {
        let absent = VaultError::HashAbsent { level, index };
        let (Some(level), Some(first)) = (level.checked_mul(8), index.checked_mul(256)) else {
            return Err(absent);
        };
        self.run(level, first, u64::from(width))
    }

    /// Checks that every hash above level 0 in a tree of `size` leaves is the hash of the two below it.
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "levels above 0, of which each has two hashes below it for one"
    )]
    pub fn check(&self, size: u64) -> Result<(), VaultError> {
        for level in 1..=LEVELS_MAX {
            let count = size >> level;
            for first in (0..count).step_by(usize::try_from(CHECK_HASHES).unwrap_or(1)) {
                let some = CHECK_HASHES.min(count - first);
                let below = self.run(level - 1, first * 2, some * 2)?;
                let parents = self.run(level, first, some)?;
                let (pairs, parents) = (below.as_chunks::<64>().0, parents.as_chunks::<32>().0);
                for ((pair, parent), index) in pairs.iter().zip(parents).zip(first..) {
                    let [left, right] = pair.as_chunks::<32>().0 else { continue };
                    if tlog::node_hash(left, right) != *parent {
                        return Err(VaultError::HashDamaged { level, index });
                    }
                }
            }
        }
        Ok(())
    }
}

impl HashReader for Hashes {
    type Error = VaultError;

    fn hash(&self, level: u8, index: u64) -> Result<Hash, VaultError> {
        let run = self.run(level, index, 1)?;
        run.try_into().map_err(|_| VaultError::HashAbsent { level, index })
    }
}

impl HashFiles {
    /// Opens for writing; the files come into being with their levels.
    pub fn open(dir: &Path) -> Result<Self, VaultError> {
        let mut files = Self { reader: Hashes::with_access(dir, Access::Write)?, pending: Vec::new() };
        let size = files.reader.size()?;
        files.truncate_to(size)?;
        Ok(files)
    }

    /// For threads that read; they see what [`Self::sync`] has written.
    pub fn reader(&self) -> Hashes {
        self.reader.clone()
    }

    /// Leaves added, synced or not.
    pub fn size(&self) -> u64 {
        self.pending.first().map_or(0, |(next, _)| *next)
    }

    /// Cuts everything off that a tree of `size` leaves does not have. Not yet durable, and need not be: it is only
    /// done to what will be written again.
    pub fn truncate_to(&mut self, size: u64) -> Result<(), VaultError> {
        self.pending.clear();
        for level in 0..=LEVELS_MAX {
            let Some(file) = self.reader.file(level)? else { break };
            let have = file.len()?;
            // Beyond the greatest length that a file may have, there is nothing to cut off.
            let want = (size >> level).saturating_mul(HASH_BYTES);
            if have > want {
                file.set_len(want)?;
            }
            self.pending.push((have.min(want) / HASH_BYTES, Vec::new()));
        }
        Ok(())
    }

    /// Adds a hash, as `tlog::Frontier::push` calls back: each level in ascending order. Held in memory until
    /// [`Self::sync`].
    #[expect(clippy::arithmetic_side_effects, reason = "hashes of one file, counted one by one")]
    pub fn add(&mut self, level: u8, index: u64, hash: &Hash) -> Result<(), VaultError> {
        let at = usize::from(level);
        if at == self.pending.len() && level <= LEVELS_MAX {
            self.pending.push((0, Vec::new()));
        }
        let expected = self.pending.get(at).map_or(0, |(next, _)| *next);
        match self.pending.get_mut(at).filter(|(next, _)| *next == index) {
            Some((next, bytes)) => {
                bytes.extend_from_slice(hash);
                *next += 1;
                Ok(())
            }
            None => Err(VaultError::HashOutOfOrder { level, expected, found: index }),
        }
    }

    /// Writes what was added and makes it durable.
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "`next` counts the hashes of one file, those that are added among them"
    )]
    pub fn sync(&mut self) -> Result<(), VaultError> {
        let mut new_file = false;
        for (level, (next, bytes)) in (0..).zip(&mut self.pending) {
            if bytes.is_empty() {
                continue;
            }
            if self.reader.file(level)?.is_none() {
                DataFile::create_new(&self.reader.path(level))?;
                self.reader.find_levels()?;
                new_file = true;
            }
            let Some(file) = self.reader.file(level)? else { continue };
            let first = *next - bytes.len() as u64 / HASH_BYTES;
            file.write_all_at(bytes, first * HASH_BYTES)?;
            file.sync()?;
            bytes.clear();
        }
        if new_file { sync_dir(&self.reader.dir) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests;
