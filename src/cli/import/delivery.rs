//! Sending what an import has signed: passports first, then the rows; every answer is told.

use std::collections::HashSet;
use std::path::Path;

use serde_json::json;

use super::super::client::Client;
use super::super::document::Committed;
use super::super::error::{CliError, Exit};
use super::super::issue::hash_of;
use super::super::send::{Answer, Outgoing, deliver};
use super::super::slip::SlipArgs;
use super::super::{Context, out};
use super::Paths;
use super::check::CheckedRow;
use super::cores::on_all_cores;
use super::results::{self, CellError, DoneRow};
use super::signed::{SignedFile, SignedRow};
use crate::face::Slip;

/// One delivery of rows, all of which are signed.
pub(super) struct Delivery<'a> {
    /// How the output is wanted.
    pub(super) context: Context,
    /// The files beside the spreadsheet.
    pub(super) paths: &'a Paths,
    /// Who signs.
    pub(super) issuer: &'a str,
    /// The rows of the spreadsheet.
    pub(super) rows: &'a [CheckedRow],
    /// What was signed for them; locked as long as this lives.
    pub(super) signed: SignedFile,
    /// Where claim slips go, and how they are written.
    pub(super) slips: Option<(&'a Path, &'a SlipArgs)>,
}

/// A row, what was signed for it, and that statement's hash.
struct ToSend<'a> {
    row: &'a CheckedRow,
    signed: SignedRow,
    hash: String,
}

impl ToSend<'_> {
    fn recorded(self, revision: u32) -> DoneRow {
        let SignedRow { jti: id, worker, .. } = self.signed;
        DoneRow { row: self.row.number, id, worker, revision, hash: self.hash }
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
        CellError { row: self.row.number, column: String::new(), reason, message }
    }
}

impl<'a> Delivery<'a> {
    /// Sends what no earlier run saw acknowledged.
    pub(super) async fn send(mut self, client: &Client) -> Result<Exit, CliError> {
        let (mut done, mut pending, mut errors) = (Vec::new(), Vec::new(), Vec::new());
        for one in self.signed_rows() {
            match self.signed.revision(&one.row.digest) {
                Some(revision) => done.push(one.recorded(revision)),
                None => pending.push(one),
            }
        }
        // Passports first: a row of a worker whose passport is not open yet would be refused.
        let (open, mut broken) = self.open_passports(client, &pending, &mut errors).await?;
        let mut marks = Vec::new();
        if broken.is_none() {
            pending.retain(|one| one.signed.open.is_none() || open.contains(&one.row.digest));
            let statements = pending.iter_mut().map(|one| std::mem::take(&mut one.signed.statement));
            let (answers, stopped) = phase(client, "recorded", statements.map(Outgoing::of).collect()).await;
            broken = stopped;
            for (one, answer) in pending.into_iter().zip(answers) {
                match answer {
                    Some(Ok(acknowledgement)) => {
                        marks.push((one.row.digest.clone(), acknowledgement.revision));
                        done.push(one.recorded(acknowledgement.revision));
                    }
                    Some(Err(error)) => errors.push(one.refused(&error, one.signed.open.is_some())),
                    None => {}
                }
            }
        }
        self.signed.mark(&marks)?;
        done.sort_by_key(|done| done.row);
        errors.sort_by_key(|error| error.row);
        self.finish(&done, &errors, broken)
    }

    /// The rows with what was signed for them, in the spreadsheet's order.
    fn signed_rows(&mut self) -> Vec<ToSend<'a>> {
        let rows: &'a [CheckedRow] = self.rows;
        let rows = rows.iter().filter_map(|row| Some((row, self.signed.take(&row.digest)?)));
        on_all_cores(rows.collect(), |(row, signed)| {
            let hash = hash_of(&signed.statement);
            ToSend { row, signed, hash }
        })
    }

    /// Opens the passports that rows ask for and writes their slips; answers the digests of rows whose passport is open.
    async fn open_passports(
        &self,
        client: &Client,
        pending: &[ToSend<'_>],
        errors: &mut Vec<CellError>,
    ) -> Result<(HashSet<String>, Option<CliError>), CliError> {
        let opening: Vec<&ToSend<'_>> = pending.iter().filter(|one| one.signed.open.is_some()).collect();
        let mut open = HashSet::new();
        if opening.is_empty() {
            return Ok((open, None));
        }
        let origin = client.origin().await?;
        let statements = opening.iter().filter_map(|one| opening_of(one.row, &one.signed)).collect();
        let (answers, broken) = phase(client, "opened", statements).await;
        for (one, answer) in opening.into_iter().zip(answers) {
            match answer {
                Some(Ok(_)) => {
                    self.slip(&one.signed, client, &origin)?;
                    open.insert(one.row.digest.clone());
                }
                Some(Err(error)) => errors.push(one.refused(&error, false)),
                None => {}
            }
        }
        Ok((open, broken))
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

    fn finish(
        &self,
        done: &[DoneRow],
        errors: &[CellError],
        broken: Option<CliError>,
    ) -> Result<Exit, CliError> {
        results::write_done(&self.paths.done, done)?;
        if !errors.is_empty() {
            results::write_errors(&self.paths.errors, errors)?;
        }
        if let Some(broken) = broken {
            let message =
                format!("{}; {} of {} rows are recorded", broken.message, done.len(), self.rows.len());
            let help = "run the same command again: what is recorded is not recorded twice";
            return Err(CliError { message, help: help.into(), ..broken });
        }
        if self.context.json {
            out::json(&json!({
                "rows": self.rows.len(), "recorded": done.len(), "refused": errors.len(),
                "done": self.paths.done.display().to_string(),
                "errors": (!errors.is_empty()).then(|| self.paths.errors.display().to_string()),
            }))?;
        } else {
            out::line(format_args!(
                "{} of {} rows recorded ({})",
                done.len(),
                self.rows.len(),
                self.paths.done.display()
            ))?;
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

async fn phase(
    client: &Client,
    what: &'static str,
    outgoing: Vec<Outgoing>,
) -> (Vec<Option<Answer>>, Option<CliError>) {
    if outgoing.is_empty() {
        return (vec![], None);
    }
    let mut progress = out::Progress::new(what, outgoing.len());
    let delivery = deliver(client, outgoing.into(), |_, _| progress.one_more()).await;
    (delivery.answers, delivery.broken)
}

/// An opening with its document: the number as the row has it, the salt with which it was committed to when it was signed.
fn opening_of(row: &CheckedRow, signed: &SignedRow) -> Option<Outgoing> {
    let document = row.open.as_ref().and_then(|open| open.document.as_ref());
    let document = document
        .zip(signed.document_salt.clone())
        .map(|(document, salt)| Committed { number: document.number.clone(), salt }.message());
    Some(Outgoing { document, ..Outgoing::of(signed.open.clone()?) })
}
