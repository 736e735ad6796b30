//! What acts for people over HTTP: the gRPC calls that pages need, as JSON under `/api/v1/` (SPEC.md, "HTTP").
//!
//! Each handler makes the gRPC request, asks the same edge, and writes the answer as JSON: credentials, rates, limits, the one
//! refusal and every reason are those of gRPC. **Never:** a rule of its own, a cookie, an answer to another site's page.

mod answer;
mod asked;
mod desk;
mod guard;
mod ledger;
mod passport;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::{any, post};

use self::answer::{ApiError, Refused};
use super::ledger::LedgerEdge;
use super::passport::PassportEdge;
use super::registry::RegistryEdge;
use super::server::MESSAGE_BYTES_MAX;
use super::shared::Shared;

/// The largest body of a call that brings a box: a presentation of 1 MiB, as base64url, and the members beside it.
const SHARE_BODY_BYTES_MAX: usize = 1450 * 1024;

/// What the handlers ask: the same edges that gRPC serves.
#[derive(Clone)]
struct Edges {
    shared: Arc<Shared>,
    registry: Arc<RegistryEdge>,
    ledger: Arc<LedgerEdge>,
    passport: Arc<PassportEdge>,
}

/// Every call.
pub(super) fn router(shared: &Arc<Shared>) -> Router {
    let edges = Edges {
        shared: Arc::clone(shared),
        registry: Arc::new(RegistryEdge(Arc::clone(shared))),
        ledger: Arc::new(LedgerEdge(Arc::clone(shared))),
        passport: Arc::new(PassportEdge(Arc::clone(shared))),
    };
    let large = middleware::from_fn_with_state(Arc::clone(shared), guard::large);
    Router::new()
        .route("/api/v1/append", post(ledger::append))
        .route("/api/v1/passport", post(passport::passport))
        .route("/api/v1/export", post(passport::export))
        .route("/api/v1/access", post(passport::access))
        .route("/api/v1/disputes", post(passport::disputes))
        .route("/api/v1/shares/list", post(passport::shares))
        .route("/api/v1/shares/revoke", post(passport::revoke_share))
        .route("/api/v1/shares/open", post(passport::open_share))
        .route("/api/v1/bodies", post(desk::bodies))
        .route("/api/v1/body", post(desk::body))
        .layer(DefaultBodyLimit::max(MESSAGE_BYTES_MAX))
        .route(
            "/api/v1/shares/create",
            post(passport::create_share)
                .layer(DefaultBodyLimit::max(SHARE_BODY_BYTES_MAX))
                .layer(large.clone()),
        )
        .route(
            "/api/v1/slips",
            post(desk::slips).layer(DefaultBodyLimit::max(desk::SLIPS_BODY_BYTES_MAX)).layer(large),
        )
        .route("/api/v1/{*call}", any(async || ApiError::from(Refused::NoSuchCall)))
        .method_not_allowed_fallback(async || ApiError::from(Refused::PostOnly))
        .layer(middleware::from_fn_with_state(Arc::clone(shared), guard::guard))
        .with_state(edges)
}
