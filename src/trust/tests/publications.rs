//! Publications that answers rest on: who may make them, and which count.

use super::*;
use crate::crypto::base64url_encode;

const REPORT: &str = "https://college.example.invalid/referencing";
const OTHER: &str = "https://other.example.invalid";

/// The example of `kind`, published by `issuer` in PH under the id `sub`.
fn example(kind: Kind, issuer: &str, sub: &str) -> Value {
    let mut claims = kind.example();
    for clear in ["vct", "iss", "cnf"] {
        claims.as_object_mut().unwrap().shift_remove(clear);
    }
    claims["sub"] = sub.into();
    claims["owner"] = issuer.into();
    claims["issuing_country"] = "PH".into();
    claims
}

/// A log with a body of that kind that may state `kinds` in PH.
fn log_with(issuer_kind: &str, kinds: &[Kind]) -> Log {
    let mut log = Log::founded();
    admit(&mut log, BODY, issuer_kind, kinds);
    let key = log.body.public().to_jwk();
    log.by_root(Kind::IssuerKeyAdded, &json!({"sub": BODY, "jwk": key})).unwrap();
    log
}

fn admit(log: &mut Log, subject: &str, issuer_kind: &str, kinds: &[Kind]) {
    let names: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
    let claims = changed(changed(grant(subject), "issuer_kind", json!(issuer_kind)), "kinds", json!(names));
    log.by_root(Kind::IssuerAuthorised, &claims).unwrap();
}

/// Another body with a key of its own.
fn second(log: &mut Log, issuer_kind: &str, kinds: &[Kind]) -> PrivateKey {
    let key = PrivateKey::from_ed25519_seed(&[9; 32]);
    admit(log, OTHER, issuer_kind, kinds);
    log.by_root(Kind::IssuerKeyAdded, &json!({"sub": OTHER, "jwk": key.public().to_jwk()})).unwrap();
    key
}

fn published(log: &Log) -> Vec<(Kind, u64)> {
    log.state.published(log.now()).map(|one| (one.event.kind(), one.leaf)).collect()
}

#[test]
fn a_publication_is_listed_in_an_authorisation_of_its_country() {
    let mut log = log_with("QUALIFICATIONS_AUTHORITY", &[Kind::ReferencingPublished]);
    let edge = example(Kind::ReferencingPublished, BODY, REPORT);
    let leaf = log.by_body(Kind::ReferencingPublished, &edge).unwrap();
    assert_eq!(published(&log), [(Kind::ReferencingPublished, leaf)]);
    let framework = example(Kind::FrameworkPublished, BODY, REPORT);
    let refused = log.by_body(Kind::FrameworkPublished, &framework).unwrap_err();
    assert_eq!(refused.reason(), "KIND_NOT_AUTHORISED");
    let abroad = changed(changed(edge, "issuing_country", json!("DE")), "framework", json!("de/dqr"));
    let abroad = changed(abroad, "version", json!("2024"));
    let refused = log.by_body(Kind::ReferencingPublished, &abroad).unwrap_err();
    assert_eq!(refused.reason(), "JURISDICTION_NOT_AUTHORISED");
}

#[test]
fn only_kinds_of_bodies_that_own_a_publication_are_authorised_for_it() {
    let mut log = Log::founded();
    for (issuer_kind, kind) in [
        ("TRAINING_PROVIDER", Kind::FrameworkPublished),
        ("EMPLOYER", Kind::AgreementRegistered),
        ("LABOUR_MIGRATION_AUTHORITY", Kind::MonitoringMeetingHeld),
        ("QUALIFICATIONS_AUTHORITY", Kind::ProfessionRegulated),
        ("MONITORING_COMMITTEE", Kind::ResolutionEndorsed),
    ] {
        let claims =
            changed(changed(grant(BODY), "issuer_kind", json!(issuer_kind)), "kinds", json!([kind.name()]));
        let refused = log.by_root(Kind::IssuerAuthorised, &claims).unwrap_err();
        assert_eq!(refused.reason(), "ISSUER_KIND_EXCLUDES", "{issuer_kind} {}", kind.name());
    }
}

#[test]
fn no_single_countrys_authority_publishes_a_regional_framework() {
    let regional = |issuer: &str| {
        let claims = example(Kind::FrameworkPublished, issuer, REPORT);
        let claims = changed(claims, "framework", json!("pacific-pqf"));
        changed(claims, "levels", json!(["1", "2", "3", "4"]))
    };
    let mut log = log_with("QUALIFICATIONS_AUTHORITY", &[Kind::FrameworkPublished]);
    let refused = log.by_body(Kind::FrameworkPublished, &regional(BODY)).unwrap_err();
    assert_eq!(refused.reason(), "ISSUER_KIND_EXCLUDES");
    let key = second(&mut log, "INTERNATIONAL_ORGANISATION", &[Kind::FrameworkPublished]);
    log.say(Kind::FrameworkPublished, OTHER, &key, &regional(OTHER)).unwrap();
}

#[test]
fn a_referencing_is_superseded_in_its_own_publication() {
    let mut log =
        log_with("QUALIFICATIONS_AUTHORITY", &[Kind::ReferencingPublished, Kind::ReferencingSuperseded]);
    log.by_body(Kind::ReferencingPublished, &example(Kind::ReferencingPublished, BODY, REPORT)).unwrap();
    let hash = base64url_encode(log.state.published(log.now()).next().unwrap().hash);
    let end = |sub: &str, target: &str| {
        changed(example(Kind::ReferencingSuperseded, BODY, sub), "target", json!(target))
    };
    let unknown = Kind::ReferencingSuperseded.example()["target"].as_str().unwrap().to_owned();
    for wrong in [end("https://college.example.invalid/elsewhere", &hash), end(REPORT, &unknown)] {
        assert_eq!(log.by_body(Kind::ReferencingSuperseded, &wrong).unwrap_err().reason(), "UNKNOWN_TARGET");
    }
    log.by_body(Kind::ReferencingSuperseded, &end(REPORT, &hash)).unwrap();
}

