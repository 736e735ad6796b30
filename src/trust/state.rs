//! The facts, each with the leaf it was recorded at.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::civil::Date;

use super::publications::{Publication, Side};
use crate::crypto::{Hash, PublicKey};
use crate::event::{Kind, UnixMs};

/// Everything institutions and the ledger have said, by leaf. Folded by [`TrustState::verify_public`] and
/// [`TrustState::apply`]; every question takes the leaf it is asked at.
#[derive(Debug, Clone, Default)]
pub struct TrustState {
    pub(super) ledger: Option<LedgerFacts>,
    pub(super) bodies: HashMap<String, Body>,
    /// Publication id to the body that published first.
    pub(super) publications: HashMap<String, String>,
    /// Publications but standards, in leaf order.
    pub(super) references: Vec<Arc<Publication>>,
    /// Which authorisations need endorsement, in leaf order.
    pub(super) policies: Vec<Policy>,
    /// Forgotten whenever a key ends.
    pub(super) voids: Voids,
}

/// Which authorisations were found void, by leaf: one may rest on many, each of which on many more, and each is judged once.
#[derive(Debug, Default)]
pub(super) struct Voids(Mutex<HashMap<u64, bool>>);

impl Voids {
    pub(super) fn of(&self, leaf: u64) -> Option<bool> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&leaf).copied()
    }

    pub(super) fn note(&self, leaf: u64, is_void: bool) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(leaf, is_void);
    }
}

impl Clone for Voids {
    /// What follows from a state is found anew in its copy.
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// What the ledger said of itself.
#[derive(Debug, Clone)]
pub(super) struct LedgerFacts {
    pub(super) origin: String,
    pub(super) keys: Vec<LedgerKey>,
}

/// What a key of the ledger is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyUse {
    /// Signs checkpoints and the ledger's own statements.
    Log,
    /// Signs standing and head tokens.
    Status,
}

#[derive(Debug, Clone)]
pub(super) struct LedgerKey {
    pub(super) use_: KeyUse,
    pub(super) kid: String,
    pub(super) key: PublicKey,
    pub(super) added: u64,
    pub(super) ended: Option<u64>,
    /// It ended because it is in wrong hands.
    pub(super) compromised: bool,
}

/// A key of the ledger, as its stream tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyOfLedger {
    /// `log` or `status`.
    pub use_: &'static str,
    /// Thumbprint.
    pub kid: String,
    /// The key.
    pub key: PublicKey,
    /// Leaf.
    pub added: u64,
    /// Leaf of its end.
    pub ended: Option<u64>,
}

/// One body.
#[derive(Debug, Clone, Default)]
pub(super) struct Body {
    pub(super) name: String,
    pub(super) issuer_kind: String,
    /// AuthorityEstablished entries: jurisdictions and leaf.
    pub(super) roots: Vec<Root>,
    pub(super) keys: Vec<IssuerKey>,
    pub(super) grants: Vec<Grant>,
    /// In leaf order; the last one before a statement counts.
    pub(super) custodians: Vec<Custodian>,
}

#[derive(Debug, Clone)]
pub(super) struct Root {
    pub(super) jurisdictions: Vec<String>,
    pub(super) kids: Vec<String>,
    pub(super) leaf: u64,
}

/// A key of a body.
#[derive(Debug, Clone)]
pub(super) struct IssuerKey {
    pub(super) kid: String,
    pub(super) key: PublicKey,
    pub(super) added: u64,
    /// First day (UTC) it may sign for; from its recording on if absent.
    pub(super) valid_from: Option<Date>,
    /// Leaf of a plain end: later leaves fail.
    pub(super) ended: Option<u64>,
    /// The earliest T declared, and the leaf of its declaration.
    pub(super) compromised_since: Option<UnixMs>,
}

/// One IssuerAuthorised entry.
#[derive(Debug, Clone)]
pub(super) struct Grant {
    pub(super) leaf: u64,
    pub(super) recorded_at: UnixMs,
    pub(super) hash: Hash,
    pub(super) authoriser: String,
    pub(super) kid: String,
    pub(super) basis: String,
    pub(super) name: String,
    pub(super) issuer_kind: String,
    pub(super) scope: Scope,
    pub(super) ends: Vec<End>,
    /// The root authorities for its jurisdictions on which it rests.
    pub(super) roots: Vec<String>,
    /// Places in [`TrustState::policies`] of those that bind it: a policy does not reach back, so they never change.
    pub(super) needs: Vec<usize>,
    pub(super) endorsements: Vec<Endorsement>,
}

