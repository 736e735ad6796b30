//! Flows along a corridor, over every worker that the ledger can read: an operator's batch job. One passport is open at a time,
//! and nothing of it is kept but counts.

use jiff::civil::Date;
use serde_json::Value;

use crate::event::{StreamRecord, WorkerId};
use crate::ledger::{Ledger, ReadError, WorkerRecord};
use crate::passport::Passport;
use crate::passport::statistics::{Corridor, FlowCounts};

/// The report, small cells suppressed, and over how many passports it was made. What cannot be read back is left out.
///
/// It reads everybody, so it asks between two passports whether it should go on; `None`: it should not.
pub fn flows(
    ledger: &Ledger,
    corridor: &Corridor,
    day: Date,
    goes_on: &dyn Fn() -> bool,
) -> Result<Option<(Value, u64)>, ReadError> {
    let trust = ledger.trust();
    let (mut counts, mut passports) = (FlowCounts::default(), 0_u64);
    for worker in ledger.workers()? {
        if !goes_on() {
            return Ok(None);
        }
        let Some(records) = read(ledger, worker)? else { continue };
        let records: Vec<StreamRecord> = records.into_iter().map(|one| one.record).collect();
        let passport = Passport::project(worker, &records, &trust, ledger.known_now(), day);
        let open = passport.records.iter().filter(|one| !one.is_private).map(|one| &one.record);
        counts.add(open, corridor);
        passports = passports.saturating_add(1);
    }
    Ok(Some((counts.report(corridor), passports)))
}

/// The records of one of everybody; of a passport that is damaged, none: one of them must not keep the report from being made.
pub(super) fn read(ledger: &Ledger, worker: WorkerId) -> Result<Option<Vec<WorkerRecord>>, ReadError> {
    match ledger.worker(worker) {
        Err(ReadError::Damaged { .. }) => Ok(None),
        read => read,
    }
}
