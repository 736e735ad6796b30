//! A bare SD-JWT, with or without key binding, by the issuer's key alone: whoever made it, in whatever software.

use serde_json::{Map, Value};

use super::report::{Bare, Check, Report, Rows, Status};
use super::{FILE, Options, StatusListGiven, asked};
use crate::statement::sdjwt::{self, Expect, Parts};
use crate::statement::{PRESENTED_BYTES_MAX, StatementError, StatusReference, status_list};
use crate::trust::TrustFile;

/// What a bare SD-JWT says nothing about.
const LEDGER_CHECKS: [Check; 6] = [
    Check::Inclusion,
    Check::Checkpoint,
    Check::WitnessQuorum,
    Check::Chain,
    Check::IssuerAuthorised,
    Check::IssuerScope,
];

pub(super) fn verify(bytes: &[u8], trust: &TrustFile, options: &Options) -> Report {
    let mut rows = Rows::default();
    let Some(text) = readable(bytes) else {
        rows.note(Check::Type, Status::Fail, FILE, "neither a passport file nor an SD-JWT");
        return Report::of(rows, vec![], &[], None);
    };
    for check in LEDGER_CHECKS {
        rows.note(check, Status::NotApplicable, FILE, "a bare SD-JWT carries nothing of a ledger");
    }
    if options.status_list.is_none() {
        let detail = "was not asked: give the status list that it names, and the list's key";
        rows.note(Check::Status, Status::NotApplicable, FILE, detail);
    }
    let Some(key) = &options.issuer_key else {
        for check in [Check::Signature, Check::IssuerKey] {
            rows.note(check, Status::Unknown, FILE, "give the issuer's key to check a bare SD-JWT");
        }
        return Report::of(rows, vec![], &[], None);
    };
    let binding = options.audience.as_deref().zip(options.nonce.as_deref());
    let expect = Expect { now: options.now, credential: true, binding };
    let verified = sdjwt::verify(text, key, &expect);
    match &verified {
        Ok(payload) => {
            note_passed(text, payload, options, &mut rows);
            if let Some(given) = &options.status_list {
                let max_age = i64::try_from(trust.status_max_age).unwrap_or(i64::MAX);
                let (status, detail) = status_of(payload, given, options.now, max_age);
                rows.note(Check::Status, status, FILE, detail);
            }
        }
        Err(error) => note_failed(error, &mut rows),
    }
    // What was asked for beyond authenticity cannot be told from one statement by itself, and must not look answered.
    let mut asked = asked::asked(options);
    if options.status_list.is_some() && !asked.contains(&Check::Status) {
        asked.push(Check::Status);
    }
    for check in asked.iter().filter(|check| **check != Check::Status && !LEDGER_CHECKS.contains(check)) {
        rows.note(*check, Status::Unknown, FILE, "a bare SD-JWT does not tell: ask for the passport file");
    }
    let answer = asked::unanswered(options);
    let statement = verified.ok().map(|claims| Bare::on(options.day(), claims));
    Report { statement, ..Report::of(rows, vec![], &asked, answer) }
}

fn readable(bytes: &[u8]) -> Option<&str> {
    if bytes.len() > PRESENTED_BYTES_MAX + 2 {
        return None;
    }
    // An editor may have left a line end behind the one line of a `.sdjwt` file.
    let text = std::str::from_utf8(bytes).ok()?.trim_end_matches(['\r', '\n']);
    (text.contains('~') && text.is_ascii()).then_some(text)
}

fn note_passed(text: &str, payload: &Map<String, Value>, options: &Options, rows: &mut Rows) {
    let said = |name| payload.get(name).and_then(Value::as_str).unwrap_or_default();
    rows.note(Check::Signature, Status::Pass, FILE, "every byte is as the issuer signed it");
    rows.note(Check::Type, Status::Pass, FILE, said("vct"));
    rows.note(Check::Time, Status::Pass, FILE, "within its times");
    rows.note(Check::Disclosures, Status::Pass, FILE, "each claim shown is one that the issuer signed");
    rows.note(
        Check::IssuerKey,
        Status::Pass,
        FILE,
        format!("the key given verifies it; it says its issuer is {}", said("iss")),
    );
    let is_bound = Parts::split(text).is_ok_and(|parts| parts.key_binding.is_some());
    let asked = options.audience.is_some() || options.nonce.is_some();
    let (status, detail) = match (is_bound, asked, options.audience.is_some() && options.nonce.is_some()) {
        (true, false, _) => (Status::Pass, "bound by its holder; to whom was not asked"),
        (true, true, true) => (Status::Pass, "bound by its holder to this audience and nonce"),
        (true, true, false) => (Status::Unknown, "audience and nonce are compared together: give both"),
        (false, true, _) => (Status::Fail, "it is bound to nobody"),
        (false, false, _) => (Status::NotApplicable, "it is bound to nobody, and nothing was asked"),
    };
    rows.note(Check::KeyBinding, status, FILE, detail);
}

/// What the list that was given says of the statement (SPEC.md, "Status lists"). The credential itself was verified before.
fn status_of(
    payload: &Map<String, Value>,
    given: &StatusListGiven,
    now: i64,
    max_age: i64,
) -> (Status, String) {
    let Some(reference) = payload.get("status").and_then(StatusReference::in_status) else {
        return (Status::Unknown, "the statement names no status list".to_owned());
    };
    let (claims, number) = match status_list::look_up(&given.token, &given.key, &reference) {
        Ok(found) => found,
        Err(error) => return (Status::Fail, error.to_string()),
    };
    if !claims.speaks(now) {
        return (
            Status::Unknown,
            "the status list has expired, or is from the future: fetch it again".to_owned(),
        );
    }
    match number {
        // Only "valid" grows old: a change that was said stays said.
        0 if !claims.is_fresh(now, max_age) => (
            Status::Unknown,
            "valid when the status list was made, which is too long ago: fetch it again".to_owned(),
        ),
        0 => (Status::Pass, "valid, says the status list".to_owned()),
        1 => (Status::Fail, "revoked (INVALID), says the status list".to_owned()),
        2 => (Status::Fail, "suspended, says the status list".to_owned()),
        3 => (Status::Fail, "superseded or otherwise not valid (3), says the status list".to_owned()),
        other => (Status::Fail, format!("not valid ({other}), says the status list")),
    }
}

/// The check that turns red. What comes after it was not looked at, so nothing is said of it.
fn note_failed(error: &StatementError, rows: &mut Rows) {
    let check = match error {
        StatementError::SignatureInvalid | StatementError::NotAJws | StatementError::NotBase64Url(_) => {
            Check::Signature
        }
        StatementError::AlgKeyMismatch | StatementError::KidMismatch | StatementError::IssuerKeyMismatch => {
            Check::IssuerKey
        }
        StatementError::Expired | StatementError::NotYetValid | StatementError::TimeInvalid => Check::Time,
        StatementError::KeyBinding(_) => Check::KeyBinding,
        StatementError::SdAlgUnknown
        | StatementError::SdInvalid
        | StatementError::DigestTwice
        | StatementError::DisclosureArity
        | StatementError::SaltTooShort
        | StatementError::DisclosureReservedName
        | StatementError::ClaimCollision { .. }
        | StatementError::DisclosureTwice
        | StatementError::DisclosureUnreferenced
        | StatementError::ProtectedClaimDisclosed { .. }
        | StatementError::NestedDisclosure
        | StatementError::TooManyDisclosures
        | StatementError::DisclosureTooLarge => Check::Disclosures,
        _ => Check::Type,
    };
    rows.note(check, Status::Fail, FILE, error.to_string());
}
