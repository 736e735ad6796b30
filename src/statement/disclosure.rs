//! One disclosure: base64url of `[salt, name, value]`, or `[salt, value]` for an array element (RFC 9901 section 4.2).

use serde_json::Value;

use super::error::{Part, StatementError};
use super::{DISCLOSURE_BYTES_MAX, json};
use crate::crypto::{Entropy, base64url_decode_exactly, base64url_decode_in, base64url_encode, sha256};

/// The digest member of an object (RFC 9901 section 4.2.4.1).
pub(super) const SD: &str = "_sd";
/// The digest member of an array element (RFC 9901 section 4.2.4.2).
pub(super) const ELEMENT: &str = "...";
/// The hash of the digests (RFC 9901 section 4.1.1).
pub(super) const SD_ALG: &str = "_sd_alg";
/// The only hash we know, which is also the default.
pub(super) const SHA_256: &str = "sha-256";

/// A decoded disclosure.
#[derive(Debug)]
pub(super) struct Disclosure {
    /// Characters of the salt: it is there to be long, and for nothing else.
    pub(super) salt_chars: usize,
    /// `None` for an array element.
    pub(super) name: Option<String>,
    pub(super) value: Value,
}

impl Disclosure {
    pub(super) fn parse(text: &str) -> Result<Self, StatementError> {
        Self::parse_in(text, &mut Vec::new())
    }

    /// [`Self::parse`] with room to decode in, for who parses several.
    pub(super) fn parse_in(text: &str, room: &mut Vec<u8>) -> Result<Self, StatementError> {
        if text.len() > DISCLOSURE_BYTES_MAX {
            return Err(StatementError::DisclosureTooLarge);
        }
        let bytes =
            base64url_decode_in(text, room).map_err(|_| StatementError::NotBase64Url(Part::Disclosure))?;
        let disclosure = match json::parse_claim(bytes) {
            Some((salt, name, value)) => {
                Self { salt_chars: salt.chars().count(), name: Some(name.to_owned()), value }
            }
            None => Self::of_any_list(bytes)?,
        };
        // RFC 9901 section 7.1 step 3.b: a claim cannot pose as a digest.
        if disclosure.name.as_deref().is_some_and(is_marker) {
            return Err(StatementError::DisclosureReservedName);
        }
        Ok(disclosure)
    }

    fn of_any_list(bytes: &[u8]) -> Result<Self, StatementError> {
        let json = |fault| StatementError::Json { part: Part::Disclosure, fault };
        let Value::Array(items) = json::parse(bytes).map_err(json)? else {
            return Err(StatementError::DisclosureArity);
        };
        let mut items = items.into_iter();
        let four = (items.next(), items.next(), items.next(), items.next());
        let (salt, name, value) = match four {
            (Some(Value::String(salt)), Some(Value::String(name)), Some(value), None) => {
                (salt, Some(name), value)
            }
            (Some(Value::String(salt)), Some(value), None, None) => (salt, None, value),
            _ => return Err(StatementError::DisclosureArity),
        };
        Ok(Self { salt_chars: salt.chars().count(), name, value })
    }
}

/// A fresh disclosure of one claim, with a 128-bit salt.
pub(super) fn make(name: &str, value: &Value, entropy: &mut impl Entropy) -> String {
    base64url_encode(json::text(&(base64url_encode(entropy.bytes::<16>()), name, value)))
}

/// The digest of a disclosure: over its base64url text as received, never over re-encoded JSON (RFC 9901 section 4.2.3).
pub(super) fn digest(disclosure: &str) -> [u8; 32] {
    sha256(&[disclosure.as_bytes()])
}

/// A digest as it stands in `_sd` or `...`: 43 characters.
pub(super) fn read_digest(value: &Value) -> Result<[u8; 32], StatementError> {
    let text = value.as_str().ok_or(StatementError::SdInvalid)?;
    base64url_decode_exactly(text).map_err(|_| StatementError::SdInvalid)
}

pub(super) fn is_marker(name: &str) -> bool {
    name == SD || name == ELEMENT
}

/// True if a digest, or a name that only digests may have, stands anywhere in `value`.
pub(super) fn holds_marker(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.iter().any(|(name, value)| is_marker(name) || holds_marker(value)),
        Value::Array(items) => items.iter().any(holds_marker),
        _ => false,
    }
}
