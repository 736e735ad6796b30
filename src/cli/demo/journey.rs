//! Journey files: a worker's way through bodies and countries, as data. `src/cli/demo/journeys/FORMAT.md` documents them.

use std::collections::HashSet;
use std::path::Path;

use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::cli::error::CliError;
use crate::event::Kind;

/// The largest journey file read.
pub(super) const JOURNEY_BYTES_MAX: usize = 1024 * 1024;
const BODIES_MAX: usize = 200;
const STEPS_MAX: usize = 1_000;

/// One journey.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Journey {
    pub(super) id: String,
    pub(super) title: String,
    #[serde(default)]
    pub(super) summary: String,
    /// Where its facts come from.
    #[serde(default)]
    pub(super) sources: Vec<String>,
    /// Countries whose bodies write to the origin side's ledger.
    pub(super) origin_countries: Vec<String>,
    /// Countries whose bodies write to the destination side's ledger.
    pub(super) destination_countries: Vec<String>,
    #[serde(rename = "body")]
    pub(super) bodies: Vec<Body>,
    #[serde(rename = "step")]
    pub(super) steps: Vec<Step>,
    #[serde(default, rename = "presentation")]
    pub(super) presentations: Vec<Presentation>,
}

/// A body that speaks in a journey.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Body {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) country: String,
    pub(super) issuer_kind: String,
    /// `https://<id>.demo.invalid` if absent.
    iss: Option<String>,
    /// A root authority of its country, named by the ledger itself.
    #[serde(default)]
    pub(super) root: bool,
    /// The body that authorises it; its country's root if absent.
    pub(super) authorised_by: Option<String>,
    pub(super) basis: Option<String>,
    /// What it may state; empty for a body that only authorises.
    #[serde(default)]
    pub(super) kinds: Vec<String>,
    pub(super) valid_from: Option<String>,
    pub(super) valid_until: Option<String>,
    #[serde(default)]
    pub(super) may_authorise_depth: u8,
}

/// One thing said.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Step {
    /// The day it is recorded.
    pub(super) on: String,
    /// A body's id, or `worker`.
    pub(super) by: String,
    pub(super) event: String,
    /// A name for `@name` in later claims and for presentations.
    pub(super) id: Option<String>,
    /// Which ledger; the side of the body's country if absent.
    pub(super) side: Option<Side>,
    /// The reason with which the ledger must refuse it.
    pub(super) refused: Option<String>,
    #[serde(default)]
    pub(super) claims: Map<String, Value>,
}

/// A cut of the passport for somebody.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Presentation {
    pub(super) name: String,
    pub(super) audience: String,
    pub(super) nonce: String,
    /// Ids of the steps shown.
    pub(super) records: Vec<String>,
    /// Claims disclosed of each; all if absent.
    #[serde(default)]
    pub(super) disclose: Vec<String>,
}

/// One of the two ledgers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Side {
    Origin,
    Destination,
}

impl Side {
    pub(super) const BOTH: [Self; 2] = [Self::Origin, Self::Destination];

    /// The directory under `ledgers/`, and the first label of the origin.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Origin => "origin",
            Self::Destination => "destination",
        }
    }
}

impl Body {
    /// Its issuer identifier.
    pub(super) fn issuer(&self) -> String {
        self.iss.clone().unwrap_or_else(|| format!("https://{}.demo.invalid", self.id))
    }
}

impl Journey {
    /// Reads and checks a journey file.
    pub(super) fn read(path: &Path) -> Result<Self, CliError> {
        let text = crate::cli::files::read_text(path)?;
        Self::parse(&text, &path.display().to_string())
    }

    /// Parses and checks; `name` is for messages.
    pub(super) fn parse(text: &str, name: &str) -> Result<Self, CliError> {
        let wrong = |message: String| {
            CliError::usage(
                "JOURNEY_INVALID",
                format!("{name}: {message}"),
                "`skillpass demo --help` says where the format is described",
            )
        };
        if text.len() > JOURNEY_BYTES_MAX {
            return Err(wrong(format!("longer than {JOURNEY_BYTES_MAX} bytes")));
        }
        let journey: Self = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
        journey.check().map_err(wrong)?;
        Ok(journey)
    }

