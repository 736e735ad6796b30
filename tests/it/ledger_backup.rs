//! Backups beside a running ledger, and what can be made of them: never a fork, never a worker who was erased.

use std::fs;
use std::path::{Path, PathBuf};

use skillpass::crypto::sha256;
use skillpass::event::{Kind, StreamId};
use skillpass::ledger::{
    ErasureBasis, Founding, Ledger, OpenError, Options, RestoreReport, Until, backup, escrow_next_generation,
    export_log, fsck, recover, restore, restore_lock, rotate_stopped, verify_backup,
};

use crate::support::{ORIGIN, Stopped, TestLedger, Worker, check_dir, options};

fn beside(dir: &Path, suffix: &str) -> PathBuf {
    PathBuf::from(format!("{}{suffix}", dir.display()))
}

fn copy_dir(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for item in fs::read_dir(from).unwrap() {
        let path = item.unwrap().path();
        fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
}

/// A backup's place, and a new directory to restore to with the keys beside it.
struct Places {
    to: PathBuf,
    new: PathBuf,
}

impl Places {
    fn of(test: &TestLedger) -> Self {
        let root = test.temp.path();
        Self { to: root.join("backup"), new: root.join("restored") }
    }

    fn keys_from(&self, dir: &Path) -> &Self {
        copy_dir(&beside(dir, ".key"), &beside(&self.new, ".key"));
        self
    }

    fn lock_from(&self, dir: &Path) -> &Self {
        copy_dir(&beside(dir, ".lock"), &beside(&self.new, ".lock"));
        self
    }

    fn restore(&self) -> Result<RestoreReport, OpenError> {
        restore(&self.to, &self.new, Until::End, None)
    }
}

fn reading() -> Options {
    Options { read_only: true, ..options() }
}

fn erase(ledger: &Ledger, worker: &Worker) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(ledger.erase(worker.id, ErasureBasis::Order)).unwrap();
}

fn open_reading(stopped: &Stopped, dir: &Path) -> Ledger {
    Ledger::open(dir, reading(), stopped.clock.clone()).unwrap()
}

fn reason<T>(result: Result<T, OpenError>) -> &'static str {
    result.err().expect("refused").reason()
}

#[test]
fn parts_made_under_way_restore_to_the_last_published_tree_and_record_on() {
    let test = TestLedger::new();
    let places = Places::of(&test);
    let worker = test.open_passport();
    let index = test.index_for(&test.provider);
    test.append(test.bearing(&test.provider, &worker, Kind::TrainingCompleted, &index)).unwrap();
    test.published();
    let first = backup(&test.dir(), &places.to, &*test.clock).unwrap();
    let said = test.record_training(&worker);
    let other = test.open_passport();
    test.published();
    let second = backup(&test.dir(), &places.to, &*test.clock).unwrap();
    assert_eq!((first.number, second.number), (1, 2));
    assert_eq!((second.added, second.size), (2, first.size + 2));
    assert_eq!(test.ledger.newest_backup().unwrap().0, second.size);
    let checked = verify_backup(&places.to).unwrap();
    assert_eq!((checked.parts, checked.size, checked.digest), (2, second.size, second.digest));
    let keyrings = |part: &str| {
        let names = fs::read_dir(places.to.join(part)).unwrap();
        names
            .filter(|name| name.as_ref().unwrap().file_name().to_string_lossy().starts_with("keyring"))
            .count()
    };
    assert_eq!((keyrings("00000001"), keyrings("00000002")), (0, 1), "the newest keyring alone is kept");

    let newest = test.published();
    let stopped = test.stop();
    assert_eq!(reason(places.restore()), "FILE_MISSING", "without DIR.key nothing could be opened");
    let restored = places.keys_from(&stopped.dir()).restore().unwrap();
    assert_eq!((restored.size, restored.known, restored.locked), (second.size, second.size, None));
    assert_eq!(reason(stopped.open_at(&places.new)), "LOCK_MISSING");
    restore_lock(&places.new, &newest.note).unwrap();
    let test = stopped.moved_to(places.new).open().unwrap();
    assert!(test.append(said).unwrap().repeated);
    assert_eq!(test.ledger.worker(other.id).unwrap().unwrap().len(), 1);
    assert_eq!(test.answered(&index, None), 0, "the list still answers");
    test.record_training(&worker);
    test.check();
}

