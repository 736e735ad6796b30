//! RFC 9901 in general: nested `_sd`, array elements, key binding; for statements made by other software.

mod binding;
mod process;

use serde_json::{Map, Value};

use super::error::StatementError;
use super::jws::Compact;
use super::{PRESENTED_BYTES_MAX, STATEMENT_TYP};
use crate::crypto::PublicKey;

pub use binding::bind;

/// Claims that may never be selectively disclosed (draft-ietf-oauth-sd-jwt-vc section 2.2.2.2).
const PROTECTED: [&str; 8] = ["iss", "nbf", "exp", "cnf", "vct", "vct#integrity", "aka_vcts", "status"];

/// What the caller of [`verify`] expects. `iss` and `vct` are for the caller to compare in the payload it gets.
#[derive(Debug, Clone, Copy)]
pub struct Expect<'a> {
    /// Unix seconds, for `exp`, `nbf` and the key binding's `iat`.
    pub now: i64,
    /// Require `typ: dc+sd-jwt`, `vct` and `iss` (SD-JWT VC), not only RFC 9901.
    pub credential: bool,
    /// Require key binding to this audience and nonce.
    pub binding: Option<(&'a str, &'a str)>,
}

/// An SD-JWT cut at its `~`, nothing decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts<'a> {
    /// The issuer-signed JWT.
    pub jwt: &'a str,
    /// Every disclosure, each followed by `~`.
    pub disclosures: &'a str,
    /// The key-binding JWT behind the last `~`.
    pub key_binding: Option<&'a str>,
}

impl<'a> Parts<'a> {
    /// Cuts `<JWT>~<disclosure>~…~[<KB-JWT>]` (RFC 9901 section 4).
    pub fn split(text: &'a str) -> Result<Self, StatementError> {
        if text.len() > PRESENTED_BYTES_MAX {
            return Err(StatementError::TooLarge { max: PRESENTED_BYTES_MAX });
        }
        let (jwt, rest) = text.split_once('~').ok_or(StatementError::NotAnSdJwt)?;
        let (disclosures, behind) =
            rest.rfind('~').map_or(("", rest), |last| rest.split_at(last.saturating_add(1)));
        Ok(Self { jwt, disclosures, key_binding: (!behind.is_empty()).then_some(behind) })
    }
}

/// Verifies one SD-JWT or SD-JWT+KB and gives the processed payload. A key binding that is present is verified even
/// when not required.
pub fn verify(
    text: &str,
    key: &PublicKey,
    expect: &Expect<'_>,
) -> Result<Map<String, Value>, StatementError> {
    let parts = Parts::split(text)?;
    let compact = Compact::parse(parts.jwt)?;
    if expect.credential && compact.header.typ.as_deref() != Some(STATEMENT_TYP) {
        return Err(StatementError::WrongTyp { expected: STATEMENT_TYP });
    }
    compact.verify(key)?;
    let signed = compact.payload;
    if expect.credential {
        check_protected_are_whole(&signed)?;
    }
    // Names in clear: a protected claim that shows up beyond them came out of a disclosure.
    let in_clear = PROTECTED.map(|name| signed.contains_key(name));
    let payload = process::process(signed, parts.disclosures)?;
    if expect.credential {
        let disclosed =
            PROTECTED.iter().zip(in_clear).find(|(name, clear)| !clear && payload.contains_key(**name));
        if let Some((name, _)) = disclosed {
            return Err(StatementError::ProtectedClaimDisclosed { name: (*name).to_owned() });
        }
        check_credential(&payload)?;
    }
    // On the processed payload: a plain SD-JWT may disclose `exp` (RFC 9901 section 7.1 step 6).
    check_times(&payload, expect.now)?;
    binding::check(text, parts.key_binding, &payload, expect)?;
    Ok(payload)
}

/// Nothing below a protected claim may be hidden either.
fn check_protected_are_whole(signed: &Map<String, Value>) -> Result<(), StatementError> {
    let holds = |name: &&&str| signed.get(**name).is_some_and(super::disclosure::holds_marker);
    match PROTECTED.iter().find(holds) {
        Some(name) => Err(StatementError::ProtectedClaimDisclosed { name: (*name).to_owned() }),
        None => Ok(()),
    }
}

fn check_credential(payload: &Map<String, Value>) -> Result<(), StatementError> {
    let is_text = |name| payload.get(name).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    if !is_text("vct") {
        return Err(StatementError::VctMissing);
    }
    if is_text("iss") { Ok(()) } else { Err(StatementError::IssuerInvalid) }
}

/// `exp` and `nbf` (RFC 7519 sections 4.1.4, 4.1.5), without leeway: an end is an end.
fn check_times(payload: &Map<String, Value>, now: i64) -> Result<(), StatementError> {
    #[expect(clippy::cast_precision_loss, reason = "seconds of any calendar year are exact in a double")]
    let now = now as f64;
    let time = |name| match payload.get(name) {
        None => Ok(None),
        Some(value) => value.as_f64().map(Some).ok_or(StatementError::TimeInvalid),
    };
    if time("exp")?.is_some_and(|exp| now >= exp) {
        return Err(StatementError::Expired);
    }
    if time("nbf")?.is_some_and(|nbf| now < nbf) {
        return Err(StatementError::NotYetValid);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
