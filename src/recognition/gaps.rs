//! What of a published standard a worker has shown, and what not: outcome by outcome, unit by unit. Counted is what an
//! assessment of this very edition says, nothing that only sounds alike; never a share, never a score.

use jiff::civil::Date;
use serde_json::{Value, json};

use super::assess::{Shown, title};
use super::standard::{Standard, Unit};
use crate::event::Kind;

/// One outcome or unit, and the records that show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The outcome's text, or the unit's code.
    pub what: String,
    /// The unit of an outcome; the title of a unit.
    pub of: Option<String>,
    /// Of a unit: whether a qualification needs this very one.
    pub is_mandatory: bool,
    /// The records (`jti`) that show it; none: missing.
    pub shown_by: Vec<String>,
}

/// Training that teaches what is missing, as far as it is published or recommended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Training {
    /// The TrainingRecommended statement.
    pub jti: String,
    /// Its title.
    pub title: String,
    /// Who teaches.
    pub provider: Option<String>,
    /// What of the missing it closes.
    pub closes: Vec<String>,
    /// The test at its end.
    pub leads_to: Option<String>,
}

/// The whole answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gaps {
    /// The standard's id, edition and title.
    pub standard: (String, String, String),
    /// The day.
    pub day: Date,
    /// Its outcomes.
    pub outcomes: Vec<Line>,
    /// Its units.
    pub units: Vec<Line>,
    /// How many elective units are still missing.
    pub electives_missing: u64,
    /// Training for what is missing.
    pub training: Vec<Training>,
    /// Records against the same standard in another edition, or by assessment that was not passed: not counted, and why.
    pub not_counted: Vec<(String, &'static str)>,
}

