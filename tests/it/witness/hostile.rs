//! Witnesses that lie, babble, stall or forget, and ledgers with two histories.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;

use skillpass::crypto::{OsEntropy, PrivateKey};
use skillpass::ledger::{Clock, Ledger, Options};
use skillpass::tlog::{Checkpoint, Policy, SignedCheckpoint, Submission, VerifierKey, cosign};

use super::{World, policy};
use crate::support::{ORIGIN, START_MS, copy_ledger, options};

const NAME: &str = "liar.example.invalid";

/// A server that answers each submission as `answer` says, with raw bytes; `None` never answers.
fn liar(answer: impl Fn(&Checkpoint) -> Option<Vec<u8>> + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let mut open = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let body = body_of(&mut stream);
            let Some(body) = body else { continue };
            let note = Submission::parse(&body).unwrap().note;
            let lines: Vec<&str> = note.lines().collect();
            let root = skillpass::crypto::base64_decode(lines[2]).unwrap().try_into().unwrap();
            let checkpoint = Checkpoint { origin: lines[0].into(), size: lines[1].parse().unwrap(), root };
            match answer(&checkpoint) {
                // Who was told enough hangs up; that is no failure here.
                Some(bytes) => drop(stream.write_all(&bytes)),
                None => open.push(stream),
            }
        }
    });
    url
}

fn body_of(stream: &mut std::net::TcpStream) -> Option<String> {
    let mut read = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let count = stream.read(&mut buffer).ok().filter(|count| *count > 0)?;
        read.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8_lossy(&read);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length =
            head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        if body.len() >= length.unwrap_or(0) {
            return Some(body.to_owned());
        }
    }
}

fn http(status: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}")
        .into_bytes()
}

fn key() -> PrivateKey {
    PrivateKey::generate_ed25519(&mut OsEntropy)
}

/// A ledger that asks a good witness and a liar; either suffices. The liar must fail for `reason`, and the good one's word
/// must reach the checkpoint all the same. Answers what the newest checkpoint says of the liar.
fn beside_a_liar(liar_key: &PrivateKey, url: &str, reason: &str) {
    let mut world = World::new();
    let union = world.witness("union");
    let vkey = VerifierKey::cosigner(NAME, &liar_key.public()).unwrap();
    let text = policy("any", &[("u", &union.vkey, &union.url()), ("l", &vkey, url)]);
    let asking = world.ask(&text);
    world.test().open_passport();
    let note = world.cosigned();
    world.failed(&asking, NAME, reason);
    assert!(world.test().ledger.is_serving());
    world.test().open_passport();
    let later = world.cosigned();
    for note in [note, later] {
        let signed = SignedCheckpoint::verify(&note, &world.test().ledger.vkeys()).unwrap();
        let parsed = Policy::parse(&text).unwrap();
        let seen = signed.cosignatures(parsed.witnesses()).unwrap();
        assert_eq!(
            seen.iter().map(|(witness, _)| *witness).collect::<Vec<_>>(),
            [0],
            "the liar's line is not kept"
        );
    }
    world.end(asking);
}

#[test]
fn the_untampered_twin_an_honest_answer_by_the_same_server_is_kept() {
    let mut world = World::new();
    let honest = key();
    let vkey = VerifierKey::cosigner(NAME, &honest.public()).unwrap();
    let url = liar(move |checkpoint| {
        // Its clock is as far ahead as one may be.
        Some(http("200 OK", "", &cosign(checkpoint, NAME, &honest, START_MS / 1000 + 300).unwrap()))
    });
    let asking = world.ask(&policy("all", &[("l", &vkey, &url)]));
    world.test().open_passport();
    world.cosigned();
    world.end(asking);
}

#[test]
fn a_cosignature_by_an_unknown_key_does_not_count() {
    let (named, other) = (key(), key());
    let url = liar(move |checkpoint| Some(http("200 OK", "", &cosign(checkpoint, NAME, &other, 5).unwrap())));
    beside_a_liar(&named, &url, "NO_COSIGNATURE");
}

#[test]
fn a_cosignature_for_another_origin_does_not_count() {
    let liar_key = key();
    let signer = liar_key.clone();
    let url = liar(move |checkpoint| {
        let other = Checkpoint { origin: "elsewhere.example.invalid".into(), ..checkpoint.clone() };
        Some(http("200 OK", "", &cosign(&other, NAME, &signer, 5).unwrap()))
    });
    beside_a_liar(&liar_key, &url, "NO_COSIGNATURE");
}

#[test]
fn a_cosignature_over_another_root_does_not_count() {
    let liar_key = key();
    let signer = liar_key.clone();
    let url = liar(move |checkpoint| {
        let other = Checkpoint { root: [9; 32], ..checkpoint.clone() };
        Some(http("200 OK", "", &cosign(&other, NAME, &signer, 5).unwrap()))
    });
    beside_a_liar(&liar_key, &url, "NO_COSIGNATURE");
}

#[test]
fn a_cosignature_from_the_future_does_not_count() {
    let liar_key = key();
    let signer = liar_key.clone();
    let url = liar(move |checkpoint| {
        Some(http("200 OK", "", &cosign(checkpoint, NAME, &signer, START_MS / 1000 + 301).unwrap()))
    });
    beside_a_liar(&liar_key, &url, "FROM_THE_FUTURE");
}

