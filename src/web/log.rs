//! The log as C2SP tlog-tiles: `/checkpoint`, `/tile/<L>/<N>[.p/<W>]`, `/tile/entries/<N>[.p/<W>]`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{Uri, header};
use axum::response::{IntoResponse, Response};

use super::Pages;
use super::answer::HttpError;
use crate::tlog::TilePath;

/// The newest checkpoint (under a witness policy the newest that meets it): a new one comes every second (tlog-tiles,
/// "Checkpoints": short cache).
pub(super) async fn checkpoint(State(pages): State<Arc<Pages>>) -> Response {
    let note = pages.ledger.served().note.clone();
    let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")];
    (headers, note).into_response()
}

/// A tile or entry bundle never changes once it exists at its width.
pub(super) async fn tile(State(pages): State<Arc<Pages>>, asked: Uri) -> Result<Response, HttpError> {
    // As it came: an escaped character would be another spelling.
    let path = asked.path().strip_prefix('/').unwrap_or_default();
    let path = TilePath::parse(path).map_err(|_| HttpError::TilePath)?;
    let bytes = pages.read(move |ledger| ledger.tile(path)).await??.ok_or(HttpError::NoSuchTile)?;
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream"),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    Ok((headers, bytes).into_response())
}
