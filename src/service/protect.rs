//! Who is kept out: blocked audiences and append permission, set by the holder, or for blocks by the body that opened the
//! passport, speaking for a worker whom a visible record could endanger.

use tokio::time::Instant;

use super::access::{self, Caller};
use super::convert::{self, RequestError};
use super::grants::{SettingsError, kept};
use super::shared::Shared;
use super::status::CallError;
use crate::event::WorkerId;
use crate::ledger::{AccessSettings, Audience, BLOCKS_MAX, Block, Ledger, PERMITS_MAX, ReadError};
use crate::pb;
use crate::pb::change_protection_request::Change;
use crate::statement::is_issuer_uri;

/// `by` of what the worker set.
const HOLDER: &str = "holder";

/// `GetProtection`.
pub(super) async fn get(
    shared: &Shared,
    caller: Caller,
    request: pb::GetProtectionRequest,
) -> Result<pb::GetProtectionResponse, CallError> {
    let started = Instant::now();
    let worker = convert::worker_id(&request.worker)?;
    let read = move |ledger: &Ledger| -> Result<_, ReadError> {
        if access::is_holder(&caller, ledger, worker)? { ledger.access(worker) } else { Ok(None) }
    };
    let Some(settings) = shared.heavy(read).await?? else { return access::refuse(started).await };
    let AccessSettings { blocks, permitted, grants: _, shares: _ } = settings;
    let permission_needed = permitted.is_some();
    let blocks = blocks.into_iter().map(told).collect();
    Ok(pb::GetProtectionResponse { blocks, permission_needed, permitted: permitted.unwrap_or_default() })
}

/// `ChangeProtection`.
pub(super) async fn change(
    shared: &Shared,
    caller: Caller,
    request: pb::ChangeProtectionRequest,
) -> Result<pb::ChangeProtectionResponse, CallError> {
    let started = Instant::now();
    let pb::ChangeProtectionRequest { worker, change } = request;
    let worker = convert::worker_id(&worker)?;
    let wanted = Wanted::read(change.ok_or(RequestError::Missing("change"))?)?;
    let change = move |ledger: &Ledger| {
        let Some(by) = speaker(&caller, ledger, worker, &wanted)? else { return Ok(None) };
        // Who has stated something already may always add to it, and take back what it said.
        let stated = ledger.stated_by(worker)?.unwrap_or_default();
        let now = ledger.now_ms();
        ledger.change_access(worker, |settings| wanted.apply(settings, by, stated, now))
    };
    kept(shared.heavy(change).await?, started).await?;
    Ok(pb::ChangeProtectionResponse {})
}

/// For whom `caller` may speak here: the holder for everything; the opener to block, and to lift its own block while no key
/// is bound.
fn speaker(
    caller: &Caller,
    ledger: &Ledger,
    worker: WorkerId,
    wanted: &Wanted,
) -> Result<Option<String>, ReadError> {
    if access::is_holder(caller, ledger, worker)? {
        return Ok(Some(HOLDER.to_owned()));
    }
    let Ok(issuer) = caller.issuer() else { return Ok(None) };
    let is_opener =
        ledger.stated_by(worker)?.is_some_and(|bodies| bodies.first().is_some_and(|body| body == issuer));
    let Some(settings) = ledger.access(worker)?.filter(|_| is_opener) else { return Ok(None) };
    if settings.blocks(issuer, &ledger.trust()) {
        return Ok(None);
    }
    let may = match wanted {
        Wanted::Block(_) => true,
        Wanted::Unblock(audience) => {
            let own = |block: &Block| block.audience == *audience && block.by == issuer;
            ledger.holder_key(worker)?.is_none() && settings.blocks.iter().any(own)
        }
        Wanted::AskPermission(_) | Wanted::Permit(_) | Wanted::Forbid(_) => false,
    };
    Ok(may.then(|| issuer.to_owned()))
}

/// A change that makes sense.
enum Wanted {
    Block(Audience),
    Unblock(Audience),
    AskPermission(bool),
    Permit(String),
    Forbid(String),
}

impl Wanted {
    fn read(change: Change) -> Result<Self, RequestError> {
        Ok(match change {
            Change::Block(of) => Self::Block(audience(of)?),
            Change::Unblock(of) => Self::Unblock(audience(of)?),
            Change::PermissionNeeded(needed) => Self::AskPermission(needed),
            Change::Permit(issuer) => Self::Permit(body(issuer)?),
            Change::Forbid(issuer) => Self::Forbid(body(issuer)?),
        })
    }

    fn apply(
        self,
        settings: &mut AccessSettings,
        by: String,
        stated: Vec<String>,
        since: u64,
    ) -> Result<(), SettingsError> {
        match self {
            Self::Block(audience) => {
                if settings.blocks.iter().any(|block| block.audience == audience) {
                    return Ok(());
                }
                if settings.blocks.len() >= BLOCKS_MAX {
                    return Err(SettingsError::TooManyBlocks);
                }
                settings.blocks.push(Block { audience, by, since });
            }
            Self::Unblock(audience) => settings.blocks.retain(|block| block.audience != audience),
            Self::AskPermission(false) => settings.permitted = None,
            Self::AskPermission(true) => {
                settings.permitted.get_or_insert(stated);
            }
            Self::Permit(issuer) => {
                let permitted = settings.permitted.as_mut().ok_or(SettingsError::NoPermissionNeeded)?;
                if permitted.contains(&issuer) {
                    return Ok(());
                }
                if permitted.len() >= PERMITS_MAX {
                    return Err(SettingsError::TooManyBlocks);
                }
                permitted.push(issuer);
            }
            Self::Forbid(issuer) => {
                let permitted = settings.permitted.as_mut().ok_or(SettingsError::NoPermissionNeeded)?;
                permitted.retain(|known| *known != issuer || stated.contains(known));
            }
        }
        Ok(())
    }
}

fn body(issuer: String) -> Result<String, RequestError> {
    if is_issuer_uri(&issuer) { Ok(issuer) } else { Err(RequestError::Audience) }
}

fn audience(of: pb::Audience) -> Result<Audience, RequestError> {
    use pb::audience::Which;
    match of.which.ok_or(RequestError::Missing("audience"))? {
        Which::Issuer(issuer) => Ok(Audience::Issuer(body(issuer)?)),
        Which::Under(issuer) => Ok(Audience::Under(body(issuer)?)),
        Which::Country(country) if country.len() == 2 && country.bytes().all(|b| b.is_ascii_uppercase()) => {
            Ok(Audience::Country(country))
        }
        Which::Country(_) => Err(RequestError::Audience),
    }
}

fn told(block: Block) -> pb::Block {
    use pb::audience::Which;
    let Block { audience, by, since } = block;
    let which = match audience {
        Audience::Issuer(issuer) => Which::Issuer(issuer),
        Audience::Under(issuer) => Which::Under(issuer),
        Audience::Country(country) => Which::Country(country),
    };
    pb::Block { audience: Some(pb::Audience { which: Some(which) }), by, since }
}
