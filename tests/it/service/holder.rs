//! The holder's key over real sockets: bound, changed, lost and recovered; Ed25519 and ES256 alike.

use serde_json::{Value, json};
use skillpass::crypto::{OsEntropy, PrivateKey};
use skillpass::event::Kind;
use skillpass::ledger::Clock as _;
use skillpass::passport::{Options, PassportFile, PresentRequest, Show, Status as Row, Verdict, verify};
use skillpass::pb;
use skillpass::service::ERASURE_TYP;
use skillpass::statement::jws;
use skillpass::tlog::VerifierKey;
use skillpass::trust::{TrustFile, TrustedLedger, TrustedRoot};
use tonic::{Code, Status};

use super::{Served, append_request, by, claims, reason};
use crate::support::{Body, ORIGIN, TestLedger, Worker, hash_of};

pub(super) const DAY_MS: u64 = 86_400_000;

/// Appends over the wire.
pub(super) fn append(served: &Served, text: &str) -> Result<pb::Acknowledgement, Status> {
    let answer = served.run(served.ledger().append(append_request(text.to_owned())))?;
    Ok(answer.into_inner().acknowledgement.unwrap())
}

#[track_caller]
fn refused(served: &Served, text: &str, wanted: &str) {
    assert_eq!(reason(&append(served, text).unwrap_err()), wanted);
}

pub(super) fn es256() -> PrivateKey {
    PrivateKey::generate_es256(&mut OsEntropy)
}

fn union(test: &TestLedger) -> Body {
    let union = Body {
        issuer: "https://union.ph.example.invalid".to_owned(),
        key: PrivateKey::generate_ed25519(&mut OsEntropy),
    };
    test.authorise(&union, "WORKERS_ORGANISATION");
    union
}

/// A worker with a bound key.
fn bound(served: &Served) -> Worker {
    let worker = served.test.open_passport();
    served.test.bind(&worker);
    worker
}

/// The authority's request, recorded: its hash, and the worker as they are with the new key.
fn requested(served: &Served, worker: &Worker) -> (String, Worker) {
    let lost = Worker { id: worker.id, key: es256() };
    let text = served.test.about(&served.test.competent, &lost, Kind::HolderKeyRecoveryRequested, |_| {});
    append(served, &text).unwrap();
    (hash_of(&text), lost)
}

fn about_request(served: &Served, body: &Body, worker: &Worker, kind: Kind, request: &str) -> String {
    served.test.about(body, worker, kind, |claims| {
        claims.insert("request".into(), request.into());
    })
}

fn confirmation(served: &Served, body: &Body, worker: &Worker, request: &str) -> String {
    about_request(served, body, worker, Kind::HolderKeyRecoveryConfirmed, request)
}

fn by_holder(served: &Served, worker: &Worker, kind: Kind, request: &str) -> String {
    about_request(served, &TestLedger::holder(worker), worker, kind, request)
}

pub(super) fn pass(served: &Served, ms: u64) {
    served.test.clock.set(served.test.clock.now_ms() + ms);
}

/// Whether the key reads the worker's passport.
fn reads(served: &Served, worker: &Worker) -> bool {
    let message =
        pb::GetPassportRequest { worker: worker.id.to_string(), view: 3, known_at: None, valid_at: None };
    match served.run(served.passports().get_passport(by(&served.test, &worker.key, message))) {
        Ok(_) => true,
        Err(status) => {
            assert_eq!((status.code(), reason(&status).as_str()), (Code::NotFound, "NOT_AVAILABLE"));
            false
        }
    }
}

pub(super) fn passport(served: &Served, key: &PrivateKey, worker: &Worker) -> Value {
    let message =
        pb::GetPassportRequest { worker: worker.id.to_string(), view: 3, known_at: None, valid_at: None };
    let answer = served.run(served.passports().get_passport(by(&served.test, key, message))).unwrap();
    serde_json::from_str(&answer.into_inner().passport_json).unwrap()
}

pub(super) fn export(served: &Served, worker: &Worker) -> PassportFile {
    let message = pb::ExportPassportRequest { worker: worker.id.to_string(), known_at: None };
    let answer =
        served.run(served.passports().export_passport(by(&served.test, &worker.key, message))).unwrap();
    PassportFile::parse(&answer.into_inner().file).unwrap()
}

