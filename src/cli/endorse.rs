//! `skillpass endorse | require-endorsement`: social partners decide too.

use serde_json::{Map, Value};

use super::body::{AboutArgs, Recorded, stream_of};
use super::client::{Client, LedgerArgs};
use super::error::{CliError, Exit};
use super::keyfile::SigningKeyArgs;
use super::{Context, public};
use crate::event::Kind;

/// `endorse`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  skillpass endorse --key union.jwk \\\n    --body https://school.example.invalid --ledger http://127.0.0.1:7640\n  skillpass endorse --withdraw --key union.jwk \\\n    --body https://school.example.invalid --ledger http://127.0.0.1:7640\n\nGovernment, employers' and workers' organisations that the root authority has authorised endorse what it, or a body below it, authorised. An organisation counts once, whichever key it signs with. A withdrawal acts on what is recorded from then on."
)]
pub(crate) struct EndorseArgs {
    #[command(flatten)]
    about: AboutArgs,
    /// Hash of the `IssuerAuthorised` statement [default: the newest about the body that has not ended]
    #[arg(long, allow_hyphen_values = true, value_name = "HASH")]
    target: Option<String>,
    /// Take back an endorsement given before
    #[arg(long)]
    withdraw: bool,
}

/// `require-endorsement`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  skillpass require-endorsement --key ministry.jwk --in PH \\\n    --of TRAINING_PROVIDER --sides GOVERNMENT,EMPLOYERS,WORKERS --needed 2 \\\n    --ledger http://127.0.0.1:7640\n\nFrom then on what the root authority, or a body below it, authorises takes effect when so many sides have endorsed it (`skillpass endorse`). What was authorised before is not touched. With --replaces the new policy takes the place of an older one; --needed 0 lifts it."
)]
pub(crate) struct RequireArgs {
    #[command(flatten)]
    key: SigningKeyArgs,
    /// Issuer identifier of the root authority that signs [default: the body that the ledger knows by the key]
    #[arg(long, value_name = "URI")]
    iss: Option<String>,
    #[command(flatten)]
    ledger: LedgerArgs,
    /// The countries it is for (ISO 3166-1 alpha-2)
    #[arg(long = "in", value_name = "CC", value_delimiter = ',', required = true)]
    jurisdictions: Vec<String>,
    /// Only authorisations of these kinds of body [default: all]
    #[arg(long = "of", value_name = "KIND_OF_BODY", value_delimiter = ',')]
    issuer_kinds: Vec<String>,
    /// Only authorisations for one of these kinds of event [default: all]
    #[arg(long = "for", value_name = "KIND", value_delimiter = ',')]
    kinds: Vec<String>,
    /// The sides that can endorse
    #[arg(long, value_name = "SIDE", value_delimiter = ',', default_value = "GOVERNMENT,EMPLOYERS,WORKERS")]
    sides: Vec<String>,
    /// How many of them must
    #[arg(long, value_name = "K")]
    needed: u8,
    /// Hash of the policy that it takes the place of
    #[arg(long, allow_hyphen_values = true, value_name = "HASH")]
    replaces: Option<String>,
}

impl EndorseArgs {
    /// Runs it.
    pub(crate) fn run(self, context: Context) -> Result<Exit, CliError> {
        context.block_on(async move {
            let client = Client::connect(&self.about.ledger.ledger).await?;
            let issuer = client.issuer(self.about.iss.as_deref(), &self.about.key.read()?).await?;
            let kind = if self.withdraw { Kind::EndorsementWithdrawn } else { Kind::AuthorisationEndorsed };
            let target = match &self.target {
                Some(target) if !self.withdraw => target.clone(),
                given => {
                    let stream = stream_of(&client, &self.about.body).await?;
                    self.choose(&stream, &issuer, given.as_deref())?
                }
            };
            let mut claims = Map::new();
            claims.insert("target".into(), target.into());
            self.about.append(context, &client, vec![(kind, claims)]).await
        })
    }

    /// The authorisation to endorse; to withdraw, this body's endorsement (of `given`, if one is named).
    fn choose(&self, stream: &[Recorded], issuer: &str, given: Option<&str>) -> Result<String, CliError> {
        let text = |one: &Recorded, name: &str| {
            one.claims.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let undone = |one: &Recorded| {
            let undoes = |later: &Recorded| {
                let ends = later.kind == Kind::AuthorisationEnded && text(later, "reason") != "SUSPENDED";
                (ends || later.kind == Kind::EndorsementWithdrawn) && text(later, "target") == one.hash
            };
            stream.iter().any(undoes)
        };
        let fits = |one: &&Recorded| {
            if self.withdraw {
                one.kind == Kind::AuthorisationEndorsed
                    && text(one, "iss") == issuer
                    && given.is_none_or(|given| text(one, "target") == given || one.hash == given)
            } else {
                one.kind == Kind::IssuerAuthorised
            }
        };
        let found = stream.iter().rev().filter(fits).find(|one| !undone(one));
        found.map(|one| one.hash.clone()).ok_or_else(|| {
            let (what, whose) = if self.withdraw {
                ("endorsement by this body", "withdraw")
            } else {
                ("authorisation", "endorse")
            };
            let message =
                format!("{} has no {what} that stands, so there is none to {whose}", self.about.body);
            CliError::refused("NO_AUTHORISATION", message, "check both issuer identifiers")
        })
    }
}

impl RequireArgs {
    /// Runs it.
    pub(crate) fn run(self, context: Context) -> Result<Exit, CliError> {
        context.block_on(async move {
            let key = self.key.read()?;
            let client = Client::connect(&self.ledger.ledger).await?;
            let issuer = client.issuer(self.iss.as_deref(), &key).await?;
            let statements = vec![(Kind::EndorsementPolicySet, self.claims())];
            public::append(context, &client, &key, &issuer, &issuer, statements).await
        })
    }

    fn claims(&self) -> Map<String, Value> {
        let mut claims = Map::new();
        let lists = [
            ("jurisdictions", &self.jurisdictions),
            ("issuer_kinds", &self.issuer_kinds),
            ("kinds", &self.kinds),
            ("sides", &self.sides),
        ];
        for (name, values) in lists.into_iter().filter(|(_, values)| !values.is_empty()) {
            claims.insert(name.into(), values.clone().into());
        }
        claims.insert("needed".into(), self.needed.into());
        if let Some(replaces) = &self.replaces {
            claims.insert("replaces".into(), replaces.as_str().into());
        }
        claims
    }
}
