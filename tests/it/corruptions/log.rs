//! The checkpoint lock, the kept checkpoints with their indexes and cosignatures, the tree's hashes.

use std::fs;
use std::path::Path;

use super::keys::beside_dir;
use super::{Plant, altered, flips, seal_crc};

const INDEX: usize = 28;

pub(super) fn lock(dir: &Path) -> Vec<Plant> {
    let path = beside_dir(dir, ".lock/checkpoint.lock");
    let text = fs::read_to_string(&path).unwrap();
    let starts: Vec<usize> =
        std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
    let names = ["title", "origin", "size", "root", "checksum"];
    let fields: Vec<(&str, usize, usize)> =
        names.iter().zip(starts.windows(2)).map(|(name, at)| (*name, at[0], at[1] - at[0] - 1)).collect();
    let mut plants = flips("DIR.lock", &path, 0, &fields);
    let lines: Vec<&str> = text.lines().collect();
    let size: u64 = lines[2].parse().unwrap();
    let (smaller, larger) = ((size - 1).to_string(), (size + 1).to_string());
    let root = lines[3].replacen(|c: char| c.is_ascii_lowercase(), "A", 1);
    for (what, at, value) in [
        ("origin", 1, "other.example.invalid"),
        ("smaller size", 2, smaller.as_str()),
        ("larger size", 2, larger.as_str()),
        ("root", 3, root.as_str()),
    ] {
        let mut lines = lines.clone();
        lines[at] = value;
        let body = format!("{}\n", lines[..4].join("\n"));
        let whole = format!("{body}{:08x}\n", crc32c::crc32c(body.as_bytes()));
        plants.push(Plant::of(format!("DIR.lock: {what}, checksum made right"), &path, whole.into_bytes()));
    }
    plants.push(Plant::gone("DIR.lock: removed", &path));
    plants
}

pub(super) fn current(dir: &Path) -> Vec<Plant> {
    let path = dir.join("log/checkpoint");
    let len = fs::metadata(&path).unwrap().len() as usize;
    let mut plants = flips(
        "log/checkpoint",
        &path,
        0,
        &[("origin", 0, 10), ("text", 30, 20), ("signature", len - 20, 19)],
    );
    plants.push(altered("log/checkpoint", "cut short", &path, |bytes| bytes.truncate(len / 2)));
    plants.push(Plant::gone("log/checkpoint: removed", &path));
    plants
}

/// Where each record begins and ends.
fn records(bytes: &[u8]) -> Vec<(usize, usize)> {
    let (mut records, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let len = u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
        records.push((at, at + 24 + len));
        at += 24 + len;
    }
    records
}

pub(super) fn archive(dir: &Path, name: &str) -> Vec<Plant> {
    let (path, index) = (dir.join("log").join(name), dir.join("log").join(format!("{name}.index")));
    let class = format!("log/{name}");
    let bytes = fs::read(&path).unwrap();
    let records = records(&bytes);
    assert!(records.len() >= 2, "{name}");
    let mut plants = Vec::new();
    let chosen = [0, records.len() / 2, records.len() - 1];
    for (nth, (at, end)) in chosen.iter().map(|nth| (*nth, records[*nth])) {
        let fields = [
            ("length", 0, 4),
            ("time", 4, 8),
            ("size", 12, 8),
            ("note", 20, end - at - 24),
            ("checksum", end - at - 4, 4),
        ];
        plants.extend(flips(&format!("{class}, record {nth}"), &path, at, &fields));
        let note = String::from_utf8_lossy(&bytes[at + 20..end - 4]).into_owned();
        let root = note.match_indices('\n').nth(1).unwrap().0 + 3;
        let signatures = note.find("\n\n").unwrap() + 2;
        let mut places = vec![("time", 11), ("size", 19), ("root", 20 + root)];
        // A letter in the middle of each signature line's base64.
        let mut line = signatures;
        for text in note[signatures..].lines() {
            places.push(("a signature", 20 + line + text.len() - 30));
            line += text.len() + 1;
        }
        for (field, offset) in places {
            plants.push(altered(
                &class,
                &format!("record {nth}, {field}, checksum made right"),
                &path,
                |bytes| {
                    bytes[at + offset] = match bytes[at + offset] {
                        b'A' => b'B',
                        letter if letter.is_ascii_alphanumeric() => b'A',
                        byte => byte ^ 1,
                    };
                    seal_crc(bytes, at, end - 4);
                },
            ));
        }
        plants.push(altered(&class, &format!("record {nth} removed"), &path, |bytes| {
            drop(bytes.drain(at..end))
        }));
    }
    let last = (records.len() - 1) * INDEX;
    for at in [0, last] {
        let fields = [("size", 0, 8), ("time", 8, 8), ("offset", 16, 8), ("checksum", 24, 4)];
        plants.extend(flips(&format!("{class}.index, byte {at}"), &index, at, &fields));
        for (field, offset) in [("size", 7), ("time", 15), ("offset", 23)] {
            plants.push(altered(&class, &format!("index, {field}, checksum made right"), &index, |bytes| {
                bytes[at + offset] ^= 1;
                seal_crc(bytes, at, at + 24);
            }));
        }
    }
    plants.push(altered(&class, "the index's last record removed", &index, |bytes| bytes.truncate(last)));
    plants.push(Plant::gone(format!("{class}.index: removed"), &index));
    plants
}

pub(super) fn levels(dir: &Path) -> Vec<Plant> {
    let mut plants = Vec::new();
    let mut files: Vec<_> =
        fs::read_dir(dir.join("log/levels")).unwrap().map(|item| item.unwrap().path()).collect();
    files.sort();
    for path in files {
        let class = format!("log/levels/{}", path.file_name().unwrap().to_string_lossy());
        let len = fs::metadata(&path).unwrap().len() as usize;
        if len == 0 {
            continue;
        }
        plants.extend(flips(&class, &path, 0, &[("first hash", 0, 32), ("last hash", len - 32, 32)]));
        plants.push(altered(&class, "its last hash cut off", &path, |bytes| bytes.truncate(len - 32)));
        if len >= 64 {
            plants.push(altered(&class, "two hashes swapped", &path, |bytes| bytes[..64].rotate_left(32)));
        }
        plants.push(Plant::gone(format!("{class}: removed"), &path));
    }
    plants
}
