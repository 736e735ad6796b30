//! Exit codes and errors, one row each; commands that need no ledger.

use super::Desk;

/// (arguments, exit code, reason)
const ROWS: &[(&str, i32, &str)] = &[
    ("import - --kind TrainingCompleted --check", 2, "BAD_USAGE"),
    ("revoke --file - --key key.jwk --ledger http://127.0.0.1:9", 2, "BAD_USAGE"),
    ("frobnicate", 2, "BAD_USAGE"),
    ("issue --key missing.jwk", 2, "BAD_USAGE"),
    ("key show missing.jwk", 4, "FILE_UNREADABLE"),
    ("key new --out nowhere/key.jwk", 4, "FILE_UNWRITABLE"),
    ("key new --out school.jwk", 4, "FILE_UNWRITABLE"),
    ("key new --out -", 2, "BAD_USAGE"),
    ("key seal - --new-passphrase-file right.txt", 2, "BAD_USAGE"),
    ("erase wkr_x --ledger http://127.0.0.1:1 --order A --yes --last-export -", 2, "BAD_USAGE"),
    ("passport export wkr_x --ledger http://127.0.0.1:1 --as school.jwk --out -", 2, "BAD_USAGE"),
    ("trust sign --name demo --key school.jwk --out -", 2, "BAD_USAGE"),
    ("verify --page -", 2, "BAD_USAGE"),
    ("key show empty.json", 2, "KEY_FILE_INVALID"),
    ("kinds TrainingCompletd", 1, "UNKNOWN_KIND"),
    ("kinds SelfAssessed --csv-template", 1, "NO_CSV"),
    ("issue --key school.jwk --claims empty.json --out s", 1, "KIND_MISSING"),
    ("issue --key school.jwk --claims unknown-claim.json --out s", 1, "UNKNOWN_CLAIM"),
    ("issue --key school.jwk --claims no-iss.json --out s", 1, "MISSING_CLAIM"),
    ("issue --key school.jwk --claims doubled.json --out s", 1, "NOT_JSON"),
    ("issue --key sealed.jwk --claims training.json --out s", 2, "PASSPHRASE_NEEDED"),
    (
        "issue --key sealed.jwk --passphrase-file wrong.txt --claims training.json --out s",
        2,
        "PASSPHRASE_WRONG",
    ),
    ("append nothing.txt --ledger http://127.0.0.1:1", 1, "NOTHING_TO_APPEND"),
    ("append statement.txt --ledger http://127.0.0.1:1", 4, "LEDGER_UNREACHABLE"),
    ("append statement.txt --ledger ftp://x", 2, "LEDGER_ADDRESS_INVALID"),
    ("append statement.txt", 2, "BAD_USAGE"),
    ("log checkpoint --ledger http://127.0.0.1:1", 4, "LEDGER_UNREACHABLE"),
    ("verify statement.txt", 3, "NO_TRUST_FILE"),
    ("verify statement.txt --trust missing.toml", 4, "FILE_UNREADABLE"),
    ("verify statement.txt --trust training.json", 2, "TRUST_FILE_INVALID"),
    ("trust show", 3, "NO_TRUST_FILE"),
    ("fsck --data missing", 4, "NOT_A_LEDGER"),
    ("serve --data missing --grpc 0.0.0.0:0", 2, "CONFIGURATION_INVALID"),
    ("serve --data missing", 4, "NOT_A_LEDGER"),
    ("erase wkr_x --ledger http://127.0.0.1:1 --order A", 2, "WORKER_ID_INVALID"),
    ("revoke --key school.jwk --iss https://x.invalid --ledger http://127.0.0.1:1", 2, "BAD_USAGE"),
];

