//! Is this the person in front of the verifier? Compared with what the opening body saw in the document.

use serde::Deserialize;

use super::report::{Check, Rows, Status};
use super::statement::Checked;
use super::{FILE, Options};
use crate::crypto::{base64url_decode, base64url_encode};
use crate::event::{Event, Kind, document_number_commitment};

/// What the verifier reads off the person's document (`--person F`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonFile {
    /// In the document's script or in Latin letters.
    #[serde(default)]
    pub family_name: Option<String>,
    /// Likewise.
    #[serde(default)]
    pub given_name: Option<String>,
    /// `YYYY-MM-DD`
    #[serde(default)]
    pub birth_date: Option<String>,
    /// Type of the document, as in `PassportOpened`.
    #[serde(default)]
    pub document_type: Option<String>,
    /// The country that issued it, alpha-2.
    #[serde(default)]
    pub document_country: Option<String>,
    /// Its number.
    #[serde(default)]
    pub document_number: Option<String>,
    /// The salt of the number's commitment, base64url; the worker has it on the claim slip.
    #[serde(default)]
    pub document_salt: Option<String>,
}

/// One row on the file, if a person was given.
pub(super) fn check(checked: &[Checked<'_>], options: &Options, rows: &mut Rows) {
    let Some(person) = &options.person else { return };
    let opened = checked.iter().filter_map(|one| Some((one.event.as_ref()?, one.statement.as_ref()?)));
    let found: Vec<Result<bool, &'static str>> = opened
        .filter(|(event, _)| event.kind() == Kind::PassportOpened)
        .map(|(event, statement)| compare(person, event, statement.is_complete()))
        .collect();
    let (status, detail) = if let Some(Err(what)) = found.iter().find(|one| one.is_err()) {
        (
            Status::Fail,
            format!("the {what} differs from the document that was checked when the passport was opened"),
        )
    } else if found.contains(&Ok(true)) {
        (
            Status::Pass,
            "names and birth date, or the document itself, are those of the passport's worker".to_owned(),
        )
    } else {
        (Status::Unknown, "the file does not show enough of who the worker is to compare".to_owned())
    };
    rows.note(Check::IdentityBinding, status, FILE, detail);
}

/// `Ok(true)` when enough agrees, `Ok(false)` when too little is shown, the name of what differs otherwise.
/// `is_whole`: what it does not show it does not say, so whoever it is about has no such name.
fn compare(person: &PersonFile, event: &Event, is_whole: bool) -> Result<bool, &'static str> {
    let names = |claims: [&str; 2], given: &Option<String>, what| -> Result<bool, &'static str> {
        let shown: Vec<String> = claims.iter().filter_map(|claim| event.text(claim)).map(plain).collect();
        let given = given.as_ref().filter(|given| !plain(given).is_empty());
        match given {
            None if is_whole && shown.is_empty() => Ok(true),
            Some(_) if is_whole && shown.is_empty() => Err(what),
            Some(given) if shown.contains(&plain(given)) => Ok(true),
            Some(_) if !shown.is_empty() => Err(what),
            _ => Ok(false),
        }
    };
    let exact = |claim: &str, given: &Option<String>, what| match (given, event.text(claim)) {
        (Some(given), Some(shown)) if given.trim() == shown => Ok(true),
        (Some(_), Some(_)) => Err(what),
        _ => Ok(false),
    };
    let family = names(["family_name", "family_name_latin"], &person.family_name, "family name")?;
    let given = names(["given_name", "given_name_latin"], &person.given_name, "given name")?;
    let born = exact("birth_date", &person.birth_date, "birth date")?;
    exact("document_type", &person.document_type, "document's type")?;
    exact("document_country", &person.document_country, "document's country")?;
    let document = exact("document_number_commitment", &commitment(person), "document number")?;
    Ok(document || family && given && born)
}

/// The commitment that the document shown would have, if the worker's salt is at hand.
fn commitment(person: &PersonFile) -> Option<String> {
    let salt = base64url_decode(person.document_salt.as_deref()?.trim()).ok()?.try_into().ok()?;
    let parts = [&person.document_country, &person.document_type, &person.document_number];
    let [country, document, number] = parts.map(|part| part.as_deref().map(str::trim));
    Some(base64url_encode(document_number_commitment(&salt, country?, document?, number?)))
}

/// Case and spaces aside.
fn plain(name: &str) -> String {
    name.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}
