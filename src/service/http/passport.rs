//! `PassportService` as JSON: what a worker's page reads and changes, and what opens a share link.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Edges;
use super::answer::{ApiError, Refused};
use super::asked::Asked;
use crate::crypto::base64url_decode;
use crate::pb;
use crate::pb::passport_service_server::PassportService as _;

type Answer = Result<Json<Value>, ApiError>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Worker {
    worker: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Read {
    worker: String,
    view: View,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum View {
    Employer,
    Home,
    Holder,
}

/// `/api/v1/passport`
pub(super) async fn passport(State(edges): State<Edges>, asked: Asked<Read>) -> Result<Response, ApiError> {
    let request = asked.request(|Read { worker, view }| {
        let view = match view {
            View::Employer => pb::View::Employer,
            View::Home => pb::View::Home,
            View::Holder => pb::View::Holder,
        };
        Ok(pb::GetPassportRequest { worker, view: view.into(), known_at: None, valid_at: None })
    })?;
    let pb::GetPassportResponse { passport_json } = edges.passport.get_passport(request).await?.into_inner();
    Ok(([(header::CONTENT_TYPE, "application/json")], passport_json).into_response())
}

/// `/api/v1/export`: the file's bytes.
pub(super) async fn export(State(edges): State<Edges>, asked: Asked<Worker>) -> Result<Response, ApiError> {
    let request =
        asked.request(|Worker { worker }| Ok(pb::ExportPassportRequest { worker, known_at: None }))?;
    let pb::ExportPassportResponse { file } = edges.passport.export_passport(request).await?.into_inner();
    Ok(bytes(file))
}

/// `/api/v1/access`
pub(super) async fn access(State(edges): State<Edges>, asked: Asked<Worker>) -> Answer {
    let request = asked.request(|Worker { worker }| Ok(pb::ListAccessRequest { worker }))?;
    let pb::ListAccessResponse { notes } = edges.passport.list_access(request).await?.into_inner();
    let told = |note| {
        let pb::AccessNote { by, who, kid, purpose, call, first, last, times } = note;
        json!({"by": by, "who": who, "kid": kid, "purpose": purpose, "call": call, "first": first, "last": last, "times": times})
    };
    Ok(Json(json!({"notes": notes.into_iter().map(told).collect::<Vec<_>>()})))
}

/// `/api/v1/disputes`
pub(super) async fn disputes(State(edges): State<Edges>, asked: Asked<Worker>) -> Answer {
    let request = asked.request(|Worker { worker }| Ok(pb::ListDisputesRequest { worker }))?;
    let pb::ListDisputesResponse { disputes } = edges.passport.list_disputes(request).await?.into_inner();
    let told = |dispute| {
        let pb::Dispute {
            dispute,
            target,
            target_jti,
            grounds,
            statement,
            recorded_at,
            resolution,
            resolved_on,
            resolved_by,
        } = dispute;
        json!({
            "dispute": dispute, "target": target, "target_jti": target_jti, "grounds": grounds, "statement": statement,
            "recorded_at": recorded_at, "resolution": resolution, "resolved_on": resolved_on, "resolved_by": resolved_by,
        })
    };
    Ok(Json(json!({"disputes": disputes.into_iter().map(told).collect::<Vec<_>>()})))
}

/// `/api/v1/shares/list`
pub(super) async fn shares(State(edges): State<Edges>, asked: Asked<Worker>) -> Answer {
    let request = asked.request(|Worker { worker }| Ok(pb::ListSharesRequest { worker }))?;
    let pb::ListSharesResponse { shares } = edges.passport.list_shares(request).await?.into_inner();
    let told = |share| {
        let pb::Share { share, audience, created_at, expires_at, wrong, closed } = share;
        json!({
            "share": share, "audience": audience, "created_at": created_at, "expires_at": expires_at, "wrong": wrong,
            "closed": closed,
        })
    };
    Ok(Json(json!({"shares": shares.into_iter().map(told).collect::<Vec<_>>()})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Create {
    worker: String,
    share: String,
    gate: String,
    audience: String,
    expires_at: i64,
    r#box: String,
}

/// `/api/v1/shares/create`
pub(super) async fn create_share(State(edges): State<Edges>, asked: Asked<Create>) -> Answer {
    let request = asked.request(|Create { worker, share, gate, audience, expires_at, r#box }| {
        let (share, gate, r#box) = (binary("share", &share)?, binary("gate", &gate)?, binary("box", &r#box)?);
        Ok(pb::CreateShareRequest { worker, share, gate, audience, expires_at, r#box })
    })?;
    let pb::CreateShareResponse {} = edges.passport.create_share(request).await?.into_inner();
    Ok(Json(json!({})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Revoke {
    worker: String,
    share: String,
}

/// `/api/v1/shares/revoke`
pub(super) async fn revoke_share(State(edges): State<Edges>, asked: Asked<Revoke>) -> Answer {
    let request = asked.request(|Revoke { worker, share }| {
        Ok(pb::RevokeShareRequest { worker, which: Some(pb::revoke_share_request::Which::Share(share)) })
    })?;
    let pb::RevokeShareResponse { revoked } = edges.passport.revoke_share(request).await?.into_inner();
    Ok(Json(json!({"revoked": revoked})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Open {
    id: String,
    gate: String,
}

/// `/api/v1/shares/open`: the box's bytes.
pub(super) async fn open_share(State(edges): State<Edges>, asked: Asked<Open>) -> Result<Response, ApiError> {
    let request = asked.request(|Open { id, gate }| {
        Ok(pb::OpenShareRequest { id: binary("id", &id)?, gate: binary("gate", &gate)? })
    })?;
    let pb::OpenShareResponse { r#box } = edges.passport.open_share(request).await?.into_inner();
    Ok(bytes(r#box))
}

fn binary(member: &'static str, text: &str) -> Result<Vec<u8>, Refused> {
    base64url_decode(text).map_err(|_| Refused::Base64(member))
}

fn bytes(body: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, "application/octet-stream")], body).into_response()
}
