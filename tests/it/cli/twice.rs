//! One person, two passports: the operator finds them, a body joins them, the worker carries one file.

use super::{Desk, MINISTRY, SCHOOL, Server};

#[test]
fn a_passport_opened_twice_is_reviewed_joined_and_carried_as_one() {
    let desk = Desk::new();
    desk.found();
    let server = Server::start(&desk, "ledger");
    let url = server.url.clone();
    desk.authorise(&url);
    let one = desk.open_worker(&url);
    let opened = desk
        .line(&format!(
            "worker open --key school.jwk --iss {SCHOOL} --country PH --claims identity.json --new-holder-key second.jwk --ledger {url} --json"
        ))
        .ends(0);
    let two = opened.json()["worker"].as_str().unwrap().to_owned();
    // Graduates, and two of them again in another spreadsheet.
    desk.write("rows.csv", super::spreadsheet::twelve_rows(&one));
    desk.write("more.csv", super::spreadsheet::all_new(2));
    let row = format!(
        "worker,issuing_country,title.en,learning_setting,completed_on\n{two},PH,Night school,FORMAL,2024-06-28\n"
    );
    desk.write("two.csv", row);
    for sheet in ["rows.csv", "more.csv", "two.csv"] {
        let line = format!(
            "import {sheet} --kind TrainingCompleted --key school.jwk --iss {SCHOOL} --ledger {url} --open-missing --slips slips"
        );
        desk.line(&line).ends(0);
    }

    let operator = format!("--ledger {url} --as ledger.operator.key --json");
    let cases = desk.line(&format!("review list {operator}")).ends(0).json();
    assert_eq!(cases.as_array().unwrap().len(), 3);
    let case =
        cases.as_array().unwrap().iter().find(|case| case["opened"]["worker"] == two.as_str()).unwrap();
    assert_eq!(case["earlier"][0]["worker"], one.as_str());
    let resolve = |how: &str| desk.line(&format!("review resolve {} {how} {operator}", case["id"]));
    assert_eq!(resolve("joined").ends(1).reason(), "REVIEW_NOT_JOINED");
    let by_school = desk.line(&format!("review list --ledger {url} --as school.jwk --json")).ends(1);
    assert_eq!(by_school.reason(), "OPERATOR_ONLY");

    let office = "https://office.example.invalid";
    desk.line("key new --out office.jwk").ends(0);
    desk.line(&format!(
        "authorise --key ministry.jwk --iss {MINISTRY} --body {office} --name office --as PUBLIC_EMPLOYMENT_SERVICE \
         --basis DESIGNATION --may PassportsJoined --in PH --from 2020-01-01 --jwk office.pub.jwk --ledger {url}"
    ))
    .ends(0);
    let consent = |worker: &str, other: &str, key: &str, out: &str| {
        desk.line(&format!("worker join consent {worker} {other} --key {key} --body {office} --out {out}"))
            .ends(0);
    };
    consent(&one, &two, "worker.jwk", "one.consent");
    consent(&two, &one, "second.jwk", "two.consent");
    let record = |first: &str, second: &str| {
        desk.line(&format!(
            "worker join record {one} {two} --key office.jwk --country PH --consent {first} --other-consent {second} --ledger {url} --json"
        ))
    };
    assert_eq!(record("two.consent", "one.consent").ends(1).reason(), "CONSENT_MISSING");
    record("one.consent", "two.consent").ends(0);
    resolve("joined").ends(0);

    // One key for both, one file, one presentation.
    desk.line(&format!("worker change-key {two} --key second.jwk --new-key worker.pub.jwk --ledger {url}"))
        .ends(0);
    desk.trust(&url);
    desk.line(&format!("passport export {one} --ledger {url} --as worker.jwk --out p.skillpass")).ends(0);
    assert!(desk.read("p.skillpass").len() > 1000);
    desk.line("verify p.skillpass").ends(0);
    desk.line("passport present p.skillpass --key worker.jwk --audience https://hospital.example --nonce n1 --identity --out q.skillpass")
        .ends(0);
    let report =
        desk.line("verify q.skillpass --audience https://hospital.example --nonce n1 --json").ends(0).json();
    assert_eq!(report["records"].as_array().unwrap().len(), 2);
    let shown =
        desk.line(&format!("passport show {one} --ledger {url} --as worker.jwk --json")).ends(0).json();
    assert_eq!(shown["joined"][0], two.as_str());
    assert_eq!(server.stop(), 0);
    desk.line("fsck --data ledger").ends(0);
}
