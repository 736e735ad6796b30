//! Whose key is the holder's: folded from the statements about it in one worker's stream, in leaf order (SPEC.md, "Holder key").
//!
//! The ledger asks this before recording and the offline verifier afterwards, so that the two cannot disagree. A lost key is
//! never replaced by one body alone: an authority asks, a second body of another kind confirms, seven days pass in which the
//! old key can object, and the new key itself takes over.

use crate::crypto::{Hash, PublicKey};
use crate::event::{Kind, UnixMs};

const DAY_MS: UnixMs = 86_400_000;

/// How long a request waits for the second body.
pub const RECOVERY_CONFIRM_DAYS: u64 = 30;
/// How long the old key can object once both bodies have spoken.
pub const RECOVERY_DELAY_DAYS: u64 = 7;
/// How long after the confirmation the new key can take over.
pub const RECOVERY_USE_DAYS: u64 = 60;

/// One statement about the holder's key.
#[derive(Debug, Clone)]
pub struct KeyStatement<'a> {
    /// One of those that [`Kind::is_key_evidence`] names, or `HolderKeyRecoveryCancelled`.
    pub kind: Kind,
    /// Its hash.
    pub hash: Hash,
    /// When it was, or would be, recorded.
    pub recorded_at: UnixMs,
    /// `iss`.
    pub issuer: &'a str,
    /// The kind of body in the authorisation under which it was said.
    pub issuer_kind: Option<&'a str>,
    /// `cnf`.
    pub key: Option<&'a PublicKey>,
    /// `request`: the hash of the request that it is about.
    pub request: Option<Hash>,
    /// Whether it is neither withdrawn nor suspended.
    pub stands: bool,
}

/// How far a recovery has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecoveryState {
    /// The second body has not spoken.
    Requested,
    /// Both have spoken, then.
    Confirmed(UnixMs),
    /// The old key objected.
    Cancelled,
    /// A body took its word back.
    Withdrawn,
    /// The holder changed the key by other means.
    Overtaken,
    /// The new key is the holder's.
    Done,
}

/// One recovery of a lost key.
#[derive(Debug, Clone)]
pub struct Recovery {
    /// Hash of the request.
    pub request: Hash,
    /// Who asked.
    pub requested_by: String,
    requested_kind: Option<String>,
    /// When that was recorded.
    pub requested_at: UnixMs,
    /// Who confirmed.
    pub confirmed_by: Option<String>,
    /// The new key.
    pub key: PublicKey,
    /// How far it has come.
    pub state: RecoveryState,
    stands: bool,
}

impl Recovery {
    /// From when on the new key can take over, if nobody objects.
    pub fn usable_from(&self) -> Option<UnixMs> {
        match self.state {
            RecoveryState::Confirmed(at) => Some(after(at, RECOVERY_DELAY_DAYS)),
            _ => None,
        }
    }

    /// Whether it may still lead to something at this time.
    pub fn is_open(&self, at: UnixMs) -> bool {
        match self.state {
            RecoveryState::Requested => at <= after(self.requested_at, RECOVERY_CONFIRM_DAYS),
            RecoveryState::Confirmed(confirmed) => at <= after(confirmed, RECOVERY_USE_DAYS),
            _ => false,
        }
    }
}

fn after(at: UnixMs, days: u64) -> UnixMs {
    at.saturating_add(days.saturating_mul(DAY_MS))
}

/// Why a statement about the holder's key may not follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyRefusal {
    /// A body alone would replace the holder's key.
    #[error("a key was bound to this passport before; no body alone replaces it")]
    KeyBoundBefore,
    /// Nothing to recover.
    #[error("no key was ever bound to this passport, so there is none to recover")]
    NeverBound,
    /// Signed with another key than the holder's.
    #[error("it is not signed with the key that is the holder's")]
    NotTheHolder,
    /// Two at once would be hard to watch.
    #[error("another recovery of this passport's key is open")]
    RecoveryOpen,
    /// `request` names none in this stream.
    #[error("`request` names no request for recovery in this passport")]
    UnknownRequest,
    /// The same body, or one of the same kind.
    #[error("a recovery is confirmed by a second body, of another kind than the one that asked for it")]
    SecondBodyNeeded,
    /// Confirmed already.
    #[error("this recovery is confirmed already")]
    AlreadyConfirmed,
    /// Nobody confirmed.
    #[error("no second body has confirmed this recovery")]
    NotConfirmed,
    /// The seven days.
    #[error(
        "the {RECOVERY_DELAY_DAYS} days after the confirmation, in which the old key can object, are not over"
    )]
    TooEarly,
    /// Too late to confirm or to use.
    #[error(
        "this recovery has lapsed: it is confirmed within {RECOVERY_CONFIRM_DAYS} days, and used within {RECOVERY_USE_DAYS} more"
    )]
    Lapsed,
    /// The old key objected, a body took its word back, or the key was changed by other means.
    #[error("this recovery was cancelled, withdrawn or overtaken by another change of the key")]
    Cancelled,
    /// The new key is the holder's already.
    #[error("this recovery is completed")]
    AlreadyRecovered,
    /// Another key than the one both bodies were shown.
    #[error("the key is not the one that the request for recovery names")]
    OtherKey,
}

