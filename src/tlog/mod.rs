//! RFC 6962 Merkle maths, C2SP signed notes, checkpoints, cosignatures, policies and tile paths: bytes, not events.
//!
//! **Never:** I/O, a clock, any room but `crypto`. SPEC.md, "Tree", "Checkpoint".

use crate::crypto::{Hash, PrivateKey, PublicKey};

/// STUB: a variant per broken rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TlogError {
    /// stub
    #[error("stub")]
    Stub,
}

/// SHA-256(0x00 | data).
pub fn leaf_hash(data: &[u8]) -> Hash { crate::crypto::sha256(&[&[0], data]) }
/// SHA-256(0x01 | left | right).
pub fn node_hash(left: &Hash, right: &Hash) -> Hash { crate::crypto::sha256(&[&[1], left, right]) }

/// The hashes of the complete subtrees of a tree's right edge: enough to append and to give the root.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier { size: u64, nodes: Vec<Hash> }
impl Frontier {
    /// Appends a leaf hash. Calls `complete(level, index, hash)` for the leaf (level 0) and each subtree it completes.
    pub fn push(&mut self, _leaf: Hash, _complete: impl FnMut(u8, u64, &Hash)) { todo!() }
    /// Number of leaves.
    pub fn size(&self) -> u64 { self.size }
    /// The root hash; SHA-256("") when empty.
    pub fn root(&self) -> Hash { todo!() }
    /// u64 size | nodes, left to right (largest first).
    pub fn encode(&self) -> Vec<u8> { todo!() }
    /// The inverse.
    pub fn decode(_bytes: &[u8]) -> Result<Self, TlogError> { todo!() }
}

/// Where the hashes of complete subtrees are read from: node (level, index) covers leaves [index << level, (index + 1) << level).
pub trait HashReader {
    /// The reader's own failure.
    type Error: From<TlogError>;
    /// Reads one complete subtree's hash.
    fn hash(&self, level: u8, index: u64) -> Result<Hash, Self::Error>;
}
/// The root of the first `size` leaves.
pub fn root<R: HashReader>(_reader: &R, _size: u64) -> Result<Hash, R::Error> { todo!() }
/// RFC 6962 PATH(index, D[size]), leaf's sibling first.
pub fn inclusion_proof<R: HashReader>(_reader: &R, _size: u64, _index: u64) -> Result<Vec<Hash>, R::Error> { todo!() }
/// RFC 6962 PROOF(old, D[new]).
pub fn consistency_proof<R: HashReader>(_reader: &R, _old: u64, _new: u64) -> Result<Vec<Hash>, R::Error> { todo!() }
/// RFC 9162 section 2.1.3.2.
pub fn verify_inclusion(_index: u64, _size: u64, _leaf: &Hash, _proof: &[Hash], _root: &Hash) -> Result<(), TlogError> { todo!() }
/// RFC 9162 section 2.1.4.2.
pub fn verify_consistency(_old: u64, _new: u64, _old_root: &Hash, _new_root: &Hash, _proof: &[Hash]) -> Result<(), TlogError> { todo!() }

/// A C2SP verifier key: `name+hex8(keyid)+base64(type||key)`; type 0x01 (log) or 0x04 (cosigner), Ed25519.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey { name: String, id: [u8; 4], cosigner: bool, key: PublicKey }
impl VerifierKey {
    /// Parses and checks the key id.
    pub fn parse(_text: &str) -> Result<Self, TlogError> { todo!() }
    /// A log's key (type 0x01).
    pub fn log(_name: &str, _key: &PublicKey) -> Result<Self, TlogError> { todo!() }
    /// A witness's key (type 0x04).
    pub fn cosigner(_name: &str, _key: &PublicKey) -> Result<Self, TlogError> { todo!() }
    /// Key name.
    pub fn name(&self) -> &str { &self.name }
    /// Whether it cosigns.
    pub fn is_cosigner(&self) -> bool { self.cosigner }
    /// The Ed25519 key.
    pub fn key(&self) -> &PublicKey { &self.key }
}
impl std::fmt::Display for VerifierKey { fn fmt(&self, _f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { todo!() } }

/// origin, size, root (C2SP tlog-checkpoint).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's identity line.
    pub origin: String,
    /// Tree size.
    pub size: u64,
    /// Root hash.
    pub root: Hash,
}
impl Checkpoint {
    /// The note text, three lines.
    pub fn text(&self) -> String { todo!() }
    /// Text and signature lines by each of `keys` (C2SP signed-note, type 0x01), key name = origin.
    pub fn sign(&self, _keys: &[&PrivateKey]) -> Result<String, TlogError> { todo!() }
}

/// A signed note that was parsed; which signatures count is for the keys handed in to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    /// What was signed.
    pub checkpoint: Checkpoint,
    /// The whole note as received.
    pub note: String,
}
impl SignedCheckpoint {
    /// Parses a note and verifies it under at least one of the log's keys (name must equal the origin; unknown
    /// signatures ignored; a known-but-bad one refuses the whole note). Extension lines are refused.
    pub fn verify(_note: &str, _log_keys: &[VerifierKey]) -> Result<Self, TlogError> { todo!() }
    /// The valid cosignatures by `witnesses`: (index in `witnesses`, timestamp in Unix seconds).
    pub fn cosignatures(&self, _witnesses: &[VerifierKey]) -> Result<Vec<(usize, u64)>, TlogError> { todo!() }
    /// The same note with one more signature line.
    pub fn with_line(&self, _line: &str) -> Result<Self, TlogError> { todo!() }
}
/// A cosignature/v1 line (with LF) by `key` named `name` over the checkpoint at `timestamp` Unix seconds.
pub fn cosign(_checkpoint: &Checkpoint, _name: &str, _key: &PrivateKey, _timestamp: u64) -> Result<String, TlogError> { todo!() }

/// C2SP tlog-policy: logs, witnesses, groups, one quorum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy { witnesses: Vec<VerifierKey> }
impl Policy {
    /// Parses the policy text.
    pub fn parse(_text: &str) -> Result<Self, TlogError> { todo!() }
    /// The log keys named by it.
    pub fn logs(&self) -> &[VerifierKey] { todo!() }
    /// The witnesses.
    pub fn witnesses(&self) -> &[VerifierKey] { &self.witnesses }
    /// Witnesses with their submission URL, if given.
    pub fn witness_urls(&self) -> Vec<(&VerifierKey, Option<&str>)> { todo!() }
    /// True when `quorum none`.
    pub fn requires_none(&self) -> bool { todo!() }
    /// Whether the witnesses at these indexes reach the quorum.
    pub fn is_met_by(&self, _witnesses: &[usize]) -> bool { todo!() }
}

/// What a C2SP tlog-tiles path under `/tile/` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TilePath {
    /// `tile/<L>/<N>[.p/<W>]`
    Hashes {
        /// Tile level, 0..=63; its hashes are tree level 8 × level.
        level: u8,
        /// Tile index.
        index: u64,
        /// 1..=256 hashes.
        width: u16,
    },
    /// `tile/entries/<N>[.p/<W>]`
    Entries {
        /// Bundle index.
        index: u64,
        /// 1..=256 entries.
        width: u16,
    },
}
impl TilePath {
    /// Parses the part after the prefix: `tile/0/x001/067` …
    pub fn parse(_path: &str) -> Result<Self, TlogError> { todo!() }
    /// The inverse.
    pub fn path(&self) -> String { todo!() }
    /// Whether a tree of `size` leaves has it (full, or partial of exactly this or a smaller width).
    pub fn exists_at(&self, _size: u64) -> bool { todo!() }
}
