//! SD-JWT VCs of other software, with and without key binding (RFC 9901, draft-ietf-oauth-sd-jwt-vc).

use serde_json::{Value, json};
use skillpass::crypto::PrivateKey;

use super::forge::{Forged, decoy, digest, disclosure, disclosure_json, holder, salt, set, stranger};
use super::{AUDIENCE, Check, NONCE, NOW, Vector};

struct Table {
    vectors: Vec<Vector>,
    check: Check,
    prefix: &'static str,
}

impl Table {
    fn add(&mut self, name: &str, expect: &str, comment: &str, forged: &Forged) {
        self.raw(name, expect, comment, forged.text());
    }

    fn raw(&mut self, name: &str, expect: &str, comment: &str, text: String) {
        let name = format!("{}_{name}", self.prefix);
        let key = super::forge::body().public().to_jwk();
        let (expect, comment) = (expect.to_owned(), comment.to_owned());
        self.vectors.push(Vector { name, expect, comment, check: self.check, key, text });
    }
}

pub fn vectors() -> Vec<Vector> {
    let mut table = Table { vectors: Vec::new(), check: Check::Credential, prefix: "vc" };
    credential(&mut table);
    structure(&mut table);
    unasked_binding(&mut table);
    table.check = Check::Presentation;
    table.prefix = "kb";
    binding(&mut table);
    table.vectors
}

fn credential(table: &mut Table) {
    table.add("accepted", "ACCEPTED", "nested, array element, decoys", &Forged::foreign());
    let mut bare = Forged::foreign();
    bare.sd = Some(json!([digest(&bare.disclosures[1]), decoy(2)]));
    let text = format!("{}~", bare.text().split('~').next().unwrap());
    table.raw("accepted_nothing_disclosed", "ACCEPTED", "digests without disclosures", text);
    let mut header = |name: &str, expect: &str, comment: &str, member: &str, value: Value| {
        table.add(name, expect, comment, &Forged::foreign().header(|header| set(header, member, value)));
    };
    header("typ_jwt", "WRONG_TYP", "any JWT is no credential", "typ", json!("JWT"));
    header("alg_none", "ALG_NOT_ALLOWED", "unsecured JWS", "alg", json!("none"));
    header("alg_of_another_key_type", "ALG_KEY_MISMATCH", "ES256 said, Ed25519 key", "alg", json!("ES256"));
    header("crit_present", "CRIT_NOT_SUPPORTED", "an extension we do not know", "crit", json!(["x"]));
    header("accepted_more_in_header", "ACCEPTED", "RFC 7515: unknown members are ignored", "x", json!(1));
    let mut payload = |name: &str, expect: &str, comment: &str, claim: &str, value: Value| {
        let forged = Forged::foreign().payload(|payload| set(payload, claim, value));
        table.add(name, expect, comment, &forged);
    };
    payload("vct_missing", "VCT_MISSING", "no vct", "vct", Value::Null);
    payload("issuer_missing", "ISSUER_INVALID", "no iss", "iss", Value::Null);
    payload("expired", "EXPIRED", "exp is now", "exp", json!(NOW));
    payload("not_yet_valid", "NOT_YET_VALID", "nbf is one second ahead", "nbf", json!(NOW + 1));
    payload("accepted_in_its_time", "ACCEPTED", "exp is one second ahead", "exp", json!(NOW + 1));
    payload("accepted_from_now", "ACCEPTED", "nbf is now", "nbf", json!(NOW));
    payload("exp_text", "TIME_INVALID", "not a number", "exp", json!("never"));
    payload("sd_alg_sha_512", "SD_ALG_UNKNOWN", "only sha-256", "_sd_alg", json!("sha-512"));
    let hidden = json!({"jwk": {"_sd": [decoy(5)]}});
    payload(
        "hidden_below_cnf",
        "PROTECTED_CLAIM_DISCLOSED",
        "nothing below a control claim is hidden",
        "cnf",
        hidden,
    );
    for name in ["iss", "nbf", "exp", "cnf", "vct", "vct#integrity", "aka_vcts", "status"] {
        let claim = disclosure(20, name, &json!({"jwk": {}}));
        let forged = Forged::foreign().with(|forged| {
            forged.payload.as_object_mut().unwrap().shift_remove(name);
            forged.sd.as_mut().unwrap().as_array_mut().unwrap().push(json!(digest(&claim)));
            forged.disclosures.push(claim);
        });
        let file = format!("protected_{}_disclosed", name.replace('#', "_"));
        table.add(&file, "PROTECTED_CLAIM_DISCLOSED", "a verifier must always see it", &forged);
    }
    let signed = Forged::foreign().with(|forged| forged.key = stranger());
    table.add("signature_by_another_key", "SIGNATURE_INVALID", "another key", &signed);
}

