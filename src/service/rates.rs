//! How often persons may be asked for: by peer before anything is looked at, then by credential. Alike for known and unknown
//! workers, since no worker was looked for yet.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::access::Caller;
use super::status::CallError;
use crate::ledger::ShareName;

/// Over which the rates count: so much may also come at once.
const WINDOW: Duration = Duration::from_secs(60);
/// How often a minute one share link may be tried.
const SHARE_TRIES: u32 = 30;
/// The most peers, and the most credentials, remembered at once.
const REMEMBERED_MAX: usize = 16 * 1024;

/// Where a call comes from. Behind a proxy it is the proxy, so the rate of a peer is a generous one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Peer(IpAddr);

impl Peer {
    /// An IPv6 address counts by its /64, which is what one customer has.
    pub(crate) fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V6(address) => Self(IpAddr::V6((address.to_bits() >> 64 << 64).into())),
            address @ IpAddr::V4(_) => Self(address),
        }
    }
}

/// Whose credential: a key that was verified counts alone, one that is not verified yet counts with its peer, or anyone
/// could use up the rate of a key that is not theirs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Credential {
    Verified(String),
    Claimed(Option<Peer>, String),
}

/// The rates of one server.
#[derive(Debug)]
pub(super) struct Rates {
    peers: Mutex<Buckets<Peer>>,
    credentials: Mutex<Buckets<Credential>>,
    shares: Mutex<Buckets<ShareName>>,
}

impl Rates {
    /// So many reads a minute.
    pub(super) fn new(per_peer: u32, per_credential: u32) -> Self {
        Self {
            peers: Mutex::new(Buckets::new(per_peer)),
            credentials: Mutex::new(Buckets::new(per_credential)),
            shares: Mutex::new(Buckets::new(SHARE_TRIES)),
        }
    }

    /// Before anything is parsed.
    pub(super) fn peer(&self, peer: Option<Peer>) -> Result<(), CallError> {
        peer.map_or(Ok(()), |peer| take(&self.peers, peer))
    }

    /// Before a share link is looked for, whether there is one or not.
    pub(super) fn share(&self, name: ShareName) -> Result<(), CallError> {
        take(&self.shares, name)
    }

    /// Before any worker is looked for.
    pub(super) fn credential(&self, peer: Option<Peer>, caller: &Caller) -> Result<(), CallError> {
        let credential = match caller {
            Caller::Anonymous => return Ok(()),
            Caller::Operator(operator) => Credential::Verified(operator.key.thumbprint()),
            Caller::Issuer(issuer) => Credential::Verified(issuer.clone()),
            Caller::Grantee(grantee) => Credential::Verified(grantee.kid()),
            Caller::Key(jws) => Credential::Claimed(peer, jws.kid.clone().unwrap_or_default()),
        };
        take(&self.credentials, credential)
    }
}

fn take<K: Hash + Eq>(buckets: &Mutex<Buckets<K>>, key: K) -> Result<(), CallError> {
    let mut buckets = buckets.lock().unwrap_or_else(PoisonError::into_inner);
    buckets.take(key, Instant::now()).map_err(CallError::TooManyReads)
}

/// One time a key: when its bucket will be empty again (the generic cell rate algorithm).
#[derive(Debug)]
struct Buckets<K> {
    interval: Duration,
    empty_at: HashMap<K, Instant>,
}

impl<K: Hash + Eq> Buckets<K> {
    fn new(per_minute: u32) -> Self {
        Self { interval: WINDOW.checked_div(per_minute).unwrap_or(WINDOW), empty_at: HashMap::new() }
    }

    /// Takes one, or says how long to wait.
    fn take(&mut self, key: K, now: Instant) -> Result<(), Duration> {
        if self.empty_at.len() >= REMEMBERED_MAX {
            self.empty_at.retain(|_, empty_at| *empty_at > now);
        }
        if self.empty_at.len() >= REMEMBERED_MAX {
            self.empty_at.clear();
        }
        let empty_at = self.empty_at.entry(key).or_insert(now);
        let Some(after) = (*empty_at).max(now).checked_add(self.interval) else { return Err(WINDOW) };
        let over = after.saturating_duration_since(now).saturating_sub(WINDOW);
        if over.is_zero() {
            *empty_at = after;
            Ok(())
        } else {
            Err(over)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_gives_a_minutes_worth_at_once_and_then_one_an_interval() {
        let (mut buckets, start) = (Buckets::new(3), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        for _ in 0..3 {
            assert_eq!(buckets.take("a", start), Ok(()));
        }
        assert_eq!(buckets.take("a", at(5)), Err(Duration::from_secs(15)));
        assert_eq!(buckets.take("b", at(5)), Ok(()), "others have their own");
        assert_eq!(buckets.take("a", at(20)), Ok(()));
        assert_eq!(buckets.take("a", at(20)), Err(Duration::from_secs(20)));
        assert_eq!(buckets.take("a", at(90)), Ok(()));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let (mut buckets, start) = (Buckets::new(1), Instant::now());
        for key in 0..REMEMBERED_MAX + 10 {
            assert_eq!(buckets.take(key, start), Ok(()));
        }
        assert!(buckets.empty_at.len() <= REMEMBERED_MAX);
    }

    #[test]
    fn a_peer_is_an_ipv4_address_or_an_ipv6_network() {
        let of = |text: &str| Peer::of(text.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::2"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }
}
