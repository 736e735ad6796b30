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

/// The best decision of the kind that the purpose needs (FULL, PARTIAL, CONDITIONAL), of those shown to bear on it.
pub fn best_decision<'a>(records: &[RecordFacts<'a>], need: &Need<'_>) -> Option<&'a str> {
    let mut best = None;
    for (record, is_shown) in decisions(records, need) {
        let outcome =
            record.decision.filter(|outcome| matches!(*outcome, "FULL" | "PARTIAL" | "CONDITIONAL"));
        if is_shown
            && outcome.is_some()
            && record.recognition_kind == Some(needed(need))
            && best != Some("FULL")
        {
            best = outcome;
        }
    }
    best
}

/// Whether the destination refused recognition of the kind that the purpose needs.
pub fn is_refused(records: &[RecordFacts<'_>], need: &Need<'_>) -> bool {
    decisions(records, need).any(|(record, is_shown)| {
        is_shown && record.decision == Some("REFUSED") && record.recognition_kind == Some(needed(need))
    })
}

/// The decision of the destination, partial or conditional, of which something is still owed.
pub fn owed_decision<'r, 'a>(
    records: &'r [RecordFacts<'a>],
    need: &'r Need<'_>,
) -> Option<&'r RecordFacts<'a>> {
    // Full recognition of one kind owes nothing to a condition of the same kind, and says nothing of the other.
    let is_full_of = |kind: Option<&str>| {
        decisions(records, need).any(|(record, is_shown)| {
            is_shown && record.decision == Some("FULL") && (kind.is_none() || record.recognition_kind == kind)
        })
    };
    decisions(records, need).map(|(record, _)| record).find(|record| {
        matches!(record.decision, Some("PARTIAL" | "CONDITIONAL"))
            && !measure_passed(records, record.hash, need.day)
            && !is_full_of(record.recognition_kind)
    })
}

/// The kind of recognition that the purpose needs.
fn needed(need: &Need<'_>) -> &'static str {
    if need.purpose == Purpose::Study { "ACADEMIC" } else { "PROFESSIONAL" }
}

/// The kind that the purpose needs: academic to study, professional to work. One never stands in for the other, and a
/// comparability statement is neither.
pub fn recognition_kind(records: &[RecordFacts<'_>], need: &Need<'_>) -> Finding {
    let needed = needed(need);
    let country = need.country;
    let (best, mut other, mut open) = (best_decision(records, need), None, false);
    for (record, _) in decisions(records, need) {
        match (record.recognition_kind, record.decision) {
            (Some(kind), Some("FULL" | "PARTIAL" | "CONDITIONAL")) if kind == needed => open = true,
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
    if need.purpose == Purpose::Hire && law_of(need).is_none() && is_said_unregulated(records, need) {
        return Finding::not_applicable(format!(
            "{country} says that the occupation is not regulated there: the employer assesses"
        ));
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
        (Purpose::Hire, None) => Finding::unknown(format!(
            "whether the occupation is regulated in {country} is not stored; where it is not, the employer assesses"
        )),
        _ => Finding::unknown(format!("no {needed} decision of {country} is shown")),
    }
}

/// What a partial or conditional decision of the destination asked for has been done, or a full one has followed.
pub fn conditions(records: &[RecordFacts<'_>], need: &Need<'_>) -> Finding {
    let country = need.country;
    let owed = owed_decision(records, need);
    let is_limited = records.iter().any(|record| {
        record.kind == Kind::LicenceGranted
            && record.limit_jurisdiction == Some(country)
            && record.has_conditions
            && record.stands != Some(false)
    });
    match owed.and_then(|decision| decision.decision) {
        Some(outcome) => Finding::fail(format!(
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
