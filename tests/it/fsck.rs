//! What `fsck` leaves alone, and what it says beside a live ledger and of a copy for looking back.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use skillpass::crypto::{Hash, sha256};
use skillpass::ledger::fsck;

use crate::corruptions::{altered, put, share};
use crate::support::{TestLedger, check_dir};

fn beside(dir: &Path, suffix: &str) -> PathBuf {
    PathBuf::from(format!("{}{suffix}", dir.display()))
}

/// Every file and directory of a ledger, with what it holds and when that was written.
fn tree(dir: &Path) -> BTreeMap<PathBuf, (SystemTime, Hash)> {
    let mut found = BTreeMap::new();
    let mut left = vec![dir.to_owned(), beside(dir, ".key"), beside(dir, ".lock")];
    while let Some(path) = left.pop() {
        let about = fs::metadata(&path).unwrap();
        let bytes = if about.is_dir() {
            left.extend(fs::read_dir(&path).unwrap().map(|item| item.unwrap().path()));
            Vec::new()
        } else {
            fs::read(&path).unwrap()
        };
        found.insert(path, (about.modified().unwrap(), sha256(&[&bytes])));
    }
    found
}

/// What a crash may leave of the event store: a snapshot that was being written, and half a batch beyond the mark.
fn as_after_a_crash(sled: &Path) {
    let open = || sled::Config::new().path(sled).use_compression(false).open();
    let db = (0..200)
        .find_map(|_| open().map_err(|_| std::thread::sleep(std::time::Duration::from_millis(10))).ok())
        .expect("the database opens");
    let (key, chunk) = db.scan_prefix(b"e").next_back().unwrap().unwrap();
    db.insert(key, [&chunk[..], &chunk[..]].concat()).unwrap();
    db.flush().unwrap();
    drop(db);
    // Its threads write until a moment after its last handle is gone.
    std::thread::sleep(std::time::Duration::from_millis(700));
    fs::write(sled.join("snap.00000000000000FF.generating"), b"half").unwrap();
}

#[test]
fn a_stopped_ledger_is_left_byte_for_byte_as_it_was() {
    let test = TestLedger::new();
    let worker = test.open_passport();
    test.record_training(&worker);
    share(&test, &worker);
    test.published();
    let stopped = test.stop();
    let dir = stopped.dir();
    as_after_a_crash(&dir.join("sled"));
    let before = tree(&dir);
    check_dir(&dir);
    assert_eq!(tree(&dir), before);
    // Nor is the lock made where there is none.
    fs::remove_file(dir.join(".process.lock")).unwrap();
    let before = tree(&dir);
    let report = fsck(&dir).unwrap();
    assert!(report.findings.is_empty() && report.not_checked.is_empty(), "{report:#?}");
    assert_eq!(tree(&dir), before);
    assert!(before.contains_key(&dir.join("sled/snap.00000000000000FF.generating")));
    stopped.open().unwrap().check();
}

#[test]
fn beside_a_live_ledger_damage_is_found_and_nothing_is_held_up() {
    let test = TestLedger::new();
    let worker = test.open_passport();
    test.record_training(&worker);
    share(&test, &worker);
    test.published();
    let dir = test.dir();
    check_dir(&dir);
    let boxed = fs::read_dir(dir.join("access/00000")).unwrap().map(|item| item.unwrap().path());
    let boxed = boxed.into_iter().find(|path| path.extension().is_some_and(|is| is == "share")).unwrap();
    let flip = |what: &str, path: &Path, at: usize| altered("live", what, path, |bytes| bytes[at] ^= 1);
    for (word, plant) in [
        ("journal", flip("a frame", &dir.join("journal/00000000.skj"), 900)),
        ("keyring, slot 0", flip("a wrapped key", &dir.join("keyring/slots"), 84 + 40)),
        ("log/levels", flip("a hash", &dir.join("log/levels/00"), 40)),
        ("log/checkpoints", flip("a kept checkpoint", &dir.join("log/checkpoints"), 30)),
        ("checkpoint lock", flip("the lock", &beside(&dir, ".lock/checkpoint.lock"), 40)),
        ("share box", flip("a share box", &boxed, 30)),
    ] {
        let (path, bytes) = plant.files.into_iter().next().unwrap();
        let whole = fs::read(&path).unwrap();
        put(&path, bytes.as_deref());
        let report = fsck(&dir).unwrap();
        put(&path, Some(&whole));
        assert!(report.not_checked.iter().any(|line| line.contains("running ledger")), "{report:#?}");
        let found = report.findings.iter().find(|finding| finding.place.contains(word));
        assert!(found.is_some_and(|found| !found.remedy.is_empty()), "{}: {report:#?}", plant.name);
    }
    check_dir(&dir);
    test.record_training(&worker);
    test.published();
    test.check();
}
