//! Whatever text or bytes arrive, parsing ends in a value or a named refusal, never in a panic.

use proptest::prelude::*;

use super::*;

/// Text that looks like a note, a policy, a key or a path often enough to get past the first checks.
fn hostile() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        Just("\n".to_owned()),
        Just("\n\n".to_owned()),
        Just("\u{2014} ".to_owned()),
        Just(" ".to_owned()),
        Just("+".to_owned()),
        Just("tile/".to_owned()),
        Just("x".to_owned()),
        Just(".p/".to_owned()),
        Just("AAAA".to_owned()),
        Just("quorum ".to_owned()),
        Just("group g any ".to_owned()),
        Just("none".to_owned()),
        Just("530d903a".to_owned()),
        "[0-9]{1,25}",
        any::<String>(),
    ];
    prop::collection::vec(word, 0..24).prop_map(|words| words.concat())
}

proptest! {
    #[test]
    fn no_text_panics(text in hostile(), bytes in prop::collection::vec(any::<u8>(), 0..200), size: u64) {
        let key = VerifierKey::parse("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k").unwrap();
        if let Ok(policy) = Policy::parse(&text) {
            prop_assert!(policy.is_met_by(&[]) || !policy.requires_none());
        }
        prop_assert!(SignedCheckpoint::verify(&text, &[key]).is_err(), "nobody signed it");
        if let Ok(key) = VerifierKey::parse(&text) {
            prop_assert_eq!(key.to_string(), text.clone());
        }
        if let Ok(tile) = TilePath::parse(&text) {
            let _ = tile.exists_at(size);
            prop_assert_eq!(tile.path(), text);
        }
        if let Ok(frontier) = Frontier::decode(&bytes) {
            prop_assert_eq!(frontier.encode(), bytes);
        }
    }

    #[test]
    fn no_proof_panics(
        old: u64, new: u64, proof in prop::collection::vec(any::<[u8; 32]>(), 0..70), root: [u8; 32],
    ) {
        let _ = verify_inclusion(old, new, &root, &proof, &root);
        let _ = verify_consistency(old, new, &root, &root, &proof);
    }
}
