//! `skillpass passport share` and `skillpass share`: a presentation behind a link.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::choice::{ChoiceArgs, opened_claim};
use super::client::{Client, HolderArgs, LedgerArgs};
use super::error::{CliError, Exit};
use super::passport::export_from;
use super::present::present;
use super::worker::parse_worker;
use super::{Context, clock, files, out};
use crate::crypto::OsEntropy;
use crate::passport::{SHARE_BYTES_MAX, SHARE_WRONG_MAX, ShareSecret, gate_hash, share_name};
use crate::pb;

/// `passport share`.
#[derive(Debug, clap::Args)]
pub(crate) struct ShareArgs {
    #[command(flatten)]
    holder: HolderArgs,
    #[command(flatten)]
    choice: ChoiceArgs,
    /// Whom it is for, as the worker finds it in `access list` [default: whoever has the link]
    #[arg(long, value_name = "A")]
    audience: Option<String>,
    /// For how long it opens: 12h, 14d; at most 90d
    #[arg(long, value_name = "SPAN", default_value = "14d", value_parser = clock::parse_span)]
    expires: u64,
    /// Address of the ledger's pages, before `/v` [default: https:// and the ledger's origin]
    #[arg(long, value_name = "URL")]
    pages: Option<String>,
}

/// See, take back and open links to a part of a passport
#[derive(Debug, clap::Subcommand)]
pub(crate) enum ShareCommand {
    /// List the links that have not ended
    #[command(
        after_help = "Example:\n  skillpass share list wkr_… --ledger http://127.0.0.1:7640 \\\n    --as worker.jwk\n\n`skillpass passport share` makes a link; nobody can show it again."
    )]
    List(ListArgs),
    /// Take a link back, or all of them
    #[command(
        after_help = "Examples:\n  skillpass share revoke wkr_… --id NAME --ledger http://127.0.0.1:7640 \\\n    --as worker.jwk\n  skillpass share revoke wkr_… --all --ledger http://127.0.0.1:7640 \\\n    --as worker.jwk\n\nFrom then on it opens nothing. What was seen before stays seen."
    )]
    Revoke(RevokeArgs),
    /// Open a link and save the presentation behind it
    #[command(
        after_help = "Example:\n  skillpass share open https://ledger.example.invalid/v#s=… \\\n    --birth-date 1990-05-17 --ledger http://127.0.0.1:7640 \\\n    --out shown.skillpass\n\nIn a browser the link opens the same. Then verify the file: the printed nonce proves that it was made for this link."
    )]
    Open(OpenArgs),
}

/// `share list`.
#[derive(Debug, clap::Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    holder: HolderArgs,
}

/// `share revoke`.
#[derive(Debug, clap::Args)]
pub(crate) struct RevokeArgs {
    #[command(flatten)]
    holder: HolderArgs,
    /// Which, as `share list` names it
    #[arg(
        long,
        allow_hyphen_values = true,
        value_name = "NAME",
        required_unless_present = "all",
        conflicts_with = "all"
    )]
    id: Option<String>,
    /// Every one
    #[arg(long)]
    all: bool,
}

/// `share open`.
#[derive(Debug, clap::Args)]
pub(crate) struct OpenArgs {
    /// The link
    #[arg(value_name = "LINK")]
    link: String,
    /// Birth date of the worker, as they told you
    #[arg(long, value_name = "DATE", value_parser = clock::parse_date)]
    birth_date: jiff::civil::Date,
    #[command(flatten)]
    ledger: LedgerArgs,
    /// Where the presentation goes
    #[arg(long, value_name = "FILE", value_parser = files::written())]
    out: PathBuf,
}

impl ShareArgs {
    /// Makes the presentation, closes it, leaves it at the ledger, and prints the link.
    pub(crate) async fn run(self, context: Context) -> Result<Exit, CliError> {
        let worker = parse_worker(&self.holder.worker)?;
        let (ledger, key) = (&self.holder.ledger.ledger, self.holder.reader.read()?);
        let file = export_from(std::slice::from_ref(ledger), vec![key.clone()], worker, None, None).await?;
        let birth_date = opened_claim(&file, "birth_date").ok_or_else(|| {
            CliError::refused("NO_IDENTITY", "the passport tells no birth date", "export the passport again")
        })?;
        let (client, credential) = self.holder.connect().await?;
        let pages = match self.pages {
            Some(pages) => pages.trim_end_matches('/').to_owned(),
            None => format!("https://{}", client.origin().await?),
        };
        let secret = ShareSecret::new(&mut OsEntropy);
        let audience = self.audience.unwrap_or_else(|| format!("{pages}/v"));
        let now = clock::now_s();
        let expires_at = now.saturating_add(i64::try_from(self.expires).unwrap_or(i64::MAX));
        let (shows, bytes) =
            present(&file, &self.choice, &key, (&audience, &secret.nonce()), now, expires_at)?;
        if bytes.len() > SHARE_BYTES_MAX {
            let message = format!(
                "the presentation has {} bytes, a link leads to at most {SHARE_BYTES_MAX}",
                bytes.len()
            );
            return Err(CliError::refused(
                "TOO_LARGE_FOR_LINK",
                message,
                "show fewer records, or give a file (`passport present`)",
            ));
        }
        let name = share_name(&secret.id());
        let message = pb::CreateShareRequest {
            worker: worker.to_string(),
            share: name.to_vec(),
            gate: gate_hash(&secret.gate(&birth_date)).to_vec(),
            audience: audience.clone(),
            expires_at,
            r#box: secret.close(&bytes),
        };
        let request = credential.request_for("/skillpass.v1.PassportService/CreateShare", message)?;
        client.passports().create_share(request).await.map_err(|status| client.error(&status))?;
        let (link, share) = (secret.link(&pages), crate::crypto::base64url_encode(name));
        if context.json {
            out::json(&json!({
                "link": link, "share": share, "audience": audience, "expires_at": expires_at, "records": shows.len(),
            }))?;
        } else {
            out::line(&link)?;
            out::note(format!(
                "{} records for {audience} until {}. Whoever opens it is asked for the birth date. `skillpass share revoke --id {share}` takes it back.",
                shows.len(),
                time(expires_at)
            ));
        }
        Ok(Exit::Done)
    }
}

