//! `docs/limits.md`: each limit it names has the value that it says, and a test that exists. Those of texts and files that anybody may
//! hand to a parser are tried here at their edge: as long as allowed, and one byte more.

use serde_json::{Value, json};
use skillpass::config::{CONFIG_BYTES_MAX, Config, Flags};
use skillpass::crypto::{hex_encode, sha256};
use skillpass::passport::PassportFile;
use skillpass::passport::file::{
    ANCHORS_MAX, FORMAT, LEDGERS_MAX, PASSPORTS_MAX, PROOF_HASHES_MAX, STATEMENTS_MAX, STREAM_ENTRIES_MAX,
    STREAMS_MAX,
};
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

/// A passport file of the right digest, with what `changes` put in place of the empty lists of its one ledger, statement and entry.
fn counted(changes: &[(&str, Value)]) -> &'static str {
    let entry = json!({"leaf": 0, "entry": "", "proof": []});
    let ledger = json!({"origin": "o", "checkpoint": "", "anchors": [], "ledger": [], "streams": [], "standing": [], "heads": []});
    let mut file =
        json!({"format": FORMAT, "kind": "passport", "ledgers": [ledger], "statements": [], "holder": []});
    for (place, value) in changes {
        match *place {
            "ledgers" | "statements" | "holder" => file[*place] = value.clone(),
            "entries" => file["ledgers"][0]["streams"] = json!([{"sub": "s", "entries": value}]),
            "proof" | "anchor" => {
                let mut entry = entry.clone();
                if *place == "proof" {
                    entry["proof"] = value.clone();
                } else {
                    entry["anchor"] = json!({"index": 0, "proof": value});
                }
                file["ledgers"][0]["ledger"] = json!([entry]);
            }
            list => file["ledgers"][0][list] = value.clone(),
        }
    }
    let mut text = file.to_string();
    text.pop();
    let digest = hex_encode(sha256(&[text.as_bytes()]));
    PassportFile::parse(format!("{text},\"digest\":\"{digest}\"}}\n").as_bytes()).unwrap_err().reason()
}

/// A file at its limits is refused later and for another reason here, for it holds nothing true; what is beyond is not looked at.
#[test]
fn a_passport_file_holds_so_many_of_everything() {
    for (place, most) in [
        ("ledgers", LEDGERS_MAX),
        ("statements", STATEMENTS_MAX),
        ("holder", STATEMENTS_MAX),
        ("anchors", ANCHORS_MAX),
        ("ledger", STREAM_ENTRIES_MAX),
        ("streams", STREAMS_MAX),
        ("entries", STREAM_ENTRIES_MAX),
        ("standing", STATEMENTS_MAX),
        ("heads", 1 + STREAMS_MAX + PASSPORTS_MAX),
        ("proof", PROOF_HASHES_MAX),
        ("anchor", PROOF_HASHES_MAX),
    ] {
        let of = |count: usize| counted(&[(place, vec![Value::Null; count].into())]);
        assert_eq!(of(most), "WRONG_MEMBER", "{place}: as many as allowed");
        assert_eq!(of(most + 1), "TOO_MANY", "{place}: one more");
    }
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

/// What a constant is declared as.
fn constant_in(code: &str, name: &str) -> Option<String> {
    code.lines().find_map(|line| {
        let (before, after) = line.split_once(&format!("const {name}: "))?;
        let value = after.split_once(" = ").unwrap().1.split(';').next().unwrap();
        (!before.contains("//")).then(|| value.to_owned())
    })
}

/// What a limit is where the configuration does not say: a field of these defaults.
fn default_in(code: &str, of: &str, field: &str) -> Option<String> {
    let defaults = code.split_once(&format!("impl Default for {of} "))?.1.split_once("\n}\n")?.0;
    let value = defaults.split_once(&format!(" {field}: "))?.1.split([',', '\n']).next()?;
    Some(value.to_owned())
}

/// Whether this function is run as a test: a helper of the same name proves nothing.
fn is_test(code: &str, name: &str) -> bool {
    let marked = |before: &str| {
        let mut attributes =
            before.rsplit('\n').skip(1).take_while(|line| line.trim_start().starts_with("#["));
        attributes.any(|line| line.trim().ends_with("test]"))
    };
    let called = format!("fn {name}(");
    let mut places = code.match_indices(&called);
    places.any(|(at, _)| code.get(..at).is_some_and(marked))
}

/// TOML is nested as deep as JSON may not be: refused, whoever reads it, and no stack is used up.
#[test]
fn toml_that_is_nested_without_end_is_refused() {
    for (open, close) in [("[", "]"), ("{a = ", "}")] {
        let nested = |depth: usize| format!("x = {}1{}\n", open.repeat(depth), close.repeat(depth));
        for text in [nested(5_000), format!("x = {}", open.repeat(10_000))] {
            assert!(TrustFile::parse(&text).is_err());
            assert!(skillpass::witness::WitnessFile::parse(&text).is_err());
            assert!(Config::read(Some(&text), |_| None, &Flags::default()).is_err());
        }
    }
    assert!(TrustFile::parse(&format!("{}\n", "[x]".replace('x', &vec!["a"; 100_000].join(".")))).is_err());
}

/// `a * b` and so on, as constants are written; what is written otherwise stands in the table to the letter.
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
        let found = match name.split_once('.') {
            Some(("limits", field)) => default_in(&declared, "Limits", field),
            Some(("witness", field)) => default_in(&declared, "WitnessConfig", field),
            _ => constant_in(&declared, name),
        };
        if found.as_deref() != Some(value) && found.as_deref().map(value_of) != Some(value_of(value)) {
            faults.push(format!("{name} is {found:?}: {row}"));
        }
        if !is_test(&code, test.trim_matches('`')) {
            faults.push(format!("no such test: {row}"));
        }
        rows += 1;
    }
    assert!(rows >= 20 && faults.is_empty(), "{rows} rows; {faults:#?}");
}
