//! Whatever stands in whatever place of a file: never a panic, never a second valid file.

use proptest::prelude::*;
use serde_json::Value;
use skillpass::crypto::{hex_encode, sha256};
use skillpass::passport::{Verdict, verify};

use super::scenario::Scenario;

/// Every place in a JSON value, as paths of keys and indexes.
fn places(value: &Value, here: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    let inside: Vec<(String, &Value)> = match value {
        Value::Array(items) => items.iter().enumerate().map(|(at, item)| (at.to_string(), item)).collect(),
        Value::Object(members) => members.iter().map(|(name, member)| (name.clone(), member)).collect(),
        _ => vec![],
    };
    for (name, child) in inside {
        here.push(name);
        found.push(here.clone());
        places(child, here, found);
        here.pop();
    }
}

fn at<'a>(value: &'a mut Value, path: &[String]) -> &'a mut Value {
    path.iter().fold(value, |value, step| match value {
        Value::Array(items) => &mut items[step.parse::<usize>().unwrap()],
        _ => &mut value[step.as_str()],
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 250, ..ProptestConfig::default() })]

    /// Whatever stands in whatever place, the digest made right: no panic, and nothing but the original is valid.
    #[test]
    fn no_part_can_be_replaced(place in any::<prop::sample::Index>(), other in any::<prop::sample::Index>(), how in 0_u8..8) {
        let mut scenario = Scenario::opened("ledger.ph.example.invalid");
        let original: Value = serde_json::from_slice(&scenario.export().encode()).unwrap();
        let mut found = vec![];
        places(&original, &mut vec![], &mut found);
        found.retain(|path| path[0] != "digest");
        let path = &found[place.index(found.len())];
        let mut changed = original.clone();
        let donor = at(&mut changed.clone(), &found[other.index(found.len())]).clone();
        let target = at(&mut changed, path);
        *target = match (how, target.clone()) {
            (0, _) => Value::Null,
            (1, _) => u64::MAX.into(),
            (2, _) => "".into(),
            (3, Value::Array(items)) => items.into_iter().skip(1).collect(),
            (4, Value::Array(items)) => items.into_iter().rev().collect(),
            (5, Value::Array(items)) => items.iter().chain(&items).cloned().collect(),
            (6, Value::Number(number)) => number.as_u64().map_or(0, |number| number ^ 1).into(),
            _ => donor,
        };
        prop_assume!(changed != original);
        changed.as_object_mut().unwrap().shift_remove("digest");
        let mut body = changed.to_string();
        body.pop();
        let digest = hex_encode(sha256(&[body.as_bytes()]));
        let bytes = format!("{body},\"digest\":\"{digest}\"}}\n");
        let report = verify(bytes.as_bytes(), &scenario.trust(), &scenario.options());
        prop_assert_ne!(report.verdict, Verdict::Valid, "{:?}", path);
    }
}
