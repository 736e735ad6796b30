//! Share links through the real server, over gRPC and as JSON: who opens what, and everything that opens nothing alike.

use serde_json::{Value, json};
use skillpass::crypto::{OsEntropy, PrivateKey, base64url_encode};
use skillpass::event::Kind;
use skillpass::ledger::{AccessSettings, Audience, Block, Clock as _, ErasureBasis, SHARES_MAX, Share};
use skillpass::passport::{
    Options, PassportFile, PresentRequest, SHARE_AUDIENCE_BYTES_MAX, SHARE_BYTES_MAX, SHARE_SECONDS_MAX,
    SHARE_WRONG_MAX, ShareSecret, Show, gate_hash, share_name, verify,
};
use skillpass::pb;
use skillpass::service::ACCESS_TYP;
use skillpass::statement::{Unverified, jws};
use tonic::{Code, Request, Status};

use super::api::{call, post};
use super::holder::trust;
use super::{Served, by, claims, reason, with_token};
use crate::support::{PROVIDER, TestLedger, Worker};

const BIRTH_DATE: &str = "1990-05-17";
const CREATE: &str = "/skillpass.v1.PassportService/CreateShare";
const REVOKE: &str = "/skillpass.v1.PassportService/RevokeShare";
const HOUR: i64 = 3600;

fn now(test: &TestLedger) -> i64 {
    i64::try_from(test.clock.now_ms() / 1000).unwrap()
}

/// A worker with a bound key and a training.
fn worker(served: &Served) -> Worker {
    let worker = served.test.open_passport();
    served.test.bind(&worker);
    served.test.record_training(&worker);
    worker
}

fn for_method<T>(served: &Served, worker: &Worker, method: &str, message: T) -> Request<T> {
    let mut claims = claims(&served.test);
    claims.insert("htm".into(), method.into());
    with_token(message, &jws::sign(ACCESS_TYP, &claims, &worker.key))
}

fn request(served: &Served, worker: &Worker, secret: &ShareSecret, audience: &str) -> pb::CreateShareRequest {
    pb::CreateShareRequest {
        worker: worker.id.to_string(),
        share: share_name(&secret.id()).to_vec(),
        gate: gate_hash(&secret.gate(BIRTH_DATE)).to_vec(),
        audience: audience.to_owned(),
        expires_at: now(&served.test) + HOUR,
        r#box: secret.close(b"what is shown"),
    }
}

fn create(served: &Served, worker: &Worker, message: pb::CreateShareRequest) -> Result<(), Status> {
    let request = for_method(served, worker, CREATE, message);
    served.run(served.passports().create_share(request)).map(drop)
}

/// A link of the worker's.
fn shared(served: &Served, worker: &Worker) -> ShareSecret {
    let secret = ShareSecret::new(&mut OsEntropy);
    create(served, worker, request(served, worker, &secret, "Example Hospital")).unwrap();
    secret
}

