//! The command line's clock and ids: the pure rooms below take both as arguments.

use crate::crypto::{Entropy as _, OsEntropy};

/// Unix milliseconds.
pub(crate) fn now_ms() -> u64 {
    #[expect(clippy::disallowed_methods, reason = "the command line is where time enters")]
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Unix seconds.
pub(crate) fn now_s() -> i64 {
    i64::try_from(now_ms() / 1000).unwrap_or(i64::MAX)
}

/// The UTC day of a time in Unix milliseconds.
pub(crate) fn day_of_ms(at: u64) -> jiff::civil::Date {
    let at = i64::try_from(at).ok().and_then(|at| jiff::Timestamp::from_millisecond(at).ok());
    at.map_or(jiff::civil::Date::MAX, |at| at.to_zoned(jiff::tz::TimeZone::UTC).date())
}

/// Today's date, UTC.
pub(crate) fn today() -> jiff::civil::Date {
    let now = jiff::Timestamp::from_second(now_s()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    now.to_zoned(jiff::tz::TimeZone::UTC).date()
}

/// A fresh statement id (RFC 9562 version 7).
pub(crate) fn new_id() -> uuid::Uuid {
    uuid::Builder::from_unix_timestamp_millis(now_ms(), &OsEntropy.bytes()).into_uuid()
}

/// A fresh worker id: 16 random bytes.
pub(crate) fn new_worker() -> crate::event::WorkerId {
    crate::event::WorkerId(OsEntropy.bytes())
}

/// Unix milliseconds as `2026-11-23T07:30:00Z` (with milliseconds where there are any).
pub(crate) fn rfc3339(ms: u64) -> String {
    i64::try_from(ms)
        .ok()
        .and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok())
        .map_or_else(|| ms.to_string(), |t| t.to_string())
}

/// An instant as people give it: RFC 3339, or a date (its first millisecond, UTC). Unix milliseconds. A time without a zone
/// is refused: whoever guesses one may be hours off, and some of what is dated so cannot be taken back.
pub(crate) fn parse_instant(text: &str) -> Result<u64, String> {
    let timestamp = text.parse::<jiff::Timestamp>().ok().or_else(|| {
        let date = parse_date(text).ok()?;
        date.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    });
    timestamp
        .and_then(|timestamp| u64::try_from(timestamp.as_millisecond()).ok())
        .ok_or_else(|| "give a time such as 2026-05-31T12:00:00Z, or a date such as 2026-05-31".to_owned())
}

/// A civil date, strictly `YYYY-MM-DD`.
pub(crate) fn parse_date(text: &str) -> Result<jiff::civil::Date, String> {
    let date: Option<jiff::civil::Date> = text.parse().ok();
    date.filter(|date| date.to_string() == text).ok_or_else(|| "give a date such as 2026-05-31".to_owned())
}

/// A span such as `90s`, `30m`, `12h` or `7d`, in seconds.
pub(crate) fn parse_span(text: &str) -> Result<u64, String> {
    let wrong = || "give a number and a unit: 90s, 30m, 12h or 7d".to_owned();
    let unit = text.chars().last().ok_or_else(wrong)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        _ => return Err(wrong()),
    };
    let number: u32 = text.strip_suffix(unit).and_then(|digits| digits.parse().ok()).ok_or_else(wrong)?;
    Ok(u64::from(number).saturating_mul(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_and_instants_are_read_as_people_write_them() {
        assert_eq!(parse_span("7d"), Ok(604_800));
        assert_eq!(parse_span("90s"), Ok(90));
        for bad in ["", "d", "7", "7w", "-1d", "1.5h", "٧d"] {
            assert!(parse_span(bad).is_err(), "{bad}");
        }
        assert_eq!(parse_instant("1970-01-02"), Ok(86_400_000));
        assert_eq!(parse_instant("1970-01-01T00:00:01.5Z"), Ok(1500));
        assert_eq!(parse_instant("1970-01-01T02:00+01:00"), Ok(3_600_000));
        let without_a_zone =
            ["1970-01-02T00:00", "1970-01-02T00:00:00", "1970-01-02 00:00:00", "1970-01-02T16"];
        for bad in [&["yesterday"], &without_a_zone[..]].concat() {
            assert!(parse_instant(bad).is_err(), "{bad}");
        }
        assert!(parse_date("2026-02-30").is_err());
        assert!(parse_date("20260228").is_err());
    }
}
