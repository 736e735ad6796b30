//! Journey files: a worker's way through bodies and countries, as data. `src/cli/demo/journeys/FORMAT.md` documents them.

mod check;

use std::path::Path;

use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Map, Value};

use self::check::{Fault, line_of};
use crate::cli::error::CliError;
use crate::event::{Class, Kind};

/// The largest journey file read.
pub(super) const JOURNEY_BYTES_MAX: usize = 1024 * 1024;

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
    #[serde(default, rename = "body")]
    pub(super) bodies: Vec<Body>,
    /// In the order of their days; those of one day as the file has them.
    #[serde(default, rename = "step")]
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
    /// Its number in the file, from 1.
    #[serde(skip)]
    pub(super) number: usize,
    /// The line it begins on, for messages.
    #[serde(skip)]
    pub(super) line: Option<usize>,
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
        Self::parse(&text, &path.display().to_string(), crate::cli::clock::today())
    }

    /// Parses and checks; `name` is for messages. Days after `today` are refused: a ledger records no future.
    pub(super) fn parse(text: &str, name: &str, today: Date) -> Result<Self, CliError> {
        let wrong = |fault: &Fault| {
            let line = fault.place.and_then(|(table, number, field)| {
                line_of(text, table, number, fault.field.as_deref().or(field))
            });
            let line = line.map(|line| format!("line {line}: ")).unwrap_or_default();
            CliError::usage(
                "JOURNEY_INVALID",
                format!("{name}: {line}{}", fault.message),
                "`skillpass demo --help` says where the format is described; `skillpass kinds KIND` lists a kind's claims",
            )
        };
        if text.len() > JOURNEY_BYTES_MAX {
            return Err(wrong(&Fault::of(format!("longer than {JOURNEY_BYTES_MAX} bytes"))));
        }
        let mut journey: Self = toml::from_str(text).map_err(|error| wrong(&Fault::of(error.to_string())))?;
        for (number, step) in (1..).zip(&mut journey.steps) {
            (step.number, step.line) = (number, line_of(text, "step", number, None));
        }
        journey.check(today).map_err(|fault| wrong(&fault))?;
        // Every day parses by now; the sort is stable.
        journey.steps.sort_by_key(|step| step.on.parse::<Date>().ok());
        journey.check_order().map_err(|fault| wrong(&fault))?;
        Ok(journey)
    }

    /// What a step's claims need not say: the worker, and the country of the body.
    pub(super) fn fill_in(&self, step: &Step, kind: Kind, worker: &str, claims: &mut Map<String, Value>) {
        if kind.class() == Class::Person {
            claims.entry("sub").or_insert_with(|| worker.into());
        }
        let has_country = kind.claims().iter().any(|claim| claim.name == "issuing_country");
        if let Some(body) = self.body(&step.by).filter(|_| has_country) {
            claims.entry("issuing_country").or_insert_with(|| body.country.as_str().into());
        }
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