#[test]
fn a_restore_that_its_lock_or_the_newest_checkpoint_vouches_for_is_clean_before_its_first_start() {
    let test = TestLedger::new();
    let places = Places::of(&test);
    test.open_passport();
    let newest = test.published();
    backup(&test.dir(), &places.to, &*test.clock).unwrap();
    let stopped = test.stop();
    let restored = places.keys_from(&stopped.dir()).lock_from(&stopped.dir()).restore().unwrap();
    assert_eq!(restored.locked, Some(restored.size));
    assert_eq!(fsck(&places.new).unwrap().findings, []);
    // Without the lock, by the checkpoint that a witness or a file had.
    fs::remove_dir_all(beside(&places.new, ".lock")).unwrap();
    fs::remove_dir_all(&places.new).unwrap();
    places.restore().unwrap();
    restore_lock(&places.new, &newest.note).unwrap();
    assert_eq!(fsck(&places.new).unwrap().findings, []);
}

#[test]
fn a_copy_for_looking_back_publishes_nothing_even_beside_a_lock_of_its_size() {
    let test = TestLedger::new();
    let places = Places::of(&test);
    test.open_passport();
    let then = test.published().checkpoint.size;
    places.lock_from(&test.dir());
    test.open_passport();
    test.published();
    backup(&test.dir(), &places.to, &*test.clock).unwrap();
    let stopped = test.stop();
    places.keys_from(&stopped.dir());
    let restored = restore(&places.to, &places.new, Until::Size(then), None).unwrap();
    assert_eq!((restored.size, restored.locked), (then, Some(then)));
    assert!(
        !places.new.join("log/checkpoint").exists(),
        "the newest kept is of entries that it does not hold"
    );
    assert_eq!(reason(stopped.open_at(&places.new)), "LOCK_BEHIND", "nor does it sign");
}

#[test]
fn a_copy_for_reading_answers_readers_and_neither_records_nor_signs() {
    let test = TestLedger::new();
    let places = Places::of(&test);
    let worker = test.open_passport();
    test.published();
    backup(&test.dir(), &places.to, &*test.clock).unwrap();
    let text = test.training(&worker);
    let note = test.published().note.clone();
    let stopped = test.stop();
    places.keys_from(&stopped.dir()).restore().unwrap();
    let ledger = open_reading(&stopped, &places.new);
    assert!(!ledger.is_serving() && ledger.is_read_only());
    assert_eq!(ledger.worker(worker.id).unwrap().unwrap().len(), 1);
    assert_eq!(ledger.published().borrow().note, note, "as it was published, signed by nobody anew");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let refused = ledger.submit(text, None).err().unwrap();
    assert_eq!(refused.reason, "LEDGER_READ_ONLY");
    let erased = runtime.block_on(ledger.erase(worker.id, ErasureBasis::Order));
    assert_eq!(erased.unwrap_err().reason, "LEDGER_READ_ONLY");
    let key = runtime.block_on(ledger.add_own_key(skillpass::ledger::LedgerKeyUse::Log));
    assert_eq!(key.unwrap_err().reason, "LEDGER_READ_ONLY");
    let export = runtime.block_on(skillpass::projection::export(&ledger, worker.id, &[], None));
    assert_eq!(export.err().unwrap().reason(), "LEDGER_READ_ONLY");
    let signed = ledger.sign_status("x", &serde_json::Map::new());
    let signer = ledger.trust().status_keys();
    assert!(signer.iter().all(|(kid, _)| !header(&signed).contains(kid)), "it holds no key of the ledger");
    ledger.close();
    drop(ledger);
    assert!(!beside(&places.new, ".lock/checkpoint.lock").exists(), "reading locks nothing");
    export_log(&places.new, &stopped.temp.path().join("public")).unwrap();
}

fn header(jws: &str) -> String {
    let bytes = skillpass::crypto::base64url_decode(jws.split('.').next().unwrap()).unwrap();
    String::from_utf8(bytes).unwrap()
}

