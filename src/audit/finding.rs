//! What an audit finds.

/// How one check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It holds.
    Consistent,
    /// It cannot be decided now.
    Undecided,
    /// The ledger contradicts itself, or is not the ledger it should be.
    Contradicted,
}

/// A file of evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// File name.
    pub name: &'static str,
    /// Its bytes, as the ledger (or witness, or passport file) gave them.
    pub bytes: Vec<u8>,
}

impl Evidence {
    /// Names some bytes.
    pub fn new(name: &'static str, bytes: impl Into<Vec<u8>>) -> Self {
        Self { name, bytes: bytes.into() }
    }
}

/// One check, its end, and what shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How it ended.
    pub outcome: Outcome,
    /// Stable: the check's name when it holds, else the reason.
    pub reason: &'static str,
    /// For people.
    pub detail: String,
    /// Empty unless contradicted.
    pub evidence: Vec<Evidence>,
}

impl Finding {
    pub(super) fn holds(check: &'static str, detail: impl Into<String>) -> Self {
        Self { outcome: Outcome::Consistent, reason: check, detail: detail.into(), evidence: Vec::new() }
    }

    pub(super) fn open(reason: &'static str, detail: impl Into<String>) -> Self {
        Self { outcome: Outcome::Undecided, reason, detail: detail.into(), evidence: Vec::new() }
    }

    pub(super) fn against(reason: &'static str, detail: impl Into<String>, evidence: Vec<Evidence>) -> Self {
        Self { outcome: Outcome::Contradicted, reason, detail: detail.into(), evidence }
    }
}
