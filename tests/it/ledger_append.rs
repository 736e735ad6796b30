//! What the ledger admits, refuses, orders and gives back.

use skillpass::crypto::sha256;
use skillpass::event::Kind;
use skillpass::event::entry::{Entry, chain_start, link, statement_commitment};
use skillpass::tlog::{SignedCheckpoint, leaf_hash, verify_consistency, verify_inclusion};

use crate::support::{TestLedger, hash_of};

#[test]
fn a_worker_s_records_come_back_and_their_chain_opens() {
    let test = TestLedger::new();
    let worker = test.open_passport();
    let texts: Vec<_> = (0..5).map(|_| test.record_training(&worker)).collect();
    let records = test.ledger.worker(worker.id).unwrap().unwrap();
    assert_eq!(records.len(), 6);
    assert!(records[1..].iter().zip(&texts).all(|(record, text)| record.record.statement.text() == text));
    let genesis = test.ledger.entry(0).unwrap().unwrap();
    let mut l_prev = chain_start(&sha256(&[&genesis]), worker.id);
    for (revision, record) in (0..).zip(&records) {
        let Entry::Person { recorded_at, s, l } = Entry::decode(&record.entry).unwrap() else {
            panic!("a person's entry")
        };
        let jwt = record.record.statement.jwt();
        assert_eq!(s, statement_commitment(&record.n_s, jwt));
        assert_eq!((record.revision, record.l_prev), (revision, l_prev));
        assert_eq!(l, link(&record.n_l, worker.id, revision, &l_prev, recorded_at, &s));
        assert_eq!(test.ledger.entry(record.record.leaf).unwrap().as_ref(), Some(&record.entry));
        l_prev = l;
    }
    test.check();
}

#[test]
fn every_entry_is_proved_in_a_published_checkpoint() {
    let test = TestLedger::new();
    let worker = test.open_passport();
    let first = test.published();
    for _ in 0..20 {
        test.record_training(&worker);
    }
    let second = test.published();
    for published in [&first, &second] {
        let signed = SignedCheckpoint::verify(&published.note, &test.ledger.vkeys()).unwrap();
        assert_eq!(signed.checkpoint, published.checkpoint);
    }
    let (old, new) = (&first.checkpoint, &second.checkpoint);
    for leaf in 0..new.size {
        let hash = leaf_hash(&test.ledger.entry(leaf).unwrap().unwrap());
        let proof = test.ledger.inclusion_proof(leaf, new.size).unwrap();
        verify_inclusion(leaf, new.size, &hash, &proof, &new.root).unwrap();
    }
    let proof = test.ledger.consistency_proof(old.size, new.size).unwrap();
    verify_consistency(old.size, new.size, &old.root, &new.root, &proof).unwrap();
    assert!(
        test.ledger.inclusion_proof(0, new.size + 1).is_err(),
        "nothing is proved that was not published"
    );
    assert_eq!(test.ledger.published_at_most(old.size).unwrap().unwrap().note, first.note);
}

#[test]
fn the_same_statement_again_gets_the_same_acknowledgement() {
    let test = TestLedger::new();
    let worker = test.open_passport();
    let text = test.training(&worker);
    let first = test.append(text.clone()).unwrap();
    test.record_training(&worker);
    let test = test.reopen();
    let again = test.append(text).unwrap();
    assert!(again.repeated && !first.repeated);
    assert_eq!(
        (again.leaf, again.revision, again.recorded_at),
        (first.leaf, first.revision, first.recorded_at)
    );
    assert_eq!(test.ledger.worker(worker.id).unwrap().unwrap().len(), 3);
}

#[test]
fn one_id_for_two_statements_is_refused() {
    let test = TestLedger::new();
    let worker = test.open_passport();
    let id = test.id();
    let same_id = || test.about_with_id(&test.provider, &worker, Kind::TrainingCompleted, id, |_| {});
    test.append(same_id()).unwrap();
    assert_eq!(test.refused(same_id()), "DUPLICATE_ID_DIFFERENT_BODY");
    let older = test.about_with_id(
        &test.provider,
        &worker,
        Kind::TrainingCompleted,
        test.id_at(1_700_000_000_000),
        |_| {},
    );
    test.append(older).expect("an old id that is not there yet is new");
}

#[test]
fn statements_sent_without_waiting_are_recorded_in_their_order() {
    let test = TestLedger::new();
    let workers: Vec<_> = (0..30).map(|_| test.stranger()).collect();
    let mut waiting = Vec::new();
    for worker in &workers {
        waiting.push(test.ledger.submit(test.opening(worker), Some(0)).unwrap());
        for revision in 1..4 {
            let text = test.training(worker);
            waiting.push(test.ledger.submit(text.clone(), Some(revision)).unwrap());
            waiting.push(test.ledger.submit(text, Some(revision)).unwrap());
        }
    }
    let answers: Vec<_> =
        waiting.into_iter().map(|answer| answer.blocking_recv().unwrap().unwrap()).collect();
    assert_eq!(answers.iter().filter(|answer| answer.repeated).count(), 90, "each training came twice");
    for worker in &workers {
        assert_eq!(test.ledger.erasable(worker.id).unwrap(), Some(4));
    }
    test.check();
}