/// The ledger after a backup: two more records of the one who stays, the other erased, then stopped.
fn erased_since(test: TestLedger, places: &Places) -> (Stopped, Worker, Worker, String) {
    let (gone, stays) = (test.open_passport(), test.open_passport());
    test.record_training(&gone);
    test.published();
    backup(&test.dir(), &places.to, &*test.clock).unwrap();
    test.record_training(&stays);
    erase(&test.ledger, &gone);
    test.record_training(&stays);
    let note = test.published().note.clone();
    (test.check(), gone, stays, note)
}

#[test]
fn whoever_was_erased_after_the_backup_is_erased_again_before_anybody_reads() {
    let test = TestLedger::new();
    let places = Places::of(&test);
    let (stopped, gone, stays, _) = erased_since(test, &places);
    let restored = places.keys_from(&stopped.dir()).lock_from(&stopped.dir()).restore().unwrap();
    assert_eq!((restored.erasures, restored.erased_again), (1, 1));
    assert!(restored.locked.unwrap() > restored.size);
    assert_eq!(reason(stopped.open_at(&places.new)), "LOCK_AHEAD_OF_JOURNAL");
    let findings = fsck(&places.new).unwrap().findings;
    assert!(findings.iter().any(|finding| finding.problem.contains("beside")), "{findings:#?}");

    let ledger = open_reading(&stopped, &places.new);
    assert!(ledger.worker(gone.id).unwrap().is_none());
    assert_eq!(ledger.worker(stays.id).unwrap().unwrap().len(), 1);
    ledger.close();
    drop(ledger);
    let bytes = fs::read(places.new.join("heads")).unwrap();
    assert!(!bytes.windows(16).any(|window| window == gone.id.0), "nor does a file name the worker");

    // The broken directory's journal has what is missing; with it the history goes on.
    let recovered = recover(&places.new, &stopped.dir(), None).unwrap();
    assert_eq!(recovered.added, 3);
    let test = stopped.moved_to(places.new).open().unwrap();
    assert!(test.ledger.worker(gone.id).unwrap().is_none());
    assert_eq!(test.ledger.worker(stays.id).unwrap().unwrap().len(), 3);
    assert_eq!(test.ledger.stream(StreamId::erasures()).unwrap().len(), 1, "it is in the log once");
    assert_eq!(test.refused(test.opening(&gone)), "ERASED");
    let fresh = test.open_passport();
    assert_eq!(test.ledger.worker(fresh.id).unwrap().unwrap().len(), 1);
    test.check();
}

#[test]
fn with_the_lock_lost_an_old_keyring_is_refused_by_what_the_log_says() {
    let test = TestLedger::new();
    let places = Places::of(&test);
    let (stopped, gone, stays, note) = erased_since(test, &places);
    places.keys_from(&stopped.dir()).restore().unwrap();
    assert_eq!(recover(&places.new, &stopped.dir(), Some(&note)).unwrap().added, 3);
    restore_lock(&places.new, &note).unwrap();
    assert_eq!(reason(stopped.open_at(&places.new)), "KEYRING_BEHIND");
    let read_only = Ledger::open(&places.new, reading(), stopped.clock.clone());
    assert_eq!(reason(read_only), "KEYRING_BEHIND", "nor is anybody read");
    // The list of erasures alone, from wherever it was kept, is enough.
    fs::copy(beside(&stopped.dir(), ".lock/erased"), beside(&places.new, ".lock/erased")).unwrap();
    let test = stopped.moved_to(places.new).open().unwrap();
    assert!(test.ledger.worker(gone.id).unwrap().is_none());
    assert_eq!(test.ledger.worker(stays.id).unwrap().unwrap().len(), 3);
    test.check();
}

#[test]
fn a_backup_that_knows_of_an_erasure_takes_no_older_keyring() {
    let test = TestLedger::new();
    let places = Places::of(&test);
    let old = test.temp.path().join("old");
    let gone = test.open_passport();
    test.published();
    crate::support::copy_ledger(&test.dir(), &old);
    erase(&test.ledger, &gone);
    test.published();
    backup(&test.dir(), &places.to, &*test.clock).unwrap();
    let stopped = test.stop();
    places.keys_from(&stopped.dir());
    let refused = restore(&places.to, &places.new, Until::End, Some(&old));
    assert_eq!(reason(refused), "KEYRING_BEHIND");
    assert!(!places.new.exists(), "what was refused leaves nothing");
    assert_eq!(places.restore().unwrap().erasures, 1);
    assert_eq!(reason(places.restore()), "ALREADY_EXISTS", "and what is there is not touched");
}

