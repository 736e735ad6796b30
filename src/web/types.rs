//! Type metadata of every kind (SD-JWT VC, section "SD-JWT VC Type Metadata"): its `vct`, a name, its claims and which of
//! them are selectively disclosable. `vct` is a URN, so verifiers are given this page's address or the file.

use axum::Json;
use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::answer::HttpError;
use crate::event::vocab::{labels, names};
use crate::event::{Class, Kind};

/// In clear in every statement (SPEC.md, "Statement"); everything else about a person is disclosed claim by claim.
const CLEAR: [&str; 7] = ["iss", "iat", "jti", "vct", "event", "cnf", "status"];

/// `/type/TrainingCompleted`
pub(super) async fn metadata(Path(kind): Path<String>) -> Result<Response, HttpError> {
    let kind = Kind::from_name(&kind).ok_or(HttpError::NoSuchKind)?;
    Ok(([(header::CACHE_CONTROL, "public, max-age=86400")], Json(describe(kind))).into_response())
}

fn describe(kind: Kind) -> Value {
    let schema = kind.schema();
    let disclosable = kind.class() == Class::Person;
    let properties = schema.get("properties").and_then(Value::as_object);
    let claims: Vec<Value> = properties
        .into_iter()
        .flatten()
        .map(|(name, property)| {
            let sd = if disclosable && !CLEAR.contains(&name.as_str()) && name != "cnf" {
                "always"
            } else {
                "never"
            };
            let text = property.get("description").and_then(Value::as_str).unwrap_or(name);
            json!({"path": [name], "sd": sd, "display": claim_display(name, text)})
        })
        .collect();
    json!({
        "vct": kind.vct(),
        "name": names::names(kind).map_or(kind.name(), |[english, ..]| english),
        "description": kind.doc(),
        "display": display(kind),
        "claims": claims,
    })
}

/// The label in each language, and what the claim holds in English. What has no label is shown by its description.
fn claim_display(name: &str, description: &str) -> Vec<Value> {
    let Some(labels) = labels::labels(name) else {
        return vec![json!({"locale": "en", "label": description})];
    };
    let mut display: Vec<Value> = labels::LABEL_LOCALES
        .iter()
        .zip(labels)
        .map(|(locale, label)| json!({"locale": locale, "label": label}))
        .collect();
    if let Some(english) = display.first_mut() {
        english["description"] = description.into();
    }
    display
}

/// The name in each language; the description in English alone.
fn display(kind: Kind) -> Vec<Value> {
    let named = names::LOCALES.iter().zip(names::names(kind).into_iter().flatten());
    let mut display: Vec<Value> =
        named.map(|(locale, name)| json!({"locale": locale, "name": name})).collect();
    if let Some(english) = display.first_mut() {
        english["description"] = kind.doc().into();
    }
    display
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(kind: Kind) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let metadata = describe(kind);
        let claims = metadata["claims"].as_array().unwrap();
        claims.iter().map(|claim| (text(&claim["path"][0]), text(&claim["sd"]))).collect()
    }

    #[test]
    fn a_persons_claims_are_always_disclosable_and_a_bodys_never() {
        for &kind in Kind::all() {
            let claims = claims(kind);
            for name in kind.claims().iter().map(|claim| claim.name) {
                let (_, sd) = claims.iter().find(|(known, _)| known == name).expect(name);
                assert_eq!(sd == "always", kind.class() == Class::Person, "{}: {name}", kind.name());
            }
            for clear in claims.iter().filter(|(name, _)| CLEAR.contains(&name.as_str())) {
                assert_eq!(clear.1, "never", "{}: {}", kind.name(), clear.0);
            }
        }
    }

    #[test]
    fn a_kind_is_named_in_every_language() {
        for &kind in Kind::all() {
            let metadata = describe(kind);
            let display = metadata["display"].as_array().unwrap();
            let locales: Vec<&str> = display.iter().map(|entry| entry["locale"].as_str().unwrap()).collect();
            assert_eq!(locales, names::LOCALES, "{}", kind.name());
            assert_eq!(metadata["name"], display[0]["name"]);
            assert!(display[0]["description"].is_string());
        }
    }

    #[test]
    fn a_claim_about_a_person_is_labelled_in_every_language_of_the_table() {
        let metadata = describe(Kind::TrainingCompleted);
        let claims = metadata["claims"].as_array().unwrap();
        let completed = claims.iter().find(|claim| claim["path"][0] == "completed_on").unwrap();
        let display = completed["display"].as_array().unwrap();
        let labels: Vec<&str> = display.iter().map(|entry| entry["label"].as_str().unwrap()).collect();
        assert_eq!(labels.len(), labels::LABEL_LOCALES.len());
        assert_eq!(labels[..3], ["Completed on", "Achevé le", "Completado el"]);
        assert_eq!(display[0]["description"], "Last day.");
    }
}
