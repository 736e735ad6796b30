//! Files that a real ledger exports.

use skillpass::event::Kind;
use skillpass::passport::{Check, Options, PassportFile, Standing, Status, Verdict, verify};
use skillpass::projection::export;
use skillpass::trust::{TrustFile, TrustedLedger, TrustedRoot};

use crate::support::{Body, ROOT, TestLedger, Worker, hash_of};

fn trust(test: &TestLedger) -> TrustFile {
    let mut trust = TrustFile::empty();
    trust.ledgers.push(TrustedLedger {
        origin: test.ledger.origin().to_owned(),
        log_keys: test.ledger.vkeys(),
        status_keys: vec![test.ledger.status_key()],
    });
    trust.roots.push(TrustedRoot {
        issuer: ROOT.into(),
        jurisdictions: vec!["PH".into()],
        kids: vec![test.root.key.public().thumbprint()],
        name: None,
        contact: None,
    });
    trust
}

fn exported(test: &TestLedger, worker: &Worker, known_at: Option<u64>) -> PassportFile {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(export(&test.ledger, worker.id, known_at)).unwrap()
}

fn options(test: &TestLedger) -> Options {
    Options::at(i64::try_from(test.ledger.now_ms() / 1_000).unwrap())
}

#[test]
fn what_a_ledger_exports_verifies() {
    let test = TestLedger::new();
    let worker = test.open_passport();
    test.bind(&worker);
    test.append(test.training(&worker)).unwrap();
    let report = verify(&exported(&test, &worker, None).encode(), &trust(&test), &options(&test));
    assert_eq!(report.verdict, Verdict::Valid, "{:#?}", report.checks);
    assert_eq!(report.records.len(), 1);
}

#[test]
fn as_known_then_it_says_what_was_known_then() {
    let test = TestLedger::new();
    let worker = test.open_passport();
    let training = test.training(&worker);
    let target = hash_of(&training);
    test.append(training).unwrap();
    exported(&test, &worker, None);
    let then = test.ledger.now_ms();
    test.clock.set(then + 86_400_000);
    test.append(test.about(&test.provider, &worker, Kind::Revoked, |claims| {
        claims.insert("target".into(), target.into());
        claims.shift_remove("effective_from");
    }))
    .unwrap();
    let standing = |known_at| {
        let report = verify(&exported(&test, &worker, known_at).encode(), &trust(&test), &options(&test));
        assert_eq!(report.verdict, Verdict::Valid, "{:#?}", report.checks);
        assert!(report.checks.iter().any(|row| row.check == Check::Chain && row.status == Status::Pass));
        report.records[0].standing
    };
    assert_eq!(standing(None), Standing::Revoked);
    assert_eq!(standing(Some(then)), Standing::InForce);
}

#[test]
fn a_body_s_own_revocation_stands_on_the_authorisation_of_what_it_revokes() {
    let test = TestLedger::new();
    let worker = test.open_passport();
    let school = Body { issuer: "https://school.ph.example.invalid".to_owned(), key: test.stranger().key };
    test.authorise_for(&school, "TRAINING_PROVIDER", &[Kind::TrainingCompleted]);
    let training = test.about(&school, &worker, Kind::TrainingCompleted, |_| {});
    test.append(training.clone()).unwrap();
    test.append(test.about(&school, &worker, Kind::Revoked, |claims| {
        claims.insert("target".into(), hash_of(&training).into());
        claims.shift_remove("effective_from");
    }))
    .unwrap();
    let report = verify(&exported(&test, &worker, None).encode(), &trust(&test), &options(&test));
    assert_eq!(report.verdict, Verdict::Valid, "{:#?}", report.checks);
    assert_eq!(report.records[0].standing, Standing::Revoked);
}
