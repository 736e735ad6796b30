//! `bench offline`: what it costs to verify without a ledger, beside the signatures alone. One thread.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::super::error::{CliError, Exit};
use super::super::{Context, clock, out};
use super::direct::{self, RECORDS};
use super::figures::{failed, micros, round};
use super::setup::{Bodies, Place};
use crate::crypto::{PrivateKey, PublicKey, SIGNATURE_BYTES, SeededEntropy};
use crate::passport::{self, PassportFile, Verdict};
use crate::trust::TrustFile;

/// `bench offline`.
#[derive(Debug, clap::Args)]
pub(crate) struct OfflineArgs {
    /// Records of the worker, the opening among them
    #[arg(long, value_name = "N", default_value_t = RECORDS)]
    records: usize,
    /// Rounds; in each the file, its signatures and the credential are verified turn about, and the median counts
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    rounds: u16,
}

impl OfflineArgs {
    /// Runs it.
    pub(crate) fn run(&self, context: Context) -> Result<Exit, CliError> {
        if !(1..=1_000).contains(&self.records) {
            return Err(CliError::usage("RECORDS_OUT_OF_RANGE", "--records is from 1 to 1000", "give fewer"));
        }
        let place = Place::new(&std::env::temp_dir())?;
        let bodies = Bodies::found(&place)?;
        let ledger = direct::open(&place.data())?;
        let mut file = Vec::new();
        let mut credential = String::new();
        context.block_on(async {
            let worker = direct::worker(&ledger, &bodies, self.records).await?;
            file = direct::passport_file(&ledger, worker).await?;
            credential = bodies.training(worker, 0)?;
            Ok(Exit::Done)
        })?;
        ledger.close();
        let figures = self.measure(&file, &credential, &bodies)?;
        if context.json {
            out::json(&figures)?;
        } else {
            tell(&figures)?;
        }
        Ok(Exit::Done)
    }

    fn measure(&self, file: &[u8], credential: &str, bodies: &Bodies) -> Result<Value, CliError> {
        let (trust, issuer) = (bodies.trust(), bodies.provider().public());
        let signed = Signed::like(&messages(file)?);
        let [mut whole, mut library, mut ours, mut one] = [const { Vec::new() }; 4];
        for _ in 0..self.rounds {
            whole.push(timed(|| direct::verify(file, &trust))?);
            library.push(timed(|| signed.verify(PublicKey::verify_as_library))?);
            ours.push(timed(|| signed.verify(PublicKey::verify))?);
            one.push(timed(|| verify_alone(credential, &issuer))?);
        }
        let [whole, library, ours, one] = [whole, library, ours, one].map(median);
        let ratio = |of: Duration| round(whole.as_secs_f64() / of.as_secs_f64(), 3);
        Ok(json!({
            "records": self.records, "file_bytes": file.len(), "signatures": signed.all.len(), "rounds": self.rounds,
            "file_us": micros(whole), "signatures_us_verify_strict": micros(library), "signatures_us_verify": micros(ours),
            "ratio": ratio(library), "ratio_to_own_check": ratio(ours),
            "credential": {
                "us": micros(one), "text": credential, "jwk": issuer.to_jwk(), "bytes": credential.len(),
            },
        }))
    }
}

/// Lengths of all that is signed in a passport file.
fn messages(file: &[u8]) -> Result<Vec<usize>, CliError> {
    let file = PassportFile::parse(file).map_err(|error| failed(&error.to_string()))?;
    let mut lengths: Vec<usize> =
        file.statements.iter().map(|statement| message_length(statement.jwt())).collect();
    for ledger in &file.ledgers {
        let streams = ledger.streams.iter().flat_map(|stream| &stream.entries);
        lengths.extend(ledger.ledger.iter().chain(streams).map(|entry| entry.entry.len()));
        lengths.extend(ledger.standing.iter().chain(&ledger.heads).map(|token| message_length(token)));
        lengths.extend(std::iter::once(&ledger.checkpoint).chain(&ledger.anchors).map(String::len));
    }
    Ok(lengths)
}

/// What a JWS signs: everything before its last dot.
fn message_length(jws: &str) -> usize {
    jws.rfind('.').unwrap_or(jws.len())
}

/// As many signed messages, as long as others.
struct Signed {
    key: PublicKey,
    all: Vec<(Vec<u8>, [u8; SIGNATURE_BYTES])>,
}

impl Signed {
    fn like(lengths: &[usize]) -> Self {
        let key = PrivateKey::generate_ed25519(&mut SeededEntropy::new("bench offline"));
        let message = |(number, &length): (usize, &usize)| {
            let mut message = vec![b'a'; length];
            message.splice(..8.min(length), number.to_be_bytes().into_iter().take(length));
            let signature = key.sign(&message);
            (message, signature)
        };
        Self { all: lengths.iter().enumerate().map(message).collect(), key: key.public() }
    }

    fn verify(&self, check: fn(&PublicKey, &[u8], &[u8; SIGNATURE_BYTES]) -> bool) -> Result<(), CliError> {
        let good = self.all.iter().all(|(message, signature)| check(&self.key, message, signature));
        if good { Ok(()) } else { Err(failed("a signature does not verify")) }
    }
}

/// One credential by itself, under its issuer's key, as any verifier of SD-JWT VC does.
fn verify_alone(credential: &str, issuer: &PublicKey) -> Result<(), CliError> {
    let options =
        passport::Options { issuer_key: Some(issuer.clone()), ..passport::Options::at(clock::now_s()) };
    let report = passport::verify(credential.as_bytes(), &TrustFile::empty(), &options);
    if report.verdict == Verdict::Invalid { Err(failed("the credential does not verify")) } else { Ok(()) }
}

fn timed(act: impl FnOnce() -> Result<(), CliError>) -> Result<Duration, CliError> {
    let started = Instant::now();
    act()?;
    Ok(started.elapsed())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn tell(figures: &Value) -> Result<(), CliError> {
    let number = |name: &str| figures.get(name).cloned().unwrap_or_default();
    out::line(format_args!(
        "{} µs to verify a passport file of {} records ({} bytes), {} times the {} µs that its {} signatures cost alone ({} by our own check)",
        number("file_us"),
        number("records"),
        number("file_bytes"),
        number("ratio"),
        number("signatures_us_verify_strict"),
        number("signatures"),
        number("signatures_us_verify")
    ))?;
    let credential = figures.pointer("/credential/us").cloned().unwrap_or_default();
    out::line(format_args!("{credential} µs to verify one credential under its issuer's key"))
}
