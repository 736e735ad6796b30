//! Nothing of the worker's left out: the chain from its start to the head that the ledger signed.

use jiff::civil::Date;

use super::ledger::LedgerFacts;
use super::report::{Check, Rows, Status};
use super::statement::Checked;
use super::tokens::{self, Said};
use super::{FILE, Options};
use crate::crypto::Hash;
use crate::event::entry::{chain_start, link};
use crate::event::standing::{Recorded, day_end, fold_standing};
use crate::event::{Kind, WorkerId};
use crate::passport::file::{self, PassportFile};
use crate::passport::token::{HeadOf, StatusCode};

/// Checks the chain of one ledger's part of a complete passport, and that the tokens say what its records say. Answers what
/// its records end after the tokens were given and by the day that is asked about.
pub(super) fn check(
    file: &PassportFile,
    index: usize,
    facts: &LedgerFacts<'_>,
    checked: &[Checked<'_>],
    options: &Options,
    rows: &mut Rows,
) -> Vec<(Hash, StatusCode)> {
    let origin = facts.part.origin.as_str();
    if file.kind == file::Kind::Presentation {
        let detail = "a presentation shows what the holder chose";
        rows.note(Check::Chain, Status::NotApplicable, origin, detail);
        return Vec::new();
    }
    let of_ledger = || checked.iter().filter(|one| one.ledger == index);
    // In the order of their first leaves, as their head tokens stand.
    let mut workers: Vec<Option<&str>> = Vec::new();
    for one in of_ledger() {
        let worker = worker_of(one);
        if !workers.contains(&worker) {
            workers.push(worker);
        }
    }
    let mut ended = Vec::new();
    for (nth, worker) in workers.iter().enumerate() {
        let records: Vec<&Checked<'_>> = of_ledger().filter(|one| worker_of(one) == *worker).collect();
        check_one(nth, &records, facts, options, rows);
        ended.extend(check_contradictions(&records, options.day(), rows));
    }
    if facts.part.heads.len() > facts.part.streams.len().saturating_add(workers.len()).saturating_add(1) {
        rows.note(Check::Type, Status::Fail, FILE, "a head token is of no stream in the file");
    }
    ended
}

fn worker_of<'a>(one: &'a Checked<'_>) -> Option<&'a str> {
    one.statement.as_ref()?.subject()
}

/// One worker's chain, the `nth` of the ledger's.
fn check_one(
    nth: usize,
    records: &[&Checked<'_>],
    facts: &LedgerFacts<'_>,
    options: &Options,
    rows: &mut Rows,
) {
    let origin = facts.part.origin.as_str();
    match walk(records, facts) {
        Ok((last, revision, leaf)) => {
            let place = facts.part.streams.len().saturating_add(1).saturating_add(nth);
            let is_missing = facts.part.heads.len() <= place;
            let of = HeadOf::Worker(last);
            let (status, detail) = match tokens::head(place, of, Some((revision, leaf)), facts, options) {
                Ok(()) => (Status::Pass, "every record from the first to the last is here"),
                Err((status, _)) if !is_missing && status == Status::Fail => (
                    status,
                    "the chain does not end where the ledger says: records are missing, or the token is not its own",
                ),
                Err(found) => found,
            };
            rows.note(Check::Chain, status, origin, detail);
            if is_missing {
                rows.note(Check::Type, Status::Fail, FILE, "the worker's head token is missing");
            }
        }
        Err(why) => rows.note(Check::Chain, Status::Fail, origin, why),
    }
}

/// L of each entry follows from the one before it (SPEC.md, "Entry").
fn walk(records: &[&Checked<'_>], facts: &LedgerFacts<'_>) -> Result<(Hash, u32, u64), String> {
    let genesis = facts.genesis().ok_or("the ledger's first entry is missing")?;
    let mut before: Option<(WorkerId, Hash)> = None;
    let mut last = Err("the file holds no record of this ledger".to_owned());
    for (revision, record) in records.iter().enumerate() {
        // Where it breaks is told: the first record that is not in its place.
        let at = |why: &str| format!("revision {revision}: {why}");
        let unread = || at("a record could not be read, so the chain cannot be followed");
        let (statement, recorded_at) =
            record.statement.as_ref().zip(record.recorded_at).ok_or_else(unread)?;
        let (l, s) = record.link.zip(record.commitment).ok_or_else(unread)?;
        let worker = statement.subject().and_then(|sub| WorkerId::parse(sub).ok()).ok_or_else(unread)?;
        let (known, previous) = before.unwrap_or_else(|| (worker, chain_start(&genesis, worker)));
        if known != worker {
            return Err(at("a record of another worker stands in the chain"));
        }
        if revision == 0 && Kind::from_vct(&statement.clear().vct) != Some(Kind::PassportOpened) {
            return Err(at("the chain does not begin with PassportOpened: records are missing"));
        }
        let n_l = record.part.n_l.as_ref().ok_or_else(unread)?;
        let number = u32::try_from(revision).map_err(|_| unread())?;
        if l != link(n_l, worker, number, &previous, recorded_at, &s) {
            return Err(at("a link of the chain is broken: a record is missing, added or out of place"));
        }
        before = Some((worker, l));
        last = Ok((l, number, record.part.place.leaf));
    }
    last
}

/// The ledger cannot say that a record stands which its own later records end; nor does one stand on a later day by which
/// they do. Answers the latter.
fn check_contradictions(records: &[&Checked<'_>], day: Date, rows: &mut Rows) -> Vec<(Hash, StatusCode)> {
    let Some(at) = records.iter().find_map(|one| match &one.said {
        Said::Says(token) => Some(token.bound.issued_at),
        _ => None,
    }) else {
        return Vec::new();
    };
    let changed = fold_standing(&recorded(records, |_| true), at);
    // What fails a deciding check changes nothing after that either.
    let by_then = fold_standing(&recorded(records, |one| !rows.fails(&one.subject)), at.max(day_end(day)));
    let mut ended = Vec::new();
    for one in records.iter().filter(|one| says_valid(one)) {
        if changed.contains_key(&one.hash) {
            let detail = "the ledger's word that it stands contradicts a later record in the same file";
            rows.note(Check::Status, Status::Fail, &one.subject, detail);
        } else if let Some(change) = by_then.get(&one.hash) {
            let detail = format!("it stood when the file was made; a record in the file ends it by {day}");
            rows.note(Check::Status, Status::Fail, &one.subject, detail);
            ended.push((one.hash, change.code));
        }
    }
    ended
}

fn says_valid(one: &Checked<'_>) -> bool {
    matches!(&one.said, Said::Says(token) if token.status == StatusCode::Valid)
}

fn recorded<'a>(records: &[&'a Checked<'_>], counts: impl Fn(&Checked<'_>) -> bool) -> Vec<Recorded<'a>> {
    let counted = records.iter().filter(|one| counts(one));
    let recorded = counted.filter_map(|one| {
        let (event, recorded_at) = one.event.as_ref().zip(one.recorded_at)?;
        Some(Recorded { hash: one.hash, recorded_at, event })
    });
    recorded.collect()
}
