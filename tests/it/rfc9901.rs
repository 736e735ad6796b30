//! The examples of RFC 9901, as published: signatures, disclosures, key bindings and processed payloads.

use serde_json::Value;
use skillpass::crypto::PublicKey;
use skillpass::statement::sdjwt::{Expect, verify};

/// The issuer's key (RFC 9901 appendix A.5).
fn issuer() -> PublicKey {
    let jwk = r#"{"kty": "EC", "crv": "P-256", "x": "b28d4MwZMjw8-00CG4xfnn9SLMVMM19SlqZpVb_uNtQ",
        "y": "Xv5zWwuoaTgdS6hV43yI6gBwTnjukmFQQnJ_kCxzqk8"}"#;
    PublicKey::from_jwk(&serde_json::from_str(jwk).unwrap()).unwrap()
}

/// When the examples' key bindings were made.
const THEN: i64 = 1_748_536_865;
const BINDING: (&str, &str) = ("https://verifier.example.org", "1234567890");

#[track_caller]
fn check(presentation: &str, processed: &str, expect: &Expect<'_>) {
    let presentation = presentation.trim_end();
    let payload = verify(presentation, &issuer(), expect).unwrap();
    let published: Value = serde_json::from_str(processed).unwrap();
    assert_eq!(Value::Object(payload), published);
}

macro_rules! example {
    ($name:literal) => {
        (
            include_str!(concat!("../vectors/rfc9901/", $name, ".txt")),
            include_str!(concat!("../vectors/rfc9901/", $name, ".json")),
        )
    };
}

#[test]
fn section_5_the_main_example_with_key_binding() {
    let (presentation, processed) = example!("section_5");
    let expect = Expect { now: THEN, credential: false, binding: Some(BINDING) };
    check(presentation, processed, &expect);
    let late = Expect { now: 1_883_000_000, binding: None, ..expect };
    assert_eq!(verify(presentation.trim_end(), &issuer(), &late).unwrap_err().reason(), "EXPIRED");
}

#[test]
fn appendix_a_1_structured_claims() {
    let (presentation, processed) = example!("appendix_a_1");
    check(presentation, processed, &Expect { now: THEN, credential: false, binding: None });
}

#[test]
fn appendix_a_2_recursive_disclosures() {
    let (presentation, processed) = example!("appendix_a_2");
    check(presentation, processed, &Expect { now: THEN, credential: false, binding: None });
}

#[test]
fn appendix_a_3_sd_jwt_vc_with_key_binding() {
    let (presentation, processed) = example!("appendix_a_3");
    check(presentation, processed, &Expect { now: THEN, credential: true, binding: Some(BINDING) });
}
