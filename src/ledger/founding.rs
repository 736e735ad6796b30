//! `init`: keys, the genesis, the root authorities: one journal frame, made durable last. Everything else in the
//! directory is derived from the journal, so a founding that was cut short is no ledger and one that was not is whole.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::clock::Clock;
use super::error::OpenError;
use super::keys::LedgerKeyUse;
use super::operators::Operators;
use super::{Founded, Founding, Ledger, tree};
use crate::crypto::{Entropy as _, OsEntropy, PrivateKey, PublicKey, base64url_encode};
use crate::event::entry::{ENTRY_VERSION, Entry};
use crate::event::{Class, Event, Kind, StreamId, UnixMs};
use crate::statement::{Draft, StatementError, issue_in_clear, json};
use crate::tlog::{Checkpoint, VerifierKey, leaf_hash, note_text};
use crate::trust::TrustState;
use crate::vault::{DataDir, Heads, Journal, Keyring, LedgerKeys, Record, VaultError};

/// The longest origin: `https://` and it are an `iss` of at most 256 bytes.
const ORIGIN_BYTES_MAX: usize = 200;

impl Ledger {
    /// Creates a data directory: keys, genesis, roots. Refuses an existing one.
    pub fn init(dir: &Path, founding: &Founding, clock: &dyn Clock) -> Result<Founded, OpenError> {
        Self::found(dir, founding, None, clock)
    }

    /// [`Self::init`] in the place of a ledger that can sign no more, whose newest known checkpoint is `succeeded`.
    pub fn init_successor(
        dir: &Path,
        founding: &Founding,
        succeeded: &str,
        clock: &dyn Clock,
    ) -> Result<Founded, OpenError> {
        let text = note_text(succeeded).ok().and_then(tree::unsigned);
        let succeeded = text.ok_or_else(|| founding_error("what it succeeds is no checkpoint"))?;
        if succeeded.origin == founding.origin {
            return Err(founding_error("a successor has another origin: one origin has one history"));
        }
        Self::found(dir, founding, Some(&succeeded), clock)
    }

    fn found(
        dir: &Path,
        founding: &Founding,
        succeeded: Option<&Checkpoint>,
        clock: &dyn Clock,
    ) -> Result<Founded, OpenError> {
        check_origin(&founding.origin)?;
        // Judged before anything is created: a wrong root leaves nothing behind.
        let roots = root_claims(founding)?;
        let dir = DataDir::new(dir)?;
        dir.create().map_err(|error| match error {
            VaultError::Exists { path } => OpenError::AlreadyExists { path },
            error => error.into(),
        })?;
        let keys = LedgerKeys::create(&dir, &mut OsEntropy)?;
        Operators::create(&dir)?;
        Keyring::create(&dir, &mut OsEntropy)?;
        Heads::open(&dir.heads())?;
        let records = first_records(&founding.origin, succeeded, &roots, &keys, clock.now_ms())?;
        Journal::create(&dir.journal())?.append(0, &records)?;
        let vkey = VerifierKey::log(&founding.origin, &first(&keys, LedgerKeyUse::Log)?.public())
            .map_err(|error| founding_error(error.to_string()))?;
        let status_key = first(&keys, LedgerKeyUse::Status)?.public();
        Ok(Founded { vkey, status_key, operator_key_file: dir.operator_key() })
    }
}

/// The key that was just made for a use.
fn first(keys: &LedgerKeys, use_: LedgerKeyUse) -> Result<&PrivateKey, OpenError> {
    keys.of(use_.as_str()).next().ok_or(OpenError::WrongKeys { what: use_.as_str() })
}

fn founding_error(problem: impl Into<String>) -> OpenError {
    OpenError::Founding { problem: problem.into() }
}

/// A host in lower case, with a path if need be: it stands in `iss` behind `https://` and in every checkpoint.
fn check_origin(origin: &str) -> Result<(), OpenError> {
    let issuer = format!("https://{origin}");
    if origin.len() <= ORIGIN_BYTES_MAX && !origin.ends_with('/') && crate::statement::is_issuer_uri(&issuer)
    {
        return Ok(());
    }
    Err(founding_error(format!(
        "`{origin}` is no origin: give a host name in lower case, such as ledger.ph.example.invalid, of at most {ORIGIN_BYTES_MAX} bytes"
    )))
}

