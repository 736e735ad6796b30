//! Traces reach a collector that the configuration names, and name nobody.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use axum::body::{Body, Bytes};
use axum::response::Response;
use http_body_util::{BodyExt as _, Full};

use super::{Desk, Server, eventually};

const EXPORT: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

/// A collector on loopback that keeps the bytes it was sent.
struct Collector {
    runtime: tokio::runtime::Runtime,
    address: String,
    received: Arc<Mutex<Vec<u8>>>,
}

impl Collector {
    fn start() -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let received: Arc<Mutex<Vec<u8>>> = Arc::default();
        let kept = Arc::clone(&received);
        let export = async move |body: Bytes| -> Response {
            kept.lock().unwrap().extend_from_slice(&body);
            // An empty message, and that all went well.
            let trailers = [("grpc-status".parse().unwrap(), "0".parse().unwrap())].into_iter().collect();
            let answer = Full::new(Bytes::from_static(&[0; 5]))
                .with_trailers(std::future::ready(Some(Ok::<_, Infallible>(trailers))));
            Response::builder().header("content-type", "application/grpc").body(Body::new(answer)).unwrap()
        };
        let pages = axum::Router::new().route(EXPORT, axum::routing::post(export));
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let incoming = tokio_stream::wrappers::TcpListenerStream::new(listener);
        let server = tonic::transport::Server::builder()
            .add_routes(tonic::service::Routes::from(pages))
            .serve_with_incoming(incoming);
        runtime.spawn(server);
        Self { runtime, address, received }
    }

    fn has(&self, wanted: &str) -> bool {
        let received = self.received.lock().unwrap();
        received.windows(wanted.len()).any(|window| window == wanted.as_bytes())
    }
}

#[test]
fn calls_and_disk_work_are_traced_where_a_collector_is_named_and_name_nobody() {
    let collector = Collector::start();
    let desk = Desk::new();
    desk.found();
    desk.write("skillpass.toml", format!("data = \"ledger\"\ntraces = \"{}\"\n", collector.address));
    let server = Server::start_with(&desk, &["--config", "skillpass.toml"]);
    desk.authorise(&server.url);
    let worker = desk.open_worker(&server.url);
    let statement = desk.record_training(&server.url, &worker);
    assert_eq!(server.stop(), 0);

    for wanted in ["/skillpass.v1.LedgerService/Append", "journal sync", "publish", "skillpass"] {
        eventually(wanted, || collector.has(wanted));
    }
    let secrets = [&worker, "DELA CRUZ", "1996-02-29", "P1234567A", "eyJ", &statement[..64]];
    for secret in secrets {
        assert!(!collector.has(secret), "{secret}");
    }
    collector.runtime.shutdown_background();
}
