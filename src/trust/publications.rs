//! Who may publish: standards, frameworks, referencings, agreements, meetings, resolutions, regulated professions. And
//! what is published by a leaf, for answers that rest on it.

use std::sync::Arc;

use super::authorise::{Question, day_of};
use super::error::Refusal;
use super::issuer_kind::IssuerKind;
use super::key_life::KeyVerdict;
use super::state::{Grant, TrustState};
use crate::crypto::Hash;
use crate::event::vocab::frameworks;
use crate::event::{Event, Kind, UnixMs};
use crate::statement::Statement;

/// One recorded publication other than a standard.
#[derive(Debug, Clone)]
pub struct Publication {
    /// Where it stands.
    pub leaf: u64,
    /// When it was recorded.
    pub recorded_at: UnixMs,
    /// The statement's hash, which `target` of later ones names.
    pub hash: Hash,
    /// Who published it.
    pub issuer: String,
    /// The kind of body, as its authorisation for this publication says.
    pub issuer_kind: String,
    /// The publication's id.
    pub id: String,
    /// What it says.
    pub event: Event,
    kid: String,
}

/// The sides of the social dialogue, which make agreements and endorse authorisations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// Ministries, authorities, employment services.
    Government,
    /// Employers' federations.
    Employers,
    /// Unions.
    Workers,
}

impl Side {
    /// As in `resolution_sides`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Government => "GOVERNMENT",
            Self::Employers => "EMPLOYERS",
            Self::Workers => "WORKERS",
        }
    }

    /// The side for which a body of this kind speaks; `None` for those that speak for none.
    pub fn of(issuer_kind: &str) -> Option<Self> {
        match IssuerKind::from_name(issuer_kind)? {
            IssuerKind::LabourMigrationAuthority
            | IssuerKind::PublicEmploymentService
            | IssuerKind::CompetentAuthority
            | IssuerKind::QualificationsAuthority => Some(Self::Government),
            IssuerKind::EmployersOrganisation => Some(Self::Employers),
            IssuerKind::WorkersOrganisation => Some(Self::Workers),
            _ => None,
        }
    }
}

impl TrustState {
    /// Every publication but standards recorded by `known_at`, in leaf order. What a compromised key signed, and what rests on
    /// an authorisation that a compromise made void, is left out.
    pub fn published(&self, known_at: UnixMs) -> impl Iterator<Item = &Publication> {
        self.published_of(known_at, |_| true)
    }

    /// Of them those that are `wanted`; only their bodies and keys are judged, which is what takes the time.
    pub fn published_of(
        &self,
        known_at: UnixMs,
        wanted: impl Fn(&Event) -> bool,
    ) -> impl Iterator<Item = &Publication> {
        self.references.iter().map(Arc::as_ref).filter(move |one| wanted(&one.event)).filter(move |one| {
            let key = self.key_verdict(&one.issuer, &one.kid, one.leaf, one.recorded_at);
            let question = Question::about(&one.issuer, &one.event, one.leaf, one.recorded_at);
            one.recorded_at <= known_at && key != KeyVerdict::Compromised && self.authorise(&question).is_ok()
        })
    }

    /// Whether an agreement of this id is registered.
    pub fn knows_agreement(&self, id: &str) -> bool {
        self.agreement(id).is_some()
    }

    /// An agreement as it was registered last.
    fn agreement(&self, id: &str) -> Option<&Publication> {
        let registers = |one: &&Publication| {
            one.event.kind() == Kind::AgreementRegistered && one.event.text("agreement") == Some(id)
        };
        self.references.iter().map(Arc::as_ref).rfind(registers)
    }

    /// Folds a publication that was admitted.
    pub(super) fn add_reference(
        &mut self,
        statement: &Statement,
        event: &Event,
        leaf: u64,
        recorded_at: UnixMs,
    ) {
        let issuer = statement.clear().issuer.clone();
        let authorised = self.authorise(&Question::about(&issuer, event, leaf, recorded_at));
        self.references.push(Arc::new(Publication {
            leaf,
            recorded_at,
            hash: statement.hash(),
            kid: statement.clear().kid.clone(),
            issuer_kind: authorised.map(|found| found.issuer_kind).unwrap_or_default(),
            id: statement.subject().unwrap_or_default().to_owned(),
            event: event.clone(),
            issuer,
        }));
    }

