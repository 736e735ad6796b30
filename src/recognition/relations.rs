//! The six relations between a record and a level, a country or a wage, as six types. None implies another; nothing turns one
//! into another, and none leads on: what a relation arrives at is no start of the next.
//!
//! ```
//! use skillpass::recognition::{NationalLevel, ReferencedLevel};
//! fn ask(_: &NationalLevel) {}
//! fn again(first: &ReferencedLevel) {
//!     ask(first.from())
//! }
//! ```
//!
//! A relation cannot be asked about where another one arrived:
//!
//! ```compile_fail
//! use skillpass::recognition::{NationalLevel, ReferencedLevel};
//! fn ask(_: &NationalLevel) {}
//! fn chain(first: &ReferencedLevel) {
//!     ask(first.to())
//! }
//! ```
//!
//! A comparison is no referencing, an eligibility no decision, a wage class no level, what an issuer declares no referencing:
//!
//! ```compile_fail
//! use skillpass::recognition::{ComparedLevel, ReferencedLevel};
//! fn mix(compared: ComparedLevel) -> ReferencedLevel {
//!     compared.into()
//! }
//! ```
//! ```compile_fail
//! use skillpass::recognition::{DecidedRecognition, MraEligibility};
//! fn mix(eligibility: MraEligibility) -> DecidedRecognition {
//!     eligibility.into()
//! }
//! ```
//! ```compile_fail
//! use skillpass::recognition::{CollectiveRecognition, NationalLevel};
//! fn ask(_: &NationalLevel) {}
//! fn mix(wage: &CollectiveRecognition) {
//!     ask(wage.level())
//! }
//! ```
//! ```compile_fail
//! use skillpass::recognition::{DeclaredAlignment, ReferencedLevel};
//! fn mix(declared: DeclaredAlignment) -> ReferencedLevel {
//!     declared.into()
//! }
//! ```

use std::fmt;

use jiff::civil::Date;
use serde_json::Value;

use super::instruments::{ClauseKind, Instrument, InstrumentKind, PartyAnswer};
use super::source::Source;
use crate::event::{Event, Kind};

/// The names under which the six are shown, so that no reader takes one for another.
pub const RELATION_NAMES: [(&str, &str); 6] = [
    (ReferencedLevel::NAME, "a national framework referenced to its regional one; says nothing of a person"),
    (ComparedLevel::NAME, "a third country's framework compared with a regional one; no referencing"),
    (DecidedRecognition::NAME, "an authority's decision about one person, in one country"),
    (MraEligibility::NAME, "two countries are parties for a profession: one may apply; nothing is decided"),
    (CollectiveRecognition::NAME, "social partners agree on a wage class; no level of a framework"),
    (DeclaredAlignment::NAME, "what the issuer says of its own record; nobody else has confirmed it"),
];

/// A level of a national framework: where a question starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NationalLevel {
    pub(super) framework: String,
    pub(super) version: Option<String>,
    pub(super) code: String,
}

/// A level of a regional framework: where an answer arrives, and no question starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegionalLevel {
    pub(super) framework: String,
    pub(super) code: String,
}

impl fmt::Display for NationalLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.framework)?;
        if let Some(version) = &self.version {
            write!(f, "@{version}")?;
        }
        write!(f, ":{}", self.code)
    }
}

impl RegionalLevel {
    /// The framework.
    pub fn framework(&self) -> &str {
        &self.framework
    }
    /// The level's name.
    pub fn code(&self) -> &str {
        &self.code
    }
}

/// What an answer rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cited {
    /// Author and title.
    pub title: String,
    /// Where it can be read.
    pub url: Option<String>,
    /// The state of affairs it describes.
    pub as_of: String,
    /// The ledger's publication, where it is one: who published it, and at which leaf.
    pub published: Option<(String, u64)>,
}

impl From<&Source> for Cited {
    fn from(source: &Source) -> Self {
        Self {
            title: source.title.to_owned(),
            url: source.url.map(str::to_owned),
            as_of: source.as_of.to_owned(),
            published: None,
        }
    }
}

macro_rules! level_relation {
    ($name:ident, $shown:literal, $doc:literal) => {
        #[doc = $doc]
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name {
            pub(super) from: NationalLevel,
            pub(super) to: RegionalLevel,
            pub(super) source: Cited,
            pub(super) note: String,
        }

        impl $name {
            /// The name under which it is shown.
            pub const NAME: &'static str = $shown;
            /// The national level.
            pub fn from(&self) -> &NationalLevel {
                &self.from
            }
            /// The regional level.
            pub fn to(&self) -> &RegionalLevel {
                &self.to
            }
            /// Where it stands.
            pub fn source(&self) -> &Cited {
                &self.source
            }
            /// What a reader must know; may be empty.
            pub fn note(&self) -> &str {
                &self.note
            }
        }
    };
}

