//! The claims that stand in clear in every statement, each in its one spelling.

use serde_json::{Map, Value};
use uuid::Uuid;

use super::error::StatementError;
use super::{ISSUER_BYTES_MAX, STATUS_URI_BYTES_MAX, VCT_BYTES_MAX};
use crate::crypto::{Algorithm, PublicKey};

/// 9999-12-31T23:59:59Z, the last second with a four-digit year (RFC 3339).
const ISSUED_AT_MAX: i64 = 253_402_300_799;

/// Where a Token Status List holds this statement's status (`status.status_list`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusReference {
    /// The list's https URI.
    pub uri: String,
    /// The index in it.
    pub index: u64,
}

impl StatusReference {
    pub(super) fn to_json(&self) -> Value {
        serde_json::json!({"status_list": {"uri": self.uri, "idx": self.index}})
    }

    /// The reference in the `status` of any SD-JWT VC: other mechanisms and members beside it say nothing here.
    pub fn in_status(status: &Value) -> Option<Self> {
        let list = status.get("status_list")?;
        let (uri, index) = (list.get("uri")?.as_str()?, list.get("idx")?.as_u64()?);
        Some(Self { uri: uri.to_owned(), index })
    }

    pub(super) fn read(status: &Value) -> Option<Self> {
        let list = only_member(status, "status_list")?.as_object()?;
        if list.len() != 2 {
            return None;
        }
        let uri = list.get("uri")?.as_str()?;
        let index = list.get("idx")?.as_u64()?;
        is_https_uri(uri, STATUS_URI_BYTES_MAX).then(|| Self { uri: uri.to_owned(), index })
    }
}

/// The claims in clear of a statement.
#[derive(Debug, Clone, PartialEq)]
pub struct Clear {
    /// `iss`.
    pub issuer: String,
    /// `vct`.
    pub vct: String,
    /// `jti`.
    pub id: Uuid,
    /// `iat`, Unix seconds.
    pub issued_at: i64,
    /// `kid` in the header: RFC 7638 thumbprint.
    pub kid: String,
    /// `cnf.jwk`.
    pub holder_key: Option<PublicKey>,
    /// `status`.
    pub status: Option<StatusReference>,
}

impl Clear {
    /// Takes the clear claims out of `payload`, and gives what is not theirs, in its order.
    pub(super) fn take(
        payload: Map<String, Value>,
        kid: String,
        alg: Algorithm,
    ) -> Result<(Self, Map<String, Value>), StatementError> {
        let (mut issuer, mut vct, mut id, mut issued_at) = (None, None, None, None);
        let (mut cnf, mut status, mut rest) = (None, None, Map::new());
        for (name, value) in payload {
            let claim = match name.as_str() {
                "iss" => &mut issuer,
                "vct" => &mut vct,
                "jti" => &mut id,
                "iat" => &mut issued_at,
                "cnf" => &mut cnf,
                "status" => &mut status,
                _ => {
                    rest.insert(name, value);
                    continue;
                }
            };
            *claim = Some(value);
        }
        let issuer = text(issuer).ok_or(StatementError::IssuerInvalid)?;
        check_issuer(&issuer, &kid, alg)?;
        let vct = text(vct)
            .filter(|vct| {
                (1..=VCT_BYTES_MAX).contains(&vct.len()) && vct.bytes().all(|byte| byte.is_ascii_graphic())
            })
            .ok_or(StatementError::VctMissing)?;
        let id = text(id).as_deref().and_then(read_id).ok_or(StatementError::IdInvalid)?;
        let issued_at = issued_at
            .and_then(|iat| iat.as_i64())
            .filter(|iat| (0..=ISSUED_AT_MAX).contains(iat))
            .ok_or(StatementError::IssuedAtInvalid)?;
        if rest.contains_key("exp") || rest.contains_key("nbf") {
            return Err(StatementError::ExpiryNotAllowed);
        }
        let holder_key =
            cnf.map(|cnf| read_holder_key(&cnf).ok_or(StatementError::HolderKeyInvalid)).transpose()?;
        let status = status
            .map(|status| StatusReference::read(&status).ok_or(StatementError::StatusInvalid))
            .transpose()?;
        Ok((Self { issuer, vct, id, issued_at, kid, holder_key, status }, rest))
    }
}

/// `jti`: `urn:uuid:` and a version 7 UUID as RFC 9562 section 4 prints it.
pub(super) fn id_text(id: Uuid) -> String {
    id.urn().to_string()
}

pub(super) fn read_id(text: &str) -> Option<Uuid> {
    let id = Uuid::try_parse(text.strip_prefix("urn:uuid:")?).ok()?;
    let is_version_7 = id.get_version_num() == 7 && id.get_variant() == uuid::Variant::RFC4122;
    let mut spelling = Uuid::encode_buffer();
    (is_version_7 && id.urn().encode_lower(&mut spelling) == text).then_some(id)
}

