//! What may follow what in a worker's stream.

use serde_json::{Map, Value};
use skillpass::event::Kind;
use skillpass::ledger::Clock as _;

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
fn a_revoked_binding_leaves_no_holder_key_and_no_body_alone_gives_it_back() {
    let test = TestLedger::new();
    let mut worker = test.open_passport();
    let bound = test.about(&test.provider, &worker, Kind::HolderKeyBound, |_| {});
    test.append(bound.clone()).unwrap();
    test.append(test.about(&test.provider, &worker, Kind::Revoked, set("target", hash_of(&bound)))).unwrap();
    assert_eq!(test.ledger.holder_key(worker.id).unwrap(), None);
    let holder = TestLedger::holder(&worker);
    assert_eq!(refused(&test, &holder, &worker, Kind::SelfAssessed, |_| {}), "UNKNOWN_WORKER");
    worker.key = test.stranger().key;
    let again = test.about(&test.provider, &worker, Kind::HolderKeyBound, |_| {});
    assert_eq!(test.refused(again), "HOLDER_KEY_BOUND_BEFORE");
    let asked = test.about(&test.competent, &worker, Kind::HolderKeyRecoveryRequested, |_| {});
    test.append(asked.clone()).unwrap();
    let confirmed = set("request", hash_of(&asked));
    test.append(test.about(&test.provider, &worker, Kind::HolderKeyRecoveryConfirmed, confirmed)).unwrap();
    test.clock.set(test.clock.now_ms() + 7 * 86_400_000);
    let recovered = set("request", hash_of(&asked));
    let holder = TestLedger::holder(&worker);
    test.append(test.about(&holder, &worker, Kind::HolderKeyRecovered, recovered)).unwrap();
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

#[test]
fn numbered_stages_come_one_after_the_other_and_dates_go_forward() {
    let test = TestLedger::new();
    let office = Body { issuer: "https://migration.ph.example.invalid".to_owned(), key: test.stranger().key };
    test.authorise(&office, "LABOUR_MIGRATION_AUTHORITY");
    let worker = test.open_passport();
    let started = test.about(&office, &worker, Kind::PlacementStarted, |claims| {
        claims.insert("started_on".into(), "2024-01-10".into());
        claims.insert("stage".into(), "stage 1".into());
        claims.shift_remove("planned_end");
    });
    test.append(started.clone()).unwrap();
    let stage = |stage: &'static str, day: &'static str| {
        let placement = hash_of(&started);
        test.about(&office, &worker, Kind::StageChanged, move |claims| {
            claims.insert("placement".into(), placement.into());
            claims.insert("stage".into(), stage.into());
            claims.insert("changed_on".into(), day.into());
        })
    };
    assert_eq!(test.refused(stage("stage 3", "2025-01-10")), "PLACEMENT_ORDER");
    assert_eq!(test.refused(stage("stage 2", "2024-01-09")), "PLACEMENT_ORDER");
    test.append(stage("stage 2", "2025-01-10")).unwrap();
    assert_eq!(test.refused(stage("stage 1", "2025-02-10")), "PLACEMENT_ORDER");
    assert_eq!(test.refused(stage("stage 3", "2025-01-09")), "PLACEMENT_ORDER");
    test.append(stage("stage 3", "2025-03-10")).unwrap();
    test.append(stage("specialised worker", "2025-04-10")).expect("a stage without number has no order");
    let ended = |day: &'static str| {
        let placement = hash_of(&started);
        test.about(&office, &worker, Kind::PlacementEnded, move |claims| {
            claims.insert("placement".into(), placement.into());
            claims.insert("ended_on".into(), day.into());
        })
    };
    assert_eq!(test.refused(ended("2025-04-09")), "PLACEMENT_ORDER");
    test.append(ended("2025-04-10")).unwrap();
}

