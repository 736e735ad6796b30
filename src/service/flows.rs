//! `ReportFlows`: numbers along a corridor, for an operator who audits. What is answered names nobody.

use super::convert::{self, RequestError};
use super::shared::Shared;
use super::status::CallError;
use crate::event::vocab::countries;
use crate::ledger::Ledger;
use crate::passport::statistics::Corridor;
use crate::{pb, projection};

/// The longest id of an instrument.
const INSTRUMENT_BYTES_MAX: usize = 800;

/// Counts over every passport, off the answering threads.
pub(super) async fn report(
    shared: &Shared,
    request: pb::ReportFlowsRequest,
) -> Result<pb::ReportFlowsResponse, CallError> {
    let pb::ReportFlowsRequest { origin, destination, instrument, from, until } = request;
    for (field, country) in [("origin", &origin), ("destination", &destination)] {
        if countries::name(country).is_none() {
            return Err(RequestError::UnknownValue(field).into());
        }
    }
    convert::bounded("instrument", instrument.as_deref().unwrap_or_default(), INSTRUMENT_BYTES_MAX)?;
    let day = |field, text: &str| convert::date(field, Some(text))?.ok_or(RequestError::Missing(field));
    let (from, until) = (day("from", &from)?, day("until", &until)?);
    let corridor = Corridor { origin, destination, instrument, from, until };
    let today = convert::day_of(shared.ledger.now_ms());
    let question = format!("{corridor:?} {today}");
    let work = move |ledger: &Ledger, goes_on: &dyn Fn() -> bool| {
        let made = projection::flows(ledger, &corridor, today, goes_on)?;
        let Some((report, passports)) = made else { return Ok(None) };
        // What was asked, and over how much: an operator's look at everybody leaves a trace, and names nobody.
        tracing::info!(
            origin = corridor.origin,
            destination = corridor.destination,
            instrument = corridor.instrument,
            from = %corridor.from,
            until = %corridor.until,
            passports,
            "the operator had flows along a corridor counted"
        );
        Ok(Some(pb::ReportFlowsResponse { report_json: report.to_string() }))
    };
    shared.report("flows", question, work).await
}
