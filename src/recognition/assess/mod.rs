//! What a worker's records come to in a destination: the named checks, which instruments apply and which not and why, what
//! is missing, who decides, and the way ahead. Never a score, never a word on admission (SPEC.md, "Assessing").

mod authorities;
mod directive;
mod instruments;
mod json;
mod levels;
mod text;
mod way;

use jiff::civil::Date;

use super::checks::{self, Finding, LicenceState, Need, Outcome, Purpose, RecordFacts};
use crate::event::{Event, Kind, LegalEffect};

pub use authorities::Authority;
pub use instruments::{Applies, InstrumentLine};
pub use levels::LevelLine;
pub use text::render;

/// One verified record, as far as it is shown, with what the checks take from it.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a> {
    /// The statement's id.
    pub jti: &'a str,
    /// What it says.
    pub event: &'a Event,
    /// The facts of it.
    pub facts: RecordFacts<'a>,
}

/// What it comes to, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// A licence for the occupation is in force there.
    InForce,
    /// The same, within the conditions that it carries.
    InForceWithConditions,
    /// The licence is suspended.
    Suspended,
    /// The licence was revoked, or no longer stands.
    Revoked,
    /// The licence's term has ended or not begun.
    Expired,
    /// Recognised in full; to practise a regulated occupation a licence is still needed.
    Recognised,
    /// Recognised in part: that is not full recognition.
    Partial,
    /// Recognised on a condition: that is not full recognition.
    Conditional,
    /// Recognition was refused.
    Refused,
    /// No decision of the kind needed is shown.
    NoDecision,
    /// The destination says that the occupation is not regulated: the employer assesses.
    EmployerAssesses,
    /// Cannot be told.
    Unknown,
}

impl State {
    /// As written in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InForce => "IN_FORCE",
            Self::InForceWithConditions => "IN_FORCE_WITH_CONDITIONS",
            Self::Suspended => "SUSPENDED",
            Self::Revoked => "REVOKED",
            Self::Expired => "EXPIRED",
            Self::Recognised => "RECOGNISED",
            Self::Partial => "PARTIAL",
            Self::Conditional => "CONDITIONAL",
            Self::Refused => "REFUSED",
            Self::NoDecision => "NO_DECISION",
            Self::EmployerAssesses => "EMPLOYER_ASSESSES",
            Self::Unknown => "UNKNOWN",
        }
    }
}

/// A check of the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckLine {
    /// Its name, as in verification.
    pub check: &'static str,
    /// A `jti`, or `file` for the records as a whole.
    pub subject: String,
    /// What it found.
    pub finding: Finding,
}

/// Something that is missing, and what asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// What.
    pub what: String,
    /// A law, a decision (`jti`), or an instrument's id.
    pub asked_by: String,
}

/// A test or certificate that is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The statement's id.
    pub jti: String,
    /// Its title.
    pub title: String,
    /// Its kind.
    pub kind: Kind,
    /// Result, overall level or outcome, where it has one.
    pub result: Option<String>,
    /// Whether it was in force on the day.
    pub is_in_force: bool,
    /// What it does in law.
    pub effect: &'static str,
    /// What it depends on, or does not allow.
    pub conditions: Vec<String>,
}

/// The whole answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessment {
    /// Destination, alpha-2.
    pub country: String,
    /// ISCO-08 code.
    pub occupation: Option<String>,
    /// What for.
    pub purpose: Purpose,
    /// The day asked about.
    pub day: Date,
    /// What it comes to.
    pub state: State,
    /// Why, in a sentence.
    pub summary: String,
    /// The checks that count.
    pub checks: Vec<CheckLine>,
    /// Every instrument that speaks of these countries and this occupation, or that a record cites.
    pub instruments: Vec<InstrumentLine>,
    /// Levels side by side. They decide nothing here.
    pub levels: Vec<LevelLine>,
    /// What is missing.
    pub missing: Vec<Missing>,
    /// The tests and certificates shown.
    pub evidence: Vec<Evidence>,
    /// Who decides there, as far as the caller's list or the ledger says.
    pub authorities: Vec<Authority>,
    /// The next steps, in order.
    pub way_ahead: Vec<String>,
    /// The tables that were asked.
    pub reference: String,
    /// Records that are not relied on, with the reason: (`jti`, why).
    pub set_aside: Vec<(String, &'static str)>,
}

