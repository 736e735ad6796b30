//! Subscriptions: from any position, then live.

use skillpass::pb;
use skillpass::pb::ledger_service_client::LedgerServiceClient;
use tokio_stream::StreamExt as _;

use super::{Served, append_request, by, reason};

#[test]
fn a_subscription_starts_anywhere_and_goes_on_live() {
    let served = Served::new();
    let worker = served.test.open_passport();
    for _ in 0..5 {
        served.test.record_training(&worker);
    }
    let size = *served.test.ledger.size().borrow();
    let later: Vec<String> = (0..3).map(|_| served.test.training(&worker)).collect();
    for from in [0, 1, size - 1, size, size + 2] {
        let last = *served.test.ledger.size().borrow();
        let late = later.clone();
        let entries = served.run(async {
            let stream = served.ledger().subscribe(pb::SubscribeRequest { from }).await.unwrap().into_inner();
            for statement in late {
                served.ledger().append(append_request(statement)).await.unwrap();
            }
            let until = (last.max(size + 3) - from).try_into().unwrap();
            stream.take(until).collect::<Result<Vec<_>, _>>().await.unwrap()
        });
        for (leaf, entry) in (from..).zip(&entries) {
            assert_eq!(entry.leaf_index, leaf);
            assert_eq!(served.test.ledger.entry(leaf).unwrap().as_ref(), Some(&entry.entry));
        }
    }
}

#[test]
fn more_subscribers_than_places_are_told_to_wait_and_a_place_that_is_left_is_free() {
    let limits = skillpass::config::Limits { subscribers: 1, ..Default::default() };
    let served = Served::with_limits(&limits);
    let subscribe = || async { served.ledger().subscribe(pb::SubscribeRequest { from: 0 }).await };
    let first = served.run(subscribe()).unwrap();
    let refused = served.run(subscribe()).unwrap_err();
    assert_eq!(reason(&refused), "TOO_MANY_SUBSCRIBERS");
    drop(first);
    // The server learns that the caller left when the reset arrives: ask until it has.
    served.run(async {
        while subscribe().await.is_err() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    });
}

#[test]
fn a_subscriber_that_takes_nothing_is_cut_with_a_reason() {
    let limits = skillpass::config::Limits {
        slow_subscriber: std::time::Duration::from_millis(50),
        ..Default::default()
    };
    let served = Served::with_limits(&limits);
    let worker = served.test.open_passport();
    // More than the window of this client (64 KiB) and the messages that wait at the server: some 90 bytes an entry.
    served.record_trainings(&worker, 2000);
    let end = served.run(async {
        let mut client = LedgerServiceClient::new(served.connect_with_window(65_535).await);
        let mut stream = client.subscribe(pb::SubscribeRequest { from: 0 }).await.unwrap().into_inner();
        let mut metrics = String::new();
        while !metrics.contains("skillpass_subscribers 0") {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            metrics = String::from_utf8(tokio::task::block_in_place(|| served.get("/metrics")).1).unwrap();
        }
        loop {
            match stream.next().await.unwrap() {
                Ok(_) => {}
                Err(end) => return end,
            }
        }
    });
    assert_eq!(reason(&end), "SUBSCRIBER_TOO_SLOW");
}

#[test]
fn a_passport_is_followed_live_until_it_is_erased() {
    let served = Served::new();
    let test = &served.test;
    let worker = test.open_passport();
    test.bind(&worker);
    let text = test.training(&worker);
    let request = pb::WatchPassportRequest { worker: worker.id.to_string(), from_revision: 1 };
    let operator = served.operator();
    served.run(async {
        let mut stream =
            served.passports().watch_passport(by(test, &worker.key, request)).await.unwrap().into_inner();
        assert_eq!(stream.next().await.unwrap().unwrap().revision, 1);
        served.ledger().append(append_request(text.clone())).await.unwrap();
        let live = stream.next().await.unwrap().unwrap();
        assert_eq!((live.revision, live.statement), (2, text));
        let basis = Some(pb::erase_passport_request::Basis::OrderReference("demo 1".to_owned()));
        let erase = pb::ErasePassportRequest {
            worker: worker.id.to_string(),
            basis,
            confirm: true,
            last_export: false,
        };
        served.passports().erase_passport(by(test, &operator, erase)).await.unwrap();
        let end = stream.next().await.unwrap().unwrap_err();
        assert_eq!(reason(&end), "NOT_AVAILABLE");
    });
}
