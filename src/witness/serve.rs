//! The witness's HTTP: `POST /add-checkpoint` and, for monitors, `GET /<SHA-256 of the origin>/checkpoint`.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::rejection::StringRejection;
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
        .layer(middleware::from_fn(|request, next| guard(CALL_TIME_MAX, request, next)))
        .with_state(witness)
}

async fn guard(time_max: Duration, request: Request, next: Next) -> Response {
    match tokio::time::timeout(time_max, next.run(request)).await {
        Ok(response) => response,
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the witness took too long; ask again\n").into_response(),
    }
}

async fn add_checkpoint(
    State(witness): State<Arc<Witness>>,
    body: Result<String, StringRejection>,
) -> Response {
    let body = match body {
        Ok(body) => body,
        Err(rejected) => return unreadable(rejected.status()),
    };
    match witness.judge(&body).await {
        Ok(Judged { line }) => line.into_response(),
        Err(refused) => answer(&refused),
    }
}

/// A body that is no submission, whatever it says.
fn unreadable(status: StatusCode) -> Response {
    let why = match status {
        StatusCode::PAYLOAD_TOO_LARGE => format!("a submission has at most {SUBMISSION_MAX_BYTES} bytes\n"),
        _ => "the submission is no UTF-8 text, or broke off\n".to_owned(),
    };
    (status, why).into_response()
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

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    #[tokio::test]
    async fn a_submission_that_does_not_arrive_is_answered() {
        let within = |request, next| guard(Duration::from_millis(1), request, next);
        let submit = post(async |body: String| body);
        let pages = Router::new().route("/add-checkpoint", submit).layer(middleware::from_fn(within));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = tokio::spawn(axum::serve(listener, pages).into_future());
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let head = b"POST /add-checkpoint HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 100\r\n\r\nold 0";
        stream.write_all(head).await.unwrap();
        let mut answer = String::new();
        let read = stream.read_to_string(&mut answer);
        tokio::time::timeout(Duration::from_secs(60), read).await.expect("nobody waits for ever").unwrap();
        assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
        assert!(answer.ends_with("the witness took too long; ask again\n"), "{answer}");
        serving.abort();
    }
}
