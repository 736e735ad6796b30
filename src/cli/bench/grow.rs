//! `bench grow`: a ledger is filled, in a process of its own, and asked on the way what it costs.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::super::client::Client;
use super::super::error::{CliError, Exit};
use super::super::send::append_in_order;
use super::super::{Context, clock, out};
use super::figures::{failed, micros, rate, round, share, whole};
use super::load;
use super::reopen::Full;
use super::served::Served;
use super::setup::{self, Bodies, Place};
use crate::event::WorkerId;
use crate::statement::json;

/// Statements signed and held at once.
const WAVE: usize = 50_000;
/// Workers whose records come side by side; then the next so many.
const COHORT: usize = 50_000;
/// Parts that the growth is told in.
const SLICES: u64 = 10;
/// The most statements about workers of all ages, at the end.
const SPREAD_MAX: usize = 100_000;
/// What an entry is sealed with beside its statement, and the entry itself (SPEC.md, "Journal frame").
const BESIDE_STATEMENT_BYTES: u64 = 124 + 40 + 74;

/// `bench grow`.
#[derive(Debug, clap::Args)]
pub(crate) struct GrowArgs {
    /// Entries to fill it with
    #[arg(long, value_name = "N", default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1_000..=200_000_000))]
    entries: u64,
    /// Entries of each worker, the opening among them
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=1_000))]
    each: u64,
    /// Passports read at random at the end
    #[arg(long, value_name = "N", default_value_t = 5_000)]
    reads: usize,
    /// Before each opening, and before rebuilding, have the system forget the files it has cached (for root alone)
    #[arg(long)]
    cold: bool,
    /// Leave the ledger in the directory
    #[arg(long)]
    keep: bool,
    /// Where the temporary ledger goes [default: the system's temporary directory]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

impl GrowArgs {
    /// Runs it.
    pub(crate) fn run(&self, context: Context) -> Result<Exit, CliError> {
        let place = Place::new(&self.dir.clone().unwrap_or_else(std::env::temp_dir))?;
        let bodies = Bodies::found(&place)?;
        let served = Served::start(&place)?;
        let mut filled = Filled::default();
        context.block_on(async {
            filled = self.fill(&served, &bodies).await?;
            Ok(Exit::Done)
        })?;
        let mut figures = filled.figures(&served, &place);
        json::set(&mut figures, "each", self.each);
        out::note(format_args!("filled: {figures}"));
        let full = Full {
            context,
            place: &place,
            bodies: &bodies,
            workers: &filled.workers,
            spread: usize::try_from(self.entries / 10).unwrap_or(SPREAD_MAX).min(SPREAD_MAX),
            cold: self.cold,
        };
        json::set(&mut figures, "then", full.measure(served, self.reads)?);
        if self.keep {
            json::set(&mut figures, "kept", place.keep().display().to_string());
        }
        if context.json { out::json(&figures) } else { tell(&figures) }?;
        Ok(Exit::Done)
    }

    async fn fill(&self, served: &Served, bodies: &Bodies) -> Result<Filled, CliError> {
        let client = Client::connect(served.url()).await?;
        append_in_order(&client, bodies.authorisation()?).await?;
        let mut filled = Filled::default();
        let mut slice = Slice::default();
        while filled.entries < self.entries {
            let left = (self.entries - filled.entries).div_ceil(self.each);
            let count = usize::try_from(left).unwrap_or(COHORT).min(COHORT);
            let cohort: Vec<WorkerId> = (0..count).map(|_| clock::new_worker()).collect();
            let all = count * usize::try_from(self.each).unwrap_or(1);
            for first in (0..all).step_by(WAVE) {
                let requests = setup::signed(WAVE.min(all - first), |at| {
                    let (round, worker) = ((first + at) / count, setup::nth(&cohort, first + at)?);
                    if round == 0 { bodies.open(worker) } else { bodies.training(worker, first + at) }
                })?;
                filled.bytes += requests.iter().map(|request| request.statement.len() as u64).sum::<u64>();
                let started = Instant::now();
                let recorded = load::stream(&client, requests).await?.recorded;
                filled.entries += recorded;
                slice.add(recorded, started.elapsed());
                if filled.entries * SLICES >= (filled.slices.len() as u64 + 1) * self.entries {
                    filled.slices.push(slice.figures(filled.entries, served));
                    out::note(filled.slices.last().unwrap_or(&Value::Null));
                    slice = Slice { cpu_before: served.process().cpu(), ..Slice::default() };
                }
            }
            filled.workers.extend(cohort);
        }
        Ok(filled)
    }
}

/// A tenth of the way.
#[derive(Default)]
struct Slice {
    recorded: u64,
    took: Duration,
    cpu_before: Option<Duration>,
}

impl Slice {
    fn add(&mut self, recorded: u64, took: Duration) {
        self.recorded += recorded;
        self.took += took;
    }

    fn figures(&self, entries: u64, served: &Served) -> Value {
        let server = served.process();
        // What the server does while the next statements are signed counts, too.
        let cpu = server.cpu().map(|cpu| cpu.saturating_sub(self.cpu_before.unwrap_or_default()));
        let each = cpu.map(|cpu| micros(Duration::from_secs_f64(1.0 / rate(self.recorded, cpu))));
        json!({
            "entries": entries, "events_per_second": whole(rate(self.recorded, self.took)),
            "server_cpu_us_per_event": each, "server_resident_mib": server.memory_mib(),
        })
    }
}

/// What was filled in, and what it took.
#[derive(Default)]
struct Filled {
    entries: u64,
    /// Of the statements alone.
    bytes: u64,
    slices: Vec<Value>,
    workers: Vec<WorkerId>,
}

impl Filled {
    fn figures(&self, served: &Served, place: &Place) -> Value {
        let figure = |slice: Option<&Value>, name: &str| slice.and_then(|slice| slice[name].as_f64());
        let (first, last) = (self.slices.first(), self.slices.last());
        let speed = figure(last, "events_per_second").zip(figure(first, "events_per_second"));
        let memory = figure(last, "server_resident_mib").zip(figure(first, "server_resident_mib"));
        let millions = share(self.entries, 1_000_000) * 0.9;
        let disk = place.bytes("");
        json!({
            "entries": self.entries, "workers": self.workers.len(), "slices": self.slices,
            "last_slice_to_first": speed.map(|(last, first)| round(last / first, 3)),
            "server_peak_mib": served.process().peak_mib(),
            "server_mib_per_million": memory.map(|(last, first)| round((last - first) / millions, 1)),
            "disk_bytes_per_event": round(share(disk, self.entries), 1),
            "disk_to_sealed_statement_and_entry":
                round(share(disk, self.bytes + self.entries * BESIDE_STATEMENT_BYTES), 3),
        })
    }
}

fn tell(figures: &Value) -> Result<(), CliError> {
    let object = figures.as_object().ok_or_else(|| failed("no figures"))?;
    for (name, value) in object {
        match value {
            Value::Array(slices) => {
                slices.iter().try_for_each(|slice| out::line(format_args!("  {slice}")))?;
            }
            Value::Object(then) => {
                then.iter().try_for_each(|(name, value)| out::line(format_args!("{name}: {value}")))?;
            }
            value => out::line(format_args!("{name}: {value}"))?,
        }
    }
    Ok(())
}
