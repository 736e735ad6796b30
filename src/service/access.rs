//! Who calls, and whose data they may read (SPEC.md, "Access").
//!
//! A credential is a JWS `skillpass-access+jwt` in `authorization: Bearer …`, good for minutes, for one ledger, and if it
//! says so for one method. It is signed by the operator's key or by the worker's current holder key; there are no
//! accounts, no sessions and no passwords.

use std::time::Duration;

use serde_json::{Map, Value};
use tokio::time::Instant;
use tonic::metadata::MetadataMap;

use super::convert;
use super::shared::Shared;
use super::status::CallError;
use crate::crypto::PublicKey;
use crate::event::WorkerId;
use crate::ledger::{Ledger, ReadError, WorkerRecord};
use crate::statement::jws::UnverifiedJws;

/// `typ` of an access credential.
pub const ACCESS_TYP: &str = "skillpass-access+jwt";
/// `typ` of a holder's request for erasure.
pub const ERASURE_TYP: &str = "skillpass-erasure+jwt";
/// The longest from `iat` to `exp`.
pub const ACCESS_SECONDS_MAX: i64 = 300;

/// The longest from `iat` to `exp` of a request for erasure: it may be made at home and brought to an office.
pub const ERASURE_SECONDS_MAX: i64 = 30 * 24 * 3600;

/// How far the caller's clock may be off.
const CLOCK_SKEW_SECONDS: i64 = 60;
/// The longest credential.
const CREDENTIAL_BYTES_MAX: usize = 4096;
/// Every refusal to read a person takes at least this long from its start, so that the time of the answer does not tell
/// a known worker, whose stream was read to judge the caller, from an unknown one.
const REFUSAL_TIME: Duration = Duration::from_millis(100);

/// A credential that is wrong on its face, whatever worker it is for: saying so tells nothing about anyone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum AccessError {
    #[error("`authorization` must be `Bearer ` and a {ACCESS_TYP} of at most {CREDENTIAL_BYTES_MAX} bytes")]
    Malformed,
    #[error("the credential's `aud` is not this ledger's origin")]
    OtherAudience,
    #[error(
        "the credential has expired, is not valid yet, or is valid for more than {ACCESS_SECONDS_MAX} seconds"
    )]
    OutOfTime,
    #[error("the credential's `htm` names another method")]
    OtherMethod,
    #[error("the credential's signature is not by the key that it names")]
    BadSignature,
    #[error("this call needs the operator's credential")]
    OperatorOnly,
}

impl AccessError {
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::Malformed => "CREDENTIAL_MALFORMED",
            Self::OtherAudience => "CREDENTIAL_OTHER_AUDIENCE",
            Self::OutOfTime => "CREDENTIAL_OUT_OF_TIME",
            Self::OtherMethod => "CREDENTIAL_OTHER_METHOD",
            Self::BadSignature => "CREDENTIAL_BAD_SIGNATURE",
            Self::OperatorOnly => "OPERATOR_ONLY",
        }
    }

    pub(super) fn help(self) -> &'static str {
        match self {
            Self::Malformed | Self::BadSignature | Self::OtherMethod => {
                "make a fresh credential with the key you call as (`--as KEYFILE` does); SPEC.md, \"Access\""
            }
            Self::OtherAudience => "sign `aud` = the first line of this ledger's checkpoint",
            Self::OutOfTime => "make a fresh credential, and check this machine's clock",
            Self::OperatorOnly => {
                "call with the key in DIR.operator.key that `skillpass init` wrote (`--as DIR.operator.key`)"
            }
        }
    }
}

/// Who calls.
pub(super) enum Caller {
    /// No credential.
    Anonymous,
    /// The operator; the signature was checked.
    Operator,
    /// Some other key; its signature is checked once it is known whose data is asked for.
    Key(Box<UnverifiedJws>),
}

