//! JSON over HTTP: the same calls as gRPC, closed to other sites' pages and to bodies of another form.

use serde_json::{Value, json};
use skillpass::event::Kind;

use super::Served;
use crate::support::ORIGIN;

/// One POST: status, headers in lower case, body.
pub fn post(served: &Served, path: &str, headers: &[(&str, &str)], body: &[u8]) -> (u16, String, Vec<u8>) {
    let mut head = format!(
        "POST {path} HTTP/1.1\r\nhost: {ORIGIN}\r\nconnection: close\r\ncontent-length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let (head, answer) = served.ask_with(&format!("{head}\r\n"), body);
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, head, answer)
}

/// The same with a JSON body.
pub fn call(served: &Served, path: &str, headers: &[(&str, &str)], body: &Value) -> (u16, Value) {
    let headers: Vec<(&str, &str)> =
        headers.iter().copied().chain([("content-type", "application/json")]).collect();
    let (status, _, answer) = post(served, path, &headers, body.to_string().as_bytes());
    (status, serde_json::from_slice(&answer).unwrap())
}

pub fn reason(answer: &Value) -> &str {
    assert!(!answer["error"]["message"].as_str().unwrap().is_empty());
    assert!(!answer["error"]["help"].as_str().unwrap().is_empty());
    answer["error"]["reason"].as_str().unwrap()
}

#[test]
fn a_statement_is_appended_and_a_refusal_has_the_reasons_of_grpc() {
    let served = Served::new();
    let worker = served.test.stranger();
    let opening = served.test.opening(&worker);
    let (status, answer) = call(&served, "/api/v1/append", &[], &json!({"statement": opening}));
    assert_eq!(
        (status, &answer["revision"], &answer["repeated"]),
        (200, &json!(0), &json!(false)),
        "{answer}"
    );
    assert_eq!(answer["leaf_index"], *served.test.ledger.size().borrow() - 1);
    let (_, again) = call(&served, "/api/v1/append", &[], &json!({"statement": opening}));
    assert_eq!((&again["jti"], &again["repeated"]), (&answer["jti"], &json!(true)));

    let training = served.test.training(&worker);
    let taken = json!({"statement": training, "expected_revision": 7});
    let (status, answer) = call(&served, "/api/v1/append", &[], &taken);
    assert_eq!((status, reason(&answer)), (409, "REVISION_CONFLICT"));
    let (status, answer) = call(&served, "/api/v1/append", &[], &json!({"statement": "no.statement.~"}));
    assert_eq!((status, reason(&answer)), (400, "MALFORMED"));
    let stranger =
        served.test.about(&served.test.provider, &served.test.stranger(), Kind::TrainingCompleted, |_| ());
    let (status, answer) = call(&served, "/api/v1/append", &[], &json!({"statement": stranger}));
    assert_eq!((status, reason(&answer)), (404, "UNKNOWN_WORKER"));
}

#[test]
fn a_document_told_beside_an_opening_is_checked_as_over_grpc() {
    let served = Served::new();
    let opening = served.test.opening(&served.test.stranger());
    for (salt, wanted) in [("!", "JSON_INVALID"), ("AAAA", "DOCUMENT_SALT_INVALID")] {
        let body = json!({"statement": opening, "document": {"number": "P1", "salt": salt}});
        let (status, answer) = call(&served, "/api/v1/append", &[], &body);
        assert_eq!((status, reason(&answer)), (400, wanted));
    }
}

