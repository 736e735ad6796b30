//! May this class 0 or class 1 statement be recorded? Checked before recording and again by every offline verifier.

use std::collections::HashMap;

use serde_json::Value;

use super::authorise::day_of;
use super::error::Refusal;
use super::issuer_kind::IssuerKind;
use super::key_life::{KeyVerdict, is_ledger_issuer};
use super::state::{Grant, KeyUse, Scope, TrustState};
use crate::crypto::PublicKey;
use crate::event::{Class, Event, Kind, StreamId, UnixMs};
use crate::statement::jws::UnverifiedJws;
use crate::statement::{Statement, Unverified};

/// The stream that a class 0 or class 1 statement of `kind` about `subject` belongs to; `None` for persons' kinds.
pub fn stream_of(kind: Kind, subject: &str) -> Option<StreamId> {
    match (kind.class(), kind) {
        (Class::Person, _) => None,
        (Class::Institution, kind) if kind.is_publication() => Some(StreamId::publication(subject)),
        (Class::Institution, _) => Some(StreamId::institution(subject)),
        (Class::Ledger, Kind::Erased) => Some(StreamId::erasures()),
        (Class::Ledger, _) => Some(StreamId::ledger()),
    }
}

impl TrustState {
    /// Checks signature, claims, key and authority of a class 0 or class 1 statement that is (or would be) leaf `leaf`.
    /// Follow with [`Self::apply`] to fold it.
    pub fn verify_public(
        &self,
        text: &str,
        leaf: u64,
        recorded_at: UnixMs,
    ) -> Result<(Statement, Event), Refusal> {
        let unverified = Unverified::parse(text)?;
        let (issuer, kid, vct) = {
            let clear = unverified.clear();
            (clear.issuer.clone(), clear.kid.clone(), clear.vct.clone())
        };
        let kind = Kind::from_vct(&vct).ok_or(Refusal::UnknownKind(vct))?;
        if kind.class() == Class::Person {
            return Err(Refusal::WrongClass(kind));
        }
        let statement = if kind == Kind::LedgerFounded {
            let key = genesis_key(text, &kid)?;
            unverified.verify(&key)?
        } else {
            let key = self.key(&issuer, &kid).cloned().ok_or_else(|| self.unknown_key(&issuer, &kid))?;
            unverified.verify(&key)?
        };
        if !statement.is_in_clear() {
            return Err(Refusal::WrongClass(kind));
        }
        let event = Event::validate(kind, statement.claims())?;
        self.admit_public(&statement, &event, leaf, recorded_at)?;
        Ok((statement, event))
    }

    /// The refusal for a key that is not there.
    pub fn unknown_key(&self, issuer: &str, kid: &str) -> Refusal {
        if self.bodies.contains_key(issuer) || self.ledger_issuer().as_deref() == Some(issuer) {
            Refusal::UnknownKey { issuer: issuer.to_owned(), kid: kid.to_owned() }
        } else {
            Refusal::UnknownIssuer(issuer.to_owned())
        }
    }

    /// May this verified class 0 or class 1 statement be recorded now, as leaf `leaf`?
    pub fn admit_public(
        &self,
        statement: &Statement,
        event: &Event,
        leaf: u64,
        recorded_at: UnixMs,
    ) -> Result<(), Refusal> {
        let clear = statement.clear();
        let issuer = clear.issuer.as_str();
        let subject = statement.subject().unwrap_or_default();
        if event.kind() == Kind::LedgerFounded {
            return self.admit_genesis(issuer, event, leaf);
        }
        match self.key_verdict(issuer, &clear.kid, leaf, recorded_at) {
            KeyVerdict::Valid | KeyVerdict::NeedsAnchor(_) => {}
            KeyVerdict::Invalid => return Err(Refusal::KeyEnded(clear.kid.clone())),
            KeyVerdict::Compromised => return Err(Refusal::KeyCompromised(clear.kid.clone())),
        }
        match event.kind() {
            Kind::IssuerAuthorised => self.admit_grant(issuer, subject, event, leaf, recorded_at),
            Kind::AuthorisationEnded => self.admit_end(issuer, subject, event, leaf),
            Kind::IssuerKeyAdded => self.admit_key(issuer, subject, event, leaf),
            Kind::IssuerKeyEnded => self.admit_key_end(issuer, subject, event, leaf, recorded_at),
            Kind::StandardPublished => self.admit_standard(issuer, subject, event, leaf, recorded_at),
            kind if kind.is_reference() => self.admit_reference(issuer, subject, event, leaf, recorded_at),
            Kind::AuthorisationEndorsed => self.admit_endorsement(issuer, subject, event, leaf, recorded_at),
            Kind::EndorsementWithdrawn => self.admit_withdrawal(issuer, subject, event),
            Kind::EndorsementPolicySet => self.admit_policy(issuer, subject, event, leaf),
            Kind::CustodianNamed => self.admit_custodian(issuer, subject, event, leaf, recorded_at),
            kind if kind.class() == Class::Ledger => self.admit_own(issuer, event),
            kind => Err(Refusal::WrongClass(kind)),
        }
    }

