//! The keyring, the erasures beside it, and DIR.key.

use std::fs;
use std::path::{Path, PathBuf};

use skillpass::crypto::{OsEntropy, PrivateKey};

use super::ledger::Made;
use super::{Plant, altered, flips, seal_crc};

const CELL: usize = 84;
const RECORD: usize = 40;
const HASH_RECORD: [(&str, usize, usize); 3] = [("hash", 0, 32), ("key slot", 32, 4), ("checksum", 36, 4)];

pub(super) fn beside_dir(dir: &Path, suffix: &str) -> PathBuf {
    PathBuf::from(format!("{}{suffix}", dir.display()))
}

/// A slot's checksum is over its number, too.
fn seal_slot(bytes: &mut [u8], slot: u32) {
    let at = CELL * (slot as usize + 1);
    let crc = crc32c::crc32c_append(crc32c::crc32c(&slot.to_be_bytes()), &bytes[at..at + 80]);
    bytes[at + 80..at + 84].copy_from_slice(&crc.to_be_bytes());
}

pub(super) fn slots(dir: &Path, made: &Made) -> Vec<Plant> {
    let path = dir.join("keyring/slots");
    let class = "keyring/slots";
    let header = [("magic", 0, 8), ("generation", 8, 4), ("zeros", 12, 68), ("checksum", 80, 4)];
    let fields = [
        ("state", 0, 1),
        ("zeros", 1, 3),
        ("generation", 4, 4),
        ("nonce", 8, 24),
        ("wrapped key", 32, 48),
        ("checksum", 80, 4),
    ];
    let mut plants = flips(&format!("{class}, header"), &path, 0, &header);
    plants.push(altered(class, "header, generation, checksum made right", &path, |bytes| {
        bytes[11] ^= 2;
        seal_crc(bytes, 0, 80);
    }));
    for slot in &made.slots {
        let at = CELL * (*slot as usize + 1);
        plants.extend(flips(&format!("{class}, slot {slot}"), &path, at, &fields));
        for (field, offset) in [("state", 0), ("generation", 7), ("nonce", 8), ("wrapped key", 40)] {
            plants.push(altered(
                class,
                &format!("slot {slot}, {field}, checksum made right"),
                &path,
                |bytes| {
                    bytes[at + offset] ^= 3;
                    seal_slot(bytes, *slot);
                },
            ));
        }
    }
    let (one, two) = (made.slots[0], made.slots[1]);
    plants.push(altered(class, "two slots swapped, checksums made right", &path, |bytes| {
        let at = |slot: u32| CELL * (slot as usize + 1);
        let (a, b) = (bytes[at(one)..at(one) + 80].to_vec(), bytes[at(two)..at(two) + 80].to_vec());
        bytes[at(one)..at(one) + 80].copy_from_slice(&b);
        bytes[at(two)..at(two) + 80].copy_from_slice(&a);
        seal_slot(bytes, one);
        seal_slot(bytes, two);
    }));
    plants.push(altered(class, "cut off behind its header", &path, |bytes| bytes.truncate(CELL)));
    plants.push(Plant::gone("keyring/slots: removed", &path));
    plants
}

pub(super) fn erased(dir: &Path) -> Vec<Plant> {
    let path = dir.join("keyring/erased");
    let mut plants = flips("keyring/erased", &path, 0, &HASH_RECORD);
    for (field, byte) in [("hash", 3), ("key slot", 35)] {
        plants.push(altered("keyring/erased", &format!("{field}, checksum made right"), &path, |bytes| {
            bytes[byte] ^= 1;
            seal_crc(bytes, 0, 36);
        }));
    }
    plants.push(altered("keyring/erased", "its record removed", &path, Vec::clear));
    plants.push(altered("keyring/erased", "its record zeroed", &path, |bytes| bytes.fill(0)));
    plants
}

pub(super) fn blind(dir: &Path) -> Vec<Plant> {
    let mut plants = Vec::new();
    for name in ["blind", "reviewed"] {
        let path = dir.join("keyring").join(name);
        // The first record that is there: what an erased worker had is zeroed.
        let bytes = fs::read(&path).unwrap();
        let at = bytes.chunks(RECORD).position(|record| record.iter().any(|byte| *byte != 0)).unwrap();
        plants.extend(flips(&format!("keyring/{name}"), &path, at * RECORD, &HASH_RECORD));
    }
    plants
}

