//! `bench read`: `GetPassport` from a server in a process of its own; its processor time a call, and how long callers wait.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::super::client::{Client, Credential};
use super::super::error::{CliError, Exit};
use super::super::{Context, out};
use super::direct::RECORDS;
use super::figures::{Times, failed, micros, rate, whole};
use super::load;
use super::served::Served;
use super::setup::{self, Bodies, Place};
use crate::event::WorkerId;
use crate::pb;

/// Callers of the closed loop: both sides of the connection always have work.
const CALLERS: usize = 4;

/// `bench read`.
#[derive(Debug, clap::Args)]
pub(crate) struct ReadArgs {
    /// Records of each worker, the opening among them
    #[arg(long, value_name = "N", default_value_t = RECORDS)]
    records: usize,
    /// Workers, read in turn
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    workers: u64,
    /// Length of each of the two measurements
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// Where the temporary ledger goes [default: the system's temporary directory]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

impl ReadArgs {
    /// Runs it.
    pub(crate) fn run(&self, context: Context) -> Result<Exit, CliError> {
        if !(1..=1_000).contains(&self.records) {
            return Err(CliError::usage("RECORDS_OUT_OF_RANGE", "--records is from 1 to 1000", "give fewer"));
        }
        let place = Place::new(&self.dir.clone().unwrap_or_else(std::env::temp_dir))?;
        let bodies = Bodies::found(&place)?;
        let served = Served::start(&place)?;
        let mut figures = Value::Null;
        context.block_on(async {
            figures = self.measure(&served, &bodies).await?;
            Ok(Exit::Done)
        })?;
        served.stop()?;
        if context.json {
            out::json(&figures)?;
        } else {
            tell(&figures)?;
        }
        Ok(Exit::Done)
    }

    async fn measure(&self, served: &Served, bodies: &Bodies) -> Result<Value, CliError> {
        let client = Client::connect(served.url()).await?;
        let workers = setup::open_passports(&client, bodies, self.workers).await?;
        let later = workers.len() * (self.records - 1);
        let records = setup::signed(later, |at| bodies.training(setup::nth(&workers, at)?, at))?;
        load::stream(&client, records).await?;
        let reader = Reader::new(client, bodies, workers).await?;
        let span = Duration::from_secs(self.seconds);
        reader.closed_loop(span / 4).await?;
        let (started, cpu) = (Instant::now(), served.process().cpu());
        let calls = reader.closed_loop(span).await?;
        let (took, spent) = (started.elapsed(), served.process().cpu().zip(cpu));
        let cpu = spent.map(|(after, before)| after.saturating_sub(before).div_f64(calls_f64(calls)));
        let half = whole(rate(calls, took) / 2.0).max(1);
        let times = reader.open_loop(half, span).await?;
        Ok(json!({
            "records": self.records, "workers": self.workers, "calls": calls, "calls_per_second": whole(rate(calls, took)),
            "server_cpu_us_per_call": cpu.map(micros), "half_load_per_second": half,
            "latency_ms_at_half_load": times.percentiles(), "server_resident_mib": served.process().memory_mib(),
        }))
    }
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
fn calls_f64(calls: u64) -> f64 {
    calls.max(1) as f64
}

/// Reads passports as the ledger's operator.
#[derive(Clone)]
pub(super) struct Reader {
    client: Client,
    credential: Arc<Credential>,
    workers: Arc<Vec<WorkerId>>,
}

impl Reader {
    pub(super) async fn new(
        client: Client,
        bodies: &Bodies,
        workers: Vec<WorkerId>,
    ) -> Result<Self, CliError> {
        let credential = Arc::new(client.credential(bodies.operator()?).await?);
        Ok(Self { client, credential, workers: Arc::new(workers) })
    }

    /// One call.
    pub(super) async fn get(&self, number: usize) -> Result<(), CliError> {
        let worker = setup::nth(&self.workers, number)?.to_string();
        let view = pb::View::Holder.into();
        let request = pb::GetPassportRequest { worker, view, known_at: None, valid_at: None };
        let answer = self.client.passports().get_passport(self.credential.request(request)?).await;
        let answer = answer.map_err(|status| self.client.error(&status))?.into_inner();
        if answer.passport_json.is_empty() { Err(failed("an empty passport came back")) } else { Ok(()) }
    }

    /// As fast as answers come; how many came.
    async fn closed_loop(&self, span: Duration) -> Result<u64, CliError> {
        let until = Instant::now() + span;
        let mut callers = JoinSet::new();
        for caller in 0..CALLERS {
            let reader = self.clone();
            callers.spawn(async move {
                let mut calls = 0;
                while Instant::now() < until {
                    reader.get(caller + CALLERS * usize::try_from(calls).unwrap_or(0)).await?;
                    calls += 1;
                }
                Ok::<u64, CliError>(calls)
            });
        }
        let mut all = 0;
        while let Some(calls) = callers.join_next().await {
            all += calls.map_err(|_| failed("a caller panicked"))??;
        }
        Ok(all)
    }

    /// So many a second, whatever comes back; each counts from when it was due.
    async fn open_loop(&self, per_second: u64, span: Duration) -> Result<Times, CliError> {
        let mut calls = JoinSet::new();
        let started = Instant::now();
        let all = usize::try_from(per_second * span.as_secs()).unwrap_or(usize::MAX);
        let (is_due, mut due_calls) = mpsc::unbounded_channel();
        // A thread of its own: the runtime's clock goes by milliseconds, which is longer than a call may take.
        std::thread::spawn(move || {
            for number in 0..all {
                let due = started + span.mul_f64(calls_f64(number as u64) / calls_f64(all as u64));
                std::thread::sleep(due.saturating_duration_since(Instant::now()));
                if is_due.send((number, due)).is_err() {
                    return;
                }
            }
        });
        while let Some((number, due)) = due_calls.recv().await {
            let reader = self.clone();
            calls.spawn(async move {
                reader.get(number).await?;
                Ok::<Duration, CliError>(due.elapsed())
            });
        }
        let mut times = Times::new()?;
        while let Some(took) = calls.join_next().await {
            times.note(took.map_err(|_| failed("a caller panicked"))??);
        }
        Ok(times)
    }
}

fn tell(figures: &Value) -> Result<(), CliError> {
    let number = |name: &str| figures.get(name).cloned().unwrap_or_default();
    out::line(format_args!(
        "{} µs of the server's processor time a GetPassport of {} records; {} calls a second, {CALLERS} at a time",
        number("server_cpu_us_per_call"),
        number("records"),
        number("calls_per_second")
    ))?;
    out::line(format_args!(
        "at {} a second, counted from when each was due: {} ms",
        number("half_load_per_second"),
        number("latency_ms_at_half_load")
    ))
}
