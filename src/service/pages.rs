//! HTTP/1.1 over an [`Acceptor`], and pages alone, without a ledger's gRPC: what a witness serves.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tonic::codegen::Service as _;

use super::connections::{Acceptor, Gate};
use super::server::StartError;
use crate::config::Limits;
use crate::net::ServerTls;
use crate::telemetry::Metrics;

/// What one connection may have in memory of requests that are not read yet, and of answers that are not written yet. The
/// header of a request fits in it, or is refused.
const BUFFER_BYTES_MAX: usize = 64 * 1024;
/// The most lines of a header.
const HEADER_LINES_MAX: usize = 100;

/// Serves `pages` until `stopped`, then answers what was accepted. A header that takes longer than `begin` ends its connection.
pub(super) async fn serve(
    mut acceptor: Acceptor,
    pages: Router,
    begin: Duration,
    stopped: impl Future<Output = ()>,
) {
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(begin);
    builder.max_buf_size(BUFFER_BYTES_MAX).max_headers(HEADER_LINES_MAX);
    let graceful = GracefulShutdown::new();
    let mut stopped = pin!(stopped);
    loop {
        let connection = tokio::select! {
            connection = acceptor.next() => connection,
            () = &mut stopped => break,
        };
        let Some(connection) = connection else { break };
        let (line, pages) = (connection.line(), pages.clone());
        let answer = service_fn(move |request: hyper::Request<Incoming>| {
            let (line, mut pages) = (line.clone(), pages.clone());
            async move {
                let call = line.call(None);
                let mut request = request.map(Body::new);
                request.extensions_mut().insert(line);
                let answered = pages.call(request).await;
                Ok::<_, Infallible>(answered?.map(|body| call.answer(body)))
            }
        });
        let served = graceful.watch(builder.serve_connection(TokioIo::new(connection), answer));
        tokio::spawn(async move {
            // What a peer broke off or was cut for is counted where it was cut.
            let _ = served.await;
        });
    }
    drop(acceptor);
    graceful.shutdown().await;
}

/// Pages being served.
pub struct ServedPages {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

/// Serves `pages` on `address`, over TLS if it is given, never more than `connections` at once. Port 0 lets the system choose.
pub async fn serve_pages(
    pages: Router,
    address: SocketAddr,
    connections: usize,
    tls: Option<ServerTls>,
) -> Result<ServedPages, StartError> {
    let listen = |source| StartError::Listen { address, source };
    let limits = Limits { connections, ..Limits::default() };
    let gate = Gate::new("http", &limits, &Metrics::new(), tls);
    let acceptor = Acceptor::bind(address, gate).await.map_err(listen)?;
    let address = acceptor.address();
    let (stop, mut stopping) = watch::channel(false);
    let stopped = async move {
        // An error means that `ServedPages` was dropped: that is a stop, too.
        let _ = stopping.wait_for(|stop| *stop).await;
    };
    let task = tokio::spawn(serve(acceptor, pages, limits.begin, stopped));
    Ok(ServedPages { address, stop, task })
}

impl ServedPages {
    /// Where they are served.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers what was accepted, at most for `patience`, and stops.
    pub async fn stop(self, patience: Duration) {
        // Nobody left to tell is fine.
        let _ = self.stop.send(true);
        let mut task = self.task;
        if tokio::time::timeout(patience, &mut task).await.is_err() {
            task.abort();
        }
    }
}
