//! The instruments on which recognition rests: conventions, mutual recognition arrangements, agreements between states
//! or their bodies, European law, collective agreements. A decision that cites one is checked against its parties.

mod agreements;
mod arrangements;
mod clause;
mod conventions;
mod education;
#[cfg(test)]
mod tests;

pub use clause::{Clause, ClauseKind, Committee, Monitoring, Register};

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
    /// A binding bilateral labour agreement between states.
    BindingBla,
    /// A memorandum of understanding or of cooperation.
    Mou,
    /// An agreement between bodies of two states, such as employment services.
    InterAgency,
    /// A framework or cooperation agreement.
    Framework,
    /// An agreement of social partners.
    CollectiveAgreement,
    /// An agreement between unions of two countries.
    UnionAgreement,
}

impl InstrumentKind {
    /// Every kind.
    pub const ALL: [Self; 10] = [
        Self::Convention,
        Self::Recommendation,
        Self::Legislation,
        Self::MutualRecognition,
        Self::BindingBla,
        Self::Mou,
        Self::InterAgency,
        Self::Framework,
        Self::CollectiveAgreement,
        Self::UnionAgreement,
    ];

    /// As printed in answers and lists, and as `agreement_kind` of AgreementRegistered.
    pub fn name(self) -> &'static str {
        match self {
            Self::Convention => "CONVENTION",
            Self::Recommendation => "RECOMMENDATION",
            Self::Legislation => "LEGISLATION",
            Self::MutualRecognition => "MUTUAL_RECOGNITION",
            Self::BindingBla => "BINDING_BLA",
            Self::Mou => "MOU",
            Self::InterAgency => "INTER_AGENCY",
            Self::Framework => "FRAMEWORK",
            Self::CollectiveAgreement => "COLLECTIVE_AGREEMENT",
            Self::UnionAgreement => "UNION_AGREEMENT",
        }
    }

    /// By name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// What it binds, in words for the reader of a passport.
    pub fn force(self) -> &'static str {
        match self {
            Self::Convention | Self::BindingBla => "binding between its parties",
            Self::Recommendation => "non-binding: advice",
            Self::Mou => "non-binding: a declaration of intent, not binding on its parties",
            Self::Legislation => "binding in the member states",
            Self::MutualRecognition => {
                "binding as each party has put it into its law; registration there is still needed"
            }
            Self::InterAgency => {
                "binds the bodies that signed it, not the authorities that recognise qualifications"
            }
            Self::Framework => "binds to cooperate; what follows needs further acts",
            Self::CollectiveAgreement => "binding between the social partners that signed it",
            Self::UnionAgreement => "binds the unions that signed it; it gives support, not recognition",
        }
    }

    /// Whether it is one of the four kinds of bilateral labour migration agreement.
    pub fn is_labour_migration(self) -> bool {
        matches!(self, Self::BindingBla | Self::Mou | Self::InterAgency | Self::Framework)
    }
}

/// Whether it is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InForce {
    /// From a day on.
    From(Since),
    /// Planned or under negotiation.
    Planned,
    /// Not stored.
    NotStored,
    /// Advice: it was adopted and does not enter into force.
    Adopted,
}

impl InForce {
    /// From when.
    pub fn since(self) -> Option<Since> {
        match self {
            Self::From(since) => Some(since),
            _ => None,
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
    /// From when it is in force.
    pub in_force: InForce,
    /// Who is bound.
    pub parties: Parties,
    /// What it provides for, as far as read.
    pub clauses: &'static [Clause],
    /// Who starts its monitoring, and who pays.
    pub monitoring: Monitoring,
    /// Its joint committee.
    pub committee: Option<Committee>,
    /// When it was notified to the WTO, `YYYY-MM-DD`; for arrangements on services.
    pub wto_notified: Option<&'static str>,
    /// The registers it sets up, each resting on the one before.
    pub registers: &'static [Register],
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

/// What a row leaves to be filled in.
const BLANK: Instrument = Instrument {
    id: "",
    title: "",
    kind: InstrumentKind::Convention,
    occupations: &[],
    signed: "",
    in_force: InForce::NotStored,
    parties: Parties::NotStates,
    clauses: &[],
    monitoring: Monitoring { initiator: None, payer: None },
    committee: None,
    wto_notified: None,
    registers: &[],
    note: "",
    certainty: Certainty::Sure,
    source: Source { title: "", url: None, as_of: "" },
};

impl Instrument {
    /// Whether it was in force on `date`; `None` when that is not stored, or does not arise.
    pub fn in_force_on(&self, date: Date) -> Option<bool> {
        match self.in_force {
            InForce::From(since) => since.held_on(date),
            InForce::Planned => Some(false),
            InForce::NotStored | InForce::Adopted => None,
        }
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

    /// Whether it has a clause of that kind, as far as read.
    pub fn provides(&self, kind: ClauseKind) -> bool {
        self.clauses.iter().any(|clause| clause.kind == kind)
    }

    /// What a reader is warned of, by name: `NOT_IN_FORCE`, `MONITORING_UNASSIGNED`, `WTO_NOTIFICATION_NOT_STORED`.
    pub fn warnings(&self) -> Vec<&'static str> {
        let mut warnings = Vec::new();
        if self.in_force == InForce::Planned {
            warnings.push(NOT_IN_FORCE);
        }
        if self.kind.is_labour_migration() && !self.monitoring.is_assigned() {
            warnings.push(MONITORING_UNASSIGNED);
        }
        if self.kind == InstrumentKind::MutualRecognition && self.wto_notified.is_none() {
            warnings.push(WTO_NOTIFICATION_NOT_STORED);
        }
        warnings
    }
}

/// Planned, under negotiation, or not yet or no longer in force.
pub const NOT_IN_FORCE: &str = "NOT_IN_FORCE";
/// An agreement on labour migration that does not say who starts monitoring it and who pays.
pub const MONITORING_UNASSIGNED: &str = "MONITORING_UNASSIGNED";
/// An arrangement on services of which no notification to the WTO (GATS, article VII) is stored.
pub const WTO_NOTIFICATION_NOT_STORED: &str = "WTO_NOTIFICATION_NOT_STORED";

/// Every stored instrument, in the order in which they are listed.
pub fn instruments() -> impl Iterator<Item = &'static Instrument> {
    conventions::INSTRUMENTS
        .iter()
        .chain(education::INSTRUMENTS)
        .chain(arrangements::INSTRUMENTS)
        .chain(agreements::INSTRUMENTS)
}

/// The instrument with this id.
pub fn instrument(id: &str) -> Option<&'static Instrument> {
    instruments().find(|instrument| instrument.id == id)
}