/// What a power loss may leave of a restore: a journal, and no checkpoint yet. It would pass for a ledger that was never started.
#[test]
fn a_restore_that_was_cut_short_is_no_ledger_and_is_begun_anew() {
    let test = TestLedger::new();
    let places = Places::of(&test);
    test.open_passport();
    test.published();
    let size = backup(&test.dir(), &places.to, &*test.clock).unwrap().size;
    let stopped = test.stop();
    places.keys_from(&stopped.dir()).restore().unwrap();
    fs::write(places.new.join("restore.unfinished"), "").unwrap();
    fs::remove_dir_all(places.new.join("log")).unwrap();
    fs::write(places.new.join("journal/00000007.skj"), "half").unwrap();
    assert_eq!(reason(stopped.open_at(&places.new)), "RESTORE_UNFINISHED");
    assert_eq!(reason(Ledger::open(&places.new, reading(), stopped.clock.clone())), "RESTORE_UNFINISHED");
    assert_eq!(reason(fsck(&places.new)), "RESTORE_UNFINISHED");
    assert_eq!(reason(recover(&places.new, &stopped.dir(), None)), "RESTORE_UNFINISHED");
    assert_eq!(places.restore().unwrap().size, size);
    assert_eq!(reason(stopped.open_at(&places.new)), "LOCK_MISSING", "whole, and still no signer");
    assert!(
        !places.new.join("journal/00000007.skj").exists() && !places.new.join("restore.unfinished").exists()
    );
}

#[test]
fn an_earlier_time_is_for_looking_back_and_cannot_be_signed_on() {
    let test = TestLedger::new();
    let places = Places::of(&test);
    let worker = test.open_passport();
    let index = test.index_for(&test.provider);
    test.append(test.bearing(&test.provider, &worker, Kind::TrainingCompleted, &index)).unwrap();
    let then = test.published();
    test.clock.set(then.published_at + 60_000);
    test.record_training(&worker);
    let newest = test.published();
    backup(&test.dir(), &places.to, &*test.clock).unwrap();
    let stopped = test.stop();
    places.keys_from(&stopped.dir());
    let untils = [Until::Size(then.checkpoint.size), Until::Time(then.published_at)];
    for until in untils {
        let report = restore(&places.to, &places.new, until, None).unwrap();
        assert_eq!((report.size, report.known), (then.checkpoint.size, newest.checkpoint.size));
        assert_eq!(reason(restore_lock(&places.new, &then.note)), "CHECKPOINT_REFUSED");
        assert_eq!(reason(restore_lock(&places.new, &newest.note)), "LOCK_AHEAD_OF_JOURNAL");
        let ledger = open_reading(&stopped, &places.new);
        assert_eq!(ledger.worker(worker.id).unwrap().unwrap().len(), 2);
        assert_eq!(ledger.published().borrow().checkpoint, then.checkpoint);
        ledger.close();
        drop(ledger);
        fs::remove_dir_all(&places.new).unwrap();
    }
    let never = restore(&places.to, &places.new, Until::Time(1), None);
    assert_eq!(reason(never), "NOTHING_PUBLISHED");
    // With the missing entries from the journal it is the whole ledger again.
    restore(&places.to, &places.new, untils[0], None).unwrap();
    recover(&places.new, &stopped.dir(), Some(&newest.note)).unwrap();
    restore_lock(&places.new, &newest.note).unwrap();
    let test = stopped.moved_to(places.new).open().unwrap();
    assert_eq!(test.ledger.worker(worker.id).unwrap().unwrap().len(), 3);
    test.stop();
}

