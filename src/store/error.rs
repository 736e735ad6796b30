//! Why the store refused.

/// Failure of the store below.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A batch that does not continue where the last one ended.
    #[error("the batch starts at leaf {found}, the store continues at leaf {expected}")]
    OutOfOrder {
        /// The mark's size.
        expected: u64,
        /// The batch's first leaf.
        found: u64,
    },
    /// The batch's mark does not count its entries.
    #[error("the batch's mark counts {mark} entries, but its last one makes {end}")]
    MarkMismatch {
        /// What the mark says.
        mark: u64,
        /// What first leaf and entries say.
        end: u64,
    },
    /// A public entry of a leaf that the batch does not hold.
    #[error("the batch names leaf {leaf} in a stream but does not hold it")]
    LeafOutsideBatch {
        /// The leaf.
        leaf: u64,
    },
    /// A stream that would grow with a gap or twice.
    #[error("the stream continues at revision {expected}, the batch gives revision {found}")]
    StreamGap {
        /// The stream's next revision.
        expected: u32,
        /// The batch's.
        found: u32,
    },
    /// A value that this program never writes.
    #[error("the event store holds a {what} of a wrong shape; rebuild it from the journal")]
    Damaged {
        /// Which kind of value.
        what: &'static str,
    },
    /// The database cannot be opened: set aside and rebuilt from the journal by the caller.
    #[error("the event store cannot be opened; it can be rebuilt from the journal")]
    Unopenable,
    /// It is being dropped.
    #[error("the event store is closed")]
    Closed,
    /// Another process has it open.
    #[error("another process uses this event store")]
    InUse,
    /// The file system failed.
    #[error("the event store failed to {action}: {cause}")]
    File {
        /// What was tried.
        action: &'static str,
        /// The operating system's answer.
        cause: std::io::Error,
    },
    /// The database failed in a way that has no remedy while running.
    #[error(
        "the event store failed to {action}; stop, and rebuild it from the journal if it does not open again"
    )]
    Broken {
        /// What was tried.
        action: &'static str,
    },
}

impl StoreError {
    /// A stable reason.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::OutOfOrder { .. } => "STORE_OUT_OF_ORDER",
            Self::MarkMismatch { .. } => "STORE_MARK_MISMATCH",
            Self::LeafOutsideBatch { .. } => "STORE_LEAF_OUTSIDE_BATCH",
            Self::StreamGap { .. } => "STORE_STREAM_GAP",
            Self::Damaged { .. } => "STORE_DAMAGED",
            Self::Unopenable => "STORE_UNOPENABLE",
            Self::InUse => "IN_USE",
            Self::File { .. } => "FILE_FAILED",
            Self::Broken { .. } => "STORE_BROKEN",
            Self::Closed => "STORE_CLOSED",
        }
    }
}
