//! Opening: from whatever a stop, a kill or a power loss has left to a ledger that serves, or a named refusal.
//!
//! The journal is the truth. Heads and store each know up to where they were durable; the frames from the smaller of the
//! two on are applied again (`replay`). The tree's hashes are durable up to the locked size and added from there on
//! (`tree`). Nothing is signed before the locked root has been found again.

use std::path::Path;
use std::sync::{Arc, Mutex, RwLock, mpsc};
use std::time::Duration;

use super::clock::Clock;
use super::cosigned::Gathering;
use super::error::OpenError;
use super::group::Group;
use super::ids::RecentIds;
use super::intake::Intake;
use super::keys::{self, LedgerKeyUse};
use super::operators::Operators;
use super::pipeline::{Work, verifier};
use super::publisher::{Publisher, kept_or_published};
use super::replay::{self, Replayed};
use super::shared::{Parts, Shared};
use super::status;
use super::tree::{self, Tree};
use super::writer::{Fault, Writer};
use super::{Doors, Handle, Ledger, Options, Published};
use crate::crypto::sha256;
use crate::store::Store;
use crate::tlog::Checkpoint;
use crate::trust::TrustState;
use crate::vault::{
    AccessFiles, CheckpointArchive, CheckpointLock, DataDir, HashFiles, Hashes, KeptCheckpoint, Keyring,
    LedgerKeys, LockedTree, ProcessLock, ShareFiles, VaultError,
};

impl Ledger {
    /// Opens for writing; replays, checks, starts the writer, verifier and checkpoint threads.
    pub fn open(dir: &Path, options: Options, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let (shared, writer, publisher) = ready(dir, options, clock, replay::open_store)?;
        if shared.options.read_only {
            return start_reading(shared, &writer);
        }
        start(shared, writer, publisher)
    }
}

/// Everything that the threads will work with, brought up to the journal's end; nothing runs yet.
#[expect(clippy::too_many_lines, reason = "one start, in the order in which it must happen")]
pub(super) fn ready(
    dir: &Path,
    options: Options,
    clock: Arc<dyn Clock>,
    open_store: impl FnOnce(&Path) -> Result<Arc<dyn Store>, OpenError>,
) -> Result<(Arc<Shared>, Writer, Publisher), OpenError> {
    let dir = data_dir(dir)?;
    let process_lock = ProcessLock::acquire(&dir.process_lock())?;
    super::rebuild::remove_leftovers(&dir)?;
    dir.sync()?;
    let operators = Operators::open(&dir)?;
    let mut keys = LedgerKeys::open(&dir)?;
    let keyring = Keyring::open(&dir)?;
    keyring.complete_erasures()?;
    // A slot that does not open is damage for the replay to name, not a reason to remove anything here.
    let is_live = |slot| !matches!(keyring.key(slot), Ok(None));
    let access = AccessFiles::open(&dir, is_live)?;
    let shares = ShareFiles::open(&dir, is_live)?;
    let lock = CheckpointLock::at(&dir.checkpoint_lock());
    let archive = CheckpointArchive::open(&dir)?;
    let locked = if options.read_only { None } else { check_lock(lock.read()?, &archive)? };

    let status = status::Opened::read(&dir, keyring.erasure_count())?;
    let Replayed { store, heads, journal, public, frontier, last_recorded_at, seen } = replay::replay(
        &dir,
        open_store(&dir.sled())?,
        &keyring,
        locked.as_ref().map_or(0, |tree| tree.size),
        status.settled(),
    )?;
    let origin = public.trust.origin().unwrap_or_default().to_owned();
    if locked.as_ref().is_some_and(|tree| tree.origin != origin) {
        return Err(OpenError::WrongKeys { what: "checkpoint lock" });
    }
    if options.read_only {
        keys.forget();
    } else {
        keys::check_and_clean(&dir, &mut keys, &public.trust)?;
    }
    let mut hashes = HashFiles::open(&dir.levels())?;
    let journal = journal.with_segments_of(options.segment_bytes);
    let reader = journal.reader();
    let source = Tree { store: &*store, journal: &reader };
    source.bring_up_to_date(&mut hashes, locked.as_ref(), &frontier)?;

    let now = clock.now_ms().max(last_recorded_at);
    let published = if options.read_only {
        kept_as_it_is(&archive, &public.trust, &hashes.reader(), frontier.size())?
    } else {
        let checkpoint = match locked {
            // A lock newer than the checkpoint: a crash came between. That tree, and no other, is signed (again).
            Some(LockedTree { size, root, .. }) => Checkpoint { origin: origin.clone(), size, root },
            None => Checkpoint { origin: origin.clone(), size: frontier.size(), root: frontier.root() },
        };
        let signers = keys::in_force(&keys, &public.trust, LedgerKeyUse::Log);
        kept_or_published(checkpoint, &signers, &lock, &archive, now)?
    };
    let cosigned = CheckpointArchive::open_cosigned(&dir)?;
    let gathering = Gathering::resume(cosigned, options.witness_policy.as_ref())?;
    let published = gathering.dress(published);
    let genesis = source.entry(0)?;
    let status = status.into_lists(&origin, seen, journal.end())?;
    let shared = Arc::new(Shared::new(Parts {
        origin,
        options,
        clock,
        paths: dir.clone(),
        keys,
        genesis_hash: sha256(&[&genesis]),
        store,
        journal: reader,
        hashes: hashes.reader(),
        archive,
        keyring,
        status,
        access,
        shares,
        operators,
        heads,
        trust: Arc::new(public.trust),
        frontier: frontier.clone(),
        end: journal.end(),
        last_recorded_at,
        published,
        gathering,
        process_lock,
    }));
    let mut writer = Writer {
        trust: shared.trust_snapshot().1,
        shared: Arc::clone(&shared),
        journal,
        frontier,
        generation: 0,
        streams: public.streams,
        group: Group::default(),
        ready: std::collections::VecDeque::new(),
        recent_ids: RecentIds::default(),
        now,
        spare_slots: std::collections::VecDeque::new(),
    };
    shared.status_follow()?;
    writer.erase_again()?;
    if !shared.options.read_only {
        complete_erasures(&mut writer)?;
    }
    let publisher = Publisher { shared: Arc::clone(&shared), hashes, lock, room: Vec::new() };
    Ok((shared, writer, publisher))
}

