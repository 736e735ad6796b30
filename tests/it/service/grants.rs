//! Grants by the holder, assistance, and who looked: through the real server, each refusal beside what is allowed.

use serde_json::{Value, json};
use skillpass::crypto::{OsEntropy, PrivateKey, base64url_decode, base64url_encode};
use skillpass::event::{Kind, Section};
use skillpass::ledger::{Clock as _, GRANTS_MAX};
use skillpass::passport::{Grant, GrantRole, Scope, View, Witness};
use skillpass::pb;
use skillpass::service::{ACCESS_TYP, GRANT_METADATA};
use skillpass::statement::jws;
use tokio_stream::StreamExt as _;
use tonic::{Code, Request, Status};

use super::{Served, by, claims, reason, with_token};
use crate::support::{Body, ORIGIN, TestLedger, Worker, hash_of};

pub(super) fn key() -> PrivateKey {
    PrivateKey::generate_ed25519(&mut OsEntropy)
}

fn employer() -> Scope {
    Scope { view: View::Employer, sections: None, records: None, known_at: None, identity: false }
}

/// A grant for `audience` that lasts an hour.
pub(super) fn grant_to(test: &TestLedger, worker: &Worker, audience: &PrivateKey, scope: Scope) -> Grant {
    let now = i64::try_from(test.clock.now_ms() / 1000).unwrap();
    Grant {
        id: test.id(),
        origin: ORIGIN.to_owned(),
        worker: worker.id,
        audience: audience.public(),
        role: GrantRole::Reader,
        purpose: "hiring".to_owned(),
        scope,
        issued_at: now,
        expires_at: now + 3600,
        witness: None,
    }
}

pub(super) fn deposit(served: &Served, token: &str) -> Result<(), Status> {
    let request = pb::DepositGrantRequest { grant: token.to_owned() };
    served.run(served.passports().deposit_grant(request)).map(drop)
}

/// Signed by the worker and deposited.
pub(super) fn given(served: &Served, worker: &Worker, audience: &PrivateKey, scope: Scope) -> String {
    let token = grant_to(&served.test, worker, audience, scope).sign(&worker.key);
    deposit(served, &token).unwrap();
    token
}

/// A request with a credential of `key` and a grant.
pub(super) fn bearing<T>(test: &TestLedger, key: &PrivateKey, grant: &str, message: T) -> Request<T> {
    let mut request = by(test, key, message);
    request.metadata_mut().insert(GRANT_METADATA, grant.parse().unwrap());
    request
}

pub(super) fn get(worker: &Worker) -> pb::GetPassportRequest {
    let view = pb::View::Holder.into();
    pb::GetPassportRequest { worker: worker.id.to_string(), view, known_at: None, valid_at: None }
}

pub(super) fn read(served: &Served, worker: &Worker, key: &PrivateKey, grant: &str) -> Result<Value, Status> {
    let request = bearing(&served.test, key, grant, get(worker));
    let answer = served.run(served.passports().get_passport(request))?;
    Ok(serde_json::from_str(&answer.into_inner().passport_json).unwrap())
}

/// With a credential that names its method, as a change needs it.
pub(super) fn changing<T>(test: &TestLedger, key: &PrivateKey, method: &str, message: T) -> Request<T> {
    let mut claims = claims(test);
    claims.insert("htm".to_owned(), format!("/skillpass.v1.PassportService/{method}").into());
    with_token(message, &jws::sign(ACCESS_TYP, &claims, key))
}

fn revoke(served: &Served, worker: &Worker, key: &PrivateKey, id: Option<&Grant>) -> Result<u32, Status> {
    use pb::revoke_grant_request::Which;
    let which = Some(id.map_or(Which::All(true), |grant| Which::Id(grant.id.urn().to_string())));
    let message = pb::RevokeGrantRequest { worker: worker.id.to_string(), which };
    let request = changing(&served.test, key, "RevokeGrant", message);
    Ok(served.run(served.passports().revoke_grant(request))?.into_inner().revoked)
}