    fn admit_genesis(&self, issuer: &str, event: &Event, leaf: u64) -> Result<(), Refusal> {
        let origin = event.text("origin").unwrap_or_default();
        let is_first = self.ledger.is_none() && leaf == 0;
        if is_first && is_ledger_issuer(origin, issuer) { Ok(()) } else { Err(Refusal::Genesis) }
    }

    fn admit_own(&self, issuer: &str, event: &Event) -> Result<(), Refusal> {
        let ledger = self.ledger.as_ref().ok_or(Refusal::Genesis)?;
        if !is_ledger_issuer(&ledger.origin, issuer) {
            return Err(Refusal::LedgerOnly(event.kind()));
        }
        if event.kind() == Kind::LedgerKeyAdded {
            // For either use: a key that signed checkpoints signs no tokens, and none comes back after its end.
            let kid = super::fold::jwk(event).map(|key| key.thumbprint()).unwrap_or_default();
            let known = ledger.keys.iter().any(|key| key.kid == kid);
            return if known { Err(Refusal::KeyExists(kid)) } else { Ok(()) };
        }
        if event.kind() != Kind::LedgerKeyEnded {
            return Ok(());
        }
        let kid = event.text("kid").unwrap_or_default();
        let open = |use_| ledger.keys.iter().filter(move |key| key.use_ == use_ && key.ended.is_none());
        let target = ledger.keys.iter().find(|key| key.kid == kid).ok_or(Refusal::UnknownTarget)?;
        if open(target.use_).any(|key| key.kid != kid) { Ok(()) } else { Err(Refusal::LastLogKey) }
    }

    /// A root for every jurisdiction granted may grant anything its bodies' kind allows; another body only what it holds
    /// itself, one step less deep, and to none from whom it holds it: else each would go on after the other was ended.
    fn admit_grant(
        &self,
        issuer: &str,
        subject: &str,
        event: &Event,
        leaf: u64,
        recorded_at: UnixMs,
    ) -> Result<(), Refusal> {
        let scope = Scope::of(event);
        let issuer_kind = event.text("issuer_kind").unwrap_or_default();
        for &kind in &scope.kinds {
            if !IssuerKind::from_name(issuer_kind).is_some_and(|known| known.may_state(kind)) {
                return Err(Refusal::IssuerKindExcludes { issuer_kind: issuer_kind.to_owned(), kind });
            }
        }
        if scope.jurisdictions.iter().all(|country| self.is_root(issuer, country, leaf)) {
            return Ok(());
        }
        let body = self.bodies.get(issuer).ok_or_else(|| Refusal::UnknownIssuer(issuer.to_owned()))?;
        let mut nearest = Refusal::NotAuthorised(issuer.to_owned());
        for held in body.grants.iter().filter(|held| held.leaf < leaf) {
            if held.scope.may_authorise_depth <= scope.may_authorise_depth {
                nearest = Refusal::DelegationTooDeep(issuer.to_owned());
            } else if let Err(limit) = scope.within(&held.scope) {
                nearest = Refusal::ScopeWidened { authoriser: issuer.to_owned(), limit };
            } else if issuer == subject || self.rests_on(subject, held, &mut HashMap::new()) {
                let (authoriser, subject) = (issuer.to_owned(), subject.to_owned());
                nearest = Refusal::AuthorisationCircular { authoriser, subject };
            } else {
                // Of several that are wide and deep enough one that stands suffices.
                match self.stands(issuer, held, day_of(recorded_at), leaf, recorded_at) {
                    Ok(()) => return Ok(()),
                    Err((_, refusal)) => nearest = refusal,
                }
            }
        }
        Err(nearest)
    }

    fn admit_end(&self, issuer: &str, subject: &str, event: &Event, leaf: u64) -> Result<(), Refusal> {
        let target = event.target().ok_or(Refusal::UnknownTarget)?;
        let body = self.bodies.get(subject).ok_or(Refusal::UnknownTarget)?;
        let grant = body.grants.iter().find(|grant| grant.hash == target).ok_or(Refusal::UnknownTarget)?;
        let gave_it = grant.authoriser == issuer || subject == issuer;
        let stands_above =
            || grant.scope.jurisdictions.iter().any(|country| self.is_root(issuer, country, leaf));
        if gave_it || stands_above() { Ok(()) } else { Err(Refusal::NotYoursToEnd(issuer.to_owned())) }
    }

