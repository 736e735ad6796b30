//! What makes a journey one that can be played, and where in its file it is not.

use std::collections::HashSet;

use jiff::civil::Date;
use serde_json::{Map, Value};

use super::{Body, Journey, Step, resolve};
use crate::event::{Class, Event, Kind, WorkerId};
use crate::trust::IssuerKind;

const BODIES_MAX: usize = 200;
const STEPS_MAX: usize = 1_000;
const PRESENTATIONS_MAX: usize = 50;
/// The longest id of a step.
const STEP_ID_MAX: usize = 100;

impl Journey {
    pub(super) fn check(&self, today: Date) -> Result<(), Fault> {
        if !plain(&self.id) {
            return Err(Fault::of(format!(
                "id `{}` must be lower-case letters, digits and hyphens",
                self.id
            )));
        }
        if self.bodies.len() > BODIES_MAX
            || self.steps.len() > STEPS_MAX
            || self.presentations.len() > PRESENTATIONS_MAX
        {
            let message = format!(
                "at most {BODIES_MAX} bodies, {STEPS_MAX} steps and {PRESENTATIONS_MAX} presentations"
            );
            return Err(Fault::of(message));
        }
        if self.bodies.is_empty() || self.steps.is_empty() {
            return Err(Fault::of("a journey needs at least one [[body]] and one [[step]]"));
        }
        for country in self.origin_countries.iter().chain(&self.destination_countries) {
            if crate::event::vocab::countries::name(country).is_none() {
                return Err(Fault::of(format!("`{country}` is no country: two capital letters, ISO 3166-1")));
            }
        }
        if let Some(both) = self.origin_countries.iter().find(|one| self.destination_countries.contains(one))
        {
            return Err(Fault::of(format!("{both} is both an origin and a destination country")));
        }
        let mut ids = HashSet::new();
        for (number, body) in (1..).zip(&self.bodies) {
            self.check_body(number, body, &mut ids)?;
        }
        for (number, body) in (1..).zip(&self.bodies).filter(|(_, body)| !body.root) {
            if self.authoriser_of(body).is_none() {
                let message = format!(
                    "body `{}`: nobody authorises it; name `authorised_by`, or give {} a body with `root = true`",
                    body.id, body.country
                );
                return Err(Fault::at("body", number, Some("authorised_by"), message));
            }
        }
        for step in &self.steps {
            self.check_step(step, today)?;
        }
        for (number, presentation) in (1..).zip(&self.presentations) {
            if !plain(&presentation.name) {
                let message = format!(
                    "presentation name `{}` must be lower-case letters, digits and hyphens",
                    presentation.name
                );
                return Err(Fault::at("presentation", number, Some("name"), message));
            }
        }
        Ok(())
    }

