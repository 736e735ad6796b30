//! Putting a complete passport file together, from whatever holds the entries.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::file::{
    AnchorProof, Kind as FileKind, LedgerPart, PassportFile, ProvenEntry, PublicStream, StatementPart,
};
use super::standings::standings;
use super::token::{Bound, HEAD_TYP, HeadOf, HeadToken, STANDING_TYP, StandingToken, StatusCode};
use super::trust_fold::{Folded, claimed_bodies, claimed_issuer, fold};
use crate::crypto::Hash;
use crate::event::entry::Entry;
use crate::event::standing::{Recorded, StandingChange, seconds};
use crate::event::{StreamId, StreamRecord, UnixMs};
use crate::statement::Unverified;
use crate::tlog::Checkpoint;
use crate::trust::KeyVerdict;

/// Where entries, proofs and signatures come from.
pub trait Source {
    /// Its own failure.
    type Error;
    /// A public stream, revision 0 first: leaf and entry.
    fn stream(&self, stream: StreamId) -> Result<Vec<(u64, Vec<u8>)>, Self::Error>;
    /// RFC 6962 inclusion proof of `leaf` in the tree of `size`.
    fn proof(&self, leaf: u64, size: u64) -> Result<Vec<Hash>, Self::Error>;
    /// A published checkpoint from before `at` that covers `size_min` leaves: its size and note.
    fn published_before(&self, at: UnixMs, size_min: u64) -> Result<Option<(u64, String)>, Self::Error>;
    /// Signs a token with the status key.
    fn sign_status(&self, typ: &str, payload: &serde_json::Map<String, serde_json::Value>) -> String;

    /// Since when (Unix seconds) this body may not change what it said of this worker, if so. The ledger then says nothing
    /// newer of what the body said: nobody could have taken it back.
    fn silent_since(&self, issuer: &str) -> Option<i64> {
        let _ = issuer;
        None
    }

    /// Whether a key that was compromised by then signed it: it takes nothing back, and does not stand.
    fn is_void(&self, record: &StreamRecord) -> bool;
}

/// One of the worker's records with what opens it.
#[derive(Debug, Clone)]
pub struct OpenedRecord {
    /// What was recorded, and where.
    pub record: StreamRecord,
    /// Its entry.
    pub entry: Vec<u8>,
    /// Opens S.
    pub n_s: [u8; 32],
    /// Opens L.
    pub n_l: [u8; 32],
}

/// Why no file could be put together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AssembleError<E> {
    /// The worker has no record yet.
    #[error("the worker has no record up to that time")]
    Empty,
    /// A public stream that its own rules refuse.
    #[error("the ledger's streams do not hold together: {0}")]
    Streams(String),
    /// More than fits a file.
    #[error("the passport does not fit a file: {0}")]
    File(super::file::FileError),
    /// Of the source.
    #[error(transparent)]
    Source(#[from] E),
}

impl<E> AssembleError<E> {
    /// Stable, for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Empty => "NO_RECORDS",
            Self::Streams(_) => "STREAMS_BROKEN",
            Self::File(error) => error.reason(),
            Self::Source(_) => "READ_FAILED",
        }
    }
}

/// The complete passport of one worker on one ledger, or of one person's joined passports: the records of each from
/// revision 0, all below `checkpoint.size`.
pub fn assemble<S: Source>(
    source: &S,
    checkpoint: &Checkpoint,
    note: String,
    passports: &[Vec<OpenedRecord>],
    now: i64,
) -> Result<PassportFile, AssembleError<S::Error>> {
    let mut passports: Vec<&[OpenedRecord]> =
        passports.iter().map(Vec::as_slice).filter(|records| !records.is_empty()).collect();
    passports.sort_by_key(|records| records.first().map(|first| first.record.leaf));
    let mut records: Vec<&OpenedRecord> = passports.iter().copied().flatten().collect();
    records.sort_by_key(|one| one.record.leaf);
    if records.is_empty() {
        return Err(AssembleError::Empty);
    }
    let gather = Gather { source, size: checkpoint.size };
    let issuers = records.iter().filter_map(|one| claimed_issuer(one.record.statement.text())).collect();
    let mut part = LedgerPart {
        origin: checkpoint.origin.clone(),
        checkpoint: note,
        anchors: vec![],
        ledger: gather.entries(StreamId::ledger())?,
        streams: gather.streams(&checkpoint.origin, issuers)?,
        standing: vec![],
        heads: vec![],
    };
    let folded = fold(&part);
    if let Some(fault) = folded.fault {
        return Err(AssembleError::Streams(fault.detail));
    }
    let statements = records.iter().map(|record| gather.statement(record));
    let statements = statements.collect::<Result<Vec<_>, _>>()?;
    let read: Vec<&StreamRecord> = records.iter().map(|one| &one.record).collect();
    let mut file = PassportFile {
        kind: FileKind::Complete,
        ledgers: vec![],
        statements,
        holder: vec![],
        presentation: None,
    };
    gather.anchor_all(&mut part, &mut file.statements, &folded)?;
    let evidence = (0..).zip(&read).filter(|(_, record)| record.event.kind().is_key_evidence());
    file.holder = evidence.map(|(index, _)| index).collect();
    let bound = Bound::at(checkpoint, now);
    part.standing = standing_tokens(source, &bound, &read, now);
    part.heads = head_tokens(source, &bound, &part, &passports);
    file.ledgers.push(part);
    // What does not fit is refused here, not by whoever receives it.
    let bytes = file.encode();
    PassportFile::parse(&bytes).map_err(AssembleError::File)
}

