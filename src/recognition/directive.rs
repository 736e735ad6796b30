//! Directive 2005/36/EC as amended by 2013/55/EU: its regimes, what it leaves to other acts, and the European Professional Card.

use super::source::{Certainty, Source};

/// A way of recognition under the directive.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Regime {
    /// `AUTOMATIC`, `GENERAL_SYSTEM`, …
    pub id: &'static str,
    /// Where in the directive.
    pub article: &'static str,
    /// ISCO-08 codes or prefixes it is for; empty: any regulated profession not excluded.
    pub occupations: &'static [&'static str],
    /// What it says.
    pub says: &'static str,
    /// How sure the row is.
    pub certainty: Certainty,
}

/// A profession that the directive leaves to another act.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exclusion {
    /// The profession.
    pub profession: &'static str,
    /// ISCO-08 codes that hold it; a code may hold other occupations too.
    pub occupations: &'static [&'static str],
    /// Whether the whole code is excluded, or only the profession named.
    pub whole_code: bool,
    /// The act that applies.
    pub act: &'static str,
}

/// Where the rows stand.
pub const DIRECTIVE: Source = Source {
    title: "Directive 2005/36/EC, OJ L 255, 30 September 2005, as amended by Directive 2013/55/EU",
    url: Some("https://eur-lex.europa.eu/eli/dir/2005/36"),
    as_of: "2013-11-20",
};
/// The card.
pub const CARD: Source = Source {
    title: "Commission Implementing Regulation (EU) 2015/983, OJ L 159, 25 June 2015",
    url: Some("https://eur-lex.europa.eu/eli/reg_impl/2015/983"),
    as_of: "2015-06-24",
};

const AUTOMATIC: &[&str] = &["2161", "2211", "2212", "2221", "2222", "2250", "2261", "2262"];
/// General-care nurses, pharmacists, physiotherapists, real estate agents, mountain guides. The last two share their code
/// with others.
const CARD_OCCUPATIONS: &[&str] = &["2221", "2262", "2264", "3334", "5113"];

const REGIMES: &[Regime] = &[
    Regime {
        id: "AUTOMATIC",
        article: "title III, chapter III; annex V",
        occupations: AUTOMATIC,
        says: "a listed title of a member state is recognised without comparing contents: doctors, general-care nurses, \
               dentists, veterinary surgeons, midwives, pharmacists, architects",
        certainty: Certainty::Sure,
    },
    Regime {
        id: "GENERAL_SYSTEM",
        article: "articles 10 to 14",
        occupations: &[],
        says: "compared in one of five groups: a attestation of competence; b secondary certificate; c post-secondary diploma of \
               at least one year; d of three to four years; e of more than four years",
        certainty: Certainty::Sure,
    },
    Regime {
        id: "COMPENSATION_MEASURES",
        article: "article 14",
        occupations: &[],
        says: "for substantial differences: an adaptation period of at most three years or an aptitude test, as a rule at the \
               applicant's choice",
        certainty: Certainty::Sure,
    },
    Regime {
        id: "ACQUIRED_RIGHTS",
        article: "articles 23, 27, 33, 37, 39, 43, 49",
        occupations: AUTOMATIC,
        says: "titles older than the minimum training, with attested practice; articles from general knowledge",
        certainty: Certainty::NeedsCheck,
    },
    Regime {
        id: "TEMPORARY_SERVICES",
        article: "title II",
        occupations: &[],
        says: "services now and then by a professional established in another member state, after a declaration",
        certainty: Certainty::Sure,
    },
    Regime {
        id: "THIRD_COUNTRY",
        article: "article 3(3)",
        occupations: &[],
        says: "a third-country title counts once a member state has recognised it and certifies three years of practice there",
        certainty: Certainty::Sure,
    },
    Regime {
        id: "EUROPEAN_PROFESSIONAL_CARD",
        article: "articles 4a to 4e",
        occupations: CARD_OCCUPATIONS,
        says: "electronic procedure for five professions: general-care nurses, pharmacists, physiotherapists, real estate agents, \
               mountain guides; how long a card is valid is not stored",
        certainty: Certainty::Sure,
    },
];

const EXCLUSIONS: &[Exclusion] = &[
    Exclusion {
        profession: "seafarers",
        occupations: &["3151", "3152", "8350"],
        whole_code: true,
        act: "STCW Convention and the Union's directive on seafarers' training, not 2005/36/EC",
    },
    Exclusion {
        profession: "statutory auditors",
        occupations: &["2411"],
        whole_code: false,
        act: "Directive 2006/43/EC, not 2005/36/EC",
    },
    Exclusion {
        profession: "insurance intermediaries",
        occupations: &["3321"],
        whole_code: true,
        act: "Directive (EU) 2016/97, not 2005/36/EC",
    },
    Exclusion {
        profession: "air traffic controllers",
        occupations: &["3154"],
        whole_code: true,
        act: "Regulation (EU) 2015/340, not 2005/36/EC",
    },
];

/// Every regime.
pub fn regimes() -> impl Iterator<Item = &'static Regime> {
    REGIMES.iter()
}

/// Every exclusion.
pub fn exclusions() -> impl Iterator<Item = &'static Exclusion> {
    EXCLUSIONS.iter()
}

/// The exclusions that may meet an occupation; see [`Exclusion::whole_code`].
pub fn exclusions_of(isco08: &str) -> impl Iterator<Item = &'static Exclusion> {
    EXCLUSIONS.iter().filter(move |row| row.occupations.contains(&isco08))
}

/// The regimes that may apply to an occupation; none where it is wholly excluded.
pub fn regimes_of(isco08: &str) -> impl Iterator<Item = &'static Regime> {
    let excluded = exclusions_of(isco08).any(|row| row.whole_code);
    let covers = move |row: &&Regime| {
        !excluded
            && (row.occupations.is_empty() || row.occupations.iter().any(|code| isco08.starts_with(code)))
    };
    REGIMES.iter().filter(covers)
}

/// Whether a European Professional Card exists for an occupation.
pub fn has_card(isco08: &str) -> bool {
    CARD_OCCUPATIONS.contains(&isco08)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seafarer_comes_under_another_act() {
        assert_eq!(regimes_of("3152").count(), 0);
        assert!(exclusions_of("3152").any(|row| row.act.starts_with("STCW")));
        let accountant: Vec<bool> = exclusions_of("2411").map(|row| row.whole_code).collect();
        assert_eq!(accountant, [false], "auditors only, accountants stay");
        assert!(regimes_of("2411").any(|row| row.id == "GENERAL_SYSTEM"));
    }

    #[test]
    fn the_card_is_for_five_professions() {
        assert!(["2221", "2262", "2264", "3334", "5113"].iter().all(|code| has_card(code)));
        assert!(!has_card("2411") && !has_card("2142"));
    }

    #[test]
    fn nurses_are_recognised_automatically_and_masons_compared() {
        let of = |code: &'static str| regimes_of(code).map(|row| row.id).collect::<Vec<_>>();
        assert!(of("2221").contains(&"AUTOMATIC"));
        assert!(!of("7112").contains(&"AUTOMATIC") && of("7112").contains(&"GENERAL_SYSTEM"));
    }
}
