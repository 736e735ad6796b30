//! Token Status Lists in the ledger: indexes handed out once, taken once, answered by what the log says, whatever crashes.

use std::collections::HashSet;
use std::fs;

use skillpass::event::Kind;
use skillpass::ledger::{Clock as _, ErasureBasis, STATUS_ALLOCATE_MAX, STATUS_LIST_SIZE, fsck, rebuild};
use skillpass::statement::StatusReference;
use skillpass::vault::{DataDir, StatusFile, StatusRecord};

use crate::support::{Body, START_MS, TestLedger, Worker, check_dir, copy_ledger, hash_of, status_in};

const START: i64 = 1_748_736_000;

fn erase(test: &TestLedger, worker: &Worker) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(test.ledger.erase(worker.id, ErasureBasis::Order)).unwrap();
}

/// A training of a fresh worker that bears an index.
fn borne(test: &TestLedger) -> (Worker, String, StatusReference) {
    let (worker, reference) = (test.open_passport(), test.index_for(&test.provider));
    let text = test.bearing(&test.provider, &worker, Kind::TrainingCompleted, &reference);
    test.append(text.clone()).unwrap();
    (worker, text, reference)
}

/// Changes how a statement stands, with these claims besides.
fn change(test: &TestLedger, worker: &Worker, kind: Kind, target: &str, more: &[(&str, &str)]) {
    let text = test.about(&test.provider, worker, kind, |claims| {
        claims.insert("target".into(), hash_of(target).into());
        for name in ["effective_from", "suspended_until", "legal_basis"] {
            claims.shift_remove(name);
        }
        for (name, value) in more {
            claims.insert((*name).into(), (*value).into());
        }
    });
    test.append(text).unwrap();
}

#[test]
fn indexes_are_random_shared_by_bodies_and_never_handed_out_twice() {
    let test = TestLedger::new();
    let mut seen = HashSet::new();
    let mut lists = HashSet::new();
    for body in [&test.provider, &test.competent, &test.provider] {
        for reference in test.indexes_for(body, 400) {
            assert!(reference.index < u64::from(STATUS_LIST_SIZE));
            lists.insert(reference.uri.clone());
            assert!(seen.insert((reference.uri, reference.index)), "handed out twice");
        }
    }
    assert_eq!(lists.len(), 1, "one list for all bodies");
    let in_first_half = seen.iter().filter(|(_, index)| *index < u64::from(STATUS_LIST_SIZE / 2)).count();
    assert!((400..800).contains(&in_first_half), "spread over the list: {in_first_half} of 1200");
    assert_eq!(test.ledger.allocate_status(&test.provider.issuer, 0).unwrap_err().reason, "STATUS_COUNT");
    let beyond = test.ledger.allocate_status(&test.provider.issuer, STATUS_ALLOCATE_MAX + 1);
    assert_eq!(beyond.unwrap_err().reason, "STATUS_COUNT");
    assert_eq!(test.indexes_for(&test.provider, STATUS_ALLOCATE_MAX).len(), STATUS_ALLOCATE_MAX as usize);
}

#[test]
fn a_body_that_never_uses_its_indexes_gets_no_more() {
    let test = TestLedger::new();
    for _ in 0..20 {
        test.indexes_for(&test.provider, STATUS_ALLOCATE_MAX);
    }
    let refused = test.ledger.allocate_status(&test.provider.issuer, 1).unwrap_err();
    assert_eq!(refused.reason, "STATUS_INDEXES_UNUSED");
    let lists: HashSet<String> = test.ledger.status_list_uris().into_iter().collect();
    assert!(lists.len() > 2, "a list that is half full takes no more");
    assert_eq!(test.indexes_for(&test.competent, 1).len(), 1, "others are not held up");
}

#[test]
fn what_was_handed_out_is_known_after_a_restart_and_no_old_copy_hands_it_out_again() {
    let test = TestLedger::new();
    let early = test.indexes_for(&test.provider, 500);
    let copy = test.temp.path().join("copy");
    copy_ledger(&test.dir(), &copy);
    let late = test.indexes_for(&test.provider, 500);
    let of_copy = test.open_at(&copy).unwrap();
    let again = of_copy.allocate_status(&test.provider.issuer, 1000).unwrap();
    let known: HashSet<_> = early.iter().chain(&late).map(|at| (at.uri.clone(), at.index)).collect();
    for lot in again {
        for index in lot.indexes {
            assert!(!known.contains(&(lot.uri.clone(), u64::from(index))));
        }
    }
    of_copy.close();
    let test = test.reopen();
    let worker = test.open_passport();
    for reference in [&early[0], &late[499]] {
        let text = test.bearing(&test.provider, &worker, Kind::TrainingCompleted, reference);
        test.append(text).unwrap();
    }
    test.check();
}

