//! Status lists on the command line: indexes allocated, signed with, followed; bulk changes of what an import recorded.

use std::io::{Read as _, Write as _};

use serde_json::Value;

use super::{Desk, SCHOOL, Server};
use skillpass::statement::{StatusReference, Unverified};

fn ready() -> (Desk, Server) {
    let desk = Desk::new();
    desk.found();
    let server = Server::start(&desk, "ledger");
    desk.authorise(&server.url);
    (desk, server)
}

fn get(server: &Server, path: &str) -> Vec<u8> {
    let mut stream = std::net::TcpStream::connect(&server.pages).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: ledger.example.invalid\r\nconnection: close\r\n\r\n")
        .unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    answer.split_off(end + 4)
}

/// Fetches the list that a statement names and the ledger's status key, as a verifier does.
fn fetch(desk: &Desk, server: &Server, reference: &StatusReference) {
    let path = reference.uri.strip_prefix("https://ledger.example.invalid").unwrap();
    let token = String::from_utf8(get(server, path)).unwrap();
    let header = skillpass::crypto::base64url_decode(token.split('.').next().unwrap()).unwrap();
    let header: Value = serde_json::from_slice(&header).unwrap();
    let metadata: Value = serde_json::from_slice(&get(server, "/.well-known/jwt-vc-issuer")).unwrap();
    let keys = metadata["jwks"]["keys"].as_array().unwrap();
    let key = keys.iter().find(|key| key["kid"] == header["kid"]).unwrap();
    desk.write("list.jwt", token);
    desk.write("status.pub.jwk", key.to_string());
}

const VERIFY: &str = "--issuer-key school.pub.jwk --status-list list.jwt --status-key status.pub.jwk --json";

/// What the rows of an import were signed as.
fn signed(desk: &Desk, file: &str) -> Vec<Value> {
    let lines = desk.read(file);
    let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.filter(|line| line.get("statement").is_some()).collect()
}

fn reference_of(statement: &str) -> Option<StatusReference> {
    Unverified::parse(statement).unwrap().clear().status.clone()
}

#[test]
fn an_allocated_index_is_signed_recorded_and_followed_offline() {
    let (desk, server) = ready();
    let worker = desk.open_worker(&server.url);
    let line = format!("status allocate --count 2 --key school.jwk --ledger {} --json", server.url);
    let given = desk.line(&line).ends(0);
    let lines: Vec<Value> = given.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    let (uri, index) = (lines[0]["uri"].as_str().unwrap(), &lines[0]["idx"]);
    desk.write("claims.json", format!(
        r#"{{"event": "TrainingCompleted", "iss": "{SCHOOL}", "sub": "{worker}", "issuing_country": "PH",
            "title": {{"en": "Bricklaying"}}, "learning_setting": "NON_FORMAL", "completed_on": "2024-05-31"}}"#
    ));
    let issue = "issue --key school.jwk --claims claims.json --out statement.sdjwt";
    desk.line(&format!("{issue} --status-uri {uri} --status-index {index}")).ends(0);
    desk.line(&format!("append statement.sdjwt --ledger {}", server.url)).ends(0);
    let reference = reference_of(desk.read("statement.sdjwt").trim()).unwrap();
    fetch(&desk, &server, &reference);
    let valid = desk.line(&format!("verify statement.sdjwt {VERIFY}")).ends(0).json();
    let row = |report: &Value| {
        let rows = report["checks"].as_array().unwrap();
        rows.iter().find(|row| row["check"] == "status").unwrap()["status"].clone()
    };
    assert_eq!((row(&valid), &valid["verdict"]), ("PASS".into(), &Value::from("valid")));
    let revoke = format!(
        "revoke --key school.jwk --worker {worker} --country PH --target statement.sdjwt --reason ISSUED_IN_ERROR --ledger {}",
        server.url
    );
    desk.line(&revoke).ends(0);
    fetch(&desk, &server, &reference);
    let revoked = desk.line(&format!("verify statement.sdjwt {VERIFY}")).ends(1).json();
    assert_eq!((row(&revoked), &revoked["verdict"]), ("FAIL".into(), &Value::from("invalid")));
    // The issuer's key is not the list's; a list without its key is a slip of the keyboard.
    let by_issuer = VERIFY.replace("status.pub.jwk", "school.pub.jwk");
    desk.line(&format!("verify statement.sdjwt {by_issuer}")).ends(1);
    desk.line("verify statement.sdjwt --issuer-key school.pub.jwk --status-list list.jwt").ends(2);
}

