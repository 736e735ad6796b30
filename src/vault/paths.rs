//! Where things live. The only file that knows a name below the data directory.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::durable::{create_dir, exists, is_dir, names_in, sync_dir};
use super::{FileError, VaultError};

/// A data directory and what stands beside it.
///
/// ```text
/// DIR/            journal/ sled/ keyring/ status/ access/ log/ heads .process.lock
/// DIR/restore.unfinished   while a restore fills DIR: it is no ledger yet
/// DIR.key/        generation keys, pepper, ledger and status key: what an old backup of DIR must not hold
/// DIR.lock/       the checkpoint lock: what a restored backup of DIR must not take back in time
/// DIR.operator.key
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataDir {
    root: PathBuf,
    name: OsString,
}

/// A disk, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Space {
    /// What this process may still use.
    pub free: u64,
    /// All there is.
    pub total: u64,
}

impl DataDir {
    /// Names the directory; touches nothing.
    pub fn new(root: &Path) -> Result<Self, VaultError> {
        let root = std::path::absolute(root).map_err(|_| VaultError::NoDirectoryName)?;
        let name = root.file_name().ok_or(VaultError::NoDirectoryName)?.to_owned();
        // Joined again, so that `ledger/` and `ledger` are one path.
        let root = root.with_file_name(&name);
        Ok(Self { root, name })
    }

    /// Makes all directories, mode 0700, and syncs their parents. Refuses if any of the three exists.
    pub fn create(&self) -> Result<(), VaultError> {
        let beside = [self.root.clone(), self.key_dir(), self.lock_dir()];
        for path in &beside {
            if exists(path)? {
                return Err(VaultError::Exists { path: path.clone() });
            }
        }
        let inside = [self.journal(), self.keyring(), self.log(), self.levels()];
        beside.iter().chain(&inside).try_for_each(|path| create_dir(path))
    }

    /// Makes the lock's directory where it is gone.
    pub fn create_lock_dir(&self) -> Result<(), VaultError> {
        create_dir(&self.lock_dir())
    }

    /// Refuses what is no data directory.
    pub fn check_exists(&self) -> Result<(), VaultError> {
        if exists(&self.unfinished())? {
            return Err(VaultError::RestoreUnfinished { path: self.root.clone() });
        }
        for path in [self.root.clone(), self.journal(), self.keyring()] {
            if !is_dir(&path)? {
                return Err(VaultError::Missing { path });
            }
        }
        Ok(())
    }

    /// What is left on the disk below DIR.
    pub fn space(&self) -> Result<Space, VaultError> {
        let disk = rustix::fs::statvfs(&self.root)
            .map_err(|error| FileError::on("measure", &self.root)(error.into()))?;
        let bytes = |blocks: u64| blocks.saturating_mul(disk.f_frsize);
        Ok(Space { free: bytes(disk.f_bavail), total: bytes(disk.f_blocks) })
    }

    /// Syncs every directory: the names that an earlier process gave and did not live to sync are durable before anything
    /// rests on them.
    pub fn sync(&self) -> Result<(), VaultError> {
        let mut dirs =
            vec![self.root.clone(), self.key_dir(), self.lock_dir(), self.journal(), self.keyring()];
        dirs.extend([self.status(), self.log(), self.levels(), self.access()]);
        if is_dir(&self.access())? {
            dirs.extend(names_in(&self.access())?.iter().map(|name| self.access().join(name)));
        }
        dirs.iter().try_for_each(|dir| if is_dir(dir)? { sync_dir(dir) } else { Ok(()) })
    }

    /// There while a restore fills DIR.
    pub(super) fn unfinished(&self) -> PathBuf {
        self.root.join("restore.unfinished")
    }

    fn beside(&self, suffix: &str) -> PathBuf {
        let mut name = self.name.clone();
        name.push(suffix);
        self.root.with_file_name(name)
    }

