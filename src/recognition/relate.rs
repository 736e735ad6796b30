//! How a level relates to another framework: a stored edge with its source and date, or a named refusal. Nothing is
//! computed, read backwards or joined to a chain.

use jiff::civil::{Date, date};

use super::RecognitionError;
use super::edges::{self, EdgeKind, LevelRow, Referencing};
use super::framework::{Framework, LevelRef};
use super::source::{Certainty, Source};

/// The EQF's first Recommendation (2008/C 111/01): no level could be related to it before.
const EQF_BEGINS: Date = date(2008, 4, 23);

/// The answer to [`relate_level`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relation {
    /// The level asked about, under its framework's own name.
    pub from: String,
    /// The framework related to.
    pub target: String,
    /// The answer.
    pub answer: Answer,
}

/// What is published about a level and a framework.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// A published edge.
    Edge {
        /// The level in the target.
        level: &'static str,
        /// Referenced or compared.
        kind: EdgeKind,
        /// Where it stands.
        source: Source,
        /// What a reader must know; may be empty.
        note: &'static str,
    },
    /// None between these two frameworks, or none yet on that day.
    NoPublishedRelation {
        /// Why, in a sentence.
        detail: String,
    },
    /// The source lists the framework and gives it no level of the target.
    FrameworkNotReferenced {
        /// Where it says so.
        source: Source,
    },
    /// The framework is related, and this level lies below the target's first.
    LevelBelowRange {
        /// Where it says so.
        source: Source,
    },
    /// It was related once; the relation is not kept up.
    Historic {
        /// The level it had; `None`: below the first.
        level: Option<&'static str>,
        /// Where it stood.
        source: Source,
        /// What a reader must know.
        note: &'static str,
    },
    /// A relation is said to exist, and its text was not read or leaves the point open.
    NeedsCheck {
        /// The probable level, if there is one.
        level: Option<&'static str>,
        /// What to check.
        source: Source,
        /// What is open.
        note: String,
    },
}

impl Answer {
    /// As in the gRPC answer and in `relate --json`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Edge { .. } => "Edge",
            Self::NoPublishedRelation { .. } => "NoPublishedRelation",
            Self::FrameworkNotReferenced { .. } => "FrameworkNotReferenced",
            Self::LevelBelowRange { .. } => "LevelBelowRange",
            Self::Historic { .. } => "Historic",
            Self::NeedsCheck { .. } => "NeedsCheck",
        }
    }

    /// The level in the target: published, former or probable, as [`Self::name`] says.
    pub fn level(&self) -> Option<&'static str> {
        match self {
            Self::Edge { level, .. } => Some(level),
            Self::Historic { level, .. } | Self::NeedsCheck { level, .. } => *level,
            _ => None,
        }
    }

    /// What it rests on.
    pub fn source(&self) -> Option<&Source> {
        match self {
            Self::NoPublishedRelation { .. } => None,
            Self::Edge { source, .. }
            | Self::FrameworkNotReferenced { source }
            | Self::LevelBelowRange { source }
            | Self::Historic { source, .. }
            | Self::NeedsCheck { source, .. } => Some(source),
        }
    }
}

/// What is published about the level `from` (`ie/nqf:10`, `in/nsqf@2023:4.5`) and the framework `target` (`eqf`), on
/// the day `as_of`.
pub fn relate_level(from: &str, target: &str, as_of: Date) -> Result<Relation, RecognitionError> {
    let level = LevelRef::parse(from)?;
    let target = Framework::resolve(target)?;
    if level.framework == target {
        return Err(RecognitionError::SameFramework { framework: target.id().to_owned() });
    }
    let answer = answer(&level, target, as_of);
    Ok(Relation { from: level.to_string(), target: target.id().to_owned(), answer })
}

fn answer(level: &LevelRef, target: Framework, as_of: Date) -> Answer {
    let stored = edges::all().find(|edge| edge.target == target.id() && level.framework.is(edge.framework));
    let Some(edge) = stored else {
        let detail =
            format!("no published relation between {} and {} is stored", level.framework.id(), target.id());
        return Answer::NoPublishedRelation { detail };
    };
    if edge.target == "eqf" && as_of < EQF_BEGINS {
        return Answer::NoPublishedRelation { detail: format!("the EQF begins on {EQF_BEGINS}") };
    }
    let source = *edge.source;
    let Some(kind) = edge.kind else { return Answer::FrameworkNotReferenced { source } };
    let row = edge.rows().find(|row| row.national == level.code);
    if kind == EdgeKind::Historic {
        return Answer::Historic { level: row.and_then(|row| row.regional), source, note: edge.note };
    }
    match edge.since.held_on(as_of) {
        Some(false) => {
            let detail =
                format!("the relation of {} was published on {}", level.framework.id(), edge.since.date());
            Answer::NoPublishedRelation { detail }
        }
        None => {
            let note = format!(
                "the source attests it from {} on; whether it held on {as_of} is not stored",
                edge.since.date()
            );
            Answer::NeedsCheck { level: None, source, note }
        }
        Some(true) => row_answer(edge, row, kind),
    }
}

/// The answer of one row of a relation that holds.
fn row_answer(edge: &Referencing, row: Option<LevelRow>, kind: EdgeKind) -> Answer {
    let (source, note) = (*edge.source, edge.note);
    match row {
        Some(LevelRow { regional, open, .. }) if open || edge.certainty == Certainty::NeedsCheck => {
            let note =
                if open { "the row is blank in the source; its neighbours give the level" } else { note };
            Answer::NeedsCheck { level: regional, source, note: note.to_owned() }
        }
        Some(LevelRow { regional: Some(level), .. }) => Answer::Edge { level, kind, source, note },
        Some(LevelRow { regional: None, .. }) => Answer::LevelBelowRange { source },
        // The framework has the level and the source's table does not: another edition, or the table was not read.
        None => {
            let note = if note.is_empty() { "the source's table has no such level" } else { note };
            Answer::NeedsCheck { level: None, source, note: note.to_owned() }
        }
    }
}

/// The regional framework to which a country's is related, if any is stored: where a foreign level would be looked up.
pub(super) fn regional_framework(country: &str) -> Option<&'static str> {
    let region = country.to_ascii_lowercase();
    let of_country = |edge: &&Referencing| {
        edge.framework.split(['/', '-']).next() == Some(region.as_str())
            && edge.kind != Some(EdgeKind::Historic)
    };
    edges::all().find(of_country).map(|edge| edge.target)
}
