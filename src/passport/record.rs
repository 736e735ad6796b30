//! What is shown of one record: the same in a projection and in a verifier's report.

use std::sync::Arc;

use jiff::civil::Date;
use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::{Map, Value, json};

use super::confirmation::Confirmation;
use super::token::StatusCode;
use crate::crypto::base64url_encode;
use crate::event::{Event, Kind, LegalEffect, Section, UnixMs};
use crate::recognition::instrument;
use crate::statement::jws::UnverifiedJws;
use crate::statement::{STATEMENT_TYP, Statement, json};
use crate::trust::{Authorisation, Endorser, IssuerKind};

/// Whether a record is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// It stands, whole.
    InForce,
    /// Past its last day. That makes nobody a forger.
    Expired,
    /// Interrupted by its issuer.
    Suspended,
    /// Withdrawn by its issuer.
    Revoked,
    /// Replaced by a later record.
    Superseded,
    /// It stands, and says less than the whole.
    Partial,
    /// Cannot be told from what is shown.
    Unknown,
}

impl Standing {
    /// As written in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InForce => "in_force",
            Self::Expired => "expired",
            Self::Suspended => "suspended",
            Self::Revoked => "revoked",
            Self::Superseded => "superseded",
            Self::Partial => "partial",
            Self::Unknown => "unknown",
        }
    }

    /// The standing of `event` on the day `valid_at`, given what the ledger last said of it (`None` when it has not said
    /// so recently enough) and how many claims of the statement are hidden.
    pub(super) fn of(event: &Event, hidden: usize, said: Option<StatusCode>, valid_at: Date) -> Self {
        match said {
            Some(StatusCode::Revoked) => return Self::Revoked,
            Some(StatusCode::Suspended) => return Self::Suspended,
            Some(StatusCode::Superseded) => return Self::Superseded,
            Some(StatusCode::Valid) | None => {}
        }
        // `valid_until` is inclusive: in force until the end of that day, UTC (SPEC.md, "Time").
        if last_day(event).is_some_and(|last| valid_at > last) {
            return Self::Expired;
        }
        let has_begun = event.date("valid_from").is_none_or(|first| valid_at >= first);
        if said.is_none() || !has_begun || may_hide_its_meaning(event, hidden) {
            return Self::Unknown;
        }
        let is_partial = matches!(event.text("decision"), Some("PARTIAL" | "CONDITIONAL"))
            || event.claims().get("is_partial_qualification") == Some(&Value::Bool(true));
        if is_partial { Self::Partial } else { Self::InForce }
    }
}

/// The last day on which it says something: of leave, the last on which the worker can come back.
fn last_day(event: &Event) -> Option<Date> {
    event.date("valid_until").or_else(|| event.date("leave_until"))
}

/// Claims without which a record would mean something else and which are, or may be, hidden. A hidden claim that every
/// record of the kind has is known to be hidden; if more are hidden than these, any other may be among them.
fn withheld(event: &Event, hidden: usize) -> Vec<&'static str> {
    if hidden == 0 {
        return Vec::new();
    }
    let missing = || event.kind().claims().iter().filter(|claim| !event.claims().contains_key(claim.name));
    let more_than_known = hidden > missing().filter(|claim| claim.required).count();
    // Which record a change is about does not change what it says.
    let decisive = missing().filter(|claim| claim.decisive && claim.name != "target");
    decisive.filter(|claim| claim.required || more_than_known).map(|claim| claim.name).collect()
}

/// Whether what may be hidden leaves the standing open: what every record of the kind says, or, where an end is the rule
/// (licences, decisions, language tests), anything.
fn may_hide_its_meaning(event: &Event, hidden: usize) -> bool {
    let kind = event.kind();
    let ends = matches!(kind.legal_effect(), LegalEffect::RightToPractise | LegalEffect::RecognitionDecision)
        || matches!(kind, Kind::LanguageCertified | Kind::RegisterEntered);
    let is_required = |name: &str| kind.claims().iter().any(|claim| claim.name == name && claim.required);
    withheld(event, hidden).iter().any(|name| ends || is_required(name))
}

/// How many claims of a statement are not shown: digests in `_sd` without their disclosure.
pub(super) fn hidden_claims(statement: &Statement) -> usize {
    if statement.is_complete() {
        return 0;
    }
    let payload = UnverifiedJws::parse(statement.jwt(), STATEMENT_TYP).map(|jws| jws.payload);
    let digests = payload.ok().and_then(|payload| payload.get("_sd")?.as_array().map(Vec::len));
    digests.unwrap_or(usize::MAX).saturating_sub(statement.claims().len())
}

