//! A ledger's own keys, offline: what an ended key signs afterwards counts for nothing, what it signed before stays.

use serde_json::json;
use skillpass::crypto::PrivateKey;
use skillpass::event::Kind;
use skillpass::passport::{Check, Status, Verdict, verify};
use skillpass::tlog::VerifierKey;
use skillpass::trust::TrustFile;

use super::scenario::Scenario;
use super::verification::{rows_with, status_of};

/// Another key for a use is named, and the first one ended; the trust file names both.
fn changed(use_: &str) -> (Scenario, PrivateKey, TrustFile) {
    let mut scenario = Scenario::opened("ledger.ph.example.invalid");
    let new = PrivateKey::generate_ed25519(&mut scenario.ledger.entropy);
    let old = if use_ == "log" { &scenario.ledger.log_key } else { &scenario.ledger.status_key };
    let kid = old.public().thumbprint();
    let mut trust = scenario.trust();
    let ledger = &mut trust.ledgers[0];
    if use_ == "log" {
        ledger.log_keys.push(VerifierKey::log("ledger.ph.example.invalid", &new.public()).unwrap());
    } else {
        ledger.status_keys.push(new.public());
    }
    scenario.ledger.own(Kind::LedgerKeyAdded, json!({"use": use_, "jwk": new.public().to_jwk()}));
    let before = scenario.export().encode();
    assert_eq!(verify(&before, &trust, &scenario.options()).verdict, Verdict::Valid, "not ended yet");
    scenario.ledger.own(Kind::LedgerKeyEnded, json!({"use": use_, "kid": kid, "reason": "RETIRED"}));
    (scenario, new, trust)
}

#[test]
fn a_checkpoint_that_only_an_ended_key_signed_is_none() {
    let (mut scenario, new, trust) = changed("log");
    let file = scenario.export().encode();
    let report = verify(&file, &trust, &scenario.options());
    assert_eq!(report.verdict, Verdict::Invalid);
    assert_eq!(status_of(&report, Check::Checkpoint), [Status::Fail]);
    scenario.ledger.log_key = new;
    let file = scenario.export().encode();
    let report = verify(&file, &trust, &scenario.options());
    assert_eq!(report.verdict, Verdict::Valid, "{:#?}", rows_with(&report, Status::Fail));
}

#[test]
fn a_token_that_an_ended_status_key_signed_is_none() {
    let (mut scenario, new, trust) = changed("status");
    let file = scenario.export().encode();
    let report = verify(&file, &trust, &scenario.options());
    assert_eq!(report.verdict, Verdict::Invalid);
    assert!(status_of(&report, Check::Status).contains(&Status::Fail));
    scenario.ledger.status_key = new;
    let file = scenario.export().encode();
    let report = verify(&file, &trust, &scenario.options());
    assert_eq!(report.verdict, Verdict::Valid, "{:#?}", rows_with(&report, Status::Fail));
}
