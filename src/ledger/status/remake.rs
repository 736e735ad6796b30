//! The lists held against the journal, and made anew from it as far as that goes: what was handed out and not used, and
//! what the indexes of erased workers answer, stands in the file alone and is kept.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::follow::{Bearer, Seen, record_of, steps_of};
use super::tables::{Handed, STATUS_LIST_SIZE};
use super::{Place, Tables, base, name_bytes, name_in};
use crate::event::standing::StatusStep;
use crate::event::{StreamId, WorkerId};
use crate::ledger::error::OpenError;
use crate::ledger::replay::unseal;
use crate::ledger::{Position, WorkerRecord};
use crate::statement::StatusReference;
use crate::store::JournalOffset;
use crate::trust::TrustState;
use crate::vault::{JournalReader, Keyring, StatusRecord};

/// An index by its list's name.
type Key = ([u8; 16], u32);

/// What the readable statements say of the lists.
#[derive(Debug, Default)]
pub(in crate::ledger) struct Derived {
    bearers: Vec<(Key, Bearer)>,
    steps: HashMap<Key, Vec<StatusStep>>,
}

/// A worker's stream, read with nothing but the journal and the places of its entries.
pub(in crate::ledger) struct Reader<'a> {
    pub(in crate::ledger) journal: &'a JournalReader,
    pub(in crate::ledger) keyring: &'a Keyring,
    /// Where the entry of a leaf is.
    pub(in crate::ledger) place: &'a dyn Fn(u64) -> Result<Option<JournalOffset>, OpenError>,
    /// The last leaf of a worker's stream.
    pub(in crate::ledger) last: &'a dyn Fn(WorkerId) -> Result<Option<u64>, OpenError>,
}

impl Reader<'_> {
    /// Revision 0 first; `None` where it cannot be read.
    fn stream(&self, worker: WorkerId) -> Result<Option<Vec<WorkerRecord>>, OpenError> {
        let (mut records, mut next) = (Vec::new(), (self.last)(worker)?);
        while let Some(leaf) = next {
            let Some(at) = (self.place)(leaf)? else { return Ok(None) };
            let record = self.journal.read(at)?;
            let Some((_, opened)) = unseal(self.keyring, &record, &leaf)? else { return Ok(None) };
            next = opened.previous;
            records.push(WorkerRecord::read(leaf, record.entry, &opened)?);
        }
        records.reverse();
        Ok(Some(records))
    }
}

/// What follows for the lists of `origin` from a whole journal that was `seen`.
pub(in crate::ledger) fn derive(
    seen: Seen,
    trust: &TrustState,
    reader: &Reader<'_>,
) -> Result<Derived, OpenError> {
    let base = base(trust.origin().unwrap_or_default());
    let key = |reference: &StatusReference| {
        let name = name_bytes(name_in(&base, &reference.uri)?)?;
        let index = u32::try_from(reference.index).ok().filter(|index| *index < STATUS_LIST_SIZE)?;
        Some((name, index))
    };
    // A reference to a list that is not this ledger's was recorded before there were lists, and says nothing here.
    let bearers = seen.bearers.into_iter().filter_map(|bearer| Some((key(&bearer.reference)?, bearer)));
    let mut derived = Derived { bearers: bearers.collect(), steps: HashMap::new() };
    let workers: BTreeSet<WorkerId> = derived.bearers.iter().map(|(_, bearer)| bearer.worker).collect();
    for worker in workers.into_iter().filter(|worker| seen.touched.contains_key(worker)) {
        let Some(records) = reader.stream(worker)? else { continue };
        for (reference, steps) in steps_of(&records, 0) {
            if let Some(key) = key(&reference).filter(|_| !steps.is_empty()) {
                derived.steps.insert(key, steps);
            }
        }
    }
    Ok(derived)
}

