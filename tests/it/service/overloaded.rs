//! The ledger's own queue is full: whoever comes is told when to come back, and nothing that was accepted suffers.

use std::time::Duration;

use skillpass::config::Limits;
use skillpass::ledger::{Acknowledgement, Options};
use skillpass::pb;
use tonic::Code;
use tonic_types::StatusExt as _;

use super::{Served, append_request, reason};
use crate::support::{TestLedger, options};

const QUEUE: usize = 4;

/// A served ledger with so few places that a test can hold them all.
fn served() -> Served {
    let test = TestLedger::new().stop().open_with(Options { queue: QUEUE, ..options() });
    Served::of(test, &Limits::default())
}

fn append(served: &Served, statement: &str) -> Result<pb::Acknowledgement, tonic::Status> {
    let answer = served.run(served.ledger().append(append_request(statement.to_owned())))?;
    Ok(answer.into_inner().acknowledgement.unwrap())
}

#[test]
fn a_full_queue_tells_when_to_come_back_keeps_what_it_has_and_takes_the_rest_later() {
    let served = served();
    let worker = served.test.open_passport();
    let trainings =
        |count: usize| -> Vec<String> { (0..count).map(|_| served.test.training(&worker)).collect() };
    let (accepted, refused) = (trainings(QUEUE), trainings(2 * QUEUE));

    // A place that was given is taken until the statement in it is answered: so long the queue is full, however fast the writer is.
    let ledger = &served.test.ledger;
    let places: Vec<_> =
        accepted.iter().map(|statement| served.run(ledger.reserve(statement.len())).unwrap()).collect();
    for statement in &refused {
        let status = append(&served, statement).unwrap_err();
        assert_eq!((status.code(), reason(&status).as_str()), (Code::ResourceExhausted, "OVERLOADED"));
        let wait = status.get_error_details().retry_info().expect("a delay").retry_delay.unwrap();
        assert!(wait >= Duration::from_millis(100), "{wait:?}");
    }

    let answers: Vec<_> = places
        .into_iter()
        .zip(&accepted)
        .map(|(place, statement)| place.submit(statement.clone(), None, None).unwrap())
        .collect();
    let kept: Vec<Acknowledgement> =
        answers.into_iter().map(|answer| answer.blocking_recv().unwrap().unwrap()).collect();
    for statement in &refused {
        assert!(!append(&served, statement).unwrap().repeated, "what was refused was not recorded");
    }

    for (statement, first) in accepted.iter().zip(kept) {
        let again = append(&served, statement).unwrap();
        assert!(again.repeated);
        assert_eq!((again.leaf_index, again.revision), (first.leaf, first.revision));
    }
    let recorded = ledger.worker(worker.id).unwrap().unwrap();
    assert_eq!(recorded.len(), 1 + accepted.len() + refused.len(), "the opening, and each training once");
}

#[test]
fn a_page_is_told_of_a_full_queue_as_a_program_is() {
    let served = served();
    let worker = served.test.open_passport();
    let statement = served.test.training(&worker);
    let body = serde_json::json!({"statement": statement}).to_string();
    let ledger = &served.test.ledger;
    let places: Vec<_> = (0..QUEUE).map(|_| served.run(ledger.reserve(1)).unwrap()).collect();
    let post = || {
        super::api::post(&served, "/api/v1/append", &[("content-type", "application/json")], body.as_bytes())
    };
    let (code, head, answer) = post();
    let answer: serde_json::Value = serde_json::from_slice(&answer).unwrap();
    assert_eq!((code, super::api::reason(&answer)), (429, "OVERLOADED"));
    assert!(head.contains("retry-after: 1"), "{head}");
    drop(places);
    assert_eq!(post().0, 200, "places that are left are free again");
}
