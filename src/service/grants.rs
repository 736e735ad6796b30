//! Grants and assisted sessions: deposited, listed, taken back. What a grant opens is judged in `access`, at every read.

use tokio::time::Instant;

use super::access::{self, AccessError, Caller};
use super::convert::{self, RequestError};
use super::seen::Reader;
use super::shared::Shared;
use super::status::CallError;
use crate::event::WorkerId;
use crate::ledger::{AccessSettings, Deposit, GRANTS_MAX, Ledger, ReadError};
use crate::passport::{Grant, GrantError, GrantRole, UnverifiedGrant, Witness};
use crate::pb;
use crate::trust::{IssuerKind, KeyVerdict, TrustState};

/// Why settings were not changed; told to those who may change them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum SettingsError {
    #[error("a worker has at most {GRANTS_MAX} grants at a time")]
    TooManyGrants,
    #[error("another grant with this `jti` is deposited")]
    GrantExists,
    #[error("the grant's audience is one that the worker blocks")]
    AudienceBlocked,
    #[error(
        "a worker blocks at most {} audiences, and permits at most {} bodies",
        crate::ledger::BLOCKS_MAX,
        crate::ledger::PERMITS_MAX
    )]
    TooManyBlocks,
    #[error("a worker has at most {} links at a time", crate::ledger::SHARES_MAX)]
    TooManyShares,
    #[error("another link has this name")]
    ShareExists,
    #[error("append permission is not asked for in this passport")]
    NoPermissionNeeded,
}

impl SettingsError {
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::TooManyGrants => "GRANTS_TOO_MANY",
            Self::GrantExists => "GRANT_EXISTS",
            Self::AudienceBlocked => "GRANT_AUDIENCE_BLOCKED",
            Self::TooManyBlocks => "BLOCKS_TOO_MANY",
            Self::TooManyShares => "SHARES_TOO_MANY",
            Self::ShareExists => "SHARE_EXISTS",
            Self::NoPermissionNeeded => "NO_PERMISSION_NEEDED",
        }
    }

    pub(super) fn help(self) -> &'static str {
        match self {
            Self::TooManyGrants => "take one back first (`skillpass grant revoke`)",
            Self::GrantExists => "make a new grant; each has an id of its own",
            Self::AudienceBlocked => {
                "let the audience in first (`skillpass protect unblock`), if that is meant"
            }
            Self::TooManyBlocks => {
                "block a country or a root authority instead of single bodies; forbid a body that states nothing any more"
            }
            Self::TooManyShares => "take one back first (`skillpass share revoke`)",
            Self::ShareExists => "make a new link; each has a secret of its own",
            Self::NoPermissionNeeded => "ask for it first (`skillpass protect append --ask`)",
        }
    }
}

/// `DepositGrant`. The holder's signature is the credential.
pub(super) async fn deposit(
    shared: &Shared,
    request: pb::DepositGrantRequest,
) -> Result<pb::DepositGrantResponse, CallError> {
    let started = Instant::now();
    let token = request.grant;
    let unverified = face(&shared.ledger, &token)?;
    if unverified.grant.witness.is_some() {
        return Err(AccessError::Grant(GrantError::Malformed).into());
    }
    let (id, expires_at) = (unverified.grant.id, unverified.grant.expires_at);
    let keep = move |ledger: &Ledger| {
        let worker = unverified.grant.worker;
        if !ledger.holder_key(worker)?.is_some_and(|holder| unverified.is_signed_by(&holder)) {
            return Ok(None);
        }
        put(ledger, worker, &unverified.grant, vec![token])
    };
    kept(shared.heavy(keep).await?, started).await?;
    Ok(pb::DepositGrantResponse { id: convert::statement_urn(id), expires_at })
}

