//! The ledger's own keys change under one origin: while it runs, after a restart, after a crash between the steps.

use skillpass::crypto::{OsEntropy, PrivateKey, PublicKey};
use skillpass::ledger::{LedgerKeyEnd, LedgerKeyUse, Published};
use skillpass::passport::{Options, Verdict, verify};
use skillpass::projection::export;
use skillpass::tlog::{SignedCheckpoint, VerifierKey};
use skillpass::trust::{TrustFile, TrustedLedger, TrustedRoot};

use crate::support::{ORIGIN, TestLedger, Worker, check_dir};

fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

fn add(test: &TestLedger, use_: LedgerKeyUse) -> PublicKey {
    wait(test.ledger.add_own_key(use_)).unwrap().0
}

fn end(test: &TestLedger, key: &PublicKey, why: LedgerKeyEnd) -> Result<(), &'static str> {
    wait(test.ledger.end_own_key(&key.thumbprint(), why)).map(|_| ()).map_err(|error| error.reason)
}

fn first(test: &TestLedger, use_: &str) -> PublicKey {
    test.ledger.own_keys().into_iter().find(|key| key.use_ == use_).unwrap().key
}

fn signed_by(published: &Published, key: &PublicKey) -> bool {
    let vkey = VerifierKey::log(ORIGIN, key).unwrap();
    SignedCheckpoint::verify(&published.note, &[vkey]).is_ok()
}

fn worker_with_key(test: &TestLedger) -> Worker {
    let worker = test.open_passport();
    test.bind(&worker);
    test.record_training(&worker);
    worker
}

/// What `skillpass trust add` would write now.
fn trust(test: &TestLedger) -> TrustFile {
    let (log, status_keys) = test.ledger.trust().lasting_keys();
    let log_keys = log.iter().map(|key| VerifierKey::log(ORIGIN, key).unwrap()).collect();
    let mut file = TrustFile::empty();
    file.ledgers.push(TrustedLedger { origin: ORIGIN.to_owned(), log_keys, status_keys });
    file.roots.push(TrustedRoot {
        issuer: test.root.issuer.clone(),
        jurisdictions: vec!["PH".to_owned()],
        kids: vec![test.root.key.public().thumbprint()],
        name: None,
        contact: None,
    });
    file
}

fn exported(test: &TestLedger, worker: &Worker) -> Vec<u8> {
    wait(export(&test.ledger, worker.id, &[], None)).unwrap().encode()
}

fn verdict(test: &TestLedger, file: &[u8], trust: &TrustFile) -> Verdict {
    use skillpass::ledger::Clock as _;
    let now = i64::try_from(test.clock.now_ms() / 1000).unwrap();
    verify(file, trust, &Options::at(now)).verdict
}

#[test]
fn every_log_key_in_force_signs_and_old_files_verify_after_the_change() {
    let test = TestLedger::new();
    let worker = worker_with_key(&test);
    let before = trust(&test);
    let old_file = exported(&test, &worker);
    let old = first(&test, "log");
    let new = add(&test, LedgerKeyUse::Log);
    test.record_training(&worker);
    let both = test.published();
    assert!(signed_by(&both, &old) && signed_by(&both, &new), "{}", both.note);
    let between = exported(&test, &worker);
    assert_eq!(
        verdict(&test, &between, &before),
        Verdict::Valid,
        "who knows the old key alone still believes"
    );

    let test = test.reopen();
    test.record_training(&worker);
    let both = test.published();
    assert!(signed_by(&both, &old) && signed_by(&both, &new), "after a restart too");

    end(&test, &old, LedgerKeyEnd::Retired).unwrap();
    test.record_training(&worker);
    let after = test.published();
    assert!(!signed_by(&after, &old) && signed_by(&after, &new));
    assert!(!test.dir().with_extension("key").join("log.jwk").exists(), "its private half is gone");
    let now = trust(&test);
    let new_file = exported(&test, &worker);
    for (file, what) in [(&old_file, "of before"), (&between, "of in between"), (&new_file, "of now")] {
        assert_eq!(verdict(&test, file, &now), Verdict::Valid, "a file {what} by the trust file of now");
    }
    assert_eq!(verdict(&test, &old_file, &before), Verdict::Valid);
    assert_eq!(
        verdict(&test, &new_file, &before),
        Verdict::Unknown,
        "the old trust file does not name the new key"
    );
    let earlier = test.ledger.published_at_most(both.checkpoint.size).unwrap().unwrap();
    assert_eq!(earlier.checkpoint, both.checkpoint, "what an ended key signed is read back");

    let test = test.reopen();
    test.record_training(&worker);
    assert!(signed_by(&test.published(), &new));
    let stopped = test.check();
    drop(stopped);
}

