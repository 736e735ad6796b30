//! Accepting connections, never more than a limit at once: each holds its permit until it closes.

use std::future::Future as _;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpListener;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::{Instant, Sleep};
use tokio_stream::wrappers::ReceiverStream;
use tokio_stream::{Stream, StreamExt as _};
use tonic::transport::server::Connected;

use super::rates::Peer;
use crate::net::{self, ServerTls};

/// After a failed accept (out of file descriptors, mostly) the listener rests instead of spinning.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A connection that brings nothing and takes nothing for this long is closed. gRPC's keepalive brings something every
/// half minute.
const IDLE_MAX: Duration = Duration::from_secs(90);

/// A listener with a limit, and TLS if it was given.
pub(crate) struct Acceptor {
    address: SocketAddr,
    accepted: mpsc::Receiver<(Connection, SocketAddr)>,
}

impl Acceptor {
    /// Binds, and accepts from then on. Handshakes take place beside each other: one that stalls keeps nobody waiting.
    pub(crate) async fn bind(
        address: SocketAddr,
        connections: usize,
        tls: Option<ServerTls>,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let (sender, accepted) = mpsc::channel(1);
        let permits = Arc::new(Semaphore::new(connections.min(Semaphore::MAX_PERMITS)));
        tokio::spawn(accept(listener, permits, tls, sender));
        Ok(Self { address, accepted })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// As tonic takes connections.
    pub(crate) fn into_stream(self) -> impl Stream<Item = io::Result<Connection>> {
        ReceiverStream::new(self.accepted).map(|(connection, _)| Ok(connection))
    }
}

/// Accepts until nobody takes connections any more.
async fn accept(
    listener: TcpListener,
    permits: Arc<Semaphore>,
    tls: Option<ServerTls>,
    sender: mpsc::Sender<(Connection, SocketAddr)>,
) {
    loop {
        // The permit comes first: callers beyond the limit wait in the system's backlog and cost nothing here.
        let Ok(permit) = Arc::clone(&permits).acquire_owned().await else { return };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = sender.closed() => return,
        };
        let Ok((stream, peer)) = accepted else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        // Answers are small and awaited: do not let the kernel hold them back for company.
        let _ = stream.set_nodelay(true);
        let Some(tls) = tls.clone() else {
            if sender.send((Connection::new(net::Stream::Plain(stream), permit, peer), peer)).await.is_err() {
                return;
            }
            continue;
        };
        let sender = sender.clone();
        tokio::spawn(async move {
            match tls.accept(stream).await {
                // Nobody left to take it is fine.
                Ok(stream) => drop(sender.send((Connection::new(stream, permit, peer), peer)).await),
                // Scanners and mistaken clients: nothing to do here, the client is told by TLS.
                Err(error) => tracing::debug!(error = %error, "a handshake failed"),
            }
        });
    }
}

impl axum::serve::Listener for Acceptor {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        match self.accepted.recv().await {
            Some(accepted) => accepted,
            // The accepting task ends only with this receiver or with the runtime.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

/// For axum, as `connect_info` below for tonic.
impl axum::extract::connect_info::Connected<axum::serve::IncomingStream<'_, Acceptor>> for Peer {
    fn connect_info(stream: axum::serve::IncomingStream<'_, Acceptor>) -> Self {
        Self::of(stream.remote_addr().ip())
    }
}

/// One connection and its permit.
pub(crate) struct Connection {
    stream: net::Stream,
    peer: Peer,
    _permit: OwnedSemaphorePermit,
    idle: Pin<Box<Sleep>>,
    is_waiting: bool,
}

impl Connection {
    fn new(stream: net::Stream, permit: OwnedSemaphorePermit, peer: SocketAddr) -> Self {
        let idle = Box::pin(tokio::time::sleep(IDLE_MAX));
        let peer = Peer::of(peer.ip());
        Self { stream, peer, _permit: permit, idle, is_waiting: false }
    }

    /// Called when there is nothing to read; the clock runs from the first such call after something went either way.
    fn poll_idle(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.is_waiting {
            self.is_waiting = true;
            self.idle.as_mut().reset(Instant::now() + IDLE_MAX);
        }
        self.idle.as_mut().poll(context).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl Connected for Connection {
    /// For the rates alone: behind a proxy it says nothing of who calls.
    type ConnectInfo = Peer;

    fn connect_info(&self) -> Peer {
        self.peer
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_read(context, buf) {
            Poll::Ready(read) => {
                self.is_waiting = false;
                Poll::Ready(read)
            }
            Poll::Pending => self.poll_idle(context),
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, buf);
        self.is_waiting &= written.is_pending();
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, bufs);
        self.is_waiting &= written.is_pending();
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