/// The claims of each `AuthorityEstablished`.
fn root_claims(founding: &Founding) -> Result<Vec<Map<String, Value>>, OpenError> {
    let claims = |(issuer, root): (&str, Root<'_>)| {
        let claims = object(json!({
            "sub": issuer,
            "name": format!("root authority, {}", root.countries.join(", ")),
            "issuer_kind": "COMPETENT_AUTHORITY",
            "jurisdictions": root.countries,
            "jwk": root.key.to_jwk(),
        }));
        let checked = Event::check(Kind::AuthorityEstablished, &claims);
        checked.map(|()| claims).map_err(|error| founding_error(error.to_string()))
    };
    roots(founding)?.into_iter().map(claims).collect()
}

fn first_records(
    origin: &str,
    succeeded: Option<&Checkpoint>,
    roots: &[Map<String, Value>],
    keys: &LedgerKeys,
    now: UnixMs,
) -> Result<Vec<Record>, OpenError> {
    let (log, status) = (first(keys, LedgerKeyUse::Log)?, first(keys, LedgerKeyUse::Status)?);
    let mut stream = FirstStream { origin, log, now, trust: TrustState::new(), records: Vec::new() };
    let mut genesis = json!({
        "sub": format!("https://{origin}"),
        "origin": origin,
        "ledger_id": base64url_encode(OsEntropy.bytes::<16>()),
        "log_keys": [log.public().to_jwk()],
        "status_keys": [status.public().to_jwk()],
        "entry_version": ENTRY_VERSION,
    });
    if let Some(Checkpoint { origin, size, root }) = succeeded {
        let predecessor = json!({"origin": origin, "size": size, "root": base64url_encode(root)});
        json::set(&mut genesis, "succeeds", predecessor);
    }
    stream.add(Kind::LedgerFounded, &object(genesis))?;
    for claims in roots {
        stream.add(Kind::AuthorityEstablished, claims)?;
    }
    Ok(stream.records)
}

fn object(value: Value) -> Map<String, Value> {
    if let Value::Object(members) = value { members } else { Map::new() }
}

/// One root authority, for all its countries.
struct Root<'a> {
    key: &'a PublicKey,
    countries: Vec<&'a str>,
}

fn roots(founding: &Founding) -> Result<BTreeMap<&str, Root<'_>>, OpenError> {
    let mut roots = BTreeMap::<&str, Root<'_>>::new();
    for (country, issuer, key) in &founding.roots {
        let root = roots.entry(issuer).or_insert_with(|| Root { key, countries: Vec::new() });
        if root.key != key {
            return Err(founding_error(format!("`{issuer}` is given with two different keys")));
        }
        if root.countries.contains(&country.as_str()) {
            return Err(founding_error(format!("`{issuer}` is given twice for {country}")));
        }
        root.countries.push(country);
    }
    Ok(roots)
}

/// The ledger stream as it grows before there is a writer.
struct FirstStream<'a> {
    origin: &'a str,
    log: &'a PrivateKey,
    now: UnixMs,
    trust: TrustState,
    records: Vec<Record>,
}

impl FirstStream<'_> {
    fn add(&mut self, kind: Kind, claims: &Map<String, Value>) -> Result<(), OpenError> {
        let text = sign_own(self.origin, self.log, kind, claims, self.now)
            .map_err(|error| founding_error(error.to_string()))?;
        let leaf = self.records.len() as u64;
        let (statement, event) = self
            .trust
            .verify_public(&text, leaf, self.now)
            .map_err(|error| founding_error(error.to_string()))?;
        self.trust.apply(&statement, &event, leaf, self.now);
        let entry = Entry::Public {
            class: Class::Ledger,
            recorded_at: self.now,
            stream: StreamId::ledger(),
            revision: u32::try_from(leaf).unwrap_or(u32::MAX),
            prev: self.records.last().map_or([0; 32], |last| leaf_hash(&last.entry)),
            statement: text,
        };
        self.records.push(Record { entry: entry.encode(), sealed: None });
        Ok(())
    }
}

/// A statement by the ledger itself, in clear, under its checkpoint key.
pub(super) fn sign_own(
    origin: &str,
    key: &PrivateKey,
    kind: Kind,
    claims: &Map<String, Value>,
    now: UnixMs,
) -> Result<String, StatementError> {
    let draft = Draft {
        issuer: &format!("https://{origin}"),
        vct: &kind.vct(),
        id: new_id(now),
        issued_at: i64::try_from(now / 1000).unwrap_or(i64::MAX),
        holder_key: None,
        status: None,
        claims,
    };
    issue_in_clear(&draft, key)
}

/// A version 7 UUID (RFC 9562 section 5.7) of this time.
fn new_id(now: UnixMs) -> uuid::Uuid {
    uuid::Builder::from_unix_timestamp_millis(now, &OsEntropy.bytes::<10>()).into_uuid()
}
