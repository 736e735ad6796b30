//! Judges what the clients of a ledger saw: whether a ledger that does one thing after the other, and keeps it, can have
//! answered so. Pure: a history in, the first broken rule out.
//!
//! A history is what clients noted, in the order in which they noted it: a call before it is sent, an answer after it has
//! arrived. So a call that stands behind an answer began after that answer was given; nothing else is known about order. A call
//! without an answer may have been done or not, at any moment until the server was killed, but once and for all.
//!
//! What is promised stands in SPEC.md ("Append"): an acknowledgement is for ever, the same statement is recorded at most once,
//! statements on one stream of requests are recorded in their order, erased is erased. DESIGN: one writer, so the order of
//! leaves is the order of everything.

mod appends;
mod fold;
mod log;
mod reads;
mod rule;
#[cfg(test)]
mod tests;

pub use rule::{Broken, Rule};

use fold::Folded;

/// 32 bytes.
pub type Hash = [u8; 32];

/// What a client asks. Streams (workers) and statements are numbers of the clients' own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// A statement into its stream.
    Append { stream: u64, statement: u64, expected: Option<u32> },
    /// A worker's records.
    Read { stream: u64 },
    /// The receipt of one statement.
    Look { stream: u64, statement: u64 },
    /// A worker's erasure.
    Erase { stream: u64 },
    /// The newest checkpoint.
    Checkpoint,
    /// Indexes of status lists.
    Allocate,
    /// The next generation of the keyring.
    Rotate,
}

/// Where a statement was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// In the log.
    pub leaf: u64,
    /// In its stream.
    pub revision: u32,
    /// Unix milliseconds.
    pub recorded_at: u64,
}

/// What it was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// To an append.
    Acknowledged { place: Place, repeated: bool },
    /// To an append, by reason. What says nothing about the statement (`NOT_SERVING`, `OVERLOADED`) is no answer.
    Refused(String),
    /// To a read: statements, with their leaves where the answer tells them; by ascending leaf if it tells all.
    Records(Vec<(u64, Option<u64>)>),
    /// To a look.
    Found(Place),
    /// To a read or a look: unknown, or erased.
    NotAvailable,
    /// With the leaf of the Erased entry.
    Erased { leaf: u64 },
    /// A signed tree.
    Checkpoint { size: u64, root: Hash },
    /// (list, index).
    Allocated(Vec<(String, u64)>),
    /// Now in force.
    Generation(u32),
}

/// One line of a history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Before it is sent. `operation` is unique; appends of one `lane` went one after the other over one stream of requests.
    Called { operation: u64, lane: Option<u64>, call: Call },
    /// After it has arrived.
    Answered { operation: u64, answer: Answer },
    /// A subscription begins at a leaf.
    Subscribed { subscription: u64, from: u64 },
    /// It was given an entry; its leaf hash.
    Entry { subscription: u64, leaf: u64, hash: Hash },
    /// The server is dead, and what it had sent has been read: what has no answer by now gets none.
    Killed,
    /// The whole log as it is in the end: leaf hashes, and the roots of the trees of 0, 1, 2, … leaves.
    Log { leaves: Vec<Hash>, roots: Vec<Hash> },
}

/// Whether a ledger that keeps its promises can have answered so.
pub fn check(events: &[Event]) -> Result<(), Broken> {
    let folded = Folded::of(events)?;
    appends::check(&folded)?;
    reads::check(&folded)?;
    log::check(&folded, events)
}
