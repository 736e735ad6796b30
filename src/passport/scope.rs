//! What of a passport somebody may see: a view, and within it chosen sections, records and a time. A scope only ever takes
//! away from what its giver sees.

use serde_json::{Map, Value, json};

use super::project::{Passport, SECTIONS, View};
use crate::event::{Section, StreamRecord, UnixMs};

/// The most records that one scope names.
pub const SCOPE_RECORDS_MAX: usize = 32;

/// The part of a passport that a grant opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The widest view.
    pub view: View,
    /// Only these sections; every one if absent.
    pub sections: Option<Vec<Section>>,
    /// Only the records of these ids (`urn:uuid:…`); every one if absent.
    pub records: Option<Vec<String>>,
    /// Only what was recorded until then; what is recorded later too if absent.
    pub known_at: Option<UnixMs>,
    /// Name and birth date.
    pub identity: bool,
}

impl View {
    /// As written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Employer => "employer",
            Self::Home => "home",
            Self::Holder => "holder",
        }
    }

    /// The inverse.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Employer, Self::Home, Self::Holder].into_iter().find(|view| view.name() == name)
    }

    /// The narrower of two.
    #[must_use]
    pub fn narrower(self, other: Self) -> Self {
        let width = |view| match view {
            Self::Employer => 0,
            Self::Home => 1,
            Self::Holder => 2,
        };
        if width(self) <= width(other) { self } else { other }
    }
}

impl Scope {
    /// Everything: the worker's own, and an operator's that reads persons.
    pub fn whole() -> Self {
        Self { view: View::Holder, sections: None, records: None, known_at: None, identity: true }
    }

    /// Whether nothing is kept back but what was recorded after `known_at`: only then a complete file may be given.
    pub fn is_whole(&self) -> bool {
        self.view == View::Holder && self.sections.is_none() && self.records.is_none() && self.identity
    }

    /// The earlier of what is asked for and what the scope allows.
    pub fn known_until(&self, asked: UnixMs) -> UnixMs {
        self.known_at.map_or(asked, |limit| limit.min(asked))
    }

    /// Reads the claim; `None` if it is not exactly of this form.
    pub fn from_json(claim: &Value) -> Option<Self> {
        let mut members = claim.as_object()?.clone();
        let view = View::from_name(members.remove("view")?.as_str()?)?;
        let sections = match members.remove("sections") {
            None => None,
            Some(list) => {
                Some(texts(&list, SECTIONS.len())?.iter().map(|name| section(name)).collect::<Option<_>>()?)
            }
        };
        let records = match members.remove("records") {
            None => None,
            Some(list) => Some(texts(&list, SCOPE_RECORDS_MAX)?),
        };
        let known_at = match members.remove("known_at") {
            None => None,
            Some(at) => Some(at.as_u64()?),
        };
        let identity = match members.remove("identity") {
            None => false,
            Some(identity) => identity.as_bool()?,
        };
        members.is_empty().then_some(Self { view, sections, records, known_at, identity })
    }

    /// The inverse.
    pub fn to_json(&self) -> Value {
        let mut members = Map::new();
        members.insert("view".into(), self.view.name().into());
        if let Some(sections) = &self.sections {
            let names: Vec<&str> = sections.iter().map(|section| section.as_str()).collect();
            members.insert("sections".into(), json!(names));
        }
        if let Some(records) = &self.records {
            members.insert("records".into(), json!(records));
        }
        if let Some(at) = self.known_at {
            members.insert("known_at".into(), at.into());
        }
        if self.identity {
            members.insert("identity".into(), true.into());
        }
        members.into()
    }

    /// Takes out of a projection what the scope does not hold.
    pub fn cut(&self, passport: &mut Passport) {
        if !self.identity {
            passport.identity.clear();
        }
        passport.records.retain(|one| {
            self.holds(one.record.section, &one.record.jti)
                && (self.view == View::Holder || !one.is_private)
                && (self.view != View::Employer || !one.is_counsel)
        });
        if !self.is_whole() {
            passport.funding.clear();
        }
    }

