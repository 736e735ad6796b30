//! Whose records: keys that change, keys that are lost and bound anew, and what the worker signs.

use serde_json::json;
use skillpass::crypto::{Hash, PrivateKey};
use skillpass::event::Kind;
use skillpass::passport::{PresentError, Report, Status, Verdict, verify};

use super::memory_ledger::{DAY_MS, hash_claim};
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

const MINISTRY: &str = "https://recovery.ph.example.invalid";
const UNION: &str = "https://union.ph.example.invalid";

/// An authority that asks for recoveries and a union that confirms them.
struct Bodies {
    ministry: PrivateKey,
    union: PrivateKey,
}

fn bodies(scenario: &mut Scenario) -> Bodies {
    let ask = [Kind::HolderKeyRecoveryRequested, Kind::HolderKeyRecoveryConfirmed, Kind::Revoked];
    let (ministry, _) = scenario.ledger.body("PH", MINISTRY, "LABOUR_MIGRATION_AUTHORITY", &ask);
    let (union, _) = scenario.ledger.body("PH", UNION, "WORKERS_ORGANISATION", &ask[1..]);
    Bodies { ministry, union }
}

fn request(scenario: &mut Scenario, bodies: &Bodies, new: &PrivateKey) -> Hash {
    scenario.tick();
    let claims = example(Kind::HolderKeyRecoveryRequested, scenario.worker, "PH");
    let by = (MINISTRY, &bodies.ministry);
    scenario.ledger.say(scenario.worker, Kind::HolderKeyRecoveryRequested, by, Some(new), claims)
}

fn confirm(scenario: &mut Scenario, by: (&str, &PrivateKey), request: &Hash) -> Hash {
    scenario.tick();
    let mut claims = example(Kind::HolderKeyRecoveryConfirmed, scenario.worker, "PH");
    claims["request"] = hash_claim(request);
    scenario.ledger.say(scenario.worker, Kind::HolderKeyRecoveryConfirmed, by, None, claims)
}

/// By the holder: the end of a recovery, one way or the other.
fn end(scenario: &mut Scenario, kind: Kind, key: &PrivateKey, request: &Hash) {
    let claims = json!({"sub": scenario.worker.to_string(), "request": hash_claim(request)});
    let did = key.public().did_jwk();
    let new = kind.binds_key().then_some(key);
    scenario.ledger.say(scenario.worker, kind, (&did, key), new, claims);
}

/// The key was lost; two bodies of different kinds and seven days replace it.
fn recover(scenario: &mut Scenario) {
    let bodies = bodies(scenario);
    let new = fresh(scenario);
    let asked = request(scenario, &bodies, &new);
    confirm(scenario, (UNION, &bodies.union), &asked);
    scenario.ledger.now += 7 * DAY_MS;
    end(scenario, Kind::HolderKeyRecovered, &new, &asked);
    scenario.holder = new;
    scenario.tick();
}

/// Complete and presented.
fn both(scenario: &mut Scenario, shown: &[usize]) -> [Report; 2] {
    let complete = scenario.export().encode();
    let presented = scenario.present(shown);
    [check(scenario, &complete), check(scenario, &presented)]
}

