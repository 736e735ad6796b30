//! Social partners and custodians, from the command line.

use super::{Desk, MINISTRY, SCHOOL, Server};

const UNION: &str = "https://union.example.invalid";
const FEDERATION: &str = "https://federation.example.invalid";

fn enrol(desk: &Desk, url: &str, who: &str, issuer: &str, kind: &str) {
    desk.line(&format!("key new --out {who}.jwk")).ends(0);
    let line = format!(
        "authorise --key ministry.jwk --body {issuer} --name {who} --as {kind} --basis REGISTRATION \
         --may DisputeResolved --in PH --from 2020-01-01 --jwk {who}.pub.jwk --ledger {url}"
    );
    desk.line(&line).ends(0);
}

#[test]
fn a_school_starts_when_union_and_federation_have_endorsed_it_and_closes_into_good_hands() {
    let desk = Desk::new();
    desk.found();
    let server = Server::start(&desk, "ledger");
    let url = server.url.clone();
    enrol(&desk, &url, "union", UNION, "WORKERS_ORGANISATION");
    enrol(&desk, &url, "federation", FEDERATION, "EMPLOYERS_ORGANISATION");
    let require = "require-endorsement --key ministry.jwk --in PH --of TRAINING_PROVIDER --needed";
    assert_eq!(
        desk.line(&format!("{require} 2 --sides WORKERS --ledger {url} --json")).ends(1).reason(),
        "TOO_FEW_SIDES"
    );
    desk.line(&format!("{require} 2 --ledger {url}")).ends(0);
    desk.authorise(&url);
    desk.write("identity.json", super::IDENTITY);
    let open = format!(
        "worker open --key school.jwk --country PH --claims identity.json --new-holder-key worker.jwk --slip slips --ledger {url} --json"
    );
    assert_eq!(desk.line(&open).ends(1).reason(), "NOT_ENDORSED");
    desk.line(&format!("endorse --key union.jwk --body {SCHOOL} --ledger {url}")).ends(0);
    let again = desk.line(&format!("endorse --key union.jwk --body {SCHOOL} --ledger {url} --json"));
    assert_eq!(again.ends(1).reason(), "ALREADY_ENDORSED");
    desk.line(&format!("endorse --key federation.jwk --body {SCHOOL} --ledger {url}")).ends(0);
    let worker = desk.line(&open).ends(0).json()["worker"].as_str().unwrap().to_owned();

    desk.line(&format!("endorse --withdraw --key union.jwk --body {SCHOOL} --ledger {url}")).ends(0);
    let none =
        desk.line(&format!("endorse --withdraw --key union.jwk --body {SCHOOL} --ledger {url} --json"));
    assert_eq!(none.ends(1).reason(), "NO_AUTHORISATION");
    desk.line(&format!(
        "end-authorisation --key ministry.jwk --body {SCHOOL} --reason CLOSED --custodian {UNION} --ledger {url}"
    ))
    .ends(0);
    desk.line(&format!(
        "name-custodian --key ministry.jwk --body {SCHOOL} --custodian {MINISTRY} --ledger {url}"
    ))
    .ends(0);
    desk.trust(&url);
    desk.line(&format!("passport export {worker} --ledger {url} --as worker.jwk --out p.skillpass")).ends(0);
    assert_eq!(server.stop(), 0);
    desk.line("verify p.skillpass").ends(0);
    desk.line("fsck --data ledger").ends(0);
}
