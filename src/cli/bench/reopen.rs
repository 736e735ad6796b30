//! The second half of `bench grow`: the full ledger is killed, stopped, opened, read at random, asked for proofs, rebuilt.

use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use super::super::client::Client;
use super::super::error::{CliError, Exit};
use super::super::{Context, out};
use super::figures::{Times, failed, millis, rate, seconds, whole};
use super::process::{Process, forget_cached_files};
use super::read::Reader;
use super::served::{Served, this_program};
use super::setup::{self, Bodies, Place};
use super::{direct, load};
use crate::event::WorkerId;
use crate::pb;

/// Inclusion proofs asked for.
const PROOFS: u64 = 20_000;
/// How long a server that is killed has been sent statements.
const BEFORE_KILL: Duration = Duration::from_millis(400);
/// How often the process that rebuilds is looked at.
const LOOK: Duration = Duration::from_millis(20);
/// A step across workers and leaves that meets neighbours late and everything in the end.
const STRIDE: usize = 7_368_787;

/// A filled ledger.
pub(super) struct Full<'a> {
    pub(super) context: Context,
    pub(super) place: &'a Place,
    pub(super) bodies: &'a Bodies,
    pub(super) workers: &'a [WorkerId],
    /// Statements about workers of all ages that are sent then.
    pub(super) spread: usize,
    /// Whether the system is to forget cached files before each opening.
    pub(super) cold: bool,
}

impl Full<'_> {
    /// Everything that is asked of it.
    pub(super) fn measure(&self, served: Served, reads: usize) -> Result<Value, CliError> {
        let mut found = Map::new();
        found.insert("cold".to_owned(), self.cold.into());
        let mut note = |name: &str, value: Value| {
            out::note(format_args!("{name}: {value}"));
            found.insert(name.to_owned(), value);
        };
        // Never opened since it was founded, and killed at work: the longest way back there is.
        self.kill_at_work(served)?;
        let served = self.open_cold(&mut note, "open_after_kill_ms")?;
        note("spread_events_per_second", self.append_spread(&served)?);
        served.stop()?;
        let served = self.open_cold(&mut note, "open_after_stop_ms")?;
        note("random_reads", self.read(&served, reads)?);
        served.stop()?;
        note("inclusion_proof_us", self.prove()?);
        self.forget()?;
        note("rebuild", self.rebuild()?);
        Ok(Value::Object(found))
    }

    fn open_cold(&self, note: &mut impl FnMut(&str, Value), name: &str) -> Result<Served, CliError> {
        self.forget()?;
        let served = Served::start(self.place)?;
        note(name, millis(served.opened_in).into());
        Ok(served)
    }

    fn forget(&self) -> Result<(), CliError> {
        if !self.cold || forget_cached_files() {
            return Ok(());
        }
        Err(CliError::usage(
            "NOT_ROOT",
            "the system does not forget its cached files",
            "run it as root, or without --cold",
        ))
    }

    fn spread(&self) -> Result<Vec<pb::AppendStreamRequest>, CliError> {
        setup::signed(self.spread, |at| {
            self.bodies.training(setup::nth(self.workers, at.wrapping_mul(STRIDE))?, at)
        })
    }

    fn kill_at_work(&self, served: Served) -> Result<(), CliError> {
        let statements = self.spread()?;
        self.context.block_on(async move {
            let client = Client::connect(served.url()).await?;
            let sending = tokio::spawn(async move { load::stream(&client, statements).await });
            tokio::time::sleep(BEFORE_KILL).await;
            served.kill();
            // It was cut off, as it should be.
            let _ = sending.await;
            Ok(Exit::Done)
        })?;
        Ok(())
    }

    fn append_spread(&self, served: &Served) -> Result<Value, CliError> {
        let statements = self.spread()?;
        let mut per_second = Value::Null;
        self.context.block_on(async {
            let client = Client::connect(served.url()).await?;
            let started = Instant::now();
            let recorded = load::stream(&client, statements).await?.recorded;
            per_second = whole(rate(recorded, started.elapsed())).into();
            Ok(Exit::Done)
        })?;
        Ok(per_second)
    }

    /// Passports of workers far apart, one after the other, nothing of them cached.
    fn read(&self, served: &Served, reads: usize) -> Result<Value, CliError> {
        let mut times = Times::new()?;
        self.context.block_on(async {
            let client = Client::connect(served.url()).await?;
            let reader = Reader::new(client, self.bodies, self.workers.to_vec()).await?;
            for read in 0..reads {
                let started = Instant::now();
                reader.get(read.wrapping_mul(STRIDE)).await?;
                times.note(started.elapsed());
            }
            Ok(Exit::Done)
        })?;
        let server = served.process();
        Ok(json!({
            "reads": reads, "latency_ms": times.percentiles(),
            "server_resident_mib": server.memory_mib(), "server_peak_mib": server.peak_mib(),
        }))
    }

    fn prove(&self) -> Result<Value, CliError> {
        let ledger = direct::open(&self.place.data())?;
        let size = ledger.checkpoint().size;
        let (mut first, mut again) = (Times::new()?, Times::new()?);
        for times in [&mut first, &mut again] {
            for proof in 0..PROOFS {
                let leaf = proof.wrapping_mul(STRIDE as u64) % size;
                let started = Instant::now();
                std::hint::black_box(ledger.inclusion_proof(leaf, size))
                    .map_err(|error| failed(&error.to_string()))?;
                times.note(started.elapsed());
            }
        }
        ledger.close();
        Ok(json!({"leaves": size, "first": first.microseconds(), "again": again.microseconds()}))
    }

    fn rebuild(&self) -> Result<Value, CliError> {
        let started = Instant::now();
        let mut child = this_program()?
            .args(["rebuild", "--data"])
            .arg(self.place.data())
            .stdout(Stdio::null())
            .spawn()
            .map_err(|_| failed("the rebuild did not start"))?;
        let mut peak = None;
        let status = loop {
            peak = peak.max(Process::of(&child).peak_mib());
            match child.try_wait() {
                Ok(None) => std::thread::sleep(LOOK),
                Ok(Some(status)) => break status,
                Err(_) => return Err(failed("the rebuild cannot be waited for")),
            }
        };
        let took = started.elapsed();
        if !status.success() {
            return Err(failed("the rebuild failed, or found a difference; what it said stands above"));
        }
        Ok(json!({"seconds": seconds(took), "peak_mib": peak}))
    }
}
