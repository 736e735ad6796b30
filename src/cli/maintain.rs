//! `skillpass fsck` and `skillpass rebuild`: the operator's checks of a data directory.

use std::path::PathBuf;

use serde_json::json;

use super::error::{CliError, Exit};
use super::place::keep_to_ourselves;
use super::{Context, out};
use crate::ledger::{self, OpenError};

/// The data directory.
#[derive(Debug, clap::Args)]
pub(crate) struct DataArgs {
    /// Data directory of the ledger
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
}

/// `fsck`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  skillpass fsck --data ./ledger\n\nReads only; runs beside a live ledger. Exit code 1 if anything is wrong."
)]
pub(crate) struct FsckArgs {
    #[command(flatten)]
    data: DataArgs,
}

/// `rebuild`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  skillpass rebuild --data ./ledger\n\nThe ledger must be stopped. Exit code 1 if what was there differed from the journal."
)]
pub(crate) struct RebuildArgs {
    #[command(flatten)]
    data: DataArgs,
}

impl FsckArgs {
    /// Runs it.
    pub(crate) fn run(&self, context: Context) -> Result<Exit, CliError> {
        keep_to_ourselves();
        let report = ledger::fsck(&self.data.data).map_err(|error| open_error(&error))?;
        if context.json {
            let findings: Vec<_> = report
                .findings
                .iter()
                .map(|finding| json!({"place": finding.place, "problem": finding.problem, "remedy": finding.remedy}))
                .collect();
            out::json(&json!({
                "entries": report.entries, "workers": report.workers, "erased_records": report.erased_records,
                "checkpoints": report.checkpoints, "not_checked": report.not_checked, "notes": report.notes, "findings": findings,
            }))?;
        } else {
            for finding in &report.findings {
                out::line(format_args!("{}: {}\n  {}", finding.place, finding.problem, finding.remedy))?;
            }
            for skipped in &report.not_checked {
                out::line(format_args!("not checked: {skipped}"))?;
            }
            for note in &report.notes {
                out::line(format_args!("note: {note}"))?;
            }
            let verdict = if report.findings.is_empty() { "clean" } else { "NOT CLEAN" };
            out::line(format_args!(
                "{verdict}: {} entries, {} workers, {} erased records, {} checkpoints checked",
                report.entries, report.workers, report.erased_records, report.checkpoints
            ))?;
        }
        Ok(if report.findings.is_empty() { Exit::Done } else { Exit::Refused })
    }
}

impl RebuildArgs {
    /// Runs it.
    pub(crate) fn run(&self, context: Context) -> Result<Exit, CliError> {
        keep_to_ourselves();
        let report = ledger::rebuild(&self.data.data).map_err(|error| open_error(&error))?;
        if context.json {
            out::json(
                &json!({"entries": report.entries, "identical": report.identical, "differences": report.differences}),
            )?;
        } else {
            for difference in &report.differences {
                out::line(difference)?;
            }
            let verdict = if report.identical {
                "identical to what was there"
            } else {
                "what was there DIFFERED and was replaced"
            };
            out::line(format_args!("{} entries rebuilt from the journal: {verdict}", report.entries))?;
        }
        Ok(if report.identical { Exit::Done } else { Exit::Refused })
    }
}

/// Why a data directory does not open, with the ledger's own reason.
pub(crate) fn open_error(error: &OpenError) -> CliError {
    let help = "deploy/README.md, the runbook, says what to do for each reason";
    CliError::failed(error.reason(), error.to_string(), help)
}