#[test]
fn public_files_give_back_public_entries_and_say_where_a_persons_is_missing() {
    let test = TestLedger::new();
    let places = Places::of(&test);
    test.published();
    backup(&test.dir(), &places.to, &*test.clock).unwrap();
    let body =
        crate::support::Body { issuer: "https://late.ph.example.invalid".into(), ..test.provider.clone() };
    test.authorise(&body, "TRAINING_PROVIDER");
    let note = test.published().note.clone();
    let public = test.temp.path().join("public");
    export_log(&test.dir(), &public).unwrap();
    let late = test.open_passport();
    let newest = test.published();
    let all = test.temp.path().join("all");
    export_log(&test.dir(), &all).unwrap();
    let stopped = test.stop();

    places.keys_from(&stopped.dir()).restore().unwrap();
    let missing = recover(&places.new, &all, Some(&newest.note)).err().unwrap();
    assert_eq!(missing.reason(), "PERSON_ENTRY_MISSING");
    assert!(missing.to_string().contains(&(newest.checkpoint.size - 1).to_string()), "{missing}");
    let forged = note.replace("\n— ", "\n— x");
    assert_eq!(reason(recover(&places.new, &public, Some(&forged))), "CHECKPOINT_REFUSED");
    assert_eq!(recover(&places.new, &public, Some(&note)).unwrap().added, 2);
    restore_lock(&places.new, &note).unwrap();
    let test = stopped.moved_to(places.new).open().unwrap();
    assert!(test.ledger.trust().body_name(&body.issuer).is_some());
    assert!(test.ledger.worker(late.id).unwrap().is_none());
    test.check();
}

#[test]
fn another_history_is_never_recovered() {
    let test = TestLedger::new();
    let places = Places::of(&test);
    let worker = test.open_passport();
    test.published();
    backup(&test.dir(), &places.to, &*test.clock).unwrap();
    test.record_training(&worker);
    let note = test.published().note.clone();
    let stopped = test.stop();
    places.keys_from(&stopped.dir()).restore().unwrap();
    // The same ledger went on elsewhere: a fork, of the same length.
    let fork = stopped.temp.path().join("fork");
    crate::support::copy_ledger(&places.new, &fork);
    copy_dir(&beside(&places.new, ".key"), &beside(&fork, ".key"));
    let before = fs::read(places.new.join("journal/00000000.skj")).unwrap();
    let at = backup_note(&fork);
    restore_lock(&fork, &at).unwrap();
    let forked = stopped.moved_to(fork.clone()).open().unwrap();
    forked.record_training(&worker);
    forked.published();
    let stopped = forked.stop();
    assert_eq!(reason(recover(&places.new, &fork, Some(&note))), "ROOT_DIFFERS");
    assert_eq!(fs::read(places.new.join("journal/00000000.skj")).unwrap(), before, "nothing was added");
    drop(stopped);
}

/// The newest checkpoint that a copy kept.
fn backup_note(dir: &Path) -> String {
    let paths = skillpass::vault::DataDir::new(dir).unwrap();
    let archive = skillpass::vault::CheckpointArchive::open(&paths).unwrap();
    archive.at_most(u64::MAX).unwrap().unwrap().note
}

#[test]
fn an_interrupted_part_is_finished_and_a_foreign_or_older_ledger_is_refused() {
    let test = TestLedger::new();
    let places = Places::of(&test);
    let worker = test.open_passport();
    test.published();
    let old = test.temp.path().join("old");
    backup(&test.dir(), &places.to, &*test.clock).unwrap();
    crate::support::copy_ledger(&test.dir(), &old);
    test.record_training(&worker);
    test.published();
    backup(&test.dir(), &places.to, &*test.clock).unwrap();
    // As a kill before the manifest leaves it: whole objects, half an object, the keyring of then.
    let part = places.to.join("00000002");
    fs::remove_file(part.join("manifest.json")).unwrap();
    fs::write(part.join("journal-00000000.skj-000000999999"), b"half").unwrap();
    test.record_training(&worker);
    test.published();
    let again = backup(&test.dir(), &places.to, &*test.clock).unwrap();
    assert_eq!((again.number, again.added), (2, 2));
    assert!(!part.join("journal-00000000.skj-000000999999").exists());
    verify_backup(&places.to).unwrap();

    assert_eq!(reason(backup(&old, &places.to, &*test.clock)), "BACKUP_MISMATCH", "an older copy");
    let inside = test.dir().join("backup");
    assert_eq!(reason(backup(&test.dir(), &inside, &*test.clock)), "BACKUP_MISMATCH");
    let other = TestLedger::new();
    other.open_passport();
    other.open_passport();
    other.open_passport();
    other.published();
    assert_eq!(reason(backup(&other.dir(), &places.to, &*test.clock)), "JOURNAL_DAMAGED", "another history");
    let stopped = test.stop();
    places.keys_from(&stopped.dir()).restore().unwrap();
}

