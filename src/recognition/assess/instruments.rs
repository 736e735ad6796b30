//! Which instruments apply to a question and which do not, each with the reason. An instrument that applies recognises
//! nobody: it says under which rules the authority decides.

use std::collections::BTreeSet;

use super::directive::{self, Regime};
use super::{Need, Shown};
use crate::recognition::instruments::{Instrument, InstrumentKind, PartyAnswer, instruments};
use crate::recognition::source::Certainty;

/// The directive's id in the registry.
const DIRECTIVE: &str = "eu/directive-2005-36";

/// Whether an instrument applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Applies {
    /// It does.
    Yes,
    /// Not stored, or not settled.
    Unknown,
    /// It does not.
    No,
}

impl Applies {
    /// As written in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Yes => "APPLIES",
            Self::Unknown => "UNKNOWN",
            Self::No => "DOES_NOT_APPLY",
        }
    }
}

/// One instrument and what it means here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstrumentLine {
    /// Its id in the registry; as cited, if the registry does not know it.
    pub id: String,
    /// Its title; empty if unknown.
    pub title: String,
    /// Its kind, e.g. `MOU`; empty if unknown.
    pub kind: &'static str,
    /// What it binds.
    pub force: &'static str,
    /// Whether it applies.
    pub applies: Applies,
    /// Why.
    pub why: String,
    /// `needs-check` where the row itself is not settled.
    pub mark: Option<&'static str>,
    /// Where it was read, and the state it describes.
    pub source: Option<(String, String)>,
    /// The records (`jti`) that cite it.
    pub cited_by: Vec<String>,
}

