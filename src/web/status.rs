//! Token Status Lists (draft-ietf-oauth-status-list): `/status/<list>`, as of now or `?time=<Unix seconds>`, and `/status`,
//! which lists them.

use std::io::Write as _;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Deserialize;
use serde_json::json;

use super::Pages;
use super::answer::HttpError;
use crate::projection::status_lists;

/// What a Status List Token is sent as.
const MEDIA_TYPE: &str = "application/statuslist+jwt";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    time: Option<String>,
}

/// One list, signed.
pub(super) async fn list(
    State(pages): State<Arc<Pages>>,
    Path(name): Path<String>,
    asked: Result<Query<Asked>, axum::extract::rejection::QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    let Query(Asked { time }) = asked.map_err(|_| HttpError::TimeInvalid)?;
    let time = time.map(|time| time.parse::<i64>().map_err(|_| HttpError::TimeInvalid)).transpose()?;
    if pages.ledger.is_read_only() {
        return Err(HttpError::NotServing);
    }
    let token = pages.read(move |ledger| status_lists::token(ledger, &name, time)).await??;
    let token = token.ok_or(if time.is_some() { HttpError::NoSuchTime } else { HttpError::NoSuchList })?;
    // The token's own `ttl` and `exp` are what counts; what was answered for a past time never changes.
    let cache = if time.is_some() { "public, max-age=86400" } else { "public, max-age=300" };
    let plain = [
        (header::CONTENT_TYPE, MEDIA_TYPE),
        (header::CACHE_CONTROL, cache),
        (header::VARY, "accept-encoding"),
    ];
    if takes_gzip(&headers) {
        let body = gzip(token.as_bytes()).ok_or(HttpError::Failed)?;
        return Ok((plain, [(header::CONTENT_ENCODING, "gzip")], body).into_response());
    }
    Ok((plain, token).into_response())
}

/// Status List Aggregation: where every list of this ledger is.
pub(super) async fn lists(State(pages): State<Arc<Pages>>) -> Response {
    let body = json!({"status_lists": pages.ledger.status_list_uris()});
    ([(header::CACHE_CONTROL, "public, max-age=300")], Json(body)).into_response()
}

/// RFC 9110 section 12.5.3: named, and not with weight 0.
fn takes_gzip(headers: &HeaderMap) -> bool {
    let named = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    named.flat_map(|value| value.split(',')).any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let is_gzip = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        let weight =
            parts.find_map(|part| part.strip_prefix("q=")).and_then(|weight| weight.parse::<f32>().ok());
        is_gzip && weight.is_none_or(|weight| weight > 0.0)
    })
}

fn gzip(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(bytes).ok()?;
    gzip.finish().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_sent_to_whoever_takes_it() {
        let takes = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, value.parse().unwrap());
            takes_gzip(&headers)
        };
        for yes in ["gzip", "br, gzip", "deflate;q=1, GZIP;q=0.5", "gzip; q=1"] {
            assert!(takes(yes), "{yes}");
        }
        for no in ["", "br", "gzip;q=0", "gzip; q=0.0", "xgzip"] {
            assert!(!takes(no), "{no}");
        }
        assert!(!takes_gzip(&HeaderMap::new()));
    }
}