#[test]
fn an_agreement_belongs_to_the_body_that_registered_it_first() {
    let mut log = log_with("LABOUR_MIGRATION_AUTHORITY", &[Kind::AgreementRegistered]);
    let key = second(&mut log, "LABOUR_MIGRATION_AUTHORITY", &[Kind::AgreementRegistered]);
    let agreement = |issuer: &str, sub: &str, id: &str| {
        changed(example(Kind::AgreementRegistered, issuer, sub), "agreement", json!(id))
    };
    log.by_body(Kind::AgreementRegistered, &agreement(BODY, REPORT, "ph-xk/masons-2020")).unwrap();
    let elsewhere = "https://other.example.invalid/agreement";
    let taken = agreement(OTHER, elsewhere, "ph-xk/masons-2020");
    let refused = log.say(Kind::AgreementRegistered, OTHER, &key, &taken).unwrap_err();
    assert_eq!(refused.reason(), "NOT_YOUR_PUBLICATION");
    log.say(Kind::AgreementRegistered, OTHER, &key, &agreement(OTHER, elsewhere, "ph-xk/masons-2021"))
        .unwrap();
    // Its own body may register it anew, as it was changed.
    log.by_body(Kind::AgreementRegistered, &agreement(BODY, REPORT, "ph-xk/masons-2020")).unwrap();
}

#[test]
fn a_resolution_is_endorsed_by_a_side_and_of_a_meeting_that_resolved() {
    let mut log = log_with("MONITORING_COMMITTEE", &[Kind::MonitoringMeetingHeld]);
    let key = second(&mut log, "WORKERS_ORGANISATION", &[Kind::ResolutionEndorsed]);
    let mut silent = example(Kind::MonitoringMeetingHeld, BODY, REPORT);
    silent.as_object_mut().unwrap().shift_remove("resolutions");
    log.by_body(Kind::MonitoringMeetingHeld, &silent).unwrap();
    log.by_body(Kind::MonitoringMeetingHeld, &example(Kind::MonitoringMeetingHeld, BODY, REPORT)).unwrap();
    let hashes: Vec<String> = log.state.published(log.now()).map(|one| base64url_encode(one.hash)).collect();
    let endorse = |target: &str| {
        let claims = example(Kind::ResolutionEndorsed, OTHER, "https://other.example.invalid/endorsed");
        changed(claims, "target", json!(target))
    };
    let refused = log.say(Kind::ResolutionEndorsed, OTHER, &key, &endorse(&hashes[0])).unwrap_err();
    assert_eq!(refused.reason(), "UNKNOWN_TARGET", "nothing was resolved there");
    log.say(Kind::ResolutionEndorsed, OTHER, &key, &endorse(&hashes[1])).unwrap();
    assert_eq!(Side::of("WORKERS_ORGANISATION"), Some(Side::Workers));
    assert_eq!(Side::of("MONITORING_COMMITTEE"), None);
}

#[test]
fn what_was_published_counts_from_its_recording_and_never_from_a_compromised_key() {
    let mut log = log_with("QUALIFICATIONS_AUTHORITY", &[Kind::ReferencingPublished]);
    let recorded_at = log.now();
    log.by_body(Kind::ReferencingPublished, &example(Kind::ReferencingPublished, BODY, REPORT)).unwrap();
    assert_eq!(log.state.published(recorded_at - 1).count(), 0);
    assert_eq!(log.state.published(recorded_at).count(), 1);
    let kid = log.body.public().thumbprint();
    let compromise =
        |since: &str| json!({"sub": BODY, "kid": kid, "reason": "COMPROMISED", "compromised_since": since});
    log.by_root(Kind::IssuerKeyEnded, &compromise("2030-01-01T00:00:00Z")).unwrap();
    assert_eq!(log.state.published(log.now()).count(), 1, "signed long before");
    log.by_root(Kind::IssuerKeyEnded, &compromise("2024-01-02T00:00:00Z")).unwrap();
    assert_eq!(log.state.published(log.now()).count(), 0);
}

#[test]
fn an_agreement_that_names_its_committee_leaves_meetings_to_it() {
    let mut log = log_with("MONITORING_COMMITTEE", &[Kind::AgreementRegistered, Kind::MonitoringMeetingHeld]);
    let key = second(&mut log, "MONITORING_COMMITTEE", &[Kind::MonitoringMeetingHeld]);
    let meeting = |issuer: &str| example(Kind::MonitoringMeetingHeld, issuer, &format!("{issuer}/meetings"));
    let agreement = example(Kind::AgreementRegistered, BODY, REPORT);
    log.by_body(Kind::AgreementRegistered, &changed(agreement, "committee", json!(BODY))).unwrap();
    let refused = log.say(Kind::MonitoringMeetingHeld, OTHER, &key, &meeting(OTHER)).unwrap_err();
    assert_eq!(refused.reason(), "NOT_YOUR_PUBLICATION");
    log.by_body(Kind::MonitoringMeetingHeld, &meeting(BODY)).unwrap();
}
