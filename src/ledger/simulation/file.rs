//! One file of the simulated disk: what of it is durable, and what may be.

use std::collections::HashMap;
use std::ops::Range;

use super::chance::Chance;

/// The least that a file system writes of a file.
const SECTOR: usize = 512;

#[derive(Default)]
pub(super) struct File {
    durable: Vec<u8>,
    current: Vec<u8>,
    /// May survive, in order of time.
    pending: Vec<Data>,
    /// An fsync failed on these bytes, and nobody has written them again.
    doomed: Vec<Range<usize>>,
}

pub(super) enum Data {
    Write(usize, Vec<u8>),
    Length(usize),
}

impl File {
    pub(super) fn durable(bytes: Vec<u8>) -> Self {
        Self { current: bytes.clone(), durable: bytes, ..Self::default() }
    }

    pub(super) fn change(&mut self, data: Data) {
        data.apply(&mut self.current);
        if let Data::Write(at, bytes) = &data {
            // A write brings its sectors back to the disk's attention.
            let (from, to) = (at - at % SECTOR, (at + bytes.len()).next_multiple_of(SECTOR));
            let rest = |doomed: &Range<usize>| {
                [doomed.start..doomed.end.min(from), doomed.start.max(to)..doomed.end]
            };
            self.doomed = self.doomed.iter().flat_map(rest).filter(|range| !range.is_empty()).collect();
        }
        self.pending.push(data);
    }

    pub(super) fn doom(&mut self) {
        let written = |data: &Data| match data {
            Data::Write(at, bytes) => Some(*at..at + bytes.len()),
            Data::Length(_) => None,
        };
        self.doomed.extend(self.pending.iter().filter_map(written));
    }

    pub(super) fn sync(&mut self) {
        let mut durable = self.current.clone();
        for at in self.doomed.iter().cloned().flatten() {
            if let Some(byte) = durable.get_mut(at) {
                *byte = self.durable.get(at).copied().unwrap_or_default();
            }
        }
        self.durable = durable;
        self.pending.clear();
    }

    pub(super) fn after_power_loss(&self, chance: &mut Chance) -> Vec<u8> {
        let mut bytes = self.durable.clone();
        let count = self.pending.len();
        // The disk gets pages as they are in memory: where a write survives, so do the earlier ones to the same sector.
        let (all, sector) = match chance.below(6) {
            0 => (0, None),
            1 => (count, None),
            2 => (chance.below(count + 1), None),
            3 => {
                self.pending.iter().for_each(|data| data.apply_length(&mut bytes));
                (0, None)
            }
            4 => (0, Some(SECTOR)),
            _ => (0, Some(8 * SECTOR)),
        };
        let mut moments = HashMap::new();
        for (number, data) in self.pending.iter().enumerate() {
            match (sector, data) {
                (Some(sector), Data::Write(at, written)) => {
                    let mut from = 0;
                    while from < written.len() {
                        let to = written.len().min(from + sector - (at + from) % sector);
                        let until =
                            *moments.entry((at + from) / sector).or_insert_with(|| chance.below(count + 1));
                        if number < until {
                            Data::Write(at + from, written[from..to].to_vec()).apply(&mut bytes);
                        }
                        from = to;
                    }
                }
                (Some(_), Data::Length(_)) if chance.one_in(2) => data.apply(&mut bytes),
                _ if number < all => data.apply(&mut bytes),
                _ => {}
            }
        }
        bytes
    }
}

impl Data {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Write(at, written) => {
                self.apply_length(bytes);
                bytes[*at..at + written.len()].copy_from_slice(written);
            }
            Self::Length(length) => bytes.resize(*length, 0),
        }
    }

    /// The length that it gives the file, and none of the bytes.
    fn apply_length(&self, bytes: &mut Vec<u8>) {
        if let Self::Write(at, written) = self {
            bytes.resize(bytes.len().max(at + written.len()), 0);
        }
    }
}
