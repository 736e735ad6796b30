//! The ledger's own keys change while it runs; files of before still verify.

use super::{Desk, Server};

#[test]
fn ledger_and_status_keys_change_and_old_passports_still_verify() {
    let desk = Desk::new();
    desk.found();
    let server = Server::start(&desk, "ledger");
    let url = server.url.clone();
    desk.authorise(&url);
    let worker = desk.open_worker(&url);
    desk.trust(&url);
    std::fs::copy(desk.path("trust.toml"), desk.path("old.toml")).unwrap();
    let export = |name: &str, url: &str| {
        desk.line(&format!("passport export {worker} --ledger {url} --as worker.jwk --out {name}")).ends(0);
    };
    export("before.skillpass", &url);
    let asked = format!("--ledger {url} --as ledger.operator.key");
    let keys = desk.line(&format!("log key list {asked} --json")).ends(0).json();
    let old: Vec<String> =
        keys["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect();
    assert_eq!(
        desk.line(&format!("log key end --kid {} {asked} --json", old[0])).ends(1).reason(),
        "LAST_LOG_KEY"
    );
    assert_eq!(
        desk.line(&format!("log key add --use log --ledger {url} --as school.jwk --json")).ends(1).reason(),
        "OPERATOR_ONLY"
    );
    for use_ in ["log", "status"] {
        desk.line(&format!("log key add --use {use_} {asked}")).ends(0);
    }
    // While both are in force, who knows the old keys learns the new ones from the ledger itself.
    desk.trust(&url);
    export("between.skillpass", &url);
    desk.line("verify between.skillpass --trust old.toml").ends(0);
    for kid in &old {
        desk.line(&format!("log key end --kid {kid} {asked}")).ends(0);
    }
    export("after.skillpass", &url);
    assert_eq!(server.stop(), 0);
    let server = Server::start(&desk, "ledger");
    let url = server.url.clone();
    export("restarted.skillpass", &url);
    assert_eq!(server.stop(), 0);
    for file in ["before", "between", "after", "restarted"] {
        desk.line(&format!("verify {file}.skillpass")).ends(0);
    }
    desk.line("verify before.skillpass --trust old.toml").ends(0);
    desk.line("verify after.skillpass --trust old.toml").ends(3);
    desk.line("fsck --data ledger").ends(0);
}

#[test]
fn the_operators_key_is_sealed_in_place_and_then_needs_its_passphrase() {
    use std::os::unix::fs::PermissionsExt as _;
    let desk = Desk::new();
    desk.found();
    std::fs::write(desk.path("one.txt"), "correct horse\n").unwrap();
    std::fs::write(desk.path("two.txt"), "battery staple\n").unwrap();
    let key = "ledger.operator.key";
    let kid = desk.line(&format!("key show {key} --json")).ends(0).json()["kid"].clone();
    desk.line(&format!("key seal {key} --new-passphrase-file one.txt")).ends(0);
    let sealed: serde_json::Value = serde_json::from_slice(&std::fs::read(desk.path(key)).unwrap()).unwrap();
    assert!(sealed.get("d").is_none(), "the private part stands open in the file");
    assert_eq!(std::fs::metadata(desk.path(key)).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(desk.line(&format!("key show {key} --json")).ends(0).json()["kid"], kid);

    let reseal = format!("key seal {key} --new-passphrase-file two.txt --json");
    assert_eq!(desk.line(&reseal).ends(2).reason(), "PASSPHRASE_NEEDED");
    assert_eq!(
        desk.line(&format!("{reseal} --passphrase-file two.txt")).ends(2).reason(),
        "PASSPHRASE_WRONG"
    );
    desk.line(&format!("{reseal} --passphrase-file one.txt")).ends(0);

    let server = Server::start(&desk, "ledger");
    let asked = format!("log key list --ledger {} --as {key} --json", server.url);
    assert_eq!(desk.line(&asked).ends(2).reason(), "PASSPHRASE_NEEDED");
    desk.line(&format!("{asked} --passphrase-file two.txt")).ends(0);
    assert_eq!(server.stop(), 0);
}
