//! Token Status Lists over HTTP, read as a foreign verifier reads them: address from the statement, key from the issuer
//! metadata, token checked strictly.

use std::io::Read as _;

use serde_json::Value;
use skillpass::crypto::{PrivateKey, PublicKey};
use skillpass::event::Kind;
use skillpass::ledger::Clock as _;
use skillpass::statement::StatusReference;
use skillpass::statement::status_list::{StatusClaims, look_up};

use super::Served;
use crate::support::{ORIGIN, PROVIDER, hash_of};

fn json(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap()
}

/// The path of the list that a statement names.
fn path_of(reference: &StatusReference) -> String {
    reference.uri.strip_prefix(&format!("https://{ORIGIN}")).unwrap().to_owned()
}

/// The key that signs status lists, found where a verifier looks: in the metadata of the token's `iss`.
fn status_key(served: &Served, token: &str) -> PublicKey {
    let part = |at: usize| {
        let bytes = skillpass::crypto::base64url_decode(token.split('.').nth(at).unwrap()).unwrap();
        json(&bytes)
    };
    assert_eq!(part(1)["iss"], format!("https://{ORIGIN}"));
    let (_, metadata) = served.get("/.well-known/jwt-vc-issuer");
    let metadata = json(&metadata);
    assert_eq!(metadata["issuer"], part(1)["iss"]);
    let keys = metadata["jwks"]["keys"].as_array().unwrap();
    let key = keys.iter().find(|key| key["kid"] == part(0)["kid"]).expect("the status key is listed");
    PublicKey::from_jwk(key).unwrap()
}

fn read(served: &Served, reference: &StatusReference, query: &str) -> (StatusClaims, u8) {
    let (head, body) = served.get(&format!("{}{query}", path_of(reference)));
    assert!(head.starts_with("http/1.1 200"), "{head}");
    assert!(head.contains("content-type: application/statuslist+jwt"), "{head}");
    assert!(head.contains("access-control-allow-origin: *"), "{head}");
    let token = String::from_utf8(body).unwrap();
    look_up(&token, &status_key(served, &token), reference).unwrap()
}

fn revoke(served: &Served, worker: &crate::support::Worker, text: &str) {
    let test = &served.test;
    let revoked = test.about(&test.provider, worker, Kind::Revoked, |claims| {
        claims.insert("target".into(), hash_of(text).into());
        claims.shift_remove("effective_from");
    });
    test.append(revoked).unwrap();
}

#[test]
fn a_foreign_verifier_finds_list_key_and_status_from_the_statement_alone() {
    let served = Served::new();
    let test = &served.test;
    let worker = test.open_passport();
    let (revoked, valid) = (test.index_for(&test.provider), test.index_for(&test.provider));
    let text = test.bearing(&test.provider, &worker, Kind::TrainingCompleted, &revoked);
    for text in [&text, &test.bearing(&test.provider, &worker, Kind::TrainingCompleted, &valid)] {
        test.append(text.clone()).unwrap();
    }
    let (claims, number) = read(&served, &revoked, "");
    assert_eq!((number, claims.uri.as_str()), (0, revoked.uri.as_str()));
    let now = i64::try_from(test.clock.now_ms() / 1000).unwrap();
    assert_eq!((claims.issued_at, claims.ttl, claims.expires_at), (now, Some(3600), Some(now + 86_400)));
    assert!(claims.is_fresh(now + 3599, 0) && !claims.is_fresh(now + 3600, 0));

    test.clock.set(test.clock.now_ms() + 5_000);
    revoke(&served, &worker, &text);
    // Before any checkpoint, let alone any pause: what is acknowledged is answered.
    assert_eq!(read(&served, &revoked, "").1, 1);
    assert_eq!(read(&served, &valid, "").1, 0);
    let (claims, number) = read(&served, &revoked, &format!("?time={}", now + 1));
    assert_eq!((number, claims.issued_at), (0, now + 1), "as it was");
    assert_eq!(read(&served, &revoked, &format!("?time={}", now + 5)).1, 1);
}