#[test]
fn a_witness_that_answers_garbage_stops_nothing() {
    let url = liar(|_| Some(http("200 OK", "", "hello\n")));
    beside_a_liar(&key(), &url, "NO_COSIGNATURE");
    let url = liar(|_| Some(b"\x16\x03\x01 not http at all\r\n\r\n".to_vec()));
    beside_a_liar(&key(), &url, "UNREACHABLE");
    let url = liar(|_| Some(http("302 Found", "location: http://127.0.0.1:1/\r\n", "")));
    beside_a_liar(&key(), &url, "UNEXPECTED_ANSWER");
    let url = liar(|_| Some(http("409 Conflict", "content-type: text/x.tlog.size\r\n", "many\n")));
    beside_a_liar(&key(), &url, "UNEXPECTED_ANSWER");
}

#[test]
fn a_witness_that_answers_too_much_stops_nothing() {
    let most = skillpass::tlog::COSIGNATURES_MAX_BYTES;
    for (bytes, reason) in [(most, "NO_COSIGNATURE"), (most + 1, "ANSWER_TOO_LONG")] {
        let url = liar(move |_| Some(http("200 OK", "", &"x".repeat(bytes))));
        beside_a_liar(&key(), &url, reason);
    }
}

#[test]
fn a_witness_that_never_answers_stops_nothing() {
    let url = liar(|_| None);
    beside_a_liar(&key(), &url, "TIMED_OUT");
}

#[test]
fn a_witness_that_names_another_size_each_time_is_cut_off() {
    let turn = std::sync::atomic::AtomicU64::new(0);
    let url = liar(move |_| {
        let size = turn.fetch_add(1, std::sync::atomic::Ordering::Relaxed) % 2;
        Some(http("409 Conflict", "content-type: text/x.tlog.size\r\n", &format!("{size}\n")))
    });
    beside_a_liar(&key(), &url, "UNSTEADY");
}

#[test]
fn a_witness_that_saw_more_than_was_published_is_reported() {
    let url = liar(|checkpoint| {
        let size = checkpoint.size + 1;
        Some(http("409 Conflict", "content-type: text/x.tlog.size\r\n", &format!("{size}\n")))
    });
    beside_a_liar(&key(), &url, "WITNESS_AHEAD");
}

#[test]
fn a_witness_rolled_back_is_noticed_by_the_ledger() {
    let mut world = World::new();
    let mut union = world.witness("union");
    let text = policy("all", &[("u", &union.vkey, &union.url())]);
    let asking = world.ask(&text);
    let worker = world.test().open_passport();
    world.cosigned();
    world.stop(&mut union);
    let (seen, old) = (union.dir.join("seen"), world.path("old"));
    copy(&seen, &old);
    world.start(&mut union);
    world.test().record_training(&worker);
    world.cosigned();
    let (_, metrics) = world.run(super::get(asking.running.http(), "/metrics"));
    assert!(!metrics.contains("WITNESS_ROLLED_BACK"), "nothing was rolled back yet");

    world.stop(&mut union);
    copy(&old, &seen);
    world.start(&mut union);
    world.test().record_training(&worker);
    world.failed(&asking, "union.example.invalid", "WITNESS_ROLLED_BACK");
    world.end(asking);
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for item in std::fs::read_dir(from).unwrap() {
        let item = item.unwrap();
        std::fs::copy(item.path(), to.join(item.file_name())).unwrap();
    }
}

#[test]
fn a_fork_gets_no_cosignature_from_a_witness_of_the_first_history() {
    let mut world = World::new();
    let union = world.witness("union");
    let text = policy("all", &[("u", &union.vkey, &union.url())]);
    world.test().open_passport();
    world.test().published();
    // The operator copies the ledger, keys and all, and goes on with both.
    let fork = world.path("fork");
    let live = world.test.take().unwrap().stop();
    copy_ledger(&live.dir(), &fork);
    world.test = Some(live.open().unwrap());
    let asking = world.ask(&text);
    world.test().open_passport();
    world.cosigned();

    let test = world.test();
    let opts = Options { witness_policy: Some(Policy::parse(&text).unwrap()), ..options() };
    let second = Ledger::open(&fork, opts, Arc::clone(&test.clock) as Arc<dyn Clock>).unwrap();
    assert_eq!(second.origin(), ORIGIN);
    let other = test.opening(&test.stranger());
    second.submit(other, None).unwrap().blocking_recv().unwrap().unwrap();
    let size = *second.size().borrow();
    world.run(async {
        let mut published = second.published();
        published.wait_for(|newest| newest.checkpoint.size >= size).await.unwrap();
    });
    let settings = skillpass::witness::WitnessSettings {
        policy: Policy::parse(&text).unwrap(),
        timeout: std::time::Duration::from_secs(5),
    };
    let forked = world.run(async {
        let any = "127.0.0.1:0".parse().unwrap();
        let limits = skillpass::config::Limits::default();
        let running = skillpass::service::server::start(&second, any, any, None, &limits).await.unwrap();
        let collector = skillpass::witness::Collector::start(&second, &settings, running.metrics()).unwrap();
        super::Asking { running, collector }
    });
    world.failed(&forked, "union.example.invalid", "OTHER_HISTORY");
    assert!(second.cosigned().borrow().is_none(), "the second history has nobody's word");
    world.end(forked);
    second.close();
    world.test().open_passport();
    world.cosigned();
    world.end(asking);
}
