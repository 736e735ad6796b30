use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;

use super::index::part;
use super::*;
use crate::store::JournalOffset;

fn head(slot: u32, revision: u32) -> Head {
    let mut worker = [0x5a; 16];
    worker[..4].copy_from_slice(&slot.to_be_bytes());
    let leaf = u64::from(slot) * 100 + u64::from(revision);
    Head {
        worker: WorkerId(worker),
        slot: KeySlot(slot),
        revision,
        leaf,
        link: [u8::try_from(slot % 251).unwrap(); 32],
        newest_id: 1_700_000_000_000 + leaf,
    }
}

fn position(leaf: u64) -> Position {
    Position { at: JournalOffset { segment: 1, offset: u32::try_from(leaf).unwrap() * 3 }, leaf }
}

struct File(tempfile::TempDir);

impl File {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }
    fn path(&self) -> PathBuf {
        self.0.path().join("heads")
    }
    fn open(&self) -> Result<Heads, VaultError> {
        Heads::open(&self.path())
    }
    fn flip(&self, bit: usize) {
        let file = DataFile::open(&self.path(), Access::Write).unwrap();
        let byte = file.read_at(bit as u64 / 8, 1).unwrap()[0];
        file.write_all_at(&[byte ^ 1 << (bit % 8)], bit as u64 / 8).unwrap();
    }
}

#[test]
fn heads_are_found_by_worker_and_by_slot_also_after_reopening() {
    let file = File::new();
    let heads = file.open().unwrap();
    assert_eq!(heads.position(), Position::START);
    let slots = [0, 3, 1, 40_000, 16_384];
    for slot in slots {
        heads.put(&head(slot, 0)).unwrap();
    }
    heads.put(&head(3, 1)).unwrap();
    heads.sync_slots().unwrap();
    heads.sync_header(position(77)).unwrap();
    for heads in [&heads, &file.open().unwrap(), &Heads::open_read_only(&file.path()).unwrap()] {
        for slot in slots {
            let want = head(slot, u32::from(slot == 3));
            assert_eq!(heads.get(want.worker).unwrap(), Some(want));
            assert_eq!(heads.read(KeySlot(slot)).unwrap(), Some(want));
        }
        assert_eq!(heads.get(WorkerId([9; 16])).unwrap(), None);
        assert_eq!(heads.read(KeySlot(2)).unwrap(), None);
        assert_eq!(heads.read(KeySlot(u32::MAX)).unwrap(), None);
        assert_eq!(heads.workers(), 5);
        assert_eq!(
            heads.all().map(|head| head.unwrap().slot.0).collect::<Vec<_>>(),
            [0, 1, 3, 16_384, 40_000]
        );
        assert_eq!(heads.position(), position(77));
        assert!(heads.torn().is_empty());
    }
}

#[test]
fn heads_are_known_before_they_are_written_and_written_whole_and_newest() {
    let file = File::new();
    let heads = file.open().unwrap();
    // Runs of neighbours longer and shorter than what is written at once, gaps, and more than are kept in memory.
    let slots: Vec<u32> = (0..1000).chain((1000..3000).step_by(3)).chain(5000..70_000).collect();
    for revision in 0..2 {
        for slot in &slots {
            heads.put(&head(*slot, revision)).unwrap();
        }
    }
    let same = |heads: &Heads| {
        let found: Vec<Head> = heads.all().map(Result::unwrap).collect();
        found == slots.iter().map(|slot| head(*slot, 1)).collect::<Vec<_>>()
            && found.iter().all(|head| heads.get(head.worker).unwrap() == Some(*head))
    };
    assert!(same(&heads));
    assert!(heads.known().pending.len() < PENDING_MAX);
    heads.sync_slots().unwrap();
    assert!(heads.known().pending.is_empty());
    assert!(same(&heads) && same(&file.open().unwrap()));
}

#[test]
fn a_cleared_slot_holds_nothing_of_the_worker() {
    let file = File::new();
    let heads = file.open().unwrap();
    heads.put(&head(0, 4)).unwrap();
    heads.put(&head(1, 4)).unwrap();
    heads.sync_slots().unwrap();
    heads.put(&head(0, 5)).unwrap();
    heads.clear(KeySlot(0)).unwrap();
    heads.clear(KeySlot(9)).unwrap();
    assert_eq!(heads.get(head(0, 4).worker).unwrap(), None);
    assert_eq!(heads.workers(), 1);
    heads.sync_slots().unwrap();
    let bytes = fs::read(file.path()).unwrap();
    assert!(!bytes.windows(16).any(|window| window == head(0, 4).worker.0));
    assert!(bytes[usize::try_from(SLOTS_AT).unwrap()..][..SLOT_BYTES].iter().all(|&byte| byte == 0));
    assert_eq!(file.open().unwrap().get(head(1, 4).worker).unwrap(), Some(head(1, 4)));
}

#[test]
fn a_slot_torn_at_any_byte_is_reported_until_it_is_put_again() {
    let file = File::new();
    let heads = file.open().unwrap();
    heads.put(&head(1, 0)).unwrap();
    heads.put(&head(2, 0)).unwrap();
    heads.sync_slots().unwrap();
    let before = encode_slot(&head(1, 0));
    let after = encode_slot(&head(1, 7));
    for cut in 1..SLOT_BYTES {
        let torn = [&after[..cut], &before[cut..]].concat();
        if torn == before || torn == after {
            continue;
        }
        heads.file.write_all_at(&torn, slot_at(KeySlot(1))).unwrap();
        let reopened = file.open().unwrap();
        assert_eq!(reopened.torn(), [KeySlot(1)], "{cut} bytes");
        assert_eq!(reopened.get(head(1, 0).worker).unwrap(), None);
        assert_eq!(reopened.get(head(2, 0).worker).unwrap(), Some(head(2, 0)));
        reopened.put(&head(1, 7)).unwrap();
        assert!(reopened.torn().is_empty());
        assert_eq!(reopened.get(head(1, 7).worker).unwrap(), Some(head(1, 7)));
    }
}

