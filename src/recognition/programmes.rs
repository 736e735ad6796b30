//! Programmes that place, train or receive workers under an instrument, or without one: stages, limits, and the six factors on
//! which the field says that success rests. A factor of which nothing is stored shows as a gap.

use jiff::civil::{Date, date};

use super::source::{Certainty, Source};

/// One of the six success factors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Factor {
    /// Training meets needs on both sides.
    Needs,
    /// Rules exist.
    Regulation,
    /// Somebody pays.
    Financing,
    /// Somebody runs it.
    Institutions,
    /// Somebody other than the provider assures quality.
    QualityAssurance,
    /// Unions and employers take part.
    SocialPartners,
}

impl Factor {
    /// In the order of the checklist.
    pub const ALL: [Self; 6] = [
        Self::Needs,
        Self::Regulation,
        Self::Financing,
        Self::Institutions,
        Self::QualityAssurance,
        Self::SocialPartners,
    ];

    /// As printed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Needs => "NEEDS",
            Self::Regulation => "REGULATION",
            Self::Financing => "FINANCING",
            Self::Institutions => "INSTITUTIONS",
            Self::QualityAssurance => "QUALITY_ASSURANCE",
            Self::SocialPartners => "SOCIAL_PARTNERS",
        }
    }
}

/// One stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stage {
    /// Its name.
    pub name: &'static str,
    /// How long at most, in months.
    pub months_max: u32,
    /// What must be passed at its end.
    pub test: Option<&'static str>,
}

/// A condition that a plan or an application must meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// The plan lasts so many months, both included.
    PlanMonths(u32, u32),
    /// The promoter has been active for so many years.
    PromoterYears(u32),
    /// The worker has so many months of experience in the destination.
    ExperienceMonths(u32),
    /// At most so many workers of one firm.
    WorkersOfFirm(u32),
}

/// What an application says; what it does not say is open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Application {
    /// Length of the plan in months.
    pub plan_months: Option<u32>,
    /// Years of activity of the promoter.
    pub promoter_years: Option<u32>,
    /// Months of experience in the destination.
    pub experience_months: Option<u32>,
    /// Which worker of the same firm this is, counted from one.
    pub workers_of_firm: Option<u32>,
}

/// How a condition came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConditionAnswer {
    /// The condition, in words.
    pub condition: String,
    /// `None`: the application does not say.
    pub met: Option<bool>,
}

impl Condition {
    fn ask(self, application: &Application) -> ConditionAnswer {
        let (condition, met) = match self {
            Self::PlanMonths(least, most) => (
                format!("the plan lasts {least} to {most} months"),
                application.plan_months.map(|months| (least..=most).contains(&months)),
            ),
            Self::PromoterYears(least) => (
                format!("the promoter has been active for at least {least} years"),
                application.promoter_years.map(|years| years >= least),
            ),
            Self::ExperienceMonths(least) => (
                format!("at least {least} months of work in the destination"),
                application.experience_months.map(|months| months >= least),
            ),
            Self::WorkersOfFirm(most) => (
                format!("at most {most} workers of one firm"),
                application.workers_of_firm.map(|workers| workers <= most),
            ),
        };
        ConditionAnswer { condition, met }
    }

    /// In words.
    pub fn words(self) -> String {
        self.ask(&Application::default()).condition
    }
}

/// One programme.
#[derive(Debug, Clone, Copy)]
pub struct Programme {
    /// Its id.
    pub id: &'static str,
    /// Its name.
    pub name: &'static str,
    /// The instrument it rests on, by id.
    pub instrument: Option<&'static str>,
    /// Countries, alpha-2: of origin, of destination.
    pub corridor: (&'static [&'static str], &'static [&'static str]),
    /// Its stages, in order.
    pub stages: &'static [Stage],
    /// Whether the worker is to return at the end.
    pub returns: bool,
    /// First and last day, where stored.
    pub period: (Option<Date>, Option<Date>),
    /// What follows it, by id.
    pub successor: Option<&'static str>,
    /// What an application must meet.
    pub conditions: &'static [Condition],
    /// What is stored of each success factor.
    pub factors: &'static [(Factor, &'static str)],
    /// What a reader must know.
    pub note: &'static str,
    /// How sure the row is.
    pub certainty: Certainty,
    /// Where it was read.
    pub source: Source,
}

