//! The RFC 6962 tree: hashes, the frontier that appends, and the reader from which roots and proofs are made.

use super::TlogError;
use crate::crypto::{Hash, sha256};

/// SHA-256(0x00 | data), RFC 6962 section 2.1.
pub fn leaf_hash(data: &[u8]) -> Hash {
    sha256(&[&[0], data])
}

/// SHA-256(0x01 | left | right), RFC 6962 section 2.1.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    sha256(&[&[1], left, right])
}

/// The root of a tree without leaves: SHA-256 of nothing.
pub fn empty_root() -> Hash {
    sha256(&[])
}

/// The hashes of the complete subtrees of a tree's right edge: enough to append and to give the root.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    /// One hash for each one bit of `size`, the largest subtree first.
    nodes: Vec<Hash>,
}

impl Frontier {
    /// Appends a leaf hash. Calls `complete(level, index, hash)` for the leaf (level 0) and each subtree it completes.
    pub fn push(&mut self, leaf: Hash, mut complete: impl FnMut(u8, u64, &Hash)) {
        let (mut level, mut hash) = (0, leaf);
        complete(level, self.size, &hash);
        // As in binary addition: each one bit at the end of the size is a subtree that this leaf fills up.
        for _ in 0..self.size.trailing_ones() {
            let Some(left) = self.nodes.pop() else { break };
            hash = node_hash(&left, &hash);
            level = level.saturating_add(1);
            complete(level, self.size >> level, &hash);
        }
        self.nodes.push(hash);
        self.size = self.size.saturating_add(1);
    }

    /// Number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root hash; SHA-256("") when empty.
    pub fn root(&self) -> Hash {
        fold(&self.nodes)
    }

    /// u64 size, big-endian | nodes, left to right (largest first).
    pub fn encode(&self) -> Vec<u8> {
        [self.size.to_be_bytes().as_slice(), self.nodes.as_flattened()].concat()
    }

    /// The inverse.
    pub fn decode(bytes: &[u8]) -> Result<Self, TlogError> {
        let (size, rest) = bytes.split_first_chunk::<8>().ok_or(TlogError::FrontierBytes)?;
        let size = u64::from_be_bytes(*size);
        let (nodes, excess) = rest.as_chunks::<32>();
        if !excess.is_empty() || nodes.len() as u64 != u64::from(size.count_ones()) {
            return Err(TlogError::FrontierBytes);
        }
        Ok(Self { size, nodes: nodes.to_vec() })
    }
}

/// Where the hashes of complete subtrees are read from: node (level, index) covers leaves [index << level, (index + 1) << level).
pub trait HashReader {
    /// The reader's own failure.
    type Error: From<TlogError>;
    /// Reads one complete subtree's hash.
    fn hash(&self, level: u8, index: u64) -> Result<Hash, Self::Error>;
}

/// The root of the first `size` leaves.
pub fn root<R: HashReader>(reader: &R, size: u64) -> Result<Hash, R::Error> {
    range_hash(reader, 0, size)
}

/// MTH(D[start..end]) of a range as RFC 6962's recursion splits it: `start` is a multiple of every power of two in
/// the length, so each one bit of the length is a complete subtree, the largest first.
pub(super) fn range_hash<R: HashReader>(reader: &R, start: u64, end: u64) -> Result<Hash, R::Error> {
    let (mut at, mut left) = (start, end.saturating_sub(start));
    let mut nodes = Vec::new();
    while let Some(level) = left.checked_ilog2() {
        let level = u8::try_from(level).unwrap_or(u8::MAX); // at most 63
        nodes.push(reader.hash(level, at >> level)?);
        // `left` is the sum of these, so it stays above zero and `at` at most `end`.
        at = at.saturating_add(1 << level);
        left = left.saturating_sub(1 << level);
    }
    Ok(fold(&nodes))
}

