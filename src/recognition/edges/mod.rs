//! The stored edges between frameworks: a national level to a regional one, as a report or a list published it.
//!
//! Frameworks are named by region (`ie/nqf`); their own short names are aliases of that.

mod aqrf;
mod eqf;

use super::framework::Framework;
use super::source::{Certainty, Since, Source};

/// What kind of act relates two frameworks. None implies another (SPEC.md, "Relations").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EdgeKind {
    /// A national framework referenced to its regional one.
    Referenced,
    /// A third country's framework compared with a regional one.
    Compared,
    /// Referenced once; the process was left since.
    Historic,
}

impl EdgeKind {
    /// As printed in answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Referenced => "referenced",
            Self::Compared => "compared",
            Self::Historic => "historic",
        }
    }
}

/// How one framework relates to a regional one, as a whole.
#[derive(Debug, Clone, Copy)]
pub(super) struct Referencing {
    /// The national framework, `cc/nqf` or `cc-region/nqf`.
    pub(super) framework: &'static str,
    /// `eqf` or `aqrf`.
    pub(super) target: &'static str,
    /// `None`: the source lists the framework and gives it no level of the target.
    pub(super) kind: Option<EdgeKind>,
    /// `national>regional`, separated by commas, as the source's table has them. `-` is below the regional
    /// framework's first level; `?` after a national level: the source's row is blank there.
    pub(super) levels: &'static str,
    pub(super) certainty: Certainty,
    pub(super) since: Since,
    pub(super) source: &'static Source,
    /// What an honest answer adds; may be empty.
    pub(super) note: &'static str,
}

/// One row of [`Referencing::levels`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LevelRow {
    pub(super) national: &'static str,
    /// `None`: below the regional framework's first level.
    pub(super) regional: Option<&'static str>,
    /// The source leaves this row open.
    pub(super) open: bool,
}

impl Referencing {
    pub(super) fn rows(&self) -> impl Iterator<Item = LevelRow> + use<> {
        self.levels.split(',').filter_map(|row| {
            let (national, regional) = row.split_once('>')?;
            let open = national.ends_with('?');
            let national = national.trim_end_matches('?');
            Some(LevelRow { national, regional: (regional != "-").then_some(regional), open })
        })
    }
}

/// Levels 1 to 8, each to the same number.
const SAME_1_TO_8: &str = "8>8,7>7,6>6,5>5,4>4,3>3,2>2,1>1";

/// Every stored referencing.
pub(super) fn all() -> impl Iterator<Item = &'static Referencing> {
    eqf::REFERENCINGS.iter().chain(aqrf::REFERENCINGS)
}

/// One row of the stored relations, as `reference list` prints them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EdgeRow {
    /// The framework's full name.
    pub framework: &'static str,
    /// Its level.
    pub level: &'static str,
    /// The regional framework.
    pub target: &'static str,
    /// The regional level; `None`: below the first, or the framework is not referenced.
    pub target_level: Option<&'static str>,
    /// How they relate; `None`: the source lists the framework and gives it no level.
    pub kind: Option<EdgeKind>,
    /// How sure the row is.
    pub certainty: Certainty,
    /// From when.
    pub since: Since,
    /// Where it stands.
    pub source: &'static Source,
    /// What a reader must know; may be empty.
    pub note: &'static str,
}

/// Every stored row, framework by framework.
pub fn edge_rows() -> impl Iterator<Item = EdgeRow> {
    all().flat_map(|edge| {
        let framework = Framework::resolve(edge.framework).map_or(edge.framework, Framework::id);
        edge.rows().map(move |row| EdgeRow {
            framework,
            level: row.national,
            target: edge.target,
            target_level: row.regional,
            kind: edge.kind,
            certainty: if row.open { Certainty::NeedsCheck } else { edge.certainty },
            since: edge.since,
            source: edge.source,
            note: edge.note,
        })
    })
}
