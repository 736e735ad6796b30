//! `skillpass worker`: opening a passport for a worker, what becomes of the holder's key, joining two passports.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::client::{Client, LedgerArgs};
use super::document::Committed;
use super::draft::Draft;
use super::error::{CliError, Exit};
use super::join::JoinCommand;
use super::key::{KeyType, write_pair};
use super::keyfile::{PassphraseArgs, SigningKeyArgs, check_new, read_public};
use super::recover::{ChangeKeyArgs, RecoverCommand};
use super::send::{append_in_order, append_opening};
use super::slip::SlipArgs;
use super::status::allocate;
use super::{Context, clock, document, files, out};
use crate::crypto::{PrivateKey, PublicKey};
use crate::event::{Kind, WorkerId};
use crate::face::Slip;
use crate::pb;
use crate::statement::StatusReference;

/// Open a passport for a worker; change the holder's key, or recover a lost one; join two passports
#[derive(Debug, clap::Subcommand)]
pub(crate) enum WorkerCommand {
    /// Open a passport: checks an identity, makes a random worker id, prints a claim slip
    #[command(
        after_help = "Example:\n  skillpass worker open --key school.jwk --country PH --claims identity.json \\\n    --new-holder-key worker.jwk --slip ./slips \\\n    --ledger http://127.0.0.1:7640\n\nidentity.json holds the claims of PassportOpened but `sub` (`skillpass kinds PassportOpened --example`). With `document_number` in it, a salted commitment is recorded instead of the number; the salt is printed on the slip. The ledger is told the number beside it and keeps a keyed hash, by which its operator finds passports opened twice."
    )]
    Open(Box<OpenArgs>),
    /// The worker moves to a new key, signed with the old one
    #[command(
        after_help = "Example:\n  skillpass key new --out phone.jwk --type es256\n  skillpass worker change-key wkr_… --key worker.jwk --new-key phone.pub.jwk \\\n    --ledger http://127.0.0.1:7640\n\nIs the old key lost? See `skillpass worker recover --help`."
    )]
    ChangeKey(ChangeKeyArgs),
    /// Replace a lost key: an authority asks, a second body confirms, seven days pass
    #[command(
        subcommand,
        after_help = "Example, one command after the other:\n  skillpass worker recover request wkr_… --key ministry.jwk --country PH --new-key phone.pub.jwk …\n  skillpass worker recover confirm wkr_… --key union.jwk --country PH --request HASH …\n  skillpass worker recover complete wkr_… --key phone.jwk --request HASH …   # after seven days\n  skillpass worker recover cancel wkr_… --key worker.jwk …   # the old key turned up, or it was no loss"
    )]
    Recover(RecoverCommand),
    /// Join two passports of one person, with the holder's consent
    #[command(
        subcommand,
        after_help = "Example:\n  skillpass worker join consent wkr_ONE wkr_TWO --key worker.jwk --body URI --out one.consent\n  skillpass worker join record wkr_ONE wkr_TWO --key office.jwk --country PH \\\n    --consent one.consent --other-consent two.consent --ledger http://127.0.0.1:7640"
    )]
    Join(JoinCommand),
}

