//! A ledger that asks: cosignatures reach checkpoints, receipts and passport files, and survive a restart.

use serde_json::json;
use skillpass::event::Kind;
use skillpass::ledger::Clock as _;
use skillpass::passport::{Check, Options, Report, Status, Verdict, verify};
use skillpass::pb;
use skillpass::pb::ledger_service_client::LedgerServiceClient;
use skillpass::tlog::{Policy, SignedCheckpoint};
use skillpass::trust::{TrustFile, TrustedLedger, TrustedRoot};

use super::{World, get, policy};
use crate::support::{ORIGIN, TestLedger};

/// Believes the ledger, its root, and asks for witnesses by `policy`.
fn trust(test: &TestLedger, policy: &str) -> TrustFile {
    let mut trust = TrustFile::empty();
    trust.ledgers.push(TrustedLedger {
        origin: ORIGIN.to_owned(),
        log_keys: test.ledger.vkeys(),
        status_keys: vec![test.ledger.status_key()],
    });
    trust.roots.push(TrustedRoot {
        issuer: test.root.issuer.clone(),
        jurisdictions: vec!["PH".to_owned()],
        kids: vec![test.root.key.public().thumbprint()],
        name: None,
        contact: None,
    });
    trust.policy = Some(Policy::parse(policy).unwrap());
    trust.policy_text = Some(policy.to_owned());
    trust
}

fn check(world: &World, worker: &crate::support::Worker, trust: &TrustFile) -> Report {
    let test = world.test();
    let file = world.run(skillpass::projection::export(&test.ledger, worker.id, &[], None)).unwrap();
    verify(&file.encode(), trust, &Options::at((test.clock.now_ms() / 1000).try_into().unwrap()))
}

fn status(report: &Report, check: Check) -> Vec<Status> {
    report.checks.iter().filter(|row| row.check == check).map(|row| row.status).collect()
}

fn is_met(note: &str, test: &TestLedger, policy: &Policy) -> bool {
    let signed = SignedCheckpoint::verify(note, &test.ledger.vkeys()).unwrap();
    let seen = signed.cosignatures(policy.witnesses()).unwrap();
    policy.is_met_by(&seen.iter().map(|(witness, _)| *witness).collect::<Vec<_>>())
}

#[test]
fn checkpoints_receipts_and_passports_carry_what_the_policy_asks_for() {
    let mut world = World::new();
    let (union, university) = (world.witness("union"), world.witness("university"));
    let text = policy(
        "all",
        &[("u", &union.vkey, &union.url()), ("v", &university.vkey, university.url().trim_end_matches('/'))],
    );
    let asking = world.ask(&text);
    let parsed = Policy::parse(&text).unwrap();
    let worker = world.test().open_passport();
    world.test().record_training(&worker);
    assert!(is_met(&world.cosigned(), world.test(), &parsed));

    let (_, note) = world.run(get(asking.running.http(), "/checkpoint"));
    assert!(is_met(&note, world.test(), &parsed));
    let grpc = format!("http://{}", asking.running.grpc());
    let statement = world.test().training(&worker);
    let (served, receipt) = world.run(async {
        let mut client = LedgerServiceClient::connect(grpc).await.unwrap();
        let request = pb::AppendRequest {
            statement,
            expected_revision: None,
            wait_for_checkpoint: true,
            document: None,
        };
        let receipt = client.append(request).await.unwrap().into_inner().receipt.unwrap();
        let served = client.get_checkpoint(pb::GetCheckpointRequest { size_max: None }).await.unwrap();
        (served.into_inner().checkpoint, receipt.checkpoint)
    });
    assert!(is_met(&served, world.test(), &parsed) && is_met(&receipt, world.test(), &parsed));

    let report = check(&world, &worker, &trust(world.test(), &text));
    assert_eq!(report.verdict, Verdict::Valid, "{:#?}", report.checks);
    assert_eq!(status(&report, Check::WitnessQuorum), [Status::Pass]);

    let (_, metrics) = world.run(get(asking.running.http(), "/metrics"));
    assert!(!metrics.contains("skillpass_cosigned_entries 0"), "{metrics}");
    world.end(asking);
}

#[test]
fn a_file_without_enough_cosignatures_fails_the_same_policy() {
    let mut world = World::new();
    let (union, university) = (world.witness("union"), world.witness("university"));
    let asked = policy("all", &[("u", &union.vkey, &union.url())]);
    let asking = world.ask(&asked);
    let worker = world.test().open_passport();
    world.cosigned();
    let one = check(&world, &worker, &trust(world.test(), &asked));
    assert_eq!(status(&one, Check::WitnessQuorum), [Status::Pass]);
    let both = policy("all", &[("u", &union.vkey, ""), ("v", &university.vkey, "")]);
    let report = check(&world, &worker, &trust(world.test(), &both));
    assert_eq!(status(&report, Check::WitnessQuorum), [Status::Fail]);
    assert_eq!(report.verdict, Verdict::Invalid);
    world.end(asking);
}

