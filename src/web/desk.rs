//! The registrar's desk, and the sheets that it offers.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

use super::Pages;
use super::answer::HttpError;
use super::pages::{frame, page};
use crate::face;

/// The page and its sheets.
pub(super) fn routes() -> Router<Arc<Pages>> {
    Router::new()
        .route("/desk", get(desk))
        .route("/desk/template/{kind}", get(template))
        .route("/desk/guide/{kind}", get(guide))
}

async fn desk(State(pages): State<Arc<Pages>>, request: Request) -> Response {
    page(face::desk(frame(&pages, &request)))
}

/// `?open-missing`: with the columns that open passports.
async fn template(Path(kind): Path<String>, request: Request) -> Result<Response, HttpError> {
    sheet(face::sheet_template(&kind, request.uri().query() == Some("open-missing")))
}

async fn guide(Path(kind): Path<String>) -> Result<Response, HttpError> {
    sheet(face::sheet_guide(&kind))
}

fn sheet(made: Option<String>) -> Result<Response, HttpError> {
    let text = made.ok_or(HttpError::NoSuchKind)?;
    let headers = [(header::CONTENT_TYPE, "text/csv; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")];
    Ok((headers, text).into_response())
}
