//! `skillpass verify`: is this authentic, and what does it say? Offline: it reads the files named and opens no connection.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::error::{CliError, Exit};
use super::keyfile::read_public;
use super::page::ReportArgs;
use super::{Context, clock, files, out, trust};
use crate::event::vocab::countries;
use crate::face::{self, PageTrust, TrustSource};
use crate::passport::{Options, PersonFile, Purpose, Report, StatusListGiven, Verdict, verify};
use crate::statement::status_list::STATUS_TOKEN_BYTES_MAX;
use crate::trust::TrustFile;

/// The largest file that is read: a passport file (16 MiB) and no more.
pub(crate) const FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// `verify`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  skillpass verify passport.skillpass --trust trust.toml\n  skillpass verify presentation.skillpass --trust trust.toml \\\n    --audience https://hospital.example --nonce 7f3a\n  skillpass verify presentation.skillpass --trust trust.toml \\\n    --purpose practise --country DE --occupation 2221\n  skillpass verify statement.sdjwt --issuer-key school.pub.jwk\n  skillpass verify statement.sdjwt --issuer-key school.pub.jwk \\\n    --status-list list.jwt --status-key ledger-status.pub.jwk\n  skillpass verify --page check.html --trust trust.toml\n\nNeeds no network and no account. Exit codes: 0 authentic, 1 not authentic, 3 cannot be decided."
)]
pub(crate) struct VerifyArgs {
    /// Passport files, presentations, or bare SD-JWTs
    #[arg(required_unless_present = "page", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The trust file: whom you believe [default: ./trust.toml, else the one in your configuration]
    #[arg(long, value_name = "FILE", env = "SKILLPASS_TRUST", hide_env_values = true)]
    trust: Option<PathBuf>,
    /// Public JWK file of the issuer, for a bare SD-JWT: no trust file is needed
    #[arg(long, value_name = "JWK")]
    issuer_key: Option<PathBuf>,
    /// The Status List Token that the SD-JWT names, as fetched from the address in its `status`: is it still valid?
    #[arg(long, value_name = "FILE", requires = "issuer_key", requires = "status_key")]
    status_list: Option<PathBuf>,
    /// Public JWK file of the key that signs the status list, perhaps another than the issuer's
    #[arg(long, value_name = "JWK", requires = "status_list")]
    status_key: Option<PathBuf>,
    /// Whom the presentation must be made for
    #[arg(long, value_name = "A")]
    audience: Option<String>,
    /// The nonce the presentation must carry
    #[arg(long, allow_hyphen_values = true, value_name = "N")]
    nonce: Option<String>,
    /// JSON file with what the person's document says: `{"family_name", "given_name", "birth_date", …}`
    #[arg(long, value_name = "F")]
    person: Option<PathBuf>,
    /// The day in question [default: today]
    #[arg(long, value_name = "DATE", value_parser = clock::parse_date)]
    valid_at: Option<jiff::civil::Date>,
    /// Destination country (ISO 3166-1 alpha-2)
    #[arg(long, value_name = "CC")]
    country: Option<String>,
    /// Occupation (ISCO-08)
    #[arg(long, value_name = "ISCO")]
    occupation: Option<String>,
    /// What the file is shown for
    #[arg(long, value_enum)]
    purpose: Option<PurposeArg>,
    #[command(flatten)]
    report: ReportArgs,
    /// Write the check page: one HTML file that checks passports in any browser, without network, by the trust file
    #[arg(long, value_name = "F.html", value_parser = files::written(), conflicts_with_all = ["files", "report"])]
    page: Option<PathBuf>,
}

/// `--purpose`.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(crate) enum PurposeArg {
    /// May this person practise the occupation there?
    Practise,
    /// For admission to study
    Study,
    /// For a job that needs no licence
    Hire,
}

impl From<PurposeArg> for Purpose {
    fn from(purpose: PurposeArg) -> Self {
        match purpose {
            PurposeArg::Practise => Self::Practise,
            PurposeArg::Study => Self::Study,
            PurposeArg::Hire => Self::Hire,
        }
    }
}

impl VerifyArgs {
    /// Runs it.
    pub(crate) fn run(self, context: Context) -> Result<Exit, CliError> {
        if let Some(path) = &self.page {
            return write_page(context, path, self.trust.as_deref());
        }
        if self.report.report.is_some() && self.files.len() > 1 {
            return Err(CliError::usage(
                "ONE_FILE_ONLY",
                "--report fits one file only",
                "verify the files one by one",
            ));
        }
        self.check_question()?;
        let found = trust::find(self.trust.as_deref()).map_err(CliError::into_usage)?;
        let trust = match (&self.issuer_key, found) {
            (_, Some((_, trust))) => trust,
            (Some(_), None) => TrustFile::empty(),
            (None, None) => return Err(trust::none_found()),
        };
        let options = self.options()?;
        let mut worst = Exit::Done;
        for file in &self.files {
            let bytes = files::read(file, FILE_BYTES_MAX)?;
            let found = verify(&bytes, &trust, &options);
            if let Some(path) = &self.report.report {
                let page = self.report.page(file, &bytes, &found, &trust, &options)?;
                files::replace_secret(path, page.as_bytes())?;
            }
            self.print(context, file, &found)?;
            worst = worse(worst, exit_of(&found));
        }
        Ok(worst)
    }

