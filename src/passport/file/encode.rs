//! The one spelling of a passport file (SPEC.md, "Passport file").

use serde::Serialize;
use serde_json::Value;

use super::{FORMAT, LedgerPart, PassportFile, ProvenEntry, StatementPart};
use crate::crypto::{Hash, base64url_encode, hex_encode, sha256};

impl PassportFile {
    /// The file's bytes: compact JSON, members in fixed order, the digest at the end.
    pub fn encode(&self) -> Vec<u8> {
        let mut text = self.body();
        let digest = hex_encode(sha256(&[text.as_bytes()]));
        text.push_str(",\"digest\":\"");
        text.push_str(&digest);
        text.push_str("\"}\n");
        text.into_bytes()
    }

    /// All that the digest is of: everything before it.
    pub(super) fn body(&self) -> String {
        let mut text = self.unbound();
        if let Some(jwt) = &self.presentation {
            text.push_str(",\"presentation\":");
            text.push_str(&Value::from(jwt.as_str()).to_string());
        }
        text
    }

    /// What the holder signs by its hash: all bytes before the comma in front of `"presentation"`.
    pub fn file_hash(&self) -> Hash {
        sha256(&[self.unbound().as_bytes()])
    }

    fn unbound(&self) -> String {
        let file = File {
            format: FORMAT,
            kind: self.kind.as_str(),
            ledgers: self.ledgers.iter().map(Ledger::of).collect(),
            statements: self.statements.iter().map(Statement::of).collect(),
            holder: &self.holder,
        };
        // Texts, numbers and lists of them: there is nothing in it that JSON could not say.
        let mut text = serde_json::to_string(&file).unwrap_or_default();
        text.pop(); // the closing brace: the binding and the digest follow
        text
    }
}

/// The file's members, and below those of its parts, in the order in which they are written.
#[derive(Serialize)]
struct File<'a> {
    format: &'a str,
    kind: &'a str,
    ledgers: Vec<Ledger<'a>>,
    statements: Vec<Statement<'a>>,
    holder: &'a [usize],
}

#[derive(Serialize)]
#[expect(clippy::struct_field_names, reason = "the names in the file")]
struct Ledger<'a> {
    origin: &'a str,
    checkpoint: &'a str,
    anchors: &'a [String],
    ledger: Vec<Place>,
    streams: Vec<Stream<'a>>,
    standing: &'a [String],
    heads: &'a [String],
}

#[derive(Serialize)]
struct Stream<'a> {
    sub: &'a str,
    entries: Vec<Place>,
}

#[derive(Serialize)]
struct Statement<'a> {
    ledger: usize,
    leaf: u64,
    entry: String,
    proof: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    anchor: Option<Anchor>,
    sdjwt: &'a str,
    n_s: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    n_l: Option<String>,
}

#[derive(Serialize)]
struct Place {
    leaf: u64,
    entry: String,
    proof: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    anchor: Option<Anchor>,
}

#[derive(Serialize)]
struct Anchor {
    index: usize,
    proof: Vec<String>,
}

impl<'a> Ledger<'a> {
    fn of(part: &'a LedgerPart) -> Self {
        let stream = part.streams.iter();
        Self {
            origin: &part.origin,
            checkpoint: &part.checkpoint,
            anchors: &part.anchors,
            ledger: places(&part.ledger),
            streams: stream.map(|one| Stream { sub: &one.subject, entries: places(&one.entries) }).collect(),
            standing: &part.standing,
            heads: &part.heads,
        }
    }
}

impl<'a> Statement<'a> {
    fn of(part: &'a StatementPart) -> Self {
        let Place { leaf, entry, proof, anchor } = Place::of(&part.place);
        Self {
            ledger: part.ledger,
            leaf,
            entry,
            proof,
            anchor,
            sdjwt: &part.sdjwt,
            n_s: base64url_encode(part.n_s),
            n_l: part.n_l.map(base64url_encode),
        }
    }
}

fn places(parts: &[ProvenEntry]) -> Vec<Place> {
    parts.iter().map(Place::of).collect()
}

impl Place {
    fn of(part: &ProvenEntry) -> Self {
        let anchor = part.anchor.as_ref();
        Self {
            leaf: part.leaf,
            entry: base64url_encode(&part.entry),
            proof: hashes(&part.proof),
            anchor: anchor.map(|anchor| Anchor { index: anchor.index, proof: hashes(&anchor.proof) }),
        }
    }
}

fn hashes(proof: &[Hash]) -> Vec<String> {
    proof.iter().map(base64url_encode).collect()
}
