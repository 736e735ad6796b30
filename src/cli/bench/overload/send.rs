//! `bench send`: one of the load generators, in a process of its own. Signed statements come from a file; what was acknowledged
//! goes into another.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use super::super::super::client::Client;
use super::super::super::error::{CliError, Exit};
use super::super::super::{Context, files, out};
use super::super::figures::{Times, failed};
use super::super::polite::delay;
use crate::pb;

/// Calls at once on one connection: as many as the server lets in (`limits.streams_per_connection`).
pub(super) const CALLS_PER_CONNECTION: u16 = 128;

/// `bench send`.
#[derive(Debug, clap::Args)]
pub(crate) struct SendArgs {
    /// gRPC address of the ledger
    #[arg(long, value_name = "URL")]
    ledger: String,
    /// One signed statement a line
    #[arg(long, value_name = "FILE")]
    statements: PathBuf,
    /// Where each acknowledged one is noted: its line, leaf and revision
    #[arg(long, value_name = "FILE")]
    acknowledged: PathBuf,
    /// Connections
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    connections: u16,
    /// For so long
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u16).range(1..=600))]
    seconds: u16,
    /// So many a second, whatever comes back; without it, so many at once, each after the answer before
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    rate: Option<u32>,
    /// Without --rate: so many at once on each connection
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=100))]
    in_flight: u16,
}

impl SendArgs {
    /// Runs it.
    pub(crate) fn run(self, context: Context) -> Result<Exit, CliError> {
        context.block_on(async move {
            let text = std::fs::read_to_string(&self.statements)
                .map_err(|_| failed("the statements cannot be read"))?;
            let statements: Vec<Arc<str>> = text.lines().map(Arc::from).collect();
            drop(text);
            let waiting = (0..statements.len()).rev().collect();
            let tally = Arc::new(Tally { statements, state: Mutex::new(State { waiting, ..State::default() }) });
            let mut clients = Vec::new();
            for _ in 0..self.connections {
                clients.push(Client::connect(&self.ledger).await?);
            }
            let until = Instant::now() + Duration::from_secs(self.seconds.into());
            let started = Instant::now();
            let arrivals = match self.rate {
                Some(rate) => open_loop(&clients, &tally, rate, until).await,
                None => closed_loop(&clients, &tally, self.in_flight.into(), until).await,
            };
            let took = started.elapsed();
            let mut state = tally.state();
            let mut lines = String::new();
            for [line, leaf, revision] in &state.acknowledged {
                writeln!(lines, "{line} {leaf} {revision}").map_err(|_| failed("no room for what was acknowledged"))?;
            }
            std::fs::write(&self.acknowledged, lines)
                .map_err(|error| files::unwritable(&self.acknowledged, &error))?;
            let mut latencies = Times::new()?;
            state.latencies.drain(..).for_each(|took| latencies.note(took));
            out::json(&json!({
                "arrivals": arrivals, "sent": state.sent, "acknowledged": state.acknowledged.len(), "refused": state.refused,
                "refused_with_delay": state.told_to_wait, "refused_without_delay": state.without_delay, "milliseconds": u64::try_from(took.as_millis()).unwrap_or(u64::MAX), "latency_ms": latencies.percentiles(),
                "statements_left": state.waiting.len(),
            }))?;
            Ok(Exit::Done)
        })
    }
}

/// Every statement, and what became of those that were sent.
struct Tally {
    statements: Vec<Arc<str>>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Not acknowledged, and not on their way.
    waiting: Vec<usize>,
    sent: u64,
    /// Line, leaf, revision.
    acknowledged: Vec<[u64; 3]>,
    /// From when each was due.
    latencies: Vec<Duration>,
    refused: BTreeMap<String, u64>,
    /// Refusals for want of room that said when to come back.
    told_to_wait: u64,
    /// Refusals that did not. Every statement here is a good one, so that none may be refused for good.
    without_delay: u64,
}

