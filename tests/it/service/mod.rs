//! The server over real sockets on loopback, with the generated clients.

mod access;
mod api;
mod append;
mod assess;
mod callers;
mod desk;
mod duplicates;
mod fields;
mod follow;
mod grants;
mod holder;
mod http;
mod joined;
mod keys;
mod load;
mod overloaded;
mod passports;
mod protect;
mod public;
mod reference;
mod shares;
mod standards;
mod standing;
mod status;
mod stop;
mod trust;
mod units;

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Map, Value, json};
use skillpass::config::Limits;
use skillpass::crypto::PrivateKey;
use skillpass::ledger::Clock as _;
use skillpass::pb;
use skillpass::pb::admin_service_client::AdminServiceClient;
use skillpass::pb::ledger_service_client::LedgerServiceClient;
use skillpass::pb::passport_service_client::PassportServiceClient;
use skillpass::pb::recognition_service_client::RecognitionServiceClient;
use skillpass::pb::registry_service_client::RegistryServiceClient;
use skillpass::service::server::{self, Running};
use skillpass::service::{ACCESS_TYP, ERROR_DOMAIN, HELP_KEY};
use skillpass::statement::jws;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};
use tonic_types::StatusExt as _;

use crate::support::{ORIGIN, TestLedger, Worker};

/// Nothing in these tests may take longer; a hang is a failure.
const PATIENCE: Duration = Duration::from_secs(60);

/// A served test ledger.
pub struct Served {
    pub test: TestLedger,
    runtime: tokio::runtime::Runtime,
    running: Option<Running>,
    channel: Channel,
    http: SocketAddr,
}

impl Served {
    pub fn new() -> Self {
        Self::with_limits(&Limits::default())
    }

    pub fn with_limits(limits: &Limits) -> Self {
        Self::of(TestLedger::new(), limits)
    }

    pub fn of(test: TestLedger, limits: &Limits) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let any: SocketAddr = "127.0.0.1:0".parse().unwrap();
        let running = runtime.block_on(server::start(&test.ledger, any, any, None, limits)).unwrap();
        let endpoint = Endpoint::from_shared(format!("http://{}", running.grpc())).unwrap();
        let channel = runtime.block_on(endpoint.connect()).unwrap();
        let http = running.http();
        Self { test, runtime, running: Some(running), channel, http }
    }

    pub fn run<F: Future>(&self, work: F) -> F::Output {
        self.runtime.block_on(async { tokio::time::timeout(PATIENCE, work).await.expect("the server hangs") })
    }

    pub fn ledger(&self) -> LedgerServiceClient<Channel> {
        LedgerServiceClient::new(self.channel.clone())
    }

    pub fn passports(&self) -> PassportServiceClient<Channel> {
        PassportServiceClient::new(self.channel.clone()).max_decoding_message_size(32 * 1024 * 1024)
    }

    pub fn registry(&self) -> RegistryServiceClient<Channel> {
        RegistryServiceClient::new(self.channel.clone())
    }

    pub fn recognition(&self) -> RecognitionServiceClient<Channel> {
        RecognitionServiceClient::new(self.channel.clone())
    }

    pub fn admin(&self) -> AdminServiceClient<Channel> {
        AdminServiceClient::new(self.channel.clone())
    }

    pub fn channel(&self) -> Channel {
        self.channel.clone()
    }

    /// Where it listens: gRPC, HTTP.
    pub fn addresses(&self) -> (SocketAddr, SocketAddr) {
        (self.running.as_ref().unwrap().grpc(), self.http)
    }

    /// A connection of its own that takes no more than `window` bytes before they are read.
    pub async fn connect_with_window(&self, window: u32) -> Channel {
        let grpc = self.running.as_ref().unwrap().grpc();
        let endpoint = Endpoint::from_shared(format!("http://{grpc}")).unwrap();
        endpoint
            .initial_stream_window_size(window)
            .initial_connection_window_size(window)
            .connect()
            .await
            .unwrap()
    }

    /// The operator's private key, as `init` wrote it.
    pub fn operator(&self) -> PrivateKey {
        let mut path = self.test.dir().into_os_string();
        path.push(".operator.key");
        let jwk: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        PrivateKey::from_jwk(&jwk).unwrap()
    }

    /// Records many trainings, a hundred at a time in flight.
    pub fn record_trainings(&self, worker: &Worker, count: usize) {
        let mut left = count;
        while left > 0 {
            let lot = left.min(100);
            let submit = |_| self.test.ledger.submit(self.test.training(worker), None).unwrap();
            for answer in (0..lot).map(submit).collect::<Vec<_>>() {
                answer.blocking_recv().unwrap().unwrap();
            }
            left -= lot;
        }
    }

    /// Stops the server as `serve` does; the ledger stays open.
    pub fn stop(&mut self) {
        let running = self.running.take().unwrap();
        self.run(running.stop());
    }

    /// Starts a stop without waiting for it.
    pub fn begin_stop(&mut self) -> tokio::task::JoinHandle<()> {
        self.runtime.spawn(self.running.take().unwrap().stop())
    }

    /// One GET, as any client would make it: status line and headers, body.
    pub fn get(&self, path: &str) -> (String, Vec<u8>) {
        self.ask(&format!("GET {path} HTTP/1.1\r\nhost: {ORIGIN}\r\nconnection: close\r\n\r\n"))
    }

    /// One raw HTTP/1.1 request.
    pub fn ask(&self, request: &str) -> (String, Vec<u8>) {
        self.ask_with(request, &[])
    }

    /// The same with a body. A server that refuses a body may stop reading it.
    pub fn ask_with(&self, request: &str, body: &[u8]) -> (String, Vec<u8>) {
        use std::io::{Read as _, Write as _};
        let mut stream = std::net::TcpStream::connect(self.http).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let _ = stream.write_all(body);
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        (String::from_utf8(answer[..end].to_vec()).unwrap().to_lowercase(), answer[end + 4..].to_vec())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            self.runtime.block_on(running.stop());
        }
        self.test.ledger.close();
    }
}

/// The claims of a good credential at the test's clock.
pub fn claims(test: &TestLedger) -> Map<String, Value> {
    let now = test.clock.now_ms() / 1000;
    json!({"aud": ORIGIN, "iat": now, "exp": now + 120}).as_object().unwrap().clone()
}

/// `message` with a credential by `key`.
pub fn by<T>(test: &TestLedger, key: &PrivateKey, message: T) -> Request<T> {
    with_token(message, &jws::sign(ACCESS_TYP, &claims(test), key))
}

pub fn with_token<T>(message: T, token: &str) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    request
}

/// The stable reason of an error, which must name our domain and say what to do.
pub fn reason(status: &Status) -> String {
    let details = status.get_error_details();
    let info = details.error_info().unwrap_or_else(|| panic!("no ErrorInfo in {status:?}"));
    assert_eq!(info.domain, ERROR_DOMAIN);
    assert!(!info.metadata[HELP_KEY].is_empty());
    info.reason.clone()
}

pub fn append_request(statement: String) -> pb::AppendRequest {
    pb::AppendRequest { statement, expected_revision: None, wait_for_checkpoint: false, document: None }
}