pub(super) fn notes(
    served: &Served,
    worker: &Worker,
    key: &PrivateKey,
) -> Result<Vec<pb::AccessNote>, Status> {
    let message = pb::ListAccessRequest { worker: worker.id.to_string() };
    Ok(served.run(served.passports().list_access(by(&served.test, key, message)))?.into_inner().notes)
}

fn titles(passport: &Value, section: &str) -> usize {
    passport["sections"][section].as_array().unwrap().len()
}

/// A worker with a bound key, two trainings and an assessment that failed.
fn worker(served: &Served) -> (Worker, String, String) {
    let test = &served.test;
    let worker = test.open_passport();
    test.bind(&worker);
    let (first, second) = (test.record_training(&worker), test.record_training(&worker));
    let failed = test.about(&test.provider, &worker, Kind::SkillAssessed, |claims| {
        claims.insert("result".into(), "FAILED".into());
    });
    test.append(failed).unwrap();
    (worker, first, second)
}

fn id_of(statement: &str) -> String {
    let payload = statement.split('.').nth(1).unwrap();
    let payload: Value = serde_json::from_slice(&base64url_decode(payload).unwrap()).unwrap();
    payload["jti"].as_str().unwrap().to_owned()
}

#[test]
fn a_grant_shows_what_it_opens_however_much_is_asked_for() {
    let served = Served::new();
    let (worker, first, _) = worker(&served);
    let hospital = key();
    let shown =
        |scope: Scope| read(&served, &worker, &hospital, &given(&served, &worker, &hospital, scope)).unwrap();

    let whole = shown(Scope::whole());
    assert_eq!((titles(&whole, "training"), titles(&whole, "assessment")), (2, 1));
    assert!(!whole["identity"].as_object().unwrap().is_empty());

    let cut = shown(employer());
    assert_eq!(
        (titles(&cut, "training"), titles(&cut, "assessment")),
        (2, 0),
        "the failed one is the worker's"
    );
    assert_eq!(cut["identity"], json!({}));
    assert_eq!(
        titles(&shown(Scope { sections: Some(vec![Section::Licence]), ..Scope::whole() }), "training"),
        0
    );
    let one = shown(Scope { records: Some(vec![id_of(&first)]), ..Scope::whole() });
    assert_eq!((titles(&one, "training"), titles(&one, "assessment")), (1, 0));
    let before = shown(Scope { known_at: Some(crate::support::START_MS - 1), ..Scope::whole() });
    assert_eq!(titles(&before, "training"), 0);
}

#[test]
fn a_grant_is_for_one_key_one_ledger_one_worker_and_its_time() {
    let served = Served::new();
    let (worker, ..) = worker(&served);
    let (hospital, thief) = (key(), key());
    let token = given(&served, &worker, &hospital, employer());
    read(&served, &worker, &hospital, &token).unwrap();

    let replayed = read(&served, &worker, &thief, &token).unwrap_err();
    assert_eq!((replayed.code(), reason(&replayed).as_str()), (Code::Unauthenticated, "GRANT_OTHER_KEY"));
    let posing = {
        let mut claims = claims(&served.test);
        claims.insert("jti".to_owned(), "x".into());
        let forged = jws::sign(ACCESS_TYP, &claims, &thief);
        // The hospital's `kid` over the thief's signature.
        let (_, rest) = forged.split_once('.').unwrap();
        let header = json!({"alg": "EdDSA", "typ": ACCESS_TYP, "kid": hospital.public().thumbprint()});
        let mut request =
            with_token(get(&worker), &format!("{}.{rest}", base64url_encode(header.to_string())));
        request.metadata_mut().insert(GRANT_METADATA, token.parse().unwrap());
        served.run(served.passports().get_passport(request)).unwrap_err()
    };
    assert_eq!(reason(&posing), "CREDENTIAL_BAD_SIGNATURE");

    let other = served.test.open_passport();
    served.test.bind(&other);
    assert_eq!(reason(&read(&served, &other, &hospital, &token).unwrap_err()), "NOT_AVAILABLE");
    let elsewhere = Grant {
        origin: "other.invalid".to_owned(),
        ..grant_to(&served.test, &worker, &hospital, employer())
    };
    assert_eq!(reason(&deposit(&served, &elsewhere.sign(&worker.key)).unwrap_err()), "GRANT_OTHER_LEDGER");

    served.test.clock.set(served.test.clock.now_ms() + 3_600_000);
    let expired = read(&served, &worker, &hospital, &token).unwrap_err();
    assert_eq!((expired.code(), reason(&expired).as_str()), (Code::Unauthenticated, "GRANT_OUT_OF_TIME"));
}

