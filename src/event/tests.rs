//! Every kind against its own table, and every reason once.

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
    let error = Event::validate(kind, &claims).unwrap_err();
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
        let event = Event::validate(kind, &claims).unwrap_or_else(|e| panic!("{}: {e}", kind.name()));
        assert_eq!(Event::validate_partial(kind, &claims).as_ref(), Ok(&event));
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
            assert!(names.contains("sub"));
            assert_eq!(names.contains("issuing_country"), !kind.is_by_holder(), "{}", kind.name());
        }
        assert_eq!(kind.changes_standing() || kind.changes_licence(), {
            names.contains("target") && kind.class() == Class::Person && !kind.name().starts_with("Dispute")
        });
    }
    assert_eq!(Kind::all().len(), 45);
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
            Event::validate_partial(kind, &alone).unwrap_or_else(|e| panic!("{}: {e}", kind.name()));
            let mut without = all.clone();
            without.shift_remove(shown);
            Event::validate_partial(kind, &without).unwrap_or_else(|e| panic!("{}: {e}", kind.name()));
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
        (LedgerFounded, "sub", json!("https://other.example.invalid"), "sub", "SUBJECT_NOT_ORIGIN"),
        (LedgerFounded, "ledger_id", json!("AAEC"), "ledger_id", "MALFORMED_HASH"),
        (PriorLearningCertified, "outcome", json!("FREE"), "outcome", "UNKNOWN_VALUE"),
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

#[test]
fn a_period_may_be_one_day() {
    let mut claims = claims(Kind::TrainingCompleted);
    for name in ["started_on", "completed_on", "valid_until"] {
        claims.insert(name.into(), "2024-02-29".into());
    }
    assert_eq!(Event::check(Kind::TrainingCompleted, &claims), Ok(()));
}

fn level(framework: &str, version: &str, code: &str) -> Value {
    json!({"framework": framework, "version": version, "code": code})
}

#[test]
fn an_unknown_claim_is_refused_with_a_suggestion() {
    let mut claims = claims(Kind::QualificationAwarded);
    claims.insert("award_date".into(), json!("2018-04-20"));
    let message = Event::validate(Kind::QualificationAwarded, &claims).unwrap_err().to_string();
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
        Event::validate(kind, &claims).unwrap().is_private_by_default()
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
    let event = Event::validate_partial(Kind::SkillAssessed, &shown).unwrap();
    assert_eq!(event.withheld().collect::<Vec<_>>(), ["result"]);
}

#[test]
fn accessors_read_what_was_validated() {
    let event = Event::validate(Kind::QualificationAwarded, &claims(Kind::QualificationAwarded)).unwrap();
    assert_eq!(event.award_date().map(|d| d.to_string()).as_deref(), Some("2018-04-20"));
    assert_eq!(event.member("nqf_level", "framework"), Some("ph/pqf"));
    assert_eq!(event.title("de"), event.title("en"));
    let ended = Event::validate(Kind::IssuerKeyEnded, &claims(Kind::IssuerKeyEnded)).unwrap();
    assert_eq!(ended.instant("compromised_since"), Some(1_767_225_600_000));
    let revoked = Event::validate(Kind::Revoked, &claims(Kind::Revoked)).unwrap();
    assert_eq!(revoked.target(), Some(crate::crypto::sha256(&[])));
    assert!(revoked.target() == revoked.hash("target"));
    let statement = Event::validate(Kind::RecognitionDecided, &{
        let mut claims = claims(Kind::RecognitionDecided);
        claims.insert("decision".into(), "COMPARABILITY_STATEMENT".into());
        claims
    });
    assert_eq!(statement.unwrap().legal_effect(), LegalEffect::Informative);
}

/// Reads the two lines of a template; its cells hold no line breaks.
fn row(template: &str) -> Vec<(String, String)> {
    let parse = |line: &str| {
        let (mut cells, mut cell, mut quoted) = (Vec::new(), String::new(), false);
        for c in line.chars() {
            match c {
                '"' => quoted = !quoted,
                ',' if !quoted => cells.push(std::mem::take(&mut cell)),
                c => cell.push(c),
            }
        }
        cells.push(cell);
        cells
    };
    let mut lines = template.split("\r\n");
    let (header, sample) = (parse(lines.next().unwrap()), parse(lines.next().unwrap()));
    assert_eq!((header.len(), lines.next(), lines.next()), (sample.len(), Some(""), None));
    header.into_iter().zip(sample).collect()
}

#[test]
fn every_sample_row_is_a_valid_event() {
    let mut without = Vec::new();
    for &kind in Kind::all() {
        let Some(template) = kind.csv_template() else {
            without.push(kind.name());
            continue;
        };
        let claims =
            kind.claims_from_row(&row(&template)).unwrap_or_else(|e| panic!("{}: {e:?}", kind.name()));
        Event::validate(kind, &claims).unwrap_or_else(|e| panic!("{}: {e}", kind.name()));
    }
    assert_eq!(
        without,
        [
            "HolderKeyBound",
            "HolderKeyChanged",
            "SelfAssessed",
            "DisputeRaised",
            "IssuerKeyAdded",
            "LedgerFounded",
            "AuthorityEstablished",
            "LedgerKeyAdded",
            "LedgerKeyEnded",
            "WitnessNamed",
            "Erased",
        ]
    );
}

