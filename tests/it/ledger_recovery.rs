//! What a stop, a crash, a lost or a damaged file leaves, and what the next start makes of it.

use std::fs;
use std::path::{Path, PathBuf};

use skillpass::ledger::{Acknowledgement, fsck, rebuild, restore_lock};

use crate::support::{Stopped, TestLedger, Worker, check_dir, copy_ledger};

/// A stopped ledger with two workers and some trainings, all of it in a checkpoint.
fn stopped() -> (Stopped, Vec<Worker>, Vec<(String, Acknowledgement)>) {
    let test = TestLedger::new();
    let workers = vec![test.open_passport(), test.open_passport()];
    let mut said = Vec::new();
    for _ in 0..20 {
        for worker in &workers {
            let text = test.training(worker);
            let acknowledgement = test.append(text.clone()).unwrap();
            said.push((text, acknowledgement));
        }
    }
    (test.stop(), workers, said)
}

/// Everything acknowledged is there, at its place; the ledger takes more; fsck is content.
fn all_there(test: TestLedger, said: &[(String, Acknowledgement)], worker: &Worker) {
    for (text, acknowledgement) in said {
        let again = test.append(text.clone()).unwrap();
        assert!(again.repeated);
        assert_eq!((again.leaf, again.recorded_at), (acknowledgement.leaf, acknowledgement.recorded_at));
    }
    test.record_training(worker);
    test.check();
}

fn beside(dir: &Path, suffix: &str) -> PathBuf {
    PathBuf::from(format!("{}{suffix}", dir.display()))
}

fn last_segment(dir: &Path) -> PathBuf {
    let mut segments: Vec<_> =
        fs::read_dir(dir.join("journal")).unwrap().map(|item| item.unwrap().path()).collect();
    segments.sort();
    segments.pop().unwrap()
}

fn cut(path: &Path, bytes: u64) {
    let file = fs::OpenOptions::new().write(true).open(path).unwrap();
    file.set_len(file.metadata().unwrap().len() - bytes).unwrap();
}

fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 0x10;
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_copy_taken_at_any_moment_opens_with_all_that_was_acknowledged() {
    let test = TestLedger::new();
    let worker = test.open_passport();
    let mut said = Vec::new();
    for round in 0..8 {
        let text = test.training(&worker);
        let acknowledgement = test.append(text.clone()).unwrap();
        said.push((text, acknowledgement));
        // What a kill would leave: the files as they are, nothing closed, nothing flushed.
        let copy = test.temp.path().join(format!("copy{round}"));
        copy_ledger(&test.dir(), &copy);
        let opened = test.open_at(&copy).unwrap();
        for (text, acknowledgement) in &said {
            let again = opened.submit(text.clone(), None).unwrap().blocking_recv().unwrap().unwrap();
            assert!(again.repeated && again.leaf == acknowledgement.leaf);
        }
        opened.close();
        drop(opened);
        check_dir(&copy);
    }
}

#[test]
fn a_lost_or_unreadable_event_store_is_made_anew() {
    let (stopped, workers, said) = stopped();
    fs::remove_dir_all(stopped.dir().join("sled")).unwrap();
    let stopped = stopped.open().unwrap().stop();
    fs::write(stopped.dir().join("sled/conf"), b"nonsense").unwrap();
    all_there(stopped.open().unwrap(), &said, &workers[0]);
}

#[test]
fn lost_or_torn_heads_are_made_anew() {
    let (stopped, workers, said) = stopped();
    let heads = stopped.dir().join("heads");
    fs::remove_file(&heads).unwrap();
    let stopped = stopped.open().unwrap().stop();
    // The first worker's slot: torn in the middle while the header says it was durable.
    flip(&heads, 4096 + 30);
    assert_eq!(fsck(&stopped.dir()).unwrap().findings.len(), 2, "a torn slot, and a stream without its head");
    let stopped = stopped.open().unwrap().stop();
    let mut bytes = fs::read(&heads).unwrap();
    bytes[..36].fill(7);
    bytes[2048..2048 + 36].fill(7);
    fs::write(&heads, bytes).unwrap();
    all_there(stopped.open().unwrap(), &said, &workers[1]);
}

