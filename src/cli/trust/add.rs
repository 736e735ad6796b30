//! `trust add`: a ledger and root authorities, read from the ledger once and pinned.

use std::path::PathBuf;

use super::super::client::Client;
use super::super::error::{CliError, Exit};
use super::super::keyfile::read_public;
use super::super::proven::{self, NamedRoot};
use super::super::{Context, files, out};
use super::{read_plain, show};
use crate::tlog::VerifierKey;
use crate::trust::{TrustFile, TrustedRoot};

/// `trust add`.
#[derive(Debug, clap::Args)]
pub(crate) struct AddArgs {
    /// The trust file to add to, or to make
    #[arg(
        long,
        value_name = "FILE",
        value_parser = files::written(),
        default_value = "trust.toml",
        env = "SKILLPASS_TRUST",
        hide_env_values = true
    )]
    trust: PathBuf,
    /// gRPC address of the ledger
    #[arg(long, value_name = "URL", env = "SKILLPASS_LEDGER", hide_env_values = true)]
    ledger: String,
    /// The ledger's verifier key, from its operator
    #[arg(long, value_name = "VKEY")]
    vkey: Option<String>,
    /// Without --vkey: take the key that the ledger shows
    #[arg(long, conflicts_with = "vkey")]
    trust_on_first_use: bool,
    /// A root authority to believe for a country; with a public JWK file only that key is pinned. Repeat for several
    #[arg(long = "root", value_name = "CC=ISS[=JWKFILE]", value_parser = parse_root)]
    roots: Vec<WantedRoot>,
    /// Whom to ask at an authority, as you know it yourself: shown where a check cannot be decided. Repeat for several
    #[arg(long = "contact", value_name = "ISS=TEXT", value_parser = parse_contact)]
    contacts: Vec<(String, String)>,
    /// Believe every root authority that the ledger names
    #[arg(long, conflicts_with = "roots")]
    all_roots: bool,
}

/// `CC=ISS[=JWKFILE]`.
#[derive(Debug, Clone)]
struct WantedRoot {
    country: String,
    issuer: String,
    jwk: Option<PathBuf>,
}

fn parse_root(text: &str) -> Result<WantedRoot, String> {
    let wrong =
        || "give COUNTRY=ISSUER or COUNTRY=ISSUER=FILE, e.g. PH=https://ministry.example.invalid".to_owned();
    let (country, rest) = text.split_once('=').ok_or_else(wrong)?;
    let (issuer, jwk) =
        rest.rsplit_once('=').map_or((rest, None), |(issuer, file)| (issuer, Some(PathBuf::from(file))));
    if country.len() != 2 || issuer.is_empty() {
        return Err(wrong());
    }
    Ok(WantedRoot { country: country.to_owned(), issuer: issuer.to_owned(), jwk })
}

fn parse_contact(text: &str) -> Result<(String, String), String> {
    let parts = text.split_once('=').filter(|(issuer, contact)| !issuer.is_empty() && !contact.is_empty());
    let (issuer, contact) = parts.ok_or(
        "give ISSUER=TEXT, e.g. https://ministry.example.invalid=https://ministry.example.invalid/ask",
    )?;
    Ok((issuer.to_owned(), contact.to_owned()))
}

