//! What the ledger's bodies have published, as facts for answers and as rows beside the built-in ones. Read from the trust
//! state at each call; what was recorded after the day asked about does not exist for it.

use jiff::civil::Date;
use serde_json::{Value, json};

use crate::crypto::base64url_encode;
use crate::event::{Event, Kind, UnixMs};
use crate::recognition::agreement::{Endorsement, Meeting, RegisteredAgreement, Resolution, repeated_places};
use crate::recognition::listing::{Table, cited_json, instrument_row};
use crate::recognition::{
    Cited, InstrumentKind, LedgerReferences, PublishedFramework, PublishedProfession, PublishedReferencing,
    instrument,
};
use crate::statement::json;
use crate::trust::{Publication, Side, TrustState};

/// Editions, referencings and professions, each of which counts from its recording on.
pub fn references(trust: &TrustState) -> LedgerReferences {
    references_of(trust, |_| true)
}

/// Of them what bears on records with levels of these `frameworks` in a destination, as it was known on `day`.
pub fn references_for(trust: &TrustState, frameworks: &[&str], country: &str, day: Date) -> LedgerReferences {
    let bears = |event: &Event| match event.kind() {
        Kind::FrameworkPublished | Kind::ReferencingPublished => {
            event.text("framework").is_some_and(|name| frameworks.contains(&name))
        }
        Kind::ProfessionRegulated => event.text("issuing_country") == Some(country),
        kind => kind == Kind::ReferencingSuperseded,
    };
    LedgerReferences { known_on: Some(day), ..references_of(trust, bears) }
}

fn references_of(trust: &TrustState, wanted: impl Fn(&Event) -> bool) -> LedgerReferences {
    let origin = trust.origin().map(str::to_owned);
    let mut found = LedgerReferences { origin, ..LedgerReferences::default() };
    let mut hashes = Vec::new();
    for one in trust.published_of(UnixMs::MAX, wanted) {
        match one.event.kind() {
            Kind::FrameworkPublished => found.frameworks.extend(framework(one)),
            Kind::ProfessionRegulated => found.professions.extend(profession(one)),
            Kind::ReferencingPublished => {
                if let Some(referencing) = referencing(one) {
                    found.referencings.push(referencing);
                    hashes.push(one.hash);
                }
            }
            Kind::ReferencingSuperseded => {
                let ended = one.event.date("ended_on").zip(recorded_on(one));
                let at = hashes.iter().position(|hash| one.event.target() == Some(*hash));
                if let Some(row) = at.and_then(|at| found.referencings.get_mut(at)) {
                    row.ended = row.ended.or(ended);
                }
            }
            _ => {}
        }
    }
    found
}

/// The rows of a table on a day: built in, then published.
pub fn rows(trust: &TrustState, table: Table, as_of: Date) -> Vec<Value> {
    let mut rows = table.rows();
    let known = || trust.published(UnixMs::MAX).filter(move |one| is_known(one, as_of));
    let of = |kind: Kind| known().filter(move |one| one.event.kind() == kind);
    match table {
        Table::Frameworks => rows.extend(of(Kind::FrameworkPublished).map(plain_row)),
        Table::Relations => rows.extend(of(Kind::ReferencingPublished).map(|one| {
            let ended = known().find(|end| end.event.kind() == Kind::ReferencingSuperseded && ends(end, one));
            let mut row = plain_row(one);
            json::set(&mut row, "ended_on", ended.and_then(|end| end.event.text("ended_on")));
            row
        })),
        Table::Instruments => rows.extend(agreements(trust, as_of)),
        Table::Professions => rows.extend(of(Kind::ProfessionRegulated).map(|one| {
            let mut row = plain_row(one);
            let regulated = one.event.claims().get("regulated").and_then(Value::as_bool) == Some(true);
            json::set(&mut row, "status", if regulated { "REGULATED" } else { "NOT_REGULATED" });
            row
        })),
        _ => {}
    }
    rows
}

