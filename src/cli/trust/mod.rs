//! `skillpass trust`: whom a verifier believes. `add` reads a ledger once and pins what it read, `sign` publishes a trust
//! file for others, `fetch` keeps such a list, `show` prints.

mod add;
mod list;
mod show;

use std::path::{Path, PathBuf};

use super::error::{CliError, Exit};
use super::{Context, files};
use crate::trust::TrustFile;

/// Whom a verifier believes: the trust file
#[derive(Debug, clap::Subcommand)]
pub(crate) enum TrustCommand {
    /// Show a trust file
    #[command(after_help = "Example:\n  skillpass trust show --trust trust.toml")]
    Show(show::ShowArgs),
    /// Add a ledger and root authorities to a trust file
    #[command(
        after_help = "Examples:\n  skillpass trust add --ledger http://127.0.0.1:7640 \\\n    --vkey 'ledger.example.invalid+…' --all-roots\n  skillpass trust add --ledger http://127.0.0.1:7640 \\\n    --vkey 'ledger.example.invalid+…' \\\n    --root PH=https://ministry.example.invalid=ministry.pub.jwk \\\n    --trust trust.toml\n\nTake the verifier key (and the authorities' keys) from somewhere other than the ledger: its operator prints it at `init`. Everything else is read from entries that are proven to be under a checkpoint signed by that key."
    )]
    Add(add::AddArgs),
    /// Publish a trust file for others: signed, dated, expiring
    #[command(
        after_help = "Example:\n  skillpass trust sign --trust trust.toml --key ministry.jwk \\\n    --name trust.ministry.example.invalid --expires 90d --out ministry.trustlist\n\nIt prints the key's fingerprint: give it to your readers by another way than the list."
    )]
    Sign(list::SignArgs),
    /// Keep a list that somebody publishes, and bring it up to date
    #[command(
        after_help = "Examples:\n  skillpass trust fetch https://trust.ministry.example.invalid/list \\\n    --fingerprint KID --trust trust.toml\n  skillpass trust fetch\n\nThe fingerprint is needed once. A list by another key, an altered, an expired or an older one is refused and the kept one stays."
    )]
    Fetch(list::FetchArgs),
}

impl TrustCommand {
    /// Runs it.
    pub(crate) fn run(self, context: Context) -> Result<Exit, CliError> {
        match self {
            Self::Show(args) => show::run(context, args.trust.as_deref()),
            Self::Add(args) => context.block_on(add::run(context, args)),
            Self::Sign(args) => list::sign(context, &args),
            Self::Fetch(args) => context.block_on(list::fetch(context, args)),
        }
    }
}

/// The trust file a command uses: the one named, else `./trust.toml`, else the user's. `None` if there is none.
#[expect(
    clippy::disallowed_methods,
    reason = "a service may not look into its user's home; without trust nothing is believed"
)]
pub(crate) fn find(named: Option<&Path>) -> Result<Option<(PathBuf, TrustFile)>, CliError> {
    let path = match named {
        Some(path) => path.to_owned(),
        None => match places().into_iter().find(|path| path.is_file()) {
            Some(path) => path,
            None => return Ok(None),
        },
    };
    read(&path).map(|file| Some((path, file)))
}

/// The trust file at a path, if one is named.
pub(crate) fn find_named(named: Option<&Path>) -> Result<Option<TrustFile>, CliError> {
    named.map(read).transpose()
}

/// Where a trust file is looked for when none is named.
fn places() -> Vec<PathBuf> {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let config = variable("XDG_CONFIG_HOME").or_else(|| variable("HOME").map(|home| home.join(".config")));
    let mut places = vec![PathBuf::from("trust.toml")];
    places.extend(config.map(|config| config.join("skillpass").join("trust.toml")));
    places
}

/// A trust file of one's own, or a list that was fetched and is still in force.
fn read(path: &Path) -> Result<TrustFile, CliError> {
    let text = files::read_text(path)?;
    match list::trust_of(path, &text)? {
        Some(file) => Ok(file),
        None => parse(path, &text),
    }
}

/// A trust file of one's own.
fn read_plain(path: &Path) -> Result<TrustFile, CliError> {
    parse(path, &files::read_text(path)?)
}

fn parse(path: &Path, text: &str) -> Result<TrustFile, CliError> {
    TrustFile::parse(text).map_err(|error| {
        CliError::usage(
            "TRUST_FILE_INVALID",
            format!("{}: {error}", path.display()),
            "`skillpass trust add` writes one",
        )
    })
}

/// One sentence for people who have no trust file yet.
pub(crate) fn none_found() -> CliError {
    let help = "get a trust file from an authority you believe, or make one with `skillpass trust add`, and give it with --trust";
    CliError::undecided("NO_TRUST_FILE", "nothing says whom to believe: there is no trust file", help)
}
