//! `bench append`: statements signed ahead go through one `AppendStream` and come back durable.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::super::client::Client;
use super::super::error::{CliError, Exit};
use super::super::{Context, out};
use super::figures::{Times, failed, millis, rate, round, share, whole};
use super::process::Process;
use super::served::Served;
use super::setup::{self, Bodies, Place};
use super::{direct, load, raw};
use crate::event::WorkerId;
use crate::pb;
use crate::statement::json;

/// How long each of the two raw measurements takes, one before and one after.
const RAW: Duration = Duration::from_secs(2);

/// `bench append`.
#[derive(Debug, clap::Args)]
pub(crate) struct AppendArgs {
    /// Statements to append
    #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    events: u64,
    /// Workers they are about
    #[arg(long, value_name = "N", default_value_t = 2_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    workers: u64,
    /// Send them by unary calls, so many in flight, instead of over one stream
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=4096))]
    unary: Option<u16>,
    /// Send so many a second over one stream, whatever comes back, and tell how long each took from when it was due
    #[arg(long, value_name = "N", conflicts_with = "unary", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    rate: Option<u32>,
    /// Leave the ledger in the directory, to open, rebuild or copy it
    #[arg(long)]
    keep: bool,
    /// Where the temporary ledger goes [default: the system's temporary directory]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Statements signed and held at once: seconds of work without a pause, in half a gigabyte of this process.
const WAVE: u64 = 200_000;
/// Between two looks at whether the ledger has finished: what it does behind its answers counts.
const LOOK: Duration = Duration::from_millis(50);
/// The most looks: a server that does not rest is measured as it is.
const LOOKS_MAX: u32 = 600;

/// Parts of the data directory whose growth is told.
const PARTS: [(&str, &str); 4] =
    [("journal", "journal"), ("sled", "sled"), ("heads", "heads"), ("log", "log")];

impl AppendArgs {
    /// Runs it.
    pub(crate) fn run(self, context: Context) -> Result<Exit, CliError> {
        let within = self.dir.clone().unwrap_or_else(std::env::temp_dir);
        let place = Place::new(&within)?;
        let bodies = Bodies::found(&place)?;
        let served = Served::start(&place)?;
        let mut figures = Value::Null;
        context.block_on(async {
            figures = self.measure(&place, &served, &bodies).await?;
            Ok(Exit::Done)
        })?;
        served.stop()?;
        json::set(&mut figures, "dir", within.display().to_string());
        let started = Instant::now();
        let ledger = direct::open(&place.data())?;
        json::set(&mut figures, "open_after_stop_ms", millis(started.elapsed()));
        ledger.close();
        if self.keep {
            json::set(&mut figures, "kept", place.keep().display().to_string());
        }
        if context.json {
            out::json(&figures)?;
        } else {
            tell(&figures)?;
        }
        Ok(Exit::Done)
    }

    async fn measure(&self, place: &Place, served: &Served, bodies: &Bodies) -> Result<Value, CliError> {
        let client = Client::connect(served.url()).await?;
        let workers = setup::open_passports(&client, bodies, self.workers).await?;
        let sample = bodies.training(*workers.first().ok_or_else(|| failed("no worker"))?, 0)?;
        let message_bytes = sample.rsplit_once('.').map_or(0, |(signed, _)| signed.len());
        let measure_raw = || {
            let library = raw::measure(message_bytes, RAW, raw::Check::Library);
            (library, raw::measure(message_bytes, RAW, raw::Check::Ours))
        };
        let raw_before = measure_raw();
        let before = PARTS.map(|(_, part)| place.bytes(part));
        let total = self.append_in_waves(&client, served, bodies, &workers).await?;
        let memory = served.process().memory_mib();
        let raw_after = measure_raw();
        let per_event = |at: usize, part: &str| {
            let grown = place.bytes(part).saturating_sub(before.get(at).copied().unwrap_or_default());
            Value::from(round(share(grown, total.recorded), 1))
        };
        let disk: serde_json::Map<String, Value> = PARTS
            .iter()
            .enumerate()
            .map(|(at, (name, part))| ((*name).to_owned(), per_event(at, part)))
            .collect();
        let per_second = rate(total.recorded, total.took);
        let raw = f64::midpoint(raw_before.0.per_second, raw_after.0.per_second);
        let ours = f64::midpoint(raw_before.1.per_second, raw_after.1.per_second);
        let threads = raw_before.0.threads;
        let cpu = total.cpu.map(|cpu| 1e6 / rate(total.recorded, cpu));
        let beyond = cpu.map(|cpu| cpu - 1e6 * f64::from(u32::try_from(threads).unwrap_or(u32::MAX)) / ours);
        let tenths = |figure: Option<f64>| figure.map(|figure| round(figure, 1));
        Ok(json!({
            "events": total.recorded, "workers": self.workers, "seconds": round(total.took.as_secs_f64(), 3),
            "events_per_second": whole(per_second), "verify_strict_per_second": whole(raw),
            "verify_per_second": whole(ours), "ratio": round(per_second / raw, 3),
            "cpu_us_per_event": tenths(cpu), "cpu_us_beyond_verification": tenths(beyond),
            "threads": threads, "statement_bytes": sample.len(), "bytes_per_event": disk,
            "sent": self.how(), "latency_ms": total.latencies.percentiles(),
            "resident_mib": memory, "events_per_second_by_wave": total.waves,
        }))
    }