impl KeyRefusal {
    /// Stable, for programs.
    pub fn reason(self) -> &'static str {
        match self {
            Self::KeyBoundBefore => "HOLDER_KEY_BOUND_BEFORE",
            Self::NeverBound => "HOLDER_KEY_NEVER_BOUND",
            Self::NotTheHolder => "NOT_THE_HOLDER",
            Self::RecoveryOpen => "RECOVERY_OPEN",
            Self::UnknownRequest => "UNKNOWN_TARGET",
            Self::SecondBodyNeeded => "SECOND_BODY_NEEDED",
            Self::AlreadyConfirmed => "RECOVERY_ALREADY_CONFIRMED",
            Self::NotConfirmed => "RECOVERY_NOT_CONFIRMED",
            Self::TooEarly => "RECOVERY_TOO_EARLY",
            Self::Lapsed => "RECOVERY_LAPSED",
            Self::Cancelled => "RECOVERY_CANCELLED",
            Self::AlreadyRecovered => "ALREADY_RECOVERED",
            Self::OtherKey => "RECOVERY_OTHER_KEY",
        }
    }

    /// What to do.
    pub fn help(self) -> &'static str {
        match self {
            Self::KeyBoundBefore => {
                "the holder changes the key with `skillpass worker change-key`; if it is lost, see `skillpass worker recover --help`"
            }
            Self::NeverBound => {
                "bind the first key with HolderKeyBound (`skillpass worker open --holder-key`)"
            }
            Self::NotTheHolder => "sign with the current holder key",
            Self::RecoveryOpen => "complete it, cancel it with the old key, or wait until it lapses",
            Self::UnknownRequest => {
                "give the hash that `skillpass worker recover request` printed, of a request in this very passport"
            }
            Self::SecondBodyNeeded => {
                "ask another body, e.g. a union if a ministry asked, to check the identity and to confirm"
            }
            Self::AlreadyConfirmed => "wait for the days to pass, then complete it with the new key",
            Self::NotConfirmed => "have a second body confirm it first (`skillpass worker recover confirm`)",
            Self::TooEarly => {
                "wait; `skillpass passport show` with the old key, or the operator's, names the day"
            }
            Self::Lapsed | Self::Cancelled => "ask for a recovery anew",
            Self::AlreadyRecovered => "nothing is left to do; use the new key",
            Self::OtherKey => "complete it with the very key that was shown to both bodies",
        }
    }
}

/// The key that is the holder's.
#[derive(Debug, Clone)]
struct Current {
    key: PublicKey,
    stands: bool,
    /// The recovery it came by.
    recovery: Option<Hash>,
}

/// The state of one passport's key.
#[derive(Debug, Clone, Default)]
pub struct HolderKeys {
    current: Option<Current>,
    recoveries: Vec<Recovery>,
    /// Only a part of the evidence is known: it may begin with a recovery.
    is_cut: bool,
}

impl HolderKeys {
    /// Of a stream from its start.
    pub fn new() -> Self {
        Self::default()
    }

    /// Of the evidence that a presentation carries, which begins with a binding or a recovery.
    pub fn of_presentation() -> Self {
        Self { is_cut: true, ..Self::default() }
    }

    /// The holder's key; none if what made it so was withdrawn or is suspended. No fall-back to an earlier key: a key that
    /// was replaced stays replaced.
    pub fn current(&self) -> Option<&PublicKey> {
        let current = self.current.as_ref().filter(|current| current.stands)?;
        let rests_on = current.recovery.and_then(|hash| self.recovery(&hash));
        rests_on.is_none_or(|recovery| recovery.stands).then_some(&current.key)
    }

    /// Every recovery, oldest first.
    pub fn recoveries(&self) -> &[Recovery] {
        &self.recoveries
    }

    /// The recovery that this request began.
    pub fn recovery(&self, request: &Hash) -> Option<&Recovery> {
        self.recoveries.iter().find(|known| known.request == *request)
    }

    /// May `said` follow?
    pub fn admit(&self, said: &KeyStatement<'_>) -> Result<(), KeyRefusal> {
        match said.kind {
            Kind::HolderKeyBound if self.current.is_some() => Err(KeyRefusal::KeyBoundBefore),
            Kind::HolderKeyChanged => self.admit_holder(said),
            Kind::HolderKeyRecoveryRequested => {
                if self.current.is_none() && !self.is_cut {
                    return Err(KeyRefusal::NeverBound);
                }
                let is_open = self.recoveries.iter().any(|known| known.is_open(said.recorded_at));
                if is_open { Err(KeyRefusal::RecoveryOpen) } else { Ok(()) }
            }
            Kind::HolderKeyRecoveryConfirmed => self.admit_confirmation(said),
            Kind::HolderKeyRecoveryCancelled => {
                self.admit_holder(said)?;
                going(self.named(said)?).map(|_| ())
            }
            Kind::HolderKeyRecovered => self.admit_recovered(said),
            _ => Ok(()),
        }
    }