pub(super) fn trust(served: &Served) -> TrustFile {
    let (ledger, root) = (&served.test.ledger, &served.test.root);
    let mut trust = TrustFile::empty();
    let log_keys: Vec<VerifierKey> = ledger.vkeys();
    trust.ledgers.push(TrustedLedger {
        origin: ORIGIN.to_owned(),
        log_keys,
        status_keys: vec![ledger.status_key()],
    });
    trust.roots.push(TrustedRoot {
        issuer: root.issuer.clone(),
        jurisdictions: vec!["PH".to_owned()],
        kids: vec![root.key.public().thumbprint()],
        name: None,
        contact: None,
    });
    trust
}

pub(super) fn options(served: &Served) -> Options {
    Options::at(i64::try_from(served.test.clock.now_ms() / 1000).unwrap() + 60)
}

/// Shows the statements of these kinds for an audience.
pub(super) fn present(served: &Served, file: &PassportFile, key: &PrivateKey, kinds: &[Kind]) -> Vec<u8> {
    let vct = |part: &skillpass::passport::StatementPart| {
        skillpass::statement::Unverified::parse(&part.sdjwt).unwrap().clear().vct.clone()
    };
    let is_wanted =
        |part: &&skillpass::passport::StatementPart| kinds.iter().any(|kind| kind.vct() == vct(part));
    let shows = file.statements.iter().filter(is_wanted);
    let issued_at = i64::try_from(served.test.clock.now_ms() / 1000).unwrap();
    let request = PresentRequest {
        shows: shows.map(|part| Show { id: part.id().unwrap(), claims: None }).collect(),
        audience: "https://employer.de.example.invalid".into(),
        nonce: "n1".into(),
        issued_at,
        expires_at: issued_at + 3600,
    };
    file.present(&request, key).unwrap()
}

#[track_caller]
pub(super) fn assert_valid(served: &Served, bytes: &[u8]) {
    let report = verify(bytes, &trust(served), &options(served));
    let open: Vec<_> =
        report.checks.iter().filter(|row| matches!(row.status, Row::Fail | Row::Unknown)).collect();
    assert_eq!(report.verdict, Verdict::Valid, "{open:#?}");
}

#[test]
fn a_presentation_is_for_an_audience_and_a_nonce_of_so_many_bytes() {
    let served = Served::new();
    let worker = bound(&served);
    served.test.record_training(&worker);
    let file = export(&served, &worker);
    let show = |part: &skillpass::passport::StatementPart| Show { id: part.id().unwrap(), claims: None };
    let present = |letter: &str, audience: usize, nonce: usize| {
        let (audience, nonce) = (letter.repeat(audience), letter.repeat(nonce));
        let shows = vec![show(file.statements.last().unwrap())];
        let request = PresentRequest { shows, audience, nonce, issued_at: 1, expires_at: 2 };
        file.present(&request, &worker.key).map(drop).map_err(|error| error.reason())
    };
    assert_eq!(present("a", 512, 512), Ok(()));
    assert_eq!(present("\"", 512, 512), Ok(()), "two bytes each in JSON");
    for (audience, nonce) in [(513, 1), (1, 513), (0, 1), (1, 0)] {
        assert_eq!(present("a", audience, nonce), Err("BINDING_INVALID"));
    }
    // Six bytes each in JSON: the token would be longer than verifiers read.
    assert_eq!(present("\u{1}", 512, 512), Err("BINDING_INVALID"));
}

