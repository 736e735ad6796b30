//! What HTTP answers when it cannot answer: `{"error": {"reason", "message", "help"}}`, as the command line prints it.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::ledger::ReadError;

/// Why a page is not served.
#[derive(Debug, thiserror::Error)]
pub(super) enum HttpError {
    #[error("there is no such page")]
    NoSuchPage,
    #[error("this server only answers GET and HEAD")]
    ReadOnly,
    #[error("the path and query are longer than {} bytes", super::URI_BYTES_MAX)]
    UriTooLong,
    #[error("the server took too long")]
    Busy,
    #[error("the ledger does not record at present")]
    NotServing,
    #[error("not a tile path of C2SP tlog-tiles")]
    TilePath,
    #[error("no published checkpoint covers this tile at this width")]
    NoSuchTile,
    #[error("no body with this identifier is known here")]
    NoSuchIssuer,
    #[error("there is no such kind of event")]
    NoSuchKind,
    #[error("this ledger has no status list of this name")]
    NoSuchList,
    #[error("this ledger has no status list of this name, or cannot answer for this time")]
    NoSuchTime,
    #[error("`time` must be a number of Unix seconds, and nothing else can be asked")]
    TimeInvalid,
    /// Already in the log by whoever saw it.
    #[error("the server failed; nothing about the request is at fault")]
    Failed,
}

impl HttpError {
    fn parts(&self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::NoSuchPage => (StatusCode::NOT_FOUND, "NO_SUCH_PAGE", "see SPEC.md, \"HTTP\""),
            Self::ReadOnly => (
                StatusCode::METHOD_NOT_ALLOWED,
                "READ_ONLY",
                "statements are appended over gRPC, or by POST to /api/v1/append",
            ),
            Self::UriTooLong => (StatusCode::URI_TOO_LONG, "URI_TOO_LONG", "see SPEC.md, \"HTTP\""),
            Self::Busy => (StatusCode::SERVICE_UNAVAILABLE, "BUSY", "ask again in a moment"),
            Self::NotServing => (
                StatusCode::SERVICE_UNAVAILABLE,
                "NOT_SERVING",
                "operator: the log says why; `skillpass fsck` checks",
            ),
            Self::TilePath => (
                StatusCode::BAD_REQUEST,
                "TILE_PATH_INVALID",
                "e.g. /tile/0/x001/067 or /tile/entries/000.p/7",
            ),
            Self::NoSuchTile => (
                StatusCode::NOT_FOUND,
                "NO_SUCH_TILE",
                "take the size from /checkpoint; partial tiles have exactly its width",
            ),
            Self::NoSuchIssuer => (
                StatusCode::NOT_FOUND,
                "NO_SUCH_ISSUER",
                "ask for the `iss` byte for byte: its path after /.well-known/jwt-vc-issuer, or ?iss= percent-encoded",
            ),
            Self::NoSuchKind => (StatusCode::NOT_FOUND, "NO_SUCH_KIND", "`skillpass kinds` lists them"),
            Self::NoSuchList => (
                StatusCode::NOT_FOUND,
                "NO_SUCH_LIST",
                "take the address from the statement's `status`; /status lists all lists of this ledger",
            ),
            Self::NoSuchTime => (
                StatusCode::NOT_FOUND,
                "NO_SUCH_TIME",
                "a list answers from when it was begun until now; take its address from the statement's `status`",
            ),
            Self::TimeInvalid => {
                (StatusCode::BAD_REQUEST, "TIME_INVALID", "e.g. /status/<list>?time=1748736000")
            }
            Self::Failed => {
                (StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL", "tell the operator when this happened")
            }
        }
    }
}

impl From<ReadError> for HttpError {
    fn from(error: ReadError) -> Self {
        tracing::error!(error = %error, "a read for HTTP failed");
        Self::Failed
    }
}

impl IntoResponse for HttpError {
    fn into_response(self) -> Response {
        let (status, reason, help) = self.parts();
        let message = self.to_string();
        (status, Json(json!({"error": {"reason": reason, "message": message, "help": help}}))).into_response()
    }
}
