//! `bench count`: the same work each time, for a counter of instructions, which counts what `counted_work` does.

use std::path::Path;
use std::sync::Arc;

use serde_json::json;

use super::super::error::{CliError, Exit};
use super::super::maintain::open_error;
use super::super::{Context, clock, out};
use super::direct::{self, RECORDS, verify};
use super::figures::failed;
use super::setup::{Bodies, Place};
use crate::event::{StreamRecord, WorkerId};
use crate::ledger::{InOrder, Ledger, Options, SystemClock};
use crate::passport::{Passport, View};

/// `bench count`.
#[derive(Debug, clap::Args)]
pub(crate) struct CountArgs {
    /// The work
    #[arg(value_enum)]
    work: Work,
    /// How often it is done
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    times: u64,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Work {
    /// A statement through the ledger, durable, without the network
    Append,
    /// A passport file of 20 records, offline
    Verify,
    /// The passport of a worker with 20 records, from the journal
    Project,
    /// An inclusion proof
    Proof,
}

impl CountArgs {
    /// Runs it.
    pub(crate) fn run(&self, context: Context) -> Result<Exit, CliError> {
        let place = Place::new(&std::env::temp_dir())?;
        let bodies = Bodies::found(&place)?;
        let data = place.data();
        match self.work {
            Work::Append => append(context, &data, &bodies, self.times)?,
            work => {
                let ledger = direct::open(&data)?;
                context.block_on(async {
                    self.count(work, &ledger, &bodies).await?;
                    Ok(Exit::Done)
                })?;
                ledger.close();
            }
        }
        out::json(&json!({"work": format!("{:?}", self.work), "times": self.times}))?;
        Ok(Exit::Done)
    }

    async fn count(&self, work: Work, ledger: &Ledger, bodies: &Bodies) -> Result<(), CliError> {
        let worker = direct::worker(ledger, bodies, RECORDS).await?;
        let file = direct::passport_file(ledger, worker).await?;
        let trust = bodies.trust();
        let size = ledger.checkpoint().size;
        counted_work(|| {
            for number in 0..self.times {
                match work {
                    Work::Append => {}
                    Work::Verify => verify(&file, &trust)?,
                    Work::Project => project(ledger, worker)?,
                    Work::Proof => {
                        let proof = ledger.inclusion_proof(number % size, size);
                        std::hint::black_box(proof.map_err(|error| failed(&error.to_string()))?);
                    }
                }
            }
            Ok(())
        })
    }
}

/// On this thread alone: what several do beside one another is counted alike only by chance.
fn append(context: Context, data: &Path, bodies: &Bodies, times: u64) -> Result<(), CliError> {
    let ledger = direct::open(data)?;
    let mut statements = Vec::new();
    context.block_on(async {
        let worker = direct::worker(&ledger, bodies, 1).await?;
        let number = usize::try_from(times).unwrap_or(usize::MAX);
        statements = (0..number).map(|number| bodies.training(worker, number)).collect::<Result<_, _>>()?;
        Ok(Exit::Done)
    })?;
    ledger.close();
    drop(ledger); // and with it the lock of its directory
    let opened = InOrder::open(data, Options::default(), Arc::new(SystemClock));
    let mut ledger = opened.map_err(|error| open_error(&error))?;
    counted_work(|| {
        let wanted = statements.len();
        let answers = ledger.append(statements);
        if answers.len() != wanted {
            return Err(failed("a statement had no place in the queue"));
        }
        answers
            .into_iter()
            .try_for_each(|answer| answer.map(drop))
            .map_err(|error| failed(&error.to_string()))
    })
}

/// What a counter counts, by this function's name: nothing but the work.
#[inline(never)]
fn counted_work(work: impl FnOnce() -> Result<(), CliError>) -> Result<(), CliError> {
    work()
}

fn project(ledger: &Ledger, worker: WorkerId) -> Result<(), CliError> {
    let records = ledger.worker(worker).map_err(|error| failed(&error.to_string()))?.unwrap_or_default();
    let (trust, now) = (ledger.trust(), ledger.now_ms());
    let records: Vec<StreamRecord> = records.into_iter().map(|one| one.record).collect();
    let passport = Passport::project(worker, &records, &trust, now, clock::day_of_ms(now));
    std::hint::black_box(passport.to_text(View::Holder));
    Ok(())
}
