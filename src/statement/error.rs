//! What can be wrong with a statement: one variant per broken rule.

use super::json::JsonError;
use super::{
    DISCLOSURE_BYTES_MAX, DISCLOSURES_MAX, ISSUER_BYTES_MAX, KEY_BINDING_AGE_MAX_SECONDS, SALT_CHARS_MIN,
    STATUS_URI_BYTES_MAX, VCT_BYTES_MAX,
};

/// The part of a statement or token at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The JWS header.
    Header,
    /// The JWS payload.
    Payload,
    /// The JWS signature.
    Signature,
    /// A disclosure.
    Disclosure,
}

impl std::fmt::Display for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Header => "header",
            Self::Payload => "payload",
            Self::Signature => "signature",
            Self::Disclosure => "disclosure",
        })
    }
}

/// Why a statement, token or key binding was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StatementError {
    // --- shape and limits ---
    /// The whole text is over its limit.
    #[error("longer than {max} bytes")]
    TooLarge {
        /// The limit.
        max: usize,
    },
    /// More disclosures, or more digests at one level, than allowed.
    #[error("more than {DISCLOSURES_MAX} disclosures or digests")]
    TooManyDisclosures,
    /// One disclosure is over its limit.
    #[error("a disclosure is longer than {DISCLOSURE_BYTES_MAX} bytes")]
    DisclosureTooLarge,
    /// No `~` behind the JWT, or text behind the last one that is no key binding.
    #[error("not an SD-JWT: expected `<JWT>~`, then disclosures that each end in `~` (RFC 9901 section 4)")]
    NotAnSdJwt,
    /// Not `header.payload.signature`.
    #[error("not a compact JWS: expected three base64url parts joined by dots (RFC 7515 section 7.1)")]
    NotAJws,
    /// A part is not base64url in its one spelling.
    #[error("the {0} is not base64url without padding")]
    NotBase64Url(Part),
    /// A part is not a JSON object.
    #[error("the {0} is not a JSON object")]
    NotAnObject(Part),
    /// A part is not the strict JSON we accept.
    #[error("the {part}: {fault}")]
    Json {
        /// Which part.
        part: Part,
        /// What is wrong with it.
        fault: JsonError,
    },

    // --- header and signature ---
    /// `alg` is absent or not on the list.
    #[error("`alg` must be EdDSA, Ed25519 or ES256")]
    AlgNotAllowed,
    /// `alg` and the key are of different kinds.
    #[error("`alg` does not fit the key that should verify it")]
    AlgKeyMismatch,
    /// A body signed with ES256, which only holders may use.
    #[error("ES256 is for holders (`iss` = did:jwk); a body signs with Ed25519")]
    AlgNotForIssuer,
    /// `crit` names an extension, and we know none.
    #[error("`crit` is not supported (RFC 7515 section 4.1.11)")]
    CritNotSupported,
    /// `typ` is absent or another.
    #[error("`typ` must be exactly `{expected}`")]
    WrongTyp {
        /// The one accepted.
        expected: &'static str,
    },
    /// The header of a statement holds more than `alg`, `typ` and `kid`.
    #[error("the header of a statement holds `alg`, `typ` and `kid` and nothing else")]
    HeaderMemberUnknown,
    /// No `kid`.
    #[error("`kid` is missing: the RFC 7638 thumbprint of the signing key")]
    KidMissing,
    /// `kid` is not the thumbprint of the key.
    #[error("`kid` is not the RFC 7638 thumbprint of this key")]
    KidMismatch,
    /// The signature does not verify.
    #[error("the signature is not this key's over these bytes")]
    SignatureInvalid,

    // --- claims in clear ---
    /// `iss` is absent or not in its one spelling.
    #[error(
        "`iss` must be an https URI without user, query or fragment, host in lower case, of at most {ISSUER_BYTES_MAX} bytes, \
         or a holder's did:jwk"
    )]
    IssuerInvalid,
    /// `iss` is a did:jwk of another key than `kid`.
    #[error("`iss` is the did:jwk of another key than `kid` names")]
    IssuerKeyMismatch,
    /// `vct` is absent, empty or too long.
    #[error("`vct` is missing: a printable ASCII string of at most {VCT_BYTES_MAX} bytes")]
    VctMissing,
    /// `jti` is not a version 7 UUID in its one spelling.
    #[error("`jti` must be `urn:uuid:` and a lower-case version 7 UUID (RFC 9562)")]
    IdInvalid,
    /// `iat` is not a whole number of seconds within four-digit years.
    #[error("`iat` must be a whole number of Unix seconds, from 0 to the year 9999")]
    IssuedAtInvalid,
    /// `cnf` is not `{"jwk": <public key>}`.
    #[error(
        "`cnf` must be {{\"jwk\": ...}} with the required members of an Ed25519 or P-256 public key and nothing else"
    )]
    HolderKeyInvalid,
    /// `status` is not one Token Status List reference.
    #[error(
        "`status` must be {{\"status_list\": {{\"uri\": <https, at most {STATUS_URI_BYTES_MAX} bytes>, \"idx\": <integer>}}}}"
    )]
    StatusInvalid,
    /// `exp` or `nbf` in our profile.
    #[error(
        "`exp` and `nbf` make a record look forged once it ends; say `valid_from` and `valid_until` instead"
    )]
    ExpiryNotAllowed,
    /// A claim about a person stands in clear.
    #[error("claim `{name}` stands in clear; in a statement about a person it must be a disclosure")]
    ClaimInClear {
        /// The claim.
        name: String,
    },
    /// A caller's claim has a name that the format itself uses.
    #[error("`{name}` is set by the issuing library and cannot be among the claims")]
    ClaimReserved {
        /// The claim.
        name: String,
    },

    // --- selective disclosure ---
    /// `_sd_alg` is not `sha-256`.
    #[error("`_sd_alg` must be sha-256")]
    SdAlgUnknown,
    /// `_sd` is not an array of SHA-256 digests, or, in our profile, empty.
    #[error("`_sd` must be an array of base64url SHA-256 digests, and not empty in a statement")]
    SdInvalid,
    /// One digest stands in two places (RFC 9901 section 7.1).
    #[error("a digest appears more than once")]
    DigestTwice,
    /// A disclosure is not `[salt, name, value]` or, in an array, `[salt, value]`.
    #[error("a disclosure must be [salt, name, value], or [salt, value] for an array element")]
    DisclosureArity,
    /// A salt that could be guessed.
    #[error("a salt has fewer than {SALT_CHARS_MIN} characters, too few for 128 bits")]
    SaltTooShort,
    /// A disclosure, or an object in the payload, uses `_sd` or `...` as a claim name.
    #[error("`_sd` and `...` cannot be claim names")]
    DisclosureReservedName,
    /// Two claims of one name at one level.
    #[error("claim `{name}` is given twice")]
    ClaimCollision {
        /// The claim.
        name: String,
    },
    /// One disclosure is given twice.
    #[error("a disclosure is given twice")]
    DisclosureTwice,
    /// A disclosure that no digest names (RFC 9901 section 7.1 step 5).
    #[error("a disclosure belongs to no digest in the signed payload")]
    DisclosureUnreferenced,
    /// A control claim inside a disclosure.
    #[error("claim `{name}` may never be selectively disclosed")]
    ProtectedClaimDisclosed {
        /// The claim.
        name: String,
    },
    /// `_sd` or `...` below the top level of a statement.
    #[error("a statement discloses whole claims only: `_sd` and `...` may not stand inside a claim")]
    NestedDisclosure,

    // --- time, for SD-JWTs of other software ---
    /// `exp` has passed.
    #[error("expired (`exp`)")]
    Expired,
    /// `nbf` is yet to come.
    #[error("not valid yet (`nbf`)")]
    NotYetValid,
    /// `exp` or `nbf` is no number.
    #[error("`exp` and `nbf` must be numbers of Unix seconds")]
    TimeInvalid,

    /// The key binding is absent, unwanted or wrong.
    #[error("key binding: {0}")]
    KeyBinding(#[from] BindingFault),

    // --- choosing what to disclose ---
    /// The caller asked to disclose a claim that is not there.
    #[error("claim `{name}` is not among the disclosed claims")]
    NotDisclosed {
        /// The claim.
        name: String,
    },
    /// The statement has nothing to choose from.
    #[error("all claims of this statement stand in clear; nothing can be left out")]
    NotSelective,
}

