//! What the checks take and give: disclosed claims and a question in, a finding out.

use jiff::civil::Date;

use crate::event::Kind;
use crate::recognition::published::LedgerReferences;

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Shown to be so.
    Pass,
    /// Shown not to be so.
    Fail,
    /// Cannot be told from what is shown or stored.
    Unknown,
    /// Does not arise.
    NotApplicable,
}

/// What a check found, in a sentence for the reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How it came out.
    pub outcome: Outcome,
    /// Why.
    pub detail: String,
}

impl Finding {
    pub(in crate::recognition) fn pass(detail: impl Into<String>) -> Self {
        Self { outcome: Outcome::Pass, detail: detail.into() }
    }
    pub(super) fn fail(detail: impl Into<String>) -> Self {
        Self { outcome: Outcome::Fail, detail: detail.into() }
    }
    pub(in crate::recognition) fn unknown(detail: impl Into<String>) -> Self {
        Self { outcome: Outcome::Unknown, detail: detail.into() }
    }
    pub(super) fn not_applicable(detail: impl Into<String>) -> Self {
        Self { outcome: Outcome::NotApplicable, detail: detail.into() }
    }
}

/// What the destination is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To practise the occupation.
    Practise,
    /// To go on studying.
    Study,
    /// To be hired.
    Hire,
}

impl Purpose {
    /// As on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Practise => "practise",
            Self::Study => "study",
            Self::Hire => "hire",
        }
    }
}

/// The question to which the records are held.
#[derive(Debug, Clone, Copy)]
pub struct Need<'a> {
    /// Destination, alpha-2.
    pub country: &'a str,
    /// ISCO-08 code.
    pub occupation: Option<&'a str>,
    /// What for.
    pub purpose: Purpose,
    /// The day it is asked for.
    pub day: Date,
    /// What a ledger's bodies have published.
    pub published: &'a LedgerReferences,
}

/// `{framework, version, code}` as a statement has it.
#[derive(Debug, Clone, Copy)]
pub struct LevelFact<'a> {
    /// Framework id.
    pub framework: &'a str,
    /// Edition.
    pub version: &'a str,
    /// Level.
    pub code: &'a str,
}

/// What one verified record says, as far as it is disclosed.
#[derive(Debug, Clone, Copy)]
pub struct RecordFacts<'a> {
    /// Its kind.
    pub kind: Kind,
    /// The hash of its statement, and of the one it refers to: `target`, or `recognition_decision` of a compensation
    /// measure or licence (base64url).
    pub hash: &'a str,
    /// See `hash`.
    pub refers_to: Option<&'a str>,
    /// Whether the ledger's standing token lets it stand; `None` when old or absent.
    pub stands: Option<bool>,
    /// `issuing_country`.
    pub country: Option<&'a str>,
    /// `origin_country`.
    pub origin_country: Option<&'a str>,
    /// The kind's award date.
    pub award_date: Option<Date>,
    /// `nqf_level`.
    pub level: Option<LevelFact<'a>>,
    /// `eqf_level`.
    pub eqf_level: Option<&'a str>,
    /// `recognition_kind`.
    pub recognition_kind: Option<&'a str>,
    /// `decision`.
    pub decision: Option<&'a str>,
    /// `regulated`: whether the authority says that the occupation is regulated in its country.
    pub regulated: Option<bool>,
    /// `result`.
    pub result: Option<&'a str>,
    /// `isco08`.
    pub isco08: Option<&'a str>,
    /// `limit_jurisdiction`.
    pub limit_jurisdiction: Option<&'a str>,
    /// `valid_from`, or `effective_from` of a change of a licence.
    pub from: Option<Date>,
    /// `valid_until`, or `suspended_until`; inclusive.
    pub until: Option<Date>,
    /// Whether it names `conditions`.
    pub has_conditions: bool,
    /// `instrument`.
    pub instrument: Option<&'a str>,
}

impl<'a> RecordFacts<'a> {
    /// Facts of a record of `kind` that discloses nothing yet.
    pub fn new(kind: Kind, hash: &'a str) -> Self {
        Self {
            kind,
            hash,
            refers_to: None,
            stands: None,
            country: None,
            origin_country: None,
            award_date: None,
            level: None,
            eqf_level: None,
            recognition_kind: None,
            decision: None,
            regulated: None,
            result: None,
            isco08: None,
            limit_jurisdiction: None,
            from: None,
            until: None,
            has_conditions: false,
            instrument: None,
        }
    }
}
