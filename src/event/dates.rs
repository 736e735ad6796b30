//! Dates and times, in one spelling each.

use jiff::civil::{Date, DateTime, Time};

use super::UnixMs;

/// Earlier or later dates are typing errors.
const YEARS: std::ops::RangeInclusive<i16> = 1900..=2200;

/// Why a text is no date or time: reason and message.
type Refusal = (&'static str, String);

/// `YYYY-MM-DD` and nothing else.
pub(super) fn parse_date(text: &str) -> Result<Date, Refusal> {
    let malformed =
        || ("MALFORMED_DATE", format!("`{}` is no date; write YYYY-MM-DD, e.g. 2024-05-31", shown(text)));
    let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text.as_bytes() else { return Err(malformed()) };
    let number = |digits: &[u8]| {
        digits.iter().try_fold(0_i16, |n, d| {
            d.is_ascii_digit().then(|| n.saturating_mul(10).saturating_add(i16::from(d & 15)))
        })
    };
    let (Some(year), Some(month), Some(day)) =
        (number(&[y1, y2, y3, y4]), number(&[m1, m2]), number(&[d1, d2]))
    else {
        return Err(malformed());
    };
    let impossible = || ("IMPOSSIBLE_DATE", format!("{text} is not in the calendar"));
    let (month, day) =
        (i8::try_from(month).map_err(|_| impossible())?, i8::try_from(day).map_err(|_| impossible())?);
    let date = Date::new(year, month, day).map_err(|_| impossible())?;
    if YEARS.contains(&year) {
        Ok(date)
    } else {
        Err(("DATE_OUT_OF_RANGE", format!("{text} is not between 1900 and 2200")))
    }
}

/// For a cell that is no date: the date that was perhaps meant, as spreadsheet programs write it in many countries.
pub(super) fn hint(cell: &str) -> String {
    if cell.len() == 5 && cell.bytes().all(|b| b.is_ascii_digit()) {
        return " (a day number: format the column as text, then write the dates)".to_owned();
    }
    let parts: Vec<&str> = cell.split(['.', '/', '-']).map(str::trim).collect();
    let number = |text: &str| text.parse::<u16>().ok();
    let &[first, second, third] = parts.as_slice() else { return String::new() };
    let (Some(a), Some(b), Some(c)) = (number(first), number(second), number(third)) else {
        return String::new();
    };
    // Which of two small numbers is the month is the writer's to say, unless only one can be.
    let meant = match (first.len(), third.len()) {
        (4, 1..=2) => (a, b, c),
        (1..=2, 4) if b > 12 => (c, a, b),
        (1..=2, 4) if a > 12 || cell.contains('.') => (c, b, a),
        _ => return String::new(),
    };
    let written = format!("{:04}-{:02}-{:02}", meant.0, meant.1, meant.2);
    parse_date(&written).map_or_else(|_| String::new(), |_| format!(" (did you mean {written}?)"))
}

/// RFC 3339 in UTC to the second: `YYYY-MM-DDThh:mm:ssZ` and nothing else. Gives Unix milliseconds.
pub(super) fn parse_instant(text: &str) -> Result<UnixMs, Refusal> {
    let malformed = || {
        ("MALFORMED_TIME", format!("`{}` is no time in UTC; write e.g. 2026-01-31T12:00:00Z", shown(text)))
    };
    let (date, time) = text.split_once('T').ok_or_else(malformed)?;
    let date = parse_date(date)?;
    let &[h1, h2, b':', m1, m2, b':', s1, s2, b'Z'] = time.as_bytes() else { return Err(malformed()) };
    let number = |a: u8, b: u8| {
        (a.is_ascii_digit() && b.is_ascii_digit())
            .then(|| (a & 15).cast_signed().saturating_mul(10).saturating_add((b & 15).cast_signed()))
    };
    let (Some(hour), Some(minute), Some(second)) = (number(h1, h2), number(m1, m2), number(s1, s2)) else {
        return Err(malformed());
    };
    let time = Time::new(hour, minute, second, 0).map_err(|_| malformed())?;
    let instant =
        jiff::tz::Offset::UTC.to_timestamp(DateTime::from_parts(date, time)).map_err(|_| malformed())?;
    u64::try_from(instant.as_millisecond())
        .map_err(|_| ("DATE_OUT_OF_RANGE", format!("{text} is before 1970")))
}

/// The same day so many years later; 28 February where there is no 29th.
pub fn years_after(day: Date, years: i16) -> Date {
    use jiff::ToSpan as _;
    day.checked_add(years.years()).unwrap_or(Date::MAX)
}

/// What of a foreign text goes into a message.
pub(super) fn shown(text: &str) -> String {
    let mut shown: String =
        text.chars().take(40).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(40).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_as_spreadsheets_write_it_is_refused_with_the_date_that_was_meant() {
        for (cell, meant) in [
            ("31.12.2024", "2024-12-31"),
            ("1.2.2024", "2024-02-01"),
            ("31/12/2024", "2024-12-31"),
            ("12/31/2024", "2024-12-31"),
            ("2024/2/9", "2024-02-09"),
        ] {
            assert!(hint(cell).contains(meant), "{cell}: {}", hint(cell));
        }
        // 3 April or 4 March? Nobody guesses.
        for cell in ["03/04/2024", "31.12.24", "31.02.2024", "", "1.2", "yesterday", "99999999/1/1"] {
            assert_eq!(hint(cell), "", "{cell}");
        }
        assert!(hint("45657").contains("day number"));
    }

    #[test]
    fn one_spelling_of_a_date() {
        assert_eq!(parse_date("2024-02-29").map(|d| (d.year(), d.month(), d.day())), Ok((2024, 2, 29)));
        for bad in [
            "2024-2-29",
            "29.02.2024",
            "2024/02/29",
            "2024-02-29T00:00:00Z",
            " 2024-02-29",
            "+024-02-29",
            "",
            "２024-02-29",
        ] {
            assert_eq!(parse_date(bad).map_err(|e| e.0), Err("MALFORMED_DATE"), "{bad:?}");
        }
        for bad in ["2023-02-29", "2100-02-29", "2024-13-01", "2024-00-10", "2024-04-31", "2024-99-99"] {
            assert_eq!(parse_date(bad).map_err(|e| e.0), Err("IMPOSSIBLE_DATE"), "{bad:?}");
        }
        for (good, bad) in [("1900-01-01", "1899-12-31"), ("2200-12-31", "2201-01-01")] {
            assert!(parse_date(good).is_ok());
            assert_eq!(parse_date(bad).map_err(|e| e.0), Err("DATE_OUT_OF_RANGE"), "{bad:?}");
        }
    }

    #[test]
    fn one_spelling_of_a_time() {
        assert_eq!(parse_instant("2023-11-14T22:13:20Z"), Ok(1_700_000_000_000));
        for bad in [
            "2023-11-14T22:13:20+00:00",
            "2023-11-14t22:13:20Z",
            "2023-11-14T22:13:60Z",
            "2023-11-14T24:00:00Z",
            "2023-11-14 22:13:20Z",
            "2023-11-14T22:13:20.0Z",
            "2023-11-14",
        ] {
            assert_eq!(parse_instant(bad).map_err(|e| e.0), Err("MALFORMED_TIME"), "{bad:?}");
        }
        assert_eq!(parse_instant("1969-12-31T23:59:59Z").map_err(|e| e.0), Err("DATE_OUT_OF_RANGE"));
        assert_eq!(parse_instant("2023-02-30T00:00:00Z").map_err(|e| e.0), Err("IMPOSSIBLE_DATE"));
    }
}
