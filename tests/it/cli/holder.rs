//! The holder's key on the command line: another algorithm, another device, a loss.

use super::{Desk, MINISTRY, Server};

#[test]
fn a_phone_s_key_is_bound_changed_recovered_and_cancelled() {
    let desk = Desk::new();
    desk.found();
    let server = Server::start(&desk, "ledger");
    let url = server.url.clone();
    desk.authorise(&url);
    let worker = desk.open_worker_with(&url, "--holder-key-type es256");
    assert!(desk.read("worker.pub.jwk").contains("P-256"));
    desk.line("key new --out phone.jwk --type es256").ends(0);
    let change = |key: &str| {
        desk.line(&format!(
            "worker change-key {worker} --key {key} --new-key phone.pub.jwk --ledger {url} --json"
        ))
    };
    change("worker.jwk").ends(0);
    assert_eq!(change("worker.jwk").ends(1).reason(), "UNKNOWN_WORKER");
    let show = |key: &str| desk.line(&format!("passport show {worker} --ledger {url} --as {key} --json"));
    show("worker.jwk").ends(1);
    assert!(show("phone.jwk").ends(0).json()["holder_key"]["recovery"].is_null());

    // An authority and a union, both under the ministry.
    for (name, kind, may) in [
        ("office", "PUBLIC_EMPLOYMENT_SERVICE", "HolderKeyRecoveryRequested,HolderKeyRecoveryConfirmed"),
        ("union", "WORKERS_ORGANISATION", "HolderKeyRecoveryConfirmed"),
    ] {
        desk.line(&format!("key new --out {name}.jwk")).ends(0);
        desk.line(&format!(
            "authorise --key ministry.jwk --iss {MINISTRY} --body https://{name}.example.invalid --name {name} --as {kind} \
             --basis DESIGNATION --may {may} --in PH --from 2020-01-01 --jwk {name}.pub.jwk --ledger {url}"
        ))
        .ends(0);
    }
    desk.line("key new --out new.jwk").ends(0);
    let recover = |line: &str| desk.line(&format!("worker recover {line} --ledger {url} --json"));
    let asked =
        recover(&format!("request {worker} --key office.jwk --country PH --new-key new.pub.jwk")).ends(0);
    let request = asked.json()["hash"].as_str().unwrap().to_owned();
    let confirm =
        |key: &str| recover(&format!("confirm {worker} --key {key} --country PH --request {request}"));
    assert_eq!(confirm("office.jwk").ends(1).reason(), "SECOND_BODY_NEEDED");
    confirm("union.jwk").ends(0);
    let complete = || recover(&format!("complete {worker} --key new.jwk --request {request}"));
    assert_eq!(complete().ends(1).reason(), "RECOVERY_TOO_EARLY");
    let shown = desk.line(&format!("passport show {worker} --ledger {url} --as phone.jwk")).ends(0);
    assert!(shown.stdout.contains("A NEW HOLDER KEY IS ASKED FOR") && shown.stdout.contains(&request));

    // Cancelled by name or, without a name, whatever is open.
    recover(&format!("cancel {worker} --key phone.jwk")).ends(0);
    assert_eq!(complete().ends(1).reason(), "RECOVERY_CANCELLED");
    let again = recover(&format!("cancel {worker} --key phone.jwk --request {request}")).ends(1);
    assert_eq!(again.reason(), "RECOVERY_CANCELLED");
    assert_eq!(server.stop(), 0);
    desk.line("fsck --data ledger").ends(0);
}
