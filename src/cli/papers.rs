//! `skillpass passport document`: a record in the form of a document that receivers know.

use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::Value;

use super::assess::read_authentic;
use super::error::{CliError, Exit};
use super::html::escape;
use super::{Context, clock, files, out};
use crate::passport::Record;
use crate::passport::documents::Document;

/// `passport document`.
#[derive(Debug, clap::Args)]
pub(crate) struct DocumentArgs {
    /// A passport file or presentation
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Which document
    #[arg(long, value_enum)]
    kind: DocumentKind,
    /// The record, by jti [default: the only one that fits]
    #[arg(long, value_name = "JTI")]
    record: Option<String>,
    /// The trust file: whom you believe [default: ./trust.toml, else the one in your configuration]
    #[arg(long, value_name = "FILE", env = "SKILLPASS_TRUST", hide_env_values = true)]
    trust: Option<PathBuf>,
    /// What was in force on this day [default: today]
    #[arg(long, value_name = "DATE", value_parser = clock::parse_date)]
    valid_at: Option<jiff::civil::Date>,
    /// Form: JSON, or one HTML page to print (supplement and qualifications passport)
    #[arg(long, value_enum, default_value_t = Form::Json)]
    format: Form,
    /// Where it goes [default: standard output]
    #[arg(long, value_name = "FILE", value_parser = files::written())]
    out: Option<PathBuf>,
}

/// `--kind`.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum DocumentKind {
    /// Europass certificate supplement: six parts
    EuropassSupplement,
    /// European Learning Model, JSON-LD, unsigned
    Elm,
    /// Open Badges 3.0, unsigned
    OpenBadge,
    /// UNESCO's or the Council of Europe's qualifications passport: three parts
    UnescoQp,
}

/// `--format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    /// JSON
    Json,
    /// One page of HTML that prints on A4
    Html,
}

impl From<DocumentKind> for Document {
    fn from(kind: DocumentKind) -> Self {
        match kind {
            DocumentKind::EuropassSupplement => Self::CertificateSupplement,
            DocumentKind::Elm => Self::Elm,
            DocumentKind::OpenBadge => Self::OpenBadge,
            DocumentKind::UnescoQp => Self::QualificationsPassport,
        }
    }
}

impl DocumentArgs {
    /// Runs it.
    pub(crate) fn run(self, context: Context) -> Result<Exit, CliError> {
        let document = Document::from(self.kind);
        let found = read_authentic(&self.file, self.trust.as_deref(), self.valid_at)?;
        let record = self.choose(document, &found.report.records)?;
        let made = document.of(record).map_err(|error| {
            CliError::refused(error.reason(), error.to_string(), "`skillpass verify FILE` shows the records")
        })?;
        let html = match self.format {
            Form::Html => Some(page(&made).ok_or_else(|| {
                CliError::usage(
                    "NO_HTML",
                    "this document is for programs: it has no printed form",
                    "leave --format out",
                )
            })?),
            Form::Json => None,
        };
        let text = html.unwrap_or_else(|| format!("{made:#}\n"));
        match &self.out {
            Some(path) => {
                files::replace_secret(path, text.as_bytes())?;
                if context.json { out::json(&made)? } else { out::line(path.display())? }
            }
            None if context.json => out::json(&made)?,
            None => out::text(&text)?,
        }
        Ok(Exit::Done)
    }

    fn choose<'a>(&self, document: Document, records: &'a [Record]) -> Result<&'a Record, CliError> {
        if let Some(jti) = &self.record {
            let bare = jti.strip_prefix("urn:uuid:").unwrap_or(jti);
            let named = records.iter().find(|record| record.jti.strip_prefix("urn:uuid:") == Some(bare));
            return named.ok_or_else(|| {
                let message = format!("the file shows no record {jti}");
                CliError::refused("UNKNOWN_RECORD", message, "`skillpass verify FILE --json` lists them")
            });
        }
        let fitting: Vec<&Record> = records.iter().filter(|record| document.fits(record)).collect();
        match fitting.as_slice() {
            [one] => Ok(one),
            [] => {
                let message = format!("the file shows no record of which a {} can be made", document.name());
                Err(CliError::refused(
                    "DOCUMENT_DOES_NOT_FIT",
                    message,
                    "`skillpass verify FILE` shows the records",
                ))
            }
            several => {
                let ids: Vec<&str> = several.iter().map(|record| record.jti.as_str()).collect();
                let message = format!("several records fit: {}", ids.join(", "));
                Err(CliError::usage("SEVERAL_RECORDS", message, "choose one with --record JTI"))
            }
        }
    }
}

const STYLE: &str = "@page{size:A4;margin:18mm}body{font:14px/1.45 sans-serif;max-width:52em;margin:2em auto;color:#222}\
h1{margin-bottom:.2em}dt{font-weight:bold;margin-top:.6em}dd{margin-left:1em}";

/// One page of the document's sections; none if it has no sections.
fn page(document: &Value) -> Option<String> {
    let sections = document.get("sections")?.as_array()?;
    let title = shown(document.get("document")?).replace('-', " ");
    let mut html = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\
         <title>{0}</title><style>{STYLE}</style></head>\n<body><h1>{0}</h1>\n",
        escape(&title)
    );
    for name in ["status", "scheme", "issued_on", "valid_until"] {
        if let Some(value) = document.get(name) {
            let _ = writeln!(html, "<p>{}: {}</p>", escape(&name.replace('_', " ")), escape(&shown(value)));
        }
    }
    for part in sections {
        let number = part.get("number").map(shown).unwrap_or_default();
        let heading = part.get("heading").map(shown).unwrap_or_default();
        let _ = writeln!(html, "<h2>{}. {}</h2>\n<dl>", escape(&number), escape(&heading));
        for (name, value) in part.get("content").and_then(Value::as_object).into_iter().flatten() {
            let text = shown(value);
            if !text.is_empty() {
                let _ =
                    writeln!(html, "<dt>{}</dt><dd>{}</dd>", escape(&name.replace('_', " ")), escape(&text));
            }
        }
        html.push_str("</dl>\n");
    }
    if let Some(proof) = document.get("proof") {
        let _ = writeln!(html, "<h2>Proof</h2>\n<p>{}</p>", escape(&shown(proof)));
    }
    Some(html + "</body></html>\n")
}

/// A value as a reader sees it.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join("; "),
        Value::Object(members) => {
            let one =
                |(name, value): (&String, &Value)| format!("{}: {}", name.replace('_', " "), shown(value));
            members.iter().filter(|(_, value)| !value.is_null()).map(one).collect::<Vec<_>>().join("; ")
        }
        other => other.to_string(),
    }
}
