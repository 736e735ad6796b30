//! The lists in memory: what was handed out, what is taken, what each index answers. Loaded from DIR/status/lists.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};

use crate::event::standing::{StatusCode, StatusStep, status_at};
use crate::event::{StreamId, UnixMs};
use crate::vault::{Position, StatusRecord, VaultError};

/// Statuses in one list: a crowd to stand in, and 32 KiB uncompressed.
pub const STATUS_LIST_SIZE: u32 = 1 << 17;
/// A list with so many indexes handed out takes no more: beyond half, what is drawn would no longer be near random.
const FILL_MAX: u32 = STATUS_LIST_SIZE / 2;

/// One index of one list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::ledger) struct Place {
    pub(in crate::ledger) list: u32,
    pub(in crate::ledger) index: u32,
}

/// An index that was handed out.
#[derive(Debug, Clone, Copy)]
pub(in crate::ledger) struct Handed {
    /// To the body with this institution stream.
    pub(in crate::ledger) body: StreamId,
    /// A recorded statement bears it.
    pub(in crate::ledger) used: bool,
}

/// One list.
#[derive(Debug)]
pub(in crate::ledger) struct List {
    pub(in crate::ledger) name: [u8; 16],
    pub(in crate::ledger) begun_at: UnixMs,
    pub(in crate::ledger) handed: HashMap<u32, Handed>,
    pub(in crate::ledger) steps: HashMap<u32, Vec<StatusStep>>,
}

/// Every list.
#[derive(Debug, Default)]
pub(in crate::ledger) struct Tables {
    pub(in crate::ledger) lists: Vec<List>,
    numbers: HashMap<[u8; 16], u32>,
    /// How many erasures the file knows of.
    pub(in crate::ledger) erasures: u32,
    /// Up to where the journal stands in the file; `None` if that was never noted.
    pub(in crate::ledger) settled: Option<Position>,
    /// The newest recording that a step knows.
    pub(in crate::ledger) newest: UnixMs,
    /// The list that indexes are handed out from: one that this process has begun. An older one takes no more, so that no
    /// copy of the directory, however old, can hand out an index again.
    open: Option<u32>,
    /// Handed out by this process and not used yet.
    spare: HashMap<StreamId, u32>,
}

impl Tables {
    /// Everything that the file says.
    pub(in crate::ledger) fn load(records: &[StatusRecord]) -> Result<Self, VaultError> {
        let mut tables = Self::default();
        for (at, record) in records.iter().enumerate() {
            // Behind the format record, 40 bytes each.
            let damaged =
                || VaultError::StatusDamaged { at: (at as u64).saturating_add(1).saturating_mul(40) };
            tables.apply(record).ok_or_else(damaged)?;
        }
        Ok(tables)
    }

    /// `None`: it refers to what is not there.
    fn apply(&mut self, record: &StatusRecord) -> Option<()> {
        match *record {
            StatusRecord::Begun { name, at } => self.begin(name, at).map(|_| ()),
            StatusRecord::Allocated { list, index, body } => {
                let list = self.lists.get_mut(list as usize).filter(|_| index < STATUS_LIST_SIZE)?;
                // Never a second time.
                let Entry::Vacant(free) = list.handed.entry(index) else { return None };
                free.insert(Handed { body, used: false });
                Some(())
            }
            StatusRecord::Used { list, index } => {
                self.handed_mut(Place { list, index })?.used = true;
                Some(())
            }
            StatusRecord::Step { list, index, code, recorded_at, from } => {
                let code = StatusCode::from_number(u64::from(code))?;
                self.handed(Place { list, index })?;
                self.add_step(Place { list, index }, StatusStep { recorded_at, from, code });
                Some(())
            }
            StatusRecord::Settled { position, .. } => {
                self.settled = Some(position);
                Some(())
            }
            StatusRecord::Erasures(count) => {
                self.erasures = count;
                Some(())
            }
        }
    }

    /// Whether this is an old copy: somebody was erased since, whose indexes nobody can work out any more. Without a list
    /// nothing is lost: a list that is unknown is not answered at all.
    pub(in crate::ledger) fn is_behind(&self, erasures: u32) -> bool {
        self.erasures < erasures && !self.lists.is_empty()
    }

    /// A new list; `None` if one has this name.
    fn begin(&mut self, name: [u8; 16], begun_at: UnixMs) -> Option<u32> {
        let number = u32::try_from(self.lists.len()).ok()?;
        if self.numbers.insert(name, number).is_some() {
            return None;
        }
        self.lists.push(List { name, begun_at, handed: HashMap::new(), steps: HashMap::new() });
        Some(number)
    }

    pub(in crate::ledger) fn number(&self, name: &[u8; 16]) -> Option<u32> {
        self.numbers.get(name).copied()
    }

    pub(in crate::ledger) fn list(&self, number: u32) -> Option<&List> {
        self.lists.get(number as usize)
    }