#[test]
fn nobody_widens_a_grant_or_makes_one_but_the_holder() {
    let served = Served::new();
    let (worker, ..) = worker(&served);
    let hospital = key();
    let narrow = grant_to(&served.test, &worker, &hospital, employer());
    let token = narrow.sign(&worker.key);
    deposit(&served, &token).unwrap();
    let wide = Grant { scope: Scope::whole(), ..narrow.clone() };
    // The wide payload under the narrow one's signature; signed by the audience; signed by the holder but never deposited.
    let spliced = {
        let signed = wide.sign(&worker.key);
        let (head, _) = signed.rsplit_once('.').unwrap();
        format!("{head}.{}", token.rsplit_once('.').unwrap().1)
    };
    let own = wide.sign(&hospital);
    let never_deposited = wide.sign(&worker.key);
    for (what, bad) in [("spliced", &spliced), ("own", &own), ("never deposited", &never_deposited)] {
        assert_eq!(reason(&read(&served, &worker, &hospital, bad).unwrap_err()), "NOT_AVAILABLE", "{what}");
    }
    for bad in [&spliced, &own] {
        let refused = deposit(&served, bad).unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::NotFound, "NOT_AVAILABLE"));
    }
    assert_eq!(reason(&deposit(&served, &never_deposited).unwrap_err()), "GRANT_EXISTS", "its id is taken");
    assert_eq!(titles(&read(&served, &worker, &hospital, &token).unwrap(), "assessment"), 0);
}

#[test]
fn a_grant_taken_back_or_of_a_replaced_key_opens_nothing() {
    let served = Served::new();
    let (mut worker, ..) = worker(&served);
    let test = &served.test;
    let hospital = key();
    let grant = grant_to(test, &worker, &hospital, employer());
    let token = grant.sign(&worker.key);
    deposit(&served, &token).unwrap();
    deposit(&served, &token).unwrap();
    assert_eq!(reason(&revoke(&served, &worker, &hospital, Some(&grant)).unwrap_err()), "NOT_AVAILABLE");
    read(&served, &worker, &hospital, &token).unwrap();
    assert_eq!(revoke(&served, &worker, &worker.key, Some(&grant)).unwrap(), 1);
    assert_eq!(reason(&read(&served, &worker, &hospital, &token).unwrap_err()), "NOT_AVAILABLE");

    let second = given(&served, &worker, &hospital, employer());
    let third = given(&served, &worker, &hospital, employer());
    read(&served, &worker, &hospital, &second).unwrap();
    let old = TestLedger::holder(&worker);
    worker.key = key();
    test.append(test.about(&old, &worker, Kind::HolderKeyChanged, |_| {})).unwrap();
    assert_eq!(reason(&read(&served, &worker, &hospital, &second).unwrap_err()), "NOT_AVAILABLE");
    assert_eq!(revoke(&served, &worker, &worker.key, None).unwrap(), 2);
    assert_eq!(reason(&read(&served, &worker, &hospital, &third).unwrap_err()), "NOT_AVAILABLE");
}

