//! Social partners decide too: a root authority may ask that authorisations be endorsed by government, employers' or
//! workers' organisations before they take effect (SPEC.md, "Endorsement").

use std::collections::BTreeSet;

use super::authorise::day_of;
use super::error::Refusal;
use super::fold::texts;
use super::key_life::KeyVerdict;
use super::publications::Side;
use super::state::{Endorsement, Grant, Policy, Scope, TrustState};
use crate::event::{Event, Kind, UnixMs};
use crate::statement::Statement;

/// Who endorsed an authorisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endorser {
    /// `iss`.
    pub issuer: String,
    /// Its name as published.
    pub name: String,
    /// For which side it stands.
    pub side: Side,
}

impl TrustState {
    /// A root says for its jurisdictions which authorisations need whose endorsement.
    pub(super) fn admit_policy(
        &self,
        issuer: &str,
        subject: &str,
        event: &Event,
        leaf: u64,
    ) -> Result<(), Refusal> {
        if issuer != subject {
            return Err(Refusal::NotYourBody { issuer: issuer.to_owned(), subject: subject.to_owned() });
        }
        let foreign = texts(event, "jurisdictions").into_iter().find(|c| !self.is_root(issuer, c, leaf));
        if let Some(country) = foreign {
            return Err(Refusal::NotARoot { issuer: issuer.to_owned(), country });
        }
        match event.hash("replaces") {
            Some(hash) if !self.policies.iter().any(|known| known.hash == hash && known.root == issuer) => {
                Err(Refusal::UnknownTarget)
            }
            _ => Ok(()),
        }
    }

    pub(super) fn set_policy(
        &mut self,
        subject: String,
        statement: &Statement,
        event: &Event,
        leaf: u64,
        recorded_at: UnixMs,
    ) {
        let kinds = texts(event, "kinds");
        let sides = texts(event, "sides");
        if let Some(old) = event.hash("replaces") {
            for policy in self.policies.iter_mut().filter(|policy| policy.hash == old) {
                policy.replaced = policy.replaced.or(Some(leaf));
            }
        }
        self.policies.push(Policy {
            leaf,
            recorded_at,
            hash: statement.hash(),
            root: subject,
            kid: statement.clear().kid.clone(),
            jurisdictions: texts(event, "jurisdictions"),
            issuer_kinds: texts(event, "issuer_kinds"),
            kinds: kinds.iter().filter_map(|name| Kind::from_name(name)).collect(),
            sides: sides.iter().filter_map(|name| side_named(name)).collect(),
            needed: event
                .claims()
                .get("needed")
                .and_then(serde_json::Value::as_u64)
                .and_then(|needed| usize::try_from(needed).ok())
                .unwrap_or_default(),
            replaced: None,
        });
    }

    /// The root authorities for jurisdictions of `scope` on which an authorisation rests that `authoriser` gives at `leaf`.
    pub(super) fn roots_under(&self, authoriser: &str, scope: &Scope, leaf: u64) -> Vec<String> {
        let mut roots = BTreeSet::new();
        if scope.jurisdictions.iter().any(|country| self.is_root(authoriser, country, leaf)) {
            roots.insert(authoriser.to_owned());
        }
        if !scope.jurisdictions.iter().all(|country| self.is_root(authoriser, country, leaf)) {
            roots.extend(self.carrying(authoriser, scope, leaf).flat_map(|held| held.roots.iter().cloned()));
        }
        roots.into_iter().collect()
    }

    /// The policies, recorded before `leaf` and not replaced by then, that bind an authorisation which rests on `roots`.
    pub(super) fn policies_for(
        &self,
        roots: &[String],
        issuer_kind: &str,
        scope: &Scope,
        leaf: u64,
    ) -> Vec<usize> {
        let binds = |policy: &Policy| {
            policy.leaf < leaf
                && policy.replaced.is_none_or(|replaced| replaced >= leaf)
                && roots.contains(&policy.root)
                && policy.jurisdictions.iter().any(|country| scope.jurisdictions.contains(country))
                && (policy.issuer_kinds.is_empty()
                    || policy.issuer_kinds.iter().any(|kind| kind == issuer_kind))
                && (policy.kinds.is_empty()
                    || policy
                        .kinds
                        .iter()
                        .any(|kind| scope.kinds.contains(kind) || scope.passes_on.contains(kind)))
        };
        (0..).zip(&self.policies).filter(|(_, policy)| binds(policy)).map(|(place, _)| place).collect()
    }

