//! What was asked: the members of the body, who asks, from where.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse as _;
use serde::de::DeserializeOwned;
use tonic::metadata::MetadataMap;

use super::answer::{ApiError, Refused};
use crate::service::credential::GRANT_METADATA;
use crate::service::line::Line;
use crate::statement::json;

/// The only headers that mean anything to a call, here as in gRPC.
const CREDENTIALS: [&str; 2] = ["authorization", GRANT_METADATA];

/// A body of exactly the members of `T`, and the credentials beside it.
pub(super) struct Asked<T> {
    pub(super) body: T,
    /// The connection it came over: its peer has a rate.
    line: Option<Line>,
    metadata: MetadataMap,
}

impl<T> Asked<T> {
    /// The gRPC request that this call makes.
    pub(super) fn request<M>(
        self,
        message: impl FnOnce(T) -> Result<M, Refused>,
    ) -> Result<tonic::Request<M>, Refused> {
        let Self { body, line, metadata } = self;
        let mut request = tonic::Request::from_parts(metadata, tonic::Extensions::default(), message(body)?);
        if let Some(line) = line {
            request.extensions_mut().insert(line);
        }
        Ok(request)
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Asked<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        if !is_json(request.headers()) {
            return Err(Refused::ContentType.into());
        }
        let line = request.extensions().get::<Line>().cloned();
        let mut metadata = HeaderMap::new();
        for name in CREDENTIALS {
            if let Some(value) = request.headers().get(name) {
                metadata.insert(name, value.clone());
            }
        }
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| {
            match rejection.into_response().status() {
                StatusCode::PAYLOAD_TOO_LARGE => Refused::TooLarge,
                _ => Refused::Incomplete,
            }
        })?;
        let value = json::parse(&bytes).map_err(Refused::Json)?;
        // An array in the order of our fields would be read as well.
        if !value.is_object() {
            return Err(Refused::NotAnObject.into());
        }
        let body = serde_json::from_value(value).map_err(Refused::Members)?;
        Ok(Self { body, line, metadata: MetadataMap::from_headers(metadata) })
    }
}

/// A form cannot send this type, and a script of another site only after a question that is never answered with yes.
fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (media_type, parameters) = value.split_once(';').unwrap_or((value, "charset=utf-8"));
    media_type.trim().eq_ignore_ascii_case("application/json")
        && parameters.trim().eq_ignore_ascii_case("charset=utf-8")
}