/// For a ledger that signs nothing: the newest kept checkpoint of a tree that the journal has, found again in its entries.
fn kept_as_it_is(
    archive: &CheckpointArchive,
    trust: &TrustState,
    hashes: &Hashes,
    size: u64,
) -> Result<Published, OpenError> {
    let KeptCheckpoint { note, published_at, .. } =
        archive.at_most(size)?.ok_or(OpenError::NothingPublished)?;
    let checkpoint = tree::signed_by_ledger(trust, &note).ok_or(OpenError::CheckpointRefused)?;
    if crate::tlog::root(hashes, checkpoint.size)? != checkpoint.root {
        return Err(OpenError::RootDiffers { size: checkpoint.size });
    }
    Ok(Published { checkpoint, note, published_at })
}

pub(super) fn data_dir(dir: &Path) -> Result<DataDir, OpenError> {
    let paths = DataDir::new(dir)?;
    paths.check_exists().map_err(|error| match error {
        VaultError::Missing { path } => OpenError::NotALedger { path: dir.to_owned(), missing: path },
        error => error.into(),
    })?;
    Ok(paths)
}

/// No lock and no checkpoint: first start. No lock but a checkpoint: someone must say how far the log was known.
fn check_lock(
    locked: Option<LockedTree>,
    archive: &CheckpointArchive,
) -> Result<Option<LockedTree>, OpenError> {
    let published = archive.at_most(u64::MAX)?.map_or(0, |kept| kept.size);
    match locked {
        None if published > 0 => Err(OpenError::LockMissing),
        // A lock is written before its checkpoint: one that is behind was taken from an old copy.
        Some(tree) if tree.size < published => Err(OpenError::LockBehind { locked: tree.size, published }),
        locked => Ok(locked),
    }
}

/// Erasures known to the keyring, and recorded in the log. Entries name nobody, so counting is all there is to compare: more
/// in the log means that the keyring is an old copy, whose erased workers nobody can name.
fn count_erasures(writer: &Writer) -> Result<(usize, usize), OpenError> {
    let known = writer.shared.keyring.erasures()?.len();
    let logged = writer.shared.store.stream(crate::event::StreamId::erasures())?.len();
    if logged > known { Err(OpenError::KeyringBehind { logged, known }) } else { Ok((known, logged)) }
}

