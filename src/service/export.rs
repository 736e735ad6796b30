//! `ExportPassport`, and the last export before an erasure.

use tokio::runtime::Handle;

use super::access::{self, Caller, Readable};
use super::shared::Shared;
use super::status::CallError;
use crate::event::{UnixMs, WorkerId};
use crate::ledger::Ledger;
use crate::pb;
use crate::projection;

/// For a caller who may read the whole: a complete file opens everything, and a part of it is the holder's to sign.
pub(super) async fn export_passport(
    shared: &Shared,
    caller: Caller,
    request: pb::ExportPassportRequest,
) -> Result<pb::ExportPassportResponse, CallError> {
    let pb::ExportPassportRequest { worker, known_at } = request;
    caller.whole()?;
    let whose = move |ledger: &Ledger, caller: Caller, readable: Readable| {
        let known_at = match readable.scope.known_at {
            Some(limit) => Some(known_at.map_or(limit, |asked| asked.min(limit))),
            None => known_at,
        };
        let joined = readable.joined(ledger, &caller, known_at, "ExportPassport")?;
        Ok((readable.worker, joined.iter().map(|one| one.worker).collect(), known_at))
    };
    let (worker, joined, known_at) =
        access::read_worker_and(shared, caller, &worker, "ExportPassport", whose).await?;
    let file = export(shared, worker, joined, known_at).await?;
    Ok(pb::ExportPassportResponse { file })
}

/// The complete file. Waits for the checkpoint that covers what is recorded now before it takes one of the places for
/// heavy work.
pub(super) async fn export(
    shared: &Shared,
    worker: WorkerId,
    joined: Vec<WorkerId>,
    known_at: Option<UnixMs>,
) -> Result<Vec<u8>, CallError> {
    let size = *shared.ledger.size().borrow();
    let mut published = shared.ledger.published();
    let covers = published.wait_for(|newest| known_at.is_some() || newest.checkpoint.size >= size).await;
    covers.map_err(|_| CallError::Stopping)?;
    let runtime = Handle::current();
    let work = move |ledger: &Ledger| runtime.block_on(projection::export(ledger, worker, &joined, known_at));
    Ok(shared.heavy(work).await??.encode())
}
