//! Published standards and a worker, education and a job, over gRPC.

use serde_json::{Value, json};
use skillpass::crypto::{OsEntropy, PrivateKey};
use skillpass::event::Kind;
use skillpass::pb;
use tonic::Status;

use super::{Served, by, reason};
use crate::support::{Body, Worker};

pub const STANDARD: &str = "https://standards.example.invalid/masonry";
const OTHER: &str = "https://standards.example.invalid/bricklaying";

pub fn council(served: &Served) -> Body {
    let body = Body {
        issuer: "https://council.ph.example.invalid".to_owned(),
        key: PrivateKey::generate_ed25519(&mut OsEntropy),
    };
    served.test.authorise(&body, "SECTOR_SKILLS_BODY");
    body
}

pub fn publish(served: &Served, council: &Body, id: &str, version: &str, outcomes: Value) {
    let claims = json!({"sub": id, "owner": council.issuer, "title": {"en": "Masonry"}, "version": version,
        "isco08": "7112", "outcomes": outcomes});
    let statement = served.test.in_clear(council, Kind::StandardPublished, &claims);
    served.test.append(statement).unwrap();
}

fn assessed(served: &Served, council: &Body, worker: &Worker, version: &str, result: &str, outcomes: Value) {
    let statement = served.test.about(council, worker, Kind::SkillAssessed, |claims| {
        for claim in ["wage_class", "instrument", "valid_until", "evidence", "grade"] {
            claims.shift_remove(claim);
        }
        claims.insert("standard".into(), json!({"id": STANDARD, "version": version}));
        claims.insert("result".into(), result.into());
        claims.insert("outcomes".into(), outcomes);
    });
    served.test.append(statement).unwrap();
}

fn find(served: &Served, key: &PrivateKey, worker: &Worker, version: Option<&str>) -> Result<Value, Status> {
    let request = pb::FindGapsRequest {
        worker: worker.id.to_string(),
        standard: STANDARD.to_owned(),
        version: version.map(str::to_owned),
        at: None,
        view: pb::View::Holder.into(),
    };
    let request = by(&served.test, key, request);
    let answer = served.run(served.recognition().find_gaps(request))?.into_inner();
    Ok(serde_json::from_str(&answer.gaps_json).unwrap())
}

fn a_worker(served: &Served) -> Worker {
    let worker = served.test.open_passport();
    served.test.bind(&worker);
    worker
}

#[test]
fn a_gap_is_what_no_assessment_of_this_edition_shows() {
    let served = Served::new();
    let council = council(&served);
    publish(&served, &council, STANDARD, "2018", json!(["lays bricks"]));
    publish(&served, &council, STANDARD, "2022", json!(["lays bricks", "reads drawings"]));
    let worker = a_worker(&served);
    assessed(&served, &council, &worker, "2022", "PASSED", json!(["lays bricks"]));
    let gaps = find(&served, &worker.key, &worker, None).unwrap();
    assert_eq!(
        (gaps["standard"]["version"].as_str(), gaps["state"].as_str()),
        (Some("2022"), Some("IN_PROGRESS"))
    );
    assert_eq!(gaps["missing"], json!(["reads drawings"]));
    // Another edition, a failed attempt, the worker's own word: nothing is counted, and the first two are named.
    assessed(&served, &council, &worker, "2018", "PASSED", json!(["reads drawings"]));
    assessed(&served, &council, &worker, "2022", "FAILED", json!(["reads drawings"]));
    let own = served.test.about(
        &crate::support::TestLedger::holder(&worker),
        &worker,
        Kind::SelfAssessed,
        |claims| {
            claims.insert("skills".into(), json!(["reads drawings"]));
            claims.shift_remove("evidence");
        },
    );
    served.test.append(own).unwrap();
    let gaps = find(&served, &worker.key, &worker, None).unwrap();
    assert_eq!(gaps["missing"], json!(["reads drawings"]));
    assert_eq!(gaps["not_counted"].as_array().unwrap().len(), 2);
    assessed(&served, &council, &worker, "2022", "PASSED", json!(["reads drawings"]));
    let gaps = find(&served, &worker.key, &worker, None).unwrap();
    assert_eq!((gaps["state"].as_str(), gaps["missing"].clone()), (Some("ELIGIBLE"), json!([])));
    let older = find(&served, &worker.key, &worker, Some("2018")).unwrap();
    assert_eq!(older["standard"]["version"], "2018");
    // Who may not read the worker learns nothing; a standard that nobody published is said to be none.
    let stranger = served.test.stranger();
    assert_eq!(reason(&find(&served, &stranger.key, &worker, None).unwrap_err()), "NOT_AVAILABLE");
    assert_eq!(reason(&find(&served, &worker.key, &worker, Some("1999")).unwrap_err()), "NOT_FOUND");
}

