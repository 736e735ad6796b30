//! Qualifications frameworks by full name, edition and level. A level is a name, never a number: 7.1 sv, 5b, 4+, Entry.
//!
//! Ids: `country/abbreviation` for national frameworks (`de/dqr`, `gb-sct/scqf`), a single word for regional ones (`eqf`).
//! An edition is named by its year where its owner or the table it was read from is dated, else `undated`.

use super::national::NATIONAL;
use super::source::{Certainty, Source};
use crate::event::ClaimError;
use crate::event::dates::shown;
use crate::event::suggest::closest;

/// One framework.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Framework {
    /// Its full name in statements.
    pub id: &'static str,
    /// Its name for people.
    pub name: &'static str,
    /// Other abbreviations in use, upper case; bare they are refused, since others use them too.
    pub also: &'static [&'static str],
    /// Its editions, oldest first.
    pub editions: &'static [Edition],
    /// Where its levels were read.
    pub source: Source,
    /// How sure its levels are.
    pub certainty: Certainty,
    /// Whether it is its country's present national framework, which `country/nqf` means if it is the only one.
    pub is_national: bool,
    /// Whether it only compares: no qualification is awarded at its levels.
    pub reference_only: bool,
}

/// One edition of a framework.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edition {
    /// Its name in statements.
    pub version: &'static str,
    /// Its levels, lowest first (sub-levels in the order of the source).
    pub levels: &'static [&'static str],
    /// First day in force, where known.
    pub from: Option<&'static str>,
    /// Last day in force, where known and past.
    pub until: Option<&'static str>,
}

pub(super) const LEVELS_4: &[&str] = &["1", "2", "3", "4"];
pub(super) const LEVELS_5: &[&str] = &["1", "2", "3", "4", "5"];
pub(super) const LEVELS_7: &[&str] = &["1", "2", "3", "4", "5", "6", "7"];
pub(super) const LEVELS_8: &[&str] = &["1", "2", "3", "4", "5", "6", "7", "8"];
pub(super) const LEVELS_9: &[&str] = &["1", "2", "3", "4", "5", "6", "7", "8", "9"];
pub(super) const LEVELS_10: &[&str] = &["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"];
pub(super) const LEVELS_12: &[&str] = &["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"];

pub(super) const fn edition(version: &'static str, levels: &'static [&'static str]) -> Edition {
    Edition { version, levels, from: None, until: None }
}

pub(super) const fn dated(edition: Edition, from: &'static str, until: Option<&'static str>) -> Edition {
    Edition { from: Some(from), until, ..edition }
}

const fn regional(
    id: &'static str,
    name: &'static str,
    also: &'static [&'static str],
    editions: &'static [Edition],
    source: Source,
) -> Framework {
    Framework {
        id,
        name,
        also,
        editions,
        source,
        certainty: Certainty::Sure,
        is_national: false,
        reference_only: true,
    }
}

const fn read_in(title: &'static str, url: Option<&'static str>, as_of: &'static str) -> Source {
    Source { title, url, as_of }
}

