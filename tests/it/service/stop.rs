//! A stop answers what was accepted.

use skillpass::pb;
use skillpass::pb::append_stream_response::Outcome;
use tokio::sync::mpsc;
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::ReceiverStream;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use super::{Served, reason};

#[test]
fn health_follows_the_stop_and_the_stop_answers_what_was_accepted() {
    let mut served = Served::new();
    let worker = served.test.open_passport();
    let statements: Vec<String> = (0..400).map(|_| served.test.training(&worker)).collect();
    let mut client = served.ledger();
    let (sender, requests) = mpsc::channel(1024);
    for (request_id, statement) in (0..).zip(statements) {
        let request =
            pb::AppendStreamRequest { request_id, statement, expected_revision: None, document: None };
        sender.try_send(request).unwrap();
    }
    // The sender stays open: only the stop can end this stream.
    let mut answers = served.run(client.append_stream(ReceiverStream::new(requests))).unwrap().into_inner();
    let first = served.run(answers.next()).unwrap().unwrap();
    assert_eq!(first.request_id, 0);
    let stopped = served.begin_stop();
    let (mut acknowledged, mut end) = (vec![first], None);
    served.run(async {
        while let Some(answer) = answers.next().await {
            match answer {
                Ok(answer) => acknowledged.push(answer),
                Err(status) => end = Some(status),
            }
        }
        stopped.await.unwrap();
    });
    assert_eq!(reason(&end.expect("the caller is told")), "STOPPING");
    assert!(acknowledged.iter().all(|answer| matches!(answer.outcome, Some(Outcome::Acknowledgement(_)))));
    // Every statement that was recorded was answered: PassportOpened and the acknowledged ones.
    let recorded = served.test.ledger.worker(worker.id).unwrap().unwrap().len();
    assert_eq!(recorded, acknowledged.len() + 1);
}

#[test]
fn health_and_readiness_say_serving_until_the_ledger_closes() {
    let served = Served::new();
    let status = |service: &str| {
        let request = HealthCheckRequest { service: service.to_owned() };
        let mut client = HealthClient::new(served.channel());
        served.run(async move { client.check(request).await }).unwrap().into_inner().status()
    };
    assert_eq!(status(""), ServingStatus::Serving);
    assert_eq!(status("skillpass.v1.LedgerService"), ServingStatus::Serving);
    assert!(served.get("/readyz").0.starts_with("http/1.1 200"));
    served.test.ledger.close();
    assert!(served.get("/readyz").0.starts_with("http/1.1 503"));
    assert!(served.get("/healthz").0.starts_with("http/1.1 200"), "the process is up all the same");
    let mut client = HealthClient::new(served.channel());
    served.run(async {
        let request = HealthCheckRequest { service: "skillpass.v1.LedgerService".to_owned() };
        let mut changes = client.watch(request).await.unwrap().into_inner();
        while changes.next().await.unwrap().unwrap().status() != ServingStatus::NotServing {}
    });
}

#[test]
fn a_subscription_is_told_of_the_stop() {
    let mut served = Served::new();
    let request = pb::SubscribeRequest { from: *served.test.ledger.size().borrow() };
    let mut stream = served.run(served.ledger().subscribe(request)).unwrap().into_inner();
    served.stop();
    let end = served.run(stream.next()).unwrap().unwrap_err();
    assert_eq!(reason(&end), "STOPPING");
}
