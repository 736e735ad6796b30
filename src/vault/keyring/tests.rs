use std::fs;
use std::path::{Path, PathBuf};

use super::*;
use crate::crypto::SeededEntropy;
use crate::event::WorkerId;

struct Ring {
    outside: tempfile::TempDir,
    paths: DataDir,
    entropy: SeededEntropy,
}

impl Ring {
    fn new() -> (Self, Keyring) {
        let outside = tempfile::tempdir().unwrap();
        let paths = DataDir::new(&outside.path().join("ledger")).unwrap();
        paths.create().unwrap();
        let mut entropy = SeededEntropy::new("keyring");
        let keyring = Keyring::create(&paths, &mut entropy).unwrap();
        (Self { outside, paths, entropy }, keyring)
    }
    fn slots(&self) -> PathBuf {
        self.paths.keyring().join("slots")
    }
    /// The same files elsewhere: what a crash at this moment leaves.
    fn copy(&self) -> Self {
        let outside = tempfile::tempdir().unwrap();
        copy_tree(self.outside.path(), outside.path());
        let paths = DataDir::new(&outside.path().join("ledger")).unwrap();
        Self { outside, paths, entropy: self.entropy.clone() }
    }
    fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = Vec::new();
        read_tree(self.outside.path(), &mut files);
        files
    }
}

fn copy_tree(from: &Path, to: &Path) {
    for item in fs::read_dir(from).unwrap() {
        let item = item.unwrap();
        let to = to.join(item.file_name());
        if item.path().is_dir() {
            fs::create_dir_all(&to).unwrap();
            copy_tree(&item.path(), &to);
        } else {
            fs::copy(item.path(), to).unwrap();
        }
    }
}

fn read_tree(dir: &Path, out: &mut Vec<(PathBuf, Vec<u8>)>) {
    for item in fs::read_dir(dir).unwrap() {
        let path = item.unwrap().path();
        if path.is_dir() { read_tree(&path, out) } else { out.push((path.clone(), fs::read(&path).unwrap())) }
    }
}

fn keys_of(keyring: &Keyring, slots: impl IntoIterator<Item = u32>) -> Vec<Option<SealKey>> {
    slots.into_iter().map(|slot| keyring.key(KeySlot(slot)).unwrap()).collect()
}

/// The next key made, its digest named.
fn rotate(keyring: &Keyring, ring: &mut Ring) -> Result<u32, VaultError> {
    let next = NextGeneration::prepare(&ring.paths, &mut ring.entropy).unwrap();
    keyring.rotate(&next.digest, &mut ring.entropy)
}

const WORKER: WorkerId = WorkerId([0xab; 16]);

#[test]
fn allocated_keys_are_on_disk_when_handed_out() {
    let (mut ring, keyring) = Ring::new();
    let mut made = Vec::new();
    for n in [1, 3, 0, 5] {
        made.extend(keyring.allocate(n, &mut ring.entropy).unwrap());
        let reopened = Keyring::open(&ring.copy().paths).unwrap();
        for (slot, key) in &made {
            assert_eq!(reopened.key(*slot).unwrap().as_ref(), Some(key));
        }
    }
    let slots: Vec<u32> = made.iter().map(|(slot, _)| slot.0).collect();
    assert_eq!(slots, (0..9).collect::<Vec<_>>());
    let distinct: std::collections::HashSet<_> = made.iter().map(|(_, key)| *key.as_bytes()).collect();
    assert_eq!(distinct.len(), 9);
    assert_eq!(keyring.key(KeySlot(9)).unwrap_err().reason(), "SLOT_UNKNOWN");
    assert_eq!(keyring.tombstone(KeySlot(9)).unwrap_err().reason(), "SLOT_UNKNOWN");
    assert_eq!(keyring.check().unwrap(), KeyringReport { live: 9, ..KeyringReport::default() });
}