#[test]
fn an_expected_revision_that_is_not_the_next_is_a_conflict() {
    let test = TestLedger::new();
    let worker = test.open_passport();
    for expected in [0, 2, 7] {
        let error = test.append_at(test.training(&worker), Some(expected)).unwrap_err();
        assert_eq!(error.reason, "REVISION_CONFLICT");
        assert!(!error.message.contains('1'), "the current revision is for those who may read");
    }
    let text = test.training(&worker);
    test.append_at(text.clone(), Some(1)).unwrap();
    assert!(test.append_at(text, Some(1)).unwrap().repeated, "sending again is no conflict");
}

#[test]
fn only_an_opening_opens_and_only_once() {
    let test = TestLedger::new();
    let worker = test.stranger();
    assert_eq!(test.refused(test.training(&worker)), "UNKNOWN_WORKER");
    test.append(test.opening(&worker)).unwrap();
    assert_eq!(test.refused(test.opening(&worker)), "WORKER_EXISTS");
}

#[test]
fn times_ahead_of_the_ledger_s_clock_are_refused() {
    let test = TestLedger::new();
    let worker = test.open_passport();
    let identified = |ms: u64| {
        let id = test.id_at(crate::support::START_MS + ms);
        test.about_with_id(&test.provider, &worker, Kind::TrainingCompleted, id, |_| {})
    };
    let day = 24 * 3_600_000;
    assert_eq!(test.refused(identified(day + 1)), "ID_IN_FUTURE");
    test.append(identified(day)).expect("a day ahead");
    // Signed by the clock of another machine.
    let elsewhere = TestLedger::new();
    let issued = |seconds: u64| {
        elsewhere.clock.set(crate::support::START_MS + seconds * 1000);
        elsewhere.about(&test.provider, &worker, Kind::TrainingCompleted, |_| {})
    };
    test.append(issued(300)).expect("five minutes ahead");
    assert_eq!(test.refused(issued(301)), "IAT_IN_FUTURE");
    let date = Kind::TrainingCompleted.award_date_claim().unwrap();
    let dated = |day: &'static str| {
        test.about(&test.provider, &worker, Kind::TrainingCompleted, move |claims| {
            claims.insert(date.into(), day.into());
        })
    };
    assert_eq!(test.refused(dated("2025-06-02")), "AWARD_DATE_IN_FUTURE");
    test.append(dated("2025-06-01")).expect("today");
    test.clock.set(crate::support::START_MS + 10 * 3_600_000);
    test.append(dated("2025-06-02")).expect("where the day begins first it is tomorrow already");
}

#[test]
fn bodies_say_only_what_they_are_authorised_to_say() {
    let test = TestLedger::new();
    let worker = test.open_passport();
    let licence = test.about(&test.provider, &worker, Kind::LicenceGranted, |_| {});
    assert_eq!(test.refused(licence), "KIND_NOT_AUTHORISED");
    let abroad = test.about(&test.provider, &worker, Kind::TrainingCompleted, |claims| {
        claims.insert("issuing_country".into(), "DE".into());
    });
    assert_eq!(test.refused(abroad), "JURISDICTION_NOT_AUTHORISED");
    let mut other = test.provider.clone();
    other.issuer = "https://other.example.invalid".to_owned();
    assert_eq!(test.refused(test.about(&other, &worker, Kind::TrainingCompleted, |_| {})), "UNKNOWN_ISSUER");
    other.issuer.clone_from(&test.provider.issuer);
    other.key = test.competent.key.clone();
    assert_eq!(test.refused(test.about(&other, &worker, Kind::TrainingCompleted, |_| {})), "UNKNOWN_KEY");
}

#[test]
fn a_statement_with_a_disclosure_missing_is_refused() {
    let test = TestLedger::new();
    let worker = test.open_passport();
    let text = test.training(&worker);
    let mut parts: Vec<_> = text.split('~').collect();
    parts.remove(2);
    assert_eq!(test.refused(parts.join("~")), "INCOMPLETE_DISCLOSURES");
}

#[test]
fn a_retired_key_signs_nothing_more_and_its_past_stands() {
    let test = TestLedger::new();
    let worker = test.open_passport();
    let before = test.record_training(&worker);
    let ended = serde_json::json!({"sub": test.provider.issuer, "kid": test.provider.key.public().thumbprint(), "reason": "RETIRED"});
    // Sent together: the second is judged by the trust state that the first has made.
    let late = test.training(&worker);
    let first =
        test.ledger.submit(test.in_clear(&test.provider, Kind::IssuerKeyEnded, &ended), None).unwrap();
    let second = test.ledger.submit(late, None).unwrap();
    first.blocking_recv().unwrap().unwrap();
    assert_eq!(second.blocking_recv().unwrap().unwrap_err().reason, "KEY_ENDED");
    let records = test.ledger.worker(worker.id).unwrap().unwrap();
    assert_eq!(records[1].record.statement.text(), before);
    // Idempotent for ever: what was recorded while the key was good is acknowledged again, and nothing new is.
    let again = test.append(before).unwrap();
    assert!(again.repeated);
    assert_eq!(again.leaf, records[1].record.leaf);
    assert_eq!(test.refused(test.training(&worker)), "KEY_ENDED");
    assert_eq!(
        test.refused(test.training(&test.stranger())),
        "KEY_ENDED",
        "an unknown worker looks the same"
    );
    test.check();
}

