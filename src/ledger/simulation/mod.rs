//! The ledger without threads and without time: a seed decides which actor takes its next step (a verifier, the writer, the
//! publisher, a reader, the clock, the operator who erases), what the disk refuses, and when the process or the power goes. The
//! code that acts is the ledger's own; beside it stands a plain model of what must be, compared after every step.
//!
//! `SIMULATION_SEEDS=1000 cargo test --lib simulation -- --nocapture` plays the seeds 0 to 999, `SIMULATION_SEEDS=17..18` one of them.

mod acts;
mod calls;
mod cast;
mod chance;
mod disk;
mod file;
mod look;
mod model;
mod play;
mod process;
mod rules;
mod store;

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

use play::{Play, Played};

/// Played where nobody asks for others.
const SEEDS: Range<u64> = 0..4;
/// Lines of a history that are shown where it goes wrong.
const SHOWN: usize = 40;

#[expect(clippy::disallowed_methods, reason = "how long to play is asked of whoever starts the tests")]
fn seeds() -> Range<u64> {
    let Ok(asked) = std::env::var("SIMULATION_SEEDS") else { return SEEDS };
    match asked.split_once("..") {
        Some((from, to)) => from.parse().unwrap()..to.parse().unwrap(),
        None => 0..asked.parse().unwrap(),
    }
}

/// What was played and what happened, line by line.
fn play(seed: u64) -> (Played, Vec<String>) {
    let mut play = Play::new(seed).unwrap_or_else(|broken| panic!("seed {seed}: {broken}"));
    let broken = match catch_unwind(AssertUnwindSafe(|| play.run())) {
        Ok(Ok(())) => return (std::mem::take(&mut play.played), std::mem::take(&mut play.history)),
        Ok(Err(broken)) => broken,
        Err(_) => "the panic above".to_owned(),
    };
    let from = play.history.len().saturating_sub(SHOWN);
    eprintln!("{}", play.history[from..].join("\n"));
    panic!("seed {seed}, step {}: {broken}", play.played["steps"]);
}

#[test]
fn whatever_the_order_the_clock_and_the_disk_every_promise_is_kept() {
    let seeds = seeds();
    let mut all = Played::new();
    for seed in seeds.clone() {
        for (what, count) in play(seed).0 {
            *all.entry(what).or_default() += count;
        }
    }
    println!("seeds {seeds:?}: {all:?}");
}

#[test]
fn the_same_seed_gives_the_same_history_byte_for_byte() {
    let (first, second) = (play(SEEDS.end).1, play(SEEDS.end).1);
    let differs = first.iter().zip(&second).position(|(one, other)| one != other);
    assert!(first == second, "line {differs:?}");
}
