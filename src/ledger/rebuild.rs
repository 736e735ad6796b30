//! rebuild
use std::path::Path;
use super::error::OpenError;
/// rebuild
pub fn rebuild(_dir: &Path) -> Result<RebuildReport, OpenError> { todo!() }
/// report
#[derive(Debug)]
pub struct RebuildReport {
    /// entries
    pub entries: u64,
    /// identical
    pub identical: bool,
    /// differences
    pub differences: Vec<String>,
}
