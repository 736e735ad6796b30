//! The one spelling of a passport file (SPEC.md, "Passport file").

use serde::Serialize;
use serde_json::Value;

use super::{FORMAT, LedgerPart, PassportFile, StatementPart};
use crate::crypto::{Hash, hex_encode, sha256};

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
        let Self { kind, ledgers, statements, holder, .. } = self;
        let file = File { format: FORMAT, kind: kind.as_str(), ledgers, statements, holder };
        // Texts, numbers and lists of them: there is nothing in it that JSON could not say.
        let mut text = serde_json::to_string(&file).unwrap_or_default();
        text.pop(); // the closing brace: the binding and the digest follow
        text
    }
}

/// The file's members, in the order in which they are written.
#[derive(Serialize)]
struct File<'a> {
    format: &'a str,
    kind: &'a str,
    ledgers: &'a [LedgerPart],
    statements: &'a [StatementPart],
    holder: &'a [usize],
}