    pub(in crate::ledger) fn handed(&self, place: Place) -> Option<&Handed> {
        self.list(place.list)?.handed.get(&place.index)
    }

    fn handed_mut(&mut self, place: Place) -> Option<&mut Handed> {
        self.lists.get_mut(place.list as usize)?.handed.get_mut(&place.index)
    }

    pub(in crate::ledger) fn steps(&self, place: Place) -> &[StatusStep] {
        let steps = self.list(place.list).and_then(|list| list.steps.get(&place.index));
        steps.map(Vec::as_slice).unwrap_or_default()
    }

    pub(in crate::ledger) fn add_step(&mut self, place: Place, step: StatusStep) {
        self.newest = self.newest.max(step.recorded_at);
        if let Some(list) = self.lists.get_mut(place.list as usize) {
            list.steps.entry(place.index).or_default().push(step);
        }
    }

    /// Takes an index for a statement; whether it was free.
    pub(in crate::ledger) fn take(&mut self, place: Place) -> bool {
        let Some(handed) = self.handed_mut(place) else { return false };
        if std::mem::replace(&mut handed.used, true) {
            return false;
        }
        let body = handed.body;
        if let Some(spare) = self.spare.get_mut(&body) {
            *spare = spare.saturating_sub(1);
        }
        true
    }

    /// How many indexes a body was handed by this process and has not used.
    pub(in crate::ledger) fn spare(&self, body: StreamId) -> u32 {
        self.spare.get(&body).copied().unwrap_or(0)
    }

    /// Hands out `count` random indexes; answers with the facts to write. `random` draws.
    pub(in crate::ledger) fn hand_out(
        &mut self,
        body: StreamId,
        count: u32,
        now: UnixMs,
        random: &mut impl FnMut() -> [u8; 16],
    ) -> Vec<StatusRecord> {
        let mut records = Vec::new();
        let mut left = count;
        while left > 0 {
            let list = self.open_list(now, random, &mut records);
            // Four draws of 32 bits in each sixteen bytes.
            for drawn in random().as_chunks::<4>().0 {
                let index = u32::from_be_bytes(*drawn) % STATUS_LIST_SIZE;
                let record = StatusRecord::Allocated { list, index, body };
                if left > 0 && self.apply(&record).is_some() {
                    records.push(record);
                    left = left.saturating_sub(1);
                }
            }
        }
        let spare = self.spare.entry(body).or_default();
        *spare = spare.saturating_add(count);
        records
    }

    fn open_list(
        &mut self,
        now: UnixMs,
        random: &mut impl FnMut() -> [u8; 16],
        records: &mut Vec<StatusRecord>,
    ) -> u32 {
        let has_room =
            |number: &u32| self.list(*number).is_some_and(|list| list.handed.len() < FILL_MAX as usize);
        if let Some(number) = self.open.filter(has_room) {
            return number;
        }
        loop {
            let name = random();
            if let Some(number) = self.begin(name, now) {
                records.push(StatusRecord::Begun { name, at: now });
                self.open = Some(number);
                return number;
            }
        }
    }

    /// A list that the file lacks, as the statements that bear its indexes tell of it.
    pub(super) fn restore_list(&mut self, name: [u8; 16], begun_at: UnixMs) {
        self.begin(name, begun_at);
    }

    /// Makes an index what the journal says it is; whether it was anything else.
    pub(super) fn correct(&mut self, place: Place, body: StreamId, steps: &[StatusStep]) -> bool {
        let Some(list) = self.lists.get_mut(place.list as usize) else { return false };
        let handed = Handed { body, used: true };
        let was = list.handed.insert(place.index, handed);
        let said = if steps.is_empty() {
            list.steps.remove(&place.index)
        } else {
            list.steps.insert(place.index, steps.to_vec())
        };
        was.is_none_or(|was| was.body != body || !was.used) || said.unwrap_or_default() != steps
    }

    /// Every index that no statement bears is unused again, and answers nothing; how many were not.
    pub(super) fn free_all_but(&mut self, borne: &BTreeSet<Place>) -> usize {
        let mut freed = 0_usize;
        for (number, list) in (0..).zip(&mut self.lists) {
            let stray = |index: &u32| !borne.contains(&Place { list: number, index: *index });
            for (_, handed) in list.handed.iter_mut().filter(|(index, handed)| handed.used && stray(index)) {
                handed.used = false;
                freed = freed.saturating_add(1);
            }
            list.steps.retain(|index, _| !stray(index));
        }
        freed
    }

    /// The numbers other than 0 that a list answers at a time.
    pub(in crate::ledger) fn numbers_at(list: &List, at: i64) -> Vec<(u32, u8)> {
        let number = |(index, steps): (&u32, &Vec<StatusStep>)| (*index, status_at(steps, at).number());
        list.steps.iter().map(number).filter(|(_, number)| *number != 0).collect()
    }
}
