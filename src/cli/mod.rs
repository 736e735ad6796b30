//! The command line: one file per subcommand. It reads what people give, calls the rooms below, prints what they answer,
//! and turns every failure into a reason, a sentence, what to do, and an exit code.
//!
//! **Never:** a rule of its own about statements, trust or passports. Nothing imports this room.
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

mod access;
mod append;
mod assess;
mod assist;
mod audit;
mod backup;
#[allow(clippy::arithmetic_side_effects, reason = "figures of a benchmark that stays within its own sizes")]
mod bench;
mod body;
mod choice;
mod client;
mod clock;
#[allow(clippy::arithmetic_side_effects, reason = "the fixed numbers of its own story")]
mod demo;
mod dispute;
mod document;
mod draft;
mod endorse;
mod erase;
mod error;
mod files;
#[doc(hidden)]
pub mod fuzz;
mod gaps;
mod grant;
mod html;
mod import;
mod init;
mod issue;
mod join;
mod key;
mod keyfile;
mod keyring;
mod kinds;
mod log;
mod log_key;
mod maintain;
mod operator;
mod out;
mod page;
mod papers;
mod passport;
mod place;
mod present;
mod protect;
mod proven;
mod public;
mod recover;
mod reference;
mod reference_import;
mod relate;
mod review;
mod send;
mod serve;
mod share;
mod slip;
mod standing;
mod statistics;
mod status;
mod trust;
mod units;
mod verify;
mod witness;
mod worker;

use std::ffi::OsString;
use std::future::Future;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

use self::error::{CliError, Exit};
use crate::event::Kind;

const TOUR: &str = "From nothing to a verified passport:
  skillpass key new --out ministry.jwk
  skillpass init --data ./ledger --origin ledger.example.invalid \\
    --root PH=https://ministry.example.invalid=ministry.pub.jwk
  skillpass serve --data ./ledger        # ready grpc=127.0.0.1:7640 http=…
  skillpass key new --out school.jwk
  skillpass authorise --help             # the ministry: what the school may state
  skillpass worker open --help           # the school: a worker's passport
  skillpass import --help                # and a spreadsheet of graduates
  skillpass passport export --help       # the worker: the passport file
  skillpass trust add --help             # the recruiter: whom to believe
  skillpass verify passport.skillpass    # offline

Exit codes: 0 done, or authentic; 1 refused or invalid; 2 bad usage or configuration; 3 cannot be decided; \
4 ledger, file or network failed; \
5 a running ledger stopped itself, start it again. Commands that print data take --json.";

macro_rules! standing_help {
    ($command:literal, $reason:literal, $more:literal) => {
        concat!(
            "Examples:\n  skillpass ",
            $command,
            " --key school.jwk --worker wkr_… --country PH \\\n    --target statement.sdjwt --reason ",
            $reason,
            " \\\n   ",
            $more,
            " --ledger http://127.0.0.1:7640\n  skillpass ",
            $command,
            " --file many.csv --key school.jwk \\\n    --ledger http://127.0.0.1:7640"
        )
    };
}