struct Gather<'a, S> {
    source: &'a S,
    size: u64,
}

impl<S: Source> Gather<'_, S> {
    /// A public stream as far as the checkpoint covers it.
    fn entries(&self, stream: StreamId) -> Result<Vec<ProvenEntry>, S::Error> {
        let covered = self.source.stream(stream)?.into_iter().filter(|(leaf, _)| *leaf < self.size);
        covered.map(|(leaf, entry)| self.proven(leaf, entry)).collect()
    }

    fn proven(&self, leaf: u64, entry: Vec<u8>) -> Result<ProvenEntry, S::Error> {
        Ok(ProvenEntry { leaf, entry, proof: self.source.proof(leaf, self.size)?, anchor: None })
    }

    /// The streams of the issuers and of every body that signed, or is named, in a stream needed (SPEC.md, "Streams needed").
    fn streams(&self, origin: &str, issuers: BTreeSet<String>) -> Result<Vec<PublicStream>, S::Error> {
        let mut open: Vec<String> = issuers.into_iter().collect();
        let mut streams: BTreeMap<String, Vec<ProvenEntry>> = BTreeMap::new();
        while let Some(body) = open.pop() {
            if streams.contains_key(&body) || body.strip_prefix("https://") == Some(origin) {
                continue;
            }
            let entries = self.entries(StreamId::institution(&body))?;
            open.extend(entries.iter().flat_map(bodies_in));
            streams.insert(body, entries);
        }
        Ok(streams.into_iter().map(|(subject, entries)| PublicStream { subject, entries }).collect())
    }

    fn statement(&self, opened: &OpenedRecord) -> Result<StatementPart, S::Error> {
        Ok(StatementPart {
            ledger: 0,
            place: self.proven(opened.record.leaf, opened.entry.clone())?,
            sdjwt: as_it_leaves(&opened.record),
            n_s: opened.n_s,
            n_l: Some(opened.n_l),
        })
    }

    /// Wherever a key was compromised later: an earlier checkpoint that holds what it signed before.
    fn anchor_all(
        &self,
        part: &mut LedgerPart,
        statements: &mut [StatementPart],
        folded: &Folded,
    ) -> Result<(), S::Error> {
        let mut anchors = vec![];
        let verdict = |issuer: &str, kid: &str, leaf, recorded_at| {
            folded.trust.key_verdict(issuer, kid, leaf, recorded_at)
        };
        for place in part.streams.iter_mut().flat_map(|stream| &mut stream.entries) {
            let Some(fact) = folded.statements.get(&place.leaf) else { continue };
            if let KeyVerdict::NeedsAnchor(since) =
                verdict(&fact.issuer, &fact.kid, place.leaf, fact.recorded_at)
            {
                self.anchor(place, since, &mut anchors)?;
            }
        }
        for statement in statements {
            let Ok(unverified) = Unverified::parse(&statement.sdjwt) else { continue };
            let clear = unverified.clear();
            let recorded_at = Entry::decode(&statement.place.entry).map_or(0, |entry| entry.recorded_at());
            let found = verdict(&clear.issuer, &clear.kid, statement.place.leaf, recorded_at);
            if let KeyVerdict::NeedsAnchor(since) = found {
                self.anchor(&mut statement.place, since, &mut anchors)?;
            }
        }
        part.anchors = anchors;
        Ok(())
    }

    fn anchor(
        &self,
        place: &mut ProvenEntry,
        since: UnixMs,
        anchors: &mut Vec<String>,
    ) -> Result<(), S::Error> {
        let Some((size, note)) = self.source.published_before(since, place.leaf.saturating_add(1))? else {
            return Ok(());
        };
        let known = anchors.iter().position(|anchor| *anchor == note);
        let index = known.unwrap_or(anchors.len());
        if known.is_none() {
            anchors.push(note);
        }
        place.anchor = Some(AnchorProof { index, proof: self.source.proof(place.leaf, size)? });
        Ok(())
    }
}

