//! `compare`, `gaps` and `classify` with real answers and real refusals.

use serde_json::{Value, json};

use super::{Desk, MINISTRY, Server};

const COUNCIL: &str = "https://council.example.invalid";
const MASONRY: &str = "https://council.example.invalid/standards/masonry";
const BRICKS: &str = "https://council.example.invalid/standards/bricklaying";

/// A served ledger on which a council has published two standards, and an employment service has a key.
fn desk() -> (Desk, Server) {
    let desk = Desk::new();
    desk.found();
    let server = Server::start(&desk, "ledger");
    desk.authorise(&server.url);
    let body = |name: &str, iss: &str, sort: &str, may: &str| {
        desk.line(&format!("key new --out {name}.jwk")).ends(0);
        let line = format!(
            "authorise --key ministry.jwk --iss {MINISTRY} --body {iss} --name {name} --as {sort} --basis ACCREDITATION --may {may} \
             --in PH --from 2020-01-01 --jwk {name}.pub.jwk --ledger {}",
            server.url
        );
        desk.line(&line).ends(0);
    };
    body("council", COUNCIL, "SECTOR_SKILLS_BODY", "SkillAssessed");
    body("service", "https://jobs.example.invalid", "PUBLIC_EMPLOYMENT_SERVICE", "TrainingRecommended");
    for (id, version, outcomes) in [
        (MASONRY, "2018", json!(["lays bricks"])),
        (MASONRY, "2022", json!(["lays bricks", "reads drawings"])),
        (BRICKS, "7", json!(["lays bricks", "points joints"])),
    ] {
        let claims = json!({"event": "StandardPublished", "iss": COUNCIL, "sub": id, "owner": COUNCIL, "title": {"en": "Masonry"},
            "version": version, "isco08": "7112", "outcomes": outcomes});
        desk.write("standard.json", claims.to_string());
        desk.line("issue --key council.jwk --claims standard.json --out standard.sdjwt").ends(0);
        desk.line(&format!("append standard.sdjwt --ledger {}", server.url)).ends(0);
        std::fs::remove_file(desk.path("standard.sdjwt")).unwrap();
    }
    (desk, server)
}

#[test]
fn two_standards_are_compared_by_their_own_words_and_for_a_worker() {
    let (desk, server) = desk();
    let url = &server.url;
    let compare = |more: &str| desk.line(&format!("compare {more} --ledger {url} --json"));
    let alone = compare(&format!("--standard {MASONRY} --standard {BRICKS}")).ends(0).json();
    assert_eq!(alone["same_words"], json!(["lays bricks"]));
    assert!(!alone.to_string().contains("score"), "{alone}");
    let older = compare(&format!("--standard {MASONRY}@2018 --standard {BRICKS}")).ends(0).json();
    assert_eq!(older["standards"][0]["standard"]["version"], "2018");

    let worker = desk.open_worker(url);
    let claims = json!({"event": "SkillAssessed", "iss": COUNCIL, "sub": worker, "issuing_country": "PH", "title": {"en": "Test"},
        "standard": {"id": MASONRY, "version": "2022"}, "assessed_on": "2024-01-02", "result": "PASSED",
        "outcomes": ["lays bricks"]});
    desk.write("assessed.json", claims.to_string());
    desk.line("issue --key council.jwk --claims assessed.json --out assessed.sdjwt").ends(0);
    desk.line(&format!("append assessed.sdjwt --ledger {url}")).ends(0);
    let of_worker =
        compare(&format!("{worker} --as worker.jwk --standard {MASONRY} --standard {BRICKS}")).ends(0).json();
    let missing: Vec<&Value> =
        of_worker["standards"].as_array().unwrap().iter().map(|side| &side["missing"]).collect();
    assert_eq!(missing, [&json!(["reads drawings"]), &json!(["lays bricks", "points joints"])]);
    let told = desk.line(&format!(
        "compare {worker} --as worker.jwk --standard {MASONRY} --standard {BRICKS} --ledger {url}"
    ));
    assert!(told.ends(0).stdout.contains("sentences that differ are not compared"));
    let gaps = desk
        .line(&format!("gaps {worker} --as worker.jwk --standard {MASONRY} --ledger {url} --json"))
        .ends(1)
        .json();
    assert_eq!(gaps["missing"], json!(["reads drawings"]));

    let refused = |more: &str, code: i32| desk.line(&format!("compare {more} --json")).ends(code).reason();
    assert_eq!(refused(&format!("--standard {MASONRY} --ledger {url}"), 2), "TWO_STANDARDS");
    assert_eq!(refused(&format!("--standard {MASONRY} --standard {BRICKS}"), 2), "LEDGER_MISSING");
    assert_eq!(
        refused(&format!("--standard {MASONRY}@1999 --standard {BRICKS} --ledger {url}"), 1),
        "NOT_FOUND"
    );
    assert_eq!(
        refused(&format!("{worker} --standard {MASONRY} --standard {BRICKS} --ledger {url}"), 2),
        "READER_MISSING"
    );
}

#[test]
fn education_is_held_against_a_job_by_a_named_rule_and_for_employment_services_alone() {
    let (desk, server) = desk();
    let classify = |more: &str| desk.line(&format!("classify {more} --ledger {} --json", server.url));
    let found = |rule: &str, isced: &str, isco: &str| {
        let line = format!("--rule {rule} --isced {isced} --isco {isco} --as service.jwk");
        let json = classify(&line).ends(0).json();
        assert_eq!(json["rule"], rule);
        json["match"].as_str().unwrap().to_owned()
    };
    // A degree in the job of a healthcare assistant, then in that of a nurse: the job changed, not the degree.
    assert_eq!(found("kilm-15b@2015", "6", "5321"), "OVER");
    assert_eq!(found("kilm-15b@2015", "6", "2221"), "MATCHED");
    assert_eq!(found("kilm-15b@2015", "2", "2221"), "UNDER");
    assert_eq!(found("isco-08-skill-level@2012", "5", "3112"), "MATCHED");
    let refused = |more: &str, code: i32| classify(more).ends(code).reason();
    assert_eq!(refused("--rule kilm-15b --isced 6 --isco 5321 --as service.jwk", 2), "UNKNOWN_RULE");
    assert_eq!(refused("--rule kilm-15b@2015 --isced 9 --isco 5321 --as service.jwk", 1), "VALUE_UNKNOWN");
    assert_eq!(
        refused("--rule kilm-15b@2015 --isced 6 --isco 5321 --as school.jwk", 1),
        "EMPLOYMENT_SERVICE_ONLY"
    );
    assert_eq!(refused("--rule kilm-15b@2015 --isced 6 --isco 5321", 2), "READER_MISSING");
    // A worker whose records name neither education nor job.
    let worker = desk.open_worker(&server.url);
    let of_worker = format!("--rule kilm-15b@2015 --worker {worker} --as ledger.operator.key");
    assert_eq!(refused(&of_worker, 1), "NOT_FOUND");
}
