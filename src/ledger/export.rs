//! `log export`: the published log as plain files in the layout of C2SP tlog-tiles, for any static web server.
//!
//! Reads the journal, the hash files and the checkpoint, so it works beside a running ledger. Full tiles never change and
//! are written once; partial ones exist for the exported size alone, and those of an earlier export go. `checkpoint` is
//! put in place last: at every moment the directory serves all that its checkpoint covers.

use std::fs;
use std::path::{Path, PathBuf};

use super::error::OpenError;
use super::read::bundle;
use super::replay::file_error;
use crate::tlog::TilePath;
use crate::vault::{CheckpointArchive, Hashes, JournalReader, Position, exists, is_dir};

/// Hashes or entries in a full tile.
const TILE_WIDTH: u64 = 256;
/// Tile levels that a tree of fewer than 2^64 leaves can have.
const TILE_LEVELS: u8 = 8;

/// Writes the newest published log to `out`; answers with its size.
pub fn export_log(dir: &Path, out: &Path) -> Result<u64, OpenError> {
    let paths = super::open::data_dir(dir)?;
    let newest = CheckpointArchive::open_read_only(&paths)?.at_most(u64::MAX)?;
    let mut newest = newest.ok_or(OpenError::NothingPublished)?;
    // The same checkpoint as witnesses have cosigned it, if they have.
    let cosigned = CheckpointArchive::open_cosigned_read_only(&paths)?;
    if let Some(kept) = cosigned.map(|kept| kept.at_most(newest.size)).transpose()?.flatten()
        && kept.size == newest.size
    {
        newest = kept;
    }
    let target = Target { out, size: newest.size };
    target.hashes(&Hashes::open(&paths.levels())?)?;
    target.entries(&JournalReader::open(&paths.journal())?)?;
    target.put(&out.join("checkpoint"), newest.note.as_bytes())?;
    target.remove_stale(&out.join("tile"))?;
    Ok(newest.size)
}

struct Target<'a> {
    out: &'a Path,
    size: u64,
}

impl Target<'_> {
    /// The width of tile `index` of a level with `count` hashes (or entries); 0 beyond its end.
    fn width(count: u64, index: u64) -> u16 {
        let left = count.saturating_sub(index.saturating_mul(TILE_WIDTH));
        u16::try_from(left.min(TILE_WIDTH)).unwrap_or_default()
    }

    fn hashes(&self, hashes: &Hashes) -> Result<(), OpenError> {
        for level in 0..TILE_LEVELS {
            let count = self.size.checked_shr(u32::from(level).saturating_mul(8)).unwrap_or(0);
            for index in 0..count.div_ceil(TILE_WIDTH) {
                let width = Self::width(count, index);
                let path = self.out.join(TilePath::Hashes { level, index, width }.path());
                if u64::from(width) < TILE_WIDTH || !exists(&path)? {
                    self.put(&path, &hashes.tile(level, index, width)?)?;
                }
            }
        }
        Ok(())
    }

    fn entries(&self, journal: &JournalReader) -> Result<(), OpenError> {
        let (mut done, mut pending) = (0_u64, Vec::new());
        'journal: for frame in journal.frames_from(Position::START)? {
            for (_, record) in frame?.records {
                pending.push(record.entry);
                let index = done / TILE_WIDTH;
                let width = Self::width(self.size, index);
                if pending.len() == usize::from(width) {
                    let path = self.out.join(TilePath::Entries { index, width }.path());
                    let full = std::mem::take(&mut pending);
                    if u64::from(width) < TILE_WIDTH || !exists(&path)? {
                        self.put(&path, &bundle(full.into_iter()))?;
                    }
                    done = done.saturating_add(width.into());
                }
                if done >= self.size {
                    break 'journal;
                }
            }
        }
        if done < self.size {
            return Err(OpenError::LockAhead {
                locked: self.size,
                held: done.saturating_add(pending.len() as u64),
            });
        }
        Ok(())
    }

    /// Whole or not at all: a web server may be reading.
    fn put(&self, path: &Path, bytes: &[u8]) -> Result<(), OpenError> {
        let parent = path.parent().unwrap_or(self.out);
        fs::create_dir_all(parent).map_err(|source| file_error("create", parent, source))?;
        let mut temporary = path.as_os_str().to_owned();
        temporary.push(".new");
        let temporary = PathBuf::from(temporary);
        fs::write(&temporary, bytes).map_err(|source| file_error("write", &temporary, source))?;
        fs::rename(&temporary, path).map_err(|source| file_error("write", path, source))
    }

    /// Removes partial tiles that a tree of this size does not have.
    fn remove_stale(&self, dir: &Path) -> Result<(), OpenError> {
        for item in fs::read_dir(dir).map_err(|source| file_error("list", dir, source))? {
            let path = item.map_err(|source| file_error("list", dir, source))?.path();
            if is_dir(&path)? {
                self.remove_stale(&path)?;
                // Left empty by what was removed from it.
                let _ = fs::remove_dir(&path);
            } else if !self.has(&path) {
                fs::remove_file(&path).map_err(|source| file_error("remove", &path, source))?;
            }
        }
        Ok(())
    }

    /// A full tile of this tree, or the partial one at its very edge.
    fn has(&self, path: &Path) -> bool {
        let name = path.strip_prefix(self.out).ok().and_then(Path::to_str);
        let Some(tile) = name.and_then(|name| TilePath::parse(name).ok()) else { return true };
        let (count, index, width) = match tile {
            TilePath::Hashes { level, index, width } => {
                (self.size.checked_shr(8 * u32::from(level)).unwrap_or(0), index, width)
            }
            TilePath::Entries { index, width } => (self.size, index, width),
        };
        Self::width(count, index) == width
    }
}
