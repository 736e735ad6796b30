//! A ledger in this process, without the network: opened, filled and exported by calls.

use std::path::Path;
use std::sync::Arc;

use tokio::task::JoinSet;

use super::super::clock;
use super::super::error::CliError;
use super::super::maintain::open_error;
use super::figures::failed;
use super::setup::Bodies;
use crate::event::WorkerId;
use crate::ledger::{AppendError, Ledger, Options, SystemClock};
use crate::passport::{self, Verdict};
use crate::trust::TrustFile;

/// Records of the worker who is read, the opening among them.
pub(super) const RECORDS: usize = 20;

/// Opens the ledger as `serve` does by default.
pub(super) fn open(data: &Path) -> Result<Ledger, CliError> {
    open_with(data, Options::default())
}

/// Opens the ledger.
pub(super) fn open_with(data: &Path, options: Options) -> Result<Ledger, CliError> {
    Ledger::open(data, options, Arc::new(SystemClock)).map_err(|error| open_error(&error))
}

/// Appends all, as many at once as come, and waits for every answer.
pub(super) async fn record(ledger: &Ledger, statements: Vec<String>) -> Result<(), CliError> {
    let refused = |error: AppendError| failed(&error.to_string());
    let mut answers = JoinSet::new();
    for statement in statements {
        answers.spawn(ledger.submit(statement, None).map_err(refused)?);
    }
    while let Some(answer) = answers.join_next().await {
        let answer = answer.map_err(|_| failed("a task panicked"))?;
        answer.map_err(|_| failed("the ledger stopped"))?.map_err(refused)?;
    }
    Ok(())
}

/// Has the provider authorised, and opens a passport with so many records, the opening among them.
pub(super) async fn worker(ledger: &Ledger, bodies: &Bodies, records: usize) -> Result<WorkerId, CliError> {
    for statement in bodies.authorisation()? {
        record(ledger, vec![statement]).await?;
    }
    let worker = clock::new_worker();
    record(ledger, vec![bodies.open(worker)?]).await?;
    let records = (1..records).map(|number| bodies.training(worker, number));
    record(ledger, records.collect::<Result<Vec<_>, _>>()?).await?;
    Ok(worker)
}

/// The worker's passport file.
pub(super) async fn passport_file(ledger: &Ledger, worker: WorkerId) -> Result<Vec<u8>, CliError> {
    let file = crate::projection::export(ledger, worker, &[], None).await;
    Ok(file.map_err(|error| failed(&error.to_string()))?.encode())
}

/// Verifies a passport file as whoever trusts the ledger does.
pub(super) fn verify(file: &[u8], trust: &TrustFile) -> Result<(), CliError> {
    let report = passport::verify(file, trust, &passport::Options::at(clock::now_s()));
    if report.verdict == Verdict::Valid { Ok(()) } else { Err(failed("the passport file does not verify")) }
}
