//! The embedded database, kept to what its last stable line (0.34.7) does well: one tree, one writer, small values,
//! ascending keys. The only file that says `sled::`.
//!
//! What it works around, each checked in the crate's source:
//! - `flush()` never fsyncs on Linux; it calls `sync_file_range`. So [`Store::sync`] also fsyncs a handle of ours.
//! - garbage is collected by the background flusher only, so that stays on; it weakens nothing.
//! - a batch of its own rolls the log's buffer twice, and each roll wakes all seven of its threads: at a thousand batches a second that
//!   is a good part of two cores. So changes are put in one by one, the mark last. Its log comes back as far as some moment, in order
//!   (`LogIter`): what lies beyond the mark then is half a batch, and an open takes it out.
//! - a crash while a snapshot is written leaves `snap.*.generating`, which the next open takes for the newest.
//! - the whole log is read by an open, but for what a snapshot covers, and only an open writes a snapshot: see [`REOPENED_EVERY`].
//! - the directory and the configuration are never fsynced after creation.
//! - open may panic on damaged files instead of answering, and so does dropping the last handle where the disk refuses its
//!   fsync: [`SledStore`] catches both. What was not synced then is replayed from the journal.

use std::fs::{self, File};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use super::keys::{
    CHUNK_ENTRIES, MARK, NUDGE, STREAMS, chunk_entries, chunk_entry, chunk_key, decode_mark, encode_mark,
    push_entry, stream_key, stream_leaf, stream_of_key, stream_prefix, stream_revision,
};
use super::{Batch, Mark, Store, StoreError, StoredEntry};
use crate::event::StreamId;

/// The database's cache; its own default is a gigabyte.
pub const CACHE_BYTES: u64 = 64 * 1024 * 1024;
/// How often its background thread writes and collects garbage.
const FLUSH_EVERY_MS: u64 = 500;
/// A flush that takes longer is helped along.
const FLUSH_LONG: Duration = Duration::from_secs(1);
/// How long an open waits for an earlier handle of this process to be wholly gone.
const IN_USE_PATIENCE: Duration = Duration::from_secs(2);

/// After so many entries the database is closed and opened again, so that it writes a snapshot: the next start then reads
/// no more of its log than these have left, however long its history. Meanwhile, half a second or so, the store waits.
const REOPENED_EVERY: u64 = 4_000_000;
/// From so many on it is also worth that time as the store is closed.
const REOPENED_AT_CLOSE: u64 = 500_000;

/// The event store on disk.
#[derive(Debug)]
pub struct SledStore {
    dir: PathBuf,
    reopened_every: u64,
    /// Taken out only to be opened again, and by `drop`.
    db: RwLock<Option<sled::Db>>,
    /// Our own handle of the database file: the database never fsyncs it where it matters.
    file: File,
    tail: Mutex<Tail>,
}

/// The size, and the last chunk as stored, so that filling it up needs no read.
#[derive(Debug, Default, Clone)]
struct Tail {
    size: u64,
    chunk: Vec<u8>,
    /// The size up to which the database's snapshot reaches.
    snapshot: u64,
}

impl SledStore {
    /// Opens the store in `dir`, which the caller's process lock already guards, or creates it there.
    ///
    /// [`StoreError::Unopenable`] means that the files are of no use: set them aside and replay the journal.
    pub fn open(dir: &Path) -> Result<Self, StoreError> {
        Self::open_and_reopen(dir, REOPENED_EVERY)
    }

    fn open_and_reopen(dir: &Path, reopened_every: u64) -> Result<Self, StoreError> {
        let failed = |action| move |cause| StoreError::File { action, cause };
        fs::create_dir_all(dir).map_err(failed("create its directory"))?;
        remove_unfinished_snapshots(dir).map_err(failed("remove unfinished snapshots"))?;
        let new = !dir.join("db").try_exists().map_err(failed("look for its file"))?;
        let opened = catch_unwind(AssertUnwindSafe(|| -> Result<Self, StoreError> {
            let db = RwLock::new(Some(open_database(dir)?));
            let file = File::open(dir.join("db")).map_err(failed("open its file"))?;
            let store = Self { dir: dir.to_owned(), reopened_every, db, file, tail: Mutex::default() };
            let tail = store.cut_to_mark()?;
            *store.tail.lock().unwrap_or_else(PoisonError::into_inner) = tail;
            Ok(store)
        }));
        let store = match opened {
            // A panic inside open, or a mark that its own chunk contradicts: the same remedy as for files that answer
            // with an error.
            Err(_) | Ok(Err(StoreError::Damaged { .. } | StoreError::Broken { .. })) => {
                return Err(StoreError::Unopenable);
            }
            Ok(answer) => answer?,
        };
        if new {
            sync_creation(dir).map_err(failed("sync its new files"))?;
        }
        Ok(store)
    }

