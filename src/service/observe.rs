//! Around every gRPC call: its time limit, its metric, and a named reason on failures that arose before any handler
//! (oversize or malformed messages, unknown methods).

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use tonic::{Code, Status};
use tracing::Instrument as _;

use super::flight::Flight;
use super::line::{Call, Line};
use super::shared::Shared;
use super::status::{CallError, TransportError};
use crate::telemetry::{Metrics, call_ended, call_span};

/// The outermost layer's state.
pub(super) struct Observer {
    pub(super) metrics: Metrics,
    /// The longest a call may take to its first answer.
    pub(super) call: Duration,
    /// The calls there are at once.
    pub(super) calls: Arc<Flight>,
}

/// Told to whoever starts and stops this server, whatever the load.
const HEALTH: &str = "/grpc.health.v1.Health/Check";

/// The layer, for `axum::middleware::from_fn_with_state`.
pub(super) async fn observe(State(observer): State<Arc<Observer>>, request: Request, next: Next) -> Response {
    let method = request.uri().path().to_owned();
    let started = Instant::now();
    let span = call_span(request.headers());
    let response = match admitted(&observer, &request) {
        Err(error) => Status::from(error).into_http::<Body>(),
        Ok(call) => {
            let answered = tokio::time::timeout(observer.call, next.run(request).instrument(span.clone()));
            let response = match answered.await {
                Ok(response) => named(response),
                Err(_) => Status::from(CallError::TookTooLong).into_http::<Body>(),
            };
            match call {
                Some(call) => response.map(|body| call.answer(body)),
                None => response,
            }
        }
    };
    // Trailers of streams come later; what is measured is the way to the first answer.
    let code = Status::from_header_map(response.headers()).map_or(Code::Ok, |status| status.code());
    // An unknown path is no label: callers could make as many as they like.
    let label = if code == Code::Unimplemented { "unknown" } else { method.as_str() };
    observer.metrics.called(label, code_name(code), started.elapsed());
    call_ended(&span, label, code_name(code));
    response
}

/// Before anything of the request is read: its place among all calls, which it holds until its answer has left. What comes over
/// no connection of ours needs none.
fn admitted(observer: &Observer, request: &Request) -> Result<Option<Call>, CallError> {
    let Some(line) = request.extensions().get::<Line>() else { return Ok(None) };
    if request.uri().path() == HEALTH {
        return Ok(Some(line.call(None)));
    }
    let place = observer.calls.take(line.peer()).ok_or(CallError::TooManyCalls)?;
    Ok(Some(line.call(Some(place))))
}

/// The layer of calls that take a large request: few at once, so that what waits for its turn stays small.
pub(super) async fn large(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    match shared.large() {
        Ok(_place) => next.run(request).await,
        Err(error) => Status::from(error).into_http::<Body>(),
    }
}

/// Failures of the transport carry no reason of ours: give them one.
fn named(response: Response) -> Response {
    let Some(status) = Status::from_header_map(response.headers()) else { return response };
    if status.code() == Code::Ok || !status.details().is_empty() {
        return response;
    }
    match TransportError::of(&status) {
        Some(error) => Status::from(CallError::Transport(error)).into_http::<Body>(),
        None => response,
    }
}

pub(super) fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}
