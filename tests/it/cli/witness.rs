//! `skillpass witness` and a ledger that asks it, as two operators run them.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use super::{Desk, Server};

/// A running `skillpass witness serve`; killed when dropped.
pub(super) struct WitnessServer(Child, String);

impl WitnessServer {
    fn start(desk: &Desk) -> Self {
        let args = ["witness", "serve", "--data", "witness", "--http", "127.0.0.1:0"];
        let mut child = desk.command(&args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut ready = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        let http = ready.trim().strip_prefix("ready http=").unwrap_or_else(|| panic!("not ready: {ready:?}"));
        let url = format!("http://{http}/");
        Self(child, url)
    }
}

/// Founds a witness of the desk's ledger and starts it; answers with the policy that asks for it.
pub(super) fn witnessed(desk: &Desk) -> (WitnessServer, String) {
    let vkey = desk.read("vkey");
    let made =
        desk.run(&["witness", "init", "--data", "witness", "--name", "w.example.invalid", "--log", &vkey]);
    let key = made.ends(0).stdout.trim().to_owned();
    let shown = desk.line("witness show --data witness --json").ends(0).json();
    assert_eq!((shown["vkey"].as_str(), shown["logs"][0].as_str()), (Some(&*key), Some(&*vkey)));
    let witness = WitnessServer::start(desk);
    let policy = format!("witness w {key} {}\nquorum w\n", witness.1);
    desk.write("config.toml", format!("[witness]\npolicy = \"\"\"\n{policy}\"\"\"\n"));
    (witness, policy)
}

impl Drop for WitnessServer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_ledger_and_its_witness_run_as_two_commands_and_the_passport_shows_it() {
    let desk = Desk::new();
    desk.found();
    let (_witness, policy) = witnessed(&desk);
    let server = Server::start_with(&desk, &["--data", "ledger", "--config", "config.toml"]);
    desk.authorise(&server.url);
    desk.trust(&server.url);
    let worker = desk.open_worker(&server.url);
    let export =
        format!("passport export {worker} --as worker.jwk --ledger {} --out worker.skillpass", server.url);
    desk.line(&export).ends(0);
    let trust = format!("witness_policy = \"\"\"\n{policy}\"\"\"\n{}", desk.read("trust.toml"));
    desk.write("trust.toml", trust);
    let report = desk.line("verify worker.skillpass --trust trust.toml --json").ends(0).json();
    let quorum: Vec<_> =
        report["checks"].as_array().unwrap().iter().filter(|row| row["check"] == "witness_quorum").collect();
    assert_eq!(quorum.len(), 1);
    assert_eq!(quorum[0]["status"], "PASS", "{report:#}");
    assert_eq!(server.stop(), 0);
}

#[test]
fn a_witness_is_never_overwritten_and_needs_a_logs_key() {
    let desk = Desk::new();
    desk.line("witness init --data witness --name w.example.invalid").ends(0);
    assert_eq!(
        desk.line("witness init --data witness --name w.example.invalid --json").ends(4).reason(),
        "EXISTS"
    );
    let follow = desk.line("witness follow --data witness --log garbage --json").ends(2);
    assert_eq!(follow.reason(), "WITNESS_FILE_INVALID");
    assert_eq!(desk.line("witness serve --data nowhere --json").ends(4).reason(), "FILE_UNREADABLE");
    let reached = desk.line("witness serve --data witness --http 0.0.0.0:0 --json").ends(2);
    assert_eq!(reached.reason(), "NOT_LOOPBACK");
}

#[test]
fn a_policy_without_addresses_is_a_mistake_of_the_configuration() {
    let desk = Desk::new();
    desk.found();
    desk.write("config.toml", "[witness]\npolicy = \"quorum none\"\n");
    let answer = desk.line("serve --data ledger --config config.toml --json").ends(2);
    assert_eq!(answer.reason(), "CONFIGURATION_INVALID");
}
