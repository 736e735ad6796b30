//! How a level relates to another framework: a stored edge with its source and date, or a named refusal. Nothing is
//! computed, read backwards or joined to a chain.

use jiff::civil::{Date, date};

use super::RecognitionError;
use super::descriptors::{Descriptor, descriptor, descriptors_of};
use super::edges::{self, EdgeKind, LevelRow, Referencing};
use super::framework::{Framework, SHOWN_CHARACTERS};
use super::published::{LedgerReferences, PublishedReferencing};
use super::relations::{Cited, ComparedLevel, NationalLevel, ReferencedLevel, RegionalLevel};
use super::source::Certainty;

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
    /// What the levels say, where nothing published relates them: to be read, not to be compared by us.
    pub side_by_side: Option<SideBySide>,
}

/// Descriptors of two frameworks, beside each other. No comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SideBySide {
    /// That of the level asked about, where it is stored.
    pub from: Option<&'static Descriptor>,
    /// Those of every level of the other framework.
    pub target: Vec<&'static Descriptor>,
}

/// What is published about a level and a framework.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// A published edge: referenced.
    Referenced(ReferencedLevel),
    /// A published edge: compared.
    Compared(ComparedLevel),
    /// None between these two frameworks, or none yet on that day.
    NoPublishedRelation {
        /// Why, in a sentence.
        detail: String,
    },
    /// The source lists the framework and gives it no level of the target.
    FrameworkNotReferenced {
        /// Where it says so.
        source: Cited,
    },
    /// The framework is related, and this level lies below the target's first.
    LevelBelowRange {
        /// Where it says so.
        source: Cited,
    },
    /// It was related once; the relation is not kept up.
    Historic {
        /// The level it had; `None`: below the first.
        level: Option<String>,
        /// Where it stood.
        source: Cited,
        /// What a reader must know.
        note: String,
    },
    /// A relation is said to exist, and its text was not read or leaves the point open.
    NeedsCheck {
        /// The probable level, if there is one.
        level: Option<String>,
        /// What to check.
        source: Cited,
        /// What is open.
        note: String,
    },
}

impl Answer {
    /// As in the gRPC answer and in `relate --json`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Referenced(_) | Self::Compared(_) => "Edge",
            Self::NoPublishedRelation { .. } => "NoPublishedRelation",
            Self::FrameworkNotReferenced { .. } => "FrameworkNotReferenced",
            Self::LevelBelowRange { .. } => "LevelBelowRange",
            Self::Historic { .. } => "Historic",
            Self::NeedsCheck { .. } => "NeedsCheck",
        }
    }

    /// Of an edge: the level, and the name of the relation.
    pub fn edge(&self) -> Option<(&str, &'static str)> {
        match self {
            Self::Referenced(edge) => Some((edge.to().code(), ReferencedLevel::NAME)),
            Self::Compared(edge) => Some((edge.to().code(), ComparedLevel::NAME)),
            _ => None,
        }
    }

    /// The level in the target: published, former or probable, as [`Self::name`] says.
    pub fn level(&self) -> Option<&str> {
        match self {
            Self::Historic { level, .. } | Self::NeedsCheck { level, .. } => level.as_deref(),
            _ => self.edge().map(|(level, _)| level),
        }
    }

    /// What it rests on.
    pub fn source(&self) -> Option<&Cited> {
        match self {
            Self::NoPublishedRelation { .. } => None,
            Self::Referenced(edge) => Some(edge.source()),
            Self::Compared(edge) => Some(edge.source()),
            Self::FrameworkNotReferenced { source }
            | Self::LevelBelowRange { source }
            | Self::Historic { source, .. }
            | Self::NeedsCheck { source, .. } => Some(source),
        }
    }

    /// What a reader must know, or why there is no answer; may be empty.
    pub fn note(&self) -> &str {
        match self {
            Self::Referenced(edge) => edge.note(),
            Self::Compared(edge) => edge.note(),
            Self::NoPublishedRelation { detail } => detail,
            Self::Historic { note, .. } | Self::NeedsCheck { note, .. } => note,
            Self::FrameworkNotReferenced { .. } | Self::LevelBelowRange { .. } => "",
        }
    }
}

