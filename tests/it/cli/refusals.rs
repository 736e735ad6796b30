//! What is refused is named, is refused alone, and leaves nothing recorded that nobody hears of.

use serde_json::Value;

use super::spreadsheet::all_new;
use super::{Desk, MINISTRY, SCHOOL, Server, one_worker};

/// A desk whose ledger knows one worker, and `training.json` about that worker.
fn ready() -> (Desk, Server, String) {
    let (desk, server, worker) = one_worker();
    desk.record_training(&server.url, &worker);
    (desk, server, worker)
}

/// The place of one more entry: how many there were before it.
#[track_caller]
fn one_more(desk: &Desk, url: &str) -> u64 {
    desk.line("issue --key school.jwk --claims training.json --out more.sdjwt").ends(0);
    let answer = desk.line(&format!("append more.sdjwt --ledger {url}")).ends(0);
    answer.json()["leaf_index"].as_u64().unwrap()
}

fn errors(stderr: &str) -> Vec<Value> {
    let lines = stderr.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.map(|line| line["error"].clone()).collect()
}

#[test]
fn a_key_that_the_body_has_is_refused_before_the_authorisation_is_recorded() {
    let (desk, server, _) = ready();
    let url = &server.url;
    let before = one_more(&desk, url);
    let again = format!(
        "authorise --key ministry.jwk --iss {MINISTRY} --body {SCHOOL} --name school --as TRAINING_PROVIDER \
         --basis ACCREDITATION --may TrainingCompleted --in PH --from 2020-01-01 --jwk school.pub.jwk --ledger {url} --json"
    );
    let refused = desk.line(&again).ends(1);
    assert_eq!(refused.reason(), "KEY_EXISTS");
    assert!(refused.stderr.contains("nothing was recorded"), "{}", refused.stderr);
    assert_eq!(one_more(&desk, url), before + 1, "nothing came between");
    // The root's key stands in the ledger's own stream, so the ledger refuses it only after the authorisation: that is told.
    let own = again.replace(&format!("--body {SCHOOL}"), &format!("--body {MINISTRY}"));
    let refused = desk.line(&own.replace("school.pub.jwk", "ministry.pub.jwk"));
    let recorded = one_more(&desk, url) - (before + 2);
    assert_eq!(
        recorded > 0,
        refused.stderr.contains("before that was recorded: urn:uuid:"),
        "{}",
        refused.stderr
    );
    let end = format!(
        "end-authorisation --key ministry.jwk --iss {MINISTRY} --body {SCHOOL} --reason WITHDRAWN --ledger {url}"
    );
    desk.line(&end).ends(0);
}

#[test]
fn each_refused_statement_is_named_by_file_line_and_id_and_the_others_are_recorded() {
    let (desk, server, _) = ready();
    let issue = |claims: &str, out: &str| {
        desk.line(&format!("issue --key school.jwk --claims {claims} --out {out}")).ends(0);
        desk.read(out)
    };
    let good = issue("training.json", "good.sdjwt");
    let mut claims: Value = serde_json::from_str(&desk.read("training.json")).unwrap();
    claims["issuing_country"] = "DE".into();
    desk.write("abroad.json", claims.to_string());
    let abroad = issue("abroad.json", "abroad.sdjwt");
    desk.write("some.txt", format!("\n{abroad}not a statement\n").as_bytes());
    let large = "x".repeat(33 * 1024);
    desk.write("binary", [&[0xff, 0xfe, b'\n'], large.as_bytes(), b"\n", good.as_bytes()].concat());
    let line = format!("append missing.txt some.txt binary --ledger {} --json", server.url);
    let answer = desk.line(&line).ends(4);
    assert_eq!(answer.stdout.lines().count(), 1, "the good one is recorded: {}", answer.stdout);
    let found = errors(&answer.stderr);
    let of = |reason: &str| {
        found.iter().find(|error| error["reason"] == reason).unwrap_or_else(|| panic!("{reason}: {found:#?}"))
    };
    assert_eq!(of("FILE_UNREADABLE")["file"], "missing.txt");
    assert_eq!((&of("NOT_UTF8")["file"], &of("NOT_UTF8")["line"]), (&"binary".into(), &1.into()));
    assert_eq!((&of("TOO_LARGE")["file"], &of("TOO_LARGE")["line"]), (&"binary".into(), &2.into()));
    assert_eq!((&of("MALFORMED")["line"], &of("MALFORMED")["jti"]), (&3.into(), &Value::Null));
    let refused = found.iter().find(|error| error["file"] == "some.txt" && error["line"] == 2).unwrap();
    let jti = refused["jti"].as_str().unwrap();
    assert!(
        jti.starts_with("urn:uuid:") && refused["message"].as_str().unwrap().contains(jti),
        "{refused:#}"
    );
    assert_eq!(found.len(), 5, "{found:#?}");
    let text = desk.line(&format!("append some.txt --ledger {}", server.url)).ends(1).stderr;
    assert!(
        text.contains(&format!("some.txt, line 2 ({jti}): ")) && text.contains("some.txt, line 3: "),
        "{text}"
    );
}

