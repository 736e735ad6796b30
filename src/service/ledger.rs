//! `LedgerService`: append, entries, checkpoints, proofs. Everything here but a person's receipt is public.

use std::sync::Arc;

use tokio::time::Instant;
use tonic::{Request, Response, Status, Streaming};

use super::access::{self, Caller};
use super::convert::{self, RequestError};
use super::follow::Followed;
use super::shared::Shared;
use super::status::CallError;
use super::{append_stream, subscribe};
use crate::event::StreamId;
use crate::event::entry::Entry;
use crate::ledger::{Acknowledgement, Ledger, OpeningDocument, Published, ReadError, StatusIndexes};
use crate::pb;
use crate::statement::Unverified;
use crate::tlog;

/// The most entries in one answer of `ListEntries`, and how many when the caller does not say.
const ENTRIES_MAX: usize = 1000;
const ENTRIES_DEFAULT: usize = 256;
/// One answer stays below what gRPC clients accept by default (4 MiB).
const ENTRIES_BYTES_MAX: usize = 3 * 1024 * 1024;
/// The longest `subject`: an issuer identifier or a worker id.
const SUBJECT_BYTES_MAX: usize = 256;

/// The service.
pub(super) struct LedgerEdge(pub(super) Arc<Shared>);

#[tonic::async_trait]
impl pb::ledger_service_server::LedgerService for LedgerEdge {
    async fn append(
        &self,
        request: Request<pb::AppendRequest>,
    ) -> Result<Response<pb::AppendResponse>, Status> {
        let pb::AppendRequest { statement, expected_revision, wait_for_checkpoint, document } =
            request.into_inner();
        let document = document.map(convert::opening_document).transpose().map_err(CallError::from)?;
        let acknowledged = self.record(statement, expected_revision, document).await?;
        let receipt =
            if wait_for_checkpoint { Some(self.awaited_receipt(acknowledged.leaf).await?) } else { None };
        Ok(Response::new(pb::AppendResponse {
            acknowledgement: Some(convert::acknowledgement(&acknowledged)),
            receipt,
        }))
    }

    type AppendStreamStream = append_stream::Answers;

    async fn append_stream(
        &self,
        request: Request<Streaming<pb::AppendStreamRequest>>,
    ) -> Result<Response<Self::AppendStreamStream>, Status> {
        Ok(Response::new(append_stream::start(Arc::clone(&self.0), request.into_inner())))
    }

    async fn allocate_status(
        &self,
        request: Request<pb::AllocateStatusRequest>,
    ) -> Result<Response<pb::AllocateStatusResponse>, Status> {
        const METHOD: &str = "/skillpass.v1.LedgerService/AllocateStatus";
        let caller = Caller::of(request.metadata(), METHOD, &self.0.ledger).map_err(CallError::from)?;
        let issuer = caller.issuer().map_err(CallError::from)?.to_owned();
        let pb::AllocateStatusRequest { count } = request.into_inner();
        let given = self.0.heavy(move |ledger| ledger.allocate_status(&issuer, count)).await?;
        let given = given.map_err(CallError::from)?;
        let lists =
            given.into_iter().map(|StatusIndexes { uri, indexes }| pb::StatusIndexes { uri, indexes });
        Ok(Response::new(pb::AllocateStatusResponse { lists: lists.collect() }))
    }

    async fn get_receipt(
        &self,
        request: Request<pb::GetReceiptRequest>,
    ) -> Result<Response<pb::GetReceiptResponse>, Status> {
        let caller = self.0.caller(&request, "/skillpass.v1.LedgerService/GetReceipt")?;
        let pb::GetReceiptRequest { which } = request.into_inner();
        let acknowledged = match which.ok_or(CallError::from(RequestError::Missing("which")))? {
            pb::get_receipt_request::Which::LeafIndex(leaf) => self.public_entry(leaf)?,
            pb::get_receipt_request::Which::Statement(statement) => self.find(caller, statement).await?,
        };
        let covers = |published: &Arc<Published>| published.checkpoint.size > acknowledged.leaf;
        let cosigned = self.0.ledger.cosigned().borrow().clone().filter(covers);
        let published = cosigned.unwrap_or_else(|| Arc::clone(&self.0.ledger.published().borrow()));
        let covered = covers(&published);
        let receipt = covered.then(|| self.receipt(acknowledged.leaf, &published)).transpose()?;
        Ok(Response::new(pb::GetReceiptResponse {
            acknowledgement: Some(convert::acknowledgement(&acknowledged)),
            receipt,
        }))
    }