#[test]
fn a_register_entry_rests_on_what_is_in_force_or_on_another_ledger() {
    let test = TestLedger::new();
    let worker = test.open_passport();
    let entered = |base: String| {
        |claims: &mut Map<String, Value>| {
            claims.insert("rests_on".into(), base.into());
            claims.insert("valid_until".into(), "2025-12-31".into());
        }
    };
    let training = hash_of(&test.record_training(&worker));
    assert_eq!(
        refused(&test, &test.competent, &worker, Kind::RegisterEntered, entered(training)),
        "UNKNOWN_TARGET"
    );
    record(&test, &worker, Kind::RegisterEntered, entered(hash_of("on another ledger")));
    let licence = record(&test, &worker, Kind::LicenceGranted, |_| {});
    let entry = record(&test, &worker, Kind::RegisterEntered, entered(licence.clone()));
    record(&test, &worker, Kind::RegisterEntered, entered(entry));
    record(&test, &worker, Kind::LicenceSuspended, set("target", licence.as_str()));
    assert_eq!(
        refused(&test, &test.competent, &worker, Kind::RegisterEntered, entered(licence)),
        "LICENCE_NOT_IN_FORCE"
    );
}

/// An employer, a union and a stranger, each a body of its own, and the leave that the employer granted.
struct OnLeave {
    test: TestLedger,
    worker: Worker,
    employer: Body,
    union: Body,
    leave: String,
}

fn on_leave() -> OnLeave {
    let test = TestLedger::new();
    let body =
        |name: &str| Body { issuer: format!("https://{name}.ph.example.invalid"), key: test.stranger().key };
    let (employer, union) = (body("hospital"), body("union"));
    test.authorise(&employer, "EMPLOYER");
    test.authorise(&union, "WORKERS_ORGANISATION");
    let worker = test.open_passport();
    test.bind(&worker);
    let leave = test.about(&employer, &worker, Kind::LeaveGranted, |claims| {
        claims.shift_remove("confirms");
    });
    test.append(leave.clone()).unwrap();
    OnLeave { leave: hash_of(&leave), test, worker, employer, union }
}

#[test]
fn leave_is_confirmed_by_the_other_side_and_ended_by_who_granted_it() {
    let OnLeave { test, worker, employer, union, leave } = on_leave();
    assert_eq!(
        refused(&test, &employer, &worker, Kind::LeaveGranted, set("confirms", leave.as_str())),
        "UNKNOWN_TARGET",
        "nobody confirms their own word"
    );
    test.append(test.about(&union, &worker, Kind::LeaveGranted, set("confirms", leave.as_str()))).unwrap();
    let of_it = || set("leave", leave.as_str());
    let other = Body { issuer: "https://clinic.ph.example.invalid".to_owned(), key: test.stranger().key };
    test.authorise(&other, "EMPLOYER");
    assert_eq!(refused(&test, &other, &worker, Kind::LeaveEnded, of_it()), "NOT_YOURS_TO_CHANGE");
    assert_eq!(
        refused(&test, &employer, &worker, Kind::LeaveEnded, set("leave", hash_of("none"))),
        "UNKNOWN_TARGET"
    );
    test.append(test.about(&employer, &worker, Kind::LeaveEnded, of_it())).unwrap();
    assert_eq!(refused(&test, &employer, &worker, Kind::LeaveEnded, of_it()), "LEAVE_ENDED");
}

