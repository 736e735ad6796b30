//! What a hostile bearer does to the standing of a file that a real server exported, judged offline and by the server alike.

use serde_json::Value;
use skillpass::event::Kind;
use skillpass::ledger::Clock as _;
use skillpass::passport::{Options, PassportFile, verify};
use skillpass::pb;
use skillpass::trust::TrustFile;

use super::passports::{trust, verdict};
use super::{Served, by};
use crate::support::{Worker, hash_of};

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
