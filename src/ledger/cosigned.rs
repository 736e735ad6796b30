//! Checkpoints that witnesses cosigned: gathering the lines, keeping the notes, and which checkpoint is handed out.
//!
//! Nothing here asks a witness (room `witness` does). A line is verified before it is kept. Sizes never fall: a line that
//! comes for a tree smaller than the last one kept comes too late and is dropped.

use std::sync::Arc;
use std::time::Duration;

use super::error::ReadError;
use super::shared::Shared;
use super::{Ledger, Published};
use crate::event::UnixMs;
use crate::tlog::{Policy, SignedCheckpoint};
use crate::vault::{CheckpointArchive, KeptCheckpoint, VaultError};

/// Kept checkpoints looked through for one old enough: each is of one second or more.
const LOOK_BACK: u64 = 64;

/// The checkpoint for which lines are being gathered.
#[derive(Debug)]
pub(super) struct Gathering {
    pub(super) archive: CheckpointArchive,
    newest: Option<SignedCheckpoint>,
    kept_at: UnixMs,
}

impl Gathering {
    /// Goes on where the last run ended.
    pub(super) fn resume(archive: CheckpointArchive, policy: Option<&Policy>) -> Result<Self, VaultError> {
        let kept = archive.at_most(u64::MAX)?;
        let kept_at = kept.as_ref().map_or(0, |kept| kept.published_at);
        let witness = policy.into_iter().flat_map(Policy::witnesses);
        // Which witness cosigned does not matter here, only that the note is of one who counts today.
        let newest = kept.and_then(|kept| {
            witness.into_iter().find_map(|witness| SignedCheckpoint::cosigned_by(&kept.note, witness).ok())
        });
        Ok(Self { archive, newest, kept_at })
    }

    /// The published checkpoint with what the last run gathered for it.
    pub(super) fn dress(&self, published: Published) -> Published {
        match &self.newest {
            Some(newest) if newest.checkpoint == published.checkpoint => {
                Published { note: newest.note.clone(), ..published }
            }
            _ => published,
        }
    }

    /// What the last run gathered, if it meets the policy.
    pub(super) fn met(&self, policy: Option<&Policy>) -> Option<Published> {
        let signed = self.newest.as_ref().filter(|signed| is_met(policy, signed))?;
        Some(Published {
            checkpoint: signed.checkpoint.clone(),
            note: signed.note.clone(),
            published_at: self.kept_at,
        })
    }
}

fn is_met(policy: Option<&Policy>, signed: &SignedCheckpoint) -> bool {
    let Some(policy) = policy.filter(|policy| !policy.requires_none()) else { return false };
    let seen = signed.cosignatures(policy.witnesses()).unwrap_or_default();
    policy.is_met_by(&seen.iter().map(|(witness, _)| *witness).collect::<Vec<_>>())
}

/// What became of a cosignature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// Kept; the policy is met with it.
    Met,
    /// Kept; more are needed.
    Gathered,
    /// A larger tree, or the same cosignature, is kept already.
    Late,
}

impl Shared {
    /// Adds one line of a witness of the policy to the published checkpoint `target`.
    pub(super) fn keep_cosignature(&self, target: &Published, line: &str) -> Result<Kept, ReadError> {
        let Some(policy) = &self.options.witness_policy else { return Ok(Kept::Late) };
        let mut gathering = self.gathering.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let base = match &gathering.newest {
            Some(known) if known.checkpoint.size > target.checkpoint.size => return Ok(Kept::Late),
            Some(known) if known.checkpoint == target.checkpoint => known.clone(),
            _ => SignedCheckpoint { checkpoint: target.checkpoint.clone(), note: target.note.clone() },
        };
        let before = base.cosignatures(policy.witnesses())?.len();
        let signed = base.with_line(line)?;
        if signed.cosignatures(policy.witnesses())?.len() == before {
            // Not of a witness that counts, or one that is there already.
            return Ok(Kept::Late);
        }
        let met = is_met(Some(policy), &signed);
        let at = self.clock.now_ms().max(gathering.kept_at).max(target.published_at);
        let (size, note) = (signed.checkpoint.size, signed.note.clone());
        gathering.archive.publish(&KeptCheckpoint { size, published_at: at, note: note.clone() })?;
        gathering.kept_at = at;
        gathering.newest = Some(signed);
        self.published.send_if_modified(|newest| {
            let is_newest = newest.checkpoint.size == size;
            if is_newest {
                *newest = Arc::new(Published { note: note.clone(), ..Published::clone(newest) });
            }
            is_newest
        });
        if met {
            let checkpoint = target.checkpoint.clone();
            self.cosigned.send_replace(Some(Arc::new(Published { checkpoint, note, published_at: at })));
        }
        Ok(if met { Kept::Met } else { Kept::Gathered })
    }

    /// A kept note as one of today's witnesses vouches for it.
    fn vouched_for(&self, kept: &KeptCheckpoint) -> Option<SignedCheckpoint> {
        let witnesses = self.options.witness_policy.iter().flat_map(Policy::witnesses);
        let mut read = witnesses.map(|witness| SignedCheckpoint::cosigned_by(&kept.note, witness));
        read.find_map(Result::ok)
    }
}

