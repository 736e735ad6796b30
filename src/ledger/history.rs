//! The rules that need the worker's own stream: what may follow what. Pure: the writer walks the stream and asks.
//!
//! Kinds outside [`needs_history`] (a training, an assessment, a job) never cost a walk.

use crate::crypto::{Hash, PublicKey};
use crate::event::{Event, Kind, UnixMs, WorkerId};
use crate::statement::Statement;
use crate::trust::{HolderKeys, JoinConsent, KeyRefusal, KeyStatement, Refusal};

use super::error::{AppendError, AppendErrorKind};

/// The most other passports that one is joined with.
pub const JOINED_MAX: usize = 15;

/// One recorded statement of the stream.
#[derive(Debug, Clone)]
pub(super) struct Past {
    pub(super) leaf: u64,
    pub(super) recorded_at: UnixMs,
    pub(super) hash: Hash,
    pub(super) issuer: String,
    pub(super) holder_key: Option<PublicKey>,
    /// The kind of body that said it, where a later statement may turn on that.
    pub(super) issuer_kind: Option<String>,
    pub(super) event: Event,
}

impl Past {
    pub(super) fn of(
        statement: &Statement,
        event: Event,
        leaf: u64,
        recorded_at: UnixMs,
        issuer_kind: Option<String>,
    ) -> Self {
        let clear = statement.clear();
        Self {
            issuer_kind,
            leaf,
            recorded_at,
            hash: statement.hash(),
            issuer: clear.issuer.clone(),
            holder_key: clear.holder_key.clone(),
            event,
        }
    }
}

/// A worker's stream, revision 0 first.
#[derive(Debug, Clone, Default)]
pub(super) struct History(pub(super) Vec<Past>);

/// What the standing changes of the stream have made of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    InForce,
    Suspended,
    Revoked,
    Superseded,
}

/// Whether admitting this kind takes a walk through the stream.
pub(super) fn needs_history(kind: Kind) -> bool {
    kind.is_by_holder()
        || kind.is_key_evidence()
        || kind.changes_standing()
        || kind.changes_licence()
        || matches!(
            kind,
            Kind::PriorLearningCertified
                | Kind::StageChanged
                | Kind::PlacementEnded
                | Kind::CompensationMeasureCompleted
                | Kind::DisputeResolved
                | Kind::ExperienceConfirmed
                | Kind::RegisterEntered
                | Kind::LeaveGranted
                | Kind::LeaveEnded
                | Kind::ReintegrationDecided
                | Kind::TrainingRecommended
                | Kind::FundingPaid
                | Kind::PassportsJoined
        )
}

impl History {
    /// Whose key it is, and which recoveries are under way.
    pub(super) fn holder_keys(&self) -> HolderKeys {
        let mut keys = HolderKeys::new();
        let about_key = |kind: Kind| kind.is_key_evidence() || kind == Kind::HolderKeyRecoveryCancelled;
        for past in self.0.iter().filter(|past| about_key(past.event.kind())) {
            keys.apply(&KeyStatement {
                kind: past.event.kind(),
                hash: past.hash,
                recorded_at: past.recorded_at,
                issuer: &past.issuer,
                issuer_kind: past.issuer_kind.as_deref(),
                key: past.holder_key.as_ref(),
                request: past.event.hash("request"),
                stands: self.state_of(&past.hash) == State::InForce,
            });
        }
        keys
    }

    /// The worker's current key: that of the last binding, change or recovery, unless that one was revoked or is suspended.
    pub(super) fn holder_key(&self) -> Option<PublicKey> {
        self.holder_keys().current().cloned()
    }