#[test]
fn tokens_are_signed_by_the_new_status_key_when_the_old_one_has_ended() {
    let test = TestLedger::new();
    let worker = worker_with_key(&test);
    let before = trust(&test);
    let old_file = exported(&test, &worker);
    let old = first(&test, "status");
    let new = add(&test, LedgerKeyUse::Status);
    assert_eq!(test.ledger.status_key(), old, "until trust files name the new one");
    assert_eq!(verdict(&test, &exported(&test, &worker), &before), Verdict::Valid);
    end(&test, &old, LedgerKeyEnd::Retired).unwrap();
    assert_eq!(test.ledger.status_key(), new);
    let new_file = exported(&test, &worker);
    assert_eq!(verdict(&test, &new_file, &before), Verdict::Unknown);
    let now = trust(&test);
    assert_eq!(
        (verdict(&test, &new_file, &now), verdict(&test, &old_file, &now)),
        (Verdict::Valid, Verdict::Valid)
    );
    let test = test.reopen();
    assert_eq!(test.ledger.status_key(), new);
    test.check();
}

#[test]
fn the_last_key_of_a_use_stays_and_a_compromised_one_leaves_the_trust_file() {
    let test = TestLedger::new();
    for use_ in ["log", "status"] {
        assert_eq!(end(&test, &first(&test, use_), LedgerKeyEnd::Retired), Err("LAST_LOG_KEY"), "{use_}");
    }
    let stranger = PrivateKey::generate_ed25519(&mut OsEntropy).public();
    assert_eq!(end(&test, &stranger, LedgerKeyEnd::Lost), Err("UNKNOWN_TARGET"));
    let old = first(&test, "log");
    let new = add(&test, LedgerKeyUse::Log);
    assert_eq!(test.ledger.trust().lasting_keys().0, [old.clone(), new.clone()]);
    end(&test, &old, LedgerKeyEnd::Retired).unwrap();
    assert_eq!(test.ledger.trust().lasting_keys().0, [old.clone(), new.clone()], "retired, not distrusted");
    // What is found out later can be said later.
    end(&test, &old, LedgerKeyEnd::Compromised(1_748_736_000_000)).unwrap();
    assert_eq!(test.ledger.trust().lasting_keys().0, [new]);
    test.check();
}

#[test]
fn a_crash_between_the_steps_of_adding_a_key_leaves_one_that_the_next_addition_takes() {
    let test = TestLedger::new();
    let stopped = test.stop();
    let key = PrivateKey::generate_ed25519(&mut OsEntropy);
    let file = stopped.dir().with_extension("key").join("log-2.jwk");
    std::fs::write(&file, key.to_jwk().to_string()).unwrap();
    let test = stopped.open().unwrap();
    let worker = worker_with_key(&test);
    assert!(!signed_by(&test.published(), &key.public()), "a key that the log does not name signs nothing");
    assert_eq!(add(&test, LedgerKeyUse::Log), key.public());
    test.record_training(&worker);
    assert!(signed_by(&test.published(), &key.public()));
    test.check();
}

#[test]
fn a_crash_between_the_end_of_a_key_and_its_destruction_is_completed_by_the_next_start() {
    let test = TestLedger::new();
    let file = test.dir().with_extension("key").join("log.jwk");
    let kept = std::fs::read(&file).unwrap();
    let old = first(&test, "log");
    let new = add(&test, LedgerKeyUse::Log);
    end(&test, &old, LedgerKeyEnd::Retired).unwrap();
    let stopped = test.stop();
    std::fs::write(&file, kept).unwrap();
    let test = stopped.open().unwrap();
    assert!(!file.exists());
    let worker = worker_with_key(&test);
    test.record_training(&worker);
    let published = test.published();
    assert!(signed_by(&published, &new) && !signed_by(&published, &old));
    test.check();
}

#[test]
fn a_ledger_without_the_keys_that_its_log_names_does_not_start() {
    let test = TestLedger::new();
    let stopped = test.stop();
    let file = stopped.dir().with_extension("key").join("log.jwk");
    let kept = std::fs::read(&file).unwrap();
    let foreign = PrivateKey::generate_ed25519(&mut OsEntropy);
    std::fs::write(&file, foreign.to_jwk().to_string()).unwrap();
    assert_eq!(stopped.open().err().unwrap().reason(), "WRONG_KEYS");
    std::fs::write(&file, kept).unwrap();
    check_dir(&stopped.dir());
    drop(stopped.open().unwrap());
}

#[test]
fn the_lock_is_made_again_from_a_checkpoint_that_only_an_ended_key_has_signed() {
    let test = TestLedger::new();
    let worker = worker_with_key(&test);
    let newest = test.published();
    let old = first(&test, "log");
    add(&test, LedgerKeyUse::Log);
    end(&test, &old, LedgerKeyEnd::Retired).unwrap();
    test.record_training(&worker);
    let stopped = test.stop();
    let lock = stopped.dir().with_extension("lock").join("checkpoint.lock");
    std::fs::remove_file(lock).unwrap();
    // The newest that the ledger itself published is newer: an older one, whoever signed it, is not taken.
    let refused = skillpass::ledger::restore_lock(&stopped.dir(), &newest.note).unwrap_err();
    assert_eq!(refused.reason(), "CHECKPOINT_REFUSED");
    let archived = std::fs::read_to_string(stopped.dir().join("log/checkpoint")).unwrap();
    skillpass::ledger::restore_lock(&stopped.dir(), &archived).unwrap();
    drop(stopped.open().unwrap());
}