/// Every erasure has its entry.
fn complete_erasures(writer: &mut Writer) -> Result<(), OpenError> {
    let (done, noted) = count_erasures(writer)?;
    for _ in noted..done {
        writer.note_erasure(None).map_err(|fault| OpenError::JournalDamaged {
            place: "the stream of erasures".to_owned(),
            problem: match fault {
                Fault::Refused(error) => error.message,
                Fault::Stop(what) => what,
            },
        })?;
    }
    Ok(())
}

/// Without a writer and without a publisher: readers alone, whose looks are noted.
fn start_reading(shared: Arc<Shared>, writer: &Writer) -> Result<Ledger, OpenError> {
    count_erasures(writer)?;
    let notes = Arc::clone(&shared);
    let threads = Mutex::new(vec![spawn("access", move || sync_notes(&notes))?]);
    Ok(Ledger(Arc::new(Handle { shared, doors: RwLock::new(None), threads })))
}

/// Starts the threads; they end one after the other as the channels between them close.
fn start(shared: Arc<Shared>, writer: Writer, publisher: Publisher) -> Result<Ledger, OpenError> {
    let verifiers = match shared.options.verifiers {
        0 => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        some => some,
    };
    let (to_writer, work) = mpsc::channel::<Work>();
    // From here on: where a thread cannot be started, dropping it ends those that were.
    let doors = Doors { intake: Arc::new(Intake::new(verifiers)), writer: to_writer };
    let mut threads = Vec::new();
    for _ in 0..verifiers {
        let (shared, intake, to_writer) =
            (Arc::clone(&shared), Arc::clone(&doors.intake), doors.writer.clone());
        threads.push(spawn("verifier", move || verifier(&shared, &intake, &to_writer))?);
    }
    threads.push(spawn("writer", move || writer.run(&work))?);
    let notes = Arc::clone(&shared);
    threads.push(spawn("access", move || sync_notes(&notes))?);
    threads.push(spawn("publisher", move || publisher.run())?);
    let doors = RwLock::new(Some(doors));
    Ok(Ledger(Arc::new(Handle { shared, doors, threads: Mutex::new(threads) })))
}

fn spawn(name: &str, act: impl FnOnce() + Send + 'static) -> Result<std::thread::JoinHandle<()>, OpenError> {
    std::thread::Builder::new().name(name.to_owned()).spawn(act).map_err(|_| OpenError::Thread)
}

/// How often notes of reads are made durable: a read waits for no fsync, a power cut costs at most so much.
const NOTES_INTERVAL: Duration = Duration::from_secs(2);

fn sync_notes(shared: &Shared) {
    let sync = std::panic::AssertUnwindSafe(|| {
        while !shared.is_finished() {
            shared.wait_for_end(NOTES_INTERVAL);
            if let Err(error) = shared.access.sync() {
                shared.fail(&format!("notes of reads could not be made durable: {error}"));
            }
        }
    });
    if std::panic::catch_unwind(sync).is_err() {
        shared.fail("the thread that keeps notes of reads panicked");
    }
}

/// After `LOCK_MISSING`: takes the newest checkpoint known to anyone (a witness, a monitor, a passport file), checks that
/// it is this ledger's and that the journal still gives its root, and locks it.
pub fn restore_lock(dir: &Path, note: &str) -> Result<Checkpoint, OpenError> {
    let dir = data_dir(dir)?;
    let _process_lock = ProcessLock::acquire(&dir.process_lock())?;
    dir.create_lock_dir()?;
    let unusable = || OpenError::CheckpointRefused;
    let trust = tree::trust_from_journal(&dir)?;
    let checkpoint = tree::signed_by_ledger(&trust, note).ok_or_else(unusable)?;
    let archive = CheckpointArchive::open(&dir)?;
    if archive.at_most(u64::MAX)?.is_some_and(|kept| kept.size > checkpoint.size) {
        return Err(unusable());
    }
    let root = tree::root_from_journal(&dir, checkpoint.size)?;
    if root != checkpoint.root {
        return Err(OpenError::RootDiffers { size: checkpoint.size });
    }
    let tree = LockedTree { origin: checkpoint.origin.clone(), size: checkpoint.size, root };
    CheckpointLock::at(&dir.checkpoint_lock()).write(&tree)?;
    archive.restore_current(checkpoint.size)?;
    Ok(checkpoint)
}
