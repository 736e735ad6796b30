//! Flows along a corridor, over every worker that the ledger can read: an operator's batch job. One passport is open at a time,
//! and nothing of it is kept but counts.

use jiff::civil::Date;
use serde_json::Value;

use crate::event::StreamRecord;
use crate::ledger::{Ledger, ReadError};
use crate::passport::Passport;
use crate::passport::statistics::{Corridor, FlowCounts};

/// The report, small cells suppressed, and over how many passports it was made. What cannot be read back is left out.
pub fn flows(ledger: &Ledger, corridor: &Corridor, day: Date) -> Result<(Value, u64), ReadError> {
    let trust = ledger.trust();
    let (mut counts, mut passports) = (FlowCounts::default(), 0);
    for worker in ledger.workers()? {
        let Some(records) = ledger.worker(worker)? else { continue };
        let records: Vec<StreamRecord> = records.into_iter().map(|one| one.record).collect();
        let passport = Passport::project(worker, &records, &trust, ledger.now_ms(), day);
        let open = passport.records.iter().filter(|one| !one.is_private).map(|one| &one.record);
        counts.add(open, corridor);
        passports += 1;
    }
    Ok((counts.report(corridor), passports))
}
