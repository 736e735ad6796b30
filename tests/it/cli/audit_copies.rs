//! `skillpass audit` of a static copy of the log, which may be old, altered, or signed by whoever has a key; and what witnesses say of it.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use serde_json::Value;
use skillpass::crypto::PrivateKey;
use skillpass::tlog::{Checkpoint, Frontier, SignedCheckpoint, VerifierKey, leaf_hash};

use super::witness::witnessed;
use super::{Desk, Server, eventually};

/// Plain files over HTTP/1.1, as any static web server gives them; ends when dropped.
struct Site {
    url: String,
    ended: Arc<AtomicBool>,
    server: Option<JoinHandle<()>>,
}

impl Site {
    fn of(dir: PathBuf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let ended = Arc::new(AtomicBool::new(false));
        let end = Arc::clone(&ended);
        let server = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if end.load(Ordering::SeqCst) {
                    break;
                }
                // A client that goes away costs nobody anything.
                let _ = answer(&dir, stream.unwrap());
            }
        });
        Self { url, ended, server: Some(server) }
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.url.trim_start_matches("http://"));
        self.server.take().map(JoinHandle::join);
    }
}

fn answer(dir: &Path, mut stream: TcpStream) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut first, mut line) = (String::new(), String::new());
    reader.read_line(&mut first)?;
    while line != "\r\n" {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
    }
    let path = first.split(' ').nth(1).unwrap_or_default().trim_start_matches('/');
    let (status, body) = match fs::read(dir.join(path)) {
        Ok(body) => ("200 OK", body),
        Err(_) => ("404 Not Found", Vec::new()),
    };
    write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len())?;
    stream.write_all(&body)?;
    stream.flush()?;
    // The client closes first.
    drop(stream.read(&mut [0; 1]));
    Ok(())
}

/// A ledger with a school and a worker, stopped, and its published log as `public/`.
fn exported(desk: &Desk) -> u64 {
    desk.found();
    let server = Server::start(desk, "ledger");
    desk.authorise(&server.url);
    desk.trust(&server.url);
    desk.open_worker(&server.url);
    assert_eq!(server.stop(), 0);
    export(desk, "public")
}

fn export(desk: &Desk, out: &str) -> u64 {
    desk.line(&format!("log export --data ledger --out {out}")).ends(0);
    read(desk, out).checkpoint.size
}

/// What the copy in `dir` is signed over, whoever signed it.
fn read(desk: &Desk, dir: &str) -> SignedCheckpoint {
    let note = desk.read(&format!("{dir}/checkpoint"));
    SignedCheckpoint::verify(&note, &vkeys(desk)).unwrap()
}

fn vkeys(desk: &Desk) -> Vec<VerifierKey> {
    ["log.jwk", "log-2.jwk"]
        .iter()
        .filter_map(|name| fs::read_to_string(desk.path("ledger.key").join(name)).ok())
        .map(|text| key(&text))
        .map(|key| VerifierKey::log("ledger.example.invalid", &key.public()).unwrap())
        .collect()
}

fn key(jwk: &str) -> PrivateKey {
    PrivateKey::from_jwk(&serde_json::from_str(jwk).unwrap()).unwrap()
}

fn audit(desk: &Desk, url: &str, more: &str, code: i32) -> Value {
    desk.line(&format!("audit --ledger {url} --state copy.audit --json {more}")).ends(code).json()
}

#[track_caller]
fn status(report: &Value, check: &str) -> String {
    let rows = report["checks"].as_array().unwrap();
    let row = rows.iter().find(|row| row["check"] == check);
    row.unwrap_or_else(|| panic!("no {check} in {report:#}"))["status"].as_str().unwrap().to_owned()
}

/// The entries of a copy that fit one bundle.
fn entries(desk: &Desk, dir: &str, size: u64) -> Vec<Vec<u8>> {
    let bytes = fs::read(desk.path(&format!("{dir}/tile/entries/000.p/{size}"))).unwrap();
    let (mut entries, mut rest) = (Vec::new(), &bytes[..]);
    while let Some((length, tail)) = rest.split_first_chunk::<2>() {
        let (entry, tail) = tail.split_at(usize::from(u16::from_be_bytes(*length)));
        entries.push(entry.to_vec());
        rest = tail;
    }
    entries
}