impl Assessment {
    /// The worst of the checks: nothing that does not apply counts against anybody.
    pub fn outcome(&self) -> Outcome {
        let has = |outcome| self.checks.iter().any(|line| line.finding.outcome == outcome);
        match () {
            () if has(Outcome::Fail) => Outcome::Fail,
            () if has(Outcome::Unknown) => Outcome::Unknown,
            () => Outcome::Pass,
        }
    }
}

/// The subject of checks of the records as a whole.
const FILE: &str = "file";

/// Assesses verified records of one worker. `authorities` are the bodies that the ledger or the trust file knows.
pub fn assess(shown: &[Shown<'_>], need: &Need<'_>, authorities: &[Authority]) -> Assessment {
    let known: Vec<Shown<'_>> =
        shown.iter().filter(|one| one.facts.award_date.is_none_or(|day| day <= need.day)).copied().collect();
    let (relied, fallen): (Vec<Shown<'_>>, Vec<Shown<'_>>) =
        known.iter().partition(|one| one.facts.stands != Some(false));
    // The licence's own check needs what has fallen, too: a revoked licence is not a missing one.
    let all: Vec<RecordFacts<'_>> = known.iter().map(|one| one.facts).collect();
    let law = checks::law_of(need);
    let state = state(&all, need, law.is_some());
    let checks = check(&relied, &all, need);
    let instruments = instruments::lines(&relied, need);
    let missing = way::missing(&relied, &all, need, law.as_ref());
    let authorities: Vec<Authority> =
        authorities.iter().filter(|authority| authority.decides(need)).cloned().collect();
    let way_ahead = way::ahead(&relied, &all, need, state, &instruments, &authorities);
    Assessment {
        country: need.country.to_owned(),
        occupation: need.occupation.map(str::to_owned),
        purpose: need.purpose,
        day: need.day,
        state,
        summary: way::summary(state, need, law.as_ref()),
        checks,
        instruments,
        levels: levels::lines(&relied, need),
        missing,
        evidence: evidence(&relied, need.day),
        authorities,
        way_ahead,
        reference: reference(need),
        set_aside: fallen.iter().map(|one| (one.jti.to_owned(), "it does not stand")).collect(),
    }
}

/// Which tables the answer rests on, so that nobody takes an offline answer for what an authority has published since.
fn reference(need: &Need<'_>) -> String {
    let built_in = format!("built-in tables as of {}", super::source::TABLES_AS_OF);
    match &need.published.origin {
        Some(origin) => format!("{built_in}, and before them what {origin} had published by {}", need.day),
        None => format!("{built_in}; no ledger's publications were asked"),
    }
}

fn state(all: &[RecordFacts<'_>], need: &Need<'_>, is_regulated: bool) -> State {
    if need.purpose != Purpose::Study
        && let Some((licence, _)) = checks::licence_state(all, need)
    {
        let is_open = checks::conditions(all, need).outcome != Outcome::Pass
            && checks::conditions(all, need).outcome != Outcome::NotApplicable;
        match licence {
            LicenceState::InForce if is_open => return State::InForceWithConditions,
            LicenceState::InForce => return State::InForce,
            LicenceState::Suspended => return State::Suspended,
            LicenceState::Gone => return State::Revoked,
            LicenceState::OutOfTerm => return State::Expired,
            LicenceState::Open => {}
        }
    }
    match checks::best_decision(all, need) {
        Some("FULL") => return State::Recognised,
        Some("PARTIAL") => return State::Partial,
        Some("CONDITIONAL") => return State::Conditional,
        _ => {}
    }
    let kind = checks::recognition_kind(all, need).outcome;
    match () {
        () if checks::is_refused(all, need) => State::Refused,
        () if need.purpose == Purpose::Hire && !is_regulated && kind == Outcome::NotApplicable => {
            State::EmployerAssesses
        }
        () if is_regulated || need.purpose == Purpose::Study || kind == Outcome::Fail => State::NoDecision,
        () => State::Unknown,
    }
}

/// The checks that the purpose asks for, in the order of verification.
fn check(relied: &[Shown<'_>], all: &[RecordFacts<'_>], need: &Need<'_>) -> Vec<CheckLine> {
    let mut lines = Vec::new();
    let mut each = |check: &'static str, find: &dyn Fn(&RecordFacts<'_>) -> Finding| {
        for one in relied {
            let finding = find(&one.facts);
            if finding.outcome != Outcome::NotApplicable {
                lines.push(CheckLine { check, subject: one.jti.to_owned(), finding });
            }
        }
    };
    each("status", &|facts| match facts.stands {
        Some(true) => Finding::pass("it stands"),
        _ => Finding::unknown("the ledger's word on it is missing or old"),
    });
    each("framework_version", &|facts| checks::framework_version(facts, need.published));
    let mut whole = |check: &'static str, finding: Finding| {
        lines.push(CheckLine { check, subject: FILE.to_owned(), finding });
    };
    whole("recognition_kind", checks::recognition_kind(all, need));
    if need.purpose != Purpose::Study {
        whole("licence_in_destination", checks::licence_in_destination(all, need));
    }
    for one in relied.iter().filter(|one| one.facts.country == Some(need.country)) {
        let finding = checks::mra_parties(&one.facts);
        if finding.outcome != Outcome::NotApplicable {
            lines.push(CheckLine { check: "mra_parties", subject: one.jti.to_owned(), finding });
        }
    }
    lines.push(CheckLine {
        check: "conditions",
        subject: FILE.to_owned(),
        finding: checks::conditions(all, need),
    });
    lines
}