#[test]
fn a_return_is_claimed_by_the_worker_and_decided_by_who_granted_the_leave() {
    let OnLeave { test, worker, employer, union, leave } = on_leave();
    let holder = TestLedger::holder(&worker);
    assert_eq!(
        refused(&test, &holder, &worker, Kind::ReintegrationClaimed, set("leave", hash_of("none"))),
        "UNKNOWN_TARGET"
    );
    let claimed = test.about(&holder, &worker, Kind::ReintegrationClaimed, set("leave", leave.as_str()));
    test.append(claimed.clone()).unwrap();
    let decide = |body: &Body, claim: String, confirms: Option<String>| {
        let leave = leave.clone();
        test.about(body, &worker, Kind::ReintegrationDecided, move |claims| {
            claims.insert("leave".into(), leave.into());
            claims.insert("claim".into(), claim.into());
            claims.shift_remove("confirms");
            claims.shift_remove("appeal_until");
            claims.extend(confirms.map(|hash| ("confirms".to_owned(), hash.into())));
        })
    };
    assert_eq!(test.refused(decide(&union, hash_of(&claimed), None)), "NOT_YOURS_TO_CHANGE");
    assert_eq!(test.refused(decide(&employer, hash_of("none"), None)), "UNKNOWN_TARGET");
    let decided = decide(&employer, hash_of(&claimed), None);
    test.append(decided.clone()).unwrap();
    assert_eq!(
        test.refused(decide(&employer, hash_of(&claimed), Some(hash_of(&decided)))),
        "UNKNOWN_TARGET",
        "nobody confirms their own word"
    );
    test.append(decide(&union, hash_of(&claimed), Some(hash_of(&decided)))).unwrap();
}

#[test]
fn training_is_recommended_for_a_gap_of_the_same_worker() {
    let test = TestLedger::new();
    let worker = test.open_passport();
    assert_eq!(
        refused(&test, &test.competent, &worker, Kind::TrainingRecommended, set("gap", hash_of("none"))),
        "UNKNOWN_TARGET"
    );
    let gap = record(&test, &worker, Kind::GapIdentified, |_| {});
    record(&test, &worker, Kind::TrainingRecommended, set("gap", gap));
}

#[test]
fn no_more_is_paid_than_was_decided() {
    let test = TestLedger::new();
    let fund = Body { issuer: "https://fund.ph.example.invalid".to_owned(), key: test.stranger().key };
    test.authorise(&fund, "JOINT_FUND");
    let worker = test.open_passport();
    // 1,050 asked, 1,000 granted, 50 the worker's own.
    let decided = test.about(&fund, &worker, Kind::FundingDecided, |claims| {
        claims.insert("cost".into(), "1050".into());
        claims.insert("requested".into(), "1050".into());
        claims.insert("cap".into(), "1000".into());
        claims.insert(
            "lines".into(),
            serde_json::json!([
                {"item": "RECOGNITION_FEE", "payer": "EMPLOYMENT_SERVICE", "amount": "600"},
                {"item": "TRANSLATION", "payer": "EMPLOYMENT_SERVICE", "amount": "400"},
                {"item": "TRANSLATION", "payer": "WORKER", "amount": "50"},
            ]),
        );
    });
    test.append(decided.clone()).unwrap();
    let pay = |amount: &'static str, payer: &'static str, currency: &'static str| {
        let decided = hash_of(&decided);
        test.about(&fund, &worker, Kind::FundingPaid, move |claims| {
            claims.insert("funding".into(), decided.into());
            claims.insert("payer".into(), payer.into());
            claims.insert("amount".into(), amount.into());
            claims.insert("currency".into(), currency.into());
        })
    };
    assert_eq!(test.refused(pay("1000.01", "EMPLOYMENT_SERVICE", "EUR")), "FUNDING_OVERPAID");
    assert_eq!(test.refused(pay("1000", "EMPLOYMENT_SERVICE", "CHF")), "FUNDING_OVERPAID");
    assert_eq!(test.refused(pay("1", "EMPLOYER", "EUR")), "FUNDING_OVERPAID");
    test.append(pay("700", "EMPLOYMENT_SERVICE", "EUR")).unwrap();
    assert_eq!(test.refused(pay("300.001", "EMPLOYMENT_SERVICE", "EUR")), "FUNDING_OVERPAID");
    test.append(pay("300", "EMPLOYMENT_SERVICE", "EUR")).unwrap();
    test.append(pay("50", "WORKER", "EUR")).unwrap();
}
