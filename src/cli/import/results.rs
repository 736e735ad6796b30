//! The spreadsheets an import writes: what is wrong, and what is recorded.

use std::path::Path;

use crate::cli::error::CliError;
use crate::cli::files;

/// One thing wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) struct CellError {
    /// The spreadsheet's own row number.
    pub(in crate::cli) row: u64,
    /// The column's name; empty if the whole row is meant.
    pub(in crate::cli) column: String,
    /// Stable reason.
    pub(in crate::cli) reason: String,
    /// For people.
    pub(in crate::cli) message: String,
}

/// One recorded row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DoneRow {
    /// The spreadsheet's own row number.
    pub(super) row: u64,
    /// `urn:uuid:…` of the statement.
    pub(super) id: String,
    /// The worker it is about.
    pub(super) worker: String,
    /// Its place in the worker's stream.
    pub(super) revision: u32,
    /// The statement's hash: the `target` of what changes it later.
    pub(super) hash: String,
}

/// Writes `F.errors.csv`.
pub(super) fn write_errors(path: &Path, errors: &[CellError]) -> Result<(), CliError> {
    let rows = errors.iter().map(|error| {
        [error.row.to_string(), error.column.clone(), error.reason.clone(), error.message.clone()]
    });
    write(path, ["row", "column", "reason", "message"], rows)
}

/// Writes `F.done.csv`.
pub(super) fn write_done(path: &Path, done: &[DoneRow]) -> Result<(), CliError> {
    let rows = done.iter().map(|done| {
        let (row, revision) = (done.row.to_string(), done.revision.to_string());
        [row, done.id.clone(), done.worker.clone(), revision, done.hash.clone()]
    });
    write(path, ["row", "id", "worker", "revision", "hash"], rows)
}

fn write<const N: usize>(
    path: &Path,
    header: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
) -> Result<(), CliError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let wrong = |error: &dyn std::error::Error| {
        CliError::failed(
            "FILE_UNWRITABLE",
            format!("{} cannot be written: {error}", path.display()),
            "check the space left",
        )
    };
    writer.write_record(header).map_err(|error| wrong(&error))?;
    for row in rows {
        writer.write_record(row.map(|cell| harmless(&cell))).map_err(|error| wrong(&error))?;
    }
    let bytes = writer.into_inner().map_err(|error| wrong(&error))?;
    files::replace(path, &bytes)
}

/// A cell that no spreadsheet program takes for a formula: our messages quote what the spreadsheet held.
fn harmless(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_we_write_is_a_formula() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f.errors.csv");
        let error = CellError {
            row: 2,
            column: "=cmd()".into(),
            reason: "X".into(),
            message: "@SUM(A1), \"quoted\"".into(),
        };
        write_errors(&path, &[error]).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text, "row,column,reason,message\n2,'=cmd(),X,\"'@SUM(A1), \"\"quoted\"\"\"\n");
    }
}
