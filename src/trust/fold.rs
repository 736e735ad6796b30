//! Folding a recorded class 0 or class 1 entry into the state. Total: what was admitted can be applied.

use jiff::civil::Date;
use serde_json::Value;

use super::admit::key_use;
use super::authorise::day_of;
use super::state::{
    Body, End, Grant, IssuerKey, KeyUse, LedgerFacts, LedgerKey, Root, Scope, TrustState, Voids,
};
use crate::crypto::PublicKey;
use crate::event::{Event, Kind, UnixMs};
use crate::statement::Statement;

impl TrustState {
    /// Folds a recorded entry. Call only with what [`TrustState::verify_public`] or [`TrustState::admit_public`] accepted.
    pub fn apply(&mut self, statement: &Statement, event: &Event, leaf: u64, recorded_at: UnixMs) {
        let subject = statement.subject().unwrap_or_default().to_owned();
        match event.kind() {
            Kind::LedgerFounded => self.found(event, leaf),
            Kind::LedgerKeyAdded => self.add_ledger_key(event, leaf),
            Kind::LedgerKeyEnded => self.end_ledger_key(event, leaf),
            Kind::AuthorityEstablished => self.establish(subject, event, leaf),
            Kind::IssuerAuthorised => self.grant(subject, statement, event, leaf, recorded_at),
            Kind::AuthorisationEnded => self.end_grant(&subject, event, leaf, recorded_at),
            Kind::IssuerKeyAdded => {
                let body = self.bodies.entry(subject).or_default();
                body.keys.extend(jwk(event).map(|key| IssuerKey::added(key, leaf, event.date("valid_from"))));
            }
            Kind::IssuerKeyEnded => self.end_key(&subject, event, leaf),
            Kind::AuthorisationEndorsed => self.endorse(&subject, statement, event, leaf, recorded_at),
            Kind::EndorsementWithdrawn => self.withdraw_endorsement(&subject, event, leaf),
            Kind::EndorsementPolicySet => self.set_policy(subject, statement, event, leaf, recorded_at),
            Kind::CustodianNamed => self.name_custodian(subject, statement, event, leaf, recorded_at),
            kind if kind.is_publication() => {
                self.publications.entry(subject).or_insert_with(|| statement.clear().issuer.clone());
                if kind.is_reference() {
                    self.add_reference(statement, event, leaf, recorded_at);
                }
            }
            _ => {}
        }
    }

    fn found(&mut self, event: &Event, leaf: u64) {
        let origin = event.text("origin").unwrap_or_default().to_owned();
        let named = |claim, use_| {
            jwks(event, claim).map(move |key| LedgerKey {
                use_,
                kid: key.thumbprint(),
                key,
                added: leaf,
                ended: None,
                compromised: false,
            })
        };
        let keys = named("log_keys", KeyUse::Log).chain(named("status_keys", KeyUse::Status)).collect();
        self.ledger = Some(LedgerFacts { origin, keys });
    }

    fn add_ledger_key(&mut self, event: &Event, leaf: u64) {
        if let (Some(ledger), Some(key)) = (&mut self.ledger, jwk(event)) {
            let use_ = key_use(event);
            let kid = key.thumbprint();
            ledger.keys.push(LedgerKey { use_, kid, key, added: leaf, ended: None, compromised: false });
        }
    }

    /// A key that only retired can be declared compromised later.
    fn end_ledger_key(&mut self, event: &Event, leaf: u64) {
        let kid = event.text("kid").unwrap_or_default();
        let keys = self.ledger.iter_mut().flat_map(|ledger| &mut ledger.keys);
        for key in keys.filter(|key| key.kid == kid) {
            key.ended = key.ended.or(Some(leaf));
            key.compromised |= event.text("reason") == Some("COMPROMISED");
        }
    }

    fn establish(&mut self, subject: String, event: &Event, leaf: u64) {
        let body = self.bodies.entry(subject).or_default();
        body.describe(event);
        let key = jwk(event);
        let kids = key.iter().map(PublicKey::thumbprint).collect();
        body.roots.push(Root { jurisdictions: texts(event, "jurisdictions"), kids, leaf });
        body.keys.extend(
            key.filter(|key| !body.keys.iter().any(|known| known.key == *key))
                .map(|key| IssuerKey::added(key, leaf, None)),
        );
    }