    /// May what `new` says follow in this stream? `may_change(past)` says whether its issuer may act on what `past`
    /// records: its own, or that of a body it authorised or keeps; `may_confirm(past)` whether it may confirm it.
    pub(super) fn check(
        &self,
        new: &Past,
        may_change: &dyn Fn(&Past) -> bool,
        may_confirm: &dyn Fn(&Past) -> Result<(), Refusal>,
    ) -> Result<(), AppendError> {
        let (event, issuer) = (&new.event, new.issuer.as_str());
        let kind = event.kind();
        if kind.is_by_holder() {
            self.check_holder(new)?;
        }
        if kind.is_key_evidence() || kind == Kind::HolderKeyRecoveryCancelled {
            return self.check_key(new);
        }
        if kind.changes_standing() {
            return self.check_standing_change(event, may_change);
        }
        match kind {
            Kind::PriorLearningCertified => self.check_certification(event),
            Kind::StageChanged | Kind::PlacementEnded => self.check_placement(event),
            Kind::CompensationMeasureCompleted => {
                self.named(event, "recognition_decision", Kind::RecognitionDecided).map(|_| ())
            }
            Kind::RegisterEntered => self.check_register(event),
            Kind::LeaveGranted => self.check_other_side(event, issuer),
            Kind::LeaveEnded => self.check_leave_ended(event, may_change),
            Kind::ReintegrationClaimed => self.named(event, "leave", Kind::LeaveGranted).map(|_| ()),
            Kind::ReintegrationDecided => self.check_reintegration(event, issuer, may_change),
            Kind::TrainingRecommended if event.text("gap").is_some() => {
                self.named(event, "gap", Kind::GapIdentified).map(|_| ())
            }
            Kind::FundingPaid => self.check_payment(event),
            Kind::PassportsJoined => self.check_join(new),
            Kind::DisputeRaised => self.target(event).map(|_| ()),
            Kind::DisputeResolved => self.check_resolution(event, may_change),
            Kind::ExperienceConfirmed => self.check_confirmation(event, may_confirm),
            _ if kind.changes_licence() => self.check_licence(event, may_change),
            _ => Ok(()),
        }
    }

    /// A worker's own statement is by the current holder key; the end of a recovery is by the key that the bodies named. The
    /// answer is that of an unknown worker, so that nobody can find out with a key of their own whether a worker id is known
    /// (DESIGN 2, promise 6).
    pub(super) fn check_holder(&self, new: &Past) -> Result<(), AppendError> {
        let keys = self.holder_keys();
        let recovered = |request: Hash| keys.recovery(&request).map(|recovery| &recovery.key);
        let key = match new.event.kind() {
            Kind::HolderKeyRecovered => new.event.hash("request").and_then(recovered),
            _ => keys.current(),
        };
        if key.is_some_and(|key| key.did_jwk() == new.issuer) {
            Ok(())
        } else {
            Err(AppendError::unknown_worker())
        }
    }

    /// What is said of the holder's key follows from what was said before (`trust::holder`).
    fn check_key(&self, new: &Past) -> Result<(), AppendError> {
        let said = KeyStatement {
            kind: new.event.kind(),
            hash: new.hash,
            recorded_at: new.recorded_at,
            issuer: &new.issuer,
            issuer_kind: new.issuer_kind.as_deref(),
            key: new.holder_key.as_ref(),
            request: new.event.hash("request"),
            stands: true,
        };
        self.holder_keys().admit(&said).map_err(|refusal| {
            let kind = match refusal {
                KeyRefusal::UnknownRequest => AppendErrorKind::NotFound,
                KeyRefusal::SecondBodyNeeded => AppendErrorKind::Unauthorised,
                _ => AppendErrorKind::Conflict,
            };
            AppendError::new(kind, refusal.reason(), refusal.to_string(), refusal.help())
        })
    }

    /// What of it was recorded until then.
    pub(super) fn until(mut self, until: Option<UnixMs>) -> Self {
        self.0.retain(|past| until.is_none_or(|until| past.recorded_at <= until));
        self
    }

    /// The other worker ids of this person, as far as this passport says so.
    pub(super) fn joined(&self) -> Vec<WorkerId> {
        let joins = self.in_force(Kind::PassportsJoined);
        joins.filter_map(|past| WorkerId::parse(past.event.text("other")?).ok()).collect()
    }

    /// Each half of a join rests on the consent of its own passport's holder; the other passport is not looked at, so that
    /// nobody finds out here whether it exists.
    fn check_join(&self, new: &Past) -> Result<(), AppendError> {
        let text = |claim| new.event.text(claim).unwrap_or_default();
        let consent = JoinConsent { body: &new.issuer, worker: text("sub"), other: text("other") };
        let given = |key: PublicKey| consent.is_given(text("consent"), &key, new.recorded_at);
        if !self.holder_key().is_some_and(given) {
            return Err(AppendError::new(
                AppendErrorKind::Unauthorised,
                "CONSENT_MISSING",
                "`consent` is not the holder's consent to this: by this passport's holder key, for this body and these two, in time",
                "the worker makes one with `skillpass worker join consent`, good for 30 days",
            ));
        }
        let other = WorkerId::parse(consent.other).ok();
        let joined = self.joined();
        let (reason, message) = if other.is_some_and(|other| joined.contains(&other)) {
            ("ALREADY_JOINED", "this passport is joined with that one already")
        } else if joined.len() >= JOINED_MAX {
            ("TOO_MANY_JOINED", "this passport is joined with as many others as one may be")
        } else {
            return Ok(());
        };
        let help = "revoke the join that is wrong (`skillpass revoke`)";
        Err(AppendError::new(AppendErrorKind::Conflict, reason, message, help))
    }