/// A ledger that lets skills cross borders: bodies sign, the ledger proves, the worker carries, anyone checks offline
#[derive(Debug, clap::Parser)]
#[command(name = "skillpass", version, after_help = TOUR, max_term_width = 120)]
struct Cli {
    /// Print JSON; errors too, on standard error
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    tls: client::TlsArgs,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Play whole journeys through two real ledgers, and tell the story
    Demo(demo::DemoArgs),
    /// Found a ledger: keys, genesis, root authorities
    Init(init::InitArgs),
    /// Run a ledger: gRPC and HTTP
    Serve(serve::ServeArgs),
    /// Make, show, rotate, retire keys
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// List what can be said, and the files to say it in
    Kinds(kinds::KindsArgs),
    /// Say what a body may state, and add its first key
    Authorise(body::AuthoriseArgs),
    /// End an authorisation
    EndAuthorisation(body::EndArgs),
    /// Suspend an authorisation for a time
    SuspendIssuer(body::SuspendIssuerArgs),
    /// Name who keeps the records of a body that closes
    NameCustodian(body::CustodianArgs),
    /// Endorse an authorisation, as government, employers' or workers' organisation
    Endorse(endorse::EndorseArgs),
    /// Let authorisations take effect only when social partners have endorsed them
    RequireEndorsement(endorse::RequireArgs),
    /// Open a passport for a worker; change the holder's key, or recover a lost one
    #[command(subcommand)]
    Worker(worker::WorkerCommand),
    /// Sign one statement into a file
    Issue(issue::IssueArgs),
    /// Send signed statements to a ledger
    Append(append::AppendArgs),
    /// Sign and record a spreadsheet, row by row
    Import(import::ImportArgs),
    /// Withdraw a statement
    #[command(after_help = standing_help!("revoke", "ISSUED_IN_ERROR", ""))]
    Revoke(standing::StandingArgs),
    /// Suspend a statement for a time
    #[command(after_help = standing_help!("suspend", "UNDER_INVESTIGATION", ""))]
    Suspend(standing::StandingArgs),
    /// Lift the suspension of a statement
    #[command(after_help = standing_help!("reinstate", "CLEARED", ""))]
    Reinstate(standing::StandingArgs),
    /// Put a corrected statement in the place of a wrong one
    #[command(after_help = standing_help!("correct", "ISSUED_IN_ERROR", " --replacement corrected.sdjwt"))]
    Correct(standing::StandingArgs),
    /// Put a newer statement in the place of one that was right in its time
    #[command(after_help = standing_help!("supersede", "RENEWED", " --replacement newer.sdjwt"))]
    Supersede(standing::StandingArgs),
    /// Have indexes of status lists allocated, for verifiers who know no ledger
    #[command(subcommand)]
    Status(status::StatusCommand),
    /// Read, export, present a worker's passport
    #[command(subcommand)]
    Passport(passport::PassportCommand),
    /// Let somebody read a part of a passport, for a time
    #[command(subcommand)]
    Grant(grant::GrantCommand),
    /// Links to a part of a passport: see them, take them back, open one
    #[command(subcommand)]
    Share(share::ShareCommand),
    /// Help a worker, for at most a day, without ever holding the worker's key
    #[command(subcommand)]
    Assist(assist::AssistCommand),
    /// See who looked at a passport
    #[command(subcommand)]
    Access(access::AccessCommand),
    /// Keep audiences out of a passport
    #[command(subcommand)]
    Protect(protect::ProtectCommand),
    /// Contest a record, or resolve what is contested
    #[command(subcommand)]
    Dispute(dispute::DisputeCommand),
    /// Verify passport files offline
    Verify(verify::VerifyArgs),
    /// Whom a verifier believes: the trust file
    #[command(subcommand)]
    Trust(trust::TrustCommand),
    /// Look up what is published about a level and a framework
    Relate(relate::RelateArgs),
    /// What a worker's records come to in a destination, and what is missing
    Assess(assess::AssessArgs),
    /// What of a published standard a worker has shown, and what is missing
    Gaps(gaps::GapsArgs),
    /// Set two published standards side by side, with what a worker has shown of each
    Compare(gaps::CompareArgs),
    /// Over- or under-education by a named rule, for employment services and statistics
    Classify(gaps::ClassifyArgs),
    /// Frameworks, instruments, programmes, professions: with their sources
    #[command(subcommand)]
    Reference(reference::ReferenceCommand),
    /// Checkpoints, proofs, the log as plain files
    #[command(subcommand)]
    Log(log::LogCommand),
    /// Follow a ledger: has it only grown, and does it keep its word
    Audit(audit::AuditArgs),
    /// Cosign the checkpoints of other ledgers
    #[command(subcommand)]
    Witness(witness::WitnessCommand),
    /// Count the units a worker has shown towards a qualification
    Units(units::UnitsArgs),
    /// Numbers about many, which tell nothing of anybody
    #[command(subcommand)]
    Statistics(statistics::StatisticsCommand),
    /// Check a data directory: every hash, chain, signature, checkpoint
    Fsck(maintain::FsckArgs),
    /// Copy what a ledger holds, beside it while it runs
    Backup(backup::BackupArgs),
    /// Make a data directory anew from a backup
    Restore(backup::RestoreArgs),
    /// Make the derived files anew from the journal
    Rebuild(maintain::RebuildArgs),
    /// Change the key that wraps the workers' keys
    #[command(subcommand)]
    Keyring(keyring::KeyringCommand),
    /// Review passports that were opened with one document
    #[command(subcommand)]
    Review(review::ReviewCommand),
    /// Destroy a worker's key, so that no one can read the records again
    Erase(erase::EraseArgs),
    /// Who acts for a ledger beside its root operator
    #[command(subcommand)]
    Operator(operator::OperatorCommand),
    /// Measure this machine
    #[command(subcommand)]
    Bench(bench::BenchCommand),
}

/// How the output is wanted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context {
    /// `--json`
    pub(crate) json: bool,
}