#[test]
fn a_witness_that_is_down_stops_nothing_and_is_asked_again() {
    let mut world = World::new();
    let (union, mut university) = (world.witness("union"), world.witness("university"));
    let text = policy("any", &[("u", &union.vkey, &union.url()), ("v", &university.vkey, &university.url())]);
    world.stop(&mut university);
    let asking = world.ask(&text);
    let worker = world.test().open_passport();
    world.cosigned();
    world.failed(&asking, "university.example.invalid", "UNREACHABLE");
    world.start(&mut university);
    let all = Policy::parse(&text.replace(" any ", " all ")).unwrap();
    world.test().record_training(&worker);
    world.run(async {
        let mut published = world.test().ledger.published();
        let covers = |note: &str| is_met(note, world.test(), &all);
        published.wait_for(|newest| covers(&newest.note)).await.unwrap();
    });
    world.end(asking);
}

#[test]
fn a_passport_is_exported_without_witnesses_rather_than_not_at_all() {
    let mut world = World::new();
    let mut union = world.witness("union");
    let text = policy("all", &[("u", &union.vkey, &union.url())]);
    world.stop(&mut union);
    let asking = world.ask(&text);
    let worker = world.test().open_passport();
    world.test().published();
    // The time that witnesses are given is over.
    let later = world.test().clock.now_ms() + 60_000;
    world.test().clock.set(later);
    let report = check(&world, &worker, &trust(world.test(), &text));
    assert_eq!(
        status(&report, Check::WitnessQuorum),
        [Status::Fail],
        "a verifier who asks for witnesses sees none"
    );
    assert_eq!(status(&report, Check::Checkpoint), [Status::Pass]);
    world.end(asking);
}

#[test]
fn cosignatures_survive_a_restart_and_fsck_finds_nothing() {
    let mut world = World::new();
    let union = world.witness("union");
    let text = policy("all", &[("u", &union.vkey, &union.url())]);
    let asking = world.ask(&text);
    world.test().open_passport();
    let before = world.cosigned();
    world.end(asking);
    let options = skillpass::ledger::Options {
        witness_policy: Some(Policy::parse(&text).unwrap()),
        ..crate::support::options()
    };
    let stopped = world.test.take().unwrap().check();
    let test = stopped.open_with(options);
    assert_eq!(test.ledger.cosigned().borrow().as_ref().unwrap().note, before);
    assert_eq!(test.ledger.published().borrow().note, before, "the same checkpoint is not served bare");
    world.test = Some(test);
}

#[test]
fn what_was_cosigned_before_a_key_was_compromised_stays_valid() {
    let mut world = World::new();
    let union = world.witness("union");
    let text = policy("all", &[("u", &union.vkey, &union.url())]);
    let asking = world.ask(&text);
    let worker = world.test().open_passport();
    world.test().record_training(&worker);
    world.cosigned();
    let trust = trust(world.test(), &text);
    let day = 86_400_000;
    let start = world.test().clock.now_ms();
    world.test().clock.set(start + 10 * day);
    let since = jiff::Timestamp::from_millisecond((start + 5 * day).try_into().unwrap()).unwrap();
    let test = world.test();
    let claims = json!({"sub": test.provider.issuer, "kid": test.provider.key.public().thumbprint(),
        "reason": "COMPROMISED", "compromised_since": since.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()});
    test.append(test.in_clear(&test.root, Kind::IssuerKeyEnded, &claims)).unwrap();
    world.cosigned();
    let report = check(&world, &worker, &trust);
    assert_eq!(report.verdict, Verdict::Valid, "{:#?}", report.checks);
    assert!(status(&report, Check::IssuerKey).contains(&Status::Pass));
    world.end(asking);
}

#[test]
fn without_witnesses_nobody_can_tell_what_is_older_than_the_compromise() {
    let mut world = World::new();
    let union = world.witness("union");
    let worker = world.test().open_passport();
    world.test().published();
    let text = policy("all", &[("u", &union.vkey, &union.url())]);
    let trust = trust(world.test(), &text);
    let day = 86_400_000;
    let start = world.test().clock.now_ms();
    world.test().clock.set(start + 10 * day);
    let asking = world.ask(&text);
    let since = jiff::Timestamp::from_millisecond((start + 5 * day).try_into().unwrap()).unwrap();
    let test = world.test();
    let claims = json!({"sub": test.provider.issuer, "kid": test.provider.key.public().thumbprint(),
        "reason": "COMPROMISED", "compromised_since": since.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()});
    test.append(test.in_clear(&test.root, Kind::IssuerKeyEnded, &claims)).unwrap();
    world.cosigned();
    let report = check(&world, &worker, &trust);
    assert_eq!(report.verdict, Verdict::Unknown, "{:#?}", report.checks);
    assert!(status(&report, Check::IssuerKey).contains(&Status::Unknown));
    world.end(asking);
}
