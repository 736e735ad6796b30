//! Compact JWS (RFC 7515): the ledger's tokens, the holder's bindings, and the signed part of every statement.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::disclosure::SD;
use super::error::{Part, StatementError};
use super::{STATEMENT_BYTES_MAX, json};
use crate::crypto::{
    Algorithm, BusyKeys, Hash, PrivateKey, PublicKey, SIGNATURE_BYTES, base64url_decode,
    base64url_decode_exactly, base64url_encode,
};

/// Signs `payload` with header `{"alg", "typ", "kid"}`.
pub fn sign(typ: &str, payload: &Map<String, Value>, key: &PrivateKey) -> String {
    sign_text(typ, &json::text(payload), key)
}

/// [`sign`] of a payload that is already text.
pub(super) fn sign_text(typ: &str, payload: &str, key: &PrivateKey) -> String {
    let public = key.public();
    let kid = public.thumbprint();
    let header = Plain { alg: public.algorithm().jose_name(), typ: Some(typ.into()), kid: Some(kid) };
    sign_raw(&json::text(&header), payload, key)
}

/// Signs a header and a payload that are already text.
pub(super) fn sign_raw(header: &str, payload: &str, key: &PrivateKey) -> String {
    let mut text = format!("{}.{}", base64url_encode(header), base64url_encode(payload));
    let signature = key.sign(text.as_bytes());
    text.push('.');
    text.push_str(&base64url_encode(signature));
    text
}

/// A parsed JWS, not yet verified.
#[derive(Debug, Clone)]
pub struct UnverifiedJws {
    /// `kid` of the header, if present.
    pub kid: Option<String>,
    /// Unverified payload.
    pub payload: Map<String, Value>,
    alg: Algorithm,
    signature: [u8; SIGNATURE_BYTES],
    signed: String,
}

impl UnverifiedJws {
    /// Parses strictly; `typ` must match exactly, `alg` be on the list, no `crit`.
    pub fn parse(text: &str, typ: &'static str) -> Result<Self, StatementError> {
        Self::parse_at_most(text, typ, STATEMENT_BYTES_MAX)
    }

    /// [`Self::parse`] of a token that may be longer than a statement.
    pub fn parse_at_most(text: &str, typ: &'static str, max: usize) -> Result<Self, StatementError> {
        if text.len() > max {
            return Err(StatementError::TooLarge { max });
        }
        let Compact { header, payload, signature, signed } = Compact::parse(text)?;
        if header.typ.as_deref() != Some(typ) {
            return Err(StatementError::WrongTyp { expected: typ });
        }
        Ok(Self { kid: header.kid, payload, alg: header.alg, signature, signed: signed.to_owned() })
    }

    /// Checks the signature over the received bytes and gives the payload. A `kid`, if present, must be the key's.
    pub fn verify(self, key: &PublicKey) -> Result<Map<String, Value>, StatementError> {
        if self.kid.is_some_and(|kid| kid != key.thumbprint()) {
            return Err(StatementError::KidMismatch);
        }
        check_signature(self.alg, &self.signed, &self.signature, key)?;
        Ok(self.payload)
    }

    /// Whether each is signed by the key beside it, as [`Self::verify`] has it: cheaper than one by one.
    pub fn are_signed(several: &[(&Self, &PublicKey)]) -> Vec<bool> {
        let signed: Vec<_> =
            several.iter().map(|(jws, key)| (*key, jws.signed.as_bytes(), &jws.signature)).collect();
        let verdicts = PublicKey::verify_all(&signed, &mut BusyKeys::default());
        let is_its = |(jws, key): &(&Self, &PublicKey)| {
            jws.alg == key.algorithm() && jws.kid.as_ref().is_none_or(|kid| *kid == key.thumbprint())
        };
        several.iter().zip(verdicts).map(|(one, is_signed)| is_signed && is_its(one)).collect()
    }
}

/// The three parts of a compact JWS, decoded.
#[derive(Debug)]
pub(super) struct Compact<'a> {
    pub(super) header: Header,
    pub(super) payload: Map<String, Value>,
    pub(super) signature: [u8; SIGNATURE_BYTES],
    /// The signing input (RFC 7515 section 5.1): `header.payload` as received.
    pub(super) signed: &'a str,
}

/// What a JWS header says.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) alg: Algorithm,
    pub(super) typ: Option<String>,
    pub(super) kid: Option<String>,
    /// True if it holds anything besides.
    pub(super) has_more: bool,
}

impl<'a> Compact<'a> {
    pub(super) fn parse(text: &'a str) -> Result<Self, StatementError> {
        Ok(Self::parse_by(text, |payload| object(payload, Part::Payload).map(|payload| (payload, ())))?.0)
    }

