//! Looking back: a worker's stream unsealed, a public stream decoded.

use super::error::ReadError;
use super::history::{History, Past};
use super::ids::StreamIds;
use super::shared::Shared;
use super::{Acknowledgement, WorkerRecord};
use crate::crypto::{PublicKey, SealKey};
use crate::event::entry::Entry;
use crate::event::{Event, Kind, StreamId, UnixMs, WorkerId};
use crate::statement::{Statement, Unverified};
use crate::trust::{Question, TrustState};
use crate::vault::{OpenedRecord, Record};

/// What a damaged entry is said to be.
const NO_ENTRY: &str = "its bytes are no entry";

impl Shared {
    /// The journal's record of `leaf`.
    pub(super) fn record(&self, leaf: u64) -> Result<Option<Record>, ReadError> {
        let Some(stored) = self.store.entry(leaf)? else { return Ok(None) };
        Ok(Some(self.journal.read(stored.at)?))
    }

    /// Entry bytes: a person's from the store alone.
    pub(super) fn entry(&self, leaf: u64) -> Result<Option<Vec<u8>>, ReadError> {
        let Some(stored) = self.store.entry(leaf)? else { return Ok(None) };
        match stored.person {
            Some(entry) => Ok(Some(entry.to_vec())),
            None => Ok(Some(self.journal.read(stored.at)?.entry)),
        }
    }

    /// The record at `leaf`, opened; `None` if the worker is unknown or erased.
    pub(super) fn worker_record(
        &self,
        worker: WorkerId,
        leaf: u64,
    ) -> Result<Option<(UnixMs, OpenedRecord)>, ReadError> {
        let Some(head) = self.head(worker)? else { return Ok(None) };
        let Some(key) = self.keyring.key(head.slot)? else { return Ok(None) };
        let (entry, opened) = self.open_record(worker, leaf, &key)?;
        let decoded = Entry::decode(&entry).map_err(|_| ReadError::Damaged { leaf, problem: NO_ENTRY })?;
        Ok(Some((decoded.recorded_at(), opened)))
    }

    fn open_record(
        &self,
        worker: WorkerId,
        leaf: u64,
        key: &SealKey,
    ) -> Result<(Vec<u8>, OpenedRecord), ReadError> {
        let damaged = |problem| ReadError::Damaged { leaf, problem };
        let record = self.record(leaf)?.ok_or_else(|| damaged("it is not in the store"))?;
        let sealed = record.sealed.as_ref().ok_or_else(|| damaged("it is no person's"))?;
        let opened = sealed.open(key, &record.entry)?;
        if opened.worker == worker {
            Ok((record.entry, opened))
        } else {
            Err(damaged("it is another worker's"))
        }
    }

    /// Walks a worker's stream from its end; `None` if unknown or erased.
    fn walk(
        &self,
        worker: WorkerId,
        mut visit: impl FnMut(u64, Vec<u8>, OpenedRecord) -> Result<(), ReadError>,
    ) -> Result<Option<()>, ReadError> {
        let Some(head) = self.head(worker)? else { return Ok(None) };
        let Some(key) = self.keyring.key(head.slot)? else { return Ok(None) };
        let mut next = Some((head.leaf, head.revision));
        while let Some((leaf, revision)) = next {
            let (entry, opened) = self.open_record(worker, leaf, &key)?;
            if opened.revision != revision || opened.previous.is_none() != (revision == 0) {
                return Err(ReadError::Damaged {
                    leaf,
                    problem: "it is of another place than the stream says",
                });
            }
            next = opened.previous.zip(revision.checked_sub(1));
            visit(leaf, entry, opened)?;
        }
        Ok(Some(()))
    }

    /// The ids of a worker's stream, each with its leaf.
    pub(super) fn stream_ids(&self, worker: WorkerId) -> Result<Option<StreamIds>, ReadError> {
        let mut ids = StreamIds::new();
        let walked = self.walk(worker, |leaf, _, opened| {
            let parsed = Unverified::parse(&opened.statement);
            let parsed =
                parsed.map_err(|_| ReadError::Damaged { leaf, problem: "its statement does not parse" })?;
            ids.insert(parsed.clear().id, leaf);
            Ok(())
        })?;
        Ok(walked.map(|()| ids))
    }

