//! What another implementation of the six checks needs of the tables here, as data: rules are its own to write.

use serde_json::{Value, json};

use super::edges;
use super::framework::Framework;
use super::instruments::{InForce, Instrument, Membership, Parties, instruments};
use super::professions::professions;
use super::source::{Certainty, Since};
use crate::event::vocab::frameworks;

/// `{frameworks, relations, instruments, professions}`.
pub fn vocabulary() -> Value {
    json!({
        "frameworks": frameworks::all().map(framework).collect::<Vec<_>>(),
        "relations": edges::all().map(relation).collect::<Vec<_>>(),
        "instruments": instruments().map(instrument).collect::<Vec<_>>(),
        "professions": professions()
            .map(|row| json!({"isco08": row.isco08, "country": row.country, "since": since(row.since)}))
            .collect::<Vec<_>>(),
    })
}

fn framework(one: &frameworks::Framework) -> Value {
    let editions = one.editions.iter().map(|edition| {
        json!({
            "version": edition.version,
            "levels": edition.levels,
            "from": edition.from,
            "until": edition.until,
        })
    });
    json!({
        "id": one.id,
        "also": one.also,
        "reference_only": one.reference_only,
        "editions": editions.collect::<Vec<_>>(),
    })
}

fn relation(edge: &edges::Referencing) -> Value {
    json!({
        "framework": Framework::resolve(edge.framework).map_or(edge.framework, Framework::id),
        "target": edge.target,
        "kind": edge.kind.map(edges::EdgeKind::name),
        "sure": edge.certainty == Certainty::Sure,
        "since": since(edge.since),
        "rows": edge.rows().map(|row| json!([row.national, row.regional, row.open])).collect::<Vec<_>>(),
    })
}

fn instrument(one: &Instrument) -> Value {
    let in_force = match one.in_force {
        InForce::From(begun) => since(begun),
        InForce::Planned => "planned".into(),
        InForce::NotStored | InForce::Adopted => Value::Null,
    };
    let parties = match one.parties {
        Parties::All(list) => Some((list, true)),
        Parties::Some(list) => Some((list, false)),
        Parties::NotStates => None,
    };
    let parties = parties.map(|(list, whole)| {
        let party = |party: &super::instruments::Party| {
            let membership = match party.membership {
                Membership::Party(begun) => since(begun),
                Membership::NotAParty => "no".into(),
                Membership::Open => "open".into(),
            };
            json!({"country": party.country, "membership": membership})
        };
        json!({"whole": whole, "list": list.iter().map(party).collect::<Vec<_>>()})
    });
    json!({
        "id": one.id,
        "title": one.title,
        "kind": one.kind.name(),
        "force": one.kind.force(),
        "occupations": one.occupations,
        "in_force": in_force,
        "parties": parties,
    })
}

fn since(since: Since) -> Value {
    json!({"on": since.date().to_string(), "exact": matches!(since, Since::Exactly(_))})
}
