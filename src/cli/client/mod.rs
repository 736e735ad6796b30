//! The ledger over gRPC: connecting, credentials, and what its refusals mean for an exit code.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use hyper_util::rt::TokioIo;
use serde_json::{Map, Value};
use tokio::net::TcpStream;
use tonic::codegen::Service;
use tonic::transport::{Channel, Endpoint, Uri};
use tonic::{Code, Request, Response, Status};
use tonic_types::StatusExt as _;

use super::error::{CliError, Exit};
use super::keyfile::{PassphraseArgs, read_private};
use super::{clock, files};
use crate::crypto::{Entropy as _, OsEntropy, PrivateKey, hex_encode};
use crate::net::{ClientTls, Stream, TlsError};
use crate::pb;
use crate::pb::admin_service_client::AdminServiceClient;
use crate::pb::ledger_service_client::LedgerServiceClient;
use crate::pb::passport_service_client::PassportServiceClient;
use crate::pb::recognition_service_client::RecognitionServiceClient;
use crate::pb::registry_service_client::RegistryServiceClient;
use crate::statement::jws;

/// The largest answer accepted: a passport file (16 MiB) and what carries it.
const ANSWER_BYTES_MAX: usize = 20 * 1024 * 1024;
/// How long a credential made here lives; long enough for a slow link, too short to be worth stealing.
const CREDENTIAL_SECONDS: i64 = 120;
/// The JWS type of a credential (SPEC.md, "Access").
const ACCESS_TYP: &str = "skillpass-access+jwt";

/// TLS towards https addresses.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct TlsArgs {
    /// For https addresses: PEM file of the certificate authorities to believe [default: those of this machine]
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "SKILLPASS_CA",
        hide_env_values = true,
        help_heading = "TLS"
    )]
    ca: Option<PathBuf>,
    /// For https addresses that ask for it: PEM file of your certificate
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        requires = "client_key",
        env = "SKILLPASS_CLIENT_CERT",
        hide_env_values = true,
        help_heading = "TLS"
    )]
    client_cert: Option<PathBuf>,
    /// PEM file of that certificate's private key
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "SKILLPASS_CLIENT_KEY",
        hide_env_values = true,
        help_heading = "TLS"
    )]
    client_key: Option<PathBuf>,
}

/// Said once, before the command runs: every connection of a command is made in the same way.
static TLS: OnceLock<TlsArgs> = OnceLock::new();

impl TlsArgs {
    /// Every connection from now on.
    pub(crate) fn set(self) {
        // A second call could only come from a test in the same process; the first counts.
        let _ = TLS.set(self);
    }
}

/// `--ca`, for connections other than to a ledger's gRPC.
pub(crate) fn certificate_authorities() -> Option<PathBuf> {
    TLS.get().and_then(|tls| tls.ca.clone())
}

fn client_tls() -> Result<ClientTls, CliError> {
    let args = TLS.get().cloned().unwrap_or_default();
    let identity = args.client_cert.as_deref().zip(args.client_key.as_deref());
    ClientTls::new(args.ca.as_deref(), identity, b"h2").map_err(|error| {
        CliError::usage("TLS_INVALID", error.to_string(), "check --ca, --client-cert and --client-key")
    })
}
/// Where a grant travels.
const GRANT_METADATA: &str = "skillpass-grant";

/// Which ledger: `--ledger URL`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct LedgerArgs {
    /// gRPC address of the ledger, as `skillpass serve` prints it
    #[arg(long, value_name = "URL", env = "SKILLPASS_LEDGER", hide_env_values = true)]
    pub(crate) ledger: String,
}

/// As whom a person's records are read: `--as KEYFILE`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct ReaderArgs {
    /// Key file of the reader: an operator's (`DIR.operator.key`), the worker's own holder key, or a grant's
    #[arg(long = "as", value_name = "FILE")]
    pub(crate) as_key: PathBuf,
    #[command(flatten)]
    pub(crate) passphrase: PassphraseArgs,
}

impl ReaderArgs {
    /// Opens the key.
    pub(crate) fn read(&self) -> Result<PrivateKey, CliError> {
        read_private(&self.as_key, &self.passphrase)
    }
}