impl Caller {
    /// Reads and judges what can be judged without knowing whose data is asked for.
    pub(super) fn of(metadata: &MetadataMap, method: &str, ledger: &Ledger) -> Result<Self, AccessError> {
        let Some(value) = metadata.get("authorization") else { return Ok(Self::Anonymous) };
        let text = value.to_str().map_err(|_| AccessError::Malformed)?;
        let token = text.strip_prefix("Bearer ").filter(|token| token.len() <= CREDENTIAL_BYTES_MAX);
        let token = token.ok_or(AccessError::Malformed)?;
        let jws = UnverifiedJws::parse(token, ACCESS_TYP).map_err(|_| AccessError::Malformed)?;
        judge_place(&jws.payload, ledger, ACCESS_SECONDS_MAX)?;
        judge_method(&jws.payload, method)?;
        let operator = ledger.operator_key();
        if jws.kid.as_deref() != Some(operator.thumbprint().as_str()) {
            return Ok(Self::Key(Box::new(jws)));
        }
        jws.verify(&operator).map_err(|_| AccessError::BadSignature)?;
        Ok(Self::Operator)
    }

    /// Refuses everyone but the operator.
    pub(super) fn operator(&self) -> Result<(), AccessError> {
        match self {
            Self::Operator => Ok(()),
            Self::Anonymous | Self::Key(_) => Err(AccessError::OperatorOnly),
        }
    }
}

fn judge_place(payload: &Map<String, Value>, ledger: &Ledger, longest: i64) -> Result<(), AccessError> {
    let now = i64::try_from(ledger.now_ms() / 1000).unwrap_or(i64::MAX);
    judge(payload, ledger.origin(), now, longest)
}

/// For this ledger, now, and not for longer than allowed.
fn judge(payload: &Map<String, Value>, origin: &str, now: i64, longest: i64) -> Result<(), AccessError> {
    let number = |name: &str| payload.get(name).and_then(Value::as_i64).ok_or(AccessError::Malformed);
    if payload.get("aud").and_then(Value::as_str) != Some(origin) {
        return Err(AccessError::OtherAudience);
    }
    let (issued, expires) = (number("iat")?, number("exp")?);
    let latest = issued.checked_add(longest).ok_or(AccessError::OutOfTime)?;
    let is_sane = issued < expires && expires <= latest;
    // The saturating sums keep clocks at the edge of time from wrapping.
    let is_now =
        issued <= now.saturating_add(CLOCK_SKEW_SECONDS) && expires >= now.saturating_sub(CLOCK_SKEW_SECONDS);
    if is_sane && is_now { Ok(()) } else { Err(AccessError::OutOfTime) }
}

fn judge_method(payload: &Map<String, Value>, method: &str) -> Result<(), AccessError> {
    match payload.get("htm") {
        Some(named) if named.as_str() != Some(method) => Err(AccessError::OtherMethod),
        _ => Ok(()),
    }
}

/// May `caller` read this worker's records? The operator may, and whoever holds the worker's current key.
/// A worker's grants to others will be looked up here.
fn may_read(caller: &Caller, ledger: &Ledger, worker: WorkerId) -> Result<bool, ReadError> {
    let Caller::Key(jws) = caller else { return Ok(matches!(caller, Caller::Operator)) };
    let Some(holder) = ledger.holder_key(worker)? else { return Ok(false) };
    Ok(signed_by(jws, &holder))
}

fn signed_by(jws: &UnverifiedJws, key: &PublicKey) -> bool {
    jws.kid.as_deref() == Some(key.thumbprint().as_str()) && jws.clone().verify(key).is_ok()
}

/// A worker that the caller may read, with every record.
pub(super) struct Readable {
    pub(super) worker: WorkerId,
    pub(super) records: Vec<WorkerRecord>,
}

/// Reads a worker for `caller`, or answers what is answered for anyone unknown.
pub(super) async fn read_worker(
    shared: &Shared,
    caller: Caller,
    worker: &str,
) -> Result<Readable, CallError> {
    Ok(read_worker_again(shared, caller, worker).await?.1)
}

/// [`read_worker`] for a caller that will come back while it follows the worker.
pub(super) async fn read_worker_again(
    shared: &Shared,
    caller: Caller,
    worker: &str,
) -> Result<(Caller, Readable), CallError> {
    let started = Instant::now();
    let worker = convert::worker_id(worker)?;
    match read_records(shared, caller, worker).await {
        Ok((caller, records)) => Ok((caller, Readable { worker, records })),
        Err(CallError::NotAvailable) => refuse(started).await,
        Err(error) => Err(error),
    }
}

