//! `VerifyPassport`: the offline verification, run here for callers without the program. Reads nothing of the ledger but
//! its clock; whom to trust comes with the request.

use std::str::FromStr as _;

use super::convert::{self, RequestError};
use super::shared::Shared;
use super::status::CallError;
use crate::crypto::PublicKey;
use crate::passport::{Options, PersonFile, Purpose, StatusListGiven, verify};
use crate::pb;
use crate::trust::TrustFile;

/// The longest text of any option.
const OPTION_BYTES_MAX: usize = 4096;

/// Verifies off the answering threads.
pub(super) async fn verify_passport(
    shared: &Shared,
    request: pb::VerifyPassportRequest,
) -> Result<pb::VerifyPassportResponse, CallError> {
    let now = i64::try_from(shared.ledger.now_ms() / 1000).unwrap_or(i64::MAX);
    let (file, trust, options) = read(request, now)?;
    let report = shared.heavy(move |_| verify(&file, &trust, &options)).await?;
    let verdict = report.verdict.as_str().to_owned();
    Ok(pb::VerifyPassportResponse { verdict, report_json: report.to_json().to_string() })
}

fn read(request: pb::VerifyPassportRequest, now: i64) -> Result<(Vec<u8>, TrustFile, Options), RequestError> {
    let pb::VerifyPassportRequest {
        file,
        trust_toml,
        audience,
        nonce,
        person_json,
        valid_at,
        country,
        occupation,
        purpose,
        issuer_jwk,
        status_list,
        status_jwk,
    } = request;
    for (field, text) in [
        ("audience", &audience),
        ("nonce", &nonce),
        ("person_json", &person_json),
        ("country", &country),
        ("occupation", &occupation),
        ("issuer_jwk", &issuer_jwk),
        ("status_jwk", &status_jwk),
    ] {
        convert::bounded(field, text.as_deref().unwrap_or_default(), OPTION_BYTES_MAX)?;
    }
    let trust = if trust_toml.is_empty() {
        TrustFile::empty()
    } else {
        TrustFile::parse(&trust_toml).map_err(|_| RequestError::TrustFile)?
    };
    let purpose = purpose.as_deref().map(Purpose::from_str).transpose();
    let options = Options {
        now,
        audience,
        nonce,
        person: person_json.as_deref().map(person).transpose()?,
        valid_at: convert::date("valid_at", valid_at.as_deref())?,
        country,
        occupation,
        purpose: purpose.map_err(|_| RequestError::UnknownValue("purpose"))?,
        issuer_key: issuer_jwk.as_deref().map(key).transpose()?,
        status_list: match (status_list, status_jwk.as_deref()) {
            (None, None) => None,
            (Some(token), Some(jwk)) => Some(StatusListGiven { token, key: key(jwk)? }),
            (Some(_), None) => return Err(RequestError::Missing("status_jwk")),
            (None, Some(_)) => return Err(RequestError::Missing("status_list")),
        },
    };
    Ok((file, trust, options))
}

fn person(text: &str) -> Result<PersonFile, RequestError> {
    let members = convert::object("person_json", text).map_err(|_| RequestError::Person)?;
    serde_json::from_value(members.into()).map_err(|_| RequestError::Person)
}

fn key(text: &str) -> Result<PublicKey, RequestError> {
    let jwk = convert::object("issuer_jwk", text)?;
    PublicKey::from_jwk(&serde_json::Value::Object(jwk)).map_err(|_| RequestError::IssuerKey)
}
