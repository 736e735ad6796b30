//! `skillpass witness`: a small server that cosigns the checkpoints of the logs it follows. Any union, ministry or university
//! can run one; it holds nothing about anybody.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::error::{CliError, Exit};
use super::place::{self, PlaceArgs};
use super::serve::interrupted;
use super::{Context, files, out};
use crate::crypto::{OsEntropy, PrivateKey};
use crate::ledger::SystemClock;
use crate::net::ServerTls;
use crate::service::serve_pages;
use crate::telemetry;
use crate::tlog::VerifierKey;
use crate::vault::{VaultError, WitnessBook};
use crate::witness::{Witness, WitnessError, WitnessFile, WitnessFileError, router};

/// The name of the file below the data directory.
const FILE: &str = "witness.toml";
/// Open connections at once: a log needs one.
const CONNECTIONS: usize = 256;
/// How long submissions may finish after a stop is asked for.
const PATIENCE: Duration = Duration::from_secs(10);

/// Cosign the checkpoints of other ledgers
#[derive(Debug, clap::Subcommand)]
pub(crate) enum WitnessCommand {
    /// Make a witness's key and directory; print its verifier key
    #[command(
        after_help = "Example:\n  skillpass witness init --data ./witness --name witness.union.example.invalid \\\n    --log 'ledger.example.invalid+…'\n\nThe name is part of the key: choose a host name of your own. Publish the verifier key that is printed; take the\nverifier key of each log from its operator."
    )]
    Init(InitArgs),
    /// Follow one more log, or a new key of a log
    #[command(
        after_help = "Example:\n  skillpass witness follow --data ./witness --log 'ledger.example.invalid+…'\n\nRestart the witness afterwards."
    )]
    Follow(FollowArgs),
    /// Show the witness's verifier key and the logs it follows
    #[command(after_help = "Example:\n  skillpass witness show --data ./witness --json")]
    Show(ShowArgs),
    /// Run the witness: POST /add-checkpoint (C2SP tlog-witness)
    #[command(
        after_help = "Example:\n  skillpass witness serve --data ./witness --http 127.0.0.1:7650\n\nPrints `ready http=ADDR` once it listens. SIGTERM or Ctrl-C stops it. Without\n--certificate and --key loopback only. Never its\ndirectory from a backup: a witness that has forgotten what it cosigned could cosign a fork."
    )]
    Serve(ServeArgs),
}

/// `witness init`.
#[derive(Debug, clap::Args)]
pub(crate) struct InitArgs {
    /// The witness's directory, made anew
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Its key name: a host name of the body that runs it
    #[arg(long, value_name = "NAME")]
    name: String,
    /// Verifier key of a log to follow. Repeat for several
    #[arg(long = "log", value_name = "VKEY")]
    logs: Vec<String>,
    #[command(flatten)]
    place: PlaceArgs,
}

/// `witness follow`.
#[derive(Debug, clap::Args)]
pub(crate) struct FollowArgs {
    /// The witness's directory
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Verifier key of the log. Repeat for several
    #[arg(long = "log", value_name = "VKEY", required = true)]
    logs: Vec<String>,
}

/// `witness show`.
#[derive(Debug, clap::Args)]
pub(crate) struct ShowArgs {
    /// The witness's directory
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
}

/// `witness serve`.
#[derive(Debug, clap::Args)]
pub(crate) struct ServeArgs {
    /// The witness's directory, made by `skillpass witness init`
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Address to listen on; port 0 lets the system choose
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7650")]
    http: SocketAddr,
    /// Its TLS certificate, and those between it and its authority (PEM)
    #[arg(long, value_name = "FILE", requires = "key")]
    certificate: Option<PathBuf>,
    /// The certificate's private key (PEM)
    #[arg(long, value_name = "FILE", requires = "certificate")]
    key: Option<PathBuf>,
    #[command(flatten)]
    place: PlaceArgs,
}

impl WitnessCommand {
    /// Runs it.
    pub(crate) fn run(self, context: Context) -> Result<Exit, CliError> {
        match self {
            Self::Init(args) => init(context, &args),
            Self::Follow(args) => follow(context, &args),
            Self::Show(args) => show(context, &args.data),
            Self::Serve(args) => context.block_on(serve(context, args)),
        }
    }
}

fn init(context: Context, args: &InitArgs) -> Result<Exit, CliError> {
    let mut file = WitnessFile { name: args.name.clone(), logs: std::collections::BTreeMap::new() };
    add(&mut file, &args.logs)?;
    args.place.check(&args.data, place::note)?;
    let key = PrivateKey::generate_ed25519(&mut OsEntropy);
    let vkey = VerifierKey::cosigner(&args.name, &key.public()).map_err(|error| {
        CliError::usage("WITNESS_NAME", error.to_string(), "e.g. --name witness.union.example.invalid")
    })?;
    WitnessBook::create(&args.data, &key).map_err(|error| failed(&error))?;
    files::replace(&args.data.join(FILE), file.to_toml().as_bytes())?;
    tell(context, &vkey, &file)
}

