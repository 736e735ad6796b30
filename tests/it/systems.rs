//! `docs/systems.md` and `docs/invariants.md` name commands and tests: each exists.

use std::path::Path;

use crate::cli::Desk;
use crate::journeys::source;

/// What stands between backticks, row by row.
fn quoted(text: &str) -> Vec<&str> {
    text.lines()
        .filter(|line| line.starts_with("| "))
        .flat_map(|line| line.split('`').skip(1).step_by(2))
        .collect()
}

pub(crate) fn sources(dir: &Path, into: &mut String) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|end| end == "rs") {
            into.push_str(&std::fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn every_rule_of_the_twenty_names_tests_that_exist() {
    let text = std::fs::read_to_string(source("docs/invariants.md")).unwrap();
    let mut code = String::new();
    sources(&source("src"), &mut code);
    sources(&source("tests/it"), &mut code);
    let missing: Vec<&str> =
        quoted(&text).into_iter().filter(|name| !code.contains(&format!("fn {name}("))).collect();
    assert!(missing.is_empty(), "{missing:?}");
    for rule in 1..=20 {
        let row = text.lines().find(|line| line.starts_with(&format!("| {rule}. ")));
        assert!(row.is_some_and(|row| row.contains('`')), "rule {rule}");
    }
}

#[test]
fn every_system_of_the_table_names_a_command_or_a_test_that_exists() {
    let text = std::fs::read_to_string(source("docs/systems.md")).unwrap();
    let mut code = String::new();
    sources(&source("src"), &mut code);
    sources(&source("tests/it"), &mut code);
    let help = Desk::new().line("--help").ends(0).stdout;
    let is_command = |name: &str| help.lines().any(|line| line.split_whitespace().next() == Some(name));
    let mut faults = Vec::new();
    for quote in quoted(&text) {
        let exists = match quote.strip_prefix("skillpass ") {
            Some(command) => is_command(command.split(' ').next().unwrap()),
            None if quote.starts_with("--") => true,
            None => code.contains(&format!("fn {quote}(")),
        };
        if !exists {
            faults.push(quote.to_owned());
        }
    }
    let shown = text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("|---"));
    let (table, _) = text.split_once("## Left out").unwrap();
    let unshown = table
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| system") && !line.contains('`'));
    faults.extend(unshown.map(str::to_owned));
    assert!(shown.count() > 50 && faults.is_empty(), "{faults:#?}");
}
