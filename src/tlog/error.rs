//! What the tree, the notes and the tiles refuse, one variant per broken rule.

/// Why bytes were refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TlogError {
    /// A stored frontier's length does not fit its size.
    #[error("the frontier's bytes do not fit its size: 8 bytes and 32 for each one bit of the size")]
    FrontierBytes,
    /// An inclusion proof was asked for, or offered, at an index outside the tree.
    #[error("leaf {index} is not in a tree of {size} leaves")]
    IndexOutsideTree {
        /// The index.
        index: u64,
        /// The tree's size.
        size: u64,
    },
    /// A consistency proof from a larger to a smaller tree.
    #[error("a tree of {old} leaves cannot be the start of one of {new}")]
    SizesReversed {
        /// The size that should be the smaller one.
        old: u64,
        /// The size that should be the larger one.
        new: u64,
    },
    /// The hashes do not lead from the leaf to the root (RFC 9162 section 2.1.3.2).
    #[error("the inclusion proof does not lead from this leaf to this root")]
    InclusionProof,
    /// The hashes do not lead to both roots (RFC 9162 section 2.1.4.2).
    #[error("the consistency proof does not lead to both roots: one tree is not the start of the other")]
    ConsistencyProof,
    /// A note longer than we read.
    #[error("the signed note is longer than {limit} bytes")]
    NoteTooLong {
        /// The limit.
        limit: usize,
    },
    /// A control character in a note.
    #[error("the signed note holds a control character other than line feed")]
    NoteCharacter,
    /// No text, or no signatures after the last empty line.
    #[error("not a signed note: text, an empty line, then signature lines, each ended by a line feed")]
    NoteShape,
    /// A line after the last empty line that is no signature.
    #[error("a signature line is not an em dash, a key name and base64 of key id and signature")]
    SignatureLine,
    /// More signatures than we read.
    #[error("the signed note carries more than {limit} signatures")]
    TooManySignatures {
        /// The limit.
        limit: usize,
    },
    /// A key name that a note cannot carry.
    #[error("a key name is 1 to {limit} bytes without spaces, control characters or `+`")]
    KeyName {
        /// The limit in bytes.
        limit: usize,
    },
    /// Not `name+hex8+base64`.
    #[error("not a verifier key: name+8 hexadecimal digits+base64 of type and key")]
    VerifierKey,
    /// The id is not the hash of name, type and key.
    #[error("the verifier key's id does not belong to its name and key; was it mistyped?")]
    KeyId,
    /// A signature type that we do not verify.
    #[error("signature type {0:#04x} is not supported; 0x01 (log) and 0x04 (cosigner) are")]
    KeyType(u8),
    /// No Ed25519 key where only one will do.
    #[error("not an Ed25519 key, or one of small order")]
    NotEd25519,
    /// A note cannot be signed by nobody.
    #[error("a checkpoint needs at least one signing key")]
    NoSigner,
    /// A signature of a known key that fails: the whole note is refused.
    #[error("the signature by `{name}` is of a known key and does not verify")]
    BadSignature {
        /// The key name on the line.
        name: String,
    },
    /// None of the keys that count has signed.
    #[error("the note is not signed by a known key of its origin")]
    NoKnownSignature,
    /// The note text is not a checkpoint's.
    #[error("a checkpoint is three lines: origin, size, root hash")]
    CheckpointShape,
    /// Lines after the root hash. No monitor audits them, so we refuse them.
    #[error("the checkpoint has extension lines; they are not accepted")]
    ExtensionLines,
    /// Not a plain decimal number.
    #[error("the tree size is not a decimal number without leading zeros, below 2^64")]
    TreeSize,
    /// Not 32 bytes in base64, or a root that an empty tree cannot have.
    #[error("the root hash is not base64 of 32 bytes, or not the empty tree's at size 0")]
    RootHash,
    /// A cosignature from beyond 2^63 - 1 seconds.
    #[error("a cosignature's timestamp is below 2^63")]
    Timestamp,
    /// A policy larger than we read.
    #[error("the policy exceeds {limit} {what}")]
    PolicyTooLarge {
        /// Counted what.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// A control character in a policy.
    #[error("policy line {line}: a control character other than tab and line feed")]
    PolicyCharacter {
        /// 1-based line.
        line: usize,
    },
    /// Not one of the four kinds of line, or with too few or many items.
    #[error(
        "policy line {line}: expected `log VKEY [URL]`, `witness NAME VKEY [URL]`, \
             `group NAME all|any|K MEMBER...` or `quorum NAME|none`"
    )]
    PolicyLine {
        /// 1-based line.
        line: usize,
    },
    /// A verifier key that is none, or of the wrong type for its line.
    #[error("policy line {line}: a log needs a verifier key of type 0x01, a witness one of type 0x04")]
    PolicyKey {
        /// 1-based line.
        line: usize,
    },
    /// A public key that stands in the policy already.
    #[error("policy line {line}: this public key is listed already")]
    PolicyDuplicateKey {
        /// 1-based line.
        line: usize,
    },
    /// A name that is taken, or `none`.
    #[error("policy line {line}: the name is taken, or is `none`")]
    PolicyName {
        /// 1-based line.
        line: usize,
    },
    /// A name that no earlier line defines.
    #[error("policy line {line}: no earlier line defines this witness or group")]
    PolicyUnknownName {
        /// 1-based line.
        line: usize,
    },
    /// A member of two groups, or twice of one.
    #[error("policy line {line}: a name may be a member of one group only, once")]
    PolicyMemberTwice {
        /// 1-based line.
        line: usize,
    },
    /// A threshold that is no decimal or outside 1..=n.
    #[error("policy line {line}: the threshold is `all`, `any` or a number from 1 to the number of members")]
    PolicyThreshold {
        /// 1-based line.
        line: usize,
    },
    /// None or two `quorum` lines.
    #[error("a policy has exactly one `quorum` line")]
    PolicyQuorum,
    /// Not the body of `add-checkpoint`.
    #[error(
        "not a submission to a witness: `old SIZE`, at most 63 hashes in base64, an empty line, a checkpoint"
    )]
    SubmissionShape,
    /// Not the one spelling of a tile's path.
    #[error("not a tile path: tile/LEVEL/INDEX[.p/WIDTH] or tile/entries/INDEX[.p/WIDTH]")]
    TilePath,
}

