//! What stands beside a ledger, as a crash has left it: backups, copies made of them, the witness, the successor.

use std::path::Path;

use skillpass::ledger::{Ledger, Until, backup, restore, verify_backup};
use skillpass::tlog::leaf_hash;
use skillpass::vault::WitnessBook;

use crate::cast::{ORIGIN, worker_id};
use crate::check::clean;
use crate::copies::{
    backup_of, beside, copy, copy_keys, original, reading, successor, witness as open_witness,
};
use crate::driver::{clock, options};
use crate::promise::Promises;
use crate::script::Step;

/// Before the ledger is opened: the copy that is not yet the ledger signs nothing and reads right; the successor is one.
pub fn copies(root: &Path, promises: &Promises, begun: &Step) -> Result<(), String> {
    if promises.succeeded {
        let next = Ledger::open(&successor(root), options(), clock());
        let next = next.map_err(|error| format!("the successor: {}: {error}", error.reason()))?;
        next.close();
        drop(next);
        clean(&successor(root), promises).map_err(|why| format!("the successor: {why}"))?;
    }
    if promises.moved || *begun == Step::Relock {
        return Ok(());
    }
    if *begun == Step::Restore {
        again(root)?;
    } else if promises.copied.is_none() {
        return Ok(());
    }
    match Ledger::open(&copy(root), options(), clock()) {
        Err(error) if error.reason() == "LOCK_MISSING" => {}
        Err(error) => return Err(format!("the copy: {}: {error}", error.reason())),
        Ok(_) => return Err("a restored copy signs without its lock".into()),
    }
    reads(&copy(root), promises.copied.unwrap_or(0), promises).map_err(|why| format!("the copy: {why}"))
}

/// A restore that was cut short is done again by the same command; one that had ended is left alone.
fn again(root: &Path) -> Result<(), String> {
    copy_keys(&beside(&original(root), ".key"), &beside(&copy(root), ".key"))
        .map_err(|error| error.to_string())?;
    match restore(&backup_of(root), &copy(root), Until::End, None) {
        Ok(_) => Ok(()),
        Err(error) if error.reason() == "ALREADY_EXISTS" => Ok(()),
        Err(error) => Err(format!("restored again: {}: {error}", error.reason())),
    }
}

/// Opened for readers it has `size` entries at least, each as it was acknowledged, and nobody who was erased before.
fn reads(dir: &Path, size: u64, promises: &Promises) -> Result<(), String> {
    let ledger = Ledger::open(dir, reading(), clock());
    let ledger = ledger.map_err(|error| format!("for reading: {}: {error}", error.reason()))?;
    let held = *ledger.size().borrow();
    if held < size {
        return Err(format!("it holds {held} entries of {size}"));
    }
    for (leaf, one) in promises.acknowledged.range(..held) {
        let entry = ledger.entry(*leaf).map_err(|error| error.to_string())?;
        if entry.map(|entry| leaf_hash(&entry)) != Some(one.leaf_hash) {
            return Err(format!("leaf {leaf} is another"));
        }
    }
    for worker in 0..6 {
        let there = ledger.worker(worker_id(worker)).map_err(|error| error.to_string())?.is_some();
        if there && promises.erased.contains(&worker) {
            return Err(format!("worker {worker} was erased and is there"));
        }
    }
    ledger.close();
    Ok(())
}

/// The witness knows what it cosigned last, and no other history.
pub fn witness(root: &Path, ledger: &Ledger, promises: &Promises) -> Result<(), String> {
    let Some((size, cosigned)) = promises.cosigned else { return Ok(()) };
    let witness = open_witness(root, &ledger.trust())?;
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let last = runtime.block_on(witness.last(&WitnessBook::name_of(ORIGIN)));
    let last = last.ok_or("the witness has forgotten this log")?.checkpoint;
    if last.size < size || (last.size == size && last.root != cosigned) {
        return Err(format!("the witness cosigned {size} leaves and remembers {}", last.size));
    }
    match promises.published.get(&last.size) {
        Some(root) if *root != last.root => Err("the witness knows another tree than was published".into()),
        _ => Ok(()),
    }
}

/// A backup that was said to be done is whole; and while one was made or used, the next is made of what there is, and
/// restores to a copy that reads.
pub fn backs_up(root: &Path, promises: &Promises, begun: &Step) -> Result<(), String> {
    let failed =
        |what: &str, error: skillpass::ledger::OpenError| format!("{what}: {}: {error}", error.reason());
    if let Some((parts, size, digest)) = promises.backed_up {
        let found = verify_backup(&backup_of(root)).map_err(|error| failed("the backup", error))?;
        if found.parts < parts || found.size < size || (found.parts == parts && found.digest != digest) {
            return Err(format!("a backup of {parts} parts, {size} entries was made; found {found:?}"));
        }
    }
    if *begun != Step::Backup {
        return Ok(());
    }
    let (home, drill) = (promises.home(root), root.join("drill"));
    let made =
        backup(&home, &backup_of(root), &*clock()).map_err(|error| failed("the next backup", error))?;
    verify_backup(&backup_of(root)).map_err(|error| failed("the next backup", error))?;
    copy_keys(&beside(&home, ".key"), &beside(&drill, ".key")).map_err(|error| error.to_string())?;
    restore(&backup_of(root), &drill, Until::End, None).map_err(|error| failed("the drill", error))?;
    reads(&drill, made.size, promises).map_err(|why| format!("the drill: {why}"))
}
