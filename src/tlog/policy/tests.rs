use super::*;
use crate::crypto::{PrivateKey, PublicKey, SeededEntropy};

fn public(label: &str) -> PublicKey {
    PrivateKey::generate_ed25519(&mut SeededEntropy::new(label)).public()
}

fn log(label: &str) -> String {
    VerifierKey::log("ph.skillpass.invalid", &public(label)).unwrap().to_string()
}

fn witness(label: &str) -> String {
    VerifierKey::cosigner(&format!("{label}.invalid"), &public(label)).unwrap().to_string()
}

/// C2SP tlog-policy, "Example policy": two of X and one of Y.
fn example() -> Policy {
    let names = ["X1", "X2", "X3", "Y1", "Y2", "Y3"];
    let [x1, x2, x3, y1, y2, y3] = names.map(|name| format!("witness {name} {}", witness(name)));
    let text = format!(
        "log {}\n\n{x1}\n{x2}\n{x3}\ngroup X-witnesses 2 X1 X2 X3\n\n{y1}\n{y2}\n{y3}\n\
         group Y-witnesses any Y1 Y2 Y3\n\ngroup X-and-Y all X-witnesses Y-witnesses\nquorum X-and-Y\n",
        log("log")
    );
    Policy::parse(&text).unwrap()
}

#[test]
fn example_of_the_specification_is_met_by_two_of_x_and_one_of_y() {
    let policy = example();
    assert_eq!(policy.logs().len(), 1);
    assert_eq!(policy.witnesses().len(), 6);
    assert!(!policy.requires_none());
    for (cosigners, met) in [
        (vec![0, 1, 3], true),
        (vec![5, 2, 0], true),
        (vec![0, 1, 2, 3, 4, 5], true),
        (vec![0, 1, 2], false),
        (vec![0, 3, 4, 5], false),
        (vec![0, 0, 3], false),
        (vec![], false),
        (vec![99], false),
    ] {
        assert_eq!(policy.is_met_by(&cosigners), met, "{cosigners:?}");
    }
}

#[test]
fn quorum_none_needs_nobody_and_a_single_witness_itself() {
    let none = Policy::parse("quorum none\n").unwrap();
    assert!(none.requires_none() && none.is_met_by(&[]));
    let one =
        Policy::parse(&format!("witness a {}\nwitness b {}\nquorum b", witness("a"), witness("b"))).unwrap();
    assert!(one.is_met_by(&[1]) && !one.is_met_by(&[0]));
}

#[test]
fn comments_tabs_urls_and_keyword_names_are_read() {
    let text = format!(
        "# comment\n\t # another\n\twitness \t all  {}   https://w.invalid/  \nlog {} https://l.invalid\n\
         witness any {}\ngroup group 2 all any\n  quorum\tgroup",
        witness("a"),
        log("log"),
        witness("b")
    );
    let policy = Policy::parse(&text).unwrap();
    let urls: Vec<_> = policy.witness_urls().into_iter().map(|(_, url)| url).collect();
    assert_eq!(urls, [Some("https://w.invalid/"), None]);
    assert_eq!(policy.log_urls()[0].1, Some("https://l.invalid"));
    assert_eq!(policy.text(), text);
    assert!(policy.is_met_by(&[0, 1]) && !policy.is_met_by(&[0]));
}

