//! Standing and head tokens: bound to this checkpoint, signed by a status key that the trust file names, not too old.

use super::ledger::LedgerFacts;
use super::report::Status;
use super::{CLOCK_SKEW_SECONDS, Options};
use crate::crypto::Hash;
use crate::passport::token::{Bound, HeadOf, HeadToken, StandingToken, StatusCode, TokenError, Unchecked};

/// What a standing token tells a verifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    /// The ledger's word.
    Says(StandingToken),
    /// Its word, but the trust file does not vouch for the key, or the time is past: nothing follows.
    Open(&'static str),
    /// Not what it should be.
    Bad(&'static str),
    /// Not there.
    Missing,
}

impl Said {
    /// PASS, FAIL or UNKNOWN of `status`, and why.
    pub(super) fn status(&self, options: &Options, max_age: u64) -> (Status, String) {
        match self {
            Self::Missing => (Status::Fail, "the file lacks its standing token".to_owned()),
            Self::Bad(why) => (Status::Fail, (*why).to_owned()),
            Self::Open(why) => (Status::Unknown, (*why).to_owned()),
            Self::Says(token) => match token.status {
                StatusCode::Valid if is_old(&token.bound, options, max_age) => (
                    Status::Unknown,
                    "it stood when the file was made; that is too long ago: ask for a new export".to_owned(),
                ),
                StatusCode::Valid => (Status::Pass, "it stands, says the ledger".to_owned()),
                StatusCode::Revoked => (Status::Fail, "revoked by its issuer".to_owned()),
                StatusCode::Suspended => (Status::Fail, "suspended by its issuer".to_owned()),
                StatusCode::Superseded => (Status::Fail, "replaced by a later record".to_owned()),
            },
        }
    }

    /// What may be shown of it: a change that was said stays said, that it stands grows old.
    pub(super) fn code(&self, options: &Options, max_age: u64) -> Option<StatusCode> {
        match self {
            Self::Says(token)
                if token.status != StatusCode::Valid || !is_old(&token.bound, options, max_age) =>
            {
                Some(token.status)
            }
            _ => None,
        }
    }
}

fn is_old(bound: &Bound, options: &Options, max_age: u64) -> bool {
    let age = options.now.saturating_sub(bound.issued_at);
    u64::try_from(age).is_ok_and(|age| age > max_age)
}

/// Reads the standing token of the statement with this hash.
pub(super) fn standing(
    text: Option<&str>,
    statement: &Hash,
    facts: &LedgerFacts<'_>,
    options: &Options,
) -> Said {
    let Some(text) = text else { return Said::Missing };
    let Ok(token) = Unchecked::standing(text) else { return Said::Bad("its standing token is malformed") };
    if token.content.statement != *statement {
        return Said::Bad("its standing token speaks of another statement");
    }
    match accept(token, facts, options, |content| &content.bound) {
        Ok(token) => Said::Says(token),
        Err((Status::Fail, why)) => Said::Bad(why),
        Err((_, why)) => Said::Open(why),
    }
}

/// Checks that a stream ends where the file says it does.
pub(super) fn head(
    text: Option<&str>,
    of: HeadOf,
    end: Option<(u32, u64)>,
    facts: &LedgerFacts<'_>,
    options: &Options,
) -> Result<(), (Status, &'static str)> {
    let text = text.ok_or((Status::Fail, "a head token is missing"))?;
    let token = Unchecked::head(text).map_err(|_| (Status::Fail, "a head token is malformed"))?;
    if token.content.of != of {
        return Err((Status::Fail, "a head token speaks of another stream"));
    }
    if token.content.end != end {
        return Err((Status::Fail, "the stream is not whole: its head token names another end"));
    }
    accept(token, facts, options, |content: &HeadToken| &content.bound).map(|_| ())
}

/// The rules that both kinds share. What a token says of itself is compared before its key is looked for, so that another
/// ledger's token is never taken for one by a key that is merely new.
fn accept<T>(
    token: Unchecked<T>,
    facts: &LedgerFacts<'_>,
    options: &Options,
    bound: impl Fn(&T) -> &Bound,
) -> Result<T, (Status, &'static str)> {
    let (issued_at, expires_at) = (bound(&token.content).issued_at, bound(&token.content).expires_at());
    match &facts.checkpoint {
        Some(checkpoint) if !bound(&token.content).is_at(checkpoint) => {
            return Err((Status::Fail, "a token belongs to another ledger or checkpoint"));
        }
        Some(_) => {}
        None => return Err((Status::Unknown, "without a checkpoint no token counts")),
    }
    let known = facts.status_keys.iter().find(|known| known.kid == token.kid);
    let known =
        known.ok_or((Status::Fail, "a token is signed by a key that is not the ledger's status key"))?;
    let size = facts.checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.size);
    if facts.folded.trust.ledger_key_ended(&known.kid, size) {
        return Err((Status::Fail, "a token is signed by a status key that the ledger had ended by then"));
    }
    let content = token.verify(&known.key).map_err(|error| match error {
        TokenError::Malformed | TokenError::Signature => {
            (Status::Fail, "a token's signature does not verify")
        }
    })?;
    if !known.is_trusted {
        return Err((Status::Unknown, "the trust file does not name the status key that signed the token"));
    }
    // Past its end a token says nothing any more; that makes nobody a forger (SPEC.md, "Standing and head tokens").
    if options.now > expires_at {
        return Err((Status::Unknown, "the token is past its end: ask for a new export"));
    }
    if issued_at > options.now.saturating_add(CLOCK_SKEW_SECONDS) {
        return Err((Status::Unknown, "the token is dated after this verifier's clock"));
    }
    Ok(content)
}