#[test]
fn bodies_of_another_form_are_refused_before_they_mean_anything() {
    let served = Served::new();
    let json = ("content-type", "application/json");
    let deep = format!("{{\"statement\": {}1{}}}", "[".repeat(40), "]".repeat(40));
    let large = format!("{{\"statement\": \"{}\"}}", "x".repeat(70_000));
    for (headers, body, status, wanted) in [
        (vec![], "{}", 415, "CONTENT_TYPE_INVALID"),
        (vec![("content-type", "text/plain")], "{}", 415, "CONTENT_TYPE_INVALID"),
        (
            vec![("content-type", "application/x-www-form-urlencoded")],
            "statement=x",
            415,
            "CONTENT_TYPE_INVALID",
        ),
        (vec![("content-type", "multipart/form-data; boundary=x")], "--x--", 415, "CONTENT_TYPE_INVALID"),
        (vec![("content-type", "application/json; charset=utf-16")], "{}", 415, "CONTENT_TYPE_INVALID"),
        (vec![json], "", 400, "MALFORMED"),
        (vec![json], "{", 400, "MALFORMED"),
        (vec![json], "[]", 400, "JSON_INVALID"),
        (vec![json], r#"["x", null, null]"#, 400, "JSON_INVALID"),
        (vec![json], "{}", 400, "JSON_INVALID"),
        (vec![json], r#"{"statement": "x", "more": 1}"#, 400, "JSON_INVALID"),
        (vec![json], r#"{"statement": 1}"#, 400, "JSON_INVALID"),
        (vec![json], r#"{"statement": "x", "expected_revision": -1}"#, 400, "JSON_INVALID"),
        (vec![json], r#"{"statement": "x", "statement": "y"}"#, 400, "DUPLICATE_MEMBER"),
        (vec![json], &deep, 400, "TOO_DEEP"),
        (vec![json], &large, 413, "MESSAGE_TOO_LARGE"),
    ] {
        let (found, _, answer) = post(&served, "/api/v1/append", &headers, body.as_bytes());
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        assert_eq!((found, reason(&answer)), (status, wanted), "{headers:?} {:.40}", body);
    }
}

#[test]
fn another_sites_page_is_refused_and_no_answer_is_open_to_it() {
    let served = Served::new();
    let own = format!("https://{ORIGIN}");
    let body = json!({"statement": served.test.opening(&served.test.stranger())});
    for headers in [
        vec![("sec-fetch-site", "cross-site")],
        vec![("sec-fetch-site", "same-site"), ("origin", own.as_str())],
        vec![("origin", "https://thief.example.invalid")],
        vec![("origin", "null")],
    ] {
        let (status, answer) = call(&served, "/api/v1/append", &headers, &body);
        assert_eq!((status, reason(&answer)), (403, "CROSS_SITE"), "{headers:?}");
    }
    let headers =
        [("sec-fetch-site", "same-origin"), ("origin", own.as_str()), ("content-type", "application/json")];
    let (status, head, _) = post(&served, "/api/v1/append", &headers, body.to_string().as_bytes());
    assert_eq!(status, 200, "{head}");
    assert!(head.contains("cache-control: no-store") && head.contains("nosniff"), "{head}");
    assert!(!head.contains("access-control") && !head.contains("set-cookie"), "{head}");

    let preflight = format!(
        "OPTIONS /api/v1/append HTTP/1.1\r\nhost: {ORIGIN}\r\norigin: https://thief.example.invalid\r\naccess-control-request-method: POST\r\naccess-control-request-headers: content-type\r\nconnection: close\r\n\r\n"
    );
    let (head, _) = served.ask(&preflight);
    assert!(head.starts_with("http/1.1 403") && !head.contains("access-control"), "{head}");
}

#[test]
fn calls_are_posted_and_unknown_ones_are_said_to_be() {
    let served = Served::new();
    let (head, body) = served.get("/api/v1/append");
    let answer: Value = serde_json::from_slice(&body).unwrap();
    assert!(head.starts_with("http/1.1 405") && !head.contains("access-control"), "{head}");
    assert_eq!(reason(&answer), "POST_ONLY");
    let (status, answer) = call(&served, "/api/v1/nonsense", &[], &json!({}));
    assert_eq!((status, reason(&answer)), (404, "UNKNOWN_METHOD"));
}
