//! `Subscribe`: entries from an index on, then live.

use std::sync::Arc;

use super::follow::{Followed, Follower, follow};
use super::shared::Shared;
use super::status::CallError;
use crate::pb;

/// Entries read at once.
const BATCH: usize = 256;
/// And the most bytes of them: of that size are public statements alone.
const BATCH_BYTES: usize = 256 * 1024;

/// Starts following the log.
pub(super) fn start(shared: &Arc<Shared>, from: u64) -> Result<Followed<pb::Entry>, CallError> {
    follow(shared, move |follower| entries(follower, from))
}

async fn entries(follower: Follower<pb::Entry>, mut next: u64) -> Result<(), CallError> {
    let mut size = follower.shared.ledger.size();
    loop {
        // The sender's end is the ledger's close.
        size.wait_for(|size| *size > next).await.map_err(|_| CallError::Stopping)?;
        let first = next;
        let batch =
            follower.shared.heavy_in_turn(move |ledger| ledger.entries(first, BATCH, BATCH_BYTES)).await??;
        if batch.is_empty() {
            return Err(CallError::Failed);
        }
        for (leaf_index, entry) in batch {
            follower.send(pb::Entry { leaf_index, entry }).await?;
            next = leaf_index.saturating_add(1);
        }
    }
}
