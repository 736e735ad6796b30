//! `skillpass import`: a registrar's spreadsheet becomes signed statements. Every row is checked before one is signed;
//! signed bytes are on disk before anything is sent; so a killed import is run again, and nothing is recorded twice.

mod check;
mod results;
mod sheet;
mod signed;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::client::{Client, LedgerArgs};
use super::draft::{self, Draft};
use super::error::{CliError, Exit};
use super::keyfile::{PassphraseArgs, read_private};
use super::send::{Answer, Outgoing, deliver};
use super::slip::Slip;
use super::{Context, clock, document, files, out};
use crate::crypto::PrivateKey;
use crate::event::Kind;
use check::CheckedRow;
use results::{CellError, DoneRow};
use signed::{SignedFile, SignedRow};

/// `import`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  skillpass kinds TrainingCompleted --csv-template > graduates.csv\n  skillpass import graduates.csv --kind TrainingCompleted --check\n  skillpass import graduates.csv --kind TrainingCompleted --key school.jwk \\\n    --ledger http://127.0.0.1:7640\n\nUTF-8 with or without BOM, comma or semicolon. Every row is checked before one is signed; what is wrong goes to graduates.errors.csv (row, column, reason, message), what is recorded to graduates.done.csv (row, id, worker, revision). Killed or cut off? Run the same command again: graduates.signed remembers, and nothing is recorded twice. Rows without a worker id open a passport first with --open-missing (columns `open.family_name`, …; see `skillpass kinds PassportOpened --csv-template`), and leave a claim slip for each worker in --slips DIR."
)]
pub(crate) struct ImportArgs {
    /// The spreadsheet, saved as CSV UTF-8
    #[arg(value_name = "F.csv")]
    file: PathBuf,
    /// What each row states, e.g. `TrainingCompleted`
    #[arg(long, value_name = "KIND")]
    kind: String,
    /// Check every row and stop: nothing is signed or sent
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    sender: SenderArgs,
    /// The same value for every row, e.g. --set `issuing_country=PH`. Repeat for several
    #[arg(long, value_name = "CLAIM=VALUE")]
    set: Vec<String>,
    /// Open a passport for each row without a worker id
    #[arg(long, requires = "slips")]
    open_missing: bool,
    /// Directory for the claim slips of opened passports
    #[arg(long, value_name = "DIR")]
    slips: Option<PathBuf>,
}

/// Who signs and where it goes; not needed to check.
#[derive(Debug, clap::Args)]
struct SenderArgs {
    /// Private key file of the body that signs
    #[arg(long, value_name = "FILE", required_unless_present = "check")]
    key: Option<PathBuf>,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    /// Issuer identifier of the body that signs [default: the body that the ledger knows by the key]
    #[arg(long, value_name = "URI")]
    iss: Option<String>,
    /// gRPC address of the ledger
    #[arg(
        long,
        value_name = "URL",
        env = "SKILLPASS_LEDGER",
        hide_env_values = true,
        required_unless_present = "check"
    )]
    ledger: Option<String>,
}

impl ImportArgs {
    /// An import that another command delegates (`revoke --file F.csv`).
    pub(crate) fn delegated(
        file: PathBuf,
        kind: Kind,
        key: PathBuf,
        passphrase: PassphraseArgs,
        iss: Option<String>,
        ledger: LedgerArgs,
    ) -> Self {
        let sender = SenderArgs { key: Some(key), passphrase, iss, ledger: Some(ledger.ledger) };
        Self {
            file,
            kind: kind.name().to_owned(),
            check: false,
            sender,
            set: vec![],
            open_missing: false,
            slips: None,
        }
    }

