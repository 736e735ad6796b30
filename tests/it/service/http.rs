//! HTTP: tiles that recompute to the checkpoint's root, issuer and type metadata, limits.

use serde_json::Value;
use skillpass::crypto::Hash;
use skillpass::tlog::{Frontier, SignedCheckpoint, TilePath, leaf_hash};
use skillpass::trust::TrustFile;

use super::Served;
use crate::support::PROVIDER;

fn json(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap()
}

fn tile(served: &Served, path: TilePath) -> Vec<u8> {
    let (head, body) = served.get(&format!("/{}", path.path()));
    assert!(head.starts_with("http/1.1 200"), "{head}");
    assert!(head.contains("immutable") && head.contains("content-type: application/octet-stream"), "{head}");
    body
}

/// The widths of the tiles at one level, full ones first.
fn widths(hashes: u64) -> impl Iterator<Item = (u64, u16)> {
    (0..hashes.div_ceil(256))
        .map(move |index| (index, u16::try_from((hashes - index * 256).min(256)).unwrap()))
}

fn root(leaves: &[Hash]) -> Hash {
    let mut tree = Frontier::default();
    for leaf in leaves {
        tree.push(*leaf, |_, _, _| {});
    }
    tree.root()
}

#[test]
fn entry_bundles_and_hash_tiles_recompute_to_the_checkpoints_root() {
    let served = Served::new();
    let worker = served.test.open_passport();
    served.record_trainings(&worker, 530);
    served.test.published();
    let (head, note) = served.get("/checkpoint");
    assert!(head.contains("content-type: text/plain") && head.contains("cache-control: no-cache"), "{head}");
    assert!(head.contains("access-control-allow-origin: *"), "{head}");
    let note = String::from_utf8(note).unwrap();
    let checkpoint = SignedCheckpoint::verify(&note, &served.test.ledger.vkeys()).unwrap().checkpoint;
    assert!(checkpoint.size > 512, "two full tiles and a partial one");

    let mut leaves: Vec<Hash> = Vec::new();
    for (index, width) in widths(checkpoint.size) {
        let bundle = tile(&served, TilePath::Entries { index, width });
        let mut rest = &bundle[..];
        while let Some((length, tail)) = rest.split_first_chunk::<2>() {
            let (entry, tail) = tail.split_at(usize::from(u16::from_be_bytes(*length)));
            leaves.push(leaf_hash(entry));
            rest = tail;
        }
    }
    assert_eq!(u64::try_from(leaves.len()), Ok(checkpoint.size));
    assert_eq!(root(&leaves), checkpoint.root);

    let mut level_0 = Vec::new();
    for (index, width) in widths(checkpoint.size) {
        level_0.extend(tile(&served, TilePath::Hashes { level: 0, index, width }));
    }
    assert_eq!(level_0, leaves.concat());
    let level_1 = tile(&served, TilePath::Hashes { level: 1, index: 0, width: 2 });
    for (full, wanted) in leaves.chunks_exact(256).zip(level_1.chunks(32)) {
        assert_eq!(root(full), wanted);
    }
}

#[test]
fn tiles_beyond_the_checkpoint_and_other_spellings_are_refused() {
    let served = Served::new();
    served.test.published();
    for (path, status, reason) in [
        ("/tile/0/000", "404", "NO_SUCH_TILE"),
        ("/tile/0/000.p/200", "404", "NO_SUCH_TILE"),
        ("/tile/entries/x001/000", "404", "NO_SUCH_TILE"),
        ("/tile/0/0", "400", "TILE_PATH_INVALID"),
        ("/tile/00/000", "400", "TILE_PATH_INVALID"),
        ("/tile/0/000.p/0", "400", "TILE_PATH_INVALID"),
        ("/tile/0/%30%30%30.p/1", "400", "TILE_PATH_INVALID"),
        ("/tile/0/..%2f..%2fkeyring", "400", "TILE_PATH_INVALID"),
        ("/type/Nonsense", "404", "NO_SUCH_KIND"),
        ("/status/1", "404", "NO_SUCH_LIST"),
        ("/nonsense", "404", "NO_SUCH_PAGE"),
        ("/.well-known/jwt-vc-issuer?iss=https%3A%2F%2Fnobody.invalid", "404", "NO_SUCH_ISSUER"),
    ] {
        let (head, body) = served.get(path);
        assert!(head.starts_with(&format!("http/1.1 {status}")), "{path}: {head}");
        assert_eq!(json(&body)["error"]["reason"], reason, "{path}");
        assert!(!json(&body)["error"]["help"].as_str().unwrap().is_empty());
    }
}

