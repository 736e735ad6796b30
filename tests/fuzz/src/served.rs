//! What the server answers, asked without a socket: each gRPC method, each call of `/api/v1/`, each page.
//!
//! ```text
//! gRPC   method 1 | caller 1 | message          HTTP   caller 1 | path LF body
//! ```
//! A message or body may name the worker as [`WORKER`]. What is appended and begins with `{` is signed first ([`Open`]).

use std::cell::RefCell;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, header};
use http_body_util::BodyExt as _;
use prost::Message as _;
use serde_json::json;
use skillpass::config::Limits;
use skillpass::crypto::PrivateKey;
use skillpass::ledger::Clock as _;
use skillpass::pb;
use skillpass::service::ACCESS_TYP;
use skillpass::service::server::Faces;
use skillpass::statement::jws;
use skillpass::telemetry::Metrics;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tower::ServiceExt as _;

use crate::open::Open;
use crate::support::{COMPETENT, ORIGIN, PROVIDER, TestLedger, Worker};
use crate::text_of;

/// Stands for the worker's id; as long as one.
pub const WORKER: &str = "wkr_thatworkerthatworkerthatwor";
/// An answer that is no stream comes in this time: the limit of a call, and some.
const PATIENCE: Duration = Duration::from_secs(5);
/// A stream that goes on is left after this.
const A_WHILE: Duration = Duration::from_millis(5);
/// A ledger that was asked so often, or has so many entries, is given up for a new one.
const CALLS_MAX: u32 = 20_000;
const ENTRIES_MAX: u64 = 400;

/// Each method, in the order of its number.
pub const METHODS: &[&str] = &[
    "skillpass.v1.LedgerService/Append",
    "skillpass.v1.LedgerService/AppendStream",
    "skillpass.v1.LedgerService/AllocateStatus",
    "skillpass.v1.LedgerService/GetReceipt",
    "skillpass.v1.LedgerService/ListEntries",
    "skillpass.v1.LedgerService/Subscribe",
    "skillpass.v1.LedgerService/GetCheckpoint",
    "skillpass.v1.LedgerService/GetInclusionProof",
    "skillpass.v1.LedgerService/GetConsistencyProof",
    "skillpass.v1.PassportService/GetPassport",
    "skillpass.v1.PassportService/ExportPassport",
    "skillpass.v1.PassportService/VerifyPassport",
    "skillpass.v1.PassportService/WatchPassport",
    "skillpass.v1.PassportService/ErasePassport",
    "skillpass.v1.PassportService/DepositGrant",
    "skillpass.v1.PassportService/ListGrants",
    "skillpass.v1.PassportService/RevokeGrant",
    "skillpass.v1.PassportService/OpenAssistance",
    "skillpass.v1.PassportService/ListAccess",
    "skillpass.v1.PassportService/GetProtection",
    "skillpass.v1.PassportService/ChangeProtection",
    "skillpass.v1.PassportService/ListDisputes",
    "skillpass.v1.PassportService/CreateShare",
    "skillpass.v1.PassportService/ListShares",
    "skillpass.v1.PassportService/RevokeShare",
    "skillpass.v1.PassportService/OpenShare",
    "skillpass.v1.RegistryService/ListBodies",
    "skillpass.v1.RegistryService/GetBody",
    "skillpass.v1.RegistryService/ListStatements",
    "skillpass.v1.RecognitionService/RelateLevel",
    "skillpass.v1.RecognitionService/ListFrameworks",
    "skillpass.v1.RecognitionService/ListInstruments",
    "skillpass.v1.RecognitionService/GetInstrument",
    "skillpass.v1.RecognitionService/ListReference",
    "skillpass.v1.RecognitionService/AssessRecognition",
    "skillpass.v1.RecognitionService/CountUnits",
    "skillpass.v1.RecognitionService/FindGaps",
    "skillpass.v1.RecognitionService/CompareProfiles",
    "skillpass.v1.RecognitionService/ClassifyMatch",
    "skillpass.v1.AdminService/GetStatus",
    "skillpass.v1.AdminService/AppendLedgerStatement",
    "skillpass.v1.AdminService/ListOperators",
    "skillpass.v1.AdminService/AddOperator",
    "skillpass.v1.AdminService/RemoveOperator",
    "skillpass.v1.AdminService/ReportFlows",
    "skillpass.v1.AdminService/ListLedgerKeys",
    "skillpass.v1.AdminService/AddLedgerKey",
    "skillpass.v1.AdminService/EndLedgerKey",
    "skillpass.v1.AdminService/RotateKeyring",
    "skillpass.v1.AdminService/ListReviews",
    "skillpass.v1.AdminService/ListSharedPortfolios",
    "skillpass.v1.AdminService/ResolveReview",
];

struct Served {
    test: TestLedger,
    worker: Worker,
    operator: PrivateKey,
    grpc: Router,
    http: Router,
    runtime: Runtime,
    calls: u32,
    _stop: watch::Sender<bool>,
}

thread_local! {
    static SERVED: RefCell<Option<Served>> = const { RefCell::new(None) };
}

fn served(ask: impl FnOnce(&Served)) {
    SERVED.with_borrow_mut(|slot| {
        let served = slot.get_or_insert_with(Served::new);
        ask(served);
        served.calls += 1;
        if served.calls > CALLS_MAX || *served.test.ledger.size().borrow() > ENTRIES_MAX {
            *slot = None;
        }
    });
}

