//! The `skillpass` command; see [`skillpass::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    skillpass::cli::run(std::env::args_os())
}
