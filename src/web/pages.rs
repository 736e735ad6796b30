//! Pages for people, and what they load. Each page is made by `face`; here are only its address, its language and its headers.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::get;

use super::Pages;
use super::answer::HttpError;
use crate::face::{self, FaceError, Frame, Lang, assets};

/// Every page for people.
pub(super) fn routes() -> Router<Arc<Pages>> {
    Router::new()
        .route("/", get(start))
        .route("/v", get(super::check::check))
        .route("/worker", get(worker))
        .route("/assets/{version}/{*path}", get(asset))
        .merge(super::desk::routes())
}

/// Nothing from elsewhere, nothing inline, in nobody's frame; no script may turn a string into markup.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; \
    form-action 'none'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

const HEADERS: [(HeaderName, &str); 8] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=()"),
    (header::CACHE_CONTROL, "no-cache"),
    (header::VARY, "accept-language"),
];

/// A page as it is sent, with the headers of every page.
pub(crate) fn page(made: Result<String, FaceError>) -> Response {
    let html = match made {
        Ok(html) => html,
        Err(error) => {
            tracing::error!(error = %error, "a page could not be made");
            return HttpError::Failed.into_response();
        }
    };
    let mut response = Html(html).into_response();
    response.headers_mut().extend(HEADERS.map(|(name, value)| (name, HeaderValue::from_static(value))));
    response
}

/// The language of a request: `?lang=`, else what the browser wants.
pub(crate) fn language(query: Option<&str>, headers: &HeaderMap) -> Lang {
    let asked = query.unwrap_or_default().split('&').find_map(|pair| pair.strip_prefix("lang="));
    let wanted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    Lang::choose(asked, wanted)
}

pub(super) fn frame<'a>(pages: &'a Pages, request: &Request) -> Frame<'a> {
    Frame { lang: language(request.uri().query(), request.headers()), origin: pages.ledger.origin() }
}

async fn start(State(pages): State<Arc<Pages>>, request: Request) -> Response {
    page(face::start(frame(&pages, &request)))
}

async fn worker(State(pages): State<Arc<Pages>>, request: Request) -> Response {
    page(face::worker(frame(&pages, &request)))
}

/// What the address stands for never changes; an address of another version stands for nothing any more.
async fn asset(
    Path((version, path)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    let asset = assets::find(&path).filter(|_| version == assets::version()).ok_or(HttpError::NoSuchPage)?;
    let tag = format!("\"{version}\"");
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let described = [
        (header::CONTENT_TYPE, asset.media_type().to_owned()),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable".to_owned()),
        (header::ETAG, tag.clone()),
    ];
    if known.is_some_and(|known| known.split(',').any(|one| one.trim().trim_start_matches("W/") == tag)) {
        return Ok((StatusCode::NOT_MODIFIED, described).into_response());
    }
    Ok((described, asset.text).into_response())
}

/// There is no such page: in words for whoever reads pages, in JSON for others.
pub(super) async fn missing(State(pages): State<Arc<Pages>>, request: Request) -> Response {
    let accepts = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
    if !accepts.is_some_and(|accepts| accepts.contains("text/html")) {
        return HttpError::NoSuchPage.into_response();
    }
    let mut response = page(face::not_found(frame(&pages, &request)));
    if response.status() == StatusCode::OK {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    response
}
