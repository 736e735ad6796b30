//! Standards as they were published here by a day.

use jiff::civil::Date;

use super::institutions::public_stream;
use crate::event::{Event, Kind, StreamId, UnixMs};
use crate::ledger::{Ledger, ReadError};
use crate::recognition::standard::Standard;
use crate::statement::Unverified;

/// The edition `version` of a standard, or the newest recorded by `day`; `None`: none was published here by then.
pub fn published_standard(
    ledger: &Ledger,
    id: &str,
    version: Option<&str>,
    day: Date,
) -> Result<Option<Standard>, ReadError> {
    let trust = ledger.trust();
    let published = public_stream(ledger, StreamId::publication(id))?;
    let by_then = published.iter().filter(|record| day_of(record.recorded_at) <= day);
    let read = by_then.rev().filter_map(|record| {
        let unverified = Unverified::parse(&record.statement).ok()?;
        let kind = Kind::from_vct(&unverified.clear().vct).filter(|kind| *kind == Kind::StandardPublished)?;
        let key = trust.key(&unverified.clear().issuer, &unverified.clear().kid)?;
        Standard::of(&Event::validate(kind, unverified.verify(key).ok()?.claims()).ok()?)
    });
    let mut editions = read.filter(|standard| version.is_none_or(|version| standard.version == version));
    Ok(editions.next())
}

fn day_of(at: UnixMs) -> Date {
    let at = i64::try_from(at).ok().and_then(|at| jiff::Timestamp::from_millisecond(at).ok());
    at.map_or(Date::MAX, |at| at.to_zoned(jiff::tz::TimeZone::UTC).date())
}
