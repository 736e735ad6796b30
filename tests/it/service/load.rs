//! Peers that stall, flood, or hold places for nothing: each is cut off or told to wait, by a named limit, while a caller
//! beside it is served.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use skillpass::config::{Limits, TlsFiles};
use skillpass::net::{HttpClient, HttpError, HttpRequest};
use skillpass::pb;
use skillpass::pb::append_stream_response::Outcome;
use skillpass::pb::ledger_service_client::LedgerServiceClient;
use skillpass::service::server;
use tokio::sync::mpsc;
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_types::StatusExt as _;

use super::{PATIENCE, Served, append_request, reason};
use crate::support::TestLedger;

const SHORT: Duration = Duration::from_millis(150);
/// The preface of HTTP/2 and an empty SETTINGS frame.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00";

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Reads until the server closes; whatever came before is fine.
fn is_closed(mut stream: &TcpStream) -> bool {
    let mut bytes = [0; 4096];
    loop {
        match stream.read(&mut bytes) {
            Ok(0) => return true,
            Ok(_) => {}
            Err(error) => return !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
        }
    }
}

/// Writes `again` for as long as the server takes it, and never reads; true once the server has closed.
fn is_closed_while_writing(mut stream: &TcpStream, again: &[u8]) -> bool {
    loop {
        if let Err(error) = stream.write_all(again) {
            return !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut);
        }
    }
}

