//! The bytes the log hashes (SPEC.md, "Entry"). All integers are big-endian.
//!
//! ```text
//! person       version 1 | class 1 | recorded_at 8 | S 32 | L 32                                      = 74 bytes
//! public       version 1 | class 1 | recorded_at 8 | stream 16 | revision 4 | prev 32 | len 2 | statement
//! ```

use super::{Class, StreamId, UnixMs, WorkerId};
use crate::crypto::{Hash, sha256};
use crate::statement::STATEMENT_BYTES_MAX;

/// Format version, the first byte of every entry.
pub const ENTRY_VERSION: u8 = 1;
/// The fixed length of a person entry.
pub const PERSON_ENTRY_BYTES: usize = 74;
/// What stands in front of the statement of a public entry.
pub const PUBLIC_ENTRY_HEADER_BYTES: usize = 64;

/// One entry, decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// class 2: two commitments, nothing about the person.
    Person {
        /// Unix ms.
        recorded_at: UnixMs,
        /// Commitment to the statement.
        s: Hash,
        /// Link in the worker's chain.
        l: Hash,
    },
    /// class 1 or 0: in clear.
    Public {
        /// Institution or Ledger.
        class: Class,
        /// Unix ms.
        recorded_at: UnixMs,
        /// The stream.
        stream: StreamId,
        /// 0-based place in it.
        revision: u32,
        /// RFC 6962 leaf hash of the stream's previous entry; zero at revision 0.
        prev: Hash,
        /// The statement's bytes.
        statement: String,
    },
}

/// Bytes that are no entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EntryError {
    /// Fewer bytes than the class needs.
    #[error("the entry is cut short")]
    Truncated,
    /// More bytes than the class needs.
    #[error("{0} bytes follow the entry")]
    TrailingBytes(usize),
    /// A version this software does not know.
    #[error("entry version {0} is unknown; this software knows 1")]
    UnknownVersion(u8),
    /// A class other than 0, 1, 2.
    #[error("entry class {0} is unknown; 0 is ledger, 1 institution, 2 person")]
    UnknownClass(u8),
    /// Longer than any statement may be, or empty.
    #[error("the statement in the entry has {0} bytes; 1 to 32768 are allowed")]
    StatementLength(usize),
    /// Statements are ASCII: base64url, `.` and `~`.
    #[error("the statement in the entry is not ASCII")]
    NotAscii,
    /// Revision 0 has no previous entry, so `prev` is zero; every other revision has one.
    #[error("`prev` must be zero at revision 0 and nowhere else")]
    PreviousAndRevision,
}

impl EntryError {
    /// Stable, `SCREAMING_SNAKE`.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Truncated => "ENTRY_TRUNCATED",
            Self::TrailingBytes(_) => "ENTRY_TRAILING_BYTES",
            Self::UnknownVersion(_) => "ENTRY_UNKNOWN_VERSION",
            Self::UnknownClass(_) => "ENTRY_UNKNOWN_CLASS",
            Self::StatementLength(_) => "ENTRY_STATEMENT_LENGTH",
            Self::NotAscii => "ENTRY_NOT_ASCII",
            Self::PreviousAndRevision => "ENTRY_PREVIOUS_AND_REVISION",
        }
    }
}

