//! A refugee's passport: to the authorities of the country that was fled from it is as unknown as any, whatever they call.

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use skillpass::crypto::PrivateKey;
use skillpass::event::{Kind, WorkerId};
use skillpass::ledger::{BLOCKS_MAX, Clock as _, PERMITS_MAX};
use skillpass::passport::Scope;
use skillpass::pb;
use skillpass::pb::change_protection_request::Change;
use skillpass::service::ACCESS_TYP;
use skillpass::statement::jws;
use tokio_stream::StreamExt as _;
use tonic::{Code, Request, Status};

use super::grants::{bearing, changing, get, given, key, read};
use super::{Served, append_request, by, claims, reason, with_token};
use crate::support::{Body, TestLedger, Worker, hash_of};

const HOST_ROOT: &str = "https://authority.de.example.invalid";

/// A body under the host country's own root.
fn host(served: &Served) -> Body {
    let test = &served.test;
    let root = Body { issuer: HOST_ROOT.to_owned(), key: key() };
    let established = json!({"sub": root.issuer, "name": "authority (demo)", "issuer_kind": "COMPETENT_AUTHORITY",
        "jurisdictions": ["DE"], "jwk": root.key.public().to_jwk()});
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let own = test.ledger.append_own(Kind::AuthorityEstablished, established.as_object().unwrap().clone());
    runtime.block_on(own).unwrap();
    let body = Body { issuer: "https://relief.de.example.invalid".to_owned(), key: key() };
    let kinds = ["PassportOpened", "HolderKeyBound", "TrainingCompleted", "Revoked"];
    let authorised = json!({"sub": body.issuer, "name": "relief organisation (demo)", "issuer_kind": "TRAINING_PROVIDER",
        "basis": "ACCREDITATION", "kinds": &kinds[..3], "jurisdictions": ["DE"], "valid_from": "2020-01-01"});
    test.append(test.in_clear(&root, Kind::IssuerAuthorised, &authorised)).unwrap();
    let added = json!({"sub": body.issuer, "jwk": body.key.public().to_jwk()});
    test.append(test.in_clear(&root, Kind::IssuerKeyAdded, &added)).unwrap();
    body
}

fn said(test: &TestLedger, body: &Body, worker: &Worker, kind: Kind, country: &str) -> String {
    test.about(body, worker, kind, |claims| {
        if claims.contains_key("issuing_country") {
            claims.insert("issuing_country".into(), country.into());
        }
    })
}

fn refugee(served: &Served, host: &Body) -> Worker {
    let test = &served.test;
    let worker = test.stranger();
    for kind in [Kind::PassportOpened, Kind::HolderKeyBound, Kind::TrainingCompleted] {
        test.append(said(test, host, &worker, kind, "DE")).unwrap();
    }
    worker
}

fn country(code: &str) -> pb::Audience {
    pb::Audience { which: Some(pb::audience::Which::Country(code.to_owned())) }
}

pub(super) fn change(
    served: &Served,
    worker: &WorkerId,
    key: &PrivateKey,
    change: Change,
) -> Result<(), Status> {
    let message = pb::ChangeProtectionRequest { worker: worker.to_string(), change: Some(change) };
    let request = changing(&served.test, key, "ChangeProtection", message);
    served.run(served.passports().change_protection(request)).map(drop)
}

/// As a body, under its issuer identifier.
fn as_body(test: &TestLedger, body: &Body, method: Option<&str>) -> String {
    let mut claims = claims(test);
    claims.insert("iss".to_owned(), body.issuer.clone().into());
    if let Some(method) = method {
        claims.insert("htm".to_owned(), format!("/skillpass.v1.PassportService/{method}").into());
    }
    jws::sign(ACCESS_TYP, &claims, &body.key)
}

fn change_as_body(served: &Served, worker: &WorkerId, body: &Body, change: Change) -> Result<(), Status> {
    let message = pb::ChangeProtectionRequest { worker: worker.to_string(), change: Some(change) };
    let request = with_token(message, &as_body(&served.test, body, Some("ChangeProtection")));
    served.run(served.passports().change_protection(request)).map(drop)
}

/// All that a client sees.
fn seen(status: &Status) -> (Code, String, Vec<u8>) {
    (status.code(), status.message().to_owned(), status.details().to_vec())
}

