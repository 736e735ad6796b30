//! What acts for people over HTTP: the gRPC calls that pages need, as JSON under `/api/v1/` (SPEC.md, "HTTP").
//!
//! Each handler makes the gRPC request, asks the same edge, and writes the answer as JSON: credentials, rates, limits, the one
//! refusal and every reason are those of gRPC. **Never:** a rule of its own, a cookie, an answer to another site's page.

mod answer;
mod asked;
mod guard;
mod ledger;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::{any, post};

use self::answer::{ApiError, Refused};
use super::ledger::LedgerEdge;
use super::server::MESSAGE_BYTES_MAX;
use super::shared::Shared;

/// What the handlers ask: the same edges that gRPC serves.
#[derive(Clone)]
struct Edges {
    ledger: Arc<LedgerEdge>,
}

/// Every call.
pub(super) fn router(shared: &Arc<Shared>) -> Router {
    let edges = Edges { ledger: Arc::new(LedgerEdge(Arc::clone(shared))) };
    Router::new()
        .route("/api/v1/append", post(ledger::append))
        .layer(DefaultBodyLimit::max(MESSAGE_BYTES_MAX))
        .route("/api/v1/{*call}", any(async || ApiError::from(Refused::NoSuchCall)))
        .method_not_allowed_fallback(async || ApiError::from(Refused::PostOnly))
        .layer(middleware::from_fn_with_state(Arc::clone(shared), guard::guard))
        .with_state(edges)
}
