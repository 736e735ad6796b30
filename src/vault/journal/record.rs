//! One record: `u16 length | entry | for a person entry: u32 key slot | u32 length | sealed`.

use super::VaultError;
use crate::vault::fields::Fields;
use crate::vault::keyring::KeySlot;
use crate::vault::sealed::{SEALED_BYTES_MAX, SealedRecord};

/// The class byte of person entries (SPEC.md, "Entry"): only those have a sealed part.
const CLASS_PERSON: u8 = 2;

/// An entry, and for a person the sealed statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The bytes the log hashes.
    pub entry: Vec<u8>,
    /// Present exactly for person entries.
    pub sealed: Option<SealedRecord>,
}

/// What stopped a record from being read off the front of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unread {
    /// At least so many bytes are needed.
    Short(usize),
    /// No number of bytes makes it a record.
    Malformed,
}

impl Record {
    /// Whether the entry is a person's.
    fn is_person(entry: &[u8]) -> Option<bool> {
        Some(*entry.get(1)? == CLASS_PERSON)
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) -> Result<(), VaultError> {
        let over = |what, found, max| VaultError::OverLimit { what, found, max };
        let length = u16::try_from(self.entry.len())
            .map_err(|_| over("entry", self.entry.len(), usize::from(u16::MAX)))?;
        if Self::is_person(&self.entry) != Some(self.sealed.is_some()) {
            return Err(VaultError::RecordMalformed { problem: "exactly person entries have a sealed part" });
        }
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(&self.entry);
        if let Some(sealed) = &self.sealed {
            if sealed.bytes.len() > SEALED_BYTES_MAX {
                return Err(over("sealed record", sealed.bytes.len(), SEALED_BYTES_MAX));
            }
            let length = u32::try_from(sealed.bytes.len()).unwrap_or(u32::MAX);
            out.extend_from_slice(&sealed.slot.0.to_be_bytes());
            out.extend_from_slice(&length.to_be_bytes());
            out.extend_from_slice(&sealed.bytes);
        }
        Ok(())
    }

    /// The record at the front of `bytes`, and its length.
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "an entry's length has 16 bits; that of a sealed part was checked"
    )]
    pub(super) fn decode(bytes: &[u8]) -> Result<(Self, usize), Unread> {
        let mut fields = Fields(bytes);
        let entry_len = usize::from(fields.u16().ok_or(Unread::Short(2))?);
        let entry = fields.slice(entry_len).ok_or(Unread::Short(2 + entry_len))?.to_vec();
        if !Self::is_person(&entry).ok_or(Unread::Malformed)? {
            return Ok((Self { entry, sealed: None }, 2 + entry_len));
        }
        let header = 2 + entry_len + 8;
        let slot = fields.u32().ok_or(Unread::Short(header))?;
        let sealed_len = fields.u32().ok_or(Unread::Short(header))? as usize;
        if sealed_len > SEALED_BYTES_MAX {
            return Err(Unread::Malformed);
        }
        let bytes = fields.slice(sealed_len).ok_or(Unread::Short(header + sealed_len))?.to_vec();
        let sealed = Some(SealedRecord { slot: KeySlot(slot), bytes });
        Ok((Self { entry, sealed }, header + sealed_len))
    }
}
