//! The European Learning Model's JSON-LD (ELM 3, application profile of European Digital Credentials). Unsigned: what is
//! signed is the record, which `evidence` names. The person stays outside: whoever needs a name is shown the passport.

use serde_json::{Map, Value, json};

use super::supplement::eqf;
use super::{is_award, issuer_name, texts};
use crate::event::Kind;
use crate::passport::record::Record;

/// Members that ELM's shapes require, by class (EDC-generic-no-cv).
const REQUIRED: [(&str, &[&str]); 9] = [
    (
        "EuropeanDigitalCredential",
        &[
            "credentialProfiles",
            "displayParameter",
            "issuer",
            "credentialSubject",
            "issued",
            "validFrom",
            "credentialSchema",
        ],
    ),
    ("Person", &["hasClaim"]),
    ("LearningAchievement", &["title", "awardedBy"]),
    ("LearningActivity", &["title", "awardedBy"]),
    ("LearningAssessment", &["title", "awardedBy", "grade"]),
    ("LearningEntitlement", &["title", "awardedBy"]),
    ("LearningEntitlementSpecification", &["title", "entitlementStatus"]),
    ("Qualification", &["title"]),
    ("AwardingProcess", &["awardingBody"]),
];

/// EU Vocabularies' codes of languages that titles mostly are in.
const LANGUAGES: [(&str, &str); 30] = [
    ("ar", "ARA"),
    ("bg", "BUL"),
    ("bn", "BEN"),
    ("cs", "CES"),
    ("da", "DAN"),
    ("de", "DEU"),
    ("el", "ELL"),
    ("en", "ENG"),
    ("es", "SPA"),
    ("et", "EST"),
    ("fi", "FIN"),
    ("fr", "FRA"),
    ("ga", "GLE"),
    ("hi", "HIN"),
    ("hr", "HRV"),
    ("hu", "HUN"),
    ("id", "IND"),
    ("it", "ITA"),
    ("ja", "JPN"),
    ("lt", "LIT"),
    ("lv", "LAV"),
    ("mt", "MLT"),
    ("nl", "NLD"),
    ("pl", "POL"),
    ("pt", "POR"),
    ("ro", "RON"),
    ("sk", "SLK"),
    ("sl", "SLV"),
    ("sv", "SWE"),
    ("uk", "UKR"),
];

/// The class of claim that a record is; a recognition decision has none in ELM.
pub(super) fn class(record: &Record) -> Option<&'static str> {
    Some(match record.kind {
        _ if is_award(record) => "LearningAchievement",
        Kind::UnitAchieved => "LearningAchievement",
        Kind::TrainingCompleted | Kind::WorkExperienceAttested => "LearningActivity",
        Kind::SkillAssessed | Kind::LanguageCertified | Kind::PriorLearningAssessed => "LearningAssessment",
        Kind::LicenceGranted => "LearningEntitlement",
        _ => return None,
    })
}

pub(super) fn credential(record: &Record) -> Value {
    let title = record.claims.get("title").cloned().unwrap_or_else(|| json!({"en": record.title}));
    let language = title.as_object().and_then(|titles| titles.keys().next().cloned()).unwrap_or_default();
    let awarded = record.awarded_on.map(|day| format!("{day}T00:00:00Z"));
    let mut credential = json!({
        "@context": ["https://www.w3.org/2018/credentials/v1", "http://data.europa.eu/snb/model/context/edc-ap"],
        "id": record.jti,
        "type": ["VerifiableCredential", "EuropeanDigitalCredential"],
        "credentialProfiles": concept("http://data.europa.eu/snb/credential/e34929035b", "http://data.europa.eu/snb/credential/25831c2"),
        "credentialSchema": {"id": "http://data.europa.eu/snb/model/ap/edc-generic-no-cv", "type": "ShaclValidator2017"},
        "displayParameter": {
            "id": "urn:epass:displayParameter:1",
            "type": "DisplayParameter",
            "title": title,
            "primaryLanguage": language_concept(&language),
            "language": [language_concept(&language)],
        },
        "issuer": organisation(&record.issuer, record.issuer_name.as_deref().unwrap_or(&record.issuer), record),
        "issued": awarded,
        "issuanceDate": awarded,
        "validFrom": record.text("valid_from").map(|day| format!("{day}T00:00:00Z")).or_else(|| awarded.clone()),
        "credentialSubject": {"id": "urn:epass:person:1", "type": "Person", "hasClaim": claim(record, &title)},
        "evidence": {
            "id": format!("urn:skillpass:statement:{}", record.hash),
            "type": "Evidence",
            "evidenceStatement": "View of a signed record; the passport file proves it.",
        },
    });
    if let (Some(until), Some(members)) = (record.text("valid_until"), credential.as_object_mut()) {
        members.insert("validUntil".into(), format!("{until}T23:59:59Z").into());
    }
    credential
}

