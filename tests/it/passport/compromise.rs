//! A key compromised later: what witnesses saw before stays, everything else does not.

use serde_json::json;
use skillpass::crypto::PrivateKey;
use skillpass::event::Kind;
use skillpass::passport::{Check, Report, Status, Verdict, verify};
use skillpass::tlog::{Policy, VerifierKey};
use skillpass::trust::TrustFile;

use super::memory_ledger::DAY_MS;
use super::scenario::{PROVIDER, Scenario};
use super::verification::{rows_with, status_of};

const ROOT: &str = "https://labour.ph.example.invalid";

/// The provider's key is declared compromised since `days_ago` days.
fn compromise(scenario: &mut Scenario, days_ago: u64) {
    let since = scenario.ledger.now - days_ago * DAY_MS;
    let since = jiff::Timestamp::from_millisecond(since.try_into().unwrap()).unwrap();
    let claims = json!({"sub": PROVIDER, "kid": scenario.provider.public().thumbprint(), "reason": "COMPROMISED",
        "compromised_since": since.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()});
    let root = PrivateKey::from_jwk(&scenario.root_ph.to_jwk()).unwrap();
    scenario.ledger.public(Kind::IssuerKeyEnded, ROOT, &root, claims);
}

fn witnessed(scenario: &mut Scenario) -> TrustFile {
    let witness = PrivateKey::generate_ed25519(&mut scenario.ledger.entropy);
    let vkey = VerifierKey::cosigner("witness.example.invalid", &witness.public()).unwrap();
    scenario.ledger.witnesses.push(("witness.example.invalid".into(), witness));
    let policy = format!("witness W {vkey}\nquorum W\n");
    let mut trust = scenario.trust();
    trust.policy = Some(Policy::parse(&policy).unwrap());
    trust
}

fn check(scenario: &mut Scenario, trust: &TrustFile) -> Report {
    let bytes = scenario.export().encode();
    verify(&bytes, trust, &scenario.options())
}

#[test]
fn witnesses_who_saw_it_before_keep_it() {
    let mut scenario = Scenario::new();
    let trust = witnessed(&mut scenario);
    scenario.ledger.publish();
    scenario.ledger.now += 10 * DAY_MS;
    compromise(&mut scenario, 5);
    let report = check(&mut scenario, &trust);
    let open = (rows_with(&report, Status::Fail), rows_with(&report, Status::Unknown));
    assert_eq!(report.verdict, Verdict::Valid, "{open:#?}");
    assert!(status_of(&report, Check::WitnessQuorum).contains(&Status::Pass));
    let bytes = scenario.present(&[2]);
    assert_eq!(verify(&bytes, &trust, &scenario.options()).verdict, Verdict::Valid);
}

#[test]
fn without_witnesses_nobody_can_tell() {
    let mut scenario = Scenario::new();
    scenario.ledger.publish();
    scenario.ledger.now += 10 * DAY_MS;
    compromise(&mut scenario, 5);
    let trust = scenario.trust();
    let report = check(&mut scenario, &trust);
    assert_eq!(report.verdict, Verdict::Unknown);
    assert!(status_of(&report, Check::IssuerKey).contains(&Status::Unknown));
}

#[test]
fn witnesses_who_saw_it_too_late_do_not_count() {
    let mut scenario = Scenario::new();
    let trust = witnessed(&mut scenario);
    scenario.ledger.now += 10 * DAY_MS;
    scenario.ledger.publish();
    compromise(&mut scenario, 5);
    let report = check(&mut scenario, &trust);
    assert_eq!(report.verdict, Verdict::Unknown);
}

#[test]
fn what_was_recorded_since_fails() {
    let mut scenario = Scenario::new();
    let trust = witnessed(&mut scenario);
    scenario.ledger.publish();
    compromise(&mut scenario, 30);
    let report = check(&mut scenario, &trust);
    assert_eq!(report.verdict, Verdict::Invalid);
    assert!(status_of(&report, Check::IssuerKey).contains(&Status::Fail));
}

#[test]
fn an_unwitnessed_tree_fails_a_policy_that_asks_for_witnesses() {
    let mut scenario = Scenario::new();
    let trust = witnessed(&mut scenario);
    scenario.ledger.witnesses.clear();
    let report = check(&mut scenario, &trust);
    assert_eq!(report.verdict, Verdict::Invalid);
    assert_eq!(status_of(&report, Check::WitnessQuorum), [Status::Fail]);
}