#[test]
fn a_change_needs_a_credential_that_names_its_method() {
    let served = Served::new();
    let (worker, ..) = worker(&served);
    let which = Some(pb::revoke_grant_request::Which::All(true));
    let message = pb::RevokeGrantRequest { worker: worker.id.to_string(), which };
    let request = by(&served.test, &worker.key, message);
    let refused = served.run(served.passports().revoke_grant(request)).unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::Unauthenticated, "CREDENTIAL_METHOD_MISSING")
    );
    assert_eq!(revoke(&served, &worker, &worker.key, None).unwrap(), 0);
}

#[test]
fn a_complete_file_and_disputes_go_only_to_whom_nothing_is_kept_back_from() {
    let served = Served::new();
    let (worker, ..) = worker(&served);
    let hospital = key();
    let export = |token: &str| {
        let message = pb::ExportPassportRequest { worker: worker.id.to_string(), known_at: None };
        served.run(served.passports().export_passport(bearing(&served.test, &hospital, token, message)))
    };
    let disputes = |token: &str| {
        let message = pb::ListDisputesRequest { worker: worker.id.to_string() };
        served.run(served.passports().list_disputes(bearing(&served.test, &hospital, token, message)))
    };
    let whole = given(&served, &worker, &hospital, Scope::whole());
    assert!(!export(&whole).unwrap().into_inner().file.is_empty());
    disputes(&whole).unwrap();
    let part = given(&served, &worker, &hospital, Scope { identity: false, ..Scope::whole() });
    for refused in [export(&part).map(drop).unwrap_err(), disputes(&part).map(drop).unwrap_err()] {
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::Unauthenticated, "GRANT_TOO_NARROW"));
    }
}

#[test]
fn receipts_and_live_records_are_cut_to_the_scope_too() {
    let served = Served::new();
    let (worker, first, second) = worker(&served);
    let test = &served.test;
    let hospital = key();
    let scope = Scope { records: Some(vec![id_of(&first)]), ..Scope::whole() };
    let token = given(&served, &worker, &hospital, scope);
    let receipt = |statement: &str| {
        let statement = pb::StatementRef { jti: id_of(statement), subject: worker.id.to_string() };
        let message =
            pb::GetReceiptRequest { which: Some(pb::get_receipt_request::Which::Statement(statement)) };
        served.run(served.ledger().get_receipt(bearing(test, &hospital, &token, message)))
    };
    receipt(&first).unwrap();
    assert_eq!(reason(&receipt(&second).unwrap_err()), "NOT_FOUND");

    let watch = pb::WatchPassportRequest { worker: worker.id.to_string(), from_revision: 0 };
    let mut live = served
        .run(served.passports().watch_passport(bearing(test, &hospital, &token, watch)))
        .unwrap()
        .into_inner();
    assert_eq!(served.run(live.next()).unwrap().unwrap().statement, first);
    test.record_training(&worker);
    let revoked = test.about(&test.provider, &worker, Kind::Revoked, |claims| {
        claims.insert("target".into(), hash_of(&first).into());
    });
    test.append(revoked.clone()).unwrap();
    assert_eq!(
        served.run(live.next()).unwrap().unwrap().statement,
        revoked,
        "what became of it, and nothing between"
    );

    let mut other = given(&served, &worker, &hospital, Scope::whole());
    let watch = pb::WatchPassportRequest { worker: worker.id.to_string(), from_revision: 7 };
    let mut all = served
        .run(served.passports().watch_passport(bearing(test, &hospital, &other, watch)))
        .unwrap()
        .into_inner();
    assert_eq!(revoke(&served, &worker, &worker.key, None).unwrap(), 2);
    other.clear();
    test.record_training(&worker);
    assert_eq!(
        reason(&served.run(all.next()).unwrap().unwrap_err()),
        "NOT_AVAILABLE",
        "taken back while it is followed"
    );
}

