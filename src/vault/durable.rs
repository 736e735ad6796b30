//! The file operations the vault is made of, each with the fsync it needs and an error that names the file.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use super::change::{Change, told};
use super::{FileError, VaultError};

/// Files of the data directory are the operator's alone.
const FILE_MODE: u32 = 0o600;
const DIRECTORY_MODE: u32 = 0o700;

/// What a file is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Reading only: never creates, never writes.
    Read,
    /// Reading and writing what exists.
    Write,
    /// Reading and writing; made if absent (the caller syncs the directory).
    Create,
}

/// An open file that names itself in its errors. Positioned reads and writes, so that threads share one handle.
#[derive(Debug)]
pub(super) struct DataFile {
    file: File,
    path: PathBuf,
}

impl DataFile {
    pub(super) fn open(path: &Path, access: Access) -> Result<Self, VaultError> {
        let mut options = OpenOptions::new();
        options.read(true).write(access != Access::Read).mode(FILE_MODE);
        options.create(access == Access::Create).truncate(false);
        let open = || options.open(path);
        let opened =
            if access == Access::Create { told(Change::Make { path, empty: false }, open) } else { open() };
        let file = opened.map_err(|error| match error.kind() {
            ErrorKind::NotFound if access != Access::Create => VaultError::Missing { path: path.to_owned() },
            _ => FileError::on("open", path)(error),
        })?;
        Ok(Self { file, path: path.to_owned() })
    }

    /// A new file; refuses an existing one.
    pub(super) fn create_new(path: &Path) -> Result<Self, VaultError> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true).mode(FILE_MODE);
        let made = told(Change::Make { path, empty: false }, || options.open(path));
        let file = made.map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => VaultError::Exists { path: path.to_owned() },
            _ => FileError::on("create", path)(error),
        })?;
        Ok(Self { file, path: path.to_owned() })
    }

    /// The operating system's handle, for locking.
    pub(super) fn handle(&self) -> &File {
        &self.file
    }

    pub(super) fn len(&self) -> Result<u64, VaultError> {
        Ok(self.file.metadata().map_err(FileError::on("read", &self.path))?.len())
    }

    /// Up to `max` bytes from `at`; fewer at the end of the file.
    pub(super) fn read_at(&self, at: u64, max: usize) -> Result<Vec<u8>, VaultError> {
        let mut bytes = vec![0; max];
        let filled = self.read_into(&mut bytes, at)?;
        bytes.truncate(filled);
        Ok(bytes)
    }

    /// Fills `bytes` from `at`; answers with how many there were, fewer at the end of the file.
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "the end of what a file held, and of what `bytes` took"
    )]
    pub(super) fn read_into(&self, bytes: &mut [u8], at: u64) -> Result<usize, VaultError> {
        let mut filled = 0;
        while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.file.read_at(rest, at + filled as u64) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(FileError::on("read", &self.path)(error)),
            }
        }
        Ok(filled)
    }

    pub(super) fn write_all_at(&self, bytes: &[u8], at: u64) -> Result<(), VaultError> {
        told(Change::Write { path: &self.path, at, bytes }, || self.file.write_all_at(bytes, at))
            .map_err(FileError::on("write", &self.path))
    }

    /// fdatasync: the bytes, and the length where it changed.
    pub(super) fn sync(&self) -> Result<(), VaultError> {
        told(Change::Sync { path: &self.path }, || self.file.sync_data())
            .map_err(FileError::on("sync", &self.path))
    }

    /// Writes again what it holds between two places, and syncs. After a failed fsync the operating system takes its memory
    /// for the disk: what an earlier process may have left so is written anew before anything rests on it.
    pub(super) fn rewrite(&self, from: u64, to: u64) -> Result<(), VaultError> {
        let bytes = self.read_at(from, usize::try_from(to.saturating_sub(from)).unwrap_or(usize::MAX))?;
        self.write_all_at(&bytes, from)?;
        self.sync()
    }

    pub(super) fn set_len(&self, len: u64) -> Result<(), VaultError> {
        told(Change::Cut { path: &self.path, length: len }, || self.file.set_len(len))
            .map_err(FileError::on("cut", &self.path))
    }
}

/// fsync of a directory: without it a created, renamed or removed name may not survive power loss.
pub(super) fn sync_dir(path: &Path) -> Result<(), VaultError> {
    told(Change::SyncDir { path }, || File::open(path)?.sync_all()).map_err(FileError::on("sync", path))
}

/// Whether something has this name. A disk that does not answer is an error: what cannot be looked at is not absent.
pub(crate) fn exists(path: &Path) -> Result<bool, VaultError> {
    Ok(found(path)?.is_some())
}

