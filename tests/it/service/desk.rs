//! What the registrar's desk asks of the ledger, and the sheets it offers.

use serde_json::{Value, json};
use skillpass::service::ACCESS_TYP;
use skillpass::statement::jws;

use super::Served;
use super::api::{call, reason};

/// Asks for slips with the provider's credential, for `method`.
fn slips(served: &Served, method: &str, issuer: Option<&str>, body: &Value) -> (u16, Value) {
    call(served, "/api/v1/slips", &[("authorization", &bearer(served, method, issuer))], body)
}

fn bearer(served: &Served, method: &str, issuer: Option<&str>) -> String {
    let mut claims = super::claims(&served.test);
    claims.insert("htm".into(), method.into());
    if let Some(issuer) = issuer {
        claims.insert("iss".into(), issuer.into());
    }
    format!("Bearer {}", jws::sign(ACCESS_TYP, &claims, &served.test.provider.key))
}

fn wanted(name: &str, count: usize) -> Value {
    let slip = json!({"worker": "wkr_00041061050r3gg28a1c60t3gfe", "name": name, "document_salt": "SALT"});
    json!({
        "lang": "ar", "page": "https://ledger.example.invalid", "opened_by": "school", "help": "+63",
        "slips": vec![slip; count],
    })
}

#[test]
fn a_key_leads_to_its_body_and_to_what_that_may_state() {
    let served = Served::new();
    let provider = &served.test.provider;
    let kid = provider.key.public().thumbprint();
    let (status, answer) = call(&served, "/api/v1/bodies", &[], &json!({"kid": kid}));
    assert_eq!((status, answer["bodies"][0]["issuer"].as_str()), (200, Some(provider.issuer.as_str())));
    let (_, nobody) = call(&served, "/api/v1/bodies", &[], &json!({"kid": "A".repeat(43)}));
    assert_eq!(nobody["bodies"], json!([]));
    let (status, body) = call(&served, "/api/v1/body", &[], &json!({"issuer": provider.issuer}));
    let kinds = body["authorisations"][0]["kinds"].as_array().unwrap();
    assert!(status == 200 && kinds.contains(&json!("TrainingCompleted")), "{body}");
    let (status, answer) =
        call(&served, "/api/v1/body", &[], &json!({"issuer": "https://no.example.invalid"}));
    assert_eq!((status, reason(&answer)), (404, "NOT_FOUND"));
}

#[test]
fn slips_are_made_for_bodies_alone_and_no_more_than_fit() {
    let served = Served::new();
    let (path, issuer) = ("/api/v1/slips", served.test.provider.issuer.clone());
    let (status, made) = slips(&served, path, Some(&issuer), &wanted("<b>SPECIMEN</b>", 2));
    let html = made["html"].as_str().unwrap();
    assert_eq!((status, html.matches("<article").count()), (200, 2));
    assert!(
        html.contains("dir=\"rtl\"") && !html.contains("<b>SPECIMEN") && html.contains("/worker"),
        "{html}"
    );

    let (status, answer) = call(&served, path, &[], &wanted("X", 1));
    assert_eq!((status, reason(&answer)), (401, "ISSUER_ONLY"), "nobody");
    let (status, answer) = slips(&served, path, None, &wanted("X", 1));
    assert_eq!((status, reason(&answer)), (401, "ISSUER_ONLY"), "a key that speaks for no body");
    let (status, _) =
        slips(&served, "/skillpass.v1.PassportService/GetPassport", Some(&issuer), &wanted("X", 1));
    assert_eq!(status, 401, "a credential for another call");
    for body in [wanted("X", 500), wanted(&"x".repeat(500), 1)] {
        assert_eq!(slips(&served, path, Some(&issuer), &body).0, 200, "as many as allowed");
    }
    for body in [wanted("X", 501), wanted(&"x".repeat(501), 1), wanted(&"x".repeat(600_000), 1)] {
        let (status, answer) = slips(&served, path, Some(&issuer), &body);
        assert_eq!((status, reason(&answer)), (413, "MESSAGE_TOO_LARGE"));
    }
    // Spaces behind it are JSON as well: the body at its limit, and one byte more.
    let text = wanted("X", 1).to_string();
    let of_length = |bytes: usize| format!("{text}{}", " ".repeat(bytes - text.len()));
    let bearer = bearer(&served, path, Some(&issuer));
    let headers = [("content-type", "application/json"), ("authorization", bearer.as_str())];
    for (bytes, status) in [(512 * 1024, 200), (512 * 1024 + 1, 413)] {
        assert_eq!(super::api::post(&served, path, &headers, of_length(bytes).as_bytes()).0, status);
    }
    let mut more = wanted("X", 1);
    more["colour"] = "blue".into();
    assert_eq!(reason(&slips(&served, path, Some(&issuer), &more).1), "JSON_INVALID");
}

#[test]
fn the_desk_and_its_sheets_are_served_and_no_others() {
    let served = Served::new();
    let (head, page) = served.get("/desk");
    assert!(head.starts_with("http/1.1 200") && head.contains("frame-ancestors 'none'"), "{head}");
    assert!(String::from_utf8(page).unwrap().contains("desk/page.js"));
    let (head, sheet) = served.get("/desk/template/TrainingCompleted?open-missing");
    assert!(head.contains("text/csv; charset=utf-8") && sheet.starts_with(b"\xEF\xBB\xBFworker,"), "{head}");
    for path in
        ["/desk/template/Revoked", "/desk/guide/LedgerFounded", "/desk/template/..%2F..", "/desk/guide/x"]
    {
        let (head, answer) = served.get(path);
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        assert!(head.starts_with("http/1.1 404") && reason(&answer) == "NO_SUCH_KIND", "{path}: {head}");
    }
}
