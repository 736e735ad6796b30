//! What a whole demo logs, at every level, names nobody.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use skillpass::crypto::base64url_decode;

/// Shorter values are words of the field and numbers that stand everywhere.
const SECRET_BYTES_MIN: usize = 8;
/// Claims whose values are about bodies, law and time as much as about the person.
const PUBLIC_CLAIMS: [&str; 3] = ["issuing_country", "legal_basis", "instrument"];

/// Everything in the demo's directory that a log must not hold, by what it is.
#[derive(Default)]
struct Secrets(BTreeSet<(&'static str, String)>);

impl Secrets {
    fn add(&mut self, what: &'static str, value: &str) {
        if value.len() >= SECRET_BYTES_MIN {
            self.0.insert((what, value.to_owned()));
        }
    }

    /// The strings of a claim: names, dates, titles, ids.
    fn claim(&mut self, value: &Value) {
        match value {
            Value::String(text) if !text.starts_with("https://") => self.add("claim", text),
            Value::Array(items) => items.iter().for_each(|item| self.claim(item)),
            Value::Object(members) => members.values().for_each(|member| self.claim(member)),
            _ => {}
        }
    }

    /// One file of the demo: private keys, or a passport's statements.
    fn file(&mut self, path: &Path) {
        let Ok(text) = std::fs::read_to_string(path) else { return };
        let Ok(json) = serde_json::from_str::<Value>(&text) else { return };
        if let Some(private) = json.get("d").and_then(Value::as_str) {
            self.add("private key", private);
        }
        for statement in json.get("statements").and_then(Value::as_array).into_iter().flatten() {
            let mut parts = statement["sdjwt"].as_str().unwrap().split('~');
            let jwt = parts.next().unwrap();
            self.add("statement", jwt.rsplit('.').next().unwrap());
            self.payload(jwt);
            for disclosure in parts.filter(|part| !part.is_empty()) {
                let decoded = base64url_decode(disclosure).unwrap();
                let parts: Vec<Value> = serde_json::from_slice(&decoded).unwrap();
                self.add("salt", parts[0].as_str().unwrap());
                if !PUBLIC_CLAIMS.contains(&parts[1].as_str().unwrap()) {
                    self.claim(&parts[2]);
                }
            }
        }
    }

    /// The id of a person's statement, and the key that it is bound to.
    fn payload(&mut self, jwt: &str) {
        let payload = base64url_decode(jwt.split('.').nth(1).unwrap()).unwrap();
        let payload: Value = serde_json::from_slice(&payload).unwrap();
        if payload.get("_sd").is_some() {
            self.add("jti", payload["jti"].as_str().unwrap());
            if let Some(key) = payload["cnf"]["jwk"]["x"].as_str() {
                self.add("holder key", key);
            }
        }
    }

    fn collect(&mut self, dir: &Path) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { self.collect(&path) } else { self.file(&path) }
        }
    }
}

#[test]
fn a_whole_demo_logs_nothing_about_a_person_at_any_level() {
    let temp = tempfile::tempdir().unwrap();
    let out = temp.path().join("demo");
    let demo = Command::new(env!("CARGO_BIN_EXE_skillpass"))
        .args(["demo", "--out", out.to_str().unwrap()])
        .env("SKILLPASS_LOG", "trace")
        .output()
        .unwrap();
    let log = String::from_utf8(demo.stderr).unwrap();
    assert!(demo.status.success(), "{log}");
    assert!(log.lines().count() > 10 && log.contains("serving"), "it logs: {log}");

    let mut secrets = Secrets::default();
    secrets.collect(&out);
    let kinds: BTreeSet<&str> = secrets.0.iter().map(|(what, _)| *what).collect();
    let expected = BTreeSet::from(["claim", "holder key", "jti", "private key", "salt", "statement"]);
    assert_eq!(kinds, expected, "the demo holds all of them");
    assert!(secrets.0.iter().any(|(_, value)| value.starts_with("wkr_")), "worker ids among them");
    let told: Vec<_> = secrets.0.iter().filter(|(_, value)| log.contains(value.as_str())).collect();
    assert!(told.is_empty(), "{told:?} in\n{log}");
    assert!(!log.contains("eyJ"), "a token in\n{log}");
}
