//! Which holder-key evidence a presentation carries.

use super::cut::Source;
use crate::crypto::PublicKey;
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
        let is_bound = |source: &&Source<'_>| source.kind == Some(Kind::HolderKeyBound);
        let current = all.iter().rposition(is_bound).unwrap_or_default();
        // What the worker signed needs the evidence that was current then.
        let by_worker =
            sources.iter().filter(|source| shown(source) && source.issuer().starts_with("did:jwk:"));
        let needed =
            by_worker.filter_map(|source| all.iter().rposition(|held| held.index < source.index)).min();
        let itself = all.iter().position(|held| shown(held));
        let oldest = [needed, itself].into_iter().flatten().fold(current, usize::min);
        let start =
            all.get(..=oldest).and_then(|before| before.iter().rposition(is_bound)).unwrap_or_default();
        let from = |start: usize| all.get(start..).unwrap_or_default().to_vec();
        Self { all: from(start), line: from(current) }
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
