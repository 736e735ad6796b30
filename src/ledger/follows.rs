//! What may follow what between records of the field: placements, leave and return, registers, funding.

use crate::crypto::Hash;
use crate::event::{Amount, Event, Kind};

use super::error::{AppendError, AppendErrorKind};
use super::history::{History, Past, State, check_authority, unknown_target};

/// A stage that is numbered, `stage 2`, has its number.
fn stage_number(event: &Event) -> Option<u32> {
    event.text("stage")?.strip_prefix("stage ")?.parse().ok()
}

fn conflict(reason: &'static str, message: impl Into<String>, help: &'static str) -> AppendError {
    AppendError::new(AppendErrorKind::Conflict, reason, message, help)
}

impl History {
    /// Stages and ends belong to a placement that is in force and has not ended; numbered stages come one after the other,
    /// and dates go forward.
    pub(super) fn check_placement(&self, event: &Event) -> Result<(), AppendError> {
        let started = self.named(event, "placement", Kind::PlacementStarted)?;
        let of_it = |past: &&Past| past.event.hash("placement") == Some(started.hash);
        if self.in_force(Kind::PlacementEnded).any(|past| of_it(&past))
            || self.state_of(&started.hash) != State::InForce
        {
            return Err(conflict(
                "PLACEMENT_ENDED",
                "this placement has ended, or its start was revoked",
                "record a new PlacementStarted, or correct what was recorded in error",
            ));
        }
        let before = self.in_force(Kind::StageChanged).rfind(of_it).unwrap_or(started);
        // A placement begins in its first stage where no other is named.
        let reached = stage_number(&before.event).unwrap_or(1);
        let skips = event.kind() == Kind::StageChanged
            && stage_number(event)
                .is_some_and(|stage| stage != reached && Some(stage) != reached.checked_add(1));
        if skips || event.award_date() < before.event.award_date() {
            return Err(conflict(
                "PLACEMENT_ORDER",
                "a placement goes through its stages one by one, each on or after the day of the one before",
                "record the stage that is missing first, or correct the one that is wrong",
            ));
        }
        Ok(())
    }

    /// A licence or register entry of this worker that it rests on must be in force; one of another ledger is not here to be
    /// judged, and its verifier judges it.
    pub(super) fn check_register(&self, event: &Event) -> Result<(), AppendError> {
        let Some(base) = self.find(event, "rests_on") else { return Ok(()) };
        if !matches!(base.event.kind(), Kind::LicenceGranted | Kind::RegisterEntered) {
            return Err(unknown_target("rests_on"));
        }
        let has_right = self.licence_state(&base.hash) == State::InForce;
        if has_right && self.state_of(&base.hash) == State::InForce {
            return Ok(());
        }
        Err(conflict(
            "LICENCE_NOT_IN_FORCE",
            "what this entry rests on was revoked, is suspended or was superseded",
            "name what is in force, or wait until it is reinstated",
        ))
    }

    /// One side confirms what the other said: the same kind, by another body.
    pub(super) fn check_other_side(&self, event: &Event, issuer: &str) -> Result<(), AppendError> {
        if event.text("confirms").is_none() {
            return Ok(());
        }
        let confirmed = self.named(event, "confirms", event.kind())?;
        if confirmed.issuer != issuer && confirmed.event.hash("leave") == event.hash("leave") {
            return Ok(());
        }
        Err(unknown_target("confirms"))
    }

    /// Leave is ended by who granted or confirmed it, or a body above, once.
    pub(super) fn check_leave_ended(
        &self,
        event: &Event,
        may_change: &dyn Fn(&Past) -> bool,
    ) -> Result<(), AppendError> {
        let leave = self.named(event, "leave", Kind::LeaveGranted)?;
        check_authority(leave, may_change)?;
        if self.has_ended(&leave.hash) || self.state_of(&leave.hash) != State::InForce {
            return Err(conflict(
                "LEAVE_ENDED",
                "this leave has ended already, or its statement is not in force",
                "correct the earlier LeaveEnded if it was wrong",
            ));
        }
        Ok(())
    }

    fn has_ended(&self, leave: &Hash) -> bool {
        self.in_force(Kind::LeaveEnded).any(|past| past.event.hash("leave").as_ref() == Some(leave))
    }

    /// The return is decided by who granted the leave, or a body above; the other side confirms that decision.
    pub(super) fn check_reintegration(
        &self,
        event: &Event,
        issuer: &str,
        may_change: &dyn Fn(&Past) -> bool,
    ) -> Result<(), AppendError> {
        let leave = self.named(event, "leave", Kind::LeaveGranted)?;
        if event.text("claim").is_some() {
            let claim = self.named(event, "claim", Kind::ReintegrationClaimed)?;
            if claim.event.hash("leave") != Some(leave.hash) {
                return Err(unknown_target("claim"));
            }
        }
        if event.text("confirms").is_some() {
            return self.check_other_side(event, issuer);
        }
        check_authority(leave, may_change)
    }

    /// No more is paid, by a payer, than the decision has lines for.
    pub(super) fn check_payment(&self, event: &Event) -> Result<(), AppendError> {
        let decided = self.named(event, "funding", Kind::FundingDecided)?;
        if self.state_of(&decided.hash) != State::InForce {
            return Err(unknown_target("funding"));
        }
        let payer = event.text("payer");
        let granted: Amount = decided
            .event
            .objects("lines")
            .filter(|line| line.get("payer").and_then(serde_json::Value::as_str) == payer)
            .filter_map(|line| Amount::parse(line.get("amount")?.as_str()?))
            .sum();
        let amount = |event: &Event| event.text("amount").and_then(Amount::parse);
        let earlier = self.in_force(Kind::FundingPaid).filter(|past| {
            past.event.hash("funding") == Some(decided.hash) && past.event.text("payer") == payer
        });
        let paid: Amount = earlier.filter_map(|past| amount(&past.event)).chain(amount(event)).sum();
        if paid <= granted && event.text("currency") == decided.event.text("currency") {
            return Ok(());
        }
        Err(conflict(
            "FUNDING_OVERPAID",
            format!(
                "with this, more is paid than the {granted} that the decision has for this payer, or in another currency"
            ),
            "record a new FundingDecided for what was not decided yet",
        ))
    }
}
