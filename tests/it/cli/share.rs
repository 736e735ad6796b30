//! Links to a part of a passport: the commands, from one desk, over a real server.

use super::{Desk, Server};

#[test]
fn a_link_opens_for_the_birth_date_verifies_for_itself_and_is_taken_back() {
    let desk = Desk::new();
    desk.found();
    let server = Server::start(&desk, "ledger");
    let url = server.url.clone();
    desk.authorise(&url);
    let worker = desk.open_worker(&url);
    desk.record_training(&url, &worker);
    desk.trust(&url);
    let holder = format!("--ledger {url} --as worker.jwk --json");

    let share = |more: &str| desk.line(&format!("passport share {worker} {more} {holder}"));
    let shared = share("--audience hospital --identity").ends(0).json();
    let link = shared["link"].as_str().unwrap();
    assert!(link.starts_with("https://ledger.example.invalid/v#s="), "{link}");
    let other = share("--pages http://127.0.0.1:1/ --expires 1h").ends(0).json();
    assert!(other["link"].as_str().unwrap().starts_with("http://127.0.0.1:1/v#s="), "{other}");
    assert_eq!(other["audience"], "http://127.0.0.1:1/v", "made for whoever has it");
    assert_eq!(share("--expires 91d").ends(1).reason(), "SHARE_TIME_INVALID");

    let open = |link: &str, birth_date: &str| {
        desk.line(&format!(
            "share open {link} --birth-date {birth_date} --ledger {url} --out shown.skillpass --json"
        ))
    };
    assert_eq!(open("https://ledger.example.invalid/v", "1996-02-29").ends(2).reason(), "LINK_INVALID");
    assert_eq!(open(link, "1996-03-01").ends(1).reason(), "NOT_AVAILABLE");
    let nonce = open(link, "1996-02-29").ends(0).json()["nonce"].as_str().unwrap().to_owned();
    let verify = |nonce: &str| {
        desk.line(&format!(
            "verify shown.skillpass --trust trust.toml --audience hospital --nonce={nonce} --json"
        ))
    };
    assert_eq!(verify(&nonce).ends(0).json()["verdict"], "valid");
    verify("another").ends(1);

    let listed = desk.line(&format!("share list {worker} {holder}")).ends(0).json();
    let name = shared["share"].as_str().unwrap();
    let found = listed["shares"].as_array().unwrap().iter().find(|share| share["share"] == name).unwrap();
    assert_eq!((found["wrong"].as_u64(), found["audience"].as_str()), (Some(1), Some("hospital")));
    let noted = desk.line(&format!("access list {worker} {holder}")).ends(0).json();
    let calls: Vec<&str> =
        noted["notes"].as_array().unwrap().iter().map(|note| note["call"].as_str().unwrap()).collect();
    assert!(calls.contains(&"OpenShare") && calls.contains(&"OpenShareRefused"), "{calls:?}");

    let revoked = desk.line(&format!("share revoke {worker} --id {name} {holder}")).ends(0).json();
    assert_eq!(revoked["revoked"], 1);
    assert_eq!(open(link, "1996-02-29").ends(1).reason(), "NOT_AVAILABLE");
    desk.line(&format!("share revoke {worker} --all {holder}")).ends(0);
    let none = desk.line(&format!("share list {worker} --ledger {url} --as worker.jwk")).ends(0);
    assert!(none.stdout.contains("no link opens"), "{}", none.stdout);
}
