//! The event store, held against the journal. Its database writes as soon as it is opened: it takes out half a batch, writes
//! snapshots, puts its log in order. So a copy is opened, in a directory of its own that goes afterwards.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::derived::{Against, CHUNK};
use super::{FsckReport, REBUILD, RESTORE_JOURNAL};
use crate::crypto::{Entropy as _, OsEntropy, hex_encode};
use crate::event::StreamId;
use crate::ledger::error::OpenError;
use crate::ledger::replay::file_error;
use crate::store::{SledStore, Store, StoreError};
use crate::vault::{Position, exists};

/// Room that the database may take beside what is copied, and that the disk keeps.
const ROOM_BYTES: u64 = 64 * 1024 * 1024;
/// The database's threads write until a moment after its last handle is gone: how often, and after which waits, its copy is removed.
const REMOVALS: u32 = 200;
const REMOVAL_WAIT: Duration = Duration::from_millis(10);

/// Opens a copy of the event store and compares it, entry by entry. Where there is no room for a copy, the report says so.
pub(super) fn check_store(against: &Against<'_>, report: &mut FsckReport) -> Result<(), OpenError> {
    let sled = against.paths.sled();
    if !exists(&sled)? {
        report.find("sled", "there is no event store", "start the ledger: it is made anew from the journal");
        return Ok(());
    }
    let beside = std::env::temp_dir();
    let copy = match Copy::of(&sled, &beside) {
        Ok(copy) => copy,
        Err(error) if is_about_room(&error) => {
            let remedy = "let TMPDIR name a directory with more room";
            report.not_checked.push(format!(
                "the event store: it is looked at in a copy, and {} takes none: {error}; {remedy}",
                beside.display()
            ));
            return Ok(());
        }
        Err(error) => return Err(file_error("copy", &sled, error)),
    };
    match SledStore::open(&copy.0) {
        Ok(store) => against.store(&store, report),
        Err(StoreError::Unopenable) => {
            let remedy = "start the ledger: it is set aside and made anew from the journal";
            report.find("sled", "it does not open", remedy);
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

/// A copy of the event store, removed with this.
struct Copy(PathBuf);

impl Copy {
    fn of(sled: &Path, beside: &Path) -> io::Result<Self> {
        let needed = size_of(sled)?.saturating_add(ROOM_BYTES);
        let disk = rustix::fs::statvfs(beside)?;
        let free = disk.f_bavail.saturating_mul(disk.f_frsize);
        if free < needed {
            let words = format!("{needed} bytes are needed, {free} are free");
            return Err(io::Error::new(ErrorKind::StorageFull, words));
        }
        let name = format!("skillpass-fsck-{}", hex_encode(OsEntropy.bytes::<8>()));
        let copy = Self(beside.join(name));
        fs::DirBuilder::new().mode(0o700).create(&copy.0)?;
        copy_dir(sled, &copy.0)?;
        Ok(copy)
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        for _ in 0..REMOVALS {
            if fs::remove_dir_all(&self.0).is_ok() || matches!(self.0.try_exists(), Ok(false)) {
                return;
            }
            std::thread::sleep(REMOVAL_WAIT);
        }
        // It holds nothing about any person, and nothing else can be done.
        tracing::warn!("{} could not be removed", self.0.display());
    }
}

/// Nothing that the copied files are to blame for.
fn is_about_room(error: &io::Error) -> bool {
    use ErrorKind::{NotFound, PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    matches!(error.kind(), NotFound | PermissionDenied | QuotaExceeded | ReadOnlyFilesystem | StorageFull)
}

fn size_of(dir: &Path) -> io::Result<u64> {
    let mut size = 0_u64;
    for item in fs::read_dir(dir)? {
        let item = item?;
        let inside = if item.file_type()?.is_dir() { size_of(&item.path())? } else { item.metadata()?.len() };
        size = size.saturating_add(inside);
    }
    Ok(size)
}

fn copy_dir(from: &Path, to: &Path) -> io::Result<()> {
    for item in fs::read_dir(from)? {
        let item = item?;
        let target = to.join(item.file_name());
        if item.file_type()?.is_dir() {
            fs::create_dir(&target)?;
            copy_dir(&item.path(), &target)?;
        } else {
            fs::copy(item.path(), target)?;
        }
    }
    Ok(())
}

impl Against<'_> {
    /// The event store against the journal, entry by entry.
    pub(super) fn store(&self, store: &dyn Store, report: &mut FsckReport) -> Result<(), OpenError> {
        match self.compare_store(store, report) {
            Err(OpenError::Store(error @ (StoreError::Damaged { .. } | StoreError::Broken { .. }))) => {
                report.find("sled", error.to_string(), REBUILD);
                Ok(())
            }
            compared => compared,
        }
    }

    fn compare_store(&self, store: &dyn Store, report: &mut FsckReport) -> Result<(), OpenError> {
        let size = self.scan.frontier.size();
        let Some(mark) = store.mark()? else {
            report.find("sled", "it holds nothing", "start the ledger: it is made anew from the journal");
            return Ok(());
        };
        if mark.size > size {
            report.find(
                "sled",
                format!("it knows {} entries, the journal holds {size}", mark.size),
                RESTORE_JOURNAL,
            );
        }
        let place = Position { at: mark.journal_end, leaf: mark.size };
        if mark.size <= size && !self.scan.has_place(place) {
            report.find("sled", "its mark names no place between two frames of the journal", REBUILD);
        }
        if mark.size == size && mark.frontier != self.scan.frontier.encode() {
            report.find("sled", "its tree is not that of the entries", REBUILD);
        }
        let common = mark.size.min(size);
        let mut leaf = 0_u64;
        while leaf < common {
            let entries =
                store.entries(leaf, usize::try_from(CHUNK.min(common.saturating_sub(leaf))).unwrap_or(1))?;
            if entries.is_empty() {
                report.find(format!("sled, leaf {leaf}"), "the entry is missing", REBUILD);
                return Ok(());
            }
            for stored in entries {
                let index = usize::try_from(leaf).unwrap_or(usize::MAX);
                let hash = stored.person.map(|entry| crate::tlog::leaf_hash(&entry));
                let differs = hash.is_some_and(|hash| self.scan.leaf_hashes.get(index) != Some(&hash));
                if self.scan.places.get(index) != Some(&stored.at) || differs {
                    report.find(format!("sled, leaf {leaf}"), "it is not the journal's entry", REBUILD);
                }
                leaf = leaf.saturating_add(1);
            }
        }
        self.compare_streams(store, common, report)
    }

    fn compare_streams(
        &self,
        store: &dyn Store,
        common: u64,
        report: &mut FsckReport,
    ) -> Result<(), OpenError> {
        let mut counted = BTreeMap::<StreamId, u32>::new();
        for (stream, revision, leaf) in store.public_entries()? {
            let next = counted.entry(stream).or_default();
            let known = self.scan.public_places.get(&(stream, revision)) == Some(&leaf);
            if leaf < common && (*next != revision || !known) {
                report.find(
                    format!("sled, leaf {leaf}"),
                    "it stands in another stream or place than its entry says",
                    REBUILD,
                );
            }
            *next = next.saturating_add(1);
        }
        for ((stream, revision), leaf) in self.scan.public_places.iter().filter(|(_, leaf)| **leaf < common) {
            if counted.get(stream).is_none_or(|count| count <= revision) {
                report.find(format!("sled, leaf {leaf}"), "its place in its stream is missing", REBUILD);
            }
        }
        Ok(())
    }
}
