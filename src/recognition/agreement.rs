//! An agreement that was registered on a ledger, its committee's meetings and resolutions: what a reader is warned of, and
//! which resolutions hold. A committee speaks for no side: where the agreement names sides, each must have endorsed.

use jiff::civil::Date;

use super::instruments::{InstrumentKind, MONITORING_UNASSIGNED, NOT_IN_FORCE, WTO_NOTIFICATION_NOT_STORED};

/// Two meetings in a row in the same country, where they should take turns.
pub const SAME_COUNTRY_TWICE: &str = "SAME_COUNTRY_TWICE";

/// What an agreement says, as far as its warnings need it.
#[derive(Debug, Clone)]
pub struct RegisteredAgreement {
    /// What sort it is.
    pub kind: InstrumentKind,
    /// Countries of its parties.
    pub parties: Vec<String>,
    /// First day in force; `None`: not in force.
    pub in_force_from: Option<Date>,
    /// Last day in force.
    pub in_force_until: Option<Date>,
    /// When it was notified to the WTO.
    pub wto_notified_on: Option<Date>,
    /// Whether a monitoring clause names who starts it and who pays.
    pub monitoring_assigned: bool,
    /// Sides that must endorse a resolution, in every party's country.
    pub resolution_sides: Vec<String>,
}

/// A meeting of its committee.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meeting {
    /// When.
    pub held_on: Date,
    /// In which country.
    pub place: String,
}

/// Who endorsed a meeting's resolutions.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Endorsement {
    /// For which side.
    pub side: String,
    /// In which country.
    pub country: String,
}

/// Whether a meeting's resolutions hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolution {
    /// The agreement names no sides: the committee's word is all there is.
    CommitteeOnly,
    /// Every side of every party has endorsed.
    Adopted,
    /// These have not.
    Missing(Vec<Endorsement>),
}

impl Resolution {
    /// As printed.
    pub fn name(&self) -> &'static str {
        match self {
            Self::CommitteeOnly => "COMMITTEE_ONLY",
            Self::Adopted => "ADOPTED",
            Self::Missing(_) => "NOT_ADOPTED",
        }
    }
}

impl RegisteredAgreement {
    /// Whether it was in force on `day`.
    pub fn in_force_on(&self, day: Date) -> bool {
        self.in_force_from.is_some_and(|from| day >= from)
            && self.in_force_until.is_none_or(|until| day <= until)
    }

    /// What a reader is warned of on `day`, by name.
    pub fn warnings(&self, day: Date, meetings: &[Meeting]) -> Vec<&'static str> {
        let found = [
            (NOT_IN_FORCE, !self.in_force_on(day)),
            (MONITORING_UNASSIGNED, self.kind.is_labour_migration() && !self.monitoring_assigned),
            (
                WTO_NOTIFICATION_NOT_STORED,
                self.kind == InstrumentKind::MutualRecognition && self.wto_notified_on.is_none(),
            ),
            (SAME_COUNTRY_TWICE, !repeated_places(meetings).is_empty()),
        ];
        found.into_iter().filter(|(_, shows)| *shows).map(|(name, _)| name).collect()
    }

    /// Whether what a meeting resolved holds, given who endorsed it.
    pub fn resolution(&self, endorsed: &[Endorsement]) -> Resolution {
        if self.resolution_sides.is_empty() {
            return Resolution::CommitteeOnly;
        }
        let needed = self.parties.iter().flat_map(|country| {
            self.resolution_sides
                .iter()
                .map(move |side| Endorsement { side: side.clone(), country: country.clone() })
        });
        let missing: Vec<Endorsement> = needed.filter(|one| !endorsed.contains(one)).collect();
        if missing.is_empty() { Resolution::Adopted } else { Resolution::Missing(missing) }
    }
}

/// Meetings that followed one in the same country, in the order of their days.
pub fn repeated_places(meetings: &[Meeting]) -> Vec<Meeting> {
    let mut in_order: Vec<&Meeting> = meetings.iter().collect();
    in_order.sort_by_key(|meeting| meeting.held_on);
    in_order
        .windows(2)
        .filter_map(|pair| match pair {
            [before, after] if before.place == after.place => Some((*after).clone()),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn agreement() -> RegisteredAgreement {
        RegisteredAgreement {
            kind: InstrumentKind::InterAgency,
            parties: vec!["DE".into(), "PH".into()],
            in_force_from: Some(date(2013, 3, 19)),
            in_force_until: None,
            wto_notified_on: None,
            monitoring_assigned: true,
            resolution_sides: vec!["GOVERNMENT".into(), "WORKERS".into()],
        }
    }

    fn endorsement(side: &str, country: &str) -> Endorsement {
        Endorsement { side: side.into(), country: country.into() }
    }

    #[test]
    fn a_resolution_needs_unions_and_governments_of_both_parties() {
        let mut endorsed = vec![
            endorsement("GOVERNMENT", "DE"),
            endorsement("GOVERNMENT", "PH"),
            endorsement("WORKERS", "DE"),
        ];
        // A union of the same country twice, employers, another country's union: none of them is the one that is missing.
        endorsed.extend([
            endorsement("WORKERS", "DE"),
            endorsement("EMPLOYERS", "PH"),
            endorsement("WORKERS", "NP"),
        ]);
        assert_eq!(
            agreement().resolution(&endorsed),
            Resolution::Missing(vec![endorsement("WORKERS", "PH")])
        );
        endorsed.push(endorsement("WORKERS", "PH"));
        assert_eq!(agreement().resolution(&endorsed), Resolution::Adopted);
        let without = RegisteredAgreement { resolution_sides: Vec::new(), ..agreement() };
        assert_eq!(without.resolution(&[]), Resolution::CommitteeOnly);
    }

    #[test]
    fn two_meetings_in_a_row_in_one_country_show() {
        let meeting = |year, place: &str| Meeting { held_on: date(year, 5, 1), place: place.into() };
        let turns = [meeting(2021, "DE"), meeting(2022, "PH"), meeting(2023, "DE")];
        assert!(repeated_places(&turns).is_empty());
        // Recorded late, and so out of order.
        let twice = [meeting(2022, "PH"), meeting(2021, "DE"), meeting(2023, "PH")];
        assert_eq!(repeated_places(&twice), [meeting(2023, "PH")]);
        assert_eq!(agreement().warnings(date(2024, 1, 1), &twice), [SAME_COUNTRY_TWICE]);
        assert!(agreement().warnings(date(2024, 1, 1), &turns).is_empty());
    }

    #[test]
    fn what_is_not_in_force_or_not_monitored_shows() {
        assert_eq!(agreement().warnings(date(2013, 3, 18), &[]), [NOT_IN_FORCE]);
        let planned = RegisteredAgreement { in_force_from: None, monitoring_assigned: false, ..agreement() };
        assert_eq!(planned.warnings(date(2024, 1, 1), &[]), [NOT_IN_FORCE, MONITORING_UNASSIGNED]);
        let arrangement = RegisteredAgreement { kind: InstrumentKind::MutualRecognition, ..agreement() };
        assert_eq!(arrangement.warnings(date(2024, 1, 1), &[]), [WTO_NOTIFICATION_NOT_STORED]);
    }
}