/// The lines: what applies first, then what is open, then what does not.
pub(super) fn lines(relied: &[Shown<'_>], need: &Need<'_>) -> Vec<InstrumentLine> {
    let origins = origins(relied, need);
    let mut lines = Vec::new();
    for known in instruments() {
        let cited_by = citing(relied, known.id);
        let judged =
            if known.id == DIRECTIVE { under_directive(relied, need) } else { judge(known, &origins, need) };
        let judged = judged.or_else(|| (!cited_by.is_empty()).then(|| cited_elsewhere(known, need)));
        if let Some((applies, why)) = judged {
            lines.push(InstrumentLine {
                id: known.id.to_owned(),
                title: known.title.to_owned(),
                kind: known.kind.name(),
                force: known.kind.force(),
                applies,
                why,
                mark: (known.certainty == Certainty::NeedsCheck).then(|| known.certainty.name()),
                source: Some((known.source.title.to_owned(), known.source.as_of.to_owned())),
                cited_by,
            });
        }
    }
    lines.extend(unknown_citations(relied));
    lines.sort_by_key(|line| line.applies);
    lines
}

/// Where the worker's records come from, the destination apart.
fn origins(relied: &[Shown<'_>], need: &Need<'_>) -> BTreeSet<String> {
    let countries = relied.iter().flat_map(|one| [one.facts.country, one.facts.origin_country]);
    countries.flatten().filter(|country| *country != need.country).map(str::to_owned).collect()
}

fn citing(relied: &[Shown<'_>], id: &str) -> Vec<String> {
    let cites = |one: &&Shown<'_>| one.facts.instrument == Some(id);
    relied.iter().filter(cites).map(|one| one.jti.to_owned()).collect()
}

/// What the registry says of an instrument between these countries; `None`: it does not speak of them.
fn judge(known: &Instrument, origins: &BTreeSet<String>, need: &Need<'_>) -> Option<(Applies, String)> {
    let day = need.day;
    // An arrangement on recognition is worth a word wherever it names the profession; what unions or social partners of
    // other countries agreed is not.
    let is_near = known.kind == InstrumentKind::MutualRecognition
        || speaks_of(known, need.country)
        || origins.iter().any(|origin| speaks_of(known, origin));
    let is_about = is_near
        && need
            .occupation
            .is_some_and(|occupation| !known.occupations.is_empty() && known.covers(occupation));
    let here = known.party(need.country, day);
    let there: Vec<&String> =
        origins.iter().filter(|origin| known.party(origin, day) == PartyAnswer::Party).collect();
    let perhaps: Vec<&String> = origins
        .iter()
        .filter(|origin| known.party(origin, day) == PartyAnswer::Unknown && known.names(origin))
        .collect();
    let concerns_both = here == PartyAnswer::Party && !(there.is_empty() && perhaps.is_empty());
    // What neither speaks of the occupation nor ties the countries is no answer to this question.
    if !concerns_both && !is_about {
        return None;
    }
    if let Some(occupation) = need.occupation.filter(|occupation| !known.covers(occupation)) {
        return Some((Applies::No, format!("it does not cover the occupation {occupation}")));
    }
    // A recognition arrangement is about named professions; where they are not stored, nothing follows for this one.
    if known.occupations.is_empty() && known.kind == InstrumentKind::MutualRecognition {
        return Some((Applies::Unknown, "for which occupations it is meant is not stored".to_owned()));
    }
    match known.in_force_on(day) {
        Some(true) => {}
        Some(false) => return Some((Applies::No, format!("NOT_IN_FORCE on {day}"))),
        None => return Some((Applies::Unknown, format!("whether it was in force on {day} is not stored"))),
    }
    let country = need.country;
    Some(match (here, there.first(), perhaps.first()) {
        (PartyAnswer::NotAParty, ..) => (Applies::No, format!("{country} is NOT_A_PARTY on {day}")),
        (PartyAnswer::Unknown, ..) => {
            (Applies::Unknown, format!("whether {country} is a party on {day} is not stored"))
        }
        (PartyAnswer::Party, Some(origin), _) => {
            (Applies::Yes, format!("{country} and {origin} are parties on {day}"))
        }
        (PartyAnswer::Party, None, Some(origin)) => {
            (Applies::Unknown, format!("whether {origin} is a party on {day} is not stored"))
        }
        (PartyAnswer::Party, None, None) if origins.is_empty() => {
            (Applies::No, format!("{country} is a party on {day}; no record comes from another country"))
        }
        (PartyAnswer::Party, None, None) => {
            let from: Vec<&str> = origins.iter().map(String::as_str).collect();
            (Applies::No, format!("{country} is a party; {} is not, on {day}", from.join(", ")))
        }
    })
}

/// Whether it names the country, among its parties or, where states are none, in its id.
fn speaks_of(known: &Instrument, country: &str) -> bool {
    let region = known.id.split('/').next().unwrap_or_default();
    known.names(country) || region.split('-').any(|own| own.eq_ignore_ascii_case(country))
}

/// A record rests on it, and it does not tie the worker's countries to the destination.
fn cited_elsewhere(known: &Instrument, need: &Need<'_>) -> (Applies, String) {
    let country = need.country;
    match known.party(country, need.day) {
        PartyAnswer::Party => (Applies::Yes, format!("a record rests on it, and {country} is a party")),
        PartyAnswer::NotAParty => {
            (Applies::No, format!("a record rests on it; {country} is NOT_A_PARTY on {}", need.day))
        }
        PartyAnswer::Unknown => {
            (Applies::Unknown, format!("a record rests on it; what it means in {country} is not stored"))
        }
    }
}

fn under_directive(relied: &[Shown<'_>], need: &Need<'_>) -> Option<(Applies, String)> {
    let (day, country) = (need.day, need.country);
    Some(match directive::regime(relied, need) {
        Regime::Outside => return None,
        Regime::MemberState { of } => (
            Applies::Yes,
            format!(
                "a qualification of {of} is shown: automatic recognition if {of}'s title stands in annex V, else the \
                 general system; which of the two is for {country}'s authority to say"
            ),
        ),
        Regime::ThirdCountry { recognised_by, from } if day < from => (
            Applies::No,
            format!(
                "CONDITION_NOT_MET until {from}: a third country's qualification counts as the Union's only after three \
                 years of practice certified by {recognised_by}, which recognised it first (article 3(3))"
            ),
        ),
        Regime::ThirdCountry { recognised_by, .. } => (
            Applies::Unknown,
            format!(
                "it applies if {recognised_by} certifies three years of practice there (article 3(3)); no such \
                 certificate can be told from records"
            ),
        ),
        Regime::National => (
            Applies::No,
            format!("the qualification is a third country's: {country}'s own law decides (article 2(2))"),
        ),
    })
}

/// What records cite and the registry does not know: shown as cited, never as a basis.
fn unknown_citations(relied: &[Shown<'_>]) -> Vec<InstrumentLine> {
    let cited: BTreeSet<&str> = relied.iter().filter_map(|one| one.facts.instrument).collect();
    let unknown = cited.into_iter().filter(|id| instruments().all(|known| known.id != *id));
    unknown
        .map(|id| InstrumentLine {
            id: id.to_owned(),
            title: String::new(),
            kind: "",
            force: "not known",
            applies: Applies::Unknown,
            why: "it is not in the registry of instruments".to_owned(),
            mark: None,
            source: None,
            cited_by: citing(relied, id),
        })
        .collect()
}