/// The one refusal of a person's data, at its one time.
pub(super) async fn refuse<T>(started: Instant) -> Result<T, CallError> {
    tokio::time::sleep_until(started + REFUSAL_TIME).await;
    Err(CallError::NotAvailable)
}

/// The worker's records, if the caller may read them now.
pub(super) async fn read_records(
    shared: &Shared,
    caller: Caller,
    worker: WorkerId,
) -> Result<(Caller, Vec<WorkerRecord>), CallError> {
    let read = move |ledger: &Ledger| -> Result<_, ReadError> {
        let records = if may_read(&caller, ledger, worker)? { ledger.worker(worker)? } else { None };
        Ok(records.map(|records| (caller, records)))
    };
    shared.heavy(read).await??.ok_or(CallError::NotAvailable)
}

/// Is this a holder's request for erasure: signed by the worker's current holder key, for this ledger and worker, now?
pub(super) fn is_erasure_request(ledger: &Ledger, worker: WorkerId, token: &str) -> Result<bool, ReadError> {
    if token.len() > CREDENTIAL_BYTES_MAX {
        return Ok(false);
    }
    let Ok(jws) = UnverifiedJws::parse(token, ERASURE_TYP) else { return Ok(false) };
    let is_for_worker = jws.payload.get("sub").and_then(Value::as_str) == Some(worker.to_string().as_str());
    if !is_for_worker || judge_place(&jws.payload, ledger, ERASURE_SECONDS_MAX).is_err() {
        return Ok(false);
    }
    Ok(ledger.holder_key(worker)?.is_some_and(|holder| signed_by(&jws, &holder)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ORIGIN: &str = "ledger.example.invalid";
    const METHOD: &str = "/skillpass.v1.PassportService/GetPassport";

    fn judged(change: impl Fn(&mut Map<String, Value>)) -> Result<(), AccessError> {
        let mut payload = json!({"aud": ORIGIN, "iat": 1000, "exp": 1300}).as_object().cloned().unwrap();
        change(&mut payload);
        judge(&payload, ORIGIN, 1100, ACCESS_SECONDS_MAX).and_then(|()| judge_method(&payload, METHOD))
    }

    #[test]
    fn a_credential_is_for_one_ledger_some_minutes_and_if_it_says_so_one_method() {
        let with = |name: &'static str, value: Value| {
            judged(move |payload| drop(payload.insert(name.into(), value.clone())))
        };
        assert_eq!(judged(|_| ()), Ok(()));
        assert_eq!(with("htm", METHOD.into()), Ok(()));
        assert_eq!(with("htm", "/other".into()), Err(AccessError::OtherMethod));
        assert_eq!(with("htm", 3.into()), Err(AccessError::OtherMethod));
        assert_eq!(with("aud", "other.invalid".into()), Err(AccessError::OtherAudience));
        assert_eq!(with("exp", 1301.into()), Err(AccessError::OutOfTime));
        assert_eq!(with("exp", 1000.into()), Err(AccessError::OutOfTime));
        assert_eq!(with("iat", i64::MAX.into()), Err(AccessError::OutOfTime));
        assert_eq!(with("iat", "1000".into()), Err(AccessError::Malformed));
        assert_eq!(judged(|payload| drop(payload.remove("exp"))), Err(AccessError::Malformed));
    }

    #[test]
    fn a_credential_counts_from_its_issue_to_its_end_give_or_take_a_minute() {
        let payload = json!({"aud": ORIGIN, "iat": 1000, "exp": 1300}).as_object().cloned().unwrap();
        let at = |now| judge(&payload, ORIGIN, now, ACCESS_SECONDS_MAX);
        assert_eq!(at(939), Err(AccessError::OutOfTime));
        assert_eq!(at(940), Ok(()));
        assert_eq!(at(1360), Ok(()));
        assert_eq!(at(1361), Err(AccessError::OutOfTime));
    }
}