    async fn send(
        &self,
        client: &Client,
        requests: Vec<pb::AppendStreamRequest>,
    ) -> Result<load::Outcome, CliError> {
        match (self.unary, self.rate) {
            (Some(in_flight), _) => load::unary(client, requests, in_flight.into()).await,
            (None, Some(rate)) => load::paced(client, requests, rate).await,
            (None, None) => load::stream(client, requests).await,
        }
    }

    fn how(&self) -> String {
        match (self.unary, self.rate) {
            (Some(in_flight), _) => format!("unary, {in_flight} in flight"),
            (None, Some(rate)) => format!("one stream, {rate} a second"),
            (None, None) => "one stream".to_owned(),
        }
    }

    /// Signs some ahead, sends them, and so on: what is timed is the sending alone.
    async fn append_in_waves(
        &self,
        client: &Client,
        served: &Served,
        bodies: &Bodies,
        workers: &[WorkerId],
    ) -> Result<Total, CliError> {
        let mut total = Total {
            recorded: 0,
            took: Duration::ZERO,
            cpu: Some(Duration::ZERO),
            latencies: Times::new()?,
            waves: Vec::new(),
        };
        while total.recorded < self.events {
            let wave = usize::try_from(WAVE.min(self.events - total.recorded)).unwrap_or(usize::MAX);
            let done = usize::try_from(total.recorded).unwrap_or(usize::MAX);
            let requests = setup::signed(wave, |at| {
                let number = done + at;
                bodies.training(setup::nth(workers, number)?, number)
            })?;
            let cpu_before = spent(served).await;
            let started = Instant::now();
            let load::Outcome { recorded, latencies } = self.send(client, requests).await?;
            let (took, cpu_after) = (started.elapsed(), spent(served).await);
            let cpu = cpu_before.zip(cpu_after).map(|(before, after)| after.saturating_sub(before));
            total.recorded += recorded;
            total.took += took;
            total.cpu = total.cpu.zip(cpu).map(|(total, cpu)| total + cpu);
            total.latencies.add(&latencies);
            total.waves.push(whole(rate(recorded, took)));
        }
        Ok(total)
    }
}

/// The processor time of client and server, once the server rests: its publisher runs behind the answers.
async fn spent(served: &Served) -> Option<Duration> {
    let cpu = || Some(Process::this().cpu()? + served.process().cpu()?);
    let mut before = cpu()?;
    for _ in 0..LOOKS_MAX {
        tokio::time::sleep(LOOK).await;
        let now = cpu()?;
        if now.saturating_sub(before) < LOOK / 50 {
            return Some(now);
        }
        before = now;
    }
    Some(before)
}

/// All waves together.
struct Total {
    recorded: u64,
    took: Duration,
    cpu: Option<Duration>,
    latencies: Times,
    waves: Vec<u64>,
}

fn tell(figures: &Value) -> Result<(), CliError> {
    let number = |name: &str| figures.get(name).cloned().unwrap_or_default();
    out::line(format_args!(
        "{} durable, verified, sealed events a second ({} in {} s, {} workers, {} bytes each)",
        number("events_per_second"),
        number("events"),
        number("seconds"),
        number("workers"),
        number("statement_bytes")
    ))?;
    out::line(format_args!(
        "{} raw verify_strict a second on {} threads: ratio {} ({} by our own check of the same set)",
        number("verify_strict_per_second"),
        number("threads"),
        number("ratio"),
        number("verify_per_second")
    ))?;
    out::line(format_args!(
        "{} µs of processor time an event, client included; {} of them beyond the signature check",
        number("cpu_us_per_event"),
        number("cpu_us_beyond_verification")
    ))?;
    out::line(format_args!(
        "sent as: {}; latency {}",
        figures.get("sent").and_then(Value::as_str).unwrap_or_default(),
        number("latency_ms")
    ))?;
    for (name, bytes) in figures.get("bytes_per_event").and_then(Value::as_object).into_iter().flatten() {
        out::line(format_args!("{bytes} bytes an event in {name}"))?;
    }
    out::line(format_args!(
        "{} ms to open after a stop; measured in {}",
        number("open_after_stop_ms"),
        figures.get("dir").and_then(Value::as_str).unwrap_or_default()
    ))
}
