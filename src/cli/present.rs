//! `skillpass passport present`: the holder chooses what to show, to whom.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::choice::{ChoiceArgs, disclosures};
use super::error::{CliError, Exit};
use super::keyfile::SigningKeyArgs;
use super::passport::{export_from, parse};
use super::worker::parse_worker;
use super::{Context, clock, files, out};
use crate::crypto::{Entropy as _, OsEntropy, PrivateKey, hex_encode};
use crate::event::WorkerId;
use crate::passport::{Options, PassportFile, PresentRequest, Show, verify};
use crate::statement::{Unverified, sdjwt};
use crate::trust::TrustFile;

/// The largest passport file.
const FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// `passport present`.
#[derive(Debug, clap::Args)]
pub(crate) struct PresentArgs {
    /// A complete passport file; or a worker id, to take it from --ledger first
    #[arg(value_name = "FILE|WORKER")]
    source: String,
    /// gRPC address of a ledger to take it from, read with the holder's key. Repeat for several
    #[arg(long, value_name = "URL")]
    ledger: Vec<String>,
    #[command(flatten)]
    key: SigningKeyArgs,
    #[command(flatten)]
    choice: ChoiceArgs,
    /// Whom it is for, as they call themselves
    #[arg(long, value_name = "A")]
    audience: String,
    /// The nonce they asked for [default: a random one, printed]
    #[arg(long, allow_hyphen_values = true, value_name = "N")]
    nonce: Option<String>,
    /// For how long it may be shown: 90s, 30m, 12h, 7d
    #[arg(long, value_name = "SPAN", default_value = "7d", value_parser = clock::parse_span)]
    expires: u64,
    /// Form of the file
    #[arg(long, value_enum, default_value_t = Format::Skillpass)]
    format: Format,
    /// Where it goes
    #[arg(long, value_name = "FILE", value_parser = files::written())]
    out: PathBuf,
}

/// `--format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// With every proof: verified offline by `skillpass verify`
    Skillpass,
    /// One statement as SD-JWT+KB (RFC 9901), for other software
    SdJwt,
}

impl PresentArgs {
    /// Runs it.
    pub(crate) fn run(self, context: Context) -> Result<Exit, CliError> {
        let holder = self.key.read()?;
        let file = self.file(context, &holder)?;
        let nonce = self.nonce.clone().unwrap_or_else(|| hex_encode(OsEntropy.bytes::<16>()));
        let (now, bound_to) = (clock::now_s(), (self.audience.as_str(), nonce.as_str()));
        let (shows, bytes) = match self.format {
            Format::SdJwt => {
                let shows = chosen(&file, &self.choice, now)?;
                let bytes = sd_jwt(&file, &shows, &holder, bound_to, now)?;
                (shows, bytes)
            }
            Format::Skillpass => {
                let expires_at = now.saturating_add(i64::try_from(self.expires).unwrap_or(i64::MAX));
                present(&file, &self.choice, &holder, bound_to, now, expires_at)?
            }
        };
        files::replace_secret(&self.out, &bytes)?;
        let ids: Vec<String> = shows.iter().map(|show| show.id.urn().to_string()).collect();
        if context.json {
            out::json(
                &json!({"file": self.out.display().to_string(), "audience": self.audience, "nonce": nonce, "records": ids}),
            )?;
        } else {
            let records = ids.len();
            out::line(format_args!(
                "{}: {records} records for {}, nonce {nonce}",
                self.out.display(),
                self.audience
            ))?;
        }
        Ok(Exit::Done)
    }

    fn file(&self, context: Context, holder: &PrivateKey) -> Result<PassportFile, CliError> {
        let path = Path::new(&self.source);
        if files::exists(path)? || WorkerId::parse_lenient(&self.source).is_err() {
            return parse(&files::read(path, FILE_BYTES_MAX)?, &self.source);
        }
        let worker = parse_worker(&self.source)?;
        if self.ledger.is_empty() {
            let message = "a worker id was given, but no ledger to take the passport from";
            return Err(CliError::usage("LEDGER_MISSING", message, "give --ledger URL, or a passport file"));
        }
        let keys = vec![holder.clone(); self.ledger.len()];
        let mut exported = None;
        context.block_on(async {
            exported = Some(export_from(&self.ledger, keys, worker, None, None).await?);
            Ok(Exit::Done)
        })?;
        exported
            .ok_or_else(|| CliError::failed("NOT_EXPORTED", "the passport was not exported", "run it again"))
    }
}

/// The presentation of what is chosen, bound to audience and nonce; and what that is.
pub(crate) fn present(
    file: &PassportFile,
    choice: &ChoiceArgs,
    holder: &PrivateKey,
    (audience, nonce): (&str, &str),
    now: i64,
    expires_at: i64,
) -> Result<(Vec<Show>, Vec<u8>), CliError> {
    let shows = chosen(file, choice, now)?;
    let (audience, nonce) = (audience.to_owned(), nonce.to_owned());
    let request = PresentRequest { shows, audience, nonce, issued_at: now, expires_at };
    let bytes = file.present(&request, holder).map_err(|error| {
        let help = "`skillpass passport present --help` shows examples";
        CliError::refused(error.reason(), error.to_string(), help)
    })?;
    Ok((request.shows, bytes))
}

fn chosen(file: &PassportFile, choice: &ChoiceArgs, now: i64) -> Result<Vec<Show>, CliError> {
    let readable = verify(&file.encode(), &TrustFile::empty(), &Options::at(now)).records;
    choice.shows(file, &readable)
}

/// One statement with the chosen disclosures and a key-binding JWT.
fn sd_jwt(
    file: &PassportFile,
    shows: &[Show],
    holder: &PrivateKey,
    (audience, nonce): (&str, &str),
    now: i64,
) -> Result<Vec<u8>, CliError> {
    let [show] = shows else {
        let message = format!("an SD-JWT shows one statement, {} are chosen", shows.len());
        return Err(CliError::usage("ONE_RECORD_ONLY", message, "choose one with --records JTI"));
    };
    let parsed = |part: &'_ str| Unverified::parse(part).ok().map(|statement| statement.clear().clone());
    let found = file
        .statements
        .iter()
        .find_map(|part| parsed(&part.sdjwt).filter(|clear| clear.id == show.id).map(|clear| (part, clear)));
    let Some((part, clear)) = found else {
        let message = format!("the passport holds no record {}", show.id);
        return Err(CliError::refused("UNKNOWN_RECORD", message, "`skillpass passport show` lists them"));
    };
    if clear.holder_key.as_ref() != Some(&holder.public()) {
        let message = "the statement names another holder key, or none, so it cannot be bound to this one";
        return Err(CliError::refused(
            "KEY_BINDING_CNF_MISSING",
            message,
            "show it in a passport presentation instead",
        ));
    }
    let mut text = format!("{}~", part.jwt());
    for (name, disclosure) in disclosures(&part.sdjwt) {
        let shown = show.claims.as_ref().map_or(name != "sub", |claims| claims.contains(&name));
        if shown {
            text.push_str(disclosure);
            text.push('~');
        }
    }
    let bound = sdjwt::bind(&text, holder, audience, nonce, now);
    bound
        .map(|text| (text + "\n").into_bytes())
        .map_err(|error| CliError::refused(error.reason(), error.to_string(), "export the passport again"))
}
