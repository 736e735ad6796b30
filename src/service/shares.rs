//! Share links: kept, listed, taken back, opened (SPEC.md, "Share links"). The box is closed to this server, too.

use std::convert::Infallible;

use tokio::time::Instant;

use super::access::{self, Caller};
use super::convert::{self, RequestError};
use super::grants::{SettingsError, kept};
use super::seen::Reader;
use super::shared::Shared;
use super::status::CallError;
use crate::crypto::{Hash, base64url_encode};
use crate::ledger::{AccessSettings, Ledger, ReadError, SHARES_MAX, Share, ShareName};
use crate::passport::{
    SHARE_AUDIENCE_BYTES_MAX, SHARE_BYTES_MAX, SHARE_ID_BYTES, SHARE_SECONDS_MAX, SHARE_WRONG_MAX, gate_hash,
    share_name,
};
use crate::pb;
use crate::pb::revoke_share_request::Which;
use crate::trust::TrustState;

/// What closing adds to a presentation.
const TAG_BYTES: usize = 16;

/// `CreateShare`.
pub(super) async fn create(
    shared: &Shared,
    caller: Caller,
    request: pb::CreateShareRequest,
) -> Result<pb::CreateShareResponse, CallError> {
    let started = Instant::now();
    let pb::CreateShareRequest { worker, share, gate, audience, expires_at, r#box } = request;
    let worker = convert::worker_id(&worker)?;
    let name: ShareName = convert::fixed("share", share)?;
    let gate: Hash = convert::fixed("gate", gate)?;
    let now = access::seconds(shared.ledger.now_ms());
    judge(&audience, &r#box, expires_at, now)?;
    let keep = move |ledger: &Ledger| {
        if !access::is_holder(&caller, ledger, worker)? {
            return Ok(None);
        }
        let Some(holder) = ledger.holder_key(worker)? else { return Ok(None) };
        let (trust, is_taken) = (ledger.trust(), ledger.worker_of_share(&name)?.is_some());
        let new = Share {
            name: base64url_encode(name),
            gate: base64url_encode(gate),
            audience,
            kid: holder.thumbprint(),
            created_at: now,
            expires_at,
            wrong: 0,
        };
        ledger.change_access_with(worker, Some((&name, &r#box)), |settings: &mut AccessSettings| {
            if settings.blocks(&new.audience, &trust) {
                return Err(SettingsError::AudienceBlocked);
            }
            if is_taken || settings.names(&new.name) {
                return Err(SettingsError::ShareExists);
            }
            if settings.shares.len() >= SHARES_MAX {
                return Err(SettingsError::TooManyShares);
            }
            settings.shares.push(new);
            Ok(())
        })
    };
    kept(shared.heavy(keep).await?, started).await?;
    Ok(pb::CreateShareResponse {})
}

/// What can be judged without looking at the worker.
fn judge(audience: &str, boxed: &[u8], expires_at: i64, now: i64) -> Result<(), RequestError> {
    let is_name = !audience.trim().is_empty() && !audience.chars().any(char::is_control);
    if !is_name || audience.len() > SHARE_AUDIENCE_BYTES_MAX {
        return Err(RequestError::ShareAudience);
    }
    if boxed.len() > SHARE_BYTES_MAX + TAG_BYTES {
        return Err(RequestError::TooLong("box", SHARE_BYTES_MAX + TAG_BYTES));
    }
    let lasts = expires_at.saturating_sub(now);
    if lasts > 0 && lasts <= SHARE_SECONDS_MAX { Ok(()) } else { Err(RequestError::ShareTime) }
}

/// `ListShares`.
pub(super) async fn list(
    shared: &Shared,
    caller: Caller,
    request: pb::ListSharesRequest,
) -> Result<pb::ListSharesResponse, CallError> {
    let started = Instant::now();
    let worker = convert::worker_id(&request.worker)?;
    let read = move |ledger: &Ledger| -> Result<_, ReadError> {
        if access::is_holder(&caller, ledger, worker)? { ledger.access(worker) } else { Ok(None) }
    };
    let Some(settings) = shared.heavy(read).await?? else { return access::refuse(started).await };
    Ok(pb::ListSharesResponse { shares: settings.shares.into_iter().map(told).collect() })
}

fn told(share: Share) -> pb::Share {
    let Share { name, audience, created_at, expires_at, wrong, gate: _, kid: _ } = share;
    pb::Share { share: name, audience, created_at, expires_at, wrong, closed: wrong >= SHARE_WRONG_MAX }
}

/// `RevokeShare`.
pub(super) async fn revoke(
    shared: &Shared,
    caller: Caller,
    request: pb::RevokeShareRequest,
) -> Result<pb::RevokeShareResponse, CallError> {
    let started = Instant::now();
    let worker = convert::worker_id(&request.worker)?;
    let name = match request.which.ok_or(RequestError::Missing("which"))? {
        Which::Share(name) => Some(name),
        Which::All(true) => None,
        Which::All(false) => return Err(RequestError::Missing("which").into()),
    };
    let change = move |ledger: &Ledger| {
        if !access::is_holder(&caller, ledger, worker)? {
            return Ok(None);
        }
        ledger.change_access(worker, |settings| {
            let before = settings.shares.len();
            settings.shares.retain(|share| name.as_ref().is_some_and(|name| share.name != *name));
            Ok(before.saturating_sub(settings.shares.len()))
        })
    };
    let revoked = kept(shared.heavy(change).await?, started).await?;
    Ok(pb::RevokeShareResponse { revoked: u32::try_from(revoked).unwrap_or(u32::MAX) })
}

/// `OpenShare`. The link and the birth date are the credential; whatever is wrong is one answer.
pub(super) async fn open(
    shared: &Shared,
    request: pb::OpenShareRequest,
) -> Result<pb::OpenShareResponse, CallError> {
    let started = Instant::now();
    let pb::OpenShareRequest { id, gate } = request;
    let id: [u8; SHARE_ID_BYTES] = convert::fixed("id", id)?;
    let gate: Hash = convert::fixed("gate", gate)?;
    let name = share_name(&id);
    shared.rates.share(name)?;
    let open = move |ledger: &Ledger| -> Result<Option<Vec<u8>>, ReadError> {
        let Some(worker) = ledger.worker_of_share(&name)? else { return Ok(None) };
        let Some(holder) = ledger.holder_key(worker)? else { return Ok(None) };
        let (trust, holder) = (ledger.trust(), holder.thumbprint());
        let tried = ledger.change_access(worker, |settings| {
            Ok::<_, Infallible>(try_share(settings, &base64url_encode(name), &gate, &holder, &trust))
        })?;
        let Some(Ok(Some((reader, is_right)))) = tried else { return Ok(None) };
        reader.note(ledger, worker, if is_right { "OpenShare" } else { "OpenShareRefused" })?;
        if is_right { ledger.share_box(worker, &name) } else { Ok(None) }
    };
    match shared.heavy(open).await?? {
        Some(r#box) => Ok(pb::OpenShareResponse { r#box }),
        None => access::refuse(started).await,
    }
}

/// Who tried, and whether the gate was right; `None` where the link opens to nobody whatever is known.
fn try_share(
    settings: &mut AccessSettings,
    name: &str,
    gate: &Hash,
    holder: &str,
    trust: &TrustState,
) -> Option<(Reader, bool)> {
    let audience = settings.shares.iter().find(|share| share.name == name)?.audience.clone();
    if settings.blocks(&audience, trust) {
        return None;
    }
    let share = settings.shares.iter_mut().find(|share| share.name == name && share.kid == holder)?;
    Some((reader(share), try_gate(share, gate)))
}

/// Counts a wrong gate before anything is answered, so that many at once are not more tries than one after another. What was
/// closed by them opens to nobody, to the right gate neither: who guesses must not learn which was right.
fn try_gate(share: &mut Share, gate: &Hash) -> bool {
    if share.wrong >= SHARE_WRONG_MAX {
        return false;
    }
    let is_right = share.gate == base64url_encode(gate_hash(gate));
    share.wrong = share.wrong.saturating_add(u32::from(!is_right));
    is_right
}

/// How the worker finds it noted: under the link's name, with whom it was made for.
fn reader(share: &Share) -> Reader {
    Reader { by: "share", who: share.name.clone(), kid: String::new(), purpose: share.audience.clone() }
}