/// `worker open`.
#[derive(Debug, clap::Args)]
pub(crate) struct OpenArgs {
    #[command(flatten)]
    key: SigningKeyArgs,
    /// Issuer identifier of the body that opens the passport [default: the body that the ledger knows by the key]
    #[arg(long, value_name = "URI")]
    iss: Option<String>,
    /// The worker's id, if another ledger has opened a passport under it already [default: a new random one]
    #[arg(long, value_name = "WORKER")]
    worker: Option<String>,
    /// Country in which it is said (ISO 3166-1 alpha-2)
    #[arg(long, value_name = "CC")]
    country: Option<String>,
    /// JSON file with the claims of `PassportOpened`
    #[arg(long, value_name = "FILE")]
    claims: Option<PathBuf>,
    /// A claim by name, e.g. --set `birth_date=1996-02-29`. Repeat for several
    #[arg(long, value_name = "CLAIM=VALUE")]
    set: Vec<String>,
    #[command(flatten)]
    ledger: LedgerArgs,
    /// Bind the worker's own key: its public JWK file
    #[arg(long, value_name = "FILE", conflicts_with = "new_holder_key")]
    holder_key: Option<PathBuf>,
    /// Make a key for the worker, write it there, and bind it
    #[arg(long, value_name = "FILE")]
    new_holder_key: Option<PathBuf>,
    /// Which signature algorithm the new holder key has
    #[arg(long, value_enum, default_value_t = KeyType::Ed25519, requires = "new_holder_key")]
    holder_key_type: KeyType,
    /// Passphrase file for the new holder key
    #[arg(long, value_name = "FILE", requires = "new_holder_key")]
    holder_passphrase_file: Option<PathBuf>,
    /// Give each statement an index of a status list, for verifiers who know no ledger
    #[arg(long)]
    with_status: bool,
    /// Directory for the claim slip (text, and HTML with a QR code)
    #[arg(long, value_name = "DIR")]
    slip: Option<PathBuf>,
    #[command(flatten)]
    slip_args: SlipArgs,
}

impl WorkerCommand {
    /// Runs it.
    pub(crate) fn run(self, context: Context) -> Result<Exit, CliError> {
        match self {
            Self::Open(args) => context.block_on(args.run(context)),
            Self::ChangeKey(args) => context.block_on(args.run(context)),
            Self::Recover(command) => context.block_on(command.run(context)),
            Self::Join(command) => command.run(context),
        }
    }
}

/// The key that is bound to the passport.
enum HolderKey<'a> {
    /// The worker's own.
    Own(PublicKey),
    /// One that is made for the worker, and where it goes.
    New { key: PrivateKey, path: &'a Path, passphrase: PassphraseArgs },
}

impl HolderKey<'_> {
    /// Its public part; a new one is on disk first.
    fn on_disk(self) -> Result<PublicKey, CliError> {
        match self {
            Self::Own(key) => Ok(key),
            Self::New { key, path, passphrase } => {
                write_pair(path, &key, &passphrase)?;
                Ok(key.public())
            }
        }
    }
}

impl OpenArgs {
    async fn run(&self, context: Context) -> Result<Exit, CliError> {
        let worker = self.worker.as_deref().map_or_else(|| Ok(clock::new_worker()), parse_worker)?;
        let (claims, document) = self.claims(worker)?;
        let key = self.key.read()?;
        // Whatever can be wrong with what was given is found before a passport is opened.
        let holder = self.holder_key()?;
        let client = Client::connect(&self.ledger.ledger).await?;
        let issuer = client.issuer(self.iss.as_deref(), &key).await?;
        let mut opened = Draft::new(Kind::PassportOpened, &issuer, claims)?;
        let wanted = match (self.with_status, holder.is_some()) {
            (false, _) => 0,
            (true, false) => 1,
            (true, true) => 2,
        };
        let told = document.as_ref().map(Committed::message);
        let slip = self.slip_args.complete(Slip {
            worker: worker.to_string(),
            name: document::full_name(&opened.claims),
            opened_by: issuer.clone(),
            origin: client.origin().await?,
            ledger: client.url().to_owned(),
            page: None,
            help: None,
            document_salt: document.map(|document| document.salt),
        });
        self.slip.as_deref().map(|dir| self.slip_args.check(&slip, dir)).transpose()?;
        let mut indexes = allocate(&client, &issuer, &key, wanted).await?;
        opened.status = indexes.pop();
        let mut acknowledged = vec![append_opening(&client, opened.sign(&key)?, told).await?];
        // From here on the passport exists: its id is told whatever becomes of the holder key.
        let written = self.slip.as_deref().map(|dir| self.slip_args.write(&slip, dir));
        let bound = bind(&client, worker, &opened, holder, indexes.pop(), &key).await;
        acknowledged.extend(bound.iter().flatten().cloned());
        if context.json {
            let jtis: Vec<&str> = acknowledged.iter().map(|one| one.jti.as_str()).collect();
            let file = written.as_ref().and_then(|written| written.as_ref().ok());
            out::json(&json!({
                "worker": slip.worker, "statements": jtis, "document_salt": slip.document_salt,
                "slip": file.map(|(text, _)| text.display().to_string()),
            }))?;
        } else {
            out::text(&slip.text(self.slip_args.lang()))?;
        }
        written.transpose()?;
        bound.map_err(|error| {
            let message = format!("the passport is open, but no key is bound to it: {}", error.message);
            CliError { message, ..error }
        })?;
        Ok(Exit::Done)
    }

