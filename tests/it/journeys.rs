//! The ten journeys, played by `demo` through two real ledgers, hold to what `tests/journeys` says they must show.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use crate::cli::{Desk, Server};

/// One file of `tests/journeys`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    #[serde(default)]
    view: Vec<View>,
    #[serde(default)]
    returnee: Vec<Returnee>,
    #[serde(default)]
    assess: Vec<Assess>,
    #[serde(default)]
    gaps: Vec<Gaps>,
    #[serde(default)]
    refused: Vec<Refused>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct View {
    of: String,
    on: String,
    from: String,
    shows: Vec<String>,
    #[serde(default)]
    never: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Returnee {
    on: String,
    returned_from: String,
    gained_abroad: Vec<String>,
    next_steps: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Assess {
    at: String,
    destination: String,
    occupation: String,
    purpose: String,
    state: String,
    exit: i32,
    #[serde(default)]
    checks: std::collections::BTreeMap<String, String>,
    #[serde(default)]
    says: Vec<String>,
    #[serde(default)]
    never: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Gaps {
    on: String,
    standard: String,
    missing: Vec<String>,
    state: String,
    exit: i32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Refused {
    event: String,
    reason: String,
}

pub(crate) fn source(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The demo's outcome in `tour/`, both ledgers served again on the real clock.
struct Played {
    desk: Desk,
    servers: [Server; 2],
    story: String,
}

impl Played {
    fn all() -> Self {
        let desk = Desk::new();
        let story = desk.line("demo --out tour").ends(0).stdout;
        let servers =
            ["origin", "destination"].map(|side| Server::start(&desk, &format!("tour/ledgers/{side}")));
        Self { desk, servers, story }
    }

    fn worker(&self, journey: &str) -> String {
        let shown =
            format!("passport show tour/passports/{journey}.skillpass --trust tour/trust.toml --json");
        self.desk.line(&shown).ends(0).json()["worker"].as_str().unwrap().to_owned()
    }

    /// What both ledgers together show, or the worker's joined file.
    fn view(&self, journey: &str, worker: &str, view: &View) -> Vec<Value> {
        let (of, on) = (&view.of, &view.on);
        if view.from == "file" {
            let line = format!(
                "passport show tour/passports/{journey}.skillpass --trust tour/trust.toml --view {of} --valid-at {on} --json"
            );
            return vec![self.desk.line(&line).ends(0).json()];
        }
        let of_ledger = |server: &Server| {
            let line = format!(
                "passport show {worker} --ledger {} --as tour/keys/{journey}.holder.jwk --view {of} --known-at {on}T23:59:59Z \
                 --valid-at {on} --json",
                server.url
            );
            let answer = self.desk.line(&line);
            // A ledger that never knew the worker says what it says of nobody.
            (answer.code == 0).then(|| answer.json())
        };
        self.servers.iter().filter_map(of_ledger).collect()
    }
}

fn line(record: &Value) -> String {
    let text = |name: &str| record[name].as_str().unwrap_or_default().to_owned();
    let mut line = [text("section"), text("title"), text("country"), text("standing")]
        .join(" | ")
        .replace("|  |", "| |");
    for outcome in ["decision", "result"].map(text).into_iter().filter(|outcome| !outcome.is_empty()) {
        line = format!("{line} | {outcome}");
    }
    line
}

fn lines(passports: &[Value]) -> BTreeSet<String> {
    let sections = passports.iter().flat_map(|passport| passport["sections"].as_object().unwrap().values());
    sections.flat_map(|records| records.as_array().unwrap()).map(line).collect()
}

fn titles(list: &Value) -> BTreeSet<String> {
    list.as_array().unwrap().iter().map(|one| one["title"].as_str().unwrap().to_owned()).collect()
}

/// What differs, as a reader of the test would want it.
fn differences(expected: &BTreeSet<String>, shown: &BTreeSet<String>) -> Vec<String> {
    let missing = expected.difference(shown).map(|line| format!("missing: {line}"));
    missing.chain(shown.difference(expected).map(|line| format!("not expected: {line}"))).collect()
}

/// What is said, without hashes, thumbprints and worker ids: in random letters any short word turns up some day.
fn without_random_names(text: &str) -> String {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let mut said = String::new();
    for part in text.split_inclusive(|c| !is_of_name(c)) {
        let name = part.trim_end_matches(|c| !is_of_name(c));
        let is_random = name.len() == 43 || name.starts_with("wkr_");
        said.push_str(if is_random { &part[name.len()..] } else { part });
    }
    said
}

fn check_views(played: &Played, journey: &str, expected: &Expected, faults: &mut Vec<String>) {
    let worker = played.worker(journey);
    for view in &expected.view {
        let place = format!("{journey}, {} view of {} from {}", view.of, view.on, view.from);
        let passports = played.view(journey, &worker, view);
        let wanted: BTreeSet<String> = view.shows.iter().cloned().collect();
        faults.extend(
            differences(&wanted, &lines(&passports)).into_iter().map(|what| format!("{place}: {what}")),
        );
        let text = without_random_names(&serde_json::to_string(&passports).unwrap());
        let spoken = view.never.iter().filter(|word| text.contains(*word));
        faults.extend(spoken.map(|word| format!("{place}: says `{word}`")));
        if view.of == "employer" && passports.iter().any(|passport| !passport["returnee"].is_null()) {
            faults.push(format!("{place}: an employer sees what is for the home authority"));
        }
    }
    for wanted in &expected.returnee {
        let view = View {
            of: "home".into(),
            on: wanted.on.clone(),
            from: "file".into(),
            shows: vec![],
            never: vec![],
        };
        let shown = played.view(journey, &worker, &view).remove(0);
        let returnee = &shown["returnee"];
        let place = format!("{journey}, returnee on {}", wanted.on);
        if returnee["returned_from"] != wanted.returned_from.as_str() {
            faults.push(format!("{place}: {returnee}"));
            continue;
        }
        let gained: BTreeSet<String> = wanted.gained_abroad.iter().cloned().collect();
        let differing = differences(&gained, &titles(&returnee["gained_abroad"]));
        faults.extend(differing.into_iter().map(|what| format!("{place}: {what}")));
        let steps = returnee["next_steps"].to_string();
        let unsaid = wanted.next_steps.iter().filter(|words| !steps.contains(*words));
        faults.extend(unsaid.map(|words| format!("{place}: `{words}` not in {steps}")));
    }
}

fn check_answers(played: &Played, journey: &str, expected: &Expected, faults: &mut Vec<String>) {
    for wanted in &expected.assess {
        let Assess { at, destination, occupation, purpose, .. } = wanted;
        let place = format!("{journey}, assess {destination} {occupation} {purpose} at {at}");
        let answer = played.desk.line(&format!(
            "assess tour/passports/{journey}.skillpass --trust tour/trust.toml --destination {destination} --occupation {occupation} \
             --purpose {purpose} --at {at} --json"
        ));
        let json = answer.json();
        if (answer.code, json["state"].as_str()) != (wanted.exit, Some(wanted.state.as_str())) {
            faults.push(format!("{place}: exit {} {}: {}", answer.code, json["state"], json["checks"]));
        }
        for (check, status) in &wanted.checks {
            let rows = json["checks"].as_array().unwrap().iter().filter(|row| row["check"] == check.as_str());
            if !rows.clone().any(|row| row["status"] == status.as_str()) {
                faults.push(format!("{place}: {check} is not {status}: {:?}", rows.collect::<Vec<_>>()));
            }
        }
        let unsaid = wanted.says.iter().filter(|words| !answer.stdout.contains(*words));
        faults.extend(unsaid.map(|words| format!("{place}: does not say `{words}`: {}", answer.stdout)));
        let said = without_random_names(&answer.stdout);
        let spoken = wanted.never.iter().filter(|words| said.contains(*words));
        faults.extend(spoken.map(|words| format!("{place}: says `{words}`")));
    }
    for wanted in &expected.gaps {
        let place = format!("{journey}, gaps on {}", wanted.on);
        let answer = played.desk.line(&format!(
            "gaps tour/passports/{journey}.skillpass --trust tour/trust.toml --ledger {} --standard \
             https://tvet-council-bb.demo.invalid/standards/{} --at {} --json",
            played.servers[1].url, wanted.standard, wanted.on
        ));
        let json = answer.json();
        let missing: Vec<&str> =
            json["missing"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        if (answer.code, json["state"].as_str(), &missing)
            != (
                wanted.exit,
                Some(wanted.state.as_str()),
                &wanted.missing.iter().map(String::as_str).collect(),
            )
        {
            faults.push(format!("{place}: exit {} {} {missing:?}", answer.code, json["state"]));
        }
    }
    for wanted in &expected.refused {
        if !played.story.contains(&format!("({})", wanted.reason)) || !played.story.contains(&wanted.event) {
            faults.push(format!(
                "{journey}: the story tells of no {} refused with {}",
                wanted.event, wanted.reason
            ));
        }
    }
}

#[test]
fn random_names_say_nothing() {
    let hash = "sex-B1_".repeat(7)[..43].to_owned();
    let text = format!("{{\"hash\":\"{hash}\",\"worker\":\"wkr_sex0\",\"title\":\"B1 course\"}}");
    assert_eq!(without_random_names(&text), "{\"hash\":\"\",\"worker\":\"\",\"title\":\"B1 course\"}");
}

#[test]
fn every_journey_shows_what_was_written_down_before_it_was_built() {
    let played = Played::all();
    let mut faults = Vec::new();
    let mut journeys = 0;
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(source("tests/journeys")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for path in files.iter().filter(|path| path.extension().is_some_and(|end| end == "toml")) {
        let journey = path.file_stem().unwrap().to_str().unwrap();
        let expected: Expected = toml::from_str(&std::fs::read_to_string(path).unwrap())
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(source("src/cli/demo/journeys").join(path.file_name().unwrap()).exists(), "{journey}");
        check_views(&played, journey, &expected, &mut faults);
        check_answers(&played, journey, &expected, &mut faults);
        journeys += 1;
    }
    assert_eq!(journeys, 10);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
