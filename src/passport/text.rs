//! Plain words for people: what was checked, what each record is, by whom, and what it does not say.

use std::fmt::Write as _;

use serde_json::Value;

use super::project::SECTIONS;
use super::record::Record;
use super::verify::{Check, Report, Status, Verdict};
use crate::event::Section;

impl Report {
    /// The report for a person at a desk.
    pub fn render_text(&self) -> String {
        let mut out = String::new();
        let headline = match self.verdict {
            Verdict::Valid if self.statement.is_some() => {
                "AUTHENTIC by the key given as its issuer's. No ledger was consulted."
            }
            Verdict::Valid => "AUTHENTIC. Every check that decides this passes.",
            Verdict::Invalid => "NOT AUTHENTIC as shown, or not what was asked for. Do not rely on it.",
            Verdict::Unknown => {
                "CANNOT BE DECIDED from this file and the trust file. That is not a fault of its holder."
            }
        };
        let _ = writeln!(out, "{headline}\n");
        if self.statement.is_some() {
            self.render_bare_checks(&mut out);
        } else {
            for check in Check::ALL {
                self.render_check(*check, &mut out);
            }
        }
        if let Some(answer) = &self.answer {
            let place = answer.country.as_deref().unwrap_or("an unnamed country");
            let _ = writeln!(out, "\nAsked: to {} in {place}: {}", answer.purpose, in_words(answer.status));
        }
        if let Some(bare) = &self.statement {
            self.render_bare(bare, &mut out);
        }
        if !self.records.is_empty() {
            let _ = writeln!(out, "\nWhat it says");
            render_records(&self.records.iter().map(Record::to_json).collect::<Vec<_>>(), &mut out);
        }
        out
    }

    /// One line a check; the subjects that do not pass follow, each with its reason.
    fn render_check(&self, check: Check, out: &mut String) {
        let rows: Vec<_> = self.checks.iter().filter(|row| row.check == check).collect();
        let applies = rows.iter().filter(|row| row.status != Status::NotApplicable);
        let worst = applies.clone().map(|row| row.status).max_by_key(|status| match status {
            Status::NotApplicable => 0,
            Status::Pass => 1,
            Status::Unknown => 2,
            Status::Fail => 3,
        });
        let Some(worst) = worst else { return };
        let _ = writeln!(out, "  {:<8} {}", worst.as_str(), meaning(check));
        for row in applies.filter(|row| row.status != Status::Pass) {
            let _ = writeln!(out, "           {}: {}", one_line(&row.subject), one_line(&row.detail));
        }
    }
}

/// The answer of `GetPassport` for a person at a terminal.
pub fn render_passport(passport: &Value) -> String {
    let mut out = String::new();
    let (worker, origin, day) =
        (text(passport, "worker"), text(passport, "origin"), text(passport, "valid_at"));
    let origin = if origin.is_empty() { items(passport, "origins").join(" and ") } else { origin };
    let _ = writeln!(out, "Passport {worker} on {origin}, in force on {day}");
    let identity = passport.get("identity").unwrap_or(&Value::Null);
    let names = ["given_name_latin", "family_name_latin"].map(|name| text(identity, name));
    if names.iter().any(|name| !name.is_empty()) {
        let _ = writeln!(out, "{}", names.join(" ").trim());
    }
    if let Some(recovery) = passport.get("holder_key").and_then(|key| key.get("recovery"))
        && recovery.is_object()
    {
        let _ = writeln!(out, "{}", recovery_in_words(recovery));
    }
    render_returnee(passport.get("returnee").unwrap_or(&Value::Null), &mut out);
    let sections = passport.get("sections").and_then(Value::as_object).into_iter().flatten();
    let records: Vec<Value> =
        sections.filter_map(|(_, records)| records.as_array()).flatten().cloned().collect();
    if records.is_empty() {
        let _ = writeln!(out, "\n(no records)");
    }
    render_records(&records, &mut out);
    out
}

/// A recovery that is under way is the first thing that a holder must see.
fn recovery_in_words(recovery: &Value) -> String {
    let (by, request) = (text(recovery, "requested_by"), text(recovery, "request"));
    let when = match recovery.get("usable_from").and_then(Value::as_i64) {
        Some(at) => {
            let at = jiff::Timestamp::from_millisecond(at).map(|at| at.to_string()).unwrap_or_default();
            format!("confirmed by {}; the new key can take over from {at}", text(recovery, "confirmed_by"))
        }
        None => "not confirmed yet".to_owned(),
    };
    format!(
        "A NEW HOLDER KEY IS ASKED FOR by {by}; {when}.\nIf that was not you: skillpass worker recover cancel --request {request}"
    )
}

