//! Round trips and properties; each single broken rule has its vector in `tests/vectors/statement`.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::crypto::{PrivateKey, SeededEntropy, base64url_decode, base64url_encode};
use crate::statement::disclosure::Disclosure;
use crate::statement::{
    DISCLOSURE_BYTES_MAX, DISCLOSURES_MAX, Draft, STATEMENT_BYTES_MAX, STATUS_URI_BYTES_MAX, StatusReference,
    VCT_BYTES_MAX, issue, issue_in_clear, json as strict,
};

const ISSUER: &str = "https://training.invalid/nursing";

fn key(label: &str) -> PrivateKey {
    PrivateKey::generate_ed25519(&mut SeededEntropy::new(label))
}

fn id() -> uuid::Uuid {
    uuid::Uuid::try_parse("0192f3a0-7c5e-7abc-8def-0123456789ab").unwrap()
}

fn claims() -> Map<String, Value> {
    let claims = json!({
        "sub": "wkr_00041061050r3gg28a1c60t3gfe",
        "issuing_country": "PH",
        "title": {"en": "Nursing", "fil": "Pag-aalaga"},
        "hours": 1200,
        "period": {"from": "2019-06-03", "until": "2023-03-31"},
        "skills": ["wound care", "triage"],
    });
    claims.as_object().unwrap().clone()
}

fn draft<'a>(claims: &'a Map<String, Value>, issuer: &'a str) -> Draft<'a> {
    let vct = "urn:skillpass:v1:TrainingCompleted";
    Draft { issuer, vct, id: id(), issued_at: 1_700_000_000, holder_key: None, status: None, claims }
}

#[test]
fn what_is_issued_is_read_back_with_every_claim() {
    let (body, holder) =
        (key("body"), PrivateKey::generate_es256(&mut SeededEntropy::new("holder")).public());
    let status = StatusReference { uri: "https://ledger.invalid/status/3".into(), index: 77 };
    let claims = claims();
    let draft = Draft { holder_key: Some(&holder), status: Some(&status), ..draft(&claims, ISSUER) };
    let text = issue(&draft, &body, &mut SeededEntropy::new("salts")).unwrap();
    let statement = Unverified::parse(&text).unwrap().verify(&body.public()).unwrap();
    assert_eq!(statement.text(), text);
    assert_eq!(**statement.claims(), claims);
    assert_eq!(statement.subject(), Some("wkr_00041061050r3gg28a1c60t3gfe"));
    assert!(statement.is_complete() && !statement.is_in_clear());
    let clear = statement.clear();
    assert_eq!((clear.issuer.as_str(), clear.vct.as_str()), (ISSUER, "urn:skillpass:v1:TrainingCompleted"));
    assert_eq!((clear.id, clear.issued_at, &clear.kid), (id(), 1_700_000_000, &body.public().thumbprint()));
    assert_eq!((clear.holder_key.as_ref(), clear.status.as_ref()), (Some(&holder), Some(&status)));
    assert_eq!(statement.hash(), sha256(&[text.split('~').next().unwrap().as_bytes()]));
    // A rebuild reads less of what was recorded, and the same of it.
    #[cfg(feature = "server")]
    {
        let (id, vct) = (clear.id, clear.vct.clone());
        let bears = clear.status.clone().map(|status| (clear.issuer.clone(), status));
        assert_eq!(super::super::Brief::read(&text), Ok(super::super::Brief { id, vct, bears }));
    }
}

#[test]
fn only_the_named_claims_are_disclosed_in_their_own_bytes() {
    let body = key("body");
    let text = issue(&draft(&claims(), ISSUER), &body, &mut SeededEntropy::new("salts")).unwrap();
    let statement = Unverified::parse(&text).unwrap().verify(&body.public()).unwrap();
    let cut = statement.disclose(&["skills", "sub"]).unwrap();
    let pieces: Vec<&str> = text.split('~').collect();
    assert_eq!(cut, format!("{}~{}~{}~", pieces[0], pieces[1], pieces[6]));
    let part = Unverified::parse(&cut).unwrap().verify(&body.public()).unwrap();
    assert_eq!(part.claims().keys().collect::<Vec<_>>(), ["sub", "skills"]);
    assert!(!part.is_complete());
    assert_eq!(part.hash(), statement.hash());
    assert_eq!(part.disclose(&["title"]), Err(StatementError::NotDisclosed { name: "title".into() }));
    let bare = Unverified::parse(&statement.disclose(&[]).unwrap()).unwrap();
    assert_eq!(bare.verify(&body.public()).unwrap().subject(), None);
}

