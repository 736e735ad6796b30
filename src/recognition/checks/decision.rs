//! `recognition_kind` and `conditions`: what the destination has decided, of which kind, and what is still owed.

use jiff::civil::Date;

use super::{Finding, Need, Purpose, RecordFacts, fits, is_said_unregulated, law_of};
use crate::event::Kind;

/// Decisions of the destination that may bear on the question, refusals and statements included, and whether they are
/// shown to.
fn decisions<'r, 'a>(
    records: &'r [RecordFacts<'a>],
    need: &'r Need<'_>,
) -> impl Iterator<Item = (&'r RecordFacts<'a>, bool)> {
    let of_country = records.iter().filter(|record| {
        record.kind == Kind::RecognitionDecided
            && record.country == Some(need.country)
            && record.stands != Some(false)
            && record.until.is_none_or(|until| need.day <= until)
            && is_known_on(record, need.day)
    });
    of_country.filter_map(|record| {
        let fits = if need.purpose == Purpose::Study { Some(true) } else { fits(need, record.isco08) };
        (fits != Some(false)).then_some((record, fits == Some(true) && record.stands == Some(true)))
    })
}

/// The kind that the purpose needs: academic to study, professional to work. One never stands in for the other, and a
/// comparability statement is neither.
pub fn recognition_kind(records: &[RecordFacts<'_>], need: &Need<'_>) -> Finding {
    let needed = if need.purpose == Purpose::Study { "ACADEMIC" } else { "PROFESSIONAL" };
    let country = need.country;
    let (mut best, mut other, mut open) = (None, None, false);
    for (record, is_shown) in decisions(records, need) {
        match (record.recognition_kind, record.decision) {
            (Some(kind), Some(outcome @ ("FULL" | "PARTIAL" | "CONDITIONAL"))) if kind == needed => {
                if is_shown && best != Some("FULL") {
                    best = Some(outcome);
                }
                open = true;
            }
            (Some(_), Some("COMPARABILITY_STATEMENT")) => {
                other = Some("a comparability statement informs and decides nothing");
            }
            (Some(_), Some("REFUSED")) => other = other.or(Some("recognition was refused")),
            (Some(_), Some(_)) => other = other.or(Some("the decision shown is of the other kind")),
            _ => open = true,
        }
    }
    if let Some(outcome) = best {
        return Finding::pass(format!("{country} decided: {needed}, {outcome}"));
    }
    if open {
        return Finding::unknown(format!(
            "kind, outcome, occupation or present standing of {country}'s decision is not shown"
        ));
    }
    if let Some(other) = other {
        return Finding::fail(format!("{country}, {needed} recognition is needed: {other}"));
    }
    match (need.purpose, law_of(need)) {
        (Purpose::Hire, None) if is_said_unregulated(records, need) => Finding::not_applicable(format!(
            "{country} says that the occupation is not regulated there: the employer assesses"
        )),
        (Purpose::Hire, None) => Finding::unknown(format!(
            "whether the occupation is regulated in {country} is not stored; where it is not, the employer assesses"
        )),
        _ => Finding::unknown(format!("no {needed} decision of {country} is shown")),
    }
}

/// What a partial or conditional decision of the destination asked for has been done, or a full one has followed.
pub fn conditions(records: &[RecordFacts<'_>], need: &Need<'_>) -> Finding {
    let country = need.country;
    let is_full =
        decisions(records, need).any(|(record, is_shown)| is_shown && record.decision == Some("FULL"));
    let owed = decisions(records, need).map(|(record, _)| record).find(|record| {
        matches!(record.decision, Some("PARTIAL" | "CONDITIONAL"))
            && !measure_passed(records, record.hash, need.day)
    });
    let is_limited = records.iter().any(|record| {
        record.kind == Kind::LicenceGranted
            && record.limit_jurisdiction == Some(country)
            && record.has_conditions
            && record.stands != Some(false)
    });
    match owed.and_then(|decision| decision.decision) {
        Some(outcome) if !is_full => Finding::fail(format!(
            "{country} decided {outcome}: what it asked for is not shown as done, so it is not full recognition"
        )),
        _ if is_limited => {
            Finding::unknown(format!("the licence for {country} carries conditions: read them"))
        }
        _ if decisions(records, need).next().is_some() => Finding::pass("nothing is shown to be owed"),
        _ => Finding::not_applicable(format!("no decision of {country} is shown")),
    }
}

fn measure_passed(records: &[RecordFacts<'_>], decision: &str, day: Date) -> bool {
    records.iter().any(|record| {
        record.kind == Kind::CompensationMeasureCompleted
            && record.refers_to == Some(decision)
            && record.result == Some("PASSED")
            && record.stands == Some(true)
            && is_known_on(record, day)
    })
}

/// What came later than the day asked about answers no question about that day.
fn is_known_on(record: &RecordFacts<'_>, day: Date) -> bool {
    record.award_date.is_none_or(|awarded| awarded <= day)
}
