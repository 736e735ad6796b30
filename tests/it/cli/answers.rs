//! Units, documents and statistics from the command line.

use serde_json::json;

use super::{Desk, Server, one_worker};

/// A served ledger, and the exported passport of a worker with one training, which the trust file believes.
fn desk() -> (Desk, Server, String) {
    let (desk, server, worker) = one_worker();
    desk.record_training(&server.url, &worker);
    let export =
        format!("passport export {worker} --ledger {} --as worker.jwk --out p.skillpass", server.url);
    desk.line(&export).ends(0);
    desk.trust(&server.url);
    (desk, server, worker)
}

#[test]
fn a_document_is_made_of_the_one_record_that_fits_or_refused() {
    let (desk, _server, _) = desk();
    let elm = desk.line("passport document p.skillpass --kind elm --json").ends(0).json();
    assert_eq!(elm["credentialSubject"]["hasClaim"]["type"], "LearningActivity");
    desk.line("passport document p.skillpass --kind elm --out elm.json").ends(0);
    assert!(desk.read("elm.json").contains("EuropeanDigitalCredential"));
    let refused = |line: &str, code: i32| desk.line(line).ends(code).reason();
    assert_eq!(refused("passport document p.skillpass --kind unesco-qp --json", 1), "DOCUMENT_DOES_NOT_FIT");
    assert_eq!(refused("passport document p.skillpass --kind elm --format html --json", 2), "NO_HTML");
    assert_eq!(
        refused("passport document p.skillpass --kind elm --record urn:uuid:x --json", 1),
        "UNKNOWN_RECORD"
    );
    let bent = desk.read("p.skillpass").replace("\"kind\":\"passport\"", "\"kind\":\"presentation\"");
    desk.write("bent.skillpass", bent);
    assert_eq!(refused("passport document bent.skillpass --kind elm --json", 1), "NOT_AUTHENTIC");
}

#[test]
fn units_are_counted_offline_and_a_standard_without_units_is_none() {
    let (desk, _server, worker) = desk();
    let mut standard = desk.line("kinds StandardPublished --example").ends(0).json();
    desk.write("standard.json", standard.to_string());
    let units = desk.line("units p.skillpass --standard-file standard.json --json").ends(3).json();
    assert_eq!((&units["progress"], &units["mandatory"]["shown"]), (&json!("IN_PROGRESS"), &json!(0)));
    standard.as_object_mut().unwrap().remove("units");
    desk.write("empty.json", standard.to_string());
    let refused = |line: &str, code: i32| desk.line(line).ends(code).reason();
    assert_eq!(refused("units p.skillpass --standard-file empty.json --json", 2), "NO_UNITS");
    assert_eq!(refused("units p.skillpass --standard https://x.invalid --json", 2), "STANDARD_MISSING");
    assert_eq!(refused(&format!("units {worker} --standard https://x.invalid --json"), 2), "READER_MISSING");
}

#[test]
fn a_table_that_does_not_add_up_is_flagged_and_still_computed() {
    let desk = Desk::new();
    desk.write(
        "table1.csv",
        "region,with_clause,agreements\nAfrica,0,32\nAsia,6,65\nEurope and the Americas,4,47\ntotal,10,147\n",
    );
    let json = desk.line("statistics coverage table1.csv --json").ends(0).json();
    assert_eq!(json["flags"], json!(["TotalMismatch"]));
    assert_eq!((&json["sum"]["agreements"], &json["sum"]["percent"]), (&json!(144), &json!(7)));
    assert_eq!(
        (&json["stated_total"]["agreements"], &json["stated_total"]["percent"]),
        (&json!(147), &json!(7))
    );
    assert!(desk.line("statistics coverage table1.csv").ends(0).stdout.contains("TotalMismatch"));
    desk.write("bad.csv", "region,with_clause,agreements\nAfrica,x,32\n");
    assert_eq!(desk.line("statistics coverage bad.csv --json").ends(1).reason(), "TABLE_INVALID");
}

#[test]
fn flows_are_for_an_operator() {
    let (desk, server, _) = desk();
    let line = |key: &str| {
        format!(
            "statistics flows --origin PH --destination DE --from 2024-01-01 --until 2030-12-31 --ledger {} --as {key} --json",
            server.url
        )
    };
    let report = desk.line(&line("ledger.operator.key")).ends(0).json();
    assert_eq!(report["total"]["out"], json!(null), "nobody went, and not even that is told");
    desk.line(&line("worker.jwk")).ends(1);
}

#[test]
fn a_worker_is_asked_about_as_people_type_the_id() {
    let (desk, server, worker) = desk();
    let typed = worker.trim_start_matches("wkr_").to_uppercase();
    let assess = |id: &str| {
        let how = "--destination DE --occupation 7112 --purpose hire --as worker.jwk --json";
        desk.line(&format!("assess {id} --ledger {} {how}", server.url)).ends(3).json()
    };
    assert_eq!(assess(&typed), assess(&worker));
    assert_eq!(assess(&worker.to_uppercase()), assess(&worker));
}

#[test]
fn every_log_starts_with_the_empty_tree() {
    let (desk, server, _) = desk();
    let proof = desk.line(&format!("log consistency 0 --ledger {} --json", server.url)).ends(0).json();
    assert_eq!((&proof["hashes"], &proof["verified"]), (&json!([]), &json!(true)));
}
