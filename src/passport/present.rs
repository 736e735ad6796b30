//! Cutting a complete file to what the holder chooses to show, and binding it to whom it is for.

use std::collections::BTreeSet;

use serde_json::Value;
use uuid::Uuid;

use super::file::{AnchorProof, Kind as FileKind, LedgerPart, PassportFile, ProvenEntry, StatementPart};
use super::record::always_shown;
use super::token::{BINDING_TEXT_BYTES_MAX, Binding};
use super::trust_fold::{Folded, claimed_issuer, fold};
use crate::crypto::{PrivateKey, PublicKey, base64url_encode};
use crate::event::{Kind, Shape};
use crate::statement::{Statement, StatementError, Unverified};

/// One record to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Show {
    /// Its statement's id.
    pub id: Uuid,
    /// The claims to disclose; `None`: all but `sub` and hashes that could lead to hidden records. Where and when it was
    /// said and what decides its meaning (a result, a decision, an end) are always shown.
    pub claims: Option<Vec<String>>,
}

/// What to show to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresentRequest {
    /// The records.
    pub shows: Vec<Show>,
    /// For whom: an https URI or whatever name the verifier goes by.
    pub audience: String,
    /// The verifier's challenge.
    pub nonce: String,
    /// Unix seconds.
    pub issued_at: i64,
    /// Unix seconds.
    pub expires_at: i64,
}

/// Why a presentation cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PresentError {
    /// It is cut already.
    #[error("a presentation cannot be cut again: start from the complete passport")]
    NotComplete,
    /// Nothing chosen.
    #[error("choose at least one record to show")]
    NothingChosen,
    /// No such record.
    #[error("the passport holds no record {0}")]
    UnknownRecord(Uuid),
    /// No such claim in it.
    #[error("the record {record} makes no claim `{claim}`")]
    UnknownClaim {
        /// `jti`
        record: Uuid,
        /// The claim asked for.
        claim: String,
    },
    /// No key was ever bound.
    #[error("no holder key is bound to this passport on {0}: ask a body there to bind one")]
    NoHolderKey(String),
    /// The key given is not the current one.
    #[error("this is not the key that the passport names as the holder's on {0}")]
    NotTheHolder(String),
    /// Audience, nonce or times.
    #[error("audience and nonce are 1 to {BINDING_TEXT_BYTES_MAX} bytes, and the end is after the beginning")]
    Binding,
    /// A statement in the file could not be read.
    #[error("a record cannot be read: {0}")]
    Statement(#[from] StatementError),
    /// The key of an issuer is not in the file.
    #[error("the file does not hold the key of an issuer; export it again")]
    UnknownIssuer,
}

impl PresentError {
    /// Stable, for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::NotComplete => "NOT_COMPLETE",
            Self::NothingChosen => "NOTHING_CHOSEN",
            Self::UnknownRecord(_) => "UNKNOWN_RECORD",
            Self::UnknownClaim { .. } => "UNKNOWN_CLAIM",
            Self::NoHolderKey(_) => "NO_HOLDER_KEY",
            Self::NotTheHolder(_) => "NOT_THE_HOLDER",
            Self::Binding => "BINDING_INVALID",
            Self::Statement(error) => error.reason(),
            Self::UnknownIssuer => "UNKNOWN_ISSUER",
        }
    }
}

/// A statement of the complete file, read.
struct Source<'a> {
    part: &'a StatementPart,
    index: usize,
    kind: Option<Kind>,
    statement: Statement,
}

impl PassportFile {
    /// The file that shows what `request` names and nothing that links it to the rest, signed by the holder.
    pub fn present(&self, request: &PresentRequest, holder: &PrivateKey) -> Result<Vec<u8>, PresentError> {
        check_request(self, request)?;
        let folded: Vec<Folded> = self.ledgers.iter().map(fold).collect();
        let sources: Vec<Source<'_>> =
            (0..self.statements.len()).map(|index| self.source(index, &folded)).collect::<Result<_, _>>()?;
        let mut cut = Self {
            kind: FileKind::Presentation,
            ledgers: vec![],
            statements: vec![],
            holder: vec![],
            presentation: None,
        };
        let mut shown = BTreeSet::new();
        for ledger in 0..self.ledgers.len() {
            let of_ledger: Vec<&Source<'_>> =
                sources.iter().filter(|source| source.part.ledger == ledger).collect();
            self.cut_ledger(ledger, &of_ledger, request, holder, folded.get(ledger), &mut cut, &mut shown)?;
        }
        if let Some(missing) = request.shows.iter().find(|show| !shown.contains(&show.id)) {
            return Err(PresentError::UnknownRecord(missing.id));
        }
        let binding = Binding {
            audience: request.audience.clone(),
            nonce: request.nonce.clone(),
            issued_at: request.issued_at,
            expires_at: request.expires_at,
            file_hash: cut.file_hash(),
        };
        cut.presentation = Some(binding.sign(holder));
        Ok(cut.encode())
    }

