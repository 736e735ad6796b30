use proptest::prelude::*;

use super::super::merkle::tests::{Tree, naive_root, numbered_leaves, reference_leaves};
use super::*;
use crate::crypto::base64_decode;

fn hash(base64: &str) -> Hash {
    base64_decode(base64).unwrap().try_into().unwrap()
}

fn hashes(base64: &[&str]) -> Vec<Hash> {
    base64.iter().map(|text| hash(text)).collect()
}

const ROOT_8: &str = "XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=";

/// transparency-dev/merkle, `testdata/inclusion/{1,2,3,4}/happy-path.json`.
#[test]
fn published_inclusion_proofs_are_made_and_accepted() {
    let vectors: [(u64, u64, &str, &[&str]); 4] = [
        (
            0,
            8,
            ROOT_8,
            &[
                "lqKW0iTyhcZ77pPDD4owkVfw2qNdxbh+QQt4YwoJz8c=",
                "Xwg/ChozygdqlSeYMlgNs+DvRYS9/x9UyKNg9Q3jAx4=",
                "a0eq8p7jwq+a+Im8H7klTavTEXfxYjLdaqsDXKOb9uQ=",
            ],
        ),
        (
            5,
            8,
            ROOT_8,
            &[
                "vBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms=",
                "yoVOoSjtBQtBs1/8G4e46yveRh6eO1WW7Oa51ZdaCuA=",
                "037kGJdt2VdTwcc4Yrk5j6Kiz5tP8P3+izDNlSCWFLc=",
            ],
        ),
        (
            2,
            3,
            "rra8/idLcKFPsGel5VeCZNsPqbUa9eC6FZFY8yngbnc=",
            &["+sVCA+fMaWzw38tCySodnbr3CtnmIfS9jZhmLwDjwSU="],
        ),
        (
            1,
            5,
            "Tju7H3tHjc/nH7YxYxUZo7yhLJrvyhYSv85ME6hiZNQ=",
            &[
                "bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=",
                "Xwg/ChozygdqlSeYMlgNs+DvRYS9/x9UyKNg9Q3jAx4=",
                "vBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms=",
            ],
        ),
    ];
    let leaves = reference_leaves();
    let tree = Tree::of(leaves.clone());
    for (index, size, root, proof) in vectors {
        let proof = hashes(proof);
        assert_eq!(inclusion_proof(&tree, size, index).as_ref(), Ok(&proof), "leaf {index} of {size}");
        let leaf = leaves[usize::try_from(index).unwrap()];
        assert_eq!(
            verify_inclusion(index, size, &leaf, &proof, &hash(root)),
            Ok(()),
            "leaf {index} of {size}"
        );
    }
}

/// transparency-dev/merkle, `testdata/consistency/{1,2,3,4}/happy-path.json`.
#[test]
fn published_consistency_proofs_are_made_and_accepted() {
    let root_6 = "duZ9rbzfHhDht03cYIq9L5jfsW+851J3tSMqEn8gh+8=";
    let vectors: [(u64, u64, &str, &str, &[&str]); 4] = [
        (
            1,
            8,
            "bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=",
            ROOT_8,
            &[
                "lqKW0iTyhcZ77pPDD4owkVfw2qNdxbh+QQt4YwoJz8c=",
                "Xwg/ChozygdqlSeYMlgNs+DvRYS9/x9UyKNg9Q3jAx4=",
                "a0eq8p7jwq+a+Im8H7klTavTEXfxYjLdaqsDXKOb9uQ=",
            ],
        ),
        (
            6,
            8,
            root_6,
            ROOT_8,
            &[
                "DrxdNDf74tsVi58Sah0RjjCBgQMdCpSfje3t68VY72o=",
                "yoVOoSjtBQtBs1/8G4e46yveRh6eO1WW7Oa51ZdaCuA=",
                "037kGJdt2VdTwcc4Yrk5j6Kiz5tP8P3+izDNlSCWFLc=",
            ],
        ),
        (
            2,
            5,
            "+sVCA+fMaWzw38tCySodnbr3CtnmIfS9jZhmLwDjwSU=",
            "Tju7H3tHjc/nH7YxYxUZo7yhLJrvyhYSv85ME6hiZNQ=",
            &["Xwg/ChozygdqlSeYMlgNs+DvRYS9/x9UyKNg9Q3jAx4=", "vBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms="],
        ),
        (
            6,
            7,
            root_6,
            "3bib5AOAnjJXUNPSY814kpwpQreUKjS3fhIslZSnTIw=",
            &[
                "DrxdNDf74tsVi58Sah0RjjCBgQMdCpSfje3t68VY72o=",
                "sIaT7C5yFZcTBkHoIR5+7cy0wmQTlj7ubB4u0W/7Gl8=",
                "037kGJdt2VdTwcc4Yrk5j6Kiz5tP8P3+izDNlSCWFLc=",
            ],
        ),
    ];
    let tree = Tree::of(reference_leaves());
    for (old, new, old_root, new_root, proof) in vectors {
        let (old_root, new_root, proof) = (hash(old_root), hash(new_root), hashes(proof));
        assert_eq!(consistency_proof(&tree, old, new).as_ref(), Ok(&proof), "{old} to {new}");
        assert_eq!(verify_consistency(old, new, &old_root, &new_root, &proof), Ok(()), "{old} to {new}");
        // The set's negative neighbours: swapped-roots, size1 -1, size2 ×2, empty-proof.
        assert!(verify_consistency(old, new, &new_root, &old_root, &proof).is_err(), "swapped roots");
        assert!(verify_consistency(old - 1, new, &old_root, &new_root, &proof).is_err(), "size1 - 1");
        assert!(verify_consistency(old, new * 2, &old_root, &new_root, &proof).is_err(), "size2 * 2");
        assert!(verify_consistency(old, new, &old_root, &new_root, &[]).is_err(), "empty proof");
    }
}