/// The statement as it may leave. What is for the worker alone keeps its place in the chain, with what that takes: whose it
/// is, and where and when it was said.
fn as_it_leaves(read: &StreamRecord) -> String {
    let kind = read.event.kind();
    if !kind.never_leaves() {
        return read.statement.text().to_owned();
    }
    let kept: Vec<&str> = ["sub", "issuing_country"].into_iter().chain(kind.award_date_claim()).collect();
    read.statement.disclose(&kept).unwrap_or_else(|_| format!("{}~", read.statement.jwt()))
}

/// Who signed a public entry, and whom it names.
fn bodies_in(place: &ProvenEntry) -> Vec<String> {
    match Entry::decode(&place.entry) {
        Ok(Entry::Public { statement, .. }) => claimed_bodies(&statement),
        Ok(Entry::Person { .. }) | Err(_) => vec![],
    }
}

fn standing_tokens<S: Source>(source: &S, bound: &Bound, records: &[&StreamRecord], now: i64) -> Vec<String> {
    let recorded: Vec<Recorded<'_>> = records.iter().map(|one| one.recorded()).collect();
    let changed = standing_by_worker(source, records, now);
    let token = |record: &Recorded<'_>, issuer: &str| {
        let change = changed.get(&record.hash);
        let is_shown = record.event.kind().section().is_some();
        let until = source.silent_since(issuer).filter(|_| is_shown);
        StandingToken {
            bound: until.map_or_else(|| bound.clone(), |until| bound.at_latest(until)),
            statement: record.hash,
            status: change.map_or(StatusCode::Valid, |change| change.code),
            since: change.map(|change| change.since),
        }
    };
    let issuers = records.iter().map(|record| record.statement.clear().issuer.as_str());
    let tokens = recorded.iter().zip(issuers).map(|(record, issuer)| token(record, issuer));
    tokens.map(|token| source.sign_status(STANDING_TYP, &token.payload())).collect()
}

/// Each worker's stream is folded by itself: joining passports changes nothing of what stands in them. What is recorded counts at
/// once, also while the clock is set back.
fn standing_by_worker<S: Source>(
    source: &S,
    records: &[&StreamRecord],
    now: i64,
) -> HashMap<Hash, StandingChange> {
    let mut streams: BTreeMap<Option<&str>, Vec<&StreamRecord>> = BTreeMap::new();
    for record in records {
        streams.entry(record.statement.subject()).or_default().push(record);
    }
    let known = |stream: &[&StreamRecord]| {
        let newest = stream.iter().map(|record| seconds(record.recorded_at)).max();
        newest.map_or(now, |newest| newest.max(now))
    };
    let folded = |stream: &Vec<&StreamRecord>| standings(stream, known(stream), |one| source.is_void(one));
    streams.values().flat_map(folded).collect()
}

fn head_tokens<S: Source>(
    source: &S,
    bound: &Bound,
    part: &LedgerPart,
    passports: &[&[OpenedRecord]],
) -> Vec<String> {
    let sign = |of, end| source.sign_status(HEAD_TYP, &HeadToken { bound: bound.clone(), of, end }.payload());
    let revision = |count: usize| u32::try_from(count.saturating_sub(1)).unwrap_or(u32::MAX);
    let end = |entries: &[ProvenEntry]| entries.last().map(|last| (revision(entries.len()), last.leaf));
    let mut heads = vec![sign(HeadOf::Public(StreamId::ledger()), end(&part.ledger))];
    for stream in &part.streams {
        heads.push(sign(HeadOf::Public(StreamId::institution(&stream.subject)), end(&stream.entries)));
    }
    for records in passports {
        let Some(last) = records.last() else { continue };
        if let Ok(Entry::Person { l, .. }) = Entry::decode(&last.entry) {
            heads.push(sign(HeadOf::Worker(l), Some((revision(records.len()), last.record.leaf))));
        }
    }
    heads
}
