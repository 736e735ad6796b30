//! Cutting: the statements shown, the streams and tokens they need, and nothing else.

use super::disclose::{Links, disclose};
use super::evidence::Evidence;
use super::{PresentError, PresentRequest, Show};
use crate::crypto::{PrivateKey, PublicKey, base64url_encode};
use crate::event::Kind;
use crate::passport::file::{
    AnchorProof, Kind as FileKind, LedgerPart, PassportFile, ProvenEntry, StatementPart,
};
use crate::passport::trust_fold::{Folded, claimed_issuer, fold};
use crate::statement::{Statement, Unverified};

/// A statement of the complete file, read.
pub(super) struct Source<'a> {
    pub(super) part: &'a StatementPart,
    pub(super) index: usize,
    pub(super) kind: Option<Kind>,
    pub(super) statement: Statement,
}

impl Source<'_> {
    pub(super) fn issuer(&self) -> &str {
        &self.statement.clear().issuer
    }
}

/// One presentation in the making.
pub(super) struct Cutter<'a> {
    file: &'a PassportFile,
    request: &'a PresentRequest,
    holder: PublicKey,
    folded: Vec<Folded>,
    sources: Vec<Source<'a>>,
}

impl<'a> Cutter<'a> {
    /// Reads the complete file.
    pub(super) fn new(
        file: &'a PassportFile,
        request: &'a PresentRequest,
        holder: &PrivateKey,
    ) -> Result<Self, PresentError> {
        let folded: Vec<Folded> = file.ledgers.iter().map(fold).collect();
        let parts = file.statements.iter().enumerate();
        let sources = parts.map(|(index, part)| source(index, part, folded.get(part.ledger)));
        let sources = sources.collect::<Result<Vec<_>, _>>()?;
        for show in &request.shows {
            let chosen = sources.iter().find(|source| source.statement.clear().id == show.id);
            if chosen.and_then(|source| source.kind).is_some_and(Kind::never_leaves) {
                return Err(PresentError::NeverShown(show.id));
            }
        }
        Ok(Self { file, request, holder: holder.public(), sources, folded })
    }

    /// The cut file, not yet bound.
    pub(super) fn cut(&self) -> Result<PassportFile, PresentError> {
        let mut cut = PassportFile {
            kind: FileKind::Presentation,
            ledgers: vec![],
            statements: vec![],
            holder: vec![],
            presentation: None,
        };
        for (ledger, (part, folded)) in self.file.ledgers.iter().zip(&self.folded).enumerate() {
            let sources: Vec<&Source<'a>> =
                self.sources.iter().filter(|source| source.part.ledger == ledger).collect();
            if sources.iter().any(|source| self.show(source).is_some()) {
                self.cut_ledger(part, folded, &sources, &mut cut)?;
            }
        }
        Ok(cut)
    }

    fn show(&self, source: &Source<'_>) -> Option<&'a Show> {
        self.request.shows.iter().find(|show| show.id == source.statement.clear().id)
    }

    fn cut_ledger(
        &self,
        part: &LedgerPart,
        folded: &Folded,
        sources: &[&Source<'a>],
        cut: &mut PassportFile,
    ) -> Result<(), PresentError> {
        let evidence = self.evidence(part, sources)?;
        let shown = || sources.iter().filter(|source| self.show(source).is_some());
        let needs_sub = evidence.has_several_lines() || shown().any(|source| !evidence.ties(source));
        let carried = shown().map(|source| source.part.hash()).chain(evidence.hashes());
        let links = Links::to_all_but(carried.map(base64url_encode).collect());
        let mut standing = vec![];
        let first = cut.statements.len();
        for source in sources {
            let (show, is_evidence) = (self.show(source), evidence.holds(source));
            if show.is_none() && !is_evidence {
                continue;
            }
            let opens_line = needs_sub && evidence.opens_line(source);
            let with_sub = opens_line || !is_evidence && !evidence.ties(source);
            let mut statement = source.part.clone();
            statement.ledger = cut.ledgers.len();
            statement.n_l = None;
            statement.sdjwt = disclose(source, show, with_sub, &links, folded)?;
            if is_evidence {
                cut.holder.push(cut.statements.len());
            }
            standing.extend(self.file.standing_token(source.index).map(str::to_owned));
            cut.statements.push(statement);
        }
        let statements = cut.statements.get_mut(first..).unwrap_or_default();
        cut.ledgers.push(cut_part(part, folded, statements, standing));
        Ok(())
    }

    fn evidence<'s>(
        &self,
        part: &LedgerPart,
        sources: &[&'s Source<'a>],
    ) -> Result<Evidence<'s, 'a>, PresentError> {
        let all: Vec<&'s Source<'a>> =
            sources.iter().copied().filter(|source| self.file.holder.contains(&source.index)).collect();
        let last = all.iter().rfind(|source| source.kind.is_some_and(Kind::makes_key_current));
        let last = last.ok_or_else(|| PresentError::NoHolderKey(part.origin.clone()))?;
        if last.statement.clear().holder_key.as_ref() != Some(&self.holder) {
            return Err(PresentError::NotTheHolder(part.origin.clone()));
        }
        Ok(Evidence::choose(&all, sources, |source| self.show(source).is_some()))
    }
}

fn source<'a>(
    index: usize,
    part: &'a StatementPart,
    folded: Option<&Folded>,
) -> Result<Source<'a>, PresentError> {
    let unverified = Unverified::parse(&part.sdjwt)?;
    let clear = unverified.clear();
    let named = || folded.and_then(|folded| folded.trust.key(&clear.issuer, &clear.kid)).cloned();
    let key =
        PublicKey::from_did_jwk(&clear.issuer).ok().or_else(named).ok_or(PresentError::UnknownIssuer)?;
    let statement = unverified.verify(&key)?;
    Ok(Source { part, index, kind: Kind::from_vct(&statement.clear().vct), statement })
}

/// The ledger's part for these statements: the streams they need, the anchors they use, their tokens.
fn cut_part(
    part: &LedgerPart,
    folded: &Folded,
    statements: &mut [StatementPart],
    standing: Vec<String>,
) -> LedgerPart {
    let issuers: Vec<String> =
        statements.iter().filter_map(|statement| claimed_issuer(&statement.sdjwt)).collect();
    let needed = folded.bodies_needed(issuers.iter().map(String::as_str));
    let mut heads: Vec<String> = part.heads.first().cloned().into_iter().collect();
    let mut streams = vec![];
    for (nth, stream) in
        part.streams.iter().enumerate().filter(|(_, stream)| needed.contains(stream.subject.as_str()))
    {
        heads.extend(part.heads.get(nth + 1).cloned());
        streams.push(stream.clone());
    }
    let mut cut = LedgerPart { anchors: vec![], standing, heads, streams, ..part.clone() };
    let LedgerPart { anchors, ledger, streams, .. } = &mut cut;
    let public = ledger.iter_mut().chain(streams.iter_mut().flat_map(|stream| &mut stream.entries));
    for place in public.chain(statements.iter_mut().map(|statement| &mut statement.place)) {
        keep_anchor(place, &part.anchors, anchors);
    }
    cut
}

fn keep_anchor(place: &mut ProvenEntry, all: &[String], kept: &mut Vec<String>) {
    let Some(AnchorProof { index, .. }) = &mut place.anchor else { return };
    let Some(note) = all.get(*index) else { return };
    *index = kept.iter().position(|known| known == note).unwrap_or_else(|| {
        kept.push(note.clone());
        kept.len() - 1
    });
}
