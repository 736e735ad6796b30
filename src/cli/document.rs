//! Identity documents: a statement holds a salted commitment and never the number (SPEC.md, "Events"); the number goes to the
//! ledger beside it, which keeps a keyed hash (SPEC.md, "Recording").

use serde_json::{Map, Value};

use crate::crypto::{Entropy as _, OsEntropy, base64url_decode, base64url_encode};
use crate::event::{DOCUMENT_NUMBER as NUMBER, document_number_commitment};
use crate::pb;

/// The claim that takes the number's place.
pub(crate) const COMMITMENT: &str = "document_number_commitment";

/// What was committed to: told to the ledger beside the opening, so that it finds who opens two passports with one document.
#[derive(Debug, Clone)]
pub(crate) struct Committed {
    /// The document's number.
    pub(crate) number: String,
    /// The commitment's salt, base64url, which the worker keeps.
    pub(crate) salt: String,
}

impl Committed {
    /// As it goes over the wire.
    pub(crate) fn message(&self) -> pb::OpeningDocument {
        let salt = base64url_decode(&self.salt).unwrap_or_default();
        pb::OpeningDocument { number: self.number.clone(), salt }
    }
}

/// Replaces `document_number`, if there, by its commitment under a fresh salt.
pub(crate) fn commit(claims: &mut Map<String, Value>) -> Option<Committed> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
    let (commitment, committed) = committed(text(NUMBER), text("document_country"), text("document_type"))?;
    claims.remove(NUMBER);
    claims.insert(COMMITMENT.to_owned(), commitment.into());
    Some(committed)
}

/// The same for the cells of a spreadsheet row.
pub(crate) fn commit_row(pairs: &mut Vec<(String, String)>) -> Option<Committed> {
    let text =
        |name: &str| pairs.iter().find(|(column, _)| column == name).map_or("", |(_, cell)| cell.as_str());
    let (commitment, committed) = committed(text(NUMBER), text("document_country"), text("document_type"))?;
    pairs.retain(|(column, _)| column != NUMBER);
    pairs.push((COMMITMENT.to_owned(), commitment));
    Some(committed)
}

/// The commitment and what it was made of. Without country and type there is none, and the kind's rules name what is missing.
fn committed(number: &str, country: &str, document_type: &str) -> Option<(String, Committed)> {
    if number.trim().is_empty() || country.is_empty() || document_type.is_empty() {
        return None;
    }
    let salt: [u8; 16] = OsEntropy.bytes();
    let commitment = document_number_commitment(&salt, country, document_type, number);
    let committed = Committed { number: number.to_owned(), salt: base64url_encode(salt) };
    Some((base64url_encode(commitment), committed))
}

/// The name as in the document, for the slip.
pub(crate) fn full_name(claims: &Map<String, Value>) -> String {
    let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
    format!("{} {}", text("given_name"), text("family_name")).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_leaves_and_its_commitment_stays() {
        let mut claims = Map::new();
        for (name, value) in [(NUMBER, "P1234567"), ("document_country", "PH"), ("document_type", "PASSPORT")]
        {
            claims.insert(name.to_owned(), value.into());
        }
        let committed = commit(&mut claims).unwrap();
        assert!(!claims.contains_key(NUMBER) && committed.number == "P1234567");
        let salt: [u8; 16] = base64url_decode(&committed.salt).unwrap().try_into().unwrap();
        let again = document_number_commitment(&salt, "PH", "PASSPORT", "P1234567");
        assert_eq!(claims[COMMITMENT], base64url_encode(again));
    }

    #[test]
    fn a_number_without_its_document_stays_to_be_refused() {
        let mut claims = Map::new();
        claims.insert(NUMBER.to_owned(), "P1234567".into());
        assert!(commit(&mut claims).is_none());
        assert!(claims.contains_key(NUMBER));
    }
}
