//! Appending, unary and pipelined.

use skillpass::event::Kind;
use skillpass::pb;
use skillpass::pb::append_stream_response::Outcome;
use skillpass::tlog::{SignedCheckpoint, leaf_hash, verify_inclusion};
use tokio_stream::StreamExt as _;
use tonic::Code;

use super::{Served, append_request, reason};

fn streamed(request_id: u64, statement: String) -> pb::AppendStreamRequest {
    pb::AppendStreamRequest { request_id, statement, expected_revision: None, document: None }
}

#[test]
fn an_append_that_waits_is_answered_with_a_receipt_that_proves_it() {
    let served = Served::new();
    let worker = served.test.open_passport();
    let mut request = append_request(served.test.training(&worker));
    request.wait_for_checkpoint = true;
    let answer = served.run(served.ledger().append(request)).unwrap().into_inner();
    let acknowledged = answer.acknowledgement.unwrap();
    assert_eq!((acknowledged.revision, acknowledged.repeated), (1, false));
    let receipt = answer.receipt.unwrap();
    let signed = SignedCheckpoint::verify(&receipt.checkpoint, &served.test.ledger.vkeys()).unwrap();
    let proof: Vec<[u8; 32]> =
        receipt.inclusion_proof.iter().map(|hash| hash[..].try_into().unwrap()).collect();
    let (size, root) = (signed.checkpoint.size, signed.checkpoint.root);
    verify_inclusion(acknowledged.leaf_index, size, &leaf_hash(&receipt.entry), &proof, &root).unwrap();
}

#[test]
fn a_refusal_names_its_reason_and_what_to_do() {
    let served = Served::new();
    let stranger = served.test.stranger();
    for (statement, code, wanted) in [
        (served.test.training(&stranger), Code::NotFound, "UNKNOWN_WORKER"),
        ("not a statement".to_owned(), Code::InvalidArgument, "MALFORMED"),
        ("x".repeat(40 * 1024), Code::InvalidArgument, "TOO_LARGE"),
    ] {
        let status = served.run(served.ledger().append(append_request(statement))).unwrap_err();
        assert_eq!((status.code(), reason(&status).as_str()), (code, wanted));
    }
}

#[test]
fn a_message_that_is_too_large_or_malformed_is_refused_by_name() {
    let served = Served::new();
    // In front of the text stand its field and its length: four bytes.
    let sent = |bytes: usize| append_request("x".repeat(bytes - 4));
    let status = served.run(served.ledger().append(sent(64 * 1024))).unwrap_err();
    assert_eq!(reason(&status), "TOO_LARGE", "the message is read, the statement in it is too large");
    let status = served.run(served.ledger().append(sent(64 * 1024 + 1))).unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::OutOfRange, "MESSAGE_TOO_LARGE"));

    // A message of another shape: field 1 is a number here and a text there.
    let path = tonic::codegen::http::uri::PathAndQuery::from_static("/skillpass.v1.LedgerService/Append");
    let codec = tonic_prost::ProstCodec::<pb::SubscribeRequest, pb::AppendResponse>::default();
    let mut client = tonic::client::Grpc::new(served.channel());
    let status = served.run(async {
        client.ready().await.unwrap();
        client.unary(tonic::Request::new(pb::SubscribeRequest { from: 7 }), path, codec).await.unwrap_err()
    });
    assert_eq!((status.code(), reason(&status).as_str()), (Code::InvalidArgument, "MALFORMED_MESSAGE"));
}

#[test]
fn what_arrives_compressed_is_never_inflated() {
    let served = Served::new();
    let compressed = served.ledger().send_compressed(tonic::codec::CompressionEncoding::Gzip);
    // Some kilobytes on the wire, hundreds of times that in memory.
    let statement = "x".repeat(16 * 1024 * 1024);
    for statement in ["x".to_owned(), statement] {
        let status = served.run(compressed.clone().append(append_request(statement))).unwrap_err();
        assert_eq!((status.code(), reason(&status).as_str()), (Code::Unimplemented, "UNKNOWN_ENCODING"));
    }
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut gzip, br#"{"statement": "x"}"#).unwrap();
    let headers = [("content-type", "application/json"), ("content-encoding", "gzip")];
    let (found, _, answer) = super::api::post(&served, "/api/v1/append", &headers, &gzip.finish().unwrap());
    let answer: serde_json::Value = serde_json::from_slice(&answer).unwrap();
    assert_eq!((found, super::api::reason(&answer)), (400, "MALFORMED"), "taken as it came");
}

#[test]
fn a_method_that_does_not_exist_is_refused_by_name() {
    let served = Served::new();
    let path = tonic::codegen::http::uri::PathAndQuery::from_static("/skillpass.v1.LedgerService/Alter");
    let codec = tonic_prost::ProstCodec::<pb::SubscribeRequest, pb::AppendResponse>::default();
    let mut client = tonic::client::Grpc::new(served.channel());
    let status = served.run(async {
        client.ready().await.unwrap();
        client.unary(tonic::Request::new(pb::SubscribeRequest { from: 7 }), path, codec).await.unwrap_err()
    });
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Unimplemented, "UNKNOWN_METHOD"));
}

