//! Kills `skillpass serve` in the middle of a mixed load, again and again, and judges everything its clients saw.
//! CONTRIBUTING.md says how to run it.
//!
//! ```text
//! kills run [--cycles N] [--seed N] [--binary FILE]     FILE: skillpass, by default the one beside this program
//! ```
//! SIGKILL leaves the page cache alone: what was written is there afterwards, synced or not. Power cuts are `tests/faults`'.

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

const HELP: &str = "\
kills run [--cycles N] [--seed N] [--binary FILE]
    30 lives of a server, or N, each ended by SIGKILL; FILE: skillpass, by default the one beside this program";

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
    if arguments.first().map(String::as_str) != Some("run") {
        eprintln!("{HELP}");
        return ExitCode::from(2);
    }
    let number = |name: &str, otherwise: u64| option(name).and_then(|n| n.parse().ok()).unwrap_or(otherwise);
    let beside = std::env::current_exe().map(|path| path.with_file_name("skillpass")).unwrap_or_default();
    let binary = option("--binary").map_or(beside, PathBuf::from);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let done = match runtime {
        Ok(runtime) => runtime.block_on(run::run(&binary, number("--cycles", 30), number("--seed", 1))),
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