    fn check_body<'s>(
        &'s self,
        number: usize,
        body: &'s Body,
        ids: &mut HashSet<&'s str>,
    ) -> Result<(), Fault> {
        let wrong = |field: &'static str, message: String| {
            Err(Fault::at("body", number, Some(field), format!("body `{}`: {message}", body.id)))
        };
        if !plain(&body.id) || !ids.insert(body.id.as_str()) || body.id == "worker" {
            return wrong(
                "id",
                "its id is not plain (lower-case letters, digits, hyphens), not unique, or `worker`"
                    .to_owned(),
            );
        }
        if self.side_of(&body.country).is_none() {
            let message =
                format!("{} is neither an origin nor a destination country of this journey", body.country);
            return wrong("country", message);
        }
        let Some(sort) = IssuerKind::from_name(&body.issuer_kind) else {
            let known: Vec<&str> = IssuerKind::ALL.iter().map(|kind| kind.name()).collect();
            return wrong(
                "issuer_kind",
                format!("`{}` is no kind of body; there are {}", body.issuer_kind, known.join(", ")),
            );
        };
        if sort == IssuerKind::Intermediary {
            return wrong("issuer_kind", "an INTERMEDIARY looks and never states anything".to_owned());
        }
        for name in &body.kinds {
            match Kind::from_name(name) {
                None => {
                    return wrong(
                        "kinds",
                        format!("`{name}` is no kind of event; `skillpass kinds` lists them"),
                    );
                }
                Some(kind) if !kind.is_authorisable() || !sort.may_state(kind) => {
                    return wrong(
                        "kinds",
                        format!("{} is not for a body of kind {} to state", kind.name(), body.issuer_kind),
                    );
                }
                Some(_) => {}
            }
        }
        for (field, day) in [("valid_from", &body.valid_from), ("valid_until", &body.valid_until)] {
            if let Some(day) = day.as_ref().filter(|day| day.parse::<Date>().is_err()) {
                return wrong(field, format!("`{day}` is no date YYYY-MM-DD"));
            }
        }
        match &body.authorised_by {
            Some(by) if self.body(by).is_none() => {
                wrong("authorised_by", format!("no body has the id `{by}`"))
            }
            _ => Ok(()),
        }
    }

    fn check_step(&self, step: &Step, today: Date) -> Result<(), Fault> {
        let wrong = |field: &'static str, message: String| {
            Err(Fault::at(
                "step",
                step.number,
                Some(field),
                format!("step {} ({}): {message}", step.number, step.event),
            ))
        };
        let Ok(on) = step.on.parse::<Date>() else {
            return wrong("on", format!("`{}` is no date YYYY-MM-DD", step.on));
        };
        if on.year() < 1990 {
            return wrong("on", format!("{on} is before 1990"));
        }
        if on > today {
            return wrong("on", format!("{on} is after today, {today}: a journey is what happened"));
        }
        let Some(kind) = Kind::from_name(&step.event) else {
            return wrong("event", crate::event::UnknownKind::new(&step.event).to_string());
        };
        if kind.class() == Class::Ledger {
            return wrong("event", "only the ledger itself states this".to_owned());
        }
        if step.by == "worker" {
            if step.side.is_none() {
                return wrong("by", "a step by the worker must say `side`: origin or destination".to_owned());
            }
            if !kind.is_by_holder() {
                return wrong("by", "this is for a body to state, not for the worker".to_owned());
            }
        } else if self.body(&step.by).is_none() {
            return wrong("by", format!("no body has the id `{}`", step.by));
        } else if kind.is_by_holder() {
            return wrong("by", "this is for the worker to state: `by = \"worker\"`".to_owned());
        }
        if step.id.as_ref().is_some_and(|id| id.is_empty() || id.len() > STEP_ID_MAX || id.contains(':')) {
            return wrong("id", format!("an id has 1 to {STEP_ID_MAX} characters and no colon"));
        }
        self.check_claims(step, kind)
    }

    /// The claims, as far as they can be judged before a key is made: a slip is named before anything is played. What the
    /// ledger must refuse, the ledger judges.
    fn check_claims(&self, step: &Step, kind: Kind) -> Result<(), Fault> {
        let hash = || Some(crate::crypto::base64url_encode([0; 32]));
        let stand_in = |id: &str| match id.split_once(':') {
            Some(("iss", body)) => self.body(body).map(Body::issuer),
            _ => hash(),
        };
        let resolved = step.claims.iter().map(|(name, value)| (name.clone(), resolve(value, &stand_in)));
        let mut claims: Map<String, Value> = resolved.collect();
        self.fill_in(step, kind, &WorkerId([7; 16]).to_string(), &mut claims);
        if kind == Kind::PassportOpened && claims.shift_remove("document_number").is_some() {
            claims.insert("document_number_commitment".into(), hash().into());
        }
        match Event::check(kind, &claims) {
            Err(error) if step.refused.is_none() => {
                let message = format!("step {} ({}): {error}", step.number, step.event);
                // The claim is the first word of what a claim's error says, where the file has it.
                let field = step.claims.keys().find(|name| error.claim == name.as_str()).map(String::as_str);
                Err(Fault {
                    place: Some(("step", step.number, None)),
                    field: field.map(str::to_owned),
                    message,
                })
            }
            _ => Ok(()),
        }
    }

    /// What can only be judged in the order of days: references lead back, and a passport is opened before it is written in.
    pub(super) fn check_order(&self) -> Result<(), Fault> {
        let mut named: HashSet<&str> = HashSet::new();
        let (mut opened, mut bound) = (HashSet::new(), HashSet::new());
        for step in &self.steps {
            let wrong = |field: &'static str, message: String| {
                Fault::at(
                    "step",
                    step.number,
                    Some(field),
                    format!("step {} ({}): {message}", step.number, step.event),
                )
            };
            for reference in references(&step.claims) {
                if !self.is_known(&reference, &named) {
                    let message = format!(
                        "`@{reference}` names no earlier step (`@iss:BODY` and `@kid:BODY` name a body)"
                    );
                    return Err(wrong("claims", message));
                }
            }
            if let Some(id) = &step.id
                && !named.insert(id)
            {
                return Err(wrong("id", format!("the id `{id}` is taken")));
            }
            let (Some(side), Some(kind)) = (self.side_of_step(step), Kind::from_name(&step.event)) else {
                continue;
            };
            if kind.class() != Class::Person || step.refused.is_some() {
                continue;
            }
            if kind == Kind::PassportOpened {
                opened.insert(side);
            } else if !opened.contains(&side) {
                let message = format!(
                    "no earlier step opens the passport on the side `{}` (PassportOpened)",
                    side.name()
                );
                return Err(wrong("event", message));
            }
            if kind.binds_key() {
                bound.insert(side);
            } else if kind.is_by_holder() && !bound.contains(&side) {
                let message = format!(
                    "no earlier step binds the worker's key on the side `{}` (HolderKeyBound)",
                    side.name()
                );
                return Err(wrong("by", message));
            }
        }
        for (number, presentation) in (1..).zip(&self.presentations) {
            if let Some(unknown) = presentation.records.iter().find(|id| !named.contains(id.as_str())) {
                let message = format!("presentation `{}`: no step has the id `{unknown}`", presentation.name);
                return Err(Fault::at("presentation", number, Some("records"), message));
            }
        }
        Ok(())
    }

    fn is_known(&self, reference: &str, named: &HashSet<&str>) -> bool {
        match reference.split_once(':') {
            Some(("iss" | "kid", body)) => self.body(body).is_some(),
            _ => named.contains(reference),
        }
    }
}

