//! `skillpass trust`: whom a verifier believes. `add` reads a ledger once and pins what it read; `show` prints the file.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::client::Client;
use super::error::{CliError, Exit};
use super::keyfile::read_public;
use super::proven::{self, NamedRoot};
use super::{Context, files, out};
use crate::crypto::PublicKey;
use crate::tlog::VerifierKey;
use crate::trust::{TrustFile, TrustedRoot};

/// Whom a verifier believes: the trust file
#[derive(Debug, clap::Subcommand)]
pub(crate) enum TrustCommand {
    /// Show a trust file
    #[command(after_help = "Example:\n  skillpass trust show --trust trust.toml")]
    Show(ShowArgs),
    /// Add a ledger and root authorities to a trust file
    #[command(
        after_help = "Examples:\n  skillpass trust add --ledger http://127.0.0.1:7640 \\\n    --vkey 'ledger.example.invalid+…' --all-roots\n  skillpass trust add --ledger http://127.0.0.1:7640 \\\n    --vkey 'ledger.example.invalid+…' \\\n    --root PH=https://ministry.example.invalid=ministry.pub.jwk \\\n    --trust trust.toml\n\nTake the verifier key (and the authorities' keys) from somewhere other than the ledger: its operator prints it at `init`. Everything else is read from entries that are proven to be under a checkpoint signed by that key."
    )]
    Add(AddArgs),
}

/// `trust show`.
#[derive(Debug, clap::Args)]
pub(crate) struct ShowArgs {
    /// The trust file [default: ./trust.toml, else the one in the user's configuration]
    #[arg(long, value_name = "FILE", env = "SKILLPASS_TRUST", hide_env_values = true)]
    trust: Option<PathBuf>,
}

/// `trust add`.
#[derive(Debug, clap::Args)]
pub(crate) struct AddArgs {
    /// The trust file to add to, or to make
    #[arg(
        long,
        value_name = "FILE",
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

impl TrustCommand {
    /// Runs it.
    pub(crate) fn run(self, context: Context) -> Result<Exit, CliError> {
        match self {
            Self::Show(args) => show(context, args.trust.as_deref()),
            Self::Add(args) => context.block_on(add(context, args)),
        }
    }
}

/// The trust file a command uses: the one named, else `./trust.toml`, else the user's. `None` if there is none.
pub(crate) fn find(named: Option<&Path>) -> Result<Option<(PathBuf, TrustFile)>, CliError> {
    let path = match named {
        Some(path) => path.to_owned(),
        None => match places().into_iter().find(|path| path.is_file()) {
            Some(path) => path,
            None => return Ok(None),
        },
    };
    read(&path).map(|file| Some((path, file)))
}

/// Where a trust file is looked for when none is named.
fn places() -> Vec<PathBuf> {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let config = variable("XDG_CONFIG_HOME").or_else(|| variable("HOME").map(|home| home.join(".config")));
    let mut places = vec![PathBuf::from("trust.toml")];
    places.extend(config.map(|config| config.join("skillpass").join("trust.toml")));
    places
}

fn read(path: &Path) -> Result<TrustFile, CliError> {
    TrustFile::parse(&files::read_text(path)?).map_err(|error| {
        CliError::usage(
            "TRUST_FILE_INVALID",
            format!("{}: {error}", path.display()),
            "`skillpass trust add` writes one",
        )
    })
}

/// One sentence for people who have no trust file yet.
pub(crate) fn none_found() -> CliError {
    let help = "get a trust file from an authority you believe, or make one with `skillpass trust add`, and give it with --trust";
    CliError::undecided("NO_TRUST_FILE", "nothing says whom to believe: there is no trust file", help)
}

fn show(context: Context, named: Option<&Path>) -> Result<Exit, CliError> {
    let (path, file) = find(named)?.ok_or_else(none_found)?;
    if context.json {
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
        out::json(&json!({
            "file": path.display().to_string(), "ledgers": ledgers, "roots": roots,
            "witness_policy": file.policy_text, "status_max_age": file.status_max_age,
        }))?;
        return Ok(Exit::Done);
    }
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
    }
    let witnesses = file.policy.as_ref().map_or(0, |policy| policy.witnesses().len());
    out::line(format_args!(
        "witness policy: {}",
        if file.policy.is_some() { format!("{witnesses} witnesses") } else { "none".into() }
    ))?;
    Ok(Exit::Done)
}

async fn add(context: Context, args: AddArgs) -> Result<Exit, CliError> {
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
    let mut file = if args.trust.is_file() { read(&args.trust)? } else { TrustFile::empty() };
    file.ledgers.retain(|ledger| ledger.origin != origin);
    file.ledgers.push(trusted);
    for root in chosen {
        file.roots.retain(|known| known.issuer != root.issuer);
        let NamedRoot { issuer, name, jurisdictions, kids } = root;
        file.roots.push(TrustedRoot { issuer, jurisdictions, kids, name: Some(name), contact: None });
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
    show(context, Some(&args.trust))
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
