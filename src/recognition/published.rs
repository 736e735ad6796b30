//! What bodies have published on a ledger, as plain facts: editions of frameworks and referencings. Each counts from the day of
//! its recording on, so that what is published later changes no answer about an earlier day.

use jiff::civil::Date;

use super::relations::Cited;

/// Publications of one ledger, in leaf order.
#[derive(Debug, Clone, Default)]
pub struct LedgerReferences {
    /// Editions of frameworks.
    pub frameworks: Vec<PublishedFramework>,
    /// Referencings and comparisons.
    pub referencings: Vec<PublishedReferencing>,
}

/// A FrameworkPublished.
#[derive(Debug, Clone)]
pub struct PublishedFramework {
    /// Its full name.
    pub framework: String,
    /// The edition.
    pub version: String,
    /// Its levels, lowest first.
    pub levels: Vec<String>,
    /// First day in force.
    pub valid_from: Date,
    /// Last day in force.
    pub valid_until: Option<Date>,
    /// The day (UTC) on which the ledger recorded it.
    pub recorded_on: Date,
    /// Where it stands.
    pub source: Cited,
}

/// A ReferencingPublished, and the ReferencingSuperseded that ended it.
#[derive(Debug, Clone)]
pub struct PublishedReferencing {
    /// The national framework's full name.
    pub framework: String,
    /// Its edition.
    pub version: String,
    /// The regional framework.
    pub target: String,
    /// Compared rather than referenced.
    pub compared: bool,
    /// National level, and the regional one; `None`: below the first.
    pub rows: Vec<(String, Option<String>)>,
    /// From when it holds.
    pub published_on: Date,
    /// The day (UTC) on which the ledger recorded it.
    pub recorded_on: Date,
    /// From when it holds no longer, and the day on which the ledger recorded that.
    pub ended: Option<(Date, Date)>,
    /// Where it stands.
    pub source: Cited,
}

impl LedgerReferences {
    /// The referencing that counts on `day`: of those recorded and published by then, the last one.
    pub(super) fn referencing(
        &self,
        framework: &str,
        version: Option<&str>,
        target: &str,
        day: Date,
    ) -> Option<&PublishedReferencing> {
        let counts = |one: &&PublishedReferencing| {
            one.framework == framework
                && one.target == target
                && version.is_none_or(|version| one.version == version)
                && one.recorded_on <= day
                && one.published_on <= day
        };
        self.referencings.iter().rfind(counts)
    }

    /// The edition of a framework that is known on `day`: the one named, or the last in force.
    pub(super) fn framework(
        &self,
        name: &str,
        version: Option<&str>,
        day: Date,
    ) -> Option<&PublishedFramework> {
        let known = |one: &&PublishedFramework| {
            one.framework == name
                && one.recorded_on <= day
                && match version {
                    Some(version) => one.version == version,
                    None => one.valid_from <= day && one.valid_until.is_none_or(|until| day <= until),
                }
        };
        self.frameworks.iter().rfind(known)
    }

    /// Whether a framework of that name is known on `day`, in any edition.
    pub(super) fn knows(&self, name: &str, day: Date) -> bool {
        self.frameworks.iter().any(|one| one.framework == name && one.recorded_on <= day)
    }
}

impl PublishedReferencing {
    /// Whether it had ended on `day`, as the ledger knew then.
    pub(super) fn had_ended(&self, day: Date) -> bool {
        self.ended.is_some_and(|(ended, recorded)| ended <= day && recorded <= day)
    }
}
