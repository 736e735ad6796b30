//! Refusals: each names the limit that was exceeded, so that the body can ask the right authority for the right thing.

use crate::event::{ClaimError, Kind};
use crate::statement::StatementError;

/// How a refusal is to be treated at the edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalKind {
    /// The statement itself is wrong; sending it again cannot help.
    Invalid,
    /// The body is not authorised to say this.
    Unauthorised,
    /// It contradicts what is recorded.
    Conflict,
}

/// Why a statement was not admitted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The statement is malformed or its signature does not verify.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// A claim is missing, unknown or impossible.
    #[error(transparent)]
    Claim(#[from] ClaimError),
    /// The kind is not in the vocabulary.
    #[error("`{0}` is no kind of event this ledger knows; `skillpass kinds` lists them")]
    UnknownKind(String),
    /// The kind belongs to another class of entry.
    #[error("{} is not a statement about an institution, a publication or the ledger", .0.name())]
    WrongClass(Kind),
    /// No authorisation and no root names this body.
    #[error("`{0}` is not known to this ledger: no authority has authorised it")]
    UnknownIssuer(String),
    /// The body is known, the key is not.
    #[error("the key `{kid}` was never added for `{issuer}`")]
    UnknownKey {
        /// `iss`.
        issuer: String,
        /// `kid`.
        kid: String,
    },
    /// The key was ended, or was added later.
    #[error("the key `{0}` was not valid when this would be recorded")]
    KeyEnded(String),
    /// The key is compromised since a time before this.
    #[error("the key `{0}` is declared compromised since before this would be recorded")]
    KeyCompromised(String),
    /// No authorisation of the body was recorded before the statement.
    #[error("`{0}` holds no authorisation recorded before this statement")]
    NotAuthorised(String),
    /// Authorisations exist, none for this kind.
    #[error("`{issuer}` is not authorised to state {}", .kind.name())]
    KindNotAuthorised {
        /// `iss`.
        issuer: String,
        /// What it tried to state.
        kind: Kind,
    },
    /// None for this jurisdiction.
    #[error("`{issuer}` is authorised for this kind, but not in {country}")]
    JurisdictionNotAuthorised {
        /// `iss`.
        issuer: String,
        /// `issuing_country`.
        country: String,
    },
    /// A limit of the authorisation (levels, fields, occupations) excludes what is stated.
    #[error("the authorisation of `{issuer}` is limited to certain {limit}; {value} is not among them")]
    LimitExceeded {
        /// `iss`.
        issuer: String,
        /// `levels`, `iscedf_codes` or `occupations`.
        limit: &'static str,
        /// The value that is outside.
        value: String,
    },
    /// The award date is outside the authorisation's dates.
    #[error("the authorisation of `{issuer}` does not cover {date}")]
    OutsideDates {
        /// `iss`.
        issuer: String,
        /// Award date, or the day of recording.
        date: String,
    },
    /// Ended or suspended then.
    #[error("the authorisation of `{0}` was ended or suspended at that time")]
    AuthorisationEnded(String),
    /// The kind of body may never state this.
    #[error("a body of kind {issuer_kind} may not be authorised to state {}", .kind.name())]
    IssuerKindExcludes {
        /// The body's kind.
        issuer_kind: String,
        /// The kind of event.
        kind: Kind,
    },
    /// The authoriser may not authorise others (so deep).
    #[error("`{0}` may not authorise other bodies, or not this deep")]
    DelegationTooDeep(String),
    /// The authoriser grants more than it holds.
    #[error("`{authoriser}` cannot grant a wider scope than its own: {limit}")]
    ScopeWidened {
        /// Who tried to grant.
        authoriser: String,
        /// Which limit was widened.
        limit: &'static str,
    },
    /// A body would keep up its own authority.
    #[error("`{authoriser}` cannot authorise `{subject}`: its own authority is from there")]
    AuthorisationCircular {
        /// Who tried to grant.
        authoriser: String,
        /// Who would have it.
        subject: String,
    },
    /// Only the ledger itself may say this.
    #[error("only the ledger itself states {}", .0.name())]
    LedgerOnly(Kind),
    /// The genesis is missing, repeated or not signed by its own key.
    #[error(
        "the first entry must be the LedgerFounded statement, signed by a key it names, and no other may be"
    )]
    Genesis,
    /// Ended what it did not give.
    #[error("`{0}` did not give this authorisation and is no root authority above it")]
    NotYoursToEnd(String),
    /// The target is not recorded.
    #[error("nothing recorded here that this may act on has the hash given as target")]
    UnknownTarget,
    /// The body speaks about a body it has not authorised.
    #[error("`{issuer}` has not authorised `{subject}` and may not manage its keys or name its custodian")]
    NotYourBody {
        /// `iss`.
        issuer: String,
        /// `sub`.
        subject: String,
    },
    /// The key is already there.
    #[error("the key `{0}` is already recorded for this body")]
    KeyExists(String),
    /// Only the authorising body may set a compromise time before the event itself.
    #[error("only the authorising body may declare a key compromised since before the declaration")]
    BackdatedCompromise,
    /// The publication belongs to another body.
    #[error("the publication `{0}` belongs to another body")]
    NotYourPublication(String),
    /// A policy asks for endorsements that are not there (yet, or any more).
    #[error(
        "the authorisation of `{issuer}` is not in effect: {have} of the {needed} endorsements that its authority asks for ({sides})"
    )]
    NotEndorsed {
        /// `iss`.
        issuer: String,
        /// Sides that have endorsed.
        have: usize,
        /// Sides that must.
        needed: usize,
        /// Who may.
        sides: String,
    },
    /// A policy for a jurisdiction of which it is no root.
    #[error("`{issuer}` is no root authority for {country}, so it sets no policy there")]
    NotARoot {
        /// `iss`.
        issuer: String,
        /// Which jurisdiction.
        country: String,
    },
    /// The endorser's kind is of no side.
    #[error("`{0}` is of no side: neither a public authority nor an employers' or workers' organisation")]
    NoSide(String),
    /// No root above the authorisation has authorised the endorser.
    #[error("`{0}` holds no authorisation by a root authority on which the endorsed one rests")]
    EndorserNotRecognised(String),
    /// An endorsement by the same body stands.
    #[error(
        "`{0}` has endorsed this authorisation already; an organisation counts once, whichever key it signs with"
    )]
    AlreadyEndorsed(String),
    /// A body endorses itself.
    #[error("`{0}` cannot endorse its own authorisation")]
    SelfEndorsed(String),
    /// Withdraws what another gave, or what was withdrawn.
    #[error("`{0}` has no such endorsement to withdraw")]
    NotYourEndorsement(String),
    /// The custodian holds no authorisation where the body holds one.
    #[error(
        "`{0}` holds no authorisation that stands in a jurisdiction of this body, so it cannot be its custodian"
    )]
    CustodianNotAuthorised(String),
    /// A body confirms its own record.
    #[error("`{0}` stated this itself: a confirmation comes from another body")]
    SelfConfirmed(String),
    /// A body confirms what one of its own kind stated.
    #[error("a body of kind {0} stated this: a confirmation comes from a body of another kind")]
    SameKindOfBody(String),
    /// Only work experience and the worker's own statements are confirmed.
    #[error("{} is not confirmed by another body; WorkExperienceAttested and SelfAssessed are", .0.name())]
    NotConfirmable(Kind),
    /// The kind of body may not decide on recognition of this kind, or not so.
    #[error("a body of kind {issuer_kind} may not decide on {recognition_kind} recognition{}", if *.statement_only { " but by a COMPARABILITY_STATEMENT" } else { "" })]
    RecognitionExcluded {
        /// The body's kind.
        issuer_kind: &'static str,
        /// ACADEMIC or PROFESSIONAL.
        recognition_kind: String,
        /// It may give an opinion.
        statement_only: bool,
    },
    /// A ledger that could sign no more checkpoints, or no more tokens.
    #[error(
        "the last valid key of its use (log or status) cannot be ended before another of that use is added"
    )]
    LastLogKey,
}