    /// [`Self::parse`] of a payload with digests: those of `_sd` apart from the rest, where they are all well-formed.
    pub(super) fn parse_with_digests(text: &'a str) -> Result<(Self, Option<Vec<Hash>>), StatementError> {
        Self::parse_by(text, |payload| {
            let read = |digest: &str| base64url_decode_exactly(digest).ok();
            match json::parse_object_with_list(payload, SD, read) {
                Some(read) => Ok(read),
                None => object(payload, Part::Payload).map(|payload| (payload, None)),
            }
        })
    }

    fn parse_by<T>(
        text: &'a str,
        payload_of: impl FnOnce(&[u8]) -> Result<(Map<String, Value>, T), StatementError>,
    ) -> Result<(Self, T), StatementError> {
        let (signed, signature) = text.rsplit_once('.').ok_or(StatementError::NotAJws)?;
        // A fourth part would leave a dot in the payload, which base64url has not.
        let (header, payload) = signed.split_once('.').ok_or(StatementError::NotAJws)?;
        let header = Header::parse(header)?;
        let (payload, apart) = payload_of(&decoded(payload, Part::Payload)?)?;
        let signature =
            base64url_decode(signature).map_err(|_| StatementError::NotBase64Url(Part::Signature))?;
        // RFC 8037 section 3.1, RFC 7518 section 3.4: 64 bytes for both; another length cannot verify.
        let signature = signature.try_into().map_err(|_| StatementError::SignatureInvalid)?;
        Ok((Self { header, payload, signature, signed }, apart))
    }

    /// Checks the signature over the received bytes.
    pub(super) fn verify(&self, key: &PublicKey) -> Result<(), StatementError> {
        check_signature(self.header.alg, self.signed, &self.signature, key)
    }
}

fn check_signature(
    alg: Algorithm,
    signed: &str,
    signature: &[u8; SIGNATURE_BYTES],
    key: &PublicKey,
) -> Result<(), StatementError> {
    // The key decides the algorithm, never the header alone (RFC 8725 section 3.1).
    if alg != key.algorithm() {
        return Err(StatementError::AlgKeyMismatch);
    }
    if key.verify(signed.as_bytes(), signature) { Ok(()) } else { Err(StatementError::SignatureInvalid) }
}

/// A header with nothing in it but what statements have.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Plain<'a> {
    alg: &'a str,
    typ: Option<String>,
    kid: Option<String>,
}

