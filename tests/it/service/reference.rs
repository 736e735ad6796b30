//! Reference data over gRPC: lists in pages, and answers that follow what bodies have published, from its recording on.

use serde_json::{Value, json};
use skillpass::crypto::{OsEntropy, PrivateKey};
use skillpass::event::Kind;
use skillpass::pb;

use super::{Served, by, reason};
use crate::support::{Body, START_MS, hash_of};

const DAY_MS: u64 = 86_400_000;

fn body(issuer: &str) -> Body {
    Body { issuer: issuer.to_owned(), key: PrivateKey::generate_ed25519(&mut OsEntropy) }
}

/// The example of `kind`, published by `body` in `country` as `id`.
fn example(body: &Body, kind: Kind, country: &str, id: &str) -> Value {
    let mut claims = kind.example();
    for clear in ["vct", "iss", "cnf"] {
        claims.as_object_mut().unwrap().shift_remove(clear);
    }
    claims["sub"] = format!("{}/{id}", body.issuer).into();
    claims["owner"] = body.issuer.as_str().into();
    claims["issuing_country"] = country.into();
    claims
}

impl Served {
    /// A body of PH that may publish what its kind may.
    fn publisher(&self, issuer: &str, issuer_kind: &str) -> Body {
        let body = body(issuer);
        self.test.authorise(&body, issuer_kind);
        body
    }

    fn publish(&self, body: &Body, kind: Kind, claims: &Value) -> String {
        let statement = self.test.in_clear(body, kind, claims);
        self.test.append(statement.clone()).unwrap();
        hash_of(&statement)
    }

    fn relate(&self, level: &str, target: &str, as_of: Option<&str>) -> pb::RelateLevelResponse {
        let request = pb::RelateLevelRequest {
            level: level.to_owned(),
            target: target.to_owned(),
            as_of: as_of.map(str::to_owned),
        };
        self.run(self.recognition().relate_level(request)).unwrap().into_inner()
    }

    fn agreement(&self, id: &str) -> Value {
        let request = pb::GetInstrumentRequest { id: id.to_owned(), as_of: None };
        let answer = self.run(self.recognition().get_instrument(request)).unwrap().into_inner();
        serde_json::from_str(&answer.published_json.unwrap()).unwrap()
    }

    fn rows(&self, table: &str, as_of: Option<&str>) -> Vec<Value> {
        let request = pb::ListReferenceRequest {
            table: table.to_owned(),
            page_size: 500,
            page_token: String::new(),
            as_of: as_of.map(str::to_owned),
        };
        let answer = self.run(self.recognition().list_reference(request)).unwrap().into_inner();
        answer.rows_json.iter().map(|row| serde_json::from_str(row).unwrap()).collect()
    }
}

#[test]
fn a_referencing_answers_from_its_recording_on_and_is_historic_when_superseded() {
    let served = Served::new();
    let authority = served.publisher("https://qualifications.ph.example.invalid", "QUALIFICATIONS_AUTHORITY");
    assert_eq!(served.relate("ph/nqf:4", "aqrf", None).answer, "NeedsCheck");
    served.test.clock.set(START_MS + 10 * DAY_MS);
    let report = example(&authority, Kind::ReferencingPublished, "PH", "aqrf");
    let target = served.publish(&authority, Kind::ReferencingPublished, &report);
    let today = served.relate("ph/nqf:4", "aqrf", None);
    assert_eq!((today.answer.as_str(), today.level.as_deref()), ("Edge", Some("4")));
    assert_eq!(today.published_by.as_deref(), Some(authority.issuer.as_str()));
    assert!(today.leaf_index.is_some() && today.source_title.is_some() && today.as_of.is_some());
    assert_eq!(served.relate("ph/nqf:4", "aqrf", Some("2025-06-10")).answer, "NeedsCheck", "the day before");
    assert_eq!(served.relate("ph/nqf:4", "aqrf", Some("2025-06-11")).answer, "Edge");

    served.test.clock.set(START_MS + 20 * DAY_MS);
    let mut end = example(&authority, Kind::ReferencingSuperseded, "PH", "aqrf");
    end["target"] = target.into();
    served.publish(&authority, Kind::ReferencingSuperseded, &end);
    assert_eq!(served.relate("ph/nqf:4", "aqrf", None).answer, "Historic");
    assert_eq!(served.relate("ph/nqf:4", "aqrf", Some("2025-06-12")).answer, "Edge", "as it was known then");
}

