//! Erasure: nothing of the person is left, everything else is.

use std::fs;
use std::path::Path;

use skillpass::event::Kind;
use skillpass::ledger::{ErasureBasis, rebuild};
use skillpass::tlog::{leaf_hash, verify_inclusion};

use crate::support::{TestLedger, Worker};

fn erase(test: &TestLedger, worker: &Worker) -> skillpass::ledger::Acknowledgement {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(test.ledger.erase(worker.id, ErasureBasis::HolderRequest)).unwrap()
}

/// Every file below and beside the data directory.
fn files(dir: &Path, out: &mut Vec<(std::path::PathBuf, Vec<u8>)>) {
    for item in fs::read_dir(dir).unwrap() {
        let path = item.unwrap().path();
        if path.is_dir() {
            files(&path, out);
        } else {
            out.push((path.clone(), fs::read(&path).unwrap()));
        }
    }
}

#[test]
fn after_an_erasure_no_byte_names_the_worker_and_rebuild_brings_nothing_back() {
    let test = TestLedger::new();
    let (gone, stays) = (test.open_passport(), test.open_passport());
    test.bind(&gone);
    for _ in 0..3 {
        test.record_training(&gone);
        test.record_training(&stays);
    }
    let before = test.published();
    assert_eq!(test.ledger.erasable(gone.id).unwrap(), Some(5));
    let noted = erase(&test, &gone);
    assert!(test.ledger.worker(gone.id).unwrap().is_none());
    assert!(
        test.ledger.worker_revision(gone.id).unwrap().is_none()
            && test.ledger.holder_key(gone.id).unwrap().is_none()
    );
    let entry = String::from_utf8_lossy(&test.ledger.entry(noted.leaf).unwrap().unwrap()).into_owned();
    assert!(entry.contains('.') && !entry.contains(&gone.id.to_string()), "the Erased entry names nobody");
    let stopped = test.check();

    let report = rebuild(&stopped.dir()).unwrap();
    assert!(report.identical, "{report:#?}");
    let mut all = Vec::new();
    files(stopped.temp.path(), &mut all);
    let keyring =
        skillpass::vault::Keyring::open(&skillpass::vault::DataDir::new(&stopped.dir()).unwrap()).unwrap();
    for (path, bytes) in &all {
        assert!(
            !bytes.windows(16).any(|window| window == gone.id.0),
            "{} holds the worker id",
            path.display()
        );
    }
    assert!(
        all.iter()
            .any(|(path, bytes)| path.ends_with("heads")
                && bytes.windows(16).any(|window| window == stays.id.0)),
        "the search finds an id that is there"
    );
    assert_eq!(keyring.erasures().unwrap().len(), 1);
    assert!(keyring.key(keyring.erasures().unwrap()[0].slot).unwrap().is_none());
    drop(keyring);

    let test = stopped.open().unwrap();
    assert!(test.ledger.worker(gone.id).unwrap().is_none());
    assert_eq!(test.ledger.worker(stays.id).unwrap().unwrap().len(), 4);
    for leaf in 0..before.checkpoint.size {
        let hash = leaf_hash(&test.ledger.entry(leaf).unwrap().unwrap());
        let proof = test.ledger.inclusion_proof(leaf, before.checkpoint.size).unwrap();
        verify_inclusion(leaf, before.checkpoint.size, &hash, &proof, &before.checkpoint.root).unwrap();
    }
    test.check();
}

#[test]
fn a_rotated_keyring_opens_everything_and_an_old_copy_of_it_nothing() {
    let test = TestLedger::new();
    let worker = test.open_passport();
    test.record_training(&worker);
    let old = test.temp.path().join("old");
    crate::support::copy_ledger(&test.dir(), &old);
    let escrow = test.temp.path().join("escrow");
    fs::create_dir(&escrow).unwrap();
    let next = skillpass::ledger::escrow_next_generation(&test.dir(), &escrow).unwrap();
    let generation = test.ledger.rotate_keyring(&next.digest).unwrap();
    test.record_training(&worker);
    test.open_passport();
    let stopped = test.reopen().check();
    let key = |dir: &Path| dir.with_extension("key").join(format!("generation-{:04}.key", generation - 1));
    assert!(!key(&stopped.dir()).exists());
    fs::remove_file(key(&old)).unwrap();
    assert_eq!(stopped.open_at(&old).err().unwrap().reason(), "GENERATION_KEY_MISSING");
}

#[test]
fn an_erased_id_stays_refused_and_tells_only_those_who_may_know() {
    let test = TestLedger::new();
    let worker = test.open_passport();
    test.bind(&worker);
    let said_before = test.record_training(&worker);
    erase(&test, &worker);
    let test = test.reopen();
    assert_eq!(test.refused(said_before), "ERASED", "an old statement brings nothing back");
    assert_eq!(test.refused(test.opening(&worker)), "ERASED");
    assert_eq!(test.refused(test.training(&worker)), "ERASED");
    let holder = TestLedger::holder(&worker);
    assert_eq!(test.refused(test.about(&holder, &worker, Kind::SelfAssessed, |_| {})), "UNKNOWN_WORKER");
    let unauthorised = test.about(&test.provider, &worker, Kind::LicenceGranted, |_| {});
    let of_a_stranger = test.about(&test.provider, &test.stranger(), Kind::LicenceGranted, |_| {});
    assert_eq!(test.refused(unauthorised), test.refused(of_a_stranger), "as for an id nobody knows");
    test.check();
}

#[test]
fn an_erasure_that_a_crash_interrupted_is_completed_at_the_next_start() {
    let test = TestLedger::new();
    let (gone, stays) = (test.open_passport(), test.open_passport());
    test.record_training(&gone);
    let stopped = test.stop();
    let paths = skillpass::vault::DataDir::new(&stopped.dir()).unwrap();
    let slot = skillpass::vault::Heads::open(&paths.heads()).unwrap().get(gone.id).unwrap().unwrap().slot;
    // (a) only, then (a) and (b).
    for tombstone in [false, true] {
        let copy = stopped.temp.path().join(format!("copy{tombstone}"));
        crate::support::copy_ledger(&stopped.dir(), &copy);
        let paths = skillpass::vault::DataDir::new(&copy).unwrap();
        let keyring = skillpass::vault::Keyring::open(&paths).unwrap();
        keyring.record_erasure(gone.id, slot).unwrap();
        if tombstone {
            keyring.tombstone(slot).unwrap();
        }
        drop(keyring);
        assert!(
            !skillpass::ledger::fsck(&copy).unwrap().findings.is_empty(),
            "fsck says what the start will complete"
        );
        let ledger = stopped.open_at(&copy).unwrap();
        assert!(ledger.worker(gone.id).unwrap().is_none());
        assert_eq!(ledger.worker(stays.id).unwrap().unwrap().len(), 1);
        let erased = ledger.stream(skillpass::event::StreamId::erasures()).unwrap();
        assert_eq!(erased.len(), 1, "the Erased entry was added");
        ledger.close();
        drop(ledger);
        crate::support::check_dir(&copy);
    }
}
