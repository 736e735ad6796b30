//! `rebuild`: event store, heads and hash files anew from the journal, compared with what was there, swapped in.
//!
//! The new ones are made beside the old and take their place by rename once all of them are durable. A crash on the way
//! leaves files that the next start removes, or lacks one that the next start makes.

use std::fs;
use std::path::{Path, PathBuf};

use super::error::OpenError;
use super::readahead::{ReadFrame, read_ahead};
use super::replay::{Replay, apply_to_persons, check_end, file_error, fold_public};
use super::status::{self, Reader, Seen, Tables};
use super::tree;
use crate::store::{SledStore, Store, StoreError};
use crate::tlog::Frontier;
use crate::vault::{
    CheckpointLock, DataDir, HashFiles, Hashes, Head, Heads, Journal, JournalReader, Keyring, LockedTree,
    Position, ProcessLock, StatusFile, VaultError, exists, is_dir,
};

/// Entries compared at once.
const CHUNK: usize = 4096;
/// Hashes compared at once.
const HASHES: usize = 4096;
/// More differences than this say nothing new.
const DIFFERENCES_MAX: usize = 100;

/// What a rebuild did.
#[derive(Debug, Default)]
pub struct RebuildReport {
    /// Entries in the journal.
    pub entries: u64,
    /// Whether what was there was what the journal makes.
    pub identical: bool,
    /// Where it was not.
    pub differences: Vec<String>,
}

impl RebuildReport {
    fn differ(&mut self, what: impl Into<String>) {
        if self.differences.len() < DIFFERENCES_MAX {
            self.differences.push(what.into());
        }
    }
}

/// Makes what is derived from the journal of a directory that has none of it yet, whatever was signed. The caller holds it.
pub(super) fn make_anew(paths: &DataDir) -> Result<(), OpenError> {
    let keyring = Keyring::open(paths)?;
    let mut seen = Seen::default();
    let (made, journal) = make(paths, &keyring, Known::default(), &mut seen)?;
    remake_status(paths, &made, &journal, &keyring, seen, &mut RebuildReport::default())?;
    drop(made);
    swap(paths)
}

/// Rebuilds what is derived from the journal. No ledger may run on the directory.
pub fn rebuild(dir: &Path) -> Result<RebuildReport, OpenError> {
    let paths = super::open::data_dir(dir)?;
    let _process_lock = ProcessLock::acquire(&paths.process_lock())?;
    remove_leftovers(&paths)?;
    let keyring = Keyring::open(&paths)?;
    let locked = CheckpointLock::at(&paths.checkpoint_lock()).read()?;
    let mut report = RebuildReport::default();
    let old = Old::open(&paths, &mut report)?;
    let known = Known { size: old.known(), locked: locked.as_ref() };
    let mut seen = Seen::default();
    let (made, journal) = make(&paths, &keyring, known, &mut seen)?;
    remake_status(&paths, &made, &journal, &keyring, seen, &mut report)?;
    report.entries = made.store.mark()?.map_or(0, |mark| mark.size);
    old.compare(&made, locked.as_ref(), &mut report)?;
    report.identical = report.differences.is_empty();
    // Both stores hold locks and threads on the directories that are about to be renamed.
    drop((old, made));
    swap(&paths)?;
    Ok(report)
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn derived(paths: &DataDir) -> [PathBuf; 3] {
    [paths.sled(), paths.heads(), paths.levels()]
}

/// What an interrupted rebuild left. New heads hold worker ids, so an erasure must not find any lying about.
pub(super) fn remove_leftovers(paths: &DataDir) -> Result<(), OpenError> {
    for path in derived(paths) {
        for suffix in [".rebuild", ".old"] {
            remove(&beside(&path, suffix))?;
        }
    }
    fs::create_dir_all(paths.levels()).map_err(|source| file_error("create", &paths.levels(), source))
}

fn remove(path: &Path) -> Result<(), OpenError> {
    let removed = if is_dir(path)? { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match removed {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(file_error("remove", path, source))
        }
        _ => Ok(()),
    }
}

/// Store, heads and hashes.
struct Made {
    store: SledStore,
    heads: Heads,
    hashes: Hashes,
}

/// What is known of the journal beside it.
#[derive(Default, Clone, Copy)]
struct Known<'a> {
    /// So many entries were acknowledged.
    size: u64,
    locked: Option<&'a LockedTree>,
}