/// Frameworks of several countries.
const REGIONAL: &[Framework] = &[
    regional(
        "eqf",
        "European Qualifications Framework",
        &["EQF"],
        &[
            dated(edition("2008", LEVELS_8), "2008-04-23", Some("2017-05-21")),
            dated(edition("2017", LEVELS_8), "2017-05-22", None),
        ],
        read_in(
            "Recommendations of 23 April 2008 (2008/C 111/01) and 22 May 2017 (2017/C 189/03)",
            Some("https://eur-lex.europa.eu/legal-content/EN/TXT/?uri=CELEX:32017H0615(01)"),
            "2017-05-22",
        ),
    ),
    regional(
        "qf-ehea",
        "Framework of Qualifications of the European Higher Education Area",
        &["QF-EHEA"],
        &[
            edition("2005", &["first", "second", "third"]),
            edition("2018", &["short", "first", "second", "third"]),
        ],
        read_in(
            "Bergen Communique 2005; Paris Communique 2018, appendix III",
            Some("https://ehea.info"),
            "2018-05-25",
        ),
    ),
    regional(
        "aqrf",
        "ASEAN Qualifications Reference Framework",
        &["AQRF"],
        &[edition("undated", LEVELS_8)],
        read_in("ASEAN Qualifications Reference Framework", Some("https://aanzfta.asean.org"), "2015"),
    ),
    regional(
        "pacific-pqf",
        "Pacific Qualifications Framework",
        &["PQF"],
        &[edition("undated", LEVELS_10)],
        read_in(
            "ILO study on skills recognition of migrant workers, annex on regional frameworks",
            None,
            "2019",
        ),
    ),
    regional(
        "sadc-rqf",
        "SADC Regional Qualifications Framework",
        &["RQF", "SADCQF"],
        &[edition("undated", LEVELS_10)],
        read_in("SADC Secretariat, SADC Qualifications Framework", Some("https://www.sadc.int"), "2017"),
    ),
    regional(
        "acqf",
        "African Continental Qualifications Framework",
        &["ACQF"],
        &[edition("undated", LEVELS_10)],
        read_in(
            "African Continental Qualifications Framework, handbook",
            Some("https://acqf.africa"),
            "2024",
        ),
    ),
    Framework {
        certainty: Certainty::NeedsCheck,
        ..regional(
            "vussc-tqf",
            "Transnational Qualifications Framework of the small states of the Commonwealth",
            &["TQF"],
            &[edition("undated", LEVELS_10)],
            read_in(
                "Virtual University for Small States of the Commonwealth; general knowledge, not re-read",
                Some("https://vussc.col.org"),
                "2015",
            ),
        )
    },
    Framework {
        id: "caricom-cvq",
        name: "Caribbean Vocational Qualification levels",
        also: &["CVQ"],
        editions: &[edition("undated", LEVELS_5)],
        source: read_in(
            "CANTA; Overseas Examinations Commission, Jamaica: CVQ levels",
            Some("https://overseasexams.org.jm"),
            "2024",
        ),
        certainty: Certainty::Sure,
        is_national: false,
        // CVQs are awarded at these very levels.
        reference_only: false,
    },
];

/// Every framework known, regional ones first.
pub fn all() -> impl Iterator<Item = &'static Framework> {
    REGIONAL.iter().chain(NATIONAL)
}

/// The framework with this full name.
pub fn find(id: &str) -> Option<&'static Framework> {
    all().find(|framework| framework.id == id)
}

impl Framework {
    /// The edition of this name.
    pub fn edition(&self, version: &str) -> Option<&'static Edition> {
        self.editions.iter().find(|edition| edition.version == version)
    }

    /// The edition in force now: the last one.
    pub fn current(&self) -> Option<&'static Edition> {
        self.editions.last()
    }

    /// `de` of `de/dqr`, `gb` of `gb-sct/scqf`; `None` for regional ones.
    pub fn country(&self) -> Option<&'static str> {
        let (country, _) = self.id.split_once('/')?;
        Some(country.split_once('-').map_or(country, |(state, _)| state))
    }

    fn is_called(&self, abbreviation: &str) -> bool {
        let own = self.id.rsplit_once('/').map_or(self.id, |(_, own)| own);
        own.eq_ignore_ascii_case(abbreviation)
            || self.also.iter().any(|other| other.eq_ignore_ascii_case(abbreviation))
    }
}

/// What people type: a full name, or `country/nqf` for a country whose national framework is one.
pub fn resolve(typed: &str) -> Result<&'static Framework, ClaimError> {
    if let Some(framework) = find(typed) {
        return Ok(framework);
    }
    match national_of(typed)[..] {
        [only] => Ok(only),
        _ => Err(refused(typed)),
    }
}

/// What `country/nqf` may mean: the country's present national frameworks, of which some have several, each for its part.
fn national_of(typed: &str) -> Vec<&'static Framework> {
    let Some((region, "nqf")) = typed.split_once('/') else { return Vec::new() };
    let exact = |framework: &&Framework| framework.id.split_once('/').is_some_and(|(own, _)| own == region);
    let within = |framework: &&Framework| framework.country() == Some(region);
    let national = || NATIONAL.iter().filter(|framework| framework.is_national);
    let of_region: Vec<_> = national().filter(exact).collect();
    if of_region.is_empty() { national().filter(within).collect() } else { of_region }
}

fn refused(typed: &str) -> ClaimError {
    let bare = typed.split_whitespace().next().unwrap_or_default();
    let mut candidates: Vec<&str> = match typed.split_once('/') {
        Some(_) => national_of(typed).into_iter().map(|framework| framework.id).collect(),
        None => all().filter(|framework| framework.is_called(bare)).map(|framework| framework.id).collect(),
    };
    if candidates.is_empty() {
        let hint = closest(typed, all().map(|framework| framework.id))
            .map(|id| format!("; did you mean `{id}`?"))
            .unwrap_or_default();
        let message =
            format!("`{}` is no framework known here{hint}; a record may also name no level", shown(typed));
        return ClaimError::new("framework", "UNKNOWN_FRAMEWORK", message);
    }
    let all_of_them = candidates.len();
    candidates.truncate(8);
    let more = if all_of_them > candidates.len() { ", …" } else { "" };
    let message = format!(
        "`{}` alone can be several frameworks; write the full name: {}{more}",
        shown(bare),
        candidates.join(", ")
    );
    ClaimError::new("framework", "BARE_FRAMEWORK", message)
}

