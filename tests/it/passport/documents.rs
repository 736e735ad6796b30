//! Documents that receivers know, as views of a record.

use serde_json::{Value, json};
use skillpass::event::Kind;
use skillpass::passport::documents::{Document, missing_members};
use skillpass::passport::{Record, View};

use super::memory_ledger::hash_claim;
use super::projection::project;
use super::scenario::{Scenario, example};

/// The kind's example, by a body that may state it, as a record that stands.
fn record(kind: Kind, issuer_kind: &str, change: impl FnOnce(&mut Value)) -> Record {
    let mut scenario = Scenario::opened("ledger.ph.example.invalid");
    let issuer = "https://body.ph.example.invalid";
    let (key, _) = scenario.ledger.body("PH", issuer, issuer_kind, &[kind]);
    scenario.tick();
    let mut claims = example(kind, scenario.worker, "PH");
    change(&mut claims);
    scenario.ledger.say(scenario.worker, kind, (issuer, &key), None, claims);
    let passport = project(&scenario, u64::MAX, "2024-06-01");
    passport.seen_by(View::Holder).next().unwrap().clone()
}

fn award() -> Record {
    record(Kind::QualificationAwarded, "AWARDING_BODY", |claims| {
        claims["title"] = json!({"de": "Gesellenbrief", "en": "Journeyman's certificate"});
        claims["original_language"] = "de".into();
        claims["nqf_level"] = json!({"framework": "de/dqr", "version": "2024", "code": "4"});
    })
}

#[test]
fn the_certificate_supplement_has_its_six_parts_in_order_and_no_claim_of_recognition() {
    let supplement = Document::CertificateSupplement.of(&award()).unwrap();
    let numbers: Vec<u64> = supplement["sections"]
        .as_array()
        .unwrap()
        .iter()
        .map(|part| part["number"].as_u64().unwrap())
        .collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6]);
    assert!(supplement["status"].as_str().unwrap().contains("not amount to formal recognition"));
    assert_eq!(supplement["sections"][0]["content"]["title"], "Gesellenbrief");
    assert_eq!(supplement["sections"][1]["content"]["titles"], json!({"en": "Journeyman's certificate"}));
    let basis = &supplement["sections"][4]["content"];
    assert_eq!(basis["national_level"]["code"], "4");
    assert!(basis["eqf_level"]["answer"].is_string(), "{basis}");
}

#[test]
fn a_level_without_published_relation_gets_no_eqf_level() {
    let record = record(Kind::QualificationAwarded, "AWARDING_BODY", |_| {});
    let supplement = Document::CertificateSupplement.of(&record).unwrap();
    let eqf = &supplement["sections"][4]["content"]["eqf_level"];
    assert_eq!((&eqf["level"], &eqf["answer"]), (&Value::Null, &json!("NoPublishedRelation")));
    assert!(!Document::Elm.of(&record).unwrap().to_string().contains("EQFLevel"));
}

#[test]
fn every_elm_document_has_all_members_that_elm_requires() {
    let records = [
        award(),
        record(Kind::UnitAchieved, "AWARDING_BODY", |_| {}),
        record(Kind::TrainingCompleted, "TRAINING_PROVIDER", |_| {}),
        record(Kind::WorkExperienceAttested, "EMPLOYER", |claims| claims["started_on"] = "2020-01-01".into()),
        record(Kind::SkillAssessed, "ASSESSMENT_BODY", |_| {}),
        record(Kind::LanguageCertified, "ASSESSMENT_BODY", |_| {}),
        record(Kind::LicenceGranted, "COMPETENT_AUTHORITY", |claims| {
            claims["granted_on"] = "2024-01-01".into();
            claims["valid_from"] = "2024-01-01".into();
        }),
    ];
    for record in records {
        let mut document = Document::Elm.of(&record).unwrap();
        assert_eq!(missing_members(&document), Vec::<String>::new(), "{}", record.kind.name());
        // The check finds what is taken away.
        document["credentialSubject"]["hasClaim"].as_object_mut().unwrap().shift_remove("awardedBy");
        assert_eq!(missing_members(&document).len(), 1, "{}", record.kind.name());
    }
}

