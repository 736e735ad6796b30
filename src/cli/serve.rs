//! `skillpass serve`: runs a ledger until it is told to stop.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::error::{CliError, Exit};
use super::maintain::open_error;
use super::place::{PlaceArgs, keep_to_ourselves};
use super::{Context, files, out};
use crate::config::{Config, Flags, WitnessConfig, process_environment};
use crate::ledger::{Ledger, Options, SystemClock};
use crate::service::server::{self, StartError};
use crate::telemetry;
use crate::witness::{Collector, WitnessSettings};

/// `serve`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  skillpass serve --data ./ledger\n  skillpass serve --data ./ledger --grpc 127.0.0.1:0 --http 127.0.0.1:0\n\nPrints `ready grpc=ADDR http=ADDR` once both listen. SIGTERM or Ctrl-C stops it: what was accepted is answered first. SIGHUP reads the TLS certificates again. A ledger that cannot record any more (a failed write or fsync, a bug) stops with exit code 4. deploy/skillpass.example.toml documents the configuration file."
)]
pub(crate) struct ServeArgs {
    /// Data directory, made by `skillpass init`
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Configuration file (TOML)
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Address for gRPC [default: 127.0.0.1:7640]; port 0 lets the system choose
    #[arg(long, value_name = "ADDR")]
    grpc: Option<SocketAddr>,
    /// Address for HTTP [default: 127.0.0.1:7641]; port 0 lets the system choose
    #[arg(long, value_name = "ADDR")]
    http: Option<SocketAddr>,
    /// Record and sign nothing: for a restored copy whose newest checkpoint is not known yet
    #[arg(long)]
    read_only: bool,
    #[command(flatten)]
    place: PlaceArgs,
}

impl ServeArgs {
    /// Runs it.
    pub(crate) fn run(self, context: Context) -> Result<Exit, CliError> {
        keep_to_ourselves();
        let text = self.config.as_deref().map(files::read_text).transpose()?;
        let flags = Flags { data: self.data, grpc: self.grpc, http: self.http };
        let mut config = Config::read(text.as_deref(), process_environment, &flags).map_err(|mistakes| {
            CliError::usage(
                "CONFIGURATION_INVALID",
                mistakes.to_string(),
                "deploy/skillpass.example.toml documents every field",
            )
        })?;
        let trust = super::trust::find_named(config.trust.as_deref()).map_err(CliError::into_usage)?;
        config.limits.check_trust = trust.map(|file| file.to_toml());
        context.block_on(serve(config, self.read_only, self.place))
    }
}

async fn serve(config: Config, read_only: bool, place: PlaceArgs) -> Result<Exit, CliError> {
    let traces = telemetry::start(&config.log, config.traces.as_deref()).map_err(|error| {
        CliError::usage(
            "CONFIGURATION_INVALID",
            error.to_string(),
            "e.g. log = \"info\"; deploy/skillpass.example.toml documents both fields",
        )
    })?;
    // Before the ledger is opened, so that no stop is lost.
    let (mut terminate, mut interrupt) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
    let mut hangup = listen(SignalKind::hangup())?;
    place.check_ledger(&config.data, |message| tracing::warn!("{message}"))?;
    let ledger = open(&config.data, &config, read_only)?;
    remind(&ledger);
    let started = server::start(&ledger, config.grpc, config.http, config.tls.as_ref(), &config.limits).await;
    let running = match started {
        Ok(running) => running,
        Err(error) => {
            ledger.close();
            return Err(not_started(&error));
        }
    };
    let collector = match collect(&ledger, &config.witness, &running) {
        Ok(collector) => collector,
        Err(error) => {
            running.stop().await;
            ledger.close();
            return Err(error);
        }
    };
    let mut ended = out::line(format_args!("ready grpc={} http={}", running.grpc(), running.http()));
    while ended.is_ok() {
        tokio::select! {
            why = ledger.failed() => ended = Err(CliError::stopped(&why)),
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            _ = hangup.recv() => match running.reload_certificates() {
                Ok(()) => tracing::info!("certificates read again"),
                Err(error) => tracing::error!(error = %error, "the old certificates stay"),
            },
        }
    }
    if let Some(collector) = collector {
        collector.stop().await;
    }
    running.stop().await;
    // The writer's threads are joined here, off the runtime's own.
    let closed = tokio::task::spawn_blocking(move || {
        ledger.close();
        if let Some(traces) = traces {
            traces.stop();
        }
    });
    let closed = closed.await;
    closed.map_err(|_| {
        CliError::failed(
            "STOP_FAILED",
            "the ledger did not stop cleanly",
            "nothing acknowledged is lost; start it again",
        )
    })?;
    ended.map(|()| Exit::Done)
}

/// The longest that one generation key should wrap the keyring.
const GENERATION_DAYS_MAX: u64 = 31;

/// What only a person can do: `/metrics` says it too.
fn remind(ledger: &Ledger) {
    let days = ledger.generation_age().map_or(0, |age| age.as_secs() / 86_400);
    if days > GENERATION_DAYS_MAX {
        tracing::warn!(
            days,
            "the keyring was not rotated for long: old copies of it still open (keyring escrow, keyring rotate)"
        );
    }
    if ledger.is_read_only() {
        tracing::warn!("opened for reading only: nothing is recorded and nothing is signed");
    }
}

fn not_started(error: &StartError) -> CliError {
    match error {
        StartError::Tls(_) => {
            CliError::usage("TLS_INVALID", error.to_string(), "check the files that [tls] names")
        }
        _ => CliError::failed(
            "CANNOT_LISTEN",
            error.to_string(),
            "choose another --grpc or --http address, or port 0",
        ),
    }
}

/// Starts asking the witnesses of the configuration, if there are any.
fn collect(
    ledger: &Ledger,
    config: &WitnessConfig,
    running: &server::Running,
) -> Result<Option<Collector>, CliError> {
    // What is not signed anew is not cosigned anew.
    let Some(policy) = config.policy.as_ref().filter(|_| !ledger.is_read_only()) else { return Ok(None) };
    let settings = WitnessSettings { policy: policy.clone(), timeout: config.timeout };
    Collector::start(ledger, &settings, running.metrics()).map(Some).map_err(|error| {
        CliError::failed(
            "WITNESSES_UNUSABLE",
            error.to_string(),
            "check the addresses in witness.policy and the machine's certificate authorities",
        )
    })
}

fn open(data: &Path, config: &Config, read_only: bool) -> Result<Ledger, CliError> {
    let options = Options {
        verifiers: config.ledger.verifiers,
        queue: config.ledger.queue,
        checkpoint_interval: config.ledger.checkpoint_interval,
        witness_policy: config.witness.policy.clone(),
        witness_patience: config.witness.patience,
        read_only,
        ..Options::default()
    };
    Ledger::open(data, options, Arc::new(SystemClock)).map_err(|error| open_error(&error))
}

/// Resolves at Ctrl-C or SIGTERM.
pub(crate) async fn interrupted() -> Result<(), CliError> {
    let (mut terminate, mut interrupt) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

fn listen(kind: SignalKind) -> Result<Signal, CliError> {
    signal(kind).map_err(|_| {
        CliError::failed(
            "NO_SIGNALS",
            "the system does not let this process listen for signals",
            "check its rights",
        )
    })
}
