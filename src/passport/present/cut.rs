//! Cutting: the statements shown, the streams and tokens they need, and nothing else.

use std::collections::BTreeSet;

use super::disclose::{Links, disclose};
use super::evidence::Evidence;
use super::{PresentError, PresentRequest, Show};
use crate::crypto::{PrivateKey, PublicKey, base64url_encode};
use crate::event::Kind;
use crate::passport::file::{
    AnchorProof, Kind as FileKind, LedgerPart, PassportFile, ProvenEntry, StatementPart,
};
use crate::passport::token::{StatusCode, Unchecked};
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

    /// Whose passport it is of; a complete file shows it of every statement.
    pub(super) fn worker(&self) -> Option<&str> {
        self.statement.subject()
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
            if let Some(hidden) = chosen.and_then(|chosen| confirmed(chosen, &sources)) {
                let is_shown = request.shows.iter().any(|show| show.id == hidden);
                if !is_shown {
                    return Err(PresentError::ConfirmsHidden(show.id, hidden));
                }
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
        let apart = self.how_apart()?;
        for (ledger, (part, folded)) in self.file.ledgers.iter().zip(&self.folded).enumerate() {
            let sources: Vec<&Source<'a>> =
                self.sources.iter().filter(|source| source.part.ledger == ledger).collect();
            if sources.iter().any(|source| self.carries(source, apart)) {
                self.cut_ledger(part, folded, &sources, apart, &mut cut)?;
            }
        }
        Ok(cut)
    }

    fn show(&self, source: &Source<'_>) -> Option<&'a Show> {
        self.request.shows.iter().find(|show| show.id == source.statement.clear().id)
    }

    /// Shown, or a join without which several passports would not be one person's.
    fn carries(&self, source: &Source<'_>, apart: Apart) -> bool {
        self.show(source).is_some() || apart == Apart::Passports && self.is_join(source)
    }

    /// A join that stands, as far as the file tells.
    fn is_join(&self, source: &Source<'_>) -> bool {
        let token = || Unchecked::standing(self.file.standing_token(source.index)?).ok();
        source.kind == Some(Kind::PassportsJoined)
            && token().is_some_and(|token| token.content.status == StatusCode::Valid)
    }

    /// What has to show whose it is.
    fn how_apart(&self) -> Result<Apart, PresentError> {
        let shown = || self.sources.iter().filter(|source| self.show(source).is_some());
        let workers: BTreeSet<Option<&str>> = shown().map(Source::worker).collect();
        let ledgers: BTreeSet<usize> = shown().map(|source| source.part.ledger).collect();
        if workers.len() > 1 {
            let joined = self.sources.iter().any(|source| self.is_join(source));
            return if joined { Ok(Apart::Passports) } else { Err(PresentError::NotJoined) };
        }
        Ok(if ledgers.len() > 1 { Apart::Ledgers } else { Apart::Nothing })
    }

    fn cut_ledger(
        &self,
        part: &LedgerPart,
        folded: &Folded,
        sources: &[&Source<'a>],
        apart: Apart,
        cut: &mut PassportFile,
    ) -> Result<(), PresentError> {
        // Of each passport: whose, the evidence of its key, and whether its lines of keys show whose they are.
        let mut passports: Vec<(Option<&str>, Evidence<'_, 'a>, bool)> = Vec::new();
        for source in sources.iter().filter(|source| self.carries(source, apart)) {
            let worker = source.worker();
            if !passports.iter().any(|(known, ..)| *known == worker) {
                let own: Vec<&Source<'a>> =
                    sources.iter().copied().filter(|source| source.worker() == worker).collect();
                let evidence = self.evidence(part, &own, apart)?;
                let mut carried = own.iter().filter(|source| self.carries(source, apart));
                let needs_sub = apart == Apart::Ledgers
                    || evidence.has_several_lines()
                    || carried.any(|source| !evidence.holds(source) && !evidence.ties(source));
                passports.push((worker, evidence, needs_sub));
            }
        }
        let carried =
            sources.iter().filter(|source| self.carries(source, apart)).map(|source| source.part.hash());
        let evidence = passports.iter().flat_map(|(_, evidence, _)| evidence.hashes());
        let links = Links::to_all_but(carried.chain(evidence).map(base64url_encode).collect());
        let mut standing = vec![];
        let first = cut.statements.len();
        for source in sources {
            let passport = passports.iter().find(|(worker, ..)| *worker == source.worker());
            let Some((_, evidence, needs_sub)) = passport else { continue };
            let (show, is_evidence) = (self.show(source), evidence.holds(source));
            if !self.carries(source, apart) && !is_evidence {
                continue;
            }
            let with_sub = apart == Apart::Passports
                || *needs_sub && evidence.opens_line(source)
                || !is_evidence && !evidence.ties(source);
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

    /// The evidence of one passport.
    fn evidence<'s>(
        &self,
        part: &LedgerPart,
        sources: &[&'s Source<'a>],
        apart: Apart,
    ) -> Result<Evidence<'s, 'a>, PresentError> {
        let all: Vec<&'s Source<'a>> =
            sources.iter().copied().filter(|source| self.file.holder.contains(&source.index)).collect();
        let last = all.iter().rfind(|source| source.kind.is_some_and(Kind::makes_key_current));
        let last = last.ok_or_else(|| PresentError::NoHolderKey(part.origin.clone()))?;
        if last.statement.clear().holder_key.as_ref() != Some(&self.holder) {
            return Err(PresentError::NotTheHolder(part.origin.clone()));
        }
        Ok(Evidence::choose(&all, sources, |source| self.carries(source, apart)))
    }
}

/// What makes a presentation show whose its parts are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Apart {
    /// One passport of one ledger.
    Nothing,
    /// One worker on several ledgers: each line of keys says whose it is, since a key alone could be two workers'.
    Ledgers,
    /// Joined passports: everything says whose it is.
    Passports,
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
        heads.extend(part.heads.get(nth.saturating_add(1)).cloned());
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
        kept.len().saturating_sub(1)
    });
}

/// The record that a confirmation is about: without it nobody sees what was confirmed.
fn confirmed(source: &Source<'_>, sources: &[Source<'_>]) -> Option<uuid::Uuid> {
    if source.kind != Some(Kind::ExperienceConfirmed) {
        return None;
    }
    let named = source.statement.claims().get("record")?.as_str()?;
    let record = sources.iter().find(|other| base64url_encode(other.statement.hash()) == named)?;
    Some(record.statement.clear().id)
}
