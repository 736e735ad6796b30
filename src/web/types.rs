//! Type metadata of every kind (SD-JWT VC, section "SD-JWT VC Type Metadata"): its `vct`, a name, its claims and which of
//! them are selectively disclosable. `vct` is a URN, so verifiers are given this page's address or the file.

use axum::Json;
use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::answer::HttpError;
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
            let label = property.get("description").and_then(Value::as_str).unwrap_or(name);
            json!({"path": [name], "sd": sd, "display": [{"locale": "en", "label": label}]})
        })
        .collect();
    let name = spaced(kind.name());
    json!({
        "vct": kind.vct(),
        "name": name,
        "description": kind.doc(),
        "display": [{"locale": "en", "name": name, "description": kind.doc()}],
        "claims": claims,
    })
}

/// `TrainingCompleted` as people write it.
fn spaced(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    for (at, letter) in name.char_indices() {
        if letter.is_ascii_uppercase() && at > 0 {
            out.push(' ');
            out.push(letter.to_ascii_lowercase());
        } else {
            out.push(letter);
        }
    }
    out
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
    fn a_name_reads_as_people_write_it() {
        assert_eq!(spaced("PriorLearningAssessed"), "Prior learning assessed");
    }
}
