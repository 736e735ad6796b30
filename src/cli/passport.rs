//! `skillpass passport`: reading, exporting and presenting a worker's passport.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::assess::{Subject, SubjectArgs, authentic};
use super::client::{Client, GrantArgs};
use super::error::{CliError, Exit};
use super::keyfile::{PassphraseArgs, read_private};
use super::page::PageArgs;
use super::papers::DocumentArgs;
use super::present::PresentArgs;
use super::share::ShareArgs;
use super::verify::FILE_BYTES_MAX;
use super::worker::parse_worker;
use super::{Context, clock, files, out};
use crate::crypto::PrivateKey;
use crate::event::WorkerId;
use crate::passport::{PassportFile, Read, Verdict, View, render_passport};
use crate::pb;

/// Read, export, present a worker's passport
#[derive(Debug, clap::Subcommand)]
pub(crate) enum PassportCommand {
    /// Show a worker's passport as a ledger has it now, or as it was known then
    #[command(
        after_help = "Examples:\n  skillpass passport show wkr_… --ledger http://127.0.0.1:7640 --as worker.jwk\n  skillpass passport show wkr_… --ledger http://127.0.0.1:7640 \\\n    --as worker.jwk --view employer --known-at 2026-05-31\n  skillpass passport show wkr_… --ledger http://127.0.0.1:7640 \\\n    --as hospital.jwk --grant hospital.grant\n  skillpass passport show passport.skillpass --view home\n  skillpass passport show passport.skillpass --view employer \\\n    --format html --lang fr --out passport.html\n\n--format html makes the passport to hold: one page for A4 or a phone, from a file that was verified first.\nOf a file, the records of all its ledgers are shown together; it is verified first (`skillpass verify FILE` says how).\nAfter a return, the home view begins with what was gained abroad and the next steps."
    )]
    Show(ShowArgs),
    /// Take the complete passport file, from one ledger or several
    #[command(
        after_help = "Examples:\n  skillpass passport export wkr_… --ledger http://127.0.0.1:7640 \\\n    --as worker.jwk --out passport.skillpass\n  skillpass passport export wkr_… --ledger URL-OF-PH --as worker.jwk \\\n    --ledger URL-OF-DE --as worker.jwk --out passport.skillpass\n  skillpass passport export wkr_… --ledger URL --as worker.jwk \\\n    --trust trust.toml --format html --view employer --out passport.html\n\nThe complete file is the worker's own: it opens everything. Give others a presentation (`skillpass passport present`)."
    )]
    Export(ExportArgs),
    /// Cut a passport to chosen records and claims, for one audience
    #[command(
        after_help = "Examples:\n  skillpass passport present passport.skillpass --key worker.jwk \\\n    --audience https://hospital.example --nonce 7f3a \\\n    --out for-hospital.skillpass\n  skillpass passport present passport.skillpass --key worker.jwk \\\n    --records urn:uuid:…,urn:uuid:… \\\n    --disclose urn:uuid:…:title,awarding_date --identity \\\n    --audience https://hospital.example --nonce 7f3a \\\n    --out for-hospital.skillpass\n\nWithout --records all records are shown but those that are for the worker alone (failed attempts, refused decisions). Without --disclose all claims of a record are shown but the worker id. --identity adds name and birth date."
    )]
    Present(Box<PresentArgs>),
    /// Leave a presentation at the ledger and print a link to it
    #[command(
        after_help = "Examples:\n  skillpass passport share wkr_… --ledger http://127.0.0.1:7640 \\\n    --as worker.jwk --audience \"Example Hospital\" --expires 14d --identity\n  skillpass passport share wkr_… --ledger http://127.0.0.1:7640 \\\n    --as worker.jwk --records urn:uuid:… --pages https://ledger.example.invalid\n\nThe link is a secret: whoever has it and knows the birth date sees what is shown, in any browser. The ledger keeps it closed and cannot read it. `skillpass share` lists links and takes them back."
    )]
    Share(Box<ShareArgs>),
    /// Make a document that receivers know of one record: Europass supplement, ELM, Open Badge, qualifications passport
    #[command(
        after_help = "Examples:\n  skillpass passport document passport.skillpass --trust trust.toml \\\n    --kind europass-supplement --format html --out supplement.html\n  skillpass passport document passport.skillpass --trust trust.toml \\\n    --kind elm --record urn:uuid:…\n\nA document describes; it recognises nothing and proves nothing. It names the signed record that does."
    )]
    Document(Box<DocumentArgs>),
}

/// Which of the worker's records are of interest.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum ViewArg {
    /// What a destination employer needs: no failed attempt, no refused decision
    Employer,
    /// What the home authority needs
    Home,
    /// Everything, for the worker
    Holder,
}

/// `--format` of a passport that is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum ShowFormat {
    /// For a terminal
    Text,
    /// One page to print on A4 or to keep on a phone (of a file)
    Html,
}

/// `--format` of a passport that is exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum ExportFormat {
    /// The passport file, with every proof
    Skillpass,
    /// One page to print on A4 or to keep on a phone, verified first
    Html,
}

