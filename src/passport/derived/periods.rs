//! Work experience, each day counted once: what two bodies attest for the same months, or two jobs beside each other, is never
//! more than one full-time job.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde_json::{Value, json};

use crate::event::Kind;
use crate::passport::record::{Record, Standing};

/// The least common multiple of 28, 29, 30 and 31: a day is a whole number of these parts of its month.
const MONTH_PARTS: u64 = 377_580;
const FULL_TIME: u64 = 100;

/// One attested period, both days included.
#[derive(Debug, Clone, Copy)]
pub struct Stretch<'a> {
    /// First day.
    pub from: Date,
    /// Last day.
    pub until: Date,
    /// Of full time.
    pub percent: u64,
    /// Where: of several attestations about one employer only the largest share counts.
    pub employer: &'a str,
}

/// Time worked, as full-time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Experience {
    /// Whole days.
    pub days: u64,
    /// Whole months, each calendar month in full counting as one.
    pub months: u64,
}

/// Adds the periods up, no day above full time.
pub fn counted_once(stretches: &[Stretch<'_>]) -> Experience {
    let bounds: BTreeSet<Date> =
        stretches.iter().flat_map(|one| [Some(one.from), one.until.tomorrow().ok()]).flatten().collect();
    let bounds: Vec<Date> = bounds.into_iter().collect();
    let (mut day_shares, mut month_parts) = (0_u64, 0_u64);
    for pair in bounds.windows(2) {
        let &[from, next] = pair else { continue };
        let mut by_employer: BTreeMap<&str, u64> = BTreeMap::new();
        for one in stretches.iter().filter(|one| one.from <= from && from <= one.until) {
            let share = by_employer.entry(one.employer).or_default();
            *share = (*share).max(one.percent.min(FULL_TIME));
        }
        let share = by_employer.values().sum::<u64>().min(FULL_TIME);
        if share == 0 {
            continue;
        }
        let mut day = from;
        while day < next {
            let end = day.last_of_month().tomorrow().map_or(next, |first| first.min(next));
            let days = days_between(day, end);
            let shares = days.saturating_mul(share);
            let part =
                MONTH_PARTS.checked_div(u64::from(day.days_in_month().unsigned_abs())).unwrap_or_default();
            day_shares = shares.saturating_add(day_shares);
            month_parts = shares.saturating_mul(part).saturating_add(month_parts);
            day = end;
        }
    }
    Experience { days: day_shares / FULL_TIME, months: month_parts / (MONTH_PARTS * FULL_TIME) }
}

fn days_between(from: Date, until: Date) -> u64 {
    let span = from.until((jiff::Unit::Day, until)).map_or(0, |span| span.get_days());
    u64::try_from(span).unwrap_or_default()
}

/// The period that a record attests, if it is a body's word on work and stands.
pub(super) fn stretch(record: &Record) -> Option<Stretch<'_>> {
    if record.kind != Kind::WorkExperienceAttested || record.standing != Standing::InForce {
        return None;
    }
    let date = |name: &str| record.text(name)?.parse().ok();
    let percent = record.claims.get("fte_percent").and_then(Value::as_u64).unwrap_or(FULL_TIME);
    let employer = record.text("employer").unwrap_or(&record.issuer);
    Some(Stretch { from: date("started_on")?, until: date("ended_on")?, percent, employer })
}

/// Experience in all, and in each occupation as it was stated; and which records overlap, so that a reader sees why the sum is
/// less than its parts.
pub(super) fn experience(records: &[&Record]) -> Value {
    let attested: Vec<(&Record, Stretch<'_>)> =
        records.iter().filter_map(|record| Some((*record, stretch(record)?))).collect();
    let mut by_occupation: BTreeMap<&str, Vec<Stretch<'_>>> = BTreeMap::new();
    for (record, stretch) in &attested {
        if let Some(isco08) = record.text("isco08") {
            by_occupation.entry(isco08).or_default().push(*stretch);
        }
    }
    let all: Vec<Stretch<'_>> = attested.iter().map(|(_, stretch)| *stretch).collect();
    let occupations = by_occupation.iter().map(|(isco08, stretches)| {
        let Experience { days, months } = counted_once(stretches);
        json!({"isco08": isco08, "days": days, "months": months})
    });
    let overlaps = attested.iter().enumerate().flat_map(|(at, (record, one))| {
        let later = attested.get(at.saturating_add(1)..).unwrap_or_default().iter();
        let beside = later.filter(|(_, two)| one.from <= two.until && two.from <= one.until);
        beside.map(|(other, _)| json!([record.jti, other.jti]))
    });
    let Experience { days, months } = counted_once(&all);
    json!({
        "days": days,
        "months": months,
        "by_occupation": occupations.collect::<Vec<_>>(),
        "overlaps": overlaps.collect::<Vec<_>>(),
    })
}
