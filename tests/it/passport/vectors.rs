//! Frozen files: the format does not drift, and a stranger's verifier has something to try itself on.
//!
//! `tests/vectors/passport/vectors.toml` lists each file with the verdict and the check that turns red. Written anew by
//! `cargo test --test it passport::vectors -- --ignored`, which is a change of the format and belongs in CHANGELOG.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use skillpass::event::Kind;
use skillpass::passport::{Check, Options, PassportFile, Purpose, Status, verify};
use skillpass::trust::{IssuerKind, TrustFile};

use super::scenario::{AUDIENCE, NONCE, Scenario};

#[derive(Debug, Serialize, Deserialize, PartialEq)]
struct Vectors {
    vector: Vec<Vector>,
}

#[derive(Debug, Serialize, Deserialize, PartialEq)]
struct Vector {
    file: String,
    comment: String,
    /// Unix seconds of the verifier.
    now: i64,
    audience: Option<String>,
    nonce: Option<String>,
    purpose: Option<String>,
    verdict: String,
    /// The check that is not PASS.
    check: Option<String>,
}

fn directory() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/passport")
}

/// The scenario of all vectors: opened, bound, one training, one partial decision.
fn scenario() -> Scenario {
    let mut scenario = Scenario::opened("ledger.ph.example.invalid");
    scenario.training("Bricklaying, basic course");
    scenario.decision("PARTIAL");
    scenario.tick();
    scenario
}

fn files() -> (Scenario, Vec<(Vector, Vec<u8>)>) {
    let mut scenario = scenario();
    let now = scenario.ledger.issued_at() + 3_600;
    let complete = scenario.export();
    let mut request = scenario.request(&[2]);
    request.shows[0].claims = Some(vec!["title".into()]);
    let presentation = complete.present(&request, &scenario.holder).unwrap();
    let mut found = vec![];
    let mut add = |file: &str, comment: &str, bytes: Vec<u8>, verdict: &str, check: Option<Check>| {
        let bound = file.starts_with("presentation");
        let vector = Vector {
            file: format!("{file}.skillpass"),
            comment: comment.into(),
            now,
            audience: bound.then(|| AUDIENCE.into()),
            nonce: bound.then(|| NONCE.into()),
            purpose: None,
            verdict: verdict.into(),
            check: check.map(|check| check.as_str().into()),
        };
        found.push((vector, bytes));
    };
    add("complete", "a complete passport", complete.encode(), "valid", None);
    add(
        "presentation",
        "one record of it, one claim chosen, for one audience",
        presentation.clone(),
        "valid",
        None,
    );
    let mut altered = |name: &str, comment: &str, check: Check, alter: &dyn Fn(&mut PassportFile)| {
        let mut file = complete.clone();
        alter(&mut file);
        add(name, comment, file.encode(), "invalid", Some(check));
    };
    altered("record-removed", "the training was taken out, with its token", Check::Chain, &|file| {
        file.statements.remove(2);
        file.ledgers[0].standing.remove(2);
    });
    altered("standing-token-removed", "the last standing token is missing", Check::Type, &|file| {
        file.ledgers[0].standing.pop();
    });
    altered("standing-tokens-swapped", "two standing tokens changed places", Check::Status, &|file| {
        file.ledgers[0].standing.swap(2, 3);
    });
    altered("proofs-swapped", "two inclusion proofs changed places", Check::Inclusion, &|file| {
        let proof = std::mem::take(&mut file.statements[2].place.proof);
        file.statements[2].place.proof = std::mem::replace(&mut file.statements[3].place.proof, proof);
    });
    altered(
        "institution-entry-removed",
        "the end of an institution stream is missing",
        Check::IssuerAuthorised,
        &|file| {
            let stream = file.ledgers[0].streams.iter_mut().rfind(|stream| stream.entries.len() > 1).unwrap();
            stream.entries.pop();
        },
    );
    altered(
        "institution-stream-removed",
        "a needed stream is missing, with its head token",
        Check::IssuerAuthorised,
        &|file| {
            file.ledgers[0].streams.remove(0);
            file.ledgers[0].heads.remove(1);
        },
    );
    altered("signature-altered", "the issuer's signature is another's", Check::Signature, &|file| {
        let other =
            file.statements[3].sdjwt.split('~').next().unwrap().rsplit('.').next().unwrap().to_owned();
        let own = file.statements[2].sdjwt.split('~').next().unwrap().rsplit('.').next().unwrap().to_owned();
        file.statements[2].sdjwt = file.statements[2].sdjwt.replace(&own, &other);
    });
    altered("holder-evidence-hidden", "`holder` does not name the binding", Check::Type, &|file| {
        file.holder.clear()
    });
    let mut rebound = PassportFile::parse(&presentation).unwrap();
    rebound.statements[1].sdjwt = complete.statements[2].sdjwt.clone();
    add(
        "presentation-opened-further",
        "a claim was disclosed that the holder had not shown",
        rebound.encode(),
        "invalid",
        Some(Check::KeyBinding),
    );
    let mut flipped = complete.encode();
    flipped[1_000] ^= 1;
    add("bit-flipped", "one bit differs", flipped, "invalid", Some(Check::Signature));
    (scenario, found)
}

