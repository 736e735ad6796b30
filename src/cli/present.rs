//! `skillpass passport present`: the holder chooses what to show, to whom.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use uuid::Uuid;

use super::error::{CliError, Exit};
use super::keyfile::SigningKeyArgs;
use super::passport::{export_from, parse};
use super::worker::parse_worker;
use super::{Context, clock, files, out};
use crate::crypto::{Entropy as _, OsEntropy, PrivateKey, base64url_decode, hex_encode};
use crate::event::{Event, Kind, WorkerId};
use crate::passport::{Options, PassportFile, PresentRequest, Record, Show, verify};
use crate::statement::{Unverified, sdjwt};
use crate::trust::TrustFile;

/// The largest passport file.
const FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// What `--identity` shows of who the worker is.
const IDENTITY_CLAIMS: [&str; 5] =
    ["family_name", "given_name", "family_name_latin", "given_name_latin", "birth_date"];

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
    /// The records to show, by jti. Repeat, or separate by commas
    #[arg(long, value_name = "JTI", value_delimiter = ',', value_parser = parse_jti)]
    records: Vec<Uuid>,
    /// The claims to show: `claim,claim` for every record that makes them, `JTI:claim,claim` for one. Repeat for several
    #[arg(long, value_name = "[JTI:]CLAIM,…", value_parser = parse_disclose)]
    disclose: Vec<Disclose>,
    /// Show name and birth date as well, as checked when the passport was opened
    #[arg(long)]
    identity: bool,
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
    #[arg(long, value_name = "FILE")]
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

/// One `--disclose`.
#[derive(Debug, Clone)]
struct Disclose {
    record: Option<Uuid>,
    claims: Vec<String>,
}

fn parse_jti(text: &str) -> Result<Uuid, String> {
    let bare = text.strip_prefix("urn:uuid:").unwrap_or(text);
    Uuid::try_parse(bare).map_err(|_| {
        "give a record's jti, e.g. urn:uuid:0197…; `skillpass passport show` lists them".to_owned()
    })
}

fn parse_disclose(text: &str) -> Result<Disclose, String> {
    let (record, claims) = match text.rsplit_once(':') {
        Some((record, claims)) => (Some(parse_jti(record)?), claims),
        None => (None, text),
    };
    let claims: Vec<String> = claims.split(',').map(|claim| claim.trim().to_owned()).collect();
    if claims.iter().any(String::is_empty) {
        return Err("name the claims, separated by commas".to_owned());
    }
    Ok(Disclose { record, claims })
}

