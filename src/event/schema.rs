//! JSON Schema (2020-12) and an example of the file that `skillpass issue --claims` takes.

use serde_json::{Map, Value, json};

use super::claim::{Members, Shape};
use super::kind::{Class, Kind, Signer};
use super::spreadsheet::example_value;

/// An example of a holder key, the public key of RFC 8037 appendix A.2.
const EXAMPLE_X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

impl Kind {
    /// JSON Schema (2020-12) of the file `skillpass issue --claims` takes. It says what a schema can say; rules between
    /// claims stand in SPEC.md.
    pub fn schema(self) -> Value {
        let spec = self.spec();
        let mut properties = Map::new();
        properties.insert("vct".into(), json!({"const": self.vct(), "description": "The kind of event."}));
        properties.insert("iss".into(), issuer_schema(spec.signer));
        if spec.class == Class::Person {
            properties.insert("cnf".into(), confirmation_schema());
        }
        let mut required: Vec<Value> = vec!["vct".into(), "iss".into()];
        if spec.binds_key {
            required.push("cnf".into());
        }
        let claims = object_schema(&spec.members);
        if let (Some(Value::Object(own)), Some(Value::Array(needed))) =
            (claims.get("properties"), claims.get("required"))
        {
            properties.extend(own.clone());
            required.extend(needed.iter().cloned());
        }
        json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": self.name(),
            "description": self.doc(),
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": false,
        })
    }

    /// A complete example of that file: {"vct", "iss", "sub", claims…}; without `vct`, `iss` and `cnf` it passes
    /// [`super::Event::validate`].
    pub fn example(self) -> Value {
        let key = json!({"kty": "OKP", "crv": "Ed25519", "x": EXAMPLE_X});
        let issuer = match self.spec().signer {
            Signer::Body => "https://training.example/masonry".to_owned(),
            Signer::Holder => {
                crate::crypto::PublicKey::from_jwk(&key).map(|key| key.did_jwk()).unwrap_or_default()
            }
            Signer::Ledger => "https://ledger.example.invalid".to_owned(),
        };
        let mut example = Map::new();
        example.insert("vct".into(), self.vct().into());
        example.insert("iss".into(), issuer.into());
        if self.binds_key() {
            example.insert("cnf".into(), json!({"jwk": key}));
        }
        for spec in self.claims() {
            if let Some(value) = example_value(spec) {
                example.insert(spec.name.into(), value);
            }
        }
        Value::Object(example)
    }
}

fn issuer_schema(signer: Signer) -> Value {
    match signer {
        Signer::Holder => {
            json!({"type": "string", "pattern": "^did:jwk:", "description": "The did:jwk of the worker's current key."})
        }
        Signer::Body | Signer::Ledger => json!({
            "type": "string", "format": "uri", "pattern": "^https://", "maxLength": crate::statement::ISSUER_BYTES_MAX,
            "description": "The issuer identifier of the body that signs.",
        }),
    }
}

fn confirmation_schema() -> Value {
    json!({
        "type": "object",
        "properties": {"jwk": {"type": "object"}},
        "required": ["jwk"],
        "additionalProperties": false,
        "description": "The worker's own public key (RFC 7800); it travels in clear.",
    })
}

fn object_schema(members: &Members) -> Value {
    let mut properties = Map::new();
    for spec in members.claims {
        let mut one = shape_schema(&spec.shape);
        if let Some(object) = one.as_object_mut() {
            object.insert("description".into(), spec.doc.into());
        }
        properties.insert(spec.name.into(), one);
    }
    let required: Vec<&str> =
        members.claims.iter().filter(|spec| spec.required).map(|spec| spec.name).collect();
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
}

fn shape_schema(shape: &Shape) -> Value {
    let text = |pattern: &str| json!({"type": "string", "pattern": pattern});
    match shape {
        Shape::Text(max) => json!({"type": "string", "minLength": 1, "maxLength": max}),
        Shape::Localised(max) => json!({
            "type": "object", "minProperties": 1, "maxProperties": super::value::LANGUAGES_MAX,
            "propertyNames": {"pattern": LANGUAGE_PATTERN},
            "additionalProperties": {"type": "string", "minLength": 1, "maxLength": max},
        }),
        Shape::Date => json!({"type": "string", "format": "date"}),
        Shape::Instant => text("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"),
        Shape::Country => text("^[A-Z]{2}$"),
        Shape::Language => text(LANGUAGE_PATTERN),
        Shape::Choice(words) => json!({"enum": words}),
        Shape::Amount => text("^(0|[1-9][0-9]{0,11})(\\.[0-9]{1,3})?$"),
        Shape::Currency => text("^[A-Z]{3}$"),
        Shape::Bool => json!({"type": "boolean"}),
        Shape::Integer(low, high) => json!({"type": "integer", "minimum": low, "maximum": high}),
        Shape::Isco08 => text("^[0-9]{1,4}$"),
        Shape::IscedF => text("^[0-9]{2,4}$"),
        Shape::EscoUri => text("^http://data\\.europa\\.eu/esco/(occupation|skill)/[0-9a-f-]{36}$"),
        Shape::IssuerUri => {
            json!({"type": "string", "format": "uri", "pattern": "^https://", "maxLength": crate::statement::ISSUER_BYTES_MAX})
        }
        Shape::Hash => text("^[A-Za-z0-9_-]{43}$"),
        Shape::Bytes16 => text("^[A-Za-z0-9_-]{22}$"),
        Shape::WorkerId => text("^wkr_[0-7][0-9a-hjkmnp-tv-z]{25}[0-9a-z]$"),
        Shape::AuthorisableKind => {
            json!({"enum": Kind::all().iter().filter(|kind| kind.is_authorisable()).map(|kind| kind.name()).collect::<Vec<_>>()})
        }
        Shape::Jwk => json!({
            "type": "object",
            "properties": {"kty": {"const": "OKP"}, "crv": {"const": "Ed25519"}, "x": {"type": "string"}},
            "required": ["kty", "crv", "x"],
            "additionalProperties": false,
        }),
        Shape::VerifierKey => text("^[^+ ]+\\+[0-9a-f]{8}\\+[A-Za-z0-9+/=]+$"),
        Shape::List(item, max) => {
            json!({"type": "array", "items": shape_schema(item), "minItems": 1, "maxItems": max, "uniqueItems": true})
        }
        Shape::Object(members) => object_schema(members),
    }
}

const LANGUAGE_PATTERN: &str = "^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$";
