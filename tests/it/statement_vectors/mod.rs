//! `tests/vectors/statement/*.txt`: each file is one rule, each rule is one file. The README beside them has the format.

mod disclosed;
mod foreign;
mod forge;
mod recorded;

use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::Value;
use skillpass::crypto::PublicKey;
use skillpass::statement::{StatementError, Unverified, sdjwt};

/// The verifier's clock in every vector: 2026-01-01T00:00:00Z.
pub const NOW: i64 = 1_767_225_600;
/// Whom the key bindings are for.
pub const AUDIENCE: &str = "https://verifier.invalid";
/// The verifier's nonce.
pub const NONCE: &str = "n-0S6_WzA2Mj";

/// How a vector is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// As the ledger takes statements.
    Statement,
    /// As a credential of other software.
    Credential,
    /// The same, bound to audience and nonce.
    Presentation,
}

impl Check {
    const ALL: [(Self, &'static str); 3] =
        [(Self::Statement, "statement"), (Self::Credential, "sd-jwt-vc"), (Self::Presentation, "sd-jwt-kb")];

    fn name(self) -> &'static str {
        Self::ALL.iter().find(|(check, _)| *check == self).unwrap().1
    }

    fn run(self, text: &str, key: &PublicKey) -> Result<(), StatementError> {
        let binding = (self == Self::Presentation).then_some((AUDIENCE, NONCE));
        match self {
            Self::Statement => Unverified::parse(text)?.verify(key).map(|_| ()),
            Self::Credential | Self::Presentation => {
                sdjwt::verify(text, key, &sdjwt::Expect { now: NOW, credential: true, binding }).map(|_| ())
            }
        }
    }
}

/// One vector.
#[derive(Debug)]
pub struct Vector {
    pub name: String,
    pub expect: String,
    pub comment: String,
    pub check: Check,
    pub key: Value,
    pub text: String,
}

impl Vector {
    fn write(&self) -> String {
        let mut file = String::new();
        writeln!(file, "expect: {}", self.expect).unwrap();
        writeln!(file, "comment: {}", self.comment).unwrap();
        writeln!(file, "check: {}", self.check.name()).unwrap();
        writeln!(file, "key: {}", self.key).unwrap();
        writeln!(file, "\n{}", self.text).unwrap();
        file
    }

    fn read(name: &str, file: &str) -> Self {
        let (header, text) = file.split_once("\n\n").unwrap();
        let field = |field: &str| {
            let line = header.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(": "));
            line.unwrap_or_else(|| panic!("{name}: no `{field}:`")).to_owned()
        };
        let check = field("check");
        Self {
            name: name.to_owned(),
            expect: field("expect"),
            comment: field("comment"),
            check: Check::ALL.iter().find(|(_, name)| *name == check).unwrap().0,
            key: serde_json::from_str(&field("key")).unwrap(),
            text: text.strip_suffix('\n').unwrap().to_owned(),
        }
    }
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/statement")
}

fn made() -> Vec<Vector> {
    recorded::vectors().into_iter().chain(foreign::vectors()).collect()
}

fn kept() -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = std::fs::read_dir(folder())
        .unwrap()
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .map(|path| {
            (path.file_stem().unwrap().to_str().unwrap().to_owned(), std::fs::read_to_string(path).unwrap())
        })
        .collect();
    files.sort();
    files
}

#[test]
fn every_vector_is_judged_as_it_says() {
    let files = kept();
    assert!(files.len() > 90, "vectors are missing: {}", files.len());
    let mut wrong = Vec::new();
    for (name, file) in &files {
        let vector = Vector::read(name, file);
        let key = PublicKey::from_jwk(&vector.key).unwrap();
        let result = vector.check.run(&vector.text, &key);
        let verdict = result.as_ref().map_or_else(StatementError::reason, |()| "ACCEPTED");
        if verdict != vector.expect {
            wrong.push(format!("{name}: expected {}, got {verdict} ({result:?})", vector.expect));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The files are what the generator makes, no more and no less; so a change of bytes shows in review.
#[test]
fn the_vectors_are_those_of_the_generator() {
    let kept: Vec<(String, String)> = kept();
    let mut made: Vec<(String, String)> = made().iter().map(|v| (v.name.clone(), v.write())).collect();
    made.sort();
    for pair in made.windows(2) {
        assert_ne!(pair[0].0, pair[1].0, "two vectors of one name");
    }
    let names = |files: &[(String, String)]| files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&kept), names(&made), "run the ignored test `write_the_vectors`");
    for ((name, kept), (_, made)) in kept.iter().zip(&made) {
        assert_eq!(kept, made, "{name}: run the ignored test `write_the_vectors` and review the change");
    }
}

/// Each reason is told in SPEC.md, so that another verifier can give the same.
#[test]
fn every_reason_of_the_vectors_is_explained() {
    let spec = std::fs::read_to_string("proto/SPEC.md").unwrap();
    for (name, file) in kept() {
        let reason = Vector::read(&name, &file).expect;
        assert!(spec.contains(&format!("`{reason}`")), "{name}: {reason} is not in SPEC.md");
    }
}

#[test]
#[ignore = "writes tests/vectors/statement"]
fn write_the_vectors() {
    for vector in made() {
        std::fs::write(folder().join(format!("{}.txt", vector.name)), vector.write()).unwrap();
    }
}