#[test]
fn issuer_metadata_names_the_issuer_byte_for_byte_and_its_valid_keys() {
    let served = Served::new();
    let (head, body) = served
        .get(&format!("/.well-known/jwt-vc-issuer?iss={}", PROVIDER.replace(':', "%3A").replace('/', "%2F")));
    assert!(head.contains("content-type: application/json"), "{head}");
    let metadata = json(&body);
    assert_eq!(metadata["issuer"], PROVIDER);
    let keys = metadata["jwks"]["keys"].as_array().unwrap();
    let key = &served.test.provider.key.public();
    assert_eq!(keys.iter().map(|key| key["kid"].as_str().unwrap()).collect::<Vec<_>>(), [key.thumbprint()]);
    assert_eq!(keys[0]["x"], key.to_jwk()["x"]);
    assert!(keys[0].get("d").is_none());
    let (_, body) = served.get("/.well-known/jwt-vc-issuer");
    assert_eq!(json(&body)["issuer"], format!("https://{}", crate::support::ORIGIN));
}

#[test]
fn a_body_at_the_ledgers_origin_is_found_where_verifiers_look() {
    let served = Served::new();
    let issuer = format!("https://{}/issuers/school-1", crate::support::ORIGIN);
    let school = crate::support::Body { issuer: issuer.clone(), key: served.test.provider.key.clone() };
    served.test.authorise(&school, "TRAINING_PROVIDER");
    let (_, body) = served.get("/.well-known/jwt-vc-issuer/issuers/school-1");
    assert_eq!(json(&body)["issuer"], issuer);
}

#[test]
fn an_issuers_path_is_taken_byte_for_byte_but_for_a_last_slash() {
    let served = Served::new();
    for (path, asked) in [("/%C3%A9cole", "/%C3%A9cole"), ("/slash/", "/slash")] {
        let issuer = format!("https://{}{path}", crate::support::ORIGIN);
        let school = crate::support::Body { issuer: issuer.clone(), key: served.test.provider.key.clone() };
        served.test.authorise(&school, "TRAINING_PROVIDER");
        let (_, body) = served.get(&format!("/.well-known/jwt-vc-issuer{asked}"));
        assert_eq!(json(&body)["issuer"], issuer, "{path}");
    }
    let (head, _) = served.get("/.well-known/jwt-vc-issuer/%c3%a9cole");
    assert!(head.starts_with("http/1.1 404"), "another spelling is another issuer: {head}");
}

#[test]
fn type_metadata_names_the_type_and_its_claims() {
    let served = Served::new();
    let (_, body) = served.get("/type/TrainingCompleted");
    let metadata = json(&body);
    assert_eq!(metadata["vct"], "urn:skillpass:v1:TrainingCompleted");
    let claims = metadata["claims"].as_array().unwrap();
    assert!(claims.iter().any(|claim| claim["path"][0] == "sub" && claim["sd"] == "always"));
}