#[test]
fn lost_hash_files_are_made_anew_and_the_locked_root_is_found_again() {
    let (stopped, workers, said) = stopped();
    fs::remove_dir_all(stopped.dir().join("log/levels")).unwrap();
    let stopped = stopped.open().unwrap().stop();
    // The right edge, from which the locked root is found.
    let level = stopped.dir().join("log/levels/00");
    cut(&level, 32);
    let stopped = stopped.open().unwrap().stop();
    check_dir(&stopped.dir());
    // A start reads only that edge; a bit elsewhere is for fsck to find and for rebuild to mend.
    flip(&level, 40);
    assert!(!fsck(&stopped.dir()).unwrap().findings.is_empty());
    rebuild(&stopped.dir()).unwrap();
    all_there(stopped.open().unwrap(), &said, &workers[0]);
}

#[test]
fn a_torn_frame_that_nobody_knows_is_cut_off() {
    let (stopped, workers, said) = stopped();
    let segment = last_segment(&stopped.dir());
    let whole = fs::read(&segment).unwrap();
    // The beginning of a frame that was being written: as much of the first one as any length.
    for torn in [1, 19, 60, 300] {
        fs::write(&segment, [&whole[..], &whole[..torn]].concat()).unwrap();
        let test = stopped.open().unwrap();
        assert_eq!(test.ledger.erasable(workers[0].id).unwrap(), Some(21));
        test.stop();
        assert_eq!(fs::read(&segment).unwrap().len(), whole.len());
    }
    all_there(stopped.open().unwrap(), &said, &workers[0]);
}

#[test]
fn a_journal_that_lost_what_was_acknowledged_is_damaged() {
    let (stopped, ..) = stopped();
    let segment = last_segment(&stopped.dir());
    let whole = fs::read(&segment).unwrap();
    for lost in [1, 500, 5_000] {
        cut(&segment, lost);
        assert_eq!(stopped.open().err().unwrap().reason(), "JOURNAL_DAMAGED", "{lost} bytes lost");
        fs::write(&segment, &whole).unwrap();
    }
    // Also when only the lock still knows.
    fs::remove_dir_all(stopped.dir().join("sled")).unwrap();
    fs::remove_file(stopped.dir().join("heads")).unwrap();
    cut(&segment, 1);
    assert_eq!(stopped.open().err().unwrap().reason(), "JOURNAL_DAMAGED");
    fs::write(&segment, &whole[..0]).unwrap();
    assert_eq!(stopped.open().err().unwrap().reason(), "LOCK_AHEAD_OF_JOURNAL");
}

#[test]
fn a_bad_frame_before_a_good_one_is_damage() {
    let (stopped, ..) = stopped();
    let segment = last_segment(&stopped.dir());
    fs::remove_dir_all(stopped.dir().join("sled")).unwrap();
    flip(&segment, 2000);
    assert_eq!(stopped.open().err().unwrap().reason(), "JOURNAL_DAMAGED");
    let report = fsck(&stopped.dir()).unwrap();
    assert!(report.findings.iter().any(|finding| finding.place.starts_with("journal")), "{report:#?}");
}

#[test]
fn a_missing_lock_stops_signing_until_the_newest_checkpoint_is_given() {
    let (stopped, workers, said) = stopped();
    let lock = beside(&stopped.dir(), ".lock/checkpoint.lock");
    let kept = fs::read(&lock).unwrap();
    let note = fs::read_to_string(stopped.dir().join("log/checkpoint")).unwrap();
    fs::remove_file(&lock).unwrap();
    assert_eq!(stopped.open().err().unwrap().reason(), "LOCK_MISSING");
    let older = note.replace(ORIGIN_LINE, "ledger.other.example.invalid");
    assert_eq!(restore_lock(&stopped.dir(), &older).err().unwrap().reason(), "CHECKPOINT_REFUSED");
    restore_lock(&stopped.dir(), &note).unwrap();
    assert_eq!(fs::read(&lock).unwrap(), kept);
    all_there(stopped.open().unwrap(), &said, &workers[0]);
}

const ORIGIN_LINE: &str = crate::support::ORIGIN;

