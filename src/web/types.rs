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
const CLEAR: [&str; 2] = ["iss", "vct"];

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
    let description = schema.get("description").and_then(Value::as_str).unwrap_or(&name);
    json!({
        "vct": kind.vct(),
        "name": name,
        "description": description,
        "display": [{"locale": "en", "name": name, "description": description}],
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