/// What was learnt abroad, in which setting, and the next steps: before everything else.
fn render_returnee(returnee: &Value, out: &mut String) {
    if returnee.is_null() {
        return;
    }
    let _ = writeln!(
        out,
        "\nReturned from {} on {}",
        text(returnee, "returned_from"),
        text(returnee, "returned_on")
    );
    let gained = returnee.get("gained_abroad").and_then(Value::as_array).into_iter().flatten();
    for line in gained {
        let (setting, place) = (text(line, "learning_setting"), text(line, "learnt_in"));
        let setting = if setting.is_empty() {
            "setting not stated".to_owned()
        } else {
            setting.to_lowercase().replace('_', "-")
        };
        let _ = writeln!(out, "  gained abroad: {} ({setting}, {place})", text(line, "title"));
    }
    for step in items(returnee, "next_steps") {
        let _ = writeln!(out, "  next: {step}");
    }
}

/// Records as reports and projections have them in JSON: there is one way to say what a record is.
fn render_records(records: &[Value], out: &mut String) {
    for section in SECTIONS {
        let mut in_section =
            records.iter().filter(|record| text(record, "section") == section.as_str()).peekable();
        if in_section.peek().is_some() {
            let _ = writeln!(out, "\n{}", heading(section));
        }
        for record in in_section {
            render_record(record, out);
        }
    }
}

fn render_record(record: &Value, out: &mut String) {
    let title = text(record, "title");
    let _ = writeln!(out, "  - {title} [{}]", standing_in_words(record));
    let issuer = match (text(record, "section").as_str(), text(record, "issuer_name")) {
        ("self_declared", _) => "the worker".to_owned(),
        (_, name) if name.is_empty() => text(record, "issuer"),
        (_, name) => name,
    };
    // The authority is the signer's, whoever it speaks for.
    let on_behalf = match text(record, "source") {
        source if source.is_empty() => source,
        source => format!(" on behalf of {source}"),
    };
    let country = text(record, "country");
    let comma = if country.is_empty() { "" } else { ", " };
    let stated = if on_behalf.is_empty() { "by" } else { "stated by" };
    let _ = writeln!(out, "      {stated} {issuer}{on_behalf}{comma}{country}");
    let lines = [
        ("original_title", "original title:"),
        ("awarded_on", "of"),
        ("learning_setting", "learning:"),
        ("decision", "decision:"),
        ("result", "result:"),
        ("outcome", "outcome of the recognition of prior learning:"),
        ("standing_reason", "because"),
        ("credit_note", "credit:"),
        ("valid_until", "valid until (inclusive):"),
    ];
    for (member, words) in lines {
        let value = text(record, member);
        if !value.is_empty() && value != title {
            let _ = writeln!(out, "      {words} {value}");
        }
    }
    let agreement = record.get("agreement").unwrap_or(&Value::Null);
    if !agreement.is_null() {
        let (id, kind, force) = (text(agreement, "id"), text(agreement, "kind"), text(agreement, "force"));
        let kind = if kind.is_empty() { kind } else { format!("{kind}, ") };
        let _ = writeln!(out, "      on the basis of {id} ({kind}{force})");
    }
    let claims = record.get("claims").unwrap_or(&Value::Null);
    for (list, words) in [("substantial_differences", "missing:"), ("conditions", "condition:")] {
        for line in items(claims, list) {
            let _ = writeln!(out, "      {words} {line}");
        }
    }
    render_others(record, out);
    for name in items(record, "withheld") {
        let _ = writeln!(out, "      not shown, if stated: {name}");
    }
    let _ = writeln!(out, "      {}", does_not_say(record));
}

/// Who else stands behind it, or that nobody does.
fn render_others(record: &Value, out: &mut String) {
    let all = |member| record.get(member).and_then(Value::as_array).into_iter().flatten();
    for one in all("endorsed_by") {
        let (name, side) = (text(one, "issuer_name"), text(one, "side").to_lowercase());
        let _ = writeln!(out, "      its authority is endorsed by {name} ({side})");
    }
    for one in all("confirmed_by") {
        let (name, on) = (text(one, "issuer_name"), text(one, "confirmed_on"));
        let _ = writeln!(out, "      confirmed by {name}{}{on}", if on.is_empty() { "" } else { " on " });
    }
    let alone = record.get("independently_confirmed") == Some(&Value::Bool(false));
    if alone && text(record, "section") != "self_declared" {
        let _ = writeln!(out, "      not independently confirmed: the employer alone says so");
    }
}

