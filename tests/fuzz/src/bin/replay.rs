//! Runs the corpus, and what was found before, through the targets once: without libFuzzer, on any toolchain.
//! `replay [TARGET…]`; a panic names the file it was given.

use std::path::{Path, PathBuf};

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let mut total = 0;
    for (name, target) in skillpass_fuzz::targets() {
        if !wanted.is_empty() && !wanted.iter().any(|one| one == name) {
            continue;
        }
        let files = files(&corpus.join(name));
        assert!(!files.is_empty(), "no corpus of {name}");
        for file in &files {
            let bytes = std::fs::read(file).expect("a file of the corpus");
            let run = std::panic::catch_unwind(|| target(&bytes));
            assert!(run.is_ok(), "{} breaks {name}", file.display());
        }
        println!("{name:16} {:5} inputs", files.len());
        total += files.len();
    }
    println!("replayed {total} inputs, nothing found");
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).into_iter().flatten();
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.sort();
    files
}
