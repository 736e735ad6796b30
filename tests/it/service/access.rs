//! Who may read a person: one answer for everyone who may not.

use serde_json::Value;
use skillpass::config::Limits;
use skillpass::crypto::{OsEntropy, PrivateKey};
use skillpass::event::Kind;
use skillpass::pb;
use skillpass::service::ACCESS_TYP;
use skillpass::statement::jws;
use tonic::{Code, Request, Status};
use tonic_types::StatusExt as _;

use super::{Served, by, claims, reason, with_token};

fn get(worker: &skillpass::event::WorkerId) -> pb::GetPassportRequest {
    let view = pb::View::Holder.into();
    pb::GetPassportRequest { worker: worker.to_string(), view, known_at: None, valid_at: None }
}

/// Everything a client sees of an error: code, message, details, metadata without the date.
fn seen(status: &Status) -> (Code, String, Vec<u8>, Vec<String>) {
    let headers = status.metadata().clone().into_headers();
    let names = headers.iter().filter(|(name, _)| *name != "date").map(|pair| format!("{pair:?}")).collect();
    (status.code(), status.message().to_owned(), status.details().to_vec(), names)
}

fn refused(served: &Served, request: Request<pb::GetPassportRequest>) -> Status {
    served.run(served.passports().get_passport(request)).unwrap_err()
}

#[test]
fn unknown_forbidden_and_erased_look_alike_byte_for_byte() {
    let served = Served::new();
    let test = &served.test;
    let (known, unbound, erased, stranger) =
        (test.open_passport(), test.open_passport(), test.open_passport(), test.stranger());
    test.bind(&known);
    test.bind(&erased);
    let order = pb::erase_passport_request::Basis::OrderReference("demo 1".to_owned());
    let erase = pb::ErasePassportRequest {
        worker: erased.id.to_string(),
        basis: Some(order),
        confirm: true,
        last_export: false,
    };
    served.run(served.passports().erase_passport(by(test, &served.operator(), erase))).unwrap();

    let thief = PrivateKey::generate_ed25519(&mut OsEntropy);
    let wanted = seen(&refused(&served, by(test, &thief, get(&stranger.id))));
    assert_eq!(wanted.0, Code::NotFound);
    let attempts = [
        ("known, no credential", Request::new(get(&known.id))),
        ("known, another's key", by(test, &thief, get(&known.id))),
        ("known, another worker's key", by(test, &unbound.key, get(&known.id))),
        ("no key bound, the key that is not", by(test, &unbound.key, get(&unbound.id))),
        ("erased, its own key", by(test, &erased.key, get(&erased.id))),
        ("erased, the operator", by(test, &served.operator(), get(&erased.id))),
        ("unknown, no credential", Request::new(get(&stranger.id))),
        ("unknown, the operator", by(test, &served.operator(), get(&stranger.id))),
    ];
    for (what, request) in attempts {
        let status = refused(&served, request);
        assert_eq!(reason(&status), "NOT_AVAILABLE", "{what}");
        assert_eq!(seen(&status), wanted, "{what}");
    }
}

#[test]
fn every_read_of_a_person_refuses_alike() {
    let served = Served::new();
    let test = &served.test;
    let (known, stranger) = (test.open_passport(), test.stranger());
    let thief = PrivateKey::generate_ed25519(&mut OsEntropy);
    for who in [&known.id, &stranger.id] {
        let worker = who.to_string();
        let export = pb::ExportPassportRequest { worker: worker.clone(), known_at: None };
        let watch = pb::WatchPassportRequest { worker: worker.clone(), from_revision: 0 };
        let statement = pb::StatementRef {
            jti: "urn:uuid:019340f0-0000-7000-8000-00000000abcd".into(),
            subject: worker.clone(),
        };
        let receipt =
            pb::GetReceiptRequest { which: Some(pb::get_receipt_request::Which::Statement(statement)) };
        let request = jws::sign("skillpass-erasure+jwt", &claims(test), &thief);
        let basis = Some(pb::erase_passport_request::Basis::HolderRequest(request));
        let erase = pb::ErasePassportRequest { worker, basis, confirm: true, last_export: true };
        let statuses = [
            served.run(served.passports().export_passport(by(test, &thief, export))).unwrap_err(),
            served.run(served.passports().watch_passport(by(test, &thief, watch))).unwrap_err(),
            served.run(served.ledger().get_receipt(by(test, &thief, receipt))).unwrap_err(),
            served.run(served.passports().erase_passport(by(test, &thief, erase))).unwrap_err(),
        ];
        for status in statuses {
            assert_eq!((status.code(), reason(&status).as_str()), (Code::NotFound, "NOT_AVAILABLE"));
        }
    }
    assert!(test.ledger.worker(known.id).unwrap().is_some(), "nobody was erased");
}