/// transparency-dev/merkle, `testdata/inclusion/2/inserted-component.json`.
#[test]
fn published_proof_with_an_inserted_hash_is_refused() {
    let proof = hashes(&[
        "vBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms=",
        "q6yroAAAAAAAAAAAAAAAAAAAAAAAAAAAAGAGHgASNFY=",
        "yoVOoSjtBQtBs1/8G4e46yveRh6eO1WW7Oa51ZdaCuA=",
        "037kGJdt2VdTwcc4Yrk5j6Kiz5tP8P3+izDNlSCWFLc=",
    ]);
    let leaf = hash("QnGia+DYqE8L1UyMMC58s6O10fpngKQLzOKHNHfatlg=");
    assert_eq!(verify_inclusion(5, 8, &leaf, &proof, &hash(ROOT_8)), Err(TlogError::InclusionProof));
}

#[test]
fn every_inclusion_proof_up_to_300_leaves_verifies() {
    let leaves = numbered_leaves(300);
    let tree = Tree::of(leaves.clone());
    for size in 1..=300 {
        let root = naive_root(&leaves[..size]);
        for (index, leaf) in leaves[..size].iter().enumerate() {
            let proof = inclusion_proof(&tree, size as u64, index as u64).unwrap();
            assert_eq!(
                verify_inclusion(index as u64, size as u64, leaf, &proof, &root),
                Ok(()),
                "{index} of {size}"
            );
        }
    }
}

#[test]
fn every_consistency_proof_up_to_300_leaves_verifies() {
    let leaves = numbered_leaves(300);
    let tree = Tree::of(leaves.clone());
    let roots: Vec<Hash> = (0..=300).map(|size| naive_root(&leaves[..size])).collect();
    for new in 0..=300 {
        for old in 0..=new {
            let proof = consistency_proof(&tree, old as u64, new as u64).unwrap();
            let answer = verify_consistency(old as u64, new as u64, &roots[old], &roots[new], &proof);
            assert_eq!(answer, Ok(()), "{old} to {new}");
        }
    }
}

#[test]
fn a_root_is_no_leaf_of_its_tree() {
    let root = Tree::of(numbered_leaves(8)).frontier.root();
    assert_eq!(verify_inclusion(0, 8, &root, &[], &root), Err(TlogError::InclusionProof));
}

#[test]
fn what_lies_outside_the_tree_is_refused() {
    let tree = Tree::of(numbered_leaves(3));
    let outside = TlogError::IndexOutsideTree { index: 3, size: 3 };
    assert_eq!(inclusion_proof(&tree, 3, 3), Err(outside.clone()));
    assert_eq!(verify_inclusion(3, 3, &[0; 32], &[], &[0; 32]), Err(outside));
    let reversed = TlogError::SizesReversed { old: 3, new: 2 };
    assert_eq!(consistency_proof(&tree, 3, 2), Err(reversed.clone()));
    assert_eq!(verify_consistency(3, 2, &[0; 32], &[0; 32], &[]), Err(reversed));
}