fn claim(record: &Record, title: &Value) -> Value {
    let class = class(record).unwrap_or_default();
    let mut claim = json!({
        "id": format!("{}#claim", record.jti),
        "type": class,
        "title": title,
        "awardedBy": {
            "id": format!("{}#awarding", record.jti),
            "type": "AwardingProcess",
            "awardingBody": organisation(&record.issuer, issuer_name(record), record),
            "awardingDate": record.awarded_on.map(|day| format!("{day}T00:00:00Z")),
        },
    });
    let Some(members) = claim.as_object_mut() else { return claim };
    match class {
        "LearningAchievement" => {
            members.insert("specifiedBy".into(), qualification(record, title));
        }
        "LearningAssessment" => {
            let grade =
                record.text("grade").or_else(|| record.text("overall")).or_else(|| record.text("result"));
            let grade = grade.unwrap_or("PASSED");
            let note =
                json!({"id": format!("{}#grade", record.jti), "type": "Note", "noteLiteral": {"en": grade}});
            members.insert("grade".into(), note);
        }
        "LearningActivity" => {
            let period = json!({
                "id": format!("{}#period", record.jti),
                "type": "PeriodOfTime",
                "startDate": record.text("started_on").map(|day| format!("{day}T00:00:00Z")),
                "endDate": record.awarded_on.map(|day| format!("{day}T00:00:00Z")),
            });
            members.insert("temporal".into(), period);
        }
        _ => {
            let specified = json!({
                "id": format!("{}#entitlement", record.jti),
                "type": "LearningEntitlementSpecification",
                "title": title,
                "entitlementStatus": {"id": "urn:skillpass:entitlement:actual", "type": "Concept", "notation": "actual"},
                "limitJurisdiction": country(record.text("limit_jurisdiction")),
                "limitOccupation": record.text("isco08").map(|code| json!({"id": format!("urn:isco08:{code}"), "type": "Concept", "notation": code})),
            });
            members.insert("specifiedBy".into(), specified);
        }
    }
    claim
}

fn qualification(record: &Record, title: &Value) -> Value {
    let level = record.claims.get("nqf_level").map(|level| {
        let part = |name: &str| level.get(name).and_then(Value::as_str).unwrap_or_default();
        let notation = format!("{}@{}:{}", part("framework"), part("version"), part("code"));
        json!({"id": format!("urn:skillpass:level:{notation}"), "type": "Concept", "notation": notation})
    });
    let eqf = eqf(record);
    let eqf = eqf.get("level").and_then(Value::as_str).map(|level| {
        json!({"id": format!("urn:skillpass:level:eqf:{level}"), "type": "Concept", "notation": format!("eqf:{level}")})
    });
    let outcomes: Vec<Value> = texts(record, "learning_outcomes")
        .iter()
        .enumerate()
        .map(|(at, outcome)| {
            json!({"id": format!("{}#outcome{at}", record.jti), "type": "LearningOutcome", "title": {"en": outcome}})
        })
        .collect();
    let mut members = Map::new();
    members.insert("id".into(), format!("{}#qualification", record.jti).into());
    members.insert("type".into(), "Qualification".into());
    members.insert("title".into(), title.clone());
    if let Some(partial) = record.claims.get("is_partial_qualification") {
        members.insert("isPartialQualification".into(), partial.clone());
    }
    for (name, value) in [("NQFLevel", level), ("EQFLevel", eqf)] {
        members.extend(value.map(|value| (name.to_owned(), value)));
    }
    if let Some(field) = record.text("iscedf_code") {
        let field = json!({"id": format!("urn:isced-f:{field}"), "type": "Concept", "notation": field});
        members.insert("ISCEDFCode".into(), field);
    }
    if !outcomes.is_empty() {
        members.insert("learningOutcome".into(), outcomes.into());
    }
    Value::Object(members)
}

fn organisation(id: &str, name: &str, record: &Record) -> Value {
    json!({
        "id": id,
        "type": "Organisation",
        "legalName": {"en": name},
        "location": {
            "id": format!("{id}#location"),
            "type": "Location",
            "address": {"id": format!("{id}#address"), "type": "Address", "countryCode": country(record.country.as_deref())},
        },
    })
}

fn country(code: Option<&str>) -> Value {
    code.map_or(
        Value::Null,
        |code| json!({"id": format!("urn:iso:3166:{code}"), "type": "Concept", "notation": code}),
    )
}

fn language_concept(language: &str) -> Value {
    let primary = language.split('-').next().unwrap_or_default();
    let code = LANGUAGES.iter().find(|(two, _)| *two == primary).map(|(_, code)| *code);
    match code {
        Some(code) => concept(
            &format!("http://publications.europa.eu/resource/authority/language/{code}"),
            "http://publications.europa.eu/resource/authority/language",
        ),
        None => json!({"id": format!("urn:ietf:bcp:47:{language}"), "type": "Concept", "notation": language}),
    }
}

fn concept(id: &str, scheme: &str) -> Value {
    json!({"id": id, "type": "Concept", "inScheme": {"id": scheme, "type": "ConceptScheme"}})
}

/// The members that ELM requires and `document` lacks, as `Class.member`.
pub fn missing_members(document: &Value) -> Vec<String> {
    let mut missing = vec![];
    look(document, &mut missing);
    missing
}

fn look(value: &Value, missing: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| look(item, missing)),
        Value::Object(members) => {
            let types = match members.get("type") {
                Some(Value::Array(types)) => types.iter().filter_map(Value::as_str).collect(),
                Some(Value::String(one)) => vec![one.as_str()],
                _ => vec![],
            };
            for (class, required) in REQUIRED.iter().filter(|(class, _)| types.contains(class)) {
                let absent = required.iter().filter(|name| members.get(**name).is_none_or(Value::is_null));
                missing.extend(absent.map(|name| format!("{class}.{name}")));
            }
            members.values().for_each(|member| look(member, missing));
        }
        _ => {}
    }
}
