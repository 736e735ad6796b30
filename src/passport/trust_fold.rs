//! Rebuilding the trust state from the streams that travel in a file: leaf by leaf, as the ledger did it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::file::{LedgerPart, ProvenEntry};
use super::verify::Check;
use crate::crypto::{Hash, sha256};
use crate::event::entry::Entry;
use crate::event::{Class, Kind, StreamId, UnixMs};
use crate::statement::jws::UnverifiedJws;
use crate::statement::{STATEMENT_TYP, Unverified};
use crate::tlog::leaf_hash;
use crate::trust::{Authorisation, Refusal, TrustState, stream_of};

/// What the public streams of one ledger part add up to.
#[derive(Debug, Default)]
pub(super) struct Folded {
    /// Who may say what, by leaf.
    pub(super) trust: TrustState,
    /// SHA-256 of the genesis entry, in which each worker's chain starts.
    pub(super) genesis: Option<Hash>,
    /// The public statements, by leaf.
    pub(super) statements: BTreeMap<u64, PublicFact>,
    /// The first thing wrong; what follows it was not folded.
    pub(super) fault: Option<FoldFault>,
}

/// What is kept of one public statement.
#[derive(Debug)]
pub(super) struct PublicFact {
    /// Who signed it.
    pub(super) issuer: String,
    /// With which key.
    pub(super) kid: String,
    /// When it was recorded.
    pub(super) recorded_at: UnixMs,
    /// What it says.
    pub(super) kind: Kind,
    /// Which stream it stands in: a body, or `None` for the ledger's own.
    pub(super) subject: Option<String>,
    /// A body beside the signer whose stream is needed to judge it: the custodian that is named.
    pub(super) names: Option<String>,
    /// Of an authorisation: the claims it limits.
    pub(super) limits: Vec<&'static str>,
}

/// The limits an authorisation may have, and the claim of a statement that each is compared with.
const LIMITS: [(&str, &str); 3] =
    [("limit_levels", "nqf_level"), ("limit_iscedf", "iscedf_code"), ("limit_isco08", "isco08")];

/// Why the streams of a file cannot be believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FoldFault {
    /// The check that turns red.
    pub(super) check: Check,
    /// Where and why.
    pub(super) detail: String,
}

/// Folds the ledger stream and the institution streams of `part`, in leaf order.
pub(super) fn fold(part: &LedgerPart) -> Folded {
    let mut folded = Folded::default();
    let ledger = part.ledger.iter().map(|entry| (entry, None));
    let bodies = part
        .streams
        .iter()
        .flat_map(|stream| stream.entries.iter().map(move |entry| (entry, Some(stream.subject.as_str()))));
    let mut all: Vec<(&ProvenEntry, Option<&str>)> = ledger.chain(bodies).collect();
    all.sort_by_key(|(entry, _)| entry.leaf);
    let mut ends = HashMap::new();
    let mut last_recorded = 0;
    for (place, subject) in all {
        let step = folded.step(place, subject, &mut ends, &mut last_recorded);
        if let Err((check, rule)) = step {
            folded.fault = Some(FoldFault { check, detail: format!("leaf {}: {rule}", place.leaf) });
            break;
        }
    }
    folded
}

