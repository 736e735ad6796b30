//! `bench overload`: a server, and callers in other processes who send ten times what it can take; then whether anything that was
//! acknowledged is missing.

pub(super) mod send;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use super::super::client::Client;
use super::super::error::{CliError, Exit};
use super::super::send::append_in_order;
use super::super::{Context, clock, files, out};
use super::figures::{failed, number, rate, round, seconds, told, whole};
use super::polite;
use super::served::{Served, this_program};
use super::setup::{Bodies, Place};
use crate::event::WorkerId;
use crate::ledger::fsck;
use crate::pb;
use crate::pb::append_stream_response::Outcome;

/// Load generators, each a process.
const GENERATORS: u16 = 2;
/// Connections of each while there is too much: more calls at once than the server lets in.
const CONNECTIONS: u16 = 48;
/// Connections of each while the load is what the server can take.
const CALM_CONNECTIONS: u16 = 4;
/// How many times the sustainable load.
const TIMES: u32 = 10;
/// Workers that the statements are about.
const WORKERS: usize = 500;
/// What the server may have in memory beyond what it had before: every place of its queue and every call at once, with the
/// largest statements, are 64 and 256 MiB, and connections their windows.
const MEMORY_MAX_MIB: u64 = 512;

/// `bench overload`.
#[derive(Debug, clap::Args)]
pub(crate) struct OverloadArgs {
    /// How long there is too much
    #[arg(long, value_name = "SECONDS", default_value_t = 15, value_parser = clap::value_parser!(u16).range(1..=120))]
    seconds: u16,
    /// How long before and after the load is what the server can take
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=60))]
    calm: u16,
    /// Statements signed ahead for each of the three
    #[arg(long, value_name = "N", default_value_t = 200_000, value_parser = clap::value_parser!(u32).range(1000..=2_000_000))]
    statements: u32,
    /// Where the temporary ledger goes [default: the system's temporary directory]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

impl OverloadArgs {
    /// Runs it.
    pub(crate) fn run(self, context: Context) -> Result<Exit, CliError> {
        let within = self.dir.clone().unwrap_or_else(std::env::temp_dir);
        let place = Place::new(&within)?;
        let bodies = Bodies::found(&place)?;
        let (mut phases, mut kept) = (Value::Null, Kept::default());
        context.block_on(async {
            (phases, kept) = self.measure(&place, &bodies).await?;
            Ok(Exit::Done)
        })?;
        let findings = fsck(&place.data()).map_err(|error| failed(&error.to_string()))?.findings.len();
        let figures = json!({
            "phases": phases, "acknowledged": kept.acknowledged, "lost": kept.lost, "fsck_findings": findings,
        });
        if context.json {
            out::json(&figures)?;
        } else {
            tell(&figures)?;
        }
        let peak = |phase| number(told(&phases, phase), "peak_mib");
        let is_within = peak("overload") <= peak("before") + MEMORY_MAX_MIB;
        match (kept.lost, findings, is_within) {
            (0, 0, true) => Ok(Exit::Done),
            (0, 0, false) => Err(failed("the server's memory grew beyond its bounds")),
            _ => Err(failed("something that was acknowledged is missing or damaged")),
        }
    }

    async fn measure(&self, place: &Place, bodies: &Bodies) -> Result<(Value, Kept), CliError> {
        let data = place.data();
        let server = Served::start(place)?;
        let client = Client::connect(server.url()).await?;
        append_in_order(&client, bodies.authorisation()?).await?;
        let workers: Vec<WorkerId> = (0..WORKERS).map(|_| clock::new_worker()).collect();
        let opened = workers.iter().map(|&worker| bodies.open(worker)).collect::<Result<_, _>>()?;
        append_in_order(&client, opened).await?;

        let mut phases =
            Phases { dir: data.with_extension("load"), bodies, workers, made: Vec::new(), args: self };
        std::fs::create_dir(&phases.dir).map_err(|error| files::unwritable(&phases.dir, &error))?;
        let calm = Load { connections: CALM_CONNECTIONS, seconds: self.calm, rate: None };
        let before = phases.run("before", &server, calm, None).await?;
        let rate = u32::try_from(number(&before, "acknowledged_per_second")).unwrap_or(u32::MAX).max(1);
        let much =
            Load { connections: CONNECTIONS, seconds: self.seconds, rate: Some(rate.saturating_mul(TIMES)) };
        let overload = phases.run("overload", &server, much, Some(&client)).await?;
        let after = phases.run("after", &server, calm, None).await?;
        server.stop()?;

        // Another process, which has nothing but the disk.
        let server = Served::start(place)?;
        let client = Client::connect(server.url()).await?;
        let mut kept = Kept::default();
        for (statements, acknowledgements) in &phases.made {
            kept.ask_again(&client, statements, acknowledgements).await?;
        }
        server.stop()?;
        let ratio = rate_of(&after) / rate_of(&before).max(1.0);
        let phases = json!({"before": before, "overload": overload, "after": after, "after_to_before": round(ratio, 3)});
        Ok((phases, kept))
    }
}

