//! Whose records these are: the holder-key evidence, what is tied to it, and the signature of whoever presents.

use super::ledger::LedgerFacts;
use super::report::{Check, Rows, Status};
use super::statement::Checked;
use super::tokens::Said;
use super::{CLOCK_SKEW_SECONDS, FILE, Options};
use crate::crypto::PublicKey;
use crate::event::Kind;
use crate::passport::file::{self, PassportFile};
use crate::passport::token::{StatusCode, Unchecked};

/// One piece of evidence: from this leaf on, this key is the holder's.
struct Evidence<'a> {
    checked: &'a Checked<'a>,
    kind: Kind,
    key: &'a PublicKey,
}

/// Checks the evidence, what the worker signed, and in a presentation the binding.
pub(super) fn check(
    file: &PassportFile,
    ledgers: &[LedgerFacts<'_>],
    checked: &[Checked<'_>],
    options: &Options,
    rows: &mut Rows,
) {
    let mut current = Vec::new();
    for ledger in 0..ledgers.len() {
        let evidence = read_evidence(file, ledger, checked, rows);
        check_succession(&evidence, rows);
        for one in checked.iter().filter(|one| one.ledger == ledger) {
            check_holder_signed(one, &evidence, rows);
            if file.kind == file::Kind::Presentation {
                check_tied(one, &evidence, rows);
            }
        }
        current.push(evidence.into_iter().next_back());
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
}

fn read_evidence<'a>(
    file: &PassportFile,
    ledger: usize,
    checked: &'a [Checked<'a>],
    rows: &mut Rows,
) -> Vec<Evidence<'a>> {
    let mut evidence = Vec::new();
    for (index, one) in checked.iter().enumerate().filter(|(_, one)| one.ledger == ledger) {
        let Some(statement) = &one.statement else { continue };
        let kind = Kind::from_vct(&statement.clear().vct);
        let is_evidence = matches!(kind, Some(Kind::HolderKeyBound | Kind::HolderKeyChanged));
        match (file.holder.contains(&index), kind, &statement.clear().holder_key) {
            (true, Some(kind), Some(key)) if is_evidence => {
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

/// A body binds the first key; each change is signed by the key before it. A later binding by a body is tied to the
/// earlier by the `sub` that both show.
fn check_succession(evidence: &[Evidence<'_>], rows: &mut Rows) {
    if let Some(first) = evidence.first()
        && first.kind != Kind::HolderKeyBound
    {
        rows.note(
            Check::KeyBinding,
            Status::Fail,
            FILE,
            "the evidence of the holder's key does not begin with a body's word",
        );
    }
    for pair in evidence.windows(2) {
        let [earlier, later] = pair else { continue };
        let holds = match later.kind {
            Kind::HolderKeyChanged => issuer(later.checked) == Some(earlier.key.did_jwk().as_str()),
            _ => {
                subject(later.checked).is_some()
                    && evidence
                        .iter()
                        .all(|one| one.kind != Kind::HolderKeyBound || subject(one.checked).is_some())
            }
        };
        if !holds {
            rows.note(Check::KeyBinding, Status::Fail, FILE, "the evidence of the holder's key has a gap");
        }
    }
}

/// What the worker signed must be signed with the key that was theirs then.
fn check_holder_signed(one: &Checked<'_>, evidence: &[Evidence<'_>], rows: &mut Rows) {
    let Some(did) = issuer(one).filter(|issuer| issuer.starts_with("did:jwk:")) else { return };
    let leaf = one.part.place.leaf;
    let held = evidence.iter().rev().find(|held| held.checked.part.place.leaf < leaf);
    let (status, detail) = match held {
        Some(held) if held.key.did_jwk() == did => {
            (Status::Pass, "signed with the key that was the holder's then")
        }
        Some(_) => (Status::Fail, "signed with a key that was not the holder's then"),
        None => (Status::Fail, "the file holds no evidence that the key was the holder's then"),
    };
    rows.note(Check::IssuerKey, status, &one.subject, detail);
}

/// A shown statement is the holder's if it names a key of the evidence, or the same `sub` as the evidence.
fn check_tied(one: &Checked<'_>, evidence: &[Evidence<'_>], rows: &mut Rows) {
    let Some(statement) = &one.statement else { return };
    // The newest unbroken line of keys: from the last word of a body on.
    let line = evidence
        .iter()
        .rposition(|held| held.kind == Kind::HolderKeyBound)
        .and_then(|start| evidence.get(start..));
    let line = line.unwrap_or_default();
    let by_key = |held: &Evidence<'_>| {
        statement.clear().holder_key.as_ref() == Some(held.key)
            || statement.clear().issuer == held.key.did_jwk()
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
        let evidence =
            evidence.as_ref().ok_or(fail("a ledger's part lacks the evidence of the holder's key"))?;
        if key.replace(evidence.key).is_some_and(|known| known != evidence.key) {
            return Err(fail("two ledgers name different current keys of the holder"));
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
