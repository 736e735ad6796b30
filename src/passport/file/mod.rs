//! The passport file: what it holds. How it is spelt is in `encode`, how strictly it is read in `parse`.

mod encode;
mod error;
mod merge;
mod parse;
mod references;
mod spelling;

pub use error::FileError;

use serde::{Deserialize, Serialize};

use crate::crypto::Hash;

/// `format` of every file this version writes and reads.
pub const FORMAT: &str = "skillpass-passport-v1";
/// The longest file.
pub const FILE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// The most ledgers in one file.
pub const LEDGERS_MAX: usize = 16;
/// The most statements in one file.
pub const STATEMENTS_MAX: usize = 2_000;
/// The most institution streams of one ledger.
pub const STREAMS_MAX: usize = 512;
/// The most entries in one stream.
pub const STREAM_ENTRIES_MAX: usize = 4_096;
/// The most anchors of one ledger.
pub const ANCHORS_MAX: usize = 64;
/// The most passports of one person on one ledger.
pub const PASSPORTS_MAX: usize = 16;
/// The longest inclusion proof: a tree of 2^64 leaves.
pub const PROOF_HASHES_MAX: usize = 64;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Everything, with every link of the worker's chain opened.
    Complete,
    /// Cut to chosen claims and bound to an audience.
    Presentation,
}

impl Kind {
    /// The one that is written so.
    fn named(name: &str) -> Option<Self> {
        [Self::Complete, Self::Presentation].into_iter().find(|kind| kind.as_str() == name)
    }

    /// As written in `kind`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "passport",
            Self::Presentation => "presentation",
        }
    }
}

/// One parsed passport file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassportFile {
    /// Complete or cut.
    pub kind: Kind,
    /// One part for each ledger, by ascending origin.
    pub ledgers: Vec<LedgerPart>,
    /// The statements, by ascending (ledger, leaf).
    pub statements: Vec<StatementPart>,
    /// Indexes into `statements`, ascending: the holder-key evidence.
    pub holder: Vec<usize>,
    /// The holder's signature over everything before it; exactly in presentations.
    pub presentation: Option<String>,
}

/// What one ledger vouches for. Its members, as those of the parts below, stand in the file in this order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LedgerPart {
    /// Its origin.
    pub origin: String,
    /// The checkpoint that every proof leads to: a C2SP note, with cosignatures.
    pub checkpoint: String,
    /// Earlier checkpoints, for statements of keys that were compromised later.
    pub anchors: Vec<String>,
    /// The ledger's own stream, whole.
    pub ledger: Vec<ProvenEntry>,
    /// The institution streams needed, whole, by ascending subject.
    pub streams: Vec<PublicStream>,
    /// One standing token for each statement of this ledger, in their order.
    pub standing: Vec<String>,
    /// Head tokens: of the ledger's stream, of each of `streams` in order, and in a complete file of the worker, or of each of
    /// one person's joined passports by ascending first leaf.
    pub heads: Vec<String>,
}

/// The institution stream of one body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublicStream {
    /// The body's issuer identifier.
    #[serde(rename = "sub")]
    pub subject: String,
    /// Revision 0 to head; empty for a body that nothing but the ledger's stream speaks of.
    pub entries: Vec<ProvenEntry>,
}

/// An entry and its way to the root of the checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProvenEntry {
    /// Leaf index.
    pub leaf: u64,
    /// The entry's bytes.
    #[serde(with = "spelling")]
    pub entry: Vec<u8>,
    /// RFC 6962 inclusion proof, the leaf's sibling first.
    #[serde(with = "spelling::hashes")]
    pub proof: Vec<Hash>,
    /// Inclusion in an earlier checkpoint as well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub anchor: Option<AnchorProof>,
}

/// Inclusion in one of the ledger part's anchors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnchorProof {
    /// Index into `anchors`.
    pub index: usize,
    /// The proof there.
    #[serde(with = "spelling::hashes")]
    pub proof: Vec<Hash>,
}

/// One statement with what opens its entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "spelling::FlatStatement")]
pub struct StatementPart {
    /// Index into `ledgers`.
    pub ledger: usize,
    /// Where it stands.
    #[serde(flatten)]
    pub place: ProvenEntry,
    /// The issuer-signed JWT and the disclosures shown.
    pub sdjwt: String,
    /// Opens S.
    #[serde(with = "spelling")]
    pub n_s: [u8; 32],
    /// Opens L; exactly in complete files.
    #[serde(skip_serializing_if = "Option::is_none", with = "spelling::optional")]
    pub n_l: Option<[u8; 32]>,
}

impl StatementPart {
    /// The issuer-signed JWT, without disclosures and `~`.
    pub fn jwt(&self) -> &str {
        self.sdjwt.split('~').next().unwrap_or_default()
    }

    /// Its `jti`, if it can be read.
    pub fn id(&self) -> Option<uuid::Uuid> {
        crate::statement::Unverified::parse(&self.sdjwt).ok().map(|read| read.clear().id)
    }

    /// The statement's hash: `s` of its standing token, `target` of what changes it.
    pub fn hash(&self) -> Hash {
        crate::crypto::sha256(&[self.jwt().as_bytes()])
    }
}

impl PassportFile {
    /// The statements of one ledger, with their indexes.
    pub fn statements_of(&self, ledger: usize) -> impl Iterator<Item = (usize, &StatementPart)> {
        self.statements.iter().enumerate().filter(move |(_, part)| part.ledger == ledger)
    }

    /// The standing token of a statement; `None` when the file lacks it.
    pub fn standing_token(&self, statement: usize) -> Option<&str> {
        let part = self.statements.get(statement)?;
        let nth = self.statements_of(part.ledger).position(|(index, _)| index == statement)?;
        self.ledgers.get(part.ledger)?.standing.get(nth).map(String::as_str)
    }
}
