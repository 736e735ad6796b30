//! Clients that append: over one stream of requests, or call by call.

use std::collections::BTreeMap;

use history::{Answer, Call};
use skillpass::pb;
use skillpass::pb::append_stream_response::Outcome;
use tokio_stream::wrappers::ReceiverStream;

use crate::cast::{Saying, What};
use crate::chance::Chance;
use crate::client::{Client, Failure, breath, place};
use crate::scene::Scene;

/// So many numbers each client has for its workers and statements.
const NUMBERS: u64 = 10_000_000;
/// The most statements unanswered on one stream.
const WINDOW: usize = 48;

/// One of them. It outlives the server, and remembers what it was not told.
pub struct Appender {
    next: u64,
    chance: Chance,
    /// Workers it opened lately, with how many records it sent to each.
    own: Vec<(u64, u32)>,
    /// Sent, and not answered.
    untold: Vec<Sent>,
    /// Acknowledged lately.
    told: Vec<Sent>,
}

#[derive(Clone)]
struct Sent {
    saying: Saying,
    worker: u64,
    expected: Option<u32>,
}

impl Sent {
    fn opens(&self) -> bool {
        matches!(self.saying.what, What::Open { .. })
    }

    fn call(&self) -> Call {
        Call::Append { stream: self.worker, statement: self.saying.number, expected: self.expected }
    }
}

impl Appender {
    /// The n-th.
    pub fn new(client: u64, seed: u64) -> Self {
        let chance = Chance::new(seed.wrapping_mul(1000).wrapping_add(client));
        Self { next: client * NUMBERS, chance, own: Vec::new(), untold: Vec::new(), told: Vec::new() }
    }

    /// What it says next: half of what it was not told again, now and then what it was; new passports, and trainings, to
    /// workers of its own or of `others`.
    fn next(&mut self, scene: &Scene, others: bool) -> Sent {
        let opening = self.untold.iter().position(Sent::opens);
        if let Some(index) = opening.or_else(|| self.untold.len().checked_sub(1)) {
            let untold = self.untold.remove(index);
            if untold.opens() || self.chance.one_in(2) {
                return untold;
            }
        }
        if !self.told.is_empty() && self.chance.one_in(20) {
            return self.told[self.chance.below(self.told.len())].clone();
        }
        self.next += 1;
        let number = self.next;
        if self.own.len() < 3 || self.chance.one_in(10) {
            let worker = number;
            self.own.push((worker, 1));
            if self.own.len() > 6 {
                self.own.remove(0);
            }
            let what = What::Open { worker, document: worker };
            return Sent { saying: Saying { number, what }, worker, expected: None };
        }
        let of_others = if others { scene.some_worker(&mut self.chance) } else { None };
        let index = self.chance.below(self.own.len());
        let (worker, expected) = match of_others {
            Some(worker) => (worker, self.chance.below(12)),
            None => {
                let (worker, records) = &mut self.own[index];
                *records += 1;
                (*worker, *records as usize - 1)
            }
        };
        let expected = self.chance.one_in(5).then(|| u32::try_from(expected).unwrap_or(0));
        let what = What::Train { worker, index: None };
        Sent { saying: Saying { number, what }, worker, expected }
    }

    /// Notes what an append was answered.
    fn settle(
        &mut self,
        scene: &Scene,
        operation: u64,
        sent: Sent,
        answer: Result<pb::Acknowledgement, String>,
    ) {
        match answer {
            Ok(done) => {
                let answer = Answer::Acknowledged { place: place(&done), repeated: done.repeated };
                scene.recorder.answer(operation, answer);
                scene.acknowledged(sent.worker, sent.saying.number, sent.opens());
                self.told.push(sent);
                if self.told.len() > 30 {
                    self.told.remove(0);
                }
            }
            Err(reason) => {
                match reason.as_str() {
                    "REVISION_CONFLICT" => {}
                    "ERASED" | "UNKNOWN_WORKER" => self.own.retain(|(worker, _)| *worker != sent.worker),
                    _ => scene.trouble(format!("statement {} is refused: {reason}", sent.saying.number)),
                }
                scene.recorder.answer(operation, Answer::Refused(reason));
            }
        }
    }

    /// Over one stream of requests, until the server is gone.
    pub async fn stream(mut self, scene: &Scene, client: &Client) -> Self {
        let lane = scene.recorder.lane();
        let (requests, receiver) = tokio::sync::mpsc::channel(WINDOW);
        let Ok(answers) = client.ledger().append_stream(ReceiverStream::new(receiver)).await else {
            return self;
        };
        let mut answers = answers.into_inner();
        let mut waiting: BTreeMap<u64, Sent> = BTreeMap::new();
        loop {
            // Else the rest would hardly come to its turn in a life that is counted in lines.
            breath(&mut self.chance, 8).await;
            let window = 1 + self.chance.below(WINDOW);
            while waiting.len() < window {
                let sent = self.next(scene, false);
                let (statement, document) = (sent.saying.text(&[]), document(&sent.saying));
                let operation = scene.recorder.call(Some(lane), sent.call());
                let expected_revision = sent.expected;
                waiting.insert(operation, sent);
                let request =
                    pb::AppendStreamRequest { request_id: operation, statement, expected_revision, document };
                if requests.send(request).await.is_err() {
                    break;
                }
            }
            let Ok(Some(answer)) = answers.message().await else { break };
            let Some(sent) = waiting.remove(&answer.request_id) else {
                scene.trouble(format!("an answer to request {}, which waits for none", answer.request_id));
                break;
            };
            match answer.outcome {
                Some(Outcome::Acknowledgement(done)) => self.settle(scene, answer.request_id, sent, Ok(done)),
                Some(Outcome::Refusal(refusal)) => {
                    self.settle(scene, answer.request_id, sent, Err(refusal.reason))
                }
                None => scene.trouble("an empty answer"),
            }
        }
        self.untold.extend(waiting.into_values());
        self
    }

    /// Call by call, to workers of its own and of others.
    pub async fn unary(mut self, scene: &Scene, client: &Client) -> Self {
        loop {
            breath(&mut self.chance, 4).await;
            let sent = self.next(scene, true);
            let message = pb::AppendRequest {
                statement: sent.saying.text(&[]),
                expected_revision: sent.expected,
                wait_for_checkpoint: self.chance.one_in(12),
                document: document(&sent.saying),
            };
            let operation = scene.recorder.call(None, sent.call());
            match client.ledger().append(message).await.map_err(Failure::from) {
                Ok(answer) => match answer.into_inner().acknowledgement {
                    Some(done) => self.settle(scene, operation, sent, Ok(done)),
                    None => scene.trouble("an empty answer"),
                },
                Err(Failure::Refused(reason)) => self.settle(scene, operation, sent, Err(reason)),
                Err(Failure::Lost(_)) => {
                    self.untold.push(sent);
                    return self;
                }
            }
        }
    }
}

fn document(saying: &Saying) -> Option<pb::OpeningDocument> {
    let document = saying.document()?;
    Some(pb::OpeningDocument { number: document.number.to_string(), salt: document.salt.to_vec() })
}
