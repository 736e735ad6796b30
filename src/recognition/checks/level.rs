//! `framework_version` and `level_relation`: what a level means where it was awarded, and elsewhere.

use super::{Finding, RecordFacts};
use crate::recognition::framework::{Framework, LevelRef};
use crate::recognition::published::LedgerReferences;
use crate::recognition::relate::{Answer, regional_framework, relate_level_with};

/// `framework_version`: the level stands in the edition that was in force on the award date.
pub fn framework_version(record: &RecordFacts<'_>, published: &LedgerReferences) -> Finding {
    let Some(level) = record.level else { return Finding::not_applicable("the record names no level") };
    if let Some(awarded) = record.award_date
        && let Some(edition) = published.framework(level.framework, Some(level.version), awarded)
        && edition.levels.iter().any(|known| known == level.code)
    {
        let named = format!("{} {} level {}", level.framework, level.version, level.code);
        let by = format!("published: {}, {}", edition.source.title, edition.source.as_of);
        return if edition.in_force_on(awarded) {
            Finding::pass(format!("{named}, in force on {awarded} ({by})"))
        } else {
            Finding::fail(format!("{named}: that edition was not in force on {awarded} ({by})"))
        };
    }
    let framework = match Framework::resolve(level.framework) {
        Ok(framework) => framework,
        Err(error) => return Finding::unknown(error.to_string()),
    };
    if let Err(error) = framework.check_level(Some(level.version), level.code) {
        return Finding::fail(error.to_string());
    }
    let named = format!("{} {} level {}", framework.id(), level.version, level.code);
    let Some(awarded) = record.award_date else {
        return Finding::unknown(format!("{named}: the award date is not shown"));
    };
    match framework.in_force_on(level.version, awarded) {
        Some(true) => Finding::pass(format!("{named}, in force on {awarded}")),
        Some(false) => Finding::fail(format!("{named}: that edition was not in force on {awarded}")),
        None => Finding::unknown(format!("{named}: from when that edition was in force is not stored")),
    }
}

/// `level_relation`: an EQF level that the record claims is the published relation of its national level on the award
/// date; without such a claim, what is published between its level and the destination's regional framework.
pub fn level_relation(
    record: &RecordFacts<'_>,
    destination: Option<&str>,
    published: &LedgerReferences,
) -> Finding {
    let Some(level) = record.level else {
        return match record.eqf_level {
            Some(_) => Finding::unknown("an EQF level without the national level it comes from"),
            None => Finding::not_applicable("the record names no level"),
        };
    };
    let at_home = record.country.is_some() && record.country == destination;
    let target = match (record.eqf_level, destination) {
        (Some(_), _) => "eqf",
        (None, Some(country)) if !at_home => match regional_framework(country) {
            Some(regional) => regional,
            None => return Finding::unknown(format!("no regional framework is stored for {country}")),
        },
        _ => return Finding::not_applicable("no other framework is asked about"),
    };
    let Some(as_of) = record.award_date else { return Finding::unknown("the award date is not shown") };
    let from = LevelRef::spell(level.framework, level.version, level.code);
    let answer = match relate_level_with(&from, target, as_of, published) {
        Ok(relation) => relation.answer,
        Err(error) => return Finding::unknown(error.to_string()),
    };
    relation_finding(&from, target, &answer, record.eqf_level)
}

fn relation_finding(from: &str, target: &str, answer: &Answer, claimed: Option<&str>) -> Finding {
    let rests_on = |answer: &Answer| {
        answer.source().map(|source| format!("{}, {}", source.title, source.as_of)).unwrap_or_default()
    };
    if let Some((level, kind)) = answer.edge() {
        let published = format!("{from} is {target} {level} ({kind}; {})", rests_on(answer));
        return match claimed {
            Some(claimed) if claimed != level => Finding::fail(format!("{published}, not {claimed}")),
            _ => Finding::pass(published),
        };
    }
    match (answer, claimed) {
        (Answer::Historic { .. } | Answer::NeedsCheck { .. }, _) => {
            Finding::unknown(format!("{from} and {target}: {}, {}", answer.name(), rests_on(answer)))
        }
        (_, Some(claimed)) => {
            Finding::fail(format!("{from}: {} backs no {target} level {claimed}", answer.name()))
        }
        // Two levels without a relation stand side by side: that is no fault of the record.
        (_, None) => {
            Finding::unknown(format!("{from} and {target}: {}; side by side, not compared", answer.name()))
        }
    }
}
