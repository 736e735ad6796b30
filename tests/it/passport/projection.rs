//! The passport as known then and as in force then.

use proptest::prelude::*;
use skillpass::event::{Kind, StreamRecord};
use skillpass::passport::{Passport, Standing, View, render_passport};

use super::scenario::Scenario;

pub(super) fn records(scenario: &Scenario) -> Vec<StreamRecord> {
    scenario.ledger.records(scenario.worker).iter().map(|one| one.record.clone()).collect()
}

pub(super) fn project(scenario: &Scenario, known_at: u64, valid_at: &str) -> Passport {
    Passport::project(
        scenario.worker,
        &records(scenario),
        &scenario.ledger.trust,
        known_at,
        valid_at.parse().unwrap(),
    )
}

#[test]
fn six_sections_stand_in_their_order() {
    let scenario = Scenario::new();
    let json = project(&scenario, u64::MAX, "2024-06-01").to_json(View::Holder);
    let sections: Vec<&String> = json["sections"].as_object().unwrap().keys().collect();
    assert_eq!(sections, ["training", "assessment", "work", "recognition", "licence", "self_declared"]);
    assert_eq!(json["sections"]["licence"][0]["standing"], "in_force");
    assert_eq!(json["sections"]["licence"][0]["legal_effect"], "right_to_practise");
    assert_eq!(json["sections"]["recognition"][0]["standing"], "partial");
    assert_eq!(json["sections"]["training"][0]["learning_setting"], "NON_FORMAL");
}

#[test]
fn a_records_claims_are_all_that_are_shown_but_the_worker_id() {
    let scenario = Scenario::new();
    let json = project(&scenario, u64::MAX, "2024-06-01").to_json(View::Holder);
    let said = records(&scenario).into_iter().find(|one| one.event.kind() == Kind::TrainingCompleted);
    let mut said = said.unwrap().event.claims().clone();
    assert!(said.shift_remove("sub").is_some());
    assert_eq!(json["sections"]["training"][0]["claims"], serde_json::Value::Object(said));
}

#[test]
fn failures_and_refusals_are_the_workers_alone() {
    let mut scenario = Scenario::new();
    scenario.assessment("FAILED");
    scenario.decision("REFUSED");
    let passport = project(&scenario, u64::MAX, "2024-06-01");
    let count = |view| passport.seen_by(view).count();
    assert_eq!([count(View::Holder), count(View::Home), count(View::Employer)], [6, 4, 4]);
    for view in [View::Employer, View::Home] {
        let text = passport.to_json(view).to_string() + &render_passport(&passport.to_json(view));
        assert!(!text.contains("FAILED") && !text.contains("REFUSED"), "{text}");
    }
}

#[test]
fn the_answer_changes_only_with_what_is_known() {
    let mut scenario = Scenario::new();
    let then = scenario.ledger.now;
    let training = records(&scenario)[2].statement.hash();
    scenario.change(Kind::Revoked, &training);
    let standing = |known_at| {
        let passport = project(&scenario, known_at, "2024-06-01");
        passport
            .records
            .iter()
            .find(|one| one.record.kind == Kind::TrainingCompleted)
            .unwrap()
            .record
            .standing
    };
    assert_eq!(standing(then), Standing::InForce);
    assert_eq!(standing(u64::MAX), Standing::Revoked);
}

#[test]
fn before_it_was_awarded_it_was_not_there() {
    let scenario = Scenario::new();
    assert_eq!(project(&scenario, u64::MAX, "2023-12-31").records.len(), 0);
    assert_eq!(project(&scenario, u64::MAX, "2024-01-02").records.len(), 2);
    let late = project(&scenario, u64::MAX, "2026-02-01");
    let licence = late.records.iter().find(|one| one.record.kind == Kind::LicenceGranted).unwrap();
    assert_eq!(licence.record.standing, Standing::Expired);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn a_past_answer_never_changes(steps in prop::collection::vec(0_u8..7, 1..8)) {
        let mut scenario = Scenario::opened("ledger.ph.example.invalid");
        scenario.training("First");
        let mut answers: Vec<(u64, String)> = vec![];
        for step in steps {
            let last = records(&scenario).iter().rev().find(|one| one.event.kind() == Kind::TrainingCompleted).unwrap().statement.hash();
            match step {
                0 => scenario.training("Another"),
                1 => scenario.change(Kind::Revoked, &last),
                2 => scenario.change(Kind::Suspended, &last),
                3 => scenario.change(Kind::Reinstated, &last),
                4 => scenario.decision("PARTIAL"),
                5 => scenario.licence(),
                _ => scenario.assessment("FAILED"),
            };
            for (known_at, answer) in &answers {
                let again = project(&scenario, *known_at, "2025-01-01").to_json(View::Holder).to_string();
                prop_assert_eq!(&again, answer);
            }
            let now = scenario.ledger.now;
            answers.push((now, project(&scenario, now, "2025-01-01").to_json(View::Holder).to_string()));
        }
    }
}
