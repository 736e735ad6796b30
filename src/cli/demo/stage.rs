//! Two real ledgers on loopback, reached over their public gRPC, on one clock that replays the years.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Map, Value};
use tonic::Request;

use super::journey::Side;
use crate::cli::client::Client;
use crate::cli::error::CliError;
use crate::cli::maintain::open_error;
use crate::cli::{files, keyfile};
use crate::config::Limits;
use crate::crypto::{Entropy as _, OsEntropy, PrivateKey, hex_encode};
use crate::ledger::{Clock as _, Founded, Founding, Ledger, ManualClock, Options};
use crate::pb;
use crate::service::server::{self, Running};
use crate::statement::jws;

/// Both ledgers and their clock.
pub(super) struct Stage {
    pub(super) clock: Arc<ManualClock>,
    origin: Seat,
    destination: Seat,
}

/// One ledger: its files, its server, and a client of it.
pub(super) struct Seat {
    pub(super) origin: String,
    pub(super) founded: Founded,
    pub(super) client: Client,
    operator: PrivateKey,
    ledger: Ledger,
    running: Running,
}

/// The data directory of a side.
pub(super) fn data_dir(out: &Path, side: Side) -> PathBuf {
    out.join("ledgers").join(side.name())
}

impl Stage {
    /// Founds both ledgers at `start_ms` (Unix) under `out` and serves them.
    pub(super) async fn build(out: &Path, start_ms: u64) -> Result<Self, CliError> {
        let clock = Arc::new(ManualClock::new(start_ms));
        let origin = Seat::take(out, Side::Origin, &clock).await?;
        let destination = Seat::take(out, Side::Destination, &clock).await?;
        Ok(Self { clock, origin, destination })
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

    /// Stops both servers and closes both ledgers.
    pub(super) async fn close(self) -> Result<(), CliError> {
        for seat in [self.origin, self.destination] {
            seat.running.stop().await;
            let ledger = seat.ledger;
            tokio::task::spawn_blocking(move || ledger.close())
                .await
                .map_err(|_| unusable("a ledger did not close"))?;
        }
        Ok(())
    }
}

impl Seat {
    async fn take(out: &Path, side: Side, clock: &Arc<ManualClock>) -> Result<Self, CliError> {
        let dir = data_dir(out, side);
        let origin = format!("{}.demo.invalid", side.name());
        let founding = Founding { origin: origin.clone(), roots: Vec::new() };
        let founded = Ledger::init(&dir, &founding, clock.as_ref()).map_err(|error| open_error(&error))?;
        let ledger =
            Ledger::open(&dir, Options::default(), clock.clone()).map_err(|error| open_error(&error))?;
        let vkey = out.join("ledgers").join(format!("{}.vkey", side.name()));
        files::replace(&vkey, format!("{}\n", founded.vkey).as_bytes())?;
        let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let running = server::start(&ledger, loopback, loopback, None, &Limits::default())
            .await
            .map_err(|error| unusable(&error.to_string()))?;
        let client = Client::connect(&format!("http://{}", running.grpc())).await?;
        let operator =
            keyfile::read_private(&founded.operator_key_file, &keyfile::PassphraseArgs::from_file(None))?;
        Ok(Self { origin, founded, client, operator, ledger, running })
    }
}

fn unusable(message: &str) -> CliError {
    CliError::failed(
        "DEMO_FAILED",
        message.to_owned(),
        "report this with the command you ran: it should not happen",
    )
}