    fn named(&self, said: &KeyStatement<'_>) -> Result<&Recovery, KeyRefusal> {
        said.request.and_then(|hash| self.recovery(&hash)).ok_or(KeyRefusal::UnknownRequest)
    }

    fn admit_holder(&self, said: &KeyStatement<'_>) -> Result<(), KeyRefusal> {
        let is_holder = self.current.as_ref().is_some_and(|current| current.key.did_jwk() == said.issuer);
        if is_holder { Ok(()) } else { Err(KeyRefusal::NotTheHolder) }
    }

    fn admit_confirmation(&self, said: &KeyStatement<'_>) -> Result<(), KeyRefusal> {
        let recovery = self.named(said)?;
        match going(recovery)? {
            Some(_) => Err(KeyRefusal::AlreadyConfirmed),
            None if !recovery.is_open(said.recorded_at) => Err(KeyRefusal::Lapsed),
            None => {
                let kinds = recovery.requested_kind.as_deref().zip(said.issuer_kind);
                let differ = kinds.is_some_and(|(first, second)| first != second);
                let is_second = recovery.requested_by != said.issuer && differ;
                if is_second { Ok(()) } else { Err(KeyRefusal::SecondBodyNeeded) }
            }
        }
    }

    fn admit_recovered(&self, said: &KeyStatement<'_>) -> Result<(), KeyRefusal> {
        let recovery = self.named(said)?;
        if said.key != Some(&recovery.key) || recovery.key.did_jwk() != said.issuer {
            return Err(KeyRefusal::OtherKey);
        }
        let confirmed = going(recovery)?.ok_or(KeyRefusal::NotConfirmed)?;
        if said.recorded_at < after(confirmed, RECOVERY_DELAY_DAYS) {
            return Err(KeyRefusal::TooEarly);
        }
        if recovery.is_open(said.recorded_at) { Ok(()) } else { Err(KeyRefusal::Lapsed) }
    }

    /// Takes up what is recorded.
    pub fn apply(&mut self, said: &KeyStatement<'_>) {
        match (said.kind, said.key) {
            (Kind::HolderKeyRecoveryRequested, Some(key)) => self.recoveries.push(Recovery {
                request: said.hash,
                requested_by: said.issuer.to_owned(),
                requested_kind: said.issuer_kind.map(str::to_owned),
                requested_at: said.recorded_at,
                confirmed_by: None,
                key: key.clone(),
                state: if said.stands { RecoveryState::Requested } else { RecoveryState::Withdrawn },
                stands: said.stands,
            }),
            (Kind::HolderKeyRecoveryConfirmed, _) => {
                let issuer = said.issuer.to_owned();
                self.change(said, |recovery| {
                    recovery.confirmed_by = Some(issuer);
                    recovery.stands &= said.stands;
                    if recovery.state == RecoveryState::Requested {
                        let confirmed = RecoveryState::Confirmed(said.recorded_at);
                        recovery.state = if said.stands { confirmed } else { RecoveryState::Withdrawn };
                    }
                });
            }
            (Kind::HolderKeyRecoveryCancelled, _) => {
                self.change(said, |recovery| recovery.state = RecoveryState::Cancelled);
            }
            (kind, Some(key)) if kind.makes_key_current() => {
                for recovery in &mut self.recoveries {
                    if matches!(recovery.state, RecoveryState::Requested | RecoveryState::Confirmed(_)) {
                        recovery.state = RecoveryState::Overtaken;
                    }
                }
                let recovery = said.request.filter(|_| kind == Kind::HolderKeyRecovered);
                self.change(said, |recovery| recovery.state = RecoveryState::Done);
                self.current = Some(Current { key: key.clone(), stands: said.stands, recovery });
            }
            _ => {}
        }
    }

    fn change(&mut self, said: &KeyStatement<'_>, act: impl FnOnce(&mut Recovery)) {
        if let Some(recovery) = self.recoveries.iter_mut().find(|known| said.request == Some(known.request)) {
            act(recovery);
        }
    }
}

/// When a recovery that has not ended was confirmed, if it was; else why it has ended.
fn going(recovery: &Recovery) -> Result<Option<UnixMs>, KeyRefusal> {
    match recovery.state {
        RecoveryState::Requested => Ok(None),
        RecoveryState::Confirmed(at) => Ok(Some(at)),
        RecoveryState::Done => Err(KeyRefusal::AlreadyRecovered),
        RecoveryState::Cancelled | RecoveryState::Withdrawn | RecoveryState::Overtaken => {
            Err(KeyRefusal::Cancelled)
        }
    }
}
