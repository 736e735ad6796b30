//! The checks of one statement.

use jiff::civil::Date;

use super::ledger::LedgerFacts;
use super::report::{Check, Rows, Status};
use super::tokens::{self, Said};
use super::{CLOCK_SKEW_SECONDS, FILE, Options};
use crate::crypto::{BusyKeys, Hash, PublicKey};
use crate::event::entry::{Entry, statement_commitment};
use crate::event::standing::seconds;
use crate::event::{Class, Event, Kind, UnixMs, latest_day};
use crate::passport::confirmation::Confirmations;
use crate::passport::file::{self, PassportFile, StatementPart};
use crate::passport::record::{Record, Standing, hidden_claims};
use crate::passport::token::StatusCode;
use crate::statement::jws::UnverifiedJws;
use crate::statement::{Clear, STATEMENT_TYP, Statement, StatementError, Unverified};
use crate::trust::{Authorisation, Refusal, TrustFile};

/// What was found out about one statement.
#[derive(Debug)]
pub(super) struct Checked<'a> {
    pub(super) ledger: usize,
    pub(super) part: &'a StatementPart,
    /// The statement's hash.
    pub(super) hash: Hash,
    /// Its `jti`; `file` when it has none that could be read.
    pub(super) subject: String,
    /// Its signature verified.
    pub(super) statement: Option<Statement>,
    /// Its claims fit its kind as well.
    pub(super) event: Option<Event>,
    /// When it was recorded, by its entry.
    pub(super) recorded_at: Option<UnixMs>,
    /// L of its entry.
    pub(super) link: Option<Hash>,
    /// S of its entry.
    pub(super) commitment: Option<Hash>,
    /// What the ledger says of its standing.
    pub(super) said: Said,
    /// The same, as far as it is recent enough to show.
    pub(super) code: Option<StatusCode>,
    /// Under which it was said.
    pub(super) authorisation: Option<Authorisation>,
}

/// A statement as it was read, and what its signature says.
#[derive(Debug)]
pub(super) struct Read<'a> {
    part: &'a StatementPart,
    subject: String,
    kind: Option<Kind>,
    statement: Result<Statement, Fault>,
}

/// Why there is no statement.
#[derive(Debug)]
enum Fault {
    Malformed(StatementError),
    KeyUnknown(Refusal),
    Signature(StatementError),
}

impl Read<'_> {
    /// The index of its ledger.
    pub(super) fn ledger(&self) -> usize {
        self.part.ledger
    }
}

/// Checks the signatures of all at once: that costs less than one by one.
pub(super) fn verify_all<'a>(
    parts: &'a [StatementPart],
    unverified: Vec<Result<Unverified, StatementError>>,
    ledgers: &[LedgerFacts<'_>],
) -> Vec<Read<'a>> {
    let mut to_check = Vec::with_capacity(parts.len());
    let mut read = Vec::with_capacity(parts.len());
    for (part, unverified) in parts.iter().zip(unverified) {
        let (subject, kind, fault) = match unverified {
            Ok(unverified) => {
                let clear = unverified.clear();
                let (subject, kind) = (clear.id.urn().to_string(), Kind::from_vct(&clear.vct));
                let fault = match key_of(clear, ledgers.get(part.ledger)) {
                    Ok(key) => {
                        to_check.push((unverified, key));
                        None
                    }
                    Err(fault) => Some(fault),
                };
                (subject, kind, fault)
            }
            Err(error) => {
                let subject = claimed_id(part.jwt()).unwrap_or_else(|| FILE.to_owned());
                (subject, None, Some(Fault::Malformed(error)))
            }
        };
        read.push((part, subject, kind, fault));
    }
    let mut checked = Unverified::verify_all(to_check, &mut BusyKeys::default()).into_iter();
    let mut verdict = || match checked.next() {
        Some(verdict) => verdict.map_err(Fault::Signature),
        None => Err(Fault::Signature(StatementError::SignatureInvalid)),
    };
    let read = read.into_iter().map(|(part, subject, kind, fault)| Read {
        part,
        subject,
        kind,
        statement: fault.map_or_else(&mut verdict, Err),
    });
    read.collect()
}

/// The holder's key names itself; a body's is in the ledger's streams.
fn key_of(clear: &Clear, facts: Option<&LedgerFacts<'_>>) -> Result<PublicKey, Fault> {
    if let Ok(key) = PublicKey::from_did_jwk(&clear.issuer) {
        return Ok(key);
    }
    let unknown = || Refusal::UnknownIssuer(clear.issuer.clone());
    let trust = &facts.ok_or_else(|| Fault::KeyUnknown(unknown()))?.folded.trust;
    let key = trust.key(&clear.issuer, &clear.kid).cloned();
    key.ok_or_else(|| Fault::KeyUnknown(trust.unknown_key(&clear.issuer, &clear.kid)))
}

