//! Two real ledgers on loopback, reached over their public gRPC, each with a witness that follows both, on one clock that
//! replays the years.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};
use tonic::Request;

use super::journey::Side;
use super::witnesses::{PORTS, Witnesses};
use crate::cli::client::Client;
use crate::cli::error::CliError;
use crate::cli::maintain::open_error;
use crate::cli::{files, keyfile};
use crate::config::Limits;
use crate::crypto::{Entropy as _, OsEntropy, PrivateKey, hex_encode};
use crate::ledger::{Clock, Founded, Founding, Ledger, ManualClock, Options};
use crate::pb;
use crate::service::server::{self, Running};
use crate::statement::jws;
use crate::tlog::Policy;
use crate::witness::{Collector, WitnessSettings};

/// Both ledgers and their clock.
pub(super) struct Stage {
    pub(super) clock: Arc<ManualClock>,
    origin: Seat,
    destination: Seat,
    witnesses: Witnesses,
}

/// The longest a witness may take for one answer.
const WITNESS_TIME_MAX: Duration = Duration::from_secs(5);
/// The longest wait for both witnesses: they answer within milliseconds.
const WITNESSED_WITHIN: Duration = Duration::from_secs(60);

/// One ledger: its files, its server, and a client of it.
pub(super) struct Seat {
    pub(super) origin: String,
    pub(super) founded: Founded,
    pub(super) client: Client,
    operator: PrivateKey,
    served: Served,
}

/// The data directory of a side.
pub(super) fn data_dir(out: &Path, side: Side) -> PathBuf {
    out.join("ledgers").join(side.name())
}

impl Stage {
    /// Founds both ledgers at `start_ms` (Unix) under `out`, with a witness on each side, and serves all four.
    pub(super) async fn build(out: &Path, start_ms: u64) -> Result<Self, CliError> {
        let clock = Arc::new(ManualClock::new(start_ms));
        let (origin, destination) =
            (found(out, Side::Origin, &clock)?, found(out, Side::Destination, &clock)?);
        Witnesses::found(out, &[&origin.vkey, &destination.vkey])?;
        let shared = Arc::clone(&clock) as Arc<dyn Clock>;
        let witnesses = Witnesses::serve(out, &shared).await?;
        let policy = witnesses.policy(|_, address| format!("http://{address}/"))?;
        let by_hand = witnesses
            .policy(|nth, _| format!("http://127.0.0.1:{}/", PORTS.get(nth).copied().unwrap_or_default()))?;
        let config = format!("[witness]\npolicy = \"\"\"\n{}\"\"\"\n", by_hand.text());
        files::replace(&out.join("ledgers").join("witnesses.toml"), config.as_bytes())?;
        let origin = Seat::take(out, Side::Origin, origin, &policy, &shared).await?;
        let destination = Seat::take(out, Side::Destination, destination, &policy, &shared).await?;
        let stage = Self { clock, origin, destination, witnesses };
        for side in Side::BOTH {
            for key in stage.witnesses.keys() {
                let claims = json!({"name": key.name(), "vkey": key.to_string()});
                stage.append_own(side, "WitnessNamed", &claims).await?;
            }
        }
        Ok(stage)
    }

    /// What verifiers ask for: the word of both witnesses.
    pub(super) fn policy(&self) -> Result<Policy, CliError> {
        self.witnesses.policy(|_, _| String::new())
    }

    /// Waits until all that was recorded is under checkpoints that both witnesses cosigned.
    pub(super) async fn witnessed(&self) -> Result<(), CliError> {
        for seat in [&self.origin, &self.destination] {
            let size = *seat.served.ledger.size().borrow();
            let mut cosigned = seat.served.ledger.cosigned();
            let covered = cosigned
                .wait_for(|newest| newest.as_ref().is_some_and(|newest| newest.checkpoint.size >= size));
            let waited = tokio::time::timeout(WITNESSED_WITHIN, covered).await;
            waited.ok().and_then(Result::ok).ok_or_else(|| unusable("the witnesses did not cosign"))?;
        }
        Ok(())
    }

    /// The ledger of a side.
    pub(super) fn seat(&self, side: Side) -> &Seat {
        match side {
            Side::Origin => &self.origin,
            Side::Destination => &self.destination,
        }
    }