impl Entry {
    /// Big-endian, fixed layout.
    ///
    /// # Panics
    /// On a statement of 64 KiB or more, which no parser lets through.
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Person { recorded_at, s, l } => {
                let mut out = Vec::with_capacity(PERSON_ENTRY_BYTES);
                out.extend([ENTRY_VERSION, Class::Person.byte()]);
                out.extend(recorded_at.to_be_bytes());
                out.extend(s);
                out.extend(l);
                out
            }
            Self::Public { class, recorded_at, stream, revision, prev, statement } => {
                debug_assert_ne!(*class, Class::Person, "a person's statement never stands in clear");
                #[expect(
                    clippy::expect_used,
                    reason = "a parsed statement has at most STATEMENT_BYTES_MAX = 32768 bytes"
                )]
                let length = u16::try_from(statement.len()).expect("statement below 64 KiB");
                let mut out = Vec::with_capacity(PUBLIC_ENTRY_HEADER_BYTES.saturating_add(statement.len()));
                out.extend([ENTRY_VERSION, class.byte()]);
                out.extend(recorded_at.to_be_bytes());
                out.extend(stream.0);
                out.extend(revision.to_be_bytes());
                out.extend(prev);
                out.extend(length.to_be_bytes());
                out.extend(statement.as_bytes());
                out
            }
        }
    }

    /// The inverse; refuses trailing bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, EntryError> {
        let mut rest = bytes;
        let [version, class] = take::<2>(&mut rest)?;
        if version != ENTRY_VERSION {
            return Err(EntryError::UnknownVersion(version));
        }
        let class = Class::from_byte(class).ok_or(EntryError::UnknownClass(class))?;
        let recorded_at = u64::from_be_bytes(take(&mut rest)?);
        let entry = if class == Class::Person {
            Self::Person { recorded_at, s: take(&mut rest)?, l: take(&mut rest)? }
        } else {
            let stream = StreamId(take(&mut rest)?);
            let revision = u32::from_be_bytes(take(&mut rest)?);
            let prev = take(&mut rest)?;
            if (revision == 0) != (prev == [0; 32]) {
                return Err(EntryError::PreviousAndRevision);
            }
            let statement = take_statement(&mut rest)?;
            Self::Public { class, recorded_at, stream, revision, prev, statement }
        };
        if rest.is_empty() { Ok(entry) } else { Err(EntryError::TrailingBytes(rest.len())) }
    }

    /// Unix ms.
    pub fn recorded_at(&self) -> UnixMs {
        match self {
            Self::Person { recorded_at, .. } | Self::Public { recorded_at, .. } => *recorded_at,
        }
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], EntryError> {
    let (head, tail) = rest.split_first_chunk::<N>().ok_or(EntryError::Truncated)?;
    *rest = tail;
    Ok(*head)
}

fn take_statement(rest: &mut &[u8]) -> Result<String, EntryError> {
    let length = usize::from(u16::from_be_bytes(take(rest)?));
    if length == 0 || length > STATEMENT_BYTES_MAX {
        return Err(EntryError::StatementLength(length));
    }
    let (head, tail) = rest.split_at_checked(length).ok_or(EntryError::Truncated)?;
    *rest = tail;
    let text = std::str::from_utf8(head).ok().filter(|text| text.is_ascii()).ok_or(EntryError::NotAscii)?;
    Ok(text.to_owned())
}

/// S = SHA-256("skillpass/v1 statement\n" | `n_s` | issuer-signed JWT).
pub fn statement_commitment(n_s: &[u8; 32], jwt: &str) -> Hash {
    sha256(&[b"skillpass/v1 statement\n", n_s, jwt.as_bytes()])
}

/// L = SHA-256("skillpass/v1 link\n" | `n_l` | `worker_id` | u32 revision | `L_prev` | u64 `recorded_at` | S).
pub fn link(
    n_l: &[u8; 32],
    worker: WorkerId,
    revision: u32,
    l_prev: &Hash,
    recorded_at: UnixMs,
    s: &Hash,
) -> Hash {
    let (revision, recorded_at) = (revision.to_be_bytes(), recorded_at.to_be_bytes());
    sha256(&[b"skillpass/v1 link\n", n_l, &worker.0, &revision, l_prev, &recorded_at, s])
}

