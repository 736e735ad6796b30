//! Worker ids: `wkr_` + 26 Crockford base32 characters + one ISO 7064 MOD 37,36 check character.

/// 16 random bytes that name a worker's stream.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WorkerId(pub [u8; 16]);

/// Why a text is no worker id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WorkerIdError {
    /// stub
    #[error("stub")]
    Stub,
}

impl WorkerId {
    /// The canonical spelling only.
    pub fn parse(_text: &str) -> Result<Self, WorkerIdError> {
        todo!()
    }
    /// As people type it: hyphens, upper case and Crockford's look-alikes are forgiven.
    pub fn parse_lenient(_text: &str) -> Result<Self, WorkerIdError> {
        todo!()
    }
}
impl std::fmt::Display for WorkerId {
    fn fmt(&self, _f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        todo!()
    }
}
impl std::fmt::Debug for WorkerId {
    /// Shows nothing: ids must not reach logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WorkerId(..)")
    }
}