fn append(served: &Served, statement: String, expected: Option<u32>) -> Result<(), Status> {
    let request = pb::AppendRequest { expected_revision: expected, ..append_request(statement) };
    served.run(served.ledger().append(request)).map(drop)
}

#[test]
fn a_blocked_home_authority_appends_as_if_nobody_were_there() {
    let served = Served::new();
    let host = host(&served);
    let worker = refugee(&served, &host);
    let (test, stranger) = (&served.test, served.test.stranger());
    let (home, ministry) = (&test.provider, &test.root);
    let recorded = said(test, home, &worker, Kind::TrainingCompleted, "PH");
    append(&served, recorded.clone(), None).unwrap();
    change(&served, &worker.id, &worker.key, Change::Block(country("PH"))).unwrap();

    let unknown =
        seen(&append(&served, said(test, home, &stranger, Kind::TrainingCompleted, "PH"), None).unwrap_err());
    assert_eq!(unknown.0, Code::NotFound);
    let revocation = |body: &Body| {
        let target = hash_of(&recorded);
        test.about(body, &worker, Kind::Revoked, |claims| drop(claims.insert("target".into(), target.into())))
    };
    let other_body_same_id = {
        let id = uuid::Uuid::parse_str(
            payload(&recorded)["jti"].as_str().unwrap().trim_start_matches("urn:uuid:"),
        );
        test.about_with_id(home, &worker, Kind::TrainingCompleted, id.unwrap(), |_| {})
    };
    for (what, statement, expected) in [
        ("a new record", said(test, home, &worker, Kind::TrainingCompleted, "PH"), None),
        ("at a revision that conflicts", said(test, home, &worker, Kind::TrainingCompleted, "PH"), Some(7)),
        ("at the right revision", said(test, home, &worker, Kind::TrainingCompleted, "PH"), Some(4)),
        ("what was recorded, again", recorded.clone(), None),
        ("another under its id", other_body_same_id, None),
        ("taking its own back", revocation(home), None),
        ("taking back what a body below said", revocation(ministry), None),
    ] {
        let refused = append(&served, statement.clone(), expected).unwrap_err();
        assert_eq!(reason(&refused), "UNKNOWN_WORKER", "{what}");
        assert_eq!(seen(&refused), unknown, "{what}");
        let streamed = stream_one(&served, statement);
        assert_eq!(
            (streamed.reason.as_str(), &streamed.message),
            ("UNKNOWN_WORKER", &unknown.1),
            "{what}, on a stream"
        );
    }
    // What it may not say at all is refused for that, known or not.
    let licence =
        |worker: &Worker| append(&served, said(test, home, worker, Kind::LicenceGranted, "PH"), None);
    assert_eq!(seen(&licence(&worker).unwrap_err()), seen(&licence(&stranger).unwrap_err()));
    // An id that is taken is taken for every body alike; the same document under a fresh id is opened as any.
    let mine = append(&served, said(test, home, &worker, Kind::PassportOpened, "PH"), None).unwrap_err();
    let anyones = append(&served, said(test, &host, &worker, Kind::PassportOpened, "DE"), None).unwrap_err();
    assert_eq!((reason(&mine).as_str(), seen(&mine)), ("WORKER_EXISTS", seen(&anyones)));
    append(&served, said(test, home, &test.stranger(), Kind::PassportOpened, "PH"), None).unwrap();

    append(&served, said(test, &host, &worker, Kind::TrainingCompleted, "DE"), Some(4)).unwrap();
    change(&served, &worker.id, &worker.key, Change::Unblock(country("PH"))).unwrap();
    append(&served, recorded.clone(), None).unwrap();
    append(&served, revocation(home), Some(5)).unwrap();
}

fn payload(statement: &str) -> Value {
    let payload = statement.split('.').nth(1).unwrap();
    serde_json::from_slice(&skillpass::crypto::base64url_decode(payload).unwrap()).unwrap()
}

