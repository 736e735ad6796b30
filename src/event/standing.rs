//! Whether a record stands, folded from the records that change others, in leaf order.
//!
//! The ledger's standing tokens and status lists, the projection and the verifier's contradiction check all use this one
//! fold.

use std::collections::HashMap;

use jiff::civil::Date;

use super::{Event, Kind, UnixMs};
use crate::crypto::Hash;

/// Whether a statement stands: `status` of a standing token, two bits of a status list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusCode {
    /// 0
    Valid,
    /// 1
    Revoked,
    /// 2
    Suspended,
    /// 3
    Superseded,
}

impl StatusCode {
    /// As tokens and lists have it.
    pub fn number(self) -> u8 {
        match self {
            Self::Valid => 0,
            Self::Revoked => 1,
            Self::Suspended => 2,
            Self::Superseded => 3,
        }
    }

    /// As written for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Revoked => "revoked",
            Self::Suspended => "suspended",
            Self::Superseded => "superseded",
        }
    }

    /// The inverse.
    pub fn from_number(number: u64) -> Option<Self> {
        [Self::Valid, Self::Revoked, Self::Suspended, Self::Superseded]
            .into_iter()
            .find(|s| u64::from(s.number()) == number)
    }
}

/// One record of a worker's stream.
#[derive(Debug, Clone, Copy)]
pub struct Recorded<'a> {
    /// The statement's hash.
    pub hash: Hash,
    /// When it was recorded.
    pub recorded_at: UnixMs,
    /// What it says.
    pub event: &'a Event,
}

/// Why and since when a record does not stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StandingChange {
    /// Revoked, suspended or superseded.
    pub code: StatusCode,
    /// Unix seconds.
    pub since: i64,
}

/// The records of one stream (in leaf order) that do not stand at `at` (Unix seconds), by statement hash. A change counts
/// from its `effective_from` (start of the day, UTC), else from its recording.
pub fn fold_standing(records: &[Recorded<'_>], at: i64) -> HashMap<Hash, StandingChange> {
    let mut changed = HashMap::new();
    let mut binding: Option<Hash> = None;
    // A renewal stands and falls with the licence it renews.
    let mut renewed: HashMap<Hash, Hash> = HashMap::new();
    // A recovered key stands and falls with the request and the confirmation that it rests on.
    let mut recoveries = Recoveries::default();
    for record in records {
        let since = effective(record);
        let kind = record.event.kind();
        if kind.makes_key_current() {
            if let Some(earlier) = binding.replace(record.hash) {
                set(&mut changed, earlier, StatusCode::Superseded, since);
            }
            if let Some(request) = record.event.hash("request") {
                recoveries.recovered.insert(request, record.hash);
            }
            continue;
        }
        if let Some(request) = record.event.hash("request") {
            if kind == Kind::HolderKeyRecoveryCancelled {
                set(&mut changed, request, StatusCode::Revoked, since);
            } else {
                recoveries.confirmed.insert(record.hash, request);
            }
            continue;
        }
        if kind == Kind::LeaveEnded {
            let ended = record.event.date("ended_on").map_or(since, day_start);
            if let Some(leave) = record.event.hash("leave").filter(|_| ended <= at) {
                set(&mut changed, leave, StatusCode::Revoked, ended);
            }
            continue;
        }
        let Some(target) = record.event.target() else { continue };
        if kind == Kind::LicenceRenewed {
            let original = renewed.get(&target).copied().unwrap_or(target);
            renewed.insert(record.hash, original);
            continue;
        }
        let lapsed = record.event.date("suspended_until").is_some_and(|last| day_of(at) > last);
        if since > at || lapsed {
            continue;
        }
        let renewals =
            renewed.iter().filter(|(_, original)| **original == target).map(|(renewal, _)| *renewal);
        let recovered = recoveries.of(target);
        for hash in std::iter::once(target).chain(renewals).chain(recovered) {
            match kind {
                Kind::Revoked | Kind::LicenceRevoked => set(&mut changed, hash, StatusCode::Revoked, since),
                Kind::Suspended | Kind::LicenceSuspended => {
                    set(&mut changed, hash, StatusCode::Suspended, since);
                }
                Kind::Corrected | Kind::Superseded if hash == target => {
                    set(&mut changed, hash, StatusCode::Superseded, since);
                }
                Kind::Reinstated | Kind::LicenceReinstated => lift_suspension(&mut changed, hash),
                _ => {}
            }
        }
    }
    changed
}

/// Which recovered key rests on which request and confirmation.
#[derive(Default)]
struct Recoveries {
    /// Confirmation to request.
    confirmed: HashMap<Hash, Hash>,
    /// Request to recovered key.
    recovered: HashMap<Hash, Hash>,
}

impl Recoveries {
    /// The recovered key that rests on this request or confirmation.
    fn of(&self, statement: Hash) -> Option<Hash> {
        let request = self.confirmed.get(&statement).unwrap_or(&statement);
        self.recovered.get(request).copied()
    }
}

/// A revocation is final, a supersession outlasts a suspension; the first of its kind keeps its date.
fn set(changed: &mut HashMap<Hash, StandingChange>, hash: Hash, code: StatusCode, since: i64) {
    let rank = |code| match code {
        StatusCode::Valid => 0,
        StatusCode::Suspended => 1,
        StatusCode::Superseded => 2,
        StatusCode::Revoked => 3,
    };
    match changed.get(&hash) {
        Some(known) if rank(known.code) >= rank(code) => {}
        _ => {
            changed.insert(hash, StandingChange { code, since });
        }
    }
}

fn lift_suspension(changed: &mut HashMap<Hash, StandingChange>, hash: Hash) {
    if changed.get(&hash).is_some_and(|change| change.code == StatusCode::Suspended) {
        changed.remove(&hash);
    }
}

fn effective(record: &Recorded<'_>) -> i64 {
    record.event.date("effective_from").map_or_else(|| seconds(record.recorded_at), day_start)
}

/// Unix milliseconds as whole seconds.
pub fn seconds(at: UnixMs) -> i64 {
    i64::try_from(at / 1_000).unwrap_or(i64::MAX)
}

/// The first second of a day, UTC.
pub fn day_start(day: Date) -> i64 {
    let days =
        day.since((jiff::Unit::Day, Date::constant(1970, 1, 1))).map_or(0, |span| i64::from(span.get_days()));
    days.saturating_mul(86_400)
}

/// The last second of a day, UTC.
pub fn day_end(day: Date) -> i64 {
    day_start(day).saturating_add(86_399)
}

/// The UTC day of a Unix time in seconds; times beyond the calendar count as its last day.
pub fn day_of(at: i64) -> Date {
    jiff::Timestamp::from_second(at).map_or(Date::MAX, |at| at.to_zoned(jiff::tz::TimeZone::UTC).date())
}

/// What a list answers for a statement from a moment on, as known since a recording. Of one statement's steps, in order,
/// one with `from` = the second of its recording takes the place of all that was planned before; those behind it, of the
/// same recording, are planned: a change that is dated ahead, a suspension that lapses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatusStep {
    /// Since when it is known.
    pub recorded_at: UnixMs,
    /// Unix seconds.
    pub from: i64,
    /// What holds from then on.
    pub code: StatusCode,
}

