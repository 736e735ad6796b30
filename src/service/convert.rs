//! Requests into the rooms' words, and back. Messages are taken apart without `..`, so that a new field breaks the build
//! here instead of being ignored.

use std::str::FromStr as _;

use jiff::civil::Date;

use crate::event::WorkerId;
use crate::ledger::{Acknowledgement, DOCUMENT_NUMBER_BYTES_MAX, OpeningDocument};
use crate::pb;

/// A request that cannot be understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum RequestError {
    #[error("not a worker id: `wkr_`, 26 characters and a check character")]
    WorkerId,
    #[error("`jti` must be `urn:uuid:` and a UUID in lower case")]
    StatementId,
    #[error("`{0}` must be a date, YYYY-MM-DD")]
    Date(&'static str),
    #[error("`{0}` is missing")]
    Missing(&'static str),
    #[error("`{0}` has a value that is not one of its enum")]
    UnknownValue(&'static str),
    #[error("`{0}` is longer than {1} bytes")]
    TooLong(&'static str, usize),
    #[error("`{0}` is not a JSON object")]
    NotAnObject(&'static str),
    #[error("`document.salt` is not the 16 bytes of a commitment's salt")]
    DocumentSalt,
    #[error("`trust_toml` is not a trust file")]
    TrustFile,
    #[error("`issuer_jwk` is not a public Ed25519 or P-256 JWK")]
    IssuerKey,
    #[error("`{0}` is not {1} bytes")]
    Bytes(&'static str, usize),
    #[error(
        "the audience of a link has 1 to {} bytes on one line",
        crate::passport::SHARE_AUDIENCE_BYTES_MAX
    )]
    ShareAudience,
    #[error("a link ends after now, and within 90 days")]
    ShareTime,
    #[error("an audience is an issuer identifier (https URI) or a country (alpha-2, capitals)")]
    Audience,
    #[error("`operator.jwk` is not a public Ed25519 or P-256 JWK")]
    OperatorKey,
    #[error(
        "`person_json` must be an object of family_name, given_name, birth_date, document_*, each a text"
    )]
    Person,
    #[error("a person's entry is found by its worker: give `statement` with `jti` and `subject`")]
    PersonEntry,
    #[error("beyond the entries that can be asked for")]
    OutOfRange,
    #[error("`compromised_since` is there when `reason` is COMPROMISED, and only then")]
    CompromiseForm,
    #[error("`kind` must be AuthorityEstablished or WitnessNamed; keys have calls of their own")]
    NotALedgerKind,
}

impl RequestError {
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::WorkerId => "WORKER_ID_INVALID",
            Self::StatementId => "STATEMENT_ID_INVALID",
            Self::Date(_) => "DATE_INVALID",
            Self::Missing(_) => "FIELD_MISSING",
            Self::UnknownValue(_) => "VALUE_UNKNOWN",
            Self::TooLong(..) => "FIELD_TOO_LONG",
            Self::NotAnObject(_) => "JSON_INVALID",
            Self::DocumentSalt => "DOCUMENT_SALT_INVALID",
            Self::TrustFile => "TRUST_FILE_INVALID",
            Self::IssuerKey => "ISSUER_KEY_INVALID",
            Self::Bytes(..) => "FIELD_LENGTH_INVALID",
            Self::Audience | Self::ShareAudience => "AUDIENCE_INVALID",
            Self::ShareTime => "SHARE_TIME_INVALID",
            Self::OperatorKey => "OPERATOR_KEY_INVALID",
            Self::Person => "PERSON_INVALID",
            Self::PersonEntry => "PERSON_ENTRY",
            Self::OutOfRange => "OUT_OF_RANGE",
            Self::CompromiseForm => "COMPROMISE_FORM",
            Self::NotALedgerKind => "NOT_A_LEDGER_KIND",
        }
    }

    pub(super) fn help(self) -> &'static str {
        match self {
            Self::WorkerId => "copy the id whole from the claim slip; one wrong character is detected",
            Self::TrustFile => "try it with `skillpass trust show --trust FILE`, which names the mistake",
            Self::ShareTime => "choose how long the link lasts: something, and at most 90 days",
            Self::OutOfRange => "ask GetCheckpoint for the newest size",
            Self::PersonEntry => {
                "the log holds only commitments about persons; nobody can look a person up by place"
            }
            Self::StatementId
            | Self::Date(_)
            | Self::Missing(_)
            | Self::UnknownValue(_)
            | Self::TooLong(..)
            | Self::IssuerKey
            | Self::Bytes(..)
            | Self::Audience
            | Self::ShareAudience
            | Self::OperatorKey
            | Self::Person
            | Self::NotAnObject(_)
            | Self::DocumentSalt
            | Self::CompromiseForm
            | Self::NotALedgerKind => "see the comments in proto/skillpass/v1",
        }
    }
}

