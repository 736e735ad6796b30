//! Files that a real ledger exports.

use skillpass::event::Kind;
use skillpass::passport::{
    Check, Options, PassportFile, PresentRequest, Show, Standing, Status, Verdict, verify,
};
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
    runtime.block_on(export(&test.ledger, worker.id, &[], known_at)).unwrap()
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

/// Who paid for what is for the worker alone: a file has its place in the chain and not what it says.
#[test]
fn funding_leaves_in_no_file() {
    let test = TestLedger::new();
    let fund = Body { issuer: "https://fund.ph.example.invalid".to_owned(), key: test.stranger().key };
    test.authorise(&fund, "JOINT_FUND");
    let worker = test.open_passport();
    test.bind(&worker);
    test.append(test.training(&worker)).unwrap();
    let decided = test.about(&fund, &worker, Kind::FundingDecided, |_| {});
    test.append(decided.clone()).unwrap();
    let file = exported(&test, &worker, None);
    let report = verify(&file.encode(), &trust(&test), &options(&test));
    assert_eq!(report.verdict, Verdict::Valid, "{:#?}", report.checks);
    assert_eq!(report.records.len(), 1, "{:#?}", report.records);
    let funding = file.statements.last().unwrap();
    assert!(decided.starts_with(funding.jwt()));
    assert_eq!(funding.sdjwt.matches('~').count(), 4, "sub, issuing_country and decided_on");

    let request = |id| PresentRequest {
        shows: vec![Show { id, claims: None }],
        audience: "https://employer.example.invalid".to_owned(),
        nonce: "n-1".to_owned(),
        issued_at: options(&test).now,
        expires_at: options(&test).now + 60,
    };
    let id_of = |part: &skillpass::passport::StatementPart| part.id().unwrap();
    let refused = file.present(&request(id_of(funding)), &worker.key).unwrap_err();
    assert_eq!(refused.reason(), "NEVER_SHOWN");
    assert!(file.present(&request(id_of(&file.statements[2])), &worker.key).is_ok());

    // A file that tells it all the same is no file of ours.
    let mut told = file.clone();
    told.statements.last_mut().unwrap().sdjwt = decided;
    let report = verify(&told.encode(), &trust(&test), &options(&test));
    assert_eq!(report.verdict, Verdict::Invalid);
    let failed = report.checks.iter().find(|row| row.status == Status::Fail).unwrap();
    assert_eq!(failed.check, Check::Disclosures);
}

#[test]
fn leave_that_ended_gives_no_right_to_return_any_more() {
    let test = TestLedger::new();
    let employer =
        Body { issuer: "https://hospital.ph.example.invalid".to_owned(), key: test.stranger().key };
    test.authorise(&employer, "EMPLOYER");
    let worker = test.open_passport();
    let leave = test.about(&employer, &worker, Kind::LeaveGranted, |claims| {
        claims.shift_remove("confirms");
        claims.insert("leave_until".into(), "2026-08-31".into());
    });
    test.append(leave.clone()).unwrap();
    let standing = || {
        let report = verify(&exported(&test, &worker, None).encode(), &trust(&test), &options(&test));
        assert_eq!(report.verdict, Verdict::Valid, "{:#?}", report.checks);
        report.records.iter().find(|record| record.kind == Kind::LeaveGranted).unwrap().standing
    };
    assert_eq!(standing(), Standing::InForce);
    test.append(test.about(&employer, &worker, Kind::LeaveEnded, |claims| {
        claims.insert("leave".into(), hash_of(&leave).into());
    }))
    .unwrap();
    assert_eq!(standing(), Standing::Revoked);
}
