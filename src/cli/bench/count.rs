//! `bench count`: the same work each time, for a counter of instructions.
//!
//! A counter sees the whole process, so `--idle` does everything but the work: the difference is what the work costs.

use serde_json::json;

use super::super::error::{CliError, Exit};
use super::super::{Context, clock, out};
use super::direct::{self, RECORDS, record, verify};
use super::figures::failed;
use super::setup::{Bodies, Place};
use crate::event::{StreamRecord, WorkerId};
use crate::ledger::{Ledger, Options};
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
    /// Prepare everything, and do none of it
    #[arg(long)]
    idle: bool,
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
        // One thread a stage: what several do beside one another is counted alike only by chance.
        let options = Options { verifiers: 1, queue: 200_000, ..Options::default() };
        let ledger = direct::open_with(&place.data(), options)?;
        context.block_on(async {
            self.count(&ledger, &bodies).await?;
            Ok(Exit::Done)
        })?;
        ledger.close();
        let done = if self.idle { 0 } else { self.times };
        out::json(&json!({"work": format!("{:?}", self.work), "times": done}))?;
        Ok(Exit::Done)
    }

    async fn count(&self, ledger: &Ledger, bodies: &Bodies) -> Result<(), CliError> {
        let times = usize::try_from(self.times).unwrap_or(usize::MAX);
        if let Work::Append = self.work {
            let worker = direct::worker(ledger, bodies, 1).await?;
            let statements = (0..times).map(|number| bodies.training(worker, number));
            let statements = statements.collect::<Result<Vec<_>, _>>()?;
            return if self.idle { Ok(()) } else { record(ledger, statements).await };
        }
        let worker = direct::worker(ledger, bodies, RECORDS).await?;
        let file = direct::passport_file(ledger, worker).await?;
        let trust = bodies.trust();
        let size = ledger.checkpoint().size;
        counted_work(|| {
            for number in 0..self.times {
                match self.work {
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
