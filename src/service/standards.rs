//! Published standards and a worker: `FindGaps`, `CompareProfiles`; education and job: `ClassifyMatch`.

use jiff::civil::Date;

use super::access::{self, Caller, Readable};
use super::convert::{self, RequestError};
use super::passport::view_of;
use super::shared::Shared;
use super::status::CallError;
use crate::ledger::Ledger;
use crate::passport::{Held, View};
use crate::pb;
use crate::projection::published_standard;
use crate::recognition::assess::Shown;
use crate::recognition::gaps::gaps;
use crate::recognition::mismatch::{MismatchRule, highest_level, latest_job};
use crate::recognition::profiles::compare;
use crate::recognition::standard::Standard;
use crate::trust::TrustState;

/// The longest id of a standard, rule or edition.
const NAME_BYTES_MAX: usize = 256;

pub(super) async fn find_gaps(
    shared: &Shared,
    caller: Caller,
    request: pb::FindGapsRequest,
) -> Result<pb::FindGapsResponse, CallError> {
    let pb::FindGapsRequest { worker, standard, version, at, view } = request;
    let (day, view) = (day(shared, at.as_deref())?, view_of(view)?);
    let wanted = Wanted::new("standard", standard, version)?;
    let readable = access::read_worker(shared, caller, &worker, "FindGaps").await?;
    shared
        .heavy(move |ledger| {
            let standard = wanted.read(ledger, day)?;
            let held = held(readable, &ledger.trust(), view, day);
            let shown: Vec<Shown<'_>> = held.iter().map(Held::shown).collect();
            let found = gaps(&shown, &standard, day);
            Ok(pb::FindGapsResponse {
                state: found.state().to_owned(),
                gaps_json: found.to_json().to_string(),
            })
        })
        .await?
}

pub(super) async fn compare_profiles(
    shared: &Shared,
    caller: Caller,
    request: pb::CompareProfilesRequest,
) -> Result<pb::CompareProfilesResponse, CallError> {
    let pb::CompareProfilesRequest { standard, other, version, other_version, worker, at, view } = request;
    let (day, view) = (day(shared, at.as_deref())?, view_of(view)?);
    let one = Wanted::new("standard", standard, version)?;
    let other = Wanted::new("other", other, other_version)?;
    let readable = match worker {
        Some(worker) => Some(access::read_worker(shared, caller, &worker, "CompareProfiles").await?),
        None => None,
    };
    shared
        .heavy(move |ledger| {
            let (one, other) = (one.read(ledger, day)?, other.read(ledger, day)?);
            let held = match readable {
                Some(readable) => held(readable, &ledger.trust(), view, day),
                None => Vec::new(),
            };
            let shown: Vec<Shown<'_>> = held.iter().map(Held::shown).collect();
            let comparison = compare(&shown, &one, &other, day);
            Ok(pb::CompareProfilesResponse { comparison_json: comparison.to_json().to_string() })
        })
        .await?
}

/// An employer who could ask this would hire by it: only employment services and the operator may.
pub(super) async fn classify_match(
    shared: &Shared,
    caller: Caller,
    request: pb::ClassifyMatchRequest,
) -> Result<pb::ClassifyMatchResponse, CallError> {
    let pb::ClassifyMatchRequest { rule, isced_level, isco08, worker, at } = request;
    caller.employment_service(&shared.ledger)?;
    let day = day(shared, at.as_deref())?;
    let rule = MismatchRule::from_name(&rule).ok_or(RequestError::UnknownValue("rule"))?;
    let (isced_level, isco08) = match worker {
        None => (isced_level, isco08),
        Some(worker) => {
            let read = move |ledger: &Ledger, _: Caller, readable: Readable| {
                let held = held(readable, &ledger.trust(), View::Home, day);
                let shown: Vec<Shown<'_>> = held.iter().map(Held::shown).collect();
                let level =
                    highest_level(&shown, day).ok_or(CallError::NotFound("education level of the worker"))?;
                let job = latest_job(&shown, day).ok_or(CallError::NotFound("job of the worker"))?;
                Ok((level.to_owned(), job.to_owned()))
            };
            access::read_worker_and(shared, caller, &worker, "ClassifyMatch", read).await?
        }
    };
    let found =
        rule.classify(&isced_level, &isco08).ok_or(RequestError::UnknownValue("isced_level` or `isco08"))?;
    Ok(pb::ClassifyMatchResponse {
        r#match: found.as_str().to_owned(),
        rule: rule.name().to_owned(),
        source: rule.source().to_owned(),
        isced_level,
        isco08,
    })
}

/// A standard asked for.
struct Wanted {
    id: String,
    version: Option<String>,
}

impl Wanted {
    fn new(field: &'static str, id: String, version: Option<String>) -> Result<Self, RequestError> {
        convert::bounded(field, &id, NAME_BYTES_MAX)?;
        convert::bounded("version", version.as_deref().unwrap_or_default(), NAME_BYTES_MAX)?;
        Ok(Self { id, version })
    }

    fn read(&self, ledger: &Ledger, day: Date) -> Result<Standard, CallError> {
        published_standard(ledger, &self.id, self.version.as_deref(), day)?
            .ok_or(CallError::NotFound("standard, published here by that day"))
    }
}

fn day(shared: &Shared, at: Option<&str>) -> Result<Date, RequestError> {
    Ok(convert::date("at", at)?.unwrap_or_else(|| convert::day_of(shared.ledger.now_ms())))
}

/// What the caller may see of the worker.
fn held(readable: Readable, trust: &TrustState, view: View, day: Date) -> Vec<Held> {
    let view = view.narrower(readable.scope.view);
    Held::of_stream(&readable.shown(), trust, view, day)
}
