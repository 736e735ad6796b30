//! The restore drill: backups under load, an erasure, a machine lost; the ledger is put back, nothing acknowledged is missing,
//! and whoever was erased stays so.

use std::process::Stdio;

use serde_json::Value;

use super::school::School;
use super::{Desk, Server, eventually};

/// Opens a passport whose holder key is `name.jwk`; answers the worker id.
fn open(desk: &Desk, url: &str, name: &str) -> String {
    desk.write("identity.json", super::IDENTITY);
    let line = format!(
        "worker open --key school.jwk --iss {} --country PH --claims identity.json --new-holder-key {name}.jwk --slip slips \
         --ledger {url} --json",
        super::SCHOOL
    );
    desk.line(&line).ends(0).json()["worker"].as_str().unwrap().to_owned()
}

/// Sends a file of statements while `meanwhile` runs; answers the acknowledgements.
fn under_load(desk: &Desk, url: &str, statements: &[String], meanwhile: impl FnOnce()) -> Vec<Value> {
    desk.write("load.txt", statements.join("\n"));
    let client = desk
        .command(&["append", "load.txt", "--ledger", url])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    meanwhile();
    let output = client.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn backup(desk: &Desk) -> Value {
    desk.line("backup --data ledger --to backup --json").ends(0).json()
}

fn copy(desk: &Desk, from: &str, to: &str) {
    std::fs::create_dir(desk.path(to)).unwrap();
    for item in std::fs::read_dir(desk.path(from)).unwrap() {
        let path = item.unwrap().path();
        std::fs::copy(&path, desk.path(to).join(path.file_name().unwrap())).unwrap();
    }
}

/// The whole HTTP answer, status line and all.
fn get(server: &Server, path: &str) -> String {
    use std::io::{Read as _, Write as _};
    let mut stream = std::net::TcpStream::connect(&server.pages).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: ledger\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Everything acknowledged is acknowledged again at its place; the passport of before verifies; the erased are gone.
fn all_there(desk: &Desk, data: &str, all: &[String], acknowledged: &[Value], workers: [&str; 2]) {
    let server = Server::start(desk, data);
    desk.write("all.txt", all.join("\n"));
    let again = desk.line(&format!("append all.txt --ledger {}", server.url)).ends(0);
    let again: Vec<Value> = again.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let places = |lines: &[Value]| {
        let mut places: Vec<_> = lines
            .iter()
            .map(|line| {
                (line["jti"].to_string(), line["leaf_index"].to_string(), line["recorded_at"].to_string())
            })
            .collect();
        places.sort();
        places
    };
    assert!(places(&again) == places(acknowledged), "what was acknowledged is at another place, or gone");
    let [stays, gone] = workers;
    desk.line("verify before.skillpass --trust trust.toml").ends(0);
    let out = format!("{data}-after.skillpass");
    let at = format!("--ledger {}", server.url);
    desk.line(&format!("passport export {stays} --as stays.jwk --out {out} {at}")).ends(0);
    desk.line(&format!("verify {out} --trust trust.toml")).ends(0);
    let refused = desk.line(&format!("passport show {gone} --as ledger.operator.key {at} --json"));
    assert_eq!(refused.reason(), "NOT_AVAILABLE");
    assert_eq!(server.stop(), 0);
    desk.line(&format!("fsck --data {data}")).ends(0);
}

#[test]
fn a_machine_lost_under_load_is_put_back_here_and_elsewhere() {
    let desk = Desk::new();
    desk.found();
    let server = Server::start(&desk, "ledger");
    desk.authorise(&server.url);
    desk.trust(&server.url);
    let mut school = School::new(&desk);
    let (stays, gone) = (open(&desk, &server.url, "stays"), open(&desk, &server.url, "gone"));
    desk.line(&format!(
        "passport export {stays} --ledger {} --as stays.jwk --out before.skillpass",
        server.url
    ))
    .ends(0);

    let loads = [school.passports(), school.trainings(), school.trainings()];
    let mut acknowledged = under_load(&desk, &server.url, &loads[0], || drop(backup(&desk)));
    acknowledged.extend(under_load(&desk, &server.url, &loads[1], || drop(backup(&desk))));
    let last = backup(&desk);
    assert_eq!(last["number"], 3);
    let metrics = get(&server, "/metrics");
    assert!(metrics.contains(&format!("skillpass_backup_entries {}", last["size"])), "{metrics}");
    // What no backup has: more load, an erasure; then the machine dies.
    acknowledged.extend(under_load(&desk, &server.url, &loads[2], || {
        let erase =
            format!("erase {gone} --order drill --yes --as ledger.operator.key --ledger {}", server.url);
        desk.line(&erase).ends(0);
    }));
    let published = || desk.line(&format!("log checkpoint --ledger {} --json", server.url)).ends(0).json();
    let size = acknowledged.iter().map(|line| line["leaf_index"].as_u64().unwrap()).max().unwrap() + 1;
    eventually("the last entries are published", || published()["size"].as_u64().unwrap() >= size);
    server.kill();
    std::fs::rename(desk.path("ledger"), desk.path("broken")).unwrap();
    desk.line("backup --verify --to backup").ends(0);
    let all = loads.concat();

    // On the same machine: DIR.lock knows how far was signed, and who was erased.
    let restored = desk.line("restore --from backup --data ledger --json").ends(0).json();
    assert_eq!((&restored["size"], &restored["erased_again"]), (&last["size"], &1.into()));
    assert_eq!(desk.line("serve --data ledger --json").ends(4).reason(), "LOCK_AHEAD_OF_JOURNAL");
    read_only(&desk, &stays, &gone);
    desk.line("log recover --data ledger --from broken").ends(0);
    all_there(&desk, "ledger", &all, &acknowledged, [&stays, &gone]);

    // On another machine: keys from escrow, the newest checkpoint from whoever has it, the newest keyring from the broken disk.
    copy(&desk, "ledger.key", "elsewhere.key");
    desk.line("restore --from backup --data elsewhere --keyring broken").ends(0);
    assert_eq!(desk.line("serve --data elsewhere --json").ends(4).reason(), "LOCK_MISSING");
    let newest = "--data elsewhere --checkpoint broken/log/checkpoint";
    assert_eq!(desk.line(&format!("log relock {newest} --json")).ends(4).reason(), "LOCK_AHEAD_OF_JOURNAL");
    desk.line(&format!("log recover {newest} --from broken")).ends(0);
    desk.line(&format!("log relock {newest}")).ends(0);
    all_there(&desk, "elsewhere", &all, &acknowledged, [&stays, &gone]);
}

/// The copy answers readers, records nothing, exports nothing, and knows nobody who was erased.
fn read_only(desk: &Desk, stays: &str, gone: &str) {
    let server = Server::start_with(desk, &["--data", "ledger", "--read-only"]);
    let at = format!("--ledger {}", server.url);
    desk.line(&format!("passport show {stays} --as stays.jwk {at}")).ends(0);
    let refused = desk.line(&format!("passport show {gone} --as ledger.operator.key {at} --json"));
    assert_eq!(refused.reason(), "NOT_AVAILABLE");
    let export = format!("passport export {stays} --as stays.jwk --out no.skillpass {at} --json");
    assert_eq!(desk.line(&export).reason(), "LEDGER_READ_ONLY");
    assert!(get(&server, "/readyz").contains("503"));
    assert!(get(&server, "/checkpoint").contains("ledger.example.invalid"));
    assert_eq!(server.stop(), 0);
}

#[test]
fn a_ledger_that_was_never_started_checks_clean() {
    let desk = Desk::new();
    desk.found();
    desk.line("fsck --data ledger").ends(0);
}
