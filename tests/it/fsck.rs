//! What `fsck` leaves alone, and what it says beside a live ledger and of a copy for looking back.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use skillpass::crypto::{Hash, OsEntropy, PrivateKey, sha256};
use skillpass::event::Kind;
use skillpass::ledger::{
    ErasureBasis, Ledger, LedgerKeyUse, Operator, Options, Published, Role, Until, backup, fsck, recover,
    restore,
};

use crate::corruptions::{altered, put, share};
use crate::support::{Stopped, TestLedger, check_dir, options};

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

/// A ledger whose log goes on after checkpoint `then`: another erasure, another key, another record. Its backup, and the keys beside a
/// directory to restore to.
fn gone_on() -> (Stopped, Arc<Published>, Arc<Published>, PathBuf) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let test = TestLedger::new();
    let (gone, stays) = (test.open_passport(), test.open_passport());
    let index = test.index_for(&test.provider);
    test.append(test.bearing(&test.provider, &stays, Kind::TrainingCompleted, &index)).unwrap();
    let index = test.index_for(&test.provider);
    test.append(test.bearing(&test.provider, &gone, Kind::TrainingCompleted, &index)).unwrap();
    share(&test, &stays);
    let then = test.published();
    runtime.block_on(test.ledger.erase(gone.id, ErasureBasis::Order)).unwrap();
    runtime.block_on(test.ledger.add_own_key(LedgerKeyUse::Log)).unwrap();
    test.record_training(&stays);
    let now = test.published();
    backup(&test.dir(), &test.temp.path().join("backup"), &*test.clock).unwrap();
    let stopped = test.check();
    let copy = stopped.temp.path().join("then");
    fs::create_dir(beside(&copy, ".key")).unwrap();
    for item in fs::read_dir(beside(&stopped.dir(), ".key")).unwrap() {
        let path = item.unwrap().path();
        fs::copy(&path, beside(&copy, ".key").join(path.file_name().unwrap())).unwrap();
    }
    let restored =
        restore(&stopped.temp.path().join("backup"), &copy, Until::Size(then.checkpoint.size), None);
    assert_eq!(restored.unwrap().size, then.checkpoint.size);
    (stopped, then, now, copy)
}

#[test]
fn a_copy_for_looking_back_says_so_and_is_clean() {
    let (stopped, then, now, copy) = gone_on();
    let (held, known) = (then.checkpoint.size, now.checkpoint.size);
    let is_clean = || {
        let report = fsck(&copy).unwrap();
        assert!(report.findings.is_empty() && report.not_checked.is_empty(), "{report:#?}");
        assert!(
            report.notes.iter().any(|note| note.contains(&format!("{held} of {known} entries"))),
            "{report:#?}"
        );
        assert_eq!((report.entries, report.erased_records), (held, 2));
    };
    is_clean();
    let ledger =
        Ledger::open(&copy, Options { read_only: true, ..options() }, stopped.clock.clone()).unwrap();
    let beside_it = fsck(&copy).unwrap();
    assert!(beside_it.findings.is_empty() && beside_it.notes.len() == 1, "{beside_it:#?}");
    ledger.close();
    drop(ledger);
    is_clean();
    // Beside the lock of the ledger that went on, too.
    fs::create_dir_all(beside(&copy, ".lock")).unwrap();
    for name in ["checkpoint.lock", "erased"] {
        fs::copy(beside(&stopped.dir(), ".lock").join(name), beside(&copy, ".lock").join(name)).unwrap();
    }
    is_clean();
    // Made whole, it looks back no more.
    recover(&copy, &stopped.dir(), None).unwrap();
    let whole = fsck(&copy).unwrap();
    assert_eq!((whole.entries, whole.notes.len()), (known, 0), "{whole:#?}");
}

#[test]
fn damage_in_a_copy_for_looking_back_is_found_and_nothing_else() {
    let (_stopped, _, _, copy) = gone_on();
    let segment = copy.join("journal/00000000.skj");
    let flip = |what: &str, path: &Path, at: usize| altered("copy", what, path, |bytes| bytes[at] ^= 1);
    let cut = altered("copy", "its last byte gone", &segment, |bytes| bytes.truncate(bytes.len() - 1));
    let words = ["journal", "heads", "keyring", "log/levels", "log/checkpoints", "looking-back"];
    for (word, plant) in words.into_iter().zip([
        cut,
        flip("a slot", &copy.join("heads"), 4096 + 40),
        flip("a wrapped key", &copy.join("keyring/slots"), 84 * 2 + 40),
        flip("a hash", &copy.join("log/levels/00"), 40),
        flip("a kept checkpoint", &copy.join("log/checkpoints"), 30),
        flip("how far it goes", &copy.join("looking-back"), 27),
    ]) {
        let (path, bytes) = plant.files.into_iter().next().unwrap();
        let whole = fs::read(&path).unwrap();
        put(&path, bytes.as_deref());
        let report = fsck(&copy).unwrap();
        put(&path, Some(&whole));
        assert!(report.findings.iter().any(|finding| finding.place.contains(word)), "{word}: {report:#?}");
        let contradictory = report.findings.iter().any(|finding| finding.remedy.contains("completes this"));
        assert!(word == "looking-back" || !contradictory, "{word}: {report:#?}");
    }
    check_dir(&copy);
}

#[test]
fn a_key_directory_from_before_opens_and_is_marked_when_an_operator_is_named() {
    let stopped = TestLedger::new().stop();
    let dir = stopped.dir();
    let (key, list) = (beside(&dir, ".key/operator.pub.jwk"), beside(&dir, ".key/operators.json"));
    let marked = fs::read_to_string(&key).unwrap();
    let before = format!("{}}}\n", marked.split_once(",\"kid\"").unwrap().0);
    fs::write(&key, &before).unwrap();
    fs::remove_file(&list).unwrap();
    check_dir(&dir);
    let test = stopped.open().unwrap();
    assert_eq!(fs::read_to_string(&key).unwrap(), before, "a start writes nothing there");
    let desk = PrivateKey::generate_ed25519(&mut OsEntropy).public();
    let desk = Operator { name: "desk".to_owned(), key: desk, roles: vec![Role::Reader] };
    test.ledger.add_operator(desk).unwrap();
    assert_eq!(fs::read_to_string(&key).unwrap(), marked);
    check_dir(&dir);
    fs::remove_file(&list).unwrap();
    let report = fsck(&dir).unwrap();
    assert!(report.findings.iter().any(|finding| finding.place.ends_with("operators.json")), "{report:#?}");
}
