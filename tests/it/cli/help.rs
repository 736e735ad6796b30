//! Every command teaches: its help ends well and shows an example.

use super::Desk;

/// The subcommands a help text lists.
fn listed(help: &str) -> Vec<String> {
    let Some((_, rest)) = help.split_once("\nCommands:\n") else { return vec![] };
    rest.lines()
        .take_while(|line| line.starts_with("  "))
        .filter(|line| !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next().map(str::to_owned))
        .filter(|name| name != "help")
        .collect()
}

#[test]
fn every_subcommands_help_shows_an_example() {
    let desk = Desk::new();
    let mut open: Vec<Vec<String>> = vec![vec![]];
    let mut leaves = 0;
    while let Some(command) = open.pop() {
        let mut args: Vec<&str> = command.iter().map(String::as_str).collect();
        args.push("--help");
        let help = desk.run(&args).ends(0).stdout;
        let below = listed(&help);
        if below.is_empty() {
            assert!(help.contains("Example"), "skillpass {} --help shows no example", command.join(" "));
            assert!(
                help.contains("skillpass "),
                "skillpass {} --help shows no command to copy",
                command.join(" ")
            );
            for line in help.lines().filter(|line| line.starts_with("  skillpass ") || line.ends_with('\\')) {
                // Longer lines are wrapped on an ordinary terminal, and break when they are copied.
                assert!(line.chars().count() <= 80, "skillpass {} --help: {line}", command.join(" "));
            }
            leaves += 1;
        }
        open.extend(below.into_iter().map(|name| [command.clone(), vec![name]].concat()));
    }
    // Fewer would mean that the list above was not read.
    assert!(leaves >= 30, "{leaves} commands");
}

#[test]
fn the_command_alone_teaches() {
    let answer = Desk::new().run(&[]).ends(0);
    assert!(answer.stdout.contains("From nothing to a verified passport"));
}

#[test]
fn a_reader_that_leaves_is_no_panic() {
    use std::io::Read as _;
    let desk = Desk::new();
    let mut child = desk
        .command(&["kinds", "--json"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert_eq!((child.wait().unwrap().code(), stderr.as_str()), (Some(0), ""));
}
