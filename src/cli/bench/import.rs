//! `bench import`: the real `skillpass import` against a real server, beside what the same server takes over one stream.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Instant;

use serde_json::json;

use super::super::client::Client;
use super::super::error::{CliError, Exit};
use super::super::keyfile::write_private;
use super::super::{Context, files, out};
use super::figures::{failed, rate, round, seconds, whole};
use super::load;
use super::served::{Served, this_program};
use super::setup::{self, Bodies, Place};
use crate::event::WorkerId;

/// `bench import`.
#[derive(Debug, clap::Args)]
pub(crate) struct ImportArgs {
    /// Rows of the spreadsheet
    #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    rows: u32,
    /// Workers they are about
    #[arg(long, value_name = "N", default_value_t = 2_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    workers: u64,
    /// Where the temporary ledger goes [default: the system's temporary directory]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

impl ImportArgs {
    /// Runs it.
    pub(crate) fn run(&self, context: Context) -> Result<Exit, CliError> {
        let place = Place::new(&self.dir.clone().unwrap_or_else(std::env::temp_dir))?;
        let bodies = Bodies::found(&place)?;
        let served = Served::start(&place)?;
        let mut workers = Vec::new();
        let mut streaming = 0.0;
        context.block_on(async {
            let client = Client::connect(served.url()).await?;
            workers = setup::open_passports(&client, &bodies, self.workers).await?;
            streaming = self.stream(&client, &bodies, &workers).await?;
            Ok(Exit::Done)
        })?;
        let file = place.data().with_extension("csv");
        let key = place.data().with_extension("provider.jwk");
        files::replace(&file, self.spreadsheet(&workers)?.as_bytes())?;
        write_private(&key, bodies.provider(), None)?;
        let started = Instant::now();
        import(&file, &key, served.url())?;
        let took = started.elapsed();
        served.stop()?;
        let per_second = rate(self.rows.into(), took);
        let figures = json!({
            "rows": self.rows, "workers": self.workers, "seconds": seconds(took), "rows_per_second": whole(per_second),
            "streaming_per_second": whole(streaming), "ratio": round(per_second / streaming, 3),
        });
        if context.json {
            out::json(&figures)?;
        } else {
            let figure = |name: &str| figures.get(name).cloned().unwrap_or_default();
            out::line(format_args!(
                "{} rows a second ({} in {} s), {} times the {} a second that the same server takes over one stream",
                figure("rows_per_second"),
                figure("rows"),
                figure("seconds"),
                figure("ratio"),
                figure("streaming_per_second")
            ))?;
        }
        Ok(Exit::Done)
    }

    /// The same claims, signed ahead.
    async fn stream(&self, client: &Client, bodies: &Bodies, workers: &[WorkerId]) -> Result<f64, CliError> {
        let count = usize::try_from(self.rows).unwrap_or(usize::MAX);
        let requests = setup::signed(count, |at| bodies.training(setup::nth(workers, at)?, at))?;
        let started = Instant::now();
        let recorded = load::stream(client, requests).await?.recorded;
        Ok(rate(recorded, started.elapsed()))
    }

    /// What `setup` states, as a registrar's spreadsheet.
    fn spreadsheet(&self, workers: &[WorkerId]) -> Result<String, CliError> {
        let mut text = String::from(
            "worker,issuing_country,title.en,learning_setting,started_on,completed_on,volume_of_learning_hours,iscedf_code\n",
        );
        for (row, worker) in (0..self.rows).zip(workers.iter().cycle()) {
            writeln!(text, "{worker},PH,Course {row},NON_FORMAL,2024-01-08,2024-06-28,640,0732")
                .map_err(|_| failed("no room for the spreadsheet"))?;
        }
        Ok(text)
    }
}

fn import(file: &Path, key: &Path, url: &str) -> Result<(), CliError> {
    let import = this_program()?
        .args(["import", "--kind", "TrainingCompleted", "--ledger", url, "--json", "--key"])
        .arg(key)
        .arg(file)
        .stdout(Stdio::null())
        .status();
    match import {
        Ok(status) if status.success() => Ok(()),
        _ => Err(failed("the import failed; what it said stands above")),
    }
}
