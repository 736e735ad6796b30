//! Binding round trips; each single broken rule has its vector in `tests/vectors/statement`.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::crypto::{PrivateKey, SeededEntropy};
use crate::statement::{Draft, issue};

const NOW: i64 = 1_700_000_000;

fn keys() -> (PrivateKey, PrivateKey) {
    let mut entropy = SeededEntropy::new("sdjwt");
    (PrivateKey::generate_ed25519(&mut entropy), PrivateKey::generate_es256(&mut entropy))
}

fn statement(claims: &Map<String, Value>) -> String {
    let (body, holder) = keys();
    let id = uuid::Uuid::try_parse("0192f3a0-7c5e-7abc-8def-0123456789ab").unwrap();
    let holder_key = Some(&holder.public());
    let (issuer, vct) = ("https://training.invalid", "urn:skillpass:v1:TrainingCompleted");
    let draft = Draft { issuer, vct, id, issued_at: NOW, holder_key, status: None, claims };
    issue(&draft, &body, &mut SeededEntropy::new("salts")).unwrap()
}

fn claims() -> Map<String, Value> {
    json!({"sub": "x", "hours": 12, "skills": ["triage"]}).as_object().unwrap().clone()
}

#[test]
fn our_statements_are_sd_jwt_vcs_to_the_general_rules() {
    let (body, _) = keys();
    let expect = Expect { now: NOW, credential: true, binding: None };
    let payload = verify(&statement(&claims()), &body.public(), &expect).unwrap();
    for (name, value) in &claims() {
        assert_eq!(payload.get(name), Some(value));
    }
    assert_eq!(payload.get("iss"), Some(&json!("https://training.invalid")));
    assert!(!payload.contains_key("_sd") && !payload.contains_key("_sd_alg"));
}

#[test]
fn a_binding_is_for_one_audience_and_one_nonce() {
    let (body, holder) = keys();
    let bound = bind(&statement(&claims()), &holder, "https://employer.invalid", "n1", NOW).unwrap();
    let ask = |audience, nonce, now| {
        let expect = Expect { now, credential: true, binding: Some((audience, nonce)) };
        verify(&bound, &body.public(), &expect).map(|_| ()).map_err(|error| error.reason())
    };
    assert_eq!(ask("https://employer.invalid", "n1", NOW), Ok(()));
    assert_eq!(ask("https://employer.invalid", "n2", NOW), Err("KEY_BINDING_WRONG_NONCE"));
    assert_eq!(ask("https://other.invalid", "n1", NOW), Err("KEY_BINDING_WRONG_AUDIENCE"));
    assert_eq!(ask("https://employer.invalid", "n1", NOW + 86_400), Ok(()));
    assert_eq!(ask("https://employer.invalid", "n1", NOW + 86_401), Err("KEY_BINDING_TOO_OLD"));
    assert_eq!(ask("https://employer.invalid", "n1", NOW - 300), Ok(()));
    assert_eq!(ask("https://employer.invalid", "n1", NOW - 301), Err("KEY_BINDING_ISSUED_IN_FUTURE"));
    assert_eq!(ask("https://employer.invalid", "n1", i64::MAX), Err("KEY_BINDING_TOO_OLD"));
}

#[test]
fn only_an_unbound_sd_jwt_is_bound_and_only_to_someone() {
    let (_, holder) = keys();
    let text = statement(&claims());
    let bound = bind(&text, &holder, "a", "n", NOW).unwrap();
    let refusal = |text: &str, audience: &str, nonce: &str| {
        bind(text, &holder, audience, nonce, NOW).unwrap_err().reason()
    };
    assert_eq!(refusal(&bound, "a", "n"), "MALFORMED");
    assert_eq!(refusal("no tilde", "a", "n"), "MALFORMED");
    assert_eq!(refusal(&text, "", "n"), "KEY_BINDING_EMPTY_TARGET");
    assert_eq!(refusal(&text, "a", ""), "KEY_BINDING_EMPTY_TARGET");
    assert_eq!(refusal(&text, "a", &"n".repeat(257)), "KEY_BINDING_EMPTY_TARGET");
    assert!(bind(&text, &holder, "a", &"n".repeat(256), NOW).is_ok());
}

