//! A bare SD-JWT in plain words: what was checked by the key given, what was not, and what the statement says.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::text::one_line;
use super::verify::{Bare, Check, CheckRow, Report, Status};
use crate::event::Kind;
use crate::statement::StatusReference;

/// What software needs of a statement, and people do not.
const ENVELOPE: [&str; 8] = ["iss", "vct", "cnf", "status", "jti", "iat", "exp", "nbf"];

/// The claims of a bare statement that are for people, in its order.
pub fn told_claims(claims: &Map<String, Value>) -> impl Iterator<Item = (&String, &Value)> {
    claims.iter().filter(|(name, _)| !ENVELOPE.contains(&name.as_str()))
}

impl Report {
    /// How a check of a bare SD-JWT came out: each has one row, about the file.
    pub fn of_file(&self, check: Check) -> Option<&CheckRow> {
        self.checks.iter().find(|row| row.check == check)
    }

    /// Whether nobody was asked if the statement still stands.
    pub fn standing_was_not_asked(&self) -> bool {
        self.of_file(Check::Status).is_none_or(|row| row.status == Status::NotApplicable)
    }

    /// The rows by what the key given shows: what they mean of a passport file would say too much here.
    pub(super) fn render_bare_checks(&self, out: &mut String) {
        for row in self.checks.iter().filter(|row| row.status != Status::NotApplicable) {
            let (status, name) = (row.status.as_str(), row.check.as_str());
            let _ = writeln!(out, "  {status:<8} {name}: {}", one_line(&row.detail));
        }
    }

    /// What nobody looked at, so that nobody takes it for checked; then the statement itself.
    pub(super) fn render_bare(&self, bare: &Bare, out: &mut String) {
        let Bare { claims, lapsed_on } = bare;
        let _ = writeln!(out, "\nNot checked");
        let _ = writeln!(out, "  - whether a ledger recorded it: a bare SD-JWT carries nothing of a ledger");
        let _ = writeln!(out, "  - whether its issuer was authorised to say it");
        if self.standing_was_not_asked() {
            let _ = writeln!(out, "  - whether it still stands: {}", how_to_ask(claims));
        }
        let is_bound = self.of_file(Check::KeyBinding).is_some_and(|row| row.status != Status::NotApplicable);
        if !is_bound {
            let _ = writeln!(out, "  - who shows it: it is bound to nobody");
        }
        let text = |name| claims.get(name).and_then(Value::as_str).map(one_line).unwrap_or_default();
        let vct = text("vct");
        let title = Kind::from_vct(&vct).map_or_else(|| vct.clone(), |kind| kind.name().to_owned());
        let _ = writeln!(out, "\nWhat the statement says\n\n  - {title}, by {}", text("iss"));
        if let Some(day) = lapsed_on {
            let _ = writeln!(out, "      not in force: its last day, {day}, is past");
        }
        for (name, value) in told_claims(claims) {
            let said = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let _ = writeln!(out, "      {}: {}", one_line(name), one_line(&said));
        }
    }
}

/// The way to its standing, if there is one.
fn how_to_ask(claims: &Map<String, Value>) -> String {
    match claims.get("status").and_then(StatusReference::in_status) {
        Some(list) => {
            format!("fetch {} and give it with --status-list and --status-key", one_line(&list.uri))
        }
        None => "it names no status list; ask its issuer".to_owned(),
    }
}
