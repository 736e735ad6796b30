//! `WatchPassport`: one worker's records from a revision on, then live, for as long as the caller may read them.

use std::sync::Arc;
use std::time::Duration;

use super::access::{self, Caller, Readable};
use super::follow::{Followed, Follower, follow};
use super::shared::Shared;
use super::status::CallError;
use crate::event::StreamRecord;
use crate::ledger::Ledger;
use crate::pb;

/// The log grows thousands of times a second, one worker's stream hardly ever: look this often.
const LOOK_INTERVAL: Duration = Duration::from_millis(50);

/// Starts following a worker's stream, if the caller may read it.
pub(super) async fn start(
    shared: &Arc<Shared>,
    caller: Caller,
    worker: &str,
    from: u32,
) -> Result<Followed<pb::WatchPassportResponse>, CallError> {
    let both = |_: &Ledger, caller, readable| Ok((caller, readable));
    let (caller, readable) = access::read_worker_and(shared, caller, worker, "WatchPassport", both).await?;
    follow(shared, move |follower| revisions(follower, caller, readable, from))
}

async fn revisions(
    follower: Follower<pb::WatchPassportResponse>,
    mut caller: Caller,
    readable: Readable,
    mut next: u32,
) -> Result<(), CallError> {
    let shared = Arc::clone(&follower.shared);
    let mut readable = readable;
    let worker = readable.worker;
    let mut size = shared.ledger.size();
    // What was recorded between the first read and this subscription must not wait for the next growth.
    size.mark_changed();
    loop {
        // What the scope keeps back counts as seen: the next look begins behind it.
        let (first, behind) = (next, readable.next_revision());
        let shown = readable.shown_with_revisions();
        for (revision, record) in shown.into_iter().filter(|(revision, _)| *revision >= first) {
            follower.send(message(revision, &record)).await?;
        }
        next = next.max(behind);
        // Keys change and passports are erased while they are followed: what may be read is asked at every growth.
        loop {
            size.changed().await.map_err(|_| CallError::Stopping)?;
            tokio::time::sleep(LOOK_INTERVAL).await;
            let newest = shared.ledger.worker_revision(worker)?.ok_or(CallError::NotAvailable)?;
            if newest >= next {
                break;
            }
        }
        (caller, readable) = access::read_records(&shared, caller, worker).await?;
    }
}

fn message(revision: u32, record: &StreamRecord) -> pb::WatchPassportResponse {
    let StreamRecord { leaf, recorded_at, statement, .. } = record;
    let statement = statement.text().to_owned();
    pb::WatchPassportResponse { revision, leaf_index: *leaf, recorded_at: *recorded_at, statement }
}