#[test]
fn a_ledger_that_only_reads_says_so_at_once() {
    let (desk, server, _) = ready();
    desk.line("issue --key school.jwk --claims training.json --out more.sdjwt").ends(0);
    assert_eq!(server.stop(), 0);
    let server = Server::start_with(&desk, &["--data", "ledger", "--read-only"]);
    let refused = desk.line(&format!("append more.sdjwt --ledger {} --json", server.url)).ends(4);
    // One that was sent again until it was given up is NOT_ALL_ANSWERED.
    assert_eq!(refused.reason(), "LEDGER_READ_ONLY");
}

#[test]
fn what_is_wrong_with_a_key_or_a_slip_is_found_before_a_passport_is_opened() {
    let (desk, server, _) = ready();
    let url = &server.url;
    let before = one_more(&desk, url);
    desk.write("a-file", "");
    let long = format!("https://{}.invalid", "x".repeat(4000));
    for (more, code, reason) in [
        ("--holder-key missing.jwk".to_owned(), 4, "FILE_UNREADABLE"),
        ("--holder-key identity.json".to_owned(), 2, "KEY_FILE_INVALID"),
        ("--new-holder-key worker.jwk".to_owned(), 4, "FILE_UNWRITABLE"),
        ("--new-holder-key nowhere/new.jwk".to_owned(), 4, "FILE_UNWRITABLE"),
        ("--new-holder-key new.jwk --holder-passphrase-file a-file".to_owned(), 2, "PASSPHRASE_EMPTY"),
        ("--new-holder-key new.jwk --slip a-file".to_owned(), 4, "FILE_UNWRITABLE"),
        (format!("--slip slips --page {long}"), 4, "QR_TOO_LONG"),
    ] {
        let line = format!(
            "worker open --key school.jwk --iss {SCHOOL} --country PH --claims identity.json --ledger {url} --json"
        );
        let refused = desk.line(&format!("{line} {more}")).ends(code);
        assert_eq!(refused.reason(), reason, "{more}");
    }
    assert_eq!(one_more(&desk, url), before + 1, "no passport was opened");
    assert!(!desk.path("new.jwk").exists());
    desk.write("class.csv", all_new(1));
    let import = format!(
        "import class.csv --kind TrainingCompleted --key school.jwk --iss {SCHOOL} --ledger {url} --open-missing --slips a-file --json"
    );
    assert_eq!(desk.line(&import).ends(4).reason(), "FILE_UNWRITABLE");
    assert_eq!(one_more(&desk, url), before + 2, "neither by an import");
}

#[test]
fn an_operators_key_in_the_way_leaves_no_half_of_a_ledger() {
    let desk = Desk::new();
    desk.write("q.operator.key", "kept");
    let init = "init --data q --origin q.example.invalid --json";
    let refused = desk.line(init).ends(4);
    assert_eq!(refused.reason(), "ALREADY_EXISTS");
    assert!(refused.stderr.contains("q.operator.key"), "{}", refused.stderr);
    for left in ["q", "q.key", "q.lock"] {
        assert!(!desk.path(left).exists(), "{left}");
    }
    assert_eq!(desk.read("q.operator.key"), "kept");
    std::fs::remove_file(desk.path("q.operator.key")).unwrap();
    desk.line(init).ends(0);
}