/// Whether recording this kind may change how an earlier statement stands.
pub fn may_change_standing(kind: Kind) -> bool {
    kind.changes_standing()
        || kind.changes_licence()
        || kind.makes_key_current()
        || kind == Kind::HolderKeyRecoveryCancelled
}

/// The steps that the changes recorded from `since` on give the statements before them, in leaf order. A stream that
/// grows only adds steps: what was answered for a time that is past stays answered.
pub fn status_steps(records: &[Recorded<'_>], since: UnixMs) -> Vec<(Hash, StatusStep)> {
    let mut steps = Vec::new();
    for (at, change) in records.iter().enumerate() {
        if change.recorded_at < since || !may_change_standing(change.event.kind()) {
            continue;
        }
        let (before, after) = (records.get(..at).unwrap_or_default(), records.get(..=at).unwrap_or_default());
        let now = seconds(change.recorded_at);
        let mut moments = vec![now];
        moments.extend(after.iter().flat_map(turns).filter(|moment| *moment > now));
        moments.sort_unstable();
        moments.dedup();
        let code = |fold: &HashMap<Hash, StandingChange>, hash| {
            fold.get(hash).map_or(StatusCode::Valid, |change| change.code)
        };
        let folds: Vec<_> = moments
            .into_iter()
            .map(|moment| (moment, fold_standing(before, moment), fold_standing(after, moment)))
            .collect();
        for record in before {
            if folds.iter().all(|(_, was, is)| code(was, &record.hash) == code(is, &record.hash)) {
                continue;
            }
            let mut last = None;
            for (from, _, is) in &folds {
                let code = code(is, &record.hash);
                if last.replace(code) != Some(code) {
                    let step = StatusStep { recorded_at: change.recorded_at, from: *from, code };
                    steps.push((record.hash, step));
                }
            }
        }
    }
    steps
}

/// What the steps of one statement answer for `at` (Unix seconds).
pub fn status_at(steps: &[StatusStep], at: i64) -> StatusCode {
    let known = steps.iter().rposition(|step| step.from == seconds(step.recorded_at) && step.from <= at);
    let plan = known.and_then(|first| steps.get(first..)).unwrap_or_default();
    let begun = plan.iter().take_while(|step| step.from <= at && seconds(step.recorded_at) <= at);
    begun.last().map_or(StatusCode::Valid, |step| step.code)
}

/// When a record that changes others begins to, and when it ceases to.
fn turns(record: &Recorded<'_>) -> impl Iterator<Item = i64> {
    let changes = may_change_standing(record.event.kind());
    let ends = record.event.date("suspended_until").and_then(|last| last.tomorrow().ok()).map(day_start);
    [Some(effective(record)), ends].into_iter().flatten().filter(move |_| changes)
}