#[test]
fn only_the_empty_root_precedes_everything() {
    let new_root = Tree::of(numbered_leaves(3)).frontier.root();
    assert_eq!(verify_consistency(0, 3, &empty_root(), &new_root, &[]), Ok(()));
    assert_eq!(verify_consistency(0, 3, &new_root, &new_root, &[]), Err(TlogError::ConsistencyProof));
    assert_eq!(verify_consistency(0, 0, &new_root, &new_root, &[]), Err(TlogError::ConsistencyProof));
    let excess = verify_consistency(0, 3, &empty_root(), &new_root, &[[0; 32]]);
    assert_eq!(excess, Err(TlogError::ConsistencyProof));
}

#[test]
fn proofs_at_the_largest_sizes_do_not_overflow() {
    let proof = [[7; 32]; 70];
    for length in 0..=70 {
        let proof = &proof[..length];
        assert!(verify_inclusion(u64::MAX - 1, u64::MAX, &[1; 32], proof, &[2; 32]).is_err());
        assert!(verify_consistency(u64::MAX - 1, u64::MAX, &[1; 32], &[2; 32], proof).is_err());
    }
}

/// One way to spoil a proof.
#[derive(Debug, Clone)]
enum Spoil {
    Bit(prop::sample::Index, u8, u8),
    Drop(prop::sample::Index),
    Repeat(prop::sample::Index),
    Append([u8; 32]),
}

fn spoil() -> impl Strategy<Value = Spoil> {
    prop_oneof![
        (any::<prop::sample::Index>(), 0..32_u8, 0..8_u8)
            .prop_map(|(at, byte, bit)| Spoil::Bit(at, byte, bit)),
        any::<prop::sample::Index>().prop_map(Spoil::Drop),
        any::<prop::sample::Index>().prop_map(Spoil::Repeat),
        any::<[u8; 32]>().prop_map(Spoil::Append),
    ]
}

/// The spoilt proof; an empty one can only grow.
fn spoilt(proof: &[Hash], how: &Spoil) -> Vec<Hash> {
    let mut proof = proof.to_vec();
    match how {
        Spoil::Bit(at, byte, bit) if !proof.is_empty() => {
            let at = at.index(proof.len());
            proof[at][usize::from(*byte)] ^= 1 << bit;
        }
        Spoil::Drop(at) if !proof.is_empty() => drop(proof.remove(at.index(proof.len()))),
        Spoil::Repeat(at) if !proof.is_empty() => {
            let at = at.index(proof.len());
            proof.insert(at, proof[at]);
        }
        Spoil::Append(hash) => proof.push(*hash),
        _ => proof.push([0; 32]),
    }
    proof
}

proptest! {
    #[test]
    fn a_spoilt_proof_is_refused(size in 1_u64..=300, at in any::<prop::sample::Index>(), how in spoil()) {
        let leaves = numbered_leaves(size);
        let tree = Tree::of(leaves.clone());
        let root = naive_root(&leaves);
        let index = at.index(leaves.len());
        let (leaf, index) = (&leaves[index], index as u64);
        let proof = inclusion_proof(&tree, size, index).unwrap();
        prop_assert!(verify_inclusion(index, size, leaf, &spoilt(&proof, &how), &root).is_err());

        let old_root = naive_root(&leaves[..=at.index(leaves.len())]);
        let proof = consistency_proof(&tree, index + 1, size).unwrap();
        prop_assert!(verify_consistency(index + 1, size, &old_root, &root, &spoilt(&proof, &how)).is_err());
    }

    #[test]
    fn a_proof_holds_for_its_leaf_place_and_root_only(
        size in 2_u64..=300, at in any::<prop::sample::Index>(), other in any::<prop::sample::Index>(), bit in 0..256_usize,
    ) {
        let leaves = numbered_leaves(size);
        let tree = Tree::of(leaves.clone());
        let root = naive_root(&leaves);
        let (at, other) = (at.index(leaves.len()), other.index(leaves.len()));
        let proof = inclusion_proof(&tree, size, at as u64).unwrap();
        if at != other {
            prop_assert!(verify_inclusion(other as u64, size, &leaves[at], &proof, &root).is_err());
            prop_assert!(verify_inclusion(at as u64, size, &leaves[other], &proof, &root).is_err());
        }
        let mut bent = root;
        bent[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(verify_inclusion(at as u64, size, &leaves[at], &proof, &bent).is_err());
    }
}
