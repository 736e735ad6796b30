//! `skillpass authorise | end-authorisation | suspend-issuer | name-custodian`: one body saying what another may state,
//! and who keeps its statements when it closes.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::client::{Client, LedgerArgs};
use super::error::{CliError, Exit};
use super::issue::{hash_of, payload_of};
use super::keyfile::{SigningKeyArgs, read_public};
use super::worker::set_claims;
use super::{Context, files, public};
use crate::crypto::PublicKey;
use crate::event::Kind;
use crate::pb;

/// Who signs, about whom, where.
#[derive(Debug, clap::Args)]
pub(super) struct AboutArgs {
    #[command(flatten)]
    pub(super) key: SigningKeyArgs,
    /// Issuer identifier of the body that signs [default: the body that the ledger knows by the key]
    #[arg(long, value_name = "URI")]
    pub(super) iss: Option<String>,
    /// Issuer identifier of the body it is about
    #[arg(long, value_name = "URI")]
    pub(super) body: String,
    #[command(flatten)]
    pub(super) ledger: LedgerArgs,
}

impl AboutArgs {
    pub(super) async fn append(
        &self,
        context: Context,
        client: &Client,
        statements: Vec<(Kind, Map<String, Value>)>,
    ) -> Result<Exit, CliError> {
        let key = self.key.read()?;
        let issuer = client.issuer(self.iss.as_deref(), &key).await?;
        public::append(context, client, &key, &issuer, &self.body, statements).await
    }
}

/// `authorise`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  skillpass authorise --key ministry.jwk \\\n    --body https://school.example.invalid \\\n    --name \"training centre for nursing, PH (demo)\" --as TRAINING_PROVIDER \\\n    --basis ACCREDITATION \\\n    --may PassportOpened,HolderKeyBound,TrainingCompleted --in PH \\\n    --from 2020-01-01 --jwk school.pub.jwk --ledger http://127.0.0.1:7640\n\nWith --jwk the body's first key is added in the same go. `skillpass kinds IssuerAuthorised` shows every limit; give them with --set or in a claims file."
)]
pub(crate) struct AuthoriseArgs {
    #[command(flatten)]
    about: AboutArgs,
    /// The body's name
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// What kind of body it is, e.g. `TRAINING_PROVIDER`
    #[arg(long = "as", value_name = "KIND_OF_BODY")]
    issuer_kind: Option<String>,
    /// Why it may: STATUTE, ACCREDITATION, DESIGNATION, REGISTRATION or MEMBERSHIP
    #[arg(long)]
    basis: Option<String>,
    /// The kinds of event it may state. Repeat, or separate by commas
    #[arg(long = "may", value_name = "KIND", value_delimiter = ',')]
    kinds: Vec<String>,
    /// How many further steps of authorisation may follow below it [default: none]
    #[arg(long, value_name = "STEPS")]
    may_authorise: Option<u8>,
    /// With --may-authorise: the kinds it may pass on, if not those it states itself
    #[arg(long, value_name = "KIND", value_delimiter = ',', requires = "may_authorise")]
    passing_on: Vec<String>,
    /// The countries for which it may (ISO 3166-1 alpha-2)
    #[arg(long = "in", value_name = "CC", value_delimiter = ',')]
    jurisdictions: Vec<String>,
    /// First award date covered
    #[arg(long = "from", value_name = "DATE")]
    valid_from: Option<String>,
    /// Last award date covered [default: open]
    #[arg(long = "until", value_name = "DATE")]
    valid_until: Option<String>,
    /// Any other claim of `IssuerAuthorised`, e.g. --set `may_authorise_depth=1`
    #[arg(long, value_name = "CLAIM=VALUE")]
    set: Vec<String>,
    /// A file with the claims of `IssuerAuthorised`; the options above win over it
    #[arg(long, value_name = "FILE")]
    claims: Option<PathBuf>,
    /// Public JWK file of the body's key, added together with the authorisation
    #[arg(long, value_name = "FILE")]
    jwk: Option<PathBuf>,
}

impl AuthoriseArgs {
    /// Runs it.
    pub(crate) fn run(self, context: Context) -> Result<Exit, CliError> {
        let mut statements = vec![(Kind::IssuerAuthorised, self.claims()?)];
        let key = self.jwk.as_deref().map(read_public).transpose()?;
        if let Some(key) = &key {
            let mut claims = Map::new();
            claims.insert("jwk".into(), key.to_jwk());
            statements.push((Kind::IssuerKeyAdded, claims));
        }
        context.block_on(async move {
            let client = Client::connect(&self.about.ledger.ledger).await?;
            if let Some(key) = &key {
                check_new(&client, &self.about.body, key).await?;
            }
            self.about.append(context, &client, statements).await
        })
    }