level_relation!(
    ReferencedLevel,
    "referenced",
    "Relation 1: a national level, referenced to its region's framework by a published report."
);
level_relation!(
    ComparedLevel,
    "compared",
    "Relation 2: a third country's level, compared with a regional framework."
);

/// Relation 3: an authority decided about one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecidedRecognition {
    /// The deciding country.
    pub country: String,
    /// `recognition_kind`.
    pub kind: String,
    /// `decision`.
    pub decision: String,
}

impl DecidedRecognition {
    /// The name under which it is shown.
    pub const NAME: &'static str = "recognition decision";

    /// What a RecognitionDecided says, as far as it is disclosed. A comparability statement decides nothing.
    pub fn of(event: &Event) -> Option<Self> {
        let text = |name| event.text(name).map(str::to_owned);
        let decides = event.kind() == Kind::RecognitionDecided
            && event.text("decision").is_some_and(|decision| decision != "COMPARABILITY_STATEMENT");
        decides.then_some(())?;
        Some(Self {
            country: text("issuing_country")?,
            kind: text("recognition_kind")?,
            decision: text("decision")?,
        })
    }
}

/// Relation 4: two countries are parties to an arrangement on a profession, so that its holder may apply.
#[derive(Debug, Clone)]
pub struct MraEligibility {
    instrument: &'static Instrument,
    countries: (String, String),
}

/// Why there is no eligibility.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MraRefusal {
    /// The instrument is no mutual recognition arrangement.
    NotAnArrangement,
    /// Planned, or not yet in force on the day.
    NotInForce,
    /// It is for other occupations.
    OtherOccupation,
    /// One of the two was no party on the day.
    NotAParty,
    /// Whether both were parties, or it was in force, is not stored.
    Unknown,
}

impl MraRefusal {
    /// As printed in answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotAnArrangement => "NOT_AN_ARRANGEMENT",
            Self::NotInForce => "NOT_IN_FORCE",
            Self::OtherOccupation => "OTHER_OCCUPATION",
            Self::NotAParty => "NOT_A_PARTY",
            Self::Unknown => "UNKNOWN",
        }
    }
}

impl MraEligibility {
    /// The name under which it is shown.
    pub const NAME: &'static str = "eligible under a mutual recognition arrangement";

    /// Whether holders of `isco08` from `origin` may apply in `destination` on `day`. Both are parties or neither way is
    /// open; a third country does not come in.
    pub fn between(
        instrument: &'static Instrument,
        isco08: &str,
        origin: &str,
        destination: &str,
        day: Date,
    ) -> Result<Self, MraRefusal> {
        if instrument.kind != InstrumentKind::MutualRecognition {
            return Err(MraRefusal::NotAnArrangement);
        }
        match instrument.in_force_on(day) {
            Some(true) => {}
            Some(false) => return Err(MraRefusal::NotInForce),
            None => return Err(MraRefusal::Unknown),
        }
        if !instrument.covers(isco08) {
            return Err(MraRefusal::OtherOccupation);
        }
        match (instrument.party(origin, day), instrument.party(destination, day)) {
            (PartyAnswer::Party, PartyAnswer::Party) => {
                Ok(Self { instrument, countries: (origin.to_owned(), destination.to_owned()) })
            }
            (PartyAnswer::NotAParty, _) | (_, PartyAnswer::NotAParty) => Err(MraRefusal::NotAParty),
            _ => Err(MraRefusal::Unknown),
        }
    }

    /// The arrangement.
    pub fn instrument(&self) -> &'static Instrument {
        self.instrument
    }

    /// From which country to which.
    pub fn countries(&self) -> (&str, &str) {
        (&self.countries.0, &self.countries.1)
    }
}

/// Relation 5: social partners agree on what a certificate is worth in wages. It has no level.
#[derive(Debug, Clone)]
pub struct CollectiveRecognition {
    instrument: &'static Instrument,
    says: &'static str,
}

impl CollectiveRecognition {
    /// The name under which it is shown.
    pub const NAME: &'static str = "wage class under a collective agreement";

    /// What a collective agreement says of wage classes; `None` where it says nothing or is none.
    pub fn under(instrument: &'static Instrument, isco08: &str) -> Option<Self> {
        let collective = instrument.kind == InstrumentKind::CollectiveAgreement && instrument.covers(isco08);
        let clause = instrument.clauses.iter().find(|clause| clause.kind == ClauseKind::WageClass)?;
        collective.then_some(Self { instrument, says: clause.says })
    }

    /// The agreement.
    pub fn instrument(&self) -> &'static Instrument {
        self.instrument
    }

    /// What it says.
    pub fn says(&self) -> &'static str {
        self.says
    }
}

/// Relation 6: a level that the issuer itself gives its record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredAlignment {
    /// As the issuer wrote it: `framework@version:code`, or `eqf:code`.
    declared: Vec<String>,
}

