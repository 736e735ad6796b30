//! A published standard as questions take it: outcomes and units, as its StandardPublished statement says.

use serde_json::{Map, Value};

use crate::event::Event;

/// One edition of an occupational standard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standard {
    /// The publication's id, which `standard.id` of an assessment cites.
    pub id: String,
    /// Its edition.
    pub version: String,
    /// Its title in English, else in any language.
    pub title: String,
    /// The occupation.
    pub isco08: Option<String>,
    /// The standard's own outcomes, then those of its units.
    pub outcomes: Vec<Outcome>,
    /// Its units.
    pub units: Vec<Unit>,
    /// How many elective units a qualification needs.
    pub electives_required: u64,
}

/// One outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// As published.
    pub text: String,
    /// The unit it belongs to.
    pub unit: Option<String>,
}

/// One unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Its code.
    pub code: String,
    /// Its title.
    pub title: String,
    /// Whether a qualification needs this very one.
    pub is_mandatory: bool,
}

impl Standard {
    /// Reads it from its statement; `None` if that is another kind.
    pub fn of(event: &Event) -> Option<Self> {
        let own = event.texts("outcomes").map(|text| Outcome { text: text.to_owned(), unit: None });
        let mut outcomes: Vec<Outcome> = own.collect();
        let mut units = Vec::new();
        for unit in event.claims().get("units").and_then(Value::as_array).into_iter().flatten() {
            let Some(unit) = unit.as_object() else { continue };
            let code = text(unit, "code")?;
            let of_unit = unit.get("outcomes").and_then(Value::as_array).into_iter().flatten();
            outcomes.extend(
                of_unit
                    .filter_map(Value::as_str)
                    .map(|text| Outcome { text: text.to_owned(), unit: Some(code.clone()) }),
            );
            units.push(Unit {
                title: localised(unit.get("title")).unwrap_or_else(|| code.clone()),
                is_mandatory: unit.get("requirement").and_then(Value::as_str) != Some("ELECTIVE"),
                code,
            });
        }
        Some(Self {
            id: event.text("sub")?.to_owned(),
            version: event.text("version")?.to_owned(),
            title: localised(event.claims().get("title")).unwrap_or_default(),
            isco08: event.text("isco08").map(str::to_owned),
            outcomes,
            units,
            electives_required: event.claims().get("electives_required").and_then(Value::as_u64).unwrap_or(0),
        })
    }
}

fn text(object: &Map<String, Value>, member: &str) -> Option<String> {
    object.get(member).and_then(Value::as_str).map(str::to_owned)
}

fn localised(title: Option<&Value>) -> Option<String> {
    let title = title?.as_object()?;
    title.get("en").or_else(|| title.values().next()).and_then(Value::as_str).map(str::to_owned)
}
