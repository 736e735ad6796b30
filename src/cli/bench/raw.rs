//! The yardstick: nothing but `verify_strict`, on every core.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use serde_json::json;

use super::super::error::{CliError, Exit};
use super::super::{Context, clock, out};
use crate::crypto::{PrivateKey, PublicKey, SIGNATURE_BYTES, SeededEntropy};

/// `bench verify`.
#[derive(Debug, clap::Args)]
pub(crate) struct VerifyArgs {
    /// Length of the signed message
    #[arg(long, value_name = "BYTES", default_value_t = 900)]
    bytes: usize,
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
        let library = measure(self.bytes, duration, PublicKey::verify_as_library);
        let ours = measure(self.bytes, duration, PublicKey::verify);
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

/// How a signature is checked.
type Check = fn(&PublicKey, &[u8], &[u8; SIGNATURE_BYTES]) -> bool;

/// Verifies on every core for `duration`.
pub(super) fn measure(bytes: usize, duration: Duration, verify: Check) -> Rate {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let key = PrivateKey::generate_ed25519(&mut SeededEntropy::new("bench verify"));
    let message = vec![b'a'; bytes];
    let (signature, public) = (key.sign(&message), key.public());
    let (stop, done) = (AtomicBool::new(false), AtomicU64::new(0));
    let started = std::time::Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut verified = 0;
                while !stop.load(Ordering::Relaxed) {
                    for _ in 0..64 {
                        let (key, message) = (std::hint::black_box(&public), std::hint::black_box(&message));
                        verified += u64::from(verify(key, message, &signature));
                    }
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