    /// DIR itself.
    pub fn root(&self) -> &Path {
        &self.root
    }
    /// The journal's segments.
    pub fn journal(&self) -> PathBuf {
        self.root.join("journal")
    }
    /// A segment's file name.
    pub fn segment_name(number: u32) -> String {
        format!("{number:08}.skj")
    }
    /// When it was backed up last.
    pub(super) fn backup_note(&self) -> PathBuf {
        self.root.join("backup.json")
    }
    /// The event store.
    pub fn sled(&self) -> PathBuf {
        self.root.join("sled")
    }
    /// One slot a worker.
    pub fn heads(&self) -> PathBuf {
        self.root.join("heads")
    }
    /// The keyring's three files.
    pub fn keyring(&self) -> PathBuf {
        self.root.join("keyring")
    }
    /// The status lists' directory.
    pub fn status(&self) -> PathBuf {
        self.root.join("status")
    }
    /// What indexes were handed out and what they answer.
    pub fn status_lists(&self) -> PathBuf {
        self.status().join("lists")
    }
    /// Who may look and who looked, sealed, one or two files a worker.
    pub fn access(&self) -> PathBuf {
        self.root.join("access")
    }
    /// The public files.
    pub fn log(&self) -> PathBuf {
        self.root.join("log")
    }
    /// One flat file of hashes a tree level.
    pub fn levels(&self) -> PathBuf {
        self.log().join("levels")
    }
    /// The published checkpoint.
    pub fn checkpoint(&self) -> PathBuf {
        self.log().join("checkpoint")
    }
    /// Held while a process serves the directory.
    pub fn process_lock(&self) -> PathBuf {
        self.root.join(".process.lock")
    }
    /// DIR.lock.
    pub fn lock_dir(&self) -> PathBuf {
        self.beside(".lock")
    }
    /// The last signed tree.
    pub fn checkpoint_lock(&self) -> PathBuf {
        self.lock_dir().join("checkpoint.lock")
    }
    /// DIR.key.
    pub fn key_dir(&self) -> PathBuf {
        self.beside(".key")
    }
    /// The key that wraps the keyring.
    pub fn generation_key(&self, generation: u32) -> PathBuf {
        self.key_dir().join(super::NextGeneration::file_name(generation))
    }
    /// The generation in a file name of [`Self::generation_key`].
    pub(super) fn generation_of(name: &str) -> Option<u32> {
        let generation = name.strip_prefix("generation-")?.strip_suffix(".key")?.parse().ok()?;
        (format!("generation-{generation:04}.key") == name).then_some(generation)
    }
    /// The key of the peppered hashes.
    pub fn pepper(&self) -> PathBuf {
        self.key_dir().join("pepper.key")
    }
    /// The ledger's first signing key.
    pub fn log_key(&self) -> PathBuf {
        self.ledger_key("log", 1)
    }
    /// The first key of standing tokens and status lists.
    pub fn status_key(&self) -> PathBuf {
        self.ledger_key("status", 1)
    }
    /// The ledger's key number `nth`, from 1 on, for a use (`log`, `status`): `log.jwk`, `log-2.jwk`.
    pub fn ledger_key(&self, use_: &str, nth: u32) -> PathBuf {
        let name = if nth == 1 { format!("{use_}.jwk") } else { format!("{use_}-{nth}.jwk") };
        self.key_dir().join(name)
    }
    /// Use and number in a file name of [`Self::ledger_key`].
    pub(super) fn ledger_key_of<'a>(name: &str, uses: &[&'a str]) -> Option<(&'a str, u32)> {
        let stem = name.strip_suffix(".jwk")?;
        uses.iter().find_map(|use_| match stem.strip_prefix(use_)? {
            "" => Some((*use_, 1)),
            rest => {
                let nth: u32 = rest.strip_prefix('-')?.parse().ok()?;
                (nth > 1 && format!("-{nth}") == rest).then_some((*use_, nth))
            }
        })
    }
    /// The operator's public key.
    pub fn operator_public_key(&self) -> PathBuf {
        self.key_dir().join("operator.pub.jwk")
    }
    /// The operators that the root operator named.
    pub fn operators(&self) -> PathBuf {
        self.key_dir().join("operators.json")
    }
    /// DIR.operator.key: the operator's private key, to be taken away from this machine.
    pub fn operator_key(&self) -> PathBuf {
        self.beside(".operator.key")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trailing_slash_or_dot_names_the_same_directory() {
        let plain = DataDir::new(Path::new("/a/ledger")).unwrap();
        assert_eq!(plain.key_dir(), Path::new("/a/ledger.key"));
        assert_eq!(plain.operator_key(), Path::new("/a/ledger.operator.key"));
        for same in ["/a/ledger/", "/a/./ledger", "/a/ledger/."] {
            assert_eq!(DataDir::new(Path::new(same)).unwrap(), plain, "{same}");
        }
        for none in ["/", "/a/.."] {
            assert_eq!(DataDir::new(Path::new(none)).unwrap_err().reason(), "NO_DIRECTORY_NAME", "{none}");
        }
    }

    #[test]
    fn only_canonical_names_are_generation_keys() {
        assert_eq!(DataDir::generation_of("generation-0007.key"), Some(7));
        assert_eq!(DataDir::generation_of("generation-12345.key"), Some(12345));
        for bad in
            ["generation-7.key", "generation-00007.key", "generation-+007.key", "generation-0007.key.tmp"]
        {
            assert_eq!(DataDir::generation_of(bad), None, "{bad}");
        }
    }

    #[test]
    fn only_canonical_names_are_keys_of_the_ledger() {
        let of = |name| DataDir::ledger_key_of(name, &["log", "status"]);
        assert_eq!((of("log.jwk"), of("status-12.jwk")), (Some(("log", 1)), Some(("status", 12))));
        for bad in ["log-1.jwk", "log-02.jwk", "log-x.jwk", "operator.pub.jwk", "log.jwk.new", "logs.jwk"] {
            assert_eq!(of(bad), None, "{bad}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn directories_are_closed_to_others_and_never_made_twice() {
        use std::os::unix::fs::PermissionsExt as _;
        let outside = tempfile::tempdir().unwrap();
        let dir = DataDir::new(&outside.path().join("ledger")).unwrap();
        assert_eq!(dir.check_exists().unwrap_err().reason(), "FILE_MISSING");
        dir.create().unwrap();
        dir.check_exists().unwrap();
        for path in [dir.root().to_owned(), dir.key_dir(), dir.lock_dir(), dir.keyring(), dir.levels()] {
            assert_eq!(
                std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
                0o700,
                "{}",
                path.display()
            );
        }
        assert_eq!(dir.create().unwrap_err().reason(), "EXISTS");
    }
}
