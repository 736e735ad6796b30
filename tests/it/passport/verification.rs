//! A file that is as it should be verifies; what each check says of it.

use serde_json::json;
use skillpass::crypto::PrivateKey;
use skillpass::event::Kind;
use skillpass::passport::{Check, Report, Status, Verdict, verify};
use skillpass::tlog::{SignedCheckpoint, VerifierKey};
use skillpass::trust::TrustFile;

use super::scenario::{AUDIENCE, NONCE, Scenario};

pub fn rows_with(report: &Report, status: Status) -> Vec<String> {
    let rows = report.checks.iter().filter(|row| row.status == status);
    rows.map(|row| format!("{} {}: {}", row.check.as_str(), row.subject, row.detail)).collect()
}

pub fn status_of(report: &Report, check: Check) -> Vec<Status> {
    report.checks.iter().filter(|row| row.check == check).map(|row| row.status).collect()
}

#[test]
fn a_complete_passport_verifies() {
    let mut scenario = Scenario::new();
    let bytes = scenario.export().encode();
    let report = verify(&bytes, &scenario.trust(), &scenario.options());
    assert_eq!(
        report.verdict,
        Verdict::Valid,
        "{:#?}",
        (rows_with(&report, Status::Fail), rows_with(&report, Status::Unknown))
    );
    assert_eq!(report.records.len(), 4);
    assert_eq!(report.exit_code(), 0);
}

#[test]
fn a_presentation_verifies_for_its_audience() {
    let mut scenario = Scenario::new();
    let bytes = scenario.present(&[2, 4]);
    let mut options = scenario.options();
    options.audience = Some(AUDIENCE.into());
    options.nonce = Some(NONCE.into());
    let report = verify(&bytes, &scenario.trust(), &options);
    assert_eq!(
        report.verdict,
        Verdict::Valid,
        "{:#?}",
        (rows_with(&report, Status::Fail), rows_with(&report, Status::Unknown))
    );
    assert_eq!(report.records.len(), 2);
}

#[test]
fn without_a_trust_list_nothing_is_decided() {
    let mut scenario = Scenario::new();
    let bytes = scenario.export().encode();
    let report = verify(&bytes, &TrustFile::empty(), &scenario.options());
    assert_eq!(report.verdict, Verdict::Unknown, "{:#?}", rows_with(&report, Status::Fail));
    assert_eq!(report.exit_code(), 3);
    assert!(status_of(&report, Check::Checkpoint).contains(&Status::Unknown));
}

#[test]
fn a_checkpoint_signed_by_an_ended_ledger_key_alone_fails() {
    let mut scenario = Scenario::new();
    let old = scenario.ledger.log_key.clone();
    let mut trust = scenario.trust();
    let new = PrivateKey::generate_ed25519(&mut scenario.ledger.entropy);
    let added = json!({"use": "log", "jwk": new.public().to_jwk()});
    scenario.ledger.own(Kind::LedgerKeyAdded, added);
    scenario.ledger.log_key = new.clone();
    let ended = json!({"use": "log", "kid": old.public().thumbprint(), "reason": "RETIRED"});
    scenario.ledger.own(Kind::LedgerKeyEnded, ended);
    let origin = trust.ledgers[0].origin.clone();
    trust.ledgers[0].log_keys.push(VerifierKey::log(&origin, &new.public()).unwrap());

    let mut file = scenario.export();
    let signed = SignedCheckpoint::verify(&file.ledgers[0].checkpoint, &trust.ledgers[0].log_keys).unwrap();
    for (keys, status) in
        [(vec![&new], Status::Pass), (vec![&old, &new], Status::Pass), (vec![&old], Status::Fail)]
    {
        file.ledgers[0].checkpoint = signed.checkpoint.sign(&keys).unwrap();
        let report = verify(&file.encode(), &trust, &scenario.options());
        let rows: Vec<_> = report.checks.iter().filter(|row| row.check == Check::Checkpoint).collect();
        assert_eq!(rows.iter().map(|row| row.status).collect::<Vec<_>>(), [status], "{rows:?}");
        assert_eq!(
            report.verdict == Verdict::Valid,
            status == Status::Pass,
            "{:?}",
            rows_with(&report, Status::Fail)
        );
        assert_eq!(rows[0].detail.contains("ended"), status == Status::Fail);
    }
}
