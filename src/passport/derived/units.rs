//! Units towards a qualification (CVQ, units of learning outcomes): all mandatory ones and enough electives of one edition of
//! one standard, each counted once, none of another edition without a published mapping.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde_json::{Map, Value, json};

use crate::event::{Event, Kind};
use crate::passport::record::{Record, Standing};

/// A standard as published, as far as its units go.
#[derive(Debug, Clone, PartialEq)]
pub struct Standard {
    /// `sub` of the publication.
    pub id: String,
    /// Its edition.
    pub version: String,
    title: Value,
    qualification_code: Option<String>,
    electives_required: usize,
    units: Vec<Unit>,
    bodies: Vec<UnitBody>,
    mappings: Vec<Mapping>,
}

#[derive(Debug, Clone, PartialEq)]
struct Unit {
    code: String,
    title: Value,
    is_elective: bool,
}

#[derive(Debug, Clone, PartialEq)]
struct UnitBody {
    issuer: String,
    from: Option<Date>,
    until: Option<Date>,
}

#[derive(Debug, Clone, PartialEq)]
struct Mapping {
    standard: String,
    version: String,
    unit: String,
    to: String,
}

impl Standard {
    /// Of a StandardPublished.
    pub fn read(event: &Event) -> Option<Self> {
        if event.kind() != Kind::StandardPublished {
            return None;
        }
        let text = |object: &Map<String, Value>, name: &str| {
            object.get(name).and_then(Value::as_str).map(str::to_owned)
        };
        let date = |object: &Map<String, Value>, name: &str| text(object, name)?.parse().ok();
        let unit = |unit: &Map<String, Value>| {
            let is_elective = text(unit, "requirement").as_deref() == Some("ELECTIVE");
            Some(Unit { code: text(unit, "code")?, title: unit.get("title")?.clone(), is_elective })
        };
        let body = |body: &Map<String, Value>| {
            let (from, until) = (date(body, "valid_from"), date(body, "valid_until"));
            Some(UnitBody { issuer: text(body, "body")?, from, until })
        };
        let mapping = |mapping: &Map<String, Value>| {
            Some(Mapping {
                standard: text(mapping, "from_standard")?,
                version: text(mapping, "from_version")?,
                unit: text(mapping, "from_unit")?,
                to: text(mapping, "to_unit")?,
            })
        };
        let electives = event.claims().get("electives_required").and_then(Value::as_u64).unwrap_or(0);
        Some(Self {
            id: event.text("sub")?.to_owned(),
            version: event.text("version")?.to_owned(),
            title: event.claims().get("title")?.clone(),
            qualification_code: event.text("qualification_code").map(str::to_owned),
            electives_required: usize::try_from(electives).unwrap_or(usize::MAX),
            units: event.objects("units").filter_map(unit).collect(),
            bodies: event.objects("unit_bodies").filter_map(body).collect(),
            mappings: event.objects("unit_mappings").filter_map(mapping).collect(),
        })
    }

    /// Whether units are what it is made of.
    pub fn has_units(&self) -> bool {
        !self.units.is_empty()
    }

    /// Whether a body's units count on this day: any body's, where the scheme names none.
    fn counts_of(&self, issuer: &str, day: Option<Date>) -> bool {
        let holds = |body: &UnitBody| {
            body.issuer == issuer
                && day.is_some_and(|day| {
                    body.from.is_none_or(|from| from <= day) && body.until.is_none_or(|until| day <= until)
                })
        };
        self.bodies.is_empty() || self.bodies.iter().any(holds)
    }

    /// The unit here that a unit of `standard` at `version` is; else why it is none.
    fn unit_for(&self, standard: &str, version: &str, unit: &str) -> Result<&Unit, NotCounted> {
        if standard == self.id && version == self.version {
            return self.units.iter().find(|one| one.code == unit).ok_or(NotCounted::UnknownUnit);
        }
        let mapped = self
            .mappings
            .iter()
            .find(|one| one.standard == standard && one.version == version && one.unit == unit);
        match mapped.and_then(|mapped| self.units.iter().find(|one| one.code == mapped.to)) {
            Some(unit) => Ok(unit),
            None if standard == self.id => Err(NotCounted::OtherVersion),
            None => Err(NotCounted::OtherStandard),
        }
    }
}

