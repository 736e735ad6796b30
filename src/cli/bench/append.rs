//! `bench append`: statements signed ahead go through one `AppendStream` and come back durable.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio_stream::StreamExt as _;

use super::super::client::Client;
use super::super::error::{CliError, Exit};
use super::super::send::{Outgoing, append_in_order, deliver};
use super::super::{Context, clock, out};
use super::raw;
use super::setup::{self, Bodies, Place};
use crate::config::Limits;
use crate::event::WorkerId;
use crate::pb;
use crate::pb::append_stream_response::Outcome;
use crate::service::server;

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
    /// Where the temporary ledger goes [default: the system's temporary directory]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Parts of the data directory whose growth is told.
const PARTS: [(&str, &str); 4] =
    [("journal", "journal"), ("sled", "sled"), ("heads", "heads"), ("log", "log")];

impl AppendArgs {
    /// Runs it.
    pub(crate) fn run(self, context: Context) -> Result<Exit, CliError> {
        let within = self.dir.clone().unwrap_or_else(std::env::temp_dir);
        let place = Place::new(&within)?;
        let bodies = Bodies::found(&place.data())?;
        let mut figures = Value::Null;
        context.block_on(async {
            figures = self.measure(&place, &bodies).await?;
            Ok(Exit::Done)
        })?;
        figures["dir"] = within.display().to_string().into();
        let started = Instant::now();
        let ledger = setup::open(&place.data())?;
        figures["open_after_stop_ms"] = millis(started.elapsed()).into();
        ledger.close();
        if context.json {
            out::json(&figures)?;
        } else {
            tell(&figures)?;
        }
        Ok(Exit::Done)
    }

    async fn measure(&self, place: &Place, bodies: &Bodies) -> Result<Value, CliError> {
        let ledger = setup::open(&place.data())?;
        let limits = Limits::default();
        let any = "127.0.0.1:0".parse().map_err(|_| failed("no loopback address"))?;
        let running = server::start(&ledger, any, any, None, &limits)
            .await
            .map_err(|error| failed(&error.to_string()))?;
        let client = Client::connect(&format!("http://{}", running.grpc())).await?;
        let workers = self.open_passports(&client, bodies).await?;
        let requests = self.sign_ahead(bodies, &workers)?;
        let bytes: usize = requests
            .iter()
            .map(|request| request.statement.split('~').next().unwrap_or_default().len())
            .sum();
        let message_bytes = bytes / requests.len().max(1);
        let statement_bytes =
            requests.iter().map(|request| request.statement.len()).sum::<usize>() / requests.len().max(1);
        let raw_before = raw::measure(message_bytes, RAW);
        let before = PARTS.map(|(_, part)| place.bytes(part));
        let started = Instant::now();
        let recorded = stream(&client, requests).await?;
        let took = started.elapsed();
        let raw_after = raw::measure(message_bytes, RAW);
        running.stop().await;
        tokio::task::spawn_blocking(move || ledger.close())
            .await
            .map_err(|_| failed("the ledger did not stop"))?;
        let per_event = |at: usize, part: &str| {
            growth(place.bytes(part), before.get(at).copied().unwrap_or_default(), recorded)
        };
        let disk: serde_json::Map<String, Value> = PARTS
            .iter()
            .enumerate()
            .map(|(at, (name, part))| ((*name).to_owned(), per_event(at, part)))
            .collect();
        let rate = rate(recorded, took);
        let raw = f64::midpoint(raw_before.per_second, raw_after.per_second);
        Ok(json!({
            "events": recorded, "workers": self.workers, "seconds": round(took.as_secs_f64(), 3),
            "events_per_second": whole(rate), "verify_per_second": whole(raw), "ratio": round(rate / raw, 3),
            "threads": raw_before.threads, "statement_bytes": statement_bytes, "bytes_per_event": disk,
        }))
    }

    async fn open_passports(&self, client: &Client, bodies: &Bodies) -> Result<Vec<WorkerId>, CliError> {
        append_in_order(client, bodies.authorisation()?).await?;
        let workers: Vec<WorkerId> = (0..self.workers).map(|_| clock::new_worker()).collect();
        let opened: Vec<Outgoing> = workers
            .iter()
            .map(|&worker| Ok(Outgoing::of(bodies.open(worker)?)))
            .collect::<Result<_, CliError>>()?;
        let mut progress = out::Progress::new("passports opened", opened.len());
        let delivery = deliver(client, &opened, |_, _| progress.one_more()).await;
        match delivery.broken.or_else(|| delivery.answers.into_iter().flatten().find_map(Result::err)) {
            Some(error) => Err(error),
            None => Ok(workers),
        }
    }

    fn sign_ahead(
        &self,
        bodies: &Bodies,
        workers: &[WorkerId],
    ) -> Result<Vec<pb::AppendStreamRequest>, CliError> {
        let total = usize::try_from(self.events).unwrap_or(usize::MAX);
        let mut progress = out::Progress::new("signed", total);
        let mut requests = Vec::with_capacity(total);
        for (number, &worker) in (0..total).zip(workers.iter().cycle()) {
            let statement = bodies.training(worker, number)?;
            requests.push(pb::AppendStreamRequest {
                request_id: number as u64,
                statement,
                expected_revision: None,
                document: None,
            });
            progress.one_more()?;
        }
        Ok(requests)
    }
}

/// Sends all and counts what came back durable; a refusal ends the measurement.
async fn stream(client: &Client, requests: Vec<pb::AppendStreamRequest>) -> Result<u64, CliError> {
    let mut progress = out::Progress::new("appended", requests.len());
    let opened = client.ledger().append_stream(tokio_stream::iter(requests)).await;
    let mut answers = opened.map_err(|status| client.error(&status))?.into_inner();
    let mut recorded = 0;
    while let Some(answer) = answers.next().await {
        match answer.map_err(|status| client.error(&status))?.outcome {
            Some(Outcome::Acknowledgement(_)) => recorded += 1,
            Some(Outcome::Refusal(refusal)) => return Err(super::super::client::from_refusal(&refusal)),
            None => return Err(failed("the ledger sent an empty answer")),
        }
        progress.one_more()?;
    }
    Ok(recorded)
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
        "{} raw verify_strict a second on {} threads: ratio {}",
        number("verify_per_second"),
        number("threads"),
        number("ratio")
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

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn rate(events: u64, took: Duration) -> f64 {
    events as f64 / took.as_secs_f64().max(f64::MIN_POSITIVE)
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn growth(after: u64, before: u64, events: u64) -> Value {
    round(after.saturating_sub(before) as f64 / events.max(1) as f64, 1).into()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "figures for people, far below the limit"
)]
fn whole(value: f64) -> u64 {
    value.round() as u64
}

fn round(value: f64, digits: i32) -> f64 {
    let scale = 10_f64.powi(digits);
    (value * scale).round() / scale
}

fn millis(took: Duration) -> f64 {
    round(took.as_secs_f64() * 1000.0, 1)
}

fn failed(message: &str) -> CliError {
    CliError::failed("BENCH_FAILED", message.to_owned(), "run it again, and with --dir on another disk")
}