/// Joins complete subtrees, largest first, from the right (RFC 6962 section 2.1: the left part is the largest power
/// of two smaller than the whole).
fn fold(nodes: &[Hash]) -> Hash {
    nodes.iter().rev().copied().reduce(|right, left| node_hash(&left, &right)).unwrap_or_else(empty_root)
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::crypto::hex_decode;

    /// All complete subtrees of a growing tree, as a ledger keeps them.
    #[derive(Default)]
    pub(in crate::tlog) struct Tree {
        pub(in crate::tlog) frontier: Frontier,
        nodes: HashMap<(u8, u64), Hash>,
    }

    impl Tree {
        pub(in crate::tlog) fn of(leaves: impl IntoIterator<Item = Hash>) -> Self {
            let mut tree = Self::default();
            for leaf in leaves {
                let nodes = &mut tree.nodes;
                tree.frontier.push(leaf, |level, index, hash| {
                    assert_eq!(nodes.insert((level, index), *hash), None, "completed once");
                });
            }
            tree
        }
    }

    impl HashReader for Tree {
        type Error = TlogError;
        fn hash(&self, level: u8, index: u64) -> Result<Hash, TlogError> {
            Ok(self.nodes[&(level, index)])
        }
    }

    /// MTH as RFC 6962 section 2.1 writes it, over leaf hashes.
    pub(in crate::tlog) fn naive_root(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => empty_root(),
            [one] => *one,
            _ => {
                let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
                node_hash(&naive_root(left), &naive_root(right))
            }
        }
    }

    pub(in crate::tlog) fn numbered_leaves(count: u64) -> Vec<Hash> {
        (0..count).map(|n| leaf_hash(&n.to_be_bytes())).collect()
    }

    fn hash(hex: &str) -> Hash {
        hex_decode(hex).unwrap().try_into().unwrap()
    }

    /// Inputs, node and root hashes of the reference tree of Certificate Transparency, as published in
    /// transparency-dev/merkle, `testonly/constants.go`.
    pub(in crate::tlog) fn reference_leaves() -> Vec<Hash> {
        ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
            .iter()
            .map(|input| leaf_hash(&hex_decode(input).unwrap()))
            .collect()
    }

    #[test]
    fn reference_tree_has_its_published_roots() {
        let roots = [
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        let leaves = reference_leaves();
        let whole = Tree::of(leaves.clone());
        for (size, expected) in roots.iter().enumerate() {
            assert_eq!(
                Tree::of(leaves[..size].to_vec()).frontier.root(),
                hash(expected),
                "frontier, size {size}"
            );
            assert_eq!(root(&whole, size as u64), Ok(hash(expected)), "reader, size {size}");
        }
    }

    #[test]
    fn reference_tree_has_its_published_inner_nodes() {
        let tree = Tree::of(reference_leaves());
        for (level, index, expected) in [
            (0, 7, "46f6ffadd3d06a09ff3c5860d2755c8b9819db7df44251788c7d8e3180de8eb1"),
            (1, 1, "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"),
            (1, 2, "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"),
            (1, 3, "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"),
            (2, 1, "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"),
        ] {
            assert_eq!(tree.hash(level, index), Ok(hash(expected)), "node {level}/{index}");
        }
    }

    #[test]
    fn frontier_and_reader_agree_with_the_naive_tree_at_every_size() {
        let leaves = numbered_leaves(300);
        let whole = Tree::of(leaves.clone());
        let mut frontier = Frontier::default();
        for size in 0..=leaves.len() {
            let expected = naive_root(&leaves[..size]);
            assert_eq!(frontier.root(), expected, "frontier, size {size}");
            assert_eq!(root(&whole, size as u64), Ok(expected), "reader, size {size}");
            assert_eq!(Frontier::decode(&frontier.encode()), Ok(frontier.clone()));
            if let Some(leaf) = leaves.get(size) {
                frontier.push(*leaf, |_, _, _| {});
            }
        }
    }

    #[test]
    fn frontier_bytes_must_fit_their_size() {
        let bytes = Tree::of(numbered_leaves(5)).frontier.encode();
        assert_eq!(bytes.len(), 8 + 2 * 32);
        for bad in [&bytes[..7], &bytes[..8], &bytes[..40], &bytes[..71], &[&bytes[..], &[0]].concat()] {
            assert_eq!(Frontier::decode(bad), Err(TlogError::FrontierBytes), "{} bytes", bad.len());
        }
    }
}
