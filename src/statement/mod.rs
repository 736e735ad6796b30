//! SD-JWT VC (RFC 9901; draft-ietf-oauth-sd-jwt-vc): parse, issue, disclose, bind, verify strictly. Knows no event.
//!
//! **Never:** I/O, a clock, the meaning of a claim, any room but `crypto`. SPEC.md, "Statement".

use serde_json::{Map, Value};

use crate::crypto::{Entropy, Hash, PrivateKey, PublicKey};

/// The SD-JWT VC draft that `typ`, `vct` and key discovery follow.
pub const SD_JWT_VC_DRAFT: u8 = 26;
/// The longest statement, disclosures included.
pub const STATEMENT_BYTES_MAX: usize = 32 * 1024;
/// The longest `iss`.
pub const ISSUER_BYTES_MAX: usize = 256;

/// STUB of the room's error; the real one has a variant per broken rule (each with a stable SCREAMING reason()).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StatementError {
    /// stub
    #[error("stub")]
    Stub,
}

/// Where a Token Status List holds this statement's status (`status.status_list`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusReference {
    /// The list's https URI.
    pub uri: String,
    /// The index in it.
    pub index: u64,
}

/// What an issuer is about to sign.
#[derive(Debug)]
pub struct Draft<'a> {
    /// `iss`: https URI of at most 256 bytes, or the did:jwk of a holder key.
    pub issuer: &'a str,
    /// `vct`, e.g. `urn:skillpass:v1:TrainingCompleted`.
    pub vct: &'a str,
    /// `jti`: version 7.
    pub id: uuid::Uuid,
    /// `iat`, Unix seconds.
    pub issued_at: i64,
    /// `cnf.jwk`: the holder key.
    pub holder_key: Option<&'a PublicKey>,
    /// `status`.
    pub status: Option<&'a StatusReference>,
    /// Every other claim, `sub` among them.
    pub claims: &'a Map<String, Value>,
}

/// Issues a statement about a person: each claim one flat disclosure with a 128-bit salt. `<JWT>~<disclosure>~…~`.
pub fn issue(_draft: &Draft<'_>, _key: &PrivateKey, _entropy: &mut impl Entropy) -> Result<String, StatementError> {
    todo!()
}

/// Issues a statement about an institution, a publication or the ledger: all claims in clear, `<JWT>~`.
pub fn issue_in_clear(_draft: &Draft<'_>, _key: &PrivateKey) -> Result<String, StatementError> {
    todo!()
}

/// The claims in clear of a statement.
#[derive(Debug, Clone, PartialEq)]
pub struct Clear {
    /// `iss`.
    pub issuer: String,
    /// `vct`.
    pub vct: String,
    /// `jti`.
    pub id: uuid::Uuid,
    /// `iat`, Unix seconds.
    pub issued_at: i64,
    /// `kid` in the header: RFC 7638 thumbprint.
    pub kid: String,
    /// `cnf.jwk`.
    pub holder_key: Option<PublicKey>,
    /// `status`.
    pub status: Option<StatusReference>,
}

/// Parsed, its signature not yet checked.
#[derive(Debug, Clone)]
pub struct Unverified(Statement);

impl Unverified {
    /// Parses one statement of our profile (person or institution), strictly.
    /// A key-binding JWT is refused here; presentations of bare SD-JWTs go through [`foreign`]-style verification.
    pub fn parse(_text: &str) -> Result<Self, StatementError> {
        todo!()
    }
    /// What the sender claims, to find the key with. Unverified.
    pub fn clear(&self) -> &Clear {
        &self.0.clear
    }
    /// Checks the signature over the received bytes.
    pub fn verify(self, _key: &PublicKey) -> Result<Statement, StatementError> {
        todo!()
    }
}

/// A statement whose signature was verified over the bytes received, which it keeps.
#[derive(Debug, Clone)]
pub struct Statement {
    clear: Clear,
    claims: Map<String, Value>,
    text: String,
    jwt_bytes: usize,
    undisclosed: usize,
    in_clear: bool,
}