#[test]
fn a_statement_in_clear_hides_nothing_and_cannot_be_cut() {
    let ledger = key("ledger");
    let text = issue_in_clear(&draft(&claims(), ISSUER), &ledger).unwrap();
    let statement = Unverified::parse(&text).unwrap().verify(&ledger.public()).unwrap();
    assert!(statement.is_in_clear() && statement.is_complete());
    assert_eq!(**statement.claims(), claims());
    assert_eq!(
        statement.claims().keys().collect::<Vec<_>>(),
        claims().keys().collect::<Vec<_>>(),
        "order is kept"
    );
    assert_eq!(statement.disclose(&["sub"]), Err(StatementError::NotSelective));
    assert!(text.ends_with('~') && text.matches('~').count() == 1);
}

#[test]
fn holders_sign_for_themselves_with_either_algorithm() {
    let mut entropy = SeededEntropy::new("holders");
    let keys = [PrivateKey::generate_ed25519(&mut entropy), PrivateKey::generate_es256(&mut entropy)];
    let claims = claims();
    for holder in &keys {
        let did = holder.public().did_jwk();
        let text = issue(&draft(&claims, &did), holder, &mut entropy).unwrap();
        assert!(Unverified::parse(&text).unwrap().verify(&holder.public()).is_ok());
    }
    let did = keys[0].public().did_jwk();
    assert_eq!(issue(&draft(&claims, &did), &keys[1], &mut entropy), Err(StatementError::IssuerKeyMismatch));
    assert_eq!(issue(&draft(&claims, ISSUER), &keys[1], &mut entropy), Err(StatementError::AlgNotForIssuer));
}

#[test]
fn nothing_is_issued_that_would_be_refused() {
    let body = key("body");
    let refusal = |claims: Value| {
        let claims = claims.as_object().unwrap().clone();
        let draft = draft(&claims, ISSUER);
        let person = issue(&draft, &body, &mut SeededEntropy::new("salts")).map_err(|error| error.reason());
        let clear = issue_in_clear(&draft, &body).map_err(|error| error.reason());
        (person.err(), clear.err())
    };
    let both = |reason| (Some(reason), Some(reason));
    for name in
        ["iss", "iat", "jti", "vct", "cnf", "status", "exp", "nbf", "vct#integrity", "_sd", "_sd_alg", "..."]
    {
        assert_eq!(refusal(json!({"sub": "x", name: 1})), both("CLAIM_RESERVED"), "{name}");
    }
    assert_eq!(refusal(json!({"a": [{"...": "x"}]})), both("NESTED_DISCLOSURE"));
    assert_eq!(refusal(json!({"a": {"b": {"_sd": []}}})), both("NESTED_DISCLOSURE"));
    assert_eq!(refusal(json!({})).0, Some("SD_INVALID"));
    assert_eq!(refusal(json!({"a": "x".repeat(9000)})).0, Some("DISCLOSURE_TOO_LARGE"));
    assert_eq!(refusal(json!({"a": "x".repeat(32_768)})).1, Some("TOO_LARGE"));
    let many: Map<String, Value> = (0..65).map(|n| (format!("c{n}"), json!(n))).collect();
    assert_eq!(refusal(Value::Object(many)).0, Some("TOO_MANY_DISCLOSURES"));
    let deep = (0..16).fold(json!(1), |inner, _| json!([inner]));
    assert_eq!(refusal(json!({"a": deep})), both("TOO_DEEP"));
}

/// The longest of these that is made, and whether the next one is refused for `reason`.
fn longest(
    made: impl Fn(usize) -> Result<String, &'static str>,
    most: usize,
    reason: &str,
) -> (usize, String) {
    let counts: Vec<usize> = (0..=most).collect();
    let count = counts.partition_point(|count| made(*count).is_ok()) - 1;
    assert_eq!(made(count + 1), Err(reason));
    (count, made(count).unwrap())
}