#[test]
fn the_worker_alone_finds_noted_who_looked() {
    let served = Served::new();
    let (worker, ..) = worker(&served);
    let test = &served.test;
    let hospital = key();
    let token = given(&served, &worker, &hospital, employer());
    read(&served, &worker, &hospital, &token).unwrap();
    read(&served, &worker, &hospital, &token).unwrap();
    served.run(served.passports().get_passport(by(test, &served.operator(), get(&worker)))).unwrap();
    let _ = read(&served, &worker, &key(), &token).unwrap_err();
    let seen = notes(&served, &worker, &worker.key).unwrap();
    let told: Vec<(&str, &str, u32)> =
        seen.iter().map(|note| (note.by.as_str(), note.call.as_str(), note.times)).collect();
    assert_eq!(told, [("grant", "GetPassport", 2), ("operator", "GetPassport", 1)]);
    assert_eq!(
        (seen[0].kid.as_str(), seen[0].purpose.as_str()),
        (&*hospital.public().thumbprint(), "hiring")
    );
    assert_eq!(seen[1].who, "root");

    let other = test.open_passport();
    test.bind(&other);
    for key in [&other.key, &hospital, &served.operator()] {
        let refused = notes(&served, &worker, key).unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::NotFound, "NOT_AVAILABLE"));
    }
    assert!(notes(&served, &other, &other.key).unwrap().is_empty());
}

#[test]
fn what_a_worker_settled_and_who_looked_outlive_a_crash_and_die_with_the_key() {
    let test = TestLedger::new();
    let (worker, other) = (test.open_passport(), test.open_passport());
    let deposit = skillpass::ledger::Deposit {
        id: "urn:uuid:1".into(),
        tokens: vec!["t".into()],
        expires_at: i64::MAX,
    };
    for one in [&worker, &other] {
        let settle = |settings: &mut skillpass::ledger::AccessSettings| -> Result<(), ()> {
            settings.grants.push(deposit.clone());
            Ok(())
        };
        test.ledger.change_access(one.id, settle).unwrap().unwrap().unwrap();
        test.ledger.note_access(one.id, b"looked", |_| None).unwrap();
    }
    // Not closed, not synced: the process just ends.
    let stopped = test.drop_without_closing();
    let test = stopped.open().unwrap();
    let settled = |test: &TestLedger, worker: &Worker| {
        test.ledger.access(worker.id).unwrap().map(|all| all.grants.len())
    };
    let noted = |test: &TestLedger, worker: &Worker| {
        test.ledger.access_notes(worker.id).unwrap().map(|all| all.len())
    };
    assert_eq!((settled(&test, &worker), noted(&test, &worker)), (Some(1), Some(1)));

    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(test.ledger.erase(worker.id, skillpass::ledger::ErasureBasis::Order)).unwrap();
    assert_eq!((settled(&test, &worker), noted(&test, &worker)), (None, None));
    assert_eq!((settled(&test, &other), noted(&test, &other)), (Some(1), Some(1)));
    let files = || {
        let groups = std::fs::read_dir(test.dir().join("access")).unwrap();
        groups.flat_map(|group| std::fs::read_dir(group.unwrap().path()).unwrap()).count()
    };
    assert_eq!(files(), 2, "only the other worker's");
    test.check();
}

#[test]
fn settings_that_were_altered_are_found_and_open_nothing() {
    let test = TestLedger::new();
    let worker = test.open_passport();
    let settle = |settings: &mut skillpass::ledger::AccessSettings| -> Result<(), ()> {
        settings.permitted = Some(vec![]);
        Ok(())
    };
    test.ledger.change_access(worker.id, settle).unwrap().unwrap().unwrap();
    assert_eq!(test.refused(test.training(&worker)), "UNKNOWN_WORKER");
    let stopped = test.check();
    let group = std::fs::read_dir(stopped.dir().join("access")).unwrap().next().unwrap().unwrap().path();
    let path = std::fs::read_dir(group).unwrap().next().unwrap().unwrap().path();
    let mut bytes = std::fs::read(&path).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let report = skillpass::ledger::fsck(&stopped.dir()).unwrap();
    assert_eq!(report.findings.len(), 1, "{:?}", report.findings);
    assert!(report.findings[0].place.starts_with("access"));
    let test = stopped.open().unwrap();
    assert!(test.ledger.access(worker.id).is_err());
    assert_eq!(
        test.refused(test.training(&worker)),
        "UNKNOWN_WORKER",
        "who may add cannot be read: nobody may"
    );
    let other = test.open_passport();
    test.record_training(&other);
}

