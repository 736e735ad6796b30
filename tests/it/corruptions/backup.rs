//! A backup of two parts, and what is restored from it.

use std::fs;
use std::path::{Path, PathBuf};

use skillpass::crypto::Hash;
use skillpass::ledger::{Until, backup, restore, verify_backup};

use super::ledger::Made;
use super::{Hunted, Plant, altered, derived, flips, hunt, journal, keys, log, told};

pub(super) struct Copies {
    to: PathBuf,
    /// As it was printed.
    digest: Hash,
    restored: PathBuf,
    /// From before the erasure, with the keyring from after it.
    looking_back: PathBuf,
}

pub(super) fn make(made: &Made) -> Copies {
    let (dir, to) = (made.stopped.dir(), made.backup.clone());
    let digest = backup(&dir, &to, &*made.stopped.clock).unwrap().digest;
    assert_eq!(verify_backup(&to).unwrap().parts, 2);
    let restored_as = |name: &str, until: Until| {
        let copy = dir.with_file_name(name);
        let keys = keys::beside_dir(&copy, ".key");
        fs::create_dir(&keys).unwrap();
        for item in fs::read_dir(keys::beside_dir(&dir, ".key")).unwrap() {
            let path = item.unwrap().path();
            fs::copy(&path, keys.join(path.file_name().unwrap())).unwrap();
        }
        restore(&to, &copy, until, None).unwrap();
        copy
    };
    let restored = restored_as("restored", Until::End);
    let looking_back = restored_as("then", Until::Size(made.before_erasure));
    Copies { digest, restored, looking_back, to }
}

fn parts(copies: &Copies) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for part in ["00000001", "00000002"] {
        files.extend(fs::read_dir(copies.to.join(part)).unwrap().map(|item| item.unwrap().path()));
    }
    files.sort();
    files
}

fn is_manifest(path: &Path) -> bool {
    path.ends_with("manifest.json")
}

/// One bit of the last letter or digit in each line: that of a value, where the line has one.
fn in_each_line(path: &Path) -> Vec<Plant> {
    let text = fs::read_to_string(path).unwrap();
    let part = path.parent().unwrap().file_name().unwrap().to_string_lossy().into_owned();
    let (mut plants, mut begin) = (Vec::new(), 0);
    for line in text.split_inclusive('\n') {
        if let Some(at) = line.rfind(|c: char| c.is_ascii_alphanumeric()) {
            let mut bytes = text.clone().into_bytes();
            bytes[begin + at] ^= 1;
            plants.push(Plant::of(format!("part {part}, manifest: {}", line.trim()), path, bytes));
        }
        begin += line.len();
    }
    plants
}

pub(super) fn in_parts(copies: &Copies, hunted: &mut Hunted) {
    let (mut manifests, mut objects) = (Vec::new(), Vec::new());
    let (named, held): (Vec<_>, Vec<_>) = parts(copies).into_iter().partition(|path| is_manifest(path));
    for path in named {
        manifests.extend(in_each_line(&path));
        manifests.push(Plant::gone(format!("{}: removed", path.display()), &path));
    }
    for path in &held {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let length = usize::try_from(fs::metadata(path).unwrap().len()).unwrap();
        let ends = [("its ends", 0, length), ("its middle", length / 2, 1)];
        objects.extend(flips(&format!("backup, {name}"), path, 0, &ends));
        objects.push(altered(&name, "its last byte cut off", path, |bytes| bytes.truncate(length - 1)));
        objects.push(Plant::gone(format!("{name}: removed"), path));
    }
    let (one, two) = (&held[0], held.last().unwrap());
    let files = vec![(one.clone(), fs::read(two).ok()), (two.clone(), fs::read(one).ok())];
    objects.push(Plant { name: "two objects swapped".into(), files });

    // What is wrong with the newest manifest's own words, the digest that was written down tells.
    let look = || {
        Ok(match verify_backup(&copies.to) {
            Err(error) => vec![format!("{} {error}", error.reason())],
            Ok(check) if check.digest != copies.digest => vec!["another digest".to_owned()],
            Ok(_) => Vec::new(),
        })
    };
    hunt(
        &look,
        "backup, manifests",
        &["manifest.json", "another digest", "BACKUP_DAMAGED"],
        manifests,
        hunted,
    );
    hunt(&look, "backup, objects", &["BACKUP_DAMAGED"], objects, hunted);
    assert_eq!(look(), Ok(Vec::new()), "everything was put back");
}

/// Without its lock, as a restore leaves it. One plant in four: the fields are those of any ledger.
pub(super) fn in_what_is_restored(copies: &Copies, made: &Made, hunted: &mut Hunted) {
    let dir = &copies.restored;
    let classes: [(&str, &[&str], Vec<Plant>); 8] = [
        ("restored journal", &["journal", "leaf", "root"], journal::plants(dir)),
        ("restored keyring/slots", &["keyring", "slot", "generation"], keys::slots(dir, made)),
        ("restored keyring/erased", &["keyring", "erased", "erasure"], keys::erased(dir)),
        ("restored log/checkpoints", &["log/checkpoints"], log::archive(dir, "checkpoints")),
        ("restored log/levels", &["log/levels"], log::levels(dir)),
        ("restored heads", &["heads"], derived::heads(dir)),
        ("restored status/lists", &["status"], derived::status(dir)),
        ("restored access", &["access"], derived::access(dir)),
    ];
    for (class, words, plants) in classes {
        hunt(&|| told(dir), class, words, plants.into_iter().step_by(4).collect(), hunted);
    }
}

/// It lacks what came later and is clean all the same; what is damaged in it is found. One plant in eight.
pub(super) fn in_what_looks_back(copies: &Copies, made: &Made, hunted: &mut Hunted) {
    let dir = &copies.looking_back;
    assert_eq!(told(dir), Ok(Vec::new()));
    let classes: [(&str, &[&str], Vec<Plant>); 6] = [
        ("looking back: journal", &["journal", "leaf", "root"], journal::plants(dir)),
        ("looking back: keyring/slots", &["keyring", "slot", "generation"], keys::slots(dir, made)),
        ("looking back: log/checkpoints", &["log/checkpoints"], log::archive(dir, "checkpoints")),
        ("looking back: log/levels", &["log/levels"], log::levels(dir)),
        ("looking back: heads", &["heads"], derived::heads(dir)),
        ("looking back: access", &["access"], derived::access(dir)),
    ];
    for (class, words, plants) in classes {
        hunt(&|| told(dir), class, words, plants.into_iter().step_by(8).collect(), hunted);
    }
    let mark = dir.join("looking-back");
    let length = usize::try_from(fs::metadata(&mark).unwrap().len()).unwrap();
    let fields = [("title", 0, 25), ("entries", 26, length - 36), ("checksum", length - 9, 8)];
    hunt(&|| told(dir), "looking-back", &["looking-back"], flips("looking-back", &mark, 0, &fields), hunted);
    let gone = vec![Plant::gone("looking-back: removed", &mark)];
    hunt(&|| told(dir), "looking-back, removed", &["journal ends before"], gone, hunted);
}
