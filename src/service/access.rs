//! Whose data a caller may read, and the one refusal (SPEC.md, "Access").

use std::time::Duration;

use serde_json::Value;
use tokio::time::{Instant, Sleep};

use super::credential::{CREDENTIAL_BYTES_MAX, ERASURE_SECONDS_MAX, ERASURE_TYP, Grantee, judge_place};
use super::seen::Reader;
use super::shared::Shared;
use super::status::CallError;
use super::{convert, grants};
use crate::crypto::PublicKey;
use crate::event::{StreamRecord, UnixMs, WorkerId};
use crate::ledger::{AccessSettings, Ledger, ReadError, Role, WorkerRecord};
use crate::passport::{Grant, Scope, UnverifiedGrant};
use crate::statement::jws::UnverifiedJws;

pub(super) use super::credential::{AccessError, Caller, seconds};

/// Every refusal to read a person, and every `UNKNOWN_WORKER` to a statement, takes at least this long from its start, so
/// that the time of the answer does not tell a known worker, whose stream was read to judge the caller, from an unknown one.
const REFUSAL_TIME: Duration = Duration::from_millis(100);

/// Whether there is any worker that `caller` may read: nobody's stream is read for others.
fn may_ever_read(caller: &Caller) -> bool {
    match caller {
        Caller::Operator(operator) => operator.roles.contains(&Role::Reader),
        Caller::Key(_) | Caller::Grantee(_) => true,
        Caller::Anonymous | Caller::Issuer(_) => false,
    }
}

/// What `caller` may see of this worker, and as whom the worker will find it noted; `None`: nothing. An operator that is a
/// reader may see all, and whoever holds the worker's current key; the bearer of a grant what that grant opens.
fn may_read(
    caller: &Caller,
    ledger: &Ledger,
    worker: WorkerId,
    records: &[WorkerRecord],
) -> Result<Option<Seen>, ReadError> {
    match caller {
        Caller::Operator(operator) if operator.roles.contains(&Role::Reader) => {
            Ok(Some(Seen::whole("operator", operator.name.clone(), operator.key.thumbprint())))
        }
        Caller::Key(jws) if ledger.holder_key_in(records).is_some_and(|holder| signed_by(jws, &holder)) => {
            Ok(Some(Seen::whole("holder", String::new(), jws.kid.clone().unwrap_or_default())))
        }
        Caller::Grantee(grantee) => granted(grantee, ledger, worker, records),
        Caller::Anonymous | Caller::Operator(_) | Caller::Issuer(_) | Caller::Key(_) => Ok(None),
    }
}

/// Whether the worker's current key called.
pub(super) fn is_holder(caller: &Caller, ledger: &Ledger, worker: WorkerId) -> Result<bool, ReadError> {
    let Caller::Key(jws) = caller else { return Ok(false) };
    Ok(ledger.holder_key(worker)?.is_some_and(|holder| signed_by(jws, &holder)))
}

/// A grant counts while it is deposited and not over, its giver may still give it, and its bearer is not kept out.
fn granted(
    grantee: &Grantee,
    ledger: &Ledger,
    worker: WorkerId,
    records: &[WorkerRecord],
) -> Result<Option<Seen>, ReadError> {
    let Grantee { token, shown, issuer } = grantee;
    let grant = &shown.grant;
    let (Some(settings), trust) = (ledger.access(worker)?, ledger.trust()) else { return Ok(None) };
    let is_kept_out = settings.blocks_key(&grant.audience.thumbprint(), &trust)
        || issuer.as_ref().is_some_and(|issuer| settings.blocks(issuer, &trust));
    let deposited = settings
        .grants
        .iter()
        .find(|known| known.id == convert::statement_urn(grant.id) && known.tokens.contains(token));
    let Some(deposited) = deposited.filter(|_| !is_kept_out && grant.worker == worker) else {
        return Ok(None);
    };
    let is_given = match deposited.tokens.as_slice() {
        [_] => ledger.holder_key_in(records).is_some_and(|holder| shown.is_signed_by(&holder)),
        [one, other] => are_vouched_for(ledger, &settings, one, other),
        _ => false,
    };
    let seen = || Seen { scope: grant.scope.clone(), reader: grants::reader_of(grant) };
    Ok(is_given.then(seen))
}

