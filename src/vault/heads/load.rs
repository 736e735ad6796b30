//! All slots read at opening, on every core: five million workers are 400 MB.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::sync_channel;

use super::index::{Fingerprints, Index, part};
use super::layout::{SLOT_BYTES, decode_slot, read_slot, slot_at};
use super::{DataFile, KeySlot, VaultError};

/// Slots read at once.
pub(super) const BLOCK_SLOTS: u32 = 16 * 1024;
/// Blocks that wait to be taken into the index.
const AHEAD: usize = 4;

/// What the slots say.
pub(super) struct Loaded {
    pub(super) index: Index,
    /// Ascending.
    pub(super) torn: Vec<KeySlot>,
    /// One more than the greatest leaf.
    pub(super) leaves: u64,
}

/// What the slots of one block say.
#[derive(Default)]
struct Block {
    /// Workers' fingerprints, part by part.
    found: Vec<(u64, KeySlot)>,
    torn: Vec<KeySlot>,
    leaves: u64,
}

/// Reads the first so many slots.
pub(super) fn load(file: &DataFile, slots: u64) -> Result<Loaded, VaultError> {
    let index = Index::with_room(usize::try_from(slots).unwrap_or(0));
    let mut loaded = Loaded { index, torn: Vec::new(), leaves: 0 };
    let keyed = loaded.index.keyed.clone();
    let blocks = slots.div_ceil(BLOCK_SLOTS.into());
    let (to_us, read) = sync_channel(AHEAD);
    let next = AtomicU64::new(0);
    std::thread::scope(|scope| {
        let readers = std::thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
        for _ in 0..readers.min(blocks) {
            let (to_us, keyed, next) = (to_us.clone(), &keyed, &next);
            scope.spawn(move || {
                loop {
                    let block = next.fetch_add(1, Ordering::Relaxed);
                    // Nobody takes it after an error.
                    if block >= blocks || to_us.send(read_block(file, block, slots, keyed)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(to_us);
        for block in read {
            loaded.take(block?);
        }
        loaded.torn.sort_unstable_by_key(|slot| slot.0);
        Ok(loaded)
    })
}

impl Loaded {
    fn take(&mut self, block: Block) {
        for (fingerprint, slot) in block.found {
            self.index.add_fingerprint(fingerprint, slot);
        }
        self.torn.extend(block.torn);
        self.leaves = self.leaves.max(block.leaves);
    }
}

/// The bytes of so many slots, of one block at most; those beyond the end are empty.
#[expect(clippy::arithmetic_side_effects, reason = "a block has BLOCK_SLOTS")]
pub(super) fn read_slots(file: &DataFile, first: u32, count: usize) -> Result<Vec<u8>, VaultError> {
    let mut bytes = file.read_at(slot_at(KeySlot(first)), count * SLOT_BYTES)?;
    bytes.resize(count * SLOT_BYTES, 0);
    Ok(bytes)
}

#[expect(clippy::arithmetic_side_effects, reason = "`block` is one of those that `slots` make")]
fn read_block(file: &DataFile, block: u64, slots: u64, keyed: &Fingerprints) -> Result<Block, VaultError> {
    let number = |slot: u64| u32::try_from(slot).unwrap_or(u32::MAX);
    let first = number(block * u64::from(BLOCK_SLOTS));
    let count = BLOCK_SLOTS.min(number(slots).saturating_sub(first)) as usize;
    let bytes = read_slots(file, first, count)?;
    let mut block = Block { found: Vec::with_capacity(count), ..Block::default() };
    for (slot, bytes) in (first..).map(KeySlot).zip(bytes.as_chunks::<SLOT_BYTES>().0) {
        match decode_slot(slot, bytes).or_else(|()| read_slot(file, slot)) {
            Ok(Some(head)) => {
                block.leaves = block.leaves.max(head.leaf.saturating_add(1));
                block.found.push((keyed.of(head.worker), head.slot));
            }
            Ok(None) => {}
            Err(VaultError::HeadsDamaged { .. }) => block.torn.push(slot),
            Err(error) => return Err(error),
        }
    }
    block.found.sort_unstable_by_key(|(fingerprint, _)| part(*fingerprint));
    Ok(block)
}
