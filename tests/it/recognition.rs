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
    assert_eq!(all.as_object().unwrap().len(), 14);
    for (table, rows) in all.as_object().unwrap() {
        let rows = rows.as_array().unwrap();
        assert!(!rows.is_empty(), "{table}");
        for row in rows {
            let has = |member: &str| row["source"][member].as_str().is_some_and(|text| !text.is_empty());
            assert!(has("title") && has("as_of"), "{table}: {row}");
            assert!(row["certainty"].is_string(), "{table}: {row}");
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

#[test]
fn relate_shows_both_sides_where_nothing_relates_them() {
    let output = skillpass(&["relate", "ph/nqf:6", "eqf", "--json"]);
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["side_by_side"]["is_comparison"], false);
    assert_eq!(answer["side_by_side"]["target"].as_array().unwrap().len(), 8);
    let words = String::from_utf8(skillpass(&["relate", "ph/nqf:6", "eqf"]).stdout).unwrap();
    assert!(words.contains("no comparison"), "{words}");
    let edge = json(&["relate", "ie/nqf:10", "eqf", "--json"]);
    assert!(edge["side_by_side"].is_null());
}

#[test]
fn relate_names_the_candidates_of_a_country_with_several_frameworks() {
    for (level, candidates) in [
        ("gb/nqf:4", &["gb-eng/rqf", "gb-sct/scqf", "gb-wls/cqfw"][..]),
        ("lk/nqf:4", &["lk/nvq", "lk/slqf"]),
        ("NQF:4", &["de/dqr"][..0]),
        ("AQF:4", &["al/aqf", "au/aqf"]),
    ] {
        let output = skillpass(&["relate", level, "eqf", "--json"]);
        assert_eq!(output.status.code(), Some(2), "{level}");
        let error: Value = serde_json::from_slice(&output.stderr).unwrap();
        assert_eq!(error["error"]["reason"], "BARE_FRAMEWORK", "{level}");
        let message = error["error"]["message"].as_str().unwrap();
        assert!(candidates.iter().all(|id| message.contains(id)), "{message}");
    }
}

#[test]
fn support_on_a_corridor_is_found_and_an_unknown_instrument_is_refused() {
    let contacts = json(&["reference", "list", "contacts", "--from", "NP", "--to", "BH", "--json"]);
    let rows = contacts["contacts"].as_array().unwrap();
    assert!(!rows.is_empty() && rows.iter().all(|row| row["destination"] == "BH"));
    let none = json(&["reference", "list", "contacts", "--from", "BH", "--to", "NP", "--json"]);
    assert!(none["contacts"].as_array().unwrap().is_empty());
    let engineers = json(&["reference", "show", "asean/mra-engineering", "--json"]);
    assert_eq!(engineers["registers"][1]["name"], "RFPE");
    let unknown = skillpass(&["reference", "show", "asean/mra-nothing", "--json"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(String::from_utf8(unknown.stderr).unwrap().contains("UNKNOWN_INSTRUMENT"));
}

#[test]
fn a_plan_is_held_against_a_programmes_conditions() {
    for (plan, code) in [
        (&["--plan-months", "6", "--promoter-years", "3"][..], 0),
        (&["--plan-months", "2", "--promoter-years", "3"], 1),
        (&["--plan-months", "6", "--promoter-years", "2"], 1),
        (&["--plan-months", "6"], 3),
    ] {
        let args: Vec<&str> =
            ["reference", "show", "it/courses-abroad"].iter().chain(plan).copied().collect();
        assert_eq!(skillpass(&args).status.code(), Some(code), "{plan:?}");
    }
}

#[test]
fn a_checked_classification_is_listed_with_its_source_and_a_wrong_one_is_not_written() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).display().to_string();
    std::fs::write(path("isco.csv"), "code,label\n7,Craft\n71,Building\n711,Frame\n7112,Bricklayers\n")
        .unwrap();
    let keep = |sheet: &str| {
        skillpass(&[
            "reference",
            "import",
            &path(sheet),
            "--kind",
            "isco",
            "--source",
            "ILO, ISCO-08",
            "--source-date",
            "2012-05-01",
            "--out",
            &path("isco.json"),
            "--json",
        ])
    };
    std::fs::write(path("wrong.csv"), "code,label\n7,Craft\n76,Nothing\n7112,\n").unwrap();
    let refused = keep("wrong.csv");
    assert_eq!(refused.status.code(), Some(1));
    let told: Vec<Value> = refused
        .stdout
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect();
    assert_eq!(told.iter().map(|row| row["row"].as_u64().unwrap()).collect::<Vec<_>>(), [3, 4, 4]);
    assert!(!std::path::Path::new(&path("isco.json")).exists());
    assert_eq!(keep("isco.csv").status.code(), Some(0));
    let listed = json(&["reference", "list", "occupations", "--reference", &path("isco.json"), "--json"]);
    let rows = listed["occupations"].as_array().unwrap();
    assert_eq!((rows.len(), &rows[3]["title"]), (4, &"Bricklayers".into()));
    assert_eq!((&rows[3]["skill_levels"][0], &rows[3]["source"]["as_of"]), (&2.into(), &"2012-05-01".into()));
    let other = skillpass(&["reference", "list", "fields", "--reference", &path("isco.json")]);
    assert_eq!(other.status.code(), Some(2), "another table");
}
