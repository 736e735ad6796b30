//! The instruments on which recognition rests: conventions, mutual recognition arrangements, agreements between states
//! or their bodies, European law, collective agreements. A decision that cites one is checked against its parties.

mod agreements;
mod arrangements;
mod conventions;

use jiff::civil::Date;

use super::source::{Certainty, Since, Source};

/// What sort of instrument it is. For agreements on labour migration, the four kinds that the ILO tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InstrumentKind {
    /// A multilateral treaty on recognition, or on migrants and their skills.
    Convention,
    /// A recommendation of an international organisation or of the EU Council.
    Recommendation,
    /// An act of EU law.
    Legislation,
    /// A mutual recognition arrangement or agreement on a profession.
    MutualRecognition,
    /// A binding bilateral agreement between states.
    BindingBilateral,
    /// A memorandum of understanding or of cooperation.
    Memorandum,
    /// An agreement between bodies of two states, such as employment services.
    InterAgency,
    /// An agreement of social partners.
    CollectiveAgreement,
}

impl InstrumentKind {
    /// As printed in answers and lists.
    pub fn name(self) -> &'static str {
        match self {
            Self::Convention => "CONVENTION",
            Self::Recommendation => "RECOMMENDATION",
            Self::Legislation => "LEGISLATION",
            Self::MutualRecognition => "MUTUAL_RECOGNITION",
            Self::BindingBilateral => "BINDING_BILATERAL",
            Self::Memorandum => "MEMORANDUM",
            Self::InterAgency => "INTER_AGENCY",
            Self::CollectiveAgreement => "COLLECTIVE_AGREEMENT",
        }
    }

    /// What it binds, in words for the reader of a passport.
    pub fn force(self) -> &'static str {
        match self {
            Self::Convention | Self::BindingBilateral => "binding between its parties",
            Self::Recommendation | Self::Memorandum => "not binding",
            Self::Legislation => "binding in the member states",
            Self::MutualRecognition => {
                "binding as each party has put it into its law; registration there is still needed"
            }
            Self::InterAgency => {
                "binds the bodies that signed it, not the authorities that recognise qualifications"
            }
            Self::CollectiveAgreement => "binding between the social partners that signed it",
        }
    }
}

/// Whether and when a country is a party.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Membership {
    /// Party from a day on.
    Party(Since),
    /// Named as no party by the source.
    NotAParty,
    /// Perhaps a party: not settled by any source read.
    Open,
}

/// One country's membership.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Party {
    /// Alpha-2.
    pub country: &'static str,
    /// Since when, or not.
    pub membership: Membership,
}

/// Whether a list of parties is whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parties {
    /// Whoever is not listed is no party.
    All(&'static [Party]),
    /// Others may be parties too; these are known.
    Some(&'static [Party]),
    /// The instrument is law or advice for all, or its parties are not states.
    NotStates,
}

/// One instrument.
#[derive(Debug, Clone, Copy)]
pub struct Instrument {
    /// The id a decision cites, e.g. `asean/mra-nursing`.
    pub id: &'static str,
    /// Its name.
    pub title: &'static str,
    /// Its sort.
    pub kind: InstrumentKind,
    /// ISCO-08 codes or prefixes it covers; empty: not bound to occupations.
    pub occupations: &'static [&'static str],
    /// When it was signed or adopted, `YYYY` or `YYYY-MM-DD`.
    pub signed: &'static str,
    /// From when it is in force; `None`: planned, or not known to be.
    pub in_force: Option<Since>,
    /// Who is bound.
    pub parties: Parties,
    /// What a reader must know: conditions, what it does not give.
    pub note: &'static str,
    /// How sure the row is.
    pub certainty: Certainty,
    /// Where it was read.
    pub source: Source,
}

/// What is known about a country and an instrument on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartyAnswer {
    /// A party.
    Party,
    /// No party on that day.
    NotAParty,
    /// Not stored.
    Unknown,
}

