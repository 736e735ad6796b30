//! Life after life of one ledger, each ended by SIGKILL.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use skillpass::crypto::PrivateKey;
use skillpass::ledger::{Ledger, SystemClock, fsck};
use skillpass::pb;

use crate::cast::{ORIGIN, Saying, What, founding};
use crate::chance::Chance;
use crate::client::{Client, Failure};
use crate::load::Clients;
use crate::process::serve;
use crate::recorder::{Figures, Moment, Work};
use crate::scene::Scene;
use crate::{end, keeper, reader};

/// `fsck` reads all there is: at every so many starts.
const FSCK_EVERY: u64 = 5;

/// Kills so often; then asks for everything, and judges the history.
pub async fn run(binary: &Path, cycles: u64, seed: u64) -> Result<(), String> {
    let root = place()?;
    let done = lives(binary, &root, cycles, seed).await;
    match &done {
        // A directory without use.
        Ok(()) => drop(std::fs::remove_dir_all(&root)),
        Err(_) => println!("kept: {}", root.display()),
    }
    done
}

fn place() -> Result<PathBuf, String> {
    let base = ["/dev/shm", "/tmp"].iter().map(Path::new).find(|base| base.is_dir());
    let root = base.unwrap_or(Path::new(".")).join(format!("kills-{}", std::process::id()));
    std::fs::create_dir_all(root.join("escrow")).map_err(|error| error.to_string())?;
    Ok(root)
}

async fn lives(binary: &Path, root: &Path, cycles: u64, seed: u64) -> Result<(), String> {
    let founded = Ledger::init(&root.join("ledger"), &founding(ORIGIN), &SystemClock)
        .map_err(|error| error.to_string())?;
    let scene = Arc::new(Scene::new(binary, root.to_owned(), operator(&founded.operator_key_file)?));
    let mut clients = Clients::new(seed);
    let mut chance = Chance::new(seed);
    let mut checked = 0;
    for cycle in 0..cycles {
        let (child, url) = serve(binary, root)?;
        scene.recorder.arm(child, Moment::draw(&mut chance));
        let client = Client::connect(&url).await?;
        if cycle == 0 {
            authorise(&client).await?;
        }
        // Before anything new is published: what the start itself hands out.
        if let Err(Failure::Refused(reason)) = reader::checkpoint(&scene, &client).await {
            return Err(format!("no checkpoint: {reason}"));
        }
        if let Err(why) = keeper::keys_are_held(&scene, &client).await
            && !scene.recorder.is_over()
        {
            return Err(why);
        }
        if cycle % FSCK_EVERY == FSCK_EVERY - 1 {
            clean(&scene.data())?;
            checked += 1;
        }
        // The first checkpoint may have brought about the kill.
        if !scene.recorder.is_over() {
            clients = clients.live(&scene, &url).await?;
        }
        scene.recorder.bury()?;
        if let Some(trouble) = scene.first_trouble() {
            return Err(format!("seed {seed}, life {cycle}: {trouble}"));
        }
        if cycle % 10 == 9 {
            eprintln!("{} of {cycles} kills", cycle + 1);
        }
    }
    let end = end::end(&scene).await?;
    report(&scene.recorder.figures(), cycles, seed, checked, &end);
    Ok(())
}

fn operator(path: &Path) -> Result<PrivateKey, String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let jwk = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    PrivateKey::from_jwk(&jwk).map_err(|error| error.to_string())
}

/// Lets the provider open passports and state trainings.
async fn authorise(client: &Client) -> Result<(), String> {
    for (number, what) in [(1, What::Authorise), (2, What::AddKey)] {
        let statement = Saying { number, what }.text(&[]);
        let message = pb::AppendRequest { statement, ..pb::AppendRequest::default() };
        client.ledger().append(message).await.map_err(|status| status.to_string())?;
    }
    Ok(())
}

/// `fsck`, of this program and not of the one that is killed.
pub fn clean(data: &Path) -> Result<(), String> {
    let report = tokio::task::block_in_place(|| fsck(data)).map_err(|error| format!("fsck: {error}"))?;
    match report.findings.first() {
        None => Ok(()),
        Some(finding) => Err(format!("fsck: {}: {}", finding.place, finding.problem)),
    }
}

fn report(figures: &Figures, cycles: u64, seed: u64, checked: u64, end: &end::End) {
    let of = |counts: &std::collections::BTreeMap<Work, u64>, work| counts.get(&work).copied().unwrap_or(0);
    println!(
        "{cycles} kills (seed {seed}): {} statements sent, {} answered, {} of them recorded before; {} reads, {} checkpoints, {} entries to subscribers",
        of(&figures.begun, Work::Append),
        of(&figures.done, Work::Append),
        figures.repeated,
        of(&figures.done, Work::Read),
        of(&figures.done, Work::Checkpoint),
        figures.entries,
    );
    println!(
        "{} erasures, {} allocations, {} backups (each verified), {} rotations of the keyring, {} changes of the ledger's own keys",
        of(&figures.done, Work::Erase),
        of(&figures.done, Work::Allocate),
        of(&figures.done, Work::Backup),
        of(&figures.done, Work::Rotate),
        of(&figures.done, Work::LedgerKey),
    );
    let caught = Work::ALL.map(|work| format!("{} {}", work.name(), of(&figures.caught, work)));
    println!("on their way when the server was killed, in so many kills: {}", caught.join(", "));
    println!(
        "in the end {} entries, {} passports read, {} erased; fsck clean {} times; restored from the backup: {} entries, the erased stay erased",
        end.entries,
        end.passports,
        end.erased,
        checked + 1,
        end.restored
    );
    println!("history of {} events: lost or contradicted: 0", end.events);
}