    async fn list_entries(
        &self,
        request: Request<pb::ListEntriesRequest>,
    ) -> Result<Response<pb::ListEntriesResponse>, Status> {
        let pb::ListEntriesRequest { from, max } = request.into_inner();
        let max = match usize::try_from(max).unwrap_or(ENTRIES_MAX) {
            0 => ENTRIES_DEFAULT,
            max => max.min(ENTRIES_MAX),
        };
        let read = self.0.heavy(move |ledger| ledger.entries(from, max, ENTRIES_BYTES_MAX)).await?;
        let entries = read.map_err(CallError::from)?.into_iter();
        let entries = entries.map(|(leaf_index, entry)| pb::Entry { leaf_index, entry }).collect();
        let size = *self.0.ledger.size().borrow();
        Ok(Response::new(pb::ListEntriesResponse { entries, size }))
    }

    type SubscribeStream = Followed<pb::Entry>;

    async fn subscribe(
        &self,
        request: Request<pb::SubscribeRequest>,
    ) -> Result<Response<Self::SubscribeStream>, Status> {
        let pb::SubscribeRequest { from } = request.into_inner();
        Ok(Response::new(subscribe::start(&self.0, from)?))
    }

    async fn get_checkpoint(
        &self,
        request: Request<pb::GetCheckpointRequest>,
    ) -> Result<Response<pb::GetCheckpointResponse>, Status> {
        let pb::GetCheckpointRequest { size_max } = request.into_inner();
        let ledger = &self.0.ledger;
        let newest = Arc::clone(&ledger.published().borrow());
        let Published { checkpoint, note, published_at: _ } = match size_max {
            None => Published::clone(&ledger.served()),
            Some(size) if size < newest.checkpoint.size => {
                let found = ledger.published_at_most(size).map_err(CallError::from)?;
                let found = found.ok_or(CallError::NotFound("checkpoint"))?;
                let size = found.checkpoint.size;
                ledger.with_cosignatures(found, size).map_err(CallError::from)?
            }
            Some(_) => Published::clone(&newest),
        };
        let root = checkpoint.root.to_vec();
        Ok(Response::new(pb::GetCheckpointResponse { checkpoint: note, size: checkpoint.size, root }))
    }

    async fn get_inclusion_proof(
        &self,
        request: Request<pb::GetInclusionProofRequest>,
    ) -> Result<Response<pb::GetInclusionProofResponse>, Status> {
        let pb::GetInclusionProofRequest { leaf_index, tree_size } = request.into_inner();
        let tree_size = self.size_or_newest(tree_size);
        let hashes = self.0.ledger.inclusion_proof(leaf_index, tree_size).map_err(CallError::from)?;
        let leaf_hash = tlog::leaf_hash(&self.entry(leaf_index)?).to_vec();
        let hashes = convert::hashes(&hashes);
        Ok(Response::new(pb::GetInclusionProofResponse { leaf_index, tree_size, hashes, leaf_hash }))
    }

    async fn get_consistency_proof(
        &self,
        request: Request<pb::GetConsistencyProofRequest>,
    ) -> Result<Response<pb::GetConsistencyProofResponse>, Status> {
        let pb::GetConsistencyProofRequest { old_size, new_size } = request.into_inner();
        let new_size = self.size_or_newest(new_size);
        let hashes = self.0.ledger.consistency_proof(old_size, new_size).map_err(CallError::from)?;
        Ok(Response::new(pb::GetConsistencyProofResponse {
            old_size,
            new_size,
            hashes: convert::hashes(&hashes),
        }))
    }
}

