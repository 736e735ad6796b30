//! Keys at a leaf: plain ends act on later leaves, a compromise acts on everything recorded since T (SPEC.md, "Time").

use super::authorise::day_of;
use super::state::{IssuerKey, KeyUse, TrustState};
use crate::crypto::PublicKey;
use crate::event::{StreamRecord, UnixMs};

/// A key, as it was for one statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyVerdict {
    /// Valid there.
    Valid,
    /// Never added, added at a later leaf, or ended at an earlier one.
    Invalid,
    /// Compromised since a time at or before the recording: fails.
    Compromised,
    /// Compromised since T (Unix ms), later than the recording: counts only with inclusion in a checkpoint that the
    /// verifier's witnesses cosigned before T.
    NeedsAnchor(UnixMs),
}

impl TrustState {
    /// The key `kid` of `issuer` (a body, or the ledger itself), whatever its state, to check a signature with.
    pub fn key(&self, issuer: &str, kid: &str) -> Option<&PublicKey> {
        if let Some(ledger) = &self.ledger
            && is_ledger_issuer(&ledger.origin, issuer)
        {
            // A status key signs tokens, never a statement.
            let mut keys = ledger.keys.iter().filter(|key| key.use_ == KeyUse::Log);
            return keys.find(|key| key.kid == kid).map(|key| &key.key);
        }
        self.issuer_key(issuer, kid).map(|key| &key.key)
    }

    /// The state of that key for a statement at `leaf` recorded at `recorded_at`.
    pub fn key_verdict(&self, issuer: &str, kid: &str, leaf: u64, recorded_at: UnixMs) -> KeyVerdict {
        if let Some(ledger) = &self.ledger
            && is_ledger_issuer(&ledger.origin, issuer)
        {
            let valid = ledger.keys.iter().any(|key| {
                key.kid == kid
                    && key.use_ == KeyUse::Log
                    && (key.added < leaf || key.added == 0)
                    && key.ended.is_none_or(|ended| leaf <= ended)
            });
            return if valid { KeyVerdict::Valid } else { KeyVerdict::Invalid };
        }
        match self.issuer_key(issuer, kid) {
            Some(key) => verdict(key, leaf, recorded_at),
            None => KeyVerdict::Invalid,
        }
    }

    /// Whether a record fails for its key: compromised since a time at or before the recording.
    pub fn fails_by_key(&self, record: &StreamRecord) -> bool {
        let clear = record.statement.clear();
        let verdict = self.key_verdict(&clear.issuer, &clear.kid, record.leaf, record.recorded_at);
        verdict == KeyVerdict::Compromised
    }

    fn issuer_key(&self, issuer: &str, kid: &str) -> Option<&IssuerKey> {
        self.bodies.get(issuer)?.keys.iter().find(|key| key.kid == kid)
    }
}

fn verdict(key: &IssuerKey, leaf: u64, recorded_at: UnixMs) -> KeyVerdict {
    match key.compromised_since {
        Some(since) if recorded_at >= since => KeyVerdict::Compromised,
        _ if leaf <= key.added || key.ended.is_some_and(|ended| leaf > ended) => KeyVerdict::Invalid,
        _ if key.valid_from.is_some_and(|from| day_of(recorded_at) < from) => KeyVerdict::Invalid,
        Some(since) => KeyVerdict::NeedsAnchor(since),
        None => KeyVerdict::Valid,
    }
}

pub(super) fn is_ledger_issuer(origin: &str, issuer: &str) -> bool {
    issuer.strip_prefix("https://") == Some(origin)
}