    fn options(&self) -> Result<Options, CliError> {
        Ok(Options {
            now: clock::now_s(),
            audience: self.audience.clone(),
            nonce: self.nonce.clone(),
            person: self.person.as_deref().map(person).transpose().map_err(CliError::into_usage)?,
            valid_at: self.valid_at,
            country: self.country.clone(),
            occupation: self.occupation.clone(),
            purpose: self.purpose.map(Purpose::from),
            issuer_key: self
                .issuer_key
                .as_deref()
                .map(read_public)
                .transpose()
                .map_err(CliError::into_usage)?,
            status_list: self.status_list().map_err(CliError::into_usage)?,
        })
    }

    fn status_list(&self) -> Result<Option<StatusListGiven>, CliError> {
        let Some((list, key)) = self.status_list.as_deref().zip(self.status_key.as_deref()) else {
            return Ok(None);
        };
        // What is no text is no token either, and judged as such.
        let bytes = files::read(list, (STATUS_TOKEN_BYTES_MAX as u64).saturating_add(2))?;
        let token = String::from_utf8_lossy(&bytes).trim_end_matches(['\r', '\n']).to_owned();
        Ok(Some(StatusListGiven { token, key: read_public(key)? }))
    }

    /// A destination or an occupation that does not exist is a slip of the keyboard, never an answer.
    fn check_question(&self) -> Result<(), CliError> {
        check_question(self.country.as_deref(), self.occupation.as_deref())
    }

    fn print(&self, context: Context, file: &Path, found: &Report) -> Result<(), CliError> {
        if context.json {
            let mut json = found.to_json();
            if let (true, Value::Object(members)) = (self.files.len() > 1, &mut json) {
                members.insert("file".into(), file.display().to_string().into());
            }
            return out::json(&json);
        }
        if self.files.len() > 1 {
            out::line(format_args!("{}:", file.display()))?;
        }
        out::text(&found.render_text())
    }
}

/// Writes the check page with the trust file inside; without one its reader loads one.
fn write_page(context: Context, path: &Path, named: Option<&Path>) -> Result<Exit, CliError> {
    let found = trust::find(named).map_err(CliError::into_usage)?;
    let text = found.map(|(_, file)| file.to_toml());
    let source = if text.is_some() { TrustSource::Embedded } else { TrustSource::Missing };
    let trust = PageTrust { text: text.as_deref().unwrap_or_default(), source };
    let page = face::check_file(trust).map_err(|error| {
        CliError::failed("PAGE_NOT_MADE", error.to_string(), "report this to whoever gave you the program")
    })?;
    files::replace(path, page.as_bytes())?;
    if context.json {
        out::json(&json!({ "page": path.display().to_string(), "trust": text.is_some() }))?;
    } else {
        out::line(format_args!("{}: open it in a browser; it needs no network", path.display()))?;
    }
    Ok(Exit::Done)
}

/// A destination or an occupation that does not exist is a slip of the keyboard, never an answer.
pub(crate) fn check_question(country: Option<&str>, occupation: Option<&str>) -> Result<(), CliError> {
    if let Some(country) = country.filter(|country| countries::name(country).is_none()) {
        let message = format!("`{country}` is no country of ISO 3166-1");
        return Err(CliError::usage("UNKNOWN_COUNTRY", message, "two capital letters, e.g. DE"));
    }
    let is_code =
        |code: &str| (1..=4).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(code) = occupation.filter(|code| !is_code(code)) {
        let message = format!("`{code}` is no ISCO-08 code");
        return Err(CliError::usage("OCCUPATION_INVALID", message, "one to four digits, e.g. 2221"));
    }
    Ok(())
}

fn person(path: &Path) -> Result<PersonFile, CliError> {
    serde_json::from_value(files::read_json(path)?).map_err(|error| {
        let help = "e.g. {\"family_name\": \"…\", \"given_name\": \"…\", \"birth_date\": \"1996-02-29\"}";
        CliError::usage("PERSON_FILE_INVALID", format!("{}: {error}", path.display()), help)
    })
}

fn exit_of(found: &Report) -> Exit {
    match found.verdict {
        Verdict::Valid => Exit::Done,
        Verdict::Invalid => Exit::Refused,
        Verdict::Unknown => Exit::Undecided,
    }
}

/// Of several files one invalid makes all invalid, else one undecided makes all undecided.
fn worse(one: Exit, two: Exit) -> Exit {
    match (one, two) {
        (Exit::Refused, _) | (_, Exit::Refused) => Exit::Refused,
        (Exit::Undecided, _) | (_, Exit::Undecided) => Exit::Undecided,
        _ => Exit::Done,
    }
}