impl Instrument {
    /// Whether it was in force on `date`; `None` when that is not stored.
    pub fn in_force_on(&self, date: Date) -> Option<bool> {
        self.in_force.map_or(Some(false), |since| since.held_on(date))
    }

    /// Whether `country` was a party on `date`.
    pub fn party(&self, country: &str, date: Date) -> PartyAnswer {
        let (list, whole) = match self.parties {
            Parties::All(list) => (list, true),
            Parties::Some(list) => (list, false),
            Parties::NotStates => return PartyAnswer::Unknown,
        };
        match list.iter().find(|party| party.country == country).map(|party| party.membership) {
            Some(Membership::Party(since)) => match since.held_on(date) {
                Some(true) => PartyAnswer::Party,
                Some(false) => PartyAnswer::NotAParty,
                None => PartyAnswer::Unknown,
            },
            Some(Membership::NotAParty) => PartyAnswer::NotAParty,
            None if whole => PartyAnswer::NotAParty,
            Some(Membership::Open) | None => PartyAnswer::Unknown,
        }
    }

    /// Whether its list names `country`, as a party or as none.
    pub fn names(&self, country: &str) -> bool {
        match self.parties {
            Parties::All(list) | Parties::Some(list) => list.iter().any(|party| party.country == country),
            Parties::NotStates => false,
        }
    }

    /// Whether it speaks of the occupation `isco08`.
    pub fn covers(&self, isco08: &str) -> bool {
        self.occupations.is_empty() || self.occupations.iter().any(|prefix| isco08.starts_with(prefix))
    }
}

/// Every stored instrument, in the order in which they are listed.
pub fn instruments() -> impl Iterator<Item = &'static Instrument> {
    conventions::INSTRUMENTS.iter().chain(arrangements::INSTRUMENTS).chain(agreements::INSTRUMENTS)
}

/// The instrument with this id.
pub fn instrument(id: &str) -> Option<&'static Instrument> {
    instruments().find(|instrument| instrument.id == id)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn ids_are_unique_and_every_row_has_a_source() {
        let mut ids: Vec<&str> = instruments().map(|instrument| instrument.id).collect();
        ids.sort_unstable();
        let count = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), count);
        for row in instruments() {
            assert!(
                row.id.contains('/') && !row.title.is_empty() && !row.source.title.is_empty(),
                "{}",
                row.id
            );
            assert!(!row.source.as_of.is_empty() && !row.signed.is_empty(), "{}", row.id);
        }
    }

    #[test]
    fn nursing_arrangement_binds_the_ten_that_signed() {
        let nursing = instrument("asean/mra-nursing").unwrap();
        assert_eq!(nursing.party("PH", date(2010, 1, 1)), PartyAnswer::Party);
        assert_eq!(nursing.party("PH", date(2006, 12, 7)), PartyAnswer::NotAParty);
        assert_eq!(nursing.party("DE", date(2024, 1, 1)), PartyAnswer::NotAParty);
        assert_eq!(nursing.party("TL", date(2026, 1, 1)), PartyAnswer::Unknown, "joined ASEAN in 2025");
        assert!(nursing.covers("2221") && !nursing.covers("2142"));
    }

    #[test]
    fn a_planned_arrangement_is_not_in_force() {
        let pharmacists = instrument("eac/mra-pharmacy").unwrap();
        assert_eq!(pharmacists.in_force_on(date(2026, 1, 1)), Some(false));
    }

    #[test]
    fn burundi_and_rwanda_did_not_sign_for_engineers() {
        let engineers = instrument("eac/mra-engineering").unwrap();
        assert_eq!(engineers.party("KE", date(2013, 1, 1)), PartyAnswer::Party);
        for country in ["BI", "RW"] {
            assert_eq!(
                engineers.party(country, date(2013, 1, 1)),
                PartyAnswer::Unknown,
                "may have joined since"
            );
        }
    }

    #[test]
    fn a_memorandum_is_shown_as_not_binding() {
        assert_eq!(instrument("in-jp/titp-2017").unwrap().kind.force(), "not binding");
    }
}