/// One byte now and then, without end, until the server has closed.
fn trickle(mut stream: TcpStream) {
    while stream.write_all(b"x").is_ok() {
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A page, if the server let this connection in and answered.
fn page(served: &Served, path: &str) -> Option<String> {
    let mut stream = connect(served.addresses().1);
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    answer.starts_with("HTTP/1.1 200").then_some(answer)
}

/// Whether the server counted a connection that it cut for `reason`.
fn cut(served: &Served, reason: &str) -> bool {
    let Some(metrics) = page(served, "/metrics") else { return false };
    let count = format!("skillpass_connections_cut_total{{reason=\"{reason}\"}} ");
    let line = metrics.lines().find_map(|line| line.strip_prefix(&count));
    line.unwrap_or_else(|| panic!("no {count}in {metrics}")).parse::<u64>().unwrap() > 0
}

async fn until(mut is_so: impl FnMut() -> bool) {
    while !tokio::task::block_in_place(&mut is_so) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A caller beside them is served: a connection of its own, a statement, a page. Where patience is short a busy machine may
/// cost it a connection, never an answer.
fn serves(served: &Served) {
    let worker = served.test.open_passport();
    let statement = served.test.training(&worker);
    served.run(async {
        loop {
            let mut client = LedgerServiceClient::new(served.connect_with_window(65_535).await);
            match client.append(append_request(statement.clone())).await {
                Ok(answer) => {
                    assert_eq!(answer.into_inner().acknowledgement.unwrap().revision, 1);
                    return;
                }
                Err(status) => assert!(status.get_error_details().error_info().is_none(), "{status:?}"),
            }
        }
    });
    while page(served, "/healthz").is_none() {}
}

#[test]
fn what_begins_no_request_is_closed_however_slowly_it_goes_on() {
    let served = Served::with_limits(&Limits { begin: SHORT, ..Limits::default() });
    let (grpc, http) = served.addresses();
    let silent = [connect(grpc), connect(http)];
    let mut preface = connect(grpc);
    preface.write_all(&PREFACE[..10]).unwrap();
    let mut header = connect(http);
    header.write_all(b"GET /healthz HTTP/1.1\r\nx-slow: ").unwrap();
    let slow = header.try_clone().unwrap();
    let slow = std::thread::spawn(move || trickle(slow));
    serves(&served);
    for stream in silent.iter().chain([&preface, &header]) {
        assert!(is_closed(stream));
    }
    slow.join().unwrap();
    served.run(until(|| cut(&served, "NOTHING_SENT")));
}

#[test]
fn a_body_that_does_not_arrive_is_answered_and_closed() {
    let served = Served::with_limits(&Limits { call: SHORT, ..Limits::default() });
    let (_, http) = served.addresses();
    let mut stream = connect(http);
    let head = b"POST /api/v1/append HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 60000\r\n\r\n";
    stream.write_all(head).unwrap();
    let slow = stream.try_clone().unwrap();
    let slow = std::thread::spawn(move || trickle(slow));
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 504");
    assert!(is_closed(&stream));
    slow.join().unwrap();
}

#[test]
fn a_connection_without_a_call_is_closed_and_its_client_comes_back() {
    let served = Served::with_limits(&Limits { idle: SHORT, ..Limits::default() });
    served.run(async {
        let mut client = LedgerServiceClient::new(served.connect_with_window(65_535).await);
        let list = || pb::ListEntriesRequest { from: 0, max: 1 };
        until(|| cut(&served, "IDLE")).await;
        // A client that meets the close half-way connects anew for its next call.
        while client.list_entries(list()).await.is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
}

#[test]
fn whoever_leaves_answers_lying_loses_the_connection() {
    let limits = Limits { take: SHORT, slow_subscriber: SHORT / 4, ..Limits::default() };
    let served = Served::with_limits(&limits);
    let worker = served.test.open_passport();
    // More than this client's window: some 90 bytes an entry, and as much an acknowledgement.
    served.record_trainings(&worker, 1500);
    let statements: Vec<String> = (0..1500).map(|_| served.test.training(&worker)).collect();
    served.run(async {
        let mut reads_nothing = LedgerServiceClient::new(served.connect_with_window(4096).await);
        let unread = reads_nothing.subscribe(pb::SubscribeRequest { from: 0 }).await.unwrap();
        until(|| cut(&served, "NOT_READING")).await;
        drop(unread);
    });
    serves(&served);

    let acknowledged = served.run(async {
        let mut reads_nothing = LedgerServiceClient::new(served.connect_with_window(4096).await);
        let (sender, requests) = mpsc::channel(4);
        let send = tokio::spawn(async move {
            for (request_id, statement) in (0..).zip(statements) {
                let request = pb::AppendStreamRequest {
                    request_id,
                    statement,
                    expected_revision: None,
                    document: None,
                };
                if sender.send(request).await.is_err() {
                    return;
                }
            }
        });
        let mut answers =
            reads_nothing.append_stream(ReceiverStream::new(requests)).await.unwrap().into_inner();
        // The server gives up on the connection: the sender is told so without anything having been read.
        send.await.unwrap();
        let mut acknowledged = Vec::new();
        while let Some(Ok(answer)) = answers.next().await {
            match answer.outcome.unwrap() {
                Outcome::Acknowledgement(acknowledgement) => acknowledged.push(acknowledgement),
                Outcome::Refusal(refusal) => panic!("{refusal:?}"),
            }
        }
        acknowledged
    });
    let recorded = served.test.ledger.worker(worker.id).unwrap().unwrap();
    for one in acknowledged {
        assert_eq!(
            recorded[one.revision as usize].record.leaf, one.leaf_index,
            "what was acknowledged stands"
        );
    }
    serves(&served);
}

#[test]
fn an_http_client_that_never_reads_is_cut() {
    let limits = Limits { take: SHORT, slow_subscriber: SHORT / 4, ..Limits::default() };
    let served = Served::with_limits(&limits);
    let (_, http) = served.addresses();
    let stream = connect(http);
    // Enough answers to fill what the operating system buffers.
    assert!(is_closed_while_writing(&stream, b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n"));
    served.run(until(|| cut(&served, "NOT_READING")));
    serves(&served);
}

#[test]
fn floods_of_frames_end_their_own_connection() {
    let served = Served::with_limits(&Limits { idle: SHORT, ..Limits::default() });
    let (grpc, _) = served.addresses();
    // Opened and reset at once: POST http /x, indexed and literal (RFC 7541); RST_STREAM, CANCEL.
    let mut resets = PREFACE.to_vec();
    for stream in (1..4001_u32).step_by(2) {
        resets.extend_from_slice(&[0, 0, 6, 1, 4]);
        resets.extend_from_slice(&stream.to_be_bytes());
        resets.extend_from_slice(&[0x83, 0x86, 0x44, 2, b'/', b'x']);
        resets.extend_from_slice(&[0, 0, 4, 3, 0]);
        resets.extend_from_slice(&stream.to_be_bytes());
        resets.extend_from_slice(&[0, 0, 0, 8]);
    }
    let mut stream = connect(grpc);
    // The server may close while this is written.
    let _ = stream.write_all(&resets);
    assert!(is_closed(&stream));
    serves(&served);
    let settings: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];
    let ping: &[u8] = &[0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8];
    for flood in [settings.repeat(1000), ping.repeat(1000)] {
        let mut stream = connect(grpc);
        stream.write_all(PREFACE).unwrap();
        assert!(is_closed_while_writing(&stream, &flood));
        serves(&served);
    }
}

#[test]
fn one_peer_has_its_share_of_the_connections() {
    let served = Served::with_limits(&Limits { connections_per_peer: 2, ..Limits::default() });
    let (_, http) = served.addresses();
    let held = (connect(http), connect(http));
    assert!(is_closed(&connect(http)), "the third");
    drop(held);
    // The server learns of it in its own time.
    served.run(until(|| cut(&served, "PEER_LIMIT")));
}

#[test]
fn more_calls_than_a_peer_may_have_are_told_when_to_come_back() {
    let served = Served::with_limits(&Limits { calls_per_peer: 1, ..Limits::default() });
    let worker = served.test.open_passport();
    let statement = served.test.training(&worker);
    let subscribed = served.run(async {
        served.ledger().subscribe(pb::SubscribeRequest { from: 0 }).await.unwrap().into_inner()
    });
    let refused = served.run(served.ledger().append(append_request(statement.clone()))).unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::ResourceExhausted, "TOO_MANY_CALLS"));
    assert!(refused.get_error_details().retry_info().unwrap().retry_delay.is_some());
    let health = HealthCheckRequest::default();
    served.run(HealthClient::new(served.channel()).check(health)).unwrap();
    drop(subscribed);
    served.run(async {
        while served.ledger().append(append_request(statement.clone())).await.is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
}

#[test]
fn large_requests_are_few_at_once_and_others_are_told_when_to_come_back() {
    let served = Served::new();
    let (_, http) = served.addresses();
    let head = "POST /api/v1/slips HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 500000\r\n";
    let begin = || {
        let mut stream = connect(http);
        stream.write_all(format!("{head}expect: 100-continue\r\n\r\n").as_bytes()).unwrap();
        // Said once the body is wanted: its place is taken then.
        let mut wanted = [0; 12];
        stream.read_exact(&mut wanted).unwrap();
        (stream, wanted)
    };
    let unfinished: Vec<_> = (0..16).map(|_| begin()).collect();
    assert!(unfinished.iter().all(|(_, wanted)| wanted == b"HTTP/1.1 100"));
    let (answer, _) = served.ask_with(&format!("{head}connection: close\r\n\r\n"), b"{");
    assert!(answer.starts_with("http/1.1 429") && answer.contains("retry-after: 1"), "{answer}");
    drop(unfinished);
    serves(&served);
}

#[test]
fn a_call_beyond_a_connections_streams_waits_for_one_of_them() {
    let served = Served::with_limits(&Limits { streams_per_connection: 1, ..Limits::default() });
    let subscribe =
        || async { served.ledger().subscribe(pb::SubscribeRequest { from: 0 }).await.unwrap().into_inner() };
    let mut first = served.run(subscribe());
    served.run(first.next()).unwrap().unwrap();
    let waits = served.ledger();
    let second = served.runtime.spawn(async move {
        let mut waits = waits;
        waits.list_entries(pb::ListEntriesRequest { from: 0, max: 1 }).await
    });
    serves(&served);
    drop(first);
    served.run(second).unwrap().unwrap();
}

#[test]
fn an_append_stream_with_nothing_on_its_way_is_ended_by_name() {
    let served = Served::with_limits(&Limits { idle: SHORT, ..Limits::default() });
    let worker = served.test.open_passport();
    let statement = served.test.training(&worker);
    let (sender, requests) = mpsc::channel(4);
    let request =
        pb::AppendStreamRequest { request_id: 7, statement, expected_revision: None, document: None };
    sender.try_send(request).unwrap();
    let (first, end) = served.run(async {
        let mut client = LedgerServiceClient::new(served.connect_with_window(65_535).await);
        let mut answers = client.append_stream(ReceiverStream::new(requests)).await.unwrap().into_inner();
        (answers.next().await.unwrap().unwrap(), answers.next().await.unwrap().unwrap_err())
    });
    assert!(matches!(first.outcome, Some(Outcome::Acknowledgement(_))));
    assert_eq!(reason(&end), "TOOK_TOO_LONG");
    drop(sender);
}

/// One answer on a connection that stays open: status line and headers, then as much as they say.
fn answer_on(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut byte = [0];
    while !bytes.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).unwrap();
        bytes.push(byte[0]);
    }
    let head = String::from_utf8(bytes).unwrap().to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    let mut body = vec![0; length.trim().parse().unwrap()];
    stream.read_exact(&mut body).unwrap();
    head + &String::from_utf8(body).unwrap()
}

#[test]
fn a_connection_beyond_all_places_waits_until_one_is_free() {
    let served = Served::with_limits(&Limits { connections: 1, ..Limits::default() });
    let (_, http) = served.addresses();
    let mut first = connect(http);
    let mut open = |expected: &str| {
        first.write_all(b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
        let metrics = answer_on(&mut first);
        assert!(metrics.contains(expected), "{metrics}");
    };
    open("skillpass_connections{listener=\"http\"} 1\n");
    let mut second = connect(http);
    second.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    for _ in 0..20 {
        open("skillpass_connections{listener=\"http\"} 1\n");
    }
    drop(first);
    assert!(answer_on(&mut second).starts_with("http/1.1 200"));
}

#[test]
fn a_header_of_http_is_read_up_to_its_limit() {
    let served = Served::new();
    let request = |bytes: usize| {
        let (head, end) = ("GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-long: ", "\r\n\r\n");
        format!("{head}{}{end}", "x".repeat(bytes - head.len() - end.len()))
    };
    assert!(served.ask(&request(64 * 1024)).0.starts_with("http/1.1 200"));
    // The buffer is looked at when it is full, and has at most as much again in one read by then.
    let mut stream = connect(served.addresses().1);
    // The server may close while this is written.
    let _ = stream.write_all(request(128 * 1024 + 1).as_bytes());
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 431");
    assert!(is_closed(&stream));
    serves(&served);
}

#[test]
fn a_header_of_http_has_so_many_lines() {
    let served = Served::new();
    let with = |lines: usize| {
        // Two stand in it already.
        let more = "x-more: x\r\n".repeat(lines - 2);
        served.ask(&format!("GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{more}\r\n")).0
    };
    assert!(with(100).starts_with("http/1.1 200"));
    assert!(with(101).starts_with("http/1.1 431"));
}

#[test]
fn a_block_of_headers_of_http_2_is_read_up_to_its_limit() {
    let served = Served::new();
    let asked = |bytes: usize| {
        let mut request = tonic::Request::new(pb::ListEntriesRequest { from: 0, max: 1 });
        request.metadata_mut().insert("x-long", "x".repeat(bytes).parse().unwrap());
        served.run(served.ledger().list_entries(request))
    };
    // What every call says takes some hundred bytes.
    asked(15 * 1024).unwrap();
    let refused = asked(16 * 1024).unwrap_err();
    assert!(refused.message().contains("431"), "{refused:?}");
    asked(15 * 1024).expect("the connection goes on");
}

#[test]
fn a_handshake_that_stalls_is_ended_while_others_are_served() {
    let desk = crate::cli::Desk::new();
    crate::cli::tls::Authority::new(&desk, "ca", 1).issue(&desk, "server", 2);
    let (certificate, key) = (desk.path("server.crt"), desk.path("server.key"));
    let tls = TlsFiles { certificate, key, client_ca: None };
    let test = TestLedger::new();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let any: SocketAddr = "127.0.0.1:0".parse().unwrap();
    let limits = Limits { begin: SHORT, ..Limits::default() };
    let running = runtime.block_on(server::start(&test.ledger, any, any, Some(&tls), &limits)).unwrap();
    let silent = [connect(running.grpc()), connect(running.http())];
    // The head of a handshake record, and nothing of what it announces.
    let mut begun = connect(running.grpc());
    begun.write_all(&[22, 3, 1, 2, 0]).unwrap();

    let client = HttpClient::new(Some(&desk.path("ca.crt"))).unwrap();
    let page = |path: &str| {
        let url = format!("https://{}{path}", running.http());
        let request = HttpRequest { url: &url, body: None, bytes_max: 1 << 20, time_max: PATIENCE };
        // Where patience is short a busy machine may cost a client its handshake, too.
        loop {
            match runtime.block_on(client.ask(request.clone())) {
                Ok(answer) => return String::from_utf8(answer.body).unwrap(),
                Err(error) => assert!(matches!(error, HttpError::Tls(_) | HttpError::Broken), "{error}"),
            }
        }
    };
    assert_eq!(page("/healthz"), "ok\n");
    assert!(silent.iter().chain([&begun]).all(is_closed));
    let counted = |metrics: &str| {
        let count = "skillpass_connections_cut_total{reason=\"HANDSHAKE\"} ";
        metrics.lines().find_map(|line| line.strip_prefix(count)?.parse::<u64>().ok()).unwrap()
    };
    assert!(counted(&page("/metrics")) >= 3);
    runtime.block_on(running.stop());
    test.ledger.close();
}
