//! Assessing a worker's records in a destination, over gRPC.

use serde_json::Value;
use skillpass::event::Kind;
use skillpass::pb;
use tonic::Status;

use super::{Served, by, reason};
use crate::support::Worker;

fn question(worker: &Worker) -> pb::AssessRecognitionRequest {
    pb::AssessRecognitionRequest {
        worker: worker.id.to_string(),
        country: "PH".to_owned(),
        occupation: "2221".to_owned(),
        purpose: "practise".to_owned(),
        at: Some("2025-06-01".to_owned()),
        view: pb::View::Holder.into(),
    }
}

fn ask(
    served: &Served,
    key: &skillpass::crypto::PrivateKey,
    request: pb::AssessRecognitionRequest,
) -> Result<pb::AssessRecognitionResponse, Status> {
    let request = by(&served.test, key, request);
    served.run(served.recognition().assess_recognition(request)).map(tonic::Response::into_inner)
}

fn decide(served: &Served, worker: &Worker, decision: &str) {
    let test = &served.test;
    let statement = test.about(&test.competent, worker, Kind::RecognitionDecided, |claims| {
        for claim in ["nqf_level", "instrument", "valid_until", "qualification", "application", "evidence"] {
            claims.shift_remove(claim);
        }
        claims.insert("decision".into(), decision.into());
        claims.insert("isco08".into(), "2221".into());
        claims.insert("appeal_until".into(), "2025-07-01".into());
        if decision == "FULL" {
            for claim in ["compensation_measure", "substantial_differences"] {
                claims.shift_remove(claim);
            }
        }
    });
    test.append(statement).unwrap();
}

fn licence(served: &Served, worker: &Worker) {
    let test = &served.test;
    let statement = test.about(&test.competent, worker, Kind::LicenceGranted, |claims| {
        for claim in ["conditions", "instrument", "recognition_decision"] {
            claims.shift_remove(claim);
        }
        claims.insert("limit_jurisdiction".into(), "PH".into());
        claims.insert("valid_from".into(), "2025-05-20".into());
    });
    test.append(statement).unwrap();
}

#[test]
fn a_ledger_assesses_for_who_may_read_the_worker_and_names_who_decides() {
    let served = Served::new();
    let worker = served.test.open_passport();
    served.test.bind(&worker);
    decide(&served, &worker, "PARTIAL");
    let answer = ask(&served, &worker.key, question(&worker)).unwrap();
    assert_eq!((answer.state.as_str(), answer.status.as_str()), ("PARTIAL", "FAIL"));
    let json: Value = serde_json::from_str(&answer.assessment_json).unwrap();
    assert_eq!(json["competent_authorities"][0]["issuer"], crate::support::COMPETENT);
    decide(&served, &worker, "FULL");
    licence(&served, &worker);
    let answer = ask(&served, &served.operator(), question(&worker)).unwrap();
    assert_eq!((answer.state.as_str(), answer.status.as_str()), ("IN_FORCE", "PASS"));
    // Whoever may not read the worker learns what is told about nobody.
    let stranger = served.test.stranger();
    let refused = ask(&served, &stranger.key, question(&worker)).unwrap_err();
    let unknown = ask(&served, &stranger.key, question(&stranger)).unwrap_err();
    assert_eq!((refused.code(), refused.message()), (unknown.code(), unknown.message()));
    assert_eq!(reason(&refused), "NOT_AVAILABLE");
}

#[test]
fn a_refusal_counts_for_the_worker_alone() {
    let served = Served::new();
    let worker = served.test.open_passport();
    served.test.bind(&worker);
    decide(&served, &worker, "REFUSED");
    assert_eq!(ask(&served, &worker.key, question(&worker)).unwrap().state, "REFUSED");
    let seen = pb::AssessRecognitionRequest { view: pb::View::Unspecified.into(), ..question(&worker) };
    let answer = ask(&served, &worker.key, seen).unwrap();
    assert_eq!(answer.state, "NO_DECISION");
    assert!(!answer.assessment_json.to_lowercase().contains("refused"), "{}", answer.assessment_json);
}

#[test]
fn a_question_that_makes_no_sense_is_refused_by_its_field() {
    let served = Served::new();
    let worker = served.test.open_passport();
    served.test.bind(&worker);
    let with = |change: &dyn Fn(&mut pb::AssessRecognitionRequest)| {
        let mut request = question(&worker);
        change(&mut request);
        let refused = ask(&served, &worker.key, request).unwrap_err();
        (reason(&refused), refused.message().to_owned())
    };
    assert!(ask(&served, &worker.key, question(&worker)).is_ok());
    for (field, refused) in [
        ("country", with(&|request| request.country = "XY".to_owned())),
        ("occupation", with(&|request| request.occupation = "nurse".to_owned())),
        ("purpose", with(&|request| request.purpose = "live".to_owned())),
        ("view", with(&|request| request.view = 9)),
    ] {
        assert_eq!(refused.0, "VALUE_UNKNOWN");
        assert!(refused.1.contains(field), "{}", refused.1);
    }
    assert_eq!(with(&|request| request.at = Some("today".to_owned())).0, "DATE_INVALID");
}

/// The figure is printed and kept as a metric; a busy machine fails no test.
#[test]
fn the_time_over_fifty_records_is_a_metric() {
    let served = Served::new();
    let worker = served.test.open_passport();
    served.test.bind(&worker);
    served.record_trainings(&worker, 46);
    decide(&served, &worker, "FULL");
    licence(&served, &worker);
    let answers = 20;
    for _ in 0..answers {
        assert_eq!(ask(&served, &worker.key, question(&worker)).unwrap().state, "IN_FORCE");
    }
    let (_, metrics) = served.get("/metrics");
    let metrics = String::from_utf8(metrics).unwrap();
    let figure = |name: &str| -> f64 {
        let line = metrics
            .lines()
            .find(|line| line.starts_with(name))
            .unwrap_or_else(|| panic!("{name} in\n{metrics}"));
        line.rsplit(' ').next().unwrap().parse().unwrap()
    };
    assert_eq!(figure("skillpass_assess_seconds_count"), f64::from(answers));
    let mean = figure("skillpass_assess_seconds_sum") / f64::from(answers) * 1000.0;
    println!("assess over 50 records: {mean:.2} ms of server time (unoptimised build)");
    assert!(metrics.contains("skillpass_assess_seconds_bucket{le=\"0.002\"}"), "{metrics}");
}