    fn claims(&self, worker: WorkerId) -> Result<(Map<String, Value>, Option<Committed>), CliError> {
        let mut claims = self.claims.as_deref().map(files::read_object).transpose()?.unwrap_or_default();
        // An example file printed by `kinds` brings the envelope; the command line decides it here.
        for name in ["vct", "event", "iss", "sub"] {
            claims.remove(name);
        }
        for (name, value) in set_claims(Kind::PassportOpened, &self.set)? {
            claims.insert(name, value);
        }
        if let Some(country) = &self.country {
            claims.insert("issuing_country".into(), country.as_str().into());
        }
        let committed = document::commit(&mut claims);
        claims.insert("sub".into(), worker.to_string().into());
        Ok((claims, committed))
    }

    fn holder_key(&self) -> Result<Option<HolderKey<'_>>, CliError> {
        if let Some(path) = &self.holder_key {
            return Ok(Some(HolderKey::Own(read_public(path)?)));
        }
        let Some(path) = &self.new_holder_key else { return Ok(None) };
        let passphrase = PassphraseArgs::from_file(self.holder_passphrase_file.clone());
        check_new(path, &passphrase)?;
        Ok(Some(HolderKey::New { key: self.holder_key_type.generate(), path, passphrase }))
    }
}

/// Binds the worker's key, if one is asked for. A new one is on disk before anyone is told of it.
async fn bind(
    client: &Client,
    worker: WorkerId,
    opened: &Draft,
    holder: Option<HolderKey<'_>>,
    status: Option<StatusReference>,
    key: &PrivateKey,
) -> Result<Vec<pb::Acknowledgement>, CliError> {
    let Some(holder) = holder else { return Ok(vec![]) };
    let holder = holder.on_disk()?;
    let mut claims = Map::new();
    claims.insert("sub".into(), worker.to_string().into());
    if let Some(country) = opened.claims.get("issuing_country") {
        claims.insert("issuing_country".into(), country.clone());
    }
    claims.insert("method".into(), "IN_PERSON".into());
    let mut draft = Draft::new(Kind::HolderKeyBound, &opened.issuer, claims)?;
    draft.holder_key = Some(holder);
    draft.status = status;
    append_in_order(client, vec![draft.sign(key)?]).await
}

/// `CLAIM=VALUE` pairs read as a spreadsheet cell would be: lists by `;`, dotted names for members.
pub(crate) fn set_claims(kind: Kind, pairs: &[String]) -> Result<Map<String, Value>, CliError> {
    let pairs: Vec<(String, String)> = pairs
        .iter()
        .map(|pair| match pair.split_once('=') {
            Some((name, value)) => Ok((name.trim().to_owned(), value.to_owned())),
            None => Err(CliError::usage(
                "SET_WITHOUT_VALUE",
                format!("--set {pair} has no `=`"),
                "write --set claim=value",
            )),
        })
        .collect::<Result<_, _>>()?;
    kind.claims_from_cells(&pairs).map_err(|errors| {
        let text = errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        let help = format!("`skillpass kinds {} --schema` lists what may be said", kind.name());
        CliError::refused(errors.first().map_or("WRONG_TYPE", |error| error.reason), text, help)
    })
}

/// A worker id as people type it.
pub(crate) fn parse_worker(text: &str) -> Result<WorkerId, CliError> {
    WorkerId::parse_lenient(text).map_err(|error| {
        CliError::usage(
            "WORKER_ID_INVALID",
            error.to_string(),
            "a worker id is on the worker's slip, e.g. wkr_… with its check character",
        )
    })
}
