//! Reads: everything that was there stays, but what was erased; nothing appears of which nobody knows.

use crate::fold::{Folded, Operation, Statement};
use crate::{Answer, Broken, Call, Rule};

pub(crate) fn check(folded: &Folded<'_>) -> Result<(), Broken> {
    let sent = folded.sent();
    for (number, operations) in folded.by_stream() {
        let statements = sent.get(&number).map(Vec::as_slice).unwrap_or_default();
        let stream = Stream { number, operations: &operations, statements };
        let erased = stream.erased()?;
        stream.stays_erased(erased)?;
        for operation in &operations {
            stream.shows(operation)?;
        }
    }
    Ok(())
}

struct Stream<'a> {
    number: u64,
    operations: &'a [&'a Operation<'a>],
    statements: &'a [(u64, &'a Statement)],
}

impl Stream<'_> {
    /// Whether something of it was known before a moment.
    fn was_known(&self, before: usize) -> bool {
        self.statements.iter().any(|(_, statement)| statement.known < before)
    }

    /// Whether an erasure can have been done before a moment; `but`: other than by this call.
    fn may_be_erased(&self, before: usize, but: Option<usize>) -> bool {
        let asked = |operation: &&&Operation<'_>| {
            matches!(operation.call, Call::Erase { .. })
                && operation.called < before
                && Some(operation.called) != but
        };
        self.operations.iter().any(|operation| asked(&operation))
    }

    /// From when on it is known to be erased. What is gone must have been erased on somebody's word.
    fn erased(&self) -> Result<usize, Broken> {
        let mut since = usize::MAX;
        for operation in self.operations {
            let Some((at, answer)) = operation.answer else { continue };
            let known = self.was_known(operation.called);
            let is_gone = match (operation.call, answer) {
                (Call::Erase { .. }, Answer::Erased { .. }) => true,
                (Call::Erase { .. }, Answer::NotAvailable) if known => {
                    self.gone_on_purpose(operation, Some(operation.called))?
                }
                (Call::Read { .. }, Answer::NotAvailable) if known => {
                    self.gone_on_purpose(operation, None)?
                }
                (Call::Look { statement, .. }, Answer::NotAvailable) => {
                    let one = self.statements.iter().find(|(number, _)| number == statement);
                    let known = one.is_some_and(|(_, one)| one.known < operation.called);
                    known && self.gone_on_purpose(operation, None)?
                }
                (Call::Append { .. }, Answer::Refused(reason)) if reason == "UNKNOWN_WORKER" && known => {
                    return Err(self.lost(at, "is unknown now"));
                }
                (Call::Append { .. }, Answer::Refused(reason)) if reason == "ERASED" => {
                    if !self.may_be_erased(at, None) {
                        let what = format!("stream {} is erased, and nobody asked for it", self.number);
                        return Err(Broken::new(Rule::ErasedStaysErased, at, what));
                    }
                    true
                }
                _ => false,
            };
            if is_gone {
                since = since.min(at);
            }
        }
        Ok(since)
    }

    fn gone_on_purpose(&self, operation: &Operation<'_>, but: Option<usize>) -> Result<bool, Broken> {
        let at = operation.answered();
        if self.may_be_erased(at, but) { Ok(true) } else { Err(self.lost(at, "is not available now")) }
    }

    fn lost(&self, at: usize, what: &str) -> Broken {
        let what = format!("stream {} had records, and {what}; nobody erased it", self.number);
        Broken::new(Rule::ReadYourWrites, at, what)
    }

    fn stays_erased(&self, since: usize) -> Result<(), Broken> {
        let broken = |at, what: String| Err(Broken::new(Rule::ErasedStaysErased, at, what));
        for operation in self.operations.iter().filter(|operation| operation.called > since) {
            let Some((at, answer)) = operation.answer else { continue };
            if matches!(answer, Answer::Records(_) | Answer::Found(_) | Answer::Acknowledged { .. }) {
                return broken(at, format!("stream {} was erased, and answers {answer:?}", self.number));
            }
        }
        let ends = self.operations.iter().filter_map(|operation| match operation.answer? {
            (at, Answer::Erased { leaf }) => Some((at, *leaf)),
            _ => None,
        });
        for (at, end) in ends {
            if let Some((number, _)) = self.statements.iter().find(|(_, one)| one.leaf > Some(end)) {
                return broken(
                    at,
                    format!("stream {} ends at leaf {end}, and statement {number} is after it", self.number),
                );
            }
        }
        Ok(())
    }

    /// What one read or look shows and does not show.
    fn shows(&self, operation: &Operation<'_>) -> Result<(), Broken> {
        match (operation.call, operation.answer) {
            (Call::Read { .. }, Some((at, Answer::Records(records)))) => {
                self.sent_and_in_order(at, records)?;
                for (number, one) in self.statements {
                    if !records.iter().any(|(shown, _)| shown == number) {
                        self.not_shown(operation, at, *number, one)?;
                    }
                }
                Ok(())
            }
            (Call::Look { statement, .. }, Some((at, Answer::NotAvailable)))
                if !self.may_be_erased(at, None) =>
            {
                let one = self.statements.iter().find(|(number, _)| number == statement);
                one.map_or(Ok(()), |(number, one)| self.not_shown(operation, at, *number, one))
            }
            _ => Ok(()),
        }
    }

    fn sent_and_in_order(&self, at: usize, records: &[(u64, Option<u64>)]) -> Result<(), Broken> {
        let is_whole = records.iter().all(|(_, leaf)| leaf.is_some());
        for (index, (number, leaf)) in records.iter().enumerate() {
            let one = self.statements.iter().find(|(sent, _)| sent == number);
            let Some((_, one)) = one.filter(|(_, one)| one.first_called < at) else {
                let what =
                    format!("stream {} shows statement {number}, which was not sent to it", self.number);
                return Err(Broken::new(Rule::NothingInvented, at, what));
            };
            let before = index.checked_sub(1).and_then(|before| records.get(before));
            let descends = is_whole && before.is_some_and(|(_, before)| before >= leaf);
            let revision = one.place.map(|place| place.revision);
            let misplaced = is_whole && revision.is_some_and(|revision| u32::try_from(index) != Ok(revision));
            if descends || misplaced {
                let what = format!(
                    "stream {} shows statement {number} as its {index}., {:?}",
                    self.number, one.place
                );
                return Err(Broken::new(Rule::StreamOrder, at, what));
            }
        }
        Ok(())
    }

    fn not_shown(
        &self,
        operation: &Operation<'_>,
        at: usize,
        number: u64,
        one: &Statement,
    ) -> Result<(), Broken> {
        let (rule, why) = if one.acknowledged < operation.called {
            (Rule::ReadYourWrites, "was acknowledged before")
        } else if one.known < operation.called {
            (Rule::ReadsGrow, "was read before")
        } else if one.leaf.is_some() && one.over < operation.called {
            (Rule::NoLateEffect, "appears later, though nobody sent it any more")
        } else {
            return Ok(());
        };
        Err(Broken::new(
            rule,
            at,
            format!("stream {} does not show statement {number}, which {why}", self.number),
        ))
    }
}
