//! Segment files: their names, and making one.

use std::fs;
use std::path::{Path, PathBuf};

use super::{DataFile, VaultError, sync_dir};
use crate::vault::durable::{Access, remove};
use crate::vault::{DataDir, FileError, Position};

pub(super) fn path(dir: &Path, number: u32) -> PathBuf {
    dir.join(DataDir::segment_name(number))
}

/// A new, empty, durable segment. One that exists but is empty is what a crash right after this left: it is used.
pub(super) fn create(dir: &Path, number: u32) -> Result<(), VaultError> {
    let path = path(dir, number);
    let file = match DataFile::create_new(&path) {
        Err(VaultError::Exists { .. }) => {
            let file = DataFile::open(&path, Access::Write)?;
            if file.len()? > 0 {
                return Err(VaultError::Exists { path });
            }
            file
        }
        other => other?,
    };
    file.sync()?;
    sync_dir(dir)
}

/// The numbers of all segments, ascending. Other names are ignored: a backup tool may have left some.
pub(super) fn list(dir: &Path) -> Result<Vec<u32>, VaultError> {
    let mut numbers = Vec::new();
    for item in fs::read_dir(dir).map_err(FileError::on("list", dir))? {
        let name = item.map_err(FileError::on("list", dir))?.file_name();
        let number =
            name.to_str().and_then(|name| name.strip_suffix(".skj")).and_then(|digits| digits.parse().ok());
        if let Some(number) = number.filter(|&number| path(dir, number).file_name() == Some(&name)) {
            numbers.push(number);
        }
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// Cuts a journal off behind a place between two frames, durable. For a copy that is being made, never for a ledger's own.
pub fn cut_journal(dir: &Path, end: Position) -> Result<(), VaultError> {
    for number in list(dir)?.into_iter().rev().filter(|number| *number > end.at.segment) {
        remove(&path(dir, number))?;
    }
    let last = DataFile::open(&path(dir, end.at.segment), Access::Write)?;
    last.set_len(u64::from(end.at.offset))?;
    last.sync()
}