/// How much is sent.
#[derive(Debug, Clone, Copy)]
struct Load {
    connections: u16,
    seconds: u16,
    /// Of all generators together.
    rate: Option<u32>,
}

/// One load after the other.
struct Phases<'a> {
    dir: PathBuf,
    bodies: &'a Bodies,
    workers: Vec<WorkerId>,
    /// Files of statements, and of what was acknowledged of them.
    made: Vec<(PathBuf, PathBuf)>,
    args: &'a OverloadArgs,
}

impl Phases<'_> {
    async fn run(
        &mut self,
        name: &str,
        server: &Served,
        load: Load,
        polite: Option<&Client>,
    ) -> Result<Value, CliError> {
        let mut ready = Vec::new();
        for number in 0..GENERATORS {
            let file = |what: &str| self.dir.join(format!("{name}-{number}.{what}"));
            let (statements, acknowledged) = (file("statements"), file("acknowledged"));
            self.sign(&statements)?;
            ready.push((statements, acknowledged));
        }
        let mut generators = Vec::new();
        for (statements, acknowledged) in ready {
            generators.push(start(server.url(), load, &statements, &acknowledged)?);
            self.made.push((statements, acknowledged));
        }
        let courtesy = match polite {
            Some(client) => {
                let statement = |number| {
                    self.bodies.training(*self.workers.first().unwrap_or(&clock::new_worker()), number)
                };
                polite::send(client, statement, Duration::from_secs(load.seconds.into())).await?
            }
            None => Value::Null,
        };
        let mut sum = Sum::default();
        for generator in generators {
            sum.add(&finish(generator).await?);
        }
        Ok(json!({
            "offered_per_second": load.rate, "load": sum.told(), "acknowledged_per_second": sum.rate(),
            "peak_mib": server.process().peak_mib(), "polite": courtesy,
        }))
    }

    fn sign(&self, path: &Path) -> Result<(), CliError> {
        let each = self.args.statements / u32::from(GENERATORS);
        let mut lines = String::new();
        for (worker, number) in self.workers.iter().cycle().zip(0..each) {
            lines.push_str(&self.bodies.training(*worker, usize::try_from(number).unwrap_or(0))?);
            lines.push('\n');
        }
        std::fs::write(path, lines).map_err(|error| files::unwritable(path, &error))
    }
}

