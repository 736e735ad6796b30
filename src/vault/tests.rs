//! Rules that hold over all file classes.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::*;
use crate::crypto::SeededEntropy;

const WORKER: crate::event::WorkerId = crate::event::WorkerId([0xab; 16]);

fn opened_record(statement: &str) -> OpenedRecord {
    let statement = statement.to_owned();
    OpenedRecord {
        n_s: [1; 32],
        n_l: [2; 32],
        worker: WORKER,
        revision: 0,
        previous: None,
        l_prev: [3; 32],
        statement,
    }
}

/// A data directory with one worker's record in it, as the ledger fills one.
fn filled(paths: &DataDir) -> (Vec<u8>, KeySlot) {
    let mut entropy = SeededEntropy::new("vault");
    paths.create().unwrap();
    LedgerKeys::create(paths, &mut entropy).unwrap();
    let keyring = Keyring::create(paths, &mut entropy).unwrap();
    let (slot, key) = keyring.allocate(1, &mut entropy).unwrap().remove(0);
    keyring.note_documents(&[(slot, b"P PH 1")]).unwrap();
    let mut journal = Journal::create(&paths.journal()).unwrap();
    let mut entry = vec![0; 74];
    entry[..2].copy_from_slice(&[1, 2]);
    let sealed = opened_record("a statement about a person").seal(slot, &key, [4; 24], &entry).unwrap();
    journal.append(0, &[Record { entry: entry.clone(), sealed: Some(sealed) }]).unwrap();
    let heads = Heads::open(&paths.heads()).unwrap();
    heads.put(&Head { worker: WORKER, slot, revision: 0, leaf: 0, link: [5; 32], newest_id: 6 }).unwrap();
    heads.sync_slots().unwrap();
    heads.sync_header(journal.end()).unwrap();
    let mut hashes = HashFiles::open(&paths.levels()).unwrap();
    hashes.add(0, 0, &crate::tlog::leaf_hash(&entry)).unwrap();
    hashes.sync().unwrap();
    let archive = CheckpointArchive::open(paths).unwrap();
    archive.publish(&KeptCheckpoint { size: 1, published_at: 7, note: "note\n".into() }).unwrap();
    let tree = LockedTree { origin: "ledger.invalid".into(), size: 1, root: [8; 32] };
    CheckpointLock::at(&paths.checkpoint_lock()).write(&tree).unwrap();
    drop(ProcessLock::acquire(&paths.process_lock()).unwrap());
    (entry, slot)
}

fn tree(dir: &Path, out: &mut Vec<PathBuf>) {
    for item in fs::read_dir(dir).unwrap() {
        let path = item.unwrap().path();
        if path.is_dir() {
            tree(&path, out);
        }
        out.push(path);
    }
}

#[test]
fn every_file_is_the_operators_alone() {
    let outside = tempfile::tempdir().unwrap();
    filled(&DataDir::new(&outside.path().join("ledger")).unwrap());
    let mut paths = Vec::new();
    tree(outside.path(), &mut paths);
    assert!(paths.len() > 20);
    for path in paths {
        let want = if path.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, want, "{}", path.display());
    }
}

#[test]
fn a_record_opens_from_disk_alone_until_its_key_is_destroyed() {
    let outside = tempfile::tempdir().unwrap();
    let paths = DataDir::new(&outside.path().join("ledger")).unwrap();
    let (entry, slot) = filled(&paths);
    let record = JournalReader::open(&paths.journal()).unwrap().read(first_record()).unwrap();
    let sealed = record.sealed.unwrap();
    let keyring = Keyring::open(&paths).unwrap();
    let key = keyring.key(sealed.slot).unwrap().unwrap();
    assert_eq!(sealed.open(&key, &entry).unwrap(), opened_record("a statement about a person"));

    keyring.record_erasure(WORKER, slot).unwrap();
    keyring.tombstone(slot).unwrap();
    Heads::open(&paths.heads()).unwrap().clear(slot).unwrap();
    assert_eq!(keyring.key(slot).unwrap(), None);
    let mut files = Vec::new();
    tree(outside.path(), &mut files);
    for path in files.iter().filter(|path| path.is_file()) {
        let bytes = fs::read(path).unwrap();
        for (what, secret) in
            [("worker id", &WORKER.0[..]), ("key", key.as_bytes()), ("statement", b"about a person")]
        {
            assert!(
                !bytes.windows(secret.len()).any(|found| found == secret),
                "{} holds the {what}",
                path.display()
            );
        }
    }
}