    fn source(&self, index: usize, folded: &[Folded]) -> Result<Source<'_>, PresentError> {
        let part = self.statements.get(index).ok_or(PresentError::UnknownIssuer)?;
        let unverified = Unverified::parse(&part.sdjwt)?;
        let clear = unverified.clear();
        let key = PublicKey::from_did_jwk(&clear.issuer).ok();
        let named =
            folded.get(part.ledger).and_then(|folded| folded.trust.key(&clear.issuer, &clear.kid)).cloned();
        let key = key.or(named).ok_or(PresentError::UnknownIssuer)?;
        let statement = unverified.verify(&key)?;
        Ok(Source { part, index, kind: Kind::from_vct(&statement.clear().vct), statement })
    }

    /// Adds what one ledger's part of the presentation needs, if any of its records is shown.
    #[expect(clippy::too_many_arguments, reason = "the accumulators of one loop, used here alone")]
    fn cut_ledger(
        &self,
        ledger: usize,
        sources: &[&Source<'_>],
        request: &PresentRequest,
        holder: &PrivateKey,
        folded: Option<&Folded>,
        cut: &mut Self,
        shown: &mut BTreeSet<Uuid>,
    ) -> Result<(), PresentError> {
        let chosen =
            |source: &Source<'_>| request.shows.iter().find(|show| show.id == source.statement.clear().id);
        if !sources.iter().any(|source| chosen(source).is_some()) {
            return Ok(());
        }
        let (Some(part), Some(folded)) = (self.ledgers.get(ledger), folded) else { return Ok(()) };
        let evidence = self.evidence(part, sources, &chosen, holder)?;
        let keys: Vec<&PublicKey> =
            evidence.line.iter().filter_map(|source| source.statement.clear().holder_key.as_ref()).collect();
        let is_tied = |source: &Source<'_>| {
            let clear = source.statement.clear();
            keys.iter().any(|key| clear.holder_key.as_ref() == Some(*key) || clear.issuer == key.did_jwk())
        };
        let needs_sub =
            evidence.needs_sub || sources.iter().any(|source| chosen(source).is_some() && !is_tied(source));
        let chosen_hashes: BTreeSet<String> = sources
            .iter()
            .filter(|source| chosen(source).is_some())
            .map(|source| base64url_encode(source.part.hash()))
            .collect();
        let mut standing = vec![];
        let first = cut.statements.len();
        for source in sources {
            let is_evidence = evidence.all.iter().any(|one| one.index == source.index);
            let show = chosen(source);
            if show.is_none() && !is_evidence {
                continue;
            }
            let opens_line = is_evidence && needs_sub && source.kind == Some(Kind::HolderKeyBound);
            let with_sub = opens_line || !is_evidence && !is_tied(source);
            let mut statement = source.part.clone();
            statement.ledger = cut.ledgers.len();
            statement.n_l = None;
            statement.sdjwt = disclose(source, show, with_sub, &chosen_hashes)?;
            if is_evidence {
                cut.holder.push(cut.statements.len());
            }
            standing.extend(self.standing_token(source.index).map(str::to_owned));
            shown.extend(show.map(|show| show.id));
            cut.statements.push(statement);
        }
        let statements = cut.statements.get_mut(first..).unwrap_or_default();
        cut.ledgers.push(cut_part(part, folded, statements, standing));
        Ok(())
    }

    /// The evidence to carry: from the body's word that begins the line of the oldest key used, to the current key.
    fn evidence<'s, 'a>(
        &self,
        part: &LedgerPart,
        sources: &[&'s Source<'a>],
        chosen: &dyn Fn(&Source<'_>) -> Option<&'s Show>,
        holder: &PrivateKey,
    ) -> Result<EvidenceLine<'s, 'a>, PresentError> {
        let all: Vec<&Source<'_>> =
            sources.iter().copied().filter(|source| self.holder.contains(&source.index)).collect();
        let last = all.last().ok_or_else(|| PresentError::NoHolderKey(part.origin.clone()))?;
        if last.statement.clear().holder_key.as_ref() != Some(&holder.public()) {
            return Err(PresentError::NotTheHolder(part.origin.clone()));
        }
        let is_bound = |source: &&Source<'_>| source.kind == Some(Kind::HolderKeyBound);
        let current = all.iter().rposition(is_bound).unwrap_or_default();
        // What the worker signed needs the evidence that was current then.
        let oldest = sources.iter().filter(|source| {
            chosen(source).is_some() && source.statement.clear().issuer.starts_with("did:jwk:")
        });
        let needed = oldest.filter_map(|source| all.iter().rposition(|held| held.index < source.index)).min();
        let shown = all.iter().position(|held| chosen(held).is_some());
        let from = [needed, shown].into_iter().flatten().fold(current, usize::min);
        let start = all.get(..=from).and_then(|before| before.iter().rposition(is_bound)).unwrap_or_default();
        let line = all.get(current..).unwrap_or_default().to_vec();
        Ok(EvidenceLine {
            all: all.get(start..).unwrap_or_default().to_vec(),
            line,
            needs_sub: start < current,
        })
    }
}

