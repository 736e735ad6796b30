//! `skillpass key`: making and showing keys; an institution adding and ending its own.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::client::{Client, LedgerArgs};
use super::error::{CliError, Exit};
use super::keyfile::{
    PassphraseArgs, SigningKeyArgs, public_document, read_private, read_public, replace_private,
    write_private,
};
use super::{Context, clock, files, out, public};
use crate::crypto::{OsEntropy, PrivateKey, PublicKey};
use crate::event::Kind;
use crate::statement::json;

/// Make, show, rotate, retire keys
#[derive(Debug, clap::Subcommand)]
pub(crate) enum KeyCommand {
    /// Make a key pair: a private key file (mode 0600) and its public JWK beside it
    #[command(
        after_help = "Example:\n  skillpass key new --out school.jwk\n  skillpass key new --out phone.jwk --type es256 --passphrase-file secret.txt"
    )]
    New(NewArgs),
    /// Show the public part of a key file: JWK, thumbprint (kid), did:key, did:jwk
    #[command(
        after_help = "Example:\n  skillpass key show school.jwk\n  skillpass key show school.jwk --json"
    )]
    Show(ShowArgs),
    /// Seal a private key file under a passphrase, or under another one: in place, e.g. the operator's that `init` wrote
    #[command(
        after_help = "Example:\n  skillpass key seal ./ledger.operator.key --new-passphrase-file secret.txt\n  skillpass key seal school.jwk --passphrase-file old.txt \\\n    --new-passphrase-file new.txt"
    )]
    Seal(SealArgs),
    /// Replace an institution's key: the new one is added, then the old one is retired
    #[command(
        after_help = "Example:\n  skillpass key new --out school-2027.jwk\n  skillpass key rotate --key school.jwk --new school-2027.pub.jwk \\\n    --ledger http://127.0.0.1:7640"
    )]
    Rotate(RotateArgs),
    /// End a key: later statements of it are refused, earlier ones stay good
    #[command(
        after_help = "Example:\n  skillpass key retire --key school-2027.jwk --kid OLD_THUMBPRINT \\\n    --ledger http://127.0.0.1:7640"
    )]
    Retire(EndArgs),
    /// Say that a key is in wrong hands since a time: every statement of it recorded since then fails
    #[command(
        after_help = "Example:\n  skillpass key compromise --key ministry.jwk \\\n    --body https://school.example.invalid --kid THUMBPRINT \\\n    --since 2026-05-31T00:00:00Z --ledger http://127.0.0.1:7640"
    )]
    Compromise(CompromiseArgs),
}

/// The kind of key.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(crate) enum KeyType {
    /// For bodies, operators and ledgers, and for holders
    Ed25519,
    /// For holders whose phone has no Ed25519
    Es256,
}

impl KeyType {
    /// A fresh key of it.
    pub(crate) fn generate(self) -> PrivateKey {
        match self {
            Self::Ed25519 => PrivateKey::generate_ed25519(&mut OsEntropy),
            Self::Es256 => PrivateKey::generate_es256(&mut OsEntropy),
        }
    }
}

