//! `assess`: what one worker's records come to in a destination, from a file or from a ledger's stream.

use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::held::Held;
use super::project::{Projected, View, seen_by, shown};
use super::record::Record;
use super::verify::{Purpose, Report};
use crate::recognition::LedgerReferences;
use crate::recognition::assess::{self, Assessment, Authority, Shown};
use crate::recognition::checks::Need;
use crate::trust::{TrustFile, TrustState};

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// Alpha-2.
    pub country: String,
    /// ISCO-08 code.
    pub occupation: Option<String>,
    /// What for.
    pub purpose: Purpose,
    /// The day.
    pub day: Date,
}

/// A file's report, the records it may be relied on for, and the bodies its streams name.
#[derive(Debug)]
pub struct Read {
    /// As verification found it.
    pub report: Report,
    /// What may be relied on.
    pub held: Vec<Held>,
    /// Who may decide, according to the ledgers in the file and the trust file.
    pub authorities: Vec<Authority>,
    /// The worker, if every record shown names the same.
    pub worker: Option<String>,
    /// The ledgers.
    pub origins: Vec<String>,
    /// Names and birth date, if the opening is shown.
    pub identity: Map<String, Value>,
    /// The records, by section, and who may see them.
    pub projected: Vec<Projected>,
}

impl Read {
    /// Nothing that could be read.
    pub(super) fn nothing(report: Report) -> Self {
        let (held, authorities, origins, projected) = (vec![], vec![], vec![], vec![]);
        Self { report, held, authorities, worker: None, origins, identity: Map::new(), projected }
    }

    /// The records that a view may see.
    pub fn seen_by(&self, view: View) -> impl Iterator<Item = &Record> {
        seen_by(&self.projected, view)
    }

    /// The passport of the file as a view sees it, of one ledger or several: as `GetPassport` gives one ledger's.
    pub fn to_json(&self, view: View, day: Date) -> Value {
        let by = |one: &&Projected| one.record.awarded_on.is_none_or(|made| made <= day);
        let known: Vec<Projected> = self.projected.iter().filter(by).cloned().collect();
        let (sections, returnee) = shown(&known, view, day);
        json!({
            "worker": self.worker,
            "origins": self.origins,
            "verdict": self.report.verdict.as_str(),
            "valid_at": day.to_string(),
            "identity": self.identity,
            "returnee": returnee,
            "sections": sections,
        })
    }
}

/// Assesses verified records by the built-in tables and by what a ledger has published.
pub fn assess(
    held: &[Held],
    asked: &Destination,
    authorities: &[Authority],
    published: &LedgerReferences,
) -> Assessment {
    let shown: Vec<Shown<'_>> = held.iter().map(Held::shown).collect();
    let need = Need {
        country: &asked.country,
        occupation: asked.occupation.as_deref(),
        purpose: asked.purpose.of_recognition(),
        day: asked.day,
        published,
    };
    assess::assess(&shown, &need, authorities)
}

/// The bodies that a ledger authorised to decide.
pub fn authorities_of(trust: &TrustState, day: Date) -> Vec<Authority> {
    let origin = trust.origin().unwrap_or_default();
    let deciders = trust.deciders(day).into_iter().map(|one| Authority {
        issuer: one.issuer,
        name: one.name,
        jurisdictions: one.jurisdictions,
        kinds: one.kinds.iter().map(|kind| kind.name().to_owned()).collect(),
        occupations: one.occupations,
        according_to: origin.to_owned(),
        contact: None,
    });
    deciders.collect()
}

/// The root authorities of a trust file: they decide themselves, or name who does.
pub(super) fn trusted_roots(trust: &TrustFile) -> impl Iterator<Item = Authority> {
    trust.roots.iter().map(|root| Authority {
        issuer: root.issuer.clone(),
        name: root.name.clone().unwrap_or_else(|| root.issuer.clone()),
        jurisdictions: root.jurisdictions.clone(),
        kinds: Vec::new(),
        occupations: Vec::new(),
        according_to: "trust file, root authority: decides or names who does".to_owned(),
        contact: root.contact.clone(),
    })
}
