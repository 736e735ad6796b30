//! Documents that receivers know, as views of one record: the Europass certificate supplement, the European Learning Model, Open
//! Badges 3.0, UNESCO's qualifications passport. A view is no credential: it names the signed record that proves it.

mod elm;
mod open_badge;
mod qualifications_passport;
mod supplement;

use serde_json::{Value, json};

use super::record::{Record, Standing};
use crate::event::Kind;

pub use elm::missing_members;

/// A document that can be made of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Document {
    /// Six parts about a vocational certificate.
    CertificateSupplement,
    /// The European Learning Model's JSON-LD, unsigned.
    Elm,
    /// An Open Badges 3.0 credential, unsigned.
    OpenBadge,
    /// Three parts of a qualifications passport.
    QualificationsPassport,
}

impl Document {
    /// Every document.
    pub const ALL: [Self; 4] =
        [Self::CertificateSupplement, Self::Elm, Self::OpenBadge, Self::QualificationsPassport];

    /// As on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::CertificateSupplement => "europass-supplement",
            Self::Elm => "elm",
            Self::OpenBadge => "open-badge",
            Self::QualificationsPassport => "unesco-qp",
        }
    }

    /// Whether it can be made of records of this kind.
    pub fn fits(self, record: &Record) -> bool {
        match self {
            Self::CertificateSupplement => is_award(record),
            Self::Elm => elm::class(record).is_some(),
            Self::OpenBadge => open_badge::achievement_type(record).is_some(),
            Self::QualificationsPassport => record.kind == Kind::QualificationsPassportIssued,
        }
    }

    /// The document of this record.
    pub fn of(self, record: &Record) -> Result<Value, DocumentError> {
        if !self.fits(record) {
            return Err(DocumentError::DoesNotFit(self, record.kind));
        }
        // An expired record was right in its time, and the document says until when.
        if !matches!(record.standing, Standing::InForce | Standing::Expired | Standing::Partial) {
            return Err(DocumentError::DoesNotStand(record.standing));
        }
        if !record.withheld.is_empty() {
            return Err(DocumentError::Withheld(record.withheld.join(", ")));
        }
        Ok(match self {
            Self::CertificateSupplement => supplement::certificate_supplement(record),
            Self::Elm => elm::credential(record),
            Self::OpenBadge => open_badge::credential(record),
            Self::QualificationsPassport => qualifications_passport::parts(record),
        })
    }
}

/// Why there is no such document of a record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// The record is of another sort.
    #[error("no {} can be made of a {}", .0.name(), .1.name())]
    DoesNotFit(Document, Kind),
    /// The record does not stand.
    #[error("the record is {}: a document would say more than it does", .0.as_str())]
    DoesNotStand(Standing),
    /// Something that changes its meaning is not shown.
    #[error("not shown: {0}; without it the document would say something else")]
    Withheld(String),
}

impl DocumentError {
    /// Stable, for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::DoesNotFit(..) => "DOCUMENT_DOES_NOT_FIT",
            Self::DoesNotStand(_) => "RECORD_NOT_IN_FORCE",
            Self::Withheld(_) => "CLAIM_WITHHELD",
        }
    }
}

/// A qualification, whole or part, by award or by recognition of prior learning.
fn is_award(record: &Record) -> bool {
    record.kind == Kind::QualificationAwarded
        || record.kind == Kind::PriorLearningCertified && record.text("outcome") == Some("QUALIFICATION")
}

/// What proves the view.
fn proof(record: &Record) -> Value {
    json!({
        "jti": record.jti,
        "statement": record.hash,
        "issuer": record.issuer,
        "standing": record.standing.as_str(),
        "legal_effect": record.legal_effect.as_str(),
    })
}

fn issuer_name(record: &Record) -> &str {
    record.text("awarding_body").or(record.issuer_name.as_deref()).unwrap_or(&record.issuer)
}

/// The texts of a list claim.
fn texts<'a>(record: &'a Record, claim: &str) -> Vec<&'a str> {
    let items = record.claims.get(claim).and_then(Value::as_array).into_iter().flatten();
    items.filter_map(Value::as_str).collect()
}

#[expect(clippy::needless_pass_by_value, reason = "every caller makes it for this")]
fn section(number: u8, heading: &str, content: Value) -> Value {
    json!({"number": number, "heading": heading, "content": content})
}