#[test]
fn an_old_copy_of_the_lock_or_of_the_journal_is_not_signed_over() {
    let (stopped, workers, _) = stopped();
    let lock = beside(&stopped.dir(), ".lock/checkpoint.lock");
    let old_lock = fs::read(&lock).unwrap();
    let old = stopped.temp.path().join("old");
    copy_ledger(&stopped.dir(), &old);
    let test = stopped.open().unwrap();
    test.record_training(&workers[0]);
    let stopped = test.stop();
    let new_lock = fs::read(&lock).unwrap();
    fs::write(&lock, &old_lock).unwrap();
    assert_eq!(stopped.open().err().unwrap().reason(), "LOCK_BEHIND");
    // The old directory under the new lock, which is never in a backup.
    fs::write(beside(&old, ".lock/checkpoint.lock"), &new_lock).unwrap();
    assert_eq!(stopped.open_at(&old).err().unwrap().reason(), "LOCK_AHEAD_OF_JOURNAL");
}

#[test]
fn a_lock_newer_than_the_checkpoint_is_published_again_with_the_same_root() {
    let (stopped, ..) = stopped();
    let log = stopped.dir().join("log");
    let note = fs::read_to_string(log.join("checkpoint")).unwrap();
    // As after a crash between keeping it and putting it in place, then between lock and keeping it.
    fs::remove_file(log.join("checkpoint")).unwrap();
    let stopped = stopped.open().unwrap().check();
    assert_eq!(fs::read_to_string(log.join("checkpoint")).unwrap(), note);
    fs::remove_file(log.join("checkpoint")).unwrap();
    fs::remove_file(log.join("checkpoints")).unwrap();
    fs::remove_file(log.join("checkpoints.index")).unwrap();
    let test = stopped.open().unwrap();
    assert_eq!(test.published().checkpoint.text(), note.split_inclusive('\n').take(3).collect::<String>());
    test.check();
}

#[test]
fn other_entries_than_those_that_were_signed_are_refused() {
    let (one, ..) = stopped();
    let (two, ..) = stopped();
    // The lock of another history of the same length.
    fs::copy(beside(&two.dir(), ".lock/checkpoint.lock"), beside(&one.dir(), ".lock/checkpoint.lock"))
        .unwrap();
    assert_eq!(one.open().err().unwrap().reason(), "ROOT_DIFFERS");
}

#[test]
fn a_second_process_is_told_that_the_directory_is_in_use() {
    let test = TestLedger::new();
    assert_eq!(test.open_at(&test.dir()).err().unwrap().reason(), "IN_USE");
    let report = fsck(&test.dir()).unwrap();
    assert!(report.findings.is_empty(), "{report:#?}");
    assert!(
        report.not_checked[0].contains("event store"),
        "beside a live ledger the store is left alone, and it says so"
    );
    assert_eq!(rebuild(&test.dir()).err().unwrap().reason(), "IN_USE");
}

#[test]
fn a_directory_that_cannot_be_written_is_refused_and_left_as_it_is() {
    use std::os::unix::fs::PermissionsExt as _;
    let (stopped, ..) = stopped();
    let mode = |mode| {
        for path in [stopped.dir(), stopped.dir().join(".process.lock")] {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        }
    };
    mode(0o500);
    // To whoever may write everything (root) permissions say nothing; there is nothing to see then.
    let permitted = fs::write(stopped.dir().join("probe"), b"").is_ok();
    let opened = stopped.open().err().map(|error| error.reason());
    let checked = fsck(&stopped.dir()).unwrap();
    mode(0o700);
    if !permitted {
        assert_eq!(opened, Some("READ_ONLY_DIRECTORY"));
        assert!(checked.findings.is_empty() && checked.not_checked[0].contains("read-only"), "{checked:#?}");
    }
}

#[test]
fn what_is_no_ledger_is_not_opened_and_what_is_one_is_not_founded_again() {
    let test = TestLedger::new();
    let nothing = test.temp.path().join("nothing");
    assert_eq!(test.open_at(&nothing).err().unwrap().reason(), "NOT_A_LEDGER");
    assert!(!nothing.exists(), "looking creates nothing");
    let founding =
        skillpass::ledger::Founding { origin: "other.example.invalid".to_owned(), roots: Vec::new() };
    let again = skillpass::ledger::Ledger::init(&test.dir(), &founding, &*test.clock);
    assert_eq!(again.err().unwrap().reason(), "ALREADY_EXISTS");
}