    fn admit_key(&self, issuer: &str, subject: &str, event: &Event, leaf: u64) -> Result<(), Refusal> {
        self.manages_keys(issuer, subject, leaf)?;
        let kid = event
            .claims()
            .get("jwk")
            .and_then(|jwk| PublicKey::from_jwk(jwk).ok())
            .map(|key| key.thumbprint());
        let kid = kid.unwrap_or_default();
        let known = self.bodies.get(subject).is_some_and(|body| body.keys.iter().any(|key| key.kid == kid));
        if known { Err(Refusal::KeyExists(kid)) } else { Ok(()) }
    }

    fn admit_key_end(
        &self,
        issuer: &str,
        subject: &str,
        event: &Event,
        leaf: u64,
        recorded_at: UnixMs,
    ) -> Result<(), Refusal> {
        self.manages_keys(issuer, subject, leaf)?;
        let kid = event.text("kid").unwrap_or_default();
        if self.key(subject, kid).is_none() {
            return Err(self.unknown_key(subject, kid));
        }
        // A thief holds the body's key too: let it end things from now on, never void what was said before.
        let backdated = super::fold::compromised_since(event).is_some_and(|since| since < recorded_at);
        if backdated && issuer == subject { Err(Refusal::BackdatedCompromise) } else { Ok(()) }
    }

    /// The body itself, whoever authorised it, or a root above it manages a body's keys.
    pub(super) fn manages_keys(&self, issuer: &str, subject: &str, leaf: u64) -> Result<(), Refusal> {
        let body = self.bodies.get(subject);
        let authorised_it = |grant: &Grant| {
            grant.leaf < leaf
                && (grant.authoriser == issuer
                    || grant.scope.jurisdictions.iter().any(|c| self.is_root(issuer, c, leaf)))
        };
        if issuer == subject && body.is_some()
            || body.is_some_and(|body| body.grants.iter().any(authorised_it))
        {
            Ok(())
        } else {
            Err(Refusal::NotYourBody { issuer: issuer.to_owned(), subject: subject.to_owned() })
        }
    }
}

impl Scope {
    /// Err names the first limit that `self` would widen.
    pub(super) fn within(&self, held: &Self) -> Result<(), &'static str> {
        let listed = |inner: &[String], outer: &[String], prefix: bool| {
            outer.is_empty()
                || !inner.is_empty()
                    && inner.iter().all(|code| {
                        outer.iter().any(|limit| code == limit || prefix && code.starts_with(limit))
                    })
        };
        let starts = held.valid_from.is_none_or(|from| self.valid_from.is_some_and(|own| own >= from));
        let ends = held.valid_until.is_none_or(|until| self.valid_until.is_some_and(|own| own <= until));
        let limits = [
            ("kinds", self.kinds.iter().all(|kind| held.passes_on.contains(kind))),
            (
                "may_authorise_kinds",
                self.may_authorise_depth == 0
                    || self.passes_on.iter().all(|kind| held.passes_on.contains(kind)),
            ),
            ("jurisdictions", self.jurisdictions.iter().all(|country| held.jurisdictions.contains(country))),
            ("valid_from", starts),
            ("valid_until", ends),
            ("limit_levels", listed(&self.levels, &held.levels, false)),
            ("limit_iscedf", listed(&self.fields, &held.fields, true)),
            ("limit_isco08", listed(&self.occupations, &held.occupations, true)),
        ];
        limits.into_iter().find(|(_, kept)| !kept).map_or(Ok(()), |(limit, _)| Err(limit))
    }
}

/// The genesis is signed by a checkpoint key that it names itself; the trust file pins that key.
fn genesis_key(text: &str, kid: &str) -> Result<PublicKey, Refusal> {
    let jwt = text.split('~').next().unwrap_or_default();
    let payload = UnverifiedJws::parse(jwt, "dc+sd-jwt")?.payload;
    let keys = payload.get("log_keys").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let named =
        keys.iter().filter_map(|jwk| PublicKey::from_jwk(jwk).ok()).find(|key| key.thumbprint() == kid);
    named.ok_or(Refusal::Genesis)
}

/// Which of the two uses a `use` claim names.
pub(super) fn key_use(event: &Event) -> KeyUse {
    if event.text("use") == Some("status") { KeyUse::Status } else { KeyUse::Log }
}
