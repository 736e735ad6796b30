//! The pass over the journal: every entry, every readable statement.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{FsckReport, RESTORE_JOURNAL, RESTORE_KEYRING};
use crate::crypto::{Hash, PublicKey, sha256};
use crate::event::entry::{Entry, chain_start, link, statement_commitment};
use crate::event::{Event, Kind, StreamId, UnixMs, WorkerId};
use crate::ledger::error::OpenError;
use crate::ledger::history::{History, Past, needs_history};
use crate::ledger::prepare::id_order;
use crate::ledger::replay::{PublicState, unseal};
use crate::ledger::status::{Concern, Seen};
use crate::ledger::stream::authoriser_kind;
use crate::statement::{Statement, Unverified};
use crate::store::JournalOffset;
use crate::tlog::{Frontier, leaf_hash};
use crate::trust::{KeyVerdict, Question, TrustState};
use crate::vault::{Head, JournalReader, KeySlot, Keyring, OpenedRecord, Position, Record, Tail, VaultError};

/// What the journal says, recomputed.
#[derive(Default)]
pub(super) struct Scan {
    pub(super) frontier: Frontier,
    pub(super) end: Option<Position>,
    /// Where frames end, by the leaf that follows.
    pub(super) ends: HashMap<u64, JournalOffset>,
    /// Where frames begin, and where the next one would: in front of a segment's first, that is not where the one before ended.
    pub(super) starts: HashMap<u64, JournalOffset>,
    pub(super) public: PublicState,
    /// Where every readable stream ends.
    pub(super) chains: HashMap<WorkerId, Head>,
    /// Where every record is.
    pub(super) places: Vec<JournalOffset>,
    pub(super) erased_records: u64,
    /// The leaf of each public entry, by its stream and revision.
    pub(super) public_places: HashMap<(StreamId, u32), u64>,
    /// Slots that records name.
    pub(super) slots: HashSet<KeySlot>,
    /// The root at each size that someone promised.
    pub(super) roots: BTreeMap<u64, Option<Hash>>,
    pub(super) leaf_hashes: Vec<Hash>,
    /// Statements that bear an index of a status list, and what changes others.
    pub(super) seen: Seen,
    genesis_hash: Hash,
    recorded_at: UnixMs,
}

/// Reads the journal up to `limit` entries.
pub(super) fn scan(
    journal: &JournalReader,
    keyring: &Keyring,
    roots: BTreeMap<u64, Option<Hash>>,
    limit: u64,
    report: &mut FsckReport,
) -> Result<Scan, OpenError> {
    let mut scan = Scan { roots, ..Scan::default() };
    scan.note_root();
    let mut frames = journal.frames_from(Position::START)?;
    while scan.frontier.size() < limit {
        let frame = match frames.next() {
            None => break,
            Some(Ok(frame)) => frame,
            Some(Err(VaultError::JournalDamaged { at, problem })) => {
                report.find(format!("journal, {at}"), problem, RESTORE_JOURNAL);
                break;
            }
            Some(Err(error)) => return Err(error.into()),
        };
        for (at, record) in &frame.records {
            scan.entry(*at, record, journal, keyring, report)?;
        }
        scan.end = Some(frame.end);
        scan.ends.insert(frame.end.leaf, frame.end.at);
        scan.starts.insert(frame.start.leaf, frame.start.at);
    }
    scan.starts.insert(frames.position().leaf, frames.position().at);
    if let Tail::Torn { at } = frames.tail()
        && limit == u64::MAX
    {
        let remedy = "start the ledger: it cuts the torn frame off if nothing was acknowledged from it";
        report.find(format!("journal, {at}"), "the last frame is torn", remedy);
    }
    Ok(scan)
}

impl Scan {
    /// Whether a place is between two frames of this journal.
    pub(super) fn has_place(&self, place: Position) -> bool {
        let at = Some(&place.at);
        place == Position::START || self.ends.get(&place.leaf) == at || self.starts.get(&place.leaf) == at
    }

