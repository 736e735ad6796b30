//! Two passports of one person: joined by a body with the consent of both holder keys, shown as one, taken apart again.

use skillpass::crypto::PrivateKey;
use skillpass::event::Kind;
use skillpass::ledger::{Clock as _, JOINED_MAX};
use skillpass::passport::{PassportFile, Status as Row, Verdict, verify};
use skillpass::pb;
use skillpass::statement::jws;
use skillpass::trust::{JOIN_TYP, JoinConsent};

use super::holder::{DAY_MS, append, assert_valid, es256, export, options, pass, passport, present, trust};
use super::{Served, by, reason};
use crate::support::{Body, TestLedger, Worker, hash_of};

/// The consent of `worker` to be joined with `other` by `body`, by `key`, from now for so many days.
fn consent(
    served: &Served,
    body: &Body,
    key: &PrivateKey,
    worker: &Worker,
    other: &Worker,
    days: i64,
) -> String {
    let (worker, other) = (worker.id.to_string(), other.id.to_string());
    let now = i64::try_from(served.test.clock.now_ms() / 1000).unwrap();
    let consent = JoinConsent { body: &body.issuer, worker: &worker, other: &other };
    jws::sign(JOIN_TYP, &consent.payload(now, now + days * 86_400), key)
}

fn half(served: &Served, body: &Body, worker: &Worker, other: &Worker, consent: &str) -> String {
    served.test.about(body, worker, Kind::PassportsJoined, |claims| {
        claims.insert("other".into(), other.id.to_string().into());
        claims.insert("consent".into(), consent.into());
    })
}

/// One half as it should be, recorded; its hash.
fn join(served: &Served, worker: &Worker, other: &Worker) -> String {
    let body = &served.test.provider;
    let given = consent(served, body, &worker.key, worker, other, 30);
    let text = half(served, body, worker, other, &given);
    append(served, &text).unwrap();
    hash_of(&text)
}

/// A worker with a bound key and a training.
fn trained(served: &Served) -> Worker {
    let worker = served.test.open_passport();
    served.test.bind(&worker);
    served.test.record_training(&worker);
    worker
}

fn seen(served: &Served, key: &PrivateKey, worker: &Worker) -> (usize, usize) {
    let shown = passport(served, key, worker);
    (shown["sections"]["training"].as_array().unwrap().len(), shown["joined"].as_array().unwrap().len())
}

#[test]
fn two_passports_of_one_person_are_joined_shown_and_taken_apart() {
    let served = Served::new();
    let test = &served.test;
    let (one, mut two) = (trained(&served), trained(&served));
    join(&served, &one, &two);
    assert_eq!(seen(&served, &served.operator(), &one), (1, 0), "a half joins nothing");
    let second = join(&served, &two, &one);
    assert_eq!(seen(&served, &served.operator(), &one), (2, 1));
    assert_eq!(seen(&served, &one.key, &one), (1, 0), "a key reads no passport but its own");
    assert_valid(&served, &export(&served, &one).encode());

    // Both under one holder key.
    let old = TestLedger::holder(&two);
    two.key = one.key.clone();
    append(&served, &test.about(&old, &two, Kind::HolderKeyChanged, |_| {})).unwrap();
    assert_eq!(seen(&served, &one.key, &one), (2, 1));
    assert_eq!(seen(&served, &one.key, &two), (2, 1));
    let file = export(&served, &one);
    assert_eq!(file.statements.len(), 9, "both streams, whole");
    assert_valid(&served, &file.encode());
    let shown = present(&served, &file, &one.key, &[Kind::TrainingCompleted]);
    assert_valid(&served, &shown);
    assert_eq!(verify(&shown, &trust(&served), &options(&served)).records.len(), 2);

    // Without either half they are two workers' records.
    let parsed = PassportFile::parse(&shown).unwrap();
    for dropped in (0..parsed.statements.len()).filter(|at| vct(&parsed, *at) == Kind::PassportsJoined.vct())
    {
        let mut cut = parsed.clone();
        cut.statements.remove(dropped);
        cut.ledgers[0].standing.remove(dropped);
        for held in &mut cut.holder {
            *held -= usize::from(*held > dropped);
        }
        let failed = failures(&served, &cut.encode());
        assert!(failed.contains(&"disclosures file".to_owned()), "{failed:?}");
    }

    // It was wrong: the body takes one half back, and they are apart.
    let revoked = test.about(&test.provider, &two, Kind::Revoked, |claims| {
        claims.insert("target".into(), second.clone().into());
    });
    append(&served, &revoked).unwrap();
    assert_eq!(seen(&served, &one.key, &one), (1, 0));
    assert_eq!(seen(&served, &served.operator(), &two), (1, 0));
    let apart = export(&served, &one);
    assert_eq!(apart.statements.len(), 4);
    assert_valid(&served, &apart.encode());
    assert_valid(&served, &present(&served, &apart, &one.key, &[Kind::TrainingCompleted]));
    // As it was known before, it is still whole.
    let again =
        half(&served, &test.provider, &two, &one, &consent(&served, &test.provider, &two.key, &two, &one, 1));
    append(&served, &again).unwrap();
    assert_eq!(seen(&served, &one.key, &one), (2, 1), "and may be joined again");
}

fn vct(file: &PassportFile, at: usize) -> String {
    skillpass::statement::Unverified::parse(&file.statements[at].sdjwt).unwrap().clear().vct.clone()
}

fn failures(served: &Served, bytes: &[u8]) -> Vec<String> {
    let report = verify(bytes, &trust(served), &options(served));
    assert_eq!(report.verdict, Verdict::Invalid);
    let failed = report.checks.iter().filter(|row| row.status == Row::Fail);
    failed.map(|row| format!("{} {}", row.check.as_str(), row.subject)).collect()
}

