//! Why a claim was refused.

/// A claim that is missing, unknown, of the wrong shape, or impossible.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{claim}: {message}")]
pub struct ClaimError {
    /// Dotted path of the claim; the column in a spreadsheet.
    pub claim: String,
    /// Stable reason, one of [`REASONS`].
    pub reason: &'static str,
    /// What is wrong and what would be right.
    pub message: String,
}

impl ClaimError {
    pub(super) fn new(claim: impl Into<String>, reason: &'static str, message: impl Into<String>) -> Self {
        debug_assert!(REASONS.contains(&reason), "{reason} is not documented");
        Self { claim: claim.into(), reason, message: message.into() }
    }

    /// The stable reason.
    pub fn reason(&self) -> &'static str {
        self.reason
    }

    /// Whether a newer edition of this software may accept the same value, because a list it checks against grew. A verifier
    /// that is older than the ledger calls such a record unknown, never forged.
    pub fn may_be_newer(&self) -> bool {
        matches!(
            self.reason,
            "UNKNOWN_COUNTRY"
                | "UNKNOWN_FRAMEWORK"
                | "UNKNOWN_FRAMEWORK_VERSION"
                | "UNKNOWN_LEVEL"
                | "UNKNOWN_KIND"
        )
    }

    /// The same error, one level further out.
    #[must_use]
    pub(super) fn under(mut self, outer: &str) -> Self {
        self.claim = if self.claim.is_empty() { outer.to_owned() } else { format!("{outer}.{}", self.claim) };
        self
    }
}

/// Every reason a claim can be refused for, in the order of SPEC.md, "Events".
pub const REASONS: &[&str] = &[
    "UNKNOWN_CLAIM",
    "MISSING_CLAIM",
    "CLEAR_CLAIM",
    "WRONG_TYPE",
    "EMPTY",
    "TOO_LONG",
    "TOO_MANY",
    "DUPLICATE_VALUE",
    "FORBIDDEN_CHARACTER",
    "UNKNOWN_VALUE",
    "OUT_OF_RANGE",
    "MALFORMED_DATE",
    "IMPOSSIBLE_DATE",
    "DATE_OUT_OF_RANGE",
    "MALFORMED_TIME",
    "UNKNOWN_COUNTRY",
    "MALFORMED_LANGUAGE",
    "MALFORMED_AMOUNT",
    "MALFORMED_CODE",
    "MALFORMED_URI",
    "MALFORMED_HASH",
    "MALFORMED_KEY",
    "MALFORMED_WORKER_ID",
    "WORKER_ID_CHECK_CHARACTER",
    "UNKNOWN_KIND",
    "BARE_FRAMEWORK",
    "UNKNOWN_FRAMEWORK",
    "UNKNOWN_FRAMEWORK_VERSION",
    "UNKNOWN_LEVEL",
    "UNKNOWN_COLUMN",
    "DUPLICATE_COLUMN",
    "DATES_REVERSED",
    "NAME_WITHOUT_LATIN",
    "ORIGINAL_NOT_IN_TITLE",
    "EQF_ON_SKILL",
    "EQF_WITHOUT_NQF",
    "CREDIT_WITHOUT_POINTS",
    "EXEMPTION_WITHOUT_UNITS",
    "EMPTY_CEFR",
    "REFUSAL_WITHOUT_REASONS",
    "CONDITION_WITHOUT_DIFFERENCES",
    "FULL_WITH_MEASURE",
    "GAP_WITHOUT_CONTENT",
    "NOT_FIVE_YEARS",
    "FUNDING_SUM",
    "FUNDING_OVER_CAP",
    "FUNDING_NOT_ELIGIBLE",
    "SAME_STATEMENT",
    "SAME_WORKER",
    "SUSPENSION_FORM",
    "COMPROMISE_FORM",
    "UNIT_TWICE",
    "TOO_FEW_ELECTIVES",
    "UNKNOWN_UNIT",
    "SUBJECT_NOT_ORIGIN",
    "EDGE_FORM",
    "COUNTRY_MISMATCH",
    "DELEGATION_FORM",
    "TOO_FEW_SIDES",
    "CUSTODIAN_ITSELF",
    "SUCCEEDS_ITSELF",
];
