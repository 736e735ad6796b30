//! `mra_parties`: the instrument that a decision cites binds both countries on its day.

use super::{Finding, RecordFacts};
use crate::event::Kind;
use crate::recognition::instruments::{PartyAnswer, instrument};
use crate::recognition::source::Certainty;

/// `mra_parties`: the instrument on which recognition or a licence rests was in force on the decision's date, and both
/// countries were parties.
pub fn mra_parties(record: &RecordFacts<'_>) -> Finding {
    if !matches!(record.kind, Kind::RecognitionApplied | Kind::RecognitionDecided | Kind::LicenceGranted) {
        return Finding::not_applicable("the record decides nothing on recognition");
    }
    let Some(cited) = record.instrument else { return Finding::not_applicable("no instrument is cited") };
    let Some(known) = instrument(cited) else {
        return Finding::unknown(format!("`{cited}` is not in the registry of instruments"));
    };
    // What is not settled about the row itself travels with every answer that rests on it.
    let mark = if known.certainty == Certainty::NeedsCheck { "; needs-check" } else { "" };
    let label = format!("{} ({}, {}{mark})", known.id, known.kind.name(), known.kind.force());
    let Some(day) = record.award_date else {
        return Finding::unknown(format!("{label}: the date is not shown"));
    };
    match known.in_force_on(day) {
        Some(true) => {}
        Some(false) => return Finding::fail(format!("{label}: NOT_IN_FORCE on {day}")),
        None => return Finding::unknown(format!("{label}: whether it was in force on {day} is not stored")),
    }
    if record.isco08.is_some_and(|occupation| !known.covers(occupation)) {
        return Finding::fail(format!("{label}: it does not cover the occupation"));
    }
    let Some(here) = record.country else {
        return Finding::unknown(format!("{label}: the deciding country is not shown"));
    };
    let mut open = Vec::new();
    for country in [Some(here), record.origin_country].into_iter().flatten() {
        match known.party(country, day) {
            PartyAnswer::Party => {}
            PartyAnswer::NotAParty => {
                return Finding::fail(format!("{label}: {country} is NOT_A_PARTY on {day}"));
            }
            PartyAnswer::Unknown => open.push(country),
        }
    }
    match record.origin_country {
        _ if !open.is_empty() => {
            Finding::unknown(format!("{label}: not stored whether {} is a party", open.join(" or ")))
        }
        Some(origin) => Finding::pass(format!("{label}: {here} and {origin} are parties on {day}")),
        // A licence is about its own country; where the qualification came from stands in the decision it follows.
        None if record.kind == Kind::LicenceGranted => {
            Finding::pass(format!("{label}: {here} is a party on {day}"))
        }
        None => Finding::unknown(format!("{label}: the country of origin is not shown")),
    }
}
