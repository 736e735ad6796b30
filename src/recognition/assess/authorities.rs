//! Who decides in the destination: bodies that a ledger authorised for it, and root authorities of the trust file.

use super::{Need, Purpose};

/// A body that may decide, and who says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    /// Issuer identifier.
    pub issuer: String,
    /// Its name.
    pub name: String,
    /// Where it may decide, alpha-2.
    pub jurisdictions: Vec<String>,
    /// The kinds it may state among licences and decisions; empty for a root authority, which names who may.
    pub kinds: Vec<String>,
    /// ISCO-08 prefixes it is limited to; empty: not limited.
    pub occupations: Vec<String>,
    /// Who says so: a ledger's origin, or `trust file`.
    pub according_to: String,
    /// Whom to ask, from the trust file.
    pub contact: Option<String>,
}

impl Authority {
    /// Whether it decides on this question, or names who does.
    pub(super) fn decides(&self, need: &Need<'_>) -> bool {
        let is_there = self.jurisdictions.iter().any(|country| country == need.country);
        let is_for = |occupation: &str| {
            self.occupations.is_empty()
                || self.occupations.iter().any(|prefix| occupation.starts_with(prefix.as_str()))
        };
        let states = |kind: &str| self.kinds.iter().any(|own| own == kind);
        let wanted = match need.purpose {
            Purpose::Study => states("RecognitionDecided"),
            Purpose::Practise | Purpose::Hire => states("LicenceGranted") || states("RecognitionDecided"),
        };
        is_there && (self.kinds.is_empty() || wanted) && need.occupation.is_none_or(is_for)
    }
}
