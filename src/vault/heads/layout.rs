//! The bytes of `heads`.

use super::{Head, HeadsPosition, KeySlot, Position, VaultError};
use crate::event::WorkerId;
use crate::store::JournalOffset;
use crate::vault::durable::DataFile;
use crate::vault::fields::Fields;

const MAGIC: &[u8; 8] = b"SKPHEAD1";
pub(super) const HEADER_BYTES: usize = 36;
/// No writer ever counts so far: a header beyond it is none that was written.
const SEQUENCE_MAX: u64 = u64::MAX / 2;
pub(super) const HEADER_COPIES: [u64; 2] = [0, 2048];
pub(super) const SLOTS_AT: u64 = 4096;
pub(super) const SLOT_BYTES: usize = 80;
pub(super) const CHECKED_BYTES: usize = SLOT_BYTES - 4;

#[expect(clippy::arithmetic_side_effects, reason = "the number of a slot has 32 bits")]
pub(super) fn slot_at(slot: KeySlot) -> u64 {
    SLOTS_AT + u64::from(slot.0) * SLOT_BYTES as u64
}

/// Reads a slot; once more if its checksum is wrong, for another process may be writing it at this moment.
pub(super) fn read_slot(file: &DataFile, slot: KeySlot) -> Result<Option<Head>, VaultError> {
    for _ in 0..2 {
        let mut bytes = [0; SLOT_BYTES];
        // A short read is a slot beyond the end.
        if file.read_into(&mut bytes, slot_at(slot))? < SLOT_BYTES {
            return Ok(None);
        }
        if let Ok(head) = decode_slot(slot, &bytes) {
            return Ok(head);
        }
    }
    Err(VaultError::HeadsDamaged { problem: "a slot's checksum is wrong" })
}

pub(super) fn encode_slot(head: &Head) -> [u8; SLOT_BYTES] {
    let mut bytes = [0; SLOT_BYTES];
    bytes[..16].copy_from_slice(&head.worker.0);
    bytes[16..20].copy_from_slice(&head.slot.0.to_be_bytes());
    bytes[20..24].copy_from_slice(&head.revision.to_be_bytes());
    bytes[24..32].copy_from_slice(&head.leaf.to_be_bytes());
    bytes[32..64].copy_from_slice(&head.link);
    bytes[64..72].copy_from_slice(&head.newest_id.to_be_bytes());
    let crc = crc32c::crc32c(&bytes[..CHECKED_BYTES]);
    bytes[CHECKED_BYTES..].copy_from_slice(&crc.to_be_bytes());
    bytes
}

/// `Ok(None)`: empty. `Err`: torn, damaged, or another slot's bytes.
pub(super) fn decode_slot(at: KeySlot, bytes: &[u8; SLOT_BYTES]) -> Result<Option<Head>, ()> {
    let (checked, crc) = bytes.split_at(CHECKED_BYTES);
    if crc != crc32c::crc32c(checked).to_be_bytes() {
        return if *bytes == [0; SLOT_BYTES] { Ok(None) } else { Err(()) };
    }
    let mut fields = Fields(checked);
    let mut head = || {
        let head = Head {
            worker: WorkerId(fields.take()?),
            slot: KeySlot(fields.u32()?),
            revision: fields.u32()?,
            leaf: fields.u64()?,
            link: fields.take()?,
            newest_id: fields.u64()?,
        };
        (head.slot == at && fields.0 == [0; 4]).then_some(head)
    };
    head().map(Some).ok_or(())
}

pub(super) fn encode_header(sequence: u64, position: HeadsPosition) -> [u8; HEADER_BYTES] {
    let mut bytes = [0; HEADER_BYTES];
    bytes[..8].copy_from_slice(MAGIC);
    bytes[8..16].copy_from_slice(&sequence.to_be_bytes());
    bytes[16..24].copy_from_slice(&position.leaf.to_be_bytes());
    bytes[24..28].copy_from_slice(&position.at.segment.to_be_bytes());
    bytes[28..32].copy_from_slice(&position.at.offset.to_be_bytes());
    let crc = crc32c::crc32c(&bytes[..32]);
    bytes[32..].copy_from_slice(&crc.to_be_bytes());
    bytes
}

pub(super) fn decode_header(bytes: &[u8]) -> Option<(u64, HeadsPosition)> {
    let mut fields = Fields(bytes.strip_prefix(MAGIC)?);
    let (sequence, leaf) = (fields.u64()?, fields.u64()?);
    let at = JournalOffset { segment: fields.u32()?, offset: fields.u32()? };
    let position = Position { at, leaf };
    let is_whole = sequence <= SEQUENCE_MAX && encode_header(sequence, position) == *bytes;
    is_whole.then_some((sequence, position))
}
