//! The witness's HTTP: `POST /add-checkpoint` and, for monitors, `GET /<SHA-256 of the origin>/checkpoint`.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use super::judge::{Judged, RefusedSubmission, Witness};
use crate::tlog::SUBMISSION_MAX_BYTES;

/// The longest a submission may take to arrive and be judged.
const CALL_TIME_MAX: Duration = Duration::from_secs(10);
/// C2SP tlog-witness: the content type of the size in a conflict.
pub(super) const SIZE_TYPE: &str = "text/x.tlog.size";

/// Every page of a witness.
pub fn router(witness: Arc<Witness>) -> Router {
    Router::new()
        .route("/add-checkpoint", post(add_checkpoint))
        .route("/{log}/checkpoint", get(last))
        .route("/healthz", get(async || "ok\n"))
        .layer(DefaultBodyLimit::max(SUBMISSION_MAX_BYTES))
        .layer(middleware::from_fn(guard))
        .with_state(witness)
}

async fn guard(request: Request, next: Next) -> Response {
    match tokio::time::timeout(CALL_TIME_MAX, next.run(request)).await {
        Ok(response) => response,
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the witness took too long; ask again\n").into_response(),
    }
}

async fn add_checkpoint(State(witness): State<Arc<Witness>>, body: String) -> Response {
    match witness.judge(&body).await {
        Ok(Judged { line }) => line.into_response(),
        Err(refused) => answer(&refused),
    }
}

fn answer(refused: &RefusedSubmission) -> Response {
    let status = match refused {
        RefusedSubmission::Conflict(size) => {
            let headers = [(header::CONTENT_TYPE, SIZE_TYPE)];
            return (StatusCode::CONFLICT, headers, format!("{size}\n")).into_response();
        }
        RefusedSubmission::Malformed(_) | RefusedSubmission::OldAboveNew => StatusCode::BAD_REQUEST,
        RefusedSubmission::UnknownLog => StatusCode::NOT_FOUND,
        RefusedSubmission::NotSigned(_) => StatusCode::FORBIDDEN,
        RefusedSubmission::OtherRoot => StatusCode::CONFLICT,
        RefusedSubmission::NotConsistent => StatusCode::UNPROCESSABLE_ENTITY,
        RefusedSubmission::Failed => StatusCode::INTERNAL_SERVER_ERROR,
    };
    (status, format!("{refused}\n")).into_response()
}

async fn last(State(witness): State<Arc<Witness>>, Path(log): Path<String>) -> Response {
    match witness.last(&log).await {
        Some(signed) => ([(header::CACHE_CONTROL, "no-cache")], signed.note).into_response(),
        None => {
            (StatusCode::NOT_FOUND, "this witness has cosigned no checkpoint of such a log\n").into_response()
        }
    }
}
