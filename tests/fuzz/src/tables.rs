//! What people write: spreadsheets, journeys, configuration; and what programs keep beside it.

use skillpass::audit::Kept;
use skillpass::cli::fuzz;
use skillpass::config::{Config, Flags};
use skillpass::event::Kind;
use skillpass::witness::WitnessFile;

use crate::text_of;

/// A kind, a choice, and a spreadsheet of statements.
pub fn spreadsheet(data: &[u8]) {
    let Some(([kind, choice], sheet)) = data.split_first_chunk::<2>() else { return };
    let kinds = Kind::all();
    let kind = kinds[usize::from(*kind) % kinds.len()];
    if let Err(errors) = fuzz::spreadsheet(sheet, kind, choice % 2 == 1) {
        assert!(!errors.is_empty() && errors.iter().all(|error| !error.is_empty()));
    }
}

/// A table's number and the spreadsheet of a classification or of professions.
pub fn reference_sheet(data: &[u8]) {
    let Some((table, sheet)) = data.split_first() else { return };
    if let Err(errors) = fuzz::reference_sheet(sheet, *table) {
        assert!(!errors.is_empty() && errors.iter().all(|error| !error.is_empty()));
    }
}

/// A journey of the demo.
pub fn journey(data: &[u8]) {
    let Some(text) = text_of(data) else { return };
    if let Err(message) = fuzz::journey(text, jiff::civil::date(2026, 1, 1)) {
        assert!(!message.is_empty());
    }
}

/// The server's configuration; a line `VARIABLE=VALUE` behind NUL is an environment.
pub fn config(data: &[u8]) {
    let Some(text) = text_of(data) else { return };
    let (file, environment) = text.split_once('\0').unwrap_or((text, ""));
    let variable = |name: &str| {
        environment.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('=')).map(str::to_owned)
    };
    let flags = Flags::default();
    match Config::read(Some(file), variable, &flags) {
        Ok(config) => {
            assert!(config.tls.is_some() || config.grpc.ip().is_loopback() && config.http.ip().is_loopback());
            assert!(config.limits.call.as_secs() >= 1 && config.ledger.queue >= 64);
        }
        Err(mistakes) => assert!(!mistakes.0.is_empty() && !mistakes.to_string().is_empty()),
    }
}

/// What a witness is told, and what an auditor keeps.
pub fn kept(data: &[u8]) {
    let Some(text) = text_of(data) else { return };
    if let Ok(file) = WitnessFile::parse(text) {
        assert_eq!(WitnessFile::parse(&file.to_toml()), Ok(file), "what is written is read");
    }
    if let Ok(kept) = Kept::parse(text) {
        let again = Kept::parse(&kept.to_json()).ok().map(|again| again.to_json());
        assert_eq!(again, Some(kept.to_json()), "what is written is read");
    }
}
