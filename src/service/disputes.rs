//! `ListDisputes`: what the worker contests, and what became of it.

use std::sync::Arc;

use super::access::{self, Caller};
use super::shared::Shared;
use super::status::CallError;
use crate::crypto::base64url_encode;
use crate::event::{Kind, StreamRecord};
use crate::pb;

/// For whoever may read the whole: a dispute is between the worker and a body.
pub(super) async fn list(
    shared: &Arc<Shared>,
    caller: Caller,
    request: pb::ListDisputesRequest,
) -> Result<pb::ListDisputesResponse, CallError> {
    caller.whole()?;
    let readable = access::read_worker(shared, caller, &request.worker, "ListDisputes").await?;
    let records = readable.shown();
    let raised = records.iter().filter(|record| record.event.kind() == Kind::DisputeRaised);
    Ok(pb::ListDisputesResponse { disputes: raised.map(|dispute| told(dispute, &records)).collect() })
}

fn told(raised: &StreamRecord, records: &[StreamRecord]) -> pb::Dispute {
    let text = |record: &StreamRecord, name: &str| record.event.text(name).map(str::to_owned);
    let hash = raised.statement.hash();
    let target = raised.event.target();
    let contested = records.iter().find(|record| Some(record.statement.hash()) == target);
    let is_answer = |record: &&StreamRecord| {
        record.event.kind() == Kind::DisputeResolved && record.event.hash("dispute") == Some(hash)
    };
    let is_withdrawn = |answer: &StreamRecord| {
        let mut changes = records.iter().filter(|record| {
            matches!(record.event.kind(), Kind::Revoked | Kind::Corrected | Kind::Superseded)
        });
        changes.any(|change| change.event.target() == Some(answer.statement.hash()))
    };
    let answer = records.iter().rev().find(|record| is_answer(record) && !is_withdrawn(record));
    pb::Dispute {
        dispute: base64url_encode(hash),
        target: target.map(base64url_encode).unwrap_or_default(),
        target_jti: contested.map(|record| record.statement.clear().id.urn().to_string()).unwrap_or_default(),
        grounds: text(raised, "grounds").unwrap_or_default(),
        statement: text(raised, "statement"),
        recorded_at: raised.recorded_at,
        resolution: answer.and_then(|answer| text(answer, "resolution")),
        resolved_on: answer.and_then(|answer| text(answer, "resolved_on")),
        resolved_by: answer.map(|answer| answer.statement.clear().issuer.clone()),
    }
}
