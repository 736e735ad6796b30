//! The checks of one statement.

use jiff::civil::Date;

use super::ledger::LedgerFacts;
use super::report::{Check, Rows, Status};
use super::tokens::{self, Said};
use super::{CLOCK_SKEW_SECONDS, FILE, Options};
use crate::crypto::{Hash, PublicKey};
use crate::event::entry::{Entry, statement_commitment};
use crate::event::standing::seconds;
use crate::event::{Class, Event, Kind, UnixMs, latest_day};
use crate::passport::confirmation::Confirmations;
use crate::passport::file::{self, PassportFile, StatementPart};
use crate::passport::record::{Record, Standing, hidden_claims};
use crate::passport::token::StatusCode;
use crate::statement::jws::UnverifiedJws;
use crate::statement::{STATEMENT_TYP, Statement, StatementError, Unverified};
use crate::trust::{Authorisation, TrustFile};

/// What was found out about one statement.
#[derive(Debug)]
pub(super) struct Checked<'a> {
    pub(super) ledger: usize,
    pub(super) part: &'a StatementPart,
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

/// Checks the statement at `index` of the file, read as `unverified`.
pub(super) fn check<'a>(
    file: &'a PassportFile,
    index: usize,
    unverified: Result<Unverified, StatementError>,
    facts: &LedgerFacts<'_>,
    trust: &TrustFile,
    options: &Options,
    rows: &mut Rows,
) -> Option<Checked<'a>> {
    let part = file.statements.get(index)?;
    let subject = match &unverified {
        Ok(unverified) => unverified.clear().id.urn().to_string(),
        Err(_) => claimed_id(part.jwt()).unwrap_or_else(|| FILE.to_owned()),
    };
    let said = tokens::standing(file.standing_token(index), &part.hash(), facts, options);
    let mut checked = Checked {
        ledger: part.ledger,
        part,
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
    let kind = unverified.as_ref().ok().and_then(|read| Kind::from_vct(&read.clear().vct));
    checked.check_status(kind, trust, options, rows);
    checked.check_inclusion(facts, rows);
    match unverified {
        Ok(unverified) => checked.check_signature(unverified, facts, rows),
        Err(error) => {
            let check = if is_about_disclosures(&error) { Check::Disclosures } else { Check::Type };
            rows.note(check, Status::Fail, &checked.subject, error.to_string());
        }
    }
    checked.check_content(file.kind, rows);
    checked.check_time(options, rows);
    checked.check_authority(file, facts, trust, rows);
    Some(checked)
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

    fn check_signature(&mut self, unverified: Unverified, facts: &LedgerFacts<'_>, rows: &mut Rows) {
        let clear = unverified.clear();
        let key = match PublicKey::from_did_jwk(&clear.issuer) {
            Ok(key) => Some(key),
            Err(_) => facts.folded.trust.key(&clear.issuer, &clear.kid).cloned(),
        };
        let Some(key) = key else {
            let refusal = facts.folded.trust.unknown_key(&clear.issuer, &clear.kid);
            rows.note(
                Check::Signature,
                Status::Fail,
                &self.subject,
                "nothing names the key that it says it is signed with",
            );
            return rows.note(Check::IssuerKey, Status::Fail, &self.subject, refusal.to_string());
        };
        match unverified.verify(&key) {
            Ok(statement) => {
                rows.note(
                    Check::Signature,
                    Status::Pass,
                    &self.subject,
                    "every byte is as its issuer signed it",
                );
                self.statement = Some(statement);
            }
            Err(error) => rows.note(Check::Signature, Status::Fail, &self.subject, error.to_string()),
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
