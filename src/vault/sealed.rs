//! The sealed part of a person record: the statement and what opens its entry, under the worker's key.
//!
//! ```text
//! plaintext = n_s[32] | n_l[32] | worker_id[16] | u32 revision | u64 previous leaf | L_prev[32] | statement (UTF-8)
//! sealed    = nonce[24] | ciphertext | tag[16]         XChaCha20-Poly1305, associated data = the entry's bytes
//! ```
//! The previous leaf is 2^64 - 1 at revision 0. With the entry as associated data a record cannot be moved to another.

use super::VaultError;
use super::fields::Fields;
use super::keyring::KeySlot;
use crate::crypto::{self, Hash, SEAL_OVERHEAD_BYTES, SealKey};
use crate::event::WorkerId;

/// What stands before the statement.
const PREFIX_BYTES: usize = 32 + 32 + 16 + 4 + 8 + 32;
/// A statement has at most 32 KiB; this leaves room and still bounds what a reader allocates.
pub(super) const SEALED_BYTES_MAX: usize = 64 * 1024;
const NO_PREVIOUS: u64 = u64::MAX;

/// As it stands in the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedRecord {
    /// Whose key opens it.
    pub slot: KeySlot,
    /// `nonce | ciphertext | tag`.
    pub bytes: Vec<u8>,
}

/// What the worker's key opens.
#[derive(Clone, PartialEq, Eq)]
pub struct OpenedRecord {
    /// Opens S.
    pub n_s: [u8; 32],
    /// Opens L.
    pub n_l: [u8; 32],
    /// The stream.
    pub worker: WorkerId,
    /// 0-based place in it.
    pub revision: u32,
    /// Leaf of the stream's previous entry; `None` at revision 0.
    pub previous: Option<u64>,
    /// L of the stream's previous entry.
    pub l_prev: Hash,
    /// The statement's bytes as received.
    pub statement: String,
}

impl std::fmt::Debug for OpenedRecord {
    /// Shows nothing about the person: records must not reach logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OpenedRecord(revision {})", self.revision)
    }
}

impl OpenedRecord {
    /// Seals under the worker's key, bound to `entry`. The nonce must be random.
    pub fn seal(
        &self,
        slot: KeySlot,
        key: &SealKey,
        nonce: [u8; 24],
        entry: &[u8],
    ) -> Result<SealedRecord, VaultError> {
        let found = self.statement.len().saturating_add(PREFIX_BYTES + SEAL_OVERHEAD_BYTES);
        if found > SEALED_BYTES_MAX {
            return Err(VaultError::OverLimit { what: "sealed record", found, max: SEALED_BYTES_MAX });
        }
        let parts: [&[u8]; 7] = [
            &self.n_s,
            &self.n_l,
            &self.worker.0,
            &self.revision.to_be_bytes(),
            &self.previous.unwrap_or(NO_PREVIOUS).to_be_bytes(),
            &self.l_prev,
            self.statement.as_bytes(),
        ];
        Ok(SealedRecord { slot, bytes: crypto::seal(key, nonce, entry, &parts) })
    }
}

impl SealedRecord {
    /// Opens under the worker's key; `entry` must be the one it was sealed with.
    pub fn open(&self, key: &SealKey, entry: &[u8]) -> Result<OpenedRecord, VaultError> {
        let mut plain = crypto::open(key, entry, &self.bytes).map_err(|_| VaultError::Unsealable)?;
        // What opens was sealed by this program, so any other shape is a format of another version.
        let record = || {
            let mut fields = Fields(plain.get(..PREFIX_BYTES)?);
            let record = OpenedRecord {
                n_s: fields.take()?,
                n_l: fields.take()?,
                worker: WorkerId(fields.take()?),
                revision: fields.u32()?,
                previous: fields.u64().map(|leaf| (leaf != NO_PREVIOUS).then_some(leaf))?,
                l_prev: fields.take()?,
                statement: String::new(),
            };
            plain.drain(..PREFIX_BYTES);
            Some(OpenedRecord { statement: String::from_utf8(plain).ok()?, ..record })
        };
        record().ok_or(VaultError::RecordMalformed { problem: "its sealed part has another layout" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(statement: &str, previous: Option<u64>) -> OpenedRecord {
        let worker = WorkerId([3; 16]);
        let statement = statement.to_owned();
        OpenedRecord { n_s: [1; 32], n_l: [2; 32], worker, revision: 4, previous, l_prev: [5; 32], statement }
    }

    #[test]
    fn opens_under_its_key_and_entry_only() {
        let (key, other) = (SealKey::from_bytes([7; 32]), SealKey::from_bytes([8; 32]));
        for previous in [None, Some(0), Some(u64::MAX - 1)] {
            let record = record("jwt~disclosure~", previous);
            let sealed = record.seal(KeySlot(9), &key, [6; 24], b"entry").unwrap();
            assert_eq!(sealed.open(&key, b"entry").unwrap(), record);
            assert_eq!(sealed.open(&key, b"entrz").unwrap_err().reason(), "UNSEALABLE");
            assert_eq!(sealed.open(&other, b"entry").unwrap_err().reason(), "UNSEALABLE");
        }
    }

    #[test]
    fn a_statement_beyond_the_limit_is_not_sealed() {
        let key = SealKey::from_bytes([7; 32]);
        let most = SEALED_BYTES_MAX - PREFIX_BYTES - SEAL_OVERHEAD_BYTES;
        assert!(record(&"x".repeat(most), None).seal(KeySlot(0), &key, [0; 24], b"").is_ok());
        let refused = record(&"x".repeat(most + 1), None).seal(KeySlot(0), &key, [0; 24], b"").unwrap_err();
        assert_eq!(refused.reason(), "OVER_LIMIT");
    }

    #[test]
    fn nothing_of_a_record_is_shown_in_logs() {
        assert_eq!(format!("{:?}", record("secret", None)), "OpenedRecord(revision 4)");
    }
}
