//! Kills `skillpass serve` in the middle of a mixed load, again and again, and judges everything its clients saw.
//! CONTRIBUTING.md says how to run it.
//!
//! SIGKILL leaves the page cache alone: what was written is there afterwards, synced or not. Power cuts are `tests/faults`'.

#![allow(clippy::disallowed_methods, reason = "the harness runs on a disk that does not fail")]

#[path = "../../faults/src/cast.rs"]
#[allow(dead_code, reason = "the other harness needs more of it")]
mod cast;
#[path = "../../faults/src/chance.rs"]
#[allow(dead_code, reason = "likewise")]
mod chance;
mod appender;
mod client;
mod end;
mod keeper;
mod load;
mod process;
mod reader;
mod recorder;
mod run;
mod scene;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser as _;

/// Kills `skillpass serve` in the middle of a mixed load, and judges everything its clients saw.
#[derive(clap::Parser)]
#[command(name = "kills")]
enum Command {
    /// Lives of a server, each ended by SIGKILL
    Run {
        /// How many
        #[arg(long, default_value_t = 30)]
        cycles: u64,
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// The server [default: skillpass, beside this program]
        #[arg(long)]
        binary: Option<PathBuf>,
    },
}

fn main() -> ExitCode {
    let Command::Run { cycles, seed, binary } = Command::parse();
    let beside = || std::env::current_exe().map(|path| path.with_file_name("skillpass")).unwrap_or_default();
    let binary = binary.unwrap_or_else(beside);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let done = match runtime {
        Ok(runtime) => runtime.block_on(run::run(&binary, cycles, seed)),
        Err(error) => Err(error.to_string()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            println!("FAILED: {why}");
            ExitCode::FAILURE
        }
    }
}
