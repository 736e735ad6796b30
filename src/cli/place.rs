//! Where a ledger or a witness may live: not on a file system that breaks its promises unseen.

use std::path::Path;

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
        [dir.root().to_owned(), dir.key_dir(), dir.lock_dir()]
            .iter()
            .try_for_each(|path| self.check(path, &warn))
    }

    /// The same of one directory.
    pub(crate) fn check(self, path: &Path, warn: impl Fn(&str)) -> Result<(), CliError> {
        let found = FileSystem::below(path).map_err(|error| unusable(path, &error.to_string()))?;
        let Some(FileSystem { name, trouble }) = found else { return Ok(()) };
        let message = format!("{} is on {name}: {}", path.display(), trouble.why());
        if trouble.is_refused() && !self.any_filesystem {
            let help = "put it on a disk of this machine (ext4, XFS, Btrfs, ZFS); where nothing is at stake, --any-filesystem";
            return Err(CliError::usage("FILESYSTEM_REFUSED", message, help));
        }
        warn(&message);
        Ok(())
    }
}

fn unusable(path: &Path, why: &str) -> CliError {
    let message = format!("{}: {why}", path.display());
    CliError::failed("FILE_UNREADABLE", message, "check its name and rights")
}

/// For commands: a note on standard error.
pub(crate) fn note(message: &str) {
    out::note(format_args!("note: {message}"));
}
