//! What the operator and the bodies do beside: erasures, indexes of status lists, backups, new keys.

use history::{Answer, Call};
use skillpass::pb;

use crate::cast::{self, PROVIDER, worker_id};
use crate::chance::Chance;
use crate::client::{Client, Failure, breath, signed};
use crate::process::{Ended, command};
use crate::recorder::Work;
use crate::scene::Scene;

/// Erases workers, and again those of whom it was not told; has indexes allocated. Until the server is gone.
pub async fn erase(scene: &Scene, client: &Client, mut chance: Chance, mut untold: Vec<u64>) -> Vec<u64> {
    loop {
        breath(&mut chance, 60).await;
        let done = if chance.one_in(2) {
            allocate(scene, client).await
        } else {
            let Some(worker) = untold.pop().or_else(|| scene.take_worker(&mut chance)) else { continue };
            let done = erase_one(scene, client, worker, chance.one_in(4)).await;
            if matches!(done, Err(Failure::Lost(_))) {
                untold.push(worker);
            }
            done
        };
        match done {
            Ok(()) => {}
            Err(Failure::Lost(_)) => return untold,
            Err(Failure::Refused(reason)) => {
                scene.trouble(format!("an erasure or an allocation is refused: {reason}"))
            }
        }
    }
}

async fn erase_one(scene: &Scene, client: &Client, worker: u64, last_export: bool) -> Result<(), Failure> {
    let message = pb::ErasePassportRequest {
        worker: worker_id(worker).to_string(),
        basis: Some(pb::erase_passport_request::Basis::OrderReference("order".to_owned())),
        confirm: true,
        last_export,
    };
    let request = signed(&scene.operator, None, message);
    let operation = scene.recorder.call(None, Call::Erase { stream: worker });
    let answer = match client.passports().erase_passport(request).await.map_err(Failure::from) {
        Ok(answer) => Answer::Erased { leaf: answer.into_inner().leaf_index.unwrap_or(u64::MAX) },
        Err(Failure::Refused(reason)) if reason == "NOT_AVAILABLE" => Answer::NotAvailable,
        Err(failure) => return Err(failure),
    };
    scene.recorder.answer(operation, answer);
    Ok(())
}

async fn allocate(scene: &Scene, client: &Client) -> Result<(), Failure> {
    let request = signed(&cast::key(PROVIDER), Some(PROVIDER), pb::AllocateStatusRequest { count: 3 });
    let operation = scene.recorder.call(None, Call::Allocate);
    let lists = client.ledger().allocate_status(request).await?.into_inner().lists;
    let of = |list: pb::StatusIndexes| {
        list.indexes.into_iter().map(move |index| (list.uri.clone(), u64::from(index))).collect::<Vec<_>>()
    };
    scene.recorder.answer(operation, Answer::Allocated(lists.into_iter().flat_map(of).collect()));
    Ok(())
}

/// Backs up and verifies the backup, until the server is gone.
pub async fn back_up(scene: &Scene, mut chance: Chance) {
    while !scene.recorder.is_over() {
        breath(&mut chance, 400).await;
        if !back_up_once(scene).await {
            return;
        }
    }
}

/// One part more, and all of it read again; whether it came to an end.
pub async fn back_up_once(scene: &Scene) -> bool {
    let (data, to) = (scene.data().display().to_string(), scene.backup().display().to_string());
    let operation = scene.recorder.work(Work::Backup);
    for arguments in [&["backup", "--data", &data, "--to", &to][..], &["backup", "--verify", "--to", &to]] {
        match command(scene, arguments).await {
            Ended::Well(_) => {}
            Ended::CutShort => {
                scene.recorder.unanswered(operation);
                return false;
            }
            Ended::Badly(why) => {
                scene.trouble(format!("{}: {why}", arguments.join(" ")));
                return false;
            }
        }
    }
    scene.recorder.worked(operation);
    true
}

