//! Connections: how many there are of how many, and which were turned away or cut.

use std::sync::atomic::AtomicU64;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::metrics::Counted;

type Named = [(&'static str, &'static str); 1];

/// Shown from the first scrape on.
const LISTENERS: [&str; 2] = ["grpc", "http"];

/// Why a connection was turned away or cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Its peer had as many as one may have.
    PeerLimit,
    /// The TLS handshake failed or took too long.
    Handshake,
    /// It sent nothing that begins a request.
    NothingSent,
    /// It left a piece of an answer lying.
    NotReading,
    /// It was open without a call.
    Idle,
}

impl Cut {
    const ALL: [Self; 5] =
        [Self::PeerLimit, Self::Handshake, Self::NothingSent, Self::NotReading, Self::Idle];

    fn as_str(self) -> &'static str {
        match self {
            Self::PeerLimit => "PEER_LIMIT",
            Self::Handshake => "HANDSHAKE",
            Self::NothingSent => "NOTHING_SENT",
            Self::NotReading => "NOT_READING",
            Self::Idle => "IDLE",
        }
    }
}

/// Their figures.
#[derive(Debug, Clone, Default)]
pub(super) struct Connections {
    open: Family<Named, Gauge>,
    limit: Family<Named, Gauge<u64, AtomicU64>>,
    cut: Family<Named, Counter>,
}

impl Connections {
    pub(super) fn register(all: &mut Registry) -> Self {
        let new = Self::default();
        all.register("connections", "Open connections, by listener", new.open.clone());
        all.register("connection_limit", "The most there may be at once, by listener", new.limit.clone());
        let help = "Connections turned away or cut, by reason";
        all.register("connections_cut", help, new.cut.clone());
        for listener in LISTENERS {
            new.listens(listener, 0);
        }
        for cut in Cut::ALL {
            drop(new.cut.get_or_create(&[("reason", cut.as_str())]));
        }
        new
    }

    pub(super) fn listens(&self, listener: &'static str, limit: usize) {
        drop(self.open.get_or_create(&[("listener", listener)]));
        self.limit.get_or_create(&[("listener", listener)]).set(limit as u64);
    }

    pub(super) fn opened(&self, listener: &'static str) -> Counted {
        Counted::new(&self.open.get_or_create(&[("listener", listener)]))
    }

    pub(super) fn cut(&self, cut: Cut) {
        self.cut.get_or_create(&[("reason", cut.as_str())]).inc();
    }
}