#[test]
fn the_holder_and_the_operator_may_read_and_a_replaced_key_may_not() {
    let served = Served::new();
    let test = &served.test;
    let mut worker = test.open_passport();
    test.bind(&worker);
    test.record_training(&worker);
    for key in [&worker.key, &served.operator()] {
        let answer = served.run(served.passports().get_passport(by(test, key, get(&worker.id)))).unwrap();
        let passport: Value = serde_json::from_str(&answer.into_inner().passport_json).unwrap();
        assert_eq!(passport["worker"], worker.id.to_string());
        assert_eq!(passport["sections"]["training"].as_array().unwrap().len(), 1);
    }

    let old = crate::support::TestLedger::holder(&worker);
    worker.key = PrivateKey::generate_ed25519(&mut OsEntropy);
    test.append(test.about(&old, &worker, Kind::HolderKeyChanged, |_| {})).unwrap();
    assert_eq!(reason(&refused(&served, by(test, &old.key, get(&worker.id)))), "NOT_AVAILABLE");
    served.run(served.passports().get_passport(by(test, &worker.key, get(&worker.id)))).unwrap();
}

#[test]
fn the_holder_gets_the_receipt_of_a_record() {
    let served = Served::new();
    let test = &served.test;
    let worker = test.open_passport();
    test.bind(&worker);
    let acknowledged = test.append(test.training(&worker)).unwrap();
    test.published();
    let ask = |jti: String| {
        let statement = pb::StatementRef { jti, subject: worker.id.to_string() };
        let message =
            pb::GetReceiptRequest { which: Some(pb::get_receipt_request::Which::Statement(statement)) };
        served.run(served.ledger().get_receipt(by(test, &worker.key, message)))
    };
    let answer = ask(acknowledged.jti.urn().to_string()).unwrap().into_inner();
    let known = answer.acknowledgement.unwrap();
    assert_eq!((known.leaf_index, known.revision), (acknowledged.leaf, 2));
    assert_eq!(answer.receipt.unwrap().entry, test.ledger.entry(acknowledged.leaf).unwrap().unwrap());
    let unknown = ask("urn:uuid:019340f0-0000-7000-8000-00000000abcd".to_owned()).unwrap_err();
    assert_eq!(reason(&unknown), "NOT_FOUND");
}

#[test]
fn a_credential_that_is_wrong_on_its_face_says_how_whoever_it_is_for() {
    let served = Served::new();
    let test = &served.test;
    let (known, stranger) = (test.open_passport(), test.stranger());
    test.bind(&known);
    let signed = |name: &str, value: Value, key: &PrivateKey| {
        let mut claims = claims(test);
        claims.insert(name.to_owned(), value);
        jws::sign(ACCESS_TYP, &claims, key)
    };
    let imposter = {
        let token = jws::sign(ACCESS_TYP, &claims(test), &served.operator());
        let (rest, signature) = token.rsplit_once('.').unwrap();
        let other = if signature.starts_with('A') { 'B' } else { 'A' };
        format!("{rest}.{other}{}", &signature[1..])
    };
    // The longest that is read, and one that is too long; base64url jumps over some lengths.
    let of_length = |bytes: usize| {
        let padded = |pad: usize| signed("pad", "x".repeat(pad).into(), &known.key);
        let pad = (0..bytes).rev().find(|pad| padded(*pad).len() <= bytes).unwrap();
        (padded(pad), padded(pad + 1))
    };
    let (longest, too_long) = of_length(4096);
    assert!(longest.len() > 4090 && too_long.len() > 4096, "{} {}", longest.len(), too_long.len());
    served.run(served.passports().get_passport(with_token(get(&known.id), &longest))).unwrap();
    for who in [&known.id, &stranger.id] {
        for (token, wanted) in [
            (too_long.clone(), "CREDENTIAL_MALFORMED"),
            ("nonsense".to_owned(), "CREDENTIAL_MALFORMED"),
            (jws::sign("JWT", &claims(test), &known.key), "CREDENTIAL_MALFORMED"),
            (signed("aud", "other.invalid".into(), &known.key), "CREDENTIAL_OTHER_AUDIENCE"),
            (signed("exp", 1.into(), &known.key), "CREDENTIAL_OUT_OF_TIME"),
            (
                signed("htm", "/skillpass.v1.LedgerService/Append".into(), &known.key),
                "CREDENTIAL_OTHER_METHOD",
            ),
            (imposter.clone(), "CREDENTIAL_BAD_SIGNATURE"),
        ] {
            let status = refused(&served, with_token(get(who), &token));
            assert_eq!((status.code(), reason(&status).as_str()), (Code::Unauthenticated, wanted));
        }
    }
}