/// Reads the journal once, from its first frame to its last: that costs more than all else.
fn make(
    paths: &DataDir,
    keyring: &Keyring,
    known: Known<'_>,
    seen: &mut Seen,
) -> Result<(Made, Journal), OpenError> {
    let [sled, heads, levels] = derived(paths).map(|path| beside(&path, ".rebuild"));
    let store = SledStore::open(&sled)?;
    let heads = Heads::open(&heads)?;
    fs::create_dir_all(&levels).map_err(|source| file_error("create", &levels, source))?;
    let mut hashes = HashFiles::open(&levels)?;
    let mut replay = Replay { store: &store, frontier: Frontier::default(), unsynced: 0 };
    let mut last = Position::START;
    let frames = JournalReader::open(&paths.journal())?.frames_from(last)?;
    read_ahead(frames, keyring, |ReadFrame { frame, persons }| {
        last = frame.start;
        replay.apply_to_store(&frame, |frontier, leaf| {
            tree::push(&mut hashes, frontier, leaf)?;
            match known.locked {
                Some(tree) if tree.size == frontier.size() && tree.root != frontier.root() => {
                    Err(OpenError::RootDiffers { size: tree.size })
                }
                _ => Ok(()),
            }
        })?;
        apply_to_persons(&persons, Some(&heads), Some(seen))?;
        if frame.end.leaf % 100_000 < frame.records.len() as u64 {
            hashes.sync()?;
        }
        Ok(())
    })?;
    let mut journal = Journal::open(&paths.journal(), last)?;
    check_end(&mut journal, known.size, known.locked.map_or(0, |tree| tree.size))?;
    store.sync()?;
    heads.sync_slots()?;
    heads.sync_header(journal.end())?;
    hashes.sync()?;
    Ok((Made { store, heads, hashes: hashes.reader() }, journal))
}

/// The status lists: what follows from the journal is made anew, what stands in their file alone is kept. Put in place by
/// itself: each state of it is as good as the other.
fn remake_status(
    paths: &DataDir,
    made: &Made,
    journal: &Journal,
    keyring: &Keyring,
    seen: Seen,
    report: &mut RebuildReport,
) -> Result<(), OpenError> {
    let erasures = keyring.erasure_count();
    let old = match StatusFile::read(paths) {
        Ok(records) => records.map(|records| Tables::load(&records)).transpose()?,
        Err(error @ VaultError::StatusDamaged { .. }) if erasures == 0 => {
            report.differ(error.to_string());
            None
        }
        Err(error) => return Err(error.into()),
    };
    if let Some(old) = old.as_ref().filter(|old| old.is_behind(erasures)) {
        return Err(OpenError::StatusBehind { known: old.erasures, erased: erasures });
    }
    let reader = journal.reader();
    let trust = fold_public(&made.store, &reader)?.trust;
    let place = |leaf| Ok(made.store.entry(leaf)?.map(|stored| stored.at));
    let last = |worker| Ok(made.heads.get(worker)?.map(|head| head.leaf));
    let derived =
        status::derive(seen, &trust, &Reader { journal: &reader, keyring, place: &place, last: &last })?;
    let (records, differences) = derived.remake(old, erasures, journal.end());
    for difference in differences {
        report.differ(difference);
    }
    Ok(StatusFile::replace(paths, &records)?)
}

/// What was there, as far as it can be read.
struct Old {
    store: Option<SledStore>,
    heads: Option<Heads>,
    hashes: Hashes,
}

impl Old {
    fn open(paths: &DataDir, report: &mut RebuildReport) -> Result<Self, OpenError> {
        let store = match exists(&paths.sled())?.then(|| SledStore::open(&paths.sled())) {
            Some(Ok(store)) => Some(store),
            None | Some(Err(StoreError::Unopenable | StoreError::Damaged { .. })) => None,
            Some(Err(error)) => return Err(error.into()),
        };
        let heads = match exists(&paths.heads())?.then(|| Heads::open_read_only(&paths.heads())) {
            Some(Ok(heads)) => Some(heads),
            None | Some(Err(VaultError::HeadsDamaged { .. })) => None,
            Some(Err(error)) => return Err(error.into()),
        };
        if store.is_none() {
            report.differ("sled: it was missing or did not open");
        }
        if heads.is_none() {
            report.differ("heads: the file was missing or unreadable");
        }
        Ok(Self { store, heads, hashes: Hashes::open(&paths.levels())? })
    }