    /// Runs it.
    pub(crate) fn run(self, context: Context) -> Result<Exit, CliError> {
        let kind = draft::parse_kind(&self.kind)?;
        let paths = Paths::beside(&self.file);
        let sheet = sheet::Sheet::read(&self.file)?;
        let rules =
            check::Rules { kind, constants: &check::constants(&self.set)?, open_missing: self.open_missing };
        let rows = match check::rows(&sheet, &rules) {
            Ok(rows) => rows,
            Err(errors) => return wrong_cells(context, &paths, sheet.rows.len(), &errors),
        };
        files::remove(&paths.errors)?;
        if self.check {
            if context.json {
                out::json(&json!({"rows": rows.len(), "errors": 0}))?;
            } else {
                out::line(format_args!("{} rows, all good; nothing was signed or sent", rows.len()))?;
            }
            return Ok(Exit::Done);
        }
        let key =
            read_private(self.sender.key.as_deref().unwrap_or(Path::new("-")), &self.sender.passphrase)?;
        context.block_on(async move {
            // A ledger that is down is found out before anything is signed.
            let client = Client::connect(self.sender.ledger.as_deref().unwrap_or_default()).await?;
            let issuer = client.issuer(self.sender.iss.as_deref(), &key).await?;
            let signed = sign_missing(&paths, kind, &issuer, &key, &rows)?;
            Import {
                context,
                paths: &paths,
                issuer: &issuer,
                rows: &rows,
                signed: &signed,
                slips: self.slips.as_deref(),
            }
            .send(&client)
            .await
        })
    }
}

/// The files beside `F.csv`.
#[derive(Debug)]
struct Paths {
    errors: PathBuf,
    done: PathBuf,
    signed: PathBuf,
}

impl Paths {
    fn beside(file: &Path) -> Self {
        Self {
            errors: file.with_extension("errors.csv"),
            done: file.with_extension("done.csv"),
            signed: file.with_extension("signed"),
        }
    }
}

fn wrong_cells(context: Context, paths: &Paths, rows: usize, errors: &[CellError]) -> Result<Exit, CliError> {
    results::write_errors(&paths.errors, errors)?;
    if !context.json {
        for error in errors.iter().take(10) {
            let place =
                if error.column.is_empty() { String::new() } else { format!(", column {}", error.column) };
            out::note(format_args!("row {}{place}: {} ({})", error.row, error.message, error.reason));
        }
    }
    let message = format!("{} cells in {rows} rows are wrong; nothing was signed", errors.len());
    Err(CliError::refused("ROWS_REFUSED", message, format!("all are listed in {}", paths.errors.display())))
}

/// Signs the rows that were not signed by an earlier run, and makes all durable. Answers one signed row per checked row.
fn sign_missing(
    paths: &Paths,
    kind: Kind,
    issuer: &str,
    key: &PrivateKey,
    rows: &[CheckedRow],
) -> Result<Vec<SignedRow>, CliError> {
    let mut file = SignedFile::open(&paths.signed, kind, issuer)?;
    let kid = key.public().thumbprint();
    let mut fresh = Vec::new();
    for row in rows {
        match file.get(&row.digest) {
            Some(earlier) => earlier.must_be_by(&kid, &paths.signed)?,
            None => fresh.push(sign_row(kind, issuer, key, row)?),
        }
    }
    file.append(fresh)?;
    Ok(rows.iter().filter_map(|row| file.get(&row.digest).cloned()).collect())
}

fn sign_row(kind: Kind, issuer: &str, key: &PrivateKey, row: &CheckedRow) -> Result<SignedRow, CliError> {
    let mut claims = row.claims.clone();
    let mut signed = SignedRow { row: row.digest.clone(), ..SignedRow::default() };
    if let Some(open) = &row.open {
        let worker = clock::new_worker().to_string();
        let mut opening = open.claims.clone();
        opening.insert("sub".into(), worker.as_str().into());
        claims.insert("sub".into(), worker.as_str().into());
        signed.name = Some(document::full_name(&opening));
        signed.document_salt.clone_from(&open.document_salt);
        signed.open = Some(Draft::new(Kind::PassportOpened, issuer, opening)?.sign(key)?);
    }
    let draft = Draft::new(kind, issuer, claims)?;
    let worker = draft.claims.get("sub").and_then(serde_json::Value::as_str).unwrap_or_default();
    worker.clone_into(&mut signed.worker);
    signed.jti = format!("urn:uuid:{}", draft.id);
    signed.statement = draft.sign(key)?;
    Ok(signed)
}

