//! What is missing, and what to do next. Everything here follows from records, stored laws and stored instruments; where
//! nothing is stored it says whom to ask.

use super::instruments::{Applies, InstrumentLine};
use super::{Authority, Missing, Need, Purpose, Shown, State};
use crate::event::Kind;
use crate::recognition::checks::{self, Law, RecordFacts};

/// One sentence on what it comes to.
pub(super) fn summary(state: State, need: &Need<'_>, law: Option<&Law>) -> String {
    let (country, day) = (need.country, need.day);
    match state {
        State::InForce => format!("a licence for {country} is in force on {day}"),
        State::InForceWithConditions => {
            format!("a licence for {country} is in force on {day}, within the conditions that it carries")
        }
        State::Suspended => format!("the licence for {country} is suspended on {day}"),
        State::Revoked => format!("the licence for {country} no longer stands"),
        State::Expired => {
            format!("the licence for {country} is not valid on {day}: its term has ended or not begun")
        }
        State::Recognised if need.purpose == Purpose::Study => format!("{country} recognised it in full"),
        State::Recognised if law.is_some() => {
            format!("{country} recognised it in full; the occupation is regulated, and no licence is shown")
        }
        State::Recognised => format!("{country} recognised it in full; no licence is shown"),
        State::Partial => format!("{country} recognised it in part (PARTIAL), which is not full recognition"),
        State::Conditional => {
            format!("{country} recognised it on a condition (CONDITIONAL), which is not full recognition")
        }
        State::Refused => format!("{country} refused recognition"),
        State::NoDecision => format!("no decision of {country} of the kind needed is shown"),
        State::EmployerAssesses => {
            format!("{country} says that the occupation is not regulated: the employer assesses the evidence")
        }
        State::Unknown => format!(
            "whether the occupation is regulated in {country} is not stored, and nothing shown settles it"
        ),
    }
}

/// What is missing, each with what asks for it.
pub(super) fn missing(
    relied: &[Shown<'_>],
    all: &[RecordFacts<'_>],
    need: &Need<'_>,
    law: Option<&Law>,
) -> Vec<Missing> {
    let mut missing = Vec::new();
    if let Some(owed) = owed(relied, all, need) {
        let asked_by = || owed.jti.to_owned();
        for difference in owed.event.texts("substantial_differences") {
            missing.push(Missing { what: difference.to_owned(), asked_by: asked_by() });
        }
        for condition in owed.event.texts("conditions") {
            missing.push(Missing { what: condition.to_owned(), asked_by: asked_by() });
        }
        if let Some(measure) = owed.event.text("compensation_measure") {
            missing.push(Missing { what: measure_in_words(measure).to_owned(), asked_by: asked_by() });
        }
    }
    if checks::best_decision(all, need) != Some("FULL") && (need.purpose == Purpose::Study || law.is_some()) {
        let kind = if need.purpose == Purpose::Study { "academic" } else { "professional" };
        let asked_by = law.map_or_else(|| format!("{} for study", need.country), |law| law.source.clone());
        missing.push(Missing { what: format!("full {kind} recognition by {}", need.country), asked_by });
    }
    if let Some(law) = law
        && need.purpose != Purpose::Study
        && !matches!(checks::licence_state(all, need), Some((checks::LicenceState::InForce, _)))
    {
        missing.push(Missing {
            what: format!("a licence for {} ({})", need.country, law.title),
            asked_by: law.source.clone(),
        });
    }
    missing
}

/// The next steps, in order.
pub(super) fn ahead(
    relied: &[Shown<'_>],
    all: &[RecordFacts<'_>],
    need: &Need<'_>,
    state: State,
    instruments: &[InstrumentLine],
    authorities: &[Authority],
) -> Vec<String> {
    let country = need.country;
    let whom = authorities.first().map_or_else(
        || format!("the competent authority of {country} (none is in the list of bodies at hand)"),
        |authority| authority.name.clone(),
    );
    let mut steps = Vec::new();
    if let Some(owed) = owed(relied, all, need) {
        if let Some(measure) = owed.event.text("compensation_measure") {
            steps.push(format!("complete the {}", measure_in_words(measure)));
        }
        if let Some(until) = owed.event.date("appeal_until").filter(|until| need.day <= *until) {
            steps.push(format!("an appeal against the decision is possible until {until}"));
        }
    }
    match state {
        State::InForce => {}
        State::InForceWithConditions => {
            steps.push("read the conditions of the licence, and keep within them".to_owned());
        }
        State::Suspended | State::Revoked => steps.push(format!("ask {whom} what lifts or follows it")),
        State::Expired => steps.push(format!("renew the licence with {whom}")),
        State::Recognised if need.purpose == Purpose::Study => {}
        State::Recognised => steps.push(format!("apply to {whom} for the licence")),
        State::Partial | State::Conditional => {
            steps.push(format!("ask {whom} for the full decision, and for the licence where one is needed"));
        }
        State::Refused => {
            steps.push(format!("read the reasons, and ask {whom} about appeal or a new application"));
        }
        State::NoDecision => steps.push(format!("apply to {whom} for recognition, with the records listed")),
        State::EmployerAssesses => steps.push("show the employer the records listed".to_owned()),
        State::Unknown => {
            steps.push(format!("ask {whom} whether the occupation is regulated there and what it asks for"));
        }
    }
    let may_cite = |line: &&InstrumentLine| line.applies == Applies::Yes && state != State::InForce;
    for line in instruments.iter().filter(may_cite) {
        steps.push(format!("cite {} when you apply ({})", line.id, line.force));
    }
    if state != State::InForce && !relied.iter().any(|one| one.event.kind() == Kind::LanguageCertified) {
        steps.push(format!("which language tests {country} asks for is not stored: ask {whom}"));
    }
    steps
}

/// The decision of which something is still owed, with its claims.
fn owed<'r, 'a>(relied: &'r [Shown<'a>], all: &[RecordFacts<'_>], need: &Need<'_>) -> Option<&'r Shown<'a>> {
    let hash = checks::owed_decision(all, need)?.hash;
    relied.iter().find(|one| one.facts.hash == hash)
}

fn measure_in_words(measure: &str) -> &'static str {
    match measure {
        "ADAPTATION_PERIOD" => "adaptation period",
        "APTITUDE_TEST" => "aptitude test",
        _ => "adaptation period or aptitude test, whichever the applicant chooses",
    }
}