impl Folded {
    fn step(
        &mut self,
        place: &ProvenEntry,
        subject: Option<&str>,
        ends: &mut HashMap<StreamId, (u32, Hash)>,
        last_recorded: &mut UnixMs,
    ) -> Result<(), (Check, String)> {
        let broken = |rule: &str| (Check::IssuerAuthorised, rule.to_owned());
        let entry = Entry::decode(&place.entry).map_err(|error| (Check::Type, error.to_string()))?;
        let Entry::Public { class, recorded_at, stream, revision, prev, statement } = entry else {
            return Err(broken("a person's entry stands in a public stream"));
        };
        let expected = match subject {
            Some(subject) => (Class::Institution, StreamId::institution(subject)),
            None => (Class::Ledger, StreamId::ledger()),
        };
        if (class, stream) != expected {
            return Err(broken("the entry belongs to another stream"));
        }
        // SPEC "Entry": revisions count from 0 and `prev` is the leaf hash of the stream's previous entry.
        let (next, end) = ends.get(&stream).copied().unwrap_or((0, [0; 32]));
        if revision != next || prev != end {
            return Err(broken("an entry before it is missing: the stream is not whole"));
        }
        if recorded_at < *last_recorded {
            return Err(broken("recorded earlier than an entry before it"));
        }
        *last_recorded = recorded_at;
        let (read, event) = self
            .trust
            .verify_public(&statement, place.leaf, recorded_at)
            .map_err(|refusal| blame(&refusal))?;
        if stream_of(event.kind(), read.subject().unwrap_or_default()) != Some(stream) {
            return Err(broken("the statement speaks of another body than its stream"));
        }
        self.trust.apply(&read, &event, place.leaf, recorded_at);
        ends.insert(stream, (revision.saturating_add(1), leaf_hash(&place.entry)));
        if place.leaf == 0 {
            self.genesis = Some(sha256(&[&place.entry]));
        }
        let clear = read.clear();
        let fact = PublicFact {
            issuer: clear.issuer.clone(),
            kid: clear.kid.clone(),
            kind: event.kind(),
            recorded_at,
            subject: subject.map(str::to_owned),
            names: event.text("custodian").map(str::to_owned),
            limits: LIMITS
                .iter()
                .filter(|(limit, _)| event.claims().contains_key(*limit))
                .map(|(_, claim)| *claim)
                .collect(),
        };
        self.statements.insert(place.leaf, fact);
        Ok(())
    }

    /// The claims that an authorisation limits: without them nobody can tell whether a statement is within it.
    pub(super) fn limits(&self, authorisation: &Authorisation) -> &[&'static str] {
        self.statements.get(&authorisation.leaf).map(|fact| fact.limits.as_slice()).unwrap_or_default()
    }

    /// The bodies whose streams are needed to judge statements of `issuers`: theirs, and that of each body that signed a
    /// statement in a needed stream or is named there as custodian (SPEC.md, "Streams needed").
    pub(super) fn bodies_needed<'a>(&'a self, issuers: impl Iterator<Item = &'a str>) -> BTreeSet<&'a str> {
        let mut signers: HashMap<&str, BTreeSet<&str>> = HashMap::new();
        for fact in self.statements.values() {
            if let Some(subject) = &fact.subject {
                let needed = signers.entry(subject).or_default();
                needed.insert(&fact.issuer);
                needed.extend(fact.names.as_deref());
            }
        }
        let ledger = self.trust.ledger_issuer();
        let mut needed = BTreeSet::new();
        let mut open: Vec<&str> = issuers.collect();
        while let Some(body) = open.pop() {
            if ledger.as_deref() != Some(body) && needed.insert(body) {
                open.extend(signers.get(body).into_iter().flatten());
            }
        }
        needed
    }
}

/// Which check a refused public statement turns red.
fn blame(refusal: &Refusal) -> (Check, String) {
    let check = match refusal {
        Refusal::Statement(_) => Check::Signature,
        Refusal::Claim(_) | Refusal::UnknownKind(_) | Refusal::WrongClass(_) => Check::Type,
        Refusal::UnknownKey { .. } | Refusal::KeyEnded(_) | Refusal::KeyCompromised(_) => Check::IssuerKey,
        _ => Check::IssuerAuthorised,
    };
    (check, refusal.to_string())
}

/// The body that a statement names as its issuer, read without believing it; `None` for a holder's or an unreadable one.
pub(super) fn claimed_issuer(sdjwt: &str) -> Option<String> {
    claimed_body(&Unverified::parse(sdjwt).ok()?).map(str::to_owned)
}

/// The same of one that was read already.
pub(super) fn claimed_body(unverified: &Unverified) -> Option<&str> {
    let issuer = unverified.clear().issuer.as_str();
    issuer.starts_with("https://").then_some(issuer)
}

/// The bodies whose streams are needed to judge a public statement, read without believing it.
pub(super) fn claimed_bodies(statement: &str) -> Vec<String> {
    let jwt = statement.split('~').next().unwrap_or_default();
    let payload = UnverifiedJws::parse(jwt, STATEMENT_TYP).map(|jws| jws.payload).ok();
    let custodian = payload.as_ref().and_then(|payload| payload.get("custodian")?.as_str());
    claimed_issuer(statement).into_iter().chain(custodian.map(str::to_owned)).collect()
}
