//! `bench overload`: a server, and callers in other processes who send ten times what it can take; then whether anything that was
//! acknowledged is missing.

mod kept;
pub(super) mod send;
mod verdict;

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
use super::served::{QUEUE, Served, this_program};
use super::setup::{self, Bodies, Place};
use crate::event::WorkerId;
use crate::ledger::fsck;
use kept::Kept;

/// Load generators, each a process.
const GENERATORS: u16 = 2;
/// Connections of each while there is too much: both together stay below the 1,024 that the server has places for, and below the
/// files that many systems give a process.
const CONNECTIONS: u16 = 400;
/// Calls of each that can be on their way: together 25 times as many as the server lets in at once.
const ON_THEIR_WAY: u32 = CONNECTIONS as u32 * send::CALLS_PER_CONNECTION as u32;
/// Connections of each while the load is what the server can take.
const CALM_CONNECTIONS: u16 = 4;
/// How many times the sustainable load.
const TIMES: u32 = 10;
/// Workers that the statements are about.
const WORKERS: usize = 500;

/// `bench overload`.
#[derive(Debug, clap::Args)]
pub(crate) struct OverloadArgs {
    /// How long there is too much
    #[arg(long, value_name = "SECONDS", default_value_t = 15, value_parser = clap::value_parser!(u16).range(1..=120))]
    seconds: u16,
    /// How long before and after the load is what the server can take
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=60))]
    calm: u16,
    /// Statements signed ahead for the calm before, and as many for the calm after; the overload has as many as it takes
    #[arg(long, value_name = "N", default_value_t = 200_000, value_parser = clap::value_parser!(u32).range(1000..=2_000_000))]
    statements: u32,
    /// `ledger.queue` of the server. As it is set where nothing else is said, `limits.calls` is met before (`TOO_MANY_CALLS`); smaller
    /// than that limit, the queue is (`OVERLOADED`)
    #[arg(long, value_name = "N", default_value_t = QUEUE, value_parser = clap::value_parser!(u32).range(64..=1_000_000))]
    queue: u32,
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
            verdict::tell(&figures)?;
        }
        verdict::of(&figures)
    }

    async fn measure(&self, place: &Place, bodies: &Bodies) -> Result<(Value, Kept), CliError> {
        let data = place.data();
        let server = Served::start_with(place, self.queue)?;
        let client = Client::connect(server.url()).await?;
        append_in_order(&client, bodies.authorisation()?).await?;
        let workers: Vec<WorkerId> = (0..WORKERS).map(|_| clock::new_worker()).collect();
        let opened = workers.iter().map(|&worker| bodies.open(worker)).collect::<Result<_, _>>()?;
        append_in_order(&client, opened).await?;

        let mut phases = Phases { dir: data.with_extension("load"), bodies, workers, made: Vec::new() };
        std::fs::create_dir(&phases.dir).map_err(|error| files::unwritable(&phases.dir, &error))?;
        let calm = Load {
            connections: CALM_CONNECTIONS,
            seconds: self.calm,
            rate: None,
            statements: self.statements / u32::from(GENERATORS),
        };
        let before = phases.run("before", &server, calm, None).await?;
        let sustainable = number(&before, "acknowledged_per_second");
        let overload = phases.run("overload", &server, self.too_much(sustainable), Some(&client)).await?;
        let mut after = phases.run("after", &server, calm, None).await?;
        if verdict::is_slow(rate_of(&after), rate_of(&before)) {
            // What else the machine did passes; what the overload has broken is there the second time, too.
            after = phases.run("after-again", &server, calm, None).await?;
        }
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

    /// Ten times what was acknowledged in the calm, and as many statements as can be on their way and acknowledged meanwhile: what
    /// is refused is sent again.
    fn too_much(&self, sustainable: u64) -> Load {
        let sustainable = u32::try_from(sustainable).unwrap_or(u32::MAX);
        let rate = (sustainable.saturating_mul(TIMES) / u32::from(GENERATORS)).max(1);
        // A second more than is meant: the last arrivals are late.
        let seconds = u32::from(self.seconds).saturating_add(1);
        let acknowledged = sustainable.saturating_mul(seconds);
        let statements = rate.saturating_mul(seconds).min(ON_THEIR_WAY.saturating_add(acknowledged));
        Load { connections: CONNECTIONS, seconds: self.seconds, rate: Some(rate), statements }
    }
}

/// How much is sent, by each generator.
#[derive(Debug, Clone, Copy)]
struct Load {
    connections: u16,
    seconds: u16,
    /// Of each generator, a second.
    rate: Option<u32>,
    /// Signed ahead for each generator.
    statements: u32,
}

/// One load after the other.
struct Phases<'a> {
    dir: PathBuf,
    bodies: &'a Bodies,
    workers: Vec<WorkerId>,
    /// Files of statements, and of what was acknowledged of them.
    made: Vec<(PathBuf, PathBuf)>,
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
            self.sign(load.statements, &statements)?;
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
        let offered = load.rate.map(|each| u64::from(each) * u64::from(GENERATORS));
        Ok(json!({
            "offered_per_second": offered, "offered_for_seconds": load.seconds, "load": sum.told(),
            "acknowledged_per_second": sum.rate(), "peak_mib": server.process().peak_mib(), "polite": courtesy,
        }))
    }

    fn sign(&self, count: u32, path: &Path) -> Result<(), CliError> {
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let training = |at| self.bodies.training(setup::nth(&self.workers, at)?, at);
        let mut lines = String::new();
        for request in setup::signed(count, training)? {
            lines.push_str(&request.statement);
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
        command.args(["--rate", &rate.to_string()]);
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
    told_to_wait: u64,
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
        self.told_to_wait += number(report, "refused_with_delay");
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
            "acknowledged": self.acknowledged, "refused": self.refused,
            "refused_with_delay": self.told_to_wait, "refused_without_delay": self.without_delay,
            "seconds": seconds(self.took), "latency_ms_by_generator": self.latencies,
        })
    }
}

fn rate_of(phase: &Value) -> f64 {
    told(phase, "acknowledged_per_second").as_f64().unwrap_or(0.0)
}
