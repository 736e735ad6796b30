//! Making statements. What is made goes through [`Unverified::parse`] before it is handed out, so that the rules stand
//! in one place and nothing is signed that would be refused.

use serde_json::{Map, Value, json};

use super::clear::{StatusReference, id_text};
use super::disclosure::{self, ELEMENT, SD, SD_ALG, SHA_256};
use super::error::StatementError;
use super::{DISCLOSURES_MAX, STATEMENT_TYP, Unverified, jws};
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

impl Draft<'_> {
    fn clear_claims(&self) -> Result<Map<String, Value>, StatementError> {
        if let Some(name) = self.claims.keys().find(|name| RESERVED.contains(&name.as_str())) {
            return Err(StatementError::ClaimReserved { name: StatementError::shown(name) });
        }
        let mut payload = Map::new();
        payload.insert("iss".into(), self.issuer.into());
        payload.insert("iat".into(), self.issued_at.into());
        payload.insert("jti".into(), id_text(self.id).into());
        payload.insert("vct".into(), self.vct.into());
        if let Some(key) = self.holder_key {
            payload.insert("cnf".into(), json!({"jwk": key.to_jwk()}));
        }
        if let Some(status) = self.status {
            payload.insert("status".into(), status.to_json());
        }
        Ok(payload)
    }
}

/// Issues a statement about a person: each claim one flat disclosure with a 128-bit salt. `<JWT>~<disclosure>~…~`.
pub fn issue(
    draft: &Draft<'_>,
    key: &PrivateKey,
    entropy: &mut impl Entropy,
) -> Result<String, StatementError> {
    let mut payload = draft.clear_claims()?;
    if draft.claims.len() > DISCLOSURES_MAX {
        return Err(StatementError::TooManyDisclosures);
    }
    let disclosures: Vec<String> =
        draft.claims.iter().map(|(name, value)| disclosure::make(name, value, entropy)).collect();
    let mut digests: Vec<String> =
        disclosures.iter().map(|text| base64url_encode(disclosure::digest(text))).collect();
    // Sorted, so that the order of the claims stays untold (RFC 9901 section 4.2.4.1).
    digests.sort_unstable();
    payload.insert(SD.into(), digests.into());
    payload.insert(SD_ALG.into(), SHA_256.into());
    let mut text = jws::sign(STATEMENT_TYP, &payload, key);
    text.push('~');
    for disclosure in disclosures {
        text.push_str(&disclosure);
        text.push('~');
    }
    refuse_what_would_be_refused(text)
}

/// Issues a statement about an institution, a publication or the ledger: all claims in clear, `<JWT>~`.
pub fn issue_in_clear(draft: &Draft<'_>, key: &PrivateKey) -> Result<String, StatementError> {
    let mut payload = draft.clear_claims()?;
    payload.extend(draft.claims.iter().map(|(name, value)| (name.clone(), value.clone())));
    let mut text = jws::sign(STATEMENT_TYP, &payload, key);
    text.push('~');
    refuse_what_would_be_refused(text)
}

fn refuse_what_would_be_refused(text: String) -> Result<String, StatementError> {
    Unverified::parse(&text).map(|_| text)
}
