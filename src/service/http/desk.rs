//! What the registrar's desk asks: which body signs with a key, what it may state, and slips to print.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};
use tonic::Status;

use super::Edges;
use super::answer::{ApiError, Refused};
use super::asked::Asked;
use crate::face::{Lang, Slip, slips_html};
use crate::pb;
use crate::pb::registry_service_server::RegistryService as _;
use crate::service::access::Caller;
use crate::service::status::CallError;

/// What the credential of a call for slips names as its method.
const SLIPS: &str = "/api/v1/slips";
/// The most slips of one call.
const SLIPS_MAX: usize = 500;
/// The largest body of a call for slips.
pub(super) const SLIPS_BODY_BYTES_MAX: usize = 512 * 1024;
/// The longest text on a slip.
const TEXT_CHARACTERS_MAX: usize = 500;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Bodies {
    kid: String,
}

/// `/api/v1/bodies`: the bodies that may sign with a key now.
pub(super) async fn bodies(
    State(edges): State<Edges>,
    asked: Asked<Bodies>,
) -> Result<Json<Value>, ApiError> {
    let request = asked.request(|Bodies { kid }| Ok(pb::ListBodiesRequest { kid: Some(kid) }))?;
    let found = edges.registry.list_bodies(request).await?.into_inner().bodies;
    let bodies: Vec<Value> = found
        .into_iter()
        .map(|pb::Body { issuer, name, issuer_kind }| {
            json!({"issuer": issuer, "name": name, "issuer_kind": issuer_kind})
        })
        .collect();
    Ok(Json(json!({"bodies": bodies})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Body {
    issuer: String,
}

/// `/api/v1/body`: what a body was authorised for.
pub(super) async fn body(State(edges): State<Edges>, asked: Asked<Body>) -> Result<Json<Value>, ApiError> {
    let request = asked.request(|Body { issuer }| Ok(pb::GetBodyRequest { issuer }))?;
    let detail = edges.registry.get_body(request).await?.into_inner().detail_json;
    let detail =
        serde_json::from_str(&detail).map_err(|_| Status::internal("the body's detail is no JSON"))?;
    Ok(Json(detail))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Slips {
    lang: String,
    page: String,
    opened_by: String,
    help: Option<String>,
    #[serde(rename = "slips")]
    workers: Vec<One>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct One {
    worker: String,
    name: String,
    document_salt: Option<String>,
}

/// `/api/v1/slips`: claim slips as one file to print. Nothing is looked up and nothing is kept.
pub(super) async fn slips(State(edges): State<Edges>, asked: Asked<Slips>) -> Result<Json<Value>, ApiError> {
    let request = asked.request(Ok)?;
    // A body's credential, so that nobody else has the server draw codes.
    let caller = Caller::of(request.metadata(), SLIPS, &edges.shared.ledger).map_err(CallError::from);
    caller.and_then(|caller| caller.issuer().map(|_| ()).map_err(CallError::from)).map_err(Status::from)?;
    let asked = request.into_inner();
    let lang = Lang::parse(&asked.lang).unwrap_or(Lang::En);
    let slips = to_slips(asked, edges.shared.ledger.origin()).ok_or(Refused::TooLarge)?;
    let made = edges.shared.heavy(move |_| slips_html(&slips, lang)).await.map_err(Status::from)?;
    let html = made.map_err(|_| Refused::TooLarge)?;
    Ok(Json(json!({"html": html})))
}

/// Slips of bounded number and length.
fn to_slips(asked: Slips, origin: &str) -> Option<Vec<Slip>> {
    let Slips { page, opened_by, help, workers: slips, .. } = asked;
    let fits = |text: &str| text.chars().count() <= TEXT_CHARACTERS_MAX;
    let all_fit = slips.iter().all(|one| fits(&one.worker) && fits(&one.name));
    if slips.len() > SLIPS_MAX || !all_fit || ![&page, &opened_by].into_iter().all(|text| fits(text)) {
        return None;
    }
    let help = help.filter(|help| !help.is_empty());
    if !help.as_deref().is_none_or(fits) {
        return None;
    }
    let slip = |One { worker, name, document_salt }| Slip {
        worker,
        name,
        opened_by: opened_by.clone(),
        origin: origin.to_owned(),
        ledger: page.clone(),
        page: Some(page.clone()),
        help: help.clone(),
        document_salt,
    };
    Some(slips.into_iter().map(slip).collect())
}
