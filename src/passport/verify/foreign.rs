//! A bare SD-JWT, with or without key binding, by the issuer's key alone: whoever made it, in whatever software.

use serde_json::{Map, Value};

use super::report::{Check, Report, Rows, Status};
use super::{FILE, Options, asked};
use crate::statement::sdjwt::{self, Expect, Parts};
use crate::statement::{PRESENTED_BYTES_MAX, StatementError};

/// What a bare SD-JWT says nothing about.
const LEDGER_CHECKS: [Check; 7] = [
    Check::Inclusion,
    Check::Checkpoint,
    Check::WitnessQuorum,
    Check::Chain,
    Check::IssuerAuthorised,
    Check::IssuerScope,
    Check::Status,
];

pub(super) fn verify(bytes: &[u8], options: &Options) -> Report {
    let mut rows = Rows::default();
    let Some(text) = readable(bytes) else {
        rows.note(Check::Type, Status::Fail, FILE, "neither a passport file nor an SD-JWT");
        return Report::of(rows, vec![], &[], None);
    };
    for check in LEDGER_CHECKS {
        rows.note(check, Status::NotApplicable, FILE, "a bare SD-JWT carries nothing of a ledger");
    }
    let Some(key) = &options.issuer_key else {
        for check in [Check::Signature, Check::IssuerKey] {
            rows.note(check, Status::Unknown, FILE, "give the issuer's key to check a bare SD-JWT");
        }
        return Report::of(rows, vec![], &[], None);
    };
    let binding = options.audience.as_deref().zip(options.nonce.as_deref());
    let expect = Expect { now: options.now, credential: true, binding };
    match sdjwt::verify(text, key, &expect) {
        Ok(payload) => note_passed(text, &payload, options, &mut rows),
        Err(error) => note_failed(&error, &mut rows),
    }
    // What was asked for beyond authenticity cannot be told from one statement by itself, and must not look answered.
    let asked = asked::asked(options);
    for check in asked.iter().filter(|check| !LEDGER_CHECKS.contains(check)) {
        rows.note(*check, Status::Unknown, FILE, "a bare SD-JWT does not tell: ask for the passport file");
    }
    let answer = asked::unanswered(options);
    Report::of(rows, vec![], &asked, answer)
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