fn try_open(served: &Served, secret: &ShareSecret, birth_date: &str) -> Result<Vec<u8>, Status> {
    let request = pb::OpenShareRequest { id: secret.id().to_vec(), gate: secret.gate(birth_date).to_vec() };
    served.run(served.passports().open_share(request)).map(|answer| answer.into_inner().r#box)
}

fn assert_shut(served: &Served, secret: &ShareSecret) {
    let status = try_open(served, secret, BIRTH_DATE).unwrap_err();
    assert_eq!((status.code(), reason(&status)), (Code::NotFound, "NOT_AVAILABLE".to_owned()));
}

fn list(served: &Served, worker: &Worker) -> Vec<pb::Share> {
    let message = pb::ListSharesRequest { worker: worker.id.to_string() };
    served
        .run(served.passports().list_shares(by(&served.test, &worker.key, message)))
        .unwrap()
        .into_inner()
        .shares
}

fn revoke(served: &Served, worker: &Worker, which: pb::revoke_share_request::Which) -> Result<u32, Status> {
    let message = pb::RevokeShareRequest { worker: worker.id.to_string(), which: Some(which) };
    let request = for_method(served, worker, REVOKE, message);
    served.run(served.passports().revoke_share(request)).map(|answer| answer.into_inner().revoked)
}

/// Who looked by a link: call, audience, times.
fn notes(served: &Served, worker: &Worker) -> Vec<(String, String, u32)> {
    let message = pb::ListAccessRequest { worker: worker.id.to_string() };
    let answer = served.run(served.passports().list_access(by(&served.test, &worker.key, message))).unwrap();
    let by_link = answer.into_inner().notes.into_iter().filter(|note| note.by == "share");
    by_link.map(|note| (note.call, note.purpose, note.times)).collect()
}

#[test]
fn a_presentation_behind_a_link_verifies_for_its_audience_and_for_this_link() {
    let served = Served::new();
    let worker = worker(&served);
    served.test.published();
    let message = pb::ExportPassportRequest { worker: worker.id.to_string(), known_at: None };
    let file =
        served.run(served.passports().export_passport(by(&served.test, &worker.key, message))).unwrap();
    let file = PassportFile::parse(&file.into_inner().file).unwrap();
    let secret = ShareSecret::new(&mut OsEntropy);
    let training = file
        .statements
        .iter()
        .find(|part| Unverified::parse(&part.sdjwt).unwrap().clear().vct == Kind::TrainingCompleted.vct());
    let present = PresentRequest {
        shows: vec![Show { id: training.unwrap().id().unwrap(), claims: None }],
        audience: "Example Hospital".to_owned(),
        nonce: secret.nonce(),
        issued_at: now(&served.test),
        expires_at: now(&served.test) + HOUR,
    };
    let presentation = file.present(&present, &worker.key).unwrap();
    let message = pb::CreateShareRequest {
        r#box: secret.close(&presentation),
        ..request(&served, &worker, &secret, "Example Hospital")
    };
    create(&served, &worker, message).unwrap();

    let shown = secret.open(&try_open(&served, &secret, BIRTH_DATE).unwrap()).unwrap();
    assert_eq!(shown, presentation);
    let trust = trust(&served);
    let verdict = |audience: &str, nonce: &str| {
        let options = Options {
            audience: Some(audience.to_owned()),
            nonce: Some(nonce.to_owned()),
            ..Options::at(now(&served.test))
        };
        verify(&shown, &trust, &options).verdict.as_str()
    };
    assert_eq!(verdict("Example Hospital", &secret.nonce()), "valid");
    assert_eq!(verdict("Example Hospital", &ShareSecret::new(&mut OsEntropy).nonce()), "invalid");
    assert_eq!(verdict("Other Hospital", &secret.nonce()), "invalid");
    assert_eq!(notes(&served, &worker), [("OpenShare".to_owned(), "Example Hospital".to_owned(), 1)]);
}

#[test]
fn a_link_tried_a_thousand_times_gives_nothing_and_the_worker_sees_it() {
    let served = Served::new();
    let worker = worker(&served);
    let secret = shared(&served, &worker);
    let mut answers = std::collections::BTreeMap::new();
    served.run(async {
        for day in 0..1000 {
            let gate = secret.gate(&format!("19{:02}-01-{:02}", day / 28, day % 28 + 1)).to_vec();
            let request = pb::OpenShareRequest { id: secret.id().to_vec(), gate };
            let status = served.passports().open_share(request).await.unwrap_err();
            *answers.entry(reason(&status)).or_insert(0) += 1;
        }
    });
    assert!(answers["NOT_AVAILABLE"] >= 10 && answers["TOO_MANY_READS"] > 900, "{answers:?}");
    let share = &list(&served, &worker)[0];
    assert_eq!((share.wrong, share.closed), (SHARE_WRONG_MAX, true));
    let [(call, audience, times)] = &notes(&served, &worker)[..] else { panic!("one note") };
    assert_eq!((call.as_str(), audience.as_str()), ("OpenShareRefused", "Example Hospital"));
    assert_eq!(Some(times), answers.get("NOT_AVAILABLE"), "every try that was looked at is noted");
}

#[test]
fn ten_wrong_birth_dates_close_a_link_to_the_right_one_too() {
    let served = Served::new();
    let worker = worker(&served);
    let secret = shared(&served, &worker);
    for wrong in 1..=SHARE_WRONG_MAX {
        assert!(try_open(&served, &secret, "1990-05-18").is_err());
        assert_eq!(list(&served, &worker)[0].wrong, wrong);
        if wrong == SHARE_WRONG_MAX - 1 {
            assert!(try_open(&served, &secret, BIRTH_DATE).is_ok(), "nine are forgiven");
        }
    }
    assert_shut(&served, &secret);
}

#[test]
fn whatever_opens_nothing_answers_alike() {
    let served = Served::new();
    let (one, other) = (worker(&served), worker(&served));
    let unknown = try_open(&served, &ShareSecret::new(&mut OsEntropy), BIRTH_DATE).unwrap_err();
    let alike = |secret: &ShareSecret, why: &str| {
        let status = try_open(&served, secret, BIRTH_DATE).unwrap_err();
        let same = (status.code(), status.message(), status.details());
        assert_eq!(same, (unknown.code(), unknown.message(), unknown.details()), "{why}");
    };
    let name = |secret: &ShareSecret| {
        pb::revoke_share_request::Which::Share(base64url_encode(share_name(&secret.id())))
    };

    let taken_back = shared(&served, &one);
    assert_eq!(
        revoke(&served, &other, name(&taken_back)).unwrap(),
        0,
        "another worker's link is not theirs to take back"
    );
    assert!(try_open(&served, &taken_back, BIRTH_DATE).is_ok());
    assert_eq!(revoke(&served, &one, name(&taken_back)).unwrap(), 1);
    alike(&taken_back, "taken back");

    let blocked = ShareSecret::new(&mut OsEntropy);
    create(&served, &one, request(&served, &one, &blocked, PROVIDER)).unwrap();
    assert!(try_open(&served, &blocked, BIRTH_DATE).is_ok());
    let block = Block { audience: Audience::Issuer(PROVIDER.to_owned()), by: "holder".to_owned(), since: 0 };
    let change = |settings: &mut AccessSettings| {
        settings.blocks.push(block);
        Ok::<_, ()>(())
    };
    served.test.ledger.change_access(one.id, change).unwrap().unwrap().unwrap();
    alike(&blocked, "kept out");
    let again = create(&served, &one, request(&served, &one, &ShareSecret::new(&mut OsEntropy), PROVIDER));
    assert_eq!(reason(&again.unwrap_err()), "GRANT_AUDIENCE_BLOCKED");

    let replaced = shared(&served, &other);
    let new = served.test.stranger();
    let changed = served.test.about(
        &TestLedger::holder(&other),
        &Worker { id: other.id, key: new.key.clone() },
        Kind::HolderKeyChanged,
        |_| (),
    );
    served.test.append(changed).unwrap();
    alike(&replaced, "the key that made it is no more the holder's");

    let ended = shared(&served, &one);
    served.test.clock.set(served.test.clock.now_ms() + u64::try_from(HOUR).unwrap() * 1000);
    alike(&ended, "ended");
    assert!(list(&served, &one).is_empty(), "what has ended is gone");

    let erased = shared(&served, &one);
    let boxes = || {
        let groups = std::fs::read_dir(served.test.dir().join("access")).unwrap();
        let files = groups.flat_map(|group| std::fs::read_dir(group.unwrap().path()).unwrap());
        files.filter(|file| file.as_ref().unwrap().path().extension().is_some_and(|is| is == "share")).count()
    };
    // The other worker's, which nothing opens any more, stays until that worker's settings change.
    assert_eq!(boxes(), 2);
    served.run(served.test.ledger.erase(one.id, ErasureBasis::Order)).unwrap();
    alike(&erased, "erased");
    assert_eq!(boxes(), 1, "the box went with the worker's key");
}

#[test]
fn only_the_holder_makes_lists_and_takes_back_and_within_limits() {
    let served = Served::new();
    let (one, other) = (worker(&served), worker(&served));
    let secret = ShareSecret::new(&mut OsEntropy);
    let message = || request(&served, &one, &secret, "Example Hospital");
    let refused = |status: Status| reason(&status);
    assert_eq!(refused(create(&served, &other, message()).unwrap_err()), "NOT_AVAILABLE");
    let reading = by(&served.test, &one.key, message());
    let status = served.run(served.passports().create_share(reading)).unwrap_err();
    assert_eq!(refused(status), "CREDENTIAL_METHOD_MISSING");
    let operator = by(&served.test, &served.operator(), pb::ListSharesRequest { worker: one.id.to_string() });
    let status = served.run(served.passports().list_shares(operator)).unwrap_err();
    assert_eq!(refused(status), "NOT_AVAILABLE", "an operator reads records, not whom they are shown to");

    let now = now(&served.test);
    let bent = |change: &dyn Fn(&mut pb::CreateShareRequest)| {
        let mut message = message();
        change(&mut message);
        refused(create(&served, &one, message).unwrap_err())
    };
    assert_eq!(bent(&|message| message.share.truncate(15)), "FIELD_LENGTH_INVALID");
    assert_eq!(bent(&|message| message.gate.push(0)), "FIELD_LENGTH_INVALID");
    assert_eq!(bent(&|message| message.audience = " ".to_owned()), "AUDIENCE_INVALID");
    assert_eq!(bent(&|message| message.audience = "a\nb".to_owned()), "AUDIENCE_INVALID");
    assert_eq!(
        bent(&|message| message.audience = "x".repeat(SHARE_AUDIENCE_BYTES_MAX + 1)),
        "AUDIENCE_INVALID"
    );
    assert_eq!(bent(&|message| message.expires_at = now), "SHARE_TIME_INVALID");
    assert_eq!(bent(&|message| message.expires_at = now + SHARE_SECONDS_MAX + 1), "SHARE_TIME_INVALID");
    assert_eq!(bent(&|message| message.r#box = vec![0; SHARE_BYTES_MAX + 17]), "FIELD_TOO_LONG");

    let longest = pb::CreateShareRequest {
        audience: "x".repeat(SHARE_AUDIENCE_BYTES_MAX),
        expires_at: now + SHARE_SECONDS_MAX,
        ..message()
    };
    create(&served, &one, longest).unwrap();
    assert_eq!(refused(create(&served, &one, message()).unwrap_err()), "SHARE_EXISTS");
    let stolen = pb::CreateShareRequest { worker: other.id.to_string(), ..message() };
    assert_eq!(refused(create(&served, &other, stolen).unwrap_err()), "SHARE_EXISTS", "one name, one worker");
    for _ in 1..SHARES_MAX {
        shared(&served, &one);
    }
    let more = request(&served, &one, &ShareSecret::new(&mut OsEntropy), "x");
    assert_eq!(refused(create(&served, &one, more).unwrap_err()), "SHARES_TOO_MANY");
    assert_eq!(revoke(&served, &one, pb::revoke_share_request::Which::All(true)).unwrap(), 16);
    assert!(list(&served, &one).is_empty());
}

#[test]
fn links_outlive_a_restart() {
    let test = TestLedger::new();
    let worker = test.open_passport();
    let (name, expires_at) = ([7; 16], now(&test) + HOUR);
    let share = Share {
        name: base64url_encode(name),
        gate: String::new(),
        audience: "Example Hospital".to_owned(),
        kid: String::new(),
        created_at: 0,
        expires_at,
        wrong: 3,
    };
    let keep = |settings: &mut AccessSettings| {
        settings.shares.push(share.clone());
        Ok::<_, ()>(())
    };
    test.ledger.change_access_with(worker.id, Some((&name, b"box")), keep).unwrap().unwrap().unwrap();
    let test = test.reopen();
    assert_eq!(test.ledger.worker_of_share(&name).unwrap(), Some(worker.id));
    assert_eq!(test.ledger.share_box(worker.id, &name).unwrap().as_deref(), Some(&b"box"[..]));
    assert_eq!(test.ledger.access(worker.id).unwrap().unwrap().shares, [share]);
}

fn credential(served: &Served, key: &PrivateKey, method: &str) -> String {
    let mut claims = claims(&served.test);
    claims.insert("htm".into(), method.into());
    format!("Bearer {}", jws::sign(ACCESS_TYP, &claims, key))
}

#[test]
fn a_workers_page_does_all_of_it_as_json() {
    let served = Served::new();
    let one = worker(&served);
    served.test.published();
    let id = one.id.to_string();
    let ask = |path: &str, method: &str, body: &Value| {
        let bearer = credential(&served, &one.key, &format!("/skillpass.v1.PassportService/{method}"));
        call(&served, path, &[("authorization", &bearer)], body)
    };
    let (status, passport) = ask("/api/v1/passport", "GetPassport", &json!({"worker": id, "view": "holder"}));
    assert_eq!((status, passport["sections"]["training"].as_array().unwrap().len()), (200, 1), "{passport}");
    let (status, answer) =
        ask("/api/v1/passport", "GetPassport", &json!({"worker": id, "view": "everything"}));
    assert_eq!((status, answer["error"]["reason"].as_str()), (400, Some("JSON_INVALID")));

    let secret = ShareSecret::new(&mut OsEntropy);
    let message = request(&served, &one, &secret, "Example Hospital");
    let created = json!({"worker": id, "share": base64url_encode(&message.share), "gate": base64url_encode(&message.gate),
        "audience": message.audience, "expires_at": message.expires_at, "box": base64url_encode(&message.r#box)});
    assert_eq!(ask("/api/v1/shares/create", "CreateShare", &created), (200, json!({})));
    let (_, shares) = ask("/api/v1/shares/list", "ListShares", &json!({"worker": id}));
    assert_eq!(shares["shares"][0]["audience"], "Example Hospital");

    let open = |birth_date: &str| {
        let body =
            json!({"id": base64url_encode(secret.id()), "gate": base64url_encode(secret.gate(birth_date))});
        let headers = [("content-type", "application/json"), ("sec-fetch-site", "same-origin")];
        post(&served, "/api/v1/shares/open", &headers, body.to_string().as_bytes())
    };
    let (status, head, closed) = open(BIRTH_DATE);
    assert_eq!((status, secret.open(&closed).as_deref()), (200, Ok(&b"what is shown"[..])), "{head}");
    let (status, _, answer) = open("1990-05-18");
    assert_eq!(
        (status, serde_json::from_slice::<Value>(&answer).unwrap()["error"]["reason"].as_str()),
        (404, Some("NOT_AVAILABLE"))
    );
    let (_, noted) = ask("/api/v1/access", "ListAccess", &json!({"worker": id}));
    let calls: Vec<&str> =
        noted["notes"].as_array().unwrap().iter().map(|note| note["call"].as_str().unwrap()).collect();
    assert!(calls.contains(&"OpenShare") && calls.contains(&"OpenShareRefused"), "{calls:?}");

    let (status, answer) = ask("/api/v1/disputes", "ListDisputes", &json!({"worker": id}));
    assert_eq!((status, answer), (200, json!({"disputes": []})));
    let name = json!({"worker": id, "share": base64url_encode(&message.share)});
    assert_eq!(ask("/api/v1/shares/revoke", "RevokeShare", &name), (200, json!({"revoked": 1})));
    assert_eq!(open(BIRTH_DATE).0, 404);

    let bearer = credential(&served, &one.key, "/skillpass.v1.PassportService/ExportPassport");
    let headers = [("content-type", "application/json"), ("authorization", bearer.as_str())];
    let (status, _, file) =
        post(&served, "/api/v1/export", &headers, json!({"worker": id}).to_string().as_bytes());
    assert_eq!(status, 200);
    assert!(PassportFile::parse(&file).is_ok());
}

#[test]
fn as_json_another_workers_key_and_no_key_get_the_one_answer_and_large_boxes_only_where_they_belong() {
    let served = Served::new();
    let (one, other) = (worker(&served), worker(&served));
    let body = json!({"worker": one.id.to_string()});
    let (status, unknown) =
        call(&served, "/api/v1/export", &[], &json!({"worker": served.test.stranger().id.to_string()}));
    assert_eq!((status, unknown["error"]["reason"].as_str()), (404, Some("NOT_AVAILABLE")));
    for (path, method) in [
        ("/api/v1/export", "ExportPassport"),
        ("/api/v1/access", "ListAccess"),
        ("/api/v1/disputes", "ListDisputes"),
        ("/api/v1/shares/list", "ListShares"),
    ] {
        let bearer = credential(&served, &other.key, &format!("/skillpass.v1.PassportService/{method}"));
        let (status, answer) = call(&served, path, &[("authorization", &bearer)], &body);
        assert_eq!((status, &answer), (404, &unknown), "{path}");
        let wrong = credential(&served, &one.key, "/skillpass.v1.PassportService/Other");
        let (status, answer) = call(&served, path, &[("authorization", &wrong)], &body);
        assert_eq!(
            (status, answer["error"]["reason"].as_str()),
            (401, Some("CREDENTIAL_OTHER_METHOD")),
            "{path}"
        );
    }
    let large = json!({"worker": "x".repeat(100_000)});
    let (status, answer) = call(&served, "/api/v1/access", &[], &large);
    assert_eq!((status, answer["error"]["reason"].as_str()), (413, Some("MESSAGE_TOO_LARGE")));
    let bearer = credential(&served, &one.key, CREATE);
    let secret = ShareSecret::new(&mut OsEntropy);
    let whole = pb::CreateShareRequest {
        r#box: secret.close(&vec![7; SHARE_BYTES_MAX]),
        ..request(&served, &one, &secret, "x")
    };
    let created = json!({"worker": one.id.to_string(), "share": base64url_encode(&whole.share), "gate": base64url_encode(&whole.gate),
        "audience": "x", "expires_at": whole.expires_at, "box": base64url_encode(&whole.r#box)});
    assert_eq!(
        call(&served, "/api/v1/shares/create", &[("authorization", &bearer)], &created).0,
        200,
        "the largest box fits"
    );
    assert_eq!(
        try_open(&served, &secret, BIRTH_DATE).map(|closed| closed.len()).unwrap(),
        SHARE_BYTES_MAX + 16
    );
}
