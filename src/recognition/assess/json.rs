//! The answer as JSON (SPEC.md, "Assessing"). Every member is always there; what does not arise is null or empty.

use serde_json::{Value, json};

use super::{Assessment, Authority, CheckLine, InstrumentLine, LevelLine};
use crate::recognition::checks::Outcome;

/// Said with every answer: visas and residence are another matter, of which nothing is stored.
const ADMISSION: &str = "admission and residence: unknown, a separate question";

impl Assessment {
    /// As `skillpass assess --json` and `AssessRecognition` give it.
    pub fn to_json(&self) -> Value {
        let missing = self.missing.iter().map(|one| json!({"what": one.what, "asked_by": one.asked_by}));
        let evidence = self.evidence.iter().map(|one| {
            json!({"jti": one.jti, "title": one.title, "kind": one.kind.name(), "result": one.result, "in_force": one.is_in_force,
                   "effect": one.effect, "conditions": one.conditions})
        });
        let set_aside = self.set_aside.iter().map(|(jti, why)| json!({"jti": jti, "why": why}));
        json!({
            "country": self.country,
            "occupation": self.occupation,
            "purpose": self.purpose.as_str(),
            "at": self.day.to_string(),
            "state": self.state.as_str(),
            "status": in_capitals(self.outcome()),
            "summary": self.summary,
            "checks": self.checks.iter().map(check).collect::<Vec<_>>(),
            "instruments": self.instruments.iter().map(instrument).collect::<Vec<_>>(),
            "levels": self.levels.iter().map(level).collect::<Vec<_>>(),
            "missing": missing.collect::<Vec<_>>(),
            "evidence": evidence.collect::<Vec<_>>(),
            "competent_authorities": self.authorities.iter().map(authority).collect::<Vec<_>>(),
            "way_ahead": self.way_ahead,
            "reference": self.reference,
            "set_aside": set_aside.collect::<Vec<_>>(),
            "admission": ADMISSION,
        })
    }
}

/// As in reports.
fn in_capitals(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pass => "PASS",
        Outcome::Fail => "FAIL",
        Outcome::Unknown => "UNKNOWN",
        Outcome::NotApplicable => "NOT_APPLICABLE",
    }
}

fn check(line: &CheckLine) -> Value {
    json!({
        "check": line.check,
        "status": in_capitals(line.finding.outcome),
        "subject": line.subject,
        "detail": line.finding.detail,
    })
}

fn instrument(line: &InstrumentLine) -> Value {
    let source = line.source.as_ref().map(|(title, as_of)| json!({"title": title, "as_of": as_of}));
    json!({
        "id": line.id,
        "title": line.title,
        "kind": line.kind,
        "force": line.force,
        "applies": line.applies.as_str(),
        "why": line.why,
        "mark": line.mark,
        "source": source,
        "cited_by": line.cited_by,
    })
}

fn level(line: &LevelLine) -> Value {
    json!({
        "jti": line.jti,
        "title": line.title,
        "level": line.level,
        "target": line.target,
        "relation": line.relation,
        "related": line.related,
        "note": line.note,
    })
}

fn authority(one: &Authority) -> Value {
    json!({
        "issuer": one.issuer,
        "name": one.name,
        "according_to": one.according_to,
        "contact": one.contact,
    })
}
