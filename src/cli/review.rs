//! `skillpass review`: passports that were opened with one document, for the operator.

use serde_json::json;

use super::client::{Client, LedgerArgs, ReaderArgs};
use super::error::{CliError, Exit};
use super::{Context, clock, out};
use crate::pb;

/// Review passports that were opened with one document
#[derive(Debug, clap::Subcommand)]
pub(crate) enum ReviewCommand {
    /// List the cases that are open: each passport with those opened before it
    #[command(
        after_help = "Example:\n  skillpass review list --ledger http://127.0.0.1:7640 --as ledger.operator.key\n\nTwo passports for one document are no crime: a person may have lost a slip, a clerk mistyped a number, or somebody opened a passport with another's document. Whoever opened the later one was told nothing. Talk to the bodies named here."
    )]
    List(ListArgs),
    /// List portfolios of evidence that were shown for more than one person
    #[command(
        after_help = "Example:\n  skillpass review portfolios --ledger http://127.0.0.1:7640 \\\n    --as ledger.operator.key\n\nIt reads every passport, so it takes a while on a large ledger. The same evidence under two names is copied for one of them, or shared by an assessor's slip; the bodies named here know."
    )]
    Portfolios(PortfoliosArgs),
    /// Close a case
    #[command(
        after_help = "Example:\n  skillpass review resolve 12 not-the-same --ledger http://127.0.0.1:7640 \\\n    --as ledger.operator.key\n\nnot-the-same: two persons. joined: one, and the passports are joined (`skillpass worker join`). wrongly-opened: one was opened in error or by fraud, and its PassportOpened is revoked; erasing it closes the case, too."
    )]
    Resolve(ResolveArgs),
}

/// `review list`.
#[derive(Debug, clap::Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    ledger: LedgerArgs,
    #[command(flatten)]
    reader: ReaderArgs,
    /// Also cases that were closed
    #[arg(long)]
    all: bool,
}

/// `review portfolios`.
#[derive(Debug, clap::Args)]
pub(crate) struct PortfoliosArgs {
    #[command(flatten)]
    ledger: LedgerArgs,
    #[command(flatten)]
    reader: ReaderArgs,
}

/// `review resolve`.
#[derive(Debug, clap::Args)]
pub(crate) struct ResolveArgs {
    /// Number of the case
    #[arg(value_name = "CASE")]
    case: u32,
    /// How it ended
    #[arg(value_enum)]
    resolution: ResolutionArg,
    #[command(flatten)]
    ledger: LedgerArgs,
    #[command(flatten)]
    reader: ReaderArgs,
}

/// How a review ended.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum ResolutionArg {
    /// Two persons, e.g. a number typed wrong
    NotTheSame,
    /// One person: the passports are joined
    Joined,
    /// One was opened in error or by fraud, and its opening is revoked
    WronglyOpened,
}

impl ResolutionArg {
    fn name(self) -> &'static str {
        match self {
            Self::NotTheSame => "NOT_THE_SAME",
            Self::Joined => "JOINED",
            Self::WronglyOpened => "WRONGLY_OPENED",
        }
    }
}

impl ReviewCommand {
    /// Runs it.
    pub(crate) fn run(self, context: Context) -> Result<Exit, CliError> {
        match self {
            Self::List(args) => context.block_on(list(context, args)),
            Self::Portfolios(args) => context.block_on(portfolios(context, args)),
            Self::Resolve(args) => context.block_on(resolve(context, args)),
        }
    }
}

async fn list(context: Context, args: ListArgs) -> Result<Exit, CliError> {
    let client = Client::connect(&args.ledger.ledger).await?;
    let credential = client.credential(args.reader.read()?).await?;
    let mut reviews: Vec<pb::Review> = Vec::new();
    loop {
        let after = reviews.last().map(|last| last.id);
        let request = credential.request(pb::ListReviewsRequest { ended_too: args.all, after })?;
        let answer = client.admin().list_reviews(request).await.map_err(|status| client.error(&status))?;
        let more = answer.into_inner().reviews;
        if more.is_empty() {
            break;
        }
        reviews.extend(more);
    }
    if context.json {
        let passport = |one: &pb::ReviewedPassport| json!({"worker": one.worker, "issuer": one.issuer, "recorded_at": one.recorded_at});
        let case = |review: &pb::Review| {
            json!({"id": review.id, "opened": review.opened.as_ref().map(passport),
                "earlier": review.earlier.iter().map(passport).collect::<Vec<_>>(), "resolution": review.resolution})
        };
        out::json(&reviews.iter().map(case).collect())?;
        return Ok(Exit::Done);
    }
    if reviews.is_empty() {
        out::line("no passports were opened with one document")?;
    }
    let passport = |one: &pb::ReviewedPassport| {
        format!("{} opened {} by {}", one.worker, clock::rfc3339(one.recorded_at), one.issuer)
    };
    for review in &reviews {
        let ended = review.resolution.as_deref().unwrap_or("open");
        out::line(format_args!(
            "{} ({ended}): {}",
            review.id,
            review.opened.as_ref().map(passport).unwrap_or_default()
        ))?;
        for earlier in &review.earlier {
            out::line(format_args!("   same document as {}", passport(earlier)))?;
        }
    }
    Ok(Exit::Done)
}

async fn portfolios(context: Context, args: PortfoliosArgs) -> Result<Exit, CliError> {
    let client = Client::connect(&args.ledger.ledger).await?;
    let credential = client.credential(args.reader.read()?).await?;
    let ask = async || {
        Ok(client
            .admin()
            .list_shared_portfolios(credential.request(pb::ListSharedPortfoliosRequest {})?)
            .await)
    };
    let shared = client.report(ask).await?.portfolios;
    if context.json {
        let passport = |one: &pb::ReviewedPassport| json!({"worker": one.worker, "issuer": one.issuer, "recorded_at": one.recorded_at});
        let portfolio = |one: &pb::SharedPortfolio| json!({"portfolio_hash": one.portfolio_hash, "passports": one.passports.iter().map(passport).collect::<Vec<_>>()});
        out::json(&shared.iter().map(portfolio).collect())?;
        return Ok(Exit::Done);
    }
    if shared.is_empty() {
        out::line("no portfolio was shown for more than one person")?;
    }
    for portfolio in &shared {
        out::line(format_args!("portfolio {}", portfolio.portfolio_hash))?;
        for one in &portfolio.passports {
            let recorded = clock::rfc3339(one.recorded_at);
            out::line(format_args!("   {} recorded {recorded} by {}", one.worker, one.issuer))?;
        }
    }
    Ok(Exit::Done)
}

async fn resolve(context: Context, args: ResolveArgs) -> Result<Exit, CliError> {
    let client = Client::connect(&args.ledger.ledger).await?;
    let credential = client.credential(args.reader.read()?).await?;
    let message = pb::ResolveReviewRequest { id: args.case, resolution: args.resolution.name().to_owned() };
    let request = credential.request(message)?;
    client.admin().resolve_review(request).await.map_err(|status| client.error(&status))?;
    if context.json {
        out::json(&json!({"id": args.case, "resolution": args.resolution.name()}))?;
    } else {
        out::line(format_args!("case {} closed: {}", args.case, args.resolution.name()))?;
    }
    Ok(Exit::Done)
}