#[test]
fn a_torn_allocation_never_gives_its_numbers_out_again() {
    let (mut ring, keyring) = Ring::new();
    let first = keyring.allocate(1, &mut ring.entropy).unwrap().remove(0);
    let before = fs::read(ring.slots()).unwrap().len();
    keyring.allocate(2, &mut ring.entropy).unwrap();
    let whole = fs::read(ring.slots()).unwrap();
    for cut in (before..=whole.len()).step_by(6) {
        let copy = ring.copy();
        fs::write(copy.slots(), &whole[..cut]).unwrap();
        let reopened = Keyring::open(&copy.paths).unwrap();
        let touched = u32::try_from((cut - before).div_ceil(CELL_BYTES)).unwrap();
        let next = reopened.allocate(1, &mut ring.entropy).unwrap().remove(0);
        assert_eq!(next.0, KeySlot(1 + touched), "{cut} bytes");
        assert_eq!(reopened.key(first.0).unwrap(), Some(first.1.clone()));
        let torn = (cut - before) % CELL_BYTES != 0;
        let damaged = if torn { vec![KeySlot(touched)] } else { vec![] };
        assert_eq!(Keyring::open(&copy.paths).unwrap().check().unwrap().damaged, damaged, "{cut} bytes");
    }
}

#[test]
fn erasing_leaves_no_bytes_that_yield_the_key_or_name_the_worker() {
    let (mut ring, keyring) = Ring::new();
    let made = keyring.allocate(3, &mut ring.entropy).unwrap();
    let (slot, key) = made[1].clone();
    keyring.note_documents(&[(made[0].0, b"P PH 1"), (slot, b"P PH 2"), (made[2].0, b"P PH 2")]).unwrap();
    assert_eq!(keyring.same_document(b"P PH 2"), [slot, made[2].0]);
    keyring.record_erasure(WORKER, slot).unwrap();
    assert_eq!(keyring.erasures().unwrap(), [Erasure { slot, tombstoned: false }]);
    assert_eq!(keyring.check().unwrap().unfinished_erasures, [slot]);
    keyring.tombstone(slot).unwrap();

    let wrapping = read_secret(&ring.paths.generation_key(1)).unwrap().unwrap();
    let associated = [&b"skillpass/v1 key slot\n"[..], &slot.0.to_be_bytes()].concat();
    for (path, bytes) in ring.files() {
        let shown = path.display();
        assert!(!bytes.windows(32).any(|window| window == key.as_bytes()), "{shown} holds the key");
        assert!(!bytes.windows(16).any(|window| window == WORKER.0), "{shown} holds the worker id");
        for window in bytes.windows(72) {
            assert!(
                crate::crypto::open(&wrapping, &associated, window).is_err(),
                "{shown} holds the wrapped key"
            );
        }
    }
    for keyring in
        [keyring, Keyring::open(&ring.paths).unwrap(), Keyring::open_read_only(&ring.paths).unwrap()]
    {
        assert_eq!(keyring.key(slot).unwrap(), None);
        assert!(keyring.is_erased(WORKER));
        assert!(!keyring.is_erased(WorkerId([0xac; 16])));
        assert_eq!(keyring.same_document(b"P PH 1"), [made[0].0]);
        assert_eq!(keyring.same_document(b"P PH 2"), [made[2].0]);
        assert_eq!(keyring.erasures().unwrap(), [Erasure { slot, tombstoned: true }]);
        let clean = KeyringReport { live: 2, tombstones: 1, ..KeyringReport::default() };
        assert_eq!(keyring.check().unwrap(), clean);
    }
}

#[test]
fn recording_an_erasure_twice_is_once_and_a_tombstone_without_one_shows() {
    let (mut ring, keyring) = Ring::new();
    keyring.allocate(2, &mut ring.entropy).unwrap();
    keyring.record_erasure(WORKER, KeySlot(0)).unwrap();
    keyring.record_erasure(WORKER, KeySlot(0)).unwrap();
    assert_eq!(keyring.erasures().unwrap().len(), 1);
    keyring.tombstone(KeySlot(1)).unwrap();
    assert_eq!(keyring.check().unwrap().unrecorded_tombstones, [KeySlot(1)]);
}

