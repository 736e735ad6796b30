//! What bodies have published on a ledger, as plain facts: editions of frameworks, referencings, regulated professions. Each
//! counts from the day of its recording on, so that what is published later changes no answer about an earlier day.

use jiff::civil::Date;

use super::relations::Cited;

/// Publications of one ledger, in leaf order.
#[derive(Debug, Clone, Default)]
pub struct LedgerReferences {
    /// Editions of frameworks.
    pub frameworks: Vec<PublishedFramework>,
    /// Referencings and comparisons.
    pub referencings: Vec<PublishedReferencing>,
    /// What occupations are regulated, or not.
    pub professions: Vec<PublishedProfession>,
    /// The day by whose knowledge an earlier day is judged: an award of 2020 by the referencing of 2015 that was recorded in
    /// 2025, asked about in 2026. `None`: by what was known on the day itself.
    pub known_on: Option<Date>,
    /// The ledger; `None`: no ledger's publications are at hand.
    pub origin: Option<String>,
}

/// No ledger's publications: the built-in tables alone.
pub static NOTHING_PUBLISHED: LedgerReferences = LedgerReferences {
    frameworks: Vec::new(),
    referencings: Vec::new(),
    professions: Vec::new(),
    known_on: None,
    origin: None,
};

/// A ProfessionRegulated.
#[derive(Debug, Clone)]
pub struct PublishedProfession {
    /// ISCO-08 code or prefix.
    pub isco08: String,
    /// Alpha-2.
    pub country: String,
    /// The profession as the law calls it.
    pub title: String,
    /// The law.
    pub law: String,
    /// Whether that law reserves its practice or title; if not, the authority says that none does.
    pub regulated: bool,
    /// First day of which it is true.
    pub valid_from: Date,
    /// Last day of which it is true.
    pub valid_until: Option<Date>,
    /// The day (UTC) on which the ledger recorded it.
    pub recorded_on: Date,
    /// Where it stands.
    pub source: Cited,
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
    /// Whether what was recorded on a day is known to who asks about `day`.
    fn is_known(&self, recorded_on: Date, day: Date) -> bool {
        recorded_on <= self.known_on.unwrap_or(day)
    }

    /// What a body says last of an occupation in a country on `day`. One for the very code goes before one for its group.
    pub(super) fn profession(
        &self,
        occupation: &str,
        country: &str,
        day: Date,
    ) -> Option<&PublishedProfession> {
        let counts = |one: &&PublishedProfession| {
            one.country == country
                && occupation.starts_with(one.isco08.as_str())
                && self.is_known(one.recorded_on, day)
                && one.valid_from <= day
                && one.valid_until.is_none_or(|until| day <= until)
        };
        // Of equals the last is taken.
        self.professions.iter().filter(counts).max_by_key(|one| one.isco08.len())
    }

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
                && self.is_known(one.recorded_on, day)
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
                && self.is_known(one.recorded_on, day)
                && match version {
                    Some(version) => one.version == version,
                    None => one.in_force_on(day),
                }
        };
        self.frameworks.iter().rfind(known)
    }

    /// Whether a framework of that name is known on `day`, in any edition.
    pub(super) fn knows(&self, name: &str, day: Date) -> bool {
        self.frameworks.iter().any(|one| one.framework == name && self.is_known(one.recorded_on, day))
    }

    /// From when a referencing held no longer on `day`, as the ledger knew.
    pub(super) fn ended(&self, one: &PublishedReferencing, day: Date) -> Option<Date> {
        one.ended
            .filter(|(ended, recorded)| *ended <= day && self.is_known(*recorded, day))
            .map(|(ended, _)| ended)
    }
}

impl PublishedFramework {
    /// Whether the edition was in force on `day`.
    pub(super) fn in_force_on(&self, day: Date) -> bool {
        self.valid_from <= day && self.valid_until.is_none_or(|until| day <= until)
    }
}
