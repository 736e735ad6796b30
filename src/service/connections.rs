//! Accepting connections, never more than a limit at once and from one peer: each holds its places until it closes, and is
//! closed when it holds them without use.

use std::future::Future as _;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::{Instant, Sleep};
use tokio_stream::wrappers::ReceiverStream;
use tokio_stream::{Stream, StreamExt as _};
use tonic::transport::server::Connected;

use super::flight::{Flight, Place};
use super::line::{Line, Patience};
use super::rates::Peer;
use crate::config::Limits;
use crate::net::{self, ServerTls};
use crate::telemetry::{Counted, Cut, Metrics};

/// After a failed accept (out of file descriptors, mostly) the listener rests instead of spinning.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// What must have come before a connection is taken to have begun: the preface of HTTP/2 (RFC 9113 section 3.4); no request of
/// HTTP/1.1 is much shorter.
const BEGINNING_BYTES: usize = 24;

/// Who is let in.
pub(super) struct Gate {
    /// `grpc` or `http`.
    listener: &'static str,
    all: Arc<Semaphore>,
    peers: Arc<Flight>,
    patience: Patience,
    metrics: Metrics,
    tls: Option<ServerTls>,
}

/// The places of one connection; free again when it is dropped.
struct Places {
    _all: OwnedSemaphorePermit,
    _peer: Place,
    _counted: Counted,
}

impl Gate {
    /// As `limits` say.
    pub(super) fn new(
        listener: &'static str,
        limits: &Limits,
        metrics: &Metrics,
        tls: Option<ServerTls>,
    ) -> Self {
        let connections = limits.connections.min(Semaphore::MAX_PERMITS);
        metrics.listens(listener, connections);
        Self {
            listener,
            all: Arc::new(Semaphore::new(connections)),
            // The semaphore counts all: a place there may be free a moment before the one here.
            peers: Flight::new(usize::MAX, limits.connections_per_peer),
            patience: Patience::of(limits),
            metrics: metrics.clone(),
            tls,
        }
    }

    /// The handshake, if there is one to be made.
    async fn greet(&self, stream: TcpStream, peer: Peer, places: Places) -> Option<Connection> {
        let stream = match &self.tls {
            None => net::Stream::Plain(stream),
            Some(tls) => match tls.accept(stream, self.patience.begin).await {
                Ok(stream) => stream,
                // Scanners and mistaken clients: nothing to do here, the client is told by TLS.
                Err(error) => {
                    tracing::debug!(error = %error, "a handshake failed");
                    self.metrics.connection_cut(Cut::Handshake);
                    return None;
                }
            },
        };
        Some(Connection::new(stream, Line::new(peer), self.patience, self.metrics.clone(), places))
    }
}

/// A listener with its limits, and TLS if it was given.
pub(super) struct Acceptor {
    address: SocketAddr,
    accepted: mpsc::Receiver<Connection>,
}

impl Acceptor {
    /// Binds, and accepts from then on. Handshakes take place beside each other: one that stalls keeps nobody waiting.
    pub(super) async fn bind(address: SocketAddr, gate: Gate) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let (sender, accepted) = mpsc::channel(1);
        tokio::spawn(accept(listener, Arc::new(gate), sender));
        Ok(Self { address, accepted })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The next connection; `None` once nothing is accepted any more.
    pub(super) async fn next(&mut self) -> Option<Connection> {
        self.accepted.recv().await
    }

    /// As tonic takes connections.
    pub(super) fn into_stream(self) -> impl Stream<Item = io::Result<Connection>> {
        ReceiverStream::new(self.accepted).map(Ok)
    }
}

/// Accepts until nobody takes connections any more.
async fn accept(listener: TcpListener, gate: Arc<Gate>, sender: mpsc::Sender<Connection>) {
    loop {
        // The permit comes first: callers beyond the limit wait in the system's backlog and cost nothing here.
        let Ok(permit) = Arc::clone(&gate.all).acquire_owned().await else { return };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = sender.closed() => return,
        };
        let Ok((stream, address)) = accepted else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let peer = Peer::of(address.ip());
        let Some(place) = gate.peers.take(peer) else {
            gate.metrics.connection_cut(Cut::PeerLimit);
            continue;
        };
        // Answers are small and awaited: do not let the kernel hold them back for company.
        let _ = stream.set_nodelay(true);
        let counted = gate.metrics.connection(gate.listener);
        let places = Places { _all: permit, _peer: place, _counted: counted };
        let (gate, sender) = (Arc::clone(&gate), sender.clone());
        tokio::spawn(async move {
            if let Some(connection) = gate.greet(stream, peer, places).await {
                // Nobody left to take it is fine.
                drop(sender.send(connection).await);
            }
        });
    }
}

/// One connection and its places.
pub(super) struct Connection {
    stream: net::Stream,
    line: Line,
    patience: Patience,
    metrics: Metrics,
    opened: Instant,
    /// Received of the first bytes.
    begun: usize,
    /// When it is looked at next.
    look: Pin<Box<Sleep>>,
    is_cut: bool,
    _places: Places,
}

impl Connection {
    fn new(stream: net::Stream, line: Line, patience: Patience, metrics: Metrics, places: Places) -> Self {
        let look = Box::pin(tokio::time::sleep(patience.look_every()));
        let opened = Instant::now();
        Self { stream, line, patience, metrics, opened, begun: 0, look, is_cut: false, _places: places }
    }

    /// What its calls know of it.
    pub(super) fn line(&self) -> Line {
        self.line.clone()
    }

    /// Called when the socket has nothing to read or no room to write: from time to time that is a reason to look.
    fn poll_patience(&mut self, context: &mut Context<'_>) -> Poll<io::Error> {
        while !self.is_cut {
            std::task::ready!(self.look.as_mut().poll(context));
            match self.overstays() {
                Some(cut) => {
                    self.metrics.connection_cut(cut);
                    self.is_cut = true;
                }
                None => self.look.set(tokio::time::sleep(self.patience.look_every())),
            }
        }
        Poll::Ready(io::ErrorKind::TimedOut.into())
    }

    fn overstays(&self) -> Option<Cut> {
        let Patience { begin, take, idle } = self.patience;
        if self.begun < BEGINNING_BYTES && self.opened.elapsed() >= begin {
            Some(Cut::NothingSent)
        } else if self.line.leaves_lying(take) {
            Some(Cut::NotReading)
        } else {
            self.line.is_idle(idle).then_some(Cut::Idle)
        }
    }
}

impl Connected for Connection {
    type ConnectInfo = Line;

    fn connect_info(&self) -> Line {
        self.line()
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        match Pin::new(&mut self.stream).poll_read(context, buf) {
            Poll::Ready(read) => {
                self.begun = self.begun.saturating_add(buf.filled().len().saturating_sub(before));
                Poll::Ready(read)
            }
            Poll::Pending => self.poll_patience(context).map(Err),
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.stream).poll_write(context, buf) {
            Poll::Pending => self.poll_patience(context).map(Err),
            written @ Poll::Ready(_) => written,
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.stream).poll_write_vectored(context, bufs) {
            Poll::Pending => self.poll_patience(context).map(Err),
            written @ Poll::Ready(_) => written,
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_flush(context) {
            Poll::Pending => self.poll_patience(context).map(Err),
            flushed @ Poll::Ready(_) => flushed,
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_shutdown(context) {
            Poll::Pending => self.poll_patience(context).map(Err),
            shut @ Poll::Ready(_) => shut,
        }
    }
}