impl LedgerEdge {
    async fn record(
        &self,
        statement: String,
        expected: Option<u32>,
        document: Option<OpeningDocument>,
    ) -> Result<Acknowledgement, CallError> {
        let started = Instant::now();
        let answer = self.0.ledger.append_with(statement, expected, document).await;
        if append_stream::is_unknown_worker(&answer) {
            access::refusal_time(started).await;
        }
        append_stream::count(&self.0.metrics, &answer);
        Ok(answer?)
    }

    /// Waits for the checkpoint that includes `leaf`, and a while for its cosignatures; the call's time limit bounds the wait.
    async fn awaited_receipt(&self, leaf: u64) -> Result<pb::Receipt, CallError> {
        let covering =
            self.0.ledger.best_covering(leaf.saturating_add(1)).await.ok_or(CallError::Stopping)?;
        self.receipt(leaf, &covering)
    }

    fn receipt(&self, leaf: u64, published: &Published) -> Result<pb::Receipt, CallError> {
        let proof = self.0.ledger.inclusion_proof(leaf, published.checkpoint.size)?;
        Ok(pb::Receipt {
            checkpoint: published.note.clone(),
            inclusion_proof: convert::hashes(&proof),
            entry: self.entry(leaf)?,
        })
    }

    fn entry(&self, leaf: u64) -> Result<Vec<u8>, CallError> {
        self.0.ledger.entry(leaf)?.ok_or(CallError::NotFound("entry"))
    }

    /// The size asked for, 0 being the newest published one; the ledger proves no other.
    fn size_or_newest(&self, asked: u64) -> u64 {
        if asked == 0 { self.0.ledger.published().borrow().checkpoint.size } else { asked }
    }

    fn public_entry(&self, leaf: u64) -> Result<Acknowledgement, CallError> {
        let entry = self.entry(leaf)?;
        match Entry::decode(&entry) {
            Ok(Entry::Person { .. }) => Err(RequestError::PersonEntry.into()),
            Ok(Entry::Public { recorded_at, revision, statement, .. }) => {
                let jti = id_of(&statement).ok_or(CallError::Failed)?;
                Ok(Acknowledgement { jti, revision, leaf, recorded_at, repeated: false })
            }
            Err(_) => Err(CallError::Failed),
        }
    }

    async fn find(&self, caller: Caller, statement: pb::StatementRef) -> Result<Acknowledgement, CallError> {
        let pb::StatementRef { jti, subject } = statement;
        convert::bounded("subject", &subject, SUBJECT_BYTES_MAX)?;
        let id = convert::statement_id(&jti)?;
        if subject.starts_with("wkr_") {
            let readable = access::read_worker(&self.0, caller, &subject, "GetReceipt").await?;
            let shown = readable.shown_with_revisions();
            let found = shown.into_iter().find(|(_, record)| record.statement.clear().id == id);
            let (revision, record) = found.ok_or(CallError::NotFound("statement"))?;
            let (leaf, recorded_at) = (record.leaf, record.recorded_at);
            return Ok(Acknowledgement { jti: id, revision, leaf, recorded_at, repeated: false });
        }
        let found = self.0.heavy(move |ledger| find_public(ledger, &subject, id)).await??;
        found.ok_or(CallError::NotFound("statement"))
    }
}

/// A public statement of the body, the publication or the ledger that `subject` names.
fn find_public(ledger: &Ledger, subject: &str, id: uuid::Uuid) -> Result<Option<Acknowledgement>, ReadError> {
    let mut streams = vec![StreamId::institution(subject), StreamId::publication(subject)];
    if subject.strip_prefix("https://") == Some(ledger.origin()) {
        streams.extend([StreamId::ledger(), StreamId::erasures()]);
    }
    for stream in streams {
        for (leaf, bytes) in ledger.stream(stream)? {
            let Ok(Entry::Public { recorded_at, revision, statement, .. }) = Entry::decode(&bytes) else {
                continue;
            };
            if id_of(&statement) == Some(id) {
                return Ok(Some(Acknowledgement { jti: id, revision, leaf, recorded_at, repeated: false }));
            }
        }
    }
    Ok(None)
}

fn id_of(statement: &str) -> Option<uuid::Uuid> {
    Unverified::parse(statement).ok().map(|statement| statement.clear().id)
}