    fn with<T>(&self, act: impl FnOnce(&sled::Db) -> Result<T, StoreError>) -> Result<T, StoreError> {
        act(self.db.read().unwrap_or_else(PoisonError::into_inner).as_ref().ok_or(StoreError::Closed)?)
    }

    /// Has the database write a snapshot of what it holds. Everything is durable before: a snapshot must not speak of more
    /// than the log has.
    fn reopen(&self) -> Result<(), StoreError> {
        const FAILED: StoreError = StoreError::Broken { action: "open again" };
        self.sync()?;
        let mut db = self.db.write().unwrap_or_else(PoisonError::into_inner);
        catch_unwind(AssertUnwindSafe(|| {
            drop(db.take());
            *db = Some(open_database(&self.dir)?);
            Ok(())
        }))
        .unwrap_or(Err(FAILED))
    }

    /// Waits until everything is written. Where one of its writes fails, the database may not wake whoever waits for that (0.34.7,
    /// `exit_reservation`), and a full disk would hold the publisher for ever; whoever writes to it next wakes them. So during a long
    /// flush something that nobody reads is put in and taken out.
    fn flush(db: &sled::Db) -> sled::Result<usize> {
        std::thread::scope(|scope| {
            let (ended, waiting) = channel::<()>();
            let help = move || {
                while waiting.recv_timeout(FLUSH_LONG) == Err(RecvTimeoutError::Timeout) {
                    // An error is the flush's as well.
                    let _ = db.insert(NUDGE, &[]).and_then(|_| db.remove(NUDGE));
                }
            };
            // Without a thread to spare it goes on alone.
            let _ = std::thread::Builder::new().name("flush".to_owned()).spawn_scoped(scope, help);
            let flushed = db.flush();
            drop(ended);
            flushed
        })
    }

    /// Takes out what a crash left of a batch whose mark it took: the journal has it. Answers with what is left.
    fn cut_to_mark(&self) -> Result<Tail, StoreError> {
        let size = self.mark()?.map_or(0, |mark| mark.size);
        let (last, kept) = (size / CHUNK_ENTRIES, usize::try_from(size % CHUNK_ENTRIES).unwrap_or_default());
        let mut chunk = self.get(&chunk_key(last))?.unwrap_or_default().to_vec();
        let entries = chunk_entries(&chunk)?;
        if entries.len() < kept {
            return Err(StoreError::Damaged { what: "last chunk of entries" });
        }
        // This chunk is the first thing that a batch puts in: where it ends with the mark, nothing is beyond.
        if entries.len() > kept {
            chunk.clear();
            entries.iter().take(kept).for_each(|entry| push_entry(&mut chunk, entry));
            self.take_out(size, last, &chunk)?;
        }
        Ok(Tail { size, chunk, snapshot: size })
    }

    /// Everything from leaf `size` on, and last what tells that there is something: a crash in between finds the rest again.
    fn take_out(&self, size: u64, last: u64, chunk: &[u8]) -> Result<(), StoreError> {
        let streams = self.public_entries()?.into_iter().filter(|&(_, _, leaf)| leaf >= size);
        self.with(|db| {
            let out = || -> sled::Result<()> {
                for (stream, revision, _) in streams {
                    db.remove(stream_key(stream, revision))?;
                }
                // No chunk has the last number: a leaf is 64 bits, and many are in one.
                for key in db.range(chunk_key(last.saturating_add(1))..=chunk_key(u64::MAX)).keys() {
                    db.remove(key?)?;
                }
                if chunk.is_empty() {
                    db.remove(chunk_key(last))?;
                } else {
                    db.insert(chunk_key(last), chunk)?;
                }
                Ok(())
            };
            out().map_err(|error| broken("take out half a batch", error))
        })
    }

