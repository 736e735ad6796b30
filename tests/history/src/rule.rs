//! The rules, by name.

/// What every history keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// Answers belong to calls, and come once.
    WellFormed,
    /// A statement has one place: leaf, revision and time are the same in every answer.
    OnePlace,
    /// A leaf, and a revision of a stream, is one statement's.
    OneStatementAPlace,
    /// New once; repeated only after it was sent before.
    RecordedOnce,
    /// A later revision of a stream is a later leaf.
    StreamOrder,
    /// `recorded_at` never decreases along the log.
    TimeOrder,
    /// What was known before something else was sent stands before it in the log.
    LeafOrder,
    /// New statements of one stream of requests stand in the order in which they were sent.
    RequestOrder,
    /// Answers of one stream of requests come in the order of the requests.
    AnswerOrder,
    /// The expected revision is the one it gets, and a conflict is one.
    ExpectedRevision,
    /// What is read was sent.
    NothingInvented,
    /// What was acknowledged before is read.
    ReadYourWrites,
    /// What was read before is read.
    ReadsGrow,
    /// What was not there when every attempt at it was over never appears.
    NoLateEffect,
    /// Erased is erased, and nothing is without somebody having asked.
    ErasedStaysErased,
    /// A later checkpoint is no smaller.
    CheckpointsGrow,
    /// One root a size, whoever asks.
    OneRoot,
    /// Each checkpoint is a tree of the log.
    RootOfTheLog,
    /// A subscription gives each entry from its start on, once, in order.
    Subscription,
    /// A leaf is one entry, whoever is given it.
    OneEntryALeaf,
    /// What was acknowledged is in the log.
    AcknowledgedIsLogged,
    /// An index of a status list is handed out once.
    IndexOnce,
    /// A later generation of the keyring is greater.
    GenerationsGrow,
}

impl Rule {
    /// Every one.
    pub const ALL: [Self; 23] = [
        Self::WellFormed,
        Self::OnePlace,
        Self::OneStatementAPlace,
        Self::RecordedOnce,
        Self::StreamOrder,
        Self::TimeOrder,
        Self::LeafOrder,
        Self::RequestOrder,
        Self::AnswerOrder,
        Self::ExpectedRevision,
        Self::NothingInvented,
        Self::ReadYourWrites,
        Self::ReadsGrow,
        Self::NoLateEffect,
        Self::ErasedStaysErased,
        Self::CheckpointsGrow,
        Self::OneRoot,
        Self::RootOfTheLog,
        Self::Subscription,
        Self::OneEntryALeaf,
        Self::AcknowledgedIsLogged,
        Self::IndexOnce,
        Self::GenerationsGrow,
    ];
}

/// A rule, and where it is broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    pub rule: Rule,
    /// Of the event that shows it.
    pub event: usize,
    pub what: String,
}

impl Broken {
    pub(crate) fn new(rule: Rule, event: usize, what: impl Into<String>) -> Self {
        Self { rule, event, what: what.into() }
    }
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}, at event {}: {}", self.rule, self.event, self.what)
    }
}

impl std::error::Error for Broken {}
