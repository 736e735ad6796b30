//! Around every call: not for other sites' pages, its time limit, its metric, headers that keep the answer here.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tonic::{Code, Status};

use super::answer::{ApiError, Refused};
use crate::service::observe::code_name;
use crate::service::shared::Shared;
use crate::service::status::CallError;

/// The layer, for `axum::middleware::from_fn_with_state`.
pub(super) async fn guard(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    // Only what was routed has a name; callers could make others as many as they like.
    let method = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let started = Instant::now();
    let mut response = if is_cross_site(request.headers()) {
        ApiError::from(Refused::CrossSite).into_response()
    } else {
        let answered = tokio::time::timeout(shared.limits.call, next.run(request)).await;
        answered.unwrap_or_else(|_| ApiError::from(Status::from(CallError::TookTooLong)).into_response())
    };
    let code = response
        .extensions()
        .get::<Code>()
        .copied()
        .unwrap_or_else(|| if response.status().is_success() { Code::Ok } else { Code::InvalidArgument });
    shared.metrics.called(method.as_deref().unwrap_or("unknown"), code_name(code), started.elapsed());
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// The layer of calls that take a large body: few at once.
pub(super) async fn large(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    match shared.large() {
        Ok(_place) => next.run(request).await,
        Err(error) => ApiError::from(Status::from(error)).into_response(),
    }
}

/// Browsers say where a call comes from: in `Sec-Fetch-Site` (Fetch Metadata), older ones in `Origin` alone (RFC 6454), whose
/// host must then be the one asked. What is no browser says neither.
fn is_cross_site(headers: &HeaderMap) -> bool {
    let text = |name: header::HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    if let Some(site) = text(header::HeaderName::from_static("sec-fetch-site")) {
        return !matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text(header::ORIGIN) else { return false };
    let host = origin.split_once("://").map(|(_, host)| host);
    host.is_none() || host != text(header::HOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_origin_and_what_is_no_browser_may_call() {
        let cross = |pairs: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.insert(*name, HeaderValue::from_static(value));
            }
            is_cross_site(&headers)
        };
        let host = ("host", "ledger.example.invalid");
        assert!(!cross(&[host]));
        for (site, is_cross) in
            [("same-origin", false), ("none", false), ("same-site", true), ("cross-site", true), ("", true)]
        {
            assert_eq!(cross(&[host, ("sec-fetch-site", site)]), is_cross, "{site}");
        }
        for (origin, is_cross) in [
            ("https://ledger.example.invalid", false),
            ("https://ledger.example.invalid:8443", true),
            ("https://other.example.invalid", true),
            ("null", true),
            ("", true),
        ] {
            assert_eq!(cross(&[host, ("origin", origin)]), is_cross, "{origin}");
        }
        assert!(cross(&[("origin", "https://ledger.example.invalid")]), "no host");
        assert!(cross(&[
            host,
            ("origin", "https://ledger.example.invalid"),
            ("sec-fetch-site", "cross-site")
        ]));
    }
}