#[test]
fn a_torn_tombstone_yields_no_key_and_shows_as_unfinished() {
    let (mut ring, keyring) = Ring::new();
    keyring.allocate(2, &mut ring.entropy).unwrap();
    let other = keyring.key(KeySlot(1)).unwrap();
    keyring.record_erasure(WORKER, KeySlot(0)).unwrap();
    let before = fs::read(ring.slots()).unwrap();
    keyring.tombstone(KeySlot(0)).unwrap();
    let after = fs::read(ring.slots()).unwrap();
    for torn in (1..CELL_BYTES - 4).step_by(5) {
        let copy = ring.copy();
        let cut = CELL_BYTES + torn;
        fs::write(copy.slots(), [&after[..cut], &before[cut..]].concat()).unwrap();
        let reopened = Keyring::open(&copy.paths).unwrap();
        assert_eq!(reopened.key(KeySlot(0)).unwrap_err().reason(), "SLOT_DAMAGED", "{torn} bytes");
        assert_eq!(reopened.key(KeySlot(1)).unwrap(), other);
        assert!(!reopened.erasures().unwrap()[0].tombstoned);
        reopened.tombstone(KeySlot(0)).unwrap();
        assert_eq!(reopened.key(KeySlot(0)).unwrap(), None);
    }
}

#[test]
fn rotation_keeps_every_key_and_kills_old_copies() {
    let (mut ring, keyring) = Ring::new();
    keyring.allocate(5, &mut ring.entropy).unwrap();
    keyring.record_erasure(WORKER, KeySlot(3)).unwrap();
    keyring.tombstone(KeySlot(3)).unwrap();
    let keys = keys_of(&keyring, 0..5);
    let old_copy = fs::read(ring.slots()).unwrap();
    assert_eq!(rotate(&keyring, &mut ring).unwrap(), 2);
    let late = keyring.allocate(1, &mut ring.entropy).unwrap().remove(0);
    for keyring in [&keyring, &Keyring::open(&ring.paths).unwrap()] {
        assert_eq!(keys_of(keyring, 0..5), keys);
        assert_eq!(keyring.key(late.0).unwrap(), Some(late.1.clone()));
    }
    assert!(!ring.paths.generation_key(1).exists());
    // A keyring from before, with all keys that there are: it does not open, and nothing is thrown away over it.
    fs::write(ring.slots(), old_copy).unwrap();
    assert_eq!(Keyring::open(&ring.paths).unwrap_err().reason(), "GENERATION_KEY_MISSING");
    assert!(ring.paths.generation_key(2).exists());
}

#[test]
fn a_generation_that_has_none_behind_it_is_damage_and_takes_no_next_key() {
    let (mut ring, keyring) = Ring::new();
    drop(keyring);
    fs::rename(ring.paths.generation_key(1), ring.paths.generation_key(u32::MAX)).unwrap();
    fs::write(ring.slots(), slots::header(u32::MAX)).unwrap();
    let keyring = Keyring::open(&ring.paths).unwrap();
    let prepared = NextGeneration::prepare(&ring.paths, &mut ring.entropy);
    assert_eq!(prepared.unwrap_err().reason(), "KEYRING_DAMAGED");
    assert_eq!(keyring.rotate(&[0; 32], &mut ring.entropy).unwrap_err().reason(), "KEYRING_DAMAGED");
    assert!(ring.paths.generation_key(u32::MAX).exists());
}

/// What a crash may have left done of a rotation.
type Step<'a> = Box<dyn Fn(&Ring) + 'a>;