    /// A body of a side, authorised by a root on which the authorisation rests, endorses it once.
    pub(super) fn admit_endorsement(
        &self,
        issuer: &str,
        subject: &str,
        event: &Event,
        leaf: u64,
        recorded_at: UnixMs,
    ) -> Result<(), Refusal> {
        let target = event.target().ok_or(Refusal::UnknownTarget)?;
        let body = self.bodies.get(subject).ok_or(Refusal::UnknownTarget)?;
        let grant = body.grants.iter().find(|grant| grant.hash == target).ok_or(Refusal::UnknownTarget)?;
        if issuer == subject {
            return Err(Refusal::SelfEndorsed(issuer.to_owned()));
        }
        self.endorser(issuer, grant, leaf, recorded_at)?;
        let stands = |endorsement: &&Endorsement| endorsement.withdrawn.is_none();
        if grant.endorsements.iter().filter(stands).any(|known| known.by == issuer) {
            return Err(Refusal::AlreadyEndorsed(issuer.to_owned()));
        }
        Ok(())
    }

    /// For which side `issuer` speaks about `grant`, and which roots say so.
    fn endorser(
        &self,
        issuer: &str,
        grant: &Grant,
        leaf: u64,
        recorded_at: UnixMs,
    ) -> Result<(Side, Vec<String>), Refusal> {
        let body = self.bodies.get(issuer).ok_or_else(|| Refusal::UnknownIssuer(issuer.to_owned()))?;
        let mut recognised: Vec<(Option<Side>, String)> = Vec::new();
        if grant.roots.iter().any(|root| root == issuer) {
            recognised.push((Side::of(&body.issuer_kind), issuer.to_owned()));
        }
        for held in &body.grants {
            let there = held.scope.jurisdictions.iter().any(|c| grant.scope.jurisdictions.contains(c));
            let stands = || self.stands(issuer, held, day_of(recorded_at), leaf, recorded_at).is_ok();
            if grant.roots.contains(&held.authoriser) && there && stands() {
                recognised.push((Side::of(&held.issuer_kind), held.authoriser.clone()));
            }
        }
        if recognised.is_empty() {
            return Err(Refusal::EndorserNotRecognised(issuer.to_owned()));
        }
        // One organisation speaks for one side, even if it was authorised as two kinds of body.
        let side = recognised.iter().find_map(|(side, _)| *side);
        let side = side.ok_or_else(|| Refusal::NoSide(issuer.to_owned()))?;
        let roots = recognised.into_iter().filter(|(known, _)| *known == Some(side)).map(|(_, root)| root);
        Ok((side, roots.collect()))
    }

    pub(super) fn endorse(
        &mut self,
        subject: &str,
        statement: &Statement,
        event: &Event,
        leaf: u64,
        recorded_at: UnixMs,
    ) {
        let (by, kid) = (statement.clear().issuer.clone(), statement.clear().kid.clone());
        let target = event.target();
        let find = |state: &Self| {
            let grants = &state.bodies.get(subject)?.grants;
            let (place, grant) = grants.iter().enumerate().find(|(_, grant)| Some(grant.hash) == target)?;
            let (side, recognised_by) = state.endorser(&by, grant, leaf, recorded_at).ok()?;
            Some((place, side, recognised_by))
        };
        let Some((place, side, recognised_by)) = find(self) else { return };
        let name = self.body_name(&by).unwrap_or_default().to_owned();
        let hash = statement.hash();
        let grant = self.bodies.get_mut(subject).and_then(|body| body.grants.get_mut(place));
        if let Some(grant) = grant {
            grant.endorsements.push(Endorsement {
                leaf,
                recorded_at,
                hash,
                by,
                kid,
                name,
                side,
                recognised_by,
                withdrawn: None,
            });
        }
    }

