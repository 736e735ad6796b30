//! What a worker has settled about who may look, help and add: kept sealed beside the stream, never in the log.
//!
//! This room keeps and applies it; what a grant means is for the rooms above.

use std::sync::PoisonError;

use serde::{Deserialize, Serialize};

use super::error::ReadError;
use super::shared::Shared;
use super::shares::Share;
use super::writer::Writer;
use super::{Ledger, prepare::Person};
use crate::crypto::{Entropy as _, OsEntropy, SealKey};
use crate::event::{Kind, UnixMs, WorkerId};
use crate::statement::Unverified;
use crate::trust::TrustState;
use crate::vault::{Head, KeySlot, ShareName, VaultError};

/// The most grants of one worker at a time.
pub const GRANTS_MAX: usize = 64;
/// The most audiences that one worker blocks.
pub const BLOCKS_MAX: usize = 64;
/// The most bodies that one worker permits by name.
pub const PERMITS_MAX: usize = 256;

/// One worker's settings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessSettings {
    /// What the worker granted and has not taken back.
    #[serde(default)]
    pub grants: Vec<Deposit>,
    /// Who must learn nothing.
    #[serde(default)]
    pub blocks: Vec<Block>,
    /// Set: only these bodies may add to the stream.
    #[serde(default)]
    pub permitted: Option<Vec<String>>,
    /// The links that open a part to whoever has them.
    #[serde(default)]
    pub shares: Vec<Share>,
}

/// A grant as the ledger keeps it: it counts only while it is here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deposit {
    /// Its id, `urn:uuid:…`.
    pub id: String,
    /// The tokens, as signed: one by the holder, or one of each of two bodies.
    pub tokens: Vec<String>,
    /// Unix seconds; it is dropped after that.
    pub expires_at: i64,
}

/// Somebody who must learn nothing of the worker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Block {
    /// Who.
    pub audience: Audience,
    /// `holder`, or the body that opened the passport and spoke for the worker.
    pub by: String,
    /// When it was set.
    pub since: UnixMs,
}

/// Which bodies a block means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// This body.
    Issuer(String),
    /// This body and every body whose authorisation rests on it.
    Under(String),
    /// Every body under a root authority of this country (alpha-2), roots included.
    Country(String),
}

impl Audience {
    fn means(&self, issuer: &str, trust: &TrustState) -> bool {
        match self {
            Self::Issuer(named) => named == issuer,
            Self::Under(named) => trust.chain_of(issuer).iter().any(|body| body == named),
            Self::Country(country) => trust.roots_of(issuer).iter().any(|(_, of)| of == country),
        }
    }
}

impl AccessSettings {
    /// Whether `issuer` is among those who must learn nothing.
    pub fn blocks(&self, issuer: &str, trust: &TrustState) -> bool {
        self.blocks.iter().any(|block| block.audience.means(issuer, trust))
    }

    /// Since when `issuer` has been kept out; what it said before can be changed by nobody since.
    pub fn silent_since(&self, issuer: &str, trust: &TrustState) -> Option<UnixMs> {
        let meant = self.blocks.iter().filter(|block| block.audience.means(issuer, trust));
        meant.map(|block| block.since).min()
    }

    /// Whether the key of this thumbprint is one of a body that must learn nothing, whatever name it calls under.
    pub fn blocks_key(&self, kid: &str, trust: &TrustState) -> bool {
        !self.blocks.is_empty()
            && trust
                .bodies()
                .iter()
                .any(|(issuer, _, _)| trust.key(issuer, kid).is_some() && self.blocks(issuer, trust))
    }

    /// May `issuer` add to the stream? Whoever is above a permitted body may still act on what that body said.
    fn admits(&self, issuer: &str, kind: Kind, trust: &TrustState) -> bool {
        if self.blocks(issuer, trust) {
            return false;
        }
        let Some(permitted) = &self.permitted else { return true };
        // Whoever lost the key that gives permission must still get a new one; two bodies and seven days guard that.
        if matches!(kind, Kind::HolderKeyRecoveryRequested | Kind::HolderKeyRecoveryConfirmed) {
            return true;
        }
        let is_above =
            || permitted.iter().any(|known| trust.chain_of(known).iter().any(|body| body == issuer));
        permitted.iter().any(|known| known == issuer) || kind.acts_on_another() && is_above()
    }

    /// As they were put in place.
    pub(super) fn decode(plain: &[u8]) -> Result<Self, VaultError> {
        serde_json::from_slice(plain)
            .map_err(|_| VaultError::RecordMalformed { problem: "its access settings have another layout" })
    }

    fn drop_expired(&mut self, now: i64) {
        self.grants.retain(|grant| grant.expires_at > now);
        self.shares.retain(|share| share.expires_at > now);
    }
}

impl Shared {
    fn settings(&self, slot: KeySlot, key: &SealKey) -> Result<AccessSettings, VaultError> {
        let Some(plain) = self.access.settings(slot, key)? else { return Ok(AccessSettings::default()) };
        AccessSettings::decode(&plain)
    }

    pub(super) fn open_worker(&self, worker: WorkerId) -> Result<Option<(Head, SealKey)>, ReadError> {
        let Some(head) = self.head(worker)? else { return Ok(None) };
        Ok(self.keyring.key(head.slot)?.map(|key| (head, key)))
    }
}