    fn grant(
        &mut self,
        subject: String,
        statement: &Statement,
        event: &Event,
        leaf: u64,
        recorded_at: UnixMs,
    ) {
        let text = |claim| event.text(claim).unwrap_or_default().to_owned();
        let scope = Scope::of(event);
        let roots = self.roots_under(&statement.clear().issuer, &scope, leaf);
        let needs = self.policies_for(&roots, &text("issuer_kind"), &scope, leaf);
        let body = self.bodies.entry(subject).or_default();
        body.describe(event);
        body.grants.push(Grant {
            leaf,
            recorded_at,
            hash: statement.hash(),
            authoriser: statement.clear().issuer.clone(),
            kid: statement.clear().kid.clone(),
            basis: text("basis"),
            name: text("name"),
            issuer_kind: text("issuer_kind"),
            scope,
            ends: Vec::new(),
            roots,
            needs,
            endorsements: Vec::new(),
        });
    }

    fn end_grant(&mut self, subject: &str, event: &Event, leaf: u64, recorded_at: UnixMs) {
        let target = event.target();
        let from = event.date("suspended_from").unwrap_or_else(|| day_of(recorded_at));
        let end = End { leaf, from, until: event.date("suspended_until") };
        let grants = self.bodies.get_mut(subject).into_iter().flat_map(|body| &mut body.grants);
        for grant in grants.filter(|grant| Some(grant.hash) == target) {
            grant.ends.push(end.clone());
        }
    }

    fn end_key(&mut self, subject: &str, event: &Event, leaf: u64) {
        let kid = event.text("kid").unwrap_or_default();
        let since = compromised_since(event);
        self.voids = Voids::default();
        let keys = self.bodies.get_mut(subject).into_iter().flat_map(|body| &mut body.keys);
        for key in keys.filter(|key| key.kid == kid) {
            key.ended = Some(key.ended.map_or(leaf, |ended| ended.min(leaf)));
            key.compromised_since = match (key.compromised_since, since) {
                (Some(known), Some(new)) => Some(known.min(new)),
                (known, new) => known.or(new),
            };
        }
    }
}

impl Body {
    fn describe(&mut self, event: &Event) {
        event.text("name").unwrap_or_default().clone_into(&mut self.name);
        event.text("issuer_kind").unwrap_or_default().clone_into(&mut self.issuer_kind);
    }
}

impl IssuerKey {
    fn added(key: PublicKey, leaf: u64, valid_from: Option<Date>) -> Self {
        Self { kid: key.thumbprint(), key, added: leaf, valid_from, ended: None, compromised_since: None }
    }
}

impl Scope {
    pub(super) fn of(event: &Event) -> Self {
        let level = |level: &Value| {
            let part = |name| level.get(name).and_then(Value::as_str);
            part("framework").zip(part("code")).map(|(framework, code)| format!("{framework}:{code}"))
        };
        let named = |claim| -> Vec<Kind> {
            texts(event, claim).iter().filter_map(|name| Kind::from_name(name)).collect()
        };
        let kinds = named("kinds");
        let passes_on = if event.claims().contains_key("may_authorise_kinds") {
            named("may_authorise_kinds")
        } else {
            kinds.clone()
        };
        Self {
            kinds,
            passes_on,
            jurisdictions: texts(event, "jurisdictions"),
            valid_from: event.date("valid_from"),
            valid_until: event.date("valid_until"),
            levels: list(event, "limit_levels").iter().filter_map(level).collect(),
            fields: texts(event, "limit_iscedf"),
            occupations: texts(event, "limit_isco08"),
            may_authorise_depth: event
                .claims()
                .get("may_authorise_depth")
                .and_then(Value::as_u64)
                .unwrap_or_default(),
        }
    }
}

/// `compromised_since` as Unix milliseconds.
pub(super) fn compromised_since(event: &Event) -> Option<UnixMs> {
    let at: jiff::Timestamp = event.text("compromised_since")?.parse().ok()?;
    UnixMs::try_from(at.as_millisecond()).ok()
}

fn list<'a>(event: &'a Event, claim: &str) -> &'a [Value] {
    event.claims().get(claim).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

pub(super) fn texts(event: &Event, claim: &str) -> Vec<String> {
    list(event, claim).iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn jwks<'a>(event: &'a Event, claim: &str) -> impl Iterator<Item = PublicKey> + use<'a> {
    list(event, claim).iter().filter_map(|jwk| PublicKey::from_jwk(jwk).ok())
}

/// The key in `jwk`.
pub(super) fn jwk(event: &Event) -> Option<PublicKey> {
    event.claims().get("jwk").and_then(|jwk| PublicKey::from_jwk(jwk).ok())
}