#[test]
fn recognition_decisions_and_what_workers_say_have_no_class_elsewhere() {
    let decided = record(Kind::RecognitionDecided, "COMPETENT_AUTHORITY", |claims| {
        claims.as_object_mut().unwrap().shift_remove("appeal_until");
    });
    for document in [Document::Elm, Document::OpenBadge, Document::CertificateSupplement] {
        assert_eq!(document.of(&decided).unwrap_err().reason(), "DOCUMENT_DOES_NOT_FIT");
    }
}

/// Members of the Open Badges 3.0 context, of the classes used here.
const CONTEXT: [(&str, &[&str]); 7] = [
    (
        "AchievementCredential",
        &[
            "@context",
            "id",
            "type",
            "name",
            "issuer",
            "validFrom",
            "validUntil",
            "credentialSubject",
            "evidence",
        ],
    ),
    ("Profile", &["id", "type", "name"]),
    ("AchievementSubject", &["type", "activityStartDate", "activityEndDate", "result", "achievement"]),
    (
        "Achievement",
        &["id", "type", "name", "description", "achievementType", "criteria", "humanCode", "fieldOfStudy"],
    ),
    ("Result", &["type", "value"]),
    ("Evidence", &["id", "type", "name"]),
    ("Criteria", &["narrative"]),
];

fn only_of_the_context(value: &Value) {
    match value {
        Value::Array(items) => items.iter().for_each(only_of_the_context),
        Value::Object(members) => {
            let class = match members.get("type") {
                Some(Value::Array(types)) => types.last().and_then(Value::as_str).unwrap().to_owned(),
                _ => "Criteria".to_owned(),
            };
            let (_, allowed) = CONTEXT.iter().find(|(name, _)| *name == class).unwrap();
            for name in members.keys() {
                assert!(allowed.contains(&name.as_str()), "{class}.{name}");
            }
            members.values().for_each(only_of_the_context);
        }
        _ => {}
    }
}

#[test]
fn open_badges_have_members_of_their_context_only() {
    for record in [
        award(),
        record(Kind::TrainingCompleted, "TRAINING_PROVIDER", |_| {}),
        record(Kind::SkillAssessed, "ASSESSMENT_BODY", |_| {}),
    ] {
        only_of_the_context(&Document::OpenBadge.of(&record).unwrap());
    }
}

#[test]
fn a_qualifications_passport_has_three_parts_and_says_that_it_recognises_nothing() {
    let issued = |change: fn(&mut Value)| {
        record(Kind::QualificationsPassportIssued, "RECOGNITION_CENTRE", |claims| {
            claims["valid_until"] = "2029-01-01".into();
            change(claims);
        })
    };
    let view = Document::QualificationsPassport.of(&issued(|_| {})).unwrap();
    let headings: Vec<&str> =
        view["sections"].as_array().unwrap().iter().map(|part| part["heading"].as_str().unwrap()).collect();
    assert_eq!(headings, ["Assessment", "Explanation", "The way ahead"]);
    assert!(view.to_string().contains("no formal recognition"));
    assert_eq!(view["proof"]["legal_effect"], "informative");
}

#[test]
fn no_document_is_made_of_what_does_not_stand() {
    let mut scenario = Scenario::new();
    let training = super::projection::records(&scenario)[2].statement.hash();
    scenario.change(Kind::Revoked, &training);
    let passport = project(&scenario, u64::MAX, "2024-06-01");
    let record =
        passport.seen_by(View::Holder).find(|record| record.kind == Kind::TrainingCompleted).unwrap();
    assert_eq!(record.hash, hash_claim(&training).as_str().unwrap());
    assert_eq!(Document::Elm.of(record).unwrap_err().reason(), "RECORD_NOT_IN_FORCE");
}
