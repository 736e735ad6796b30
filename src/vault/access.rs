//! What belongs to a worker beside the stream: settings (who may look, who is kept out) and the ring of who looked. Both
//! sealed under the worker's key, so that both die with it; neither is ever in the log.
//!
//! ```text
//! access/HHHHH/SSSSSSSS.set   settings: nonce[24] | ciphertext | tag[16]; put in place by rename, durable before it counts
//! access/HHHHH/SSSSSSSS.ring  cells of 768 B, the oldest overwritten: nonce[24] | ciphertext | tag[16] over
//!                             u64 number | u16 length | note | zeros
//! ```
//! SSSSSSSS is the key slot in hexadecimal, HHHHH its upper 20 bits. The ring is written without a sync and synced within
//! seconds: a killed process loses nothing of it, a power cut at most the last notes; a torn cell opens no more and is
//! passed over. A settings file that is torn cannot be: it is replaced as a whole.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

use super::durable::{self, Access, DataFile};
use super::{DataDir, FileError, KeySlot, VaultError};
use crate::crypto::{SEAL_OVERHEAD_BYTES, SealKey, open, seal};

/// The most bytes of one worker's settings.
pub const SETTINGS_BYTES_MAX: usize = 512 * 1024;
/// The most notes kept of one worker; the oldest makes room for the newest.
pub const NOTES_MAX: u64 = 256;
/// The longest note.
pub const NOTE_BYTES_MAX: usize = CELL_BYTES - SEAL_OVERHEAD_BYTES - NOTE_HEAD_BYTES;

const CELL_BYTES: usize = 768;
const RING_BYTES: u64 = CELL_BYTES as u64 * NOTES_MAX;
const NOTE_HEAD_BYTES: usize = 8 + 2;
/// Rings kept in memory; beyond it all are read again.
const RINGS_MAX: usize = 1024;

/// One note of the ring: its number, ascending, and its bytes.
pub type Note = (u64, Vec<u8>);

/// The files, shared by readers and the writer.
#[derive(Debug)]
pub struct AccessFiles {
    dir: PathBuf,
    /// Slots that have settings: all that an append looks at for most workers.
    settled: RwLock<HashSet<KeySlot>>,
    /// Held while settings change, and while a worker's files are removed.
    changing: Mutex<()>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    rings: HashMap<KeySlot, Vec<Note>>,
    unsynced: HashSet<KeySlot>,
    /// Groups in which a ring was made whose name is not durable yet.
    unnamed: HashSet<PathBuf>,
}

impl AccessFiles {
    /// Lists what is there; `is_live` says whether a slot still has its key. What a destroyed key sealed is removed.
    pub fn open(paths: &DataDir, is_live: impl Fn(KeySlot) -> bool) -> Result<Self, VaultError> {
        let dir = paths.access();
        durable::create_dir(&dir)?;
        let files =
            Self { dir, settled: RwLock::default(), changing: Mutex::default(), state: Mutex::default() };
        let mut settled = HashSet::new();
        for group in listed(&files.dir)? {
            for path in listed(&group)? {
                let slot = path.file_stem().and_then(|stem| stem.to_str()).and_then(slot_of);
                let extension = path.extension().and_then(|extension| extension.to_str());
                match (slot, extension) {
                    (Some(slot), Some("set" | "ring")) if !is_live(slot) => durable::remove(&path)?,
                    (Some(slot), Some("set")) => drop(settled.insert(slot)),
                    _ => {}
                }
            }
        }
        *files.settled.write().unwrap_or_else(PoisonError::into_inner) = settled;
        Ok(files)
    }

    /// The slots that have settings. Reads only, also beside a live ledger.
    pub fn settled(paths: &DataDir) -> Result<Vec<KeySlot>, VaultError> {
        let files = access_files(paths)?;
        let settings = files.iter().filter(|path| path.extension().is_some_and(|is| is == "set"));
        Ok(settings.filter_map(|path| slot_of(path.file_stem()?.to_str()?)).collect())
    }

