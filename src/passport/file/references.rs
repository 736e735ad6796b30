//! Nothing unreferenced, nothing dangling, one order: so that a file has room for its content and for nothing else.

use super::{FileError, Kind, LedgerPart, PASSPORTS_MAX, PassportFile, ProvenEntry};

impl PassportFile {
    /// Which institution streams are needed is checked where their statements are read; everything else is here.
    /// A missing standing or head token is left to the verifier, which names the statement or stream that lacks it.
    pub(super) fn check_references(&self) -> Result<(), FileError> {
        ascending(self.ledgers.iter().map(|part| part.origin.as_str()), "ledgers")?;
        ascending(self.statements.iter().map(|part| (part.ledger, part.place.leaf)), "statements")?;
        ascending(self.holder.iter().copied(), "holder-key statements")?;
        if self.statements.iter().any(|part| part.ledger >= self.ledgers.len()) {
            return Err(FileError::DanglingReference("a statement"));
        }
        if self.holder.iter().any(|&index| index >= self.statements.len()) {
            return Err(FileError::DanglingReference("holder"));
        }
        for (index, part) in self.ledgers.iter().enumerate() {
            self.check_ledger(index, part)?;
        }
        self.check_kind()
    }

    fn check_ledger(&self, index: usize, part: &LedgerPart) -> Result<(), FileError> {
        if self.statements_of(index).next().is_none() {
            return Err(FileError::Unreferenced("a ledger"));
        }
        ascending(part.streams.iter().map(|stream| stream.subject.as_str()), "streams")?;
        let streams = std::iter::once(&part.ledger).chain(part.streams.iter().map(|stream| &stream.entries));
        for entries in streams {
            ascending(entries.iter().map(|entry| entry.leaf), "the entries of a stream")?;
        }
        let public = part.ledger.iter().chain(part.streams.iter().flat_map(|stream| &stream.entries));
        let all: Vec<&ProvenEntry> =
            public.chain(self.statements_of(index).map(|(_, part)| &part.place)).collect();
        let mut used = vec![false; part.anchors.len()];
        for anchor in all.iter().filter_map(|entry| entry.anchor.as_ref()) {
            *used.get_mut(anchor.index).ok_or(FileError::DanglingReference("an anchor"))? = true;
        }
        if used.contains(&false) {
            return Err(FileError::Unreferenced("an anchor"));
        }
        let mut leaves: Vec<u64> = all.iter().map(|entry| entry.leaf).collect();
        leaves.sort_unstable();
        ascending(leaves.into_iter(), "leaf indexes")?;
        let statements = self.statements_of(index).count();
        // How many passports were joined is for the verifier to see; here only that no token is for nobody.
        let passports = if self.kind == Kind::Complete { statements.min(PASSPORTS_MAX) } else { 0 };
        let heads = part.streams.len().saturating_add(passports).saturating_add(1);
        if part.standing.len() > statements || part.heads.len() > heads {
            return Err(FileError::Unreferenced("a token"));
        }
        Ok(())
    }

    fn check_kind(&self) -> Result<(), FileError> {
        let rule = |rule| Err(FileError::KindRule { kind: self.kind.as_str(), rule });
        let opened = self.statements.iter().filter(|part| part.n_l.is_some()).count();
        match (self.kind, &self.presentation) {
            _ if self.statements.is_empty() => rule("holds at least one statement"),
            (Kind::Complete, _) if opened < self.statements.len() => {
                rule("opens the link of every statement")
            }
            (Kind::Presentation, _) if opened > 0 => rule("opens no link of the worker's chain"),
            (Kind::Complete, Some(_)) => rule("is bound to nobody"),
            (Kind::Presentation, None) => rule("carries the holder's signature"),
            (Kind::Presentation, _) if self.holder.is_empty() => {
                rule("carries the evidence of the holder's key")
            }
            _ => Ok(()),
        }
    }
}

fn ascending<T: PartialOrd>(items: impl Iterator<Item = T>, what: &'static str) -> Result<(), FileError> {
    let mut last: Option<T> = None;
    for item in items {
        if last.as_ref().is_some_and(|last| *last >= item) {
            return Err(FileError::NotAscending(what));
        }
        last = Some(item);
    }
    Ok(())
}
