//! `docs/limits.md`: each limit it names has the value that it says, and a test that exists. Those of texts and files that anybody may
//! hand to a parser are tried here at their edge: as long as allowed, and one byte more.

use skillpass::config::{CONFIG_BYTES_MAX, Config, Flags};
use skillpass::passport::PassportFile;
use skillpass::statement::json;
use skillpass::tlog::{POLICY_MAX_BYTES, POLICY_MAX_LINES, Policy};
use skillpass::trust::{TRUST_FILE_BYTES_MAX, TrustFile};

use crate::journeys::source;

#[test]
fn a_trust_file_is_read_up_to_its_limit() {
    let padded = |bytes: usize| format!("#{}\n", "x".repeat(bytes - 2));
    assert!(TrustFile::parse(&padded(TRUST_FILE_BYTES_MAX)).is_ok());
    let error = TrustFile::parse(&padded(TRUST_FILE_BYTES_MAX + 1)).unwrap_err();
    assert!(error.to_string().contains(&format!("longer than {TRUST_FILE_BYTES_MAX} bytes")), "{error}");
}

#[test]
fn a_policy_is_read_up_to_its_limit() {
    let padded = |bytes: usize| format!("quorum none\n#{}\n", "x".repeat(bytes - 14));
    assert!(Policy::parse(&padded(POLICY_MAX_BYTES)).is_ok());
    assert_eq!(Policy::parse(&padded(POLICY_MAX_BYTES + 1)).unwrap_err().reason(), "POLICY_TOO_LARGE");
    let mut entropy = skillpass::crypto::SeededEntropy::new("limits");
    let mut witness = |number: usize| {
        let key = skillpass::crypto::PrivateKey::generate_ed25519(&mut entropy).public();
        let name = format!("w{number}.example.invalid");
        format!("witness w{number} {}\n", skillpass::tlog::VerifierKey::cosigner(&name, &key).unwrap())
    };
    let most: String = (0..POLICY_MAX_LINES).map(&mut witness).collect();
    assert!(Policy::parse(&format!("{most}quorum none\n")).is_ok());
    let more = most + &witness(POLICY_MAX_LINES);
    assert_eq!(Policy::parse(&format!("{more}quorum none\n")).unwrap_err().reason(), "POLICY_TOO_LARGE");
}

#[test]
fn a_configuration_is_read_up_to_its_limit() {
    let read = |bytes: usize| {
        let text = format!("data = \"d\"\n#{}\n", "x".repeat(bytes - 13));
        assert_eq!(text.len(), bytes);
        Config::read(Some(&text), |_| None, &Flags::default())
    };
    assert!(read(CONFIG_BYTES_MAX).is_ok());
    let mistakes = read(CONFIG_BYTES_MAX + 1).unwrap_err().to_string();
    assert!(mistakes.contains(&format!("larger than {CONFIG_BYTES_MAX} bytes")), "{mistakes}");
}

#[test]
fn a_passport_file_is_read_up_to_its_limit() {
    const MOST: usize = 16 * 1024 * 1024;
    let reason = |bytes: usize| PassportFile::parse(&vec![b' '; bytes]).unwrap_err().reason();
    assert_eq!(reason(MOST + 1), "FILE_TOO_LARGE");
    assert_ne!(reason(MOST), "FILE_TOO_LARGE");
}

#[test]
fn json_is_nested_up_to_its_limit_whatever_is_nested() {
    let nested = |depth: usize, open: &str, close: &str| {
        json::parse(format!("{}1{}", open.repeat(depth), close.repeat(depth)).as_bytes())
            .map_err(|error| error.reason())
    };
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        assert!(nested(16, open, close).is_ok());
        for deeper in [17, 100_000] {
            assert_eq!(nested(deeper, open, close), Err("TOO_DEEP"));
        }
    }
}

/// `a * b` and so on, as constants are written.
fn value_of(expression: &str) -> u64 {
    let factor =
        |text: &str| text.trim().replace('_', "").parse::<u64>().unwrap_or_else(|_| panic!("{expression}"));
    expression.split('*').map(factor).product()
}

#[test]
fn every_limit_of_the_table_has_its_value_and_a_test_that_exists() {
    let text = std::fs::read_to_string(source("docs/limits.md")).unwrap();
    let mut code = String::new();
    crate::systems::sources(&source("src"), &mut code);
    crate::systems::sources(&source("tests/it"), &mut code);
    let (mut rows, mut faults) = (0, Vec::new());
    for row in text.lines().filter(|line| line.starts_with("| ") && line.contains('`')) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [_, value, constant, _, test] = cells[..] else { panic!("{row}") };
        let (file, name) = constant.trim_matches('`').split_once("::").unwrap();
        let declared = std::fs::read_to_string(source(&format!("src/{file}.rs"))).unwrap();
        let found = declared.lines().find_map(|line| {
            let (before, after) = line.split_once(&format!("const {name}: "))?;
            (!before.contains("//"))
                .then(|| after.split_once(" = ").unwrap().1.split(';').next().unwrap().to_owned())
        });
        if found.as_deref().map(value_of) != Some(value_of(value)) {
            faults.push(format!("{name} is {found:?}: {row}"));
        }
        if !code.contains(&format!("fn {}(", test.trim_matches('`'))) {
            faults.push(format!("no such test: {row}"));
        }
        rows += 1;
    }
    assert!(rows >= 20 && faults.is_empty(), "{rows} rows; {faults:#?}");
}