/// Assessments, languages, measures, registers, as they stand on the day. A failed attempt is evidence of nothing.
fn evidence(relied: &[Shown<'_>], day: Date) -> Vec<Evidence> {
    let is_evidence = |one: &&Shown<'_>| {
        matches!(
            one.event.kind(),
            Kind::SkillAssessed
                | Kind::LanguageCertified
                | Kind::PriorLearningAssessed
                | Kind::PriorLearningCertified
                | Kind::CompensationMeasureCompleted
                | Kind::UnitAchieved
                | Kind::QualificationAwarded
                | Kind::RegisterEntered
                | Kind::QualificationsPassportIssued
        ) && !one.event.is_private_by_default()
    };
    let found = relied.iter().filter(is_evidence).map(|one| Evidence {
        jti: one.jti.to_owned(),
        title: title(one.event),
        kind: one.event.kind(),
        result: ["result", "overall", "outcome"]
            .iter()
            .find_map(|claim| one.event.text(claim))
            .map(str::to_owned),
        is_in_force: one.facts.stands == Some(true) && one.facts.until.is_none_or(|until| day <= until),
        effect: match one.event.legal_effect() {
            LegalEffect::Informative => "informs; it is no recognition and no right to practise",
            LegalEffect::Assessment => "assesses; recognition is for the destination to decide",
            LegalEffect::RecognitionDecision => "decides on recognition, where it was decided",
            LegalEffect::RightToPractise => "entitles, where and within the limits that it names",
        },
        conditions: conditions(one.event),
    });
    found.collect()
}

fn conditions(event: &Event) -> Vec<String> {
    let with = event.text("in_collaboration_with").map(|with| format!("in collaboration with {with}"));
    event.texts("conditions").map(str::to_owned).chain(with).collect()
}

/// The English title, else the kind's name.
pub(in crate::recognition) fn title(event: &Event) -> String {
    event.title("en").unwrap_or_else(|| event.kind().name()).to_owned()
}

#[cfg(test)]
mod tests;