impl Programme {
    /// The success factors of which nothing is stored.
    pub fn gaps(&self) -> impl Iterator<Item = Factor> {
        let factors = self.factors;
        Factor::ALL.into_iter().filter(move |factor| !factors.iter().any(|(known, _)| known == factor))
    }

    /// How its conditions come out for an application.
    pub fn ask(&self, application: &Application) -> impl Iterator<Item = ConditionAnswer> + use<> {
        let application = *application;
        let conditions = self.conditions;
        conditions.iter().map(move |condition| condition.ask(&application))
    }
}

const STUDY: Source =
    Source { title: "ILO study on skills recognition of migrant workers", url: None, as_of: "2019" };

const NONE: Programme = Programme {
    id: "",
    name: "",
    instrument: None,
    corridor: (&[], &[]),
    stages: &[],
    returns: false,
    period: (None, None),
    successor: None,
    conditions: &[],
    factors: &[],
    note: "",
    certainty: Certainty::Sure,
    source: STUDY,
};

const PROGRAMMES: &[Programme] = &[
    Programme {
        id: "jp/titp",
        name: "Technical Intern Training Program, Japan",
        instrument: Some("in-jp/titp-2017"),
        corridor: (&["IN"], &["JP"]),
        stages: &[
            Stage { name: "1", months_max: 12, test: Some("trade skills test, basic grade") },
            Stage { name: "2", months_max: 24, test: Some("trade skills test, grade 3, practical") },
            Stage { name: "3", months_max: 24, test: Some("trade skills test, grade 2, practical") },
        ],
        returns: true,
        period: (None, Some(date(2027, 3, 31))),
        successor: Some("jp/esd"),
        factors: &[
            (Factor::Regulation, "memoranda of cooperation with each sending state; law of 2016"),
            (
                Factor::Institutions,
                "OTIT supervises since 2017; sending, supervising and implementing organisations",
            ),
            (Factor::QualityAssurance, "trade skills tests at the end of each stage"),
        ],
        note: "stages in order, three to five years in all, then return; other sending states have memoranda of their own; grades \
               of the tests have no published relation to any framework",
        certainty: Certainty::NeedsCheck,
        ..NONE
    },
    Programme {
        id: "jp/esd",
        name: "Employment for Skill Development (ikusei shuro), Japan",
        corridor: (&[], &["JP"]),
        period: (Some(date(2027, 4, 1)), None),
        note: "takes the place of the Technical Intern Training Program; transitional rules apply to placements that cross the day, \
               which keep their labels; certification of plans began on 1 September 2026",
        source: Source {
            title: "Practitioners' summary of the reform (ohashijozu.net), mid-2026",
            url: None,
            as_of: "2026",
        },
        ..NONE
    },
    Programme {
        id: "de/triple-win",
        name: "Triple Win, nurses for Germany",
        instrument: Some("de-ph/nurses-2013"),
        corridor: (&["PH"], &["DE"]),
        factors: &[
            (Factor::Needs, "nurses, selected by both employment services"),
            (Factor::Regulation, "agreement between the two services"),
            (Factor::Institutions, "the employment services of both sides"),
            (Factor::SocialPartners, "unions of both sides in the joint committee"),
        ],
        note: "other partner countries have changed over time and are not stored",
        source: STUDY,
        ..NONE
    },
    Programme {
        id: "eg-it/don-bosco",
        name: "Don Bosco technical institute, Cairo",
        instrument: Some("eg-it/schools-1970"),
        corridor: (&["EG"], &["IT"]),
        factors: &[
            (Factor::Regulation, "protocol of 28 March 1970"),
            (Factor::Institutions, "Italian director, Egyptian co-director"),
            (Factor::QualityAssurance, "recognised by the Italian ministry"),
        ],
        note: "three-year professional and five-year technical courses; each country's award stands or falls by itself",
        certainty: Certainty::NeedsCheck,
        ..NONE
    },
    Programme {
        id: "de-ma/horeca",
        name: "Hotels and restaurants, Morocco and Germany (Deauville partnership)",
        corridor: (&["MA"], &["DE"]),
        factors: &[
            (Factor::Needs, "training in Morocco, apprenticeship in Germany"),
            (Factor::Institutions, "pre-selection by the Moroccan employment service"),
        ],
        note: "recognised on both sides, each for itself",
        ..NONE
    },
    Programme {
        id: "it/courses-abroad",
        name: "Courses abroad and traineeship visas, Italy",
        corridor: (&[], &["IT"]),
        conditions: &[Condition::PlanMonths(3, 12), Condition::PromoterYears(3)],
        factors: &[
            (Factor::Regulation, "individual training plan approved by a region"),
            (
                Factor::Institutions,
                "regions; promoters, among them organisations active for at least three years",
            ),
        ],
        note: "the list of eligible countries is not stored",
        ..NONE
    },
    Programme {
        id: "ch/parifonds-bau",
        name: "Courses at home for construction workers, Swiss parity fund",
        instrument: Some("ch/lmv"),
        corridor: (&["ES", "PT"], &["CH"]),
        conditions: &[Condition::ExperienceMonths(6), Condition::WorkersOfFirm(2)],
        factors: &[
            (Factor::Needs, "firms send workers who stand on Swiss sites already"),
            (Factor::Regulation, "collective agreement"),
            (Factor::Financing, "the parity fund pays"),
            (
                Factor::Institutions,
                "employers' association teaches in the country of origin, January to February, since 1985",
            ),
            (Factor::SocialPartners, "employers' association and unions"),
        ],
        note: "a pass gives a wage class, never a level; attendance alone gives neither",
        source: Source {
            title: "Swiss parity fund for construction and employers' association, on courses in the country of origin",
            url: None,
            as_of: "2025",
        },
        ..NONE
    },
    Programme {
        id: "kr/happy-return",
        name: "Happy Return, Republic of Korea",
        corridor: (&[], &["KR"]),
        returns: true,
        factors: &[(Factor::Needs, "training for the return")],
        ..NONE
    },
    Programme {
        id: "id/returnee-women",
        name: "Services for returning women, Indonesia",
        corridor: (&["ID"], &[]),
        returns: true,
        ..NONE
    },
    Programme {
        id: "ma/anapec-preselection",
        name: "Pre-selection by the Moroccan employment service (ANAPEC)",
        corridor: (&["MA"], &[]),
        factors: &[(Factor::Institutions, "public employment service")],
        ..NONE
    },
];

