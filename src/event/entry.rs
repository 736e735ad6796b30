//! The bytes the log hashes (DESIGN section 4 "Entry"; SPEC.md, "Entry").

use crate::crypto::Hash;
use super::{Class, StreamId, UnixMs, WorkerId};

/// Format version, the first byte of every entry.
pub const ENTRY_VERSION: u8 = 1;
/// The fixed length of a person entry.
pub const PERSON_ENTRY_BYTES: usize = 74;

/// One entry, decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// class 2: two commitments, nothing about the person.
    Person {
        /// Unix ms.
        recorded_at: UnixMs,
        /// Commitment to the statement.
        s: Hash,
        /// Link in the worker's chain.
        l: Hash,
    },
    /// class 1 or 0: in clear.
    Public {
        /// Institution or Ledger.
        class: Class,
        /// Unix ms.
        recorded_at: UnixMs,
        /// The stream.
        stream: StreamId,
        /// 0-based place in it.
        revision: u32,
        /// RFC 6962 leaf hash of the stream's previous entry; zero at revision 0.
        prev: Hash,
        /// The statement's bytes.
        statement: String,
    },
}

/// Bytes that are no entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EntryError {
    /// stub
    #[error("stub")]
    Stub,
}

impl Entry {
    /// Big-endian, fixed layout.
    pub fn encode(&self) -> Vec<u8> { todo!() }
    /// The inverse; refuses trailing bytes.
    pub fn decode(_bytes: &[u8]) -> Result<Self, EntryError> { todo!() }
    /// Unix ms.
    pub fn recorded_at(&self) -> UnixMs {
        match self { Self::Person { recorded_at, .. } | Self::Public { recorded_at, .. } => *recorded_at }
    }
}

/// S = SHA-256("skillpass/v1 statement\n" | n_s | issuer-signed JWT).
pub fn statement_commitment(n_s: &[u8; 32], jwt: &str) -> Hash {
    crate::crypto::sha256(&[b"skillpass/v1 statement\n", n_s, jwt.as_bytes()])
}

/// L = SHA-256("skillpass/v1 link\n" | n_l | worker_id | u32 revision | L_prev | u64 recorded_at | S).
pub fn link(n_l: &[u8; 32], worker: WorkerId, revision: u32, l_prev: &Hash, recorded_at: UnixMs, s: &Hash) -> Hash {
    crate::crypto::sha256(&[b"skillpass/v1 link\n", n_l, &worker.0, &revision.to_be_bytes(), l_prev, &recorded_at.to_be_bytes(), s])
}

/// L_prev at revision 0 = SHA-256("skillpass/v1 start\n" | SHA-256(genesis entry) | worker_id).
pub fn chain_start(genesis_entry_hash: &Hash, worker: WorkerId) -> Hash {
    crate::crypto::sha256(&[b"skillpass/v1 start\n", genesis_entry_hash, &worker.0])
}