/// The evidence of one ledger.
struct EvidenceLine<'s, 'a> {
    /// Everything carried.
    all: Vec<&'s Source<'a>>,
    /// The newest unbroken line: its keys tie statements without `sub`.
    line: Vec<&'s Source<'a>>,
    /// More than one line is carried: their `sub` ties them.
    needs_sub: bool,
}

fn check_request(file: &PassportFile, request: &PresentRequest) -> Result<(), PresentError> {
    if file.kind != FileKind::Complete {
        return Err(PresentError::NotComplete);
    }
    if request.shows.is_empty() {
        return Err(PresentError::NothingChosen);
    }
    let fits = |text: &str| !text.is_empty() && text.len() <= BINDING_TEXT_BYTES_MAX;
    if fits(&request.audience) && fits(&request.nonce) && request.issued_at < request.expires_at {
        Ok(())
    } else {
        Err(PresentError::Binding)
    }
}

/// The statement with the chosen claims, those it is never shown without, and `sub` where nothing else ties it. A hash that
/// could lead to a hidden record is shown only when asked for by name, or when the record it names is shown as well.
fn disclose(
    source: &Source<'_>,
    show: Option<&Show>,
    with_sub: bool,
    chosen_hashes: &BTreeSet<String>,
) -> Result<String, PresentError> {
    let claims = source.statement.claims();
    let links = |name: &str| {
        let is_hash = source.kind.is_some_and(|kind| {
            kind.claims().iter().any(|claim| claim.name == name && is_hash(&claim.shape))
        });
        is_hash && !claims.get(name).and_then(Value::as_str).is_some_and(|hash| chosen_hashes.contains(hash))
    };
    let mut names: BTreeSet<&str> = source
        .kind
        .into_iter()
        .flat_map(always_shown)
        .filter(|name| claims.contains_key(*name) && !links(name))
        .collect();
    match show {
        Some(Show { claims: Some(asked), id }) => {
            if let Some(claim) = asked.iter().find(|claim| !claims.contains_key(claim.as_str())) {
                return Err(PresentError::UnknownClaim { record: *id, claim: claim.clone() });
            }
            names.extend(asked.iter().map(String::as_str));
        }
        Some(Show { claims: None, .. }) => {
            names.extend(claims.keys().map(String::as_str).filter(|name| *name != "sub" && !links(name)));
        }
        None => {}
    }
    if with_sub && claims.contains_key("sub") {
        names.insert("sub");
    }
    let names: Vec<&str> = names.into_iter().collect();
    Ok(source.statement.disclose(&names)?)
}

fn is_hash(shape: &Shape) -> bool {
    matches!(shape, Shape::Hash | Shape::List(Shape::Hash, _))
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