fn stream_one(served: &Served, statement: String) -> pb::Refusal {
    let request =
        pb::AppendStreamRequest { request_id: 1, statement, expected_revision: None, document: None };
    let answer = served.run(async {
        let mut answers =
            served.ledger().append_stream(tokio_stream::iter([request])).await.unwrap().into_inner();
        answers.next().await.unwrap().unwrap()
    });
    match answer.outcome.unwrap() {
        pb::append_stream_response::Outcome::Refusal(refusal) => refusal,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_blocked_home_authority_reads_watches_and_gets_receipts_as_if_nobody_were_there() {
    let served = Served::new();
    let host = host(&served);
    let worker = refugee(&served, &host);
    let test = &served.test;
    let (home, stranger) = (&test.provider, test.stranger());
    // Given in better days, to the body's own key and to a friendly one.
    let grant = given(&served, &worker, &home.key, Scope::whole());
    let friend = key();
    let friends = given(&served, &worker, &friend, Scope::whole());
    read(&served, &worker, &home.key, &grant).unwrap();
    let watch = |worker: &WorkerId| pb::WatchPassportRequest { worker: worker.to_string(), from_revision: 3 };
    let request = bearing(test, &home.key, &grant, watch(&worker.id));
    let mut live = served.run(served.passports().watch_passport(request)).unwrap().into_inner();

    change(&served, &worker.id, &worker.key, Change::Block(country("PH"))).unwrap();
    let unknown =
        seen(&served.run(served.passports().get_passport(Request::new(get(&stranger)))).unwrap_err());
    test.append(said(test, &host, &worker, Kind::TrainingCompleted, "DE")).unwrap();
    let ended = served.run(live.next()).unwrap().unwrap_err();
    assert_eq!(reason(&ended), "NOT_AVAILABLE", "what it followed before ends like any");

    let receipt = |worker: &WorkerId| {
        let statement = pb::StatementRef {
            jti: "urn:uuid:019340f0-0000-7000-8000-00000000abcd".into(),
            subject: worker.to_string(),
        };
        pb::GetReceiptRequest { which: Some(pb::get_receipt_request::Which::Statement(statement)) }
    };
    let export = |worker: &WorkerId| pb::ExportPassportRequest { worker: worker.to_string(), known_at: None };
    let token = as_body(test, home, None);
    for (what, status) in [
        ("by its grant", read(&served, &worker, &home.key, &grant).map(drop).unwrap_err()),
        (
            "as a body",
            served
                .run(served.passports().get_passport(with_token(get(&worker), &token)))
                .map(drop)
                .unwrap_err(),
        ),
        (
            "a file",
            served
                .run(served.passports().export_passport(bearing(test, &home.key, &grant, export(&worker.id))))
                .map(drop)
                .unwrap_err(),
        ),
        (
            "watching",
            served
                .run(served.passports().watch_passport(bearing(test, &home.key, &grant, watch(&worker.id))))
                .map(drop)
                .unwrap_err(),
        ),
        (
            "a receipt",
            served
                .run(served.ledger().get_receipt(bearing(test, &home.key, &grant, receipt(&worker.id))))
                .map(drop)
                .unwrap_err(),
        ),
        (
            "its own record's receipt",
            served
                .run(served.ledger().get_receipt(with_token(receipt(&worker.id), &token)))
                .map(drop)
                .unwrap_err(),
        ),
        ("whom it blocks", {
            let message = pb::GetProtectionRequest { worker: worker.id.to_string() };
            served.run(served.passports().get_protection(with_token(message, &token))).map(drop).unwrap_err()
        }),
    ] {
        assert_eq!(seen(&status), unknown, "{what}");
    }
    read(&served, &worker, &friend, &friends).unwrap();
    change(&served, &worker.id, &worker.key, Change::Unblock(country("PH"))).unwrap();
    read(&served, &worker, &home.key, &grant).unwrap();
}

#[test]
fn a_block_may_name_one_body_or_all_below_one() {
    let served = Served::new();
    let host = host(&served);
    let worker = refugee(&served, &host);
    let test = &served.test;
    let records = |body: &Body| {
        let kind =
            if body.issuer == test.competent.issuer { Kind::LicenceGranted } else { Kind::TrainingCompleted };
        append(&served, said(test, body, &worker, kind, "PH"), None).map_err(|status| reason(&status))
    };
    let refused = Err("UNKNOWN_WORKER".to_owned());
    let issuer = pb::Audience { which: Some(pb::audience::Which::Issuer(test.provider.issuer.clone())) };
    let under = pb::Audience { which: Some(pb::audience::Which::Under(test.root.issuer.clone())) };
    change(&served, &worker.id, &worker.key, Change::Block(issuer.clone())).unwrap();
    assert_eq!((records(&test.provider), records(&test.competent)), (refused.clone(), Ok(())));
    change(&served, &worker.id, &worker.key, Change::Unblock(issuer)).unwrap();
    change(&served, &worker.id, &worker.key, Change::Block(under.clone())).unwrap();
    assert_eq!((records(&test.provider), records(&test.competent)), (refused.clone(), refused));
    change(&served, &worker.id, &worker.key, Change::Unblock(under)).unwrap();
    assert_eq!((records(&test.provider), records(&test.competent)), (Ok(()), Ok(())));
    for bad in [
        country("ph"),
        country("PHL"),
        pb::Audience { which: Some(pb::audience::Which::Under("ministry".into())) },
    ] {
        let status = change(&served, &worker.id, &worker.key, Change::Block(bad)).unwrap_err();
        assert_eq!(reason(&status), "AUDIENCE_INVALID");
    }
}

#[test]
fn the_opener_may_block_for_the_worker_and_nobody_else_may() {
    let served = Served::new();
    let host = host(&served);
    let test = &served.test;
    let worker = test.stranger();
    test.append(said(test, &host, &worker, Kind::PassportOpened, "DE")).unwrap();
    let refused = |outcome: Result<(), Status>| {
        let status = outcome.unwrap_err();
        assert_eq!((status.code(), reason(&status).as_str()), (Code::NotFound, "NOT_AVAILABLE"));
    };
    refused(change_as_body(&served, &worker.id, &test.provider, Change::Block(country("DE"))));
    refused(change(&served, &worker.id, &worker.key, Change::Block(country("PH"))));
    refused(change(&served, &worker.id, &served.operator(), Change::Block(country("PH"))));
    refused(change_as_body(&served, &test.stranger().id, &host, Change::Block(country("PH"))));
    refused(change_as_body(&served, &worker.id, &host, Change::PermissionNeeded(true)));
    change_as_body(&served, &worker.id, &host, Change::Block(country("PH"))).unwrap();
    let home = || append(&served, said(test, &test.provider, &worker, Kind::TrainingCompleted, "PH"), None);
    assert_eq!(reason(&home().unwrap_err()), "UNKNOWN_WORKER");
    change_as_body(&served, &worker.id, &host, Change::Unblock(country("PH"))).unwrap();
    home().unwrap();
    change_as_body(&served, &worker.id, &host, Change::Block(country("PH"))).unwrap();

    // Once the worker has a key, only the worker lets anyone in again.
    test.append(said(test, &host, &worker, Kind::HolderKeyBound, "DE")).unwrap();
    refused(change_as_body(&served, &worker.id, &host, Change::Unblock(country("PH"))));
    let message = || pb::GetProtectionRequest { worker: worker.id.to_string() };
    let shown =
        served.run(served.passports().get_protection(by(test, &worker.key, message()))).unwrap().into_inner();
    assert_eq!((shown.blocks.len(), shown.blocks[0].by.as_str()), (1, host.issuer.as_str()));
    assert!(served.run(served.passports().get_protection(by(test, &served.operator(), message()))).is_err());
    change(&served, &worker.id, &worker.key, Change::Unblock(country("PH"))).unwrap();
    home().unwrap();
}

#[test]
fn where_permission_is_needed_the_passport_is_unknown_to_all_but_whom_the_worker_lets_in() {
    let served = Served::new();
    let test = &served.test;
    let worker = test.open_passport();
    test.bind(&worker);
    let stranger = test.stranger();
    let recorded = test.record_training(&worker);
    let decided = |worker: &Worker| {
        append(&served, said(test, &test.competent, worker, Kind::LicenceGranted, "PH"), None)
    };
    let settle = |wanted: Change| change(&served, &worker.id, &worker.key, wanted);
    let permit = || Change::Permit(test.competent.issuer.clone());
    assert_eq!(reason(&settle(permit()).unwrap_err()), "NO_PERMISSION_NEEDED");
    settle(Change::PermissionNeeded(true)).unwrap();
    assert_eq!(seen(&decided(&worker).unwrap_err()), seen(&decided(&stranger).unwrap_err()));
    test.record_training(&worker);
    settle(permit()).unwrap();
    decided(&worker).unwrap();
    settle(Change::Forbid(test.competent.issuer.clone())).unwrap();
    // It has stated something by now: that it may always add to, and take back.
    decided(&worker).unwrap();
    let other = Body { issuer: "https://other.ph.example.invalid".to_owned(), key: key() };
    test.authorise(&other, "TRAINING_PROVIDER");
    let others = || append(&served, said(test, &other, &worker, Kind::TrainingCompleted, "PH"), None);
    settle(Change::Permit(other.issuer.clone())).unwrap();
    settle(Change::Forbid(other.issuer.clone())).unwrap();
    assert_eq!(reason(&others().unwrap_err()), "UNKNOWN_WORKER");
    // The body above may still take back what one of its own said, and add nothing of its own.
    let revoked = test.about(&test.root, &worker, Kind::Revoked, |claims| {
        claims.insert("target".into(), hash_of(&recorded).into());
    });
    append(&served, revoked, None).unwrap();
    settle(Change::PermissionNeeded(false)).unwrap();
    others().unwrap();
}

#[test]
fn a_blocked_body_neither_vouches_nor_is_let_in_by_others_words() {
    let served = Served::new();
    let host = host(&served);
    let worker = refugee(&served, &host);
    let test = &served.test;
    let grants = super::grants::grant_to(test, &worker, &test.provider.key, Scope::whole());
    change(&served, &worker.id, &worker.key, Change::Block(country("PH"))).unwrap();
    let told = super::grants::deposit(&served, &grants.sign(&worker.key)).unwrap_err();
    assert_eq!(reason(&told), "GRANT_AUDIENCE_BLOCKED", "only the holder can be told, and is");
}

#[test]
fn the_worker_contests_a_record_and_sees_what_becomes_of_it() {
    let served = Served::new();
    let test = &served.test;
    let worker = test.open_passport();
    test.bind(&worker);
    let training = test.record_training(&worker);
    let list = || {
        let message = pb::ListDisputesRequest { worker: worker.id.to_string() };
        served
            .run(served.passports().list_disputes(by(test, &worker.key, message)))
            .unwrap()
            .into_inner()
            .disputes
    };
    assert!(list().is_empty());
    let raised = test.about(&TestLedger::holder(&worker), &worker, Kind::DisputeRaised, |claims| {
        claims.insert("target".into(), hash_of(&training).into());
    });
    test.append(raised.clone()).unwrap();
    let open = list().remove(0);
    assert_eq!((open.dispute, open.target), (hash_of(&raised), hash_of(&training)));
    assert_eq!(
        (open.target_jti.as_str(), open.resolution),
        (payload(&training)["jti"].as_str().unwrap(), None)
    );
    let resolved = test.about(&test.provider, &worker, Kind::DisputeResolved, |claims| {
        claims.insert("target".into(), hash_of(&training).into());
        claims.insert("dispute".into(), hash_of(&raised).into());
    });
    test.append(resolved.clone()).unwrap();
    let ended = list().remove(0);
    assert_eq!(ended.resolution.as_deref(), Some("UPHELD"));
    assert_eq!(ended.resolved_by.as_deref(), Some(test.provider.issuer.as_str()));
    let withdrawn = test.about(&test.provider, &worker, Kind::Revoked, |claims| {
        claims.insert("target".into(), hash_of(&resolved).into());
    });
    test.append(withdrawn).unwrap();
    assert_eq!(list().remove(0).resolution, None, "an answer that was taken back is none");
}

#[test]
fn of_what_a_blocked_body_said_the_ledger_says_nothing_newer_than_the_block() {
    let served = Served::new();
    let host = host(&served);
    let worker = refugee(&served, &host);
    let test = &served.test;
    append(&served, said(test, &test.provider, &worker, Kind::TrainingCompleted, "PH"), None).unwrap();
    let dated = || {
        let message = pb::ExportPassportRequest { worker: worker.id.to_string(), known_at: None };
        let answer = served.run(served.passports().export_passport(by(test, &worker.key, message))).unwrap();
        let file = skillpass::passport::PassportFile::parse(&answer.into_inner().file).unwrap();
        let tokens = file.ledgers[0].standing.iter();
        tokens.map(|token| payload(token)["iat"].as_u64().unwrap()).collect::<Vec<u64>>()
    };
    let blocked_at = test.clock.now_ms() / 1000;
    change(&served, &worker.id, &worker.key, Change::Block(country("PH"))).unwrap();
    test.clock.set(test.clock.now_ms() + 40 * 86_400_000);
    let now = test.clock.now_ms() / 1000;
    // Opening, key and training by the host; the training by the body that can take nothing back any more.
    assert_eq!(dated(), [now, now, now, blocked_at]);
    change(&served, &worker.id, &worker.key, Change::Unblock(country("PH"))).unwrap();
    assert_eq!(dated(), [now; 4]);
}

/// Whoever of the blocked country calls, by whatever call and with whatever credential: answered as for a worker that never was.
#[test]
fn no_call_tells_a_blocked_country_that_the_worker_is_there() {
    let served = Served::new();
    let host = host(&served);
    let worker = refugee(&served, &host);
    let test = &served.test;
    let grants = [&test.provider, &test.root].map(|body| given(&served, &worker, &body.key, Scope::whole()));
    change(&served, &worker.id, &worker.key, Change::Block(country("PH"))).unwrap();
    let nobody = test.stranger();
    let call =
        |id: &WorkerId, body: &Body, with: usize, grant: &str, call: usize| -> (Code, String, Vec<u8>) {
            let worker = id.to_string();
            macro_rules! request {
                ($message:expr) => {
                    match with {
                        0 => with_token($message, &as_body(test, body, None)),
                        1 => by(test, &body.key, $message),
                        _ => bearing(test, &body.key, grant, $message),
                    }
                };
            }
            let view = pb::View::Holder.into();
            let status = match call {
                0 => {
                    let message = pb::GetPassportRequest { worker, view, known_at: None, valid_at: None };
                    served.run(served.passports().get_passport(request!(message))).map(drop)
                }
                1 => {
                    let message = pb::ExportPassportRequest { worker, known_at: None };
                    served.run(served.passports().export_passport(request!(message))).map(drop)
                }
                2 => {
                    let (country, occupation, purpose) =
                        ("PH".to_owned(), "2221".to_owned(), "practise".to_owned());
                    let message =
                        pb::AssessRecognitionRequest { worker, country, occupation, purpose, at: None, view };
                    served.run(served.recognition().assess_recognition(request!(message))).map(drop)
                }
                3 => {
                    let message = pb::ListDisputesRequest { worker };
                    served.run(served.passports().list_disputes(request!(message))).map(drop)
                }
                _ => {
                    let message = pb::WatchPassportRequest { worker, from_revision: 0 };
                    served.run(served.passports().watch_passport(request!(message))).map(drop)
                }
            };
            seen(&status.expect_err("a blocked body reads nobody"))
        };
    let calls = (0_usize..2, 0_usize..3, 0_usize..5);
    let config = ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() };
    TestRunner::new(config)
        .run(&calls, |(body, with, which)| {
            let caller = [&test.provider, &test.root][body];
            let blocked = call(&worker.id, caller, with, &grants[body], which);
            let unknown = call(&nobody.id, caller, with, &grants[body], which);
            prop_assert_eq!(blocked, unknown);
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_worker_blocks_so_many_audiences_and_one_less_makes_room() {
    let served = Served::new();
    let worker = served.test.open_passport();
    served.test.bind(&worker);
    let body = |number: usize| pb::Audience {
        which: Some(pb::audience::Which::Issuer(format!("https://body-{number}.example.invalid"))),
    };
    let asked = |what: Change| change(&served, &worker.id, &worker.key, what);
    for number in 0..BLOCKS_MAX {
        asked(Change::Block(body(number))).unwrap();
    }
    assert_eq!(reason(&asked(Change::Block(body(BLOCKS_MAX))).unwrap_err()), "BLOCKS_TOO_MANY");
    asked(Change::Block(body(0))).unwrap();
    asked(Change::Unblock(body(0))).unwrap();
    asked(Change::Block(body(BLOCKS_MAX))).unwrap();
}

#[test]
fn a_worker_permits_so_many_bodies_and_one_less_makes_room() {
    let served = Served::new();
    let worker = served.test.open_passport();
    served.test.bind(&worker);
    let body = |number: usize| format!("https://body-{number}.example.invalid");
    let asked = |what: Change| change(&served, &worker.id, &worker.key, what);
    asked(Change::PermissionNeeded(true)).unwrap();
    // The one that opened the passport is permitted by having stated something.
    for number in 1..PERMITS_MAX {
        asked(Change::Permit(body(number))).unwrap();
    }
    let refused = asked(Change::Permit(body(PERMITS_MAX))).unwrap_err();
    assert_eq!(reason(&refused), "BLOCKS_TOO_MANY");
    assert!(refused.message().contains("at most 256 bodies"), "{refused:?}");
    asked(Change::Permit(body(1))).unwrap();
    asked(Change::Forbid(body(1))).unwrap();
    asked(Change::Permit(body(PERMITS_MAX))).unwrap();
}
