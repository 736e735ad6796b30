//! `skillpass bench`: what this machine does, beside what it could do at most. In one process, over real loopback gRPC.

mod append;
mod count;
mod load;
mod process;
mod raw;
mod setup;

use super::Context;
use super::error::{CliError, Exit};

/// Measure this machine
#[derive(Debug, clap::Subcommand)]
pub(crate) enum BenchCommand {
    /// Durable, verified, sealed events a second over one gRPC stream, client included
    #[command(
        after_help = "Example:\n  skillpass bench append --events 200000 --workers 5000 --dir /var/tmp\n\nPrints the raw rate at which all cores verify signatures of the same message size in the same run, and the ratio. The directory must be on the disk that is meant: a file system in memory makes every fsync free."
    )]
    Append(append::AppendArgs),
    /// How many signatures all cores verify in a second
    #[command(after_help = "Example:\n  skillpass bench verify --json")]
    Verify(raw::VerifyArgs),
    /// The same work each time, for a counter of instructions
    #[command(
        after_help = "Example:\n  valgrind --tool=callgrind skillpass bench count append --times 1000\n\nRun it again with --idle: the difference is what the work costs."
    )]
    Count(count::CountArgs),
}

impl BenchCommand {
    /// Runs it.
    pub(crate) fn run(self, context: Context) -> Result<Exit, CliError> {
        match self {
            Self::Append(args) => args.run(context),
            Self::Verify(args) => args.run(context),
            Self::Count(args) => args.run(context),
        }
    }
}