#[test]
fn bad_neighbours_do_not_fail_and_every_answer_names_its_request() {
    let served = Served::new();
    let worker = served.test.open_passport();
    let stranger = served.test.stranger();
    let mut requests = Vec::new();
    for at in 0..300_u64 {
        let statement = match at % 3 {
            0 => served.test.training(&worker),
            1 => "nonsense".to_owned(),
            _ => served.test.training(&stranger),
        };
        requests.push(streamed(1000 + at, statement));
    }
    let answers = served.run(async {
        let answers = served.ledger().append_stream(tokio_stream::iter(requests)).await.unwrap().into_inner();
        answers.collect::<Result<Vec<_>, _>>().await.unwrap()
    });
    assert_eq!(answers.len(), 300);
    let mut revisions = Vec::new();
    for (at, answer) in (0..).zip(answers) {
        assert_eq!(answer.request_id, 1000 + at, "answers come in the order of the requests");
        match (at % 3, answer.outcome.unwrap()) {
            (0, Outcome::Acknowledgement(acknowledged)) => revisions.push(acknowledged.revision),
            (1, Outcome::Refusal(refusal)) => assert_eq!(refusal.reason, "MALFORMED"),
            (2, Outcome::Refusal(refusal)) => assert_eq!(refusal.reason, "UNKNOWN_WORKER"),
            (_, outcome) => panic!("request {at}: {outcome:?}"),
        }
    }
    assert_eq!(revisions, (1..=100).collect::<Vec<u32>>());
}

#[test]
fn what_one_stream_sends_beyond_the_queue_waits_instead_of_being_refused() {
    let limits = skillpass::config::Limits { in_flight_per_stream: 4, ..Default::default() };
    let served = Served::with_limits(&limits);
    let worker = served.test.open_passport();
    let requests: Vec<_> = (0..200).map(|at| streamed(at, served.test.training(&worker))).collect();
    let answers = served.run(async {
        let answers = served.ledger().append_stream(tokio_stream::iter(requests)).await.unwrap().into_inner();
        answers.collect::<Result<Vec<_>, _>>().await.unwrap()
    });
    assert!(answers.iter().all(|answer| matches!(answer.outcome, Some(Outcome::Acknowledgement(_)))));
    assert_eq!(answers.len(), 200);
}

#[test]
fn only_an_absurd_message_ends_its_stream_a_statement_that_is_too_large_is_refused_alone() {
    let served = Served::new();
    let worker = served.test.open_passport();
    let good = || served.test.training(&worker);
    // In front of the longest text stand a number in two bytes, and its field and length in four.
    let too_large = |bytes: usize| "x".repeat(bytes - 6);
    let requests = vec![
        streamed(1, too_large(40_001)),
        streamed(2, good()),
        streamed(3, too_large(128 * 1024)),
        streamed(4, good()),
        streamed(5, too_large(128 * 1024 + 1)),
    ];
    let (answers, end) = served.run(async {
        let mut stream =
            served.ledger().append_stream(tokio_stream::iter(requests)).await.unwrap().into_inner();
        let mut answers = Vec::new();
        for _ in 0..4 {
            answers.push(stream.next().await.unwrap().unwrap());
        }
        (answers, stream.next().await.unwrap().unwrap_err())
    });
    for (answer, refused) in answers.into_iter().zip([true, false, true, false]) {
        match answer.outcome.unwrap() {
            Outcome::Refusal(refusal) => assert!(refused && refusal.reason == "TOO_LARGE", "{refusal:?}"),
            Outcome::Acknowledgement(_) => assert!(!refused),
        }
    }
    assert_eq!(reason(&end), "MESSAGE_TOO_LARGE", "what came before it was answered");
}

#[test]
fn the_same_statement_again_gets_the_same_acknowledgement() {
    let served = Served::new();
    let worker = served.test.open_passport();
    let text = served.test.training(&worker);
    let once = || {
        let answer = served.run(served.ledger().append(append_request(text.clone()))).unwrap();
        answer.into_inner().acknowledgement.unwrap()
    };
    let (first, again) = (once(), once());
    assert!(!first.repeated && again.repeated);
    assert_eq!(pb::Acknowledgement { repeated: true, ..first }, again);
}

#[test]
fn a_revision_that_is_taken_is_a_conflict_that_does_not_say_which() {
    let served = Served::new();
    let worker = served.test.open_passport();
    let statement = served.test.about(&served.test.provider, &worker, Kind::TrainingCompleted, |_| {});
    let request = pb::AppendRequest {
        statement,
        expected_revision: Some(7),
        wait_for_checkpoint: false,
        document: None,
    };
    let status = served.run(served.ledger().append(request)).unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "REVISION_CONFLICT"));
}
