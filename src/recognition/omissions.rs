//! What one might look for here and does not find, and why: left out rather than guessed.

use super::source::Source;

/// Something left out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Omission {
    /// What.
    pub subject: &'static str,
    /// Why, and what would let it in.
    pub reason: &'static str,
    /// What was looked at.
    pub source: Source,
}

const NOTHING_READ: Source =
    Source { title: "no source read that settles it", url: None, as_of: "2026-11-23" };

const fn omission(subject: &'static str, reason: &'static str) -> Omission {
    Omission { subject, reason, source: NOTHING_READ }
}

const OMISSIONS: &[Omission] = &[
    omission("framework: CARICOM Qualifications Framework", "number and names of levels not settled"),
    omission(
        "framework: East African Qualifications Framework for Higher Education",
        "number of levels not settled",
    ),
    omission("framework: Gulf Qualifications Framework", "number of levels not settled"),
    omission("framework: SG (WSQ)", "no single national framework; levels not settled"),
    omission(
        "framework: NP (national)",
        "legal status not settled; the skill test levels stand under np/nstb",
    ),
    omission("framework: PK, GH, TN, MA, EG, SA, QA, JO, KR, JM, TT, BB, ZW", "levels not settled"),
    omission("framework: RW, BI, SS, CD, SO, UG", "no source read"),
    omission(
        "relation: Indonesia to AQRF, by level",
        "the report's table was not seen; nine levels meet eight",
    ),
    omission("relation: SG, BN, VN, KH, LA, MM, TL to AQRF", "no endorsed report found"),
    omission("relation: EQF and AQRF", "none is published"),
    omission("relation: QF-EHEA cycles to EQF levels", "usually read together; not stored as an edge"),
    omission("relation: AU, NZ, HK to EQF", "single studies of 2016, not on the list of comparisons"),
    omission("relation: JLPT to CEFR", "indicative only"),
    omission("instrument: Triple Win with other partner countries", "the list changed and was not settled"),
    omission("instrument: parties of the UNESCO conventions", "lists of parties by date were not read"),
    omission("instrument: ratifications of ILO conventions", "not read by state and date"),
    omission(
        "instrument: validity of European Professional Cards",
        "terms by mode and profession not settled",
    ),
    omission(
        "instrument: union agreements of CGIL, CISL, UIL by country",
        "which unions abroad, not settled",
    ),
    omission("occupations: list behind the Saudi skill verification", "not read"),
];

/// Everything that is known to be left out.
pub fn omissions() -> impl Iterator<Item = &'static Omission> {
    OMISSIONS.iter()
}