/// Why a unit that is shown does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotCounted {
    /// Of another standard, without a mapping.
    OtherStandard,
    /// Of another edition, without a mapping.
    OtherVersion,
    /// The standard has no such unit.
    UnknownUnit,
    /// The scheme does not name the body, or not for that day.
    BodyNotNamed,
    /// Revoked, suspended, superseded, or not to be told.
    NotInForce,
    /// Counted already: at another level, by another body, or through a mapping.
    CountedAlready,
}

impl NotCounted {
    /// As in answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::OtherStandard => "OTHER_STANDARD",
            Self::OtherVersion => "OTHER_VERSION",
            Self::UnknownUnit => "UNKNOWN_UNIT",
            Self::BodyNotNamed => "BODY_NOT_NAMED",
            Self::NotInForce => "NOT_IN_FORCE",
            Self::CountedAlready => "COUNTED_ALREADY",
        }
    }
}

/// How far the worker is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Units are missing.
    InProgress,
    /// All that the standard asks for is shown; whether to award is for an awarding body.
    Eligible,
    /// The qualification itself is shown.
    Awarded,
}

impl Progress {
    /// As in answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::InProgress => "IN_PROGRESS",
            Self::Eligible => "ELIGIBLE",
            Self::Awarded => "AWARDED",
        }
    }
}

/// One unit of the standard and what shows it.
#[derive(Debug, Clone)]
pub struct UnitState<'a> {
    /// Its code.
    pub code: String,
    /// Whether it is elective.
    pub is_elective: bool,
    title: Value,
    /// The record that shows it.
    pub by: Option<&'a Record>,
    /// Whether it is not shown but exempted, which is no award.
    pub is_exempted: bool,
}

/// What of a standard is shown.
#[derive(Debug, Clone)]
pub struct Accumulation<'a> {
    standard: &'a Standard,
    /// How far.
    pub progress: Progress,
    /// Every unit, in the standard's order.
    pub units: Vec<UnitState<'a>>,
    /// What was shown and did not count: record, unit code, why.
    pub not_counted: Vec<(&'a Record, String, NotCounted)>,
}

/// Counts the units that `records` show of `standard`.
pub fn accumulate<'a>(standard: &'a Standard, records: &[&'a Record]) -> Accumulation<'a> {
    let state = |unit: &Unit| UnitState {
        code: unit.code.clone(),
        is_elective: unit.is_elective,
        title: unit.title.clone(),
        by: None,
        is_exempted: false,
    };
    let mut units: Vec<UnitState<'a>> = standard.units.iter().map(state).collect();
    let mut not_counted = vec![];
    // What was achieved comes first: who has a unit needs no exemption from it.
    let claims = achieved(records).chain(exempted(records));
    for Claim { record, standard: id, version, unit, is_exemption } in claims {
        let found = standard.unit_for(id, version, unit).and_then(|found| {
            if record.standing != Standing::InForce {
                return Err(NotCounted::NotInForce);
            }
            if !standard.counts_of(&record.issuer, record.awarded_on) {
                return Err(NotCounted::BodyNotNamed);
            }
            let place = units.iter_mut().find(|state| state.code == found.code);
            place.filter(|state| state.by.is_none()).ok_or(NotCounted::CountedAlready)
        });
        match found {
            Ok(state) => (state.by, state.is_exempted) = (Some(record), is_exemption),
            Err(why) => not_counted.push((record, unit.to_owned(), why)),
        }
    }
    let progress = progress(standard, &units, records);
    Accumulation { standard, progress, units, not_counted }
}

fn progress(standard: &Standard, units: &[UnitState<'_>], records: &[&Record]) -> Progress {
    let is_awarded = records.iter().any(|record| {
        record.kind == Kind::QualificationAwarded
            && record.standing == Standing::InForce
            && standard.qualification_code.is_some()
            && record.text("qualification_code") == standard.qualification_code.as_deref()
            && standard.counts_of(&record.issuer, record.awarded_on)
    });
    let mandatory = units.iter().filter(|unit| !unit.is_elective).all(|unit| unit.by.is_some());
    let electives = units.iter().filter(|unit| unit.is_elective && unit.by.is_some()).count();
    match (is_awarded, mandatory && electives >= standard.electives_required) {
        (true, _) => Progress::Awarded,
        (false, true) if standard.has_units() => Progress::Eligible,
        _ => Progress::InProgress,
    }
}

/// One unit that a record speaks of.
struct Claim<'a> {
    record: &'a Record,
    standard: &'a str,
    version: &'a str,
    unit: &'a str,
    is_exemption: bool,
}

fn achieved<'s, 'a>(records: &'s [&'a Record]) -> impl Iterator<Item = Claim<'a>> + 's {
    records.iter().filter(|record| record.kind == Kind::UnitAchieved).filter_map(|record| {
        let (standard, version) = standard_of(record)?;
        Some(Claim { record, standard, version, unit: record.text("unit_code")?, is_exemption: false })
    })
}