#[test]
fn a_statement_bears_an_index_of_this_ledger_allocated_to_its_issuer() {
    let test = TestLedger::new();
    let worker = test.open_passport();
    let bearing = |body: &Body, reference: &StatusReference| {
        test.bearing(body, &worker, Kind::SkillAssessed, reference)
    };
    let own = test.index_for(&test.competent);
    let of_another = test.index_for(&test.provider);
    let elsewhere =
        StatusReference { uri: own.uri.replace("https://ledger", "https://other"), ..own.clone() };
    let base = own.uri.rsplit_once('/').unwrap().0;
    let unknown = StatusReference { uri: format!("{base}/AAAAAAAAAAAAAAAAAAAAAA"), ..own.clone() };
    let beyond = StatusReference { index: u64::from(STATUS_LIST_SIZE), ..own.clone() };
    let never = (0..).map(|index| StatusReference { index, ..own.clone() });
    let never = never.into_iter().find(|at| *at != own && *at != of_another).unwrap();
    for (reference, reason) in [
        (&elsewhere, "STATUS_LIST_UNKNOWN"),
        (&unknown, "STATUS_LIST_UNKNOWN"),
        (&of_another, "STATUS_INDEX_NOT_YOURS"),
        (&beyond, "STATUS_INDEX_NOT_YOURS"),
        (&never, "STATUS_INDEX_NOT_YOURS"),
    ] {
        assert_eq!(test.refused(bearing(&test.competent, reference)), reason, "{reference:?}");
    }
    test.append(bearing(&test.competent, &own)).unwrap();
    test.check();
}

#[test]
fn an_index_is_borne_by_one_statement_and_the_same_statement_is_acknowledged_again() {
    let test = TestLedger::new();
    let (worker, text, reference) = borne(&test);
    assert!(test.append(text.clone()).unwrap().repeated);
    let second = test.bearing(&test.provider, &worker, Kind::TrainingCompleted, &reference);
    assert_eq!(test.refused(second.clone()), "STATUS_INDEX_USED");
    // Within one group too, before anything of it is durable.
    let (fresh, other) = (test.index_for(&test.provider), test.open_passport());
    let pair: Vec<_> = [&worker, &other]
        .map(|worker| test.bearing(&test.provider, worker, Kind::TrainingCompleted, &fresh))
        .into_iter()
        .map(|text| test.ledger.submit(text, None).unwrap())
        .collect();
    let answers: Vec<_> = pair.into_iter().map(|answer| answer.blocking_recv().unwrap()).collect();
    assert!(answers[0].is_ok());
    assert_eq!(answers[1].as_ref().unwrap_err().reason, "STATUS_INDEX_USED");
    // A refused statement keeps nothing: the index is still there for the next.
    let spare = test.index_for(&test.provider);
    let stranger = test.stranger();
    let early = test.bearing(&test.provider, &stranger, Kind::TrainingCompleted, &spare);
    assert_eq!(test.refused(early.clone()), "UNKNOWN_WORKER");
    test.append(test.opening(&stranger)).unwrap();
    test.append(early).unwrap();
    let test = test.reopen();
    assert_eq!(test.refused(second), "STATUS_INDEX_USED");
    assert!(test.append(text).unwrap().repeated);
    test.check();
}

#[test]
fn only_what_bodies_say_about_persons_bears_an_index() {
    let test = TestLedger::new();
    let worker = test.open_passport();
    test.bind(&worker);
    let own = test.index_for(&test.provider);
    let by_holder = test.bearing(&TestLedger::holder(&worker), &worker, Kind::SelfAssessed, &own);
    assert_eq!(test.refused(by_holder), "STATUS_INDEX_NOT_YOURS");
    let claims =
        serde_json::json!({"sub": test.provider.issuer, "jwk": test.stranger().key.public().to_jwk()});
    let vct = Kind::IssuerKeyAdded.vct();
    let index = test.index_for(&test.root);
    let draft = skillpass::statement::Draft {
        issuer: &test.root.issuer,
        vct: &vct,
        id: test.id(),
        issued_at: START,
        holder_key: None,
        status: Some(&index),
        claims: claims.as_object().unwrap(),
    };
    let about_a_body = skillpass::statement::issue_in_clear(&draft, &test.root.key).unwrap();
    assert_eq!(test.refused(about_a_body), "STATUS_NOT_FOR_BODIES");
    let plain = skillpass::statement::Draft { status: None, ..draft };
    test.append(skillpass::statement::issue_in_clear(&plain, &test.root.key).unwrap()).unwrap();
}