/// A foreign credential with one more disclosure at the top.
fn disclosing(text: String) -> Forged {
    Forged::foreign().with(|forged| {
        forged.sd.as_mut().unwrap().as_array_mut().unwrap().push(json!(digest(&text)));
        forged.disclosures.push(text);
    })
}

fn structure(table: &mut Table) {
    let foreign = Forged::foreign();
    let stray = disclosure(30, "grade", &json!("excellent"));
    let text = format!("{}{stray}~", foreign.text());
    table.raw("disclosure_unreferenced", "DISCLOSURE_UNREFERENCED", "added by someone else", text);
    // The inner claim's digest stands in a disclosure that is left out.
    let text = format!("{}~{}~", foreign.text().split('~').next().unwrap(), foreign.disclosures[0]);
    table.raw(
        "disclosure_without_its_parent",
        "DISCLOSURE_UNREFERENCED",
        "the inner claim without the outer",
        text,
    );
    let text = format!("{}{}~", foreign.text(), foreign.disclosures[0]);
    table.raw("disclosure_twice", "DISCLOSURE_TWICE", "one disclosure given twice", text);
    let twice = Forged::foreign().payload(|payload| payload["more"] = json!({"_sd": [decoy(2)]}));
    table.add("digest_twice", "DIGEST_TWICE", "one decoy at two levels", &twice);
    let in_disclosure = disclosing(disclosure(31, "more", &json!([{"...": decoy(1)}])));
    table.add("digest_twice_in_disclosure", "DIGEST_TWICE", "again inside a disclosure", &in_disclosure);
    let collision = disclosing(disclosure(32, "achievements", &json!([])));
    table.add("claim_twice", "CLAIM_COLLISION", "in clear and disclosed", &collision);
    let two = disclosing(disclosure_json(&json!([salt(33), "x"])));
    table.add("element_as_claim", "DISCLOSURE_ARITY", "two elements where three belong", &two);
    let three = disclosure(34, "name", &json!("x"));
    let claim = Forged::foreign().with(|forged| {
        forged.payload["achievements"] = json!([{"...": digest(&three)}]);
        forged.disclosures = vec![three];
    });
    table.add("claim_as_element", "DISCLOSURE_ARITY", "three elements where two belong", &claim);
    let sibling =
        Forged::foreign().payload(|payload| payload["achievements"] = json!([{"...": decoy(1), "x": 1}]));
    let sibling = sibling.with(|forged| forged.disclosures.truncate(2));
    table.add("element_with_sibling", "DISCLOSURE_RESERVED_NAME", "`...` stands alone", &sibling);
    let dots = Forged::foreign().payload(|payload| payload["more"] = json!({"...": decoy(3)}));
    table.add("dots_outside_array", "DISCLOSURE_RESERVED_NAME", "`...` outside an array", &dots);
    for (file, name) in [("claim_named_sd", "_sd"), ("claim_named_dots", "...")] {
        let forged = disclosing(disclosure(35, name, &json!([decoy(4)])));
        table.add(file, "DISCLOSURE_RESERVED_NAME", "a claim cannot pose as a digest", &forged);
    }
    let sd = Forged::foreign().payload(|payload| payload["more"] = json!({"_sd": decoy(6)}));
    table.add("sd_not_array", "SD_INVALID", "a digest alone", &sd);
    // Each disclosure holds the next one's digest: short texts, deep result.
    let mut chain = vec![disclosure(40, "end", &json!(1))];
    for n in 41..60 {
        let inner = digest(chain.last().unwrap());
        chain.push(disclosure(n, "next", &json!({"_sd": [inner]})));
    }
    let deep = Forged::foreign().with(|forged| {
        forged.sd = Some(json!([digest(chain.last().unwrap())]));
        forged.payload["achievements"] = json!([]);
        forged.disclosures = chain;
    });
    table.add("too_deep_by_reference", "TOO_DEEP", "disclosures nested by digests", &deep);
    let many: Vec<String> = (100..165).map(|n| disclosure(n, &format!("c{n}"), &json!(n))).collect();
    let many = Forged::foreign().with(|forged| {
        forged.sd = Some(many.iter().map(|text| json!(digest(text))).collect());
        forged.disclosures = many;
    });
    table.add("disclosures_too_many", "TOO_MANY_DISCLOSURES", "65 disclosures", &many);
}

fn kb_header() -> Value {
    json!({"alg": "ES256", "typ": "kb+jwt"})
}

fn kb_claims() -> Value {
    json!({"iat": NOW - 10, "aud": AUDIENCE, "nonce": NONCE})
}

