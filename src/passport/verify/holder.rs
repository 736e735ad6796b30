//! Whose records these are: the holder-key evidence, what is tied to it, and the signature of whoever presents.

use std::collections::BTreeSet;

use super::joined::Join;
use super::ledger::LedgerFacts;
use super::report::{Check, Rows, Status};
use super::statement::Checked;
use super::tokens::Said;
use super::{CLOCK_SKEW_SECONDS, FILE, Options};
use crate::crypto::{Hash, PublicKey};
use crate::event::Kind;
use crate::passport::file::{self, PassportFile};
use crate::passport::token::{StatusCode, Unchecked};
use crate::trust::{HolderKeys, JoinConsent, KeyStatement};

/// One piece of evidence of whose key it is.
struct Evidence<'a> {
    checked: &'a Checked<'a>,
    kind: Kind,
    key: Option<&'a PublicKey>,
}

impl<'a> Evidence<'a> {
    /// The key that is the holder's from this leaf on.
    fn current(&self) -> Option<&'a PublicKey> {
        self.key.filter(|_| self.kind.makes_key_current())
    }

    fn request(&self) -> Option<Hash> {
        self.checked.event.as_ref()?.hash("request")
    }
}

/// Where each line of keys begins: with the first binding, and with the request of each recovery that was completed.
fn line_starts(evidence: &[Evidence<'_>]) -> Vec<usize> {
    let begins = |(index, held): (usize, &Evidence<'_>)| match held.kind {
        Kind::HolderKeyBound => Some(index),
        Kind::HolderKeyRecovered => evidence.iter().position(|one| held.request() == Some(one.checked.hash)),
        _ => None,
    };
    evidence.iter().enumerate().filter_map(begins).collect()
}

/// Checks the evidence, what the worker signed, and in a presentation the binding; answers the joins that the holder
/// consented to.
pub(super) fn check(
    file: &PassportFile,
    ledgers: &[LedgerFacts<'_>],
    checked: &[Checked<'_>],
    options: &Options,
    rows: &mut Rows,
) -> Vec<Join> {
    let (mut current, mut joins) = (Vec::new(), Vec::new());
    for ledger in 0..ledgers.len() {
        for passport in passports(ledger, checked, rows) {
            let evidence = read_evidence(file, &passport, rows);
            let is_apart = ledgers.len() > 1 && file.kind == file::Kind::Presentation;
            check_succession(file.kind, &evidence, passport.iter().map(|(_, one)| *one), is_apart, rows);
            for (_, one) in &passport {
                check_holder_signed(one, &evidence, rows);
                joins.extend(check_consent(one, &evidence, rows));
                if file.kind == file::Kind::Presentation {
                    check_tied(one, &evidence, rows);
                }
            }
            current.push(evidence.into_iter().rfind(|held| held.current().is_some()));
        }
    }
    match file.kind {
        file::Kind::Presentation => check_binding(file, &current, options, rows),
        file::Kind::Complete if options.audience.is_some() || options.nonce.is_some() => {
            let detail = "a complete passport is bound to nobody: ask the holder for a presentation";
            rows.note(Check::KeyBinding, Status::Fail, FILE, detail);
        }
        file::Kind::Complete => {
            rows.note(
                Check::KeyBinding,
                Status::NotApplicable,
                FILE,
                "a complete passport is bound to nobody",
            );
        }
    }
    joins
}

/// One passport's statements with their indexes, in leaf order.
type OnePassport<'a> = Vec<(usize, &'a Checked<'a>)>;

/// The statements of a ledger, by passport. Where several passports are in it, each statement says whose it is.
fn passports<'a>(ledger: usize, checked: &'a [Checked<'a>], rows: &mut Rows) -> Vec<OnePassport<'a>> {
    let of_ledger = || checked.iter().enumerate().filter(|(_, one)| one.ledger == ledger);
    let subs: BTreeSet<&str> = of_ledger().filter_map(|(_, one)| subject(one)).collect();
    if subs.len() <= 1 {
        return vec![of_ledger().collect()];
    }
    for (_, one) in of_ledger().filter(|(_, one)| subject(one).is_none()) {
        rows.note(
            Check::KeyBinding,
            Status::Fail,
            &one.subject,
            "it does not show whose of the passports it is of",
        );
    }
    let of = |sub: &str| of_ledger().filter(|(_, one)| subject(one) == Some(sub)).collect();
    subs.into_iter().map(of).collect()
}

fn read_evidence<'a>(file: &PassportFile, passport: &OnePassport<'a>, rows: &mut Rows) -> Vec<Evidence<'a>> {
    let mut evidence = Vec::new();
    for &(index, one) in passport {
        let Some(statement) = &one.statement else { continue };
        let kind = Kind::from_vct(&statement.clear().vct);
        let is_evidence = kind.is_some_and(Kind::is_key_evidence);
        let key = statement.clear().holder_key.as_ref();
        match (file.holder.contains(&index), kind, key.is_some()) {
            (true, Some(kind), has_key) if is_evidence && has_key == kind.binds_key() => {
                evidence.push(Evidence { checked: one, kind, key });
            }
            (true, _, _) => {
                rows.note(Check::Type, Status::Fail, FILE, "`holder` names a statement that binds no key");
            }
            (false, _, _) if is_evidence => {
                rows.note(
                    Check::Type,
                    Status::Fail,
                    FILE,
                    "`holder` leaves out a statement that binds a key",
                );
            }
            (false, _, _) => {}
        }
    }
    evidence
}

/// The evidence obeys the rules by which the ledger recorded it (`trust::holder`). A complete file holds what was said
/// against a recovery as well.
fn check_succession<'a>(
    kind_of_file: file::Kind,
    evidence: &[Evidence<'_>],
    checked: impl Iterator<Item = &'a Checked<'a>>,
    is_apart: bool,
    rows: &mut Rows,
) {
    let mut fail = |why: &str| rows.note(Check::KeyBinding, Status::Fail, FILE, why.to_owned());
    if let Some(first) = evidence.first()
        && !matches!(first.kind, Kind::HolderKeyBound | Kind::HolderKeyRecoveryRequested)
    {
        fail("the evidence of the holder's key does not begin with a body's word");
    }
    let mut keys = match kind_of_file {
        file::Kind::Complete => HolderKeys::new(),
        file::Kind::Presentation => HolderKeys::of_presentation(),
    };
    for one in checked {
        let Some(said) = key_statement(one) else { continue };
        if let Err(refusal) = keys.admit(&said) {
            fail(&format!(
                "the evidence of the holder's key does not hold: {refusal} ({})",
                refusal.reason()
            ));
        }
        keys.apply(&said);
    }
    // Lines of keys are tied to each other by the `sub` that their beginnings show.
    let starts = line_starts(evidence);
    let shows_sub = |start: &usize| evidence.get(*start).is_some_and(|held| subject(held.checked).is_some());
    // So are those of several ledgers, where one key alone could stand for two workers.
    if (starts.len() > 1 || is_apart) && !starts.iter().all(shows_sub) {
        fail("the evidence of the holder's key has a gap");
    }
}

fn key_statement<'a>(one: &'a Checked<'_>) -> Option<KeyStatement<'a>> {
    let (statement, event) = (one.statement.as_ref()?, one.event.as_ref()?);
    let kind = event.kind();
    (kind.is_key_evidence() || kind == Kind::HolderKeyRecoveryCancelled).then(|| KeyStatement {
        kind,
        hash: one.hash,
        recorded_at: one.recorded_at.unwrap_or_default(),
        issuer: &statement.clear().issuer,
        issuer_kind: one.authorisation.as_ref().map(|found| found.issuer_kind.as_str()),
        key: statement.clear().holder_key.as_ref(),
        request: event.hash("request"),
        stands: true,
    })
}

/// What the worker signed must be signed with the key that was theirs then.
fn check_holder_signed(one: &Checked<'_>, evidence: &[Evidence<'_>], rows: &mut Rows) {
    let Some(did) = issuer(one).filter(|issuer| issuer.starts_with("did:jwk:")) else { return };
    let leaf = one.part.place.leaf;
    let before = || evidence.iter().rev().filter(|held| held.checked.part.place.leaf < leaf);
    let named = one.event.as_ref().filter(|event| event.kind() == Kind::HolderKeyRecovered);
    let key = match named {
        // The end of a recovery is signed with the key that the bodies named.
        Some(event) => before()
            .find(|held| event.hash("request") == Some(held.checked.hash))
            .and_then(|request| request.key),
        None => before().find_map(Evidence::current),
    };
    let (status, detail) = match key {
        Some(key) if key.did_jwk() == did => (Status::Pass, "signed with the key that was the holder's then"),
        Some(_) => (Status::Fail, "signed with a key that was not the holder's then"),
        None => (Status::Fail, "the file holds no evidence that the key was the holder's then"),
    };
    rows.note(Check::IssuerKey, status, &one.subject, detail);
}

/// The half of a join that a statement makes, if the holder of that passport consented to it then.
fn check_consent(one: &Checked<'_>, evidence: &[Evidence<'_>], rows: &mut Rows) -> Option<Join> {
    let join = Join::of(one)?;
    let (event, statement) = (one.event.as_ref()?, one.statement.as_ref()?);
    let leaf = one.part.place.leaf;
    let before = evidence.iter().rev().filter(|held| held.checked.part.place.leaf < leaf);
    let key = before.into_iter().find_map(Evidence::current);
    let consent = JoinConsent { body: &statement.clear().issuer, worker: &join.worker, other: &join.other };
    let (text, recorded_at) = (event.text("consent").unwrap_or_default(), one.recorded_at?);
    if key.is_some_and(|key| consent.is_given(text, key, recorded_at)) {
        return Some(join);
    }
    let detail = "the holder of this passport did not consent to its being joined, or it is not shown";
    rows.note(Check::KeyBinding, Status::Fail, &one.subject, detail);
    None
}