#[test]
fn a_list_answers_as_the_log_says_at_once_and_for_every_time_that_is_past() {
    let test = TestLedger::new();
    let (worker, text, reference) = borne(&test);
    let mut history = vec![(START, 0)];
    let replacement = test.record_training(&worker);
    for (kind, expected) in
        [(Kind::Suspended, 2), (Kind::Reinstated, 0), (Kind::Suspended, 2), (Kind::Revoked, 1)]
    {
        test.clock.set(test.clock.now_ms() + 10_000);
        change(&test, &worker, kind, &text, &[]);
        assert_eq!(test.answered(&reference, None), expected, "{}", kind.name());
        history.push((i64::try_from(test.clock.now_ms() / 1000).unwrap(), expected));
    }
    let (superseded, other) = {
        let other = test.index_for(&test.provider);
        let text = test.bearing(&test.provider, &worker, Kind::TrainingCompleted, &other);
        test.append(text.clone()).unwrap();
        (text, other)
    };
    change(&test, &worker, Kind::Corrected, &superseded, &[("replacement", &hash_of(&replacement))]);
    assert_eq!(test.answered(&other, None), 3);
    test.clock.set(test.clock.now_ms() + 10_000);
    let check = |test: &TestLedger| {
        for (at, expected) in &history {
            for at in [*at, at + 9] {
                assert_eq!(test.answered(&reference, Some(at)), *expected, "at {at}");
            }
        }
        let name = reference.uri.rsplit('/').next().unwrap();
        let now = i64::try_from(test.clock.now_ms() / 1000).unwrap();
        for none in [START - 1, now + 1, i64::MIN, i64::MAX] {
            assert!(test.ledger.status_values(name, Some(none)).unwrap().is_none(), "{none}");
        }
        assert!(test.ledger.status_values("AAAAAAAAAAAAAAAAAAAAAA", None).unwrap().is_none());
    };
    check(&test);
    let test = test.reopen();
    check(&test);
    let stopped = test.check();
    assert!(rebuild(&stopped.dir()).unwrap().identical);
    check(&stopped.open().unwrap());
}

#[test]
fn changes_dated_ahead_and_suspensions_that_lapse_come_when_they_come() {
    let test = TestLedger::new();
    let (worker, text, reference) = borne(&test);
    // Recorded on 1 June 2025.
    let dates = [("effective_from", "2025-06-11"), ("suspended_until", "2025-06-20")];
    change(&test, &worker, Kind::Suspended, &text, &dates);
    assert_eq!(test.answered(&reference, None), 0, "not yet");
    let test = test.reopen();
    let day = |day: u64| START_MS + (day - 1) * 86_400_000;
    for (at, expected) in [(11, 2), (20, 2), (21, 0)] {
        test.clock.set(day(at));
        assert_eq!(test.answered(&reference, None), expected, "{at} June");
    }
    change(&test, &worker, Kind::Revoked, &text, &[("effective_from", "2025-06-15")]);
    assert_eq!(test.answered(&reference, None), 1);
    let at = |at: u64| i64::try_from(day(at) / 1000).unwrap();
    assert_eq!(test.answered(&reference, Some(at(16))), 2, "what was answered for a past time stays");
    test.check();
}

#[test]
fn a_licence_takes_its_renewals_with_it() {
    let test = TestLedger::new();
    let worker = test.open_passport();
    let say = |kind: Kind, target: Option<&str>| {
        let reference = test.index_for(&test.competent);
        let text = test.about_bearing(&test.competent, &worker, kind, &reference, |claims| {
            if let Some(target) = target {
                claims.insert("target".into(), hash_of(target).into());
            }
            if claims.contains_key("effective_from") {
                claims.insert("effective_from".into(), "2025-05-20".into());
            }
            claims.shift_remove("suspended_until");
        });
        test.append(text.clone()).unwrap();
        (text, reference)
    };
    let (licence, of_licence) = say(Kind::LicenceGranted, None);
    let (_, of_renewal) = say(Kind::LicenceRenewed, Some(&licence));
    say(Kind::LicenceSuspended, Some(&licence));
    assert_eq!([&of_licence, &of_renewal].map(|at| test.answered(at, None)), [2, 2]);
    say(Kind::LicenceReinstated, Some(&licence));
    assert_eq!([&of_licence, &of_renewal].map(|at| test.answered(at, None)), [0, 0]);
    say(Kind::LicenceRevoked, Some(&licence));
    assert_eq!([&of_licence, &of_renewal].map(|at| test.answered(at, None)), [1, 1]);
    test.check();
}

