//! fsck
use std::path::Path;
use super::error::OpenError;
/// fsck
pub fn fsck(_dir: &Path) -> Result<FsckReport, OpenError> { todo!() }
/// What fsck found.
#[derive(Debug, Default)]
pub struct FsckReport {
    /// entries
    pub entries: u64,
    /// workers
    pub workers: u64,
    /// findings
    pub findings: Vec<Finding>,
}
/// One thing wrong: where, what, what to do.
#[derive(Debug)]
pub struct Finding {
    /// where
    pub place: String,
    /// what
    pub problem: String,
    /// remedy
    pub remedy: String,
}
