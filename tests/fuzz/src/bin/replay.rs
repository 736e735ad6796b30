//! Runs the seeds and the corpus, with what was found before, through the targets once: without libFuzzer, on any toolchain.
//! `replay [TARGET…]`; a panic names the file it was given.

use std::path::Path;

use skillpass_fuzz::seeds::{self, named};

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let made = std::env::temp_dir().join(format!("skillpass-seeds-{}", std::process::id()));
    seeds::make(&made, None);
    let mut total = 0;
    for (name, target) in skillpass_fuzz::targets() {
        if !wanted.is_empty() && !wanted.iter().any(|one| one == name) {
            continue;
        }
        let (first, kept) = (named(&made.join(name)), named(&corpus.join(name)));
        // A name that was changed in one place would else leave its inputs behind unseen.
        assert!(
            !first.is_empty() && !kept.is_empty(),
            "{name}: {} seeds, {} inputs in corpus/{name}",
            first.len(),
            kept.len()
        );
        for file in first.iter().chain(&kept) {
            let bytes = std::fs::read(file).expect("an input");
            let run = std::panic::catch_unwind(|| target(&bytes));
            assert!(run.is_ok(), "{} breaks {name}", file.display());
        }
        println!("{name:16} {:5} seeds {:5} inputs kept", first.len(), kept.len());
        total += first.len() + kept.len();
    }
    let _ = std::fs::remove_dir_all(&made);
    println!("replayed {total} inputs, nothing found");
}