#[test]
fn an_erased_workers_indexes_go_on_answering_and_never_come_back_to_valid() {
    let test = TestLedger::new();
    let (gone, revoked, of_revoked) = borne(&test);
    let of_valid = test.index_for(&test.provider);
    let valid = test.bearing(&test.provider, &gone, Kind::TrainingCompleted, &of_valid);
    test.append(valid.clone()).unwrap();
    let of_planned = test.index_for(&test.provider);
    let planned = test.bearing(&test.provider, &gone, Kind::TrainingCompleted, &of_planned);
    test.append(planned.clone()).unwrap();
    change(&test, &gone, Kind::Revoked, &revoked, &[]);
    change(&test, &gone, Kind::Revoked, &planned, &[("effective_from", "2025-06-11")]);
    erase(&test, &gone);
    let all = [of_revoked, of_valid, of_planned];
    let answers = |test: &TestLedger| all.clone().map(|at| test.answered(&at, None));
    assert_eq!(answers(&test), [1, 0, 0]);
    let (other, reborn) = (test.open_passport(), all[1].clone());
    let taken = test.bearing(&test.provider, &other, Kind::TrainingCompleted, &reborn);
    assert_eq!(test.refused(taken), "STATUS_INDEX_USED");
    let test = test.reopen();
    assert_eq!(answers(&test), [1, 0, 0]);
    test.clock.set(START_MS + 20 * 86_400_000);
    assert_eq!(answers(&test), [1, 0, 1], "what was planned before the erasure comes all the same");
    let stopped = test.check();
    assert!(rebuild(&stopped.dir()).unwrap().identical);
    let test = stopped.open().unwrap();
    assert_eq!(answers(&test), [1, 0, 1]);
    test.check();
}

#[test]
fn an_old_copy_of_the_lists_does_not_start_once_somebody_was_erased() {
    let test = TestLedger::new();
    let (worker, text, reference) = borne(&test);
    let file = test.dir().join("status/lists");
    test.published();
    let old = fs::read(&file).unwrap();
    change(&test, &worker, Kind::Revoked, &text, &[]);
    erase(&test, &worker);
    let stopped = test.check();
    let new = fs::read(&file).unwrap();
    fs::write(&file, &old).unwrap();
    assert_eq!(stopped.open().err().unwrap().reason(), "STATUS_LISTS_BEHIND");
    assert_eq!(rebuild(&stopped.dir()).unwrap_err().reason(), "STATUS_LISTS_BEHIND");
    assert!(
        fsck(&stopped.dir()).unwrap().findings.iter().any(|finding| finding.problem.contains("old copy"))
    );
    fs::write(&file, &new).unwrap();
    assert_eq!(status_in(&stopped.open().unwrap().ledger, &reference, None), 1);
}

#[test]
fn an_older_copy_of_the_lists_catches_up_where_nobody_was_erased() {
    let test = TestLedger::new();
    let (worker, text, reference) = borne(&test);
    test.published();
    let file = test.dir().join("status/lists");
    let old = fs::read(&file).unwrap();
    change(&test, &worker, Kind::Revoked, &text, &[]);
    let stopped = test.check();
    fs::write(&file, &old).unwrap();
    let test = stopped.open().unwrap();
    assert_eq!(test.answered(&reference, None), 1);
    test.check();
}

