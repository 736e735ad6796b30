//! JSON, and what is written in a spelling of its own: keys, names, scopes.

use serde_json::Value;
use skillpass::crypto::{PrivateKey, PublicKey};
use skillpass::event::{Kind, WorkerId};
use skillpass::passport::Scope;
use skillpass::statement::json::{self, JsonError};
use skillpass::trust::IssuerKind;

use crate::text_of;

/// JSON, against `serde_json` without our strictness; then whatever is read from a value.
pub fn json(data: &[u8]) {
    let loose = serde_json::from_slice::<Value>(data);
    match json::parse(data) {
        Ok(value) => {
            assert_eq!(loose.ok().as_ref(), Some(&value), "strict is a part of loose");
            assert_eq!(json::parse(value.to_string().as_bytes()).as_ref(), Ok(&value));
            read(&value);
        }
        Err(JsonError::DuplicateMember | JsonError::TooDeep) => {}
        Err(error) => assert!(loose.is_err(), "{error}"),
    }
}

fn read(value: &Value) {
    if let Ok(key) = PublicKey::from_jwk(value) {
        assert_eq!(PublicKey::from_jwk(&key.to_jwk()).as_ref(), Ok(&key));
        assert_eq!(PublicKey::from_did_jwk(&key.did_jwk()).as_ref(), Ok(&key));
    }
    if let Ok(key) = PrivateKey::from_jwk(value) {
        assert!(PrivateKey::from_jwk(&key.to_jwk()).is_ok_and(|again| again.public() == key.public()));
    }
    if let Some(scope) = Scope::from_json(value) {
        assert_eq!(Scope::from_json(&scope.to_json()).as_ref(), Some(&scope));
    }
    for kind in Kind::all() {
        if let Some(claims) = value.as_object() {
            let _ = skillpass::event::Event::check(*kind, claims);
        }
    }
}

/// Names with a check character, a vocabulary or a spelling of their own.
pub fn names(data: &[u8]) {
    let Some(text) = text_of(data) else { return };
    if let Ok(worker) = WorkerId::parse(text) {
        assert_eq!(worker.to_string(), text, "one spelling");
        assert_eq!(WorkerId::parse_lenient(text), Ok(worker));
    }
    if let Ok(worker) = WorkerId::parse_lenient(text) {
        assert_eq!(WorkerId::parse(&worker.to_string()), Ok(worker));
    }
    if let Ok(key) = PublicKey::from_did_jwk(text) {
        assert_eq!(PublicKey::from_did_jwk(&key.did_jwk()), Ok(key));
    }
    if let Some(kind) = Kind::from_name(text) {
        assert_eq!(kind.name(), text);
    }
    if let Some(kind) = Kind::from_vct(text) {
        assert_eq!(kind.vct(), text);
    }
    let _ = (IssuerKind::from_name(text), skillpass::statement::is_issuer_uri(text));
}
