//! Erasure: the key destroyed, the history kept. And the ledger's own statements, of which Erased is one.

use serde_json::{Map, Value};

use super::error::{AppendError, OpenError};
use super::founding::sign_own;
use super::prepare::prepare_own;
use super::sequence::Placed;
use super::writer::{Fault, Writer};
use super::{Acknowledgement, ErasureBasis};
use crate::crypto::OsEntropy;
use crate::event::{Event, Kind, WorkerId};
use crate::vault::{KeySlot, VaultError};

impl ErasureBasis {
    /// As in the Erased entry.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HolderRequest => "HOLDER_REQUEST",
            Self::Order => "ORDER",
        }
    }
}

impl Writer {
    /// DESIGN 4 "Erase". Each step is durable before the next, and the start after a crash completes what it finds
    /// begun (`open`).
    pub(super) fn erase(&mut self, worker: WorkerId, basis: ErasureBasis) -> Result<Acknowledgement, Fault> {
        self.commit()?;
        let head = self.shared.head(worker)?.ok_or_else(AppendError::unknown_worker)?;
        // What the worker's statements answer in status lists can be worked out for the last time.
        let erasures = self.shared.keyring.erasure_count().saturating_add(1);
        self.shared.status.before_erasure(&self.shared, erasures)?;
        // (a) From here on the erasure will happen.
        self.shared.keyring.record_erasure(worker, head.slot)?;
        self.recent_ids.forget(worker);
        self.destroy(head.slot)?;
        // (d) The log says that it happened, and to nobody's knowledge but the operator's to whom.
        self.note_erasure(Some(basis))
    }

    /// Steps (b) and (c).
    fn destroy(&self, slot: KeySlot) -> Result<(), VaultError> {
        // (b) From here on it has happened: nothing opens the worker's records any more.
        self.shared.keyring.tombstone(slot)?;
        // What was settled and noted died with the key; nothing is left to tell that there was something.
        self.shared.access.remove(slot)?;
        self.shared.shares.remove_all(slot)?;
        // (c) The one place where the id stood in clear.
        self.shared.heads().clear(slot)?;
        self.shared.heads().sync_slots()
    }

    /// At a start: an older keyring was put back, and what it still has was erased since. Done again before anybody reads; the
    /// log says so already, or `complete_erasures` makes it say so.
    pub(super) fn erase_again(&self) -> Result<(), OpenError> {
        for missed in self.shared.keyring.missed_erasures()? {
            let erasures = self.shared.keyring.erasure_count().saturating_add(1);
            self.shared.status.before_erasure(&self.shared, erasures)?;
            self.shared.keyring.record_missed(&missed, &mut OsEntropy)?;
            self.destroy(missed.slot)?;
        }
        Ok(())
    }

    /// The Erased entry, durable. Without a basis: an erasure that a crash interrupted and the start completed.
    pub(super) fn note_erasure(&mut self, basis: Option<ErasureBasis>) -> Result<Acknowledgement, Fault> {
        let basis = basis.map(|basis| ("basis".to_owned(), Value::from(basis.as_str())));
        let acknowledgement = self.own(Kind::Erased, &basis.into_iter().collect())?;
        self.commit()?;
        Ok(acknowledgement)
    }

    /// Signs claims with a log key in force and places the statement.
    pub(super) fn own(&mut self, kind: Kind, claims: &Map<String, Value>) -> Result<Acknowledgement, Fault> {
        Event::check(kind, claims).map_err(AppendError::from)?;
        let key = self.shared.own_signer(kind, claims);
        let text = sign_own(&self.shared.origin, &key, kind, claims, self.now).map_err(AppendError::from)?;
        let prepared = prepare_own(&text, &key.public(), kind)?;
        match self.place(prepared, text, None)? {
            Placed::New(acknowledgement) | Placed::Repeated(acknowledgement) => Ok(acknowledgement),
        }
    }
}
