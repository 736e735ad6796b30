//! What the ledger takes as a statement, and what it refuses.

use serde_json::{Value, json};
use skillpass::crypto::{PrivateKey, base64url_encode};

use super::forge::{Forged, decoy, holder, set, stranger};
use super::{Check, Vector, disclosed};

/// Collects vectors that one key should verify.
pub(super) struct Table {
    vectors: Vec<Vector>,
}

impl Table {
    pub(super) fn add(&mut self, name: &str, expect: &str, comment: &str, forged: &Forged) {
        self.raw(name, expect, comment, &forged.key, forged.text());
    }

    pub(super) fn raw(&mut self, name: &str, expect: &str, comment: &str, key: &PrivateKey, text: String) {
        let (key, check) = (key.public().to_jwk(), Check::Statement);
        let (name, expect, comment) = (name.to_owned(), expect.to_owned(), comment.to_owned());
        self.vectors.push(Vector { name, expect, comment, check, key, text });
    }
}

pub fn vectors() -> Vec<Vector> {
    let mut table = Table { vectors: Vec::new() };
    accepted(&mut table);
    header(&mut table);
    signature(&mut table);
    issuer(&mut table);
    clear_claims(&mut table);
    holder_key_and_status(&mut table);
    disclosed::digests(&mut table);
    disclosed::disclosures(&mut table);
    disclosed::disclosure_bytes(&mut table);
    disclosed::shape_and_limits(&mut table);
    table.vectors
}

