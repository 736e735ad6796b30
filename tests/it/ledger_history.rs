//! What may follow what in a worker's stream.

use serde_json::{Map, Value};
use skillpass::event::Kind;

use crate::support::{Body, TestLedger, Worker, hash_of};

fn set(claim: &'static str, value: impl Into<Value>) -> impl FnOnce(&mut Map<String, Value>) {
    let value = value.into();
    move |claims| {
        claims.insert(claim.to_owned(), value);
    }
}

/// A statement of the competent authority; recorded, and its hash.
fn record(
    test: &TestLedger,
    worker: &Worker,
    kind: Kind,
    change: impl FnOnce(&mut Map<String, Value>),
) -> String {
    let text = test.about(&test.competent, worker, kind, change);
    test.append(text.clone()).unwrap_or_else(|error| panic!("{}: {error}", kind.name()));
    hash_of(&text)
}

fn refused(
    test: &TestLedger,
    body: &Body,
    worker: &Worker,
    kind: Kind,
    change: impl FnOnce(&mut Map<String, Value>),
) -> &'static str {
    test.refused(test.about(body, worker, kind, change))
}

#[test]
fn prior_learning_is_certified_only_after_a_passed_assessment() {
    let test = TestLedger::new();
    let (worker, body) = (test.open_passport(), &test.competent);
    let certify = |assessment: &str, outcome: &'static str| {
        let assessment = assessment.to_owned();
        test.about(body, &worker, Kind::PriorLearningCertified, move |claims| {
            claims.insert("assessment".into(), assessment.into());
            claims.insert("outcome".into(), outcome.into());
        })
    };
    assert_eq!(test.refused(certify(&hash_of("none"), "QUALIFICATION")), "UNKNOWN_TARGET");
    let training = hash_of(&test.record_training(&worker));
    assert_eq!(
        test.refused(certify(&training, "QUALIFICATION")),
        "UNKNOWN_TARGET",
        "a training is no assessment"
    );
    let failed = record(&test, &worker, Kind::PriorLearningAssessed, set("result", "FAILED"));
    assert_eq!(test.refused(certify(&failed, "QUALIFICATION")), "RPL_ORDER");
    test.append(certify(&failed, "NONE")).expect("that nothing follows from it may be said");
    let passed = record(&test, &worker, Kind::PriorLearningAssessed, set("result", "PASSED"));
    test.append(certify(&passed, "QUALIFICATION")).unwrap();
    record(&test, &worker, Kind::Revoked, set("target", passed.as_str()));
    assert_eq!(
        test.refused(certify(&passed, "QUALIFICATION")),
        "RPL_ORDER",
        "a revoked assessment carries nothing"
    );
}

#[test]
fn stages_and_ends_belong_to_a_placement_that_runs() {
    let test = TestLedger::new();
    let office = Body { issuer: "https://migration.ph.example.invalid".to_owned(), key: test.stranger().key };
    test.authorise(&office, "LABOUR_MIGRATION_AUTHORITY");
    let worker = test.open_passport();
    assert_eq!(refused(&test, &office, &worker, Kind::StageChanged, |_| {}), "UNKNOWN_TARGET");
    let started = test.about(&office, &worker, Kind::PlacementStarted, |claims| {
        claims.shift_remove("planned_end");
    });
    test.append(started.clone()).unwrap();
    let placement = || set("placement", hash_of(&started));
    test.append(test.about(&office, &worker, Kind::StageChanged, placement())).unwrap();
    test.append(test.about(&office, &worker, Kind::PlacementEnded, placement())).unwrap();
    assert_eq!(refused(&test, &office, &worker, Kind::StageChanged, placement()), "PLACEMENT_ENDED");
    assert_eq!(refused(&test, &office, &worker, Kind::PlacementEnded, placement()), "PLACEMENT_ENDED");
}

#[test]
fn a_licence_is_changed_by_its_authority_and_only_sensibly() {
    let test = TestLedger::new();
    let worker = test.open_passport();
    let other = Body { issuer: "https://teaching.ph.example.invalid".to_owned(), key: test.stranger().key };
    test.authorise(&other, "COMPETENT_AUTHORITY");
    let granted = record(&test, &worker, Kind::LicenceGranted, |_| {});
    let target = || set("target", granted.as_str());
    assert_eq!(refused(&test, &other, &worker, Kind::LicenceRevoked, target()), "NOT_YOURS_TO_CHANGE");
    assert_eq!(refused(&test, &test.competent, &worker, Kind::LicenceReinstated, target()), "NOT_SUSPENDED");
    record(&test, &worker, Kind::LicenceRenewed, target());
    record(&test, &worker, Kind::LicenceSuspended, target());
    assert_eq!(refused(&test, &test.competent, &worker, Kind::LicenceRenewed, target()), "SUSPENDED");
    record(&test, &worker, Kind::LicenceReinstated, target());
    record(&test, &worker, Kind::LicenceRevoked, target());
    for kind in [Kind::LicenceRenewed, Kind::LicenceSuspended, Kind::LicenceReinstated, Kind::LicenceRevoked]
    {
        assert_eq!(refused(&test, &test.competent, &worker, kind, target()), "ALREADY_REVOKED");
    }
    let elsewhere = test.open_passport();
    assert_eq!(refused(&test, &test.competent, &elsewhere, Kind::LicenceRenewed, target()), "UNKNOWN_TARGET");
}

