//! The recognition checks of offline verification: `framework_version`, `level_relation`, `recognition_kind`,
//! `licence_in_destination`, `mra_parties`, `conditions`. Plain facts in, a finding out; SPEC.md, "The six checks".

mod decision;
mod facts;
mod instrument;
mod level;
mod licence;

pub use decision::{best_decision, conditions, is_refused, owed_decision, recognition_kind};
pub use facts::{Finding, LevelFact, Need, Outcome, Purpose, RecordFacts};
pub use instrument::mra_parties;
pub use level::{framework_version, level_relation};
pub use licence::{LicenceState, licence_in_destination, licence_state};

use super::professions::regulated;
use super::published::PublishedProfession;

/// The law that regulates an occupation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Law {
    /// The profession as the law calls it.
    pub(super) title: String,
    /// The law, and where it was read.
    pub(super) source: String,
}

/// The law that regulates the occupation asked about, if one was published or is stored. What a body published goes before
/// what is built in, also where it says that no law does.
pub(super) fn law_of(need: &Need<'_>) -> Option<Law> {
    if let Some(said) = said_of(need) {
        let source = format!("{} ({})", said.law, said.source.title);
        return said.regulated.then(|| Law { title: said.title.clone(), source });
    }
    let found = regulated(need.occupation?, need.country, need.day)?;
    Some(Law { title: found.title.to_owned(), source: found.source.title.to_owned() })
}

fn said_of<'a>(need: &Need<'a>) -> Option<&'a PublishedProfession> {
    need.published.profession(need.occupation?, need.country, need.day)
}

/// Whether the destination's own authority says, of this occupation, that it is not regulated there. Only that makes it
/// so; silence of the stored laws does not.
pub(super) fn is_said_unregulated(records: &[RecordFacts<'_>], need: &Need<'_>) -> bool {
    if let Some(said) = said_of(need) {
        return !said.regulated;
    }
    let of_country = records.iter().filter(|record| {
        record.country == Some(need.country)
            && record.stands == Some(true)
            && fits(need, record.isco08) == Some(true)
    });
    let mut said = of_country.filter_map(|record| record.regulated).peekable();
    said.peek().is_some() && said.all(|regulated| !regulated)
}

/// Whether a record about `isco08` speaks to the occupation asked about: its very code, or the minor group (3 digits)
/// that holds it. `None`: the record does not show its occupation, or only one too broad to tell.
pub(super) fn fits(need: &Need<'_>, isco08: Option<&str>) -> Option<bool> {
    match (need.occupation, isco08) {
        (None, _) => Some(true),
        (Some(asked), Some(stated)) if stated.len() >= 3 => Some(asked.starts_with(stated)),
        (Some(asked), Some(stated)) => (!asked.starts_with(stated)).then_some(false),
        (Some(_), None) => None,
    }
}

#[cfg(test)]
mod tests;
