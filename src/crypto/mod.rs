//! Hashing, Ed25519 and ES256 keys, JWK, sealing, base64url: the only room that names a crypto crate.
//!
//! **Never:** I/O, a clock, randomness of its own (callers hand in an [`Entropy`]), any other room.
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

mod ed25519;
mod encoding;
mod key;
#[cfg(feature = "server")]
mod passphrase;
mod seal;
mod web;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

pub use ed25519::BusyKeys;
pub use encoding::{
    EncodingError, base64_decode, base64_encode, base64url_decode, base64url_decode_exactly,
    base64url_decode_in, base64url_encode, base64url_encode_hash, hex_decode, hex_encode,
};
pub use key::{Algorithm, KeyError, PrivateKey, PublicKey, SIGNATURE_BYTES, wipe_jwk};
#[cfg(feature = "server")]
pub use passphrase::{PassphraseCost, PassphraseError, passphrase_key};
pub use seal::{SEAL_OVERHEAD_BYTES, SealError, SealKey, open, seal};
pub use web::{BOX_KEY_BYTES, close_box, derive, open_box};

/// A SHA-256 value (FIPS 180-4).
pub type Hash = [u8; 32];

/// SHA-256 over the concatenation of `parts`.
pub fn sha256(parts: &[&[u8]]) -> Hash {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// HMAC-SHA-256 (RFC 2104) over the concatenation of `parts`.
pub fn hmac_sha256(key: &[u8; 32], parts: &[&[u8]]) -> Hash {
    // RFC 2104: a key shorter than the block is padded with zero bytes.
    let mut block = [0; 64];
    block[..32].copy_from_slice(key);
    let mut mac = Hmac::<Sha256>::new(&block.into());
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// A source of unpredictable bytes, handed in by the caller so that the rules stay pure.
pub trait Entropy {
    /// Fills `buf` with unpredictable bytes.
    fn fill(&mut self, buf: &mut [u8]);

    /// `N` unpredictable bytes.
    fn bytes<const N: usize>(&mut self) -> [u8; N]
    where
        Self: Sized,
    {
        let mut out = [0; N];
        self.fill(&mut out);
        out
    }
}

/// The operating system's random source. Aborts the process when it fails: a weak key is worse than none.
#[cfg(feature = "server")]
#[derive(Debug, Default, Clone, Copy)]
pub struct OsEntropy;

#[cfg(feature = "server")]
impl Entropy for OsEntropy {
    #[expect(clippy::expect_used, reason = "without randomness no key or salt may be made")]
    fn fill(&mut self, buf: &mut [u8]) {
        #[cfg(test)]
        if seeded::fill(buf) {
            return;
        }
        getrandom::fill(buf).expect("the operating system's random source failed");
    }
}

/// A simulation draws everything from its seed, so that it can be played again.
#[cfg(all(test, feature = "server"))]
pub(crate) mod seeded {
    use std::cell::RefCell;

    use super::{Entropy as _, SeededEntropy};

    thread_local! {
        static SEED: RefCell<Option<SeededEntropy>> = const { RefCell::new(None) };
    }

    /// From here on [`super::OsEntropy`] gives this thread the bytes of `seed`; `None`: the operating system's again.
    pub(crate) fn set(seed: Option<SeededEntropy>) {
        SEED.set(seed);
    }

    pub(super) fn fill(buf: &mut [u8]) -> bool {
        SEED.with_borrow_mut(|seed| seed.as_mut().map(|seed| seed.fill(buf)).is_some())
    }
}

/// [`OsEntropy`], fetched a little ahead: each fetch is a system call. What was handed out is wiped here.
#[cfg(feature = "server")]
pub struct PooledEntropy {
    pool: zeroize::Zeroizing<Vec<u8>>,
    at_once: usize,
}

#[cfg(feature = "server")]
impl std::fmt::Debug for PooledEntropy {
    /// Shows nothing: keys are made of it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PooledEntropy(..)")
    }
}

#[cfg(feature = "server")]
impl PooledEntropy {
    /// Fetches so many bytes at once.
    pub fn fetching(at_once: usize) -> Self {
        Self { pool: zeroize::Zeroizing::default(), at_once }
    }
}

#[cfg(feature = "server")]
impl Default for PooledEntropy {
    fn default() -> Self {
        Self::fetching(4096)
    }
}

#[cfg(feature = "server")]
impl Entropy for PooledEntropy {
    fn fill(&mut self, buf: &mut [u8]) {
        if self.pool.len() < buf.len() {
            self.pool.resize(buf.len().max(self.at_once), 0);
            OsEntropy.fill(&mut self.pool);
        }
        let rest = self.pool.len().saturating_sub(buf.len());
        let (_, taken) = self.pool.split_at_mut(rest);
        buf.copy_from_slice(taken);
        taken.fill(0);
        self.pool.truncate(rest);
    }
}

/// Deterministic bytes for tests and golden vectors: SHA-256 in counter mode over a seed. Never for real keys.
#[derive(Debug, Clone)]
pub struct SeededEntropy {
    seed: Hash,
    counter: u64,
}

impl SeededEntropy {
    /// Every run with the same label gives the same bytes.
    pub fn new(label: &str) -> Self {
        Self { seed: sha256(&[label.as_bytes()]), counter: 0 }
    }
}

impl Entropy for SeededEntropy {
    fn fill(&mut self, buf: &mut [u8]) {
        for chunk in buf.chunks_mut(32) {
            let block = sha256(&[&self.seed, &self.counter.to_be_bytes()]);
            self.counter = self.counter.wrapping_add(1);
            chunk.iter_mut().zip(block).for_each(|(byte, random)| *byte = random);
        }
    }
}

#[cfg(all(test, feature = "server"))]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_of_a_secret_holds_none_of_it() {
        let mut pooled = PooledEntropy::default();
        pooled.bytes::<32>();
        assert_eq!(format!("{pooled:?}"), "PooledEntropy(..)");
        assert_eq!(format!("{:?}", SealKey::from_bytes([7; 32])), "SealKey(..)");
        let key = PrivateKey::generate_ed25519(&mut pooled);
        assert_eq!(format!("{key:?}"), format!("PrivateKey({})", key.public().thumbprint()));
        let es256 = PrivateKey::generate_es256(&mut pooled);
        assert_eq!(format!("{es256:?}"), format!("PrivateKey({})", es256.public().thumbprint()));
    }

    #[test]
    fn secrets_are_wiped_when_they_are_dropped() {
        fn is_wiped<T: zeroize::ZeroizeOnDrop>() {}
        is_wiped::<SealKey>();
        is_wiped::<ed25519_dalek::SigningKey>();
        is_wiped::<p256::ecdsa::SigningKey>();
        is_wiped::<zeroize::Zeroizing<Vec<u8>>>();
    }

    #[test]
    fn pooled_bytes_are_handed_out_once() {
        let mut seen = std::collections::HashSet::new();
        for mut pooled in [PooledEntropy::default(), PooledEntropy::fetching(16), PooledEntropy::fetching(0)]
        {
            for _ in 0..500 {
                assert!(seen.insert(pooled.bytes::<16>()), "128 random bits twice");
                assert!(pooled.bytes::<88>() != [0; 88]);
            }
            let large = pooled.bytes::<10_000>();
            assert!(large.chunks(16).all(|part| part.iter().any(|&byte| byte != 0)));
        }
    }
}