/// What is stored about one instrument, built in and published; `None` if neither.
pub fn instrument_detail(
    trust: &TrustState,
    id: &str,
    as_of: Date,
) -> Option<(Option<Value>, Option<Value>)> {
    let built_in = instrument(id).map(instrument_row);
    let published = agreements(trust, as_of).into_iter().find(|row| row["id"] == id);
    (built_in.is_some() || published.is_some()).then_some((built_in, published))
}

/// Registered agreements as they stood on a day: of several registrations of one, the last known.
fn agreements(trust: &TrustState, as_of: Date) -> Vec<Value> {
    let mut newest: Vec<&Publication> = Vec::new();
    let known: Vec<&Publication> = trust.published(UnixMs::MAX).filter(|one| is_known(one, as_of)).collect();
    for one in known.iter().filter(|one| one.event.kind() == Kind::AgreementRegistered) {
        newest.retain(|earlier| earlier.event.text("agreement") != one.event.text("agreement"));
        newest.push(one);
    }
    newest.into_iter().map(|one| agreement_row(one, &known, as_of)).collect()
}

fn agreement_row(one: &Publication, known: &[&Publication], as_of: Date) -> Value {
    let facts = facts(&one.event);
    let id = one.event.text("agreement").unwrap_or_default();
    let held: Vec<&&Publication> = known
        .iter()
        .filter(|other| {
            other.event.kind() == Kind::MonitoringMeetingHeld && other.event.text("agreement") == Some(id)
        })
        .collect();
    let meetings: Vec<Meeting> = held.iter().filter_map(|other| meeting(&other.event)).collect();
    let repeated = repeated_places(&meetings);
    let meeting_row = |held: &&&Publication| {
        let endorsed = endorsements(held, known);
        let resolution = facts.resolution(&endorsed);
        let missing = match &resolution {
            Resolution::Missing(missing) => {
                missing.iter().map(|one| format!("{} {}", one.side, one.country)).collect()
            }
            _ => Vec::new(),
        };
        let resolved = held.event.claims().get("resolutions");
        json!({
            "held_on": held.event.text("held_on"),
            "place": held.event.text("place"),
            "same_country_twice": meeting(&held.event).is_some_and(|meeting| repeated.contains(&meeting)),
            "resolutions": resolved,
            "resolution_status": resolved.map(|_| resolution.name()),
            "missing": missing,
            "source": cited_json(&cited(held)),
        })
    };
    let mut row = plain_row(one);
    json::set(&mut row, "id", id);
    json::set(&mut row, "kind", facts.kind.name());
    json::set(&mut row, "force", facts.kind.force());
    json::set(&mut row, "meetings", held.iter().map(meeting_row).collect::<Vec<_>>());
    json::set(&mut row, "warnings", facts.warnings(as_of, &meetings));
    row
}

fn facts(event: &Event) -> RegisteredAgreement {
    let kind = event.text("agreement_kind").and_then(InstrumentKind::from_name);
    let assigned = |clause: &Value| {
        clause["kind"] == "MONITORING" && clause["initiator"].is_string() && clause["payer"].is_string()
    };
    RegisteredAgreement {
        kind: kind.unwrap_or(InstrumentKind::Framework),
        parties: items(event, "parties").iter().filter_map(|party| text(party, "country")).collect(),
        in_force_from: event.date("in_force_from"),
        in_force_until: event.date("in_force_until"),
        wto_notified_on: event.date("wto_notified_on"),
        monitoring_assigned: items(event, "clauses").iter().any(assigned),
        resolution_sides: items(event, "resolution_sides")
            .iter()
            .filter_map(|side| side.as_str().map(str::to_owned))
            .collect(),
    }
}

fn meeting(event: &Event) -> Option<Meeting> {
    Some(Meeting { held_on: event.date("held_on")?, place: event.text("place")?.to_owned() })
}

