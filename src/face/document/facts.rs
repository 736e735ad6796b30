//! The claims of a record, labelled. What has no word in the page's language stands as it was stated, marked as such.

use serde_json::Value;

use crate::event::vocab::labels;
use crate::face::{Lang, visible};
use crate::passport::Record;

/// One claim: its label and what it says, each with its language where that is not the page's.
pub(super) struct Fact {
    pub(super) label: String,
    pub(super) label_lang: &'static str,
    pub(super) value: String,
    pub(super) value_lang: &'static str,
}

/// Shown elsewhere on the page, or, whose passport it is, once for all records.
const ELSEWHERE: [&str; 5] = ["sub", "title", "original_language", "protected_title", "issuing_country"];
/// A SHA-256 in base64url: it names another record, to programs.
const HASH_CHARACTERS: usize = 43;

/// Everything that the record states and that is for people.
pub(super) fn of(lang: Lang, record: &Record) -> Vec<Fact> {
    let shown = |(name, value): &(&String, &Value)| !ELSEWHERE.contains(&name.as_str()) && !is_hash(value);
    of_claims(lang, record.kind.award_date_claim(), record.claims.iter().filter(shown).collect())
}

/// These claims, the one that dates them first.
pub(super) fn of_claims(
    lang: Lang,
    award_date: Option<&str>,
    mut claims: Vec<(&String, &Value)>,
) -> Vec<Fact> {
    // The day it speaks from, and until when, before everything else.
    claims.sort_by_key(|(name, _)| match name.as_str() {
        name if award_date == Some(name) => 0,
        "valid_from" => 1,
        "valid_until" => 2,
        "decision" | "result" | "outcome" => 3,
        _ => 4,
    });
    claims.into_iter().map(|(name, value)| fact(lang, name, value)).collect()
}

fn fact(lang: Lang, name: &str, value: &Value) -> Fact {
    let (label, label_lang) = label(lang, name);
    let (value, value_lang) = worded(lang, name, value);
    Fact { label, label_lang, value, value_lang }
}

/// A claim's label, and its language where that is not the page's.
pub(super) fn label(lang: Lang, claim: &str) -> (String, &'static str) {
    let place = labels::LABEL_LOCALES.iter().position(|locale| *locale == lang.tag());
    let known = labels::labels(claim);
    match place.zip(known).and_then(|(place, labels)| labels.get(place)) {
        Some(label) => ((*label).to_owned(), ""),
        None => (
            known.map_or_else(|| visible(&claim.replace('_', " ")), |[english, ..]| (*english).to_owned()),
            "en",
        ),
    }
}

fn worded(lang: Lang, claim: &str, value: &Value) -> (String, &'static str) {
    match value {
        Value::Bool(is) => (lang.say(if *is { "document-yes" } else { "document-no" }), ""),
        Value::Number(number) => (number.to_string(), ""),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| worded(lang, claim, item).0).collect();
            (items.join("; "), "und")
        }
        Value::Object(members) => {
            let members: Vec<String> = members
                .iter()
                .map(|(name, value)| {
                    format!("{}: {}", visible(&name.replace('_', " ")), worded(lang, name, value).0)
                })
                .collect();
            (members.join("; "), "und")
        }
        Value::Null => (String::new(), ""),
        Value::String(text) => worded_text(lang, claim, text),
    }
}

fn worded_text(lang: Lang, claim: &str, text: &str) -> (String, &'static str) {
    if let Ok(day) = text.parse()
        && text.len() == 10
    {
        return (lang.date(day), "");
    }
    let is_code = |letters: std::ops::RangeInclusive<usize>| {
        letters.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
    };
    if is_code(2..=2) && (claim.ends_with("country") || claim.ends_with("jurisdiction")) {
        return (lang.country(text), "");
    }
    if claim == "language" {
        return (visible(&lang.language(text)), "");
    }
    if is_code(3..=64) {
        let key = format!("document-value-{}", text.to_ascii_lowercase().replace('_', "-"));
        return match lang.find(&key) {
            Some(known) => (known, ""),
            None => (text.to_ascii_lowercase().replace('_', " "), "en"),
        };
    }
    (visible(text), "und")
}

fn is_hash(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.len() == HASH_CHARACTERS && !text.contains([' ', ':', '/', '.']))
}