impl DeclaredAlignment {
    /// The name under which it is shown.
    pub const NAME: &'static str = "declared by the issuer";

    /// What the record says of its own level; `None` if nothing.
    pub fn of(event: &Event) -> Option<Self> {
        let level = event.claims().get("nqf_level");
        let part = |name| level.and_then(|level| level.get(name)).and_then(Value::as_str);
        let national = match (part("framework"), part("version"), part("code")) {
            (Some(framework), Some(version), Some(code)) => Some(format!("{framework}@{version}:{code}")),
            _ => None,
        };
        let european = event.text("eqf_level").map(|level| format!("eqf:{level}"));
        let declared: Vec<String> = national.into_iter().chain(european).collect();
        (!declared.is_empty()).then_some(Self { declared })
    }

    /// As written.
    pub fn declared(&self) -> &[String] {
        &self.declared
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::super::instruments::{instrument, instruments};
    use super::*;
    use crate::event::vocab::countries::COUNTRIES;

    const TODAY: Date = date(2026, 11, 23);

    #[test]
    fn the_six_are_shown_under_six_names() {
        let mut names: Vec<&str> = RELATION_NAMES.iter().map(|(name, _)| *name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), 6);
    }

    #[test]
    fn an_arrangement_opens_only_between_its_parties() {
        let accountants = instrument("eac/mra-accountancy").unwrap();
        let ask = |id: &str, isco08: &str, origin: &str, destination: &str| {
            MraEligibility::between(instrument(id).unwrap(), isco08, origin, destination, TODAY)
                .map_or_else(MraRefusal::name, |_| "ELIGIBLE")
        };
        assert_eq!(ask("asean/mra-engineering", "2142", "MY", "SG"), "ELIGIBLE");
        assert_eq!(ask("asean/mra-engineering", "2142", "SG", "MY"), "ELIGIBLE");
        assert_eq!(ask("asean/mra-engineering", "2221", "MY", "SG"), "OTHER_OCCUPATION");
        assert_eq!(ask("asean/mra-engineering", "2142", "MY", "TL"), "UNKNOWN");
        assert_eq!(ask("asean/mra-engineering", "2142", "MY", "DE"), "NOT_A_PARTY");
        assert_eq!(ask("eac/mra-pharmacy", "2262", "KE", "TZ"), "NOT_IN_FORCE");
        assert_eq!(ask("eac/mra-accountancy", "2411", "KE", "CD"), "NOT_A_PARTY");
        assert_eq!(ask("ilo/c143", "2411", "KE", "CD"), "NOT_AN_ARRANGEMENT");
        assert!(accountants.covers("2411"));
    }

    #[test]
    fn a_branch_certificate_has_a_wage_class_and_no_level() {
        let lmv = instrument("ch/lmv").unwrap();
        let wage = CollectiveRecognition::under(lmv, "7112").unwrap();
        assert!(wage.says().contains("wage class"));
        assert!(CollectiveRecognition::under(lmv, "2221").is_none());
        assert!(CollectiveRecognition::under(instrument("gh/hswu-2016").unwrap(), "2221").is_none());
    }

    #[test]
    fn a_comparability_statement_decides_nothing() {
        let event = |decision: &str| {
            let mut claims = Kind::RecognitionDecided.example().as_object().cloned().unwrap();
            for clear in ["vct", "iss", "cnf", "compensation_measure", "substantial_differences"] {
                claims.shift_remove(clear);
            }
            claims.insert("decision".into(), decision.into());
            Event::validate(Kind::RecognitionDecided, &claims.clone().into()).unwrap()
        };
        assert!(DecidedRecognition::of(&event("FULL")).is_some());
        assert_eq!(DecidedRecognition::of(&event("COMPARABILITY_STATEMENT")), None);
    }

    proptest! {
        /// An arrangement holds both ways or neither, and only where both countries are parties themselves: no third
        /// country carries one over.
        #[test]
        fn eligibility_is_symmetric_and_never_transitive(
            at in any::<prop::sample::Index>(), from in 0_usize..250, to in 0_usize..250, days in 0_i32..9000,
        ) {
            let arrangements: Vec<_> =
                instruments().filter(|row| row.kind == InstrumentKind::MutualRecognition).collect();
            let row = *at.get(&arrangements);
            let isco08 = row.occupations.first().copied().unwrap_or("5131");
            let day = date(2005, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap();
            let (one, other) = (COUNTRIES[from].0, COUNTRIES[to].0);
            let there = MraEligibility::between(row, isco08, one, other, day).map(|_| ());
            let back = MraEligibility::between(row, isco08, other, one, day).map(|_| ());
            prop_assert_eq!(there, back);
            let both = row.party(one, day) == PartyAnswer::Party && row.party(other, day) == PartyAnswer::Party;
            prop_assert_eq!(there.is_ok(), both && row.in_force_on(day) == Some(true));
        }
    }
}