/// `L_prev` at revision 0 = SHA-256("skillpass/v1 start\n" | SHA-256(genesis entry) | `worker_id`).
pub fn chain_start(genesis_entry_hash: &Hash, worker: WorkerId) -> Hash {
    sha256(&[b"skillpass/v1 start\n", genesis_entry_hash, &worker.0])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::crypto::{hex_decode, hex_encode};

    fn person() -> Entry {
        Entry::Person { recorded_at: 0x0102_0304_0506_0708, s: [0xaa; 32], l: [0xbb; 32] }
    }

    fn public(class: Class, revision: u32, prev: u8, statement: &str) -> Entry {
        let stream = StreamId([0x22; 16]);
        Entry::Public {
            class,
            recorded_at: 1_700_000_000_000,
            stream,
            revision,
            prev: [prev; 32],
            statement: statement.into(),
        }
    }

    #[test]
    fn golden_bytes() {
        let person_hex = format!("01020102030405060708{}{}", "aa".repeat(32), "bb".repeat(32));
        let first_hex =
            format!("01000000018bcfe56800{}00000000{}0005", "22".repeat(16), "00".repeat(32)) + "612e622e7e";
        let later_hex =
            format!("01010000018bcfe56800{}00000007{}0005", "22".repeat(16), "33".repeat(32)) + "612e622e7e";
        for (entry, hex) in [
            (person(), person_hex),
            (public(Class::Ledger, 0, 0, "a.b.~"), first_hex),
            (public(Class::Institution, 7, 0x33, "a.b.~"), later_hex),
        ] {
            assert_eq!(hex_encode(entry.encode()), hex);
            assert_eq!(Entry::decode(&hex_decode(&hex).unwrap()), Ok(entry));
        }
        assert_eq!(person().encode().len(), PERSON_ENTRY_BYTES);
        assert_eq!(public(Class::Ledger, 0, 0, "a").encode().len(), PUBLIC_ENTRY_HEADER_BYTES + 1);
    }

    #[test]
    fn golden_commitments() {
        let worker = WorkerId(std::array::from_fn(|i| u8::try_from(i).unwrap()));
        let s = statement_commitment(&[1; 32], "a.b.c");
        assert_eq!(hex_encode(s), "66a19a27a99e6cdb542d7ba1d716c4cb8078e0c2c5b206d6c4200a8a6faceeb5");
        assert_eq!(
            hex_encode(chain_start(&[3; 32], worker)),
            "8026fa32757fcafcd3f57c230f0b65485a7db3bc10b87f73c5e19638931224de"
        );
        assert_eq!(
            hex_encode(link(&[2; 32], worker, 5, &[4; 32], 1_700_000_000_000, &s)),
            "2c69060c6b15515e02710a4aa8ceec937c06141f35b53e35998886dc606292f8"
        );
    }

    #[test]
    fn each_refusal_has_its_reason() {
        let good = public(Class::Institution, 7, 0x33, "a.b.~").encode();
        let bent = |at: usize, to: u8| {
            let mut bytes = good.clone();
            bytes[at] = to;
            Entry::decode(&bytes)
        };
        assert_eq!(bent(0, 2), Err(EntryError::UnknownVersion(2)));
        assert_eq!(bent(1, 3), Err(EntryError::UnknownClass(3)));
        assert_eq!(bent(63, 6), Err(EntryError::Truncated));
        assert_eq!(bent(63, 4), Err(EntryError::TrailingBytes(1)));
        assert_eq!(bent(63, 0), Err(EntryError::StatementLength(0)));
        assert_eq!(bent(62, 0x80), Err(EntryError::StatementLength(0x8005)));
        assert_eq!(bent(29, 0), Err(EntryError::PreviousAndRevision));
        assert_eq!(bent(64, 0xff), Err(EntryError::NotAscii));
        assert_eq!(
            Entry::decode(&public(Class::Ledger, 1, 0, "a").encode()),
            Err(EntryError::PreviousAndRevision)
        );
        assert_eq!(Entry::decode(&person().encode()[..73]), Err(EntryError::Truncated));
        assert_eq!(Entry::decode(&[person().encode(), vec![0]].concat()), Err(EntryError::TrailingBytes(1)));
        assert_eq!(Entry::decode(&[]), Err(EntryError::Truncated));
    }

    proptest! {
        #[test]
        fn decoded_entries_encode_to_the_same_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200), class in 0_u8..3) {
            let mut bytes = bytes;
            if let [version, kind, ..] = bytes.as_mut_slice() {
                (*version, *kind) = (1, class);
            }
            if let Ok(entry) = Entry::decode(&bytes) {
                prop_assert_eq!(entry.encode(), bytes);
            }
        }
    }
}
