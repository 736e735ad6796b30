//! Reading, exporting, verifying and erasing passports over gRPC.

use serde_json::{Value, json};
use skillpass::ledger::Clock as _;
use skillpass::passport::PassportFile;
use skillpass::pb;
use skillpass::pb::erase_passport_request::Basis;
use skillpass::service::ERASURE_TYP;
use skillpass::statement::jws;
use skillpass::trust::{TrustFile, TrustedLedger, TrustedRoot};

use super::{Served, by, claims, reason};
use crate::support::{ORIGIN, Worker};

/// A trust file that believes this ledger and its root.
pub fn trust(served: &Served) -> String {
    let (ledger, root) = (&served.test.ledger, &served.test.root);
    let mut trust = TrustFile::empty();
    trust.ledgers.push(TrustedLedger {
        origin: ORIGIN.to_owned(),
        log_keys: ledger.vkeys(),
        status_keys: vec![ledger.status_key()],
    });
    trust.roots.push(TrustedRoot {
        issuer: root.issuer.clone(),
        jurisdictions: vec!["PH".to_owned()],
        kids: vec![root.key.public().thumbprint()],
        name: None,
        contact: None,
    });
    trust.to_toml()
}

pub fn verdict(served: &Served, file: Vec<u8>, trust_toml: String) -> (String, Value) {
    let request = pb::VerifyPassportRequest { file, trust_toml, ..Default::default() };
    let answer = served.run(served.passports().verify_passport(request)).unwrap().into_inner();
    (answer.verdict, serde_json::from_str(&answer.report_json).unwrap())
}

fn a_worker_with_records(served: &Served) -> Worker {
    let worker = served.test.open_passport();
    served.test.bind(&worker);
    served.test.record_training(&worker);
    worker
}

#[test]
fn an_exported_passport_verifies_and_a_tampered_one_does_not() {
    let served = Served::new();
    let worker = a_worker_with_records(&served);
    let request = pb::ExportPassportRequest { worker: worker.id.to_string(), known_at: None };
    let answer = served.run(served.passports().export_passport(by(&served.test, &worker.key, request)));
    let file = answer.unwrap().into_inner().file;
    PassportFile::parse(&file).unwrap();
    let (good, report) = verdict(&served, file.clone(), trust(&served));
    assert_eq!(good, "valid", "{report:#}");
    let (unknown, _) = verdict(&served, file.clone(), String::new());
    assert_eq!(unknown, "unknown", "who is not trusted proves nothing");
    let mut tampered = file;
    let middle = tampered.len() / 2;
    tampered[middle] ^= 1;
    assert_eq!(verdict(&served, tampered, trust(&served)).0, "invalid");
}

#[test]
fn the_answer_for_a_past_time_does_not_change() {
    let served = Served::new();
    let worker = a_worker_with_records(&served);
    let then = served.test.clock.now_ms();
    let at = |known_at| {
        let view = pb::View::Holder.into();
        let valid_at = Some("2025-06-01".to_owned());
        let request = pb::GetPassportRequest { worker: worker.id.to_string(), view, known_at, valid_at };
        let answer = served.run(served.passports().get_passport(by(&served.test, &worker.key, request)));
        serde_json::from_str::<Value>(&answer.unwrap().into_inner().passport_json).unwrap()
    };
    let before = at(Some(then));
    served.test.clock.set(then + 60_000);
    served.test.record_training(&worker);
    let trainings = |passport: &Value| passport["sections"]["training"].as_array().unwrap().len();
    assert_eq!((trainings(&before), trainings(&at(None))), (1, 2));
    assert_eq!(at(Some(then)), before);
}

#[test]
fn a_file_to_verify_is_taken_up_to_its_limit() {
    let served = Served::new();
    // In front of the file stand its field and its length: five bytes.
    let asked = |bytes: usize| {
        let request = pb::VerifyPassportRequest { file: vec![b' '; bytes - 5], ..Default::default() };
        served.run(served.passports().verify_passport(request)).map(|answer| answer.into_inner().verdict)
    };
    assert_eq!(asked(4 * 1024 * 1024).unwrap(), "invalid");
    assert_eq!(reason(&asked(4 * 1024 * 1024 + 1).unwrap_err()), "MESSAGE_TOO_LARGE");
}

#[test]
fn a_question_that_cannot_be_understood_is_refused_by_field() {
    let served = Served::new();
    let good = pb::VerifyPassportRequest::default();
    for (request, wanted) in [
        (
            pb::VerifyPassportRequest { trust_toml: "ledgers = 3".into(), ..good.clone() },
            "TRUST_FILE_INVALID",
        ),
        (pb::VerifyPassportRequest { valid_at: Some("yesterday".into()), ..good.clone() }, "DATE_INVALID"),
        (pb::VerifyPassportRequest { purpose: Some("travel".into()), ..good.clone() }, "VALUE_UNKNOWN"),
        (pb::VerifyPassportRequest { person_json: Some("[]".into()), ..good.clone() }, "PERSON_INVALID"),
        (pb::VerifyPassportRequest { issuer_jwk: Some("{}".into()), ..good.clone() }, "ISSUER_KEY_INVALID"),
        (pb::VerifyPassportRequest { nonce: Some("n".repeat(5000)), ..good }, "FIELD_TOO_LONG"),
    ] {
        let status = served.run(served.passports().verify_passport(request)).unwrap_err();
        assert_eq!(reason(&status), wanted);
    }
}

