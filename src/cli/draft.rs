//! From a claims file to a signed statement: `{"vct" or "event", "iss", "sub", claims…, "cnf"?, "status"?, "jti"?, "iat"?}`.

use std::path::Path;

use serde_json::{Map, Value};

use super::error::CliError;
use super::{clock, files};
use crate::crypto::{PooledEntropy, PrivateKey, PublicKey};
use crate::event::{Class, Event, Kind, UnknownKind};
use crate::statement::{self, StatusReference};

/// The members of a claims file that are not claims of the event.
const ENVELOPE: [&str; 7] = ["vct", "event", "iss", "jti", "iat", "cnf", "status"];

/// What is about to be signed: validated, complete.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    /// The kind.
    pub(crate) kind: Kind,
    /// `iss`.
    pub(crate) issuer: String,
    /// `jti`.
    pub(crate) id: uuid::Uuid,
    /// `iat`.
    pub(crate) issued_at: i64,
    /// `cnf.jwk`.
    pub(crate) holder_key: Option<PublicKey>,
    /// `status`.
    pub(crate) status: Option<StatusReference>,
    /// Everything else, `sub` among it.
    pub(crate) claims: Map<String, Value>,
}

impl Draft {
    /// A draft made now, with a fresh id; the claims are checked against the kind's closed set.
    pub(crate) fn new(kind: Kind, issuer: &str, claims: Map<String, Value>) -> Result<Self, CliError> {
        Event::check(kind, &claims).map_err(|error| claim_error(kind, &error))?;
        let (id, issued_at) = (clock::new_id(), clock::now_s());
        Ok(Self { kind, issuer: issuer.to_owned(), id, issued_at, holder_key: None, status: None, claims })
    }

    /// Reads a claims file that will be signed with `key`; what a worker signs has the did:jwk of it as `iss` if none is given.
    pub(crate) fn from_file(path: &Path, key: &PublicKey) -> Result<Self, CliError> {
        Self::from_members(files::read_object(path)?, key)
    }

    fn from_members(mut members: Map<String, Value>, key: &PublicKey) -> Result<Self, CliError> {
        let mut envelope = Map::new();
        for name in ENVELOPE {
            if let Some(value) = members.remove(name) {
                envelope.insert(name.to_owned(), value);
            }
        }
        let kind = kind_of(&envelope)?;
        let text = |name: &str| envelope.get(name).and_then(Value::as_str);
        let holder = kind.is_by_holder().then(|| key.did_jwk());
        let issuer = text("iss").map(str::to_owned).or(holder).ok_or_else(|| {
            CliError::refused(
                "MISSING_CLAIM",
                "iss: who says this is missing",
                "add \"iss\" with the issuer identifier, an https URI",
            )
        })?;
        let mut draft = Self::new(kind, &issuer, members)?;
        if let Some(id) = envelope.get("jti") {
            draft.id = id.as_str().and_then(parse_id).ok_or_else(|| {
                CliError::refused(
                    "WRONG_TYPE",
                    "jti: not `urn:uuid:` and a UUID of version 7",
                    "leave it out to have one made",
                )
            })?;
        }
        if let Some(issued_at) = envelope.get("iat") {
            draft.issued_at = issued_at.as_i64().ok_or_else(|| {
                CliError::refused(
                    "WRONG_TYPE",
                    "iat: not an integer of Unix seconds",
                    "leave it out to have the present taken",
                )
            })?;
        }
        draft.holder_key = envelope.get("cnf").map(holder_key).transpose()?;
        draft.status = envelope.get("status").map(status_reference).transpose()?;
        Ok(draft)
    }