/// `OpenAssistance`: two bodies that do not depend on each other vouch for whom they help.
pub(super) async fn open_assistance(
    shared: &Shared,
    request: pb::OpenAssistanceRequest,
) -> Result<pb::OpenAssistanceResponse, CallError> {
    let started = Instant::now();
    let Ok([one, other]) = <[String; 2]>::try_from(request.words) else {
        return Err(AccessError::TwoWords.into());
    };
    let (first, second) = (face(&shared.ledger, &one)?, face(&shared.ledger, &other)?);
    judge_words(&shared.ledger, &first, &second)?;
    let (id, expires_at) = (first.grant.id, first.grant.expires_at);
    let keep = move |ledger: &Ledger| {
        let grant = &first.grant;
        let (Some(settings), trust) = (ledger.access(grant.worker)?, ledger.trust()) else { return Ok(None) };
        let is_kept_out =
            |word: &UnverifiedGrant| issuer_of(word).is_none_or(|issuer| settings.blocks(issuer, &trust));
        if is_kept_out(&first)
            || is_kept_out(&second)
            || settings.blocks_key(&grant.audience.thumbprint(), &trust)
        {
            return Ok(None);
        }
        let outcome = put(ledger, grant.worker, grant, vec![one, other])?;
        if matches!(outcome, Some(Ok(()))) {
            reader_of(grant).note(ledger, grant.worker, "OpenAssistance")?;
        }
        Ok(outcome)
    };
    kept(shared.heavy(keep).await?, started).await?;
    Ok(pb::OpenAssistanceResponse { id: convert::statement_urn(id), expires_at })
}

/// What can be judged of a token without looking at the worker.
pub(super) fn face(ledger: &Ledger, token: &str) -> Result<UnverifiedGrant, AccessError> {
    let unverified = Grant::parse(token)?;
    unverified.grant.judge(ledger.origin(), access::seconds(ledger.now_ms()))?;
    Ok(unverified)
}

/// Two words alike, by two bodies, each under a current key, neither above the other and neither an intermediary.
pub(super) fn judge_words(
    ledger: &Ledger,
    first: &UnverifiedGrant,
    second: &UnverifiedGrant,
) -> Result<(), AccessError> {
    let trust = ledger.trust();
    let (Some(one), Some(other)) = (issuer_of(first), issuer_of(second)) else {
        return Err(AccessError::TwoWords);
    };
    if !first.grant.agrees_with(&second.grant) {
        return Err(AccessError::TwoWords);
    }
    let above = |lower: &str, upper: &str| trust.chain_of(lower).iter().any(|body| body == upper);
    if above(one, other) || above(other, one) || first.kid == second.kid {
        return Err(AccessError::SameBody);
    }
    for word in [first, second] {
        judge_word(ledger, &trust, word)?;
    }
    Ok(())
}

fn judge_word(ledger: &Ledger, trust: &TrustState, word: &UnverifiedGrant) -> Result<(), AccessError> {
    let issuer = issuer_of(word).ok_or(AccessError::TwoWords)?;
    let kid = word.kid.as_deref().ok_or(AccessError::UnknownIssuer)?;
    let key = trust.key(issuer, kid).ok_or(AccessError::UnknownIssuer)?;
    let is_current = trust.key_verdict(issuer, kid, u64::MAX, ledger.now_ms()) == KeyVerdict::Valid;
    let kind = trust.bodies().into_iter().find(|(known, _, _)| known == issuer).map(|(_, _, kind)| kind);
    let may_vouch =
        kind.as_deref().and_then(IssuerKind::from_name).is_some_and(|kind| kind != IssuerKind::Intermediary);
    if !is_current || !may_vouch || !trust.is_in_force(issuer, ledger.now_ms()) {
        return Err(AccessError::UnknownIssuer);
    }
    if word.is_signed_by(key) { Ok(()) } else { Err(AccessError::BadSignature) }
}

fn issuer_of(word: &UnverifiedGrant) -> Option<&str> {
    word.grant.witness.as_ref().map(|witness| witness.issuer.as_str())
}

/// Who reads under this grant.
pub(super) fn reader_of(grant: &Grant) -> Reader {
    Reader {
        by: match grant.role {
            GrantRole::Reader => "grant",
            GrantRole::Assistant => "assistance",
        },
        who: grant.id.urn().to_string(),
        kid: grant.audience.thumbprint(),
        purpose: grant.purpose.clone(),
    }
}

