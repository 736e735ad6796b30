//! How much there is at once of what all share, and how much of it one peer may have.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::rates::Peer;

/// Places, counted over all and by peer.
#[derive(Debug)]
pub(super) struct Flight {
    most: usize,
    most_per_peer: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    /// Only peers that have any.
    peers: HashMap<Peer, usize>,
}

/// A place; dropped, it is free again.
#[derive(Debug)]
pub(super) struct Place {
    flight: Arc<Flight>,
    peer: Peer,
}

impl Flight {
    pub(super) fn new(most: usize, most_per_peer: usize) -> Arc<Self> {
        Arc::new(Self { most, most_per_peer, taken: Mutex::default() })
    }

    /// A place, or `None` if all are taken or this peer has its share.
    pub(super) fn take(self: &Arc<Self>, peer: Peer) -> Option<Place> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let of_peer = taken.peers.get(&peer).copied().unwrap_or(0);
        if taken.all >= self.most || of_peer >= self.most_per_peer {
            return None;
        }
        taken.all = taken.all.saturating_add(1);
        taken.peers.insert(peer, of_peer.saturating_add(1));
        drop(taken);
        Some(Place { flight: Arc::clone(self), peer })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.flight.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.all = taken.all.saturating_sub(1);
        match taken.peers.get(&self.peer).copied().unwrap_or(0).saturating_sub(1) {
            0 => drop(taken.peers.remove(&self.peer)),
            left => drop(taken.peers.insert(self.peer, left)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_bounded_over_all_and_by_peer_and_free_again() {
        let peer = |text: &str| Peer::of(text.parse().unwrap());
        let (one, two) = (peer("192.0.2.1"), peer("192.0.2.2"));
        let flight = Flight::new(3, 2);
        let first = flight.take(one).unwrap();
        let _second = flight.take(one).unwrap();
        assert!(flight.take(one).is_none(), "its share");
        let third = flight.take(two).unwrap();
        assert!(flight.take(two).is_none(), "all are taken");
        drop(third);
        assert!(flight.taken.lock().unwrap().peers.len() == 1, "a peer without any is forgotten");
        drop(first);
        assert!(flight.take(one).is_some());
    }
}
