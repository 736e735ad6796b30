//! The ledger's words held against each other: a standing or head token of one file, against the whole stream in another.
//!
//! Only a complete file that verifies is taken for a stream: its chain shows that nothing within it is left out, so nobody can
//! accuse the ledger with a file that was cut.

use super::file::{PassportFile, StatementPart};
use super::project::read_record;
use super::token::{HeadOf, HeadToken, StandingToken, StatusCode, Unchecked};
use super::verify::{Check, Options, Status, verify};
use crate::crypto::{Hash, PublicKey};
use crate::event::StreamRecord;
use crate::event::entry::Entry;
use crate::event::standing::{Recorded, fold_standing};
use crate::tlog::{Checkpoint, SignedCheckpoint, VerifierKey};
use crate::trust::{TrustFile, TrustState};

/// `iat` of a token is the full hour at or before the moment it speaks of.
const GRID_SECONDS: i64 = 3_599;

/// What a ledger signed, and what its own log says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contradiction {
    /// For people.
    pub detail: String,
    /// The token as signed.
    pub token: String,
    /// The statement of the log that contradicts it, if one does: `<JWT>~…`, with what opens its entry.
    pub statement: Option<String>,
    /// Its entry.
    pub entry: Option<Vec<u8>>,
}

/// A passport file as an auditor reads it.
#[derive(Debug)]
pub struct AuditedFile {
    file: PassportFile,
    /// The worker's records on the audited ledger, whole up to the file's checkpoint.
    stream: Option<Stream>,
    /// The size of its checkpoint of the audited ledger.
    size: u64,
}

#[derive(Debug)]
struct Stream {
    records: Vec<StreamRecord>,
    parts: Vec<StatementPart>,
    links: Vec<Hash>,
}

/// A tree that a file's tokens and checkpoint speak of: the log must hold it as its start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedTree {
    /// Leaves.
    pub size: u64,
    /// Root.
    pub root: Hash,
    /// What was signed over it: a note or a token.
    pub signed: String,
}

impl AuditedFile {
    /// Reads a file; `None` if it holds nothing of the ledger at `origin`. `state` is that of the whole log.
    pub fn read(bytes: &[u8], origin: &str, trust: &TrustFile, state: &TrustState, now: i64) -> Option<Self> {
        let file = PassportFile::parse(bytes).ok()?;
        let index = file.ledgers.iter().position(|part| part.origin == origin)?;
        let note = &file.ledgers.get(index)?.checkpoint;
        let size = Checkpoint::claimed(note).ok()?.size;
        let report = verify(bytes, trust, &Options::at(now));
        let essential = [
            Check::Signature,
            Check::Type,
            Check::Disclosures,
            Check::Inclusion,
            Check::Checkpoint,
            Check::Chain,
        ];
        let broken =
            report.checks.iter().any(|row| row.status == Status::Fail && essential.contains(&row.check));
        let chained = report.checks.iter().any(|row| row.check == Check::Chain && row.status == Status::Pass);
        let stream = if broken || !chained { None } else { Stream::of(&file, index, state) };
        Some(Self { file, stream, size })
    }

    /// Whether it shows a worker's whole stream.
    pub fn is_whole(&self) -> bool {
        self.stream.is_some()
    }

    /// The tokens of the audited ledger in it, as written.
    fn tokens(&self, origin: &str) -> (Vec<&String>, Vec<&String>) {
        let parts = self.file.ledgers.iter().filter(|part| part.origin == origin);
        let (standing, heads): (Vec<_>, Vec<_>) = parts.map(|part| (&part.standing, &part.heads)).unzip();
        (standing.into_iter().flatten().collect(), heads.into_iter().flatten().collect())
    }

    /// Every tree that something in the file was signed over, by a checkpoint key or a status key given; and how many of its
    /// tokens are signed by none of them.
    pub fn trees(
        &self,
        origin: &str,
        log_keys: &[VerifierKey],
        keys: &[PublicKey],
    ) -> (Vec<ClaimedTree>, usize) {
        let (mut trees, mut foreign) = (Vec::<ClaimedTree>::new(), 0_usize);
        let parts = self.file.ledgers.iter().filter(|part| part.origin == origin);
        for note in parts.flat_map(|part| std::iter::once(&part.checkpoint).chain(&part.anchors)) {
            if let Ok(signed) = SignedCheckpoint::verify(note, log_keys) {
                let Checkpoint { size, root, .. } = signed.checkpoint;
                trees.push(ClaimedTree { size, root, signed: note.clone() });
            }
        }
        let (standing, heads) = self.tokens(origin);
        let standing =
            standing.into_iter().map(|text| (text, read_standing(text, keys).map(|token| token.bound)));
        let heads = heads.into_iter().map(|text| (text, read_head(text, keys).map(|token| token.bound)));
        for (text, bound) in standing.chain(heads) {
            let Some(bound) = bound.filter(|bound| bound.origin == origin) else {
                foreign = foreign.saturating_add(1);
                continue;
            };
            if !trees.iter().any(|tree| (tree.size, tree.root) == (bound.size, bound.root)) {
                trees.push(ClaimedTree { size: bound.size, root: bound.root, signed: text.clone() });
            }
        }
        (trees, foreign)
    }
}