impl From<ViewArg> for View {
    fn from(view: ViewArg) -> Self {
        match view {
            ViewArg::Employer => Self::Employer,
            ViewArg::Home => Self::Home,
            ViewArg::Holder => Self::Holder,
        }
    }
}

/// `passport show`.
#[derive(Debug, clap::Args)]
pub(crate) struct ShowArgs {
    /// The worker, or a passport file (offline, all its ledgers together)
    #[arg(value_name = "WORKER|FILE")]
    subject: String,
    #[command(flatten)]
    source: SubjectArgs,
    /// For whose eyes
    #[arg(long, value_enum, default_value_t = ViewArg::Holder)]
    view: ViewArg,
    /// As it was known then: only what was recorded until this time
    #[arg(long, value_name = "TIME", value_parser = clock::parse_instant)]
    known_at: Option<u64>,
    /// What was in force on this day [default: today]
    #[arg(long, value_name = "DATE", value_parser = clock::parse_date)]
    valid_at: Option<jiff::civil::Date>,
    /// Form
    #[arg(long, value_enum, default_value_t = ShowFormat::Text)]
    format: ShowFormat,
    #[command(flatten)]
    page: PageArgs,
    /// Where the page goes (mode 0600)
    #[arg(long, value_name = "FILE", value_parser = files::written(), required_if_eq("format", "html"))]
    out: Option<PathBuf>,
}

/// `passport export`.
#[derive(Debug, clap::Args)]
pub(crate) struct ExportArgs {
    /// The worker
    #[arg(value_name = "WORKER")]
    worker: String,
    #[command(flatten)]
    source: SourceArgs,
    #[command(flatten)]
    grant: GrantArgs,
    /// Only what was recorded until this time
    #[arg(long, value_name = "TIME", value_parser = clock::parse_instant)]
    known_at: Option<u64>,
    /// Form
    #[arg(long, value_enum, default_value_t = ExportFormat::Skillpass)]
    format: ExportFormat,
    /// For a page: for whose eyes
    #[arg(long, value_enum, default_value_t = ViewArg::Holder)]
    view: ViewArg,
    #[command(flatten)]
    page: PageArgs,
    /// For a page: the trust file [default: ./trust.toml, else the one in your configuration]
    #[arg(long, value_name = "FILE", env = "SKILLPASS_TRUST", hide_env_values = true)]
    trust: Option<PathBuf>,
    /// Where the file goes (mode 0600)
    #[arg(long, value_name = "FILE", value_parser = files::written())]
    out: PathBuf,
}

/// One ledger or several, and as whom each is read.
#[derive(Debug, clap::Args)]
pub(crate) struct SourceArgs {
    /// gRPC address of a ledger. Repeat for several
    #[arg(long, value_name = "URL", env = "SKILLPASS_LEDGER", hide_env_values = true, required = true)]
    ledger: Vec<String>,
    /// Key file of the reader: one for all ledgers, or one for each in their order
    #[arg(long = "as", value_name = "FILE", required = true)]
    as_keys: Vec<PathBuf>,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

impl SourceArgs {
    fn keys(&self) -> Result<Vec<PrivateKey>, CliError> {
        let read = |path: &PathBuf| read_private(path, &self.passphrase);
        match self.as_keys.as_slice() {
            [one] => Ok(vec![read(one)?; self.ledger.len()]),
            several if several.len() == self.ledger.len() => several.iter().map(read).collect(),
            several => {
                let message = format!("{} ledgers but {} keys", self.ledger.len(), several.len());
                Err(CliError::usage(
                    "READER_MISSING",
                    message,
                    "give one --as for all ledgers, or one for each",
                ))
            }
        }
    }
}

/// Exports from every ledger, each read with its key, and merges.
pub(crate) async fn export_from(
    ledgers: &[String],
    keys: Vec<PrivateKey>,
    worker: WorkerId,
    known_at: Option<u64>,
    grant: Option<&str>,
) -> Result<PassportFile, CliError> {
    let mut parts = Vec::new();
    for (url, key) in ledgers.iter().zip(keys) {
        let client = Client::connect(url).await?;
        let credential = client.credential(key).await?.with_grant(grant.map(str::to_owned));
        let request =
            credential.request(pb::ExportPassportRequest { worker: worker.to_string(), known_at })?;
        let answer =
            client.passports().export_passport(request).await.map_err(|status| client.error(&status))?;
        parts.push(parse(&answer.into_inner().file, url)?);
    }
    PassportFile::merge(&parts).map_err(|error| {
        CliError::refused(error.reason(), error.to_string(), "export each ledger once, complete")
    })
}

/// A passport file as received.
pub(crate) fn parse(bytes: &[u8], from: &str) -> Result<PassportFile, CliError> {
    PassportFile::parse(bytes).map_err(|error| {
        CliError::refused(error.reason(), format!("{from}: {error}"), "`skillpass verify FILE` says more")
    })
}

impl PassportCommand {
    /// Runs it.
    pub(crate) fn run(self, context: Context) -> Result<Exit, CliError> {
        match self {
            Self::Show(args) => match subject(&args.subject)? {
                Subject::File(path) => show_file(context, &args, path),
                Subject::Worker(_) => context.block_on(show(context, args)),
            },
            Self::Export(args) => context.block_on(export(context, args)),
            Self::Present(args) => args.run(context),
            Self::Share(args) => context.block_on(args.run(context)),
            Self::Document(args) => args.run(context),
        }
    }
}

/// What FILE|WORKER means; a worker's id counts as people type it, in capitals or without `wkr_`, where no file has that name.
fn subject(text: &str) -> Result<Subject<'_>, CliError> {
    Ok(match Subject::of(text) {
        Subject::File(path) if WorkerId::parse_lenient(text).is_ok() && !files::exists(path)? => {
            Subject::Worker(text)
        }
        other => other,
    })
}

