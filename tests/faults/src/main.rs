//! Loses power at every moment of a ledger's life, and lets every system call fail once: what was acknowledged is there
//! afterwards, and `fsck` finds nothing. CONTRIBUTING.md says how to run it.
//!
//! ```text
//! faults explore [--states N] [--seed N] [--during STEP]
//!                                           states after a crash, sampled from all moments, or those of a step (as
//!                                           `script.rs` calls it); 0: all moments
//! faults inject [--faults N] [--seed N] [--at PLACE]
//!                                           system calls that fail, sampled from all; 0: every one, each way
//! ```
//! The preloaded library is expected beside this program, where `cargo build -p faults -p faults-shim` puts it.

mod beside;
mod cast;
mod chance;
mod check;
mod copies;
mod crash;
mod disk;
mod driver;
mod explore;
mod inject;
mod promise;
mod script;
mod steps;
mod trace;
mod work;

use std::process::ExitCode;

const HELP: &str = "\
faults explore [--states N] [--seed N] [--during STEP]
    states after a crash, sampled from all moments of a life, or from those of a step (as script.rs calls it); 600 of them, 0: all
faults inject [--faults N] [--seed N] [--at PLACE]
    system calls that fail, sampled from all, or from those whose kind and file contain PLACE; 100 of them, 0: every one, each way";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| ["--help", "-h", "help"].contains(&argument.as_str())) {
        println!("{HELP}");
        return ExitCode::SUCCESS;
    }
    let option = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1).cloned()
    };
    let number =
        |name: &str, otherwise: usize| option(name).and_then(|n| n.parse().ok()).unwrap_or(otherwise);
    let seed = number("--seed", 1) as u64;
    let found = match arguments.first().map(String::as_str) {
        Some("explore") => {
            let during = option("--during").unwrap_or_default();
            explore::run(&explore::Wanted { states: number("--states", 600), seed, during })
        }
        Some("inject") => inject::run(number("--faults", 100), seed, &option("--at").unwrap_or_default()),
        Some("live") => return work::live(&arguments[1..]),
        _ => {
            eprintln!("{HELP}");
            return ExitCode::from(2);
        }
    };
    match found {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            println!("FAILED: {why}");
            ExitCode::FAILURE
        }
    }
}
