//! Where an audit reads a log: over HTTP (C2SP tiles, also of a static copy) or gRPC.

use std::future::Future;

use crate::crypto::Hash;

/// Why nothing could be read. Nothing follows from it about the ledger.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// No answer, or not all of it.
    #[error("the log cannot be read: {0}")]
    Unreachable(String),
    /// An answer that is none.
    #[error("the log's answer is malformed: {0}")]
    Malformed(&'static str),
}

/// Reads a log. Nothing it gives is believed before it is checked.
pub trait Source: Sync {
    /// The newest checkpoint, a signed note.
    fn checkpoint(&self) -> impl Future<Output = Result<String, SourceError>> + Send;
    /// The checkpoint of exactly this size, if the source can tell.
    fn checkpoint_of(&self, size: u64) -> impl Future<Output = Result<Option<String>, SourceError>> + Send;
    /// Entries from `from` on of the tree of `size` leaves: at least one, as many as one answer holds.
    fn entries(&self, from: u64, size: u64)
    -> impl Future<Output = Result<Vec<Vec<u8>>, SourceError>> + Send;
    /// The consistency proof between two sizes.
    fn consistency(&self, old: u64, new: u64) -> impl Future<Output = Result<Vec<Hash>, SourceError>> + Send;
}
