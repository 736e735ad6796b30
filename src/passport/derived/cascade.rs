//! A register entry counts only while what it rests on does: home licence, register of the arrangement, register of the host.

use std::collections::HashMap;

use crate::event::{Event, Kind};
use crate::passport::record::{Record, Standing};

/// The longest line of entries that rest on one another; a hash names only what was there before, so there are no circles.
const DEPTH_MAX: usize = 16;

/// One record, as far as resting on it goes.
struct Base {
    standing: Standing,
    rests_on: Option<String>,
    /// A renewal of it is in force.
    is_renewed: bool,
}

/// Which statement took the place of which, by the corrections and supersessions among these events.
pub(in crate::passport) fn replaced_by<'a>(
    events: impl Iterator<Item = &'a Event>,
) -> HashMap<String, String> {
    let replaces = |event: &Event| {
        matches!(event.kind(), Kind::Corrected | Kind::Superseded)
            .then(|| event.text("target").zip(event.text("replacement")))
            .flatten()
            .map(|(target, replacement)| (target.to_owned(), replacement.to_owned()))
    };
    events.filter_map(replaces).collect()
}

/// Settles the standing of every record that rests on another. `replaced` leads from a statement that was corrected or
/// superseded to what took its place. Gives the ids of those that changed.
pub(in crate::passport) fn settle<'a>(
    records: impl Iterator<Item = &'a mut Record>,
    replaced: &HashMap<String, String>,
) -> Vec<(String, Standing)> {
    let records: Vec<&mut Record> = records.collect();
    let renewed = |hash: &str| {
        records.iter().any(|record| {
            record.kind == Kind::LicenceRenewed
                && record.standing == Standing::InForce
                && record.text("target") == Some(hash)
        })
    };
    let bases: HashMap<String, Base> = records
        .iter()
        .map(|record| {
            let rests_on = record.text("rests_on").map(str::to_owned);
            let is_renewed = renewed(&record.hash);
            (record.hash.clone(), Base { standing: record.standing, rests_on, is_renewed })
        })
        .collect();
    let achievement = |record: &Record| match record.kind {
        Kind::QualificationAwarded => record.text("achievement_id").map(str::to_owned),
        _ => None,
    };
    let awards: Vec<(String, String)> =
        records.iter().filter_map(|record| Some((achievement(record)?, record.jti.clone()))).collect();
    let mut changed = vec![];
    for record in records {
        if let Some(id) = achievement(record) {
            let others = awards.iter().filter(|(other, jti)| *other == id && *jti != record.jti);
            record.awarded_with = others.map(|(_, jti)| jti.clone()).collect();
        }
        if record.standing != Standing::InForce || record.text("rests_on").is_none() {
            continue;
        }
        let settled = judge(&record.hash, &bases, replaced, DEPTH_MAX);
        if settled != Standing::InForce {
            record.standing = settled;
            record.standing_reason = Some(reason(settled));
            changed.push((record.jti.clone(), settled));
        }
    }
    changed
}

fn judge(
    hash: &str,
    bases: &HashMap<String, Base>,
    replaced: &HashMap<String, String>,
    left: usize,
) -> Standing {
    let (Some(base), Some(left)) = (bases.get(hash), left.checked_sub(1)) else { return Standing::Unknown };
    match (base.standing, &base.rests_on) {
        (Standing::Expired, _) if base.is_renewed => Standing::InForce,
        (Standing::InForce, Some(below)) => judge(below, bases, replaced, left),
        (Standing::Superseded, _) => match replaced.get(hash) {
            Some(later) => judge(later, bases, replaced, left),
            None => Standing::Unknown,
        },
        // What is less than whole carries nothing that could be relied on.
        (Standing::Partial, _) => Standing::Unknown,
        (standing, _) => standing,
    }
}

fn reason(settled: Standing) -> String {
    match settled {
        Standing::Unknown => "whether what it rests on is in force is not shown".to_owned(),
        standing => format!("what it rests on is {}", standing.as_str()),
    }
}
