//! SIGKILL under load: whatever was acknowledged is there afterwards, and the data directory is clean.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use serde_json::{Value, json};
use skillpass::crypto::{Entropy as _, PrivateKey, SeededEntropy};
use skillpass::statement::{Draft, issue};

use super::{Desk, SCHOOL, Server};

const CYCLES: usize = 20;
const WORKERS: usize = 8;
const EACH_CYCLE: usize = 150;

#[test]
fn twenty_kills_under_load_lose_nothing_acknowledged() {
    let desk = Desk::new();
    desk.found();
    let mut server = Server::start(&desk, "ledger");
    desk.authorise(&server.url);
    let workers: Vec<String> = (0..WORKERS).map(|n| open(&desk, &server.url, n)).collect();
    let batches = sign(&desk, &workers);
    let mut acknowledged: Vec<Value> = Vec::new();
    for (cycle, batch) in batches.iter().enumerate() {
        acknowledged.extend(append_until_killed(&desk, server, batch, 1 + cycle * 7));
        server = Server::start(&desk, "ledger");
    }
    // The same bytes again: what was acknowledged before a kill must get the very same acknowledgement.
    let all = batches.concat().join("\n");
    desk.write("all.txt", all);
    let again = desk.line(&format!("append all.txt --ledger {}", server.url)).ends(0);
    let again: Vec<Value> = again.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(again.len(), CYCLES * EACH_CYCLE);
    assert!(
        acknowledged.len() >= CYCLES,
        "too few were acknowledged to mean anything: {}",
        acknowledged.len()
    );
    for earlier in &acknowledged {
        let now = again.iter().find(|line| line["jti"] == earlier["jti"]).expect("acknowledged and gone");
        assert_eq!(
            (&now["leaf_index"], &now["revision"], &now["recorded_at"]),
            (&earlier["leaf_index"], &earlier["revision"], &earlier["recorded_at"])
        );
    }
    assert_eq!(server.stop(), 0);
    desk.line("fsck --data ledger").ends(0);
}

/// Sends a batch and kills the server once `after` lines were acknowledged; answers every acknowledgement that was printed.
fn append_until_killed(desk: &Desk, server: Server, batch: &[String], after: usize) -> Vec<Value> {
    desk.write("batch.txt", batch.join("\n"));
    let mut client = desk
        .command(&["append", "batch.txt", "--ledger", &server.url])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(client.stdout.take().unwrap()).lines();
    let mut lines = lines.map(|line| serde_json::from_str(&line.unwrap()).unwrap());
    let mut printed: Vec<Value> = lines.by_ref().take(after).collect();
    server.kill();
    printed.extend(lines);
    client.wait().unwrap();
    printed
}

/// Opens one passport; answers the worker.
fn open(desk: &Desk, url: &str, number: usize) -> String {
    desk.write("identity.json", super::IDENTITY.replace("P1234567A", &format!("P{number:07}")));
    let line = format!(
        "worker open --key school.jwk --iss {SCHOOL} --country PH --claims identity.json --ledger {url} --json"
    );
    desk.line(&line).ends(0).json()["worker"].as_str().unwrap().to_owned()
}

/// A batch of signed statements for each cycle, the workers in turn.
fn sign(desk: &Desk, workers: &[String]) -> Vec<Vec<String>> {
    let key: Value = serde_json::from_str(&desk.read("school.jwk")).unwrap();
    let key = PrivateKey::from_jwk(&key).unwrap();
    let mut entropy = SeededEntropy::new("kill");
    let mut numbers = 0..;
    let mut one = |worker: &String| {
        let number: u64 = numbers.next().unwrap();
        let claims = json!({
            "sub": worker, "issuing_country": "PH", "title": {"en": format!("Course {number}")}, "learning_setting": "FORMAL",
            "completed_on": "2024-06-28",
        });
        let draft = Draft {
            issuer: SCHOOL,
            vct: "urn:skillpass:v1:TrainingCompleted",
            id: uuid::Builder::from_unix_timestamp_millis(1_750_000_000_000 + number, &entropy.bytes())
                .into_uuid(),
            issued_at: 1_750_000_000,
            holder_key: None,
            status: None,
            claims: claims.as_object().unwrap(),
        };
        issue(&draft, &key, &mut entropy).unwrap()
    };
    (0..CYCLES).map(|_| workers.iter().cycle().take(EACH_CYCLE).map(&mut one).collect()).collect()
}
