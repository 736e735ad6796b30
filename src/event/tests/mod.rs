//! Every kind against its own table.

mod reasons;
mod spreadsheet;

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;

/// The example's claims alone.
fn claims(kind: Kind) -> Map<String, Value> {
    let mut claims = kind.example().as_object().cloned().unwrap();
    for clear in ["vct", "iss", "cnf"] {
        claims.shift_remove(clear);
    }
    claims
}

fn refused(kind: Kind, change: impl FnOnce(&mut Map<String, Value>)) -> (String, &'static str) {
    let mut claims = claims(kind);
    change(&mut claims);
    let error = Event::validate(kind, &claims.clone().into()).unwrap_err();
    (error.claim, error.reason)
}

fn set(name: &'static str, value: Value) -> impl FnOnce(&mut Map<String, Value>) {
    move |claims| {
        claims.insert(name.into(), value);
    }
}

#[test]
fn every_example_is_valid_and_complete() {
    for &kind in Kind::all() {
        let claims = claims(kind);
        let event =
            Event::validate(kind, &claims.clone().into()).unwrap_or_else(|e| panic!("{}: {e}", kind.name()));
        assert_eq!(Event::validate_partial(kind, &claims.clone().into()).as_ref(), Ok(&event));
        assert_eq!(event.award_date().is_some(), kind.award_date_claim().is_some(), "{}", kind.name());
        assert!(event.stream().is_some());
        assert!(!event.is_private_by_default(), "{}", kind.name());
    }
}

#[test]
fn tables_are_well_made() {
    for &kind in Kind::all() {
        let names: BTreeSet<&str> = kind.claims().iter().map(|spec| spec.name).collect();
        assert_eq!(names.len(), kind.claims().len(), "{} has a claim twice", kind.name());
        assert!(kind.claims().len() < 64, "one bit for each claim");
        assert!(kind.claims().iter().all(|spec| spec.doc.ends_with('.')), "{}", kind.name());
        assert!(kind.doc().ends_with('.'));
        assert_eq!(Kind::from_name(kind.name()), Some(kind));
        assert_eq!(Kind::from_vct(&kind.vct()), Some(kind));
        assert_eq!(
            kind.section().is_some(),
            names.contains("title") && kind.class() == Class::Person,
            "{}",
            kind.name()
        );
        if let Some(award) = kind.award_date_claim() {
            let spec = kind.claims().iter().find(|spec| spec.name == award).unwrap();
            assert!(
                spec.required && matches!(spec.shape, Shape::Date),
                "{}: the award date is required",
                kind.name()
            );
        }
        if kind.class() == Class::Person {
            assert!(
                ["iss", "cnf", "status", "exp", "nbf", "vct"].iter().all(|clear| !names.contains(clear)),
                "{}",
                kind.name()
            );
            assert!(names.contains("sub"));
            assert_eq!(names.contains("issuing_country"), !kind.is_by_holder(), "{}", kind.name());
        }
        assert_eq!(kind.changes_standing() || kind.changes_licence(), {
            names.contains("target") && kind.class() == Class::Person && !kind.name().starts_with("Dispute")
        });
    }
    assert_eq!(Kind::all().len(), 72);
    assert_eq!(Kind::from_vct("TrainingCompleted"), None);
    assert!(UnknownKind::new("TrainingComplete").to_string().contains("did you mean `TrainingCompleted`"));
}

/// Data minimisation: what stands in clear for ever names no natural person and no worker.
#[test]
fn statements_in_clear_have_no_place_for_a_person() {
    for &kind in Kind::all().iter().filter(|kind| kind.class() != Class::Person) {
        for spec in kind.claims() {
            assert!(!matches!(spec.shape, Shape::WorkerId), "{}.{}", kind.name(), spec.name);
            assert!(
                !spec.name.contains("reason") || matches!(spec.shape, Shape::Choice(_)),
                "{}.{}",
                kind.name(),
                spec.name
            );
        }
    }
}