impl Statement {
    /// The claims in clear.
    pub fn clear(&self) -> &Clear {
        &self.clear
    }
    /// The disclosed claims (all but the clear ones), `sub` among them when disclosed.
    pub fn claims(&self) -> &Map<String, Value> {
        &self.claims
    }
    /// `sub`, if disclosed or in clear.
    pub fn subject(&self) -> Option<&str> {
        self.claims.get("sub").and_then(Value::as_str)
    }
    /// The bytes as received.
    pub fn text(&self) -> &str {
        &self.text
    }
    /// The issuer-signed JWT, without disclosures and `~`.
    pub fn jwt(&self) -> &str {
        &self.text[..self.jwt_bytes]
    }
    /// The statement's hash: SHA-256 of [`Self::jwt`].
    pub fn hash(&self) -> Hash {
        crate::crypto::sha256(&[self.jwt().as_bytes()])
    }
    /// True if every `_sd` digest has its disclosure.
    pub fn is_complete(&self) -> bool {
        self.undisclosed == 0
    }
    /// True for `<JWT>~` without `_sd` (institution, publication, ledger).
    pub fn is_in_clear(&self) -> bool {
        self.in_clear
    }
    /// The same statement with only the named claims disclosed, in the original disclosures' bytes and order.
    pub fn disclose(&self, _names: &[&str]) -> Result<String, StatementError> {
        todo!()
    }
}

pub mod json {
    //! Strict JSON: no duplicate member, bounded depth, nothing after the value.
    use serde_json::Value;

    /// STUB
    #[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
    #[non_exhaustive]
    pub enum JsonError {
        /// stub
        #[error("stub")]
        Stub,
    }
    /// The deepest nesting accepted from outside.
    pub const DEPTH_MAX: usize = 16;

    /// Parses one JSON value (UTF-8), refusing duplicate members (RFC 8259 section 4 allows, we refuse), nesting
    /// beyond [`DEPTH_MAX`], NaN-like or overflowing numbers, and trailing bytes.
    pub fn parse(_bytes: &[u8]) -> Result<Value, JsonError> {
        todo!()
    }
}

pub mod jws {
    //! Compact JWS (RFC 7515) for the ledger's tokens and the holder's bindings.
    use super::StatementError;
    use crate::crypto::{PrivateKey, PublicKey};
    use serde_json::{Map, Value};

    /// Signs `payload` with header `{"alg", "typ", "kid"}`.
    pub fn sign(_typ: &str, _payload: &Map<String, Value>, _key: &PrivateKey) -> String {
        todo!()
    }

    /// A parsed JWS, not yet verified.
    #[derive(Debug, Clone)]
    pub struct UnverifiedJws {
        /// `kid` of the header, if present.
        pub kid: Option<String>,
        /// Unverified payload.
        pub payload: Map<String, Value>,
    }
    impl UnverifiedJws {
        /// Parses strictly; `typ` must match exactly, `alg` be on the list, no `crit`.
        pub fn parse(_text: &str, _typ: &str) -> Result<Self, StatementError> {
            todo!()
        }
        /// Checks the signature over the received bytes and gives the payload.
        pub fn verify(self, _key: &PublicKey) -> Result<Map<String, Value>, StatementError> {
            todo!()
        }
    }
}

pub mod sdjwt {
    //! RFC 9901 in general: nested `_sd`, array elements, key binding; for statements made by other software.
    use super::StatementError;
    use crate::crypto::{PrivateKey, PublicKey};
    use serde_json::{Map, Value};

    /// What the caller of [`verify`] expects.
    #[derive(Debug, Clone, Copy)]
    pub struct Expect<'a> {
        /// Unix seconds, for `exp`, `nbf` and the key binding's `iat`.
        pub now: i64,
        /// Require `typ: dc+sd-jwt`, `vct` and `iss` (SD-JWT VC), not only RFC 9901.
        pub credential: bool,
        /// Require key binding to this audience and nonce.
        pub binding: Option<(&'a str, &'a str)>,
    }
    /// Verifies one SD-JWT or SD-JWT+KB and gives the processed payload. A key binding that is present is verified even
    /// when not required.
    pub fn verify(_text: &str, _key: &PublicKey, _expect: &Expect<'_>) -> Result<Map<String, Value>, StatementError> {
        todo!()
    }
    /// Appends a key-binding JWT (`kb+jwt`: iat, aud, nonce, sd_hash) to `text`, which ends in `~`.
    pub fn bind(_text: &str, _key: &PrivateKey, _audience: &str, _nonce: &str, _issued_at: i64) -> Result<String, StatementError> {
        todo!()
    }
}