fn options(vector: &Vector) -> Options {
    Options {
        audience: vector.audience.clone(),
        nonce: vector.nonce.clone(),
        purpose: vector.purpose.as_deref().map(|purpose| purpose.parse::<Purpose>().unwrap()),
        ..Options::at(vector.now)
    }
}

#[test]
fn the_format_has_not_drifted() {
    for (vector, bytes) in files().1 {
        let frozen = std::fs::read(directory().join(&vector.file)).unwrap();
        assert!(frozen == bytes, "{} is written differently from before", vector.file);
    }
}

#[test]
fn frozen_files_keep_their_verdicts() {
    let read = |name: &str| std::fs::read_to_string(directory().join(name)).unwrap();
    let trust = TrustFile::parse(&read("trust.toml")).unwrap();
    let vectors: Vectors = toml::from_str(&read("vectors.toml")).unwrap();
    assert!(vectors.vector.len() >= 12);
    for vector in vectors.vector {
        let report =
            verify(&std::fs::read(directory().join(&vector.file)).unwrap(), &trust, &options(&vector));
        assert_eq!(report.verdict.as_str(), vector.verdict, "{}: {:#?}", vector.file, report.checks);
        let red: Vec<&str> = report
            .checks
            .iter()
            .filter(|row| row.status == Status::Fail)
            .map(|row| row.check.as_str())
            .collect();
        assert_eq!(vector.check.is_some(), !red.is_empty(), "{}: {red:?}", vector.file);
        assert!(vector.check.is_none_or(|check| red.contains(&check.as_str())), "{}: {red:?}", vector.file);
    }
}

#[test]
#[ignore = "writes the frozen files anew: a change of the format"]
fn write_the_vectors() {
    let (scenario, files) = files();
    std::fs::create_dir_all(directory()).unwrap();
    std::fs::write(directory().join("trust.toml"), scenario.trust().to_toml()).unwrap();
    let vectors: Vec<Vector> = files
        .into_iter()
        .map(|(vector, bytes)| {
            std::fs::write(directory().join(&vector.file), bytes).unwrap();
            vector
        })
        .collect();
    std::fs::write(directory().join("vectors.toml"), toml::to_string(&Vectors { vector: vectors }).unwrap())
        .unwrap();
}

/// The matrix of "Authorisation" in SPEC: what every kind of body may state, then one line a kind of body.
fn matrix() -> String {
    let stating: Vec<&IssuerKind> =
        IssuerKind::ALL.iter().filter(|body| Kind::all().iter().any(|kind| body.may_state(*kind))).collect();
    let is_common = |kind: &&Kind| stating.iter().all(|body| body.may_state(**kind));
    let names = |kinds: Vec<&Kind>| kinds.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(", ");
    let line = |body: &IssuerKind| {
        let own: Vec<&Kind> =
            Kind::all().iter().filter(|kind| body.may_state(**kind) && !is_common(kind)).collect();
        let own = match (own.is_empty(), stating.contains(&body)) {
            (false, _) => names(own),
            (true, true) => "nothing more".to_owned(),
            (true, false) => "nothing".to_owned(),
        };
        format!("| `{}` | {own} |\n", body.name())
    };
    let common = names(Kind::all().iter().filter(is_common).collect());
    let lines: String = IssuerKind::ALL.iter().map(line).collect();
    format!("| `issuer_kind` | may state |\n|---|---|\n| each that states anything | {common} |\n{lines}")
}

#[test]
fn the_specification_lists_what_each_kind_of_body_may_state() {
    let spec = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/proto/SPEC.md")).unwrap();
    let matrix = matrix();
    assert!(spec.contains(&matrix), "SPEC, \"Authorisation\" should hold:\n{matrix}");
}
