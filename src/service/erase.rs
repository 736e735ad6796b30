//! `ErasePassport`: who may ask, what would be lost, a last export, and only then the deed.

use tokio::time::Instant;

use super::access::{self, Caller, erasure_request, is_by_worker};
use super::convert::{self, RequestError};
use super::export;
use super::shared::Shared;
use super::status::CallError;
use crate::ledger::{ErasureBasis, Ledger, ReadError, Role};
use crate::pb;

/// The longest reference of an order.
const ORDER_BYTES_MAX: usize = 256;

/// A dry run unless `confirm`.
pub(super) async fn erase(
    shared: &Shared,
    caller: &Caller,
    request: pb::ErasePassportRequest,
) -> Result<pb::ErasePassportResponse, CallError> {
    let started = Instant::now();
    let pb::ErasePassportRequest { worker, basis, confirm, last_export } = request;
    let worker = convert::worker_id(&worker)?;
    let (basis, records) = match basis.ok_or(RequestError::Missing("basis"))? {
        pb::erase_passport_request::Basis::HolderRequest(token) => {
            let request = erasure_request(&shared.ledger, &token).map_err(CallError::from)?;
            let asked = move |ledger: &Ledger| -> Result<Option<u32>, ReadError> {
                if is_by_worker(ledger, worker, &request)? { ledger.erasable(worker) } else { Ok(None) }
            };
            (ErasureBasis::HolderRequest, shared.heavy(asked).await?)
        }
        pb::erase_passport_request::Basis::OrderReference(reference) => {
            caller.operator(Role::Eraser)?;
            convert::bounded("order_reference", &reference, ORDER_BYTES_MAX)?;
            if reference.trim().is_empty() {
                return Err(RequestError::Missing("order_reference").into());
            }
            // The reference may name the person: it is asked for so that nobody erases without one, and kept nowhere here.
            (ErasureBasis::Order, shared.heavy(move |ledger| ledger.erasable(worker)).await?)
        }
    };
    let Some(records) = records? else { return access::refuse(started).await };
    let file = if last_export { Some(export::export(shared, worker, vec![], None).await?) } else { None };
    if !confirm {
        return Ok(pb::ErasePassportResponse { records, leaf_index: None, file });
    }
    let erased = shared.ledger.erase(worker, basis).await?;
    tracing::info!(leaf = erased.leaf, "a passport was erased");
    Ok(pb::ErasePassportResponse { records, leaf_index: Some(erased.leaf), file })
}
