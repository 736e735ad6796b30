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
    #[error("`{issuer}` has not authorised `{subject}` and may not manage its keys")]
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
    /// `iat` or dates that cannot be.
    #[error("the last valid log key cannot be ended before another is added")]
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
            Self::IssuerKindExcludes { .. } => "ISSUER_KIND_EXCLUDES",
            Self::DelegationTooDeep(_) => "DELEGATION_TOO_DEEP",
            Self::ScopeWidened { .. } => "SCOPE_WIDENED",
            Self::LedgerOnly(_) => "LEDGER_ONLY",
            Self::Genesis => "GENESIS",
            Self::NotYoursToEnd(_) => "NOT_YOURS_TO_END",
            Self::UnknownTarget => "UNKNOWN_TARGET",
            Self::NotYourBody { .. } => "NOT_YOUR_BODY",
            Self::KeyExists(_) => "KEY_EXISTS",
            Self::BackdatedCompromise => "BACKDATED_COMPROMISE",
            Self::NotYourPublication(_) => "NOT_YOUR_PUBLICATION",
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
            Self::KeyExists(_) | Self::LastLogKey | Self::UnknownTarget => RefusalKind::Conflict,
            _ => RefusalKind::Unauthorised,
        }
    }
}