/// Adds.
pub(super) async fn run(context: Context, args: AddArgs) -> Result<Exit, CliError> {
    let client = Client::connect(&args.ledger).await?;
    let note = client.checkpoint().await?.checkpoint;
    let pinned = args.vkey.as_deref().map(parse_vkey).transpose()?;
    if pinned.is_none() && !args.trust_on_first_use {
        let message = "no verifier key was given, so the ledger would vouch for itself";
        return Err(CliError::usage(
            "VKEY_MISSING",
            message,
            "ask the operator for it and give --vkey, or say --trust-on-first-use",
        ));
    }
    let (state, roots) = proven::ledger_stream(&client, &note, pinned.as_ref()).await?;
    let origin = state.origin().unwrap_or_default().to_owned();
    let chosen = if args.all_roots { roots.clone() } else { choose(&roots, &args.roots)? };
    let trusted = proven::trusted_ledger(&origin, &state)?;
    let mut file = if files::exists(&args.trust)? { read_plain(&args.trust)? } else { TrustFile::empty() };
    file.ledgers.retain(|ledger| ledger.origin != origin);
    file.ledgers.push(trusted);
    for root in chosen {
        file.roots.retain(|known| known.issuer != root.issuer);
        let NamedRoot { issuer, name, jurisdictions, kids } = root;
        file.roots.push(TrustedRoot { issuer, jurisdictions, kids, name: Some(name), contact: None });
    }
    for (issuer, contact) in args.contacts {
        let root = file.roots.iter_mut().find(|root| root.issuer == issuer).ok_or_else(|| {
            let message = format!("{issuer} is no root authority of this trust file");
            CliError::usage("UNKNOWN_ROOT", message, "name one that is added, with --root or --all-roots")
        })?;
        root.contact = Some(contact);
    }
    files::replace(&args.trust, file.to_toml().as_bytes())?;
    if !context.json && !args.all_roots {
        for root in roots.iter().filter(|root| !file.roots.iter().any(|known| known.issuer == root.issuer)) {
            out::note(format_args!(
                "not added: {} for {} ({})",
                root.issuer,
                root.jurisdictions.join(","),
                root.name
            ));
        }
    }
    show::run(context, Some(&args.trust))
}

fn parse_vkey(text: &str) -> Result<VerifierKey, CliError> {
    VerifierKey::parse(text).map_err(|error| {
        CliError::usage(
            "VKEY_INVALID",
            error.to_string(),
            "a verifier key looks like ledger.example.org+1a2b3c4d+AAAA…",
        )
    })
}

fn choose(named: &[NamedRoot], wanted: &[WantedRoot]) -> Result<Vec<NamedRoot>, CliError> {
    wanted
        .iter()
        .map(|want| {
            let root = named
                .iter()
                .find(|root| root.issuer == want.issuer && root.jurisdictions.contains(&want.country));
            let Some(root) = root else {
                let message =
                    format!("the ledger names no root authority {} for {}", want.issuer, want.country);
                let known: Vec<String> = named
                    .iter()
                    .map(|root| format!("{}={}", root.jurisdictions.join(","), root.issuer))
                    .collect();
                return Err(CliError::refused(
                    "UNKNOWN_ROOT",
                    message,
                    format!("it names: {}", known.join(" ")),
                ));
            };
            let mut root = NamedRoot { jurisdictions: vec![want.country.clone()], ..root.clone() };
            if let Some(path) = &want.jwk {
                let kid = read_public(path)?.thumbprint();
                if !root.kids.contains(&kid) {
                    let message = format!(
                        "{} is not the key under which the ledger named {}",
                        path.display(),
                        want.issuer
                    );
                    return Err(CliError::refused(
                        "ROOT_KEY_DIFFERS",
                        message,
                        "ask the authority; do not believe this ledger until it is cleared up",
                    ));
                }
                root.kids.retain(|known| *known == kid);
            }
            Ok(root)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named() -> NamedRoot {
        NamedRoot {
            issuer: "https://m.invalid".into(),
            name: "m".into(),
            jurisdictions: vec!["PH".into(), "KH".into()],
            kids: vec!["k".into()],
        }
    }

    #[test]
    fn only_named_roots_and_countries_are_chosen() {
        let chosen = choose(&[named()], &[parse_root("PH=https://m.invalid").unwrap()]).unwrap();
        assert_eq!(chosen[0].jurisdictions, ["PH"]);
        let other = choose(&[named()], &[parse_root("DE=https://m.invalid").unwrap()]);
        assert_eq!(other.unwrap_err().reason, "UNKNOWN_ROOT");
    }

    #[test]
    fn a_root_is_country_issuer_and_perhaps_a_key_file() {
        let root = parse_root("PH=https://m.invalid=m.jwk").unwrap();
        assert_eq!(
            (root.country.as_str(), root.issuer.as_str(), root.jwk),
            ("PH", "https://m.invalid", Some("m.jwk".into()))
        );
        assert!(parse_root("https://m.invalid").is_err());
    }
}