    /// The statement that `target` names.
    fn target(&self, event: &Event) -> Result<&Past, AppendError> {
        self.find(event, "target").ok_or_else(|| unknown_target("target"))
    }

    /// The statement of that kind that a claim names.
    pub(super) fn named(&self, event: &Event, claim: &'static str, kind: Kind) -> Result<&Past, AppendError> {
        self.find(event, claim).filter(|past| past.event.kind() == kind).ok_or_else(|| unknown_target(claim))
    }

    pub(super) fn find(&self, event: &Event, claim: &str) -> Option<&Past> {
        let hash = event.hash(claim)?;
        self.0.iter().find(|past| past.hash == hash)
    }

    fn check_standing_change(
        &self,
        event: &Event,
        may_change: &dyn Fn(&Past) -> bool,
    ) -> Result<(), AppendError> {
        let target = self.target(event)?;
        if target.event.kind().changes_standing() {
            return Err(AppendError::new(
                AppendErrorKind::Invalid,
                "TARGET_NOT_CHANGEABLE",
                "`target` is itself a change of standing; what it changed can be changed again, it cannot",
                "name the statement whose standing should change",
            ));
        }
        check_authority(target, may_change)?;
        if event.text("replacement").is_some() && self.find(event, "replacement").is_none() {
            return Err(unknown_target("replacement"));
        }
        check_transition(event.kind(), self.state_of(&target.hash))
    }

    /// Folds the standing changes that name `hash`, in stream order.
    pub(super) fn state_of(&self, hash: &Hash) -> State {
        let mut state = State::InForce;
        for past in &self.0 {
            if !past.event.kind().changes_standing() || past.event.target().as_ref() != Some(hash) {
                continue;
            }
            state = match past.event.kind() {
                Kind::Revoked => State::Revoked,
                Kind::Suspended => State::Suspended,
                Kind::Reinstated => State::InForce,
                _ => State::Superseded,
            };
        }
        state
    }

    /// Whether a statement of this kind stands.
    pub(super) fn stands(&self, kind: Kind) -> bool {
        self.in_force(kind).next().is_some()
    }

    pub(super) fn in_force(&self, kind: Kind) -> impl DoubleEndedIterator<Item = &Past> {
        self.0
            .iter()
            .filter(move |past| past.event.kind() == kind && self.state_of(&past.hash) == State::InForce)
    }

    /// Council Recommendation 2012/C 398/01: certification without assessment is no validation, and comes after it. Only the
    /// outcome NONE can follow from a failed one, and no whole qualification from one that was passed in part.
    fn check_certification(&self, event: &Event) -> Result<(), AppendError> {
        let assessment = self.named(event, "assessment", Kind::PriorLearningAssessed)?;
        let carries = match assessment.event.text("result") {
            Some("FAILED") => event.text("outcome") == Some("NONE"),
            Some("PARTLY_PASSED") => event.text("outcome") != Some("QUALIFICATION"),
            _ => true,
        };
        let in_order = assessment.event.award_date() <= event.award_date();
        if carries && in_order && self.state_of(&assessment.hash) == State::InForce {
            return Ok(());
        }
        Err(AppendError::new(
            AppendErrorKind::Conflict,
            "RPL_ORDER",
            "a certification of prior learning follows an assessment that was passed, on or after its day, and is in force; \
             what was passed in part gives no whole qualification",
            "record the passed assessment first and name it in `assessment`",
        ))
    }