/// Rotates the keyring and changes the ledger's own keys, until the server is gone.
pub async fn rotate(scene: &Scene, client: &Client, url: &str, mut chance: Chance) {
    while !scene.recorder.is_over() {
        breath(&mut chance, 250).await;
        if chance.one_in(3) {
            match change_ledger_key(scene, client, if chance.one_in(2) { "log" } else { "status" }).await {
                Ok(()) => {}
                Err(Failure::Lost(_)) => return,
                Err(Failure::Refused(reason)) => scene.trouble(format!("a key of the ledger: {reason}")),
            }
        } else if !rotate_keyring(scene, url).await {
            return;
        }
    }
}

async fn rotate_keyring(scene: &Scene, url: &str) -> bool {
    let path = |path: std::path::PathBuf| path.display().to_string();
    let (data, escrow) = (path(scene.data()), path(scene.escrow()));
    let key = path(scene.root.join("ledger.operator.key"));
    let operation = scene.recorder.call(None, Call::Rotate);
    let escrowed = command(scene, &["keyring", "escrow", "--data", &data, "--to", &escrow]).await;
    let rotated = match escrowed {
        Ended::Well(_) => {
            command(scene, &["keyring", "rotate", "--escrow", &escrow, "--ledger", url, "--as", &key]).await
        }
        Ended::Badly(why) => {
            scene.trouble(format!("keyring escrow: {why}"));
            return false;
        }
        Ended::CutShort => Ended::CutShort,
    };
    match rotated {
        Ended::Well(said) => {
            let generation = said["generation"].as_u64().and_then(|number| u32::try_from(number).ok());
            scene.recorder.answer(operation, Answer::Generation(generation.unwrap_or(0)));
            true
        }
        // Without a server it can do nothing else.
        Ended::Badly(_) | Ended::CutShort if scene.recorder.is_over() => false,
        Ended::Badly(why) => {
            scene.trouble(format!("keyring rotate: {why}"));
            false
        }
        Ended::CutShort => false,
    }
}

/// Adds a second key for a use, or ends the older of two.
async fn change_ledger_key(scene: &Scene, client: &Client, use_: &str) -> Result<(), Failure> {
    let keys =
        client.admin().list_ledger_keys(signed(&scene.operator, None, pb::ListLedgerKeysRequest {})).await?;
    let keys = keys.into_inner().keys.into_iter().filter(|key| key.r#use == use_ && key.ended.is_none());
    let operation = scene.recorder.work(Work::LedgerKey);
    if let [older, _, ..] = &keys.collect::<Vec<_>>()[..] {
        let (kid, reason) = (older.kid.clone(), "RETIRED".to_owned());
        // Until it is told, both are possible.
        scene.ledger_key(&kid, None);
        let message = pb::EndLedgerKeyRequest { kid, reason, compromised_since: None };
        client.admin().end_ledger_key(signed(&scene.operator, None, message)).await?;
        scene.ledger_key(&older.kid, Some(false));
    } else {
        let message = pb::AddLedgerKeyRequest { r#use: use_.to_owned() };
        let added = client.admin().add_ledger_key(signed(&scene.operator, None, message)).await?;
        scene.ledger_key(&added.into_inner().key.unwrap_or_default().kid, Some(true));
    }
    scene.recorder.worked(operation);
    Ok(())
}

/// The ledger's own keys are as they were told to be.
pub async fn keys_are_held(scene: &Scene, client: &Client) -> Result<(), String> {
    let request = signed(&scene.operator, None, pb::ListLedgerKeysRequest {});
    let keys = client.admin().list_ledger_keys(request).await.map_err(|status| status.to_string())?;
    let keys = keys.into_inner().keys;
    for (kid, in_force) in scene.ledger_keys() {
        let found = keys.iter().find(|key| key.kid == kid).map(|key| key.ended.is_none());
        if found != Some(in_force) {
            return Err(format!("the ledger's key {kid}: in force {found:?}, told {in_force}"));
        }
    }
    Ok(())
}
