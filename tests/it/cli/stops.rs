//! A server whose ledger has stopped itself ends, so that nobody takes it for a healthy one and a supervisor starts it again.

use super::{Server, one_worker};

#[test]
fn a_server_whose_ledger_cannot_write_ends_with_an_exit_code_of_its_own_and_starts_again() {
    let (desk, server, worker) = one_worker();
    desk.record_training(&server.url, &worker);
    desk.line("issue --key school.jwk --claims training.json --out another.sdjwt").ends(0);
    // No lock can be written any more: the next checkpoint fails like a full disk.
    std::fs::rename(desk.path("ledger.lock"), desk.path("away")).unwrap();
    let url = server.url.clone();
    // Acknowledged, or cut off: which of them is not the point here.
    let sent = desk.line(&format!("append another.sdjwt --ledger {url}"));
    assert_eq!(server.ended(), 4, "{}", sent.stderr);
    std::fs::rename(desk.path("away"), desk.path("ledger.lock")).unwrap();
    let server = Server::start(&desk, "ledger");
    desk.line(&format!("append another.sdjwt --ledger {}", server.url)).ends(0);
    assert_eq!(server.stop(), 0);
    desk.line("fsck --data ledger").ends(0);
}