#[test]
fn a_list_is_compressed_for_whoever_asks() {
    let served = Served::new();
    let reference = served.test.index_for(&served.test.provider);
    let path = path_of(&reference);
    let (_, plain) = served.get(&path);
    let asked = format!(
        "GET {path} HTTP/1.1\r\nhost: {ORIGIN}\r\naccept-encoding: br, gzip\r\nconnection: close\r\n\r\n"
    );
    let (head, body) = served.ask(&asked);
    assert!(head.contains("content-encoding: gzip") && head.contains("vary: accept-encoding"), "{head}");
    let mut text = Vec::new();
    flate2::read::GzDecoder::new(&body[..]).read_to_end(&mut text).unwrap();
    assert_eq!(text, plain, "signed alike in the same second");
}

#[test]
fn times_outside_the_lists_history_and_unknown_lists_are_refused_by_name() {
    let served = Served::new();
    let reference = served.test.index_for(&served.test.provider);
    let path = path_of(&reference);
    let now = served.test.clock.now_ms() / 1000;
    for (asked, status, reason) in [
        (format!("{path}?time={}", now - 1), "404", "NO_SUCH_TIME"),
        (format!("{path}?time={}", now + 1), "404", "NO_SUCH_TIME"),
        (format!("{path}?time=yesterday"), "400", "TIME_INVALID"),
        (format!("{path}?time={now}&x=1"), "400", "TIME_INVALID"),
        ("/status/AAAAAAAAAAAAAAAAAAAAAA".to_owned(), "404", "NO_SUCH_LIST"),
        (format!("{path}A"), "404", "NO_SUCH_LIST"),
    ] {
        let (head, body) = served.get(&asked);
        assert!(head.starts_with(&format!("http/1.1 {status}")), "{asked}: {head}");
        assert_eq!(json(&body)["error"]["reason"], reason, "{asked}");
    }
    assert!(served.get(&format!("{path}?time={now}")).0.starts_with("http/1.1 200"));
}

#[test]
fn all_lists_are_listed() {
    let served = Served::new();
    assert_eq!(json(&served.get("/status").1)["status_lists"], serde_json::json!([]));
    let reference = served.test.index_for(&served.test.provider);
    assert_eq!(json(&served.get("/status").1)["status_lists"], serde_json::json!([reference.uri]));
    let (_, token) = served.get(&path_of(&reference));
    let payload = String::from_utf8(token).unwrap().split('.').nth(1).unwrap().to_owned();
    let payload = json(&skillpass::crypto::base64url_decode(payload).unwrap());
    assert_eq!(payload["status_list"]["aggregation_uri"], format!("https://{ORIGIN}/status"));
}

#[test]
fn a_list_of_another_ledger_or_another_list_is_not_this_one() {
    let (served, other) = (Served::new(), Served::new());
    let (reference, swapped) =
        (served.test.index_for(&served.test.provider), other.test.index_for(&other.test.provider));
    let token = |served: &Served, reference| String::from_utf8(served.get(&path_of(reference)).1).unwrap();
    let (own, foreign) = (token(&served, &reference), token(&other, &swapped));
    let key = status_key(&served, &own);
    assert_eq!(look_up(&own, &key, &reference).unwrap().1, 0);
    assert_eq!(look_up(&foreign, &key, &reference).unwrap_err().reason(), "KID_MISMATCH");
    let foreign_key = status_key(&other, &foreign);
    assert_eq!(look_up(&foreign, &foreign_key, &reference).unwrap_err().reason(), "STATUS_LIST_OTHER_URI");
    let issuers: &PrivateKey = &served.test.provider.key;
    assert_eq!(look_up(&own, &issuers.public(), &reference).unwrap_err().reason(), "KID_MISMATCH");
}

