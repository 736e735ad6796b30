//! `AssessRecognition`: what one worker's records come to in a destination, for who may read the worker.

use std::str::FromStr as _;

use super::access::{self, Caller, Readable};
use super::convert::{self, RequestError};
use super::passport::view_of;
use super::shared::Shared;
use super::status::CallError;
use crate::event::vocab::{codes, countries};
use crate::ledger::Ledger;
use crate::passport::{Destination, Held, Purpose, assess as judge, authorities_of};
use crate::pb;
use crate::projection::reference;
use crate::recognition::assess::Assessment;
use crate::recognition::checks::Outcome;

/// Reads the worker as GetPassport does, then assesses off the answering threads.
pub(super) async fn assess(
    shared: &Shared,
    caller: Caller,
    request: pb::AssessRecognitionRequest,
) -> Result<pb::AssessRecognitionResponse, CallError> {
    let pb::AssessRecognitionRequest { worker, country, occupation, purpose, at, view } = request;
    if countries::name(&country).is_none() {
        return Err(RequestError::UnknownValue("country").into());
    }
    if !codes::is_isco08(&occupation) {
        return Err(RequestError::UnknownValue("occupation").into());
    }
    let asked = Destination {
        country,
        occupation: Some(occupation),
        purpose: Purpose::from_str(&purpose).map_err(|_| RequestError::UnknownValue("purpose"))?,
        day: convert::date("at", at.as_deref())?.unwrap_or_else(|| convert::day_of(shared.ledger.now_ms())),
    };
    let view = view_of(view)?;
    let metrics = shared.metrics.clone();
    let work = move |ledger: &Ledger, _: Caller, readable: Readable| {
        let since = readable.since;
        let trust = ledger.trust();
        let view = view.narrower(readable.scope.view);
        let held = Held::of_stream(&readable.shown(), &trust, view, asked.day);
        let frameworks: Vec<&str> = held.iter().filter_map(Held::framework).collect();
        let published = reference::references_for(&trust, &frameworks, &asked.country, asked.day);
        let answer = respond(&judge(&held, &asked, &authorities_of(&trust, asked.day), &published));
        metrics.assessed(since.elapsed());
        Ok(answer)
    };
    access::read_worker_and(shared, caller, &worker, "AssessRecognition", work).await
}

fn respond(assessment: &Assessment) -> pb::AssessRecognitionResponse {
    let status = match assessment.outcome() {
        Outcome::Pass | Outcome::NotApplicable => "PASS",
        Outcome::Fail => "FAIL",
        Outcome::Unknown => "UNKNOWN",
    };
    pb::AssessRecognitionResponse {
        state: assessment.state.as_str().to_owned(),
        status: status.to_owned(),
        assessment_json: assessment.to_json().to_string(),
    }
}