/// Two words count while both bodies may still give them and neither is kept out.
fn are_vouched_for(ledger: &Ledger, settings: &AccessSettings, one: &str, other: &str) -> bool {
    let (Ok(one), Ok(other)) = (Grant::parse(one), Grant::parse(other)) else { return false };
    let trust = ledger.trust();
    let is_kept_out = |word: &UnverifiedGrant| {
        word.grant.witness.as_ref().is_none_or(|witness| settings.blocks(&witness.issuer, &trust))
    };
    !is_kept_out(&one) && !is_kept_out(&other) && grants::judge_words(ledger, &one, &other).is_ok()
}

fn signed_by(jws: &UnverifiedJws, key: &PublicKey) -> bool {
    jws.kid.as_deref() == Some(key.thumbprint().as_str()) && jws.clone().verify(key).is_ok()
}

/// What a caller may see, and as whom it is noted.
struct Seen {
    scope: Scope,
    reader: Reader,
}

impl Seen {
    fn whole(by: &'static str, who: String, kid: String) -> Self {
        Self { scope: Scope::whole(), reader: Reader { by, who, kid, purpose: String::new() } }
    }
}

/// A worker that the caller may read, with every record, and what of them the caller may see.
pub(super) struct Readable {
    pub(super) worker: WorkerId,
    pub(super) scope: Scope,
    /// When the reading of it began.
    pub(super) since: std::time::Instant,
    /// Not for handlers: what leaves the server is `shown`, or is cut by the scope.
    records: Vec<WorkerRecord>,
}

impl Readable {
    /// Every record, only for what the scope cuts before it is answered.
    pub(super) fn uncut(self) -> Vec<StreamRecord> {
        self.records.into_iter().map(|one| one.record).collect()
    }

    /// The passports that are joined with this one, by what was recorded until then, and that the same caller may read, each
    /// noted like any other.
    pub(super) fn joined(
        &self,
        ledger: &Ledger,
        caller: &Caller,
        until: Option<UnixMs>,
        call: &'static str,
    ) -> Result<Vec<Readable>, ReadError> {
        let joined = ledger.joined(self.worker, &self.records, until)?;
        let read = joined
            .into_iter()
            .map(|(other, records)| read_as(caller, ledger, other, || Ok(Some(records)), Some(call)));
        read.filter_map(Result::transpose).collect()
    }

    /// Behind the newest record, shown or not.
    pub(super) fn next_revision(&self) -> u32 {
        self.records.last().map_or(0, |last| last.revision.saturating_add(1))
    }

    /// The records that the scope holds, with the revision of each.
    pub(super) fn shown_with_revisions(self) -> Vec<(u32, StreamRecord)> {
        let Self { records, scope, .. } = self;
        let (revisions, records): (Vec<u32>, Vec<StreamRecord>) =
            records.into_iter().map(|one| (one.revision, one.record)).unzip();
        let selected = scope.select(&records);
        let shown = revisions.into_iter().zip(records).zip(selected);
        shown.filter_map(|(record, is_shown)| is_shown.then_some(record)).collect()
    }

    /// The records that the scope holds.
    pub(super) fn shown(self) -> Vec<StreamRecord> {
        self.shown_with_revisions().into_iter().map(|(_, record)| record).collect()
    }
}

/// Reads a worker for `caller`, or answers what is answered for anyone unknown. The worker will find it noted under `call`.
pub(super) async fn read_worker(
    shared: &Shared,
    caller: Caller,
    worker: &str,
    call: &'static str,
) -> Result<Readable, CallError> {
    read_worker_and(shared, caller, worker, call, |_, _, readable| Ok(readable)).await
}