#[test]
fn a_crash_at_any_step_of_a_rotation_loses_no_key() {
    let (mut ring, keyring) = Ring::new();
    keyring.allocate(4, &mut ring.entropy).unwrap();
    keyring.record_erasure(WORKER, KeySlot(2)).unwrap();
    keyring.tombstone(KeySlot(2)).unwrap();
    let keys = keys_of(&keyring, 0..4);
    let before = ring.copy();
    rotate(&keyring, &mut ring).unwrap();
    let after = ring.copy();
    let (new_slots, new_key) =
        (fs::read(after.slots()).unwrap(), fs::read(after.paths.generation_key(2)).unwrap());

    let key_made: Step = Box::new(|at| fs::write(at.paths.generation_key(2), &new_key).unwrap());
    let half_written: Step = Box::new(|at| {
        fs::write(at.paths.keyring().join("slots.new"), &new_slots[..new_slots.len() / 2]).unwrap();
    });
    let written: Step = Box::new(|at| fs::write(at.paths.keyring().join("slots.new"), &new_slots).unwrap());
    let renamed: Step = Box::new(|at| fs::rename(at.paths.keyring().join("slots.new"), at.slots()).unwrap());
    let zeroed: Step = Box::new(|at| fs::write(at.paths.generation_key(1), [0; 65]).unwrap());
    let removed: Step = Box::new(|at| fs::remove_file(at.paths.generation_key(1)).unwrap());
    let steps: [&[&Step]; 7] = [
        &[],
        &[&key_made],
        &[&key_made, &half_written],
        &[&key_made, &written],
        &[&key_made, &written, &renamed],
        &[&key_made, &written, &renamed, &zeroed],
        &[&key_made, &written, &renamed, &zeroed, &removed],
    ];
    for (number, done) in steps.into_iter().enumerate() {
        let mut crashed = before.copy();
        for step in done {
            step(&crashed);
        }
        let reopened = Keyring::open(&crashed.paths).unwrap();
        assert_eq!(reopened.generation(), if number < 4 { 1 } else { 2 }, "step {number}");
        assert_eq!(keys_of(&reopened, 0..4), keys, "step {number}");
        assert_eq!(crashed.paths.generation_key(1).exists(), number < 4, "step {number}");
        assert!(!crashed.paths.keyring().join("slots.new").exists(), "step {number}");
        // And the next rotation goes through.
        rotate(&reopened, &mut crashed).unwrap();
        assert_eq!(keys_of(&Keyring::open(&crashed.paths).unwrap(), 0..4), keys, "step {number}");
    }
}

#[test]
fn a_flipped_bit_in_any_byte_is_named_with_its_file_or_slot() {
    let (mut ring, keyring) = Ring::new();
    let made = keyring.allocate(2, &mut ring.entropy).unwrap();
    keyring.record_erasure(WORKER, KeySlot(0)).unwrap();
    keyring.tombstone(KeySlot(0)).unwrap();
    keyring.note_documents(&[(made[1].0, b"P PH 2")]).unwrap();
    for name in ["slots", "erased", "blind"] {
        let path = ring.paths.keyring().join(name);
        let whole = fs::read(&path).unwrap();
        let file = DataFile::open(&path, Access::Write).unwrap();
        for bit in (0..whole.len() * 8).step_by(9) {
            file.write_all_at(&[whole[bit / 8] ^ 1 << (bit % 8)], bit as u64 / 8).unwrap();
            let found = Keyring::open_read_only(&ring.paths).map(|keyring| keyring.check().unwrap().damaged);
            match (name, bit / 8 / CELL_BYTES) {
                ("slots", slot @ 1..) => {
                    assert_eq!(found.unwrap(), [KeySlot(u32::try_from(slot).unwrap() - 1)]);
                }
                _ => assert_eq!(found.unwrap_err().reason(), "KEYRING_DAMAGED", "{name} bit {bit}"),
            }
            file.write_all_at(&whole, 0).unwrap();
        }
    }
    for path in [ring.paths.pepper(), ring.paths.generation_key(1)] {
        let whole = fs::read(&path).unwrap();
        fs::write(&path, &whole[..64]).unwrap();
        assert_eq!(Keyring::open(&ring.paths).unwrap_err().reason(), "KEY_FILE");
        fs::write(&path, whole).unwrap();
    }
}