impl Header {
    fn parse(text: &str) -> Result<Self, StatementError> {
        let bytes = decoded(text, Part::Header)?;
        // Nearly every header is read so; of all others, good or bad, `read` says what is to be said.
        let is_object = bytes.starts_with(b"{"); // Serde takes a list for a struct, too.
        let plain = is_object.then(|| serde_json::from_slice::<Plain<'_>>(&bytes).ok()).flatten();
        match plain.and_then(|plain| Some((Algorithm::from_jose_name(plain.alg)?, plain))) {
            Some((alg, Plain { typ, kid, .. })) => Ok(Self { alg, typ, kid, has_more: false }),
            None => Self::read(object(&bytes, Part::Header)?),
        }
    }

    fn read(mut members: Map<String, Value>) -> Result<Self, StatementError> {
        // RFC 7515 section 4.1.11: an extension marked critical and not understood must be refused; we know none.
        if members.contains_key("crit") {
            return Err(StatementError::CritNotSupported);
        }
        let alg = members.remove("alg");
        let alg = alg.as_ref().and_then(Value::as_str).and_then(Algorithm::from_jose_name);
        let mut text = |name| match members.remove(name) {
            Some(Value::String(text)) => Some(text),
            _ => None,
        };
        let (typ, kid) = (text("typ"), text("kid"));
        Ok(Self { alg: alg.ok_or(StatementError::AlgNotAllowed)?, typ, kid, has_more: !members.is_empty() })
    }
}

pub(super) fn decoded(text: &str, part: Part) -> Result<Vec<u8>, StatementError> {
    base64url_decode(text).map_err(|_| StatementError::NotBase64Url(part))
}

fn object(bytes: &[u8], part: Part) -> Result<Map<String, Value>, StatementError> {
    match json::parse(bytes).map_err(|fault| StatementError::Json { part, fault })? {
        Value::Object(members) => Ok(members),
        _ => Err(StatementError::NotAnObject(part)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::SeededEntropy;
    use serde_json::json;

    fn payload() -> Map<String, Value> {
        json!({"origin": "ledger.invalid", "size": 7}).as_object().unwrap().clone()
    }

    #[test]
    fn both_algorithms_round_trip_and_refuse_the_other_key() {
        let mut entropy = SeededEntropy::new("jws");
        let keys = [PrivateKey::generate_ed25519(&mut entropy), PrivateKey::generate_es256(&mut entropy)];
        for (key, other) in [(&keys[0], &keys[1]), (&keys[1], &keys[0])] {
            let token = sign("test+jwt", &payload(), key);
            let parsed = UnverifiedJws::parse(&token, "test+jwt").unwrap();
            assert_eq!(parsed.kid.as_deref(), Some(key.public().thumbprint().as_str()));
            assert_eq!(parsed.clone().verify(&key.public()), Ok(payload()));
            assert_eq!(parsed.clone().verify(&other.public()), Err(StatementError::KidMismatch));
            let both = [(&parsed, &key.public()), (&parsed, &other.public())];
            assert_eq!(UnverifiedJws::are_signed(&both), [true, false]);
        }
    }

    #[test]
    fn header_rules_are_named() {
        let key = PrivateKey::generate_ed25519(&mut SeededEntropy::new("jws header"));
        let kid = key.public().thumbprint();
        let cases = [
            (json!({"alg": "none", "typ": "t"}), "ALG_NOT_ALLOWED"),
            (json!({"alg": "HS256", "typ": "t"}), "ALG_NOT_ALLOWED"),
            (json!({"alg": ["EdDSA"], "typ": "t"}), "ALG_NOT_ALLOWED"),
            (json!({"typ": "t"}), "ALG_NOT_ALLOWED"),
            (json!({"alg": "ES256", "typ": "t"}), "ALG_KEY_MISMATCH"),
            (json!({"alg": "EdDSA", "typ": "t", "crit": ["b64"], "b64": false}), "CRIT_NOT_SUPPORTED"),
            (json!({"alg": "EdDSA", "typ": "T"}), "WRONG_TYP"),
            (json!({"alg": "EdDSA"}), "WRONG_TYP"),
            (json!({"alg": "EdDSA", "typ": "t", "kid": "other"}), "KID_MISMATCH"),
            (json!({"alg": "Ed25519", "typ": "t", "kid": kid}), "OK"),
        ];
        for (header, expected) in cases {
            let token = sign_raw(&header.to_string(), "{}", &key);
            let result = UnverifiedJws::parse(&token, "t").and_then(|jws| {
                let is_signed = UnverifiedJws::are_signed(&[(&jws, &key.public())]) == [true];
                let verified = jws.verify(&key.public());
                assert_eq!(is_signed, verified.is_ok(), "{header}");
                verified
            });
            assert_eq!(result.map_or_else(|error| error.reason(), |_| "OK"), expected, "{header}");
        }
        for (header, expected) in [
            (r#"{"alg":"EdDSA","typ":"t","kid":null}"#, "OK"),
            (r#"{"alg":"Ed\u0044SA","\u0074yp":"t"} "#, "OK"),
            (r#"{"alg":"EdDSA","typ":"t","more":[{}]}"#, "OK"),
            (r#"{"alg":"EdDSA","typ":null}"#, "WRONG_TYP"),
            (r#"{"alg":"EdDSA","typ":["t"]}"#, "WRONG_TYP"),
            (r#"{"alg":"EdDSA","typ":"t"}x"#, "MALFORMED"),
            (r#"["EdDSA","t",null]"#, "MALFORMED"),
        ] {
            let token = sign_raw(header, "{}", &key);
            let result = UnverifiedJws::parse(&token, "t").and_then(|jws| jws.verify(&key.public()));
            assert_eq!(result.map_or_else(|error| error.reason(), |_| "OK"), expected, "{header}");
        }
        let twice = sign_raw(r#"{"alg":"EdDSA","typ":"t","typ":"t"}"#, "{}", &key);
        assert_eq!(UnverifiedJws::parse(&twice, "t").unwrap_err().reason(), "DUPLICATE_MEMBER");
    }

    #[test]
    fn other_shapes_are_malformed() {
        let key = PrivateKey::generate_ed25519(&mut SeededEntropy::new("jws shape"));
        let token = sign("t", &payload(), &key);
        let (signed, signature) = token.rsplit_once('.').unwrap();
        for (text, expected) in [
            (String::new(), "MALFORMED"),
            (signed.to_owned(), "MALFORMED"),
            (format!("{token}."), "MALFORMED"),
            (format!("{token}="), "MALFORMED"),
            (format!(" {token}"), "MALFORMED"),
            (format!("{signed}.{}", &signature[..84]), "SIGNATURE_INVALID"),
            (sign_raw(r#"{"alg":"EdDSA","typ":"t"}"#, "[]", &key), "MALFORMED"),
            (token.repeat(200), "TOO_LARGE"),
        ] {
            assert_eq!(UnverifiedJws::parse(&text, "t").unwrap_err().reason(), expected, "{text}");
        }
    }
}
