//! What the ledger refuses of disclosures, digests, shape and size.

use serde_json::{Value, json};
use skillpass::crypto::base64url_encode;

use super::forge::{Forged, decoy, disclosure, disclosure_json, holder, salt};
use super::recorded::Table;

pub(super) fn digests(table: &mut Table) {
    let mut case = |name: &str, expect: &str, comment: &str, sd: Value| {
        let forged = Forged::person().with(|forged| {
            forged.disclosures.clear();
            forged.sd = Some(sd);
        });
        table.add(name, expect, comment, &forged);
    };
    case("sd_empty", "SD_INVALID", "a statement about a person says something", json!([]));
    case("sd_object", "SD_INVALID", "not an array", json!({"a": decoy(1)}));
    case("sd_digest_short", "SD_INVALID", "31 bytes", json!([base64url_encode([1; 31])]));
    case("sd_digest_padded", "SD_INVALID", "base64url has no padding", json!([format!("{}=", decoy(1))]));
    case("sd_digest_number", "SD_INVALID", "not text", json!([7]));
    case(
        "digest_twice",
        "DIGEST_TWICE",
        "RFC 9901 section 7.1 step 4",
        json!([decoy(1), decoy(2), decoy(1)]),
    );
    let many: Vec<String> = (0..65).map(decoy).collect();
    case("digests_too_many", "TOO_MANY_DISCLOSURES", "65 digests", json!(many));
}

pub(super) fn disclosures(table: &mut Table) {
    let mut case = |name: &str, expect: &str, comment: &str, json: Value| {
        table.add(name, expect, comment, &Forged::person().disclosing(&json));
    };
    let salt_9 = salt(9);
    let s = salt_9.as_str();
    case("disclosure_of_one", "DISCLOSURE_ARITY", "[salt]", json!([s]));
    case("disclosure_of_two", "DISCLOSURE_ARITY", "an array element where a claim belongs", json!([s, "x"]));
    case("disclosure_of_four", "DISCLOSURE_ARITY", "[salt, name, value, more]", json!([s, "a", 1, 2]));
    case(
        "disclosure_is_object",
        "DISCLOSURE_ARITY",
        "not an array",
        json!({"salt": s, "name": "a", "value": 1}),
    );
    case("disclosure_name_not_text", "DISCLOSURE_ARITY", "name is a number", json!([s, 1, 2]));
    case("disclosure_salt_not_text", "DISCLOSURE_ARITY", "salt is a number", json!([1, "a", 2]));
    case("salt_short", "SALT_TOO_SHORT", "21 characters are 126 bits", json!([&s[..21], "a", 1]));
    case(
        "claim_named_sd",
        "DISCLOSURE_RESERVED_NAME",
        "a claim cannot pose as digests",
        json!([s, "_sd", [decoy(1)]]),
    );
    case(
        "claim_named_dots",
        "DISCLOSURE_RESERVED_NAME",
        "a claim cannot pose as a digest",
        json!([s, "...", decoy(1)]),
    );
    case(
        "claim_named_sd_alg",
        "DISCLOSURE_RESERVED_NAME",
        "nor as the hash",
        json!([s, "_sd_alg", "sha-256"]),
    );
    case("claim_twice", "CLAIM_COLLISION", "hours given twice with two salts", json!([s, "hours", 1300]));
    let hidden = json!([s, "grades", {"_sd": [decoy(1)]}]);
    case("nested_digest", "NESTED_DISCLOSURE", "statements disclose whole claims", hidden);
    let hidden = json!([s, "grades", [{"...": decoy(1)}]]);
    case("nested_element", "NESTED_DISCLOSURE", "statements disclose whole claims", hidden);
    for name in ["iss", "nbf", "exp", "cnf", "vct", "vct#integrity", "aka_vcts", "status", "iat", "jti"] {
        let file = format!("protected_{}_disclosed", name.replace('#', "_"));
        case(&file, "PROTECTED_CLAIM_DISCLOSED", "a verifier must always see it", json!([s, name, 1]));
    }
    case(
        "disclosure_too_large",
        "DISCLOSURE_TOO_LARGE",
        "over 8192 bytes",
        json!([s, "a", "x".repeat(6200)]),
    );
}

