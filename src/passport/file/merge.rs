//! Several ledgers, one worker, one file.

use super::{FileError, Kind, PassportFile};

impl PassportFile {
    /// One file of complete files from different ledgers. That they speak of one worker is for the verifier to see:
    /// every `sub` in a file must be the same.
    pub fn merge(files: &[Self]) -> Result<Self, FileError> {
        if files.iter().any(|file| file.kind != Kind::Complete) {
            return Err(FileError::Unmergeable("a presentation is bound as it is"));
        }
        let mut parts: Vec<(&Self, usize)> =
            files.iter().flat_map(|file| (0..file.ledgers.len()).map(move |ledger| (file, ledger))).collect();
        let origin =
            |(file, ledger): &(&Self, usize)| file.ledgers.get(*ledger).map(|part| part.origin.clone());
        parts.sort_by_key(origin);
        let mut merged = Self {
            kind: Kind::Complete,
            ledgers: Vec::new(),
            statements: Vec::new(),
            holder: Vec::new(),
            presentation: None,
        };
        for (file, ledger) in parts {
            let Some(part) = file.ledgers.get(ledger) else { continue };
            if merged.ledgers.last().is_some_and(|last| last.origin == part.origin) {
                return Err(FileError::Unmergeable("one ledger is in two of them; export it once"));
            }
            for (index, statement) in file.statements_of(ledger) {
                if file.holder.contains(&index) {
                    merged.holder.push(merged.statements.len());
                }
                let mut statement = statement.clone();
                statement.ledger = merged.ledgers.len();
                merged.statements.push(statement);
            }
            merged.ledgers.push(part.clone());
        }
        merged.check_references()?;
        Ok(merged)
    }
}