#[test]
fn a_lost_key_is_recovered_by_two_bodies_and_seven_days() {
    let served = Served::new();
    let old = bound(&served);
    append(&served, &served.test.training(&old)).unwrap();
    let (request, new) = requested(&served, &old);
    let pending = passport(&served, &old.key, &old)["holder_key"].clone();
    assert_eq!(pending["kid"], old.key.public().thumbprint());
    assert_eq!(
        (&pending["recovery"]["request"], &pending["recovery"]["usable_from"]),
        (&json!(request), &Value::Null)
    );
    append(&served, &confirmation(&served, &union(&served.test), &old, &request)).unwrap();

    // Visible to the old key, which works on; the new one does not work yet.
    let usable = served.test.clock.now_ms() + 7 * DAY_MS;
    let pending = passport(&served, &old.key, &old)["holder_key"].clone();
    assert_eq!(pending["recovery"]["usable_from"], usable);
    assert!(reads(&served, &old) && !reads(&served, &new));
    let file = export(&served, &old);
    assert_valid(&served, &file.encode());
    assert_valid(&served, &present(&served, &file, &old.key, &[Kind::TrainingCompleted]));

    pass(&served, 7 * DAY_MS - 1);
    refused(&served, &by_holder(&served, &new, Kind::HolderKeyRecovered, &request), "RECOVERY_TOO_EARLY");
    assert!(reads(&served, &old) && !reads(&served, &new));
    pass(&served, 1);
    append(&served, &by_holder(&served, &new, Kind::HolderKeyRecovered, &request)).unwrap();
    assert!(reads(&served, &new) && !reads(&served, &old));
    let said = served.test.about(&TestLedger::holder(&old), &old, Kind::SelfAssessed, |_| {});
    refused(&served, &said, "UNKNOWN_WORKER");
    let again = by_holder(&served, &new, Kind::HolderKeyRecovered, &request);
    refused(&served, &again, "ALREADY_RECOVERED");
    refused(&served, &by_holder(&served, &old, Kind::HolderKeyRecoveryCancelled, &request), "UNKNOWN_WORKER");

    let file = export(&served, &new);
    assert_valid(&served, &file.encode());
    assert_valid(&served, &present(&served, &file, &new.key, &[Kind::TrainingCompleted]));
    let issued_at = options(&served).now;
    let stolen = PresentRequest {
        shows: vec![Show { id: file.statements[2].id().unwrap(), claims: None }],
        audience: "a".into(),
        nonce: "n".into(),
        issued_at,
        expires_at: issued_at + 60,
    };
    assert!(file.present(&stolen, &old.key).is_err(), "the old key presents nothing any more");
}

/// Who lost the key can permit nobody any more.
#[test]
fn a_lost_key_is_recovered_even_where_bodies_need_permission() {
    use skillpass::pb::change_protection_request::Change;
    let served = Served::new();
    let old = bound(&served);
    super::protect::change(&served, &old.id, &old.key, Change::PermissionNeeded(true)).unwrap();
    let decided = served.test.about(&served.test.competent, &old, Kind::LicenceGranted, |_| {});
    refused(&served, &decided, "UNKNOWN_WORKER");
    let (request, new) = requested(&served, &old);
    append(&served, &confirmation(&served, &union(&served.test), &old, &request)).unwrap();
    pass(&served, 7 * DAY_MS);
    append(&served, &by_holder(&served, &new, Kind::HolderKeyRecovered, &request)).unwrap();
    assert!(reads(&served, &new) && !reads(&served, &old));
}

#[test]
fn a_recovery_by_a_lone_authority_is_refused() {
    let served = Served::new();
    let test = &served.test;
    let old = bound(&served);
    // Not by binding again, nor by confirming its own request, nor by another body of its kind.
    let stolen = Worker { id: old.id, key: es256() };
    refused(
        &served,
        &test.about(&test.provider, &stolen, Kind::HolderKeyBound, |_| {}),
        "HOLDER_KEY_BOUND_BEFORE",
    );
    let (request, new) = requested(&served, &old);
    refused(&served, &confirmation(&served, &test.competent, &old, &request), "SECOND_BODY_NEEDED");
    let same_kind = Body {
        issuer: "https://medicine.ph.example.invalid".to_owned(),
        key: PrivateKey::generate_ed25519(&mut OsEntropy),
    };
    test.authorise(&same_kind, "COMPETENT_AUTHORITY");
    refused(&served, &confirmation(&served, &same_kind, &old, &request), "SECOND_BODY_NEEDED");
    pass(&served, 8 * DAY_MS);
    refused(&served, &by_holder(&served, &new, Kind::HolderKeyRecovered, &request), "RECOVERY_NOT_CONFIRMED");
    // The twin: a body of another kind.
    append(&served, &confirmation(&served, &union(test), &old, &request)).unwrap();
    refused(&served, &confirmation(&served, &test.provider, &old, &request), "RECOVERY_ALREADY_CONFIRMED");
    pass(&served, 7 * DAY_MS);
    append(&served, &by_holder(&served, &new, Kind::HolderKeyRecovered, &request)).unwrap();
}

#[test]
fn a_recovery_cancelled_by_the_old_key_replaces_nothing() {
    let served = Served::new();
    let old = bound(&served);
    let (request, new) = requested(&served, &old);
    let union = union(&served.test);
    append(&served, &confirmation(&served, &union, &old, &request)).unwrap();
    pass(&served, 6 * DAY_MS);
    let thief = Worker { id: old.id, key: es256() };
    refused(
        &served,
        &by_holder(&served, &thief, Kind::HolderKeyRecoveryCancelled, &request),
        "UNKNOWN_WORKER",
    );
    append(&served, &by_holder(&served, &old, Kind::HolderKeyRecoveryCancelled, &request)).unwrap();
    refused(
        &served,
        &by_holder(&served, &old, Kind::HolderKeyRecoveryCancelled, &request),
        "RECOVERY_CANCELLED",
    );
    pass(&served, 2 * DAY_MS);
    refused(&served, &by_holder(&served, &new, Kind::HolderKeyRecovered, &request), "RECOVERY_CANCELLED");
    refused(&served, &confirmation(&served, &union, &old, &request), "RECOVERY_CANCELLED");
    assert!(reads(&served, &old) && !reads(&served, &new));
    assert_valid(&served, &export(&served, &old).encode());
}

