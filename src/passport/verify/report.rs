//! What verification answers: named checks, what each record is, and one verdict that follows from the checks alone.

use std::collections::HashMap;

use jiff::civil::Date;
use serde_json::{Map, Value, json};

use crate::passport::record::Record;
use crate::statement::json;

macro_rules! checks {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// The checks, in the order in which reports list them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Check {
            $($(#[$doc])* $variant,)*
        }

        impl Check {
            /// Every check, in order.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// As written in reports.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

checks! {
    /// The bytes are as the issuer (the ledger, whoever wrote the file) made them.
    Signature = "signature",
    /// It is the kind of thing it says it is, and whole.
    Type = "type",
    /// Its times are possible.
    Time = "time",
    /// What is shown was signed, is well formed, and is about one worker.
    Disclosures = "disclosures",
    /// Whoever shows it is the holder.
    KeyBinding = "key_binding",
    /// The ledger's tree holds it.
    Inclusion = "inclusion",
    /// A trusted ledger signed that tree.
    Checkpoint = "checkpoint",
    /// Enough witnesses saw the same tree.
    WitnessQuorum = "witness_quorum",
    /// No record of the worker is missing.
    Chain = "chain",
    /// The issuer was authorised then, by an authority the verifier trusts.
    IssuerAuthorised = "issuer_authorised",
    /// What it said was within the authorisation.
    IssuerScope = "issuer_scope",
    /// The key was valid for it.
    IssuerKey = "issuer_key",
    /// It still stands.
    Status = "status",
    /// It is about the person in front of the verifier.
    IdentityBinding = "identity_binding",
    /// Levels name framework and version.
    FrameworkVersion = "framework_version",
    /// A published relation to the destination's framework exists.
    LevelRelation = "level_relation",
    /// Recognition is of the kind that the purpose needs.
    RecognitionKind = "recognition_kind",
    /// A licence for the occupation is in force there.
    LicenceInDestination = "licence_in_destination",
    /// Both countries are parties to the agreement relied on.
    MraParties = "mra_parties",
    /// Conditions that are attached.
    Conditions = "conditions",
}

impl Check {
    /// Whether it decides the verdict without being asked for.
    pub fn decides(self) -> bool {
        self <= Self::IssuerKey
    }
}

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// Shown to be so.
    Pass,
    /// Shown not to be so.
    Fail,
    /// Cannot be told from what is at hand.
    Unknown,
    /// Does not arise.
    NotApplicable,
}

impl Status {
    /// As written in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "PASS",
            Self::Fail => "FAIL",
            Self::Unknown => "UNKNOWN",
            Self::NotApplicable => "NOT_APPLICABLE",
        }
    }
}

/// One check of one subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckRow {
    /// Which.
    pub check: Check,
    /// How it came out.
    pub status: Status,
    /// A `jti`, an origin, or `file`.
    pub subject: String,
    /// Why, in a sentence.
    pub detail: String,
}

/// Authentic or not, as far as can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Every check that counts passes.
    Valid,
    /// One fails.
    Invalid,
    /// None fails, one cannot be decided.
    Unknown,
}

impl Verdict {
    /// As written in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Invalid => "invalid",
            Self::Unknown => "unknown",
        }
    }
}

/// The whole answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Follows from `checks`.
    pub verdict: Verdict,
    /// By check, then by subject in file order.
    pub checks: Vec<CheckRow>,
    /// What the file says, of whatever could be read.
    pub records: Vec<Record>,
    /// The answer to the question asked, if one was.
    pub answer: Option<Answer>,
    /// Of a bare SD-JWT that the given key signed. No ledger stands behind it.
    pub statement: Option<Bare>,
}

/// A bare SD-JWT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bare {
    /// Its claims, those disclosed among them.
    pub claims: Map<String, Value>,
    /// The last day that it names, where the day asked about is a later one.
    pub lapsed_on: Option<Date>,
}

impl Bare {
    /// `valid_until` is inclusive (SPEC.md, "Time").
    pub(super) fn on(day: Date, claims: Map<String, Value>) -> Self {
        let last: Option<Date> = claims.get("valid_until").and_then(|last| last.as_str()?.parse().ok());
        Self { claims, lapsed_on: last.filter(|last| *last < day) }
    }
}

/// The answer to `--purpose`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// `practise`, `study` or `hire`.
    pub purpose: &'static str,
    /// Destination, if given.
    pub country: Option<String>,
    /// ISCO-08 code, if given.
    pub occupation: Option<String>,
    /// PASS, FAIL or UNKNOWN: of the checks asked for, the worst.
    pub status: Status,
    /// The checks asked for.
    pub checks: Vec<Check>,
}