impl PresentArgs {
    /// Runs it.
    pub(crate) fn run(self, context: Context) -> Result<Exit, CliError> {
        let holder = self.key.read()?;
        let file = self.file(context, &holder)?;
        let nonce = self.nonce.clone().unwrap_or_else(|| hex_encode(OsEntropy.bytes::<16>()));
        let now = clock::now_s();
        let readable = verify(&file.encode(), &TrustFile::empty(), &Options::at(now)).records;
        let shows = self.shows(&file, &readable)?;
        let bytes = match self.format {
            Format::SdJwt => sd_jwt(&file, &shows, &holder, &self.audience, &nonce, now)?,
            Format::Skillpass => {
                let expires_at = now.saturating_add(i64::try_from(self.expires).unwrap_or(i64::MAX));
                let request = PresentRequest {
                    shows: shows.clone(),
                    audience: self.audience.clone(),
                    nonce: nonce.clone(),
                    issued_at: now,
                    expires_at,
                };
                let cut = file.present(&request, &holder);
                cut.map_err(|error| {
                    CliError::refused(
                        error.reason(),
                        error.to_string(),
                        "`skillpass passport present --help` shows examples",
                    )
                })?
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
        if path.exists() || WorkerId::parse_lenient(&self.source).is_err() {
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

    /// The records chosen, with the claims chosen of each.
    fn shows(&self, file: &PassportFile, readable: &[Record]) -> Result<Vec<Show>, CliError> {
        self.check_disclosed(readable)?;
        let mut ids: Vec<Uuid> = self.records.clone();
        if ids.is_empty() {
            ids = readable
                .iter()
                .filter(|record| !is_private(record))
                .filter_map(|record| parse_jti(&record.jti).ok())
                .collect();
        }
        let mut shows: Vec<Show> =
            ids.iter().map(|&id| Show { id, claims: self.claims_of(id, readable) }).collect();
        if self.identity {
            let opened = opened(file).ok_or_else(|| {
                CliError::refused(
                    "NO_IDENTITY",
                    "the file holds no PassportOpened statement",
                    "export the passport again",
                )
            })?;
            let (id, made) = opened;
            let claims = IDENTITY_CLAIMS
                .iter()
                .filter(|claim| made.iter().any(|name| name == *claim))
                .map(|claim| (*claim).to_owned());
            shows.retain(|show| show.id != id);
            shows.push(Show { id, claims: Some(claims.collect()) });
        }
        Ok(shows)
    }

    /// A claim that no record shown makes is a slip of the keyboard.
    fn check_disclosed(&self, readable: &[Record]) -> Result<(), CliError> {
        let made =
            |claim: &str| claim == "sub" || readable.iter().any(|record| record.claims.contains_key(claim));
        let mut asked = self.disclose.iter().filter(|one| one.record.is_none()).flat_map(|one| &one.claims);
        match asked.find(|claim| !made(claim)) {
            None => Ok(()),
            Some(claim) => {
                let message = format!("no record of the passport makes a claim `{claim}`");
                Err(CliError::usage(
                    "UNKNOWN_CLAIM",
                    message,
                    "`skillpass verify --json` lists the claims of each record",
                ))
            }
        }
    }

    /// `None`: all claims but `sub`.
    fn claims_of(&self, id: Uuid, readable: &[Record]) -> Option<Vec<String>> {
        if self.disclose.is_empty() {
            return None;
        }
        let record = readable.iter().find(|record| parse_jti(&record.jti) == Ok(id));
        let makes =
            |claim: &str| claim == "sub" || record.is_none_or(|record| record.claims.contains_key(claim));
        let mut claims = Vec::new();
        for one in &self.disclose {
            match one.record {
                // Named for this record: a claim that it does not make is a mistake, and refused as one.
                Some(record) if record == id => claims.extend(one.claims.iter().cloned()),
                Some(_) => {}
                None => claims.extend(one.claims.iter().filter(|claim| makes(claim)).cloned()),
            }
        }
        Some(claims)
    }
}

/// Failed attempts and refused decisions are for the worker alone, counsel is for no employer, unless chosen by name.
fn is_private(record: &Record) -> bool {
    Event::validate_partial(record.kind, &record.claims.clone().into())
        .is_ok_and(|event| event.is_private_by_default() || event.is_counsel())
}

/// Id and claim names of the statement that opened the passport.
fn opened(file: &PassportFile) -> Option<(Uuid, Vec<String>)> {
    file.statements.iter().find_map(|part| {
        let statement = Unverified::parse(&part.sdjwt).ok()?;
        let is_opening = Kind::from_vct(&statement.clear().vct) == Some(Kind::PassportOpened);
        is_opening.then(|| (statement.clear().id, disclosures(&part.sdjwt).map(|(name, _)| name).collect()))
    })
}

/// The disclosures of a statement: claim name and text.
fn disclosures(sdjwt: &str) -> impl Iterator<Item = (String, &str)> {
    sdjwt.split('~').skip(1).filter_map(|text| {
        let parts: Vec<Value> = serde_json::from_slice(&base64url_decode(text).ok()?).ok()?;
        Some((parts.get(1)?.as_str()?.to_owned(), text))
    })
}

/// One statement with the chosen disclosures and a key-binding JWT.
fn sd_jwt(
    file: &PassportFile,
    shows: &[Show],
    holder: &PrivateKey,
    audience: &str,
    nonce: &str,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disclose_names_claims_of_all_records_or_of_one() {
        let all = parse_disclose("title,awarding_date").unwrap();
        assert_eq!((all.record, all.claims), (None, vec!["title".to_owned(), "awarding_date".to_owned()]));
        let one = parse_disclose("urn:uuid:01970000-0000-7000-8000-000000000000:title").unwrap();
        assert!(one.record.is_some());
        assert!(parse_disclose("title,,x").is_err() && parse_disclose("notauuid:title").is_err());
    }
}
