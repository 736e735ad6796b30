//! `bench stall`: callers that hold places and give nothing for them; how soon each place is taken back, and what it costs those
//! who behave.

mod callers;
mod watch;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::task::JoinSet;

use self::callers::{Stall, Target};
use self::watch::Watch;
use super::super::client::Client;
use super::super::error::{CliError, Exit};
use super::super::{Context, out};
use super::figures::{failed, number, seconds, told};
use super::load;
use super::polite;
use super::served::Served;
use super::setup::{self, Bodies, Place};
use crate::event::WorkerId;
use crate::ledger::fsck;

/// Workers that the statements are about.
const WORKERS: u64 = 200;
/// Entries to subscribe to: more than windows and queues hold.
const ENTRIES: usize = 20_000;
/// Statements that those send again and again who read no acknowledgement.
const SENT_AGAIN: usize = 2_000;
/// How long those who behave are timed before and afterwards.
const CALM: Duration = Duration::from_secs(5);
/// What the server may have in memory beyond what it had before: each caller's windows, buffers and statements on their way.
const MEMORY_MAX_MIB: u64 = 256;

/// `bench stall`.
#[derive(Debug, clap::Args)]
pub(crate) struct StallArgs {
    /// Callers of each sort
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = clap::value_parser!(u16).range(1..=100))]
    each: u16,
    /// How long they are watched; the limits in `docs/load.md` add up to 90 seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 120, value_parser = clap::value_parser!(u16).range(30..=600))]
    seconds: u16,
    /// Where the temporary ledger goes [default: the system's temporary directory]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

impl StallArgs {
    /// Runs it.
    pub(crate) fn run(self, context: Context) -> Result<Exit, CliError> {
        let place = Place::new(&self.dir.clone().unwrap_or_else(std::env::temp_dir))?;
        let bodies = Bodies::found(&place)?;
        let mut figures = Value::Null;
        context.block_on(async {
            figures = self.measure(&place, &bodies).await?;
            Ok(Exit::Done)
        })?;
        let findings = fsck(&place.data()).map_err(|error| failed(&error.to_string()))?.findings.len();
        if context.json {
            out::json(&json!({"figures": figures, "fsck_findings": findings}))?;
        } else {
            tell(&figures, findings)?;
        }
        let memory = told(&figures, "memory_mib");
        let is_within = number(memory, "peak") <= number(memory, "before") + MEMORY_MAX_MIB;
        match (number(&figures, "not_ended"), is_within, findings) {
            (0, true, 0) => Ok(Exit::Done),
            (0, false, _) => Err(failed("the server's memory grew beyond its bounds")),
            (0, true, _) => Err(failed("the ledger is damaged")),
            _ => Err(failed("a place was held longer than anybody may hold one")),
        }
    }

    async fn measure(&self, place: &Place, bodies: &Bodies) -> Result<Value, CliError> {
        let served = Served::start(place)?;
        let client = Client::connect(served.url()).await?;
        let workers = setup::open_passports(&client, bodies, WORKERS).await?;
        let training = |at| bodies.training(setup::nth(&workers, at)?, at);
        load::stream(&client, setup::signed(ENTRIES, training)?).await?;
        let again: Result<Vec<String>, CliError> = (0..SENT_AGAIN).map(training).collect();
        let target = Target::of(&served, again?.into());

        let before = behave(&client, bodies, &workers, CALM).await?;
        let memory_before = served.process().memory_mib();
        let watched_for = Duration::from_secs(self.seconds.into());
        let watch = Watch::new(&served)?;
        let callers = self.stall(&target);
        let subscribers = watch.subscribers(self.each.into(), watched_for);
        let (during, mut ended, subscribers) = tokio::try_join!(
            behave(&client, bodies, &workers, watched_for),
            async { callers.within(watched_for).await },
            subscribers
        )?;
        ended.insert(Stall::SubscriptionUnread.as_str(), subscribers);
        let cut = watch.cut().await?;
        let after = behave(&client, bodies, &workers, CALM).await?;
        let memory = json!({"before": memory_before, "peak": served.process().peak_mib()});
        served.stop()?;
        let each = usize::from(self.each);
        let not_ended: usize = ended.values().map(|times| each.saturating_sub(times.len())).sum();
        let callers: Vec<Value> = Stall::ALL.iter().map(|how| row(how.as_str(), each, &ended)).collect();
        Ok(json!({
            "callers": callers, "not_ended": not_ended, "connections_cut": cut, "memory_mib": memory,
            "those_who_behave": {"before": before, "during": during, "after": after},
        }))
    }

    /// All callers, begun.
    fn stall(&self, target: &Target) -> Callers {
        let mut all = JoinSet::new();
        for how in Stall::ALL {
            for _ in 0..self.each {
                let target = target.clone();
                all.spawn(async move { target.stall(how).await.map(|held| (how, held)) });
            }
        }
        Callers(all)
    }
}

/// How long callers of each sort held their places; of a sort that was never ended none.
type Ended = BTreeMap<&'static str, Vec<Duration>>;

struct Callers(JoinSet<Result<(Stall, Duration), CliError>>);

impl Callers {
    /// Those that were ended by then.
    async fn within(mut self, time: Duration) -> Result<Ended, CliError> {
        let until = Instant::now() + time;
        let mut ended = Ended::from(Stall::ALL.map(|how| (how.as_str(), Vec::new())));
        while let Ok(Some(one)) = tokio::time::timeout_at(until.into(), self.0.join_next()).await {
            let (how, held) = one.map_err(|_| failed("a caller panicked"))??;
            ended.entry(how.as_str()).or_default().push(held);
        }
        Ok(ended)
    }
}

/// One caller that does as it is told, one statement after the other.
async fn behave(
    client: &Client,
    bodies: &Bodies,
    workers: &[WorkerId],
    how_long: Duration,
) -> Result<Value, CliError> {
    let statement = |at| bodies.training(setup::nth(workers, at)?, at);
    polite::send(client, statement, how_long).await
}

fn row(how: &str, each: usize, ended: &Ended) -> Value {
    let times = ended.get(how).map_or(&[][..], Vec::as_slice);
    let (first, last) = (times.iter().min().copied().map(seconds), times.iter().max().copied().map(seconds));
    json!({"caller": how, "came": each, "ended": times.len(), "first_after_s": first, "last_after_s": last})
}

fn tell(figures: &Value, findings: usize) -> Result<(), CliError> {
    for row in told(figures, "callers").as_array().into_iter().flatten() {
        let text = told(row, "caller").as_str().unwrap_or_default();
        out::line(format_args!(
            "{text:<26}{} came, {} ended, the first after {} s, the last after {} s",
            told(row, "came"),
            told(row, "ended"),
            told(row, "first_after_s"),
            told(row, "last_after_s")
        ))?;
    }
    out::line(format_args!("connections cut: {}", told(figures, "connections_cut")))?;
    for when in ["before", "during", "after"] {
        let of = told(told(figures, "those_who_behave"), when);
        out::line(format_args!("a caller who behaves, {when}: {of}"))?;
    }
    let memory = told(figures, "memory_mib");
    out::line(format_args!("server's memory {memory} MiB; fsck: {findings} findings"))
}