/// One gRPC call.
pub fn grpc(data: &[u8]) {
    let Some(([method, caller], message)) = data.split_first_chunk::<2>() else { return };
    served(|served| {
        let method = METHODS[usize::from(*method) % METHODS.len()];
        let message = served.message(method, message);
        let mut framed = vec![0];
        framed.extend(u32::try_from(message.len()).unwrap_or(u32::MAX).to_be_bytes());
        framed.extend(message);
        let mut request =
            Request::post(format!("http://{ORIGIN}/{method}")).body(Body::from(framed)).expect("a request");
        *request.headers_mut() = served.headers(*caller, &format!("/{method}"));
        request.headers_mut().insert(header::CONTENT_TYPE, "application/grpc".parse().expect("a type"));
        served.ask(&served.grpc, request);
    });
}

/// One HTTP request: a page, or with a body a call.
pub fn http(data: &[u8]) {
    let Some((caller, rest)) = data.split_first() else { return };
    let end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
    let Some(path) = text_of(&rest[..end]) else { return };
    let body = rest.get(end + 1..).unwrap_or_default();
    served(|served| {
        let body = replaced(body, WORKER, &served.worker.id.to_string());
        let uri = format!("http://{ORIGIN}/{}", path.trim_start_matches('/'));
        let method = if body.is_empty() { "GET" } else { "POST" };
        let Ok(mut request) = Request::builder().method(method).uri(&uri).body(Body::from(body)) else {
            return;
        };
        let path = request.uri().path().to_owned();
        *request.headers_mut() = served.headers(*caller, &path);
        request.headers_mut().insert(header::CONTENT_TYPE, "application/json".parse().expect("a type"));
        served.ask(&served.http, request);
    });
}

impl Served {
    fn new() -> Self {
        let test = TestLedger::new();
        let worker = test.open_passport();
        test.bind(&worker);
        test.record_training(&worker);
        test.published();
        let mut path = test.dir().into_os_string();
        path.push(".operator.key");
        let jwk =
            std::fs::read(path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).expect("a key");
        let operator = PrivateKey::from_jwk(&jwk).expect("a key");
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("threads");
        let limits =
            Limits { reads_per_credential: 10_000_000, call: Duration::from_secs(2), ..Limits::default() };
        let (stop, stopping) = watch::channel(false);
        let inside = runtime.enter();
        let faces = Faces::of(&test.ledger, &limits, &Metrics::new(), stopping).expect("faces");
        drop(inside);
        let grpc = faces.grpc.clone().into_axum_router();
        Self { grpc, http: faces.http.clone(), test, worker, operator, runtime, calls: 0, _stop: stop }
    }

    /// Asks, and reads the answer as far as it comes soon: it is an answer, and not that something broke inside.
    fn ask(&self, router: &Router, request: Request<Body>) {
        let uri = request.uri().clone();
        self.runtime.block_on(async {
            let answer = router.clone().oneshot(request).await.unwrap_or_else(|never| match never {});
            let status = answer.headers().get("grpc-status").cloned();
            assert!(answer.status().as_u16() != 500, "{uri}: {answer:?}");
            assert!(status.is_none_or(|code| code != "13" && code != "2"), "{uri}: INTERNAL or UNKNOWN");
            let is_stream =
                ["/Subscribe", "/WatchPassport", "/AppendStream"].iter().any(|end| uri.path().ends_with(end));
            let patience = if is_stream { A_WHILE } else { PATIENCE };
            let whole = tokio::time::timeout(patience, answer.into_body().collect()).await;
            assert!(whole.is_ok() || is_stream, "{uri}: no end");
        });
    }

    /// The message with the worker's name in it, and a statement signed.
    fn message(&self, method: &str, message: &[u8]) -> Vec<u8> {
        if method.ends_with("/Append")
            && let Some(open) = text_of(message).and_then(Open::parse)
        {
            let statement = open.close(&self.test.provider.key, &self.worker.key);
            return pb::AppendRequest { statement, ..pb::AppendRequest::default() }.encode_to_vec();
        }
        replaced(message, WORKER, &self.worker.id.to_string())
    }

    /// Whose credential goes with it: nobody's, the operator's, two bodies', the holder's.
    fn headers(&self, caller: u8, method: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, ORIGIN.parse().expect("a host"));
        let (key, issuer) = match caller % 5 {
            0 => return headers,
            1 => (&self.operator, None),
            2 => (&self.test.provider.key, Some(PROVIDER)),
            3 => (&self.test.competent.key, Some(COMPETENT)),
            _ => (&self.worker.key, None),
        };
        let now = self.test.clock.now_ms() / 1000;
        let mut claims = json!({"aud": ORIGIN, "iat": now, "exp": now + 120, "htm": method});
        if let Some(issuer) = issuer {
            claims["iss"] = issuer.into();
        }
        let token = jws::sign(ACCESS_TYP, claims.as_object().expect("members"), key);
        headers.insert(header::AUTHORIZATION, format!("Bearer {token}").parse().expect("a header"));
        headers
    }
}

fn replaced(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len(), "lengths stand in front of names");
    let mut out = bytes.to_vec();
    let places: Vec<usize> = bytes
        .windows(from.len())
        .enumerate()
        .filter(|(_, part)| *part == from.as_bytes())
        .map(|(at, _)| at)
        .collect();
    for at in places {
        out[at..at + from.len()].copy_from_slice(to.as_bytes());
    }
    out
}
