//! What goes with the newest keyring: keyring, status lists, access files, as one tar.
//!
//! The keyring comes first and its slots before its erasures: whatever happens meanwhile, no erasure is in the slots without
//! being in the list, and the status lists know of every erasure that the keyring knows. Every box of a share link that settings
//! name is there.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::{ObjectReader, VaultError};
use crate::vault::access::access_files;
use crate::vault::durable::{self, Access, DataFile, create_dir};
use crate::vault::keyring::SlotsCopy;
use crate::vault::{DataDir, FileError};

/// More than any access file has; the keyring's own are bounded by its slots.
const MEMBER_BYTES_MAX: u64 = 1 << 40;
/// Copied at once.
const COPY_BYTES: usize = 1024 * 1024;

/// Writes the tar; answers with the generation that wraps it. `None` if the keyring was rotated meanwhile: made again, it is
/// wrapped by the newer generation.
pub fn pack_keyring(paths: &DataDir, out: impl Write) -> Result<Option<u32>, VaultError> {
    let mut tar = tar::Builder::new(out);
    let slots = SlotsCopy::open(paths)?;
    let generation = slots.generation();
    append(&mut tar, "keyring/slots", slots.size(), slots)?;
    for name in ["erased", "blind", "reviewed"] {
        append_file(&mut tar, &format!("keyring/{name}"), &paths.keyring().join(name))?;
    }
    append_file(&mut tar, "status/lists", &paths.status_lists())?;
    // A box of a share link is made before the settings that name it and goes after those that do not: so boxes first, and those
    // that were made meanwhile last.
    let is_box = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "share");
    let (boxes, others): (Vec<_>, Vec<_>) = access_files(paths)?.into_iter().partition(is_box);
    let mut append_all = |files: &[PathBuf]| {
        let named =
            files.iter().filter_map(|path| Some((path.strip_prefix(paths.root()).ok()?.to_str()?, path)));
        named.into_iter().try_for_each(|(name, path)| append_file(&mut tar, name, path))
    };
    append_all(&boxes)?;
    append_all(&others)?;
    let made_since = access_files(paths)?.into_iter().filter(|path| is_box(path) && !boxes.contains(path));
    append_all(&made_since.collect::<Vec<_>>())?;
    tar.into_inner().and_then(|mut out| out.flush()).map_err(failed)?;
    Ok((SlotsCopy::open(paths)?.generation() == generation).then_some(generation))
}

/// A file as it is now; one that is gone (a worker erased meanwhile, a ledger from before there was such a file) is left out.
fn append_file<W: Write>(tar: &mut tar::Builder<W>, name: &str, path: &Path) -> Result<(), VaultError> {
    let file = match DataFile::open(path, Access::Read) {
        Err(VaultError::Missing { .. }) => return Ok(()),
        file => file?,
    };
    let bytes = file.read_at(0, usize::try_from(file.len()?).unwrap_or(usize::MAX))?;
    append(tar, name, bytes.len() as u64, &bytes[..])
}

fn append<W: Write>(
    tar: &mut tar::Builder<W>,
    name: &str,
    len: u64,
    bytes: impl Read,
) -> Result<(), VaultError> {
    let mut header = tar::Header::new_gnu();
    header.set_size(len);
    header.set_mode(0o600);
    tar.append_data(&mut header, name, bytes).map_err(failed)
}

/// Puts the members back below a data directory whose subdirectories exist. Only the names that are written are taken.
#[expect(
    clippy::arithmetic_side_effects,
    reason = "a member is written up to MEMBER_BYTES_MAX, and one buffer beyond"
)]
pub fn unpack_keyring(tar: ObjectReader, paths: &DataDir) -> Result<(), VaultError> {
    let mut archive = tar::Archive::new(tar);
    for member in archive.entries().map_err(failed)? {
        let mut member = member.map_err(failed)?;
        let name = member.path().map_err(failed)?.into_owned();
        let target = target_of(paths, &name).ok_or(VaultError::BackupDamaged {
            path: name,
            problem: "the tar of the keyring holds a name that does not belong there",
        })?;
        if let Some(dir) = target.parent() {
            create_dir(dir)?;
        }
        let file = DataFile::create_new(&target)?;
        let (mut at, mut buffer) = (0, vec![0; COPY_BYTES]);
        while at < MEMBER_BYTES_MAX {
            let read = member.read(&mut buffer).map_err(failed)?;
            if read == 0 {
                break;
            }
            file.write_all_at(buffer.get(..read).unwrap_or_default(), at)?;
            at += read as u64;
        }
        file.sync()?;
        target.parent().map_or(Ok(()), durable::sync_dir)?;
    }
    Ok(())
}

/// The same straight from another data directory, which nobody writes to.
pub fn copy_keyring(from: &DataDir, to: &DataDir) -> Result<(), VaultError> {
    let names = ["keyring/slots", "keyring/erased", "keyring/blind", "keyring/reviewed", "status/lists"];
    let access = access_files(from)?;
    let access = access.iter().filter_map(|path| path.strip_prefix(from.root()).ok()?.to_str());
    for name in names.into_iter().chain(access) {
        let file = match DataFile::open(&from.root().join(name), Access::Read) {
            Err(VaultError::Missing { .. }) => continue,
            file => file?,
        };
        let target = to.root().join(name);
        target.parent().map_or(Ok(()), create_dir)?;
        let copy = DataFile::create_new(&target)?;
        let len = file.len()?;
        for at in (0..len).step_by(COPY_BYTES) {
            copy.write_all_at(&file.read_at(at, COPY_BYTES)?, at)?;
        }
        copy.sync()?;
        target.parent().map_or(Ok(()), durable::sync_dir)?;
    }
    Ok(())
}

fn target_of(paths: &DataDir, name: &Path) -> Option<PathBuf> {
    let name = name.to_str()?;
    let known = ["keyring/slots", "keyring/erased", "keyring/blind", "keyring/reviewed", "status/lists"];
    let is_access = || {
        let (group, file) = name.strip_prefix("access/")?.split_once('/')?;
        let (stem, ending) = file.split_once('.')?;
        let hex = |text: &str, len| text.len() == len && text.bytes().all(|c| c.is_ascii_hexdigit());
        let is_named = match (ending, stem.split_once('-')) {
            ("set" | "ring", None) => hex(stem, 8),
            ("share", Some((slot, name))) => hex(slot, 8) && hex(name, 32),
            _ => false,
        };
        (hex(group, 5) && is_named).then_some(())
    };
    (known.contains(&name) || is_access().is_some()).then(|| paths.root().join(name))
}

/// A failure of ours keeps its own name.
fn failed(error: io::Error) -> VaultError {
    match error.downcast::<VaultError>() {
        Ok(error) => error,
        Err(cause) => FileError { action: "copy", path: PathBuf::from("keyring.tar"), cause }.into(),
    }
}
