//! Heads, status lists, access files; and the event store, whose values are altered through its own database.

use std::fs;
use std::path::{Path, PathBuf};

use skillpass::ledger::rebuild;

use super::{Plant, altered, flips, seal_crc, told};

const SLOTS_AT: usize = 4096;
const SLOT: usize = 80;
const STATUS: usize = 40;
/// Bits in each file of the event store.
const RAW_PLANTS: usize = 40;

pub(super) fn heads(dir: &Path) -> Vec<Plant> {
    let path = dir.join("heads");
    let bytes = fs::read(&path).unwrap();
    let header = [
        ("magic", 0, 8),
        ("sequence", 8, 8),
        ("leaf", 16, 8),
        ("segment", 24, 4),
        ("offset", 28, 4),
        ("checksum", 32, 4),
    ];
    let slot = [
        ("worker id", 0, 16),
        ("key slot", 16, 4),
        ("revision", 20, 4),
        ("leaf", 24, 8),
        ("L", 32, 32),
        ("newest id", 64, 8),
        ("zeros", 72, 4),
        ("checksum", 76, 4),
    ];
    let mut plants = Vec::new();
    for at in [0, 2048] {
        plants.extend(flips(&format!("heads, header at {at}"), &path, at, &header));
    }
    plants.push(altered("heads", "between the headers", &path, |bytes| bytes[1000] ^= 1));
    // The copy in force, altered with its checksum made right.
    let sequence = |at: usize| bytes[at + 8..at + 16].to_vec();
    let newest = if sequence(0) > sequence(2048) { 0 } else { 2048 };
    for (field, byte) in [("greater leaf", 22), ("smaller leaf", 23), ("segment", 27), ("offset", 31)] {
        plants.push(altered("heads", &format!("header, {field}, checksum made right"), &path, |bytes| {
            bytes[newest + byte] ^= 1;
            seal_crc(bytes, newest, newest + 32);
        }));
    }
    let slots = bytes[SLOTS_AT..].chunks(SLOT).enumerate();
    for (number, _) in slots.filter(|(_, slot)| slot.iter().any(|byte| *byte != 0)) {
        let at = SLOTS_AT + SLOT * number;
        plants.extend(flips(&format!("heads, slot {number}"), &path, at, &slot));
        for (field, offset, _) in &slot[..6] {
            plants.push(altered(
                "heads",
                &format!("slot {number}, {field}, checksum made right"),
                &path,
                |bytes| {
                    bytes[at + offset + 3] ^= 1;
                    seal_crc(bytes, at, at + 76);
                },
            ));
        }
        plants.push(altered("heads", &format!("slot {number} zeroed"), &path, |bytes| {
            bytes[at..at + SLOT].fill(0)
        }));
    }
    plants.push(Plant::gone("heads: removed", &path));
    plants
}

