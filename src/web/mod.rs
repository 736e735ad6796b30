//! HTTP, read-only: the log as C2SP tiles, issuer keys, type metadata and status lists for SD-JWT VC verifiers, the operator's
//! probes, and pages for people. **Never:** anything about a person; SPEC.md, "HTTP".
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

mod answer;
mod check;
mod desk;
mod issuers;
mod log;
mod pages;
mod probes;
mod status;
mod types;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderValue, Method, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use tokio::sync::Semaphore;

use self::answer::HttpError;
use crate::ledger::Ledger;
use crate::telemetry::Metrics;

/// The longest path and query: a well-known prefix and an issuer identifier, percent-encoded.
const URI_BYTES_MAX: usize = 1024;
/// Nothing that is served takes long; what does is stuck.
const CALL_TIME_MAX: Duration = Duration::from_secs(10);

/// Pages read from the disk at once; more wait their turn.
const READS_AT_ONCE: usize = 8;

/// What every page is made from.
pub(crate) struct Pages {
    ledger: Ledger,
    metrics: Metrics,
    /// Whom the check page believes, if the operator said.
    check_trust: Option<String>,
    reads: Arc<Semaphore>,
}

impl Pages {
    /// Reads off the answering threads. A read that nobody waits for any more keeps its place until it is done, so that no
    /// more of them than that are ever under way.
    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Ledger) -> T + Send + 'static,
    ) -> Result<T, HttpError> {
        let place = Arc::clone(&self.reads).acquire_owned().await.map_err(|_| HttpError::Failed)?;
        let ledger = self.ledger.clone();
        let read = move || {
            let _place = place;
            work(&ledger)
        };
        tokio::task::spawn_blocking(read).await.map_err(|_| HttpError::Failed)
    }
}

/// Every page.
pub(crate) fn router(ledger: Ledger, metrics: Metrics, check_trust: Option<String>) -> Router {
    Router::new()
        .route("/checkpoint", get(log::checkpoint))
        .route("/tile/{*path}", get(log::tile))
        .route("/.well-known/jwt-vc-issuer", get(issuers::asked))
        .route("/.well-known/jwt-vc-issuer/{*path}", get(issuers::hosted))
        .route("/type/{kind}", get(types::metadata))
        .route("/status", get(status::lists))
        .route("/status/{list}", get(status::list))
        .route("/healthz", get(probes::health))
        .route("/readyz", get(probes::ready))
        .route("/metrics", get(probes::metrics))
        .merge(pages::routes())
        .fallback(pages::missing)
        .method_not_allowed_fallback(async || HttpError::ReadOnly)
        .layer(DefaultBodyLimit::max(0))
        .layer(middleware::from_fn(|request, next| guard(CALL_TIME_MAX, request, next)))
        .with_state(Arc::new(Pages {
            ledger,
            metrics,
            check_trust,
            reads: Arc::new(Semaphore::new(READS_AT_ONCE)),
        }))
}

/// Limits of every request, headers of every answer.
async fn guard(time_max: Duration, request: Request, next: Next) -> Response {
    let readable = matches!(*request.method(), Method::GET | Method::HEAD);
    let asked = request.uri().path_and_query().map_or(0, |asked| asked.as_str().len());
    let mut response = if asked > URI_BYTES_MAX {
        HttpError::UriTooLong.into_response()
    } else {
        match tokio::time::timeout(time_max, next.run(request)).await {
            Ok(response) => response,
            Err(_) => HttpError::Busy.into_response(),
        }
    };
    let headers = response.headers_mut();
    // A page is for the one who reads it; nobody's script has a use for it.
    let is_page = headers.contains_key(header::CONTENT_SECURITY_POLICY);
    if readable && !is_page {
        // Everything else served is public; verifiers in browsers read it from other origins (Token Status List 8.1).
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    #[tokio::test]
    async fn a_page_that_is_stuck_is_answered_all_the_same() {
        let stuck = get(std::future::pending::<&'static str>);
        let within = |request, next| guard(Duration::from_millis(1), request, next);
        let pages = Router::new().route("/stuck", stuck).layer(middleware::from_fn(within));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = tokio::spawn(axum::serve(listener, pages).into_future());
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET /stuck HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        let read = stream.read_to_string(&mut answer);
        tokio::time::timeout(Duration::from_secs(60), read).await.expect("nobody waits for ever").unwrap();
        assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("\"BUSY\""), "{answer}");
        serving.abort();
    }
}