pub(super) fn disclosure_bytes(table: &mut Table) {
    let salt_9 = salt(9);
    let s = salt_9.as_str();
    let person = Forged::person();
    let key = &person.key;
    let stray = disclosure(9, "grade", &json!("excellent"));
    let text = format!("{}{stray}~", person.text());
    table.raw("disclosure_unreferenced", "DISCLOSURE_UNREFERENCED", "added by someone else", key, text);
    let text = format!("{}~", person.text());
    table.raw("disclosure_empty", "DISCLOSURE_UNREFERENCED", "nothing between two ~", key, text);
    let text = format!("{}{}~", person.text(), person.disclosures[0]);
    table.raw("disclosure_twice", "DISCLOSURE_TWICE", "one disclosure given twice", key, text);
    let text = format!("{}{stray}~", Forged::institution().text());
    table.raw(
        "disclosure_behind_institution",
        "DISCLOSURE_UNREFERENCED",
        "no _sd, no disclosures",
        key,
        text,
    );
    let raw = |bytes: &[u8]| Forged::person().with(|forged| forged.disclosures.push(base64url_encode(bytes)));
    let twice = raw(format!(r#"["{s}","level",{{"code":"6","code":"7"}}]"#).as_bytes());
    table.add("duplicate_member_in_disclosure", "DUPLICATE_MEMBER", "code given twice", &twice);
    let deep = raw(format!(r#"["{s}","a",{}{}]"#, "[".repeat(16), "]".repeat(16)).as_bytes());
    table.add("disclosure_too_deep", "TOO_DEEP", "17 levels", &deep);
    table.add("disclosure_not_json", "MALFORMED", "no JSON", &raw(b"hello"));
    table.add(
        "disclosure_not_utf8",
        "MALFORMED",
        "no UTF-8",
        &raw(&[b"[\"".as_slice(), &[0xff], b"\"]"].concat()),
    );
    let padded = Forged::person().with(|forged| forged.disclosures.push("WzEsMl0=".into()));
    table.add("disclosure_padded", "MALFORMED", "base64url has no padding", &padded);
    // 35 bytes leave two spare bits in the last character; the digest is over the text, so only strict decoding sees them.
    let spare = disclosure_json(&json!([s, "a", 1]));
    let spare = format!("{}{}", &spare[..spare.len() - 1], char::from(spare.as_bytes()[spare.len() - 1] + 1));
    let spare = Forged::person().with(|forged| forged.disclosures.push(spare));
    table.add("disclosure_spare_bits", "MALFORMED", "one value, one spelling", &spare);
}

pub(super) fn shape_and_limits(table: &mut Table) {
    let person = Forged::person();
    let (key, text) = (&person.key, person.text());
    let mut case = |name: &str, expect: &str, comment: &str, text: String| {
        table.raw(name, expect, comment, key, text);
    };
    let jwt = text.split('~').next().unwrap();
    case("no_tilde", "MALFORMED", "a bare JWT", jwt.to_owned());
    case(
        "last_tilde_missing",
        "MALFORMED",
        "the last disclosure has no ~",
        text.trim_end_matches('~').to_owned(),
    );
    case("space_before", "MALFORMED", "white space is not skipped", format!(" {text}"));
    case("two_parts", "MALFORMED", "no signature part", format!("{}~", jwt.rsplit_once('.').unwrap().0));
    case("four_parts", "MALFORMED", "one part too many", format!("{jwt}.AA~"));
    let binding = super::forge::jws(r#"{"alg":"ES256","typ":"kb+jwt"}"#, r#"{"iat":1}"#, &holder());
    case(
        "key_binding_behind_statement",
        "KEY_BINDING_NOT_ALLOWED",
        "records end in ~",
        format!("{text}{binding}"),
    );
    let in_clear = format!("{}{binding}", Forged::institution().text());
    case("key_binding_behind_institution", "KEY_BINDING_NOT_ALLOWED", "records end in ~", in_clear);
    let header = person.header.to_string();
    case("payload_array", "MALFORMED", "a payload is an object", person.sign(&header, "[]"));
    case(
        "payload_with_more_behind",
        "MALFORMED",
        "one value",
        person.sign(&header, &format!("{} {{}}", person.payload_text())),
    );
    case("header_array", "MALFORMED", "a header is an object", person.sign("[]", &person.payload_text()));
    let overflow = person.payload_text().replace("1767000000", "1e999");
    case("number_overflows", "MALFORMED", "beyond a double", person.sign(&header, &overflow));

    let deep = (0..16).fold(json!(1), |inner, _| json!([inner]));
    let forged = Forged::institution().payload(|payload| payload["kinds"] = deep);
    table.add("payload_too_deep", "TOO_DEEP", "17 levels", &forged);
    let forged = Forged::institution().payload(|payload| payload["kinds"] = json!("x".repeat(24 * 1024)));
    table.add("too_large", "TOO_LARGE", "over 32768 bytes", &forged);
}
