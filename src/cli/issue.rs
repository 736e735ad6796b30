//! `skillpass issue`: signs one statement into a file; nothing is sent.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::draft::Draft;
use super::error::{CliError, Exit};
use super::keyfile::SigningKeyArgs;
use super::{Context, files, out};
use crate::crypto::{base64url_decode, base64url_encode, sha256};
use crate::statement::{StatusReference, json};

/// `issue`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  skillpass kinds TrainingCompleted --example > claims.json   # then edit it\n  skillpass issue --key school.jwk --claims claims.json --out statement.sdjwt\n  skillpass append statement.sdjwt --ledger http://127.0.0.1:7640"
)]
pub(crate) struct IssueArgs {
    #[command(flatten)]
    key: SigningKeyArgs,
    /// The claims file: {"vct" or "event", "iss", "sub", claims…}; `-` is standard input
    #[arg(long, value_name = "FILE")]
    claims: PathBuf,
    /// The status list that the statement bears an index of (`skillpass status allocate`)
    #[arg(long, value_name = "URI", requires = "status_index")]
    status_uri: Option<String>,
    /// The index in it
    #[arg(long, value_name = "N", requires = "status_uri")]
    status_index: Option<u64>,
    /// Where the signed statement goes (an SD-JWT VC); `-` is standard output
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

impl IssueArgs {
    /// Runs it.
    pub(crate) fn run(&self, context: Context) -> Result<Exit, CliError> {
        let key = self.key.read()?;
        let mut draft = Draft::from_file(&self.claims, &key.public())?;
        if let Some((uri, index)) = self.status_uri.clone().zip(self.status_index) {
            draft.status = Some(StatusReference { uri, index });
        }
        let statement = draft.sign(&key)?;
        if self.out.as_os_str() == "-" {
            out::line(&statement)?;
            return Ok(Exit::Done);
        }
        files::replace(&self.out, format!("{statement}\n").as_bytes())?;
        let (id, hash) = (format!("urn:uuid:{}", draft.id), hash_of(&statement));
        if context.json {
            out::json(&json!({"jti": id, "hash": hash, "file": self.out.display().to_string()}))?;
        } else {
            out::line(format_args!(
                "{} {id}\nhash {hash} (the `target` of a later correction or revocation)\nin   {}",
                draft.kind.name(),
                self.out.display()
            ))?;
        }
        Ok(Exit::Done)
    }
}

/// The payload of a statement whose signature nobody has checked here; it only helps to choose and to name.
pub(crate) fn payload_of(statement: &str) -> Option<Value> {
    json::parse(&base64url_decode(statement.split('.').nth(1)?).ok()?).ok()
}

/// A statement's hash: SHA-256 of the issuer-signed JWT, without disclosures and `~` (SPEC.md, "Statement").
pub(crate) fn hash_of(statement: &str) -> String {
    let jwt = statement.split('~').next().unwrap_or_default();
    base64url_encode(sha256(&[jwt.as_bytes()]))
}