impl Refusal {
    /// Stable, for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Statement(error) => error.reason(),
            Self::Claim(error) => error.reason,
            Self::UnknownKind(_) => "UNKNOWN_KIND",
            Self::WrongClass(_) => "WRONG_CLASS",
            Self::UnknownIssuer(_) => "UNKNOWN_ISSUER",
            Self::UnknownKey { .. } => "UNKNOWN_KEY",
            Self::KeyEnded(_) => "KEY_ENDED",
            Self::KeyCompromised(_) => "KEY_COMPROMISED",
            Self::NotAuthorised(_) => "NOT_AUTHORISED",
            Self::KindNotAuthorised { .. } => "KIND_NOT_AUTHORISED",
            Self::JurisdictionNotAuthorised { .. } => "JURISDICTION_NOT_AUTHORISED",
            Self::LimitExceeded { .. } => "LIMIT_EXCEEDED",
            Self::OutsideDates { .. } => "OUTSIDE_DATES",
            Self::AuthorisationEnded(_) => "AUTHORISATION_ENDED",
            Self::IssuerKindExcludes { .. } | Self::RecognitionExcluded { .. } => "ISSUER_KIND_EXCLUDES",
            Self::DelegationTooDeep(_) => "DELEGATION_TOO_DEEP",
            Self::ScopeWidened { .. } => "SCOPE_WIDENED",
            Self::AuthorisationCircular { .. } => "AUTHORISATION_CIRCULAR",
            Self::LedgerOnly(_) => "LEDGER_ONLY",
            Self::Genesis => "GENESIS",
            Self::NotYoursToEnd(_) => "NOT_YOURS_TO_END",
            Self::UnknownTarget => "UNKNOWN_TARGET",
            Self::NotYourBody { .. } => "NOT_YOUR_BODY",
            Self::KeyExists(_) => "KEY_EXISTS",
            Self::BackdatedCompromise => "BACKDATED_COMPROMISE",
            Self::NotYourPublication(_) => "NOT_YOUR_PUBLICATION",
            Self::NotEndorsed { .. } => "NOT_ENDORSED",
            Self::NotARoot { .. } => "NOT_A_ROOT",
            Self::NoSide(_) => "NO_SIDE",
            Self::EndorserNotRecognised(_) => "ENDORSER_NOT_RECOGNISED",
            Self::AlreadyEndorsed(_) => "ALREADY_ENDORSED",
            Self::SelfEndorsed(_) => "SELF_ENDORSED",
            Self::NotYourEndorsement(_) => "NOT_YOUR_ENDORSEMENT",
            Self::CustodianNotAuthorised(_) => "CUSTODIAN_NOT_AUTHORISED",
            Self::SelfConfirmed(_) => "SELF_CONFIRMED",
            Self::SameKindOfBody(_) => "SAME_KIND_OF_BODY",
            Self::NotConfirmable(_) => "NOT_CONFIRMABLE",
            Self::LastLogKey => "LAST_LOG_KEY",
        }
    }

    /// How to treat it at the edge.
    pub fn kind(&self) -> RefusalKind {
        match self {
            Self::Statement(_)
            | Self::Claim(_)
            | Self::UnknownKind(_)
            | Self::WrongClass(_)
            | Self::Genesis => RefusalKind::Invalid,
            Self::KeyExists(_) | Self::LastLogKey | Self::UnknownTarget | Self::AlreadyEndorsed(_) => {
                RefusalKind::Conflict
            }
            _ => RefusalKind::Unauthorised,
        }
    }
}
