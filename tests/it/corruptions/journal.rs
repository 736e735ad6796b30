//! The journal: frame, records, entries, sealed parts; frames removed, swapped, doubled.

use std::fs;
use std::ops::Range;
use std::path::Path;

use super::{Plant, altered, flips, seal_crc};

/// Bytes of a frame's header.
const HEADER: usize = 20;

/// Where a record's parts are.
struct Place {
    at: usize,
    entry: Range<usize>,
    sealed: Option<Range<usize>>,
}

fn number(bytes: &[u8]) -> usize {
    bytes.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte))
}

/// Each frame's bytes.
fn frames(bytes: &[u8]) -> Vec<Range<usize>> {
    let (mut frames, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let end = at + HEADER + number(&bytes[at + 4..at + 8]) + 4;
        frames.push(at..end);
        at = end;
    }
    frames
}

fn records(bytes: &[u8], frame: &Range<usize>) -> Vec<Place> {
    let (mut places, mut at) = (Vec::new(), frame.start + HEADER);
    while at < frame.end - 4 {
        let entry = at + 2..at + 2 + number(&bytes[at..at + 2]);
        let sealed = (bytes[entry.start + 1] == 2)
            .then(|| entry.end + 8..entry.end + 8 + number(&bytes[entry.end + 4..entry.end + 8]));
        let next = sealed.as_ref().map_or(entry.end, |sealed| sealed.end);
        places.push(Place { at, entry, sealed });
        at = next;
    }
    places
}

/// Alters the bytes of one frame and makes its checksum right.
fn refitted(what: &str, path: &Path, frame: &Range<usize>, change: impl FnOnce(&mut [u8])) -> Plant {
    altered("journal", &format!("{what}, checksum made right"), path, |bytes| {
        change(bytes);
        seal_crc(bytes, frame.start, frame.end - 4);
    })
}

/// The fields of a public entry, from the entry's first byte on.
const PUBLIC: [(&str, usize, usize); 7] = [
    ("version", 0, 1),
    ("class", 1, 1),
    ("recorded at", 2, 8),
    ("stream", 10, 16),
    ("revision", 26, 4),
    ("prev", 30, 32),
    ("length of the statement", 62, 2),
];
/// Those of a person's.
const PERSON: [(&str, usize, usize); 5] =
    [("version", 0, 1), ("class", 1, 1), ("recorded at", 2, 8), ("S", 10, 32), ("L", 42, 32)];

pub(super) fn plants(dir: &Path) -> Vec<Plant> {
    let path = dir.join("journal/00000000.skj");
    let bytes = fs::read(&path).unwrap();
    let frames = frames(&bytes);
    let is_person = |frame: &Range<usize>| records(&bytes, frame)[0].sealed.is_some();
    // Not the last frames: those of the erased worker cannot be opened any more.
    let public = frames.iter().skip(1).find(|frame| !is_person(frame)).unwrap();
    let person = frames.iter().find(|frame| is_person(frame)).unwrap();
    let mut plants = Vec::new();
    for (kind, frame) in [("public frame", public), ("person's frame", person)] {
        let last = records(&bytes, frame).pop().unwrap();
        plants.extend(flips(
            &format!("journal, {kind}"),
            &path,
            frame.start,
            &[
                ("magic", 0, 4),
                ("length", 4, 4),
                ("first leaf", 8, 8),
                ("count", 16, 4),
                ("length of the entry", HEADER, 2),
            ],
        ));
        let fields = if kind.starts_with("public") { &PUBLIC[..] } else { &PERSON[..] };
        plants.extend(flips(&format!("journal, {kind}, entry"), &path, last.entry.start, fields));
        plants.extend(flips(&format!("journal, {kind}"), &path, frame.end - 4, &[("checksum", 0, 4)]));
        for (field, at, len) in fields {
            for byte in [last.entry.start + at, last.entry.start + at + len - 1] {
                plants.push(refitted(&format!("{kind}, {field}"), &path, frame, |bytes| bytes[byte] ^= 1));
            }
        }
        for (field, at) in [("first leaf", 15), ("count", 19)] {
            let byte = frame.start + at;
            plants.push(refitted(&format!("{kind}, {field}"), &path, frame, |bytes| bytes[byte] ^= 1));
        }
    }
    plants.extend(public_statement(&path, &bytes, public));
    plants.extend(sealed(&path, &bytes, person));
    plants.extend(moved(&path, &bytes, &frames, public, person));
    plants
}

fn public_statement(path: &Path, bytes: &[u8], frame: &Range<usize>) -> Vec<Plant> {
    let entry = records(bytes, frame).remove(0).entry;
    let statement = entry.start + 64..entry.end;
    let middle = statement.start + statement.len() / 2;
    let places = [statement.start, middle, statement.end - 3];
    let mut plants: Vec<Plant> = places
        .iter()
        .map(|at| refitted("a statement in clear", path, frame, |bytes| bytes[*at] ^= 1))
        .collect();
    plants.extend(flips("journal, statement in clear", path, middle, &[("a letter", 0, 1)]));
    plants
}