    fn get(&self, key: &[u8]) -> Result<Option<sled::IVec>, StoreError> {
        self.with(|db| db.get(key).map_err(|error| broken("read", error)))
    }
}

impl Drop for SledStore {
    fn drop(&mut self) {
        let tail = std::mem::take(self.tail.get_mut().unwrap_or_else(PoisonError::into_inner));
        if tail.size.saturating_sub(tail.snapshot) >= REOPENED_AT_CLOSE.min(self.reopened_every) {
            // Where it fails, the next start reads more of the log, or the journal.
            let _ = self.reopen();
        }
        let db = self.db.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        let close = || {
            // Its own drop waits for what is on its way as well, and nobody could help it then: after this nothing is, or it knows
            // that the disk fails and waits for nothing.
            let _ = db.as_ref().map(Self::flush);
            drop(db);
        };
        if catch_unwind(AssertUnwindSafe(close)).is_err() {
            tracing::warn!(
                "the event store could not be synced as it was closed; the next start replays the journal"
            );
        }
    }
}

impl Store for SledStore {
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "sizes count entries that were written one by one; `snapshot` is a former `size`"
    )]
    fn apply(&self, batch: &Batch) -> Result<(), StoreError> {
        let mut tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        batch.check_place(tail.size)?;
        batch.check_streams(|stream| self.stream_head(stream))?;
        let mut next = tail.clone();
        self.with(|db| {
            let mut put_in = || -> sled::Result<()> {
                for entry in &batch.entries {
                    push_entry(&mut next.chunk, entry);
                    next.size += 1;
                    if next.size.is_multiple_of(CHUNK_ENTRIES) {
                        db.insert(chunk_key(next.size / CHUNK_ENTRIES - 1), std::mem::take(&mut next.chunk))?;
                    }
                }
                if !next.chunk.is_empty() {
                    db.insert(chunk_key(next.size / CHUNK_ENTRIES), next.chunk.as_slice())?;
                }
                for &(stream, revision, leaf) in &batch.streams {
                    db.insert(stream_key(stream, revision), &leaf.to_be_bytes())?;
                }
                // Last: what is before it in the log is there if it is.
                db.insert(MARK, encode_mark(&batch.mark))?;
                Ok(())
            };
            put_in().map_err(|error| broken("apply a batch", error))
        })?;
        if next.size - next.snapshot >= self.reopened_every {
            self.reopen()?;
            if self.mark()?.as_ref() != Some(&batch.mark) {
                return Err(StoreError::Broken { action: "open again as it was" });
            }
            next.snapshot = next.size;
        }
        *tail = next;
        Ok(())
    }

    fn sync(&self) -> Result<(), StoreError> {
        self.with(|db| Self::flush(db).map_err(|error| broken("flush", error)))?;
        self.file.sync_data().map_err(|cause| StoreError::File { action: "sync its file", cause })
    }

    fn mark(&self) -> Result<Option<Mark>, StoreError> {
        self.get(MARK)?.map(|value| decode_mark(&value)).transpose()
    }

    fn entry(&self, leaf: u64) -> Result<Option<StoredEntry>, StoreError> {
        let Some(chunk) = self.get(&chunk_key(leaf / CHUNK_ENTRIES))? else { return Ok(None) };
        chunk_entry(&chunk, leaf % CHUNK_ENTRIES)
    }

    fn entries(&self, leaf: u64, max: usize) -> Result<Vec<StoredEntry>, StoreError> {
        let mut out = Vec::new();
        let mut chunk = leaf / CHUNK_ENTRIES;
        let mut skip = usize::try_from(leaf % CHUNK_ENTRIES).unwrap_or(0);
        // Key by key, not by iterator: the database's iterators cost more and promise no snapshot either.
        while out.len() < max {
            let Some(value) = self.get(&chunk_key(chunk))? else { break };
            let entries = chunk_entries(&value)?;
            let full = entries.len() as u64 == CHUNK_ENTRIES;
            out.extend(entries.into_iter().skip(skip).take(max.saturating_sub(out.len())));
            if !full {
                break;
            }
            // No chunk has the last number: a leaf is 64 bits, and many are in one.
            chunk = chunk.saturating_add(1);
            skip = 0;
        }
        Ok(out)
    }

    fn stream(&self, stream: StreamId) -> Result<Vec<u64>, StoreError> {
        self.with(|db| {
            let mut leaves = Vec::new();
            for item in db.scan_prefix(stream_prefix(stream)) {
                let (key, value) = item.map_err(|error| broken("read a stream", error))?;
                if u32::try_from(leaves.len()) != Ok(stream_revision(&key)?) {
                    return Err(StoreError::Damaged { what: "stream with a gap" });
                }
                leaves.push(stream_leaf(&value)?);
            }
            Ok(leaves)
        })
    }

    fn public_entries(&self) -> Result<Vec<(StreamId, u32, u64)>, StoreError> {
        self.with(|db| {
            let mut entries = Vec::new();
            for item in db.scan_prefix(STREAMS) {
                let (key, value) = item.map_err(|error| broken("read the streams", error))?;
                entries.push((stream_of_key(&key)?, stream_revision(&key)?, stream_leaf(&value)?));
            }
            Ok(entries)
        })
    }

    fn stream_head(&self, stream: StreamId) -> Result<Option<(u32, u64)>, StoreError> {
        self.with(|db| {
            let Some(item) = db.scan_prefix(stream_prefix(stream)).next_back() else { return Ok(None) };
            let (key, value) = item.map_err(|error| broken("read a stream's head", error))?;
            Ok(Some((stream_revision(&key)?, stream_leaf(&value)?)))
        })
    }
}

