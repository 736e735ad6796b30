//! Who may look, help, contest and is kept out: the commands, from one desk, over a real server.

use super::{Desk, MINISTRY, SCHOOL, Server};

const UNION: &str = "https://union.example.invalid";
const OFFICE: &str = "https://employment.example.invalid";

#[test]
fn a_worker_grants_sees_takes_back_and_keeps_out() {
    let desk = Desk::new();
    desk.found();
    let server = Server::start(&desk, "ledger");
    let url = server.url.clone();
    desk.authorise(&url);
    let worker = desk.open_worker(&url);
    desk.line("key new --out hospital.jwk").ends(0);
    let at = format!("--ledger {url} --json");
    let holder = format!("{at} --as worker.jwk");

    let given = desk
        .line(&format!(
            "grant new {worker} --to hospital.pub.jwk --purpose hiring --lasts 14d --section training --identity --out hospital.grant {holder}"
        ))
        .ends(0)
        .json();
    let id = given["id"].as_str().unwrap();
    let show =
        |key: &str| desk.line(&format!("passport show {worker} --as {key} --grant hospital.grant {at}"));
    assert_eq!(show("hospital.jwk").ends(0).json()["identity"]["family_name"], "DELA CRUZ");
    assert_eq!(show("school.jwk").ends(1).reason(), "GRANT_OTHER_KEY");
    let export = format!(
        "passport export {worker} --as hospital.jwk --grant hospital.grant --out part.skillpass {at}"
    );
    assert_eq!(desk.line(&export).ends(1).reason(), "GRANT_TOO_NARROW");
    let listed = desk.line(&format!("grant list {worker} {holder}")).ends(0).json();
    assert_eq!(listed["grants"][0]["id"], id);
    let noted = desk.line(&format!("access list {worker} {holder}")).ends(0).json();
    assert_eq!(
        (noted["notes"][0]["by"].as_str(), noted["notes"][0]["who"].as_str()),
        (Some("grant"), Some(id))
    );
    assert_eq!(
        desk.line(&format!("access list {worker} {at} --as hospital.jwk")).ends(1).reason(),
        "NOT_AVAILABLE"
    );
    desk.line(&format!("grant revoke {worker} --id {id} {holder}")).ends(0);
    assert_eq!(show("hospital.jwk").ends(1).reason(), "NOT_AVAILABLE");

    desk.line(&format!("protect block {worker} --country PH {holder}")).ends(0);
    let shown = desk.line(&format!("protect show {worker} {holder}")).ends(0).json();
    assert_eq!(shown["blocks"][0]["country"], "PH");
    let train = || {
        let mut claims = desk.line("kinds TrainingCompleted --example").json();
        claims["iss"] = SCHOOL.into();
        claims["sub"] = worker.as_str().into();
        claims["issuing_country"] = "PH".into();
        desk.write("training.json", claims.to_string());
        desk.line("issue --key school.jwk --claims training.json --out training.sdjwt").ends(0);
        desk.line(&format!("append training.sdjwt {at}"))
    };
    assert_eq!(train().ends(1).reason(), "UNKNOWN_WORKER");
    desk.line(&format!("protect unblock {worker} --country PH {holder}")).ends(0);
    train().ends(0);
    desk.line(&format!("protect append {worker} --ask on {holder}")).ends(0);
    let asked = desk.line(&format!("protect show {worker} {holder}")).ends(0).json();
    assert_eq!(asked["permitted"][0], SCHOOL);

    let raised = desk
        .line(&format!(
            "dispute raise {worker} --target training.sdjwt --grounds DATES_WRONG --key worker.jwk {at}"
        ))
        .ends(0)
        .json();
    let disputes = desk.line(&format!("dispute list {worker} {holder}")).ends(0).json();
    assert_eq!(
        (&disputes["disputes"][0]["dispute"], disputes["disputes"][0]["resolution"].is_null()),
        (&raised["hash"], true)
    );
    let resolve = format!(
        "dispute resolve {worker} --dispute {} --target training.sdjwt --resolution UPHELD --country PH --key ministry.jwk --iss {MINISTRY} {at}",
        raised["hash"].as_str().unwrap()
    );
    // Permission is asked for: the body above may act on what its school said, and that is all.
    desk.line(&resolve).ends(0);
    let disputes = desk.line(&format!("dispute list {worker} {holder}")).ends(0).json();
    assert_eq!(disputes["disputes"][0]["resolution"], "UPHELD");
}

#[test]
fn an_office_helps_on_the_word_of_two_bodies_and_a_desk_reads_under_its_own_key() {
    let desk = Desk::new();
    desk.found();
    let server = Server::start(&desk, "ledger");
    let url = server.url.clone();
    desk.authorise(&url);
    let worker = desk.open_worker(&url);
    let at = format!("--ledger {url} --json");
    for (name, issuer, kind) in
        [("union", UNION, "WORKERS_ORGANISATION"), ("office", OFFICE, "PUBLIC_EMPLOYMENT_SERVICE")]
    {
        desk.line(&format!("key new --out {name}.jwk")).ends(0);
        desk.line(&format!(
            "authorise --key ministry.jwk --iss {MINISTRY} --body {issuer} --name {name} --as {kind} --basis MEMBERSHIP \
             --may ReturnRecorded --in PH --from 2020-01-01 --jwk {name}.pub.jwk --ledger {url}"
        ))
        .ends(0);
    }
    desk.line(&format!(
        "assist vouch {worker} --key union.jwk --witness desk-4 --to office.pub.jwk --purpose lost-phone --lasts 4h --view home \
         --out union.word {at}"
    ))
    .ends(0);
    let twice =
        format!("assist vouch --with union.word --key union.jwk --witness desk-5 --out twice.word {at}");
    desk.line(&twice).ends(0);
    let open = |second: &str| desk.line(&format!("assist open union.word {second} {at}"));
    assert_eq!(open("twice.word").ends(1).reason(), "WITNESSES_NOT_INDEPENDENT");
    desk.line(&format!(
        "assist vouch --with union.word --key office.jwk --witness counter-12 --out office.word {at}"
    ))
    .ends(0);
    open("office.word").ends(0);
    desk.line(&format!("passport show {worker} --as office.jwk --grant union.word {at}")).ends(0);
    let listed = desk.line(&format!("grant list {worker} {at} --as worker.jwk")).ends(0).json();
    assert_eq!(listed["grants"][0]["witnesses"][1]["issuer"], OFFICE);
    let long = format!(
        "assist new {worker} --to office.pub.jwk --purpose forms --lasts 25h --out long.grant {at} --as worker.jwk"
    );
    assert_eq!(desk.line(&long).ends(1).reason(), "GRANT_TOO_LONG");
    desk.line(&long.replace("25h", "24h")).ends(0);

    desk.line("key new --out desk.jwk").ends(0);
    let root = format!("{at} --as ledger.operator.key");
    let show = || desk.line(&format!("passport show {worker} {at} --as desk.jwk"));
    show().ends(1);
    desk.line(&format!("operator add desk-1 --jwk desk.pub.jwk --role reader {root}")).ends(0);
    show().ends(0);
    let listed = desk.line(&format!("operator list {root}")).ends(0).json();
    assert_eq!(listed["operators"][0]["roles"][0], "reader");
    desk.line(&format!("operator remove desk-1 {root}")).ends(0);
    show().ends(1);
}
