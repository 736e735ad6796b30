//! `licence_in_destination`: a licence for the occupation is in force in the destination on the day.

use jiff::civil::Date;

use super::{Finding, Need, Outcome, Purpose, RecordFacts, fits, is_said_unregulated, law_of};
use crate::event::Kind;

/// Where the occupation is regulated, a licence for it, there, on the day; a diploma or decision is none.
pub fn licence_in_destination(records: &[RecordFacts<'_>], need: &Need<'_>) -> Finding {
    if need.purpose == Purpose::Study {
        return Finding::not_applicable("studying needs no licence");
    }
    let grants = records.iter().filter(|record| {
        record.kind == Kind::LicenceGranted
            && record.limit_jurisdiction == Some(need.country)
            && fits(need, record.isco08) != Some(false)
    });
    let mut best: Option<Finding> = None;
    for grant in grants {
        let finding = state_of(grant, records, need);
        // One licence in force suffices; else an open question outweighs one that has ended.
        let better = best.as_ref().is_none_or(|known| rank(&finding) > rank(known));
        if better {
            best = Some(finding);
        }
    }
    best.unwrap_or_else(|| match law_of(need) {
        Some(law) => Finding::fail(format!(
            "no licence for {} is shown; {} is regulated there ({})",
            need.country, law.title, law.source.title
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

fn rank(finding: &Finding) -> u8 {
    match finding.outcome {
        Outcome::Pass => 2,
        Outcome::Unknown => 1,
        Outcome::Fail | Outcome::NotApplicable => 0,
    }
}

/// One licence on the day: its terms, then the latest of suspension, reinstatement and revocation.
fn state_of(grant: &RecordFacts<'_>, records: &[RecordFacts<'_>], need: &Need<'_>) -> Finding {
    let (country, day) = (need.country, need.day);
    let changes = || {
        records.iter().filter(|record| record.refers_to == Some(grant.hash) && record.stands != Some(false))
    };
    let mut terms =
        std::iter::once(grant).chain(changes().filter(|change| change.kind == Kind::LicenceRenewed));
    let Some(term) = terms.find(|term| holds_on(term.from, term.until, day)) else {
        return Finding::fail(format!("the licence for {country} is not valid on {day}"));
    };
    let latest = changes()
        .filter(|change| change.from.is_some_and(|from| from <= day))
        .filter(|change| {
            matches!(change.kind, Kind::LicenceSuspended | Kind::LicenceReinstated | Kind::LicenceRevoked)
        })
        .max_by_key(|change| change.from);
    match latest.map(|change| (change.kind, change.until)) {
        Some((Kind::LicenceRevoked, _)) => {
            return Finding::fail(format!("the licence for {country} was revoked"));
        }
        Some((Kind::LicenceSuspended, until)) if until.is_none_or(|until| day <= until) => {
            return Finding::fail(format!("the licence for {country} is suspended on {day}"));
        }
        _ => {}
    }
    if fits(need, grant.isco08).is_none() {
        return Finding::unknown(format!(
            "the licence for {country} does not show for which occupation it is"
        ));
    }
    match (grant.stands, term.stands) {
        (Some(false), _) => Finding::fail(format!("the licence for {country} no longer stands")),
        (Some(true), Some(true)) => {
            let until = term.until.map_or_else(|| "without end".to_owned(), |until| format!("until {until}"));
            Finding::pass(format!("a licence for {country} is in force on {day}, {until}"))
        }
        _ => Finding::unknown(format!("the ledger's word on the licence for {country} is missing or old")),
    }
}

/// Both ends inclusive; an end that is not set does not limit.
fn holds_on(from: Option<Date>, until: Option<Date>, day: Date) -> bool {
    from.is_none_or(|from| from <= day) && until.is_none_or(|until| day <= until)
}