fn standing_in_words(record: &Value) -> &'static str {
    match (text(record, "standing").as_str(), text(record, "decision").as_str()) {
        ("partial", "") => "part of a qualification only",
        ("partial", _) => "PARTIAL, not full recognition",
        ("revoked", _) => "revoked",
        ("superseded", _) => "replaced by a later record",
        ("suspended", _) => "suspended",
        (_, "REFUSED") if text(record, "kind") == "RecognitionDecided" => "recognition was refused",
        (_, "REFUSED") => "refused",
        _ if text(record, "result") == "FAILED" => "not passed",
        ("in_force", _) => "in force",
        ("expired", _) => "expired (once genuine; past its last day)",
        _ => "standing cannot be told",
    }
}

/// What a reader might take it for, and must not.
fn does_not_say(record: &Value) -> &'static str {
    match (text(record, "section").as_str(), text(record, "legal_effect").as_str()) {
        ("self_declared", _) if record.get("independently_confirmed") == Some(&Value::Bool(true)) => {
            "It is what the worker says; who confirmed it is named above."
        }
        ("self_declared", _) => "Nobody has checked this: it is what the worker says.",
        (_, "assessment") => "An assessment or award; recognition elsewhere is for that country to decide.",
        (_, "recognition_decision") => {
            "A decision on recognition; to practise, a licence may still be needed."
        }
        (_, "right_to_practise") => "About the right to practise, there and within its limits.",
        _ => "Informs; it is no recognition and no right to practise.",
    }
}

/// A text member, safe on a terminal; empty if there is none.
fn text(object: &Value, member: &str) -> String {
    object.get(member).and_then(Value::as_str).map(one_line).unwrap_or_default()
}

fn items(object: &Value, member: &str) -> Vec<String> {
    let items = object.get(member).and_then(Value::as_array).into_iter().flatten();
    items.filter_map(Value::as_str).map(one_line).collect()
}

fn heading(section: Section) -> &'static str {
    match section {
        Section::Training => "Training and qualifications",
        Section::Assessment => "Assessments and languages",
        Section::Work => "Work experience",
        Section::Recognition => "Recognition decisions",
        Section::Licence => "Registration and licences",
        Section::SelfDeclared => "Self-declared",
    }
}

fn meaning(check: Check) -> &'static str {
    match check {
        Check::Signature => "signed as it is, nothing altered",
        Check::Type => "well-formed and whole",
        Check::Time => "its times are possible",
        Check::Disclosures => "everything shown was signed, about one worker",
        Check::KeyBinding => "shown by its holder, for whom it was made",
        Check::Inclusion => "recorded in the ledger",
        Check::Checkpoint => "the ledger is one you trust",
        Check::WitnessQuorum => "enough witnesses saw the same ledger",
        Check::Chain => "no record left out",
        Check::IssuerAuthorised => "said by bodies authorised then, under authorities you trust",
        Check::IssuerScope => "said within their authorisation",
        Check::IssuerKey => "signed with keys valid then",
        Check::Status => "still standing",
        Check::IdentityBinding => "about the person in front of you",
        Check::FrameworkVersion => "levels in an edition in force then",
        Check::LevelRelation => "a published relation between levels",
        Check::RecognitionKind => "recognised in the way the purpose needs",
        Check::LicenceInDestination => "a licence there",
        Check::MraParties => "the agreement relied on binds both countries",
        Check::Conditions => "nothing owed under a condition",
    }
}

fn in_words(status: Status) -> &'static str {
    match status {
        Status::Pass => "yes, by the checks listed",
        Status::Fail => "no; see the checks that fail",
        Status::Unknown => "cannot be told; see the checks marked UNKNOWN",
        Status::NotApplicable => "the question does not arise",
    }
}

/// Text of an issuer on a terminal: nothing in it may move the cursor or forge a line.
pub(super) fn one_line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() || is_bidi(letter) { ' ' } else { letter }).collect()
}

/// Marks that reorder what is shown (Unicode UAX 9): a title must not rearrange its neighbours.
fn is_bidi(letter: char) -> bool {
    matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
