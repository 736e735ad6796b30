//! Each reason a claim can be refused for, once.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{refused, set};
use crate::event::{Kind, REASONS};

/// One change of an example for each reason; the list below must cover all of [`REASONS`].
#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn each_reason_has_its_case() {
    use Kind::*;
    let hash = "LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ";
    let cases: Vec<(Kind, &'static str, Value, &str, &'static str)> = vec![
        (TrainingCompleted, "completed_at", json!("2024-05-31"), "completed_at", "UNKNOWN_CLAIM"),
        (TrainingCompleted, "exp", json!(1), "exp", "CLEAR_CLAIM"),
        (TrainingCompleted, "iss", json!("https://a.example"), "iss", "CLEAR_CLAIM"),
        (TrainingCompleted, "title", json!("Masonry"), "title", "WRONG_TYPE"),
        (TrainingCompleted, "title", json!({}), "title", "EMPTY"),
        (TrainingCompleted, "title", json!({"en": " "}), "title.en", "EMPTY"),
        (TrainingCompleted, "evidence", json!([]), "evidence", "EMPTY"),
        (TrainingCompleted, "provider", json!("x".repeat(201)), "provider", "TOO_LONG"),
        (TrainingCompleted, "evidence", json!(vec![hash; 21]), "evidence", "TOO_MANY"),
        (TrainingCompleted, "evidence", json!([hash, hash]), "evidence.1", "DUPLICATE_VALUE"),
        (TrainingCompleted, "provider", json!("a\u{202e}b"), "provider", "FORBIDDEN_CHARACTER"),
        (TrainingCompleted, "provider", json!("a\nb"), "provider", "FORBIDDEN_CHARACTER"),
        (TrainingCompleted, "provider", json!("a "), "provider", "FORBIDDEN_CHARACTER"),
        (TrainingCompleted, "learning_setting", json!("formal"), "learning_setting", "UNKNOWN_VALUE"),
        (TrainingCompleted, "volume_of_learning_hours", json!(0), "volume_of_learning_hours", "OUT_OF_RANGE"),
        (TrainingCompleted, "volume_of_learning_hours", json!(1.5), "volume_of_learning_hours", "WRONG_TYPE"),
        (TrainingCompleted, "completed_on", json!("31.05.2024"), "completed_on", "MALFORMED_DATE"),
        (TrainingCompleted, "completed_on", json!("2023-02-29"), "completed_on", "IMPOSSIBLE_DATE"),
        (TrainingCompleted, "completed_on", json!("2224-02-29"), "completed_on", "DATE_OUT_OF_RANGE"),
        (TrainingCompleted, "completed_on", json!("2023-12-31"), "completed_on", "DATES_REVERSED"),
        (TrainingCompleted, "valid_until", json!("2024-05-30"), "valid_until", "DATES_REVERSED"),
        (TrainingCompleted, "issuing_country", json!("UK"), "issuing_country", "UNKNOWN_COUNTRY"),
        (TrainingCompleted, "language", json!("English"), "language", "MALFORMED_LANGUAGE"),
        (TrainingCompleted, "title", json!({"EN": "x"}), "title", "MALFORMED_LANGUAGE"),
        (TrainingCompleted, "isco08", json!("76"), "isco08", "MALFORMED_CODE"),
        (TrainingCompleted, "isco08", json!(7112), "isco08", "WRONG_TYPE"),
        (TrainingCompleted, "iscedf_code", json!("732"), "iscedf_code", "MALFORMED_CODE"),
        (TrainingCompleted, "esco_uri", json!("https://esco.example"), "esco_uri", "MALFORMED_URI"),
        (TrainingCompleted, "evidence", json!(["abc"]), "evidence.0", "MALFORMED_HASH"),
        (TrainingCompleted, "sub", json!("wkr_0"), "sub", "MALFORMED_WORKER_ID"),
        (
            TrainingCompleted,
            "sub",
            json!("wkr_000000000000000000000000004"),
            "sub",
            "WORKER_ID_CHECK_CHARACTER",
        ),
        (PassportsJoined, "other", json!("wkr_00041061050r3gg28a1c60t3gfe"), "other", "SAME_WORKER"),
        (TrainingCompleted, "eqf_level", json!("4"), "eqf_level", "EQF_ON_SKILL"),
        (SkillAssessed, "eqf_level", json!("4"), "eqf_level", "EQF_ON_SKILL"),
        (QualificationAwarded, "eqf_level", json!(4), "eqf_level", "WRONG_TYPE"),
        (
            QualificationAwarded,
            "original_language",
            json!("de"),
            "original_language",
            "ORIGINAL_NOT_IN_TITLE",
        ),
        (
            QualificationAwarded,
            "nqf_level",
            level("PQF", "2018", "6"),
            "nqf_level.framework",
            "BARE_FRAMEWORK",
        ),
        (
            QualificationAwarded,
            "nqf_level",
            level("xx/nqf", "2018", "6"),
            "nqf_level.framework",
            "UNKNOWN_FRAMEWORK",
        ),
        (
            QualificationAwarded,
            "nqf_level",
            level("ph/pqf", "1999", "6"),
            "nqf_level.version",
            "UNKNOWN_FRAMEWORK_VERSION",
        ),
        (QualificationAwarded, "nqf_level", level("ph/pqf", "2018", "9"), "nqf_level.code", "UNKNOWN_LEVEL"),
        (
            QualificationAwarded,
            "nqf_level",
            json!({"framework": "ph/pqf", "version": "2018", "code": 6}),
            "nqf_level.code",
            "WRONG_TYPE",
        ),
        (
            QualificationAwarded,
            "nqf_level",
            json!({"framework": "ph/pqf", "version": "2018"}),
            "nqf_level.code",
            "MISSING_CLAIM",
        ),
        (LanguageCertified, "cefr", json!({}), "cefr", "EMPTY_CEFR"),
        (LanguageCertified, "cefr", json!({"listening": "B3"}), "cefr.listening", "UNKNOWN_VALUE"),
        (LanguageCertified, "cefr", json!({"speaking": "B1"}), "cefr.speaking", "UNKNOWN_CLAIM"),
        (RecognitionDecided, "decision", json!("FULL"), "compensation_measure", "FULL_WITH_MEASURE"),
        (RecognitionDecided, "appeal_until", json!("2024-09-15"), "appeal_until", "DATES_REVERSED"),
        (LicenceGranted, "valid_until", json!("2025-09-30"), "valid_until", "DATES_REVERSED"),
        (LicenceSuspended, "suspended_until", json!("2026-01-01"), "suspended_until", "DATES_REVERSED"),
        (WorkExperienceAttested, "ended_on", json!("2019-02-28"), "ended_on", "DATES_REVERSED"),
        (Corrected, "target", json!(hash), "replacement", "SAME_STATEMENT"),
        (AuthorisationEnded, "reason", json!("CLOSED"), "suspended_from", "SUSPENSION_FORM"),
        (IssuerKeyEnded, "reason", json!("RETIRED"), "compromised_since", "COMPROMISE_FORM"),
        (IssuerKeyEnded, "compromised_since", json!("2026-01-01"), "compromised_since", "MALFORMED_TIME"),
        (IssuerKeyAdded, "jwk", json!({"kty": "OKP", "crv": "Ed25519", "x": "AAAA"}), "jwk", "MALFORMED_KEY"),
        (WitnessNamed, "vkey", json!("witness"), "vkey", "MALFORMED_KEY"),
        (IssuerAuthorised, "sub", json!("http://a.example"), "sub", "MALFORMED_URI"),
        (IssuerAuthorised, "kinds", json!(["TrainingCompletd"]), "kinds.0", "UNKNOWN_KIND"),
        (IssuerAuthorised, "kinds", json!(["SelfAssessed"]), "kinds.0", "UNKNOWN_VALUE"),
        (IssuerAuthorised, "issuer_kind", json!("INTERMEDIARY"), "issuer_kind", "UNKNOWN_VALUE"),
        (
            IssuerAuthorised,
            "may_authorise_kinds",
            json!(["SkillAssessed"]),
            "may_authorise_kinds",
            "DELEGATION_FORM",
        ),
        (EndorsementPolicySet, "sides", json!(["WORKERS"]), "needed", "TOO_FEW_SIDES"),
        (
            CustodianNamed,
            "custodian",
            json!("https://training.example/masonry"),
            "custodian",
            "CUSTODIAN_ITSELF",
        ),
        (LedgerFounded, "sub", json!("https://other.example.invalid"), "sub", "SUBJECT_NOT_ORIGIN"),
        (
            LedgerFounded,
            "succeeds",
            json!({"origin": "ledger.example.invalid", "size": 7, "root": hash}),
            "succeeds",
            "SUCCEEDS_ITSELF",
        ),
        (LedgerFounded, "ledger_id", json!("AAEC"), "ledger_id", "MALFORMED_HASH"),
        (FundingDecided, "cost", json!("1,050"), "cost", "MALFORMED_AMOUNT"),
        (FundingDecided, "currency", json!("eur"), "currency", "MALFORMED_CODE"),
        (FundingDecided, "cost", json!("401"), "cost", "FUNDING_SUM"),
        (FundingDecided, "cap", json!("399.99"), "cap", "FUNDING_OVER_CAP"),
        (FundingDecided, "requested", json!("399"), "requested", "FUNDING_OVER_CAP"),
        (FundingDecided, "eligible", json!(false), "eligible", "FUNDING_NOT_ELIGIBLE"),
        (QualificationsPassportIssued, "valid_until", json!("2024-09-30"), "valid_until", "NOT_FIVE_YEARS"),
        (
            QualificationsPassportIssued,
            "document_status",
            json!("RECOGNISED"),
            "document_status",
            "UNKNOWN_VALUE",
        ),
        (RegisterEntered, "valid_until", json!("2021-03-14"), "valid_until", "DATES_REVERSED"),
        (LeaveGranted, "leave_until", json!("2021-08-31"), "leave_until", "DATES_REVERSED"),
        (ReintegrationDecided, "appeal_until", json!("2024-09-01"), "appeal_until", "DATES_REVERSED"),
        (ReintegrationDecided, "decision", json!("REFUSED"), "reasons", "REFUSAL_WITHOUT_REASONS"),
        (
            StandardPublished,
            "units",
            json!([{"code": "A", "title": {"en": "a"}}, {"code": "A", "title": {"en": "b"}}]),
            "units",
            "UNIT_TWICE",
        ),
        (StandardPublished, "electives_required", json!(1), "electives_required", "TOO_FEW_ELECTIVES"),
        (
            StandardPublished,
            "unit_mappings",
            json!([{"from_standard": "x", "from_version": "1", "from_unit": "A", "to_unit": "B"}]),
            "unit_mappings",
            "UNKNOWN_UNIT",
        ),
        (PriorLearningCertified, "outcome", json!("FREE"), "outcome", "UNKNOWN_VALUE"),
        (FrameworkPublished, "framework", json!("PQF"), "framework", "BARE_FRAMEWORK"),
        (FrameworkPublished, "framework", json!("ph/nqf"), "framework", "BARE_FRAMEWORK"),
        (FrameworkPublished, "framework", json!("Ph/PQF"), "framework", "UNKNOWN_FRAMEWORK"),
        (FrameworkPublished, "framework", json!("de/dqr"), "issuing_country", "COUNTRY_MISMATCH"),
        (FrameworkPublished, "levels", json!([1, 2]), "levels.0", "WRONG_TYPE"),
        (FrameworkPublished, "levels", json!(["1", "2"]), "descriptors.0.level", "UNKNOWN_LEVEL"),
        (FrameworkPublished, "valid_until", json!("2018-01-15"), "valid_until", "DATES_REVERSED"),
        (FrameworkPublished, "published_in", json!({"title": "x"}), "published_in.date", "MISSING_CLAIM"),
        (
            FrameworkPublished,
            "published_in",
            json!({"title": "x", "url": "ftp://x", "date": "2024-01-01"}),
            "published_in.url",
            "MALFORMED_URI",
        ),
        (ReferencingPublished, "reference_framework", json!("de/dqr"), "reference_framework", "EDGE_FORM"),
        (ReferencingPublished, "framework", json!("eqf"), "framework", "EDGE_FORM"),
        (ReferencingPublished, "reference_framework", json!("AQF"), "reference_framework", "BARE_FRAMEWORK"),
        (ReferencingPublished, "levels", json!([{"level": "9"}]), "levels.0.level", "UNKNOWN_LEVEL"),
        (ReferencingPublished, "levels", json!([{"level": 4}]), "levels.0.level", "WRONG_TYPE"),
        (
            ReferencingPublished,
            "levels",
            json!([{"level": "4", "reference_level": "9"}]),
            "levels.0.reference_level",
            "UNKNOWN_LEVEL",
        ),
        (
            ReferencingPublished,
            "levels",
            json!([{"level": "4", "reference_level": "4"}, {"level": "4"}]),
            "levels.1.level",
            "DUPLICATE_VALUE",
        ),
        (AgreementRegistered, "agreement", json!("Triple Win"), "agreement", "MALFORMED_CODE"),
        (AgreementRegistered, "issuing_country", json!("KE"), "issuing_country", "COUNTRY_MISMATCH"),
        (
            AgreementRegistered,
            "parties",
            json!([{"country": "PH"}, {"country": "PH", "since": "2014-01-01"}]),
            "parties.1.country",
            "DUPLICATE_VALUE",
        ),
        (AgreementRegistered, "in_force_from", json!("2013-03-18"), "in_force_from", "DATES_REVERSED"),
        (MonitoringMeetingHeld, "agreement", json!("nurses"), "agreement", "MALFORMED_CODE"),
        (ProfessionRegulated, "valid_until", json!("2002-11-14"), "valid_until", "DATES_REVERSED"),
    ];
    let mut met: BTreeSet<&'static str> = BTreeSet::new();
    for (kind, name, value, claim, reason) in cases {
        assert_eq!(
            refused(kind, set(name, value.clone())),
            (claim.to_owned(), reason),
            "{}.{name} = {value}",
            kind.name()
        );
        met.insert(reason);
    }
    for (kind, gone, changes, claim, reason) in [
        (PassportOpened, &["given_name_latin"][..], json!({}), "given_name_latin", "NAME_WITHOUT_LATIN"),
        (PassportOpened, &["given_name"], json!({}), "given_name", "NAME_WITHOUT_LATIN"),
        (QualificationAwarded, &["nqf_level"], json!({"eqf_level": "4"}), "eqf_level", "EQF_WITHOUT_NQF"),
        (
            PriorLearningCertified,
            &["credit_point"],
            json!({"outcome": "CREDIT"}),
            "credit_point",
            "CREDIT_WITHOUT_POINTS",
        ),
        (
            PriorLearningCertified,
            &["exempted_units"],
            json!({"outcome": "EXEMPTION"}),
            "exempted_units",
            "EXEMPTION_WITHOUT_UNITS",
        ),
        (
            RecognitionDecided,
            &["substantial_differences", "compensation_measure"],
            json!({"decision": "REFUSED"}),
            "reasons",
            "REFUSAL_WITHOUT_REASONS",
        ),
        (
            RecognitionDecided,
            &["substantial_differences", "compensation_measure"],
            json!({"decision": "PARTIAL"}),
            "substantial_differences",
            "CONDITION_WITHOUT_DIFFERENCES",
        ),
        (
            RecognitionDecided,
            &["substantial_differences", "compensation_measure"],
            json!({"decision": "CONDITIONAL"}),
            "substantial_differences",
            "CONDITION_WITHOUT_DIFFERENCES",
        ),
        (AuthorisationEnded, &["suspended_from"], json!({}), "suspended_from", "SUSPENSION_FORM"),
        (IssuerKeyEnded, &["compromised_since"], json!({}), "compromised_since", "COMPROMISE_FORM"),
        (
            GapIdentified,
            &["missing_outcomes", "missing_units"],
            json!({}),
            "missing_outcomes",
            "GAP_WITHOUT_CONTENT",
        ),
        (
            RegisterEntered,
            &["valid_until"],
            json!({"register_status": "GOOD_STANDING"}),
            "valid_until",
            "MISSING_CLAIM",
        ),
        (TrainingCompleted, &["title"], json!({}), "title", "MISSING_CLAIM"),
    ] {
        let found = refused(kind, |claims| {
            claims.retain(|name, _| !gone.contains(&name.as_str()));
            claims.extend(changes.as_object().cloned().unwrap());
        });
        assert_eq!(found, (claim.to_owned(), reason), "{}", kind.name());
        met.insert(reason);
    }
    // Met in the spreadsheet's own tests.
    met.extend(["UNKNOWN_COLUMN", "DUPLICATE_COLUMN"]);
    assert_eq!(met, REASONS.iter().copied().collect());
}

fn level(framework: &str, version: &str, code: &str) -> Value {
    json!({"framework": framework, "version": version, "code": code})
}