pub(super) fn status(dir: &Path) -> Vec<Plant> {
    let path = dir.join("status/lists");
    let bytes = fs::read(&path).unwrap();
    let fields = [
        ("type", 0, 1),
        ("code", 1, 1),
        ("zeros", 2, 2),
        ("list", 4, 4),
        ("index", 8, 4),
        ("rest", 12, 24),
        ("checksum", 36, 4),
    ];
    let mut plants = Vec::new();
    let records: Vec<(usize, &[u8])> = bytes.chunks(STATUS).enumerate().collect();
    // One record of each type.
    for kind in 0..=6 {
        let Some((number, _)) = records.iter().find(|(_, record)| record[0] == kind) else {
            panic!("no record of type {kind}")
        };
        plants.extend(flips(&format!("status/lists, type {kind}"), &path, number * STATUS, &fields));
    }
    // Those that statements rest on, with their checksums made right, and removed.
    let begun = records.iter().find(|(_, record)| record[0] == 1).unwrap().0;
    let used = records.iter().find(|(_, record)| record[0] == 3).unwrap().0;
    let step = records.iter().find(|(_, record)| record[0] == 4).unwrap().0;
    let allocated = records
        .iter()
        .find(|(_, record)| record[0] == 2 && record[4..12] == records[used].1[4..12])
        .unwrap()
        .0;
    let settled = records.iter().rev().find(|(_, record)| record[0] == 5).unwrap().0;
    let erasures = records.iter().rev().find(|(_, record)| record[0] == 6).unwrap().0;
    for (what, number, byte, bit) in [
        ("the body of an index", allocated, 14, 1),
        ("what an index answers", step, 1, 1),
        ("when it was recorded", step, 19, 1),
        ("from when on", step, 27, 1),
        ("which index answers", step, 11, 1),
        ("a place in the journal", settled, 19, 1),
        ("fewer erasures", erasures, 11, 1),
        ("more erasures", erasures, 11, 8),
        ("a list's name", begun, 13, 1),
    ] {
        plants.push(altered("status/lists", &format!("{what}, checksum made right"), &path, |bytes| {
            let at = number * STATUS;
            bytes[at + byte] ^= bit;
            seal_crc(bytes, at, at + 36);
        }));
    }
    for (what, number) in
        [("that an index is used", used), ("what an index answers", step), ("an allocation", allocated)]
    {
        plants.push(altered("status/lists", &format!("{what} removed"), &path, |bytes| {
            bytes.drain(number * STATUS..(number + 1) * STATUS);
        }));
    }
    plants.push(Plant::gone("status/lists: removed", &path));
    plants
}

pub(super) fn access(dir: &Path) -> Vec<Plant> {
    let mut files: Vec<PathBuf> = Vec::new();
    for group in fs::read_dir(dir.join("access")).unwrap() {
        files.extend(fs::read_dir(group.unwrap().path()).unwrap().map(|item| item.unwrap().path()));
    }
    files.sort();
    let mut plants = Vec::new();
    for path in &files {
        let class = format!("access/{}", path.extension().unwrap().to_string_lossy());
        let len = fs::metadata(path).unwrap().len() as usize;
        let fields = [("nonce", 0, 24), ("ciphertext", 24, len - 40), ("tag", len - 16, 16)];
        plants.extend(flips(&class, path, 0, &fields));
        plants.push(altered(&class, "cut short", path, |bytes| bytes.truncate(len / 2)));
    }
    for path in files.iter().filter(|path| path.extension().is_some_and(|is| is == "share")) {
        plants.push(Plant::gone("access/share: removed", path));
    }
    for ending in ["set", "ring", "share"] {
        let of: Vec<&PathBuf> =
            files.iter().filter(|path| path.extension().is_some_and(|is| is == ending)).collect();
        let [one, two] = of.as_slice() else { panic!("two workers have settings, notes and a share link") };
        let bytes = |path: &PathBuf| Some(fs::read(path).unwrap());
        let files = vec![((*one).clone(), bytes(two)), ((*two).clone(), bytes(one))];
        plants.push(Plant { name: format!("access: two workers' {ending} files swapped"), files });
    }
    plants
}

/// How many were planted, and which were not found.
pub(super) fn store(dir: &Path) -> (usize, Vec<String>) {
    let sled = dir.join("sled");
    let whole = dir.with_extension("sled-whole");
    copy(&sled, &whole);
    let (mut count, mut missed) = (0, Vec::new());
    let mut look = |what: &str| {
        count += 1;
        let found = told(dir).unwrap();
        if !found.iter().any(|line| line.contains("sled")) {
            missed.push(format!("sled: {what}: {found:?}"));
        }
        remove(&sled);
        copy(&whole, &sled);
    };
    for (what, prefix, nth, change) in changes() {
        alter(&sled, prefix, nth, change);
        look(what);
    }
    remove(&sled);
    look("removed");
    // Its `conf` is not among them: sled writes a damaged one anew at each opening, with what it was opened with.
    fs::remove_dir_all(&whole).unwrap();
    (count, missed)
}

