//! The journal applied again, from where heads and store are known to be durable.

use std::collections::hash_map::Entry as Known;
use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use super::error::OpenError;
use super::prepare::id_order;
use super::shared::StreamHead;
use super::status::{Concern, Seen};
use crate::crypto::{Hash, SealKey};
use crate::event::entry::Entry;
use crate::event::{Kind, StreamId, UnixMs, WorkerId};
use crate::statement::Brief;
use crate::store::{Batch, Mark, SledStore, Store, StoreError, StoredEntry};
use crate::tlog::{Frontier, VerifierKey, leaf_hash};
use crate::trust::TrustState;
use crate::vault::{
    DataDir, Frame, Head, Heads, Journal, JournalReader, KeySlot, Keyring, OpenedRecord, Position, Record,
    Tail, VaultError, exists,
};

/// A rebuilt store is made durable every so many entries, so that its unwritten part stays small.
const SYNC_EVERY: u64 = 100_000;

/// Everything that stands on the journal, brought up to its end.
pub(super) struct Replayed {
    pub(super) store: Arc<dyn Store>,
    pub(super) heads: Heads,
    pub(super) journal: Journal,
    pub(super) public: PublicState,
    pub(super) frontier: Frontier,
    pub(super) last_recorded_at: UnixMs,
    /// What the status lists have to follow.
    pub(super) seen: Seen,
}

/// What the public streams say, folded in leaf order.
#[derive(Default)]
pub(super) struct PublicState {
    pub(super) trust: TrustState,
    pub(super) streams: HashMap<StreamId, StreamHead>,
    /// The witnesses that the ledger named.
    pub(super) witnesses: Vec<VerifierKey>,
}

fn damaged(place: impl std::fmt::Display, problem: impl Into<String>) -> OpenError {
    OpenError::JournalDamaged { place: place.to_string(), problem: problem.into() }
}

/// Opens heads and journal, and applies what they and the store lack. `locked` is the size of the locked tree.
/// `listed` is up to where the status lists know the journal; `None`: nothing in it concerns them.
pub(super) fn replay(
    dir: &DataDir,
    store: Arc<dyn Store>,
    keyring: &Keyring,
    locked: u64,
    listed: Option<Position>,
) -> Result<Replayed, OpenError> {
    let heads = open_heads(&dir.heads())?;
    // Kept from before the replay: what it puts into a torn slot knows nothing of the stream's ids before.
    let torn: HashSet<KeySlot> = heads.torn().into_iter().collect();
    // Erase (c), where a crash came before it.
    for erasure in keyring.erasures()? {
        heads.clear(erasure.slot)?;
    }
    let mark = store.mark()?;
    let applied =
        mark.as_ref().map_or(Position::START, |mark| Position { at: mark.journal_end, leaf: mark.size });
    let settled = heads.position();
    let from = [applied, settled].into_iter().chain(listed).min_by_key(|place| place.leaf).unwrap_or(applied);
    let mut journal = Journal::open(&dir.journal(), from)?;
    check_end(&mut journal, applied.leaf.max(settled.leaf).max(heads.leaves()), locked)?;

    let frontier = match &mark {
        Some(mark) => {
            Frontier::decode(&mark.frontier).map_err(|_| StoreError::Damaged { what: "frontier" })?
        }
        None => Frontier::default(),
    };
    let mut replay = Replay { store: &*store, frontier, unsynced: 0 };
    let mut seen = Seen::default();
    for frame in journal.frames_from(from)? {
        let frame = frame?;
        if frame.start.leaf >= applied.leaf {
            replay.apply_to_store(&frame, |frontier, leaf| {
                frontier.push(leaf, |_, _, _| {});
                Ok(())
            })?;
        }
        let heads = (frame.start.leaf >= settled.leaf).then_some(&heads);
        let seen = listed.filter(|listed| frame.start.leaf >= listed.leaf).map(|_| &mut seen);
        if heads.is_some() || seen.is_some() {
            apply_to_persons(&read_persons(keyring, &frame)?, heads, seen)?;
        }
    }
    let frontier = replay.frontier;
    recompute_torn(&torn, &heads, keyring, &journal.reader())?;
    // A ledger that records nothing more writes no head of its own accord.
    heads.sync_slots()?;
    let public = fold_public(&*store, &journal.reader())?;
    let last_recorded_at = last_recorded_at(&*store, &journal.reader(), frontier.size())?;
    Ok(Replayed { store, heads, journal, public, frontier, last_recorded_at, seen })
}

