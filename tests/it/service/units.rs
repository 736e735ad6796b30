//! Units and flows over gRPC.

use serde_json::{Value, json};
use skillpass::event::Kind;
use skillpass::pb;

use super::{Served, by, reason};
use crate::support::{Body, Worker};

const STANDARD: &str = "https://standards.ph.example.invalid/masonry";

fn awarding(served: &Served) -> Body {
    let key = served.test.stranger().key;
    let body = Body { issuer: "https://standards.ph.example.invalid".to_owned(), key };
    served.test.authorise(&body, "AWARDING_BODY");
    body
}

fn publish(served: &Served, body: &Body, version: &str, units: &[&str]) {
    let units: Vec<Value> = units.iter().map(|code| json!({"code": code, "title": {"en": code}})).collect();
    let claims = json!({"sub": STANDARD, "owner": body.issuer, "title": {"en": "Masonry"}, "version": version, "units": units});
    served.test.append(served.test.in_clear(body, Kind::StandardPublished, &claims)).unwrap();
}

fn achieve(served: &Served, body: &Body, worker: &Worker, code: &'static str) {
    let unit = served.test.about(body, worker, Kind::UnitAchieved, |claims| {
        claims.insert("unit_code".into(), code.into());
        claims.insert("standard".into(), json!({"id": STANDARD, "version": "2022"}));
        claims.shift_remove("nqf_level");
    });
    served.test.append(unit).unwrap();
}

fn count(served: &Served, worker: &Worker, version: Option<&str>) -> Result<(String, Value), tonic::Status> {
    let request = pb::CountUnitsRequest {
        worker: worker.id.to_string(),
        standard: STANDARD.to_owned(),
        version: version.map(str::to_owned),
        valid_at: None,
        view: pb::View::Home.into(),
    };
    let request = by(&served.test, &worker.key, request);
    let answer = served.run(served.recognition().count_units(request))?.into_inner();
    Ok((answer.progress, serde_json::from_str(&answer.units_json).unwrap()))
}

#[test]
fn units_are_counted_against_the_standard_as_published() {
    let served = Served::new();
    let body = awarding(&served);
    publish(&served, &body, "2022", &["M1", "M2"]);
    let worker = served.test.open_passport();
    served.test.bind(&worker);
    achieve(&served, &body, &worker, "M1");
    let (progress, units) = count(&served, &worker, None).unwrap();
    assert_eq!(progress, "IN_PROGRESS");
    assert_eq!(units["missing"], json!({"units": ["M2"], "electives": 0}));
    achieve(&served, &body, &worker, "M2");
    assert_eq!(count(&served, &worker, None).unwrap().0, "ELIGIBLE");
    // A newer edition asks for its own units; the older one is still there to be asked about.
    publish(&served, &body, "2026", &["M1", "M2"]);
    let (progress, units) = count(&served, &worker, None).unwrap();
    assert_eq!(progress, "IN_PROGRESS");
    assert_eq!(units["not_counted"][0]["reason"], "OTHER_VERSION");
    assert_eq!(count(&served, &worker, Some("2022")).unwrap().0, "ELIGIBLE");
    assert_eq!(reason(&count(&served, &worker, Some("1999")).unwrap_err()), "NOT_FOUND");
}

#[test]
fn a_stranger_counts_nobodys_units_and_learns_nothing() {
    let served = Served::new();
    let body = awarding(&served);
    publish(&served, &body, "2022", &["M1"]);
    let worker = served.test.open_passport();
    served.test.bind(&worker);
    let other = Worker { id: worker.id, key: served.test.stranger().key };
    let known = count(&served, &other, None).unwrap_err();
    let unknown = count(&served, &served.test.stranger(), None).unwrap_err();
    assert_eq!((reason(&known), known.message()), (reason(&unknown), unknown.message()));
    assert_eq!(reason(&known), "NOT_AVAILABLE");
}

fn flows(served: &Served, key: &skillpass::crypto::PrivateKey) -> Result<Value, tonic::Status> {
    let request = pb::ReportFlowsRequest {
        origin: "PH".to_owned(),
        destination: "DE".to_owned(),
        instrument: None,
        from: "2025-01-01".to_owned(),
        until: "2025-12-31".to_owned(),
    };
    let answer = served.run(served.admin().report_flows(by(&served.test, key, request)))?.into_inner();
    Ok(serde_json::from_str(&answer.report_json).unwrap())
}

#[test]
fn flows_are_the_operators_and_show_no_small_number() {
    let served = Served::new();
    let office =
        Body { issuer: "https://migration.ph.example.invalid".to_owned(), key: served.test.stranger().key };
    served.test.authorise(&office, "LABOUR_MIGRATION_AUTHORITY");
    let place = |isco08: &'static str| {
        let worker = served.test.open_passport();
        for _ in 0..2 {
            let started = served.test.about(&office, &worker, Kind::PlacementStarted, |claims| {
                claims.insert("isco08".into(), isco08.into());
                claims.shift_remove("planned_end");
            });
            served.test.append(started).unwrap();
        }
        worker
    };
    let workers: Vec<Worker> = (0..6).map(|_| place("2221")).collect();
    let _ = place("7112");
    assert_eq!(reason(&flows(&served, &workers[0].key).unwrap_err()), "OPERATOR_ONLY");
    let report = flows(&served, &served.operator()).unwrap();
    let row = |group: &str| {
        let rows = report["rows"].as_array().unwrap();
        rows.iter().find(|row| row["isco08_group"] == group).unwrap()["counts"]["out"].clone()
    };
    // One mason would be the difference between the total and the nurses: both go, and the total, which is not small, stays.
    assert_eq!((row("711"), row("222")), (Value::Null, Value::Null));
    assert_eq!(report["total"]["out"], 7, "each worker once, however often placed");
    assert_eq!(report["total"]["back"], Value::Null);
    let text = report.to_string();
    assert!(workers.iter().all(|worker| !text.contains(&worker.id.to_string())));
}
