//! `log export`.
use std::path::Path;
use super::error::OpenError;
/// C2SP tlog-tiles as plain files.
pub fn export_log(_dir: &Path, _out: &Path) -> Result<u64, OpenError> { todo!() }