    /// How many entries the old files know to be acknowledged.
    fn known(&self) -> u64 {
        let mark = self.store.as_ref().map(Store::mark).transpose().ok().flatten().flatten();
        let heads = self.heads.as_ref().map_or(0, |heads| heads.leaves().max(heads.position().leaf));
        mark.map_or(0, |mark| mark.size).max(heads)
    }

    fn compare(
        &self,
        made: &Made,
        locked: Option<&LockedTree>,
        report: &mut RebuildReport,
    ) -> Result<(), OpenError> {
        if let Some(store) = &self.store {
            match compare_stores(store, &made.store, report) {
                Err(OpenError::Store(error @ (StoreError::Damaged { .. } | StoreError::Broken { .. }))) => {
                    report.differ(format!("sled: {error}"));
                }
                compared => compared?,
            }
        }
        if let Some(heads) = &self.heads {
            compare_heads(heads, &made.heads, report)?;
        }
        // Beyond the locked size the hash files were never promised to be whole.
        let size = locked.map_or(0, |tree| tree.size);
        for level in (0..64_u8).take_while(|level| size >> level > 0) {
            let count = size >> level;
            let same = |first: u64| {
                let some = (HASHES as u64).min(count - first);
                let old = self.hashes.run(level, first, some);
                old.is_ok_and(|old| made.hashes.run(level, first, some).is_ok_and(|new| old == new))
            };
            if !(0..count).step_by(HASHES).all(same) {
                report.differ(format!("log/levels/{level:02}: not the entries' hashes"));
            }
        }
        Ok(())
    }
}

/// Up to where the old store had come; a kill may have kept it from the last frames, which is no difference.
fn compare_stores(old: &SledStore, new: &SledStore, report: &mut RebuildReport) -> Result<(), OpenError> {
    let (Some(had), Some(has)) = (old.mark()?, new.mark()?) else {
        report.differ("sled: it held nothing");
        return Ok(());
    };
    if had.size == has.size && had != has {
        report.differ("sled: its mark was not that of the journal");
    }
    let mut leaf = 0;
    while leaf < had.size.min(has.size) {
        let (before, after) = (old.entries(leaf, CHUNK)?, new.entries(leaf, CHUNK)?);
        if after.is_empty() {
            break;
        }
        let common = usize::try_from(had.size.min(has.size) - leaf).unwrap_or(CHUNK).min(after.len());
        if before.get(..common) != after.get(..common) {
            report.differ(format!("sled: entries from leaf {leaf} on"));
        }
        leaf += after.len() as u64;
    }
    let streams = |store: &SledStore| -> Result<Vec<_>, OpenError> {
        let mut entries = store.public_entries()?;
        entries.retain(|(_, _, leaf)| *leaf < had.size);
        entries.sort_unstable();
        Ok(entries)
    };
    if streams(old)? != streams(new)? {
        report.differ("sled: its public streams");
    }
    Ok(())
}

fn compare_heads(old: &Heads, new: &Heads, report: &mut RebuildReport) -> Result<(), OpenError> {
    let settled = old.position().leaf;
    let behind = |head: &Head| head.leaf >= settled;
    let slots = old.slots()?.max(new.slots()?);
    for (slot, (before, after)) in old.first_slots(slots).zip(new.first_slots(slots)).enumerate() {
        match (before, after.ok().flatten()) {
            (Ok(Some(before)), Some(head)) if before == head || before.leaf < head.leaf && behind(&head) => {}
            (Ok(None), Some(head)) if behind(&head) => {}
            (_, Some(_)) => report.differ(format!("heads: slot {slot}")),
            (Ok(Some(_)), None) => report.differ(format!("heads: slot {slot} belonged to nobody")),
            (_, None) => {}
        }
    }
    Ok(())
}

fn swap(paths: &DataDir) -> Result<(), OpenError> {
    for path in derived(paths) {
        let rename = |from: &Path, to: &Path| {
            fs::rename(from, to).map_err(|source| file_error("rename", from, source))
        };
        if is_dir(&path)? {
            rename(&path, &beside(&path, ".old"))?;
        }
        rename(&beside(&path, ".rebuild"), &path)?;
    }
    for dir in [paths.root().to_owned(), paths.log()] {
        fs::File::open(&dir)
            .and_then(|dir| dir.sync_all())
            .map_err(|source| file_error("sync", &dir, source))?;
    }
    for path in derived(paths) {
        remove(&beside(&path, ".old"))?;
    }
    Ok(())
}