#[test]
fn a_slot_with_another_slots_bytes_is_damaged_not_erased() {
    let (mut ring, keyring) = Ring::new();
    keyring.allocate(2, &mut ring.entropy).unwrap();
    keyring.tombstone(KeySlot(0)).unwrap();
    let whole = fs::read(ring.slots()).unwrap();
    let (header, cells) = whole.split_at(CELL_BYTES);
    fs::write(ring.slots(), [header, &cells[..CELL_BYTES], &cells[..CELL_BYTES]].concat()).unwrap();
    let reopened = Keyring::open(&ring.paths).unwrap();
    assert_eq!(reopened.key(KeySlot(1)).unwrap_err().reason(), "SLOT_DAMAGED");
}

#[test]
fn a_torn_erasure_record_counts_as_never_made() {
    let (mut ring, keyring) = Ring::new();
    keyring.allocate(2, &mut ring.entropy).unwrap();
    keyring.record_erasure(WORKER, KeySlot(0)).unwrap();
    keyring.record_erasure(WorkerId([1; 16]), KeySlot(1)).unwrap();
    let path = ring.paths.keyring().join("erased");
    let whole = fs::read(&path).unwrap();
    let zeroed = [&whole[..40], &[0; 40]].concat();
    for torn in (40..80).step_by(3).map(|cut| &whole[..cut]).chain([&zeroed[..]]) {
        let copy = ring.copy();
        fs::write(copy.paths.keyring().join("erased"), torn).unwrap();
        let reopened = Keyring::open(&copy.paths).unwrap();
        assert!(reopened.is_erased(WORKER) && !reopened.is_erased(WorkerId([1; 16])));
        reopened.record_erasure(WorkerId([1; 16]), KeySlot(1)).unwrap();
        assert_eq!(fs::read(copy.paths.keyring().join("erased")).unwrap(), whole);
    }
    fs::write(&path, [&[0; 40], &whole[40..]].concat()).unwrap();
    assert_eq!(Keyring::open(&ring.paths).unwrap_err().reason(), "KEYRING_DAMAGED");
}

/// 40-byte records do not end where sectors do: of the 13th, bytes 480 to 520, a crash may leave either side.
#[test]
fn a_record_torn_at_a_sectors_border_counts_as_never_made() {
    let (mut ring, keyring) = Ring::new();
    keyring.allocate(15, &mut ring.entropy).unwrap();
    let worker = |n| WorkerId([n; 16]);
    for n in 0..13 {
        keyring.record_erasure(worker(n), KeySlot(n.into())).unwrap();
    }
    let documents: Vec<_> = (0..15).map(|n| (KeySlot(n), [u8::try_from(n).unwrap()])).collect();
    let documents: Vec<_> = documents.iter().map(|(slot, name)| (*slot, &name[..])).collect();
    keyring.note_documents(&documents).unwrap();
    for (name, length) in [("erased", 520), ("blind", 600)] {
        let whole = fs::read(ring.paths.keyring().join(name)).unwrap();
        assert_eq!(whole.len(), length);
        for side in [480..512, 512..520] {
            let copy = ring.copy();
            let mut torn = whole.clone();
            torn[side].fill(0);
            fs::write(copy.paths.keyring().join(name), torn).unwrap();
            let reopened = Keyring::open(&copy.paths).unwrap();
            assert_eq!(reopened.is_erased(worker(12)), name == "blind");
            assert!(reopened.is_erased(worker(11)));
            assert_eq!(reopened.same_document(&[12]).is_empty(), name == "blind");
            assert_eq!(reopened.same_document(&[14]), [KeySlot(14)]);
        }
        // Zeros anywhere else are no crash's.
        let copy = ring.copy();
        let mut damaged = whole.clone();
        damaged[440..460].fill(0);
        fs::write(copy.paths.keyring().join(name), damaged).unwrap();
        assert_eq!(Keyring::open(&copy.paths).unwrap_err().reason(), "KEYRING_DAMAGED");
    }
}