impl Context {
    /// Runs a command that talks to a ledger.
    #[expect(clippy::unused_self, reason = "only a command that was parsed may start threads")]
    pub(crate) fn block_on(
        self,
        command: impl Future<Output = Result<Exit, CliError>>,
    ) -> Result<Exit, CliError> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
        let runtime = runtime.map_err(|_| {
            CliError::failed("NO_THREADS", "the system gives this process no threads", "check its limits")
        })?;
        runtime.block_on(command)
    }
}

/// Runs `skillpass` with `args` (the program's name first).
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    let json = args.iter().any(|arg| arg == "--json");
    let ended = match Cli::try_parse_from(&args) {
        Ok(cli) => dispatch(cli),
        Err(error) => not_parsed(&error, json),
    };
    match ended {
        Ok(exit) => exit.into(),
        Err(error) => {
            error.report(json);
            error.exit.into()
        }
    }
}

fn dispatch(cli: Cli) -> Result<Exit, CliError> {
    let context = Context { json: cli.json };
    cli.tls.set();
    let Some(command) = cli.command else {
        out::text(&Cli::command().render_help().to_string())?;
        return Ok(Exit::Done);
    };
    match command {
        Command::Demo(args) => args.run(context),
        Command::Init(args) => args.run(context),
        Command::Serve(args) => args.run(context),
        Command::Key(command) => command.run(context),
        Command::Kinds(args) => args.run(context),
        Command::Authorise(args) => args.run(context),
        Command::EndAuthorisation(args) => args.run(context),
        Command::SuspendIssuer(args) => args.run(context),
        Command::NameCustodian(args) => args.run(context),
        Command::Endorse(args) => args.run(context),
        Command::RequireEndorsement(args) => args.run(context),
        Command::Worker(command) => command.run(context),
        Command::Issue(args) => args.run(context),
        Command::Append(args) => args.run(context),
        Command::Import(args) => args.run(context),
        Command::Revoke(args) => args.run(context, Kind::Revoked),
        Command::Suspend(args) => args.run(context, Kind::Suspended),
        Command::Reinstate(args) => args.run(context, Kind::Reinstated),
        Command::Correct(args) => args.run(context, Kind::Corrected),
        Command::Supersede(args) => args.run(context, Kind::Superseded),
        Command::Status(command) => command.run(context),
        Command::Passport(command) => command.run(context),
        Command::Grant(command) => command.run(context),
        Command::Share(command) => command.run(context),
        Command::Assist(command) => command.run(context),
        Command::Access(command) => command.run(context),
        Command::Protect(command) => command.run(context),
        Command::Dispute(command) => command.run(context),
        Command::Verify(args) => args.run(context),
        Command::Trust(command) => command.run(context),
        Command::Relate(args) => args.run(context),
        Command::Assess(args) => args.run(context),
        Command::Gaps(args) => args.run(context),
        Command::Compare(args) => args.run(context),
        Command::Classify(args) => args.run(context),
        Command::Reference(command) => command.run(context),
        Command::Log(command) => command.run(context),
        Command::Audit(args) => args.run(context),
        Command::Witness(command) => command.run(context),
        Command::Units(args) => args.run(context),
        Command::Statistics(command) => command.run(context),
        Command::Fsck(args) => args.run(context),
        Command::Backup(args) => args.run(context),
        Command::Restore(args) => args.run(context),
        Command::Rebuild(args) => args.run(context),
        Command::Keyring(command) => command.run(context),
        Command::Review(command) => command.run(context),
        Command::Erase(args) => args.run(context),
        Command::Operator(command) => command.run(context),
        Command::Bench(command) => command.run(context),
    }
}

/// Help and version go to standard output; anything else is bad usage.
fn not_parsed(error: &clap::Error, json: bool) -> Result<Exit, CliError> {
    use clap::error::ErrorKind::{DisplayHelp, DisplayHelpOnMissingArgumentOrSubcommand, DisplayVersion};
    match error.kind() {
        DisplayHelp | DisplayVersion => out::text(&error.render().to_string()).map(|()| Exit::Done),
        DisplayHelpOnMissingArgumentOrSubcommand => {
            out::note(error.render());
            Ok(Exit::Usage)
        }
        _ if json => {
            let text = error.render().to_string();
            // The first paragraph says what is wrong, over several lines where several things are missing.
            let wrong: Vec<&str> = text.lines().take_while(|line| !line.is_empty()).map(str::trim).collect();
            let message = wrong.join(" ").trim_start_matches("error: ").to_owned();
            Err(CliError::usage("BAD_USAGE", message, "--help shows the usage with an example"))
        }
        _ => {
            out::note(error.render());
            Ok(Exit::Usage)
        }
    }
}
