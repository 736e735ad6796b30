//! Append-only files of fixed records that say something of a key slot under a peppered hash:
//!
//! ```text
//! record = hash[32] | u32 key slot | u32 crc32c over the 36 bytes before      (40 B; all zero: removed)
//! keyring/erased   HMAC-SHA-256(pepper, "skillpass/v1 erased worker\n" | worker_id)     kept for ever
//! keyring/blind    HMAC-SHA-256(pepper, "skillpass/v1 document\n" | document)           zeroed at erasure
//! keyring/reviewed HMAC-SHA-256(pepper, "skillpass/v1 reviewed\n" | resolution)         zeroed at erasure
//! DIR.lock/erased  the records of keyring/erased once more, behind one of slot FFFFFFFF that names the pepper:
//!                  HMAC-SHA-256(pepper, "skillpass/v1 pepper\n")
//! ```
//! DIR.lock is in no backup of DIR: what was erased stands there also when an older keyring is put back.
//! With the pepper gone or unknown neither tells a worker id or a document number, also not by trying them all.
//!
//! *fsync:* one fdatasync a change. A crash leaves records of the last change that are short, zero, or zero on one side of a
//! sector's border: at the end they are cut off, for nobody was answered, and where records are zeroed at erasure they are
//! taken for such. Any other record with a wrong checksum is damage. What may be of a change that was never synced is
//! written again when the file is opened.

use std::collections::{BTreeSet, HashSet};
use std::path::Path;

use super::{Access, DataFile, KeySlot, VaultError};
use crate::crypto::Hash;
use crate::vault::fields::Fields;

const RECORD_BYTES: usize = 40;
/// The least that a disk writes as one.
const SECTOR_BYTES: usize = 512;
/// No change is longer.
const CHANGE_BYTES_MAX: u64 = 1024 * 1024;
/// What is held of a hash in memory: 128 bits do not meet by chance.
type Prefix = [u8; 16];

/// An erasure on record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Erasure {
    /// The worker's key slot.
    pub slot: KeySlot,
    /// Whether the key is destroyed; if not, the erasure was interrupted and has to be completed.
    pub tombstoned: bool,
}

/// Which of the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    Erased,
    Blind,
    Reviewed,
    Beside,
}

impl Which {
    /// Erasures are never taken back.
    fn is_zeroed(self) -> bool {
        matches!(self, Self::Blind | Self::Reviewed)
    }

    /// As a message names it.
    fn label(self) -> &'static str {
        if self == Self::Beside { "DIR.lock/erased" } else { self.name() }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Erased | Self::Beside => "erased",
            Self::Blind => "blind",
            Self::Reviewed => "reviewed",
        }
    }
}

/// One such file, with its hashes in memory.
#[derive(Debug)]
pub(super) struct SlotHashes {
    file: DataFile,
    which: Which,
    known: BTreeSet<(Prefix, KeySlot)>,
    /// Slots in file order.
    order: Vec<KeySlot>,
    end: u64,
}

impl SlotHashes {
    /// Opens the file, made if absent and `access` allows; the caller syncs the directory.
    pub(super) fn open(dir: &Path, which: Which, access: Access) -> Result<Self, VaultError> {
        let file = DataFile::open(&dir.join(which.name()), access)?;
        let mut hashes = Self { file, which, known: BTreeSet::new(), order: Vec::new(), end: 0 };
        let len = hashes.file.len()?;
        let mut known = Vec::new();
        hashes.end = hashes.scan(len, |hash, slot| known.push((prefix(&hash), slot)))?;
        hashes.order = known.iter().map(|(_, slot)| *slot).collect();
        hashes.known = known.into_iter().collect();
        if access != Access::Read {
            if hashes.end < len {
                hashes.file.set_len(hashes.end)?;
            }
            hashes.file.rewrite(hashes.end.saturating_sub(CHANGE_BYTES_MAX), hashes.end)?;
        }
        Ok(hashes)
    }

    /// Hands every record in the first `len` bytes to `each`; where the last whole one ends.
    #[expect(clippy::arithmetic_side_effects, reason = "places in the bytes that were read")]
    fn scan(&self, len: u64, mut each: impl FnMut(Hash, KeySlot)) -> Result<u64, VaultError> {
        let bytes = self.file.read_at(0, usize::try_from(len).unwrap_or(usize::MAX))?;
        let records = bytes.as_chunks::<RECORD_BYTES>().0;
        let numbered = records.iter().enumerate();
        let torn = numbered.clone().rev().take_while(|(n, record)| is_torn(n * RECORD_BYTES, record)).count();
        let whole = records.len() - torn;
        for (number, record) in numbered.take(whole) {
            let at = number * RECORD_BYTES;
            match decode(record) {
                Some((hash, slot)) => each(hash, slot),
                // An erasure is never taken back, so a zero record in the middle of `erased` is damage too.
                None if is_torn(at, record) && self.which.is_zeroed() => {}
                None => return Err(VaultError::KeyringDamaged { file: self.which.label(), at: at as u64 }),
            }
        }
        Ok((whole * RECORD_BYTES) as u64)
    }

