//! `CountUnits`: what a worker has shown of the units of a published standard, for who may read the worker.

use super::access::{self, Caller};
use super::convert;
use super::passport::view_of;
use super::shared::Shared;
use super::status::CallError;
use crate::ledger::Ledger;
use crate::passport::{Passport, Record, accumulate};
use crate::pb;
use crate::projection;
use crate::statement::ISSUER_BYTES_MAX;

/// The longest name of an edition.
const VERSION_BYTES_MAX: usize = 160;

/// Reads the worker as GetPassport does, and the standard as published.
pub(super) async fn count(
    shared: &Shared,
    caller: Caller,
    request: pb::CountUnitsRequest,
) -> Result<pb::CountUnitsResponse, CallError> {
    let pb::CountUnitsRequest { worker, standard, version, valid_at, view } = request;
    convert::bounded("standard", &standard, ISSUER_BYTES_MAX)?;
    convert::bounded("version", version.as_deref().unwrap_or_default(), VERSION_BYTES_MAX)?;
    let view = view_of(view)?;
    let now = shared.ledger.known_now();
    let day = convert::date("valid_at", valid_at.as_deref())?.unwrap_or_else(|| convert::day_of(now));
    let readable = access::read_worker(shared, caller, &worker, "CountUnits").await?;
    let (worker, view) = (readable.worker, view.narrower(readable.scope.view));
    let work = move |ledger: &Ledger| -> Result<pb::CountUnitsResponse, CallError> {
        let trust = ledger.trust();
        let standard = projection::standard(ledger, &standard, version.as_deref())?;
        let standard = standard.ok_or(CallError::NotFound("standard, or edition of it, published here"))?;
        let records = readable.shown();
        let passport = Passport::project(worker, &records, &trust, now, day);
        let seen: Vec<&Record> = passport.seen_by(view).collect();
        let counted = accumulate(&standard, &seen);
        Ok(pb::CountUnitsResponse {
            progress: counted.progress.name().to_owned(),
            units_json: counted.to_json().to_string(),
        })
    };
    shared.heavy(work).await?
}