    /// A worker's settings as they are on disk; `None` if there are none. Reads only, also beside a live ledger.
    pub fn read_settings(
        paths: &DataDir,
        slot: KeySlot,
        key: &SealKey,
    ) -> Result<Option<Vec<u8>>, VaultError> {
        read_settings(&path_of(&paths.access(), slot, "set"), slot, key)
    }

    /// The slots whose ring has notes that do not open under their worker's key: torn by a power cut, or altered.
    pub fn unopenable_notes(
        paths: &DataDir,
        key: impl Fn(KeySlot) -> Option<SealKey>,
    ) -> Result<Vec<KeySlot>, VaultError> {
        let mut unopenable = Vec::new();
        for path in access_files(paths)?.iter().filter(|path| path.extension().is_some_and(|is| is == "ring"))
        {
            let slot = path.file_stem().and_then(|stem| stem.to_str()).and_then(slot_of);
            let Some((slot, key)) = slot.and_then(|slot| Some((slot, key(slot)?))) else { continue };
            let Some(bytes) = durable::read_small(path, RING_BYTES)? else { continue };
            let mut cells = (0..).zip(bytes.chunks(CELL_BYTES));
            let is_bad = |(at, cell): (u64, &[u8])| {
                cell.iter().any(|byte| *byte != 0) && open_cell(slot, &key, at, cell).is_none()
            };
            if cells.any(is_bad) {
                unopenable.push(slot);
            }
        }
        Ok(unopenable)
    }

    /// Whether a worker has any settings. Cheap: each append asks.
    pub fn has_settings(&self, slot: KeySlot) -> bool {
        self.settled.read().unwrap_or_else(PoisonError::into_inner).contains(&slot)
    }

    /// Runs a change of one worker's settings while no other runs: read, judged, written.
    pub fn exclusively<T>(&self, change: impl FnOnce() -> T) -> T {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        change()
    }

    /// A worker's settings; `None` if there never were any.
    pub fn settings(&self, slot: KeySlot, key: &SealKey) -> Result<Option<Vec<u8>>, VaultError> {
        if !self.has_settings(slot) {
            return Ok(None);
        }
        read_settings(&self.path(slot, "set"), slot, key)
    }

    /// Puts settings in place, durable when this returns.
    pub fn put_settings(
        &self,
        slot: KeySlot,
        key: &SealKey,
        nonce: [u8; 24],
        plain: &[u8],
    ) -> Result<(), VaultError> {
        if plain.len() > SETTINGS_BYTES_MAX {
            return Err(VaultError::OverLimit {
                what: "access settings",
                found: plain.len(),
                max: SETTINGS_BYTES_MAX,
            });
        }
        durable::create_dir(&self.group(slot))?;
        durable::replace(&self.path(slot, "set"), &seal(key, nonce, &settings_of(slot), &[plain]))?;
        self.settled.write().unwrap_or_else(PoisonError::into_inner).insert(slot);
        Ok(())
    }

    /// Notes something: `merge` may take a note that is there already, newest first, into itself; else a new one is made
    /// of `note`.
    #[expect(clippy::arithmetic_side_effects, reason = "notes of one worker, numbered one by one")]
    pub fn note(
        &self,
        slot: KeySlot,
        key: &SealKey,
        nonce: [u8; 24],
        note: &[u8],
        merge: impl Fn(&[u8]) -> Option<Vec<u8>>,
    ) -> Result<(), VaultError> {
        let mut state = self.state();
        let path = self.path(slot, "ring");
        // One that is in memory has its file.
        if !state.rings.contains_key(&slot) {
            durable::create_dir(&self.group(slot))?;
            if !durable::exists(&path)? {
                state.unnamed.insert(self.group(slot));
            }
        }
        let file = DataFile::open(&path, Access::Create)?;
        let ring = state.ring(slot, || read_ring(&file, slot, key))?;
        let merged = ring.iter().rev().find_map(|(number, bytes)| Some((*number, merge(bytes)?)));
        let (number, bytes) = match merged {
            Some((number, bytes)) => (number, bytes),
            None => (ring.last().map_or(0, |(number, _)| number + 1), note.to_vec()),
        };
        let at = number % NOTES_MAX;
        file.write_all_at(&seal_cell(slot, key, nonce, number, &bytes)?, at * CELL_BYTES as u64)?;
        ring.retain(|(known, _)| known % NOTES_MAX != at);
        let place = ring.partition_point(|(known, _)| *known < number);
        ring.insert(place, (number, bytes));
        state.unsynced.insert(slot);
        Ok(())
    }