// --- assistance ---

struct Offices {
    union: Body,
    employment: Body,
    office: PrivateKey,
}

fn offices(served: &Served) -> Offices {
    let body = |issuer: &str, kind: &str| {
        let body = Body { issuer: issuer.to_owned(), key: key() };
        served.test.authorise(&body, kind);
        body
    };
    Offices {
        union: body("https://union.ph.example.invalid", "WORKERS_ORGANISATION"),
        employment: body("https://employment.ph.example.invalid", "PUBLIC_EMPLOYMENT_SERVICE"),
        office: key(),
    }
}

fn word(terms: &Grant, body: &Body) -> String {
    let witness = Some(Witness { issuer: body.issuer.clone(), name: "desk 4".to_owned() });
    Grant { witness, role: GrantRole::Assistant, ..terms.clone() }.sign(&body.key)
}

fn open(served: &Served, words: [String; 2]) -> Result<(), Status> {
    let request = pb::OpenAssistanceRequest { words: words.to_vec() };
    served.run(served.passports().open_assistance(request)).map(drop)
}

#[test]
fn two_bodies_open_assistance_for_a_day_without_the_workers_key_and_the_worker_sees_it() {
    let served = Served::new();
    let (worker, ..) = worker(&served);
    let Offices { union, employment, office } = offices(&served);
    let scope = Scope { identity: true, ..employer() };
    let terms = Grant { purpose: "lost phone".to_owned(), ..grant_to(&served.test, &worker, &office, scope) };
    let words = [word(&terms, &union), word(&terms, &employment)];
    assert_eq!(
        reason(&read(&served, &worker, &office, &words[0]).unwrap_err()),
        "NOT_AVAILABLE",
        "not open yet"
    );
    open(&served, words.clone()).unwrap();
    let seen = read(&served, &worker, &office, &words[0]).unwrap();
    assert_eq!((titles(&seen, "training"), titles(&seen, "assessment")), (2, 0));
    assert_eq!(reason(&read(&served, &worker, &key(), &words[0]).unwrap_err()), "GRANT_OTHER_KEY");

    let noted = notes(&served, &worker, &worker.key).unwrap();
    let told: Vec<(&str, &str)> = noted.iter().map(|note| (note.by.as_str(), note.call.as_str())).collect();
    assert_eq!(told, [("assistance", "OpenAssistance"), ("assistance", "GetPassport")]);
    let message = pb::ListGrantsRequest { worker: worker.id.to_string() };
    let listed = served
        .run(served.passports().list_grants(by(&served.test, &worker.key, message)))
        .unwrap()
        .into_inner();
    let vouched: Vec<&str> = listed.grants[0].witnesses.iter().map(|one| one.issuer.as_str()).collect();
    assert_eq!(vouched, [union.issuer.as_str(), employment.issuer.as_str()]);

    assert_eq!(revoke(&served, &worker, &worker.key, None).unwrap(), 1);
    assert_eq!(reason(&read(&served, &worker, &office, &words[0]).unwrap_err()), "NOT_AVAILABLE");
}

