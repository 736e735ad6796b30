//! What makes a whole stream doubtful: keys compromised later, and keys given by bodies that nobody vouches for.

use std::collections::{BTreeMap, HashMap};

use super::ledger::LedgerFacts;
use crate::event::Kind;
use crate::passport::file::ProvenEntry;
use crate::tlog::{Checkpoint, Policy, SignedCheckpoint, leaf_hash, verify_inclusion};
use crate::trust::{KeyVerdict, TrustFile};

/// An earlier checkpoint with the times at which the verifier's witnesses saw it.
#[derive(Debug)]
pub(super) struct Anchor {
    checkpoint: Checkpoint,
    seen: Vec<(usize, u64)>,
}

impl LedgerFacts<'_> {
    /// Reads an earlier checkpoint; `None` if the ledger did not sign it or nobody is trusted to have seen it.
    pub(super) fn anchor(&self, note: &str, policy: Option<&Policy>) -> Option<Anchor> {
        let signed = SignedCheckpoint::verify(note, &self.log_keys()).ok()?;
        let seen = signed.cosignatures(policy?.witnesses()).ok()?;
        (signed.checkpoint.origin == self.part.origin)
            .then_some(Anchor { checkpoint: signed.checkpoint, seen })
    }

    /// Whether enough witnesses saw a tree with this entry before `since` (Unix ms): each counted time is earlier.
    pub(super) fn is_anchored(&self, entry: &ProvenEntry, since: u64, policy: Option<&Policy>) -> bool {
        let (Some(proof), Some(policy)) = (&entry.anchor, policy) else { return false };
        let Some(Some(anchor)) = self.anchors.get(proof.index) else { return false };
        let before = |(_, at): &&(usize, u64)| at.saturating_mul(1_000) < since;
        let witnesses: Vec<usize> = anchor.seen.iter().filter(before).map(|(witness, _)| *witness).collect();
        let Checkpoint { size, root, .. } = &anchor.checkpoint;
        !policy.requires_none()
            && policy.is_met_by(&witnesses)
            && verify_inclusion(entry.leaf, *size, &leaf_hash(&entry.entry), &proof.proof, root).is_ok()
    }

    /// The bodies whose streams cannot be relied on, and why.
    pub(super) fn doubted_bodies(&self, trust: &TrustFile) -> BTreeMap<String, &'static str> {
        let streams = self.part.streams.iter().flat_map(|stream| &stream.entries);
        let entries: HashMap<u64, &ProvenEntry> = streams.map(|entry| (entry.leaf, entry)).collect();
        let mut doubts = BTreeMap::new();
        for (leaf, fact) in &self.folded.statements {
            let (Some(subject), Some(entry)) = (&fact.subject, entries.get(leaf)) else { continue };
            let state = &self.folded.trust;
            let verdict = state.key_verdict(&fact.issuer, &fact.kid, *leaf, fact.recorded_at);
            if let KeyVerdict::NeedsAnchor(since) = verdict
                && !self.is_anchored(entry, since, trust.policy.as_ref())
            {
                let why =
                    "rests on a key that was compromised later, and nothing witnessed shows that it is older";
                doubts.insert(subject.clone(), why);
            }
            // The operator names roots at will: a key that such a root gives to another's body is the operator's.
            let by_another = fact.kind == Kind::IssuerKeyAdded && fact.issuer != *subject;
            if by_another && !trust.vouches_for(state, &fact.issuer) {
                let why = "rests on a key given by a body that stands under no authority in the trust file";
                doubts.insert(subject.clone(), why);
            }
        }
        doubts
    }

    /// Why judging `issuer` rests on something that cannot be relied on, if it does.
    pub(super) fn doubt(&self, issuer: &str) -> Option<&'static str> {
        if self.doubts.is_empty() {
            return None;
        }
        let needed = self.folded.bodies_needed(std::iter::once(issuer));
        needed.iter().find_map(|body| self.doubts.get(*body).copied())
    }
}
