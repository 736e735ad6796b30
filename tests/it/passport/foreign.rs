//! A bare SD-JWT, checked with the issuer's key alone.

use jiff::civil::date;
use skillpass::crypto::{PrivateKey, SeededEntropy};
use skillpass::event::Kind;
use skillpass::passport::{Check, Options, Report, Status, Verdict, verify};
use skillpass::statement::sdjwt::bind;
use skillpass::trust::TrustFile;

use super::scenario::{AUDIENCE, NONCE, Scenario, example};
use super::verification::status_of;

fn statement(scenario: &mut Scenario) -> String {
    let provider = PrivateKey::from_jwk(&scenario.provider.to_jwk()).unwrap();
    let holder = PrivateKey::from_jwk(&scenario.holder.to_jwk()).unwrap();
    let kind = Kind::TrainingCompleted;
    let claims = example(kind, scenario.worker, "PH");
    scenario.ledger.sign(kind, super::scenario::PROVIDER, &provider, Some(&holder), claims)
}

fn check(text: &str, options: &Options) -> Report {
    verify(text.as_bytes(), &TrustFile::empty(), options)
}

#[test]
fn with_the_issuers_key_it_needs_no_trust_file() {
    let mut scenario = Scenario::opened("ledger.ph.example.invalid");
    let text = statement(&mut scenario);
    let mut options = scenario.options();
    assert_eq!(check(&text, &options).exit_code(), 3, "without a key nothing can be told");
    options.issuer_key = Some(scenario.provider.public());
    let report = check(&format!("{text}\n"), &options);
    assert_eq!(report.verdict, Verdict::Valid, "{:#?}", report.checks);
    for check in [Check::Inclusion, Check::Checkpoint, Check::Chain, Check::IssuerAuthorised, Check::Status] {
        assert_eq!(status_of(&report, check), [Status::NotApplicable], "{}", check.as_str());
    }
    options.issuer_key = Some(scenario.holder.public());
    let report = check(&text, &options);
    assert_eq!(report.exit_code(), 1);
}

#[test]
fn a_report_tells_what_the_statement_says_and_what_nobody_checked() {
    let mut scenario = Scenario::opened("ledger.ph.example.invalid");
    let text = statement(&mut scenario);
    let mut options = scenario.options();
    options.issuer_key = Some(scenario.provider.public());
    let report = check(&text, &options);
    let json = report.to_json();
    assert_eq!(json["statement"]["issuing_country"], "PH", "disclosed claims are in it: {json:#}");
    assert_eq!(json["statement"]["vct"], "urn:skillpass:v1:TrainingCompleted");
    assert!(json["statement"].get("_sd").is_none() && json["records"].as_array().unwrap().is_empty());
    let said = report.render_text();
    for words in [
        "AUTHENTIC by the key given as its issuer's. No ledger was consulted.",
        "whether a ledger recorded it",
        "whether its issuer was authorised",
        "whether it still stands: it names no status list",
        "who shows it: it is bound to nobody",
        "TrainingCompleted, by https://",
        "issuing_country: PH",
    ] {
        assert!(said.contains(words), "`{words}` in {said}");
    }
    assert!(!said.contains("Every check") && !said.contains("valid then"), "{said}");
    options.issuer_key = Some(scenario.holder.public());
    let forged = check(&text, &options);
    assert!(forged.to_json().get("statement").is_none(), "nothing is told of what the key did not sign");
}

#[test]
fn a_statement_past_its_last_day_is_said_to_be_no_longer_in_force() {
    let mut scenario = Scenario::opened("ledger.ph.example.invalid");
    let kind = Kind::LicenceGranted;
    let mut claims = example(kind, scenario.worker, "PH");
    claims["valid_until"] = "2026-01-31".into();
    let holder = PrivateKey::from_jwk(&scenario.holder.to_jwk()).unwrap();
    let provider = PrivateKey::from_jwk(&scenario.provider.to_jwk()).unwrap();
    let text = scenario.ledger.sign(kind, super::scenario::PROVIDER, &provider, Some(&holder), claims);
    let mut options = scenario.options();
    options.issuer_key = Some(scenario.provider.public());
    for (day, is_past) in [(date(2026, 1, 31), false), (date(2026, 2, 1), true)] {
        options.valid_at = Some(day);
        let report = check(&text, &options);
        assert_eq!(report.verdict, Verdict::Valid, "{:#?}", report.checks);
        let said = report.render_text();
        assert_eq!(said.contains("not in force: its last day, 2026-01-31, is past"), is_past, "{said}");
    }
}

#[test]
fn a_key_binding_is_compared_when_asked_for() {
    let mut scenario = Scenario::opened("ledger.ph.example.invalid");
    let text = statement(&mut scenario);
    let mut options = scenario.options();
    options.issuer_key = Some(scenario.provider.public());
    let bound = bind(&text, &scenario.holder, AUDIENCE, NONCE, options.now).unwrap();
    assert_eq!(check(&bound, &options).verdict, Verdict::Valid);
    options.audience = Some(AUDIENCE.into());
    options.nonce = Some(NONCE.into());
    assert_eq!(check(&bound, &options).verdict, Verdict::Valid);
    assert_eq!(
        status_of(&check(&text, &options), Check::KeyBinding),
        [Status::Fail],
        "it is bound to nobody"
    );
    options.nonce = Some("other".into());
    assert_eq!(status_of(&check(&bound, &options), Check::KeyBinding), [Status::Fail]);
    let thief = PrivateKey::generate_ed25519(&mut SeededEntropy::new("thief"));
    let stolen = bind(&text, &thief, AUDIENCE, "other", options.now).unwrap();
    assert_eq!(status_of(&check(&stolen, &options), Check::KeyBinding), [Status::Fail]);
}

#[test]
fn other_bytes_are_neither() {
    for text in ["", "hello", "a.b.c", "a.b.c~", "\u{feff}{}"] {
        assert_ne!(check(text, &Options::at(0)).verdict, Verdict::Valid, "{text}");
    }
}
