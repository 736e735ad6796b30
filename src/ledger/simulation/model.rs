//! What must be, in the plainest form: who was told what, which bytes stand at which leaf, what of a worker is left.

use std::collections::BTreeMap;

use super::calls::{Answered, Asked};
use crate::event::entry::Entry;
use crate::event::{Class, Kind, UnixMs, WorkerId};
use crate::ledger::prepare::id_order;
use crate::ledger::{Acknowledgement, AppendError, IAT_AHEAD_MAX_SECONDS, ID_AHEAD_MAX_MS, Ledger};

/// A rule that does not hold is told, with the values that break it.
macro_rules! ensure {
    ($holds:expr, $($broken:tt)+) => {
        if !$holds {
            return Err(format!($($broken)+));
        }
    };
}
pub(super) use ensure;

/// One statement that was sent, perhaps again and again.
pub(super) struct Sent {
    pub(super) text: String,
    pub(super) id: uuid::Uuid,
    pub(super) kind: Kind,
    /// Among `Model::people`; `None`: it is public.
    pub(super) person: Option<usize>,
    pub(super) made_at: UnixMs,
    /// Its leaf and revision, once known.
    pub(super) place: Option<(u64, u32)>,
}

pub(super) struct Person {
    pub(super) id: WorkerId,
    /// What the stream holds: numbers of statements.
    pub(super) records: Vec<usize>,
    pub(super) erased: bool,
    /// An erasure was asked for and not answered.
    pub(super) erasing: bool,
}

#[derive(Default)]
pub(super) struct Model {
    pub(super) sent: Vec<Sent>,
    pub(super) people: Vec<Person>,
    /// The log as anyone has seen it.
    pub(super) entries: Vec<Vec<u8>>,
    /// Whose each leaf is, as far as somebody was told.
    pub(super) owners: BTreeMap<u64, Owner>,
    /// `recorded_at` of the last entry.
    recorded_at: UnixMs,
    /// The latest that the clock has shown since the start.
    latest: UnixMs,
    /// The checkpoint that was seen last: size, when.
    pub(super) published: (u64, UnixMs),
    /// The last leaf that was newly acknowledged since the start, and the number of its call.
    order: Option<(u64, usize)>,
    /// The call by which each statement was recorded since the start.
    told: BTreeMap<usize, usize>,
}

#[derive(Debug, PartialEq)]
pub(super) enum Owner {
    Statement(usize),
    Erasure,
    /// From before the simulation.
    Founding,
    /// A record of a person who was erased before anybody was told of it.
    Untold,
}

pub(super) fn problem(error: impl std::fmt::Display) -> String {
    error.to_string()
}

impl Model {
    /// Whether a person has a passport that can be added to.
    pub(super) fn is_open(&self, person: usize) -> bool {
        !self.people[person].records.is_empty() && !self.people[person].erased
    }

    pub(super) fn open(&self) -> Vec<bool> {
        (0..self.people.len()).map(|person| self.is_open(person)).collect()
    }

    pub(super) fn erasures(&self) -> usize {
        self.people.iter().filter(|person| person.erased).count()
    }

    /// Takes in what the log has grown by; `now`: by the writer's clock in the one turn that it had.
    pub(super) fn see_entries(&mut self, ledger: &Ledger, now: Option<UnixMs>) -> Result<(), String> {
        self.latest = self.latest.max(now.unwrap_or(0));
        let size = *ledger.size().borrow();
        let seen = self.entries.len() as u64;
        ensure!(size >= seen, "the log has {size} entries, {seen} were seen");
        for (leaf, bytes) in ledger.entries(seen, 1000, usize::MAX).map_err(problem)? {
            let at = Entry::decode(&bytes).map_err(problem)?.recorded_at();
            ensure!(at >= self.recorded_at, "leaf {leaf} is of {at}, the one before of {}", self.recorded_at);
            // Never earlier than the clock, never later than it has shown since the start.
            let latest = now.map(|now| now.max(self.latest).max(self.recorded_at));
            ensure!(
                now <= Some(at) && latest.is_none_or(|latest| at <= latest),
                "leaf {leaf} is of {at}, now is {now:?}"
            );
            self.recorded_at = at;
            self.entries.push(bytes);
        }
        ensure!(self.entries.len() as u64 == size, "the log of {size} entries shows {}", self.entries.len());
        Ok(())
    }

