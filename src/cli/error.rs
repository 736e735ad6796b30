//! How a command ends: the exit code, and for everything but success a reason, a message and what to do.

use std::borrow::Cow;
use std::process::ExitCode;

/// The exit codes, the same for every command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done, or authentic and every asked-for check passes.
    Done = 0,
    /// Refused or invalid.
    Refused = 1,
    /// Bad usage or configuration.
    Usage = 2,
    /// Cannot be decided.
    Undecided = 3,
    /// Ledger, file or network failed.
    Failed = 4,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct CliError {
    /// The exit code.
    pub(crate) exit: Exit,
    /// Stable, `SCREAMING_SNAKE`.
    pub(crate) reason: Cow<'static, str>,
    /// What is wrong.
    pub(crate) message: String,
    /// What to do.
    pub(crate) help: Cow<'static, str>,
}

impl CliError {
    fn new(
        exit: Exit,
        reason: &'static str,
        message: impl Into<String>,
        help: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { exit, reason: reason.into(), message: message.into(), help: help.into() }
    }

    /// Exit 1.
    pub(crate) fn refused(
        reason: &'static str,
        message: impl Into<String>,
        help: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::new(Exit::Refused, reason, message, help)
    }

    /// Exit 2.
    pub(crate) fn usage(
        reason: &'static str,
        message: impl Into<String>,
        help: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::new(Exit::Usage, reason, message, help)
    }

    /// Exit 3.
    /// What is wrong with a file that the user gave beside the thing asked about: bad usage, so that nobody takes it for an
    /// answer. A file that cannot be read at all stays that.
    pub(crate) fn into_usage(self) -> Self {
        if self.exit == Exit::Refused { Self { exit: Exit::Usage, ..self } } else { self }
    }

    pub(crate) fn undecided(
        reason: &'static str,
        message: impl Into<String>,
        help: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::new(Exit::Undecided, reason, message, help)
    }

    /// Exit 4.
    pub(crate) fn failed(
        reason: &'static str,
        message: impl Into<String>,
        help: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::new(Exit::Failed, reason, message, help)
    }

    /// Exit 4, of a ledger that ran.
    pub(crate) fn stopped(why: &str) -> Self {
        let message = format!("the ledger stopped itself: {why}");
        let help = "nothing acknowledged is lost; start it again: it reads back what is durable, or says what needs a person";
        Self::new(Exit::Failed, "LEDGER_FAILED", message, help)
    }

    /// Whoever read our output has closed it (`skillpass kinds | head`): no failure, and nobody left to tell.
    pub(crate) fn reader_left() -> Self {
        Self::new(Exit::Done, "", "", "")
    }

    /// Prints the error to standard error, for people or as JSON.
    pub(crate) fn report(&self, json: bool) {
        self.report_of(json, serde_json::json!({}));
    }

    /// The same with further members of the error in JSON, such as the statement that it is about.
    pub(crate) fn report_of(&self, json: bool, about: serde_json::Value) {
        use std::io::Write as _;
        if self.reason.is_empty() {
            return;
        }
        let text = if json {
            let mut error =
                serde_json::json!({"reason": self.reason, "message": self.message, "help": self.help});
            if let (Some(members), serde_json::Value::Object(about)) = (error.as_object_mut(), about) {
                members.extend(about);
            }
            serde_json::json!({ "error": error }).to_string()
        } else if self.help.is_empty() {
            format!("skillpass: {} ({})", self.message, self.reason)
        } else {
            format!("skillpass: {} ({})\n  {}", self.message, self.reason, self.help)
        };
        // A closed standard error leaves no one to tell.
        let _ = writeln!(std::io::stderr(), "{text}");
    }
}
