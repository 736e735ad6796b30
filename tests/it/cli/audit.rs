//! `skillpass audit` against real servers: an honest ledger stays consistent; a fork, a rewritten log and a lying token leave
//! evidence.

use std::path::Path;

use serde_json::Value;
use skillpass::crypto::PrivateKey;
use skillpass::passport::PassportFile;
use skillpass::passport::token::{STANDING_TYP, StatusCode, Unchecked};
use skillpass::statement::jws;
use skillpass::tlog::{SignedCheckpoint, VerifierKey};

use super::{Desk, SCHOOL, Server};

/// A ledger with a school, a worker with one record, and a trust file.
fn ledger(desk: &Desk) -> (Server, String) {
    desk.found();
    let server = Server::start(desk, "ledger");
    desk.authorise(&server.url);
    desk.trust(&server.url);
    let worker = desk.open_worker(&server.url);
    (server, worker)
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for item in std::fs::read_dir(from).unwrap() {
        let item = item.unwrap();
        let target = to.join(item.file_name());
        if item.path().is_dir() {
            copy(&item.path(), &target);
        } else {
            std::fs::copy(item.path(), target).unwrap();
        }
    }
}

/// The operator's copy of a stopped ledger, keys and lock included.
fn copy_ledger(desk: &Desk, to: &str) {
    for part in ["", ".key", ".lock"] {
        copy(&desk.path(&format!("ledger{part}")), &desk.path(&format!("{to}{part}")));
    }
}

fn audit(desk: &Desk, url: &str, more: &str, code: i32) -> Value {
    desk.line(&format!("audit --ledger {url} --state log.audit --json {more}")).ends(code).json()
}

#[track_caller]
fn finding<'a>(report: &'a Value, reason: &str) -> &'a Value {
    let checks = report["checks"].as_array().unwrap();
    checks
        .iter()
        .find(|check| check["check"] == reason)
        .unwrap_or_else(|| panic!("no {reason} in {report:#}"))
}

/// The directory of evidence of a finding.
fn evidence(desk: &Desk, report: &Value, reason: &str) -> std::path::PathBuf {
    let found = finding(report, reason);
    assert_eq!(found["status"], "FAIL");
    let dir = desk.path(found["evidence"].as_str().unwrap());
    assert!(std::fs::read_to_string(dir.join("report.txt")).unwrap().contains(reason));
    dir
}

/// Both notes are signed by the ledger.
fn signed(desk: &Desk, path: &Path) -> SignedCheckpoint {
    let vkey = VerifierKey::parse(&desk.read("vkey")).unwrap();
    SignedCheckpoint::verify(&std::fs::read_to_string(path).unwrap(), &[vkey]).unwrap()
}

#[test]
fn a_growing_ledger_is_consistent_over_tiles_and_over_grpc() {
    let desk = Desk::new();
    let (server, worker) = ledger(&desk);
    let first = audit(&desk, &server.http(), "", 0);
    assert_eq!((first["verdict"].as_str(), first["from"].as_u64()), (Some("consistent"), Some(0)));
    let export =
        format!("passport export {worker} --ledger {} --as worker.jwk --out p.skillpass", server.url);
    desk.line(&export).ends(0);
    desk.open_worker_again(&server.url);
    let second = audit(&desk, &server.url, "--file p.skillpass", 0);
    assert!(second["from"].as_u64() >= first["size"].as_u64(), "{second:#}");
    assert_eq!(finding(&second, "consistency")["status"], "PASS");
    assert_eq!(finding(&second, "file")["status"], "PASS");
    let again = audit(&desk, &server.http(), "", 0);
    assert_eq!(finding(&again, "entries")["status"], "PASS");
    assert!(!desk.path("log.audit.evidence").exists(), "nothing to keep");

    // From plain files, too, and from the beginning by the key alone.
    assert_eq!(server.stop(), 0);
    desk.line("log export --data ledger --out public").ends(0);
    assert_eq!(
        desk.line(&format!("audit --ledger {} --state log.audit --json", "http://127.0.0.1:1"))
            .ends(4)
            .reason(),
        "LEDGER_UNREACHABLE"
    );
}