#[test]
fn the_metadata_of_a_body_does_not_list_the_ledgers_keys() {
    let served = Served::new();
    let reference = served.test.index_for(&served.test.provider);
    let token = String::from_utf8(served.get(&path_of(&reference)).1).unwrap();
    let key = status_key(&served, &token).thumbprint();
    let asked =
        format!("/.well-known/jwt-vc-issuer?iss={}", PROVIDER.replace(':', "%3A").replace('/', "%2F"));
    let (_, body) = served.get(&asked);
    assert!(!String::from_utf8(body).unwrap().contains(&key));
}

fn allocate(
    served: &Served,
    key: &PrivateKey,
    issuer: Option<&str>,
    count: u32,
) -> Result<Vec<StatusReference>, String> {
    let mut claims = super::claims(&served.test);
    if let Some(issuer) = issuer {
        claims.insert("iss".into(), issuer.into());
    }
    let token = skillpass::statement::jws::sign(skillpass::service::ACCESS_TYP, &claims, key);
    let request = super::with_token(skillpass::pb::AllocateStatusRequest { count }, &token);
    let answer = served.run(served.ledger().allocate_status(request));
    let lists = answer.map_err(|status| super::reason(&status))?.into_inner().lists;
    let of = |list: skillpass::pb::StatusIndexes| {
        let uri = list.uri;
        list.indexes
            .into_iter()
            .map(move |index| StatusReference { uri: uri.clone(), index: u64::from(index) })
            .collect::<Vec<_>>()
    };
    Ok(lists.into_iter().flat_map(of).collect())
}

#[test]
fn a_body_has_indexes_allocated_under_its_own_key_and_nobody_elses() {
    let served = Served::new();
    let test = &served.test;
    let (provider, competent) = (&test.provider, &test.competent);
    let given = allocate(&served, &provider.key, Some(&provider.issuer), 3).unwrap();
    assert_eq!(given.len(), 3);
    assert_eq!(
        allocate(&served, &provider.key, Some(&competent.issuer), 1),
        Err("CREDENTIAL_UNKNOWN_ISSUER".into())
    );
    assert_eq!(allocate(&served, &provider.key, None, 1), Err("ISSUER_ONLY".into()));
    assert_eq!(allocate(&served, &served.operator(), None, 1), Err("ISSUER_ONLY".into()));
    let anonymous =
        served.run(served.ledger().allocate_status(skillpass::pb::AllocateStatusRequest { count: 1 }));
    assert_eq!(super::reason(&anonymous.unwrap_err()), "ISSUER_ONLY");
    for count in [0, 10_001] {
        assert_eq!(
            allocate(&served, &provider.key, Some(&provider.issuer), count),
            Err("STATUS_COUNT".into())
        );
    }
    assert_eq!(
        allocate(&served, &provider.key, Some(&provider.issuer), 10_000).map(|all| all.len()),
        Ok(10_000)
    );
    // A key that has ended allocates nothing.
    let ended = serde_json::json!({"sub": provider.issuer, "kid": provider.key.public().thumbprint(), "reason": "RETIRED"});
    test.append(test.in_clear(&test.root, Kind::IssuerKeyEnded, &ended)).unwrap();
    assert_eq!(
        allocate(&served, &provider.key, Some(&provider.issuer), 1),
        Err("CREDENTIAL_UNKNOWN_ISSUER".into())
    );
}

#[test]
fn an_index_allocated_to_another_issuer_or_used_twice_is_refused_over_the_wire() {
    let served = Served::new();
    let test = &served.test;
    let worker = test.open_passport();
    let own = allocate(&served, &test.provider.key, Some(&test.provider.issuer), 1).unwrap().remove(0);
    let foreign = allocate(&served, &test.competent.key, Some(&test.competent.issuer), 1).unwrap().remove(0);
    let append = |reference: &StatusReference| {
        let text = test.bearing(&test.provider, &worker, Kind::TrainingCompleted, reference);
        let answer = served.run(served.ledger().append(super::append_request(text)));
        answer.map(|_| ()).map_err(|status| super::reason(&status))
    };
    assert_eq!(append(&foreign), Err("STATUS_INDEX_NOT_YOURS".into()));
    assert_eq!(append(&own), Ok(()));
    assert_eq!(append(&own), Err("STATUS_INDEX_USED".into()));
}