/// A binding is checked although nobody asked for one.
fn unasked_binding(table: &mut Table) {
    let foreign = Forged::foreign();
    let bound = |key: &PrivateKey| foreign.bound(&kb_header(), &kb_claims(), key);
    table.raw("accepted_with_binding_unasked", "ACCEPTED", "a right key binding", bound(&holder()));
    let old = json!({"iat": 1_700_000_000, "aud": "x", "nonce": "y"});
    let text = foreign.bound(&kb_header(), &old, &holder());
    table.raw(
        "accepted_with_old_binding_unasked",
        "ACCEPTED",
        "for another, long ago: no request to answer",
        text,
    );
    let text = foreign.bound(&json!({"alg": "EdDSA", "typ": "kb+jwt"}), &kb_claims(), &stranger());
    table.raw("binding_of_another_unasked", "KEY_BINDING_WRONG_ALG", "another key type signed", text);
    let mut text = bound(&holder());
    let at = text.len() - 10;
    text.replace_range(at..=at, if &text[at..=at] == "A" { "B" } else { "A" });
    table.raw(
        "binding_broken_unasked",
        "KEY_BINDING_SIGNATURE_INVALID",
        "never passed over in silence",
        text,
    );
}

fn binding(table: &mut Table) {
    let foreign = Forged::foreign();
    table.raw(
        "accepted",
        "ACCEPTED",
        "for this audience and nonce",
        foreign.bound(&kb_header(), &kb_claims(), &holder()),
    );
    table.raw("missing", "KEY_BINDING_MISSING", "no key binding", foreign.text());
    let mut claims = |name: &str, expect: &str, comment: &str, claim: &str, value: Value| {
        let mut claims = kb_claims();
        set(&mut claims, claim, value);
        table.raw(name, expect, comment, foreign.bound(&kb_header(), &claims, &holder()));
    };
    claims(
        "wrong_audience",
        "KEY_BINDING_WRONG_AUDIENCE",
        "another verifier",
        "aud",
        json!("https://other.invalid"),
    );
    claims(
        "audience_array",
        "KEY_BINDING_MALFORMED",
        "RFC 9901 section 4.3: one string",
        "aud",
        json!([AUDIENCE]),
    );
    claims("audience_missing", "KEY_BINDING_MALFORMED", "no aud", "aud", Value::Null);
    claims("wrong_nonce", "KEY_BINDING_WRONG_NONCE", "another request", "nonce", json!("other"));
    claims("nonce_missing", "KEY_BINDING_MALFORMED", "no nonce", "nonce", Value::Null);
    claims("wrong_hash", "KEY_BINDING_WRONG_HASH", "another SD-JWT", "sd_hash", json!(decoy(9)));
    claims("issued_at_missing", "KEY_BINDING_MALFORMED", "no iat", "iat", Value::Null);
    claims("in_future", "KEY_BINDING_ISSUED_IN_FUTURE", "over 5 minutes ahead", "iat", json!(NOW + 301));
    claims("accepted_skewed", "ACCEPTED", "5 minutes ahead", "iat", json!(NOW + 300));
    claims("too_old", "KEY_BINDING_TOO_OLD", "over a day", "iat", json!(NOW - 86_401));
    claims("accepted_a_day_old", "ACCEPTED", "a day", "iat", json!(NOW - 86_400));

    let header = |header: Value, key: &PrivateKey| foreign.bound(&header, &kb_claims(), key);
    let text = header(json!({"alg": "ES256", "typ": "JWT"}), &holder());
    table.raw("typ_jwt", "KEY_BINDING_WRONG_TYP", "another token", text);
    let text = header(json!({"alg": "none", "typ": "kb+jwt"}), &holder());
    table.raw("alg_none", "KEY_BINDING_WRONG_ALG", "unsecured JWS", text);
    let another = PrivateKey::generate_es256(&mut skillpass::crypto::SeededEntropy::new("vectors: thief"));
    let text = header(kb_header(), &another);
    table.raw("by_another_key", "KEY_BINDING_SIGNATURE_INVALID", "not the key in cnf.jwk", text);
    let nobody = Forged::foreign().payload(|payload| set(payload, "cnf", Value::Null));
    let text = nobody.bound(&kb_header(), &kb_claims(), &holder());
    table.raw("no_holder_key", "KEY_BINDING_NO_HOLDER_KEY", "no cnf", text);
    // Cut a disclosure out after binding.
    let bound = foreign.bound(&kb_header(), &kb_claims(), &holder());
    let cut = bound.replacen(&format!("{}~", foreign.disclosures[2]), "", 1);
    table.raw("disclosure_removed", "KEY_BINDING_WRONG_HASH", "sd_hash covers every disclosure", cut);
    let word = format!("{}hello", foreign.text());
    table.raw("not_a_jws", "KEY_BINDING_MALFORMED", "text behind the last ~", word);
}