#[test]
fn a_start_completes_an_erasure_that_was_on_record_and_nothing_more() {
    let (mut ring, keyring) = Ring::new();
    keyring.allocate(3, &mut ring.entropy).unwrap();
    keyring.note_documents(&[(KeySlot(1), b"P PH 1"), (KeySlot(2), b"P PH 1")]).unwrap();
    keyring.note_review(KeySlot(1), "NOT_THE_SAME").unwrap();
    let before = ring.copy();
    keyring.record_erasure(WORKER, KeySlot(1)).unwrap();
    // The crash came behind the record, before documents and reviews were zeroed and the key was destroyed.
    fs::copy(ring.paths.keyring().join("erased"), before.paths.keyring().join("erased")).unwrap();
    let reopened = Keyring::open(&before.paths).unwrap();
    reopened.complete_erasures().unwrap();
    assert_eq!(reopened.same_document(b"P PH 1"), [KeySlot(2)]);
    assert!(!reopened.is_reviewed(KeySlot(1), "NOT_THE_SAME"));
    assert_eq!(reopened.key(KeySlot(1)).unwrap(), None);
    assert!(reopened.key(KeySlot(2)).unwrap().is_some());
    assert_eq!(reopened.erasures().unwrap(), [Erasure { slot: KeySlot(1), tombstoned: true }]);
}

#[test]
fn opened_for_reading_it_changes_nothing() {
    let (mut ring, keyring) = Ring::new();
    let made = keyring.allocate(1, &mut ring.entropy).unwrap().remove(0);
    drop(keyring);
    fs::write(ring.paths.keyring().join("slots.new"), b"rest").unwrap();
    fs::write(ring.paths.keyring().join("erased"), b"torn").unwrap();
    let before = ring.files();
    let keyring = Keyring::open_read_only(&ring.paths).unwrap();
    assert_eq!(keyring.key(made.0).unwrap(), Some(made.1));
    assert_eq!(keyring.allocate(1, &mut ring.entropy).unwrap_err().reason(), "READ_ONLY");
    assert_eq!(keyring.tombstone(made.0).unwrap_err().reason(), "READ_ONLY");
    assert_eq!(keyring.rotate(&[0; 32], &mut ring.entropy).unwrap_err().reason(), "READ_ONLY");
    assert_eq!(ring.files(), before);
}

#[test]
fn after_a_failed_write_no_key_is_given_out() {
    let (mut ring, keyring) = Ring::new();
    keyring.state().slots = DataFile::open(Path::new("/dev/full"), Access::Write).unwrap();
    assert_eq!(keyring.allocate(1, &mut ring.entropy).unwrap_err().reason(), "DISK_FULL");
    assert_eq!(keyring.allocate(1, &mut ring.entropy).unwrap_err().reason(), "KEYRING_POISONED");
}

#[test]
fn keys_beyond_the_cache_are_read_again() {
    let (mut ring, keyring) = Ring::new();
    let made = keyring.allocate(200, &mut ring.entropy).unwrap();
    for (slot, key) in &made {
        keyring.state().young.clear();
        keyring.state().old.clear();
        assert_eq!(keyring.key(*slot).unwrap().as_ref(), Some(key));
        assert_eq!(keyring.key(*slot).unwrap().as_ref(), Some(key));
    }
    let mut state = keyring.state();
    for slot in 0..u32::try_from(CACHE_KEYS).unwrap() * 5 {
        state.remember(KeySlot(slot), SealKey::from_bytes([0; 32]));
    }
    assert!(state.young.len() + state.old.len() <= 2 * CACHE_KEYS);
}