/// RFC 9901 section 7.1: a name that stands at the level of `_sd` already is refused, before `_sd_alg` is removed.
#[test]
fn a_disclosure_does_not_take_the_place_of_sd_alg() {
    let (body, _) = keys();
    let disclosure =
        crate::statement::disclosure::make("_sd_alg", &json!("x"), &mut SeededEntropy::new("salt"));
    let digest = crate::crypto::base64url_encode(crate::crypto::sha256(&[disclosure.as_bytes()]));
    let judged = |payload: Value| {
        let jwt = crate::statement::jws::sign("jwt", payload.as_object().unwrap(), &body);
        let expect = Expect { now: NOW, credential: false, binding: None };
        verify(&format!("{jwt}~{disclosure}~"), &body.public(), &expect).map_err(|error| error.reason())
    };
    assert_eq!(judged(json!({"_sd": [digest], "_sd_alg": "sha-256"})), Err("CLAIM_COLLISION"));
    assert_eq!(judged(json!({"_sd": [digest]})), Ok(Map::new()), "and it is no claim");
}

#[test]
fn parts_are_cut_at_the_first_and_last_tilde() {
    let cut = |text| Parts::split(text).map(|parts| (parts.jwt, parts.disclosures, parts.key_binding));
    assert_eq!(cut("j~"), Ok(("j", "", None)));
    assert_eq!(cut("j~d~e~"), Ok(("j", "d~e~", None)));
    assert_eq!(cut("j~k"), Ok(("j", "", Some("k"))));
    assert_eq!(cut("j~d~e~k"), Ok(("j", "d~e~", Some("k"))));
    assert_eq!(cut("j"), Err(StatementError::NotAnSdJwt));
    let long = "~".repeat(PRESENTED_BYTES_MAX + 1);
    assert_eq!(cut(&long), Err(StatementError::TooLarge { max: PRESENTED_BYTES_MAX }));
    let longest = format!("j~{}~", "d".repeat(PRESENTED_BYTES_MAX - 3));
    assert!(cut(&longest).is_ok());
}

#[test]
fn any_flipped_bit_of_a_presentation_is_refused() {
    let (body, _) = keys();
    let mut entropy = SeededEntropy::new("flip");
    let holder = PrivateKey::generate_ed25519(&mut entropy);
    let small = json!({"sub": "x"}).as_object().unwrap().clone();
    let id = uuid::Uuid::try_parse("0192f3a0-7c5e-7abc-8def-0123456789ab").unwrap();
    let key = holder.public();
    let draft = Draft {
        issuer: "https://a.invalid",
        vct: "v",
        id,
        issued_at: NOW,
        holder_key: Some(&key),
        status: None,
        claims: &small,
    };
    let text = issue(&draft, &body, &mut entropy).unwrap();
    let bound = bind(&text, &holder, "a", "n", NOW).unwrap();
    let expect = Expect { now: NOW, credential: true, binding: Some(("a", "n")) };
    assert!(verify(&bound, &body.public(), &expect).is_ok());
    for at in 0..bound.len() * 8 {
        let mut bytes = bound.clone().into_bytes();
        bytes[at / 8] ^= 1 << (at % 8);
        let Ok(flipped) = String::from_utf8(bytes) else { continue };
        assert!(verify(&flipped, &body.public(), &expect).is_err(), "bit {} of byte {}", at % 8, at / 8);
    }
}

proptest! {
    #[test]
    fn arbitrary_text_never_panics(text in "[A-Za-z0-9_.~-]{0,200}|.{0,80}", bound in any::<bool>()) {
        let (body, _) = keys();
        let expect = Expect { now: NOW, credential: bound, binding: bound.then_some(("a", "n")) };
        prop_assert!(verify(&text, &body.public(), &expect).is_err());
    }
}