#[test]
fn every_flipped_bit_and_every_missing_file_of_a_backup_is_found() {
    let test = TestLedger::new();
    let places = Places::of(&test);
    let worker = test.open_passport();
    test.published();
    backup(&test.dir(), &places.to, &*test.clock).unwrap();
    test.record_training(&worker);
    test.published();
    backup(&test.dir(), &places.to, &*test.clock).unwrap();
    let stopped = test.stop();
    places.keys_from(&stopped.dir());
    let mut files = Vec::new();
    for part in ["00000001", "00000002"] {
        let listed = fs::read_dir(places.to.join(part)).unwrap();
        files.extend(listed.map(|item| item.unwrap().path()));
    }
    assert!(files.len() >= 7, "{files:?}");
    for file in files {
        let whole = fs::read(&file).unwrap();
        for bit in (0..whole.len() * 8).step_by(whole.len() * 8 / 7 + 1) {
            let mut bad = whole.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            fs::write(&file, bad).unwrap();
            // The newest manifest is pinned by nothing but the digest that `backup` printed.
            let found = verify_backup(&places.to);
            let pinned = verify_digest(&places.to);
            assert!(
                found.is_err() || pinned != digest_of(&places.to, &whole),
                "{} bit {bit}",
                file.display()
            );
            if found.is_err() {
                assert!(places.restore().is_err());
                assert!(!places.new.exists());
            }
        }
        fs::write(&file, &whole).unwrap();
        let away = beside(&file, ".away");
        fs::rename(&file, &away).unwrap();
        assert!(verify_backup(&places.to).is_err(), "{}", file.display());
        fs::rename(&away, &file).unwrap();
    }
    verify_backup(&places.to).unwrap();
}

fn verify_digest(to: &Path) -> [u8; 32] {
    verify_backup(to).map(|checked| checked.digest).unwrap_or_default()
}

/// Of the newest manifest as it was written.
fn digest_of(_: &Path, whole: &[u8]) -> [u8; 32] {
    sha256(&[whole])
}

#[test]
fn after_a_rotation_no_older_backup_opens_and_the_next_one_does() {
    let test = TestLedger::new();
    let places = Places::of(&test);
    let escrow = test.temp.path().join("escrow");
    fs::create_dir(&escrow).unwrap();
    let worker = test.open_passport();
    test.published();
    backup(&test.dir(), &places.to, &*test.clock).unwrap();
    assert_eq!(test.ledger.rotate_keyring(&[7; 32]).unwrap_err().to_string(), not_escrowed(2));
    let key = escrow_next_generation(&test.dir(), &escrow).unwrap();
    assert_eq!(key.digest, sha256(&[&fs::read(&key.path).unwrap()]), "as sha256sum says");
    assert_eq!(escrow_next_generation(&test.dir(), &escrow).unwrap(), key, "asked again, the same");
    assert_eq!(test.ledger.rotate_keyring(&[7; 32]).unwrap_err().to_string(), not_escrowed(2));
    assert_eq!(test.ledger.rotate_keyring(&key.digest).unwrap(), 2);
    assert!(test.ledger.generation_age().is_some());
    assert_eq!(test.ledger.worker(worker.id).unwrap().unwrap().len(), 1);
    let stopped = test.stop();
    places.keys_from(&stopped.dir());
    assert_eq!(reason(places.restore()), "GENERATION_KEY_MISSING");
    backup(&stopped.dir(), &places.to, &*stopped.clock).unwrap();
    places.restore().unwrap();

    let next = escrow_next_generation(&stopped.dir(), &escrow).unwrap();
    assert_eq!(reason(rotate_stopped(&stopped.dir(), &key.digest)), "NOT_ESCROWED", "the older key's digest");
    assert_eq!(rotate_stopped(&stopped.dir(), &next.digest).unwrap(), 3);
    skillpass::ledger::destroy_older_in_escrow(&escrow, 3).unwrap();
    assert_eq!(fs::read_dir(&escrow).unwrap().count(), 1);
    check_dir(&stopped.dir());
}

fn not_escrowed(generation: u32) -> String {
    format!(
        "the key of generation {generation} that was named is not the one in the key directory: make and copy it first"
    )
}

