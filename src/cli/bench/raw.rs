//! The yardstick: nothing but `verify_strict`, on every core.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;

use super::super::error::{CliError, Exit};
use super::super::{Context, clock, out};
use crate::crypto::{BusyKeys, PrivateKey, PublicKey, SIGNATURE_BYTES, SeededEntropy};

/// `bench verify`.
#[derive(Debug, clap::Args)]
pub(crate) struct VerifyArgs {
    /// Length of the signed message
    #[arg(long, value_name = "BYTES", default_value_t = 900, value_parser = clap::value_parser!(u16))]
    bytes: u16,
    /// For how long
    #[arg(long, value_name = "SPAN", default_value = "3s", value_parser = clock::parse_span)]
    duration: u64,
}

/// What all cores did.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rate {
    /// Verifications a second, all cores together.
    pub(super) per_second: f64,
    /// Threads that did them.
    pub(super) threads: usize,
}

impl VerifyArgs {
    /// Runs it.
    pub(crate) fn run(&self, context: Context) -> Result<Exit, CliError> {
        let duration = Duration::from_secs(self.duration.clamp(1, 600));
        let library = measure(self.bytes.into(), duration, Check::Library);
        let ours = measure(self.bytes.into(), duration, Check::Ours);
        if context.json {
            let whole = |rate: Rate| rate.per_second.round().to_string().parse::<u64>().ok();
            out::json(&json!({
                "verify_strict_per_second": whole(library), "verify_per_second": whole(ours),
                "threads": ours.threads, "message_bytes": self.bytes,
            }))?;
        } else {
            out::line(format_args!(
                "{:.0} Ed25519 verify_strict a second over {} bytes, {} threads; {:.0} by our own check of the same set",
                library.per_second, self.bytes, library.threads, ours.per_second
            ))?;
        }
        Ok(Exit::Done)
    }
}

/// How signatures are checked.
#[derive(Debug, Clone, Copy)]
pub(super) enum Check {
    /// One by one, by the library's strict check.
    Library,
    /// Several at once, of a key that signs much, as the ledger checks what a body uploads.
    Ours,
}

/// Signatures checked at once.
const LOT: usize = 32;
/// Different messages and signatures that are checked: who checks one again and again finds all it needs near at hand.
const DIFFERENT: usize = 32 * LOT;

impl Check {
    /// How many of a lot are good.
    fn verify(self, lot: &[Signed<'_>], busy: &mut BusyKeys) -> usize {
        match self {
            Self::Library => lot
                .iter()
                .filter(|(key, message, signature)| key.verify_as_library(message, signature))
                .count(),
            Self::Ours => PublicKey::verify_all(lot, busy).into_iter().filter(|good| *good).count(),
        }
    }
}

/// Key, message, signature.
type Signed<'a> = (&'a PublicKey, &'a [u8], &'a [u8; SIGNATURE_BYTES]);

/// Verifies on every core for `duration`.
pub(super) fn measure(bytes: usize, duration: Duration, check: Check) -> Rate {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let key = PrivateKey::generate_ed25519(&mut SeededEntropy::new("bench verify"));
    let public = key.public();
    let signed: Vec<(Vec<u8>, [u8; SIGNATURE_BYTES])> = (0..DIFFERENT)
        .map(|number| {
            let message: Vec<u8> = number.to_be_bytes().into_iter().cycle().take(bytes).collect();
            let signature = key.sign(&message);
            (message, signature)
        })
        .collect();
    let signed: Vec<Signed<'_>> =
        signed.iter().map(|(message, signature)| (&public, message.as_slice(), signature)).collect();
    let (stop, done) = (AtomicBool::new(false), AtomicUsize::new(0));
    let started = std::time::Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let (mut verified, mut busy) = (0, BusyKeys::default());
                for lot in signed.chunks(LOT).cycle() {
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    verified += check.verify(std::hint::black_box(lot), &mut busy);
                }
                done.fetch_add(verified, Ordering::Relaxed);
            });
        }
        std::thread::sleep(duration);
        stop.store(true, Ordering::Relaxed);
    });
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let per_second = done.load(Ordering::Relaxed) as f64 / started.elapsed().as_secs_f64();
    Rate { per_second, threads }
}
