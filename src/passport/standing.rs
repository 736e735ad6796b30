//! Whether a record stands, folded from the records that change others, in leaf order.
//!
//! The ledger's standing tokens, the projection and the verifier's contradiction check all use this one fold.

use std::collections::HashMap;

use jiff::civil::Date;

use super::token::StatusCode;
use crate::crypto::Hash;
use crate::event::{Event, Kind, UnixMs};

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
    for record in records {
        let since = effective(record);
        let kind = record.event.kind();
        if matches!(kind, Kind::HolderKeyBound | Kind::HolderKeyChanged) {
            if let Some(earlier) = binding.replace(record.hash) {
                set(&mut changed, earlier, StatusCode::Superseded, since);
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
        let family = renewed.iter().filter(|(_, original)| **original == target).map(|(renewal, _)| *renewal);
        for hash in std::iter::once(target).chain(family) {
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
pub(super) fn seconds(at: UnixMs) -> i64 {
    i64::try_from(at / 1_000).unwrap_or(i64::MAX)
}

/// The first second of a day, UTC.
pub(super) fn day_start(day: Date) -> i64 {
    let days =
        day.since((jiff::Unit::Day, Date::constant(1970, 1, 1))).map_or(0, |span| i64::from(span.get_days()));
    days.saturating_mul(86_400)
}

/// The UTC day of a Unix time in seconds; times beyond the calendar count as its last day.
pub(super) fn day_of(at: i64) -> Date {
    jiff::Timestamp::from_second(at).map_or(Date::MAX, |at| at.to_zoned(jiff::tz::TimeZone::UTC).date())
}