#[test]
fn without_an_edge_the_answer_carries_descriptors_to_read() {
    let served = Served::new();
    let answer = served.relate("ph/nqf:6", "eqf", None);
    let beside: Value = serde_json::from_str(&answer.side_by_side_json.unwrap()).unwrap();
    assert_eq!((&beside["is_comparison"], beside["target"].as_array().unwrap().len()), (&json!(false), 8));
    assert_eq!(served.relate("ie/nqf:10", "eqf", None).side_by_side_json, None);
}

#[test]
fn an_agreement_is_listed_with_its_meetings_warnings_and_resolutions() {
    let served = Served::new();
    let ministry = served.publisher("https://labour.ph.example.invalid", "LABOUR_MIGRATION_AUTHORITY");
    let union = served.publisher("https://union.ph.example.invalid", "WORKERS_ORGANISATION");
    let committee = served.publisher("https://committee.example.invalid", "MONITORING_COMMITTEE");
    // The other party's ministry and union stand under a root of their own.
    let (root, other_ministry, other_union) = (
        body("https://authority.de.example.invalid"),
        body("https://labour.de.example.invalid"),
        body("https://union.de.example.invalid"),
    );
    let established = json!({"sub": root.issuer, "name": "authority, DE (demo)", "issuer_kind": "LABOUR_MIGRATION_AUTHORITY",
        "jurisdictions": ["DE"], "jwk": root.key.public().to_jwk()});
    let request = pb::AppendLedgerStatementRequest {
        kind: "AuthorityEstablished".to_owned(),
        claims_json: established.to_string(),
    };
    served
        .run(served.admin().append_ledger_statement(by(&served.test, &served.operator(), request)))
        .unwrap();
    for (of, issuer_kind) in
        [(&other_ministry, "LABOUR_MIGRATION_AUTHORITY"), (&other_union, "WORKERS_ORGANISATION")]
    {
        let authorised = json!({"sub": of.issuer, "name": "a body, DE (demo)", "issuer_kind": issuer_kind, "basis": "STATUTE",
            "kinds": ["ResolutionEndorsed"], "jurisdictions": ["DE"], "valid_from": "2020-01-01"});
        served.publish(&root, Kind::IssuerAuthorised, &authorised);
        let key = json!({"sub": of.issuer, "jwk": of.key.public().to_jwk()});
        served.publish(&root, Kind::IssuerKeyAdded, &key);
    }

    let mut agreement = example(&ministry, Kind::AgreementRegistered, "PH", "nurses");
    agreement["agreement"] = "de-ph/nurses-2025".into();
    agreement["committee"] = committee.issuer.as_str().into();
    agreement["parties"] = json!([{"country": "DE"}, {"country": "PH"}]);
    served.publish(&ministry, Kind::AgreementRegistered, &agreement);
    let row = served.agreement("de-ph/nurses-2025");
    assert_eq!((&row["kind"], &row["warnings"]), (&json!("INTER_AGENCY"), &json!([])));
    assert!(row["force"].as_str().unwrap().contains("not the authorities"));
    // Registered anew, with monitoring that nobody pays: what counts is what was said last.
    agreement["clauses"] = json!([{"kind": "MONITORING", "initiator": "the committee"}]);
    served.publish(&ministry, Kind::AgreementRegistered, &agreement);
    assert_eq!(served.agreement("de-ph/nurses-2025")["warnings"], json!(["MONITORING_UNASSIGNED"]));

    let hold = |day: &str, place: &str, id: &str| {
        let mut meeting = example(&committee, Kind::MonitoringMeetingHeld, "PH", id);
        meeting["agreement"] = "de-ph/nurses-2025".into();
        meeting["held_on"] = day.into();
        meeting["place"] = place.into();
        served.publish(&committee, Kind::MonitoringMeetingHeld, &meeting)
    };
    hold("2025-03-01", "DE", "meetings/1");
    let last = hold("2025-05-01", "DE", "meetings/2");
    let row = served.agreement("de-ph/nurses-2025");
    assert_eq!(row["warnings"], json!(["MONITORING_UNASSIGNED", "SAME_COUNTRY_TWICE"]));
    assert_eq!(row["meetings"][0]["same_country_twice"], false);
    assert_eq!(row["meetings"][1]["same_country_twice"], true);

    let endorse = |of: &Body, country: &str| {
        let mut endorsed = example(of, Kind::ResolutionEndorsed, country, "endorsed");
        endorsed["target"] = last.as_str().into();
        served.publish(of, Kind::ResolutionEndorsed, &endorsed);
    };
    endorse(&ministry, "PH");
    endorse(&other_ministry, "DE");
    endorse(&union, "PH");
    let meeting = |row: &Value| row["meetings"][1].clone();
    let row = meeting(&served.agreement("de-ph/nurses-2025"));
    assert_eq!((&row["resolution_status"], &row["missing"]), (&json!("NOT_ADOPTED"), &json!(["WORKERS DE"])));
    endorse(&other_union, "DE");
    let row = meeting(&served.agreement("de-ph/nurses-2025"));
    assert_eq!((&row["resolution_status"], &row["missing"]), (&json!("ADOPTED"), &json!([])));
    let built_in = pb::GetInstrumentRequest { id: "de-ph/nurses-2013".to_owned(), as_of: None };
    let built_in = served.run(served.recognition().get_instrument(built_in)).unwrap().into_inner();
    assert!(built_in.built_in_json.is_some() && built_in.published_json.is_none());
}

