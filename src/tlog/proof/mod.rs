//! Inclusion and consistency proofs: made as RFC 6962 section 2.1 defines them, checked as RFC 9162 section 2.1 says.

use super::merkle::range_hash;
use super::{HashReader, TlogError, empty_root, node_hash};
use crate::crypto::Hash;

/// RFC 6962 `PATH(index, D[size])`, leaf's sibling first.
pub fn inclusion_proof<R: HashReader>(reader: &R, size: u64, index: u64) -> Result<Vec<Hash>, R::Error> {
    if index >= size {
        return Err(TlogError::IndexOutsideTree { index, size }.into());
    }
    let (mut start, mut end, mut proof) = (0, size, Vec::new());
    while end.saturating_sub(start) > 1 {
        let middle = split(start, end);
        if index < middle {
            proof.push(range_hash(reader, middle, end)?);
            end = middle;
        } else {
            proof.push(range_hash(reader, start, middle)?);
            start = middle;
        }
    }
    proof.reverse();
    Ok(proof)
}

/// RFC 6962 `PROOF(old, D[new])`. Empty from size 0 and between equal sizes.
pub fn consistency_proof<R: HashReader>(reader: &R, old: u64, new: u64) -> Result<Vec<Hash>, R::Error> {
    if old > new {
        return Err(TlogError::SizesReversed { old, new }.into());
    }
    if old == 0 {
        return Ok(Vec::new());
    }
    let (mut start, mut end, mut proof) = (0, new, Vec::new());
    // `start == 0` is the flag of SUBPROOF: the verifier holds the old root, so it need not be repeated.
    while end > old {
        let middle = split(start, end);
        if old <= middle {
            proof.push(range_hash(reader, middle, end)?);
            end = middle;
        } else {
            proof.push(range_hash(reader, start, middle)?);
            start = middle;
        }
    }
    if start > 0 {
        proof.push(range_hash(reader, start, end)?);
    }
    proof.reverse();
    Ok(proof)
}

/// Where RFC 6962 section 2.1 splits two or more leaves: after the largest power of two smaller than their number.
fn split(start: u64, end: u64) -> u64 {
    let last = end.saturating_sub(start).saturating_sub(1);
    start.saturating_add(1 << last.checked_ilog2().unwrap_or_default())
}

/// RFC 9162 section 2.1.3.2: the leaf hash stands at `index` in the tree of `size` leaves and this root. The size
/// and root must come from a checkpoint that was verified first.
pub fn verify_inclusion(
    index: u64,
    size: u64,
    leaf: &Hash,
    proof: &[Hash],
    root: &Hash,
) -> Result<(), TlogError> {
    if index >= size {
        return Err(TlogError::IndexOutsideTree { index, size });
    }
    let (mut fnode, mut snode, mut hash) = (index, size.saturating_sub(1), *leaf);
    for sibling in proof {
        if snode == 0 {
            return Err(TlogError::InclusionProof);
        }
        if fnode & 1 == 1 || fnode == snode {
            hash = node_hash(sibling, &hash);
            climb(&mut fnode, &mut snode);
        } else {
            hash = node_hash(&hash, sibling);
        }
        fnode >>= 1;
        snode >>= 1;
    }
    if snode == 0 && hash == *root { Ok(()) } else { Err(TlogError::InclusionProof) }
}

/// RFC 9162 section 2.1.4.2: the tree of `old` leaves is the start of the tree of `new` leaves.
pub fn verify_consistency(
    old: u64,
    new: u64,
    old_root: &Hash,
    new_root: &Hash,
    proof: &[Hash],
) -> Result<(), TlogError> {
    if old > new {
        return Err(TlogError::SizesReversed { old, new });
    }
    if old == new || old == 0 {
        // Nothing to prove, and nothing may be added to it. Every tree starts with the empty one.
        let expected = if old == 0 { empty_root() } else { *new_root };
        let met = proof.is_empty() && *old_root == expected && (old != new || old_root == new_root);
        return if met { Ok(()) } else { Err(TlogError::ConsistencyProof) };
    }
    // A power of two is one complete subtree, whose hash the verifier holds: the old root.
    let (first, rest) = if old.is_power_of_two() {
        (old_root, proof)
    } else {
        proof.split_first().ok_or(TlogError::ConsistencyProof)?
    };
    let (mut fnode, mut snode) = (old.saturating_sub(1), new.saturating_sub(1));
    let skip = fnode.trailing_ones();
    fnode >>= skip;
    snode >>= skip;
    let (mut old_hash, mut new_hash) = (*first, *first);
    for sibling in rest {
        if snode == 0 {
            return Err(TlogError::ConsistencyProof);
        }
        if fnode & 1 == 1 || fnode == snode {
            old_hash = node_hash(sibling, &old_hash);
            new_hash = node_hash(sibling, &new_hash);
            climb(&mut fnode, &mut snode);
        } else {
            new_hash = node_hash(&new_hash, sibling);
        }
        fnode >>= 1;
        snode >>= 1;
    }
    let met = snode == 0 && old_hash == *old_root && new_hash == *new_root;
    if met { Ok(()) } else { Err(TlogError::ConsistencyProof) }
}

/// At the right edge, levels where the node stands alone have no sibling in the proof: skip them.
fn climb(fnode: &mut u64, snode: &mut u64) {
    while *fnode & 1 == 0 && *fnode != 0 {
        *fnode >>= 1;
        *snode >>= 1;
    }
}

#[cfg(test)]
mod tests;
