//! The one spelling of a passport file (SPEC.md, "Passport file").

use serde_json::{Map, Value, json};

use super::{FORMAT, LedgerPart, PassportFile, ProvenEntry, PublicStream, StatementPart};
use crate::crypto::{Hash, base64url_encode, hex_encode, sha256};

impl PassportFile {
    /// The file's bytes: compact JSON, members in fixed order, the digest at the end.
    pub fn encode(&self) -> Vec<u8> {
        let mut text = self.unbound();
        if let Some(jwt) = &self.presentation {
            text.push_str(",\"presentation\":");
            text.push_str(&Value::from(jwt.as_str()).to_string());
        }
        let digest = hex_encode(sha256(&[text.as_bytes()]));
        text.push_str(",\"digest\":\"");
        text.push_str(&digest);
        text.push_str("\"}\n");
        text.into_bytes()
    }

    /// What the holder signs by its hash: all bytes before the comma in front of `"presentation"`.
    pub fn file_hash(&self) -> Hash {
        sha256(&[self.unbound().as_bytes()])
    }

    fn unbound(&self) -> String {
        let value = json!({
            "format": FORMAT,
            "kind": self.kind.as_str(),
            "ledgers": self.ledgers.iter().map(ledger).collect::<Vec<_>>(),
            "statements": self.statements.iter().map(statement).collect::<Vec<_>>(),
            "holder": self.holder,
        });
        let mut text = value.to_string();
        text.pop(); // the closing brace: the binding and the digest follow
        text
    }
}

fn ledger(part: &LedgerPart) -> Value {
    json!({
        "origin": part.origin,
        "checkpoint": part.checkpoint,
        "anchors": part.anchors,
        "ledger": entries(&part.ledger),
        "streams": part.streams.iter().map(stream).collect::<Vec<_>>(),
        "standing": part.standing,
        "heads": part.heads,
    })
}

fn stream(part: &PublicStream) -> Value {
    json!({ "sub": part.subject, "entries": entries(&part.entries) })
}

fn entries(parts: &[ProvenEntry]) -> Vec<Value> {
    parts.iter().map(|part| Value::Object(place(part))).collect()
}

fn place(part: &ProvenEntry) -> Map<String, Value> {
    let mut members = Map::new();
    members.insert("leaf".to_owned(), part.leaf.into());
    members.insert("entry".to_owned(), base64url_encode(&part.entry).into());
    members.insert("proof".to_owned(), hashes(&part.proof));
    if let Some(anchor) = &part.anchor {
        members.insert("anchor".to_owned(), json!({ "index": anchor.index, "proof": hashes(&anchor.proof) }));
    }
    members
}

fn hashes(proof: &[Hash]) -> Value {
    proof.iter().map(base64url_encode).collect()
}

fn statement(part: &StatementPart) -> Value {
    let mut members = Map::new();
    members.insert("ledger".to_owned(), part.ledger.into());
    members.extend(place(&part.place));
    members.insert("sdjwt".to_owned(), part.sdjwt.as_str().into());
    members.insert("n_s".to_owned(), base64url_encode(part.n_s).into());
    if let Some(n_l) = &part.n_l {
        members.insert("n_l".to_owned(), base64url_encode(n_l).into());
    }
    Value::Object(members)
}