#[test]
fn standing_changes_only_by_those_it_belongs_to_and_only_sensibly() {
    let test = TestLedger::new();
    let worker = test.open_passport();
    let target = hash_of(&test.record_training(&worker));
    let change = |body, kind, target: &str| {
        let target = target.to_owned();
        test.about(body, &worker, kind, move |claims| {
            claims.insert("target".into(), target.into());
        })
    };
    let provider = &test.provider;
    assert_eq!(test.refused(change(provider, Kind::Revoked, &hash_of("other"))), "UNKNOWN_TARGET");
    assert_eq!(test.refused(change(&test.competent, Kind::Revoked, &target)), "NOT_YOURS_TO_CHANGE");
    assert_eq!(test.refused(change(provider, Kind::Reinstated, &target)), "NOT_SUSPENDED");
    let suspended = change(provider, Kind::Suspended, &target);
    test.append(suspended.clone()).unwrap();
    assert_eq!(test.refused(change(provider, Kind::Suspended, &target)), "ALREADY_SUSPENDED");
    assert_eq!(test.refused(change(provider, Kind::Revoked, &hash_of(&suspended))), "TARGET_NOT_CHANGEABLE");
    test.append(change(provider, Kind::Reinstated, &target)).unwrap();
    test.append(change(&test.root, Kind::Revoked, &target)).expect("a body above the issuer");
    assert_eq!(test.refused(change(provider, Kind::Revoked, &target)), "ALREADY_REVOKED");
}

#[test]
fn what_the_worker_says_needs_the_current_holder_key() {
    let test = TestLedger::new();
    let mut worker = test.open_passport();
    let said = |worker: &_| test.about(&TestLedger::holder(worker), worker, Kind::SelfAssessed, |_| {});
    assert_eq!(test.refused(said(&worker)), "UNKNOWN_WORKER", "no key is bound");
    test.bind(&worker);
    test.append(said(&worker)).unwrap();
    assert_eq!(test.ledger.holder_key(worker.id).unwrap(), Some(worker.key.public()));
    let before = TestLedger::holder(&worker);
    worker.key = test.stranger().key;
    assert_eq!(test.refused(said(&worker)), "UNKNOWN_WORKER", "a key of one's own tells nothing");
    let changed = test.about(&before, &worker, Kind::HolderKeyChanged, |_| {});
    test.append(changed.clone()).unwrap();
    test.append(said(&worker)).unwrap();
    assert_eq!(test.refused(test.about(&before, &worker, Kind::SelfAssessed, |_| {})), "UNKNOWN_WORKER");
    assert!(test.append(changed).unwrap().repeated, "the old key's own last word, sent again");
}

#[test]
fn the_ledger_s_own_kinds_are_its_own() {
    let test = TestLedger::new();
    let claims = serde_json::json!({"basis": "ORDER"});
    assert_eq!(test.refused(test.in_clear(&test.root, Kind::Erased, &claims)), "LEDGER_ONLY");
}

#[test]
fn a_decision_cites_a_known_instrument_or_an_agreement_registered_here() {
    let test = TestLedger::new();
    let worker = test.open_passport();
    let citing = |kind: Kind, instrument: &str| {
        test.about(&test.competent, &worker, kind, |claims| {
            claims.insert("instrument".into(), instrument.into());
            // The example's last days lie before the day on which these are decided.
            for until in ["appeal_until", "valid_until"] {
                claims.shift_remove(until);
            }
        })
    };
    for kind in [Kind::RecognitionApplied, Kind::RecognitionDecided, Kind::LicenceGranted] {
        assert_eq!(test.refused(citing(kind, "de-ph/nurses-2099")), "UNKNOWN_INSTRUMENT", "{}", kind.name());
        test.append(citing(kind, "ilo/c143")).unwrap();
    }
    let mut agreement = Kind::AgreementRegistered.example();
    for clear in ["vct", "iss", "cnf"] {
        agreement.as_object_mut().unwrap().shift_remove(clear);
    }
    agreement["sub"] = format!("{}/agreement", crate::support::COMPETENT).into();
    agreement["owner"] = crate::support::COMPETENT.into();
    agreement["agreement"] = "de-ph/nurses-2099".into();
    test.append(test.in_clear(&test.competent, Kind::AgreementRegistered, &agreement)).unwrap();
    test.append(citing(Kind::RecognitionDecided, "de-ph/nurses-2099")).unwrap();
}