/// One bit at places all over the database's own files. Found, or without effect: then the database answers as before, and so a rebuild
/// makes the same again. Answers with how many were planted, how many of them found, and which were neither.
pub(super) fn raw_store(dir: &Path) -> (usize, usize, Vec<String>) {
    let sled = dir.join("sled");
    let whole = dir.with_extension("sled-whole");
    copy(&sled, &whole);
    let (mut planted, mut found, mut missed) = (0, 0, Vec::new());
    for path in fs::read_dir(&sled)
        .unwrap()
        .map(|item| item.unwrap().path())
        .filter(|path| path.is_file())
        .collect::<Vec<_>>()
    {
        let bytes = fs::read(&path).unwrap();
        let used: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at] != 0).collect();
        for at in used.iter().step_by(used.len() / RAW_PLANTS + 1) {
            let mut altered = bytes.clone();
            altered[*at] ^= 1 << (planted % 8);
            fs::write(&path, altered).unwrap();
            planted += 1;
            if told(dir).unwrap().iter().any(|line| line.contains("sled")) {
                found += 1;
            } else {
                let rebuilt = rebuild(dir).unwrap();
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                if !rebuilt.identical {
                    missed.push(format!("sled/{name}, byte {at}: {:?}", rebuilt.differences));
                }
            }
            remove(&sled);
            copy(&whole, &sled);
        }
    }
    fs::remove_dir_all(&whole).unwrap();
    (planted, found, missed)
}

/// The database writes from threads of its own until a moment after its last handle is gone.
fn remove(dir: &Path) {
    for _ in 0..200 {
        if !dir.exists() {
            return;
        }
        if fs::remove_dir_all(dir).is_err() {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    }
    panic!("{} stays", dir.display());
}

type Change = fn(Vec<u8>) -> Option<Vec<u8>>;

/// (what, the key's first byte, which of its keys, what becomes of the value).
fn changes() -> Vec<(&'static str, u8, usize, Change)> {
    fn flip<const AT: usize>(mut value: Vec<u8>) -> Option<Vec<u8>> {
        value[AT] ^= 1;
        Some(value)
    }
    let all: [(&str, u8, usize, Change); 14] = [
        ("an entry's type", b'e', 0, flip::<0>),
        ("an entry's segment", b'e', 0, flip::<4>),
        ("an entry's offset", b'e', 0, flip::<8>),
        ("a later entry's bytes", b'e', 1, flip::<40>),
        ("a chunk cut short", b'e', 0, |mut value| {
            value.truncate(value.len() - 9);
            Some(value)
        }),
        ("a chunk removed", b'e', 0, |_| None),
        ("a stream's leaf", b's', 0, flip::<7>),
        ("a stream's other leaf", b's', 3, flip::<7>),
        ("a place in a stream removed", b's', 1, |_| None),
        ("the mark's size", b'm', 0, flip::<6>),
        ("the mark's segment", b'm', 0, flip::<11>),
        ("the mark's offset", b'm', 0, flip::<15>),
        ("the mark's tree", b'm', 0, flip::<20>),
        ("the mark removed", b'm', 0, |_| None),
    ];
    all.to_vec()
}

fn alter(dir: &Path, prefix: u8, nth: usize, change: Change) {
    // A handle that was just closed gives its lock back a little later.
    let open = || sled::Config::new().path(dir).use_compression(false).open();
    let db = (0..200)
        .find_map(|_| open().map_err(|_| std::thread::sleep(std::time::Duration::from_millis(10))).ok());
    let db = db.expect("the database opens");
    let (key, value) = db.scan_prefix([prefix]).nth(nth).unwrap().unwrap();
    match change(value.to_vec()) {
        Some(value) => drop(db.insert(key, value).unwrap()),
        None => drop(db.remove(key).unwrap()),
    }
    db.flush().unwrap();
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for item in fs::read_dir(from).unwrap() {
        let item = item.unwrap();
        let target = to.join(item.file_name());
        if item.file_type().unwrap().is_dir() {
            copy(&item.path(), &target);
        } else {
            fs::copy(item.path(), target).unwrap();
        }
    }
}
