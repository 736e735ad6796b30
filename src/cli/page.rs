//! The passport to hold: what `show`, `export` and `verify --report` write as one page of HTML.

use std::path::Path;

use uuid::Uuid;

use super::error::CliError;
use super::{clock, files};
use crate::face::{Form, Lang, Paper, document};
use crate::passport::{FileKind, Options, PassportFile, Read, Record, Report, View, read};
use crate::trust::TrustFile;

/// The longest address that is drawn as a code.
const LINK_BYTES_MAX: usize = 1024;

/// How the page is.
#[derive(Debug, clap::Args)]
pub(crate) struct PageArgs {
    /// For a page: the language it speaks: en, fr, es, ar, hi or tl
    #[arg(long, value_name = "LANG", default_value = "en", value_parser = parse_lang)]
    pub(crate) lang: Lang,
    /// For a page: where the passport is seen online, drawn as a QR code; without it, a page of one record draws its statement
    #[arg(long, value_name = "URL", value_parser = parse_link)]
    pub(crate) share_link: Option<String>,
    /// For a page: the records to show, by jti [default: all that --view shows]
    #[arg(long, value_name = "JTI", value_delimiter = ',', value_parser = super::choice::parse_jti)]
    pub(crate) records: Vec<Uuid>,
}

/// The page of a report has no code and all its records.
#[derive(Debug, clap::Args)]
pub(crate) struct ReportArgs {
    /// Write a report to print or mail: one HTML page (one FILE only)
    #[arg(long, value_name = "F.html", value_parser = files::written())]
    pub(crate) report: Option<std::path::PathBuf>,
    /// For the report: the language it speaks: en, fr, es, ar, hi or tl
    #[arg(long, value_name = "LANG", default_value = "en", value_parser = parse_lang)]
    lang: Lang,
}

pub(crate) fn parse_lang(text: &str) -> Result<Lang, String> {
    Lang::ALL.into_iter().find(|lang| lang.tag() == text).ok_or_else(|| {
        let tags: Vec<&str> = Lang::ALL.iter().map(|lang| lang.tag()).collect();
        format!("one of {}", tags.join(", "))
    })
}

fn parse_link(text: &str) -> Result<String, String> {
    let is_address = ["https://", "http://"].iter().any(|scheme| text.starts_with(scheme));
    if !is_address || text.len() > LINK_BYTES_MAX || text.contains(char::is_whitespace) {
        return Err(format!("an address that begins with https://, at most {LINK_BYTES_MAX} bytes"));
    }
    Ok(text.to_owned())
}

impl PageArgs {
    /// The page of a verified file, with the records that the view and --records leave.
    pub(crate) fn page(&self, bytes: &[u8], found: &Read, view: View) -> Result<String, CliError> {
        let file = PassportFile::parse(bytes).ok();
        let is_complete = file.as_ref().is_some_and(|file| file.kind == FileKind::Complete);
        // What a holder cut for others was chosen record by record.
        let view = if is_complete { view } else { View::Holder };
        let is_chosen = |record: &&Record| {
            let id = Uuid::try_parse(record.jti.trim_start_matches("urn:uuid:"));
            self.records.is_empty() || id.is_ok_and(|id| self.records.contains(&id))
        };
        let records: Vec<&Record> = found.seen_by(view).filter(is_chosen).collect();
        if records.len() < self.records.len() {
            let message = "the file holds no such record, or it is for the worker alone";
            return Err(CliError::refused("UNKNOWN_RECORD", message, "`skillpass passport show` lists them"));
        }
        let is_whole = is_complete && view == View::Holder && self.records.is_empty();
        // An employer has no use for what would let papers be laid side by side.
        let worker = found.worker.as_deref().filter(|_| !is_complete || view != View::Employer);
        made(&Paper {
            lang: self.lang,
            form: if is_whole { Form::Whole } else { Form::Shown },
            report: &found.report,
            records: &records,
            identity: &found.identity,
            worker,
            file: file.as_ref(),
            file_name: None,
            share_link: self.share_link.as_deref(),
            today: clock::today(),
        })
    }
}

impl ReportArgs {
    /// The page of what a check found.
    pub(crate) fn page(
        &self,
        path: &Path,
        bytes: &[u8],
        report: &Report,
        trust: &TrustFile,
        options: &Options,
    ) -> Result<String, CliError> {
        let file = PassportFile::parse(bytes).ok();
        let found = read(bytes, trust, options);
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        made(&Paper {
            lang: self.lang,
            form: Form::Report,
            report,
            records: &report.records.iter().collect::<Vec<_>>(),
            identity: report.statement.as_ref().map_or(&found.identity, |bare| &bare.claims),
            worker: found.worker.as_deref(),
            file: file.as_ref(),
            file_name: name.as_deref(),
            share_link: None,
            today: clock::today(),
        })
    }
}

fn made(paper: &Paper<'_>) -> Result<String, CliError> {
    document(paper)
        .map_err(|error| CliError::failed("PAGE_NOT_MADE", error.to_string(), "please report this"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_on_a_page_has_so_many_bytes() {
        let link = |bytes: usize| format!("https://a.invalid/{}", "x".repeat(bytes - 18));
        assert!(parse_link(&link(LINK_BYTES_MAX)).is_ok());
        assert!(parse_link(&link(LINK_BYTES_MAX + 1)).unwrap_err().contains("at most 1024 bytes"));
    }
}
