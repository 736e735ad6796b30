//! Which holder-key evidence a presentation carries.

use super::cut::Source;
use crate::crypto::{Hash, PublicKey, base64url_decode};
use crate::event::Kind;

/// The evidence of one ledger.
pub(super) struct Evidence<'s, 'a> {
    /// Everything carried, oldest first: from the body's word that begins the line of the oldest key used, to the current.
    pub(super) all: Vec<&'s Source<'a>>,
    /// The newest unbroken line: its keys tie statements without `sub`.
    line: Vec<&'s Source<'a>>,
}

impl<'s, 'a> Evidence<'s, 'a> {
    /// Chooses from `all` evidence of a ledger what records need of which `shown` tells whether they are shown.
    pub(super) fn choose(
        all: &[&'s Source<'a>],
        sources: &[&'s Source<'a>],
        shown: impl Fn(&Source<'_>) -> bool,
    ) -> Self {
        // Of recoveries only those that made a key the holder's.
        let completed: Vec<Hash> = all
            .iter()
            .filter(|held| held.kind == Some(Kind::HolderKeyRecovered))
            .filter_map(|held| request(held))
            .collect();
        let counts = |held: &&&Source<'_>| match held.kind {
            Some(Kind::HolderKeyRecoveryRequested) => completed.contains(&held.part.hash()) || shown(held),
            Some(Kind::HolderKeyRecoveryConfirmed) => {
                request(held).is_some_and(|request| completed.contains(&request)) || shown(held)
            }
            _ => true,
        };
        let all: Vec<&'s Source<'a>> = all.iter().filter(counts).copied().collect();
        let is_start = |held: &Source<'_>| match held.kind {
            Some(Kind::HolderKeyRecoveryRequested) => completed.contains(&held.part.hash()),
            kind => kind == Some(Kind::HolderKeyBound),
        };
        let current = all.iter().rposition(|held| is_start(held)).unwrap_or_default();
        // What the worker signed, a consent among it, needs the evidence that was current then.
        let says = |source: &Source<'_>| {
            source.issuer().starts_with("did:jwk:") || source.kind == Some(Kind::PassportsJoined)
        };
        let by_worker = sources.iter().filter(|source| shown(source) && says(source));
        let current_at = |source: &&&Source<'_>| {
            let made = |held: &&Source<'_>| held.kind.is_some_and(Kind::makes_key_current);
            all.iter().rposition(|held| held.index < source.index && made(held))
        };
        let needed = by_worker.filter_map(|source| current_at(&source)).min();
        let itself = all.iter().position(|held| shown(held));
        let oldest = [needed, itself].into_iter().flatten().fold(current, usize::min);
        let start = all
            .get(..=oldest)
            .and_then(|before| before.iter().rposition(|held| is_start(held)))
            .unwrap_or_default();
        let from = |start: usize| all.get(start..).unwrap_or_default().to_vec();
        Self { all: from(start), line: from(current) }
    }

    /// Whether a statement begins a line of keys.
    pub(super) fn opens_line(&self, source: &Source<'_>) -> bool {
        self.holds(source)
            && matches!(source.kind, Some(Kind::HolderKeyBound | Kind::HolderKeyRecoveryRequested))
    }

    /// The hashes of all that is carried.
    pub(super) fn hashes(&self) -> impl Iterator<Item = Hash> {
        self.all.iter().map(|held| held.part.hash())
    }

    /// Whether a statement names a key of the newest line: then it needs no `sub` to be the holder's.
    pub(super) fn ties(&self, source: &Source<'_>) -> bool {
        let clear = source.statement.clear();
        let names = |key: &PublicKey| clear.holder_key.as_ref() == Some(key) || clear.issuer == key.did_jwk();
        self.line.iter().filter_map(|held| held.statement.clear().holder_key.as_ref()).any(names)
    }

    /// More than one line is carried: their `sub` ties them to each other.
    pub(super) fn has_several_lines(&self) -> bool {
        self.all.len() > self.line.len()
    }

    /// Whether a statement is part of it.
    pub(super) fn holds(&self, source: &Source<'_>) -> bool {
        self.all.iter().any(|held| held.index == source.index)
    }
}

/// The request that a statement is about.
fn request(source: &Source<'_>) -> Option<Hash> {
    let text = source.statement.claims().get("request")?.as_str()?;
    base64url_decode(text).ok()?.try_into().ok()
}
