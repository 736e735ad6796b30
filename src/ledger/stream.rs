//! Looking back: a worker's stream unsealed, a public stream decoded.

use super::error::ReadError;
use super::history::{History, Past};
use super::ids::StreamIds;
use super::shared::Shared;
use super::{Acknowledgement, WorkerRecord};
use crate::crypto::SealKey;
use crate::event::entry::{Entry, statement_commitment};
use crate::event::{Event, Kind, StreamId, StreamRecord, UnixMs, WorkerId};
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
            records.push(WorkerRecord::read(leaf, entry, &opened)?);
            Ok(())
        })?;
        records.reverse();
        Ok(walked.map(|()| records))
    }

    /// The worker's stream as the rules see it.
    pub(super) fn history(&self, worker: WorkerId, trust: &TrustState) -> Result<Option<History>, ReadError> {
        let Some(records) = self.worker_records(worker)? else { return Ok(None) };
        Ok(Some(History(records.into_iter().map(|one| past(one.record, trust)).collect())))
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

impl WorkerRecord {
    /// A record of the ledger's own, opened. Its signature was verified before it was recorded, and S proves that these are the
    /// bytes that were: it is not verified again (ARCHITECTURE.md, "Reading back").
    pub(super) fn read(leaf: u64, entry: Vec<u8>, opened: &OpenedRecord) -> Result<Self, ReadError> {
        let damaged = |problem| ReadError::Damaged { leaf, problem };
        let Ok(Entry::Person { recorded_at, s, .. }) = Entry::decode(&entry) else {
            return Err(damaged(NO_ENTRY));
        };
        let statement = Unverified::parse(&opened.statement)
            .map_err(|_| damaged("its statement does not parse"))?
            .already_verified(|jwt| statement_commitment(&opened.n_s, jwt) == s)
            .ok_or_else(|| damaged("its statement is not the one that was recorded"))?;
        let kind = Kind::from_vct(&statement.clear().vct);
        let event = kind.and_then(|kind| Event::validate(kind, statement.claims()).ok());
        let event = event.ok_or_else(|| damaged("its claims are none that its kind has"))?;
        Ok(Self {
            record: StreamRecord { leaf, recorded_at, statement, event },
            revision: opened.revision,
            entry,
            n_s: opened.n_s,
            n_l: opened.n_l,
            l_prev: opened.l_prev,
        })
    }
}

/// A record as the rules see it.
fn past(record: StreamRecord, trust: &TrustState) -> Past {
    let StreamRecord { leaf, recorded_at, statement, event } = record;
    let body = authoriser_kind(trust, &statement, &event, leaf, recorded_at);
    Past::of(&statement, event, leaf, recorded_at, body)
}

impl History {
    /// What of a stream, read already, is about keys and joins: whose key it is, and which passports are joined, follows from
    /// that alone.
    pub(super) fn of_keys(records: &[WorkerRecord], trust: &TrustState) -> Self {
        let matters = |kind: Kind| {
            kind.is_key_evidence()
                || kind.changes_standing()
                || matches!(kind, Kind::HolderKeyRecoveryCancelled | Kind::PassportsJoined)
        };
        let records = records.iter().map(|one| &one.record).filter(|one| matters(one.event.kind()));
        Self(records.map(|one| past(one.clone(), trust)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::{Hash, PrivateKey, SeededEntropy};
    use crate::statement::{Draft, issue};

    fn opened(title: &str) -> OpenedRecord {
        let mut entropy = SeededEntropy::new(title);
        let key = PrivateKey::generate_ed25519(&mut entropy);
        let worker = WorkerId([7; 16]);
        let claims = serde_json::json!({"sub": worker.to_string(), "issuing_country": "PH", "title": {"en": title},
            "learning_setting": "NON_FORMAL", "completed_on": "2024-01-02", "volume_of_learning_hours": 320});
        let draft = Draft {
            issuer: "https://training.example.invalid",
            vct: &Kind::TrainingCompleted.vct(),
            id: uuid::Builder::from_unix_timestamp_millis(1_700_000_000_000, &[1; 10]).into_uuid(),
            issued_at: 1_700_000_000,
            holder_key: None,
            status: None,
            claims: claims.as_object().unwrap(),
        };
        let statement = issue(&draft, &key, &mut entropy).unwrap();
        OpenedRecord {
            n_s: [1; 32],
            n_l: [2; 32],
            worker,
            revision: 0,
            previous: None,
            l_prev: Hash::default(),
            statement,
        }
    }

    fn entry_of(opened: &OpenedRecord) -> Vec<u8> {
        let s = statement_commitment(&opened.n_s, opened.statement.split('~').next().unwrap());
        Entry::Person { recorded_at: 1_700_000_000_000, s, l: Hash::default() }.encode()
    }

    /// Its signature is not checked again, so nothing but the recorded JWT may pass.
    #[test]
    fn only_the_statement_that_s_opens_to_is_read_back() {
        let (one, other) = (opened("One course"), opened("Another course"));
        let read = |entry: Vec<u8>, opened: &OpenedRecord| {
            WorkerRecord::read(3, entry, opened).map_err(|error| error.to_string())
        };
        assert_eq!(read(entry_of(&one), &one).unwrap().record.event.title("en"), Some("One course"));
        for (entry, opened) in [
            (entry_of(&other), one.clone()),
            (entry_of(&one), OpenedRecord { n_s: [3; 32], ..one.clone() }),
            (entry_of(&one), OpenedRecord { statement: other.statement.clone(), ..one.clone() }),
            (
                entry_of(&one),
                OpenedRecord { statement: format!("{}{}~", one.statement, "WyJ4IiwieSIsMV0"), ..one.clone() },
            ),
        ] {
            let error = read(entry, &opened).unwrap_err();
            assert!(
                error.contains("not the one that was recorded") || error.contains("does not parse"),
                "{error}"
            );
        }
    }
}