#[test]
fn assistance_beyond_a_day_is_refused_by_whomever_it_is_given() {
    let served = Served::new();
    let (worker, ..) = worker(&served);
    let Offices { union, employment, office } = offices(&served);
    let lasting = |seconds: i64| {
        let terms = grant_to(&served.test, &worker, &office, employer());
        Grant { role: GrantRole::Assistant, expires_at: terms.issued_at + seconds, ..terms }
    };
    let day = 24 * 3600;
    assert_eq!(reason(&deposit(&served, &lasting(day + 1).sign(&worker.key)).unwrap_err()), "GRANT_TOO_LONG");
    let helped = lasting(day).sign(&worker.key);
    deposit(&served, &helped).unwrap();
    read(&served, &worker, &office, &helped).unwrap();
    assert_eq!(notes(&served, &worker, &worker.key).unwrap()[0].by, "assistance");
    let (long, right) = (lasting(day + 1), lasting(day));
    let words = |terms: &Grant| [word(terms, &union), word(terms, &employment)];
    assert_eq!(reason(&open(&served, words(&long)).unwrap_err()), "GRANT_TOO_LONG");
    open(&served, words(&right)).unwrap();
    read(&served, &worker, &office, &words(&right)[0]).unwrap();
    served.test.clock.set(served.test.clock.now_ms() + u64::try_from(day).unwrap() * 1000);
    assert_eq!(reason(&read(&served, &worker, &office, &words(&right)[0]).unwrap_err()), "GRANT_OUT_OF_TIME");
}

#[test]
fn two_witnesses_are_of_different_bodies_that_stand_and_say_the_same() {
    let served = Served::new();
    let (worker, ..) = worker(&served);
    let test = &served.test;
    let Offices { union, employment, office } = offices(&served);
    let imposter = Body { issuer: employment.issuer.clone(), key: key() };
    let terms = || grant_to(test, &worker, &office, employer());
    let opened = |terms: &Grant, one: &Body, other: &Body| {
        open(&served, [word(terms, one), word(terms, other)]).map_err(|status| reason(&status))
    };
    let refused = |reason: &str| Err(reason.to_owned());
    assert_eq!(opened(&terms(), &union, &union), refused("WITNESSES_NOT_INDEPENDENT"), "one body twice");
    assert_eq!(opened(&terms(), &union, &test.root), refused("WITNESSES_NOT_INDEPENDENT"), "the body above");
    let renamed = Body { issuer: employment.issuer.clone(), key: union.key.clone() };
    assert_eq!(
        opened(&terms(), &union, &renamed),
        refused("WITNESSES_NOT_INDEPENDENT"),
        "one key under two names"
    );
    assert_eq!(opened(&terms(), &union, &imposter), refused("CREDENTIAL_UNKNOWN_ISSUER"));
    let first = terms();
    let other = Grant { scope: Scope::whole(), ..first.clone() };
    let differ = open(&served, [word(&first, &union), word(&other, &employment)]).unwrap_err();
    assert_eq!(reason(&differ), "ASSISTANCE_WORDS_DIFFER");
    let stranger = test.stranger();
    let unknown = grant_to(test, &stranger, &office, employer());
    assert_eq!(opened(&unknown, &union, &employment), refused("NOT_AVAILABLE"));
    assert_eq!(opened(&terms(), &union, &employment), Ok(()));
}

#[test]
fn a_worker_has_so_many_grants_at_a_time_and_a_revoked_one_makes_room() {
    let served = Served::new();
    let (worker, ..) = worker(&served);
    let grants: Vec<Grant> =
        (0..=GRANTS_MAX).map(|_| grant_to(&served.test, &worker, &key(), employer())).collect();
    let (last, first) = grants.split_last().unwrap();
    for grant in first {
        deposit(&served, &grant.clone().sign(&worker.key)).unwrap();
    }
    let one_more = last.clone().sign(&worker.key);
    assert_eq!(reason(&deposit(&served, &one_more).unwrap_err()), "GRANTS_TOO_MANY");
    // What is there already is no one more.
    deposit(&served, &first[0].clone().sign(&worker.key)).unwrap();
    assert_eq!(revoke(&served, &worker, &worker.key, Some(&first[0])).unwrap(), 1);
    deposit(&served, &one_more).unwrap();
}
