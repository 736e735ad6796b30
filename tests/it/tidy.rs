//! The plan is a test: which room may import which, where third-party names may stand, and what no file may hold.

use std::path::{Path, PathBuf};

/// Rooms in floor order; each may import those before it, except where [`NEVER`] says otherwise.
const FLOORS: [&str; 21] = [
    "crypto",
    "statement",
    "event",
    "tlog",
    "trust",
    "recognition",
    "passport",
    "store",
    "vault",
    "ledger",
    "projection",
    "pb",
    "config",
    "telemetry",
    "net",
    "witness",
    "audit",
    "face",
    "web",
    "service",
    "cli",
];

/// Imports that floor order would allow and the design does not.
const NEVER: [(&str, &str); 10] = [
    ("tlog", "statement"),
    ("tlog", "event"),
    ("recognition", "trust"),
    ("store", "passport"),
    ("vault", "passport"),
    ("ledger", "passport"),
    ("face", "ledger"),
    ("face", "net"),
    ("service", "store"),
    ("cli", "store"),
];

/// Third-party crates that have one home.
const HOMES: [(&str, &[&str]); 14] = [
    ("ed25519_dalek::", &["crypto"]),
    ("curve25519_dalek::", &["crypto"]),
    ("p256::", &["crypto"]),
    ("sha2::", &["crypto"]),
    ("chacha20poly1305::", &["crypto"]),
    ("aes_gcm::", &["crypto"]),
    ("hkdf::", &["crypto"]),
    ("sled::", &["store"]),
    ("rustls::", &["net"]),
    ("askama::", &["face"]),
    ("fluent_bundle::", &["face"]),
    ("axum::", &["witness", "web", "service", "cli"]),
    ("tonic::", &["pb", "service", "cli", "telemetry"]),
    ("prost::", &["pb", "service", "cli"]),
];

/// These also build alone; `face` is as pure, but comes with the server.
const PURE: [&str; 7] = ["crypto", "statement", "event", "tlog", "trust", "recognition", "passport"];

#[test]
fn rooms_import_only_rooms_above_them() {
    let mut broken = Vec::new();
    for (path, room, line, text) in lines() {
        let Some(at) = FLOORS.iter().position(|floor| *floor == room) else { continue };
        for target in imports(&text) {
            let Some(of) = FLOORS.iter().position(|floor| *floor == target) else { continue };
            let forbidden = NEVER.contains(&(room.as_str(), target.as_str()));
            if of > at || forbidden {
                broken.push(format!("{}:{line}: {room} must not import {target}", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn third_party_names_stay_at_home() {
    let mut strays = Vec::new();
    for (path, room, line, text) in lines() {
        for (name, homes) in HOMES {
            let names_it = text.contains(&format!("use {name}")) || text.contains(&format!(" {name}"));
            if names_it && !homes.contains(&room.as_str()) {
                strays.push(format!("{}:{line}: {name} belongs in {}", path.display(), homes.join(", ")));
            }
        }
    }
    assert!(strays.is_empty(), "{}", strays.join("\n"));
}

#[test]
fn pure_rooms_do_no_io_and_read_no_clock() {
    let banned = [
        "std::fs",
        "std::net",
        "std::env",
        "std::time::SystemTime",
        "std::time::Instant",
        "tokio::",
        "getrandom::",
    ];
    let mut broken = Vec::new();
    for (path, room, line, text) in lines() {
        // The operating system's entropy stands beside the trait it implements, behind the `server` feature.
        let pure = PURE.contains(&room.as_str()) || room == "face";
        if !pure || room == "crypto" && text.contains("getrandom::fill") {
            continue;
        }
        broken.extend(
            banned
                .iter()
                .filter(|name| text.contains(**name))
                .map(|name| format!("{}:{line}: {name}", path.display())),
        );
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn every_room_is_in_lib_rs_in_floor_order() {
    let lib = std::fs::read_to_string("src/lib.rs").unwrap();
    let found: Vec<&str> =
        lib.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    let expected: Vec<&str> = FLOORS.iter().copied().filter(|room| found.contains(room)).collect();
    assert_eq!(found, expected, "src/lib.rs lists the rooms in floor order");
}

#[test]
fn nothing_is_left_unfinished() {
    let marks = ["todo!(", "unimplemented!(", "FIXME", "dbg!("];
    let mut found = Vec::new();
    for (path, _, line, text) in lines() {
        found.extend(
            marks
                .iter()
                .filter(|mark| text.contains(**mark))
                .map(|mark| format!("{}:{line}: {mark}", path.display())),
        );
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Every line of code under `src/` but unit tests and comments: (path, room, line number, text).
fn lines() -> Vec<(PathBuf, String, usize, String)> {
    let mut out = Vec::new();
    for path in files(Path::new("src")) {
        let room = room_of(&path);
        let text = std::fs::read_to_string(&path).unwrap();
        for (number, line) in text.lines().enumerate() {
            if line.trim() == "#[cfg(test)]" {
                break;
            }
            if !line.trim_start().starts_with("//") {
                out.push((path.clone(), room.clone(), number + 1, line.to_owned()));
            }
        }
    }
    out
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let is_tests = path.file_stem().is_some_and(|stem| stem == "tests");
        if path.is_dir() && !is_tests {
            out.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") && !is_tests {
            out.push(path);
        }
    }
    out.sort();
    out
}

fn room_of(path: &Path) -> String {
    let inside = path.strip_prefix("src").unwrap();
    let first = inside.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

/// Rooms named after `crate::`.
fn imports(text: &str) -> Vec<String> {
    let name =
        |rest: &str| rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect::<String>();
    let direct = text
        .match_indices("crate::")
        .filter(|(at, _)| !text[..*at].ends_with(|c: char| c == '_' || c.is_alphanumeric()));
    direct
        .flat_map(|(at, mark)| {
            let rest = &text[at + mark.len()..];
            match rest.strip_prefix('{') {
                Some(list) => list.split(',').map(|item| name(item.trim())).collect(),
                None => vec![name(rest)],
            }
        })
        .collect()
}

/// Unknown, forbidden and blocked are one answer at one time: whatever refuses a person's data goes through the one door,
/// `access::refuse`. Elsewhere the answer only ends a stream that was being followed, or names an erasure that came between.
#[test]
fn the_one_refusal_of_a_persons_data_has_one_door() {
    let mut found: Vec<(String, usize)> = Vec::new();
    for (path, room, _, text) in lines() {
        if room == "service" && text.contains("CallError::NotAvailable") {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            match found.iter_mut().find(|(known, _)| *known == name) {
                Some((_, count)) => *count += 1,
                None => found.push((name, 1)),
            }
        }
    }
    // access: judged once, refused once, passed on once; watch: the worker was erased while followed.
    assert_eq!(found, [("access.rs".to_owned(), 3), ("watch.rs".to_owned(), 1)]);
}

/// A statement whose signature is not checked is for the ledger's own records alone, which S proves.
#[test]
fn one_reader_takes_statements_as_verified_before() {
    let calls = lines().into_iter().filter(|(_, _, _, text)| text.contains(".already_verified("));
    let callers: Vec<String> =
        calls.map(|(path, ..)| path.strip_prefix("src").unwrap().to_string_lossy().into_owned()).collect();
    assert_eq!(callers, ["ledger/stream.rs"]);
}

#[test]
fn the_check_itself_finds_a_planted_import() {
    assert_eq!(imports("use crate::store::Store;"), ["store"]);
    assert_eq!(imports("let x = crate::{event::Kind, ledger::Ledger};"), ["event", "ledger"]);
    assert!(imports("use not_crate::store;").is_empty());
}
