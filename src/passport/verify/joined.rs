//! One file, one person: every `sub` is the same, or bodies and the holder have said that they are one person's.

use std::collections::BTreeSet;

use super::FILE;
use super::report::{Check, Rows, Status};
use super::statement::Checked;
use super::tokens::Said;
use crate::event::Kind;
use crate::passport::token::StatusCode;

/// One half of a join that the holder consented to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Join {
    /// The passport that says so.
    pub(super) worker: String,
    /// Of which other.
    pub(super) other: String,
    /// Whether the ledger's word that it stands counts.
    pub(super) is_sure: bool,
}

impl Join {
    /// The half that a statement makes, unless it was taken back.
    pub(super) fn of(one: &Checked<'_>) -> Option<Self> {
        let event = one.event.as_ref().filter(|event| event.kind() == Kind::PassportsJoined)?;
        let is_sure = match (&one.said, one.code) {
            (_, Some(StatusCode::Valid)) => true,
            (Said::Says(_), Some(_)) => return None,
            _ => false,
        };
        let (worker, other) = (event.text("sub")?.to_owned(), event.text("other")?.to_owned());
        Some(Self { worker, other, is_sure })
    }
}

/// Nobody lends anybody a record (SPEC.md, "disclosures").
pub(super) fn check(checked: &[Checked<'_>], joins: &[Join], rows: &mut Rows) {
    let subs: BTreeSet<&str> = checked.iter().filter_map(|one| one.statement.as_ref()?.subject()).collect();
    let (status, detail) = if subs.len() <= 1 {
        (Status::Pass, "no two records name different workers")
    } else if are_one(&subs, joins, true) {
        (Status::Pass, "the records are of passports that were joined with the holder's consent")
    } else if are_one(&subs, joins, false) {
        (Status::Unknown, "whether the passports are still joined, the ledger has not said lately enough")
    } else {
        (Status::Fail, "the file holds records of more than one worker, and their passports are not joined")
    };
    rows.note(Check::Disclosures, status, FILE, detail);
}

/// Whether halves that answer each other connect them all.
fn are_one(subs: &BTreeSet<&str>, joins: &[Join], surely: bool) -> bool {
    let counts = |join: &&Join| join.is_sure || !surely;
    let says = |worker: &str, other: &str| {
        joins.iter().filter(counts).any(|join| join.worker == worker && join.other == other)
    };
    let mut reached: BTreeSet<&str> = subs.first().copied().into_iter().collect();
    loop {
        let next = subs.iter().copied().find(|sub| {
            !reached.contains(sub) && reached.iter().any(|known| says(known, sub) && says(sub, known))
        });
        match next {
            Some(sub) => reached.insert(sub),
            None => return reached.len() == subs.len(),
        };
    }
}