/// Who endorsed what a meeting resolved: each body for the side that its authorisation makes it part of.
fn endorsements(meeting: &Publication, known: &[&Publication]) -> Vec<Endorsement> {
    let of_meeting = known.iter().filter(|one| {
        one.event.kind() == Kind::ResolutionEndorsed && one.event.target() == Some(meeting.hash)
    });
    let endorsement = |one: &&Publication| {
        let side = Side::of(&one.issuer_kind)?.name().to_owned();
        Some(Endorsement { side, country: one.event.text("issuing_country")?.to_owned() })
    };
    of_meeting.filter_map(endorsement).collect()
}

fn framework(one: &Publication) -> Option<PublishedFramework> {
    let event = &one.event;
    Some(PublishedFramework {
        framework: event.text("framework")?.to_owned(),
        version: event.text("version")?.to_owned(),
        levels: items(event, "levels").iter().filter_map(|level| level.as_str().map(str::to_owned)).collect(),
        valid_from: event.date("valid_from")?,
        valid_until: event.date("valid_until"),
        recorded_on: recorded_on(one)?,
        source: cited(one),
    })
}

fn referencing(one: &Publication) -> Option<PublishedReferencing> {
    let event = &one.event;
    let row = |row: &Value| Some((text(row, "level")?, text(row, "reference_level")));
    Some(PublishedReferencing {
        framework: event.text("framework")?.to_owned(),
        version: event.text("version")?.to_owned(),
        target: event.text("reference_framework")?.to_owned(),
        compared: event.text("relation") == Some("COMPARED"),
        rows: items(event, "levels").iter().filter_map(row).collect(),
        published_on: event.date("published_on")?,
        recorded_on: recorded_on(one)?,
        ended: None,
        source: cited(one),
    })
}

fn profession(one: &Publication) -> Option<PublishedProfession> {
    let event = &one.event;
    let titles = event.claims().get("title").and_then(Value::as_object);
    let title = event.title("en").or_else(|| titles?.values().next()?.as_str());
    Some(PublishedProfession {
        isco08: event.text("isco08")?.to_owned(),
        country: event.text("issuing_country")?.to_owned(),
        title: title?.to_owned(),
        law: event.text("legal_basis")?.to_owned(),
        regulated: event.claims().get("regulated")?.as_bool()?,
        valid_from: event.date("valid_from")?,
        valid_until: event.date("valid_until"),
        recorded_on: recorded_on(one)?,
        source: cited(one),
    })
}

fn ends(end: &Publication, referencing: &Publication) -> bool {
    end.event.target() == Some(referencing.hash)
}

/// The claims as published, with where they stand.
fn plain_row(one: &Publication) -> Value {
    let mut row = one.event.claims().clone();
    row.shift_remove("published_in");
    row.shift_remove("sub");
    row.insert("publication".into(), one.id.as_str().into());
    row.insert("hash".into(), base64url_encode(one.hash).into());
    row.insert("certainty".into(), "published".into());
    row.insert("source".into(), cited_json(&cited(one)));
    Value::Object(row)
}

fn cited(one: &Publication) -> Cited {
    let source = one.event.claims().get("published_in");
    let part = |name| source.and_then(|source| text(source, name));
    Cited {
        title: part("title").unwrap_or_default(),
        url: part("url"),
        as_of: part("date").unwrap_or_default(),
        published: Some((one.issuer.clone(), one.leaf)),
    }
}

fn is_known(one: &Publication, as_of: Date) -> bool {
    recorded_on(one).is_some_and(|day| day <= as_of)
}

/// The day (UTC) of its recording.
fn recorded_on(one: &Publication) -> Option<Date> {
    let at = jiff::Timestamp::from_millisecond(i64::try_from(one.recorded_at).ok()?).ok()?;
    Some(jiff::tz::Offset::UTC.to_datetime(at).date())
}

fn items<'a>(event: &'a Event, claim: &str) -> &'a [Value] {
    event.claims().get(claim).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn text(object: &Value, member: &str) -> Option<String> {
    object.get(member).and_then(Value::as_str).map(str::to_owned)
}
