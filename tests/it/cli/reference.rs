//! An authority publishes its table of regulated professions and its referencing, and the ledger answers with them.

use serde_json::Value;

use super::{Desk, MINISTRY, Server};

const TABLE: &str = "country,isco08,title,regulated,valid_from,legal_basis,source_title,source_date\n";
const AUTHORITY: &str = "https://authority.ph.example.invalid";

/// A desk whose ledger knows an authority with that kind and these rights; its key is `authority.jwk`.
fn ready(issuer_kind: &str, may: &str) -> (Desk, Server) {
    let desk = Desk::new();
    desk.found();
    let server = Server::start(&desk, "ledger");
    desk.line("key new --out authority.jwk").ends(0);
    let line = format!(
        "authorise --key ministry.jwk --iss {MINISTRY} --body {AUTHORITY} --name authority --as {issuer_kind} --basis STATUTE \
         --may {may} --in PH --from 2020-01-01 --jwk authority.pub.jwk --ledger {}",
        server.url
    );
    desk.line(&line).ends(0);
    (desk, server)
}

#[test]
fn a_table_of_professions_is_published_whole_or_not_at_all() {
    let (desk, server) = ready("COMPETENT_AUTHORITY", "ProfessionRegulated");
    desk.write("wrong.csv", format!("{TABLE}PH,2221,nurse,true,2002-11-15,Act,Gazette,2002-10-21\nPH,76,x,true,2002-11-15,Act,Gazette,2002-10-21\n"));
    let publish = |file: &str| {
        format!(
            "reference import {file} --kind professions --key authority.jwk --ledger {} --json",
            server.url
        )
    };
    let refused = desk.line(&publish("wrong.csv")).ends(1);
    assert_eq!(refused.reason(), "SHEET_REFUSED");
    let told: Value = serde_json::from_str(refused.stdout.lines().next().unwrap()).unwrap();
    assert_eq!(
        (&told["row"], &told["column"], &told["reason"]),
        (&3.into(), &"isco08".into(), &"MALFORMED_CODE".into())
    );
    desk.write("right.csv", format!("{TABLE}PH,2221,nurse,true,2002-11-15,Act,Gazette,2002-10-21\nPH,7112,mason,false,2002-11-15,Act,Gazette,2002-10-21\n"));
    let recorded = desk.line(&publish("right.csv")).ends(0).stdout;
    assert_eq!(recorded.lines().filter(|line| line.contains("leaf_index")).count(), 2);
}

#[test]
fn relate_asks_a_ledger_and_an_ended_referencing_is_told_as_such() {
    let (desk, server) = ready("QUALIFICATIONS_AUTHORITY", "ReferencingPublished");
    let relate = format!("relate ph/nqf:4 aqrf --ledger {} --json", server.url);
    assert_eq!(desk.line(&relate).ends(3).json()["answer"], "NeedsCheck");
    let mut claims = desk.line("kinds ReferencingPublished --example").ends(0).json();
    claims["iss"] = AUTHORITY.into();
    claims["owner"] = AUTHORITY.into();
    desk.write("report.json", claims.to_string());
    desk.line("issue --key authority.jwk --claims report.json --out report.sdjwt").ends(0);
    desk.line(&format!("append report.sdjwt --ledger {}", server.url)).ends(0);
    let answer = desk.line(&relate).ends(0).json();
    assert_eq!(
        (&answer["answer"], &answer["level"], &answer["kind"]),
        (&"Edge".into(), &"4".into(), &"referenced".into())
    );
    assert_eq!(answer["source"]["published_by"], AUTHORITY);
    assert!(answer["source"]["as_of"].is_string());
    let before = desk.line(&format!("{relate} --as-of 2020-01-01")).ends(3).json();
    assert_eq!(before["answer"], "NeedsCheck", "it was not published then");
    let bare = desk.line(&format!("relate PQF:4 aqrf --ledger {} --json", server.url)).ends(2);
    assert_eq!(bare.reason(), "BARE_FRAMEWORK");
}