/// True for an issuer identifier of a body: an https URI in its one spelling, compared byte for byte ever after.
pub fn is_issuer_uri(text: &str) -> bool {
    is_https_uri(text, ISSUER_BYTES_MAX) && !text.contains('?')
}

fn check_issuer(issuer: &str, kid: &str, alg: Algorithm) -> Result<(), StatementError> {
    if issuer.starts_with("did:jwk:") {
        let key = PublicKey::from_did_jwk(issuer).map_err(|_| StatementError::IssuerInvalid)?;
        return if key.thumbprint() == kid { Ok(()) } else { Err(StatementError::IssuerKeyMismatch) };
    }
    if !is_issuer_uri(issuer) {
        return Err(StatementError::IssuerInvalid);
    }
    if alg == Algorithm::Ed25519 { Ok(()) } else { Err(StatementError::AlgNotForIssuer) }
}

/// RFC 3986, narrowed so that one place has one spelling: no user, no fragment, a lower-case host name.
fn is_https_uri(text: &str, bytes_max: usize) -> bool {
    let Some(rest) = text.strip_prefix("https://").filter(|_| text.len() <= bytes_max) else {
        return false;
    };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let (host, port) = authority.split_once(':').unwrap_or((authority, "443"));
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
    };
    let is_port =
        !port.is_empty() && !port.starts_with('0') && port.parse::<u16>().is_ok() && !port.starts_with('+');
    host.split('.').all(is_label) && is_port && is_path(path.as_bytes())
}

/// RFC 3986 section 3.3 and 3.4: `pchar`, `/` and `?`, with whole percent escapes.
fn is_path(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while let [first, tail @ ..] = rest {
        rest = match (first, tail) {
            (b'%', [high, low, tail @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => tail,
            (byte, _) if byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?".contains(byte) => tail,
            _ => return false,
        };
    }
    true
}

/// `cnf` (RFC 7800 section 3.2) with a JWK of required members only: a `kid` or comment in it would be free text in clear.
fn read_holder_key(cnf: &Value) -> Option<PublicKey> {
    let jwk = only_member(cnf, "jwk")?;
    let key = PublicKey::from_jwk(jwk).ok()?;
    let members = match key.algorithm() {
        Algorithm::Ed25519 => 3,
        Algorithm::Es256 => 4,
    };
    (jwk.as_object()?.len() == members).then_some(key)
}

fn only_member<'a>(object: &'a Value, name: &str) -> Option<&'a Value> {
    object.as_object().filter(|members| members.len() == 1)?.get(name)
}

fn text(value: Option<Value>) -> Option<String> {
    match value {
        Some(Value::String(text)) => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_has_one_spelling() {
        for good in [
            "https://a.invalid",
            "https://a.invalid/",
            "https://a-b.invalid:8443/x/%C3%A9/~y",
            "https://localhost",
        ] {
            assert!(is_issuer_uri(good), "{good}");
        }
        let of = |bytes: usize| format!("https://a.invalid/{}", "x".repeat(bytes - 18));
        assert!(is_issuer_uri(&of(ISSUER_BYTES_MAX)));
        let long = of(ISSUER_BYTES_MAX + 1);
        let bad = [
            "http://a.invalid",
            "HTTPS://a.invalid",
            "https://",
            "https://A.invalid",
            "https://user@a.invalid",
            "https://a..invalid",
            "https://a.invalid.",
            "https://-a.invalid",
            "https://a.invalid:",
            "https://a.invalid:0443",
            "https://a.invalid:+1",
            "https://a.invalid:70000",
            "https://a.invalid/?q",
            "https://a.invalid?q",
            "https://a.invalid/#f",
            "https://a.invalid/ ",
            "https://a.invalid/%zz",
            "https://a.invalid/%4",
            "https://a.invalid/é",
            "https://[::1]/",
            "a.invalid",
            "",
            &long,
        ];
        for bad in bad {
            assert!(!is_issuer_uri(bad), "{bad}");
        }
    }

    #[test]
    fn a_jti_is_a_lower_case_version_7_urn() {
        let good = "urn:uuid:0192f3a0-7c5e-7abc-8def-0123456789ab";
        assert_eq!(read_id(good).map(id_text).as_deref(), Some(good));
        for bad in [
            "0192f3a0-7c5e-7abc-8def-0123456789ab",
            "urn:uuid:0192F3A0-7c5e-7abc-8def-0123456789ab",
            "urn:uuid:0192f3a07c5e7abc8def0123456789ab",
            "urn:uuid:{0192f3a0-7c5e-7abc-8def-0123456789ab}",
            "urn:uuid:urn:uuid:0192f3a0-7c5e-7abc-8def-0123456789ab",
            "urn:uuid:0192f3a0-7c5e-4abc-8def-0123456789ab",
            "urn:uuid:0192f3a0-7c5e-7abc-cdef-0123456789ab",
        ] {
            assert_eq!(read_id(bad), None, "{bad}");
        }
    }
}