#[test]
fn statements_are_issued_and_read_up_to_their_limits() {
    let body = key("body");
    let person = |claims: Map<String, Value>| {
        let issued = issue(&draft(&claims, ISSUER), &body, &mut SeededEntropy::new("salts"));
        issued.map_err(|error| error.reason())
    };
    let of = |text: &str| Unverified::parse(text).map(drop).map_err(|error| error.reason());
    let claim = |bytes: usize| json!({"a": "x".repeat(bytes)}).as_object().unwrap().clone();

    let clear = |bytes| issue_in_clear(&draft(&claim(bytes), ISSUER), &body).map_err(|error| error.reason());
    let (_, text) = longest(clear, STATEMENT_BYTES_MAX, "TOO_LARGE");
    assert!(text.len() > STATEMENT_BYTES_MAX - 4, "base64url jumps over some lengths: {}", text.len());
    assert_eq!(of(&text), Ok(()));
    assert_eq!(of(&"~".repeat(STATEMENT_BYTES_MAX + 1)), Err("TOO_LARGE"));
    assert_ne!(of(&"~".repeat(STATEMENT_BYTES_MAX)), Err("TOO_LARGE"));

    let (_, text) = longest(|bytes| person(claim(bytes)), DISCLOSURE_BYTES_MAX, "DISCLOSURE_TOO_LARGE");
    let disclosure = text.split('~').nth(1).unwrap();
    assert!(disclosure.len() > DISCLOSURE_BYTES_MAX - 4, "{}", disclosure.len());
    assert_eq!(of(&text), Ok(()));
    let read = |bytes: usize| Disclosure::parse(&"A".repeat(bytes)).map(drop).map_err(|error| error.reason());
    assert_eq!(read(DISCLOSURE_BYTES_MAX + 1), Err("DISCLOSURE_TOO_LARGE"));
    assert_ne!(read(DISCLOSURE_BYTES_MAX), Err("DISCLOSURE_TOO_LARGE"));

    let many = |count: usize| person((0..count).map(|n| (format!("c{n}"), json!(n))).collect());
    let (count, text) = longest(many, DISCLOSURES_MAX, "TOO_MANY_DISCLOSURES");
    assert_eq!((count, of(&text)), (DISCLOSURES_MAX, Ok(())));
}

#[test]
fn what_stands_in_clear_has_its_longest() {
    let claims = json!({"sub": "x"}).as_object().unwrap().clone();
    let body = key("body");
    let issued = |vct: usize, uri: usize, issued_at: i64| {
        let status = StatusReference { uri: format!("https://a.invalid/{}", "x".repeat(uri - 18)), index: 0 };
        let vct = "v".repeat(vct);
        let draft = Draft { vct: &vct, status: Some(&status), issued_at, ..draft(&claims, ISSUER) };
        let text = issue_in_clear(&draft, &body).map_err(|error| error.reason())?;
        Unverified::parse(&text).map(drop).map_err(|error| error.reason())
    };
    // The last second of the year 9999.
    let last = 253_402_300_799;
    assert_eq!(issued(VCT_BYTES_MAX, STATUS_URI_BYTES_MAX, last), Ok(()));
    assert_eq!(issued(VCT_BYTES_MAX + 1, 20, 0), Err("VCT_MISSING"));
    assert_eq!(issued(1, STATUS_URI_BYTES_MAX + 1, 0), Err("STATUS_INVALID"));
    for beyond in [last + 1, -1, i64::MAX, i64::MIN] {
        assert_eq!(issued(1, 20, beyond), Err("ISSUED_AT_INVALID"));
    }
}

#[test]
fn digests_are_sorted_and_salts_never_repeat() {
    let body = key("body");
    let text = issue(&draft(&claims(), ISSUER), &body, &mut SeededEntropy::new("salts")).unwrap();
    let compact = Compact::parse(text.split('~').next().unwrap()).unwrap();
    let digests: Vec<&str> =
        compact.payload[SD].as_array().unwrap().iter().map(|d| d.as_str().unwrap()).collect();
    assert!(digests.is_sorted());
    let salts = text.split('~').skip(1).filter(|text| !text.is_empty());
    let salt =
        |text| strict::parse(&base64url_decode(text).unwrap()).unwrap()[0].as_str().unwrap().to_owned();
    let mut salts: Vec<String> = salts.map(salt).collect();
    salts.sort();
    salts.dedup();
    assert_eq!(salts.len(), claims().len());
}

