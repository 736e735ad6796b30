//! A backup directory: numbered parts, each whole or not there, none ever changed.
//!
//! ```text
//! DEST/NNNNNNNN/manifest.json            written last: without it the part does not exist yet
//! DEST/NNNNNNNN/FILE-OOOOOOOOOOOO        at most 32 MiB of FILE (`/` as `-`) from byte O on: what part N-1 did not have yet
//! DEST/NNNNNNNN/keyring.tar-OOOOOOOOOOOO keyring, status lists, access files: in the newest part alone
//! ```
//! A manifest names every object with its length and SHA-256, and the SHA-256 of the manifest before it; so the newest one
//! pins everything. Journal and kept checkpoints only grow, so each part holds what came since. The keyring is whole in each
//! part and destroyed in the older ones: an old copy would bring erased workers back.
//!
//! *fsync:* each object and each manifest by temporary file, fsync, rename, directory fsync. What a crash leaves is a part
//! without manifest: the next backup takes from it what is the same.
//!
//! **Never in it:** DIR.key, DIR.lock.

mod keyring;
mod manifest;
mod part;

use std::path::{Path, PathBuf};

use super::durable::{self, create_dir};
use super::{DataDir, ProcessLock, VaultError};
use crate::crypto::{Hash, hex_encode, sha256};

pub use keyring::{copy_keyring, pack_keyring, unpack_keyring};
use manifest::Object;
pub use manifest::{About, Manifest};
pub use part::{ObjectReader, PartWriter};

/// The most bytes of an object: what is held in memory, and lost to an interrupted transfer.
const OBJECT_BYTES_MAX: usize = 32 * 1024 * 1024;
/// The most bytes of a manifest.
const MANIFEST_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// The file that holds keyring, status lists and access files.
pub const KEYRING_TAR: &str = "keyring.tar";

/// A backup directory, its manifests read and checked against each other.
#[derive(Debug)]
pub struct BackupDir {
    dir: PathBuf,
    manifests: Vec<Manifest>,
    /// Of the newest manifest's bytes.
    newest: Option<Hash>,
    _lock: Option<ProcessLock>,
}

impl BackupDir {
    /// Opens for adding a part; made where it is absent. One at a time.
    pub fn open(dir: &Path) -> Result<Self, VaultError> {
        let dir = std::path::absolute(dir).map_err(|_| VaultError::NoDirectoryName)?;
        create_dir(&dir)?;
        let lock = ProcessLock::acquire(&dir.join(".backup.lock"))?;
        let this = Self { _lock: Some(lock), ..Self::read(&dir)? };
        this.sync()?;
        Ok(this)
    }

    /// Syncs every directory: what an earlier run named and did not live to sync, or could not, is durable before a part rests
    /// on it.
    fn sync(&self) -> Result<(), VaultError> {
        let parts =
            (1..=self.manifests.len().saturating_add(1)).filter_map(|number| u32::try_from(number).ok());
        for part in parts.map(|number| self.part(number)) {
            if durable::is_dir(&part)? {
                durable::sync_dir(&part)?;
            }
        }
        durable::sync_dir(&self.dir)?;
        match self.dir.parent().map_or(Ok(()), durable::sync_dir) {
            // Then somebody else made the directory in it.
            Err(VaultError::File(error)) if error.is_permission() => Ok(()),
            synced => synced,
        }
    }

    /// Opens for reading.
    pub fn read(dir: &Path) -> Result<Self, VaultError> {
        let mut this = Self { dir: dir.to_owned(), manifests: Vec::new(), newest: None, _lock: None };
        loop {
            let number = u32::try_from(this.manifests.len()).unwrap_or(u32::MAX).saturating_add(1);
            let path = this.part(number).join("manifest.json");
            let Some(bytes) = durable::read_small(&path, MANIFEST_BYTES_MAX)? else { break };
            let damaged = |problem| VaultError::BackupDamaged { path: path.clone(), problem };
            let manifest = Manifest::parse(&bytes).ok_or(damaged("it is no manifest of this format"))?;
            if manifest.number != number || manifest.previous != this.newest.map(hex_encode) {
                return Err(damaged("it does not follow the manifest before it"));
            }
            this.newest = Some(sha256(&[&bytes]));
            this.manifests.push(manifest);
        }
        this.check_none_behind()?;
        Ok(this)
    }

