//! `licence_in_destination`: a licence for the occupation is in force in the destination on the day.

use jiff::civil::Date;

use super::{Finding, Need, Outcome, Purpose, RecordFacts, fits, is_said_unregulated, law_of};
use crate::event::Kind;

/// What a licence for the destination is on the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LicenceState {
    /// It entitles.
    InForce,
    /// Its term has ended, or has not begun.
    OutOfTerm,
    /// Interrupted.
    Suspended,
    /// Withdrawn, or what it was no longer stands.
    Gone,
    /// Its occupation or its present standing is not shown.
    Open,
}

/// Where the occupation is regulated, a licence for it, there, on the day; a diploma or decision is none.
pub fn licence_in_destination(records: &[RecordFacts<'_>], need: &Need<'_>) -> Finding {
    if need.purpose == Purpose::Study {
        return Finding::not_applicable("studying needs no licence");
    }
    let best = licence_state(records, need).map(|(_, finding)| finding);
    best.unwrap_or_else(|| match law_of(need) {
        Some(law) => Finding::fail(format!(
            "no licence for {} is shown; {} is regulated there ({})",
            need.country, law.title, law.source
        )),
        None if need.purpose == Purpose::Hire && is_said_unregulated(records, need) => {
            Finding::not_applicable(format!(
                "{} says that the occupation is not regulated there",
                need.country
            ))
        }
        None => Finding::unknown(format!(
            "no licence for {} is shown, and whether the occupation is regulated there is not stored",
            need.country
        )),
    })
}

/// The best of the licences for the destination and the occupation, if any is shown.
pub fn licence_state(records: &[RecordFacts<'_>], need: &Need<'_>) -> Option<(LicenceState, Finding)> {
    let grants = records.iter().filter(|record| {
        record.kind == Kind::LicenceGranted
            && record.limit_jurisdiction == Some(need.country)
            && fits(need, record.isco08) != Some(false)
    });
    let mut best: Option<(LicenceState, Finding)> = None;
    for grant in grants {
        let found = state_of(grant, records, need);
        // One licence in force suffices; else an open question outweighs one that has ended.
        let better = best.as_ref().is_none_or(|(_, known)| rank(&found.1) > rank(known));
        if better {
            best = Some(found);
        }
    }
    best
}

fn rank(finding: &Finding) -> u8 {
    match finding.outcome {
        Outcome::Pass => 2,
        Outcome::Unknown => 1,
        Outcome::Fail | Outcome::NotApplicable => 0,
    }
}

/// One licence on the day: its terms, then the latest of suspension, reinstatement and revocation.
fn state_of(
    grant: &RecordFacts<'_>,
    records: &[RecordFacts<'_>],
    need: &Need<'_>,
) -> (LicenceState, Finding) {
    let (country, day) = (need.country, need.day);
    let changes = || {
        records.iter().filter(|record| record.refers_to == Some(grant.hash) && record.stands != Some(false))
    };
    let mut terms =
        std::iter::once(grant).chain(changes().filter(|change| change.kind == Kind::LicenceRenewed));
    let Some(term) = terms.find(|term| holds_on(term.from, term.until, day)) else {
        return (
            LicenceState::OutOfTerm,
            Finding::fail(format!("the licence for {country} is not valid on {day}")),
        );
    };
    let latest = changes()
        .filter(|change| change.from.is_some_and(|from| from <= day))
        .filter(|change| {
            matches!(change.kind, Kind::LicenceSuspended | Kind::LicenceReinstated | Kind::LicenceRevoked)
        })
        .max_by_key(|change| change.from);
    match latest.map(|change| (change.kind, change.until)) {
        Some((Kind::LicenceRevoked, _)) => {
            return (LicenceState::Gone, Finding::fail(format!("the licence for {country} was revoked")));
        }
        Some((Kind::LicenceSuspended, until)) if until.is_none_or(|until| day <= until) => {
            return (
                LicenceState::Suspended,
                Finding::fail(format!("the licence for {country} is suspended on {day}")),
            );
        }
        _ => {}
    }
    if fits(need, grant.isco08).is_none() {
        let detail = format!("the licence for {country} does not show for which occupation it is");
        return (LicenceState::Open, Finding::unknown(detail));
    }
    match (grant.stands, term.stands) {
        (Some(false), _) => {
            (LicenceState::Gone, Finding::fail(format!("the licence for {country} no longer stands")))
        }
        (Some(true), Some(true)) => {
            let until = term.until.map_or_else(|| "without end".to_owned(), |until| format!("until {until}"));
            let detail = format!("a licence for {country} is in force on {day}, {until}");
            (LicenceState::InForce, Finding::pass(detail))
        }
        _ => (
            LicenceState::Open,
            Finding::unknown(format!("the ledger's word on the licence for {country} is missing or old")),
        ),
    }
}

/// Both ends inclusive; an end that is not set does not limit.
fn holds_on(from: Option<Date>, until: Option<Date>, day: Date) -> bool {
    from.is_none_or(|from| from <= day) && until.is_none_or(|until| day <= until)
}