#[test]
fn a_founding_that_names_nonsense_leaves_nothing_behind() {
    let test = TestLedger::new();
    let dir = test.temp.path().join("new");
    let key = test.root.key.public();
    let root = |country: &str, issuer: &str| (country.to_owned(), issuer.to_owned(), key.clone());
    for (origin, roots) in [
        ("Ledger.Example.invalid", vec![]),
        ("two words", vec![]),
        (&format!("ledger.invalid/{}", "x".repeat(201 - 15)), vec![]),
        ("ledger.example.invalid", vec![root("XX", "https://a.example.invalid")]),
        ("ledger.example.invalid", vec![root("PH", "http://a.example.invalid")]),
        (
            "ledger.example.invalid",
            vec![root("PH", "https://a.example.invalid"), root("PH", "https://a.example.invalid")],
        ),
    ] {
        let founding = skillpass::ledger::Founding { origin: origin.to_owned(), roots };
        let refused = skillpass::ledger::Ledger::init(&dir, &founding, &*test.clock).err().unwrap();
        assert_eq!(refused.reason(), "FOUNDING_INVALID", "{founding:?}");
        assert!(!dir.exists());
    }
    let origin = format!("ledger.invalid/{}", "x".repeat(200 - 15));
    let longest =
        skillpass::ledger::Founding { origin, roots: vec![root("PH", "https://a.example.invalid")] };
    assert!(skillpass::ledger::Ledger::init(&dir, &longest, &*test.clock).is_ok());
}

#[test]
fn a_rebuild_makes_the_same_again_and_mends_what_differed() {
    let (stopped, workers, said) = stopped();
    let report = rebuild(&stopped.dir()).unwrap();
    assert!(report.identical, "{report:#?}");
    check_dir(&stopped.dir());
    flip(&stopped.dir().join("heads"), 4096 + 30);
    flip(&stopped.dir().join("log/levels/01"), 40);
    let report = rebuild(&stopped.dir()).unwrap();
    assert_eq!(report.differences.len(), 2, "{report:#?}");
    check_dir(&stopped.dir());
    all_there(stopped.open().unwrap(), &said, &workers[1]);
}

#[test]
fn dropping_without_closing_loses_nothing() {
    let test = TestLedger::new();
    let worker = test.open_passport();
    let waiting: Vec<_> =
        (0..50).map(|_| test.ledger.submit(test.training(&worker), None).unwrap()).collect();
    let stopped = test.drop_without_closing();
    for answer in waiting {
        answer.blocking_recv().unwrap().unwrap();
    }
    let test = stopped.open().unwrap();
    assert_eq!(test.ledger.erasable(worker.id).unwrap(), Some(51));
    test.check();
}

#[test]
fn a_write_that_fails_stops_recording_for_good_and_says_so() {
    let test = TestLedger::new();
    let worker = test.open_passport();
    test.published();
    // No lock can be written any more: the publisher's next step fails like a full disk.
    fs::rename(beside(&test.dir(), ".lock"), beside(&test.dir(), ".lock.away")).unwrap();
    test.record_training(&worker);
    let mut tries = 0;
    while test.ledger.is_serving() {
        tries += 1;
        assert!(tries < 1_000, "the failure is noticed");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert_eq!(test.refused(test.training(&worker)), "NOT_SERVING");
    assert_eq!(test.ledger.worker(worker.id).unwrap().unwrap().len(), 2, "what was acknowledged can be read");
    let stopped = test.stop();
    fs::rename(beside(&stopped.dir(), ".lock.away"), beside(&stopped.dir(), ".lock")).unwrap();
    let test = stopped.open().unwrap();
    assert_eq!(test.ledger.worker(worker.id).unwrap().unwrap().len(), 2);
    test.record_training(&worker);
    test.check();
}

#[test]
fn the_clock_may_run_backwards_and_recorded_at_does_not() {
    let (stopped, workers, said) = stopped();
    let newest = said.last().unwrap().1.recorded_at;
    let test = stopped.open_with_clock(newest - 3_600_000).unwrap();
    let text = test.training(&workers[0]);
    assert_eq!(test.append(text).unwrap().recorded_at, newest);
    test.check();
}