/// A torn last frame was never acknowledged if nobody else knows it: then it is cut off. Else it is damage, as is a
/// journal that ends before what others know.
pub(super) fn check_end(journal: &mut Journal, known: u64, locked: u64) -> Result<(), OpenError> {
    let held = journal.end().leaf;
    if let Tail::Torn { at } = journal.tail() {
        if known.max(locked) > held {
            return Err(damaged(at, "the last frame is torn, and its entries were already acknowledged"));
        }
        journal.truncate_torn()?;
    }
    if known > held {
        return Err(damaged(
            journal.end().at,
            format!("it ends after {held} entries; {known} were acknowledged"),
        ));
    }
    if locked > held { Err(OpenError::LockAhead { locked, held }) } else { Ok(()) }
}

/// A store that does not open is set aside: the journal has everything it had.
pub(super) fn open_store(path: &Path) -> Result<Arc<dyn Store>, OpenError> {
    match SledStore::open(path) {
        Err(StoreError::Unopenable) => {
            set_aside(path)?;
            Ok(Arc::new(SledStore::open(path)?))
        }
        opened => Ok(Arc::new(opened?)),
    }
}

/// So are heads of which not even the header can be read.
fn open_heads(path: &Path) -> Result<Heads, OpenError> {
    match Heads::open(path) {
        Err(VaultError::HeadsDamaged { .. }) => {
            // Not kept: the worker ids in it would outlive an erasure.
            std::fs::remove_file(path).map_err(|source| file_error("remove", path, source))?;
            Ok(Heads::open(path)?)
        }
        opened => Ok(opened?),
    }
}

fn set_aside(path: &Path) -> Result<(), OpenError> {
    let mut aside = path.as_os_str().to_owned();
    aside.push(".unopenable");
    let aside = std::path::PathBuf::from(aside);
    if exists(&aside)? {
        std::fs::remove_dir_all(&aside).map_err(|source| file_error("remove", &aside, source))?;
    }
    tracing::warn!("the event store does not open; it is set aside and made anew from the journal");
    std::fs::rename(path, &aside).map_err(|source| file_error("set aside", path, source))
}

pub(super) fn file_error(action: &'static str, path: &Path, cause: std::io::Error) -> OpenError {
    VaultError::File(crate::vault::FileError { action, path: path.to_owned(), cause }).into()
}

/// Frames into the store.
pub(super) struct Replay<'a> {
    pub(super) store: &'a dyn Store,
    pub(super) frontier: Frontier,
    pub(super) unsynced: u64,
}

impl Replay<'_> {
    /// Takes a frame into the store; `grow` takes the hash of each of its entries into the frontier, and where else it belongs.
    pub(super) fn apply_to_store(
        &mut self,
        frame: &Frame,
        mut grow: impl FnMut(&mut Frontier, Hash) -> Result<(), OpenError>,
    ) -> Result<(), OpenError> {
        let mut entries = Vec::with_capacity(frame.records.len());
        let mut streams = Vec::new();
        for (leaf, (at, record)) in (frame.start.leaf..).zip(&frame.records) {
            let entry = Entry::decode(&record.entry).map_err(|error| damaged(at, error.to_string()))?;
            let person = match entry {
                Entry::Person { .. } => record.entry.as_slice().try_into().ok(),
                Entry::Public { stream, revision, .. } => {
                    streams.push((stream, revision, leaf));
                    None
                }
            };
            grow(&mut self.frontier, leaf_hash(&record.entry))?;
            entries.push(StoredEntry { person, at: *at });
        }
        let mark =
            Mark { size: self.frontier.size(), journal_end: frame.end.at, frontier: self.frontier.encode() };
        self.unsynced += entries.len() as u64;
        self.store.apply(&Batch { first_leaf: frame.start.leaf, entries, streams, mark })?;
        if self.unsynced >= SYNC_EVERY {
            self.store.sync()?;
            self.unsynced = 0;
        }
        Ok(())
    }
}

