//! Standing and head tokens: bound to this checkpoint, signed by a status key that the trust file names, not too old.

use super::ledger::{LedgerFacts, StatusKey};
use super::report::Status;
use super::{CLOCK_SKEW_SECONDS, Options};
use crate::crypto::Hash;
use crate::passport::file::LedgerPart;
use crate::passport::token::{Bound, HeadOf, HeadToken, StandingToken, StatusCode, TokenError, Unchecked};

/// The tokens of one ledger part in the file's order, read, and their signatures checked; `None` where one is malformed.
#[derive(Debug)]
pub(super) struct Tokens {
    pub(super) standing: Vec<Option<Token<StandingToken>>>,
    pub(super) heads: Vec<Option<Token<HeadToken>>>,
}

/// A token that was read.
#[derive(Debug)]
pub(super) struct Token<T> {
    content: T,
    /// Which of the ledger's status keys it names.
    key: Option<usize>,
    /// Whether that key signed it.
    is_signed: bool,
}

impl Tokens {
    pub(super) fn of(part: &LedgerPart, keys: &[StatusKey]) -> Self {
        Self {
            standing: read_all(&part.standing, keys, Unchecked::standing),
            heads: read_all(&part.heads, keys, Unchecked::head),
        }
    }
}

/// All at once: that costs less than one by one.
fn read_all<T>(
    texts: &[String],
    keys: &[StatusKey],
    read: impl Fn(&str) -> Result<Unchecked<T>, TokenError>,
) -> Vec<Option<Token<T>>> {
    let read: Vec<_> = texts.iter().map(|text| read(text).ok()).collect();
    let place = |one: &Unchecked<T>| keys.iter().position(|key| key.kid == one.kid);
    let named = read.iter().flatten().filter_map(|one| Some((one, &keys.get(place(one)?)?.key)));
    let mut verdicts = Unchecked::are_signed(&named.collect::<Vec<_>>()).into_iter();
    let mut token = |one: Unchecked<T>| {
        let key = place(&one);
        Token { is_signed: key.is_some() && verdicts.next() == Some(true), key, content: one.content }
    };
    read.into_iter().map(|one| one.map(&mut token)).collect()
}

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
                StatusCode::Revoked => (Status::Fail, "revoked".to_owned()),
                StatusCode::Suspended => (Status::Fail, "suspended".to_owned()),
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

/// What the standing token at `nth` says of the statement with this hash.
pub(super) fn standing(nth: usize, statement: &Hash, facts: &LedgerFacts<'_>, options: &Options) -> Said {
    let Some(token) = facts.tokens.standing.get(nth) else { return Said::Missing };
    let Some(token) = token else { return Said::Bad("its standing token is malformed") };
    if token.content.statement != *statement {
        return Said::Bad("its standing token speaks of another statement");
    }
    match accept(token, &token.content.bound, facts, options) {
        Ok(()) => Said::Says(token.content.clone()),
        Err((Status::Fail, why)) => Said::Bad(why),
        Err((_, why)) => Said::Open(why),
    }
}

/// Checks by the head token at `nth` that a stream ends where the file says it does.
pub(super) fn head(
    nth: usize,
    of: HeadOf,
    end: Option<(u32, u64)>,
    facts: &LedgerFacts<'_>,
    options: &Options,
) -> Result<(), (Status, &'static str)> {
    let token = facts.tokens.heads.get(nth).ok_or((Status::Fail, "a head token is missing"))?;
    let token = token.as_ref().ok_or((Status::Fail, "a head token is malformed"))?;
    if token.content.of != of {
        return Err((Status::Fail, "a head token speaks of another stream"));
    }
    if token.content.end != end {
        return Err((Status::Fail, "the stream is not whole: its head token names another end"));
    }
    accept(token, &token.content.bound, facts, options)
}

/// The rules that both kinds share. What a token says of itself is compared before its key is looked for, so that another
/// ledger's token is never taken for one by a key that is merely new.
fn accept<T>(
    token: &Token<T>,
    bound: &Bound,
    facts: &LedgerFacts<'_>,
    options: &Options,
) -> Result<(), (Status, &'static str)> {
    match &facts.checkpoint {
        Some(checkpoint) if !bound.is_at(checkpoint) => {
            return Err((Status::Fail, "a token belongs to another ledger or checkpoint"));
        }
        Some(_) => {}
        None => return Err((Status::Unknown, "without a checkpoint no token counts")),
    }
    let known = token.key.and_then(|key| facts.status_keys.get(key));
    let known =
        known.ok_or((Status::Fail, "a token is signed by a key that is not the ledger's status key"))?;
    let size = facts.checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.size);
    if facts.folded.trust.ledger_key_ended(&known.kid, size) {
        return Err((Status::Fail, "a token is signed by a status key that the ledger had ended by then"));
    }
    if !token.is_signed {
        return Err((Status::Fail, "a token's signature does not verify"));
    }
    if !known.is_trusted {
        return Err((Status::Unknown, "the trust file does not name the status key that signed the token"));
    }
    // Past its end a token says nothing any more; that makes nobody a forger (SPEC.md, "Standing and head tokens").
    if options.now > bound.expires_at() {
        return Err((Status::Unknown, "the token is past its end: ask for a new export"));
    }
    if bound.issued_at > options.now.saturating_add(CLOCK_SKEW_SECONDS) {
        return Err((Status::Unknown, "the token is dated after this verifier's clock"));
    }
    Ok(())
}
