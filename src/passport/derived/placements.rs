//! Placements abroad: how far they went, and whether someone stayed past the planned end.

use jiff::civil::Date;
use serde_json::{Value, json};

use crate::event::Kind;
use crate::passport::record::{Record, Standing};
use crate::recognition::{Programme, programme};

/// Every placement whose start stands, with its stage, its end and what calls for a look.
pub(super) fn placements(records: &[&Record], day: Date) -> Vec<Value> {
    let started = records
        .iter()
        .filter(|record| record.kind == Kind::PlacementStarted && record.standing == Standing::InForce);
    started.map(|start| placement(start, records, day)).collect()
}

fn placement(start: &Record, records: &[&Record], day: Date) -> Value {
    let of_it = |kind: Kind| {
        records.iter().filter(move |record| {
            record.kind == kind
                && record.standing == Standing::InForce
                && record.text("placement") == Some(start.hash.as_str())
        })
    };
    let date = |record: &Record, name: &str| record.text(name)?.parse::<Date>().ok();
    let last_stage = of_it(Kind::StageChanged).next_back();
    let stage = last_stage.and_then(|stage| stage.text("stage")).or_else(|| start.text("stage"));
    let isco08 = last_stage.and_then(|stage| stage.text("isco08")).or_else(|| start.text("isco08"));
    let ended = of_it(Kind::PlacementEnded).next().and_then(|end| date(end, "ended_on"));
    let returned = of_it(Kind::ReturnRecorded).next().and_then(|back| date(back, "returned_on"));
    let planned = date(start, "planned_end");
    let until = ended.or(returned).unwrap_or(day);
    let mut flags = vec![];
    if planned.is_some_and(|planned| until > planned) {
        flags.push("OVERSTAY");
    }
    let programme = start.text("programme").and_then(programme);
    let longest = programme.and_then(|programme| last_day(date(start, "started_on")?, programme));
    if longest.is_some_and(|longest| until > longest) {
        flags.push("OVER_PROGRAMME_MAXIMUM");
    }
    if ended.is_some() && returned.is_none() && programme.is_some_and(|programme| programme.returns) {
        flags.push("RETURN_NOT_RECORDED");
    }
    json!({
        "jti": start.jti,
        "programme": start.text("programme"),
        "instrument": start.text("instrument"),
        "origin_country": start.text("origin_country"),
        "destination_country": start.text("destination_country"),
        "started_on": start.text("started_on"),
        "planned_end": start.text("planned_end"),
        "ended_on": ended.map(|day| day.to_string()),
        "returned_on": returned.map(|day| day.to_string()),
        "stage": stage,
        "isco08": isco08,
        "flags": flags,
    })
}

/// The last day that the programme's stages allow together, where it has stages.
fn last_day(started: Date, programme: &Programme) -> Option<Date> {
    let months: u32 = programme.stages.iter().map(|stage| stage.months_max).sum();
    let whole = jiff::Span::new().try_months(i64::from(months)).ok()?;
    if months == 0 { None } else { started.checked_add(whole).ok()?.yesterday().ok() }
}
