//! From nothing to a verified passport, and what must fail on the way.

use super::{Desk, MINISTRY, SCHOOL, Server, bend};

#[test]
fn from_init_to_a_verified_presentation() {
    let desk = Desk::new();
    desk.found();
    let server = Server::start(&desk, "ledger");
    let url = server.url.clone();
    desk.authorise(&url);
    let worker = desk.open_worker(&url);
    assert!(desk.path("slips").join(format!("{worker}.html")).exists());

    desk.write("twelve.csv", super::spreadsheet::twelve_rows(&worker));
    let import = format!(
        "import twelve.csv --kind TrainingCompleted --key school.jwk --iss {SCHOOL} --ledger {url} --open-missing --slips slips --json"
    );
    let imported = desk.line(&import).ends(0).json();
    assert_eq!((imported["rows"].as_u64(), imported["recorded"].as_u64()), (Some(12), Some(12)));

    desk.trust(&url);
    desk.line(&format!("passport export {worker} --ledger {url} --as worker.jwk --out p.skillpass")).ends(0);
    let shown = desk
        .line(&format!("passport show {worker} --ledger {url} --as ledger.operator.key --json"))
        .ends(0)
        .json();
    assert_eq!(shown["sections"]["training"].as_array().unwrap().len(), 1);
    desk.line("passport present p.skillpass --key worker.jwk --audience https://hospital.example --nonce n1 --identity --out q.skillpass")
        .ends(0);

    // What was exported is checked by someone who never saw the ledger: it is stopped.
    assert_eq!(server.stop(), 0);
    let report = desk.line("verify p.skillpass --json").ends(0).json();
    assert_eq!(report["verdict"], "valid");
    desk.line("verify q.skillpass --audience https://hospital.example --nonce n1").ends(0);
    desk.line("verify q.skillpass --audience https://clinic.example --nonce n1").ends(1);
    desk.line("verify q.skillpass --audience https://hospital.example --nonce n2").ends(1);
    desk.write(
        "ana.json",
        r#"{"family_name": "DELA CRUZ", "given_name": "ANA", "birth_date": "1996-02-29"}"#,
    );
    desk.write(
        "eva.json",
        r#"{"family_name": "DELA CRUZ", "given_name": "EVA", "birth_date": "1996-02-29"}"#,
    );
    desk.line("verify q.skillpass --person ana.json").ends(0);
    desk.line("verify q.skillpass --person eva.json").ends(1);

    desk.line("verify q.skillpass --report q.html").ends(0);
    assert!(desk.read("q.html").contains("Authentic"));
    std::fs::copy(desk.path("q.skillpass"), desk.path("bent.skillpass")).unwrap();
    bend(&desk.path("bent.skillpass"), "ledger.example.invalid", "ledgex.example.invalid");
    desk.line("verify bent.skillpass").ends(1);

    std::fs::remove_file(desk.path("trust.toml")).unwrap();
    assert_eq!(desk.line("verify p.skillpass --json").ends(3).reason(), "NO_TRUST_FILE");
    desk.line(&format!("log checkpoint --ledger {url}")).ends(4);
    desk.line("fsck --data ledger").ends(0);
    desk.line("rebuild --data ledger").ends(0);
    desk.line("log export --data ledger --out public").ends(0);
    assert!(desk.path("public").join("checkpoint").exists());
}

#[test]
fn a_lost_lock_is_made_again_from_the_newest_checkpoint_and_from_nothing_else() {
    let desk = Desk::new();
    desk.found();
    assert_eq!(Server::start(&desk, "ledger").stop(), 0);
    std::fs::copy(desk.path("ledger/log/checkpoint"), desk.path("newest.txt")).unwrap();
    std::fs::remove_dir_all(desk.path("ledger.lock")).unwrap();
    std::fs::create_dir(desk.path("ledger.lock")).unwrap();
    let start = "serve --data ledger --grpc 127.0.0.1:0 --http 127.0.0.1:0 --json";
    assert_eq!(desk.line(start).ends(4).reason(), "LOCK_MISSING");
    desk.write("other.txt", "ledger.example.invalid\n1\n\n");
    let refused = desk.line("log relock --data ledger --checkpoint other.txt --json").ends(4);
    assert_eq!(refused.reason(), "CHECKPOINT_REFUSED");
    desk.line("log relock --data ledger --checkpoint newest.txt").ends(0);
    assert_eq!(Server::start(&desk, "ledger").stop(), 0);
    desk.line("fsck --data ledger").ends(0);
}

#[test]
fn nobody_reads_a_worker_without_a_key_that_may() {
    let desk = Desk::new();
    desk.found();
    let server = Server::start(&desk, "ledger");
    desk.authorise(&server.url);
    let worker = desk.open_worker(&server.url);
    let show = |key: &str, worker: &str| {
        desk.line(&format!("passport show {worker} --ledger {} --as {key} --json", server.url))
    };
    show("worker.jwk", &worker).ends(0);
    let example = desk.line("kinds PassportOpened --example").json();
    let nobody = example["sub"].as_str().unwrap();
    let (stranger, unknown) = (show("school.jwk", &worker), show("school.jwk", nobody));
    assert_eq!((stranger.code, stranger.reason()), (1, unknown.reason()));
    assert_eq!(stranger.stderr, unknown.stderr);
}

