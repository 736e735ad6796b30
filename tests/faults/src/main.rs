//! Loses power at every moment of a ledger's life, and lets every system call fail once: what was acknowledged is there
//! afterwards, and `fsck` finds nothing. CONTRIBUTING.md says how to run it.
//!
//! The preloaded library is expected beside this program, where `cargo build -p faults -p faults-shim` puts it.

#![allow(
    clippy::disallowed_methods,
    reason = "the harness runs on a disk that does not fail; where it shares one that does, it asks as the ledger does"
)]

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

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser as _;

/// Loses power at every moment of a ledger's life, and lets every system call fail.
#[derive(clap::Parser)]
#[command(name = "faults")]
enum Command {
    /// States after a crash
    Explore {
        /// How many, sampled; 0: all
        #[arg(long, default_value_t = 600)]
        states: usize,
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// From the moments of one step alone, as `script.rs` calls it
        #[arg(long, default_value = "")]
        during: String,
    },
    /// System calls that fail
    Inject {
        /// How many, sampled; 0: every one, each way
        #[arg(long, default_value_t = 100)]
        faults: usize,
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// From those alone whose kind and file contain this
        #[arg(long, default_value = "")]
        at: String,
        /// Those alone that fail so: EIO, ENOSPC, EINTR, SHORT, FULL (the disk, from there on) or KILL
        #[arg(long)]
        what: Option<String>,
    },
    /// The process that lives and fails: for the other two
    #[command(hide = true)]
    Live { root: PathBuf, trace: PathBuf },
}

fn main() -> ExitCode {
    let found = match Command::parse() {
        Command::Explore { states, seed, during } => explore::run(&explore::Wanted { states, seed, during }),
        Command::Inject { faults, seed, at, what } => inject::run(&inject::Wanted { faults, seed, at, what }),
        Command::Live { root, trace } => return work::live(&root, &trace),
    };
    match found {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            println!("FAILED: {why}");
            ExitCode::FAILURE
        }
    }
}
