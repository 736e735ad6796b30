//! Verification from the bytes, a trust file and a time alone: no network, no account, no feeling (SPEC.md, "Verification").
//!
//! Total: any bytes give a report. Each file here finds rows; [`Report`] draws the verdict from them.

mod asked;
mod authority;
mod chain;
mod doubt;
mod foreign;
mod held;
mod holder;
mod joined;
mod ledger;
mod person;
mod report;
mod statement;
mod tokens;

pub use asked::Purpose;
pub use person::PersonFile;
pub use report::{Answer, Bare, Check, CheckRow, Report, Status, Verdict};

use jiff::civil::Date;

use self::ledger::LedgerFacts;
use self::report::Rows;
use self::statement::Checked;
use super::assess::{Read, authorities_of, trusted_roots};
use super::confirmation::Confirmations;
use super::derived::cascade::{replaced_by, settle};
use super::file::{FileError, PassportFile};
use super::held::Held;
use super::project::{IDENTITY_CLAIMS, Projected};
use super::record::{Record, Standing};
use super::trust_fold::claimed_body;
use crate::crypto::PublicKey;
use crate::event::standing::day_of;
use crate::event::{Event, Kind};
use crate::statement::{StatementError, Unverified};
use crate::trust::TrustFile;

/// The subject of rows about the file as a whole.
pub(super) const FILE: &str = "file";
/// How far ahead of the verifier's another clock may be, seconds.
pub(super) const CLOCK_SKEW_SECONDS: i64 = 300;

/// What the verifier knows beside the file and the trust file.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Unix seconds.
    pub now: i64,
    /// The audience that a presentation must be bound to.
    pub audience: Option<String>,
    /// The nonce that was asked for.
    pub nonce: Option<String>,
    /// The person in front of the verifier.
    pub person: Option<PersonFile>,
    /// The day in question; today if `None`.
    pub valid_at: Option<Date>,
    /// Destination, alpha-2.
    pub country: Option<String>,
    /// ISCO-08 code.
    pub occupation: Option<String>,
    /// What the file is shown for.
    pub purpose: Option<Purpose>,
    /// The issuer's key, for a bare SD-JWT.
    pub issuer_key: Option<PublicKey>,
    /// The status list that a bare SD-JWT names, if its status is asked for.
    pub status_list: Option<StatusListGiven>,
}

/// A Status List Token, as whoever asks has fetched it, and the key that it must be signed with.
#[derive(Debug, Clone)]
pub struct StatusListGiven {
    /// The token's text.
    pub token: String,
    /// The key of whoever answers for the status, perhaps not the issuer.
    pub key: PublicKey,
}

impl Options {
    /// Nothing known but the time.
    pub fn at(now: i64) -> Self {
        Self { now, ..Self::default() }
    }

    /// The day in question.
    pub(super) fn day(&self) -> Date {
        self.valid_at.unwrap_or_else(|| day_of(self.now))
    }
}

/// Verifies a passport file, a presentation, or a bare SD-JWT (with `options.issuer_key`). Never fails: what cannot be
/// read is a report that says so.
pub fn verify(bytes: &[u8], trust: &TrustFile, options: &Options) -> Report {
    if bytes.first() != Some(&b'{') {
        return foreign::verify(bytes, trust, options);
    }
    match PassportFile::parse(bytes) {
        Ok(file) => verify_file(&file, trust, options).report,
        Err(error) => unreadable(&error),
    }
}

/// Verifies a passport file or presentation and hands out what may be relied on, for the questions of `assess` and its
/// kin. The report asks nothing: `options.purpose` is left aside.
pub fn read(bytes: &[u8], trust: &TrustFile, options: &Options) -> Read {
    let options = Options { purpose: None, ..options.clone() };
    match PassportFile::parse(bytes) {
        Ok(file) => verify_file(&file, trust, &options),
        Err(error) => Read::nothing(unreadable(&error)),
    }
}

/// What is said of bytes that are no passport file.
fn unreadable(error: &FileError) -> Report {
    let mut rows = Rows::default();
    let (check, status) = match error {
        FileError::DigestDiffers | FileError::DigestMissing => (Check::Signature, Status::Fail),
        // A later format is no forgery; this program cannot tell.
        FileError::UnknownFormat => (Check::Type, Status::Unknown),
        _ => (Check::Type, Status::Fail),
    };
    rows.note(check, status, FILE, error.to_string());
    Report::of(rows, vec![], &[], None)
}