#[test]
fn lost_lists_are_made_again_from_the_statements_unless_somebody_was_erased() {
    for erased in [false, true] {
        let test = TestLedger::new();
        let (worker, text, reference) = borne(&test);
        let (gone, ..) = borne(&test);
        change(&test, &worker, Kind::Revoked, &text, &[]);
        if erased {
            erase(&test, &gone);
        }
        let stopped = test.check();
        fs::remove_file(stopped.dir().join("status/lists")).unwrap();
        let findings = fsck(&stopped.dir()).unwrap().findings;
        assert!(findings.iter().any(|finding| finding.place == "status/lists"), "{findings:#?}");
        let report = rebuild(&stopped.dir()).unwrap();
        assert!(report.differences.iter().any(|difference| difference.contains("status")), "{report:#?}");
        let test = stopped.open().unwrap();
        let name = reference.uri.rsplit('/').next().unwrap();
        if erased {
            // Nobody knows what the erased worker's index answered: the list is not answered at all.
            assert!(test.ledger.status_values(name, None).unwrap().is_none());
            let worker = test.open_passport();
            let bearing = test.bearing(&test.provider, &worker, Kind::TrainingCompleted, &reference);
            assert_eq!(test.refused(bearing), "STATUS_LIST_UNKNOWN");
        } else {
            assert_eq!(test.answered(&reference, None), 1);
            test.check();
        }
    }
}

#[test]
fn fsck_finds_what_was_altered_and_rebuild_mends_it() {
    let test = TestLedger::new();
    let (worker, text, reference) = borne(&test);
    borne(&test);
    change(&test, &worker, Kind::Revoked, &text, &[]);
    let stopped = test.check();
    let paths = DataDir::new(&stopped.dir()).unwrap();
    let good = StatusFile::read(&paths).unwrap().unwrap();
    let without = |drop: fn(&StatusRecord) -> bool| {
        let unsynced = |record: &StatusRecord| match *record {
            StatusRecord::Settled { position, .. } => StatusRecord::Settled { position, length: 0 },
            record => record,
        };
        let kept: Vec<_> = good.iter().filter(|record| !drop(record)).map(unsynced).collect();
        assert!(kept.len() < good.len());
        kept
    };
    let revocation_undone = without(|record| matches!(record, StatusRecord::Step { .. }));
    let use_forgotten = without(|record| matches!(record, StatusRecord::Used { .. }));
    for (records, problem) in
        [(revocation_undone, "it answers something else"), (use_forgotten, "it is not marked as used")]
    {
        StatusFile::replace(&paths, &records).unwrap();
        let findings = fsck(&stopped.dir()).unwrap().findings;
        assert!(findings.iter().any(|finding| finding.problem.contains(problem)), "{findings:#?}");
        assert!(!rebuild(&stopped.dir()).unwrap().identical);
        check_dir(&stopped.dir());
        let test = stopped.open().unwrap();
        assert_eq!(test.answered(&reference, None), 1);
        test.stop();
    }
    let mut flipped = fs::read(paths.status_lists()).unwrap();
    flipped[50] ^= 1;
    fs::write(paths.status_lists(), flipped).unwrap();
    assert_eq!(stopped.open().err().unwrap().reason(), "STATUS_DAMAGED");
}

#[test]
fn a_copy_taken_at_any_moment_answers_everything_that_was_acknowledged() {
    let test = TestLedger::new();
    let people: Vec<_> = (0..8).map(|_| borne(&test)).collect();
    for (round, (worker, text, reference)) in people.iter().enumerate() {
        let waiting: Vec<_> =
            (0..20).map(|_| test.ledger.submit(test.training(worker), None).unwrap()).collect();
        change(&test, worker, Kind::Revoked, text, &[]);
        // The copy is taken while the publisher works; nothing is waited for.
        let copy = test.temp.path().join(format!("copy{round}"));
        copy_ledger(&test.dir(), &copy);
        for answer in waiting {
            answer.blocking_recv().unwrap().unwrap();
        }
        let ledger = test.open_at(&copy).unwrap();
        for (_, _, earlier) in &people[..=round] {
            assert_eq!(status_in(&ledger, earlier, None), 1);
        }
        for (_, _, later) in &people[round + 1..] {
            assert_eq!(status_in(&ledger, later, None), 0);
        }
        assert_eq!(status_in(&ledger, reference, None), 1);
        ledger.close();
        check_dir(&copy);
    }
    test.check();
}

#[test]
fn the_lists_file_names_no_worker_and_no_statement() {
    let test = TestLedger::new();
    let (worker, text, _) = borne(&test);
    change(&test, &worker, Kind::Revoked, &text, &[]);
    let stopped = test.check();
    let bytes = fs::read(stopped.dir().join("status/lists")).unwrap();
    let hash = skillpass::crypto::base64url_decode(hash_of(&text)).unwrap();
    for (what, needle) in [("worker", &worker.id.0[..]), ("statement", &hash)] {
        assert!(!bytes.windows(needle.len()).any(|window| window == needle), "{what}");
    }
}
