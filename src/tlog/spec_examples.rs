//! The examples of SPEC.md are what this code writes and reads.

use super::*;
use crate::crypto::{PrivateKey, hex_encode};

const SPEC: &str = include_str!("../../proto/SPEC.md");

fn stands_in_spec(text: &str) {
    assert!(SPEC.contains(text), "not in SPEC.md:\n{text}");
}

fn tree_of_abc() -> Frontier {
    let mut frontier = Frontier::default();
    for leaf in [b"a", b"b", b"c"] {
        frontier.push(leaf_hash(leaf), |_, _, hash| stands_in_spec(&hex_encode(hash)));
    }
    frontier
}

#[test]
fn the_tree_is_ours() {
    let frontier = tree_of_abc();
    stands_in_spec(&format!("root of 3  {}", hex_encode(frontier.root())));
    let encoded = hex_encode(frontier.encode());
    let (size, nodes) = encoded.split_at(16);
    let (first, second) = nodes.split_at(64);
    stands_in_spec(&format!("```text\n{size}\n{first}\n{second}\n```"));
}

#[test]
fn the_checkpoint_its_keys_and_the_policy_are_ours() {
    let (log, witness) = (PrivateKey::from_ed25519_seed(&[1; 32]), PrivateKey::from_ed25519_seed(&[2; 32]));
    let checkpoint =
        Checkpoint { origin: "ph.skillpass.invalid".to_owned(), size: 3, root: tree_of_abc().root() };
    let line = cosign(&checkpoint, "witness.invalid", &witness, 1_700_000_000).unwrap();
    let note = checkpoint.sign(&[&log]).unwrap() + &line;
    stands_in_spec(&format!("```text\n{note}```"));
    stands_in_spec(&format!("```text\ncosignature/v1\ntime 1700000000\n{}```", checkpoint.text()));

    let log = VerifierKey::log(&checkpoint.origin, &log.public()).unwrap();
    let witness = VerifierKey::cosigner("witness.invalid", &witness.public()).unwrap();
    stands_in_spec(&format!("```text\n{log}\n{witness}\n```"));

    let policy = SPEC
        .split("```text\n")
        .find_map(|block| block.starts_with("log ").then(|| block.split("```").next()));
    let policy = Policy::parse(policy.flatten().unwrap()).unwrap();
    assert_eq!((policy.logs(), policy.witnesses()), (&[log][..], &[witness][..]));
    let signed = SignedCheckpoint::verify(&note, policy.logs()).unwrap();
    let cosigned = signed.cosignatures(policy.witnesses()).unwrap();
    assert_eq!(cosigned, [(0, 1_700_000_000)]);
    assert!(policy.is_met_by(&[0]) && !policy.is_met_by(&[]));
}

#[test]
fn the_tiles_named_are_those_of_70_000_leaves() {
    for path in [
        "tile/0/272",
        "tile/0/273.p/112",
        "tile/1/000",
        "tile/1/001.p/17",
        "tile/2/000.p/1",
        "tile/entries/273.p/112",
    ] {
        stands_in_spec(path);
        assert!(TilePath::parse(path).unwrap().exists_at(70_000), "{path}");
    }
}
