//! For the operator's machinery: is the process up, does the ledger record, and the figures.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::Pages;
use super::answer::HttpError;
use crate::telemetry::LedgerFigures;

/// The process answers.
pub(super) async fn health() -> &'static str {
    "ok\n"
}

/// The ledger records: no fsync failed, no stop was asked for.
pub(super) async fn ready(State(pages): State<Arc<Pages>>) -> Result<&'static str, HttpError> {
    if pages.ledger.is_serving() { Ok("ready\n") } else { Err(HttpError::NotServing) }
}

/// The figures, in the `OpenMetrics` format.
pub(super) async fn metrics(State(pages): State<Arc<Pages>>) -> Response {
    let text = pages.metrics.render(&LedgerFigures::read(&pages.ledger));
    ([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text)
        .into_response()
}