impl Tally {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends the next statement and notes what comes of it. `None` once there are no more.
    async fn send_one(&self, client: &Client, due: Instant) -> Option<()> {
        let line = self.state().waiting.pop()?;
        let statement = self.statements.get(line)?.to_string();
        let request = pb::AppendRequest {
            statement,
            expected_revision: None,
            wait_for_checkpoint: false,
            document: None,
        };
        self.state().sent += 1;
        let answer = client.ledger().append(request).await;
        let mut state = self.state();
        match answer {
            Ok(answer) => {
                let acknowledged = answer.into_inner().acknowledgement.unwrap_or_default();
                state.latencies.push(due.elapsed());
                state.acknowledged.push([line as u64, acknowledged.leaf_index, acknowledged.revision.into()]);
            }
            Err(status) => {
                // It was not recorded, or may have been: sent again it is recorded at most once.
                state.waiting.push(line);
                let says_when = delay(&status).is_some();
                state.told_to_wait += u64::from(says_when && status.code() == Code::ResourceExhausted);
                state.without_delay += u64::from(!says_when);
                *state.refused.entry(reason(&status)).or_default() += 1;
            }
        }
        Some(())
    }
}

fn reason(status: &Status) -> String {
    let details = status.get_error_details();
    details.error_info().map_or_else(|| format!("{:?}", status.code()), |info| info.reason.clone())
}

/// `rate` arrivals a second; one for which no connection has a stream left is counted and not sent. Answers with the arrivals.
async fn open_loop(clients: &[Client], tally: &Arc<Tally>, rate: u32, until: Instant) -> u64 {
    let places: Vec<Arc<Semaphore>> =
        clients.iter().map(|_| Arc::new(Semaphore::new(CALLS_PER_CONNECTION.into()))).collect();
    let started = Instant::now();
    let (mut arrivals, mut next) = (0_u64, 0_usize);
    let mut ticks = tokio::time::interval(Duration::from_millis(1));
    while Instant::now() < until {
        ticks.tick().await;
        let now = Instant::now();
        let due = (now - started).as_nanos().saturating_mul(rate.into()) / 1_000_000_000;
        let due = u64::try_from(due).unwrap_or(u64::MAX);
        while arrivals < due {
            arrivals += 1;
            let Some((client, place)) = free(clients, &places, &mut next) else {
                // The next ones of this tick find none either.
                arrivals = due;
                break;
            };
            let (tally, client) = (Arc::clone(tally), client.clone());
            tokio::spawn(async move {
                let _place = place;
                tally.send_one(&client, now).await
            });
        }
    }
    for place in &places {
        // What is on its way is answered.
        let _ = place.acquire_many(CALLS_PER_CONNECTION.into()).await;
    }
    arrivals
}

/// A connection with a stream left, beginning behind the one that was taken last.
fn free<'a>(
    clients: &'a [Client],
    places: &[Arc<Semaphore>],
    next: &mut usize,
) -> Option<(&'a Client, OwnedSemaphorePermit)> {
    (0..clients.len()).find_map(|_| {
        let at = *next % clients.len();
        *next = next.wrapping_add(1);
        let place = Arc::clone(places.get(at)?).try_acquire_owned().ok()?;
        Some((clients.get(at)?, place))
    })
}

/// `in_flight` at once on each connection, each after the answer to the one before. Answers with the calls.
async fn closed_loop(clients: &[Client], tally: &Arc<Tally>, in_flight: usize, until: Instant) -> u64 {
    let mut callers = JoinSet::new();
    for client in clients {
        for _ in 0..in_flight {
            let (tally, client) = (Arc::clone(tally), client.clone());
            callers.spawn(async move {
                while Instant::now() < until && tally.send_one(&client, Instant::now()).await.is_some() {}
            });
        }
    }
    while callers.join_next().await.is_some() {}
    tally.state().sent
}