/// The same, and goes on with what was read before it leaves the thread that read it.
pub(super) async fn read_worker_and<T: Send + 'static>(
    shared: &Shared,
    caller: Caller,
    worker: &str,
    call: &'static str,
    then: impl FnOnce(&Ledger, Caller, Readable) -> Result<T, CallError> + Send + 'static,
) -> Result<T, CallError> {
    let started = Instant::now();
    let worker = convert::worker_id(worker)?;
    match read(shared, caller, worker, Some(call), then).await {
        Err(CallError::NotAvailable) => refuse(started).await,
        read => read,
    }
}

/// Until a refusal of a call that began then is answered.
pub(super) fn refusal_time(started: Instant) -> Sleep {
    tokio::time::sleep(REFUSAL_TIME.saturating_sub(started.elapsed()))
}

/// The one refusal of a person's data, at its one time.
pub(super) async fn refuse<T>(started: Instant) -> Result<T, CallError> {
    refusal_time(started).await;
    Err(CallError::NotAvailable)
}

/// The worker's records, if the caller may still read them; the reading was noted when it began.
pub(super) async fn read_records(
    shared: &Shared,
    caller: Caller,
    worker: WorkerId,
) -> Result<(Caller, Readable), CallError> {
    read(shared, caller, worker, None, |_, caller, readable| Ok((caller, readable))).await
}

async fn read<T: Send + 'static>(
    shared: &Shared,
    caller: Caller,
    worker: WorkerId,
    call: Option<&'static str>,
    then: impl FnOnce(&Ledger, Caller, Readable) -> Result<T, CallError> + Send + 'static,
) -> Result<T, CallError> {
    let read = move |ledger: &Ledger| -> Result<T, CallError> {
        let readable = read_as(&caller, ledger, worker, || ledger.worker(worker), call)?;
        then(ledger, caller, readable.ok_or(CallError::NotAvailable)?)
    };
    if call.is_none() {
        return shared.heavy_in_turn(read).await?;
    }
    shared.heavy(read).await?
}

/// The stream is read once: what tells whether the caller may is what is answered from.
fn read_as(
    caller: &Caller,
    ledger: &Ledger,
    worker: WorkerId,
    records: impl FnOnce() -> Result<Option<Vec<WorkerRecord>>, ReadError>,
    call: Option<&'static str>,
) -> Result<Option<Readable>, ReadError> {
    if !may_ever_read(caller) {
        return Ok(None);
    }
    let since = std::time::Instant::now();
    let Some(records) = records()? else { return Ok(None) };
    let seen = may_read(caller, ledger, worker, &records)?;
    let Some(Seen { scope, reader }) = seen else { return Ok(None) };
    if let Some(call) = call {
        reader.note(ledger, worker, call)?;
    }
    Ok(Some(Readable { worker, scope, since, records }))
}

/// A request for erasure, for this ledger and now; who signed it is not looked at, nor any worker.
pub(super) fn erasure_request(ledger: &Ledger, token: &str) -> Result<UnverifiedJws, AccessError> {
    let jws = UnverifiedJws::parse_at_most(token, ERASURE_TYP, CREDENTIAL_BYTES_MAX);
    let jws = jws.map_err(|_| AccessError::ErasureMalformed)?;
    judge_place(&jws.payload, ledger, ERASURE_SECONDS_MAX).map_err(|error| match error {
        AccessError::OutOfTime => AccessError::ErasureOutOfTime,
        AccessError::Malformed => AccessError::ErasureMalformed,
        error => error,
    })?;
    Ok(jws)
}

/// Is it the worker's own: about this worker, signed by the current holder key?
pub(super) fn is_by_worker(
    ledger: &Ledger,
    worker: WorkerId,
    jws: &UnverifiedJws,
) -> Result<bool, ReadError> {
    if jws.payload.get("sub").and_then(Value::as_str) != Some(worker.to_string().as_str()) {
        return Ok(false);
    }
    Ok(ledger.holder_key(worker)?.is_some_and(|holder| signed_by(jws, &holder)))
}
