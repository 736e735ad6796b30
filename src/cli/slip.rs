//! Claim slips on disk: text and HTML for each worker, in the worker's language.

use std::path::{Path, PathBuf};

use super::error::CliError;
use super::files;
use crate::face::{Lang, Slip, SlipError, slips_html};

/// How slips are written.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct SlipArgs {
    /// Language of claim slips: en, fr, es, ar, hi, tl [default: en]
    #[arg(long, value_name = "LANG", value_parser = language)]
    lang: Option<Lang>,
    /// Address of the ledger's pages, for the slip's code, e.g. `https://ledger.example.invalid`
    #[arg(long, value_name = "URL", value_parser = address)]
    page: Option<String>,
    /// Whom the worker may ask, printed on the slip, e.g. a telephone number
    #[arg(long, value_name = "TEXT")]
    help_contact: Option<String>,
}

fn language(text: &str) -> Result<Lang, String> {
    Lang::parse(text).ok_or_else(|| "known: en, fr, es, ar, hi, tl".to_owned())
}

fn address(text: &str) -> Result<String, String> {
    let is_web = text.starts_with("https://") || text.starts_with("http://");
    let bare = text.trim_end_matches('/');
    if is_web && !text.contains(['#', '?', ' ']) {
        Ok(bare.to_owned())
    } else {
        Err("write https://HOST".into())
    }
}

impl SlipArgs {
    /// The language that was asked for, or English.
    pub(crate) fn lang(&self) -> Lang {
        self.lang.unwrap_or(Lang::En)
    }

    /// Puts page and contact on a slip.
    pub(crate) fn complete(&self, slip: Slip) -> Slip {
        Slip { page: self.page.clone(), help: self.help_contact.clone(), ..slip }
    }

    /// Makes the directory where it is not there: before anything is recorded that a slip tells of.
    pub(crate) fn prepare(dir: &Path) -> Result<(), CliError> {
        std::fs::create_dir_all(dir).map_err(|error| files::unwritable(dir, &error))
    }

    /// Whether a slip can be written: its directory, and its code, which a long address does not fit into.
    pub(crate) fn check(&self, slip: &Slip, dir: &Path) -> Result<(), CliError> {
        slips_html(std::slice::from_ref(slip), self.lang()).map_err(|error| wrong(&error))?;
        Self::prepare(dir)
    }

    /// Writes both forms into `dir`, named by the worker id.
    pub(crate) fn write(&self, slip: &Slip, dir: &Path) -> Result<(PathBuf, PathBuf), CliError> {
        Self::prepare(dir)?;
        let html = slips_html(std::slice::from_ref(slip), self.lang()).map_err(|error| wrong(&error))?;
        let (text_file, html_file) =
            (dir.join(format!("{}.txt", slip.worker)), dir.join(format!("{}.html", slip.worker)));
        files::replace(&text_file, slip.text(self.lang()).as_bytes())?;
        files::replace(&html_file, html.as_bytes())?;
        Ok((text_file, html_file))
    }
}

fn wrong(error: &SlipError) -> CliError {
    let (reason, help) = match error {
        SlipError::TooLong => ("QR_TOO_LONG", "use a shorter address"),
        SlipError::Face(_) => ("SLIP_FAILED", "report this: it should not happen"),
    };
    CliError::failed(reason, error.to_string(), help)
}