/// A person's record that opened.
pub(super) struct Person {
    read: PersonRecord,
    worker: WorkerId,
}

/// The persons' records of a frame, but for those whose key was destroyed.
pub(super) fn read_persons(keyring: &Keyring, frame: &Frame) -> Result<Vec<Person>, OpenError> {
    let mut persons = Vec::with_capacity(frame.records.len());
    // What one body records of one person often comes together: each key is read once a frame.
    let mut keys: HashMap<KeySlot, Option<SealKey>> = HashMap::new();
    for (leaf, (at, record)) in (frame.start.leaf..).zip(&frame.records) {
        let Some(sealed) = &record.sealed else { continue };
        let key = match keys.entry(sealed.slot) {
            Known::Occupied(known) => known.into_mut(),
            Known::Vacant(new) => new.insert(keyring.key(sealed.slot)?),
        };
        let Some(key) = key else { continue };
        let opened = sealed.open(key, &record.entry).map_err(|error| damaged(at, error.to_string()))?;
        let read = PersonRecord::read(sealed.slot, leaf, record, &opened);
        let read = read.ok_or_else(|| damaged(at, "no head follows from it"))?;
        persons.push(Person { read, worker: opened.worker });
    }
    Ok(persons)
}

/// Persons' records into the heads, and before the eyes of the status lists.
pub(super) fn apply_to_persons(
    persons: &[Person],
    heads: Option<&Heads>,
    mut seen: Option<&mut Seen>,
) -> Result<(), OpenError> {
    for Person { read, worker } in persons {
        let leaf = read.head.leaf;
        if let Some(seen) = &mut seen {
            seen.see(leaf, read.recorded_at, *worker, &read.concern);
        }
        let Some(heads) = heads else { continue };
        let before = match heads.get(*worker) {
            // A torn one is put anew, and its stream walked; one that cannot be read now is no less there.
            Err(VaultError::HeadsDamaged { .. }) => None,
            before => before?,
        };
        // One that is there is put again: an fsync may have failed on it, and then it is perhaps on no disk.
        if before.as_ref().is_none_or(|head| head.leaf <= leaf) {
            heads.put(&read.head(before.map_or(0, |head| head.newest_id)))?;
        }
    }
    Ok(())
}

/// `None`: a public entry, or a person's whose key was destroyed.
pub(super) fn unseal(
    keyring: &Keyring,
    record: &Record,
    at: &impl std::fmt::Display,
) -> Result<Option<(KeySlot, OpenedRecord)>, OpenError> {
    let Some(sealed) = &record.sealed else { return Ok(None) };
    let Some(key) = keyring.key(sealed.slot)? else { return Ok(None) };
    let opened = sealed.open(&key, &record.entry).map_err(|error| damaged(at, error.to_string()))?;
    Ok(Some((sealed.slot, opened)))
}

/// What follows from a person's record, once it is opened.
pub(super) struct PersonRecord {
    head: Head,
    recorded_at: UnixMs,
    concern: Concern,
}

impl PersonRecord {
    pub(super) fn read(slot: KeySlot, leaf: u64, record: &Record, opened: &OpenedRecord) -> Option<Self> {
        let Ok(Entry::Person { recorded_at, l, .. }) = Entry::decode(&record.entry) else { return None };
        let said = Brief::read(&opened.statement).ok()?;
        let newest_id = id_order(said.id);
        let concern = Concern::of(&said.vct, said.bears);
        let OpenedRecord { worker, revision, .. } = *opened;
        Some(Self { head: Head { worker, slot, revision, leaf, link: l, newest_id }, recorded_at, concern })
    }

    /// The head that the stream has after it; `newest` is that of the head before.
    pub(super) fn head(&self, newest: u64) -> Head {
        Head { newest_id: newest.max(self.head.newest_id), ..self.head }
    }
}

