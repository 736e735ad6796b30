//! `skillpass keyring escrow | rotate`: the generation key under which the workers' keys are wrapped, changed every month, so
//! that old copies of the keyring open nothing.

use std::path::PathBuf;

use serde_json::json;

use super::client::Client;
use super::error::{CliError, Exit};
use super::keyfile::{PassphraseArgs, read_private};
use super::maintain::open_error;
use super::{Context, out};
use crate::crypto::{Hash, hex_decode, hex_encode};
use crate::ledger::{self, EscrowedKey};
use crate::pb;

/// The key that wraps the workers' keys: copied into escrow, then changed
#[derive(Debug, clap::Subcommand)]
pub(crate) enum KeyringCommand {
    /// Make the next generation key and copy it into escrow
    #[command(
        after_help = "Example:\n  skillpass keyring escrow --data ./ledger --to /mnt/escrow\n\nRuns beside a live ledger, on its machine. The key is in force only after `skillpass keyring rotate`. `sha256sum` of the copy, wherever it is carried, gives the digest that is printed."
    )]
    Escrow(EscrowArgs),
    /// Put the escrowed key into force and destroy the older one
    #[command(
        after_help = "Examples:\n  skillpass keyring rotate --escrow /mnt/escrow \\\n    --ledger http://127.0.0.1:7640 --as desk.jwk\n  skillpass keyring rotate --escrowed DIGEST --data ./ledger   # stopped\n\nWith --escrow the older keys in that directory are destroyed too; with --escrowed that is yours to do. Role admin. From then on no older copy of the keyring opens: back it up again. deploy/README.md, Rotate the keyring."
    )]
    Rotate(RotateArgs),
}

/// `keyring escrow`.
#[derive(Debug, clap::Args)]
pub(crate) struct EscrowArgs {
    /// Data directory of the ledger
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Directory of the escrow, on another disk
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
}

/// `keyring rotate`.
#[derive(Debug, clap::Args)]
pub(crate) struct RotateArgs {
    /// Directory of the escrow
    #[arg(long, value_name = "DIR", required_unless_present = "escrowed", conflicts_with = "escrowed")]
    escrow: Option<PathBuf>,
    /// SHA-256 of the copy in escrow, where that is out of reach
    #[arg(long, value_name = "DIGEST", value_parser = parse_digest)]
    escrowed: Option<Hash>,
    /// Data directory of a ledger that is stopped
    #[arg(long, value_name = "DIR", required_unless_present = "ledger", conflicts_with_all = ["ledger", "as_key"])]
    data: Option<PathBuf>,
    /// gRPC address of a running ledger
    #[arg(long, value_name = "URL", requires = "as_key")]
    ledger: Option<String>,
    /// Key file of an operator with the role admin
    #[arg(long = "as", value_name = "FILE", requires = "ledger")]
    as_key: Option<PathBuf>,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

impl KeyringCommand {
    /// Runs it.
    pub(crate) fn run(self, context: Context) -> Result<Exit, CliError> {
        match self {
            Self::Escrow(args) => {
                let key = ledger::escrow_next_generation(&args.data, &args.to)
                    .map_err(|error| open_error(&error))?;
                show(context, &key)
            }
            Self::Rotate(args) => context.block_on(rotate(context, args)),
        }
    }
}

fn show(context: Context, key: &EscrowedKey) -> Result<Exit, CliError> {
    let (path, digest) = (key.path.display().to_string(), hex_encode(key.digest));
    if context.json {
        out::json(&json!({"generation": key.generation, "file": path, "sha256": digest}))?;
    } else {
        out::line(format_args!("generation {}, not in force yet: {path}\nsha256 {digest}", key.generation))?;
    }
    Ok(Exit::Done)
}

async fn rotate(context: Context, args: RotateArgs) -> Result<Exit, CliError> {
    let escrowed = match (args.escrowed, &args.escrow) {
        (Some(digest), _) => digest,
        (None, escrow) => {
            let escrow = escrow.as_deref().unwrap_or(std::path::Path::new("."));
            ledger::newest_in_escrow(escrow).map_err(|error| open_error(&error))?.digest
        }
    };
    let generation = match (&args.data, &args.ledger, &args.as_key) {
        (Some(data), _, _) => ledger::rotate_stopped(data, &escrowed).map_err(|error| open_error(&error))?,
        (None, Some(url), Some(operator)) => {
            let operator = read_private(operator, &args.passphrase)?;
            let client = Client::connect(url).await?;
            let message = pb::RotateKeyringRequest { escrowed: escrowed.to_vec() };
            let request = client.credential(operator).await?.request(message)?;
            let rotated = client.admin().rotate_keyring(request).await;
            rotated.map_err(|status| client.error(&status))?.into_inner().generation
        }
        _ => {
            let message = "which ledger: --data DIR of a stopped one, or --ledger URL with --as FILE";
            return Err(CliError::usage("BAD_USAGE", message, "`skillpass keyring rotate --help`"));
        }
    };
    if let Some(escrow) = &args.escrow {
        ledger::destroy_older_in_escrow(escrow, generation).map_err(|error| open_error(&error))?;
    }
    if context.json {
        out::json(&json!({"generation": generation}))?;
    } else {
        out::line(format_args!(
            "generation {generation} is in force; older copies of the keyring open nothing any more: back it up again"
        ))?;
    }
    Ok(Exit::Done)
}

fn parse_digest(text: &str) -> Result<Hash, String> {
    let bytes = hex_decode(text).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or_else(|| "not 64 hexadecimal digits in lower case, as sha256sum prints".to_owned())
}