    fn check(&self) -> Result<(), String> {
        let plain = |id: &str| {
            !id.is_empty()
                && id.len() <= 63
                && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        if !plain(&self.id) {
            return Err(format!("id `{}` must be lower-case letters, digits and hyphens", self.id));
        }
        if self.bodies.len() > BODIES_MAX || self.steps.len() > STEPS_MAX {
            return Err(format!("at most {BODIES_MAX} bodies and {STEPS_MAX} steps"));
        }
        let mut ids = HashSet::new();
        for body in &self.bodies {
            if !plain(&body.id) || !ids.insert(body.id.as_str()) || body.id == "worker" {
                return Err(format!("body id `{}` is not plain, not unique, or `worker`", body.id));
            }
            if self.side_of(&body.country).is_none() {
                return Err(format!(
                    "body `{}`: {} is neither an origin nor a destination country",
                    body.id, body.country
                ));
            }
            if let Some(kind) = body.kinds.iter().find(|kind| Kind::from_name(kind).is_none()) {
                return Err(format!("body `{}`: `{kind}` is no kind of event", body.id));
            }
        }
        for body in self.bodies.iter().filter(|body| !body.root) {
            if self.authoriser_of(body).is_none() {
                return Err(format!(
                    "body `{}`: nobody authorises it; name `authorised_by` or a root for {}",
                    body.id, body.country
                ));
            }
        }
        let mut named = HashSet::new();
        for (number, step) in self.steps.iter().enumerate() {
            self.check_step(step, &mut named).map_err(|error| format!("step {}: {error}", number + 1))?;
        }
        for presentation in &self.presentations {
            if !plain(&presentation.name) {
                return Err(format!(
                    "presentation name `{}` must be lower-case letters, digits and hyphens",
                    presentation.name
                ));
            }
            if let Some(unknown) = presentation.records.iter().find(|id| !named.contains(*id)) {
                return Err(format!("presentation `{}`: no step has the id `{unknown}`", presentation.name));
            }
        }
        Ok(())
    }

    fn check_step(&self, step: &Step, named: &mut HashSet<String>) -> Result<(), String> {
        let on: Date = step.on.parse().map_err(|_| format!("`{}` is no date YYYY-MM-DD", step.on))?;
        if !(1990..=2100).contains(&on.year()) {
            return Err(format!("{on} is outside 1990 to 2100"));
        }
        Kind::from_name(&step.event).ok_or_else(|| format!("`{}` is no kind of event", step.event))?;
        if step.by == "worker" {
            step.side.ok_or("a step by the worker must say `side`")?;
        } else {
            self.body(&step.by).ok_or_else(|| format!("no body has the id `{}`", step.by))?;
        }
        for reference in references(&step.claims) {
            if !named.contains(&reference) {
                return Err(format!("`@{reference}` names no earlier step"));
            }
        }
        if let Some(id) = &step.id
            && !named.insert(id.clone())
        {
            return Err(format!("the id `{id}` is taken"));
        }
        Ok(())
    }

    /// A body by id.
    pub(super) fn body(&self, id: &str) -> Option<&Body> {
        self.bodies.iter().find(|body| body.id == id)
    }

    /// Who authorises a body: the one it names, else a root of its country.
    pub(super) fn authoriser_of(&self, body: &Body) -> Option<&Body> {
        match &body.authorised_by {
            Some(id) => self.body(id),
            None => self.bodies.iter().find(|other| other.root && other.country == body.country),
        }
    }

    /// The side of a country.
    pub(super) fn side_of(&self, country: &str) -> Option<Side> {
        let among = |list: &[String]| list.iter().any(|c| c == country);
        if among(&self.origin_countries) {
            Some(Side::Origin)
        } else {
            among(&self.destination_countries).then_some(Side::Destination)
        }
    }

    /// The ledger a step goes to.
    pub(super) fn side_of_step(&self, step: &Step) -> Option<Side> {
        step.side.or_else(|| self.side_of(&self.body(&step.by)?.country))
    }
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

/// `claims` with each `@id` replaced by what `resolve` gives for it.
pub(super) fn resolve(value: &Value, resolve_id: &impl Fn(&str) -> Option<String>) -> Value {
    match value {
        Value::String(text) => match text.strip_prefix('@').and_then(resolve_id) {
            Some(hash) => Value::String(hash),
            None => value.clone(),
        },
        Value::Array(items) => Value::Array(items.iter().map(|item| resolve(item, resolve_id)).collect()),
        Value::Object(members) => Value::Object(
            members.iter().map(|(name, member)| (name.clone(), resolve(member, resolve_id))).collect(),
        ),
        other => other.clone(),
    }
}
