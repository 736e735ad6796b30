//! Standard output and progress. A reader that leaves early (`| head`) ends the command quietly, never with a panic.

use std::fmt::Display;
use std::io::{ErrorKind, IsTerminal as _, Write as _};

use serde_json::Value;

use super::error::CliError;

/// Prints one line and flushes it, so that a pipe sees it at once.
pub(crate) fn line(text: impl Display) -> Result<(), CliError> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{text}").and_then(|()| stdout.flush()).map_err(|error| output_failed(&error))
}

/// Prints text that brings its own line ends.
pub(crate) fn text(text: &str) -> Result<(), CliError> {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(|error| output_failed(&error))
}

/// Prints one JSON value, indented.
pub(crate) fn json(value: &Value) -> Result<(), CliError> {
    line(format_args!("{value:#}"))
}

/// Tells people something beside the data, on standard error; a closed one is no failure.
pub(crate) fn note(text: impl Display) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

fn output_failed(error: &std::io::Error) -> CliError {
    if error.kind() == ErrorKind::BrokenPipe {
        CliError::reader_left()
    } else {
        CliError::failed(
            "OUTPUT_FAILED",
            "standard output cannot be written",
            "check the disk or the program that reads it",
        )
    }
}

/// A counter on a terminal; nothing in a pipe.
#[derive(Debug)]
pub(crate) struct Progress {
    what: &'static str,
    total: usize,
    done: usize,
    shown_percent: Option<usize>,
    on_terminal: bool,
}

impl Progress {
    /// Starts counting `total` things called `what`.
    pub(crate) fn new(what: &'static str, total: usize) -> Self {
        Self { what, total, done: 0, shown_percent: None, on_terminal: std::io::stderr().is_terminal() }
    }

    /// One more is done; redraws at each whole percent. Never fails, but stands where a caller may stop.
    #[expect(clippy::unnecessary_wraps, reason = "the callback of a delivery, which may stop it")]
    pub(crate) fn one_more(&mut self) -> Result<(), CliError> {
        self.done = self.done.saturating_add(1);
        let percent = self.done.saturating_mul(100).checked_div(self.total).unwrap_or(100);
        if self.on_terminal && self.shown_percent != Some(percent) {
            self.shown_percent = Some(percent);
            let _ = write!(std::io::stderr(), "\r{} {}/{} ({percent} %)", self.what, self.done, self.total);
        }
        Ok(())
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown_percent.is_some() {
            let _ = writeln!(std::io::stderr());
        }
    }
}