pub(super) fn beside(dir: &Path) -> Vec<Plant> {
    let path = beside_dir(dir, ".lock/erased");
    let class = "DIR.lock/erased";
    let mut plants = flips(&format!("{class}, pepper"), &path, 0, &HASH_RECORD);
    plants.extend(flips(&format!("{class}, erasure"), &path, RECORD, &HASH_RECORD));
    plants.push(altered(class, "pepper's hash, checksum made right", &path, |bytes| {
        bytes[5] ^= 1;
        seal_crc(bytes, 0, 36);
    }));
    plants.push(altered(class, "an erasure's hash, checksum made right", &path, |bytes| {
        bytes[RECORD + 5] ^= 1;
        seal_crc(bytes, RECORD, RECORD + 36);
    }));
    plants.push(altered(class, "an erasure removed", &path, |bytes| bytes.truncate(RECORD)));
    plants.push(Plant::gone("DIR.lock/erased: removed", &path));
    plants
}

pub(super) fn files(dir: &Path) -> Vec<Plant> {
    let key = |name: &str| beside_dir(dir, ".key").join(name);
    let mut plants = Vec::new();
    for name in ["generation-0001.key", "pepper.key"] {
        // Another digit, and what is no digit.
        plants.push(altered(name, "another digit", &key(name), |bytes| {
            bytes[0] = if bytes[0] == b'0' { b'1' } else { b'0' };
        }));
        plants.push(altered(name, "no digit", &key(name), |bytes| bytes[63] = b'x'));
        plants.push(altered(name, "cut short", &key(name), |bytes| bytes.truncate(40)));
        plants.push(Plant::gone(format!("{name}: removed"), &key(name)));
    }
    for name in ["log.jwk", "log-2.jwk", "status.jwk", "operator.pub.jwk", "operators.json"] {
        plants.push(altered(name, "its first byte", &key(name), |bytes| bytes[0] ^= 1));
        plants.push(altered(name, "cut in half", &key(name), |bytes| bytes.truncate(bytes.len() / 2)));
    }
    for name in ["log.jwk", "status.jwk"] {
        let text = fs::read_to_string(key(name)).unwrap();
        let secret = text.find("\"d\":").unwrap() + 8;
        plants.push(altered(name, "its private half", &key(name), |bytes| {
            bytes[secret] = if bytes[secret] == b'A' { b'B' } else { b'A' };
        }));
    }
    for name in ["operator.pub.jwk", "operators.json"] {
        plants.extend(in_each_string(name, &key(name)));
    }
    plants.extend(operators(&key("operator.pub.jwk"), &key("operators.json")));
    for name in ["status.jwk", "operator.pub.jwk", "operators.json"] {
        plants.push(Plant::gone(format!("{name}: removed"), &key(name)));
    }
    plants
}

/// One bit in the first and in the last letter of each name and value.
fn in_each_string(class: &str, path: &Path) -> Vec<Plant> {
    let text = fs::read_to_string(path).unwrap();
    let quotes: Vec<usize> = text.match_indices('"').map(|(at, _)| at).collect();
    let mut plants = Vec::new();
    for pair in quotes.chunks(2) {
        let [begin, end] = pair else { panic!("a string without its end") };
        for (at, bit) in [(begin + 1, 1), (end - 1, 2)] {
            let what = format!("bit {bit} of byte {at}, in {}", &text[begin + 1..*end]);
            plants.push(altered(class, &what, path, |bytes| bytes[at] ^= bit));
        }
    }
    plants
}

/// What could be an operator's file, and is not this ledger's.
fn operators(root: &Path, list: &Path) -> Vec<Plant> {
    let other = PrivateKey::generate_ed25519(&mut OsEntropy).public().to_jwk();
    let replaced = |path: &Path, what: &str, from: &str, to: &str| {
        altered("DIR.key", what, path, |bytes| {
            let text = String::from_utf8(std::mem::take(bytes)).unwrap();
            *bytes = text.replacen(from, to, 1).into_bytes();
        })
    };
    let x = |path: &Path| {
        let text = fs::read_to_string(path).unwrap();
        let at = text.find("\"x\"").unwrap() + 3;
        let at = at + text[at..].find('"').unwrap() + 1;
        text[at..at + 43].to_owned()
    };
    let other = other["x"].as_str().unwrap();
    let checksum = fs::read_to_string(list).unwrap();
    let checksum = &checksum[checksum.find(",\n  \"sha256\"").unwrap()..checksum.rfind("\n}").unwrap()];
    vec![
        replaced(root, "operator.pub.jwk: another key", &x(root), other),
        replaced(list, "operators.json: another key", &x(list), other),
        replaced(list, "operators.json: another desk", "\"desk\"", "\"back\""),
        replaced(list, "operators.json: another role", "\"reader\"", "\"eraser\""),
        replaced(list, "operators.json: its checksum removed", checksum, ""),
    ]
}
