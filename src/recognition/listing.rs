//! The built-in reference data as rows: what `reference list --json` prints and the list calls answer. Every row has `source`
//! with a date, and `certainty`.

use serde_json::{Value, json};

use super::classifications::{self, Code};
use super::contacts::{Contact, contacts};
use super::descriptors::{Descriptor, descriptors};
use super::directive::{self, Exclusion, Regime};
use super::edges::{EdgeKind, EdgeRow, edge_rows};
use super::instruments::{ClauseKind, Instrument, InstrumentKind, Membership, Parties, instruments};
use super::memberships::{Region, regions};
use super::omissions::omissions;
use super::professions::{Profession, professions};
use super::programmes::{Condition, Factor, Programme, programmes};
use super::relate::SideBySide;
use super::relations::{Cited, CollectiveRecognition, MraEligibility};
use super::source::{Certainty, Since, Source};
use crate::event::vocab::frameworks::{self, Framework};
use crate::statement::json;

/// One table of reference data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// Qualifications frameworks with their editions and levels.
    Frameworks,
    /// What levels say.
    Descriptors,
    /// Published relations between levels.
    Relations,
    /// Regions and their members by date.
    Memberships,
    /// Groups of occupations (ISCO-08).
    Occupations,
    /// Levels of education (ISCED 2011).
    Education,
    /// Fields of education (ISCED-F 2013).
    Fields,
    /// Levels of languages (CEFR).
    Languages,
    /// Conventions, arrangements, agreements.
    Instruments,
    /// Regimes and exclusions of Directive 2005/36/EC.
    Regimes,
    /// Programmes of placement and training.
    Programmes,
    /// Points of support by corridor.
    Contacts,
    /// Occupations that a stored law regulates.
    Professions,
    /// What is left out, and why.
    LeftOut,
}

impl Table {
    /// Every table, in the order in which they are printed.
    pub const ALL: [Self; 14] = [
        Self::Frameworks,
        Self::Descriptors,
        Self::Relations,
        Self::Memberships,
        Self::Occupations,
        Self::Education,
        Self::Fields,
        Self::Languages,
        Self::Instruments,
        Self::Regimes,
        Self::Programmes,
        Self::Contacts,
        Self::Professions,
        Self::LeftOut,
    ];

    /// Its name, on the command line and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Frameworks => "frameworks",
            Self::Descriptors => "descriptors",
            Self::Relations => "relations",
            Self::Memberships => "memberships",
            Self::Occupations => "occupations",
            Self::Education => "education",
            Self::Fields => "fields",
            Self::Languages => "languages",
            Self::Instruments => "instruments",
            Self::Regimes => "regimes",
            Self::Programmes => "programmes",
            Self::Contacts => "contacts",
            Self::Professions => "professions",
            Self::LeftOut => "left-out",
        }
    }

    /// By name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|table| table.name() == name)
    }

    /// Its rows.
    pub fn rows(self) -> Vec<Value> {
        match self {
            Self::Frameworks => frameworks::all().map(framework_row).collect(),
            Self::Descriptors => descriptors().map(descriptor_row).collect(),
            Self::Relations => edge_rows().map(|edge| relation_row(&edge)).collect(),
            Self::Memberships => regions().flat_map(membership_rows).collect(),
            Self::Occupations => classifications::occupation_groups().map(occupation_row).collect(),
            Self::Education => coded(classifications::education_levels(), &classifications::ISCED_11),
            Self::Fields => coded(classifications::fields(), &classifications::ISCED_F),
            Self::Languages => coded(classifications::language_levels(), &classifications::CEFR),
            Self::Instruments => instruments().map(instrument_row).collect(),
            Self::Regimes => regime_rows(),
            Self::Programmes => programmes().map(programme_row).collect(),
            Self::Contacts => contacts().map(contact_row).collect(),
            Self::Professions => professions().map(|one| profession_row(&one)).collect(),
            Self::LeftOut => omissions()
                .map(|one| {
                    json!({"subject": one.subject, "reason": one.reason, "certainty": Certainty::Sure.name(),
                        "source": source_json(&one.source)})
                })
                .collect(),
        }
    }
}

/// A source as lists and answers print it.
pub fn source_json(source: &Source) -> Value {
    json!({"title": source.title, "url": source.url, "as_of": source.as_of})
}

/// What an answer rests on, as lists and answers print it.
pub fn cited_json(cited: &Cited) -> Value {
    let mut source = json!({"title": cited.title, "url": cited.url, "as_of": cited.as_of});
    if let Some((issuer, leaf)) = &cited.published {
        json::set(&mut source, "published_by", issuer.as_str());
        json::set(&mut source, "leaf_index", *leaf);
    }
    source
}