    /// The process is gone: its order of calls says nothing of the next one's.
    pub(super) fn forget_calls(&mut self, now: UnixMs) {
        (self.order, self.latest) = (None, now);
        self.told.clear();
    }

    /// What was founded before anybody was asked anything.
    pub(super) fn founded(&mut self, ledger: &Ledger) -> Result<(), String> {
        self.see_entries(ledger, None)?;
        self.owners = (0..self.entries.len() as u64).map(|leaf| (leaf, Owner::Founding)).collect();
        Ok(())
    }

    /// Holds answers against what must be. `open_before`: whose passports were open before the writer's turn; `now`: what the clock
    /// showed in it.
    pub(super) fn judge(
        &mut self,
        mut answers: Vec<Answered>,
        open_before: &[bool],
        now: UnixMs,
    ) -> Result<(), String> {
        let new =
            |answer: &Answered| answer.outcome.as_ref().ok().filter(|ack| !ack.repeated).map(|ack| ack.leaf);
        answers.sort_by_key(|answer| (new(answer).is_none(), new(answer), answer.number));
        for answer in answers {
            let Answered { number, asked, verified_at, outcome, after_failure } = answer;
            let judged = match (&asked, outcome) {
                (_, Ok(ack)) if after_failure => Err(format!("{ack:?} was given after a failed fsync")),
                (Asked::Append { statement, .. }, Ok(ack)) if ack.repeated => self.repeated(*statement, &ack),
                (Asked::Append { statement, expected }, Ok(ack)) => {
                    let in_order = self.in_order(ack.leaf, number);
                    self.told.insert(*statement, number);
                    in_order.and_then(|()| self.recorded(*statement, *expected, &ack))
                }
                (Asked::Append { statement, expected }, Err(refusal)) => {
                    // Where the trust state has moved on, the writer judges again.
                    let judged_at = verified_at.map_or(now, |at| at.min(now));
                    self.refused(number, *statement, *expected, judged_at, &refusal)
                }
                (Asked::Erase { person }, outcome) => self.erased(*person, outcome, open_before[*person]),
            };
            judged.map_err(|broken| format!("call {number}, {asked:?}: {broken}"))?;
        }
        Ok(())
    }

    /// Statements are recorded in the order in which they were sent.
    fn in_order(&mut self, leaf: u64, number: usize) -> Result<(), String> {
        if let Some((before, sent)) = self.order {
            ensure!(
                leaf > before && number > sent,
                "call {number} has leaf {leaf}, call {sent} leaf {before}"
            );
        }
        self.order = Some((leaf, number));
        Ok(())
    }

    fn recorded(
        &mut self,
        number: usize,
        expected: Option<u32>,
        ack: &Acknowledgement,
    ) -> Result<(), String> {
        let sent = &self.sent[number];
        ensure!(sent.place.is_none(), "recorded twice, at {:?} and at leaf {}", sent.place, ack.leaf);
        ensure!(expected.is_none_or(|expected| expected == ack.revision), "revision {}", ack.revision);
        if let Some(person) = sent.person {
            let person = &self.people[person];
            ensure!(!person.erased, "recorded of an erased worker");
            ensure!(
                person.records.is_empty() == (sent.kind == Kind::PassportOpened),
                "no opening comes first"
            );
            ensure!(ack.revision as usize == person.records.len(), "revision {}", ack.revision);
            let twin = person.records.iter().find(|other| self.sent[**other].id == sent.id);
            ensure!(twin.is_none(), "its id is that of statement {twin:?}");
        }
        let entry = self.entry_of(ack.leaf)?;
        ensure!(entry.recorded_at() == ack.recorded_at, "the entry is of {}, {ack:?}", entry.recorded_at());
        self.settle(number, ack.leaf, ack.revision)
    }

    pub(super) fn entry_of(&self, leaf: u64) -> Result<Entry, String> {
        let bytes = self.entries.get(usize::try_from(leaf).unwrap());
        Entry::decode(bytes.ok_or_else(|| format!("leaf {leaf} is not in the log"))?).map_err(problem)
    }