#[test]
fn a_fork_shown_to_one_auditor_is_caught_and_kept() {
    let desk = Desk::new();
    let (server, _) = ledger(&desk);
    assert_eq!(server.stop(), 0);
    copy_ledger(&desk, "fork");
    let server = Server::start(&desk, "ledger");
    desk.open_worker_again(&server.url);
    // What this auditor saw of the first history; the last entry is published within a second.
    desk.line(&format!("log checkpoint --ledger {}", server.url)).ends(0);
    assert_eq!(server.stop(), 0);
    let server = Server::start(&desk, "ledger");
    let honest = audit(&desk, &server.http(), "", 0);
    audit(&desk, &server.url, "", 0);
    assert_eq!(server.stop(), 0);

    let fork = Server::start(&desk, "fork");
    desk.open_worker_again(&fork.url);
    assert_eq!(fork.stop(), 0);
    let fork = Server::start(&desk, "fork");
    for url in [&fork.http(), &fork.url] {
        let caught = audit(&desk, url, "", 1);
        assert_eq!(caught["verdict"], "contradicted");
        let dir = evidence(&desk, &caught, "FORK");
        let (kept, served) =
            (signed(&desk, &dir.join("kept.checkpoint")), signed(&desk, &dir.join("served.checkpoint")));
        assert_eq!(Some(kept.checkpoint.size), honest["size"].as_u64());
        assert_ne!(kept.checkpoint.root, served.checkpoint.root);
    }
    // What was believed is still what it was, and the first history is still consistent with it.
    assert_eq!(fork.stop(), 0);
    let server = Server::start(&desk, "ledger");
    audit(&desk, &server.http(), "", 0);
}

#[test]
fn a_file_of_another_history_contradicts_the_log() {
    let desk = Desk::new();
    let (server, worker) = ledger(&desk);
    assert_eq!(server.stop(), 0);
    copy_ledger(&desk, "fork");
    let export = |url: &str, out: &str| {
        desk.line(&format!("passport export {worker} --ledger {url} --as worker.jwk --out {out}")).ends(0);
    };
    let fork = Server::start(&desk, "fork");
    desk.open_worker_again(&fork.url);
    desk.record_training(&fork.url, &worker);
    export(&fork.url, "forked.skillpass");
    assert_eq!(fork.stop(), 0);
    let server = Server::start(&desk, "ledger");
    for _ in 0..2 {
        desk.open_worker_again(&server.url);
        desk.record_training(&server.url, &worker);
    }
    export(&server.url, "honest.skillpass");
    audit(&desk, &server.http(), "--file honest.skillpass", 0);
    for url in [&server.http(), &server.url] {
        let caught = audit(&desk, url, "--file honest.skillpass --file forked.skillpass", 1);
        let dir = evidence(&desk, &caught, "FORK");
        let (here, there) =
            (signed(&desk, &dir.join("served.checkpoint")), signed(&desk, &dir.join("signed.txt")));
        assert!(there.checkpoint.size < here.checkpoint.size);
    }
}

