//! Naming a framework and one of its levels, as people type them and as statements spell them.

use std::fmt;

use jiff::civil::Date;

use super::RecognitionError;
use super::edges;
use crate::event::vocab::frameworks::{self, Edition};

/// A stored framework.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Framework(&'static frameworks::Framework);

impl Framework {
    /// By full name (`ie/nfq`, `eqf`) or by country (`ie/nqf`) where the country has one.
    pub fn resolve(name: &str) -> Result<Self, RecognitionError> {
        Ok(Self(frameworks::resolve(name)?))
    }

    /// Whether `version` names its present edition.
    pub(super) fn is_current(self, version: &str) -> bool {
        self.0.current().is_some_and(|edition| edition.version == version)
    }

    /// Its full name.
    pub fn id(self) -> &'static str {
        self.0.id
    }

    /// Whether `name`, of a stored edge, means this framework.
    pub(super) fn is(self, name: &str) -> bool {
        // A name means a framework of its own country or none: every row of a table is compared here, so look up few.
        let may_mean = name.as_bytes().get(..2) == self.0.id.as_bytes().get(..2);
        name == self.0.id
            || may_mean && frameworks::resolve(name).is_ok_and(|framework| framework.id == self.0.id)
    }

    /// The edition of that name, or the present one.
    fn edition(self, version: Option<&str>) -> Result<&'static Edition, RecognitionError> {
        let found = match version {
            Some(version) => self.0.edition(version),
            None => self.0.current(),
        };
        found.ok_or_else(|| RecognitionError::UnknownVersion {
            framework: self.id().to_owned(),
            version: version.unwrap_or_default().chars().take(SHOWN_CHARACTERS).collect(),
        })
    }

    /// Whether the level stands in that edition, or in the present one.
    pub(super) fn check_level(self, version: Option<&str>, level: &str) -> Result<(), RecognitionError> {
        let edition = self.edition(version)?;
        if edition.levels.contains(&level) {
            return Ok(());
        }
        Err(RecognitionError::UnknownLevel {
            framework: format!("{} ({})", self.id(), edition.version),
            level: level.chars().take(SHOWN_CHARACTERS).collect(),
            levels: edition.levels.iter().map(|level| (*level).to_owned()).collect(),
        })
    }

    /// Whether that edition was in force on `date`; `None` when that is not stored.
    pub(super) fn in_force_on(self, version: &str, date: Date) -> Option<bool> {
        let edition = self.edition(Some(version)).ok()?;
        let day = |text: Option<&str>| text.and_then(|text| text.parse::<Date>().ok());
        if let Some(until) = day(edition.until)
            && date > until
        {
            return Some(false);
        }
        if let Some(from) = day(edition.from) {
            return Some(date >= from);
        }
        if !self.is_current(version) {
            return None;
        }
        // The present edition: undated and the only one, it cannot be mistaken for another; named by a year, it held from
        // then on, and before as far as a referencing attests these levels.
        let begun = edition.version.parse::<i16>().is_ok_and(|year| date.year() >= year);
        let attested =
            edges::all().any(|edge| self.is(edge.framework) && edge.since.held_on(date) == Some(true));
        (edition.version == UNDATED || begun || attested).then_some(true)
    }
}

/// The name of an edition whose owner gives it none.
const UNDATED: &str = "undated";

/// How much of a wrong name an error repeats.
pub(super) const SHOWN_CHARACTERS: usize = 40;

/// A level of a framework: `ie/nfq:10`, `in/nsqf@2023:4.5`. A level is a name, never a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LevelRef {
    /// The framework.
    pub framework: Framework,
    /// The edition, if one was named.
    pub version: Option<&'static str>,
    /// The level's name.
    pub code: &'static str,
}

impl LevelRef {
    /// Parses `framework[@edition]:level`; the level must exist in that edition, or in the present one.
    pub fn parse(text: &str) -> Result<Self, RecognitionError> {
        let (name, level) = text.split_once(':').ok_or(RecognitionError::LevelShape)?;
        let (name, version) =
            name.split_once('@').map_or((name, None), |(name, version)| (name, Some(version)));
        let framework = Framework::resolve(name)?;
        framework.check_level(version, level)?;
        let edition = framework.edition(version)?;
        let code = edition.levels.iter().find(|code| **code == level).copied().unwrap_or_default();
        Ok(Self { framework, version: version.is_some().then_some(edition.version), code })
    }

    /// The spelling that [`Self::parse`] reads.
    pub(super) fn spell(framework: &str, version: &str, code: &str) -> String {
        format!("{framework}@{version}:{code}")
    }
}

impl fmt::Display for LevelRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.framework.id())?;
        if let Some(version) = self.version {
            write!(f, "@{version}")?;
        }
        write!(f, ":{}", self.code)
    }
}
