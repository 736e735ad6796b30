//! How a call's failure looks over HTTP: `{"error": {"reason", "message", "help"}}`, and when to ask again.

use std::time::Duration;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::service::status::HELP_KEY;
use crate::statement::json::JsonError;

/// Why a call was refused before any edge was asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refused {
    #[error("there is no such call")]
    NoSuchCall,
    #[error("calls under /api/v1/ are made by POST")]
    PostOnly,
    #[error("another site's page made this call")]
    CrossSite,
    #[error("the content type is not application/json")]
    ContentType,
    #[error("the body is larger than this call accepts")]
    TooLarge,
    #[error("the body did not arrive whole")]
    Incomplete,
    #[error(transparent)]
    Json(#[from] JsonError),
    #[error("the body is not a JSON object")]
    NotAnObject,
    /// The text says which member and where.
    #[error("{0}")]
    Members(serde_json::Error),
    #[error("`{0}` is not base64url without padding")]
    Base64(&'static str),
}

impl Refused {
    fn parts(&self) -> (StatusCode, &'static str, &'static str) {
        const SPEC: &str = "see SPEC.md, \"HTTP\"";
        match self {
            Self::NoSuchCall => (StatusCode::NOT_FOUND, "UNKNOWN_METHOD", SPEC),
            Self::PostOnly => (StatusCode::METHOD_NOT_ALLOWED, "POST_ONLY", SPEC),
            Self::CrossSite => (
                StatusCode::FORBIDDEN,
                "CROSS_SITE",
                "open the page at the ledger's own address; programs send neither Origin nor Sec-Fetch-Site",
            ),
            Self::ContentType => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "CONTENT_TYPE_INVALID", SPEC),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "MESSAGE_TOO_LARGE", SPEC),
            Self::Incomplete => (StatusCode::BAD_REQUEST, "BODY_INCOMPLETE", "send it again"),
            Self::Json(error) => (StatusCode::BAD_REQUEST, error.reason(), SPEC),
            Self::NotAnObject | Self::Members(_) | Self::Base64(_) => {
                (StatusCode::BAD_REQUEST, "JSON_INVALID", SPEC)
            }
        }
    }
}

/// A call that failed.
#[derive(Debug)]
pub(super) enum ApiError {
    Refused(Refused),
    /// What gRPC would have answered.
    Call(Box<Status>),
}

impl From<Refused> for ApiError {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl From<Status> for ApiError {
    fn from(status: Status) -> Self {
        Self::Call(Box::new(status))
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = match self {
            Self::Refused(refused) => {
                let (code, reason, help) = refused.parts();
                return respond(code, reason, &refused.to_string(), help, None);
            }
            Self::Call(status) => status,
        };
        let details = status.get_error_details();
        let info = details.error_info();
        let reason = info.map_or("INTERNAL", |info| info.reason.as_str());
        let help = info.and_then(|info| info.metadata.get(HELP_KEY)).map_or("", String::as_str);
        let wait = details.retry_info().and_then(|retry| retry.retry_delay);
        let mut response = respond(http_status(status.code()), reason, status.message(), help, wait);
        response.extensions_mut().insert(status.code());
        response
    }
}

fn respond(code: StatusCode, reason: &str, message: &str, help: &str, wait: Option<Duration>) -> Response {
    let body = json!({"error": {"reason": reason, "message": message, "help": help}});
    let mut response = (code, Json(body)).into_response();
    if let Some(wait) = wait {
        // RFC 9110 section 10.2.3 knows whole seconds only.
        let seconds = wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0));
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

fn http_status(code: Code) -> StatusCode {
    match code {
        Code::InvalidArgument | Code::OutOfRange => StatusCode::BAD_REQUEST,
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        Code::PermissionDenied => StatusCode::FORBIDDEN,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::AlreadyExists | Code::FailedPrecondition | Code::Aborted => StatusCode::CONFLICT,
        Code::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Code::DeadlineExceeded => StatusCode::GATEWAY_TIMEOUT,
        Code::Unimplemented => StatusCode::NOT_IMPLEMENTED,
        Code::Ok | Code::Cancelled | Code::Unknown | Code::Internal | Code::DataLoss => {
            StatusCode::INTERNAL_SERVER_ERROR
        }
    }
}
