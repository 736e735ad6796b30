//! The answer for a person at a desk, from its JSON: there is one way to say it, wherever it was made.

use std::fmt::Write as _;

use serde_json::Value;

/// In plain words. Nothing in it may move a cursor: texts of issuers lose their control characters.
pub fn render(answer: &Value) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "{}: {}.\nAsked: to {} as {} in {} on {}.",
        text(answer, "state").replace('_', " "),
        text(answer, "summary"),
        text(answer, "purpose"),
        text(answer, "occupation"),
        text(answer, "country"),
        text(answer, "at"),
    );
    // A page of records that stand would hide the one that does not.
    let telling = items(answer, "checks")
        .filter(|line| text(line, "status") != "PASS" || text(line, "subject") == super::FILE);
    list(
        &mut out,
        "Checks",
        telling.map(|line| {
            format!("{:<14} {}: {}", text(line, "status"), text(line, "check"), text(line, "detail"))
        }),
    );
    list(
        &mut out,
        "Missing",
        items(answer, "missing")
            .map(|one| format!("{} (asked for by {})", text(one, "what"), text(one, "asked_by"))),
    );
    list(&mut out, "Instruments", items(answer, "instruments").map(instrument));
    list(&mut out, "Levels, side by side (they decide nothing here)", items(answer, "levels").map(level));
    list(&mut out, "Tests and certificates shown", items(answer, "evidence").map(evidence));
    list(&mut out, "Who decides there", items(answer, "competent_authorities").map(authority));
    list(
        &mut out,
        "The way ahead",
        items(answer, "way_ahead").map(|step| step.as_str().unwrap_or_default().to_owned()),
    );
    list(
        &mut out,
        "Not relied on",
        items(answer, "set_aside").map(|one| format!("{}: {}", text(one, "jti"), text(one, "why"))),
    );
    let _ = writeln!(out, "\nAnswered from: {}.\n{}.", text(answer, "reference"), text(answer, "admission"));
    out
}

fn instrument(line: &Value) -> String {
    let mark = text(line, "mark");
    let mark = if mark.is_empty() { mark } else { format!(" [{mark}]") };
    let kind = text(line, "kind");
    let kind = if kind.is_empty() { kind } else { format!(" {kind}, {};", text(line, "force")) };
    format!("{:<14} {}{mark}:{kind} {}", text(line, "applies"), text(line, "id"), text(line, "why"))
}

fn level(line: &Value) -> String {
    let (title, own, note) = (text(line, "title"), text(line, "level"), text(line, "note"));
    let target = text(line, "target");
    if target.is_empty() {
        return format!("{title}: {own}; {note}");
    }
    let related = text(line, "related");
    let related = if related.is_empty() { related } else { format!(" {related}") };
    format!("{title}: {own} | {target}{related} ({}): {note}", text(line, "relation"))
}

fn evidence(one: &Value) -> String {
    let result = text(one, "result");
    let result = if result.is_empty() { result } else { format!(", {result}") };
    let is_in_force = one.get("in_force").and_then(Value::as_bool) == Some(true);
    let ended = if is_in_force { "" } else { " (not in force that day, or not known to be)" };
    let conditions: Vec<&str> = items(one, "conditions").filter_map(Value::as_str).collect();
    let conditions =
        if conditions.is_empty() { String::new() } else { format!("; {}", conditions.join("; ")) };
    format!("{}{result}{ended}: {}{conditions}", text(one, "title"), text(one, "effect"))
}

fn authority(one: &Value) -> String {
    let contact = text(one, "contact");
    let contact = if contact.is_empty() { contact } else { format!(", {contact}") };
    format!("{} ({}){contact}", text(one, "name"), text(one, "according_to"))
}

fn list(out: &mut String, heading: &str, lines: impl Iterator<Item = String>) {
    let mut lines = lines.peekable();
    if lines.peek().is_none() {
        return;
    }
    let _ = writeln!(out, "\n{heading}");
    for line in lines {
        let _ = writeln!(out, "  - {}", one_line(&line));
    }
}

fn items<'v>(value: &'v Value, member: &str) -> impl Iterator<Item = &'v Value> {
    value.get(member).and_then(Value::as_array).into_iter().flatten()
}

fn text(value: &Value, member: &str) -> String {
    one_line(value.get(member).and_then(Value::as_str).unwrap_or_default())
}

/// Nothing of an issuer's may forge a line of ours.
fn one_line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}
