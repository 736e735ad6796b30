//! `skillpass assist`: a union or an employment office helps a worker for at most a day, and never holds the worker's key.

use std::path::PathBuf;

use serde_json::json;

use super::client::{Client, HolderArgs, LedgerArgs};
use super::error::{CliError, Exit};
use super::grant::{ScopeArgs, Terms, give, given};
use super::keyfile::{SigningKeyArgs, read_public};
use super::worker::parse_worker;
use super::{Context, clock, files, out};
use crate::passport::{Grant, GrantRole, Witness};
use crate::pb;

/// Let an office help a worker, for at most a day
#[derive(Debug, clap::Subcommand)]
pub(crate) enum AssistCommand {
    /// The worker, with the worker's own key, lets an office help
    #[command(
        after_help = "Example:\n  skillpass assist new wkr_… --to office.pub.jwk \\\n    --purpose \"help with an application\" --lasts 8h --view home \\\n    --identity --out office.grant --ledger http://127.0.0.1:7640 \\\n    --as worker.jwk\n\nThe office reads with its own key: skillpass passport show wkr_… --as office.jwk --grant office.grant …\nIt never needs the worker's key; whoever asks for it does wrong."
    )]
    New(Box<NewArgs>),
    /// Without the worker's key: a body vouches for whom it helps. Two bodies of different organisations are needed
    #[command(
        after_help = "Examples:\n  skillpass assist vouch wkr_… --key union.jwk --witness \"desk 4\" \\\n    --to office.pub.jwk --purpose \"lost phone\" --lasts 4h --view home \\\n    --identity --out union.word --ledger http://127.0.0.1:7640\n  skillpass assist vouch --with union.word --key employment.jwk \\\n    --witness \"counter 12\" --out employment.word \\\n    --ledger http://127.0.0.1:7640\n\nThe second body repeats the first one's terms with --with. Then: skillpass assist open"
    )]
    Vouch(Box<VouchArgs>),
    /// Open the assisted session on the word of two bodies
    #[command(
        after_help = "Example:\n  skillpass assist open union.word employment.word \\\n    --ledger http://127.0.0.1:7640\n\nThe office then reads with --as office.jwk --grant union.word. The worker finds the session, and who vouched, in `skillpass grant list` and `skillpass access list`."
    )]
    Open(OpenArgs),
}

/// `assist new`.
#[derive(Debug, clap::Args)]
pub(crate) struct NewArgs {
    #[command(flatten)]
    holder: HolderArgs,
    #[command(flatten)]
    scope: ScopeArgs,
    /// Public key of the office
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// What for, in a few words
    #[arg(long)]
    purpose: String,
    /// How long: 30m, 8h; at most 24h
    #[arg(long, value_name = "SPAN", value_parser = clock::parse_span)]
    lasts: u64,
    /// Where the grant goes
    #[arg(long, value_name = "FILE", value_parser = files::written())]
    out: PathBuf,
}

/// `assist vouch`.
#[derive(Debug, clap::Args)]
pub(crate) struct VouchArgs {
    /// The worker
    #[arg(value_name = "WORKER", required_unless_present = "with")]
    worker: Option<String>,
    #[command(flatten)]
    ledger: LedgerArgs,
    #[command(flatten)]
    key: SigningKeyArgs,
    /// Issuer identifier of the body that vouches [default: the body that the ledger knows by the key]
    #[arg(long, value_name = "URI")]
    iss: Option<String>,
    /// Who of the body saw the worker: a desk or a staff number
    #[arg(long, value_name = "NAME")]
    witness: String,
    /// The first body's word: its terms are repeated
    #[arg(long, value_name = "FILE", conflicts_with_all = ["worker", "to", "purpose", "lasts", "section", "record", "known_at", "identity"])]
    with: Option<PathBuf>,
    #[command(flatten)]
    scope: ScopeArgs,
    /// Public key of the office that helps
    #[arg(long, value_name = "FILE", required_unless_present = "with")]
    to: Option<PathBuf>,
    /// What for, in a few words
    #[arg(long, required_unless_present = "with")]
    purpose: Option<String>,
    /// How long: 30m, 8h; at most 24h
    #[arg(long, value_name = "SPAN", value_parser = clock::parse_span, required_unless_present = "with")]
    lasts: Option<u64>,
    /// Where the word goes
    #[arg(long, value_name = "FILE", value_parser = files::written())]
    out: PathBuf,
}

