//! Plain words for people: what was checked, what each record is, by whom, and what it does not say.

use std::fmt::Write as _;

use super::project::{Passport, SECTIONS, View};
use super::record::{Record, Standing};
use super::verify::{Check, Report, Status, Verdict};
use crate::event::{LegalEffect, Section};

impl Report {
    /// The report for a person at a desk.
    pub fn render_text(&self) -> String {
        let mut out = String::new();
        let headline = match self.verdict {
            Verdict::Valid => "AUTHENTIC. Every check that decides this passes.",
            Verdict::Invalid => "NOT AUTHENTIC as shown, or not what was asked for. Do not rely on it.",
            Verdict::Unknown => {
                "CANNOT BE DECIDED from this file and the trust file. That is not a fault of its holder."
            }
        };
        let _ = writeln!(out, "{headline}\n");
        for check in Check::ALL {
            self.render_check(*check, &mut out);
        }
        if let Some(answer) = &self.answer {
            let place = answer.country.as_deref().unwrap_or("an unnamed country");
            let _ = writeln!(out, "\nAsked: to {} in {place}: {}", answer.purpose, in_words(answer.status));
        }
        if !self.records.is_empty() {
            let _ = writeln!(out, "\nWhat it says");
            render_records(&self.records.iter().collect::<Vec<_>>(), &mut out);
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

impl Passport {
    /// The passport for a person at a terminal.
    pub fn render_text(&self, view: View) -> String {
        let mut out = String::new();
        let name = |claim: &str| self.identity.get(claim).and_then(serde_json::Value::as_str);
        let names =
            [name("given_name_latin"), name("family_name_latin")].into_iter().flatten().collect::<Vec<_>>();
        let _ = writeln!(out, "Passport {} on {}, in force on {}", self.worker, self.origin, self.valid_at);
        if !names.is_empty() {
            let _ = writeln!(out, "{}", one_line(&names.join(" ")));
        }
        let records: Vec<&Record> = self.seen_by(view).collect();
        if records.is_empty() {
            let _ = writeln!(out, "\n(no records)");
        }
        render_records(&records, &mut out);
        out
    }
}

fn render_records(records: &[&Record], out: &mut String) {
    for section in SECTIONS {
        let in_section: Vec<_> = records.iter().filter(|record| record.section == section).collect();
        if in_section.is_empty() {
            continue;
        }
        let _ = writeln!(out, "\n{}", heading(section));
        for record in in_section {
            render_record(record, out);
        }
    }
}

fn render_record(record: &Record, out: &mut String) {
    let standing = match (record.standing, record.text("decision")) {
        (Standing::Partial, Some(_)) => "PARTIAL, not full recognition",
        (Standing::Partial, None) => "part of a qualification only",
        (_, Some("REFUSED")) => "recognition was refused",
        (Standing::InForce, _) => "in force",
        (Standing::Expired, _) => "expired (once genuine; past its last day)",
        (Standing::Suspended, _) => "suspended",
        (Standing::Revoked, _) => "revoked",
        (Standing::Superseded, _) => "replaced by a later record",
        (Standing::Unknown, _) => "standing cannot be told from this file",
    };
    let _ = writeln!(out, "  - {} [{standing}]", one_line(&record.title));
    let issuer = record.issuer_name.as_deref().unwrap_or(&record.issuer);
    let country = record.country.as_deref().map(|country| format!(", {country}")).unwrap_or_default();
    let by = if record.section == Section::SelfDeclared { "the worker" } else { issuer };
    let _ = writeln!(out, "      by {}{country}", one_line(by));
    if let Some(original) = record.original_title.as_ref().filter(|original| **original != record.title) {
        let _ = writeln!(out, "      original title: {}", one_line(original));
    }
    if let Some(day) = record.awarded_on {
        let _ = writeln!(out, "      of {day}");
    }
    if let Some(source) = record.text("source") {
        let _ = writeln!(out, "      on behalf of {}", one_line(source));
    }
    if let Some(setting) = record.text("learning_setting") {
        let _ = writeln!(out, "      learning: {}", one_line(&setting.to_lowercase().replace('_', "-")));
    }
    for (claim, words) in [
        ("decision", "decision"),
        ("result", "result"),
        ("valid_until", "valid until (inclusive)"),
        ("instrument", "on the basis of"),
    ] {
        if let Some(value) = record.text(claim) {
            let _ = writeln!(out, "      {words}: {}", one_line(value));
        }
    }
    for (claim, words) in [("substantial_differences", "missing"), ("conditions", "condition")] {
        let lines = record.claims.get(claim).and_then(serde_json::Value::as_array).into_iter().flatten();
        for line in lines.filter_map(serde_json::Value::as_str) {
            let _ = writeln!(out, "      {words}: {}", one_line(line));
        }
    }
    for withheld in &record.withheld {
        let _ = writeln!(out, "      not shown, if stated: {withheld}");
    }
    let _ = writeln!(out, "      {}", does_not_say(record));
}

/// What a reader might take it for, and must not.
fn does_not_say(record: &Record) -> &'static str {
    match (record.section, record.legal_effect) {
        (Section::SelfDeclared, _) => "Nobody has checked this: it is what the worker says.",
        (_, LegalEffect::Informative) => "Informs; it is no recognition and no right to practise.",
        (_, LegalEffect::Assessment) => {
            "An assessment or award; recognition elsewhere is for that country to decide."
        }
        (_, LegalEffect::RecognitionDecision) => {
            "A decision on recognition; to practise, a licence may still be needed."
        }
        (_, LegalEffect::RightToPractise) => "About the right to practise, there and within its limits.",
    }
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
fn one_line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() || is_bidi(letter) { ' ' } else { letter }).collect()
}

/// Marks that reorder what is shown (Unicode UAX 9): a title must not rearrange its neighbours.
fn is_bidi(letter: char) -> bool {
    matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
