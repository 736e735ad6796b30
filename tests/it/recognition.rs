//! `skillpass relate` and `skillpass reference list`, as people run them.

use std::process::{Command, Output};

use serde_json::Value;

fn skillpass(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_skillpass")).args(args).output().unwrap()
}

fn json(args: &[&str]) -> Value {
    let output = skillpass(args);
    assert_eq!(output.status.code(), Some(0), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn relate_answers_an_edge_with_its_source_and_date() {
    let answer = json(&["relate", "ie/nqf:10", "eqf", "--as-of", "2025-06-01", "--json"]);
    assert_eq!(
        (&answer["answer"], &answer["level"], &answer["kind"]),
        (&"Edge".into(), &"8".into(), &"referenced".into())
    );
    assert_eq!(answer["source"]["as_of"], "2024");
    assert!(answer["source"]["title"].as_str().unwrap().contains("Cedefop"));
}

#[test]
fn relate_never_invents_an_equivalence() {
    for (level, target, expected) in [
        ("ph/nqf:6", "eqf", "NoPublishedRelation"),
        ("my/mqf:6", "eqf", "NoPublishedRelation"),
        ("ba/nqf:6", "eqf", "FrameworkNotReferenced"),
        ("bg/nqf:0", "eqf", "LevelBelowRange"),
        ("gb-sct/nqf:11", "eqf", "Historic"),
        ("ph/nqf:6", "aqrf", "NeedsCheck"),
    ] {
        let output = skillpass(&["relate", level, target, "--json"]);
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(answer["answer"], expected, "{level} {target}");
        assert_eq!(output.status.code(), Some(3), "{level} {target}: only an edge is an answer to build on");
        let words = String::from_utf8(skillpass(&["relate", level, target]).stdout).unwrap();
        assert!(words.starts_with(expected), "{words}");
    }
}

#[test]
fn relate_refuses_a_name_of_several_frameworks_with_the_candidates() {
    let output = skillpass(&["relate", "PQF:6", "eqf", "--json"]);
    assert_eq!(output.status.code(), Some(2));
    let error: Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!(error["error"]["reason"], "BARE_FRAMEWORK");
    let message = error["error"]["message"].as_str().unwrap();
    assert!(["ph/pqf", "pl/prk", "pacific-pqf"].iter().all(|id| message.contains(id)), "{message}");
}

#[test]
fn every_listed_row_names_its_source() {
    let all = json(&["reference", "list", "--json"]);
    for table in ["frameworks", "relations", "instruments", "professions"] {
        let rows = all[table].as_array().unwrap();
        assert!(!rows.is_empty(), "{table}");
        for row in rows {
            let source = row["source"].as_str().or_else(|| row["source"]["title"].as_str());
            assert!(source.is_some_and(|source| !source.is_empty()), "{table}: {row}");
        }
    }
    assert_eq!(json(&["reference", "list", "professions", "--json"]).as_object().unwrap().len(), 1);
}

#[test]
fn what_relate_calls_an_edge_is_in_the_list() {
    let all = json(&["reference", "list", "relations", "--json"]);
    let rows = all["relations"].as_array().unwrap();
    let row = rows.iter().find(|row| row["framework"] == "ie/nfq" && row["level"] == "10").unwrap();
    assert_eq!((&row["target"], &row["target_level"]), (&"eqf".into(), &"8".into()));
}
