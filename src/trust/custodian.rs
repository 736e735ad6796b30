//! Who acts on the statements of a body that closed (SPEC.md, "Authorisation").

use super::error::Refusal;
use super::key_life::KeyVerdict;
use super::state::{Custodian, TrustState};
use crate::event::{Event, UnixMs};
use crate::statement::Statement;

impl TrustState {
    /// The body itself, whoever authorised it, or a root above it names a body that holds an authorisation in one of its
    /// jurisdictions.
    pub(super) fn admit_custodian(
        &self,
        issuer: &str,
        subject: &str,
        event: &Event,
        leaf: u64,
        recorded_at: UnixMs,
    ) -> Result<(), Refusal> {
        self.manages_keys(issuer, subject, leaf)?;
        let custodian = event.text("custodian").unwrap_or_default();
        let body = self.bodies.get(subject).ok_or(Refusal::UnknownTarget)?;
        let grants = body.grants.iter().filter(|grant| grant.leaf < leaf);
        let roots = body.roots.iter().filter(|root| root.leaf < leaf);
        let jurisdictions: Vec<String> = grants
            .flat_map(|grant| grant.scope.jurisdictions.iter())
            .chain(roots.flat_map(|root| root.jurisdictions.iter()))
            .cloned()
            .collect();
        if self.holds_any(custodian, Some(&jurisdictions), leaf, recorded_at) {
            Ok(())
        } else {
            Err(Refusal::CustodianNotAuthorised(custodian.to_owned()))
        }
    }

    pub(super) fn name_custodian(
        &mut self,
        subject: String,
        statement: &Statement,
        event: &Event,
        leaf: u64,
        recorded_at: UnixMs,
    ) {
        let clear = statement.clear();
        self.bodies.entry(subject).or_default().custodians.push(Custodian {
            leaf,
            recorded_at,
            keeper: event.text("custodian").unwrap_or_default().to_owned(),
            by: clear.issuer.clone(),
            kid: clear.kid.clone(),
        });
    }

    /// The custodian named last before `leaf`, by a key that was not compromised then.
    pub(super) fn custodian_of(&self, issuer: &str, leaf: u64) -> Option<&Custodian> {
        let named = self.bodies.get(issuer)?.custodians.iter().rev();
        named.filter(|named| named.leaf < leaf).find(|named| {
            self.key_verdict(&named.by, &named.kid, named.leaf, named.recorded_at) != KeyVerdict::Compromised
        })
    }
}