fn open_database(dir: &Path) -> Result<sled::Db, StoreError> {
    let began = Instant::now();
    loop {
        let opened = sled::Config::new()
            .path(dir)
            .cache_capacity(CACHE_BYTES)
            .flush_every_ms(Some(FLUSH_EVERY_MS))
            .use_compression(false)
            .open();
        match opened.map_err(open_error) {
            // The database gives its file lock back from a thread of its own, some time after its last handle is gone.
            Err(StoreError::InUse) if began.elapsed() < IN_USE_PATIENCE => {
                std::thread::sleep(Duration::from_millis(10));
            }
            answer => return answer,
        }
    }
}

/// The rename that would have finished them never happened, and the older snapshot is removed only after it.
fn remove_unfinished_snapshots(dir: &Path) -> io::Result<()> {
    for item in fs::read_dir(dir)? {
        let path = item?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with("snap.") && name.ends_with(".generating") {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

/// After the first open: without these, power loss can leave a directory without the files that were created in it.
fn sync_creation(dir: &Path) -> io::Result<()> {
    for name in ["db", "conf"] {
        File::open(dir.join(name))?.sync_all()?;
    }
    File::open(dir)?.sync_all()?;
    dir.parent().map_or(Ok(()), |parent| File::open(parent)?.sync_all())
}

fn open_error(error: sled::Error) -> StoreError {
    match error {
        // The database names a lost race for its file lock only in words.
        sled::Error::Io(error) if error.to_string().contains("could not acquire lock") => StoreError::InUse,
        sled::Error::Io(cause) if is_environment(&cause) => StoreError::File { action: "open", cause },
        _ => StoreError::Unopenable,
    }
}

/// Failures of the machine, which setting the files aside would not cure. Anything else it reports while opening
/// (a short file, a bad checksum, an unreadable configuration) is about the bytes.
fn is_environment(error: &io::Error) -> bool {
    use io::ErrorKind::{OutOfMemory, PermissionDenied, ReadOnlyFilesystem, StorageFull};
    matches!(error.kind(), PermissionDenied | ReadOnlyFilesystem | StorageFull | OutOfMemory)
        || error.raw_os_error().is_some()
}

fn broken(action: &'static str, error: sled::Error) -> StoreError {
    match error {
        sled::Error::Io(cause) => StoreError::File { action, cause },
        _ => StoreError::Broken { action },
    }
}

#[cfg(test)]
mod tests;
