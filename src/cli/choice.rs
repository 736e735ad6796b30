//! What a holder chooses to show: records, claims, who it is. The same for a file and for a link.

use serde_json::Value;
use uuid::Uuid;

use super::error::CliError;
use crate::crypto::base64url_decode;
use crate::event::{Event, Kind};
use crate::passport::{PassportFile, Record, Show};
use crate::statement::Unverified;

/// What `--identity` shows of who the worker is.
const IDENTITY_CLAIMS: [&str; 5] =
    ["family_name", "given_name", "family_name_latin", "given_name_latin", "birth_date"];

/// What is shown.
#[derive(Debug, clap::Args)]
pub(crate) struct ChoiceArgs {
    /// The records to show, by jti. Repeat, or separate by commas
    #[arg(long, value_name = "JTI", value_delimiter = ',', value_parser = parse_jti)]
    records: Vec<Uuid>,
    /// The claims to show: `claim,claim` for every record that makes them, `JTI:claim,claim` for one. Repeat for several
    #[arg(long, value_name = "[JTI:]CLAIM,…", value_parser = parse_disclose)]
    disclose: Vec<Disclose>,
    /// Show name and birth date as well, as checked when the passport was opened
    #[arg(long)]
    identity: bool,
}

/// One `--disclose`.
#[derive(Debug, Clone)]
struct Disclose {
    record: Option<Uuid>,
    claims: Vec<String>,
}

pub(crate) fn parse_jti(text: &str) -> Result<Uuid, String> {
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

impl ChoiceArgs {
    /// The records chosen, with the claims chosen of each.
    pub(crate) fn shows(&self, file: &PassportFile, readable: &[Record]) -> Result<Vec<Show>, CliError> {
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
    Event::validate_partial(record.kind, &record.claims)
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

/// A text that the statement that opened the passport says.
pub(crate) fn opened_claim(file: &PassportFile, claim: &str) -> Option<String> {
    let openings = file.statements.iter().filter(|part| is_opening(&part.sdjwt));
    let mut claims = openings.flat_map(|part| part.sdjwt.split('~').skip(1)).filter_map(disclosure);
    claims.find_map(|(name, value)| (name == claim).then(|| value.as_str().map(str::to_owned)).flatten())
}

fn is_opening(sdjwt: &str) -> bool {
    Unverified::parse(sdjwt).is_ok_and(|read| Kind::from_vct(&read.clear().vct) == Some(Kind::PassportOpened))
}

/// The disclosures of a statement: claim name and text.
pub(crate) fn disclosures(sdjwt: &str) -> impl Iterator<Item = (String, &str)> {
    sdjwt.split('~').skip(1).filter_map(|text| Some((disclosure(text)?.0, text)))
}

/// Name and value of a claim.
fn disclosure(text: &str) -> Option<(String, Value)> {
    let mut parts: Vec<Value> = serde_json::from_slice(&base64url_decode(text).ok()?).ok()?;
    let value = parts.pop()?;
    Some((parts.get(1)?.as_str()?.to_owned(), value))
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