    fn claims(&self) -> Result<Map<String, Value>, CliError> {
        let mut claims = self.claims.as_deref().map(claims_of).transpose()?.unwrap_or_default();
        claims.extend(set_claims(Kind::IssuerAuthorised, &self.set)?);
        let texts = [
            ("name", &self.name),
            ("issuer_kind", &self.issuer_kind),
            ("basis", &self.basis),
            ("valid_from", &self.valid_from),
            ("valid_until", &self.valid_until),
        ];
        for (name, value) in texts {
            if let Some(value) = value {
                claims.insert(name.into(), value.as_str().into());
            }
        }
        if let Some(steps) = self.may_authorise {
            claims.insert("may_authorise_depth".into(), steps.into());
        }
        let lists = [
            ("kinds", &self.kinds),
            ("jurisdictions", &self.jurisdictions),
            ("may_authorise_kinds", &self.passing_on),
        ];
        for (name, values) in lists {
            if !values.is_empty() {
                claims.insert(name.into(), values.clone().into());
            }
        }
        Ok(claims)
    }
}

/// Refuses a key that the body has already: the authorisation before it would be recorded, and the key be refused after it.
async fn check_new(client: &Client, body: &str, key: &PublicKey) -> Result<(), CliError> {
    let is_it = |one: &Recorded| {
        let known = one.claims.get("jwk").and_then(|jwk| PublicKey::from_jwk(jwk).ok());
        known.is_some_and(|known| known.thumbprint() == key.thumbprint())
    };
    if !stream_of(client, body).await?.iter().any(is_it) {
        return Ok(());
    }
    let message =
        format!("{body} has the key {} already, in use or ended; nothing was recorded", key.thumbprint());
    let help =
        "to authorise it once more, leave --jwk out; for another key, make one with `skillpass key new`";
    Err(CliError::refused("KEY_EXISTS", message, help))
}

/// The claims of a file without its envelope, which the command line gives.
fn claims_of(path: &Path) -> Result<Map<String, Value>, CliError> {
    let mut members = files::read_object(path)?;
    for name in ["vct", "event", "iss", "sub"] {
        members.remove(name);
    }
    Ok(members)
}

/// `end-authorisation`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  skillpass end-authorisation --key ministry.jwk \\\n    --body https://school.example.invalid --reason CLOSED \\\n    --custodian https://archive.example.invalid \\\n    --ledger http://127.0.0.1:7640\n\nWhat the body stated before stays good. Its custodian may correct, suspend or revoke it."
)]
pub(crate) struct EndArgs {
    #[command(flatten)]
    about: AboutArgs,
    /// Why: EXPIRED, WITHDRAWN, CLOSED, MERGED or REPLACED
    #[arg(long)]
    reason: String,
    /// Hash of the `IssuerAuthorised` statement [default: the only one given by the body that signs]
    #[arg(long, allow_hyphen_values = true, value_name = "HASH")]
    target: Option<String>,
    /// Issuer identifier of the body that takes over the records of one that closes
    #[arg(long, value_name = "URI")]
    custodian: Option<String>,
}

/// `name-custodian`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  skillpass name-custodian --key ministry.jwk \\\n    --body https://school.example.invalid \\\n    --custodian https://archive.example.invalid \\\n    --ledger http://127.0.0.1:7640\n\nThe body itself, whoever authorised it, or a root authority above it names one. From then on the custodian may correct, suspend, reinstate, supersede or revoke what the body stated, and answer disputes about it. To state corrected records it needs an authorisation of its own."
)]
pub(crate) struct CustodianArgs {
    #[command(flatten)]
    about: AboutArgs,
    /// Issuer identifier of the body that takes over
    #[arg(long, value_name = "URI")]
    custodian: String,
}

impl CustodianArgs {
    /// Runs it.
    pub(crate) fn run(self, context: Context) -> Result<Exit, CliError> {
        context.block_on(async move {
            let client = Client::connect(&self.about.ledger.ledger).await?;
            self.about.append(context, &client, vec![named(&self.custodian)]).await
        })
    }
}

fn named(custodian: &str) -> (Kind, Map<String, Value>) {
    let mut claims = Map::new();
    claims.insert("custodian".into(), custodian.into());
    (Kind::CustodianNamed, claims)
}

