//! Who may decide on recognition or grant licences: for answers that name the competent authority.

use jiff::civil::Date;

use super::state::{Grant, TrustState};
use crate::event::Kind;

/// A body that may decide on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decider {
    /// Issuer identifier.
    pub issuer: String,
    /// Its name in the authorisation.
    pub name: String,
    /// Where.
    pub jurisdictions: Vec<String>,
    /// `RecognitionDecided`, `LicenceGranted`, as far as it may.
    pub kinds: Vec<Kind>,
    /// ISCO-08 prefixes it is limited to; empty: not limited.
    pub occupations: Vec<String>,
}

impl TrustState {
    /// The bodies authorised to decide on `day`, by issuer. An authorisation that was ended or suspended names nobody.
    pub fn deciders(&self, day: Date) -> Vec<Decider> {
        let mut found = Vec::new();
        for (issuer, body) in &self.bodies {
            let in_time = |from: Option<Date>, until: Option<Date>| {
                from.is_none_or(|from| from <= day) && until.is_none_or(|until| day <= until)
            };
            let in_effect = |grant: &&Grant| self.check_endorsed(issuer, grant, u64::MAX).is_ok();
            let open = body.grants.iter().filter(|grant| grant.ends.is_empty()).filter(in_effect);
            for grant in open.filter(|grant| in_time(grant.scope.valid_from, grant.scope.valid_until)) {
                let decides = |kind: &&Kind| matches!(kind, Kind::RecognitionDecided | Kind::LicenceGranted);
                let kinds: Vec<Kind> = grant.scope.kinds.iter().filter(decides).copied().collect();
                if !kinds.is_empty() {
                    found.push(Decider {
                        issuer: issuer.clone(),
                        name: grant.name.clone(),
                        jurisdictions: grant.scope.jurisdictions.clone(),
                        kinds,
                        occupations: grant.scope.occupations.clone(),
                    });
                }
            }
        }
        found.sort_by(|one, other| one.issuer.cmp(&other.issuer));
        found
    }
}