#[test]
fn the_operators_calls_are_the_operators() {
    let served = Served::new();
    let test = &served.test;
    let worker = test.open_passport();
    test.bind(&worker);
    let status = || pb::GetStatusRequest {};
    for request in [Request::new(status()), by(test, &worker.key, status())] {
        let refused = served.run(served.admin().get_status(request)).unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::Unauthenticated, "OPERATOR_ONLY"));
    }
    let answer =
        served.run(served.admin().get_status(by(test, &served.operator(), status()))).unwrap().into_inner();
    assert_eq!(answer.origin, crate::support::ORIGIN);
    assert_eq!(answer.vkeys, test.ledger.vkeys().iter().map(ToString::to_string).collect::<Vec<_>>());
    assert!(answer.size >= answer.published_size && answer.published_size > 0);

    let mut claims = Kind::AuthorityEstablished.example();
    let known = claims.as_object_mut().unwrap();
    known.retain(|name, _| !["vct", "iss"].contains(&name.as_str()));
    known.insert("sub".to_owned(), "https://authority.de.example.invalid".into());
    let established = |kind: &str| pb::AppendLedgerStatementRequest {
        kind: kind.to_owned(),
        claims_json: claims.to_string(),
    };
    let request = by(test, &served.operator(), established("AuthorityEstablished"));
    served.run(served.admin().append_ledger_statement(request)).unwrap();
    assert!(test.ledger.trust().body_name("https://authority.de.example.invalid").is_some());
    for kind in
        ["Erased", "LedgerFounded", "LedgerKeyAdded", "LedgerKeyEnded", "TrainingCompleted", "Nonsense"]
    {
        let request = by(test, &served.operator(), established(kind));
        let refused = served.run(served.admin().append_ledger_statement(request)).unwrap_err();
        assert_eq!(reason(&refused), "NOT_A_LEDGER_KIND", "{kind}");
    }
}

#[test]
fn too_many_reads_are_refused_alike_for_known_and_unknown_workers() {
    let once = |reads_per_credential, reads_per_peer| Limits {
        reads_per_credential,
        reads_per_peer,
        ..Limits::default()
    };
    let served = Served::with_limits(&once(1, 1000));
    let test = &served.test;
    let (known, stranger) = (test.open_passport(), test.stranger());
    test.bind(&known);
    let outcome = |key: &PrivateKey, worker: &skillpass::event::WorkerId| {
        let answer = served.run(served.passports().get_passport(by(test, key, get(worker))));
        answer.map(drop)
    };
    let limited = |outcome: Result<(), Status>| {
        let status = outcome.unwrap_err();
        assert_eq!((status.code(), reason(&status).as_str()), (Code::ResourceExhausted, "TOO_MANY_READS"));
        assert!(status.get_error_details().retry_info().unwrap().retry_delay.is_some());
    };
    outcome(&known.key, &known.id).unwrap();
    limited(outcome(&known.key, &known.id));
    limited(outcome(&known.key, &stranger.id));
    let prober = PrivateKey::generate_ed25519(&mut OsEntropy);
    assert_eq!(
        reason(&outcome(&prober, &stranger.id).unwrap_err()),
        "NOT_AVAILABLE",
        "others have their own"
    );
    limited(outcome(&prober, &known.id));
    limited(outcome(&prober, &stranger.id));

    let served = Served::with_limits(&once(1000, 1));
    let anonymous = |worker: &skillpass::event::WorkerId| {
        served.run(served.passports().get_passport(Request::new(get(worker)))).map(drop)
    };
    assert_eq!(reason(&anonymous(&stranger.id).unwrap_err()), "NOT_AVAILABLE");
    limited(anonymous(&stranger.id));
    // What is public costs nobody's rate.
    served.run(served.ledger().get_checkpoint(pb::GetCheckpointRequest { size_max: None })).unwrap();
}