/// A shown statement is the holder's if it names a key of the evidence, or the same `sub` as the evidence.
fn check_tied(one: &Checked<'_>, evidence: &[Evidence<'_>], rows: &mut Rows) {
    let Some(statement) = &one.statement else { return };
    // The newest unbroken line of keys: from the last word of bodies on.
    let start = line_starts(evidence).into_iter().max();
    let line = start.and_then(|start| evidence.get(start..)).unwrap_or_default();
    let by_key = |held: &Evidence<'_>| {
        held.key.is_some_and(|key| {
            statement.clear().holder_key.as_ref() == Some(key) || statement.clear().issuer == key.did_jwk()
        })
    };
    let by_sub = |held: &Evidence<'_>| subject(one).is_some() && subject(one) == subject(held.checked);
    let is_evidence = evidence.iter().any(|held| held.checked.subject == one.subject);
    if is_evidence || line.iter().any(by_key) || line.iter().any(by_sub) {
        rows.note(Check::KeyBinding, Status::Pass, &one.subject, "tied to the holder's key");
    } else {
        rows.note(Check::KeyBinding, Status::Fail, &one.subject, "nothing ties it to the holder's key");
    }
}

fn check_binding(file: &PassportFile, current: &[Option<Evidence<'_>>], options: &Options, rows: &mut Rows) {
    let (status, detail) = match bound(file, current, options) {
        Ok(audience) => (Status::Pass, format!("signed by the holder for {audience}")),
        Err((status, why)) => (status, why.to_owned()),
    };
    rows.note(Check::KeyBinding, status, FILE, detail);
}

fn bound(
    file: &PassportFile,
    current: &[Option<Evidence<'_>>],
    options: &Options,
) -> Result<String, (Status, &'static str)> {
    let fail = |why| (Status::Fail, why);
    let text = file.presentation.as_deref().ok_or(fail("nobody signed the presentation"))?;
    let binding = Unchecked::binding(text).map_err(|_| fail("the presentation's signature is malformed"))?;
    let mut key: Option<&PublicKey> = None;
    for evidence in current {
        let named = evidence.as_ref().and_then(Evidence::current);
        let named = named.ok_or(fail("a ledger's part lacks the evidence of the holder's key"))?;
        if key.replace(named).is_some_and(|known| known != named) {
            return Err(fail("two passports name different current keys of the holder"));
        }
    }
    let key = key.ok_or(fail("the file lacks the evidence of the holder's key"))?;
    let binding = binding
        .verify(key)
        .map_err(|_| fail("the presentation is not signed by the holder's current key"))?;
    if binding.file_hash != file.file_hash() {
        return Err(fail("the holder signed another file"));
    }
    if options.now > binding.expires_at {
        return Err(fail("the presentation is past the end that the holder set"));
    }
    if binding.issued_at > options.now.saturating_add(CLOCK_SKEW_SECONDS) {
        return Err(fail("the presentation is dated after this verifier's clock"));
    }
    if options.audience.as_ref().is_some_and(|audience| *audience != binding.audience) {
        return Err(fail("the presentation was made for another audience"));
    }
    if options.nonce.as_ref().is_some_and(|nonce| *nonce != binding.nonce) {
        return Err(fail("the presentation does not answer this nonce"));
    }
    for evidence in current.iter().flatten() {
        still_current(evidence)?;
    }
    Ok(binding.audience)
}

/// The last binding of a key must still stand, by a fresh word of the ledger.
fn still_current(evidence: &Evidence<'_>) -> Result<(), (Status, &'static str)> {
    match (&evidence.checked.said, evidence.checked.code) {
        (_, Some(StatusCode::Valid)) => Ok(()),
        (Said::Says(_), Some(_)) => Err((Status::Fail, "the holder's key was replaced or withdrawn")),
        (Said::Missing | Said::Bad(_), _) => {
            Err((Status::Fail, "the evidence of the holder's key lacks the ledger's word"))
        }
        _ => Err((
            Status::Unknown,
            "the ledger's word on the holder's key is too old, or not from a key the trust file names",
        )),
    }
}

fn issuer<'a>(checked: &'a Checked<'_>) -> Option<&'a str> {
    checked.statement.as_ref().map(|statement| statement.clear().issuer.as_str())
}

fn subject<'a>(checked: &'a Checked<'_>) -> Option<&'a str> {
    checked.statement.as_ref()?.subject()
}
