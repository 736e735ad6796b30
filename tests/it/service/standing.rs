//! What a hostile bearer does to the standing of a file that a real server exported, judged offline and by the server alike.

use serde_json::Value;
use skillpass::crypto::{base64url_decode, base64url_encode};
use skillpass::event::Kind;
use skillpass::ledger::Clock as _;
use skillpass::passport::token::Binding;
use skillpass::passport::{Options, PassportFile, PresentRequest, Show, verify};
use skillpass::pb;
use skillpass::trust::TrustFile;

use super::passports::{trust, verdict};
use super::{Served, by};
use crate::support::{Worker, hash_of};

const DAY_MS: u64 = 86_400_000;

fn export(served: &Served, worker: &Worker) -> PassportFile {
    let request = pb::ExportPassportRequest { worker: worker.id.to_string(), known_at: None };
    let answer = served.run(served.passports().export_passport(by(&served.test, &worker.key, request)));
    PassportFile::parse(&answer.unwrap().into_inner().file).unwrap()
}

/// Verdict and report, which the server and an offline verifier agree on.
fn judged(served: &Served, bytes: &[u8]) -> (String, Value) {
    let trust_toml = trust(served);
    let now = i64::try_from(served.test.clock.now_ms() / 1000).unwrap();
    let offline = verify(bytes, &TrustFile::parse(&trust_toml).unwrap(), &Options::at(now));
    let (said, report) = verdict(served, bytes.to_vec(), trust_toml);
    assert_eq!((said.as_str(), &report), (offline.verdict.as_str(), &offline.to_json()));
    (said, report)
}

/// The statuses of a check, all subjects.
fn of<'a>(report: &'a Value, check: &str) -> Vec<&'a str> {
    let rows = report["checks"].as_array().unwrap().iter().filter(|row| row["check"] == check);
    rows.map(|row| row["status"].as_str().unwrap()).collect()
}

fn standings(report: &Value) -> Vec<&str> {
    report["records"].as_array().unwrap().iter().map(|record| record["standing"].as_str().unwrap()).collect()
}

/// A worker with a bound key and one training.
fn with_training(served: &Served) -> (Worker, String) {
    let worker = served.test.open_passport();
    served.test.bind(&worker);
    let training = served.test.record_training(&worker);
    (worker, training)
}

fn revoke(served: &Served, worker: &Worker, target: &str) {
    let test = &served.test;
    let revoked = test.about(&test.provider, worker, Kind::Revoked, |claims| {
        claims.insert("target".into(), hash_of(target).into());
        claims.shift_remove("effective_from");
    });
    test.append(revoked).unwrap();
}

#[test]
fn a_revocation_left_out_of_a_file_is_found() {
    let served = Served::new();
    let (worker, training) = with_training(&served);
    let before = export(&served, &worker);
    assert_eq!(standings(&judged(&served, &before.encode()).1), ["in_force"]);
    revoke(&served, &worker, &training);
    let file = export(&served, &worker);
    let (said, report) = judged(&served, &file.encode());
    assert_eq!((said.as_str(), standings(&report)), ("valid", vec!["revoked"]), "the untampered twin");

    let mut without = file.clone();
    without.statements.pop();
    without.ledgers[0].standing.pop();
    let (said, report) = judged(&served, &without.encode());
    assert_eq!(said, "invalid");
    assert!(of(&report, "chain").contains(&"FAIL"), "the head token names a later end");
    assert_eq!(standings(&report), ["revoked"], "the standing token says so all the same");

    // With the standing token of before, and its head token too: they are of another checkpoint.
    let mut older = without.clone();
    older.ledgers[0].standing.clone_from(&before.ledgers[0].standing);
    let (said, report) = judged(&served, &older.encode());
    assert_eq!(said, "invalid");
    assert!(of(&report, "status").contains(&"FAIL") && of(&report, "type").contains(&"FAIL"));
    assert_ne!(standings(&report), ["in_force"]);
    older.ledgers[0].heads.clone_from(&before.ledgers[0].heads);
    let (said, report) = judged(&served, &older.encode());
    assert_eq!(said, "invalid");
    assert!(of(&report, "chain").contains(&"FAIL"));
}

#[test]
fn a_standing_token_of_another_ledger_or_another_statement_does_not_pass() {
    let (served, other) = (Served::new(), Served::new());
    let (worker, _) = with_training(&served);
    let (stranger, _) = with_training(&other);
    let (file, foreign) = (export(&served, &worker), export(&other, &stranger));
    assert_eq!(judged(&served, &file.encode()).0, "valid", "the untampered twin");
    let mut swapped = file.clone();
    swapped.ledgers[0].standing[2].clone_from(&foreign.ledgers[0].standing[2]);
    let mut within = file.clone();
    within.ledgers[0].standing.swap(1, 2);
    for tampered in [swapped, within] {
        let (said, report) = judged(&served, &tampered.encode());
        assert_eq!(said, "invalid");
        assert!(of(&report, "status").contains(&"FAIL"), "{report:#}");
        assert_ne!(standings(&report), ["in_force"]);
    }
}

