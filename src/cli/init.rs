//! `skillpass init`: founds a ledger.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::error::{CliError, Exit};
use super::keyfile::read_public;
use super::maintain::open_error;
use super::place::{self, PlaceArgs};
use super::{Context, files, out};
use crate::crypto::PublicKey;
use crate::ledger::{Founding, Ledger, OpenError, SystemClock};
use crate::vault::DataDir;

/// `init`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  skillpass key new --out ministry.jwk\n  skillpass init --data ./ledger --origin ledger.example.invalid \\\n    --root PH=https://ministry.example.invalid=ministry.pub.jwk\n  skillpass serve --data ./ledger\n\nPrints the verifier key, which others put into their trust files. Keep `./ledger.operator.key` (the operator's credential) and `./ledger.key/` (escrow it) away from the backups of `./ledger`."
)]
pub(crate) struct InitArgs {
    /// Data directory to create
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The ledger's name, a host name that is yours, e.g. ledger.example.org
    #[arg(long, value_name = "NAME")]
    origin: String,
    /// A root authority: country, issuer identifier, public JWK file. Repeat for several
    #[arg(long = "root", value_name = "CC=ISS=JWKFILE", value_parser = parse_root)]
    roots: Vec<Root>,
    /// It takes the place of a ledger that can sign no more: file with the newest checkpoint of that one (deploy/README.md, Restore)
    #[arg(long, value_name = "CHECKPOINT")]
    succeeds: Option<PathBuf>,
    #[command(flatten)]
    place: PlaceArgs,
}

/// `CC=ISS=JWKFILE`.
#[derive(Debug, Clone)]
struct Root {
    country: String,
    issuer: String,
    jwk: PathBuf,
}

fn parse_root(text: &str) -> Result<Root, String> {
    // The issuer identifier may hold `=` in its query; the country and the file name are at the ends.
    let wrong =
        || "give COUNTRY=ISSUER=FILE, e.g. PH=https://ministry.example.invalid=ministry.pub.jwk".to_owned();
    let (country, rest) = text.split_once('=').ok_or_else(wrong)?;
    let (issuer, jwk) = rest.rsplit_once('=').ok_or_else(wrong)?;
    if country.len() != 2 || issuer.is_empty() || jwk.is_empty() {
        return Err(wrong());
    }
    Ok(Root { country: country.to_owned(), issuer: issuer.to_owned(), jwk: jwk.into() })
}

impl InitArgs {
    /// Runs it.
    pub(crate) fn run(self, context: Context) -> Result<Exit, CliError> {
        let roots: Vec<(String, String, PublicKey)> = self
            .roots
            .into_iter()
            .map(|root| Ok((root.country, root.issuer, read_public(&root.jwk)?)))
            .collect::<Result<_, CliError>>()?;
        self.place.check_ledger(&self.data, place::note)?;
        check_operator_key(&self.data)?;
        let without_roots = roots.is_empty();
        let founding = Founding { origin: self.origin, roots };
        let succeeds = self.succeeds.as_deref().map(files::read_text).transpose()?;
        let founded = match &succeeds {
            None => Ledger::init(&self.data, &founding, &SystemClock),
            Some(note) => Ledger::init_successor(&self.data, &founding, note, &SystemClock),
        };
        let founded = founded.map_err(|error| refused(&error))?;
        if context.json {
            out::json(&json!({
                "origin": founding.origin, "vkey": founded.vkey.to_string(), "status_jwk": founded.status_key.to_jwk(),
                "operator_key_file": founded.operator_key_file.display().to_string(), "data": self.data.display().to_string(),
            }))?;
        } else {
            out::line(&founded.vkey)?;
            tell(&self.data, &founded.operator_key_file, without_roots);
        }
        Ok(Exit::Done)
    }
}

/// The operator's key is written last and never over another: one that is there would leave half a ledger behind.
fn check_operator_key(data: &Path) -> Result<(), CliError> {
    let dir = DataDir::new(data).map_err(|error| open_error(&error.into()))?;
    let path = dir.operator_key();
    if path.symlink_metadata().is_err() {
        return Ok(());
    }
    let message =
        format!("{} already exists, and no ledger is founded over an operator's key", path.display());
    let help = "another ledger's, or what is left of one: choose another --data, or move it away yourself";
    Err(CliError::failed("ALREADY_EXISTS", message, help))
}

/// A name or a root that makes no sense is bad usage; the rest is the machine's.
fn refused(error: &OpenError) -> CliError {
    let refused = open_error(error);
    if refused.reason == "FOUNDING_INVALID" {
        let help = "--origin is a host name in lower case; --root COUNTRY=https://ISSUER=PUBLIC-JWK-FILE";
        return CliError::usage("FOUNDING_INVALID", refused.message, help);
    }
    refused
}

fn tell(data: &Path, operator_key_file: &Path, without_roots: bool) {
    out::note(format_args!(
        "The line above is the verifier key: publish it. The operator's credential is {}.",
        operator_key_file.display()
    ));
    if without_roots {
        out::note(
            "No root authority was named, so nobody may sign yet: the operator adds one, or found it anew with --root.",
        );
    }
    out::note(format_args!("Next: skillpass serve --data {}", data.display()));
}