fn start(grpc: &str, load: Load, statements: &Path, acknowledged: &Path) -> Result<Child, CliError> {
    let mut command = this_program()?;
    command.args(["bench", "send", "--ledger", grpc, "--statements"]).arg(statements);
    command.arg("--acknowledged").arg(acknowledged);
    command.args(["--connections", &load.connections.to_string(), "--seconds", &load.seconds.to_string()]);
    if let Some(rate) = load.rate {
        command.args(["--rate", &(rate / u32::from(GENERATORS)).max(1).to_string()]);
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    command.spawn().map_err(|_| failed("a load generator did not start"))
}

async fn finish(generator: Child) -> Result<Value, CliError> {
    let ended = tokio::task::spawn_blocking(move || generator.wait_with_output()).await;
    let ended = ended.ok().and_then(Result::ok).filter(|ended| ended.status.success());
    let report = ended.and_then(|ended| serde_json::from_slice(&ended.stdout).ok());
    report.ok_or_else(|| failed("a load generator failed"))
}

/// What all generators of one load did.
#[derive(Default)]
struct Sum {
    arrivals: u64,
    sent: u64,
    acknowledged: u64,
    without_delay: u64,
    refused: BTreeMap<String, u64>,
    took: Duration,
    latencies: Vec<Value>,
}

impl Sum {
    fn add(&mut self, report: &Value) {
        self.arrivals += number(report, "arrivals");
        self.sent += number(report, "sent");
        self.acknowledged += number(report, "acknowledged");
        self.without_delay += number(report, "refused_without_delay");
        for (reason, count) in told(report, "refused").as_object().into_iter().flatten() {
            *self.refused.entry(reason.clone()).or_default() += count.as_u64().unwrap_or(0);
        }
        self.took = self.took.max(Duration::from_millis(number(report, "milliseconds")));
        self.latencies.push(told(report, "latency_ms").clone());
    }

    fn rate(&self) -> u64 {
        whole(rate(self.acknowledged, self.took))
    }

    fn told(&self) -> Value {
        json!({
            "arrivals": self.arrivals, "sent": self.sent, "not_sent": self.arrivals.saturating_sub(self.sent),
            "acknowledged": self.acknowledged, "refused": self.refused, "refused_without_delay": self.without_delay,
            "seconds": seconds(self.took), "latency_ms_by_generator": self.latencies,
        })
    }
}

fn rate_of(phase: &Value) -> f64 {
    told(phase, "acknowledged_per_second").as_f64().unwrap_or(0.0)
}

/// What was acknowledged, and what of it is not there.
#[derive(Default)]
struct Kept {
    acknowledged: u64,
    lost: u64,
}

impl Kept {
    /// Sends again what was acknowledged: the answer must be that it is recorded, in the very same place.
    async fn ask_again(
        &mut self,
        client: &Client,
        statements: &Path,
        acknowledged: &Path,
    ) -> Result<(), CliError> {
        let read = |path: &Path| {
            std::fs::read_to_string(path).map_err(|_| failed("a generator's file cannot be read"))
        };
        let (statements, acknowledged) = (read(statements)?, read(acknowledged)?);
        let statements: Vec<&str> = statements.lines().collect();
        let places: Vec<Vec<u64>> = acknowledged
            .lines()
            .map(|line| line.split(' ').filter_map(|number| number.parse().ok()).collect())
            .collect();
        let mut requests = Vec::new();
        for (request_id, place) in (0..).zip(&places) {
            let line = place.first().and_then(|&line| usize::try_from(line).ok());
            let statement = line.and_then(|line| statements.get(line));
            let statement = (*statement.ok_or_else(|| failed("a generator's file is cut"))?).to_owned();
            let (expected_revision, document) = (None, None);
            requests.push(pb::AppendStreamRequest { request_id, statement, expected_revision, document });
        }
        let all = requests.len() as u64;
        let opened = client.ledger().append_stream(tokio_stream::iter(requests)).await;
        let mut answers = opened.map_err(|status| client.error(&status))?.into_inner();
        let mut found = 0;
        while let Some(answer) = answers.message().await.map_err(|status| client.error(&status))? {
            let Some(Outcome::Acknowledgement(again)) = answer.outcome else { continue };
            let place = usize::try_from(answer.request_id).ok().and_then(|at| places.get(at));
            let is_same =
                place.is_some_and(|place| place.get(1..) == Some(&[again.leaf_index, again.revision.into()]));
            found += u64::from(again.repeated && is_same);
        }
        self.acknowledged += all;
        self.lost += all.saturating_sub(found);
        Ok(())
    }
}

fn tell(figures: &Value) -> Result<(), CliError> {
    let phases = told(figures, "phases");
    for phase in ["before", "overload", "after"] {
        let of = told(phases, phase);
        let load = told(of, "load");
        let offered =
            told(of, "offered_per_second").as_u64().map_or_else(|| "-".to_owned(), |rate| rate.to_string());
        out::line(format_args!(
            "{phase}: offered {offered} a second, sent {}, acknowledged {} a second, refused {}, without a delay {}",
            told(load, "sent"),
            told(of, "acknowledged_per_second"),
            told(load, "refused"),
            told(load, "refused_without_delay")
        ))?;
        let latency = told(load, "latency_ms_by_generator");
        out::line(format_args!("  latency of what was admitted, ms, by generator: {latency}"))?;
        out::line(format_args!("  server's memory so far at most {} MiB", told(of, "peak_mib")))?;
    }
    let polite = told(told(phases, "overload"), "polite");
    out::line(format_args!("callers that wait as they are told: {polite}"))?;
    out::line(format_args!("throughput after ÷ before: {}", told(phases, "after_to_before")))?;
    out::line(format_args!(
        "{} acknowledged, asked again after a restart: {} lost; fsck: {} findings",
        told(figures, "acknowledged"),
        told(figures, "lost"),
        told(figures, "fsck_findings")
    ))
}