fn accepted(table: &mut Table) {
    let ok = "ACCEPTED";
    table.add("accepted_person", ok, "all claims disclosed", &Forged::person());
    table.add("accepted_institution", ok, "all claims in clear, no _sd", &Forged::institution());
    table.add(
        "accepted_by_holder_es256",
        ok,
        "a holder signs for themselves with ES256",
        &Forged::by_holder(),
    );
    let named = Forged::person().header(|header| header["alg"] = json!("Ed25519"));
    table.add("accepted_alg_ed25519", ok, "the fully specified name of RFC 9864", &named);
    let part = Forged::person();
    let text = format!("{}~{}~", part.text().split('~').next().unwrap(), part.disclosures[1]);
    table.raw("accepted_partly_disclosed", ok, "one of three claims disclosed", &part.key, text);
    let turned = Forged::person().text();
    let mut pieces: Vec<&str> = turned.trim_end_matches('~').split('~').collect();
    pieces[1..].reverse();
    let text = format!("{}~", pieces.join("~"));
    table.raw("accepted_disclosures_in_any_order", ok, "disclosures in reverse order", &part.key, text);
    let no_alg = Forged::person();
    let payload = no_alg.payload_text().replace(r#","_sd_alg":"sha-256""#, "");
    let text = no_alg.sign(&no_alg.header.to_string(), &payload);
    table.raw(
        "accepted_without_sd_alg",
        ok,
        "RFC 9901 section 4.1.1: the default is sha-256",
        &no_alg.key,
        text,
    );
    let keyed =
        Forged::person().payload(|payload| payload["cnf"] = json!({"jwk": holder().public().to_jwk()}));
    table.add("accepted_holder_key", ok, "a P-256 holder key in cnf.jwk", &keyed);
    let listed = Forged::person().payload(|payload| payload["status"] = status());
    table.add("accepted_status", ok, "a Token Status List reference", &listed);
}

fn status() -> Value {
    json!({"status_list": {"uri": "https://ledger.invalid/status/1", "idx": 42}})
}

fn header(table: &mut Table) {
    let mut case = |name: &str, expect: &str, comment: &str, member: &str, value: Value| {
        table.add(name, expect, comment, &Forged::person().header(|header| set(header, member, value)));
    };
    case("alg_none", "ALG_NOT_ALLOWED", "unsecured JWS", "alg", json!("none"));
    case("alg_hmac", "ALG_NOT_ALLOWED", "a public key is no HMAC secret", "alg", json!("HS256"));
    case("alg_es384", "ALG_NOT_ALLOWED", "not on the list", "alg", json!("ES384"));
    case("alg_in_lower_case", "ALG_NOT_ALLOWED", "names are case-sensitive", "alg", json!("eddsa"));
    case("alg_missing", "ALG_NOT_ALLOWED", "no alg", "alg", Value::Null);
    case("alg_es256_by_a_body", "ALG_NOT_FOR_ISSUER", "bodies sign with Ed25519", "alg", json!("ES256"));
    case("typ_missing", "WRONG_TYP", "no typ", "typ", Value::Null);
    case("typ_vc_sd_jwt", "WRONG_TYP", "the name before November 2024", "typ", json!("vc+sd-jwt"));
    case("typ_jwt", "WRONG_TYP", "any JWT is no statement", "typ", json!("JWT"));
    case("typ_with_application", "WRONG_TYP", "one spelling only", "typ", json!("application/dc+sd-jwt"));
    case("typ_in_upper_case", "WRONG_TYP", "one spelling only", "typ", json!("DC+SD-JWT"));
    case("kid_missing", "KID_MISSING", "no kid", "kid", Value::Null);
    case("kid_not_text", "KID_MISSING", "kid is a number", "kid", json!(7));
    case(
        "kid_of_another_key",
        "KID_MISMATCH",
        "kid is another key's thumbprint",
        "kid",
        json!(stranger().public().thumbprint()),
    );
    case("crit_present", "CRIT_NOT_SUPPORTED", "an extension we do not know", "crit", json!(["exp"]));
    case(
        "header_with_jwk",
        "HEADER_MEMBER_UNKNOWN",
        "a key that vouches for itself",
        "jwk",
        stranger().public().to_jwk(),
    );
    case("header_with_note", "HEADER_MEMBER_UNKNOWN", "free text in clear", "note", json!("hello"));

    let by_holder = Forged::by_holder().header(|header| header["alg"] = json!("EdDSA"));
    table.add("alg_of_another_key_type", "ALG_KEY_MISMATCH", "EdDSA said, P-256 key", &by_holder);
    let forged = Forged::person();
    let twice = forged.header.to_string().replacen('{', r#"{"alg":"none","#, 1);
    let text = forged.sign(&twice, &forged.payload_text());
    table.raw("duplicate_member_in_header", "DUPLICATE_MEMBER", "alg given twice", &forged.key, text);
}

fn signature(table: &mut Table) {
    let refused = "SIGNATURE_INVALID";
    let forged = Forged::person();
    let other = forged.clone().with(|forged| forged.key = stranger());
    table.raw("signature_by_another_key", refused, "the right kid, another key", &forged.key, other.text());
    let (signed, rest) = forged.text().split_once('.').map(|(h, r)| (h.to_owned(), r.to_owned())).unwrap();
    let (payload, tail) = rest.split_once('.').unwrap();
    let (signature, disclosures) = tail.split_once('~').unwrap();
    let altered = base64url_encode(forged.payload_text().replace("masonry", "nursing"));
    let text = format!("{signed}.{altered}.{signature}~{disclosures}");
    table.raw("payload_altered", refused, "the payload was changed after signing", &forged.key, text);
    let text = format!("{signed}.{payload}.~{disclosures}");
    table.raw("signature_empty", refused, "no signature", &forged.key, text);
    let text = format!("{signed}.{payload}.{}~{disclosures}", &signature[..84]);
    table.raw("signature_short", refused, "63 bytes", &forged.key, text);
    let text = format!("{signed}.{payload}.{}~{disclosures}", base64url_encode([0; 64]));
    table.raw("signature_of_zeros", refused, "R and S are zero", &forged.key, text);
    let by_holder = Forged::by_holder();
    let text = by_holder.text();
    let (signed, tail) = text.rsplit_once('.').unwrap();
    let disclosures = tail.split_once('~').unwrap().1;
    let der = base64url_encode([&[0x30, 0x44, 0x02, 0x20][..], &[1; 32], &[0x02, 0x20], &[1; 32]].concat());
    let text = format!("{signed}.{der}~{disclosures}");
    table.raw("signature_in_der", refused, "RFC 7518 section 3.4: r and s, not DER", &by_holder.key, text);
}

fn issuer(table: &mut Table) {
    let mut case = |name: &str, comment: &str, issuer: &str| {
        let forged = Forged::person().payload(|payload| payload["iss"] = json!(issuer));
        table.add(name, "ISSUER_INVALID", comment, &forged);
    };
    case("issuer_http", "only https", "http://training.invalid");
    case("issuer_with_user", "user information", "https://training.invalid@attacker.invalid");
    case("issuer_with_query", "a query", "https://training.invalid/?tenant=1");
    case("issuer_with_fragment", "a fragment", "https://training.invalid/#1");
    case("issuer_host_in_upper_case", "one body, one spelling", "https://Training.invalid");
    case("issuer_not_ascii", "a look-alike host", "https://tr\u{0430}ining.invalid");
    case("issuer_did_web", "no other DID method than did:jwk", "did:web:training.invalid");
    case("issuer_too_long", "257 bytes", &format!("https://training.invalid/{}", "x".repeat(232)));
    case("issuer_did_jwk_malformed", "no JWK in it", "did:jwk:e30");
    let forged = Forged::person().payload(|payload| set(payload, "iss", Value::Null));
    table.add("issuer_missing", "ISSUER_INVALID", "no iss", &forged);
    let forged = Forged::person().payload(|payload| payload["iss"] = json!(["https://training.invalid"]));
    table.add("issuer_not_text", "ISSUER_INVALID", "an array", &forged);
    let another =
        Forged::by_holder().payload(|payload| payload["iss"] = json!(stranger().public().did_jwk()));
    table.add(
        "issuer_did_jwk_of_another_key",
        "ISSUER_KEY_MISMATCH",
        "iss names one key, kid another",
        &another,
    );
}

fn clear_claims(table: &mut Table) {
    let mut case = |name: &str, expect: &str, comment: &str, claim: &str, value: Value| {
        let forged = Forged::person().payload(|payload| set(payload, claim, value));
        table.add(name, expect, comment, &forged);
    };
    case("vct_missing", "VCT_MISSING", "no vct", "vct", Value::Null);
    case("vct_empty", "VCT_MISSING", "empty", "vct", json!(""));
    case("vct_with_space", "VCT_MISSING", "not printable ASCII without spaces", "vct", json!("urn:x y"));
    case("vct_too_long", "VCT_MISSING", "257 bytes", "vct", json!("u".repeat(257)));
    case("jti_missing", "ID_INVALID", "no jti", "jti", Value::Null);
    let version_4 = json!("urn:uuid:f81d4fae-7dec-41d0-a765-00a0c91e6bf6");
    case("jti_version_4", "ID_INVALID", "not time-ordered", "jti", version_4);
    let upper = json!("urn:uuid:019B6E0F-3C00-7ABC-8DEF-0123456789AB");
    case("jti_in_upper_case", "ID_INVALID", "one id, one spelling", "jti", upper);
    let bare = json!("019b6e0f-3c00-7abc-8def-0123456789ab");
    case("jti_without_urn", "ID_INVALID", "urn:uuid: is missing", "jti", bare);
    case("iat_missing", "ISSUED_AT_INVALID", "no iat", "iat", Value::Null);
    case("iat_fraction", "ISSUED_AT_INVALID", "not whole seconds", "iat", json!(1_767_000_000.5));
    case("iat_text", "ISSUED_AT_INVALID", "text", "iat", json!("1767000000"));
    case("iat_negative", "ISSUED_AT_INVALID", "before 1970", "iat", json!(-1));
    case(
        "iat_in_milliseconds",
        "ISSUED_AT_INVALID",
        "after the year 9999",
        "iat",
        json!(1_767_000_000_000_i64),
    );
    case(
        "exp_in_clear",
        "EXPIRY_NOT_ALLOWED",
        "valid_until is the claim for it",
        "exp",
        json!(1_900_000_000),
    );
    case("nbf_in_clear", "EXPIRY_NOT_ALLOWED", "valid_from is the claim for it", "nbf", json!(1_700_000_000));
    case("claim_in_clear", "CLAIM_IN_CLEAR", "a person's claim outside disclosures", "hours", json!(1200));
    case("sub_in_clear", "CLAIM_IN_CLEAR", "a pseudonym that could be followed", "sub", json!("wkr_0"));
    case("sd_alg_sha_512", "SD_ALG_UNKNOWN", "only sha-256", "_sd_alg", json!("sha-512"));
    case("sd_alg_not_text", "SD_ALG_UNKNOWN", "a number", "_sd_alg", json!(256));

    let forged = Forged::person();
    let twice = forged.payload_text().replacen('{', r#"{"iss":"https://attacker.invalid","#, 1);
    let text = forged.sign(&forged.header.to_string(), &twice);
    table.raw("duplicate_member_in_payload", "DUPLICATE_MEMBER", "iss given twice", &forged.key, text);
    let escaped = forged.payload_text().replacen('{', r#"{"\u0069ss":"https://attacker.invalid","#, 1);
    let text = forged.sign(&forged.header.to_string(), &escaped);
    table.raw(
        "duplicate_member_escaped",
        "DUPLICATE_MEMBER",
        "iss given twice, once escaped",
        &forged.key,
        text,
    );
    let in_clear = Forged::institution().payload(|payload| payload["exp"] = json!(1_900_000_000));
    table.add(
        "exp_of_institution",
        "EXPIRY_NOT_ALLOWED",
        "an institution's statement does not expire either",
        &in_clear,
    );
    let hidden = Forged::institution().payload(|payload| payload["kinds"] = json!([{"...": decoy(1)}]));
    table.add(
        "hidden_element_of_institution",
        "NESTED_DISCLOSURE",
        "nothing hidden about institutions",
        &hidden,
    );
    let alg = Forged::institution().payload(|payload| payload["_sd_alg"] = json!("sha-256"));
    table.add("sd_alg_of_institution", "SD_INVALID", "_sd_alg without _sd", &alg);
}

fn holder_key_and_status(table: &mut Table) {
    let mut case = |name: &str, comment: &str, cnf: Value| {
        let forged = Forged::person().payload(|payload| payload["cnf"] = cnf);
        table.add(name, "HOLDER_KEY_INVALID", comment, &forged);
    };
    let jwk = holder().public().to_jwk();
    let with = |name: &str, value: Value| {
        let mut jwk = jwk.clone();
        jwk[name] = value;
        json!({"jwk": jwk})
    };
    case("cnf_kid_only", "a name instead of a key", json!({"kid": "1"}));
    case("cnf_two_members", "more than jwk", json!({"jwk": jwk, "kid": "1"}));
    case("cnf_jwk_with_note", "free text in clear", with("note", json!("hello")));
    case("cnf_jwk_private", "a private key in clear", json!({"jwk": holder().to_jwk()}));
    case("cnf_jwk_off_curve", "not a point of P-256", with("y", json!(base64url_encode([1; 32]))));
    case(
        "cnf_jwk_padded",
        "base64url has no padding",
        with("x", json!("TCAER19Zvu3OHF4j4W4vfSVoHIP1ILilDls7vCeGemc=")),
    );
    let small = base64url_encode([&[1][..], &[0; 31]].concat());
    let small = json!({"jwk": {"kty": "OKP", "crv": "Ed25519", "x": small}});
    case("cnf_jwk_small_order", "one signature fits many messages", small);
    case("cnf_jwk_rsa", "another key type", json!({"jwk": {"kty": "RSA", "n": "AQAB", "e": "AQAB"}}));

    let mut case = |name: &str, comment: &str, status: Value| {
        let forged = Forged::person().payload(|payload| payload["status"] = status);
        table.add(name, "STATUS_INVALID", comment, &forged);
    };
    let list = |list: Value| json!({"status_list": list});
    case("status_text", "not an object", json!("valid"));
    case("status_http", "only https", list(json!({"uri": "http://ledger.invalid/1", "idx": 1})));
    case("status_index_negative", "no index", list(json!({"uri": "https://ledger.invalid/1", "idx": -1})));
    case("status_index_missing", "no index", list(json!({"uri": "https://ledger.invalid/1"})));
    case(
        "status_with_note",
        "free text",
        list(json!({"uri": "https://ledger.invalid/1", "idx": 1, "note": "x"})),
    );
    let two = json!({"status_list": {"uri": "https://ledger.invalid/1", "idx": 1}, "other": 1});
    case("status_two_mechanisms", "more than status_list", two);
}