    /// Only who endorsed withdraws, once.
    pub(super) fn admit_withdrawal(&self, issuer: &str, subject: &str, event: &Event) -> Result<(), Refusal> {
        let target = event.target().ok_or(Refusal::UnknownTarget)?;
        let grants = self.bodies.get(subject).into_iter().flat_map(|body| &body.grants);
        let mut given = grants.flat_map(|grant| &grant.endorsements);
        let found = given.find(|endorsement| endorsement.hash == target).ok_or(Refusal::UnknownTarget)?;
        if found.by == issuer && found.withdrawn.is_none() {
            Ok(())
        } else {
            Err(Refusal::NotYourEndorsement(issuer.to_owned()))
        }
    }

    pub(super) fn withdraw_endorsement(&mut self, subject: &str, event: &Event, leaf: u64) {
        let target = event.target();
        let grants = self.bodies.get_mut(subject).into_iter().flat_map(|body| &mut body.grants);
        let mut given = grants.flat_map(|grant| &mut grant.endorsements);
        if let Some(found) = given.find(|endorsement| Some(endorsement.hash) == target) {
            found.withdrawn = found.withdrawn.or(Some(leaf));
        }
    }

    /// The endorsements of `grant` that count for something at `leaf`: an organisation once, a key once.
    fn counted<'a>(&'a self, grant: &'a Grant, leaf: u64) -> Vec<&'a Endorsement> {
        let mut counted: Vec<&Endorsement> = Vec::new();
        for one in &grant.endorsements {
            let stands = one.leaf < leaf && one.withdrawn.is_none_or(|withdrawn| withdrawn >= leaf);
            let known = counted.iter().any(|other| other.by == one.by || other.kid == one.kid);
            let key = || self.key_verdict(&one.by, &one.kid, one.leaf, one.recorded_at);
            if stands && !known && key() != KeyVerdict::Compromised {
                counted.push(one);
            }
        }
        counted
    }

    /// Whether every policy that binds `grant` is met for something at `leaf`.
    pub(super) fn check_endorsed(&self, issuer: &str, grant: &Grant, leaf: u64) -> Result<(), Refusal> {
        if grant.needs.is_empty() {
            return Ok(());
        }
        let counted = self.counted(grant, leaf);
        for policy in grant.needs.iter().filter_map(|place| self.policies.get(*place)) {
            // What a thief of the root's key asked for binds nobody.
            if self.key_verdict(&policy.root, &policy.kid, policy.leaf, policy.recorded_at)
                == KeyVerdict::Compromised
            {
                continue;
            }
            let sides: BTreeSet<Side> = counted
                .iter()
                .filter(|one| policy.sides.contains(&one.side) && one.recognised_by.contains(&policy.root))
                .map(|one| one.side)
                .collect();
            if sides.len() < policy.needed {
                let names: Vec<&str> = policy.sides.iter().map(|side| side.name()).collect();
                return Err(Refusal::NotEndorsed {
                    issuer: issuer.to_owned(),
                    have: sides.len(),
                    needed: policy.needed,
                    sides: names.join(", "),
                });
            }
        }
        Ok(())
    }

    /// Who had endorsed `grant` by `leaf`.
    pub(super) fn endorsers(&self, grant: &Grant, leaf: u64) -> Vec<Endorser> {
        if grant.endorsements.is_empty() {
            return Vec::new();
        }
        let endorser =
            |one: &Endorsement| Endorser { issuer: one.by.clone(), name: one.name.clone(), side: one.side };
        self.counted(grant, leaf).into_iter().map(endorser).collect()
    }
}

fn side_named(name: &str) -> Option<Side> {
    [Side::Government, Side::Employers, Side::Workers].into_iter().find(|side| side.name() == name)
}
