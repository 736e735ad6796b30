//! Clients that read: passports, receipts, exports; checkpoints; the log as it grows.

use history::{Answer, Call};
use serde_json::Value;
use skillpass::passport::PassportFile;
use skillpass::pb;
use skillpass::tlog::leaf_hash;

use crate::cast::worker_id;
use crate::chance::Chance;
use crate::client::{Client, Failure, breath, jti, number_of, place, signed};
use crate::scene::Scene;

/// Looks at what was acknowledged, to whomever, until the server is gone.
pub async fn read(scene: &Scene, client: &Client, mut chance: Chance) {
    loop {
        breath(&mut chance, 6).await;
        let Some((worker, statement)) = scene.some_acknowledged(&mut chance) else { continue };
        let read = match chance.below(4) {
            0 => export(scene, client, worker).await,
            1 => passport(scene, client, worker).await,
            _ => receipt(scene, client, worker, statement).await,
        };
        match read {
            Ok(()) => {}
            Err(Failure::Lost(_)) => return,
            Err(Failure::Refused(reason)) => {
                scene.trouble(format!("a read of worker {worker} is refused: {reason}"))
            }
        }
    }
}

/// Notes the answer, which may be that there is nothing.
fn note(scene: &Scene, operation: u64, answer: Result<Answer, Failure>) -> Result<(), Failure> {
    let answer = match answer {
        Err(Failure::Refused(reason)) if reason == "NOT_AVAILABLE" => Answer::NotAvailable,
        answer => answer?,
    };
    scene.recorder.answer(operation, answer);
    Ok(())
}

/// A worker's whole stream, as the passport file has it.
pub async fn export(scene: &Scene, client: &Client, worker: u64) -> Result<(), Failure> {
    let message = pb::ExportPassportRequest { worker: worker_id(worker).to_string(), known_at: None };
    let request = signed(&scene.operator, None, message);
    let operation = scene.recorder.call(None, Call::Read { stream: worker });
    let answer = client.passports().export_passport(request).await.map_err(Failure::from);
    let answer = answer.and_then(|answer| {
        let file = PassportFile::parse(&answer.into_inner().file);
        let file = file.map_err(|error| Failure::Refused(format!("a file that does not parse: {error}")))?;
        let records = file.statements.iter().map(|part| {
            let number = part.id().and_then(number_of).unwrap_or(u64::MAX);
            (number, Some(part.place.leaf))
        });
        Ok(Answer::Records(records.collect()))
    });
    note(scene, operation, answer)
}

/// A worker's passport as it is shown. It has no leaves; the opening is its head.
async fn passport(scene: &Scene, client: &Client, worker: u64) -> Result<(), Failure> {
    let message = pb::GetPassportRequest {
        worker: worker_id(worker).to_string(),
        view: pb::View::Holder.into(),
        known_at: None,
        valid_at: None,
    };
    let request = signed(&scene.operator, None, message);
    let operation = scene.recorder.call(None, Call::Read { stream: worker });
    let answer = client.passports().get_passport(request).await.map_err(Failure::from);
    let answer = answer.map(|answer| {
        let shown: Value = serde_json::from_str(&answer.into_inner().passport_json).unwrap_or_default();
        let sections = shown["sections"].as_object().into_iter().flat_map(|sections| sections.values());
        let records = sections.filter_map(Value::as_array).flatten();
        let ids = records.filter_map(|record| record["jti"].as_str()?.parse().ok());
        let opened = scene.opening(worker).map(|number| (number, None));
        Answer::Records(
            opened.into_iter().chain(ids.filter_map(number_of).map(|number| (number, None))).collect(),
        )
    });
    note(scene, operation, answer)
}

async fn receipt(scene: &Scene, client: &Client, worker: u64, statement: u64) -> Result<(), Failure> {
    let reference = pb::StatementRef { jti: jti(statement), subject: worker_id(worker).to_string() };
    let which = Some(pb::get_receipt_request::Which::Statement(reference));
    let request = signed(&scene.operator, None, pb::GetReceiptRequest { which });
    let operation = scene.recorder.call(None, Call::Look { stream: worker, statement });
    let answer = client.ledger().get_receipt(request).await.map_err(Failure::from);
    let answer = answer.map(|answer| {
        let acknowledgement = answer.into_inner().acknowledgement.unwrap_or_default();
        Answer::Found(place(&acknowledgement))
    });
    note(scene, operation, answer)
}

/// Asks for the newest checkpoint, until the server is gone.
pub async fn checkpoints(scene: &Scene, client: &Client, mut chance: Chance) {
    loop {
        breath(&mut chance, 10).await;
        match checkpoint(scene, client).await {
            Ok(_) => {}
            Err(Failure::Lost(_)) => return,
            Err(Failure::Refused(reason)) => scene.trouble(format!("no checkpoint: {reason}")),
        }
    }
}

/// One; its size.
pub async fn checkpoint(scene: &Scene, client: &Client) -> Result<u64, Failure> {
    let operation = scene.recorder.call(None, Call::Checkpoint);
    let answer =
        client.ledger().get_checkpoint(pb::GetCheckpointRequest { size_max: None }).await?.into_inner();
    // The signed note, and not what the server says of it.
    let signed: Option<u64> = answer.checkpoint.lines().nth(1).and_then(|size| size.parse().ok());
    let root = answer.root.try_into().ok().filter(|_| signed == Some(answer.size));
    let root = root.ok_or_else(|| Failure::Refused("a checkpoint that is not the note's".to_owned()))?;
    scene.recorder.answer(operation, Answer::Checkpoint { size: answer.size, root });
    Ok(answer.size)
}

/// Follows the log from where it was left, now and then from further back, until the server is gone; where to go on.
pub async fn follow(scene: &Scene, client: &Client, mut chance: Chance, mut next: u64) -> u64 {
    loop {
        let from = if chance.one_in(3) { chance.next() % (next + 1) } else { next };
        let many = 100 + chance.below(2000);
        match subscription(scene, client, from, many).await {
            Ok(reached) => next = reached,
            Err(reached) => return reached,
        }
    }
}

/// `Ok`: so many entries were given. `Err`: the server is gone. Both with the next leaf.
pub async fn subscription(scene: &Scene, client: &Client, from: u64, many: usize) -> Result<u64, u64> {
    let Ok(answer) = client.ledger().subscribe(pb::SubscribeRequest { from }).await else { return Err(from) };
    let mut entries = answer.into_inner();
    let subscription = scene.recorder.subscribed(from);
    let mut next = from;
    for _ in 0..many {
        let Ok(Some(entry)) = entries.message().await else { return Err(next) };
        scene.recorder.entry(subscription, entry.leaf_index, leaf_hash(&entry.entry));
        next = entry.leaf_index + 1;
    }
    Ok(next)
}
