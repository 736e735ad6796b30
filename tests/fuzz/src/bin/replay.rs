//! Runs the seeds and the corpus, with what was found before, through the targets once: without libFuzzer, on any toolchain.
//! `replay [TARGET…]`; a panic names the file it was given.

use std::path::{Path, PathBuf};

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let seeds = std::env::temp_dir().join(format!("skillpass-seeds-{}", std::process::id()));
    skillpass_fuzz::seeds::make(&seeds, None);
    let mut total = 0;
    for (name, target) in skillpass_fuzz::targets() {
        if !wanted.is_empty() && !wanted.iter().any(|one| one == name) {
            continue;
        }
        let files = [files(&seeds.join(name)), files(&corpus.join(name))].concat();
        for file in &files {
            let bytes = std::fs::read(file).expect("an input");
            let run = std::panic::catch_unwind(|| target(&bytes));
            assert!(run.is_ok(), "{} breaks {name}", file.display());
        }
        println!("{name:16} {:5} inputs", files.len());
        total += files.len();
    }
    let _ = std::fs::remove_dir_all(&seeds);
    println!("replayed {total} inputs, nothing found");
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).into_iter().flatten();
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.sort();
    files
}
