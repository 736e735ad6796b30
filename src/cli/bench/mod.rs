//! `skillpass bench`: what this machine does, beside what it could do at most. Over real loopback gRPC; where the
//! server's own memory and processor time are told, it is a process of its own.

mod append;
mod count;
mod direct;
mod figures;
mod grow;
mod import;
mod load;
mod offline;
mod overload;
mod polite;
mod process;
mod raw;
mod read;
mod reopen;
mod served;
mod setup;
mod stall;

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
    /// Fill a ledger to a size, and see what it costs then: rate, memory, disk, opening, reading, proofs, rebuilding
    #[command(
        after_help = "Example:\n  skillpass bench grow --entries 10000000 --each 20 --cold --dir /var/tmp\n\nThe server is a process of its own, killed and stopped on the way. Ten million entries take a quarter of an hour and 25 GB."
    )]
    Grow(grow::GrowArgs),
    /// `GetPassport`: the server's processor time a call, and latency at half load
    #[command(after_help = "Example:\n  skillpass bench read --workers 1000 --dir /var/tmp")]
    Read(read::ReadArgs),
    /// `import` of a spreadsheet, end to end, beside the streaming rate of the same server
    #[command(after_help = "Example:\n  skillpass bench import --rows 100000 --dir /var/tmp")]
    Import(import::ImportArgs),
    /// Offline verification of a passport file, beside the signatures in it alone
    #[command(after_help = "Example:\n  skillpass bench offline --records 20 --json")]
    Offline(offline::OfflineArgs),
    /// How many signatures all cores verify in a second
    #[command(after_help = "Example:\n  skillpass bench verify --json")]
    Verify(raw::VerifyArgs),
    /// A server with ten times the load that it can take, then whether anything that it acknowledged is missing
    #[command(
        after_help = "Example:\n  skillpass bench overload --seconds 15 --dir /var/tmp\n\nServer and load generators are processes of their own, on this machine. The load is ten times what was acknowledged in the calm before, and does not wait for answers; what no connection has a stream left for is told as not sent. Everything that was acknowledged is asked for again after a restart. Fails if something acknowledged is lost or damaged, if the server's memory grew beyond its bounds, if nothing was refused, if a refusal did not say when to come back, or if the server is not half as fast afterwards as before, measured twice (two measurements of the same differ by a tenth or two, by more where others use the machine)."
    )]
    Overload(overload::OverloadArgs),
    /// Callers that hold places and give nothing for them: how soon each is cut off, and what it costs those who behave
    #[command(
        after_help = "Example:\n  skillpass bench stall --each 40\n\nTwo minutes. Some say nothing, some send a byte now and then, some never read an answer. Fails if one of them still has its place at the end, if the server's memory grew beyond its bounds, or if `fsck` finds anything."
    )]
    Stall(stall::StallArgs),
    /// One load generator of `bench overload`
    #[command(hide = true)]
    Send(overload::send::SendArgs),
    /// The same work each time, for a counter of instructions
    #[command(
        after_help = "Example:\n  valgrind --tool=callgrind --toggle-collect='*counted_work*' \\\n    skillpass bench count append --times 1000\n\nWhat it takes to prepare the work is not counted."
    )]
    Count(count::CountArgs),
}

impl BenchCommand {
    /// Runs it.
    pub(crate) fn run(self, context: Context) -> Result<Exit, CliError> {
        match self {
            Self::Append(args) => args.run(context),
            Self::Grow(args) => args.run(context),
            Self::Read(args) => args.run(context),
            Self::Import(args) => args.run(context),
            Self::Offline(args) => args.run(context),
            Self::Verify(args) => args.run(context),
            Self::Overload(args) => args.run(context),
            Self::Stall(args) => args.run(context),
            Self::Send(args) => args.run(context),
            Self::Count(args) => args.run(context),
        }
    }
}
