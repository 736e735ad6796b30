//! A bare SD-JWT on the page: what it says by the key given. No ledger and no authority stands behind the words.

use jiff::civil::Date;
use serde_json::Value;

use super::entry::{self, Entry, Told, effect, kind_name, title_in};
use super::{Paper, facts};
use crate::event::{Kind, Section};
use crate::face::visible;
use crate::passport::{Bare, Check, Report, Status, told_claims};

/// The statement as one entry.
pub(super) fn entry(paper: &Paper<'_>, bare: &Bare) -> Entry {
    let Bare { claims, lapsed_on } = bare;
    let (lang, report) = (paper.lang, paper.report);
    let text = |name| claims.get(name).and_then(Value::as_str).map(visible).unwrap_or_default();
    let kind = Kind::from_vct(&text("vct"));
    let name = kind.map_or_else(|| text("vct"), |kind| kind_name(lang, kind));
    let titles = claims.get("title").and_then(Value::as_object);
    let (standing, standing_class) = standing(report, *lapsed_on);
    let award_date = kind.and_then(Kind::award_date_claim);
    let told = told_claims(claims).filter(|(name, _)| !(titles.is_some() && *name == "title"));
    Entry {
        title: title_in(lang, titles).unwrap_or_else(|| Told { text: name.clone(), lang: String::new() }),
        title_note: None,
        original: None,
        kind: name,
        standing: lang.say(standing),
        standing_class,
        standing_reason: report.of_file(Check::Status).map(|row| visible(&row.detail)),
        effect: kind.map(|kind| lang.say(effect(kind.legal_effect()))),
        issuer_name: text("iss"),
        issuer: text("iss"),
        country: None,
        authority: lang.say("document-authority-none"),
        facts: facts::of_claims(lang, award_date, told.collect()),
        notes: vec![],
        not_said: lang.say(kind.map_or("document-bare-ledger", not_said)),
        jti: text("jti"),
    }
}

/// What its status list says, if that was asked; past its own last day it is not in force, whatever that says.
fn standing(report: &Report, lapsed_on: Option<Date>) -> (&'static str, &'static str) {
    match report.of_file(Check::Status).map(|row| row.status) {
        Some(Status::Fail) => ("document-bare-not-listed", "bad"),
        _ if lapsed_on.is_some() => ("document-standing-expired", "unsure"),
        Some(Status::Pass) => ("document-bare-listed", "good"),
        _ => ("document-standing-unknown", "unsure"),
    }
}

/// What a reader might take it for, and must not.
fn not_said(kind: Kind) -> &'static str {
    match kind.section() {
        Some(Section::SelfDeclared) => "document-not-said-self-declared",
        _ => entry::not_said(kind.legal_effect()),
    }
}

/// What a check means where only the issuer's key was at hand; of a passport file it means more.
pub(super) fn meaning(check: Check) -> Option<&'static str> {
    match check {
        Check::Disclosures => Some("document-bare-disclosures"),
        Check::KeyBinding => Some("document-bare-key-binding"),
        Check::IssuerKey => Some("document-bare-issuer-key"),
        _ => None,
    }
}

/// What nobody looked at, so that nobody takes it for checked.
pub(super) fn warnings(report: &Report) -> Vec<&'static str> {
    match &report.statement {
        None => vec![],
        Some(_) if report.standing_was_not_asked() => vec!["document-bare-ledger", "document-bare-status"],
        Some(_) => vec!["document-bare-ledger"],
    }
}
