//! Two presentations of one worker with disjoint records share nothing but what anyone may share.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::Value;
use skillpass::crypto::{base64_decode, base64url_decode};
use skillpass::passport::{Check, PassportFile, Status, verify};
use skillpass::statement::Unverified;

use super::scenario::Scenario;

/// Every 16-byte window of every binary value inside a JSON value: strings that are base64url (or base64) of at least 16
/// bytes, the parts of JWTs and disclosures that are JSON looked into in turn, ids as their 16 bytes.
fn values(value: &Value, found: &mut BTreeSet<[u8; 16]>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| values(item, found)),
        Value::Object(members) => members.values().for_each(|member| values(member, found)),
        Value::String(text) => text.split(['~', '.', '\n', ' ']).for_each(|part| atom(part, found)),
        _ => {}
    }
}

fn atom(text: &str, found: &mut BTreeSet<[u8; 16]>) {
    if let Some(id) = text.strip_prefix("urn:uuid:").and_then(|id| uuid::Uuid::parse_str(id).ok()) {
        found.insert(id.into_bytes());
    }
    let Ok(bytes) = base64url_decode(text).or_else(|_| base64_decode(text)) else { return };
    match serde_json::from_slice::<Value>(&bytes) {
        Ok(inner) if inner.is_object() => return values(&inner, found),
        // A disclosure: salt, name, value. The names are the vocabulary's.
        Ok(inner) if inner.is_array() => return [0, 2].iter().for_each(|part| values(&inner[*part], found)),
        _ => {}
    }
    found.extend(bytes.windows(16).map(|window| <[u8; 16]>::try_from(window).unwrap()));
}

fn of(value: &Value) -> BTreeSet<[u8; 16]> {
    let mut found = BTreeSet::new();
    values(value, &mut found);
    found
}

/// What presentations may share: the ledger's part but for standing tokens, proofs, keys of bodies, and the evidence.
fn common(bytes: &[u8]) -> BTreeSet<[u8; 16]> {
    let json: Value = serde_json::from_slice(bytes).unwrap();
    let file = PassportFile::parse(bytes).unwrap();
    let mut ledgers = json["ledgers"].clone();
    for ledger in ledgers.as_array_mut().unwrap() {
        ledger.as_object_mut().unwrap().remove("standing");
    }
    let mut found = of(&ledgers);
    for (index, statement) in json["statements"].as_array().unwrap().iter().enumerate() {
        found.extend(of(&statement["proof"]));
        let kid = Unverified::parse(statement["sdjwt"].as_str().unwrap()).unwrap().clear().kid.clone();
        found.extend(of(&kid.into()));
        let token = file.standing_token(index).unwrap();
        let header = base64url_decode(token.split('.').next().unwrap()).unwrap();
        found.extend(of(&serde_json::from_slice(&header).unwrap()));
        if file.holder.contains(&index) {
            found.extend(of(statement));
            found.extend(of(&token.into()));
        }
    }
    let binding = json["presentation"].as_str().unwrap().split('.').next().unwrap();
    found.extend(of(&serde_json::from_slice(&base64url_decode(binding).unwrap()).unwrap()));
    found
}

fn shared(one: &[u8], other: &[u8]) -> usize {
    let [a, b] = [one, other].map(|bytes| of(&serde_json::from_slice(bytes).unwrap()));
    let allowed = common(one);
    a.intersection(&b).filter(|value| !allowed.contains(*value)).count()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn disjoint_presentations_share_no_16_bytes(first in prop::collection::btree_set(2_usize..8, 1..5)) {
        let second: Vec<usize> = (2..8).filter(|revision| !first.contains(revision)).collect();
        prop_assume!(!second.is_empty());
        let mut scenario = Scenario::new();
        scenario.training("Scaffolding");
        scenario.assessment("FAILED");
        let file = scenario.export();
        let first: Vec<usize> = first.into_iter().collect();
        let [one, other] = [first, second].map(|shown| file.present(&scenario.request(&shown), &scenario.holder).unwrap());
        prop_assert_eq!(shared(&one, &other), 0);
        // The measure sees what is shared: the same record shown twice.
        let again = file.present(&scenario.request(&[2]), &scenario.holder).unwrap();
        prop_assert!(shared(&again, &again) > 0);
    }
}

#[test]
fn a_presentation_opens_no_link_and_names_no_hidden_record() {
    let mut scenario = Scenario::new();
    let file = scenario.export();
    let text = String::from_utf8(scenario.present(&[2])).unwrap();
    for hidden in ["n_l", "revision\":2"] {
        assert!(!text.contains(hidden), "{hidden}");
    }
    for (index, statement) in file.statements.iter().enumerate().filter(|(index, _)| ![1, 2].contains(index))
    {
        assert!(!text.contains(statement.jwt()), "{index}");
        assert!(!text.contains(file.standing_token(index).unwrap()), "{index}");
    }
    assert!(!text.contains(file.ledgers[0].heads.last().unwrap()), "the worker's head token stays behind");
}

#[test]
fn a_named_holder_key_ties_without_sub() {
    let mut scenario = Scenario::opened("ledger.ph.example.invalid");
    scenario.tick();
    let holder = skillpass::crypto::PrivateKey::from_jwk(&scenario.holder.to_jwk()).unwrap();
    let claims = super::scenario::example(skillpass::event::Kind::TrainingCompleted, scenario.worker, "PH");
    let mut claims = claims;
    claims.as_object_mut().unwrap().retain(|name, _| {
        ["sub", "issuing_country", "title", "learning_setting", "completed_on"].contains(&name.as_str())
    });
    scenario.by_provider(skillpass::event::Kind::TrainingCompleted, Some(&holder), claims);
    let bytes = scenario.present(&[2]);
    assert!(!of(&serde_json::from_slice(&bytes).unwrap()).is_empty());
    let report = verify(&bytes, &scenario.trust(), &scenario.options());
    assert_eq!(report.exit_code(), 0, "{:#?}", super::verification::rows_with(&report, Status::Fail));
    let file = PassportFile::parse(&bytes).unwrap();
    for statement in &file.statements {
        let shown: Vec<String> = statement
            .sdjwt
            .split('~')
            .filter_map(|part| base64url_decode(part).ok())
            .filter_map(|bytes| String::from_utf8(bytes).ok())
            .collect();
        assert!(!shown.iter().any(|disclosure| disclosure.contains("\"sub\"")), "{shown:?}");
    }
    assert!(report.checks.iter().any(|row| row.check == Check::KeyBinding && row.status == Status::Pass));
}