impl Stream {
    fn of(file: &PassportFile, index: usize, state: &TrustState) -> Option<Self> {
        let (mut records, mut parts, mut links) = (Vec::new(), Vec::new(), Vec::new());
        for (_, part) in file.statements_of(index) {
            let Ok(Entry::Person { recorded_at, l, .. }) = Entry::decode(&part.place.entry) else {
                return None;
            };
            records.push(read_record(&part.sdjwt, part.place.leaf, recorded_at, state).ok()?);
            parts.push(part.clone());
            links.push(l);
        }
        Some(Self { records, parts, links })
    }

    /// The records of the tree of `size` leaves.
    fn at(&self, size: u64) -> Vec<Recorded<'_>> {
        let count = self.count(size);
        self.records.iter().take(count).map(StreamRecord::recorded).collect()
    }

    fn count(&self, size: u64) -> usize {
        self.parts.iter().take_while(|part| part.place.leaf < size).count()
    }

    /// The last record before `size` that is about `statement`: what the ledger must have known.
    fn about(&self, statement: &Hash, size: u64) -> Option<&StatementPart> {
        let known = self.records.iter().zip(&self.parts).take(self.count(size));
        known.rev().find(|(record, _)| record.event.target() == Some(*statement)).map(|(_, part)| part)
    }

    fn contradicts_standing(&self, token: &StandingToken, text: &str) -> Option<Contradiction> {
        let size = token.bound.size;
        let recorded = self.at(size);
        recorded.iter().find(|record| record.hash == token.statement)?;
        let code_at = |at: i64| {
            fold_standing(&recorded, at).get(&token.statement).map_or(StatusCode::Valid, |change| change.code)
        };
        let said = token.status;
        // It was signed within that hour, and not before the newest record of its tree.
        let newest = recorded.last().map_or(0, |record| seconds(record.recorded_at));
        let from = token.bound.issued_at.max(newest);
        let (first, last) =
            (code_at(from), code_at(from.max(token.bound.issued_at.saturating_add(GRID_SECONDS))));
        if said == first || said == last {
            return None;
        }
        let detail = format!(
            "a standing token at {size} entries says {}, the log up to there says {}",
            said.as_str(),
            last.as_str()
        );
        Some(accuse(detail, text, self.about(&token.statement, size)))
    }

    fn contradicts_head(&self, token: &HeadToken, link: &Hash, text: &str) -> Option<Contradiction> {
        let size = token.bound.size;
        self.links.iter().take(self.count(size)).find(|known| *known == link)?;
        let last = self.count(size).checked_sub(1)?;
        let part = self.parts.get(last)?;
        let end = (u32::try_from(last).ok()?, part.place.leaf);
        if self.links.get(last) == Some(link) && token.end == Some(end) {
            return None;
        }
        let detail = format!(
            "a head token at {size} entries names another end of the worker's stream than revision {} at leaf {}",
            end.0, end.1
        );
        Some(accuse(detail, text, Some(part)))
    }
}

fn accuse(detail: String, token: &str, by: Option<&StatementPart>) -> Contradiction {
    Contradiction {
        detail,
        token: token.to_owned(),
        statement: by.map(|part| part.sdjwt.clone()),
        entry: by.map(|part| part.place.entry.clone()),
    }
}

/// Unix milliseconds as whole seconds.
fn seconds(at: crate::event::UnixMs) -> i64 {
    i64::try_from(at / 1_000).unwrap_or(i64::MAX)
}

fn key_of<'k>(kid: &str, keys: &'k [PublicKey]) -> Option<&'k PublicKey> {
    keys.iter().find(|key| key.thumbprint() == kid)
}

fn read_standing(text: &str, keys: &[PublicKey]) -> Option<StandingToken> {
    let token = Unchecked::standing(text).ok()?;
    let key = key_of(&token.kid, keys)?;
    token.verify(key).ok()
}

fn read_head(text: &str, keys: &[PublicKey]) -> Option<HeadToken> {
    let token = Unchecked::head(text).ok()?;
    let key = key_of(&token.kid, keys)?;
    token.verify(key).ok()
}

/// Holds every token of `files` on the ledger at `origin`, signed by one of `keys`, against every whole stream among them, and
/// against the ends of the public streams.
pub fn contradictions(
    files: &[AuditedFile],
    origin: &str,
    keys: &[PublicKey],
    public_end: impl Fn(crate::event::StreamId, u64) -> Option<(u32, u64)>,
) -> Vec<Contradiction> {
    let mut found = Vec::new();
    for file in files {
        let (standing, heads) = file.tokens(origin);
        for text in standing {
            let Some(token) = read_standing(text, keys).filter(|token| token.bound.origin == origin) else {
                continue;
            };
            let against =
                whole(files, token.bound.size).find_map(|stream| stream.contradicts_standing(&token, text));
            found.extend(against);
        }
        for text in heads {
            let Some(token) = read_head(text, keys).filter(|token| token.bound.origin == origin) else {
                continue;
            };
            let size = token.bound.size;
            match token.of {
                HeadOf::Worker(link) => {
                    found.extend(
                        whole(files, size).find_map(|stream| stream.contradicts_head(&token, &link, text)),
                    );
                }
                HeadOf::Public(stream) if public_end(stream, size) != token.end => {
                    let detail = format!(
                        "a head token at {size} entries names another end of a public stream than the log has"
                    );
                    found.push(Contradiction { detail, token: text.clone(), statement: None, entry: None });
                }
                HeadOf::Public(_) => {}
            }
        }
    }
    found
}

/// The streams that are whole up to `size` at least.
fn whole(files: &[AuditedFile], size: u64) -> impl Iterator<Item = &Stream> {
    files.iter().filter(move |file| file.size >= size).filter_map(|file| file.stream.as_ref())
}