    fn note_root(&mut self) {
        if let Some(root) = self.roots.get_mut(&self.frontier.size()) {
            *root = Some(self.frontier.root());
        }
    }

    fn entry(
        &mut self,
        at: JournalOffset,
        record: &Record,
        journal: &JournalReader,
        keyring: &Keyring,
        report: &mut FsckReport,
    ) -> Result<(), OpenError> {
        let leaf = self.frontier.size();
        if leaf == 0 {
            self.genesis_hash = sha256(&[&record.entry]);
        }
        self.places.push(at);
        let problem = match Entry::decode(&record.entry) {
            Err(error) => Some(error.to_string()),
            Ok(entry) if entry.recorded_at() < self.recorded_at => {
                Some("it was recorded before the one before it".to_owned())
            }
            Ok(entry) => {
                self.recorded_at = entry.recorded_at();
                match entry {
                    Entry::Public { stream, revision, .. } => {
                        self.public_places.insert((stream, revision), leaf);
                        self.public.fold(leaf, &record.entry).err()
                    }
                    Entry::Person { recorded_at, s, l } => {
                        self.person(leaf, (recorded_at, s, l), record, journal, keyring, report)?
                    }
                }
            }
        };
        if let Some(problem) = problem {
            report.find(format!("leaf {leaf}"), problem, RESTORE_JOURNAL);
        }
        let hash = leaf_hash(&record.entry);
        self.leaf_hashes.push(hash);
        self.frontier.push(hash, |_, _, _| {});
        self.note_root();
        Ok(())
    }

