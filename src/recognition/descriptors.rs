//! What the levels of the reference frameworks say, in our own words, to be read beside the source. They let a person
//! look at two levels where nothing published relates them; set side by side they compare nothing.

use super::source::{Certainty, Source};

/// What one level says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Descriptor {
    /// The framework.
    pub framework: &'static str,
    /// Its edition.
    pub version: &'static str,
    /// The level.
    pub level: &'static str,
    /// In short.
    pub text: &'static str,
    /// How sure the row is.
    pub certainty: Certainty,
    /// Where the descriptors themselves stand.
    pub source: &'static Source,
}

const EQF: Source = Source {
    title: "Council Recommendation of 22 May 2017 on the European Qualifications Framework (2017/C 189/03), annex II; our words",
    url: Some("https://eur-lex.europa.eu/legal-content/EN/TXT/?uri=CELEX:32017H0615(01)"),
    as_of: "2017-05-22",
};
const AQRF: Source = Source {
    title: "ASEAN Qualifications Reference Framework, level descriptors; our words from general knowledge, text not re-read",
    url: Some("https://asean.org"),
    as_of: "2015",
};
const CVQ: Source = Source {
    title: "Overseas Examinations Commission, Jamaica: CVQ levels; our words",
    url: Some("https://overseasexams.org.jm"),
    as_of: "2024",
};

const fn eqf(level: &'static str, text: &'static str) -> Descriptor {
    Descriptor { framework: "eqf", version: "2017", level, text, certainty: Certainty::Sure, source: &EQF }
}
const fn aqrf(level: &'static str, text: &'static str) -> Descriptor {
    Descriptor {
        framework: "aqrf",
        version: "undated",
        level,
        text,
        certainty: Certainty::NeedsCheck,
        source: &AQRF,
    }
}
const fn cvq(level: &'static str, text: &'static str) -> Descriptor {
    Descriptor {
        framework: "caricom-cvq",
        version: "undated",
        level,
        text,
        certainty: Certainty::Sure,
        source: &CVQ,
    }
}

const DESCRIPTORS: &[Descriptor] = &[
    eqf("1", "basic general knowledge; simple tasks, under direct supervision"),
    eqf("2", "basic facts of a field; routine problems with simple tools, supervised with some autonomy"),
    eqf(
        "3",
        "facts, principles and concepts of a field; takes responsibility for whole tasks, adapts to circumstances",
    ),
    eqf("4", "facts and theory in broad contexts; manages the own work, supervises routine work of others"),
    eqf(
        "5",
        "comprehensive, specialised knowledge and its limits; manages and supervises where change is unpredictable",
    ),
    eqf(
        "6",
        "advanced knowledge, critically understood; solves complex, unpredictable problems and leads such work",
    ),
    eqf(
        "7",
        "highly specialised knowledge, partly at the forefront; new strategic approaches, answers for teams",
    ),
    eqf(
        "8",
        "knowledge at the frontier of a field; creates new knowledge or practice, with substantial authority",
    ),
    aqrf("1", "basic and general knowledge, routine actions; structured processes under close supervision"),
    aqrf("2", "general and factual knowledge, standard actions; some discretion in familiar matters"),
    aqrf("3", "general principles and some concepts; chooses basic methods, partly on its own"),
    aqrf("4", "technical and theoretical knowledge of a field; some self-direction, unfamiliar problems"),
    aqrf("5", "detailed technical and theoretical knowledge; evaluates independently, complex problems"),
    aqrf(
        "6",
        "specialised knowledge within a field, critical thinking; initiative in complex, changing contexts",
    ),
    aqrf(
        "7",
        "mastery at the forefront of a field; expert judgement, responsibility for practice and its management",
    ),
    aqrf(
        "8",
        "the most advanced knowledge at a field's frontier; original research, authoritative judgement",
    ),
    cvq("1", "works under direct supervision: entry level"),
    cvq("2", "skilled worker under supervision"),
    cvq("3", "independent, autonomous skilled worker"),
    cvq("4", "specialised or supervisory worker"),
    cvq("5", "managerial or professional worker"),
];

/// Every stored descriptor.
pub fn descriptors() -> impl Iterator<Item = &'static Descriptor> {
    DESCRIPTORS.iter()
}

/// Those of one framework, lowest level first.
pub fn descriptors_of(framework: &str) -> impl Iterator<Item = &'static Descriptor> {
    DESCRIPTORS.iter().filter(move |row| row.framework == framework)
}

/// That of one level.
pub fn descriptor(framework: &str, level: &str) -> Option<&'static Descriptor> {
    descriptors_of(framework).find(|row| row.level == level)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::vocab::frameworks;

    #[test]
    fn each_described_level_exists_and_a_framework_is_described_whole() {
        for framework in ["eqf", "aqrf", "caricom-cvq"] {
            let edition = frameworks::find(framework).unwrap().current().unwrap();
            let described: Vec<&str> = descriptors_of(framework).map(|row| row.level).collect();
            assert_eq!(described, edition.levels, "{framework}");
            assert!(descriptors_of(framework).all(|row| row.version == edition.version));
        }
    }
}