fn desk() -> Desk {
    let desk = Desk::new();
    desk.line("key new --out school.jwk").ends(0);
    desk.write("right.txt", "correct horse\n");
    desk.write("wrong.txt", "battery staple\n");
    desk.line("key new --out sealed.jwk --passphrase-file right.txt").ends(0);
    let example = desk.line("kinds TrainingCompleted --example").ends(0).json();
    desk.write("training.json", example.to_string());
    let mut other = example.clone();
    other["colour"] = "blue".into();
    desk.write("unknown-claim.json", other.to_string());
    let mut other = example;
    other.as_object_mut().unwrap().remove("iss");
    desk.write("no-iss.json", other.to_string());
    desk.write("doubled.json", r#"{"event": "TrainingCompleted", "event": "Revoked"}"#);
    desk.write("empty.json", "{}");
    desk.write("nothing.txt", "\n");
    desk.write("statement.txt", "a.b.c~\n");
    desk
}

#[test]
fn each_failure_has_its_exit_code_and_reason() {
    let desk = desk();
    for &(line, code, reason) in ROWS {
        let answer = desk.line(&format!("{line} --json"));
        assert_eq!(
            (answer.code, answer.reason().as_str()),
            (code, reason),
            "skillpass {line}: {}",
            answer.stderr
        );
        let text = desk.line(line);
        assert_eq!(text.code, code, "skillpass {line}");
        assert!(text.stderr.contains(reason) || reason == "BAD_USAGE", "skillpass {line}: {}", text.stderr);
        assert_eq!(
            text.stderr.contains("this writes a file"),
            line.split(' ').any(|word| word == "-"),
            "{line}"
        );
    }
    assert!(!desk.path("-").exists());
}

#[test]
fn a_sealed_key_signs_under_its_passphrase() {
    let desk = desk();
    desk.line("issue --key sealed.jwk --passphrase-file right.txt --claims training.json --out s.sdjwt")
        .ends(0);
    desk.line("verify s.sdjwt --issuer-key sealed.pub.jwk").ends(0);
    desk.line("verify s.sdjwt --issuer-key school.pub.jwk").ends(1);
}

#[test]
fn a_statement_verifies_under_its_issuers_key_and_names_its_checks() {
    let desk = desk();
    desk.line("issue --key school.jwk --claims training.json --out s.sdjwt").ends(0);
    let report = desk.line("verify s.sdjwt --issuer-key school.pub.jwk --json").ends(0).json();
    assert_eq!(report["verdict"], "valid");
    let signature =
        report["checks"].as_array().unwrap().iter().find(|row| row["check"] == "signature").unwrap();
    assert_eq!(signature["status"], "PASS");
}

#[test]
fn what_kinds_prints_can_be_issued() {
    let desk = desk();
    for kind in desk.line("kinds --json").ends(0).json().as_array().unwrap() {
        let (name, class) = (kind["kind"].as_str().unwrap(), kind["class"].as_str().unwrap());
        let mut example = desk.line(&format!("kinds {name} --example")).ends(0).json();
        if example["iss"].as_str().is_some_and(|iss| iss.starts_with("did:")) {
            // What workers sign has the key's own name as `iss`, which is filled in.
            example.as_object_mut().unwrap().remove("iss");
        }
        desk.write("example.json", example.to_string());
        let expected = i32::from(class == "ledger");
        let answer = desk.line("issue --key school.jwk --claims example.json --out s.sdjwt --json");
        assert!(answer.code == expected, "{name}: {}", answer.stderr);
    }
}

/// One thumbprint or hash in sixty-four begins with `-`, and a nonce may.
#[test]
fn a_value_in_base64url_may_begin_with_a_hyphen() {
    let desk = desk();
    let hash = format!("-{}", "A".repeat(42));
    let ledger = "--ledger http://127.0.0.1:1 --json";
    for line in [
        format!("key retire --key school.jwk --kid {hash} {ledger}"),
        format!("key compromise --key school.jwk --kid {hash} --since 2026-01-01 {ledger}"),
        format!(
            "revoke --key school.jwk --worker wkr_00041061050r3gg28a1c60t3gfe --country PH --target {hash} --reason OTHER {ledger}"
        ),
        format!(
            "end-authorisation --key school.jwk --body https://b.invalid --target {hash} --reason WITHDRAWN {ledger}"
        ),
        format!("endorse --key school.jwk --body https://b.invalid --target {hash} {ledger}"),
    ] {
        assert_eq!(desk.line(&line).ends(4).reason(), "LEDGER_UNREACHABLE", "{line}");
    }
    let fetched = desk.line(&format!("trust fetch missing --fingerprint {hash} --trust kept.toml --json"));
    assert_eq!(fetched.ends(4).reason(), "FILE_UNREADABLE");
    desk.line("verify statement.txt --issuer-key school.pub.jwk --audience a --nonce -n --json").ends(1);
}
