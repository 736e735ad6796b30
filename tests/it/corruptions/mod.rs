//! The catalogue of planted corruptions: one bit in every field of every file class, and records that were removed, swapped or
//! altered with their checksums made right again. `fsck` must find each, say where, and what to do; in a backup `backup --verify`
//! must, or the digest that was printed be another; in what is restored from it `fsck`, as in any ledger, and in a copy for looking back,
//! which is clean but for what is damaged in it. Bits of the database's own files in `sled` are found or without effect: that is counted
//! apart.
//!
//! Not in it, because nothing else in the world knows: a hash in `keyring/blind` or `keyring/reviewed` under a right checksum, an
//! index of a status list that no statement bears, what an erased worker's sealed bytes were, a whole settings file that is gone, and
//! an older `operators.json` of this ledger in the place of the newest. In a DIR.key from before its operator's key had a `kid`, another
//! valid key, name or role, until the list of operators is changed. `backup.json` is not looked at: it is the metrics' note of when the
//! last backup was made, and what it says wrong the next backup says right.

mod backup;
mod derived;
mod journal;
mod keys;
mod ledger;
mod log;

pub(crate) use ledger::share;

use std::fs;
use std::path::{Path, PathBuf};

use skillpass::ledger::fsck;

/// A corruption: which files hold what then; `None`: the file is gone.
pub(crate) struct Plant {
    pub(crate) name: String,
    pub(crate) files: Vec<(PathBuf, Option<Vec<u8>>)>,
}

impl Plant {
    pub(crate) fn of(name: impl Into<String>, path: &Path, bytes: Vec<u8>) -> Self {
        Self { name: name.into(), files: vec![(path.to_owned(), Some(bytes))] }
    }

    pub(crate) fn gone(name: impl Into<String>, path: &Path) -> Self {
        Self { name: name.into(), files: vec![(path.to_owned(), None)] }
    }
}

/// One bit in the first and in the last byte of each field, (name, first byte, length).
pub(crate) fn flips(class: &str, path: &Path, base: usize, fields: &[(&str, usize, usize)]) -> Vec<Plant> {
    let whole = fs::read(path).unwrap();
    let mut plants = Vec::new();
    for (field, at, len) in fields.iter().filter(|(_, _, len)| *len > 0) {
        let mut places = vec![base + at, base + at + len - 1];
        places.dedup();
        for (byte, bit) in places.into_iter().zip([0, 7]) {
            let mut bytes = whole.clone();
            bytes[byte] ^= 1 << bit;
            plants.push(Plant::of(format!("{class}: {field}, bit {bit} of byte {byte}"), path, bytes));
        }
    }
    plants
}

/// A whole file with something done to it.
pub(crate) fn altered(class: &str, what: &str, path: &Path, change: impl FnOnce(&mut Vec<u8>)) -> Plant {
    let whole = fs::read(path).unwrap();
    let mut bytes = whole.clone();
    change(&mut bytes);
    assert_ne!(bytes, whole, "{class}: {what} changes nothing");
    Plant::of(format!("{class}: {what}"), path, bytes)
}

/// Puts the CRC-32C over `from..to` right again; it stands right behind.
pub(crate) fn seal_crc(bytes: &mut [u8], from: usize, to: usize) {
    let crc = crc32c::crc32c(&bytes[from..to]).to_be_bytes();
    bytes[to..to + 4].copy_from_slice(&crc);
}

/// How `fsck` told of it.
fn told(dir: &Path) -> Result<Vec<String>, String> {
    match fsck(dir) {
        // Where nothing more can be checked it ends with the reason, which names the file; the runbook has the remedy.
        Err(error) => Ok(vec![format!("{} {}", error.reason(), error)]),
        Ok(report) => {
            for finding in &report.findings {
                if finding.place.is_empty() || finding.problem.is_empty() || finding.remedy.is_empty() {
                    return Err(format!("{finding:?} lacks a place, a problem or a remedy"));
                }
            }
            let told =
                report.findings.iter().map(|finding| format!("{}: {}", finding.place, finding.problem));
            Ok(told.collect())
        }
    }
}

/// What was planted, and what of it was not found.
#[derive(Default)]
pub(crate) struct Hunted {
    planted: usize,
    missed: Vec<String>,
}

impl Hunted {
    fn add(&mut self, class: &str, planted: usize, missed: Vec<String>) {
        println!("{class:<32} {planted:>4} planted, {} found", planted - missed.len());
        self.planted += planted;
        self.missed.extend(missed);
    }
}

