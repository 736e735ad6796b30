//! The Europass certificate supplement: six parts, in its own order (Decision (EU) 2018/646).

use serde_json::{Map, Value, json};

use super::{issuer_name, proof, section, texts};
use crate::passport::record::Record;
use crate::recognition::relate_level;

/// What the supplement says of itself.
const STATUS: &str =
    "This supplement describes the certificate. It does not amount to formal recognition of it.";

pub(super) fn certificate_supplement(record: &Record) -> Value {
    let titles = record.claims.get("title").and_then(Value::as_object);
    let original = record.text("original_language");
    let in_original = original.and_then(|language| titles?.get(language)).and_then(Value::as_str);
    let translated: Map<String, Value> = titles
        .into_iter()
        .flatten()
        .filter(|(language, _)| Some(language.as_str()) != original)
        .map(|(language, title)| (language.clone(), title.clone()))
        .collect();
    json!({
        "document": "europass-certificate-supplement",
        "status": STATUS,
        "sections": [
            section(1, "Title of the certificate", json!({
                "title": in_original.unwrap_or(&record.title),
                "language": original,
            })),
            section(2, "Translated title of the certificate", json!({
                "titles": translated,
                "note": "This translation has no legal status.",
            })),
            section(3, "Profile of skills and competences", json!({"outcomes": texts(record, "learning_outcomes")})),
            section(4, "Range of occupations accessible to the holder", json!({
                "isco08": record.text("isco08"),
                "note": "Where an occupation is regulated, the law of the country decides who may practise it.",
            })),
            section(5, "Official basis of the certificate", json!({
                "awarding_body": issuer_name(record),
                "country": record.country,
                "awarded_on": record.awarded_on.map(|day| day.to_string()),
                "is_partial_qualification": record.claims.get("is_partial_qualification"),
                "national_level": record.claims.get("nqf_level"),
                "eqf_level": eqf(record),
                "qualification_code": record.text("qualification_code"),
                "grade": record.text("grade"),
                "instrument": record.text("instrument"),
                "legal_basis": record.text("legal_basis"),
            })),
            section(6, "Officially recognised ways of acquiring the certificate", json!({
                "learning_setting": record.text("learning_setting"),
                "via_prior_learning": record.text("outcome").is_some(),
                "credit_point": record.claims.get("credit_point"),
                "valid_until": record.text("valid_until"),
            })),
        ],
        "proof": proof(record),
    })
}

/// The EQF level on the certificate, or the published relation of its national level on the day of the award; else why none.
pub(super) fn eqf(record: &Record) -> Value {
    if let Some(level) = record.text("eqf_level") {
        return json!({"level": level, "answer": "ON_CERTIFICATE", "source": record.issuer});
    }
    let member = |name: &str| record.claims.get("nqf_level")?.get(name)?.as_str();
    let (Some(framework), Some(version), Some(code), Some(day)) =
        (member("framework"), member("version"), member("code"), record.awarded_on)
    else {
        return Value::Null;
    };
    match relate_level(&format!("{framework}@{version}:{code}"), "eqf", day) {
        Ok(relation) => json!({
            "level": if relation.answer.name() == "Edge" { relation.answer.level() } else { None },
            "answer": relation.answer.name(),
            "source": relation.answer.source().map(|source| source.title.clone()),
        }),
        Err(_) => Value::Null,
    }
}
