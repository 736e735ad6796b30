//! `skillpass protect`: who is kept out of a passport.

use serde_json::{Value, json};

use super::client::HolderArgs;
use super::error::{CliError, Exit};
use super::worker::parse_worker;
use super::{Context, clock, out};
use crate::pb;
use crate::pb::change_protection_request::Change;

/// Keep audiences out of a passport; ask for permission before bodies add to it
#[derive(Debug, clap::Subcommand)]
pub(crate) enum ProtectCommand {
    /// List who is kept out
    #[command(
        after_help = "Example:\n  skillpass protect show wkr_… --ledger http://127.0.0.1:7640 \\\n    --as worker.jwk"
    )]
    Show(ShowArgs),
    /// Keep an audience out: to it the passport is as unknown as any
    #[command(
        after_help = "Examples:\n  skillpass protect block wkr_… --country XX \\\n    --ledger http://127.0.0.1:7640 --as worker.jwk\n  skillpass protect block wkr_… --under https://ministry.example.invalid \\\n    --ledger http://127.0.0.1:7640 --as worker.jwk\n  skillpass protect block wkr_… --country XX \\\n    --ledger http://127.0.0.1:7640 --as office.jwk \\\n    --iss https://office.example.invalid   # the body that opened it\n\nReads, grants and statements of the audience are answered as for an unknown worker, also its changes to what it once recorded: while it is kept out it cannot take anything back."
    )]
    Block(AudienceArgs),
    /// Let an audience in again
    #[command(
        after_help = "Example:\n  skillpass protect unblock wkr_… --country XX \\\n    --ledger http://127.0.0.1:7640 --as worker.jwk"
    )]
    Unblock(AudienceArgs),
    /// Ask for permission before a body adds to the passport
    #[command(
        after_help = "Examples:\n  skillpass protect append wkr_… --ask on \\\n    --ledger http://127.0.0.1:7640 --as worker.jwk\n  skillpass protect append wkr_… --permit https://school.example.invalid \\\n    --ledger http://127.0.0.1:7640 --as worker.jwk\n\nWhoever has stated something already may always add to it and take it back. To all others the passport is unknown."
    )]
    Append(AppendArgs),
}

/// `protect show`.
#[derive(Debug, clap::Args)]
pub(crate) struct ShowArgs {
    #[command(flatten)]
    holder: HolderArgs,
}

/// `protect block|unblock`.
#[derive(Debug, clap::Args)]
pub(crate) struct AudienceArgs {
    #[command(flatten)]
    holder: HolderArgs,
    /// Issuer identifier of the body that opened the passport, if it calls for the worker
    #[arg(long, value_name = "URI")]
    iss: Option<String>,
    #[command(flatten)]
    audience: Audience,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Audience {
    /// Every body under a root authority of this country (alpha-2)
    #[arg(long, value_name = "CC")]
    country: Option<String>,
    /// This body and every body whose authorisation rests on it
    #[arg(long, value_name = "URI")]
    under: Option<String>,
    /// This body alone
    #[arg(long, value_name = "URI")]
    issuer: Option<String>,
}

/// `protect append`.
#[derive(Debug, clap::Args)]
pub(crate) struct AppendArgs {
    #[command(flatten)]
    holder: HolderArgs,
    #[command(flatten)]
    change: AppendChange,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct AppendChange {
    /// Whether permission is needed
    #[arg(long, value_name = "on|off", value_parser = ["on", "off"])]
    ask: Option<String>,
    /// This body may add
    #[arg(long, value_name = "URI")]
    permit: Option<String>,
    /// This body may not add any more
    #[arg(long, value_name = "URI")]
    forbid: Option<String>,
}

impl ProtectCommand {
    /// Runs it.
    pub(crate) fn run(self, context: Context) -> Result<Exit, CliError> {
        match self {
            Self::Show(args) => context.block_on(show(context, args)),
            Self::Block(args) => {
                let AudienceArgs { holder, iss, audience } = args;
                context.block_on(change(context, holder, iss, Change::Block(audience.read())))
            }
            Self::Unblock(args) => {
                let AudienceArgs { holder, iss, audience } = args;
                context.block_on(change(context, holder, iss, Change::Unblock(audience.read())))
            }
            Self::Append(args) => {
                let AppendChange { ask, permit, forbid } = args.change;
                let wanted = match (ask, permit, forbid) {
                    (Some(ask), _, _) => Change::PermissionNeeded(ask == "on"),
                    (None, Some(issuer), _) => Change::Permit(issuer),
                    (None, None, issuer) => Change::Forbid(issuer.unwrap_or_default()),
                };
                context.block_on(change(context, args.holder, None, wanted))
            }
        }
    }
}

impl Audience {
    fn read(self) -> pb::Audience {
        use pb::audience::Which;
        let Self { country, under, issuer } = self;
        let which = country.map(Which::Country).or(under.map(Which::Under)).or(issuer.map(Which::Issuer));
        pb::Audience { which }
    }
}

async fn change(
    context: Context,
    holder: HolderArgs,
    iss: Option<String>,
    change: Change,
) -> Result<Exit, CliError> {
    let worker = parse_worker(&holder.worker)?;
    let (client, mut credential) = holder.connect().await?;
    if let Some(iss) = iss {
        credential = credential.of_body(&iss);
    }
    let message = pb::ChangeProtectionRequest { worker: worker.to_string(), change: Some(change) };
    let request = credential.request_for("/skillpass.v1.PassportService/ChangeProtection", message)?;
    client.passports().change_protection(request).await.map_err(|status| client.error(&status))?;
    if context.json {
        out::json(&json!({"changed": true}))?;
    } else {
        out::line("done; it counts from now on")?;
    }
    Ok(Exit::Done)
}

async fn show(context: Context, args: ShowArgs) -> Result<Exit, CliError> {
    let worker = parse_worker(&args.holder.worker)?;
    let (client, credential) = args.holder.connect().await?;
    let request = credential.request(pb::GetProtectionRequest { worker: worker.to_string() })?;
    let answer = client.passports().get_protection(request).await.map_err(|status| client.error(&status))?;
    let pb::GetProtectionResponse { blocks, permission_needed, permitted } = answer.into_inner();
    let told: Vec<Value> = blocks.iter().map(told).collect();
    if context.json {
        out::json(&json!({"blocks": told, "permission_needed": permission_needed, "permitted": permitted}))?;
        return Ok(Exit::Done);
    }
    for block in &told {
        let of = block.as_object().and_then(|members| members.iter().next());
        let (what, whom) =
            of.map(|(name, value)| (name.as_str(), value.as_str().unwrap_or_default())).unwrap_or_default();
        out::line(format_args!("kept out: {what} {whom} (by {})", block["by"].as_str().unwrap_or_default()))?;
    }
    if permission_needed {
        out::line(format_args!("may add: {}", permitted.join(", ")))?;
    } else {
        out::line("every authorised body that is not kept out may add to the passport")?;
    }
    Ok(Exit::Done)
}

fn told(block: &pb::Block) -> Value {
    use pb::audience::Which;
    let (name, value) = match block.audience.as_ref().and_then(|audience| audience.which.as_ref()) {
        Some(Which::Issuer(issuer)) => ("issuer", issuer.as_str()),
        Some(Which::Under(issuer)) => ("under", issuer.as_str()),
        Some(Which::Country(country)) => ("country", country.as_str()),
        None => ("unknown", ""),
    };
    json!({name: value, "by": block.by, "since": clock::rfc3339(block.since)})
}