/// The claims that a presentation always shows of a statement, if it makes them: where and when it was said, for which the
/// authority is judged, and those without which it would mean something else.
pub fn always_shown(kind: Kind) -> impl Iterator<Item = &'static str> {
    let decisive = kind.claims().iter().filter(|claim| claim.decisive).map(|claim| claim.name);
    ["issuing_country"].into_iter().chain(kind.award_date_claim()).chain(decisive)
}

/// On what basis a body could state a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Basis {
    /// STATUTE, ACCREDITATION, DESIGNATION, REGISTRATION or MEMBERSHIP; AUTHORISER, CUSTODIAN.
    pub name: String,
    /// Who authorised it.
    pub given_by: String,
}

/// One record of a passport.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// The statement's id.
    pub jti: String,
    /// The statement's hash, base64url: what others name it by.
    pub hash: String,
    /// What kind of event it is.
    pub kind: Kind,
    /// Its part of the passport.
    pub section: Section,
    /// As the issuer titled it; else the kind's own words.
    pub title: String,
    /// `iss`.
    pub issuer: String,
    /// As published when the body was authorised.
    pub issuer_name: Option<String>,
    /// The jurisdiction it was stated in.
    pub country: Option<String>,
    /// Whether it is in force.
    pub standing: Standing,
    /// Why it is not in force, where that follows from another record.
    pub standing_reason: Option<String>,
    /// Other bodies' awards of the same achievement: each stands and falls for itself.
    pub awarded_with: Vec<String>,
    /// What it does in law.
    pub legal_effect: LegalEffect,
    /// When the ledger recorded it.
    pub recorded_at: UnixMs,
    /// Everything shown of it. `sub` is not repeated in its JSON.
    pub claims: Arc<Map<String, Value>>,
    /// The day it speaks from, if the kind has one and it is shown.
    pub awarded_on: Option<Date>,
    /// The title in its original language, or under the law that protects it, where the issuer names one.
    pub original_title: Option<String>,
    /// Claims without which it would mean something else and which are not shown, as far as can be told.
    pub withheld: Vec<&'static str>,
    /// Who had endorsed the authorisation it was stated under.
    pub endorsed_by: Vec<Endorser>,
    /// On what basis its issuer could state it, as far as that is shown.
    pub basis: Option<Basis>,
    /// Who confirmed it: bodies of another kind than the one that stated it.
    pub confirmed_by: Vec<Confirmation>,
    /// Of work for a household or an informal employer, and of what the worker states: whether anybody else says so too.
    pub independently_confirmed: Option<bool>,
}

/// The claims that reports and projections show beside the title, as they were stated.
const SHOWN_CLAIMS: [&str; 9] = [
    "valid_from",
    "valid_until",
    "learning_setting",
    "instrument",
    "decision",
    "recognition_kind",
    "result",
    "outcome",
    "source",
];

impl Record {
    /// The record that a verified statement makes; `None` for kinds that are about other records or about keys.
    pub(super) fn of(
        statement: &Statement,
        event: &Event,
        recorded_at: UnixMs,
        standing: Standing,
    ) -> Option<Self> {
        let section = event.kind().section()?;
        let clear = statement.clear();
        Some(Self {
            jti: clear.id.urn().to_string(),
            hash: base64url_encode(statement.hash()),
            kind: event.kind(),
            section,
            title: event.title("en").map_or_else(|| plain_words(event.kind().name()), str::to_owned),
            issuer: clear.issuer.clone(),
            issuer_name: None,
            country: event.text("issuing_country").map(str::to_owned),
            standing,
            standing_reason: None,
            awarded_with: vec![],
            legal_effect: event.legal_effect(),
            recorded_at,
            claims: event.shared_claims(),
            withheld: withheld(event, hidden_claims(statement)),
            awarded_on: event.award_date(),
            original_title: original_title(event),
            endorsed_by: Vec::new(),
            basis: None,
            confirmed_by: Vec::new(),
            independently_confirmed: None,
        })
    }

    /// Adds under which authorisation it was said, as far as that counts.
    pub(super) fn authorised(&mut self, authorisation: &Authorisation) {
        self.issuer_name = Some(authorisation.issuer_name.clone());
        self.endorsed_by.clone_from(&authorisation.endorsed_by);
        let (name, given_by) = (authorisation.basis.clone(), authorisation.authoriser.clone());
        self.basis = Some(Basis { name, given_by });
    }

