//! JWT VC issuer metadata (SD-JWT VC, section "JWT VC Issuer Metadata"): `issuer` equals `iss` byte for byte, `jwks` holds
//! the keys that are neither ended nor compromised.
//!
//! A body whose `iss` lives at this ledger's origin is found where verifiers look, its path after the well-known prefix.
//! Others are asked for with `?iss=`, which any verifier that trusts this ledger may do instead of asking the body.

use std::sync::Arc;

use axum::Json;
use axum::extract::{OriginalUri, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Pages;
use super::answer::HttpError;
use crate::crypto::{Algorithm, PublicKey};
use crate::statement::{ISSUER_BYTES_MAX, json};

/// What is inserted between host and path of an `iss`.
pub(super) const WELL_KNOWN: &str = "/.well-known/jwt-vc-issuer";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    iss: Option<String>,
}

/// `?iss=` any body; without it the ledger itself, whose `iss` is its origin.
pub(super) async fn asked(
    State(pages): State<Arc<Pages>>,
    asked: Result<Query<Asked>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, HttpError> {
    let Query(Asked { iss }) = asked.map_err(|_| HttpError::NoSuchIssuer)?;
    metadata(&pages, &iss.unwrap_or_else(|| at_origin(&pages, "")))
}

/// A body at this ledger's host: `https://host/path` becomes `/.well-known/jwt-vc-issuer/path`, and so does
/// `https://host/path/`. The path is taken as it was sent, since `iss` is compared byte for byte.
pub(super) async fn hosted(
    State(pages): State<Arc<Pages>>,
    OriginalUri(uri): OriginalUri,
) -> Result<Response, HttpError> {
    let path = uri.path().strip_prefix(WELL_KNOWN).unwrap_or_default();
    let host = pages.ledger.origin().split('/').next().unwrap_or_default();
    let exact = metadata(&pages, &format!("https://{host}{path}"));
    exact.or_else(|_| metadata(&pages, &format!("https://{host}{path}/")))
}

fn at_origin(pages: &Pages, path: &str) -> String {
    format!("https://{}{path}", pages.ledger.origin())
}

fn metadata(pages: &Pages, issuer: &str) -> Result<Response, HttpError> {
    if issuer.len() > ISSUER_BYTES_MAX {
        return Err(HttpError::NoSuchIssuer);
    }
    let trust = pages.ledger.trust();
    let keys: Vec<PublicKey> = if issuer == at_origin(pages, "") {
        // Status keys too: they sign the status lists that statements name.
        trust.log_keys().into_iter().chain(trust.status_keys().into_iter().map(|(_, key)| key)).collect()
    } else if trust.body_name(issuer).is_some() {
        // Perhaps none: a body whose keys have all ended is known and has no key to verify with.
        trust.valid_keys(issuer).into_iter().map(|(_, key)| key).collect()
    } else {
        return Err(HttpError::NoSuchIssuer);
    };
    let keys: Vec<Value> = keys.iter().map(jwk).collect();
    let body = json!({"issuer": issuer, "jwks": {"keys": keys}});
    // A key that ends must be gone everywhere soon.
    Ok(([(header::CACHE_CONTROL, "public, max-age=300")], Json(body)).into_response())
}

fn jwk(key: &PublicKey) -> Value {
    let mut jwk = key.to_jwk();
    let algorithm = match key.algorithm() {
        Algorithm::Ed25519 => "EdDSA",
        Algorithm::Es256 => "ES256",
    };
    for (member, value) in [("kid", key.thumbprint().as_str()), ("use", "sig"), ("alg", algorithm)] {
        json::set(&mut jwk, member, value);
    }
    jwk
}
