//! The examples of SPEC.md are what this code writes and reads.

use serde_json::json;

use super::*;
use crate::crypto::{Algorithm, PrivateKey, PublicKey, SeededEntropy, base64url_decode, hex_encode};

const SPEC: &str = include_str!("../../proto/SPEC.md");

fn stands_in_spec(text: &str) {
    assert!(SPEC.contains(text), "not in SPEC.md:\n{text}");
}

fn decoded(part: &str) -> String {
    String::from_utf8(base64url_decode(part).unwrap()).unwrap()
}

fn body() -> PrivateKey {
    PrivateKey::from_ed25519_seed(&[1; 32])
}

fn example() -> String {
    let claims = json!({"sub": "wkr_00041061050r3gg28a1c60t3gfe", "hours": 1200});
    let draft = Draft {
        issuer: "https://training.invalid/masonry",
        vct: "urn:skillpass:v1:TrainingCompleted",
        id: uuid::Uuid::try_parse("0192f3a0-7c5e-7abc-8def-0123456789ab").unwrap(),
        issued_at: 1_730_709_060,
        holder_key: None,
        status: None,
        claims: claims.as_object().unwrap(),
    };
    issue(&draft, &body(), &mut SeededEntropy::new("SPEC.md")).unwrap()
}

#[test]
fn the_statement_its_parts_and_its_hash_are_ours() {
    let text = example();
    stands_in_spec(&format!("```text\n{}\n```", text.replace('.', ".\n").replace('~', "~\n").trim_end()));
    let (jwt, disclosures) = text.split_once('~').unwrap();
    for part in jwt.split('.').take(2).chain(disclosures.split_terminator('~')) {
        stands_in_spec(&decoded(part));
    }
    let statement = Unverified::parse(&text).unwrap().verify(&body().public()).unwrap();
    stands_in_spec(&hex_encode(statement.hash()));
    stands_in_spec(&body().public().to_jwk().to_string());
}

#[test]
fn the_numbers_of_the_page_are_the_constants() {
    stands_in_spec(&format!("draft-ietf-oauth-sd-jwt-vc-{SD_JWT_VC_DRAFT}"));
    stands_in_spec(&format!("| the whole text | {STATEMENT_BYTES_MAX} bytes |"));
    stands_in_spec(&format!("| of other software, key binding included | {PRESENTED_BYTES_MAX} bytes |"));
    stands_in_spec(&format!("| disclosures, and digests in one `_sd` | {DISCLOSURES_MAX} |"));
    stands_in_spec(&format!("| one disclosure, as base64url | {DISCLOSURE_BYTES_MAX} bytes |"));
    stands_in_spec(&format!("| nesting of arrays and objects | {} |", json::DEPTH_MAX));
    stands_in_spec(&format!("| `iss` | {ISSUER_BYTES_MAX} bytes |"));
    stands_in_spec(&format!("| `vct` | {VCT_BYTES_MAX} bytes |"));
    stands_in_spec(&format!("| `status` URI | {STATUS_URI_BYTES_MAX} bytes |"));
    stands_in_spec(&format!("at least {SALT_CHARS_MIN} characters"));
    stands_in_spec(&format!("more than {CLOCK_SKEW_MAX_SECONDS} seconds ahead"));
    stands_in_spec(&format!("more than {KEY_BINDING_AGE_MAX_SECONDS} seconds ago"));
    for alg in ["EdDSA", "Ed25519", "ES256"] {
        assert!(Algorithm::from_jose_name(alg).is_some());
        stands_in_spec(&format!("`{alg}`"));
    }
    assert!(PublicKey::from_did_jwk(&body().public().did_jwk()).is_ok());
}