/// The limits of an authorisation. An empty list of levels, fields or occupations means no limit of that sort.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Scope {
    pub(super) kinds: Vec<Kind>,
    /// What it may pass on; `kinds` where the statement does not say.
    pub(super) passes_on: Vec<Kind>,
    pub(super) jurisdictions: Vec<String>,
    pub(super) valid_from: Option<Date>,
    pub(super) valid_until: Option<Date>,
    /// `framework@version:code` spellings.
    pub(super) levels: Vec<String>,
    pub(super) fields: Vec<String>,
    pub(super) occupations: Vec<String>,
    pub(super) may_authorise_depth: u64,
}

/// One AuthorisationEndorsed entry.
#[derive(Debug, Clone)]
pub(super) struct Endorsement {
    pub(super) leaf: u64,
    pub(super) recorded_at: UnixMs,
    pub(super) hash: Hash,
    pub(super) by: String,
    pub(super) kid: String,
    /// As published when it endorsed.
    pub(super) name: String,
    pub(super) side: Side,
    /// The root authorities that had authorised it as a body of this side.
    pub(super) recognised_by: Vec<String>,
    /// Leaf of its withdrawal.
    pub(super) withdrawn: Option<u64>,
}

/// One EndorsementPolicySet entry. Empty lists of kinds mean all.
#[derive(Debug, Clone)]
pub(super) struct Policy {
    pub(super) leaf: u64,
    pub(super) recorded_at: UnixMs,
    pub(super) hash: Hash,
    pub(super) root: String,
    pub(super) kid: String,
    pub(super) jurisdictions: Vec<String>,
    pub(super) issuer_kinds: Vec<String>,
    pub(super) kinds: Vec<Kind>,
    pub(super) sides: Vec<Side>,
    pub(super) needed: usize,
    /// Leaf of the policy that took its place.
    pub(super) replaced: Option<u64>,
}

/// One CustodianNamed entry.
#[derive(Debug, Clone)]
pub(super) struct Custodian {
    pub(super) leaf: u64,
    pub(super) recorded_at: UnixMs,
    /// Who is named.
    pub(super) keeper: String,
    /// Who named it, with which key.
    pub(super) by: String,
    pub(super) kid: String,
}

/// An end or a suspension of a grant.
#[derive(Debug, Clone)]
pub(super) struct End {
    pub(super) leaf: u64,
    /// First day of the period; `None` is from the beginning of the end's own day of recording.
    pub(super) from: Date,
    /// Last day of a suspension; `None` for an end.
    pub(super) until: Option<Date>,
}

impl TrustState {
    /// Nothing known; the first entry must be LedgerFounded.
    pub fn new() -> Self {
        Self::default()
    }

    /// The origin, once founded.
    pub fn origin(&self) -> Option<&str> {
        self.ledger.as_ref().map(|ledger| ledger.origin.as_str())
    }

    /// The ledger's own issuer identifier: `https://` + origin.
    pub fn ledger_issuer(&self) -> Option<String> {
        self.origin().map(|origin| format!("https://{origin}"))
    }

    /// Every status key the ledger named and has not ended.
    pub fn status_keys(&self) -> Vec<(String, PublicKey)> {
        self.ledger_keys(KeyUse::Status)
    }

    /// Every status key the ledger ever named, ended ones too: what it signed with them stays its word.
    pub fn every_status_key(&self) -> Vec<PublicKey> {
        let keys = self.ledger.iter().flat_map(|ledger| &ledger.keys);
        keys.filter(|key| key.use_ == KeyUse::Status).map(|key| key.key.clone()).collect()
    }

    /// Every checkpoint key the ledger named and has not ended.
    pub fn log_keys(&self) -> Vec<PublicKey> {
        self.ledger_keys(KeyUse::Log).into_iter().map(|(_, key)| key).collect()
    }

    /// Every checkpoint key that the ledger ever named: what it signed before stays signed.
    pub fn log_keys_ever(&self) -> Vec<PublicKey> {
        self.ledger
            .iter()
            .flat_map(|ledger| &ledger.keys)
            .filter(|key| key.use_ == KeyUse::Log)
            .map(|key| key.key.clone())
            .collect()
    }

    /// What belongs into a trust file: the checkpoint keys and the status keys that the ledger named and has not declared
    /// compromised. One that only retired vouches for what it signed before.
    pub fn lasting_keys(&self) -> (Vec<PublicKey>, Vec<PublicKey>) {
        let keys = self.ledger.iter().flat_map(|ledger| &ledger.keys).filter(|key| !key.compromised);
        let (log, status): (Vec<&LedgerKey>, Vec<&LedgerKey>) = keys.partition(|key| key.use_ == KeyUse::Log);
        let public = |keys: Vec<&LedgerKey>| keys.into_iter().map(|key| key.key.clone()).collect();
        (public(log), public(status))
    }

