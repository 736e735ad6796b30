//! The README's tour is run as it stands: every `sh` block, in order, in one shell, in an empty directory.

use std::process::Command;

/// What a person does after starting the server: waits for its line, and reads where it listens.
const READY: &str = "> ready.txt &
until grep -q ready ready.txt; do kill -0 $!; sleep 0.1; done
ledger=$(sed 's/.*grpc=\\([^ ]*\\).*/\\1/' ready.txt)
";

#[test]
fn every_block_of_the_tour_runs() {
    let readme = std::fs::read_to_string("README.md").unwrap();
    let blocks: Vec<&str> =
        readme.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(blocks.len() >= 6, "the tour lost its blocks");
    let dir = tempfile::tempdir().unwrap();
    let binary = std::path::Path::new(env!("CARGO_BIN_EXE_skillpass"));
    // The tour's fixed ports may be taken on a machine that runs a ledger: the server takes free ones and says which.
    let script = blocks
        .concat()
        .replace("--grpc 127.0.0.1:7640 --http 127.0.0.1:7641", "--grpc 127.0.0.1:0 --http 127.0.0.1:0");
    let script = script.replace("127.0.0.1:7640", "$ledger");
    // Whatever fails, the server stops with the shell: it would hold this test's pipes open.
    let script = format!("trap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n{script}");
    let script = script.replace("&\n", READY);
    let output = Command::new("bash")
        .args(["-e", "-u", "-m", "-c", &script])
        .current_dir(dir.path())
        .env("PATH", format!("{}:{}", binary.parent().unwrap().display(), std::env::var("PATH").unwrap()))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{complained}");
    assert!(said.contains("12 of 12 rows recorded"), "the import reports its twelve rows: {said}");
    assert!(dir.path().join("slips").read_dir().unwrap().count() >= 12, "a claim slip for each graduate");
}
