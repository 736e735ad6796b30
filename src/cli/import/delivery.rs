//! Sending what an import has signed: passports first, then the rows; every answer is told.

use std::path::Path;

use serde_json::json;
use tokio::sync::mpsc::Receiver;

use super::super::client::Client;
use super::super::document::Committed;
use super::super::error::{CliError, Exit};
use super::super::send::{Outgoing, deliver};
use super::super::slip::SlipArgs;
use super::super::{Context, out};
use super::Paths;
use super::results::{self, CellError, DoneRow};
use super::signed::SignedRow;
use super::signing::Ready;
use crate::face::Slip;

/// What to do when a delivery was cut off.
const AGAIN: &str = "run the same command again: what is recorded is not recorded twice";

/// One delivery of rows, lot by lot as they are signed.
pub(super) struct Delivery<'a> {
    /// How the output is wanted.
    pub(super) context: Context,
    /// The files beside the spreadsheet.
    pub(super) paths: &'a Paths,
    /// Who signs.
    pub(super) issuer: &'a str,
    /// How many rows the spreadsheet has.
    pub(super) rows: usize,
    /// How many rows earlier runs had recorded that are in it no more: removed or corrected since.
    pub(super) gone: usize,
    /// Where claim slips go, and how they are written.
    pub(super) slips: Option<(&'a Path, &'a SlipArgs)>,
    /// What is recorded; what earlier runs had recorded is there before the first lot.
    pub(super) done: Vec<DoneRow>,
    /// What the ledger refused.
    pub(super) errors: Vec<CellError>,
    /// Digests of the rows recorded by this run, with their revisions.
    pub(super) marks: Vec<(String, u32)>,
}

impl Ready {
    /// `revision`: where the ledger has it.
    pub(super) fn recorded(self, revision: u32) -> DoneRow {
        let SignedRow { jti: id, worker, .. } = self.signed;
        DoneRow { row: self.number, id, worker, revision, hash: self.hash }
    }

    /// `is_open`: its passport was opened all the same, which stands in no other file.
    fn refused(&self, error: &CliError, is_open: bool) -> CellError {
        let reason = error.reason.clone().into_owned();
        let message = if is_open {
            format!(
                "{}. The passport {} that the row opens is recorded; the row, once corrected, goes into it",
                error.message, self.signed.worker
            )
        } else {
            error.message.clone()
        };
        CellError { row: self.number, column: String::new(), reason, message }
    }

    /// The opening of its passport, with the document that it commits to.
    fn opening(&self) -> Option<Outgoing> {
        let document = self.document.as_ref().map(Committed::message);
        Some(Outgoing { document, ..Outgoing::of(self.signed.open.clone()?) })
    }
}

impl Delivery<'_> {
    /// Sends what comes, until nothing more does; answers why the connection broke, if it did.
    pub(super) async fn send(
        &mut self,
        client: &Client,
        mut lots: Receiver<Vec<Ready>>,
    ) -> Result<Option<CliError>, CliError> {
        let mut progress = out::Progress::new("recorded", self.rows.saturating_sub(self.done.len()));
        while let Some(lot) = lots.recv().await {
            // Passports first: a row of a worker whose passport is not open yet would be refused.
            let (mut lot, mut broken) = self.open_passports(client, lot).await?;
            if broken.is_none() {
                let statements = lot.iter_mut().map(|one| std::mem::take(&mut one.signed.statement));
                let outgoing = statements.map(Outgoing::of).collect();
                let delivery = deliver(client, outgoing, |_, _| progress.one_more()).await;
                for (one, answer) in lot.into_iter().zip(delivery.answers) {
                    match answer {
                        Some(Ok(acknowledgement)) => {
                            self.marks.push((one.signed.row.clone(), acknowledgement.revision));
                            self.done.push(one.recorded(acknowledgement.revision));
                        }
                        Some(Err(error)) => self.errors.push(one.refused(&error, one.signed.open.is_some())),
                        None => {}
                    }
                }
                broken = delivery.broken;
            }
            if let Some(broken) = broken {
                return Ok(Some(CliError { help: AGAIN.into(), ..broken }));
            }
        }
        Ok(None)
    }

    /// Opens the passports that rows ask for and writes their slips; answers the rows that may be sent now.
    async fn open_passports(
        &mut self,
        client: &Client,
        lot: Vec<Ready>,
    ) -> Result<(Vec<Ready>, Option<CliError>), CliError> {
        let openings: Vec<Outgoing> = lot.iter().filter_map(Ready::opening).collect();
        if openings.is_empty() {
            return Ok((lot, None));
        }
        let origin = client.origin().await?;
        let delivery = deliver(client, openings.into(), |_, _| Ok(())).await;
        let mut answers = delivery.answers.into_iter();
        let mut open = Vec::with_capacity(lot.len());
        for one in lot {
            match one.signed.open.is_some().then(|| answers.next().flatten()) {
                None => open.push(one),
                Some(Some(Ok(_))) => {
                    self.slip(&one.signed, client, &origin)?;
                    open.push(one);
                }
                Some(Some(Err(error))) => self.errors.push(one.refused(&error, false)),
                Some(None) => {}
            }
        }
        Ok((open, delivery.broken))
    }

    fn slip(&self, row: &SignedRow, client: &Client, origin: &str) -> Result<(), CliError> {
        let Some((dir, how)) = self.slips else { return Ok(()) };
        let slip = Slip {
            worker: row.worker.clone(),
            name: row.name.clone().unwrap_or_default(),
            opened_by: self.issuer.to_owned(),
            origin: origin.to_owned(),
            ledger: client.url().to_owned(),
            page: None,
            help: None,
            document_salt: row.document_salt.clone(),
        };
        how.write(&how.complete(slip), dir).map(|_| ())
    }

    /// Writes down and tells what became of the rows. `broken`: why not all of them were sent.
    pub(super) fn finish(self, broken: Option<CliError>) -> Result<Exit, CliError> {
        let Self { mut done, mut errors, .. } = self;
        done.sort_by_key(|done| done.row);
        errors.sort_by_key(|error| error.row);
        results::write_done(&self.paths.done, &done)?;
        if !errors.is_empty() {
            results::write_errors(&self.paths.errors, &errors)?;
        }
        if let Some(broken) = broken {
            let message = format!("{}; {} of {} rows are recorded", broken.message, done.len(), self.rows);
            return Err(CliError { message, ..broken });
        }
        if self.context.json {
            out::json(&json!({
                "rows": self.rows, "recorded": done.len(), "refused": errors.len(),
                "recorded_before_and_changed": self.gone,
                "done": self.paths.done.display().to_string(),
                "errors": (!errors.is_empty()).then(|| self.paths.errors.display().to_string()),
            }))?;
        } else {
            out::line(format_args!(
                "{} of {} rows recorded ({})",
                done.len(),
                self.rows,
                self.paths.done.display()
            ))?;
        }
        if self.gone > 0 && !self.context.json {
            out::note(format_args!(
                "rows recorded by an earlier run that are not in the spreadsheet as they were: {}. What they stated stands beside \
                 what is there now: change it with `skillpass correct` or `skillpass revoke`",
                self.gone
            ));
        }
        if errors.is_empty() {
            return Ok(Exit::Done);
        }
        for error in errors.iter().take(10) {
            out::note(format_args!("row {}: {} ({})", error.row, error.message, error.reason));
        }
        let message = format!("the ledger refused {} rows", errors.len());
        Err(CliError::refused(
            "ROWS_REFUSED",
            message,
            format!("they are listed in {}; correct them and run again", self.paths.errors.display()),
        ))
    }
}