#[test]
fn the_schema_lists_exactly_the_claims() {
    for &kind in Kind::all() {
        let schema = kind.schema();
        let mut expected: BTreeSet<&str> = kind.claims().iter().map(|spec| spec.name).collect();
        expected.extend(["vct", "iss"]);
        if kind.class() == Class::Person {
            expected.insert("cnf");
        }
        let listed: BTreeSet<&str> =
            schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(listed, expected, "{}", kind.name());
        let required: BTreeSet<&str> =
            schema["required"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        let example = kind.example();
        assert!(required.iter().all(|name| example.get(name).is_some()), "{}", kind.name());
        assert_eq!(required.contains("cnf"), kind.binds_key(), "{}", kind.name());
        assert_eq!(schema["additionalProperties"], json!(false));
    }
}

#[test]
fn a_missing_required_claim_is_named() {
    for &kind in Kind::all() {
        for spec in kind.claims().iter().filter(|spec| spec.required) {
            let (claim, reason) = refused(kind, |claims| {
                claims.shift_remove(spec.name);
            });
            assert_eq!((claim.as_str(), reason), (spec.name, "MISSING_CLAIM"), "{}", kind.name());
        }
    }
}

#[test]
fn whatever_is_disclosed_of_an_example_is_valid() {
    for &kind in Kind::all() {
        let all = claims(kind);
        for shown in all.keys() {
            let alone: Map<String, Value> =
                all.iter().filter(|(name, _)| *name == shown).map(|(n, v)| (n.clone(), v.clone())).collect();
            Event::validate_partial(kind, &alone.clone().into())
                .unwrap_or_else(|e| panic!("{}: {e}", kind.name()));
            let mut without = all.clone();
            without.shift_remove(shown);
            Event::validate_partial(kind, &without.clone().into())
                .unwrap_or_else(|e| panic!("{}: {e}", kind.name()));
        }
    }
}

#[test]
fn every_claim_refuses_other_types() {
    for &kind in Kind::all() {
        for spec in kind.claims() {
            let (claim, reason) = refused(kind, set(spec.name, Value::Null));
            assert_eq!((claim.as_str(), reason), (spec.name, "WRONG_TYPE"), "{}", kind.name());
        }
    }
}

#[test]
fn a_period_may_be_one_day() {
    let mut claims = claims(Kind::TrainingCompleted);
    for name in ["started_on", "completed_on", "valid_until"] {
        claims.insert(name.into(), "2024-02-29".into());
    }
    assert_eq!(Event::check(Kind::TrainingCompleted, &claims), Ok(()));
}

#[test]
fn an_unknown_claim_is_refused_with_a_suggestion() {
    let mut claims = claims(Kind::QualificationAwarded);
    claims.insert("award_date".into(), json!("2018-04-20"));
    let message =
        Event::validate(Kind::QualificationAwarded, &claims.clone().into()).unwrap_err().to_string();
    assert!(
        message.contains("did you mean `awarding_date`") && message.contains("QualificationAwarded"),
        "{message}"
    );
}

#[test]
fn failures_and_refusals_are_the_workers_own() {
    let private = |kind: Kind, name: &'static str, value: &str| {
        let mut claims = claims(kind);
        claims.insert(name.into(), value.into());
        Event::validate(kind, &claims.clone().into()).unwrap().is_private_by_default()
    };
    assert!(private(Kind::SkillAssessed, "result", "FAILED"));
    assert!(private(Kind::PriorLearningAssessed, "result", "FAILED"));
    assert!(private(Kind::CompensationMeasureCompleted, "result", "FAILED"));
    assert!(private(Kind::RecognitionDecided, "decision", "REFUSED"));
    assert!(private(Kind::PriorLearningCertified, "outcome", "NONE"));
    assert!(!private(Kind::PriorLearningAssessed, "result", "PARTLY_PASSED"));
}

#[test]
fn a_withheld_result_is_noticed() {
    let mut shown = claims(Kind::SkillAssessed);
    // Withheld too, but nothing hangs on it.
    shown.shift_remove("grade");
    shown.shift_remove("result");
    let event = Event::validate_partial(Kind::SkillAssessed, &shown.clone().into()).unwrap();
    assert_eq!(event.withheld().collect::<Vec<_>>(), ["result"]);
}