    /// Adds who confirmed it. `issuer_kind` is of the body that stated it, if that is known.
    pub(super) fn confirmed(&mut self, issuer_kind: Option<&str>, by: Vec<Confirmation>) {
        let alone = match self.kind {
            Kind::SelfAssessed => true,
            Kind::WorkExperienceAttested
                if matches!(self.text("employer_form"), Some("HOUSEHOLD" | "INFORMAL")) =>
            {
                !issuer_kind.and_then(IssuerKind::from_name).is_some_and(IssuerKind::confirms_work)
            }
            _ => {
                self.confirmed_by = by;
                return;
            }
        };
        self.independently_confirmed = Some(!alone || !by.is_empty());
        self.confirmed_by = by;
    }

    /// The instrument it rests on, with its kind and what that binds, wherever one is cited; null where none is. One that
    /// the registry does not know binds nobody as far as can be told.
    fn agreement(&self) -> Value {
        let Some(cited) = self.text("instrument") else { return Value::Null };
        match instrument(cited) {
            Some(known) => {
                json!({"id": known.id, "title": known.title, "kind": known.kind.name(), "force": known.kind.force()})
            }
            None => {
                json!({"id": cited, "title": null, "kind": null, "force": "not in the registry: what it binds is not known"})
            }
        }
    }

    /// What a reader must know of the credit system, where it is no longer in use.
    fn credit_note(&self) -> Option<&'static str> {
        let credit = self.claims.get("credit_point")?.get("framework")?.as_str()?;
        credit.eq_ignore_ascii_case("ECVET").then_some(
            "historic: ECVET points are no longer in use since 2020-11-24 (Council Recommendation on VET)",
        )
    }

    /// A text claim of it.
    pub fn text(&self, claim: &str) -> Option<&str> {
        self.claims.get(claim).and_then(Value::as_str)
    }

    /// The JSON of reports and projections.
    pub fn to_json(&self) -> Value {
        json::value(self)
    }
}

/// The JSON of reports and projections, member by member: a passport has many, and most are never looked at as values.
impl Serialize for Record {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_map(None)?;
        members.serialize_entry("title", &self.title)?;
        members.serialize_entry("section", self.section.as_str())?;
        members.serialize_entry("issuer", &self.issuer)?;
        members.serialize_entry("issuer_name", &self.issuer_name)?;
        members.serialize_entry("country", &self.country)?;
        members.serialize_entry("standing", self.standing.as_str())?;
        members.serialize_entry("standing_reason", &self.standing_reason)?;
        members.serialize_entry("awarded_with", &self.awarded_with)?;
        members.serialize_entry("legal_effect", self.legal_effect.as_str())?;
        members.serialize_entry("kind", self.kind.name())?;
        members.serialize_entry("jti", &self.jti)?;
        members.serialize_entry("hash", &self.hash)?;
        members.serialize_entry("recorded_at", &self.recorded_at)?;
        for claim in SHOWN_CLAIMS {
            members.serialize_entry(claim, &self.claims.get(claim))?;
        }
        members.serialize_entry("agreement", &self.agreement())?;
        members.serialize_entry("credit_note", &self.credit_note())?;
        members.serialize_entry("original_title", &self.original_title)?;
        members.serialize_entry("awarded_on", &self.awarded_on.map(|day| day.to_string()))?;
        members.serialize_entry("withheld", &self.withheld)?;
        let endorsed = self
            .endorsed_by
            .iter()
            .map(|one| json!({"issuer": one.issuer, "issuer_name": one.name, "side": one.side.name()}));
        members.serialize_entry("endorsed_by", &endorsed.collect::<Vec<_>>())?;
        let confirmed = self.confirmed_by.iter().map(Confirmation::to_json);
        members.serialize_entry("confirmed_by", &confirmed.collect::<Vec<_>>())?;
        members.serialize_entry("independently_confirmed", &self.independently_confirmed)?;
        members.serialize_entry("claims", &WithoutSubject(&self.claims))?;
        members.end()
    }
}

struct WithoutSubject<'a>(&'a Map<String, Value>);

impl Serialize for WithoutSubject<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().filter(|(name, _)| *name != "sub"))
    }
}

fn original_title(event: &Event) -> Option<String> {
    let in_original = || {
        let language = event.text("original_language")?;
        event.member("title", language)
    };
    event.text("protected_title").or_else(in_original).map(str::to_owned)
}

/// `TrainingCompleted` as `Training completed`.
pub(super) fn plain_words(name: &str) -> String {
    let mut words = String::with_capacity(name.len().saturating_add(4));
    for (index, letter) in name.char_indices() {
        if letter.is_ascii_uppercase() && index > 0 {
            words.push(' ');
            words.push(letter.to_ascii_lowercase());
        } else {
            words.push(letter);
        }
    }
    words
}