/// `key new`.
#[derive(Debug, clap::Args)]
pub(crate) struct NewArgs {
    /// Where the private key goes; the public JWK goes beside it (`school.jwk`, `school.pub.jwk`)
    #[arg(long, value_name = "FILE", value_parser = files::written())]
    out: PathBuf,
    /// Which signature algorithm
    #[arg(long = "type", value_enum, default_value_t = KeyType::Ed25519)]
    key_type: KeyType,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

/// `key show`.
#[derive(Debug, clap::Args)]
pub(crate) struct ShowArgs {
    /// A private or public key file
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// `key seal`.
#[derive(Debug, clap::Args)]
pub(crate) struct SealArgs {
    /// A private key file
    #[arg(value_name = "FILE", value_parser = files::written())]
    file: PathBuf,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    /// File whose first line is the passphrase from now on
    #[arg(long, value_name = "FILE")]
    new_passphrase_file: PathBuf,
}

/// What every change of an institution's keys needs.
#[derive(Debug, clap::Args)]
pub(crate) struct ChangeArgs {
    #[command(flatten)]
    key: SigningKeyArgs,
    /// Issuer identifier of the body that signs [default: the body that the ledger knows by the key]
    #[arg(long, value_name = "URI")]
    iss: Option<String>,
    /// Issuer identifier of the body whose key it is, if another one [default: the body that signs]
    #[arg(long, value_name = "URI")]
    body: Option<String>,
    #[command(flatten)]
    ledger: LedgerArgs,
}

/// `key rotate`.
#[derive(Debug, clap::Args)]
pub(crate) struct RotateArgs {
    #[command(flatten)]
    change: ChangeArgs,
    /// Public JWK file of the new key
    #[arg(long, value_name = "FILE")]
    new: PathBuf,
    /// Thumbprint of the key that is retired [default: the key that signs]
    #[arg(long, allow_hyphen_values = true, value_name = "KID")]
    kid: Option<String>,
}

/// `key retire`.
#[derive(Debug, clap::Args)]
pub(crate) struct EndArgs {
    #[command(flatten)]
    change: ChangeArgs,
    /// Thumbprint of the key that ends
    #[arg(long, allow_hyphen_values = true, value_name = "KID")]
    kid: String,
    /// It is lost, not only out of use
    #[arg(long)]
    lost: bool,
}

/// `key compromise`.
#[derive(Debug, clap::Args)]
pub(crate) struct CompromiseArgs {
    #[command(flatten)]
    change: ChangeArgs,
    /// Thumbprint of the key
    #[arg(long, allow_hyphen_values = true, value_name = "KID")]
    kid: String,
    /// Since when, e.g. 2026-05-31T00:00:00Z
    #[arg(long, value_name = "TIME", value_parser = clock::parse_instant)]
    since: u64,
}

impl KeyCommand {
    /// Runs it.
    pub(crate) fn run(self, context: Context) -> Result<Exit, CliError> {
        match self {
            Self::New(args) => new(context, &args),
            Self::Show(args) => show(context, &args.file),
            Self::Seal(args) => seal(context, &args),
            Self::Rotate(args) => context.block_on(rotate(context, args)),
            Self::Retire(args) => {
                let reason = if args.lost { "LOST" } else { "RETIRED" };
                let claims = ending(&args.kid, reason, None);
                context.block_on(change(context, args.change, vec![(Kind::IssuerKeyEnded, claims)]))
            }
            Self::Compromise(args) => {
                let claims = ending(&args.kid, "COMPROMISED", Some(args.since));
                context.block_on(change(context, args.change, vec![(Kind::IssuerKeyEnded, claims)]))
            }
        }
    }
}

fn new(context: Context, args: &NewArgs) -> Result<Exit, CliError> {
    let key = args.key_type.generate();
    let public_file = write_pair(&args.out, &key, &args.passphrase)?;
    if !context.json {
        out::line(format_args!("private key  {} (keep it secret; mode 0600)", args.out.display()))?;
        out::line(format_args!("public key   {}", public_file.display()))?;
    }
    describe(context, &key.public(), Some((&args.out, &public_file)))
}

/// Writes the private key file and the public JWK beside it; answers where the latter is.
pub(crate) fn write_pair(
    path: &Path,
    key: &PrivateKey,
    passphrase: &PassphraseArgs,
) -> Result<PathBuf, CliError> {
    let public_file = path.with_extension("pub.jwk");
    let passphrase = passphrase.read()?;
    write_private(path, key, passphrase.as_deref().map(String::as_str))?;
    files::replace(&public_file, format!("{:#}\n", public_document(&key.public())).as_bytes())?;
    Ok(public_file)
}

fn show(context: Context, file: &Path) -> Result<Exit, CliError> {
    let mut jwk = files::read_json(file)?;
    if let Some(members) = jwk.as_object_mut() {
        members.remove("d");
    }
    let key = PublicKey::from_jwk(&jwk).map_err(|error| {
        CliError::usage(
            "KEY_FILE_INVALID",
            format!("{}: {error}", file.display()),
            "`skillpass key new --out FILE` makes a key file",
        )
    })?;
    describe(context, &key, None)
}

fn seal(context: Context, args: &SealArgs) -> Result<Exit, CliError> {
    let key = read_private(&args.file, &args.passphrase)?;
    let passphrase = PassphraseArgs::from_file(Some(args.new_passphrase_file.clone())).read()?;
    replace_private(&args.file, &key, passphrase.as_deref().map(String::as_str))?;
    if !context.json {
        out::line(format_args!("sealed       {}", args.file.display()))?;
    }
    describe(context, &key.public(), None)
}

fn describe(context: Context, key: &PublicKey, files: Option<(&Path, &Path)>) -> Result<Exit, CliError> {
    if context.json {
        let mut shown = json!({
            "jwk": public_document(key), "kid": key.thumbprint(), "did_key": key.did_key(), "did_jwk": key.did_jwk(),
        });
        if let Some((private, public)) = files {
            json::set(&mut shown, "private_file", private.display().to_string());
            json::set(&mut shown, "public_file", public.display().to_string());
        }
        out::json(&shown)?;
    } else {
        out::line(format_args!("kid          {}", key.thumbprint()))?;
        out::line(format_args!("jwk          {}", key.to_jwk()))?;
        out::line(format_args!("did:key      {}", key.did_key()))?;
        out::line(format_args!("did:jwk      {}", key.did_jwk()))?;
    }
    Ok(Exit::Done)
}

async fn rotate(context: Context, args: RotateArgs) -> Result<Exit, CliError> {
    let new = read_public(&args.new)?;
    let old = match &args.kid {
        Some(kid) => kid.clone(),
        None => args.change.key.read()?.public().thumbprint(),
    };
    if old == new.thumbprint() {
        return Err(CliError::usage(
            "SAME_KEY",
            "the new key is the old one",
            "make another with `skillpass key new`",
        ));
    }
    let mut added = Map::new();
    added.insert("jwk".into(), new.to_jwk());
    // Added before the old one ends, so that the body is never without a key.
    let statements =
        vec![(Kind::IssuerKeyAdded, added), (Kind::IssuerKeyEnded, ending(&old, "RETIRED", None))];
    change(context, args.change, statements).await
}

async fn change(
    context: Context,
    args: ChangeArgs,
    statements: Vec<(Kind, Map<String, Value>)>,
) -> Result<Exit, CliError> {
    let key = args.key.read()?;
    let client = Client::connect(&args.ledger.ledger).await?;
    let issuer = client.issuer(args.iss.as_deref(), &key).await?;
    let subject = args.body.as_deref().unwrap_or(&issuer);
    public::append(context, &client, &key, &issuer, subject, statements).await
}

fn ending(kid: &str, reason: &str, compromised_since: Option<u64>) -> Map<String, Value> {
    let mut claims = Map::new();
    claims.insert("kid".into(), kid.into());
    claims.insert("reason".into(), reason.into());
    if let Some(since) = compromised_since {
        claims.insert("compromised_since".into(), clock::rfc3339(since).into());
    }
    claims
}
