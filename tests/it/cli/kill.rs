//! SIGKILL under load: whatever was acknowledged is there afterwards, and the data directory is clean.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use serde_json::{Value, json};
use skillpass::crypto::{Entropy as _, PrivateKey, SeededEntropy};
use skillpass::event::{Kind, WorkerId};
use skillpass::statement::{Draft, issue};

use super::{Desk, SCHOOL, Server};

const CYCLES: usize = 20;
/// Many, so that streams stay short: a statement sent again is found by walking its stream.
const WORKERS: usize = 100;

#[test]
fn twenty_kills_under_load_lose_nothing_acknowledged() {
    let desk = Desk::new();
    desk.found();
    let mut server = Server::start(&desk, "ledger");
    desk.authorise(&server.url);
    let mut school = School::new(&desk);
    desk.write("open.txt", school.passports().join("\n"));
    desk.line(&format!("append open.txt --ledger {}", server.url)).ends(0);
    let batches: Vec<Vec<String>> = (0..CYCLES).map(|_| school.trainings()).collect();
    let mut acknowledged: Vec<Value> = Vec::new();
    for (cycle, batch) in batches.iter().enumerate() {
        acknowledged.extend(append_until_killed(&desk, server, batch, 1 + cycle * 5));
        server = Server::start(&desk, "ledger");
    }
    // The same bytes again: what was acknowledged before a kill must get the very same acknowledgement.
    desk.write("all.txt", batches.concat().join("\n"));
    let again = desk.line(&format!("append all.txt --ledger {}", server.url)).ends(0);
    let again: Vec<Value> = again.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(again.len(), CYCLES * WORKERS);
    assert!(
        acknowledged.len() >= CYCLES,
        "too few were acknowledged to mean anything: {}",
        acknowledged.len()
    );
    for earlier in &acknowledged {
        let now = again.iter().find(|line| line["jti"] == earlier["jti"]).expect("acknowledged and gone");
        for place in ["leaf_index", "revision", "recorded_at"] {
            assert_eq!(now[place], earlier[place], "{place} of {}", now["jti"]);
        }
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

/// Signs without the command line, which would start a process for each.
pub(super) struct School {
    key: PrivateKey,
    workers: Vec<WorkerId>,
    entropy: SeededEntropy,
    signed: u64,
}

impl School {
    pub(super) fn new(desk: &Desk) -> Self {
        let key: Value = serde_json::from_str(&desk.read("school.jwk")).unwrap();
        let mut entropy = SeededEntropy::new("kill");
        let workers = (0..WORKERS).map(|_| WorkerId(entropy.bytes())).collect();
        Self { key: PrivateKey::from_jwk(&key).unwrap(), workers, entropy, signed: 0 }
    }

    /// `PassportOpened` of every worker.
    pub(super) fn passports(&mut self) -> Vec<String> {
        let mut claims = Kind::PassportOpened.example();
        for envelope in ["vct", "iss"] {
            claims.as_object_mut().unwrap().remove(envelope);
        }
        self.each(Kind::PassportOpened, &claims)
    }

    /// `TrainingCompleted` of every worker.
    pub(super) fn trainings(&mut self) -> Vec<String> {
        let claims = json!({"title": {"en": "Ward practice"}, "learning_setting": "FORMAL", "completed_on": "2024-06-28"});
        self.each(Kind::TrainingCompleted, &claims)
    }

    fn each(&mut self, kind: Kind, claims: &Value) -> Vec<String> {
        let workers = self.workers.clone();
        workers.into_iter().map(|worker| self.sign(kind, worker, claims.clone())).collect()
    }

    fn sign(&mut self, kind: Kind, worker: WorkerId, mut claims: Value) -> String {
        claims["sub"] = worker.to_string().into();
        claims["issuing_country"] = "PH".into();
        self.signed += 1;
        let draft = Draft {
            issuer: SCHOOL,
            vct: &kind.vct(),
            id: uuid::Builder::from_unix_timestamp_millis(
                1_750_000_000_000 + self.signed,
                &self.entropy.bytes(),
            )
            .into_uuid(),
            issued_at: 1_750_000_000,
            holder_key: None,
            status: None,
            claims: claims.as_object().unwrap(),
        };
        issue(&draft, &self.key, &mut self.entropy).unwrap()
    }
}

#[test]
fn a_ledger_that_was_never_started_checks_clean() {
    let desk = Desk::new();
    desk.found();
    desk.line("fsck --data ledger").ends(0);
}