#[test]
fn all_bad_cells_of_a_row_are_reported_each_with_its_column() {
    let mut cells = row(&Kind::LanguageCertified.csv_template().unwrap());
    for (column, cell) in &mut cells {
        match column.as_str() {
            "worker" => *cell = "wkr_00041061050r3gg28a1c60t3gff".into(),
            "assessed_on" => *cell = "06.07.2024".into(),
            "cefr.writing" => *cell = "B7".into(),
            "issuing_country" => *cell = "ph".into(),
            _ => {}
        }
    }
    cells.push(("titel.en".into(), "x".into()));
    cells.push(("language".into(), "de".into()));
    let errors = Kind::LanguageCertified.claims_from_row(&cells).unwrap_err();
    let found: Vec<(&str, &str)> = errors.iter().map(|e| (e.claim.as_str(), e.reason)).collect();
    assert_eq!(
        found,
        [
            ("worker", "WORKER_ID_CHECK_CHARACTER"),
            ("cefr.writing", "UNKNOWN_VALUE"),
            ("assessed_on", "MALFORMED_DATE"),
            ("titel.en", "UNKNOWN_COLUMN"),
            ("language", "DUPLICATE_COLUMN"),
        ]
    );
    assert!(errors[3].message.contains("`title.en`"), "{}", errors[3].message);
}

#[test]
fn empty_required_cells_and_rules_are_reported_by_column() {
    let blank = |columns: &[&str]| {
        let mut cells = row(&Kind::TrainingCompleted.csv_template().unwrap());
        cells
            .iter_mut()
            .filter(|(column, _)| columns.contains(&column.as_str()))
            .for_each(|(_, cell)| cell.clear());
        Kind::TrainingCompleted.claims_from_row(&cells)
    };
    let reasons =
        |errors: Vec<ClaimError>| errors.into_iter().map(|e| (e.claim, e.reason)).collect::<Vec<_>>();
    let missing = |column: &str| (column.to_owned(), "MISSING_CLAIM");
    assert_eq!(
        reasons(blank(&["title.en", "completed_on"]).unwrap_err()),
        [missing("title.en"), missing("completed_on")]
    );
    // The importer may still open a passport for a row without a worker.
    assert!(!blank(&["worker"]).unwrap().contains_key("sub"));
    assert_eq!(reasons(blank(&["credit_point.point"]).unwrap_err()), [missing("credit_point.point")]);
}

#[test]
fn cells_are_read_as_spreadsheets_write_them() {
    let mut cells = row(&Kind::QualificationAwarded.csv_template().unwrap());
    for (column, cell) in &mut cells {
        match column.as_str() {
            "is_partial_qualification" => *cell = "FALSE".into(),
            "issuing_country" => *cell = " ph ".into(),
            "worker" => *cell = "WKR_0004-1061-050R-3GG2-8A1C-60T3-GFE".into(),
            "learning_outcomes" => *cell = "one; two ;;".into(),
            _ => {}
        }
    }
    cells.push(("title.fil".into(), "Batsilyer".into()));
    let claims = Kind::QualificationAwarded.claims_from_row(&cells).unwrap();
    assert_eq!(claims["is_partial_qualification"], json!(false));
    assert_eq!(claims["sub"], json!("wkr_00041061050r3gg28a1c60t3gfe"));
    assert_eq!(
        (&claims["issuing_country"], &claims["learning_outcomes"]),
        (&json!("PH"), &json!(["one", "two"]))
    );
    assert_eq!(claims["title"]["fil"], json!("Batsilyer"));

    let twice = [cells.as_slice(), &[("sub".into(), "wkr_00041061050r3gg28a1c60t3gfe".into())]].concat();
    assert_eq!(Kind::QualificationAwarded.claims_from_row(&twice).unwrap_err()[0].reason, "UNKNOWN_COLUMN");

    cells.push(("open.family_name".into(), "SOK".into()));
    let (own, opening) = split_opening_columns(&cells);
    assert_eq!((own.len() + 1, opening), (cells.len(), vec![("family_name".to_owned(), "SOK".to_owned())]));
    assert_eq!(Kind::QualificationAwarded.claims_from_row(&cells).unwrap_err()[0].reason, "UNKNOWN_COLUMN");
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
    let stream = |kind: Kind| Event::validate(kind, &claims(kind)).unwrap().stream();
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
    fn any_value_is_judged_by_name(at in 0_usize..45, claim in any::<prop::sample::Index>(), value in any_json()) {
        let kind = Kind::all()[at];
        let mut claims = claims(kind);
        let name = claim.get(kind.claims()).name;
        claims.insert(name.into(), value);
        if let Err(error) = Event::validate(kind, &claims) {
            prop_assert!(REASONS.contains(&error.reason));
            prop_assert!(kind.claims().iter().any(|spec| error.claim.starts_with(spec.name)), "{}", error);
            prop_assert!(error.message.len() < 4000);
        }
    }

    #[test]
    fn any_row_is_judged_by_column(at in 0_usize..45, cells in prop::collection::vec(("[a-z_.]{0,12}", "\\PC{0,12}"), 0..6)) {
        let kind = Kind::all()[at];
        if let Ok(claims) = kind.claims_from_row(&cells) {
            prop_assert!(Event::validate_partial(kind, &claims).is_ok());
        }
    }
}
