//! Which claims of a statement a presentation shows.

use std::collections::BTreeSet;

use serde_json::Value;

use super::cut::Source;
use super::{PresentError, Show};
use crate::event::entry::Entry;
use crate::event::{Event, Kind, Shape};
use crate::passport::record::always_shown;
use crate::passport::trust_fold::Folded;
use crate::trust::Question;

/// Hashes that could lead to a hidden record: all but those of the records that are shown too.
pub(super) struct Links {
    shown: BTreeSet<String>,
}

impl Links {
    /// `shown`: the hashes, base64url, of the records shown.
    pub(super) fn to_all_but(shown: BTreeSet<String>) -> Self {
        Self { shown }
    }

    fn to_hidden(&self, kind: Option<Kind>, name: &str, value: Option<&Value>) -> bool {
        kind.into_iter().flat_map(hash_claims).any(|claim| claim == name)
            && !value.and_then(Value::as_str).is_some_and(|hash| self.shown.contains(hash))
    }
}

/// The claims of a kind that name other records by their hashes.
pub fn hash_claims(kind: Kind) -> impl Iterator<Item = &'static str> {
    let is_hash = |shape: &Shape| matches!(shape, Shape::Hash | Shape::List(Shape::Hash, _));
    kind.claims().iter().filter(move |claim| is_hash(&claim.shape)).map(|claim| claim.name)
}

/// The statement with the chosen claims, those it is never shown without, and `sub` where nothing else ties it. A hash that
/// could lead to a hidden record is shown only when asked for by name.
pub(super) fn disclose(
    source: &Source<'_>,
    show: Option<&Show>,
    with_sub: bool,
    links: &Links,
    folded: &Folded,
) -> Result<String, PresentError> {
    let claims = source.statement.claims();
    let may_go =
        |name: &&str| claims.contains_key(*name) && !links.to_hidden(source.kind, name, claims.get(*name));
    let always = source.kind.into_iter().flat_map(always_shown).chain(limited(source, folded));
    let mut names: BTreeSet<&str> = always.filter(may_go).collect();
    match show {
        Some(Show { claims: Some(asked), id }) => {
            if let Some(claim) = asked.iter().find(|claim| !claims.contains_key(claim.as_str())) {
                return Err(PresentError::UnknownClaim { record: *id, claim: claim.clone() });
            }
            names.extend(asked.iter().map(String::as_str));
        }
        Some(Show { claims: None, .. }) => {
            names.extend(claims.keys().map(String::as_str).filter(|name| *name != "sub").filter(may_go));
        }
        None => {}
    }
    if with_sub && claims.contains_key("sub") {
        names.insert("sub");
    }
    let names: Vec<&str> = names.into_iter().collect();
    Ok(source.statement.disclose(&names)?)
}

/// The claims that the issuer's authorisation limits: without them nobody can tell whether it was within.
fn limited(source: &Source<'_>, folded: &Folded) -> Vec<&'static str> {
    let find = || {
        let event = Event::validate_partial(source.kind?, source.statement.claims()).ok()?;
        let recorded_at = Entry::decode(&source.part.place.entry).ok()?.recorded_at();
        let question = Question::about(source.issuer(), &event, source.part.place.leaf, recorded_at);
        let authorisation = folded.trust.authorise(&question).ok()?;
        Some(folded.limits(&authorisation).to_vec())
    };
    find().unwrap_or_default()
}
