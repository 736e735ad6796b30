//! `skillpass revoke | suspend | reinstate | correct | supersede`: what happens to a statement after it was made.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::client::{Client, LedgerArgs};
use super::draft::Draft;
use super::error::{CliError, Exit};
use super::import::{ImportArgs, Recorded, recorded};
use super::issue::hash_of;
use super::keyfile::{PassphraseArgs, read_private};
use super::send::{acknowledgement_json, append_in_order};
use super::worker::{parse_worker, set_claims};
use super::{Context, files, out};
use crate::event::Kind;

/// One statement, or a spreadsheet of many.
#[derive(Debug, clap::Args)]
pub(crate) struct StandingArgs {
    /// Private key file of the body that signs
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    /// Issuer identifier of the body that signs [default: the body that the ledger knows by the key]
    #[arg(long, value_name = "URI")]
    iss: Option<String>,
    #[command(flatten)]
    ledger: LedgerArgs,
    /// The worker whose record it is
    #[arg(long, value_name = "WORKER", required_unless_present_any = ["file", "imported"])]
    worker: Option<String>,
    /// Country in which it is said (ISO 3166-1 alpha-2)
    #[arg(long, value_name = "CC", required_unless_present = "file")]
    country: Option<String>,
    /// The statement it is about: its hash, or the file that holds it
    #[arg(long, allow_hyphen_values = true, value_name = "HASH|FILE", required_unless_present_any = ["file", "imported"])]
    target: Option<String>,
    /// Why, e.g. `ISSUED_IN_ERROR` (`skillpass kinds Revoked --schema` lists all)
    #[arg(long, required_unless_present = "file")]
    reason: Option<String>,
    /// For correct and supersede: the statement that takes its place, recorded before: its hash, or its file
    #[arg(long, allow_hyphen_values = true, value_name = "HASH|FILE", conflicts_with = "file")]
    replacement: Option<String>,
    /// From this day on (UTC) [default: from the recording on]
    #[arg(long, value_name = "DATE", conflicts_with = "file")]
    from: Option<String>,
    /// Any other claim of the kind, e.g. --set `suspended_until=2026-07-10`
    #[arg(long, value_name = "CLAIM=VALUE", conflicts_with = "file")]
    set: Vec<String>,
    /// A spreadsheet of many (`skillpass kinds Revoked --csv-template`), handled as `skillpass import` does
    #[arg(long, value_name = "F.csv", value_parser = files::written(), conflicts_with_all = ["worker", "target", "reason", "country"])]
    file: Option<PathBuf>,
    /// Every statement that an import had recorded: the `F.signed` that `skillpass import F.csv` left. Handled as --file, with
    /// F.KIND.csv as the spreadsheet
    #[arg(long, value_name = "F.signed", conflicts_with_all = ["worker", "target", "file", "replacement"])]
    imported: Option<PathBuf>,
}

impl StandingArgs {
    /// Runs it.
    pub(crate) fn run(self, context: Context, kind: Kind) -> Result<Exit, CliError> {
        if let Some(file) = self.file {
            return ImportArgs::delegated(
                file,
                kind,
                self.key,
                self.passphrase,
                self.iss,
                self.ledger,
                vec![],
            )
            .run(context);
        }
        if let Some(signed) = &self.imported {
            let (file, set) = (spreadsheet_of(signed, kind)?, self.same_for_all());
            return ImportArgs::delegated(file, kind, self.key, self.passphrase, self.iss, self.ledger, set)
                .run(context);
        }
        let key = read_private(&self.key, &self.passphrase)?;
        let claims = self.claims(kind)?;
        context.block_on(async {
            let client = Client::connect(&self.ledger.ledger).await?;
            let issuer = client.issuer(self.iss.as_deref(), &key).await?;
            let statement = Draft::new(kind, &issuer, claims)?.sign(&key)?;
            for acknowledgement in append_in_order(&client, vec![statement]).await? {
                if context.json {
                    out::line(acknowledgement_json(&acknowledgement))?;
                } else {
                    out::line(format_args!(
                        "{} recorded as revision {} ({})",
                        kind.name(),
                        acknowledgement.revision,
                        acknowledgement.jti
                    ))?;
                }
            }
            Ok(Exit::Done)
        })
    }

    /// What every row of a generated spreadsheet says alike.
    fn same_for_all(&self) -> Vec<String> {
        let texts = [
            ("issuing_country", self.country.as_deref()),
            ("reason", self.reason.as_deref()),
            ("effective_from", self.from.as_deref()),
        ];
        let named = texts.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", value?)));
        named.chain(self.set.iter().cloned()).collect()
    }

    fn claims(&self, kind: Kind) -> Result<Map<String, Value>, CliError> {
        let mut claims = set_claims(kind, &self.set)?;
        let worker = parse_worker(self.worker.as_deref().unwrap_or_default())?;
        claims.insert("sub".into(), worker.to_string().into());
        let target = self.target.as_deref().map(hash_or_file).transpose()?;
        let replacement = self.replacement.as_deref().map(hash_or_file).transpose()?;
        let texts = [
            ("issuing_country", self.country.clone()),
            ("target", target),
            ("reason", self.reason.clone()),
            ("replacement", replacement),
            ("effective_from", self.from.clone()),
        ];
        for (name, value) in texts {
            if let Some(value) = value {
                claims.insert(name.into(), Value::from(value));
            }
        }
        Ok(claims)
    }
}

/// Worker and target of every statement that an import had recorded, as a spreadsheet beside its `F.signed`. The same import
/// gives the same rows, so that a second run continues the first.
fn spreadsheet_of(signed: &Path, kind: Kind) -> Result<PathBuf, CliError> {
    let recorded = recorded(signed)?;
    if recorded.is_empty() {
        let message = format!("{} holds no statement that was recorded", signed.display());
        return Err(CliError::refused("NOTHING_RECORDED", message, "run the import first, or give --file"));
    }
    let mut text = String::from("worker,target\n");
    for Recorded { worker, statement } in recorded {
        text.extend([worker.as_str(), ",", &hash_of(&statement), "\n"]);
    }
    let path = signed.with_extension(format!("{}.csv", kind.name()));
    files::replace(&path, text.as_bytes())?;
    Ok(path)
}

/// A statement's hash, given as such or as the file that holds the statement.
pub(crate) fn hash_or_file(given: &str) -> Result<String, CliError> {
    let looks_like_hash =
        given.len() == 43 && given.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if looks_like_hash && !files::exists(Path::new(given))? {
        return Ok(given.to_owned());
    }
    let text = files::read_text(&PathBuf::from(given))?;
    Ok(hash_of(text.trim()))
}
