//! Who was authorised to say it, then.

use serde_json::json;
use skillpass::crypto::PrivateKey;
use skillpass::event::Kind;
use skillpass::passport::{Check, Report, Standing, Status, Verdict, verify};

use super::memory_ledger::{DAY_MS, hash_claim};
use super::scenario::{PROVIDER, Scenario};
use super::verification::status_of;

const ROOT: &str = "https://labour.ph.example.invalid";

fn report_of(scenario: &mut Scenario) -> Report {
    let bytes = scenario.export().encode();
    verify(&bytes, &scenario.trust(), &scenario.options())
}

#[test]
fn what_a_body_may_not_say_exceeds_its_scope() {
    let mut scenario = Scenario::opened("ledger.ph.example.invalid");
    scenario.tick();
    // The provider teaches; it does not license.
    let claims = json!({"sub": scenario.worker.to_string(), "issuing_country": "PH",
        "title": {"en": "Licence to practise as a nurse"}, "isco08": "2221", "limit_jurisdiction": "PH",
        "granted_on": "2024-01-02", "valid_from": "2024-01-02", "valid_until": "2026-01-31"});
    scenario.by_provider(Kind::LicenceGranted, None, claims);
    let report = report_of(&mut scenario);
    assert_eq!(report.verdict, Verdict::Invalid);
    assert!(status_of(&report, Check::IssuerScope).contains(&Status::Fail));
    assert_eq!(report.records[0].standing, Standing::Unknown, "nothing of it is in force");
}

#[test]
fn another_country_exceeds_its_scope() {
    let mut scenario = Scenario::opened("ledger.ph.example.invalid");
    scenario.tick();
    let claims = json!({"sub": scenario.worker.to_string(), "issuing_country": "DE", "title": {"en": "Course"},
        "learning_setting": "NON_FORMAL", "completed_on": "2024-01-02"});
    scenario.by_provider(Kind::TrainingCompleted, None, claims);
    let report = report_of(&mut scenario);
    assert!(status_of(&report, Check::IssuerScope).contains(&Status::Fail));
}

#[test]
fn nothing_counts_that_was_recorded_after_the_end_of_the_authorisation() {
    let mut scenario = Scenario::opened("ledger.ph.example.invalid");
    scenario.training("Before");
    let granted = grants(&scenario);
    scenario.tick();
    let root = PrivateKey::from_jwk(&scenario.root_ph.to_jwk()).unwrap();
    for target in &granted {
        let claims = json!({"sub": PROVIDER, "target": hash_claim(target), "reason": "WITHDRAWN"});
        scenario.ledger.public(Kind::AuthorisationEnded, ROOT, &root, claims);
    }
    scenario.tick();
    assert_eq!(report_of(&mut scenario).verdict, Verdict::Valid, "what was said before stands");
    scenario.ledger.now += 30 * DAY_MS;
    let claims = json!({"sub": scenario.worker.to_string(), "issuing_country": "PH", "title": {"en": "After"},
        "learning_setting": "NON_FORMAL", "completed_on": "2024-02-02"});
    scenario.by_provider(Kind::TrainingCompleted, None, claims);
    let report = report_of(&mut scenario);
    assert_eq!(report.verdict, Verdict::Invalid);
    assert!(status_of(&report, Check::IssuerAuthorised).contains(&Status::Fail));
}

/// The hashes of the provider's authorisations.
fn grants(scenario: &Scenario) -> Vec<skillpass::crypto::Hash> {
    use skillpass::event::entry::Entry;
    let entries = scenario.ledger.entries.iter().filter_map(|entry| match Entry::decode(entry).unwrap() {
        Entry::Public { statement, .. } => Some(statement),
        Entry::Person { .. } => None,
    });
    let parsed = entries.filter_map(|text| {
        let clear = skillpass::statement::Unverified::parse(&text).unwrap().clear().clone();
        let jwt = text.trim_end_matches('~').to_owned();
        let payload = skillpass::crypto::base64url_decode(jwt.split('.').nth(1).unwrap()).unwrap();
        let sub = serde_json::from_slice::<serde_json::Value>(&payload).unwrap()["sub"].clone();
        (clear.vct == Kind::IssuerAuthorised.vct() && sub == PROVIDER)
            .then(|| skillpass::crypto::sha256(&[jwt.as_bytes()]))
    });
    parsed.collect()
}