    fn holds(&self, section: Section, jti: &str) -> bool {
        self.sections.as_ref().is_none_or(|sections| sections.contains(&section))
            && self.records.as_ref().is_none_or(|records| records.iter().any(|id| id == jti))
    }

    /// Which statements of a stream the scope holds, in their order: its records and what was said later of their standing; the
    /// opening (which says more than who it is), keys and disputes only if nothing is kept back.
    pub fn select(&self, records: &[StreamRecord]) -> Vec<bool> {
        let mut shown = Vec::new();
        let mut selected = Vec::with_capacity(records.len());
        for record in records {
            let is_shown = self.selects(record, &shown);
            if is_shown {
                shown.push(record.statement.hash());
            }
            selected.push(is_shown);
        }
        selected
    }

    fn selects(&self, record: &StreamRecord, shown: &[crate::crypto::Hash]) -> bool {
        let StreamRecord { recorded_at, statement, event, .. } = record;
        if self.known_at.is_some_and(|limit| *recorded_at > limit) {
            return false;
        }
        if self.is_whole() {
            return true;
        }
        if let Some(section) = event.kind().section() {
            let is_seen = (self.view == View::Holder || !event.is_private_by_default())
                && (self.view != View::Employer || !event.is_counsel());
            return is_seen && self.holds(section, &statement.clear().id.urn().to_string());
        }
        let kind = event.kind();
        (kind.changes_standing() || kind.changes_licence())
            && event.target().is_some_and(|target| shown.contains(&target))
    }
}

fn section(name: &str) -> Option<Section> {
    SECTIONS.into_iter().find(|section| section.as_str() == name)
}

/// A list of 1 to `max` texts, none twice.
fn texts(list: &Value, max: usize) -> Option<Vec<String>> {
    let texts: Vec<String> =
        list.as_array()?.iter().map(|text| text.as_str().map(str::to_owned)).collect::<Option<_>>()?;
    let once: std::collections::HashSet<&String> = texts.iter().collect();
    ((1..=max).contains(&texts.len()) && once.len() == texts.len()).then_some(texts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_reads_back_as_written_and_has_no_other_form() {
        let narrow = Scope {
            view: View::Home,
            sections: Some(vec![Section::Training, Section::Licence]),
            records: Some(vec!["urn:uuid:019340f0-0000-7000-8000-00000000abcd".to_owned()]),
            known_at: Some(7),
            identity: true,
        };
        for scope in [narrow, Scope::whole()] {
            assert_eq!(Scope::from_json(&scope.to_json()), Some(scope));
        }
        let records = |count: usize| {
            let id = |number: usize| format!("urn:uuid:019340f0-0000-7000-8000-{number:012x}");
            json!({"view": "holder", "records": (0..count).map(id).collect::<Vec<_>>()})
        };
        assert!(Scope::from_json(&records(SCOPE_RECORDS_MAX)).is_some());
        for bad in [
            records(SCOPE_RECORDS_MAX + 1),
            json!({}),
            json!("holder"),
            json!({"view": "everything"}),
            json!({"view": "holder", "sections": []}),
            json!({"view": "holder", "sections": ["training", "training"]}),
            json!({"view": "holder", "sections": ["secrets"]}),
            json!({"view": "holder", "known_at": -1}),
            json!({"view": "holder", "identity": "yes"}),
            json!({"view": "holder", "more": 1}),
        ] {
            assert_eq!(Scope::from_json(&bad), None, "{bad}");
        }
    }

    #[test]
    fn the_narrower_view_wins_whoever_asks_for_more() {
        for (asked, held, got) in [
            (View::Holder, View::Employer, View::Employer),
            (View::Employer, View::Holder, View::Employer),
            (View::Home, View::Employer, View::Employer),
            (View::Home, View::Home, View::Home),
        ] {
            assert_eq!(asked.narrower(held), got);
        }
    }
}
