//! `skillpass grant`: the worker lets somebody read a part of the passport, for a time.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::client::{Client, HolderArgs};
use super::error::{CliError, Exit};
use super::keyfile::read_public;
use super::worker::parse_worker;
use super::{Context, clock, files, out};
use crate::passport::{Grant, GrantRole, PURPOSE_BYTES_MAX, SECTIONS, Scope, View, is_purpose};
use crate::pb;

/// Let somebody read a part of a passport; see and take back what was granted
#[derive(Debug, clap::Subcommand)]
pub(crate) enum GrantCommand {
    /// Let the holder of a key read a part of the passport, for a time
    #[command(
        after_help = "Examples:\n  skillpass grant new wkr_… --to hospital.pub.jwk --purpose hiring \\\n    --lasts 14d --view employer --identity --out hospital.grant \\\n    --ledger http://127.0.0.1:7640 --as worker.jwk\n  skillpass grant new wkr_… --to school.pub.jwk --purpose admission \\\n    --lasts 7d --section training --out school.grant \\\n    --ledger http://127.0.0.1:7640 --as worker.jwk\n\nGive the file to whoever has the private half of the key; it is of no use to anyone else. They read with\n  skillpass passport show wkr_… --as hospital.jwk --grant hospital.grant …\n\nA part can be read, not taken as a proven file: for that, give a presentation (`skillpass passport present`)."
    )]
    New(NewArgs),
    /// List what counts now
    #[command(
        after_help = "Example:\n  skillpass grant list wkr_… --ledger http://127.0.0.1:7640 \\\n    --as worker.jwk"
    )]
    List(ListArgs),
    /// Take a grant back, or all of them
    #[command(
        after_help = "Examples:\n  skillpass grant revoke wkr_… --id urn:uuid:… \\\n    --ledger http://127.0.0.1:7640 --as worker.jwk\n  skillpass grant revoke wkr_… --all --ledger http://127.0.0.1:7640 \\\n    --as worker.jwk\n\nFrom then on it opens nothing. What was read before stays read."
    )]
    Revoke(RevokeArgs),
}

/// Which part of the passport.
#[derive(Debug, clap::Args)]
pub(crate) struct ScopeArgs {
    /// The widest view: employer (no failed attempt, no refused decision), home, or holder (everything)
    #[arg(long, value_name = "VIEW", default_value = "employer", value_parser = ["employer", "home", "holder"])]
    view: String,
    /// Only this section. Repeat for several
    #[arg(long, value_name = "SECTION", value_parser = ["training", "assessment", "work", "recognition", "licence", "self_declared"])]
    section: Vec<String>,
    /// Only this record, by its id (`urn:uuid:…`). Repeat for several
    #[arg(long, value_name = "ID")]
    record: Vec<String>,
    /// Only what was recorded until this time
    #[arg(long, value_name = "TIME", value_parser = clock::parse_instant)]
    known_at: Option<u64>,
    /// Name and birth date too
    #[arg(long)]
    identity: bool,
}

impl ScopeArgs {
    /// The scope.
    pub(crate) fn read(&self) -> Result<Scope, CliError> {
        let unknown = || CliError::usage("SCOPE_INVALID", "a view or section has no such name", "see --help");
        let section = |name: &String| SECTIONS.into_iter().find(|section| section.as_str() == name);
        let sections: Option<Vec<_>> = self.section.iter().map(section).collect();
        let scope = Scope {
            view: View::from_name(&self.view).ok_or_else(unknown)?,
            sections: Some(sections.ok_or_else(unknown)?).filter(|sections| !sections.is_empty()),
            records: Some(self.record.clone()).filter(|records| !records.is_empty()),
            known_at: self.known_at,
            identity: self.identity,
        };
        // Judged here, so that nobody signs what no ledger takes.
        let is_one = Scope::from_json(&scope.to_json()).is_some();
        is_one.then_some(scope).ok_or_else(|| {
            CliError::usage(
                "SCOPE_INVALID",
                "a section or record is given twice, or too many are",
                "name each once, at most 32 records",
            )
        })
    }
}

/// `grant new`.
#[derive(Debug, clap::Args)]
pub(crate) struct NewArgs {
    #[command(flatten)]
    holder: HolderArgs,
    #[command(flatten)]
    scope: ScopeArgs,
    /// Public key of whoever may read
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// What for, in a few words; the worker finds them in `access list`
    #[arg(long)]
    purpose: String,
    /// How long: 12h, 14d; at most 90d
    #[arg(long, value_name = "SPAN", value_parser = clock::parse_span)]
    lasts: u64,
    /// Where the grant goes
    #[arg(long, value_name = "FILE", value_parser = files::written())]
    out: PathBuf,
}

/// `grant list`.
#[derive(Debug, clap::Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    holder: HolderArgs,
}

/// `grant revoke`.
#[derive(Debug, clap::Args)]
pub(crate) struct RevokeArgs {
    #[command(flatten)]
    holder: HolderArgs,
    /// Which, as `grant list` shows it
    #[arg(long, value_name = "ID", required_unless_present = "all", conflicts_with = "all")]
    id: Option<String>,
    /// Every one
    #[arg(long)]
    all: bool,
}