/// The rule of `{framework, version, code}`: that level stands in that edition of that framework, by its full name.
pub(in crate::event) fn check_level(framework: &str, version: &str, code: &str) -> Result<(), ClaimError> {
    let Some(found) = find(framework) else {
        return Err(match resolve(framework) {
            // One framework has one name in statements.
            Ok(meant) => {
                ClaimError::new("framework", "BARE_FRAMEWORK", format!("write its full name, {}", meant.id))
            }
            Err(error) => error,
        });
    };
    if found.reference_only {
        let message = format!(
            "{} only compares frameworks; name the national framework the level was awarded in",
            found.name
        );
        return Err(ClaimError::new("framework", "UNKNOWN_FRAMEWORK", message));
    }
    let Some(edition) = found.edition(version) else {
        let known: Vec<&str> = found.editions.iter().map(|edition| edition.version).collect();
        let message = format!("{framework} has no edition `{}`; known: {}", shown(version), known.join(", "));
        return Err(ClaimError::new("version", "UNKNOWN_FRAMEWORK_VERSION", message));
    };
    if edition.levels.contains(&code) {
        return Ok(());
    }
    let message = format!(
        "{framework} ({version}) has no level `{}`; its levels: {}",
        shown(code),
        edition.levels.join(", ")
    );
    Err(ClaimError::new("code", "UNKNOWN_LEVEL", message))
}

/// Whether a name is that of a framework of several countries: one word, without a country.
pub(in crate::event) fn is_regional_name(name: &str) -> bool {
    !name.contains('/')
}

/// `DE` of `de/dqr`, `gb` of `gb-sct/scqf`, whether it is known here or not; `None` for regional ones.
pub fn country_of(name: &str) -> Option<&str> {
    let (country, _) = name.split_once('/')?;
    Some(country.split_once('-').map_or(country, |(state, _)| state))
}

/// The rule of a framework's name in a publication: one that is known under its full name, or a new one of the same form.
/// Another's name and a bare abbreviation are refused.
pub(in crate::event) fn check_name(name: &str) -> Result<(), ClaimError> {
    if find(name).is_some() {
        return Ok(());
    }
    match resolve(name) {
        Ok(meant) => {
            let message = format!("write its full name, {}", meant.id);
            return Err(ClaimError::new("framework", "BARE_FRAMEWORK", message));
        }
        Err(error) if error.reason == "BARE_FRAMEWORK" => return Err(error),
        Err(_) => {}
    }
    let word = |word: &str| {
        word.len() >= 2
            && word.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))
            && !word.starts_with('-')
    };
    let known = |country: &str| super::countries::name(&country.to_ascii_uppercase()).is_some();
    let well_formed = match name.split_once('/') {
        Some((region, own)) => word(region) && word(own) && country_of(name).is_some_and(known),
        None => word(name),
    };
    if well_formed {
        return Ok(());
    }
    let message = format!(
        "`{}` is no framework's name: country/abbreviation in lower case, e.g. ph/pqf, or one word for a regional one",
        shown(name)
    );
    Err(ClaimError::new("framework", "UNKNOWN_FRAMEWORK", message))
}