/// Checks one statement, the `nth` of its ledger.
pub(super) fn check<'a>(
    read: Read<'a>,
    nth: usize,
    file: &PassportFile,
    facts: &LedgerFacts<'_>,
    trust: &TrustFile,
    options: &Options,
    rows: &mut Rows,
) -> Checked<'a> {
    let Read { part, subject, kind, statement } = read;
    let hash = part.hash();
    let said = tokens::standing(nth, &hash, facts, options);
    let mut checked = Checked {
        ledger: part.ledger,
        part,
        hash,
        subject,
        statement: None,
        event: None,
        recorded_at: None,
        link: None,
        commitment: None,
        code: said.code(options, trust.status_max_age),
        said,
        authorisation: None,
    };
    checked.check_status(kind, trust, options, rows);
    checked.check_inclusion(facts, rows);
    checked.check_signature(statement, rows);
    checked.check_content(file.kind, rows);
    checked.check_time(options, rows);
    checked.check_authority(file, facts, trust, rows);
    checked
}

impl Checked<'_> {
    fn check_status(&self, kind: Option<Kind>, trust: &TrustFile, options: &Options, rows: &mut Rows) {
        let (status, detail) = match self.said.status(options, trust.status_max_age) {
            // A key that was replaced is the holder's past, not a record that fell; nor is a recovery that was stopped.
            _ if kind.is_some_and(Kind::makes_key_current) && self.code == Some(StatusCode::Superseded) => {
                (Status::NotApplicable, "a later key took its place".to_owned())
            }
            _ if kind == Some(Kind::HolderKeyRecoveryRequested) && self.code == Some(StatusCode::Revoked) => {
                (Status::NotApplicable, "the recovery that it asked for was stopped".to_owned())
            }
            found => found,
        };
        rows.note(Check::Status, status, &self.subject, detail.as_str());
        // Only a bare SD-JWT may lack a token; any other file without one is malformed.
        if matches!(self.said, Said::Missing | Said::Bad(_)) {
            rows.note(Check::Type, Status::Fail, FILE, format!("{}: {detail}", self.subject));
        }
    }

    fn check_inclusion(&mut self, facts: &LedgerFacts<'_>, rows: &mut Rows) {
        let subject = self.subject.as_str();
        let Ok(Entry::Person { recorded_at, s, l }) = Entry::decode(&self.part.place.entry) else {
            return rows.note(Check::Inclusion, Status::Fail, subject, "its entry is not a person's entry");
        };
        if s != statement_commitment(&self.part.n_s, self.part.jwt()) {
            return rows.note(
                Check::Inclusion,
                Status::Fail,
                subject,
                "the entry commits to another statement",
            );
        }
        (self.recorded_at, self.link, self.commitment) = (Some(recorded_at), Some(l), Some(s));
        let (status, detail) = facts.included(&self.part.place);
        rows.note(Check::Inclusion, status, subject, detail);
    }

    fn check_signature(&mut self, statement: Result<Statement, Fault>, rows: &mut Rows) {
        let mut note = |check, status, detail: String| rows.note(check, status, &self.subject, detail);
        match statement {
            Ok(statement) => {
                note(Check::Signature, Status::Pass, "every byte is as its issuer signed it".to_owned());
                self.statement = Some(statement);
            }
            Err(Fault::Malformed(error)) => {
                let check = if is_about_disclosures(&error) { Check::Disclosures } else { Check::Type };
                note(check, Status::Fail, error.to_string());
            }
            Err(Fault::KeyUnknown(refusal)) => {
                let detail = "nothing names the key that it says it is signed with";
                note(Check::Signature, Status::Fail, detail.to_owned());
                note(Check::IssuerKey, Status::Fail, refusal.to_string());
            }
            Err(Fault::Signature(error)) => note(Check::Signature, Status::Fail, error.to_string()),
        }
    }

    fn check_content(&mut self, kind_of_file: file::Kind, rows: &mut Rows) {
        let Some(statement) = &self.statement else { return };
        let vct = &statement.clear().vct;
        let Some(kind) = Kind::from_vct(vct).filter(|kind| kind.class() == Class::Person) else {
            return rows.note(
                Check::Type,
                Status::Fail,
                &self.subject,
                format!("`{vct}` is no kind of record about a worker"),
            );
        };
        if kind.is_by_holder() != statement.clear().issuer.starts_with("did:jwk:") {
            let detail = "signed by the worker where a body must sign, or by a body where the worker must";
            return rows.note(Check::Type, Status::Fail, &self.subject, detail);
        }
        rows.note(Check::Type, Status::Pass, &self.subject, kind.name());
        let event = match (kind_of_file, statement.is_complete()) {
            (file::Kind::Complete, false) if !kind.never_leaves() => {
                return rows.note(
                    Check::Disclosures,
                    Status::Fail,
                    &self.subject,
                    "a complete passport discloses every claim",
                );
            }
            (_, true) if kind.never_leaves() => {
                return rows.note(
                    Check::Disclosures,
                    Status::Fail,
                    &self.subject,
                    "what is for the worker alone is told in no file",
                );
            }
            (_, true) => Event::validate(kind, statement.claims()),
            (_, false) => Event::validate_partial(kind, statement.claims()),
        };
        match event {
            Ok(event) => {
                rows.note(
                    Check::Disclosures,
                    Status::Pass,
                    &self.subject,
                    "each claim shown is one that the issuer signed",
                );
                self.event = Some(event);
            }
            Err(error) => rows.note(Check::Disclosures, Status::Fail, &self.subject, error.to_string()),
        }
    }

    /// Signed, then recorded, then looked at. `valid_until` is no matter of authenticity.
    fn check_time(&self, options: &Options, rows: &mut Rows) {
        let (Some(statement), Some(recorded_at)) = (&self.statement, self.recorded_at) else { return };
        let (issued, recorded) = (statement.clear().issued_at, seconds(recorded_at));
        let late = |earlier: i64, later: i64| earlier > later.saturating_add(CLOCK_SKEW_SECONDS);
        let award = self.event.as_ref().and_then(Event::award_date);
        let (status, detail) = if late(issued, recorded) {
            (Status::Fail, "signed after it was recorded")
        } else if late(recorded, options.now) {
            (Status::Fail, "recorded after this verifier's clock")
        } else if award.is_some_and(|award| award > latest_day(recorded_at)) {
            (Status::Fail, "awarded after it was recorded")
        } else {
            (Status::Pass, "signed, recorded and looked at in this order")
        };
        rows.note(Check::Time, status, &self.subject, detail);
    }

    /// What it says, as far as it could be read.
    pub(super) fn record(
        &self,
        facts: &LedgerFacts<'_>,
        trust: &TrustFile,
        confirmations: &Confirmations,
        day: Date,
        rows: &Rows,
    ) -> Option<Record> {
        let (statement, event, recorded_at) =
            (self.statement.as_ref()?, self.event.as_ref()?, self.recorded_at?);
        // Of what is not authentic nothing is in force, whatever a token says of it.
        let said = if rows.fails(&self.subject) { None } else { self.code };
        let standing = Standing::of(event, hidden_claims(statement), said, day);
        let mut record = Record::of(statement, event, recorded_at, standing)?;
        record.issuer_name = facts.folded.trust.body_name(&record.issuer).map(str::to_owned);
        if let Some(found) = &self.authorisation {
            record.authorised(found);
            // Anybody can be named by a ledger's operator; who is shown stands under a root that the verifier trusts.
            let state = &facts.folded.trust;
            record.endorsed_by.retain(|endorser| trust.vouches_for(state, &endorser.issuer));
        }
        let issuer_kind = self.authorisation.as_ref().map(|found| found.issuer_kind.as_str());
        let issuer_kind = issuer_kind.filter(|_| rows.passes(&self.subject));
        record.confirmed(issuer_kind, confirmations.of(&statement.hash()));
        Some(record)
    }

    /// Notes what it confirms, if it stands and every check of it passes.
    pub(super) fn note_confirmation(&self, confirmations: &mut Confirmations, rows: &Rows) {
        if let (Some(statement), Some(event), Some(authorisation)) =
            (&self.statement, &self.event, &self.authorisation)
            && self.code == Some(StatusCode::Valid)
            && rows.passes(&self.subject)
        {
            confirmations.note(statement, event, authorisation);
        }
    }
}

/// The `jti` of a JWT whose statement is malformed, if it is one.
fn claimed_id(jwt: &str) -> Option<String> {
    let payload = UnverifiedJws::parse(jwt, STATEMENT_TYP).ok()?.payload;
    let id = payload.get("jti")?.as_str()?;
    let uuid = id.strip_prefix("urn:uuid:").and_then(|uuid| uuid::Uuid::parse_str(uuid).ok())?;
    Some(uuid.urn().to_string())
}

fn is_about_disclosures(error: &StatementError) -> bool {
    matches!(
        error,
        StatementError::TooManyDisclosures
            | StatementError::DisclosureTooLarge
            | StatementError::DigestTwice
            | StatementError::DisclosureArity
            | StatementError::SaltTooShort
            | StatementError::DisclosureReservedName
            | StatementError::ClaimCollision { .. }
            | StatementError::DisclosureTwice
            | StatementError::DisclosureUnreferenced
            | StatementError::ProtectedClaimDisclosed { .. }
            | StatementError::NestedDisclosure
    )
}