/// A worker id, exactly as it is written in `sub`.
pub(super) fn worker_id(text: &str) -> Result<WorkerId, RequestError> {
    WorkerId::parse(text).map_err(|_| RequestError::WorkerId)
}

/// `urn:uuid:…`, in the one spelling that statements use.
pub(super) fn statement_id(text: &str) -> Result<uuid::Uuid, RequestError> {
    let id = text.strip_prefix("urn:uuid:").and_then(|id| uuid::Uuid::try_parse(id).ok());
    id.filter(|id| statement_urn(*id) == text).ok_or(RequestError::StatementId)
}

/// The inverse.
pub(super) fn statement_urn(id: uuid::Uuid) -> String {
    let mut urn = String::with_capacity(45);
    urn.push_str("urn:uuid:");
    urn.push_str(id.hyphenated().encode_lower(&mut uuid::Uuid::encode_buffer()));
    urn
}

/// An optional day.
pub(super) fn date(field: &'static str, text: Option<&str>) -> Result<Option<Date>, RequestError> {
    // Length first: the parser takes other ISO 8601 spellings too.
    let parse = |text: &str| (text.len() == 10).then(|| Date::from_str(text).ok()).flatten();
    text.map(|text| parse(text).ok_or(RequestError::Date(field))).transpose()
}

/// The day of a time of the ledger's, UTC.
pub(super) fn day_of(ms: u64) -> Date {
    let at = i64::try_from(ms).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    at.map_or(Date::MAX, |at| at.to_zoned(jiff::tz::TimeZone::UTC).date())
}

/// A text no longer than `max`.
pub(super) fn bounded(field: &'static str, text: &str, max: usize) -> Result<(), RequestError> {
    if text.len() <= max { Ok(()) } else { Err(RequestError::TooLong(field, max)) }
}

/// Exactly so many bytes.
pub(super) fn fixed<const N: usize>(field: &'static str, bytes: Vec<u8>) -> Result<[u8; N], RequestError> {
    bytes.try_into().map_err(|_| RequestError::Bytes(field, N))
}

/// A JSON object.
pub(super) fn object(
    field: &'static str,
    text: &str,
) -> Result<serde_json::Map<String, serde_json::Value>, RequestError> {
    match crate::statement::json::parse(text.as_bytes()) {
        Ok(serde_json::Value::Object(map)) => Ok(map),
        Ok(_) | Err(_) => Err(RequestError::NotAnObject(field)),
    }
}

/// The document told beside an opening.
pub(super) fn opening_document(from: pb::OpeningDocument) -> Result<OpeningDocument, RequestError> {
    let pb::OpeningDocument { number, salt } = from;
    let number = zeroize::Zeroizing::new(number);
    bounded("document.number", &number, DOCUMENT_NUMBER_BYTES_MAX)?;
    let salt = salt.try_into().map_err(|_| RequestError::DocumentSalt)?;
    Ok(OpeningDocument { number, salt })
}

/// An acknowledgement on the wire.
pub(super) fn acknowledgement(from: &Acknowledgement) -> pb::Acknowledgement {
    let Acknowledgement { jti, revision, leaf, recorded_at, repeated } = from;
    pb::Acknowledgement {
        jti: statement_urn(*jti),
        revision: *revision,
        leaf_index: *leaf,
        recorded_at: *recorded_at,
        repeated: *repeated,
    }
}

/// Hashes on the wire.
pub(super) fn hashes(from: &[crate::crypto::Hash]) -> Vec<Vec<u8>> {
    from.iter().map(|hash| hash.to_vec()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_one_spelling() {
        let urn = "urn:uuid:019340f0-0000-7000-8000-00000000abcd";
        assert_eq!(statement_id(urn).map(statement_urn).as_deref(), Ok(urn));
        for bad in [
            "",
            "urn:uuid:",
            "019340f0-0000-7000-8000-00000000abcd",
            "urn:uuid:019340F0-0000-7000-8000-00000000abcd",
            "urn:uuid:019340f0000070008000000000000abcd",
        ] {
            assert_eq!(statement_id(bad), Err(RequestError::StatementId), "{bad}");
        }
    }

    #[test]
    fn days_are_real_and_spelt_one_way() {
        assert_eq!(date("valid_at", Some("2024-02-29")), Ok(Some(jiff::civil::date(2024, 2, 29))));
        assert_eq!(date("valid_at", None), Ok(None));
        for bad in ["2023-02-29", "2024-2-9", "20240229", "2024-02-29T00:00", ""] {
            assert_eq!(date("valid_at", Some(bad)), Err(RequestError::Date("valid_at")), "{bad}");
        }
    }
}