#[test]
fn an_untrusted_root_leaves_it_open_and_names_whom_to_ask() {
    let mut scenario = Scenario::new();
    let bytes = scenario.export().encode();
    let mut trust = scenario.trust();
    trust.roots.retain(|root| root.jurisdictions != ["PH"]);
    let report = verify(&bytes, &trust, &scenario.options());
    assert_eq!(report.verdict, Verdict::Unknown);
    let open = report
        .checks
        .iter()
        .find(|row| row.check == Check::IssuerAuthorised && row.status == Status::Unknown);
    assert!(open.unwrap().detail.contains("PH"));
    // A root under keys that are not pinned is not that root.
    let mut trust = scenario.trust();
    trust.roots[0].kids = vec!["other".into()];
    assert_eq!(verify(&bytes, &trust, &scenario.options()).verdict, Verdict::Unknown);
}

#[test]
fn a_key_ended_earlier_signs_nothing_more() {
    let mut scenario = Scenario::opened("ledger.ph.example.invalid");
    scenario.training("Before");
    scenario.tick();
    let root = PrivateKey::from_jwk(&scenario.root_ph.to_jwk()).unwrap();
    let claims =
        json!({"sub": PROVIDER, "kid": scenario.provider.public().thumbprint(), "reason": "RETIRED"});
    scenario.ledger.public(Kind::IssuerKeyEnded, ROOT, &root, claims);
    assert_eq!(report_of(&mut scenario).verdict, Verdict::Valid);
    scenario.training("After");
    let report = report_of(&mut scenario);
    assert_eq!(report.verdict, Verdict::Invalid);
    assert!(status_of(&report, Check::IssuerKey).contains(&Status::Fail));
}

#[test]
fn an_authorisation_limited_to_fields_needs_the_field_shown() {
    let mut scenario = Scenario::opened("ledger.ph.example.invalid");
    let issuer = "https://limited.ph.example.invalid";
    let root = PrivateKey::from_jwk(&scenario.root_ph.to_jwk()).unwrap();
    let claims = json!({"sub": issuer, "name": "training centre, PH (demo)", "issuer_kind": "TRAINING_PROVIDER",
        "basis": "ACCREDITATION", "kinds": ["TrainingCompleted"], "jurisdictions": ["PH"], "valid_from": "2020-01-01",
        "limit_iscedf": ["07"]});
    scenario.ledger.public(Kind::IssuerAuthorised, ROOT, &root, claims);
    let key = PrivateKey::generate_ed25519(&mut scenario.ledger.entropy);
    scenario.ledger.public(
        Kind::IssuerKeyAdded,
        ROOT,
        &root,
        json!({"sub": issuer, "jwk": key.public().to_jwk()}),
    );
    for (field, expected) in [("0732", Verdict::Valid), ("0913", Verdict::Invalid)] {
        scenario.tick();
        let claims = json!({"sub": scenario.worker.to_string(), "issuing_country": "PH", "title": {"en": "Course"},
            "learning_setting": "NON_FORMAL", "completed_on": "2024-01-02", "iscedf_code": field});
        scenario.ledger.say(scenario.worker, Kind::TrainingCompleted, (issuer, &key), None, claims);
        assert_eq!(report_of(&mut scenario).verdict, expected, "{field}");
    }
    // Asked for the title alone, a presentation still shows the field that the authorisation limits.
    let mut request = scenario.request(&[2]);
    request.shows[0].claims = Some(vec!["title".into()]);
    let bytes = scenario.export().present(&request, &scenario.holder).unwrap();
    let report = verify(&bytes, &scenario.trust(), &scenario.options());
    assert_eq!(report.verdict, Verdict::Valid, "{:#?}", report.checks);
    assert_eq!(report.records[0].text("iscedf_code"), Some("0732"));
    assert_eq!(report.records[0].text("volume_of_learning_hours"), None);
}

#[test]
fn a_key_given_by_a_root_that_the_operator_invented_proves_nothing() {
    let mut scenario = Scenario::opened("ledger.ph.example.invalid");
    let trust = scenario.trust();
    let rogue = "https://rogue.example.invalid";
    let rogue_key = scenario.ledger.root("PH", rogue);
    let forged = PrivateKey::generate_ed25519(&mut scenario.ledger.entropy);
    let claims = json!({"sub": PROVIDER, "jwk": forged.public().to_jwk()});
    scenario.ledger.public(Kind::IssuerKeyAdded, rogue, &rogue_key, claims);
    scenario.tick();
    let claims = json!({"sub": scenario.worker.to_string(), "issuing_country": "PH", "title": {"en": "Forged"},
        "learning_setting": "NON_FORMAL", "completed_on": "2024-01-02"});
    scenario.ledger.say(scenario.worker, Kind::TrainingCompleted, (PROVIDER, &forged), None, claims);
    let bytes = scenario.export().encode();
    assert_eq!(verify(&bytes, &trust, &scenario.options()).verdict, Verdict::Unknown);
    assert_eq!(
        verify(&bytes, &scenario.trust(), &scenario.options()).verdict,
        Verdict::Valid,
        "for who trusts that root"
    );
}