/// Compares a worker's verified records with one edition of a standard on a day.
pub fn gaps(shown: &[Shown<'_>], standard: &Standard, day: Date) -> Gaps {
    let relied: Vec<&Shown<'_>> = shown.iter().filter(|one| counts(one, day)).collect();
    let mut not_counted = Vec::new();
    let mut against: Vec<&Shown<'_>> = Vec::new();
    for one in &relied {
        match (one.event.member("standard", "id"), one.event.member("standard", "version")) {
            (Some(id), Some(version)) if id == standard.id => {
                if version != standard.version {
                    not_counted.push((one.jti.to_owned(), "of another edition of the standard"));
                } else if one.event.text("result") == Some("FAILED") {
                    not_counted.push((one.jti.to_owned(), "not passed"));
                } else {
                    against.push(one);
                }
            }
            _ => {}
        }
    }
    let unit_line = |unit: &Unit| Line {
        what: unit.code.clone(),
        of: Some(unit.title.clone()),
        is_mandatory: unit.is_mandatory,
        shown_by: ids(&against, |one| {
            one.event.kind() == Kind::UnitAchieved && one.event.text("unit_code") == Some(&unit.code)
        }),
    };
    let units: Vec<Line> = standard.units.iter().map(unit_line).collect();
    let outcomes: Vec<Line> = standard
        .outcomes
        .iter()
        .map(|outcome| Line {
            what: outcome.text.clone(),
            of: outcome.unit.clone(),
            is_mandatory: true,
            shown_by: ids(&against, |one| shows(one, &outcome.text, outcome.unit.as_deref())),
        })
        .collect();
    let electives = units.iter().filter(|unit| !unit.is_mandatory && !unit.shown_by.is_empty()).count();
    let electives_missing =
        standard.electives_required.saturating_sub(u64::try_from(electives).unwrap_or(u64::MAX));
    let training = relied.iter().filter_map(|one| training(one, &outcomes, &units)).collect();
    Gaps {
        standard: (standard.id.clone(), standard.version.clone(), standard.title.clone()),
        day,
        outcomes,
        units,
        electives_missing,
        training,
        not_counted,
    }
}

/// What stands, was made by the day, and was said by a body: what workers say of themselves shows nothing here.
fn counts(one: &Shown<'_>, day: Date) -> bool {
    one.facts.stands == Some(true)
        && one.facts.award_date.is_none_or(|made| made <= day)
        && one.facts.until.is_none_or(|until| day <= until)
        && !one.event.kind().is_by_holder()
}

/// Whether a record against this edition shows an outcome: it names it, it is of its unit, or it is a passed assessment of
/// the standard as a whole, which names none.
fn shows(one: &Shown<'_>, outcome: &str, unit: Option<&str>) -> bool {
    if one.event.texts("outcomes").any(|text| text == outcome) {
        return true;
    }
    let names_none = one.event.texts("outcomes").next().is_none();
    match one.event.kind() {
        Kind::UnitAchieved => unit.is_some() && one.event.text("unit_code") == unit && names_none,
        Kind::SkillAssessed | Kind::PriorLearningAssessed => {
            names_none && one.event.text("result") == Some("PASSED")
        }
        _ => false,
    }
}

fn ids(against: &[&Shown<'_>], shows: impl Fn(&Shown<'_>) -> bool) -> Vec<String> {
    against.iter().filter(|one| shows(one)).map(|one| one.jti.to_owned()).collect()
}

/// A recommendation, if it closes something that is missing.
fn training(one: &Shown<'_>, outcomes: &[Line], units: &[Line]) -> Option<Training> {
    if one.event.kind() != Kind::TrainingRecommended {
        return None;
    }
    let is_missing =
        |lines: &[Line], what: &str| lines.iter().any(|line| line.what == what && line.shown_by.is_empty());
    let closes_outcomes = one.event.texts("closes_outcomes").filter(|text| is_missing(outcomes, text));
    let closes_units = one.event.texts("closes_units").filter(|code| is_missing(units, code));
    let closes: Vec<String> = closes_outcomes.chain(closes_units).map(str::to_owned).collect();
    (!closes.is_empty()).then(|| Training {
        jti: one.jti.to_owned(),
        title: title(one.event),
        provider: one.event.text("provider").map(str::to_owned),
        closes,
        leads_to: one.event.text("leads_to").map(str::to_owned),
    })
}

impl Gaps {
    /// `ELIGIBLE` when every mandatory unit and enough electives are shown, or, of a standard without units, every outcome;
    /// else `IN_PROGRESS`. It is the awarding body that awards.
    pub fn state(&self) -> &'static str {
        let open = if self.units.is_empty() {
            self.outcomes.is_empty() || self.outcomes.iter().any(|line| line.shown_by.is_empty())
        } else {
            self.electives_missing > 0
                || self.units.iter().any(|unit| unit.is_mandatory && unit.shown_by.is_empty())
        };
        if open { "IN_PROGRESS" } else { "ELIGIBLE" }
    }

    /// What is missing: mandatory units, the electives to choose from while too few are shown, and outcomes of no unit.
    pub fn missing(&self) -> Vec<&str> {
        let open = |line: &&Line| line.shown_by.is_empty();
        let units =
            self.units.iter().filter(open).filter(|unit| unit.is_mandatory || self.electives_missing > 0);
        let outcomes = self.outcomes.iter().filter(open).filter(|line| line.of.is_none());
        units.chain(outcomes).map(|line| line.what.as_str()).collect()
    }

    /// As `skillpass gaps --json` and `FindGaps` give it.
    pub fn to_json(&self) -> Value {
        let (id, version, title) = &self.standard;
        let unit = |line: &Line| {
            json!({"code": line.what, "title": line.of, "requirement": if line.is_mandatory { "MANDATORY" } else { "ELECTIVE" },
                   "shown_by": line.shown_by})
        };
        let outcome = |line: &Line| json!({"outcome": line.what, "unit": line.of, "shown_by": line.shown_by});
        let training = |one: &Training| json!({"jti": one.jti, "title": one.title, "provider": one.provider, "closes": one.closes, "leads_to": one.leads_to});
        let not_counted = self.not_counted.iter().map(|(jti, why)| json!({"jti": jti, "why": why}));
        json!({
            "standard": {"id": id, "version": version, "title": title},
            "at": self.day.to_string(),
            "state": self.state(),
            "missing": self.missing(),
            "electives_missing": self.electives_missing,
            "units": self.units.iter().map(unit).collect::<Vec<_>>(),
            "outcomes": self.outcomes.iter().map(outcome).collect::<Vec<_>>(),
            "training": self.training.iter().map(training).collect::<Vec<_>>(),
            "not_counted": not_counted.collect::<Vec<_>>(),
        })
    }
}