/// The cases of transparency-dev/formats, `policy/tlog_policy_test.go`, `TestUnmarshal_Errors`, with our keys.
#[test]
fn each_broken_rule_is_refused_at_its_line() {
    let (a, b, log_a) = (witness("a"), witness("b"), log("a"));
    let renamed = VerifierKey::cosigner("impostor.invalid", &public("a")).unwrap();
    let cases = [
        ("quorum none\n\u{1}".to_owned(), TlogError::PolicyCharacter { line: 2 }),
        ("quorum none\r\n".to_owned(), TlogError::PolicyCharacter { line: 1 }),
        ("quibble w1\nquorum none\n".to_owned(), TlogError::PolicyLine { line: 1 }),
        (format!("witness w1 {a} https://w.invalid # comment\nquorum w1"), TlogError::PolicyLine { line: 1 }),
        ("log\nquorum none".to_owned(), TlogError::PolicyLine { line: 1 }),
        ("log garbage\nquorum none".to_owned(), TlogError::PolicyKey { line: 1 }),
        (format!("log {a}\nquorum none"), TlogError::PolicyKey { line: 1 }),
        (
            format!("log {log_a}\nlog {log_a} https://l.invalid\nquorum none"),
            TlogError::PolicyDuplicateKey { line: 2 },
        ),
        ("witness w1\nquorum none".to_owned(), TlogError::PolicyLine { line: 1 }),
        (format!("witness w1 {log_a}\nquorum w1"), TlogError::PolicyKey { line: 1 }),
        (format!("witness none {a}\nquorum none"), TlogError::PolicyName { line: 1 }),
        (format!("witness w1 {a}\nwitness w1 {b}\nquorum w1"), TlogError::PolicyName { line: 2 }),
        (
            format!("witness w1 {a}\nwitness w2 {renamed}\nquorum w1"),
            TlogError::PolicyDuplicateKey { line: 2 },
        ),
        (format!("witness w1 {a}\ngroup w1 any w1\nquorum w1"), TlogError::PolicyName { line: 2 }),
        (format!("witness w1 {a}\ngroup g1 1\nquorum w1"), TlogError::PolicyLine { line: 2 }),
        (format!("witness w1 {a}\ngroup none any w1\nquorum none"), TlogError::PolicyName { line: 2 }),
        (format!("witness w1 {a}\ngroup g1 0 w1\nquorum g1"), TlogError::PolicyThreshold { line: 2 }),
        (format!("witness w1 {a}\ngroup g1 -1 w1\nquorum g1"), TlogError::PolicyThreshold { line: 2 }),
        (format!("witness w1 {a}\ngroup g1 01 w1\nquorum g1"), TlogError::PolicyThreshold { line: 2 }),
        (format!("witness w1 {a}\ngroup g1 2 w1\nquorum g1"), TlogError::PolicyThreshold { line: 2 }),
        (format!("witness w1 {a}\ngroup g1 any w2\nquorum g1"), TlogError::PolicyUnknownName { line: 2 }),
        (format!("group g1 any w1\nwitness w1 {a}\nquorum g1"), TlogError::PolicyUnknownName { line: 1 }),
        (
            format!("witness w1 {a}\ngroup g1 any none w1\nquorum g1"),
            TlogError::PolicyUnknownName { line: 2 },
        ),
        (format!("witness w1 {a}\ngroup g1 all w1 w1\nquorum g1"), TlogError::PolicyMemberTwice { line: 2 }),
        (
            format!("witness w1 {a}\nwitness w2 {b}\ngroup g1 any w1 w2\ngroup g2 any w1\nquorum g1"),
            TlogError::PolicyMemberTwice { line: 4 },
        ),
        (format!("witness w1 {a}\n"), TlogError::PolicyQuorum),
        (format!("witness w1 {a}\nquorum w1\nquorum w1"), TlogError::PolicyQuorum),
        ("quorum unknown".to_owned(), TlogError::PolicyUnknownName { line: 1 }),
        (format!("quorum w1\nwitness w1 {a}"), TlogError::PolicyUnknownName { line: 1 }),
        ("quorum".to_owned(), TlogError::PolicyLine { line: 1 }),
    ];
    for (text, expected) in cases {
        assert_eq!(Policy::parse(&text), Err(expected), "{text}");
    }
}

#[test]
fn white_space_of_other_kinds_belongs_to_the_name() {
    let text = format!("witness a\u{a0}b {}\nquorum a\u{a0}b", witness("a"));
    assert!(Policy::parse(&text).unwrap().is_met_by(&[0]));
}

#[test]
fn thirty_two_of_each_are_read_and_size_is_limited() {
    let of_each = |n: u8| {
        let (log, witness) = (log(&n.to_string()), witness(&n.to_string()));
        format!("log {log}\nwitness w{n} {witness}\ngroup g{n} any w{n}\n")
    };
    let lines = (0..32).map(of_each).collect::<Vec<_>>().concat();
    assert!(Policy::parse(&format!("{lines}quorum g31\n")).is_ok());
    let long = format!("quorum none\n#{}", "x".repeat(POLICY_MAX_BYTES));
    assert_eq!(
        Policy::parse(&long),
        Err(TlogError::PolicyTooLarge { what: "bytes", limit: POLICY_MAX_BYTES })
    );
}
