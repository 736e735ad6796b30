//! A clock that was set back hides nothing that was recorded.

use std::sync::Arc;

use serde_json::Value;
use skillpass::crypto::base64url_decode;
use skillpass::event::Kind;
use skillpass::passport::{Passport, View};
use skillpass::projection::export;

use crate::support::{START_MS, TestLedger, Worker, hash_of};

const DAY_MS: u64 = 86_400_000;

/// A training, revoked ten days later; then the machine's clock is set back to the day of the training.
fn revoked_and_set_back() -> (TestLedger, Worker) {
    let test = TestLedger::new();
    let worker = test.open_passport();
    let training = hash_of(&test.record_training(&worker));
    test.clock.set(START_MS + 10 * DAY_MS);
    let revocation = test.about(&test.provider, &worker, Kind::Revoked, |claims| {
        claims.insert("target".into(), training.into());
        claims.remove("effective_from");
    });
    test.append(revocation).unwrap();
    (test.stop().open_with_clock(START_MS).unwrap(), worker)
}

#[test]
fn a_standing_token_says_revoked_while_the_clock_is_set_back() {
    let (test, worker) = revoked_and_set_back();
    assert_eq!(test.ledger.now_ms(), START_MS);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let file = runtime.block_on(export(&test.ledger, worker.id, &[], None)).unwrap();
    let status = |statement: usize| {
        let payload = file.standing_token(statement).unwrap().split('.').nth(1).unwrap();
        let payload: Value = serde_json::from_slice(&base64url_decode(payload).unwrap()).unwrap();
        payload["status"].as_u64().unwrap()
    };
    assert_eq!((status(0), status(1), status(2)), (0, 1, 0), "opened, trained, revoked");
}

#[test]
fn a_passport_shows_what_is_newest_while_the_clock_is_set_back() {
    let (test, worker) = revoked_and_set_back();
    let known = test.ledger.known_now();
    assert_eq!(known, START_MS + 10 * DAY_MS);
    let records: Vec<_> =
        test.ledger.worker(worker.id).unwrap().unwrap().into_iter().map(|one| one.record).collect();
    let day = "2025-06-11".parse().unwrap();
    let passport = Passport::project(worker.id, &records, &test.ledger.trust(), known, day);
    let shown = passport.to_json(View::Holder);
    assert_eq!(shown["sections"]["training"][0]["standing"], "revoked");
    // What is recorded from now on bears the newest entry's time, until the clock has caught up.
    test.clock.set(START_MS + DAY_MS);
    let later = test.append(test.training(&worker)).unwrap();
    assert_eq!(later.recorded_at, START_MS + 10 * DAY_MS);
    test.clock.set(START_MS + 11 * DAY_MS);
    assert_eq!(test.append(test.training(&worker)).unwrap().recorded_at, START_MS + 11 * DAY_MS);
    assert_eq!(test.ledger.known_now(), START_MS + 11 * DAY_MS);
    let published = Arc::clone(&test.published());
    assert!(published.published_at >= START_MS + 11 * DAY_MS);
    test.check();
}