#[test]
fn a_page_is_asked_for_by_get_with_a_path_of_so_many_bytes() {
    let served = Served::new();
    let path = |bytes: usize| format!("/type/{}", "x".repeat(bytes - 6));
    let (head, _) = served.get(&path(1024));
    assert!(head.starts_with("http/1.1 404"), "{head}");
    let (head, body) = served.get(&path(1025));
    assert!(head.starts_with("http/1.1 414"), "{head}");
    assert_eq!(json(&body)["error"]["message"], "the path and query are longer than 1024 bytes");
    let (head, body) =
        served.ask("POST /checkpoint HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    assert!(head.starts_with("http/1.1 405"), "{head}");
    assert_eq!(json(&body)["error"]["reason"], "READ_ONLY");
}

#[test]
fn pages_for_people_have_their_language_and_a_strict_policy() {
    let served = Served::new();
    let ask = |path: &str, headers: &str| {
        let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\n{headers}connection: close\r\n\r\n");
        let (head, body) = served.ask(&request);
        (head, String::from_utf8(body).unwrap())
    };
    let (head, page) = ask("/?lang=ar", "accept-language: fr\r\n");
    assert!(page.contains("<html lang=\"ar\" dir=\"rtl\">"), "{page}");
    for wanted in
        ["default-src 'none'", "frame-ancestors 'none'", "x-frame-options: deny", "nosniff", "no-referrer"]
    {
        assert!(head.contains(wanted), "{wanted} in {head}");
    }
    assert!(!head.contains("access-control-allow-origin"), "{head}");
    assert!(ask("/", "accept-language: de, fr;q=0.9\r\n").1.contains("<html lang=\"fr\""));

    let (head, page) = ask("/nonsense", "accept: text/html\r\n");
    assert!(head.starts_with("http/1.1 404") && page.contains("<!doctype html>"), "{head}");

    let sheet = page.split('"').find(|part| part.starts_with("/assets/")).unwrap();
    let (head, _) = ask(sheet, "");
    assert!(head.contains("immutable") && head.starts_with("http/1.1 200"), "{head}");
    let tag = head.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap();
    assert!(ask(sheet, &format!("if-none-match: {tag}\r\n")).0.starts_with("http/1.1 304"));
    assert!(ask("/assets/0000000000000000/css/base.css", "").0.starts_with("http/1.1 404"));
}

#[test]
fn the_check_page_says_whom_it_believes_and_alone_may_use_the_camera() {
    let served = Served::new();
    let (head, body) = served.get("/v?lang=hi");
    let page = String::from_utf8(body).unwrap();
    assert!(head.starts_with("http/1.1 200") && head.contains("camera=(self)"), "{head}");
    assert!(served.get("/").0.contains("camera=()"));
    let data = |id: &str| {
        let mark = format!("<script type=\"application/json\" id=\"{id}\">");
        let (_, rest) = page.split_once(&mark).unwrap();
        json(rest.split("</script>").next().unwrap().as_bytes())
    };
    assert_eq!(data("trust")["source"], "ledger", "nobody told this server whom to believe");
    let trust = TrustFile::parse(data("trust")["text"].as_str().unwrap()).unwrap();
    assert_eq!(trust.ledgers.first().unwrap().origin, served.test.ledger.origin());
    assert!(trust.roots.iter().all(|root| !root.kids.is_empty()) && !trust.roots.is_empty());
    assert_eq!(data("vocabulary")["kinds"]["LicenceGranted"]["legal_effect"], "right_to_practise");
    assert!(data("messages")["hi"]["check-title"].is_string());
}

#[test]
fn metrics_count_appends_by_outcome_and_show_no_person() {
    let served = Served::new();
    let worker = served.test.open_passport();
    let text = served.test.training(&worker);
    for statement in [text.clone(), text, "nonsense".to_owned()] {
        let _ = served.run(served.ledger().append(super::append_request(statement)));
    }
    served.test.published();
    let metrics = || {
        let (head, body) = served.get("/metrics");
        assert!(head.contains("content-type: application/openmetrics-text"), "{head}");
        String::from_utf8(body).unwrap()
    };
    // A place is given back after the answer has left.
    crate::cli::eventually("no append is in flight", || metrics().contains("skillpass_appends_in_flight 0"));
    let text = metrics();
    for wanted in [
        "skillpass_appends_total{outcome=\"RECORDED\"} 1",
        "skillpass_appends_total{outcome=\"REPEATED\"} 1",
        "skillpass_appends_total{outcome=\"MALFORMED\"} 1",
        "method=\"/skillpass.v1.LedgerService/Append\",code=\"OK\"",
    ] {
        assert!(text.contains(wanted), "{wanted} in\n{text}");
    }
    let size = *served.test.ledger.size().borrow();
    assert!(text.contains(&format!("skillpass_entries {size}")));
    assert!(!text.contains(&worker.id.to_string()));
}
