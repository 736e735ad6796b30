//! `skillpass import`: a registrar's spreadsheet becomes signed statements. Every row is checked before one is signed;
//! signed bytes are on disk before they are sent; so a killed import is run again, and nothing is recorded twice.

mod check;
mod cores;
mod delivery;
mod header;
mod results;
mod sheet;
mod signed;
mod signing;
mod traps;

pub(super) use results::CellError;
pub(super) use sheet::{Sheet, SheetRow};

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use serde_json::json;
use tokio::sync::mpsc;

use super::client::{Client, LedgerArgs};
use super::draft;
use super::error::{CliError, Exit};
use super::keyfile::{PassphraseArgs, read_private};
use super::slip::SlipArgs;
use super::{Context, clock, files, out, status};
use crate::crypto::PrivateKey;
use crate::event::Kind;
use check::CheckedRow;
use delivery::Delivery;
use results::DoneRow;
use signed::{SignedFile, SignedRow};
use signing::{Ready, Signer};

pub(crate) use signed::{Recorded, recorded};

/// How many rows may be signed, or everything that is wrong with them, whenever it is.
pub(super) fn check_rows(sheet: &Sheet, kind: Kind, open_missing: bool) -> Result<usize, Vec<CellError>> {
    let rules = check::Rules { kind, constants: &[], open_missing, now: u64::MAX };
    check::rows(sheet, &rules).map(|rows| rows.len())
}

/// `import`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  skillpass kinds TrainingCompleted --csv-template --open-missing > class.csv\n  skillpass import class.csv --kind TrainingCompleted --open-missing \\\n    --slips slips --check\n  skillpass import class.csv --kind TrainingCompleted --open-missing \\\n    --slips slips --key school.jwk --ledger http://127.0.0.1:7640\n\nUTF-8 with or without BOM; comma, semicolon or tab. Every row is checked before one is signed; what is wrong goes to class.errors.csv (row, column, reason, message), what is recorded to class.done.csv (row, id, worker, revision, hash). Killed or cut off? Run the same command again: class.signed remembers, and nothing is recorded twice. Rows without a worker id open a passport first with --open-missing (columns `open.family_name`, …; `skillpass kinds KIND --csv-guide --open-missing` explains all), and leave a claim slip for each worker in --slips DIR. With --with-status each statement also bears an index of a status list, which verifiers that know no ledger can follow."
)]
pub(crate) struct ImportArgs {
    /// The spreadsheet, saved as CSV UTF-8; what is written stands beside it
    #[arg(value_name = "F.csv", value_parser = files::written())]
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
    #[command(flatten)]
    slip: SlipArgs,
    /// Give each statement an index of a status list, for verifiers who know no ledger
    #[arg(long)]
    with_status: bool,
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
        set: Vec<String>,
    ) -> Self {
        let sender = SenderArgs { key: Some(key), passphrase, iss, ledger: Some(ledger.ledger) };
        Self {
            file,
            kind: kind.name().to_owned(),
            check: false,
            sender,
            set,
            open_missing: false,
            slips: None,
            slip: SlipArgs::default(),
            with_status: false,
        }
    }

    /// Runs it.
    pub(crate) fn run(self, context: Context) -> Result<Exit, CliError> {
        let kind = draft::parse_kind(&self.kind)?;
        let paths = Paths::beside(&self.file);
        let sheet = sheet::Sheet::read(&self.file)?;
        let rules = check::Rules {
            kind,
            constants: &check::constants(&self.set)?,
            open_missing: self.open_missing,
            now: clock::now_ms(),
        };
        let rows = match check::rows(&sheet, &rules) {
            Ok(rows) => rows,
            Err(errors) => return wrong_cells(context, &paths, sheet.rows.len(), &errors),
        };
        drop(sheet);
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
        // A place for the slips, too, before anything is recorded that they tell of.
        self.slips.as_deref().map(SlipArgs::prepare).transpose()?;
        context.block_on(self.sign_and_send(context, kind, &paths, key, rows))
    }

    /// Each lot is sent while the next is signed.
    async fn sign_and_send(
        &self,
        context: Context,
        kind: Kind,
        paths: &Paths,
        key: PrivateKey,
        rows: Vec<CheckedRow>,
    ) -> Result<Exit, CliError> {
        // A ledger that is down is found out before anything is signed.
        let client = Client::connect(self.sender.ledger.as_deref().unwrap_or_default()).await?;
        let issuer = client.issuer(self.sender.iss.as_deref(), &key).await?;
        let mut signed = SignedFile::open(&paths.signed, kind, &issuer)?;
        let people = signed.people();
        let total = rows.len();
        let Work { done, earlier, fresh } =
            Work::left(&mut signed, &paths.signed, &key.public().thumbprint(), rows)?;
        let gone = signed.recorded_and_left();
        // A run that is killed from here to the signing has wasted its indexes, and no more.
        let wanted = if self.with_status { statements(&people, &fresh) } else { 0 };
        let indexes = status::allocate(&client, &issuer, &key, wanted).await?;
        let units = signing::units(fresh, &people, indexes);
        let signer = Signer { kind, issuer: issuer.clone(), key };
        let (ready, lots) = mpsc::channel(1);
        let signing = tokio::task::spawn_blocking(move || signer.sign(signed, earlier, units, &ready));
        let slips = self.slips.as_deref().map(|dir| (dir, &self.slip));
        let (errors, marks) = (Vec::new(), Vec::new());
        let mut delivery =
            Delivery { context, paths, issuer: &issuer, rows: total, gone, slips, done, errors, marks };
        let broken = delivery.send(&client, lots).await?;
        match signing.await.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic())) {
            Ok(mut signed) => {
                signed.mark(std::mem::take(&mut delivery.marks))?;
                delivery.finish(broken)
            }
            Err(error) => delivery.finish(Some(broken.unwrap_or(error))),
        }
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

/// What there is to do for the rows of a spreadsheet.
struct Work {
    /// Recorded by an earlier run.
    done: Vec<DoneRow>,
    /// Signed by an earlier run, which may have sent them.
    earlier: Vec<Ready>,
    /// Signed by none.
    fresh: Vec<CheckedRow>,
}

impl Work {
    /// `kid`: the key that signs now.
    fn left(file: &mut SignedFile, path: &Path, kid: &str, rows: Vec<CheckedRow>) -> Result<Self, CliError> {
        let mut work = Self { done: Vec::new(), earlier: Vec::new(), fresh: Vec::new() };
        for row in rows {
            let revision = file.revision(&row.digest);
            match (file.take(&row.digest), revision) {
                (Some(signed), Some(revision)) => work.done.push(Ready::new(row, signed).recorded(revision)),
                (Some(signed), None) => {
                    signed.must_be_by(kid, path)?;
                    work.earlier.push(Ready::new(row, signed));
                }
                (None, _) => work.fresh.push(row),
            }
        }
        Ok(work)
    }
}

/// How many statements these rows come to: rows about one person open one passport.
fn statements(opened: &HashMap<String, SignedRow>, fresh: &[CheckedRow]) -> usize {
    let people: HashSet<&str> =
        fresh.iter().filter_map(|row| row.open.as_ref()).map(|open| open.person.as_str()).collect();
    let to_open = people.iter().filter(|person| !opened.contains_key(**person)).count();
    fresh.len().saturating_add(to_open)
}
