//! Key binding (RFC 9901 sections 4.3 and 7.3): the holder signs for one audience, one nonce and exactly these bytes.

use serde_json::{Map, Value, json};

use super::super::error::{BindingFault, StatementError};
use super::super::jws::{self, Compact};
use super::super::{CLOCK_SKEW_MAX_SECONDS, KEY_BINDING_AGE_MAX_SECONDS};
use super::{Expect, Parts};
use crate::crypto::{PrivateKey, PublicKey, base64url_encode, sha256};

const TYP: &str = "kb+jwt";
/// The longest audience and nonce that we bind to.
const TARGET_CHARS_MAX: usize = 256;

/// Appends a key-binding JWT (`kb+jwt`: iat, aud, nonce, `sd_hash`) to `text`, which ends in `~`.
pub fn bind(
    text: &str,
    key: &PrivateKey,
    audience: &str,
    nonce: &str,
    issued_at: i64,
) -> Result<String, StatementError> {
    let parts = Parts::split(text)?;
    if parts.key_binding.is_some() {
        return Err(StatementError::NotAnSdJwt);
    }
    if [audience, nonce].iter().any(|target| target.is_empty() || target.chars().count() > TARGET_CHARS_MAX) {
        return Err(BindingFault::EmptyTarget.into());
    }
    let mut payload = Map::new();
    payload.insert("iat".into(), json!(issued_at));
    payload.insert("aud".into(), json!(audience));
    payload.insert("nonce".into(), json!(nonce));
    payload.insert("sd_hash".into(), json!(hash(text)));
    Ok(format!("{text}{}", jws::sign(TYP, &payload, key)))
}

/// `sd_hash`: over everything up to and including the last `~` (RFC 9901 section 4.3.1).
fn hash(text_to_last_tilde: &str) -> String {
    base64url_encode(sha256(&[text_to_last_tilde.as_bytes()]))
}

/// Checks the key binding of `text`, whose processed payload is `payload`.
pub(super) fn check(
    text: &str,
    key_binding: Option<&str>,
    payload: &Map<String, Value>,
    expect: &Expect<'_>,
) -> Result<(), StatementError> {
    let Some(jwt) = key_binding else {
        return if expect.binding.is_some() { Err(BindingFault::Missing.into()) } else { Ok(()) };
    };
    // Present but not asked for is verified all the same: a broken binding is never passed over in silence.
    let holder_key = payload
        .get("cnf")
        .and_then(|cnf| cnf.get("jwk"))
        .and_then(|jwk| PublicKey::from_jwk(jwk).ok())
        .ok_or(BindingFault::NoHolderKey)?;
    let compact = Compact::parse(jwt).map_err(|error| match error {
        StatementError::AlgNotAllowed => BindingFault::WrongAlg,
        StatementError::SignatureInvalid => BindingFault::SignatureInvalid,
        _ => BindingFault::Malformed,
    })?;
    if compact.header.typ.as_deref() != Some(TYP) {
        return Err(BindingFault::WrongTyp.into());
    }
    compact.verify(&holder_key).map_err(|error| match error {
        StatementError::AlgKeyMismatch => BindingFault::WrongAlg,
        _ => BindingFault::SignatureInvalid,
    })?;
    let signed = text.strip_suffix(jwt).unwrap_or_default();
    Ok(Claims::read(&compact.payload)?.check(&hash(signed), expect)?)
}

struct Claims<'a> {
    issued_at: i64,
    audience: &'a str,
    nonce: &'a str,
    sd_hash: &'a str,
}

impl<'a> Claims<'a> {
    fn read(payload: &'a Map<String, Value>) -> Result<Self, BindingFault> {
        let text = |name| payload.get(name).and_then(Value::as_str).ok_or(BindingFault::Malformed);
        let issued_at = payload.get("iat").and_then(Value::as_i64).ok_or(BindingFault::Malformed)?;
        Ok(Self { issued_at, audience: text("aud")?, nonce: text("nonce")?, sd_hash: text("sd_hash")? })
    }

    fn check(&self, hash: &str, expect: &Expect<'_>) -> Result<(), BindingFault> {
        if self.sd_hash != hash {
            return Err(BindingFault::WrongHash);
        }
        if self.issued_at > expect.now.saturating_add(CLOCK_SKEW_MAX_SECONDS) {
            return Err(BindingFault::IssuedInFuture);
        }
        let Some((audience, nonce)) = expect.binding else {
            // A kept file has no request to answer, so it does not grow too old for one.
            return Ok(());
        };
        if self.audience != audience {
            return Err(BindingFault::WrongAudience);
        }
        if self.nonce != nonce {
            return Err(BindingFault::WrongNonce);
        }
        if self.issued_at < expect.now.saturating_sub(KEY_BINDING_AGE_MAX_SECONDS) {
            return Err(BindingFault::TooOld);
        }
        Ok(())
    }
}
