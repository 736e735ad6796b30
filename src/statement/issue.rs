//! Making statements. What is made goes through [`Unverified::parse`] before it is handed out, so that the rules stand
//! in one place and nothing is signed that would be refused.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::clear::{StatusReference, id_text};
use super::disclosure::{self, ELEMENT, SD, SD_ALG, SHA_256};
use super::error::StatementError;
use super::{DISCLOSURES_MAX, STATEMENT_TYP, Unverified, json, jws};
use crate::crypto::{Entropy, PrivateKey, PublicKey, base64url_encode};

/// Claims that the format sets itself, or that our profile leaves out.
const RESERVED: [&str; 12] =
    ["iss", "iat", "jti", "vct", "cnf", "status", "exp", "nbf", "vct#integrity", SD, SD_ALG, ELEMENT];

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

/// The payload of a statement, in the order in which it is signed.
#[derive(Serialize)]
struct Payload<'a> {
    iss: &'a str,
    iat: i64,
    jti: String,
    vct: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cnf: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Value>,
    #[serde(rename = "_sd", skip_serializing_if = "Option::is_none")]
    digests: Option<Vec<String>>,
    #[serde(rename = "_sd_alg", skip_serializing_if = "Option::is_none")]
    digest_algorithm: Option<&'a str>,
    #[serde(flatten)]
    in_clear: Option<&'a Map<String, Value>>,
}

impl Draft<'_> {
    /// With the claims in clear.
    fn payload(&self) -> Result<Payload<'_>, StatementError> {
        if let Some(name) = self.claims.keys().find(|name| RESERVED.contains(&name.as_str())) {
            return Err(StatementError::ClaimReserved { name: StatementError::shown(name) });
        }
        Ok(Payload {
            iss: self.issuer,
            iat: self.issued_at,
            jti: id_text(self.id),
            vct: self.vct,
            cnf: self.holder_key.map(|key| json!({"jwk": key.to_jwk()})),
            status: self.status.map(StatusReference::to_json),
            digests: None,
            digest_algorithm: None,
            in_clear: Some(self.claims),
        })
    }
}

/// Issues a statement about a person: each claim one flat disclosure with a 128-bit salt. `<JWT>~<disclosure>~…~`.
pub fn issue(
    draft: &Draft<'_>,
    key: &PrivateKey,
    entropy: &mut impl Entropy,
) -> Result<String, StatementError> {
    let in_clear = draft.payload()?;
    if draft.claims.len() > DISCLOSURES_MAX {
        return Err(StatementError::TooManyDisclosures);
    }
    let disclosures: Vec<String> =
        draft.claims.iter().map(|(name, value)| disclosure::make(name, value, entropy)).collect();
    let mut digests: Vec<String> =
        disclosures.iter().map(|text| base64url_encode(disclosure::digest(text))).collect();
    // Sorted, so that the order of the claims stays untold (RFC 9901 section 4.2.4.1).
    digests.sort_unstable();
    let payload =
        Payload { digests: Some(digests), digest_algorithm: Some(SHA_256), in_clear: None, ..in_clear };
    let mut text = jws::sign_text(STATEMENT_TYP, &json::text(&payload), key);
    text.push('~');
    for disclosure in disclosures {
        text.push_str(&disclosure);
        text.push('~');
    }
    refuse_what_would_be_refused(text)
}

/// Issues a statement about an institution, a publication or the ledger: all claims in clear, `<JWT>~`.
pub fn issue_in_clear(draft: &Draft<'_>, key: &PrivateKey) -> Result<String, StatementError> {
    let mut text = jws::sign_text(STATEMENT_TYP, &json::text(&draft.payload()?), key);
    text.push('~');
    refuse_what_would_be_refused(text)
}

fn refuse_what_would_be_refused(text: String) -> Result<String, StatementError> {
    Unverified::parse(&text).map(|_| text)
}