    /// A worker's records, revision 0 first; `None` if unknown or erased.
    pub(super) fn worker_records(&self, worker: WorkerId) -> Result<Option<Vec<WorkerRecord>>, ReadError> {
        let mut records = Vec::new();
        let walked = self.walk(worker, |leaf, entry, opened| {
            let decoded =
                Entry::decode(&entry).map_err(|_| ReadError::Damaged { leaf, problem: NO_ENTRY })?;
            records.push(WorkerRecord {
                leaf,
                recorded_at: decoded.recorded_at(),
                revision: opened.revision,
                entry,
                n_s: opened.n_s,
                n_l: opened.n_l,
                l_prev: opened.l_prev,
                statement: opened.statement,
            });
            Ok(())
        })?;
        records.reverse();
        Ok(walked.map(|()| records))
    }

    /// The worker's stream as the rules see it.
    pub(super) fn history(&self, worker: WorkerId, trust: &TrustState) -> Result<Option<History>, ReadError> {
        let Some(records) = self.worker_records(worker)? else { return Ok(None) };
        let past = |record: WorkerRecord| {
            let damaged = |problem| ReadError::Damaged { leaf: record.leaf, problem };
            let (statement, event) = reread(&record.statement, trust)
                .ok_or_else(|| damaged("its statement no longer verifies"))?;
            let (leaf, recorded_at) = (record.leaf, record.recorded_at);
            let body = authoriser_kind(trust, &statement, &event, leaf, recorded_at);
            Ok(Past::of(&statement, event, leaf, recorded_at, body))
        };
        records.into_iter().map(past).collect::<Result<Vec<_>, _>>().map(|all| Some(History(all)))
    }

    /// A public stream, revision 0 first: (leaf, entry bytes).
    pub(super) fn public_stream(&self, stream: StreamId) -> Result<Vec<(u64, Vec<u8>)>, ReadError> {
        let leaf_of = |leaf| {
            let entry =
                self.entry(leaf)?.ok_or(ReadError::Damaged { leaf, problem: "it is not in the store" })?;
            Ok((leaf, entry))
        };
        self.store.stream(stream)?.into_iter().map(leaf_of).collect()
    }

    /// The statement of this `jti` in a public stream: the SHA-256 of its JWT, and its acknowledgement.
    pub(super) fn public_by_id(
        &self,
        stream: StreamId,
        id: uuid::Uuid,
    ) -> Result<Option<(crate::crypto::Hash, Acknowledgement)>, ReadError> {
        for (leaf, bytes) in self.public_stream(stream)? {
            let damaged = |problem| ReadError::Damaged { leaf, problem };
            let Ok(Entry::Public { recorded_at, revision, statement, .. }) = Entry::decode(&bytes) else {
                return Err(damaged("its bytes are no public entry"));
            };
            let unverified =
                Unverified::parse(&statement).map_err(|_| damaged("its statement does not parse"))?;
            if unverified.clear().id == id {
                let jwt = statement.split('~').next().unwrap_or_default();
                let hash = crate::crypto::sha256(&[jwt.as_bytes()]);
                let acknowledgement =
                    Acknowledgement { jti: id, revision, leaf, recorded_at, repeated: true };
                return Ok(Some((hash, acknowledgement)));
            }
        }
        Ok(None)
    }
}

/// The kind of body in the authorisation under which a body says something of a holder's key.
pub(super) fn authoriser_kind(
    trust: &TrustState,
    statement: &Statement,
    event: &Event,
    leaf: u64,
    recorded_at: UnixMs,
) -> Option<String> {
    if !event.kind().is_key_evidence() || event.kind().is_by_holder() {
        return None;
    }
    let question = Question::about(&statement.clear().issuer, event, leaf, recorded_at);
    trust.authorise(&question).ok().map(|found| found.issuer_kind)
}

/// A recorded person statement, verified again under the key it was recorded with, whatever became of that key.
pub(super) fn reread(text: &str, trust: &TrustState) -> Option<(Statement, Event)> {
    let unverified = Unverified::parse(text).ok()?;
    let clear = unverified.clear();
    let kind = Kind::from_vct(&clear.vct)?;
    let key = if kind.is_by_holder() {
        PublicKey::from_did_jwk(&clear.issuer).ok()?
    } else {
        trust.key(&clear.issuer, &clear.kid)?.clone()
    };
    let statement = unverified.verify(&key).ok()?;
    let event = Event::validate(kind, statement.claims()).ok()?;
    Some((statement, event))
}