/// What is wrong with a journey file, and where.
pub(super) struct Fault {
    /// A table, its number in the file, a field of it.
    pub(super) place: Option<(&'static str, usize, Option<&'static str>)>,
    /// A claim, where the field is one.
    pub(super) field: Option<String>,
    pub(super) message: String,
}

impl Fault {
    pub(super) fn of(message: impl Into<String>) -> Self {
        Self { place: None, field: None, message: message.into() }
    }

    fn at(table: &'static str, number: usize, field: Option<&'static str>, message: String) -> Self {
        Self { place: Some((table, number, field)), field: None, message }
    }
}

/// The line of the `number`th `[[table]]`, or of `field` in it; `None` where a file spells its tables otherwise.
pub(super) fn line_of(text: &str, table: &str, number: usize, field: Option<&str>) -> Option<usize> {
    let heading =
        |line: &str| line.trim().strip_prefix("[[")?.split_once("]]").map(|(name, _)| name.trim().to_owned());
    let mut seen = 0;
    let mut begins = None;
    for (at, line) in (1..).zip(text.lines()) {
        if let Some(name) = heading(line) {
            if begins.is_some() {
                return begins;
            }
            seen += usize::from(name == table);
            if name == table && seen == number {
                begins = Some(at);
            }
        } else if begins.is_some() {
            let key = line.split('=').next().unwrap_or_default().trim().trim_matches('"');
            if line.contains('=') && Some(key) == field {
                return Some(at);
            }
        }
    }
    begins
}