impl Report {
    /// Sorts the rows and draws the verdict: `asked` are the checks that count beside the first twelve.
    pub(super) fn of(rows: Rows, records: Vec<Record>, asked: &[Check], answer: Option<Answer>) -> Self {
        let mut checks = rows.into_rows();
        checks.sort_by_key(|row| row.check);
        let counts = |row: &&CheckRow| row.check.decides() || asked.contains(&row.check);
        let has = |status| checks.iter().filter(counts).any(|row| row.status == status);
        let verdict = match () {
            () if has(Status::Fail) => Verdict::Invalid,
            () if has(Status::Unknown) => Verdict::Unknown,
            () if has(Status::Pass) => Verdict::Valid,
            () => Verdict::Unknown,
        };
        Self { verdict, checks, records, answer, statement: None }
    }

    /// 0 valid, 1 invalid, 3 unknown.
    pub fn exit_code(&self) -> u8 {
        match self.verdict {
            Verdict::Valid => 0,
            Verdict::Invalid => 1,
            Verdict::Unknown => 3,
        }
    }

    /// The JSON of `skillpass verify --json`. Only a report on a bare SD-JWT has `statement`.
    pub fn to_json(&self) -> Value {
        let mut report = json!({
            "verdict": self.verdict.as_str(),
            "checks": self.checks.iter().map(CheckRow::to_json).collect::<Vec<_>>(),
            "records": self.records.iter().map(Record::to_json).collect::<Vec<_>>(),
            "answer": self.answer.as_ref().map(Answer::to_json),
        });
        if let Some(bare) = &self.statement {
            json::set(&mut report, "statement", bare.claims.clone());
        }
        report
    }
}

impl CheckRow {
    fn to_json(&self) -> Value {
        json!({
            "check": self.check.as_str(),
            "status": self.status.as_str(),
            "subject": self.subject,
            "detail": self.detail,
        })
    }
}

impl Answer {
    fn to_json(&self) -> Value {
        json!({
            "purpose": self.purpose,
            "country": self.country,
            "occupation": self.occupation,
            "status": self.status.as_str(),
            "checks": self.checks.iter().map(|check| check.as_str()).collect::<Vec<_>>(),
        })
    }
}

/// Rows as they are found: one for each check and subject.
#[derive(Debug, Default)]
pub(super) struct Rows {
    rows: Vec<CheckRow>,
    /// Where the rows of each subject stand.
    places: HashMap<String, Vec<(Check, usize)>>,
}

impl Rows {
    /// Notes a finding. The worst of several about one check and subject stands.
    pub(super) fn note(&mut self, check: Check, status: Status, subject: &str, detail: impl Into<String>) {
        let known = self.places(subject).iter().find(|(known, _)| *known == check).map(|(_, place)| *place);
        match known.and_then(|place| self.rows.get_mut(place)) {
            Some(row) if severity(status) > severity(row.status) => {
                (row.status, row.detail) = (status, detail.into());
            }
            Some(_) => {}
            None => {
                let place = (check, self.rows.len());
                self.places.entry(subject.to_owned()).or_default().push(place);
                let (subject, detail) = (subject.to_owned(), detail.into());
                self.rows.push(CheckRow { check, status, subject, detail });
            }
        }
    }

    fn places(&self, subject: &str) -> &[(Check, usize)] {
        self.places.get(subject).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether a deciding check of a subject fails.
    pub(super) fn fails(&self, subject: &str) -> bool {
        self.deciding(subject).any(|status| status == Status::Fail)
    }

    /// Whether every deciding check of a subject passes, or does not arise.
    pub(super) fn passes(&self, subject: &str) -> bool {
        self.deciding(subject).all(|status| matches!(status, Status::Pass | Status::NotApplicable))
    }

    fn deciding(&self, subject: &str) -> impl Iterator<Item = Status> {
        let deciding = self.places(subject).iter().filter(|(check, _)| check.decides());
        deciding.filter_map(|(_, place)| Some(self.rows.get(*place)?.status))
    }

    /// The worst outcome of these checks.
    pub(super) fn worst(&self, checks: &[Check]) -> Status {
        let outcomes = self.rows.iter().filter(|row| checks.contains(&row.check)).map(|row| row.status);
        outcomes.max_by_key(|status| severity(*status)).unwrap_or(Status::Unknown)
    }

    /// All rows, as they were found.
    pub(super) fn into_rows(self) -> Vec<CheckRow> {
        self.rows
    }
}

fn severity(status: Status) -> u8 {
    match status {
        Status::NotApplicable => 0,
        Status::Pass => 1,
        Status::Unknown => 2,
        Status::Fail => 3,
    }
}