impl Ledger {
    /// A worker's settings; `None` if unknown or erased.
    pub fn access(&self, worker: WorkerId) -> Result<Option<AccessSettings>, ReadError> {
        let shared = &self.0.shared;
        let Some((head, key)) = shared.open_worker(worker)? else { return Ok(None) };
        let mut settings = shared.settings(head.slot, &key)?;
        settings.drop_expired(seconds(self.now_ms()));
        Ok(Some(settings))
    }

    /// Changes a worker's settings, durable when this returns; `None` if unknown or erased. The caller checked who asks.
    pub fn change_access<T, E>(
        &self,
        worker: WorkerId,
        change: impl FnOnce(&mut AccessSettings) -> Result<T, E>,
    ) -> Result<Option<Result<T, E>>, ReadError> {
        self.change_access_with(worker, None, change)
    }

    /// The same with the box of a share that the changed settings name: it is durable before they count. Boxes that nothing
    /// names any more are removed.
    pub fn change_access_with<T, E>(
        &self,
        worker: WorkerId,
        kept: Option<(&ShareName, &[u8])>,
        change: impl FnOnce(&mut AccessSettings) -> Result<T, E>,
    ) -> Result<Option<Result<T, E>>, ReadError> {
        let shared = &self.0.shared;
        shared.access.exclusively(|| {
            let Some((head, key)) = shared.open_worker(worker)? else { return Ok(None) };
            let before = shared.settings(head.slot, &key)?;
            let mut settings = before.clone();
            settings.drop_expired(seconds(self.now_ms()));
            let outcome = change(&mut settings);
            let mut unfinished = shared.unfinished.lock().unwrap_or_else(PoisonError::into_inner);
            let earlier = unfinished.get(&head.slot).cloned();
            // What an earlier try could not make durable is read as if it were: it is written again before it counts.
            if outcome.is_ok() && (settings != before || earlier.is_some()) {
                let mut had = earlier.unwrap_or_default();
                for share in before.shares {
                    if had.iter().all(|known| known.name != share.name) {
                        had.push(share);
                    }
                }
                unfinished.insert(head.slot, had.clone());
                let plain = serde_json::to_vec(&settings).map_err(|_| VaultError::RecordMalformed {
                    problem: "access settings that are no JSON",
                })?;
                if let Some((name, boxed)) = kept {
                    shared.shares.put(head.slot, &key, OsEntropy.bytes(), name, boxed)?;
                }
                shared.access.put_settings(head.slot, &key, OsEntropy.bytes(), &plain)?;
                for share in had.iter().filter(|share| !settings.names(&share.name)) {
                    share.box_name().map_or(Ok(()), |name| shared.shares.remove(head.slot, &name))?;
                }
                unfinished.remove(&head.slot);
            }
            Ok(Some(outcome))
        })
    }

    /// The bodies that have stated something in the worker's stream, the opener first; `None` if unknown or erased.
    pub fn stated_by(&self, worker: WorkerId) -> Result<Option<Vec<String>>, ReadError> {
        let Some(history) = self.0.shared.history(worker, &self.trust())? else { return Ok(None) };
        let mut bodies: Vec<String> = Vec::new();
        for past in history.0.into_iter().filter(|past| !is_worker(&past.issuer)) {
            if !bodies.contains(&past.issuer) {
                bodies.push(past.issuer);
            }
        }
        Ok(Some(bodies))
    }

    /// Notes that somebody looked. `merge` may take a note that is there into itself. Nothing if unknown or erased.
    pub fn note_access(
        &self,
        worker: WorkerId,
        note: &[u8],
        merge: impl Fn(&[u8]) -> Option<Vec<u8>>,
    ) -> Result<(), ReadError> {
        let shared = &self.0.shared;
        let Some((head, key)) = shared.open_worker(worker)? else { return Ok(()) };
        Ok(shared.access.note(head.slot, &key, OsEntropy.bytes(), note, merge)?)
    }

    /// Who looked, oldest first; `None` if unknown or erased.
    pub fn access_notes(&self, worker: WorkerId) -> Result<Option<Vec<Vec<u8>>>, ReadError> {
        let shared = &self.0.shared;
        let Some((head, key)) = shared.open_worker(worker)? else { return Ok(None) };
        let notes = shared.access.notes(head.slot, &key)?;
        Ok(Some(notes.into_iter().map(|(_, note)| note).collect()))
    }
}

impl Writer {
    /// Whether the worker has kept this statement's body out. Most workers have settled nothing, and it costs a look into a
    /// set. What cannot be read keeps everyone out.
    pub(super) fn is_kept_out(&self, head: &Head, person: &Person, text: &str) -> bool {
        if !self.shared.access.has_settings(head.slot) {
            return false;
        }
        let issuer = Unverified::parse(text).map(|statement| statement.clear().issuer.clone());
        let Ok(issuer) = issuer else { return true };
        if is_worker(&issuer) {
            // Whether it is the worker's current key is the stream's to say.
            return false;
        }
        let settings = || {
            let key = self.shared.keyring.key(head.slot).ok().flatten()?;
            self.shared.settings(head.slot, &key).ok()
        };
        let Some(settings) = settings() else {
            tracing::error!("the access settings of a worker cannot be read: nobody adds to the passport");
            return true;
        };
        !settings.admits(&issuer, person.kind, &self.trust)
    }
}

/// Bodies have https identifiers.
fn is_worker(issuer: &str) -> bool {
    issuer.starts_with("did:")
}

fn seconds(ms: UnixMs) -> i64 {
    i64::try_from(ms / 1000).unwrap_or(i64::MAX)
}