    /// Adds records, durable when this returns.
    #[expect(clippy::arithmetic_side_effects, reason = "the end of what was written to a file")]
    pub(super) fn add(&mut self, records: &[(Hash, KeySlot)]) -> Result<(), VaultError> {
        let bytes: Vec<u8> = records.iter().flat_map(|(hash, slot)| encode(hash, *slot)).collect();
        self.file.write_all_at(&bytes, self.end)?;
        self.file.sync()?;
        self.end += bytes.len() as u64;
        self.known.extend(records.iter().map(|(hash, slot)| (prefix(hash), *slot)));
        self.order.extend(records.iter().map(|(_, slot)| *slot));
        Ok(())
    }

    /// Whether exactly this record is there, as far as it is held in memory.
    pub(super) fn has(&self, hash: &Hash, slot: KeySlot) -> bool {
        self.known.contains(&(prefix(hash), slot))
    }

    /// Every record, read from disk again.
    pub(super) fn records(&self) -> Result<Vec<(Hash, KeySlot)>, VaultError> {
        let mut records = Vec::new();
        self.scan(self.end, |hash, slot| records.push((hash, slot)))?;
        Ok(records)
    }

    /// Zeroes every record of these slots, durable when this returns.
    #[expect(clippy::arithmetic_side_effects, reason = "places in the bytes that were read")]
    pub(super) fn remove(&mut self, slots: &HashSet<KeySlot>) -> Result<(), VaultError> {
        if !self.order.iter().any(|slot| slots.contains(slot)) {
            return Ok(());
        }
        let bytes = self.file.read_at(0, usize::try_from(self.end).unwrap_or(usize::MAX))?;
        for (index, record) in bytes.as_chunks::<RECORD_BYTES>().0.iter().enumerate() {
            if decode(record).is_some_and(|(_, of)| slots.contains(&of)) {
                self.file.write_all_at(&[0; RECORD_BYTES], (index * RECORD_BYTES) as u64)?;
            }
        }
        self.file.sync()?;
        self.known.retain(|(_, of)| !slots.contains(of));
        self.order.retain(|of| !slots.contains(of));
        Ok(())
    }

    /// The slots recorded under a hash.
    pub(super) fn slots(&self, hash: &Hash) -> Vec<KeySlot> {
        let prefix = prefix(hash);
        let range = (prefix, KeySlot(0))..=(prefix, KeySlot(u32::MAX));
        self.known.range(range).map(|(_, slot)| *slot).collect()
    }

    /// The slots of each hash that more than one was recorded under.
    pub(super) fn shared(&self) -> Vec<Vec<KeySlot>> {
        let known: Vec<(Prefix, KeySlot)> = self.known.iter().copied().collect();
        let groups = known.chunk_by(|one, next| one.0 == next.0).filter(|group| group.len() > 1);
        groups.map(|group| group.iter().map(|(_, slot)| *slot).collect()).collect()
    }

    /// Every slot, in the order of recording.
    pub(super) fn order(&self) -> &[KeySlot] {
        &self.order
    }

    /// Reads every record from disk again.
    pub(super) fn check(&self) -> Result<(), VaultError> {
        self.scan(self.end, |_, _| ()).map(|_| ())
    }
}

/// Whether a record is what a crash leaves of one that was being written or zeroed: nothing, or nothing on one side of a
/// sector's border.
#[expect(clippy::arithmetic_side_effects, reason = "`at` is a place in memory, with a record behind it")]
fn is_torn(at: usize, record: &[u8; RECORD_BYTES]) -> bool {
    let is_zero = |bytes: &[u8]| bytes.iter().all(|&byte| byte == 0);
    let border = at.next_multiple_of(SECTOR_BYTES) - at;
    is_zero(record)
        || decode(record).is_none()
            && record.split_at_checked(border).is_some_and(|(before, behind)| {
                !before.is_empty() && !behind.is_empty() && (is_zero(before) || is_zero(behind))
            })
}

fn prefix(hash: &Hash) -> Prefix {
    let mut prefix = Prefix::default();
    prefix.copy_from_slice(&hash[..16]);
    prefix
}

fn encode(hash: &Hash, slot: KeySlot) -> [u8; RECORD_BYTES] {
    let mut record = [0; RECORD_BYTES];
    record[..32].copy_from_slice(hash);
    record[32..36].copy_from_slice(&slot.0.to_be_bytes());
    let crc = crc32c::crc32c(&record[..36]);
    record[36..].copy_from_slice(&crc.to_be_bytes());
    record
}

fn decode(record: &[u8; RECORD_BYTES]) -> Option<(Hash, KeySlot)> {
    let mut fields = Fields(record);
    let (hash, slot, crc) = (fields.take()?, fields.u32()?, fields.u32()?);
    (crc == crc32c::crc32c(&record[..36])).then_some((hash, KeySlot(slot)))
}