/// One thing wrong: where, and what.
pub(in crate::ledger) type Problem = (String, &'static str);

/// What may differ for good reason.
#[derive(Debug, Clone, Copy)]
pub(in crate::ledger) struct Allow {
    /// Records that no key opens any more.
    pub(in crate::ledger) erased_records: u64,
    /// A ledger runs: the file may know more than was read of the journal.
    pub(in crate::ledger) live: bool,
    /// Entries that were read of the journal.
    pub(in crate::ledger) entries: u64,
}

impl Derived {
    /// Whether any statement bears an index.
    pub(in crate::ledger) fn is_empty(&self) -> bool {
        self.bearers.is_empty()
    }

    /// The statements' indexes and what they answer, held against the file.
    pub(in crate::ledger) fn check(&self, tables: &Tables, allow: Allow) -> Vec<Problem> {
        let mut problems = Vec::new();
        let settled = tables.settled.map_or(0, |position| position.leaf);
        let mut borne = BTreeSet::new();
        for (key, bearer) in &self.bearers {
            let at = || format!("status, index of leaf {}", bearer.leaf);
            if !borne.insert(*key) {
                problems.push((at(), "two statements bear it"));
            }
            let Some(place) = place(tables, *key) else {
                problems.push((at(), "its list is not in status/lists"));
                continue;
            };
            match tables.handed(place) {
                Some(Handed { body, .. }) if *body != StreamId::institution(&bearer.issuer) => {
                    problems.push((at(), "it was handed out to another body"));
                }
                Some(Handed { used, .. }) if *used || bearer.leaf >= settled => {}
                Some(_) => problems.push((at(), "it is not marked as used")),
                None => problems.push((at(), "it was never handed out")),
            }
            let said = self.steps.get(key).map(Vec::as_slice).unwrap_or_default();
            if !agrees(tables.steps(place), said, settled >= allow.entries, allow.live) {
                problems.push((at(), "it answers something else than the journal says"));
            }
        }
        if allow.erased_records == 0 && !allow.live {
            let stray = tables.used().filter(|(key, _)| !borne.contains(key)).count();
            if stray > 0 {
                problems.push((
                    format!("status, {stray} indexes"),
                    "no statement bears them though they are used",
                ));
            }
        }
        problems
    }

    /// The file's records, made anew: `old` corrected by what the journal says. Lists that `old` lacks are made again only
    /// where no worker was erased, since nobody knows what an erased worker's indexes answered. The second list names
    /// where `old` was wrong or lost.
    pub(in crate::ledger) fn remake(
        &self,
        old: Option<Tables>,
        erasures: u32,
        end: Position,
    ) -> (Vec<StatusRecord>, Vec<String>) {
        let mut differences = Vec::new();
        if old.is_none() && !self.is_empty() {
            differences.push("status: the file was missing".to_owned());
        }
        let mut tables = old.unwrap_or_default();
        let settled = tables.settled.map_or(0, |position| position.leaf);
        for (key, bearer) in &self.bearers {
            if tables.number(&key.0).is_none() {
                if erasures > 0 {
                    differences.push(format!(
                        "status: the list of leaf {} is lost; it is not made again, for workers were erased",
                        bearer.leaf
                    ));
                    continue;
                }
                tables.restore_list(key.0, bearer.recorded_at);
            }
            let Some(place) = place(&tables, *key) else { continue };
            let said = self.steps.get(key).map(Vec::as_slice).unwrap_or_default();
            if tables.correct(place, StreamId::institution(&bearer.issuer), said) && bearer.leaf < settled {
                differences.push(format!("status: the index of leaf {}", bearer.leaf));
            }
        }
        if erasures == 0 {
            let borne: BTreeSet<Place> =
                self.bearers.iter().filter_map(|(key, _)| place(&tables, *key)).collect();
            let freed = tables.free_all_but(&borne);
            if freed > 0 {
                differences.push(format!("status: {freed} indexes were marked as used by no statement"));
            }
        }
        let mut records = tables.records();
        records.push(StatusRecord::Erasures(erasures));
        // Behind the format record.
        let length = (records.len() as u64).saturating_add(1).saturating_mul(40);
        records.push(StatusRecord::Settled { position: end, length });
        (records, differences)
    }
}

fn place(tables: &Tables, (name, index): Key) -> Option<Place> {
    Some(Place { list: tables.number(&name)?, index })
}

/// The file and the journal give the same steps; one may be behind: the file what it has not settled, the journal what
/// a running ledger has recorded since it was read.
fn agrees(file: &[StatusStep], journal: &[StatusStep], is_settled: bool, live: bool) -> bool {
    let same = file.iter().zip(journal).all(|(one, two)| one == two);
    same && (file.len() == journal.len()
        || file.len() < journal.len() && !is_settled
        || file.len() > journal.len() && live)
}

impl Tables {
    /// The used indexes.
    fn used(&self) -> impl Iterator<Item = (Key, Handed)> {
        let of = |list: &super::tables::List| {
            let name = list.name;
            let used = list.handed.iter().filter(|(_, handed)| handed.used);
            used.map(|(index, handed)| ((name, *index), *handed)).collect::<Vec<_>>()
        };
        self.lists.iter().flat_map(of)
    }

    /// Everything, in the order of the lists and their indexes.
    fn records(&self) -> Vec<StatusRecord> {
        let mut records = Vec::new();
        for (list, of) in (0..).zip(&self.lists) {
            records.push(StatusRecord::Begun { name: of.name, at: of.begun_at });
            let handed: BTreeMap<_, _> = of.handed.iter().collect();
            for (&&index, Handed { body, used }) in &handed {
                records.push(StatusRecord::Allocated { list, index, body: *body });
                if *used {
                    records.push(StatusRecord::Used { list, index });
                }
                let place = Place { list, index };
                records.extend(self.steps(place).iter().map(|step| record_of(place, step)));
            }
        }
        records
    }
}