    /// Every key of the ledger, in the order in which it was named.
    pub fn keys_of_ledger(&self) -> Vec<KeyOfLedger> {
        let key = |key: &LedgerKey| KeyOfLedger {
            use_: if key.use_ == KeyUse::Log { "log" } else { "status" },
            kid: key.kid.clone(),
            key: key.key.clone(),
            added: key.added,
            ended: key.ended,
        };
        self.ledger.iter().flat_map(|ledger| &ledger.keys).map(key).collect()
    }

    /// Whether the ledger had ended its key `kid` (of either use) in a tree of `size` leaves.
    pub fn ledger_key_ended(&self, kid: &str, size: u64) -> bool {
        let keys = self.ledger.iter().flat_map(|ledger| &ledger.keys).filter(|key| key.kid == kid);
        let mut ends = keys.map(|key| key.ended.is_some_and(|ended| ended < size)).peekable();
        ends.peek().is_some() && ends.all(|ended| ended)
    }

    fn ledger_keys(&self, use_: KeyUse) -> Vec<(String, PublicKey)> {
        let keys = self.ledger.iter().flat_map(|ledger| &ledger.keys);
        keys.filter(|key| key.use_ == use_ && key.ended.is_none())
            .map(|key| (key.kid.clone(), key.key.clone()))
            .collect()
    }

    /// Every body known: (iss, name, kind), sorted by iss.
    pub fn bodies(&self) -> Vec<(String, String, String)> {
        let facts =
            |(issuer, body): (&String, &Body)| (issuer.clone(), body.name.clone(), body.issuer_kind.clone());
        let mut all: Vec<_> = self.bodies.iter().map(facts).collect();
        all.sort();
        all
    }

    /// The name a body was published under.
    pub fn body_name(&self, issuer: &str) -> Option<&str> {
        self.bodies.get(issuer).map(|body| body.name.as_str())
    }

    /// The keys of a body that are neither ended nor compromised, by `kid`.
    pub fn valid_keys(&self, issuer: &str) -> Vec<(String, PublicKey)> {
        let keys = self.bodies.get(issuer).into_iter().flat_map(|body| &body.keys);
        keys.filter(|key| key.ended.is_none() && key.compromised_since.is_none())
            .map(|key| (key.kid.clone(), key.key.clone()))
            .collect()
    }

    /// The bodies whose institution streams are needed to judge `issuer`: itself and every authoriser up to its roots,
    /// `issuer` first, the rest sorted.
    pub fn chain_of(&self, issuer: &str) -> Vec<String> {
        let mut chain = vec![issuer.to_owned()];
        let mut next = 0;
        while let Some(current) = chain.get(next) {
            let grants = self.bodies.get(current).into_iter().flat_map(|body| &body.grants);
            let new: Vec<String> = grants
                .map(|grant| grant.authoriser.clone())
                .filter(|authoriser| !chain.contains(authoriser))
                .collect();
            for authoriser in new {
                if !chain.contains(&authoriser) {
                    chain.push(authoriser);
                }
            }
            next = next.saturating_add(1);
        }
        if let Some((_, above)) = chain.split_first_mut() {
            above.sort();
        }
        chain
    }

    /// The root authorities (iss, jurisdiction) above `issuer`, sorted.
    pub fn roots_of(&self, issuer: &str) -> Vec<(String, String)> {
        let mut roots = Vec::new();
        for iss in self.chain_of(issuer) {
            for root in self.bodies.get(&iss).into_iter().flat_map(|body| &body.roots) {
                roots.extend(root.jurisdictions.iter().map(|country| (iss.clone(), country.clone())));
            }
        }
        roots.sort();
        roots.dedup();
        roots
    }

    /// Every root authority with the countries that the ledger named it for, sorted.
    pub(super) fn root_authorities(&self) -> Vec<(String, Vec<String>)> {
        let roots = |(issuer, body): (&String, &Body)| {
            let countries: BTreeSet<String> =
                body.roots.iter().flat_map(|root| root.jurisdictions.iter().cloned()).collect();
            (!countries.is_empty()).then(|| (issuer.clone(), countries.into_iter().collect()))
        };
        let mut found: Vec<_> = self.bodies.iter().filter_map(roots).collect();
        found.sort();
        found
    }

    /// Thumbprints of the keys a root authority was established with.
    pub(super) fn root_kids(&self, issuer: &str) -> Vec<String> {
        let roots = self.bodies.get(issuer).into_iter().flat_map(|body| &body.roots);
        roots.flat_map(|root| root.kids.clone()).collect()
    }

    /// Whether a root authority for `country` was established before `leaf`.
    pub(super) fn is_root(&self, issuer: &str, country: &str, leaf: u64) -> bool {
        let roots = self.bodies.get(issuer).into_iter().flat_map(|body| &body.roots);
        roots.into_iter().any(|root| root.leaf < leaf && root.jurisdictions.iter().any(|c| c == country))
    }
}
