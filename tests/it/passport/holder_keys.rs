//! Whose records: keys that change, keys that are lost and bound anew, and what the worker signs.

use serde_json::json;
use skillpass::crypto::PrivateKey;
use skillpass::event::Kind;
use skillpass::passport::{PresentError, Report, Status, Verdict, verify};

use super::scenario::{Scenario, example};
use super::verification::rows_with;

fn copy(key: &PrivateKey) -> PrivateKey {
    PrivateKey::from_jwk(&key.to_jwk()).unwrap()
}

fn fresh(scenario: &mut Scenario) -> PrivateKey {
    PrivateKey::generate_es256(&mut scenario.ledger.entropy)
}

/// The holder moves to a new key, signed by the old one.
fn change(scenario: &mut Scenario) {
    scenario.tick();
    let new = fresh(scenario);
    let old = std::mem::replace(&mut scenario.holder, copy(&new));
    let claims = json!({"sub": scenario.worker.to_string(), "reason": "NEW_DEVICE"});
    let did = old.public().did_jwk();
    scenario.ledger.say(scenario.worker, Kind::HolderKeyChanged, (&did, &old), Some(&new), claims);
    scenario.tick();
}

/// The key was lost; a body binds another.
fn bind_anew(scenario: &mut Scenario) {
    scenario.tick();
    scenario.holder = fresh(scenario);
    let key = copy(&scenario.holder);
    let claims = example(Kind::HolderKeyBound, scenario.worker, "PH");
    scenario.by_provider(Kind::HolderKeyBound, Some(&key), claims);
    scenario.tick();
}

fn say_of_oneself(scenario: &mut Scenario, key: &PrivateKey) {
    scenario.tick();
    let claims = json!({"sub": scenario.worker.to_string(), "title": {"en": "Mason since 2012"}, "assessed_on": "2024-01-02"});
    let did = key.public().did_jwk();
    scenario.ledger.say(scenario.worker, Kind::SelfAssessed, (&did, key), None, claims);
}

fn check(scenario: &Scenario, bytes: &[u8]) -> Report {
    verify(bytes, &scenario.trust(), &scenario.options())
}

fn assert_valid(report: &Report) {
    let open = (rows_with(report, Status::Fail), rows_with(report, Status::Unknown));
    assert_eq!(report.verdict, Verdict::Valid, "{open:#?}");
}

#[test]
fn a_changed_key_presents_older_records() {
    let mut scenario = Scenario::new();
    change(&mut scenario);
    change(&mut scenario);
    let bytes = scenario.export().encode();
    assert_valid(&check(&scenario, &bytes));
    let bytes = scenario.present(&[2, 5]);
    assert_valid(&check(&scenario, &bytes));
}

#[test]
fn the_old_key_presents_nothing_any_more() {
    let mut scenario = Scenario::new();
    let old = copy(&scenario.holder);
    let before = scenario.export();
    change(&mut scenario);
    let refused = scenario.export().present(&scenario.request(&[2]), &old);
    assert!(matches!(refused, Err(PresentError::NotTheHolder(_))));
    // With the file from before the change: within its time nobody can know, then it is too old to count.
    let bytes = before.present(&scenario.request(&[2]), &old).unwrap();
    let mut options = scenario.options();
    options.now += 31 * 86_400;
    let mut request = scenario.request(&[2]);
    request.expires_at += 60 * 86_400;
    let late = before.present(&request, &old).unwrap();
    assert_eq!(verify(&late, &scenario.trust(), &options).verdict, Verdict::Unknown);
    // A thief who leaves the change out but takes the new tokens is found out: the binding is superseded.
    let new = scenario.export();
    let mut forged = skillpass::passport::PassportFile::parse(&bytes).unwrap();
    forged.ledgers[0].standing[0] = new.standing_token(1).unwrap().to_owned();
    forged.ledgers[0].checkpoint = new.ledgers[0].checkpoint.clone();
    assert_eq!(check(&scenario, &forged.encode()).verdict, Verdict::Invalid);
}

#[test]
fn a_key_bound_anew_ties_by_sub() {
    let mut scenario = Scenario::new();
    change(&mut scenario);
    bind_anew(&mut scenario);
    let bytes = scenario.export().encode();
    assert_valid(&check(&scenario, &bytes));
    let bytes = scenario.present(&[3, 4]);
    assert_valid(&check(&scenario, &bytes));
}

#[test]
fn what_the_worker_said_with_an_older_key_still_counts_as_theirs() {
    let mut scenario = Scenario::new();
    let first = copy(&scenario.holder);
    say_of_oneself(&mut scenario, &first);
    bind_anew(&mut scenario);
    change(&mut scenario);
    let current = copy(&scenario.holder);
    say_of_oneself(&mut scenario, &current);
    scenario.tick();
    let bytes = scenario.export().encode();
    assert_valid(&check(&scenario, &bytes));
    for shown in [vec![6], vec![9], vec![2, 6, 9]] {
        let bytes = scenario.present(&shown);
        let report = check(&scenario, &bytes);
        assert_valid(&report);
        assert!(report.records.iter().any(|record| record.section.as_str() == "self_declared"));
    }
}

#[test]
fn what_is_signed_with_a_key_that_was_not_the_holders_is_refused() {
    let mut scenario = Scenario::new();
    let old = copy(&scenario.holder);
    change(&mut scenario);
    say_of_oneself(&mut scenario, &old);
    scenario.tick();
    let bytes = scenario.export().encode();
    assert_eq!(check(&scenario, &bytes).verdict, Verdict::Invalid);
}

#[test]
fn without_a_bound_key_there_is_no_presentation() {
    let mut scenario = Scenario::new();
    let mut file = scenario.export();
    file.holder.clear();
    let refused = file.present(&scenario.request(&[2]), &scenario.holder);
    assert!(matches!(refused, Err(PresentError::NoHolderKey(_))));
}