#[test]
fn a_registrar_need_not_know_import_and_worker_open_take_indexes_in_the_same_run() {
    let (desk, server) = ready();
    let rows: String = ["A", "B", "C"]
        .iter()
        .map(|name| format!("Course {name},FORMAL,2024-06-28,SPECIMEN {name},SPECIMEN {name},1996-02-29,PASSPORT,PH,N{name}1,DOCUMENT_SEEN_IN_PERSON,2024-01-15\n"))
        .collect();
    let header = "title.en,learning_setting,completed_on,open.family_name,open.family_name_latin,open.birth_date,\
                  open.document_type,open.document_country,open.document_number,open.identity_check_method,open.identity_checked_on";
    desk.write("graduates.csv", format!("{header}\n{rows}"));
    let import = format!(
        "import graduates.csv --kind TrainingCompleted --set issuing_country=PH --open-missing --slips slips --key school.jwk \
         --ledger {} --with-status --json",
        server.url
    );
    assert_eq!(desk.line(&import).ends(0).json()["recorded"], 3);
    let first = signed(&desk, "graduates.signed");
    let mut seen = std::collections::HashSet::new();
    for row in &first {
        for member in ["statement", "open"] {
            let reference = reference_of(row[member].as_str().unwrap()).expect("each bears an index");
            assert!(seen.insert((reference.uri, reference.index)), "an index of its own");
        }
    }
    assert_eq!(seen.len(), 6);
    // A second run signs nothing anew and takes nothing.
    assert_eq!(desk.line(&import).ends(0).json()["recorded"], 3);
    assert_eq!(signed(&desk, "graduates.signed"), first);

    desk.write("identity.json", super::IDENTITY);
    let open = format!(
        "worker open --key school.jwk --country PH --claims identity.json --new-holder-key w.jwk --with-status --ledger {} --json",
        server.url
    );
    let worker = desk.line(&open).ends(0).json()["worker"].as_str().unwrap().to_owned();
    desk.line(&format!("passport export {worker} --ledger {} --as w.jwk --out p.skillpass", server.url))
        .ends(0);
    let file: Value = serde_json::from_str(&desk.read("p.skillpass")).unwrap();
    for statement in file["statements"].as_array().unwrap() {
        assert!(reference_of(statement["sdjwt"].as_str().unwrap()).is_some());
    }
}

#[test]
fn everything_an_import_recorded_is_revoked_at_once_once_and_the_lists_say_so() {
    let (desk, server) = ready();
    let worker = desk.open_worker(&server.url);
    let row = |name: usize| format!("{worker},PH,Course {name},FORMAL,2024-06-28\n");
    let header = "worker,issuing_country,title.en,learning_setting,completed_on";
    desk.write("courses.csv", format!("{header}\n{}", (0..20).map(row).collect::<String>()));
    let import = format!(
        "import courses.csv --kind TrainingCompleted --key school.jwk --ledger {} --with-status --json",
        server.url
    );
    assert_eq!(desk.line(&import).ends(0).json()["recorded"], 20);
    let revoke = format!(
        "revoke --imported courses.signed --country PH --reason ISSUED_IN_ERROR --key school.jwk --ledger {} --json",
        server.url
    );
    // All rows are checked before one is signed.
    let wrong = desk.line(&revoke.replace("ISSUED_IN_ERROR", "BECAUSE")).ends(1);
    assert_eq!(wrong.reason(), "ROWS_REFUSED");
    assert!(!desk.path("courses.Revoked.signed").exists());
    // Cut off half-way: what was signed is on disk, what was acknowledged is marked, the rest is sent by the next run.
    assert_eq!(desk.line(&revoke).ends(0).json()["recorded"], 20);
    let whole = desk.read("courses.Revoked.signed");
    let is_mark = |line: &str| line.starts_with("{\"done\"");
    let marks = whole.lines().filter(|line| is_mark(line)).count();
    assert_eq!(marks, 20);
    let kept: String = whole.lines().filter(|line| !is_mark(line)).map(|line| format!("{line}\n")).collect();
    desk.write("courses.Revoked.signed", kept);
    assert_eq!(desk.line(&revoke).ends(0).json()["recorded"], 20);
    assert_eq!(desk.read("courses.Revoked.done.csv").lines().count(), 21);
    let shown =
        desk.line(&format!("passport show {worker} --ledger {} --as worker.jwk --json", server.url)).json();
    let training = shown["sections"]["training"].as_array().unwrap();
    assert_eq!(training.len(), 20);
    assert!(training.iter().all(|record| record["standing"] == "revoked"));
    for row in signed(&desk, "courses.signed") {
        let reference = reference_of(row["statement"].as_str().unwrap()).unwrap();
        desk.write("statement.sdjwt", row["statement"].as_str().unwrap());
        fetch(&desk, &server, &reference);
        desk.line(&format!("verify statement.sdjwt {VERIFY}")).ends(1);
    }
    let nothing = desk.line(&revoke.replace("courses.signed", "courses.csv")).ends(4);
    assert_eq!(nothing.reason(), "SIGNED_FILE_DAMAGED");
}
