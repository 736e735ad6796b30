//! Composition: both listeners, health, reflection, limits, and a stop that answers what was accepted.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::middleware;
use axum::routing::any_service;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tonic::service::Routes;
use tonic::transport::Server;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

use super::admin::AdminEdge;
use super::connections::{Acceptor, Gate};
use super::flight::Flight;
use super::http;
use super::ledger::LedgerEdge;
use super::observe::{Observer, large, observe};
use super::pages;
use super::passport::PassportEdge;
use super::recognition::RecognitionEdge;
use super::registry::RegistryEdge;
use super::shared::Shared;
use crate::config::{Limits, TlsFiles};
use crate::ledger::Ledger;
use crate::net::{ServerTls, TlsError};
use crate::pb;
use crate::telemetry::Metrics;

/// The largest request: a statement and its frame.
pub(super) const MESSAGE_BYTES_MAX: usize = 64 * 1024;
/// The largest request of a stream of statements. What is larger ends the stream, also for its neighbours; below that a
/// statement is refused alone.
pub(super) const STREAMED_BYTES_MAX: usize = 128 * 1024;
/// The largest request of the calls in [`LARGE`]: a whole file, or a box for a share link.
const LARGE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// The calls that take one. Every other request, but for those of a stream of statements, has at most [`MESSAGE_BYTES_MAX`].
const LARGE: [&str; 2] =
    ["/skillpass.v1.PassportService/VerifyPassport", "/skillpass.v1.PassportService/CreateShare"];
/// HTTP/2 windows: large enough that a stream of appends never waits for a window update on one machine. A connection holds at
/// most its window of what no handler has read yet.
const STREAM_WINDOW_BYTES: u32 = 512 * 1024;
const CONNECTION_WINDOW_BYTES: u32 = 1024 * 1024;
/// The largest block of request headers; a credential has at most 4 KiB.
const HEADER_BYTES_MAX: u32 = 16 * 1024;
/// A connection that does not answer a ping for this long is closed.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(30);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(20);
/// How often health looks whether the ledger still serves.
const HEALTH_INTERVAL: Duration = Duration::from_millis(500);

/// Why the listeners did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The address is taken or not ours.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// What was asked for.
        address: SocketAddr,
        /// The system's answer.
        source: io::Error,
    },
    /// The certificates cannot be used.
    #[error("TLS: {0}")]
    Tls(#[from] TlsError),
    /// The descriptors built into this binary do not decode.
    #[error("the built-in service descriptors are damaged")]
    Descriptors,
}

/// A running server.
pub struct Running {
    grpc: SocketAddr,
    http: SocketAddr,
    certificates: Vec<ServerTls>,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
    patience: Duration,
    metrics: Metrics,
}

/// What both listeners answer, over an open ledger. `tests/fuzz` asks it without a listener.
#[doc(hidden)]
pub struct Faces {
    /// gRPC.
    pub grpc: Routes,
    /// Pages, the log's files, `/api/v1/`.
    pub http: axum::Router,
    shared: Arc<Shared>,
    health: HealthReporter,
}

impl Faces {
    /// They end their streams once `stopping` is true, or its sender gone.
    pub fn of(
        ledger: &Ledger,
        limits: &Limits,
        metrics: &Metrics,
        stopping: watch::Receiver<bool>,
    ) -> Result<Self, StartError> {
        let shared = Shared::new(ledger.clone(), limits.clone(), metrics.clone(), stopping);
        let (reporter, health) = tonic_health::server::health_reporter();
        let grpc = routes(&shared, health)?;
        let http = crate::web::router(ledger.clone(), metrics.clone(), limits.check_trust.clone())
            .merge(http::router(&shared));
        Ok(Self { grpc, http, shared, health: reporter })
    }
}

/// Starts both listeners over an open ledger. Port 0 lets the system choose; [`Running::grpc`] and [`Running::http`] say.
pub async fn start(
    ledger: &Ledger,
    grpc: SocketAddr,
    http_address: SocketAddr,
    tls: Option<&TlsFiles>,
    limits: &Limits,
) -> Result<Running, StartError> {
    let load = |client_ca: Option<&PathBuf>, protocol| {
        let load = |files: &TlsFiles| {
            ServerTls::load(&files.certificate, &files.key, client_ca.map(PathBuf::as_path), protocol)
        };
        tls.map(load).transpose()
    };
    let grpc_tls = load(tls.and_then(|files| files.client_ca.as_ref()), b"h2")?;
    let http_tls = load(None, b"http/1.1")?;
    let certificates = grpc_tls.iter().chain(&http_tls).cloned().collect();
    let metrics = Metrics::new();
    let bind = async |address, name, tls| {
        let bound = Acceptor::bind(address, Gate::new(name, limits, &metrics, tls)).await;
        bound.map_err(|source| StartError::Listen { address, source })
    };
    let grpc_acceptor = bind(grpc, "grpc", grpc_tls).await?;
    let http_acceptor = bind(http_address, "http", http_tls).await?;
    let (grpc, http_address) = (grpc_acceptor.address(), http_acceptor.address());
    ledger.observe(Arc::new(metrics.clone()));
    let (stop, stopping) = watch::channel(false);
    let faces = Faces::of(ledger, limits, &metrics, stopping.clone())?;
    let server = Server::builder()
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .max_concurrent_streams(limits.streams_per_connection)
        .http2_max_header_list_size(HEADER_BYTES_MAX)
        .http2_keepalive_interval(Some(KEEPALIVE_INTERVAL))
        .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT))
        .add_routes(faces.grpc)
        .serve_with_incoming_shutdown(grpc_acceptor.into_stream(), stopped(stopping.clone()));
    let web = pages::serve(http_acceptor, faces.http, limits.begin, stopped(stopping));
    let tasks = vec![
        tokio::spawn(async move {
            if let Err(error) = server.await {
                tracing::error!(error = %error, "the gRPC server ended");
            }
        }),
        tokio::spawn(web),
        tokio::spawn(report_health(faces.health, faces.shared)),
    ];
    tracing::info!(%grpc, http = %http_address, origin = ledger.origin(), "serving");
    Ok(Running { grpc, http: http_address, certificates, stop, tasks, patience: limits.shutdown, metrics })
}

