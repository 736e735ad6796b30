//! What in this room reads outside bytes, as `tests/fuzz` calls it. Nothing here is for programs.

use jiff::civil::Date;

use super::demo::read_journey;
use super::import::{self, Sheet};
use super::reference_import;
use crate::event::Kind;

/// `import --check`: the number of rows that may be signed, or what is wrong.
pub fn spreadsheet(bytes: &[u8], kind: Kind, open_missing: bool) -> Result<usize, Vec<String>> {
    let sheet = sheet(bytes)?;
    import::check_rows(&sheet, kind, open_missing).map_err(|errors| told(&errors))
}

/// `reference import`: the same for the classification or table with this number, of four.
pub fn reference_sheet(bytes: &[u8], table: u8) -> Result<usize, Vec<String>> {
    let sheet = sheet(bytes)?;
    reference_import::check_rows(&sheet, table).map_err(|errors| told(&errors))
}

/// `demo --journey`: what is wrong with the file.
pub fn journey(text: &str, today: Date) -> Result<(), String> {
    read_journey(text, today).map_err(|error| error.to_string())
}

fn sheet(bytes: &[u8]) -> Result<Sheet, Vec<String>> {
    Sheet::parse(bytes).map_err(|error| vec![error.to_string()])
}

fn told(errors: &[import::CellError]) -> Vec<String> {
    errors.iter().map(|error| format!("{} {} {}", error.row, error.column, error.message)).collect()
}