#[test]
fn a_stale_standing_token_leaves_open_what_it_said_was_valid() {
    let served = Served::new();
    let (worker, training) = with_training(&served);
    let valid = export(&served, &worker).encode();
    revoke(&served, &worker, &training);
    let revoked = export(&served, &worker).encode();
    let start = served.test.clock.now_ms();
    let at = |days: u64, bytes: &[u8]| {
        served.test.clock.set(start + days * DAY_MS);
        let (said, report) = judged(&served, bytes);
        let standing = standings(&report)[0].to_owned();
        (said, standing)
    };
    let answer = |said: &str, standing: &str| (said.to_owned(), standing.to_owned());
    assert_eq!(at(29, &valid), answer("valid", "in_force"));
    assert_eq!(at(31, &valid), answer("valid", "unknown"), "authentic all the same");
    assert_eq!(at(31, &revoked), answer("valid", "revoked"), "a revocation stays said");
    assert_eq!(at(91, &valid), answer("unknown", "unknown"), "past its end it says nothing");
}

#[test]
fn a_partial_decision_is_not_shown_as_full() {
    let served = Served::new();
    let test = &served.test;
    let decided = |decision: &str| {
        let worker = test.open_passport();
        test.bind(&worker);
        let text = test.about(&test.competent, &worker, Kind::RecognitionDecided, |claims| {
            claims.insert("decision".into(), decision.into());
            claims.insert("substantial_differences".into(), serde_json::json!(["practical training"]));
            for name in [
                "compensation_measure",
                "appeal_until",
                "valid_until",
                "instrument",
                "qualification",
                "evidence",
                "application",
            ] {
                claims.shift_remove(name);
            }
        });
        test.append(text.clone()).unwrap();
        let file = export(&served, &worker);
        let now = i64::try_from(test.clock.now_ms() / 1000).unwrap();
        let request = PresentRequest {
            shows: vec![Show { id: file.statements.last().unwrap().id().unwrap(), claims: None }],
            audience: "https://employer.example.invalid".into(),
            nonce: "n".into(),
            issued_at: now,
            expires_at: now + 600,
        };
        let shown = file.present(&request, &worker.key).unwrap();
        (worker, request, PassportFile::parse(&shown).unwrap())
    };
    let (_, _, full) = decided("FULL");
    let (said, report) = judged(&served, &full.encode());
    assert_eq!((said.as_str(), standings(&report)), ("valid", vec!["in_force"]), "the full twin");
    let (worker, request, partial) = decided("PARTIAL");
    let (said, report) = judged(&served, &partial.encode());
    assert_eq!(
        (said.as_str(), standings(&report)),
        ("valid", vec!["partial"]),
        "partial, not in force as a whole"
    );

    // By hand: the decision taken out, or turned into FULL, and bound again under the worker's own key.
    let is_decision = |part: &&str| {
        let text = base64url_decode(*part).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        text.is_some_and(|text| text.contains("\"decision\""))
    };
    let rebound = |sdjwt: String| {
        let mut file = partial.clone();
        file.statements.last_mut().unwrap().sdjwt = sdjwt;
        let PresentRequest { audience, nonce, issued_at, expires_at, .. } = request.clone();
        let binding = Binding { audience, nonce, issued_at, expires_at, file_hash: file.file_hash() };
        file.presentation = Some(binding.sign(&worker.key));
        judged(&served, &file.encode())
    };
    let sdjwt = partial.statements.last().unwrap().sdjwt.clone();
    let decision = sdjwt.split('~').find(is_decision).unwrap().to_owned();
    let (_, report) = rebound(sdjwt.replace(&format!("{decision}~"), ""));
    assert_eq!(standings(&report), ["unknown"]);
    assert!(report["records"][0]["withheld"].as_array().unwrap().contains(&"decision".into()), "{report:#}");
    let raised = String::from_utf8(base64url_decode(&decision).unwrap()).unwrap().replace("PARTIAL", "FULL");
    let (said, report) = rebound(sdjwt.replace(&decision, &base64url_encode(raised)));
    assert_eq!(said, "invalid");
    assert!(of(&report, "disclosures").contains(&"FAIL"));
    assert!(!standings(&report).contains(&"in_force"));
}