fn sealed(path: &Path, bytes: &[u8], frame: &Range<usize>) -> Vec<Plant> {
    let place = records(bytes, frame).remove(0);
    let sealed = place.sealed.clone().unwrap();
    let (slot, len) = (place.entry.end, sealed.len());
    let fields = [
        ("key slot", 0, 4),
        ("sealed length", 4, 4),
        ("nonce", 8, 24),
        ("ciphertext", 32, len - 40),
        ("tag", 8 + len - 16, 16),
    ];
    let mut plants = flips("journal, sealed part", path, slot, &fields);
    for (field, at, _) in fields.iter().filter(|(field, ..)| *field != "sealed length") {
        let byte = slot + at + 3;
        plants.push(refitted(&format!("sealed part, {field}"), path, frame, |bytes| bytes[byte] ^= 1));
    }
    plants.push(refitted("sealed part, length", path, frame, |bytes| bytes[slot + 7] ^= 1));
    plants
}

fn moved(
    path: &Path,
    bytes: &[u8],
    frames: &[Range<usize>],
    public: &Range<usize>,
    person: &Range<usize>,
) -> Vec<Plant> {
    let at = |range: &Range<usize>| bytes[range.clone()].to_vec();
    let first = &frames[0];
    let two = records(bytes, first);
    assert!(two.len() >= 2, "the founding frame has two records");
    let (one, other) = (two[0].at..two[1].at, two[1].at..first.end - 4);
    let mut plants = vec![
        refitted("two records of a frame swapped", path, first, |bytes| {
            let swapped = [at(&other), at(&one)].concat();
            bytes[one.start..other.end].copy_from_slice(&swapped);
        }),
        altered("journal", "a record removed from its frame, count and checksum made right", path, |bytes| {
            bytes.drain(other.clone());
            let (length, count) = (one.len() as u32, 1_u32);
            bytes[4..8].copy_from_slice(&length.to_be_bytes());
            bytes[16..20].copy_from_slice(&count.to_be_bytes());
            seal_crc(bytes, 0, HEADER + one.len());
        }),
        altered("journal", "its last byte cut off", path, |bytes| {
            bytes.pop();
        }),
        altered("journal", "a byte behind its end", path, |bytes| bytes.push(0)),
        Plant::gone("journal: its only segment removed", path),
    ];
    let last = frames.last().unwrap();
    for (what, frame) in [("a public", public), ("a person's", person), ("the last", last)] {
        plants.push(altered("journal", &format!("{what} frame removed"), path, |bytes| {
            bytes.drain(frame.clone());
        }));
        plants.push(altered("journal", &format!("{what} frame doubled"), path, |bytes| {
            let copy = bytes[frame.clone()].to_vec();
            bytes.splice(frame.end..frame.end, copy);
        }));
    }
    // Two neighbours in each other's place, their leaves made right, as a hand would do it.
    for pair in frames.windows(2).skip(2).step_by(7) {
        let [one, two] = pair else { continue };
        plants.push(altered(
            "journal",
            "two frames swapped, leaves and checksums made right",
            path,
            |bytes| {
                let leaf = number(&bytes[one.start + 8..one.start + 16]) as u64;
                let (mut a, mut b) = (bytes[two.clone()].to_vec(), bytes[one.clone()].to_vec());
                let count = number(&a[16..20]) as u64;
                a[8..16].copy_from_slice(&leaf.to_be_bytes());
                b[8..16].copy_from_slice(&(leaf + count).to_be_bytes());
                let (a_end, b_end) = (a.len() - 4, b.len() - 4);
                seal_crc(&mut a, 0, a_end);
                seal_crc(&mut b, 0, b_end);
                bytes.splice(one.start..two.end, [a, b].concat());
            },
        ));
    }
    plants
}

/// Of a journal of many segments: those in the middle, and the last.
pub(super) fn segments(dir: &Path) -> Vec<Plant> {
    let mut paths: Vec<_> =
        fs::read_dir(dir.join("journal")).unwrap().map(|item| item.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() >= 5, "{} segments", paths.len());
    let (middle, next) = (&paths[paths.len() / 2], &paths[paths.len() / 2 + 1]);
    let class = "journal, a middle segment";
    let length = fs::metadata(middle).unwrap().len() as usize;
    let fields = [("first frame", 0, HEADER), ("middle", length / 2, 1), ("last checksum", length - 4, 4)];
    let mut plants = flips(class, middle, 0, &fields);
    plants.push(altered(class, "its last byte cut off", middle, |bytes| bytes.truncate(length - 1)));
    plants.push(altered(class, "a byte behind its end", middle, |bytes| bytes.push(0)));
    let last = frames(&fs::read(middle).unwrap()).pop().unwrap();
    plants.push(altered(class, "its last frame removed", middle, |bytes| bytes.truncate(last.start)));
    plants.push(altered(class, "emptied", middle, Vec::clear));
    let bytes = |path: &Path| Some(fs::read(path).unwrap());
    let files = vec![(middle.clone(), bytes(next)), (next.clone(), bytes(middle))];
    plants.push(Plant { name: format!("{class}: in the next one's place, and that in its"), files });
    for (what, path) in [("the first", &paths[0]), ("a middle", middle), ("the last", paths.last().unwrap())]
    {
        plants.push(Plant::gone(format!("journal: {what} of many segments removed"), path));
    }
    plants
}
