//! How many workers went out, came back and were recognised along a corridor, by occupation.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde_json::{Value, json};

use super::suppress::{Cell, SMALLEST_SHOWN, suppress};
use crate::event::Kind;
use crate::passport::record::{Record, Standing};

/// What is counted, each worker once in each occupation.
pub const MEASURES: [&str; 4] = ["out", "back", "recognised_abroad", "recognised_at_home"];

/// One measure: a cell for each occupation, and the total.
type Column = (Vec<Cell>, Cell);

/// From where to where, in which time, under which agreement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Corridor {
    /// Alpha-2.
    pub origin: String,
    /// Alpha-2.
    pub destination: String,
    /// Only what rests on this instrument.
    pub instrument: Option<String>,
    /// First day, by the award dates.
    pub from: Date,
    /// Last day.
    pub until: Date,
}

/// Counts by ISCO-08 minor group (3 digits), as far as it was stated.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FlowCounts {
    by_occupation: BTreeMap<String, [u64; MEASURES.len()]>,
}

impl FlowCounts {
    /// Adds what one passport shows.
    pub fn add<'a>(&mut self, records: impl Iterator<Item = &'a Record>, corridor: &Corridor) {
        let mut met: BTreeSet<(String, usize)> = BTreeSet::new();
        let records: Vec<&Record> = records.collect();
        for record in records.iter().filter(|record| corridor.holds(record)) {
            let Some(measure) = corridor.measure(record) else { continue };
            let started = || {
                let placement = record.text("placement")?;
                records.iter().find(|one| one.hash == placement)
            };
            let isco08 = record.text("isco08").or_else(|| started()?.text("isco08"));
            let group: String = isco08.unwrap_or("unknown").chars().take(3).collect();
            met.insert((if isco08.is_some() { group } else { "unknown".to_owned() }, measure));
        }
        for (group, measure) in met {
            if let Some(count) = self.by_occupation.entry(group).or_default().get_mut(measure) {
                *count = count.saturating_add(1);
            }
        }
    }

    /// The report: small cells suppressed in every column.
    pub fn report(&self, corridor: &Corridor) -> Value {
        let columns: Vec<Column> = (0..MEASURES.len())
            .map(|at| {
                let column = self.by_occupation.values().filter_map(|counts| counts.get(at).copied());
                suppress(&column.collect::<Vec<_>>())
            })
            .collect();
        let row = |cells: &dyn Fn(&Column) -> Cell| -> serde_json::Map<String, Value> {
            MEASURES
                .iter()
                .zip(&columns)
                .map(|(name, column)| ((*name).to_owned(), json!(cells(column).shown())))
                .collect()
        };
        let rows: Vec<Value> = self
            .by_occupation
            .keys()
            .enumerate()
            .map(|(at, group)| {
                let counts = row(&|(cells, _)| cells.get(at).copied().unwrap_or(Cell::Suppressed));
                json!({"isco08_group": group, "counts": counts})
            })
            .collect();
        json!({
            "origin": corridor.origin,
            "destination": corridor.destination,
            "instrument": corridor.instrument,
            "from": corridor.from.to_string(),
            "until": corridor.until.to_string(),
            "unit": "workers",
            "suppressed_below": SMALLEST_SHOWN,
            "rows": rows,
            "total": row(&|(_, total)| *total),
        })
    }
}

impl Corridor {
    fn holds(&self, record: &Record) -> bool {
        let in_time = record.awarded_on.is_some_and(|day| self.from <= day && day <= self.until);
        let under = self.instrument.as_deref().is_none_or(|id| record.text("instrument") == Some(id));
        in_time && under && matches!(record.standing, Standing::InForce | Standing::Expired)
    }

    fn measure(&self, record: &Record) -> Option<usize> {
        let along = record.text("origin_country") == Some(&self.origin)
            && record.text("destination_country") == Some(&self.destination);
        let is_full = record.text("decision") == Some("FULL");
        match record.kind {
            Kind::PlacementStarted if along => Some(0),
            Kind::ReturnRecorded if along => Some(1),
            Kind::RecognitionDecided
                if is_full
                    && record.country.as_deref() == Some(&self.destination)
                    && record.text("origin_country") == Some(&self.origin) =>
            {
                Some(2)
            }
            Kind::RecognitionDecided
                if is_full
                    && record.country.as_deref() == Some(&self.origin)
                    && record.text("origin_country") == Some(&self.destination) =>
            {
                Some(3)
            }
            _ => None,
        }
    }
}