impl TlogError {
    /// A stable name for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::FrontierBytes => "FRONTIER_MALFORMED",
            Self::IndexOutsideTree { .. } => "INDEX_OUTSIDE_TREE",
            Self::SizesReversed { .. } => "SIZES_REVERSED",
            Self::InclusionProof => "INCLUSION_PROOF_WRONG",
            Self::ConsistencyProof => "CONSISTENCY_PROOF_WRONG",
            Self::NoteTooLong { .. } => "NOTE_TOO_LONG",
            Self::NoteCharacter => "NOTE_CHARACTER",
            Self::NoteShape => "NOTE_MALFORMED",
            Self::SignatureLine => "NOTE_SIGNATURE_LINE",
            Self::TooManySignatures { .. } => "NOTE_TOO_MANY_SIGNATURES",
            Self::KeyName { .. } => "KEY_NAME",
            Self::VerifierKey => "VERIFIER_KEY_MALFORMED",
            Self::KeyId => "VERIFIER_KEY_ID",
            Self::KeyType(_) => "VERIFIER_KEY_TYPE",
            Self::NotEd25519 => "VERIFIER_KEY_NOT_ED25519",
            Self::NoSigner => "NO_SIGNER",
            Self::BadSignature { .. } => "NOTE_BAD_SIGNATURE",
            Self::NoKnownSignature => "NOTE_NO_KNOWN_SIGNATURE",
            Self::CheckpointShape => "CHECKPOINT_MALFORMED",
            Self::ExtensionLines => "CHECKPOINT_EXTENSION_LINES",
            Self::TreeSize => "CHECKPOINT_SIZE",
            Self::RootHash => "CHECKPOINT_ROOT",
            Self::Timestamp => "COSIGNATURE_TIMESTAMP",
            Self::PolicyTooLarge { .. } => "POLICY_TOO_LARGE",
            Self::PolicyCharacter { .. } => "POLICY_CHARACTER",
            Self::PolicyLine { .. } => "POLICY_LINE",
            Self::PolicyKey { .. } => "POLICY_KEY",
            Self::PolicyDuplicateKey { .. } => "POLICY_DUPLICATE_KEY",
            Self::PolicyName { .. } => "POLICY_NAME",
            Self::PolicyUnknownName { .. } => "POLICY_UNKNOWN_NAME",
            Self::PolicyMemberTwice { .. } => "POLICY_MEMBER_TWICE",
            Self::PolicyThreshold { .. } => "POLICY_THRESHOLD",
            Self::PolicyQuorum => "POLICY_QUORUM",
            Self::SubmissionShape => "SUBMISSION_MALFORMED",
            Self::TilePath => "TILE_PATH",
        }
    }
}