fn follow(context: Context, args: &FollowArgs) -> Result<Exit, CliError> {
    let mut file = read(&args.data)?;
    add(&mut file, &args.logs)?;
    files::replace(&args.data.join(FILE), file.to_toml().as_bytes())?;
    show(context, &args.data)
}

fn show(context: Context, data: &Path) -> Result<Exit, CliError> {
    let file = read(data)?;
    let key = crate::vault::read_operator_key(&data.join("witness.key")).map_err(|error| failed(&error))?;
    let vkey = VerifierKey::cosigner(&file.name, &key.public()).map_err(|error| {
        CliError::usage("WITNESS_NAME", error.to_string(), "correct `name` in witness.toml")
    })?;
    tell(context, &vkey, &file)
}

/// The verifier key is the one line of output that others need.
fn tell(context: Context, vkey: &VerifierKey, file: &WitnessFile) -> Result<Exit, CliError> {
    let logs: Vec<String> = file.logs.values().flatten().map(ToString::to_string).collect();
    if context.json {
        out::json(&json!({"name": file.name, "vkey": vkey.to_string(), "logs": logs}))?;
    } else {
        out::line(vkey)?;
        for log in logs {
            out::note(format_args!("follows {log}"));
        }
    }
    Ok(Exit::Done)
}

async fn serve(context: Context, args: ServeArgs) -> Result<Exit, CliError> {
    let files = args.certificate.as_deref().zip(args.key.as_deref());
    let tls =
        files.map(|(certificate, key)| ServerTls::load(certificate, key, None, b"http/1.1")).transpose();
    let tls = tls.map_err(|error| {
        CliError::usage("TLS_INVALID", error.to_string(), "check the files of --certificate and --key")
    })?;
    if tls.is_none() && !args.http.ip().is_loopback() {
        let message = format!("{} is not a loopback address", args.http);
        let help = "give --certificate and --key, or listen on 127.0.0.1 or [::1] behind a TLS proxy on the same machine";
        return Err(CliError::usage("NOT_LOOPBACK", message, help));
    }
    telemetry::start_logs("info").map_err(|error| CliError::usage("LOGS", error.to_string(), ""))?;
    args.place.check(&args.data, |message| tracing::warn!("{message}"))?;
    let file = read(&args.data)?;
    let witness = Witness::open(&args.data, &file, Arc::new(SystemClock)).map_err(|error| match error {
        WitnessError::Vault(error) => failed(&error),
        error => CliError::usage("WITNESS_NAME", error.to_string(), "correct `name` in witness.toml"),
    })?;
    let vkey = witness.vkey().to_string();
    let served = serve_pages(router(Arc::new(witness)), args.http, CONNECTIONS, tls).await;
    let served = served.map_err(|error| {
        CliError::failed("CANNOT_LISTEN", error.to_string(), "choose another --http address, or port 0")
    })?;
    let ready = if context.json {
        out::line(json!({"ready": {"http": served.address().to_string()}, "vkey": vkey}))
    } else {
        out::line(format_args!("ready http={}", served.address()))
    };
    if ready.is_ok() {
        interrupted().await?;
    }
    served.stop(PATIENCE).await;
    ready.map(|()| Exit::Done)
}

fn read(data: &Path) -> Result<WitnessFile, CliError> {
    let text = files::read_text(&data.join(FILE))?;
    WitnessFile::parse(&text).map_err(|error| invalid(&error))
}

fn add(file: &mut WitnessFile, logs: &[String]) -> Result<(), CliError> {
    logs.iter().try_for_each(|vkey| file.add(vkey)).map_err(|error| invalid(&error))
}

fn invalid(error: &WitnessFileError) -> CliError {
    let help = "a log's verifier key is what `skillpass init` printed: origin+8 hex digits+base64";
    CliError::usage("WITNESS_FILE_INVALID", error.to_string(), help)
}

fn failed(error: &VaultError) -> CliError {
    let help = match error {
        VaultError::Exists { .. } => {
            "choose another --data; a witness's key and memory are never overwritten"
        }
        VaultError::Missing { .. } => "`skillpass witness init --data DIR --name NAME` makes one",
        VaultError::WitnessDamaged { .. } => {
            "retire this witness's key and found a new witness; a memory cannot be made anew"
        }
        VaultError::InUse => "it is running already",
        _ => "check the disk and the rights of its directory",
    };
    CliError::failed(error.reason(), error.to_string(), help)
}