/// The same of a directory.
pub(crate) fn is_dir(path: &Path) -> Result<bool, VaultError> {
    Ok(found(path)?.is_some_and(|found| found.is_dir()))
}

fn found(path: &Path) -> Result<Option<fs::Metadata>, VaultError> {
    match fs::metadata(path) {
        Ok(found) => Ok(Some(found)),
        // Below a file there is nothing, for certain.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(FileError::on("look for", path)(error)),
    }
}

/// A new directory of mode 0700, durable; one that exists is left as it is.
pub(super) fn create_dir(path: &Path) -> Result<(), VaultError> {
    if is_dir(path)? {
        return Ok(());
    }
    fs::DirBuilder::new().mode(DIRECTORY_MODE).create(path).map_err(FileError::on("create", path))?;
    let synced = path.parent().map_or(Ok(()), sync_dir);
    if synced.is_err() {
        // Else the next call would find it and take its name for durable.
        let _ = fs::remove_dir(path);
    }
    synced
}

/// Puts `bytes` in place of the file as one step: at every moment the path holds the old bytes whole or the new.
/// Temporary file, fsync, rename, directory fsync.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<(), VaultError> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let temporary = path.with_file_name(name);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(FILE_MODE);
    let made = told(Change::Make { path: &temporary, empty: true }, || options.open(&temporary));
    let mut file = made.map_err(FileError::on("create", &temporary))?;
    told(Change::Write { path: &temporary, at: 0, bytes }, || file.write_all(bytes))
        .map_err(FileError::on("write", &temporary))?;
    told(Change::Sync { path: &temporary }, || file.sync_all()).map_err(FileError::on("sync", &temporary))?;
    rename(&temporary, path)
}

/// As [`replace`], but refuses to take the place of anything.
pub(super) fn create(path: &Path, bytes: &[u8]) -> Result<(), VaultError> {
    if exists(path)? {
        return Err(VaultError::Exists { path: path.to_owned() });
    }
    replace(path, bytes)
}

/// Rename within one directory, durable.
pub(super) fn rename(from: &Path, to: &Path) -> Result<(), VaultError> {
    told(Change::Rename { from, to }, || fs::rename(from, to)).map_err(FileError::on("rename", from))?;
    to.parent().map_or(Ok(()), sync_dir)
}

/// Removes a secret: overwritten, synced, unlinked, directory synced. On flash and copy-on-write file systems old
/// blocks may survive the overwriting; that is why keys are wrapped by generation keys that die (ARCHITECTURE.md).
pub(super) fn destroy(path: &Path) -> Result<(), VaultError> {
    let file = DataFile::open(path, Access::Write)?;
    let len = usize::try_from(file.len()?).unwrap_or(0);
    file.write_all_at(&vec![0; len], 0)?;
    file.sync()?;
    remove(path)
}

/// Whether a file is what a crash leaves of [`destroy`]: overwritten, and not yet unlinked.
pub(super) fn is_destroyed(path: &Path, max: u64) -> Result<bool, VaultError> {
    let bytes = read_small(path, max)?;
    Ok(bytes.is_some_and(|bytes| !bytes.is_empty() && bytes.iter().all(|&byte| byte == 0)))
}

/// The names in a directory, as far as they are text.
pub(super) fn names_in(path: &Path) -> Result<Vec<String>, VaultError> {
    let listed = fs::read_dir(path).map_err(FileError::on("list", path))?;
    let mut names = Vec::new();
    for item in listed {
        names.extend(item.map_err(FileError::on("list", path))?.file_name().into_string().ok());
    }
    Ok(names)
}

/// Unlinks a file, durable; one that is absent is fine.
pub(super) fn remove(path: &Path) -> Result<(), VaultError> {
    match told(Change::Remove { path }, || fs::remove_file(path)) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(FileError::on("remove", path)(error)),
        Ok(()) => path.parent().map_or(Ok(()), sync_dir),
    }
}

/// A whole small file; `None` if absent, refused beyond `max` bytes.
pub(super) fn read_small(path: &Path, max: u64) -> Result<Option<Vec<u8>>, VaultError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(FileError::on("open", path)(error)),
    };
    let mut bytes = Vec::new();
    file.take(max.saturating_add(1)).read_to_end(&mut bytes).map_err(FileError::on("read", path))?;
    if bytes.len() as u64 > max {
        Err(VaultError::TooLarge { path: path.to_owned(), max })
    } else {
        Ok(Some(bytes))
    }
}
