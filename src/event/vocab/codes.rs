//! The shapes of codes: ISCO-08, ISCED-F, BCP 47, ESCO.

use crate::event::dates::shown;

/// Reason and message.
type Refusal = (&'static str, String);

/// Whether `text` is an ISCO-08 code of one to four digits, as claims have it.
pub fn is_isco08(text: &str) -> bool {
    check_isco08(text).is_ok()
}

/// ISCO-08: one to four digits; the first names a major group, and armed forces (0) have only 01, 02, 03.
///
/// Source: ILO, International Standard Classification of Occupations 2008, structure: major groups 0 to 9, of which 1 has
/// four sub-major groups, 2 six, 3 five, 4 four, 5 four, 6 three, 7 five, 8 three, 9 six.
pub(in crate::event) fn check_isco08(text: &str) -> Result<(), Refusal> {
    const SUB_MAJOR_GROUPS: [u8; 10] = [3, 4, 6, 5, 4, 4, 3, 5, 3, 6];
    let digits = text.as_bytes();
    let refused = || {
        let message = format!(
            "`{}` is no ISCO-08 code: 1 to 4 digits as text, e.g. 7112 (a lost leading zero?)",
            shown(text)
        );
        Err(("MALFORMED_CODE", message))
    };
    if !(1..=4).contains(&digits.len()) || !digits.iter().all(u8::is_ascii_digit) {
        return refused();
    }
    match (digits.first().map(|d| usize::from(d & 15)), digits.get(1).map(|d| d & 15)) {
        (Some(major), Some(sub))
            if sub == 0 || SUB_MAJOR_GROUPS.get(major).is_none_or(|&last| sub > last) =>
        {
            refused()
        }
        _ => Ok(()),
    }
}

/// ISCED-F 2013: two to four digits; broad fields 00 to 10, or 99 for unknown.
///
/// Source: UNESCO Institute for Statistics, ISCED Fields of Education and Training 2013, appendix I.
pub(in crate::event) fn check_iscedf(text: &str) -> Result<(), Refusal> {
    let digits = text.as_bytes();
    let broad = text.get(..2);
    let right = (2..=4).contains(&digits.len())
        && digits.iter().all(u8::is_ascii_digit)
        && broad.is_some_and(|broad| broad <= "10" || broad == "99");
    if right {
        return Ok(());
    }
    let message = format!(
        "`{}` is no ISCED-F 2013 code: 2 to 4 digits as text, e.g. 0913 (a lost leading zero?)",
        shown(text)
    );
    Err(("MALFORMED_CODE", message))
}

/// ISO 4217 as far as records need it: three upper-case letters, the form of its codes.
pub(in crate::event) fn check_currency(text: &str) -> Result<(), Refusal> {
    if text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Ok(());
    }
    Err(("MALFORMED_CODE", format!("`{}` is no ISO 4217 currency code, e.g. EUR", shown(text))))
}

/// BCP 47 (RFC 5646) as far as records need it: a primary language of two or three lower-case letters, then at most a
/// script (`Latn`) and a region (`PH` or `419`), each in its usual case so that one tag has one spelling.
pub(in crate::event) fn check_language(text: &str) -> Result<(), Refusal> {
    let lower = |part: &str| part.bytes().all(|b| b.is_ascii_lowercase());
    let mut parts = text.split('-').peekable();
    let primary = parts.next().is_some_and(|part| (2..=3).contains(&part.len()) && lower(part));
    let script = |part: &str| {
        let (first, rest) = (part.bytes().next(), part.get(1..).unwrap_or_default());
        part.len() == 4 && first.is_some_and(|byte| byte.is_ascii_uppercase()) && lower(rest)
    };
    let region = |part: &str| {
        part.len() == 2 && part.bytes().all(|b| b.is_ascii_uppercase())
            || part.len() == 3 && part.bytes().all(|b| b.is_ascii_digit())
    };
    let _ = parts.next_if(|part| script(part));
    let _ = parts.next_if(|part| region(part));
    if primary && parts.next().is_none() {
        return Ok(());
    }
    Err((
        "MALFORMED_LANGUAGE",
        format!("`{}` is no language tag; write e.g. en, ne, pt-BR or sr-Latn", shown(text)),
    ))
}