/// Slots that were torn (power loss while the disk wrote them): their streams are walked.
fn recompute_torn(
    torn: &HashSet<KeySlot>,
    heads: &Heads,
    keyring: &Keyring,
    journal: &JournalReader,
) -> Result<(), OpenError> {
    if torn.is_empty() {
        return Ok(());
    }
    let mut found: HashMap<WorkerId, Head> = HashMap::new();
    for frame in journal.frames_from(Position::START)? {
        let frame = frame?;
        for (leaf, (at, record)) in (frame.start.leaf..).zip(&frame.records) {
            if record.sealed.as_ref().is_none_or(|sealed| !torn.contains(&sealed.slot)) {
                continue;
            }
            let Some((slot, opened)) = unseal(keyring, record, at)? else { continue };
            let newest = found.get(&opened.worker).map_or(0, |head| head.newest_id);
            let read = PersonRecord::read(slot, leaf, record, &opened);
            let read = read.ok_or_else(|| damaged(at, "no head follows from it"))?;
            found.insert(opened.worker, read.head(newest));
        }
    }
    found.values().try_for_each(|head| heads.put(head))?;
    let recomputed: HashSet<KeySlot> = found.values().map(|head| head.slot).collect();
    // A slot that no record names was torn while its worker was opened, before anything was acknowledged.
    torn.difference(&recomputed).try_for_each(|slot| heads.clear(*slot))?;
    Ok(())
}

/// Institutions and the ledger, in leaf order: who may say what.
pub(super) fn fold_public(store: &dyn Store, journal: &JournalReader) -> Result<PublicState, OpenError> {
    let mut entries = store.public_entries()?;
    entries.sort_unstable_by_key(|&(_, _, leaf)| leaf);
    let mut state = PublicState::default();
    for (_, _, leaf) in entries {
        let stored = store.entry(leaf)?.ok_or(StoreError::Damaged { what: "entry (it is missing)" })?;
        state
            .fold(leaf, &journal.read(stored.at)?.entry)
            .map_err(|problem| damaged(format!("leaf {leaf}"), problem))?;
    }
    if state.trust.origin().is_none() {
        return Err(damaged("leaf 0", "there is no genesis"));
    }
    Ok(state)
}

impl PublicState {
    /// Checks one public entry against its stream and the trust state, and folds it.
    pub(super) fn fold(&mut self, leaf: u64, bytes: &[u8]) -> Result<(), String> {
        let entry = Entry::decode(bytes).map_err(|error| error.to_string())?;
        let Entry::Public { recorded_at, stream, revision, prev, statement, .. } = entry else {
            return Err("it is a person's entry in a public stream".to_owned());
        };
        let head = self.streams.get(&stream).copied();
        let (next, expected) =
            head.map_or((0, [0; 32]), |head| (head.revision.saturating_add(1), head.leaf_hash));
        if (revision, prev) != (next, expected) {
            return Err("it does not continue its stream".to_owned());
        }
        let (statement, event) =
            self.trust.verify_public(&statement, leaf, recorded_at).map_err(|error| error.to_string())?;
        if crate::trust::stream_of(event.kind(), statement.subject().unwrap_or_default()) != Some(stream) {
            return Err("it stands in another stream than its subject's".to_owned());
        }
        let newest_id = head.map_or(0, |head| head.newest_id).max(id_order(statement.clear().id));
        self.trust.apply(&statement, &event, leaf, recorded_at);
        if event.kind() == Kind::WitnessNamed {
            self.witnesses.extend(event.text("vkey").and_then(|vkey| VerifierKey::parse(vkey).ok()));
        }
        self.streams.insert(stream, StreamHead { revision, leaf_hash: leaf_hash(bytes), newest_id });
        Ok(())
    }
}

fn last_recorded_at(store: &dyn Store, journal: &JournalReader, size: u64) -> Result<UnixMs, OpenError> {
    let Some(last) = size.checked_sub(1) else { return Err(damaged("its first byte", "it holds no entry")) };
    let stored = store.entry(last)?.ok_or(StoreError::Damaged { what: "entry (it is missing)" })?;
    let bytes = match stored.person {
        Some(entry) => entry.to_vec(),
        None => journal.read(stored.at)?.entry,
    };
    Ok(Entry::decode(&bytes)
        .map_err(|error| damaged(format!("leaf {last}"), error.to_string()))?
        .recorded_at())
}
