//! Pages alone, without a ledger's gRPC: what a witness serves.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::connections::Acceptor;
use super::server::StartError;
use crate::net::ServerTls;

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
    let acceptor = Acceptor::bind(address, connections, tls).await.map_err(listen)?;
    let address = acceptor.address();
    let (stop, mut stopping) = watch::channel(false);
    let stopped = async move {
        // An error means that `ServedPages` was dropped: that is a stop, too.
        let _ = stopping.wait_for(|stop| *stop).await;
    };
    let server = axum::serve(acceptor, pages).with_graceful_shutdown(stopped);
    let task = tokio::spawn(async move {
        if let Err(error) = server.await {
            tracing::error!(error = %error, "the HTTP server ended");
        }
    });
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