impl Ledger {
    /// The newest checkpoint that meets the witness policy; the receiver sees every new one. `None` without a policy, and
    /// before the first.
    pub fn cosigned(&self) -> tokio::sync::watch::Receiver<Option<Arc<Published>>> {
        self.0.shared.cosigned.subscribe()
    }

    /// The witness policy it gathers cosignatures by.
    pub fn witness_policy(&self) -> Option<&Policy> {
        self.0.shared.options.witness_policy.as_ref()
    }

    /// Adds a witness's line to a published checkpoint: verified, kept for ever, then served. Blocks for an fsync.
    pub fn keep_cosignature(&self, target: &Published, line: &str) -> Result<Kept, ReadError> {
        self.0.shared.keep_cosignature(target, line)
    }

    /// The newest checkpoint kept of which a witness of the policy has cosigned at least one line, and by whom: the sizes that
    /// witnesses have seen.
    pub fn gathered(&self) -> Option<SignedCheckpoint> {
        let shared = &self.0.shared;
        shared.gathering.lock().unwrap_or_else(std::sync::PoisonError::into_inner).newest.clone()
    }

    /// What everybody is shown as the newest: under a witness policy the newest checkpoint that meets it, so that nobody sees a
    /// tree no witness has seen; but the newest of all once that has waited longer than witnesses are given.
    pub fn served(&self) -> Arc<Published> {
        let newest = Arc::clone(&self.0.shared.published.borrow());
        let cosigned = self.0.shared.cosigned.borrow().clone();
        match cosigned {
            Some(cosigned)
                if cosigned.checkpoint.size < newest.checkpoint.size && self.has_patience(&newest) =>
            {
                cosigned
            }
            _ => newest,
        }
    }

    fn has_patience(&self, since: &Published) -> bool {
        !self.patience_left(since).is_zero()
    }

    /// How much longer witnesses are waited for; it is counted from when the checkpoint was published.
    fn patience_left(&self, since: &Published) -> Duration {
        let waited = Duration::from_millis(self.now_ms().saturating_sub(since.published_at));
        self.0.shared.options.witness_patience.saturating_sub(waited)
    }

    /// A checkpoint of at least `size` leaves to prove by: waits until one is published, then (under a policy) until one meets
    /// it, no longer than witnesses are given; then the best there is. `None` if the ledger ends first. The caller bounds
    /// the first wait.
    pub async fn best_covering(&self, size: u64) -> Option<Arc<Published>> {
        let mut published = self.published();
        let covering = Arc::clone(&*published.wait_for(|newest| newest.checkpoint.size >= size).await.ok()?);
        if self.witness_policy().is_none_or(Policy::requires_none) {
            return Some(covering);
        }
        let mut cosigned = self.cosigned();
        let covers = |newest: &Option<Arc<Published>>| {
            newest.as_ref().is_some_and(|newest| newest.checkpoint.size >= size)
        };
        let left = self.patience_left(&covering);
        let found = tokio::time::timeout(left, cosigned.wait_for(covers)).await;
        match found {
            Ok(Ok(found)) => found.clone(),
            // Others may have cosigned it meanwhile, fewer than the policy asks for.
            _ => Some(Arc::clone(&self.0.shared.published.borrow())),
        }
    }

    /// A checkpoint of at least `size_min` leaves that meets the policy with cosignatures that are all dated before `at`, the
    /// newest there is; without one, the newest published before.
    pub fn witnessed_before(&self, at: UnixMs, size_min: u64) -> Result<Option<Published>, ReadError> {
        let shared = &self.0.shared;
        if let Some(policy) = self.witness_policy() {
            let gathering = shared.gathering.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let mut number = gathering.archive.count_before(at)?;
            for _ in 0..LOOK_BACK {
                let Some(before) = number.checked_sub(1) else { break };
                number = before;
                let Some(kept) = gathering.archive.nth(number)?.filter(|kept| kept.size >= size_min) else {
                    break;
                };
                let published_at = kept.published_at;
                let Some(signed) = shared.vouched_for(&kept) else { continue };
                let seen = signed.cosignatures(policy.witnesses())?;
                let early = seen.iter().filter(|(_, when)| when.saturating_mul(1_000) < at);
                if !policy.requires_none()
                    && policy.is_met_by(&early.map(|(witness, _)| *witness).collect::<Vec<_>>())
                {
                    let SignedCheckpoint { checkpoint, note } = signed;
                    return Ok(Some(Published { checkpoint, note, published_at }));
                }
            }
        }
        self.published_before(at, size_min)
    }

    /// `published` with the cosignatures that were gathered for it, or a smaller one of at least `size_min` leaves that has
    /// some, if it has none.
    pub fn with_cosignatures(&self, published: Published, size_min: u64) -> Result<Published, ReadError> {
        let shared = &self.0.shared;
        let gathering = shared.gathering.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let kept = gathering.archive.at_most(published.checkpoint.size)?.filter(|kept| kept.size >= size_min);
        let found = kept.and_then(|kept| Some((kept.published_at, shared.vouched_for(&kept)?)));
        Ok(match found {
            Some((published_at, SignedCheckpoint { checkpoint, note })) => {
                Published { checkpoint, note, published_at }
            }
            None => published,
        })
    }
}
