//! Where a ledger or a witness may live: not on a file system that breaks its promises unseen.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use rustix::fs::Mode;

use super::error::CliError;
use super::out;
use crate::vault::{DataDir, FileSystem};

/// `--any-filesystem`.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct PlaceArgs {
    /// Take a file system on which nothing is promised (network, FUSE, FAT) all the same
    #[arg(long, env = "SKILLPASS_ANY_FILESYSTEM", hide_env_values = true)]
    any_filesystem: bool,
}

impl PlaceArgs {
    /// Checks DIR and what stands beside it; `warn` is told of what does not last.
    pub(crate) fn check_ledger(self, data: &Path, warn: impl Fn(&str)) -> Result<(), CliError> {
        let dir = DataDir::new(data).map_err(|error| unusable(data, &error.to_string()))?;
        let places = [dir.root().to_owned(), dir.key_dir(), dir.lock_dir()];
        for path in places.iter().filter(|path| is_open_to_others(path)) {
            warn(&format!("{} is open to other users of this machine: chmod 700 it", path.display()));
        }
        let mut told = None;
        for path in &places {
            // All three are on one disk nearly always: that is said once.
            told = self.check_another(path, told, &warn)?;
        }
        Ok(())
    }

    /// The same of one directory.
    pub(crate) fn check(self, path: &Path, warn: impl Fn(&str)) -> Result<(), CliError> {
        self.check_another(path, None, warn).map(|_| ())
    }

    fn check_another(
        self,
        path: &Path,
        told: Option<FileSystem>,
        warn: impl Fn(&str),
    ) -> Result<Option<FileSystem>, CliError> {
        let found = FileSystem::below(path).map_err(|error| unusable(path, &error.to_string()))?;
        let Some(FileSystem { name, trouble }) = found.filter(|_| found != told) else { return Ok(found) };
        let message = format!("{} is on {name}: {}", path.display(), trouble.why());
        if trouble.is_refused() && !self.any_filesystem {
            let help = "put it on a disk of this machine (ext4, XFS, Btrfs, ZFS); where nothing is at stake, --any-filesystem";
            return Err(CliError::usage("FILESYSTEM_REFUSED", message, help));
        }
        warn(&message);
        Ok(found)
    }
}

/// Whether anybody but its owner may enter a directory: init makes them closed, copies often are not.
fn is_open_to_others(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o077 != 0)
}

fn unusable(path: &Path, why: &str) -> CliError {
    let message = format!("{}: {why}", path.display());
    CliError::failed("FILE_UNREADABLE", message, "check its name and rights")
}

/// From here on, whatever this process creates is its user's alone: the database asks for no mode for its files. For commands that open
/// a ledger and write nothing for others.
pub(crate) fn keep_to_ourselves() {
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
}

/// For commands: a note on standard error.
pub(crate) fn note(message: &str) {
    out::note(format_args!("note: {message}"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_directory_that_others_may_enter_is_warned_of() {
        let outside = tempfile::tempdir().unwrap();
        let data = outside.path().join("ledger");
        let dir = DataDir::new(&data).unwrap();
        dir.create().unwrap();
        let told = std::cell::RefCell::new(Vec::new());
        let tell = |message: &str| told.borrow_mut().push(message.to_owned());
        let place = PlaceArgs { any_filesystem: true };
        let opened = |told: &[String]| told.iter().filter(|one| one.contains("open to other users")).count();
        place.check_ledger(&data, tell).unwrap();
        assert_eq!(opened(&told.borrow()), 0);
        std::fs::set_permissions(dir.key_dir(), std::fs::Permissions::from_mode(0o750)).unwrap();
        place.check_ledger(&data, tell).unwrap();
        assert_eq!(opened(&told.borrow()), 1);
        assert!(told.borrow().iter().any(|one| one.contains("ledger.key is open")));
    }
}
