//! The yardstick: nothing but `verify_strict`, on every core.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use serde_json::json;

use super::super::error::{CliError, Exit};
use super::super::{Context, clock, out};
use crate::crypto::{PrivateKey, SeededEntropy};

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
        let rate = measure(self.bytes, Duration::from_secs(self.duration.clamp(1, 600)));
        if context.json {
            out::json(
                &json!({"verify_per_second": rate.per_second.round().to_string().parse::<u64>().ok(), "threads": rate.threads, "message_bytes": self.bytes}),
            )?;
        } else {
            out::line(format_args!(
                "{:.0} Ed25519 verify_strict a second over {} bytes, {} threads",
                rate.per_second, self.bytes, rate.threads
            ))?;
        }
        Ok(Exit::Done)
    }
}

/// Verifies on every core for `duration`.
pub(super) fn measure(bytes: usize, duration: Duration) -> Rate {
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
                        verified += u64::from(
                            std::hint::black_box(&public).verify(std::hint::black_box(&message), &signature),
                        );
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
