//! The bodies of all journeys: a key each, named and authorised in the ledger of their country's side.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::journey::{Body, Journey, Side};
use super::stage::Stage;
use crate::cli::error::CliError;
use crate::cli::send::append_in_order;
use crate::cli::{files, keyfile};
use crate::crypto::{Entropy as _, OsEntropy, PrivateKey, PublicKey};
use crate::event::{Class, Kind};
use crate::statement::{self, Draft, json};
use crate::trust::TrustedRoot;

/// The day from which an authorisation covers award dates, if its journey does not say.
const VALID_FROM: &str = "2000-01-01";

/// Every body that speaks, by issuer identifier.
#[derive(Default)]
pub(super) struct Cast {
    keys: BTreeMap<String, PrivateKey>,
    pub(super) roots: Vec<TrustedRoot>,
}

impl Cast {
    /// Makes a key for each body, has the ledgers name the roots, and the authorisers authorise the rest.
    pub(super) async fn assemble(
        stage: &Stage,
        journeys: &[Journey],
        keys_dir: &Path,
    ) -> Result<Self, CliError> {
        let mut cast = Self::default();
        for journey in journeys {
            for body in &journey.bodies {
                cast.make_key(body, keys_dir)?;
            }
            for body in journey.bodies.iter().filter(|body| body.root) {
                cast.name_root(stage, journey, body).await?;
            }
            // Authorisers before those they authorise, however the file orders them.
            let mut open: Vec<&Body> =
                journey.bodies.iter().filter(|body| !body.root || !body.kinds.is_empty()).collect();
            let mut done: Vec<&str> =
                journey.bodies.iter().filter(|body| body.root).map(|body| body.id.as_str()).collect();
            while !open.is_empty() {
                let ready = |body: &&Body| {
                    journey.authoriser_of(body).is_some_and(|by| body.root || done.contains(&by.id.as_str()))
                };
                let Some(at) = open.iter().position(ready) else {
                    let message = format!("{}: the bodies authorise each other in a circle", journey.id);
                    return Err(CliError::usage(
                        "JOURNEY_INVALID",
                        message,
                        "one of them needs `root = true` above it",
                    ));
                };
                let body = open.remove(at);
                cast.authorise(stage, journey, body).await?;
                done.push(&body.id);
            }
        }
        Ok(cast)
    }

    /// The key of a body.
    pub(super) fn key(&self, issuer: &str) -> Option<&PrivateKey> {
        self.keys.get(issuer)
    }

    fn make_key(&mut self, body: &Body, keys_dir: &Path) -> Result<(), CliError> {
        if self.keys.contains_key(&body.issuer()) {
            return Ok(());
        }
        let key = PrivateKey::generate_ed25519(&mut OsEntropy);
        write_key(keys_dir, &body.id, &key)?;
        self.keys.insert(body.issuer(), key);
        Ok(())
    }

    async fn name_root(&mut self, stage: &Stage, journey: &Journey, body: &Body) -> Result<(), CliError> {
        let (Some(key), Some(side)) = (self.keys.get(&body.issuer()), journey.side_of(&body.country)) else {
            return Ok(());
        };
        if self.roots.iter().any(|root| root.issuer == body.issuer()) {
            return Ok(());
        }
        let claims = json!({
            "sub": body.issuer(), "name": body.name, "issuer_kind": body.issuer_kind,
            "jurisdictions": [body.country], "jwk": key.public().to_jwk(),
        });
        stage.append_own(side, "AuthorityEstablished", &claims).await?;
        self.roots.push(TrustedRoot {
            issuer: body.issuer(),
            jurisdictions: vec![body.country.clone()],
            kids: vec![key.public().thumbprint()],
            name: Some(body.name.clone()),
            contact: None,
        });
        Ok(())
    }

    async fn authorise(&self, stage: &Stage, journey: &Journey, body: &Body) -> Result<(), CliError> {
        let authoriser = if body.root { Some(body) } else { journey.authoriser_of(body) };
        let (Some(authoriser), Some(side)) = (authoriser, journey.side_of(&body.country)) else {
            return Ok(());
        };
        let basis = body.basis.as_deref().unwrap_or(if body.root { "STATUTE" } else { "ACCREDITATION" });
        let mut claims = json!({
            "sub": body.issuer(), "name": body.name, "issuer_kind": body.issuer_kind, "basis": basis,
            "kinds": body.kinds, "jurisdictions": [body.country],
            "valid_from": body.valid_from.as_deref().unwrap_or(VALID_FROM),
        });
        if let Some(until) = &body.valid_until {
            json::set(&mut claims, "valid_until", until.as_str());
        }
        if body.may_authorise_depth > 0 {
            json::set(&mut claims, "may_authorise_depth", body.may_authorise_depth);
        }
        self.state(stage, side, authoriser, Kind::IssuerAuthorised, &claims).await?;
        if let Some(key) = self.keys.get(&body.issuer()).filter(|_| !body.root) {
            let claims = json!({"sub": body.issuer(), "jwk": key.public().to_jwk()});
            self.state(stage, side, authoriser, Kind::IssuerKeyAdded, &claims).await?;
        }
        Ok(())
    }

    /// `by` states something about an institution.
    async fn state(
        &self,
        stage: &Stage,
        side: Side,
        by: &Body,
        kind: Kind,
        claims: &Value,
    ) -> Result<(), CliError> {
        let Some(key) = self.keys.get(&by.issuer()) else { return Ok(()) };
        let claims = claims.as_object().cloned().unwrap_or_default();
        let statement = sign(kind, &by.issuer(), key, &claims, None, stage.now_ms())?;
        let client = &stage.seat(side).client;
        append_in_order(client, vec![statement]).await.map(|_| ())
    }
}

/// Signs a statement as at `now_ms`.
pub(super) fn sign(
    kind: Kind,
    issuer: &str,
    key: &PrivateKey,
    claims: &Map<String, Value>,
    holder_key: Option<&PublicKey>,
    now_ms: u64,
) -> Result<String, CliError> {
    let id = uuid::Builder::from_unix_timestamp_millis(now_ms, &OsEntropy.bytes()).into_uuid();
    let issued_at = i64::try_from(now_ms / 1000).unwrap_or_default();
    let draft = Draft { issuer, vct: &kind.vct(), id, issued_at, holder_key, status: None, claims };
    let signed = match kind.class() {
        Class::Person => statement::issue(&draft, key, &mut OsEntropy),
        Class::Institution | Class::Ledger => statement::issue_in_clear(&draft, key),
    };
    signed.map_err(|error| CliError::refused(error.reason(), error.to_string(), "correct the journey file"))
}

/// Writes `keys/NAME.jwk` (private) and `keys/NAME.pub.jwk`.
pub(super) fn write_key(keys_dir: &Path, name: &str, key: &PrivateKey) -> Result<(), CliError> {
    keyfile::write_private(&keys_dir.join(format!("{name}.jwk")), key, None)?;
    files::replace(
        &keys_dir.join(format!("{name}.pub.jwk")),
        format!("{}\n", key.public().to_jwk()).as_bytes(),
    )
}