#[test]
fn a_successor_has_another_origin_and_says_whose_place_it_takes() {
    let test = TestLedger::new();
    let worker = test.open_passport();
    let said = test.record_training(&worker);
    let opened = test.ledger.worker(worker.id).unwrap().unwrap().remove(0).record.statement.text().to_owned();
    let last = test.published();
    let public = test.ledger.entries(0, 1000, usize::MAX).unwrap();
    let dir = test.temp.path().join("successor");
    let roots = vec![("PH".to_owned(), test.root.issuer.clone(), test.root.key.public())];
    let founding = |origin: &str| Founding { origin: origin.to_owned(), roots: roots.clone() };
    let same = Ledger::init_successor(&dir, &founding(ORIGIN), &last.note, &*test.clock);
    assert_eq!(reason(same), "FOUNDING_INVALID", "one origin has one history");
    assert!(!dir.exists());
    let other = "ledger-2.ph.example.invalid";
    Ledger::init_successor(&dir, &founding(other), &last.note, &*test.clock).unwrap();
    let successor = Ledger::open(&dir, options(), test.clock.clone()).unwrap();
    let genesis = String::from_utf8(successor.entry(0).unwrap().unwrap()[64..].to_vec()).unwrap();
    let claims = skillpass::crypto::base64url_decode(genesis.split('.').nth(1).unwrap()).unwrap();
    let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
    let root = skillpass::crypto::base64url_encode(last.checkpoint.root);
    let expected = serde_json::json!({"origin": ORIGIN, "size": last.checkpoint.size, "root": root});
    assert_eq!(claims["succeeds"], expected);
    // What was signed once is recorded again as it was: first who may say it, then what was said.
    let append = |text: String| successor.submit(text, None).unwrap().blocking_recv().unwrap();
    for (_, entry) in public.iter().filter(|(_, entry)| entry[1] == 1) {
        append(String::from_utf8(entry[64..].to_vec()).unwrap()).unwrap();
    }
    append(opened).unwrap();
    assert_eq!(append(said).unwrap().revision, 1);
    successor.close();
    drop(successor);
    check_dir(&dir);
    test.check();
}

#[test]
fn a_manifest_is_read_up_to_its_limit() {
    const MOST: u64 = 16 * 1024 * 1024;
    let test = TestLedger::new();
    let places = Places::of(&test);
    test.published();
    backup(&test.dir(), &places.to, &*test.clock).unwrap();
    let path = places.to.join("00000001/manifest.json");
    let padded = |bytes: u64| {
        let mut text = fs::read(&path).unwrap();
        text.resize(usize::try_from(bytes).unwrap(), b' ');
        fs::write(&path, text).unwrap();
        verify_backup(&places.to)
    };
    assert!(padded(MOST).is_ok());
    assert_eq!(reason(padded(MOST + 1)), "FILE_TOO_LARGE");
}

#[test]
fn a_piece_of_a_backup_is_read_up_to_its_limit() {
    const MOST: usize = 32 * 1024 * 1024;
    let test = TestLedger::new();
    let places = Places::of(&test);
    test.published();
    backup(&test.dir(), &places.to, &*test.clock).unwrap();
    let part = places.to.join("00000001");
    let piece = |bytes: usize| {
        let bytes = vec![0; bytes];
        let text = fs::read(part.join("manifest.json")).unwrap();
        let mut manifest: serde_json::Value = serde_json::from_slice(&text).unwrap();
        let pieces = manifest["objects"].as_array_mut().unwrap();
        let journal = pieces.iter_mut().find(|piece| piece["file"] == "journal/00000000.skj").unwrap();
        journal["bytes"] = bytes.len().into();
        journal["sha256"] = skillpass::crypto::hex_encode(sha256(&[&bytes])).into();
        fs::write(part.join("manifest.json"), manifest.to_string()).unwrap();
        fs::write(part.join("journal-00000000.skj-000000000000"), bytes).unwrap();
        verify_backup(&places.to).map(|found| found.bytes).map_err(|error| error.to_string())
    };
    assert!(piece(MOST).unwrap() > MOST as u64);
    let why = piece(MOST + 1).unwrap_err();
    assert!(why.contains("it is no manifest of this format"), "{why}");
}