type Kept = Result<Option<Result<(), SettingsError>>, ReadError>;

fn put(ledger: &Ledger, worker: WorkerId, grant: &Grant, tokens: Vec<String>) -> Kept {
    let trust = ledger.trust();
    let kid = grant.audience.thumbprint();
    let deposit = Deposit { id: convert::statement_urn(grant.id), tokens, expires_at: grant.expires_at };
    ledger.change_access(worker, |settings: &mut AccessSettings| {
        if settings.blocks_key(&kid, &trust) {
            return Err(SettingsError::AudienceBlocked);
        }
        match settings.grants.iter().find(|known| known.id == deposit.id) {
            Some(known) if *known == deposit => return Ok(()),
            Some(_) => return Err(SettingsError::GrantExists),
            None if settings.grants.len() >= GRANTS_MAX => return Err(SettingsError::TooManyGrants),
            None => settings.grants.push(deposit),
        }
        Ok(())
    })
}

/// The one answer for a worker who is not there for this caller; else what became of the change.
pub(super) async fn kept<T>(
    outcome: Result<Option<Result<T, SettingsError>>, ReadError>,
    started: Instant,
) -> Result<T, CallError> {
    match outcome? {
        Some(outcome) => outcome.map_err(CallError::Settings),
        None => access::refuse(started).await,
    }
}

/// `ListGrants`.
pub(super) async fn list(
    shared: &Shared,
    caller: Caller,
    request: pb::ListGrantsRequest,
) -> Result<pb::ListGrantsResponse, CallError> {
    let started = Instant::now();
    let worker = convert::worker_id(&request.worker)?;
    let read = move |ledger: &Ledger| -> Result<_, ReadError> {
        if access::is_holder(&caller, ledger, worker)? { ledger.access(worker) } else { Ok(None) }
    };
    let Some(settings) = shared.heavy(read).await?? else { return access::refuse(started).await };
    Ok(pb::ListGrantsResponse { grants: settings.grants.iter().filter_map(told).collect() })
}

/// `RevokeGrant`.
pub(super) async fn revoke(
    shared: &Shared,
    caller: Caller,
    request: pb::RevokeGrantRequest,
) -> Result<pb::RevokeGrantResponse, CallError> {
    use pb::revoke_grant_request::Which;
    let started = Instant::now();
    let worker = convert::worker_id(&request.worker)?;
    let id = match request.which.ok_or(RequestError::Missing("which"))? {
        Which::Id(id) => Some(convert::statement_urn(convert::statement_id(&id)?)),
        Which::All(true) => None,
        Which::All(false) => return Err(RequestError::Missing("which").into()),
    };
    let change = move |ledger: &Ledger| {
        if !access::is_holder(&caller, ledger, worker)? {
            return Ok(None);
        }
        ledger.change_access(worker, |settings| {
            let before = settings.grants.len();
            settings.grants.retain(|grant| id.as_ref().is_some_and(|id| grant.id != *id));
            Ok(before.saturating_sub(settings.grants.len()))
        })
    };
    let revoked = kept(shared.heavy(change).await?, started).await?;
    Ok(pb::RevokeGrantResponse { revoked: u32::try_from(revoked).unwrap_or(u32::MAX) })
}

fn told(deposit: &Deposit) -> Option<pb::Grant> {
    let grants: Vec<Grant> =
        deposit.tokens.iter().filter_map(|token| Grant::parse(token).ok()).map(|read| read.grant).collect();
    let witness = |grant: &Grant| {
        let Witness { issuer, name } = grant.witness.clone()?;
        Some(pb::Witness { issuer, name })
    };
    let witnesses = grants.iter().filter_map(witness).collect();
    let first = grants.first()?;
    Some(pb::Grant {
        id: first.id.urn().to_string(),
        role: first.role.name().to_owned(),
        purpose: first.purpose.clone(),
        audience_kid: first.audience.thumbprint(),
        scope_json: first.scope.to_json().to_string(),
        issued_at: first.issued_at,
        expires_at: first.expires_at,
        witnesses,
    })
}