/// From a file: what the two ledgers of a worker's way say together, which neither could show alone.
fn show_file(context: Context, args: &ShowArgs, path: &Path) -> Result<Exit, CliError> {
    if args.known_at.is_some() {
        return Err(CliError::usage(
            "KNOWN_AT_NEEDS_LEDGER",
            "a file knows what was known when it was made",
            "ask the ledger: give the worker, --ledger and --as",
        ));
    }
    let found = args.source.read_file(path, args.valid_at)?;
    let view = View::from(args.view);
    if let (ShowFormat::Html, Some(out)) = (args.format, &args.out) {
        let page = args.page.page(&files::read(path, FILE_BYTES_MAX)?, &found, view)?;
        return written(context, &page, out, &found);
    }
    let passport = found.to_json(view, args.valid_at.unwrap_or_else(clock::today));
    if context.json {
        out::json(&passport)?;
    } else {
        out::text(&render_passport(&passport))?;
    }
    Ok(if found.report.verdict == Verdict::Valid { Exit::Done } else { Exit::Undecided })
}

/// Writes the page; 3 if the file could not be decided upon, which the page says too.
fn written(context: Context, page: &str, out: &Path, found: &Read) -> Result<Exit, CliError> {
    files::replace_secret(out, page.as_bytes())?;
    let verdict = found.report.verdict;
    if context.json {
        out::json(&serde_json::json!({"file": out.display().to_string(), "verdict": verdict.as_str()}))?;
    } else {
        out::line(format_args!("{}: {}", out.display(), verdict.as_str()))?;
    }
    Ok(if verdict == Verdict::Valid { Exit::Done } else { Exit::Undecided })
}

async fn show(context: Context, args: ShowArgs) -> Result<Exit, CliError> {
    if args.format == ShowFormat::Html {
        return Err(CliError::usage(
            "PAGE_NEEDS_FILE",
            "a page is made of a verified file, not of what a ledger answers",
            "`skillpass passport export WORKER --format html`",
        ));
    }
    let worker = parse_worker(&args.subject)?;
    let view = match args.view {
        ViewArg::Employer => pb::View::Employer,
        ViewArg::Home => pb::View::Home,
        ViewArg::Holder => pb::View::Holder,
    };
    let message = pb::GetPassportRequest {
        worker: worker.to_string(),
        view: view.into(),
        known_at: args.known_at,
        valid_at: args.valid_at.map(|date| date.to_string()),
    };
    let (client, request) = args.source.connect(message).await?;
    let answer =
        client.passports().get_passport(request).await.map_err(|status| client.error(&status))?.into_inner();
    let passport: Value = serde_json::from_str(&answer.passport_json).map_err(|_| {
        CliError::failed(
            "LEDGER_ANSWERED",
            "the ledger's answer is no JSON",
            "is it a skillpass ledger of this version?",
        )
    })?;
    if context.json {
        out::json(&passport)?;
    } else {
        out::text(&render_passport(&passport))?;
    }
    Ok(Exit::Done)
}

async fn export(context: Context, args: ExportArgs) -> Result<Exit, CliError> {
    let worker = parse_worker(&args.worker)?;
    let grant = args.grant.read()?;
    let keys = args.source.keys()?;
    let file = export_from(&args.source.ledger, keys, worker, args.known_at, grant.as_deref()).await?;
    let bytes = file.encode();
    if args.format == ExportFormat::Html {
        let found = authentic(&bytes, &args.worker, args.trust.as_deref(), None)?;
        let page = args.page.page(&bytes, &found, args.view.into())?;
        return written(context, &page, &args.out, &found);
    }
    files::replace_secret(&args.out, &bytes)?;
    let ledgers: Vec<&str> = file.ledgers.iter().map(|part| part.origin.as_str()).collect();
    if context.json {
        out::json(
            &serde_json::json!({"file": args.out.display().to_string(), "statements": file.statements.len(), "ledgers": ledgers}),
        )?;
    } else {
        out::line(format_args!(
            "{}: {} statements from {}",
            args.out.display(),
            file.statements.len(),
            ledgers.join(", ")
        ))?;
    }
    Ok(Exit::Done)
}
