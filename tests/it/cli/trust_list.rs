//! Trust lists as an authority publishes and a recruiter keeps them.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use super::{Desk, Server, eventually};

const NAME: &str = "trust.ministry.example.invalid";

/// `trust.toml`, `list` signed by `list.jwk`, and its fingerprint.
fn published(desk: &Desk, server: &Server) -> String {
    desk.trust(&server.url);
    desk.line("key new --out list.jwk").ends(0);
    sign(desk, "");
    desk.line("key show list.jwk --json").ends(0).json()["kid"].as_str().unwrap().to_owned()
}

fn sign(desk: &Desk, more: &str) {
    desk.line(&format!("trust sign --trust trust.toml --key list.jwk --name {NAME} --out list {more}"))
        .ends(0);
}

#[test]
fn a_list_is_pinned_once_and_verify_believes_it_until_it_expires() {
    let desk = Desk::new();
    desk.found();
    let server = Server::start(&desk, "ledger");
    desk.authorise(&server.url);
    let worker = desk.open_worker(&server.url);
    desk.line(&format!("passport export {worker} --as worker.jwk --ledger {} --out p.skillpass", server.url))
        .ends(0);
    let fingerprint = published(&desk, &server);

    let unpinned = desk.line("trust fetch list --trust kept.toml --json").ends(2);
    assert_eq!(unpinned.reason(), "FINGERPRINT_MISSING");
    let kept =
        desk.line(&format!("trust fetch list --fingerprint {fingerprint} --trust kept.toml --json")).ends(0);
    assert_eq!(kept.json()["list"]["fingerprint"], fingerprint.as_str());
    desk.line("verify p.skillpass --trust kept.toml").ends(0);
    desk.line("trust fetch --trust kept.toml").ends(0);
    assert_eq!(desk.line("trust show --trust kept.toml --json").ends(0).json()["list"]["name"], NAME);

    // A list of the past: what it says no longer decides anything, and says what to do.
    let text = desk.read("list");
    sign(&desk, "--expires 1s");
    let past = desk.read("list");
    desk.write("list", &text);
    assert_ne!(past, text);
    desk.write("kept.toml", &past);
    eventually("a list of one second expires", || {
        desk.line("verify p.skillpass --trust kept.toml").code == 3
    });
    let expired = desk.line("verify p.skillpass --trust kept.toml --json").ends(3);
    assert_eq!(expired.reason(), "TRUST_LIST_EXPIRED");
    assert_eq!(server.stop(), 0);
}

#[test]
fn an_altered_an_older_and_another_keys_list_are_refused_and_the_kept_one_stays() {
    let desk = Desk::new();
    desk.found();
    let server = Server::start(&desk, "ledger");
    let fingerprint = published(&desk, &server);
    let first = desk.read("list");
    sign(&desk, "--expires 91d");
    desk.line(&format!("trust fetch list --fingerprint {fingerprint} --trust kept.toml")).ends(0);
    let kept = desk.read("kept.toml");
    let refused = |text: &str, reason: &str| {
        desk.write("list", text);
        assert_eq!(desk.line("trust fetch --trust kept.toml --json").ends(1).reason(), reason);
        assert_eq!(desk.read("kept.toml"), kept, "{reason}");
    };
    refused(&kept.replacen("ministry.example", "minister.example", 1), "TRUST_LIST_SIGNATURE");
    if issued(&first) < issued(&kept) {
        refused(&first, "TRUST_LIST_OLDER");
    }
    desk.line("key new --out other.jwk").ends(0);
    let other = format!("trust sign --key other.jwk --name {NAME} --out list --expires 92d");
    desk.line(&other).ends(0);
    refused(&desk.read("list"), "TRUST_LIST_OTHER_KEY");
    // Signed by the pinned key too, the new key takes its place.
    desk.line(&format!("{other} --former-key list.jwk")).ends(0);
    let handed = desk.line("trust fetch --trust kept.toml --json").ends(0).json();
    assert_ne!(handed["list"]["fingerprint"], fingerprint.as_str());
    // And a plain file of one's own is never overwritten.
    let own =
        desk.line(&format!("trust fetch list --fingerprint {fingerprint} --trust trust.toml --json")).ends(1);
    assert_eq!(own.reason(), "TRUST_FILE_OWN");
    assert_eq!(server.stop(), 0);
}

fn issued(list: &str) -> &str {
    list.split("issued = ").nth(1).unwrap().split('"').nth(1).unwrap()
}

#[test]
fn a_list_is_fetched_over_http_up_to_its_limit() {
    let desk = Desk::new();
    desk.found();
    let server = Server::start(&desk, "ledger");
    let fingerprint = published(&desk, &server);
    assert_eq!(server.stop(), 0);
    let fetch = |body: Vec<u8>| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let serving = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.read(&mut [0; 1024]);
            let _ = write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
            let _ = stream.write_all(&body);
        });
        let fetched = desk.line(&format!(
            "trust fetch http://{address}/list --fingerprint {fingerprint} --trust kept.toml --json"
        ));
        serving.join().unwrap();
        fetched
    };
    let long = fetch(vec![b'x'; skillpass::trust::LIST_BYTES_MAX + 1]).ends(4);
    assert_eq!(long.reason(), "TRUST_LIST_UNREACHABLE");
    fetch(desk.read("list").into_bytes()).ends(0);
    desk.line("trust fetch http://127.0.0.1:1/list --trust kept.toml --json").ends(4);
}

#[test]
fn the_contact_shown_is_the_one_the_trust_file_gives() {
    let desk = Desk::new();
    desk.found();
    let server = Server::start(&desk, "ledger");
    let vkey = desk.read("vkey");
    let ministry = super::MINISTRY;
    let contact = format!("{ministry}={ministry}/ask");
    let add = ["trust", "add", "--ledger", &server.url, "--vkey", &vkey, "--all-roots", "--contact"];
    desk.run(&[&add[..], &[&contact, "--json"]].concat()).ends(0);
    let shown = desk.line("trust show --json").ends(0).json();
    assert_eq!(shown["roots"][0]["contact"], format!("{ministry}/ask"));
    let unknown = desk.run(&[&add[..], &["https://nobody.example.invalid=x", "--json"]].concat()).ends(2);
    assert_eq!(unknown.reason(), "UNKNOWN_ROOT");
    assert_eq!(server.stop(), 0);
}

#[test]
fn a_list_that_would_last_too_long_is_refused_even_beyond_the_last_time_there_is() {
    let desk = Desk::new();
    desk.write("trust.toml", "");
    desk.line("key new --out list.jwk").ends(0);
    let sign = format!("trust sign --trust trust.toml --key list.jwk --name {NAME} --out list --json");
    for span in ["732d", "4294967295d"] {
        let refused = desk.line(&format!("{sign} --expires {span}")).ends(1);
        assert_eq!(refused.reason(), "TRUST_LIST_HEADER", "{span}");
        assert!(!desk.path("list").exists());
    }
    desk.line(&format!("{sign} --expires 731d")).ends(0);
}
