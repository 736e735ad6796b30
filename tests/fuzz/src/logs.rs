//! What logs and witnesses sign and send: notes, checkpoints, cosignatures, policies, proofs, tile paths, entries.

use std::sync::LazyLock;

use skillpass::crypto::{Hash, PrivateKey, sha256};
use skillpass::event::entry::Entry;
use skillpass::tlog::{
    Checkpoint, Frontier, HashReader, Policy, SignedCheckpoint, Submission, TilePath, TlogError, VerifierKey,
    consistency_proof, cosign, inclusion_proof, leaf_hash, node_hash, note_is_signed_by, note_text, root,
    sign_note, verify_consistency, verify_inclusion,
};

use crate::open::key;
use crate::text_of;

static LOG: LazyLock<PrivateKey> = LazyLock::new(|| key("log"));
static WITNESS: LazyLock<PrivateKey> = LazyLock::new(|| key("witness"));
const ORIGIN: &str = "ledger.invalid";
const WITNESS_NAME: &str = "witness.invalid";

fn log_key() -> VerifierKey {
    VerifierKey::log(ORIGIN, &LOG.public()).expect("a key")
}

fn witness_key() -> VerifierKey {
    VerifierKey::cosigner(WITNESS_NAME, &WITNESS.public()).expect("a key")
}

/// A note, a verifier key, what a log sends to a witness, what a witness answers.
pub fn note(data: &[u8]) {
    let Some(text) = text_of(data) else { return };
    if let Ok(body) = note_text(text) {
        assert!(text.starts_with(body) && body.ends_with('\n'));
        let _ = note_is_signed_by(text, &log_key());
        let _ = SignedCheckpoint::verify(text, &[log_key()]);
        let _ = SignedCheckpoint::cosigned_by(text, &witness_key());
    }
    if let Ok(key) = VerifierKey::parse(text) {
        assert_eq!(VerifierKey::parse(&key.to_string()).as_ref(), Ok(&key));
    }
    if let Ok(submission) = Submission::parse(text) {
        assert_eq!(submission.encode(), text, "one spelling");
        let _ = Checkpoint::claimed(&submission.note);
    }
    let checkpoint = Checkpoint { origin: ORIGIN.to_owned(), size: 3, root: [7; 32] };
    if let Ok((line, _)) = checkpoint.accept_cosignature(text, &witness_key()) {
        assert!(text.contains(&line));
    }
}

/// The text of a checkpoint, signed by the log and then by a witness.
pub fn checkpoint(data: &[u8]) {
    let Some(text) = text_of(data) else { return };
    let note = sign_note(text, &[(&log_key(), &LOG)]);
    let signed = match SignedCheckpoint::verify(&note, &[log_key(), witness_key()]) {
        Ok(signed) => signed,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    assert_eq!(signed.checkpoint.text(), text, "one spelling");
    assert_eq!(Checkpoint::claimed(&note).as_ref(), Ok(&signed.checkpoint));
    let at = signed.checkpoint.size % (1 << 40);
    let line = cosign(&signed.checkpoint, WITNESS_NAME, &WITNESS, at).expect("a cosignature");
    let both = signed.with_line(&line).expect("one line more");
    assert_eq!(both.cosignatures(&[log_key(), witness_key()]), Ok(vec![(1, at)]));
    assert_eq!(signed.checkpoint.accept_cosignature(&line, &witness_key()), Ok((line, at)));
}

/// A witness policy.
pub fn policy(data: &[u8]) {
    let Some(text) = text_of(data) else { return };
    match Policy::parse(text) {
        Ok(policy) => {
            assert_eq!(policy.text(), text);
            let all: Vec<usize> = (0..policy.witnesses().len()).collect();
            assert!(
                !policy.is_met_by(&[]) || policy.requires_none() || policy.is_met_by(&all),
                "more witnesses, no less"
            );
            let _ = (policy.logs(), policy.log_urls(), policy.witness_urls(), policy.is_met_by(&all));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// A tile's path.
pub fn tile(data: &[u8]) {
    let Some(text) = text_of(data) else { return };
    if let Ok(path) = TilePath::parse(text) {
        assert_eq!(path.path(), text, "one spelling");
        let _ = path.exists_at(u64::MAX);
    }
}

struct Tree(Vec<Hash>);

impl HashReader for Tree {
    type Error = TlogError;

    fn hash(&self, level: u8, index: u64) -> Result<Hash, TlogError> {
        if level == 0 {
            return self
                .0
                .get(usize::try_from(index).unwrap_or(usize::MAX))
                .copied()
                .ok_or(TlogError::InclusionProof);
        }
        Ok(node_hash(&self.hash(level - 1, 2 * index)?, &self.hash(level - 1, 2 * index + 1)?))
    }
}

/// Proofs of a real tree, as they are and changed; then any numbers and any hashes.
pub fn proof(data: &[u8]) {
    let Some(([size, index, change, place], rest)) = data.split_first_chunk::<4>() else { return };
    let size = u64::from(size % 70) + 1;
    let index = u64::from(*index) % size;
    let tree = Tree((0..size).map(|leaf| leaf_hash(&leaf.to_be_bytes())).collect());
    let (Ok(head), Ok(leaf)) = (root(&tree, size), tree.hash(0, index)) else { panic!("a whole tree") };
    let honest = inclusion_proof(&tree, size, index).expect("a proof");
    assert_eq!(verify_inclusion(index, size, &leaf, &honest, &head), Ok(()));
    let changed = changed(&honest, *change, *place);
    assert_eq!(verify_inclusion(index, size, &leaf, &changed, &head).is_ok(), changed == honest);
    let old = index;
    let honest = consistency_proof(&tree, old, size).expect("a proof");
    let old_head = root(&tree, old).expect("a root");
    assert_eq!(verify_consistency(old, size, &old_head, &head, &honest), Ok(()));
    let changed = self::changed(&honest, *change, *place);
    assert_eq!(verify_consistency(old, size, &old_head, &head, &changed).is_ok(), changed == honest);
    any(rest);
}

fn changed(honest: &[Hash], change: u8, place: u8) -> Vec<Hash> {
    let mut proof = honest.to_vec();
    let at = usize::from(place) % (proof.len() + 1);
    match change % 5 {
        0 => proof.insert(at, sha256(&[&[change]])),
        1 if at < proof.len() => drop(proof.remove(at)),
        2 if at < proof.len() => proof[at][usize::from(change) % 32] ^= 1 << (change % 8),
        3 if at < proof.len() => proof.swap(0, at),
        _ => {}
    }
    proof
}

fn any(data: &[u8]) {
    if let Ok(frontier) = Frontier::decode(data) {
        assert_eq!(frontier.encode(), data, "one spelling");
        let _ = frontier.root();
    }
    let Some((numbers, hashes)) = data.split_first_chunk::<16>() else { return };
    let (one, other) = numbers.split_at(8);
    let number = |bytes: &[u8]| u64::from_be_bytes(bytes.try_into().unwrap_or_default());
    let (one, other) = (number(one), number(other));
    let hashes: Vec<Hash> = hashes.as_chunks::<32>().0.to_vec();
    let [first, second, proof @ ..] = &hashes[..] else { return };
    let _ = verify_inclusion(one, other, first, proof, second);
    let _ = verify_consistency(one, other, first, second, proof);
}

/// The bytes that the log hashes.
pub fn entry(data: &[u8]) {
    match Entry::decode(data) {
        Ok(entry) => {
            assert_eq!(entry.encode(), data, "one spelling");
            let _ = entry.recorded_at();
        }
        Err(error) => assert!(!error.reason().is_empty() && !error.to_string().is_empty()),
    }
}