/// Lower-case letters, digits, hyphens.
fn plain(id: &str) -> bool {
    !id.is_empty()
        && id.len() <= 63
        && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// The step ids that claims refer to as `@id`.
fn references(claims: &Map<String, Value>) -> Vec<String> {
    fn collect(value: &Value, out: &mut Vec<String>) {
        match value {
            Value::String(text) => out.extend(text.strip_prefix('@').map(str::to_owned)),
            Value::Array(items) => items.iter().for_each(|item| collect(item, out)),
            Value::Object(members) => members.values().for_each(|member| collect(member, out)),
            _ => {}
        }
    }
    let mut out = Vec::new();
    claims.values().for_each(|value| collect(value, &mut out));
    out
}

#[cfg(test)]
mod tests {
    use super::super::JOURNEY_BYTES_MAX;
    use super::*;

    /// Bodies, steps, presentations: so many of each, and what the step's id is.
    fn journey(bodies: usize, steps: usize, presentations: usize, id: &str) -> Result<(), String> {
        let body = |number: usize| {
            format!(
                "[[body]]\nid = \"b{number}\"\nname = \"body (demo)\"\ncountry = \"PH\"\nissuer_kind = \"COMPETENT_AUTHORITY\"\nroot = {}\n",
                number == 0
            )
        };
        let step = |number: usize| {
            let id = if number == 0 { format!("id = \"{id}\"\n") } else { String::new() };
            format!(
                "[[step]]\n{id}on = \"2024-01-01\"\nby = \"b0\"\nevent = \"PassportOpened\"\nrefused = \"ANY\"\n"
            )
        };
        let presentation = |number: usize| {
            format!("[[presentation]]\nname = \"p{number}\"\naudience = \"a\"\nnonce = \"n\"\nrecords = []\n")
        };
        let head = "id = \"limits\"\ntitle = \"limits\"\norigin_countries = [\"PH\"]\ndestination_countries = [\"DE\"]\n";
        let text = [
            head.to_owned(),
            (0..bodies).map(body).collect(),
            (0..steps).map(step).collect(),
            (0..presentations).map(presentation).collect(),
        ]
        .concat();
        let today = jiff::civil::date(2025, 1, 1);
        Journey::parse(&text, "j.toml", today).map(drop).map_err(|error| error.message)
    }

    #[test]
    fn a_journey_has_so_many_bodies_steps_and_presentations() {
        let id = "x".repeat(STEP_ID_MAX);
        assert_eq!(journey(BODIES_MAX, STEPS_MAX, PRESENTATIONS_MAX, &id), Ok(()));
        let refused = "j.toml: at most 200 bodies, 1000 steps and 50 presentations";
        for (bodies, steps, presentations) in
            [(BODIES_MAX + 1, 1, 1), (1, STEPS_MAX + 1, 1), (1, 1, PRESENTATIONS_MAX + 1)]
        {
            assert_eq!(journey(bodies, steps, presentations, "x"), Err(refused.to_owned()));
        }
        let long = journey(1, 1, 1, &"x".repeat(STEP_ID_MAX + 1)).unwrap_err();
        assert!(long.contains("an id has 1 to 100 characters"), "{long}");
    }

    #[test]
    fn a_journey_file_is_read_up_to_its_limit() {
        let read = |bytes: usize| {
            let text = "#".repeat(bytes);
            let refused = Journey::parse(&text, "j.toml", jiff::civil::date(2025, 1, 1)).unwrap_err();
            refused.message.chars().take(100).collect::<String>()
        };
        assert!(!read(JOURNEY_BYTES_MAX).contains("longer than"));
        assert_eq!(read(JOURNEY_BYTES_MAX + 1), "j.toml: longer than 1048576 bytes");
    }
}