    /// A worker's notes, oldest first.
    pub fn notes(&self, slot: KeySlot, key: &SealKey) -> Result<Vec<Note>, VaultError> {
        let mut state = self.state();
        let path = self.path(slot, "ring");
        if !durable::exists(&path)? {
            return Ok(Vec::new());
        }
        let file = DataFile::open(&path, Access::Read)?;
        Ok(state.ring(slot, || read_ring(&file, slot, key))?.clone())
    }

    /// Makes notes durable that are not yet.
    pub fn sync(&self) -> Result<(), VaultError> {
        let (unsynced, unnamed) = {
            let mut state = self.state();
            (std::mem::take(&mut state.unsynced), std::mem::take(&mut state.unnamed))
        };
        unnamed.iter().try_for_each(|group| durable::sync_dir(group))?;
        for slot in unsynced {
            match DataFile::open(&self.path(slot, "ring"), Access::Write) {
                Ok(file) => file.sync()?,
                // Erased since.
                Err(VaultError::Missing { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Removes what belongs to a worker whose key was destroyed.
    pub fn remove(&self, slot: KeySlot) -> Result<(), VaultError> {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut state = self.state();
        state.rings.remove(&slot);
        state.unsynced.remove(&slot);
        self.settled.write().unwrap_or_else(PoisonError::into_inner).remove(&slot);
        if !durable::is_dir(&self.group(slot))? {
            return Ok(());
        }
        durable::remove(&self.path(slot, "set"))?;
        durable::remove(&self.path(slot, "ring"))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // What a panic elsewhere left is whole: files are written before memory is changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn group(&self, slot: KeySlot) -> PathBuf {
        group_of(&self.dir, slot)
    }

    fn path(&self, slot: KeySlot, extension: &str) -> PathBuf {
        path_of(&self.dir, slot, extension)
    }
}

impl State {
    fn ring(
        &mut self,
        slot: KeySlot,
        read: impl FnOnce() -> Result<Vec<Note>, VaultError>,
    ) -> Result<&mut Vec<Note>, VaultError> {
        if !self.rings.contains_key(&slot) {
            if self.rings.len() >= RINGS_MAX {
                self.rings.clear();
            }
            self.rings.insert(slot, read()?);
        }
        Ok(self.rings.entry(slot).or_default())
    }
}

/// Every file of a worker's beside the stream: settings, notes, boxes of share links.
pub(super) fn access_files(paths: &DataDir) -> Result<Vec<PathBuf>, VaultError> {
    let groups = listed(&paths.access())?;
    let files = groups.iter().map(|group| listed(group)).collect::<Result<Vec<_>, _>>()?.concat();
    let endings = ["set", "ring", "share"];
    let is_ours =
        |path: &PathBuf| path.extension().is_some_and(|ending| endings.iter().any(|known| ending == *known));
    Ok(files.into_iter().filter(is_ours).collect())
}

fn group_of(dir: &Path, slot: KeySlot) -> PathBuf {
    dir.join(format!("{:05x}", slot.0 >> 12))
}

fn path_of(dir: &Path, slot: KeySlot, extension: &str) -> PathBuf {
    group_of(dir, slot).join(format!("{:08x}.{extension}", slot.0))
}

fn read_settings(path: &Path, slot: KeySlot, key: &SealKey) -> Result<Option<Vec<u8>>, VaultError> {
    let sealed = durable::read_small(path, (SETTINGS_BYTES_MAX + SEAL_OVERHEAD_BYTES) as u64)?;
    sealed
        .map(|sealed| open(key, &settings_of(slot), &sealed).map_err(|_| VaultError::Unsealable))
        .transpose()
}

fn read_ring(file: &DataFile, slot: KeySlot, key: &SealKey) -> Result<Vec<Note>, VaultError> {
    let bytes = file.read_at(0, usize::try_from(RING_BYTES).unwrap_or(usize::MAX))?;
    let cells = (0..).zip(bytes.chunks_exact(CELL_BYTES));
    let mut notes: Vec<Note> = cells.filter_map(|(at, cell)| open_cell(slot, key, at, cell)).collect();
    notes.sort();
    Ok(notes)
}

fn seal_cell(
    slot: KeySlot,
    key: &SealKey,
    nonce: [u8; 24],
    number: u64,
    note: &[u8],
) -> Result<Vec<u8>, VaultError> {
    let length = u16::try_from(note.len()).ok().filter(|_| note.len() <= NOTE_BYTES_MAX);
    let length = length.ok_or(VaultError::OverLimit {
        what: "access note",
        found: note.len(),
        max: NOTE_BYTES_MAX,
    })?;
    let mut plain = zeroize::Zeroizing::new(Vec::with_capacity(CELL_BYTES - SEAL_OVERHEAD_BYTES));
    plain.extend_from_slice(&number.to_be_bytes());
    plain.extend_from_slice(&length.to_be_bytes());
    plain.extend_from_slice(note);
    plain.resize(CELL_BYTES - SEAL_OVERHEAD_BYTES, 0);
    Ok(seal(key, nonce, &cell_of(slot, number % NOTES_MAX), &[&plain]))
}

fn open_cell(slot: KeySlot, key: &SealKey, at: u64, cell: &[u8]) -> Option<Note> {
    let plain = open(key, &cell_of(slot, at), cell).ok()?;
    let (number, rest) = plain.split_first_chunk::<8>()?;
    let (length, rest) = rest.split_first_chunk::<2>()?;
    let note = rest.get(..usize::from(u16::from_be_bytes(*length)))?;
    Some((u64::from_be_bytes(*number), note.to_vec()))
}

fn settings_of(slot: KeySlot) -> Vec<u8> {
    [b"skillpass/v1 access settings\n".as_slice(), &slot.0.to_be_bytes()].concat()
}

fn cell_of(slot: KeySlot, at: u64) -> Vec<u8> {
    [b"skillpass/v1 access note\n".as_slice(), &slot.0.to_be_bytes(), &at.to_be_bytes()].concat()
}

fn slot_of(stem: &str) -> Option<KeySlot> {
    let slot = u32::from_str_radix(stem, 16).ok()?;
    (format!("{slot:08x}") == stem).then_some(KeySlot(slot))
}

/// What a directory holds.
pub(super) fn listed(dir: &Path) -> Result<Vec<PathBuf>, VaultError> {
    if !durable::is_dir(dir)? {
        return Ok(Vec::new());
    }
    let failed = |error| FileError::on("list", dir)(error);
    std::fs::read_dir(dir).map_err(failed)?.map(|item| Ok(item.map_err(failed)?.path())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> (tempfile::TempDir, DataDir, AccessFiles) {
        let outside = tempfile::tempdir().unwrap();
        let paths = DataDir::new(&outside.path().join("ledger")).unwrap();
        paths.create().unwrap();
        let files = AccessFiles::open(&paths, |_| true).unwrap();
        (outside, paths, files)
    }

    fn key(byte: u8) -> SealKey {
        SealKey::from_bytes([byte; 32])
    }

    fn texts(notes: &[Note]) -> Vec<String> {
        notes.iter().map(|(_, note)| String::from_utf8(note.clone()).unwrap()).collect()
    }

    #[test]
    fn settings_open_under_their_workers_key_and_slot_only() {
        let (_outside, paths, files) = files();
        let slot = KeySlot(0x0012_3456);
        assert_eq!(files.settings(slot, &key(1)).unwrap(), None);
        files.put_settings(slot, &key(1), [9; 24], b"{}").unwrap();
        assert_eq!(files.settings(slot, &key(1)).unwrap().as_deref(), Some(&b"{}"[..]));
        assert_eq!(files.settings(slot, &key(2)).unwrap_err().reason(), "UNSEALABLE");
        let other = KeySlot(0x0012_3457);
        std::fs::copy(files.path(slot, "set"), files.path(other, "set")).unwrap();
        let again = AccessFiles::open(&paths, |_| true).unwrap();
        assert_eq!(again.settings(slot, &key(1)).unwrap().as_deref(), Some(&b"{}"[..]));
        assert_eq!(
            again.settings(other, &key(1)).unwrap_err().reason(),
            "UNSEALABLE",
            "moved to another slot"
        );
        let too_long = files.put_settings(slot, &key(1), [9; 24], &vec![0; SETTINGS_BYTES_MAX + 1]);
        assert_eq!(too_long.unwrap_err().reason(), "OVER_LIMIT");
    }

    #[test]
    fn the_ring_keeps_the_newest_notes_across_a_restart_and_passes_a_torn_one_over() {
        let (_outside, paths, files) = files();
        let slot = KeySlot(5);
        for number in 0..NOTES_MAX + 3 {
            files.note(slot, &key(1), [7; 24], number.to_string().as_bytes(), |_| None).unwrap();
        }
        let wanted: Vec<String> = (3..NOTES_MAX + 3).map(|number| number.to_string()).collect();
        assert_eq!(texts(&files.notes(slot, &key(1)).unwrap()), wanted);
        files.sync().unwrap();

        let again = AccessFiles::open(&paths, |_| true).unwrap();
        assert_eq!(texts(&again.notes(slot, &key(1)).unwrap()), wanted);
        let mut bytes = std::fs::read(again.path(slot, "ring")).unwrap();
        bytes[CELL_BYTES * 10 + 100] ^= 1;
        std::fs::write(again.path(slot, "ring"), bytes).unwrap();
        let torn = AccessFiles::open(&paths, |_| true).unwrap();
        assert_eq!(torn.notes(slot, &key(1)).unwrap().len(), wanted.len() - 1);
        assert!(torn.notes(KeySlot(6), &key(1)).unwrap().is_empty());
    }

    #[test]
    fn a_note_may_be_taken_into_one_that_is_there() {
        let (_outside, _, files) = files();
        let slot = KeySlot(5);
        let merge = |known: &[u8]| known.starts_with(b"a").then(|| [known, b"+"].concat());
        for note in ["a", "b", "a", "a"] {
            files.note(slot, &key(1), [7; 24], note.as_bytes(), merge).unwrap();
        }
        assert_eq!(texts(&files.notes(slot, &key(1)).unwrap()), ["a+++"]);
        files.note(slot, &key(1), [7; 24], b"c", |_| None).unwrap();
        assert_eq!(texts(&files.notes(slot, &key(1)).unwrap()), ["a+++", "c"]);
        let long = files.note(slot, &key(1), [7; 24], &[b'x'; NOTE_BYTES_MAX + 1], |_| None);
        assert_eq!(long.unwrap_err().reason(), "OVER_LIMIT");
    }

    #[test]
    fn what_an_erased_worker_had_is_gone_even_if_the_removal_was_cut_short() {
        let (_outside, paths, files) = files();
        for slot in [KeySlot(1), KeySlot(2)] {
            files.put_settings(slot, &key(1), [9; 24], b"{}").unwrap();
            files.note(slot, &key(1), [7; 24], b"note", |_| None).unwrap();
        }
        files.remove(KeySlot(1)).unwrap();
        files.sync().unwrap();
        assert!(!files.has_settings(KeySlot(1)) && files.has_settings(KeySlot(2)));
        let again = AccessFiles::open(&paths, |slot| slot != KeySlot(2)).unwrap();
        assert!(!again.has_settings(KeySlot(2)));
        for extension in ["set", "ring"] {
            for slot in [KeySlot(1), KeySlot(2)] {
                assert!(!again.path(slot, extension).exists());
            }
        }
    }
}