/// An exemption is from units of the standard that the assessment behind it was against.
fn exempted<'s, 'a>(records: &'s [&'a Record]) -> impl Iterator<Item = Claim<'a>> + 's {
    let certified = records.iter().filter(|record| {
        record.kind == Kind::PriorLearningCertified && record.text("outcome") == Some("EXEMPTION")
    });
    certified.flat_map(move |record| {
        let assessment = records.iter().find(|one| {
            one.kind == Kind::PriorLearningAssessed && record.text("assessment") == Some(one.hash.as_str())
        });
        let against = assessment.and_then(|assessment| standard_of(assessment));
        let units = record.claims.get("exempted_units").and_then(Value::as_array).into_iter().flatten();
        units.filter_map(move |unit| {
            let (standard, version) = against?;
            Some(Claim { record, standard, version, unit: unit.as_str()?, is_exemption: true })
        })
    })
}

fn standard_of(record: &Record) -> Option<(&str, &str)> {
    let standard = record.claims.get("standard")?;
    Some((standard.get("id")?.as_str()?, standard.get("version")?.as_str()?))
}

impl Accumulation<'_> {
    /// As in answers.
    pub fn to_json(&self) -> Value {
        let count = |is_elective: bool| {
            let of_kind = self.units.iter().filter(|unit| unit.is_elective == is_elective);
            of_kind.clone().filter(|unit| unit.by.is_some()).count()
        };
        let mandatory = self.units.iter().filter(|unit| !unit.is_elective).count();
        let countries: BTreeSet<&str> =
            self.units.iter().filter_map(|unit| unit.by?.country.as_deref()).collect();
        let electives_missing = self.standard.electives_required.saturating_sub(count(true));
        let missing: Vec<&str> = self
            .units
            .iter()
            .filter(|unit| !unit.is_elective && unit.by.is_none())
            .map(|unit| unit.code.as_str())
            .collect();
        json!({
            "standard": {"id": self.standard.id, "version": self.standard.version, "title": self.standard.title},
            "progress": self.progress.name(),
            "mandatory": {"required": mandatory, "shown": count(false)},
            "electives": {"required": self.standard.electives_required, "shown": count(true)},
            "missing": {"units": missing, "electives": electives_missing},
            "countries": countries,
            "units": self.units.iter().map(unit_json).collect::<Vec<_>>(),
            "not_counted": self.not_counted.iter().map(|(record, unit, why)| {
                json!({"jti": record.jti, "unit_code": unit, "issuer": record.issuer, "reason": why.name()})
            }).collect::<Vec<_>>(),
        })
    }
}

fn unit_json(unit: &UnitState<'_>) -> Value {
    let state = match (unit.by, unit.is_exempted) {
        (None, _) => "MISSING",
        (Some(_), true) => "EXEMPTED",
        (Some(_), false) => "ACHIEVED",
    };
    json!({
        "code": unit.code,
        "title": unit.title,
        "requirement": if unit.is_elective { "ELECTIVE" } else { "MANDATORY" },
        "state": state,
        "jti": unit.by.map(|record| &record.jti),
        "issuer": unit.by.map(|record| &record.issuer),
        "country": unit.by.and_then(|record| record.country.as_deref()),
        "awarded_on": unit.by.and_then(|record| record.awarded_on).map(|day| day.to_string()),
        "via_prior_learning": unit.by.map(|record| {
            unit.is_exempted || record.claims.get("via_prior_learning") == Some(&Value::Bool(true))
        }),
    })
}