    /// From here on a statement stands there.
    pub(super) fn settle(&mut self, number: usize, leaf: u64, revision: u32) -> Result<(), String> {
        let is_its = match self.entry_of(leaf)? {
            Entry::Person { .. } => self.sent[number].person.is_some(),
            Entry::Public { statement, revision: at, .. } => {
                statement == self.sent[number].text && at == revision
            }
        };
        ensure!(is_its, "leaf {leaf} holds something else");
        let before = self.owners.insert(leaf, Owner::Statement(number));
        ensure!(before.is_none(), "leaf {leaf} is that of {before:?}, too");
        self.sent[number].place = Some((leaf, revision));
        if let Some(person) = self.sent[number].person {
            self.people[person].records.push(number);
        }
        Ok(())
    }

    fn repeated(&self, number: usize, ack: &Acknowledgement) -> Result<(), String> {
        let sent = &self.sent[number];
        ensure!(sent.place == Some((ack.leaf, ack.revision)), "{ack:?} repeats {:?}", sent.place);
        ensure!(self.entry_of(ack.leaf)?.recorded_at() == ack.recorded_at, "{ack:?} has another time");
        ensure!(sent.person.is_none_or(|person| !self.people[person].erased), "of an erased worker");
        Ok(())
    }

    fn refused(
        &self,
        call: usize,
        number: usize,
        expected: Option<u32>,
        judged_at: UnixMs,
        refusal: &AppendError,
    ) -> Result<(), String> {
        let sent = &self.sent[number];
        let person = sent.person.map(|person| &self.people[person]);
        let records = person.map_or(&[][..], |person| &person.records);
        let is_known = records.iter().any(|other| *other != number && self.sent[*other].id == sent.id);
        let ahead = u64::try_from(IAT_AHEAD_MAX_SECONDS * 1000).unwrap();
        // What came before this call: what an earlier process recorded, and calls that were sent earlier.
        let before = |record: &&usize| self.told.get(record).is_none_or(|other| *other < call);
        let revision = u32::try_from(records.iter().filter(before).count()).unwrap();
        let right = match refusal.reason {
            "ERASED" => person.is_some_and(|person| person.erased),
            "UNKNOWN_WORKER" => revision == 0,
            "WORKER_EXISTS" => sent.kind == Kind::PassportOpened && revision > 0,
            "REVISION_CONFLICT" => expected.is_some_and(|expected| expected != revision),
            "DUPLICATE_ID_DIFFERENT_BODY" => is_known,
            "IAT_IN_FUTURE" => sent.made_at > judged_at + ahead,
            "ID_IN_FUTURE" => id_order(sent.id) >> 16 > judged_at + ID_AHEAD_MAX_MS,
            "UNKNOWN_TARGET" | "ALREADY_REVOKED" | "TARGET_NOT_CHANGEABLE" => sent.kind == Kind::Revoked,
            _ => false,
        };
        ensure!(right, "refused for {}: {}", refusal.reason, refusal.message);
        Ok(())
    }

    fn erased(
        &mut self,
        number: usize,
        outcome: Result<Acknowledgement, AppendError>,
        open_before: bool,
    ) -> Result<(), String> {
        let person = &mut self.people[number];
        person.erasing = false;
        match outcome {
            Ok(ack) => {
                ensure!(!person.erased && !person.records.is_empty(), "erased without a passport");
                person.erased = true;
                let later = person.records.iter().filter_map(|record| self.sent[*record].place);
                ensure!(later.clone().all(|(leaf, _)| leaf < ack.leaf), "recorded after the erasure");
                let before = self.owners.insert(ack.leaf, Owner::Erasure);
                ensure!(before.is_none() && self.is_erasure(ack.leaf)?, "leaf {} is no erasure's", ack.leaf);
            }
            Err(refusal) => {
                let unknown = refusal.reason == "UNKNOWN_WORKER" && (person.erased || !open_before);
                ensure!(unknown, "refused for {}", refusal.reason);
            }
        }
        Ok(())
    }

    pub(super) fn is_erasure(&self, leaf: u64) -> Result<bool, String> {
        Ok(matches!(self.entry_of(leaf)?, Entry::Public { class: Class::Ledger, .. }))
    }
}