/// What is wrong with a key binding (RFC 9901 sections 4.3 and 7.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BindingFault {
    /// Expected, and none there.
    #[error("missing: the holder has not signed for this audience and nonce")]
    Missing,
    /// A stored statement ends in `~`.
    #[error("not allowed here: a recorded statement ends in `~`")]
    NotAllowed,
    /// No `cnf.jwk` to check it with.
    #[error("the statement names no holder key (`cnf.jwk`)")]
    NoHolderKey,
    /// Not a JWS with an object as payload, or a required claim absent or of the wrong type.
    #[error("must be a JWS with `iat` (integer), `aud`, `nonce` and `sd_hash` (strings)")]
    Malformed,
    /// `typ` is not `kb+jwt`.
    #[error("`typ` must be `kb+jwt`")]
    WrongTyp,
    /// `alg` is not on the list or not the holder key's.
    #[error("`alg` does not fit the holder key")]
    WrongAlg,
    /// Not signed by the holder key.
    #[error("the signature is not the holder key's")]
    SignatureInvalid,
    /// `sd_hash` is of other bytes.
    #[error("`sd_hash` is not the hash of these bytes: disclosures were added or removed after signing")]
    WrongHash,
    /// Made for another audience.
    #[error("made for another audience (`aud`)")]
    WrongAudience,
    /// Made for another request.
    #[error("made for another request (`nonce`)")]
    WrongNonce,
    /// `iat` is ahead of our clock by more than clocks differ.
    #[error("`iat` lies in the future")]
    IssuedInFuture,
    /// Made too long ago to answer a request.
    #[error("made more than {KEY_BINDING_AGE_MAX_SECONDS} seconds ago")]
    TooOld,
    /// The audience or nonce to bind to is empty or too long.
    #[error("audience and nonce must have 1 to 256 characters")]
    EmptyTarget,
}

