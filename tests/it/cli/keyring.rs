//! The keyring rotated from the command line, as the runbook says: beside a running ledger, and of a stopped one.

use std::path::Path;

use super::{Desk, Server};

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(dir)
        .unwrap()
        .map(|item| item.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn generations(desk: &Desk) -> (Vec<String>, Vec<String>) {
    let kept =
        names(&desk.path("ledger.key")).into_iter().filter(|name| name.starts_with("generation")).collect();
    (kept, names(&desk.path("escrow")))
}

#[test]
fn the_keyring_rotates_beside_a_running_ledger_and_stopped_and_only_to_an_escrowed_key() {
    let desk = Desk::new();
    desk.found();
    let server = Server::start(&desk, "ledger");
    desk.authorise(&server.url);
    let worker = desk.open_worker(&server.url);
    let rotate = format!("keyring rotate --ledger {} --as ledger.operator.key --json", server.url);

    let absent = desk.line("keyring escrow --data ledger --to escrow --json");
    assert_eq!(absent.ends(4).reason(), "FILE_FAILED");
    std::fs::create_dir(desk.path("escrow")).unwrap();
    assert_eq!(desk.line(&format!("{rotate} --escrowed {}", "0".repeat(64))).reason(), "NOT_ESCROWED");
    desk.line("keyring escrow --data ledger --to escrow").ends(0);
    let rotated = desk.line(&format!("{rotate} --escrow escrow")).ends(0).json();
    assert_eq!(rotated["generation"], 2);
    let only = |name: &str| vec![name.to_owned()];
    assert_eq!(generations(&desk), (only("generation-0002.key"), only("generation-0002.key")));
    let show = format!("passport show {worker} --ledger {} --as ledger.operator.key", server.url);
    desk.line(&show).ends(0);
    assert_eq!(server.stop(), 0);

    desk.line("keyring escrow --data ledger --to escrow").ends(0);
    let rotated = desk.line("keyring rotate --data ledger --escrow escrow --json").ends(0).json();
    assert_eq!(rotated["generation"], 3);
    assert_eq!(generations(&desk), (only("generation-0003.key"), only("generation-0003.key")));
    desk.line("fsck --data ledger").ends(0);
}
