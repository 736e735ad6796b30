//! For the operator's machinery: is the process up, does the ledger record, and the figures.

use std::sync::Arc;
use std::time::Duration;

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
    let published = Arc::clone(&pages.ledger.published().borrow());
    let age = pages.ledger.now_ms().saturating_sub(published.published_at);
    let cosigned = pages.ledger.cosigned().borrow().clone();
    let cosigned = cosigned.map(|cosigned| {
        let age = pages.ledger.now_ms().saturating_sub(cosigned.published_at);
        (cosigned.checkpoint.size, Duration::from_millis(age))
    });
    let text = pages.metrics.render(LedgerFigures {
        size: *pages.ledger.size().borrow(),
        published_size: published.checkpoint.size,
        in_flight: u64::try_from(pages.ledger.in_flight()).unwrap_or(u64::MAX),
        checkpoint_age: Duration::from_millis(age),
        cosigned,
    });
    ([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text)
        .into_response()
}
