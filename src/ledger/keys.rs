//! The ledger's own keys while it runs: which sign now, adding one, ending one. All under one origin.
//!
//! The log says which keys are in force; DIR.key holds the private halves. A key is written to DIR.key before the log names
//! it, and destroyed after the log has ended it: a crash in between leaves a file that the log does not name (the next
//! addition takes it) or one that it has ended (the next start destroys it). So no key is ever in force without a file.

use std::sync::PoisonError;
use std::time::Duration;

use serde_json::{Map, Value};

use super::error::{AppendError, OpenError};
use super::shared::Shared;
use super::{Acknowledgement, Ledger};
use crate::crypto::{OsEntropy, PrivateKey, PublicKey};
use crate::event::{Kind, UnixMs};
use crate::trust::{KeyOfLedger, TrustState};
use crate::vault::{DataDir, LedgerKeys, VaultError};

/// How long the end of a key waits for the checkpoint that shows its successor.
const CHECKPOINT_WAIT: Duration = Duration::from_secs(10);

/// What a key of the ledger is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LedgerKeyUse {
    /// Checkpoints, and the ledger's own statements.
    Log,
    /// Standing and head tokens, status lists.
    Status,
}

/// Why a key of the ledger ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LedgerKeyEnd {
    /// Replaced: what it signed stays good.
    Retired,
    /// Nobody has it any more.
    Lost,
    /// In wrong hands since this time (Unix ms): trust files cease to name it.
    Compromised(UnixMs),
}

impl LedgerKeyUse {
    /// As in `use`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Status => "status",
        }
    }

    /// By name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Log, Self::Status].into_iter().find(|use_| use_.as_str() == name)
    }
}

/// The keys of DIR.key that the log names and has not ended, oldest first.
pub(super) fn in_force(keys: &LedgerKeys, trust: &TrustState, use_: LedgerKeyUse) -> Vec<PrivateKey> {
    let named = |public: &PublicKey| match use_ {
        LedgerKeyUse::Log => trust.log_keys().contains(public),
        LedgerKeyUse::Status => trust.status_keys().iter().any(|(_, key)| key == public),
    };
    keys.of(use_.as_str()).filter(|key| named(&key.public())).cloned().collect()
}

/// At a start: at least one key of each use is in force, and what the log has ended is destroyed.
pub(super) fn check_and_clean(
    paths: &DataDir,
    keys: &mut LedgerKeys,
    trust: &TrustState,
) -> Result<(), OpenError> {
    for use_ in [LedgerKeyUse::Log, LedgerKeyUse::Status] {
        if in_force(keys, trust, use_).is_empty() {
            let what = if use_ == LedgerKeyUse::Log { "log key" } else { "status key" };
            return Err(OpenError::WrongKeys { what });
        }
    }
    Ok(destroy_ended(paths, keys, trust)?)
}

fn destroy_ended(paths: &DataDir, keys: &mut LedgerKeys, trust: &TrustState) -> Result<(), VaultError> {
    let known = trust.keys_of_ledger();
    let ended = |use_: &str, key: &PublicKey| {
        known.iter().any(|one| one.use_ == use_ && one.key == *key && one.ended.is_some())
    };
    keys.destroy(paths, ended)
}

impl Shared {
    fn keys_in_force(&self, use_: LedgerKeyUse) -> Vec<PrivateKey> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        in_force(&keys, &self.trust_snapshot().1, use_)
    }

    /// Every key that signs a checkpoint now.
    pub(super) fn log_signers(&self) -> Vec<PrivateKey> {
        self.keys_in_force(LedgerKeyUse::Log)
    }

    /// The key that signs tokens: the oldest in force, so that a new one can be made known before the old one ends.
    pub(super) fn status_signer(&self) -> PrivateKey {
        self.keys_in_force(LedgerKeyUse::Status).into_iter().next().unwrap_or_else(nobodys)
    }

    /// The key for the ledger's own statements: the oldest in force but the one that the statement ends.
    pub(super) fn own_signer(&self, kind: Kind, claims: &Map<String, Value>) -> PrivateKey {
        let ends =
            (kind == Kind::LedgerKeyEnded).then(|| claims.get("kid").and_then(Value::as_str)).flatten();
        let signers = self.log_signers();
        let other = signers.iter().find(|key| ends != Some(key.public().thumbprint().as_str()));
        other.or(signers.first()).cloned().unwrap_or_else(nobodys)
    }
}

