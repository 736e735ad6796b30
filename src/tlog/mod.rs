//! RFC 6962 Merkle maths, C2SP signed notes, checkpoints, cosignatures, policies and tile paths: bytes, not events.
//!
//! **Never:** I/O, a clock, any room but `crypto`. SPEC.md, "Tree", "Checkpoint", "Cosignatures and policy", "Tiles".
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

mod checkpoint;
mod cosignature;
mod error;
mod merkle;
mod note;
mod policy;
mod proof;
mod submission;
mod tile;

pub use checkpoint::{Checkpoint, SignedCheckpoint};
pub use cosignature::cosign;
pub use error::TlogError;
pub use merkle::{Frontier, HashReader, empty_root, leaf_hash, node_hash, root};
pub use note::{
    KEY_NAME_MAX_BYTES, NOTE_MAX_BYTES, NOTE_MAX_SIGNATURES, VerifierKey, note_is_signed_by, note_text,
    sign_note,
};
pub use policy::{POLICY_MAX_BYTES, POLICY_MAX_LINES, Policy};
pub use proof::{consistency_proof, inclusion_proof, verify_consistency, verify_inclusion};
pub use submission::{COSIGNATURES_MAX_BYTES, SUBMISSION_MAX_BYTES, SUBMISSION_MAX_HASHES, Submission};
pub use tile::{TILE_WIDTH, TilePath};

/// The value of a decimal number in its one spelling: digits only, no leading zeros.
fn strict_decimal(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    // `parse` refuses the empty text and whatever exceeds 64 bits.
    if plain { text.parse().ok() } else { None }
}

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod spec_examples;