/// Any claims of a plausible shape.
fn any_claims() -> impl Strategy<Value = Map<String, Value>> {
    let value = prop_oneof![
        ".{0,24}".prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        prop::collection::vec(".{0,8}", 0..4).prop_map(Value::from),
    ];
    prop::collection::btree_map("[a-z]{1,3}_[a-z]{1,8}", value, 1..12)
        .prop_map(|claims| claims.into_iter().collect())
}

proptest! {
    #[test]
    fn issue_parse_verify_disclose_round_trips(claims in any_claims(), chosen in any::<u16>(), seed in any::<u64>()) {
        let body = key("body");
        let text = issue(&draft(&claims, ISSUER), &body, &mut SeededEntropy::new(&seed.to_string())).unwrap();
        let whole = Unverified::parse(&text).unwrap().verify(&body.public()).unwrap();
        prop_assert_eq!(&**whole.claims(), &claims);
        let keep = |at: usize| chosen >> at & 1 == 1;
        let names: Vec<&str> = claims.keys().enumerate().filter(|(at, _)| keep(*at)).map(|(_, name)| name.as_str()).collect();
        let cut = Unverified::parse(&whole.disclose(&names).unwrap()).unwrap().verify(&body.public()).unwrap();
        prop_assert_eq!(cut.claims().keys().map(String::as_str).collect::<Vec<_>>(), names);
        prop_assert!(cut.claims().iter().all(|(name, value)| claims.get(name) == Some(value)));
        prop_assert_eq!(cut.disclose(&[]), whole.disclose(&[]));
    }

    #[test]
    fn arbitrary_text_never_panics(text in "[A-Za-z0-9_.~-]{0,200}|.{0,80}") {
        prop_assert!(Unverified::parse(&text).is_err());
    }
}

#[test]
fn any_flipped_bit_is_refused() {
    let body = key("body");
    let claims = json!({"sub": "x", "hours": 12}).as_object().unwrap().clone();
    let text = issue(&draft(&claims, ISSUER), &body, &mut SeededEntropy::new("salts")).unwrap();
    for at in 0..text.len() * 8 {
        let mut bytes = text.clone().into_bytes();
        bytes[at / 8] ^= 1 << (at % 8);
        let Ok(flipped) = String::from_utf8(bytes) else { continue };
        let accepted = Unverified::parse(&flipped).and_then(|statement| statement.verify(&body.public()));
        assert!(accepted.is_err(), "bit {} of byte {}", at % 8, at / 8);
    }
}

#[test]
fn disclosures_may_come_in_any_order() {
    let body = key("body");
    let text = issue(&draft(&claims(), ISSUER), &body, &mut SeededEntropy::new("salts")).unwrap();
    let mut pieces: Vec<&str> = text.trim_end_matches('~').split('~').collect();
    pieces[1..].reverse();
    let turned =
        Unverified::parse(&format!("{}~", pieces.join("~"))).unwrap().verify(&body.public()).unwrap();
    assert!(turned.is_complete());
    assert_eq!(**turned.claims(), claims());
}

#[test]
fn another_key_of_the_same_name_is_refused() {
    let (body, other) = (key("body"), key("other"));
    let text = issue_in_clear(&draft(&claims(), ISSUER), &body).unwrap();
    let by_other = Unverified::parse(&text).unwrap().verify(&other.public()).unwrap_err();
    assert_eq!(by_other, StatementError::KidMismatch);
    // The right `kid`, signed by another key.
    let (signed, _) = text.trim_end_matches('~').rsplit_once('.').unwrap();
    let forged = format!("{signed}.{}~", base64url_encode(other.sign(signed.as_bytes())));
    let refused = Unverified::parse(&forged).unwrap().verify(&body.public()).unwrap_err();
    assert_eq!(refused, StatementError::SignatureInvalid);
}