/// Cannot be needed: a start asks for a key of each use, and the log refuses to end the last. What a key that nobody
/// names has signed counts for nothing.
fn nobodys() -> PrivateKey {
    PrivateKey::generate_ed25519(&mut OsEntropy)
}

impl Ledger {
    /// Whether it neither records nor signs.
    pub fn is_read_only(&self) -> bool {
        self.0.shared.options.read_only
    }

    /// Every key the ledger ever named, in order.
    pub fn own_keys(&self) -> Vec<KeyOfLedger> {
        self.trust().keys_of_ledger()
    }

    /// Makes another key, writes it to DIR.key, and records it. From then on a log key signs every checkpoint beside the
    /// older ones; a status key signs when the older ones have ended.
    pub async fn add_own_key(&self, use_: LedgerKeyUse) -> Result<(PublicKey, Acknowledgement), AppendError> {
        self.0.shared.check_serving()?;
        let key = self.0.shared.waiting_key(use_)?;
        let claims = Map::from_iter([
            ("use".to_owned(), Value::from(use_.as_str())),
            ("jwk".to_owned(), key.to_jwk()),
        ]);
        let acknowledgement = self.append_own(Kind::LedgerKeyAdded, claims).await?;
        Ok((key, acknowledgement))
    }

    /// Records the end of a key and destroys its file. The last one of a use stays.
    pub async fn end_own_key(&self, kid: &str, end: LedgerKeyEnd) -> Result<Acknowledgement, AppendError> {
        let known = self.own_keys().into_iter().find(|key| key.kid == kid);
        let use_ = known.map_or("log", |key| key.use_);
        self.successor_published(kid, use_).await?;
        let reason = match end {
            LedgerKeyEnd::Retired => "RETIRED",
            LedgerKeyEnd::Lost => "LOST",
            LedgerKeyEnd::Compromised(_) => "COMPROMISED",
        };
        let mut claims = Map::from_iter([
            ("use".to_owned(), Value::from(use_)),
            ("kid".to_owned(), Value::from(kid)),
            ("reason".to_owned(), Value::from(reason)),
        ]);
        if let LedgerKeyEnd::Compromised(since) = end {
            let since = i64::try_from(since / 1000).ok().and_then(|at| jiff::Timestamp::from_second(at).ok());
            let since = since.map(|at| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
            claims.insert("compromised_since".to_owned(), since.into());
        }
        let acknowledgement = self.append_own(Kind::LedgerKeyEnded, claims).await?;
        self.0.shared.destroy_ended_keys()?;
        Ok(acknowledgement)
    }
}

impl Ledger {
    /// Waits until a published checkpoint covers the statement that named another key of this use: tokens by a key that the
    /// stream in a file does not name yet would look foreign.
    async fn successor_published(&self, kid: &str, use_: &str) -> Result<(), AppendError> {
        let others = self.own_keys().into_iter().filter(|key| key.use_ == use_ && key.kid != kid);
        let Some(named) = others.filter(|key| key.ended.is_none()).map(|key| key.added).min() else {
            return Ok(());
        };
        let mut watched = self.published();
        let covering = watched.wait_for(|published| published.checkpoint.size > named);
        match tokio::time::timeout(CHECKPOINT_WAIT, covering).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(AppendError::not_serving()),
        }
    }
}

impl Shared {
    /// A key that is written and not named yet: what an interrupted addition left, or a new one.
    fn waiting_key(&self, use_: LedgerKeyUse) -> Result<PublicKey, AppendError> {
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        let named = self.trust_snapshot().1.keys_of_ledger();
        let waiting = |key: &PublicKey| !named.iter().any(|known| known.key == *key);
        if let Some(key) = keys.of(use_.as_str()).map(PrivateKey::public).find(waiting) {
            return Ok(key);
        }
        let made = keys.add(&self.paths, use_.as_str(), &mut OsEntropy);
        made.map(|key| key.public()).map_err(|error| key_file(&error))
    }

    fn destroy_ended_keys(&self) -> Result<(), AppendError> {
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        destroy_ended(&self.paths, &mut keys, &self.trust_snapshot().1).map_err(|error| key_file(&error))
    }
}

/// The log is as it was, or says already what the file is about to: a start completes it.
fn key_file(error: &VaultError) -> AppendError {
    AppendError::new(
        super::AppendErrorKind::Unavailable,
        "KEY_FILE",
        format!("a key file could not be written or destroyed: {error}"),
        "see that DIR.key can be written; call again, or restart the ledger: it completes what was begun",
    )
}