impl GrantCommand {
    /// Runs it.
    pub(crate) fn run(self, context: Context) -> Result<Exit, CliError> {
        match self {
            Self::New(args) => {
                let NewArgs { holder, scope, to, purpose, lasts, out } = args;
                let terms = Terms { role: GrantRole::Reader, scope: scope.read()?, to, purpose, lasts, out };
                context.block_on(give(context, holder, terms))
            }
            Self::List(args) => context.block_on(list(context, args)),
            Self::Revoke(args) => context.block_on(revoke(context, args)),
        }
    }
}

/// What is granted to whom.
pub(crate) struct Terms {
    pub(crate) role: GrantRole,
    pub(crate) scope: Scope,
    pub(crate) to: PathBuf,
    pub(crate) purpose: String,
    pub(crate) lasts: u64,
    pub(crate) out: PathBuf,
}

/// Signs a grant with the holder's key, deposits it, and writes the file for its bearer.
pub(crate) async fn give(context: Context, holder: HolderArgs, terms: Terms) -> Result<Exit, CliError> {
    let worker = parse_worker(&holder.worker)?;
    if !is_purpose(&terms.purpose) {
        let message = format!("a purpose is something on one line, at most {PURPOSE_BYTES_MAX} bytes");
        return Err(CliError::usage("PURPOSE_INVALID", message, "say with --purpose what it is for"));
    }
    let key = holder.reader.read()?;
    let client = Client::connect(&holder.ledger.ledger).await?;
    let now = clock::now_s();
    let grant = Grant {
        id: clock::new_id(),
        origin: client.origin().await?,
        worker,
        audience: read_public(&terms.to)?,
        role: terms.role,
        purpose: terms.purpose,
        scope: terms.scope,
        issued_at: now,
        expires_at: now.saturating_add(i64::try_from(terms.lasts).unwrap_or(i64::MAX)),
        witness: None,
    };
    let token = grant.sign(&key);
    let request = pb::DepositGrantRequest { grant: token.clone() };
    client.passports().deposit_grant(request).await.map_err(|status| client.error(&status))?;
    files::create_secret(&terms.out, format!("{token}\n").as_bytes())?;
    given(context, &grant, &terms.out)
}

/// Tells what now counts.
pub(crate) fn given(context: Context, grant: &Grant, out: &Path) -> Result<Exit, CliError> {
    let until = clock::rfc3339(u64::try_from(grant.expires_at).unwrap_or(0).saturating_mul(1000));
    if context.json {
        out::json(&json!({
            "id": grant.id.urn().to_string(), "role": grant.role.name(), "expires_at": grant.expires_at,
            "audience_kid": grant.audience.thumbprint(), "scope": grant.scope.to_json(), "file": out.display().to_string(),
        }))?;
    } else {
        out::line(format_args!(
            "{}: counts until {until}, for the key {} alone ({})",
            out.display(),
            grant.audience.thumbprint(),
            grant.id.urn()
        ))?;
    }
    Ok(Exit::Done)
}

async fn list(context: Context, args: ListArgs) -> Result<Exit, CliError> {
    let worker = parse_worker(&args.holder.worker)?;
    let (client, credential) = args.holder.connect().await?;
    let request = credential.request(pb::ListGrantsRequest { worker: worker.to_string() })?;
    let answer = client.passports().list_grants(request).await.map_err(|status| client.error(&status))?;
    let grants = answer.into_inner().grants;
    if context.json {
        out::json(&json!({"grants": grants.iter().map(told).collect::<Vec<_>>()}))?;
    } else if grants.is_empty() {
        out::line("nobody may read this passport but its holder and the ledger's readers")?;
    } else {
        for grant in &grants {
            let until = clock::rfc3339(u64::try_from(grant.expires_at).unwrap_or(0).saturating_mul(1000));
            let vouched: Vec<&str> = grant.witnesses.iter().map(|one| one.issuer.as_str()).collect();
            let by = if vouched.is_empty() {
                String::new()
            } else {
                format!(", vouched for by {}", vouched.join(" and "))
            };
            out::line(format_args!(
                "{} {}: {} until {until}, key {}, {}{by}",
                grant.id, grant.role, grant.purpose, grant.audience_kid, grant.scope_json
            ))?;
        }
    }
    Ok(Exit::Done)
}

fn told(grant: &pb::Grant) -> Value {
    let scope: Value = serde_json::from_str(&grant.scope_json).unwrap_or_default();
    let witness = |one: &pb::Witness| json!({"issuer": one.issuer, "name": one.name});
    json!({
        "id": grant.id, "role": grant.role, "purpose": grant.purpose, "audience_kid": grant.audience_kid, "scope": scope,
        "issued_at": grant.issued_at, "expires_at": grant.expires_at,
        "witnesses": grant.witnesses.iter().map(witness).collect::<Vec<_>>(),
    })
}

async fn revoke(context: Context, args: RevokeArgs) -> Result<Exit, CliError> {
    use pb::revoke_grant_request::Which;
    let worker = parse_worker(&args.holder.worker)?;
    let which = Some(args.id.map_or(Which::All(true), Which::Id));
    let (client, credential) = args.holder.connect().await?;
    let message = pb::RevokeGrantRequest { worker: worker.to_string(), which };
    let request = credential.request_for("/skillpass.v1.PassportService/RevokeGrant", message)?;
    let answer = client.passports().revoke_grant(request).await.map_err(|status| client.error(&status))?;
    let revoked = answer.into_inner().revoked;
    if context.json {
        out::json(&json!({"revoked": revoked}))?;
    } else {
        out::line(format_args!("{revoked} taken back"))?;
    }
    Ok(Exit::Done)
}
