//! What the home authority and the worker look for first after a return: what was learnt abroad, in which setting, and the
//! next steps towards its recognition at home.

use jiff::civil::Date;
use serde_json::{Value, json};

use super::record::{Record, Standing};
use crate::event::Kind;

/// The block at the head of the home and holder views; null without a return on record by `day`.
pub(super) fn returnee(records: &[&Record], day: Date) -> Value {
    let by = |record: &&&Record| record.awarded_on.is_some_and(|made| made <= day) && stands(record);
    let returns = records.iter().filter(|record| record.kind == Kind::ReturnRecorded).filter(by);
    let Some(back) = returns.max_by_key(|record| record.awarded_on) else { return Value::Null };
    let (Some(home), Some(returned_on)) = (back.text("origin_country"), back.awarded_on) else {
        return Value::Null;
    };
    let learnt =
        records.iter().filter(|record| is_learnt(record) && stands(record) && is_from_abroad(record, home));
    let gained: Vec<&&Record> =
        learnt.filter(|record| record.awarded_on.is_some_and(|made| made <= day)).collect();
    let gained_abroad: Vec<Value> = gained.iter().map(|record| gained_line(record)).collect();
    json!({
        "returned_on": returned_on.to_string(),
        "returned_from": back.text("destination_country"),
        "home": home,
        "gained_abroad": gained_abroad,
        "next_steps": next_steps(records, home, returned_on, day, !gained.is_empty()),
    })
}

fn stands(record: &Record) -> bool {
    matches!(record.standing, Standing::InForce | Standing::Partial | Standing::Expired)
}

/// Learning and its results; a placement or a decision is neither, and a failed attempt is not gained.
fn is_learnt(record: &Record) -> bool {
    let is_learning = matches!(
        record.kind,
        Kind::TrainingCompleted
            | Kind::UnitAchieved
            | Kind::QualificationAwarded
            | Kind::SkillAssessed
            | Kind::LanguageCertified
            | Kind::WorkExperienceAttested
            | Kind::PriorLearningCertified
    );
    is_learning && record.text("result") != Some("FAILED")
}

/// Said by a body abroad, or about learning or work that took place there.
fn is_from_abroad(record: &Record, home: &str) -> bool {
    let places = [record.country.as_deref(), record.text("training_country"), record.text("work_country")];
    places.into_iter().flatten().any(|country| country != home)
}

fn gained_line(record: &Record) -> Value {
    let place = record.text("training_country").or_else(|| record.text("work_country"));
    // Learning at work counts as informal unless it was organised.
    let at_work = (record.kind == Kind::WorkExperienceAttested).then_some("INFORMAL");
    json!({
        "jti": record.jti,
        "title": record.title,
        "kind": record.kind.name(),
        "country": record.country,
        "learnt_in": place.or(record.country.as_deref()),
        "learning_setting": record.text("learning_setting").or(at_work),
        "awarded_on": record.awarded_on.map(|day| day.to_string()),
    })
}

/// The steps that are open at home, the post to come back to first.
fn next_steps(
    records: &[&Record],
    home: &str,
    returned_on: Date,
    day: Date,
    has_gained: bool,
) -> Vec<String> {
    let at_home = |kind: Kind| {
        let known = records.iter().filter(move |record| {
            record.kind == kind && stands(record) && record.awarded_on.is_some_and(|made| made <= day)
        });
        known
            .filter(|record| record.country.as_deref().is_none_or(|country| country == home))
            .collect::<Vec<_>>()
    };
    let mut steps = Vec::new();
    if at_home(Kind::ReintegrationDecided).is_empty() {
        let claimed = !at_home(Kind::ReintegrationClaimed).is_empty();
        for leave in at_home(Kind::LeaveGranted) {
            let until = leave.text("leave_until").unwrap_or_default();
            // Inclusive, as every last day is: who is back on it is in time.
            let is_late =
                leave.text("leave_until").is_some_and(|last| last < returned_on.to_string().as_str());
            steps.push(match (claimed, leave.standing) {
                (true, _) if is_late => format!(
                    "reintegration: claimed after a return on {returned_on}; the leave ended on {until} and gave no right after \
                     it: the employer decides"
                ),
                (true, _) => format!(
                    "reintegration: claimed; the employer decides, under {}",
                    leave.text("instrument").unwrap_or("the agreement")
                ),
                (false, Standing::Expired) => {
                    format!("reintegration: the leave ended on {until}; the clause gave no right after it")
                }
                (false, _) => format!("reintegration: claim the return to the post by {until}"),
            });
        }
    }
    let since = |kind: Kind| at_home(kind).into_iter().any(|record| record.awarded_on >= Some(returned_on));
    let prior = |step: &str| format!("recognition of prior learning at home: {step}");
    match () {
        () if since(Kind::PriorLearningCertified) => {}
        () if since(Kind::PriorLearningAssessed) => {
            steps.push(prior("step 4, certify what follows from the assessment"));
        }
        () if since(Kind::PriorLearningDocumented) => {
            steps.push(prior("step 3, assessment against a standard"));
        }
        () if since(Kind::PriorLearningIdentified) => {
            steps.push(prior("step 2, put together a portfolio of evidence"));
        }
        () if has_gained => steps.push(prior("step 1, have what was learnt abroad identified")),
        () => {}
    }
    steps.extend(at_home(Kind::TrainingRecommended).iter().map(|one| format!("recommended: {}", one.title)));
    steps
}