fn verify_file(file: &PassportFile, trust: &TrustFile, options: &Options) -> Read {
    let mut rows = Rows::default();
    rows.note(Check::Signature, Status::Pass, FILE, "every byte is as its writer left it (digest)");
    rows.note(Check::Type, Status::Pass, FILE, format!("a well-formed {} file", file.kind.as_str()));
    let unverified: Vec<Result<Unverified, StatementError>> =
        file.statements.iter().map(|part| Unverified::parse(&part.sdjwt)).collect();
    let ledgers: Vec<LedgerFacts<'_>> = (0..file.ledgers.len())
        .filter_map(|index| {
            let read = file.statements.iter().zip(&unverified).filter(|(part, _)| part.ledger == index);
            let issuers: Vec<&str> = read.filter_map(|(_, read)| claimed_body(read.as_ref().ok()?)).collect();
            ledger::check(file, index, &issuers, trust, options, &mut rows)
        })
        .collect();
    let mut of_ledgers = vec![0..; ledgers.len()];
    let mut checked: Vec<Checked<'_>> = statement::verify_all(&file.statements, unverified, &ledgers)
        .into_iter()
        .filter_map(|read| {
            let (facts, nth) = (ledgers.get(read.ledger())?, of_ledgers.get_mut(read.ledger())?.next()?);
            Some(statement::check(read, nth, file, facts, trust, options, &mut rows))
        })
        .collect();
    for (index, facts) in ledgers.iter().enumerate() {
        check_order(index, facts, &checked, &mut rows);
    }
    let joins = holder::check(file, &ledgers, &checked, options, &mut rows);
    joined::check(&checked, &joins, &mut rows);
    for (index, facts) in ledgers.iter().enumerate() {
        for (hash, code) in chain::check(file, index, facts, &checked, options, &mut rows) {
            let ended = checked.iter_mut().filter(|one| one.ledger == index && one.hash == hash);
            ended.for_each(|one| one.code = Some(code));
        }
    }
    person::check(&checked, options, &mut rows);
    let records = records(&checked, &ledgers, trust, options, &mut rows);
    let answer = asked::answer(&checked, options, &mut rows);
    let held: Vec<Held> = held::records(&checked, options.day(), &rows);
    let of_ledgers = ledgers.iter().flat_map(|facts| authorities_of(&facts.folded.trust, options.day()));
    let authorities = of_ledgers.chain(trusted_roots(trust)).collect();
    let statements = || checked.iter().filter_map(|one| one.statement.as_ref());
    let opened = checked
        .iter()
        .filter_map(|one| one.event.as_ref())
        .find(|event| event.kind() == Kind::PassportOpened);
    let identity = opened
        .into_iter()
        .flat_map(Event::claims)
        .filter(|(name, _)| IDENTITY_CLAIMS.contains(&name.as_str()));
    Read {
        worker: statements().find_map(|one| one.subject()).map(str::to_owned),
        origins: file.ledgers.iter().map(|part| part.origin.clone()).collect(),
        identity: identity.map(|(name, value)| (name.clone(), value.clone())).collect(),
        projected: projected(&checked, &records),
        report: Report::of(rows, records, &asked::asked(options), answer),
        held,
        authorities,
    }
}

/// `recorded_at` never decreases from leaf to leaf: a later entry cannot claim to be older.
fn check_order(index: usize, facts: &LedgerFacts<'_>, checked: &[Checked<'_>], rows: &mut Rows) {
    let public = facts.folded.statements.iter().map(|(leaf, fact)| (*leaf, fact.recorded_at));
    let persons = checked.iter().filter(|one| one.ledger == index);
    let persons = persons.filter_map(|one| Some((one.part.place.leaf, one.recorded_at?)));
    let mut recorded: Vec<_> = public.chain(persons).collect();
    recorded.sort_unstable();
    let (status, detail) = if recorded.is_sorted_by_key(|(_, at)| *at) {
        (Status::Pass, "later entries were recorded later")
    } else {
        (Status::Fail, "an entry claims an earlier time than one before it")
    };
    rows.note(Check::Time, status, &facts.part.origin, detail);
}

/// Who may see each record.
fn projected(checked: &[Checked<'_>], records: &[Record]) -> Vec<Projected> {
    let of = |record: &Record| {
        let one = checked.iter().find(|one| one.subject == record.jti)?;
        Some(Projected::of(record.clone(), one.event.as_ref()?))
    };
    records.iter().filter_map(of).collect()
}

fn records(
    checked: &[Checked<'_>],
    ledgers: &[LedgerFacts<'_>],
    trust: &TrustFile,
    options: &Options,
    rows: &mut Rows,
) -> Vec<Record> {
    let mut confirmations = Confirmations::default();
    for one in checked {
        one.note_confirmation(&mut confirmations, rows);
    }
    let record =
        |one: &Checked<'_>| one.record(ledgers.get(one.ledger)?, trust, &confirmations, options.day(), rows);
    let mut records: Vec<Record> = checked.iter().filter_map(record).collect();
    let replaced = replaced_by(checked.iter().filter_map(|one| one.event.as_ref()));
    for (subject, standing) in settle(records.iter_mut(), &replaced) {
        let (status, detail) = match standing {
            Standing::Unknown => (Status::Unknown, "whether what it rests on is in force is not shown"),
            _ => (Status::Fail, "what it rests on is not in force"),
        };
        rows.note(Check::Status, status, &subject, detail);
    }
    records.sort_by_key(|record| record.section);
    records
}