fn refused_for(report: &Report, reason: &str) -> bool {
    let failed = rows_with(report, Status::Fail);
    failed.iter().any(|row| row.starts_with("key_binding file") && row.contains(reason))
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
fn a_recovered_key_ties_by_sub() {
    let mut scenario = Scenario::new();
    change(&mut scenario);
    recover(&mut scenario);
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
    recover(&mut scenario);
    change(&mut scenario);
    let current = copy(&scenario.holder);
    say_of_oneself(&mut scenario, &current);
    scenario.tick();
    let bytes = scenario.export().encode();
    assert_valid(&check(&scenario, &bytes));
    for shown in [vec![6], vec![11], vec![2, 6, 11]] {
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

#[test]
fn a_lone_body_replaces_no_key() {
    let mut scenario = Scenario::new();
    let [complete, presented] = both(&mut scenario, &[2]);
    assert_valid(&complete);
    assert_valid(&presented);
    // Bound again by the body that bound the first.
    scenario.tick();
    scenario.holder = fresh(&mut scenario);
    let key = copy(&scenario.holder);
    let claims = example(Kind::HolderKeyBound, scenario.worker, "PH");
    scenario.by_provider(Kind::HolderKeyBound, Some(&key), claims);
    scenario.tick();
    let report = {
        let bytes = scenario.export().encode();
        check(&scenario, &bytes)
    };
    assert!(refused_for(&report, "HOLDER_KEY_BOUND_BEFORE"), "{:#?}", rows_with(&report, Status::Fail));
}

#[test]
fn a_recovery_by_one_body_or_two_of_one_kind_is_found_out() {
    let twin = &mut Scenario::new();
    recover(twin);
    for report in both(twin, &[2, 5]) {
        assert_valid(&report);
    }
    for (who, kind) in [(MINISTRY, ""), ("https://other.ph.example.invalid", "LABOUR_MIGRATION_AUTHORITY")] {
        let mut scenario = Scenario::new();
        let bodies = bodies(&mut scenario);
        let second = match kind {
            "" => copy(&bodies.ministry),
            kind => scenario.ledger.body("PH", who, kind, &[Kind::HolderKeyRecoveryConfirmed]).0,
        };
        let new = fresh(&mut scenario);
        let asked = request(&mut scenario, &bodies, &new);
        confirm(&mut scenario, (who, &second), &asked);
        scenario.ledger.now += 7 * DAY_MS;
        end(&mut scenario, Kind::HolderKeyRecovered, &new, &asked);
        scenario.holder = new;
        for report in both(&mut scenario, &[2]) {
            assert!(refused_for(&report, "SECOND_BODY_NEEDED"), "{:#?}", rows_with(&report, Status::Fail));
        }
    }
}

#[test]
fn a_recovery_used_before_the_seven_days_is_found_out() {
    for (wait, reason) in [(7 * DAY_MS - 1, "RECOVERY_TOO_EARLY"), (61 * DAY_MS, "RECOVERY_LAPSED")] {
        let mut scenario = Scenario::new();
        let bodies = bodies(&mut scenario);
        let new = fresh(&mut scenario);
        let asked = request(&mut scenario, &bodies, &new);
        confirm(&mut scenario, (UNION, &bodies.union), &asked);
        scenario.ledger.now += wait;
        end(&mut scenario, Kind::HolderKeyRecovered, &new, &asked);
        scenario.holder = new;
        for report in both(&mut scenario, &[2]) {
            assert!(refused_for(&report, reason), "{:#?}", rows_with(&report, Status::Fail));
        }
    }
}

#[test]
fn a_recovery_that_nobody_confirmed_is_found_out() {
    let mut scenario = Scenario::new();
    let bodies = bodies(&mut scenario);
    let new = fresh(&mut scenario);
    let asked = request(&mut scenario, &bodies, &new);
    scenario.ledger.now += 8 * DAY_MS;
    end(&mut scenario, Kind::HolderKeyRecovered, &new, &asked);
    scenario.holder = new;
    for report in both(&mut scenario, &[2]) {
        assert!(refused_for(&report, "RECOVERY_NOT_CONFIRMED"), "{:#?}", rows_with(&report, Status::Fail));
    }
}

#[test]
fn a_recovery_that_the_old_key_cancelled_is_found_out_and_the_old_key_goes_on() {
    let mut scenario = Scenario::new();
    let bodies = bodies(&mut scenario);
    let new = fresh(&mut scenario);
    let asked = request(&mut scenario, &bodies, &new);
    confirm(&mut scenario, (UNION, &bodies.union), &asked);
    // In the delay the old key presents as before.
    for report in both(&mut scenario, &[2, 5]) {
        assert_valid(&report);
    }
    scenario.tick();
    let old = copy(&scenario.holder);
    end(&mut scenario, Kind::HolderKeyRecoveryCancelled, &old, &asked);
    scenario.ledger.now += 7 * DAY_MS;
    for report in both(&mut scenario, &[2, 5]) {
        assert_valid(&report);
    }
    end(&mut scenario, Kind::HolderKeyRecovered, &new, &asked);
    let report = {
        let bytes = scenario.export().encode();
        check(&scenario, &bytes)
    };
    assert!(refused_for(&report, "RECOVERY_CANCELLED"), "{:#?}", rows_with(&report, Status::Fail));
}

#[test]
fn a_recovered_key_falls_with_the_word_it_rests_on() {
    let mut scenario = Scenario::new();
    let bodies = bodies(&mut scenario);
    let new = fresh(&mut scenario);
    let asked = request(&mut scenario, &bodies, &new);
    confirm(&mut scenario, (UNION, &bodies.union), &asked);
    scenario.ledger.now += 7 * DAY_MS;
    end(&mut scenario, Kind::HolderKeyRecovered, &new, &asked);
    scenario.holder = new;
    let bytes = scenario.present(&[2]);
    assert_valid(&check(&scenario, &bytes));
    scenario.tick();
    let claims = json!({"sub": scenario.worker.to_string(), "issuing_country": "PH", "target": hash_claim(&asked),
        "reason": "OBTAINED_BY_FRAUD"});
    scenario.ledger.say(scenario.worker, Kind::Revoked, (MINISTRY, &bodies.ministry), None, claims);
    let bytes = scenario.present(&[2]);
    assert!(refused_for(&check(&scenario, &bytes), "withdrawn"));
}