/// Descriptors beside each other, as answers print them.
pub fn side_by_side_json(beside: &SideBySide) -> Value {
    json!({
        "is_comparison": false,
        "note": "what the levels say, to be read beside each other; nobody has compared them",
        "from": beside.from.map(descriptor_row),
        "target": beside.target.iter().map(|one| descriptor_row(one)).collect::<Vec<_>>(),
    })
}

/// A descriptor, as lists and answers print it.
pub fn descriptor_row(one: &Descriptor) -> Value {
    json!({
        "framework": one.framework,
        "version": one.version,
        "level": one.level,
        "text": one.text,
        "certainty": one.certainty.name(),
        "source": source_json(one.source),
    })
}

fn framework_row(framework: &Framework) -> Value {
    let editions: Vec<Value> = framework
        .editions
        .iter()
        .map(
            |one| json!({"version": one.version, "levels": one.levels, "from": one.from, "until": one.until}),
        )
        .collect();
    let alias = framework.id.split_once('/').map(|(region, _)| format!("{region}/nqf"));
    let answers =
        alias.filter(|alias| frameworks::resolve(alias).is_ok_and(|found| found.id == framework.id));
    json!({
        "id": framework.id,
        "also": answers,
        "name": framework.name,
        "editions": editions,
        "certainty": framework.certainty.name(),
        "source": source_json(&framework.source),
    })
}

fn relation_row(edge: &EdgeRow) -> Value {
    json!({
        "framework": edge.framework,
        "level": edge.level,
        "target": edge.target,
        "target_level": edge.target_level,
        "kind": edge.kind.map_or("none", EdgeKind::name),
        "certainty": edge.certainty.name(),
        "known_from": edge.since.date().to_string(),
        "source": source_json(edge.source),
        "note": note_json(edge.note),
    })
}

fn membership_rows(region: &Region) -> Vec<Value> {
    let row = |member: &super::memberships::Member| {
        json!({
            "region": region.id,
            "name": region.name,
            "country": member.country,
            "since": since_json(member.since),
            "until": member.until.map(|day| day.to_string()),
            "suspended_from": member.suspended.map(|day| day.to_string()),
            "certainty": region.certainty.name(),
            "source": source_json(&region.source),
        })
    };
    region.members().map(row).collect()
}

fn occupation_row(code: Code) -> Value {
    json!({
        "code": code.code,
        "title": code.title,
        "skill_levels": classifications::skill_levels(code.code),
        "certainty": Certainty::Sure.name(),
        "source": source_json(&classifications::ISCO_08),
    })
}

fn coded(codes: impl Iterator<Item = Code>, source: &Source) -> Vec<Value> {
    let row = |code: Code| json!({"code": code.code, "title": code.title, "certainty": Certainty::Sure.name(), "source": source_json(source)});
    codes.map(row).collect()
}

/// An instrument, as lists and answers print it.
pub fn instrument_row(one: &Instrument) -> Value {
    let (whole, parties) = match one.parties {
        Parties::All(list) => (Some(true), list),
        Parties::Some(list) => (Some(false), list),
        Parties::NotStates => (None, &[][..]),
    };
    let parties: Vec<Value> = parties
        .iter()
        .map(|party| json!({"country": party.country, "membership": membership_name(party.membership)}))
        .collect();
    let clauses: Vec<Value> = one
        .clauses
        .iter()
        .map(|clause| json!({"kind": clause.kind.name(), "article": clause.article, "says": clause.says}))
        .collect();
    let registers: Vec<Value> = one
        .registers
        .iter()
        .map(|register| {
            json!({"name": register.name, "title": register.title, "rests_on": register.rests_on, "needs": register.needs,
                "limits": register.limits})
        })
        .collect();
    json!({
        "id": one.id,
        "title": one.title,
        "kind": one.kind.name(),
        "force": one.kind.force(),
        "relation": relation_of(one),
        "occupations": one.occupations,
        "signed": one.signed,
        "in_force_from": one.in_force.since().map(|since| since.date().to_string()),
        "wto_notified_on": one.wto_notified,
        "parties": parties,
        "parties_complete": whole,
        "clauses": clauses,
        "monitoring": {"initiator": one.monitoring.initiator, "payer": one.monitoring.payer},
        "committee": one.committee.map(|committee| json!({"meets": committee.meets, "members": committee.members})),
        "registers": registers,
        "warnings": one.warnings(),
        "certainty": one.certainty.name(),
        "source": source_json(&one.source),
        "note": note_json(one.note),
    })
}

/// The relation that an instrument gives rise to by itself, if any: a decision about a person is none of them.
fn relation_of(one: &Instrument) -> Option<&'static str> {
    match one.kind {
        InstrumentKind::MutualRecognition => Some(MraEligibility::NAME),
        InstrumentKind::CollectiveAgreement if one.provides(ClauseKind::WageClass) => {
            Some(CollectiveRecognition::NAME)
        }
        _ => None,
    }
}

