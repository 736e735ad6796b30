//! A client's connection: calls with a credential, and what an answer says.

use serde_json::{Map, Value};
use skillpass::crypto::PrivateKey;
use skillpass::pb;
use skillpass::pb::admin_service_client::AdminServiceClient;
use skillpass::pb::ledger_service_client::LedgerServiceClient;
use skillpass::pb::passport_service_client::PassportServiceClient;
use skillpass::statement::jws;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};
use tonic_types::StatusExt as _;

use crate::cast::{NOW_MS, ORIGIN};
use crate::chance::Chance;

/// Longer than anything takes that is not stuck.
const PATIENCE: Duration = Duration::from_secs(120);
const FILE_BYTES_MAX: usize = 20 * 1024 * 1024;

#[derive(Clone)]
pub struct Client(Channel);

/// Why a call has no result.
pub enum Failure {
    /// The server says no.
    Refused(String),
    /// There is no server any more.
    Lost(String),
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        match status.get_details_error_info() {
            Some(info) => Self::Refused(info.reason),
            None => Self::Lost(status.to_string()),
        }
    }
}

impl Client {
    pub async fn connect(url: &str) -> Result<Self, String> {
        let endpoint = Endpoint::from_shared(url.to_owned()).map_err(|error| error.to_string())?;
        let endpoint = endpoint.timeout(PATIENCE).tcp_nodelay(true);
        endpoint.connect().await.map(Self).map_err(|error| error.to_string())
    }

    pub fn ledger(&self) -> LedgerServiceClient<Channel> {
        LedgerServiceClient::new(self.0.clone())
    }

    pub fn passports(&self) -> PassportServiceClient<Channel> {
        PassportServiceClient::new(self.0.clone()).max_decoding_message_size(FILE_BYTES_MAX)
    }

    pub fn admin(&self) -> AdminServiceClient<Channel> {
        AdminServiceClient::new(self.0.clone())
    }
}

/// With a fresh credential of `key` (SPEC.md, "Access"); of a body, if it is one.
#[allow(clippy::disallowed_methods, reason = "a client has a clock of its own")]
pub fn signed<T>(key: &PrivateKey, body: Option<&str>, message: T) -> Request<T> {
    static NONCE: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let mut payload = Map::new();
    if let Some(body) = body {
        payload.insert("iss".into(), body.into());
    }
    payload.insert("aud".into(), ORIGIN.into());
    payload.insert("iat".into(), now.into());
    payload.insert("exp".into(), (now + 120).into());
    payload.insert("jti".into(), Value::from(format!("{:032x}", NONCE.fetch_add(1, Ordering::Relaxed))));
    let mut request = Request::new(message);
    let token = format!("Bearer {}", jws::sign("skillpass-access+jwt", &payload, key));
    if let Ok(token) = token.parse() {
        request.metadata_mut().insert("authorization", token);
    }
    request
}

/// The number of the statement with this id (`cast::Saying`).
pub fn number_of(id: uuid::Uuid) -> Option<u64> {
    let (seconds, nanos) = id.get_timestamp()?.to_unix();
    (seconds * 1000 + u64::from(nanos) / 1_000_000).checked_sub(NOW_MS)
}

/// The id of a statement, as receipts name it.
pub fn jti(number: u64) -> String {
    uuid::Builder::from_unix_timestamp_millis(NOW_MS + number, &[7; 10]).into_uuid().urn().to_string()
}

pub fn place(acknowledgement: &pb::Acknowledgement) -> history::Place {
    history::Place {
        leaf: acknowledgement.leaf_index,
        revision: acknowledgement.revision,
        recorded_at: acknowledgement.recorded_at,
    }
}

/// A breath between two calls, so that no client drowns the others.
pub async fn breath(chance: &mut Chance, most_ms: u64) {
    tokio::time::sleep(Duration::from_millis(chance.next() % most_ms)).await;
}