    /// A request to the operator's or a worker's calls, with a credential of `key` at the stage's own time.
    pub(super) fn signed<T>(&self, side: Side, key: &PrivateKey, message: T) -> Result<Request<T>, CliError> {
        let now = self.clock.now_ms() / 1000;
        let mut payload = Map::new();
        payload.insert("aud".into(), self.seat(side).origin.clone().into());
        payload.insert("iat".into(), now.into());
        payload.insert("exp".into(), (now + 120).into());
        payload.insert("jti".into(), Value::from(hex_encode(OsEntropy.bytes::<16>())));
        let token = format!("Bearer {}", jws::sign("skillpass-access+jwt", &payload, key));
        let mut request = Request::new(message);
        let token = token.parse().map_err(|_| unusable("the credential is no HTTP header value"))?;
        request.metadata_mut().insert("authorization", token);
        Ok(request)
    }

    /// Has the ledger of `side` state something of its own.
    pub(super) async fn append_own(&self, side: Side, kind: &str, claims: &Value) -> Result<(), CliError> {
        let seat = self.seat(side);
        let message =
            pb::AppendLedgerStatementRequest { kind: kind.to_owned(), claims_json: claims.to_string() };
        let request = self.signed(side, &seat.operator, message)?;
        seat.client
            .admin()
            .append_ledger_statement(request)
            .await
            .map_err(|status| seat.client.error(&status))?;
        Ok(())
    }

    /// The stage's time, Unix milliseconds.
    pub(super) fn now_ms(&self) -> u64 {
        self.clock.now_ms()
    }

    /// Stops everything and closes both ledgers.
    pub(super) async fn close(self) -> Result<(), CliError> {
        for seat in [self.origin, self.destination] {
            seat.served.stop().await?;
        }
        self.witnesses.stop().await;
        Ok(())
    }
}

fn found(out: &Path, side: Side, clock: &Arc<ManualClock>) -> Result<Founded, CliError> {
    let founding = Founding { origin: origin_of(side), roots: Vec::new() };
    let founded = Ledger::init(&data_dir(out, side), &founding, clock.as_ref());
    let founded = founded.map_err(|error| open_error(&error))?;
    let vkey = out.join("ledgers").join(format!("{}.vkey", side.name()));
    files::replace(&vkey, format!("{}\n", founded.vkey).as_bytes())?;
    Ok(founded)
}

fn origin_of(side: Side) -> String {
    format!("{}.demo.invalid", side.name())
}

/// An open ledger, served, asking its witnesses.
pub(super) struct Served {
    ledger: Ledger,
    pub(super) running: Running,
    collector: Collector,
}

impl Served {
    /// Opens the ledger of a side and serves it on free loopback ports.
    pub(super) async fn start(
        out: &Path,
        side: Side,
        policy: &Policy,
        clock: &Arc<dyn Clock>,
    ) -> Result<Self, CliError> {
        let options = Options { witness_policy: Some(policy.clone()), ..Options::default() };
        let ledger = Ledger::open(&data_dir(out, side), options, Arc::clone(clock));
        let ledger = ledger.map_err(|error| open_error(&error))?;
        let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let running = server::start(&ledger, loopback, loopback, None, &Limits::default()).await;
        let running = running.map_err(|error| unusable(&error.to_string()))?;
        let settings = WitnessSettings { policy: policy.clone(), timeout: WITNESS_TIME_MAX };
        let collector = Collector::start(&ledger, &settings, running.metrics());
        let collector = collector.map_err(|error| unusable(&error.to_string()))?;
        Ok(Self { ledger, running, collector })
    }

    /// Stops it and closes the ledger.
    pub(super) async fn stop(self) -> Result<(), CliError> {
        self.collector.stop().await;
        self.running.stop().await;
        let ledger = self.ledger;
        let closed = tokio::task::spawn_blocking(move || ledger.close()).await;
        closed.map_err(|_| unusable("a ledger did not close"))
    }
}

impl Seat {
    async fn take(
        out: &Path,
        side: Side,
        founded: Founded,
        policy: &Policy,
        clock: &Arc<dyn Clock>,
    ) -> Result<Self, CliError> {
        let served = Served::start(out, side, policy, clock).await?;
        let client = Client::connect(&format!("http://{}", served.running.grpc())).await?;
        let operator =
            keyfile::read_private(&founded.operator_key_file, &keyfile::PassphraseArgs::from_file(None))?;
        Ok(Self { origin: origin_of(side), founded, client, operator, served })
    }
}

fn unusable(message: &str) -> CliError {
    CliError::failed(
        "DEMO_FAILED",
        message.to_owned(),
        "report this with the command you ran: it should not happen",
    )
}
