//! Review of duplicates: passports that were opened with one document, for the operator to look into.
//!
//! Nothing is looked up when a passport is opened, so that neither its answer nor its time tells whether the document was
//! shown before. The cases follow from the keyed index; only how they ended is kept.

use super::error::ReadError;
use super::{Ledger, shared::Shared};
use crate::event::{Kind, UnixMs, WorkerId};
use crate::vault::KeySlot;

/// The most cases in one answer.
pub const REVIEWS_MAX: usize = 500;
/// The most earlier passports named with a case.
pub const REVIEW_EARLIER_MAX: usize = 16;

/// How a review ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    /// Two persons: e.g. a number typed wrong.
    NotTheSame,
    /// One person: the passports were joined.
    Joined,
    /// One of them was opened in error or by fraud, and its opening was revoked.
    WronglyOpened,
}

impl Resolution {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::NotTheSame, Self::Joined, Self::WronglyOpened];

    /// As on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotTheSame => "NOT_THE_SAME",
            Self::Joined => "JOINED",
            Self::WronglyOpened => "WRONGLY_OPENED",
        }
    }

    /// The inverse.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == name)
    }
}

/// A passport in a review.
#[derive(Clone, PartialEq, Eq)]
pub struct ReviewedPassport {
    /// Whose.
    pub worker: WorkerId,
    /// Who opened it.
    pub issuer: String,
    /// When that was recorded.
    pub recorded_at: UnixMs,
}

impl std::fmt::Debug for ReviewedPassport {
    /// Shows nothing about the person.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ReviewedPassport({})", self.recorded_at)
    }
}

/// A passport that was opened with the document of an earlier one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// Names the case.
    pub id: u32,
    /// The later passport.
    pub opened: ReviewedPassport,
    /// The earlier ones.
    pub earlier: Vec<ReviewedPassport>,
    /// How it ended, if it has.
    pub resolution: Option<Resolution>,
}

/// Why a review was not closed.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    /// No case of that number.
    #[error("there is no such review")]
    Unknown,
    /// What the resolution says has not happened.
    #[error("no passport of this review was revoked: an opening that stands is not undone by saying so")]
    NotRevoked,
    /// Likewise.
    #[error("the passports of this review are not joined")]
    NotJoined,
    /// Reading or noting failed.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl Ledger {
    /// Cases after `after`, by number, at most [`REVIEWS_MAX`]; those that ended only if asked for.
    pub fn reviews(&self, after: Option<u32>, ended_too: bool) -> Result<Vec<Review>, ReadError> {
        let shared = &self.0.shared;
        let mut cases: Vec<(KeySlot, Vec<KeySlot>)> = Vec::new();
        for slots in shared.keyring.shared_documents() {
            // Slots are used in the order of opening.
            for (at, slot) in slots.iter().enumerate().skip(1) {
                let is_wanted = after.is_none_or(|after| slot.0 > after);
                if is_wanted && (ended_too || shared.resolution(*slot).is_none()) {
                    let earlier = slots.iter().take(at).take(REVIEW_EARLIER_MAX);
                    cases.push((*slot, earlier.copied().collect()));
                }
            }
        }
        cases.sort_unstable();
        let mut reviews = Vec::new();
        for (slot, earlier) in cases {
            if reviews.len() == REVIEWS_MAX {
                break;
            }
            reviews.extend(shared.review(slot, &earlier)?);
        }
        Ok(reviews)
    }

    /// Closes a case.
    pub fn resolve_review(&self, id: u32, resolution: Resolution) -> Result<(), ReviewError> {
        let shared = &self.0.shared;
        let groups = shared.keyring.shared_documents();
        let slots = groups.iter().find(|slots| slots.iter().skip(1).any(|slot| slot.0 == id));
        let earlier: Vec<KeySlot> = slots
            .into_iter()
            .flatten()
            .copied()
            .take_while(|slot| slot.0 < id)
            .take(REVIEW_EARLIER_MAX)
            .collect();
        let review = shared.review(KeySlot(id), &earlier)?.ok_or(ReviewError::Unknown)?;
        if resolution == Resolution::WronglyOpened {
            let mut passports = std::iter::once(&review.opened).chain(&review.earlier);
            if !passports
                .try_fold(false, |any, one| Ok::<_, ReadError>(any || self.is_opening_revoked(one.worker)?))?
            {
                return Err(ReviewError::NotRevoked);
            }
        }
        if resolution == Resolution::Joined {
            let opened = review.opened.worker;
            let joined = self.joined(opened, &self.worker(opened)?.unwrap_or_default(), None)?;
            let is_joined = |worker| joined.iter().any(|(other, _)| *other == worker);
            if !review.earlier.iter().any(|earlier| is_joined(earlier.worker)) {
                return Err(ReviewError::NotJoined);
            }
        }
        shared.keyring.note_review(KeySlot(id), resolution.as_str()).map_err(ReadError::from)?;
        Ok(())
    }

    fn is_opening_revoked(&self, worker: WorkerId) -> Result<bool, ReadError> {
        let history = self.0.shared.history(worker, &self.trust())?;
        Ok(history.is_some_and(|history| !history.stands(Kind::PassportOpened)))
    }
}

impl Shared {
    fn resolution(&self, slot: KeySlot) -> Option<Resolution> {
        Resolution::ALL.into_iter().find(|one| self.keyring.is_reviewed(slot, one.as_str()))
    }

    /// The case, if its passport and an earlier one are still there.
    fn review(&self, slot: KeySlot, earlier: &[KeySlot]) -> Result<Option<Review>, ReadError> {
        let Some(opened) = self.reviewed(slot)? else { return Ok(None) };
        let mut known = Vec::new();
        for slot in earlier {
            known.extend(self.reviewed(*slot)?);
        }
        let review = Review { id: slot.0, opened, earlier: known, resolution: self.resolution(slot) };
        Ok((!review.earlier.is_empty()).then_some(review))
    }

    fn reviewed(&self, slot: KeySlot) -> Result<Option<ReviewedPassport>, ReadError> {
        let Some(head) = self.heads().read(slot)? else { return Ok(None) };
        let Some(records) = self.worker_records(head.worker)? else { return Ok(None) };
        Ok(records.first().map(|opening| ReviewedPassport {
            worker: head.worker,
            issuer: opening.record.statement.clear().issuer.clone(),
            recorded_at: opening.record.recorded_at,
        }))
    }
}