fn first_record() -> crate::store::JournalOffset {
    crate::store::JournalOffset { segment: 0, offset: 20 }
}

/// Closes or opens a tree for everybody; root may write all the same.
fn set_writable(root: &Path, writable: bool) {
    let mut paths = vec![root.to_owned()];
    tree(root, &mut paths);
    for path in paths {
        let bits = if path.is_dir() { 0o500 } else { 0o400 };
        let mode = if writable { bits | 0o200 } else { bits };
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    }
}

#[test]
fn a_read_only_directory_is_read_and_named_and_never_panics() {
    let outside = tempfile::tempdir().unwrap();
    let paths = DataDir::new(&outside.path().join("ledger")).unwrap();
    filled(&paths);
    set_writable(outside.path(), false);
    let is_root = fs::File::create(outside.path().join("probe")).is_ok();

    // Everything can be read.
    assert!(LedgerKeys::open(&paths).is_ok());
    assert!(Keyring::open_read_only(&paths).unwrap().check().unwrap().damaged.is_empty());
    assert_eq!(
        JournalReader::open(&paths.journal()).unwrap().frames_from(Position::START).unwrap().count(),
        1
    );
    assert!(Heads::open_read_only(&paths.heads()).unwrap().get(WORKER).unwrap().is_some());
    assert_eq!(Hashes::open(&paths.levels()).unwrap().size().unwrap(), 1);
    assert_eq!(CheckpointArchive::open_read_only(&paths).unwrap().count(), 1);
    assert!(CheckpointLock::at(&paths.checkpoint_lock()).read().unwrap().is_some());

    let tree = LockedTree { origin: "ledger.invalid".into(), size: 2, root: [8; 32] };
    let refusals = [
        ("lock", ProcessLock::acquire(&paths.process_lock()).err()),
        ("journal", Journal::open(&paths.journal(), Position::START).err()),
        ("keyring", Keyring::open(&paths).err()),
        ("heads", Heads::open(&paths.heads()).err()),
        ("hashes", HashFiles::open(&paths.levels()).err()),
        ("archive", CheckpointArchive::open(&paths).err()),
        ("checkpoint lock", CheckpointLock::at(&paths.checkpoint_lock()).write(&tree).err()),
    ];
    set_writable(outside.path(), true);
    // Permissions do not stop root, so there is nothing to refuse then.
    for (what, refusal) in refusals.into_iter().filter(|_| !is_root) {
        assert_eq!(refusal.map(|error| error.reason()), Some("READ_ONLY_DIRECTORY"), "{what}");
    }
}

/// After a failed fsync the operating system shows bytes that no disk has, and calls them clean.
#[test]
fn what_the_last_process_wrote_last_is_written_again_by_a_start() {
    let outside = tempfile::tempdir().unwrap();
    let paths = DataDir::new(&outside.path().join("ledger")).unwrap();
    let (_, slot) = filled(&paths);
    Keyring::open(&paths).unwrap().record_erasure(WORKER, slot).unwrap();
    StatusFile::open(&paths, 0).unwrap().0.append(&[StatusRecord::Erasures(1)]).unwrap();
    let files =
        ["journal/00000000.skj", "keyring/erased", "keyring/blind", "status/lists", "log/checkpoints"];
    let files = files.into_iter().chain(["log/checkpoints.index"]).map(|name| paths.root().join(name));
    let files: Vec<PathBuf> = files.collect();
    let modified = |path: &PathBuf| fs::metadata(path).unwrap().modified().unwrap();
    let long_ago = std::time::SystemTime::UNIX_EPOCH;
    for path in &files {
        fs::File::options().write(true).open(path).unwrap().set_modified(long_ago).unwrap();
    }
    Journal::open(&paths.journal(), Position::START).unwrap();
    Keyring::open(&paths).unwrap();
    StatusFile::open(&paths, 0).unwrap();
    CheckpointArchive::open(&paths).unwrap();
    for path in &files {
        assert_ne!(modified(path), long_ago, "{}", path.display());
    }
}
