//! The end of a run: everything is asked for once more, the history judged, the backup restored.

use std::path::Path;
use std::process::{Child, Command};
use std::sync::Arc;

use history::{Event, Hash};
use skillpass::ledger::{Ledger, Options, SystemClock};
use skillpass::pb;
use skillpass::tlog::{Frontier, leaf_hash};

use crate::cast::worker_id;
use crate::client::{Client, Failure, signed};
use crate::process::{Ended, command, serve};
use crate::run::clean;
use crate::scene::Scene;
use crate::{keeper, reader};

/// What there was.
pub struct End {
    pub entries: u64,
    pub passports: usize,
    pub erased: usize,
    pub restored: u64,
    pub events: usize,
}

/// Fails with the first promise that is broken.
pub async fn end(scene: &Arc<Scene>) -> Result<End, String> {
    let (child, url) = serve(&scene.binary, &scene.root)?;
    let client = Client::connect(&url).await?;
    keeper::keys_are_held(scene, &client).await?;
    let entries = everything(scene, &client).await?;
    stop(child)?;
    if !keeper::back_up_once(scene).await {
        return Err(scene.first_trouble().unwrap_or_default());
    }
    let events = scene.recorder.take();
    history::check(&events)
        .map_err(|broken| format!("the history is refused: {broken}{}", around(&events, broken.event)))?;
    clean(&scene.data())?;
    let Some(Event::Log { leaves, .. }) = events.last() else {
        return Err("the log was not read".to_owned());
    };
    let (restored, passports) = restore(scene, leaves).await?;
    let erased = scene.workers().len() - passports;
    Ok(End { entries, passports, erased, restored, events: events.len() })
}

/// Reads every worker, the newest checkpoint and the whole log into the history; the size of the log.
async fn everything(scene: &Arc<Scene>, client: &Client) -> Result<u64, String> {
    let said = |failure| match failure {
        Failure::Refused(why) | Failure::Lost(why) => why,
    };
    for worker in scene.workers() {
        reader::export(scene, client, worker).await.map_err(said)?;
    }
    let request = signed(&scene.operator, None, pb::GetStatusRequest {});
    let status = client.admin().get_status(request).await.map_err(|status| status.to_string())?.into_inner();
    reader::checkpoint(scene, client).await.map_err(said)?;
    let many = usize::try_from(status.size).unwrap_or(usize::MAX);
    let reached = reader::subscription(scene, client, 0, many).await;
    if reached != Ok(status.size) {
        return Err(format!("of {} entries a subscriber is given {reached:?}", status.size));
    }
    let mut leaves: Vec<Hash> = Vec::new();
    while leaves.len() < many {
        let message = pb::ListEntriesRequest { from: leaves.len() as u64, max: 1000 };
        let answer = client.ledger().list_entries(message).await.map_err(|status| status.to_string())?;
        let entries = answer.into_inner().entries;
        if entries.is_empty() {
            return Err(format!("entry {} of {many} is missing", leaves.len()));
        }
        leaves.extend(entries.iter().map(|entry| leaf_hash(&entry.entry)));
    }
    leaves.truncate(many);
    let mut tree = Frontier::default();
    let mut roots = vec![tree.root()];
    for leaf in &leaves {
        tree.push(*leaf, |_, _, _| {});
        roots.push(tree.root());
    }
    scene.recorder.log(leaves, roots);
    Ok(status.size)
}

/// SIGTERM; it must end well.
fn stop(mut child: Child) -> Result<(), String> {
    let told = Command::new("kill").arg("-TERM").arg(child.id().to_string()).status();
    if !told.map_err(|error| error.to_string())?.success() {
        return Err("the server is gone before it is told to stop".to_owned());
    }
    let status = tokio::task::block_in_place(|| child.wait()).map_err(|error| error.to_string())?;
    if status.success() { Ok(()) } else { Err(format!("told to stop, the server ends with {status}")) }
}

/// The events before the one that breaks a rule.
fn around(events: &[Event], at: usize) -> String {
    let from = at.saturating_sub(4);
    let shown = events.iter().enumerate().skip(from).take(6);
    shown.map(|(index, event)| format!("\n  {index}: {:.300}", format!("{event:?}"))).collect()
}

/// The backup, restored beside: the same log, the same passports, nobody who was erased. (entries, passports)
async fn restore(scene: &Scene, leaves: &[Hash]) -> Result<(u64, usize), String> {
    let data = scene.root.join("restored");
    copy_dir(&scene.root.join("ledger.key"), &scene.root.join("restored.key"))
        .map_err(|error| error.to_string())?;
    let (from, to) = (scene.backup().display().to_string(), data.display().to_string());
    match command(scene, &["restore", "--from", &from, "--data", &to]).await {
        Ended::Well(_) => {}
        Ended::Badly(why) => return Err(format!("restore: {why}")),
        Ended::CutShort => return Err("restore was cut short".to_owned()),
    }
    tokio::task::block_in_place(|| {
        let of = |data: &Path| {
            let options = Options { read_only: true, ..Options::default() };
            Ledger::open(data, options, Arc::new(SystemClock))
                .map_err(|error| format!("{}: {error}", data.display()))
        };
        let (restored, kept) = (of(&data)?, of(&scene.data())?);
        let size = *restored.size().borrow();
        for leaf in 0..size {
            let entry = restored.entry(leaf).map_err(|error| error.to_string())?.unwrap_or_default();
            if leaves.get(usize::try_from(leaf).unwrap_or(usize::MAX)) != Some(&leaf_hash(&entry)) {
                return Err(format!("restored leaf {leaf} is another"));
            }
        }
        let mut passports = 0;
        for worker in scene.workers() {
            let revision = |ledger: &Ledger| {
                ledger.worker_revision(worker_id(worker)).map_err(|error| format!("worker {worker}: {error}"))
            };
            let (here, there) = (revision(&kept)?, revision(&restored)?);
            if here != there {
                return Err(format!("worker {worker}: revision {here:?}, restored {there:?}"));
            }
            passports += usize::from(here.is_some());
        }
        if size != leaves.len() as u64 {
            return Err(format!("{size} of {} entries are restored", leaves.len()));
        }
        Ok((size, passports))
    })
}

fn copy_dir(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir(to)?;
    for item in std::fs::read_dir(from)? {
        let item = item?;
        let into = to.join(item.file_name());
        if item.path().is_dir() {
            copy_dir(&item.path(), &into)?;
        } else {
            std::fs::copy(item.path(), into)?;
        }
    }
    Ok(())
}