/// Writes a copy that holds these entries, signed by `signer`: what an operator can do who has the key.
fn publish(desk: &Desk, dir: &str, entries: &[Vec<u8>], signer: &PrivateKey) {
    let mut tree = Frontier::default();
    let (mut bundle, mut hashes) = (Vec::new(), Vec::new());
    for entry in entries {
        bundle.extend(u16::try_from(entry.len()).unwrap().to_be_bytes());
        bundle.extend(entry);
        hashes.extend(leaf_hash(entry));
        tree.push(leaf_hash(entry), |_, _, _| {});
    }
    let checkpoint =
        Checkpoint { origin: "ledger.example.invalid".to_owned(), size: tree.size(), root: tree.root() };
    for (path, bytes) in [
        (format!("tile/entries/000.p/{}", tree.size()), bundle),
        (format!("tile/0/000.p/{}", tree.size()), hashes),
        ("checkpoint".to_owned(), checkpoint.sign(&[signer]).unwrap().into_bytes()),
    ] {
        let path = desk.path(&format!("{dir}/{path}"));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

#[test]
fn a_static_copy_is_audited_like_the_ledger_and_an_older_one_is_undecided() {
    let desk = Desk::new();
    let size = exported(&desk);
    let site = Site::of(desk.path("public"));
    let first = audit(&desk, &site.url, "", 0);
    assert_eq!(first["size"].as_u64(), Some(size));
    let server = Server::start(&desk, "ledger");
    desk.open_worker_again(&server.url);
    assert_eq!(server.stop(), 0);
    assert!(export(&desk, "newer") > size);
    let newer = Site::of(desk.path("newer"));
    assert_eq!(status(&audit(&desk, &newer.url, "", 0), "consistency"), "PASS");
    let stale = audit(&desk, &site.url, "", 3);
    assert_eq!(status(&stale, "OLDER_CHECKPOINT"), "UNKNOWN");
    // What was believed is kept: the newer copy still goes on from it.
    audit(&desk, &newer.url, "", 0);
}

#[test]
fn entries_that_are_not_those_that_were_signed_or_should_not_have_been_recorded_are_kept_as_evidence() {
    let desk = Desk::new();
    let size = exported(&desk);
    let signer = key(&desk.read("ledger.key/log.jwk"));
    let honest = entries(&desk, "public", size);

    // Other entries under the true checkpoint.
    let mut altered = honest.clone();
    altered.last_mut().unwrap()[1] ^= 1;
    publish(&desk, "altered", &altered, &signer);
    fs::copy(desk.path("public/checkpoint"), desk.path("altered/checkpoint")).unwrap();
    let site = Site::of(desk.path("altered"));
    assert_eq!(status(&audit(&desk, &site.url, "", 1), "ENTRIES_NOT_SIGNED"), "FAIL");
    assert!(!desk.path("copy.audit").exists(), "nothing was believed");

    // An entry that no rule admits, signed by the ledger itself: a body's key, added a second time.
    let mut repeated = honest.clone();
    repeated.push(honest[3].clone());
    publish(&desk, "repeated", &repeated, &signer);
    let site = Site::of(desk.path("repeated"));
    assert_eq!(status(&audit(&desk, &site.url, "", 1), "ENTRY_NOT_ADMISSIBLE"), "FAIL");

    // The same builder with nothing altered is believed.
    publish(&desk, "same", &honest, &signer);
    let site = Site::of(desk.path("same"));
    audit(&desk, &site.url, "", 0);
}

#[test]
fn a_checkpoint_signed_only_by_a_key_that_the_log_has_ended_is_found_out() {
    let desk = Desk::new();
    desk.found();
    let old = key(&desk.read("ledger.key/log.jwk"));
    let (vkey, kid) = (desk.read("vkey"), old.public().thumbprint());
    let server = Server::start(&desk, "ledger");
    let operator = format!("--ledger {} --as ledger.operator.key", server.url);
    desk.line(&format!("log key add --use log {operator}")).ends(0);
    desk.line(&format!("log key end --kid {kid} {operator}")).ends(0);
    assert_eq!(server.stop(), 0);
    let size = export(&desk, "public");
    // Whoever kept the old key signs the same log with it; trust files that were not renewed still name it.
    let honest = entries(&desk, "public", size);
    publish(&desk, "stolen", &honest, &old);
    let site = Site::of(desk.path("stolen"));
    let caught = audit(&desk, &site.url, &format!("--vkey {vkey}"), 1);
    assert_eq!(status(&caught, "SIGNED_BY_ENDED_KEY"), "FAIL");
    let current = Site::of(desk.path("public"));
    audit(&desk, &current.url, &format!("--vkey {}", vkeys(&desk)[0]), 0);
}

#[test]
fn witnesses_are_asked_what_they_saw_and_a_log_that_differs_is_a_fork() {
    let desk = Desk::new();
    desk.found();
    let (_witness, policy) = witnessed(&desk);
    let start = || Server::start_with(&desk, &["--data", "ledger", "--config", "config.toml"]);
    let server = start();
    desk.authorise(&server.url);
    desk.trust(&server.url);
    let trust = format!("witness_policy = \"\"\"\n{policy}\"\"\"\n{}", desk.read("trust.toml"));
    desk.write("strict.toml", trust);
    let audited =
        |url: &str| desk.line(&format!("audit --ledger {url} --state live.audit --trust strict.toml --json"));
    eventually("the witness has cosigned what is published", || audited(&server.http()).code == 0);
    assert_eq!(server.stop(), 0);
    let size = export(&desk, "public");

    // The ledger goes on, and so does its witness; this copy stays behind, and cannot show that it is the start of what the witness saw.
    let server = start();
    desk.open_worker_again(&server.url);
    eventually("the witness has cosigned what came after", || {
        let report = audited(&server.http()).json();
        report["verdict"] == "consistent" && report["size"].as_u64().unwrap() > size
    });
    assert_eq!(status(&audited(&server.http()).ends(0).json(), "witness"), "PASS");
    assert_eq!(server.stop(), 0);
    let site = Site::of(desk.path("public"));
    assert_eq!(status(&audit(&desk, &site.url, "--trust strict.toml", 3), "WITNESS_SAW_MORE"), "UNKNOWN");

    // A history of the same size that the ledger's key signed for this auditor alone: its last commitment is another.
    let size = export(&desk, "whole");
    let mut other = entries(&desk, "whole", size);
    *other.last_mut().unwrap().last_mut().unwrap() ^= 1;
    publish(&desk, "other", &other, &key(&desk.read("ledger.key/log.jwk")));
    fs::remove_file(desk.path("copy.audit")).unwrap();
    let site = Site::of(desk.path("other"));
    assert_eq!(status(&audit(&desk, &site.url, "--trust strict.toml", 1), "FORK"), "FAIL");
}