#[test]
fn what_a_body_may_say_begins_and_ends() {
    let desk = Desk::new();
    desk.found();
    let server = Server::start(&desk, "ledger");
    let url = server.url.clone();
    let mut claims = desk.line("kinds PassportOpened --example").json();
    claims["iss"] = SCHOOL.into();
    claims["issuing_country"] = "PH".into();
    desk.write("opened.json", claims.to_string());
    let issue =
        |out: &str| desk.line(&format!("issue --key school.jwk --claims opened.json --out {out}")).ends(0);
    issue("a.sdjwt");
    let append = |file: &str| desk.line(&format!("append {file} --ledger {url} --json"));
    assert_eq!(append("a.sdjwt").ends(1).reason(), "UNKNOWN_ISSUER");
    desk.authorise(&url);
    let first = append("a.sdjwt").ends(0).json();
    assert_eq!((first["revision"].as_u64(), first["leaf_index"].as_u64().is_some()), (Some(0), true));
    let again = append("a.sdjwt").ends(0).json();
    assert_eq!(
        (first["leaf_index"].clone(), first["recorded_at"].clone()),
        (again["leaf_index"].clone(), again["recorded_at"].clone())
    );

    let about = format!("--key ministry.jwk --iss {MINISTRY} --body {SCHOOL} --ledger {url}");
    desk.line(&format!("end-authorisation {about} --reason CLOSED")).ends(0);
    assert_eq!(
        desk.line(&format!("end-authorisation {about} --reason CLOSED --json")).ends(1).reason(),
        "NO_AUTHORISATION"
    );
    desk.line("kinds TrainingCompleted --example").ends(0);
    let mut claims = desk.line("kinds TrainingCompleted --example").json();
    claims["iss"] = SCHOOL.into();
    claims["issuing_country"] = "PH".into();
    claims["sub"] = desk.line("kinds PassportOpened --example").json()["sub"].clone();
    desk.write("training.json", claims.to_string());
    desk.line("issue --key school.jwk --claims training.json --out b.sdjwt").ends(0);
    append("b.sdjwt").ends(1);
}

#[test]
fn a_key_is_rotated_and_the_old_one_no_longer_signs() {
    let desk = Desk::new();
    desk.found();
    let server = Server::start(&desk, "ledger");
    let url = server.url.clone();
    desk.authorise(&url);
    desk.line("key new --out next.jwk").ends(0);
    let rotate = format!("key rotate --key school.jwk --iss {SCHOOL} --new next.pub.jwk --ledger {url}");
    desk.line(&rotate).ends(0);
    desk.write("identity.json", super::IDENTITY);
    let open = |key: &str| {
        desk.line(&format!(
            "worker open --key {key} --iss {SCHOOL} --country PH --claims identity.json --ledger {url} --json"
        ))
    };
    assert_eq!(open("school.jwk").ends(1).reason(), "KEY_ENDED");
    open("next.jwk").ends(0);
}

#[test]
fn a_statement_is_revoked_by_its_file_and_the_passport_says_so() {
    let desk = Desk::new();
    desk.found();
    let server = Server::start(&desk, "ledger");
    let url = server.url.clone();
    desk.authorise(&url);
    let worker = desk.open_worker(&url);
    let mut claims = desk.line("kinds TrainingCompleted --example").json();
    claims["iss"] = SCHOOL.into();
    claims["issuing_country"] = "PH".into();
    claims["sub"] = worker.clone().into();
    desk.write("training.json", claims.to_string());
    desk.line("issue --key school.jwk --claims training.json --out t.sdjwt").ends(0);
    desk.line(&format!("append t.sdjwt --ledger {url} --wait")).ends(0);
    let revoke = format!(
        "revoke --key school.jwk --iss {SCHOOL} --worker {worker} --country PH --target t.sdjwt --reason ISSUED_IN_ERROR --ledger {url}"
    );
    desk.line(&revoke).ends(0);
    let passport =
        desk.line(&format!("passport show {worker} --ledger {url} --as worker.jwk --json")).ends(0).json();
    assert_eq!(passport["sections"]["training"][0]["standing"], "revoked");
}

#[test]
fn erasure_is_a_dry_run_until_it_is_confirmed_and_then_final() {
    let desk = Desk::new();
    desk.found();
    let server = Server::start(&desk, "ledger");
    let url = server.url.clone();
    desk.authorise(&url);
    let worker = desk.open_worker(&url);
    let erase = format!("erase {worker} --order court-12 --as ledger.operator.key --ledger {url} --json");
    assert_eq!(desk.line(&erase).ends(0).json()["erased"], false);
    let shown =
        || desk.line(&format!("passport show {worker} --ledger {url} --as ledger.operator.key --json")).code;
    assert_eq!(shown(), 0);
    let request = format!("erase {worker} --make-request request.jwt --as worker.jwk --ledger {url}");
    desk.line(&request).ends(0);
    let erased = desk.line(&format!(
        "erase {worker} --request request.jwt --ledger {url} --yes --last-export last.skillpass --json"
    ));
    assert_eq!(erased.ends(0).json()["erased"], true);
    assert_eq!(shown(), 1);
    assert!(desk.path("last.skillpass").exists());
    assert_eq!(server.stop(), 0);
    desk.line("fsck --data ledger").ends(0);
}