/// One delivery: rows and what was signed for them, side by side.
struct Import<'a> {
    context: Context,
    paths: &'a Paths,
    issuer: &'a str,
    rows: &'a [CheckedRow],
    signed: &'a [SignedRow],
    slips: Option<&'a Path>,
}

impl Import<'_> {
    async fn send(&self, client: &Client) -> Result<Exit, CliError> {
        let mut errors = Vec::new();
        // Passports first: a row of a worker whose passport is not open yet would be refused.
        let opens: Vec<usize> = (0..self.signed.len())
            .filter(|&at| self.signed.get(at).is_some_and(|row| row.open.is_some()))
            .collect();
        let (answers, mut broken) =
            self.phase(client, "opened", &opens, |row| row.open.clone().unwrap_or_default()).await;
        let mut closed = HashSet::new();
        let origin = if opens.is_empty() { String::new() } else { client.origin().await? };
        for (&at, answer) in opens.iter().zip(answers) {
            match answer {
                Some(Ok(_)) => self.slip(at, client, &origin)?,
                Some(Err(error)) => {
                    errors.push(self.refused(at, &error));
                    closed.insert(at);
                }
                None => {
                    closed.insert(at);
                }
            }
        }
        let mut done = Vec::new();
        if broken.is_none() {
            let rest: Vec<usize> = (0..self.signed.len()).filter(|at| !closed.contains(at)).collect();
            let (answers, stopped) = self.phase(client, "recorded", &rest, |row| row.statement.clone()).await;
            broken = stopped;
            for (&at, answer) in rest.iter().zip(answers) {
                match answer {
                    Some(Ok(acknowledgement)) => done.extend(self.recorded(at, acknowledgement.revision)),
                    Some(Err(error)) => errors.push(self.refused(at, &error)),
                    None => {}
                }
            }
        }
        self.finish(&done, &errors, broken)
    }

    async fn phase(
        &self,
        client: &Client,
        what: &'static str,
        which: &[usize],
        text: impl Fn(&SignedRow) -> String,
    ) -> (Vec<Option<Answer>>, Option<CliError>) {
        let outgoing: Vec<Outgoing> = which
            .iter()
            .filter_map(|&at| self.signed.get(at))
            .map(|row| Outgoing { statement: text(row), expected_revision: None })
            .collect();
        if outgoing.is_empty() {
            return (vec![], None);
        }
        let mut progress = out::Progress::new(what, outgoing.len());
        let delivery = deliver(client, &outgoing, |_, _| progress.one_more()).await;
        (delivery.answers, delivery.broken)
    }

    fn slip(&self, at: usize, client: &Client, origin: &str) -> Result<(), CliError> {
        let (Some(row), Some(dir)) = (self.signed.get(at), self.slips) else { return Ok(()) };
        let slip = Slip {
            worker: row.worker.clone(),
            name: row.name.clone().unwrap_or_default(),
            issuer: self.issuer.to_owned(),
            origin: origin.to_owned(),
            ledger: client.url().to_owned(),
            document_salt: row.document_salt.clone(),
        };
        slip.write(dir).map(|_| ())
    }

    fn recorded(&self, at: usize, revision: u32) -> Option<DoneRow> {
        let (row, signed) = (self.rows.get(at)?, self.signed.get(at)?);
        Some(DoneRow { row: row.number, id: signed.jti.clone(), worker: signed.worker.clone(), revision })
    }

    fn refused(&self, at: usize, error: &CliError) -> CellError {
        let row = self.rows.get(at).map_or(0, |row| row.number);
        CellError {
            row,
            column: String::new(),
            reason: error.reason.clone().into_owned(),
            message: error.message.clone(),
        }
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