#[test]
fn a_recovery_is_confirmed_and_used_in_its_windows() {
    let served = Served::new();
    let test = &served.test;
    let union = union(test);
    let old = bound(&served);
    let unknown = hash_of("never recorded");
    refused(&served, &confirmation(&served, &union, &old, &unknown), "UNKNOWN_TARGET");
    let (late, _) = requested(&served, &old);
    let second = test.about(&test.competent, &old, Kind::HolderKeyRecoveryRequested, |_| {});
    refused(&served, &second, "RECOVERY_OPEN");
    pass(&served, 30 * DAY_MS + 1);
    refused(&served, &confirmation(&served, &union, &old, &late), "RECOVERY_LAPSED");
    let (request, new) = requested(&served, &old);
    append(&served, &confirmation(&served, &union, &old, &request)).unwrap();
    let other = Worker { id: old.id, key: es256() };
    refused(&served, &by_holder(&served, &other, Kind::HolderKeyRecovered, &request), "UNKNOWN_WORKER");
    pass(&served, 60 * DAY_MS + 1);
    refused(&served, &by_holder(&served, &new, Kind::HolderKeyRecovered, &request), "RECOVERY_LAPSED");
    // A change by the old key shows that it was not lost.
    let (request, new) = requested(&served, &old);
    append(&served, &confirmation(&served, &union, &old, &request)).unwrap();
    let moved = Worker { id: old.id, key: es256() };
    append(&served, &test.about(&TestLedger::holder(&old), &moved, Kind::HolderKeyChanged, |_| {})).unwrap();
    pass(&served, 7 * DAY_MS);
    refused(&served, &by_holder(&served, &new, Kind::HolderKeyRecovered, &request), "RECOVERY_CANCELLED");
    assert!(reads(&served, &moved));
}

#[test]
fn only_authorities_ask_for_a_recovery_and_only_of_a_bound_key() {
    let served = Served::new();
    let test = &served.test;
    let unbound = test.open_passport();
    let asks =
        |body: &Body, worker: &Worker| test.about(body, worker, Kind::HolderKeyRecoveryRequested, |_| {});
    refused(&served, &asks(&test.competent, &unbound), "HOLDER_KEY_NEVER_BOUND");
    let worker = bound(&served);
    refused(&served, &asks(&test.provider, &worker), "KIND_NOT_AUTHORISED");
    let excluded = json!({"sub": test.provider.issuer, "name": "a body for tests (demo)",
        "issuer_kind": "TRAINING_PROVIDER", "basis": "ACCREDITATION", "kinds": ["HolderKeyRecoveryRequested"],
        "jurisdictions": ["PH"], "valid_from": "2020-01-01"});
    refused(&served, &test.in_clear(&test.root, Kind::IssuerAuthorised, &excluded), "ISSUER_KIND_EXCLUDES");
    append(&served, &asks(&test.competent, &worker)).unwrap();
}

#[test]
fn an_es256_key_does_all_that_a_holder_key_does() {
    let served = Served::new();
    let test = &served.test;
    let opened = test.open_passport();
    let first = Worker { id: opened.id, key: es256() };
    test.bind(&first);
    append(&served, &test.training(&first)).unwrap();
    let said = test.about(&TestLedger::holder(&first), &first, Kind::SelfAssessed, |_| {});
    append(&served, &said).unwrap();
    let second = Worker { id: first.id, key: es256() };
    append(&served, &test.about(&TestLedger::holder(&first), &second, Kind::HolderKeyChanged, |_| {}))
        .unwrap();
    assert!(reads(&served, &second) && !reads(&served, &first));
    let file = export(&served, &second);
    assert_valid(&served, &file.encode());
    let kinds = [Kind::TrainingCompleted, Kind::SelfAssessed];
    assert_valid(&served, &present(&served, &file, &second.key, &kinds));

    let mut payload = claims(test);
    payload.insert("sub".to_owned(), second.id.to_string().into());
    let erase = |key: &PrivateKey, confirm| {
        let token = jws::sign(ERASURE_TYP, &payload, key);
        let basis = Some(pb::erase_passport_request::Basis::HolderRequest(token));
        let message =
            pb::ErasePassportRequest { worker: second.id.to_string(), basis, confirm, last_export: false };
        served.run(served.passports().erase_passport(message))
    };
    assert_eq!(reason(&erase(&first.key, true).unwrap_err()), "NOT_AVAILABLE");
    assert!(erase(&second.key, true).unwrap().into_inner().leaf_index.is_some());
}

