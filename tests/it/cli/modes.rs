//! Who may read what a ledger has on disk.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{Desk, Server};

/// `skillpass` for a user whose files everybody on the machine may read and write, were it for the shell alone.
fn careless(desk: &Desk, line: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("umask 000; exec {} {line}", env!("CARGO_BIN_EXE_skillpass"))]);
    command.current_dir(desk.path(".")).env_clear().stdin(Stdio::null());
    command
}

/// Everything at and below `path`.
fn below(path: &Path) -> Vec<PathBuf> {
    let mut all = vec![path.to_owned()];
    if path.is_dir() {
        all.extend(std::fs::read_dir(path).unwrap().flat_map(|entry| below(&entry.unwrap().path())));
    }
    all
}

/// What anybody but the operator may read or write of the ledger.
fn open_to_others(desk: &Desk) -> Vec<PathBuf> {
    let parts = ["ledger", "ledger.key", "ledger.lock"].map(|part| below(&desk.path(part)));
    assert!(parts[0].iter().any(|path| path.ends_with("sled/db")), "{parts:?}");
    let is_open = |path: &PathBuf| std::fs::metadata(path).unwrap().permissions().mode() & 0o077 != 0;
    parts.concat().into_iter().filter(is_open).collect()
}

#[test]
fn every_file_of_a_ledger_is_the_operators_alone_whatever_the_shell_says() {
    let desk = Desk::new();
    desk.found();
    let serve = "serve --data ledger --grpc 127.0.0.1:0 --http 127.0.0.1:0";
    let server = Server::of(careless(&desk, serve));
    desk.authorise(&server.url);
    let worker = desk.open_worker(&server.url);
    desk.record_training(&server.url, &worker);
    assert_eq!(open_to_others(&desk), Vec::<PathBuf>::new(), "served");
    assert_eq!(server.stop(), 0);
    // Sled writes as it closes, and whoever opens it makes what it lacks.
    for command in ["fsck --data ledger", "rebuild --data ledger"] {
        let ended = careless(&desk, command).output().unwrap();
        assert!(ended.status.success(), "{command}: {}", String::from_utf8_lossy(&ended.stderr));
        assert_eq!(open_to_others(&desk), Vec::<PathBuf>::new(), "{command}");
    }
}

#[test]
fn what_is_written_for_others_stays_readable_to_them() {
    let desk = Desk::new();
    desk.found();
    let server = Server::start(&desk, "ledger");
    let export = careless(&desk, "log export --data ledger --out public").output().unwrap();
    assert!(export.status.success(), "{}", String::from_utf8_lossy(&export.stderr));
    let mode = std::fs::metadata(desk.path("public/checkpoint")).unwrap().permissions().mode();
    assert_eq!(mode & 0o044, 0o044, "{mode:o}");
    assert_eq!(server.stop(), 0);
}