#[test]
fn a_profession_that_an_authority_published_is_listed_from_then_on() {
    let served = Served::new();
    let authority = served.publisher("https://masons.ph.example.invalid", "COMPETENT_AUTHORITY");
    served.test.clock.set(START_MS + 10 * DAY_MS);
    let mut masons = example(&authority, Kind::ProfessionRegulated, "PH", "professions/ph-7112");
    masons["isco08"] = "7112".into();
    masons["regulated"] = false.into();
    served.publish(&authority, Kind::ProfessionRegulated, &masons);
    let of_masons = |as_of: Option<&str>| {
        let rows = served.rows("professions", as_of).into_iter();
        rows.filter(|row| row["isco08"] == "7112").map(|row| row["status"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(of_masons(None), ["NOT_REGULATED"]);
    assert!(of_masons(Some("2025-06-10")).is_empty(), "unknown before, and not unregulated");
}

#[test]
fn lists_come_in_pages_and_only_of_tables_that_exist() {
    let served = Served::new();
    let page = |token: &str| {
        let request = pb::ListFrameworksRequest { page_size: 40, page_token: token.to_owned(), as_of: None };
        served.run(served.recognition().list_frameworks(request)).map(tonic::Response::into_inner)
    };
    let (mut rows, mut token) = (Vec::new(), String::new());
    loop {
        let answer = page(&token).unwrap();
        assert!(answer.rows_json.len() <= 40);
        rows.extend(answer.rows_json);
        token = answer.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    let all = served.rows("frameworks", None);
    assert_eq!(rows.len(), all.len());
    assert!(rows.iter().any(|row| row.contains("\"ie/nfq\"")) && rows.len() > 80);
    assert_eq!(reason(&page("x").unwrap_err()), "VALUE_UNKNOWN");
    assert_eq!(page("99999999").unwrap().rows_json.len(), 0);

    let request = |kind: &str| pb::ListInstrumentsRequest {
        page_size: 0,
        page_token: String::new(),
        as_of: None,
        kind: Some(kind.to_owned()),
    };
    let arrangements =
        served.run(served.recognition().list_instruments(request("MUTUAL_RECOGNITION"))).unwrap();
    assert!(arrangements.into_inner().rows_json.len() >= 15);
    let wrong = served.run(served.recognition().list_instruments(request("TREATY"))).unwrap_err();
    assert_eq!(reason(&wrong), "VALUE_UNKNOWN");
    let unknown = pb::ListReferenceRequest { table: "persons".to_owned(), ..Default::default() };
    assert_eq!(
        reason(&served.run(served.recognition().list_reference(unknown)).unwrap_err()),
        "VALUE_UNKNOWN"
    );
    let nothing = pb::GetInstrumentRequest { id: "de-xk/nothing".to_owned(), as_of: None };
    assert_eq!(reason(&served.run(served.recognition().get_instrument(nothing)).unwrap_err()), "NOT_FOUND");
}

/// What is published counts in an assessment, and not for a day before anybody had published it.
#[test]
fn an_assessment_follows_what_bodies_published_from_its_recording_on() {
    let served = Served::new();
    let worker = served.test.open_passport();
    served.test.bind(&worker);
    let statement = served.test.about(&served.test.competent, &worker, Kind::RecognitionDecided, |claims| {
        for claim in ["instrument", "valid_until", "appeal_until", "qualification", "application", "evidence"]
        {
            claims.shift_remove(claim);
        }
        claims.insert("nqf_level".into(), json!({"framework": "ph/pqf", "version": "2018", "code": "4"}));
    });
    served.test.append(statement).unwrap();
    served.test.clock.set(START_MS + 10 * DAY_MS);
    let authority = served.publisher("https://qualifications.ph.example.invalid", "QUALIFICATIONS_AUTHORITY");
    let report = example(&authority, Kind::ReferencingPublished, "PH", "aqrf");
    served.publish(&authority, Kind::ReferencingPublished, &report);
    let board = served.publisher("https://board.ph.example.invalid", "COMPETENT_AUTHORITY");
    let mut masons = example(&board, Kind::ProfessionRegulated, "PH", "professions/ph-7112");
    (masons["isco08"], masons["valid_from"]) = ("7112".into(), "2002-11-15".into());
    masons["legal_basis"] = "an act on masonry (demo)".into();
    served.publish(&board, Kind::ProfessionRegulated, &masons);

    let assess = |at: &str| -> Value {
        let request = pb::AssessRecognitionRequest {
            worker: worker.id.to_string(),
            country: "PH".to_owned(),
            occupation: "7112".to_owned(),
            purpose: "hire".to_owned(),
            at: Some(at.to_owned()),
            view: pb::View::Holder.into(),
        };
        let request = by(&served.test, &worker.key, request);
        let answer = served.run(served.recognition().assess_recognition(request)).unwrap().into_inner();
        serde_json::from_str(&answer.assessment_json).unwrap()
    };
    let licence = |answer: &Value| -> String {
        let rows = answer["checks"].as_array().unwrap();
        let row = rows.iter().find(|row| row["check"] == "licence_in_destination").unwrap();
        row["status"].as_str().unwrap().to_owned()
    };
    let (before, after) = (assess("2025-06-10"), assess("2025-06-11"));
    assert_eq!((licence(&before), licence(&after)), ("UNKNOWN".to_owned(), "FAIL".to_owned()));
    assert!(after["missing"].to_string().contains("an act on masonry (demo)"), "{}", after["missing"]);
    let relation = |answer: &Value| answer["levels"][0]["relation"].clone();
    assert_eq!((relation(&before), relation(&after)), (json!("NeedsCheck"), json!("Edge")));
    let origin = served.test.ledger.origin();
    assert!(after["reference"].as_str().unwrap().contains(origin), "{}", after["reference"]);
}
