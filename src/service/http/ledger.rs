//! `LedgerService` as JSON: what pages append.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Edges;
use super::answer::{ApiError, Refused};
use super::asked::Asked;
use crate::crypto::base64url_decode;
use crate::pb;
use crate::pb::ledger_service_server::LedgerService as _;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Append {
    statement: String,
    expected_revision: Option<u32>,
    document: Option<Document>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    number: String,
    salt: String,
}

/// `/api/v1/append`: the statement's signature is the credential.
pub(super) async fn append(
    State(edges): State<Edges>,
    asked: Asked<Append>,
) -> Result<Json<Value>, ApiError> {
    let request = asked.request(|Append { statement, expected_revision, document }| {
        let document = document.map(opening_document).transpose()?;
        Ok(pb::AppendRequest { statement, expected_revision, wait_for_checkpoint: false, document })
    })?;
    let answer = edges.ledger.append(request).await?.into_inner();
    let acknowledgement = answer.acknowledgement.unwrap_or_default();
    let pb::Acknowledgement { jti, revision, leaf_index, recorded_at, repeated } = acknowledgement;
    Ok(Json(json!({
        "jti": jti, "revision": revision, "leaf_index": leaf_index, "recorded_at": recorded_at, "repeated": repeated,
    })))
}

fn opening_document(Document { number, salt }: Document) -> Result<pb::OpeningDocument, Refused> {
    let salt = base64url_decode(&salt).map_err(|_| Refused::Base64("document.salt"))?;
    Ok(pb::OpeningDocument { number, salt })
}