/// A worker's own call: which worker, which ledger, with which key.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct HolderArgs {
    /// The worker
    #[arg(value_name = "WORKER")]
    pub(crate) worker: String,
    #[command(flatten)]
    pub(crate) ledger: LedgerArgs,
    #[command(flatten)]
    pub(crate) reader: ReaderArgs,
}

impl HolderArgs {
    /// Opens the key and connects.
    pub(crate) async fn connect(&self) -> Result<(Client, Credential), CliError> {
        let key = self.reader.read()?;
        let client = Client::connect(&self.ledger.ledger).await?;
        let credential = client.credential(key).await?;
        Ok((client, credential))
    }
}

/// What the bearer of a grant shows: `--grant FILE`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct GrantArgs {
    /// The worker's grant, if you read by one; --as is then the key it was made for
    #[arg(long, value_name = "FILE")]
    grant: Option<PathBuf>,
}

impl GrantArgs {
    /// The token.
    pub(crate) fn read(&self) -> Result<Option<String>, CliError> {
        self.grant.as_deref().map(|path| Ok(files::read_text(path)?.trim().to_owned())).transpose()
    }
}

/// A connection to one ledger.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    channel: Channel,
    url: String,
}

impl Client {
    /// Connects; a ledger that cannot be reached is exit 4.
    pub(crate) async fn connect(url: &str) -> Result<Self, CliError> {
        let endpoint = Endpoint::from_shared(url.to_owned())
            .ok()
            .filter(|endpoint| matches!(endpoint.uri().scheme_str(), Some("http" | "https")))
            .ok_or_else(|| {
                let message = format!("`{url}` is no ledger address");
                CliError::usage(
                    "LEDGER_ADDRESS_INVALID",
                    message,
                    "give --ledger http://HOST:PORT, as `skillpass serve` prints it",
                )
            })?;
        let is_tls = endpoint.uri().scheme_str() == Some("https");
        let endpoint = endpoint.connect_timeout(Duration::from_secs(5)).tcp_nodelay(true);
        let channel = if is_tls {
            endpoint.connect_with_connector(TlsConnector(client_tls()?)).await
        } else {
            endpoint.connect().await
        };
        let channel = channel.map_err(|error| unreachable(url, handshake_failure(&error).as_deref()))?;
        Ok(Self { channel, url: url.to_owned() })
    }

    /// The address it was reached under.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Append, entries, proofs.
    pub(crate) fn ledger(&self) -> LedgerServiceClient<Channel> {
        LedgerServiceClient::new(self.channel.clone()).max_decoding_message_size(ANSWER_BYTES_MAX)
    }

    /// Passports.
    pub(crate) fn passports(&self) -> PassportServiceClient<Channel> {
        PassportServiceClient::new(self.channel.clone())
            .max_decoding_message_size(ANSWER_BYTES_MAX)
            .max_encoding_message_size(ANSWER_BYTES_MAX)
    }

    /// Institutions and their statements.
    pub(crate) fn registry(&self) -> RegistryServiceClient<Channel> {
        RegistryServiceClient::new(self.channel.clone()).max_decoding_message_size(ANSWER_BYTES_MAX)
    }

    /// Relations, reference data, assessments, gaps.
    pub(crate) fn recognition(&self) -> RecognitionServiceClient<Channel> {
        RecognitionServiceClient::new(self.channel.clone()).max_decoding_message_size(ANSWER_BYTES_MAX)
    }

    /// The operator's calls.
    pub(crate) fn admin(&self) -> AdminServiceClient<Channel> {
        AdminServiceClient::new(self.channel.clone()).max_decoding_message_size(ANSWER_BYTES_MAX)
    }

    /// What an error status of this ledger means here.
    pub(crate) fn error(&self, status: &Status) -> CliError {
        from_status(status, &self.url)
    }

