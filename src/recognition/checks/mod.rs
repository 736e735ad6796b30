//! The recognition checks of offline verification: `framework_version`, `level_relation`, `recognition_kind`,
//! `licence_in_destination`, `mra_parties`, `conditions`. Plain facts in, a finding out; SPEC.md, "The six checks".

mod decision;
mod licence;

use jiff::civil::Date;

pub use decision::{conditions, recognition_kind};
pub use licence::licence_in_destination;

use super::framework::{Framework, LevelRef};
use super::instruments::{PartyAnswer, instrument};
use super::professions::{Profession, regulated};
use super::relate::{Answer, regional_framework, relate_level};
use super::source::Certainty;
use crate::event::Kind;

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Shown to be so.
    Pass,
    /// Shown not to be so.
    Fail,
    /// Cannot be told from what is shown or stored.
    Unknown,
    /// Does not arise.
    NotApplicable,
}

/// What a check found, in a sentence for the reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How it came out.
    pub outcome: Outcome,
    /// Why.
    pub detail: String,
}

impl Finding {
    fn pass(detail: impl Into<String>) -> Self {
        Self { outcome: Outcome::Pass, detail: detail.into() }
    }
    fn fail(detail: impl Into<String>) -> Self {
        Self { outcome: Outcome::Fail, detail: detail.into() }
    }
    fn unknown(detail: impl Into<String>) -> Self {
        Self { outcome: Outcome::Unknown, detail: detail.into() }
    }
    fn not_applicable(detail: impl Into<String>) -> Self {
        Self { outcome: Outcome::NotApplicable, detail: detail.into() }
    }
}

/// What the destination is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To practise the occupation.
    Practise,
    /// To go on studying.
    Study,
    /// To be hired.
    Hire,
}

/// The question to which the records are held.
#[derive(Debug, Clone, Copy)]
pub struct Need<'a> {
    /// Destination, alpha-2.
    pub country: &'a str,
    /// ISCO-08 code.
    pub occupation: Option<&'a str>,
    /// What for.
    pub purpose: Purpose,
    /// The day it is asked for.
    pub day: Date,
}

/// `{framework, version, code}` as a statement has it.
#[derive(Debug, Clone, Copy)]
pub struct LevelFact<'a> {
    /// Framework id.
    pub framework: &'a str,
    /// Edition.
    pub version: &'a str,
    /// Level.
    pub code: &'a str,
}

/// What one verified record says, as far as it is disclosed.
#[derive(Debug, Clone, Copy)]
pub struct RecordFacts<'a> {
    /// Its kind.
    pub kind: Kind,
    /// The hash of its statement, and of the one it refers to: `target`, or `recognition_decision` of a compensation
    /// measure or licence (base64url).
    pub hash: &'a str,
    /// See `hash`.
    pub refers_to: Option<&'a str>,
    /// Whether the ledger's standing token lets it stand; `None` when old or absent.
    pub stands: Option<bool>,
    /// `issuing_country`.
    pub country: Option<&'a str>,
    /// `origin_country`.
    pub origin_country: Option<&'a str>,
    /// The kind's award date.
    pub award_date: Option<Date>,
    /// `nqf_level`.
    pub level: Option<LevelFact<'a>>,
    /// `eqf_level`.
    pub eqf_level: Option<&'a str>,
    /// `recognition_kind`.
    pub recognition_kind: Option<&'a str>,
    /// `decision`.
    pub decision: Option<&'a str>,
    /// `regulated`: whether the authority says that the occupation is regulated in its country.
    pub regulated: Option<bool>,
    /// `result`.
    pub result: Option<&'a str>,
    /// `isco08`.
    pub isco08: Option<&'a str>,
    /// `limit_jurisdiction`.
    pub limit_jurisdiction: Option<&'a str>,
    /// `valid_from`, or `effective_from` of a change of a licence.
    pub from: Option<Date>,
    /// `valid_until`, or `suspended_until`; inclusive.
    pub until: Option<Date>,
    /// Whether it names `conditions`.
    pub has_conditions: bool,
    /// `instrument`.
    pub instrument: Option<&'a str>,
}

impl<'a> RecordFacts<'a> {
    /// Facts of a record of `kind` that discloses nothing yet.
    pub fn new(kind: Kind, hash: &'a str) -> Self {
        Self {
            kind,
            hash,
            refers_to: None,
            stands: None,
            country: None,
            origin_country: None,
            award_date: None,
            level: None,
            eqf_level: None,
            recognition_kind: None,
            decision: None,
            regulated: None,
            result: None,
            isco08: None,
            limit_jurisdiction: None,
            from: None,
            until: None,
            has_conditions: false,
            instrument: None,
        }
    }
}

/// `framework_version`: the level stands in the edition that was in force on the award date.
pub fn framework_version(record: &RecordFacts<'_>) -> Finding {
    let Some(level) = record.level else { return Finding::not_applicable("the record names no level") };
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
pub fn level_relation(record: &RecordFacts<'_>, destination: Option<&str>) -> Finding {
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
    let answer = match relate_level(&from, target, as_of) {
        Ok(relation) => relation.answer,
        Err(error) => return Finding::unknown(error.to_string()),
    };
    relation_finding(&from, target, &answer, record.eqf_level)
}

fn relation_finding(from: &str, target: &str, answer: &Answer, claimed: Option<&str>) -> Finding {
    let rests_on = |answer: &Answer| {
        answer.source().map(|source| format!("{}, {}", source.title, source.as_of)).unwrap_or_default()
    };
    match (answer, claimed) {
        (Answer::Edge { level, kind, .. }, claimed) => {
            let published = format!("{from} is {target} {level} ({}; {})", kind.name(), rests_on(answer));
            match claimed {
                Some(claimed) if claimed != *level => Finding::fail(format!("{published}, not {claimed}")),
                _ => Finding::pass(published),
            }
        }
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

/// The law that regulates the occupation asked about, if one is stored.
fn law_of(need: &Need<'_>) -> Option<Profession> {
    need.occupation.and_then(|occupation| regulated(occupation, need.country, need.day))
}

/// Whether the destination's own authority says, of this occupation, that it is not regulated there. Only that makes it
/// so; silence of the stored laws does not.
fn is_said_unregulated(records: &[RecordFacts<'_>], need: &Need<'_>) -> bool {
    let of_country = records.iter().filter(|record| {
        record.country == Some(need.country)
            && record.stands == Some(true)
            && fits(need, record.isco08) == Some(true)
    });
    let mut said = of_country.filter_map(|record| record.regulated).peekable();
    said.peek().is_some() && said.all(|regulated| !regulated)
}

/// Whether a record about `isco08` speaks to the occupation asked about: its very code, or the minor group (3 digits)
/// that holds it. `None`: the record does not show its occupation, or only one too broad to tell.
fn fits(need: &Need<'_>, isco08: Option<&str>) -> Option<bool> {
    match (need.occupation, isco08) {
        (None, _) => Some(true),
        (Some(asked), Some(stated)) if stated.len() >= 3 => Some(asked.starts_with(stated)),
        (Some(asked), Some(stated)) => (!asked.starts_with(stated)).then_some(false),
        (Some(_), None) => None,
    }
}

#[cfg(test)]
mod tests;