fn erase(served: &Served, worker: &Worker, basis: Basis, confirm: bool) -> pb::ErasePassportRequest {
    let _ = served;
    pb::ErasePassportRequest { worker: worker.id.to_string(), basis: Some(basis), confirm, last_export: true }
}

#[test]
fn the_holder_erases_after_a_dry_run_with_a_last_export_and_other_passports_still_verify() {
    let served = Served::new();
    let (gone, stays) = (a_worker_with_records(&served), a_worker_with_records(&served));
    let mut request = claims(&served.test);
    request.insert("sub".into(), gone.id.to_string().into());
    let request = jws::sign(ERASURE_TYP, &request, &gone.key);
    let ask = |confirm| {
        let message = erase(&served, &gone, Basis::HolderRequest(request.clone()), confirm);
        served.run(served.passports().erase_passport(message))
    };
    let dry = ask(false).unwrap().into_inner();
    assert_eq!((dry.records, dry.leaf_index), (3, None));
    assert!(served.test.ledger.worker(gone.id).unwrap().is_some(), "a dry run changes nothing");
    let done = ask(true).unwrap().into_inner();
    assert_eq!(done.records, 3);
    assert!(done.leaf_index.is_some());
    assert!(served.test.ledger.worker(gone.id).unwrap().is_none());
    assert_eq!(reason(&ask(true).unwrap_err()), "NOT_AVAILABLE");
    assert_eq!(
        verdict(&served, done.file.unwrap(), trust(&served)).0,
        "valid",
        "the last export is the worker's to keep"
    );
    let export = pb::ExportPassportRequest { worker: stays.id.to_string(), known_at: None };
    let file = served.run(served.passports().export_passport(by(&served.test, &stays.key, export)));
    assert_eq!(verdict(&served, file.unwrap().into_inner().file, trust(&served)).0, "valid");
}

#[test]
fn an_order_needs_a_reference_and_the_operator() {
    let served = Served::new();
    let worker = a_worker_with_records(&served);
    let order = |reference: &str| erase(&served, &worker, Basis::OrderReference(reference.to_owned()), true);
    let ask = |request| served.run(served.passports().erase_passport(request)).unwrap_err();
    assert_eq!(reason(&ask(tonic::Request::new(order("1")))), "OPERATOR_ONLY");
    assert_eq!(reason(&ask(by(&served.test, &worker.key, order("1")))), "OPERATOR_ONLY");
    assert_eq!(reason(&ask(by(&served.test, &served.operator(), order(" ")))), "FIELD_MISSING");
    assert!(served.test.ledger.worker(worker.id).unwrap().is_some());
}

#[test]
fn a_request_for_erasure_is_for_one_worker_and_by_that_workers_key() {
    let served = Served::new();
    let (worker, other) = (a_worker_with_records(&served), a_worker_with_records(&served));
    let request = |sub: &Worker, change: &dyn Fn(&mut serde_json::Map<String, Value>)| {
        let mut request = claims(&served.test);
        request.insert("sub".into(), sub.id.to_string().into());
        change(&mut request);
        request
    };
    let latest = claims(&served.test)["iat"].as_u64().unwrap() + 30 * 24 * 3600;
    let until = |end: u64| {
        let request = request(&worker, &|claims| drop(claims.insert("exp".into(), json!(end))));
        jws::sign(ERASURE_TYP, &request, &worker.key)
    };
    let elsewhere = request(&worker, &|claims| drop(claims.insert("aud".into(), json!("other"))));
    for (token, refused) in [
        (jws::sign(ERASURE_TYP, &request(&worker, &|_| ()), &other.key), "NOT_AVAILABLE"),
        (jws::sign(ERASURE_TYP, &request(&other, &|_| ()), &worker.key), "NOT_AVAILABLE"),
        // What is wrong on its face is told: that looks at no worker.
        (jws::sign("JWT", &request(&worker, &|_| ()), &worker.key), "CREDENTIAL_MALFORMED"),
        (jws::sign(ERASURE_TYP, &elsewhere, &worker.key), "CREDENTIAL_OTHER_AUDIENCE"),
        (until(latest + 1), "CREDENTIAL_OUT_OF_TIME"),
    ] {
        let message = erase(&served, &worker, Basis::HolderRequest(token), true);
        let status = served.run(served.passports().erase_passport(message)).unwrap_err();
        assert_eq!(reason(&status), refused);
    }
    let good = erase(&served, &worker, Basis::HolderRequest(until(latest)), false);
    served.run(served.passports().erase_passport(good)).expect("thirty days");
    assert!(served.test.ledger.worker(worker.id).unwrap().is_some());
}