/// Whether the level can stand in that edition (in any, if none is named): what is not known here may.
pub(in crate::event) fn may_have_level(framework: &str, version: Option<&str>, level: &str) -> bool {
    let Some(known) = find(framework) else { return true };
    match version {
        Some(version) => known.edition(version).is_none_or(|edition| edition.levels.contains(&level)),
        None => known.editions.iter().any(|edition| edition.levels.contains(&level)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(framework: &str, version: &str, code: &str) -> (&'static str, String) {
        let error = check_level(framework, version, code).unwrap_err();
        (error.reason, error.message)
    }

    #[test]
    fn ids_are_unique_and_every_edition_has_levels_and_a_source() {
        let ids: std::collections::BTreeSet<&str> = all().map(|f| f.id).collect();
        assert_eq!(ids.len(), all().count());
        for framework in all() {
            assert!(
                !framework.source.title.is_empty()
                    && !framework.source.as_of.is_empty()
                    && !framework.editions.is_empty(),
                "{}",
                framework.id
            );
            for edition in framework.editions {
                let levels: std::collections::BTreeSet<&&str> = edition.levels.iter().collect();
                assert_eq!(levels.len(), edition.levels.len(), "{} {}", framework.id, edition.version);
                assert!(edition.levels.len() >= 3);
                for date in [edition.from, edition.until].into_iter().flatten() {
                    assert!(crate::event::dates::parse_date(date).is_ok());
                }
            }
            if let Some(country) = framework.country() {
                assert!(
                    crate::event::vocab::countries::name(&country.to_uppercase()).is_some(),
                    "{}",
                    framework.id
                );
            }
        }
    }

    #[test]
    fn bare_names_are_refused_with_the_candidates() {
        for (bare, candidates) in [
            ("PQF", &["ph/pqf", "pacific-pqf", "pl/prk"][..]),
            ("AQF", &["al/aqf", "au/aqf"]),
            ("EQF level 4", &["eqf"]),
        ] {
            let (reason, message) = reason(bare, "2018", "4");
            assert_eq!(reason, "BARE_FRAMEWORK");
            assert!(candidates.iter().all(|id| message.contains(id)), "{message}");
        }
        assert_eq!(reason("NQF", "2018", "4").0, "BARE_FRAMEWORK");
        assert_eq!(reason("de/nqf", "2024", "4"), ("BARE_FRAMEWORK", "write its full name, de/dqr".into()));
        assert_eq!(resolve("de/nqf").map(|f| f.id), Ok("de/dqr"));
        // Which of several a country's people mean is not ours to say.
        for (several, candidates) in [
            ("lk/nqf", &["lk/nvq", "lk/slqf"][..]),
            ("gb/nqf", &["gb-eng/rqf", "gb-sct/scqf", "gb-wls/cqfw"]),
            ("be/nqf", &["be-dg/qdg", "be-vlg/vks", "be-wal/cfc"]),
        ] {
            let error = resolve(several).unwrap_err();
            assert_eq!(error.reason, "BARE_FRAMEWORK", "{several}");
            assert!(candidates.iter().all(|id| error.message.contains(id)), "{}", error.message);
        }
        assert_eq!(
            resolve("np/nqf").unwrap_err().reason,
            "UNKNOWN_FRAMEWORK",
            "skill tests are no national framework"
        );
    }

    #[test]
    fn every_country_with_one_national_framework_answers_to_nqf() {
        for framework in NATIONAL.iter().filter(|framework| framework.is_national) {
            let (region, _) = framework.id.split_once('/').unwrap();
            let of_region = |other: &&Framework| {
                other.is_national && other.id.split_once('/').is_some_and(|(own, _)| own == region)
            };
            let meant = resolve(&format!("{region}/nqf")).map(|found| found.id);
            if NATIONAL.iter().filter(of_region).count() == 1 {
                assert_eq!(meant, Ok(framework.id));
            } else {
                assert!(meant.is_err(), "{region}");
            }
        }
        assert_eq!(resolve("bd/nqf").map(|found| found.id), Ok("bd/bnqf"), "not the one it replaced");
        assert_eq!(resolve("in/nqf").map(|found| found.id), Ok("in/nsqf"));
    }

    #[test]
    fn the_edition_decides_which_levels_there_are() {
        assert_eq!(check_level("in/nsqf", "2013", "10"), Ok(()));
        assert_eq!(check_level("in/nsqf", "2023", "4.5"), Ok(()));
        assert_eq!(reason("in/nsqf", "2023", "10").0, "UNKNOWN_LEVEL");
        assert_eq!(reason("in/nsqf", "2013", "4.5").0, "UNKNOWN_LEVEL");
        assert_eq!(reason("in/nsqf", "2019", "4").0, "UNKNOWN_FRAMEWORK_VERSION");
        assert_eq!(reason("in/nsfq", "2019", "4").0, "UNKNOWN_FRAMEWORK");
        assert_eq!(reason("eqf", "2017", "4").0, "UNKNOWN_FRAMEWORK");
        assert!(reason("in/nsqff", "2019", "4").1.contains("did you mean `in/nsqf`"));
        for (framework, code) in [
            ("hr/croqf", "7.1 sv"),
            ("cy/cyqf", "5b"),
            ("is/isqf", "5.2"),
            ("nl/nlqf", "4+"),
            ("mk/nqf", "6A"),
            ("md/nqf", "4.12"),
            ("ie/nfq", "10"),
            ("gb-eng/rqf", "E3"),
        ] {
            assert_eq!(check_level(framework, "2024", code), Ok(()), "{framework} {code}");
        }
    }
}