    /// A manifest with a greater number means that one in between is gone.
    fn check_none_behind(&self) -> Result<(), VaultError> {
        for name in durable::names_in(&self.dir)? {
            let path = self.dir.join(&name).join("manifest.json");
            let number = name.parse::<usize>().ok().filter(|number| *number > self.manifests.len());
            if number.is_some() && durable::exists(&path)? {
                let problem = "the manifest before it is missing";
                return Err(VaultError::BackupDamaged { path, problem });
            }
        }
        Ok(())
    }

    fn part(&self, number: u32) -> PathBuf {
        self.dir.join(format!("{number:08}"))
    }

    /// All manifests, oldest first.
    pub fn manifests(&self) -> &[Manifest] {
        &self.manifests
    }

    /// The newest manifest.
    pub fn newest(&self) -> Option<&Manifest> {
        self.manifests.last()
    }

    /// SHA-256 of the newest manifest: what pins the whole backup.
    pub fn digest(&self) -> Option<Hash> {
        self.newest
    }

    /// How many bytes of a file all parts hold together.
    pub fn length_of(&self, file: &str) -> u64 {
        let objects = self.manifests.iter().flat_map(|manifest| &manifest.objects);
        objects.filter(|object| object.file == file).map(|object| object.bytes).sum()
    }

    /// Begins the next part, or goes on with one that was interrupted.
    pub fn begin(&self) -> Result<PartWriter, VaultError> {
        let number = u32::try_from(self.manifests.len()).unwrap_or(u32::MAX).saturating_add(1);
        PartWriter::begin(self.part(number), number, self.newest.map(hex_encode))
    }

    /// The bytes of a file, in order; each object is checked as it is read. The keyring is that of the newest part.
    pub fn file(&self, file: &str) -> ObjectReader {
        let parts = match file {
            KEYRING_TAR => self.manifests.get(self.manifests.len().saturating_sub(1)..).unwrap_or_default(),
            _ => self.manifests.as_slice(),
        };
        let of = |manifest: &Manifest| {
            let dir = self.part(manifest.number);
            let objects = manifest.objects.iter().filter(|object| object.file == file);
            objects.map(|object| (dir.join(object.name()), object.clone())).collect::<Vec<_>>()
        };
        ObjectReader::new(parts.iter().flat_map(of).collect())
    }

    /// The files there are, but for the keyring.
    pub fn files(&self) -> Vec<&str> {
        let objects = self.manifests.iter().flat_map(|manifest| &manifest.objects);
        let mut files: Vec<&str> = objects.map(|object| object.file.as_str()).collect();
        files.sort_unstable();
        files.dedup();
        files.retain(|file| *file != KEYRING_TAR);
        files
    }

    /// Destroys the keyrings of the parts before the newest.
    pub fn destroy_old_keyrings(&self) -> Result<(), VaultError> {
        let older = self.manifests.len().saturating_sub(1);
        for manifest in self.manifests.get(..older).unwrap_or_default() {
            for object in manifest.objects.iter().filter(|object| object.file == KEYRING_TAR) {
                match durable::destroy(&self.part(manifest.number).join(object.name())) {
                    Err(VaultError::Missing { .. }) => {}
                    destroyed => destroyed?,
                }
            }
        }
        Ok(())
    }
}

/// The most bytes of the note of the last backup.
const NOTE_BYTES_MAX: u64 = 4096;

/// What DIR says of its last backup, for the metrics; `None` if there was none.
pub fn read_backup_note(paths: &DataDir) -> Result<Option<Vec<u8>>, VaultError> {
    durable::read_small(&paths.backup_note(), NOTE_BYTES_MAX)
}

/// Puts it in place.
pub fn write_backup_note(paths: &DataDir, note: &[u8]) -> Result<(), VaultError> {
    durable::replace(&paths.backup_note(), note)
}
