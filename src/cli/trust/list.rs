//! `trust sign` and `trust fetch`: a trust file published for others, and kept up to date from one key pinned once.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::super::error::{CliError, Exit};
use super::super::keyfile::{PassphraseArgs, SigningKeyArgs, read_private};
use super::super::{Context, client, clock, files};
use crate::crypto::PublicKey;
use crate::net::{HttpAnswer, HttpClient, HttpRequest};
use crate::trust::{LIST_BYTES_MAX, TrustFile, TrustList, TrustListError};

/// How long a list may take to arrive.
const FETCH_TIME_MAX: Duration = Duration::from_secs(30);

/// `trust sign`.
#[derive(Debug, clap::Args)]
pub(crate) struct SignArgs {
    /// The trust file to publish
    #[arg(long, value_name = "FILE", default_value = "trust.toml")]
    trust: PathBuf,
    #[command(flatten)]
    key: SigningKeyArgs,
    /// Key file of the former signer: where this key takes its place, both sign
    #[arg(long, value_name = "FILE")]
    former_key: Option<PathBuf>,
    /// What the list is called: a host name of its publisher
    #[arg(long, value_name = "NAME")]
    name: String,
    /// For how long it counts: 90d, at most two years
    #[arg(long, value_name = "SPAN", default_value = "90d", value_parser = clock::parse_span)]
    expires: u64,
    /// Where the list goes
    #[arg(long, value_name = "FILE", value_parser = files::written())]
    out: PathBuf,
}

/// `trust fetch`.
#[derive(Debug, clap::Args)]
pub(crate) struct FetchArgs {
    /// Where the list is: an https address, or a file [default: where it came from last time]
    #[arg(value_name = "URL|FILE")]
    source: Option<String>,
    /// Fingerprint of the publisher's key, from somewhere other than the list: needed the first time, pinned from then on
    #[arg(long, allow_hyphen_values = true, value_name = "KID")]
    fingerprint: Option<String>,
    /// Where the list is kept; what is pinned stands beside it in FILE.pin
    #[arg(
        long,
        value_name = "FILE",
        value_parser = files::written(),
        default_value = "trust.toml",
        env = "SKILLPASS_TRUST",
        hide_env_values = true
    )]
    trust: PathBuf,
}

/// What is remembered of a kept list.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pin {
    source: String,
    fingerprint: String,
    jwk: serde_json::Value,
    name: String,
    issued: String,
}

/// Signs a trust file for others.
pub(super) fn sign(context: Context, args: &SignArgs) -> Result<Exit, CliError> {
    let key = args.key.read()?;
    let former = args.former_key.as_deref().map(|path| read_private(path, &PassphraseArgs::from_file(None)));
    let former = former.transpose()?;
    let now = now();
    let span = jiff::SignedDuration::from_secs(i64::try_from(args.expires).unwrap_or(i64::MAX));
    // Beyond the last time there is it is beyond what a list may last, and refused as that.
    let expires = now.checked_add(span).unwrap_or(jiff::Timestamp::MAX);
    let file = super::read_plain(&args.trust)?;
    let list = TrustList::sign(&file, &args.name, (now, expires), &key, former.as_ref())
        .map_err(|error| refused(&error))?;
    files::replace(&args.out, list.as_bytes())?;
    let opened = TrustList::open(&list, &key.public().thumbprint(), None).map_err(|error| refused(&error))?;
    super::show::list(context, &args.out, &opened)
}

/// Fetches a list, checks it against what is pinned, and keeps it.
pub(super) async fn fetch(context: Context, args: FetchArgs) -> Result<Exit, CliError> {
    let pinned = read_pin(&args.trust)?;
    let source = match (&args.source, &pinned) {
        (Some(source), _) => source.clone(),
        (None, Some(pin)) => pin.source.clone(),
        (None, None) => {
            let message = format!("nothing says where the list for {} comes from", args.trust.display());
            return Err(CliError::usage("SOURCE_MISSING", message, "give its address or file"));
        }
    };
    let fingerprint = match (&args.fingerprint, &pinned) {
        (Some(given), Some(pin)) if *given != pin.fingerprint => {
            let message = format!("{} is pinned to the key {}", args.trust.display(), pin.fingerprint);
            let help = "if its publisher really changed the key without signing with the old one, remove FILE.pin first";
            return Err(CliError::refused("TRUST_LIST_OTHER_KEY", message, help));
        }
        (Some(given), _) => given.clone(),
        (None, Some(pin)) => pin.fingerprint.clone(),
        (None, None) => {
            let message = "no fingerprint was given, so the list would vouch for itself";
            let help = "ask its publisher for the key's fingerprint by another way, and give --fingerprint";
            return Err(CliError::usage("FINGERPRINT_MISSING", message, help));
        }
    };
    if pinned.is_none() && files::exists(&args.trust)? {
        let message = format!("{} is a trust file of your own; it is not overwritten", args.trust.display());
        return Err(CliError::refused(
            "TRUST_FILE_OWN",
            message,
            "choose another --trust FILE, or move it away",
        ));
    }
    let text = text_of(&source, FETCH_TIME_MAX).await?;
    let key = pinned.as_ref().and_then(|pin| PublicKey::from_jwk(&pin.jwk).ok());
    let list = TrustList::open(&text, &fingerprint, key.as_ref()).map_err(|error| refused(&error))?;
    list.in_force(now()).map_err(|error| refused(&error))?;
    if let Some(pin) = &pinned {
        let kept = pin.issued.parse().map_err(|_| damaged(&args.trust))?;
        list.may_follow(kept).map_err(|error| refused(&error))?;
        if pin.name != list.name {
            let message = format!("this is the list {}, not {}", list.name, pin.name);
            return Err(CliError::refused("TRUST_LIST_OTHER_NAME", message, "check the address"));
        }
    }
    let pin = Pin {
        source,
        fingerprint: list.key.thumbprint(),
        jwk: list.key.to_jwk(),
        name: list.name.clone(),
        issued: list.issued.to_string(),
    };
    // The list first: a crash in between leaves an older pin, under which the newer list still opens.
    files::replace(&args.trust, text.as_bytes())?;
    let pin = serde_json::to_vec_pretty(&pin).map_err(|_| damaged(&args.trust))?;
    files::replace(&pin_path(&args.trust), &pin)?;
    super::show::list(context, &args.trust, &list)
}