    /// The answer to a report over every passport, which the server may go on making beyond a call: asked for until it is there.
    pub(crate) async fn report<T>(
        &self,
        ask: impl AsyncFn() -> Result<Result<Response<T>, Status>, CliError>,
    ) -> Result<T, CliError> {
        loop {
            match ask().await? {
                Ok(answer) => return Ok(answer.into_inner()),
                Err(status) => {
                    let error = self.error(&status);
                    let wait = status.get_details_retry_info().and_then(|info| info.retry_delay);
                    let Some(wait) = wait.filter(|_| error.reason == "REPORT_RUNNING") else {
                        return Err(error);
                    };
                    tokio::time::sleep(wait).await;
                }
            }
        }
    }

    /// Who signs with `key`: as `given`, or else the one body that this ledger knows by it.
    pub(crate) async fn issuer(&self, given: Option<&str>, key: &PrivateKey) -> Result<String, CliError> {
        if let Some(given) = given {
            return Ok(given.to_owned());
        }
        let request = pb::ListBodiesRequest { kid: Some(key.public().thumbprint()) };
        let answer = self.registry().list_bodies(request).await.map_err(|status| self.error(&status))?;
        match answer.into_inner().bodies.as_slice() {
            [body] => Ok(body.issuer.clone()),
            [] => {
                let message = "this ledger knows no body that may sign with this key";
                let help = "have an authority add the key (`skillpass authorise --jwk`), or check --key and --ledger";
                Err(CliError::refused("UNKNOWN_KEY", message, help))
            }
            _ => Err(CliError::usage(
                "ISSUER_AMBIGUOUS",
                "several bodies sign with this key",
                "say which with --iss URI",
            )),
        }
    }

    /// The newest published checkpoint's note.
    pub(crate) async fn checkpoint(&self) -> Result<pb::GetCheckpointResponse, CliError> {
        let request = pb::GetCheckpointRequest { size_max: None };
        let answer = self.ledger().get_checkpoint(request).await.map_err(|status| self.error(&status))?;
        Ok(answer.into_inner())
    }

    /// The ledger's origin: the first line of its checkpoint (C2SP tlog-checkpoint).
    pub(crate) async fn origin(&self) -> Result<String, CliError> {
        let checkpoint = self.checkpoint().await?.checkpoint;
        Ok(checkpoint.lines().next().unwrap_or_default().to_owned())
    }

    /// A credential of `key` for this ledger.
    pub(crate) async fn credential(&self, key: PrivateKey) -> Result<Credential, CliError> {
        Ok(Credential { key, origin: self.origin().await?, issuer: None, grant: None })
    }
}

/// Proves to one ledger who is asking.
#[derive(Debug)]
pub(crate) struct Credential {
    key: PrivateKey,
    origin: String,
    issuer: Option<String>,
    grant: Option<String>,
}

impl Credential {
    /// As a body, under its issuer identifier.
    #[must_use]
    pub(crate) fn of_body(self, issuer: &str) -> Self {
        Self { issuer: Some(issuer.to_owned()), ..self }
    }

    /// With a worker's grant, if there is one.
    #[must_use]
    pub(crate) fn with_grant(self, grant: Option<String>) -> Self {
        Self { grant, ..self }
    }

    /// `message` with a fresh bearer token (SPEC.md, "Access").
    pub(crate) fn request<T>(&self, message: T) -> Result<Request<T>, CliError> {
        self.signed(None, message)
    }

    /// The same for one method alone, as every change needs it.
    pub(crate) fn request_for<T>(&self, method: &str, message: T) -> Result<Request<T>, CliError> {
        self.signed(Some(method), message)
    }

    fn signed<T>(&self, method: Option<&str>, message: T) -> Result<Request<T>, CliError> {
        let now = clock::now_s();
        let mut payload = Map::new();
        if let Some(issuer) = &self.issuer {
            payload.insert("iss".into(), issuer.clone().into());
        }
        if let Some(method) = method {
            payload.insert("htm".into(), method.into());
        }
        payload.insert("aud".into(), self.origin.clone().into());
        payload.insert("iat".into(), now.into());
        payload.insert("exp".into(), now.saturating_add(CREDENTIAL_SECONDS).into());
        payload.insert("jti".into(), Value::from(hex_encode(OsEntropy.bytes::<16>())));
        let unsendable = || {
            CliError::failed(
                "CREDENTIAL_UNSENDABLE",
                "the credential or the grant is no HTTP header value",
                "is the grant's file the one that the worker made?",
            )
        };
        let token = format!("Bearer {}", jws::sign(ACCESS_TYP, &payload, &self.key));
        let mut request = Request::new(message);
        request.metadata_mut().insert("authorization", token.parse().map_err(|_| unsendable())?);
        if let Some(grant) = &self.grant {
            request.metadata_mut().insert(GRANT_METADATA, grant.parse().map_err(|_| unsendable())?);
        }
        Ok(request)
    }
}

