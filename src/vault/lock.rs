//! The two locks. DIR/.process.lock keeps a second process out; it is the operating system's and dies with the process.
//! DIR.lock/checkpoint.lock keeps a second history out: the last tree that was signed, written before the signature
//! leaves, outside of DIR so that a restored backup of DIR does not take it back in time.
//!
//! ```text
//! skillpass-checkpoint-lock/v1 LF | origin LF | size, decimal LF | root, base64 LF | crc32c of all before, 8 hex digits LF
//! ```
//! *fsync:* temporary file, fsync, rename, directory fsync: at every moment the old lock whole or the new.

use std::fs::TryLockError;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::VaultError;
use super::durable::{self, Access, DataFile};
use crate::crypto::{Hash, base64_decode, base64_encode};

const LOCK_BYTES_MAX: u64 = 1024;
/// How long a lock that somebody holds is waited for, and how often it is looked at.
const PATIENCE: Duration = Duration::from_secs(1);
const LOOK_EVERY: Duration = Duration::from_millis(10);
const TITLE: &str = "skillpass-checkpoint-lock/v1\n";

/// Held for as long as this lives.
#[derive(Debug)]
pub struct ProcessLock {
    _file: DataFile,
}

impl ProcessLock {
    /// Takes the lock or says that another process has it. Needs a writable directory. It waits a moment: a child that this
    /// process has just started holds what its parent held until it runs its own program.
    pub fn acquire(path: &Path) -> Result<Self, VaultError> {
        Self::take(DataFile::open(path, Access::Create)?, path)
    }

    /// Takes the lock where there is one, for a look that changes nothing; `None` where there is none, and so nobody who has it.
    pub fn acquire_read_only(path: &Path) -> Result<Option<Self>, VaultError> {
        match DataFile::open(path, Access::Read) {
            Err(VaultError::Missing { .. }) => Ok(None),
            file => Self::take(file?, path).map(Some),
        }
    }

    fn take(file: DataFile, path: &Path) -> Result<Self, VaultError> {
        let began = Instant::now();
        loop {
            match file.handle().try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::WouldBlock) if began.elapsed() < PATIENCE => std::thread::sleep(LOOK_EVERY),
                Err(TryLockError::WouldBlock) => return Err(VaultError::InUse),
                Err(TryLockError::Error(error)) => return Err(super::FileError::on("lock", path)(error)),
            }
        }
    }
}

/// The last tree that was signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockedTree {
    /// Whose.
    pub origin: String,
    /// Leaves.
    pub size: u64,
    /// Root hash.
    pub root: Hash,
}

/// The file that remembers it.
#[derive(Debug, Clone)]
pub struct CheckpointLock {
    path: PathBuf,
}

impl CheckpointLock {
    /// Names the file; touches nothing.
    pub fn at(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// The locked tree; `None` if there is no lock.
    pub fn read(&self) -> Result<Option<LockedTree>, VaultError> {
        let Some(bytes) = durable::read_small(&self.path, LOCK_BYTES_MAX)? else { return Ok(None) };
        std::str::from_utf8(&bytes).ok().and_then(decode).map(Some).ok_or(VaultError::LockDamaged)
    }

    /// Locks a tree, durable when this returns. Only then may it be signed.
    pub fn write(&self, tree: &LockedTree) -> Result<(), VaultError> {
        durable::replace(&self.path, encode(tree).as_bytes())
    }
}

fn encode(tree: &LockedTree) -> String {
    let text = format!("{TITLE}{}\n{}\n{}\n", tree.origin, tree.size, base64_encode(tree.root));
    let crc = crc32c::crc32c(text.as_bytes());
    format!("{text}{crc:08x}\n")
}

fn decode(text: &str) -> Option<LockedTree> {
    let mut lines = text.strip_prefix(TITLE)?.split('\n');
    let origin = lines.next()?.to_owned();
    let size = lines.next()?.parse().ok()?;
    let root = base64_decode(lines.next()?).ok()?.try_into().ok()?;
    let tree = LockedTree { origin, size, root };
    // Encoding again compares the checksum and every spelling in one.
    (encode(&tree) == text).then_some(tree)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> LockedTree {
        LockedTree { origin: "ledger.example.invalid".into(), size: 1234, root: [7; 32] }
    }

    #[test]
    fn remembers_the_last_tree() {
        let dir = tempfile::tempdir().unwrap();
        let lock = CheckpointLock::at(&dir.path().join("checkpoint.lock"));
        assert_eq!(lock.read().unwrap(), None);
        lock.write(&LockedTree { size: 1, ..tree() }).unwrap();
        lock.write(&tree()).unwrap();
        assert_eq!(lock.read().unwrap(), Some(tree()));
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "no temporary file is left");
    }

    #[test]
    fn the_lock_in_the_specification_is_the_lock_on_disk() {
        assert!(include_str!("../../proto/SPEC.md").contains(&format!("```text\n{}```\n", encode(&tree()))));
    }

    #[test]
    fn a_flipped_bit_in_any_byte_or_a_cut_is_damage() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("checkpoint.lock");
        let good = encode(&tree()).into_bytes();
        for bit in (0..good.len() * 8).step_by(9) {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            std::fs::write(&path, bad).unwrap();
            assert_eq!(CheckpointLock::at(&path).read().unwrap_err().reason(), "LOCK_DAMAGED", "bit {bit}");
        }
        for cut in 0..good.len() {
            std::fs::write(&path, &good[..cut]).unwrap();
            assert_eq!(CheckpointLock::at(&path).read().unwrap_err().reason(), "LOCK_DAMAGED", "{cut} bytes");
        }
    }

    #[test]
    fn a_second_holder_is_told_that_it_is_in_use_until_the_first_is_gone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(".process.lock");
        let first = ProcessLock::acquire(&path).unwrap();
        assert_eq!(ProcessLock::acquire(&path).unwrap_err().reason(), "IN_USE");
        drop(first);
        ProcessLock::acquire(&path).unwrap();
    }
}