/// What is published about the level `from` (`ie/nqf:10`, `in/nsqf@2023:4.5`) and the framework `target` (`eqf`), on
/// the day `as_of`.
pub fn relate_level(from: &str, target: &str, as_of: Date) -> Result<Relation, RecognitionError> {
    relate_level_with(from, target, as_of, &LedgerReferences::default())
}

/// The same with what a ledger's bodies had published by that day, which goes before what is built in: the framework's own
/// authority knows better.
pub fn relate_level_with(
    from: &str,
    target: &str,
    as_of: Date,
    ledger: &LedgerReferences,
) -> Result<Relation, RecognitionError> {
    let (level, known) = parse(from, as_of, ledger)?;
    let target = match Framework::resolve(target) {
        Ok(found) => found.id().to_owned(),
        Err(_) if ledger.knows(target, as_of) => target.to_owned(),
        Err(error) => return Err(error),
    };
    if level.framework == target {
        return Err(RecognitionError::SameFramework { framework: target });
    }
    let answer = answer(&level, known, &target, as_of, ledger);
    let side_by_side = side_by_side(&level, &target, &answer);
    Ok(Relation { from: level.to_string(), target, answer, side_by_side })
}

/// `framework[@edition]:level`, built in or published.
fn parse(
    text: &str,
    as_of: Date,
    ledger: &LedgerReferences,
) -> Result<(NationalLevel, Option<Framework>), RecognitionError> {
    let (name, code) = text.split_once(':').ok_or(RecognitionError::LevelShape)?;
    let (name, version) = name.split_once('@').map_or((name, None), |(name, version)| (name, Some(version)));
    let level = |framework: &str| NationalLevel {
        framework: framework.to_owned(),
        version: version.map(str::to_owned),
        code: code.to_owned(),
    };
    let published = |name: &str| ledger.framework(name, version, as_of);
    let has_level =
        |name: &str| published(name).is_some_and(|one| one.levels.iter().any(|known| known == code));
    match Framework::resolve(name) {
        Ok(framework) => {
            if !has_level(framework.id()) {
                framework.check_level(version, code)?;
            }
            Ok((level(framework.id()), Some(framework)))
        }
        Err(_) if has_level(name) => Ok((level(name), None)),
        Err(error) => match published(name) {
            Some(edition) => Err(RecognitionError::UnknownLevel {
                framework: format!("{name} ({})", edition.version),
                level: code.chars().take(SHOWN_CHARACTERS).collect(),
                levels: edition.levels.clone(),
            }),
            None => Err(error),
        },
    }
}

fn answer(
    level: &NationalLevel,
    known: Option<Framework>,
    target: &str,
    as_of: Date,
    ledger: &LedgerReferences,
) -> Answer {
    // What a relation arrives at is no start: nothing leads on from a regional framework.
    let version = level.version.as_deref();
    if let Some(published) = ledger.referencing(&level.framework, version, target, as_of) {
        return published_answer(published, level, ledger.ended(published, as_of));
    }
    let stored = known.and_then(|framework| {
        edges::all().find(|edge| edge.target == target && framework.is(edge.framework))
    });
    let Some((edge, framework)) = stored.zip(known) else {
        let detail = format!("no published relation between {} and {target} is stored", level.framework);
        return Answer::NoPublishedRelation { detail };
    };
    if version.is_some_and(|version| !framework.is_current(version)) {
        let detail =
            format!("what is stored is about the present edition of {}, not this one", level.framework);
        return Answer::NoPublishedRelation { detail };
    }
    stored_answer(edge, level, as_of)
}