fn regime_rows() -> Vec<Value> {
    let regime = |one: &Regime| {
        let source =
            if one.id == "EUROPEAN_PROFESSIONAL_CARD" { directive::CARD } else { directive::DIRECTIVE };
        json!({"instrument": "eu/directive-2005-36", "regime": one.id, "article": one.article, "occupations": one.occupations,
            "says": one.says, "certainty": one.certainty.name(), "source": source_json(&source)})
    };
    let exclusion = |one: &Exclusion| {
        json!({"instrument": "eu/directive-2005-36", "regime": "EXCLUDED", "profession": one.profession,
            "occupations": one.occupations, "whole_code": one.whole_code, "says": one.act,
            "certainty": Certainty::Sure.name(), "source": source_json(&directive::DIRECTIVE)})
    };
    directive::regimes().map(regime).chain(directive::exclusions().map(exclusion)).collect()
}

/// A programme, as lists and answers print it.
pub fn programme_row(one: &Programme) -> Value {
    let (origins, destinations) = one.corridor;
    let stages: Vec<Value> = one
        .stages
        .iter()
        .map(|stage| json!({"name": stage.name, "months_max": stage.months_max, "test": stage.test}))
        .collect();
    let factor = |factor: Factor| {
        let known = one.factors.iter().find(|(of, _)| *of == factor).map(|(_, says)| *says);
        json!({"factor": factor.name(), "status": if known.is_some() { "STORED" } else { "GAP" }, "says": known})
    };
    json!({
        "id": one.id,
        "name": one.name,
        "instrument": one.instrument,
        "origins": origins,
        "destinations": destinations,
        "stages": stages,
        "returns": one.returns,
        "from": one.period.0.map(|day| day.to_string()),
        "until": one.period.1.map(|day| day.to_string()),
        "successor": one.successor,
        "conditions": one.conditions.iter().map(|condition| Condition::words(*condition)).collect::<Vec<_>>(),
        "success_factors": Factor::ALL.map(factor),
        "certainty": one.certainty.name(),
        "source": source_json(&one.source),
        "note": note_json(one.note),
    })
}

fn contact_row(one: &Contact) -> Value {
    json!({"origin": one.origin, "destination": one.destination, "country": one.country, "body": one.body, "basis": one.basis,
        "certainty": one.certainty.name(), "source": source_json(&one.source)})
}

fn profession_row(one: &Profession) -> Value {
    json!({
        "country": one.country,
        "isco08": one.isco08,
        "title": one.title,
        "status": "REGULATED",
        "known_from": one.since.date().to_string(),
        "certainty": Certainty::Sure.name(),
        "source": source_json(&one.source),
    })
}

fn membership_name(membership: Membership) -> String {
    match membership {
        Membership::Party(Since::Exactly(date)) => format!("party since {date}"),
        Membership::Party(Since::Attested(date)) => format!("party, attested on {date}"),
        Membership::NotAParty => "no party".to_owned(),
        Membership::Open => "unknown".to_owned(),
    }
}

fn since_json(since: Since) -> String {
    match since {
        Since::Exactly(date) => date.to_string(),
        Since::Attested(date) => format!("attested on {date}"),
    }
}

fn note_json(note: &str) -> Option<&str> {
    (!note.is_empty()).then_some(note)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_every_table_has_a_source_a_date_and_a_mark() {
        for table in Table::ALL {
            assert_eq!(Table::from_name(table.name()), Some(table));
            let rows = table.rows();
            assert!(!rows.is_empty(), "{}", table.name());
            for row in rows {
                let filled =
                    |member: &str| row["source"][member].as_str().is_some_and(|text| !text.is_empty());
                assert!(filled("title") && filled("as_of"), "{}: {row}", table.name());
                assert!(
                    ["sure", "needs-check"].contains(&row["certainty"].as_str().unwrap_or_default()),
                    "{row}"
                );
            }
        }
    }

    /// Wherever an agreement is the basis, its kind and what it binds stand beside it.
    #[test]
    fn an_instrument_never_goes_without_its_kind_and_force() {
        for row in Table::Instruments.rows() {
            let kind = row["kind"].as_str().and_then(InstrumentKind::from_name);
            assert!(kind.is_some_and(|kind| row["force"] == kind.force()), "{row}");
        }
        let mou = Table::Instruments.rows().into_iter().find(|row| row["id"] == "in-jp/titp-2017").unwrap();
        assert_eq!(mou["kind"], "MOU");
        assert!(mou["force"].as_str().unwrap().starts_with("non-binding"));
    }
}