#[test]
fn two_standards_stand_side_by_side_without_a_score() {
    let served = Served::new();
    let council = council(&served);
    publish(&served, &council, STANDARD, "2022", json!(["lays bricks", "reads drawings"]));
    publish(&served, &council, OTHER, "7", json!(["lays bricks", "points joints"]));
    let request = |worker: Option<String>| pb::CompareProfilesRequest {
        standard: STANDARD.to_owned(),
        other: OTHER.to_owned(),
        version: None,
        other_version: None,
        worker,
        at: None,
        view: pb::View::Holder.into(),
    };
    let answer = served.run(served.recognition().compare_profiles(request(None))).unwrap().into_inner();
    let alone: Value = serde_json::from_str(&answer.comparison_json).unwrap();
    assert_eq!(alone["same_words"], json!(["lays bricks"]));
    assert!(!answer.comparison_json.contains("score"));
    let worker = a_worker(&served);
    assessed(&served, &council, &worker, "2022", "PASSED", json!(["lays bricks"]));
    let asked = by(&served.test, &worker.key, request(Some(worker.id.to_string())));
    let answer = served.run(served.recognition().compare_profiles(asked)).unwrap().into_inner();
    let shown: Value = serde_json::from_str(&answer.comparison_json).unwrap();
    let by_side = |side: usize| shown["standards"][side]["outcomes"][0]["shown_by"].as_array().unwrap().len();
    // The same words in another standard are not thereby shown there.
    assert_eq!((by_side(0), by_side(1)), (1, 0));
    let anonymous = served.run(served.recognition().compare_profiles(request(Some(worker.id.to_string()))));
    assert_eq!(reason(&anonymous.unwrap_err()), "NOT_AVAILABLE");
}

#[test]
fn education_against_a_job_is_for_employment_services_and_never_for_employers() {
    let served = Served::new();
    let body = |name: &str, sort: &str| {
        let body = Body {
            issuer: format!("https://{name}.ph.example.invalid"),
            key: PrivateKey::generate_ed25519(&mut OsEntropy),
        };
        served.test.authorise(&body, sort);
        body
    };
    let (service, employer) = (body("jobs", "PUBLIC_EMPLOYMENT_SERVICE"), body("firm", "EMPLOYER"));
    let ask = |key: &PrivateKey, rule: &str, isced: &str, isco: &str| {
        let request = pb::ClassifyMatchRequest {
            rule: rule.to_owned(),
            isced_level: isced.to_owned(),
            isco08: isco.to_owned(),
            worker: None,
            at: None,
        };
        served
            .run(served.recognition().classify_match(by(&served.test, key, request)))
            .map(tonic::Response::into_inner)
    };
    let answer = ask(&service.key, "kilm-15b@2015", "2", "7112").unwrap();
    assert_eq!((answer.r#match.as_str(), answer.rule.as_str()), ("UNDER", "kilm-15b@2015"));
    let answer = ask(&served.operator(), "isco-08-skill-level@2012", "2", "7112").unwrap();
    assert_eq!(answer.r#match, "MATCHED");
    for key in [&employer.key, &served.test.stranger().key] {
        assert_eq!(reason(&ask(key, "kilm-15b@2015", "2", "7112").unwrap_err()), "EMPLOYMENT_SERVICE_ONLY");
    }
    assert_eq!(reason(&ask(&service.key, "kilm-15b", "2", "7112").unwrap_err()), "VALUE_UNKNOWN");
    assert_eq!(reason(&ask(&service.key, "kilm-15b@2015", "9", "7112").unwrap_err()), "VALUE_UNKNOWN");
}

#[test]
fn a_mismatch_follows_the_job_and_not_recognition() {
    let served = Served::new();
    let test = &served.test;
    let employer = Body {
        issuer: "https://hospital.ph.example.invalid".to_owned(),
        key: PrivateKey::generate_ed25519(&mut OsEntropy),
    };
    test.authorise(&employer, "EMPLOYER");
    let worker = a_worker(&served);
    let degree = test.about(&test.provider, &worker, Kind::QualificationAwarded, |claims| {
        for claim in ["eqf_level", "nqf_level", "instrument", "evidence"] {
            claims.shift_remove(claim);
        }
        claims.insert("isced_level".into(), "6".into());
        claims.insert("awarding_date".into(), "2025-01-10".into());
    });
    test.append(degree).unwrap();
    let job = |isco: &str, day: &str| {
        let statement = test.about(&employer, &worker, Kind::PlacementStarted, |claims| {
            for claim in ["instrument", "planned_end", "esco_uri", "evidence"] {
                claims.shift_remove(claim);
            }
            claims.insert("isco08".into(), isco.into());
            claims.insert("started_on".into(), day.into());
        });
        test.append(statement).unwrap();
    };
    let ask = || {
        let request = pb::ClassifyMatchRequest {
            rule: "kilm-15b@2015".to_owned(),
            isced_level: String::new(),
            isco08: String::new(),
            worker: Some(worker.id.to_string()),
            at: None,
        };
        let asked = by(test, &served.operator(), request);
        served.run(served.recognition().classify_match(asked)).map(|answer| answer.into_inner().r#match)
    };
    assert_eq!(reason(&ask().unwrap_err()), "NOT_FOUND", "without a job there is nothing to compare");
    job("5321", "2025-02-03");
    assert_eq!(ask().unwrap(), "OVER");
    // Recognised in full, and still an assistant.
    let decision = test.about(&test.competent, &worker, Kind::RecognitionDecided, |claims| {
        for claim in [
            "nqf_level",
            "instrument",
            "valid_until",
            "qualification",
            "application",
            "evidence",
            "compensation_measure",
            "substantial_differences",
            "appeal_until",
        ] {
            claims.shift_remove(claim);
        }
        claims.insert("decision".into(), "FULL".into());
    });
    test.append(decision).unwrap();
    assert_eq!(ask().unwrap(), "OVER");
    job("2221", "2025-05-05");
    assert_eq!(ask().unwrap(), "MATCHED");
    let passport = pb::GetPassportRequest {
        worker: worker.id.to_string(),
        view: pb::View::Holder.into(),
        known_at: None,
        valid_at: None,
    };
    let shown =
        served.run(served.passports().get_passport(by(test, &worker.key, passport))).unwrap().into_inner();
    assert!(!shown.passport_json.contains("\"OVER\"") && !shown.passport_json.contains("\"MATCHED\""));
}