#[test]
fn a_presentation_is_for_one_nonce_and_one_file() {
    let served = Served::new();
    let test = &served.test;
    let worker = bound(&served);
    append(&served, &test.training(&worker)).unwrap();
    let other = bound(&served);
    append(&served, &test.training(&other)).unwrap();
    let bytes = present(&served, &export(&served, &worker), &worker.key, &[Kind::TrainingCompleted]);
    let theirs = present(&served, &export(&served, &other), &other.key, &[Kind::TrainingCompleted]);
    let judged = |bytes: &[u8], nonce: &str| {
        let options = Options { nonce: Some(nonce.into()), ..options(&served) };
        let report = verify(bytes, &trust(&served), &options);
        let failed = |row: &&skillpass::passport::CheckRow| row.status == Row::Fail;
        (
            report.verdict,
            report.checks.iter().filter(failed).map(|row| row.check.as_str()).collect::<Vec<_>>(),
        )
    };
    assert_eq!(judged(&bytes, "n1"), (Verdict::Valid, vec![]));
    assert_eq!(judged(&bytes, "n2"), (Verdict::Invalid, vec!["key_binding"]));
    // The same signature under another's records.
    let mut rebound = PassportFile::parse(&theirs).unwrap();
    rebound.presentation = PassportFile::parse(&bytes).unwrap().presentation;
    assert_eq!(judged(&theirs, "n1"), (Verdict::Valid, vec![]));
    assert_eq!(judged(&rebound.encode(), "n1"), (Verdict::Invalid, vec!["key_binding"]));
    // The right signer, one record left out.
    let more = present(
        &served,
        &export(&served, &worker),
        &worker.key,
        &[Kind::TrainingCompleted, Kind::PassportOpened],
    );
    let mut swapped = PassportFile::parse(&bytes).unwrap();
    swapped.presentation = PassportFile::parse(&more).unwrap().presentation;
    assert_eq!(judged(&swapped.encode(), "n1"), (Verdict::Invalid, vec!["key_binding"]));
}

#[test]
fn someone_elses_passport_at_the_desk_is_not_theirs() {
    let served = Served::new();
    let worker = bound(&served);
    append(&served, &served.test.training(&worker)).unwrap();
    let file = export(&served, &worker);
    let kinds = [Kind::TrainingCompleted, Kind::PassportOpened];
    let shown = present(&served, &file, &worker.key, &kinds);
    let opened = Kind::PassportOpened.example();
    let at_the_desk = |change: fn(&mut skillpass::passport::PersonFile)| {
        let text = |claim: &str| opened[claim].as_str().map(str::to_owned);
        let mut person = skillpass::passport::PersonFile {
            family_name: text("family_name_latin"),
            given_name: text("given_name_latin"),
            birth_date: text("birth_date"),
            ..Default::default()
        };
        change(&mut person);
        let options = Options { person: Some(person), ..options(&served) };
        [&file.encode(), &shown].map(|bytes| {
            let report = verify(bytes, &trust(&served), &options);
            let row = report.checks.iter().find(|row| row.check.as_str() == "identity_binding").unwrap();
            (report.verdict, row.status)
        })
    };
    assert_eq!(at_the_desk(|_| {}), [(Verdict::Valid, Row::Pass); 2]);
    let another = [(Verdict::Invalid, Row::Fail); 2];
    assert_eq!(at_the_desk(|person| person.family_name = Some("SAMPLE".into())), another);
    assert_eq!(at_the_desk(|person| person.birth_date = Some("1996-03-01".into())), another);
    // A presentation that withholds who its worker is does not pass for anybody's.
    let options = Options {
        person: Some(skillpass::passport::PersonFile {
            family_name: Some("SPECIMEN".into()),
            ..Default::default()
        }),
        ..options(&served)
    };
    let hidden = present(&served, &file, &worker.key, &kinds[..1]);
    assert_eq!(verify(&hidden, &trust(&served), &options).verdict, Verdict::Unknown);
}
