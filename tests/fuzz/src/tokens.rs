//! What a ledger and a holder sign beside statements: standing, head and binding tokens, grants, status lists, links.

use serde_json::{Map, Value};
use skillpass::crypto::base64url_encode;
use skillpass::passport::token::{HEAD_TYP, PRESENTATION_TYP, STANDING_TYP, Unchecked};
use skillpass::passport::{ASSISTANCE_TYP, GRANT_TYP, Grant, ShareSecret};
use skillpass::statement::StatusReference;
use skillpass::statement::status_list::{self, STATUS_LIST_TYP};

use crate::open::{self, ISSUER};
use crate::statements::NOW;
use crate::text_of;

/// The payload of a token, signed as each of the three.
pub fn token(data: &[u8]) {
    let Some(payload) = text_of(data) else { return };
    let said = || serde_json::from_str::<Map<String, Value>>(payload).unwrap_or_default();
    let key = ISSUER.public();
    if let Ok(token) = Unchecked::standing(&open::token(STANDING_TYP, payload)) {
        let token = token.verify(&key).expect("it was signed");
        assert_eq!(token.payload(), said(), "one payload, one shape");
    }
    if let Ok(token) = Unchecked::head(&open::token(HEAD_TYP, payload)) {
        let token = token.verify(&key).expect("it was signed");
        assert_eq!(token.payload(), said(), "one payload, one shape");
    }
    if let Ok(token) = Unchecked::binding(&open::token(PRESENTATION_TYP, payload)) {
        let binding = token.verify(&key).expect("it was signed");
        let again = Unchecked::binding(&binding.sign(&ISSUER)).expect("what is written is read");
        assert_eq!(again.content, binding);
    }
}

/// The payload of a grant or of a body's word.
pub fn grant(data: &[u8]) {
    let Some(text) = text_of(data) else { return };
    let payload = open::fill(text);
    for typ in [GRANT_TYP, ASSISTANCE_TYP] {
        let Ok(read) = Grant::parse(&open::token(typ, &payload)) else { continue };
        assert!(read.is_signed_by(&ISSUER.public()));
        let again = Grant::parse(&read.grant.sign(&ISSUER)).expect("what is written is read");
        assert_eq!(again.grant, read.grant);
        assert!(read.grant.agrees_with(&again.grant));
        if let Err(error) = read.grant.judge("ledger.invalid", NOW) {
            assert!(!error.reason().is_empty());
        }
    }
}

/// A share link, and its box.
pub fn link(data: &[u8]) {
    let Some(secret) = text_of(data).and_then(ShareSecret::from_link) else { return };
    assert!(ShareSecret::from_link(&secret.link("https://ledger.invalid")).as_ref() == Some(&secret));
    assert!(secret.open(&secret.close(data)).is_ok_and(|opened| opened == data));
    assert!(secret.open(data).is_err(), "a box that nobody closed");
}

/// The payload of a status list, signed; behind its line, the bytes that stand in it as `^z`.
pub fn status_list(data: &[u8]) {
    let end = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let (line, zlib) = data.split_at(end);
    let Some(payload) = text_of(line) else { return };
    let payload = payload.replace("^z", &base64url_encode(zlib.get(1..).unwrap_or_default()));
    let token = open::token(STATUS_LIST_TYP, &payload);
    for index in [0, 1, 1_000_003, u64::MAX] {
        let at = StatusReference { uri: "https://ledger.invalid/status/AAAA".to_owned(), index };
        match status_list::look_up(&token, &ISSUER.public(), &at) {
            Ok((claims, _)) => {
                assert_eq!(claims.uri, at.uri);
                let _ = (claims.speaks(NOW), claims.is_fresh(NOW, 300), claims.is_fresh(i64::MIN, i64::MAX));
            }
            Err(error) => assert!(!error.reason().is_empty() && !error.to_string().is_empty()),
        }
    }
}