impl StatementError {
    /// Stable name of the broken rule, for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "TOO_LARGE",
            Self::TooManyDisclosures => "TOO_MANY_DISCLOSURES",
            Self::DisclosureTooLarge => "DISCLOSURE_TOO_LARGE",
            Self::NotAnSdJwt | Self::NotAJws | Self::NotBase64Url(_) | Self::NotAnObject(_) => "MALFORMED",
            Self::Json { fault, .. } => fault.reason(),
            Self::AlgNotAllowed => "ALG_NOT_ALLOWED",
            Self::AlgKeyMismatch => "ALG_KEY_MISMATCH",
            Self::AlgNotForIssuer => "ALG_NOT_FOR_ISSUER",
            Self::CritNotSupported => "CRIT_NOT_SUPPORTED",
            Self::WrongTyp { .. } => "WRONG_TYP",
            Self::HeaderMemberUnknown => "HEADER_MEMBER_UNKNOWN",
            Self::KidMissing => "KID_MISSING",
            Self::KidMismatch => "KID_MISMATCH",
            Self::SignatureInvalid => "SIGNATURE_INVALID",
            Self::IssuerInvalid => "ISSUER_INVALID",
            Self::IssuerKeyMismatch => "ISSUER_KEY_MISMATCH",
            Self::VctMissing => "VCT_MISSING",
            Self::IdInvalid => "ID_INVALID",
            Self::IssuedAtInvalid => "ISSUED_AT_INVALID",
            Self::HolderKeyInvalid => "HOLDER_KEY_INVALID",
            Self::StatusInvalid => "STATUS_INVALID",
            Self::ExpiryNotAllowed => "EXPIRY_NOT_ALLOWED",
            Self::ClaimInClear { .. } => "CLAIM_IN_CLEAR",
            Self::ClaimReserved { .. } => "CLAIM_RESERVED",
            Self::SdAlgUnknown => "SD_ALG_UNKNOWN",
            Self::SdInvalid => "SD_INVALID",
            Self::DigestTwice => "DIGEST_TWICE",
            Self::DisclosureArity => "DISCLOSURE_ARITY",
            Self::SaltTooShort => "SALT_TOO_SHORT",
            Self::DisclosureReservedName => "DISCLOSURE_RESERVED_NAME",
            Self::ClaimCollision { .. } => "CLAIM_COLLISION",
            Self::DisclosureTwice => "DISCLOSURE_TWICE",
            Self::DisclosureUnreferenced => "DISCLOSURE_UNREFERENCED",
            Self::ProtectedClaimDisclosed { .. } => "PROTECTED_CLAIM_DISCLOSED",
            Self::NestedDisclosure => "NESTED_DISCLOSURE",
            Self::Expired => "EXPIRED",
            Self::NotYetValid => "NOT_YET_VALID",
            Self::TimeInvalid => "TIME_INVALID",
            Self::KeyBinding(fault) => fault.reason(),
            Self::NotDisclosed { .. } => "CLAIM_NOT_DISCLOSED",
            Self::NotSelective => "NOT_SELECTIVE",
        }
    }

    /// A claim name from outside, fit to be shown: short, and nothing in it can move a terminal's cursor.
    pub(super) fn shown(name: &str) -> String {
        const SHOWN_CHARS_MAX: usize = 64;
        name.escape_debug().take(SHOWN_CHARS_MAX).collect()
    }
}

impl BindingFault {
    /// Stable name of the broken rule, for programs.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Missing => "KEY_BINDING_MISSING",
            Self::NotAllowed => "KEY_BINDING_NOT_ALLOWED",
            Self::NoHolderKey => "KEY_BINDING_NO_HOLDER_KEY",
            Self::Malformed => "KEY_BINDING_MALFORMED",
            Self::WrongTyp => "KEY_BINDING_WRONG_TYP",
            Self::WrongAlg => "KEY_BINDING_WRONG_ALG",
            Self::SignatureInvalid => "KEY_BINDING_SIGNATURE_INVALID",
            Self::WrongHash => "KEY_BINDING_WRONG_HASH",
            Self::WrongAudience => "KEY_BINDING_WRONG_AUDIENCE",
            Self::WrongNonce => "KEY_BINDING_WRONG_NONCE",
            Self::IssuedInFuture => "KEY_BINDING_ISSUED_IN_FUTURE",
            Self::TooOld => "KEY_BINDING_TOO_OLD",
            Self::EmptyTarget => "KEY_BINDING_EMPTY_TARGET",
        }
    }
}