impl ShareCommand {
    /// Runs it.
    pub(crate) fn run(self, context: Context) -> Result<Exit, CliError> {
        match self {
            Self::List(args) => context.block_on(list(context, args)),
            Self::Revoke(args) => context.block_on(revoke(context, args)),
            Self::Open(args) => context.block_on(open(context, args)),
        }
    }
}

async fn list(context: Context, args: ListArgs) -> Result<Exit, CliError> {
    let worker = parse_worker(&args.holder.worker)?;
    let (client, credential) = args.holder.connect().await?;
    let request = credential.request(pb::ListSharesRequest { worker: worker.to_string() })?;
    let answer = client.passports().list_shares(request).await.map_err(|status| client.error(&status))?;
    let shares = answer.into_inner().shares;
    if context.json {
        out::json(&json!({"shares": shares.iter().map(told).collect::<Vec<_>>()}))?;
    } else if shares.is_empty() {
        out::line("no link opens a part of this passport")?;
    }
    for share in shares.iter().filter(|_| !context.json) {
        let state = match share.wrong {
            0 => String::new(),
            SHARE_WRONG_MAX.. => format!(", closed by {SHARE_WRONG_MAX} wrong birth dates"),
            wrong => format!(", {wrong} wrong birth dates"),
        };
        out::line(format_args!(
            "{} for {} until {}{state}",
            share.share,
            share.audience,
            time(share.expires_at)
        ))?;
    }
    Ok(Exit::Done)
}

fn told(share: &pb::Share) -> Value {
    let pb::Share { share, audience, created_at, expires_at, wrong, closed } = share;
    json!({
        "share": share, "audience": audience, "created_at": created_at, "expires_at": expires_at, "wrong": wrong, "closed": closed,
    })
}

async fn revoke(context: Context, args: RevokeArgs) -> Result<Exit, CliError> {
    use pb::revoke_share_request::Which;
    let worker = parse_worker(&args.holder.worker)?;
    let which = Some(args.id.map_or(Which::All(true), Which::Share));
    let (client, credential) = args.holder.connect().await?;
    let message = pb::RevokeShareRequest { worker: worker.to_string(), which };
    let request = credential.request_for("/skillpass.v1.PassportService/RevokeShare", message)?;
    let answer = client.passports().revoke_share(request).await.map_err(|status| client.error(&status))?;
    let revoked = answer.into_inner().revoked;
    if context.json {
        out::json(&json!({"revoked": revoked}))?;
    } else {
        out::line(format_args!("{revoked} taken back"))?;
    }
    Ok(Exit::Done)
}

async fn open(context: Context, args: OpenArgs) -> Result<Exit, CliError> {
    let secret = ShareSecret::from_link(&args.link).ok_or_else(|| {
        CliError::usage(
            "LINK_INVALID",
            "this is no link to a passport",
            "copy it whole, with what stands behind `#s=`",
        )
    })?;
    let client = Client::connect(&args.ledger.ledger).await?;
    let gate = secret.gate(&args.birth_date.to_string()).to_vec();
    let request = pb::OpenShareRequest { id: secret.id().to_vec(), gate };
    let answer = client.passports().open_share(request).await;
    let answer = answer.map_err(|status| not_opened(client.error(&status)))?;
    let bytes = secret.open(&answer.into_inner().r#box).map_err(|_| {
        CliError::failed(
            "LEDGER_ANSWERED",
            "the ledger gave another box than the link's",
            "ask the worker for a new link",
        )
    })?;
    files::replace_secret(&args.out, &bytes)?;
    let nonce = secret.nonce();
    if context.json {
        out::json(&json!({"file": args.out.display().to_string(), "nonce": nonce}))?;
    } else {
        out::line(format_args!("{}: verify it with --nonce {nonce}", args.out.display()))?;
    }
    Ok(Exit::Done)
}

/// Whoever opens a link has no key and no worker id: only the link and the birth date can be wrong.
fn not_opened(error: CliError) -> CliError {
    if error.reason != "NOT_AVAILABLE" {
        return error;
    }
    let message = "this link does not open with this birth date".to_owned();
    let help = format!(
        "check the birth date; the link may have ended or been taken back, and {SHARE_WRONG_MAX} wrong birth dates close it: then ask the worker for a new one"
    );
    CliError { message, help: help.into(), ..error }
}

fn time(seconds: i64) -> String {
    clock::rfc3339(u64::try_from(seconds).unwrap_or(0).saturating_mul(1000))
}