/// Every stored programme.
pub fn programmes() -> impl Iterator<Item = &'static Programme> {
    PROGRAMMES.iter()
}

/// The programme with this id.
pub fn programme(id: &str) -> Option<&'static Programme> {
    PROGRAMMES.iter().find(|programme| programme.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(id: &str, application: Application) -> Vec<String> {
        let answers = programme(id).unwrap().ask(&application);
        answers.filter(|answer| answer.met == Some(false)).map(|answer| answer.condition).collect()
    }

    #[test]
    fn a_traineeship_lasts_three_to_twelve_months_and_has_an_experienced_promoter() {
        let plan = |months, years| Application {
            plan_months: Some(months),
            promoter_years: Some(years),
            ..Application::default()
        };
        for (months, years, wrong) in [(3, 3, 0), (12, 3, 0), (2, 3, 1), (13, 3, 1), (6, 2, 1), (2, 2, 2)] {
            assert_eq!(refused("it/courses-abroad", plan(months, years)).len(), wrong, "{months} {years}");
        }
        let nothing = Application::default();
        let mut open = programme("it/courses-abroad").unwrap().ask(&nothing);
        assert!(open.all(|answer| answer.met.is_none()));
    }

    #[test]
    fn a_third_worker_of_a_firm_is_one_too_many() {
        let sent = |experience, workers| Application {
            experience_months: Some(experience),
            workers_of_firm: Some(workers),
            ..Application::default()
        };
        assert_eq!(refused("ch/parifonds-bau", sent(6, 2)).len(), 0);
        assert_eq!(refused("ch/parifonds-bau", sent(6, 3)).len(), 1);
        assert_eq!(refused("ch/parifonds-bau", sent(5, 2)).len(), 1);
    }

    #[test]
    fn a_programme_without_a_body_for_quality_shows_the_gap() {
        let gaps = |id| programme(id).unwrap().gaps().collect::<Vec<_>>();
        assert!(gaps("de-ma/horeca").contains(&Factor::QualityAssurance));
        assert!(!gaps("jp/titp").contains(&Factor::QualityAssurance));
    }

    #[test]
    fn what_a_programme_names_is_stored() {
        for row in programmes() {
            assert!(row.instrument.is_none_or(|id| super::super::instrument(id).is_some()), "{}", row.id);
            assert!(row.successor.is_none_or(|id| programme(id).is_some()), "{}", row.id);
            assert!(!row.source.title.is_empty() && !row.source.as_of.is_empty());
        }
    }
}