/// An ESCO occupation or skill: the URI as ESCO publishes it, `http` included, since it is a name and not an address.
pub(in crate::event) fn check_esco_uri(text: &str) -> Result<(), Refusal> {
    let id = ["http://data.europa.eu/esco/occupation/", "http://data.europa.eu/esco/skill/"]
        .iter()
        .find_map(|p| text.strip_prefix(p));
    let group_lengths = [8, 4, 4, 4, 12];
    let hex = |part: &str| part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if id.is_some_and(|id| id.split('-').map(str::len).eq(group_lengths) && id.split('-').all(hex)) {
        return Ok(());
    }
    let message =
        format!("`{}` is no ESCO URI, http://data.europa.eu/esco/occupation/ and a UUID", shown(text));
    Err(("MALFORMED_URI", message))
}

/// The longest id of an instrument.
pub(in crate::event) const INSTRUMENT_CHARACTERS: usize = 60;

/// The short id of an instrument: `asean/mra-nursing`, `de-ph/nurses-2013`.
pub(in crate::event) fn check_instrument(text: &str) -> Result<(), Refusal> {
    let part = |part: &str| {
        part.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))
            && part.bytes().any(|b| b.is_ascii_alphanumeric())
            && !part.starts_with('-')
            && !part.ends_with('-')
    };
    if text.len() <= INSTRUMENT_CHARACTERS
        && text.split_once('/').is_some_and(|(who, what)| part(who) && part(what))
    {
        return Ok(());
    }
    let message = format!(
        "`{}` is no instrument's id: lower-case letters, digits and hyphens around one slash, e.g. de-ph/nurses-2013",
        shown(text)
    );
    Err(("MALFORMED_CODE", message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(check: impl Fn(&str) -> Result<(), Refusal>, good: &[&str], bad: &[&str], reason: &str) {
        for text in good {
            assert_eq!(check(text), Ok(()), "{text}");
        }
        for text in bad {
            assert_eq!(check(text).map_err(|e| e.0), Err(reason), "{text:?}");
        }
    }

    #[test]
    fn isco08_codes_name_an_existing_sub_major_group() {
        let bad = ["", "70", "76", "x", "71122", "711a", "20", "04", "97", " 7112", "é1"];
        accepted(
            check_isco08,
            &["7", "71", "711", "7112", "0310", "2221", "0", "96"],
            &bad,
            "MALFORMED_CODE",
        );
    }

    #[test]
    fn iscedf_codes_keep_their_leading_zero() {
        accepted(
            check_iscedf,
            &["09", "091", "0913", "1013", "99"],
            &["9", "913", "11", "091 ", "09131", "ab", "é1"],
            "MALFORMED_CODE",
        );
    }

    #[test]
    fn instruments_have_ids_of_one_form() {
        accepted(
            check_instrument,
            &["asean/mra-nursing", "de-ph/nurses-2013", "ilo/c143"],
            &["", "nurses", "DE-PH/nurses", "de/ph/nurses", "de-/x", "/x", "x/", "a b/c", &"a/".repeat(40)],
            "MALFORMED_CODE",
        );
    }

    #[test]
    fn languages_have_one_spelling() {
        let bad = [
            "",
            "EN",
            "english",
            "e",
            "pt-br",
            "pt_BR",
            "sr-latn",
            "en-",
            "en-GB-oxendict",
            "x-private",
            "en-US-US",
        ];
        accepted(
            check_language,
            &["en", "fil", "pt-BR", "sr-Latn", "zh-Hant-TW", "es-419"],
            &bad,
            "MALFORMED_LANGUAGE",
        );
    }

    #[test]
    fn esco_uris_are_names_of_occupations_and_skills() {
        let id = "05f321f8-055b-407d-bf19-e0ddabda56b7";
        let good = format!("http://data.europa.eu/esco/occupation/{id}");
        let bad = [
            good.replace("http:", "https:"),
            good.to_uppercase(),
            format!("http://data.europa.eu/esco/isco/{id}"),
            format!("{good}0"),
        ];
        accepted(check_esco_uri, &[&good], &bad.each_ref().map(String::as_str), "MALFORMED_URI");
    }
}