    /// Standards are no records of persons and are not listed in an authorisation: an authorised body of a kind that owns
    /// standards publishes its own.
    pub(super) fn admit_standard(
        &self,
        issuer: &str,
        subject: &str,
        event: &Event,
        leaf: u64,
        recorded_at: UnixMs,
    ) -> Result<(), Refusal> {
        self.owns(issuer, subject, event)?;
        let body = self.bodies.get(issuer).ok_or_else(|| Refusal::UnknownIssuer(issuer.to_owned()))?;
        let owns_standards = |grant: &&Grant| {
            IssuerKind::from_name(&grant.issuer_kind)
                .is_some_and(|kind| kind.may_state(Kind::StandardPublished))
        };
        let stands =
            |grant: &Grant| self.stands(issuer, grant, day_of(recorded_at), leaf, recorded_at).is_ok();
        if body.grants.iter().filter(owns_standards).any(stands) {
            return Ok(());
        }
        Err(Refusal::KindNotAuthorised { issuer: issuer.to_owned(), kind: event.kind() })
    }

    /// Answers to third parties are built from these: each kind must be listed in an authorisation that stands, for the
    /// country it is published in.
    pub(super) fn admit_reference(
        &self,
        issuer: &str,
        subject: &str,
        event: &Event,
        leaf: u64,
        recorded_at: UnixMs,
    ) -> Result<(), Refusal> {
        self.owns(issuer, subject, event)?;
        let found = self.authorise(&Question::about(issuer, event, leaf, recorded_at))?;
        let kind = event.kind();
        let excluded = || Refusal::IssuerKindExcludes { issuer_kind: found.issuer_kind.clone(), kind };
        match kind {
            // No single country's authority speaks for a framework of several.
            Kind::FrameworkPublished => {
                let regional =
                    event.text("framework").is_some_and(|name| frameworks::country_of(name).is_none());
                let international = found.issuer_kind == IssuerKind::InternationalOrganisation.name();
                if regional && !international { Err(excluded()) } else { Ok(()) }
            }
            Kind::ReferencingSuperseded => {
                let same = |one: &&Publication| one.id == subject;
                self.target_of(event, Kind::ReferencingPublished)
                    .filter(same)
                    .map(|_| ())
                    .ok_or(Refusal::UnknownTarget)
            }
            Kind::ResolutionEndorsed => {
                let meeting =
                    self.target_of(event, Kind::MonitoringMeetingHeld).ok_or(Refusal::UnknownTarget)?;
                let resolved = meeting.event.claims().contains_key("resolutions");
                if !resolved {
                    return Err(Refusal::UnknownTarget);
                }
                Side::of(&found.issuer_kind).map(|_| ()).ok_or_else(excluded)
            }
            Kind::MonitoringMeetingHeld => {
                let id = event.text("agreement").unwrap_or_default();
                let committee = self.agreement(id).and_then(|one| one.event.text("committee"));
                if committee.is_some_and(|committee| committee != issuer) {
                    return Err(Refusal::NotYourPublication(id.to_owned()));
                }
                Ok(())
            }
            Kind::AgreementRegistered => {
                let id = event.text("agreement").unwrap_or_default();
                match self.agreement(id) {
                    Some(first) if first.issuer != issuer => Err(Refusal::NotYourPublication(id.to_owned())),
                    _ => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    /// A publication belongs to the body that began it.
    fn owns(&self, issuer: &str, subject: &str, event: &Event) -> Result<(), Refusal> {
        if self.publications.get(subject).is_some_and(|owner| owner != issuer) {
            return Err(Refusal::NotYourPublication(subject.to_owned()));
        }
        if event.text("owner") == Some(issuer) {
            return Ok(());
        }
        Err(Refusal::KindNotAuthorised { issuer: issuer.to_owned(), kind: event.kind() })
    }

    fn target_of(&self, event: &Event, kind: Kind) -> Option<&Publication> {
        let target = event.target()?;
        self.references.iter().map(Arc::as_ref).find(|one| one.hash == target && one.event.kind() == kind)
    }
}
