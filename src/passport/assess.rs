//! `assess`: what one worker's records come to in a destination, from a file or from a ledger's stream.

use jiff::civil::Date;

use super::held::Held;
use super::verify::{Purpose, Report};
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
}

/// Assesses verified records.
pub fn assess(held: &[Held], asked: &Destination, authorities: &[Authority]) -> Assessment {
    let shown: Vec<Shown<'_>> = held.iter().map(Held::shown).collect();
    let need = Need {
        country: &asked.country,
        occupation: asked.occupation.as_deref(),
        purpose: asked.purpose.of_recognition(),
        day: asked.day,
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
