//! The kinds (skeleton; the real room splits this into tables).

use serde_json::{Map, Value};

/// Whose stream an event belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// class 0
    Ledger,
    /// class 1
    Institution,
    /// class 2
    Person,
}

/// Part of a passport. (`as_str`: training, assessment, work, recognition, licence, self_declared)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "stub")]
pub enum Section {
    Training,
    Assessment,
    Work,
    Recognition,
    Licence,
    SelfDeclared,
}

/// What a record does in law. (`as_str`: informative, assessment, recognition_decision, right_to_practise)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "stub")]
pub enum LegalEffect {
    Informative,
    Assessment,
    RecognitionDecision,
    RightToPractise,
}

/// Every kind of event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "stub")]
#[non_exhaustive]
pub enum Kind {
    // person
    PassportOpened, HolderKeyBound, HolderKeyChanged,
    TrainingCompleted, SkillAssessed, UnitAchieved, QualificationAwarded,
    PriorLearningIdentified, PriorLearningDocumented, PriorLearningAssessed, PriorLearningCertified,
    WorkExperienceAttested, LanguageCertified, RecognitionApplied, RecognitionDecided, CompensationMeasureCompleted,
    LicenceGranted, LicenceRenewed, LicenceSuspended, LicenceReinstated, LicenceRevoked,
    PlacementStarted, StageChanged, PlacementEnded, ReturnRecorded,
    SelfAssessed, DocumentAuthenticated,
    Revoked, Suspended, Reinstated, Corrected, Superseded, DisputeRaised, DisputeResolved,
    // institution
    IssuerAuthorised, AuthorisationEnded, IssuerKeyAdded, IssuerKeyEnded, StandardPublished,
    // ledger
    LedgerFounded, AuthorityEstablished, LedgerKeyAdded, LedgerKeyEnded, WitnessNamed, Erased,
}

impl Kind {
    /// By bare name, e.g. `TrainingCompleted`.
    pub fn from_name(_name: &str) -> Option<Self> { todo!() }
    /// By `urn:skillpass:v1:<Name>`.
    pub fn from_vct(_vct: &str) -> Option<Self> { todo!() }
    /// The bare name.
    pub fn name(self) -> &'static str { todo!() }
    /// `urn:skillpass:v1:<Name>`.
    pub fn vct(self) -> String { todo!() }
    /// Whose stream.
    pub fn class(self) -> Class { todo!() }
    /// The passport section a record of this kind is shown in; `None` for kinds that act on others
    /// (PassportOpened, HolderKey*, Revoked…, Dispute*) and for institutions.
    pub fn section(self) -> Option<Section> { todo!() }
    /// Its effect in law.
    pub fn legal_effect(self) -> LegalEffect { todo!() }
    /// The claim that holds the award date, if the kind has one.
    pub fn award_date_claim(self) -> Option<&'static str> { todo!() }
    /// Signed by the worker (iss = did:jwk): SelfAssessed, DisputeRaised, HolderKeyChanged.
    pub fn is_by_holder(self) -> bool { todo!() }
    /// Acts on another statement by `target`: Revoked, Suspended, Reinstated, Corrected, Superseded.
    pub fn changes_standing(self) -> bool { todo!() }
    /// Every kind, in the order `skillpass kinds` prints.
    pub fn all() -> &'static [Kind] { todo!() }
    /// JSON Schema (2020-12) of the file `skillpass issue --claims` takes.
    pub fn schema(self) -> Value { todo!() }
    /// A complete example of that file: {"vct", "iss", "sub", claims…}; passes [`Event::validate`].
    pub fn example(self) -> Value { todo!() }
    /// Header row and one sample row, RFC 4180; `None` where a CSV makes no sense (ledger kinds).
    pub fn csv_template(self) -> Option<String> { todo!() }
    /// The claims object of one CSV row: column names to JSON values (dotted names make nested objects,
    /// `;`-separated lists where the claim is a list). Errors name the column.
    pub fn claims_from_row(self, _row: &[(String, String)]) -> Result<Map<String, Value>, Vec<ClaimError>> { todo!() }
}

/// A claim that is missing, unknown, of the wrong shape, or impossible.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{claim}: {message}")]
pub struct ClaimError {
    /// Dotted path of the claim.
    pub claim: String,
    /// Stable reason, e.g. `UNKNOWN_CLAIM`, `MISSING_CLAIM`, `WRONG_TYPE`, `UNKNOWN_COUNTRY`, `BARE_FRAMEWORK`, `IMPOSSIBLE_DATE`.
    pub reason: &'static str,
    /// What is wrong and what would be right.
    pub message: String,
}

/// A validated event.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    kind: Kind,
    claims: Map<String, Value>,
}

impl Event {
    /// Checks a complete claim set (`sub` included; iss, iat, jti, vct, cnf, status excluded) against the kind's closed schema.
    pub fn validate(_kind: Kind, _claims: &Map<String, Value>) -> Result<Self, ClaimError> { todo!() }
    /// Checks what is disclosed of a claim set: unknown or ill-formed claims are refused, absent ones are not.
    pub fn validate_partial(_kind: Kind, _claims: &Map<String, Value>) -> Result<Self, ClaimError> { todo!() }
    /// The kind.
    pub fn kind(&self) -> Kind { self.kind }
    /// The claims.
    pub fn claims(&self) -> &Map<String, Value> { &self.claims }
    /// A text claim.
    pub fn text(&self, name: &str) -> Option<&str> { self.claims.get(name).and_then(Value::as_str) }
    /// A date claim.
    pub fn date(&self, _name: &str) -> Option<jiff::civil::Date> { todo!() }
    /// The award date claim's value, if disclosed and the kind has one.
    pub fn award_date(&self) -> Option<jiff::civil::Date> { todo!() }
    /// `target` of standing changes: the hash of a statement.
    pub fn target(&self) -> Option<crate::crypto::Hash> { todo!() }
}
