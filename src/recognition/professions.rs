//! Which occupations a country regulates, as far as a law was read. Absence says nothing: an unlisted pair is unknown,
//! never unregulated. Classifications such as ESCO are no source for this.

use jiff::civil::{Date, date};

use super::source::{Since, Source};

/// One regulated profession.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Profession {
    /// ISCO-08 code or prefix.
    pub isco08: &'static str,
    /// Alpha-2.
    pub country: &'static str,
    /// The profession as the law calls it.
    pub title: &'static str,
    /// From when the law named is known to hold.
    pub since: Since,
    /// The law.
    pub source: Source,
}

const DIRECTIVE: Source = Source {
    title: "Directive 2005/36/EC, title III chapter III and annex V: titles and authorities of each member state",
    url: Some("https://eur-lex.europa.eu/eli/dir/2005/36"),
    as_of: "2013-11-20",
};

/// Professions with automatic recognition under the directive that every member state regulates. Architects are
/// left out: not every member state regulates their practice.
const SECTORAL: [(&str, &str); 7] = [
    ("2211", "doctor (basic medical training)"),
    ("2212", "specialised doctor"),
    ("2221", "nurse responsible for general care"),
    ("2222", "midwife"),
    ("2250", "veterinary surgeon"),
    ("2261", "dental practitioner"),
    ("2262", "pharmacist"),
];

const MEMBER_STATES: [&str; 27] = [
    "AT", "BE", "BG", "HR", "CY", "CZ", "DK", "EE", "FI", "FR", "DE", "GR", "HU", "IE", "IT", "LV", "LT",
    "LU", "MT", "NL", "PL", "PT", "RO", "SK", "SI", "ES", "SE",
];

const NATIONAL: &[Profession] = &[
    Profession {
        isco08: "2221",
        country: "DE",
        title: "Pflegefachfrau, Pflegefachmann",
        since: Since::Exactly(date(2020, 1, 1)),
        source: Source {
            title: "Pflegeberufegesetz of 17 July 2017 (BGBl. I p. 2581), sections 1 and 4",
            url: Some("https://www.gesetze-im-internet.de/pflbg/"),
            as_of: "2023-12-12",
        },
    },
    Profession {
        isco08: "2221",
        country: "PH",
        title: "registered nurse",
        since: Since::Attested(date(2002, 10, 21)),
        source: Source {
            title: "Republic Act No. 9173, Philippine Nursing Act of 2002",
            url: Some("https://www.officialgazette.gov.ph/2002/10/21/republic-act-no-9173/"),
            as_of: "2002-10-21",
        },
    },
    Profession {
        isco08: "2221",
        country: "GB",
        title: "registered nurse",
        since: Since::Attested(date(2002, 2, 12)),
        source: Source {
            title: "Nursing and Midwifery Order 2001 (SI 2002/253)",
            url: Some("https://www.legislation.gov.uk/uksi/2002/253"),
            as_of: "2002-02-12",
        },
    },
];

/// Every profession of which a national law is stored, and of the directive's those of each member state.
pub fn professions() -> impl Iterator<Item = Profession> {
    let sectoral = SECTORAL.iter().flat_map(|&(isco08, title)| {
        MEMBER_STATES.iter().map(move |&country| Profession {
            isco08,
            country,
            title,
            // The transposition period of the directive ended that day; who joined later was bound on joining.
            since: Since::Attested(if country == "HR" { date(2013, 7, 1) } else { date(2007, 10, 20) }),
            source: DIRECTIVE,
        })
    });
    NATIONAL.iter().copied().chain(sectoral)
}

/// Whether the directive binds this country as a member state today.
pub(super) fn is_member_state(country: &str) -> bool {
    MEMBER_STATES.contains(&country)
}

/// The law by which the ISCO-08 `occupation` is regulated in `country` on `date`; `None`: not stored, so unknown.
pub fn regulated(occupation: &str, country: &str, date: Date) -> Option<Profession> {
    let mut found = professions().filter(|row| row.country == country && occupation.starts_with(row.isco08));
    found.find(|row| row.since.held_on(date) == Some(true))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: Date = date(2026, 11, 23);

    #[test]
    fn nurses_are_regulated_where_a_law_was_read() {
        let law = |country| regulated("2221", country, TODAY).map(|row| row.source.title);
        assert!(law("DE").is_some_and(|title| title.starts_with("Pflegeberufegesetz")));
        assert!(law("PH").is_some_and(|title| title.contains("9173")));
        assert!(law("AT").is_some_and(|title| title.starts_with("Directive")));
    }

    #[test]
    fn what_is_not_stored_is_unknown_and_never_unregulated() {
        for (occupation, country) in
            [("7112", "QA"), ("7112", "NP"), ("7411", "IT"), ("2221", "QA"), ("2161", "DE")]
        {
            assert_eq!(regulated(occupation, country, TODAY), None, "{occupation} in {country}");
        }
    }

    #[test]
    fn a_day_before_the_law_is_not_claimed() {
        let before = regulated("2221", "DE", date(2019, 12, 31)).map(|row| row.source.title);
        assert_eq!(before, Some(DIRECTIVE.title));
        assert_eq!(regulated("2221", "DE", date(2007, 10, 19)), None);
    }

    #[test]
    fn an_occupation_prefix_does_not_match_its_whole_group() {
        assert_eq!(regulated("222", "DE", TODAY), None, "the minor group holds other occupations too");
    }
}