    /// Signs it: claim by claim disclosable about a person, in clear about an institution.
    pub(crate) fn sign(&self, key: &PrivateKey) -> Result<String, CliError> {
        if self.kind.binds_key() && self.holder_key.is_none() {
            let message = format!("cnf: {} binds a key, and none is given", self.kind.name());
            return Err(CliError::refused(
                "MISSING_CLAIM",
                message,
                "add \"cnf\": {\"jwk\": the holder's public key}",
            ));
        }
        let vct = self.kind.vct();
        let draft = statement::Draft {
            issuer: &self.issuer,
            vct: &vct,
            id: self.id,
            issued_at: self.issued_at,
            holder_key: self.holder_key.as_ref(),
            status: self.status.as_ref(),
            claims: &self.claims,
        };
        let signed = match self.kind.class() {
            Class::Person => {
                // All salts at once.
                let mut entropy = PooledEntropy::fetching(self.claims.len().saturating_mul(16));
                statement::issue(&draft, key, &mut entropy)
            }
            Class::Institution => statement::issue_in_clear(&draft, key),
            Class::Ledger => {
                let message = format!("{} is the ledger's own to say", self.kind.name());
                return Err(CliError::refused(
                    "LEDGER_SPEAKS_FOR_ITSELF",
                    message,
                    "the operator founds and changes a ledger",
                ));
            }
        };
        signed
            .map_err(|error| CliError::refused(error.reason(), error.to_string(), "correct the claims file"))
    }
}

fn kind_of(envelope: &Map<String, Value>) -> Result<Kind, CliError> {
    let given = |name: &str| envelope.get(name).and_then(Value::as_str);
    let kind = match (given("vct"), given("event")) {
        (Some(vct), None) => Kind::from_vct(vct).ok_or(vct),
        (None, Some(name)) => Kind::from_name(name).ok_or(name),
        _ => {
            let message = "the claims file must say what it states: either \"vct\" or \"event\"";
            return Err(CliError::refused(
                "KIND_MISSING",
                message,
                "e.g. \"event\": \"TrainingCompleted\"; `skillpass kinds` lists all",
            ));
        }
    };
    kind.map_err(unknown_kind)
}

/// A kind named on the command line.
pub(crate) fn parse_kind(name: &str) -> Result<Kind, CliError> {
    Kind::from_name(name).or_else(|| Kind::from_vct(name)).ok_or_else(|| unknown_kind(name))
}

fn unknown_kind(name: &str) -> CliError {
    let error = UnknownKind::new(name);
    CliError::refused(
        error.reason(),
        error.to_string(),
        "names are as in `skillpass kinds`, e.g. TrainingCompleted",
    )
}

fn claim_error(kind: Kind, error: &crate::event::ClaimError) -> CliError {
    let help = format!("`skillpass kinds {} --schema` lists what may be said", kind.name());
    CliError::refused(error.reason, error.to_string(), help)
}

fn parse_id(text: &str) -> Option<uuid::Uuid> {
    let id = uuid::Uuid::try_parse(text.strip_prefix("urn:uuid:")?).ok()?;
    (id.get_version_num() == 7).then_some(id)
}

fn holder_key(cnf: &Value) -> Result<PublicKey, CliError> {
    let jwk = cnf.get("jwk").filter(|_| cnf.as_object().is_some_and(|members| members.len() == 1));
    jwk.and_then(|jwk| PublicKey::from_jwk(jwk).ok()).ok_or_else(|| {
        let help = "`skillpass key show FILE --json` prints the public JWK of a key";
        CliError::refused("WRONG_TYPE", "cnf: not {\"jwk\": an Ed25519 or P-256 public key}", help)
    })
}

fn status_reference(status: &Value) -> Result<StatusReference, CliError> {
    let list = status.get("status_list");
    let uri = list.and_then(|list| list.get("uri")).and_then(Value::as_str);
    let index = list.and_then(|list| list.get("idx")).and_then(Value::as_u64);
    match (uri, index) {
        (Some(uri), Some(index)) => Ok(StatusReference { uri: uri.to_owned(), index }),
        _ => Err(CliError::refused(
            "WRONG_TYPE",
            "status: not {\"status_list\": {\"uri\", \"idx\"}}",
            "leave it out unless a list names it",
        )),
    }
}
