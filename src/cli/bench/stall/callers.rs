//! One caller that holds a place and gives nothing for it, until the server takes the place back.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::{Channel, Endpoint};

use super::super::super::error::CliError;
use super::super::figures::failed;
use super::super::served::Served;
use crate::pb;
use crate::pb::ledger_service_client::LedgerServiceClient;

/// What a client that does not read lets the server send to it.
const WINDOW_BYTES: u32 = 4096;
/// Between two bytes of who sends them one by one.
const DRIP: Duration = Duration::from_millis(500);
/// The first bytes of HTTP/2's preface (RFC 9113 section 3.4).
const HALF_PREFACE: &[u8] = b"PRI * HTTP";
const HEADER: &[u8] = b"GET /healthz HTTP/1.1\r\nhost: x\r\nx-slow: ";
const BODY: &[u8] = b"POST /api/v1/append HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 60000\r\n\r\n";
const REQUEST: &[u8] = b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n";

/// What it does instead of what a client does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stall {
    /// Connects for gRPC and says nothing.
    Silent,
    /// Begins HTTP/2 and goes no further.
    HalfPreface,
    /// Sends a header of HTTP/1.1, a byte at a time, without end.
    SlowHeader,
    /// Likewise the body of a request.
    SlowBody,
    /// Asks for pages and reads no answer.
    PagesUnread,
    /// Appends and reads no acknowledgement.
    AcknowledgementsUnread,
    /// Subscribes and takes nothing.
    SubscriptionUnread,
}

impl Stall {
    pub(super) const ALL: [Self; 7] = [
        Self::Silent,
        Self::HalfPreface,
        Self::SlowHeader,
        Self::SlowBody,
        Self::PagesUnread,
        Self::AcknowledgementsUnread,
        Self::SubscriptionUnread,
    ];

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Silent => "says nothing",
            Self::HalfPreface => "half a preface",
            Self::SlowHeader => "a header byte by byte",
            Self::SlowBody => "a body byte by byte",
            Self::PagesUnread => "reads no page",
            Self::AcknowledgementsUnread => "reads no acknowledgement",
            Self::SubscriptionUnread => "reads no subscription",
        }
    }
}

/// Where to, and with what.
#[derive(Debug, Clone)]
pub(super) struct Target {
    grpc: String,
    http: String,
    /// More of them than the acknowledgements of which a window holds.
    statements: Arc<[String]>,
}

impl Target {
    pub(super) fn of(served: &Served, statements: Arc<[String]>) -> Self {
        let grpc = served.url().trim_start_matches("http://").to_owned();
        Self { grpc, http: served.http().to_owned(), statements }
    }

    /// Stalls; answers how long the server put up with it. A subscription ends unseen by who reads nothing of it: it is held
    /// for ever, and the server's own count tells.
    pub(super) async fn stall(self, how: Stall) -> Result<Duration, CliError> {
        let began = Instant::now();
        match how {
            Stall::Silent => until_closed(&self.grpc, b"", false).await?,
            Stall::HalfPreface => until_closed(&self.grpc, HALF_PREFACE, false).await?,
            Stall::SlowHeader => until_closed(&self.http, HEADER, true).await?,
            Stall::SlowBody => until_closed(&self.http, BODY, true).await?,
            Stall::PagesUnread => {
                let mut stream = connect(&self.http).await?;
                while stream.write_all(REQUEST).await.is_ok() {}
            }
            Stall::AcknowledgementsUnread => self.append_unread().await?,
            Stall::SubscriptionUnread => {
                let mut client = self.client().await?;
                let subscribed = client.subscribe(pb::SubscribeRequest { from: 0 }).await;
                let _unread = subscribed.map_err(|_| failed("a subscription was refused"))?;
                std::future::pending::<()>().await;
            }
        }
        Ok(began.elapsed())
    }

    async fn client(&self) -> Result<LedgerServiceClient<Channel>, CliError> {
        let endpoint = Endpoint::from_shared(format!("http://{}", self.grpc));
        let endpoint = endpoint.map_err(|_| failed("the server's address is none"))?;
        let endpoint =
            endpoint.initial_stream_window_size(WINDOW_BYTES).initial_connection_window_size(WINDOW_BYTES);
        let channel = endpoint.connect().await.map_err(|_| failed("a caller was not let in"))?;
        Ok(LedgerServiceClient::new(channel))
    }

    /// The server gives up on the connection: who sends is told so without having read anything.
    async fn append_unread(self) -> Result<(), CliError> {
        let mut client = self.client().await?;
        let (sender, requests) = mpsc::channel(4);
        let opened = client.append_stream(ReceiverStream::new(requests)).await;
        let _unread = opened.map_err(|_| failed("a stream was refused"))?;
        for (request_id, statement) in (0..).zip(self.statements.iter().cycle()) {
            let statement = statement.clone();
            let request =
                pb::AppendStreamRequest { request_id, statement, expected_revision: None, document: None };
            if sender.send(request).await.is_err() {
                break;
            }
        }
        Ok(())
    }
}

async fn connect(address: &str) -> Result<TcpStream, CliError> {
    TcpStream::connect(address).await.map_err(|_| failed("a caller was not let in"))
}

/// Sends `head`, and if it drips a byte now and then, until the server has closed; an answer before that is passed over.
async fn until_closed(address: &str, head: &[u8], drips: bool) -> Result<(), CliError> {
    let mut stream = connect(address).await?;
    stream.write_all(head).await.map_err(|_| failed("a caller was closed at once"))?;
    let (mut reading, mut writing) = stream.into_split();
    let drip = async {
        while drips && writing.write_all(b"x").await.is_ok() {
            tokio::time::sleep(DRIP).await;
        }
        std::future::pending::<()>().await;
    };
    let mut answer = [0; 4096];
    let close = async { while !matches!(reading.read(&mut answer).await, Ok(0) | Err(_)) {} };
    tokio::select! {
        () = drip => {}
        () = close => {}
    }
    Ok(())
}