type Look<'a> = &'a dyn Fn() -> Result<Vec<String>, String>;

/// Plants each, looks, and puts things back. `words`: one of them stands in what is told, and was not told before.
fn hunt(look: Look<'_>, class: &str, words: &[&str], plants: Vec<Plant>, hunted: &mut Hunted) {
    let (count, mut missed) = (plants.len(), Vec::new());
    assert!(count > 0, "{class}");
    let known = look().unwrap();
    for plant in plants {
        let before: Vec<_> =
            plant.files.iter().map(|(path, _)| (path.clone(), fs::read(path).ok())).collect();
        plant.files.iter().for_each(|(path, bytes)| put(path, bytes.as_deref()));
        let is_it = |line: &String| !known.contains(line) && words.iter().any(|word| line.contains(word));
        match look() {
            Err(why) => missed.push(format!("{}: {why}", plant.name)),
            Ok(told) if !told.iter().any(is_it) => missed.push(format!("{}: {told:?}", plant.name)),
            Ok(_) => {}
        }
        before.iter().for_each(|(path, bytes)| put(path, bytes.as_deref()));
    }
    hunted.add(class, count, missed);
}

pub(crate) fn put(path: &Path, bytes: Option<&[u8]>) {
    match bytes {
        Some(bytes) => fs::write(path, bytes).unwrap(),
        None => drop(fs::remove_file(path)),
    }
}

#[test]
fn fsck_finds_every_planted_corruption_and_names_place_and_remedy() {
    let made = ledger::make();
    let dir = made.stopped.dir();
    crate::support::check_dir(&dir);
    let classes: [(&str, &[&str], Vec<Plant>); 14] = [
        ("journal", &["journal", "leaf", "root"], journal::plants(&dir)),
        ("keyring/slots", &["keyring", "slot", "generation"], keys::slots(&dir, &made)),
        ("keyring/erased", &["keyring", "erased", "erasure"], keys::erased(&dir)),
        ("keyring/blind, reviewed", &["keyring"], keys::blind(&dir)),
        ("DIR.lock/erased", &["erased", "pepper"], keys::beside(&dir)),
        ("DIR.key", &["key", "slot", "pepper", "operators"], keys::files(&dir)),
        ("DIR.lock", &["lock"], log::lock(&dir)),
        ("log/checkpoint", &["log/checkpoint"], log::current(&dir)),
        ("log/checkpoints", &["log/checkpoints"], log::archive(&dir, "checkpoints")),
        ("log/cosigned", &["log/cosigned"], log::archive(&dir, "cosigned")),
        ("log/levels", &["log/levels"], log::levels(&dir)),
        ("heads", &["heads"], derived::heads(&dir)),
        ("status/lists", &["status"], derived::status(&dir)),
        ("access", &["access"], derived::access(&dir)),
    ];
    let mut hunted = Hunted::default();
    for (class, words, plants) in classes {
        hunt(&|| told(&dir), class, words, plants, &mut hunted);
    }
    let (count, missed) = derived::store(&dir);
    hunted.add("sled", count, missed);
    raw_bits_of_the_event_store(&dir);
    let many = ledger::of_many_segments();
    let plants = journal::segments(&many.dir());
    hunt(&|| told(&many.dir()), "journal of many segments", &["journal"], plants, &mut hunted);
    let copies = backup::make(&made);
    backup::in_parts(&copies, &mut hunted);
    backup::in_what_is_restored(&copies, &made, &mut hunted);
    backup::in_what_looks_back(&copies, &made, &mut hunted);
    let Hunted { planted, missed } = hunted;
    println!("planted {planted}, found {}", planted - missed.len());
    assert!(missed.is_empty(), "{} were not found:\n{}", missed.len(), missed.join("\n"));
    assert!(planted >= 500, "the catalogue shrank to {planted}");
    crate::support::check_dir(&dir);
}

/// Counted apart: a bit that the database does not mind is no damage.
fn raw_bits_of_the_event_store(dir: &Path) {
    let (planted, found, missed) = derived::raw_store(dir);
    println!(
        "{:<32} {planted:>4} planted, {found} found, {} without effect",
        "sled, bits of its files",
        planted - found
    );
    assert!(missed.is_empty(), "neither found nor without effect:\n{}", missed.join("\n"));
    assert!(found > 0 && planted > found);
}