/// Connects with TLS; tonic's own wants another set of primitives.
struct TlsConnector(ClientTls);

impl Service<Uri> for TlsConnector {
    type Response = TokioIo<Stream>;
    type Error = TlsError;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Self::Response, TlsError>> + Send>>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), Self::Error>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let tls = self.0.clone();
        Box::pin(async move {
            let host = uri.host().unwrap_or_default().to_owned();
            let bare = host.trim_start_matches('[').trim_end_matches(']');
            let stream = TcpStream::connect((bare, uri.port_u16().unwrap_or(443))).await;
            let stream = stream.map_err(TlsError::Handshake)?;
            // A nicety for latency only.
            let _ = stream.set_nodelay(true);
            tls.connect(&host, stream).await.map(TokioIo::new)
        })
    }
}

/// What TLS said, if it was TLS that failed.
fn handshake_failure(error: &tonic::transport::Error) -> Option<String> {
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = source {
        if let Some(tls) = error.downcast_ref::<TlsError>() {
            return Some(tls.to_string());
        }
        source = error.source();
    }
    None
}

fn unreachable(url: &str, why: Option<&str>) -> CliError {
    let why = why.map(|why| format!(": {why}")).unwrap_or_default();
    let message = format!("the ledger at {url} cannot be reached{why}");
    CliError::failed(
        "LEDGER_UNREACHABLE",
        message,
        "check the address, the network, and that `skillpass serve` runs there",
    )
}

/// A gRPC status as the command line's error: the ledger's own reason and help where it gave them.
fn from_status(status: &Status, url: &str) -> CliError {
    let exit = match status.code() {
        Code::Unavailable
        | Code::DeadlineExceeded
        | Code::Internal
        | Code::Unknown
        | Code::ResourceExhausted
        | Code::DataLoss
        | Code::Cancelled
        | Code::Unimplemented
        | Code::Ok => Exit::Failed,
        Code::InvalidArgument
        | Code::NotFound
        | Code::AlreadyExists
        | Code::PermissionDenied
        | Code::FailedPrecondition
        | Code::Aborted
        | Code::OutOfRange
        | Code::Unauthenticated => Exit::Refused,
    };
    if let Some(info) = status.get_details_error_info() {
        let help = info.metadata.get("help").cloned().unwrap_or_default();
        return CliError {
            exit,
            reason: info.reason.into(),
            message: status.message().to_owned(),
            help: help.into(),
        };
    }
    match status.code() {
        Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled | Code::Unknown => {
            unreachable(url, None)
        }
        code => CliError {
            exit,
            reason: "LEDGER_ANSWERED".into(),
            message: format!("the ledger answered {}: {}", code.description(), status.message()),
            help: "is this address a skillpass ledger of this version?".into(),
        },
    }
}

/// The ledger's reasons that are no fault of the statement's, though sending it again mends nothing.
const OF_THE_LEDGER: [&str; 2] = [READ_ONLY, "INTERNAL"];
/// This copy of the ledger never records: whatever else is sent meets the same.
pub(crate) const READ_ONLY: &str = "LEDGER_READ_ONLY";

/// A refusal inside an append stream as an error.
pub(crate) fn from_refusal(refusal: &pb::Refusal) -> CliError {
    let is_ledgers = refusal.retry_after_ms.is_some() || OF_THE_LEDGER.contains(&refusal.reason.as_str());
    CliError {
        exit: if is_ledgers { Exit::Failed } else { Exit::Refused },
        reason: refusal.reason.clone().into(),
        message: refusal.message.clone(),
        help: refusal.help.clone().into(),
    }
}

#[cfg(test)]
mod tests;
