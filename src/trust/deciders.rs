//! Who may decide on recognition or grant licences, and which key speaks for which sort of body: for answers that name the
//! competent authority, and for calls that only some sorts of bodies may make.

use jiff::civil::Date;

use super::issuer_kind::IssuerKind;
use super::state::{Grant, TrustState};
use crate::crypto::PublicKey;
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
            let in_effect =
                |grant: &&Grant| is_open(grant, day) && self.check_endorsed(issuer, grant, u64::MAX).is_ok();
            for grant in body.grants.iter().filter(in_effect) {
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

    /// Whether a body is authorised on `day` as this sort.
    pub fn is_sort(&self, issuer: &str, sort: IssuerKind, day: Date) -> bool {
        let grants = self.bodies.get(issuer).into_iter().flat_map(|body| &body.grants);
        grants.into_iter().any(|grant| is_open(grant, day) && grant.issuer_kind == sort.name())
    }

    /// The key named `kid` if it is valid for a body that is authorised on `day` as this sort.
    pub fn key_of_sort(&self, kid: &str, sort: IssuerKind, day: Date) -> Option<PublicKey> {
        let of_sort = self.bodies.keys().filter(|issuer| self.is_sort(issuer, sort, day));
        let mut keys = of_sort.flat_map(|issuer| self.valid_keys(issuer));
        keys.find(|(known, _)| known == kid).map(|(_, key)| key)
    }
}

fn is_open(grant: &Grant, day: Date) -> bool {
    let (from, until) = (grant.scope.valid_from, grant.scope.valid_until);
    grant.ends.is_empty() && from.is_none_or(|from| from <= day) && until.is_none_or(|until| day <= until)
}