/// The answer that a ledger's publication gives.
fn published_answer(published: &PublishedReferencing, level: &NationalLevel, ended: Option<Date>) -> Answer {
    let source = published.source.clone();
    let row = published.rows.iter().find(|(national, _)| *national == level.code);
    if let Some(ended) = ended {
        let former = row.and_then(|(_, regional)| regional.clone());
        return Answer::Historic { level: former, source, note: format!("it holds no longer since {ended}") };
    }
    match row {
        Some((_, Some(code))) => {
            let to = RegionalLevel { framework: published.target.clone(), code: code.clone() };
            edge_of(published.compared, level, to, source, String::new())
        }
        Some((_, None)) => Answer::LevelBelowRange { source },
        None => {
            let note = "the publication's table has no such level".to_owned();
            Answer::NeedsCheck { level: None, source, note }
        }
    }
}

fn edge_of(compared: bool, from: &NationalLevel, to: RegionalLevel, source: Cited, note: String) -> Answer {
    let from = from.clone();
    if compared {
        Answer::Compared(ComparedLevel { from, to, source, note })
    } else {
        Answer::Referenced(ReferencedLevel { from, to, source, note })
    }
}

/// The answer of the built-in table.
fn stored_answer(edge: &Referencing, level: &NationalLevel, as_of: Date) -> Answer {
    if edge.target == "eqf" && as_of < EQF_BEGINS {
        return Answer::NoPublishedRelation { detail: format!("the EQF begins on {EQF_BEGINS}") };
    }
    let source = Cited::from(edge.source);
    let Some(kind) = edge.kind else { return Answer::FrameworkNotReferenced { source } };
    let row = edge.rows().find(|row| row.national == level.code);
    if kind == EdgeKind::Historic {
        let former = row.and_then(|row| row.regional).map(str::to_owned);
        return Answer::Historic { level: former, source, note: edge.note.to_owned() };
    }
    match edge.since.held_on(as_of) {
        Some(false) => {
            let detail =
                format!("the relation of {} was published on {}", level.framework, edge.since.date());
            Answer::NoPublishedRelation { detail }
        }
        None => {
            let note = format!(
                "the source attests it from {} on; whether it held on {as_of} is not stored",
                edge.since.date()
            );
            Answer::NeedsCheck { level: None, source, note }
        }
        Some(true) => row_answer(edge, level, row, kind),
    }
}

/// The answer of one row of a relation that holds.
fn row_answer(edge: &Referencing, from: &NationalLevel, row: Option<LevelRow>, kind: EdgeKind) -> Answer {
    let (source, note) = (Cited::from(edge.source), edge.note);
    match row {
        Some(LevelRow { regional, open, .. }) if open || edge.certainty == Certainty::NeedsCheck => {
            let note =
                if open { "the row is blank in the source; its neighbours give the level" } else { note };
            Answer::NeedsCheck { level: regional.map(str::to_owned), source, note: note.to_owned() }
        }
        Some(LevelRow { regional: Some(code), .. }) => {
            let to = RegionalLevel { framework: edge.target.to_owned(), code: code.to_owned() };
            edge_of(kind == EdgeKind::Compared, from, to, source, note.to_owned())
        }
        Some(LevelRow { regional: None, .. }) => Answer::LevelBelowRange { source },
        // The framework has the level and the source's table does not: another edition, or the table was not read.
        None => {
            let note = if note.is_empty() { "the source's table has no such level" } else { note };
            Answer::NeedsCheck { level: None, source, note: note.to_owned() }
        }
    }
}

/// Descriptors, where nothing published relates the two and there is something to read.
fn side_by_side(level: &NationalLevel, target: &str, answer: &Answer) -> Option<SideBySide> {
    let nothing_published =
        matches!(answer, Answer::NoPublishedRelation { .. } | Answer::FrameworkNotReferenced { .. });
    if !nothing_published {
        return None;
    }
    let beside = SideBySide {
        from: descriptor(&level.framework, &level.code),
        target: descriptors_of(target).collect(),
    };
    (beside.from.is_some() || !beside.target.is_empty()).then_some(beside)
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