/// Opens the signed list that is kept at `path`, under its pin. A list that no longer counts decides nothing.
pub(super) fn open_kept(path: &Path, text: &str) -> Result<TrustList, CliError> {
    let Some(pin) = read_pin(path)? else {
        let message = format!("{} is a signed list, and no key is pinned for it", path.display());
        let help = "keep it with `skillpass trust fetch FILE --fingerprint KID`";
        return Err(CliError::usage("TRUST_LIST_NOT_PINNED", message, help));
    };
    let key = PublicKey::from_jwk(&pin.jwk).ok();
    let list = TrustList::open(text, &pin.fingerprint, key.as_ref()).map_err(|error| refused(&error))?;
    list.in_force(now()).map_err(|error| {
        let help = "`skillpass trust fetch` gets the current one from where it came from";
        CliError::undecided(error.reason(), error.to_string(), help)
    })?;
    Ok(list)
}

async fn text_of(source: &str, time_max: Duration) -> Result<String, CliError> {
    if !source.contains("://") {
        return files::read_text(Path::new(source));
    }
    let http = HttpClient::new(client::certificate_authorities().as_deref())
        .map_err(|error| CliError::usage("CA_INVALID", error.to_string(), "give --ca a PEM file"))?;
    let request = HttpRequest { url: source, body: None, bytes_max: LIST_BYTES_MAX, time_max };
    let unreachable = |why: String| {
        let message = format!("the list cannot be fetched from {source}: {why}");
        CliError::failed(
            "TRUST_LIST_UNREACHABLE",
            message,
            "the list that was kept before still counts until it expires",
        )
    };
    let HttpAnswer { status, body, .. } =
        http.ask(request).await.map_err(|error| unreachable(error.to_string()))?;
    if status != 200 {
        return Err(unreachable(format!("the answer was {status}")));
    }
    String::from_utf8(body).map_err(|_| unreachable("the answer is no text".to_owned()))
}

fn pin_path(trust: &Path) -> PathBuf {
    let mut name = trust.as_os_str().to_owned();
    name.push(".pin");
    name.into()
}

fn read_pin(trust: &Path) -> Result<Option<Pin>, CliError> {
    let path = pin_path(trust);
    if !files::exists(&path)? {
        return Ok(None);
    }
    serde_json::from_str(&files::read_text(&path)?).map(Some).map_err(|_| damaged(trust))
}

fn damaged(trust: &Path) -> CliError {
    let message = format!("{} is damaged", pin_path(trust).display());
    CliError::usage("PIN_DAMAGED", message, "remove it, and fetch the list again with its --fingerprint")
}

fn refused(error: &TrustListError) -> CliError {
    let help = match error {
        TrustListError::OtherKey(_) | TrustListError::Signature | TrustListError::Older { .. } => {
            "do not use it; ask its publisher"
        }
        TrustListError::Expired { .. } | TrustListError::NotYet { .. } => {
            "ask its publisher for the current one, and check this machine's clock"
        }
        _ => "`skillpass trust sign` makes a list from a trust file",
    };
    CliError::refused(error.reason(), error.to_string(), help)
}

fn now() -> Timestamp {
    Timestamp::from_second(clock::now_s()).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// A plain trust file or a kept list, as whom it says to believe.
pub(super) fn trust_of(path: &Path, text: &str) -> Result<Option<TrustFile>, CliError> {
    if TrustList::is_signed(text) { open_kept(path, text).map(|list| Some(list.file)) } else { Ok(None) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_list_that_never_arrives_is_left() {
        let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/list", silent.local_addr().unwrap());
        let error = text_of(&url, Duration::from_secs(1)).await.unwrap_err();
        assert_eq!(error.reason, "TRUST_LIST_UNREACHABLE");
        assert!(error.message.contains("no answer within 1 seconds"), "{}", error.message);
    }
}
