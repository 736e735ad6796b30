//! A validated event: what is left when every rule of its kind holds.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::claim::claim;
use super::kind::{Class, Kind, LegalEffect};
use super::value::check_members;
use super::{ClaimError, StreamId, UnixMs, WorkerId, dates};
use crate::crypto::{Hash, base64url_decode};

/// Claims that travel in clear and are set by the statement itself; `exp` and `nbf` would make an expired record look
/// forged to foreign verifiers.
const CLEAR: [&str; 11] =
    ["iss", "iat", "jti", "vct", "cnf", "status", "_sd", "_sd_alg", "exp", "nbf", "aud"];

/// A validated event.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    kind: Kind,
    claims: Arc<Map<String, Value>>,
}

/// The stream an event belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stream {
    /// A worker's.
    Worker(WorkerId),
    /// An institution's, a publication's or the ledger's.
    Public(StreamId),
}

impl Event {
    /// Checks a complete claim set (`sub` included; iss, iat, jti, vct, cnf, status excluded) against the kind's closed schema.
    pub fn validate(kind: Kind, claims: &Arc<Map<String, Value>>) -> Result<Self, ClaimError> {
        Self::check(kind, claims)?;
        Ok(Self { kind, claims: Arc::clone(claims) })
    }

    /// [`Self::validate`] for a caller that needs no event.
    pub fn check(kind: Kind, claims: &Map<String, Value>) -> Result<(), ClaimError> {
        check_members(&kind.spec().members, claims, true).map_err(|error| explained(kind, error))
    }

    /// Checks what is disclosed of a claim set: unknown or ill-formed claims are refused, absent ones are not.
    pub fn validate_partial(kind: Kind, claims: &Arc<Map<String, Value>>) -> Result<Self, ClaimError> {
        check_members(&kind.spec().members, claims, false).map_err(|error| explained(kind, error))?;
        Ok(Self { kind, claims: Arc::clone(claims) })
    }

    /// The kind.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The claims.
    pub fn claims(&self) -> &Map<String, Value> {
        &self.claims
    }

    /// The claims, for who keeps them beside the event.
    pub fn shared_claims(&self) -> Arc<Map<String, Value>> {
        Arc::clone(&self.claims)
    }

    /// A text claim.
    pub fn text(&self, name: &str) -> Option<&str> {
        claim(&self.claims, name).and_then(Value::as_str)
    }

    /// A member of an object claim, e.g. `nqf_level`, `framework`.
    pub fn member(&self, name: &str, member: &str) -> Option<&str> {
        claim(&self.claims, name).and_then(|object| object.get(member)).and_then(Value::as_str)
    }

    /// The texts of a list claim; none if it is absent.
    pub fn texts(&self, name: &str) -> impl Iterator<Item = &str> {
        claim(&self.claims, name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
    }

    /// The objects of a list claim; none if it is absent.
    pub fn objects(&self, name: &str) -> impl Iterator<Item = &Map<String, Value>> {
        claim(&self.claims, name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object)
    }

    /// A date claim.
    pub fn date(&self, name: &str) -> Option<jiff::civil::Date> {
        dates::parse_date(self.text(name)?).ok()
    }

    /// A time claim, in Unix milliseconds.
    pub fn instant(&self, name: &str) -> Option<UnixMs> {
        dates::parse_instant(self.text(name)?).ok()
    }

    /// A hash claim.
    pub fn hash(&self, name: &str) -> Option<Hash> {
        base64url_decode(self.text(name)?).ok()?.try_into().ok()
    }

    /// The title in `language` if there is one, else in English, else in the first language.
    pub fn title(&self, language: &str) -> Option<&str> {
        let titles = claim(&self.claims, "title")?.as_object()?;
        titles.get(language).or_else(|| titles.get("en")).or_else(|| titles.values().next())?.as_str()
    }

    /// The award date claim's value, if disclosed and the kind has one.
    pub fn award_date(&self) -> Option<jiff::civil::Date> {
        self.date(self.kind.award_date_claim()?)
    }

    /// `target`: the hash of the statement it acts on.
    pub fn target(&self) -> Option<Hash> {
        self.hash("target")
    }

    /// What this very record does in law: a comparability statement comes from the same procedure and only informs.
    pub fn legal_effect(&self) -> LegalEffect {
        match (self.kind, self.text("decision")) {
            (Kind::RecognitionDecided, Some("COMPARABILITY_STATEMENT")) => LegalEffect::Informative,
            _ => self.kind.legal_effect(),
        }
    }

    /// A failed attempt, a refusal or a procedure without result: for the worker's eyes unless they disclose it.
    pub fn is_private_by_default(&self) -> bool {
        let is = |name: &str, value: &str| self.text(name) == Some(value);
        is("result", "FAILED") || is("decision", "REFUSED") || is("outcome", "NONE")
    }

    /// Counsel to the worker (what is missing, what to learn): for the worker and those who help at home, not for employers.
    pub fn is_counsel(&self) -> bool {
        matches!(self.kind, Kind::GapIdentified | Kind::TrainingRecommended)
    }

    /// Claims without which the record would mean something else and which are not disclosed. Whoever shows a record cut
    /// down by the holder must say so for these: a withheld `result` may be a failure. Of a statement with all its
    /// disclosures nothing is withheld; what this lists then was never claimed.
    pub fn withheld(&self) -> impl Iterator<Item = &'static str> {
        self.kind
            .claims()
            .iter()
            .filter(|spec| spec.decisive && !self.claims.contains_key(spec.name))
            .map(|spec| spec.name)
    }

    /// The stream it belongs to; `None` if `sub` names it and is not disclosed.
    pub fn stream(&self) -> Option<Stream> {
        Some(match (self.kind.class(), self.kind) {
            (Class::Person, _) => Stream::Worker(WorkerId::parse(self.text("sub")?).ok()?),
            (Class::Institution, kind) if kind.is_publication() => {
                Stream::Public(StreamId::publication(self.text("sub")?))
            }
            (Class::Institution, _) => Stream::Public(StreamId::institution(self.text("sub")?)),
            (Class::Ledger, Kind::Erased) => Stream::Public(StreamId::erasures()),
            (Class::Ledger, _) => Stream::Public(StreamId::ledger()),
        })
    }
}

/// Gives the frequent mistakes a reason of their own.
fn explained(kind: Kind, error: ClaimError) -> ClaimError {
    if error.reason != "UNKNOWN_CLAIM" {
        return error;
    }
    match error.claim.as_str() {
        "exp" => ClaimError::new(
            "exp",
            "CLEAR_CLAIM",
            "use `valid_until`: `exp` would make an expired record look forged",
        ),
        name if CLEAR.contains(&name) => {
            ClaimError::new(name, "CLEAR_CLAIM", "belongs to the statement, not to the event's claims")
        }
        "eqf_level" if matches!(kind, Kind::SkillAssessed | Kind::UnitAchieved | Kind::TrainingCompleted) => {
            let message = "EQF levels belong to qualifications referenced to the EQF, never to a single skill, unit or course";
            ClaimError::new("eqf_level", "EQF_ON_SKILL", message)
        }
        _ => ClaimError {
            message: format!("{} of {}", error.message.replace(" of this kind", ""), kind.name()),
            ..error
        },
    }
}