    fn check_licence(&self, event: &Event, may_change: &dyn Fn(&Past) -> bool) -> Result<(), AppendError> {
        let licence = self.named(event, "target", Kind::LicenceGranted)?;
        check_authority(licence, may_change)?;
        if self.state_of(&licence.hash) != State::InForce {
            return Err(AppendError::new(
                AppendErrorKind::Conflict,
                "LICENCE_NOT_IN_FORCE",
                "the statement that granted this licence was revoked, suspended or superseded",
                "name the statement that took its place, or reinstate it first",
            ));
        }
        let change = match event.kind() {
            Kind::LicenceSuspended => Kind::Suspended,
            Kind::LicenceReinstated => Kind::Reinstated,
            Kind::LicenceRevoked => Kind::Revoked,
            // A renewal neither lifts a suspension nor undoes a revocation.
            _ => Kind::Corrected,
        };
        check_transition(change, self.licence_state(&licence.hash))
    }

    /// Folds the licence changes that name `hash`: what the competent authority did with the right to practise.
    pub(super) fn licence_state(&self, hash: &Hash) -> State {
        let change = |past: &Past| match past.event.kind() {
            Kind::LicenceSuspended => Some(State::Suspended),
            Kind::LicenceReinstated => Some(State::InForce),
            Kind::LicenceRevoked => Some(State::Revoked),
            _ => None,
        };
        let named = self.0.iter().filter(|past| past.event.target().as_ref() == Some(hash));
        let standing = named.filter(|past| self.state_of(&past.hash) == State::InForce);
        standing.filter_map(change).next_back().unwrap_or(State::InForce)
    }

    /// What is confirmed is in force; by whom is for the authorisations to say.
    fn check_confirmation(
        &self,
        event: &Event,
        may_confirm: &dyn Fn(&Past) -> Result<(), Refusal>,
    ) -> Result<(), AppendError> {
        let record = self.find(event, "record").ok_or_else(|| unknown_target("record"))?;
        may_confirm(record)?;
        check_transition(Kind::Superseded, self.state_of(&record.hash))
    }

    /// A dispute is answered once, by the body whose statement is contested or by one that authorised it.
    fn check_resolution(&self, event: &Event, may_change: &dyn Fn(&Past) -> bool) -> Result<(), AppendError> {
        let dispute = self.named(event, "dispute", Kind::DisputeRaised)?;
        let contested = self.target(event)?;
        if dispute.event.target() != Some(contested.hash) {
            return Err(unknown_target("dispute"));
        }
        check_authority(contested, may_change)?;
        if self.in_force(Kind::DisputeResolved).any(|past| past.event.hash("dispute") == Some(dispute.hash)) {
            return Err(AppendError::new(
                AppendErrorKind::Conflict,
                "ALREADY_RESOLVED",
                "this dispute has already been resolved",
                "correct the DisputeResolved if its outcome was wrong",
            ));
        }
        Ok(())
    }
}

pub(super) fn unknown_target(claim: &'static str) -> AppendError {
    AppendError::new(
        AppendErrorKind::NotFound,
        "UNKNOWN_TARGET",
        format!("`{claim}` names no statement of this worker that this kind can refer to"),
        "give the hash of the issuer-signed JWT (without disclosures) of a statement in the same passport",
    )
}

pub(super) fn check_authority(target: &Past, may_change: &dyn Fn(&Past) -> bool) -> Result<(), AppendError> {
    if may_change(target) {
        return Ok(());
    }
    Err(AppendError::new(
        AppendErrorKind::Unauthorised,
        "NOT_YOURS_TO_CHANGE",
        "only the body that signed a statement, one that authorised it, or its custodian may act on it",
        "ask the issuer of the statement, or the body that supervises it",
    ))
}

fn check_transition(change: Kind, state: State) -> Result<(), AppendError> {
    let allowed = match change {
        Kind::Revoked => matches!(state, State::InForce | State::Suspended),
        Kind::Reinstated => state == State::Suspended,
        _ => state == State::InForce,
    };
    if allowed {
        return Ok(());
    }
    let (reason, message) = match state {
        State::Revoked => ("ALREADY_REVOKED", "it was revoked, and a revocation is final"),
        State::Superseded => {
            ("ALREADY_SUPERSEDED", "it was corrected or superseded; act on what took its place")
        }
        State::InForce => ("NOT_SUSPENDED", "it is in force; only what is suspended can be reinstated"),
        State::Suspended if change == Kind::Suspended => ("ALREADY_SUSPENDED", "it is suspended already"),
        State::Suspended => ("SUSPENDED", "it is suspended; reinstate or revoke it first"),
    };
    Err(AppendError::new(
        AppendErrorKind::Conflict,
        reason,
        message,
        "look at its standing before changing it",
    ))
}