impl Running {
    /// Where gRPC is served.
    pub fn grpc(&self) -> SocketAddr {
        self.grpc
    }

    /// Where HTTP is served.
    pub fn http(&self) -> SocketAddr {
        self.http
    }

    /// Reads the certificates' files again; connections that stand go on. What cannot be used changes nothing.
    pub fn reload_certificates(&self) -> Result<(), TlsError> {
        self.certificates.iter().try_for_each(ServerTls::reload)
    }

    /// What it counts.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Stops: takes no new calls, answers what was accepted, ends the subscriptions, and cuts what is left after
    /// `limits.shutdown`. The ledger stays open: close it afterwards.
    pub async fn stop(self) {
        tracing::info!("stopping");
        // Nobody left to tell is fine.
        let _ = self.stop.send(true);
        let began = std::time::Instant::now();
        for mut task in self.tasks {
            if tokio::time::timeout(self.patience.saturating_sub(began.elapsed()), &mut task).await.is_err() {
                tracing::warn!("calls were cut at the end of limits.shutdown_seconds");
                task.abort();
            }
        }
    }
}

async fn stopped(mut stopping: watch::Receiver<bool>) {
    // An error means that `Running` was dropped: that is a stop, too.
    let _ = stopping.wait_for(|stop| *stop).await;
}

fn routes(
    shared: &Arc<Shared>,
    health: tonic_health::pb::health_server::HealthServer<impl tonic_health::pb::health_server::Health>,
) -> Result<Routes, StartError> {
    let reflection = |version: &str| {
        let builder = tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(pb::FILE_DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET);
        tracing::debug!(version, "reflection");
        builder
    };
    let (new, old) = (reflection("v1").build_v1(), reflection("v1alpha").build_v1alpha());
    let (Ok(new), Ok(old)) = (new, old) else { return Err(StartError::Descriptors) };
    let ledger = || pb::ledger_service_server::LedgerServiceServer::new(LedgerEdge(Arc::clone(shared)));
    let passport =
        || pb::passport_service_server::PassportServiceServer::new(PassportEdge(Arc::clone(shared)));
    let registry = pb::registry_service_server::RegistryServiceServer::new(RegistryEdge(Arc::clone(shared)));
    let recognition =
        pb::recognition_service_server::RecognitionServiceServer::new(RecognitionEdge(Arc::clone(shared)));
    let admin = pb::admin_service_server::AdminServiceServer::new(AdminEdge(Arc::clone(shared)));
    let routes = Routes::new(ledger().max_decoding_message_size(MESSAGE_BYTES_MAX))
        .add_service(passport().max_decoding_message_size(MESSAGE_BYTES_MAX))
        .add_service(registry.max_decoding_message_size(MESSAGE_BYTES_MAX))
        .add_service(recognition.max_decoding_message_size(MESSAGE_BYTES_MAX))
        .add_service(admin.max_decoding_message_size(MESSAGE_BYTES_MAX))
        .add_service(health)
        .add_service(new)
        .add_service(old)
        .prepare();
    let mut router = routes.into_axum_router();
    let large = middleware::from_fn_with_state(Arc::clone(shared), large);
    for call in LARGE {
        let service = passport().max_decoding_message_size(LARGE_BYTES_MAX);
        router = router.route(call, any_service(service).layer(large.clone()));
    }
    let streamed = ledger().max_decoding_message_size(STREAMED_BYTES_MAX);
    router = router.route("/skillpass.v1.LedgerService/AppendStream", any_service(streamed));
    let Limits { calls, calls_per_peer, call, .. } = shared.limits;
    let observer =
        Observer { metrics: shared.metrics.clone(), call, calls: Flight::new(calls, calls_per_peer) };
    Ok(Routes::from(router.layer(middleware::from_fn_with_state(Arc::new(observer), observe))))
}

/// Every service is as healthy as the ledger: it does not serve once an fsync failed or a thread panicked, nor while stopping.
async fn report_health(reporter: HealthReporter, shared: Arc<Shared>) {
    const SERVICES: [&str; 6] = [
        "",
        "skillpass.v1.LedgerService",
        "skillpass.v1.PassportService",
        "skillpass.v1.RegistryService",
        "skillpass.v1.RecognitionService",
        "skillpass.v1.AdminService",
    ];
    let mut last = None;
    loop {
        let stopping = *shared.stopping.borrow();
        let serves = !stopping && shared.ledger.is_serving();
        if last != Some(serves) {
            let status = if serves { ServingStatus::Serving } else { ServingStatus::NotServing };
            for service in SERVICES {
                reporter.set_service_status(service, status).await;
            }
            last = Some(serves);
        }
        if stopping {
            return;
        }
        tokio::select! {
            () = shared.stopped() => (),
            () = tokio::time::sleep(HEALTH_INTERVAL) => (),
        }
    }
}
