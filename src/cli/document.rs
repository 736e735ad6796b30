//! Identity documents: the number never leaves this machine; a salted commitment does (SPEC.md, "Events").

use serde_json::{Map, Value};

use crate::crypto::{Entropy as _, OsEntropy, base64url_encode};
use crate::event::document_number_commitment;

/// The input that stands for the number; it is no claim.
pub(crate) const NUMBER: &str = "document_number";
/// The claim that takes its place.
const COMMITMENT: &str = "document_number_commitment";

/// Replaces `document_number`, if there, by its commitment under a fresh salt; answers the salt, which the worker keeps.
pub(crate) fn commit(claims: &mut Map<String, Value>) -> Option<String> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
    let (commitment, salt) = committed(text(NUMBER), text("document_country"), text("document_type"))?;
    claims.remove(NUMBER);
    claims.insert(COMMITMENT.to_owned(), commitment.into());
    Some(salt)
}

/// The same for the cells of a spreadsheet row.
pub(crate) fn commit_row(pairs: &mut Vec<(String, String)>) -> Option<String> {
    let text =
        |name: &str| pairs.iter().find(|(column, _)| column == name).map_or("", |(_, cell)| cell.as_str());
    let (commitment, salt) = committed(text(NUMBER), text("document_country"), text("document_type"))?;
    pairs.retain(|(column, _)| column != NUMBER);
    pairs.push((COMMITMENT.to_owned(), commitment));
    Some(salt)
}

/// Commitment and salt. Without country and type there is none, and the kind's rules name what is missing.
fn committed(number: &str, country: &str, document_type: &str) -> Option<(String, String)> {
    if number.trim().is_empty() || country.is_empty() || document_type.is_empty() {
        return None;
    }
    let salt: [u8; 16] = OsEntropy.bytes();
    let commitment = document_number_commitment(&salt, country, document_type, number);
    Some((base64url_encode(commitment), base64url_encode(salt)))
}

/// The name as in the document, for the slip.
pub(crate) fn full_name(claims: &Map<String, Value>) -> String {
    let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
    format!("{} {}", text("given_name"), text("family_name")).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::base64url_decode;

    #[test]
    fn the_number_leaves_and_its_commitment_stays() {
        let mut claims = Map::new();
        for (name, value) in [(NUMBER, "P1234567"), ("document_country", "PH"), ("document_type", "PASSPORT")]
        {
            claims.insert(name.to_owned(), value.into());
        }
        let salt = commit(&mut claims).unwrap();
        assert!(!claims.contains_key(NUMBER));
        let salt: [u8; 16] = base64url_decode(salt).unwrap().try_into().unwrap();
        let again = document_number_commitment(&salt, "PH", "PASSPORT", "P1234567");
        assert_eq!(claims[COMMITMENT], base64url_encode(again));
    }

    #[test]
    fn a_number_without_its_document_stays_to_be_refused() {
        let mut claims = Map::new();
        claims.insert(NUMBER.to_owned(), "P1234567".into());
        assert_eq!(commit(&mut claims), None);
        assert!(claims.contains_key(NUMBER));
    }
}