    fn person(
        &mut self,
        leaf: u64,
        (recorded_at, s, l): (UnixMs, Hash, Hash),
        record: &Record,
        journal: &JournalReader,
        keyring: &Keyring,
        report: &mut FsckReport,
    ) -> Result<Option<String>, OpenError> {
        self.slots.extend(record.sealed.as_ref().map(|sealed| sealed.slot));
        let opened = match unseal(keyring, record, &leaf) {
            Ok(Some((slot, opened))) => (slot, opened),
            Ok(None) => {
                self.erased_records = self.erased_records.saturating_add(1);
                return Ok(None);
            }
            Err(OpenError::JournalDamaged { problem, .. }) => return Ok(Some(problem)),
            Err(OpenError::Vault(
                error @ (VaultError::SlotDamaged { .. } | VaultError::SlotUnknown { .. }),
            )) => {
                report.find(format!("leaf {leaf}"), error.to_string(), RESTORE_KEYRING);
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let (slot, opened) = opened;
        let chained = self.check_chain(slot, &opened, recorded_at, &s, &l);
        let said = self.check_statement(leaf, recorded_at, &opened, &s, journal, keyring);
        let newest = self.chains.get(&opened.worker).map_or(0, |head| head.newest_id);
        let parsed = crate::statement::Unverified::parse(&opened.statement);
        if let Ok(parsed) = &parsed {
            let clear = parsed.clear();
            let bears = clear.status.clone().map(|status| (clear.issuer.clone(), status));
            self.seen.see(leaf, recorded_at, opened.worker, &Concern::of(&clear.vct, bears));
        }
        let id = parsed.map_or(0, |parsed| id_order(parsed.clear().id));
        let head = Head {
            worker: opened.worker,
            slot,
            revision: opened.revision,
            leaf,
            link: l,
            newest_id: newest.max(id),
        };
        self.chains.insert(opened.worker, head);
        Ok(chained.and(said).err())
    }

    /// L opens to this worker, revision and predecessor.
    fn check_chain(
        &self,
        slot: KeySlot,
        opened: &OpenedRecord,
        recorded_at: UnixMs,
        s: &Hash,
        l: &Hash,
    ) -> Result<(), String> {
        let (revision, previous, l_prev) = match self.chains.get(&opened.worker) {
            Some(head) if head.slot != slot => {
                return Err("it is sealed under another key than its stream".to_owned());
            }
            Some(head) => (head.revision.saturating_add(1), Some(head.leaf), head.link),
            None => (0, None, chain_start(&self.genesis_hash, opened.worker)),
        };
        if (opened.revision, opened.previous, opened.l_prev) != (revision, previous, l_prev) {
            return Err("it does not continue its worker's stream".to_owned());
        }
        if link(&opened.n_l, opened.worker, revision, &l_prev, recorded_at, s) != *l {
            return Err("its L does not open to its place in the stream".to_owned());
        }
        Ok(())
    }

    /// S opens to the statement, which verifies, and was authorised by what stood before it.
    fn check_statement(
        &self,
        leaf: u64,
        recorded_at: UnixMs,
        opened: &OpenedRecord,
        s: &Hash,
        journal: &JournalReader,
        keyring: &Keyring,
    ) -> Result<(), String> {
        let trust = &self.public.trust;
        let (statement, event) = reread(&opened.statement, trust)
            .ok_or("its statement does not verify under a key known before it")?;
        if statement_commitment(&opened.n_s, statement.jwt()) != *s {
            return Err("its S does not open to its statement".to_owned());
        }
        if statement.subject() != Some(opened.worker.to_string().as_str()) || !statement.is_complete() {
            return Err("its statement is about another worker, or incomplete".to_owned());
        }
        let (kind, clear) = (event.kind(), statement.clear());
        if !kind.is_by_holder()
            && trust.key_verdict(&clear.issuer, &clear.kid, leaf, recorded_at) == KeyVerdict::Invalid
        {
            return Err("the key that signed it was not valid then".to_owned());
        }
        let question = Question::about(&clear.issuer, &event, leaf, recorded_at);
        if !kind.is_by_holder() && !kind.acts_on_another() {
            trust.authorise(&question).map_err(|refusal| refusal.to_string())?;
        }
        if needs_history(kind) {
            let history =
                self.history(opened, journal, keyring).ok_or("the stream before it cannot be read")?;
            let may_change = |past: &Past| crate::ledger::person::may_change(trust, &question, past);
            let may_confirm =
                |past: &Past| crate::ledger::person::may_confirm(trust, &question, &clear.kid, past);
            let body = authoriser_kind(trust, &statement, &event, leaf, recorded_at);
            let new = Past::of(&statement, event.clone(), leaf, recorded_at, body);
            history.check(&new, &may_change, &may_confirm).map_err(|error| error.message)?;
        }
        Ok(())
    }

    /// The stream before a record.
    fn history(&self, opened: &OpenedRecord, journal: &JournalReader, keyring: &Keyring) -> Option<History> {
        let mut past = Vec::new();
        let mut next = opened.previous;
        while let Some(leaf) = next {
            let record = journal.read(*self.places.get(usize::try_from(leaf).ok()?)?).ok()?;
            let (_, before) = unseal(keyring, &record, &leaf).ok()??;
            let (statement, event) = reread(&before.statement, &self.public.trust)?;
            let recorded_at = Entry::decode(&record.entry).ok()?.recorded_at();
            let body = authoriser_kind(&self.public.trust, &statement, &event, leaf, recorded_at);
            past.push(Past::of(&statement, event, leaf, recorded_at, body));
            next = before.previous;
        }
        past.reverse();
        Some(History(past))
    }
}

/// A recorded person statement, verified again under the key it was recorded with, whatever became of that key.
fn reread(text: &str, trust: &TrustState) -> Option<(Statement, Event)> {
    let unverified = Unverified::parse(text).ok()?;
    let clear = unverified.clear();
    let kind = Kind::from_vct(&clear.vct)?;
    let key = if kind.is_by_holder() {
        PublicKey::from_did_jwk(&clear.issuer).ok()?
    } else {
        trust.key(&clear.issuer, &clear.kid)?.clone()
    };
    let statement = unverified.verify(&key).ok()?;
    let event = Event::validate(kind, statement.claims()).ok()?;
    Some((statement, event))
}