#[test]
fn a_compensation_measure_names_the_decision_that_asked_for_it() {
    let test = TestLedger::new();
    let worker = test.open_passport();
    let completed = |decision: &str| set("recognition_decision", decision.to_owned());
    let kind = Kind::CompensationMeasureCompleted;
    assert_eq!(refused(&test, &test.competent, &worker, kind, completed(&hash_of("none"))), "UNKNOWN_TARGET");
    let decision = record(&test, &worker, Kind::RecognitionDecided, set("appeal_until", "2025-07-20"));
    record(&test, &worker, kind, completed(&decision));
}

#[test]
fn a_dispute_is_raised_by_the_worker_and_resolved_once_by_the_issuer_or_above() {
    let test = TestLedger::new();
    let worker = test.open_passport();
    test.bind(&worker);
    let contested = hash_of(&test.record_training(&worker));
    let holder = TestLedger::holder(&worker);
    assert_eq!(
        refused(&test, &holder, &worker, Kind::DisputeRaised, set("target", hash_of("none"))),
        "UNKNOWN_TARGET"
    );
    let raised = test.about(&holder, &worker, Kind::DisputeRaised, set("target", contested.as_str()));
    test.append(raised.clone()).unwrap();
    let resolve = |body: &Body, dispute: String| {
        let contested = contested.clone();
        test.about(body, &worker, Kind::DisputeResolved, move |claims| {
            claims.insert("target".into(), contested.into());
            claims.insert("dispute".into(), dispute.into());
        })
    };
    assert_eq!(test.refused(resolve(&test.competent, hash_of(&raised))), "NOT_YOURS_TO_CHANGE");
    assert_eq!(test.refused(resolve(&test.provider, hash_of("none"))), "UNKNOWN_TARGET");
    test.append(resolve(&test.root, hash_of(&raised))).expect("a body above the issuer");
    assert_eq!(test.refused(resolve(&test.provider, hash_of(&raised))), "ALREADY_RESOLVED");
}

#[test]
fn what_takes_a_statement_s_place_is_recorded_before() {
    let test = TestLedger::new();
    let worker = test.open_passport();
    let wrong = hash_of(&test.record_training(&worker));
    let corrected = |replacement: String| {
        let wrong = wrong.clone();
        test.about(&test.provider, &worker, Kind::Corrected, move |claims| {
            claims.insert("target".into(), wrong.into());
            claims.insert("replacement".into(), replacement.into());
        })
    };
    assert_eq!(test.refused(corrected(hash_of("none"))), "UNKNOWN_TARGET");
    let right = hash_of(&test.record_training(&worker));
    test.append(corrected(right.clone())).unwrap();
    assert_eq!(test.refused(corrected(right)), "ALREADY_SUPERSEDED");
}

#[test]
fn a_revoked_binding_leaves_no_holder_key_and_a_new_one_gives_it_back() {
    let test = TestLedger::new();
    let mut worker = test.open_passport();
    let bound = test.about(&test.provider, &worker, Kind::HolderKeyBound, |_| {});
    test.append(bound.clone()).unwrap();
    test.append(test.about(&test.provider, &worker, Kind::Revoked, set("target", hash_of(&bound)))).unwrap();
    assert_eq!(test.ledger.holder_key(worker.id).unwrap(), None);
    let holder = TestLedger::holder(&worker);
    assert_eq!(refused(&test, &holder, &worker, Kind::SelfAssessed, |_| {}), "UNKNOWN_WORKER");
    worker.key = test.stranger().key;
    test.bind(&worker);
    assert_eq!(test.ledger.holder_key(worker.id).unwrap(), Some(worker.key.public()));
    test.check();
}

#[test]
fn who_may_say_a_thing_may_take_it_back() {
    let test = TestLedger::new();
    let worker = test.open_passport();
    let school = Body { issuer: "https://school.ph.example.invalid".to_owned(), key: test.stranger().key };
    test.authorise_for(&school, "TRAINING_PROVIDER", &[Kind::TrainingCompleted]);
    let said = test.about(&school, &worker, Kind::TrainingCompleted, |_| {});
    test.append(said.clone()).unwrap();
    test.append(test.about(&school, &worker, Kind::Revoked, set("target", hash_of(&said)))).unwrap();
    test.check();
}