#[test]
fn a_standing_token_that_contradicts_the_log_is_caught_by_a_file_that_shows_the_revocation() {
    let desk = Desk::new();
    let (server, worker) = ledger(&desk);
    let training = desk.record_training(&server.url, &worker);
    desk.write("t.sdjwt", &training);
    let revoke = format!(
        "revoke --key school.jwk --iss {SCHOOL} --worker {worker} --country PH --target t.sdjwt --reason ISSUED_IN_ERROR --ledger {}",
        server.url
    );
    desk.line(&revoke).ends(0);
    let export =
        format!("passport export {worker} --ledger {} --as worker.jwk --out p.skillpass", server.url);
    desk.line(&export).ends(0);
    audit(&desk, &server.http(), "--file p.skillpass", 0);

    // The operator signs that the revoked statement stands.
    let honest = PassportFile::parse(&std::fs::read(desk.path("p.skillpass")).unwrap()).unwrap();
    let status =
        PrivateKey::from_jwk(&serde_json::from_str(&desk.read("ledger.key/status.jwk")).unwrap()).unwrap();
    let mut lying = honest.clone();
    for text in &mut lying.ledgers[0].standing {
        let mut token = Unchecked::standing(text).unwrap().content;
        if token.status == StatusCode::Revoked {
            (token.status, token.since) = (StatusCode::Valid, None);
            *text = jws::sign(STANDING_TYP, &token.payload(), &status);
        }
    }
    assert_ne!(lying, honest);
    desk.write("lying.skillpass", lying.encode());
    let caught = audit(&desk, &server.http(), "--file p.skillpass --file lying.skillpass", 1);
    let dir = evidence(&desk, &caught, "TOKEN_CONTRADICTS_LOG");
    for name in ["served.checkpoint", "token.jwt", "statement.sdjwt", "entry.bin"] {
        assert!(dir.join(name).exists(), "{name}");
    }
    let token = Unchecked::standing(&std::fs::read_to_string(dir.join("token.jwt")).unwrap()).unwrap();
    assert_eq!(token.verify(&status.public()).unwrap().status, StatusCode::Valid);

    // A token by somebody else accuses nobody.
    let other = PrivateKey::generate_ed25519(&mut skillpass::crypto::OsEntropy);
    for text in &mut lying.ledgers[0].standing {
        let token = Unchecked::standing(text).unwrap().content;
        *text = jws::sign(STANDING_TYP, &token.payload(), &other);
    }
    desk.write("forged.skillpass", lying.encode());
    let open = audit(&desk, &server.http(), "--file p.skillpass --file forged.skillpass", 3);
    assert_eq!(finding(&open, "TOKEN_NOT_SIGNED")["status"], "UNKNOWN");
}

#[test]
fn a_checkpoint_that_the_trusted_key_has_not_signed_is_refused_with_its_bytes() {
    let desk = Desk::new();
    let (server, _) = ledger(&desk);
    let key = PrivateKey::generate_ed25519(&mut skillpass::crypto::OsEntropy).public();
    let vkey = VerifierKey::log("ledger.example.invalid", &key).unwrap().to_string();
    let line = format!("audit --ledger {} --state other.audit --vkey {vkey} --json", server.http());
    let refused = desk.line(&line).ends(1).json();
    evidence(&desk, &refused, "CHECKPOINT_NOT_SIGNED");
    assert!(!desk.path("other.audit").exists(), "nothing was believed");
    let right =
        format!("audit --ledger {} --state other.audit --vkey {} --json", server.http(), desk.read("vkey"));
    desk.line(&right).ends(0);
}

#[test]
fn a_state_file_that_was_changed_is_not_gone_on_from() {
    let desk = Desk::new();
    let (server, _) = ledger(&desk);
    audit(&desk, &server.http(), "", 0);
    let good = desk.read("log.audit");
    for bad in [
        good.replacen("\"frontier\":\"AAAA", "\"frontier\":\"AAAB", 1),
        good.replacen("ledger.example", "other.example", 1),
        "{}".to_owned(),
    ] {
        assert_ne!(bad, good);
        desk.write("log.audit", bad);
        let line = format!("audit --ledger {} --state log.audit --json", server.http());
        assert_eq!(desk.line(&line).ends(2).reason(), "AUDIT_STATE_INVALID");
    }
    desk.write("log.audit", good);
    audit(&desk, &server.http(), "", 0);
}

#[test]
fn without_enough_cosignatures_an_audit_is_undecided() {
    let desk = Desk::new();
    let (server, _) = ledger(&desk);
    let key = PrivateKey::generate_ed25519(&mut skillpass::crypto::OsEntropy).public();
    let vkey = VerifierKey::cosigner("w.example.invalid", &key).unwrap();
    let policy =
        format!("witness_policy = \"\"\"\nwitness w {vkey}\nquorum w\n\"\"\"\n{}", desk.read("trust.toml"));
    desk.write("strict.toml", policy);
    let open = audit(&desk, &server.http(), "--trust strict.toml", 3);
    assert_eq!(finding(&open, "WITNESS_QUORUM")["status"], "UNKNOWN");
    audit(&desk, &server.http(), "--trust trust.toml", 0);
}
