//! The `skillpass` command; see [`skillpass::cli`].

use std::process::ExitCode;

/// sled asks for half a megabyte of aligned memory for each segment of its log; glibc (2.36) does not use again what was freed of
/// it, and a ledger that appends statements one by one grew by 3 GB a million (`skillpass bench stall`).
///
/// It asks for no huge pages (`no_thp`): to be given two megabytes at once, all of them cleared, stopped the writer for five
/// milliseconds on a virtual machine, and a server of 45 MiB took 130.
#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    skillpass::cli::run(std::env::args_os())
}