#[test]
fn accessors_read_what_was_validated() {
    let event =
        Event::validate(Kind::QualificationAwarded, &claims(Kind::QualificationAwarded).into()).unwrap();
    assert_eq!(event.award_date().map(|d| d.to_string()).as_deref(), Some("2018-04-20"));
    assert_eq!(event.member("nqf_level", "framework"), Some("ph/pqf"));
    assert_eq!(event.title("de"), event.title("en"));
    let ended = Event::validate(Kind::IssuerKeyEnded, &claims(Kind::IssuerKeyEnded).into()).unwrap();
    assert_eq!(ended.instant("compromised_since"), Some(1_767_225_600_000));
    let revoked = Event::validate(Kind::Revoked, &claims(Kind::Revoked).into()).unwrap();
    assert_eq!(revoked.target(), Some(crate::crypto::sha256(&[])));
    assert!(revoked.target() == revoked.hash("target"));
    let statement = Event::validate(Kind::RecognitionDecided, &{
        let mut claims = claims(Kind::RecognitionDecided);
        claims.insert("decision".into(), "COMPARABILITY_STATEMENT".into());
        claims.into()
    });
    assert_eq!(statement.unwrap().legal_effect(), LegalEffect::Informative);
}

#[test]
fn document_commitments_depend_on_every_part() {
    let base = document_number_commitment(&[1; 16], "KH", "PASSPORT", "N 0123456");
    assert_eq!(base, document_number_commitment(&[1; 16], "KH", "PASSPORT", "n0123456"));
    for other in [
        document_number_commitment(&[2; 16], "KH", "PASSPORT", "N0123456"),
        document_number_commitment(&[1; 16], "TH", "PASSPORT", "N0123456"),
        document_number_commitment(&[1; 16], "KH", "NATIONAL_ID", "N0123456"),
        document_number_commitment(&[1; 16], "KH", "PASSPORT", "N0123457"),
    ] {
        assert_ne!(base, other);
    }
}

#[test]
fn stream_ids_match_their_definition() {
    let first_half =
        |text: &str| StreamId(crate::crypto::sha256(&[text.as_bytes()])[..16].try_into().unwrap());
    assert_eq!(
        StreamId::institution("https://a.example"),
        first_half("skillpass/v1 institution\nhttps://a.example")
    );
    assert_eq!(
        StreamId::publication("https://a.example"),
        first_half("skillpass/v1 publication\nhttps://a.example")
    );
    assert_eq!(StreamId::ledger(), first_half("skillpass/v1 ledger\n"));
    assert_eq!(StreamId::erasures(), first_half("skillpass/v1 erasures\n"));
    let stream = |kind: Kind| Event::validate(kind, &claims(kind).into()).unwrap().stream();
    assert_eq!(stream(Kind::Erased), Some(Stream::Public(StreamId::erasures())));
    assert_eq!(stream(Kind::AuthorityEstablished), Some(Stream::Public(StreamId::ledger())));
    assert_eq!(
        stream(Kind::StandardPublished),
        Some(Stream::Public(StreamId::publication("https://standards.example/masonry")))
    );
    assert!(matches!(stream(Kind::Revoked), Some(Stream::Worker(_))));
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,20}".prop_map(Value::from),
        "[0-9-]{8,12}".prop_map(Value::from),
        Just(json!("2024-02-30")),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map("[a-z_]{1,10}", inner, 0..4)
                .prop_map(|m| Value::Object(m.into_iter().collect())),
        ]
    })
}

proptest! {
    /// Whatever replaces a claim: a named refusal whose path begins with a claim, or a valid event; never a panic.
    #[test]
    fn any_value_is_judged_by_name(at in 0..Kind::all().len(), claim in any::<prop::sample::Index>(), value in any_json()) {
        let kind = Kind::all()[at];
        let mut claims = claims(kind);
        let name = claim.get(kind.claims()).name;
        claims.insert(name.into(), value);
        if let Err(error) = Event::validate(kind, &claims.clone().into()) {
            prop_assert!(REASONS.contains(&error.reason));
            prop_assert!(kind.claims().iter().any(|spec| error.claim.starts_with(spec.name)), "{}", error);
            prop_assert!(error.message.len() < 4000);
        }
    }

    #[test]
    fn any_row_is_judged_by_column(at in 0..Kind::all().len(), cells in prop::collection::vec(("[a-z_.]{0,12}", "\\PC{0,12}"), 0..6)) {
        let kind = Kind::all()[at];
        if let Ok(claims) = kind.claims_from_row(&cells) {
            prop_assert!(Event::validate_partial(kind, &claims.clone().into()).is_ok());
        }
    }
}
