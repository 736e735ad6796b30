//! A data directory that a restore fills: until that has ended it says so, and is no ledger.
//!
//! Without it a restore cut short by a power loss could leave a journal beside which no checkpoint is known yet: a ledger that
//! seems never to have been started, and would sign a second history.
//!
//! *fsync:* the mark is durable before anything else is in the directory, and goes after everything else is durable.

use std::fs;
use std::path::{Path, PathBuf};

use super::durable::{self, create_dir, exists, is_dir, sync_dir};
use super::{DataDir, FileError, ProcessLock, VaultError};

const TEXT: &[u8] = b"A restore is filling this directory, or was cut short. Run it again: it begins anew.\n";

/// A directory that is being filled, held so that nobody else fills it.
#[derive(Debug)]
pub struct Unfinished {
    paths: DataDir,
    _lock: ProcessLock,
}

impl Unfinished {
    /// Begins in a directory that is absent, empty, or left by a restore that was cut short; what that had put there goes.
    pub fn begin(paths: &DataDir) -> Result<Self, VaultError> {
        let root = paths.root();
        let may_be_filled = || {
            if !exists(root)? || exists(&paths.unfinished())? || is_empty(root)? {
                return Ok(());
            }
            Err(VaultError::Exists { path: root.to_owned() })
        };
        may_be_filled()?;
        create_dir(root)?;
        // One that made it may have been stopped before this.
        root.parent().map_or(Ok(()), sync_dir)?;
        let lock = ProcessLock::acquire(&paths.process_lock())?;
        // Another restore may have filled it, and ended, since that was asked.
        may_be_filled()?;
        let this = Self { paths: paths.clone(), _lock: lock };
        durable::replace(&paths.unfinished(), TEXT)?;
        this.clear()?;
        let inside =
            [paths.journal(), paths.keyring(), paths.log(), paths.levels(), paths.status(), paths.access()];
        inside.iter().try_for_each(|dir| create_dir(dir))?;
        Ok(this)
    }

    /// The directory is whole, and a ledger from here on.
    pub fn finish(&self) -> Result<(), VaultError> {
        self.paths.sync()?;
        durable::remove(&self.paths.unfinished())
    }

    /// The directory goes; the mark is the last in it.
    pub fn discard(self) -> Result<(), VaultError> {
        if !exists(&self.paths.unfinished())? {
            durable::replace(&self.paths.unfinished(), TEXT)?;
        }
        self.clear()?;
        let root = self.paths.root();
        fs::remove_dir_all(root).map_err(FileError::on("remove", root))?;
        root.parent().map_or(Ok(()), sync_dir)
    }

    fn clear(&self) -> Result<(), VaultError> {
        let root = self.paths.root();
        for path in others(root)? {
            let removed = if is_dir(&path)? { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            removed.map_err(FileError::on("remove", &path))?;
        }
        sync_dir(root)
    }
}

/// Nothing but what stands there before the mark does.
fn is_empty(root: &Path) -> Result<bool, VaultError> {
    Ok(others(root)?.iter().all(|path| path.ends_with("restore.unfinished.new")))
}

/// What is there beside the mark and the lock.
fn others(root: &Path) -> Result<Vec<PathBuf>, VaultError> {
    let mut names = durable::names_in(root)?;
    names.retain(|name| name != "restore.unfinished" && name != ".process.lock");
    Ok(names.into_iter().map(|name| root.join(name)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths() -> (tempfile::TempDir, DataDir) {
        let outside = tempfile::tempdir().unwrap();
        let paths = DataDir::new(&outside.path().join("copy")).unwrap();
        (outside, paths)
    }

    #[test]
    fn what_is_unfinished_is_no_ledger_and_is_begun_anew() {
        let (_outside, paths) = paths();
        drop(Unfinished::begin(&paths).unwrap());
        fs::write(paths.journal().join("00000000.skj"), "half").unwrap();
        assert_eq!(paths.check_exists().unwrap_err().reason(), "RESTORE_UNFINISHED");
        let again = Unfinished::begin(&paths).unwrap();
        assert!(!paths.journal().join("00000000.skj").exists() && paths.journal().is_dir());
        assert_eq!(Unfinished::begin(&paths).unwrap_err().reason(), "IN_USE", "one at a time");
        again.finish().unwrap();
        paths.check_exists().unwrap();
        drop(again);
        assert_eq!(Unfinished::begin(&paths).unwrap_err().reason(), "EXISTS", "a whole one is left alone");
    }

    #[test]
    fn an_empty_directory_may_be_filled_and_a_discarded_one_is_gone() {
        let (_outside, paths) = paths();
        fs::create_dir(paths.root()).unwrap();
        fs::write(paths.root().join("restore.unfinished.new"), "").unwrap();
        let begun = Unfinished::begin(&paths).unwrap();
        // As after a removal of the mark that could not be made durable.
        fs::remove_file(paths.unfinished()).unwrap();
        begun.discard().unwrap();
        assert!(!paths.root().exists());
    }
}