/// `assist open`.
#[derive(Debug, clap::Args)]
pub(crate) struct OpenArgs {
    /// The words of two bodies
    #[arg(value_name = "FILE", num_args = 2, required = true)]
    words: Vec<PathBuf>,
    #[command(flatten)]
    ledger: LedgerArgs,
}

impl AssistCommand {
    /// Runs it.
    pub(crate) fn run(self, context: Context) -> Result<Exit, CliError> {
        match self {
            Self::New(args) => {
                let NewArgs { holder, scope, to, purpose, lasts, out } = *args;
                let terms =
                    Terms { role: GrantRole::Assistant, scope: scope.read()?, to, purpose, lasts, out };
                context.block_on(give(context, holder, terms))
            }
            Self::Vouch(args) => context.block_on(vouch(context, *args)),
            Self::Open(args) => context.block_on(open(context, args)),
        }
    }
}

async fn vouch(context: Context, args: VouchArgs) -> Result<Exit, CliError> {
    let key = args.key.read()?;
    let client = Client::connect(&args.ledger.ledger).await?;
    let issuer = client.issuer(args.iss.as_deref(), &key).await?;
    let witness = Some(Witness { issuer, name: args.witness.clone() });
    let grant = match &args.with {
        Some(path) => Grant { witness, issued_at: clock::now_s(), ..word(path)? },
        None => Grant { witness, ..terms(&args, client.origin().await?)? },
    };
    files::create_secret(&args.out, format!("{}\n", grant.sign(&key)).as_bytes())?;
    given(context, &grant, &args.out)
}

fn terms(args: &VouchArgs, origin: String) -> Result<Grant, CliError> {
    let missing = || {
        CliError::usage("TERMS_MISSING", "WORKER, --to, --purpose and --lasts are needed", "or --with FILE")
    };
    let (Some(worker), Some(to)) = (&args.worker, &args.to) else { return Err(missing()) };
    let (Some(purpose), Some(lasts)) = (&args.purpose, args.lasts) else { return Err(missing()) };
    let now = clock::now_s();
    Ok(Grant {
        id: clock::new_id(),
        origin,
        worker: parse_worker(worker)?,
        audience: read_public(to)?,
        role: GrantRole::Assistant,
        purpose: purpose.clone(),
        scope: args.scope.read()?,
        issued_at: now,
        expires_at: now.saturating_add(i64::try_from(lasts).unwrap_or(i64::MAX)),
        witness: None,
    })
}

/// Another body's word, as it is; its signature is the ledger's to check.
fn word(path: &std::path::Path) -> Result<Grant, CliError> {
    let text = files::read_text(path)?;
    Grant::parse(text.trim()).map(|read| read.grant).map_err(|error| {
        CliError::refused(error.reason(), format!("{}: {error}", path.display()), error.help())
    })
}

async fn open(context: Context, args: OpenArgs) -> Result<Exit, CliError> {
    let read = |path: &PathBuf| files::read_text(path).map(|text| text.trim().to_owned());
    let words = args.words.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let client = Client::connect(&args.ledger.ledger).await?;
    let request = pb::OpenAssistanceRequest { words };
    let answer = client.passports().open_assistance(request).await.map_err(|status| client.error(&status))?;
    let pb::OpenAssistanceResponse { id, expires_at } = answer.into_inner();
    if context.json {
        out::json(&json!({"id": id, "expires_at": expires_at}))?;
    } else {
        let until = clock::rfc3339(u64::try_from(expires_at).unwrap_or(0).saturating_mul(1000));
        out::line(format_args!("{id} is open until {until}; the worker will find it noted"))?;
    }
    Ok(Exit::Done)
}