/// `suspend-issuer`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  skillpass suspend-issuer --key ministry.jwk \\\n    --body https://school.example.invalid --from 2026-03-01 \\\n    --until 2026-06-30 --ledger http://127.0.0.1:7640"
)]
pub(crate) struct SuspendIssuerArgs {
    #[command(flatten)]
    about: AboutArgs,
    /// First day of the suspension (UTC)
    #[arg(long, value_name = "DATE")]
    from: String,
    /// Last day of the suspension (UTC) [default: open]
    #[arg(long, value_name = "DATE")]
    until: Option<String>,
    /// Hash of the `IssuerAuthorised` statement [default: the only one given by the body that signs]
    #[arg(long, allow_hyphen_values = true, value_name = "HASH")]
    target: Option<String>,
}

impl EndArgs {
    /// Runs it.
    pub(crate) fn run(self, context: Context) -> Result<Exit, CliError> {
        // Named first: a body that ends its own authorisation may still do it then.
        let before = self.custodian.as_deref().map(named).into_iter().collect();
        context.block_on(end(context, self.about, self.target, before, vec![("reason", self.reason)]))
    }
}

impl SuspendIssuerArgs {
    /// Runs it.
    pub(crate) fn run(self, context: Context) -> Result<Exit, CliError> {
        let mut claims = vec![("reason", "SUSPENDED".to_owned()), ("suspended_from", self.from)];
        claims.extend(self.until.map(|until| ("suspended_until", until)));
        context.block_on(end(context, self.about, self.target, Vec::new(), claims))
    }
}

async fn end(
    context: Context,
    about: AboutArgs,
    target: Option<String>,
    mut statements: Vec<(Kind, Map<String, Value>)>,
    texts: Vec<(&str, String)>,
) -> Result<Exit, CliError> {
    let client = Client::connect(&about.ledger.ledger).await?;
    let target = if let Some(target) = target {
        target
    } else {
        let issuer = client.issuer(about.iss.as_deref(), &about.key.read()?).await?;
        only_authorisation(&client, &issuer, &about.body).await?
    };
    let mut claims = Map::new();
    claims.insert("target".into(), target.into());
    claims.extend(texts.into_iter().map(|(name, value)| (name.to_owned(), Value::from(value))));
    statements.push((Kind::AuthorisationEnded, claims));
    about.append(context, &client, statements).await
}

/// The hash of the one authorisation that `issuer` gave to `body` and did not end.
async fn only_authorisation(client: &Client, issuer: &str, body: &str) -> Result<String, CliError> {
    let (mut given, mut ended) = (Vec::new(), Vec::new());
    for Recorded { kind, claims, hash } in stream_of(client, body).await? {
        let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
        match kind {
            Kind::IssuerAuthorised if text("iss") == issuer => given.push(hash),
            Kind::AuthorisationEnded if text("reason") != "SUSPENDED" => {
                ended.push(text("target").to_owned());
            }
            _ => {}
        }
    }
    given.retain(|hash| !ended.contains(hash));
    match given.as_slice() {
        [only] => Ok(only.clone()),
        [] => {
            let message = format!("{issuer} has given {body} no authorisation that still stands");
            Err(CliError::refused("NO_AUTHORISATION", message, "check both issuer identifiers"))
        }
        several => {
            let message = format!("{issuer} has given {body} several authorisations: {}", several.join(", "));
            Err(CliError::usage("SEVERAL_AUTHORISATIONS", message, "name one with --target HASH"))
        }
    }
}

/// A statement of a body's stream, as far as choosing one takes.
pub(super) struct Recorded {
    pub(super) kind: Kind,
    pub(super) claims: Value,
    pub(super) hash: String,
}

/// The statements about `body`, oldest first.
pub(super) async fn stream_of(client: &Client, body: &str) -> Result<Vec<Recorded>, CliError> {
    let stream = pb::list_statements_request::Stream::Institution(body.to_owned());
    let request = pb::ListStatementsRequest { stream: Some(stream) };
    let answer = client.registry().list_statements(request).await;
    let answer = answer.map_err(|status| client.error(&status))?.into_inner();
    let read = |statement: &pb::PublicStatement| {
        let claims = payload_of(&statement.statement)?;
        let kind = Kind::from_vct(claims.get("vct")?.as_str()?)?;
        Some(Recorded { kind, claims, hash: hash_of(&statement.statement) })
    };
    Ok(answer.statements.iter().filter_map(read).collect())
}