#[test]
fn an_award_in_the_future_is_refused_with_the_rows_and_without_a_ledger() {
    let desk = Desk::new();
    let sheet = all_new(2).replacen("2024-06-28", "2199-01-01", 1);
    desk.write(
        "class.csv",
        sheet.replace(
            "P0000001,DOCUMENT_SEEN_IN_PERSON,2024-01-15",
            "P0000001,DOCUMENT_SEEN_IN_PERSON,2199-01-15",
        ),
    );
    desk.line("import class.csv --kind TrainingCompleted --open-missing --slips slips --check").ends(1);
    let errors = desk.read("class.errors.csv");
    let lines: Vec<&str> = errors.lines().skip(1).collect();
    assert!(lines[0].starts_with("2,completed_on,AWARD_DATE_IN_FUTURE,"), "{errors}");
    assert!(!desk.path("slips").exists() && !desk.path("class.signed").exists());
}

#[test]
fn a_refused_row_is_listed_in_order_and_tells_of_the_passport_it_opened() {
    let (desk, server, worker) = ready();
    let columns = all_new(0);
    // Abroad the school may not state it, but it may open the passport at home.
    let abroad = all_new(1).lines().nth(1).unwrap().replacen(",PH,", ",DE,", 1);
    let known =
        |title: &str, country: &str| format!("{worker},{country},{title},FORMAL,2024-06-28,,,,,,,,,\n");
    let text = format!(
        "{},open.issuing_country\n{}{abroad},PH\n{}",
        columns.trim_end(),
        known("Night school", "DE"),
        known("Day school", "PH")
    );
    desk.write("class.csv", text);
    let line = format!(
        "import class.csv --kind TrainingCompleted --key school.jwk --iss {SCHOOL} --ledger {} --open-missing --slips slips --json",
        server.url
    );
    assert_eq!(desk.line(&line).ends(1).reason(), "ROWS_REFUSED");
    let errors = desk.read("class.errors.csv");
    let lines: Vec<&str> = errors.lines().skip(1).collect();
    assert_eq!(lines.len(), 2, "{errors}");
    assert!(lines[0].starts_with("2,") && !lines[0].contains("The passport"), "{errors}");
    let slip = std::fs::read_dir(desk.path("slips"))
        .unwrap()
        .filter_map(|one| one.unwrap().file_name().into_string().ok());
    let opened: Vec<String> =
        slip.filter(|name| name.ends_with(".txt") && !name.starts_with(&worker)).collect();
    let opened = opened[0].trim_end_matches(".txt");
    assert!(
        lines[1].starts_with("3,")
            && lines[1].contains(&format!("The passport {opened} that the row opens is recorded")),
        "{errors}"
    );
    // Corrected, it goes into that passport.
    let text = desk.read("class.csv").replace(",DE,", ",PH,");
    desk.write("class.csv", text);
    desk.line(&line).ends(0);
    assert!(desk.read("class.done.csv").contains(opened));
}

#[test]
fn messages_send_nobody_the_wrong_way() {
    let (desk, server, worker) = ready();
    let url = &server.url;
    let holder = format!("--ledger {url} --as worker.jwk --json");
    let bare = worker.trim_start_matches("wkr_");
    for id in [worker.to_uppercase(), bare.to_owned(), bare.to_uppercase()] {
        let shown = desk.line(&format!("passport show {id} {holder}")).ends(0).json();
        assert_eq!(shown["worker"], worker.as_str(), "{id}");
    }
    desk.line("key new --out hospital.jwk").ends(0);
    let grant = format!("grant new {worker} --to hospital.pub.jwk --lasts 1d --out a.grant");
    let args: Vec<&str> = grant.split(' ').chain(holder.split(' ')).chain(["--purpose", ""]).collect();
    assert_eq!(desk.run(&args).ends(2).reason(), "PURPOSE_INVALID");
    let link = desk.line(&format!("passport share {worker} {holder}")).ends(0).json()["link"].clone();
    let open = format!(
        "share open {} --birth-date 1996-03-01 --ledger {url} --out s.skillpass",
        link.as_str().unwrap()
    );
    let refused = desk.line(&open).ends(1).stderr;
    assert!(refused.contains("check the birth date") && !refused.contains("worker id"), "{refused}");
    let refused = desk.line(&format!("passport share {worker} --expires 91d {holder}")).ends(1).stderr;
    assert!(refused.contains("at most 90 days") && !refused.contains("proto/"), "{refused}");
}
