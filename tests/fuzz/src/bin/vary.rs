//! `vary`: writes into `corpus/` variants of the seeds of those targets for which no build with coverage chose any (`corpus.sh` replaces
//! them once one does): cut, doubled, spliced, a bit or a number changed. Always the same ones, of the repository's own files.

use std::collections::HashSet;
use std::path::Path;

use skillpass::passport::PassportFile;
use skillpass_fuzz::seeds;

const TARGETS: [&str; 9] =
    ["passport", "spreadsheet", "grpc", "http", "journal", "config", "journey", "reference_sheet", "kept"];
/// Of each target, as in `corpus.sh`.
const BYTES_MAX: usize = 7_000;
const INPUTS_MAX: usize = 40;
/// What matters in many characters matters in few.
const INPUT_BYTES_MAX: usize = 600;
const PIECES: [&[u8]; 8] =
    [b"\n", b"\"", b",", b"\0", b"[]", b"-1", b"18446744073709551616", "\u{202e}\u{fffd}".as_bytes()];

fn main() {
    let made = std::env::temp_dir().join(format!("skillpass-vary-{}", std::process::id()));
    seeds::make(&made, None);
    for name in TARGETS {
        let target = skillpass_fuzz::target(name);
        let mut first = seeds::inputs(&made.join(name));
        if name == "passport" {
            first = small_passports(&first);
        }
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
        std::fs::create_dir_all(&directory).expect("a directory");
        let inputs = vary(name, &first);
        for (number, input) in inputs.iter().enumerate() {
            std::fs::write(directory.join(format!("varied-{number:02}")), input).expect("a file");
            // A panic here is a finding; what caused it was written.
            target(input);
        }
        println!("{name:16} {:3} inputs, {} bytes", inputs.len(), inputs.iter().map(Vec::len).sum::<usize>());
    }
    let _ = std::fs::remove_dir_all(&made);
}

fn vary(name: &str, seeds: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let (mut random, mut known) = (Random(name.len() as u64), HashSet::new());
    // The smallest passport that says something has some kilobytes.
    let (room, largest) =
        if name == "passport" { (8 * BYTES_MAX, BYTES_MAX) } else { (BYTES_MAX, INPUT_BYTES_MAX) };
    let (mut inputs, mut room) = (Vec::new(), room);
    for _ in 0..10 * INPUTS_MAX {
        let mut input = random.one_of(seeds).clone();
        for _ in 0..=random.below(3) {
            let other = random.one_of(seeds);
            change(&mut input, other, &mut random);
        }
        if input.len() <= room.min(largest) && inputs.len() < INPUTS_MAX && known.insert(input.clone()) {
            room -= input.len();
            inputs.push(input);
        }
    }
    inputs
}

fn change(input: &mut Vec<u8>, other: &[u8], random: &mut Random) {
    let (at, end) = (random.below(input.len()), random.below(input.len()));
    let (from, to) = (at.min(end), at.max(end));
    match random.below(6) {
        // The beginning often says what the rest is.
        0 => input.truncate(at.min(INPUT_BYTES_MAX)),
        1 => drop(input.drain(from..to)),
        2 => {
            let piece = input[from..to.min(from + 64)].to_vec();
            input.splice(from..from, piece);
        }
        3 => {
            let cut = random.below(other.len());
            input.splice(at.., other[cut..other.len().min(cut + 256)].iter().copied());
        }
        4 => {
            let piece = *random.one_of(&PIECES);
            input.splice(at..at, piece.iter().copied());
        }
        _ => {
            if let Some(byte) = input.get_mut(at) {
                *byte ^= 1 << random.below(8);
            }
        }
    }
}

/// Parts of the passport files that are seeds: the target makes their digests right.
fn small_passports(seeds: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut small = Vec::new();
    for seed in seeds {
        let Some(file) = seed.get(1..).and_then(|bytes| PassportFile::parse(bytes).ok()) else { continue };
        for kept in 0..=file.statements.len().min(2) {
            for streams in 0..=1 {
                let mut part = file.clone();
                part.statements.truncate(kept);
                part.holder.retain(|at| *at < kept);
                for ledger in &mut part.ledgers {
                    ledger.streams.truncate(streams);
                    ledger.ledger.truncate(1);
                    ledger.standing.truncate(kept);
                    ledger.heads.truncate(1);
                }
                small.push([&seed[..1], &part.encode()].concat());
            }
        }
    }
    small.sort_by_key(Vec::len);
    small.dedup();
    small.truncate(6);
    small
}

/// SplitMix64: the same numbers on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % count.max(1) as u64).unwrap_or(0)
    }

    fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}