#[test]
fn any_flipped_bit_of_a_slot_is_reported() {
    let file = File::new();
    let heads = file.open().unwrap();
    heads.put(&head(1, 3)).unwrap();
    heads.sync_slots().unwrap();
    let from = usize::try_from(slot_at(KeySlot(1))).unwrap() * 8;
    for bit in from..from + SLOT_BYTES * 8 {
        file.flip(bit);
        assert_eq!(file.open().unwrap().torn(), [KeySlot(1)], "bit {bit}");
        file.flip(bit);
    }
    // A slot's bytes in another slot's place are no head either.
    heads.file.write_all_at(&encode_slot(&head(1, 3)), slot_at(KeySlot(2))).unwrap();
    assert_eq!(file.open().unwrap().torn(), [KeySlot(2)]);
}

#[test]
fn a_damaged_header_copy_never_misleads() {
    let file = File::new();
    let heads = file.open().unwrap();
    for leaf in [10, 20, 30] {
        heads.sync_header(position(leaf)).unwrap();
    }
    // Sequence 3 stands in the second copy, 2 in the first.
    for byte in 0..HEADER_BYTES {
        file.flip((2048 + byte) * 8);
        assert_eq!(file.open().unwrap().position(), position(20), "byte {byte}");
        file.flip(byte * 8 + 1);
        assert_eq!(file.open().unwrap_err().reason(), "HEADS_DAMAGED", "byte {byte}");
        file.flip((2048 + byte) * 8);
        assert_eq!(file.open().unwrap().position(), position(30), "byte {byte}");
        file.flip(byte * 8 + 1);
    }
    assert_eq!(file.open().unwrap().position(), position(30));
}

#[test]
fn a_header_whose_sequence_no_writer_reaches_does_not_count() {
    let file = File::new();
    let heads = file.open().unwrap();
    heads.sync_header(position(10)).unwrap();
    heads.sync_header(position(20)).unwrap();
    for sequence in [u64::MAX, u64::MAX - 1, u64::MAX / 2 + 1] {
        heads.file.write_all_at(&encode_header(sequence, position(30)), HEADER_COPIES[0]).unwrap();
        let reopened = file.open().unwrap();
        assert_eq!(reopened.position(), position(10));
        assert!(!reopened.is_header_sound().unwrap());
        reopened.sync_header(position(20)).unwrap();
        assert_eq!(file.open().unwrap().position(), position(20));
        heads.file.write_all_at(&encode_header(1, position(10)), HEADER_COPIES[1]).unwrap();
    }
}

#[test]
fn workers_whose_fingerprints_meet_are_kept_apart() {
    let file = File::new();
    let heads = file.open().unwrap();
    let (one, two, three) = (head(0, 0), head(1, 0), head(2, 0));
    for head in [one, two, three] {
        heads.put(&head).unwrap();
    }
    // As if all three had the fingerprint of `two`.
    let mut known = heads.known.write().unwrap();
    let index = &mut known.index;
    let print = index.keyed.of(two.worker);
    index.parts.iter_mut().for_each(HashMap::clear);
    index.parts[part(print)].insert(print, 0);
    index.same = vec![(print, 1), (print, 2)];
    drop(known);
    assert_eq!(heads.get(two.worker).unwrap(), Some(two));
    heads.put(&two).unwrap();
    assert_eq!(heads.workers(), 3);
    heads.clear(KeySlot(1)).unwrap();
    assert_eq!(heads.get(two.worker).unwrap(), None);
    assert_eq!(heads.workers(), 2);
    let index = &mut heads.known.write().unwrap().index;
    index.remove(two.worker, KeySlot(0));
    assert_eq!((index.parts[part(print)].get(&print), index.same.len()), (Some(&2), 0));
}

#[test]
fn a_missing_file_is_named_and_reading_changes_nothing() {
    let file = File::new();
    assert_eq!(Heads::open_read_only(&file.path()).unwrap_err().reason(), "FILE_MISSING");
    file.open().unwrap().put(&head(0, 0)).unwrap();
    let heads = Heads::open_read_only(&file.path()).unwrap();
    assert_eq!(heads.put(&head(0, 1)).unwrap_err().reason(), "READ_ONLY");
    assert_eq!(heads.clear(KeySlot(0)).unwrap_err().reason(), "READ_ONLY");
    assert_eq!(heads.sync_header(position(1)).unwrap_err().reason(), "READ_ONLY");
}

#[test]
fn a_head_is_among_all_of_them_while_it_moves_from_memory_to_the_file() {
    let file = File::new();
    let heads = file.open().unwrap();
    let put = std::sync::atomic::AtomicU32::new(0);
    std::thread::scope(|scope| {
        let putting = scope.spawn(|| {
            for slot in 0..20_000 {
                heads.put(&head(slot, 0)).unwrap();
                put.store(slot + 1, std::sync::atomic::Ordering::SeqCst);
                heads.write_pending().unwrap();
            }
        });
        while !putting.is_finished() {
            let at_least = put.load(std::sync::atomic::Ordering::SeqCst);
            assert!(heads.slots().unwrap() >= at_least, "{at_least} were put");
        }
    });
}
