//! `trust show`: a trust file, or a kept list, for people and programs.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::super::error::{CliError, Exit};
use super::super::{Context, files, out};
use super::{find, list, none_found};
use crate::crypto::PublicKey;
use crate::trust::{TrustFile, TrustList};

/// `trust show`.
#[derive(Debug, clap::Args)]
pub(crate) struct ShowArgs {
    /// The trust file [default: ./trust.toml, else the one in the user's configuration]
    #[arg(long, value_name = "FILE", env = "SKILLPASS_TRUST", hide_env_values = true)]
    pub(super) trust: Option<PathBuf>,
}

/// Shows the file named, else the one that commands use.
pub(super) fn run(context: Context, named: Option<&Path>) -> Result<Exit, CliError> {
    let (path, file) = find(named)?.ok_or_else(none_found)?;
    let text = files::read_text(&path)?;
    if TrustList::is_signed(&text) {
        return self::list(context, &path, &list::open_kept(&path, &text)?);
    }
    if context.json {
        out::json(&to_json(&path, &file))?;
    } else {
        print(&path, &file)?;
    }
    Ok(Exit::Done)
}

/// Shows a signed list.
pub(super) fn list(context: Context, path: &Path, list: &TrustList) -> Result<Exit, CliError> {
    let (issued, expires, fingerprint) =
        (list.issued.to_string(), list.expires.to_string(), list.key.thumbprint());
    if context.json {
        let mut shown = to_json(path, &list.file);
        if let Value::Object(members) = &mut shown {
            let facts =
                json!({"name": list.name, "issued": issued, "expires": expires, "fingerprint": fingerprint});
            members.insert("list".into(), facts);
        }
        out::json(&shown)?;
    } else {
        print(path, &list.file)?;
        out::line(format_args!("list    {}, from {issued} to {expires}", list.name))?;
        out::line(format_args!("        signed by the key {fingerprint}"))?;
    }
    Ok(Exit::Done)
}

fn to_json(path: &Path, file: &TrustFile) -> Value {
    let ledgers: Vec<_> = file
        .ledgers
        .iter()
        .map(|ledger| {
            let vkeys: Vec<String> = ledger.log_keys.iter().map(ToString::to_string).collect();
            let status: Vec<_> = ledger.status_keys.iter().map(PublicKey::to_jwk).collect();
            json!({"origin": ledger.origin, "vkeys": vkeys, "status_keys": status})
        })
        .collect();
    let roots: Vec<_> = file.roots.iter().map(|root| {
            json!({"issuer": root.issuer, "jurisdictions": root.jurisdictions, "kids": root.kids, "name": root.name, "contact": root.contact})
        }).collect();
    json!({
        "file": path.display().to_string(), "ledgers": ledgers, "roots": roots,
        "witness_policy": file.policy_text, "status_max_age": file.status_max_age,
    })
}

fn print(path: &Path, file: &TrustFile) -> Result<(), CliError> {
    out::line(format_args!("{}: standing counts for {} days", path.display(), file.status_max_age / 86_400))?;
    for ledger in &file.ledgers {
        out::line(format_args!("ledger  {}", ledger.origin))?;
        for key in &ledger.log_keys {
            out::line(format_args!("        {key}"))?;
        }
    }
    for root in &file.roots {
        let name = root.name.as_deref().unwrap_or_default();
        out::line(format_args!("root    {}  {} {name}", root.jurisdictions.join(","), root.issuer))?;
        if let Some(contact) = &root.contact {
            out::line(format_args!("        ask {contact}"))?;
        }
    }
    let witnesses = file.policy.as_ref().map_or(0, |policy| policy.witnesses().len());
    out::line(format_args!(
        "witness policy: {}",
        if file.policy.is_some() { format!("{witnesses} witnesses") } else { "none".into() }
    ))
}
