//! What a body may state, by whom, with which keys: read from its stream and the ledger's, in leaf order.

use serde_json::{Map, Value, json};

use crate::crypto::base64url_encode;
use crate::event::entry::Entry;
use crate::event::{Kind, StreamId, UnixMs};
use crate::ledger::{Ledger, ReadError};
use crate::statement::{Statement, Unverified};
use crate::trust::TrustState;

/// One recorded public statement.
#[derive(Debug, Clone)]
pub struct PublicRecord {
    /// Its place in the log.
    pub leaf: u64,
    /// Its place in its stream.
    pub revision: u32,
    /// Unix ms.
    pub recorded_at: UnixMs,
    /// The statement's text.
    pub statement: String,
}

/// A public stream, revision 0 first.
pub fn public_stream(ledger: &Ledger, stream: StreamId) -> Result<Vec<PublicRecord>, ReadError> {
    let entries = ledger.stream(stream)?;
    let record = |(leaf, bytes): (u64, Vec<u8>)| match Entry::decode(&bytes) {
        Ok(Entry::Public { recorded_at, revision, statement, .. }) => {
            Some(PublicRecord { leaf, revision, recorded_at, statement })
        }
        // The ledger wrote these bytes and checks them when it reads; a person's entry is in no public stream.
        Ok(Entry::Person { .. }) | Err(_) => None,
    };
    Ok(entries.into_iter().filter_map(record).collect())
}

/// `{"roots": […], "authorisations": […], "keys": […], "policies": […], "custodians": […]}` of one body: every statement
/// about it in leaf order, each with its place and its signer, ends and endorsements beside what they are about.
pub fn body_detail(ledger: &Ledger, issuer: &str) -> Result<Value, ReadError> {
    let trust = ledger.trust();
    let mut detail = Detail::default();
    for record in public_stream(ledger, StreamId::ledger())? {
        detail.fold(&trust, issuer, &record);
    }
    for record in public_stream(ledger, StreamId::institution(issuer))? {
        detail.fold(&trust, issuer, &record);
    }
    let Detail { roots, authorisations, keys, policies, custodians } = detail;
    Ok(json!({
        "roots": roots, "authorisations": authorisations, "keys": keys, "policies": policies, "custodians": custodians,
    }))
}

#[derive(Default)]
struct Detail {
    roots: Vec<Value>,
    authorisations: Vec<Value>,
    keys: Vec<Value>,
    policies: Vec<Value>,
    custodians: Vec<Value>,
}

impl Detail {
    fn fold(&mut self, trust: &TrustState, issuer: &str, record: &PublicRecord) {
        let Some((kind, statement)) = read(trust, &record.statement) else { return };
        if statement.subject() != Some(issuer) {
            return;
        }
        let mut fact = fact(&statement, record);
        let hash = base64url_encode(statement.hash());
        match kind {
            Kind::AuthorityEstablished => {
                self.add_key(&fact);
                self.roots.push(Value::Object(fact));
            }
            Kind::IssuerAuthorised => {
                fact.insert("hash".into(), hash.into());
                fact.insert("ends".into(), json!([]));
                fact.insert("endorsements".into(), json!([]));
                self.authorisations.push(Value::Object(fact));
            }
            Kind::AuthorisationEnded => add(&mut self.authorisations, "ends", ("hash", "target"), &fact),
            Kind::AuthorisationEndorsed => {
                fact.insert("hash".into(), hash.into());
                fact.insert("withdrawn".into(), json!([]));
                add(&mut self.authorisations, "endorsements", ("hash", "target"), &fact);
            }
            Kind::EndorsementWithdrawn => {
                for given in &mut self.authorisations {
                    if let Some(endorsements) = given.get_mut("endorsements").and_then(Value::as_array_mut) {
                        add(endorsements, "withdrawn", ("hash", "target"), &fact);
                    }
                }
            }
            Kind::EndorsementPolicySet => {
                fact.insert("hash".into(), hash.into());
                self.policies.push(Value::Object(fact));
            }
            Kind::CustodianNamed => self.custodians.push(Value::Object(fact)),
            Kind::IssuerKeyAdded => self.add_key(&fact),
            Kind::IssuerKeyEnded => add(&mut self.keys, "ends", ("kid", "kid"), &fact),
            _ => {}
        }
    }

    fn add_key(&mut self, fact: &Map<String, Value>) {
        let key = fact.get("jwk").and_then(|jwk| crate::crypto::PublicKey::from_jwk(jwk).ok());
        if let Some(key) = key {
            let mut fact = fact.clone();
            fact.insert("kid".into(), key.thumbprint().into());
            fact.insert("ends".into(), json!([]));
            self.keys.push(Value::Object(fact));
        }
    }
}

/// The statement under the key that signed it. It was verified when it was recorded; verifying again costs little and
/// keeps unverified claims out of answers.
pub(super) fn read(trust: &TrustState, text: &str) -> Option<(Kind, Statement)> {
    let unverified = Unverified::parse(text).ok()?;
    let kind = Kind::from_vct(&unverified.clear().vct)?;
    let key = trust.key(&unverified.clear().issuer, &unverified.clear().kid)?;
    Some((kind, unverified.verify(key).ok()?))
}

fn fact(statement: &Statement, record: &PublicRecord) -> Map<String, Value> {
    let mut fact = Map::clone(statement.claims());
    fact.shift_remove("sub");
    fact.insert("by".into(), statement.clear().issuer.clone().into());
    fact.insert("leaf_index".into(), record.leaf.into());
    fact.insert("recorded_at".into(), record.recorded_at.into());
    fact
}

/// Puts `what` into the `list` of each fact whose `name` is what its `claim` names.
fn add(facts: &mut [Value], list: &str, (name, claim): (&str, &str), what: &Map<String, Value>) {
    for fact in facts.iter_mut().filter(|fact| fact.get(name) == what.get(claim)) {
        if let Some(all) = fact.get_mut(list).and_then(Value::as_array_mut) {
            all.push(Value::Object(what.clone()));
        }
    }
}