#[test]
fn passports_are_not_joined_without_the_consent_of_both() {
    let served = Served::new();
    let test = &served.test;
    let (body, stranger_s_key) = (&test.provider, es256());
    let (one, two, third) = (trained(&served), trained(&served), test.stranger());
    let refused = |text: &str| reason(&append(&served, text).unwrap_err());
    let good = consent(&served, body, &one.key, &one, &two, 30);
    let cases = [
        ("nobody's", "eyJhbGciOiJFZERTQSJ9.e30.AAAA".to_owned()),
        ("by another key", consent(&served, body, &stranger_s_key, &one, &two, 30)),
        ("by the other's key", consent(&served, body, &two.key, &one, &two, 30)),
        ("for another body", consent(&served, &test.competent, &one.key, &one, &two, 30)),
        ("to another worker", consent(&served, body, &one.key, &one, &third, 30)),
        ("the other way round", consent(&served, body, &one.key, &two, &one, 30)),
        ("for too long", consent(&served, body, &one.key, &one, &two, 31)),
    ];
    for (what, given) in &cases {
        assert_eq!(refused(&half(&served, body, &one, &two, given)), "CONSENT_MISSING", "{what}");
    }
    pass(&served, 31 * DAY_MS);
    assert_eq!(refused(&half(&served, body, &one, &two, &good)), "CONSENT_MISSING", "past its end");
    // The twin.
    join(&served, &one, &two);
    let twice = half(&served, body, &one, &two, &consent(&served, body, &one.key, &one, &two, 30));
    assert_eq!(refused(&twice), "ALREADY_JOINED");
    let itself =
        jws::sign(JOIN_TYP, &JoinConsent { body: "b", worker: "w", other: "w" }.payload(0, 1), &one.key);
    assert_eq!(refused(&half(&served, body, &two, &two, &itself)), "SAME_WORKER");
    assert_eq!(seen(&served, &served.operator(), &one), (1, 0), "one consent is not two");
}

#[test]
fn a_join_probes_nobody_and_names_nobody_in_clear() {
    let served = Served::new();
    let test = &served.test;
    let (one, two, nobody) = (trained(&served), trained(&served), test.stranger());
    // With a passport that is there and with one that is not: the same answer.
    let to_known =
        half(&served, &test.provider, &one, &two, &consent(&served, &test.provider, &one.key, &one, &two, 1));
    let to_unknown = half(
        &served,
        &test.provider,
        &one,
        &nobody,
        &consent(&served, &test.provider, &one.key, &one, &nobody, 1),
    );
    let known = append(&served, &to_known).unwrap();
    let unknown = append(&served, &to_unknown).unwrap();
    assert_eq!((known.revision + 1, known.repeated), (unknown.revision, unknown.repeated));
    // What stands in clear of the statement, and what is on disk.
    let clear = to_known.split('~').next().unwrap().split('.').nth(1).unwrap();
    let clear = String::from_utf8(skillpass::crypto::base64url_decode(clear).unwrap()).unwrap();
    let other = two.id.to_string();
    assert!(!clear.contains(&other) && !clear.contains("consent"));
    test.published();
    let mut open = vec![test.dir()];
    while let Some(dir) = open.pop() {
        for item in std::fs::read_dir(dir).unwrap() {
            let path = item.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let bytes = std::fs::read(&path).unwrap();
                assert!(!bytes.windows(other.len()).any(|at| at == other.as_bytes()), "{}", path.display());
            }
        }
    }
}

#[test]
fn a_review_ends_with_a_join_that_stands() {
    let served = Served::new();
    let test = &served.test;
    let salt = [7; 16];
    let open = || {
        let worker = test.stranger();
        let statement = test.about(&test.provider, &worker, Kind::PassportOpened, |claims| {
            let commitment = skillpass::event::document_number_commitment(&salt, "KH", "PASSPORT", "P1");
            let commitment = skillpass::crypto::base64url_encode(commitment);
            claims.insert("document_number_commitment".into(), commitment.into());
        });
        let document = Some(pb::OpeningDocument { number: "P1".into(), salt: salt.to_vec() });
        let request = pb::AppendRequest { document, ..super::append_request(statement) };
        served.run(served.ledger().append(request)).unwrap();
        test.bind(&worker);
        worker
    };
    let (one, two) = (open(), open());
    let list = pb::ListReviewsRequest { ended_too: false, after: None };
    let listed = served.run(served.admin().list_reviews(by(test, &served.operator(), list))).unwrap();
    let id = listed.into_inner().reviews[0].id;
    let resolve = || {
        let request = pb::ResolveReviewRequest { id, resolution: "JOINED".into() };
        served.run(served.admin().resolve_review(by(test, &served.operator(), request)))
    };
    join(&served, &one, &two);
    assert_eq!(reason(&resolve().unwrap_err()), "REVIEW_NOT_JOINED");
    join(&served, &two, &one);
    resolve().unwrap();
}

#[test]
fn a_passport_is_joined_with_so_many_others() {
    let served = Served::new();
    let worker = trained(&served);
    for _ in 0..JOINED_MAX {
        join(&served, &worker, &trained(&served));
    }
    let other = trained(&served);
    let given = consent(&served, &served.test.provider, &worker.key, &worker, &other, 30);
    let text = half(&served, &served.test.provider, &worker, &other, &given);
    assert_eq!(reason(&append(&served, &text).unwrap_err()), "TOO_MANY_JOINED");
}
